"""Assign one site to another zone."""

import argparse

from zoneplanner.app.plans.manual_assignment import reassign_site
from zoneplanner.app.session.state import require_plan
from zoneplanner.cli.output import CommandResult, findings_to_json
from zoneplanner.cli.sessions import open_session_for_command


def run(args: argparse.Namespace) -> CommandResult:
    """Make the edit; a broken balance or contiguity is reported, a wrong jurisdiction rejected."""
    with open_session_for_command(args.project, plan=args.plan) as session:
        plan, site = require_plan(session.state), session.project.site(args.site)
        zone = plan.zone(args.zone)
        changes = reassign_site(session, site.id, zone.id)
        moved_sites = [move.site for move in changes.moves]
        problems = session.state.problems
        data = {"plan": plan.name, "moved": moved_sites, "problems": findings_to_json(problems)}
        names = " and ".join(session.project.sites[member].name for member in moved_sites)
        text = (
            f"Assigned {names} to {zone.id}."
            if moved_sites
            else f"{site.name} is already in {zone.id}."
        )
        return CommandResult(
            data, (text, *(problem.text for problem in problems)), has_problems=bool(problems)
        )
