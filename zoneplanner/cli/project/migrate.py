"""Bring a project of an earlier version up to date; a copy of the old file stays beside it."""

import argparse
import shlex

from zoneplanner import storage
from zoneplanner.app.projects.backups import migrate_with_backup
from zoneplanner.app.session.identity import get_utc_now
from zoneplanner.cli.output import CommandResult, describe_head
from zoneplanner.errors import UserError
from zoneplanner.storage import ServerAddress


def run(args: argparse.Namespace) -> CommandResult:
    """Bring the project to the present version, all or nothing."""
    if args.setup is not None and not (
        isinstance(args.project, ServerAddress) and isinstance(args.setup, ServerAddress)
    ):
        raise UserError("not_shared", name=args.project.name)
    done = (
        migrate_with_backup(args.project, get_utc_now(), args.setup)
        if isinstance(args.project, ServerAddress)
        else None
    )
    with storage.open(args.project) as store:
        head, version, original_file, notice = (
            store.head(),
            store.schema_version,
            store.original_file,
            store.notice,
        )
    if done is not None:
        found, copy = done
        original_file = copy
        notice = (
            f"“{args.project.name}” was brought up to date (version {version}). The earlier "
            f"version is kept on the server as ?schema={found.original_schema}, "
            f"and a copy is in “{copy}”."
        )
    give = done[0].to_give if done is not None else ()
    data = {
        "migrated": original_file is not None,
        "schema_version": version,
        "backup": None if original_file is None else str(original_file),
        "entries": head.entries,
        "head": head.hash,
        "to_give": [{"person": one.person, "role": one.role.value} for one in give],
    }
    up_to_date = f"“{args.project.name}” already has version {version}; nothing was changed."
    lines = [
        up_to_date if original_file is None else notice,
        f"{describe_head(head, 'journal entry', 'journal entries')}.",
    ]
    if give:
        lines.append("Its roles now apply to this project only. Give them to those who had one:")
        lines += [
            f"  zoneplanner access {args.project} --give {shlex.quote(one.person)}"
            f" --role {one.role.value}"
            for one in give
        ]
    return CommandResult(data, lines)
