"""Write a whole and consistent copy of a project, also while others work on it."""

import argparse

from zoneplanner.cli.arguments import add_project_argument, open_store_for_command, parse_path
from zoneplanner.cli.output import CommandResult

EXAMPLE = "backup district.gpkg --to copies/district.gpkg"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project_argument(parser)
    parser.add_argument("--to", type=parse_path, required=True, metavar="FILE", help="the new file")


def run(args: argparse.Namespace) -> CommandResult:
    """Write the copy; the journal's head is its anchor."""
    with open_store_for_command(args.project, read_only=True) as store:
        head = store.backup(args.to)
    data = {"file": str(args.to), "entries": head.entries, "head": head.hash}
    text = f"“{args.to}” holds the project with {head.entries} journal entries."
    return CommandResult(data, (text, f"Head {head.hash or 'none yet'}."))
