"""Goals of a plan other than the shortest drive: in the optimizer's problem, and measured.

One goal is a plan that is good with one unit off: the mean or the worst of all single absences. On
such a day each site of the absent unit's zone is served from the nearest other post that may serve
it (the reliable p-median of Snyder and Daskin 2005); the other zones do not change.

The bound comes from a problem without absences. Each of K zones that have a substitute is off on
one day in K, so a site costs (1 - 1/K) of its own post and 1/K of the next one. With a price r for
that second post, a site gains ``r - c/K`` from a post j with ``c/K < r``, whichever post serves it;
the gains of all sites from j are part of the cost of j as a post. This is a lower bound at any
prices (weak duality), and the worst day costs at least as much as the mean one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.demand.call_demand import compute_loads_at, list_demand_range
from zoneplanner.analysis.districting.problem import ABSENCES, DistrictingProblem, SearchCandidate
from zoneplanner.analysis.districting.problem_builder import index_plan_zones, list_problem_vertices
from zoneplanner.analysis.districting.zone_group import (
    ZoneGroup,
    is_connected,
    make_neighbor_masks,
    pack_sites,
    split_into_groups,
)
from zoneplanner.analysis.geometry.cells_and_outlines import measure_borders
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_PLAIN_SHARE, _PRICED_SHARE = 0.25, 0.5  # of the time, for plans without absences and priced ones
_HOT, _COLD = 1.0, 0.02  # temperature, in costs of serving one site
_PRICE, _MIN_BREACH = 10.0, 0.01  # of a mean site's load beyond the limits; of a fair share
_PROPOSALS, _MAX_PROPOSALS = 400, 40_000  # of a walk: for each site, and in all
_PATIENCE = 3  # walks in a row without improvement
_CLOCK_STEPS = 50  # proposals between two checks of the clock

Search = Callable[[DistrictingProblem, float], Iterator[SearchCandidate]]


def compute_absence_costs(problem: DistrictingProblem, assignment: IntArray) -> FloatArray:
    """Return each zone's extra cost on a day its unit is off, (zones,); NaN without a substitute.

    ``assignment`` is the zone of each site, shape (sites,).
    """
    return _Absences(problem).compute_extra(assignment)


def compute_plan_cost(problem: DistrictingProblem, assignment: IntArray) -> float:
    """Return a plan's cost including wishes; ``assignment``, shape (sites,), is as above."""
    return _Absences(problem).compute_cost(assignment)


def search_for_absences(
    problem: DistrictingProblem, search: Search, *, seed: int, time_limit_s: float
) -> Iterator[SearchCandidate]:
    """Yield better plans for days with one unit off; see ``DistrictingProblem.one_off``.

    ``search`` yields plans of a problem without absences, for a number of seconds.
    """
    begun = time.perf_counter()
    absences = _Absences(problem)
    plain = replace(problem, one_off="")
    best: SearchCandidate | None = None
    bound = 0.0

    def judge(assignment: IntArray) -> SearchCandidate | None:
        nonlocal best
        cost = absences.compute_cost(assignment)
        if cost >= absences.most or (best and cost >= best.cost - 1e-9 * abs(cost)):
            return None
        best = SearchCandidate(assignment, cost, min(bound, cost), time.perf_counter() - begun)
        return best

    for found in search(plain, _PLAIN_SHARE * time_limit_s):
        better = judge(found.assignment)
        if better is not None:
            yield better
    assert best is not None
    priced, constant = absences.price_second_posts(best.assignment)
    if priced is None:
        yield replace(best, bound=best.cost if found.proven else found.bound)
        return
    for found in search(priced, _PRICED_SHARE * time_limit_s):
        bound = max(bound, found.bound + constant)
        yield judge(found.assignment) or replace(
            best, bound=min(bound, best.cost), seconds=time.perf_counter() - begun
        )
    rng, failures = np.random.default_rng(seed), 0
    while failures < _PATIENCE:
        before = best.cost
        for plan in absences.walk(best.assignment, rng):
            if plan is not None:
                better = judge(plan)
                if better is not None:
                    yield better
            if time.perf_counter() - begun > time_limit_s:
                return
        failures = 0 if best.cost < before else failures + 1


@dataclass(eq=False)
class _Walk:
    """An assignment during a walk, its posts, and the load beyond the limits by zone."""

    assignment: IntArray
    posts: IntArray
    base: FloatArray
    beyond: FloatArray
    cost: float = np.inf


class _Absences:
    """The constants of a problem while zones change: costs, limits and substitutes."""

    def __init__(self, problem: DistrictingProblem) -> None:
        self.problem = problem
        self.groups = split_into_groups(replace(problem, one_off=""))
        self.most = max((group.most for group in self.groups), default=np.inf)
        like = (problem.allowed[:, :, None] == problem.allowed[:, None, :]).all(axis=0)
        self.substitutes = like & ~np.eye(len(like), dtype=bool)  # (zones, zones)
        self.has_substitute = self.substitutes.any(axis=1)
        self.masks = make_neighbor_masks(problem.neighbours, len(problem.load))

    def compute_extra(self, assignment: IntArray) -> FloatArray:
        """Return the result of ``compute_absence_costs``."""
        zones = range(len(self.substitutes))
        posts = np.array([self._find_post(assignment, zone)[0] for zone in zones])
        return self._compute_extra_at(assignment, posts)

    def compute_cost(self, assignment: IntArray) -> float:
        """Return the drive of the mean or the worst day, with the linear term and borders."""
        zones = range(len(self.substitutes))
        found = [self._find_post(assignment, zone) for zone in zones]
        posts = np.array([post for post, _ in found])
        return self._add_wishes(assignment, posts, sum(cost for _, cost in found))

    def _add_wishes(self, assignment: IntArray, posts: IntArray, base: float) -> float:
        problem, extra = self.problem, self._compute_extra_at(assignment, posts)
        if problem.one_off and self.has_substitute.any():
            known = extra[self.has_substitute]
            base += float(known.max() if problem.one_off == "worst" else known.mean())
        if problem.linear is not None:
            base += float(problem.linear[np.arange(len(assignment)), assignment].sum())
        if problem.border is not None:
            ends = assignment[np.array(problem.neighbours, dtype=np.int64)]
            base += float(problem.border[ends[:, 0] != ends[:, 1]].sum())
        return base

    def _compute_extra_at(self, assignment: IntArray, posts: IntArray) -> FloatArray:
        served = self.problem.cost[:, posts]
        own = served[np.arange(len(assignment)), assignment]
        second = np.where(self.substitutes[assignment], served, np.inf).min(axis=1)
        extra = np.bincount(assignment, second - own, minlength=len(posts))
        return np.where(self.has_substitute, extra, np.nan)

    def _find_post(self, assignment: IntArray, zone: int) -> tuple[int, float]:
        """Return the post of a zone, the first of equals, and the zone's cost."""
        members = np.flatnonzero(assignment == zone)
        sums = self.problem.cost[np.ix_(members, members)].sum(axis=0)
        post, cost = int(members[int(sums.argmin())]), float(sums.min())
        reach = self.problem.reach
        if reach is None or zone in self.problem.closed:
            return post, cost
        out_of_reach = int((~reach[members, post]).sum())
        return post, cost + out_of_reach * self.most if out_of_reach else cost

    def price_second_posts(self, assignment: IntArray) -> tuple[DistrictingProblem | None, float]:
        """Return a problem without absences whose optimum, plus a constant, bounds the mean day.

        See the module's docstring. The problem is None if no zone has a substitute.
        """
        problem, k = self.problem, int(self.has_substitute.sum())
        table = problem.cost_table
        if not k:
            return None, 0.0
        zones = range(len(self.substitutes))
        posts = np.array([self._find_post(assignment, zone)[0] for zone in zones])
        second = np.where(self.substitutes[assignment], problem.cost[:, posts], np.inf).min(axis=1)
        replaceable = np.isfinite(second)
        price = np.where(replaceable, second / k, 0.0)
        same_group = (problem.allowed[:, None, :] == problem.allowed[None, :, :]).all(axis=2)
        gain = np.minimum(table / k - price[:, None], 0.0)
        gain *= same_group & replaceable[:, None]
        cost = np.where(replaceable[:, None], (1 - 1 / k) * table, table) - gain
        total = gain.sum(axis=0)  # of each post; costs may not be negative, so all are raised
        raised = np.where(replaceable, total - total.min(), 0.0)
        cost[np.diag_indices(len(cost))] += raised
        constant = float(price.sum()) + k * float(total.min())
        # reach does not apply: the cheapest post at these costs is not the zone's real post
        priced = replace(problem, one_off="", cost=cost, reach=None, initial=assignment)
        return priced, constant

    def walk(self, assignment: IntArray, rng: np.random.Generator) -> Iterator[IntArray | None]:
        """Anneal from a plan by moves and swaps of sites; yields plans that keep the rules."""
        problem = self.problem
        pairs = np.array(problem.neighbours, dtype=np.int64).reshape(-1, 2)
        free = np.array([site not in problem.locked for site in range(len(problem.load))])
        limits = _ZoneLimits(problem, self.groups)
        unit = float(np.mean([group.local_cost for group in self.groups]))
        here = self._start_walk(assignment, limits)
        least, count = np.inf, min(_MAX_PROPOSALS, _PROPOSALS * len(assignment))
        for step in range(count if len(pairs) else 0):
            heat = unit * _HOT * (_COLD / _HOT) ** (step / count)
            changes = self._draw_changes(here, pairs, free, rng)
            after = None if changes is None else self._apply_changes(here, changes, limits)
            if after is not None:
                increase = after.cost - here.cost
                increase += _PRICE * unit * float((after.beyond - here.beyond).sum())
                if increase <= heat * -np.log(1 - rng.random()):
                    here = after
                    if here.cost < min(least, self.most) and not here.beyond.any():
                        least = here.cost
                        yield here.assignment
            if step % _CLOCK_STEPS == 0:
                yield None

    def _start_walk(self, assignment: IntArray, limits: _ZoneLimits) -> _Walk:
        zones = range(len(self.substitutes))
        found = [self._find_post(assignment, zone) for zone in zones]
        posts, base = np.array([each[0] for each in found]), np.array([each[1] for each in found])
        beyond = np.array([limits.measure_breach(assignment, zone) for zone in zones])
        cost = self._add_wishes(assignment, posts, float(base.sum()))
        return _Walk(assignment, posts, base, beyond, cost)

    def _draw_changes(
        self, here: _Walk, pairs: IntArray, free: BoolArray, rng: np.random.Generator
    ) -> dict[int, int] | None:
        """Return a random site's move to an adjacent zone, half the time as a swap, or None."""
        one, other = pairs[int(rng.integers(len(pairs)))][:: 1 if rng.random() < 0.5 else -1]
        origin, to = int(here.assignment[one]), int(here.assignment[other])
        if origin == to or not free[one] or not self.substitutes[origin, to]:
            return None
        if {origin, to} & self.problem.closed:
            return None
        if rng.random() < 0.5:
            return {int(one): to}
        back = int(rng.choice(np.flatnonzero(here.assignment == to)))
        return {int(one): to, back: origin} if free[back] else None

    def _apply_changes(
        self, here: _Walk, changes: dict[int, int], limits: _ZoneLimits
    ) -> _Walk | None:
        """Return the walk after some changes, or None if a zone would not be connected."""
        zones = {int(here.assignment[site]) for site in changes} | set(changes.values())
        assignment = here.assignment.copy()
        for site, zone in changes.items():
            assignment[site] = zone
        posts, base, beyond = here.posts.copy(), here.base.copy(), here.beyond.copy()
        for zone in zones:
            if not is_connected(self.masks, pack_sites(np.flatnonzero(assignment == zone))):
                return None
            posts[zone], base[zone] = self._find_post(assignment, zone)
            beyond[zone] = limits.measure_breach(assignment, zone)
        cost = self._add_wishes(assignment, posts, float(base.sum()))
        return _Walk(assignment, posts, base, beyond, cost)


class _ZoneLimits:
    """Measures how far zones are out of balance, in mean loads of a site."""

    def __init__(self, problem: DistrictingProblem, groups: list[ZoneGroup]) -> None:
        self.group_of = {int(zone): group for group in groups for zone in group.zones}
        self.loads = {}
        for group in groups:
            loads = np.zeros((len(group.loads), len(problem.load)))
            loads[:, group.sites] = group.loads
            self.loads[id(group)] = loads

    def measure_breach(self, assignment: IntArray, zone: int) -> float:
        """Return the load beyond the limits, plus a hundredth of a fair share if there is any."""
        group = self.group_of.get(zone)
        if group is None:  # closed
            return 0.0
        loads = self.loads[id(group)][:, assignment == zone].sum(axis=1)
        beyond = float(np.maximum(loads - group.max_load, group.min_load - loads).clip(0).sum())
        mean = float(group.load.mean()) or 1.0
        return (beyond + _MIN_BREACH * group.mean_load) / mean if beyond > 0 else 0.0


@dataclass(frozen=True, slots=True)
class PlanWishes:
    """A plan's goals other than the shortest drive; by default none.

    Attributes
    ----------
    robust
        Demands to which the tolerance applies, too: low, expected, high, or the project's by name.
    one_off
        "mean" or "worst": the drive of the mean or the worst day with one unit off.
    longest_drive_min
        The longest drive from a zone's post to any of its sites.
    border_weight
        The cost of a kilometer of border between two zones in trip-minutes a day.
    """

    robust: tuple[str, ...] = ()
    one_off: str = ""
    longest_drive_min: float | None = None
    border_weight: float = 0.0

    def __post_init__(self) -> None:
        if self.one_off not in {"", *ABSENCES}:
            raise UserError("unknown_absence", given=self.one_off, known=ABSENCES)
        longest = self.longest_drive_min
        if longest is not None and not 0 < longest < np.inf:
            raise UserError("out_of_range.longest_drive", minutes=longest)
        if not 0 <= self.border_weight < np.inf:
            raise UserError("out_of_range.border_weight", weight=self.border_weight)

    @property
    def names(self) -> tuple[str, ...]:
        """The keys of the goals: robust, one_off, max_drive, shape."""
        goals = {
            "robust": bool(self.robust),
            "one_off": bool(self.one_off),
            "max_drive": self.longest_drive_min is not None,
            "shape": self.border_weight > 0,
        }
        return tuple(name for name, is_set in goals.items() if is_set)

    @property
    def changes_cost(self) -> bool:
        """Whether a plan's cost includes more than the drive of a usual day."""
        return bool(self.one_off) or self.border_weight > 0

    def without(self, name: str) -> PlanWishes:
        """Return the wishes without one of ``names``."""
        fields = {"max_drive": "longest_drive_min", "shape": "border_weight"}
        field = fields.get(name, name)
        return replace(self, **{field: getattr(PlanWishes(), field)})


@dataclass(frozen=True, slots=True)
class WishFigures:
    """Measures of a plan by planners' wishes.

    Attributes
    ----------
    longest_drive_min
        The longest drive from a zone's post to any of its sites.
    border_km
        The length of borders between zones' cells.
    one_off_mean, one_off_worst
        Drive of the mean and the worst day with one unit off, trip-minutes; None if no zone has a
        substitute.
    one_off_zone
        The zone of the worst absence.
    """

    longest_drive_min: float
    border_km: float
    one_off_mean: float | None
    one_off_worst: float | None
    one_off_zone: str | None


def add_wishes(
    problem: DistrictingProblem,
    project: Project,
    plan: Plan,
    basis: PlanningBasis,
    wishes: PlanWishes,
) -> DistrictingProblem:
    """Return the problem of a plan with its wishes.

    Raises
    ------
    UserError
        A demand is unknown.
    """
    more: dict[str, object] = {"one_off": wishes.one_off}
    if wishes.robust:
        loads = [_list_loads_at(project, plan, basis, name) for name in wishes.robust]
        more["scenarios"] = np.array(loads)
    if wishes.longest_drive_min is not None:
        first = _list_first_sites(project, plan, basis)
        more["reach"] = wishes.longest_drive_min >= basis.travel_min[np.ix_(first, first)].T
    if wishes.border_weight > 0:
        more["border"] = wishes.border_weight * _list_borders_km(problem, project, plan, basis)
    return replace(problem, **more)  # type: ignore[arg-type]


class WishGauge:
    """Measures the wish figures of plans that have the zones of one plan."""

    def __init__(
        self, problem: DistrictingProblem, project: Project, plan: Plan, basis: PlanningBasis
    ) -> None:
        """``problem`` is the plan's, with or without wishes."""
        self._problem, self._project, self._basis = problem, project, basis
        self._first = _list_first_sites(project, plan, basis)
        self._borders_km = _list_borders_km(problem, project, plan, basis)
        self._pairs = np.array(problem.neighbours, dtype=np.int64).reshape(-1, 2)

    def measure(self, plan: Plan) -> WishFigures | None:
        """Return a plan's figures, or None if a site has no zone or a zone has no site."""
        problem, first = self._problem, self._first
        zone_of = index_plan_zones(self._project, plan, self._basis.cells)
        if (zone_of < 0).any() or len(set(zone_of.tolist())) < len(plan.zones):
            return None
        longest, drive = 0.0, 0.0
        for zone in range(len(plan.zones)):
            members = np.flatnonzero(zone_of == zone)
            sums = problem.cost[np.ix_(members, members)].sum(axis=0)
            post = first[members[int(sums.argmin())]]
            drive += float(sums.min())
            longest = max(longest, float(self._basis.travel_min[post, first[members]].max()))
        ends = zone_of[self._pairs]
        extra = compute_absence_costs(problem, zone_of)
        known = extra[np.isfinite(extra)]
        return WishFigures(
            longest_drive_min=longest,
            border_km=float(self._borders_km[ends[:, 0] != ends[:, 1]].sum()),
            one_off_mean=drive + float(known.mean()) if len(known) else None,
            one_off_worst=drive + float(known.max()) if len(known) else None,
            one_off_zone=plan.zones[int(np.nanargmax(extra))].id if len(known) else None,
        )


def _list_first_sites(project: Project, plan: Plan, basis: PlanningBasis) -> np.ndarray:
    """Return the basis row of the first site of each problem row."""
    rows = list_problem_vertices(project, plan, basis.cells)
    return np.array([basis.index[basis.cells.vertices[row][0]] for row in rows], dtype=np.int64)


def _list_loads_at(
    project: Project, plan: Plan, basis: PlanningBasis, name: str
) -> Sequence[float]:
    """Return the load of each problem row at a demand."""
    demands = {**project.demand.known, **list_demand_range(project, basis)}
    if name not in demands:
        raise UserError("unknown_demand", name=name, known=list(demands))
    loads = compute_loads_at(project, basis, demands[name])
    rows = list_problem_vertices(project, plan, basis.cells)
    return [sum(loads[basis.index[site]] for site in basis.cells.vertices[row]) for row in rows]


def _list_borders_km(
    problem: DistrictingProblem, project: Project, plan: Plan, basis: PlanningBasis
) -> FloatArray:
    """Return the border that each pair of neighbors shares, or 0 if they were joined by hand."""
    parts, owner = shapely.get_parts(basis.cells.areas, return_index=True)
    rows = list_problem_vertices(project, plan, basis.cells)
    row_of = {vertex: row for row, vertex in enumerate(rows)}
    shared: dict[tuple[int, int], float] = {}
    for (one, other), meters in measure_borders(parts.tolist()).items():
        a, b = row_of.get(int(owner[one])), row_of.get(int(owner[other]))
        if a is not None and b is not None and a != b:
            pair = min(a, b), max(a, b)
            shared[pair] = shared.get(pair, 0.0) + meters / 1000
    return np.array([shared.get(pair, 0.0) for pair in problem.neighbours])
