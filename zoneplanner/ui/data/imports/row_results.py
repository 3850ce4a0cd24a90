"""What becomes of each row: counts to filter by, and the table."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QToolButton, QWidget

from zoneplanner.exchange.row_results import RowOutcome, RowResult
from zoneplanner.exchange.vector.layers import ForeignRows
from zoneplanner.ui.data.imports.preview_map import RESULT_COLORS
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_column_layout,
    make_muted_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.style.theme import SPACING_PX, Icons
from zoneplanner.ui.widgets.tables.table_model import Column, SortFilterModel, TableModel
from zoneplanner.ui.widgets.tables.table_view import TableView

MAX_LISTED_ROWS = 2_000
_ALL, _REPAIRED = "all", "repaired"
_RESULT_TEXTS = {
    RowOutcome.REFUSED: ("Rejected", "error"),
    RowOutcome.ASKED: ("Asked above", "filter"),
    RowOutcome.NEW: ("Added", "add"),
    RowOutcome.CHANGED: ("Changed", "edit"),
    RowOutcome.KNOWN: ("Already known", "check"),
    RowOutcome.JOINED: ("Added to its call", "check"),
    RowOutcome.ELSEWHERE: ("Belongs elsewhere", "filter"),
    RowOutcome.LEFT_OUT: ("Left out", "filter"),
}
"""What happens to a row and its icon, first what a person wants to see first."""
_ORDER = tuple(_RESULT_TEXTS)
_CHIP_WORDS = {RowOutcome.KNOWN.value: "already known", RowOutcome.REFUSED.value: "rejected"}
"""How a count is called where that is not its key."""
_EMPTY = "Choose a file. Each of its rows is listed here before anything is imported."


class RowResultsTable(QWidget):
    """Rows with their results, of very many the first. ``picked`` carries the row gone to."""

    picked = Signal(int)

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self.when_empty = _EMPTY
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self.chips: dict[str, QToolButton] = {}
        for key in (_ALL, *(outcome.value for outcome in RowOutcome), _REPAIRED):
            chip = self.chips[key] = QToolButton()
            chip.setCheckable(True)
            chip.setObjectName("chip")
            chip.clicked.connect(lambda _=False, own=key: self._filter(own))
            self._group.addButton(chip)
        for outcome, (_, icon) in _RESULT_TEXTS.items():  # in the color that it has on the map
            chip = self.chips[outcome.value]
            chip.setIcon(icons(icon, RESULT_COLORS[outcome]))
            chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.table = TableModel(
            (
                Column(
                    "Row",
                    lambda own: own.row,
                    lambda own: own.place,
                    figure=True,
                    tip="The row’s number in the file, counted from 1.",
                ),
                Column(
                    "What happens",
                    lambda own: _ORDER.index(own.outcome),
                    lambda own: _RESULT_TEXTS[own.outcome][0],
                    mark=lambda own: _RESULT_TEXTS[own.outcome][1],
                ),
                Column("Name", lambda own: own.name),
                Column("Why or how", _explain, cell_tip=_explain),
            ),
            key=lambda own: (own.sheet, own.row),
            parent=self,
        )
        self.sorted = SortFilterModel(self.table, self)
        about = "Every row of the file and what happens to it."
        self.view = TableView("Rows in the file", icons, empty=_EMPTY, about=about)
        self.view.setModel(self.sorted)
        self.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
        self.view.chosen.connect(lambda key: self.picked.emit(key[1]))
        self.cut = make_muted_label()
        chips = make_row_layout(*self.chips.values(), None, spacing_px=SPACING_PX // 2)
        make_column_layout(self, chips, (self.view, 1), self.cut, margin_px=0, spacing_px=4)
        self.show_rows((), {})

    def show_rows(self, results: Sequence[RowResult], counts: Mapping[str, int]) -> None:
        """Show rows and the counts of all; ``counts`` is by outcome and may exceed the rows."""
        self._results = sorted(results, key=lambda own: _ORDER.index(own.outcome))
        repaired = sum(bool(own.repaired) for own in results)
        self._counts = {_ALL: sum(counts.values()), **counts, _REPAIRED: repaired}
        for key, chip in self.chips.items():
            count = self._counts.get(key, 0)
            chip.setText(f"{count:,} {_CHIP_WORDS.get(key, key)}")
            chip.setVisible(count > 0)
        self.chips[_ALL].setVisible(bool(results))
        self.chips[_ALL].setChecked(True)
        self._filter(_ALL)
        self.view.fit_columns()

    def go_to(self, row: int) -> None:
        """Select a row of the file."""
        self.view.select_key(("", row))

    def say_when_empty(self, text: str) -> None:
        """Say why there are no rows."""
        self.when_empty = text
        self.view.set_empty_text(text)

    def _filter(self, key: str) -> None:
        if key == _REPAIRED:
            results = [own for own in self._results if own.repaired]
        else:
            results = [own for own in self._results if key in (_ALL, own.outcome.value)]
        count = self._counts.get(key, 0)
        self.table.show(results[:MAX_LISTED_ROWS])
        self.cut.setText(_cut_words(results, count))
        listed = min(len(results), MAX_LISTED_ROWS)
        self.cut.setVisible(listed < count and bool(self._results))


def _cut_words(results: Sequence[RowResult], count: int) -> str:
    """Say how many of the rows that there are can be listed."""
    if more := count - len(results):
        return f"{more:,} rows that are imported unchanged are not listed."
    return (
        f"The first {MAX_LISTED_ROWS:,} of {count:,} rows are listed; the report has all of them."
    )


def _explain(own: RowResult) -> str:
    return own.explanation


def list_layer_row_results(found: ForeignRows) -> list[RowResult]:
    """Return the result of the rows of a layer that is only looked at."""
    return [
        RowResult(
            row.row,
            RowOutcome.REFUSED if row.shape is None else RowOutcome.NEW,
            next(iter(row.fields.values()), ""),
            row.fault,
            (row.repaired,) if row.repaired else (),
        )
        for row in found.rows
    ]
