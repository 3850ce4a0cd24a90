"""The table of each row's result in an import, with counts that filter it."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QToolButton, QWidget

from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.exchange.row_results import RowOutcome, RowResult
from zoneplanner.exchange.vector.layers import ForeignRows
from zoneplanner.messages import Message
from zoneplanner.ui.data.imports.preview_map import RESULT_COLORS
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_column_layout,
    make_muted_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.style.theme import SPACING_PX, Icons
from zoneplanner.ui.widgets.tables.table_model import Column
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
"""The text and icon of each outcome, the most important first."""
_ORDER = tuple(_RESULT_TEXTS)
_CHIP_NAMES = {RowOutcome.KNOWN.value: "already known", RowOutcome.REFUSED.value: "rejected"}
"""The names of counts that differ from their keys."""
_EMPTY = "Choose a file. Each of its rows is listed here before anything is imported."


class RowResultsTable(QWidget):
    """One row per row of the file, up to a limit; ``picked`` carries the selected row's number."""

    picked = Signal(int)

    def __init__(self, icons: Icons, formats: LocaleFormats) -> None:
        super().__init__()

        def explain(result: RowResult) -> str:
            return formats.localize_sentence(result.explain(formats))

        self.chips: dict[str, QToolButton] = {}
        for key in (_ALL, *(outcome.value for outcome in RowOutcome), _REPAIRED):
            chip = self.chips[key] = QToolButton()
            chip.setCheckable(True)
            chip.setAutoExclusive(True)
            chip.setObjectName("chip")
            chip.clicked.connect(lambda _=False, key=key: self._filter(key))
        for outcome, (_, icon) in _RESULT_TEXTS.items():  # in the outcome's color on the map
            chip = self.chips[outcome.value]
            chip.setIcon(icons(icon, RESULT_COLORS[outcome]))
            chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        about = "Every row of the file and what happens to it."
        self.view = TableView("Rows in the file", icons, empty=_EMPTY, about=about)
        self.view.show_columns(
            (
                Column(
                    "Row",
                    lambda result: result.row,
                    lambda result: result.place,
                    figure=True,
                    tip="The row’s number in a spreadsheet, or the feature’s in a map file.",
                ),
                Column(
                    "What happens",
                    lambda result: _ORDER.index(result.outcome),
                    lambda result: _RESULT_TEXTS[result.outcome][0],
                    mark=lambda result: _RESULT_TEXTS[result.outcome][1],
                ),
                Column("Name", lambda result: result.name),
                Column("Explanation", explain, cell_tip=explain),
            ),
            lambda result: (result.sheet, result.row),
        )
        self.table = self.view.table
        self.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
        self.view.chosen.connect(lambda key: self.picked.emit(key[1]))
        self.cut = make_muted_label()
        chips = make_row_layout(*self.chips.values(), None, spacing_px=SPACING_PX // 2)
        make_column_layout(self, chips, (self.view, 1), self.cut, margin_px=0, spacing_px=4)
        self.show_rows((), {})

    def show_rows(self, results: Sequence[RowResult], counts: Mapping[RowOutcome, int]) -> None:
        """Show rows, and the counts by outcome, which may include rows that are not given."""
        self._results = sorted(results, key=lambda result: _ORDER.index(result.outcome))
        repaired = sum(bool(result.repaired) for result in results)
        self._counts: Mapping[str, int] = {
            _ALL: sum(counts.values()),
            **{outcome.value: count for outcome, count in counts.items()},
            _REPAIRED: repaired,
        }
        for key, chip in self.chips.items():
            count = self._counts.get(key, 0)
            chip.setText(f"{count:,} {_CHIP_NAMES.get(key, key)}")
            chip.setVisible(count > 0)
        self.chips[_ALL].setVisible(bool(results))
        self.chips[_ALL].setChecked(True)
        self._filter(_ALL)
        self.view.fit_columns()

    def go_to(self, row: int) -> None:
        """Select a row of the file."""
        self.view.select_key(("", row))

    def _filter(self, key: str) -> None:
        if key == _REPAIRED:
            results = [result for result in self._results if result.repaired]
        else:
            results = [result for result in self._results if key in (_ALL, result.outcome.value)]
        count = self._counts.get(key, 0)
        self.table.show(results[:MAX_LISTED_ROWS])
        self.cut.setText(str(_describe_cut(len(results), count)))
        listed = min(len(results), MAX_LISTED_ROWS)
        self.cut.setVisible(listed < count and bool(self._results))


def _describe_cut(listable: int, count: int) -> Message:
    """Describe which of all rows are not listed."""
    if unchanged := count - listable:
        return Message("rows_not_listed.unchanged", n=unchanged)
    return Message("rows_not_listed", listed=MAX_LISTED_ROWS, n=count)


def list_layer_row_results(layer: ForeignRows) -> list[RowResult]:
    """Return the results of the rows of a layer that is only shown on the map."""
    return [
        RowResult(
            row.row,
            RowOutcome.REFUSED if row.shape is None else RowOutcome.NEW,
            next(iter(row.fields.values()), ""),
            row.fault or "",
            (row.repaired,) if row.repaired else (),
        )
        for row in layer.rows
    ]
