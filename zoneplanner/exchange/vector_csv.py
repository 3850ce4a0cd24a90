"""A table with coordinates, read without GDAL: any common delimiter, UTF-8 or Windows text."""

import csv
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from zoneplanner.errors import UserError

LATITUDE = ("latitude", "lat", "y_wgs84")
LONGITUDE = ("longitude", "lon", "lng", "long", "x_wgs84")
ACROSS = ("x", "x_m", "easting", "east", "point_x", "x_coord")
UP = ("y", "y_m", "northing", "north", "point_y", "y_coord")
DELIMITERS = ",;\t|"
DEGREES = "EPSG:4326"

Spot = tuple[float, float]
Row = tuple[Spot | None, dict[str, str]]


def read_table(path: Path, name: str, most_rows: int) -> tuple[list[Row], str | None]:
    """Return a table's rows as (position or None, fields), and its CRS where the headings tell.

    ``name`` is what messages call the file. Positions in columns named x and y are degrees where
    all of them could be.

    Raises
    ------
    UserError
        It is no table, has no columns of coordinates, or more rows than ``most_rows``.
    """
    text = _text(path.read_bytes())
    if "\0" in text:
        raise UserError(f"“{name}” is no table; save it as CSV and try again.")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        headings = _unique(next(lines, []))
        across, up, crs = _columns(headings, name)
        rows: list[Row] = []
        for cells in lines:
            if any(cell.strip() for cell in cells):
                rows.append(_row(headings, cells, across, up))
            if len(rows) > most_rows:
                raise UserError(
                    f"“{name}” has more than {most_rows:,} rows; cut it to what the map needs."
                )
    except csv.Error as error:
        raise UserError(f"“{name}” is no table that can be read: {error}.") from error
    spots = [spot for spot, _ in rows if spot is not None]
    if crs is None and spots and all(abs(x) <= 180 and abs(y) <= 90 for x, y in spots):
        crs = DEGREES
    return rows, crs


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(DELIMITERS, key=first.count)


def _unique(headings: Sequence[str]) -> list[str]:
    """Name columns without a heading and count those that occur twice."""
    found: list[str] = []
    for at, heading in enumerate(headings, 1):
        name = heading.strip() or f"column {at}"
        free, place = name, 2
        while free in found:
            free, place = f"{name} {place}", place + 1
        found.append(free)
    return found


def _columns(headings: Sequence[str], name: str) -> tuple[int, int, str | None]:
    known = {heading.casefold(): at for at, heading in enumerate(headings)}
    for xs, ys, crs in ((LONGITUDE, LATITUDE, DEGREES), (ACROSS, UP, None)):
        across = next(_at(known, xs), None)
        up = next(_at(known, ys), None)
        if across is not None and up is not None:
            return across, up, crs
    raise UserError(
        f"“{name}” has no columns of coordinates; name them latitude and longitude, or x and y.",
        {"columns": ", ".join(headings[:20])},
    )


def _at(known: dict[str, int], names: Sequence[str]) -> Iterator[int]:
    return (known[name] for name in names if name in known)


def _row(headings: Sequence[str], cells: Sequence[str], across: int, up: int) -> Row:
    x, y = _number(cells, across), _number(cells, up)
    fields = {
        heading: cell.strip()
        for at, (heading, cell) in enumerate(zip(headings, cells, strict=False))
        if at not in (across, up) and cell.strip()
    }
    return (None if x is None or y is None else (x, y)), fields


def _number(cells: Sequence[str], at: int) -> float | None:
    """Return the number in a cell, decimal commas too; None where there is none."""
    text = cells[at].strip() if at < len(cells) else ""
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
