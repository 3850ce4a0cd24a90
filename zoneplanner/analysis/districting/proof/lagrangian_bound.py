"""A valid bound at any size: Lagrangian relaxation of "each site is in one zone".

Sites have prices. At any prices, no plan costs less than the sum of all prices plus the k least
costs less prices of zones with different posts (Geoffrion 1974; for capacitated p-medians Mulvey
and Beck 1984). The relaxation: a zone need not be connected, and sites may be left out or served
twice. Prices follow a subgradient (Polyak 1969), first with continuous knapsacks, then with whole
sites; then the mean of subgradients from the best prices (the volume algorithm, Barahona and Anbil
2000), which comes much nearer to the best bound.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.districting.coordinate_costs import rank_costs
from zoneplanner.analysis.districting.kernel.knapsacks import ChosenZones, PostKnapsacks
from zoneplanner.analysis.districting.problem import DistrictingProblem
from zoneplanner.analysis.districting.zone_group import (
    ZoneGroup,
    assign_closed_sites,
    compute_assignment_cost,
    compute_closed_cost,
    compute_nearest_bound,
    split_into_groups,
)

_ITEMS = 300
_SAFETY = 1e-10  # the largest rounding error as a share of the summed terms
_PATIENCE = 6
_MEMORY = 0.7
_NEAR = 6  # prices start at most at the cost of serving from the 6th nearest site
_STEPS_AT_ONCE = 50
_MIN_PACE, _PACE_AGAIN = 1e-3, 0.25
_DEFLECTED = 100  # steps with whole knapsacks before the volume algorithm
_MEAN_PACE, _MEAN_PACE_AGAIN, _MIN_MEAN_PACE = 0.1, 0.3, 1e-4
_MANY_SITES, _MEAN_PACE_OF_MANY = 3000, 0.0125  # with more sites, no linear program follows
_MEAN_SHARE, _MIN_SHARE = 0.3, 0.02
_FAST, _SLOW = (10, 0.66), (20, 0.8)  # failures, and the factor of the pace after them


class LagrangianBound:
    """The prices of a group's sites, and the best bound proven so far."""

    def __init__(self, group: ZoneGroup, assignment: IntArray | None = None) -> None:
        self.group = group
        self.knapsacks = PostKnapsacks(group, items=_ITEMS)
        self.constant = 0.0 if group.linear is None else float(group.linear.min(axis=1).sum())
        likely = _guess_prices(group, assignment)
        near = min(_NEAR, len(likely) - 1)
        self.price = np.minimum(likely, rank_costs(group.cost, near))
        # expensive sites take longer steps: a district may have a city and remote valleys
        self.scale = np.maximum(likely, 0.1 * likely.mean())
        self.bound = -np.inf
        self.best_price = self.price
        self.direction = np.zeros(len(self.price))
        self.pace = 1.0
        self.failures = self.steps = self.rounds = 0
        self.mean_missing: FloatArray | None = None

    def improve(self, ceiling: float, steps: int, *, whole: bool) -> Iterator[float]:
        """Take steps of the prices and yield the bound; ``ceiling`` is the cost of a plan.

        ``whole`` knapsacks take only whole sites, which takes longer and proves more.
        """
        for _ in range(steps):
            if whole and self.steps >= _DEFLECTED:
                self._step_by_mean(ceiling)
                yield self.bound
                continue
            self.steps += whole
            bound, cover = self._evaluate(whole=whole)
            self.failures = 0 if self._is_higher(bound) else self.failures + 1
            self._record(bound)
            yield self.bound
            if self.failures > _PATIENCE:
                self.pace, self.failures = self.pace / 2, 0
                self.price = self.best_price.copy()
                if self.pace < _MIN_PACE:
                    self.pace = _PACE_AGAIN
            missing = 1.0 - cover
            self.direction = _MEMORY * self.direction + (1 - _MEMORY) * missing
            length = float(self.direction**2 @ self.scale)
            if length <= 1e-12:
                return
            self.price = self.price + (
                self.pace * (self._aim(ceiling) - bound) / length * self.scale * self.direction
            )

    def _step_by_mean(self, ceiling: float) -> None:
        """Take a step from the best prices along the mean subgradient: the volume algorithm.

        The mean (n,) tends to the primal solution: how often the linear program over zones serves
        each site. The schedule of paces restarts, because no pace suits every district.
        """
        if self.mean_missing is None:
            self.price = self.best_price
            _, cover = self._evaluate(whole=True)
            self.mean_missing, self.failures = 1.0 - cover, 0
            self.pace = _MEAN_PACE if len(self.price) <= _MANY_SITES else _MEAN_PACE_OF_MANY
        mean = self.mean_missing
        length = max(float(mean**2 @ self.scale), 1e-12)
        stride = self.pace * (self._aim(ceiling) - self.bound) / length
        self.price = self.best_price + stride * self.scale * mean
        bound, cover = self._evaluate(whole=True)
        missing = 1.0 - cover
        change = missing - mean
        size = float(change**2 @ self.scale)
        most = max(_MEAN_SHARE * 0.5**self.rounds, _MIN_SHARE)
        share = -float((mean * change) @ self.scale) / size if size > 0 else most
        self.mean_missing = mean + min(max(share, most / 10), most) * change
        if self._is_higher(bound):
            self.failures = 0
        if bound > self.bound:
            if float((mean * missing) @ self.scale) >= 0:
                self.pace = min(1.1 * self.pace, 2.0)
            self._record(bound)
            return
        self.failures += 1
        patience, fading = _SLOW if self.rounds else _FAST
        if self.failures >= patience:
            self.pace, self.failures = fading * self.pace, 0
        if self.pace < _MIN_MEAN_PACE:
            self.pace, self.rounds = _MEAN_PACE_AGAIN, self.rounds + 1

    def _aim(self, ceiling: float) -> float:
        return ceiling if np.isfinite(ceiling) else self.bound * 1.05 + 1e-9

    def _is_higher(self, bound: float) -> bool:
        """Return whether a bound is significantly higher than the best."""
        return bound > self.bound + 1e-7 * abs(self.bound if np.isfinite(self.bound) else 1.0)

    def _record(self, bound: float) -> None:
        if bound > self.bound:
            self.bound, self.best_price = bound, self.price.copy()

    def _evaluate(self, *, whole: bool) -> tuple[float, FloatArray]:
        """Return the bound at the prices, and how often each site is served, (n,)."""
        if whole:
            chosen = self.knapsacks.choose_zones(self.price)
            total, cover = chosen.total, chosen.zones.sum(axis=0).astype(np.float64)
        else:
            total, cover = self._choose_in_part()
        return self._sum_up(total), cover

    def _sum_up(self, total: float) -> float:
        """Return the bound from the zones' total at the prices, less the largest rounding error."""
        size = 2 * float(np.abs(self.price).sum()) + abs(total)
        return float(self.price.sum()) + total - _SAFETY * size + self.constant

    def try_prices(self, price: FloatArray) -> ChosenZones:
        """Evaluate other prices (n,), store them if they are the best, and return the zones."""
        self.price = price
        chosen = self.knapsacks.choose_zones(price)
        self._record(self._sum_up(chosen.total))
        return chosen

    def _choose_in_part(self) -> tuple[float, FloatArray]:
        load_price = self.knapsacks.find_load_prices(self.price)
        value = self.knapsacks.value_posts(self.price, load_price)
        posts = np.argsort(value, kind="stable")[: len(self.group.zones)]
        cover = np.zeros(len(self.price))
        self._cover_in_part(posts, load_price, cover)
        return float(value[posts].sum()), cover

    def _cover_in_part(self, posts: IntArray, load_price: FloatArray, cover: FloatArray) -> None:
        """Add the sites of the posts' relaxed zones to ``cover``, the critical ones in part."""
        group = self.group
        for post in posts.tolist():
            multiplier = float(load_price[post])
            reduced = group.cost[:, post] - self.price - multiplier * group.load
            reduced[post] = -np.inf
            taken = reduced < -1e-9
            cover[taken] += 1.0
            if multiplier:
                target = group.max_load if multiplier < 0 else group.min_load
                rest = target - float(group.load[taken].sum())
                critical = int(np.where(taken, np.inf, np.abs(reduced)).argmin())
                if rest > 0 and group.load[critical] > 0:
                    cover[critical] += min(1.0, rest / float(group.load[critical]))


def bound_all_plans(problem: DistrictingProblem, assignment: IntArray) -> Iterator[float]:
    """Yield a rising bound on all plans of a problem; it takes a second at a thousand sites.

    ``assignment`` (sites,) is any plan that keeps the rules; the bound is valid for all plans.
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
    """Return each site's cost in a plan, at least its zone's mean; an estimate without a plan."""
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
