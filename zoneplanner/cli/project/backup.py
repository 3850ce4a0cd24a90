"""Write a whole and consistent copy of a project, also while others work on it."""

import argparse

from zoneplanner.cli.arguments import open_store_for_command
from zoneplanner.cli.output import CommandResult


def run(args: argparse.Namespace) -> CommandResult:
    """Write the copy; the journal's head is its anchor."""
    with open_store_for_command(args.project, read_only=True) as store:
        head = store.backup(args.to)
    data = {"file": str(args.to), "entries": head.entries, "head": head.hash}
    text = f"“{args.to}” contains the project with {head.entries} journal entries."
    return CommandResult(data, (text, f"Head {head.hash or 'none yet'}."))
