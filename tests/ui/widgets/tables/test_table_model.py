"""Tables of values: change signals, sorting, filters."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from zoneplanner.ui.widgets.tables.table_model import (
    UNCUT_COLUMN_ROLE,
    Column,
    SortFilterModel,
    TableModel,
)


@dataclass(frozen=True)
class Row:
    name: str
    days: int | None


COLUMNS = (
    Column("Name", lambda row: row.name),
    Column("Days", lambda row: row.days, tip="School days.", figure=True),
)


def build_table(*rows: Row) -> TableModel:
    """Return a table of rows."""
    made = TableModel(COLUMNS, lambda row: row.name)
    made.show(rows)
    return made


def list_names(sorted_rows: SortFilterModel) -> list[str]:
    """Return the names in the order in which they are shown."""
    return [sorted_rows.index(at, 0).data() for at in range(sorted_rows.rowCount())]


def test_the_model_passes_qts_model_tester(qtmodeltester: object) -> None:
    qtmodeltester.check(build_table(Row("a", 1), Row("b", None)))  # type: ignore[attr-defined]


def test_only_changed_rows_are_signaled(qtbot: QtBot) -> None:
    made = build_table(Row("a", 1), Row("b", 2))
    told: list[int] = []
    made.dataChanged.connect(lambda first, last: told.append(first.row()))
    made.show([Row("a", 1), Row("b", 3)])
    assert told == [1]


def test_rows_without_a_value_come_last_in_both_orders(qtbot: QtBot) -> None:
    made = SortFilterModel(build_table(Row("none", None), Row("two", 2), Row("one", 1)))
    made.sort(1, Qt.SortOrder.AscendingOrder)
    assert list_names(made) == ["one", "two", "none"]
    made.sort(1, Qt.SortOrder.DescendingOrder)
    assert list_names(made) == ["two", "one", "none"]


def test_every_word_of_a_filter_must_match(qtbot: QtBot) -> None:
    made = SortFilterModel(build_table(Row("Del Campo High", 1), Row("Del Dayo", 2)))
    made.filter_words("high del")
    assert list_names(made) == ["Del Campo High"]
    made = SortFilterModel(build_table(Row("O’Brien High", 1), Row("Del Dayo", 2)))
    made.filter_words("o'brien")
    assert list_names(made) == ["O’Brien High"]
    made.filter_words("")
    made.filter_rows(lambda row: row.days > 1)
    assert list_names(made) == ["Del Dayo"]


def test_numbers_are_right_aligned_and_defined() -> None:
    made = build_table(Row("a", 1))
    cell = made.index(0, 1)
    side = cell.data(Qt.ItemDataRole.TextAlignmentRole)
    assert side & Qt.AlignmentFlag.AlignRight
    assert cell.data(Qt.ItemDataRole.ToolTipRole) == "School days."


def test_numbers_and_times_are_not_cut_off() -> None:
    columns = (
        Column("Name", str),
        Column("Minutes", len, figure=True),
        Column("When", str, whole=True),
    )
    table = TableModel(columns, str)
    whole = [table.headerData(at, Qt.Orientation.Horizontal, UNCUT_COLUMN_ROLE) for at in range(3)]
    assert whole == [False, True, True]


def test_rows_that_all_change_at_once_are_sorted_again(qtbot: QtBot) -> None:
    own = build_table(*(Row(f"row {at}", at) for at in range(40)))
    shown = SortFilterModel(own)
    shown.sort(1)
    for step in (7, 11, 13, 17, 19, 23, 29):
        own.show([Row(f"row {at}", at * step % 41) for at in range(40)])
        order = [shown.row_of(shown.index(at, 0)).days for at in range(40)]
        assert order == sorted(order)
