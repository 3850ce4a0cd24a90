"""Put a plan in force from a date."""

import argparse

from zoneplanner.cli.output import CommandResult
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.plans.edits import adopt_plan
from zoneplanner.messages import format_count


def run(args: argparse.Namespace) -> CommandResult:
    """Adopt the plan; the plan before it expires on that day."""
    with open_session_for_command(args.project, plan=args.plan) as session:
        plan = session.project.plan(args.plan)
        session.apply(
            f"Adopt “{plan.name}” from {args.start}",
            lambda project: adopt_plan(project, plan.uid, args.start),
        )
        lines = [f"“{plan.name}” takes effect on {args.start}."]
        broken = len(session.state.problems)
        if broken:
            lines.append(f"It breaks {format_count(broken, 'rule')}; `check` lists them.")
        return CommandResult({"plan": plan.name}, lines, formats=session.project.formats)
