"""Show the order in which a unit visits its schools on a day; it varies from day to day."""

import argparse
from dataclasses import asdict
from zoneinfo import ZoneInfo

from zoneplanner.analysis.travel.visiting_order import Repeats
from zoneplanner.app.roster.visiting_order import VisitingOrder, compute_visiting_order
from zoneplanner.cli.output import CommandResult, OutputLine, make_table
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.project import Project


def run(args: argparse.Namespace) -> CommandResult:
    """Find the order, and how evenly arrivals are spread over the half-hours."""
    with open_session_for_command(args.project, plan=args.plan, read_only=True) as session:
        order = compute_visiting_order(
            session.state, args.unit, args.date, seed=args.seed, vary=not args.shortest
        )
        return _answer(session.project, order, args.seed)


def _answer(project: Project, order: VisitingOrder, seed: int) -> CommandResult:
    zone = ZoneInfo(project.time_zone)
    stops = [
        {
            "site": stop.site,
            "name": project.sites[stop.site].name,
            "arrive_at": stop.arrive_at.isoformat(),
            "leave_at": stop.leave_at.isoformat(),
            "drive_min": round(stop.drive_min, 2),
            "window": str(stop.window) if stop.window else None,
            "late": stop.late,
        }
        for stop in order.stops
    ]
    data = {
        "stops": stops,
        "unit": order.unit,
        "date": str(order.day),
        "officer": order.officer,
        "drive_min": round(order.drive_min, 2),
        "best_drive_min": round(order.best_drive_min, 2),
        "exact": order.exact,
        "entropy": round(order.entropy, 3),
        "repeats": asdict(order.repeats) if order.repeats else None,
        "seed": seed,
    }
    rows = [
        (
            str(number),
            f"{stop.arrive_at.astimezone(zone):%H:%M}",
            f"{stop.leave_at.astimezone(zone):%H:%M}",
            project.sites[stop.site].name,
            f"{stop.drive_min:.0f}",
            f"{stop.window or ''}{' (outside its window)' if stop.late else ''}",
        )
        for number, stop in enumerate(order.stops, start=1)
    ]
    officer = project.officers.get(order.officer or "")
    officer_text = f", {officer.name}" if officer else ""
    proven = "the order that is proven to end first" if order.exact else "the best order found"
    lines: list[OutputLine] = [
        f"{order.unit} on {order.day}{officer_text}: {len(rows)} stops, {order.drive_min:.0f} min "
        f"of driving ({order.best_drive_min:.0f} min in {proven}).",
        make_table(("", "From", "To", "School", "Drive, min", "Bell window"), rows, right=(0, 4)),
    ]
    if order.repeats:
        lines.append(_describe_repeats(order.repeats))
        lines.append(
            f"Arrivals by half-hour: {order.entropy:.2f} on a scale from 0 (always the same) to 1 "
            "(different every day)."
        )
    return CommandResult(data, lines, any(stop.late for stop in order.stops), project.formats)


def _describe_repeats(repeats: Repeats) -> str:
    """Describe what a person who watches the unit every day could learn from its orders."""
    repetition = (
        "no order repeats" if repeats.order == 1 else f"one order occurs {repeats.order} times"
    )
    return (
        f"Over {repeats.days} school days {repetition}; the same school is first on at most "
        f"{repeats.first}, last on {repeats.last}, and right after the same other school on "
        f"{repeats.following} of them."
    )
