"""What becomes of each row: counts to filter by, and the table."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from zoneplanner.app.imports.log_entries import MAX_LISTED_ROWS
from zoneplanner.app.imports.row_results import RowOutcome, RowResult
from zoneplanner.exchange.vector.layers import ForeignRows
from zoneplanner.ui.data.imports.preview_map import RESULT_COLORS
from zoneplanner.ui.widgets.layout.basic_widgets import make_muted_label
from zoneplanner.ui.widgets.style.icons import Icons
from zoneplanner.ui.widgets.style.theme import SPACING_PX
from zoneplanner.ui.widgets.tables.table_model import Column, SortFilterModel, TableModel
from zoneplanner.ui.widgets.tables.table_view import TableView

_REPAIRED = "mended"
_WORDS = {
    RowOutcome.NEW: "new",
    RowOutcome.CHANGED: "changed",
    RowOutcome.KNOWN: "known already",
    RowOutcome.LEFT_OUT: "left out",
    RowOutcome.REFUSED: "refused",
}
_RESULT_TEXTS = {
    RowOutcome.NEW: "Is added",
    RowOutcome.CHANGED: "Is changed",
    RowOutcome.KNOWN: "Known already",
    RowOutcome.LEFT_OUT: "Left out",
    RowOutcome.REFUSED: "Refused",
}
_ORDER = (
    RowOutcome.REFUSED,
    RowOutcome.NEW,
    RowOutcome.CHANGED,
    RowOutcome.KNOWN,
    RowOutcome.LEFT_OUT,
)
"""What a person wants to see first."""
_MARKS = {
    RowOutcome.NEW: "add",
    RowOutcome.CHANGED: "edit",
    RowOutcome.KNOWN: "check",
    RowOutcome.LEFT_OUT: "filter",
    RowOutcome.REFUSED: "error",
}
_MARKS_OF_CHIPS = {fate.value: (mark, RESULT_COLORS[fate]) for fate, mark in _MARKS.items()}
"""The mark of each fate in the color that it has on the map."""
_EMPTY = "Choose a file: each of its rows is listed here before anything is taken."


class RowResultsTable(QWidget):
    """Rows with their fate, of very many the first. ``picked`` carries the row gone to."""

    picked = Signal(int)

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        self._line = QHBoxLayout()
        self._line.setSpacing(SPACING_PX // 2)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self.chips: dict[str, QToolButton] = {}
        for key in ("all", *(fate.value for fate in RowOutcome), _REPAIRED):
            chip = QToolButton()
            chip.setCheckable(True)
            chip.setObjectName("chip")
            if key in _MARKS_OF_CHIPS:
                chip.setIcon(icons(*_MARKS_OF_CHIPS[key]))
                chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            chip.clicked.connect(lambda _=False, own=key: self._filter(own))
            self._group.addButton(chip)
            self._line.addWidget(chip)
            self.chips[key] = chip
        self._line.addStretch(1)
        rows.addLayout(self._line)
        self.table = TableModel(
            (
                Column("Row", lambda own: own.row, figure=True, tip="Counted from 1 in the file."),
                Column(
                    "What happens",
                    lambda own: _ORDER.index(own.outcome),
                    lambda own: _RESULT_TEXTS[own.outcome],
                    mark=lambda own: _MARKS[own.outcome],
                ),
                Column("Name", lambda own: own.name),
                Column("Why or how", _why, cell_tip=_why),
            ),
            key=lambda own: own.row,
            parent=self,
        )
        self.sorted = SortFilterModel(self.table, self)
        about = "Every row of the file and what becomes of it."
        self.view = TableView("Rows of the file", icons, empty=_EMPTY, about=about)
        self.view.setModel(self.sorted)
        self.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
        self.view.chosen.connect(self.picked.emit)
        rows.addWidget(self.view, 1)
        self.cut = make_muted_label()
        rows.addWidget(self.cut)
        self.show_rows((), {})

    def show_rows(self, fates: Sequence[RowResult], counts: Mapping[str, int]) -> None:
        """Show rows and the counts of all; ``counts`` is by fate and may exceed the rows."""
        self._fates = sorted(fates, key=lambda own: _ORDER.index(own.outcome))
        mended = sum(bool(own.repaired) for own in fates)
        self._counts = {"all": sum(counts.values()), **counts, _REPAIRED: mended}
        for key, chip in self.chips.items():
            count = self._counts.get(key, 0)
            word = (
                "all"
                if key == "all"
                else _REPAIRED
                if key == _REPAIRED
                else _WORDS[RowOutcome(key)]
            )
            chip.setText(f"{count:,} {word}")
            chip.setVisible(count > 0)
        self.chips["all"].setVisible(bool(fates))
        self.chips["all"].setChecked(True)
        self._filter("all")
        self.view.fit_columns()

    def go_to(self, row: int) -> None:
        """Select a row of the file."""
        self.view.select_key(row)

    def say_when_empty(self, text: str) -> None:
        """Say why there are no rows."""
        self.view.set_empty_text(text)

    def _filter(self, key: str) -> None:
        if key == _REPAIRED:
            fates = [own for own in self._fates if own.repaired]
        else:
            fates = [own for own in self._fates if key in ("all", own.outcome.value)]
        count = self._counts.get(key, 0)
        self.table.show(fates[:MAX_LISTED_ROWS])
        self.cut.setText(_cut_words(fates, count))
        self.cut.setVisible(min(len(fates), MAX_LISTED_ROWS) < count and bool(self._fates))


def _cut_words(fates: Sequence[RowResult], count: int) -> str:
    """Say how many of the rows that there are can be listed."""
    more = count - len(fates)
    if more and all(own.outcome is RowOutcome.REFUSED or own.repaired for own in fates):
        return f"{more:,} rows that are taken as they stand are not listed."
    listed = f"The first {min(len(fates), MAX_LISTED_ROWS):,} of {count:,} rows are listed"
    return f"{listed}." if more else f"{listed}; the report has them all."


def _why(own: RowResult) -> str:
    return " ".join((own.reason, *own.repaired)).strip()


def list_layer_row_results(found: ForeignRows) -> list[RowResult]:
    """Return the fate of the rows of a layer that is only looked at."""
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
