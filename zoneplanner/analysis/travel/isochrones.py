"""The area that can be reached within some minutes, as polygons."""

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
_LEAST_PART = 0.002


def find_reach_area(
    model: TravelModel,
    origins: FloatArray,
    chances: FloatArray,
    minutes: float,
    within: BaseGeometry,
) -> BaseGeometry:
    """Return where a unit gets within ``minutes`` on average, turnout included.

    Parameters
    ----------
    origins, chances
        Where the unit may be, shape (n, 2), meters, and how likely, shape (n,), in sum 1.
    within
        What the area is looked for in.

    Returns
    -------
    Polygons, maybe none, of a raster of 90 rows: their edge is right to about its step.
    """
    # drawing an area is all that this is for
    from contourpy import FillType, contour_generator

    left, low, right, high = within.bounds
    step_m = max((high - low) / (_RASTER_ROWS - 1), 1.0)
    xs = np.arange(left, right + step_m, step_m)
    ys = np.arange(low, high + step_m, step_m)
    spots = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    each = np.minimum(_reach_minutes(model, origins, spots), _FAR_MIN)
    mean = (chances @ each).reshape(len(ys), len(xs))
    contours = contour_generator(xs, ys, mean, fill_type=FillType.OuterOffset)
    filled: Any = contours.filled(-1.0, minutes)
    parts = []
    for corners, cuts in zip(*filled, strict=True):
        edge, *holes = (corners[first:last] for first, last in pairwise(cuts.tolist()))
        parts.append(Polygon(edge, holes))
    whole = shapely.union_all([shapely.make_valid(part) for part in parts])
    least = _LEAST_PART * whole.area
    kept = [part for part in shapely.get_parts(whole) if part.area > least]
    return shapely.union_all(kept)


def _reach_minutes(model: TravelModel, origins: FloatArray, spots: FloatArray) -> FloatArray:
    """Return minutes to any place; off the roads those to the nearest junction."""
    if not isinstance(model, RoadNetwork):
        return model.minutes(origins, spots)
    to_junctions = model.minutes_to_junctions(origins)
    junction, away_m = model.snap(spots)
    found = model.turnout_min + to_junctions[:, junction]
    found[:, away_m > _NEAR_ROAD_M] = np.inf
    return found
