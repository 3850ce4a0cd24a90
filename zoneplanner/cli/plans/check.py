"""Check every rule of a project and its plan."""

import argparse

from zoneplanner.cli.arguments import (
    add_project_argument,
    findings_to_json,
    open_session_for_command,
)
from zoneplanner.cli.output import CommandResult

EXAMPLE = "check district.gpkg"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project_argument(parser)
    parser.add_argument("--plan", metavar="N", help="the plan in force, else the latest")


def run(args: argparse.Namespace) -> CommandResult:
    """Report broken rules as problems, and what should be known as notes."""
    with open_session_for_command(args.project, plan=args.plan, read_only=True) as session:
        problems, notes = session.state.problems, session.state.notes
    data = {"problems": findings_to_json(problems), "notes": findings_to_json(notes)}
    lines = [f"Problem: {problem.text}" for problem in problems] or ["No rule is broken."]
    lines += [f"Note: {note.text}" for note in notes]
    return CommandResult(data, lines, has_problems=bool(problems))
