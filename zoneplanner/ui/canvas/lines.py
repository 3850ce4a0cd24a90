"""The lines over the zones: roads, blocks, zone edges, city limits, county and district lines."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import shapely
from PySide6.QtCore import QRectF
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QGraphicsScene
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.domain.project import Project
from zoneplanner.ui.canvas.ground import district_of, features, origin_of, road_pen
from zoneplanner.ui.canvas.hatches import brush
from zoneplanner.ui.canvas.layer import Layer
from zoneplanner.ui.canvas.shapes import (
    Frame,
    Walls,
    away_from,
    path_of,
    segments_of,
    tree_of,
    without_doubles,
)
from zoneplanner.ui.canvas.strokes import Strokes, draw_lines, plain, strokes_of
from zoneplanner.ui.kit.theme import Theme

_Pens = Callable[[float], Sequence[QPen]]

_SAME_LINE_M = 2.0
_BLOCKS_FROM_M_PX = 14.0
_BAND_PX = 9.0
_FAR_M_PX = 34.0
_RIVER_M = 85.0
_RIVER_PX = (3.0, 60.0)
_DASH_PX = (9.0, 5.0)
_CHOSEN_Z = 56.0


class _Stroked(Layer):
    """Lines drawn with the pens that suit a scale (pixels to a metre), the widest first."""

    def __init__(self, rect: QRectF, strokes: Strokes, pens: _Pens) -> None:
        super().__init__(rect, 0)
        self.strokes = strokes
        self._pens = pens

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the lines once with each pen."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for pen in self._pens(world.m11()):
            self.strokes.draw(painter, world, exposed, pen)


class _Dashed(Layer):
    """Rings as dashes of one length at each scale."""

    def __init__(self, rect: QRectF, rings: Sequence[FloatArray], pen: QPen) -> None:
        super().__init__(rect, 0)
        self._rings = rings
        self._pen = pen

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the dashes in view."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._pen)
        for ring in self._rings:
            points = ring * world.m11() + (world.dx(), world.dy())
            dashes = dashed(points, *_DASH_PX)
            kept = _within(dashes, world.mapRect(exposed)) if len(dashes) else dashes
            if len(kept):
                draw_lines(painter, kept)


class _CityLimits(_Stroked):
    """The limits of cities over a band of light hatch along their inside."""

    def __init__(self, rect: QRectF, strokes: Strokes, pens: _Pens, band: "_Band | None") -> None:
        super().__init__(rect, strokes, pens)
        self._band = band

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Fill the band, then draw the limits."""
        if self._band is not None:
            self._band.draw(painter, world)
        super().draw(painter, world, exposed)


class _Band:
    """A hatch along the inside of an area's edge, of one width at each scale."""

    def __init__(self, area: BaseGeometry, frame: Frame, hatch: QBrush) -> None:
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
            self._paths[m_px] = path_of(coarse.difference(inner), self._frame)
        painter.setBrushOrigin(origin_of(world))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.fillPath(world.map(self._paths[m_px]), self._hatch)


class Lines:
    """All lines of the map, an item a layer. Those that are one line in the world are drawn once.

    ``items`` are by the layers' names: river, blocks, roads, edges, county, district and city.
    """

    def __init__(
        self, rect: QRectF, project: Project, frame: Frame, theme: Theme, ratio: float
    ) -> None:
        self._frame = frame
        district = district_of(project)
        cities = [j.area for j in project.jurisdictions.values() if j.kind == "city"]
        inside = _inside(shapely.union_all(cities), district) if cities else None
        band = None if inside is None else _Band(inside, frame, _hatch(theme, ratio))
        roads = [_inside(road, district) for road in features(project, "arterial")]
        district_segments = segments_of([district] if district is not None else [], frame)
        city_segments = _city_limits(project, district, district_segments, frame)
        own = away_from(district_segments, tree_of(city_segments), _SAME_LINE_M)
        rings = [
            frame.scene(shapely.get_coordinates(ring))
            for area in features(project, "county")
            for ring in shapely.get_rings(shapely.get_parts(area))
        ]
        blocks = [block.area for block in project.blocks.values()]
        self._edges = _Stroked(rect, _none(), _cased(theme.zone_case, 4.2, theme.zone_edge, 2.0))
        self._chosen = _Stroked(rect, _none(), _chosen_pens(theme))
        self._chosen.setZValue(_CHOSEN_Z)
        self.items: dict[str, Layer] = {
            "river": _Stroked(rect, strokes_of(features(project, "river"), frame), _river(theme)),
            "blocks": _Stroked(rect, strokes_of(blocks, frame), _block_pens(theme)),
            "roads": _Stroked(rect, strokes_of(roads, frame), _road_pens(theme)),
            "edges": self._edges,
            "county": _Dashed(rect, rings, road_pen(theme.county_line, 1.6)),
            "district": _Stroked(
                rect, plain(own), _cased(theme.zone_case, 3.6, theme.district_line, 1.8)
            ),
            "city": _CityLimits(
                rect, plain(city_segments), _cased(theme.zone_case, 4.8, theme.city_line, 2.6), band
            ),
        }
        self._walls = Walls(np.vstack([city_segments, district_segments]), _SAME_LINE_M)
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
                continue
            touched += [area] if known is None else [area, known[0]]
            segments = segments_of([area], self._frame)
            own[zone] = (area, self._walls.clear(segments))
        if not touched:
            return
        self._own = own
        every = [segments for _, segments in own.values()]
        self._edges.strokes = plain(without_doubles(np.vstack(every))) if every else _none()
        self._edges.update(self._frame.rect(tuple(shapely.total_bounds(touched).tolist())))

    def choose(self, area: BaseGeometry | None) -> None:
        """Draw an area's edge as chosen; None ends that."""
        self._chosen.strokes = plain(segments_of([area] if area is not None else [], self._frame))
        self._chosen.update()


def _hatch(theme: Theme, ratio: float) -> QBrush:
    colour = QColor(theme.city_line)
    colour.setAlphaF(0.42)
    return brush("fine", colour, ratio)


def _none() -> Strokes:
    return plain(np.empty((0, 4)))


def _cased(case: str, case_px: float, colour: str, px: float) -> _Pens:
    def pens(scale: float) -> Sequence[QPen]:
        thin = 1.0 if scale > 1 / _FAR_M_PX else 0.75
        return road_pen(case, case_px * thin), road_pen(colour, px * thin)

    return pens


def _chosen_pens(theme: Theme) -> _Pens:
    return lambda scale: (road_pen(theme.halo, 6.0), road_pen(theme.selected, 3.4))


def _river(theme: Theme) -> _Pens:
    def pens(scale: float) -> Sequence[QPen]:
        return (road_pen(theme.water, min(max(_RIVER_M * scale, _RIVER_PX[0]), _RIVER_PX[1])),)

    return pens


def _road_pens(theme: Theme) -> _Pens:
    def pens(scale: float) -> Sequence[QPen]:
        width = min(max(14 * scale, 1.5), 7.0)
        return road_pen(theme.road_case, width + 1.4), road_pen(theme.road, width)

    return pens


def _block_pens(theme: Theme) -> _Pens:
    def pens(scale: float) -> Sequence[QPen]:
        if 1 / scale > _BLOCKS_FROM_M_PX:
            return ()
        colour = QColor(theme.block)
        colour.setAlphaF(0.15 + 0.35 * min(1.0, _BLOCKS_FROM_M_PX * scale / 3))
        return (road_pen(colour, 0.8),)

    return pens


def _city_limits(
    project: Project, district: BaseGeometry | None, edge: FloatArray, frame: Frame
) -> FloatArray:
    """Return city limits in the district; along its edge only those of cities that are served."""
    served = {
        area
        for unit in project.units.values()
        for area in project.jurisdictions
        if unit.holds_zone and unit.may_hold(area)
    }
    reach = None if district is None else district.buffer(1)
    found = []
    for city in project.jurisdictions.values():
        if city.kind == "city":
            limits = segments_of([_inside(city.area.boundary, reach)], frame)
            walls = None if city.id in served else tree_of(edge)
            found.append(away_from(limits, walls, _SAME_LINE_M))
    return without_doubles(np.vstack(found)) if found else np.empty((0, 4))


def _inside(shape: BaseGeometry, area: BaseGeometry | None) -> BaseGeometry:
    return shape if area is None else shape.intersection(area)


def dashed(points: FloatArray, on_px: float, off_px: float) -> FloatArray:
    """Cut a line, shape (n, 2) in pixels, into dashes, shape (m, 4)."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    reached = np.concatenate([[0.0], np.cumsum(steps)])
    starts = np.arange(0.0, reached[-1], on_px + off_px)
    ends = np.minimum(starts + on_px, reached[-1])
    return np.column_stack(
        [np.interp(at, reached, points[:, axis]) for at in (starts, ends) for axis in (0, 1)]
    )


def _within(lines: FloatArray, seen: QRectF) -> FloatArray:
    near = (
        (lines[:, 0] >= seen.left() - 20)
        & (lines[:, 0] <= seen.right() + 20)
        & (lines[:, 1] >= seen.top() - 20)
        & (lines[:, 1] <= seen.bottom() + 20)
    )
    kept: FloatArray = lines[near]
    return kept
