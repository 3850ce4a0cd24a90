"""A zone on the map: its fill, its hatch, and how it stands out or back."""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QStyleOptionGraphicsItem, QWidget
from shapely.geometry.base import BaseGeometry

from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.plans.zone_colors import zone_hatch
from zoneplanner.ui.map.scene.background import get_pattern_origin
from zoneplanner.ui.map.scene.geometry import SceneTransform, build_painter_path
from zoneplanner.ui.map.symbology.hatch_patterns import make_hatch_brush
from zoneplanner.ui.widgets.style.data_colors import (
    blend_over,
    make_zone_fill,
    make_zone_text_color,
)
from zoneplanner.ui.widgets.style.theme import Theme

NORMAL_ZONE, TARGET_ZONE, DIMMED_ZONE = "normal", "target", "dimmed"


@dataclass(frozen=True, slots=True)
class ZoneStyle:
    """How a zone is filled. ``muted`` is the pale fill under a coloring of the sites.

    ``clear`` lets web tiles below it show.
    """

    color: int
    state: str = NORMAL_ZONE
    muted: bool = False
    clear: bool = False


class ZoneItem(QGraphicsItem):
    """The area of one zone."""

    def __init__(self, zone: str, look: ZoneStyle, theme: Theme, ratio: float) -> None:
        super().__init__()
        self.zone = zone
        self.theme = theme
        self.look = look
        self._ratio = ratio
        self._path = QPainterPath()
        self._brush = self._hatched()
        self._area: BaseGeometry | None = None
        self.setZValue(10)

    def set_area(self, area: BaseGeometry, frame: SceneTransform) -> None:
        """Take another area; the very same one changes nothing."""
        if area is self._area:
            return
        self.prepareGeometryChange()
        self._area = area
        self._path = build_painter_path(area, frame)
        self.update()

    def set_look(self, look: ZoneStyle) -> None:
        """Fill in another way."""
        if look != self.look:
            self.look = look
            self._brush = self._hatched()
            self.update()

    def boundingRect(self) -> QRectF:
        """Span the area."""
        return self._path.boundingRect()

    def shape(self) -> QPainterPath:
        """Return the area itself, for picking."""
        return self._path

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Fill the area with its hatch."""
        world = painter.worldTransform()
        painter.save()
        try:
            painter.resetTransform()
            # lines cover all edges of a zone, and soft edges cost seven times as much
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
            painter.setBrushOrigin(get_pattern_origin(world))
            painter.fillPath(world.map(self._path), self._brush)
        finally:
            painter.restore()

    def _hatched(self) -> QBrush:
        tint = self._fill()
        ground = tint if self.look.clear else blend_over(tint, self.theme.color("land"))
        return make_hatch_brush(
            zone_hatch(self.look.color), self._hatch_color(), self._ratio, ground
        )

    def _fill(self) -> QColor:
        share = self.theme.zone_fill_share
        if self.look.state == TARGET_ZONE:
            return make_zone_fill(self.look.color, min(1.0, share + 0.28))
        if self.look.state == DIMMED_ZONE:
            gray = QColor(self.theme.muted)
            gray.setAlphaF(0.22)
            return gray
        return make_zone_fill(self.look.color, share * 0.3 if self.look.muted else share)

    def _hatch_color(self) -> QColor:
        if self.look.state == DIMMED_ZONE:
            return QColor(Qt.GlobalColor.transparent)
        color = make_zone_text_color(self.look.color, self.theme)
        color.setAlphaF(self.theme.hatch_share * (0.7 if self.look.muted else 1.0))
        return color


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
        """Follow a reading; ``muted`` fills stand back behind a coloring of the sites."""
        for gone in set(self.items) - set(reading.outlines):
            self._scene.removeItem(self.items.pop(gone))
        for zone in reading.plan.zones if reading.plan else ():
            outline = reading.outlines.get(zone.id)
            if outline is None:
                continue
            look = ZoneStyle(zone.color, states.get(zone.id, NORMAL_ZONE), muted, self._clear)
            item = self.items.get(zone.id)
            if item is None:
                item = self.items[zone.id] = ZoneItem(zone.id, look, self._theme, self._ratio)
                self._scene.addItem(item)
            item.set_look(look)
            item.set_area(outline.area, self._frame)
            item.setZValue(self._stand[0])
            item.setOpacity(self._stand[1])
            item.setVisible(shown)
