"""Write the project's data for other programs: layers, tables, a workbook."""

import argparse

from zoneplanner.app.exporting import FORMATS, export
from zoneplanner.cli.answer import Answer, Progressing
from zoneplanner.cli.opened import a_path, add_project, opened

EXAMPLE = "export district.gpkg --as xlsx --to district.xlsx"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)
    parser.add_argument(
        "--as", required=True, dest="kind", metavar="FORMAT", help=", ".join(FORMATS)
    )
    parser.add_argument(
        "--to", required=True, type=a_path, metavar="PATH", help="a file, or a folder for several"
    )
    parser.add_argument(
        "--layer",
        action="append",
        default=[],
        metavar="L",
        help="sites, zones, plan, visits ...; else all that the format can hold",
    )
    parser.add_argument("--plan", metavar="N", help="whose zones; else the plan in force")


def run(args: argparse.Namespace) -> Answer:
    """Write the files, all of each or nothing."""
    with opened(args.project, read_only=True) as session, Progressing("Writing") as report:
        done = export(session, args.kind, args.to, layers=args.layer, plan=args.plan, report=report)
    data = {"files": [str(file) for file in done.files], "rows": done.rows}
    return Answer(data, (done.text,))
