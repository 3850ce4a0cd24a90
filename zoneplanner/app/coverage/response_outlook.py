"""The page of what to expect: figures now, with fewer units, and the next moves that gain most."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb

import numpy as np
from shapely.geometry import MultiPoint
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.planning_basis import find_district_area
from zoneplanner.analysis.response.conditions import ResponseConditions
from zoneplanner.analysis.response.expected_response import (
    ExpectedResponse,
    compute_expected_response,
)
from zoneplanner.analysis.travel.isochrones import find_reach_area
from zoneplanner.app.coverage.expected_response import evaluate_response, score_single_moves
from zoneplanner.app.geography.travel_times import build_travel_model
from zoneplanner.app.session.state import ProjectState, derive_state, require_plan
from zoneplanner.domain.plans.edits import find_zone_refusal
from zoneplanner.errors import ProgressReport, UserError

_FEWER = 2
_MOST_COUNTED = 150
_MOST_MOVES = 3
_MOST_LOOKED_AT = 40
_LEAST_GAIN_MIN = 0.1
"""A move that gains less is not worth what it changes, and is not offered."""
_CHANCE = 1e-9
_AROUND_M = 5_000.0


@dataclass(frozen=True, eq=False, slots=True)
class StaffingLevel:
    """What to expect with so many units on duty; ``off`` are those that are not.

    ``title`` says which of all ways to have so many it is.
    """

    title: str
    off: tuple[str, ...]
    expected: ExpectedResponse


@dataclass(frozen=True, slots=True)
class NextMove:
    """A move of a site and what it gains; ``breaks`` names the rule that it would break, if any."""

    site: str
    zone: str
    mean_response_min: float
    gain_min: float
    share_gained: float
    breaks: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class ResponseOutlook:
    """All that the page shows of a reading under some conditions.

    ``tried`` counts the moves that were scored, ``gaining`` those that gain enough to be offered.
    """

    reading: ProjectState
    under: ResponseConditions
    target_min: float
    now: ExpectedResponse
    fewer: tuple[StaffingLevel, ...] = ()
    moves: tuple[NextMove, ...] = ()
    tried: int = 0
    gaining: int = 0


def compute_response_outlook(
    state: ProjectState,
    under: ResponseConditions,
    target_min: float,
    report: ProgressReport = lambda fraction, text: None,
) -> ResponseOutlook:
    """Return what to expect now, with one and two units fewer, and the best next moves.

    Raises
    ------
    UserError
        As ``evaluate``.
    """
    now = evaluate_response(state, under=under, target_min=target_min)
    report(0.1, "Computing with fewer units")
    fewer = tuple(_evaluate_fewer_units(state, under, target_min, now))
    report(0.5, "Scoring every move")
    scores = score_single_moves(state, under=under, target_min=target_min)
    moves: tuple[NextMove, ...] = ()
    gaining = 0
    if now.mean_response_min is not None and now.share_within_target is not None:
        gains = [
            NextMove(
                score.site,
                score.zone,
                score.mean_response_min,
                now.mean_response_min - score.mean_response_min,
                (score.share_within_target or 0.0) - now.share_within_target,
            )
            for score in scores
            if score.mean_response_min is not None
        ]
        gains = [move for move in gains if move.gain_min >= _LEAST_GAIN_MIN]
        gains.sort(key=lambda move: -move.gain_min)
        moves, gaining = _select_best_moves(state, gains, report), len(gains)
    return ResponseOutlook(state, under, target_min, now, fewer, moves, len(scores), gaining)


def compute_unit_reach(
    state: ProjectState, under: ResponseConditions, unit: str, minutes: float
) -> BaseGeometry | None:
    """Return where a unit gets within some minutes on average; None where it has no place.

    Raises
    ------
    UserError
        The unit is not on duty, or as ``evaluate``.
    """
    from zoneplanner.analysis.response.deployment import build_deployment

    model = build_deployment(state.project, require_plan(state), state.basis, under)
    if unit not in model.units:
        raise UserError("unit_off_duty", unit=unit)
    chances = model.position_probability[model.units.index(unit)]
    at = np.flatnonzero(chances > _CHANCE)
    if not len(at):
        return None
    spots = np.array([site.position for site in state.basis.sites])
    within = find_district_area(state.project)
    around = within if within is not None else MultiPoint(spots).buffer(_AROUND_M)
    return find_reach_area(
        build_travel_model(state.project), spots[at], chances[at], minutes, around
    )


def _evaluate_fewer_units(
    state: ProjectState, under: ResponseConditions, target_min: float, now: ExpectedResponse
) -> Iterator[StaffingLevel]:
    """Yield the best and the worst way to have one unit fewer, then two."""
    units, plan = tuple(now.units), require_plan(state)
    yield StaffingLevel(
        f"All {len(units)}" if not under.units_off else str(len(units)), tuple(under.units_off), now
    )
    for less in range(1, min(_FEWER, len(units) - 1) + 1):
        if comb(len(units), less) > _MOST_COUNTED:
            return
        found = []
        for off in combinations(units, less):
            without = (*under.units_off, *off)
            after = compute_expected_response(
                state.project,
                plan,
                state.basis,
                under=replace(under, units_off=without),
                target_min=target_min,
            )
            found.append((after.share_within_target or 0.0, without, after))
        found.sort(key=lambda row: row[0])
        left = len(units) - less
        if len(found) > 1:
            yield StaffingLevel(f"{left}, best", found[-1][1], found[-1][2])
        yield StaffingLevel(f"{left}, worst", found[0][1], found[0][2])


def _select_best_moves(
    state: ProjectState, gains: Sequence[NextMove], report: ProgressReport
) -> tuple[NextMove, ...]:
    """Return the moves that gain most, those that break no rule before those that break one."""
    free: list[NextMove] = []
    breaking: list[NextMove] = []
    for number, move in enumerate(gains[:_MOST_LOOKED_AT]):
        report(0.6 + 0.4 * number / _MOST_LOOKED_AT, "Checking the best moves")
        breaks = _find_broken_rule(state, move)
        (breaking if breaks else free).append(replace(move, breaks=breaks))
        if len(free) == _MOST_MOVES:
            break
    return (*free, *breaking)[:_MOST_MOVES]


def _find_broken_rule(state: ProjectState, move: NextMove) -> str:
    """Say in a sentence which rule a move would break that the plan keeps now; empty if none."""
    plan, project = require_plan(state), state.project
    refusal = find_zone_refusal(project, plan, project.sites[move.site], move.zone)
    if refusal is not None:
        return refusal.message
    after = plan.with_assignments(dict.fromkeys(project.stacked_sites(move.site), move.zone))
    known = {(each.code, each.text) for each in state.problems}
    for problem in derive_state(state.saved_project.with_plan(after), after, state).problems:
        if (problem.code, problem.text) not in known:
            return problem.text
    return ""
