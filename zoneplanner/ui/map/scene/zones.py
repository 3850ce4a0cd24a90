"""A zone on the map: its fill, its hatch, and how it stands out or back."""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QTransform
from shapely.geometry.base import BaseGeometry

from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.plans.zone_colors import zone_hatch
from zoneplanner.ui.map.scene.background import get_pattern_origin
from zoneplanner.ui.map.scene.drawing import ItemLayer, SceneItem
from zoneplanner.ui.map.scene.geometry import SceneTransform, build_painter_path
from zoneplanner.ui.map.symbology.hatch_patterns import make_hatch_brush
from zoneplanner.ui.widgets.style.data_colors import (
    blend_over,
    make_zone_fill,
    make_zone_text_color,
)
from zoneplanner.ui.widgets.style.painting import fade_color
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


class ZoneItem(SceneItem):
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

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Fill the area with its hatch."""
        # lines cover all edges of a zone, and soft edges cost seven times as much
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setBrushOrigin(get_pattern_origin(world))
        painter.fillPath(world.map(self._path), self._brush)

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
            return fade_color(self.theme.muted, 0.22)
        return make_zone_fill(self.look.color, share * 0.3 if self.look.muted else share)

    def _hatch_color(self) -> QColor:
        if self.look.state == DIMMED_ZONE:
            return QColor(Qt.GlobalColor.transparent)
        share = self.theme.hatch_share * (0.7 if self.look.muted else 1.0)
        return fade_color(make_zone_text_color(self.look.color, self.theme), share)


class ZoneLayer(ItemLayer[ZoneItem]):
    """The items of the zones that have an area, by id.

    ``z`` and ``opacity`` are those of the fills; ``clear`` ones let the ground show.
    """

    z, opacity, clear = 10.0, 1.0, False

    def show(
        self, state: ProjectState, highlights: Mapping[str, str], *, muted: bool, shown: bool
    ) -> None:
        """Follow a state; ``muted`` fills stand back behind a coloring of the sites."""
        self.remove(set(self.items) - set(state.outlines))
        for zone in state.plan.zones if state.plan else ():
            outline = state.outlines.get(zone.id)
            if outline is None:
                continue
            look = ZoneStyle(zone.color, highlights.get(zone.id, NORMAL_ZONE), muted, self.clear)
            item = self.items.get(zone.id) or self.add(
                zone.id, ZoneItem(zone.id, look, self._theme, self._ratio)
            )
            item.set_look(look)
            item.set_area(outline.area, self._frame)
            item.setZValue(self.z)
            item.setOpacity(self.opacity)
            item.setVisible(shown)
