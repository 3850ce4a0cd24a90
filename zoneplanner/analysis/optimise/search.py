"""Plans that get better and a bound that rises, until they meet."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from zoneplanner.analysis.optimise.exact import prove
from zoneplanner.analysis.optimise.feasibility import check, explain
from zoneplanner.analysis.optimise.group import (
    Group,
    canonical,
    groups_of,
    is_connected,
    plan_cost,
)
from zoneplanner.analysis.optimise.group import bits as bits_of
from zoneplanner.analysis.optimise.heuristic import Found, improve, start
from zoneplanner.analysis.optimise.problem import PROVEN_GAP, Candidate, Ints, Problem

SHORT, LONG, LONGEST = 100, 200, 500  # moves of a walk
A_SITE = 8  # and at most so many for each site
STARTS, PURSUED = 16, 2  # short walks, and how many of the best are walked on
MORE, LAST_RESORT = 8, 40  # longest walks with and without a plan in hand
EVERY_S = 0.25


@dataclass(eq=False)
class _Part:
    """A group and what is known of it."""

    group: Group
    found: Found = field(default_factory=Found)
    bound: float = 0.0

    @property
    def has_plan(self) -> bool:
        return self.found.assignment is not None


def search(problem: Problem, *, seed: int = 0, time_limit_s: float = 60.0) -> Iterator[Candidate]:
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
    parts = [_Part(group) for group in groups_of(problem)]
    for part in parts:
        check(part.group)
    last: Candidate | None = None
    for _ in _work(parts, seed):
        now = time.perf_counter() - started
        if all(part.has_plan for part in parts):
            candidate = _candidate(problem, parts, now)
            if last is None or _news(candidate, last):
                last = candidate
                yield candidate
                if candidate.proven:
                    return
        if now > time_limit_s:
            break
    for part in parts:
        if not part.has_plan:
            proven = part.bound == np.inf
            raise explain(part.group, part.found, seed=seed, proven=proven)
    final = _candidate(problem, parts, time.perf_counter() - started)
    if last is None or final.cost < last.cost or final.bound > last.bound:
        yield final


def _work(parts: list[_Part], seed: int) -> Iterator[None]:
    """Improve the parts in place: first plans for all, better plans, then proofs."""
    rngs = [np.random.default_rng([seed, index]) for index in range(len(parts))]
    for part, rng in zip(parts, rngs, strict=True):
        yield from _first_plan(part, rng)
    yield
    for part, rng in zip(parts, rngs, strict=True):
        sites = len(part.group.sites)
        walks = min(MORE, 1 + sites // 8) if part.has_plan else LAST_RESORT
        for _ in range(walks):
            yield from _walk(part, start(part.group, rng), rng, LONGEST)
    for part in sorted(parts, key=lambda each: len(each.group.sites)):
        found = part.found
        for step in prove(
            part.group, cost=found.cost, assignment=found.assignment, pool=list(found.pool)
        ):
            part.bound = max(part.bound, step.bound)
            if step.cost < found.cost:
                found.cost, found.assignment = step.cost, step.assignment
            yield
        if not part.has_plan:
            return


def _first_plan(part: _Part, rng: np.random.Generator) -> Iterator[None]:
    """Many short walks, then longer ones from the best of them: a good plan in a moment."""
    group, found = part.group, part.found
    if group.initial is not None and _connected(group, group.initial):
        yield from _walk(part, group.initial, rng, LONG)
    ends: list[Found] = []
    for _ in range(min(STARTS, 2 + len(group.sites) // 3)):
        assignment = start(group, rng)
        if assignment is not None:
            end = Found(pool=found.pool)
            moves = min(SHORT, A_SITE * len(assignment))
            for _ in improve(group, assignment, end, moves=moves, rng=rng):
                pass
            ends.append(end)
    for end in sorted(ends, key=lambda each: each.cost)[:PURSUED]:
        yield from _walk(part, end.assignment, rng, LONG)
    found.deviation = min([found.deviation, *(end.deviation for end in ends)])


def _walk(
    part: _Part, assignment: Ints | None, rng: np.random.Generator, moves: int
) -> Iterator[None]:
    if assignment is None:
        return
    moves = min(moves, A_SITE * len(assignment))
    for better in improve(part.group, assignment, part.found, moves=moves, rng=rng):
        if better:
            yield


def _connected(group: Group, assignment: Ints) -> bool:
    """Whether a given assignment names a zone for every site, each in one piece, locks kept."""
    if (assignment < 0).any() or ((group.lock >= 0) & (group.lock != assignment)).any():
        return False
    return all(
        is_connected(group.masks, bits_of(np.flatnonzero(assignment == zone)))
        for zone in range(len(group.zones))
    )


def _candidate(problem: Problem, parts: list[_Part], seconds: float) -> Candidate:
    assignment = np.full(len(problem.load), -1, dtype=np.int64)
    cost = bound = 0.0
    for part in parts:
        plan = part.found.assignment
        assert plan is not None
        plan = canonical(part.group, plan)
        assignment[part.group.sites] = part.group.zones[plan]
        own = plan_cost(part.group, plan)
        cost += own
        bound += min(part.bound, own)
    return Candidate(assignment=assignment, cost=cost, bound=bound, seconds=seconds)


def _news(candidate: Candidate, last: Candidate) -> bool:
    scale = max(candidate.cost, 1e-12)
    better = last.cost - candidate.cost > 1e-9 * scale
    higher = candidate.bound - last.bound > 1e-3 * scale
    closed = candidate.gap <= PROVEN_GAP
    return better or higher or closed or candidate.seconds - last.seconds > EVERY_S
