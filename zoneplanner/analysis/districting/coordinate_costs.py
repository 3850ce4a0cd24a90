"""Costs computed from coordinates on access: a table of 10,000 sites would take 800 MB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray

MOST_TABLED = 3000
"""Up to this many sites, costs are stored as a table anyway."""
MOST_NEAREST = 300
"""The number of nearest sites listed for each site."""
_ROWS = 256  # computed at a time to limit memory


@dataclass(frozen=True, eq=False)
class CoordinateCosts:
    """The cost of serving site i from site j: ``trips[i] * (fixed_min + distance_m / m_per_min)``.

    It is indexed like an array of shape (sites, sites): ``costs[rows]``, ``costs[:, posts]``,
    ``costs[np.ix_(sites, posts)]``, ``costs[sites, posts]``; ``np.asarray`` makes the table. The
    kernel computes the same numbers, to the last bit.

    Parameters
    ----------
    trips
        Trips a day of each site, shape (sites,).
    xy_m
        Positions in meters, shape (sites, 2).
    m_per_min
        Meters driven in a minute.
    fixed_min
        Minutes of each trip before the drive.
    straight
        Whether distances are straight lines; otherwise they follow the two axes.
    """

    trips: FloatArray
    xy_m: FloatArray
    m_per_min: float
    fixed_min: float = 0.0
    straight: bool = False

    def __len__(self) -> int:
        return len(self.trips)

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the table."""
        return len(self), len(self)

    def __getitem__(self, key: Any) -> FloatArray:
        sites, posts = key if isinstance(key, tuple) else (key, slice(None))
        i, j = (
            np.arange(*each.indices(len(self))) if isinstance(each, slice) else np.asarray(each)
            for each in (sites, posts)
        )
        if (isinstance(sites, slice) and np.ndim(j)) or (isinstance(posts, slice) and np.ndim(i)):
            i = i[:, None]
        dx, dy = np.moveaxis(np.abs(self.xy_m[i] - self.xy_m[j]), -1, 0)
        distance_m = np.sqrt(dx * dx + dy * dy) if self.straight else dx + dy
        return np.asarray(self.trips[i] * (self.fixed_min + distance_m / self.m_per_min))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> FloatArray:
        table = np.empty(self.shape)
        for first in range(0, len(self), _ROWS):
            table[first : first + _ROWS] = self[first : first + _ROWS]
        return table if dtype is None else table.astype(dtype)

    def diagonal(self) -> FloatArray:
        """Return the cost of each site as its own post, shape (sites,)."""
        return np.asarray(self.trips * self.fixed_min)

    @cached_property
    def nearest(self) -> IntArray:
        """The 300 sites nearest to each, including itself, the nearest first: (sites, 300)."""
        from scipy.spatial import KDTree  # 0.1 s, needed only for thousands of sites

        count = min(MOST_NEAREST, len(self))
        tree = KDTree(self.xy_m)
        _, found = tree.query(self.xy_m, k=count, p=2 if self.straight else 1, workers=-1)
        return np.asarray(found, dtype=np.int64).reshape(len(self), count)

    def select(self, sites: IntArray) -> CoordinateCosts:
        """Return the costs among some sites (their rows, shape (k,)), in their order: (k, k)."""
        return CoordinateCosts(
            self.trips[sites], self.xy_m[sites], self.m_per_min, self.fixed_min, self.straight
        )


Costs = FloatArray | CoordinateCosts


def select_costs(cost: Costs, sites: IntArray) -> Costs:
    """Return the costs among some sites (rows, shape (k,)) as (k, k); a table if they are few."""
    if isinstance(cost, CoordinateCosts) and len(sites) > MOST_TABLED:
        return cost.select(sites)
    return cost[np.ix_(sites, sites)]


def split_rows(cost: Costs, *, step: int = 1) -> Iterator[tuple[slice, FloatArray]]:
    """Yield every ``step``-th row of costs (n, n) in chunks: their slice, and costs (rows, n)."""
    for first in range(0, len(cost), _ROWS * step):
        rows = slice(first, first + _ROWS * step, step)
        yield rows, cost[rows]


def rank_costs(cost: Costs, rank: int, *, step: int = 1) -> FloatArray:
    """Return the cost with a rank (0 is the least) in every ``step``-th row, shape (rows,)."""
    if isinstance(cost, CoordinateCosts) and rank < MOST_NEAREST:
        rows = np.arange(0, len(cost), step)
        return cost[rows, cost.nearest[rows, rank]]
    parts = split_rows(cost, step=step)
    return np.concatenate([np.partition(part, rank, axis=1)[:, rank] for _, part in parts])


def find_nearest_others(cost: Costs) -> FloatArray:
    """Return the cost of serving each site from the cheapest other site, shape (sites,)."""
    every = np.arange(len(cost))
    if isinstance(cost, CoordinateCosts):
        two = cost.nearest[:, :2]
        return cost[every, np.where(two[:, 0] == every, two[:, 1], two[:, 0])]
    own = cost.diagonal()
    # a site's own cost may be one of the two least, but it is not another site
    first, second = rank_costs(cost, 0), rank_costs(cost, 1)
    return np.where(own <= first, second, first)


def flatten_costs(cost: Costs) -> Any:
    """Return the costs as a flat sequence, ``[i * sites + j]``, for loops in Python."""
    if isinstance(cost, CoordinateCosts):
        return _FlatCosts(cost)
    return np.ascontiguousarray(cost).reshape(-1).data


class _FlatCosts:
    def __init__(self, cost: CoordinateCosts) -> None:
        self._trips, self._sites = cost.trips.tolist(), len(cost)
        self._x, self._y = cost.xy_m.T.tolist()
        self._fixed_min, self._m_per_min = cost.fixed_min, cost.m_per_min
        self._straight = cost.straight

    def __getitem__(self, index: int) -> float:
        i, j = divmod(index, self._sites)
        dx, dy = abs(self._x[i] - self._x[j]), abs(self._y[i] - self._y[j])
        distance_m = sqrt(dx * dx + dy * dy) if self._straight else dx + dy
        minutes = self._fixed_min + distance_m / self._m_per_min
        return float(self._trips[i] * minutes)
