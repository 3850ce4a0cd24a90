"""Copy a plan to a new draft."""

import argparse

from zoneplanner.app.plans.zone_proposals import copy_plan
from zoneplanner.app.session.state import require_plan
from zoneplanner.cli.output import CommandResult
from zoneplanner.cli.sessions import open_session_for_command


def run(args: argparse.Namespace) -> CommandResult:
    """Copy the plan to a draft; a name in use gets a number."""
    with open_session_for_command(args.project, plan=args.plan) as session:
        plan = require_plan(session.state)
        draft = copy_plan(session, plan, args.name)
    return CommandResult(
        {"plan": draft.name, "copied": plan.name}, [f"“{draft.name}” is a draft of “{plan.name}”."]
    )
