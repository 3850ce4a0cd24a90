"""The tables of a comparison: the sites that change their zone, and every measure."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QVBoxLayout, QWidget

from zoneplanner.app.compare import PlanPair
from zoneplanner.ui.kit.bridge import Selection
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.lively import LazyPanel
from zoneplanner.ui.kit.table_view import TableView
from zoneplanner.ui.models.compare import (
    MEASURE_COLUMNS,
    MOVED_COLUMNS,
    build_measure_rows,
    build_moved_rows,
)
from zoneplanner.ui.models.table import SortFilterModel, TableModel

_STUDENTS = 3
_NONE_MOVED = "No site changes its zone. Edit plan B or choose another plan to compare."


class MovedSitesTable(QWidget):
    """A row a site; ``chosen`` carries the one that a person picked."""

    chosen = Signal(object)

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self.table = TableModel(MOVED_COLUMNS, lambda row: row.move.site, self)
        self.view = TableView("Moved sites", desk.icons, empty=_NONE_MOVED)
        self.sorted = SortFilterModel(self.table, self)
        self.view.setModel(self.sorted)
        self.view.sortByColumn(_STUDENTS, Qt.SortOrder.DescendingOrder)
        self.view.chosen.connect(self.chosen)
        self.view.clicked.connect(self._choose_again)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.view)

    def show_comparison(self, found: PlanPair | None) -> None:
        """Show the sites that move, None none."""
        empty = not self.table.rowCount()
        self.table.show(build_moved_rows(found) if found is not None else [])
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


class ScoreCardTable(LazyPanel):
    """A row a measure: before, after, difference, and whether that is better or worse."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._found: PlanPair | None = None
        self.table = TableModel(MEASURE_COLUMNS, lambda row: row.key, self)
        self.view = TableView("Score card", desk.icons, empty="Choose two plans to compare.")
        self.view.setModel(self.table)
        self.view.setSortingEnabled(False)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.view)

    def show_comparison(self, found: PlanPair | None) -> None:
        """Show the measures of both plans, None none."""
        self._found = found
        self.renew()

    def refresh(self) -> None:
        """Write the measures."""
        found = self._found
        self.table.show(build_measure_rows(found.comparison) if found is not None else [])
        self.view.fit_columns()
