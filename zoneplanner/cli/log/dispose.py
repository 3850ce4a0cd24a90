"""Remove free text from records whose retention period has passed."""

import argparse

from zoneplanner.app.log.retention import plan_disposal
from zoneplanner.cli.log.redact import run_removal
from zoneplanner.cli.output import CommandResult
from zoneplanner.cli.sessions import open_session_for_command


def run(args: argparse.Namespace) -> CommandResult:
    """Remove the text or, with ``--dry-run``, say what would be removed and from where."""
    with open_session_for_command(args.project, read_only=args.dry_run) as session:
        return run_removal(session, plan_disposal(session, args.kind), dry_run=args.dry_run)
