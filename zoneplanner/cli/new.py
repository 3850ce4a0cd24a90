"""Create a project with the bundled layers and a preset's agencies and units."""

import argparse

from zoneplanner.app.project import DEFAULT_PRESET, create
from zoneplanner.cli.answer import Answer
from zoneplanner.cli.opened import add_project

EXAMPLE = "new district.gpkg"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)
    parser.add_argument("--preset", default=DEFAULT_PRESET, help="name of a preset")
    parser.add_argument("--empty", action="store_true", help="without school sites")


def run(args: argparse.Namespace) -> Answer:
    """Create the project file."""
    session = create(args.project, preset=args.preset, empty=args.empty)
    project = session.project
    session.close()
    zones = sum(unit.holds_zone for unit in project.units.values())
    data = {"sites": len(project.sites), "zones": zones, "units": len(project.units)}
    text = (
        f"Created {args.project} with {len(project.sites)} sites "
        f"({len(project.patrolled)} patrolled), {zones} zones and {len(project.units)} units."
    )
    return Answer(data, (text,))
