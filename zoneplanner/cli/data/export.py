"""Write the project's data for other programs: layers, tables, a workbook."""

import argparse

from zoneplanner.app.exports.file_export import EXPORT_FORMATS, export_file
from zoneplanner.cli.output import CommandResult, ProgressBar
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.publish.audience import AUDIENCES, OWN

OPTION_VALUES = {"formats": EXPORT_FORMATS, "audiences": AUDIENCES, "own": OWN}


def run(args: argparse.Namespace) -> CommandResult:
    """Write the files; each is complete or not written."""
    with (
        open_session_for_command(args.project, read_only=True) as session,
        ProgressBar("Writing") as report,
    ):
        result = export_file(
            session,
            args.kind,
            args.to,
            layers=args.layer,
            plan=args.plan,
            audience=args.audience,
            report=report,
        )
    data = {"files": [str(file) for file in result.files], "rows": result.rows}
    return CommandResult(data, (str(result.message),))
