"""The tables of the office's own data: one kind at a time, its rows, and the form of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import partial
from uuid import uuid4

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QButtonGroup, QSplitter, QToolButton, QWidget

from zoneplanner.app.data.data_table import CellKind, DataColumn, DataTable, RowCells
from zoneplanner.app.data.edits import (
    DATA_TABLES,
    DataChange,
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
    make_link_button,
    make_muted_label,
    push_button,
)
from zoneplanner.ui.widgets.layout.layouts import FlowLayout
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, PANEL_MARGIN_PX, SPACING_PX
from zoneplanner.ui.widgets.style.value_text import NO_VALUE
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TablePanel

_FORM_PX = 440
_IMPORTS = ("site", "contact", "unit", "agency", "area", "calendar", "bells")
"""The kinds that come from files, too."""
_ALL = "All rows"


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    cells: RowCells
    missing: tuple[str, ...]


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
        """Rows come from the panel around it."""


class OfficeDataPanel(LazyPanel):
    """Kinds of data above, the rows at the left, the form of the chosen one at the right."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.table = DATA_TABLES["site"]
        self.row: str | None = None
        self._new = False
        self._group = QButtonGroup(self)
        self.kinds = {kind: self._make_kind(table) for kind, table in DATA_TABLES.items()}
        self.add = push_button("Add", "Start a new row.", self.begin_row)
        self.bring = push_button("Import…", "Import rows from a file.", self._import)
        self.attention = make_link_button("", self._toggle_missing)
        self._only_missing = False
        self.rows = _RowsTable(desk)
        self.rows.lay_out(
            *((self.rows.filter, 1), self.attention, self.rows.counted, self.add, self.bring),
            margins_px=(0, GRID_PX, PANEL_MARGIN_PX, GRID_PX),
        )
        self.rows.view.chosen.connect(self._choose)
        self.form = RowForm(desk.icons)
        self.form.saved.connect(self.save)
        self.form.removed.connect(self._remove)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.rows)
        split.addWidget(self.form)
        split.setStretchFactor(0, 1)
        split.setSizes([900, _FORM_PX])
        split.setChildrenCollapsible(False)
        kinds = QWidget()
        line = FlowLayout(kinds)
        line.setContentsMargins(0, GRID_PX, 0, GRID_PX)
        line.setSpacing(GRID_PX)
        for button in self.kinds.values():
            line.addWidget(button)
        self.overall = make_muted_label()
        self.overall.setWordWrap(True)
        make_column_layout(
            self,
            kinds,
            self.overall,
            (split, 1),
            spacing_px=SPACING_PX,
        )
        desk.notices.stand_over(self.rows)  # the buttons of the form stay in sight
        self.show_kind("site")
        self.refresh_on(desk.bridge.changed)

    def refresh(self) -> None:
        """Read the rows anew; what was typed into the form stays."""
        project = self._project()
        lacking: dict[str, list[MissingCell]] = {}
        missing = list_missing_cells(project)
        said = f"Handouts still lack {summarize_missing(missing)}." if missing else ""
        self.overall.setText(said)
        self.overall.setVisible(bool(said))
        for cell in missing:
            lacking.setdefault(cell.kind, []).append(cell)
        for kind, button in self.kinds.items():
            count = len({cell.row for cell in lacking.get(kind, ())})
            title = DATA_TABLES[kind].plural
            button.setText(f"{title} ({count})" if count else title)
            button.setToolTip(f"{format_count(count, 'row')} to fill in" if count else "")
        own = lacking.get(self.table.kind, [])
        self._only_missing &= bool(own)
        self._say_missing(own)
        by_row: dict[str, list[str]] = {}
        for cell in own:
            by_row.setdefault(cell.row, []).append(cell.what)
        rows = [
            _Row(key, cells, tuple(by_row.get(key, ())))
            for key, cells in self.table.read(project).items()
        ]
        self.rows.show_rows(row for row in rows if row.missing or not self._only_missing)
        self._show_rights()
        if not self._new and not self.form.changes():
            self._show_form(self.row)

    def show_kind(self, kind: str) -> None:
        """Show another table; what was changed in the form is saved first."""
        if not self.save_typed():
            self.kinds[self.table.kind].setChecked(True)
            return
        self.table, self.row, self._new = DATA_TABLES[kind], None, False
        self._only_missing = False
        self.kinds[kind].setChecked(True)
        self.rows.view.set_empty_text(_say_empty(self.table))
        self.rows.filter.clear()
        self.rows.show_columns(
            _list_columns(self.table, self._project(), self._desk.session.formats)
        )
        shown = (self.table.title, *self.table.listed)
        by = shown.index("first") if "first" in shown else 0
        self.rows.view.sortByColumn(by, Qt.SortOrder.AscendingOrder)
        self.mark_stale()
        rows = tuple(self.table.read(self._project()))
        self._show_form(rows[0] if len(rows) == 1 and not self.table.grows else None)

    def show_row(self, key: str) -> None:
        """Choose a row of the table, and show its form."""
        self.refresh()
        self.rows.view.select_key(key)
        self._choose(key)

    def begin_row(self) -> None:
        """Show an empty form for a new row; nothing is kept before it is saved."""
        if not self.save_typed():
            return
        project = self._project()
        self.row, self._new = None, True
        self.rows.view.clearSelection()
        cells = {**self.table.begin(project, "")} if self.table.key is None else {}
        title = f"New {self.table.noun}"
        self._show_row(title, cells, new=True, may_edit=True)
        self.form.focus_first()

    def save(self) -> bool:
        """Keep what was changed in the form as one step; a refusal is shown and leaves it open."""
        changes, row, new = self.form.changes(), self.row, self._new
        if new:
            title = self.table.column(self.table.title)
            nameless = "" if title.required and title.shown else uuid4().hex[:14]
            row = changes.pop("id", "") or changes.get(title.name) or nameless
        if row is None or not changes:
            return True
        session, kind, key = self._desk.session, self.table.kind, row
        made: list[DataChange] = []

        def keep() -> None:
            made.extend(set_data_row(session, kind, key, changes, new=new))

        try:
            keep()
        except UserError as error:
            error.formats = session.formats
            if error.retry is not None or not self.isVisible():
                self._desk.show_problem(error)
            self.form.show_refusal(error)
            return False
        row = next((one.row for one in made if one.kind == kind and one.after), row)
        self._new = False
        self._report()
        self._show_form(row)
        self.mark_stale()
        return True

    def save_typed(self) -> bool:
        """Save what was changed before something else is shown; False where that is refused."""
        if self._new and not self.form.changes():
            self._new = False
            return True
        return self.save() if self.form.changes() else True

    def hideEvent(self, event: QHideEvent) -> None:
        """Save what was typed before another workspace is shown; what is refused stays typed."""
        super().hideEvent(event)
        if not event.spontaneous():
            self.save_typed()

    def _make_kind(self, table: DataTable) -> QToolButton:
        button = QToolButton()
        button.setText(table.plural)
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.clicked.connect(lambda _=False: self.show_kind(table.kind))
        self._group.addButton(button)
        return button

    def _project(self) -> Project:
        return self._desk.session.saved_project

    def _choose(self, key: object) -> None:
        if str(key) == self.row and not self._new:
            return
        if not self.save_typed():
            self.rows.view.select_key(self.row)
            return
        self._new = False
        self._show_form(str(key))

    def _show_form(self, key: str | None) -> None:
        self.row = key
        project = self._project()
        cells = self.table.read(project).get(key or "")
        if cells is None:
            self.row = None
            rows = self.table.read(project)
            one = add_article(self.table.noun)
            self.form.show_nothing(f"Choose {one} in the list." if rows else "")
            return
        title = cells[self.table.title] or _name_by_listed(self.table, project, cells)
        may = not self._desk.session.explain_denied_edit()
        self._show_row(title, cells, new=False, may_edit=may)

    def _show_row(self, title: str, cells: RowCells, *, new: bool, may_edit: bool) -> None:
        formats = self._desk.session.formats
        self.form.show_row(
            self._project(),
            self.table,
            title,
            cells,
            formats=formats,
            today=self._desk.session.today,
            new=new,
            may_edit=may_edit,
        )

    def _show_rights(self) -> None:
        denied = self._desk.session.explain_denied_edit()
        self.add.setEnabled(self.table.grows and not denied)
        self.bring.setEnabled(self.table.kind in _IMPORTS and not denied)
        for button in (self.add, self.bring):
            button.setHidden(bool(denied))

    def _say_missing(self, own: list[MissingCell]) -> None:
        text = _ALL if self._only_missing else f"Missing: {summarize_missing(own)}"
        self.attention.setText(text)
        self.attention.setVisible(bool(own))

    def _toggle_missing(self) -> None:
        self._only_missing = not self._only_missing
        self.mark_stale()

    def _remove(self) -> None:
        session, kind, row = self._desk.session, self.table.kind, self.row
        if row is not None and self._desk.attempt(partial(remove_data_row, session, kind, row)):
            self._report()
            self._show_form(None)
            self.mark_stale()

    def _report(self) -> None:
        step = self._desk.session.undoable_step
        if step is not None:
            self._desk.report_done(f"{step.label}.")

    def _import(self) -> None:
        self._desk.actions["import"].trigger()


def _say_empty(table: DataTable) -> str:
    """Say that a table has no rows, and where some would come from."""
    ways = [*(["Add one"] if table.grows else []), *(["import a file"] * (table.kind in _IMPORTS))]
    offered = join_names(ways, last="or").capitalize()
    return f"No rows yet. {offered}." if offered else "No plan yet."


def _list_columns(table: DataTable, project: Project, formats: LocaleFormats) -> tuple[Column, ...]:
    """Return the columns of a list: what rows are called by, and what its table names."""
    names = (table.title, *table.listed)
    return tuple(_make_column(table, name, project, formats) for name in names)


def _name_by_listed(table: DataTable, project: Project, cells: RowCells) -> str:
    """Return what a row without a name is called: what its list says of it."""
    columns = (table.column(name) for name in table.listed)
    named = (_list_words(own, project).get(cells[own.name], cells[own.name]) for own in columns)
    return ", ".join(filter(None, named)) or NO_VALUE


def _list_words(column: DataColumn, project: Project) -> Mapping[str, str]:
    return column.list_choices(project) if column.list_choices else {}


def _make_column(table: DataTable, name: str, project: Project, formats: LocaleFormats) -> Column:
    own = table.column(name)
    words = _list_words(own, project)

    def read(row: _Row) -> str:
        text = row.cells[name]
        if own.kind is CellKind.NUMBER and text.isdigit():
            return f"{int(text):,}"
        if own.kind is CellKind.YES_NO:
            return text.capitalize()
        if text and own.kind is CellKind.DAY:
            return formats.day(date.fromisoformat(text))
        if text and own.kind is CellKind.CLOCK:
            return formats.clock(time.fromisoformat(text))
        return words.get(text, text) or NO_VALUE

    def order(row: _Row) -> float | str | None:
        text = row.cells[name]
        if own.kind is CellKind.NUMBER:
            return float(text) if text else None
        return text if own.kind in (CellKind.DAY, CellKind.CLOCK) else read(row)

    return Column(own.label, order, read, tip=own.about, figure=own.kind is CellKind.NUMBER)
