"""Tell what a project file is: its version, what it holds, its journal's head, its history."""

import argparse

from zoneplanner import storage
from zoneplanner.app.history import trail
from zoneplanner.cli.answer import Answer
from zoneplanner.cli.opened import add_project, opened_store

EXAMPLE = "info district.gpkg"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)


def run(args: argparse.Namespace) -> Answer:
    """Look at the file without changing it, also one of another version."""
    with opened_store(args.project, read_only=True) as store:
        project, head, edits = store.project(), store.head(), store.edits()
        versions = (store.schema_version, store.min_reader_version)
    undoable = max(len(trail(edits).steps) - 1, 0)
    plans = [plan.name for plan in project.plans.values()]
    data = {
        "schema_version": versions[0],
        "min_reader_version": versions[1],
        "program_schema_version": storage.SCHEMA_VERSION,
        "uid": project.uid,
        "name": project.name,
        "crs": project.crs,
        "time_zone": project.time_zone,
        "sites": len(project.sites),
        "plans": plans,
        "layers": [layer.title for layer in project.layers.values() if layer.own],
        "entries": head.entries,
        "head": head.hash,
        "edits": len(edits),
        "undoable": undoable,
    }
    named = ", ".join(f"“{name}”" for name in plans) or "none yet"
    lines = [
        f"“{project.name}” in {project.crs}, {project.time_zone}: {len(project.sites)} sites.",
        f"Plans: {named}.",
        f"{len(edits)} saved edits, of which History can go back over {undoable}.",
        f"{head.entries} journal entries; head {head.hash or 'none yet'}.",
        _version(*versions),
    ]
    return Answer(data, lines)


def _version(version: int, reader: int) -> str:
    told = f"Project file of version {version} (this program writes {storage.SCHEMA_VERSION}"
    if version < storage.SCHEMA_VERSION:
        return f"{told}); it is brought up to date when it is opened for writing, or by `migrate`."
    if version > storage.SCHEMA_VERSION:
        return f"{told}); a newer program made it, so it opens for reading only."
    return f"{told}); programs that know version {reader} can read it."
