"""The history of a record: all its entries in order, and what each one changed."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.app.log.dispatch import INCIDENT_ENTRY_KINDS
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.due_visits import PLANNED_VISIT_STATUSES
from zoneplanner.domain.log.hours_entries import APPROVAL_RECORD, HOURS_RECORD
from zoneplanner.domain.log.journal import (
    MADE_VISIT_STATUSES,
    STAMP_LABELS,
    UNFINISHED_VISIT_STATUSES,
    JournalEntry,
    map_record_uids,
    was_entered_late,
)
from zoneplanner.domain.log.record_schema import read_record

_HIDDEN_COLUMNS = frozenset(("time_zone", "sample"))
_LABELS = {**STAMP_LABELS, "disposition": "how it ended"}
_REMOVED = "[removed]"
_CORRECTION = "Correction"
_VERBS = {
    _CORRECTION: "Corrected",
    "Void": "Voided",
    "Stamp corrected": "Stamp corrected",
    "Stamp removed": "Stamp removed",
    "Approved": "Approved",
    "Approved again": "Approved again",
    "Approval withdrawn": "Approval withdrawn",
}


@dataclass(frozen=True, slots=True)
class RecordRevision:
    """One entry of a record.

    ``what`` is the kind of change, such as “Correction”; it mentions a first entry entered well
    after the fact. ``changes`` name the changed columns with old and new values.
    """

    seq: int
    uid: str
    recorded_at: datetime
    actor: str
    desk: str
    what: str
    changes: tuple[str, ...]


def list_record_revisions(session: Session, uid: str) -> tuple[RecordRevision, ...]:
    """Return the entries of the record that an entry belongs to, in journal order.

    The history of an incident includes its live stamps; that of hours includes their approvals.
    """
    record = session.store.record(uid)
    revisions: list[RecordRevision] = []
    before: Mapping[str, Any] = {}
    for entry in record:
        if entry.kind == "void":
            revisions.append(_build_revision(entry, "Void", _describe_reason(entry)))
            continue
        what = _CORRECTION if revisions else "First entry"
        if not revisions and was_entered_late(entry):
            what += ", entered later"
        now = format_entry_columns(entry, session)
        revisions.append(_build_revision(entry, what, *_list_changes(before, now)))
        before = now
    if record and record[0].kind == "incident":
        revisions += _list_stamp_revisions(session, record[0])
    elif record and record[0].kind == HOURS_RECORD.name:
        revisions += _list_approval_revisions(session, record[0])
    return tuple(sorted(revisions, key=lambda revision: revision.seq))


def _list_approval_revisions(session: Session, hours: JournalEntry) -> Iterator[RecordRevision]:
    roots: set[str] = set()
    for entry in session.store.entries(kinds=(APPROVAL_RECORD.name, "void")):
        root = entry.supersedes or entry.uid
        if entry.kind == APPROVAL_RECORD.name and entry.payload.get("worked") == hours.uid:
            approval = read_record(APPROVAL_RECORD, root, entry)
            what = "Approved again" if root in roots else "Approved"
            roots.add(root)
            rate = f" at ${approval.rate:,.2f}" if approval.rate is not None else ""
            fund = f", {approval.fund}" if approval.fund else ""
            pay_code = approval.pay_code.replace("_", "-")
            yield _build_revision(
                entry, what, f"{approval.hours or 0:.2f} h {pay_code}{rate}{fund}"
            )
        elif entry.kind == "void" and root in roots:
            yield _build_revision(entry, "Approval withdrawn", _describe_reason(entry))


def _list_stamp_revisions(session: Session, incident: JournalEntry) -> Iterator[RecordRevision]:
    journal = session.store.entries(kinds=INCIDENT_ENTRY_KINDS)
    root_of = map_record_uids(journal)
    current: dict[str, str] = {}
    for entry in journal:
        root = root_of[entry.uid]
        if entry.kind == "stamp" and root_of.get(entry.payload["incident"]) == incident.uid:
            before, now = current.get(root), _describe_stamp(entry, session)
            current[root] = now
            if before is not None:
                yield _build_revision(entry, "Stamp corrected", f"{before} → {now}")
            else:
                yield _build_revision(entry, "Stamp", now)
        elif entry.kind == "void" and root in current:
            change = f"{current[root]}, {_describe_reason(entry)}"
            yield _build_revision(entry, "Stamp removed", change)


def _build_revision(entry: JournalEntry, what: str, *changes: str) -> RecordRevision:
    return RecordRevision(
        entry.seq, entry.uid, entry.recorded_at, entry.actor, entry.desk, what, changes
    )


def _describe_stamp(entry: JournalEntry, session: Session) -> str:
    name = str(entry.payload["name"])
    label = STAMP_LABELS.get(name) or name.removesuffix("_at")
    return f"{entry.unit} {label} {_format_moment(entry.occurred_at, session)}"


def describe_record_history(session: Session, uid: str) -> str:
    """Describe who logged and corrected a record and when, with old and new values."""
    revisions = list_record_revisions(session, uid)
    return " ".join(
        describe_revision(session, revision) for revision in revisions if revision.what != "Stamp"
    )


def describe_revision(session: Session, revision: RecordRevision) -> str:
    """Describe in a sentence who made an entry, when, and what it changed."""
    at = _format_moment(revision.recorded_at, session)
    verb = _VERBS.get(revision.what, "Logged")
    changes = f": {'; '.join(revision.changes)}" if verb != "Logged" else ""
    return f"{verb} {at} by {revision.actor}{changes}."


def find_last_corrections(
    session: Session, entries: Iterable[JournalEntry]
) -> dict[str, RecordRevision]:
    """Return the last correction of each corrected record, by the uid of its first entry.

    The start of a planned visit or the end of a current one is not a correction. ``entries`` are in
    journal order; a record whose first entry is not among them is left out.
    """
    root_of: dict[str, str] = {}
    current: dict[str, JournalEntry] = {}
    corrections: dict[str, RecordRevision] = {}
    for entry in entries:
        root = root_of[entry.uid] = root_of.get(entry.supersedes or "", entry.uid)
        if entry.kind == "void":
            continue
        before, current[root] = current.get(root), entry
        if before is None or _continues_record(before, entry):
            continue
        columns = (format_entry_columns(version, session) for version in (before, entry))
        if changes := tuple(_list_changes(*columns)):
            corrections[root] = _build_revision(entry, _CORRECTION, *changes)
    return corrections


def _continues_record(before: JournalEntry, now: JournalEntry) -> bool:
    """Whether an entry only adds to its record, such as the end of a visit or call."""
    if before.kind == "visit" and before.payload.get("status") in UNFINISHED_VISIT_STATUSES:
        began = (
            before.payload.get("status") in PLANNED_VISIT_STATUSES
            and now.payload.get("status") in MADE_VISIT_STATUSES
        )
        ended = "departed_at" not in before.payload and "departed_at" in now.payload
        ignored = {"status", "departed_at", *(("arrived_at",) if began else ())}
        return (began or ended) and _have_same_columns(before, now, ignored)
    added = now.payload.keys() - before.payload
    return before.site == now.site and _have_same_columns(before, now, added)


def _have_same_columns(before: JournalEntry, now: JournalEntry, ignored: Collection[str]) -> bool:
    left, right = (
        {name: value for name, value in entry.payload.items() if name not in ignored}
        for entry in (before, now)
    )
    return left == right


def format_entry_columns(entry: JournalEntry, session: Session) -> dict[str, str]:
    """Return the columns of an entry that have a value, formatted for people."""
    site = session.saved_project.sites.get(entry.site or "")
    texts = {"site": site.name if site else entry.site or "", "unit": entry.unit or ""}
    for name, value in entry.payload.items():
        if name not in _HIDDEN_COLUMNS:
            texts[name] = _format_value(name, value, session)
    texts |= dict.fromkeys(entry.removed, _REMOVED)
    return {name: text for name, text in texts.items() if text}


def _format_value(name: str, value: Any, session: Session) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:g}"
    if name.endswith("_at"):
        with suppress(ValueError):
            return _format_moment(datetime.fromisoformat(str(value)), session)
    return str(value)


def _format_moment(at: datetime, session: Session) -> str:
    """Write a local time, with seconds unless they are zero."""
    local = at.astimezone(ZoneInfo(session.saved_project.time_zone))
    return session.formats.moment(local, seconds=bool(local.second))


def name_record_column(name: str) -> str:
    """Return the name of a record's column in lower case, as the forms write it."""
    return _LABELS.get(name) or name.removesuffix("_at").replace("_", " ")


def _list_changes(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in dict.fromkeys((*before, *now)):
        old, new = before.get(name, ""), now.get(name, "")
        if old == new:
            continue
        label = name_record_column(name)
        if not old:
            yield f"{label}: {new}"
        else:
            yield f"{label}: {old} → {new or 'nothing'}"


def _describe_reason(entry: JournalEntry) -> str:
    return f"reason: {_REMOVED if entry.removed else entry.payload.get('reason', '')}"
