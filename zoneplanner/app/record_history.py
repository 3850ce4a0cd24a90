"""The history of a record: every entry of it in order, and what each one changed."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.app.session import Session
from zoneplanner.domain.journal import Entry, entered_later

UNTOLD = frozenset(("time_zone", "sample"))


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
    """Return the entries of the record that an entry belongs to, the first one first."""
    steps: list[Step] = []
    before: Mapping[str, Any] = {}
    for entry in session.store.record(uid):
        what = "Void" if entry.kind == "void" else "Correction" if steps else "First entry"
        if not steps and entered_later(entry):
            what += ", entered later"
        now = _said(entry, session)
        changes = tuple(_changes(before, now)) if entry.kind != "void" else (_reason(entry),)
        if entry.kind != "void":
            before = now
        steps.append(
            Step(entry.seq, entry.uid, entry.recorded_at, entry.actor, entry.desk, what, changes)
        )
    return tuple(steps)


def _said(entry: Entry, session: Session) -> dict[str, str]:
    site = session.project.sites.get(entry.site or "")
    said = {"site": site.name if site else entry.site or "", "unit": entry.unit or ""}
    zone = ZoneInfo(session.project.time_zone)
    for name, value in entry.payload.items():
        if name not in UNTOLD:
            said[name] = _text(name, value, zone)
    return {name: text for name, text in said.items() if text}


def _text(name: str, value: Any, zone: ZoneInfo) -> str:
    """Write a column as people read it: times in the project's zone, lists in a row."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:g}"
    if name.endswith("_at"):
        with suppress(ValueError):
            return f"{datetime.fromisoformat(str(value)).astimezone(zone):%Y-%m-%d %H:%M}"
    return str(value)


def _changes(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in dict.fromkeys((*before, *now)):
        old, new = before.get(name, ""), now.get(name, "")
        if old == new:
            continue
        label = name.removesuffix("_at").replace("_", " ")
        if not old:
            yield f"{label}: {new}"
        else:
            yield f"{label}: {old} → {new or 'nothing'}"


def _reason(entry: Entry) -> str:
    return f"reason: {entry.payload.get('reason', '')}"
