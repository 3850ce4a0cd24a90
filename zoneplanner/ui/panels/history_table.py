"""The table of steps; any of them can be gone back to, and forward again."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.lively import LivelyPanel
from zoneplanner.ui.kit.table_view import CellDelegate, TableView
from zoneplanner.ui.kit.theme import GAP, GRID
from zoneplanner.ui.kit.widgets import muted
from zoneplanner.ui.kit.words import count
from zoneplanner.ui.models.history import Standing, StepRow, found, history_columns, step_rows
from zoneplanner.ui.models.table import Table

UNDONE_OPACITY = 0.5
FILTER_PX = 260
Index = QModelIndex | QPersistentModelIndex


class StepDelegate(CellDelegate):
    """Draws the steps that were undone in pale letters."""

    def __init__(self, desk: Desk, standing: Standing, parent: QWidget) -> None:
        super().__init__(desk.icons, parent)
        self._standing = standing

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the cell."""
        row: StepRow = index.model().row(index.row())  # type: ignore[attr-defined]
        painter.save()
        try:
            if self._standing.undone(row):
                painter.setOpacity(UNDONE_OPACITY)
            super().paint(painter, option, index)
        finally:
            painter.restore()


class HistoryPanel(LivelyPanel):
    """A row a step, the latest first; a click or Enter goes there."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        session = desk.session
        self.standing = Standing(session.position)
        columns = history_columns(session, self.standing)
        self.table = Table(columns, lambda row: row.number, self)
        self.view = TableView("History", desk.icons, empty="No step has these words.")
        self.view.setSortingEnabled(False)
        self.view.setModel(self.table)
        self.view.setItemDelegate(StepDelegate(desk, self.standing, self.view))
        self.view.clicked.connect(self._click)
        self.view.opened.connect(self._jump)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter steps")
        self.filter.setAccessibleName("Filter steps")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMaximumWidth(FILTER_PX)
        self.filter.textChanged.connect(self.refresh)
        self.shown = muted()
        self.shown.setWordWrap(False)
        line = QHBoxLayout()
        line.setContentsMargins(GAP, GRID, GAP, GRID)
        line.setSpacing(GAP)
        line.addWidget(self.filter, 1)
        line.addWidget(self.shown)
        line.addStretch(1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(line)
        rows.addWidget(self.view, 1)
        desk.bridge.changed.connect(self.renew)

    def refresh(self) -> None:
        """Read the steps anew."""
        session = self._desk.session
        steps = step_rows(session)
        self.standing.position = session.position
        self.table.show(found(steps, self.filter.text()))
        self.view.fit_columns(only_wider=True)
        self.view.follow(session.position)
        self.view.viewport().update()
        of, shown = len(steps), self.table.rowCount()
        self.shown.setText(count(of, "step") if shown == of else f"{shown:,} of {of:,} steps")

    def _click(self, index: QModelIndex) -> None:
        self._jump(self.table.row(index.row()).number)

    def _jump(self, number: int) -> None:
        self._desk.attempt(lambda: self._desk.session.jump(number))
