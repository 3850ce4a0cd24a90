"""Carry a project to a PostgreSQL server for several desks, or from there into a file."""

import argparse

from zoneplanner.app.project import now, this_actor
from zoneplanner.cli.answer import Answer, Progressing
from zoneplanner.cli.opened import a_project, add_project, opened_store
from zoneplanner.errors import UserError
from zoneplanner.storage import Address

EXAMPLE = "share district.gpkg --to postgresql://owner@server/district"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)
    parser.add_argument(
        "--to", type=a_project, required=True, metavar="PLACE", help="a postgresql:// address"
    )


def run(args: argparse.Namespace) -> Answer:
    """Copy all of it: layers, plans, history, and the journal with its chain."""
    to = args.to
    if isinstance(args.project, Address) == isinstance(to, Address):
        raise UserError(
            "Share a file to a postgresql:// address, or such an address to a file; "
            "name one of each.",
            code="needs_file_and_address",
        )
    read_only = not isinstance(to, Address)
    with opened_store(args.project, read_only=read_only) as store, Progressing("Sharing") as report:
        found = store.verify()
        if not found.ok:
            raise UserError(
                f"“{store.name}” is not whole ({found.findings[0].text}); restore a backup first.",
                {"findings": [item.text for item in found.findings]},
                code="not_whole",
            )
        if isinstance(to, Address):
            head = store.hand_over(to, actor=this_actor(), at=now(), report=report)
        else:
            head = store.backup(to)
    data = {"project": str(to), "entries": head.entries, "head": head.hash}
    lines = [f"The project is at {to} with {head.entries} journal entries."]
    if isinstance(to, Address):
        lines += [
            "Give each person a role of their own on the server, for example:",
            "  CREATE ROLE \"officer.a\" LOGIN PASSWORD '...' IN ROLE planner;",
            "The roles are planner, dispatcher and viewer.",
            "From now on the file is a copy and opens for reading only.",
        ]
    return Answer(data, lines)
