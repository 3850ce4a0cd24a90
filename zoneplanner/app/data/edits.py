"""Edits of the office's own data, each a step that can be undone.

What is still missing for complete handouts: phones, addresses, principals, days and bells.
"""

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
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.bells import BellSchedule
from zoneplanner.domain.calendar.year_rollover import CALENDAR_STEP
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import PRINCIPAL, UNNAMED_AGENCY
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count, join_names

DATA_TABLES: Mapping[str, DataTable] = {
    table.kind: table
    for table in (
        *(SITE_TABLE, CONTACT_TABLE, UNIT_TABLE, PLAN_TABLE, ZONE_TABLE, AGENCY_TABLE),
        *(AREA_TABLE, CALENDAR_TABLE, BELL_TABLE, ASSUMPTION_TABLE, CONNECTION_TABLE),
        *(TERM_TABLE, PREFERENCE_TABLE),
    )
}
"""The kinds of data in the order of the workspace."""


@dataclass(frozen=True, slots=True)
class DataChange:
    """One cell that an edit changed; a row that came or went has empty cells before or after."""

    kind: str
    row: str
    column: str
    before: str
    after: str


def list_data_changes(before: Project, after: Project) -> tuple[DataChange, ...]:
    """Return the cells that differ between two states of a project."""
    found: list[DataChange] = []
    for table in DATA_TABLES.values():
        old, new = table.read(before), table.read(after)
        for row in dict.fromkeys((*old, *new)):
            was, now = old.get(row, {}), new.get(row, {})
            found += [
                DataChange(table.kind, row, column.name, was.get(column.name, ""), cell)
                for column in table.columns
                if (cell := now.get(column.name, "")) != was.get(column.name, "")
            ]
    return tuple(found)


def set_data_row(
    session: Session, kind: str, row: str, cells: RowCells, *, new: bool = False
) -> tuple[DataChange, ...]:
    """Change cells of a row as one step, or add the row; return what changed.

    Raises
    ------
    UserError
        The row or a column is unknown, a row is there already, or a cell makes no sense.
    """
    table, project = DATA_TABLES[kind], session.saved_project
    if new:
        if not table.grows:
            raise UserError("data_row_by_import", kind=table.noun)
        row = table.find_new_id(project, row, cells)
    else:
        row = table.find_row(project, row)
    change = _Change(table, row, cells)
    return _apply(session, lambda: _label(table, project, row, cells, new=new), change)


def remove_data_row(session: Session, kind: str, row: str) -> tuple[DataChange, ...]:
    """Remove a row as one step; return what changed.

    Raises
    ------
    UserError
        It is unknown, or something needs it.
    """
    table = DATA_TABLES[kind]
    key = table.find_row(session.saved_project, row)
    if table.remove is None:
        code = "data_row_stays.site" if table is SITE_TABLE else "data_row_stays"
        raise UserError(code, kind=table.noun, row=key)
    name = table.read(session.saved_project)[key][table.title] or key
    return _apply(session, lambda: f"Remove {name}", _Removal(table, key))


def _label(table: DataTable, project: Project, row: str, cells: RowCells, *, new: bool) -> str:
    if table.name_step is not None:
        before = table.begin_row(project, row) if new else table.read(project)[row]
        return table.name_step(project, {**before, **cells})
    if new:
        return f"Add {cells.get(table.title) or table.begin_row(project, row)[table.title]}"
    name = table.read(project)[row][table.title] or row
    labels = ", ".join(table.column(column).label.casefold() for column in cells)
    return f"Change {name}: {labels}"


@dataclass(frozen=True, slots=True)
class _Change:
    table: DataTable
    row: str
    cells: RowCells

    def __call__(self, project: Project) -> Project:
        return self.table.change_row(project, self.row, self.cells)


@dataclass(frozen=True, slots=True)
class _Removal:
    table: DataTable
    row: str

    def __call__(self, project: Project) -> Project:
        assert self.table.remove is not None
        return self.table.remove(project, self.row)


def _apply(
    session: Session, name_step: Callable[[], str], edit: "_Change | _Removal"
) -> tuple[DataChange, ...]:
    """Apply an edit as one step; what it is called is asked for once it is known to be possible."""
    before = session.saved_project
    if edit(before) is before:
        return ()
    session.apply(name_step(), edit)
    return list_data_changes(before, session.saved_project)


_ASSUMED = BellSchedule()
_MANY = {
    "street address": "street addresses",
    "area of a unit": "areas of units",
    "name of an agency": "names of agencies",
}


@dataclass(frozen=True, slots=True)
class MissingCell:
    """A cell that nobody filled in, by its table; ``what`` is what it would tell."""

    kind: str
    row: str
    column: str
    what: str


def list_missing_cells(project: Project) -> tuple[MissingCell, ...]:
    """Return what handouts of the patrolled sites, their units and agencies lack."""
    return (
        *_list_of_sites(project),
        *_list_of_units(project),
        *_list_of_calendar(project),
        *_list_of_bells(project),
        *_list_of_terms(project),
    )


def summarize_missing(cells: Iterable[MissingCell]) -> str:
    """Say how much of what is missing; empty where nothing is."""
    counts = Counter(cell.what for cell in cells)
    return join_names(format_count(n, what, _MANY.get(what, "")) for what, n in counts.items())


def _list_of_sites(project: Project) -> Iterator[MissingCell]:
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


def _list_of_units(project: Project) -> Iterator[MissingCell]:
    serving = {unit.agency for unit in project.units.values()}
    for agency in project.agencies.values():
        if agency.id in serving and agency.id == UNNAMED_AGENCY:
            yield MissingCell("agency", agency.id, "name", "name of an agency")
        if agency.id in serving and not agency.phone:
            yield MissingCell("agency", agency.id, "phone", "phone number")
    for unit in project.units.values():
        if unit.holds_zone and not any(unit.may_be_primary(area) for area in project.jurisdictions):
            yield MissingCell("unit", unit.id, "primary", "area of a unit")


def _list_of_calendar(project: Project) -> Iterator[MissingCell]:
    """Yield the days that nobody has adopted: those that are assumed, or none at all."""
    days = list(CALENDAR_TABLE.read(project))
    confirmed = any(CALENDAR_STEP in steps for steps in project.year_rollover.checked.values())
    if (project.calendar.assumed and not confirmed) or not days:
        yield MissingCell("calendar", days[-1] if days else "", "first", "adopted calendar")


def _list_of_terms(project: Project) -> Iterator[MissingCell]:
    if not project.terms.tip_line.text:
        yield MissingCell("term", TIP_LINE, "text", "tip line")


def _list_of_bells(project: Project) -> Iterator[MissingCell]:
    """Yield the levels whose bells are those that the program assumes."""
    bells = project.calendar.bells
    levels = {site.level for site in project.patrolled if site.id not in bells.by_site}
    used = dict.fromkeys(level if level in bells.by_level else "other" for level in levels)
    for level in bells.by_level:
        if level in used and bells.by_level[level] == _ASSUMED.by_level.get(level):
            yield MissingCell("bells", level, "starts", "bell schedule")
