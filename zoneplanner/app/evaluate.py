"""What response to expect of the plan on screen, for the window and the command line."""

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from zoneplanner.analysis.basis import PlanningBasis
from zoneplanner.analysis.conditions import USUAL_CONDITIONS, ResponseConditions
from zoneplanner.analysis.declared import MeasureDefinition
from zoneplanner.analysis.duty import SCHOOL_DAY_H
from zoneplanner.analysis.expected import (
    RESPONSE_TARGET_MIN,
    ExpectedResponse,
    compute_expected_response,
)
from zoneplanner.app.reading import ProjectState
from zoneplanner.domain.plan import Plan
from zoneplanner.errors import ProgressReport, UserError

if TYPE_CHECKING:
    from zoneplanner.analysis.calls import CallDemand
    from zoneplanner.analysis.moves import MoveScore
    from zoneplanner.analysis.school_day import SimulatedDays
    from zoneplanner.analysis.simulate import SimulatedResponse


RESPONSE_MEASURES = (
    MeasureDefinition(
        "mean_response_min",
        "Mean response",
        "min",
        "Mean minutes of turn-out and travel of the calls that a unit answers.",
        "lower",
    ),
    MeasureDefinition(
        "share_within_target",
        "Within target",
        "%",
        "Share of all calls that a unit reaches within the target; a call for which no unit is "
        "free counts as a miss.",
        "higher",
    ),
    MeasureDefinition(
        "cross_zone_share",
        "From another zone",
        "%",
        "Share of answered calls that another unit answers than that of the site's zone.",
        "lower",
    ),
    MeasureDefinition(
        "all_busy_probability",
        "All busy",
        "%",
        "Probability that all units that may answer a call are busy, weighted by calls.",
        "lower",
    ),
)
"""The figures of a whole plan, as attributes of ``Expected`` are named."""


def evaluate_response(
    reading: ProjectState,
    *,
    without: Collection[str] = (),
    target_min: float = RESPONSE_TARGET_MIN,
    under: ResponseConditions = USUAL_CONDITIONS,
) -> ExpectedResponse:
    """Return what to expect of the plan on screen while the units in ``without`` are off.

    ``under`` sets the other conditions.

    Raises
    ------
    UserError
        There is no plan, the target makes no sense, or the units do not; see ``deployment``.
    """
    target = check_response_target(target_min)
    return compute_expected_response(
        reading.project,
        require_plan(reading),
        reading.basis,
        under=replace(under, without=without),
        target_min=target,
    )


def score_single_moves(
    reading: ProjectState,
    *,
    without: Collection[str] = (),
    target_min: float = RESPONSE_TARGET_MIN,
    under: ResponseConditions = USUAL_CONDITIONS,
) -> "tuple[MoveScore, ...]":
    """Return the figures after every single move of a site to another zone that may hold it.

    Locks, balance and contiguity are not looked at. Errors are those of ``evaluate``.
    """
    from zoneplanner.analysis.moves import score_moves

    return score_moves(
        reading.project,
        require_plan(reading),
        reading.basis,
        under=replace(under, without=without),
        target_min=check_response_target(target_min),
    )


def simulate_response(
    reading: ProjectState,
    *,
    days: int,
    seed: int = 0,
    without: Collection[str] = (),
    target_min: float = RESPONSE_TARGET_MIN,
    under: ResponseConditions = USUAL_CONDITIONS,
    report: ProgressReport | None = None,
) -> "SimulatedResponse":
    """Return the figures of ``evaluate`` as a run of school days measures them.

    Raises
    ------
    UserError
        As ``evaluate``, or the days make no sense.
    """
    # these bring a library that the window does not need at its start
    from numpy.random import default_rng

    from zoneplanner.analysis.deployment import build_deployment
    from zoneplanner.analysis.simulate import simulate_calls

    target = check_response_target(target_min)
    model = build_deployment(
        reading.project, require_plan(reading), reading.basis, replace(under, without=without)
    )
    return simulate_calls(model, days=days, rng=default_rng(seed), target_min=target, report=report)


def replay_school_days(
    reading: ProjectState,
    calls: "CallDemand",
    *,
    days: int,
    seed: int = 0,
    target_min: float = RESPONSE_TARGET_MIN,
    under: ResponseConditions = USUAL_CONDITIONS,
    report: ProgressReport | None = None,
) -> "SimulatedDays":
    """Return what school days that are played event by event meet; see ``school_day.play``.

    Raises
    ------
    UserError
        As ``evaluate``, or the days make no sense.
    """
    from numpy.random import default_rng

    from zoneplanner.analysis.deployment import build_deployment
    from zoneplanner.analysis.school_day import run_school_days

    return run_school_days(
        build_deployment(reading.project, require_plan(reading), reading.basis, under),
        reading.basis,
        calls,
        reading.project.calendar,
        days=days,
        rng=default_rng(seed),
        turnout_min=reading.project.assumptions.turnout_min,
        target_min=check_response_target(target_min),
        report=report or (lambda fraction, text: None),
    )


def require_plan(reading: ProjectState) -> Plan:
    """Return the plan on screen; without one it is a UserError."""
    if reading.plan is None:
        raise UserError("This project has no plan yet; propose one first.", code="no_plan")
    return reading.plan


def check_response_target(target_min: float) -> float:
    """Return a target that makes sense, in minutes; another is a UserError."""
    if not 0 < target_min < float("inf"):
        raise UserError(
            f"A target of {target_min:g} minutes makes no sense; give minutes above 0, such as "
            f"{RESPONSE_TARGET_MIN:g}.",
            code="out_of_range",
        )
    return target_min


def describe_assumptions(basis: PlanningBasis, under: ResponseConditions = USUAL_CONDITIONS) -> str:
    """Say in a sentence what the figures rest on."""
    if under.calls_per_h is None:
        calls = f"{sum(load.calls for load in basis.loads):.1f} calls a school day"
        calls += f", spread over {SCHOOL_DAY_H:g} hours"
    else:
        calls = f"{sum(under.calls_per_h.values()):.2f} calls an hour"
    where = "at its post" if under.waits == "posts" else "at one of its sites, as often as its "
    where += "" if under.waits == "posts" else "trips go there"
    lost = "is left to the ordinary patrol" if under.queue == "loss" else "waits in line"
    return (
        f"Assumed: {calls}; {basis.travel_label}; each unit {where}; "
        "the zone's own unit is asked first, then the nearest one free; a call that finds none "
        f"{lost}."
    )
