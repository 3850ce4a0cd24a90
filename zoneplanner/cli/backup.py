"""Write a whole and consistent copy of a project, also while others work on it."""

import argparse

from zoneplanner.cli.answer import Answer
from zoneplanner.cli.opened import a_path, add_project, opened_store

EXAMPLE = "backup district.gpkg --to copies/district.gpkg"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)
    parser.add_argument("--to", type=a_path, required=True, metavar="FILE", help="the new file")


def run(args: argparse.Namespace) -> Answer:
    """Write the copy; the journal's head is its anchor."""
    with opened_store(args.project, read_only=True) as store:
        head = store.backup(args.to)
    data = {"file": str(args.to), "entries": head.entries, "head": head.hash}
    text = f"“{args.to}” holds the project with {head.entries} journal entries."
    return Answer(data, (text, f"Head {head.hash or 'none yet'}."))
