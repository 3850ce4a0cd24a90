"""Costs computed from coordinates when they are looked at: a table of 10,000 sites is 800 MB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray

MOST_TABLED = 3000
"""Sites up to which costs are a table all the same."""

MOST_NEAREST = 300
"""Places nearest to each that are listed."""

_ROWS = 256  # at a time, where all rows would take too much memory


@dataclass(frozen=True, eq=False)
class CoordinateCosts:
    """Serving site i from site j costs ``trips[i] * (fixed_min + distance_m / m_per_min)``.

    It is read as an array of shape (sites, sites) is: ``costs[rows]``, ``costs[:, posts]``,
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
        Whether drives are straight; else along the two axes.
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
        """That of the table."""
        return len(self), len(self)

    def __getitem__(self, key: Any) -> FloatArray:
        sites, posts = key if isinstance(key, tuple) else (key, slice(None))
        i, j = (
            np.arange(*each.indices(len(self))) if isinstance(each, slice) else np.asarray(each)
            for each in (sites, posts)
        )
        if (isinstance(sites, slice) and np.ndim(j)) or (isinstance(posts, slice) and np.ndim(i)):
            i = i[:, None]
        away = np.abs(self.xy_m[i] - self.xy_m[j])
        if self.straight:
            away_m = np.sqrt(away[..., 0] * away[..., 0] + away[..., 1] * away[..., 1])
        else:
            away_m = away[..., 0] + away[..., 1]
        return np.asarray(self.trips[i] * (self.fixed_min + away_m / self.m_per_min))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> FloatArray:
        table = np.empty(self.shape)
        for first in range(0, len(self), _ROWS):
            table[first : first + _ROWS] = self[first : first + _ROWS]
        return table if dtype is None else table.astype(dtype)

    def diagonal(self) -> FloatArray:
        """What each site costs as its own post, shape (sites,)."""
        return np.asarray(self.trips * self.fixed_min)

    @cached_property
    def nearest(self) -> IntArray:
        """The 300 sites nearest to each, itself among them, the nearest first: (sites, 300)."""
        from scipy.spatial import KDTree  # 0.1 s, and for thousands of sites only

        count = min(MOST_NEAREST, len(self))
        tree = KDTree(self.xy_m)
        _, found = tree.query(self.xy_m, k=count, p=2 if self.straight else 1, workers=-1)
        return np.asarray(found, dtype=np.int64).reshape(len(self), count)

    def select(self, sites: IntArray) -> CoordinateCosts:
        """The costs among some sites (their rows, shape (k,)), in their order: (k, k)."""
        return CoordinateCosts(
            self.trips[sites], self.xy_m[sites], self.m_per_min, self.fixed_min, self.straight
        )


Costs = FloatArray | CoordinateCosts


def select_costs(cost: Costs, sites: IntArray) -> Costs:
    """The costs among some sites (their rows, shape (k,)) as (k, k); of few sites a table."""
    if isinstance(cost, CoordinateCosts) and len(sites) > MOST_TABLED:
        return cost.select(sites)
    return cost[np.ix_(sites, sites)]


def split_rows(cost: Costs, *, step: int = 1) -> Iterator[tuple[slice, FloatArray]]:
    """Each ``step``-th row of costs of shape (n, n), some at a time: their rows, (some, n)."""
    for first in range(0, len(cost), _ROWS * step):
        rows = slice(first, first + _ROWS * step, step)
        yield rows, cost[rows]


def rank_costs(cost: Costs, rank: int, *, step: int = 1) -> FloatArray:
    """The cost of that rank in each ``step``-th row, 0 the least, shape (rows,)."""
    if isinstance(cost, CoordinateCosts) and rank < MOST_NEAREST:
        rows = np.arange(0, len(cost), step)
        return cost[rows, cost.nearest[rows, rank]]
    parts = split_rows(cost, step=step)
    return np.concatenate([np.partition(part, rank, axis=1)[:, rank] for _, part in parts])


def find_nearest_others(cost: Costs) -> FloatArray:
    """What serving each site from the cheapest other site costs, shape (sites,)."""
    every = np.arange(len(cost))
    if isinstance(cost, CoordinateCosts):
        two = cost.nearest[:, :2]
        return cost[every, np.where(two[:, 0] == every, two[:, 1], two[:, 0])]
    own = cost.diagonal()
    # the own cost may be among the two least, and is no other site's
    first, second = rank_costs(cost, 0), rank_costs(cost, 1)
    return np.where(own <= first, second, first)


def flatten_costs(cost: Costs) -> Any:
    """What has the cost of site i from post j at ``[i * sites + j]``, for loops in Python."""
    if isinstance(cost, CoordinateCosts):
        return _FlatCosts(cost)
    return np.ascontiguousarray(cost).reshape(-1).data


class _FlatCosts:
    def __init__(self, cost: CoordinateCosts) -> None:
        self._trips, self._sites = cost.trips.tolist(), len(cost)
        self._x, self._y = cost.xy_m.T.tolist()
        self._fixed_min, self._m_per_min = cost.fixed_min, cost.m_per_min
        self._straight = cost.straight

    def __getitem__(self, at: int) -> float:
        i, j = divmod(at, self._sites)
        dx, dy = abs(self._x[i] - self._x[j]), abs(self._y[i] - self._y[j])
        away_m = sqrt(dx * dx + dy * dy) if self._straight else dx + dy
        minutes = self._fixed_min + away_m / self._m_per_min
        return float(self._trips[i] * minutes)
