"""The map of what differs: changed land and sites in the new zone's look, all else pale."""

import shiboken6
from PySide6.QtWidgets import QWidget

from zoneplanner.analysis.changed_areas import find_changed_areas
from zoneplanner.app.compare import PlanPair
from zoneplanner.ui.canvas.arrangement import Arrangement
from zoneplanner.ui.canvas.colouring import ColoringChoice, SiteColoring
from zoneplanner.ui.canvas.compare.reading_map import ReadOnlyMap
from zoneplanner.ui.canvas.scene import MapScene
from zoneplanner.ui.canvas.shades import ColorClass
from zoneplanner.ui.canvas.zones import DIMMED_ZONE, TARGET_ZONE, ZoneItem, ZoneStyle
from zoneplanner.ui.kit.palette import choose_text_color, make_zone_color
from zoneplanner.ui.kit.theme import Theme
from zoneplanner.ui.models.compare import find_transfer, group_transfers

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
        self.show_reading(found.after, _color_moved_sites(found, self.map.theme))
        self._lay_areas()

    def arrange(self, arrangement: Arrangement) -> None:
        """Show the layers in another order; what changed stays right above the zones."""
        super().arrange(arrangement)
        self._stand()

    def set_theme(self, theme: Theme) -> None:
        """Paint in other colours."""
        super().set_theme(theme)
        self.show_changes(self._found)

    def _lay_areas(self) -> None:
        for item in self.areas:
            if shiboken6.isValid(item):
                self.map.take_off(item)
        self.areas = []
        found = self._found
        for ends, area in find_changed_areas(found.before.outlines, found.after.outlines).items():
            colour = find_transfer(found, *ends).after_colour
            look = ZoneStyle(colour or 0, DIMMED_ZONE if colour is None else TARGET_ZONE)
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
    """Colour moved sites as their new zones and write the zone into them; the others are pale."""
    moved: dict[str, list[str]] = {}
    for stream in group_transfers(found):
        moved.setdefault(stream.ends.after or "", []).extend(stream.sites)
    shades = []
    for zone, sites in moved.items():
        colour = find_transfer(found, None, zone or None).after_colour
        fill = theme.unassigned if colour is None else make_zone_color(colour).name()
        sign = zone or "–"
        shades.append(
            ColorClass(f"to {sign}", fill, choose_text_color(fill), frozenset(sites), sign=sign)
        )
    every = {site.id for site in found.after.project.sites.values() if site.patrolled}
    same = frozenset(every.difference(*(shade.sites for shade in shades)))
    shades.append(ColorClass("as before", theme.site_pale, theme.text, same))
    place = {site: at for at, shade in enumerate(shades) for site in shade.sites}
    return SiteColoring(ColoringChoice(_DIFFERENCE), shades=tuple(shades), place=place)
