"""What the items of the map are made of: drawing in device pixels, layers, batches of segments.

From shapely's meters to the scene's: x to the right, y down, near the origin.
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

_KEY_FACTOR = 0x9E3779B97F4A7C1  # odd and wide, so that sums of two ends hardly ever meet


@dataclass(frozen=True, slots=True)
class SceneTransform:
    """The scene's origin in the project's CRS. One scene unit is one meter."""

    x_m: float
    y_m: float

    def to_scene(self, coords: FloatArray) -> FloatArray:
        """Turn project meters, shape (n, 2), into scene coordinates."""
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
        # a QPolygonF is a vector of pairs of doubles, as the rows of the array are
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
    """Leave out segments, shape (n, 4), that occur twice, in either direction, to the centimeter.

    A row is x and y of one end, x and y of the other.
    """
    if not len(segments):
        return segments
    _, kept = np.unique(_hash_segments(segments), return_index=True)
    return segments[np.sort(kept)]


def merge_shared_borders(areas: Iterable[BaseGeometry]) -> list[BaseGeometry]:
    """Return the borders of areas as lines between places where they meet; one of two, once.

    Both are in meters, y to the north.
    """
    upright = SceneTransform(0.0, 0.0)
    segments = drop_duplicate_segments(extract_segments(areas, upright))
    if not len(segments):
        return []
    pieces: Any = shapely.linestrings(segments.reshape(-1, 2, 2) * (1.0, -1.0))
    return list(shapely.get_parts(shapely.line_merge(shapely.multilinestrings(pieces))))


def drop_segments_near(
    segments: FloatArray, walls: shapely.STRtree | None, reach_m: float
) -> FloatArray:
    """Leave out segments, shape (n, 4), within ``reach_m`` of the walls by middle and ends."""
    return segments[~_find_segments_near(segments, walls, reach_m)]


def _hash_segments(segments: FloatArray) -> NDArray[np.int64]:
    """Return a number a segment, alike in both directions, to the centimeter."""
    grid = np.rint(segments * 100).astype(np.int64)
    first = (grid[:, 0] << 32) + grid[:, 1]
    last = (grid[:, 2] << 32) + grid[:, 3]
    # the product wraps around: what is alike has to stay alike, and no more than that
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
    for share in (0.5, 0.0, 1.0):  # those whose middle is far, most of them, are asked once
        own = segments[along]
        spots = shapely.points(own[:, :2] * (1 - share) + own[:, 2:] * share)
        hits = walls.query(spots, predicate="dwithin", distance=reach_m)[0]
        along = along[np.unique(hits)]
    found[along] = True
    return found


def build_segment_index(segments: FloatArray) -> shapely.STRtree | None:
    """Return an index of segments, shape (n, 4), None where there are none."""
    if not len(segments):
        return None
    lines: Any = shapely.linestrings(segments.reshape(-1, 2, 2))
    return shapely.STRtree(lines)


class SceneItem(QGraphicsItem):
    """Base of what the map draws: ``draw`` gets a painter without a transform.

    Items draw in device pixels, so that lines and symbols are as wide at every scale, and scaling
    an array of points once is faster than a transform that Qt applies to each of them. Edges are
    soft as the view has it: to ask for that again in a hundred items costs 0.3 ms a frame.
    """

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Draw the exposed part; the painter is restored whatever happens."""
        world = painter.worldTransform()
        painter.save()
        try:
            painter.resetTransform()
            self.draw(painter, world, option.exposedRect)
        finally:
            painter.restore()

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw what lies in ``exposed`` (scene); ``world`` maps the scene to the device."""
        raise NotImplementedError


class SceneLayer(SceneItem):
    """An item that spans the whole map and draws only what is exposed."""

    def __init__(self, rect: QRectF, z: float) -> None:
        super().__init__()
        self._rect = QRectF(rect)
        self.setZValue(z)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def boundingRect(self) -> QRectF:
        """Span the whole map."""
        return self._rect


class MarkerItem(SceneItem):
    """Something of constant size at a place of the map; ``draw`` has its origin there."""

    def __init__(self, at: QPointF, z: float) -> None:
        super().__init__()
        self.setPos(at)
        self.setZValue(z)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)


PlacedMark = tuple[QPointF, QRectF]
"""A mark of constant size: its place in the scene, and the pixels that it takes around it."""
_Item = TypeVar("_Item", bound=QGraphicsItem)


class ItemLayer(Generic[_Item]):
    """The items of one kind in a scene, by key."""

    def __init__(
        self, scene: QGraphicsScene, frame: SceneTransform, theme: Theme, ratio: float = 1.0
    ) -> None:
        self.items: dict[str, _Item] = {}
        self._scene, self._frame, self._theme, self._ratio = scene, frame, theme, ratio

    def add(self, key: str, item: _Item) -> _Item:
        """Put a new item on the map and return it."""
        self.items[key] = item
        self._scene.addItem(item)
        return item

    @property
    def marks(self) -> list[PlacedMark]:
        """What the marks among the items take of the map."""
        marks = (one for one in self.items.values() if isinstance(one, MarkerItem))
        return [(one.pos(), one.boundingRect()) for one in marks]

    def remove(self, keys: Iterable[str]) -> None:
        """Take items off the map."""
        for key in list(keys):
            self._scene.removeItem(self.items.pop(key))


INDEXED_FROM_SEGMENTS = 4000
_COARSER = 3.0
_LEVELS = 5


class SegmentBatch:
    """Segments in scene coordinates that are drawn with one pen.

    ``levels`` are (meters of detail that are left out, segments), finest first.
    """

    def __init__(self, levels: Sequence[tuple[float, FloatArray]]) -> None:
        self._levels = [(m, np.ascontiguousarray(segments)) for m, segments in levels]
        self._trees: dict[int, shapely.STRtree] = {}
        self._spans: dict[int, tuple[FloatArray, ...]] = {}
        finest = self._levels[0][1]
        self._box = _compute_bounds(finest)
        self.count = len(finest)

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF, pen: QPen) -> None:
        """Draw what lies in ``exposed`` (scene) on a painter that has no transform of its own."""
        lines = self.visible(world, exposed)
        if len(lines):
            painter.setPen(pen)
            draw_segments(painter, lines)

    def visible(self, world: QTransform, exposed: QRectF) -> FloatArray:
        """Return the segments within a rectangle of the scene, shape (n, 4), in device pixels."""
        if self._box is None or not self._box.intersects(exposed):
            return np.empty((0, 4))
        scale = world.m11()
        level = self._level(0.5 / scale)  # half a pixel of detail is not seen
        segments = self._levels[level][1]
        if not exposed.contains(self._box):
            segments = self._within(level, exposed)
        return segments * scale + (world.dx(), world.dy(), world.dx(), world.dy())

    def _within(self, level: int, exposed: QRectF) -> FloatArray:
        segments = self._levels[level][1]
        if len(segments) > INDEXED_FROM_SEGMENTS:
            if level not in self._trees:
                self._trees[level] = shapely.STRtree(_build_boxes(segments))
            window = shapely.box(exposed.left(), exposed.top(), exposed.right(), exposed.bottom())
            kept: FloatArray = segments[self._trees[level].query(window)]
            return kept
        if level not in self._spans:
            self._spans[level] = _span_segments(segments)
        left, right, top, bottom = self._spans[level]
        near = (left <= exposed.right()) & (right >= exposed.left())
        near &= (top <= exposed.bottom()) & (bottom >= exposed.top())
        found: FloatArray = segments[near]
        return found

    def _level(self, detail_m: float) -> int:
        fits = [at for at, (left_out_m, _) in enumerate(self._levels) if left_out_m <= detail_m]
        return fits[-1] if fits else 0


def make_segment_batch(
    geometries: Sequence[BaseGeometry],
    frame: SceneTransform,
    *,
    coarser_from: int = INDEXED_FROM_SEGMENTS,
) -> SegmentBatch:
    """Make strokes of lines or polygons' rings, with coarser levels where there are many.

    The geometries are in meters, y to the north; the strokes are in the scene of ``frame``.
    """
    finest = extract_segments(geometries, frame)
    levels = [(0.0, finest)]
    left_out_m = 2.0
    while len(levels) < _LEVELS and len(levels[-1][1]) > coarser_from:
        simpler = shapely.simplify(list(geometries), left_out_m, preserve_topology=False)
        levels.append((left_out_m, extract_segments(simpler, frame)))
        left_out_m *= _COARSER
    return SegmentBatch(levels)


def wrap_segments(segments: FloatArray) -> SegmentBatch:
    """Make strokes of segments, shape (n, 4), as they are."""
    return SegmentBatch([(0.0, segments)])


def draw_segments(painter: QPainter, lines: FloatArray) -> None:
    """Draw device segments, shape (n, 4), handing Qt the array itself (QLineF is four doubles)."""
    held = np.ascontiguousarray(lines, dtype=np.float64)
    first = cast(QLineF, shiboken6.wrapInstance(held.ctypes.data, QLineF))
    painter.drawLines(first, len(held))


def _compute_bounds(segments: FloatArray) -> QRectF | None:
    if not len(segments):
        return None
    left, right, top, bottom = _span_segments(segments)
    x, y = left.min(), top.min()
    return QRectF(x, y, max(right.max() - x, 1e-6), max(bottom.max() - y, 1e-6))


def _span_segments(segments: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return left, right, top and bottom of segments, shape (n, 4), each of shape (n,).

    Column by column: numpy takes forty times as long for the least of each row of two.
    """
    x, y, to_x, to_y = segments.T
    return np.minimum(x, to_x), np.maximum(x, to_x), np.minimum(y, to_y), np.maximum(y, to_y)


def _build_boxes(segments: FloatArray) -> Any:
    left, right, top, bottom = _span_segments(segments)
    return shapely.box(left, top, right, bottom)
