"""Where in an area a large number has most room."""

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray

_GRID = 26
_CENTRE_PULL = 0.08


def find_label_anchor(
    area: BaseGeometry, avoid: FloatArray, aspect: float = 1.0
) -> tuple[float, float] | None:
    """Return the place in an area that is far from its edge and from points, None without area.

    ``avoid`` has shape (n, 2), metres; the largest polygon of the area is searched on a grid.
    What stands there is ``aspect`` times as wide as high, so that room sideways counts less.
    """
    whole = find_largest_polygon(area)
    if whole is None:
        return None
    part = affinity.scale(whole, xfact=1 / aspect, origin=(0, 0))
    avoid = avoid / (aspect, 1.0)
    left, bottom, right, top = part.bounds
    steps = (np.arange(_GRID) + 0.5) / _GRID
    xs, ys = np.meshgrid(left + (right - left) * steps, bottom + (top - bottom) * steps)
    spots = np.column_stack([xs.ravel(), ys.ravel()])
    inside = spots[shapely.contains_xy(part, spots)]
    if not len(inside):
        point = part.representative_point()
        return point.x * aspect, point.y
    shapely.prepare(part.boundary)
    room = np.asarray(shapely.distance(part.boundary, shapely.points(inside)))
    if len(avoid):
        apart = np.hypot(*(inside[:, None, :] - avoid[None, :, :]).transpose(2, 0, 1)).min(axis=1)
        room = np.minimum(room, apart * 1.15)
    centre = part.centroid
    away = np.hypot(inside[:, 0] - centre.x, inside[:, 1] - centre.y)
    best = inside[int(np.argmax(room - _CENTRE_PULL * away))]
    return float(best[0]) * aspect, float(best[1])


def find_largest_polygon(area: BaseGeometry) -> Polygon | None:
    """Return the largest polygon of an area, None where it has none."""
    parts = [p for p in shapely.get_parts(area) if isinstance(p, Polygon) and not p.is_empty]
    return max(parts, key=lambda part: part.area, default=None)
