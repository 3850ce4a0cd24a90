"""A zone on the map: its fill, the band along its edge, and how it stands out or back."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import shapely
from PySide6.QtCore import QRectF
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QTransform
from shapely.geometry.base import BaseGeometry

from zoneplanner.app.session.state import ProjectState
from zoneplanner.tokens import MAP_STYLE
from zoneplanner.ui.map.scene.drawing import (
    ItemLayer,
    SceneItem,
    SceneTransform,
    SegmentBatch,
    build_painter_path,
    extract_segments,
    wrap_segments,
)
from zoneplanner.ui.map.scene.linework import get_pattern_origin
from zoneplanner.ui.map.symbology.symbols_and_fills import make_band_color, make_zone_brush
from zoneplanner.ui.widgets.style.data_colors import blend_over
from zoneplanner.ui.widgets.style.theme import Theme, fade_color

NORMAL_ZONE, TARGET_ZONE, DIMMED_ZONE = "normal", "target", "dimmed"
_TARGET_SHARE, _DIMMED_SHARE = 0.28, 0.22
_STEPS_PER_OCTAVE = 4
"""At so many scales to a doubling a band is made anew: it is within 9 % of its width."""
_DETAIL_PX = 0.5


@dataclass(frozen=True, slots=True)
class ZoneStyle:
    """How a zone is filled. ``muted`` is the pale fill under a coloring of the sites.

    ``clear`` lets web tiles below it show; ``fill`` is the share of the usual fill at a scale.
    """

    color: int
    state: str = NORMAL_ZONE
    muted: bool = False
    clear: bool = False
    fill: float = 1.0


class ZoneItem(SceneItem):
    """The area of one zone."""

    def __init__(self, zone: str, look: ZoneStyle, theme: Theme, ratio: float) -> None:
        super().__init__()
        self.zone = zone
        self.theme = theme
        self.look = look
        self.band = _ZoneBand(self)
        self._ratio = ratio
        self._path = QPainterPath()
        self._brush = self._make_brush()
        self._area: BaseGeometry | None = None
        self.setZValue(10)

    def set_area(self, area: BaseGeometry, frame: SceneTransform) -> None:
        """Take another area; the very same one changes nothing."""
        if area is self._area:
            return
        self.prepareGeometryChange()
        self._area = area
        self._path = build_painter_path(area, frame)
        self.band.set_area(area, frame)
        self.update()

    def set_look(self, look: ZoneStyle) -> None:
        """Fill in another way."""
        if look != self.look:
            self.look = look
            self._brush = self._make_brush()
            self.update()
            self.band.update()

    def boundingRect(self) -> QRectF:
        """Span the area."""
        return self._path.boundingRect()

    def shape(self) -> QPainterPath:
        """Return the area itself, for picking."""
        return self._path

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Fill the area."""
        # lines cover all edges of a zone, and soft edges cost seven times as much
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setBrushOrigin(get_pattern_origin(world))
        painter.fillPath(world.map(self._path), self._brush)

    def _make_brush(self) -> QBrush:
        look, theme = self.look, self.theme
        if look.state == DIMMED_ZONE:
            return QBrush(fade_color(theme.muted, _DIMMED_SHARE))
        usual = MAP_STYLE.themed_fill_share if look.muted else theme.zone_fill_share * look.fill
        share = usual + (_TARGET_SHARE if look.state == TARGET_ZONE else 0.0)
        return make_zone_brush(look.color, theme, self._ratio, share, clear=look.clear)


@dataclass(frozen=True, eq=False, slots=True)
class _Band:
    path: QPainterPath
    inner: SegmentBatch


class _ZoneBand(SceneItem):
    """The band of one width at each scale along the inside of a zone's edge.

    It is an item of its own since it lies over the streets that lie over the fill.
    """

    def __init__(self, zone: ZoneItem) -> None:
        super().__init__()
        self._zone = zone
        self._area: BaseGeometry | None = None
        self._frame = SceneTransform(0.0, 0.0)
        self._rect = QRectF()
        self._bands: dict[int, _Band] = {}

    def set_area(self, area: BaseGeometry, frame: SceneTransform) -> None:
        """Follow the zone's area."""
        self.prepareGeometryChange()
        self._area, self._frame, self._bands = area, frame, {}
        self._rect = frame.rect(area.bounds) if not area.is_empty else QRectF()

    def boundingRect(self) -> QRectF:
        """Span the area."""
        return self._rect

    def shape(self) -> QPainterPath:
        """Return nothing: the zone itself is picked."""
        return QPainterPath()

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Fill the band of the present scale.

        Soft edges would cost four times as much: the zone's line covers the outer one, and a thin
        line softens the inner one.
        """
        band = self._make_band(1 / world.m11())
        if band is None:
            return
        color = self._color()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.fillPath(world.map(band.path), color)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        band.inner.draw(painter, world, exposed, QPen(color, 1.0))

    def _color(self) -> QColor:
        look, theme = self._zone.look, self._zone.theme
        if look.state == DIMMED_ZONE:
            return fade_color(theme.muted, _DIMMED_SHARE)
        band = make_band_color(look.color)
        return band if look.clear else blend_over(band, theme.color("land"))

    def _make_band(self, m_px: float) -> "_Band | None":
        step = round(math.log2(m_px) * _STEPS_PER_OCTAVE)
        if step not in self._bands and self._area is not None:
            m_px = 2.0 ** (step / _STEPS_PER_OCTAVE)
            detail_m = _DETAIL_PX * m_px
            coarse = shapely.simplify(self._area, detail_m, preserve_topology=False)
            reach_m = MAP_STYLE.at(m_px).band_px * m_px
            inner = shapely.buffer(coarse, -reach_m, quad_segs=2, join_style="mitre")
            path = build_painter_path(coarse, self._frame)
            path.addPath(build_painter_path(inner, self._frame))
            self._bands[step] = _Band(path, wrap_segments(extract_segments([inner], self._frame)))
        return self._bands.get(step)


class ZoneLayer(ItemLayer[ZoneItem]):
    """The items of the zones that have an area, by id.

    ``z`` and ``opacity`` are those of the fills, ``band_z`` that of the bands; ``clear`` fills let
    the ground show.
    """

    z, band_z, opacity, clear = 10.0, 20.0, 1.0, False
    _stand: tuple[float, float, float, bool] | None = None

    def add(self, key: str, item: ZoneItem) -> ZoneItem:
        """Put a zone with its band on the map and return it."""
        self._scene.addItem(item.band)
        return super().add(key, item)

    def remove(self, keys: Iterable[str]) -> None:
        """Take zones with their bands off the map."""
        gone = list(keys)
        for key in gone:
            self._scene.removeItem(self.items[key].band)
        super().remove(gone)

    def show(
        self,
        state: ProjectState,
        highlights: Mapping[str, str],
        *,
        muted: bool,
        shown: bool,
        m_px: float,
    ) -> None:
        """Follow a state; ``muted`` fills stand back behind a coloring of the sites."""
        self.remove(set(self.items) - set(state.outlines))
        fill = MAP_STYLE.at(m_px).fill
        before, self._stand = self._stand, (self.z, self.band_z, self.opacity, shown)
        for zone in state.plan.zones if state.plan else ():
            outline = state.outlines.get(zone.id)
            if outline is None:
                continue
            highlight = highlights.get(zone.id, NORMAL_ZONE)
            look = ZoneStyle(zone.color, highlight, muted, self.clear, fill)
            known = self.items.get(zone.id)
            item = known or self.add(zone.id, ZoneItem(zone.id, look, self._theme, self._ratio))
            item.set_look(look)
            item.set_area(outline.area, self._frame)
            if known is not None and self._stand == before:
                continue
            for part, z in ((item, self.z), (item.band, self.band_z)):
                part.setZValue(z)
                part.setOpacity(self.opacity)
                part.setVisible(shown)
