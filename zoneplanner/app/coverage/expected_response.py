"""What response to expect of a plan, at the calls a day that its project uses."""

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from math import floor, log10
from typing import TYPE_CHECKING

from zoneplanner.analysis.demand.call_demand import (
    CallDemand,
    WeekTime,
    count_observed_calls,
    estimate_call_demand,
)
from zoneplanner.analysis.demand.site_load import SCHOOL_DAY_H
from zoneplanner.analysis.measures.plan_measures import MeasureDefinition
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.analysis.response.conditions import USUAL_CONDITIONS, ResponseConditions
from zoneplanner.analysis.response.expected_response import (
    ExpectedResponse,
    compute_expected_response,
)
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, require_plan
from zoneplanner.bundled import resources_dir
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.messages import render_message

if TYPE_CHECKING:
    from zoneplanner.analysis.response.call_simulation import SimulatedResponse
    from zoneplanner.analysis.response.reassignment_scores import MoveScore
    from zoneplanner.analysis.response.school_day_simulation import SimulatedDays


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
) -> "tuple[MoveScore, ...]":
    """Return the figures after every single move of a site to another zone that may hold it.

    Locks, balance and contiguity are not looked at. Errors are those of ``evaluate_response``.
    """
    from zoneplanner.analysis.response.reassignment_scores import score_moves

    target = check_response_target(target_min)
    return score_moves(
        state.project, require_plan(state), state.basis, under=under, target_min=target
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

    from zoneplanner.analysis.response.call_simulation import simulate_calls
    from zoneplanner.analysis.response.deployment import build_deployment

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

    from zoneplanner.analysis.response.deployment import build_deployment
    from zoneplanner.analysis.response.school_day_simulation import run_school_days

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
    per_h = f"{calls.per_hour(when).sum():.2f} calls an hour ({when.label}{hours})"
    idle = "at its post"
    if under.idle_place == "visits":
        idle = "at one of its sites, in proportion to its trips there"
    lost = "is left to the ordinary patrol" if under.queue == "loss" else "waits in line"
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
