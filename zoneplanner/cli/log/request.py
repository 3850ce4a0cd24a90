"""Keep the register of requests for public records: received, determined, copy produced, closed."""

import argparse
from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.app.log.public_records import (
    ProducedCopy,
    format_entry_moment,
    list_requests,
    log_request,
    parse_exemption,
    produce_copy,
    search_log,
)
from zoneplanner.app.session.session import Session
from zoneplanner.cli.output import CommandResult, make_table
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.log.public_records import DETERMINATIONS, RecordsRequest
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count

OPTION_VALUES = {"determinations": DETERMINATIONS}
_HEADERS = ("Received", "Due", "Determined", "Copy", "Closed", "Asked for", "Request")


def run(args: argparse.Namespace) -> CommandResult:
    """Log what was done, search the log, write the copy; then list the register."""
    searches = args.search is not None or args.copy is not None
    changes = any((args.received, args.asked, args.extend, args.determine, args.exemption,
                   args.close, args.copy))  # fmt: skip
    if (args.copy is not None or args.close) and args.uid is None:
        raise UserError("column_missing.request_uid")
    with open_session_for_command(args.project, read_only=not changes) as session:
        said = _read_steps(args, session.today)
        uid = log_request(session, args.uid, **said) if said else args.uid
        found: Sequence[JournalEntry] = ()
        if searches:
            found = search_log(
                session, args.search or "", site=args.site, first=args.since, last=args.until
            )
        copy = _write_copy(session, args, uid, found) if args.copy is not None else None
        if args.close:
            uid = log_request(session, args.uid, closed_on=session.today)
        return _answer(session, uid, found if searches else None, copy)


def _read_steps(args: argparse.Namespace, today: date) -> dict[str, Any]:
    """Return what the options say of the request itself."""
    said = {
        "received_on": args.received or (today if args.asked and not args.uid else None),
        "asked": args.asked,
        "requester": args.requester,
        "extended_to": args.extend,
        "extension_reason": args.reason,
        "determined_on": args.on or today if args.determine else None,
        "determination": args.determine,
        "exemptions": tuple(args.exemption),
    }
    return {name: value for name, value in said.items() if value}


def _write_copy(
    session: Session, args: argparse.Namespace, uid: str, found: Sequence[JournalEntry]
) -> ProducedCopy:
    exempt = dict(parse_exemption(text, found) for text in args.redact)
    return produce_copy(session, uid, found, args.copy, exempt)


def _answer(
    session: Session,
    uid: str | None,
    found: Sequence[JournalEntry] | None,
    copy: ProducedCopy | None,
) -> CommandResult:
    requests, today = list_requests(session), session.today
    zone = ZoneInfo(session.saved_project.time_zone)
    data: dict[str, Any] = {
        "uid": uid,
        "requests": [
            {**_to_json(one), "overdue": one.is_overdue(today) and one.closed_on is None}
            for one in requests
        ],
    }
    lines: list[Any] = [make_table(_HEADERS, [_row(one) for one in requests])]
    if found is not None:
        data["found"] = [
            {"uid": one.uid, "seq": one.seq, "kind": one.kind, "site": one.site} for one in found
        ]
        rows = [
            (str(one.seq), one.kind, format_entry_moment(one, zone)[:16].replace("T", " "),
             one.site or "–", str(one.payload.get("note", "")), one.uid)
            for one in found
        ]  # fmt: skip
        lines.append(make_table(("Entry", "Record", "When", "Site", "Note", "Uid"), rows))
    if copy is not None:
        data |= {"file": str(copy.file), "records": copy.records, "redacted": copy.redacted,
                 "warnings": list(copy.warnings)}  # fmt: skip
        records, texts = format_count(copy.records, "record"), format_count(copy.redacted, "text")
        lines.append(f"Wrote {records} to {copy.file}; {texts} redacted.")
        lines += [f"Check this again: {text}" for text in copy.warnings]
    warns = bool(copy and copy.warnings)
    return CommandResult(data, lines, warns, session.project.formats)


def _to_json(one: RecordsRequest) -> dict[str, Any]:
    names = ("received_on", "due_on", "extended_to", "determined_on", "produced_on", "closed_on")
    days = {name: getattr(one, name) for name in names}
    return {
        "uid": one.uid,
        "asked": one.asked,
        "requester": one.requester,
        "determination": one.determination,
        "exemptions": list(one.exemptions),
        "copy": one.copy,
        "copy_sha256": one.copy_sha256,
        **{name: day.isoformat() if day else None for name, day in days.items()},
    }


def _row(one: RecordsRequest) -> tuple[str, ...]:
    days = (one.received_on, one.due_on, one.determined_on)
    determined = [str(day or "–") for day in days]
    return (*determined, one.copy or "–", str(one.closed_on or "–"), one.asked, one.uid)
