"""Show or declare since when each kind of record is kept, and for which days it is complete."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from zoneplanner.app.coverage.demand import declare_records
from zoneplanner.cli.output import CommandResult, make_table
from zoneplanner.cli.parser import parse_date
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.log.days_on_record import DECLARED_KINDS, DaySpan, RecordKeeping
from zoneplanner.errors import UserError


def run(args: argparse.Namespace) -> CommandResult:
    """Make the given declarations, and show all of them."""
    since = dict(_parse_since(text) for text in args.since)
    complete = tuple(_parse_complete(text) for text in args.complete)
    incomplete = tuple(_parse_complete(text) for text in args.incomplete)
    reads = not (since or complete or incomplete)
    with open_session_for_command(args.project, read_only=reads) as session:
        records = session.project.records
        if not reads:
            records = declare_records(
                session, since=since, complete=complete, incomplete=incomplete
            )
        formats = session.project.formats
    return replace(_show(records), formats=formats)


def parse_day_span(text: str) -> DaySpan:
    """Parse days such as 2026-08-13..2026-11-20; without a second day the span has no end."""
    first, dots, last = text.partition("..")
    if not dots:
        raise UserError("not_kind_days", text=text, example="2026-08-13..2026-11-20")
    return DaySpan(parse_date(first), parse_date(last) if last else None)


def _parse_since(text: str) -> tuple[str, date]:
    kind, sign, day = text.partition("=")
    if not sign:
        raise UserError("not_kind_days", text=text, example="visits=2026-08-13")
    return kind, parse_date(day)


def _parse_complete(text: str) -> tuple[str, DaySpan]:
    kind, sign, days = text.partition("=")
    if not sign:
        raise UserError("not_kind_days", text=text, example="incidents=2026-08-13..2026-11-20")
    return kind, parse_day_span(days)


def _show(records: RecordKeeping) -> CommandResult:
    kinds = [(name, records.kind(name)) for name in DECLARED_KINDS]
    data = {
        "kinds": [
            {
                "kind": name,
                "since": kind.since.isoformat() if kind.since else None,
                "complete": [_span_to_json(span) for span in kind.complete],
                "files": [_span_to_json(span) for span in kind.files],
            }
            for name, kind in kinds
        ]
    }
    rows = [
        (
            name,
            str(kind.since or "first record"),
            *(
                ", ".join(map(_describe_span, spans)) or "–"
                for spans in (kind.complete, kind.files)
            ),
        )
        for name, kind in kinds
    ]
    headings = ("Records", "Since", "Complete", "Files cover")
    return CommandResult(data, (make_table(headings, rows),))


def _span_to_json(span: DaySpan) -> Sequence[str | None]:
    return [span.first.isoformat(), span.last.isoformat() if span.last else None]


def _describe_span(span: DaySpan) -> str:
    return f"{span.first} to {span.last or 'now'}"
