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
    """Zones and sites of a state, arranged like a ``template``; nothing can be edited.

    Signals
    -------
    view_moved
        This map, when a person moved it; whether the scale changed; whether it may change again.
    pointed
        This map and the pointer's position on it; ``left`` is emitted when the pointer leaves.
    clicked
        The site and the zone at a click, or None.
    """

    view_moved = Signal(object, bool, bool)
    pointed = Signal(object, QPoint)
    left = Signal()
    clicked = Signal(object, object)

    def __init__(
        self, state: ProjectState, theme: Theme, parent: QWidget, template: MapScene
    ) -> None:
        super().__init__(parent)
        self._window = parent
        self.setMinimumSize(1, 1)
        self.map = MapScene(state, theme, self.devicePixelRatioF(), self, like=template)
        self.map.tiles.offer = template.tiles.offer
        if template.arrangement != self.map.arrangement:
            self.map.arrange(template.arrangement)
        self.setScene(self.map)
        self._following = False
        self._pan_start: QPoint | None = None
        self._panning = False
        self.viewport_events.left.connect(self.left)

    def show_state(self, state: ProjectState, coloring: SiteColoring | None = None) -> None:
        """Show another state, by default with the sites in the colors of their zones."""
        if state is not self.map.state or coloring is not None:
            self.map.show_state(state, coloring or SiteColoring(ColoringChoice()))

    def arrange(self, arrangement: Arrangement) -> None:
        """Apply an arrangement of the layers."""
        if arrangement != self.map.arrangement:
            self.map.arrange(arrangement)

    def select(self, site: str | None, zone: str | None) -> None:
        """Highlight the selection."""
        if (site, zone) != (self.map.selected_site, self.map.selected_zone):
            self.map.select(site, zone)

    def set_theme(self, theme: Theme) -> None:
        """Change the colors."""
        self.map.set_theme(theme)

    def map_geometry_to(self, other: QWidget) -> QRect:
        """Return this map's rectangle in another widget."""
        return QRect(self._window.mapTo(other, QPoint()), self._window.size())

    def on_view_changed(self, *, zoomed: bool, transient: bool = False) -> None:
        """Update labels, and report a move by a person."""
        super().on_view_changed(zoomed=zoomed, transient=transient)
        if not self._following:
            self.view_moved.emit(self, zoomed, transient)

    def follow(self, lead: "ReadOnlyMap", *, zoomed: bool, transient: bool = False) -> None:
        """Move to the viewpoint of another map, without emitting ``view_moved``."""
        self._following = True
        try:
            has_same_extent = self.sceneRect() == lead.sceneRect()
            if has_same_extent and self.viewport().size() == lead.viewport().size():
                self.shows_all = lead.shows_all
                viewport.copy_viewpoint(self, lead)
                self.on_view_changed(zoomed=zoomed, transient=transient)
            else:
                self.look_at(lead.viewpoint())
        finally:
            self._following = False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a pan."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pan_start, self._panning = event.position().toPoint(), False
            self.left.emit()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan, or report the pointer's position."""
        at = event.position().toPoint()
        if self._pan_start is None:
            self.pointed.emit(self, at)
        elif self._panning or self._is_drag(at):
            self._panning = True
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            self.pan_by(self._pan_start - at)
            self._pan_start = at
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a pan, or report a click."""
        at = event.position().toPoint()
        pressed, self._pan_start = self._pan_start is not None, None
        shape = Qt.CursorShape.OpenHandCursor if self.grabbing else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(shape)
        if pressed and not self._panning and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(self.site_at(at), self.map.zone_at(self.mapToScene(at)))
        self.pointed.emit(self, at)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Zoom in at the pointer, or out with Shift."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.zoom_by_double_click(event)
        event.accept()

    def _is_drag(self, at: QPoint) -> bool:
        distance = at - self._pan_start if self._pan_start is not None else QPoint()
        return distance.manhattanLength() >= QApplication.startDragDistance()


_ABOVE_ZONES = 0.1
_LOWEST_Z = 2.0
_DIFFERENCE = "difference"


class DifferenceMap(ReadOnlyMap):
    """The second plan, muted, with the areas and sites that change highlighted."""

    def __init__(self, pair: PlanPair, theme: Theme, parent: QWidget, template: MapScene) -> None:
        super().__init__(pair.after, theme, parent, template)
        self._pair = pair
        self.areas: list[ZoneItem] = []
        self.show_changes(pair)

    def show_changes(self, pair: PlanPair) -> None:
        """Show the differences of another pair of plans."""
        self._pair = pair
        self.show_state(pair.after, _color_moved_sites(pair, self.map.theme))
        self._create_changed_areas()

    def arrange(self, arrangement: Arrangement) -> None:
        """Apply an arrangement; changed areas stay directly above the zones."""
        super().arrange(arrangement)
        self._raise_changed_areas()

    def set_theme(self, theme: Theme) -> None:
        """Change the colors."""
        super().set_theme(theme)
        self.show_changes(self._pair)

    def _create_changed_areas(self) -> None:
        for item in self.areas:
            if shiboken6.isValid(item):
                self.map.remove_item(item)
        self.areas = []
        outlines = self._pair.before.outlines, self._pair.after.outlines
        for (before, after), area in find_changed_areas(*outlines).items():
            color = find_transfer(self._pair, before, after).after_color
            style = ZoneStyle(color or 0, DIMMED_ZONE if color is None else TARGET_ZONE)
            item = ZoneItem(after or "", style, self.map.theme, self.devicePixelRatioF())
            item.set_area(area, self.map.frame)
            self.map.addItem(item)
            self.areas.append(item)
        self._raise_changed_areas()

    def _raise_changed_areas(self) -> None:
        zones_z = max((item.zValue() for item in self.map.zones.values()), default=_LOWEST_Z)
        for item in self.areas:
            item.setZValue(zones_z + _ABOVE_ZONES)
            item.setVisible(self.map.shown["zones"])


def _color_moved_sites(pair: PlanPair, theme: Theme) -> SiteColoring:
    """Color moved sites like their new zones, with the zones' numbers; the others are pale."""
    moved: dict[str, list[str]] = {}
    for group in group_transfers(pair):
        moved.setdefault(group.transfer.after or "", []).extend(group.sites)
    classes = []
    for zone, sites in moved.items():
        color = find_transfer(pair, None, zone or None).after_color
        fill = theme.unassigned if color is None else make_zone_color(color).name()
        sign = zone or "–"
        classes.append(
            ColorClass(f"to {sign}", fill, choose_ink(fill), frozenset(sites), sign=sign)
        )
    patrolled = {site.id for site in pair.after.project.sites.values() if site.patrolled}
    same = frozenset(patrolled.difference(*(one.sites for one in classes)))
    classes.append(ColorClass("as before", theme.site_pale, theme.text, same))
    class_index = {site: i for i, one in enumerate(classes) for site in one.sites}
    choice = ColoringChoice(_DIFFERENCE)
    return SiteColoring(choice, classes=tuple(classes), class_index=class_index)
