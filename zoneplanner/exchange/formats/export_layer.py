"""What leaves as data: layers and tables of rows, independent of the format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from typing import Any

from shapely.geometry.base import BaseGeometry


class ColumnKind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    AMOUNT = "amount"
    """Hours or dollars, to the cent in each row."""
    FLAG = "flag"
    MOMENT = "moment"
    DAY = "day"
    STAMP = "stamp"
    """A moment that a format with times of its own keeps as one, in UTC."""


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
    """Return a value as tables write it: yes and no, numbers without a tail, nothing for None.

    Times are ISO 8601 with their offset, days ISO 8601, lists are parted by ``;``.
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
