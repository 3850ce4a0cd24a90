"""Bring in a file: a plan, zone polygons, roads, drives, visits, incidents, drills or reviews."""

import argparse

from rich.table import Table

from zoneplanner.app.importing import KINDS, Imported, import_file
from zoneplanner.cli.answer import Answer, Progressing, table
from zoneplanner.cli.opened import a_path, add_project, opened

EXAMPLE = "import district.gpkg visits.csv --as visits --dry-run"
MOST_SHOWN = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)
    parser.add_argument("file", type=a_path, metavar="FILE", help="the file to import")
    parser.add_argument("--as", required=True, dest="kind", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--name", metavar="N", help="what a plan is called; else like the file")
    parser.add_argument("--dry-run", action="store_true", help="tell what would be taken")


def run(args: argparse.Namespace) -> Answer:
    """Take what can be taken in one step; each row that is left out is told."""
    with (
        opened(args.project, read_only=args.dry_run) as session,
        Progressing("Importing") as report,
    ):
        done = import_file(
            session, args.file, args.kind, name=args.name, dry_run=args.dry_run, report=report
        )
    return Answer(done.data, _lines(done), found=bool(done.refused))


def _lines(done: Imported) -> list[str | Table]:
    lines: list[str | Table] = [done.text]
    if done.how:
        lines.append(f"The file was read as {done.how}.")
    lines += done.notes
    if done.already:
        rows = "row was" if done.already == 1 else "rows were"
        lines.append(f"{done.already:,} {rows} known already.")
    if done.ignored:
        lines.append(f"Columns that are not known were left out: {', '.join(done.ignored)}.")
    lines += _told("Repaired", [(own.row, own.how) for own in done.repaired])
    lines += _told("Refused", [(own.row, own.reason) for own in done.refused])
    return lines


def _told(title: str, rows: list[tuple[int, str]]) -> list[str | Table]:
    if not rows:
        return []
    shown = [(f"{row:,}", text) for row, text in rows[:MOST_SHOWN]]
    lines: list[str | Table] = ["", table(("Row", title), shown, right=(0,))]
    if len(rows) > MOST_SHOWN:
        lines.append(f"{len(rows) - MOST_SHOWN:,} more; --json lists them all.")
    return lines
