"""What leaves as data: layers and tables of rows, independent of the format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shapely.geometry.base import BaseGeometry


class ColumnKind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column: its name, short enough for every format, and what it holds."""

    name: str
    kind: ColumnKind = ColumnKind.TEXT
    about: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class ExportLayer:
    """Rows with or without shapes; shapes are in the project's CRS, as many as rows, or None.

    ``lonlat`` are positions in degrees for tables; ``colors`` of areas as ``#rrggbb`` for maps.
    """

    name: str
    title: str
    columns: tuple[ExportColumn, ...]
    rows: tuple[Sequence[Any], ...]
    shapes: tuple[BaseGeometry, ...] | None = None
    lonlat: tuple[tuple[float, float], ...] | None = None
    colors: Mapping[int, str] | None = None
    about: str = ""


def format_export_value(value: object) -> str:
    """Return a value as tables write it: yes and no, numbers without a tail, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return str(value)
