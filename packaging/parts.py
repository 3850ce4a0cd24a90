"""The parts of others: their licences, the texts that go out with them, the bill of materials.

``python packaging/parts.py`` prints docs/licences.md (``make licences`` writes it);
``python packaging/parts.py FOLDER`` puts into a packed program its texts of licences and
``sbom.cdx.json`` (CycloneDX 1.6) of what was packed. It fails where a part has no text.
"""

import json
import platform
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ALLOWED = (
    *("0BSD", "Apache", "BSD", "CC0", "LGPL", "Lesser General Public", "MIT", "MPL", "OFL"),
    *("PSF", "Zlib"),
)
"""Licences under which a part may go out beside Apache-2.0, by a word of their name."""
_NAMED_BY_HAND = {
    "xstatic-leaflet": "BSD-2-Clause (Leaflet's)",
    "scipy": "BSD-3-Clause",
    "reportlab": "BSD-3-Clause",
}
"""Parts whose metadata has no name of a licence; read in their licence files."""
_HEAD = """# Parts of others

What a wheel of the planner needs at run time, as installed on Debian by `constraints.txt`; made by
`make licences`. `NOTICE` has the notices that published files carry. LGPL parts (Qt and PySide6,
psycopg, python-bidi) are separate libraries that anyone may replace by their own build.

| part | version | licence |
|---|---|---|
"""


def list_parts() -> dict[str, Distribution]:
    """Return what the planner needs on this system, directly or not, by name."""
    found: dict[str, Distribution] = {}
    queue = [Requirement("zoneplanner")]
    while queue:
        wanted = queue.pop()
        name = normalize(wanted.name)
        part = found[name] = distribution(name)
        for needed in map(Requirement, part.requires or ()):
            extras = ({"extra": extra} for extra in ("", *wanted.extras))
            serves = needed.marker is None or any(map(needed.marker.evaluate, extras))
            if serves and (normalize(needed.name) not in found or needed.extras):
                queue.append(needed)
    found.pop("zoneplanner")
    return dict(sorted(found.items()))


def normalize(name: str) -> str:
    """Write a name as indexes do."""
    return re.sub(r"[-_.]+", "-", name).lower()


def name_licence(name: str, part: Distribution) -> str:
    """Return the licence of a part as its metadata tells it."""
    told = part.metadata
    classified = [
        text.rsplit(" :: ", 1)[-1]
        for text in told.get_all("Classifier") or ()
        if text.startswith("License ::")
    ]
    own = (told.get("License") or "").strip().splitlines()
    words = (told.get("License-Expression"), *classified, *own[:1])
    return _NAMED_BY_HAND.get(name) or next(filter(None, words), "")


def write_page(parts: Mapping[str, Distribution]) -> str:
    """Return docs/licences.md."""
    rows = (f"| {n} | {p.version} | {name_licence(n, p)} |\n" for n, p in parts.items())
    return _HEAD + "".join(rows)


_TEXT_NAMES = ("licen", "copying", "notice", "authors")
_COMMON = Path("/usr/share/common-licenses")
_DEBIAN_DOCS = Path("/usr/share/doc")
_COMMON_TEXTS = {"LGPL-3": ("LGPL-3", "GPL-3"), "OFL-1.1": ("OFL-1.1",)}
"""Texts of licences that Debian keeps, by a word of the name, for parts whose wheels have none."""
_SAID_ONLY = {
    "fontpkg": "MIT License, as its metadata says; its package carries no text.",
    "xstatic-leaflet": "BSD-2-Clause; the notice stands at the head of leaflet.js and in NOTICE.",
}
_TOLD_BY_ITS_WHEEL = ("libgfortran", "libquadmath", "libscipy_openblas")
"""Libraries whose texts stand in the licence files of NumPy and SciPy."""
_LIBRARIES = {
    "libavif": "libavif16",
    "libbrotli": "libbrotli1",
    "libbz2": "libbz2-1.0",
    "libcom_err": "libcom-err2",
    "libcrypt": "libcrypt1",
    "libcrypto": "libssl3t64",
    "libcurl": "libcurl4t64",
    "libfreetype": "libfreetype6",
    "libgdal": "libgdal36",
    "libgeos": "libgeos-c1t64",
    "libgssapi_krb5": "libgssapi-krb5-2",
    "libharfbuzz": "libharfbuzz0b",
    "libjpeg": "libjpeg62-turbo",
    "libk5crypto": "libk5crypto3",
    "libkeyutils": "libkeyutils1",
    "libkrb5": "libkrb5-3",
    "liblber": "libldap2",
    "liblcms2": "liblcms2-2",
    "libldap": "libldap2",
    "liblz4": "liblz4-1",
    "liblzma": "liblzma5",
    "libnghttp2": "libnghttp2-14",
    "libopenjp2": "libopenjp2-7",
    "libpng16": "libpng16-16t64",
    "libpq": "libpq5",
    "libproj": "libproj25",
    "libsasl2": "libsasl2-2",
    "libsharpyuv": "libsharpyuv0",
    "libsqlite3": "libsqlite3-0",
    "libssl": "libssl3t64",
    "libtiff": "libtiff6",
    "libwebp": "libwebp7",
    "libXau": "libxau6",
    "libxcb": "libxcb1",
    "libzstd": "libzstd1",
}
"""The Debian package whose copyright file has the texts of a library that wheels carry."""


def list_texts(part: Distribution) -> list[Path]:
    """Return the files with a part's licence and notices, as its wheel brought them."""
    inside = (one for one in part.files or () if ".dist-info/" in one.as_posix())
    named = (one for one in inside if any(word in str(one).lower() for word in _TEXT_NAMES))
    return [file for one in named if (file := Path(str(part.locate_file(one)))).is_file()]


def list_common_texts(licence: str) -> list[Path]:
    """Return Debian's texts of a licence, where a part brings none."""
    for word, names in _COMMON_TEXTS.items():
        if word in licence:
            return [_COMMON / name for name in names]
    return []


def list_carried_libraries(parts: Iterable[Distribution]) -> list[Path]:
    """Return the shared libraries that wheels carry and whose texts they do not have."""
    found = sorted(
        Path(str(part.locate_file(file)))
        for part in parts
        for file in part.files or ()
        if file.parts[0].endswith(".libs") and ".so" in file.name
    )
    return [one for one in found if not one.name.startswith(_TOLD_BY_ITS_WHEEL)]


def find_library_text(library: Path) -> Path | None:
    """Return the copyright file of a library, None where it is not known."""
    known = [name for name in _LIBRARIES if library.name.startswith(name)]
    if not known:
        return None
    return _DEBIAN_DOCS / _LIBRARIES[max(known, key=len)] / "copyright"


def collect_texts(parts: Mapping[str, Distribution], to: Path) -> list[str]:
    """Copy the texts of all parts into a folder; return the names of those without one."""
    shutil.rmtree(to, ignore_errors=True)
    missing = []
    for name, part in parts.items():
        texts = list_texts(part) or list_common_texts(name_licence(name, part))
        _copy_texts(texts, to / name)
        if name in _SAID_ONLY:
            (to / name).mkdir(parents=True, exist_ok=True)
            (to / name / "LICENCE.txt").write_text(_SAID_ONLY[name] + "\n", encoding="utf-8")
        elif not texts:
            missing.append(name)
    for library in list_carried_libraries(parts.values()):
        text = find_library_text(library)
        if text is None or not text.is_file():
            missing.append(f"{library.parent.name}/{library.name} ({text})")
        else:
            _copy_texts([text], to / "libraries" / text.parent.name)
    python = [Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"]
    _copy_texts([one for one in python if one.is_file()], to / "python")
    return missing


def _copy_texts(texts: Iterable[Path], to: Path) -> None:
    for at, text in enumerate(texts):
        to.mkdir(parents=True, exist_ok=True)
        name = text.name if not (to / text.name).exists() else f"{at}-{text.name}"
        shutil.copyfile(text, to / name)


def list_components(parts: Mapping[str, Distribution]) -> Iterator[dict[str, Any]]:
    """Return the parts as CycloneDX components."""
    yield {"type": "platform", "name": "CPython", "version": platform.python_version()}
    for name, part in parts.items():
        yield {
            "type": "library",
            "bom-ref": f"pkg:pypi/{name}@{part.version}",
            "name": name,
            "version": part.version,
            "purl": f"pkg:pypi/{name}@{part.version}",
            "licenses": [{"license": {"name": name_licence(name, part)}}],
        }


def write_bill(parts: Mapping[str, Distribution]) -> str:
    """Return the bill of materials: CycloneDX 1.6 as JSON, the same for the same parts."""
    own = distribution("zoneplanner").version
    planner = {"type": "application", "name": "zoneplanner", "version": own, "bom-ref": "planner"}
    refs = [f"pkg:pypi/{name}@{part.version}" for name, part in parts.items()]
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": planner},
        "components": list(list_components(parts)),
        "dependencies": [{"ref": "planner", "dependsOn": refs}],
    }
    return json.dumps(bill, indent=1) + "\n"


def main(argv: list[str]) -> int:
    """Print the page, or complete a packed program; 1 where a part has no text."""
    parts = list_parts()
    if not argv:
        sys.stdout.write(write_page(parts))
        return 0
    folder = Path(argv[0])
    missing = collect_texts(parts, folder / "licences")
    (folder / "sbom.cdx.json").write_text(write_bill(parts), encoding="utf-8")
    for name in missing:
        sys.stderr.write(f"No text of its licence: {name}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
