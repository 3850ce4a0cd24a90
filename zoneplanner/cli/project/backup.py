"""Write a complete, consistent copy of a project, even while others work on it."""

import argparse

from zoneplanner.app.projects.backups import back_up
from zoneplanner.cli.output import CommandResult
from zoneplanner.cli.sessions import open_session_for_command, open_store_for_command
from zoneplanner.messages import Message
from zoneplanner.storage import JournalHead


def run(args: argparse.Namespace) -> CommandResult:
    """Write the copy, or a backup among this desk's backups; the log's hash identifies it."""
    if args.to is None:
        with open_session_for_command(args.project, read_only=True) as session:
            backup = back_up(session, "asked for")
        file, head = backup.file, JournalHead(backup.entries, backup.head)
    else:
        with open_store_for_command(args.project, read_only=True) as store:
            file, head = args.to, store.backup(args.to)
    data = {"file": str(file), "entries": head.entries, "head": head.hash}
    text = str(Message("backup_written", file=file, n=head.entries))
    return CommandResult(data, (text, f"Head {head.hash or 'none yet'}."))
