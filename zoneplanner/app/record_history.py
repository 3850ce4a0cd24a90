"""The history of a record: every entry of it in order, and what each one changed."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.app.session import Session
from zoneplanner.domain.journal import MADE, NOT_ENDED, STAMP_LABELS, Entry, entered_later, roots
from zoneplanner.domain.visit_rule import PLANNED

_UNTOLD = frozenset(("time_zone", "sample"))
_CORRECTION = "Correction"
_VERBS = {
    _CORRECTION: "Corrected",
    "Void": "Voided",
    "Stamp corrected": "Stamp corrected",
    "Stamp taken out": "Stamp taken out",
}


@dataclass(frozen=True, slots=True)
class Step:
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


def record_history(session: Session, uid: str) -> tuple[Step, ...]:
    """Return the entries of the record that an entry belongs to, the first one first.

    Among those of an incident are the live stamps of its units, with what became of each.
    """
    steps: list[Step] = []
    before: Mapping[str, Any] = {}
    for entry in session.store.record(uid):
        what = "Void" if entry.kind == "void" else _CORRECTION if steps else "First entry"
        if not steps and entered_later(entry):
            what += ", entered later"
        now = _said(entry, session)
        changes = tuple(_changes(before, now)) if entry.kind != "void" else (_reason(entry),)
        if entry.kind != "void":
            before = now
        steps.append(
            Step(entry.seq, entry.uid, entry.recorded_at, entry.actor, entry.desk, what, changes)
        )
    return tuple(sorted([*steps, *_stamp_steps(session, uid)], key=lambda step: step.seq))


def _stamp_steps(session: Session, uid: str) -> Iterator[Step]:
    """Yield the entries of the live stamps of an incident; nothing for another record."""
    first = next(iter(session.store.record(uid)), None)
    if first is None or first.kind != "incident":
        return
    journal = session.store.entries(kinds=("incident", "stamp", "void"))
    root_of = roots(journal)
    stands: dict[str, Entry] = {}
    for entry in journal:
        root = root_of[entry.uid]
        if entry.kind == "stamp" and root_of.get(entry.payload["incident"]) == first.uid:
            now = _stamp_words(entry, session)
            before = stands.get(root)
            changes = f"{_stamp_words(before, session)} → {now}" if before else now
            what = "Stamp corrected" if before else "Stamp"
            stands[root] = entry
        elif entry.kind == "void" and root in stands:
            what, changes = (
                "Stamp taken out",
                f"{_stamp_words(stands[root], session)}, {_reason(entry)}",
            )
        else:
            continue
        yield Step(
            entry.seq, entry.uid, entry.recorded_at, entry.actor, entry.desk, what, (changes,)
        )


def _stamp_words(entry: Entry, session: Session) -> str:
    name = str(entry.payload["name"])
    label = STAMP_LABELS.get(name) or name.removesuffix("_at")
    return f"{entry.unit} {label} {_moment(entry.occurred_at, session)}"


def history_words(session: Session, uid: str) -> str:
    """Say who logged a record and when, and what each correction changed, old and new."""
    steps = record_history(session, uid)
    return " ".join(step_words(session, step) for step in steps if step.what != "Stamp")


def step_words(session: Session, step: Step) -> str:
    """Say in a sentence who made one entry of a record, when, and what it changed."""
    at = _moment(step.recorded_at, session)
    verb = _VERBS.get(step.what, "Logged")
    changes = f": {'; '.join(step.changes)}" if verb != "Logged" else ""
    return f"{verb} {at} by {step.actor}{changes}."


def last_corrections(session: Session, entries: Iterable[Entry]) -> dict[str, Step]:
    """Return the last correction of each record that has one, by the uid of its first entry.

    That something planned began, or what went on ended, corrects nothing. ``entries`` are in
    journal order; a record whose first entry is not among them is left out.
    """
    root_of: dict[str, str] = {}
    stands: dict[str, Entry] = {}
    found: dict[str, Step] = {}
    for entry in entries:
        root = root_of[entry.uid] = root_of.get(entry.supersedes or "", entry.uid)
        before = stands.get(root)
        if entry.kind == "void":
            continue
        stands[root] = entry
        if before is None:
            continue
        changes = tuple(_changes(_said(before, session), _said(entry, session)))
        if not changes or _goes_on(before, entry):
            continue
        found[root] = Step(
            entry.seq, entry.uid, entry.recorded_at, entry.actor, entry.desk, _CORRECTION, changes
        )
    return found


def _goes_on(before: Entry, now: Entry) -> bool:
    """Tell whether an entry says how its record went on: what was said before is said again."""
    if before.kind == "visit" and before.payload.get("status") in NOT_ENDED:
        began = before.payload.get("status") in PLANNED and now.payload.get("status") in MADE
        ended = "departed_at" not in before.payload and "departed_at" in now.payload
        loose = {"status", "departed_at", *(("arrived_at",) if began else ())}
        return (began or ended) and _same(before, now, loose)
    return before.site == now.site and _same(before, now, now.payload.keys() - before.payload)


def _same(before: Entry, now: Entry, but: Collection[str]) -> bool:
    left, right = ({k: v for k, v in one.payload.items() if k not in but} for one in (before, now))
    return left == right


def _said(entry: Entry, session: Session) -> dict[str, str]:
    site = session.project.sites.get(entry.site or "")
    said = {"site": site.name if site else entry.site or "", "unit": entry.unit or ""}
    for name, value in entry.payload.items():
        if name not in _UNTOLD:
            said[name] = _text(name, value, session)
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
    return session.formats.moment(at.astimezone(ZoneInfo(session.project.time_zone)))


def _changes(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in dict.fromkeys((*before, *now)):
        old, new = before.get(name, ""), now.get(name, "")
        if old == new:
            continue
        label = STAMP_LABELS.get(name) or name.removesuffix("_at").replace("_", " ")
        if not old:
            yield f"{label}: {new}"
        else:
            yield f"{label}: {old} → {new or 'nothing'}"


def _reason(entry: Entry) -> str:
    return f"reason: {entry.payload.get('reason', '')}"
