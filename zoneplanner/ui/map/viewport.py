"""A map view that pans and zooms by mouse, keys, pinch and wheel, and fits the district."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QMarginsF, QObject, QPoint, QPointF, QRectF, Qt, Signal
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

_KEY_POINT_MARGIN_PX = 10.0
_MIN_SCALE_SHARE = 0.5


def compute_fit_scale(room: QRectF, shown: QRectF) -> float:
    """Return the scale, in pixels per meter, at which a rectangle of the scene fits into a room."""
    return min(room.width() / max(shown.width(), 1.0), room.height() / max(shown.height(), 1.0))


def find_free_rect(
    whole: QRectF, shown: QRectF, covered: Sequence[QRectF], key_points: Sequence[QPointF]
) -> QRectF:
    """Return the part of ``whole``, in pixels, in which ``shown`` is largest with nothing covered.

    ``shown`` is a rectangle of the scene, ``key_points`` are points of it that must not be covered.
    If that would make the scale less than half as large, the result is ``whole``.
    """
    margins = QMarginsF(*[_KEY_POINT_MARGIN_PX] * 4)
    covered = [rect.marginsAdded(margins) for rect in covered]
    rooms = [whole]
    for rect in covered:
        rooms += [part for room in rooms for part in _cut_around(room, rect)]
    rooms.sort(key=lambda room: compute_fit_scale(room, shown), reverse=True)
    min_scale = _MIN_SCALE_SHARE * compute_fit_scale(whole, shown)
    points = np.array([point.toTuple() for point in key_points]).reshape(-1, 2)
    free = (room for room in rooms if not _covers_any(room, shown, covered, points))
    best = next(free, whole)
    return best if compute_fit_scale(best, shown) >= min_scale else whole


def _cut_around(room: QRectF, covered: QRectF) -> list[QRectF]:
    """Return what is left of a room on each side of a covered part."""
    if not room.intersects(covered):
        return []
    left, right, above, below = QRectF(room), QRectF(room), QRectF(room), QRectF(room)
    left.setRight(covered.left())
    right.setLeft(covered.right())
    above.setBottom(covered.top())
    below.setTop(covered.bottom())
    return [part for part in (left, right, above, below) if part.isValid()]


def _covers_any(room: QRectF, shown: QRectF, covered: Sequence[QRectF], points: FloatArray) -> bool:
    """Whether one of the points, shape (n, 2) in the scene, would be covered."""
    scale, middle, origin = compute_fit_scale(room, shown), room.center(), shown.center()
    x = middle.x() + (points[:, 0] - origin.x()) * scale
    y = middle.y() + (points[:, 1] - origin.y()) * scale
    inner = (rect.adjusted(1, 1, -1, -1) for rect in covered)
    return any(
        ((x >= r.left()) & (x <= r.right()) & (y >= r.top()) & (y <= r.bottom())).any()
        for r in inner
    )


MIN_M_PX = 0.3
_MIN_ZOOM_SHARE = 0.55
_MARGIN_PX = 28
_MARGIN_SHARE = 0.035
WHEEL_ZOOM_STEP = 1.25


def get_m_px(view: QGraphicsView) -> float:
    """Return the scale in meters per pixel."""
    return 1 / view.transform().m11()


def get_visible_rect(view: QGraphicsView) -> QRectF:
    """Return the visible rectangle of the scene."""
    return view.mapToScene(view.viewport().rect()).boundingRect()


def fit_view(
    view: QGraphicsView,
    rect: QRectF,
    *,
    below_px: float = 0.0,
    covered: Sequence[QRectF] = (),
    key_points: Sequence[QPointF] = (),
) -> None:
    """Show a rectangle of the scene as large as possible, with a margin, and more of it below.

    Nothing of ``covered`` (in the viewport) will cover any of the ``key_points`` (in the scene).
    """
    port = QRectF(view.viewport().rect())
    margin = min(_MARGIN_PX, _MARGIN_SHARE * min(port.width(), port.height()))
    width = max(1.0, port.width() - 2 * margin)
    height = max(1.0, port.height() - 2 * margin - below_px)
    room = find_free_rect(QRectF(margin, margin, width, height), rect, covered, key_points)
    scale = compute_fit_scale(room, rect)
    with _without_scroll_repaint(view):
        _set_scale(view, min(scale, 1 / MIN_M_PX))
        view.centerOn(rect.center() - (room.center() - port.center()) / scale)


def zoom_view_at(view: QGraphicsView, at: QPointF, factor: float, home: QRectF) -> bool:
    """Zoom with a point of the viewport staying in place; return whether the scale changed."""
    old_scale = view.transform().m11()
    fit_scale = compute_fit_scale(QRectF(view.viewport().rect()), home)
    scale = min(max(old_scale * factor, fit_scale * _MIN_ZOOM_SHARE), 1 / MIN_M_PX)
    if abs(scale / old_scale - 1) < 1e-6:
        return False
    fixed_point = view.mapToScene(at.toPoint())
    with _without_scroll_repaint(view):
        _set_scale(view, scale)
        pan_view(view, view.mapFromScene(fixed_point) - at.toPoint())
    return True


def center_view(view: QGraphicsView, middle: QPointF, m_px: float) -> None:
    """Center the view on a point of the scene, at a scale in meters per pixel."""
    with _without_scroll_repaint(view):
        _set_scale(view, 1 / m_px)
        view.centerOn(middle)


def copy_viewpoint(view: QGraphicsView, lead: QGraphicsView) -> None:
    """Give a view the scale and position of another one of the same size and scene extent."""
    if view.transform() != lead.transform():
        with _without_scroll_repaint(view):
            view.setTransform(lead.transform())
            _copy_scroll(view, lead)
    else:
        _copy_scroll(view, lead)


def pan_view(view: QGraphicsView, by: QPoint) -> None:
    """Scroll by pixels; positive values show what is to the right and below."""
    across, down = view.horizontalScrollBar(), view.verticalScrollBar()
    across.setValue(across.value() + by.x())
    down.setValue(down.value() + by.y())


def _copy_scroll(view: QGraphicsView, lead: QGraphicsView) -> None:
    view.horizontalScrollBar().setValue(lead.horizontalScrollBar().value())
    view.verticalScrollBar().setValue(lead.verticalScrollBar().value())


@contextmanager
def _without_scroll_repaint(view: QGraphicsView) -> Iterator[None]:
    """Repaint the whole viewport once, instead of also when it scrolls."""
    mode = view.viewportUpdateMode()
    view.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
    try:
        yield
    finally:
        view.setViewportUpdateMode(mode)


def _set_scale(view: QGraphicsView, scale: float) -> None:
    view.setTransform(QTransform.fromScale(scale, scale))


_LEAVE_EVENTS = (QEvent.Type.Leave, QEvent.Type.WindowDeactivate)


class _ViewportEventFilter(QObject):
    """Handles events of the viewport outside the view's own handlers.

    With an override of ``viewportEvent``, the handlers for mouse and keys would run inside it, and
    an exception that crosses two overrides ends the process.
    """

    left = Signal()
    pinched = Signal(QPointF, float)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Report a pinch, and that the pointer left or another window has the keyboard focus."""
        if event.type() in _LEAVE_EVENTS:
            self.left.emit()
        elif (
            event.type() == QEvent.Type.NativeGesture
            and isinstance(event, QNativeGestureEvent)
            and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
        ):
            self.pinched.emit(event.position(), 1 + event.value())
            return True
        return False


_PAN_STEP_PX = 80
_KEY_ZOOM_STEP = 1.5


_KEY_ACTIONS: Mapping[Qt.Key, Callable[["PanZoomView"], None]] = {
    Qt.Key.Key_Plus: lambda view: view.zoom_by(_KEY_ZOOM_STEP),
    Qt.Key.Key_Equal: lambda view: view.zoom_by(_KEY_ZOOM_STEP),
    Qt.Key.Key_Minus: lambda view: view.zoom_by(1 / _KEY_ZOOM_STEP),
    Qt.Key.Key_0: lambda view: view.fit(),
    Qt.Key.Key_Left: lambda view: view.pan_by(QPoint(-_PAN_STEP_PX, 0)),
    Qt.Key.Key_Right: lambda view: view.pan_by(QPoint(_PAN_STEP_PX, 0)),
    Qt.Key.Key_Up: lambda view: view.pan_by(QPoint(0, -_PAN_STEP_PX)),
    Qt.Key.Key_Down: lambda view: view.pan_by(QPoint(0, _PAN_STEP_PX)),
}

ARROW_DIRECTIONS: Mapping[Qt.Key, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
"""The arrow keys as steps on the screen (right, down); with Shift or Ctrl they pan."""

_WHEEL_NOTCH, _CREDITS_PX = 120.0, 14.0
ZONE_MARGIN = 0.06
"""The margin around a zone that is zoomed to, as a share of its size."""


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """The center in project meters, the scale, and whether it is the whole district."""

    x_m: float
    y_m: float
    m_px: float
    shows_all: bool = False


class PanZoomView(QGraphicsView):
    """A view of a map that pans and zooms by mouse, wheel, pinch and keys."""

    map: MapScene

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shows_all = True
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
        self.viewport_events = _ViewportEventFilter(self)
        self.viewport_events.pinched.connect(self.zoom_at)
        self.viewport().installEventFilter(self.viewport_events)

    def list_covered_rects(self) -> Sequence[QRectF]:
        """Return the parts of the viewport that overlays cover."""
        return ()

    def list_key_points(self) -> Sequence[QPointF]:
        """Return the points of the scene that must be visible when the whole map is shown."""
        return ()

    def on_view_changed(self, *, zoomed: bool, transient: bool = False) -> None:
        """Update labels after the view changed; ``transient`` if it may change again at once."""
        window = get_visible_rect(self)
        if zoomed:
            self.map.zoomed(get_m_px(self), window, transient=transient)
        else:
            self.map.panned(window)

    def viewpoint(self) -> Viewpoint:
        """Return the current viewpoint."""
        x_m, y_m = self.map.frame.to_project_m(get_visible_rect(self).center())
        return Viewpoint(x_m, y_m, get_m_px(self), self.shows_all)

    def look_at(self, viewpoint: Viewpoint) -> None:
        """Move to a viewpoint."""
        if viewpoint.shows_all:
            self.fit()
            return
        self.shows_all = False
        middle = self.map.frame.to_scene_point(viewpoint.x_m, viewpoint.y_m)
        center_view(self, middle, viewpoint.m_px)
        self.on_view_changed(zoomed=True)

    def site_at(self, at: QPoint) -> str | None:
        """Return the site whose symbol is at a position of the viewport."""
        return self.map.site_at(self.mapToScene(at), get_m_px(self))

    def fit(self) -> None:
        """Show the whole map."""
        covered, points = self.list_covered_rects(), self.list_key_points()
        fit_view(self, self.map.home, below_px=_CREDITS_PX, covered=covered, key_points=points)
        self.shows_all = True
        self.on_view_changed(zoomed=True)

    def show_rect(self, rect: QRectF, *, margin: float = 0.0) -> None:
        """Show a rectangle of the scene as large as possible, with a margin (share of its size)."""
        self.shows_all = False
        dx, dy = rect.width() * margin, rect.height() * margin
        fit_view(self, rect.adjusted(-dx, -dy, dx, dy))
        self.on_view_changed(zoomed=True)

    def zoom_by_double_click(self, event: QMouseEvent) -> None:
        """Zoom in at the pointer, or out with Shift."""
        out = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.zoom_at(event.position(), 0.5 if out else 2.0)

    def zoom_by(self, factor: float) -> None:
        """Zoom at the middle of the view."""
        self.zoom_at(QPointF(self.viewport().rect().center()), factor)

    def zoom_at(self, at: QPointF, factor: float) -> None:
        """Zoom with a point of the viewport staying in place."""
        if zoom_view_at(self, at, factor, self.map.home):
            self.shows_all = False
            self.on_view_changed(zoomed=True, transient=True)

    def pan_by(self, by: QPoint, *, for_selection: bool = False) -> None:
        """Pan by pixels; after a pan ``for_selection``, a resize still fits the whole map."""
        self.shows_all = self.shows_all and for_selection
        pan_view(self, by)
        self.on_view_changed(zoomed=False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; two fingers on a trackpad pan, or zoom with Ctrl."""
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if not event.pixelDelta().isNull() and not ctrl:
            self.pan_by(-event.pixelDelta())
        else:
            notches = event.angleDelta().y() / _WHEEL_NOTCH
            self.zoom_at(event.position(), WHEEL_ZOOM_STEP**notches)
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show a focus rim only if the keyboard moved the focus here."""
        keyed = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        set_style_state(self, "keyed", keyed)
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zoom with + - 0, pan with the arrow keys, or with the pointer while Space is pressed."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Space:
            self.grabbing = True
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif key in _KEY_ACTIONS and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            _KEY_ACTIONS[key](self)
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """End panning with the pointer when Space is released."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.grabbing = False
            self.viewport().setCursor(Qt.CursorShape.ArrowCursor)
        super().keyReleaseEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the whole map again if it was shown."""
        super().resizeEvent(event)
        if self.shows_all:
            self.fit()
        else:
            self.on_view_changed(zoomed=True)
