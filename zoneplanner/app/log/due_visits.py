"""Visits that the rule asks for this week, planned ones, and one logged or ended by one key.

Of which days visits are on record, in words, and who was visited on those of this week.
"""

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
    find_planned_visit,
    find_rostered_officer,
    find_usual_unit,
    log_record,
)
from zoneplanner.app.session.identity import new_uid
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
from zoneplanner.messages import render_message

_VISIT_ENDS = UUID("5b7f2f0e-3a0c-4d5e-9a55-8f3f0f1d2c77")
"""What uids of entries are derived in that end the visit of a unit sent elsewhere."""


def list_due_visits_of_week(session: Session, monday: date | None = None) -> tuple[DueVisit, ...]:
    """Return what is asked of every patrolled site this week, or in that of another Monday."""
    first = monday or session.today - timedelta(days=session.today.weekday())
    days = session.store.visit_log().visits["day"]
    of_week = (days >= first.toordinal()) & (days < first.toordinal() + 7)
    seqs = session.store.visit_log().visits["seq"][of_week].tolist()
    made = read_visits(session.store.entries_by_seq(seqs))
    return find_due_visits(session.saved_project, made, monday=first, now=session.clock())


def list_planned_visits_of_week(session: Session) -> tuple[Visit, ...]:
    """Return the visits that were planned ahead for this week and have not begun."""
    monday = session.today - timedelta(days=session.today.weekday())
    since = datetime.combine(monday, time(0), ZoneInfo(session.saved_project.time_zone))
    return session.planned_visits.list_between(since, since + timedelta(days=7))


@dataclass(frozen=True, slots=True)
class VisitStep:
    """A visit that begins or ends at a moment, ready to be logged."""

    site: str
    unit: str
    at: datetime
    ends: bool
    columns: Mapping[str, str]
    doubt: UserError | None = None
    """Why ``unit`` can hardly have come: a call or visit elsewhere keeps it."""


def prepare_planned_visit(session: Session, uid: str) -> VisitStep:
    """Return the step by which a planned visit begins now.

    Raises
    ------
    UserError
        It is no longer among this week's planned visits.
    """
    planned = next((one for one in list_planned_visits_of_week(session) if one.uid == uid), None)
    if planned is None:
        raise UserError("visit_begun")
    now = session.clock()
    columns = {"supersedes": uid, "arrived_at": format_utc_iso(now), "status": "on_site"}
    if planned.unit and not planned.officer:
        columns["officer"] = find_rostered_officer(session.saved_project, planned.unit, now)
    return _begin_visit(session, planned.site, planned.unit or "", now, columns)


def find_started_plan(session: Session, entry: JournalEntry) -> JournalEntry | None:
    """Return the planned visit that an entry says to have begun; None where there is none."""
    if (
        entry.kind != "visit"
        or not entry.supersedes
        or entry.payload.get("status") not in MADE_VISIT_STATUSES
    ):
        return None
    before = list(takewhile(lambda one: one.uid != entry.uid, session.store.record(entry.uid)))
    return (
        before[-1]
        if before and before[-1].payload.get("status") in PLANNED_VISIT_STATUSES
        else None
    )


def restore_planned_visit(session: Session, planned: JournalEntry) -> JournalEntry:
    """Take back that a planned visit has begun, by an entry that plans it as it was."""
    names = ("arrived_at", "status", "purpose", "officer", "note")
    columns = {name: str(planned.payload.get(name, "")) for name in names}
    columns |= {"supersedes": planned.uid, "unit": planned.unit or ""}
    return log_record(session, "visit", columns)


def prepare_visit(session: Session, site_id: str) -> VisitStep:
    """Return the step of a visit that begins now at a site, or that ends the one going on there.

    Raises
    ------
    UserError
        The site is unknown.
    """
    site, now = session.saved_project.site(site_id).id, session.clock()
    running = _find_open_visit(session, site)
    if running is not None:
        columns = {"supersedes": running.uid, "departed_at": format_utc_iso(now)}
        return VisitStep(site, running.unit or "", now, ends=True, columns=columns)
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
    """Return which call or visit keeps a unit at another site now, None where none does.

    Where a person has ``chosen`` the unit all the same, it does not ask who came. ``incidents``
    are those of the log where they are known: beside many calls they take long to read.
    """
    sites, now = session.saved_project.sites, session.clock()
    kinds = ("visit",) if incidents is not None else (*INCIDENT_ENTRY_KINDS, "visit")
    lately = session.store.entries(kinds=kinds, since=now - LONGEST_VISIT)
    call = find_busy_units(incidents or read_incidents(lately), now).get(unit)
    if call is not None and call.site != site:
        place = sites.get(call.site or "")
        where = f" at {place.name}" if place else ""
        code = "visit_unit_elsewhere.call_chosen" if chosen else "visit_unit_elsewhere.call"
        return UserError(code, unit=unit, incident=call.type, where=where)
    visits = [one for one in read_visits(lately) if one.unit == unit and one.status == "on_site"]
    there = [one.site for one in visits if one.site != site and one.site in sites]
    if there:
        code = "visit_unit_elsewhere.chosen" if chosen else "visit_unit_elsewhere"
        return UserError(code, unit=unit, site=sites[there[-1]].name)
    return None


def explain_visitor_elsewhere(
    session: Session, entry: JournalEntry, incidents: Sequence[Incident] | None = None
) -> str:
    """Say which call or visit the unit of a visit that was logged and goes on is also on."""
    if entry.kind != "visit" or not entry.unit or entry.payload.get("status") != "on_site":
        return ""
    found = find_unit_elsewhere(
        session, entry.unit, entry.site or "", chosen=True, incidents=incidents
    )
    return found.message if found is not None else ""


def end_visit_of_sent_unit(session: Session, stamp: NewEntry, site: str | None) -> list[NewEntry]:
    """Return the entry that ends the visit from which a stamp takes its unit to a call; or none.

    It is the last visit that the unit began before the stamp, at another site than the call's, and
    that has no end: it ends with the stamp. Two desks that stamp in one instant give one uid.
    """
    log, at = session.store.visit_log(), stamp.occurred_at
    number = log.names.index(stamp.unit) if stamp.unit in log.names else NO_NAME
    if number == NO_NAME:
        return []
    own = log.visits[(log.visits["unit"] == number) & (log.visits["at"] <= at.timestamp())]
    own = own[own["at"] >= (at - LONGEST_VISIT).timestamp()]
    if not len(own):
        return []
    first = session.store.entries_by_seq([int(own["seq"][np.argmax(own["at"])])])
    (visit,) = read_visits(session.store.record(first[0].uid))
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
    """Return the entry by which the visit goes on that a stamp ended, once that is voided."""
    end = find_visit_end_of_stamp(session, stamp)
    record = session.store.record(end.uid) if end is not None else []
    if end is None or record[-1].uid != end.uid:  # nothing, or somebody said otherwise since
        return []
    before = record[-2]
    where = (before.kind, before.site, before.unit, before.occurred_at)
    return [NewEntry(new_uid(), *where, before.payload, supersedes=end.uid)]


def find_visit_end_of_stamp(session: Session, stamp: str) -> JournalEntry | None:
    """Return the entry that ended a visit with a stamp, by the uid of its first entry."""
    uid = uuid5(_VISIT_ENDS, stamp).hex
    return session.store.by_uid([uid]).get(uid)


def log_visit_step(session: Session, step: VisitStep) -> JournalEntry:
    """Log a prepared step with the time at which it was prepared.

    A planned visit that is due there is taken up; see ``log_columns``.
    """
    return log_record(session, "visit", step.columns)


def _find_open_visit(session: Session, site_id: str) -> JournalEntry | None:
    """Return the entry of the last visit at a site that has no departure and began lately."""
    log = session.store.visit_log()
    number = log.names.index(site_id) if site_id in log.names else NO_NAME
    since = (session.clock() - LONGEST_VISIT).timestamp()
    own = log.visits
    found = np.flatnonzero((own["site"] == number) & (own["at"] >= since) & (own["stay"] < 0))
    if number == NO_NAME or not len(found):
        return None
    (entry,) = session.store.entries_by_seq([int(own["seq"][found[-1]])])
    return entry


def change_visit_rule(session: Session, rule: VisitRule) -> None:
    """Ask for visits by another rule, as one step."""

    def edit(project: Project) -> Project:
        return project if rule == project.visit_rule else replace(project, visit_rule=rule)

    session.apply("Change the visit rule", edit)


def describe_visit_days(session: Session, *, last: date | None = None) -> str:
    """Say of which days, up to a day or today, visits are on record: no other day is counted."""
    spans = _list_days(session, last)
    if not spans:
        return render_message("visit_days.none", {})
    end = min(last or session.today, session.today)
    facts = {
        "first": spans[0].first,
        "last": spans[-1].last,
        "days": sum(((one.last or end) - one.first).days + 1 for one in spans),
    }
    form = "some" if len(spans) > 1 else "since" if spans[0].last == end else "until"
    said = render_message(f"visit_days.{form}", facts)
    if is_undeclared(session.saved_project, VISIT_RECORDS, session.store.log().visits):
        said = f"{said} {render_message('visit_days.not_declared', {})}"
    return session.formats.localize_sentence(said)


def find_sites_visited_this_week(session: Session) -> frozenset[str] | None:
    """Return the sites with a visit since Monday; None where no day since then is on record."""
    monday = session.today - timedelta(days=session.today.weekday())
    if not any((one.last or session.today) >= monday for one in _list_days(session)):
        return None
    log = session.store.log()
    made = log.visits["site"][log.visits["day"] >= monday.toordinal()]
    return frozenset(log.names[site] for site in np.unique(made).tolist() if site != NO_NAME)


def _list_days(session: Session, last: date | None = None) -> tuple[DaySpan, ...]:
    log, project = session.store.log(), session.saved_project
    return list_days_on_record(log, VISIT_RECORDS, project=project, now=session.clock(), last=last)
