"""Plans that get better and a bound that rises, until they meet."""

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
    make_refusal,
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

_SHORT, _LONG = 3_000, 20_000  # proposals a site of a walk
_MANY = 2000  # sites above which the first walk makes no more proposals in all, and is one
_STARTS, _DRAWS = 3, 20  # first walks, and how often a start may come to nothing
_WALKS = 4  # long walks before a proof
_FIRST_STEPS, _FIRST_STEPS_OF_MANY, _MORE_STEPS, _STEPS_A_TURN = 80, 5, 40, 8  # of the bound
_ALL_STEPS = 2000
_LOOK_S = 0.05
_TURNS = 25  # of neighbors walked anew, before zones are chosen again
_LISTABLE = 200  # sites that branching is for
_FEW_A_ZONE = 12  # sites of a zone up to which all zones are listed before there is branching
_WIDE_GAP = 0.05  # share of the cost above which there are too many zones to list before branching
_FEW_SITES, _FEW_ZONES = 40, 3  # that an integer program is for
_HEAD_START = 20  # steps of the branching before the program starts
_ALONE, _ALONE_IF_FEW = 600, 30  # steps of the branching on counts before that on columns begins
_ENDED = object()
_CLOSING = 0.5  # share of the gap that is left where that goes on alone
_BEGINNINGS, _WORTH = 3, 1e-3  # of a proof: anew from a plan that is better by so much
_LEAST_WORK = 20_000  # steps times sites before the clock is asked, unless there is a plan
_EVERY_S = 0.25
_HANDY = 2048.0  # sum of all sites' mean costs


@dataclass(eq=False)
class _GroupSearch:
    """A group and what is known of it."""

    group: ZoneGroup
    rng: np.random.Generator
    found: Incumbent = field(default_factory=Incumbent)
    bound: float = 0.0
    even: IntArray | None = None  # the most even loads met, where a plan is hard to find
    relaxed: LagrangianBound | None = None
    steps: Iterator[float] = field(default_factory=lambda: iter(()))  # of the bound
    beside: BoundingThread | None = None  # takes them on the second core
    price: FloatArray | None = None  # when those began
    labeled: tuple[IntArray, IntArray, float] | None = None  # a plan, as it is shown, its cost

    @property
    def has_plan(self) -> bool:
        return self.found.assignment is not None

    @property
    def is_proven(self) -> bool:
        return self.bound >= self.found.cost * (1 - PROVEN_GAP / 2)

    def label_plan(self) -> tuple[IntArray, float]:
        """The best plan as it is shown, and what it costs; looked at once for each plan."""
        plan = self.found.assignment
        assert plan is not None
        if self.labeled is None or self.labeled[0] is not plan:
            shown = relabel_canonically(self.group, plan)
            self.labeled = plan, shown, compute_assignment_cost(self.group, shown)
        return self.labeled[1:]

    def take_bound_beside(self) -> None:
        if self.beside is not None:
            self.raise_bound(self.beside.get_bound())

    def raise_bound(self, bound: float) -> None:
        """Take a bound in; one that only far posts reach means that there is no plan."""
        self.bound = max(self.bound, bound if bound < self.group.most - 0.5 else np.inf)


def search_plans(
    problem: DistrictingProblem, *, seed: int = 0, time_limit_s: float = 60.0
) -> Iterator[SearchCandidate]:
    """Yield better plans and better bounds until the plan is proven or time is up.

    Each candidate keeps every rule. Candidates come when the cost or the bound has improved and
    at least about every quarter of a second, so that a caller can show progress; closing the
    generator ends the work. All effort is counted in proposals and zones: with the same seed the
    same plans follow each other, and only ``time_limit_s`` can cut the sequence short.

    Raises
    ------
    UserError
        No plan keeps every rule (``proven_infeasible``: ``details`` has the ``rule`` that stands
        in the way and the ``smallest_tolerance`` at which a plan was found), or none was found by
        the time limit: ``none_found_yet``, with the ``nearest`` assignment's zones.
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
    seen, due = [(np.inf, -np.inf)], 0.0
    with ExitStack() as stack:
        stack.callback(_end_threads, parts)
        work = stack.enter_context(closing(_improve_parts(parts, seed)))
        for step, _ in enumerate(work):
            now = time.perf_counter() - started
            for part in parts:
                part.take_bound_beside()
            known = [(part.found.cost, part.bound) for part in parts]
            if all(part.has_plan for part in parts) and (known != seen or now >= due):
                seen, due = known, now + _EVERY_S
                candidate = _make_candidate(problem, settled, parts, unit, now)
                if last is None or _is_progress(candidate, last):
                    last = candidate
                    yield candidate
                    if candidate.proven:
                        return
            worked = step * len(problem.load) > _LEAST_WORK
            if now > time_limit_s and (last is not None or worked):
                break
    if last is None and not all(part.has_plan for part in parts):
        raise _explain_failure(parts, seed, ends_at=started + time_limit_s)
    final = _make_candidate(problem, settled, parts, unit, time.perf_counter() - started)
    if last is None or final.cost < last.cost or final.bound > last.bound:
        yield final


def _end_threads(parts: list[_GroupSearch]) -> None:
    for part in parts:
        if part.beside is not None:
            part.beside.close()


def _explain_failure(parts: list[_GroupSearch], seed: int, *, ends_at: float) -> UserError:
    """The reason why parts have no plan, or how near the search came."""
    from zoneplanner.analysis.districting.infeasibility import (
        BlockedGroup,
        describe_nearest,
        explain_infeasibility,
    )

    if not any(part.bound == np.inf for part in parts):
        return describe_nearest(
            [(part.group, part.found.assignment, part.found.nearest) for part in parts]
        )
    blocked = [part for part in parts if not part.has_plan]
    for part in blocked:
        if part.bound == np.inf and np.isfinite(part.group.most) and not find_obstacle(part.group):
            return make_refusal("max_drive", "max_drive", zones=part.group.labels)
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
        many = len(part.group.sites) > _MANY and load_library() is not None
        yield from _raise_bound(part, _FIRST_STEPS_OF_MANY if many else _FIRST_STEPS)
        _go_on_beside(part)
    for part in parts:
        yield from _walk_on(part)
    for part in by_size:
        if len(part.group.sites) > _LISTABLE:  # a better plan first, which leaves less to list
            yield from _polish(part)
        yield from _prove_part(part)
    while left := [part for part in by_size if part.found.cost > part.bound * (1 + PROVEN_GAP / 2)]:
        for part in left:
            yield from _polish(part)


def _go_on_beside(part: _GroupSearch) -> None:
    """Leave further steps of the bound to the second core, where there is much to plan."""
    if len(part.group.sites) > _LISTABLE and part.relaxed is not None and load_library():
        part.price = part.relaxed.best_price
        part.beside = BoundingThread(part.steps, part.bound)


def _raise_bound(part: _GroupSearch, steps: int) -> Iterator[None]:
    """Steps of the Lagrangian bound, unless they are taken beside."""
    if len(part.group.zones) == 1:
        part.bound = part.found.cost
        return
    if part.beside is not None:
        return
    if part.relaxed is None:
        part.relaxed = LagrangianBound(part.group, part.found.assignment)
        part.steps = improve_prices(part.relaxed, part.found.cost)
    for bound in islice(part.steps, steps):
        part.raise_bound(bound)
        yield


def _walk_on(part: _GroupSearch) -> Iterator[None]:
    """Long walks, prices in between, and the best choice among the zones that were met.

    Of thousands of sites, neighbors walked anew get further in the same time.
    """
    if len(part.group.zones) > 1 and len(part.group.sites) <= _MANY:
        for _ in range(_WALKS):
            yield from _walk_from_draw(part, _LONG, recording=True)
            yield from _raise_bound(part, _MORE_STEPS)
        yield from _recombine(part)


def _polish(part: _GroupSearch) -> Iterator[None]:
    """Neighbors walked anew, one after the other, with steps of the bound in between.

    Then the best choice among the zones met, except of thousands of sites: it found nothing there.
    """
    from zoneplanner.analysis.districting.plan_improvement import reanneal_neighbors

    many = len(part.group.sites) > _MANY
    for _ in range(_TURNS):
        yield from reanneal_neighbors(part.group, part.found, part.rng)
        yield from _raise_bound(part, 1 if many else _STEPS_A_TURN)
    if not many:
        yield from _recombine(part)


def _prove_part(part: _GroupSearch) -> Iterator[None]:
    found = part.found
    if len(part.group.zones) == 1 and part.has_plan:  # there is no other assignment
        part.bound = found.cost
        yield
        return
    sites = len(part.group.sites)
    has_small_zones = sites > _LISTABLE or sites <= _FEW_A_ZONE * len(part.group.zones)
    if part.has_plan and has_small_zones and can_list_zones(part.group):
        yield from _prove_by_listing(part)
    if sites > _LISTABLE or part.is_proven:
        return
    proofs = {_prove_by_columns(part): None}
    with closing(_prove_beside(part)) as beside:
        if part.has_plan and can_bound_branches(part.group):
            yield from _raise_bound(part, _ALL_STEPS)
            by_counts = _prove_by_counts(part)
            proofs[by_counts] = None
            few = len(part.group.sites) <= _FEW_SITES  # whose zones are soon listed
            for _ in _take_while_closing(part, by_counts, _ALONE_IF_FEW if few else _ALONE):
                yield
                next(beside, None)
        while proofs and not part.is_proven:
            for proof in list(proofs):
                if next(proof, _ENDED) is _ENDED:
                    del proofs[proof]
                yield
                next(beside, None)


def _prove_by_listing(part: _GroupSearch) -> Iterator[None]:
    """List all zones that a better plan could have, where these are small enough to be listed."""
    # the solver behind it takes as long to import as the first plan to find
    from zoneplanner.analysis.districting.plan_improvement import label_zones
    from zoneplanner.analysis.districting.proof.zone_listing import prove_by_listing

    group, found = part.group, part.found
    yield from _raise_bound(part, _ALL_STEPS)
    yield from _wait_for_prices(part)
    assert found.assignment is not None and part.relaxed is not None
    if len(group.sites) <= _LISTABLE and part.bound < found.cost * (1 - _WIDE_GAP):
        return
    for proof in prove_by_listing(group, found.assignment, found.cost, part.relaxed):
        plan = None if proof.zones is None else label_zones(group, proof.zones)
        if plan is not None:
            found.record(group, plan)
        for zone in () if proof.likely is None else proof.likely:
            found.pool.setdefault(np.flatnonzero(zone).astype(np.int32).tobytes())
        part.raise_bound(proof.bound)
        if part.is_proven:
            return
        yield
    yield from _recombine(part)


def _prove_by_counts(part: _GroupSearch) -> Generator[None, None, None]:
    """Branch on Lagrangian bounds: a handful of branches where zones are not few and large."""
    found = part.found
    assert found.assignment is not None
    price = None if part.relaxed is None else part.relaxed.best_price
    for proof in prove_by_counts(part.group, found.assignment, found.cost, price):
        part.raise_bound(proof.bound)
        if proof.cost < found.cost:
            found.cost, found.assignment = proof.cost, proof.assignment
        if part.is_proven:
            return
        yield


def _take_while_closing(part: _GroupSearch, proof: Iterator[None], steps: int) -> Iterator[None]:
    """Take so many steps of a proof again and again, as long as these close much of the gap."""
    before = np.inf
    while (gap := part.found.cost - part.bound) < _CLOSING * before:
        before = gap
        for _ in range(steps):
            if next(proof, _ENDED) is _ENDED:
                return
            yield


def _prove_by_columns(part: _GroupSearch) -> Generator[None, None, None]:
    """Branch on linear programs over zones: for sparse districts, where contiguity rules."""
    # the solver behind it takes as long to import as the first plan to find
    from zoneplanner.analysis.districting.proof.branch_and_price import prove_optimality

    found = part.found
    for left in reversed(range(_BEGINNINGS)):
        begun = found.cost
        for step in prove_optimality(
            part.group, cost=found.cost, assignment=found.assignment, pool=found.pool
        ):
            part.raise_bound(step.bound)
            if step.cost < found.cost:
                found.cost, found.assignment = step.cost, step.assignment
            if part.is_proven:
                return
            yield
            if left and found.cost < begun * (1 - _WORTH):
                break
        else:
            return


def _prove_beside(part: _GroupSearch) -> Generator[None, None, None]:
    """The same by an integer program, on another core: for few sites, or few and large zones."""
    group, found = part.group, part.found
    sites, zones = len(group.sites), len(group.zones)
    if group.linear is not None or group.border is not None:
        return
    if sites > (_FEW_SITES if zones > _FEW_ZONES else 2 * _FEW_SITES):
        return
    for _ in range(_HEAD_START):
        yield
    from zoneplanner.analysis.districting.proof.integer_program import prove_by_program

    ceiling = found.cost if part.has_plan or np.isinf(group.most) else group.most
    for bound, plan in prove_by_program(group, ceiling):
        part.raise_bound(bound)
        if plan is not None:
            found.record(group, plan)
        yield


def _find_any_plan(part: _GroupSearch, seed: int) -> Iterator[None]:
    """A plan where the balance is hard to keep: walks, even loads and the proof take turns."""
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
    for met in even_loads(part.group, seed=seed):
        if met is not None:
            part.even = met[1]
            part.found.record(part.group, part.even)
        yield


def _find_first_plan(part: _GroupSearch) -> Iterator[None]:
    """Short walks: a good plan in a moment."""
    group = part.group
    if group.initial is not None and _is_valid_start(group, group.initial):
        yield from _walk(part, group.initial, _SHORT, hot=0.5)
    for _ in range(_STARTS if len(group.zones) > 1 and len(group.sites) <= _MANY else 1):
        yield from _walk_from_draw(part, _SHORT)


def _recombine(part: _GroupSearch) -> Iterator[None]:
    from zoneplanner.analysis.districting.plan_improvement import recombine_zones

    assert part.relaxed is not None
    yield from _wait_for_prices(part)
    known = part.beside is None or part.price is None or ends_with_best_prices(part.relaxed)
    price = part.relaxed.best_price if known else part.price
    assert price is not None
    yield from recombine_zones(part.group, part.found, price)


def _wait_for_prices(part: _GroupSearch) -> Iterator[None]:
    """Until the prices are those that end it: the same ones whatever the machine does."""
    if part.beside is not None and part.relaxed is not None and ends_with_best_prices(part.relaxed):
        while not part.beside.is_done.wait(_LOOK_S):
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
        part.found,
        seed=seed,
        proposals=proposals * _MANY // max(_MANY, len(part.group.sites)),
        hot=hot,
        recording=recording,
    ):
        yield


def _is_valid_start(group: ZoneGroup, assignment: IntArray) -> bool:
    """Whether a given assignment names a zone for every site, each in one piece, locks kept."""
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
    """A power of two in which costs are such that absolute tolerances of solvers make sense."""
    if len(problem.cost) > _MANY:  # no solver sees them all, and a copy takes too much memory
        return 1.0
    total = float(problem.cost_table.mean(axis=1).sum())
    return float(2.0 ** round(np.log2(total / _HANDY))) if total > 0 else 1.0


def _is_progress(candidate: SearchCandidate, last: SearchCandidate) -> bool:
    scale = max(candidate.cost, 1e-12)
    better = last.cost - candidate.cost > 1e-9 * scale
    higher = candidate.bound - last.bound > 1e-3 * scale
    closed = candidate.gap <= PROVEN_GAP
    return better or higher or closed or candidate.seconds - last.seconds > _EVERY_S
