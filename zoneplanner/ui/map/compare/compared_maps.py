"""The maps of a comparison: one of each plan, and one of what differs."""

import shiboken6
from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from zoneplanner.analysis.geometry.cells_and_outlines import find_changed_areas
from zoneplanner.app.plans.comparison import PlanPair
from zoneplanner.app.session.state import ProjectState
from zoneplanner.tokens import choose_ink
from zoneplanner.ui.map import viewport
from zoneplanner.ui.map.compare.zone_transfers import find_transfer, group_transfers
from zoneplanner.ui.map.layers import Arrangement
from zoneplanner.ui.map.scene.map_scene import MapScene
from zoneplanner.ui.map.scene.zones_and_lines import DIMMED_ZONE, TARGET_ZONE, ZoneItem, ZoneStyle
from zoneplanner.ui.map.symbology.color_classes import ColorClass
from zoneplanner.ui.map.symbology.site_coloring import ColoringChoice, SiteColoring
from zoneplanner.ui.map.viewport import PanZoomView
from zoneplanner.ui.widgets.style.theme import Theme
from zoneplanner.ui.widgets.style.value_text import make_zone_color


class ReadOnlyMap(PanZoomView):
    """Zones and sites of a reading, arranged ``like`` on another map. Nothing can be edited.

    ``went`` carries the map itself where it looks from elsewhere by hand, whether the scale
    changed and whether it moves on at once; ``pointed`` the map and the pointer's place on it,
    ``left`` tells that the pointer is gone; ``clicked`` the site and the zone at a click.
    """

    view_moved = Signal(object, bool, bool)
    pointed = Signal(object, QPoint)
    left = Signal()
    clicked = Signal(object, object)

    def __init__(self, state: ProjectState, theme: Theme, parent: QWidget, like: MapScene) -> None:
        super().__init__(parent)
        self._window = parent
        self.setMinimumSize(1, 1)
        self.map = MapScene(state, theme, self.devicePixelRatioF(), self, like=like)
        self.map.tiles.offer = like.tiles.offer
        if like.arrangement != self.map.arrangement:
            self.map.arrange(like.arrangement)
        self.setScene(self.map)
        self._following = False
        self._held: QPoint | None = None
        self._panning = False
        self.touch.left.connect(self.left)

    def show_state(self, state: ProjectState, coloring: SiteColoring | None = None) -> None:
        """Show another state; without a coloring the sites have the colors of their zones."""
        if state is not self.map.state or coloring is not None:
            self.map.show_state(state, coloring or SiteColoring(ColoringChoice()))

    def arrange(self, arrangement: Arrangement) -> None:
        """Show the layers in another order, more or less opaque, with other labels."""
        if arrangement != self.map.arrangement:
            self.map.arrange(arrangement)

    def choose(self, site: str | None, zone: str | None) -> None:
        """Mark what is selected."""
        if (site, zone) != (self.map.chosen_site, self.map.chosen_zone):
            self.map.choose(site, zone)

    def set_theme(self, theme: Theme) -> None:
        """Paint in other colors."""
        self.map.set_theme(theme)

    def geometry_on(self, other: QWidget) -> QRect:
        """Return the part of another widget that shows this map."""
        return QRect(self._window.mapTo(other, QPoint()), self._window.size())

    def on_view_changed(self, *, zoomed: bool, passing: bool = False) -> None:
        """Let words and numbers follow, and whoever looks along."""
        super().on_view_changed(zoomed=zoomed, passing=passing)
        if not self._following:
            self.view_moved.emit(self, zoomed, passing)

    def follow(self, lead: "ReadOnlyMap", *, zoomed: bool, passing: bool = False) -> None:
        """Look from where another map looks; nobody hears of it."""
        self._following = True
        try:
            same = self.sceneRect() == lead.sceneRect()
            if same and self.viewport().size() == lead.viewport().size():
                self.whole = lead.whole
                viewport.copy_viewpoint(self, lead)
                self.on_view_changed(zoomed=zoomed, passing=passing)
            else:
                self.look_at(lead.viewpoint())
        finally:
            self._following = False

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
            self.zoom_on_double_click(event)
        event.accept()

    def _dragged(self, at: QPoint) -> bool:
        way = at - self._held if self._held is not None else QPoint()
        return way.manhattanLength() >= QApplication.startDragDistance()


_ABOVE_ZONES = 0.1
_LOWEST_Z = 2.0
_DIFFERENCE = "difference"


class DifferenceMap(ReadOnlyMap):
    """The second plan, muted, with what it changes of the first laid over."""

    def __init__(self, found: PlanPair, theme: Theme, parent: QWidget, like: MapScene) -> None:
        super().__init__(found.after, theme, parent, like)
        self._found = found
        self.areas: list[ZoneItem] = []
        self.show_changes(found)

    def show_changes(self, found: PlanPair) -> None:
        """Show what another comparison found."""
        self._found = found
        self.show_state(found.after, _color_moved_sites(found, self.map.theme))
        self._lay_areas()

    def arrange(self, arrangement: Arrangement) -> None:
        """Show the layers in another order; what changed stays right above the zones."""
        super().arrange(arrangement)
        self._stand()

    def set_theme(self, theme: Theme) -> None:
        """Paint in other colors."""
        super().set_theme(theme)
        self.show_changes(self._found)

    def _lay_areas(self) -> None:
        for item in self.areas:
            if shiboken6.isValid(item):
                self.map.remove_tool_item(item)
        self.areas = []
        found = self._found
        for ends, area in find_changed_areas(found.before.outlines, found.after.outlines).items():
            color = find_transfer(found, *ends).after_color
            look = ZoneStyle(color or 0, DIMMED_ZONE if color is None else TARGET_ZONE)
            item = ZoneItem(ends[1] or "", look, self.map.theme, self.devicePixelRatioF())
            item.set_area(area, self.map.frame)
            self.map.addItem(item)
            self.areas.append(item)
        self._stand()

    def _stand(self) -> None:
        zones = [item.zValue() for item in self.map.zones.values()]
        for item in self.areas:
            item.setZValue(max(zones, default=_LOWEST_Z) + _ABOVE_ZONES)
            item.setVisible(self.map.shown["zones"])


def _color_moved_sites(found: PlanPair, theme: Theme) -> SiteColoring:
    """Color moved sites as their new zones and write the zone into them; the others are pale."""
    moved: dict[str, list[str]] = {}
    for stream in group_transfers(found):
        moved.setdefault(stream.ends.after or "", []).extend(stream.sites)
    shades = []
    for zone, sites in moved.items():
        color = find_transfer(found, None, zone or None).after_color
        fill = theme.unassigned if color is None else make_zone_color(color).name()
        sign = zone or "–"
        shades.append(ColorClass(f"to {sign}", fill, choose_ink(fill), frozenset(sites), sign=sign))
    every = {site.id for site in found.after.project.sites.values() if site.patrolled}
    same = frozenset(every.difference(*(shade.sites for shade in shades)))
    shades.append(ColorClass("as before", theme.site_pale, theme.text, same))
    place = {site: at for at, shade in enumerate(shades) for site in shade.sites}
    return SiteColoring(ColoringChoice(_DIFFERENCE), shades=tuple(shades), place=place)
