"""The edits and entries that are refused at every door."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta

from zoneplanner.domain.calendar.local_time import local_to_utc
from zoneplanner.domain.changes import list_changed_pairs
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_LOCKED_KINDS = ("visit", "incident", "stamp", "drill", "action", "hours", "approval", "void")
"""The entries that a year's figures are counted from; reviews and follow-ups stay open."""


def check_edit(before: Project, after: Project) -> None:
    """Refuse an edit that no door may make.

    Raises
    ------
    UserError
        The edit replaces an adopted plan with a draft, or changes a locked school year.
    """
    _check_adopted_plans(before, after)
    _check_locked_year(before, after)


def _check_adopted_plans(before: Project, after: Project) -> None:
    """Refuse an edit that replaces an adopted plan with a draft."""
    for uid, plan in before.plans.items() if before.plans is not after.plans else ():
        now = after.plans.get(uid)
        if plan.is_adopted and now is not None and not now.is_adopted:
            before.draft(uid)


def _check_locked_year(before: Project, after: Project) -> None:
    """Refuse an edit of shifts or calendar days in a locked school year."""
    lock = before.year_rollover.locked_until
    if lock is None or after.year_rollover is not before.year_rollover:
        return
    end = _compute_lock_end(lock, before.time_zone)
    for pair in list_changed_pairs(before.shifts, after.shifts):
        if any(shift is not None and shift.starts_at < end for shift in pair):
            raise UserError("year_locked.shifts", locked_until=lock)
    was, now = (
        {
            (part, days)
            for part in ("terms", "holidays", "minimum_days")
            for days in getattr(project.calendar, part)
            if days.first <= lock
        }
        for project in (before, after)
    )
    if was != now:
        raise UserError("year_locked.calendar", locked_until=lock)


def check_locked_entries(
    project: Project, entries: Iterable[NewEntry], replaced: Mapping[str, NewEntry]
) -> None:
    """Refuse entries that would change the records of a locked school year.

    ``replaced`` are the entries that they correct or void, by uid.
    """
    lock = project.year_rollover.locked_until
    if lock is None:
        return
    end = _compute_lock_end(lock, project.time_zone)
    for entry in entries:
        superseded = replaced.get(entry.supersedes or "")
        if entry.kind in _LOCKED_KINDS and any(
            version.kind in _LOCKED_KINDS and version.occurred_at < end
            for version in (entry, superseded)
            if version
        ):
            raise UserError("year_locked", locked_until=lock)


def _compute_lock_end(locked_until: date, time_zone: str) -> datetime:
    """Return the time at which the last locked day ends."""
    return local_to_utc(locked_until + timedelta(days=1), time(0), time_zone)
