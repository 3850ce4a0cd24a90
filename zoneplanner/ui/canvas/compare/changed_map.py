"""The map of what differs: changed land and sites in the new zone's look, all else pale."""

import shiboken6
from PySide6.QtWidgets import QWidget

from zoneplanner.analysis.changed_areas import changed_areas
from zoneplanner.app.compare import Compared
from zoneplanner.ui.canvas.arrangement import Arrangement
from zoneplanner.ui.canvas.colouring import Choice, Colouring
from zoneplanner.ui.canvas.compare.reading_map import ReadingMap
from zoneplanner.ui.canvas.scene import MapScene
from zoneplanner.ui.canvas.shades import Shade
from zoneplanner.ui.canvas.zones import DIMMED, TARGET, ZoneItem, ZoneLook
from zoneplanner.ui.kit.palette import ink_on, solid
from zoneplanner.ui.kit.theme import Theme
from zoneplanner.ui.models.compare import ends_of, streams

_ABOVE_ZONES = 0.1
_LOWEST_Z = 2.0
_DIFFERENCE = "difference"


class ChangedMap(ReadingMap):
    """The second plan, muted, with what it changes of the first laid over."""

    def __init__(self, found: Compared, theme: Theme, parent: QWidget, like: MapScene) -> None:
        super().__init__(found.after, theme, parent, like)
        self._found = found
        self.areas: list[ZoneItem] = []
        self.show_changes(found)

    def show_changes(self, found: Compared) -> None:
        """Show what another comparison found."""
        self._found = found
        self.show_reading(found.after, _differing(found, self.map.theme))
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
        for ends, area in changed_areas(found.before.outlines, found.after.outlines).items():
            colour = ends_of(found, *ends).after_colour
            look = ZoneLook(colour or 0, DIMMED if colour is None else TARGET)
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


def _differing(found: Compared, theme: Theme) -> Colouring:
    """Colour moved sites as their new zones and write the zone into them; the others are pale."""
    moved: dict[str, list[str]] = {}
    for stream in streams(found):
        moved.setdefault(stream.ends.after or "", []).extend(stream.sites)
    shades = []
    for zone, sites in moved.items():
        colour = ends_of(found, None, zone or None).after_colour
        fill = theme.unassigned if colour is None else solid(colour).name()
        sign = zone or "–"
        shades.append(Shade(f"to {sign}", fill, ink_on(fill), frozenset(sites), sign=sign))
    every = {site.id for site in found.after.project.sites.values() if site.patrolled}
    same = frozenset(every.difference(*(shade.sites for shade in shades)))
    shades.append(Shade("as before", theme.site_pale, theme.text, same))
    place = {site: at for at, shade in enumerate(shades) for site in shade.sites}
    return Colouring(Choice(_DIFFERENCE), shades=tuple(shades), place=place)
