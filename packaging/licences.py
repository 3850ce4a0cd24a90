"""List the parts that the planner needs, with version and licence, from what is installed.

``python packaging/licences.py`` prints docs/licences.md; ``make licences`` writes it.
"""

import re
import sys
from collections.abc import Mapping
from importlib.metadata import Distribution, distribution

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


if __name__ == "__main__":
    sys.stdout.write(write_page(list_parts()))
