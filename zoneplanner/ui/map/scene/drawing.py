"""The scene's coordinates, base classes of its items, and batches of segments drawn at once.

Scene coordinates are meters near the origin, x to the right and y down.
"""

import ctypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import numpy as np
import shapely
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsScene,
    QStyleOptionGraphicsItem,
    QWidget,
)
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.ui.widgets.style.theme import Theme

_HASH_FACTOR = 0x9E3779B97F4A7C1  # odd and large, so that sums of two ends rarely collide


@dataclass(frozen=True, slots=True)
class SceneTransform:
    """The scene's origin in the project's CRS. One scene unit is one meter."""

    x_m: float
    y_m: float

    def to_scene(self, coords: FloatArray) -> FloatArray:
        """Convert project meters, shape (n, 2), to scene coordinates."""
        return np.column_stack([coords[:, 0] - self.x_m, self.y_m - coords[:, 1]])

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
    """Return polygons as one path to fill, with their holes."""
    path = QPainterPath()
    if area is None or area.is_empty:
        return path
    for ring in shapely.get_rings(shapely.get_parts(area)):
        path.addPolygon(_build_polygon(frame.to_scene(shapely.get_coordinates(ring))))
    return path


def _build_polygon(points: FloatArray) -> QPolygonF:
    """Return points, shape (n, 2), as a Qt polygon, copied at once because that is faster."""
    polygon = QPolygonF()
    if len(points):
        coords = np.ascontiguousarray(points, dtype=np.float64)
        polygon.resize(len(coords))
        # a QPolygonF is a vector of pairs of doubles, like the rows of the array
        (first,) = shiboken6.getCppPointer(polygon.data())
        ctypes.memmove(first, coords.ctypes.data, coords.nbytes)
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
    """Return segments, shape (n, 4), without duplicates in either direction, to the centimeter.

    A row is x and y of one end, x and y of the other.
    """
    if not len(segments):
        return segments
    _, first = np.unique(_hash_segments(segments), return_index=True)
    return segments[np.sort(first)]


def merge_shared_borders(areas: Iterable[BaseGeometry]) -> list[BaseGeometry]:
    """Return the borders of areas as lines between their junctions; a shared border once.

    Both are in meters, y to the north.
    """
    upright = SceneTransform(0.0, 0.0)
    segments = drop_duplicate_segments(extract_segments(areas, upright))
    if not len(segments):
        return []
    pieces: Any = shapely.linestrings(segments.reshape(-1, 2, 2) * (1.0, -1.0))
    return list(shapely.get_parts(shapely.line_merge(shapely.multilinestrings(pieces))))


def drop_segments_near(
    segments: FloatArray, barriers: shapely.STRtree | None, distance_m: float
) -> FloatArray:
    """Return segments, shape (n, 4), whose middle or ends are not near the barriers."""
    return segments[~_find_segments_near(segments, barriers, distance_m)]


def _hash_segments(segments: FloatArray) -> NDArray[np.int64]:
    """Return a number for each segment, the same in both directions, to the centimeter."""
    grid = np.rint(segments * 100).astype(np.int64)
    first = (grid[:, 0] << 32) + grid[:, 1]
    last = (grid[:, 2] << 32) + grid[:, 3]
    # the product may overflow, but equal segments still have equal numbers
    keys: NDArray[np.int64] = np.minimum(first, last) * _HASH_FACTOR + np.maximum(first, last)
    return keys


def _find_segments_near(
    segments: FloatArray, barriers: shapely.STRtree | None, distance_m: float
) -> NDArray[np.bool_]:
    """Return which segments have both ends and the middle within ``distance_m`` of the barriers."""
    is_near = np.zeros(len(segments), dtype=bool)
    if barriers is None or not len(segments):
        return is_near
    candidates = np.arange(len(segments))
    for share in (0.5, 0.0, 1.0):  # the middle first: it rules out most segments
        ends = segments[candidates]
        points = shapely.points(ends[:, :2] * (1 - share) + ends[:, 2:] * share)
        hits = barriers.query(points, predicate="dwithin", distance=distance_m)[0]
        candidates = candidates[np.unique(hits)]
    is_near[candidates] = True
    return is_near


def build_segment_index(segments: FloatArray) -> shapely.STRtree | None:
    """Return an index of segments, shape (n, 4), or None if there are none."""
    if not len(segments):
        return None
    lines: Any = shapely.linestrings(segments.reshape(-1, 2, 2))
    return shapely.STRtree(lines)


class SceneItem(QGraphicsItem):
    """Base class of the map's items; ``draw`` is called with a painter without a transform.

    Items draw in device pixels: lines and symbols have the same width at every scale, and scaling
    an array of points once is faster than a transform that Qt applies to each of them. The view
    turns antialiasing on; to do that again in a hundred items takes 0.3 ms per frame.
    """

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Draw the exposed part, and restore the painter even if that fails."""
        world = painter.worldTransform()
        painter.save()
        try:
            painter.resetTransform()
            self.draw(painter, world, option.exposedRect)
        finally:
            painter.restore()

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw what is in ``exposed`` (scene); ``world`` maps the scene to the device."""
        raise NotImplementedError


class SceneLayer(SceneItem):
    """An item that spans the whole map and draws only what is exposed."""

    def __init__(self, rect: QRectF, z: float) -> None:
        super().__init__()
        self._rect = QRectF(rect)
        self.setZValue(z)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def boundingRect(self) -> QRectF:
        """Return the bounds of the whole map."""
        return self._rect


class MarkerItem(SceneItem):
    """An item of constant size at a position of the map, which is the origin of ``draw``."""

    def __init__(self, at: QPointF, z: float) -> None:
        super().__init__()
        self.setPos(at)
        self.setZValue(z)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)


PlacedMark = tuple[QPointF, QRectF]
"""A mark of constant size: its position in the scene, and its bounds in pixels around it."""
_Item = TypeVar("_Item", bound=QGraphicsItem)


class ItemLayer(Generic[_Item]):
    """The items of one kind in a scene, by key."""

    def __init__(
        self, scene: QGraphicsScene, frame: SceneTransform, theme: Theme, ratio: float = 1.0
    ) -> None:
        self.items: dict[str, _Item] = {}
        self._scene, self._frame, self._theme, self._ratio = scene, frame, theme, ratio

    def add(self, key: str, item: _Item) -> _Item:
        """Add a new item to the map and return it."""
        self.items[key] = item
        self._scene.addItem(item)
        return item

    @property
    def marks(self) -> list[PlacedMark]:
        """The positions and bounds of all markers."""
        markers = (item for item in self.items.values() if isinstance(item, MarkerItem))
        return [(marker.pos(), marker.boundingRect()) for marker in markers]

    def remove(self, keys: Iterable[str]) -> None:
        """Remove items from the map."""
        for key in list(keys):
            self._scene.removeItem(self.items.pop(key))


MIN_INDEXED_SEGMENTS = 4000
_DETAIL_FACTOR = 3.0
_MAX_LEVELS = 5


class SegmentBatch:
    """Segments in scene coordinates that are drawn with one pen.

    ``levels`` are (meters of detail left out, segments), finest first.
    """

    def __init__(self, levels: Sequence[tuple[float, FloatArray]]) -> None:
        self._levels = [(m, np.ascontiguousarray(segments)) for m, segments in levels]
        self._indexes: dict[int, shapely.STRtree] = {}
        self._spans: dict[int, tuple[FloatArray, ...]] = {}
        finest = self._levels[0][1]
        self._box = _compute_bounds(finest)
        self.count = len(finest)

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF, pen: QPen) -> None:
        """Draw what is in ``exposed`` (scene) on a painter without a transform."""
        lines = self.visible(world, exposed)
        if len(lines):
            painter.setPen(pen)
            draw_segments(painter, lines)

    def visible(self, world: QTransform, exposed: QRectF) -> FloatArray:
        """Return the segments within a rectangle of the scene, shape (n, 4), in device pixels."""
        if self._box is None or not self._box.intersects(exposed):
            return np.empty((0, 4))
        scale = world.m11()
        level = self._choose_level(0.5 / scale)  # half a pixel of detail is not visible
        segments = self._levels[level][1]
        if not exposed.contains(self._box):
            segments = self._select_visible(level, exposed)
        return segments * scale + (world.dx(), world.dy(), world.dx(), world.dy())

    def _select_visible(self, level: int, exposed: QRectF) -> FloatArray:
        segments = self._levels[level][1]
        if len(segments) > MIN_INDEXED_SEGMENTS:
            if level not in self._indexes:
                self._indexes[level] = shapely.STRtree(_build_boxes(segments))
            window = shapely.box(exposed.left(), exposed.top(), exposed.right(), exposed.bottom())
            visible: FloatArray = segments[self._indexes[level].query(window)]
            return visible
        if level not in self._spans:
            self._spans[level] = _span_segments(segments)
        left, right, top, bottom = self._spans[level]
        near = (left <= exposed.right()) & (right >= exposed.left())
        near &= (top <= exposed.bottom()) & (bottom >= exposed.top())
        near_segments: FloatArray = segments[near]
        return near_segments

    def _choose_level(self, detail_m: float) -> int:
        """Return the coarsest level that leaves out at most this much detail."""
        return max(sum(left_out_m <= detail_m for left_out_m, _ in self._levels) - 1, 0)


def make_segment_batch(
    geometries: Sequence[BaseGeometry],
    frame: SceneTransform,
    *,
    simplify_from: int = MIN_INDEXED_SEGMENTS,
) -> SegmentBatch:
    """Return the segments of lines or polygons' rings, with coarser levels if there are many.

    The geometries are in meters, y to the north; the segments are in the scene of ``frame``.
    """
    finest = extract_segments(geometries, frame)
    levels = [(0.0, finest)]
    left_out_m = 2.0
    while len(levels) < _MAX_LEVELS and len(levels[-1][1]) > simplify_from:
        simpler = shapely.simplify(list(geometries), left_out_m, preserve_topology=False)
        levels.append((left_out_m, extract_segments(simpler, frame)))
        left_out_m *= _DETAIL_FACTOR
    return SegmentBatch(levels)


def wrap_segments(segments: FloatArray) -> SegmentBatch:
    """Return a batch of segments, shape (n, 4), without coarser levels."""
    return SegmentBatch([(0.0, segments)])


def draw_segments(painter: QPainter, lines: FloatArray) -> None:
    """Draw segments in device pixels, shape (n, 4); Qt reads the array itself as QLineF."""
    coords = np.ascontiguousarray(lines, dtype=np.float64)
    first = cast(QLineF, shiboken6.wrapInstance(coords.ctypes.data, QLineF))
    painter.drawLines(first, len(coords))


def find_points_in(points: FloatArray, rect: QRectF) -> NDArray[np.bool_]:
    """Return which points, shape (n, 2), are in a rectangle."""
    inside: NDArray[np.bool_] = (
        (points[:, 0] >= rect.left())
        & (points[:, 0] <= rect.right())
        & (points[:, 1] >= rect.top())
        & (points[:, 1] <= rect.bottom())
    )
    return inside


def _compute_bounds(segments: FloatArray) -> QRectF | None:
    if not len(segments):
        return None
    left, right, top, bottom = _span_segments(segments)
    x, y = left.min(), top.min()
    return QRectF(x, y, max(right.max() - x, 1e-6), max(bottom.max() - y, 1e-6))


def _span_segments(segments: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return left, right, top and bottom of segments, shape (n, 4), each of shape (n,).

    The columns are compared, because the minimum of each row of two takes forty times as long.
    """
    x, y, to_x, to_y = segments.T
    return np.minimum(x, to_x), np.maximum(x, to_x), np.minimum(y, to_y), np.maximum(y, to_y)


def _build_boxes(segments: FloatArray) -> Any:
    left, right, top, bottom = _span_segments(segments)
    return shapely.box(left, top, right, bottom)
