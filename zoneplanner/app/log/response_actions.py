"""Response actions: begun and ended at a site, who was sent and told when, and what is near it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import hypot
from zoneinfo import ZoneInfo

from zoneplanner.app.log.dispatch import (
    INCIDENT_ENTRY_KINDS,
    list_open_incidents,
    list_unit_stamps,
)
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.bells import BellSpan, compute_bell_spans
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.entries import INCIDENT_RECORD, build_void_entry, read_incidents
from zoneplanner.domain.log.journal import Incident, JournalEntry
from zoneplanner.domain.log.office_entries import COMMAND_RECORD, CommandEntry
from zoneplanner.domain.log.record_schema import build_entry, read_records
from zoneplanner.domain.log.response_actions import (
    RESPONSE_ACTION_RECORD,
    ResponseAction,
    list_ongoing_actions,
    parse_response_action,
    read_response_actions,
)
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_ACTION_ENTRY_KINDS = ("action", "void")
_OPENS_A_CALL = ("lockdown", "evacuate")
"""Actions for which units are sent: the console opens an incident with them, to be stamped."""
_CALL_PRIORITY = 1


def log_response_action(session: Session, columns: Mapping[str, str]) -> JournalEntry:
    """Log a response action given as columns of text.

    ``ended_at`` without ``began_at`` ends the action that goes on at the site; without ``action``
    the only one there. An action that goes on there already is not begun a second time. One that is
    voided takes the open call with it that it opened; all entries are kept, or none.

    Raises
    ------
    UserError
        No such action goes on that could be ended, one goes on already, or a column makes no
        sense; see ``log_columns``.
    """
    given = {name: text for name, text in columns.items() if text.strip()}
    journal = session.store.entries(kinds=_ACTION_ENTRY_KINDS)
    known = any(one.uid == given.get("uid") for one in journal)
    if "void" in given:
        return _void_action(session, given, retried=known)
    if known or "supersedes" in given:
        return log_record(session, "action", _fill_retried_end(given, journal) if known else given)
    site = session.saved_project.site(given["site"]).id if "site" in given else ""
    if "action" in given:
        given["action"] = session.saved_project.terms.find_action(given["action"])
    here = [one for one in list_ongoing_actions(read_response_actions(journal)) if one.site == site]
    same = [one for one in here if one.action == given.get("action", one.action)]
    if "ended_at" in given and "began_at" not in given:
        given["supersedes"] = _find_action_to_end(session, site, given.get("action"), same).uid
    elif "ended_at" not in given and "action" in given and same:
        name = session.saved_project.sites[site].name
        raise UserError(
            "action_going_on", action=same[0].action.capitalize(), site=name, uid=same[0].uid
        )
    return log_record(session, "action", given)


def _void_action(session: Session, given: Mapping[str, str], *, retried: bool) -> JournalEntry:
    call = "" if retried else find_own_call(session, given["void"])
    also = []
    if call and "reason" in given:
        now, reason = session.clock(), given["reason"]
        also.append(build_void_entry(uid=new_uid(), voids=call, reason=reason, now=now))
    return log_record(session, "action", given, also=also)


def find_own_call(session: Session, uid: str) -> str:
    """Return the uid of the call that an action opened, or nothing.

    It is open still, was not there before, and no other action that goes on is of it.
    """
    action = next(iter(session.store.record(uid)), None)
    call = str(action.payload.get("incident", "")) if action and action.kind == "action" else ""
    first = next(iter(session.store.record(call)), None) if call else None
    if action is None or first is None or first.recorded_at != action.recorded_at:
        return ""
    actions = session.store.entries(kinds=("action",))
    opened_by = next(one.uid for one in actions if one.payload.get("incident") == call)
    going_on = [one for one in list_active_actions(session) if one.uid != action.uid]
    if opened_by != action.uid or any(one.incident == call for one in going_on):
        return ""
    calls = read_incidents(session.store.entries(kinds=INCIDENT_ENTRY_KINDS))
    return next((one.uid for one in calls if one.uid == call and one.is_open), "")


def begin_response_action(
    session: Session, site: str, action: str, *, began_at: datetime | None = None
) -> list[JournalEntry]:
    """Begin an action; with a lockdown or evacuation a call is opened for the units sent.

    The open call of another action that goes on at the site is that call too; one of anything
    else, such as a fight, is not. It begins now unless ``began_at`` says when the key was pressed.
    All entries are kept, or none.

    Raises
    ------
    UserError
        The site is unknown, or the action goes on there already.
    """
    place, name, now = (
        session.saved_project.site(site),
        parse_response_action(action),
        session.clock(),
    )
    here = [one for one in list_active_actions(session) if one.site == place.id]
    if any(one.action == name for one in here):
        raise UserError("action_going_on.end_first", action=name.capitalize(), site=place.name)
    began = began_at or now
    entry = partial(build_entry, time_zone=session.saved_project.time_zone, now=now)
    open_calls = _list_open_calls(session, here) if name in _OPENS_A_CALL else []
    opens = name in _OPENS_A_CALL and not open_calls
    call = new_uid() if opens else open_calls[0].uid if open_calls else ""
    new = [
        entry(
            RESPONSE_ACTION_RECORD,
            uid=new_uid(),
            site=place.id,
            action=name,
            began_at=began,
            incident=call,
        )
    ]
    if opens:
        new.append(
            entry(
                INCIDENT_RECORD,
                uid=call,
                site=place.id,
                type=name.capitalize(),
                received_at=began,
                priority=_CALL_PRIORITY,
            )
        )
    return list(session.log_many(new))


def end_response_action(
    session: Session,
    uid: str,
    *,
    ended_at: datetime | None = None,
    all_clear_by: str = "",
    all_clear_agency: str = "",
) -> JournalEntry:
    """End an action; the entry that ends it takes the place of the one that began it.

    It ends now unless ``ended_at`` says when the all-clear was given, by which role of which
    agency.
    """
    own = next((one for one in list_active_actions(session) if one.uid == uid), None)
    if own is None:
        raise UserError("no_action_going_on.ended")
    columns = {
        "supersedes": uid,
        "ended_at": format_utc_iso(ended_at) if ended_at else "now",
        "all_clear_by": all_clear_by,
        "all_clear_agency": all_clear_agency,
    }
    return log_record(session, "action", {name: text for name, text in columns.items() if text})


def list_active_actions(session: Session) -> tuple[ResponseAction, ...]:
    """Return the actions that go on, lockdowns first, then the latest."""
    return list_ongoing_actions(
        read_response_actions(session.store.entries(kinds=_ACTION_ENTRY_KINDS))
    )


def map_all_clears(session: Session) -> dict[str, datetime]:
    """Return when the actions ended that opened a call, by that call; none of one that goes on."""
    every = read_response_actions(session.store.entries(kinds=_ACTION_ENTRY_KINDS))
    going_on = {one.incident for one in every if one.ended_at is None}
    ended = sorted((one.ended_at, one.incident) for one in every if one.ended_at is not None)
    return {call: at for at, call in ended if call and call not in going_on}


def list_sent_units(action: ResponseAction, incidents: Iterable[Incident]) -> tuple[str, ...]:
    """Return the units that were sent to an action and have not cleared: its own, and its call's.

    Units on another incident at the same site are not among them.
    """
    stamped = [
        stamps.unit
        for one in reversed(list_open_incidents(incidents))
        if _is_call_of(one, action)
        for stamps in list_unit_stamps(one)
        if stamps.cleared_at is None
    ]
    return tuple(dict.fromkeys((*action.units, *stamped)))


def _is_call_of(incident: Incident, action: ResponseAction) -> bool:
    """Tell whether units are sent to an action by this incident.

    An action that names no call, as on the command line, has those of its own word at its site.
    """
    if action.incident:
        return incident.uid == action.incident
    return incident.site == action.site and incident.type.casefold() == action.action


def _list_open_calls(session: Session, running: Iterable[ResponseAction]) -> list[Incident]:
    """Return the open incidents to which units are sent for these actions.

    Of none that is known at once: the first lockdown at a school does not wait for the whole log.
    """
    here = tuple(running)
    if not here:
        return []
    calls = list_open_incidents(
        read_incidents(session.store.entries(kinds=("incident", "stamp", "void")))
    )
    return [one for one in calls if any(_is_call_of(one, action) for action in here)]


def _fill_retried_end(given: Mapping[str, str], journal: Iterable[JournalEntry]) -> dict[str, str]:
    """Fill in what a retried end left out, so that it is known as the entry it was."""
    kept = next(one for one in journal if one.uid == given["uid"])
    if "began_at" in given or kept.supersedes is None:
        return dict(given)
    return {"supersedes": kept.supersedes, **given}


def _find_action_to_end(
    session: Session, site: str, action: str | None, running: list[ResponseAction]
) -> ResponseAction:
    if not site:
        raise UserError("option_missing.site_of_action")
    place = session.saved_project.sites[site].name
    if not running:
        what = action or "response action"
        raise UserError("no_action_going_on", action=what, site=place)
    if len(running) > 1:
        raise UserError("several_actions", site=place, actions=[one.action for one in running])
    return running[0]


_MILE_M = 1609.344
_COMMAND_KINDS = ("command_entry", "void")
COMMAND_STEPS = (
    *("nine_one_one", "agency_dispatch", "superintendent", "neighbors"),
    *("bus_hold", "communications", "staging"),
)
"""What is done in the first minutes, in this order; each has its time in the log."""


@dataclass(frozen=True, slots=True)
class NearbySchool:
    """A school near another one, and how far away in a straight line."""

    site: Site
    away_m: float


def log_command_time(
    session: Session, action: ResponseAction, told: str, at: datetime | None = None
) -> JournalEntry:
    """Log that somebody was told, now or at a moment, about the call of an action that goes on."""
    columns = {"site": action.site, "incident": action.incident, "kind": "told", "told": told}
    if at is not None:
        columns["at"] = format_utc_iso(at)
    return log_record(session, COMMAND_RECORD.name, columns)


def void_command_time(session: Session, told: CommandEntry) -> JournalEntry:
    """Void a time that was logged by a slip; the entry itself is kept."""
    columns = {"void": told.uid, "reason": "Taken back at the console"}
    return log_record(session, COMMAND_RECORD.name, columns)


def list_command_times(session: Session) -> Mapping[str, Mapping[str, CommandEntry]]:
    """Return the entries that say first who was told when, by the call and then by whom."""
    found: dict[str, dict[str, CommandEntry]] = {}
    entries = session.store.entries(kinds=_COMMAND_KINDS)
    for one in read_records(COMMAND_RECORD, entries):
        if one.told:
            found.setdefault(one.incident, {}).setdefault(one.told, one)
    return found


def list_nearby_schools(project: Project, site_id: str) -> tuple[NearbySchool, ...]:
    """Return the other schools within a mile, the nearest first."""
    home = project.sites.get(site_id)
    if home is None:
        return ()
    found = [
        NearbySchool(site, away_m)
        for site in project.sites.values()
        if site.id != site_id
        and (away_m := hypot(site.x_m - home.x_m, site.y_m - home.y_m)) <= _MILE_M
    ]
    return tuple(sorted(found, key=lambda one: (one.away_m, one.site.name)))


def find_next_bell(project: Project, site_id: str, now: datetime) -> BellSpan | None:
    """Return the part of the school day that goes on or comes next today; its end is a bell."""
    site, zone = project.sites.get(site_id), project.time_zone
    day = now.astimezone(ZoneInfo(zone)).date()
    kind = project.calendar.day_kind(day)
    if site is None or kind is None:
        return None
    bells = project.calendar.bells
    times = bells.find_bell_times(site.id, site.level)
    spans = compute_bell_spans(bells, times, day, kind, time_zone=zone)
    return next((span for span in spans if now < span.ends_at), None)
