"""Assignments made elsewhere: a table of sites or blocks and zones, or polygons of zones."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.crs import geometries_from_lonlat
from zoneplanner.errors import UserError
from zoneplanner.exchange.files import is_workbook, read_limited_bytes

_GEOJSON = (".geojson", ".json")
_MOST_BYTES = 50_000_000
_MOST_ROWS = 200_000
_MOST_LON, _MOST_LAT = 180, 90
BLOCK_HEADINGS = ("block", "block_id", "blockid", "geoid20", "geoid10", "geoid")
SITE_HEADINGS = (
    *("site", "site_id", "cds", "cds_code", "id", "school", "site_name", "name"),
    *BLOCK_HEADINGS,
)
ZONE_HEADINGS = ("zone", "zone_id", "zone_name", "beat", "district", "unit", "dsplayname")
_POLYGON_FIELDS = ("nguid", *ZONE_HEADINGS, "id", "name")
_POLICE = re.compile(r"urn:emergency:uid:gis:Pol:(?P<zone>.+):[^:]*")
"""The name of a polygon of a 9-1-1 layer: its id and its agency."""
_DELIMITERS = ",;\t|"
_DEGREES = re.compile(r"(CRS84|EPSG:+4326|EPSG:+4269|^$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    """One row of a table, as it stands there; ``row`` counts from 1, the heading included.

    ``site`` may be the id of a block instead, as redistricting programs write them.
    """

    row: int
    site: str
    zone: str


@dataclass(frozen=True, eq=False, slots=True)
class _ZonePolygon:
    """One feature: its place in the file from 1, its zone as it stands there, its area in meters.

    ``area`` is None where the feature has none.
    """

    row: int
    zone: str
    area: BaseGeometry | None


def read_zone_assignments(path: Path) -> tuple[AssignmentRow, ...]:
    """Read a table with the columns ``site`` (or ``block``) and ``zone``: text, or a workbook.

    Raises
    ------
    UserError
        The file cannot be read, is no table, is too large, or has no such columns.
    """
    text = _read_text(path)
    if "\0" in text or not text.strip():
        raise UserError(
            f"“{path.name}” is no table; save it as CSV with columns site and zone.",
            code="unreadable_file",
        )
    first = text.split("\n", 1)[0]
    delimiter = "," if is_workbook(path) else max(_DELIMITERS, key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        headings = [heading.strip().casefold() for heading in next(lines)]
        site, zone = (_find_column(headings, names) for names in (SITE_HEADINGS, ZONE_HEADINGS))
        if site is None or zone is None:
            raise UserError(
                f"“{path.name}” needs a column site and a column zone in its first line; "
                f"it has: {', '.join(headings)}.",
                code="unreadable_file",
            )
        rows = tuple(_read_assignment_rows(lines, site, zone))
    except csv.Error as error:
        raise UserError(
            f"“{path.name}” is no table that can be read: {error}.", code="unreadable_file"
        ) from error
    if len(rows) > _MOST_ROWS:
        raise UserError(
            f"“{path.name}” has more than {_MOST_ROWS:,} rows; cut it to this plan.",
            code="too_large",
        )
    return rows


def read_zone_polygons(
    path: Path, crs: str, *, layer: str | None = None, source_crs: str | None = None
) -> tuple[_ZonePolygon, ...]:
    """Read zone polygons from a file of any layer format into the project's CRS.

    The zone is read from a field such as ``zone``, ``zone_id``, ``beat`` or ``name``, the first
    that all features share. Areas that cross themselves are repaired. ``layer`` is one of several
    in the file, ``source_crs`` its coordinate system where it names none.

    Raises
    ------
    SeveralFound, CrsUnknown
        The caller has to choose, and ask again.
    UserError
        The file cannot be read, is not in coordinates that it tells, or names no zone.
    """
    if path.suffix.lower() not in _GEOJSON:
        return _read_layer_polygons(path, crs, layer, source_crs)
    features, source = _read_geojson_features(path)
    fields = [feature.get("properties") or {} for feature in features]
    column = _find_zone_field(fields)
    if column is None:
        raise UserError(
            f"The features of “{path.name}” name no zone; give each a field “zone” with its id.",
            code="unreadable_file",
        )
    shapes = [_parse_area(feature.get("geometry")) for feature in features]
    meters = iter(_project_areas([shape for shape in shapes if shape], source, crs, path))
    return tuple(
        _ZonePolygon(row, _read_field(own, column), None if shape is None else next(meters))
        for row, (own, shape) in enumerate(zip(fields, shapes, strict=True), start=1)
    )


def _read_layer_polygons(
    path: Path, crs: str, layer: str | None, source_crs: str | None
) -> tuple[_ZonePolygon, ...]:
    from zoneplanner.exchange.vector.layers import read_foreign_rows

    found = read_foreign_rows(path, crs=crs, sublayer=layer, source_crs=source_crs)
    fields = [row.fields for row in found.rows]
    column = _find_zone_field(fields)
    if column is None:
        raise UserError(
            f"The features of “{path.name}” name no zone; give each a field “zone” with its id.",
            code="unreadable_file",
        )
    return tuple(
        _ZonePolygon(
            row.row,
            _read_field(row.fields, column),
            row.shape if row.shape is not None and row.shape.area > 0 else None,
        )
        for row in found.rows
    )


def _read_text(path: Path) -> str:
    if is_workbook(path):
        from zoneplanner.exchange.tables.workbook import read_sheet_as_csv

        return read_sheet_as_csv(path)[0].decode()
    data = read_limited_bytes(path, _MOST_BYTES, remedy="cut it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _find_column(headings: Sequence[str], names: Sequence[str]) -> int | None:
    return next((headings.index(name) for name in names if name in headings), None)


def _read_assignment_rows(
    lines: Iterator[list[str]], site: int, zone: int
) -> Iterator[AssignmentRow]:
    for row, cells in enumerate(lines, start=2):
        if any(cell.strip() for cell in cells):
            given = [cells[at].strip() if at < len(cells) else "" for at in (site, zone)]
            yield AssignmentRow(row, *given)


def _read_geojson_features(path: Path) -> tuple[list[Mapping[str, Any]], str]:
    """Return the features of a GeoJSON file and the name of its CRS, empty where it has none."""
    refusal = UserError(
        f"“{path.name}” is no GeoJSON file of zones; export the zones as GeoJSON and try again.",
        code="unreadable_file",
    )
    try:
        read = json.loads(_read_text(path))
    except (ValueError, RecursionError) as error:
        raise refusal from error
    features = read.get("features") if isinstance(read, dict) else None
    if not isinstance(features, list) or not features:
        raise refusal
    if not all(isinstance(feature, dict) for feature in features):
        raise refusal
    named = read.get("crs")
    crs = str((named.get("properties") or {}).get("name", "")) if isinstance(named, dict) else ""
    return features, crs


def _project_areas(
    shapes: Sequence[BaseGeometry], source: str, crs: str, path: Path
) -> Sequence[BaseGeometry]:
    """Bring areas to the project's CRS from degrees; those that are in it already stay."""
    if not shapes:
        return ()
    if source.replace("::", ":").upper().endswith(crs.upper()):
        return shapes
    left, bottom, right, top = shapely.total_bounds(shapes).tolist()
    beyond = max(-left, right) > _MOST_LON or max(-bottom, top) > _MOST_LAT
    if beyond or not _DEGREES.search(source):
        where = f"in {source}" if source else "in no longitude and latitude"
        raise UserError(
            f"“{path.name}” is {where}; export it in longitude and latitude (WGS 84).",
            code="unreadable_file",
        )
    return geometries_from_lonlat(crs, shapes)


def _find_zone_field(fields: Sequence[Mapping[str, Any]]) -> str | None:
    if not all(isinstance(own, Mapping) for own in fields):
        return None
    for name in _POLYGON_FIELDS:
        if all(_read_field(own, name) for own in fields):
            return name
    present = (name for name in _POLYGON_FIELDS if any(_read_field(own, name) for own in fields))
    return next(present, None)


def _read_field(own: Mapping[str, Any], name: str) -> str:
    found = next((value for key, value in own.items() if key.casefold() == name), None)
    text = "" if found is None else str(found).strip()
    police = _POLICE.fullmatch(text)
    return police["zone"] if police else text


def _parse_area(geometry: object) -> BaseGeometry | None:
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return None
    try:
        shape = shapely.make_valid(shapely.from_geojson(json.dumps(geometry)))
    except (shapely.GEOSException, ValueError, TypeError):
        return None
    return shape if shape.area > 0 else None
