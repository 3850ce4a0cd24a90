"""A true bound at any size: Lagrangian relaxation of "each site belongs to one zone".

Sites have prices; a zone is worth the prices of its sites. At any prices, no plan costs less than
all prices together and the k cheapest zones of different posts, cost less worth (Geoffrion 1974;
for capacitated p-medians Mulvey and Beck 1984). A zone here need not be connected, and sites may
be left out or served twice: that is what is relaxed. Prices follow a subgradient (Polyak 1969),
first with continuous knapsacks, then with whole sites.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.districting.kernel.knapsacks import PostKnapsacks
from zoneplanner.analysis.districting.problem import DistrictingProblem
from zoneplanner.analysis.districting.zone_group import (
    ZoneGroup,
    assign_closed_sites,
    compute_assignment_cost,
    compute_closed_cost,
    compute_nearest_bound,
    rank_costs,
    split_into_groups,
)

_ITEMS = 300
_SAFETY = 1e-10  # share of what is summed that rounding may be
_PATIENCE = 6
_MEMORY = 0.7
_NEAR = 6  # prices start at what serving from the 6th nearest site costs at most
_STEPS_AT_ONCE = 50
_LEAST_PACE, _PACE_AGAIN = 1e-3, 0.25


class LagrangianBound:
    """Prices of the sites of a group, and the best bound that they have proven."""

    def __init__(self, group: ZoneGroup, assignment: IntArray | None = None) -> None:
        self.group = group
        self.knapsacks = PostKnapsacks(group, items=_ITEMS)
        self.constant = 0.0 if group.linear is None else float(group.linear.min(axis=1).sum())
        likely = _guess_prices(group, assignment)
        near = min(_NEAR, len(likely) - 1)
        self.price = np.minimum(likely, rank_costs(group.cost, near))
        # dear sites take longer steps: a district may have a city and far valleys
        self.scale = np.maximum(likely, 0.1 * likely.mean())
        self.bound = -np.inf
        self.best_price = self.price
        self.direction = np.zeros(len(self.price))
        self.pace = 1.0
        self.failures = 0

    def improve(self, ceiling: float, steps: int, *, whole: bool) -> Iterator[float]:
        """Take steps with the prices and yield the bound; ``ceiling`` is the cost of a plan.

        ``whole`` knapsacks take sites whole, which costs more and proves more.
        """
        for _ in range(steps):
            bound, cover = self._evaluate(whole=whole)
            if bound > self.bound + 1e-7 * abs(self.bound if np.isfinite(self.bound) else 1.0):
                self.failures = 0
            else:
                self.failures += 1
            if bound > self.bound:
                self.bound, self.best_price = bound, self.price.copy()
            yield self.bound
            if self.failures > _PATIENCE:
                self.pace, self.failures = self.pace / 2, 0
                self.price = self.best_price.copy()
                if self.pace < _LEAST_PACE:
                    self.pace = _PACE_AGAIN
            missing = 1.0 - cover
            self.direction = _MEMORY * self.direction + (1 - _MEMORY) * missing
            length = float(self.direction**2 @ self.scale)
            if length <= 1e-12:
                return
            aim = ceiling if np.isfinite(ceiling) else self.bound * 1.05 + 1e-9
            self.price = (
                self.price + self.pace * (aim - bound) / length * self.scale * self.direction
            )

    def _evaluate(self, *, whole: bool) -> tuple[float, FloatArray]:
        """(bound at the prices, how often each site is served)."""
        k = len(self.group.zones)
        load_price = self.knapsacks.find_load_prices(self.price)
        value = self.knapsacks.value_posts(self.price, load_price)
        order = np.argsort(value, kind="stable")
        cover = np.zeros(len(self.price))
        if whole:
            posts, total = self._choose_whole(value, order, load_price, cover)
        else:
            posts, total = order[:k], float(value[order[:k]].sum())
            self._cover_in_part(posts, load_price, cover)
        size = float(np.abs(self.price).sum()) + float(np.abs(value[posts]).sum())
        bound = float(self.price.sum()) + total - _SAFETY * size + self.constant
        return bound, cover

    def _choose_whole(
        self, value: FloatArray, order: IntArray, load_price: FloatArray, cover: FloatArray
    ) -> tuple[IntArray, float]:
        """The k posts whose whole zones are cheapest, and the sum of these."""
        k = len(self.group.zones)
        known: list[tuple[float, int, IntArray]] = []
        room = float(value[order[min(2 * k, len(order) - 1)]])
        for post in order.tolist():
            worst = known[k - 1][0] if len(known) >= k else np.inf
            if value[post] >= worst:
                break
            most = worst - value[post] if np.isfinite(worst) else max(room - value[post], 0.0)
            most = max(most, 1e-9)
            above, sites = self.knapsacks.solve(post, self.price, float(load_price[post]), most)
            known.append((float(value[post]) + above, post, sites))
            known.sort(key=lambda each: each[:2])
            del known[k:]
        for _, _, sites in known:
            cover[sites] += 1.0
        return np.array([post for _, post, _ in known]), sum(each[0] for each in known)

    def _cover_in_part(self, posts: IntArray, load_price: FloatArray, cover: FloatArray) -> None:
        """Add the sites of the posts' relaxed zones, the critical one in part."""
        group = self.group
        for post in posts.tolist():
            multiplier = float(load_price[post])
            reduced = group.cost[:, post] - self.price - multiplier * group.load
            reduced[post] = -np.inf
            taken = reduced < -1e-9
            cover[taken] += 1.0
            if multiplier:
                target = group.upper if multiplier < 0 else group.lower
                rest = target - float(group.load[taken].sum())
                critical = int(np.where(taken, np.inf, np.abs(reduced)).argmin())
                if rest > 0 and group.load[critical] > 0:
                    cover[critical] += min(1.0, rest / float(group.load[critical]))


def bound_all_plans(problem: DistrictingProblem, assignment: IntArray) -> Iterator[float]:
    """Yield a bound for all plans of a problem as it rises; a second's work at a thousand sites.

    ``assignment`` (sites,) is a plan that keeps the rules; the bound is true whoever made it.
    """
    settled = compute_closed_cost(problem, assign_closed_sites(problem))
    bounds: list[float] = []
    for group in split_into_groups(problem):
        plan = np.searchsorted(group.zones, assignment[group.sites])
        cost = compute_assignment_cost(group, plan)
        bounds.append(cost if len(group.zones) == 1 else compute_nearest_bound(group))
        relaxed = LagrangianBound(group, plan) if len(group.zones) > 1 else None
        for whole in (False, True) if relaxed else ():
            assert relaxed is not None
            for bound in relaxed.improve(cost, _STEPS_AT_ONCE, whole=whole):
                bounds[-1] = min(cost, max(bounds[-1], bound))
                yield settled + sum(bounds)
    yield settled + sum(bounds)


def _guess_prices(group: ZoneGroup, assignment: IntArray | None) -> FloatArray:
    """What each site costs in a plan, the near ones the mean of their zone; or about that."""
    if assignment is None:
        rank = min(len(group.sites) - 1, len(group.sites) // len(group.zones))
        return rank_costs(group.cost, rank)
    price = np.zeros(len(group.sites))
    for zone in range(len(group.zones)):
        sites = np.flatnonzero(assignment == zone)
        served = group.cost[np.ix_(sites, sites)]
        post = int(served.sum(axis=0).argmin())
        price[sites] = np.maximum(served[:, post], served[:, post].mean())
    return price
