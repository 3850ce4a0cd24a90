"""List what installed packages add; write a report or layer of one, or use its travel times."""

import argparse
from contextlib import suppress

from zoneplanner.api import ZoneProject
from zoneplanner.app.exports.frames import write_frame
from zoneplanner.app.extensions import list_extensions
from zoneplanner.cli.output import CommandResult, make_table, to_json
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.errors import UserError


def run(args: argparse.Namespace) -> CommandResult:
    """Do what is requested or, without a request, list the extensions."""
    files: list[str] = []
    data: dict[str, object] = {
        "extensions": [to_json(each, "kind name package version") for each in list_extensions()]
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
    rows = [
        (extension.kind, extension.name, f"{extension.package} {extension.version}")
        for extension in list_extensions()
    ]
    table = make_table(("Kind", "Name", "Package"), rows)
    lines = [f"Wrote {file}." for file in files]
    if args.travel:
        lines.append(f"The project now uses drives from {args.travel}.")
    if lines:
        return CommandResult(data, lines)
    return CommandResult(data, [table] if rows else ["No installed package adds anything."])
