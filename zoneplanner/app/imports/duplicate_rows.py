"""Rows of a table that are a call or a visit again, under another number: each counts once."""

from collections.abc import Mapping
from dataclasses import replace

from zoneplanner.analysis.log.duplicate_records import RecordFacts, find_duplicates
from zoneplanner.app.imports.log_entries import LogRows, has_content_uid
from zoneplanner.app.log.duplicate_records import (
    OWN_MEANING,
    describe_incident,
    describe_records_near,
    describe_visit,
    read_own_numbers,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.entries import INCIDENT_RECORD, VISIT_RECORD
from zoneplanner.domain.log.journal import MADE_VISIT_STATUSES, NewEntry
from zoneplanner.domain.log.record_schema import read_record
from zoneplanner.exchange.row_results import RowOutcome, RowResult

OWN_MEANINGS = {OWN_MEANING: "Counts on its own"}


def leave_out_duplicates(session: Session, found: LogRows, said: Mapping[str, str]) -> LogRows:
    """Take out new calls and visits that are one on record, or of another row, again.

    Their rows are known by it; those stay of which a person ``said``, by their number, that they
    count. Rows without a number have their own rule of what is one record.
    """
    again: dict[str, str] = {}
    for kind in (INCIDENT_RECORD.name, VISIT_RECORD.name):
        new = [one for one in found.entries if one.kind == kind and one.supersedes is None]
        numbered = (one for one in new if not has_content_uid(one.uid))
        facts = [own for one in numbered if (own := _describe(one)) is not None]
        if facts:
            again |= find_duplicates((*describe_records_near(session, kind, facts), *facts))
    counted = {number.casefold() for number, meaning in said.items() if meaning == OWN_MEANING}
    counted.update(read_own_numbers(session.saved_project))
    again = {uid: other for uid, other in again.items() if uid.casefold() not in counted}
    if not again:
        return found
    return replace(
        found,
        entries=tuple(one for one in found.entries if one.uid not in again),
        rows=tuple(_explain(one, again) for one in found.rows),
        again=again,
    )


def _describe(entry: NewEntry) -> RecordFacts | None:
    """Return what distinguishes a call, or a visit that was made; None for other entries."""
    if entry.kind == INCIDENT_RECORD.name:
        return describe_incident(read_record(INCIDENT_RECORD, entry.uid, entry))
    visit = read_record(VISIT_RECORD, entry.uid, entry)
    return describe_visit(visit) if visit.status in MADE_VISIT_STATUSES else None


def _explain(row: RowResult, again: Mapping[str, str]) -> RowResult:
    if row.outcome is not RowOutcome.NEW or row.id not in again:
        return row
    why = f"{row.id} is a duplicate of {again[row.id]}, counted once: {row.reason}"
    return row._replace(outcome=RowOutcome.KNOWN, reason=why, id="")
