"""What response to expect of a plan, at the calls a day that its project uses.

The page of what to expect: figures now, with fewer units, and the next moves that gain most.
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
    CallDemand,
    WeekTime,
    count_observed_calls,
    estimate_call_demand,
)
from zoneplanner.analysis.measures.plan_measures import MeasureDefinition
from zoneplanner.analysis.planning_basis import SCHOOL_DAY_H, PlanningBasis, find_district_area
from zoneplanner.analysis.response_times.conditions import USUAL_CONDITIONS, ResponseConditions
from zoneplanner.analysis.response_times.deployment import build_deployment
from zoneplanner.analysis.response_times.expected_response import (
    ExpectedResponse,
    compute_expected_response,
)
from zoneplanner.analysis.travel.isochrones import find_reach_area
from zoneplanner.app.geography.travel_times import build_travel_model
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, derive_state, require_plan
from zoneplanner.bundled import resources_dir
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS
from zoneplanner.domain.plans.edits import find_zone_refusal
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.messages import render_message

if TYPE_CHECKING:
    from zoneplanner.analysis.response_times.call_simulation import SimulatedResponse
    from zoneplanner.analysis.response_times.reassignment_scores import MoveScore
    from zoneplanner.analysis.response_times.school_day_simulation import SimulatedDays


def expect_calls(session: Session) -> CallDemand:
    """Return the calls to expect at the sites on screen, spread over the week as the log shows.

    Days that nobody declared complete show nothing of that, as of how many calls come.
    """
    state = session.state
    if not state.project.records.kind(INCIDENT_RECORDS).is_declared:
        return estimate_call_demand(state.project, state.basis)
    known = count_observed_calls(state.project, session.store.log(), session.today)
    return estimate_call_demand(state.project, state.basis, known)


_TABLE = tomllib.loads((resources_dir() / "response_measures.toml").read_text(encoding="utf-8"))
RESPONSE_MEASURES = tuple(MeasureDefinition(key, **row) for key, row in _TABLE.items())
"""The figures of a whole plan, as attributes of ``Expected`` are named."""


def evaluate_response(
    state: ProjectState,
    *,
    under: ResponseConditions = USUAL_CONDITIONS,
    target_min: float = RESPONSE_TARGET_MIN,
) -> ExpectedResponse:
    """Return what to expect of the plan on screen under some conditions.

    Raises
    ------
    UserError
        There is no plan, the target makes no sense, or the units do not; see ``deployment``.
    """
    target = check_response_target(target_min)
    return compute_expected_response(
        state.project, require_plan(state), state.basis, under=under, target_min=target
    )


def score_single_moves(
    state: ProjectState,
    *,
    under: ResponseConditions = USUAL_CONDITIONS,
    target_min: float = RESPONSE_TARGET_MIN,
    report: ProgressReport = lambda fraction, text: None,
) -> "tuple[MoveScore, ...]":
    """Return the figures after every single move of a site to another zone that may hold it.

    Locks, balance and contiguity are not looked at. Errors are those of ``evaluate_response``;
    ``report`` may raise Cancelled.
    """
    from zoneplanner.analysis.response_times.reassignment_scores import score_moves

    target = check_response_target(target_min)
    return score_moves(
        *(state.project, require_plan(state), state.basis),
        under=under,
        target_min=target,
        report=report,
    )


def simulate_response(
    state: ProjectState,
    *,
    days: int,
    seed: int = 0,
    under: ResponseConditions = USUAL_CONDITIONS,
    target_min: float = RESPONSE_TARGET_MIN,
    report: ProgressReport | None = None,
) -> "SimulatedResponse":
    """Return the figures of ``evaluate_response`` as a run of school days measures them.

    Raises
    ------
    UserError
        As ``evaluate``, or the days make no sense.
    """
    # these bring a library that the window does not need at its start
    from numpy.random import default_rng

    from zoneplanner.analysis.response_times.call_simulation import simulate_calls

    target = check_response_target(target_min)
    model = build_deployment(state.project, require_plan(state), state.basis, under)
    return simulate_calls(model, days=days, rng=default_rng(seed), target_min=target, report=report)


def replay_school_days(
    state: ProjectState,
    calls: CallDemand,
    *,
    days: int,
    seed: int = 0,
    target_min: float = RESPONSE_TARGET_MIN,
    under: ResponseConditions = USUAL_CONDITIONS,
    report: ProgressReport | None = None,
) -> "SimulatedDays":
    """Return what school days that are played event by event meet; see ``run_school_days``.

    Raises
    ------
    UserError
        As ``evaluate``, or the days make no sense.
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
        target_min=check_response_target(target_min),
        report=report or (lambda fraction, text: None),
    )


def check_response_target(target_min: float) -> float:
    """Return a target that makes sense, in minutes; another is a UserError."""
    if not 0 < target_min < float("inf"):
        raise UserError(
            "out_of_range.response_target", target_min=target_min, example_min=RESPONSE_TARGET_MIN
        )
    return target_min


def _name_travel(basis: PlanningBasis, under: ResponseConditions) -> str:
    factor = basis.project.assumptions.find_drive_factor(under.window)
    return basis.travel_label if factor == 1.0 else f"{basis.travel_label} × {factor:g}"


def name_bounds(bounds: tuple[float, float] | None) -> dict[str, float | None]:
    """Return an interval for JSON, both None where there is none."""
    low, high = bounds or (None, None)
    return {"low": low, "high": high}


def count_rate_digits(most: float) -> int:
    """Return how many decimals show calls a day with their interval, of which one is at most."""
    return 2 if most <= 0 else max(2, 1 - floor(log10(most)))


def describe_assumptions(
    basis: PlanningBasis, under: ResponseConditions, calls: CallDemand, when: WeekTime
) -> str:
    """Say in a sentence what the figures of a time of the week rest on."""
    hours = "" if when.window else f", {SCHOOL_DAY_H:g} hours"
    per_h = f"{calls.per_hour(when).sum():.2f} calls per hour ({when.label}{hours})"
    idle = "at its post"
    if under.idle_place == "visits":
        idle = "at one of its sites, in proportion to its trips there"
    lost = "is left to the regular patrol" if under.queue == "loss" else "waits in line"
    facts = {
        "calls": per_h,
        "service_min": basis.project.assumptions.service_min,
        "travel": _name_travel(basis, under),
        "idle": idle,
        "lost": lost,
    }
    return render_message("response_assumptions", facts)


@dataclass(frozen=True, eq=False, slots=True)
class _RemainingCoverage:
    """What coverage is left while some units are away, by the response model.

    ``after`` is None where no unit is left. ``open_zones`` are those whose unit is away, ``late``
    the sites where less than half of the calls would be met within the target, and were before.
    """

    away: tuple[str, ...]
    before: ExpectedResponse
    after: ExpectedResponse | None
    open_zones: tuple[str, ...]
    late: tuple[str, ...]

    @property
    def words(self) -> str:
        """Say in a sentence or two what is left."""
        if self.after is None:
            return render_message("remaining_coverage.none", {})
        was, now = (_percent(one.share_within_target) for one in (self.before, self.after))
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
        return " ".join(render_message(part, facts) for part, there in parts if there)


def compute_remaining_coverage(
    state: ProjectState, away: Collection[str], *, target_min: float = RESPONSE_TARGET_MIN
) -> _RemainingCoverage | None:
    """Return what is left with some units away; None without a plan or with nobody away.

    Units that the model does not know, because the plan gives them no zone or post, take nothing
    away from it.
    """
    if state.plan is None:
        return None
    before = evaluate_response(state, target_min=target_min)
    gone = tuple(unit for unit in before.units if unit in set(away))
    if not gone:
        return None
    after = None
    if len(gone) < len(before.units):
        under = ResponseConditions(units_off=gone)
        after = evaluate_response(state, under=under, target_min=target_min)
    late = tuple(
        site
        for site, met in (after.sites if after is not None else {}).items()
        if met.share_within_target < 0.5 <= before.sites[site].share_within_target
    )
    zones = tuple(zone.id for zone in state.plan.zones if zone.unit in gone)
    return _RemainingCoverage(gone, before, after, zones, late)


def _percent(share: float | None) -> str:
    return "no share" if share is None else f"{share:.0%}"


_FEWER = 2
_MOST_COUNTED = 150
_MOST_NUMBERS = 10_000_000
"""A minute or two of work: all moves of 170 schools in 20 zones."""
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

    ``tried`` counts the moves that were scored, ``gaining`` those that gain enough to be offered,
    ``unscored`` those that are too many to be scored.
    """

    reading: ProjectState
    under: ResponseConditions
    target_min: float
    now: ExpectedResponse
    fewer: tuple[StaffingLevel, ...] = ()
    moves: tuple[NextMove, ...] = ()
    tried: int = 0
    gaining: int = 0
    unscored: int = 0


def compute_response_outlook(
    state: ProjectState,
    under: ResponseConditions,
    target_min: float,
    report: ProgressReport = lambda fraction, text: None,
) -> ResponseOutlook:
    """Return what to expect now, with one and two units fewer, and the best next moves.

    Of a thousand schools in sixty zones the moves would take an hour, and are not scored.

    Raises
    ------
    UserError
        As ``evaluate``.
    """
    from zoneplanner.analysis.response_times.reassignment_scores import count_moves

    now = evaluate_response(state, under=under, target_min=target_min)
    report(0.1, "Computing with fewer units")
    fewer = tuple(_evaluate_fewer_units(state, under, target_min, now))
    count, numbers = count_moves(state.project, require_plan(state), state.basis, under)
    if numbers > _MOST_NUMBERS:
        return ResponseOutlook(state, under, target_min, now, fewer, unscored=count)
    scores = score_single_moves(
        state,
        under=under,
        target_min=target_min,
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
