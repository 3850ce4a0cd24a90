"""Verify the file: database, schema, the log's hash chain and aggregates."""

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
from zoneplanner.cli.output import CommandResult, ProgressBar, describe_head, to_json
from zoneplanner.cli.sessions import open_session_for_command, open_store_for_command
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.storage import JournalHead, Store

_CHAIN_CODES = frozenset(("chain", "edits"))


def run(args: argparse.Namespace) -> CommandResult:
    """Report what is damaged, with the log's hash."""
    if args.put_back and not isinstance(args.project, Path):
        raise UserError("put_back_shared")
    if args.quarantine is not None:
        with open_session_for_command(args.project) as session:
            quarantine_entry(session, args.quarantine, reason=args.reason)
    repair, restored = RowRepair(), tuple[ProvenRow, ...]()
    with (
        open_store_for_command(
            args.project, read_only=not (args.rebuild or args.put_back)
        ) as store,
        ProgressBar("Verifying") as report,
    ):
        if args.put_back:
            restored = _put_back(store, args.project)
        if args.rebuild:
            store.rebuild_aggregates()
        verification = store.verify(report)
        if any(item.code in _CHAIN_CODES for item in verification.findings):
            repair = find_row_repair(store, args.project)
        unreadable, clocks = store.unreadable_entries(), store.clock_problems(get_utc_now())
        printed = store.find_seq_by_hash(args.head) if args.head else None
        edit = store.find_edit_by_hash(args.head) if args.head and printed is None else None
    data: dict[str, object] = {
        **to_json(verification, "ok entries head"),
        "edits": verification.edits.entries,
        "edit_head": verification.edits.hash,
        "findings": [{"code": item.code, "text": str(item)} for item in verification.findings],
    }
    data["unreadable"] = [problem._asdict() for problem in unreadable]
    data["clock"] = list(map(str, clocks))
    lines = [*map(str, verification.findings or [Message("intact")])]
    data |= {"proven": _list_rows(repair.proven), "put_back": _list_rows(restored)}
    lines += (str(Message("row_put_back", row=describe_proven_row(row))) for row in restored)
    lines += (str(describe_proven_row(row)) for row in repair.proven)
    if repair.proven:
        lines.append(str(Message("row_repair.command", repair=describe_repair(repair))))
    elif args.put_back and not restored and not verification.ok:
        lines.append(str(Message("row_put_back.none")))
    lines += map(str, explain_unreadable_entries(unreadable))
    lines += map(str, clocks)
    journal = JournalHead(verification.entries, verification.head)
    lines.append(f"{describe_head(journal, 'journal entry', 'journal entries')}.")
    lines.append(f"{describe_head(verification.edits, 'edit')}.")
    is_lost = bool(args.head) and printed is None and edit is None
    if args.head:
        data |= {"printed_seq": printed, "printed_edit": edit}
        found = "lost" if is_lost else "entry" if edit is None else "edit"
        lines.append(str(Message(f"printed_hash.{found}", seq=printed or edit)))
    return CommandResult(data, lines, has_problems=not verification.ok or is_lost)


def _put_back(store: Store, place: ProjectLocation) -> tuple[ProvenRow, ...]:
    who = {"actor": get_actor_name(), "desk": get_desk_name()}
    return put_back_rows(store, find_row_repair(store, place), **who, now=get_utc_now())


def _list_rows(rows: Sequence[ProvenRow]) -> list[dict[str, object]]:
    return [
        {"table": row.damaged.table, "seq": row.damaged.seq, "backup": str(row.backup.file)}
        for row in rows
    ]
