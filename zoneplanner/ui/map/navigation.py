"""Pan and zoom of a map view, by mouse, keys, pinch and wheel."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from zoneplanner.ui.map import viewport
from zoneplanner.ui.map.scene.map_scene import MapScene
from zoneplanner.ui.widgets.style.theme import set_style_state

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
        window = viewport.get_visible_rect(self)
        if zoomed:
            self.map.zoomed(viewport.get_m_px(self), window, passing=passing)
        else:
            self.map.panned(window)

    def viewpoint(self) -> Viewpoint:
        """Return where the view looks."""
        x_m, y_m = self.map.frame.to_project_m(viewport.get_visible_rect(self).center())
        return Viewpoint(x_m, y_m, viewport.get_m_px(self), self.whole)

    def look_at(self, place: Viewpoint) -> None:
        """Look at a place, with the map arranged for it."""
        if place.whole:
            self.fit()
            return
        self.whole = False
        middle = self.map.frame.to_scene_point(place.x_m, place.y_m)
        viewport.center_view(self, middle, place.m_px)
        self.on_view_changed(zoomed=True)

    def site_at(self, at: QPoint) -> str | None:
        """Return the site whose symbol is at a place of the viewport."""
        return self.map.site_at(self.mapToScene(at), viewport.get_m_px(self))

    def fit(self) -> None:
        """Show the whole map."""
        covered, marks = self.list_covered_rects(), self.list_key_points()
        viewport.fit_view(self, self.map.home, below_px=_CREDITS_PX, covered=covered, marks=marks)
        self.whole = True
        self.on_view_changed(zoomed=True)

    def show_rect(self, rect: QRectF, *, margin: float = 0.0) -> None:
        """Show a rectangle of the scene as large as it goes, with a share of its size around it."""
        self.whole = False
        dx, dy = rect.width() * margin, rect.height() * margin
        viewport.fit_view(self, rect.adjusted(-dx, -dy, dx, dy))
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
        if viewport.zoom_view_at(self, at, factor, self.map.home):
            self.whole = False
            self.on_view_changed(zoomed=True, passing=True)

    def pan_by(self, by: QPoint, *, for_selection: bool = False) -> None:
        """Move the map by pixels; one that shows what is selected fits again at the next size."""
        self.whole = self.whole and for_selection
        viewport.pan_view(self, by)
        self.on_view_changed(zoomed=False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer; two fingers on a trackpad pan, with Ctrl they zoom."""
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if not event.pixelDelta().isNull() and not ctrl:
            self.pan_by(-event.pixelDelta())
        else:
            self.zoom_at(
                event.position(), viewport.WHEEL_ZOOM_STEP ** (event.angleDelta().y() / _WHEEL_STEP)
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
