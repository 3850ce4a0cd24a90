"""Write the web map, the printed zone sheets and the tables for an audience."""

import argparse

from zoneplanner.app.handout import AUDIENCES, PARTS, publish
from zoneplanner.cli.answer import Answer, Progressing
from zoneplanner.cli.opened import a_path, add_project, opened

EXAMPLE = "publish district.gpkg --to handouts --audience public"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)
    parser.add_argument("--to", required=True, type=a_path, metavar="DIR")
    parser.add_argument("--audience", required=True, choices=AUDIENCES)
    parser.add_argument("--only", default=",".join(PARTS), metavar="PARTS", help=", ".join(PARTS))
    parser.add_argument("--plan", metavar="N", help="the plan in force, else the latest")


def run(args: argparse.Namespace) -> Answer:
    """Write the files; each is whole or not there."""
    only = [part.strip() for part in args.only.split(",") if part.strip()]
    with (
        opened(args.project, plan=args.plan, read_only=True) as session,
        Progressing("Publishing") as report,
    ):
        files = publish(session, args.to, audience=args.audience, only=only, report=report)
    names = [str(file) for file in files]
    return Answer({"files": names}, names)
