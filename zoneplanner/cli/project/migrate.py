"""Update a project from an earlier version; a copy of the old one is saved next to it."""

import argparse
import shlex

from zoneplanner import storage
from zoneplanner.app.projects.backups import migrate_with_backup
from zoneplanner.app.session.identity import get_utc_now
from zoneplanner.cli.output import CommandResult, describe_head
from zoneplanner.errors import UserError
from zoneplanner.messages import Message, say_all
from zoneplanner.storage import ServerAddress


def run(args: argparse.Namespace) -> CommandResult:
    """Update the project to the current version, completely or not at all."""
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
        head, version, backup = store.head(), store.schema_version, store.original_file
        notices = store.notices
    if done is not None:
        migration, backup = done
        facts = {"name": args.project.name, "version": version, "backup": backup}
        notices = (Message("shared_project_migrated", schema=migration.original_schema, **facts),)
    give = done[0].to_give if done is not None else ()
    data = {
        "migrated": backup is not None,
        "schema_version": version,
        "backup": None if backup is None else str(backup),
        "entries": head.entries,
        "head": head.hash,
        "to_give": [{"person": role.person, "role": role.role.value} for role in give],
    }
    if backup is None:
        notices = (Message("already_migrated", name=args.project.name, version=version),)
    lines = [
        say_all(notices),
        f"{describe_head(head, 'journal entry', 'journal entries')}.",
    ]
    if give:
        lines.append(str(Message("roles_to_give_again")))
        lines += [
            f"  zoneplanner access {args.project} --give {shlex.quote(role.person)}"
            f" --role {role.role.value}"
            for role in give
        ]
    return CommandResult(data, lines)
