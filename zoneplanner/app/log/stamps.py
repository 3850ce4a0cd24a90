"""Live stamps of units on an incident, checked against the journal and logged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from zoneplanner.app.log.dispatch import (
    INCIDENT_ENTRY_KINDS,
    LiveIncidents,
    find_busy_units,
    find_unit_access,
    is_stale_call,
    list_unit_stamps,
    list_units_to_clear,
)
from zoneplanner.app.log.due_visits import (
    end_visit_of_sent_unit,
    find_visit_end_of_stamp,
    resume_visit_of_sent_unit,
)
from zoneplanner.app.log.logbook import check_unit_id
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.domain.log.entries import (
    INCIDENT_RECORD,
    build_stamp_entry,
    build_void_entry,
    group_incident_entries,
    parse_entry,
    read_incidents,
)
from zoneplanner.domain.log.journal import (
    INCIDENT_STAMPS,
    Incident,
    JournalEntry,
    NewEntry,
    UnitStamps,
    check_stamp_order,
    derive_current_entries,
    map_record_uids,
)
from zoneplanner.domain.log.record_schema import build_entry
from zoneplanner.domain.units import UnitAccess
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

_FIRST_STAMP = INCIDENT_STAMPS[1]
_STAMPS = UUID("0d6a4c1e-6f0b-4a4e-9d53-2f6f3b1a7c55")
"""Namespace of the uids of live stamps."""
StampKey = tuple[str, str]
"""A unit and the name of one of its stamps."""

STAMP_NAMES = {
    "dispatched_at": "Dispatched",
    "enroute_at": "En route",
    "onscene_at": "On scene",
    "cleared_at": "Cleared",
}
STAMP_ACTS = {**STAMP_NAMES, "dispatched_at": "Dispatch", "cleared_at": "Clear"}
"""The texts of the buttons that make a stamp."""


def log_stamp(
    session: Session, columns: Mapping[str, str], *, live: LiveIncidents | None = None
) -> JournalEntry:
    """Log a stamp given as columns of strings: ``incident``, ``unit``, ``name`` and ``at``.

    ``supersedes`` corrects a stamp, ``void`` with a ``reason`` voids one. If the journal has the
    ``uid`` already, its entry is returned. With ``live``, only the new part of the journal is
    read. A stamp that sends a unit ends the unit's visit elsewhere; voiding it resumes the visit.

    Raises
    ------
    UserError
        The incident is unknown, voided or closed, the unit is unknown or on another incident, the
        stamp was made already, or its time is in the future or out of order. If all units have
        cleared, one more may be sent until it is recorded how the incident ended.
    """
    entry = parse_entry(
        "stamp",
        columns,
        time_zone=session.saved_project.time_zone,
        now=session.clock(),
        uid=new_uid(),
    )
    journal = live.entries() if live else session.store.entries(kinds=INCIDENT_ENTRY_KINDS)
    logged = next((other for other in journal if other.uid == entry.uid), None)
    if logged is not None:
        return _check_same_stamp(logged, entry, has_time="at" in columns)
    corrected = _find_stamp_entries(entry.supersedes, journal) if entry.supersedes else set()
    if entry.kind == "void":
        return _void_stamp(session, entry)
    incident = _find_stamped_incident(str(entry.payload["incident"]), journal, corrected)
    known = map_live_stamps(journal, incident.uid).get((str(entry.unit), entry.payload["name"]))
    known_uid = known[0] if known else ""
    if incident.cleared_at is not None and not corrected and not _reopens(incident, entry):
        code = "incident_closed.stamped" if known else "incident_closed"
        raise UserError(code, incident=incident.type, uid=known_uid)
    _check_is_first(incident, entry, known_uid, corrected)
    calls = live.incidents() if live else read_incidents(journal)
    _check_unit(session, incident, str(entry.unit), calls)
    _check_times(incident, entry)
    stamp = replace(entry, payload={**entry.payload, "incident": incident.uid})
    sends = entry.payload["name"] != INCIDENT_STAMPS[-1] and not corrected
    visit_end = end_visit_of_sent_unit(session, stamp, incident.site) if sends else []
    return session.log_many([*visit_end, stamp])[-1]


def _void_stamp(session: Session, void: NewEntry) -> JournalEntry:
    """Void a stamp and resume the visit that it ended, which is not undone separately."""
    stamp = session.store.record(void.supersedes or "")[0].uid
    resumed = resume_visit_of_sent_unit(session, stamp)
    logged = session.log_many([*resumed, void])[-1]
    session.drop_own_entries([entry.supersedes for entry in resumed if entry.supersedes])
    session.drop_own_entries([entry.uid for entry in resumed])
    return logged


def describe_visit_ended_by(session: Session, entry: JournalEntry) -> str:
    """Describe which visit a stamp ended, or ""."""
    end = find_visit_end_of_stamp(session, entry.uid) if entry.kind == "stamp" else None
    if end is None:
        return ""
    site = session.saved_project.sites.get(end.site or "")
    at = entry.occurred_at.astimezone(ZoneInfo(session.saved_project.time_zone))
    facts = {
        "unit": entry.unit,
        "site": site.name if site is not None else end.site,
        "at": session.formats.clock(at),
    }
    return str(Message("visit_ended_by_stamp", **facts))


def log_stamp_now(
    live: LiveIncidents,
    session: Session,
    incident: str,
    unit: str,
    name: str,
    *,
    at: datetime | None = None,
) -> JournalEntry:
    """Stamp a unit on an incident now, or at the time when a key was pressed.

    Raises
    ------
    UserError
        The call is stale, so it cannot be stamped now, or another desk made the same stamp at the
        same time; see also ``log_stamp``.
    """
    journal = live.entries()
    columns = {"incident": incident, "unit": unit, "name": name}
    columns["uid"] = _derive_stamp_uid(journal, incident, unit, name)
    if at is not None:
        columns["at"] = format_utc_iso(at)
    else:
        _check_age(live, session, incident)
    stamp = log_stamp(session, columns, live=live)
    if stamp.hash and stamp.desk != session.desk:  # an entry without a hash waits on this desk
        session.drop_own_entries([stamp.uid])
        stamp_name = name.removesuffix("_at")
        raise UserError("stamped_elsewhere", unit=unit, stamp=stamp_name, actor=stamp.actor)
    return stamp


def log_clears_now(
    live: LiveIncidents, session: Session, incident: str, *, at: datetime | None = None
) -> None:
    """Clear all units that are still on an incident at one time, all or none.

    Raises
    ------
    UserError
        The call is stale, so it cannot be stamped now, no unit is left, or a unit has a later
        stamp.
    """
    if at is None:
        _check_age(live, session, incident)
    journal, now, name = live.entries(), session.clock(), INCIDENT_STAMPS[-1]
    call = _find_stamped_incident(incident, journal, set())
    clears = [
        build_stamp_entry(
            uid=_derive_stamp_uid(journal, call.uid, stamps.unit, name),
            incident=call.uid,
            unit=stamps.unit,
            name=name,
            at=at or now,
            time_zone=session.saved_project.time_zone,
            now=now,
        )
        for stamps in list_units_to_clear(call)
    ]
    if not clears:
        raise UserError("incident_closed", incident=call.type, uid="")
    for clear in clears:
        _check_times(call, clear)
    logged = session.log_many(clears)
    elsewhere = [entry.uid for entry in logged if entry.hash and entry.desk != session.desk]
    session.drop_own_entries(elsewhere)  # another desk cleared them at the same time


def list_cleared_together(session: Session, entry: JournalEntry) -> tuple[JournalEntry, ...]:
    """Return the clears that this desk logged in one step with ``entry`` and that are unchanged."""
    if entry.kind != "stamp" or entry.payload["name"] != INCIDENT_STAMPS[-1]:
        return (entry,)
    together = (
        other
        for other in session.list_logged_with(entry)
        if other.kind == "stamp" and len(session.store.record(other.uid)) == 1
    )
    return tuple(together) or (entry,)


def void_clears(session: Session, clears: Sequence[JournalEntry], reason: str) -> JournalEntry:
    """Void the clears of one step."""
    now = session.clock()
    voids = session.log_many(
        [
            build_void_entry(uid=new_uid(), voids=clear.uid, reason=reason, now=now)
            for clear in clears
        ]
    )
    session.drop_own_entries(entry.uid for entry in (*clears, *voids))
    return voids[-1]


def _derive_stamp_uid(journal: Sequence[JournalEntry], incident: str, unit: str, name: str) -> str:
    """Return the uid of a unit's next stamp.

    It is the same at every desk, so that of two equal stamps made at once only one is logged.
    """
    root_of = map_record_uids(journal)
    key = (incident, unit, f"{name.removesuffix('_at')}_at")
    count = sum(
        (root_of.get(entry.payload["incident"]), entry.unit, entry.payload["name"]) == key
        for entry in journal
        if entry.kind == "stamp" and entry.supersedes is None
    )
    return uuid5(_STAMPS, "/".join((*key, str(count)))).hex


def void_last_stamp(
    live: LiveIncidents, session: Session, incident: str, unit: str
) -> JournalEntry:
    """Void the last live stamp of a unit on an incident.

    A clear that was logged for several units in one step is voided for all of them.

    Raises
    ------
    UserError
        The unit has no live stamp on this incident.
    """
    stamps = [
        (at, INCIDENT_STAMPS.index(name), uid)
        for (by, name), (uid, at) in map_live_stamps(live.entries(), incident).items()
        if by == unit
    ]
    if not stamps:
        raise UserError("no_stamp", unit=unit)
    reason, last = "Taken back at the console", max(stamps)[2]
    together = list_cleared_together(session, session.store.record(last)[0])
    if len(together) > 1:
        return void_clears(session, together, reason)
    return log_stamp(session, {"void": last, "reason": reason}, live=live)


def map_live_stamps(
    journal: Sequence[NewEntry], incident: str
) -> dict[StampKey, tuple[str, datetime]]:
    """Return the uid of the first entry and the time of each live stamp of an incident."""
    root_of = map_record_uids(journal)
    return {
        (str(entry.payload.get("unit") or entry.unit), str(entry.payload["name"])): (
            root,
            entry.occurred_at,
        )
        for root, entry in derive_current_entries(journal).items()
        if entry.kind == "stamp" and root_of.get(entry.payload["incident"]) == incident
    }


def log_disposition(
    live: LiveIncidents,
    session: Session,
    incident: str,
    disposition: str,
    *,
    cleared_at: datetime | None = None,
) -> JournalEntry:
    """Log how an incident ended, as a correction that leaves its live stamps unchanged.

    ``cleared_at`` is the time when an incident without units was closed.
    """
    entries = group_incident_entries(live.entries()).get(incident, ())
    calls = read_incidents(entry for entry in entries if entry.kind != "stamp")
    if not calls:
        raise UserError("voided.incident")
    return session.log(
        build_entry(
            INCIDENT_RECORD,
            uid=new_uid(),
            time_zone=session.saved_project.time_zone,
            now=session.clock(),
            corrects=calls[0],
            disposition=disposition,
            cleared_at=cleared_at or calls[0].cleared_at,
        )
    )


def _reopens(incident: Incident, stamp: NewEntry) -> bool:
    """Whether a stamp sends one more unit to an incident whose ending is not recorded yet."""
    units = {stamps.unit for stamps in incident.by_unit}
    has_no_ending = bool(units) and not incident.disposition
    return has_no_ending and stamp.unit not in units and stamp.payload["name"] == _FIRST_STAMP


def _check_age(live: LiveIncidents, session: Session, incident: str) -> None:
    """Reject a stamp of a stale call at the current time."""
    call = next((call for call in live.incidents() if call.uid == incident), None)
    if call is not None and is_stale_call(call, session.clock()):
        received = call.received_at.astimezone(ZoneInfo(session.saved_project.time_zone))
        day = session.formats.short_day(received)
        raise UserError("call_too_old", incident=call.type, day=day)


def _check_same_stamp(logged: JournalEntry, entry: NewEntry, *, has_time: bool) -> JournalEntry:
    """Return the logged entry with a known uid; different content is a UserError."""
    names = ("incident", "unit", "name", *(["at"] if has_time else []))
    if logged.kind != entry.kind or any(
        logged.payload.get(name) != entry.payload.get(name) for name in names
    ):
        raise UserError("uid_in_use.stamp", uid=logged.uid)
    return logged


def _find_stamp_entries(uid: str, journal: list[JournalEntry]) -> set[str]:
    """Return the uids of all entries of the stamp that ``uid`` belongs to."""
    root_of = map_record_uids(journal)
    root = root_of.get(uid)
    record = [entry for entry in journal if root is not None and root_of[entry.uid] == root]
    if not record or record[0].kind != "stamp" or record[-1].kind == "void":
        raise UserError("unknown_entry.stamp", uid=uid)
    return {entry.uid for entry in record}


def _find_stamped_incident(uid: str, journal: list[JournalEntry], corrected: set[str]) -> Incident:
    """Return an incident by the uid of any of its entries, without the stamp being corrected."""
    root = map_record_uids(journal).get(uid)
    groups = group_incident_entries(entry for entry in journal if entry.uid not in corrected)
    for incident in read_incidents(groups.get(root or "", ())):
        if incident.uid == root:
            return incident
    if any(entry.uid == root and entry.kind == "incident" for entry in journal):
        raise UserError("voided", uid=uid)
    raise UserError("unknown_entry.incident", uid=uid)


def _check_unit(
    session: Session, incident: Incident, unit_id: str, calls: Iterable[Incident]
) -> None:
    """Reject a unit that is unknown or on another incident.

    A unit that does not serve there but went is accepted; see ``explain_units_outside``.
    """
    project = session.saved_project
    check_unit_id(project, unit_id)
    if any(stamps.unit == unit_id for stamps in list_unit_stamps(incident)):
        return
    elsewhere = find_busy_units(calls, session.clock()).get(unit_id)
    if elsewhere is not None and elsewhere.uid != incident.uid:
        place = project.sites.get(elsewhere.site or "")
        where = f" at {place.name}" if place else ""
        raise UserError("unit_busy", unit=unit_id, incident=elsewhere.type, where=where)


def explain_unit_outside(session: Session, unit_id: str, site_id: str | None) -> str:
    """Return a note that a unit does not serve in a site's jurisdiction, or ""."""
    project, state = session.saved_project, session.state
    unit = project.units.get(unit_id)
    if unit is None or find_unit_access(state, unit, site_id) is not UnitAccess.NO:
        return ""
    area = project.jurisdictions.get(state.basis.placements[site_id or ""].jurisdiction or "")
    facts = {
        "unit": unit_id,
        "site": project.sites[site_id or ""].name,
        "area": area.name if area is not None else "no known jurisdiction",
    }
    return str(Message("unit_outside", **facts))


def explain_units_outside(session: Session, entry: JournalEntry) -> list[str]:
    """Name the units of a logged call or stamp that do not serve at its site."""
    site, units = entry.site, [entry.unit or ""]
    if entry.kind == "stamp":
        calls = read_incidents(session.store.record(str(entry.payload["incident"])))
        site = calls[0].site if calls else None
    elif entry.kind == "incident":
        units = list(entry.payload.get("units", ()))
    else:
        return []
    texts = (explain_unit_outside(session, unit, site) for unit in units)
    return [text for text in texts if text]


def _check_is_first(incident: Incident, entry: NewEntry, known: str, corrected: set[str]) -> None:
    """Reject a stamp that was made already, and name the entry that has it."""
    name = str(entry.payload["name"])
    made = getattr(_find_unit_stamps(incident, str(entry.unit)), name)
    if made is None or known in corrected:
        return
    code = "stamped_already" if known else "stamped_already.by_incident"
    stamp = name.removesuffix("_at")
    raise UserError(code, unit=entry.unit, stamp=stamp, uid=known or incident.uid, name=name)


def _check_times(incident: Incident, entry: NewEntry) -> None:
    """Reject a stamp that is before an earlier one or after a later one."""
    stamps = _find_unit_stamps(incident, str(entry.unit))
    times = {name: getattr(stamps, name) for name in INCIDENT_STAMPS[1:]}
    times[str(entry.payload["name"])] = entry.occurred_at
    ordered = {"received_at": incident.received_at, **times}
    check_stamp_order(ordered, max(at for at in ordered.values() if at is not None))


def _find_unit_stamps(incident: Incident, unit: str) -> UnitStamps:
    by_unit = {stamps.unit: stamps for stamps in list_unit_stamps(incident)}
    return by_unit.get(unit, UnitStamps(unit))
