"""Assignments from outside: a table of sites or blocks and their zones, or zone polygons."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.tables.text_table import TextTable, read_text_table
from zoneplanner.exchange.vector.layers import IMPORT_LIMITS, read_foreign_rows
from zoneplanner.messages import Message

BLOCK_HEADINGS = ("block", "block_id", "blockid", "geoid20", "geoid10", "geoid")
SITE_HEADINGS = (
    "site",
    "site_id",
    "cds",
    "cds_code",
    "id",
    "school",
    "site_name",
    "name",
    *BLOCK_HEADINGS,
)
ZONE_HEADINGS = ("zone", "zone_id", "zone_name", "beat", "district", "unit", "dsplayname")
_POLYGON_FIELDS = ("nguid", *ZONE_HEADINGS, "id", "name")
_POLICE = re.compile(r"urn:emergency:uid:gis:Pol:(?P<zone>.+):[^:]*")
"""The name of a polygon in a 9-1-1 layer: its id and its agency."""


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    """One row of a table, with its strings unchanged; the heading is row 1.

    ``site`` may be the id of a block instead, as redistricting programs write it. ``fault`` says
    why the row cannot be read.
    """

    row: int
    site: str
    zone: str
    fault: Message | None = None


@dataclass(frozen=True, eq=False, slots=True)
class ZonePolygon:
    """One feature: its number in the file from 1, its zone as written there, its area in meters.

    If ``area`` is None, ``fault`` says why.
    """

    row: int
    zone: str
    area: BaseGeometry | None
    fault: Message | None = None


@dataclass(frozen=True, eq=False, slots=True)
class ZoneAssignments:
    """The rows of a table of sites and zones, and the table itself."""

    rows: tuple[AssignmentRow, ...]
    table: TextTable


def read_zone_assignments(
    path: Path,
    *,
    protected: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> ZoneAssignments:
    """Read a table with the columns ``site`` (or ``block``) and ``zone``: text, or a workbook.

    Raises
    ------
    UserError
        The file cannot be read, is not a table, is too large, or lacks these columns.
    """
    known = (*SITE_HEADINGS, *ZONE_HEADINGS)
    table = read_text_table(path, known=known, needed=(), protected=protected, report=report)
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
    protected: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> tuple[ZonePolygon, ...]:
    """Read zone polygons from a file of any layer format into the project's CRS.

    The zone is in a field such as ``zone``, ``zone_id``, ``beat`` or ``name``: the first one that
    all features have. If there are areas, points are left out; areas that cross themselves are
    repaired. ``layer`` names one of several in the file; ``source_crs`` is used if the file names
    no CRS.

    Raises
    ------
    SeveralLayers, UnknownCrs
        The caller has to choose, and read again.
    UserError
        The file cannot be read, its coordinates cannot be right, or it names no zone.
    """
    layer_rows = read_foreign_rows(
        path,
        crs=crs,
        sublayer=layer,
        shared=ZONE_HEADINGS[0],
        source_crs=source_crs,
        near=near,
        protected=protected,
        report=report,
        limits=IMPORT_LIMITS,
    )
    areas = {
        row.row: row.shape
        for row in layer_rows.rows
        if row.shape is not None and row.shape.area > 0
    }
    column = _find_zone_field([row.fields for row in layer_rows.rows])
    if column is None:
        raise UserError("unreadable_file.no_zone_field", file=path.name)
    return tuple(
        ZonePolygon(row.row, _read_field(row.fields, column), areas.get(row.row), row.fault)
        for row in layer_rows.rows
        if not (areas and row.shape is not None and row.shape.geom_type == "Point")
    )


def _find_zone_field(fields: Sequence[Mapping[str, str]]) -> str | None:
    for combine in (all, any):
        for name in _POLYGON_FIELDS:
            if fields and combine(_read_field(each, name) for each in fields):
                return name
    return None


def _read_field(fields: Mapping[str, str], name: str) -> str:
    text = next((value for key, value in fields.items() if key.casefold() == name), "")
    police = _POLICE.fullmatch(text)
    return police["zone"] if police else text
