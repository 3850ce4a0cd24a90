"""A map of one reading, only to be looked at."""

from PySide6.QtCore import QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from zoneplanner.app.reading import ProjectState
from zoneplanner.ui.canvas import camera
from zoneplanner.ui.canvas.arrangement import Arrangement
from zoneplanner.ui.canvas.colouring import ColoringChoice, SiteColoring
from zoneplanner.ui.canvas.compare.place import get_viewpoint, set_viewpoint
from zoneplanner.ui.canvas.navigation import PanZoomView
from zoneplanner.ui.canvas.scene import MapScene
from zoneplanner.ui.kit.theme import Theme


class ReadOnlyMap(PanZoomView):
    """Zones and sites of a reading, arranged ``like`` on another map. Nothing can be edited.

    ``went`` carries the map itself where it looks from elsewhere by hand, whether the scale
    changed and whether it moves on at once; ``pointed`` the map and the pointer's place on it,
    ``left`` tells that the pointer is gone; ``clicked`` the site and the zone at a click.
    """

    went = Signal(object, bool, bool)
    pointed = Signal(object, QPoint)
    left = Signal()
    clicked = Signal(object, object)

    def __init__(
        self, reading: ProjectState, theme: Theme, parent: QWidget, like: MapScene
    ) -> None:
        super().__init__(parent)
        self._window = parent
        self.setMinimumSize(1, 1)
        self.map = MapScene(reading, theme, self.devicePixelRatioF(), self, like=like)
        self.map.tiles.offer = like.tiles.offer
        if like.arrangement != self.map.arrangement:
            self.map.arrange(like.arrangement)
        self.setScene(self.map)
        self._following = False
        self._held: QPoint | None = None
        self._panning = False
        self.touch.left.connect(self._leave)

    def show_reading(self, reading: ProjectState, colouring: SiteColoring | None = None) -> None:
        """Show another state; without a colouring the sites have the colours of their zones."""
        if reading is not self.map.reading or colouring is not None:
            self.map.show_reading(reading, colouring or SiteColoring(ColoringChoice()))

    def arrange(self, arrangement: Arrangement) -> None:
        """Show the layers in another order, more or less opaque, with other labels."""
        if arrangement != self.map.arrangement:
            self.map.arrange(arrangement)

    def choose(self, site: str | None, zone: str | None) -> None:
        """Mark what is selected."""
        if (site, zone) != (self.map.chosen_site, self.map.chosen_zone):
            self.map.choose(site, zone)

    def set_theme(self, theme: Theme) -> None:
        """Paint in other colours."""
        self.map.set_theme(theme)

    def geometry_on(self, other: QWidget) -> QRect:
        """Return the part of another widget that shows this map."""
        return QRect(self._window.mapTo(other, QPoint()), self._window.size())

    def home(self) -> QRectF:
        """Return the district's extent in the scene."""
        return self.map.home

    def looked(self, *, zoomed: bool, passing: bool = False) -> None:
        """Let words and numbers follow, and whoever looks along."""
        window = camera.get_visible_rect(self)
        if zoomed:
            self.map.zoomed(camera.get_m_px(self), window, passing=passing)
        else:
            self.map.panned(window)
        if not self._following:
            self.went.emit(self, zoomed, passing)

    def follow(self, lead: "ReadOnlyMap", *, zoomed: bool, passing: bool = False) -> None:
        """Look from where another map looks; nobody hears of it."""
        self._following = True
        try:
            same = self.sceneRect() == lead.sceneRect()
            if same and self.viewport().size() == lead.viewport().size():
                self.whole = lead.whole
                camera.copy_viewpoint(self, lead)
                self.looked(zoomed=zoomed, passing=passing)
            else:
                set_viewpoint(self, self.map, get_viewpoint(lead, lead.map))
        finally:
            self._following = False

    def site_at(self, at: QPoint) -> str | None:
        """Return the site whose symbol is at a place of the viewport."""
        return self.map.site_at(self.mapToScene(at), camera.get_m_px(self))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the map."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._held, self._panning = event.position().toPoint(), False
            self.left.emit()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan the map that is held, or tell where the pointer is."""
        at = event.position().toPoint()
        if self._held is None:
            self.pointed.emit(self, at)
        elif self._panning or self._dragged(at):
            self._panning = True
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            self.pan_by(self._held - at)
            self._held = at
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go; without a pan this was a click."""
        at = event.position().toPoint()
        held, self._held = self._held, None
        shape = Qt.CursorShape.OpenHandCursor if self.grabbing else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(shape)
        if held is not None and not self._panning and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(self.site_at(at), self.map.zone_at(self.mapToScene(at)))
        self.pointed.emit(self, at)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Zoom in about the pointer, with Shift out."""
        if event.button() == Qt.MouseButton.LeftButton:
            out = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.zoom_at(event.position(), 0.5 if out else 2.0)
        event.accept()

    def _dragged(self, at: QPoint) -> bool:
        way = at - self._held if self._held is not None else QPoint()
        return way.manhattanLength() >= QApplication.startDragDistance()

    def _leave(self) -> None:
        self.left.emit()
