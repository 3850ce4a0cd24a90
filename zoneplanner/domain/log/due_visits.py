"""How often a school is to be visited, in which bell windows, and where each visit stands.

A rule is a value of the project. What is due follows from it and from the visits logged; nothing
of that is kept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from zoneplanner.domain.assumptions import Assumptions, look_up_by_level
from zoneplanner.domain.calendar.local_time import TimeInterval
from zoneplanner.domain.calendar.school_calendar import SchoolCalendar
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.journal import MADE_VISIT_STATUSES, Visit
from zoneplanner.domain.log.visit_rule import ANY_TIME, VISIT_WINDOWS, VisitRule
from zoneplanner.domain.project import Project

PLANNED_VISIT_STATUSES = ("scheduled", "en_route")

__all__ = [
    "ANY_TIME",
    "VISIT_WINDOWS",
    "DueVisit",
    "DueVisitStatus",
    "VisitRule",
    "derive_visit_status",
    "find_due_visits",
    "get_required_visits",
]


class DueVisitStatus(StrEnum):
    """Where a site stands with the visits of a week."""

    MISSED = "missed"
    LATE = "late"
    DUE = "due"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class DueVisit:
    """What is asked of one site in one week and window (empty: at any time).

    ``done`` counts days in a window, or visits at any time, up to what is asked. ``standing`` is
    missed where the days that are left do not suffice, late where the window of today is over and
    only its grace is left. ``opens_at`` is when the next window of it opens, None without one.
    """

    site: str
    window: str
    required: int
    done: int
    standing: DueVisitStatus
    opens_at: datetime | None = None
    closes_at: datetime | None = None


_VisitCount = tuple[int, int, DueVisitStatus, TimeInterval | None]


def get_required_visits(rule: VisitRule, assumptions: Assumptions, level: str) -> Mapping[str, int]:
    """Return how often a site of a level is to be visited a week, by window.

    Where the rule says nothing of a level it is the assumption: visits a day x 5, at any time.
    """
    own = rule.by_level.get(level)
    if own is not None:
        return own
    return {ANY_TIME: round(look_up_by_level(assumptions.visits_per_day, level) * 5)}


def find_due_visits(
    project: Project, visits: Iterable[Visit], *, monday: date, now: datetime
) -> tuple[DueVisit, ...]:
    """Return what is asked of every patrolled site in the week of a Monday, by site and window."""
    rule, zone = project.visit_rule, ZoneInfo(project.time_zone)
    days = list(project.calendar.school_days(monday, monday + timedelta(days=6)))
    made: dict[str, list[datetime]] = {}
    for visit in visits:
        local = visit.arrived_at.astimezone(zone).date()
        if visit.status in MADE_VISIT_STATUSES and monday <= local < monday + timedelta(days=7):
            made.setdefault(visit.site, []).append(visit.arrived_at)
    found = []
    for site in project.patrolled:
        arrivals = sorted(made.get(site.id, ()))
        for window, asked in get_required_visits(rule, project.assumptions, site.level).items():
            if asked and days:
                spans = _list_visit_windows(project.calendar, site, days, window, project.time_zone)
                state = (
                    _count_anytime_visits(asked, spans, arrivals, now)
                    if window == ANY_TIME
                    else _count_window_visits(asked, spans, arrivals, rule, now)
                )
                found.append(_make_due_visit(site.id, window, state))
    return tuple(found)


def derive_visit_status(visit: Visit, now: datetime, rule: VisitRule) -> str:
    """Return where a visit stands now: a planned one is late, then missed, once its time is over.

    Grace is that of the rule; other visits stand as they were logged.
    """
    if visit.status not in PLANNED_VISIT_STATUSES or now <= visit.arrived_at:
        return visit.status
    return "late" if now - visit.arrived_at <= timedelta(minutes=rule.late_min) else "missed"


def _make_due_visit(site: str, window: str, state: _VisitCount) -> DueVisit:
    asked, done, standing, then = state
    opens, closes = (then.starts_at, then.ends_at) if then is not None else (None, None)
    return DueVisit(site, window, asked, done, standing, opens, closes)


def _count_anytime_visits(
    asked: int, spans: list[TimeInterval], arrivals: list[datetime], now: datetime
) -> _VisitCount:
    done = min(asked, len(arrivals))
    then = next((one for one in spans if now < one.ends_at), None)
    if done == asked:
        return asked, done, DueVisitStatus.DONE, then
    return asked, done, DueVisitStatus.MISSED if then is None else DueVisitStatus.DUE, then


def _count_window_visits(
    asked: int, spans: list[TimeInterval], arrivals: list[datetime], rule: VisitRule, now: datetime
) -> _VisitCount:
    early, late = timedelta(minutes=rule.early_min), timedelta(minutes=rule.late_min)
    open_still, made = [], 0
    for one in spans:
        if any(one.starts_at - early <= at <= one.ends_at + late for at in arrivals):
            made += 1
        elif now <= one.ends_at + late:
            open_still.append(one)
    needed = min(asked, len(spans))
    done, then = min(needed, made), open_still[0] if open_still else None
    if done >= needed:
        return needed, done, DueVisitStatus.DONE, then
    if then is None or done + len(open_still) < needed:
        return needed, done, DueVisitStatus.MISSED, then
    return needed, done, DueVisitStatus.LATE if now > then.ends_at else DueVisitStatus.DUE, then


def _list_visit_windows(
    calendar: SchoolCalendar, site: Site, days: list[date], window: str, time_zone: str
) -> list[TimeInterval]:
    found = []
    for day in days:
        every = calendar.bell_windows(site, day, time_zone=time_zone)
        own = every if window == ANY_TIME else [one for one in every if one.window == window]
        if own:
            found.append(TimeInterval(own[0].starts_at, own[-1].ends_at))
    return found
