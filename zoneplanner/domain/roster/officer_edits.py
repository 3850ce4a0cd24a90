"""Edits of officers and their availability, and the search for an officer by name."""

import re
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import (
    MAX_RECURRENCE_YEARS,
    POSTED,
    AvailabilityKind,
    AvailabilityPeriod,
    Officer,
    OfficerFile,
    RosterDecision,
    Shift,
    ShiftStatus,
    revise_shift,
)
from zoneplanner.errors import UserError

USUAL_EQUIPMENT = ("radio", "keys", "access badge", "vest", "vehicle", "phone", "body camera")
"""The equipment that offices usually issue; an officer's file may list other items."""


def put_officer(project: Project, officer: Officer) -> Project:
    """Add an officer, or replace the one with their id.

    Raises
    ------
    UserError
        The name is missing, a unit is unknown, or a period ends before it begins.
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
    for period in officer.times:
        _check_availability(officer, period)
    return replace(project, officers={**project.officers, officer.id: officer})


def put_availability(project: Project, officer_id: str, period: AvailabilityPeriod) -> Project:
    """Add leave, main job or another period to an officer, or replace the one with its uid."""
    officer = get_officer(project, officer_id)
    others = tuple(other for other in officer.times if other.uid != period.uid)
    return put_officer(project, replace(officer, times=(*others, period)))


def remove_availability(project: Project, officer_id: str, uid: str) -> Project:
    """Remove a period from an officer."""
    officer = get_officer(project, officer_id)
    others = tuple(other for other in officer.times if other.uid != uid)
    return put_officer(project, replace(officer, times=others))


def put_officer_file(project: Project, officer_id: str, file: OfficerFile) -> Project:
    """Set the office's file on an officer; an empty one is removed."""
    get_officer(project, officer_id)
    files = {key: other for key, other in project.officer_files.items() if key != officer_id}
    if file != OfficerFile():
        files[officer_id] = file
    return replace(project, officer_files=files)


def remove_officer(
    project: Project, officer_id: str, last_day: date, decision: RosterDecision
) -> Project:
    """Remove an officer after a last day: later shifts become open, and their swaps are removed.

    An officer who has served, still serves or has equipment stays on record.
    """
    officer = get_officer(project, officer_id)
    later = (last_day + timedelta(days=1), date.max)
    decision = replace(decision, reason="left the roster")
    shifts = _open_shifts(project, officer_id, later, decision)
    officers = {key: other for key, other in project.officers.items() if key != officer_id}
    issued = project.officer_files.get(officer_id, OfficerFile()).equipment
    if issued or any(officer_id in (shift.officer, *shift.former) for shift in shifts.values()):
        officers = {**project.officers, officer_id: replace(officer, until=last_day)}
    swaps = {
        uid: swap
        for uid, swap in project.swaps.items()
        if officer_id not in (swap.officer, swap.taker)
    }
    return replace(project, officers=officers, shifts=shifts, swaps=swaps)


def record_sick_leave(
    project: Project, officer_id: str, first: date, last: date, decision: RosterDecision
) -> Project:
    """Record an officer's call-out for some days; their shifts on these days become open."""
    officer = get_officer(project, officer_id)
    sick = AvailabilityPeriod(f"sick-{first}-{last}", AvailabilityKind.SICK, first, last)
    after = put_availability(project, officer.id, sick)
    decision = replace(decision, reason="called out")
    shifts = _open_shifts(project, officer_id, (first, last), decision)
    return replace(after, shifts=shifts)


def _open_shifts(
    project: Project, officer_id: str, days: tuple[date, date], decision: RosterDecision
) -> dict[str, Shift]:
    """Return the project's shifts, with an officer's shifts on some days opened."""
    mark = (decision.override(POSTED, None),)
    opened = {
        shift.uid: revise_shift(
            shift,
            decision.at,
            officer=None,
            locked=False,
            overrides=mark if shift.status is ShiftStatus.FINAL else (),
        )
        for shift in project.shifts_between(*days)
        if shift.officer == officer_id and shift.is_active
    }
    return {**project.shifts, **opened}


def get_officer(project: Project, officer_id: str) -> Officer:
    """Return an officer by id or full name. Raises a UserError if they are unknown."""
    if officer_id in project.officers:
        return project.officers[officer_id]
    matches = [officer for officer in project.officers.values() if officer.name == officer_id]
    if len(matches) == 1:
        return matches[0]
    raise UserError(
        "unknown_officer" if project.officers else "unknown_officer.no_officers",
        officer=officer_id,
        known=list(project.officers),
    )


def _check_availability(officer: Officer, period: AvailabilityPeriod) -> None:
    facts: dict[str, object] = {"officer": officer.name, "kind": period.kind}
    facts |= {"first": period.first, "last": period.last}
    if period.last < period.first:
        raise UserError("days_out_of_order.availability", facts)
    length = period.last - period.first
    if length.days > MAX_RECURRENCE_YEARS * 366 or period.every_weeks < 1:
        raise UserError("period_too_long.availability", facts, years=MAX_RECURRENCE_YEARS)


_RANKS = frozenset(
    [
        "deputy",
        "dep",
        "dpty",
        "officer",
        "ofc",
        "ofcr",
        "sgt",
        "sergeant",
        "cpl",
        "corporal",
        "lt",
        "sro",
    ]
)


class OfficerNames:
    """Finds an officer by id or name, with first and last name in either order and any rank."""

    def __init__(self, project: Project, agency: str = "") -> None:
        self._known: dict[str, set[str]] = defaultdict(set)
        for key, officer in project.officers.items():
            words = _split_name(officer.name)
            self._known[key.casefold()].add(key)
            self._known[" ".join(sorted(words))].add(key)
            if words and agency in ("", officer.agency):
                self._known[words[-1]].add(key)
                self._known[" ".join(sorted((words[0][:1], words[-1])))].add(key)

    def find(self, text: str) -> str:
        """Return the id of an officer, or "" if no officer or several match."""
        words = _split_name(text)
        for name in (text.strip().casefold(), " ".join(sorted(words))):
            matches = self._known.get(name, set())
            if len(matches) == 1:
                return next(iter(matches))
        return ""


def _split_name(text: str) -> list[str]:
    """Return the words of a name without rank, the last name last."""
    last, comma, first = text.partition(",")
    ordered = f"{first} {last}" if comma else text
    words = [word.casefold() for word in re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", ordered)]
    return [word for word in words if word not in _RANKS] or words
