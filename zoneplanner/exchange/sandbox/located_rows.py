"""Rows of a table with their place: columns of coordinates, or of shapes as text (WKT)."""

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
    """Which columns hold the place of a row; None is found by its heading.

    ``needed`` False takes a table without any.
    """

    across: str | None = None
    up: str | None = None
    shape: str | None = None
    needed: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class LocatedRows:
    """Shapes (None where a row has none) and fields of a table's rows, and its CRS if told.

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
    """Read the rows of a table with their place.

    ``name`` is what messages call the file. Positions in columns named x and y are degrees where
    all of them could be.

    Raises
    ------
    UserError
        It has no rows, no columns of coordinates, or more rows or columns than it may.
    """
    headings = _make_headings_unique(next(cells.rows, []), name)
    columns, crs = _find_place_columns(headings, places, name)
    rows = [row for row in islice(cells.rows, most_rows * 2) if any(cell.strip() for cell in row)]
    if len(rows) > most_rows or next(cells.rows, None) is not None:
        raise UserError("too_large.located_rows", file=name, most=most_rows)
    if len(columns) == 1:
        shapes, told = _parse_wkt_column(rows, columns[0])
        crs = told or crs
    else:
        shapes = [_parse_point(row, *columns) if columns else None for row in rows]
    fields = [
        {
            heading: cell.strip()
            for at, (heading, cell) in enumerate(zip(headings, row, strict=False))
            if at not in columns and cell.strip()
        }
        for row in rows
    ]
    if crs is None and columns and _could_be_degrees(shapes):
        crs = _DEGREES
    taken = tuple(headings[at] for at in columns)
    return LocatedRows(tuple(headings), tuple(shapes), tuple(fields), crs, taken)


def _make_headings_unique(headings: Sequence[str], name: str) -> list[str]:
    """Name columns without a heading and count those that occur twice."""
    while headings and not headings[-1].strip():
        headings = headings[:-1]
    if len(headings) > _MOST_COLUMNS:
        raise UserError("too_large.located_columns", file=name, most=_MOST_COLUMNS)
    found: list[str] = []
    for at, heading in enumerate(headings, 1):
        called = " ".join(heading.split()) or f"column {at}"
        free, place = called, 2
        while free in found:
            free, place = f"{called} {place}", place + 1
        found.append(free)
    return found


def _find_place_columns(
    headings: Sequence[str], places: PlaceColumns, name: str
) -> tuple[tuple[int, ...], str | None]:
    known = {heading.casefold().replace(" ", "_"): at for at, heading in enumerate(headings)}
    for asked in (places.across, places.up, places.shape):
        if asked is not None and asked not in headings:
            raise UserError("unreadable_file.no_place_column", file=name, column=asked)
    if places.shape is not None:
        return (headings.index(places.shape),), None
    if places.across is not None and places.up is not None:
        return (headings.index(places.across), headings.index(places.up)), None
    for xs, ys, crs in (
        (_LONGITUDE_HEADINGS, _LATITUDE_HEADINGS, _DEGREES),
        (_X_HEADINGS, _Y_HEADINGS, None),
    ):
        across, up = _find_heading(known, xs), _find_heading(known, ys)
        if across is not None and up is not None:
            return (across, up), crs
    shape = _find_heading(known, _WKT_HEADINGS)
    if shape is not None:
        return (shape,), None
    if not places.needed:
        return (), None
    raise UserError("unreadable_file.no_coordinates", columns=", ".join(headings[:20]), file=name)


def _find_heading(known: Mapping[str, int], names: Sequence[str]) -> int | None:
    return next((known[name] for name in names if name in known), None)


def _parse_point(cells: Sequence[str], across: int, up: int) -> BaseGeometry | None:
    x, y = _parse_coordinate(cells, across), _parse_coordinate(cells, up)
    return None if x is None or y is None else shapely.Point(x, y)


def _parse_coordinate(cells: Sequence[str], at: int) -> float | None:
    """Return the number in a cell, decimal commas too; None where there is none."""
    text = cells[at].strip() if at < len(cells) else ""
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _parse_wkt_column(
    rows: Sequence[Sequence[str]], at: int
) -> tuple[list[BaseGeometry | None], str | None]:
    """Read shapes from text, and the CRS that the first one of them names, as PostGIS writes it."""
    texts = [row[at] if at < len(row) else "" for row in rows]
    named = [match for text in texts if (match := _SRID.match(text))]
    bare = [_SRID.sub("", text, count=1) if _WKT.match(text) else None for text in texts]
    shapes = shapely.from_wkt(bare, on_invalid="ignore").tolist()
    return shapes, f"EPSG:{named[0][1]}" if named else None


def _could_be_degrees(shapes: Sequence[BaseGeometry | None]) -> bool:
    kept = [shape for shape in shapes if shape is not None and not shape.is_empty]
    if not kept:
        return False
    left, bottom, right, top = shapely.total_bounds(kept).tolist()
    return bool(left >= -180 and right <= 180 and bottom >= -90 and top <= 90)
