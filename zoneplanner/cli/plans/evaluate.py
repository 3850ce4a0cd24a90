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
from zoneplanner.cli.output import (
    CommandResult,
    OutputLine,
    OutputTable,
    ProgressBar,
    make_table,
    to_json,
)
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.domain.geography.travel_times import TravelProvider
from zoneplanner.messages import Message


def _make_school_day_table(expected: ExpectedResponse, simulated: SimulatedDays) -> OutputTable:
    """Return a table of simulated school days next to the model's expectation."""
    rows = [
        (
            figure.name,
            _format_value(getattr(expected, figure.key), figure.unit),
            _format_estimate(getattr(simulated, figure.key), figure.unit),
        )
        for figure in RESPONSE_MEASURES
    ]
    rows += [
        (
            f"{unit} busy with calls",
            _format_value(expected.units[unit], "%"),
            _format_estimate(busy, "%"),
        )
        for unit, busy in simulated.units.items()
    ]
    rows.append(("Visits made", "–", _format_estimate(simulated.visits_made_share, "%")))
    header = f"{simulated.days:,} days simulated [95%]"
    return make_table(("Figure", "Expected", header), rows, right=(1, 2))


def _format_evaluation(
    state: ProjectState,
    expected: ExpectedResponse,
    measured: SimulatedResponse | None,
    calls: CallDemand,
    assumed: str,
) -> list[OutputLine]:
    """Describe what is expected of the plan, and what that is based on."""
    plan = require_plan(state)
    lines: list[OutputLine] = [
        f"Plan “{plan.name}”, target {expected.target_min:g} minutes of turnout and travel.",
        "",
        _make_figure_table(expected, measured),
        "",
        _make_unit_table(expected, measured),
        "",
        _make_site_table(state, expected, calls),
        "",
        assumed,
        f"Calls: {describe_demand(read_demand(state))}",
        str(describe_travel_source(state.project)),
    ]
    if measured is not None:
        simulated = Message("evaluate.simulated", days=measured.days, calls=measured.calls)
        lines.append(str(simulated))
    if expected.mean_wait_min is not None:
        lines.append(str(Message("evaluate.wait", minutes=expected.mean_wait_min)))
    return [*lines, *(str(Message("evaluate.no_sites", unit=u)) for u in expected.unplaced)]


def _make_figure_table(
    expected: ExpectedResponse, measured: SimulatedResponse | None
) -> OutputTable:
    rows = [
        (
            figure.name,
            _format_value(getattr(expected, figure.key), figure.unit),
            *([_format_estimate(getattr(measured, figure.key), figure.unit)] if measured else []),
            figure.definition,
        )
        for figure in RESPONSE_MEASURES
    ]
    headers = ("Figure", "Expected", *(["Simulated"] if measured else []), "Definition")
    return make_table(headers, rows, right=(1, 2) if measured else (1,))


def _make_unit_table(expected: ExpectedResponse, measured: SimulatedResponse | None) -> OutputTable:
    rows = [
        (
            unit,
            _format_value(utilization, "%"),
            *([_format_estimate(measured.units[unit], "%")] if measured else []),
            _format_value(expected.unit_response_min[unit], "min"),
        )
        for unit, utilization in expected.units.items()
    ]
    simulated = ["Simulated"] if measured else []
    headers = ("Unit", "Busy with calls", *simulated, "Mean response")
    return make_table(headers, rows, right=(1, 2, 3) if measured else (1, 2))


def _make_site_table(
    state: ProjectState, expected: ExpectedResponse, calls: CallDemand
) -> OutputTable:
    """Return a table of sites, those reached least often within the target first."""
    zone_of: Mapping[str, str] = require_plan(state).assignment
    daily = {
        site: _format_rate(float(calls.per_day[index]), calls.bounds_of(index))
        for index, site in enumerate(calls.sites)
    }
    worst_first = sorted(expected.sites.items(), key=lambda item: item[1].share_within_target)
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
    has_bounds = any(calls.bounds_of(index) for index in range(len(calls.sites)))
    rate = "Calls per day [95%]" if has_bounds else "Calls per day"
    headers = ("Site", "Zone", rate, "Mean response", "Within target of dispatch")
    return make_table(headers, rows, right=(2, 3, 4))


def _format_rate(mean: float, bounds: tuple[float, float] | None) -> str:
    """Write calls per day with their interval if any, with enough digits to tell them apart."""
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
        week_time = parse_week_time(args.weekday, args.window)
        conditions = _read_conditions(state, args, calls, week_time)
        expected = evaluate_response(state, under=conditions)
        measured = None if args.simulate is None else _simulate(state, args, conditions)
        school_days = (
            None
            if args.school_days is None
            else _simulate_school_days(state, calls, args, conditions)
        )
    data = _expected_to_json(state, expected, conditions)
    call = {"service_min": state.project.assumptions.service_min}
    data["demand"] = {**summarize_demand(state), **call, **_demand_to_json(calls, args)}
    if expected.mean_wait_min is not None:
        data["mean_wait_min"] = expected.mean_wait_min
    if measured is not None:
        sites = [{"site": site, **asdict(response)} for site, response in measured.sites.items()]
        data["simulated"] = {**_measured_to_json(measured), "sites": sites}
    assumed = describe_assumptions(state.basis, conditions, calls, week_time)
    lines = _format_evaluation(state, expected, measured, calls, assumed)
    if school_days is not None:
        data["school_days"] = {
            "days": school_days.days,
            "calls": school_days.calls,
            **_measured_to_json(school_days),
            "visits_made_share": asdict(school_days.visits_made_share),
        }
        lines += [
            "",
            _make_school_day_table(expected, school_days),
            "",
            str(Message("evaluate.days_differ")),
        ]
    return CommandResult(data, lines, formats=state.project.formats)


def _expected_to_json(
    state: ProjectState, expected: ExpectedResponse, conditions: ResponseConditions
) -> dict[str, Any]:
    travel = state.project.travel
    zones = average_by_zone(expected, require_plan(state).assignment, conditions.calls_per_h or {})
    return {
        "units": [
            {
                "unit": unit,
                "utilization": utilization,
                "mean_response_min": expected.unit_response_min[unit],
            }
            for unit, utilization in expected.units.items()
        ],
        "zones": [
            {"zone": zone, **_response_to_json(response)} for zone, response in zones.items()
        ],
        "lost_share": expected.lost_share,
        **{figure.key: getattr(expected, figure.key) for figure in RESPONSE_MEASURES},
        "sites": [
            {"site": site, **_response_to_json(response)}
            for site, response in expected.sites.items()
        ],
        "travel": {
            "provider": travel.provider if travel else TravelProvider.GRID,
            "source": travel.source if travel else "",
            "vintage": travel.vintage if travel else "",
            "text": str(describe_travel_source(state.project)),
        },
    }


def _response_to_json(response: SiteResponse) -> dict[str, float | None]:
    return to_json(response, "mean_response_min share_within_target")


def _simulate_school_days(
    state: ProjectState, calls: CallDemand, args: argparse.Namespace, under: ResponseConditions
) -> SimulatedDays:
    with ProgressBar("Simulating school days") as progress:
        return replay_school_days(
            state,
            calls,
            days=args.school_days,
            under=under,
            report=progress,
        )


def _measured_to_json(measured: SimulatedResponse | SimulatedDays) -> dict[str, Any]:
    """Return the figures of simulated calls or school days, each with its interval."""
    return {
        "units": [
            {"unit": unit, "utilization": asdict(busy)} for unit, busy in measured.units.items()
        ],
        **{figure.key: asdict(getattr(measured, figure.key)) for figure in RESPONSE_MEASURES},
    }


def _read_conditions(
    state: ProjectState, args: argparse.Namespace, calls: CallDemand, when: WeekTime
) -> ResponseConditions:
    """Return the conditions that the options set; without a time, calls are spread over the day."""
    return ResponseConditions(
        units_off=args.without,
        idle_place=args.waits,
        mutual_aid=parse_mutual_aid(state.project, args.aid),
        urgent_share=calls.urgent_share,
        queue=args.queue,
        calls_per_h=calls.by_site(when),
        window=when.window,
        target_min=args.target_min,
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
                "calls_per_day": float(calls.per_day[index]),
                **name_bounds(calls.bounds_of(index)),
                "n": calls.observed.by_site[site],
            }
            for index, site in enumerate(calls.sites)
        ],
    }


def _simulate(
    state: ProjectState, args: argparse.Namespace, under: ResponseConditions
) -> SimulatedResponse:
    with ProgressBar("Simulating") as progress:
        return simulate_response(
            state,
            days=args.simulate,
            under=under,
            report=progress,
        )
