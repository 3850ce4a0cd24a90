"""Guess the kind of a file by its ending, its headings and its shapes."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from zoneplanner.app.desk.settings import find_profile_folder
from zoneplanner.app.imports.geography.map_features import (
    ENROLLMENT_KIND,
    MAP_KINDS,
    ImportOptions,
    build_map_reader,
)
from zoneplanner.app.imports.log_entries import LOG_TABLES
from zoneplanner.app.imports.mapped_tables import TABLE_KINDS
from zoneplanner.app.imports.return_folder import is_return_folder
from zoneplanner.app.imports.return_workbook import RETURN_KIND, ROSTER_KIND
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.office_entries import RETURN_SHEETS
from zoneplanner.domain.log.record_schema import read_record_words
from zoneplanner.errors import ProgressReport
from zoneplanner.exchange.mapping.column_mapping import match_profile, read_profiles
from zoneplanner.exchange.mapping.column_matching import (
    PLACE_TARGETS,
    TARGET_COLUMNS,
    TIME_TARGETS,
    match_table,
)
from zoneplanner.exchange.sandbox.private_copy import MAP_SUFFIXES
from zoneplanner.exchange.tables.text_table import normalize_heading
from zoneplanner.exchange.tables.zone_assignments import (
    BLOCK_HEADINGS,
    SITE_HEADINGS,
    ZONE_HEADINGS,
)

if TYPE_CHECKING:
    from zoneplanner.app.session.session import Session
    from zoneplanner.exchange.vector.layers import ForeignRows

LAYER_KIND, BASEMAP_KIND = "layer", "basemap"
IMPORT_KIND_TITLES = {
    "sites": "Sites: schools and other places",
    ENROLLMENT_KIND: "Enrollment and levels of existing schools",
    "jurisdictions": "Jurisdictions: city and county areas, the district",
    "blocks": "Blocks that zones are made of",
    "roads": "Roads: driving minutes",
    "travel": "Driving minutes from a table",
    "plan": "A plan: which site is in which zone",
    "zones": "Zones drawn elsewhere, as a draft",
    "agencies": "Agencies",
    "units": "Units",
    "contacts": "Principals and other contacts of schools",
    "officers": "Officers",
    "availability": "Officers’ leave, main jobs and availability",
    "shifts": "Shifts",
    "calendar": "School calendar: terms, days off, minimum days, bells",
    "stamps": "Stamps of units on incidents",
    **{kind.table: read_record_words()[kind.name].table for kind in RECORD_KINDS.values()},
    BASEMAP_KIND: "Basemap: streets, water, names",
    RETURN_KIND: "Principals’ monthly returns: a workbook, or a folder of them",
    ROSTER_KIND: "A training roster, stored as counts",
    LAYER_KIND: "A layer to show, or areas for totals",
}
"""All kinds of files, as a person chooses them."""
TABLE_ENDINGS = (".csv", ".tsv", ".txt", ".xlsx")
_LARGE_BYTES, _FIRST_ROWS = 5_000_000, 2_000
_BY_ENDING = {
    **dict.fromkeys(MAP_SUFFIXES, BASEMAP_KIND),
    ".graphml": "roads",
    ".ics": "calendar",
}
_SAMPLE_ROWS = 200
_KINDS_NEAR = {
    "shifts": ("officers", "shifts", "hours"),
    "log": ("incidents", "visits"),
    "coverage": ("incidents", "visits"),
    "readiness": ("drills", "reviews"),
    "unit": ("units",),
    "agency": ("agencies",),
    "contact": ("contacts",),
}
"""The kinds that a table probably is, by the workspace or kind of data it is opened from."""
_LESS_LIKELY = ("hours", "officers", "reviews", "units")
_TYPICAL_COLUMNS = {"officers": ("id", "units"), "units": ("sworn", "holds_zone")}
"""A table is of such a kind only if it has one of these columns; many tables have a name."""
_SCHOOLS = ("school", "schoolname", "cdscode", "enrollment", "grades")
_BY_HEADINGS = {
    "incidents": ("type", "receivedat"),
    "visits": ("site", "arrivedat"),
    "drills": ("site", "heldat"),
    "reviews": ("site", "stage", "on"),
    "shifts": ("unit", "startsat", "endsat"),
    "actions": ("site", "action", "beganat"),
    "stamps": ("incident", "unit", "name", "at"),
    "hours": ("officer", "beganat", "endedat"),
    "approvals": ("on", "worked", "officer", "hours"),
    "units": ("id", "name", "agency", "sworn"),
    "agencies": ("id", "short", "phone"),
    "contacts": ("site", "role", "name"),
    "travel": ("from", "to", "minutes"),
    "calendar": ("kind", "name", "first", "last"),
    "officers": ("id", "name", "agency", "units"),
}


def find_kind_by_extension(path: Path) -> str | None:
    """Return the kind that a file's ending shows, or None if the file has to be read.

    A folder of workbooks contains a month's returns.
    """
    if is_return_folder(path):
        return RETURN_KIND
    return _BY_ENDING.get(path.suffix.lower())


def build_sample_reader(
    session: "Session", options: ImportOptions, *, chosen: str | None, near: str = ""
) -> Callable[[ProgressReport], "ForeignRows"]:
    """Return a function that reads a file to guess its kind, in any thread.

    From a large table for the log, by its headings or the ``chosen`` kind, it reads only the first
    rows. See ``build_map_reader``.
    """
    read_all = build_map_reader(session, options)
    read_first = build_map_reader(session, options, max_rows=_FIRST_ROWS)

    def read(report: ProgressReport) -> "ForeignRows":
        if _is_large_table(options.path):
            sample = read_first(report)
            kind = chosen or guess_file_kind(sample, near)
            if kind in LOG_TABLES:
                return replace(sample, cut=True)
            if kind == ENROLLMENT_KIND:
                return build_map_reader(session, replace(options, kind=kind))(report)
        return read_all(report)

    return read


def _is_large_table(path: Path) -> bool:
    if path.suffix.lower() not in TABLE_ENDINGS or not path.is_file():
        return False
    return path.stat().st_size > _LARGE_BYTES


def guess_file_kind(foreign: "ForeignRows", near: str = "") -> str:
    """Return the probable kind of a file that was read: a key of ``IMPORT_KIND_TITLES``.

    ``near`` is the workspace from which it was opened; kinds of that workspace are preferred.
    """
    columns = (*foreign.columns, *foreign.places)
    headings = {normalize_heading(column) for column in columns}
    table_kind = _guess_table_kind(foreign, near) if foreign.how else None
    by_headings = (kind for kind, needed in _BY_HEADINGS.items() if headings.issuperset(needed))
    # a place for only one kind of data decides before the headings do
    only_kind = table_kind if _KINDS_NEAR.get(near) == (table_kind,) else None
    if kind := only_kind or next(by_headings, None):
        return kind
    profile = match_profile(read_profiles(find_profile_folder()), columns)
    if profile is not None and profile.kind in IMPORT_KIND_TITLES:
        return profile.kind
    shapes = [row.shape for row in foreign.rows if row.shape is not None]
    if table_kind is not None or not shapes:
        is_plan = _has_any(headings, SITE_HEADINGS) and _has_any(headings, ZONE_HEADINGS)
        return table_kind or ("plan" if is_plan else "sites")
    layer = LAYER_KIND if "mtfcc" not in headings or "geoid" in headings else BASEMAP_KIND
    if any(shape.area > 0 for shape in shapes):
        if _has_any(headings, ("zone", "zoneid", "beat", "dsplayname")):
            return "zones"
        return "blocks" if _has_any(headings, BLOCK_HEADINGS) else layer
    are_points = all(shape.geom_type == "Point" for shape in shapes)
    return "sites" if are_points and _has_any(headings, _SCHOOLS) else layer


def _guess_table_kind(foreign: "ForeignRows", near: str) -> str | None:
    """Return the kind of table that matches most columns, or None if no kind fits."""
    samples: dict[str, list[str]] = {column: [] for column in (*foreign.columns, *foreign.places)}
    for row in foreign.rows[:_SAMPLE_ROWS]:
        for column, cell in row.fields.items():
            samples[column].append(cell)
    nearby = _KINDS_NEAR.get(near, ())
    matches: dict[str, int] = {}
    for kind in sorted(TABLE_KINDS, key=_LESS_LIKELY.__contains__):
        matched = match_table(kind, list(samples), samples)
        columns = {*matched.columns, *matched.joined}
        times = TIME_TARGETS.get(kind, ())[:1]
        needed = [target.name for target in TARGET_COLUMNS[kind] if target.needed]
        is_typical = kind in nearby or not columns.isdisjoint(_TYPICAL_COLUMNS.get(kind, columns))
        if is_typical and columns.issuperset((*needed, *times)):
            matches[kind] = len(columns.difference(PLACE_TARGETS))
    here = next((kind for kind in nearby if kind in matches), None)
    return here or max(matches, key=lambda kind: matches[kind], default=None)


def is_return_workbook(sheets: Sequence[str]) -> bool:
    """Whether a workbook's sheets are the sheets of a principal's return."""
    return set(RETURN_SHEETS) <= set(sheets)


def is_map_kind(kind: str) -> bool:
    """Whether files of a kind have columns to match and rows to show on the map first."""
    return kind in MAP_KINDS


def _has_any(headings: set[str], names: Sequence[str]) -> bool:
    return any(normalize_heading(name) in headings for name in names)
