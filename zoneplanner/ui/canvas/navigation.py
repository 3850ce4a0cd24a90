"""Looking around: fit, zoom, pan by wheel, trackpad, pinch and keys. It knows no zones."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from zoneplanner.ui.canvas import camera
from zoneplanner.ui.canvas.tools.keys import VIEW_KEYS
from zoneplanner.ui.canvas.tools.touch import ViewportEventFilter

_WHEEL_STEP, _CREDITS_PX = 120.0, 14.0


class PanZoomView(QGraphicsView):
    """A view of a large scene: ``home`` is what it shows as a whole, ``looked`` hears of moves."""

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
        self.touch = ViewportEventFilter(self)
        self.touch.pinched.connect(self.zoom_at)
        self.viewport().installEventFilter(self.touch)

    def home(self) -> QRectF:
        """Return what is shown when all is shown, in the scene."""
        raise NotImplementedError

    def covered(self) -> Sequence[QRectF]:
        """Return the parts of the viewport that something lies over."""
        return ()

    def marks(self) -> Sequence[QPointF]:
        """Return the places in the scene that are to be seen when all is shown."""
        return ()

    def looked(self, *, zoomed: bool, passing: bool = False) -> None:
        """Hear that the view looks from elsewhere; ``passing`` where it will move on at once."""
        raise NotImplementedError

    def fit(self) -> None:
        """Show the whole map."""
        covered, marks = self.covered(), self.marks()
        camera.fit_view(self, self.home(), below_px=_CREDITS_PX, covered=covered, marks=marks)
        self.whole = True
        self.looked(zoomed=True)

    def show_rect(self, rect: QRectF) -> None:
        """Show a rectangle of the scene as large as it goes."""
        self.whole = False
        camera.fit_view(self, rect)
        self.looked(zoomed=True)

    def zoom_by(self, factor: float) -> None:
        """Zoom about the middle of the map."""
        self.zoom_at(QPointF(self.viewport().rect().center()), factor)

    def zoom_at(self, at: QPointF, factor: float) -> None:
        """Zoom so that a point of the viewport stays where it is."""
        if camera.zoom_view_at(self, at, factor, self.home()):
            self.whole = False
            self.looked(zoomed=True, passing=True)

    def pan_by(self, by: QPoint) -> None:
        """Move the map by pixels."""
        self.whole = False
        camera.pan_view(self, by)
        self.looked(zoomed=False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer; two fingers on a trackpad pan, with Ctrl they zoom."""
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if not event.pixelDelta().isNull() and not ctrl:
            self.pan_by(-event.pixelDelta())
        else:
            self.zoom_at(
                event.position(), camera.WHEEL_ZOOM_STEP ** (event.angleDelta().y() / _WHEEL_STEP)
            )
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zoom with + - 0, pan with the arrows, or with the pointer while Space is held."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Space:
            self.grabbing = True
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif key in VIEW_KEYS and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            VIEW_KEYS[key](self)
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
            self.looked(zoomed=True)
