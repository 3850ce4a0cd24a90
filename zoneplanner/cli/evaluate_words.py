"""The response to expect as a person reads it on the command line: tables and sentences."""

from collections.abc import Mapping

from rich.table import Table

from zoneplanner.analysis.calls import CallDemand
from zoneplanner.analysis.conditions import ResponseConditions
from zoneplanner.analysis.drives import describe_travel_source
from zoneplanner.analysis.expected import ExpectedResponse
from zoneplanner.analysis.intervals import Estimate
from zoneplanner.analysis.school_day import SimulatedDays
from zoneplanner.analysis.simulate import SimulatedResponse
from zoneplanner.app.demand import describe_demand
from zoneplanner.app.evaluate import (
    RESPONSE_MEASURES,
    describe_assumptions,
    require_plan,
)
from zoneplanner.app.reading import ProjectState
from zoneplanner.cli.answer import make_table

_PLAYED_DAYS_NOTE = (
    "Played days part from the model where calls bunch at lunch and dismissal, where a call leaves "
    "a unit far from its visits, and where a day begins with everybody free."
)


def _make_played_table(found: ExpectedResponse, played: SimulatedDays) -> Table:
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
    played_words = f"{played.days:,} days played [95 %]"
    return make_table(("Figure", "Expected", played_words), rows, right=(1, 2))


def _format_evaluation(
    reading: ProjectState,
    found: ExpectedResponse,
    measured: SimulatedResponse | None,
    calls: CallDemand,
    under: ResponseConditions,
) -> list[str | Table]:
    """Tell what is expected of the plan, and what it stands on."""
    plan = require_plan(reading)
    lines: list[str | Table] = [
        f"Plan “{plan.name}”, target {found.target_min:g} minutes of turn-out and travel.",
        "",
        _make_figure_table(found, measured),
        "",
        _make_unit_table(found, measured),
        "",
        _make_site_table(reading, found, calls),
        "",
        describe_assumptions(reading.basis, under),
        f"Calls: {describe_demand(calls)}",
        describe_travel_source(reading.project),
    ]
    if measured is not None:
        lines.append(
            f"Simulated: {measured.days:,} school days with {measured.calls:,} calls; in brackets "
            "the intervals, which all hold together with 95 % confidence."
        )
    if found.mean_wait_min is not None:
        waits = f"A call waits {found.mean_wait_min:.2f} min on average"
        lines.append(f"{waits}, those served at once among them.")
    lines += [
        f"Unit {unit} is on duty and has no site, so it answers no call." for unit in found.unplaced
    ]
    return lines


def _make_figure_table(found: ExpectedResponse, measured: SimulatedResponse | None) -> Table:
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


def _make_unit_table(found: ExpectedResponse, measured: SimulatedResponse | None) -> Table:
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


def _make_site_table(reading: ProjectState, found: ExpectedResponse, calls: CallDemand) -> Table:
    """Lay out the sites, those reached least often within the target first."""
    zone_of: Mapping[str, str] = require_plan(reading).assignment
    low, high = calls.interval()
    daily = {
        site: f"{mean:.2f} [{least:.2f} to {most:.2f}]"
        for site, mean, least, most in zip(calls.sites, calls.per_day, low, high, strict=True)
    }
    worst_first = sorted(found.sites.items(), key=lambda item: item[1].share_within_target)
    rows = [
        (
            reading.project.sites[site].name,
            zone_of.get(site, "–"),
            daily[site],
            _format_value(response.mean_response_min, "min"),
            _format_value(response.share_within_target, "%"),
        )
        for site, response in worst_first
    ]
    headers = ("Site", "Zone", "Calls a day [95 %]", "Mean response", "Within target")
    return make_table(headers, rows, right=(2, 3, 4))


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
