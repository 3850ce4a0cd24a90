"""Copy a project to a PostgreSQL server for several desks, or from there to a file."""

import argparse

from zoneplanner.app.session.identity import get_actor_name, get_utc_now
from zoneplanner.cli.output import CommandResult, ProgressBar
from zoneplanner.cli.sessions import open_store_for_command
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.storage import ServerAddress


def run(args: argparse.Namespace) -> CommandResult:
    """Copy all of it: layers, plans, history, and the log with its hash chain."""
    to = args.to
    if isinstance(args.project, ServerAddress) == isinstance(to, ServerAddress):
        raise UserError("needs_file_and_address")
    if args.setup is not None and not (
        isinstance(to, ServerAddress) and isinstance(args.setup, ServerAddress)
    ):
        raise UserError("needs_file_and_address")
    read_only = not isinstance(to, ServerAddress)
    with (
        open_store_for_command(args.project, read_only=read_only) as store,
        ProgressBar("Sharing") as report,
    ):
        verification = store.verify()
        if not verification.ok:
            raise UserError(
                "not_whole",
                findings=list(map(str, verification.findings)),
                project=store.name,
                first=verification.findings[0],
            )
        if isinstance(to, ServerAddress):
            head = store.share_for_good(
                to,
                actor=get_actor_name(),
                at=get_utc_now(),
                report=report,
                administrator=args.setup,
            )
        else:
            head = store.backup(to)
    data = {"project": str(to), "entries": head.entries, "head": head.hash}
    lines = [str(Message("project_moved", place=to, n=head.entries))]
    if isinstance(to, ServerAddress):
        lines += [
            str(Message("project_moved.give_roles")),
            f"  zoneplanner access {to} --give officer.a --role planner --login",
            str(Message("project_moved.file_is_copy")),
        ]
    return CommandResult(data, lines)
