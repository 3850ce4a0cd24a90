"""Show a project file's version, contents, log and history."""

import argparse

from zoneplanner import storage
from zoneplanner.analysis.districting.kernel.library import describe_kernel
from zoneplanner.app.session.undo_stack import follow_saved_edits
from zoneplanner.cli.output import CommandResult, describe_head, to_json
from zoneplanner.cli.sessions import open_store_for_command
from zoneplanner.messages import Message


def run(args: argparse.Namespace) -> CommandResult:
    """Look at the file without changing it, even if it has another version."""
    with open_store_for_command(args.project, read_only=True) as store:
        project, head, edits = store.project(), store.head(), store.edits()
        versions, engine = (store.schema_version, store.min_reader_version), store.engine()
    undoable = max(len(follow_saved_edits(edits).steps) - 1, 0)
    plans = [plan.name for plan in project.plans.values()]
    data = {
        "schema_version": versions[0],
        "min_reader_version": versions[1],
        "program_schema_version": storage.SCHEMA_VERSION,
        **to_json(project, "uid name crs time_zone"),
        "sites": len(project.sites),
        "plans": plans,
        "layers": [layer.title for layer in project.layers.values() if layer.own],
        "entries": head.entries,
        "head": head.hash,
        "edits": len(edits),
        "undoable": undoable,
        "engine": engine._asdict(),
        "kernel": describe_kernel(),
    }
    plan_names = ", ".join(f"“{name}”" for name in plans)
    about = Message("project_info", **data)
    lines = [
        str(about),
        str(Message("plans_info" if plans else "plans_info.none", plans=plan_names)),
        str(Message("edits_info", n=len(edits), undoable=undoable)),
        f"{describe_head(head, 'journal entry', 'journal entries')}.",
        str(_describe_version(*versions)),
        str(Message("engine_info", engine=engine.message)),
        str(Message("kernel_info", kernel=describe_kernel())),
    ]
    return CommandResult(data, lines)


def _describe_version(version: int, reader: int) -> Message:
    current = storage.SCHEMA_VERSION
    age = "earlier" if version < current else "newer" if version > current else "current"
    return Message(f"project_version.{age}", version=version, current=current, reader=reader)
