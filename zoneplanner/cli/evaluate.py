"""Show the response to expect of a plan: how busy units are and how soon help comes."""

import argparse
from dataclasses import replace
from typing import Any

from zoneplanner.analysis.calls import WINDOWS, Demand, read_when
from zoneplanner.analysis.conditions import Conditions, read_aid
from zoneplanner.analysis.drives import provenance
from zoneplanner.analysis.expected import TARGET_MIN, Expected, SiteResponse, by_zone
from zoneplanner.analysis.intervals import Estimate
from zoneplanner.analysis.school_day import PlayedDays
from zoneplanner.analysis.simulate import Simulated
from zoneplanner.app.demand import learnt
from zoneplanner.app.evaluate import (
    FIGURES,
    evaluate,
    plan_of,
    play_days,
    simulate_days,
)
from zoneplanner.app.reading import Reading
from zoneplanner.cli.answer import Answer, Progressing
from zoneplanner.cli.evaluate_words import PARTED, played_table, told
from zoneplanner.cli.opened import a_number, a_whole_number, add_project, opened
from zoneplanner.domain.travel import Provider

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
    data = _expected_json(reading, found, under)
    data["demand"] = _demand(calls, args)
    if found.mean_wait_min is not None:
        data["mean_wait_min"] = found.mean_wait_min
    if measured is not None:
        data["simulated"] = _as_json(measured)
    lines = told(reading, found, measured, calls, under)
    if played is not None:
        data["school_days"] = _played_json(played)
        lines += ["", played_table(found, played), "", PARTED]
    return Answer(data, lines)


def _expected_json(reading: Reading, found: Expected, under: Conditions) -> dict[str, Any]:
    travel = reading.project.travel
    zones = by_zone(found, plan_of(reading).assignment, under.calls_per_h or {})
    return {
        "units": [
            {
                "unit": unit,
                "utilization": utilization,
                "mean_response_min": found.unit_response_min[unit],
            }
            for unit, utilization in found.units.items()
        ],
        "zones": [{"zone": zone, **_response(one)} for zone, one in zones.items()],
        "lost_share": found.lost_share,
        **{figure.key: getattr(found, figure.key) for figure in FIGURES},
        "sites": [{"site": site, **_response(one)} for site, one in found.sites.items()],
        "travel": {
            "provider": travel.provider if travel else Provider.GRID,
            "source": travel.source if travel else "",
            "vintage": travel.vintage if travel else "",
            "text": provenance(reading.project),
        },
    }


def _response(one: SiteResponse) -> dict[str, float | None]:
    return {
        "mean_response_min": one.mean_response_min,
        "share_within_target": one.share_within_target,
    }


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
