"""A school year that is over and locked: its calendar, shifts and records stay as they are."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_LOCKED_KINDS = ("visit", "incident", "stamp", "drill", "action", "hours", "approval", "void")
"""What figures of a year are counted from; reviews and what follows them go on."""


def check_locked_year(before: Project, after: Project) -> None:
    """Refuse an edit of shifts or days of the calendar in a school year that is locked."""
    lock = before.year_rollover.locked_until
    if lock is None or after.year_rollover is not before.year_rollover:
        return
    end = _find_end(before)
    if before.shifts is not after.shifts:
        for old, new in _list_changed(before.shifts, after.shifts):
            if any(one is not None and one.starts_at < end for one in (old, new)):
                raise UserError("year_locked.shifts", locked_until=lock)
    if before.calendar is not after.calendar:
        calendars = (before.calendar, after.calendar)
        was, now = (
            {
                (part, one)
                for part in ("terms", "holidays", "minimum_days")
                for one in getattr(own, part)
                if one.first <= lock
            }
            for own in calendars
        )
        if was != now:
            raise UserError("year_locked.calendar", locked_until=lock)


def check_locked_entries(
    project: Project, entries: Iterable[NewEntry], replaced: Mapping[str, NewEntry]
) -> None:
    """Refuse entries that would change the records of a school year that is locked.

    ``replaced`` are the entries that some of them correct or void, by uid.
    """
    lock = project.year_rollover.locked_until
    if lock is None:
        return
    end = _find_end(project)
    for entry in entries:
        told = replaced.get(entry.supersedes or "")
        if entry.kind in _LOCKED_KINDS and any(
            one.kind in _LOCKED_KINDS and one.occurred_at < end for one in (entry, told) if one
        ):
            raise UserError("year_locked", locked_until=lock)


def _find_end(project: Project) -> datetime:
    """Return the moment at which the last locked school year ends."""
    lock = project.year_rollover.locked_until
    assert lock is not None
    after = lock + timedelta(days=1)
    return datetime.combine(after, time(0), ZoneInfo(project.time_zone)).astimezone(UTC)


def _list_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Any]:
    for key in {**before, **after}:
        old, new = before.get(key), after.get(key)
        if old is not new and old != new:
            yield old, new
