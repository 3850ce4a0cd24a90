"""Where on the map all of the district is seen beside the legend, the scale bar and notices."""

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QPointF, QRectF

_MARK_PX = 10.0
_LEAST_SHARE = 0.5


def compute_fit_scale(room: QRectF, shown: QRectF) -> float:
    """Return the pixels to a metre with which a part of the scene fits into a room."""
    return min(room.width() / max(shown.width(), 1.0), room.height() / max(shown.height(), 1.0))


def find_free_rect(
    whole: QRectF, shown: QRectF, covered: Sequence[QRectF], marks: Sequence[QPointF]
) -> QRectF:
    """Return the room, in pixels, in which ``shown`` is largest and no mark is covered.

    ``marks`` are places of the scene. Where what is covered leaves less than half of the scale,
    the whole room counts.
    """
    wide = [cover.adjusted(-_MARK_PX, -_MARK_PX, _MARK_PX, _MARK_PX) for cover in covered]
    rooms = [whole]
    for cover in wide:
        rooms += [cut for room in rooms for cut in _cuts(room, cover)]
    rooms.sort(key=lambda room: compute_fit_scale(room, shown), reverse=True)
    least = _LEAST_SHARE * compute_fit_scale(whole, shown)
    free = (room for room in rooms if not _hides(room, shown, wide, marks))
    best = next(free, whole)
    return best if compute_fit_scale(best, shown) >= least else whole


def _cuts(room: QRectF, cover: QRectF) -> Iterator[QRectF]:
    """Go through what is left of a room at each side of a part that is covered."""
    if not room.intersects(cover):
        return
    left, top, right, bottom = room.left(), room.top(), room.right(), room.bottom()
    for cut in (
        QRectF(QPointF(left, top), QPointF(cover.left(), bottom)),
        QRectF(QPointF(cover.right(), top), QPointF(right, bottom)),
        QRectF(QPointF(left, top), QPointF(right, cover.top())),
        QRectF(QPointF(left, cover.bottom()), QPointF(right, bottom)),
    ):
        if cut.width() > 0 and cut.height() > 0:
            yield cut


def _hides(
    room: QRectF, shown: QRectF, covered: Sequence[QRectF], marks: Sequence[QPointF]
) -> bool:
    scale, middle, origin = compute_fit_scale(room, shown), room.center(), shown.center()
    inner = [cover.adjusted(1, 1, -1, -1) for cover in covered]
    return any(
        cover.contains(middle + (mark - origin) * scale) for mark in marks for cover in inner
    )
