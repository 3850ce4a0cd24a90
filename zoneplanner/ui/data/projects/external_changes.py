"""What other programs changed: each row in a table and on a map, kept or put back by hand."""

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from shapely.geometry.base import BaseGeometry

from zoneplanner.app.session.external_edits import (
    FieldChange,
    JudgedChange,
    RowState,
    describe_fields,
    list_row_states,
)
from zoneplanner.domain.project import Project
from zoneplanner.exchange.row_results import RowOutcome
from zoneplanner.ui.data.imports.preview_map import ImportPreviewMap, RowPlace
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX
from zoneplanner.ui.widgets.layout.basic_widgets import WrappedLabel, push_button
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.value_text import NO_VALUE
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TableDialog

_TITLE = "Changes by Other Programs"
_ABOUT = (
    "Rows that another program changed in this project since it was opened here. Valid changes "
    "are kept; the rest are put back. Press Enter to switch the selected row between the two."
)
_EMPTY = "No other program has changed this project since it was opened here."
_SIZE = (TABLE_PX, 620)
_STATES = {
    RowState.KEPT: ("Kept", "check"),
    RowState.PUT_BACK: ("Put back", "undo"),
    RowState.CHANGED_SINCE: ("Changed since", "edit"),
}


@dataclass(frozen=True, slots=True)
class _ChangeRow:
    """A row that another program changed, as it stands by now."""

    number: int
    change: JudgedChange
    state: RowState
    fields: tuple[FieldChange, ...]

    @property
    def names(self) -> str:
        """What of it was changed."""
        if self.change.before is None or self.change.after is None:
            return "added" if self.change.before is None else "removed"
        return ", ".join(one.name for one in self.fields)

    @property
    def sentence(self) -> str:
        """All of it in a line, for rows that are wider than their columns."""
        words = (f"{f.name}: {f.before or NO_VALUE} → {f.after or NO_VALUE}" for f in self.fields)
        return f"{self.change.row}. {'; '.join(words)}. {self.why}".strip()

    @property
    def why(self) -> str:
        """Why it was put back, if it was."""
        return self.change.fault.text if self.change.fault is not None else ""


def _join_values(values: Iterable[str]) -> str:
    return "; ".join(one or NO_VALUE for one in values)


def _before(own: _ChangeRow) -> str:
    return _join_values(one.before for one in own.fields) if own.change.before else NO_VALUE


def _after(own: _ChangeRow) -> str:
    return _join_values(one.after for one in own.fields) if own.change.after else NO_VALUE


_COLUMNS = (
    Column("Row", lambda own: own.change.row, cell_tip=lambda own: own.change.row),
    Column("Now", lambda own: own.state.value, lambda own: _STATES[own.state][0],
           mark=lambda own: _STATES[own.state][1], cell_tip=lambda own: own.why, whole=True),
    Column("What", lambda own: own.names),
    Column("Before", _before, cell_tip=_before),
    Column("After", _after, cell_tip=_after),
)  # fmt: skip


class ExternalChangesDialog(TableDialog):
    """Lists the rows beside a map of where they were and are; Enter or a button turns a row."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        self._desk = desk
        about = WrappedLabel(_ABOUT)
        self.map = ImportPreviewMap(desk.session.saved_project, desk.icons.theme)
        super().__init__(
            desk, _TITLE, _COLUMNS, lambda row: row.number, (),
            about=about, empty=_EMPTY, size=_SIZE, beside=self.map, parent=parent,
        )  # fmt: skip
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.keep = push_button("&Keep", do=lambda: self._decide(keep=True))
        self.put_back = push_button("&Put back", do=lambda: self._decide(keep=False))
        role = self.buttons.ButtonRole.ActionRole
        for button in (self.keep, self.put_back):
            self.buttons.addButton(button, role)
        self.view.chosen.connect(lambda _: self._show_chosen())
        self.view.opened.connect(lambda _: self._turn())
        self.view.take_delete(self.put_back.click)
        self.map.picked.connect(self.view.select_key)
        desk.bridge.changed.connect(self.refresh)
        self.refresh()
        if self.table.rowCount():
            self.view.selectRow(0)
        self._show_chosen()

    def ask(self) -> None:
        """Show it beside the window, whose map stays at hand."""
        self.show()
        self.view.setFocus()

    def refresh(self, _event: object = None) -> None:
        """Read the rows and what became of each anew."""
        session = self._desk.session
        judged = list(session.external_rows.values())
        states = list_row_states(session.store, session.saved_project, judged)
        project = session.saved_project
        rows = [
            _ChangeRow(at, one, state, tuple(describe_fields(project, one.before, one.after)))
            for at, (one, state) in enumerate(zip(judged, states, strict=True), 1)
        ]
        self.table.show(rows)
        self.view.fit_columns()
        self.map.show_rows([place for row in rows if (place := _locate(project, row)) is not None])
        self._show_chosen()

    def _chosen(self) -> _ChangeRow | None:
        index = self.view.currentIndex()
        return self.sorted.row_of(index) if index.isValid() else None

    def _show_chosen(self) -> None:
        row, writes = self._chosen(), not self._desk.session.store.read_only
        held = row.state if row is not None else None
        keepable = row is not None and row.change.may_be_kept
        self.keep.setEnabled(writes and keepable and held is RowState.PUT_BACK)
        self.put_back.setEnabled(writes and held is RowState.KEPT)
        self.map.light(row.number if row is not None else None)
        self.below.setText(row.sentence if row is not None else "")
        site = _find_site(row.change) if row is not None else None
        if site in self._desk.session.project.sites:
            self._desk.bridge.select(site=site)

    def _turn(self) -> None:
        button = self.keep if self.keep.isEnabled() else self.put_back
        if button.isEnabled():
            button.click()

    def _decide(self, *, keep: bool) -> None:
        row = self._chosen()
        if row is not None and self._desk.may_edit():
            session = self._desk.session
            self._desk.attempt(lambda: session.decide_external([row.change], keep=keep))


def _find_site(one: JudgedChange) -> str | None:
    """Return the site that a row is about."""
    row = one.before or one.after or {}
    found = one.change.key[0] if one.change.table == "site" else row.get("site")
    return None if found is None else str(found)


def _locate(project: Project, row: _ChangeRow) -> RowPlace | None:
    """Return where a row is by now, and where it was; None for one that has no place."""
    shapes: list[BaseGeometry | None] = [
        (side or {}).get("geom") for side in (row.change.before, row.change.after)
    ]
    before, after = shapes
    shape = before if after is None else after
    if shape is None:
        site = project.sites.get(_find_site(row.change) or "")
        before = shape = site.point if site is not None else None
    elif shape.area and before is not None and after is not None and before.equals(after):
        return None  # of a whole county only the name was changed
    if shape is None or shape.is_empty:
        return None
    outcome = RowOutcome.CHANGED if row.state is RowState.KEPT else RowOutcome.REFUSED
    if row.change.before is None and row.state is RowState.KEPT:
        outcome = RowOutcome.NEW
    moved = before is not None and not before.equals(shape)
    return RowPlace(row.number, outcome, shape, before if moved else None)
