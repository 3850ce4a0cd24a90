"""The area reached within some minutes, as polygons."""

from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.travel.grid import TravelModel
from zoneplanner.analysis.travel.road_network import RoadNetwork

_RASTER_ROWS = 90
_NEAR_ROAD_M = 400.0
_FAR_MIN = 1e4
_MIN_PART = 0.002


def find_reach_area(
    model: TravelModel,
    origins: FloatArray,
    chances: FloatArray,
    minutes: float,
    within: BaseGeometry,
) -> BaseGeometry:
    """Return the area that a unit reaches within ``minutes`` on average, turnout included.

    Parameters
    ----------
    origins, chances
        The unit's possible positions, shape (n, 2), meters, and their probabilities, shape (n,).
    within
        The area to search.

    Returns
    -------
    Polygons, possibly none, from a raster of 90 rows: their edge is accurate to about its step.
    """
    # deferred: only drawing an area needs it
    from contourpy import FillType, contour_generator

    left, low, right, high = within.bounds
    step_m = max((high - low) / (_RASTER_ROWS - 1), 1.0)
    xs = np.arange(left, right + step_m, step_m)
    ys = np.arange(low, high + step_m, step_m)
    cells = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    by_origin = np.minimum(_compute_minutes(model, origins, cells), _FAR_MIN)
    mean = (chances @ by_origin).reshape(len(ys), len(xs))
    contours = contour_generator(xs, ys, mean, fill_type=FillType.OuterOffset)
    filled: Any = contours.filled(-1.0, minutes)
    parts = []
    for corners, cuts in zip(*filled, strict=True):
        edge, *holes = (corners[first:last] for first, last in pairwise(cuts.tolist()))
        parts.append(Polygon(edge, holes))
    whole = shapely.union_all([shapely.make_valid(part) for part in parts])
    least_m2 = _MIN_PART * whole.area
    return shapely.union_all([part for part in shapely.get_parts(whole) if part.area > least_m2])


def _compute_minutes(model: TravelModel, origins: FloatArray, spots: FloatArray) -> FloatArray:
    """Return minutes to any place; in a road network, to the nearest junction."""
    if not isinstance(model, RoadNetwork):
        return model.minutes(origins, spots)
    to_junctions = model.minutes_to_junctions(origins)
    junction, distance_m = model.snap(spots)
    minutes = model.turnout_min + to_junctions[:, junction]
    minutes[:, distance_m > _NEAR_ROAD_M] = np.inf
    return minutes
