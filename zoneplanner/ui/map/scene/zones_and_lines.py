"""Zones on the map with their fills and bands, the lines over them, and the land below.

A zone has a fill and a band along its edge, and can be highlighted or dimmed. The lines over the
zones are roads, blocks, zone edges, city limits, county and district lines. The land outside the
district is under a veil.
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
    find_points_in,
    make_segment_batch,
    merge_shared_borders,
    wrap_segments,
)
from zoneplanner.ui.map.symbology.site_coloring import make_band_color, make_zone_brush
from zoneplanner.ui.widgets.style.theme import Theme, fade_color
from zoneplanner.ui.widgets.style.value_text import blend_over

_MIN_ROUND_CAP_PX = 6.0
_TILES_VEIL_ALPHA = 0.45


class BackgroundLayer(SceneLayer):
    """The land of the map, which depends on the project's areas only.

    If it is ``tiled``, there are web tiles below it, which it does not cover.
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
                list(shapely.difference(cities, district.buffer(1))), frame, simplify_from=0
            )
        self._slivers = build_painter_path(slivers, frame)
        roads = list_layer_geometries(project, "arterial")
        beyond = [] if district is None else list(shapely.difference(roads, district))
        self._roads = make_segment_batch(beyond, frame, simplify_from=0)

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw veiled lines outside the district, then the district's land."""
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
        # antialiasing is slow, and the lines of the district and of cities cover this edge
        covered = self.shown["city"] and self.shown["district"]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=not covered)
        painter.fillPath(world.map(self._district), land)
        painter.fillPath(world.map(self._slivers), blend_over(veil, land))

    def _draw_veil(self, painter: QPainter, world: QTransform) -> None:
        """Draw only a thin veil over the web tiles outside the district."""
        if self._district.isEmpty():
            return
        veil = fade_color(self.theme.land, _TILES_VEIL_ALPHA)
        if self._outside is None:
            whole = QPainterPath()
            whole.addRect(self._rect)
            self._outside = whole.subtracted(self._district)
        # antialiasing is slow, and the district's line covers this edge
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.fillPath(world.map(self._outside), veil)


def get_background_color(project: Project, theme: Theme) -> QColor:
    """Return the color outside the district, or of the whole map without one."""
    land = theme.color("land")
    return land if merge_district_areas(project) is None else blend_over(theme.color("veil"), land)


def merge_district_areas(project: Project) -> BaseGeometry | None:
    """Return the district's area, or None if the project has none."""
    areas = list_layer_geometries(project, "district")
    return shapely.union_all(areas) if len(areas) > 1 else next(iter(areas), None)


def make_line_pen(color: str | QColor, width: float) -> QPen:
    """Return a pen whose segments join without gaps.

    Qt draws square caps about ten times faster than round ones, and only wide lines show the
    difference.
    """
    is_wide = width > _MIN_ROUND_CAP_PX
    cap = Qt.PenCapStyle.RoundCap if is_wide else Qt.PenCapStyle.SquareCap
    return QPen(QColor(color), width, c=cap)


def make_hairline_pen(color: QColor, width: float) -> QPen:
    """Return an opaque pen of at most a pixel that looks like a transparent one of a pixel.

    Qt draws lines thinner than a pixel proportionally paler, which gives the same shade as a
    transparent color and is five times as fast.
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
    """Return the pen for the line of a city, county or district on small maps and in legends.

    On the map, dashes are cut so that they continue from segment to segment.
    """
    pen = QPen(theme.color(f"{layer}_line"), _OUTLINE_PX)
    if layer in _DASHES_PX:
        pen.setDashPattern([px / _OUTLINE_PX for px in _DASHES_PX[layer]])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def list_layer_geometries(project: Project, layer: str) -> Sequence[BaseGeometry]:
    """Return the geometries of a layer of features, in meters, in the project's order."""
    return [feature.geometry for feature in project.features if feature.layer == layer]


def get_pattern_origin(world: QTransform) -> QPointF:
    """Return the scene's origin on the device, for patterns that move with the map."""
    return QPointF(round(world.dx()), round(world.dy()))


_PenFactory = Callable[[float], Sequence[QPen]]

_SAME_LINE_M = 2.0
_BLOCKS_MAX_M_PX, _BLOCK_PX = 14.0, 0.8
_RIVER_M = 85.0
_RIVER_PX = (3.0, 60.0)


class _SegmentLayer(SceneLayer):
    """Segments drawn with the pens for a scale (pixels per meter), the widest first."""

    def __init__(self, rect: QRectF, segments: SegmentBatch, pens: _PenFactory) -> None:
        super().__init__(rect, 0)
        self.segments = segments
        self._make_pens = pens

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the segments once with each pen."""
        for pen in self._make_pens(world.m11()):
            self.segments.draw(painter, world, exposed, pen)


class _DashedLayer(SceneLayer):
    """Lines, shapes (n, 2), drawn by the last pen with dashes of the same length at each scale.

    The other pens draw whole lines below the dashes.
    """

    def __init__(
        self,
        rect: QRectF,
        lines: Sequence[FloatArray],
        pens: _PenFactory,
        pattern_px: Sequence[float],
    ) -> None:
        super().__init__(rect, 0)
        self._make_pens = pens
        self._pattern_px = pattern_px
        self.set_lines(lines)

    def set_lines(self, lines: Sequence[FloatArray]) -> None:
        """Show other lines."""
        self._lines = lines
        segments = (np.hstack([line[:-1], line[1:]]) for line in lines)
        self._whole = wrap_segments(np.vstack([np.empty((0, 4)), *segments]))
        self._scale, self._dashes = 0.0, np.empty((0, 4))
        self.update()

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the dashes in view."""
        *case_pens, dash_pen = self._make_pens(world.m11())
        for pen in case_pens:
            self._whole.draw(painter, world, exposed, pen)
        painter.setPen(dash_pen)
        if world.m11() != self._scale:
            self._scale = world.m11()
            dashes = [cut_dashes(line * self._scale, self._pattern_px) for line in self._lines]
            self._dashes = np.vstack([np.empty((0, 4)), *dashes])
        moved = self._dashes + np.tile((world.dx(), world.dy()), 2)
        margin = _MAX_DASH_PX
        near = world.mapRect(exposed).adjusted(-margin, -margin, margin, margin)
        visible = moved[find_points_in(moved, near)]
        if len(visible):
            draw_segments(painter, visible)


_FERRY_PX = 1.6
_MAX_DASH_PX = 20.0


class Linework:
    """All lines of the map, an item for each layer; the district's line omits city limits.

    ``items`` has the layers river, blocks, roads, edges, county, district and city.
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
        city_segments = _extract_city_limits(project, district, district_segments, frame)
        city_index = build_segment_index(city_segments)
        district_line = drop_segments_near(district_segments, city_index, _SAME_LINE_M)
        rings = [
            frame.to_scene(shapely.get_coordinates(ring))
            for area in list_layer_geometries(project, "county")
            for ring in shapely.get_rings(shapely.get_parts(area))
        ]
        blocks = merge_shared_borders(block.area for block in project.blocks.values())
        self._edges = _SegmentLayer(
            rect, _make_empty_batch(), _make_line_pens(theme.zone_edge, theme.zone_edge_px)
        )
        self._ferries = _DashedLayer(
            rect, (), _make_line_pens(theme.city_line, _FERRY_PX), MAP_STYLE.city_dash
        )
        self._selection = _SegmentLayer(rect, _make_empty_batch(), _make_selection_pens(theme))
        rivers = list_layer_geometries(project, "river")
        county_pens = _make_line_pens(theme.county_line, 1.5)
        district_pens = _make_line_pens(theme.district_line, 1.5)
        city_lines, city_pens = _join_segments(city_segments), _make_city_pens(theme)

        def simplified(lines: Sequence[BaseGeometry], pens: _PenFactory) -> SceneLayer:
            return _SegmentLayer(rect, make_segment_batch(lines, frame, simplify_from=0), pens)

        self.items: dict[str, SceneLayer] = {
            "river": simplified(rivers, _make_river_pens(theme)),
            "blocks": simplified(blocks, _make_block_pens(theme)),
            "roads": simplified(roads, _make_road_pens(theme)),
            "edges": self._edges,
            "county": _DashedLayer(rect, rings, county_pens, MAP_STYLE.county_dash),
            "district": _SegmentLayer(rect, wrap_segments(district_line), district_pens),
            "city": _DashedLayer(rect, city_lines, city_pens, MAP_STYLE.city_dash),
        }
        self._outlines: dict[str, tuple[BaseGeometry, FloatArray]] = {}
        self._connections_key: tuple[object, object] = (None, None)

    def add_to(self, scene: QGraphicsScene) -> None:
        """Add all items to a scene."""
        for item in (*self.items.values(), self._ferries, self._selection):
            scene.addItem(item)

    def show_connections(self, project: Project) -> None:
        """Draw dashed lines, like those of ferries, between sites that a person connected.

        If the sites are identical to before, nothing changes, since the lines span the whole map.
        """
        key = (project.sites, project.connections.joined)
        if all(map(is_, key, self._connections_key)):
            return
        self._connections_key = key
        lines = [
            [project.sites[site].position for site in pair if site in project.sites]
            for pair in project.connections.joined
        ]
        self._ferries.set_lines(
            [self._frame.to_scene(np.array(line)) for line in lines if line[1:]]
        )

    def set_outlines(self, areas: Mapping[str, BaseGeometry]) -> None:
        """Show the zones' outlines; only areas that are not identical to before are updated."""
        outlines: dict[str, tuple[BaseGeometry, FloatArray]] = {}
        changed = [known[0] for zone, known in self._outlines.items() if zone not in areas]
        for zone, area in areas.items():
            known = self._outlines.get(zone)
            if known is not None and known[0] is area:
                outlines[zone] = known
            else:
                changed += [area] if known is None else [area, known[0]]
                outlines[zone] = (area, extract_segments([area], self._frame))
        if not changed:
            return
        self._outlines = outlines
        segments = [np.empty((0, 4)), *(segments for _, segments in outlines.values())]
        self._edges.segments = wrap_segments(drop_duplicate_segments(np.vstack(segments)))
        self._edges.update(self._frame.rect(tuple(shapely.total_bounds(changed).tolist())))

    def set_selection_z(self, z: float) -> None:
        """Set the z value of the selection and of the lines between connected sites."""
        self._selection.setZValue(z)
        self._ferries.setZValue(z)

    def show_selection(self, area: BaseGeometry | None) -> None:
        """Draw the edge of the selected area; None removes it."""
        areas = [area] if area is not None else []
        self._selection.segments = wrap_segments(extract_segments(areas, self._frame))
        self._selection.update()


def _make_empty_batch() -> SegmentBatch:
    return wrap_segments(np.empty((0, 4)))


def _make_line_pens(color: str, px: float) -> _PenFactory:
    return lambda scale: (make_line_pen(color, px),)


def _make_city_pens(theme: Theme) -> _PenFactory:
    """Return pens for dashes on a thin case, which separates them from a zone's edge."""

    def pens(scale: float) -> Sequence[QPen]:
        px = MAP_STYLE.at(1 / scale).city_px
        return make_line_pen(theme.halo, 2 * px), make_line_pen(theme.city_line, px)

    return pens


def _make_selection_pens(theme: Theme) -> _PenFactory:
    ring = MAP_STYLE.selected_ring_px
    pens = make_line_pen(theme.halo, ring + 2), make_line_pen(theme.label, ring)
    return lambda scale: pens


def _make_river_pens(theme: Theme) -> _PenFactory:
    return lambda scale: (
        make_line_pen(theme.water, min(max(_RIVER_M * scale, _RIVER_PX[0]), _RIVER_PX[1])),
    )


def _make_road_pens(theme: Theme) -> _PenFactory:
    def pens(scale: float) -> Sequence[QPen]:
        road = make_line_pen(theme.road, MAP_STYLE.at(1 / scale).road_px)
        return QPen(theme.color("road_case"), road.widthF() + 1.4, c=road.capStyle()), road

    return pens


def _make_block_pens(theme: Theme) -> _PenFactory:
    def pens(scale: float) -> Sequence[QPen]:
        if 1 / scale > _BLOCKS_MAX_M_PX:
            return ()
        share = 0.28 + 0.47 * min(1.0, _BLOCKS_MAX_M_PX * scale / 3)
        return (make_hairline_pen(fade_color(theme.block, share), _BLOCK_PX),)

    return pens


def _extract_city_limits(
    project: Project, district: BaseGeometry | None, edge: FloatArray, frame: SceneTransform
) -> FloatArray:
    """Return the city limits in the district; along its edge, only those of served cities."""
    served = {
        area
        for unit in project.units.values()
        for area in project.jurisdictions
        if unit.holds_zone and unit.may_be_primary(area)
    }
    clip_area = None if district is None else district.buffer(1)
    limits = [np.empty((0, 4))]
    for city in project.jurisdictions.values():
        if city.kind == "city":
            own = extract_segments([_clip_to_area(city.area.boundary, clip_area)], frame)
            barriers = None if city.id in served else build_segment_index(edge)
            limits.append(drop_segments_near(own, barriers, _SAME_LINE_M))
    return drop_duplicate_segments(np.vstack(limits))


def _clip_to_area(shape: BaseGeometry, area: BaseGeometry | None) -> BaseGeometry:
    return shape if area is None else shape.intersection(area)


def _join_segments(segments: FloatArray) -> list[FloatArray]:
    """Return connected segments as lines, shapes (n, 2)."""
    merged = shapely.line_merge(shapely.multilinestrings(segments.reshape(-1, 2, 2)))
    return [shapely.get_coordinates(line) for line in shapely.get_parts(merged)]


def cut_dashes(points: FloatArray, pattern_px: Sequence[float]) -> FloatArray:
    """Cut a line, shape (n, 2) in pixels, into dashes, shape (m, 4).

    The pattern alternates dashes and gaps.
    """
    steps = np.hypot(*np.diff(points, axis=0).T)
    distances = np.concatenate([[0.0], np.cumsum(steps)])
    length, ends = distances[-1], np.cumsum(pattern_px)
    repeats = np.arange(0.0, length, ends[-1])[:, None]
    starts = np.sort((repeats + np.concatenate([[0.0], ends[1:-1:2]])).ravel())
    stops = np.sort((repeats + ends[::2]).ravel())
    inside = starts < length
    starts, stops = starts[inside], np.minimum(stops[inside], length)
    return np.column_stack(
        [np.interp(at, distances, points[:, axis]) for at in (starts, stops) for axis in (0, 1)]
    )


NORMAL_ZONE, TARGET_ZONE, DIMMED_ZONE = "normal", "target", "dimmed"
_TARGET_ALPHA, _DIMMED_ALPHA = 0.28, 0.22
_BANDS_PER_OCTAVE = 4
"""A band is built for this many scales per doubling, so its width is at most 9% off."""
_DETAIL_PX = 0.5


@dataclass(frozen=True, slots=True)
class ZoneStyle:
    """How a zone is filled.

    ``muted`` is the pale fill under a coloring of the sites; ``clear`` does not cover web tiles;
    ``fill`` is the factor of the usual opacity at a scale.
    """

    color: int
    highlight: str = NORMAL_ZONE
    muted: bool = False
    clear: bool = False
    fill: float = 1.0


def _dim_color(ground: QColor, style: ZoneStyle, theme: Theme) -> QColor:
    """Return the color of a dimmed zone on a ground, opaque unless the zone is clear.

    Filling with an opaque color takes a tenth of the time.
    """
    veil = fade_color(theme.muted, _DIMMED_ALPHA)
    return veil if style.clear else blend_over(veil, ground)


class ZoneItem(SceneItem):
    """The area of a zone."""

    def __init__(self, zone: str, style: ZoneStyle, theme: Theme, ratio: float) -> None:
        super().__init__()
        self.zone = zone
        self.theme = theme
        self.style = style
        self.band = _ZoneBand(self)
        self._ratio = ratio
        self._path = QPainterPath()
        self._brush = self._make_brush()
        self._area: BaseGeometry | None = None
        self.setZValue(10)

    def set_area(self, area: BaseGeometry, frame: SceneTransform) -> None:
        """Set the area, unless it is identical."""
        if area is self._area:
            return
        self.prepareGeometryChange()
        self._area = area
        self._path = build_painter_path(area, frame)
        self.band.set_area(area, frame)
        self.update()

    def set_style(self, style: ZoneStyle) -> None:
        """Fill the zone in another style."""
        if style != self.style:
            self.style = style
            self._brush = self._make_brush()
            self.update()
            self.band.update()

    def boundingRect(self) -> QRectF:
        """Return the bounds of the area."""
        return self._path.boundingRect()

    def shape(self) -> QPainterPath:
        """Return the area, to test for hits."""
        return self._path

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Fill the area."""
        # lines cover all edges of a zone, and antialiasing takes seven times as long
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setBrushOrigin(get_pattern_origin(world))
        painter.fillPath(world.map(self._path), self._brush)

    @property
    def brush_color(self) -> QColor:
        """The color of the fill."""
        return self._brush.color()

    def _make_brush(self) -> QBrush:
        style, theme = self.style, self.theme
        if style.highlight == DIMMED_ZONE:
            return QBrush(_dim_color(theme.color("land"), style, theme))
        usual = MAP_STYLE.themed_fill_share if style.muted else theme.zone_fill_share * style.fill
        share = usual + (_TARGET_ALPHA if style.highlight == TARGET_ZONE else 0.0)
        return make_zone_brush(style.color, theme, self._ratio, share, clear=style.clear)


@dataclass(frozen=True, eq=False, slots=True)
class _Band:
    path: QPainterPath
    inner_edge: SegmentBatch


class _ZoneBand(SceneItem):
    """The band of constant width along the inside of a zone's edge.

    It is a separate item because it is above the streets, which are above the fill.
    """

    def __init__(self, zone: ZoneItem) -> None:
        super().__init__()
        self._zone = zone
        self._area: BaseGeometry | None = None
        self._frame = SceneTransform(0.0, 0.0)
        self._rect = QRectF()
        self._bands: dict[int, _Band] = {}

    def set_area(self, area: BaseGeometry, frame: SceneTransform) -> None:
        """Set the zone's area."""
        self.prepareGeometryChange()
        self._area, self._frame, self._bands = area, frame, {}
        self._rect = frame.rect(area.bounds) if not area.is_empty else QRectF()

    def boundingRect(self) -> QRectF:
        """Return the bounds of the area."""
        return self._rect

    def shape(self) -> QPainterPath:
        """Return an empty path, so that the zone below is hit."""
        return QPainterPath()

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Fill the band for the current scale.

        Antialiasing would take four times as long: the zone's line covers the outer edge, and a
        thin line smooths the inner one.
        """
        band = self._get_band(1 / world.m11())
        if band is None:
            return
        color = self.color
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.fillPath(world.map(band.path), color)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        band.inner_edge.draw(painter, world, exposed, make_hairline_pen(color, 1.0))

    @property
    def color(self) -> QColor:
        """The color of the band."""
        style, theme = self._zone.style, self._zone.theme
        if style.highlight == DIMMED_ZONE:
            return _dim_color(self._zone.brush_color, style, theme)
        band = make_band_color(style.color)
        return band if style.clear else blend_over(band, theme.color("land"))

    def _get_band(self, m_px: float) -> "_Band | None":
        step = round(math.log2(m_px) * _BANDS_PER_OCTAVE)
        if step not in self._bands and self._area is not None:
            m_px = 2.0 ** (step / _BANDS_PER_OCTAVE)
            detail_m = _DETAIL_PX * m_px
            coarse = shapely.simplify(self._area, detail_m, preserve_topology=False)
            reach_m = MAP_STYLE.at(m_px).band_px * m_px
            inner_edge = shapely.buffer(coarse, -reach_m, quad_segs=2, join_style="mitre")
            path = build_painter_path(coarse, self._frame)
            path.addPath(build_painter_path(inner_edge, self._frame))
            self._bands[step] = _Band(
                path, wrap_segments(extract_segments([inner_edge], self._frame))
            )
        return self._bands.get(step)


class ZoneLayer(ItemLayer[ZoneItem]):
    """The items of the zones that have an area, by id.

    ``z`` and ``opacity`` are for the fills, ``band_z`` is for the bands; ``clear`` fills do not
    cover web tiles.
    """

    z, band_z, opacity, clear = 10.0, 20.0, 1.0, False
    _layer_look: tuple[float, float, float, bool] | None = None

    def add(self, key: str, item: ZoneItem) -> ZoneItem:
        """Add a zone with its band to the map and return it."""
        self._scene.addItem(item.band)
        return super().add(key, item)

    def remove(self, keys: Iterable[str]) -> None:
        """Remove zones with their bands from the map."""
        removed = list(keys)
        for key in removed:
            self._scene.removeItem(self.items[key].band)
        super().remove(removed)

    def show(
        self,
        state: ProjectState,
        highlights: Mapping[str, str],
        *,
        muted: bool,
        shown: bool,
        m_px: float,
    ) -> None:
        """Show the zones of a state; fills are ``muted`` under a coloring of the sites."""
        self.remove(set(self.items) - set(state.outlines))
        fill = MAP_STYLE.at(m_px).fill
        before, self._layer_look = self._layer_look, (self.z, self.band_z, self.opacity, shown)
        for zone in state.plan.zones if state.plan else ():
            outline = state.outlines.get(zone.id)
            if outline is None:
                continue
            highlight = highlights.get(zone.id, NORMAL_ZONE)
            style = ZoneStyle(zone.color, highlight, muted, self.clear, fill)
            known = self.items.get(zone.id)
            item = known or self.add(zone.id, ZoneItem(zone.id, style, self._theme, self._ratio))
            item.set_style(style)
            item.set_area(outline.area, self._frame)
            if known is not None and self._layer_look == before:
                continue
            for part, z in ((item, self.z), (item.band, self.band_z)):
                part.setZValue(z)
                part.setOpacity(self.opacity)
                part.setVisible(shown)
