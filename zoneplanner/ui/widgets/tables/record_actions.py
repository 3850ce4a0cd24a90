"""What can be done with a record of the log, wherever it is listed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX
from zoneplanner.ui.widgets.tables.table_view import TableView


@dataclass(frozen=True, eq=False, slots=True)
class RecordActions:
    """Opens the form that corrects a record, by kind and uid; asks why it is voided; shows it.

    ``note`` opens the form of an incident where its note is written.
    ``end`` asks who gave the all-clear of a response action, over the window that is given;
    ``bring_back`` logs what was voided as it stood.
    """

    correct: Callable[[str, str], object]
    note: Callable[[str], object]
    void: Callable[[str], object]
    history: Callable[[str], object]
    end: Callable[[str, QWidget | None], object]
    bring_back: Callable[[str], object]


_CORRECT, _VOID, _BRING_BACK, _HISTORY = "Correct…", "Void…", "Bring Back", "History…"
_NONE_CHOSEN = "Select the entry in the table first."


class _RecordRow(Protocol):
    """A row of a table that stands for a record."""

    @property
    def uid(self) -> str:
        """Return the uid of the record."""

    @property
    def record(self) -> str:
        """Return its kind in the journal."""


class RecordButtons(QWidget):
    """Acts on the row that is chosen; Enter corrects it, Delete asks why it is voided."""

    def __init__(
        self,
        desk: UiContext,
        view: TableView,
        row_of: Callable[[QModelIndex], _RecordRow],
        records: RecordActions,
    ) -> None:
        super().__init__()
        self._desk, self._view, self._row_of, self._records = desk, view, row_of, records
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SPACING_PX)
        self.correct = QPushButton(_CORRECT)
        self.correct.setToolTip("Open its form; your changes are saved as a new entry (Enter)")
        self.correct.clicked.connect(lambda: self._do(self._correct))
        self.void = QPushButton(_VOID)
        self.void.setToolTip(
            "Remove it from every figure, with a reason; the entry is kept (Delete)"
        )
        self.void.clicked.connect(lambda: self._do(lambda row: records.void(row.uid)))
        self.history = QPushButton(_HISTORY)
        self.history.setToolTip("Every entry of the record, and what each changed")
        self.history.clicked.connect(lambda: self._do(lambda row: records.history(row.uid)))
        self.bring_back = QPushButton(_BRING_BACK)
        self.bring_back.setToolTip("Log it again as it was before it was voided (Enter)")
        self.bring_back.clicked.connect(lambda: self._do(lambda row: records.bring_back(row.uid)))
        for button in (self.correct, self.void, self.bring_back, self.history):
            line.addWidget(button)
        self.turn_to(voided=False)
        view.opened.connect(lambda _: (self.bring_back if self._voided else self.correct).click())
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(self._menu)
        view.take_delete(self.void.click)

    def turn_to(self, *, voided: bool) -> None:
        """Offer what can be done with records that stand, or with voided ones."""
        self._voided = voided
        for button in (self.correct, self.void):
            button.setHidden(voided)
            button.setDisabled(voided)  # also for Delete
        self.bring_back.setVisible(voided)

    def row(self) -> _RecordRow | None:
        """Return the row that is chosen."""
        index = self._view.currentIndex()
        return self._row_of(index) if index.isValid() else None

    def _do(self, act: Callable[[_RecordRow], object]) -> None:
        row = self.row()
        if row is None:
            self._desk.notices.show_notice(_NONE_CHOSEN)
        else:
            act(row)

    def _correct(self, row: _RecordRow) -> None:
        self._records.correct(row.record, row.uid)

    def _menu(self, at: QPoint) -> None:
        if self.row() is None:
            return
        menu = QMenu(self)
        for text, button in (
            (_CORRECT, self.correct),
            (_VOID, self.void),
            (_BRING_BACK, self.bring_back),
            (_HISTORY, self.history),
        ):
            if not button.isHidden():
                menu.addAction(text, button.click)
        menu.popup(self._view.viewport().mapToGlobal(at))
