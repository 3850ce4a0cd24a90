"""Check every rule of a project and its plan."""

import argparse

from zoneplanner.cli.answer import Answer
from zoneplanner.cli.opened import add_project, findings, opened

EXAMPLE = "check district.gpkg"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)
    parser.add_argument("--plan", metavar="N", help="the plan in force, else the latest")


def run(args: argparse.Namespace) -> Answer:
    """Report broken rules as problems, and what should be known as notes."""
    with opened(args.project, plan=args.plan, read_only=True) as session:
        problems, notes = session.reading.problems, session.reading.notes
    data = {"problems": findings(problems), "notes": findings(notes)}
    lines = [f"Problem: {problem.text}" for problem in problems] or ["No rule is broken."]
    lines += [f"Note: {note.text}" for note in notes]
    return Answer(data, lines, found=bool(problems))
