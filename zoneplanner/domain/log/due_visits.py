"""The visits that schools are due this week, and the status of each.

What is due follows from the project's visit rule and the logged visits; none of it is stored.
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
from zoneplanner.domain.log.visit_rule import ANY_TIME, VisitRule
from zoneplanner.domain.project import Project

PLANNED_VISIT_STATUSES = ("scheduled", "en_route")


class DueVisitStatus(StrEnum):
    """The status of a site's required visits in a week."""

    MISSED = "missed"
    LATE = "late"
    DUE = "due"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class DueVisit:
    """The visits required of one site in one week and window (``ANY_TIME`` if in no window).

    ``done`` counts days with a visit in the window, or visits at any time, up to ``required``.
    ``standing`` is missed if the remaining days do not suffice, and late if today's window is over
    except for its grace. ``opens_at`` and ``closes_at`` are the next window's, or None.
    """

    site: str
    window: str
    required: int
    done: int
    standing: DueVisitStatus
    opens_at: datetime | None = None
    closes_at: datetime | None = None


_VisitCount = tuple[int, int, DueVisitStatus, TimeInterval | None]
"""The required and the done visits, their status, and the next window."""


def get_required_visits(rule: VisitRule, assumptions: Assumptions, level: str) -> Mapping[str, int]:
    """Return the required visits per week of a site of a level, by window.

    A level that the rule does not list gets the assumed visits per day times 5, at any time.
    """
    own = rule.by_level.get(level)
    if own is not None:
        return own
    return {ANY_TIME: round(look_up_by_level(assumptions.visits_per_day, level) * 5)}


def find_due_visits(
    project: Project, visits: Iterable[Visit], *, monday: date, now: datetime
) -> tuple[DueVisit, ...]:
    """Return the visits required of every patrolled site in the week of a Monday, by window."""
    rule, zone = project.visit_rule, ZoneInfo(project.time_zone)
    days = list(project.calendar.school_days(monday, monday + timedelta(days=6)))
    if not days:
        return ()
    arrivals: dict[str, list[datetime]] = {}
    for visit in visits:
        day = visit.arrived_at.astimezone(zone).date()
        if visit.status in MADE_VISIT_STATUSES and monday <= day < monday + timedelta(days=7):
            arrivals.setdefault(visit.site, []).append(visit.arrived_at)
    due = []
    for site in project.patrolled:
        made = sorted(arrivals.get(site.id, ()))
        for window, required in get_required_visits(rule, project.assumptions, site.level).items():
            if not required:
                continue
            spans = _list_visit_spans(project.calendar, site, days, window, project.time_zone)
            if window == ANY_TIME:
                needed, done, status, span = _count_anytime_visits(required, spans, made, now)
            else:
                needed, done, status, span = _count_window_visits(required, spans, made, rule, now)
            opens, closes = (span.starts_at, span.ends_at) if span is not None else (None, None)
            due.append(DueVisit(site.id, window, needed, done, status, opens, closes))
    return tuple(due)


def derive_visit_status(visit: Visit, now: datetime, rule: VisitRule) -> str:
    """Return a visit's status now: a planned visit is late after its time, then missed.

    The rule sets the grace period. Other visits keep the status that was logged.
    """
    if visit.status not in PLANNED_VISIT_STATUSES or now <= visit.arrived_at:
        return visit.status
    return "late" if now - visit.arrived_at <= timedelta(minutes=rule.late_min) else "missed"


def _count_anytime_visits(
    required: int, spans: list[TimeInterval], arrivals: list[datetime], now: datetime
) -> _VisitCount:
    done = min(required, len(arrivals))
    span = next((span for span in spans if now < span.ends_at), None)
    if done == required:
        return required, done, DueVisitStatus.DONE, span
    return required, done, DueVisitStatus.MISSED if span is None else DueVisitStatus.DUE, span


def _count_window_visits(
    required: int,
    spans: list[TimeInterval],
    arrivals: list[datetime],
    rule: VisitRule,
    now: datetime,
) -> _VisitCount:
    early, late = timedelta(minutes=rule.early_min), timedelta(minutes=rule.late_min)
    still_open, visited = [], 0
    for span in spans:
        if any(span.starts_at - early <= at <= span.ends_at + late for at in arrivals):
            visited += 1
        elif now <= span.ends_at + late:
            still_open.append(span)
    needed = min(required, len(spans))
    done, following = min(needed, visited), next(iter(still_open), None)
    if done >= needed:
        status = DueVisitStatus.DONE
    elif following is None or done + len(still_open) < needed:
        status = DueVisitStatus.MISSED
    else:
        status = DueVisitStatus.LATE if now > following.ends_at else DueVisitStatus.DUE
    return needed, done, status, following


def _list_visit_spans(
    calendar: SchoolCalendar, site: Site, days: list[date], window: str, time_zone: str
) -> list[TimeInterval]:
    """Return the window on each day that has it; for ``ANY_TIME``, the whole school day."""
    bells_by_day = (calendar.bell_windows(site, day, time_zone=time_zone) for day in days)
    matching = (
        [bell for bell in bells if window in (ANY_TIME, bell.window)] for bells in bells_by_day
    )
    return [TimeInterval(bells[0].starts_at, bells[-1].ends_at) for bells in matching if bells]
