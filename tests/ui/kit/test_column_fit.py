"""Columns of text give way, so that the room ends at the edge of a column."""

from zoneplanner.ui.kit.column_fit import fitted


def test_columns_that_fit_are_left_as_they_are() -> None:
    assert fitted([100, 200, 50], [False, True, False], 400) == [100, 200, 50]


def test_text_gives_way_until_the_next_column_is_seen_whole() -> None:
    assert fitted([100, 300, 80, 80], [False, True, False, False], 500) == [100, 240, 80, 80]


def test_figures_never_give_way_and_text_not_below_what_can_be_read() -> None:
    widths = fitted([100, 300, 90, 90, 90], [False, True, False, False, False], 400)
    assert widths[:3] == [100, 210, 90]
    assert fitted([300, 300], [False, False], 400) == [300, 300]
