"""Bring in a file: sites, jurisdictions, blocks, roads, a plan, or entries for the journal."""

import argparse

from rich.table import Table

from zoneplanner.app.imports.file_import import IMPORT_KINDS, import_file
from zoneplanner.app.imports.map_features import ImportOptions
from zoneplanner.app.imports.results import ImportResult, write_import_report
from zoneplanner.cli.arguments import (
    add_project_argument,
    group_key_values,
    open_session_for_command,
    parse_key_values,
    parse_path,
)
from zoneplanner.cli.output import CommandResult, ProgressBar, make_table
from zoneplanner.domain.calendar.local_time import DoubtfulTimePolicy

EXAMPLE = "import district.gpkg visits.csv --as visits --dry-run"
_MOST_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project_argument(parser)
    parser.add_argument("file", type=parse_path, metavar="FILE", help="the file to import")
    parser.add_argument(
        "--as", required=True, dest="kind", metavar="KIND", help=", ".join(IMPORT_KINDS)
    )
    parser.add_argument("--name", metavar="N", help="what a plan is called; else like the file")
    parser.add_argument("--dry-run", action="store_true", help="tell what would be taken")
    parser.add_argument(
        "--mapping",
        default="",
        metavar="PROFILE",
        help="a profile by name, the path of one, or “likeness”; else the one that fits",
    )
    parser.add_argument("--layer", metavar="L", help="one of several layers, files or sheets")
    parser.add_argument("--crs", metavar="EPSG:N", help="coordinates, where the file tells none")
    parser.add_argument(
        "--column", action="append", default=[], metavar="OURS=THEIRS", help="which column is which"
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="COLUMN=VALUE", help="the rows wanted"
    )
    parser.add_argument(
        "--instead", action="store_true", help="replace all blocks by those of the file"
    )
    parser.add_argument(
        "--twice", default="", choices=("first", "second"), help="which of two equal local times"
    )
    parser.add_argument(
        "--skipped",
        default="",
        choices=("before", "after"),
        help="by which clock a local time is told that there was none of",
    )
    parser.add_argument(
        "--report", type=parse_path, metavar="FILE", help="keep every row’s fate as CSV"
    )


def run(args: argparse.Namespace) -> CommandResult:
    """Take what can be taken in one step; each row that is left out is told."""
    asked = ImportOptions(
        path=args.file,
        kind=args.kind,
        profile=args.mapping,
        layer=args.layer,
        crs=args.crs,
        columns=dict(parse_key_values(args.column)),
        only=group_key_values(args.only),
        replace_blocks=args.instead,
        clock_changes=DoubtfulTimePolicy(args.twice, args.skipped)
        if args.twice or args.skipped
        else None,
    )
    with (
        open_session_for_command(args.project, read_only=args.dry_run) as session,
        ProgressBar("Importing") as report,
    ):
        done = import_file(
            session,
            args.file,
            args.kind,
            name=args.name,
            dry_run=args.dry_run,
            asked=asked,
            report=report,
        )
    if args.report is not None:
        write_import_report(args.report, done)
    return CommandResult(done.data, _format_lines(done), has_problems=bool(done.refused))


def _format_lines(done: ImportResult) -> list[str | Table]:
    lines: list[str | Table] = [done.text]
    if done.how:
        lines.append(f"The file was read as {done.how}.")
    if done.read_details:
        lines.append(_describe_mapping(done))
    lines += done.notes
    if done.already:
        rows = "row was" if done.already == 1 else "rows were"
        lines.append(f"{done.already:,} {rows} known already.")
    if done.ignored:
        lines.append(f"Columns that are not known were left out: {', '.join(done.ignored)}.")
    lines += _list_rows("Repaired", [(own.row, own.how) for own in done.repaired])
    lines += _list_rows("Refused", [(own.row, own.reason) for own in done.refused])
    return lines


def _describe_mapping(done: ImportResult) -> str:
    told = done.read_details
    columns = ", ".join(f"{ours} from {' or '.join(own)}" for ours, own in told["columns"].items())
    where = f" Coordinates: {told['crs']}." if told["crs"] else ""
    rest = f" {told['left_out']:,} rows were left out." if told["left_out"] else ""
    return f"Columns by {told['mapping']}: {columns}.{where}{rest}"


def _list_rows(title: str, rows: list[tuple[int, str]]) -> list[str | Table]:
    if not rows:
        return []
    shown = [(f"{row:,}", text) for row, text in rows[:_MOST_SHOWN]]
    lines: list[str | Table] = ["", make_table(("Row", title), shown, right=(0,))]
    if len(rows) > _MOST_SHOWN:
        lines.append(f"{len(rows) - _MOST_SHOWN:,} more; --json lists them all.")
    return lines
