"""The files that come with a checkout, a wheel or a frozen program, and the program's version."""

import re
import sys
import tomllib
from pathlib import Path
from typing import Any


def gis_data_dir() -> Path:
    """Return the folder of the bundled layers and presets."""
    return _find_folder("gis_data")


def resources_dir() -> Path:
    """Return the folder of style sheets, templates and pictures."""
    return _find_folder("resources")


def read_resource_table(name: str, *parts: str) -> dict[str, Any]:
    """Read a TOML resource, or only some of its tables, which is quicker."""
    text = (resources_dir() / name).read_text(encoding="utf-8")
    if parts:
        headers = tuple(f"[{part}]" for part in parts)
        text = "".join(table for table in _TABLE_START.split(text) if table.startswith(headers))
    return tomllib.loads(text)


_TABLE_START = re.compile(r"^(?=\[)", re.MULTILINE)


def program_version() -> str:
    """Return the program's version, such as 0.3.0."""
    from importlib.metadata import version  # slow, and most starts do not need it

    return version("zoneplanner")


def _find_folder(name: str) -> Path:
    package = Path(__file__).resolve().parent
    frozen = Path(getattr(sys, "_MEIPASS", package)) / "zoneplanner" / "bundle" / name
    for candidate in (package / "bundle" / name, frozen, package.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"The folder {name} is missing; reinstall the program.")
