"""Show the response to expect of a plan: how busy units are and how soon help comes."""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rich.table import Table

from zoneplanner.analysis.calls import WINDOWS, Demand, read_when
from zoneplanner.analysis.conditions import Conditions, read_aid
from zoneplanner.analysis.drives import provenance
from zoneplanner.analysis.expected import TARGET_MIN, Expected, by_zone
from zoneplanner.analysis.intervals import Estimate
from zoneplanner.analysis.school_day import PlayedDays
from zoneplanner.analysis.simulate import Simulated
from zoneplanner.app.demand import learnt, words
from zoneplanner.app.evaluate import (
    FIGURES,
    assumed,
    evaluate,
    plan_of,
    play_days,
    simulate_days,
)
from zoneplanner.app.reading import Reading
from zoneplanner.cli.answer import Answer, Progressing, table
from zoneplanner.cli.opened import a_number, a_whole_number, add_project, opened
from zoneplanner.domain.travel import Provider

PARTED = (
    "Played days part from the model where calls bunch at lunch and dismissal, where a call leaves "
    "a unit far from its visits, and where a day begins with everybody free."
)
EXAMPLE = "evaluate district.gpkg --without S3 --target-min 8"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)
    parser.add_argument("--plan", metavar="N", help="the plan in force, else the latest")
    parser.add_argument(
        "--without", nargs="+", action="extend", default=[], metavar="UNIT", help="units off duty"
    )
    parser.add_argument(
        "--target-min",
        type=a_number,
        default=TARGET_MIN,
        metavar="MINUTES",
        help=f"turn-out and travel that are soon enough ({TARGET_MIN:g})",
    )
    parser.add_argument(
        "--simulate",
        type=a_whole_number,
        metavar="DAYS",
        help="measure the same in a run of the model's own calls",
    )
    parser.add_argument(
        "--school-days",
        type=a_whole_number,
        metavar="DAYS",
        help="play school days with visits, bells, priorities and drives beside it",
    )
    parser.add_argument(
        "--weekday", metavar="DAY", help="calls of this weekday's --window, as the journal tells"
    )
    parser.add_argument("--window", metavar="WINDOW", help=", ".join(WINDOWS))
    parser.add_argument(
        "--aid",
        nargs="+",
        action="extend",
        default=[],
        metavar="JURISDICTION=never|urgent|all",
        help="when units of others help in a jurisdiction",
    )
    parser.add_argument(
        "--waits", choices=("visits", "posts"), default="visits", help="where units are (visits)"
    )
    parser.add_argument(
        "--queue",
        choices=("loss", "infinite"),
        default="loss",
        help="what becomes of a call that finds nobody free (loss)",
    )


def run(args: argparse.Namespace) -> Answer:
    """Evaluate the plan, and simulate it where asked."""
    with opened(args.project, plan=args.plan, read_only=True) as session:
        reading = session.reading
        calls = learnt(session)
        under = _conditions(reading, args, calls)
        found = evaluate(reading, without=args.without, target_min=args.target_min, under=under)
        measured = None if args.simulate is None else _simulated(reading, args, under)
        played = None if args.school_days is None else _played(reading, calls, args, under)
    data: dict[str, Any] = {
        "units": [
            {
                "unit": unit,
                "utilization": utilization,
                "mean_response_min": found.unit_response_min[unit],
            }
            for unit, utilization in found.units.items()
        ],
        "zones": [
            {
                "zone": zone,
                "mean_response_min": response.mean_response_min,
                "share_within_target": response.share_within_target,
            }
            for zone, response in by_zone(
                found, plan_of(reading).assignment, under.calls_per_h or {}
            ).items()
        ],
        "lost_share": found.lost_share,
        **{figure.key: getattr(found, figure.key) for figure in FIGURES},
        "sites": [
            {
                "site": site,
                "mean_response_min": response.mean_response_min,
                "share_within_target": response.share_within_target,
            }
            for site, response in found.sites.items()
        ],
    }
    travel = reading.project.travel
    data["travel"] = {
        "provider": travel.provider if travel else Provider.GRID,
        "source": travel.source if travel else "",
        "vintage": travel.vintage if travel else "",
        "text": provenance(reading.project),
    }
    data["demand"] = _demand(calls, args)
    if found.mean_wait_min is not None:
        data["mean_wait_min"] = found.mean_wait_min
    if measured is not None:
        data["simulated"] = _as_json(measured)
    lines = _lines(reading, found, measured, calls, under)
    if played is not None:
        data["school_days"] = _played_json(played)
        lines += ["", _played_table(found, played), "", PARTED]
    return Answer(data, lines)


def _played(
    reading: Reading, calls: Demand, args: argparse.Namespace, under: Conditions
) -> PlayedDays:
    with Progressing("Playing school days") as progress:
        return play_days(
            reading,
            calls,
            days=args.school_days,
            target_min=args.target_min,
            under=replace(under, without=args.without),
            report=progress,
        )


def _played_json(played: PlayedDays) -> dict[str, Any]:
    return {
        "days": played.days,
        "calls": played.calls,
        "units": [
            {"unit": unit, "utilization": _estimate(busy)} for unit, busy in played.units.items()
        ],
        **{figure.key: _estimate(getattr(played, figure.key)) for figure in FIGURES},
        "visits_made_share": _estimate(played.visits_made_share),
    }


def _played_table(found: Expected, played: PlayedDays) -> Table:
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


def _conditions(reading: Reading, args: argparse.Namespace, calls: Demand) -> Conditions:
    """Return what the options set; without a time of the week calls come evenly all day."""
    when = read_when(args.weekday, args.window)
    return Conditions(
        waits=args.waits,
        aid=read_aid(reading.project, args.aid),
        urgent_share=calls.urgent_share,
        queue=args.queue,
        calls_per_h=calls.by_site(when),
    )


def _demand(calls: Demand, args: argparse.Namespace) -> dict[str, Any]:
    low, high = calls.interval()
    return {
        "school_days": calls.seen.school_days,
        "incidents": calls.seen.incidents,
        "weekday": args.weekday,
        "window": args.window,
        "sites": [
            {"site": site, "calls_per_day": mean, "low": least, "high": most, "n": n}
            for site, mean, least, most, n in zip(
                calls.sites,
                calls.per_day.tolist(),
                low.tolist(),
                high.tolist(),
                [calls.seen.by_site[site] for site in calls.sites],
                strict=True,
            )
        ],
    }


def _simulated(reading: Reading, args: argparse.Namespace, under: Conditions) -> Simulated:
    with Progressing("Simulating") as progress:
        return simulate_days(
            reading,
            days=args.simulate,
            without=args.without,
            target_min=args.target_min,
            under=under,
            report=progress,
        )


def _as_json(measured: Simulated) -> dict[str, Any]:
    return {
        "units": [
            {"unit": unit, "utilization": _estimate(utilization)}
            for unit, utilization in measured.units.items()
        ],
        **{figure.key: _estimate(getattr(measured, figure.key)) for figure in FIGURES},
        "sites": [
            {
                "site": site,
                "mean_response_min": _estimate(response.mean_response_min),
                "share_within_target": _estimate(response.share_within_target),
            }
            for site, response in measured.sites.items()
        ],
    }


def _estimate(estimate: Estimate) -> dict[str, float | None]:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def _lines(
    reading: Reading,
    found: Expected,
    measured: Simulated | None,
    calls: Demand,
    under: Conditions,
) -> list[str | Table]:
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
