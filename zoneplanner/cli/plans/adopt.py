"""Put a plan in force from a date."""

import argparse

from zoneplanner.cli.arguments import add_project_argument, open_session_for_command, parse_date
from zoneplanner.cli.output import CommandResult
from zoneplanner.domain.plans.lifecycle import adopt_plan

EXAMPLE = "adopt district.gpkg --plan Proposed --from 2026-12-01"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project_argument(parser)
    parser.add_argument("--plan", required=True, metavar="N")
    parser.add_argument("--from", required=True, type=parse_date, dest="start", metavar="DATE")


def run(args: argparse.Namespace) -> CommandResult:
    """Adopt the plan; the plan before it expires on that day."""
    with open_session_for_command(args.project, plan=args.plan) as session:
        plan = session.project.plan(args.plan)
        session.apply(
            f"Adopt “{plan.name}” from {args.start}",
            lambda project: adopt_plan(project, plan.uid, args.start),
        )
        said = [f"“{plan.name}” takes effect on {args.start}."]
        broken = len(session.state.problems)
        if broken:
            said.append(f"It breaks {broken} rules; `check` names them.")
        return CommandResult({"plan": plan.name}, tuple(said))
