"""Third-party packages: their licenses, the license texts to ship, the bill of materials.

``python packaging/license_texts.py`` prints the handbook's page (``make licenses`` writes it).
``python packaging/license_texts.py FOLDER [TEXTS]`` adds to a packed program the license texts and
``sbom.cdx.json`` (CycloneDX 1.6) of what was packed. It fails if a package, or a packed library of
the system, has no text or may not be shipped. The texts of libraries come from Debian; elsewhere
TEXTS is a folder of them, made on Debian by ``python packaging/license_texts.py --texts TEXTS``.
"""

import hashlib
import json
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ALLOWED = (
    *("0BSD", "Apache", "BSD", "CC0", "LGPL", "Lesser General Public", "MIT", "MPL", "OFL"),
    *("PSF", "Zlib"),
)
"""Licenses that may be shipped with an Apache-2.0 program, by a word of their name."""
_NAMED_BY_HAND = {
    "xstatic-leaflet": "BSD-2-Clause (Leaflet's)",
    "scipy": "BSD-3-Clause",
    "reportlab": "BSD-3-Clause",
    "pyinstaller": "GPL-2.0-or-later WITH Bootloader-exception",
}
"""Packages whose metadata names no license; these are from their license files."""
_HEAD = """# Licenses

The program is licensed under the Apache License 2.0. It contains the third-party parts below. An
installed package has the full text of each license in its `licenses` folder, and a list of all
parts for your IT department in `sbom.cdx.json`. If you install with pip, each part brings its own
license text.

Qt and PySide6, psycopg, python-bidi, GEOS, GLib and systemd's library are under the LGPL. They are
separate libraries in the program's folder: you may replace any of them with your own build of the
same version, and nothing in the program prevents you from doing so. A package is started by the
bootloader of PyInstaller, whose license (GPL) lets any program be distributed with it.

| Part | Version | License |
|---|---|---|
"""
_LIBRARIES_HEAD = "\nThe parts for Linux contain these libraries: {}.\n"


def list_parts() -> dict[str, Distribution]:
    """Return the packages that the planner needs on this system, directly or not, by name."""
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
    """Return a package's name as indexes write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def name_license(name: str, part: Distribution) -> str:
    """Return the license of a package by its metadata."""
    metadata = part.metadata
    classified = [
        text.rsplit(" :: ", 1)[-1]
        for text in metadata.get_all("Classifier") or ()
        if text.startswith("License ::")
    ]
    own = (metadata.get("License") or "").strip().splitlines()
    names = (metadata.get("License-Expression"), *classified, *own[:1])
    return _NAMED_BY_HAND.get(name) or next(filter(None, names), "")


def write_page(parts: Mapping[str, Distribution]) -> str:
    """Return the handbook's page."""
    rows = (f"| {n} | {p.version} | {name_license(n, p)} |\n" for n, p in parts.items())
    named = sorted(set(map(name_library, list_carried_libraries(parts.values()))))
    return _HEAD + "".join(rows) + _LIBRARIES_HEAD.format(", ".join(named))


_TEXT_NAMES = ("licen", "copying", "notice", "authors")
_COMMON = Path("/usr/share/common-licenses")
_DEBIAN_DOCS = Path("/usr/share/doc")
_COMMON_TEXTS = {"LGPL-3": ("python-bidi", ("COPYING", "COPYING.LESSER"))}
"""For packages without texts: the package whose wheel has them, by a word of the license's name."""
_WITHOUT_TEXT = {
    "fontpkg": "MIT License, as its metadata says; its package carries no text.",
    "xstatic-leaflet": "BSD-2-Clause; the notice stands at the head of leaflet.js and in NOTICE.",
}
_COVERED_BY_WHEEL = ("gfortran", "quadmath", "scipy_openblas")
"""Libraries whose texts are in the license files of NumPy and SciPy."""
_COVERED_BY_PYTHON = ("python",)
_REDISTRIBUTABLE = ("msvcp140", "vcruntime140", "ucrtbase", "api-ms-win-")
"""Microsoft's Visual C++ runtime, which its license lets programs ship."""
_UNDER_GPL = ("readline", "history", "gdbm")
"""Libraries that Python may come with and that must not be shipped."""
_LIBRARIES = {
    "avif": "libavif16",
    "brotli": "libbrotli1",
    "bz2": "libbz2-1.0",
    "com_err": "libcom-err2",
    "crypt": "libcrypt1",
    "crypto": "libssl3t64",
    "curl": "libcurl4t64",
    "expat": "libexpat1",
    "ffi": "libffi8",
    "freetype": "libfreetype6",
    "gcc_s": "libgcc-s1",
    "gdal": "libgdal36",
    "geos": "libgeos-c1t64",
    "geotiff": "libgeotiff5",
    "gssapi_krb5": "libgssapi-krb5-2",
    "harfbuzz": "libharfbuzz0b",
    "icu": "libicu76",
    "jpeg": "libjpeg62-turbo",
    "json-c": "libjson-c5",
    "k5crypto": "libk5crypto3",
    "keyutils": "libkeyutils1",
    "krb5": "libkrb5-3",
    "krb5support": "libkrb5support0",
    "lber": "libldap2",
    "lcms2": "liblcms2-2",
    "ldap": "libldap2",
    "lerc": "liblerc4",
    "lz4": "liblz4-1",
    "lzma": "liblzma5",
    "minizip": "libminizip1t64",
    "nghttp2": "libnghttp2-14",
    "openjp2": "libopenjp2-7",
    "png16": "libpng16-16t64",
    "pq": "libpq5",
    "proj": "libproj25",
    "qhull": "libqhull-r8.0",
    "sasl2": "libsasl2-2",
    "sharpyuv": "libsharpyuv0",
    "spatialite": "libspatialite8t64",
    "sqlite3": "libsqlite3-0",
    "ssl": "libssl3t64",
    "tiff": "libtiff6",
    "webp": "libwebp7",
    "webpdemux": "libwebpdemux2",
    "webpmux": "libwebpmux3",
    "xau": "libxau6",
    "xcb": "libxcb1",
    "xml2": "libxml2",
    "z": "zlib1g",
    "zlib": "zlib1g",
    "zstd": "libzstd1",
}
"""The Debian package whose copyright file has the license texts of a library in wheels."""
_LIBRARY_TEXTS = {"iconv": _COMMON / "LGPL-2.1"}
"""The texts of libraries that are in no Debian package."""


_SHARED = re.compile(r"\.(so|dll|dylib)\b")


def list_texts(part: Distribution) -> list[Path]:
    """Return the files with a package's license and notices from its wheel."""
    inside = (one for one in part.files or () if ".dist-info/" in one.as_posix())
    named = (one for one in inside if any(word in str(one).lower() for word in _TEXT_NAMES))
    return [file for one in named if (file := Path(str(part.locate_file(one)))).is_file()]


def list_common_texts(license_name: str) -> list[Path]:
    """Return the texts of a license from another package's wheel, for packages without them."""
    for word, (name, wanted) in _COMMON_TEXTS.items():
        if word in license_name:
            return [one for one in list_texts(distribution(name)) if one.name in wanted]
    return []


def list_carried_libraries(parts: Iterable[Distribution]) -> list[str]:
    """Return the file names of the shared libraries in wheels that lack their license texts."""
    covered = _COVERED_BY_WHEEL + _REDISTRIBUTABLE
    return sorted(one for one in _find_carried(parts) if not _drop_lib(one).startswith(covered))


def _find_carried(parts: Iterable[Distribution]) -> set[str]:
    return {
        file.name
        for part in parts
        for file in part.files or ()
        if (file.parent.name.endswith((".libs", ".dylibs")) or file.name.startswith("libicu"))
        and _SHARED.search(file.name)
    }


def list_packed_libraries(folder: Path) -> list[Path]:
    """Return the libraries that the packer took from the system, which lie next to the packages."""
    covered = _COVERED_BY_PYTHON + _REDISTRIBUTABLE
    return sorted(
        file
        for file in (folder / "_internal").glob("*.*")
        if _SHARED.search(file.name)
        and not file.is_symlink()
        and not _drop_lib(file.name).startswith(covered)
    )


def name_library(library: str) -> str:
    """Return a library's name: its file's name without hash, version and suffix."""
    return re.sub(r"(-[0-9a-f]{4,})*([.][\d.]+)?[.](so|dll|dylib)([.][\d.]+)?$", "", library)


def _drop_lib(library: str) -> str:
    return library.lower().removeprefix("lib")


def find_library_text(library: str, texts: Path | None = None) -> Path | None:
    """Return the file with a library's license text, from a folder or Debian; None if unknown."""
    known = {**_LIBRARIES, **_LIBRARY_TEXTS}
    own = _drop_lib(library)
    named = [n for n in known if own.startswith(n) and (len(n) > 1 or not own[1:2].isalpha())]
    if not named:
        return None
    name = max(named, key=len)
    if texts is not None:
        return texts / _name_text(name)
    return _LIBRARY_TEXTS.get(name) or _DEBIAN_DOCS / _LIBRARIES[name] / "copyright"


def find_package(library: str) -> str | None:
    """Return the Debian package that a library on this system is from."""
    return _ask_packages("--search", f"*/{library}").partition(":")[0] or None


def _ask_packages(*words: str) -> str:
    if shutil.which("dpkg-query") is None:
        return ""
    command = ["dpkg-query", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _name_text(name: str) -> str:
    return f"{_LIBRARIES.get(name, name)}.txt"


def keep_library_texts(to: Path) -> None:
    """Copy the license texts of all known libraries from Debian, for use on other systems."""
    to.mkdir(parents=True, exist_ok=True)
    for name in (*_LIBRARIES, *_LIBRARY_TEXTS):
        text = find_library_text(name)
        assert text is not None
        shutil.copyfile(text, to / _name_text(name))


def collect_texts(
    parts: Mapping[str, Distribution],
    to: Path,
    library_texts: Path | None = None,
    packed: Iterable[str] = (),
) -> list[str]:
    """Copy the texts of all packages into a folder; return the names of those without one.

    ``packed`` are libraries of the system that are shipped, too.
    """
    shutil.rmtree(to, ignore_errors=True)
    missing = []
    for name, part in parts.items():
        texts = list_texts(part) or list_common_texts(name_license(name, part))
        _copy_texts(texts, to / name)
        if name in _WITHOUT_TEXT:
            (to / name).mkdir(parents=True, exist_ok=True)
            (to / name / "LICENCE.txt").write_text(_WITHOUT_TEXT[name] + "\n", encoding="utf-8")
        elif not texts:
            missing.append(name)
    for library in (*list_carried_libraries(parts.values()), *packed):
        text = find_library_text(library, library_texts)
        if text is None and (package := find_package(library)) is not None:
            text = _DEBIAN_DOCS / package / "copyright"
        if text is None or not text.is_file() or _drop_lib(library).startswith(_UNDER_GPL):
            missing.append(f"{library} ({text})")
        else:
            own = text.parent.name if text.name == "copyright" else text.stem
            _copy_texts([text], to / "libraries" / own)
    python = [Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"]
    _copy_texts([one for one in python if one.is_file()], to / "python")
    return missing


def _copy_texts(texts: Iterable[Path], to: Path) -> None:
    for at, text in enumerate(texts):
        to.mkdir(parents=True, exist_ok=True)
        name = text.name if not (to / text.name).exists() else f"{at}-{text.name}"
        shutil.copyfile(text, to / name)


def list_components(parts: Mapping[str, Distribution]) -> Iterator[dict[str, Any]]:
    """Yield the packages as CycloneDX components."""
    yield {"type": "platform", "name": "CPython", "version": platform.python_version()}
    for name, part in parts.items():
        yield {
            "type": "library",
            "bom-ref": f"pkg:pypi/{name}@{part.version}",
            "name": name,
            "version": part.version,
            "purl": f"pkg:pypi/{name}@{part.version}",
            "licenses": [{"license": {"name": name_license(name, part)}}],
        }


def list_library_components(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Yield shared libraries as CycloneDX components: file, digest, Debian package."""
    for file in files:
        component: dict[str, Any] = {
            "type": "library",
            "name": name_library(file.name),
            "hashes": [{"alg": "SHA-256", "content": hash_file(file)}],
            "properties": [{"name": "file", "value": file.name}],
        }
        if (package := find_package(file.name)) is not None:
            version = _ask_packages("--show", "--showformat=${Version}", package)
            component |= {"version": version, "purl": f"pkg:deb/debian/{package}@{version}"}
        yield component


def hash_file(file: Path) -> str:
    """Return the SHA-256 digest of a file's bytes."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def write_bill(parts: Mapping[str, Distribution], libraries: Iterable[Path] = ()) -> str:
    """Return the bill of materials in CycloneDX 1.6 JSON, the same for the same packages."""
    own = distribution("zoneplanner").version
    planner = {"type": "application", "name": "zoneplanner", "version": own, "bom-ref": "planner"}
    refs = [f"pkg:pypi/{name}@{part.version}" for name, part in parts.items()]
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": planner},
        "components": [*list_components(parts), *list_library_components(libraries)],
        "dependencies": [{"ref": "planner", "dependsOn": refs}],
    }
    return json.dumps(bill, indent=1) + "\n"


def main(argv: list[str]) -> int:
    """Print the page, copy library texts or complete a packed program; 1: a text is missing."""
    parts = list_parts()
    if not argv:
        sys.stdout.write(write_page(parts))
        return 0
    if argv[0] == "--texts":
        keep_library_texts(Path(argv[1]))
        return 0
    folder, texts = Path(argv[0]), Path(argv[1]) if argv[1:] else None
    with suppress(PackageNotFoundError):  # the program that starts the packed one
        parts["pyinstaller"] = distribution("pyinstaller")
    packed = list_packed_libraries(folder)
    missing = collect_texts(parts, folder / "licenses", texts, [one.name for one in packed])
    carried = _find_carried(parts.values())
    libraries = {one.name: one for one in folder.rglob("*.*") if one.name in carried}
    files = [*(libraries[name] for name in sorted(libraries)), *packed]
    (folder / "sbom.cdx.json").write_text(write_bill(parts, files), encoding="utf-8")
    for name in missing:
        sys.stderr.write(f"There is no license text, or it must not be shipped: {name}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
