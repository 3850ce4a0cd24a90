"""The visits due and planned this week, visits logged by one key, and the days with visits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import numpy as np

from zoneplanner.analysis.coverage.log_period import is_undeclared, list_days_on_record
from zoneplanner.analysis.log.log_arrays import NO_NAME
from zoneplanner.app.log.dispatch import INCIDENT_ENTRY_KINDS, find_busy_units
from zoneplanner.app.log.logbook import (
    LONGEST_VISIT,
    copy_entry,
    find_planned_visit,
    find_rostered_officer,
    find_usual_unit,
    log_record,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.domain.log.days_on_record import VISIT_RECORDS, DaySpan
from zoneplanner.domain.log.due_visits import PLANNED_VISIT_STATUSES, DueVisit, find_due_visits
from zoneplanner.domain.log.entries import VISIT_RECORD, read_incidents, read_visits
from zoneplanner.domain.log.journal import (
    MADE_VISIT_STATUSES,
    Incident,
    JournalEntry,
    NewEntry,
    Visit,
)
from zoneplanner.domain.log.record_schema import build_entry
from zoneplanner.domain.log.visit_rule import VisitRule
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

_VISIT_ENDS = UUID("5b7f2f0e-3a0c-4d5e-9a55-8f3f0f1d2c77")
"""Namespace of the uids of entries that end the visit of a unit sent elsewhere."""


def list_due_visits_of_week(session: Session, monday: date | None = None) -> tuple[DueVisit, ...]:
    """Return the visits due at every patrolled site this week, or in the week of ``monday``."""
    first = monday or _find_monday(session)
    visits = session.store.visit_log().visits
    of_week = (visits["day"] >= first.toordinal()) & (visits["day"] < first.toordinal() + 7)
    made = read_visits(session.store.entries_by_seq(visits["seq"][of_week].tolist()))
    return find_due_visits(session.saved_project, made, monday=first, now=session.clock())


def list_planned_visits_of_week(session: Session) -> tuple[Visit, ...]:
    """Return the visits that were planned ahead for this week and have not started."""
    zone = ZoneInfo(session.saved_project.time_zone)
    since = datetime.combine(_find_monday(session), time(0), zone)
    return session.planned_visits.list_between(since, since + timedelta(days=7))


def _find_monday(session: Session) -> date:
    return session.today - timedelta(days=session.today.weekday())


@dataclass(frozen=True, slots=True)
class VisitStep:
    """The start or end of a visit, ready to be logged."""

    site: str
    unit: str
    at: datetime
    ends: bool
    columns: Mapping[str, str]
    doubt: UserError | None = None
    """Why ``unit`` has probably not come: it is on a call or visit elsewhere."""


def prepare_planned_visit(session: Session, uid: str) -> VisitStep:
    """Return the step that starts a planned visit now.

    Raises
    ------
    UserError
        It is no longer among this week's planned visits.
    """
    visits = list_planned_visits_of_week(session)
    planned = next((visit for visit in visits if visit.uid == uid), None)
    if planned is None:
        raise UserError("visit_begun")
    now = session.clock()
    columns = {"supersedes": uid, "arrived_at": format_utc_iso(now), "status": "on_site"}
    if planned.unit and not planned.officer:
        columns["officer"] = find_rostered_officer(session.saved_project, planned.unit, now)
    return _begin_visit(session, planned.site, planned.unit or "", now, columns)


def find_started_plan(session: Session, entry: JournalEntry) -> JournalEntry | None:
    """Return the entry of the planned visit that an entry started, or None."""
    is_made = entry.payload.get("status") in MADE_VISIT_STATUSES
    if entry.kind != "visit" or not entry.supersedes or not is_made:
        return None
    record = session.store.record(entry.uid)
    before = list(takewhile(lambda earlier: earlier.uid != entry.uid, record))
    was_planned = before and before[-1].payload.get("status") in PLANNED_VISIT_STATUSES
    return before[-1] if was_planned else None


def restore_planned_visit(session: Session, planned: JournalEntry) -> JournalEntry:
    """Undo the start of a planned visit by an entry that plans it as before."""
    names = ("arrived_at", "status", "purpose", "officer", "note")
    columns = {name: str(planned.payload.get(name, "")) for name in names}
    columns |= {"supersedes": planned.uid, "unit": planned.unit or ""}
    return log_record(session, "visit", columns)


def prepare_visit(session: Session, site_id: str) -> VisitStep:
    """Return the step that starts a visit to a site now, or ends the one in progress there.

    Raises
    ------
    UserError
        The site is unknown.
    """
    site, now = session.saved_project.site(site_id).id, session.clock()
    current = _find_open_visit(session, site)
    if current is not None:
        columns = {"supersedes": current.uid, "departed_at": format_utc_iso(now)}
        return VisitStep(site, current.unit or "", now, ends=True, columns=columns)
    columns = {"site": site, "arrived_at": format_utc_iso(now)}
    planned = find_planned_visit(session, columns)
    unit = planned.unit if planned else find_usual_unit(session.saved_project, site, session.today)
    return _begin_visit(session, site, unit or "", now, columns)


def _begin_visit(
    session: Session, site: str, unit: str, now: datetime, columns: Mapping[str, str]
) -> VisitStep:
    doubt = find_unit_elsewhere(session, unit, site) if unit else None
    return VisitStep(site, unit, now, ends=False, columns=columns, doubt=doubt)


def find_unit_elsewhere(
    session: Session,
    unit: str,
    site: str,
    *,
    chosen: bool = False,
    incidents: Sequence[Incident] | None = None,
) -> UserError | None:
    """Return that a unit is on a call or visit at another site now, or None.

    With ``chosen``, a person chose the unit, and the message does not ask who came. Callers that
    have the ``incidents`` of the log pass them, since reading them takes long.
    """
    sites, now = session.saved_project.sites, session.clock()
    kinds = ("visit",) if incidents is not None else (*INCIDENT_ENTRY_KINDS, "visit")
    recent = session.store.entries(kinds=kinds, since=now - LONGEST_VISIT)
    call = find_busy_units(incidents or read_incidents(recent), now).get(unit)
    if call is not None and call.site != site:
        place = sites.get(call.site or "")
        where = f" at {place.name}" if place else ""
        code = "visit_unit_elsewhere.call_chosen" if chosen else "visit_unit_elsewhere.call"
        return UserError(code, unit=unit, incident=call.type, where=where)
    elsewhere = [
        visit.site
        for visit in read_visits(recent)
        if visit.unit == unit
        and visit.status == "on_site"
        and visit.site != site
        and visit.site in sites
    ]
    if elsewhere:
        code = "visit_unit_elsewhere.chosen" if chosen else "visit_unit_elsewhere"
        return UserError(code, unit=unit, site=sites[elsewhere[-1]].name)
    return None


def explain_visitor_elsewhere(
    session: Session, entry: JournalEntry, incidents: Sequence[Incident] | None = None
) -> str:
    """Describe which other call or visit the unit of a visit is on, if it is still on site."""
    if entry.kind != "visit" or not entry.unit or entry.payload.get("status") != "on_site":
        return ""
    elsewhere = find_unit_elsewhere(
        session, entry.unit, entry.site or "", chosen=True, incidents=incidents
    )
    return elsewhere.message if elsewhere is not None else ""


def end_visit_of_sent_unit(session: Session, stamp: NewEntry, site: str | None) -> list[NewEntry]:
    """Return the entry that ends a unit's visit when a stamp sends the unit to a call, if any.

    The unit's last visit before the stamp ends at the time of the stamp if it has no end and is at
    another site than the call. The uid is derived from the stamp, so that two desks that stamp at
    the same instant write the same entry.
    """
    log, at = session.store.visit_log(), stamp.occurred_at
    number = log.names.index(stamp.unit) if stamp.unit in log.names else NO_NAME
    if number == NO_NAME:
        return []
    visits = log.visits[(log.visits["unit"] == number) & (log.visits["at"] <= at.timestamp())]
    visits = visits[visits["at"] >= (at - LONGEST_VISIT).timestamp()]
    if not len(visits):
        return []
    (last,) = session.store.entries_by_seq([int(visits["seq"][np.argmax(visits["at"])])])
    (visit,) = read_visits(session.store.record(last.uid))
    if visit.status != "on_site" or visit.site == site:
        return []
    end = build_entry(
        VISIT_RECORD,
        uid=uuid5(_VISIT_ENDS, stamp.uid).hex,
        time_zone=session.saved_project.time_zone,
        now=max(session.clock(), at),
        corrects=visit,
        departed_at=at,
        status="completed",
    )
    return [end]


def resume_visit_of_sent_unit(session: Session, stamp: str) -> list[NewEntry]:
    """Return the entry that resumes the visit ended by a stamp that is being voided, if any."""
    end = find_visit_end_of_stamp(session, stamp)
    record = session.store.record(end.uid) if end is not None else []
    if end is None or record[-1].uid != end.uid:  # no visit ended, or it was corrected since
        return []
    return [copy_entry(record[-2], supersedes=end.uid)]


def find_visit_end_of_stamp(session: Session, stamp: str) -> JournalEntry | None:
    """Return the entry that ended a visit with a stamp, by the uid of the stamp's first entry."""
    uid = uuid5(_VISIT_ENDS, stamp).hex
    return session.store.by_uid([uid]).get(uid)


def log_visit_step(session: Session, step: VisitStep) -> JournalEntry:
    """Log a prepared step; if a planned visit is due there, the step starts it."""
    return log_record(session, "visit", step.columns)


def _find_open_visit(session: Session, site_id: str) -> JournalEntry | None:
    """Return the entry of the last recent visit to a site that has no departure."""
    log = session.store.visit_log()
    number = log.names.index(site_id) if site_id in log.names else NO_NAME
    since = (session.clock() - LONGEST_VISIT).timestamp()
    visits = log.visits
    is_open = (visits["site"] == number) & (visits["at"] >= since) & (visits["stay"] < 0)
    rows = np.flatnonzero(is_open)
    if number == NO_NAME or not len(rows):
        return None
    (entry,) = session.store.entries_by_seq([int(visits["seq"][rows[-1]])])
    return entry


def change_visit_rule(session: Session, rule: VisitRule) -> None:
    """Change the visit rule as one edit."""

    def edit(project: Project) -> Project:
        return project if rule == project.visit_rule else replace(project, visit_rule=rule)

    session.apply("Change the visit rule", edit)


def describe_visit_days(session: Session, *, last: date | None = None) -> str:
    """Describe for which days up to ``last`` or today visits are on record; only they count."""
    spans = _list_days(session, last)
    if not spans:
        return str(Message("visit_days.none"))
    end = min(last or session.today, session.today)
    facts = {
        "first": spans[0].first,
        "last": spans[-1].last,
        "days": sum(((span.last or end) - span.first).days + 1 for span in spans),
    }
    form = "some" if len(spans) > 1 else "since" if spans[0].last == end else "until"
    text = str(Message(f"visit_days.{form}", **facts))
    if is_undeclared(session.saved_project, VISIT_RECORDS, session.store.log().visits):
        text = f"{text} {Message('visit_days.not_declared')}"
    return session.formats.localize_sentence(text)


def find_sites_visited_this_week(session: Session) -> frozenset[str] | None:
    """Return the sites with a visit since Monday, or None if no day since then is on record."""
    monday = _find_monday(session)
    if not any((span.last or session.today) >= monday for span in _list_days(session)):
        return None
    log = session.store.log()
    sites = log.visits["site"][log.visits["day"] >= monday.toordinal()]
    return frozenset(log.names[site] for site in np.unique(sites).tolist() if site != NO_NAME)


def _list_days(session: Session, last: date | None = None) -> tuple[DaySpan, ...]:
    log, project = session.store.log(), session.saved_project
    return list_days_on_record(log, VISIT_RECORDS, project=project, now=session.clock(), last=last)
