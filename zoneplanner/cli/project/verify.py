"""Verify the file: database, schema, journal chain and aggregates."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from zoneplanner.app.desk.project_location import ProjectLocation
from zoneplanner.app.log.logbook import explain_unreadable_entries, quarantine_entry
from zoneplanner.app.projects.row_repair import (
    ProvenRow,
    RowRepair,
    describe_proven_row,
    describe_repair,
    find_row_repair,
    put_back_rows,
)
from zoneplanner.app.session.identity import get_actor_name, get_desk_name, get_utc_now
from zoneplanner.cli.output import CommandResult, ProgressBar, describe_head
from zoneplanner.cli.sessions import open_session_for_command, open_store_for_command
from zoneplanner.errors import UserError
from zoneplanner.storage import JournalHead, Store

_CHAIN_CODES = frozenset(("chain", "edits"))
_HEAD_FOUND = (
    "The printed hash is that of {what}: if the chain is intact, no entry up to that point was "
    "lost."
)
_HEAD_LOST = (
    "The printed hash is not in this project: entries or edits were cut off its end or rewritten, "
    "or the report is from another project. Compare with a backup."
)


def run(args: argparse.Namespace) -> CommandResult:
    """Report what is damaged, with the journal's head hash as its anchor."""
    if args.put_back and not isinstance(args.project, Path):
        raise UserError("put_back_shared")
    if args.quarantine is not None:
        with open_session_for_command(args.project) as session:
            quarantine_entry(session, args.quarantine, reason=args.reason)
    repair, written = RowRepair(), tuple[ProvenRow, ...]()
    with (
        open_store_for_command(
            args.project, read_only=not (args.rebuild or args.put_back)
        ) as store,
        ProgressBar("Verifying") as report,
    ):
        if args.put_back:
            written = _put_back(store, args.project)
        if args.rebuild:
            store.rebuild_aggregates()
        found = store.verify(report)
        if any(item.code in _CHAIN_CODES for item in found.findings):
            repair = find_row_repair(store, args.project)
        unreadable, clocks = store.unreadable_entries(), store.clock_problems(get_utc_now())
        printed = store.find_seq_by_hash(args.head) if args.head else None
        edit = store.find_edit_by_hash(args.head) if args.head and printed is None else None
    data: dict[str, object] = {
        "ok": found.ok,
        "entries": found.entries,
        "head": found.head,
        "edits": found.edits.entries,
        "edit_head": found.edits.hash,
        "findings": [{"code": item.code, "text": item.text} for item in found.findings],
    }
    data["unreadable"] = [one._asdict() for one in unreadable]
    data["clock"] = [one.text for one in clocks]
    lines = [item.text for item in found.findings] or ["The project is intact."]
    data |= {"proven": _list_rows(repair.proven), "put_back": _list_rows(written)}
    lines += [f"Put back: {describe_proven_row(one)}" for one in written]
    lines += map(describe_proven_row, repair.proven)
    if repair.proven:
        lines.append(f"{describe_repair(repair)} `verify --put-back` does this.")
    elif args.put_back and not written and not found.ok:
        lines.append("Nothing was put back: no backup on this desk has the damaged data.")
    lines += filter(None, [explain_unreadable_entries(unreadable)])
    lines += [one.text for one in clocks]
    journal = JournalHead(found.entries, found.head)
    lines.append(f"{describe_head(journal, 'journal entry', 'journal entries')}.")
    lines.append(f"{describe_head(found.edits, 'edit')}.")
    is_lost = bool(args.head) and printed is None and edit is None
    if args.head:
        data |= {"printed_seq": printed, "printed_edit": edit}
        what = f"entry {printed}" if edit is None else f"edit {edit}"
        lines.append(_HEAD_LOST if is_lost else _HEAD_FOUND.format(what=what))
    return CommandResult(data, lines, has_problems=not found.ok or is_lost)


def _put_back(store: Store, place: ProjectLocation) -> tuple[ProvenRow, ...]:
    who = {"actor": get_actor_name(), "desk": get_desk_name()}
    return put_back_rows(store, find_row_repair(store, place), **who, now=get_utc_now())


def _list_rows(rows: Sequence[ProvenRow]) -> list[dict[str, object]]:
    return [
        {"table": one.damaged.table, "seq": one.damaged.seq, "backup": str(one.backup.file)}
        for one in rows
    ]
