"""Officers of a roster, their leave and other times: pure edits of a project."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import (
    MAX_RECURRENCE_YEARS,
    AvailabilityKind,
    AvailabilityPeriod,
    Officer,
    Shift,
    revise_shift,
)
from zoneplanner.errors import UserError


def put_officer(project: Project, officer: Officer) -> Project:
    """Add an officer, or replace the one with their id.

    Raises
    ------
    UserError
        The name is missing, a unit is unknown, or a time of theirs ends before it begins.
    """
    if not officer.name.strip() or not officer.id.strip():
        raise UserError("name_missing.officer")
    for unit in (*officer.units, *officer.prefers):
        if unit not in project.units:
            raise UserError(
                "unknown_unit.of_officer",
                officer=officer.name,
                unit=unit,
                known=list(project.units),
            )
    for own in officer.times:
        _check_availability(officer, own)
    return replace(project, officers={**project.officers, officer.id: officer})


def put_availability(project: Project, officer_id: str, own: AvailabilityPeriod) -> Project:
    """Add leave, main job or another time to an officer, or replace the one with its uid."""
    officer = get_officer(project, officer_id)
    kept = tuple(one for one in officer.times if one.uid != own.uid)
    return put_officer(project, replace(officer, times=(*kept, own)))


def remove_availability(project: Project, officer_id: str, uid: str) -> Project:
    """Take a time away from an officer."""
    officer = get_officer(project, officer_id)
    kept = tuple(one for one in officer.times if one.uid != uid)
    return put_officer(project, replace(officer, times=kept))


def remove_officer(project: Project, officer_id: str, *, today: date, now: datetime) -> Project:
    """Let an officer go: shifts from today on become open; who has served stays as a record."""
    officer = get_officer(project, officer_id)
    shifts = _open_shifts(project, officer_id, today, date.max, now=now)
    officers = {key: one for key, one in project.officers.items() if key != officer_id}
    if any(officer_id in (shift.officer, *shift.former) for shift in shifts.values()):
        gone = replace(officer, until=today - timedelta(days=1))
        officers = {**project.officers, officer_id: gone}
    swaps = {
        uid: swap
        for uid, swap in project.swaps.items()
        if officer_id not in (swap.officer, swap.taker)
    }
    return replace(project, officers=officers, shifts=shifts, swaps=swaps)


def record_sick_leave(
    project: Project, officer_id: str, first: date, last: date, *, now: datetime
) -> Project:
    """Put an officer down as sick for some days; their shifts on these become open."""
    officer = get_officer(project, officer_id)
    sick = AvailabilityPeriod(f"sick-{first}-{last}", AvailabilityKind.SICK, first, last)
    after = put_availability(project, officer.id, sick)
    return replace(after, shifts=_open_shifts(project, officer_id, first, last, now=now))


def _open_shifts(
    project: Project, officer_id: str, first: date, last: date, *, now: datetime
) -> dict[str, Shift]:
    """Return the shifts of the project, those of an officer on some days without one."""
    theirs = {
        shift.uid: revise_shift(shift, now, officer=None, locked=False, overrides=())
        for shift in project.shifts_between(first, last)
        if shift.officer == officer_id and shift.is_active
    }
    return {**project.shifts, **theirs}


def get_officer(project: Project, officer_id: str) -> Officer:
    """Return an officer by id or by full name; an unknown one is a UserError."""
    if officer_id in project.officers:
        return project.officers[officer_id]
    named = [one for one in project.officers.values() if one.name == officer_id]
    if len(named) == 1:
        return named[0]
    raise UserError(
        "unknown_officer" if project.officers else "unknown_officer.no_officers",
        officer=officer_id,
        known=list(project.officers),
    )


def _check_availability(officer: Officer, own: AvailabilityPeriod) -> None:
    if own.last < own.first:
        raise UserError(
            "days_out_of_order.availability",
            officer=officer.name,
            kind=own.kind,
            first=own.first,
            last=own.last,
        )
    if (own.last - own.first).days > MAX_RECURRENCE_YEARS * 366 or own.every_weeks < 1:
        raise UserError(
            "period_too_long.availability",
            officer=officer.name,
            kind=own.kind,
            first=own.first,
            last=own.last,
            years=MAX_RECURRENCE_YEARS,
        )
