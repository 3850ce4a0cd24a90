"""A zone on the map: its fill, its hatch, and how it stands out or back."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.palette import zone_hatch
from zoneplanner.ui.canvas.ground import get_pattern_origin
from zoneplanner.ui.canvas.hatches import make_hatch_brush
from zoneplanner.ui.canvas.shapes import SceneTransform, build_painter_path
from zoneplanner.ui.kit.palette import blend_over, make_zone_fill, make_zone_text_color
from zoneplanner.ui.kit.theme import Theme

NORMAL_ZONE, TARGET_ZONE, DIMMED_ZONE = "normal", "target", "dimmed"


@dataclass(frozen=True, slots=True)
class ZoneStyle:
    """How a zone is filled. ``muted`` is the pale fill under a colouring of the sites.

    ``clear`` lets web tiles below it show.
    """

    colour: int
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
        ground = tint if self.look.clear else blend_over(tint, self.theme.colour("land"))
        return make_hatch_brush(
            zone_hatch(self.look.colour), self._hatch_colour(), self._ratio, ground
        )

    def _fill(self) -> QColor:
        share = self.theme.zone_fill_share
        if self.look.state == TARGET_ZONE:
            return make_zone_fill(self.look.colour, min(1.0, share + 0.28))
        if self.look.state == DIMMED_ZONE:
            grey = QColor(self.theme.muted)
            grey.setAlphaF(0.22)
            return grey
        return make_zone_fill(self.look.colour, share * 0.3 if self.look.muted else share)

    def _hatch_colour(self) -> QColor:
        if self.look.state == DIMMED_ZONE:
            return QColor(Qt.GlobalColor.transparent)
        colour = make_zone_text_color(self.look.colour, self.theme)
        colour.setAlphaF(self.theme.hatch_share * (0.7 if self.look.muted else 1.0))
        return colour
