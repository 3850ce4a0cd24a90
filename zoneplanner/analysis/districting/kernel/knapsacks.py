"""The knapsacks of the Lagrangian bound: in C if it has been built, else in NumPy.

At given prices of sites, a post's cheapest zone is a knapsack: the sum of its sites' costs less
their prices, with a minimum and a maximum load. One multiplier on load solves its continuous
relaxation.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.coordinate_costs import (
    MOST_NEAREST,
    MOST_TABLED,
    CoordinateCosts,
    Costs,
    rank_costs,
    split_rows,
)
from zoneplanner.analysis.districting.kernel.library import CostStruct, load_library, make_pointer
from zoneplanner.analysis.districting.zone_group import ZoneGroup

_MAX_FLIPS = 64
_MAX_NODES = 20_000
_FLIP_STATES, _FLIP_NODES = 8192, 1 << 17  # of kernel.c
_ROOM = 3.0  # the first posts are searched this many times beyond the value of the 2k-th post
_ROUNDING = 1e-9  # exceeds the rounding of distances
_NEAREST = 200  # posts listed for each site in large groups


class NearestPosts(NamedTuple):
    """The pairs of a site and one of its nearest posts, by post and then by site.

    The pairs of post j are ``near_start[j]`` to ``near_start[j + 1]`` in ``near_site`` and
    ``near_cost``. Every other post costs site i more than ``radius[i]``.
    """

    near_start: IntArray
    near_site: IntArray
    near_cost: FloatArray
    radius: FloatArray


@dataclass(frozen=True, eq=False)
class ChosenZones:
    """The whole zones (k, n) of k posts (k,) and a lower bound on their cost less prices.

    If a knapsack takes too long, its part of ``total`` is lower than the optimum.
    """

    total: float
    posts: IntArray
    zones: BoolArray


class PostKnapsacks:
    """The knapsacks of all posts of a group.

    ``items`` (n, m) are the m sites that are cheapest for each post by load; multipliers are chosen
    from them. Values count all sites, so they are valid for any multipliers. With ``nearest``, the
    costs of that many posts of each site are listed, and others are computed only if a site could
    gain from one of them: values and zones are the same.
    """

    def __init__(
        self, group: ZoneGroup, *, items: int, compiled: bool = True, nearest: int | None = None
    ) -> None:
        n, m = len(group.sites), min(items, len(group.sites))
        self.group = group
        self.cost = group.cost
        if not isinstance(self.cost, CoordinateCosts):
            self.cost = np.ascontiguousarray(self.cost)
        self.load = np.ascontiguousarray(group.load)
        self.items = _list_items(group, m)
        self.item_cost = np.ascontiguousarray(group.cost[self.items, np.arange(n)[:, None]])
        self._library = load_library() if compiled else None
        self._relaxation: _RelaxationStruct | None = None
        if nearest is None and (n > MOST_TABLED or isinstance(self.cost, CoordinateCosts)):
            nearest = _NEAREST
        listed = self._library is not None and nearest is not None
        self.near = _list_nearest(self.cost, nearest or n) if listed else None

    def find_load_prices(self, price: FloatArray) -> FloatArray:
        """Return the multiplier on load of each post, shape (n,), at prices of sites (n,)."""
        group, n, price = self.group, len(self.load), np.ascontiguousarray(price)
        if self._library is None:
            return self._find_load_prices_in_bulk(price)
        load_price, scratch = np.zeros(n), np.zeros(2 * self.items.shape[1])
        self._library.find_load_prices(
            ctypes.c_int64(n),
            ctypes.c_int64(self.items.shape[1]),
            *map(make_pointer, (self.items, self.item_cost, self.load, price)),
            ctypes.c_double(group.min_load),
            ctypes.c_double(group.max_load),
            *map(make_pointer, (scratch, load_price)),
        )
        return load_price

    def _find_load_prices_in_bulk(self, price: FloatArray) -> FloatArray:
        value = self.item_cost - price[self.items]
        weight = np.maximum(self.load[self.items], 1e-12)
        weight[self.items == np.arange(len(self.load))[:, None]] = 0.0
        ratio = np.where(weight > 0, value / np.maximum(weight, 1e-12), 0.0)
        order = np.argsort(ratio, axis=1)
        filled = np.cumsum(np.take_along_axis(weight, order, axis=1), axis=1)
        wanted = np.where(value < 0, weight, 0.0).sum(axis=1)
        last, rows = ratio.shape[1] - 1, np.arange(len(ratio))
        lower, upper = self.group.min_load - self.load, self.group.max_load - self.load
        at_lower = np.minimum((filled < lower[:, None]).sum(axis=1), last)
        at_upper = np.minimum((filled < upper[:, None]).sum(axis=1), last)
        up = np.maximum(0.0, ratio[rows, order[rows, at_lower]])
        down = np.minimum(0.0, ratio[rows, order[rows, at_upper]])
        return np.asarray(np.where(wanted < lower, up, np.where(wanted > upper, down, 0.0)))

    def value_posts(self, price: FloatArray, load_price: FloatArray) -> FloatArray:
        """Return a lower bound on cost less prices of any zone of each post, shape (n,)."""
        group, n, price = self.group, len(self.load), np.ascontiguousarray(price)
        if self._library is not None and self.near is not None:
            struct = self._prepare()
            self._arrays["price"][:], self._arrays["load_price"][:] = price, load_price
            self._library.value_near_posts(ctypes.byref(struct))
            return self._arrays["value"].copy()
        if self._library is not None:
            value = np.zeros(n)
            self._library.value_posts(
                ctypes.c_int64(n),
                *map(make_pointer, (np.asarray(self.cost), self.load, price, load_price)),
                ctypes.c_double(group.min_load),
                ctypes.c_double(group.max_load),
                make_pointer(value),
            )
            return value
        value = load_price * np.where(load_price > 0, group.min_load, group.max_load)
        for rows, part in split_rows(self.cost):
            reduced = part - price[rows, None] - load_price * self.load[rows, None]
            value += np.minimum(reduced, 0.0).sum(axis=0)
        own = self.cost.diagonal() - price - load_price * self.load
        return np.asarray(value + np.maximum(own, 0.0))

    def choose_zones(self, price: FloatArray) -> ChosenZones:
        """Return the zones of k posts with the least total cost less prices (n,)."""
        if self._library is None:
            return self._choose_zones_in_python(price)
        struct, k = self._prepare(), len(self.group.zones)
        self._arrays["price"][:] = price
        total = float(self._library.choose_zones(ctypes.byref(struct)))
        zones = self._arrays["zone"][:k] > 0
        return ChosenZones(total, self._arrays["picked"].copy(), zones)

    def solve(
        self, post: int, price: FloatArray, load_price: float, most: float
    ) -> tuple[float, IntArray]:
        """Return how far the cheapest whole zone of a post is above its value, and its sites.

        The first is a lower bound and at most ``most``; the sites are the zone's ascending indices
        if it is less. ``price`` (n,) and ``most`` are in the unit of the costs, ``load_price`` in
        that unit for each minute of load.
        """
        if self._library is None:
            return self._solve_in_python(post, price, load_price, most)
        struct = self._prepare()
        self._arrays["price"][:] = price
        self._arrays["load_price"][post] = load_price
        zone = np.zeros(len(price), dtype=np.uint8)
        arguments = ctypes.c_int64(post), ctypes.c_double(most), make_pointer(zone)
        above = float(self._library.solve_post(ctypes.byref(struct), *arguments))
        return above, np.flatnonzero(zone)

    def _prepare(self) -> _RelaxationStruct:
        if self._relaxation is not None:
            return self._relaxation
        n, k = len(self.load), len(self.group.zones)
        self._costs = CostStruct(self.cost)
        self._arrays: dict[str, np.ndarray] = {
            "item": self.items,
            "item_cost": self.item_cost,
            "load": self.load,
            **({} if self.near else {"by_post": np.ascontiguousarray(np.asarray(self.cost).T)}),
            **(self.near._asdict() if self.near else {}),
            **{name: np.zeros(n) for name in ("price", "load_price", "value", "reduced")},
            "scratch": np.zeros(2 * n),
            "ranked": np.zeros(2 * n),
            "zone": np.zeros((k + 1, n), dtype=np.uint8),
            "picked": np.zeros(k, dtype=np.int64),
            "worth": np.zeros(k),
            "order": np.zeros(2 * n),
            **{name: np.zeros(n + 1) for name in ("penalty", "change", "least")},
            "states": np.zeros(3 * _FLIP_STATES),
            "grown": np.zeros(3 * _FLIP_STATES),
            "parent": np.zeros(_FLIP_NODES, dtype=np.int64),
            "flip": np.zeros(_FLIP_NODES, dtype=np.int64),
        }
        self._relaxation = _RelaxationStruct(
            sites=n,
            zones=k,
            items=self.items.shape[1],
            lower=self.group.min_load,
            upper=self.group.max_load,
            costs=self._costs,
            **{name: array.ctypes.data for name, array in self._arrays.items()},
        )
        return self._relaxation

    def _choose_zones_in_python(self, price: FloatArray) -> ChosenZones:
        k = len(self.group.zones)
        load_price = self.find_load_prices(price)
        value = self.value_posts(price, load_price)
        order = np.argsort(value, kind="stable")
        known: list[tuple[float, int, IntArray]] = []
        far = float(value[order[min(2 * k, len(order) - 1)]])
        for post in order.tolist():
            full = len(known) == k
            worst = known[-1][0] if full else far
            if full and value[post] >= worst:
                break
            room = max((1 if full else _ROOM) * (worst - float(value[post])), 1e-9)
            above, sites = self._solve_in_python(post, price, float(load_price[post]), room)
            known.append((float(value[post]) + above, post, sites))
            known.sort(key=lambda each: each[:2])
            del known[k:]
        zones = np.zeros((k, len(price)), dtype=bool)
        for row, (_, _, sites) in enumerate(known):
            zones[row, sites] = True
        total = sum(each[0] for each in known)
        return ChosenZones(total, np.array([post for _, post, _ in known]), zones)

    def _solve_in_python(
        self, post: int, price: FloatArray, load_price: float, most: float
    ) -> tuple[float, IntArray]:
        reduced = self.cost[:, post] - price - load_price * self.load
        taken = reduced < 0
        taken[post] = True
        penalty = np.abs(reduced)
        penalty[post] = np.inf
        flips = np.flatnonzero(penalty < most)
        flips = flips[np.argsort(penalty[flips], kind="stable")]
        change = np.where(taken[flips], -self.load[flips], self.load[flips])
        search = _FlipSearch(self.group, penalty[flips], change, load_price, most)
        search.try_flips(0, float(self.load[taken].sum()), 0.0)
        chosen = flips[list(search.chosen)]
        taken[chosen] = ~taken[chosen]
        return (search.best if search.nodes > 0 else 0.0), np.flatnonzero(taken)


def _list_items(group: ZoneGroup, most: int) -> IntArray:
    """Return the sites (n, most) that are cheapest for each post by load, or nearest to it."""
    n = len(group.sites)
    if most == n:
        return np.tile(np.arange(n), (n, 1))
    if isinstance(group.cost, CoordinateCosts) and most <= MOST_NEAREST:
        return np.ascontiguousarray(group.cost.nearest[:, :most])
    weight, items = np.maximum(group.load, 1e-12), np.empty((n, most), dtype=np.int64)
    for first in range(0, n, 256):
        columns = (group.cost[:, first : first + 256] / weight[:, None]).T
        items[first : first + 256] = np.argpartition(columns, most - 1, axis=1)[:, :most]
    return items


def _list_nearest(cost: Costs, most: int) -> NearestPosts:
    """Return about the ``most`` cheapest posts of each site, including ties with the last."""
    n = len(cost)
    if isinstance(cost, CoordinateCosts):
        radius, pairs = _find_near_places(cost, min(most, MOST_NEAREST, n))
    else:
        radius = rank_costs(cost, min(most, n) - 1)
        pairs = list(_find_near(cost, radius))
    sites, posts = (np.concatenate(each) for each in zip(*pairs, strict=True))
    order = np.argsort(posts, kind="stable")
    start = np.searchsorted(posts[order], np.arange(n + 1)).astype(np.int64)
    sites, posts = sites[order], posts[order]
    return NearestPosts(start, sites, cost[sites, posts], radius)


def _find_near(cost: FloatArray, radius: FloatArray) -> Iterator[tuple[IntArray, IntArray]]:
    for rows, part in split_rows(cost):
        sites, posts = np.nonzero(part <= radius[rows, None])
        yield sites + rows.start, posts


def _find_near_places(
    cost: CoordinateCosts, most: int
) -> tuple[FloatArray, list[tuple[IntArray, IntArray]]]:
    """Return the radius and the pairs within it.

    The radius is slightly less than the last listed post's cost, because others may cost the same.
    """
    posts = cost.nearest[:, :most]
    costs = cost[np.arange(len(cost))[:, None], posts]
    radius = costs[:, -1] * (1 - _ROUNDING) if most < len(cost) else np.full(len(cost), np.inf)
    sites, places = np.nonzero(costs <= radius[:, None])
    return radius, [(sites, posts[sites, places])]


_POINTERS = (
    "item", "item_cost", "load", "by_post",
    "near_start", "near_site", "near_cost", "radius", "price", "load_price", "value",
    "scratch", "reduced", "ranked", "zone", "picked", "worth",
    "order", "penalty", "change", "least", "states", "grown", "parent", "flip",
)  # fmt: skip


class _RelaxationStruct(ctypes.Structure):
    _fields_ = (
        ("sites", ctypes.c_int64),
        ("zones", ctypes.c_int64),
        ("items", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in _POINTERS),
        ("lower", ctypes.c_double),
        ("upper", ctypes.c_double),
        ("costs", CostStruct),
    )


class _FlipSearch:
    """The depth-first search of ``kernel.c`` for both limits."""

    def __init__(
        self,
        group: ZoneGroup,
        penalty: FloatArray,
        change: FloatArray,
        load_price: float,
        best: float,
    ) -> None:
        self.penalty, self.change = penalty.tolist(), change.tolist()
        self.lower, self.upper, self.best = group.min_load, group.max_load, best
        self.down, self.up = max(-load_price, 0.0), max(load_price, 0.0)
        self.nodes = _MAX_NODES
        self.path: list[int] = []
        self.chosen: tuple[int, ...] = ()

    def try_flips(self, first: int, load: float, paid: float) -> None:
        """Try all flips from ``first`` on, cheapest first."""
        if self.lower <= load <= self.upper:
            total = paid + (self.upper - load) * self.down + (load - self.lower) * self.up
            if total < self.best:
                self.best, self.chosen = total, tuple(self.path)
        for flip in range(first, len(self.penalty)):
            cost = paid + self.penalty[flip]
            if cost >= self.best:
                return
            if len(self.path) >= _MAX_FLIPS:
                self.nodes = 0
            if self.nodes <= 0:
                return
            self.nodes -= 1
            self.path.append(flip)
            self.try_flips(flip + 1, load + self.change[flip], cost)
            self.path.pop()
