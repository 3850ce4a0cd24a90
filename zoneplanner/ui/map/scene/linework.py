"""The lines over the zones: roads, blocks, zone edges, city limits, county and district lines."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import shapely
from PySide6.QtCore import QRectF
from PySide6.QtGui import QBrush, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QGraphicsScene
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.domain.project import Project
from zoneplanner.ui.map.scene.background import (
    get_pattern_origin,
    list_layer_geometries,
    make_line_pen,
    merge_district_areas,
)
from zoneplanner.ui.map.scene.drawing import (
    SceneLayer,
    SegmentBatch,
    draw_segments,
    make_segment_batch,
    wrap_segments,
)
from zoneplanner.ui.map.scene.geometry import (
    SceneTransform,
    SegmentMask,
    build_painter_path,
    build_segment_index,
    drop_duplicate_segments,
    drop_segments_near,
    extract_segments,
)
from zoneplanner.ui.map.symbology.hatch_patterns import make_hatch_brush
from zoneplanner.ui.widgets.style.painting import fade_color
from zoneplanner.ui.widgets.style.theme import Theme

_Pens = Callable[[float], Sequence[QPen]]

_SAME_LINE_M = 2.0
_BLOCKS_FROM_M_PX = 14.0
_BAND_PX = 9.0
_FAR_M_PX = 34.0
_RIVER_M = 85.0
_RIVER_PX = (3.0, 60.0)
_DASH_PX = (9.0, 5.0)
_CHOSEN_Z = 56.0


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
    """Rings as dashes of one length at each scale."""

    def __init__(self, rect: QRectF, rings: Sequence[FloatArray], pen: QPen) -> None:
        super().__init__(rect, 0)
        self._rings = rings
        self._pen = pen

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the dashes in view."""
        painter.setPen(self._pen)
        for ring in self._rings:
            points = ring * world.m11() + (world.dx(), world.dy())
            dashes = cut_dashes(points, *_DASH_PX)
            kept = _clip_to_rect(dashes, world.mapRect(exposed)) if len(dashes) else dashes
            if len(kept):
                draw_segments(painter, kept)


class _CityLimitsLayer(_SegmentLayer):
    """The limits of cities over a band of light hatch along their inside."""

    def __init__(
        self, rect: QRectF, strokes: SegmentBatch, pens: _Pens, band: "_Band | None"
    ) -> None:
        super().__init__(rect, strokes, pens)
        self._band = band

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Fill the band, then draw the limits."""
        if self._band is not None:
            self._band.draw(painter, world)
        super().draw(painter, world, exposed)


class _Band:
    """A hatch along the inside of an area's edge, of one width at each scale."""

    def __init__(self, area: BaseGeometry, frame: SceneTransform, hatch: QBrush) -> None:
        self._area = area
        self._frame = frame
        self._hatch = hatch
        self._paths: dict[float, QPainterPath] = {}

    def draw(self, painter: QPainter, world: QTransform) -> None:
        """Fill the band of the present scale."""
        m_px = 2.0 ** round(math.log2(1 / world.m11()))
        if m_px not in self._paths:
            coarse = self._area.simplify(m_px / 2)
            inner = coarse.buffer(-_BAND_PX * m_px, quad_segs=2, join_style="mitre")
            self._paths[m_px] = build_painter_path(coarse.difference(inner), self._frame)
        painter.setBrushOrigin(get_pattern_origin(world))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.fillPath(world.map(self._paths[m_px]), self._hatch)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)


class Linework:
    """All lines of the map, an item a layer. Those that are one line in the world are drawn once.

    ``items`` are by the layers' names: river, blocks, roads, edges, county, district and city.
    """

    def __init__(
        self, rect: QRectF, project: Project, frame: SceneTransform, theme: Theme, ratio: float
    ) -> None:
        self._frame = frame
        district = merge_district_areas(project)
        cities = [j.area for j in project.jurisdictions.values() if j.kind == "city"]
        inside = _clip_to_area(shapely.union_all(cities), district) if cities else None
        band = None if inside is None else _Band(inside, frame, _make_city_hatch(theme, ratio))
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
        blocks = [block.area for block in project.blocks.values()]
        self._edges = _SegmentLayer(
            rect, _make_empty_batch(), _make_cased_pens(theme.zone_case, 4.2, theme.zone_edge, 2.0)
        )
        self._chosen = _SegmentLayer(rect, _make_empty_batch(), _make_selection_pens(theme))
        self._chosen.setZValue(_CHOSEN_Z)
        self.items: dict[str, SceneLayer] = {
            "river": _SegmentLayer(
                rect,
                make_segment_batch(list_layer_geometries(project, "river"), frame),
                _make_river_pens(theme),
            ),
            "blocks": _SegmentLayer(
                rect, make_segment_batch(blocks, frame), _make_block_pens(theme)
            ),
            "roads": _SegmentLayer(rect, make_segment_batch(roads, frame), _make_road_pens(theme)),
            "edges": self._edges,
            "county": _DashedLayer(rect, rings, make_line_pen(theme.county_line, 1.6)),
            "district": _SegmentLayer(
                rect,
                wrap_segments(own),
                _make_cased_pens(theme.zone_case, 3.6, theme.district_line, 1.8),
            ),
            "city": _CityLimitsLayer(
                rect,
                wrap_segments(city_segments),
                _make_cased_pens(theme.zone_case, 4.8, theme.city_line, 2.6),
                band,
            ),
        }
        self._walls = SegmentMask(np.vstack([city_segments, district_segments]), _SAME_LINE_M)
        self._own: dict[str, tuple[BaseGeometry, FloatArray]] = {}

    def add_to(self, scene: QGraphicsScene) -> None:
        """Put all items on a scene."""
        for item in (*self.items.values(), self._chosen):
            scene.addItem(item)

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
                own[zone] = (area, self._walls.clear(extract_segments([area], self._frame)))
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

    def choose(self, area: BaseGeometry | None) -> None:
        """Draw an area's edge as chosen; None ends that."""
        self._chosen.strokes = wrap_segments(
            extract_segments([area] if area is not None else [], self._frame)
        )
        self._chosen.update()


def _make_city_hatch(theme: Theme, ratio: float) -> QBrush:
    return make_hatch_brush("fine", fade_color(theme.city_line, 0.42), ratio)


def _make_empty_batch() -> SegmentBatch:
    return wrap_segments(np.empty((0, 4)))


def _make_cased_pens(case: str, case_px: float, color: str, px: float) -> _Pens:
    def pens(scale: float) -> Sequence[QPen]:
        thin = 1.0 if scale > 1 / _FAR_M_PX else 0.75
        return make_line_pen(case, case_px * thin), make_line_pen(color, px * thin)

    return pens


def _make_selection_pens(theme: Theme) -> _Pens:
    return lambda scale: (make_line_pen(theme.halo, 6.0), make_line_pen(theme.selected, 3.4))


def _make_river_pens(theme: Theme) -> _Pens:
    return lambda scale: (
        make_line_pen(theme.water, min(max(_RIVER_M * scale, _RIVER_PX[0]), _RIVER_PX[1])),
    )


def _make_road_pens(theme: Theme) -> _Pens:
    def pens(scale: float) -> Sequence[QPen]:
        width = min(max(14 * scale, 1.5), 7.0)
        return make_line_pen(theme.road_case, width + 1.4), make_line_pen(theme.road, width)

    return pens


def _make_block_pens(theme: Theme) -> _Pens:
    def pens(scale: float) -> Sequence[QPen]:
        if 1 / scale > _BLOCKS_FROM_M_PX:
            return ()
        share = 0.15 + 0.35 * min(1.0, _BLOCKS_FROM_M_PX * scale / 3)
        return (make_line_pen(fade_color(theme.block, share), 0.8),)

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


def cut_dashes(points: FloatArray, on_px: float, off_px: float) -> FloatArray:
    """Cut a line, shape (n, 2) in pixels, into dashes, shape (m, 4)."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    reached = np.concatenate([[0.0], np.cumsum(steps)])
    starts = np.arange(0.0, reached[-1], on_px + off_px)
    ends = np.minimum(starts + on_px, reached[-1])
    return np.column_stack(
        [np.interp(at, reached, points[:, axis]) for at in (starts, ends) for axis in (0, 1)]
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
