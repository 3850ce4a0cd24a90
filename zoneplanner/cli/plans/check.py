"""Check every rule of a project and its plan."""

import argparse

from zoneplanner.app.coverage.demand import list_notes, summarize_demand
from zoneplanner.cli.arguments import (
    findings_to_json,
    open_session_for_command,
)
from zoneplanner.cli.output import CommandResult


def run(args: argparse.Namespace) -> CommandResult:
    """Report broken rules as problems, and what should be known as notes."""
    writes = args.put_back is not None
    with open_session_for_command(args.project, plan=args.plan, read_only=not writes) as session:
        if writes:
            session.put_back_external(args.put_back)
        problems, notes = session.state.problems, list_notes(session)
        demand = summarize_demand(session.state)
        external = () if writes else session.external
    # the rules are checked on what was saved: of what is otherwise only the cause is told
    problems = (*(one.finding for one in external if one.fault), *problems)
    notes = (*(one.finding for one in external if not one.fault), *notes)
    data = {
        "problems": findings_to_json(problems),
        "notes": findings_to_json(notes),
        "demand": demand,
    }
    lines = [f"Problem: {problem.text}" for problem in problems] or ["No rule is broken."]
    lines += [f"Note: {note.text}" for note in notes]
    return CommandResult(data, lines, has_problems=bool(problems))
