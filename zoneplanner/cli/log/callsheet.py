"""Show what to tell a caller about a school: who serves it and whom to call."""

import argparse

from zoneplanner.app.log.call_sheet import (
    ASK_FIRST,
    CALL_SHEET_LABELS,
    NEVER_SAY,
    describe_call_sheet,
    make_call_sheet,
)
from zoneplanner.cli.output import CommandResult, to_json
from zoneplanner.cli.sessions import open_session_for_command


def run(args: argparse.Namespace) -> CommandResult:
    """Print the sheet of one school."""
    with open_session_for_command(args.project, read_only=True) as session:
        sheet = make_call_sheet(session.state, args.site)
    agency = sheet.agency
    data = {
        **to_json(sheet, "site name school_phone"),
        "agency": agency.id if agency else "",
        "agency_phone": agency.phone if agency else "",
        "tip_line": to_json(sheet.tip_line, "term text"),
    }
    facts = describe_call_sheet(sheet)
    lines = [f"{label}: {facts[key]}" for key, label in CALL_SHEET_LABELS.items()]
    return CommandResult(data, [sheet.name, ASK_FIRST, *lines, NEVER_SAY])
