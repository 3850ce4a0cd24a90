"""Text columns shrink so that the table ends at a column edge."""

from PySide6.QtGui import QIcon, QPalette, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from zoneplanner.ui.widgets.tables.table_view import (
    TableView,
    choose_fitting_columns,
    find_min_widths,
    fit_column_widths,
)


def test_columns_that_fit_fill_the_width_and_numbers_keep_theirs() -> None:
    assert fit_column_widths([100, 200, 50], [False, True, False], 400) == [100, 250, 50]
    assert fit_column_widths([100, 50, 40, 50], [True, False, True, False], 300) == [
        143,
        50,
        57,
        50,
    ]
    assert fit_column_widths([100, 50], [False, False], 300) == [100, 50]
    assert fit_column_widths([100, 50], [True, False], 900) == [180, 50]


def test_the_naming_column_stays_readable() -> None:
    assert fit_column_widths([200, 300, 100], [True, True, False], 460) == [161, 199, 100]


def test_text_columns_shrink_until_the_next_column_fits() -> None:
    assert fit_column_widths([100, 300, 80, 80], [False, True, False, False], 500) == [
        100,
        240,
        80,
        80,
    ]


def test_numbers_never_shrink_and_text_stays_readable() -> None:
    widths = fit_column_widths([100, 300, 90, 90, 90], [False, True, False, False, False], 400)
    assert widths[:3] == [100, 210, 90]
    assert fit_column_widths([300, 300], [False, False], 400) == [300, 300]


def test_columns_that_fit_are_shown_in_order_and_requested_ones_first() -> None:
    assert choose_fitting_columns([160, 80, 80, 80], 400) == [0, 1, 2, 3]
    assert choose_fitting_columns([160, 80, 80, 80], 330) == [0, 1, 2]
    assert choose_fitting_columns([160, 80, 80, 80], 330, [None, False, None, True]) == [0, 2, 3]
    assert choose_fitting_columns([160, 80, 80, 80], 250, [None, None, None, True]) == [0, 3]
    assert choose_fitting_columns([160, 80], 100) == [0]


def test_the_naming_column_shrinks_before_it_is_dropped() -> None:
    widths, soft = [104, 160, 325, 300], [False, False, True, True]
    assert find_min_widths(widths, soft, 676) == [104, 160, 214, 198]
    assert find_min_widths(widths, soft, 600) == [104, 160, 160, 110]  # both are seen, narrower
    assert find_min_widths(widths, soft, 400)[:3] == [104, 160, 136]  # rather than no name
    assert find_min_widths(widths, soft, 300)[:3] == [104, 160, 110]
    least = find_min_widths(widths, soft, 438)
    assert least == [104, 160, 160, 198]
    assert choose_fitting_columns(least, 438) == [0, 1, 2]
    assert fit_column_widths(widths[:3], soft[:3], 438, least[:3]) == [104, 160, 174]


def test_the_naming_column_shrinks_if_one_more_column_then_fits() -> None:
    widths, soft = [320, 87, 104, 89, 110, 90, 99], [True, *[False] * 6]
    for room_px, seen in ((767, 7), (483, 4), (400, 3)):
        least = find_min_widths(widths, soft, room_px)
        assert least[0] == 160
        assert len(choose_fitting_columns(least, room_px)) == seen
    assert find_min_widths(widths, soft, 700)[0] == 211  # no more are seen, so it stays


def test_a_column_fits_text_in_rows_far_below(looks: QApplication, qtbot: QtBot) -> None:
    """“In 10 days” was cut off from the hundredth row on."""
    rows = QStandardItemModel(600, 3)
    for at in range(600):
        rows.setItem(at, 0, QStandardItem("A school with a name that asks for a wide column"))
        rows.setItem(at, 2, QStandardItem("What is to be done there, in as many words as it takes"))
        rows.setItem(at, 1, QStandardItem("In 9 days" if at < 120 else "In 128 school days"))
    view = TableView("Rows", lambda _: QIcon())
    view.setModel(rows)
    view.resize(900, 300)
    qtbot.addWidget(view)
    view.fit_columns()
    assert view.columnWidth(1) > view.fontMetrics().horizontalAdvance("In 128 school days")


def test_the_header_line_is_as_wide_as_the_table(looks: QApplication, qtbot: QtBot) -> None:
    """It ended before the button for more columns."""
    model = QStandardItemModel(3, 8)
    model.setHorizontalHeaderLabels([f"A long title {at}" for at in range(8)])
    view = TableView("Rows", lambda _: QIcon())
    view.setModel(model)
    view.resize(500, 300)
    qtbot.addWidget(view)
    view.show()
    qtbot.waitExposed(view)
    view.fit_columns()
    assert view.more.isVisible()
    head = view.horizontalHeader()
    picture, at = view.grab().toImage(), head.geometry()
    line = {picture.pixel(x, at.bottom()) for x in range(at.left(), at.right() + 1)}
    assert line == {looks.palette().color(QPalette.ColorRole.Mid).rgb()}
