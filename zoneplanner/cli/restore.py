"""List the backups of a project file, or write one of them as a new file."""

import argparse
from pathlib import Path

from zoneplanner.app import backups
from zoneplanner.app.backups import Backup
from zoneplanner.cli.answer import Answer, table
from zoneplanner.cli.opened import a_path, a_whole_number
from zoneplanner.errors import UserError

EXAMPLE = "restore district.gpkg --backup 1 --to district-restored.gpkg"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    parser.add_argument("project", type=a_path, metavar="PROJECT", help="the project file (.gpkg)")
    parser.add_argument("--backup", metavar="N", help="a number of the list, or a backup file")
    parser.add_argument("--to", type=a_path, metavar="FILE", help="the new file")


def run(args: argparse.Namespace) -> Answer:
    """Write the backup chosen to a new file; nothing is ever replaced."""
    known = backups.of_file(args.project)
    if args.to is None:
        return _listed(args.project, known)
    file = _chosen(args.backup or "1", known, args.project)
    head = backups.restored(file, args.to)
    data = {"file": str(args.to), "entries": head.entries, "head": head.hash}
    return Answer(data, (f"“{args.to}” is restored, with {head.entries} journal entries.",))


def _chosen(wanted: str, known: tuple[Backup, ...], project: Path) -> Path:
    if wanted.endswith(".gpkg"):
        return a_path(wanted)
    number = a_whole_number(wanted)
    if not 1 <= number <= len(known):
        raise UserError(
            f"There is no backup number {wanted} of “{project.name}”; there are {len(known)}.",
            {"backup": wanted, "known": len(known)},
            code="unknown_backup",
        )
    return known[number - 1].file


def _listed(project: Path, known: tuple[Backup, ...]) -> Answer:
    rows = [
        {
            "number": number,
            "at": backup.at.isoformat(),
            "why": backup.why,
            "holds": backup.words,
            "file": str(backup.file),
        }
        for number, backup in enumerate(known, 1)
    ]
    if not rows:
        return Answer({"backups": []}, (f"There is no backup of “{project}” on this desk yet.",))
    shown = table(
        ("number", "made (UTC)", "why", "holds"),
        [
            (str(number), f"{backup.at:%Y-%m-%d %H:%M}", backup.why, backup.words)
            for number, backup in enumerate(known, 1)
        ],
        right=(0,),
    )
    return Answer({"backups": rows}, (shown, "Restore one with --backup NUMBER --to NEW-FILE."))
