"""From shapely's meters to the scene's: x to the right, y down, near the origin."""

import ctypes
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath, QPolygonF
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray

_KEY_FACTOR = 0x9E3779B97F4A7C1  # odd and wide, so that sums of two ends hardly ever meet


@dataclass(frozen=True, slots=True)
class SceneTransform:
    """The scene's origin in the project's CRS. One scene unit is one meter."""

    x_m: float
    y_m: float

    def to_scene(self, coords: FloatArray) -> FloatArray:
        """Turn project meters, shape (n, 2), into scene coordinates."""
        return (coords - (self.x_m, self.y_m)) * (1.0, -1.0)

    def to_scene_point(self, x_m: float, y_m: float) -> QPointF:
        """Return a position of the project as a point of the scene."""
        return QPointF(x_m - self.x_m, self.y_m - y_m)

    def to_project_m(self, point: QPointF) -> tuple[float, float]:
        """Return a point of the scene as easting and northing in meters."""
        return point.x() + self.x_m, self.y_m - point.y()

    def rect(self, bounds: tuple[float, float, float, float]) -> QRectF:
        """Return bounds (min x, min y, max x, max y) in meters as a rectangle of the scene."""
        left, bottom, right, top = bounds
        return QRectF(left - self.x_m, self.y_m - top, right - left, top - bottom)


def build_painter_path(area: BaseGeometry | None, frame: SceneTransform) -> QPainterPath:
    """Return polygons as one path to fill; holes stay open."""
    path = QPainterPath()
    if area is None or area.is_empty:
        return path
    for ring in shapely.get_rings(shapely.get_parts(area)):
        path.addPolygon(_build_polygon(frame.to_scene(shapely.get_coordinates(ring))))
    return path


def _build_polygon(points: FloatArray) -> QPolygonF:
    """Return points, shape (n, 2), as a polygon of Qt; copied whole, since one by one is slow."""
    polygon = QPolygonF()
    if len(points):
        held = np.ascontiguousarray(points, dtype=np.float64)
        polygon.resize(len(held))
        (first,) = shiboken6.getCppPointer(polygon.data())
        ctypes.memmove(first, held.ctypes.data, held.nbytes)
    return polygon


def extract_segments(geometries: Iterable[BaseGeometry], frame: SceneTransform) -> FloatArray:
    """Return the segments of lines and polygons' rings in the scene, shape (n, 4): x, y, x, y."""
    parts = shapely.get_parts(np.array(list(geometries), dtype=object))
    polygons = shapely.get_type_id(parts) == 3
    lines = [*parts[~polygons], *shapely.get_rings(parts[polygons])]
    if not lines:
        return np.empty((0, 4))
    coords, line = shapely.get_coordinates(lines, return_index=True)
    points = frame.to_scene(coords)
    follows = line[1:] == line[:-1]
    return np.hstack([points[:-1][follows], points[1:][follows]])


def drop_duplicate_segments(segments: FloatArray) -> FloatArray:
    """Leave out segments that occur twice, in either direction, to the centimeter."""
    if not len(segments):
        return segments
    _, kept = np.unique(_hash_segments(segments), return_index=True)
    return segments[np.sort(kept)]


def merge_shared_borders(areas: Iterable[BaseGeometry]) -> list[BaseGeometry]:
    """Return the borders of areas as lines between places where they meet; one of two, once."""
    upright = SceneTransform(0.0, 0.0)
    segments = drop_duplicate_segments(extract_segments(areas, upright))
    if not len(segments):
        return []
    pieces: Any = shapely.linestrings(segments.reshape(-1, 2, 2) * (1.0, -1.0))
    return list(shapely.get_parts(shapely.line_merge(shapely.multilinestrings(pieces))))


def drop_segments_near(
    segments: FloatArray, walls: shapely.STRtree | None, reach_m: float
) -> FloatArray:
    """Leave out segments whose middle and ends lie within ``reach_m`` of the walls' segments."""
    return segments[~_find_segments_near(segments, walls, reach_m)]


def _hash_segments(segments: FloatArray) -> NDArray[np.int64]:
    """Return a number a segment, alike in both directions, to the centimeter."""
    grid = np.rint(segments * 100).astype(np.int64)
    first = (grid[:, 0] << 32) + grid[:, 1]
    last = (grid[:, 2] << 32) + grid[:, 3]
    keys: NDArray[np.int64] = np.minimum(first, last) * _KEY_FACTOR + np.maximum(first, last)
    return keys


def _find_segments_near(
    segments: FloatArray, walls: shapely.STRtree | None, reach_m: float
) -> NDArray[np.bool_]:
    """Say of each segment whether its middle and ends lie within ``reach_m`` of the walls."""
    found = np.zeros(len(segments), dtype=bool)
    if walls is None or not len(segments):
        return found
    along = np.arange(len(segments))
    for share in (0.5, 0.0, 1.0):
        own = segments[along]
        spots = shapely.points(own[:, :2] * (1 - share) + own[:, 2:] * share)
        hits = walls.query(spots, predicate="dwithin", distance=reach_m)[0]
        along = along[np.unique(hits)]
    found[along] = True
    return found


def build_segment_index(segments: FloatArray) -> shapely.STRtree | None:
    """Return an index of segments, None where there are none."""
    if not len(segments):
        return None
    lines: Any = shapely.linestrings(segments.reshape(-1, 2, 2))
    return shapely.STRtree(lines)
