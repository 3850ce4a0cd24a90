"""Show and change the district's data: schools, units, calendar, bells, loads."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from zoneplanner.app.data.data_table import DataTable
from zoneplanner.app.data.edits import (
    DATA_TABLES,
    DataChange,
    list_data_changes,
    list_missing_cells,
    remove_data_row,
    set_data_row,
    summarize_missing,
)
from zoneplanner.app.imports.file_import import prepare_import
from zoneplanner.app.session.session import Session
from zoneplanner.cli.output import CommandResult, OutputLine, changes_to_json, make_table
from zoneplanner.cli.parser import parse_key_values
from zoneplanner.cli.sessions import back_up_before, open_session_for_command
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count

_BY_FILE = ("calendar", "bells")
OPTION_VALUES = {"kinds": tuple(DATA_TABLES)}


def run(args: argparse.Namespace) -> CommandResult:
    """List rows, show one, or change, add or remove it."""
    words: list[str] = [args.row, *args.columns] if args.row else args.columns
    row, columns = (words[0], words[1:]) if words else ("", [])
    if args.remove and (args.new or columns):
        raise UserError("set_one_thing")
    if not row and (args.remove or args.new):
        raise UserError("set_needs_row", kind=args.kind)
    from_file = args.kind in _BY_FILE and not columns and _is_file(row)
    reads = not (args.remove or args.new or columns or from_file)
    with open_session_for_command(args.project, read_only=reads) as session:
        if reads:
            return _show(session, DATA_TABLES[args.kind], row)
        if args.kind in _BY_FILE:
            back_up_before(session, f"before changing the {args.kind}")
        if from_file:
            changed = _import(session, Path(row))
        elif args.remove:
            changed = remove_data_row(session, args.kind, row)
        else:
            cells = dict(parse_key_values(columns))
            changed = set_data_row(session, args.kind, row, cells, new=args.new)
    return _make_result(changed)


def _is_file(text: str) -> bool:
    return Path(text).suffix != "" and Path(text).is_file()


def _import(session: Session, path: Path) -> tuple[DataChange, ...]:
    before = session.saved_project
    prepare_import(session, path, "calendar").save(lambda _share, _text: None)
    return list_data_changes(before, session.saved_project)


def _show(session: Session, table: DataTable, row: str) -> CommandResult:
    rows = table.read(session.saved_project)
    if row:
        key = table.find_row(session.saved_project, row)
        cells = rows[key]
        shown: Sequence[OutputLine] = (
            make_table((table.kind, key), [(c.name, cells[c.name]) for c in table.columns]),
        )
        return CommandResult({"changed": [], "rows": [{"id": key, **cells}]}, shown)
    names = [
        (key, cells[table.title], *(cells[column] for column in table.listed))
        for key, cells in rows.items()
    ]
    missing = list_missing_cells(session.saved_project)
    data = {
        "changed": [],
        "rows": [{"id": key, **cells} for key, cells in rows.items()],
        "missing": [{"kind": m.kind, "id": m.row, "key": m.column} for m in missing],
    }
    heads = ("Id", *(table.column(name).label for name in (table.title, *table.listed)))
    lines: list[OutputLine] = [make_table(heads, names)]
    if missing:
        lines.append(f"Handouts still lack {summarize_missing(missing)}.")
    return CommandResult(data, lines)


def _make_result(changed: tuple[DataChange, ...]) -> CommandResult:
    data: dict[str, Any] = {"changed": changes_to_json(changed), "rows": []}
    if not changed:
        return CommandResult(data, ("Nothing was changed: the values are the same.",))
    rows = [
        (change.row, change.column, change.before or "–", change.after or "–") for change in changed
    ]
    summary = format_count(len(changed), "change")
    return CommandResult(data, (make_table(("Id", "Key", "Before", "After"), rows), f"{summary}."))
