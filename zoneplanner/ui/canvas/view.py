"""The map: what the window embeds."""

import weakref
from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QImage, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from zoneplanner.app.session import Session
from zoneplanner.ui.canvas import camera
from zoneplanner.ui.canvas.carrying import Carrying
from zoneplanner.ui.canvas.colouring import COLOURINGS, days_since_visit
from zoneplanner.ui.canvas.furniture import Furniture
from zoneplanner.ui.canvas.navigation import Navigation
from zoneplanner.ui.canvas.scene import MapScene
from zoneplanner.ui.canvas.tools.pointer import Doing, Pointer
from zoneplanner.ui.kit.bridge import Bridge, Selection
from zoneplanner.ui.kit.theme import Theme

ZONE_MARGIN = 0.06
SITE_M_PX = 4.0


class MapView(Navigation):
    """Zones, sites and lines of a session's project, complete without any network.

    ``cursor_moved`` carries project metres; ``refused`` says in a sentence why a drop is not
    possible; ``gesture_text`` what the drop would do, empty at the end of a gesture;
    ``block_asked`` names a block for which a menu is wanted, and where on the screen. No part holds
    the view itself, so that it goes when it is let go of: a widget that the cycle collector finds
    in the middle of another one's painting takes the process with it.
    """

    site_clicked = Signal(str)
    zone_clicked = Signal(str)
    empty_clicked = Signal()
    cursor_moved = Signal(float, float)
    refused = Signal(str)
    gesture_text = Signal(str)
    block_asked = Signal(str, QPoint)

    def __init__(
        self, session: Session, bridge: Bridge, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.session, self.bridge, self.theme = session, bridge, theme
        self.setAccessibleName("Map of zones and sites; every one is also a row of the tables.")
        self._days = days_since_visit(session.reading, session.last_visits, session.clock())
        self.furniture = Furniture(theme, self.viewport())
        self.map = MapScene(session.reading, theme, self.devicePixelRatioF(), self)
        self.setScene(self.map)
        self.carrying = Carrying(weakref.proxy(self))
        pan, click = weakref.WeakMethod(self._drag_map), weakref.WeakMethod(self._click)
        self.pointer = Pointer(
            Doing(
                lift=self.carrying.lift,
                carry=self.carrying.carry,
                drop=self.carrying.drop,
                put_back=self.carrying.put_back,
                pan=lambda by: _call(pan, by),
                click=lambda at, site: _call(click, at, site),
            )
        )
        bridge.changed.connect(self._changed)
        bridge.logged.connect(self._changed)
        bridge.previewed.connect(self._preview)
        bridge.selection_changed.connect(self._select)
        self.furniture.legend.folded.connect(self._lay_out)
        self.touch.left.connect(self._leave)
        self._changed()
        self._select(bridge.selection)
        self.fit()

    def home(self) -> QRectF:
        """Return the district's extent in the scene."""
        return self.map.home

    def looked(self, *, zoomed: bool, passing: bool = False) -> None:
        """Let words, numbers and scale bar follow."""
        window = camera.window(self)
        if zoomed:
            self.map.zoomed(camera.m_px(self), window, passing=passing)
            self.furniture.scale_bar.set_scale(camera.m_px(self))
        else:
            self.map.panned(window)

    def zoom_to_site(self, site_id: str) -> None:
        """Show a site near enough to see its streets; an unknown one is a UserError."""
        site = self.session.project.site(site_id)
        at = self.map.frame.point(site.x_m, site.y_m)
        reach = max(self.viewport().width(), self.viewport().height()) * SITE_M_PX / 2
        self.show_rect(QRectF(at - QPointF(reach, reach), at + QPointF(reach, reach)))

    def zoom_to_zone(self, zone_id: str) -> None:
        """Show the whole of a zone; one without an area changes nothing."""
        item = self.map.zones.get(zone_id)
        if item is not None:
            rect = item.boundingRect()
            dx, dy = rect.width() * ZONE_MARGIN, rect.height() * ZONE_MARGIN
            self.show_rect(rect.adjusted(-dx, -dy, dx, dy))

    def set_colouring(self, name: str) -> None:
        """Colour the sites by ``zone`` or ``visit``; another name is a KeyError."""
        if name not in COLOURINGS:
            raise KeyError(name)
        self.map.set_colouring(name)
        self._changed()

    def set_layer_visible(self, name: str, visible: bool) -> None:
        """Show or hide a layer of ``scene.LAYERS``; another name is a KeyError."""
        self.map.set_layer_visible(name, visible)
        self._explain()

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self.theme = theme
        self.pointer.cancel()
        self.map.set_theme(theme)
        self.furniture.set_theme(theme)

    def picture(self, width: int, height: int) -> QImage:
        """Return the map as a picture of this size in pixels, with legend and scale bar."""
        other = MapView(self.session, self.bridge, self.theme)
        other.resize(width, height)
        for name, shown in self.map.shown.items():
            other.set_layer_visible(name, shown)
        other.set_colouring(self.map.colouring)
        if not self.whole:
            other.show_rect(camera.window(self))
        return other.grab().toImage()

    def _changed(self, _event: object = None) -> None:
        session = self.session
        if self.carrying.overtaken:
            self.pointer.cancel()
        self._days = days_since_visit(session.reading, session.last_visits, session.clock())
        self.map.show_reading(session.reading, self._days, passing=self.carrying.active)
        self._explain()

    def _explain(self) -> None:
        others = self.map.shown["others"]
        self.furniture.show_reading(self.session.reading, self.map.colouring, others=others)
        self._lay_out()

    def _preview(self, _event: object) -> None:
        self.map.show_reading(self.session.reading, self._days, passing=True)

    def _select(self, selection: Selection) -> None:
        self.map.choose(selection.site, selection.zone)

    def _lay_out(self) -> None:
        self.furniture.lay_out(self.viewport().rect())

    def _drag_map(self, by: QPoint) -> None:
        self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        self.pan_by(by)

    def _click(self, at: QPoint, site: str | None) -> None:
        zone = self.map.zone_at(self.mapToScene(at))
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
        site = None if self.grabbing else self._site_at(at)
        self.map.hover(site)
        self.furniture.show_site(self.session.reading, site, self._days, at)
        shape = Qt.CursorShape.ArrowCursor
        if self.grabbing:
            shape = Qt.CursorShape.OpenHandCursor
        elif site is not None:
            shape = Qt.CursorShape.PointingHandCursor
        self.viewport().setCursor(shape)

    def _leave(self) -> None:
        self.map.hover(None)
        self.furniture.card.hide()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click, a drag or a pan."""
        at = event.position().toPoint()
        middle = event.button() == Qt.MouseButton.MiddleButton
        if event.button() != Qt.MouseButton.LeftButton and not middle:
            event.ignore()
            return
        self.furniture.card.hide()
        self.pointer.press(at, self._site_at(at), pan_only=self.grabbing or middle)
        event.accept()

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
        self.zoom_at(event.position(), 0.5 if out else 2.0)
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the block under the pointer."""
        block = self.session.project.block_at(*self.map.frame.metres(self.mapToScene(event.pos())))
        if block is not None:
            self.block_asked.emit(block.id, event.globalPos())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give a drag up with Esc."""
        if event.key() == Qt.Key.Key_Escape and self.pointer.cancel():
            event.accept()
        else:
            super().keyPressEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Scroll the picture; the furniture, which scrolls with it, goes back to its corners."""
        super().scrollContentsBy(dx, dy)
        self._lay_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the furniture in its corners."""
        super().resizeEvent(event)
        self._lay_out()


def _call(method: weakref.WeakMethod[Callable[..., None]], *args: object) -> None:
    alive = method()
    if alive is not None:
        alive(*args)
