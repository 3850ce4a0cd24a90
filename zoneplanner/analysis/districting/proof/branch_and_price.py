"""The proof by branch-and-price: bounds by column generation, branching on posts in a region.

A fractional choice of zones mostly mixes two ways of dividing the lobes of a district. The number
of posts in a region separates them: a plan has at most q posts there, or at least q + 1.
Branch-and-price as in Barnhart et al. (1998), best bound first.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.annealing import Incumbent, anneal
from zoneplanner.analysis.districting.proof.column_generation import (
    PRICE_TOLERANCE,
    LinearRelaxation,
    PostCountRegion,
    RestrictedMaster,
    choose_zones,
    compute_cost_ceiling,
    enumerate_zones,
    generate_columns,
    seed_master,
)
from zoneplanner.analysis.districting.proof.pricing import prepare_growth, price_zones
from zoneplanner.analysis.districting.proof.zone_cases import ZoneAgents, assemble_plan, list_agents
from zoneplanner.analysis.districting.start_plans import grow_from_posts
from zoneplanner.analysis.districting.zone_group import ZoneGroup, compute_assignment_cost

_MAX_TRIALS = 25
_INTEGRAL = 1e-6
_DOUBLING = 0.04  # share of the cost: a gap that is this much wider doubles the tree


def _list_post_regions(group: ZoneGroup) -> BoolArray:
    """Return the sites nearest to each site, for many counts: shape (regions, n)."""
    n = len(group.sites)
    order = np.argsort(group.distance, axis=1, kind="stable")
    rank = np.empty_like(order)
    rank[np.arange(n)[:, None], order] = np.arange(n)
    sizes = np.unique(np.linspace(1, max(1, n - 1), min(n, 60)).astype(np.int64))
    return np.asarray((rank[:, None, :] < sizes[None, :, None]).reshape(-1, n))


def _choose_branch_regions(
    master: RestrictedMaster,
    candidates: BoolArray,
    shares: FloatArray,
    bound: float,
    ceiling: float,
) -> Generator[None, None, tuple[PostCountRegion, PostCountRegion] | None]:
    """Return the two sides of the best region to branch on, or None if all counts are whole.

    Yields None between trials. Strong branching: the most fractional regions are tried on the
    linear program, and the one that leaves the least work is chosen.
    """
    used = shares > _INTEGRAL
    posts = np.bincount(master.post[used], shares[used], minlength=master.n)
    count = candidates @ posts
    distance = np.abs(count - np.floor(count) - 0.5)
    pattern = candidates[:, posts > _INTEGRAL]
    trials: list[int] = []
    seen: set[bytes] = set()
    for index in np.argsort(distance, kind="stable"):
        if distance[index] > 0.5 - 1e-4 or len(trials) == _MAX_TRIALS:
            break
        key = pattern[index].tobytes()
        if key not in seen:
            seen.add(key)
            trials.append(int(index))
    best: tuple[float, int] | None = None
    for index in trials:
        whole = float(np.floor(count[index]))
        lifts = [
            min(max(master.try_region(candidates[index], low, high), bound), ceiling) - bound
            for low, high in ((-np.inf, whole), (whole + 1, np.inf))
        ]
        yield
        score = -sum(_estimate_work_left(ceiling - bound - lift, ceiling) for lift in lifts)
        if best is None or score > best[0] + 1e-12:
            best = (score, index)
    if best is None:
        return None
    sites, whole = candidates[best[1]], float(np.floor(count[best[1]]))
    return PostCountRegion(sites, -np.inf, whole), PostCountRegion(sites, whole + 1, np.inf)


def _estimate_work_left(gap: float, ceiling: float) -> float:
    """Estimate the branches of a side's tree: none if the linear program closes it."""
    return 2.0 ** (gap / (_DOUBLING * ceiling)) if gap > 1e-9 * ceiling else 0.0


_PROBING_STATES = 50_000


def _filter_agents(
    group: ZoneGroup, agents: ZoneAgents, relaxed: LinearRelaxation, ceiling: float
) -> Generator[None, None, ZoneAgents]:
    """Return the agents that may serve a zone of a plan below ``ceiling``; yields None in between.

    Each agent's zones within the gap are grown for a while; an agent without any is dropped. Most
    of these are at the rim of the district, where a site is never the best post of a zone but
    looks cheap once a region of posts has a price.
    """
    duals = relaxed.duals
    limit = relaxed.limit(ceiling)
    keep = []
    for index in range(len(agents.post)):
        alone = agents.only(np.array([index]))
        table = prepare_growth(group, alone, duals, limit, all_rivals=True)
        own = alone.kind[0]
        for zones in price_zones(
            group, alone, table, states=_PROBING_STATES, zones=_PROBING_STATES
        ):
            if zones is None:
                yield
            elif (
                not zones.complete
                or len(zones.kind)
                or zones.floor[own] < limit[own] - PRICE_TOLERANCE / 2
            ):
                keep.append(index)
        yield
    return agents.only(np.array(keep, dtype=np.int64))


_LIST = {"states": 1_000_000, "zones": 8_000}
_LIST_LAST = {"states": 30_000_000, "zones": 300_000}
_STATES, _MAX_STATES = 6_000_000, 100_000_000
_CARRIED = 4_000
_WALKS, _PROPOSALS, _WARM = 3, 1_000, 0.5
_SLACK = 2e-7
_Result = TypeVar("_Result")


@dataclass(frozen=True, eq=False)
class _ProofStep:
    """The current state of a proof: a bound on all plans, and the best plan found, if any."""

    bound: float
    assignment: IntArray | None
    cost: float


@dataclass(frozen=True, eq=False)
class _Branch:
    bound: float
    regions: tuple[PostCountRegion, ...]
    center: LinearRelaxation | None
    kind: IntArray
    members: BoolArray
    agents: ZoneAgents
    states: int = _STATES


class _Tree:
    """The open branches, the best plan, and the bound of branches that could not be closed."""

    def __init__(self, group: ZoneGroup, cost: float, assignment: IntArray | None) -> None:
        self.group = group
        self.cost, self.assignment = cost, assignment
        self.ceiling = cost if np.isfinite(cost) else compute_cost_ceiling(group)
        self.rng = np.random.default_rng(0)
        self.open: list[tuple[float, int, _Branch]] = []
        self.count = 0
        self.stranded = np.inf

    def push(self, branch: _Branch) -> None:
        self.count += 1
        heapq.heappush(self.open, (branch.bound, self.count, branch))

    def record_plan(self, plan: IntArray | None) -> None:
        """Store a plan if it is better than the best one."""
        if plan is None:
            return
        cost = compute_assignment_cost(self.group, plan)
        if cost < self.ceiling * (1 - _SLACK):
            self.cost = self.ceiling = cost
            self.assignment = plan

    def step(self, current: float = np.inf) -> _ProofStep:
        """Return the state of the proof while a branch with the bound ``current`` is worked on.

        Invariant: every plan is in that branch, in an open one, in one that could not be closed, or
        costs at least the ceiling; so the least of their bounds is always valid.
        """
        least = min(current, self.stranded, self.open[0][0] if self.open else np.inf)
        bound = least if least < self.ceiling else self.cost
        return _ProofStep(bound, self.assignment, self.cost)

    def close_if_dominated(self, bound: float) -> bool:
        """Close a branch if it can have no plan better by more than the slack; return whether."""
        if bound < self.ceiling * (1 - _SLACK):
            return False
        self.stranded = min(self.stranded, bound)
        return True


def prove_optimality(
    group: ZoneGroup, *, cost: float, assignment: IntArray | None, pool: dict[bytes, None]
) -> Iterator[_ProofStep]:
    """Raise the bound until it meets the cost of the best plan; yields often.

    ``assignment`` is the local zone of each site, shape (n,); ``pool`` has the zones of an
    ``Incumbent``. ``cost`` may be inf: then the proof also finds the first plan, or ends with bound
    inf if there is none. It ends early, with the bound below the cost, if there are too many zones
    to list.
    """
    tree = _Tree(group, cost, assignment)
    agents = list_agents(group)
    regions = _list_post_regions(group)
    seeds = RestrictedMaster(group, agents)
    seed_master(seeds, group, pool, assignment)
    tree.push(_Branch(-np.inf, (), None, seeds.kind, seeds.members, agents, _MAX_STATES))
    while tree.open:
        _, _, branch = heapq.heappop(tree.open)
        if tree.close_if_dominated(branch.bound):
            continue
        master = RestrictedMaster(group, branch.agents, branch.regions)
        master.add_zones(branch.kind, branch.members)
        relaxed = None
        for relaxed in generate_columns(
            master, branch.center, tree.ceiling * (1 - _SLACK), states=branch.states
        ):
            yield tree.step(max(branch.bound, relaxed.bound))
        assert relaxed is not None
        if tree.close_if_dominated(max(branch.bound, relaxed.bound)):
            continue
        yield from _settle_branch(tree, master, branch, relaxed, regions)
    yield tree.step()


def _settle_branch(
    tree: _Tree,
    master: RestrictedMaster,
    branch: _Branch,
    relaxed: LinearRelaxation,
    regions: BoolArray,
) -> Iterator[_ProofStep]:
    """Close a branch by listing its zones, or split it."""
    bound = max(branch.bound, relaxed.bound)
    assert relaxed.shares is not None
    tree.record_plan(_read_integral_plan(master, relaxed.shares))
    tree.record_plan(_search_from_shares(master, relaxed.shares, tree.rng))
    if tree.close_if_dominated(bound):
        return
    closed = yield from _settle_by_enumeration(tree, master, relaxed, bound, _LIST)
    if closed:
        return
    trial = _choose_branch_regions(master, regions, relaxed.shares, bound, tree.ceiling)
    sides = yield from _repeat_step(trial, tree.step(bound))
    if sides is None and branch.states >= _MAX_STATES:
        closed = yield from _settle_by_enumeration(tree, master, relaxed, bound, _LIST_LAST)
        if not closed:
            tree.stranded = min(tree.stranded, bound)
        return
    agents = yield from _repeat_step(
        _filter_agents(tree.group, branch.agents, relaxed, tree.ceiling), tree.step(bound)
    )
    reduced = master.compute_reduced_costs(relaxed.duals, np.arange(len(master.cost)))
    carried = np.sort(np.argsort(reduced, kind="stable")[:_CARRIED])
    kind, members = master.kind[carried], master.members[carried]
    if sides is None:
        again = _Branch(bound, branch.regions, relaxed, kind, members, agents, 4 * branch.states)
        tree.push(again)
        return
    for side in sides:
        regions_now = (*branch.regions, side)
        tree.push(_Branch(bound, regions_now, relaxed, kind, members, agents))


def _repeat_step(
    work: Generator[None, None, _Result], step: _ProofStep
) -> Generator[_ProofStep, None, _Result]:
    """Run a generator to its end and return its result, yielding the same step in between."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            result: _Result = done.value
            return result
        yield step


def _settle_by_enumeration(
    tree: _Tree,
    master: RestrictedMaster,
    relaxed: LinearRelaxation,
    bound: float,
    limits: dict[str, int],
) -> Generator[_ProofStep, None, bool]:
    """Close a branch by an integer program over its zones; return whether that was possible."""
    zones = None
    for each in enumerate_zones(master, relaxed, tree.ceiling, **limits):
        zones = each
        yield tree.step(bound)
    if zones is None:
        return False
    last = bound
    for last, plan in choose_zones(master, zones, tree.ceiling):
        tree.record_plan(plan)
        yield tree.step(max(bound, last))
    return tree.close_if_dominated(last)


def _search_from_shares(
    master: RestrictedMaster, shares: FloatArray, rng: np.random.Generator
) -> IntArray | None:
    """Return the best plan of walks from posts that the linear program favors, drawn by share.

    None if locks or wishes distinguish zones, or if the walks find no plan.
    """
    group, used = master.group, np.flatnonzero(shares > 1e-6)
    if not len(used) or len(master.agents.kinds) > 1 or (group.lock >= 0).any():
        return None
    best = Incumbent()
    for _ in range(_WALKS):
        free = group.load.copy()
        zone_of = np.full(master.n, -1, dtype=np.int64)
        posts = np.zeros(len(group.zones), dtype=np.int64)
        for zone in range(len(group.zones)):
            weight = shares[used] * (master.members[used] @ free) * rng.random(len(used))
            drawn = used[int((weight * (zone_of[master.post[used]] < 0)).argmax())]
            posts[zone] = master.post[drawn]
            zone_of[posts[zone]] = zone
            free[master.members[drawn]] = 0.0
        if len(set(posts.tolist())) == len(posts):
            assignment = grow_from_posts(group, zone_of, posts)
            if assignment is not None:
                seed = int(rng.integers(1 << 62))
                walk = anneal(group, assignment, best, seed=seed, proposals=_PROPOSALS, hot=_WARM)
                for _ in walk:
                    pass
    return best.assignment


def _read_integral_plan(master: RestrictedMaster, shares: FloatArray) -> IntArray | None:
    """Return the plan if the linear program's shares are all whole, else None."""
    if (np.abs(shares - np.round(shares)) > 1e-6).any():
        return None
    chosen = np.flatnonzero(shares > 0.5)
    return assemble_plan(master.agents, master.kind[chosen], master.members[chosen])
