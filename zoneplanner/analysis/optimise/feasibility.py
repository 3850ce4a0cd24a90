"""Why there is no plan, in a sentence, and the smallest tolerance at which one was found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zoneplanner.analysis.optimise.group import Group, bits, components, reached
from zoneplanner.analysis.optimise.heuristic import Found, improve, start
from zoneplanner.errors import UserError

STARTS = 12
MOVES = 200
ROUNDS = 6


def check(group: Group) -> None:
    """Refuse at once what no plan can mend; raises UserError with the rule."""
    n, k = len(group.sites), len(group.zones)
    if n < k:
        raise UserError(
            f"{n} sites cannot fill {k} zones; use fewer zones or add sites.", {"rule": "sites"}
        )
    parts = components(group)
    if len(parts) > k:
        raise UserError(
            f"The sites fall into {len(parts)} parts that do not touch each other, but there are "
            f"only {k} zones, and a zone is one piece; add zones or neighbours.",
            {"rule": "contiguity", "smallest_tolerance": None},
        )
    for zone in range(k):
        _check_locks(group, zone, parts)


def _check_locks(group: Group, zone: int, parts: list[int]) -> None:
    locked = np.flatnonzero(group.lock == zone)
    if not len(locked):
        return
    others = bits(np.flatnonzero((group.lock >= 0) & (group.lock != zone)))
    free = ((1 << len(group.sites)) - 1) & ~others
    here = reached(group.masks, 1 << int(locked[0]), free)
    if bits(locked) & ~here:
        raise UserError(
            f"The sites locked to zone {group.zones[zone]} cannot be joined into one piece; "
            "unlock some of them.",
            {"rule": "locked", "smallest_tolerance": None},
        )
    if group.load[locked].sum() > group.upper:
        least = float(group.load[locked].sum() / group.mean_load - 1)
        raise UserError(
            f"The sites locked to zone {group.zones[zone]} alone exceed the load that a zone may "
            f"have; unlock some or allow a tolerance of {_percent(least)}.",
            {"rule": "locked", "smallest_tolerance": _rounded(least)},
        )


def explain(group: Group, found: Found, *, seed: int, proven: bool) -> UserError:
    """The error for a group without a plan.

    The smallest tolerance is that of the best balanced plan met in a fixed number of moves, so it
    works for certain but a smaller one may exist; None if no contiguous plan was met at all.
    """
    smallest = smallest_tolerance(group, found, seed=seed)
    details = {"rule": "tolerance", "smallest_tolerance": smallest, "proven": proven}
    if smallest is None:
        locks = bool((group.lock >= 0).any())
        rule = "locked" if locks else "contiguity"
        mend = "unlock some sites" if locks else "add neighbours or use other zones"
        text = f"No plan keeps every zone in one piece; {mend}."
        return UserError(text, {**details, "rule": rule})
    percent = f"+-{100 * group.tolerance:g} %"
    if (group.lock >= 0).any():
        free = replace(group, lock=np.full(len(group.lock), -1))
        unlocked = smallest_tolerance(free, Found(), seed=seed)
        if unlocked is not None and unlocked <= group.tolerance:
            return UserError(
                f"The locked sites leave no plan within {percent} of the mean load; unlock some "
                f"or allow {_percent(smallest)}.",
                {**details, "rule": "locked"},
            )
    none = "No plan keeps" if proven else "No plan was found that keeps"
    return UserError(
        f"{none} every zone within {percent} of the mean load in one piece; "
        f"a tolerance of {_percent(smallest)} works.",
        details,
    )


def smallest_tolerance(group: Group, found: Found, *, seed: int) -> float | None:
    """The least tolerance at which the search met a plan, rounded up to a thousandth."""
    rng = np.random.default_rng(seed)
    best = found.deviation
    for _ in range(ROUNDS):
        goal = group.with_tolerance(min(0.999, max(1e-6, 0.9 * best if best < np.inf else 0.5)))
        before = best
        for _ in range(STARTS):
            assignment = start(goal, rng)
            if assignment is None:
                continue
            met = Found()
            for _ in improve(goal, assignment, met, moves=min(MOVES, 8 * len(assignment)), rng=rng):
                pass
            best = min(best, met.deviation)
        if best >= before:
            break
    return None if best == np.inf else _rounded(best + 1e-8)


def _rounded(tolerance: float) -> float:
    """Up to a thousandth, leaving values that already are one."""
    return float(np.ceil(tolerance * 1000 - 1e-6) / 1000)


def _percent(tolerance: float) -> str:
    return f"+-{100 * _rounded(tolerance):g} %"
