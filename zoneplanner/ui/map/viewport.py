"""The viewport of the map: fit the district into the free area, zoom, center and pan.

Pan and zoom of a map view, by mouse, keys, pinch and wheel.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.ui.map.scene.map_scene import MapScene
from zoneplanner.ui.widgets.style.theme import set_style_state

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
    spots = np.array([mark.toTuple() for mark in marks]).reshape(-1, 2)
    free = (room for room in rooms if not _hides(room, shown, wide, spots))
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


def _hides(room: QRectF, shown: QRectF, covered: Sequence[QRectF], marks: FloatArray) -> bool:
    """Tell whether one of the marks, shape (n, 2) in the scene, would be covered."""
    scale, middle, origin = compute_fit_scale(room, shown), room.center(), shown.center()
    x = middle.x() + (marks[:, 0] - origin.x()) * scale
    y = middle.y() + (marks[:, 1] - origin.y()) * scale
    inner = (cover.adjusted(1, 1, -1, -1) for cover in covered)
    return any(
        ((x >= c.left()) & (x <= c.right()) & (y >= c.top()) & (y <= c.bottom())).any()
        for c in inner
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


_LEAVING = (QEvent.Type.Leave, QEvent.Type.WindowDeactivate)


class _ViewportEventFilter(QObject):
    """A filter beside the view's own handlers.

    An override of ``viewportEvent`` would hold the handlers of mouse and keys inside it, and an
    exception that crosses two overrides ends the process.
    """

    left = Signal()
    pinched = Signal(QPointF, float)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Zoom by a pinch; tell that the pointer left, or that another window has the keys."""
        if event.type() in _LEAVING:
            self.left.emit()
        elif (
            event.type() == QEvent.Type.NativeGesture
            and isinstance(event, QNativeGestureEvent)
            and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
        ):
            self.pinched.emit(event.position(), 1 + event.value())
            return True
        return False


_PAN_PX = 80
_ZOOM = 1.5


_VIEW_KEYS: Mapping[Qt.Key, Callable[["PanZoomView"], None]] = {
    Qt.Key.Key_Plus: lambda view: view.zoom_by(_ZOOM),
    Qt.Key.Key_Equal: lambda view: view.zoom_by(_ZOOM),
    Qt.Key.Key_Minus: lambda view: view.zoom_by(1 / _ZOOM),
    Qt.Key.Key_0: lambda view: view.fit(),
    Qt.Key.Key_Left: lambda view: view.pan_by(QPoint(-_PAN_PX, 0)),
    Qt.Key.Key_Right: lambda view: view.pan_by(QPoint(_PAN_PX, 0)),
    Qt.Key.Key_Up: lambda view: view.pan_by(QPoint(0, -_PAN_PX)),
    Qt.Key.Key_Down: lambda view: view.pan_by(QPoint(0, _PAN_PX)),
}

ARROW_DIRECTIONS: Mapping[Qt.Key, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
"""The arrows as steps on the screen, to the right and down; with Shift or Ctrl they pan."""

_WHEEL_STEP, _CREDITS_PX = 120.0, 14.0
ZONE_MARGIN = 0.06
"""Around a zone that is zoomed to, as a share of its size."""


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """The middle in meters of the project's CRS and the scale; ``whole`` is all of the district."""

    x_m: float
    y_m: float
    m_px: float
    whole: bool = False


class PanZoomView(QGraphicsView):
    """A view of a map that is moved by mouse, wheel, pinch and keys."""

    map: MapScene

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.whole = True
        self.grabbing = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.AnchorViewCenter)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(240, 180)
        self.touch = _ViewportEventFilter(self)
        self.touch.pinched.connect(self.zoom_at)
        self.viewport().installEventFilter(self.touch)

    def list_covered_rects(self) -> Sequence[QRectF]:
        """Return the parts of the viewport that something lies over."""
        return ()

    def list_key_points(self) -> Sequence[QPointF]:
        """Return the places in the scene that are to be seen when all is shown."""
        return ()

    def on_view_changed(self, *, zoomed: bool, passing: bool = False) -> None:
        """Let words and numbers follow the view; ``passing`` where it will move on at once."""
        window = get_visible_rect(self)
        if zoomed:
            self.map.zoomed(get_m_px(self), window, passing=passing)
        else:
            self.map.panned(window)

    def viewpoint(self) -> Viewpoint:
        """Return where the view looks."""
        x_m, y_m = self.map.frame.to_project_m(get_visible_rect(self).center())
        return Viewpoint(x_m, y_m, get_m_px(self), self.whole)

    def look_at(self, place: Viewpoint) -> None:
        """Look at a place, with the map arranged for it."""
        if place.whole:
            self.fit()
            return
        self.whole = False
        middle = self.map.frame.to_scene_point(place.x_m, place.y_m)
        center_view(self, middle, place.m_px)
        self.on_view_changed(zoomed=True)

    def site_at(self, at: QPoint) -> str | None:
        """Return the site whose symbol is at a place of the viewport."""
        return self.map.site_at(self.mapToScene(at), get_m_px(self))

    def fit(self) -> None:
        """Show the whole map."""
        covered, marks = self.list_covered_rects(), self.list_key_points()
        fit_view(self, self.map.home, below_px=_CREDITS_PX, covered=covered, marks=marks)
        self.whole = True
        self.on_view_changed(zoomed=True)

    def show_rect(self, rect: QRectF, *, margin: float = 0.0) -> None:
        """Show a rectangle of the scene as large as it goes, with a share of its size around it."""
        self.whole = False
        dx, dy = rect.width() * margin, rect.height() * margin
        fit_view(self, rect.adjusted(-dx, -dy, dx, dy))
        self.on_view_changed(zoomed=True)

    def zoom_on_double_click(self, event: QMouseEvent) -> None:
        """Zoom in about the pointer, with Shift out."""
        out = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.zoom_at(event.position(), 0.5 if out else 2.0)

    def zoom_by(self, factor: float) -> None:
        """Zoom about the middle of the map."""
        self.zoom_at(QPointF(self.viewport().rect().center()), factor)

    def zoom_at(self, at: QPointF, factor: float) -> None:
        """Zoom so that a point of the viewport stays where it is."""
        if zoom_view_at(self, at, factor, self.map.home):
            self.whole = False
            self.on_view_changed(zoomed=True, passing=True)

    def pan_by(self, by: QPoint, *, for_selection: bool = False) -> None:
        """Move the map by pixels; one that shows what is selected fits again at the next size."""
        self.whole = self.whole and for_selection
        pan_view(self, by)
        self.on_view_changed(zoomed=False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer; two fingers on a trackpad pan, with Ctrl they zoom."""
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if not event.pixelDelta().isNull() and not ctrl:
            self.pan_by(-event.pixelDelta())
        else:
            self.zoom_at(
                event.position(), WHEEL_ZOOM_STEP ** (event.angleDelta().y() / _WHEEL_STEP)
            )
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the rim of the focus only where the keys brought it."""
        keyed = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        set_style_state(self, "keyed", keyed)
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zoom with + - 0, pan with the arrows, or with the pointer while Space is held."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Space:
            self.grabbing = True
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif key in _VIEW_KEYS and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            _VIEW_KEYS[key](self)
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Let go of Space."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.grabbing = False
            self.viewport().setCursor(Qt.CursorShape.ArrowCursor)
        super().keyReleaseEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the whole map in view where it was."""
        super().resizeEvent(event)
        if self.whole:
            self.fit()
        else:
            self.on_view_changed(zoomed=True)
