"""Write the project's data for other programs: layers, tables, a workbook."""

import argparse

from zoneplanner.app.exports.file_export import EXPORT_FORMATS, export_file
from zoneplanner.cli.arguments import add_project_argument, open_session_for_command, parse_path
from zoneplanner.cli.output import CommandResult, ProgressBar

EXAMPLE = "export district.gpkg --as xlsx --to district.xlsx"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project_argument(parser)
    parser.add_argument(
        "--as", required=True, dest="kind", metavar="FORMAT", help=", ".join(EXPORT_FORMATS)
    )
    parser.add_argument(
        "--to",
        required=True,
        type=parse_path,
        metavar="PATH",
        help="a file, or a folder for several",
    )
    parser.add_argument(
        "--layer",
        action="append",
        default=[],
        metavar="L",
        help="sites, zones, plan, visits ...; else all that the format can hold",
    )
    parser.add_argument("--plan", metavar="N", help="whose zones; else the plan in force")


def run(args: argparse.Namespace) -> CommandResult:
    """Write the files, all of each or nothing."""
    with (
        open_session_for_command(args.project, read_only=True) as session,
        ProgressBar("Writing") as report,
    ):
        done = export_file(
            session, args.kind, args.to, layers=args.layer, plan=args.plan, report=report
        )
    data = {"files": [str(file) for file in done.files], "rows": done.rows}
    return CommandResult(data, (done.text,))
