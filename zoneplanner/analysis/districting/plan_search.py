"""Plans that get better and a bound that rises, until they meet."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace

import numpy as np

from zoneplanner.analysis.arrays import IntArray
from zoneplanner.analysis.districting.feasibility import check_feasibility, find_obstacle
from zoneplanner.analysis.districting.load_balancing import even_loads
from zoneplanner.analysis.districting.problem import PROVEN_GAP, DistrictingProblem, SearchCandidate
from zoneplanner.analysis.districting.tabu_search import Incumbent, draw_start_plan, run_tabu_search
from zoneplanner.analysis.districting.zone_group import (
    ZoneGroup,
    assign_closed_sites,
    compute_assignment_cost,
    compute_nearest_bound,
    is_connected,
    pack_sites,
    relabel_canonically,
    split_into_groups,
)

_SHORT, _LONG, _LONGEST = 80, 200, 500  # moves of a walk
_A_SITE = 8  # and at most so many for each site
_STARTS, _PURSUED = 20, 5  # short walks, and how many of the best are walked on
_MORE = 8  # longest walks after the first plan
_LAST, _FAR = 20, 300  # walks before the proof that only look for a better plan, and their moves
_BEGINNINGS, _WORTH = 3, 1e-3  # of a proof: anew from a plan that is better by so much
_PATIENCE_S = 2.0  # for a proof that there is no plan
_EVERY_S = 0.25
_HANDY = 2048.0  # sum of all sites' mean costs


@dataclass(eq=False)
class _GroupSearch:
    """A group and what is known of it."""

    group: ZoneGroup
    found: Incumbent = field(default_factory=Incumbent)
    bound: float = 0.0
    even: IntArray | None = None  # the most even loads met, where a plan is hard to find

    @property
    def has_plan(self) -> bool:
        return self.found.assignment is not None


def search_plans(
    problem: DistrictingProblem, *, seed: int = 0, time_limit_s: float = 60.0
) -> Iterator[SearchCandidate]:
    """Yield better plans and better bounds until the plan is proven or time is up.

    Each candidate keeps every rule. Candidates come when the cost or the bound has improved and
    at least about every quarter of a second, so that a caller can show progress; closing the
    generator ends the work. All effort is counted in moves and zones: with the same seed the same
    plans follow each other, and only ``time_limit_s`` can cut the sequence short.

    Raises
    ------
    UserError
        No plan keeps every rule, or none was found in time; ``details`` has the ``rule`` that
        stands in the way and the ``smallest_tolerance`` at which a plan was found.
    """
    started = time.perf_counter()
    unit = _choose_cost_unit(problem)
    linear = None if problem.linear is None else problem.linear / unit
    scaled = replace(problem, cost=problem.cost / unit, linear=linear)
    parts = [_GroupSearch(group) for group in split_into_groups(scaled)]
    settled = assign_closed_sites(problem)
    for part in parts:
        check_feasibility(part.group)
        part.bound = compute_nearest_bound(part.group)
    last: SearchCandidate | None = None
    with closing(_improve_parts(parts, seed)) as work:
        for _ in work:
            now = time.perf_counter() - started
            if all(part.has_plan for part in parts):
                candidate = _make_candidate(problem, settled, parts, unit, now)
                if last is None or _is_progress(candidate, last):
                    last = candidate
                    yield candidate
                    if candidate.proven:
                        return
            if now > time_limit_s:
                break
    _raise_reasons(parts, seed)
    final = _make_candidate(problem, settled, parts, unit, time.perf_counter() - started)
    if last is None or final.cost < last.cost or final.bound > last.bound:
        yield final


def _raise_reasons(parts: list[_GroupSearch], seed: int) -> None:
    """Raise the reason if a part has no plan."""
    blocked = [part for part in parts if not part.has_plan]
    for part in blocked:
        if part.even is None:  # time was up before that
            part.even = next(
                reversed([met[1] for met in even_loads(part.group, seed=seed) if met]), None
            )
    if blocked:
        from zoneplanner.analysis.districting.infeasibility import (
            BlockedGroup,
            explain_infeasibility,
        )

        raise explain_infeasibility(
            [BlockedGroup(part.group, part.even, part.bound == np.inf) for part in blocked]
        )


def _improve_parts(parts: list[_GroupSearch], seed: int) -> Generator[None, None, None]:
    """Improve the parts in place: first plans for all, better plans, then proofs."""
    rngs = [np.random.default_rng([seed, index]) for index in range(len(parts))]
    for part, rng in zip(parts, rngs, strict=True):
        if find_obstacle(part.group) is None:
            yield from _find_first_plan(part, rng)
        else:
            part.bound = np.inf
    yield
    by_size = sorted(parts, key=lambda each: len(each.group.sites))
    for part in by_size:
        if not part.has_plan:
            yield from _find_any_plan(part, seed)
    if not all(part.has_plan for part in parts):
        return
    for part, rng in zip(parts, rngs, strict=True):
        for _ in range(min(_MORE, 1 + len(part.group.sites) // 8)):
            yield from _run_walk(part, draw_start_plan(part.group, rng), rng, _LONGEST)
        yield from _search_without_pool(part, rng)
    for part in by_size:
        yield from _prove_part(part)


def _prove_part(part: _GroupSearch) -> Iterator[None]:
    found = part.found
    if len(part.group.zones) == 1 and part.has_plan:  # there is no other assignment
        part.bound = found.cost
        yield
        return
    # the solver behind it takes as long to import as the first plan to find
    from zoneplanner.analysis.districting.branch_and_price import prove_optimality

    for left in reversed(range(_BEGINNINGS)):
        begun = found.cost
        for step in prove_optimality(
            part.group, cost=found.cost, assignment=found.assignment, pool=list(found.pool)
        ):
            part.bound = max(part.bound, step.bound)
            if step.cost < found.cost:
                found.cost, found.assignment = step.cost, step.assignment
            yield
            if left and found.cost < begun * (1 - _WORTH):
                break
        else:
            return


def _find_any_plan(part: _GroupSearch, seed: int) -> Iterator[None]:
    """A plan where the balance is hard to keep: by even loads first, then by the proof."""
    for met in even_loads(part.group, seed=seed):
        if met is not None:
            deviation, part.even = met
            if deviation <= part.group.tolerance:
                yield from _run_walk(part, part.even, np.random.default_rng(seed), _LONGEST)
                return
        yield
    ends_at = time.perf_counter() + _PATIENCE_S
    for _ in _prove_part(part) if part.bound < np.inf else ():
        yield
        if part.has_plan or time.perf_counter() > ends_at:
            return


def _find_first_plan(part: _GroupSearch, rng: np.random.Generator) -> Iterator[None]:
    """Many short walks, then longer ones from the best of them: a good plan in a moment."""
    group, found = part.group, part.found
    if group.initial is not None and _is_valid_start(group, group.initial):
        yield from _run_walk(part, group.initial, rng, _LONG)
    ends: list[Incumbent] = []
    for _ in range(min(_STARTS, 2 + len(group.sites) // 3)):
        assignment = draw_start_plan(group, rng)
        if assignment is not None:
            end = Incumbent(pool=found.pool)
            moves = min(_SHORT, _A_SITE * len(assignment) // 2)
            for _ in run_tabu_search(group, assignment, end, moves=moves, rng=rng):
                pass
            ends.append(end)
    distinct = {round(end.cost, 6): end for end in ends}
    for _, end in sorted(distinct.items())[:_PURSUED]:
        yield from _run_walk(part, end.assignment, rng, _LONG)


def _run_walk(
    part: _GroupSearch, assignment: IntArray | None, rng: np.random.Generator, moves: int
) -> Iterator[None]:
    if assignment is None:
        return
    moves = min(moves, _A_SITE * len(assignment))
    for better in run_tabu_search(part.group, assignment, part.found, moves=moves, rng=rng):
        if better:
            yield


def _search_without_pool(part: _GroupSearch, rng: np.random.Generator) -> Iterator[None]:
    """Walks that keep a better plan and nothing else: a proof starts slower from more zones."""
    pool, part.found.pool = part.found.pool, {}
    for _ in range(min(_LAST, len(part.group.sites) // 3)):
        yield from _run_walk(part, draw_start_plan(part.group, rng), rng, _FAR)
    part.found.pool = pool


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
    cost = bound = _compute_closed_cost(problem, settled)
    for part in parts:
        plan = part.found.assignment
        assert plan is not None
        plan = relabel_canonically(part.group, plan)
        assignment[part.group.sites] = part.group.zones[plan]
        own = compute_assignment_cost(part.group, plan)
        cost += own * unit
        bound += min(part.bound, own) * unit
    return SearchCandidate(assignment=assignment, cost=cost, bound=bound, seconds=seconds)


def _compute_closed_cost(problem: DistrictingProblem, settled: IntArray) -> float:
    """What the closed zones cost."""
    cost = 0.0
    for zone in problem.closed:
        members = np.flatnonzero(settled == zone)
        cost += float(problem.cost[np.ix_(members, members)].sum(axis=0).min())
        if problem.linear is not None:
            cost += float(problem.linear[members, zone].sum())
    return cost


def _choose_cost_unit(problem: DistrictingProblem) -> float:
    """A power of two in which costs are such that absolute tolerances of solvers make sense."""
    total = float(problem.cost.mean(axis=1).sum())
    return float(2.0 ** round(np.log2(total / _HANDY))) if total > 0 else 1.0


def _is_progress(candidate: SearchCandidate, last: SearchCandidate) -> bool:
    scale = max(candidate.cost, 1e-12)
    better = last.cost - candidate.cost > 1e-9 * scale
    higher = candidate.bound - last.bound > 1e-3 * scale
    closed = candidate.gap <= PROVEN_GAP
    return better or higher or closed or candidate.seconds - last.seconds > _EVERY_S
