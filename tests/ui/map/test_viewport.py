"""Fitting the district beside the panels that cover the map."""

from collections.abc import Iterator

from PySide6.QtCore import QPointF, QRectF

from zoneplanner.ui.map.viewport import compute_fit_scale, find_free_rect

WHOLE, SQUARE = QRectF(0, 0, 800, 400), QRectF(0, 0, 100, 100)
CORNERS = [QPointF(0, 0), QPointF(100, 0), QPointF(0, 100), QPointF(100, 100)]


def test_a_corner_that_hides_no_mark_is_ignored() -> None:
    beside = QRectF(650, 250, 150, 150)
    assert find_free_rect(WHOLE, SQUARE, [beside], CORNERS) == WHOLE


def test_the_view_keeps_marks_clear_of_panels() -> None:
    across, corner = QRectF(100, 0, 600, 60), QRectF(500, 200, 300, 200)
    room = find_free_rect(WHOLE, SQUARE, [across, corner], CORNERS)
    scale = compute_fit_scale(room, SQUARE)
    for mark in CORNERS:
        at = room.center() + (mark - SQUARE.center()) * scale
        assert not across.contains(at) and not corner.contains(at)
    assert scale == 3.3


class CountedMarks(list[QPointF]):
    """Marks that count how often they are iterated."""

    times = 0

    def __iter__(self) -> Iterator[QPointF]:
        self.times += 1
        return super().__iter__()


def test_marks_are_iterated_once_for_any_number_of_rectangles() -> None:
    """Each step of resizing a window of a large district took 80 ms."""
    marks = CountedMarks(CORNERS)
    covered = [QRectF(100, 0, 600, 60), QRectF(500, 200, 300, 200)]
    assert find_free_rect(WHOLE, SQUARE, covered, marks) != WHOLE
    assert marks.times == 1


def test_a_fully_covered_map_is_fitted_to_its_whole_area() -> None:
    assert find_free_rect(WHOLE, SQUARE, [QRectF(30, 30, 740, 340)], CORNERS) == WHOLE
