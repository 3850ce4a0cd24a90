"""The reason why there is no plan: the rule, the tolerance that works, the locks to lift."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zoneplanner.analysis.arrays import IntArray
from zoneplanner.analysis.districting.annealing import Incumbent, anneal, find_load_deviation
from zoneplanner.analysis.districting.feasibility import find_obstacle
from zoneplanner.analysis.districting.problem_builder import match_best_pairs
from zoneplanner.analysis.districting.proof.branch_and_price import prove_optimality
from zoneplanner.analysis.districting.start_plans import draw_start_plan
from zoneplanner.analysis.districting.zone_group import ZoneGroup, sum_loads
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

_MIN_STEPS, _MAX_STEPS = 20, 150  # of a proof that no smaller tolerance works
_LIFT_STARTS, _PROPOSALS = 6, 3_000
_FEW_SITES = 200  # up to this many, locks to lift are searched for even after the time limit
_LOCK_COST = 1.0  # of a broken lock, in costs of a whole plan
_MAX_TOLERANCE = 0.999


@dataclass(frozen=True, eq=False)
class BlockedGroup:
    """A group without a plan; ``even`` is the best balanced assignment found.

    ``proven`` says that no plan exists, not only that none was found; at least one group is proven.
    """

    group: ZoneGroup
    even: IntArray | None
    proven: bool


@dataclass(frozen=True, eq=False)
class _Reason:
    rule: str
    cause: str
    facts: Mapping[str, object]
    smallest: float | None
    least: bool
    lift: tuple[int, ...] = ()


def describe_nearest(
    parts: Sequence[tuple[ZoneGroup, IntArray | None, IntArray | None]],
) -> UserError:
    """Return the error if nothing is proven: how near the search came to each group's limits.

    Each part is a group with its plan, if it has one, and its nearest assignment, if any: the
    group's zone of each site, shape (n,).
    """
    zones: list[dict[str, Any]] = []
    worst = 0.0
    for group, plan, nearest in parts:
        assignment = nearest if plan is None else plan
        if assignment is None:
            continue
        shares = sum_loads(group, assignment) / max(group.mean_load, 1e-12) - 1
        worst_scenario = np.abs(shares).argmax(axis=0)
        largest = np.take_along_axis(shares, worst_scenario[None], axis=0)[0].tolist()
        for label, share in zip(group.labels, largest, strict=True):
            zones.append({"zone": label, "deviation": share, "pieces": 1})
        worst = max(worst, find_load_deviation(group, assignment))
    tolerance = parts[0][0].tolerance
    out = [each for each in zones if abs(each["deviation"]) > tolerance + 1e-9]
    blocked = [label for group, plan, _ in parts if plan is None for label in group.labels]
    far = any(plan is None and np.isfinite(group.most) for group, plan, _ in parts)
    return UserError(
        "none_found_yet" if out else f"none_found_yet.{'max_drive' if far else 'nowhere'}",
        proven_infeasible=False,
        zones=blocked,
        tolerance=100 * tolerance,
        nearest={"zones": zones},
        out=[f"{each['zone']} {each['deviation']:+.2%}" for each in out],
        accept=100 * _round_up(worst),
    )


def explain_infeasibility(blocked: Sequence[BlockedGroup], *, ends_at: float) -> UserError:
    """Return the error for groups without a plan, if one of them is proven to have none.

    ``smallest_tolerance`` works for every group; a search with the same seed finds a plan with it.
    It is None if no tolerance helps or no connected plan was found at all. ``proven`` says that no
    smaller tolerance (of two digits) works. ``lift`` are the sites whose locks prevent a plan.
    After ``ends_at`` (of ``perf_counter``) little more is tried.
    """
    reasons = [_find_reason(each, ends_at) for each in blocked]
    widest = max(reasons, key=lambda each: np.inf if each.smallest is None else each.smallest)
    proven = [each for each, part in zip(reasons, blocked, strict=True) if part.proven]
    worst = widest if widest in proven else proven[0]
    verdict = {
        "rule": worst.rule,
        "proven_infeasible": True,
        "smallest_tolerance": widest.smallest,
        "proven": widest.least,
        "lift": sorted({site for each in reasons for site in each.lift}),
    }
    return UserError(f"infeasible.{worst.cause}", {**worst.facts, **verdict})


def _find_reason(blocked: BlockedGroup, ends_at: float) -> _Reason:
    group, obstacle = blocked.group, find_obstacle(blocked.group)
    smallest, least = _find_smallest_tolerance(blocked, ends_at)
    # lifting locks does not help against a heavy site or uneven parts
    may_lift = (group.lock >= 0).any() and (obstacle is None or obstacle.rule == "locked")
    lift = _find_locks_to_lift(blocked, ends_at) if may_lift else []
    sites = tuple(int(group.sites[site]) for site in lift)
    if lift:
        rule, cause = "locked", "locks_only" if smallest is None else "locks"
        obstacle = None
    elif obstacle is not None:
        rule, cause = obstacle.rule, obstacle.cause
    else:
        rule, cause = "contiguity" if smallest is None else "tolerance", "balance"
    way_out = cause if smallest is None else "proven" if least else "met"
    facts = {
        "zones": group.labels,
        "locks": [f"{group.names[site]} ({group.labels[group.lock[site]]})" for site in lift],
        "fix": Message(f"way_out.{way_out}", smallest=100 * (smallest or 0.0)),
        "tolerance": 100 * group.tolerance,
        **(obstacle.facts if obstacle is not None else {}),
    }
    return _Reason(rule, cause, facts, smallest, least, sites)


def _find_smallest_tolerance(blocked: BlockedGroup, ends_at: float) -> tuple[float | None, bool]:
    """Return the smallest tolerance known to work, or None, and whether no smaller one works.

    Tolerances have two digits.
    """
    group = blocked.group
    high = np.inf if blocked.even is None else find_load_deviation(group, blocked.even)
    smallest = _round_up(high) if high < _MAX_TOLERANCE else None
    while True:
        goal = _MAX_TOLERANCE if smallest is None else smallest - _find_last_digit(smallest)
        tighter = replace(group, tolerance=goal)
        plan, known = (None, True) if find_obstacle(tighter) else _find_plan(tighter, ends_at)
        if plan is None:
            return smallest, known
        smallest = _round_up(find_load_deviation(group, plan))


def _find_plan(group: ZoneGroup, ends_at: float) -> tuple[IntArray | None, bool]:
    """Return a plan that keeps the group's tolerance or None, and whether that is certain."""
    for count, step in enumerate(prove_optimality(group, cost=np.inf, assignment=None, pool={})):
        if step.assignment is not None:
            return step.assignment, True
        if _is_over(count, ends_at):
            return None, False
    return None, step.bound == np.inf


def _is_over(steps: int, ends_at: float) -> bool:
    """Return whether to stop a proof; it always gets a few steps, even after the time limit."""
    return steps > _MAX_STEPS or (steps > _MIN_STEPS and time.perf_counter() > ends_at)


def _find_locks_to_lift(blocked: BlockedGroup, ends_at: float) -> list[int]:
    """Return a few locked sites without whose locks there is a plan, or none if none was found."""
    group, rng = blocked.group, np.random.default_rng(0)
    locked = np.flatnonzero(group.lock >= 0)
    broken = np.zeros((len(group.sites), len(group.zones)))
    broken[locked] = _LOCK_COST * group.cost_table.mean() * len(group.sites)
    broken[locked, group.lock[locked]] = 0.0
    free = replace(group, lock=np.full_like(group.lock, -1), linear=broken)
    best = Incumbent()
    drawn = [draw_start_plan(free, rng) for _ in range(_LIFT_STARTS)]
    starts = [] if blocked.even is None else [blocked.even]
    starts += [_relabel_by_locks(group, start) for start in drawn if start is not None]
    is_small = len(group.sites) <= _FEW_SITES
    for start in starts:
        seed = int(rng.integers(1 << 62))
        for _ in anneal(free, start, best, seed=seed, proposals=_PROPOSALS):
            if not is_small and time.perf_counter() > ends_at:
                break
    plan = best.assignment
    if is_small:
        steps = prove_optimality(free, cost=best.cost, assignment=plan, pool=best.pool)
        for count, step in enumerate(steps):
            plan = step.assignment
            if _is_over(count, ends_at):
                break
    if plan is None:
        return []
    return np.flatnonzero((group.lock >= 0) & (group.lock != plan)).tolist()


def _relabel_by_locks(group: ZoneGroup, assignment: IntArray) -> IntArray:
    """Return the same zones with the labels that keep the most locks."""
    locks_kept = np.zeros((len(group.zones), len(group.zones)))
    locked = group.lock >= 0
    np.add.at(locks_kept, (assignment[locked], group.lock[locked]), 1)
    return match_best_pairs(locks_kept)[assignment]


def _round_up(tolerance: float) -> float:
    """Return the tolerance rounded up to two digits or a thousandth, unless it already is."""
    digit = _find_last_digit(tolerance)
    return round(float(np.ceil(tolerance / digit - 1e-7)) * digit, 12)


def _find_last_digit(tolerance: float) -> float:
    """Return the value of one in the last digit that is shown."""
    return float(min(1e-3, 10.0 ** (np.floor(np.log10(max(tolerance, 1e-9)) + 1e-9) - 1)))
