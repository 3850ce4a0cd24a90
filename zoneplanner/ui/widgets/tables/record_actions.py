"""Actions on a log record, wherever it is listed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from zoneplanner.ui.widgets.layout.basic_widgets import make_row_layout, push_button
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.tables.table_view import TableView


@dataclass(frozen=True, eq=False, slots=True)
class RecordActions:
    """What to call for an action on a record, by its uid.

    ``correct`` opens the form of a record, by kind and uid. ``note`` opens an incident's form in
    its note. ``void`` asks for a reason. ``end`` asks, over a given window, who gave the all-clear
    of a response action. ``bring_back`` logs a voided record again.
    """

    correct: Callable[[str, str], object]
    note: Callable[[str], object]
    void: Callable[[str], object]
    history: Callable[[str], object]
    end: Callable[[str, QWidget | None], object]
    bring_back: Callable[[str], object]


class _RecordRow(Protocol):
    """A row of a table that represents a record."""

    @property
    def uid(self) -> str:
        """Return the uid of the record."""

    @property
    def record(self) -> str:
        """Return its kind in the journal."""


class RecordButtons(QWidget):
    """Buttons for the selected row; Enter corrects its record, and Delete voids it."""

    def __init__(self, desk: UiContext, view: TableView, records: RecordActions) -> None:
        super().__init__()
        self._desk, self._view = desk, view
        self.correct = self._make_button(
            "Correct…",
            "Open its form; your changes are saved as a new entry (Enter)",
            lambda row: records.correct(row.record, row.uid),
        )
        self.void = self._make_button(
            "Void…",
            "Remove it from every figure, with a reason; the entry is kept (Delete)",
            lambda row: records.void(row.uid),
        )
        self.bring_back = self._make_button(
            "Bring Back",
            "Log it again as it was before it was voided (Enter)",
            lambda row: records.bring_back(row.uid),
        )
        self.history = self._make_button(
            "History…",
            "Every entry of the record, and what each changed",
            lambda row: records.history(row.uid),
        )
        self._buttons = (self.correct, self.void, self.bring_back, self.history)
        make_row_layout(*self._buttons, parent=self)
        self.turn_to(voided=False)
        view.opened.connect(lambda _: (self.bring_back if self._voided else self.correct).click())
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(self._show_menu)
        view.take_delete(self.void.click)

    def _make_button(self, text: str, tip: str, act: Callable[[_RecordRow], object]) -> QPushButton:
        def act_on_row() -> None:
            row = self._view.current_row()
            if row is None:
                self._desk.notices.show_notice("Select the entry in the table first.")
            else:
                act(row)

        return push_button(text, tip, act_on_row)

    def turn_to(self, *, voided: bool) -> None:
        """Show the buttons for voided records, or for others."""
        self._voided = voided
        for button in (self.correct, self.void):
            button.setHidden(voided)
            button.setDisabled(voided)  # also for Delete
        self.bring_back.setVisible(voided)

    def _show_menu(self, position: QPoint) -> None:
        if self._view.current_row() is None:
            return
        menu = QMenu(self)
        for button in self._buttons:
            if not button.isHidden():
                menu.addAction(button.text(), button.click)
        menu.popup(self._view.viewport().mapToGlobal(position))
