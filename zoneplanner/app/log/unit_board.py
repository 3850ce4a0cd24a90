"""The units on duty now: state, place, officers and next stop of each."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from zoneplanner.app.log.dispatch import map_unit_calls
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
"""Why a unit without a shift is not proposed."""


class UnitState(StrEnum):
    """The state of a unit.

    An ``ASSIGNED`` unit is named by its call but was not sent yet; ``OPEN`` is a shift without an
    officer.
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
    """A unit on the board, with its state and shift."""

    unit: str
    officers: tuple[str, ...]
    state: UnitState
    since: datetime | None
    """When the state began, if known."""
    status: str = ""
    """Why the unit is out."""
    incident: str = ""
    """The call that it is on."""
    site: str | None = None
    next_site: str | None = None
    next_at: datetime | None = None
    """The next planned visit, with ``next_site``."""
    until: datetime | None = None
    """The end of its shift."""
    on_duty: bool = True
    """False for a unit that is on a call without a shift."""

    @property
    def reason_out(self) -> str:
        """Why the unit is not proposed for a call, apart from being on one, or "" if it is."""
        if self.state is UnitState.OUT:
            return self.status.replace("_", " ")
        return "" if self.on_duty and self.state is not UnitState.OPEN else OFF_DUTY


class UnitBoard:
    """Reads the board, and only the new entries of the journal each time."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._entries: list[JournalEntry] = []
        self._seq = 0

    def read(self, incidents: Iterable[Incident]) -> tuple[UnitOnBoard, ...]:
        """Return the units on duty or on a call, in the order of the project.

        ``incidents`` come from ``LiveIncidents``.
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
            planned=[visit for visit in planned if session.day_of(visit.arrived_at) == today],
        )

    def _read_entries(self, now: datetime) -> list[JournalEntry]:
        since = now - _LONGEST_SHIFT
        new = self._session.store.entries(kinds=_BOARD_KINDS, after_seq=self._seq, since=since)
        self._seq = max((entry.seq for entry in new if entry.hash), default=self._seq)
        waiting = [entry for entry in new if not entry.hash]
        recent = [entry for entry in (*self._entries, *new) if entry.occurred_at >= since]
        self._entries = [entry for entry in recent if entry.hash]
        return [*self._entries, *waiting]


def is_roster_kept(project: Project, now: datetime) -> bool:
    """Whether the office keeps its roster here: a shift starts within a week of ``now``."""
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
    """Return the board at a time; ``statuses`` and ``visits`` are in order of time.

    A status applies to the shift in which it was logged. Stale calls and imported history occupy
    no units. If the office does not keep its roster here, every unit is on duty, without
    officers.
    """
    rostered = is_roster_kept(project, now)
    calls = tuple(incidents)
    shifts_by_unit: dict[str, list[Shift]] = defaultdict(list)
    for shift in project.shifts.values():
        if shift.is_active and shift.starts_at <= now < shift.ends_at:
            shifts_by_unit[shift.unit].append(shift)
    unit_calls = map_unit_calls(calls, now)
    cleared_at = _find_last_clears(calls)
    status_by_unit = {status.unit: status for status in statuses}
    site_by_unit = {visit.unit: visit.site for visit in visits if visit.status == "on_site"}
    latest_first = sorted(planned, key=lambda visit: visit.arrived_at, reverse=True)
    next_visits = {visit.unit: visit for visit in latest_first}
    board = []
    for unit in project.units:
        shifts, next_visit = shifts_by_unit[unit], next_visits.get(unit)
        if rostered and not shifts and unit not in unit_calls:
            continue
        began = min((shift.starts_at for shift in shifts), default=None)
        status = status_by_unit.get(unit)
        if status is not None and began is not None and status.at < began:
            status = None
        changes = [at for at in (began, cleared_at.get(unit), status and status.at) if at]
        row = UnitOnBoard(
            unit,
            tuple(_name_officer(project, shift.officer) for shift in shifts if shift.officer),
            UnitState.AVAILABLE,
            max(changes, default=None),
            site=site_by_unit.get(unit),
            next_site=next_visit.site if next_visit else None,
            next_at=next_visit.arrived_at if next_visit else None,
            until=max((shift.ends_at for shift in shifts), default=None),
            on_duty=bool(shifts) or not rostered,
        )
        if unit in unit_calls:
            row = _put_on_call(row, *unit_calls[unit])
        elif shifts and not row.officers:
            row = replace(row, state=UnitState.OPEN, since=began)
        elif status is not None and status.status != AVAILABLE:
            row = replace(row, state=UnitState.OUT, status=status.status, since=status.at)
        board.append(row)
    return tuple(board)


def map_units_out(board: Iterable[UnitOnBoard], project: Project) -> Mapping[str, str]:
    """Return the units that are not proposed although they are on no call, with the reason."""
    rows = {row.unit: row.reason_out for row in board}
    return {unit: reason for unit in project.units if (reason := rows.get(unit, OFF_DUTY))}


def _put_on_call(row: UnitOnBoard, call: Incident, stamps: UnitStamps) -> UnitOnBoard:
    for state, since in (
        (UnitState.ON_SCENE, stamps.onscene_at),
        (UnitState.EN_ROUTE, stamps.enroute_at),
        (UnitState.DISPATCHED, stamps.dispatched_at),
    ):
        if since is not None:
            return replace(row, state=state, since=since, incident=call.uid, site=call.site)
    return replace(row, state=UnitState.ASSIGNED, since=None, incident=call.uid)


def _name_officer(project: Project, officer: str) -> str:
    return project.officers[officer].name if officer in project.officers else officer


def _find_last_clears(incidents: Iterable[Incident]) -> dict[str, datetime]:
    clears: dict[str, datetime] = {}
    for incident in incidents:
        for stamps in incident.by_unit:
            if (at := stamps.cleared_at) is not None:
                clears[stamps.unit] = max(at, clears.get(stamps.unit, at))
    return clears
