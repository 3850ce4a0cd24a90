"""Visits that the rule asks for this week, planned ones, and one logged or ended by one key."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import numpy as np

from zoneplanner.analysis.log_table import NOBODY
from zoneplanner.app.logbook import log_columns, planned_there, usual_unit
from zoneplanner.app.session import Session
from zoneplanner.domain.clock import utc_text
from zoneplanner.domain.journal import MADE, Entry, Visit
from zoneplanner.domain.project import Project
from zoneplanner.domain.records import visits
from zoneplanner.domain.visit_plan import VisitRule
from zoneplanner.domain.visit_rule import PLANNED, Due, due_visits
from zoneplanner.errors import UserError

_LONGEST_VISIT = timedelta(hours=12)
"""A visit that began longer ago was not ended by mistake; a new one is logged."""


def due_this_week(session: Session, monday: date | None = None) -> tuple[Due, ...]:
    """Return what is asked of every patrolled site this week, or in that of another Monday."""
    first = monday or session.today - timedelta(days=session.today.weekday())
    days = session.store.log().visits["day"]
    of_week = (days >= first.toordinal()) & (days < first.toordinal() + 7)
    seqs = session.store.log().visits["seq"][of_week].tolist()
    made = visits(session.store.entries_by_seq(seqs))
    return due_visits(session.project, made, monday=first, now=session.clock())


def planned_this_week(session: Session) -> tuple[Visit, ...]:
    """Return the visits that were planned ahead for this week and have not begun."""
    monday = session.today - timedelta(days=session.today.weekday())
    since = datetime.combine(monday, time(0), ZoneInfo(session.project.time_zone))
    return session.planned.between(since, since + timedelta(days=7))


@dataclass(frozen=True, slots=True)
class VisitStep:
    """A visit that begins or ends at a moment, ready to be logged."""

    site: str
    unit: str
    at: datetime
    ends: bool
    columns: Mapping[str, str]


def prepare_planned(session: Session, uid: str) -> VisitStep:
    """Return the step by which a planned visit begins now.

    Raises
    ------
    UserError
        It is no longer among this week's planned visits.
    """
    planned = next((one for one in planned_this_week(session) if one.uid == uid), None)
    if planned is None:
        raise UserError("This planned visit has begun already; another desk may have logged it.")
    now = session.clock()
    columns = {"supersedes": uid, "arrived_at": utc_text(now), "status": "on_site"}
    return VisitStep(planned.site, planned.unit or "", now, ends=False, columns=columns)


def taken_up(session: Session, entry: Entry) -> Entry | None:
    """Return the planned visit that an entry says to have begun; None where there is none."""
    if entry.kind != "visit" or not entry.supersedes or entry.payload.get("status") not in MADE:
        return None
    before = list(takewhile(lambda one: one.uid != entry.uid, session.store.record(entry.uid)))
    return before[-1] if before and before[-1].payload.get("status") in PLANNED else None


def plan_again(session: Session, planned: Entry) -> Entry:
    """Take back that a planned visit has begun, by an entry that plans it as it was."""
    names = ("arrived_at", "status", "purpose", "officer", "note")
    columns = {name: str(planned.payload.get(name, "")) for name in names}
    columns |= {"supersedes": planned.uid, "unit": planned.unit or ""}
    return log_columns(session, "visit", columns)


def prepare_visit(session: Session, site_id: str) -> VisitStep:
    """Return the step of a visit that begins now at a site, or that ends the one going on there.

    Raises
    ------
    UserError
        The site is unknown.
    """
    site, now = session.project.site(site_id).id, session.clock()
    running = _going_on(session, site)
    if running is not None:
        columns = {"supersedes": running.uid, "departed_at": utc_text(now)}
        return VisitStep(site, running.unit or "", now, ends=True, columns=columns)
    columns = {"site": site, "arrived_at": utc_text(now)}
    planned = planned_there(session, columns)
    unit = planned.unit if planned else usual_unit(session.project, site, session.today)
    return VisitStep(site, unit or "", now, ends=False, columns=columns)


def log_step(session: Session, step: VisitStep) -> Entry:
    """Log a prepared step with the time at which it was prepared.

    A planned visit that is due there is taken up; see ``log_columns``.
    """
    return log_columns(session, "visit", step.columns)


def visit_now(session: Session, site_id: str) -> Entry:
    """Log a visit that begins now, or end the one that goes on at a site."""
    return log_step(session, prepare_visit(session, site_id))


def _going_on(session: Session, site_id: str) -> Entry | None:
    """Return the entry of the last visit at a site that has no departure and began lately."""
    log = session.store.log()
    number = log.names.index(site_id) if site_id in log.names else NOBODY
    since = (session.clock() - _LONGEST_VISIT).timestamp()
    own = log.visits
    found = np.flatnonzero((own["site"] == number) & (own["at"] >= since) & (own["stay"] < 0))
    if number == NOBODY or not len(found):
        return None
    (entry,) = session.store.entries_by_seq([int(own["seq"][found[-1]])])
    return entry


def set_visit_rule(session: Session, rule: VisitRule) -> None:
    """Ask for visits by another rule, as one step."""

    def edit(project: Project) -> Project:
        return project if rule == project.visit_rule else replace(project, visit_rule=rule)

    session.apply("Change the rule of visits", edit)
