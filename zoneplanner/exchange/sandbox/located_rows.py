"""Table rows with their locations: columns with coordinates, or with shapes as text (WKT)."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.errors import UserError
from zoneplanner.exchange.sandbox.table_reader import TextCells

_LATITUDE_HEADINGS = ("latitude", "lat", "y_wgs84", "y_lat", "intptlat")
_LONGITUDE_HEADINGS = ("longitude", "lon", "lng", "long", "x_wgs84", "x_lon", "intptlon")
_X_HEADINGS = ("x", "x_m", "easting", "east", "point_x", "x_coord")
_Y_HEADINGS = ("y", "y_m", "northing", "north", "point_y", "y_coord")
_WKT_HEADINGS = ("wkt", "geometry", "geom", "the_geom", "shape", "well_known_text", "wkt_geometry")
_DEGREES = "EPSG:4326"
_MOST_COLUMNS = 500
_SRID = re.compile(r"\s*SRID\s*=\s*(\d{1,6})\s*;", re.IGNORECASE)
_WKT = re.compile(r"\s*(SRID|(MULTI)?(POINT|LINESTRING|POLYGON)|GEOMETRYCOLLECTION)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PlaceColumns:
    """The columns with a row's location; if None, a column is found by its heading.

    If ``needed`` is False, a table without such columns is read, too.
    """

    x: str | None = None
    y: str | None = None
    shape: str | None = None
    needed: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class LocatedRows:
    """Shapes (None for a row without one) and fields of a table's rows, and its CRS if known.

    ``places`` are the columns that the shapes come from.
    """

    columns: tuple[str, ...]
    shapes: tuple[BaseGeometry | None, ...]
    fields: tuple[Mapping[str, str], ...]
    crs: str | None
    places: tuple[str, ...]


def read_located_rows(
    cells: TextCells, name: str, *, most_rows: int, places: PlaceColumns
) -> LocatedRows:
    """Read the rows of a table with their locations.

    ``name`` is what messages call the file. Columns named x and y are taken as degrees if all
    their values could be.

    Raises
    ------
    UserError
        The table has no columns with coordinates, or too many rows or columns.
    """
    headings = _make_headings_unique(next(cells.rows, []), name)
    columns, crs = _find_place_columns(headings, places, name)
    rows = [row for row in islice(cells.rows, most_rows * 2) if any(cell.strip() for cell in row)]
    if len(rows) > most_rows or next(cells.rows, None) is not None:
        raise UserError("too_large.located_rows", file=name, most=most_rows)
    if len(columns) == 1:
        shapes, named_crs = _parse_wkt_column(rows, columns[0])
        crs = named_crs or crs
    else:
        shapes = [_parse_point(row, *columns) if columns else None for row in rows]
    fields = [
        {
            heading: cell.strip()
            for index, (heading, cell) in enumerate(zip(headings, row, strict=False))
            if index not in columns and cell.strip()
        }
        for row in rows
    ]
    if crs is None and columns and _could_be_degrees(shapes):
        crs = _DEGREES
    place_headings = tuple(headings[index] for index in columns)
    return LocatedRows(tuple(headings), tuple(shapes), tuple(fields), crs, place_headings)


def _make_headings_unique(headings: Sequence[str], name: str) -> list[str]:
    """Name columns without a heading, and number headings that occur more than once."""
    while headings and not headings[-1].strip():
        headings = headings[:-1]
    if len(headings) > _MOST_COLUMNS:
        raise UserError("too_large.located_columns", file=name, most=_MOST_COLUMNS)
    unique: list[str] = []
    for number, heading in enumerate(headings, 1):
        name = candidate = " ".join(heading.split()) or f"column {number}"
        count = 1
        while candidate in unique:
            count += 1
            candidate = f"{name} {count}"
        unique.append(candidate)
    return unique


def _find_place_columns(
    headings: Sequence[str], places: PlaceColumns, name: str
) -> tuple[tuple[int, ...], str | None]:
    indexes = {heading.casefold().replace(" ", "_"): at for at, heading in enumerate(headings)}
    for column in (places.x, places.y, places.shape):
        if column is not None and column not in headings:
            raise UserError("unreadable_file.no_place_column", file=name, column=column)
    if places.shape is not None:
        return (headings.index(places.shape),), None
    if places.x is not None and places.y is not None:
        return (headings.index(places.x), headings.index(places.y)), None
    for xs, ys, crs in (
        (_LONGITUDE_HEADINGS, _LATITUDE_HEADINGS, _DEGREES),
        (_X_HEADINGS, _Y_HEADINGS, None),
    ):
        x, y = _find_heading(indexes, xs), _find_heading(indexes, ys)
        if x is not None and y is not None:
            return (x, y), crs
    shape = _find_heading(indexes, _WKT_HEADINGS)
    if shape is not None:
        return (shape,), None
    if not places.needed:
        return (), None
    raise UserError("unreadable_file.no_coordinates", columns=", ".join(headings[:20]), file=name)


def _find_heading(indexes: Mapping[str, int], names: Sequence[str]) -> int | None:
    return next((indexes[name] for name in names if name in indexes), None)


def _parse_point(cells: Sequence[str], x_index: int, y_index: int) -> BaseGeometry | None:
    x, y = _parse_coordinate(cells, x_index), _parse_coordinate(cells, y_index)
    return None if x is None or y is None else shapely.Point(x, y)


def _parse_coordinate(cells: Sequence[str], index: int) -> float | None:
    """Return the number in a cell, also with a decimal comma, or None if there is none."""
    text = cells[index].strip() if index < len(cells) else ""
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _parse_wkt_column(
    rows: Sequence[Sequence[str]], index: int
) -> tuple[list[BaseGeometry | None], str | None]:
    """Read shapes from text, and the first CRS named there (as PostGIS writes it: SRID=4326;)."""
    texts = [row[index] if index < len(row) else "" for row in rows]
    named = next((match for text in texts if (match := _SRID.match(text))), None)
    wkt = [_SRID.sub("", text, count=1) if _WKT.match(text) else None for text in texts]
    shapes = shapely.from_wkt(wkt, on_invalid="ignore").tolist()
    return shapes, f"EPSG:{named[1]}" if named else None


def _could_be_degrees(shapes: Sequence[BaseGeometry | None]) -> bool:
    if not shapes:
        return False
    left, bottom, right, top = shapely.total_bounds(shapes).tolist()  # NaN if all are None
    return bool(left >= -180 and right <= 180 and bottom >= -90 and top <= 90)
