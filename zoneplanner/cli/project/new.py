"""Create a project: the bundled district, or another one from a file of its boundary or schools."""

import argparse

from zoneplanner.app.projects.open_project import DEFAULT_PROJECT_PRESET, create_project
from zoneplanner.cli.output import CommandResult, ProgressBar
from zoneplanner.cli.parser import group_key_values
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.storage import ServerAddress


def run(args: argparse.Namespace) -> CommandResult:
    """Create the project file."""
    if isinstance(args.project, ServerAddress):
        raise UserError("needs_a_file")
    if args.district is None:
        has_district_option = (
            args.name or args.zones is not None or args.layer or args.crs or args.only
        )
        if has_district_option:
            raise UserError("option_missing.district")
        session = create_project(
            args.project, preset=args.preset or DEFAULT_PROJECT_PRESET, empty=args.empty
        )
    else:
        from zoneplanner.app.projects.new_district import ANY_DISTRICT_PRESET, create_district

        with ProgressBar("Reading") as report:
            session = create_district(
                args.project,
                args.district,
                name=args.name,
                preset=args.preset or ANY_DISTRICT_PRESET,
                zones=args.zones,
                layer=args.layer,
                crs=args.crs,
                only=group_key_values(args.only),
                report=report,
            )
    project = session.project
    session.close()
    zones = sum(unit.holds_zone for unit in project.units.values())
    data: dict[str, object] = {
        "sites": len(project.sites),
        "zones": zones,
        "units": len(project.units),
    }
    created = Message(
        "project_created", file=args.project, patrolled=len(project.patrolled), **data
    )
    lines = [str(created)]
    if args.district is not None:
        lines.append(str(Message("project_created.next", crs=project.crs)))
        data = {**data, "name": project.name, "crs": project.crs}
    return CommandResult(data, tuple(lines))
