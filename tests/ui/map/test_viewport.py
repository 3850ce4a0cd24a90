"""Where all of the district is seen beside what lies over the map."""

from collections.abc import Iterator

from PySide6.QtCore import QPointF, QRectF

from zoneplanner.ui.map.viewport import compute_fit_scale, find_free_rect

WHOLE, SQUARE = QRectF(0, 0, 800, 400), QRectF(0, 0, 100, 100)
CORNERS = [QPointF(0, 0), QPointF(100, 0), QPointF(0, 100), QPointF(100, 100)]


def test_a_corner_that_hides_no_mark_is_let_be() -> None:
    beside = QRectF(650, 250, 150, 150)
    assert find_free_rect(WHOLE, SQUARE, [beside], CORNERS) == WHOLE


def test_marks_are_moved_out_from_under_what_covers_them() -> None:
    across, corner = QRectF(100, 0, 600, 60), QRectF(500, 200, 300, 200)
    room = find_free_rect(WHOLE, SQUARE, [across, corner], CORNERS)
    scale = compute_fit_scale(room, SQUARE)
    for mark in CORNERS:
        at = room.center() + (mark - SQUARE.center()) * scale
        assert not across.contains(at) and not corner.contains(at)
    assert scale == 3.3


class CountedMarks(list[QPointF]):
    """Marks that know how often they were gone through."""

    times = 0

    def __iter__(self) -> Iterator[QPointF]:
        self.times += 1
        return super().__iter__()


def test_a_thousand_marks_are_gone_through_once_however_many_rooms_there_are() -> None:
    """A window of a large district took 80 ms for each step of a change of its size."""
    marks = CountedMarks(CORNERS)
    covered = [QRectF(100, 0, 600, 60), QRectF(500, 200, 300, 200)]
    assert find_free_rect(WHOLE, SQUARE, covered, marks) != WHOLE
    assert marks.times == 1


def test_a_map_that_is_all_covered_is_fitted_as_if_it_were_not() -> None:
    assert find_free_rect(WHOLE, SQUARE, [QRectF(30, 30, 740, 340)], CORNERS) == WHOLE
