"""Which units are on duty now, by the roster of the moment: who, in what state, where, and next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from zoneplanner.app.log.dispatch import (
    map_unit_calls,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.entries import read_visits
from zoneplanner.domain.log.journal import Incident, JournalEntry, UnitStamps, Visit
from zoneplanner.domain.log.office_entries import AVAILABLE, UnitStatus, read_unit_statuses
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import Shift

_LONGEST_SHIFT = timedelta(hours=24)
_ROSTER_REACH = timedelta(days=7)
_BOARD_KINDS = ("visit", "unit_status", "void")
OFF_DUTY = "off duty"
"""Why a unit is not proposed that the roster has no shift for."""


class UnitState(StrEnum):
    """How a unit stands.

    ``ASSIGNED`` is one that its call names and nobody has sent yet, ``OPEN`` an assignment without
    an officer.
    """

    AVAILABLE = "available"
    ASSIGNED = "not yet dispatched"
    DISPATCHED = "dispatched"
    EN_ROUTE = "en route"
    ON_SCENE = "on scene"
    OUT = "out"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class UnitOnBoard:
    """A unit on duty. ``since`` is when its state began, None where nothing tells.

    ``status`` says why it is out, ``incident`` is the call that keeps it, ``site`` where it is,
    ``next_site`` and ``next_at`` the visit planned for it next, ``until`` the end of its shift.
    ``on_duty`` is False for one that serves although no shift of the roster has it.
    """

    unit: str
    officers: tuple[str, ...]
    state: UnitState
    since: datetime | None
    status: str = ""
    incident: str = ""
    site: str | None = None
    next_site: str | None = None
    next_at: datetime | None = None
    until: datetime | None = None
    on_duty: bool = True

    @property
    def reason_out(self) -> str:
        """Say why it is not proposed for a call, beside being on one; empty where it is."""
        if self.state is UnitState.OUT:
            return self.status.replace("_", " ")
        return "" if self.on_duty and self.state is not UnitState.OPEN else OFF_DUTY


class UnitBoard:
    """Reads the board; of the journal only what is new since it was read last."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._entries: list[JournalEntry] = []
        self._seq = 0

    def read(self, incidents: Iterable[Incident]) -> tuple[UnitOnBoard, ...]:
        """Return the units on duty in the order of the project, then those that serve besides.

        ``incidents`` are those of ``LiveIncidents``, which its caller has read.
        """
        session, now = self._session, self._session.clock()
        entries = self._read_entries(now)
        planned = session.planned_visits.list_between(now, now + _LONGEST_SHIFT)
        today = session.today
        return derive_unit_board(
            session.saved_project,
            incidents,
            now,
            statuses=read_unit_statuses(entries),
            visits=read_visits(entries),
            planned=[one for one in planned if session.day_of(one.arrived_at) == today],
        )

    def _read_entries(self, now: datetime) -> list[JournalEntry]:
        since = now - _LONGEST_SHIFT
        new = self._session.store.entries(kinds=_BOARD_KINDS, after_seq=self._seq, since=since)
        self._seq = max((entry.seq for entry in new if entry.hash), default=self._seq)
        waiting = [entry for entry in new if not entry.hash]
        kept = [entry for entry in (*self._entries, *new) if entry.occurred_at >= since]
        self._entries = [entry for entry in kept if entry.hash]
        return [*self._entries, *waiting]


def is_roster_kept(project: Project, now: datetime) -> bool:
    """True where a shift lies within a week of ``now``: else nothing tells who is on duty."""
    return any(
        shift.is_active and abs(shift.starts_at - now) < _ROSTER_REACH
        for shift in project.shifts.values()
    )


def derive_unit_board(
    project: Project,
    incidents: Iterable[Incident],
    now: datetime,
    *,
    statuses: Iterable[UnitStatus] = (),
    visits: Iterable[Visit] = (),
    planned: Iterable[Visit] = (),
) -> tuple[UnitOnBoard, ...]:
    """Return the board of a moment; ``statuses`` and ``visits`` in order of time.

    A state without a call holds for the shift in which it was logged. A call that nobody cleared
    for longer than any lasts, or of a history that was brought in, keeps no unit. Where no shift
    lies within a week of ``now`` the roster is not kept here: every unit is on duty, without an
    officer's name.
    """
    rostered = is_roster_kept(project, now)
    calls = tuple(incidents)
    shifts = _group_shifts_now(project, now)
    kept_by = map_unit_calls(calls, now)
    cleared = _find_last_clearings(calls)
    said = {one.unit: one for one in statuses}
    there = {one.unit: one.site for one in visits if one.status == "on_site"}
    coming = {one.unit: one for one in sorted(planned, key=_by_arrival, reverse=True)}
    board = []
    for unit in project.units:
        mine = shifts.get(unit, ())
        if rostered and not mine and unit not in kept_by:
            continue
        began = min((shift.starts_at for shift in mine), default=None)
        status = said.get(unit)
        if status is not None and began is not None and status.at < began:
            status = None
        begins = [at for at in (began, cleared.get(unit), status and status.at) if at]
        row = UnitOnBoard(
            unit,
            tuple(_name_officer(project, shift.officer) for shift in mine if shift.officer),
            UnitState.AVAILABLE,
            max(begins, default=None),
            site=there.get(unit),
            next_site=coming[unit].site if unit in coming else None,
            next_at=coming[unit].arrived_at if unit in coming else None,
            until=max((shift.ends_at for shift in mine), default=None),
            on_duty=bool(mine) or not rostered,
        )
        if unit in kept_by:
            row = _put_on_call(row, *kept_by[unit])
        elif mine and not row.officers:
            row = replace(row, state=UnitState.OPEN, since=began)
        elif status is not None and status.status != AVAILABLE:
            row = replace(row, state=UnitState.OUT, status=status.status, since=status.at)
        board.append(row)
    return tuple(board)


def map_units_out(board: Iterable[UnitOnBoard], project: Project) -> Mapping[str, str]:
    """Return the units that are not proposed for a call although none keeps them, and why."""
    rows = {row.unit: row.reason_out for row in board}
    return {unit: why for unit in project.units if (why := rows.get(unit, OFF_DUTY))}


def _put_on_call(row: UnitOnBoard, call: Incident, stamps: UnitStamps) -> UnitOnBoard:
    made = (
        (UnitState.ON_SCENE, stamps.onscene_at),
        (UnitState.EN_ROUTE, stamps.enroute_at),
        (UnitState.DISPATCHED, stamps.dispatched_at),
    )
    state, since = next(
        ((state, at) for state, at in made if at is not None), (UnitState.ASSIGNED, None)
    )
    if state is UnitState.ASSIGNED:
        return replace(row, state=state, since=None, incident=call.uid)
    return replace(row, state=state, since=since, incident=call.uid, site=call.site)


def _name_officer(project: Project, officer: str) -> str:
    return project.officers[officer].name if officer in project.officers else officer


def _group_shifts_now(project: Project, now: datetime) -> dict[str, list[Shift]]:
    found: dict[str, list[Shift]] = {}
    for shift in project.shifts.values():
        if shift.is_active and shift.starts_at <= now < shift.ends_at:
            found.setdefault(shift.unit, []).append(shift)
    return found


def _find_last_clearings(incidents: Iterable[Incident]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for incident in incidents:
        for stamps in incident.by_unit:
            if stamps.cleared_at is not None:
                found[stamps.unit] = max(
                    stamps.cleared_at, found.get(stamps.unit, stamps.cleared_at)
                )
    return found


def _by_arrival(visit: Visit) -> datetime:
    return visit.arrived_at
