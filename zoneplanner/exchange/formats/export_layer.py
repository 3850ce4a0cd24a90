"""Layers and tables to export, independent of the file format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from typing import Any

from shapely.geometry.base import BaseGeometry


class ColumnKind(StrEnum):
    """The kind of a column's values."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    AMOUNT = "amount"
    """Hours or dollars, to the cent in each row."""
    FLAG = "flag"
    MOMENT = "moment"
    DAY = "day"
    STAMP = "stamp"
    """A moment that a format with its own time type stores in UTC."""


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column: its name, short enough for every format, and the kind of its values."""

    name: str
    kind: ColumnKind = ColumnKind.TEXT
    about: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class ExportLayer:
    """Rows, with or without shapes: if not None, one shape per row, in the project's CRS.

    ``lonlat`` are positions in degrees, for tables; ``colors`` are ``#rrggbb`` by row, for maps.
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
    """Return a value as text: yes or no, numbers without trailing zeros, nothing for None.

    Times are ISO 8601 with their offset, days ISO 8601, and lists are separated by ``;``.
    """
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (tuple, list, frozenset)):
        return ";".join(map(str, value))
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return str(value)
