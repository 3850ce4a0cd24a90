"""Show the day: who is missing and whom to call, bells, events, and what is due."""

import argparse
from collections.abc import Iterable

from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.readiness.requirements import compute_readiness
from zoneplanner.app.roster.today import (
    TODAY_GROUPS,
    TodayLine,
    build_today,
    describe_today,
    print_today,
)
from zoneplanner.cli.output import CommandResult
from zoneplanner.cli.sessions import open_session_for_command


def run(args: argparse.Namespace) -> CommandResult:
    """Show the day, and write its page if requested."""
    with open_session_for_command(args.project, read_only=True) as session:
        session.formats = session.saved_project.formats
        day = args.date or session.today
        readiness = compute_readiness(session, day)
        today = build_today(session, readiness, day)
        lines = [describe_today(session, today)]
        for name, group in today.groups.items():
            lines += ["", TODAY_GROUPS[name], *_indent(group)]
        data = {
            "date": str(day),
            "day_kind": today.kind,
            "assignments": {"filled": today.filled, "planned": today.planned},
            **{name: [line.facts for line in today.groups.get(name, ())] for name in TODAY_GROUPS},
            "files": [],
        }
        if args.to is not None:
            session.store.check_target(args.to)
            page = print_today(session, readiness, day)
            data["files"] = [str(write_file_atomically(args.to, page))]
            lines += ["", f"Written: {args.to}"]
    return CommandResult(data, lines, has_problems=bool(today.groups.get("open")))


def _indent(lines: Iterable[TodayLine], prefix: str = "  ") -> list[str]:
    texts = []
    for line in lines:
        texts.append(
            f"{prefix}{line.text}: {line.detail}" if line.detail else f"{prefix}{line.text}"
        )
        texts += _indent(line.more, f"{prefix}  ")
    return texts
