"""The table of steps; any of them can be looked at, and gone back to after a question."""

from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.lively import LazyPanel
from zoneplanner.ui.kit.table_view import TableView
from zoneplanner.ui.kit.theme import GRID_PX, SPACING_PX
from zoneplanner.ui.kit.widgets import make_muted_label
from zoneplanner.ui.kit.words import format_count
from zoneplanner.ui.models.history import (
    HistoryPosition,
    build_history_columns,
    build_step_rows,
    filter_steps,
)
from zoneplanner.ui.models.table import TableModel

_FILTER_PX = 260


class HistoryPanel(LazyPanel):
    """A row a step, the latest first; a click or an arrow key looks at it and changes nothing."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        session = desk.session
        self.standing = HistoryPosition()
        columns = build_history_columns(session, self.standing)
        self.table = TableModel(columns, lambda row: row.number, self)
        self.view = TableView("History", desk.icons, empty="No step has these words.")
        self.view.setSortingEnabled(False)
        self.view.setModel(self.table)
        self.view.chosen.connect(self._look)
        self.view.opened.connect(self._look)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter steps")
        self.filter.setAccessibleName("Filter steps")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMaximumWidth(_FILTER_PX)
        self.filter.textChanged.connect(self.refresh)
        self.shown = make_muted_label()
        self.shown.setWordWrap(False)
        line = QHBoxLayout()
        line.setContentsMargins(SPACING_PX, GRID_PX, SPACING_PX, GRID_PX)
        line.setSpacing(SPACING_PX)
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
        steps = build_step_rows(session)
        self.standing.present = len(steps) - 1
        self.standing.looked_at = session.looking_at
        self.table.show(filter_steps(steps, self.filter.text()))
        self.view.fit_columns(only_wider=True)
        at = session.looking_at
        self.view.follow(self.standing.present if at is None else at)
        self.view.viewport().update()
        of, shown = len(steps), self.table.rowCount()
        self.shown.setText(
            format_count(of, "step") if shown == of else f"{shown:,} of {of:,} steps"
        )

    def _look(self, number: int) -> None:
        session = self._desk.session
        if number != session.looking_at:
            self._desk.attempt(lambda: session.look_back(number))
