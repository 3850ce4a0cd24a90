"""The tables of a comparison: the sites that change their zone, and every measure."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QVBoxLayout, QWidget

from zoneplanner.app.compare import Compared
from zoneplanner.ui.kit.bridge import Selection
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.lively import LivelyPanel
from zoneplanner.ui.kit.table_view import TableView
from zoneplanner.ui.models.compare import MOVED_COLUMNS, SCORE_COLUMNS, moved_rows, score_rows
from zoneplanner.ui.models.table import Sorted, Table

_STUDENTS = 3
_NONE_MOVED = "No site changes its zone. Edit plan B or choose another plan to compare."


class MovedSites(QWidget):
    """A row a site; ``chosen`` carries the one that a person picked."""

    chosen = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.table = Table(MOVED_COLUMNS, lambda row: row.move.site, self)
        self.view = TableView("Moved sites", desk.icons, empty=_NONE_MOVED)
        self.sorted = Sorted(self.table, self)
        self.view.setModel(self.sorted)
        self.view.sortByColumn(_STUDENTS, Qt.SortOrder.DescendingOrder)
        self.view.chosen.connect(self.chosen)
        self.view.clicked.connect(self._choose_again)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.view)

    def show_comparison(self, found: Compared | None) -> None:
        """Show the sites that move, None none."""
        empty = not self.table.rowCount()
        self.table.show(moved_rows(found) if found is not None else [])
        self.view.fit_columns(only_wider=not empty)
        self.view.setVisible(found is not None)

    def follow(self, selection: Selection) -> None:
        """Mark the site that is selected."""
        self.view.follow(selection.site)

    def _choose_again(self) -> None:
        """Go to the site again where its row, which is the present one, is clicked."""
        row = self.view.currentIndex()
        if row.isValid():
            self.chosen.emit(self.sorted.row_of(row).move.site)


class ScoreCard(LivelyPanel):
    """A row a measure: before, after, difference, and whether that is better or worse."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._found: Compared | None = None
        self.table = Table(SCORE_COLUMNS, lambda row: row.key, self)
        self.view = TableView("Score card", desk.icons, empty="Choose two plans to compare.")
        self.view.setModel(self.table)
        self.view.setSortingEnabled(False)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.view)

    def show_comparison(self, found: Compared | None) -> None:
        """Show the measures of both plans, None none."""
        self._found = found
        self.renew()

    def refresh(self) -> None:
        """Write the measures."""
        found = self._found
        self.table.show(score_rows(found.comparison) if found is not None else [])
        self.view.fit_columns()
