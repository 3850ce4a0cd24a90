"""The dialog of rows that other programs changed, each of which can be kept or put back."""

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
from zoneplanner.ui.widgets.layout.basic_widgets import WrappedLabel
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.value_text import NO_VALUE
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TableDialog

_ABOUT = (
    "Rows that another program changed in this project since it was opened here. Valid changes "
    "are kept; the rest are put back. Press Enter to put back the selected row, or to keep its "
    "change after all."
)
_STATES = {
    RowState.KEPT: ("Kept", "check"),
    RowState.PUT_BACK: ("Put back", "undo"),
    RowState.CHANGED_SINCE: ("Changed since", "edit"),
}


@dataclass(frozen=True, slots=True)
class _ChangeRow:
    """A row that another program changed, with its present state."""

    number: int
    change: JudgedChange
    state: RowState
    fields: tuple[FieldChange, ...]

    @property
    def names(self) -> str:
        """The names of the changed fields."""
        if self.change.before is None or self.change.after is None:
            return "added" if self.change.before is None else "removed"
        return ", ".join(field.name for field in self.fields)

    @property
    def sentence(self) -> str:
        """The whole change in a line, because columns cut long values."""
        changes = (f"{f.name}: {f.before or NO_VALUE} → {f.after or NO_VALUE}" for f in self.fields)
        return f"{self.change.row}. {'; '.join(changes)}. {self.why}".strip()

    @property
    def why(self) -> str:
        """Why the row was put back, if it was."""
        return self.change.fault.text if self.change.fault is not None else ""


def _write_before(row: _ChangeRow) -> str:
    values = "; ".join(field.before or NO_VALUE for field in row.fields)
    return values if row.change.before else NO_VALUE


def _write_after(row: _ChangeRow) -> str:
    values = "; ".join(field.after or NO_VALUE for field in row.fields)
    return values if row.change.after else NO_VALUE


_COLUMNS = (
    Column("Row", lambda row: row.change.row, cell_tip=lambda row: row.change.row),
    Column("Now", lambda row: row.state.value, lambda row: _STATES[row.state][0],
           mark=lambda row: _STATES[row.state][1], cell_tip=lambda row: row.why, whole=True),
    Column("What", lambda row: row.names),
    Column("Before", _write_before, cell_tip=_write_before),
    Column("After", _write_after, cell_tip=_write_after),
)  # fmt: skip


class ExternalChangesDialog(TableDialog):
    """Lists the rows next to a map; Enter or a button keeps or puts back the selected row."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        self._desk = desk
        self.map = ImportPreviewMap(desk.session.saved_project, desk.icons.theme)
        super().__init__(
            desk,
            "Changes by Other Programs",
            _COLUMNS,
            lambda row: row.number,
            (),
            about=WrappedLabel(_ABOUT),
            empty="No other program has changed this project since it was opened here.",
            size=(TABLE_PX, 620),
            beside=self.map,
            parent=parent,
        )
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        may_write = not desk.session.store.read_only
        self.keep = self.add_button(
            "&Keep",
            lambda: self._decide(keep=True),
            lambda row: may_write and row.change.may_be_kept and row.state is RowState.PUT_BACK,
        )
        self.put_back = self.add_button(
            "&Put back",
            lambda: self._decide(keep=False),
            lambda row: may_write and row.state is RowState.KEPT,
        )
        self.view.chosen.connect(lambda _: self._show_selected())
        self.view.opened.connect(lambda _: self._toggle())
        self.view.take_delete(self.put_back.click)
        self.map.picked.connect(self.view.select_key)
        desk.bridge.changed.connect(self.refresh)
        self.refresh()
        if self.table.rowCount():
            self.view.selectRow(0)
        self._show_selected()

    def ask(self) -> None:
        """Open the dialog without blocking the window, so that its map can be used."""
        self.show()
        self.view.setFocus()

    def refresh(self, _event: object = None) -> None:
        """Show the rows with their present states."""
        session = self._desk.session
        judged = list(session.external_rows.values())
        states = list_row_states(session.store, session.saved_project, judged)
        project = session.saved_project
        rows = [
            _ChangeRow(
                n, change, state, tuple(describe_fields(project, change.before, change.after))
            )
            for n, (change, state) in enumerate(zip(judged, states, strict=True), 1)
        ]
        self.view.show_rows(rows)
        self.map.show_rows([place for row in rows if (place := _locate(project, row)) is not None])
        self._show_selected()

    def _show_selected(self) -> None:
        row: _ChangeRow | None = self.view.current_row()
        self.map.highlight(row.number if row is not None else None)
        self.below.setText(row.sentence if row is not None else "")
        site = _find_site(row.change) if row is not None else None
        if site in self._desk.session.project.sites:
            self._desk.bridge.select(site=site)

    def _toggle(self) -> None:
        button = self.keep if self.keep.isEnabled() else self.put_back
        if button.isEnabled():
            button.click()

    def _decide(self, *, keep: bool) -> None:
        row = self.view.current_row()
        if row is not None and self._desk.may_edit():
            session = self._desk.session
            self._desk.attempt(lambda: session.decide_external([row.change], keep=keep))


def _find_site(change: JudgedChange) -> str | None:
    """Return the id of the site that a row is about."""
    row = change.before or change.after or {}
    site = change.change.key[0] if change.change.table == "site" else row.get("site")
    return None if site is None else str(site)


def _locate(project: Project, row: _ChangeRow) -> RowPlace | None:
    """Return where a row is and was, or None if it has no position, or if only its name changed."""
    shapes: list[BaseGeometry | None] = [
        (side or {}).get("geom") for side in (row.change.before, row.change.after)
    ]
    before, after = shapes
    shape = before if after is None else after
    if shape is None:
        site = project.sites.get(_find_site(row.change) or "")
        before = shape = site.point if site is not None else None
    elif shape.area and before is not None and after is not None and before.equals(after):
        return None  # only the name of a whole county was changed
    if shape is None or shape.is_empty:
        return None
    outcome = RowOutcome.CHANGED if row.state is RowState.KEPT else RowOutcome.REFUSED
    if row.change.before is None and row.state is RowState.KEPT:
        outcome = RowOutcome.NEW
    has_moved = before is not None and not before.equals(shape)
    return RowPlace(row.number, outcome, shape, before if has_moved else None)
