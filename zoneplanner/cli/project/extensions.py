"""List what installed packages add, write a report or a layer of one, or use its travel times."""

import argparse
from contextlib import suppress

from zoneplanner.api import ZoneProject
from zoneplanner.app.exports.frames import write_frame
from zoneplanner.app.extensions import list_extensions
from zoneplanner.cli.output import CommandResult, make_table
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.errors import UserError


def run(args: argparse.Namespace) -> CommandResult:
    """Do what is asked; without any of it, list what there is."""
    files: list[str] = []
    data: dict[str, object] = {
        "extensions": [
            {"kind": one.kind, "name": one.name, "package": one.package, "version": one.version}
            for one in list_extensions()
        ]
    }
    if (args.report or args.layer) and args.to is None:
        raise UserError("option_missing.extension")
    if args.report or args.layer or args.travel:
        with open_session_for_command(args.project, read_only=not args.travel) as session:
            district = ZoneProject(session)
            if args.travel:
                district.use_travel(args.travel)
            if args.layer:
                files.append(str(write_frame(district.table(args.layer), args.to)))
            if args.report:
                with suppress(FileExistsError):
                    args.to.mkdir()
                files += [str(file) for file in district.report(args.report, args.to)]
    if files:
        data["files"] = files
    rows = [(one.kind, one.name, f"{one.package} {one.version}") for one in list_extensions()]
    table = make_table(("Kind", "Name", "Package"), rows)
    said = [f"Wrote {file}." for file in files]
    if args.travel:
        said.append(f"The project now uses drives from {args.travel}.")
    if said:
        return CommandResult(data, said)
    return CommandResult(data, [table] if rows else ["No installed package adds anything."])
