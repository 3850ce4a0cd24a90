"""Placement of labels by priority, without covering symbols or other labels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot, inf

import numpy as np
import shapely
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from shapely import affinity
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray

_INITIAL_CAPACITY = 512


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """A label next to a symbol, in pixels at the map's current scale.

    A label that ``is_required`` is placed where it covers least if no position is free.
    """

    key: str
    x: float
    y: float
    width: float
    height: float
    symbol_radius: float
    is_required: bool = False


class OccupiedBoxes:
    """Rectangles that are occupied, as left, top, right, bottom."""

    def __init__(self) -> None:
        self._boxes = np.empty((_INITIAL_CAPACITY, 4))
        self._weights = np.empty(_INITIAL_CAPACITY)
        self._count = 0

    def add(self, boxes: FloatArray, *, weight: float = 1.0) -> None:
        """Occupy rectangles, shape (n, 4); ``weight`` is how much it matters to cover them."""
        count = self._count + len(boxes)
        if count > len(self._boxes):
            self._boxes = np.vstack([self._boxes, np.empty((count, 4))])
            self._weights = np.append(self._weights, np.empty(count))
        self._boxes[self._count : count] = boxes
        self._weights[self._count : count] = weight
        self._count = count

    def measure_overlap(self, boxes: FloatArray) -> FloatArray:
        """Return the weighted occupied area of each rectangle, shape (n, 4); overlaps add up."""
        # column by column, which is three times as fast as corner by corner
        occupied = self._boxes[: self._count]
        left = np.maximum(boxes[:, None, 0], occupied[:, 0])
        top = np.maximum(boxes[:, None, 1], occupied[:, 1])
        width = np.minimum(boxes[:, None, 2], occupied[:, 2]) - left
        height = np.minimum(boxes[:, None, 3], occupied[:, 3]) - top
        area: FloatArray = (width.clip(0) * height.clip(0)) @ self._weights[: self._count]
        return area

    def is_free(self, boxes: FloatArray, *, least: float = 0.0) -> NDArray[np.bool_]:
        """Return which rectangles, shape (n, 4), are free of anything with at least a weight."""
        occupied = self._boxes[: self._count]
        if least:
            occupied = occupied[self._weights[: self._count] >= least]
        apart = (
            (boxes[:, None, 2] <= occupied[:, 0])
            | (boxes[:, None, 0] >= occupied[:, 2])
            | (boxes[:, None, 3] <= occupied[:, 1])
            | (boxes[:, None, 1] >= occupied[:, 3])
        )
        free: NDArray[np.bool_] = np.all(apart, axis=1)
        return free


def place_labels(
    wanted: Iterable[LabelRequest], taken: OccupiedBoxes
) -> dict[str, tuple[float, float]]:
    """Place labels next to their points, in this order of priority.

    Placing as many as possible is NP-hard (Formann and Wagner 1991; Marks and Shieber 1991). Each
    label takes its best free position: an important label never gives way to others, and the same
    map always has the same labels.

    Returns
    -------
    The top left corner relative to its point, by key; labels without room are omitted.
    """
    placed: dict[str, tuple[float, float]] = {}
    for label in wanted:
        corners = _list_corners(label)
        boxes = np.hstack([corners, corners + np.array([label.width, label.height])])
        boxes += (label.x, label.y, label.x, label.y)
        is_free = taken.is_free(boxes)
        if is_free.any() or label.is_required:
            best = np.argmax(is_free) if is_free.any() else taken.measure_overlap(boxes).argmin()
            taken.add(boxes[[best]])
            x, y = corners[best].tolist()
            placed[label.key] = (x, y)
    return placed


def _list_corners(label: LabelRequest) -> FloatArray:
    """Return the possible top left corners, best first: right, left, above, below.

    The order of preference follows Yoeli (1972). The diagonal positions are last; they are closer
    to the center, because there the symbol's circle is farther away from the label.
    """
    w, h, r = label.width, label.height, label.symbol_radius
    near = r * 0.75
    return np.array(
        [
            (r, -h / 2),
            (-r - w, -h / 2),
            (-w / 2, -r - h),
            (-w / 2, r),
            (near, -near - h),
            (near, near),
            (-near - w, -near - h),
            (-near - w, near),
        ]
    )


@dataclass(frozen=True, eq=False, slots=True)
class LabelLine:
    """A named line of the scene; ``distances_m`` are the lengths along it up to each point."""

    name: str
    points: FloatArray
    distances_m: FloatArray

    @property
    def length_m(self) -> float:
        """The length of the line."""
        return float(self.distances_m[-1])


def measure_label_line(name: str, points: FloatArray) -> LabelLine:
    """Measure a line, shape (n, 2) in meters."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    return LabelLine(name, points, np.concatenate([[0.0], np.cumsum(steps)]))


@dataclass(frozen=True, slots=True)
class LineSpot:
    """A position of a name along a line: its center in pixels, and the slope in whole degrees."""

    x: float
    y: float
    angle: int


_MIN_TRIES = 3


def find_spots_along(
    line: LabelLine,
    scale: float,
    width: float,
    every: float,
    sag: float,
    *,
    try_every: float = inf,
) -> list[LineSpot]:
    """Return positions for a name of a width along a line, about ``every`` pixels.

    ``scale`` is in pixels per meter; the line may deviate from the name's chord by at most ``sag``
    pixels. Three positions are tried for each stretch, or one every ``try_every`` pixels.
    """
    total = line.length_m * scale
    if total < width:
        return []
    count = max(1, int(total // every))
    tries = max(_MIN_TRIES, int(total / count // try_every)) | 1
    middles = (np.arange(count * tries) + 0.5) * total / (count * tries)
    from_center = np.abs(np.arange(tries) - tries // 2)
    # the middle of every stretch comes before the second try of any, as the first ones are used
    middles = middles[np.argsort(np.tile(from_center, count), kind="stable")]
    middles = middles[(middles >= width / 2) & (middles <= total - width / 2)]
    if not len(middles):
        middles = np.array([total / 2])
    shares = np.linspace(-0.5, 0.5, 7)
    at = (middles[:, None] + shares[None, :] * width) / scale
    xs = np.interp(at, line.distances_m, line.points[:, 0]) * scale
    ys = np.interp(at, line.distances_m, line.points[:, 1]) * scale
    dx, dy = xs[:, -1] - xs[:, 0], ys[:, -1] - ys[:, 0]
    chord = np.hypot(dx, dy)
    safe = np.maximum(chord, 1e-9)[:, None]
    off = np.abs((xs - xs[:, :1]) * dy[:, None] - (ys - ys[:, :1]) * dx[:, None]) / safe
    # interp is constant beyond the ends of the line, so a name that sticks out has a short chord
    straight = (off.max(axis=1) <= sag) & (chord >= width * 0.95)
    slopes = np.degrees(np.arctan2(dy, dx))
    slopes = np.where(slopes > 90, slopes - 180, np.where(slopes <= -90, slopes + 180, slopes))
    rows = zip(xs.mean(axis=1), ys.mean(axis=1), slopes, straight, strict=True)
    return [LineSpot(float(x), float(y), round(float(slope))) for x, y, slope, good in rows if good]


def _cover_spot_with_boxes(spot: LineSpot, width: float, height: float) -> FloatArray:
    """Cover a sloping name with upright boxes, shape (n, 4)."""
    count = max(1, round(width / height)) if spot.angle else 1
    if count == 1:
        half = np.array([width / 2, height / 2])
        middle = np.array([[spot.x, spot.y]])
        return np.hstack([middle - half, middle + half])
    shares = (np.arange(count) + 0.5) / count - 0.5
    slope = np.radians(spot.angle)
    middle = np.column_stack(
        [spot.x + shares * width * np.cos(slope), spot.y + shares * width * np.sin(slope)]
    )
    half_px = height * 0.62
    return np.hstack([middle - half_px, middle + half_px])


def shift_spots(spots: Sequence[LineSpot], by_px: float) -> list[LineSpot]:
    """Return the spots, then those beside the line by so many pixels, above it first."""
    beside = [
        LineSpot(
            spot.x + way * by_px * float(np.sin(np.radians(spot.angle))),
            spot.y - way * by_px * float(np.cos(np.radians(spot.angle))),
            spot.angle,
        )
        for way in (1, -1)
        for spot in spots
    ]
    return [*spots, *beside]


def pick_spaced_spots(
    spots: Sequence[LineSpot], every: float, taken: OccupiedBoxes, width: float, height: float
) -> list[LineSpot]:
    """Occupy and return the spots that are free and at least ``every`` pixels apart."""
    picked: list[LineSpot] = []
    for spot in spots:
        if any(hypot(spot.x - other.x, spot.y - other.y) < every for other in picked):
            continue
        boxes = _cover_spot_with_boxes(spot, width, height)
        if taken.is_free(boxes).all():
            taken.add(boxes)
            picked.append(spot)
    return picked


_GRID_SIZE = 26
_CENTER_PULL = 0.08
_MIN_DISTANCE_SHARE = 0.12
_MAX_ANCHORS = 12


def find_label_anchors(
    area: BaseGeometry, avoid: FloatArray, aspect: float = 1.0
) -> list[tuple[float, float]]:
    """Return points in an area, far from its edge and from other points, best first.

    The best one is near the pole of inaccessibility (Garcia-Castellanos and Lombardo 2007). The
    largest polygon is searched on a grid: several good points serve labels better than the exact
    one.

    Parameters
    ----------
    avoid
        Points in meters, shape (n, 2).
    aspect
        The label's width divided by its height; space at its sides counts less.
    """
    whole = find_largest_polygon(area)
    if whole is None:
        return []
    polygon = affinity.scale(whole, xfact=1 / aspect, origin=(0, 0))
    left, bottom, right, top = polygon.bounds
    avoid = avoid / (aspect, 1.0)
    # points outside are farther away than the edge, so they make no difference
    is_near = (avoid >= (left, bottom)).all(axis=1) & (avoid <= (right, top)).all(axis=1)
    avoid = avoid[is_near]
    grid = list_grid_points_in(polygon, _GRID_SIZE)
    if not len(grid):
        point = polygon.representative_point()
        return [(point.x * aspect, point.y)]
    shapely.prepare(polygon.boundary)
    clearance = np.asarray(shapely.distance(polygon.boundary, shapely.points(grid)))
    if len(avoid):
        distances = np.hypot(*(grid[:, None, :] - avoid[None, :, :]).transpose(2, 0, 1))
        clearance = np.minimum(clearance, distances.min(axis=1) * 1.15)
    center = polygon.centroid
    score = clearance - _CENTER_PULL * np.hypot(grid[:, 0] - center.x, grid[:, 1] - center.y)
    min_distance_m = max(np.ptp(grid, axis=0)) * _MIN_DISTANCE_SHARE
    anchors: list[tuple[float, float]] = []
    while len(anchors) < _MAX_ANCHORS and score.max() > -np.inf:
        x, y = grid[int(np.argmax(score))]
        score[np.hypot(grid[:, 0] - x, grid[:, 1] - y) <= min_distance_m] = -np.inf
        anchors.append((float(x) * aspect, float(y)))
    return anchors


def list_grid_points_in(area: Polygon, count: int) -> FloatArray:
    """Return the points in a polygon, shape (n, 2), of a grid with ``count`` points per side."""
    left, bottom, right, top = area.bounds
    steps = (np.arange(count) + 0.5) / count
    xs, ys = np.meshgrid(left + (right - left) * steps, bottom + (top - bottom) * steps)
    points = np.column_stack([xs.ravel(), ys.ravel()])
    inside: FloatArray = points[shapely.contains_xy(area, points)]
    return inside


def list_edges(*boxes: QRectF) -> FloatArray:
    """Return left, top, right and bottom of each box, shape (n, 4)."""
    edges = [(box.left(), box.top(), box.right(), box.bottom()) for box in boxes]
    return np.array(edges).reshape(-1, 4)


def find_largest_polygon(area: BaseGeometry) -> Polygon | None:
    """Return the largest polygon of an area, or None if it has none."""
    parts = [p for p in shapely.get_parts(area) if isinstance(p, Polygon) and not p.is_empty]
    return max(parts, key=lambda part: part.area, default=None)
