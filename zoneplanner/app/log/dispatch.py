"""The part of the journal that is still going on, kept up to date entry by entry."""

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
"""So long after it was cleared an incident is still followed."""
_LET_GROW = 500
"""So many entries may come before those of incidents that are over are let go."""


class LiveIncidents:
    """The incidents that are open or were closed lately, and their entries.

    Entries that wait on this desk while the server of a shared project is away come last.

    The whole journal is read once; then only what is new in it, also by other desks. A new entry
    about an older record, which may open it again, has all read anew.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._entries: list[JournalEntry] = []
        self._seq = 0
        self._of: list[JournalEntry] = []
        self._groups: dict[str, list[JournalEntry]] = {}
        self._incidents: dict[str, Incident] = {}
        self._late = frozenset[tuple[str, str, str]]()
        self._trim_at = 0
        self._latest: dict[str, Incident] | None = None
        self._root_of: dict[str, str] = {}
        self._used: tuple[frozenset[str], tuple[str, ...]] = (frozenset(), ())

    def entries(self) -> list[JournalEntry]:
        """Return the entries of what is followed, in journal order and with the latest ones."""
        every = self._session.store.entries(kinds=INCIDENT_ENTRY_KINDS, after_seq=self._seq)
        new = [entry for entry in every if entry.hash]
        waiting = [entry for entry in every if not entry.hash]
        known = {entry.uid for entry in (*self._entries, *new)}
        if self._seq and any(
            _find_subject(entry) not in known for entry in new if _find_subject(entry)
        ):
            every = self._session.store.entries(kinds=INCIDENT_ENTRY_KINDS)
            new, self._entries = [entry for entry in every if entry.hash], []
        if new:
            for subject in filter(None, (entry.supersedes for entry in new)):
                if self._latest:  # corrected or voided: what it was called is no type of a call now
                    self._latest.pop(self._root_of.get(subject, subject), None)
            self._entries = [*self._entries, *new]
            self._seq = new[-1].seq
            if len(self._entries) > self._trim_at:
                self._entries = self._followed(self._entries)
                self._trim_at = _LET_GROW + 2 * len(self._entries)
                left = {one.uid for one in self._entries}
                if any(one.kind == "incident" and one.uid not in left for one in new):
                    self._latest = None  # entered late: its type is asked of the journal
        return [*self._entries, *waiting]

    def incidents(self) -> tuple[Incident, ...]:
        """Return the incidents that are followed; each the very same until it changes."""
        self._follow()
        now = self._session.clock()
        return tuple(one for one in self._incidents.values() if _is_followed(one, now))

    @property
    def late_stamps(self) -> frozenset[tuple[str, str, str]]:
        """The stamps on the incidents read last that were recorded well after they were made.

        Each is the uid of its incident, its unit and its name; ``received_at`` has no unit and
        stands for the incident's own entry.
        """
        return self._late

    @property
    def used_types(self) -> tuple[str, ...]:
        """The types besides the usual ones that the latest calls had; see ``list_used_types``.

        The journal is asked once; from then on those that are followed count besides.
        """
        self._follow()
        if self._latest is None:
            found = self._session.store.newest_records(("incident",), limit=_LATEST_CALLS)
            self._root_of = map_record_uids(found)
            self._latest = {one.uid: one for one in read_incidents(found)}
        types = {uid: one.type for uid, one in {**self._latest, **self._incidents}.items()}
        if (names := frozenset(types.values())) != self._used[0]:
            self._used = (names, list_used_types(types.values()))
        return self._used[1]

    def _follow(self) -> None:
        """Read what is new; of the incidents only those that an entry is new of."""
        entries = self.entries()
        if entries == self._of:
            return
        known, groups = self._incidents, self._groups
        self._of, self._groups = entries, group_incident_entries(entries)
        read: list[Incident] = []
        for uid, about in self._groups.items():
            if uid in known and groups.get(uid) == about:
                read.append(known[uid])
            else:
                anew = (one for one in read_incidents(about) if one.uid == uid)
                read += (known[uid] if known.get(uid) == one else one for one in anew)
        read.sort(key=lambda one: (one.received_at, one.uid))
        self._incidents = {one.uid: one for one in read}
        self._late = _find_late_stamps(entries)

    def _followed(self, entries: list[JournalEntry]) -> list[JournalEntry]:
        """Leave out the entries of incidents that were closed long ago or voided."""
        now = self._session.clock()
        going_on = {one.uid for one in read_incidents(entries) if _is_followed(one, now)}
        root_of = map_record_uids(entries)
        kept: set[str] = set()
        for entry in entries:
            root = root_of[entry.uid]
            about = root_of.get(str(entry.payload.get("incident", "")), root)
            if root in going_on or about in going_on:
                kept.add(root)
        return [entry for entry in entries if root_of[entry.uid] in kept]


def _is_followed(one: Incident, now: datetime) -> bool:
    return one.is_open or now - (one.cleared_at or one.received_at) < FOLLOWED_AFTER_CLEARED


def _find_late_stamps(entries: list[JournalEntry]) -> frozenset[tuple[str, str, str]]:
    root_of, stand = map_record_uids(entries), derive_current_entries(entries)
    found = set()
    for entry in entries:
        now = stand.get(entry.uid)
        if now is None or not was_entered_late(entry):
            continue
        if now.kind == "stamp":
            named = str(now.payload.get("incident", ""))
            unit = str(now.payload.get("unit") or now.unit or "")
            found.add((root_of.get(named, named), unit, str(now.payload.get("name", ""))))
        else:
            found.add((entry.uid, "", INCIDENT_STAMPS[0]))
    return frozenset(found)


def _find_subject(entry: JournalEntry) -> str:
    """Return the uid of the entry that this one corrects, voids or stamps, or nothing."""
    return entry.supersedes or str(entry.payload.get("incident", ""))


_LATEST_CALLS = 300
"""So many calls back a type is known that was used before."""
_NEVER = datetime.min.replace(tzinfo=UTC)
_LONGEST_CALL = timedelta(hours=12)
"""A unit that has not cleared an incident for longer was forgotten there: it counts as free."""


class DispatchRole(StrEnum):
    """As what a unit comes to a site; the words that a dispatcher reads."""

    ZONE = "zone unit"
    BACKUP_ZONE = "backup zone"
    NO_ZONE = "unit without a zone"
    ASSISTING = "assisting agency"
    NO_PLACE = "on duty"


@dataclass(frozen=True, slots=True)
class DispatchCandidate:
    """A unit that may go to a site; ``minutes`` from its post, None where they are not known.

    ``busy_on`` is the incident that keeps it, ``out`` why it is not to be sent otherwise: it is
    off duty, or at a meal. Such a unit may be sent all the same; it is only not proposed.
    """

    unit: str
    role: DispatchRole
    minutes: float | None
    busy_on: Incident | None = None
    out: str = ""

    @property
    def free(self) -> bool:
        """True where nothing keeps the unit."""
        return self.busy_on is None and not self.out


def list_open_incidents(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """Return the incidents that are open, the latest first."""
    left = [one for one in incidents if one.is_open]
    return tuple(sorted(left, key=lambda one: (one.received_at, one.uid), reverse=True))


def sort_by_urgency(incidents: Iterable[Incident], now: datetime) -> tuple[Incident, ...]:
    """Order incidents as they are to be seen to: lockdowns, then by priority, the longest waiting.

    One that was left open for longer than any call lasts comes after all others.
    """
    return tuple(sorted(incidents, key=lambda one: _urgency(one, now)))


def is_lockdown(incident: Incident) -> bool:
    """True for the call of a lockdown."""
    return incident.type.casefold() == "lockdown"


def is_stale_call(incident: Incident, now: datetime) -> bool:
    """True of a call so long ago that the present is no stamp of it."""
    return now - incident.received_at >= _LONGEST_CALL


def keeps_units(incident: Incident, now: datetime) -> bool:
    """True of a call whose units are out on it now: of the present, neither old nor history."""
    return not incident.is_history and not is_stale_call(incident, now)


def list_unit_stamps(incident: Incident) -> tuple[UnitStamps, ...]:
    """Return the stamps of each unit on an incident, also of those that have cleared.

    Times that the incident's own entry gives hold for its units where none was stamped live.
    """
    if incident.by_unit or not incident.units:
        return incident.by_unit
    times = {name: getattr(incident, name) for name in INCIDENT_STAMPS[1:]}
    return tuple(UnitStamps(unit, **times) for unit in incident.units)


def find_next_stamp(stamps: UnitStamps | None) -> str | None:
    """Return the stamp that follows a unit's last one; None where it has cleared."""
    made = [
        at
        for at, name in enumerate(INCIDENT_STAMPS[1:], start=1)
        if stamps and getattr(stamps, name)
    ]
    after = max(made, default=0) + 1
    return INCIDENT_STAMPS[after] if after < len(INCIDENT_STAMPS) else None


def list_units_to_clear(incident: Incident) -> tuple[UnitStamps, ...]:
    """Return the units that are still on an incident; one that was never sent has not to clear."""
    never_sent = INCIDENT_STAMPS[1]
    every = list_unit_stamps(incident)
    return tuple(one for one in every if find_next_stamp(one) not in (None, never_sent))


def find_busy_units(incidents: Iterable[Incident], now: datetime) -> Mapping[str, Incident]:
    """Return the open incident that keeps each unit that is out, by unit."""
    return {unit: call for unit, (call, _) in map_unit_calls(incidents, now).items()}


def map_unit_calls(
    incidents: Iterable[Incident], now: datetime
) -> dict[str, tuple[Incident, UnitStamps]]:
    """Return by unit the open incident that keeps it, and its stamps there.

    Of several it is the one of its latest stamp: an incident entered later that merely names the
    unit takes it from none. Without any stamp it is the earliest.
    """
    kept: dict[str, tuple[Incident, UnitStamps]] = {}
    for incident in list_open_incidents(incidents):
        for stamps in list_unit_stamps(incident) if keeps_units(incident, now) else ():
            before = kept.get(stamps.unit)
            if stamps.cleared_at is None and (
                before is None or _find_last_stamp(stamps) >= _find_last_stamp(before[1])
            ):
                kept[stamps.unit] = (incident, stamps)
    return kept


def _find_last_stamp(stamps: UnitStamps) -> datetime:
    made = (getattr(stamps, name) for name in INCIDENT_STAMPS[1:])
    return max((at for at in made if at is not None), default=_NEVER)


def rank_units_for_call(
    state: ProjectState,
    site_id: str | None,
    incidents: Iterable[Incident],
    now: datetime,
    *,
    out: Mapping[str, str] = MappingProxyType({}),
) -> tuple[DispatchCandidate, ...]:
    """Return the units that may go to a site, in the order in which they are asked.

    Free ones come first, those that may be primary before those that may only assist, then the
    nearest; where two are as near, the unit of the site's zone. A unit that may not go is left
    out. Minutes are those of ``PlanningBasis.travel_min`` from the zone's post, or from the unit's
    own posts where it holds no zone. Without a known site every unit may go. ``out`` says why units
    are not to be sent although no call keeps them, see ``unit_board.map_units_out``.
    """
    busy = find_busy_units(incidents, now)
    found = [
        DispatchCandidate(
            unit.id,
            role,
            _minutes(state, unit, site_id),
            busy.get(unit.id),
            "" if unit.id in busy else out.get(unit.id, ""),
        )
        for unit in state.project.units.values()
        if (role := _find_role(state, unit, site_id)) is not None
    ]
    return tuple(sorted(found, key=_rank_candidate))


def suggest_unit(
    found: Sequence[DispatchCandidate], *, besides: Iterable[str] = ()
) -> DispatchCandidate | None:
    """Return the first free unit of ``candidates`` that is not among those already there."""
    there = set(besides)
    return next((one for one in found if one.free and one.unit not in there), None)


def find_unit_access(state: ProjectState, unit: Unit, site_id: str | None) -> UnitAccess | None:
    """Return what a unit may do at a site, by its jurisdiction; None without a known site."""
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
    """Return the site from which a unit comes: of several posts the nearest to ``site_id``."""
    posts, basis = _list_unit_posts(state, unit), state.basis
    at = basis.index.get(site_id or "")
    if at is None or not posts:
        return next(iter(posts), None)
    return min(posts, key=lambda post: float(basis.travel_min[basis.index[post], at]))


def _list_unit_posts(state: ProjectState, unit: Unit) -> list[str]:
    zones = state.figures.zones if state.figures is not None else {}
    own = [
        post
        for zone in _list_unit_zones(state, unit)
        if zone in zones and (post := zones[zone].post)
    ]
    return [post for post in own or unit.posts if post in state.basis.index]


def _minutes(state: ProjectState, unit: Unit, site_id: str | None) -> float | None:
    basis = state.basis
    at = basis.index.get(site_id or "")
    rows = [basis.index[post] for post in _list_unit_posts(state, unit)]
    if at is None or not rows:
        return None
    least = float(basis.travel_min[rows, at].min())
    return least if np.isfinite(least) else None


def _rank_candidate(one: DispatchCandidate) -> tuple[bool, bool, float, bool]:
    far = float("inf") if one.minutes is None else one.minutes
    return (
        not one.free,
        one.role is DispatchRole.ASSISTING,
        far,
        one.role is not DispatchRole.ZONE,
    )


def _urgency(one: Incident, now: datetime) -> tuple[bool, bool, int, datetime, str]:
    left_open = is_stale_call(one, now)
    return (not is_lockdown(one), left_open, one.priority, one.received_at, one.uid)
