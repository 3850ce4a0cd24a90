"""Bring a project file of an earlier version up to date; the old file is kept beside it."""

import argparse

from zoneplanner import storage
from zoneplanner.cli.answer import Answer
from zoneplanner.cli.opened import add_project

EXAMPLE = "migrate district.gpkg"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)


def run(args: argparse.Namespace) -> Answer:
    """Bring the file to the present version, all or nothing."""
    with storage.open(args.project) as store:
        head, kept_as = store.head(), store.kept_as
        version, notice = store.schema_version, store.notice
    data = {
        "migrated": kept_as is not None,
        "schema_version": version,
        "backup": None if kept_as is None else str(kept_as),
        "entries": head.entries,
        "head": head.hash,
    }
    up_to_date = f"“{args.project.name}” is of version {version} already; nothing was changed."
    lines = [
        up_to_date if kept_as is None else notice,
        f"{head.entries} journal entries; head {head.hash or 'none yet'}.",
    ]
    return Answer(data, lines)
