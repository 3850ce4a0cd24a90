"""What a plan is to be good at beyond the least drive, put to the optimizer and measured.

Plans that are good with one unit off, too: the mean or the worst of all single absences.

On such a day the sites of the absent unit's zone are each served from the nearest other post that
may hold them (the reliable p-median of Snyder and Daskin 2005); the other zones stay as they are.

The bound comes from a problem without absences. Of K zones that others can stand in for, each is
off on one day in K, so a site costs (1 - 1/K) of its own post and 1/K of the next one. With a
price r for that second post, a site takes part of post j where ``c/K < r``, whoever serves it; what
all sites take of j is part of what j costs as a post. At any prices that is true, and the worst
day costs at least the mean one.
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

_PLAIN_SHARE, _PRICED_SHARE = 0.25, 0.5  # of the time: plans without absences, then priced ones
_HOT, _COLD = 1.0, 0.02  # temperature, in what serving one site costs
_PRICE, _BREACH = 10.0, 0.01  # of a mean site's load beyond the limits; any breach counts so much
_PROPOSALS, _MOST = 400, 40_000  # of a walk: for each site, and in all
_PATIENCE = 3  # walks in a row that find nothing better
_LOOK = 50  # proposals between two looks at the clock

Search = Callable[[DistrictingProblem, float], Iterator[SearchCandidate]]


def compute_absence_costs(problem: DistrictingProblem, assignment: IntArray) -> FloatArray:
    """Extra cost of a day on which a zone's unit is off, shape (zones,); nan where none stands in.

    ``assignment`` gives the zone of each site, shape (sites,).
    """
    return _Absences(problem).compute_extra(assignment)


def compute_plan_cost(problem: DistrictingProblem, assignment: IntArray) -> float:
    """What a plan costs, whatever is wished; ``assignment``, shape (sites,), is as above."""
    return _Absences(problem).compute_cost(assignment)


def search_for_absences(
    problem: DistrictingProblem, search: Search, *, seed: int, time_limit_s: float
) -> Iterator[SearchCandidate]:
    """Yield better plans for days with one unit off; see ``DistrictingProblem.one_off``.

    ``search`` looks for plans of a problem without absences, for some seconds.
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
    """An assignment under way, its posts, and load beyond the limits by zone."""

    assignment: IntArray
    posts: IntArray
    base: FloatArray
    beyond: FloatArray
    cost: float = np.inf


class _Absences:
    """What stays while zones change: costs, limits, and who stands in for whom."""

    def __init__(self, problem: DistrictingProblem) -> None:
        self.problem = problem
        self.groups = split_into_groups(replace(problem, one_off=""))
        self.most = max((group.most for group in self.groups), default=np.inf)
        like = (problem.allowed[:, :, None] == problem.allowed[:, None, :]).all(axis=0)
        self.stands_in = like & ~np.eye(len(like), dtype=bool)
        self.has_substitute = self.stands_in.any(axis=1)
        self.masks = make_neighbor_masks(problem.neighbours, len(problem.load))

    def compute_extra(self, assignment: IntArray) -> FloatArray:
        """As ``compute_absence_costs``."""
        zones = range(len(self.stands_in))
        posts = np.array([self._find_post(assignment, zone)[0] for zone in zones])
        return self._add_up(assignment, posts)

    def compute_cost(self, assignment: IntArray) -> float:
        """The drive of the mean or the worst day, with the linear term and borders."""
        zones = range(len(self.stands_in))
        found = [self._find_post(assignment, zone) for zone in zones]
        posts = np.array([post for post, _ in found])
        return self._judge(assignment, posts, sum(cost for _, cost in found))

    def _judge(self, assignment: IntArray, posts: IntArray, base: float) -> float:
        problem, extra = self.problem, self._add_up(assignment, posts)
        if problem.one_off and self.has_substitute.any():
            known = extra[self.has_substitute]
            base += float(known.max() if problem.one_off == "worst" else known.mean())
        if problem.linear is not None:
            base += float(problem.linear[np.arange(len(assignment)), assignment].sum())
        if problem.border is not None:
            ends = assignment[np.array(problem.neighbours, dtype=np.int64)]
            base += float(problem.border[ends[:, 0] != ends[:, 1]].sum())
        return base

    def _add_up(self, assignment: IntArray, posts: IntArray) -> FloatArray:
        served = self.problem.cost[:, posts]
        own = served[np.arange(len(assignment)), assignment]
        second = np.where(self.stands_in[assignment], served, np.inf).min(axis=1)
        extra = np.bincount(assignment, second - own, minlength=len(posts))
        return np.where(self.has_substitute, extra, np.nan)

    def _find_post(self, assignment: IntArray, zone: int) -> tuple[int, float]:
        """The post of a zone, the first of equals, and the zone's cost."""
        members = np.flatnonzero(assignment == zone)
        sums = self.problem.cost[np.ix_(members, members)].sum(axis=0)
        post, cost = int(members[int(sums.argmin())]), float(sums.min())
        reach = self.problem.reach
        far = (
            0
            if reach is None or zone in self.problem.closed
            else int((~reach[members, post]).sum())
        )
        return post, cost + far * self.most if far else cost

    def price_second_posts(self, assignment: IntArray) -> tuple[DistrictingProblem | None, float]:
        """(a problem without absences, what to add to its costs): no day is better on the mean."""
        problem, many = self.problem, int(self.has_substitute.sum())
        table = problem.cost_table
        if not many:
            return None, 0.0
        zones = range(len(self.stands_in))
        posts = np.array([self._find_post(assignment, zone)[0] for zone in zones])
        second = np.where(self.stands_in[assignment], problem.cost[:, posts], np.inf).min(axis=1)
        replaceable = np.isfinite(second)
        price = np.where(replaceable, second / many, 0.0)
        together = (problem.allowed[:, None, :] == problem.allowed[None, :, :]).all(axis=2)
        taken = np.minimum(table / many - price[:, None], 0.0)
        taken *= together & replaceable[:, None]
        cost = np.where(replaceable[:, None], (1 - 1 / many) * table, table) - taken
        whole = taken.sum(axis=0)  # of each post: costs may not be negative, so all are raised
        raised = np.where(replaceable, whole - whole.min(), 0.0)
        cost[np.diag_indices(len(cost))] += raised
        constant = float(price.sum()) + many * float(whole.min())
        # at these costs another post would be the cheapest: how near it is says nothing
        priced = replace(problem, one_off="", cost=cost, reach=None, initial=assignment)
        return priced, constant

    def walk(self, assignment: IntArray, rng: np.random.Generator) -> Iterator[IntArray | None]:
        """Anneal from a plan by moves and trades of sites; yields plans that keep the rules."""
        problem = self.problem
        pairs = np.array(problem.neighbours, dtype=np.int64).reshape(-1, 2)
        free = np.array([site not in problem.locked for site in range(len(problem.load))])
        limits = _ZoneLimits(problem, self.groups)
        unit = float(np.mean([group.local_cost for group in self.groups]))
        here = self._begin(assignment, limits)
        least, count = np.inf, min(_MOST, _PROPOSALS * len(assignment))
        for step in range(count if len(pairs) else 0):
            heat = unit * _HOT * (_COLD / _HOT) ** (step / count)
            changes = self._draw(here, pairs, free, rng)
            after = None if changes is None else self._change(here, changes, limits)
            if after is not None:
                dearer = after.cost - here.cost
                dearer += _PRICE * unit * float((after.beyond - here.beyond).sum())
                if dearer <= heat * -np.log(1 - rng.random()):
                    here = after
                    if here.cost < min(least, self.most) and not here.beyond.any():
                        least = here.cost
                        yield here.assignment
            if step % _LOOK == 0:
                yield None

    def _begin(self, assignment: IntArray, limits: _ZoneLimits) -> _Walk:
        zones = range(len(self.stands_in))
        found = [self._find_post(assignment, zone) for zone in zones]
        posts, base = np.array([each[0] for each in found]), np.array([each[1] for each in found])
        beyond = np.array([limits.measure_breach(assignment, zone) for zone in zones])
        cost = self._judge(assignment, posts, float(base.sum()))
        return _Walk(assignment, posts, base, beyond, cost)

    def _draw(
        self, here: _Walk, pairs: IntArray, free: BoolArray, rng: np.random.Generator
    ) -> dict[int, int] | None:
        """A site that goes to a zone beside it, perhaps for another one that comes back."""
        one, other = pairs[int(rng.integers(len(pairs)))][:: 1 if rng.random() < 0.5 else -1]
        origin, to = int(here.assignment[one]), int(here.assignment[other])
        if origin == to or not free[one] or not self.stands_in[origin, to]:
            return None
        if {origin, to} & self.problem.closed:
            return None
        if rng.random() < 0.5:
            return {int(one): to}
        back = int(rng.choice(np.flatnonzero(here.assignment == to)))
        return {int(one): to, back: origin} if free[back] else None

    def _change(self, here: _Walk, changes: dict[int, int], limits: _ZoneLimits) -> _Walk | None:
        """The walk after some changes; None where a zone would not be in one piece."""
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
        cost = self._judge(assignment, posts, float(base.sum()))
        return _Walk(assignment, posts, base, beyond, cost)


class _ZoneLimits:
    """How far a zone is out of balance, in mean loads of a site."""

    def __init__(self, problem: DistrictingProblem, groups: list[ZoneGroup]) -> None:
        self.group_of = {int(zone): group for group in groups for zone in group.zones}
        self.loads = {}
        for group in groups:
            loads = np.zeros((len(group.loads), len(problem.load)))
            loads[:, group.sites] = group.loads
            self.loads[id(group)] = loads

    def measure_breach(self, assignment: IntArray, zone: int) -> float:
        """Load beyond the limits; any counts as a hundredth of a fair load at least."""
        group = self.group_of.get(zone)
        if group is None:  # closed
            return 0.0
        loads = self.loads[id(group)][:, assignment == zone].sum(axis=1)
        beyond = float(np.maximum(loads - group.upper, group.lower - loads).clip(0).sum())
        mean = float(group.load.mean()) or 1.0
        return (beyond + _BREACH * group.mean_load) / mean if beyond > 0 else 0.0


@dataclass(frozen=True, slots=True)
class PlanWishes:
    """What is asked of a plan; as it stands, nothing.

    Attributes
    ----------
    robust
        Demands at which the tolerance holds, too: low, expected, high, or of the project by name.
    one_off
        "mean" or "worst": the least drive of the mean or the worst day with one unit off.
    longest_drive_min
        No drive from a zone's post to a site of it is longer.
    border_weight
        Trip-minutes a day that a kilometer of border between two zones counts as.
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
        """What is asked: robust, one_off, max_drive, shape."""
        asked = {
            "robust": bool(self.robust),
            "one_off": bool(self.one_off),
            "max_drive": self.longest_drive_min is not None,
            "shape": self.border_weight > 0,
        }
        return tuple(name for name, wish in asked.items() if wish)

    @property
    def changes_cost(self) -> bool:
        """Whether a plan's cost is more than the drive of a usual day."""
        return bool(self.one_off) or self.border_weight > 0

    def without(self, name: str) -> PlanWishes:
        """Return the wishes without one of ``names``."""
        nothing = PlanWishes()
        fields = {"max_drive": "longest_drive_min", "shape": "border_weight"}
        field = fields.get(name, name)
        return replace(self, **{field: getattr(nothing, field)})


@dataclass(frozen=True, slots=True)
class WishFigures:
    """How a plan stands with what planners ask beyond.

    Attributes
    ----------
    longest_drive_min
        From a zone's post to a site of it.
    border_km
        Border between zones, where their cells meet.
    one_off_mean, one_off_worst
        Drive of the mean and the worst day with one unit off, trip-minutes; None where no other
        zone may stand in.
    one_off_zone
        The zone whose absence is the worst.
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
    """Return the problem of a plan with what is asked of it.

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
    """Measures how plans with the zones of one plan stand with what planners ask beyond."""

    def __init__(
        self, problem: DistrictingProblem, project: Project, plan: Plan, basis: PlanningBasis
    ) -> None:
        """``problem`` is that of the plan, with or without wishes."""
        self._problem, self._project, self._basis = problem, project, basis
        self._first = _list_first_sites(project, plan, basis)
        self._borders_km = _list_borders_km(problem, project, plan, basis)
        self._pairs = np.array(problem.neighbours, dtype=np.int64).reshape(-1, 2)

    def measure(self, plan: Plan) -> WishFigures | None:
        """Return how a plan stands; None where a site has no zone or a zone no site."""
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
    """The row in the basis of the first site of each row of the problem."""
    rows = list_problem_vertices(project, plan, basis.cells)
    return np.array([basis.index[basis.cells.vertices[row][0]] for row in rows], dtype=np.int64)


def _list_loads_at(
    project: Project, plan: Plan, basis: PlanningBasis, name: str
) -> Sequence[float]:
    """The load of each row of the problem at a demand."""
    demands = {**project.demand.known, **list_demand_range(project, basis)}
    if name not in demands:
        raise UserError("unknown_demand", name=name, known=list(demands))
    loads = compute_loads_at(project, basis, demands[name])
    rows = list_problem_vertices(project, plan, basis.cells)
    return [sum(loads[basis.index[site]] for site in basis.cells.vertices[row]) for row in rows]


def _list_borders_km(
    problem: DistrictingProblem, project: Project, plan: Plan, basis: PlanningBasis
) -> FloatArray:
    """The border that each pair of neighbors shares; none where they were joined by hand."""
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
