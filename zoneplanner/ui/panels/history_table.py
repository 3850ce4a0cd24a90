"""The table of steps since the project was opened; any of them can be gone back to."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.lively import LivelyPanel
from zoneplanner.ui.kit.table_view import TableView
from zoneplanner.ui.models.history import HISTORY_COLUMNS, step_rows
from zoneplanner.ui.models.table import Table


class HistoryPanel(LivelyPanel):
    """A row a step, the latest first."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.table = Table(HISTORY_COLUMNS, lambda row: row.number, self)
        self.view = TableView("History", desk.icons)
        self.view.setSortingEnabled(False)
        self.view.setModel(self.table)
        self.view.opened.connect(lambda number: desk.attempt(lambda: desk.session.jump(number)))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.view)
        desk.bridge.changed.connect(self.renew)

    def refresh(self) -> None:
        """Read the steps anew."""
        self.table.show(step_rows(self._desk.session))
        self.view.fit_columns()
        self.view.follow(self._desk.session.position)
