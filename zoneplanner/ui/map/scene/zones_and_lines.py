"""Zones on the map and what is drawn with them: their fills and bands, lines over them, land below.

A zone has a fill and a band along its edge, and stands out or back. The lines over the zones are
roads, blocks, zone edges, city limits, county and district lines. Under them is land, and what is
outside the district under a veil.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import is_

import numpy as np
import shapely
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QGraphicsScene
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.project import Project
from zoneplanner.tokens import MAP_STYLE
from zoneplanner.ui.map.scene.drawing import (
    ItemLayer,
    SceneItem,
    SceneLayer,
    SceneTransform,
    SegmentBatch,
    build_painter_path,
    build_segment_index,
    draw_segments,
    drop_duplicate_segments,
    drop_segments_near,
    extract_segments,
    make_segment_batch,
    merge_shared_borders,
    wrap_segments,
)
from zoneplanner.ui.map.symbology.site_coloring import make_band_color, make_zone_brush
from zoneplanner.ui.widgets.style.theme import Theme, fade_color
from zoneplanner.ui.widgets.style.value_text import blend_over

_WIDE_PX = 6.0
_VEIL_OVER_TILES = 0.45


class BackgroundLayer(SceneLayer):
    """The ground of the map; it changes with the project's areas only.

    Where it is ``tiled`` there are web tiles below it, and it lets them show.
    """

    def __init__(
        self,
        rect: QRectF,
        project: Project,
        slivers: BaseGeometry | None,
        frame: SceneTransform,
        theme: Theme,
    ) -> None:
        super().__init__(rect, 0)
        self.theme = theme
        self.shown = {"roads": True, "city": True, "district": True}
        self.tiled = False
        self._outside: QPainterPath | None = None
        district = merge_district_areas(project)
        self._district = build_painter_path(district, frame)
        self._cities = make_segment_batch([], frame)
        if district is not None:
            cities = [j.area.boundary for j in project.jurisdictions.values() if j.kind == "city"]
            self._cities = make_segment_batch(
                list(shapely.difference(cities, district.buffer(1))), frame, coarser_from=0
            )
        self._slivers = build_painter_path(slivers, frame)
        roads = list_layer_geometries(project, "arterial")
        beyond = [] if district is None else list(shapely.difference(roads, district))
        self._roads = make_segment_batch(beyond, frame, coarser_from=0)

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Paint lines outside the district, as under a veil, then the district's land."""
        if self.tiled:
            self._draw_veil(painter, world)
            return
        land, veil = self.theme.color("land"), self.theme.color("veil")
        if self.shown["roads"]:
            color = blend_over(veil, self.theme.color("road_case"))
            self._roads.draw(painter, world, exposed, make_line_pen(color, 1.8))
        if self.shown["city"]:
            color = blend_over(veil, self.theme.color("city_line"))
            self._cities.draw(painter, world, exposed, make_line_pen(color, 1.5))
        # soft edges cost much, and the lines of the district and of cities cover this one
        covered = self.shown["city"] and self.shown["district"]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=not covered)
        painter.fillPath(world.map(self._district), land)
        painter.fillPath(world.map(self._slivers), blend_over(veil, land))

    def _draw_veil(self, painter: QPainter, world: QTransform) -> None:
        """Let web tiles below show, those outside the district through a thin veil."""
        if self._district.isEmpty():
            return
        veil = fade_color(self.theme.land, _VEIL_OVER_TILES)
        if self._outside is None:
            whole = QPainterPath()
            whole.addRect(self._rect)
            self._outside = whole.subtracted(self._district)
        # the district's own line covers this edge, and soft edges cost much
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.fillPath(world.map(self._outside), veil)


def get_background_color(project: Project, theme: Theme) -> QColor:
    """Return the color of what is outside the district, or of a map that has none."""
    land = theme.color("land")
    return land if merge_district_areas(project) is None else blend_over(theme.color("veil"), land)


def merge_district_areas(project: Project) -> BaseGeometry | None:
    """Return the district's area, None where the project has none."""
    found = [f.geometry for f in project.features if f.layer == "district"]
    return shapely.union_all(found) if len(found) > 1 else next(iter(found), None)


def make_line_pen(color: str | QColor, width: float) -> QPen:
    """Return a pen whose segments join without gaps.

    Qt draws square ends some ten times faster than round ones; only wide lines show the
    difference.
    """
    wide = width > _WIDE_PX
    cap = Qt.PenCapStyle.RoundCap if wide else Qt.PenCapStyle.SquareCap
    return QPen(QColor(color), width, c=cap)


def make_hairline_pen(color: QColor, width: float) -> QPen:
    """Return a pen of at most a pixel, paler where its color lets something show.

    Qt draws a line that is thinner than a pixel paler in proportion, to the same shade as a color
    that lets as much show, and five times as fast.
    """
    opaque = QColor(color)
    opaque.setAlpha(255)
    return QPen(opaque, width * color.alphaF())


_DASHES_PX: Mapping[str, Sequence[float]] = {
    "city": MAP_STYLE.city_dash,
    "county": MAP_STYLE.county_dash,
}
_OUTLINE_PX = 1.5


def make_outline_pen(layer: str, theme: Theme) -> QPen:
    """Return the pen of the line of a city, a county or the district, for small maps and legends.

    The map itself cuts dashes so that they go on from segment to segment.
    """
    pen = QPen(theme.color(f"{layer}_line"), _OUTLINE_PX)
    if layer in _DASHES_PX:
        pen.setDashPattern([px / _OUTLINE_PX for px in _DASHES_PX[layer]])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def list_layer_geometries(project: Project, layer: str) -> Sequence[BaseGeometry]:
    """Return the geometries of one layer of features, in meters, in the project's order."""
    return [feature.geometry for feature in project.features if feature.layer == layer]


def get_pattern_origin(world: QTransform) -> QPointF:
    """Return where the scene's origin lies on the device, for patterns that move with the map."""
    return QPointF(round(world.dx()), round(world.dy()))


_Pens = Callable[[float], Sequence[QPen]]

_SAME_LINE_M = 2.0
_BLOCKS_FROM_M_PX, _BLOCK_PX = 14.0, 0.8
_RIVER_M = 85.0
_RIVER_PX = (3.0, 60.0)


class _SegmentLayer(SceneLayer):
    """Lines drawn with the pens that suit a scale (pixels to a meter), the widest first."""

    def __init__(self, rect: QRectF, strokes: SegmentBatch, pens: _Pens) -> None:
        super().__init__(rect, 0)
        self.strokes = strokes
        self._pens = pens

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the lines once with each pen."""
        for pen in self._pens(world.m11()):
            self.strokes.draw(painter, world, exposed, pen)


class _DashedLayer(SceneLayer):
    """Lines, shapes (n, 2), as dashes of the same lengths at each scale, the last of the pens.

    Those before it draw the whole line below them.
    """

    def __init__(
        self, rect: QRectF, lines: Sequence[FloatArray], pens: _Pens, pattern_px: Sequence[float]
    ) -> None:
        super().__init__(rect, 0)
        self._pens = pens
        self._pattern_px = pattern_px
        self.set_lines(lines)

    def set_lines(self, lines: Sequence[FloatArray]) -> None:
        """Take other lines."""
        self._lines = lines
        self._whole = wrap_segments(
            np.vstack([np.empty((0, 4)), *(np.hstack([one[:-1], one[1:]]) for one in lines)])
        )
        self._scale, self._dashes = 0.0, np.empty((0, 4))
        self.update()

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the dashes in view."""
        *below, pen = self._pens(world.m11())
        for case in below:
            self._whole.draw(painter, world, exposed, case)
        painter.setPen(pen)
        if world.m11() != self._scale:
            self._scale = world.m11()
            cut = [cut_dashes(line * self._scale, self._pattern_px) for line in self._lines]
            self._dashes = np.vstack([np.empty((0, 4)), *cut])
        moved = self._dashes + np.tile((world.dx(), world.dy()), 2)
        kept = _clip_to_rect(moved, world.mapRect(exposed))
        if len(kept):
            draw_segments(painter, kept)


_FERRY_PX = 1.6


class Linework:
    """All lines of the map, an item a layer; the district's is not drawn along a city's limit.

    ``items`` are by the layers' names: river, blocks, roads, edges, county, district and city.
    """

    def __init__(
        self, rect: QRectF, project: Project, frame: SceneTransform, theme: Theme, ratio: float
    ) -> None:
        self._frame = frame
        district = merge_district_areas(project)
        roads = [
            _clip_to_area(road, district) for road in list_layer_geometries(project, "arterial")
        ]
        district_segments = extract_segments([district] if district is not None else [], frame)
        city_segments = _city_limits(project, district, district_segments, frame)
        own = drop_segments_near(
            district_segments, build_segment_index(city_segments), _SAME_LINE_M
        )
        rings = [
            frame.to_scene(shapely.get_coordinates(ring))
            for area in list_layer_geometries(project, "county")
            for ring in shapely.get_rings(shapely.get_parts(area))
        ]
        blocks = merge_shared_borders(block.area for block in project.blocks.values())
        self._edges = _SegmentLayer(
            rect, _make_empty_batch(), _make_pens(theme.zone_edge, theme.zone_edge_px)
        )
        self._ferries = _DashedLayer(
            rect, (), _make_pens(theme.city_line, _FERRY_PX), MAP_STYLE.city_dash
        )
        self._chosen = _SegmentLayer(rect, _make_empty_batch(), _make_selection_pens(theme))
        self.items: dict[str, SceneLayer] = {
            "river": _SegmentLayer(
                rect,
                make_segment_batch(list_layer_geometries(project, "river"), frame, coarser_from=0),
                _make_river_pens(theme),
            ),
            "blocks": _SegmentLayer(
                rect, make_segment_batch(blocks, frame, coarser_from=0), _make_block_pens(theme)
            ),
            "roads": _SegmentLayer(
                rect, make_segment_batch(roads, frame, coarser_from=0), _make_road_pens(theme)
            ),
            "edges": self._edges,
            "county": _DashedLayer(
                rect, rings, _make_pens(theme.county_line, 1.5), MAP_STYLE.county_dash
            ),
            "district": _SegmentLayer(
                rect, wrap_segments(own), _make_pens(theme.district_line, 1.5)
            ),
            "city": _DashedLayer(
                rect,
                _join_segments(city_segments),
                _make_city_pens(theme),
                MAP_STYLE.city_dash,
            ),
        }
        self._own: dict[str, tuple[BaseGeometry, FloatArray]] = {}
        self._joined: tuple[object, object] = (None, None)

    def add_to(self, scene: QGraphicsScene) -> None:
        """Put all items on a scene."""
        for item in (*self.items.values(), self._ferries, self._chosen):
            scene.addItem(item)

    def show_connections(self, project: Project) -> None:
        """Draw a dashed line between sites that a person made neighbors, as a ferry goes.

        Sites that are the very same as before change nothing: the lines span the whole map.
        """
        joined = (project.sites, project.connections.joined)
        if all(map(is_, joined, self._joined)):
            return
        self._joined = joined
        ends = [
            [project.sites[site].position for site in pair if site in project.sites]
            for pair in project.connections.joined
        ]
        self._ferries.set_lines([self._frame.to_scene(np.array(own)) for own in ends if own[1:]])

    def set_outlines(self, areas: Mapping[str, BaseGeometry]) -> None:
        """Take the zones' outlines; those that are the very same as before are not read again."""
        own: dict[str, tuple[BaseGeometry, FloatArray]] = {}
        touched = [known[0] for zone, known in self._own.items() if zone not in areas]
        for zone, area in areas.items():
            known = self._own.get(zone)
            if known is not None and known[0] is area:
                own[zone] = known
            else:
                touched += [area] if known is None else [area, known[0]]
                own[zone] = (area, extract_segments([area], self._frame))
        if not touched:
            return
        self._own = own
        every = [segments for _, segments in own.values()]
        self._edges.strokes = (
            wrap_segments(drop_duplicate_segments(np.vstack(every)))
            if every
            else _make_empty_batch()
        )
        self._edges.update(self._frame.rect(tuple(shapely.total_bounds(touched).tolist())))

    def raise_selection(self, z: float) -> None:
        """Draw what is chosen at a height of the map."""
        self._chosen.setZValue(z)
        self._ferries.setZValue(z)

    def choose(self, area: BaseGeometry | None) -> None:
        """Draw an area's edge as chosen; None ends that."""
        self._chosen.strokes = wrap_segments(
            extract_segments([area] if area is not None else [], self._frame)
        )
        self._chosen.update()


def _make_empty_batch() -> SegmentBatch:
    return wrap_segments(np.empty((0, 4)))


def _make_pens(color: str, px: float) -> _Pens:
    return lambda scale: (make_line_pen(color, px),)


def _make_city_pens(theme: Theme) -> _Pens:
    """Return dashes on a thin case, which shows them where a zone's edge is the same line."""

    def pens(scale: float) -> Sequence[QPen]:
        px = MAP_STYLE.at(1 / scale).city_px
        return make_line_pen(theme.halo, 2 * px), make_line_pen(theme.city_line, px)

    return pens


def _make_selection_pens(theme: Theme) -> _Pens:
    ring = MAP_STYLE.selected_ring_px
    pens = make_line_pen(theme.halo, ring + 2), make_line_pen(theme.label, ring)
    return lambda scale: pens


def _make_river_pens(theme: Theme) -> _Pens:
    return lambda scale: (
        make_line_pen(theme.water, min(max(_RIVER_M * scale, _RIVER_PX[0]), _RIVER_PX[1])),
    )


def _make_road_pens(theme: Theme) -> _Pens:
    def pens(scale: float) -> Sequence[QPen]:
        road = make_line_pen(theme.road, MAP_STYLE.at(1 / scale).road_px)
        return QPen(theme.color("road_case"), road.widthF() + 1.4, c=road.capStyle()), road

    return pens


def _make_block_pens(theme: Theme) -> _Pens:
    def pens(scale: float) -> Sequence[QPen]:
        if 1 / scale > _BLOCKS_FROM_M_PX:
            return ()
        share = 0.28 + 0.47 * min(1.0, _BLOCKS_FROM_M_PX * scale / 3)
        return (make_hairline_pen(fade_color(theme.block, share), _BLOCK_PX),)

    return pens


def _city_limits(
    project: Project, district: BaseGeometry | None, edge: FloatArray, frame: SceneTransform
) -> FloatArray:
    """Return city limits in the district; along its edge only those of cities that are served."""
    served = {
        area
        for unit in project.units.values()
        for area in project.jurisdictions
        if unit.holds_zone and unit.may_be_primary(area)
    }
    reach = None if district is None else district.buffer(1)
    found = []
    for city in project.jurisdictions.values():
        if city.kind == "city":
            limits = extract_segments([_clip_to_area(city.area.boundary, reach)], frame)
            walls = None if city.id in served else build_segment_index(edge)
            found.append(drop_segments_near(limits, walls, _SAME_LINE_M))
    return drop_duplicate_segments(np.vstack(found)) if found else np.empty((0, 4))


def _clip_to_area(shape: BaseGeometry, area: BaseGeometry | None) -> BaseGeometry:
    return shape if area is None else shape.intersection(area)


def _join_segments(segments: FloatArray) -> list[FloatArray]:
    """Return lines, shapes (n, 2), that go through segments that meet."""
    merged = shapely.line_merge(shapely.multilinestrings(segments.reshape(-1, 2, 2)))
    return [shapely.get_coordinates(line) for line in shapely.get_parts(merged)]


def cut_dashes(points: FloatArray, pattern_px: Sequence[float]) -> FloatArray:
    """Cut a line, shape (n, 2) in pixels, into dashes, shape (m, 4).

    The pattern is of dashes and gaps by turns.
    """
    steps = np.hypot(*np.diff(points, axis=0).T)
    reached = np.concatenate([[0.0], np.cumsum(steps)])
    ends = np.cumsum(pattern_px)
    turns = np.arange(0.0, reached[-1], ends[-1])[:, None]
    starts, stops = (
        np.sort((turns + at).ravel()) for at in (np.concatenate([[0.0], ends[1:-1:2]]), ends[::2])
    )
    inside = starts < reached[-1]
    starts, stops = starts[inside], np.minimum(stops[inside], reached[-1])
    return np.column_stack(
        [np.interp(at, reached, points[:, axis]) for at in (starts, stops) for axis in (0, 1)]
    )


def _clip_to_rect(lines: FloatArray, seen: QRectF) -> FloatArray:
    near = (
        (lines[:, 0] >= seen.left() - 20)
        & (lines[:, 0] <= seen.right() + 20)
        & (lines[:, 1] >= seen.top() - 20)
        & (lines[:, 1] <= seen.bottom() + 20)
    )
    kept: FloatArray = lines[near]
    return kept


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
    highlight: str = NORMAL_ZONE
    muted: bool = False
    clear: bool = False
    fill: float = 1.0


def _dim_color(ground: QColor, look: ZoneStyle, theme: Theme) -> QColor:
    """Return the color of a zone that steps back on a ground; it covers that unless it is clear.

    To fill with an opaque color takes a tenth of the time.
    """
    veil = fade_color(theme.muted, _DIMMED_SHARE)
    return veil if look.clear else blend_over(veil, ground)


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

    @property
    def brush_color(self) -> QColor:
        """The color of the fill."""
        return self._brush.color()

    def _make_brush(self) -> QBrush:
        look, theme = self.look, self.theme
        if look.highlight == DIMMED_ZONE:
            return QBrush(_dim_color(theme.color("land"), look, theme))
        usual = MAP_STYLE.themed_fill_share if look.muted else theme.zone_fill_share * look.fill
        share = usual + (_TARGET_SHARE if look.highlight == TARGET_ZONE else 0.0)
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
        color = self.color
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.fillPath(world.map(band.path), color)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        band.inner.draw(painter, world, exposed, make_hairline_pen(color, 1.0))

    @property
    def color(self) -> QColor:
        """The color of the band."""
        look, theme = self._zone.look, self._zone.theme
        if look.highlight == DIMMED_ZONE:
            return _dim_color(self._zone.brush_color, look, theme)
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
