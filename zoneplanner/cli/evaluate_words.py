"""The response to expect as a person reads it on the command line: tables and sentences."""

from collections.abc import Mapping

from rich.table import Table

from zoneplanner.analysis.calls import Demand
from zoneplanner.analysis.conditions import Conditions
from zoneplanner.analysis.drives import provenance
from zoneplanner.analysis.expected import Expected
from zoneplanner.analysis.intervals import Estimate
from zoneplanner.analysis.school_day import PlayedDays
from zoneplanner.analysis.simulate import Simulated
from zoneplanner.app.demand import words
from zoneplanner.app.evaluate import (
    FIGURES,
    assumed,
    plan_of,
)
from zoneplanner.app.reading import Reading
from zoneplanner.cli.answer import table

PARTED = (
    "Played days part from the model where calls bunch at lunch and dismissal, where a call leaves "
    "a unit far from its visits, and where a day begins with everybody free."
)


def played_table(found: Expected, played: PlayedDays) -> Table:
    """Lay out what played days came to beside what the model expects."""
    rows = [
        (
            figure.name,
            _text(getattr(found, figure.key), figure.unit),
            _range(getattr(played, figure.key), figure.unit),
        )
        for figure in FIGURES
    ]
    rows += [
        (f"{unit} busy with calls", _text(found.units[unit], "%"), _range(busy, "%"))
        for unit, busy in played.units.items()
    ]
    rows.append(("Visits made", "–", _range(played.visits_made_share, "%")))
    played_words = f"{played.days:,} days played [95 %]"
    return table(("Figure", "Expected", played_words), rows, right=(1, 2))


def told(
    reading: Reading,
    found: Expected,
    measured: Simulated | None,
    calls: Demand,
    under: Conditions,
) -> list[str | Table]:
    """Tell what is expected of the plan, and what it stands on."""
    plan = plan_of(reading)
    lines: list[str | Table] = [
        f"Plan “{plan.name}”, target {found.target_min:g} minutes of turn-out and travel.",
        "",
        _figures(found, measured),
        "",
        _units(found, measured),
        "",
        _sites(reading, found, calls),
        "",
        assumed(reading.basis, under),
        f"Calls: {words(calls)}",
        provenance(reading.project),
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


def _figures(found: Expected, measured: Simulated | None) -> Table:
    rows = [
        (
            figure.name,
            _text(getattr(found, figure.key), figure.unit),
            *([_range(getattr(measured, figure.key), figure.unit)] if measured else []),
            figure.definition,
        )
        for figure in FIGURES
    ]
    headers = ("Figure", "Expected", *(["Simulated"] if measured else []), "Definition")
    return table(headers, rows, right=(1, 2) if measured else (1,))


def _units(found: Expected, measured: Simulated | None) -> Table:
    rows = [
        (
            unit,
            _text(utilization, "%"),
            *([_range(measured.units[unit], "%")] if measured else []),
            _text(found.unit_response_min[unit], "min"),
        )
        for unit, utilization in found.units.items()
    ]
    simulated = ["Simulated"] if measured else []
    headers = ("Unit", "Busy with calls", *simulated, "Mean response")
    return table(headers, rows, right=(1, 2, 3) if measured else (1, 2))


def _sites(reading: Reading, found: Expected, calls: Demand) -> Table:
    """Lay out the sites, those reached least often within the target first."""
    zone_of: Mapping[str, str] = plan_of(reading).assignment
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
            _text(response.mean_response_min, "min"),
            _text(response.share_within_target, "%"),
        )
        for site, response in worst_first
    ]
    headers = ("Site", "Zone", "Calls a day [95 %]", "Mean response", "Within target")
    return table(headers, rows, right=(2, 3, 4))


def _text(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    return f"{value:.1%}" if unit == "%" else f"{value:.1f} min"


def _range(estimate: Estimate, unit: str) -> str:
    if estimate.low is None or estimate.high is None:
        return "–"
    scale = 100 if unit == "%" else 1
    low, high = estimate.low * scale, estimate.high * scale
    return f"{_text(estimate.value, unit)} [{low:.1f} to {high:.1f}]"
