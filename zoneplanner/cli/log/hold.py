"""Protect records from removal while a legal matter is open (litigation holds)."""

import argparse

from zoneplanner.app.log.public_records import list_holds, place_hold, release_hold
from zoneplanner.cli.output import CommandResult, make_table, to_json
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.log.public_records import LitigationHold
from zoneplanner.messages import Message


def run(args: argparse.Namespace) -> CommandResult:
    """Place a hold, release one, or list them."""
    changes = args.place is not None or args.release is not None
    with open_session_for_command(args.project, read_only=not changes) as session:
        uid = None
        if args.place is not None:
            span = {"site": args.site, "from_on": args.since, "until_on": args.until}
            uid = place_hold(session, args.place, **span)
        if args.release is not None:
            uid = release_hold(session, args.release)
        holds, formats = list_holds(session), session.project.formats
    shown = [
        (hold.matter, str(hold.placed_on), str(hold.released_on or "–"), _describe(hold), hold.uid)
        for hold in holds
    ]
    table = make_table(("Matter", "Placed", "Released", "Covers", "Hold"), shown)
    data = {"uid": uid, "holds": list(map(_to_json, holds))}
    line = table if holds else str(Message("nothing_listed.holds"))
    return CommandResult(data, (line,), formats=formats)


def _to_json(hold: LitigationHold) -> dict[str, object]:
    return to_json(hold, "uid matter site placed_on released_on from_on until_on")


def _describe(hold: LitigationHold) -> str:
    place = hold.site or "all records"
    since = f" from {hold.from_on}" if hold.from_on else ""
    return f"{place}{since}{f' until {hold.until_on}' if hold.until_on else ''}"
