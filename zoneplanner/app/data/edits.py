"""Edits of the office's own data, and the list of data that complete handouts still need."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from zoneplanner.app.data.agency_rows import AGENCY_TABLE, AREA_TABLE, UNIT_TABLE
from zoneplanner.app.data.calendar_rows import BELL_TABLE, CALENDAR_TABLE
from zoneplanner.app.data.data_table import DataTable, RowCells
from zoneplanner.app.data.preference_rows import (
    ASSUMPTION_TABLE,
    PREFERENCE_TABLE,
    TERM_TABLE,
    TIP_LINE,
)
from zoneplanner.app.data.site_rows import CONTACT_TABLE, SITE_TABLE, make_contact_key
from zoneplanner.app.data.zone_rows import CONNECTION_TABLE, PLAN_TABLE, ZONE_TABLE
from zoneplanner.app.session.session import ProjectEdit, Session
from zoneplanner.domain.calendar.bells import BellSchedule
from zoneplanner.domain.calendar.year_rollover import CALENDAR_STEP
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import PRINCIPAL, UNNAMED_AGENCY
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count, join_names

DATA_TABLES: Mapping[str, DataTable] = {
    table.kind: table
    for table in (
        SITE_TABLE,
        CONTACT_TABLE,
        UNIT_TABLE,
        PLAN_TABLE,
        ZONE_TABLE,
        AGENCY_TABLE,
        AREA_TABLE,
        CALENDAR_TABLE,
        BELL_TABLE,
        ASSUMPTION_TABLE,
        CONNECTION_TABLE,
        TERM_TABLE,
        PREFERENCE_TABLE,
    )
}
"""The tables in the order of the workspace."""


@dataclass(frozen=True, slots=True)
class DataChange:
    """One cell that an edit changed; the cells of an added or removed row are empty on one side."""

    kind: str
    row: str
    column: str
    before: str
    after: str


def list_data_changes(before: Project, after: Project) -> tuple[DataChange, ...]:
    """Return the cells that differ between two states of a project."""
    changes: list[DataChange] = []
    for table in DATA_TABLES.values():
        old_rows, new_rows = table.read(before), table.read(after)
        for row in dict.fromkeys((*old_rows, *new_rows)):
            old, new = old_rows.get(row, {}), new_rows.get(row, {})
            changes += [
                DataChange(table.kind, row, column.name, old.get(column.name, ""), cell)
                for column in table.columns
                if (cell := new.get(column.name, "")) != old.get(column.name, "")
            ]
    return tuple(changes)


def set_data_row(
    session: Session, kind: str, row: str, cells: RowCells, *, new: bool = False
) -> tuple[DataChange, ...]:
    """Change cells of a row as one step, or add the row; return what changed.

    Raises
    ------
    UserError
        The row or a column is unknown, the new row exists already, or a cell is invalid.
    """
    table, project = DATA_TABLES[kind], session.saved_project
    if new:
        if not table.grows:
            raise UserError("data_row_by_import", kind=table.noun)
        row = table.find_new_id(project, row, cells)
    else:
        row = table.find_row(project, row)
    return _apply(
        session,
        lambda: _label(table, project, row, cells, new=new),
        lambda each: table.change_row(each, row, cells),
    )


def remove_data_row(session: Session, kind: str, row: str) -> tuple[DataChange, ...]:
    """Remove a row as one step; return what changed.

    Raises
    ------
    UserError
        The row is unknown, or something refers to it.
    """
    table = DATA_TABLES[kind]
    key = table.find_row(session.saved_project, row)
    remove = table.remove
    if remove is None:
        code = "data_row_stays.site" if table is SITE_TABLE else "data_row_stays"
        raise UserError(code, kind=table.noun, row=key)
    name = table.read(session.saved_project)[key][table.title] or key
    return _apply(session, lambda: f"Remove {name}", lambda project: remove(project, key))


def _label(table: DataTable, project: Project, row: str, cells: RowCells, *, new: bool) -> str:
    if table.name_step is not None:
        before = table.begin_row(project, row) if new else table.read(project)[row]
        return table.name_step(project, {**before, **cells})
    if new:
        return f"Add {cells.get(table.title) or table.begin_row(project, row)[table.title]}"
    name = table.read(project)[row][table.title] or row
    labels = ", ".join(table.column(column).label.casefold() for column in cells)
    return f"Change {name}: {labels}"


def _apply(
    session: Session, name_step: Callable[[], str], edit: ProjectEdit
) -> tuple[DataChange, ...]:
    """Apply an edit as one step; it is named only after the edit proved to be possible."""
    before = session.saved_project
    if edit(before) is before:
        return ()
    session.apply(name_step(), edit)
    return list_data_changes(before, session.saved_project)


_ASSUMED = BellSchedule()
_PLURALS = {
    "street address": "street addresses",
    "area of a unit": "areas of units",
    "name of an agency": "names of agencies",
}


@dataclass(frozen=True, slots=True)
class MissingCell:
    """An empty cell, by its table; ``what`` names its content."""

    kind: str
    row: str
    column: str
    what: str


def list_missing_cells(project: Project) -> tuple[MissingCell, ...]:
    """Return the missing data that handouts on patrolled sites, units and agencies need."""
    return (
        *_find_missing_in_sites(project),
        *_find_missing_in_units(project),
        *_find_missing_calendar(project),
        *_find_missing_bells(project),
        *_find_missing_tip_line(project),
    )


def summarize_missing(cells: Iterable[MissingCell]) -> str:
    """Return how many cells of each kind are missing, or an empty string."""
    counts = Counter(cell.what for cell in cells)
    return join_names(format_count(n, what, _PLURALS.get(what, "")) for what, n in counts.items())


def _find_missing_in_sites(project: Project) -> Iterator[MissingCell]:
    for site in project.patrolled:
        if not site.phone:
            yield MissingCell("site", site.id, "phone", "phone number")
        if not (site.street and site.city):
            yield MissingCell("site", site.id, "street", "street address")
        if site.enrollment is None:
            yield MissingCell("site", site.id, "enrollment", "enrollment")
        if not site.level:
            yield MissingCell("site", site.id, "level", "level")
        if project.directory.find(site.id, PRINCIPAL) is None:
            yield MissingCell("contact", make_contact_key(site.id, PRINCIPAL), "name", PRINCIPAL)


def _find_missing_in_units(project: Project) -> Iterator[MissingCell]:
    serving = {unit.agency for unit in project.units.values()}
    for agency in project.agencies.values():
        if agency.id in serving and agency.id == UNNAMED_AGENCY:
            yield MissingCell("agency", agency.id, "name", "name of an agency")
        if agency.id in serving and not agency.phone:
            yield MissingCell("agency", agency.id, "phone", "phone number")
    for unit in project.units.values():
        if unit.holds_zone and not any(unit.may_be_primary(area) for area in project.jurisdictions):
            yield MissingCell("unit", unit.id, "primary", "area of a unit")


def _find_missing_calendar(project: Project) -> Iterator[MissingCell]:
    """Yield a calendar that is assumed, and that nobody confirmed, or that has no days."""
    days = list(CALENDAR_TABLE.read(project))
    confirmed = any(CALENDAR_STEP in steps for steps in project.year_rollover.checked.values())
    if (project.calendar.assumed and not confirmed) or not days:
        yield MissingCell("calendar", days[-1] if days else "", "first", "adopted calendar")


def _find_missing_tip_line(project: Project) -> Iterator[MissingCell]:
    if not project.terms.tip_line.text:
        yield MissingCell("term", TIP_LINE, "text", "tip line text")


def _find_missing_bells(project: Project) -> Iterator[MissingCell]:
    """Yield the levels that still have the program's assumed bells."""
    bells = project.calendar.bells
    levels = {site.level for site in project.patrolled if site.id not in bells.by_site}
    used = dict.fromkeys(level if level in bells.by_level else "other" for level in levels)
    for level, times in bells.by_level.items():
        if level in used and times == _ASSUMED.by_level.get(level):
            yield MissingCell("bells", level, "starts", "bell schedule")
