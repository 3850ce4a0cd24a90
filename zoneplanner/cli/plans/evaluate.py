"""Show the response to expect from a plan, and measure it in simulated calls or school days."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from zoneplanner.analysis.demand.call_demand import (
    BELL_WINDOWS,
    CallDemand,
    WeekTime,
    parse_week_time,
)
from zoneplanner.analysis.response_times.call_simulation import Estimate, SimulatedResponse
from zoneplanner.analysis.response_times.conditions import ResponseConditions, parse_mutual_aid
from zoneplanner.analysis.response_times.expected_response import (
    ExpectedResponse,
    SiteResponse,
    average_by_zone,
)
from zoneplanner.analysis.response_times.school_day_simulation import SimulatedDays
from zoneplanner.analysis.travel.travel_model import describe_travel_source
from zoneplanner.app.coverage.demand import describe_demand, read_demand, summarize_demand
from zoneplanner.app.coverage.expected_response import (
    RESPONSE_MEASURES,
    count_rate_digits,
    describe_assumptions,
    evaluate_response,
    expect_calls,
    name_bounds,
    replay_school_days,
    simulate_response,
)
from zoneplanner.app.session.state import ProjectState, require_plan
from zoneplanner.cli.output import CommandResult, OutputLine, OutputTable, ProgressBar, make_table
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.domain.geography.travel_times import TravelProvider

_PLAYED_DAYS_NOTE = (
    "Simulated days differ from the model because calls bunch at lunch and dismissal, a call can "
    "leave a unit far from its visits, and a day begins with every unit free."
)


def _make_played_table(found: ExpectedResponse, played: SimulatedDays) -> OutputTable:
    """Lay out what played days came to beside what the model expects."""
    rows = [
        (
            figure.name,
            _format_value(getattr(found, figure.key), figure.unit),
            _format_estimate(getattr(played, figure.key), figure.unit),
        )
        for figure in RESPONSE_MEASURES
    ]
    rows += [
        (
            f"{unit} busy with calls",
            _format_value(found.units[unit], "%"),
            _format_estimate(busy, "%"),
        )
        for unit, busy in played.units.items()
    ]
    rows.append(("Visits made", "–", _format_estimate(played.visits_made_share, "%")))
    played_words = f"{played.days:,} days played [95%]"
    return make_table(("Figure", "Expected", played_words), rows, right=(1, 2))


def _format_evaluation(
    state: ProjectState,
    found: ExpectedResponse,
    measured: SimulatedResponse | None,
    calls: CallDemand,
    assumed: str,
) -> list[OutputLine]:
    """Say what is expected of the plan, and what that is based on."""
    plan = require_plan(state)
    lines: list[OutputLine] = [
        f"Plan “{plan.name}”, target {found.target_min:g} minutes of turnout and travel.",
        "",
        _make_figure_table(found, measured),
        "",
        _make_unit_table(found, measured),
        "",
        _make_site_table(state, found, calls),
        "",
        assumed,
        f"Calls: {describe_demand(read_demand(state))}",
        describe_travel_source(state.project),
    ]
    if measured is not None:
        lines.append(
            f"Simulated: {measured.days:,} school days with {measured.calls:,} calls. The "
            "intervals are in parentheses; together they all hold with 95% confidence."
        )
    if found.mean_wait_min is not None:
        waits = f"A call waits {found.mean_wait_min:.2f} min on average"
        lines.append(f"{waits}, including those served at once.")
    lines += [
        f"Unit {unit} is on duty but has no sites, so it answers no calls."
        for unit in found.unplaced
    ]
    return lines


def _make_figure_table(found: ExpectedResponse, measured: SimulatedResponse | None) -> OutputTable:
    rows = [
        (
            figure.name,
            _format_value(getattr(found, figure.key), figure.unit),
            *([_format_estimate(getattr(measured, figure.key), figure.unit)] if measured else []),
            figure.definition,
        )
        for figure in RESPONSE_MEASURES
    ]
    headers = ("Figure", "Expected", *(["Simulated"] if measured else []), "Definition")
    return make_table(headers, rows, right=(1, 2) if measured else (1,))


def _make_unit_table(found: ExpectedResponse, measured: SimulatedResponse | None) -> OutputTable:
    rows = [
        (
            unit,
            _format_value(utilization, "%"),
            *([_format_estimate(measured.units[unit], "%")] if measured else []),
            _format_value(found.unit_response_min[unit], "min"),
        )
        for unit, utilization in found.units.items()
    ]
    simulated = ["Simulated"] if measured else []
    headers = ("Unit", "Busy with calls", *simulated, "Mean response")
    return make_table(headers, rows, right=(1, 2, 3) if measured else (1, 2))


def _make_site_table(
    state: ProjectState, found: ExpectedResponse, calls: CallDemand
) -> OutputTable:
    """Lay out the sites, those reached least often within the target first."""
    zone_of: Mapping[str, str] = require_plan(state).assignment
    daily = {
        site: _format_rate(float(calls.per_day[at]), calls.bounds_of(at))
        for at, site in enumerate(calls.sites)
    }
    worst_first = sorted(found.sites.items(), key=lambda item: item[1].share_within_target)
    rows = [
        (
            state.project.sites[site].name,
            zone_of.get(site, "–"),
            daily[site],
            _format_value(response.mean_response_min, "min"),
            _format_value(response.share_within_target, "%"),
        )
        for site, response in worst_first
    ]
    known = any(calls.bounds_of(at) for at in range(len(calls.sites)))
    rate = "Calls per day [95%]" if known else "Calls per day"
    headers = ("Site", "Zone", rate, "Mean response", "Within target of dispatch")
    return make_table(headers, rows, right=(2, 3, 4))


def _format_rate(mean: float, bounds: tuple[float, float] | None) -> str:
    """Write calls a day with their interval if any, in so many digits that it is no point."""
    if bounds is None:
        return f"{mean:.{count_rate_digits(mean)}f}"
    digits = count_rate_digits(bounds[1])
    return f"{mean:.{digits}f} [{bounds[0]:.{digits}f} to {bounds[1]:.{digits}f}]"


def _format_value(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    return f"{value:.1%}" if unit == "%" else f"{value:.1f} min"


def _format_estimate(estimate: Estimate, unit: str) -> str:
    if estimate.low is None or estimate.high is None:
        return "–"
    scale = 100 if unit == "%" else 1
    low, high = estimate.low * scale, estimate.high * scale
    return f"{_format_value(estimate.value, unit)} [{low:.1f} to {high:.1f}]"


OPTION_VALUES = {"target_min": RESPONSE_TARGET_MIN, "windows": BELL_WINDOWS}


def run(args: argparse.Namespace) -> CommandResult:
    """Evaluate the plan, and simulate it where asked."""
    with open_session_for_command(args.project, plan=args.plan, read_only=True) as session:
        state = session.state
        calls = expect_calls(session)
        when = parse_week_time(args.weekday, args.window)
        under = _read_conditions(state, args, calls, when)
        found = evaluate_response(state, under=under, target_min=args.target_min)
        measured = None if args.simulate is None else _simulate(state, args, under)
        played = None if args.school_days is None else _play_school_days(state, calls, args, under)
    data = _expected_to_json(state, found, under)
    call = {"service_min": state.project.assumptions.service_min}
    data["demand"] = {**summarize_demand(state), **call, **_demand_to_json(calls, args)}
    if found.mean_wait_min is not None:
        data["mean_wait_min"] = found.mean_wait_min
    if measured is not None:
        sites = [{"site": site, **asdict(one)} for site, one in measured.sites.items()]
        data["simulated"] = {**_measured_to_json(measured), "sites": sites}
    assumed = describe_assumptions(state.basis, under, calls, when)
    lines = _format_evaluation(state, found, measured, calls, assumed)
    if played is not None:
        data["school_days"] = {
            "days": played.days,
            "calls": played.calls,
            **_measured_to_json(played),
            "visits_made_share": asdict(played.visits_made_share),
        }
        lines += ["", _make_played_table(found, played), "", _PLAYED_DAYS_NOTE]
    return CommandResult(data, lines, formats=state.project.formats)


def _expected_to_json(
    state: ProjectState, found: ExpectedResponse, under: ResponseConditions
) -> dict[str, Any]:
    travel = state.project.travel
    zones = average_by_zone(found, require_plan(state).assignment, under.calls_per_h or {})
    return {
        "units": [
            {
                "unit": unit,
                "utilization": utilization,
                "mean_response_min": found.unit_response_min[unit],
            }
            for unit, utilization in found.units.items()
        ],
        "zones": [{"zone": zone, **_response_to_json(one)} for zone, one in zones.items()],
        "lost_share": found.lost_share,
        **{figure.key: getattr(found, figure.key) for figure in RESPONSE_MEASURES},
        "sites": [{"site": site, **_response_to_json(one)} for site, one in found.sites.items()],
        "travel": {
            "provider": travel.provider if travel else TravelProvider.GRID,
            "source": travel.source if travel else "",
            "vintage": travel.vintage if travel else "",
            "text": describe_travel_source(state.project),
        },
    }


def _response_to_json(one: SiteResponse) -> dict[str, float | None]:
    return {
        "mean_response_min": one.mean_response_min,
        "share_within_target": one.share_within_target,
    }


def _play_school_days(
    state: ProjectState, calls: CallDemand, args: argparse.Namespace, under: ResponseConditions
) -> SimulatedDays:
    with ProgressBar("Simulating school days") as progress:
        return replay_school_days(
            state,
            calls,
            days=args.school_days,
            target_min=args.target_min,
            under=under,
            report=progress,
        )


def _measured_to_json(measured: SimulatedResponse | SimulatedDays) -> dict[str, Any]:
    """Return the figures of simulated calls or of played days, each with its interval."""
    return {
        "units": [
            {"unit": unit, "utilization": asdict(busy)} for unit, busy in measured.units.items()
        ],
        **{figure.key: asdict(getattr(measured, figure.key)) for figure in RESPONSE_MEASURES},
    }


def _read_conditions(
    state: ProjectState, args: argparse.Namespace, calls: CallDemand, when: WeekTime
) -> ResponseConditions:
    """Return what the options set; without a time of the week calls come evenly all day."""
    return ResponseConditions(
        units_off=args.without,
        idle_place=args.waits,
        mutual_aid=parse_mutual_aid(state.project, args.aid),
        urgent_share=calls.urgent_share,
        queue=args.queue,
        calls_per_h=calls.by_site(when),
        window=when.window,
    )


def _demand_to_json(calls: CallDemand, args: argparse.Namespace) -> dict[str, Any]:
    return {
        "school_days": calls.observed.school_days,
        "incidents": calls.observed.incidents,
        "weekday": args.weekday,
        "window": args.window,
        "sites": [
            {
                "site": site,
                "calls_per_day": float(calls.per_day[at]),
                **name_bounds(calls.bounds_of(at)),
                "n": calls.observed.by_site[site],
            }
            for at, site in enumerate(calls.sites)
        ],
    }


def _simulate(
    state: ProjectState, args: argparse.Namespace, under: ResponseConditions
) -> SimulatedResponse:
    with ProgressBar("Simulating") as progress:
        return simulate_response(
            state,
            days=args.simulate,
            target_min=args.target_min,
            under=under,
            report=progress,
        )
