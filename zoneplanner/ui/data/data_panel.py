"""The panel of the office's data: a choice of tables, the rows of one, and the form of one row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import partial
from uuid import uuid4

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QWidget

from zoneplanner.app.data.data_table import CellKind, DataColumn, DataTable, RowCells
from zoneplanner.app.data.edits import (
    DATA_TABLES,
    MissingCell,
    list_missing_cells,
    remove_data_row,
    set_data_row,
    summarize_missing,
)
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import add_article, format_count, join_names
from zoneplanner.ui.data.row_form import RowForm
from zoneplanner.ui.widgets.layout.basic_widgets import (
    LazyPanel,
    make_column_layout,
    make_hiding_note,
    make_link_button,
    make_option_button,
    push_button,
)
from zoneplanner.ui.widgets.layout.layouts import (
    FlowLayout,
    make_splitter,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, PANEL_MARGIN_PX, SPACING_PX
from zoneplanner.ui.widgets.style.value_text import NO_VALUE
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TablePanel

_FORM_PX = 440
_IMPORTABLE_KINDS = ("site", "contact", "unit", "agency", "area", "calendar", "bells")


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    cells: RowCells


class _RowsTable(TablePanel):
    """The rows of one table of data."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__(
            desk,
            (),
            lambda row: row.key,
            name="Rows",
            filter_name="Find a row",
            filter_hint="Find…",
            noun="row",
        )

    def refresh(self) -> None:
        """Do nothing: the panel around the table provides the rows."""


class OfficeDataPanel(LazyPanel):
    """The kinds of data above, the rows at the left, and the selected row's form at the right."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self.table = DATA_TABLES["site"]
        self.row: str | None = None
        self._is_new = False
        self.kinds = {kind: make_option_button(table.plural) for kind, table in DATA_TABLES.items()}
        self.add = push_button("Add", "Start a new row.", self.begin_row)
        self.import_button = push_button(
            "Import…", "Import rows from a file.", desk.actions["import"].trigger
        )
        self.attention = make_link_button("", self._toggle_missing)
        self._only_missing = False
        self.rows = _RowsTable(desk)
        self.rows.lay_out(
            (self.rows.filter, 1),
            self.attention,
            self.rows.counted,
            self.add,
            self.import_button,
            margins_px=(0, GRID_PX, PANEL_MARGIN_PX, GRID_PX),
        )
        self.rows.view.chosen.connect(self._select)
        self.form = RowForm(desk.icons)
        self.form.save_requested.connect(self.save)
        self.form.remove_requested.connect(self._remove)
        split = make_splitter({self.rows: 1, self.form: 0}, (900, _FORM_PX))
        kinds = QWidget()
        flow = FlowLayout(kinds)
        flow.setContentsMargins(0, GRID_PX, 0, GRID_PX)
        flow.setSpacing(GRID_PX)
        for kind, button in self.kinds.items():
            button.clicked.connect(lambda _=False, kind=kind: self.show_kind(kind))
            flow.addWidget(button)
        self.overall = make_hiding_note()
        make_column_layout(self, kinds, self.overall, (split, 1), spacing_px=SPACING_PX)
        desk.notices.stand_over(self.rows)  # the buttons of the form stay in sight
        self.show_kind("site")
        self.refresh_on(desk.bridge.changed)

    def refresh(self) -> None:
        """Show the current rows; what was typed into the form stays."""
        project = self._project()
        missing = list_missing_cells(project)
        lacking = f"Handouts still lack {summarize_missing(missing)}." if missing else ""
        self.overall.setText(lacking)
        for kind, button in self.kinds.items():
            count = len({cell.row for cell in missing if cell.kind == kind})
            title = DATA_TABLES[kind].plural
            button.setText(f"{title} ({count})" if count else title)
            button.setToolTip(f"{format_count(count, 'row')} to fill in" if count else "")
        own = [cell for cell in missing if cell.kind == self.table.kind]
        self._only_missing &= bool(own)
        self._show_missing(own)
        incomplete = {cell.row for cell in own}
        self.rows.show_rows(
            _Row(key, cells)
            for key, cells in self.table.read(project).items()
            if key in incomplete or not self._only_missing
        )
        self._update_buttons()
        if not self._is_new and not self.form.changes():
            self._show_form(self.row)

    def show_kind(self, kind: str) -> None:
        """Show another table, after saving what was changed in the form."""
        if not self.save_typed():
            self.kinds[self.table.kind].setChecked(True)
            return
        self.table, self.row, self._is_new = DATA_TABLES[kind], None, False
        self._only_missing = False
        self.kinds[kind].setChecked(True)
        self.rows.view.set_empty_text(_describe_empty(self.table))
        self.rows.filter.clear()
        columns = (self.table.title, *self.table.listed)
        project, formats = self._project(), self._desk.session.formats
        self.rows.show_columns(
            [_make_column(self.table, name, project, formats) for name in columns]
        )
        sort_column = columns.index("first") if "first" in columns else 0
        self.rows.view.sortByColumn(sort_column, Qt.SortOrder.AscendingOrder)
        self.mark_stale()
        rows = tuple(self.table.read(project))
        self._show_form(rows[0] if len(rows) == 1 and not self.table.grows else None)

    def show_row(self, key: str) -> None:
        """Select a row of the table, and show its form."""
        self.refresh()
        self.rows.view.select_key(key)
        self._select(key)

    def begin_row(self) -> None:
        """Show an empty form for a new row, which exists once it is saved."""
        if not self.save_typed():
            return
        project = self._project()
        self.row, self._is_new = None, True
        self.rows.view.clearSelection()
        cells = {**self.table.begin(project, "")} if self.table.key is None else {}
        title = f"New {self.table.noun}"
        self._show_row(title, cells, new=True, may_edit=True)
        self.form.focus_first()

    def save(self) -> bool:
        """Save the form's changes as one step; return False if they are rejected."""
        changes, row, new = self.form.changes(), self.row, self._is_new
        if new:
            title = self.table.column(self.table.title)
            generated = "" if title.required and title.shown else uuid4().hex[:14]
            row = changes.pop("id", "") or changes.get(title.name) or generated
        if row is None or not changes:
            return True
        session, kind = self._desk.session, self.table.kind
        try:
            data_changes = set_data_row(session, kind, row, changes, new=new)
        except UserError as error:
            error.formats = session.formats
            if error.retry is not None or not self.isVisible():
                self._desk.show_problem(error)
            self.form.show_refusal(error)
            return False
        row = next(
            (change.row for change in data_changes if change.kind == kind and change.after), row
        )
        self._is_new = False
        self._report_step()
        self._show_form(row)
        if new:
            self.refresh()
            self.rows.view.select_key(row)
        self.mark_stale()
        return True

    def save_typed(self) -> bool:
        """Save what was typed before something else is shown; return False if it is rejected."""
        if self._is_new and not self.form.changes():
            self._is_new = False
            return True
        return self.save() if self.form.changes() else True

    def hideEvent(self, event: QHideEvent) -> None:
        """Save what was typed when another workspace is shown; rejected text stays in the form."""
        super().hideEvent(event)
        if not event.spontaneous():
            self.save_typed()

    def _project(self) -> Project:
        return self._desk.session.saved_project

    def _select(self, key: object) -> None:
        if str(key) == self.row and not self._is_new:
            return
        if not self.save_typed():
            self.rows.view.select_key(self.row)
            return
        self._is_new = False
        self._show_form(str(key))

    def _show_form(self, key: str | None) -> None:
        self.row = key
        project = self._project()
        rows = self.table.read(project)
        cells = rows.get(key or "")
        if cells is None:
            self.row = None
            noun = add_article(self.table.noun)
            self.form.show_nothing(f"Choose {noun} in the list." if rows else "")
            return
        title = cells[self.table.title] or _name_by_columns(self.table, project, cells)
        may_edit = not self._desk.session.explain_denied_edit()
        self._show_row(title, cells, new=False, may_edit=may_edit)

    def _show_row(self, title: str, cells: RowCells, *, new: bool, may_edit: bool) -> None:
        self.form.show_row(
            self._project(),
            self.table,
            title,
            cells,
            formats=self._desk.session.formats,
            today=self._desk.session.today,
            new=new,
            may_edit=may_edit,
        )

    def _update_buttons(self) -> None:
        denied = self._desk.session.explain_denied_edit()
        self.add.setEnabled(self.table.grows and not denied)
        self.import_button.setEnabled(self.table.kind in _IMPORTABLE_KINDS and not denied)
        for button in (self.add, self.import_button):
            button.setHidden(bool(denied))

    def _show_missing(self, missing: list[MissingCell]) -> None:
        all_missing = f"Missing: {summarize_missing(missing)}"
        is_short = len({cell.what for cell in missing}) == 1
        text = all_missing if is_short else f"Missing: {format_count(len(missing), 'value')}"
        self.attention.setText("All rows" if self._only_missing else text)
        self.attention.setToolTip("" if is_short else f"{all_missing}.")
        self.attention.setVisible(bool(missing))

    def _toggle_missing(self) -> None:
        self._only_missing = not self._only_missing
        self.mark_stale()

    def _remove(self) -> None:
        session, kind, row = self._desk.session, self.table.kind, self.row
        if row is not None and self._desk.attempt(partial(remove_data_row, session, kind, row)):
            self._report_step()
            self._show_form(None)
            self.mark_stale()

    def _report_step(self) -> None:
        step = self._desk.session.undoable_step
        if step is not None:
            self._desk.report_done(f"{step.label}.")


def _describe_empty(table: DataTable) -> str:
    """Return the text of a table without rows, which says how to add some."""
    ways = ["add one"] if table.grows else []
    if table.kind in _IMPORTABLE_KINDS:
        ways.append("import a file")
    return f"No rows yet. {join_names(ways, last='or').capitalize()}." if ways else "No plan yet."


def _name_by_columns(table: DataTable, project: Project, cells: RowCells) -> str:
    """Return a title for a row without a name: the values of its listed columns."""
    values = (
        _list_choices(table.column(name), project).get(cells[name], cells[name])
        for name in table.listed
    )
    return ", ".join(filter(None, values)) or NO_VALUE


def _list_choices(column: DataColumn, project: Project) -> Mapping[str, str]:
    return column.list_choices(project) if column.list_choices else {}


def _make_column(table: DataTable, name: str, project: Project, formats: LocaleFormats) -> Column:
    column = table.column(name)
    choices = _list_choices(column, project)

    def write(row: _Row) -> str:
        text = row.cells[name]
        if column.kind is CellKind.NUMBER and text.isdigit():
            return f"{int(text):,}"
        if column.kind is CellKind.YES_NO:
            return text.capitalize()
        if text and column.kind is CellKind.DAY:
            return formats.day(date.fromisoformat(text))
        if text and column.kind is CellKind.CLOCK:
            return formats.clock(time.fromisoformat(text))
        return choices.get(text, text) or NO_VALUE

    def sort_key(row: _Row) -> float | str | None:
        text = row.cells[name]
        if column.kind is CellKind.NUMBER:
            return float(text) if text else None
        return text if column.kind in (CellKind.DAY, CellKind.CLOCK) else write(row)

    is_number = column.kind is CellKind.NUMBER
    return Column(column.label, sort_key, write, tip=column.about, figure=is_number)
