"""Show the steps that made a project what it is."""

import argparse
from zoneinfo import ZoneInfo

from zoneplanner.cli.output import CommandResult, make_table
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count


def run(args: argparse.Namespace) -> CommandResult:
    """List the steps, the latest first; entries of the log are none."""
    if args.last is not None and args.last < 1:
        raise UserError("argument_negative.one", argument="--last", given=args.last)
    with open_session_for_command(args.project, read_only=True) as session:
        steps, zone = session.history[::-1][: args.last], ZoneInfo(session.project.time_zone)
        total = len(session.history)
    data = [
        {"seq": one.seq, "at": format_utc_iso(one.at), "actor": one.actor, "label": one.label}
        for one in steps
    ]
    rows = [
        (f"{one.seq:,}", f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}", one.actor, one.label)
        for one in steps
    ]
    table = make_table(("Step", "When", "Who", "What"), rows, right=(0,))
    return CommandResult(
        {"steps": data, "total": total}, [table, f"{format_count(total, 'step')}."]
    )
