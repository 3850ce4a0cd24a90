"""Show in which order a unit visits its schools on a day: another each day, drawn by chance."""

import argparse
from dataclasses import asdict
from zoneinfo import ZoneInfo

from zoneplanner.analysis.travel.visiting_order import Repeats
from zoneplanner.app.roster.visiting_order import VisitingOrder, compute_visiting_order
from zoneplanner.cli.output import CommandResult, OutputLine, make_table
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.project import Project


def run(args: argparse.Namespace) -> CommandResult:
    """Find the order, and how evenly arrivals fall on half-hours from day to day."""
    with open_session_for_command(args.project, plan=args.plan, read_only=True) as session:
        found = compute_visiting_order(
            session.state, args.unit, args.date, seed=args.seed, vary=not args.shortest
        )
        return _answer(session.project, found, args.seed)


def _answer(project: Project, found: VisitingOrder, seed: int) -> CommandResult:
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
        for stop in found.stops
    ]
    data = {
        "stops": stops,
        "unit": found.unit,
        "date": str(found.day),
        "officer": found.officer,
        "drive_min": round(found.drive_min, 2),
        "best_drive_min": round(found.best_drive_min, 2),
        "exact": found.exact,
        "entropy": round(found.entropy, 3),
        "repeats": asdict(found.repeats) if found.repeats else None,
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
        for number, stop in enumerate(found.stops, start=1)
    ]
    officer = project.officers.get(found.officer or "")
    who = f", {officer.name}" if officer else ""
    proven = "the order that is proven to end first" if found.exact else "the best order found"
    lines: list[OutputLine] = [
        f"{found.unit} on {found.day}{who}: {len(rows)} stops, {found.drive_min:.0f} min of "
        f"driving ({found.best_drive_min:.0f} min in {proven}).",
        make_table(("", "From", "To", "School", "Drive, min", "Bell window"), rows, right=(0, 4)),
    ]
    if found.repeats:
        lines.append(_describe_repeats(found.repeats))
        lines.append(
            f"Arrivals by half-hour: {found.entropy:.2f} on a scale from 0 (always the same) to 1 "
            "(different every day)."
        )
    return CommandResult(data, lines, any(stop.late for stop in found.stops), project.formats)


def _describe_repeats(found: Repeats) -> str:
    """Say what somebody who sees the unit each day can learn of its orders."""
    same = "no order repeats" if found.order == 1 else f"one order occurs {found.order} times"
    return (
        f"Over {found.days} school days {same}; the same school is first on at most {found.first}, "
        f"last on {found.last}, and right after the same other school on {found.following} of them."
    )
