"""The knapsacks of the Lagrangian bound: in C where it has been built, else in NumPy.

At given prices of sites, a post's cheapest zone is a knapsack: its sites' costs less their prices,
with a least and a most load. Its continuous relaxation is settled by one multiplier on load.
"""

from __future__ import annotations

import ctypes

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.districting.kernel.library import load_library
from zoneplanner.analysis.districting.zone_group import ZoneGroup

_MOST_FLIPS = 64
_NODES = 20_000


class PostKnapsacks:
    """The knapsacks of all posts of a group.

    ``items`` (n, m) are the m sites that are cheapest for each post by load, from which multipliers
    are chosen; values count all sites, so that they are true whatever the multipliers.
    """

    def __init__(self, group: ZoneGroup, *, items: int, compiled: bool = True) -> None:
        n, m = len(group.sites), min(items, len(group.sites))
        self.group = group
        self.cost = np.ascontiguousarray(group.cost)
        self.load = np.ascontiguousarray(group.load)
        self.items = np.empty((n, m), dtype=np.int64)
        weight = np.maximum(self.load, 1e-12)
        for first in range(0, n, 256):
            columns = (group.cost[:, first : first + 256] / weight[:, None]).T
            nearest = np.argpartition(columns, m - 1, axis=1)[:, :m] if m < n else None
            self.items[first : first + 256] = np.arange(n) if nearest is None else nearest
        self.item_cost = np.ascontiguousarray(group.cost[self.items, np.arange(n)[:, None]])
        self._library = load_library() if compiled else None

    def find_load_prices(self, price: FloatArray) -> FloatArray:
        """The multiplier on load of each post, shape (n,), at prices of sites (n,)."""
        group, n, price = self.group, len(self.load), np.ascontiguousarray(price)
        if self._library is None:
            return self._find_load_prices_in_bulk(price)
        found, scratch = np.zeros(n), np.zeros(2 * self.items.shape[1])
        self._library.find_load_prices(
            ctypes.c_int64(n),
            ctypes.c_int64(self.items.shape[1]),
            *map(_point, (self.items, self.item_cost, self.load, price)),
            ctypes.c_double(group.lower),
            ctypes.c_double(group.upper),
            *map(_point, (scratch, found)),
        )
        return found

    def _find_load_prices_in_bulk(self, price: FloatArray) -> FloatArray:
        value = self.item_cost - price[self.items]
        weight = np.maximum(self.load[self.items], 1e-12)
        weight[self.items == np.arange(len(self.load))[:, None]] = 0.0
        ratio = np.where(weight > 0, value / np.maximum(weight, 1e-12), 0.0)
        order = np.argsort(ratio, axis=1)
        filled = np.cumsum(np.take_along_axis(weight, order, axis=1), axis=1)
        wanted = np.where(value < 0, weight, 0.0).sum(axis=1)
        last, rows = ratio.shape[1] - 1, np.arange(len(ratio))
        lower, upper = self.group.lower - self.load, self.group.upper - self.load
        at_lower = np.minimum((filled < lower[:, None]).sum(axis=1), last)
        at_upper = np.minimum((filled < upper[:, None]).sum(axis=1), last)
        up = np.maximum(0.0, ratio[rows, order[rows, at_lower]])
        down = np.minimum(0.0, ratio[rows, order[rows, at_upper]])
        return np.asarray(np.where(wanted < lower, up, np.where(wanted > upper, down, 0.0)))

    def value_posts(self, price: FloatArray, load_price: FloatArray) -> FloatArray:
        """A lower bound on cost less prices of any zone of each post, shape (n,)."""
        group, n, price = self.group, len(self.load), np.ascontiguousarray(price)
        if self._library is not None:
            value = np.zeros(n)
            self._library.value_posts(
                ctypes.c_int64(n),
                *map(_point, (self.cost, self.load, price, load_price)),
                ctypes.c_double(group.lower),
                ctypes.c_double(group.upper),
                _point(value),
            )
            return value
        value = load_price * np.where(load_price > 0, group.lower, group.upper)
        for first in range(0, n, 256):
            rows = slice(first, first + 256)
            reduced = self.cost[rows] - price[rows, None] - load_price * self.load[rows, None]
            value += np.minimum(reduced, 0.0).sum(axis=0)
        own = self.cost.diagonal() - price - load_price * self.load
        return np.asarray(value + np.maximum(own, 0.0))

    def solve(
        self, post: int, price: FloatArray, load_price: float, most: float
    ) -> tuple[float, IntArray]:
        """(at least so much above its value does a whole zone of the post cost, its sites).

        The first is at most ``most``; the sites are those of the cheapest zone if it is less.
        """
        reduced = self.cost[:, post] - price - load_price * self.load
        taken = reduced < 0
        taken[post] = True
        penalty = np.abs(reduced)
        penalty[post] = np.inf
        at = np.flatnonzero(penalty < most)
        at = at[np.argsort(penalty[at], kind="stable")]
        near = np.ascontiguousarray(penalty[at])
        change = np.where(taken[at], -self.load[at], self.load[at])
        load = float(self.load[taken].sum())
        if self._library is not None:
            flips, flipped = np.zeros(_MOST_FLIPS, dtype=np.int64), np.zeros(1, dtype=np.int64)
            above = float(
                self._library.solve_knapsack(
                    ctypes.c_int64(len(at)),
                    *map(_point, (near, change)),
                    *map(
                        ctypes.c_double,
                        (load, self.group.lower, self.group.upper, load_price, most),
                    ),
                    ctypes.c_int64(_NODES),
                    *map(_point, (flips, flipped)),
                )
            )
            chosen = at[flips[: max(int(flipped[0]), 0)]]
        else:
            search = _FlipSearch(self.group, near, change, load_price, most)
            search.look(0, load, 0.0)
            above = search.best if search.nodes > 0 else 0.0
            chosen = at[list(search.chosen)]
        taken[chosen] = ~taken[chosen]
        return above, np.flatnonzero(taken)


class _FlipSearch:
    """As ``solve_knapsack`` of ``kernel.c``."""

    def __init__(
        self,
        group: ZoneGroup,
        penalty: FloatArray,
        change: FloatArray,
        load_price: float,
        best: float,
    ) -> None:
        self.penalty, self.change = penalty.tolist(), change.tolist()
        self.lower, self.upper, self.best = group.lower, group.upper, best
        self.down, self.up = max(-load_price, 0.0), max(load_price, 0.0)
        self.nodes = _NODES
        self.path: list[int] = []
        self.chosen: tuple[int, ...] = ()

    def look(self, first: int, load: float, paid: float) -> None:
        """Try all flips from ``first`` on, cheapest first."""
        if self.lower <= load <= self.upper:
            total = paid + (self.upper - load) * self.down + (load - self.lower) * self.up
            if total < self.best:
                self.best, self.chosen = total, tuple(self.path)
        for at in range(first, len(self.penalty)):
            dearer = paid + self.penalty[at]
            if dearer >= self.best:
                return
            if len(self.path) >= _MOST_FLIPS:
                self.nodes = 0
            if self.nodes <= 0:
                return
            self.nodes -= 1
            self.path.append(at)
            self.look(at + 1, load + self.change[at], dearer)
            self.path.pop()


def _point(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
