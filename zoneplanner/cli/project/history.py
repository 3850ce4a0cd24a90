"""Show the steps in a project's history."""

import argparse
from zoneinfo import ZoneInfo

from zoneplanner.cli.output import CommandResult, make_table
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count


def run(args: argparse.Namespace) -> CommandResult:
    """List the steps, the latest first; log entries are not steps."""
    if args.last is not None and args.last < 1:
        raise UserError("argument_negative.one", argument="--last", given=args.last)
    with open_session_for_command(args.project, read_only=True) as session:
        steps, zone = session.history[::-1][: args.last], ZoneInfo(session.project.time_zone)
        formats = session.saved_project.formats
        total = len(session.history)
    data = [
        {"seq": step.seq, "at": format_utc_iso(step.at), "actor": step.actor, "label": step.label}
        for step in steps
    ]
    rows = [
        (f"{step.seq:,}", formats.moment(step.at.astimezone(zone)), step.actor, step.label)
        for step in steps
    ]
    table = make_table(("Step", "When", "Who", "What"), rows, right=(0,))
    return CommandResult(
        {"steps": data, "total": total}, [table, f"{format_count(total, 'step')}."], formats=formats
    )
