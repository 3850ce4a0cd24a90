"""Put a plan in force from a date."""

import argparse

from zoneplanner.cli.answer import Answer
from zoneplanner.cli.opened import a_date, add_project, opened
from zoneplanner.domain.planning import adopt

EXAMPLE = "adopt district.gpkg --plan Proposed --from 2026-12-01"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)
    parser.add_argument("--plan", required=True, metavar="N")
    parser.add_argument("--from", required=True, type=a_date, dest="start", metavar="DATE")


def run(args: argparse.Namespace) -> Answer:
    """Adopt the plan; the plan before it expires on that day."""
    with opened(args.project, plan=args.plan) as session:
        plan = session.project.plan(args.plan)
        session.apply(
            f"Adopt “{plan.name}” from {args.start}",
            lambda project: adopt(project, plan.uid, args.start),
        )
        said = [f"“{plan.name}” takes effect on {args.start}."]
        broken = len(session.reading.problems)
        if broken:
            said.append(f"It breaks {broken} rules; `check` names them.")
        return Answer({"plan": plan.name}, tuple(said))
