"""Response actions: start and end, the units sent, the first calls, and nearby schools."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import hypot
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.app.log.dispatch import list_open_incidents, list_unit_stamps
from zoneplanner.app.log.logbook import (
    find_incident,
    list_incidents,
    list_response_actions,
    log_record,
)
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.bells import BellSpan, compute_bell_spans
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.entries import INCIDENT_RECORD, build_void_entry
from zoneplanner.domain.log.journal import Incident, JournalEntry
from zoneplanner.domain.log.office_entries import COMMAND_RECORD, CommandEntry
from zoneplanner.domain.log.record_schema import build_entry, read_records
from zoneplanner.domain.log.response_action_terms import (
    RESPONSE_ACTION_RECORD,
    ResponseAction,
    list_ongoing_actions,
    parse_response_action,
    read_response_actions,
)
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_ACTION_ENTRY_KINDS = ("action", "void")
_ACTIONS_WITH_CALL = ("lockdown", "evacuate")
"""Actions that also open an incident, since units are sent to them and stamped there."""
_CALL_PRIORITY = 1


def log_response_action(session: Session, columns: Mapping[str, str]) -> JournalEntry:
    """Log a response action given as columns of strings.

    ``ended_at`` without ``began_at`` ends the active action at the site; ``action`` is needed only
    if there are several. Voiding an action also voids the call that it opened, both or none.

    Raises
    ------
    UserError
        There is no action to end, the same action is active already, or a column is invalid; see
        ``log_record_from_columns``.
    """
    filled = {name: text for name, text in columns.items() if text.strip()}
    journal = session.store.entries(kinds=_ACTION_ENTRY_KINDS)
    is_retry = any(entry.uid == filled.get("uid") for entry in journal)
    if "void" in filled:
        return _void_action(session, filled, is_retry=is_retry)
    if is_retry:
        return log_record(session, "action", _fill_retried_end(filled, journal))
    if "supersedes" in filled:
        return log_record(session, "action", filled)
    site = session.saved_project.site(filled["site"]).id if "site" in filled else ""
    if "action" in filled:
        filled["action"] = session.saved_project.terms.find_action(filled["action"])
    same = [
        action
        for action in list_ongoing_actions(read_response_actions(journal))
        if action.site == site and action.action == filled.get("action", action.action)
    ]
    if "ended_at" in filled and "began_at" not in filled:
        filled["supersedes"] = _find_action_to_end(session, site, filled.get("action"), same).uid
    elif "ended_at" not in filled and "action" in filled and same:
        name = session.saved_project.sites[site].name
        raise UserError(
            "action_going_on", action=same[0].action.capitalize(), site=name, uid=same[0].uid
        )
    return log_record(session, "action", filled)


def _void_action(session: Session, columns: Mapping[str, str], *, is_retry: bool) -> JournalEntry:
    call = "" if is_retry else find_own_call(session, columns["void"])
    also = []
    if call and "reason" in columns:
        now, reason = session.clock(), columns["reason"]
        also.append(build_void_entry(uid=new_uid(), voids=call, reason=reason, now=now))
    return log_record(session, "action", columns, also=also)


def find_own_call(session: Session, uid: str) -> str:
    """Return the uid of the call that an action opened, or "".

    Only a call that is still open and that no other active action uses is returned.
    """
    action = next(iter(session.store.record(uid)), None)
    call = str(action.payload.get("incident", "")) if action and action.kind == "action" else ""
    first = next(iter(session.store.record(call)), None) if call else None
    if action is None or first is None or first.recorded_at != action.recorded_at:
        return ""
    entries = session.store.entries(kinds=("action",))
    opened_by = next(entry.uid for entry in entries if entry.payload.get("incident") == call)
    others = [other for other in list_active_actions(session) if other.uid != action.uid]
    if opened_by != action.uid or any(other.incident == call for other in others):
        return ""
    incident = find_incident(session, call)
    return call if incident is not None and incident.is_open else ""


def begin_response_action(
    session: Session, site: str, action: str, *, began_at: datetime | None = None
) -> list[JournalEntry]:
    """Begin an action, now or at ``began_at``; a lockdown or evacuation also opens a call.

    If another active action at the site has an open call, that call is used instead.

    Raises
    ------
    UserError
        The site is unknown, or the same action is active there already; nothing is logged.
    """
    place, now = session.saved_project.site(site), session.clock()
    name, began = parse_response_action(action), began_at or now
    active = [other for other in list_active_actions(session) if other.site == place.id]
    if any(other.action == name for other in active):
        raise UserError("action_going_on.end_first", action=name.capitalize(), site=place.name)
    build = partial(build_entry, time_zone=session.saved_project.time_zone, now=now, site=place.id)
    has_call = name in _ACTIONS_WITH_CALL
    open_call = _find_open_call(session, active) if has_call else None
    call = open_call.uid if open_call else new_uid() if has_call else ""
    values: dict[str, Any] = {"action": name, "began_at": began, "incident": call}
    new = [build(RESPONSE_ACTION_RECORD, uid=new_uid(), **values)]
    if has_call and open_call is None:
        values = {"type": name.capitalize(), "received_at": began, "priority": _CALL_PRIORITY}
        new.append(build(INCIDENT_RECORD, uid=call, **values))
    return list(session.log_many(new))


def end_response_action(
    session: Session,
    uid: str,
    *,
    ended_at: datetime | None = None,
    all_clear_by: str = "",
    all_clear_agency: str = "",
) -> JournalEntry:
    """End an action, now or at ``ended_at``; the end corrects the entry that began it.

    ``all_clear_by`` is the role that gave the all-clear.
    """
    if all(action.uid != uid for action in list_active_actions(session)):
        raise UserError("no_action_going_on.ended")
    columns = {
        "supersedes": uid,
        "ended_at": format_utc_iso(ended_at) if ended_at else "now",
        "all_clear_by": all_clear_by,
        "all_clear_agency": all_clear_agency,
    }
    return log_record(session, "action", {name: text for name, text in columns.items() if text})


def list_active_actions(session: Session) -> tuple[ResponseAction, ...]:
    """Return the active actions, lockdowns first, then the latest."""
    return list_ongoing_actions(list_response_actions(session))


def map_all_clears(session: Session) -> dict[str, datetime]:
    """Return when the last action of each call ended, by call; none for calls of active actions."""
    actions = list_response_actions(session)
    active = {action.incident for action in actions if action.ended_at is None}
    ends = sorted((one.ended_at, one.incident) for one in actions if one.ended_at is not None)
    return {call: at for at, call in ends if call and call not in active}


def list_sent_units(action: ResponseAction, incidents: Iterable[Incident]) -> tuple[str, ...]:
    """Return the units of an action, and those on its call that have not cleared.

    Units on another incident at the same site are left out.
    """
    stamped = [
        stamps.unit
        for call in reversed(list_open_incidents(incidents))
        if _is_call_of(call, action)
        for stamps in list_unit_stamps(call)
        if stamps.cleared_at is None
    ]
    return tuple(dict.fromkeys((*action.units, *stamped)))


def _is_call_of(incident: Incident, action: ResponseAction) -> bool:
    """Whether units are sent to an action by an incident.

    For an action without a call, as from the command line, it is one at its site that has the
    action's name as its type.
    """
    if action.incident:
        return incident.uid == action.incident
    return incident.site == action.site and incident.type.casefold() == action.action


def _find_open_call(session: Session, active: Sequence[ResponseAction]) -> Incident | None:
    """Return the latest open call of active actions; without any, the log is not read."""
    calls = list_open_incidents(list_incidents(session)) if active else ()
    return next((call for call in calls if any(_is_call_of(call, one) for one in active)), None)


def _fill_retried_end(
    columns: Mapping[str, str], journal: Iterable[JournalEntry]
) -> Mapping[str, str]:
    """Fill in the column that a retried end leaves out, so that it matches its logged entry."""
    logged = next(entry for entry in journal if entry.uid == columns["uid"])
    if "began_at" in columns or logged.supersedes is None:
        return columns
    return {"supersedes": logged.supersedes, **columns}


def _find_action_to_end(
    session: Session, site: str, name: str | None, actions: Sequence[ResponseAction]
) -> ResponseAction:
    if not site:
        raise UserError("option_missing.site_of_action")
    place = session.saved_project.sites[site].name
    if not actions:
        raise UserError("no_action_going_on", action=name or "response action", site=place)
    if len(actions) > 1:
        names = [action.action for action in actions]
        raise UserError("several_actions", site=place, actions=names)
    return actions[0]


_MILE_M = 1609.344
_COMMAND_KINDS = ("command_entry", "void")
COMMAND_STEPS = (
    "nine_one_one",
    "agency_dispatch",
    "superintendent",
    "neighbors",
    "bus_hold",
    "communications",
    "staging",
)
"""The first calls and steps in their order; the time of each is logged."""


@dataclass(frozen=True, slots=True)
class NearbySchool:
    """A school near another one, with the straight-line distance."""

    site: Site
    away_m: float


def log_command_time(
    session: Session, action: ResponseAction, step: str, at: datetime | None = None
) -> JournalEntry:
    """Log that a step of ``COMMAND_STEPS`` was done for an action, now or at a time."""
    columns = {"site": action.site, "incident": action.incident, "kind": "told", "told": step}
    if at is not None:
        columns["at"] = format_utc_iso(at)
    return log_record(session, COMMAND_RECORD.name, columns)


def void_command_time(session: Session, entry: CommandEntry) -> JournalEntry:
    """Void the time of a step that was logged by mistake."""
    columns = {"void": entry.uid, "reason": "Taken back at the console"}
    return log_record(session, COMMAND_RECORD.name, columns)


def list_command_times(session: Session) -> Mapping[str, Mapping[str, CommandEntry]]:
    """Return the first entry for each step, by call and then by step."""
    times: dict[str, dict[str, CommandEntry]] = {}
    for entry in read_records(COMMAND_RECORD, session.store.entries(kinds=_COMMAND_KINDS)):
        if entry.told:
            times.setdefault(entry.incident, {}).setdefault(entry.told, entry)
    return times


def list_nearby_schools(project: Project, site_id: str) -> tuple[NearbySchool, ...]:
    """Return the other schools within a mile, the nearest first."""
    center = project.sites.get(site_id)
    if center is None:
        return ()
    nearby = [
        NearbySchool(site, away_m)
        for site in project.sites.values()
        if site.id != site_id
        and (away_m := hypot(site.x_m - center.x_m, site.y_m - center.y_m)) <= _MILE_M
    ]
    return tuple(sorted(nearby, key=lambda school: (school.away_m, school.site.name)))


def find_next_bell(project: Project, site_id: str, now: datetime) -> BellSpan | None:
    """Return the current or next part of today's school day, which ends with the next bell."""
    site, zone = project.sites.get(site_id), project.time_zone
    day = now.astimezone(ZoneInfo(zone)).date()
    kind = project.calendar.day_kind(day)
    if site is None or kind is None:
        return None
    bells = project.calendar.bells
    times = bells.find_bell_times(site.id, site.level)
    spans = compute_bell_spans(bells, times, day, kind, time_zone=zone)
    return next((span for span in spans if now < span.ends_at), None)
