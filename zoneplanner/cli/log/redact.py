"""Permanently remove a record's free text from the project and its copies on this computer."""

import argparse
from typing import Any

from zoneplanner.app.log.retention import (
    RemovalPlan,
    describe_removal,
    plan_redaction,
    remove_texts,
)
from zoneplanner.app.session.session import Session
from zoneplanner.cli.output import CommandResult
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.messages import format_count


def run(args: argparse.Namespace) -> CommandResult:
    """Remove the text or, with ``--dry-run``, say what would be removed and from where."""
    with open_session_for_command(args.project, read_only=args.dry_run) as session:
        plan = plan_redaction(session, args.uid, args.field, basis=args.basis)
        return run_removal(session, plan, dry_run=args.dry_run)


def run_removal(session: Session, plan: RemovalPlan, *, dry_run: bool) -> CommandResult:
    """Remove the planned texts without asking: a command does what it says."""
    data: dict[str, Any] = {
        "uid": None,
        "entries": [{"uid": uid, "fields": list(fields)} for uid, fields in plan.fields.items()],
        "texts": plan.texts,
        "held": plan.held,
        "copies": [str(copy) for copy in plan.copies],
        "left": [],
    }
    if not plan.fields:
        return CommandResult(data, (describe_removal(plan),))
    texts = format_count(plan.texts, "text")
    entries = format_count(len(plan.fields), "entry", "entries")
    held = [f"{format_count(plan.held, 'entry', 'entries')} under a litigation hold will stay."]
    held = held if plan.held else []
    if dry_run:
        where = format_count(len(plan.copies), "copy", "copies")
        summary = f"{texts} in {entries} would be removed, and from {where} on this computer."
        return CommandResult(data, (summary, *data["copies"], *held))
    result = remove_texts(session, plan)
    data |= {
        "uid": result.uid,
        "copies": [str(copy) for copy in result.copies],
        "left": [{"place": place, "why": why} for place, why in result.left.items()],
    }
    copies = format_count(len(result.copies), "copy", "copies")
    lines = [f"Removed {texts} from {entries}, and from {copies} on this computer.", *held]
    lines += [f"Not removed from {place}: {why}" for place, why in result.left.items()]
    return CommandResult(data, lines, has_problems=bool(result.left))
