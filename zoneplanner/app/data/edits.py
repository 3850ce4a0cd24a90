"""Edits of the office's own data, each a step that can be undone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zoneplanner.app.data.agency_rows import AGENCY_TABLE, AREA_TABLE, UNIT_TABLE
from zoneplanner.app.data.calendar_rows import BELL_TABLE, CALENDAR_TABLE
from zoneplanner.app.data.data_table import DataTable, RowCells
from zoneplanner.app.data.preference_rows import ASSUMPTION_TABLE, PREFERENCE_TABLE, TERM_TABLE
from zoneplanner.app.data.site_rows import CONTACT_TABLE, SITE_TABLE
from zoneplanner.app.data.zone_rows import CONNECTION_TABLE, PLAN_TABLE, ZONE_TABLE
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

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
