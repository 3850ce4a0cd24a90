"""The plan search: plans get better and a bound rises until they meet."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.districting.annealing import HOT, Incumbent, anneal, even_loads
from zoneplanner.analysis.districting.feasibility import (
    can_reach_enough,
    check_feasibility,
    find_obstacle,
    make_infeasibility,
)
from zoneplanner.analysis.districting.kernel.branch import can_bound_branches
from zoneplanner.analysis.districting.kernel.library import load_library
from zoneplanner.analysis.districting.kernel.zone_lists import can_list_zones
from zoneplanner.analysis.districting.plan_wishes import search_for_absences
from zoneplanner.analysis.districting.problem import PROVEN_GAP, DistrictingProblem, SearchCandidate
from zoneplanner.analysis.districting.proof.bound_schedule import (
    BoundingThread,
    ends_with_best_prices,
    improve_prices,
)
from zoneplanner.analysis.districting.proof.lagrangian_bound import LagrangianBound
from zoneplanner.analysis.districting.proof.lagrangian_branching import prove_by_counts
from zoneplanner.analysis.districting.start_plans import draw_start_plan
from zoneplanner.analysis.districting.zone_group import (
    ZoneGroup,
    assign_closed_sites,
    compute_assignment_cost,
    compute_closed_cost,
    compute_nearest_bound,
    is_connected,
    pack_sites,
    relabel_canonically,
    split_into_groups,
)
from zoneplanner.errors import UserError

_SHORT, _LONG = 3_000, 20_000  # proposals for each site of an annealing walk
_MANY_SITES = 2000  # with more sites, a walk makes no more proposals in all
_STARTS, _DRAWS = 3, 20  # first walks, and how often drawing a start may fail
_WALKS = 4  # long walks before a proof
_FIRST_STEPS, _FIRST_STEPS_OF_MANY, _MORE_STEPS, _STEPS_A_TURN = 80, 5, 40, 8  # of the bound
_ALL_STEPS = 2000
_WAIT_S = 0.05
_TURNS = 25  # of annealing neighbors before zones are recombined
_MAX_BRANCHED_SITES = 200
_FEW_A_ZONE = 12  # up to this many sites a zone, all zones are listed before branching
_WIDE_GAP = 0.05  # share of the cost: with a wider gap there are too many zones to list first
_FEW_SITES, _FEW_ZONES = 40, 3  # up to which an integer program is tried
_HEAD_START = 20  # branching steps before the integer program starts
_COUNT_STEPS, _COUNT_STEPS_IF_FEW = 600, 30  # branching on counts before branching on columns
_ENDED = object()
_CLOSING = 0.5  # branching on counts goes on alone while it leaves less than this share of the gap
_ATTEMPTS, _MIN_IMPROVEMENT = 3, 1e-3  # a proof restarts from a plan that is this much better
_MIN_WORK = 20_000  # steps times sites before the clock is checked, unless there is a plan
_EVERY_S = 0.25
_TARGET_COST = 2048.0  # of the sum of all sites' mean costs


@dataclass(eq=False)
class _GroupSearch:
    """The state of the search in one group."""

    group: ZoneGroup
    rng: np.random.Generator
    best: Incumbent = field(default_factory=Incumbent)
    bound: float = 0.0
    even: IntArray | None = None  # the best balanced assignment, if a plan is hard to find
    relaxed: LagrangianBound | None = None
    steps: Iterator[float] = field(default_factory=lambda: iter(()))  # of the bound
    thread: BoundingThread | None = None  # takes the steps on the second core
    price: FloatArray | None = None  # when the thread began
    labeled: tuple[IntArray, IntArray, float] | None = None  # a plan, its shown labels, its cost

    @property
    def has_plan(self) -> bool:
        return self.best.assignment is not None

    @property
    def is_proven(self) -> bool:
        return self.bound >= self.best.cost * (1 - PROVEN_GAP / 2)

    def label_plan(self) -> tuple[IntArray, float]:
        """Return the best plan with the labels shown, and its cost, computed once for each plan."""
        plan = self.best.assignment
        assert plan is not None
        if self.labeled is None or self.labeled[0] is not plan:
            shown = relabel_canonically(self.group, plan)
            self.labeled = plan, shown, compute_assignment_cost(self.group, shown)
        return self.labeled[1:]

    def take_thread_bound(self) -> None:
        """Raise the bound to the thread's bound, if there is one."""
        if self.thread is not None:
            self.raise_bound(self.thread.get_bound())

    def raise_bound(self, bound: float) -> None:
        """Raise the bound; one that only posts out of reach allow means that there is no plan."""
        self.bound = max(self.bound, bound if bound < self.group.most - 0.5 else np.inf)


def search_plans(
    problem: DistrictingProblem, *, seed: int = 0, time_limit_s: float = 60.0
) -> Iterator[SearchCandidate]:
    """Yield better plans and bounds until the plan is proven or time is up.

    Each candidate keeps every rule. Candidates come when the cost or the bound has improved, and
    about every quarter of a second, so that a caller can show progress; closing the generator ends
    the work. All effort is counted in proposals and zones: the same seed gives the same sequence
    of plans, which only ``time_limit_s`` can cut short.

    Raises
    ------
    UserError
        No plan keeps every rule (``proven_infeasible``: ``details`` has the ``rule`` that prevents
        one and the ``smallest_tolerance`` at which a plan was found), or none was found by the time
        limit: ``none_found_yet``, with the ``nearest`` assignment's zones.
    """
    if problem.one_off:
        yield from search_for_absences(
            problem,
            lambda plain, limit_s: search_plans(plain, seed=seed, time_limit_s=limit_s),
            seed=seed,
            time_limit_s=time_limit_s,
        )
        return
    started = time.perf_counter()
    unit = _choose_cost_unit(problem)
    linear = None if problem.linear is None else problem.linear / unit
    border = None if problem.border is None else problem.border / unit
    cost = problem.cost if unit == 1.0 else problem.cost_table / unit
    scaled = replace(problem, cost=cost, linear=linear, border=border)
    parts = [
        _GroupSearch(group, np.random.default_rng([seed, index]))
        for index, group in enumerate(split_into_groups(scaled))
    ]
    settled = assign_closed_sites(problem)
    for part in parts:
        check_feasibility(part.group)
        part.bound = compute_nearest_bound(part.group)
    last: SearchCandidate | None = None
    seen, due_s = [(np.inf, -np.inf)], 0.0
    with ExitStack() as stack:
        stack.callback(_end_threads, parts)
        work = stack.enter_context(closing(_improve_parts(parts, seed)))
        for step, _ in enumerate(work):
            now_s = time.perf_counter() - started
            for part in parts:
                part.take_thread_bound()
            known = [(part.best.cost, part.bound) for part in parts]
            if all(part.has_plan for part in parts) and (known != seen or now_s >= due_s):
                seen, due_s = known, now_s + _EVERY_S
                candidate = _make_candidate(problem, settled, parts, unit, now_s)
                if last is None or _is_progress(candidate, last):
                    last = candidate
                    yield candidate
                    if candidate.proven:
                        return
            is_least_done = step * len(problem.load) > _MIN_WORK
            if now_s > time_limit_s and (last is not None or is_least_done):
                break
    if last is None and not all(part.has_plan for part in parts):
        raise _explain_failure(parts, seed, ends_at=started + time_limit_s)
    final = _make_candidate(problem, settled, parts, unit, time.perf_counter() - started)
    if last is None or final.cost < last.cost or final.bound > last.bound:
        yield final


def _end_threads(parts: list[_GroupSearch]) -> None:
    for part in parts:
        if part.thread is not None:
            part.thread.close()


def _explain_failure(parts: list[_GroupSearch], seed: int, *, ends_at: float) -> UserError:
    """Return the reason why parts have no plan, or how near the search came."""
    from zoneplanner.analysis.districting.infeasibility import (
        BlockedGroup,
        describe_nearest,
        explain_infeasibility,
    )

    if not any(part.bound == np.inf for part in parts):
        return describe_nearest(
            [(part.group, part.best.assignment, part.best.nearest) for part in parts]
        )
    blocked = [part for part in parts if not part.has_plan]
    for part in blocked:
        if part.bound == np.inf and np.isfinite(part.group.most) and not find_obstacle(part.group):
            return make_infeasibility("max_drive", "max_drive", zones=part.group.labels)
    for part in blocked:
        if part.even is None:
            for _ in _even_out(part, seed):
                if part.has_plan or (time.perf_counter() > ends_at and part.even is not None):
                    break
    return explain_infeasibility(
        [
            BlockedGroup(part.group, part.even, part.bound == np.inf)
            for part in blocked
            if not part.has_plan
        ],
        ends_at=ends_at,
    )


def _improve_parts(parts: list[_GroupSearch], seed: int) -> Generator[None, None, None]:
    """Improve the parts in place: first plans for all, better plans, then proofs."""
    for part in parts:
        if find_obstacle(part.group) is not None or not can_reach_enough(part.group):
            part.bound = np.inf
    if any(part.bound == np.inf for part in parts):
        return
    for part in parts:
        yield from _find_first_plan(part)
    yield
    by_size = sorted(parts, key=lambda each: len(each.group.sites))
    for part in by_size:
        yield from _find_any_plan(part, seed)
    if all(part.has_plan for part in parts):
        yield from _improve_plans(parts, by_size)


def _improve_plans(parts: list[_GroupSearch], by_size: list[_GroupSearch]) -> Iterator[None]:
    for part in parts:
        many = len(part.group.sites) > _MANY_SITES and load_library() is not None
        yield from _raise_bound(part, _FIRST_STEPS_OF_MANY if many else _FIRST_STEPS)
        _start_bounding_thread(part)
    for part in parts:
        yield from _walk_long(part)
    for part in by_size:
        if (
            len(part.group.sites) > _MAX_BRANCHED_SITES
        ):  # a better plan first leaves fewer zones to list
            yield from _polish(part)
        yield from _prove_part(part)
    while left := [part for part in by_size if part.best.cost > part.bound * (1 + PROVEN_GAP / 2)]:
        for part in left:
            yield from _polish(part)


def _start_bounding_thread(part: _GroupSearch) -> None:
    """Leave further steps of the bound to the second core if the group is large."""
    if len(part.group.sites) > _MAX_BRANCHED_SITES and part.relaxed is not None and load_library():
        part.price = part.relaxed.best_price
        part.thread = BoundingThread(part.steps, part.bound)


def _raise_bound(part: _GroupSearch, steps: int) -> Iterator[None]:
    """Take steps of the Lagrangian bound, unless the thread takes them."""
    if len(part.group.zones) == 1:
        part.bound = part.best.cost
        return
    if part.thread is not None:
        return
    if part.relaxed is None:
        part.relaxed = LagrangianBound(part.group, part.best.assignment)
        part.steps = improve_prices(part.relaxed, part.best.cost)
    for bound in islice(part.steps, steps):
        part.raise_bound(bound)
        yield


def _walk_long(part: _GroupSearch) -> Iterator[None]:
    """Take long walks with bound steps in between, then recombine the zones found.

    With thousands of sites, annealing neighbors gets further in the same time.
    """
    if len(part.group.zones) > 1 and len(part.group.sites) <= _MANY_SITES:
        for _ in range(_WALKS):
            yield from _walk_from_draw(part, _LONG, recording=True)
            yield from _raise_bound(part, _MORE_STEPS)
        yield from _recombine(part)


def _polish(part: _GroupSearch) -> Iterator[None]:
    """Anneal neighboring zones repeatedly with bound steps in between, then recombine zones.

    With thousands of sites, recombining finds nothing and is skipped.
    """
    from zoneplanner.analysis.districting.plan_improvement import reanneal_neighbors

    is_large = len(part.group.sites) > _MANY_SITES
    for _ in range(_TURNS):
        yield from reanneal_neighbors(part.group, part.best, part.rng)
        yield from _raise_bound(part, 1 if is_large else _STEPS_A_TURN)
    if not is_large:
        yield from _recombine(part)


def _prove_part(part: _GroupSearch) -> Iterator[None]:
    best = part.best
    if len(part.group.zones) == 1 and part.has_plan:  # the only assignment
        part.bound = best.cost
        yield
        return
    sites = len(part.group.sites)
    has_small_zones = sites > _MAX_BRANCHED_SITES or sites <= _FEW_A_ZONE * len(part.group.zones)
    if part.has_plan and has_small_zones and can_list_zones(part.group):
        yield from _prove_by_listing(part)
    if sites > _MAX_BRANCHED_SITES or part.is_proven:
        return
    proofs = {_prove_by_columns(part): None}
    with closing(_prove_by_program(part)) as program:
        if part.has_plan and can_bound_branches(part.group):
            yield from _raise_bound(part, _ALL_STEPS)
            by_counts = _prove_by_counts(part)
            proofs[by_counts] = None
            is_small = len(part.group.sites) <= _FEW_SITES  # its zones are soon listed
            steps = _COUNT_STEPS_IF_FEW if is_small else _COUNT_STEPS
            for _ in _take_while_closing(part, by_counts, steps):
                yield
                next(program, None)
        while proofs and not part.is_proven:
            for proof in list(proofs):
                if next(proof, _ENDED) is _ENDED:
                    del proofs[proof]
                yield
                next(program, None)


def _prove_by_listing(part: _GroupSearch) -> Iterator[None]:
    """List all zones that a better plan could have, if they are small enough to be listed."""
    # deferred: the solver takes as long to import as a first plan to find
    from zoneplanner.analysis.districting.plan_improvement import label_zones
    from zoneplanner.analysis.districting.proof.zone_listing import prove_by_listing

    group, best = part.group, part.best
    yield from _raise_bound(part, _ALL_STEPS)
    yield from _wait_for_prices(part)
    assert best.assignment is not None and part.relaxed is not None
    if len(group.sites) <= _MAX_BRANCHED_SITES and part.bound < best.cost * (1 - _WIDE_GAP):
        return
    for proof in prove_by_listing(group, best.assignment, best.cost, part.relaxed):
        plan = None if proof.zones is None else label_zones(group, proof.zones)
        if plan is not None:
            best.record(group, plan)
        for zone in () if proof.likely is None else proof.likely:
            best.pool.setdefault(np.flatnonzero(zone).astype(np.int32).tobytes())
        part.raise_bound(proof.bound)
        if part.is_proven:
            return
        yield
    yield from _recombine(part)


def _prove_by_counts(part: _GroupSearch) -> Generator[None, None, None]:
    """Branch on Lagrangian bounds: few branches, unless zones are few and large."""
    best = part.best
    assert best.assignment is not None
    price = None if part.relaxed is None else part.relaxed.best_price
    for proof in prove_by_counts(part.group, best.assignment, best.cost, price):
        part.raise_bound(proof.bound)
        if proof.cost < best.cost:
            best.cost, best.assignment = proof.cost, proof.assignment
        if part.is_proven:
            return
        yield


def _take_while_closing(part: _GroupSearch, proof: Iterator[None], steps: int) -> Iterator[None]:
    """Take ``steps`` of a proof at a time, as long as they close much of the gap."""
    before = np.inf
    while (gap := part.best.cost - part.bound) < _CLOSING * before:
        before = gap
        for _ in range(steps):
            if next(proof, _ENDED) is _ENDED:
                return
            yield


def _prove_by_columns(part: _GroupSearch) -> Generator[None, None, None]:
    """Branch on linear programs over zones: for sparse districts, where contiguity dominates."""
    # deferred: the solver takes as long to import as a first plan to find
    from zoneplanner.analysis.districting.proof.branch_and_price import prove_optimality

    best = part.best
    for left in reversed(range(_ATTEMPTS)):
        start_cost = best.cost
        for step in prove_optimality(
            part.group, cost=best.cost, assignment=best.assignment, pool=best.pool
        ):
            part.raise_bound(step.bound)
            if step.cost < best.cost:
                best.cost, best.assignment = step.cost, step.assignment
            if part.is_proven:
                return
            yield
            if left and best.cost < start_cost * (1 - _MIN_IMPROVEMENT):
                break
        else:
            return


def _prove_by_program(part: _GroupSearch) -> Generator[None, None, None]:
    """Prove by an integer program on another core: for few sites, or few and large zones."""
    group, best = part.group, part.best
    sites, zones = len(group.sites), len(group.zones)
    if group.linear is not None or group.border is not None:
        return
    if sites > (_FEW_SITES if zones > _FEW_ZONES else 2 * _FEW_SITES):
        return
    for _ in range(_HEAD_START):
        yield
    from zoneplanner.analysis.districting.proof.integer_program import prove_by_program

    ceiling = best.cost if part.has_plan or np.isinf(group.most) else group.most
    for bound, plan in prove_by_program(group, ceiling):
        part.raise_bound(bound)
        if plan is not None:
            best.record(group, plan)
        yield


def _find_any_plan(part: _GroupSearch, seed: int) -> Iterator[None]:
    """Find a plan if balance is hard to keep: walks, balancing and the proof take turns."""
    turns = [_walk_longer(part), _even_out(part, seed), _prove_part(part)]
    while not part.has_plan and part.bound < np.inf:
        for turn in turns:
            next(turn, None)
            yield


def _walk_longer(part: _GroupSearch) -> Iterator[None]:
    proposals = _SHORT
    while True:
        proposals *= 2
        yield from _walk_from_draw(part, proposals)
        yield


def _even_out(part: _GroupSearch, seed: int) -> Iterator[None]:
    for balanced in even_loads(part.group, seed=seed):
        if balanced is not None:
            part.even = balanced[1]
            part.best.record(part.group, part.even)
        yield


def _find_first_plan(part: _GroupSearch) -> Iterator[None]:
    """Take short walks to a good plan within a moment."""
    group = part.group
    if group.initial is not None and _is_valid_start(group, group.initial):
        yield from _walk(part, group.initial, _SHORT, hot=0.5)
    for _ in range(_STARTS if len(group.zones) > 1 and len(group.sites) <= _MANY_SITES else 1):
        yield from _walk_from_draw(part, _SHORT)


def _recombine(part: _GroupSearch) -> Iterator[None]:
    from zoneplanner.analysis.districting.plan_improvement import recombine_zones

    assert part.relaxed is not None
    yield from _wait_for_prices(part)
    # while the thread works, its present prices depend on timing: use those it began with
    is_settled = part.thread is None or part.price is None or ends_with_best_prices(part.relaxed)
    price = part.relaxed.best_price if is_settled else part.price
    assert price is not None
    yield from recombine_zones(part.group, part.best, price)


def _wait_for_prices(part: _GroupSearch) -> Iterator[None]:
    """Wait for the thread's final prices, which do not depend on the machine's speed."""
    if part.thread is not None and part.relaxed is not None and ends_with_best_prices(part.relaxed):
        while not part.thread.is_done.wait(_WAIT_S):
            yield


def _walk_from_draw(
    part: _GroupSearch, proposals: int, *, recording: bool = False
) -> Iterator[None]:
    for _ in range(_DRAWS):
        assignment = draw_start_plan(part.group, part.rng)
        if assignment is not None:
            yield from _walk(part, assignment, proposals, recording=recording)
            return
        yield


def _walk(
    part: _GroupSearch,
    assignment: IntArray,
    proposals: int,
    *,
    hot: float = HOT,
    recording: bool = False,
) -> Iterator[None]:
    seed = int(part.rng.integers(1 << 62))
    for _ in anneal(
        part.group,
        assignment,
        part.best,
        seed=seed,
        proposals=proposals * _MANY_SITES // max(_MANY_SITES, len(part.group.sites)),
        hot=hot,
        recording=recording,
    ):
        yield


def _is_valid_start(group: ZoneGroup, assignment: IntArray) -> bool:
    """Return whether an assignment gives every site a zone, connected, with the locks kept."""
    if (assignment < 0).any() or ((group.lock >= 0) & (group.lock != assignment)).any():
        return False
    return all(
        is_connected(group.masks, pack_sites(np.flatnonzero(assignment == zone)))
        for zone in range(len(group.zones))
    )


def _make_candidate(
    problem: DistrictingProblem,
    settled: IntArray,
    parts: list[_GroupSearch],
    unit: float,
    seconds: float,
) -> SearchCandidate:
    assignment = settled.copy()
    cost = bound = compute_closed_cost(problem, settled)
    for part in parts:
        plan, own = part.label_plan()
        assignment[part.group.sites] = part.group.zones[plan]
        cost += own * unit
        bound += min(part.bound, own) * unit
    return SearchCandidate(assignment=assignment, cost=cost, bound=bound, seconds=seconds)


def _choose_cost_unit(problem: DistrictingProblem) -> float:
    """Return a power of two that scales costs to suit the solvers' absolute tolerances."""
    if len(problem.cost) > _MANY_SITES:  # no solver gets them all, and a copy is too large
        return 1.0
    total = float(problem.cost_table.mean(axis=1).sum())
    return float(2.0 ** round(np.log2(total / _TARGET_COST))) if total > 0 else 1.0


def _is_progress(candidate: SearchCandidate, last: SearchCandidate) -> bool:
    scale = max(candidate.cost, 1e-12)
    return (
        last.cost - candidate.cost > 1e-9 * scale
        or candidate.bound - last.bound > 1e-3 * scale
        or candidate.gap <= PROVEN_GAP
        or candidate.seconds - last.seconds > _EVERY_S
    )
