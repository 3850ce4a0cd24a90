"""Assignments made elsewhere: a table of sites or blocks and zones, or polygons of zones."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.tables.text_table import TextTable, read_text_table
from zoneplanner.exchange.vector.layers import IMPORT_LIMITS, read_foreign_rows

BLOCK_HEADINGS = ("block", "block_id", "blockid", "geoid20", "geoid10", "geoid")
SITE_HEADINGS = (
    *("site", "site_id", "cds", "cds_code", "id", "school", "site_name", "name"),
    *BLOCK_HEADINGS,
)
ZONE_HEADINGS = ("zone", "zone_id", "zone_name", "beat", "district", "unit", "dsplayname")
_POLYGON_FIELDS = ("nguid", *ZONE_HEADINGS, "id", "name")
_POLICE = re.compile(r"urn:emergency:uid:gis:Pol:(?P<zone>.+):[^:]*")
"""The name of a polygon of a 9-1-1 layer: its id and its agency."""


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    """One row of a table, as it stands there; ``row`` counts from 1, the heading included.

    ``site`` may be the id of a block instead, as redistricting programs write them. ``fault`` says
    why the row cannot be read, or is empty.
    """

    row: int
    site: str
    zone: str
    fault: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class ZonePolygon:
    """One feature: its place in the file from 1, its zone as it stands there, its area in meters.

    ``area`` is None where ``fault`` says why there is none.
    """

    row: int
    zone: str
    area: BaseGeometry | None
    fault: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class ZoneAssignments:
    """The rows of a table of sites and zones, and how the table was read."""

    rows: tuple[AssignmentRow, ...]
    table: TextTable


def read_zone_assignments(
    path: Path,
    *,
    keep_off: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> ZoneAssignments:
    """Read a table with the columns ``site`` (or ``block``) and ``zone``: text, or a workbook.

    Raises
    ------
    UserError
        The file cannot be read, is no table, is too large, or has no such columns.
    """
    known = (*SITE_HEADINGS, *ZONE_HEADINGS)
    table = read_text_table(path, known=known, needed=(), keep_off=keep_off, report=report)
    site, zone = (
        next((name for name in names if name in table.columns), None)
        for names in (SITE_HEADINGS, ZONE_HEADINGS)
    )
    if site is None or zone is None:
        raise UserError(
            "unreadable_file.no_site_and_zone", file=path.name, columns=list(table.columns)
        )
    rows = (
        AssignmentRow(row.row, row.cells.get(site, ""), row.cells.get(zone, ""), row.fault)
        for row in table.rows()
    )
    return ZoneAssignments(tuple(rows), table)


def read_zone_polygons(
    path: Path,
    crs: str,
    *,
    layer: str | None = None,
    source_crs: str | None = None,
    near: BaseGeometry | None = None,
    keep_off: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> tuple[ZonePolygon, ...]:
    """Read zone polygons from a file of any layer format into the project's CRS.

    The zone is read from a field such as ``zone``, ``zone_id``, ``beat`` or ``name``, the first
    that all features share. Points beside areas are left out; areas that cross themselves are
    repaired. ``layer`` is one of several in the file, ``source_crs`` its coordinate system where it
    names none.

    Raises
    ------
    SeveralLayers, UnknownCrs
        The caller has to choose, and ask again.
    UserError
        The file cannot be read, is not in coordinates that it tells, or names no zone.
    """
    found = read_foreign_rows(
        path,
        crs=crs,
        sublayer=layer,
        shared=ZONE_HEADINGS[0],
        source_crs=source_crs,
        near=near,
        keep_off=keep_off,
        report=report,
        limits=IMPORT_LIMITS,
    )
    mixed = any(row.shape is not None and row.shape.area > 0 for row in found.rows)
    column = _find_zone_field([row.fields for row in found.rows])
    if column is None:
        raise UserError("unreadable_file.no_zone_field", file=path.name)
    return tuple(
        ZonePolygon(
            row.row,
            _read_field(row.fields, column),
            row.shape if row.shape is not None and row.shape.area > 0 else None,
            row.fault,
        )
        for row in found.rows
        if not (mixed and row.shape is not None and row.shape.geom_type == "Point")
    )


def _find_zone_field(fields: Sequence[Mapping[str, str]]) -> str | None:
    for combine in (all, any):
        for name in _POLYGON_FIELDS:
            if fields and combine(_read_field(own, name) for own in fields):
                return name
    return None


def _read_field(own: Mapping[str, str], name: str) -> str:
    text = next((value for key, value in own.items() if key.casefold() == name), "")
    police = _POLICE.fullmatch(text)
    return police["zone"] if police else text
