"""The history of a record: every entry of it in order, and what each one changed."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

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
    """One entry of a record. ``what`` is first, correction or void; ``changes`` are sentences.

    A first entry that was recorded well after what it tells is marked as entered later.
    """

    seq: int
    uid: str
    recorded_at: datetime
    actor: str
    desk: str
    what: str
    changes: tuple[str, ...]


def list_record_revisions(session: Session, uid: str) -> tuple[RecordRevision, ...]:
    """Return the entries of the record that an entry belongs to, the first one first.

    Among those of an incident are the live stamps of its units, with what became of each; among
    those of hours are their approvals.
    """
    steps: list[RecordRevision] = []
    before: Mapping[str, Any] = {}
    for entry in session.store.record(uid):
        what = "Void" if entry.kind == "void" else _CORRECTION if steps else "First entry"
        if not steps and was_entered_late(entry):
            what += ", entered later"
        now = format_entry_columns(entry, session)
        changes = tuple(_changes(before, now)) if entry.kind != "void" else (_reason(entry),)
        if entry.kind != "void":
            before = now
        steps.append(_build_revision(entry, what, changes))
    beside = (*_stamp_steps(session, uid), *_approval_steps(session, uid))
    return tuple(sorted([*steps, *beside], key=lambda step: step.seq))


def _approval_steps(session: Session, uid: str) -> Iterator[RecordRevision]:
    """Yield who approved hours, and who withdrew it; nothing for another record."""
    first = next(iter(session.store.record(uid)), None)
    if first is None or first.kind != HOURS_RECORD.name:
        return
    roots: set[str] = set()
    for entry in session.store.entries(kinds=(APPROVAL_RECORD.name, "void")):
        root = entry.supersedes or entry.uid
        if entry.kind == APPROVAL_RECORD.name and entry.payload.get("worked") == first.uid:
            said = read_record(APPROVAL_RECORD, root, entry)
            what = "Approved again" if root in roots else "Approved"
            roots.add(root)
            rate = f" at ${said.rate:,.2f}" if said.rate is not None else ""
            fund = f", {said.fund}" if said.fund else ""
            changes = f"{said.hours or 0:.2f} h {said.pay_code.replace('_', '-')}{rate}{fund}"
        elif entry.kind == "void" and root in roots:
            what, changes = "Approval withdrawn", _reason(entry)
        else:
            continue
        yield _build_revision(entry, what, (changes,))


def _stamp_steps(session: Session, uid: str) -> Iterator[RecordRevision]:
    """Yield the entries of the live stamps of an incident; nothing for another record."""
    first = next(iter(session.store.record(uid)), None)
    if first is None or first.kind != "incident":
        return
    journal = session.store.entries(kinds=("incident", "stamp", "void"))
    root_of = map_record_uids(journal)
    stands: dict[str, JournalEntry] = {}
    for entry in journal:
        root = root_of[entry.uid]
        if entry.kind == "stamp" and root_of.get(entry.payload["incident"]) == first.uid:
            now = _stamp_words(entry, session)
            before = stands.get(root)
            changes = f"{_stamp_words(before, session)} → {now}" if before else now
            what = "Stamp corrected" if before else "Stamp"
            stands[root] = entry
        elif entry.kind == "void" and root in stands:
            what = "Stamp removed"
            changes = f"{_stamp_words(stands[root], session)}, {_reason(entry)}"
        else:
            continue
        yield _build_revision(entry, what, (changes,))


def _build_revision(entry: JournalEntry, what: str, changes: tuple[str, ...]) -> RecordRevision:
    return RecordRevision(
        entry.seq, entry.uid, entry.recorded_at, entry.actor, entry.desk, what, changes
    )


def _stamp_words(entry: JournalEntry, session: Session) -> str:
    name = str(entry.payload["name"])
    label = STAMP_LABELS.get(name) or name.removesuffix("_at")
    return f"{entry.unit} {label} {_moment(entry.occurred_at, session)}"


def describe_record_history(session: Session, uid: str) -> str:
    """Say who logged a record and when, and what each correction changed, old and new."""
    steps = list_record_revisions(session, uid)
    return " ".join(describe_revision(session, step) for step in steps if step.what != "Stamp")


def describe_revision(session: Session, step: RecordRevision) -> str:
    """Say in a sentence who made one entry of a record, when, and what it changed."""
    at = _moment(step.recorded_at, session)
    verb = _VERBS.get(step.what, "Logged")
    changes = f": {'; '.join(step.changes)}" if verb != "Logged" else ""
    return f"{verb} {at} by {step.actor}{changes}."


def find_last_corrections(
    session: Session, entries: Iterable[JournalEntry]
) -> dict[str, RecordRevision]:
    """Return the last correction of each record that has one, by the uid of its first entry.

    That something planned began, or what went on ended, corrects nothing. ``entries`` are in
    journal order; a record whose first entry is not among them is left out.
    """
    root_of: dict[str, str] = {}
    stands: dict[str, JournalEntry] = {}
    found: dict[str, RecordRevision] = {}
    for entry in entries:
        root = root_of[entry.uid] = root_of.get(entry.supersedes or "", entry.uid)
        before = stands.get(root)
        if entry.kind == "void":
            continue
        stands[root] = entry
        if before is None:
            continue
        changes = tuple(
            _changes(format_entry_columns(before, session), format_entry_columns(entry, session))
        )
        if not changes or _continues_record(before, entry):
            continue
        found[root] = _build_revision(entry, _CORRECTION, changes)
    return found


def _continues_record(before: JournalEntry, now: JournalEntry) -> bool:
    """Tell whether an entry says how its record went on: what was said before is said again."""
    if before.kind == "visit" and before.payload.get("status") in UNFINISHED_VISIT_STATUSES:
        began = (
            before.payload.get("status") in PLANNED_VISIT_STATUSES
            and now.payload.get("status") in MADE_VISIT_STATUSES
        )
        ended = "departed_at" not in before.payload and "departed_at" in now.payload
        loose = {"status", "departed_at", *(("arrived_at",) if began else ())}
        return (began or ended) and _says_the_same(before, now, loose)
    return before.site == now.site and _says_the_same(
        before, now, now.payload.keys() - before.payload
    )


def _says_the_same(before: JournalEntry, now: JournalEntry, but: Collection[str]) -> bool:
    left, right = ({k: v for k, v in one.payload.items() if k not in but} for one in (before, now))
    return left == right


def format_entry_columns(entry: JournalEntry, session: Session) -> dict[str, str]:
    """Return the columns of an entry that say something, as people read them."""
    site = session.saved_project.sites.get(entry.site or "")
    said = {"site": site.name if site else entry.site or "", "unit": entry.unit or ""}
    for name, value in entry.payload.items():
        if name not in _HIDDEN_COLUMNS:
            said[name] = _text(name, value, session)
    said |= dict.fromkeys(entry.removed, _REMOVED)
    return {name: text for name, text in said.items() if text}


def _text(name: str, value: Any, session: Session) -> str:
    """Write a column as people read it: times in the project's zone, lists in a row."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:g}"
    if name.endswith("_at"):
        with suppress(ValueError):
            return _moment(datetime.fromisoformat(str(value)), session)
    return str(value)


def _moment(at: datetime, session: Session) -> str:
    """Write a moment, with its seconds where it has any."""
    local = at.astimezone(ZoneInfo(session.saved_project.time_zone))
    return session.formats.moment(local, seconds=bool(local.second))


def _changes(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in dict.fromkeys((*before, *now)):
        old, new = before.get(name, ""), now.get(name, "")
        if old == new:
            continue
        label = _LABELS.get(name) or name.removesuffix("_at").replace("_", " ")
        if not old:
            yield f"{label}: {new}"
        else:
            yield f"{label}: {old} → {new or 'nothing'}"


def _reason(entry: JournalEntry) -> str:
    return f"reason: {_REMOVED if entry.removed else entry.payload.get('reason', '')}"
