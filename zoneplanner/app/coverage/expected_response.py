"""The expected response of a plan at the calls a day that its project uses.

The response outlook shows the current figures, those with fewer units, and the best next moves.
"""

import tomllib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb, floor, log10
from typing import TYPE_CHECKING

import numpy as np
from shapely.geometry import MultiPoint
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.demand.call_demand import (
    SCHOOL_WEEKDAYS,
    CallDemand,
    WeekTime,
    count_observed_calls,
    estimate_call_demand,
)
from zoneplanner.analysis.measures.plan_measures import MeasureDefinition
from zoneplanner.analysis.planning_basis import PlanningBasis, find_district_area
from zoneplanner.analysis.response_times.conditions import USUAL_CONDITIONS, ResponseConditions
from zoneplanner.analysis.response_times.deployment import build_deployment
from zoneplanner.analysis.response_times.expected_response import (
    ExpectedResponse,
    compute_expected_response,
)
from zoneplanner.analysis.site_loads import SCHOOL_DAY_H
from zoneplanner.analysis.travel.isochrones import find_reach_area
from zoneplanner.analysis.travel.travel_model import name_travel_model
from zoneplanner.app.geography.travel_times import build_travel_model
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, derive_state, require_plan
from zoneplanner.bundled import resources_dir
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS
from zoneplanner.domain.plans.edits import find_zone_refusal
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.messages import Message

if TYPE_CHECKING:
    from zoneplanner.analysis.response_times.call_simulation import SimulatedResponse
    from zoneplanner.analysis.response_times.reassignment_scores import MoveScore
    from zoneplanner.analysis.response_times.school_day_simulation import SimulatedDays


def expect_calls(session: Session) -> CallDemand:
    """Return the calls to expect at the sites on screen, spread over the week as in the log.

    If no days are declared complete, the log is not used.
    """
    state = session.state
    if not state.project.records.kind(INCIDENT_RECORDS).is_declared:
        return estimate_call_demand(state.project, state.basis)
    observed = count_observed_calls(state.project, session.store.log(), session.today)
    return estimate_call_demand(state.project, state.basis, observed)


_TABLE = tomllib.loads((resources_dir() / "response_measures.toml").read_text(encoding="utf-8"))
RESPONSE_MEASURES = tuple(MeasureDefinition(key, **row) for key, row in _TABLE.items())
"""The figures of a whole plan; their keys are attributes of ``ExpectedResponse``."""


def evaluate_response(
    state: ProjectState,
    *,
    under: ResponseConditions = USUAL_CONDITIONS,
) -> ExpectedResponse:
    """Return the expected response of the plan on screen under some conditions.

    Raises
    ------
    UserError
        There is no plan, or the units are not valid; see ``build_deployment``.
    """
    return compute_expected_response(state.project, require_plan(state), state.basis, under=under)


def score_single_moves(
    state: ProjectState,
    *,
    under: ResponseConditions = USUAL_CONDITIONS,
    report: ProgressReport = lambda fraction, text: None,
) -> "tuple[MoveScore, ...]":
    """Return the figures after every single move of a site to another eligible zone.

    Locks, balance and contiguity are not checked. Errors are those of ``evaluate_response``;
    ``report`` may raise Cancelled.
    """
    from zoneplanner.analysis.response_times.reassignment_scores import score_moves

    return score_moves(state.project, require_plan(state), state.basis, under=under, report=report)


def simulate_response(
    state: ProjectState,
    *,
    days: int,
    seed: int = 0,
    under: ResponseConditions = USUAL_CONDITIONS,
    report: ProgressReport | None = None,
) -> "SimulatedResponse":
    """Return the figures of ``evaluate_response`` as measured by a simulation of school days.

    Raises
    ------
    UserError
        As ``evaluate_response``, or the number of days is not valid.
    """
    # deferred: these load a library that the window does not need when it starts
    from numpy.random import default_rng

    from zoneplanner.analysis.response_times.call_simulation import simulate_calls

    model = build_deployment(state.project, require_plan(state), state.basis, under)
    return simulate_calls(model, days=days, rng=default_rng(seed), report=report)


def replay_school_days(
    state: ProjectState,
    calls: CallDemand,
    *,
    days: int,
    seed: int = 0,
    under: ResponseConditions = USUAL_CONDITIONS,
    report: ProgressReport | None = None,
) -> "SimulatedDays":
    """Return the response on school days simulated event by event; see ``run_school_days``.

    Raises
    ------
    UserError
        As ``evaluate_response``, or the number of days is not valid.
    """
    from numpy.random import default_rng

    from zoneplanner.analysis.response_times.school_day_simulation import run_school_days

    return run_school_days(
        build_deployment(state.project, require_plan(state), state.basis, under),
        state.basis,
        calls,
        state.project.calendar,
        days=days,
        rng=default_rng(seed),
        turnout_min=state.project.assumptions.turnout_min,
        report=report or (lambda fraction, text: None),
    )


def name_bounds(bounds: tuple[float, float] | None) -> dict[str, float | None]:
    """Return an interval for JSON, both ends None if there is none."""
    low, high = bounds or (None, None)
    return {"low": low, "high": high}


def count_rate_digits(most: float) -> int:
    """Return how many decimals to show for calls a day whose largest value is ``most``."""
    return 2 if most <= 0 else max(2, 1 - floor(log10(most)))


def describe_assumptions(
    basis: PlanningBasis, under: ResponseConditions, calls: CallDemand, when: WeekTime
) -> str:
    """Describe in a sentence the assumptions behind the figures of a time of the week."""
    factor = basis.project.assumptions.find_drive_factor(under.window)
    travel = name_travel_model(basis.project)
    if factor != 1.0:
        travel = Message("travel_by.scaled", travel=travel, factor=factor)
    whole_day = Message("calls_at_time.whole_day", hours=SCHOOL_DAY_H)
    any_day = Message("calls_at_time.any_day")
    per_h = Message(
        "calls_at_time",
        calls=calls.per_hour(when).sum(),
        day=any_day if when.weekday is None else SCHOOL_WEEKDAYS[when.weekday - 1],
        window=when.window or whole_day,
    )
    facts = {
        "calls": per_h,
        "service_min": basis.project.assumptions.service_min,
        "travel": travel,
        "idle": Message(f"idle_unit.{under.idle_place}"),
        "lost": Message(f"unanswered_call.{under.queue}"),
    }
    return str(Message("response_assumptions", **facts))


@dataclass(frozen=True, eq=False, slots=True)
class _RemainingCoverage:
    """The coverage that remains while some units are away, by the response model.

    ``after`` is None if no unit is left. ``open_zones`` are the zones whose unit is away. ``late``
    are sites where less than half of the calls would be answered within the target, unlike before.
    """

    away: tuple[str, ...]
    before: ExpectedResponse
    after: ExpectedResponse | None
    open_zones: tuple[str, ...]
    late: tuple[str, ...]

    @property
    def messages(self) -> tuple[Message, ...]:
        """The remaining coverage in a sentence or two."""
        if self.after is None:
            return (Message("remaining_coverage.none"),)
        shares = (each.share_within_target for each in (self.before, self.after))
        was, now = ("no share" if share is None else f"{share:.0%}" for share in shares)
        facts = {
            "was": was,
            "now": now,
            "target_min": self.before.target_min,
            "zones": self.open_zones,
            "late": len(self.late),
        }
        parts = (
            ("remaining_coverage", True),
            ("remaining_coverage.zones", self.open_zones),
            ("remaining_coverage.late", self.late),
        )
        return tuple(Message(part, **facts) for part, applies in parts if applies)


def compute_remaining_coverage(
    state: ProjectState, away: Collection[str], *, target_min: float = RESPONSE_TARGET_MIN
) -> _RemainingCoverage | None:
    """Return the remaining coverage with some units away, or None without a plan or absent units.

    Units that the plan gives no zone or post are not in the model, so their absence has no effect.
    """
    if state.plan is None:
        return None
    under = ResponseConditions(target_min=target_min)
    before = evaluate_response(state, under=under)
    gone = tuple(unit for unit in before.units if unit in set(away))
    if not gone:
        return None
    after = None
    if len(gone) < len(before.units):
        after = evaluate_response(state, under=replace(under, units_off=gone))
    late = tuple(
        site
        for site, response in (after.sites if after is not None else {}).items()
        if response.share_within_target < 0.5 <= before.sites[site].share_within_target
    )
    zones = tuple(zone.id for zone in state.plan.zones if zone.unit in gone)
    return _RemainingCoverage(gone, before, after, zones, late)


_MAX_UNITS_FEWER = 2
_MAX_COMBINATIONS = 150
_MAX_NUMBERS = 10_000_000
"""A minute or two of work: all moves of 170 schools in 20 zones."""
_MAX_MOVES = 3
_MAX_MOVES_CHECKED = 40
_MIN_GAIN_MIN = 0.1
"""A move that gains less is not worth the change and is not offered."""
_MIN_PROBABILITY = 1e-9
_MARGIN_M = 5_000.0


@dataclass(frozen=True, eq=False, slots=True)
class StaffingLevel:
    """The expected response with a number of units on duty; ``off`` are the units that are not.

    ``kind`` is ``all`` or ``some`` of the units for the current staffing, or the ``best`` or
    ``worst`` choice of fewer.
    """

    kind: str
    off: tuple[str, ...]
    expected: ExpectedResponse


@dataclass(frozen=True, slots=True)
class NextMove:
    """A move of a site and its gains; ``breaks`` says which rule it would break, if any."""

    site: str
    zone: str
    mean_response_min: float
    gain_min: float
    share_gained: float
    breaks: Message | None = None


@dataclass(frozen=True, eq=False, slots=True)
class ResponseOutlook:
    """Everything that the outlook page shows of a state under some conditions.

    ``tried`` counts the moves that were scored and ``gaining`` those that gain enough to be
    offered. ``unscored`` counts the moves if there are too many to score.
    """

    state: ProjectState
    under: ResponseConditions
    now: ExpectedResponse
    fewer: tuple[StaffingLevel, ...] = ()
    moves: tuple[NextMove, ...] = ()
    tried: int = 0
    gaining: int = 0
    unscored: int = 0


def compute_response_outlook(
    state: ProjectState,
    under: ResponseConditions,
    report: ProgressReport = lambda fraction, text: None,
) -> ResponseOutlook:
    """Return the expected response now and with one or two units fewer, and the best next moves.

    For a thousand schools in sixty zones, scoring the moves would take an hour, so it is skipped.

    Raises
    ------
    UserError
        As ``evaluate_response``.
    """
    from zoneplanner.analysis.response_times.reassignment_scores import count_moves

    now = evaluate_response(state, under=under)
    report(0.1, "Computing with fewer units")
    fewer = tuple(_evaluate_fewer_units(state, under, now))
    count, numbers = count_moves(state.project, require_plan(state), state.basis, under)
    if numbers > _MAX_NUMBERS:
        return ResponseOutlook(state, under, now, fewer, unscored=count)
    scores = score_single_moves(
        state,
        under=under,
        report=lambda share, _: report(0.5 + 0.4 * share, "Scoring every move"),
    )
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
        gains = [move for move in gains if move.gain_min >= _MIN_GAIN_MIN]
        gains.sort(key=lambda move: -move.gain_min)
        moves, gaining = _select_best_moves(state, gains, report), len(gains)
    return ResponseOutlook(state, under, now, fewer, moves, len(scores), gaining)


def compute_unit_reach(
    state: ProjectState, under: ResponseConditions, unit: str
) -> BaseGeometry | None:
    """Return the area that a unit reaches within the target on average.

    The result is None if it has no post.

    Raises
    ------
    UserError
        The unit is not on duty, or as ``evaluate_response``.
    """
    model = build_deployment(state.project, require_plan(state), state.basis, under)
    if unit not in model.units:
        raise UserError("unit_off_duty", unit=unit)
    probability = model.position_probability[model.units.index(unit)]
    rows = np.flatnonzero(probability > _MIN_PROBABILITY)
    if not len(rows):
        return None
    positions = np.array([site.position for site in state.basis.sites])
    district = find_district_area(state.project)
    area = district if district is not None else MultiPoint(positions).buffer(_MARGIN_M)
    return find_reach_area(
        build_travel_model(state.project),
        positions[rows],
        probability[rows],
        under.target_min,
        area,
    )


def _evaluate_fewer_units(
    state: ProjectState, under: ResponseConditions, now: ExpectedResponse
) -> Iterator[StaffingLevel]:
    """Yield the current staffing, then the best and worst choice of one unit fewer, then two."""
    units, plan = tuple(now.units), require_plan(state)
    yield StaffingLevel("some" if under.units_off else "all", tuple(under.units_off), now)
    for less in range(1, min(_MAX_UNITS_FEWER, len(units) - 1) + 1):
        if comb(len(units), less) > _MAX_COMBINATIONS:
            return
        levels = []
        for off in combinations(units, less):
            without = (*under.units_off, *off)
            fewer = replace(under, units_off=without)
            after = compute_expected_response(state.project, plan, state.basis, under=fewer)
            levels.append((after.share_within_target or 0.0, without, after))
        levels.sort(key=lambda level: level[0])
        if len(levels) > 1:
            yield StaffingLevel("best", *levels[-1][1:])
        yield StaffingLevel("worst", *levels[0][1:])


def _select_best_moves(
    state: ProjectState, gains: Sequence[NextMove], report: ProgressReport
) -> tuple[NextMove, ...]:
    """Return the moves that gain most, moves that break no rule before moves that do."""
    allowed: list[NextMove] = []
    breaking: list[NextMove] = []
    for number, move in enumerate(gains[:_MAX_MOVES_CHECKED]):
        report(0.6 + 0.4 * number / _MAX_MOVES_CHECKED, "Checking the best moves")
        breaks = _find_broken_rule(state, move)
        (breaking if breaks else allowed).append(replace(move, breaks=breaks))
        if len(allowed) == _MAX_MOVES:
            break
    return (*allowed, *breaking)[:_MAX_MOVES]


def _find_broken_rule(state: ProjectState, move: NextMove) -> Message | None:
    """Return the first rule that a move would break and the plan keeps now.

    Problems are compared as rounded for display: loads differ in the last bits.
    """
    plan, project = require_plan(state), state.project
    refusal = find_zone_refusal(project, plan, project.sites[move.site], move.zone)
    if refusal is not None:
        return refusal.to_message()
    after = plan.with_assignments(dict.fromkeys(project.stacked_sites(move.site), move.zone))
    known = {problem.text for problem in state.problems}
    problems = derive_state(state.saved_project.with_plan(after), after, state).problems
    return next((each.message for each in problems if each.text not in known), None)
