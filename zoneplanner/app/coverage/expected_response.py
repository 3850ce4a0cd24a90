"""The calls to expect of a project, learned from its journal."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zoneplanner.analysis.demand.call_demand import (
    CallDemand,
    count_observed_calls,
    estimate_call_demand,
)
from zoneplanner.analysis.measures.definitions import MeasureDefinition
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.analysis.response.conditions import USUAL_CONDITIONS, ResponseConditions
from zoneplanner.analysis.response.deployment import SCHOOL_DAY_H
from zoneplanner.analysis.response.expected_response import (
    RESPONSE_TARGET_MIN,
    ExpectedResponse,
    compute_expected_response,
)
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.errors import ProgressReport, UserError

if TYPE_CHECKING:
    from zoneplanner.analysis.demand.call_demand import CallDemand
    from zoneplanner.analysis.response.call_simulation import SimulatedResponse
    from zoneplanner.analysis.response.reassignment_scores import MoveScore
    from zoneplanner.analysis.response.school_day_simulation import SimulatedDays


def learn_demand(session: Session) -> CallDemand:
    """Return the calls to expect at the sites on screen, given all calls of the journal."""
    reading = session.state
    known = count_observed_calls(reading.project, session.store.log(), session.today)
    return estimate_call_demand(reading.project, reading.basis, known)


def describe_demand(found: CallDemand) -> str:
    """Say in a sentence where the calls come from."""
    prior, now = found.prior_per_day.sum(), found.per_day.sum()
    known = found.observed
    if not known.school_days:
        return (
            f"{now:.1f} calls a school day by level and enrollment; the journal holds no incident "
            "on a school day yet."
        )
    incidents = "1 incident" if known.incidents == 1 else f"{known.incidents:,} incidents"
    days = "1 school day" if known.school_days == 1 else f"{known.school_days:,} school days"
    return (
        f"{now:.1f} calls a school day: {prior:.1f} by level and enrollment, updated by "
        f"{incidents} on {days}."
    )


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
        under=replace(under, units_off=without),
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
    from zoneplanner.analysis.response.reassignment_scores import score_moves

    return score_moves(
        reading.project,
        require_plan(reading),
        reading.basis,
        under=replace(under, units_off=without),
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

    from zoneplanner.analysis.response.call_simulation import simulate_calls
    from zoneplanner.analysis.response.deployment import build_deployment

    target = check_response_target(target_min)
    model = build_deployment(
        reading.project, require_plan(reading), reading.basis, replace(under, units_off=without)
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

    from zoneplanner.analysis.response.deployment import build_deployment
    from zoneplanner.analysis.response.school_day_simulation import run_school_days

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
    where = (
        "at its post" if under.idle_place == "posts" else "at one of its sites, as often as its "
    )
    where += "" if under.idle_place == "posts" else "trips go there"
    lost = "is left to the ordinary patrol" if under.queue == "loss" else "waits in line"
    return (
        f"Assumed: {calls}; {basis.travel_label}; each unit {where}; "
        "the zone's own unit is asked first, then the nearest one free; a call that finds none "
        f"{lost}."
    )


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
        target = f"{self.before.target_min:g} min"
        if self.after is None:
            return "No unit is left; other calls fall to the agencies' ordinary patrol."
        was, now = (_percent(one.share_within_target) for one in (self.before, self.after))
        said = f"Left with them away: {now} of calls met within {target} (was {was})."
        if self.open_zones:
            zones = ", ".join(self.open_zones)
            said += f" Without their unit: {zones}."
        if self.late:
            count = len(self.late)
            sites = "1 site" if count == 1 else f"{count} sites"
            said += f" {sites} mostly beyond the target."
        return said


def compute_remaining_coverage(
    reading: ProjectState, away: Collection[str], *, target_min: float = RESPONSE_TARGET_MIN
) -> _RemainingCoverage | None:
    """Return what is left with some units away; None without a plan or with nobody away.

    Units that the model does not know, because the plan gives them no zone or post, take nothing
    away from it.
    """
    if reading.plan is None:
        return None
    before = evaluate_response(reading, target_min=target_min)
    gone = tuple(unit for unit in before.units if unit in set(away))
    if not gone:
        return None
    after = None
    if len(gone) < len(before.units):
        after = evaluate_response(reading, without=gone, target_min=target_min)
    late = () if after is None else _find_late_sites(before, after)
    zones = tuple(zone.id for zone in reading.plan.zones if zone.unit in gone)
    return _RemainingCoverage(gone, before, after, zones, late)


def _find_late_sites(before: ExpectedResponse, after: ExpectedResponse) -> tuple[str, ...]:
    return tuple(
        site
        for site, met in after.sites.items()
        if met.share_within_target < 0.5 <= before.sites[site].share_within_target
    )


def _percent(share: float | None) -> str:
    return "no share" if share is None else f"{share:.0%}".replace("%", " %")
