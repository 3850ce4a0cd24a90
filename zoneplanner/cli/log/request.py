"""Keep the register of public-records requests: received, determined, copy produced, closed."""

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
from zoneplanner.cli.output import CommandResult, OutputLine, make_table, to_json
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.log.public_records import DETERMINATIONS, RecordsRequest
from zoneplanner.errors import UserError
from zoneplanner.messages import Message, format_count

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
        fields = _read_steps(args, session.today)
        uid = log_request(session, args.uid, **fields) if fields else args.uid
        entries: Sequence[JournalEntry] = ()
        if searches:
            entries = search_log(
                session, args.search or "", site=args.site, first=args.since, last=args.until
            )
        copy = _write_copy(session, args, uid, entries) if args.copy is not None else None
        if args.close:
            uid = log_request(session, args.uid, closed_on=session.today)
        return _answer(session, uid, entries if searches else None, copy)


def _list_requests(requests: Sequence[RecordsRequest]) -> OutputLine:
    if not requests:
        return str(Message("nothing_listed.requests"))
    return make_table(_HEADERS, [_make_row(one) for one in requests])


def _read_steps(args: argparse.Namespace, today: date) -> dict[str, Any]:
    """Return the fields of the request that the options set."""
    fields = {
        "received_on": args.received or (today if args.asked and not args.uid else None),
        "asked": args.asked,
        "requester": args.requester,
        "extended_to": args.extend,
        "extension_reason": args.reason,
        "determined_on": args.on or today if args.determine else None,
        "determination": args.determine,
        "exemptions": tuple(args.exemption),
    }
    return {name: value for name, value in fields.items() if value}


def _write_copy(
    session: Session, args: argparse.Namespace, uid: str, entries: Sequence[JournalEntry]
) -> ProducedCopy:
    exempt = dict(parse_exemption(text, entries) for text in args.redact)
    return produce_copy(session, uid, entries, args.copy, exempt)


def _answer(
    session: Session,
    uid: str | None,
    entries: Sequence[JournalEntry] | None,
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
    lines: list[Any] = [_list_requests(requests)]
    if entries is not None:
        data["found"] = [to_json(one, "uid seq kind site") for one in entries]
        rows = [
            (str(one.seq), one.kind, format_entry_moment(one, zone)[:16].replace("T", " "),
             one.site or "–", str(one.payload.get("note", "")), one.uid)
            for one in entries
        ]  # fmt: skip
        lines.append(make_table(("Entry", "Record", "When", "Site", "Note", "Uid"), rows))
    if copy is not None:
        data |= {"file": str(copy.file), "records": copy.records, "redacted": copy.redacted,
                 "warnings": list(map(str, copy.warnings))}  # fmt: skip
        records, texts = format_count(copy.records, "record"), format_count(copy.redacted, "text")
        lines.append(f"Wrote {records} to {copy.file}; {texts} redacted.")
        lines += [f"Check this again: {text}" for text in copy.warnings]
    warns = bool(copy and copy.warnings)
    return CommandResult(data, lines, warns, session.project.formats)


def _to_json(request: RecordsRequest) -> dict[str, Any]:
    return to_json(
        request,
        "uid asked requester determination exemptions copy copy_sha256 received_on due_on "
        "extended_to determined_on produced_on closed_on",
    )


def _make_row(request: RecordsRequest) -> tuple[str, ...]:
    days = (request.received_on, request.due_on, request.determined_on)
    determined = [str(day or "–") for day in days]
    return (
        *determined,
        request.copy or "–",
        str(request.closed_on or "–"),
        request.asked,
        request.uid,
    )
