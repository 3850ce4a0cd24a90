"""Live stamps of units on an incident: checked against all that the journal says, then kept."""

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
from zoneplanner.messages import render_message

_FIRST_STAMP = INCIDENT_STAMPS[1]
_STAMPS = UUID("0d6a4c1e-6f0b-4a4e-9d53-2f6f3b1a7c55")
"""What uids of live stamps are derived in."""
StampKey = tuple[str, str]
"""A unit and the name of one of its stamps."""

STAMP_NAMES = {
    "dispatched_at": "Dispatched",
    "enroute_at": "En route",
    "onscene_at": "On scene",
    "cleared_at": "Cleared",
}
"""What people call the stamps of a unit."""
STAMP_ACTS = {**STAMP_NAMES, "dispatched_at": "Dispatch", "cleared_at": "Clear"}
"""What a button is called that makes one."""


def log_stamp(
    session: Session, columns: Mapping[str, str], *, live: LiveIncidents | None = None
) -> JournalEntry:
    """Log a stamp given as columns of text: ``incident``, ``unit``, ``name`` and ``at``.

    ``supersedes`` corrects a stamp, ``void`` with a ``reason`` takes one back; a ``uid`` that the
    journal knows gives the entry kept under it. Of ``live`` only what is new is read; without it
    the whole journal is. A visit elsewhere from which the stamp takes the unit ends with
    it, and goes on where the stamp is voided.

    Raises
    ------
    UserError
        The incident is unknown, voided or closed, the unit is unknown or on another incident, the
        stamp was made already, or its time lies in the future, before the stamp that it follows
        or after the one that follows it. An incident that all its units have cleared is closed
        once it says how it ended; until then one more unit may be sent.
    """
    entry = parse_entry(
        "stamp",
        columns,
        time_zone=session.saved_project.time_zone,
        now=session.clock(),
        uid=new_uid(),
    )
    journal = live.entries() if live else session.store.entries(kinds=INCIDENT_ENTRY_KINDS)
    kept = next((one for one in journal if one.uid == entry.uid), None)
    if kept is not None:
        return _check_same_stamp(kept, entry, timed="at" in columns)
    corrected = _find_stamp_entries(entry.supersedes, journal) if entry.supersedes else set()
    if entry.kind == "void":
        return _void_stamp(session, entry)
    incident = _find_stamped_incident(str(entry.payload["incident"]), journal, corrected)
    known = map_live_stamps(journal, incident.uid).get((str(entry.unit), entry.payload["name"]))
    if incident.cleared_at is not None and not corrected and not _opens_again(incident, entry):
        code = "incident_closed.stamped" if known else "incident_closed"
        raise UserError(code, incident=incident.type, uid=known[0] if known else "")
    _check_is_first(incident, entry, known[0] if known else "", corrected)
    calls = live.incidents() if live else read_incidents(journal)
    _check_unit(session, incident, str(entry.unit), calls)
    _check_times(incident, entry)
    stamp = replace(entry, payload={**entry.payload, "incident": incident.uid})
    sends = entry.payload["name"] != INCIDENT_STAMPS[-1] and not corrected
    ends = end_visit_of_sent_unit(session, stamp, incident.site) if sends else []
    return session.log_many([*ends, stamp])[-1]


def _void_stamp(session: Session, void: NewEntry) -> JournalEntry:
    """Void a stamp; the visit goes on that it ended, which is no step of its own to take back."""
    stamp = session.store.record(void.supersedes or "")[0].uid
    resumed = resume_visit_of_sent_unit(session, stamp)
    kept = session.log_many([*resumed, void])[-1]
    session.drop_own_entries([one.supersedes for one in resumed if one.supersedes])
    session.drop_own_entries([one.uid for one in resumed])
    return kept


def describe_visit_ended_by(session: Session, entry: JournalEntry) -> str:
    """Say which visit a stamp ended; nothing of one that ended none."""
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
    return render_message("visit_ended_by_stamp", facts)


def log_stamp_now(
    live: LiveIncidents,
    session: Session,
    incident: str,
    unit: str,
    name: str,
    *,
    at: datetime | None = None,
) -> JournalEntry:
    """Put the present moment on an incident for a unit, or the one at which a key was pressed.

    Raises
    ------
    UserError
        The call is an old one, whose stamps are not of the present, or another desk made the same
        stamp in the same moment; see ``log_stamp`` too.
    """
    journal = live.entries()
    columns = {"incident": incident, "unit": unit, "name": name}
    columns["uid"] = _derive_stamp_uid(journal, incident, unit, name)
    if at is not None:
        columns["at"] = format_utc_iso(at)
    else:
        _check_age(live, session, incident)
    kept = log_stamp(session, columns, live=live)
    if kept.hash and kept.desk != session.desk:  # what waits here nobody has signed yet
        session.drop_own_entries([kept.uid])
        stamp = name.removesuffix("_at")
        raise UserError("stamped_elsewhere", unit=unit, stamp=stamp, actor=kept.actor)
    return kept


def log_clears_now(
    live: LiveIncidents, session: Session, incident: str, *, at: datetime | None = None
) -> None:
    """Clear all units that are still on an incident, at one moment: all of them, or none.

    Raises
    ------
    UserError
        The call is an old one, whose stamps are not of the present, no unit is there any more, or
        one of them has a later stamp.
    """
    if at is None:
        _check_age(live, session, incident)
    journal, now, name = live.entries(), session.clock(), INCIDENT_STAMPS[-1]
    call = _find_stamped_incident(incident, journal, set())
    clears = [
        build_stamp_entry(
            uid=_derive_stamp_uid(journal, call.uid, one.unit, name),
            incident=call.uid,
            unit=one.unit,
            name=name,
            at=at or now,
            time_zone=session.saved_project.time_zone,
            now=now,
        )
        for one in list_units_to_clear(call)
    ]
    if not clears:
        raise UserError("incident_closed", incident=call.type, uid="")
    for clear in clears:
        _check_times(call, clear)
    kept = session.log_many(clears)
    elsewhere = [one.uid for one in kept if one.hash and one.desk != session.desk]
    session.drop_own_entries(elsewhere)  # another desk cleared them in the same moment


def list_cleared_together(session: Session, entry: JournalEntry) -> tuple[JournalEntry, ...]:
    """Return the clears that this desk logged in one step with one, those that stand as logged."""
    if entry.kind != "stamp" or entry.payload["name"] != INCIDENT_STAMPS[-1]:
        return (entry,)
    stand = [
        one for one in session.list_logged_with(entry) if len(session.store.record(one.uid)) == 1
    ]
    return tuple(one for one in stand if one.kind == "stamp") or (entry,)


def void_clears(session: Session, clears: Sequence[JournalEntry], reason: str) -> JournalEntry:
    """Void the clears of one step; all entries are kept."""
    now = session.clock()
    voids = session.log_many(
        [build_void_entry(uid=new_uid(), voids=one.uid, reason=reason, now=now) for one in clears]
    )
    session.drop_own_entries(one.uid for one in (*clears, *voids))
    return voids[-1]


def _derive_stamp_uid(journal: Sequence[JournalEntry], incident: str, unit: str, name: str) -> str:
    """Return the uid of a unit's next stamp, the same at every desk.

    Two desks that stamp in one instant give one uid, so that the journal keeps the first of them.
    """
    root_of = map_record_uids(journal)
    own = (incident, unit, f"{name.removesuffix('_at')}_at")
    made = sum(
        (root_of.get(one.payload["incident"]), one.unit, one.payload["name"]) == own
        for one in journal
        if one.kind == "stamp" and one.supersedes is None
    )
    return uuid5(_STAMPS, "/".join((*own, str(made)))).hex


def void_last_stamp(
    live: LiveIncidents, session: Session, incident: str, unit: str
) -> JournalEntry:
    """Void the last live stamp that a unit made on an incident; the entry itself is kept.

    A clear that was logged for several units in one step is voided for all of them.

    Raises
    ------
    UserError
        The unit has no live stamp on this incident.
    """
    journal = live.entries()
    own = [
        (at, INCIDENT_STAMPS.index(name), uid)
        for (by, name), (uid, at) in map_live_stamps(journal, incident).items()
        if by == unit
    ]
    if not own:
        raise UserError("no_stamp", unit=unit)
    reason, last = "Taken back at the console", max(own)[2]
    together = list_cleared_together(session, session.store.record(last)[0])
    if len(together) > 1:
        return void_clears(session, together, reason)
    columns = {"void": last, "reason": reason}
    return log_stamp(session, columns, live=live)


def map_live_stamps(
    journal: Sequence[NewEntry], incident: str
) -> dict[StampKey, tuple[str, datetime]]:
    """Return the live stamps of an incident: the uid of each one's first entry, and its time."""
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
    """Say how an incident ended: an entry that corrects it and leaves its live stamps alone.

    ``cleared_at`` is when one was closed to which no unit was sent.
    """
    about = group_incident_entries(live.entries()).get(incident, ())
    own = next(iter(read_incidents(one for one in about if one.kind != "stamp")), None)
    if own is None:
        raise UserError("voided.incident")
    return session.log(
        build_entry(
            INCIDENT_RECORD,
            uid=new_uid(),
            time_zone=session.saved_project.time_zone,
            now=session.clock(),
            corrects=own,
            disposition=disposition,
            cleared_at=cleared_at or own.cleared_at,
        )
    )


def _opens_again(incident: Incident, stamp: NewEntry) -> bool:
    """Tell whether a stamp sends one more unit to an incident that does not say how it ended."""
    there = {stamps.unit for stamps in incident.by_unit}
    asked = bool(there) and not incident.disposition
    return asked and stamp.unit not in there and stamp.payload["name"] == _FIRST_STAMP


def _check_age(live: LiveIncidents, session: Session, incident: str) -> None:
    """Refuse the present as a stamp of an old call."""
    call = next((one for one in live.incidents() if one.uid == incident), None)
    if call is not None and is_stale_call(call, session.clock()):
        received = call.received_at.astimezone(ZoneInfo(session.saved_project.time_zone))
        day = session.formats.short_day(received)
        raise UserError("call_too_old", incident=call.type, day=day)


def _check_same_stamp(kept: JournalEntry, entry: NewEntry, *, timed: bool) -> JournalEntry:
    """Return the entry kept under a known uid; other content is a UserError."""
    names = ("incident", "unit", "name", *(["at"] if timed else []))
    if kept.kind != entry.kind or any(
        kept.payload.get(name) != entry.payload.get(name) for name in names
    ):
        raise UserError("uid_in_use.stamp", uid=kept.uid)
    return kept


def _find_stamp_entries(uid: str, journal: list[JournalEntry]) -> set[str]:
    """Return the uids of all entries of the stamp that ``uid`` belongs to."""
    root_of = map_record_uids(journal)
    root = root_of.get(uid)
    record = [one for one in journal if root is not None and root_of[one.uid] == root]
    if not record or record[0].kind != "stamp" or record[-1].kind == "void":
        raise UserError("unknown_entry.stamp", uid=uid)
    return {one.uid for one in record}


def _find_stamped_incident(uid: str, journal: list[JournalEntry], corrected: set[str]) -> Incident:
    """Return an incident by the uid of any of its entries, without the stamp being corrected."""
    root = map_record_uids(journal).get(uid)
    left = group_incident_entries(one for one in journal if one.uid not in corrected)
    for incident in read_incidents(left.get(root or "", ())):
        if incident.uid == root:
            return incident
    if any(one.uid == root and one.kind == "incident" for one in journal):
        raise UserError("voided", uid=uid)
    raise UserError("unknown_entry.incident", uid=uid)


def _check_unit(
    session: Session, incident: Incident, unit_id: str, calls: Iterable[Incident]
) -> None:
    """Refuse a unit that is unknown or is out on another incident.

    One that may not go there by the rules of access, and went, is logged: see
    ``explain_units_outside``.
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
    """Say that a unit does not serve where a site is, by the rules of access; else nothing."""
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
    return render_message("unit_outside", facts)


def explain_units_outside(session: Session, entry: JournalEntry) -> list[str]:
    """Say of each unit of a call or stamp that was logged that it does not serve where it went."""
    site, units = entry.site, [entry.unit or ""]
    if entry.kind == "stamp":
        calls = read_incidents(session.store.record(str(entry.payload["incident"])))
        site = calls[0].site if calls else None
    elif entry.kind == "incident":
        units = list(entry.payload.get("units", ()))
    else:
        return []
    return [said for unit in units if (said := explain_unit_outside(session, unit, site))]


def _check_is_first(incident: Incident, entry: NewEntry, known: str, corrected: set[str]) -> None:
    """Refuse a stamp that was made already, and say which entry has it."""
    name = str(entry.payload["name"])
    own = next((one for one in list_unit_stamps(incident) if one.unit == entry.unit), None)
    if own is None or getattr(own, name) is None or known in corrected:
        return
    word = name.removesuffix("_at")
    code = "stamped_already" if known else "stamped_already.by_incident"
    raise UserError(code, unit=entry.unit, stamp=word, uid=known or incident.uid, name=name)


def _check_times(incident: Incident, entry: NewEntry) -> None:
    """Refuse a stamp before what it follows or after what follows it."""
    name = str(entry.payload["name"])
    blank = UnitStamps(str(entry.unit))
    made = next((one for one in list_unit_stamps(incident) if one.unit == entry.unit), blank)
    times = {one: getattr(made, one) for one in INCIDENT_STAMPS[1:]} | {name: entry.occurred_at}
    ordered = {"received_at": incident.received_at, **times}
    check_stamp_order(ordered, max(at for at in ordered.values() if at is not None))
