"""The current calls, followed entry by entry, and the units to send to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from zoneplanner.app.log.call_words import list_used_types
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.log.entries import group_incident_entries, read_incidents
from zoneplanner.domain.log.journal import (
    INCIDENT_STAMPS,
    Incident,
    JournalEntry,
    UnitStamps,
    derive_current_entries,
    map_record_uids,
    was_entered_late,
)
from zoneplanner.domain.units import Unit, UnitAccess

INCIDENT_ENTRY_KINDS = ("incident", "stamp", "void")
FOLLOWED_AFTER_CLEARED = timedelta(hours=12)
"""How long an incident is followed after it was cleared."""
_TRIM_MARGIN = 500
"""How many entries may be added before the entries of incidents that are over are dropped."""


class LiveIncidents:
    """The open and recently closed incidents, and their entries.

    The whole journal is read once, then only its new entries, including those of other desks. A
    new entry about an older record may reopen it, so everything is read again. Entries that wait
    on this desk for the server of a shared project come last.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._entries: list[JournalEntry] = []
        self._seq = 0
        self._last_entries: list[JournalEntry] = []
        self._groups: dict[str, list[JournalEntry]] = {}
        self._incidents: dict[str, Incident] = {}
        self._late = frozenset[tuple[str, str, str]]()
        self._trim_at = 0
        self._latest: dict[str, Incident] | None = None
        self._root_of: dict[str, str] = {}
        self._used_types: tuple[frozenset[str], tuple[str, ...]] = (frozenset(), ())

    def entries(self) -> list[JournalEntry]:
        """Return the entries of the followed incidents, in journal order."""
        store = self._session.store
        entries = store.entries(kinds=INCIDENT_ENTRY_KINDS, after_seq=self._seq)
        new = [entry for entry in entries if entry.hash]
        waiting = [entry for entry in entries if not entry.hash]
        known = {entry.uid for entry in (*self._entries, *new)}
        subjects = filter(None, map(_find_subject, new))
        if self._seq and any(subject not in known for subject in subjects):
            entries = store.entries(kinds=INCIDENT_ENTRY_KINDS)
            new, self._entries = [entry for entry in entries if entry.hash], []
        if new:
            for subject in filter(None, (entry.supersedes for entry in new)):
                if self._latest:  # its former type must not count any longer
                    self._latest.pop(self._root_of.get(subject, subject), None)
            self._entries = [*self._entries, *new]
            self._seq = new[-1].seq
            if len(self._entries) > self._trim_at:
                self._entries = self._drop_old(self._entries)
                self._trim_at = _TRIM_MARGIN + 2 * len(self._entries)
                left = {entry.uid for entry in self._entries}
                if any(entry.kind == "incident" and entry.uid not in left for entry in new):
                    self._latest = None  # an old call was entered: read the types again
        return [*self._entries, *waiting]

    def incidents(self) -> tuple[Incident, ...]:
        """Return the followed incidents; each is the same object until it changes."""
        self._update()
        now = self._session.clock()
        return tuple(call for call in self._incidents.values() if _is_followed(call, now))

    @property
    def late_stamps(self) -> frozenset[tuple[str, str, str]]:
        """The stamps of the incidents last read that were entered well after the fact.

        Each is the uid of its incident, its unit and its name. ``received_at`` has no unit; it
        means that the incident itself was entered late.
        """
        return self._late

    @property
    def used_types(self) -> tuple[str, ...]:
        """The types of the latest calls that are not usual ones; see ``list_used_types``.

        The journal is read once for them; later calls are among those that are followed.
        """
        self._update()
        if self._latest is None:
            entries = self._session.store.newest_records(("incident",), limit=_LATEST_CALLS)
            self._root_of = map_record_uids(entries)
            self._latest = {call.uid: call for call in read_incidents(entries)}
        types = {uid: call.type for uid, call in {**self._latest, **self._incidents}.items()}
        if (names := frozenset(types.values())) != self._used_types[0]:
            self._used_types = (names, list_used_types(types.values()))
        return self._used_types[1]

    def _update(self) -> None:
        """Read the new entries, and only the incidents that they are about."""
        entries = self.entries()
        if entries == self._last_entries:
            return
        known, groups = self._incidents, self._groups
        self._last_entries, self._groups = entries, group_incident_entries(entries)
        calls: list[Incident] = []
        for uid, group in self._groups.items():
            if uid in known and groups.get(uid) == group:
                calls.append(known[uid])
            else:
                changed = (call for call in read_incidents(group) if call.uid == uid)
                calls += (known[uid] if known.get(uid) == call else call for call in changed)
        calls.sort(key=lambda call: (call.received_at, call.uid))
        self._incidents = {call.uid: call for call in calls}
        self._late = _find_late_stamps(entries)

    def _drop_old(self, entries: list[JournalEntry]) -> list[JournalEntry]:
        """Leave out the entries of incidents that were voided or closed long ago."""
        now = self._session.clock()
        followed = {call.uid for call in read_incidents(entries) if _is_followed(call, now)}
        root_of = map_record_uids(entries)
        roots: set[str] = set()
        for entry in entries:
            root = root_of[entry.uid]
            incident = root_of.get(str(entry.payload.get("incident", "")), root)
            if root in followed or incident in followed:
                roots.add(root)
        return [entry for entry in entries if root_of[entry.uid] in roots]


def _is_followed(call: Incident, now: datetime) -> bool:
    return call.is_open or now - (call.cleared_at or call.received_at) < FOLLOWED_AFTER_CLEARED


def _find_late_stamps(entries: list[JournalEntry]) -> frozenset[tuple[str, str, str]]:
    root_of, current_entries = map_record_uids(entries), derive_current_entries(entries)
    late = set()
    for entry in entries:
        current = current_entries.get(entry.uid)
        if current is None or not was_entered_late(entry):
            continue
        if current.kind == "stamp":
            incident = str(current.payload.get("incident", ""))
            unit = str(current.payload.get("unit") or current.unit or "")
            name = str(current.payload.get("name", ""))
            late.add((root_of.get(incident, incident), unit, name))
        else:
            late.add((entry.uid, "", INCIDENT_STAMPS[0]))
    return frozenset(late)


def _find_subject(entry: JournalEntry) -> str:
    """Return the uid of the entry that an entry corrects, voids or stamps, or ""."""
    return entry.supersedes or str(entry.payload.get("incident", ""))


_LATEST_CALLS = 300
"""How many calls are read for the types in use."""
_NEVER = datetime.min.replace(tzinfo=UTC)
_LONGEST_CALL = timedelta(hours=12)
"""If a unit has not cleared for longer, somebody forgot to clear it; it counts as free."""


class DispatchRole(StrEnum):
    """In which role a unit comes to a site, as displayed."""

    ZONE = "zone unit"
    BACKUP_ZONE = "backup zone"
    NO_ZONE = "unit without a zone"
    ASSISTING = "assisting agency"
    NO_PLACE = "on duty"


@dataclass(frozen=True, slots=True)
class DispatchCandidate:
    """A unit that may go to a site.

    A unit that is not free may still be sent; it is only not proposed.
    """

    unit: str
    role: DispatchRole
    minutes: float | None
    """Travel time from its post, or None if unknown."""
    busy_on: Incident | None = None
    out: str = ""
    """Why it is not free although it is on no call, such as “off duty” or “meal”."""

    @property
    def free(self) -> bool:
        """Whether the unit is on duty and on no call."""
        return self.busy_on is None and not self.out


def list_open_incidents(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """Return the incidents that are open, the latest first."""
    open_calls = [call for call in incidents if call.is_open]
    return tuple(sorted(open_calls, key=lambda call: (call.received_at, call.uid), reverse=True))


def sort_by_urgency(incidents: Iterable[Incident], now: datetime) -> tuple[Incident, ...]:
    """Sort incidents: lockdowns first, stale ones last, then by priority and time of receipt."""
    return tuple(
        sorted(
            incidents,
            key=lambda call: (
                not is_lockdown(call),
                is_stale_call(call, now),
                call.priority,
                call.received_at,
                call.uid,
            ),
        )
    )


def is_lockdown(incident: Incident) -> bool:
    """Whether a call belongs to a lockdown."""
    return incident.type.casefold() == "lockdown"


def is_stale_call(incident: Incident, now: datetime) -> bool:
    """Whether a call came in so long ago that a stamp cannot be of the present."""
    return now - incident.received_at >= _LONGEST_CALL


def occupies_units(incident: Incident, now: datetime) -> bool:
    """Whether the units of a call are on it now: it is neither stale nor imported history."""
    return not incident.is_history and not is_stale_call(incident, now)


def list_unit_stamps(incident: Incident) -> tuple[UnitStamps, ...]:
    """Return the stamps of each unit on an incident, including those that have cleared.

    Without live stamps, the times in the incident's own entry apply to all its units.
    """
    if incident.by_unit or not incident.units:
        return incident.by_unit
    times = {name: getattr(incident, name) for name in INCIDENT_STAMPS[1:]}
    return tuple(UnitStamps(unit, **times) for unit in incident.units)


def find_next_stamp(stamps: UnitStamps | None) -> str | None:
    """Return the stamp that follows a unit's last one, or None if it has cleared."""
    names = INCIDENT_STAMPS[1:]
    made = [count for count, name in enumerate(names, 1) if stamps and getattr(stamps, name)]
    return (*names, None)[max(made, default=0)]


def list_units_to_clear(incident: Incident) -> tuple[UnitStamps, ...]:
    """Return the units that were sent to an incident and have not cleared."""
    not_to_clear = (None, INCIDENT_STAMPS[1])
    stamps = list_unit_stamps(incident)
    return tuple(unit for unit in stamps if find_next_stamp(unit) not in not_to_clear)


def find_busy_units(incidents: Iterable[Incident], now: datetime) -> Mapping[str, Incident]:
    """Return the open incident that each busy unit is on, by unit."""
    return {unit: call for unit, (call, _) in map_unit_calls(incidents, now).items()}


def map_unit_calls(
    incidents: Iterable[Incident], now: datetime
) -> dict[str, tuple[Incident, UnitStamps]]:
    """Return the open incident that each busy unit is on, and its stamps there, by unit.

    Of several incidents, the one with the unit's latest stamp counts, so that an incident entered
    later that merely names the unit does not. Without any stamp it is the earliest.
    """
    calls: dict[str, tuple[Incident, UnitStamps]] = {}
    for incident in list_open_incidents(incidents):
        for stamps in list_unit_stamps(incident) if occupies_units(incident, now) else ():
            other = calls.get(stamps.unit)
            if stamps.cleared_at is None and (
                other is None or _find_last_stamp(stamps) >= _find_last_stamp(other[1])
            ):
                calls[stamps.unit] = (incident, stamps)
    return calls


def _find_last_stamp(stamps: UnitStamps) -> datetime:
    times = (getattr(stamps, name) for name in INCIDENT_STAMPS[1:])
    return max((at for at in times if at is not None), default=_NEVER)


def rank_units_for_call(
    state: ProjectState,
    site_id: str | None,
    incidents: Iterable[Incident],
    now: datetime,
    *,
    out: Mapping[str, str] = MappingProxyType({}),
) -> tuple[DispatchCandidate, ...]:
    """Return the units that may go to a site, in the order in which to ask them.

    Free units come first; then units that may be primary precede units that may only assist, then
    nearer ones precede, and of two equally near ones the unit of the site's zone. A unit that may
    not go there is left out; without a known site every unit may go. Minutes are from
    ``PlanningBasis.travel_min``, starting at the zone's post or, for a unit without a zone, at its
    own posts. ``out`` comes from ``unit_board.map_units_out``.
    """
    busy = find_busy_units(incidents, now)
    candidates = [
        DispatchCandidate(
            unit.id,
            role,
            _find_travel_min(state, unit, site_id),
            busy.get(unit.id),
            "" if unit.id in busy else out.get(unit.id, ""),
        )
        for unit in state.project.units.values()
        if (role := _find_role(state, unit, site_id)) is not None
    ]
    return tuple(sorted(candidates, key=_rank_candidate))


def suggest_unit(
    candidates: Sequence[DispatchCandidate], *, besides: Iterable[str] = ()
) -> DispatchCandidate | None:
    """Return the first free candidate that is not one of ``besides``."""
    excluded = set(besides)
    free = (candidate for candidate in candidates if candidate.free)
    return next((candidate for candidate in free if candidate.unit not in excluded), None)


def find_unit_access(state: ProjectState, unit: Unit, site_id: str | None) -> UnitAccess | None:
    """Return what a unit may do at a site, given the site's jurisdiction.

    The result is None if it is unknown.
    """
    placement = state.basis.placements.get(site_id or "")
    return None if placement is None else unit.access_in(placement.jurisdiction)


def _find_role(state: ProjectState, unit: Unit, site_id: str | None) -> DispatchRole | None:
    access, own = find_unit_access(state, unit, site_id), _list_unit_zones(state, unit)
    if access is UnitAccess.NO:
        return None
    if access is UnitAccess.ASSIST:
        return DispatchRole.ASSISTING
    if site_id not in state.basis.placements:
        return DispatchRole.NO_PLACE
    plan = state.plan
    if plan is not None and plan.assignment.get(site_id or "") in own:
        return DispatchRole.ZONE
    return DispatchRole.BACKUP_ZONE if own else DispatchRole.NO_ZONE


def _list_unit_zones(state: ProjectState, unit: Unit) -> tuple[str, ...]:
    plan = state.plan
    return tuple(zone.id for zone in plan.zones if zone.unit == unit.id) if plan else ()


def find_unit_post(state: ProjectState, unit: Unit, site_id: str | None = None) -> str | None:
    """Return the site from which a unit comes: its only post, or the one nearest to ``site_id``."""
    posts, basis = _list_unit_posts(state, unit), state.basis
    index = basis.index.get(site_id or "")
    if index is None or not posts:
        return next(iter(posts), None)
    return min(posts, key=lambda post: float(basis.travel_min[basis.index[post], index]))


def _list_unit_posts(state: ProjectState, unit: Unit) -> list[str]:
    zones = state.figures.zones if state.figures is not None else {}
    zone_posts = [
        post
        for zone in _list_unit_zones(state, unit)
        if zone in zones and (post := zones[zone].post)
    ]
    return [post for post in zone_posts or unit.posts if post in state.basis.index]


def _find_travel_min(state: ProjectState, unit: Unit, site_id: str | None) -> float | None:
    basis = state.basis
    index = basis.index.get(site_id or "")
    rows = [basis.index[post] for post in _list_unit_posts(state, unit)]
    if index is None or not rows:
        return None
    minutes = float(basis.travel_min[rows, index].min())
    return minutes if np.isfinite(minutes) else None


def _rank_candidate(candidate: DispatchCandidate) -> tuple[bool, bool, float, bool]:
    return (
        not candidate.free,
        candidate.role is DispatchRole.ASSISTING,
        float("inf") if candidate.minutes is None else candidate.minutes,
        candidate.role is not DispatchRole.ZONE,
    )
