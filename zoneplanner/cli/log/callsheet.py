"""Show what a caller is told about a school: who serves it and whom to call."""

import argparse

from zoneplanner.app.log.call_sheet import make_call_sheet
from zoneplanner.cli.output import CommandResult
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.messages import render_message


def run(args: argparse.Namespace) -> CommandResult:
    """Print the sheet of one school."""
    with open_session_for_command(args.project, read_only=True) as session:
        sheet = make_call_sheet(session.state, args.site)
    agency = sheet.agency
    data = {
        "site": sheet.site,
        "name": sheet.name,
        "school_phone": sheet.school_phone,
        "agency": agency.id if agency else "",
        "agency_phone": agency.phone if agency else "",
        "tip_line": {"term": sheet.tip_line.term, "text": sheet.tip_line.text},
    }
    facts = {
        **data,
        "address": ", ".join(filter(None, (sheet.address, sheet.school_phone))),
        "agency": data["agency"] or "no agency on file",
        "agency_phone": data["agency_phone"] or "number not entered",
    }
    return CommandResult(data, [render_message("call_sheet", facts)])
