"""All zones of the map, as their outlines are."""

from collections.abc import Mapping

from PySide6.QtWidgets import QGraphicsScene

from zoneplanner.app.reading import ProjectState
from zoneplanner.ui.canvas.shapes import SceneTransform
from zoneplanner.ui.canvas.zones import NORMAL_ZONE, ZoneItem, ZoneStyle
from zoneplanner.ui.kit.theme import Theme


class ZoneLayer:
    """The items of the zones that have an area, by id."""

    def __init__(
        self, scene: QGraphicsScene, frame: SceneTransform, theme: Theme, ratio: float
    ) -> None:
        self.items: dict[str, ZoneItem] = {}
        self._scene = scene
        self._frame = frame
        self._theme = theme
        self._ratio = ratio
        self._stand = (10.0, 1.0)
        self._clear = False

    def stand(self, z: float, opacity: float, *, clear: bool) -> None:
        """Take the height and opacity of the fills; ``clear`` ones let the ground show."""
        self._stand, self._clear = (z, opacity), clear

    def show(
        self, reading: ProjectState, states: Mapping[str, str], *, muted: bool, shown: bool
    ) -> None:
        """Follow a reading; ``muted`` fills stand back behind a colouring of the sites."""
        for gone in set(self.items) - set(reading.outlines):
            self._scene.removeItem(self.items.pop(gone))
        for zone in reading.plan.zones if reading.plan else ():
            outline = reading.outlines.get(zone.id)
            if outline is None:
                continue
            look = ZoneStyle(zone.colour, states.get(zone.id, NORMAL_ZONE), muted, self._clear)
            item = self.items.get(zone.id)
            if item is None:
                item = self.items[zone.id] = ZoneItem(zone.id, look, self._theme, self._ratio)
                self._scene.addItem(item)
            item.set_look(look)
            item.set_area(outline.area, self._frame)
            item.setZValue(self._stand[0])
            item.setOpacity(self._stand[1])
            item.setVisible(shown)
