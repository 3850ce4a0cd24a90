"""Create a project: the bundled district, or another one from a file of its boundary or schools."""

import argparse

from zoneplanner.app.project import DEFAULT_PRESET, create
from zoneplanner.cli.answer import Answer, Progressing
from zoneplanner.cli.opened import a_path, a_whole_number, add_project, together
from zoneplanner.errors import UserError
from zoneplanner.storage import Address

EXAMPLE = "new district.gpkg"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)
    parser.add_argument("--preset", help="name of a preset, or the path of one of your own")
    parser.add_argument("--empty", action="store_true", help="without school sites")
    parser.add_argument(
        "--district",
        type=a_path,
        metavar="FILE",
        help="another district: a file of its boundary, or of its schools",
    )
    parser.add_argument("--name", default="", help="with --district: what the district is called")
    parser.add_argument("--zones", type=a_whole_number, help="with --district: how many units")
    parser.add_argument("--layer", metavar="L", help="with --district: one of several layers")
    parser.add_argument("--crs", metavar="EPSG:N", help="with --district: the file’s coordinates")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="with --district: the rows wanted",
    )


def run(args: argparse.Namespace) -> Answer:
    """Create the project file."""
    if isinstance(args.project, Address):
        raise UserError(
            "Make the project in a file first, then carry it there with share.", code="needs_a_file"
        )
    if args.district is None:
        given = args.name or args.zones is not None or args.layer or args.crs or args.only
        if given:
            raise UserError("Name, zones, layer, crs and only belong to --district; name its file.")
        session = create(args.project, preset=args.preset or DEFAULT_PRESET, empty=args.empty)
    else:
        from zoneplanner.app.new_district import PRESET, create_district

        with Progressing("Reading") as report:
            session = create_district(
                args.project,
                args.district,
                name=args.name,
                preset=args.preset or PRESET,
                zones=args.zones,
                layer=args.layer,
                crs=args.crs,
                only=together(args.only),
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
    text = (
        f"Created {args.project} with {len(project.sites)} sites "
        f"({len(project.patrolled)} patrolled), {zones} zones and {len(project.units)} units."
    )
    lines = [text]
    if args.district is not None:
        lines.append(f"Coordinates: {project.crs}. Next: import its jurisdictions, then its sites.")
        data = {**data, "name": project.name, "crs": project.crs}
    return Answer(data, tuple(lines))
