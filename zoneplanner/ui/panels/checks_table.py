"""The table of checks: what is wrong and what should be known, each leading to its place."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.lively import LivelyPanel
from zoneplanner.ui.kit.table_view import TableView
from zoneplanner.ui.models.checks import CHECK_COLUMNS, check_rows
from zoneplanner.ui.models.table import Sorted, Table


class ChecksPanel(LivelyPanel):
    """A row a finding; choosing one selects its site or zone. ``counted`` carries the problems."""

    counted = Signal(int)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.table = Table(CHECK_COLUMNS, lambda row: row.number, self)
        self.view = TableView("Checks", desk.icons, empty="Every rule is kept.")
        self.view.setModel(Sorted(self.table, self))
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.chosen.connect(self._go)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.view)
        for signal in (desk.bridge.changed, desk.bridge.previewed):
            signal.connect(self.renew)
            signal.connect(self._count)

    @property
    def problems(self) -> int:
        """How many rules are broken."""
        return len(self._desk.session.reading.problems)

    def refresh(self) -> None:
        """Read the findings anew."""
        self.table.show(check_rows(self._desk.session.reading))
        self.view.fit_columns()

    def _count(self) -> None:
        self.counted.emit(self.problems)

    def _go(self, number: int) -> None:
        row = self.table.row(number)
        if row.site or row.zone:
            self._desk.bridge.select(site=row.site, zone=row.zone)
