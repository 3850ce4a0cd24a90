"""The map: what the window embeds."""

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from zoneplanner.app.session import Session
from zoneplanner.ui.canvas import camera
from zoneplanner.ui.canvas.carrying import Carrying
from zoneplanner.ui.canvas.colouring import COLOURINGS, days_since_visit
from zoneplanner.ui.canvas.furniture import Furniture
from zoneplanner.ui.canvas.scene import MapScene
from zoneplanner.ui.canvas.tools.keys import KEYS
from zoneplanner.ui.canvas.tools.pointer import Doing, Pointer
from zoneplanner.ui.kit.bridge import Bridge, Selection
from zoneplanner.ui.kit.theme import Theme

WHEEL_STEP = 120.0
ZONE_MARGIN = 0.06
SITE_M_PX = 4.0


class MapView(QGraphicsView):
    """Zones, sites and lines of a session's project, complete without any network.

    ``refused`` says in a sentence why a drop is not possible; ``gesture_text`` what the drop
    would do, empty at the end of a gesture.
    """

    site_clicked = Signal(str)
    zone_clicked = Signal(str)
    empty_clicked = Signal()
    cursor_moved = Signal(float, float)
    refused = Signal(str)
    gesture_text = Signal(str)

    def __init__(
        self, session: Session, bridge: Bridge, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.session, self.bridge, self.theme = session, bridge, theme
        self._days = days_since_visit(session.reading, session.last_visits, session.clock())
        self._whole = True
        self._space = False
        self._set_up()
        self.map = MapScene(session.reading, theme, self.devicePixelRatioF(), self)
        self.setScene(self.map)
        self.furniture = Furniture(theme, self)
        self.carrying = Carrying(self)
        self.pointer = Pointer(
            Doing(
                lift=self.carrying.lift,
                carry=self.carrying.carry,
                drop=self.carrying.drop,
                put_back=self.carrying.put_back,
                pan=self._drag_map,
                click=self._click,
            )
        )
        self._connect()
        self._follow()
        self._select(bridge.selection)
        self.fit()

    def fit(self) -> None:
        """Show the whole district."""
        camera.fit(self, self.map.home)
        self._whole = True
        self._zoomed()

    def zoom_to_site(self, site_id: str) -> None:
        """Show a site near enough to see its streets; an unknown one is a UserError."""
        site = self.session.project.site(site_id)
        at = self.map.frame.point(site.x_m, site.y_m)
        reach = max(self.viewport().width(), self.viewport().height()) * SITE_M_PX / 2
        self._show(QRectF(at - QPointF(reach, reach), at + QPointF(reach, reach)))

    def zoom_to_zone(self, zone_id: str) -> None:
        """Show the whole of a zone; one without an area changes nothing."""
        item = self.map.zones.get(zone_id)
        if item is not None:
            rect = item.boundingRect()
            dx, dy = rect.width() * ZONE_MARGIN, rect.height() * ZONE_MARGIN
            self._show(rect.adjusted(-dx, -dy, dx, dy))

    def zoom_by(self, factor: float) -> None:
        """Zoom about the middle of the map."""
        self._zoom_at(QPointF(self.viewport().rect().center()), factor)

    def pan_by(self, by: QPoint) -> None:
        """Move the map by pixels."""
        self._whole = False
        camera.pan(self, by)
        self.map.panned(camera.window(self))

    def set_colouring(self, name: str) -> None:
        """Colour the sites by ``zone`` or ``visit``; another name is a KeyError."""
        if name not in COLOURINGS:
            raise KeyError(name)
        self.map.set_colouring(name)
        self.furniture.show_reading(self.session.reading, name)

    def set_layer_visible(self, name: str, visible: bool) -> None:
        """Show or hide a layer of ``scene.LAYERS``; another name is a KeyError."""
        self.map.set_layer_visible(name, visible)

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self.theme = theme
        self.map.set_theme(theme)
        self.furniture.set_theme(theme)

    def picture(self, width: int, height: int) -> QImage:
        """Return the map as a picture of this size in pixels, with legend and scale bar."""
        other = MapView(self.session, self.bridge, self.theme)
        try:
            other.resize(width, height)
            other.map.shown = dict(self.map.shown)
            other.set_colouring(self.map.colouring)
            if not self._whole:
                other._show(camera.window(self))
            return other.grab().toImage()
        finally:
            other.deleteLater()

    def _set_up(self) -> None:
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
        self.setMinimumSize(240, 180)
        self.setAccessibleName("Map of zones and sites; every one is also a row of the tables.")

    def _connect(self) -> None:
        self.bridge.changed.connect(self._changed)
        self.bridge.previewed.connect(self._follow)
        self.bridge.logged.connect(self._changed)
        self.bridge.selection_changed.connect(self._select)
        self.furniture.legend.folded.connect(lambda _: self.furniture.lay_out(self.rect()))

    def _changed(self, _event: object = None) -> None:
        session = self.session
        self._days = days_since_visit(session.reading, session.last_visits, session.clock())
        self._follow()

    def _follow(self, _event: object = None) -> None:
        self.map.show_reading(self.session.reading, self._days)
        self.furniture.show_reading(self.session.reading, self.map.colouring)

    def _select(self, selection: Selection) -> None:
        self.map.choose(selection.site, selection.zone)

    def _show(self, rect: QRectF) -> None:
        self._whole = False
        camera.fit(self, rect)
        self._zoomed()

    def _zoom_at(self, at: QPointF, factor: float) -> None:
        if camera.zoom_at(self, at, factor, self.map.home):
            self._whole = False
            self._zoomed()

    def _zoomed(self) -> None:
        self.map.zoomed(camera.m_px(self), camera.window(self))
        self.furniture.scale_bar.set_scale(camera.m_px(self))

    def _drag_map(self, by: QPoint) -> None:
        self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        self.pan_by(by)

    def _click(self, at: QPoint, site: str | None) -> None:
        point = self.mapToScene(at)
        zone = self.map.zone_at(point)
        if site is not None:
            self.bridge.select(site=site)
            self.site_clicked.emit(site)
        elif zone is not None:
            self.bridge.select(zone=zone)
            self.zone_clicked.emit(zone)
        else:
            self.bridge.select()
            self.empty_clicked.emit()

    def _site_at(self, at: QPoint) -> str | None:
        return self.map.site_at(self.mapToScene(at), camera.m_px(self))

    def _hover(self, at: QPoint) -> None:
        site = None if self._space else self._site_at(at)
        self.map.hover(site)
        self.furniture.show_site(self.session.reading, site, self._days, at)
        shape = Qt.CursorShape.ArrowCursor
        if self._space:
            shape = Qt.CursorShape.OpenHandCursor
        elif site is not None:
            shape = Qt.CursorShape.PointingHandCursor
        self.viewport().setCursor(shape)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click, a drag or a pan."""
        at = event.position().toPoint()
        middle = event.button() == Qt.MouseButton.MiddleButton
        if event.button() == Qt.MouseButton.LeftButton or middle:
            self.furniture.card.hide()
            self.pointer.press(at, self._site_at(at), pan_only=self._space or middle)
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with a gesture, or tell what is under the pointer."""
        at = event.position().toPoint()
        self.cursor_moved.emit(*self.map.frame.metres(self.mapToScene(at)))
        if event.buttons() == Qt.MouseButton.NoButton:
            self._hover(at)
        else:
            self.pointer.move(at)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a gesture."""
        at = event.position().toPoint()
        self.pointer.release(at)
        self._hover(at)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Zoom in about the pointer; with Shift, out."""
        out = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._zoom_at(event.position(), 0.5 if out else 2.0)
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer; two fingers on a trackpad pan, with Ctrl they zoom."""
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if not event.pixelDelta().isNull() and not ctrl:
            self.pan_by(-event.pixelDelta())
        else:
            self._zoom_at(event.position(), camera.STEP ** (event.angleDelta().y() / WHEEL_STEP))
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """Zoom by a pinch; hide the card when the pointer leaves."""
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self._zoom_at(event.position(), 1 + event.value())
                return True
        elif event.type() == QEvent.Type.Leave:
            self.map.hover(None)
            self.furniture.card.hide()
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zoom with + - 0, pan with the arrows or Space and the pointer, give up with Esc."""
        key = event.key()
        if key == Qt.Key.Key_Escape and self.pointer.cancel():
            return
        if key == Qt.Key.Key_Space:
            self._space = True
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif key in KEYS and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            KEYS[Qt.Key(key)](self)
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Let go of Space."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self.viewport().setCursor(Qt.CursorShape.ArrowCursor)
        super().keyReleaseEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the whole district in view where it was, and the furniture in its corners."""
        super().resizeEvent(event)
        self.furniture.lay_out(self.rect())
        if self._whole:
            self.fit()
        else:
            self._zoomed()
