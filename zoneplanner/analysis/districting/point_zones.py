"""The problem of zones for arbitrary points, with default neighbors and drives."""

from collections.abc import Sequence

import numpy as np
import shapely

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.districting.coordinate_costs import CoordinateCosts, Costs
from zoneplanner.analysis.districting.problem import DistrictingProblem
from zoneplanner.analysis.travel.grid import M_PER_MIN_PER_MPH
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

_SPEED_MPH = 25.0
"""The speed of straight drives if no minutes are given."""


def find_gabriel_neighbors(xy_m: FloatArray) -> list[tuple[int, int]]:
    """Return the pairs of points with no third one inside the circle that they span.

    ``xy_m`` has the shape (n, 2), meters, x before y; the points must differ. The graph is
    connected and has no crossing lines (Gabriel and Sokal, 1969).
    """
    count = len(xy_m)
    if count < 3:
        return [(0, 1)] if count == 2 else []
    edges = shapely.get_parts(
        shapely.delaunay_triangles(shapely.multipoints(xy_m), only_edges=True)
    )
    row_of = {tuple(point): row for row, point in enumerate(xy_m.tolist())}
    ends = shapely.get_coordinates(edges).reshape(-1, 2, 2).tolist()
    pairs = np.array([[row_of[tuple(end)] for end in line] for line in ends], dtype=np.int64)
    if not len(pairs):  # all points are on one line
        order = np.lexsort((xy_m[:, 1], xy_m[:, 0]))
        pairs = np.column_stack([order[:-1], order[1:]])
    one, other = xy_m[pairs[:, 0]], xy_m[pairs[:, 1]]
    radius_m = np.hypot(*(one - other).T) / 2
    near = shapely.STRtree(list(map(shapely.Point, xy_m))).query(
        shapely.points((one + other) / 2), predicate="dwithin", distance=radius_m * (1 - 1e-9)
    )
    open_pairs = np.setdiff1d(np.arange(len(pairs)), near[0])
    return [(int(a), int(b)) for a, b in np.sort(pairs[open_pairs], axis=1)]


def merge_stacked_points(xy_m: FloatArray) -> tuple[IntArray, IntArray]:
    """Return the first point of each place, and the place of each point.

    ``xy_m`` has the shape (n, 2), meters, x before y; the results (places,) and (n,).
    """
    _, first, place = np.unique(xy_m, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order], rank[place.reshape(-1)]


def build_point_problem(
    xy_m: FloatArray,
    load: FloatArray,
    *,
    zones: Sequence[str] | int,
    tolerance: float,
    neighbors: Sequence[tuple[int, int]] | None = None,
    minutes: FloatArray | None = None,
    names: Sequence[str] = (),
) -> tuple[DistrictingProblem, IntArray]:
    """Return the problem of balancing points among zones, and the row of each point.

    Parameters
    ----------
    xy_m
        Positions, shape (n, 2), meters, x then y. Points at one position are one row.
    load
        The load to be balanced, shape (n,); it counts as trips, too.
    neighbors
        Pairs of adjacent points; by default those of the Gabriel graph.
    minutes
        From every origin row to every destination column, shape (n, n); by default straight
        drives at 25 mph.

    Raises
    ------
    UserError
        A value is missing, or lists do not have as many rows as there are points.
    """
    count = len(xy_m)
    _check_length("load", len(load), count)
    if minutes is not None:
        _check_length("minutes", len(minutes), count)
    _check_finite("position", xy_m, names)
    _check_finite("load", load, names)
    first, place = merge_stacked_points(xy_m)
    rows = len(first)
    sums = np.bincount(place, weights=load, minlength=rows).astype(np.float64)
    cost: Costs
    if minutes is None:
        m_per_min = _SPEED_MPH * M_PER_MIN_PER_MPH
        cost = CoordinateCosts(sums, xy_m[first], m_per_min, straight=True)
    else:
        cost = sums[:, None] * np.asarray(minutes, dtype=float)[np.ix_(first, first)].T
    if neighbors is None:
        pairs = find_gabriel_neighbors(xy_m[first])
    else:
        places = {tuple(sorted((int(place[a]), int(place[b])))) for a, b in neighbors}
        pairs = sorted((a, b) for a, b in places if a != b)
    number = zones if isinstance(zones, int) else len(zones)
    problem = DistrictingProblem(
        load=sums,
        cost=cost,
        neighbours=pairs,
        allowed=np.ones((rows, number), dtype=bool),
        zones=zones,
        tolerance=tolerance,
        names=tuple(names[point] for point in first) if names else (),
    )
    return problem, place


def _check_length(what: str, rows: int, points: int) -> None:
    if rows != points:
        raise UserError("other_length", what=what, rows=rows, points=points)


def _check_finite(what: str, values: FloatArray, names: Sequence[str]) -> None:
    missing = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))
    if len(missing):
        point = names[missing[0]] if names else Message("point_in_row", row=missing[0])
        raise UserError("missing_values", what=what, count=len(missing), point=point)
