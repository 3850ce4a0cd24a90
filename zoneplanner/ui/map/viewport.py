"""The viewport of the map: fit the district into the free area, zoom, center and pan."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtGui import QTransform
from PySide6.QtWidgets import QGraphicsView

_MARK_PX = 10.0
_LEAST_SHARE = 0.5


def compute_fit_scale(room: QRectF, shown: QRectF) -> float:
    """Return the pixels to a meter with which a part of the scene fits into a room."""
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


MIN_M_PX = 0.3
_FARTHEST_SHARE = 0.55
_MARGIN_PX = 28
_MARGIN_SHARE = 0.035
WHEEL_ZOOM_STEP = 1.25


def get_m_px(view: QGraphicsView) -> float:
    """Return the meters that one pixel stands for."""
    return 1 / view.transform().m11()


def get_visible_rect(view: QGraphicsView) -> QRectF:
    """Return what the view shows, in the scene."""
    return view.mapToScene(view.viewport().rect()).boundingRect()


def fit_view(
    view: QGraphicsView,
    rect: QRectF,
    *,
    below_px: float = 0.0,
    covered: Sequence[QRectF] = (),
    marks: Sequence[QPointF] = (),
) -> None:
    """Show a rectangle of the scene as large as it goes, with a margin, and more of it below.

    Parts of the viewport that are ``covered`` are not to hide any of the ``marks`` in the scene.
    """
    port = QRectF(view.viewport().rect())
    margin = min(_MARGIN_PX, _MARGIN_SHARE * min(port.width(), port.height()))
    whole = QRectF(
        margin,
        margin,
        max(1.0, port.width() - 2 * margin),
        max(1.0, port.height() - 2 * margin - below_px),
    )
    room = find_free_rect(whole, rect, covered, marks)
    scale = compute_fit_scale(room, rect)
    with _without_scroll_repaint(view):
        _set_scale(view, min(scale, 1 / MIN_M_PX))
        view.centerOn(rect.center() - (room.center() - port.center()) / scale)


def zoom_view_at(view: QGraphicsView, at: QPointF, factor: float, home: QRectF) -> bool:
    """Zoom so that the map stays under a point of the viewport; tell whether anything changed."""
    now = view.transform().m11()
    viewport = view.viewport().rect()
    whole = min(viewport.width() / home.width(), viewport.height() / home.height())
    scale = min(max(now * factor, whole * _FARTHEST_SHARE), 1 / MIN_M_PX)
    if abs(scale / now - 1) < 1e-6:
        return False
    kept = view.mapToScene(at.toPoint())
    with _without_scroll_repaint(view):
        _set_scale(view, scale)
        pan_view(view, view.mapFromScene(kept) - at.toPoint())
    return True


def center_view(view: QGraphicsView, middle: QPointF, m_px: float) -> None:
    """Bring a point of the scene into the middle, at a scale in meters to a pixel."""
    with _without_scroll_repaint(view):
        _set_scale(view, 1 / m_px)
        view.centerOn(middle)


def copy_viewpoint(view: QGraphicsView, lead: QGraphicsView) -> None:
    """Look from where another view of the same size looks at a scene of the same extent."""
    if view.transform() != lead.transform():
        with _without_scroll_repaint(view):
            view.setTransform(lead.transform())
            _scroll_as(view, lead)
    else:
        _scroll_as(view, lead)


def pan_view(view: QGraphicsView, by: QPoint) -> None:
    """Move the map by pixels; positive shows what lies to the right and below."""
    across, down = view.horizontalScrollBar(), view.verticalScrollBar()
    across.setValue(across.value() + by.x())
    down.setValue(down.value() + by.y())


def _scroll_as(view: QGraphicsView, lead: QGraphicsView) -> None:
    view.horizontalScrollBar().setValue(lead.horizontalScrollBar().value())
    view.verticalScrollBar().setValue(lead.verticalScrollBar().value())


@contextmanager
def _without_scroll_repaint(view: QGraphicsView) -> Iterator[None]:
    """Scroll nothing that will be painted anew anyhow: it would be painted twice."""
    mode = view.viewportUpdateMode()
    view.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
    try:
        yield
    finally:
        view.setViewportUpdateMode(mode)


def _set_scale(view: QGraphicsView, scale: float) -> None:
    view.setTransform(QTransform.fromScale(scale, scale))
