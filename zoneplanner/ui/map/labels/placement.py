"""Which labels fit where: placed by priority, none over another or over a symbol."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray

_ROOM = 512


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """A label at a point; pixels at the map's present scale. ``reach`` is the symbol's radius.

    One that ``must`` be there stands where it covers least, where no place is free.
    """

    key: str
    x: float
    y: float
    width: float
    height: float
    reach: float
    must: bool = False


class OccupiedBoxes:
    """Rectangles that are taken already, as left, top, right, bottom."""

    def __init__(self) -> None:
        self._boxes = np.empty((_ROOM, 4))
        self._weights = np.empty(_ROOM)
        self._count = 0

    def add(self, boxes: FloatArray, *, weight: float = 1.0) -> None:
        """Take rectangles, shape (n, 4); ``weight`` is how much it matters to cover them."""
        need = self._count + len(boxes)
        if need > len(self._boxes):
            self._boxes = np.vstack([self._boxes, np.empty((need, 4))])
            self._weights = np.append(self._weights, np.empty(need))
        self._boxes[self._count : need] = boxes
        self._weights[self._count : need] = weight
        self._count = need

    def measure_overlap(self, boxes: FloatArray) -> FloatArray:
        """Return how much of each rectangle, shape (n, 4), is taken, by weight; twice is twice."""
        held = self._boxes[: self._count]
        wide = np.minimum(boxes[:, None, 2], held[None, :, 2]) - np.maximum(
            boxes[:, None, 0], held[None, :, 0]
        )
        high = np.minimum(boxes[:, None, 3], held[None, :, 3]) - np.maximum(
            boxes[:, None, 1], held[None, :, 1]
        )
        area: FloatArray = (wide.clip(0) * high.clip(0)) @ self._weights[: self._count]
        return area

    def free(self, boxes: FloatArray, *, least: float = 0.0) -> NDArray[np.bool_]:
        """Tell for each rectangle, shape (n, 4), whether nothing lies in it of a least weight."""
        held = self._boxes[: self._count]
        if least:
            held = held[self._weights[: self._count] >= least]
        apart = (
            (boxes[:, None, 2] <= held[None, :, 0])
            | (boxes[:, None, 0] >= held[None, :, 2])
            | (boxes[:, None, 3] <= held[None, :, 1])
            | (boxes[:, None, 1] >= held[None, :, 3])
        )
        free: NDArray[np.bool_] = np.all(apart, axis=1)
        return free


def place_labels(
    wanted: Iterable[LabelRequest], taken: OccupiedBoxes
) -> dict[str, tuple[float, float]]:
    """Place labels beside their points, the first ones first.

    To place as many as possible is NP-hard (Formann and Wagner 1991; Marks and Shieber 1991). By
    priority each takes its best free place and keeps it: a label that matters never gives way to
    others, and the same map always has the same labels.

    Returns
    -------
    The top left corner relative to its point, by key; labels without room are left out.
    """
    found: dict[str, tuple[float, float]] = {}
    for label in wanted:
        corners = _corners(label)
        boxes = np.hstack([corners, corners + np.array([label.width, label.height])])
        boxes += (label.x, label.y, label.x, label.y)
        free = taken.free(boxes)
        if free.any() or label.must:
            at = int(np.argmax(free) if free.any() else np.argmin(taken.measure_overlap(boxes)))
            taken.add(boxes[at : at + 1])
            found[label.key] = (float(corners[at, 0]), float(corners[at, 1]))
    return found


def _corners(label: LabelRequest) -> FloatArray:
    """List the top left corners that a label may have, best first: right, left, above, below.

    A few places around the symbol, in an order of preference (Yoeli 1972). Those at the corners
    are last: there the symbol's circle is farther away, so that they come closer.
    """
    w, h, r = label.width, label.height, label.reach
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
    """A named line of the scene; ``reached_m`` is its length up to each point."""

    name: str
    points: FloatArray
    reached_m: FloatArray

    @property
    def length_m(self) -> float:
        """Its length."""
        return float(self.reached_m[-1])


def measure_label_line(name: str, points: FloatArray) -> LabelLine:
    """Measure a line, shape (n, 2) in meters."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    return LabelLine(name, points, np.concatenate([[0.0], np.cumsum(steps)]))


@dataclass(frozen=True, slots=True)
class LineSpot:
    """A place for a name along a line: its middle in pixels, and the slope in whole degrees."""

    x: float
    y: float
    angle: int


_LEAST_TRIES = 3


def find_spots_along(
    line: LabelLine,
    scale: float,
    width: float,
    every: float,
    sag: float,
    *,
    try_every: float = inf,
) -> list[LineSpot]:
    """List the places where a name of this width fits along a line, about ``every`` pixels.

    ``scale`` is pixels to a meter; the line may leave the name's chord by at most ``sag`` pixels.
    Of each stretch three places are tried, or one every ``try_every`` pixels.
    """
    total = line.length_m * scale
    if total < width:
        return []
    count = max(1, int(total // every))
    tries = max(_LEAST_TRIES, int(total / count // try_every)) | 1
    middles = (np.arange(count * tries) + 0.5) * total / (count * tries)
    from_center = np.abs(np.arange(tries) - tries // 2)
    # the middle of every stretch before the second try of any: whoever picks takes the first ones
    middles = middles[np.argsort(np.tile(from_center, count), kind="stable")]
    middles = middles[(middles >= width / 2) & (middles <= total - width / 2)]
    if not len(middles):
        middles = np.array([total / 2])
    shares = np.linspace(-0.5, 0.5, 7)
    at = (middles[:, None] + shares[None, :] * width) / scale
    xs = np.interp(at, line.reached_m, line.points[:, 0]) * scale
    ys = np.interp(at, line.reached_m, line.points[:, 1]) * scale
    dx, dy = xs[:, -1] - xs[:, 0], ys[:, -1] - ys[:, 0]
    chord = np.hypot(dx, dy)
    safe = np.maximum(chord, 1e-9)[:, None]
    off = np.abs((xs - xs[:, :1]) * dy[:, None] - (ys - ys[:, :1]) * dx[:, None]) / safe
    # interp holds fast at the ends of the line, so that a name that juts out has a short chord
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
    """Pick the spots that are free and at least ``every`` pixels apart, and take their room."""
    kept: list[LineSpot] = []
    for spot in spots:
        if any(np.hypot(spot.x - other.x, spot.y - other.y) < every for other in kept):
            continue
        boxes = _cover_spot_with_boxes(spot, width, height)
        if taken.free(boxes).all():
            taken.add(boxes)
            kept.append(spot)
    return kept


_GRID = 26
_CENTRE_PULL = 0.08
_APART_SHARE = 0.12
_MOST_ANCHORS = 12


def find_label_anchors(
    area: BaseGeometry, avoid: FloatArray, aspect: float = 1.0
) -> list[tuple[float, float]]:
    """Return places in an area far from its edge and from points, the best first; apart a bit.

    The best is near the pole of inaccessibility (Garcia-Castellanos and Lombardo 2007), on a grid:
    a few places that are good serve labels better than the one that is exact.
    ``avoid`` has shape (n, 2), meters; the largest polygon of the area is searched on a grid.
    What stands there is ``aspect`` times as wide as high, so that room sideways counts less.
    """
    whole = find_largest_polygon(area)
    if whole is None:
        return []
    part = affinity.scale(whole, xfact=1 / aspect, origin=(0, 0))
    left, bottom, right, top = part.bounds
    avoid = avoid / (aspect, 1.0)
    # a point outside is farther than the edge, and never decides
    within = (avoid >= (left, bottom)).all(axis=1) & (avoid <= (right, top)).all(axis=1)
    avoid = avoid[within]
    inside = list_grid_points_in(part, _GRID)
    if not len(inside):
        point = part.representative_point()
        return [(point.x * aspect, point.y)]
    shapely.prepare(part.boundary)
    room = np.asarray(shapely.distance(part.boundary, shapely.points(inside)))
    if len(avoid):
        apart = np.hypot(*(inside[:, None, :] - avoid[None, :, :]).transpose(2, 0, 1)).min(axis=1)
        room = np.minimum(room, apart * 1.15)
    center = part.centroid
    away = np.hypot(inside[:, 0] - center.x, inside[:, 1] - center.y)
    worth = room - _CENTRE_PULL * away
    least_m = max(np.ptp(inside, axis=0)) * _APART_SHARE
    found: list[tuple[float, float]] = []
    while len(found) < _MOST_ANCHORS and worth.max() > -np.inf:
        x, y = inside[int(np.argmax(worth))]
        worth[np.hypot(inside[:, 0] - x, inside[:, 1] - y) <= least_m] = -np.inf
        found.append((float(x) * aspect, float(y)))
    return found


def list_grid_points_in(area: Polygon, count: int) -> FloatArray:
    """Return the points of a grid over a polygon that lie in it, shape (n, 2), ``count`` a side."""
    left, bottom, right, top = area.bounds
    steps = (np.arange(count) + 0.5) / count
    xs, ys = np.meshgrid(left + (right - left) * steps, bottom + (top - bottom) * steps)
    spots = np.column_stack([xs.ravel(), ys.ravel()])
    inside: FloatArray = spots[shapely.contains_xy(area, spots)]
    return inside


def find_largest_polygon(area: BaseGeometry) -> Polygon | None:
    """Return the largest polygon of an area, None where it has none."""
    parts = [p for p in shapely.get_parts(area) if isinstance(p, Polygon) and not p.is_empty]
    return max(parts, key=lambda part: part.area, default=None)
