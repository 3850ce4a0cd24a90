"""Verify the file: database, schema, journal chain and aggregates."""

import argparse

from zoneplanner.cli.answer import Answer, Progressing
from zoneplanner.cli.opened import add_project, opened_store

EXAMPLE = "verify district.gpkg"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)
    parser.add_argument(
        "--rebuild", action="store_true", help="compute anew what is kept beside the journal"
    )


def run(args: argparse.Namespace) -> Answer:
    """Report what is damaged, with the journal's head hash as its anchor."""
    with (
        opened_store(args.project, read_only=not args.rebuild) as store,
        Progressing("Verifying") as report,
    ):
        if args.rebuild:
            store.rebuild_aggregates()
        found = store.verify(report)
    data = {
        "ok": found.ok,
        "entries": found.entries,
        "head": found.head,
        "findings": [{"code": item.code, "text": item.text} for item in found.findings],
    }
    lines = [item.text for item in found.findings] or ["The file is whole."]
    lines.append(f"{found.entries} journal entries; head {found.head or 'none yet'}.")
    return Answer(data, lines, found=not found.ok)
