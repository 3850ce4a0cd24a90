"""Journal entries of after-action reviews, corrective actions, concerns and district reports."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.domain.clock import utc, utc_text
from zoneplanner.domain.entries import with_marks
from zoneplanner.domain.follow_up import AfterAction, Concern, CorrectiveAction
from zoneplanner.domain.journal import FIRST_YEAR, NewEntry, check_order
from zoneplanner.domain.readiness import DistrictReport
from zoneplanner.domain.records import day_in, standing, time_in
from zoneplanner.domain.school_year import read_year, year_name
from zoneplanner.errors import UserError

PARTS = ("overview", "objectives", "strengths", "improvements", "participants")
"""The parts of an after-action review, in HSEEP's order."""
LONGEST_TEXT = 5_000
LONGEST_YEARS = 10
REFERENCE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9./_-]{0,39}", re.ASCII)


def after_action_entry(
    *,
    uid: str,
    event: str,
    event_on: date,
    held_on: date,
    site: str | None = None,
    incident: str = "",
    parts: Mapping[str, str] | None = None,
    time_zone: str,
    now: datetime,
    sample: bool = False,
    supersedes: str | None = None,
) -> NewEntry:
    """Build an after-action review; ``parts`` are texts by the names of ``PARTS``.

    Raises
    ------
    UserError
        The event is not named, it lies after the review, the review lies in the future, or a
        text is too long.
    """
    if not event.strip():
        raise UserError("An after-action review needs its event, such as “lockdown”.")
    today = _today(now, time_zone)
    _not_ahead(held_on, today)
    _sensible(event_on)
    if event_on > held_on:
        raise UserError(f"The event on {event_on} lies after its review on {held_on}; check both.")
    payload: dict[str, Any] = {
        "incident": incident,
        "event": _short(event, "event"),
        "event_on": event_on.isoformat(),
        "held_on": held_on.isoformat(),
        **{name: _short((parts or {}).get(name, ""), name) for name in PARTS},
    }
    payload = with_marks(payload, time_zone=time_zone, sample=sample)
    at = _midnight(held_on, time_zone)
    return NewEntry(uid, "after_action", site or None, None, at, payload, supersedes)


def corrective_action_entry(
    *,
    uid: str,
    review: str,
    text: str,
    owner_role: str,
    due_on: date,
    site: str | None = None,
    done_on: date | None = None,
    verified_on: date | None = None,
    time_zone: str,
    now: datetime,
    sample: bool = False,
    supersedes: str | None = None,
) -> NewEntry:
    """Build a corrective action of an after-action review.

    Raises
    ------
    UserError
        Its review, its text or its owner's role is missing, a day lies in the future, or it would
        be verified before it is done.
    """
    if not review:
        raise UserError("A corrective action needs its review; give review=UID as it was logged.")
    if not text.strip():
        raise UserError("Say what is to be done: action=...")
    if not owner_role.strip():
        raise UserError("Say which role owns the action, such as owner_role=“site administrator”.")
    _sensible(due_on)
    if due_on.year > _today(now, time_zone).year + LONGEST_YEARS:
        raise UserError(f"The day {due_on} is more than {LONGEST_YEARS} years ahead; check it.")
    for day in (done_on, verified_on):
        if day is not None:
            _not_ahead(day, _today(now, time_zone))
    if verified_on is not None and (done_on is None or verified_on < done_on):
        raise UserError("An action is verified once it is done; give done_on as well.")
    payload: dict[str, Any] = {
        "review": review,
        "action": _short(text, "action"),
        "owner_role": _short(owner_role, "owner_role"),
        "due_on": due_on.isoformat(),
        "done_on": done_on and done_on.isoformat(),
        "verified_on": verified_on and verified_on.isoformat(),
    }
    payload = with_marks(payload, time_zone=time_zone, sample=sample)
    at = utc(now) if supersedes is None else _midnight(verified_on or done_on, time_zone, now)
    return NewEntry(uid, "corrective_action", site or None, None, at, payload, supersedes)


def concern_entry(
    *,
    uid: str,
    reference: str,
    received_at: datetime,
    site: str | None = None,
    acknowledged_at: datetime | None = None,
    closed_at: datetime | None = None,
    time_zone: str,
    now: datetime,
    sample: bool = False,
    supersedes: str | None = None,
) -> NewEntry:
    """Build a concern report: the reference of the report elsewhere, and its clock.

    Raises
    ------
    UserError
        The reference is none, or a time lies in the future or before the one it follows.
    """
    if not REFERENCE.fullmatch(reference.strip()):
        raise UserError(
            f"“{reference}” is no reference number. It has up to 40 letters, digits and . / _ -, "
            f"with a digit among them, such as C-2026-014; the report itself is kept elsewhere."
        )
    times = {
        "received_at": utc(received_at),
        "acknowledged_at": acknowledged_at and utc(acknowledged_at),
        "closed_at": closed_at and utc(closed_at),
    }
    check_order(times, now)
    payload: dict[str, Any] = {
        "reference": reference.strip(),
        **{name: at and utc_text(at) for name, at in times.items()},
    }
    payload = with_marks(payload, time_zone=time_zone, sample=sample)
    return NewEntry(uid, "concern", site or None, None, utc(received_at), payload, supersedes)


def district_report_entry(
    *,
    uid: str,
    on: date,
    school_year: str = "",
    note: str = "",
    time_zone: str,
    now: datetime,
    sample: bool = False,
    supersedes: str | None = None,
) -> NewEntry:
    """Build the district's report to the state; without a school year it is that of its day."""
    _not_ahead(on, _today(now, time_zone))
    payload: dict[str, Any] = {
        "school_year": read_year(school_year) if school_year.strip() else year_name(on),
        "on": on.isoformat(),
        "note": _short(note, "note"),
    }
    payload = with_marks(payload, time_zone=time_zone, sample=sample)
    at = _midnight(on, time_zone)
    return NewEntry(uid, "district_report", None, None, at, payload, supersedes)


def after_actions(entries: Iterable[NewEntry]) -> tuple[AfterAction, ...]:
    """Return the after-action reviews as they stand, by day; each keeps its first entry's uid."""
    found = [
        AfterAction(
            uid=uid,
            site=entry.site,
            incident=str(entry.payload.get("incident", "")),
            event=str(entry.payload.get("event", "")),
            event_on=day_in(entry, "event_on"),
            held_on=day_in(entry, "held_on"),
            **{name: str(entry.payload.get(name, "")) for name in PARTS},
            sample=bool(entry.payload.get("sample", False)),
        )
        for uid, entry in _of(entries, "after_action")
    ]
    return tuple(sorted(found, key=lambda one: (one.held_on, one.uid)))


def corrective_actions(entries: Iterable[NewEntry]) -> tuple[CorrectiveAction, ...]:
    """Return the corrective actions as they stand, by the day they are due."""
    found = [
        CorrectiveAction(
            uid=uid,
            site=entry.site,
            review=str(entry.payload.get("review", "")),
            text=str(entry.payload.get("action", "")),
            owner_role=str(entry.payload.get("owner_role", "")),
            due_on=day_in(entry, "due_on"),
            done_on=_day_or_none(entry, "done_on"),
            verified_on=_day_or_none(entry, "verified_on"),
            sample=bool(entry.payload.get("sample", False)),
        )
        for uid, entry in _of(entries, "corrective_action")
    ]
    return tuple(sorted(found, key=lambda one: (one.due_on, one.uid)))


def concerns(entries: Iterable[NewEntry]) -> tuple[Concern, ...]:
    """Return the concern reports as they stand, by receipt."""
    found = [
        Concern(
            uid=uid,
            site=entry.site,
            reference=str(entry.payload.get("reference", "")),
            received_at=entry.occurred_at,
            acknowledged_at=time_in(entry, "acknowledged_at"),
            closed_at=time_in(entry, "closed_at"),
            sample=bool(entry.payload.get("sample", False)),
        )
        for uid, entry in _of(entries, "concern")
    ]
    return tuple(sorted(found, key=lambda one: (one.received_at, one.uid)))


def district_reports(entries: Iterable[NewEntry]) -> tuple[DistrictReport, ...]:
    """Return the district's reports as they stand, by day."""
    found = [
        DistrictReport(
            uid=uid,
            school_year=str(entry.payload.get("school_year", "")),
            on=day_in(entry, "on"),
            note=str(entry.payload.get("note", "")),
            sample=bool(entry.payload.get("sample", False)),
        )
        for uid, entry in _of(entries, "district_report")
    ]
    return tuple(sorted(found, key=lambda one: (one.on, one.uid)))


def _of(entries: Iterable[NewEntry], kind: str) -> Iterator[tuple[str, NewEntry]]:
    return ((uid, entry) for uid, entry in standing(entries).items() if entry.kind == kind)


def _day_or_none(entry: NewEntry, name: str) -> date | None:
    return day_in(entry, name) if entry.payload.get(name) else None


def _today(now: datetime, time_zone: str) -> date:
    return now.astimezone(ZoneInfo(time_zone)).date()


def _midnight(day: date | None, time_zone: str, now: datetime | None = None) -> datetime:
    if day is None:
        assert now is not None
        return utc(now)
    return datetime.combine(day, time(0), ZoneInfo(time_zone)).astimezone(UTC)


def _sensible(day: date) -> None:
    if day.year < FIRST_YEAR:
        raise UserError(f"The day {day} lies before {FIRST_YEAR}; check the year.")


def _not_ahead(day: date, today: date) -> None:
    _sensible(day)
    if day > today:
        raise UserError(f"The day {day} lies in the future; check it.")


def _short(text: str, name: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise UserError(f"“{name}” holds more than {LONGEST_TEXT:,} characters; shorten it.")
    return text.strip()
