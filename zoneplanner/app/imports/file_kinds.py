"""What a file probably is: by its ending, its headings, its shapes."""

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
    "availability": "Leave, main jobs and other times of officers",
    "shifts": "Shifts",
    "calendar": "School calendar: terms, days off, minimum days, bells",
    "stamps": "Stamps of units on incidents",
    **{kind.table: read_record_words()[kind.name].table for kind in RECORD_KINDS.values()},
    BASEMAP_KIND: "Basemap: streets, water, names",
    RETURN_KIND: "Principals’ monthly returns: a workbook, or a folder of them",
    ROSTER_KIND: "A training roster, stored as counts",
    LAYER_KIND: "A layer to show, or areas for totals",
}
"""Every kind of file, as a person chooses it."""
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
"""What a table is that may be several things, by the workspace or kind of data it is for."""
_LESS_LIKELY = ("hours", "officers", "reviews", "units")
_TELLING = {"officers": ("id", "units"), "units": ("sworn", "holds_zone")}
"""Columns of which a table has one where it is taken for such a kind: a name is in many tables."""
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
    """Return what only one kind of file is called; None where the file has to be looked into.

    A folder of workbooks is a month's returns.
    """
    if is_return_folder(path):
        return RETURN_KIND
    return _BY_ENDING.get(path.suffix.lower())


def build_sample_reader(
    session: "Session", asked: ImportOptions, *, chosen: str | None, near: str = ""
) -> Callable[[ProgressReport], "ForeignRows"]:
    """Return what reads a file to see what it is, in any thread; see ``build_map_reader``.

    Of a large table for the log, by its headings or as ``chosen`` by hand, it reads the first rows
    only.
    """
    whole, beginning = (
        build_map_reader(session, asked),
        build_map_reader(session, asked, first=_FIRST_ROWS),
    )

    def read(report: ProgressReport) -> "ForeignRows":
        if _is_large_table(asked.path):
            found = beginning(report)
            kind = chosen or guess_file_kind(found, near)
            if kind in LOG_TABLES:
                return replace(found, cut=True)
            if kind == ENROLLMENT_KIND:
                return build_map_reader(session, replace(asked, kind=kind))(report)
        return whole(report)

    return read


def _is_large_table(path: Path) -> bool:
    if path.suffix.lower() not in TABLE_ENDINGS or not path.is_file():
        return False
    return path.stat().st_size > _LARGE_BYTES


def guess_file_kind(found: "ForeignRows", near: str = "") -> str:
    """Return what a file that was read probably is: a key of ``IMPORT_KIND_TITLES``.

    ``near`` is the workspace that it was opened from: of what a table may be, what belongs there.
    """
    columns = (*found.columns, *found.places)
    known = {normalize_heading(column) for column in columns}
    table = _guess_table_kind(found, near) if found.how else None
    here = _KINDS_NEAR.get(near, ())
    headed = (kind for kind, needed in _BY_HEADINGS.items() if known.issuperset(needed))
    own = table if len(here) == 1 and table in here else None  # such a place is about one kind
    if kind := own or next(headed, None):
        return kind
    profile = match_profile(read_profiles(find_profile_folder()), columns)
    if profile is not None and profile.kind in IMPORT_KIND_TITLES:
        return profile.kind
    shapes = [row.shape for row in found.rows if row.shape is not None]
    if table is not None or not shapes:
        planned = _has_any(known, SITE_HEADINGS) and _has_any(known, ZONE_HEADINGS)
        return table or ("plan" if planned else "sites")
    layer = LAYER_KIND if "mtfcc" not in known or "geoid" in known else BASEMAP_KIND
    if any(shape.area > 0 for shape in shapes):
        if _has_any(known, ("zone", "zoneid", "beat", "dsplayname")):
            return "zones"
        return "blocks" if _has_any(known, BLOCK_HEADINGS) else layer
    points = all(shape.geom_type == "Point" for shape in shapes)
    return "sites" if points and _has_any(known, _SCHOOLS) else layer


def _guess_table_kind(found: "ForeignRows", near: str) -> str | None:
    """Return the kind of table that the columns fit, the one with most of them; None without."""
    samples: dict[str, list[str]] = {column: [] for column in (*found.columns, *found.places)}
    for row in found.rows[:_SAMPLE_ROWS]:
        for column, cell in row.fields.items():
            samples[column].append(cell)
    fits: dict[str, int] = {}
    for kind in sorted(TABLE_KINDS, key=_LESS_LIKELY.__contains__):
        alike = match_table(kind, list(samples), samples)
        own = {*alike.columns, *alike.joined}
        times = TIME_TARGETS.get(kind, ())[:1]
        needed = [target.name for target in TARGET_COLUMNS[kind] if target.needed]
        asked = kind in _KINDS_NEAR.get(near, ())
        told = asked or any(name in own for name in _TELLING.get(kind, own))
        if told and own.issuperset((*needed, *times)):
            fits[kind] = len(own.difference(PLACE_TARGETS))
    here = [kind for kind in _KINDS_NEAR.get(near, ()) if kind in fits]
    return next(iter(here), None) or max(fits, key=lambda kind: fits[kind], default=None)


def is_return_workbook(sheets: Sequence[str]) -> bool:
    """Tell whether the sheets of a workbook are those of a principal's return."""
    return set(RETURN_SHEETS) <= set(sheets)


def is_map_kind(kind: str) -> bool:
    """True where columns are mapped and rows are seen on the map before they are taken."""
    return kind in MAP_KINDS


def _has_any(known: set[str], names: Sequence[str]) -> bool:
    return any(normalize_heading(name) in known for name in names)
