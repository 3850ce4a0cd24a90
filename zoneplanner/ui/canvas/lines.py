"""The lines over the zones: roads, blocks, zone edges, city limits, county and district lines."""

import math
from collections.abc import Mapping

import numpy as np
import shapely
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPainterPath, QTransform
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.project import Project
from zoneplanner.ui.canvas.ground import district_of, features, origin_of, road_pen
from zoneplanner.ui.canvas.hatches import brush
from zoneplanner.ui.canvas.layer import Layer
from zoneplanner.ui.canvas.shapes import (
    FloatArray,
    Frame,
    away_from,
    path_of,
    segments_of,
    tree_of,
    without_doubles,
)
from zoneplanner.ui.canvas.strokes import draw_lines, plain, strokes_of
from zoneplanner.ui.kit.theme import Theme

SAME_LINE_M = 2.0
BLOCKS_FROM_M_PX = 14.0
BAND_PX = 9.0
FAR_M_PX = 34.0
RIVER_M = 85.0
RIVER_PX = (3.0, 60.0)
DASH_PX = (9.0, 5.0)


class Lines(Layer):
    """All lines of the map. Those that are one line in the world are drawn once."""

    def __init__(
        self, rect: QRectF, project: Project, frame: Frame, theme: Theme, ratio: float
    ) -> None:
        super().__init__(rect, 20)
        self.theme = theme
        self.shown = dict.fromkeys(
            ("river", "roads", "blocks", "zones", "city", "county", "district"), True
        )
        self._frame = frame
        district = district_of(project)
        cities = [j.area for j in project.jurisdictions.values() if j.kind == "city"]
        self._cities = _inside(shapely.union_all(cities), district) if cities else None
        roads = features(project, "arterial")
        self._roads = strokes_of([_inside(road, district) for road in roads], frame)
        self._river = strokes_of(features(project, "river"), frame)
        self._blocks = strokes_of([b.area for b in project.blocks.values()], frame)
        district_segments = segments_of([district] if district is not None else [], frame)
        city_segments = _city_limits(project, district, district_segments, frame)
        self._city = plain(city_segments)
        self._district = plain(away_from(district_segments, tree_of(city_segments), SAME_LINE_M))
        self._county = [
            frame.scene(shapely.get_coordinates(ring))
            for area in features(project, "county")
            for ring in shapely.get_rings(shapely.get_parts(area))
        ]
        self._walls = tree_of(np.vstack([city_segments, district_segments]))
        self._own: dict[str, tuple[BaseGeometry, FloatArray]] = {}
        self._edges = plain(np.empty((0, 4)))
        self._chosen = plain(np.empty((0, 4)))
        hatch = QColor(theme.city_line)
        hatch.setAlphaF(0.42)
        self._hatch = brush("fine", hatch, ratio)
        self._bands: dict[float, QPainterPath] = {}

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
            own[zone] = (area, away_from(segments, self._walls, SAME_LINE_M))
        if not touched:
            return
        self._own = own
        every = [segments for _, segments in own.values()]
        self._edges = plain(without_doubles(np.vstack(every)) if every else np.empty((0, 4)))
        self.update(self._frame.rect(tuple(shapely.total_bounds(touched).tolist())))

    def choose(self, area: BaseGeometry | None) -> None:
        """Draw an area's edge as chosen; None ends that."""
        self._chosen = plain(segments_of([area] if area is not None else [], self._frame))
        self.update()

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the lines, the weakest first."""
        theme, scale = self.theme, world.m11()
        thin = 1.0 if scale > 1 / FAR_M_PX else 0.75
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.shown["river"]:
            width = min(max(RIVER_M * scale, RIVER_PX[0]), RIVER_PX[1])
            self._river.draw(painter, world, exposed, road_pen(theme.water, width))
        if self.shown["blocks"] and 1 / scale <= BLOCKS_FROM_M_PX:
            self._draw_blocks(painter, world, exposed)
        if self.shown["roads"]:
            width = min(max(14 * scale, 1.5), 7.0)
            self._roads.draw(painter, world, exposed, road_pen(theme.road_case, width + 1.4))
            self._roads.draw(painter, world, exposed, road_pen(theme.road, width))
        if self.shown["city"]:
            self._draw_band(painter, world)
        if self.shown["zones"]:
            self._edges.draw(painter, world, exposed, road_pen(theme.zone_case, 4.2 * thin))
            self._edges.draw(painter, world, exposed, road_pen(theme.zone_edge, 2.0 * thin))
        if self.shown["county"]:
            self._draw_county(painter, world, exposed)
        if self.shown["district"]:
            self._district.draw(painter, world, exposed, road_pen(theme.zone_case, 3.6 * thin))
            self._district.draw(painter, world, exposed, road_pen(theme.district_line, 1.8 * thin))
        if self.shown["city"]:
            self._city.draw(painter, world, exposed, road_pen(theme.zone_case, 4.8 * thin))
            self._city.draw(painter, world, exposed, road_pen(theme.city_line, 2.6 * thin))
        if self._chosen.count:
            self._chosen.draw(painter, world, exposed, road_pen(theme.halo, 6.0))
            self._chosen.draw(painter, world, exposed, road_pen(theme.selected, 3.4))

    def _draw_blocks(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        nearness = min(1.0, BLOCKS_FROM_M_PX * world.m11() / 3)
        colour = QColor(self.theme.block)
        colour.setAlphaF(0.15 + 0.35 * nearness)
        pen = road_pen(self.theme.block, 0.8)
        pen.setColor(colour)
        self._blocks.draw(painter, world, exposed, pen)

    def _draw_county(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        for ring in self._county:
            points = ring * world.m11() + (world.dx(), world.dy())
            dashes = dashed(points, *DASH_PX)
            if len(dashes):
                seen = world.mapRect(exposed)
                painter.setPen(road_pen(self.theme.county_line, 1.6))
                kept = _within(dashes, seen)
                if len(kept):
                    draw_lines(painter, kept)

    def _draw_band(self, painter: QPainter, world: QTransform) -> None:
        """Fill a band along the inside of the city limits with a light hatch."""
        if self._cities is None:
            return
        m_px = 2.0 ** round(math.log2(1 / world.m11()))
        if m_px not in self._bands:
            coarse = self._cities.simplify(m_px / 2)
            inner = coarse.buffer(-BAND_PX * m_px, quad_segs=2, join_style="mitre")
            self._bands[m_px] = path_of(coarse.difference(inner), self._frame)
        painter.setBrushOrigin(origin_of(world))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.fillPath(world.map(self._bands[m_px]), self._hatch)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)


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
            found.append(away_from(limits, walls, SAME_LINE_M))
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
