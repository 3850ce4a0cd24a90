"""Give one site to another zone."""

import argparse

from zoneplanner.cli.answer import Answer
from zoneplanner.cli.opened import add_project, findings, opened
from zoneplanner.domain.edits import assign
from zoneplanner.errors import UserError

EXAMPLE = "assign district.gpkg --site 34674473432051 --zone S3"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)
    parser.add_argument("--site", required=True, metavar="ID", help="the site's id or full name")
    parser.add_argument("--zone", required=True, metavar="Z")
    parser.add_argument("--plan", metavar="N", help="the plan in force, else the latest")


def run(args: argparse.Namespace) -> Answer:
    """Make the edit; a broken balance or contiguity is reported, a wrong jurisdiction refused."""
    with opened(args.project, plan=args.plan) as session:
        plan = session.plan
        if plan is None:
            raise UserError(
                "This project has no plan yet; propose one with the command plan.", code="no_plan"
            )
        site = session.project.site(args.site)
        zone = plan.zone(args.zone)
        changes = session.apply(
            f"Move {site.name} to {zone.id}",
            lambda project: assign(project, plan.uid, {site.id: zone.id}),
        )
        moved = [move.site for move in changes.moves]
        problems = session.reading.problems
        data = {"plan": plan.name, "moved": moved, "problems": findings(problems)}
        names = " and ".join(session.project.sites[member].name for member in moved)
        text = f"Moved {names} to {zone.id}." if moved else f"{site.name} is in {zone.id} already."
        return Answer(data, (text, *(problem.text for problem in problems)), found=bool(problems))
