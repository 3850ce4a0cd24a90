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
    """Read the day, and write its page where that is asked for."""
    with open_session_for_command(args.project, read_only=True) as session:
        day = args.date or session.today
        readiness = compute_readiness(session, day)
        found = build_today(session, readiness, day)
        lines = [describe_today(session, found)]
        for name, own in found.groups.items():
            lines += ["", TODAY_GROUPS[name], *_indent(own)]
        data = {
            "date": str(day),
            "day_kind": found.kind,
            "assignments": {"filled": found.filled, "planned": found.planned},
            **{name: [line.facts for line in found.groups.get(name, ())] for name in TODAY_GROUPS},
            "files": [],
        }
        if args.to is not None:
            session.store.check_target(args.to)
            page = print_today(session, readiness, day)
            data["files"] = [str(write_file_atomically(args.to, page))]
            lines += ["", f"Written: {args.to}"]
    return CommandResult(data, lines, has_problems=bool(found.groups.get("open")))


def _indent(lines: Iterable[TodayLine], by: str = "  ") -> list[str]:
    texts = []
    for line in lines:
        texts.append(f"{by}{line.text}: {line.detail}" if line.detail else f"{by}{line.text}")
        texts += _indent(line.more, f"{by}  ")
    return texts
