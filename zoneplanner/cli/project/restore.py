"""List the backups of a project file, or write one of them as a new file."""

import argparse
from pathlib import Path

from zoneplanner.app.desk.project_location import ProjectLocation
from zoneplanner.app.projects import backups
from zoneplanner.app.projects.backups import Backup
from zoneplanner.cli.output import CommandResult, make_table
from zoneplanner.cli.parser import parse_path, parse_whole_number
from zoneplanner.errors import UserError
from zoneplanner.messages import Message


def run(args: argparse.Namespace) -> CommandResult:
    """Write the chosen backup to a new file; no file is replaced."""
    existing = backups.list_backups_of(args.project)
    if args.to is None:
        return _list_backups(args.project, existing)
    file = _choose_backup(args.backup or "1", existing, args.project)
    head = backups.restore_backup(file, args.to)
    data = {"file": str(args.to), "entries": head.entries, "head": head.hash}
    return CommandResult(data, (str(Message("restored", file=args.to, n=head.entries)),))


def _choose_backup(choice: str, existing: tuple[Backup, ...], project: ProjectLocation) -> Path:
    if choice.endswith(".gpkg"):
        return parse_path(choice)
    number = parse_whole_number(choice)
    if not 1 <= number <= len(existing):
        raise UserError("unknown_backup", backup=choice, known=len(existing), project=project.name)
    return existing[number - 1].file


def _list_backups(project: ProjectLocation, existing: tuple[Backup, ...]) -> CommandResult:
    rows = [
        {
            "number": number,
            "at": backup.at.isoformat(),
            "why": backup.why,
            "holds": str(backup.message),
            "file": str(backup.file),
        }
        for number, backup in enumerate(existing, 1)
    ]
    if not rows:
        return CommandResult(
            {"backups": []},
            (
                str(Message("backups_here.none", project=project)),
                str(Message("restore_how.elsewhere")),
            ),
        )
    shown = make_table(
        ("Number", "Made", "Why", "Contents"),
        [
            (str(number), f"{backup.local_time:%Y-%m-%d %H:%M %Z}", backup.why, str(backup.message))
            for number, backup in enumerate(existing, 1)
        ],
        right=(0,),
    )
    return CommandResult(
        {"backups": rows},
        (
            shown,
            str(Message("restore_how")),
            str(Message("backups_here", folder=existing[0].file.parent)),
        ),
    )
