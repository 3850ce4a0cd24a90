"""Where each site stands today: its last visit, and the visits of this week."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from zoneplanner.domain.calendar.school_calendar import SchoolCalendar
from zoneplanner.domain.log.journal import MADE_VISIT_STATUSES, Visit
from zoneplanner.domain.project import Project


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """When a site was last visited, the school days since, and the visits of this ISO week."""

    site: str
    last_visit: datetime | None
    days_since: int | None
    visits_this_week: int


@dataclass(frozen=True, slots=True)
class _LocalVisit:
    """A visit that took place, with its arrival on the clock of the project's zone."""

    visit: Visit
    arrived: datetime


class _SchoolDays:
    """The school days up to one day, counted once."""

    def __init__(self, calendar: SchoolCalendar, first: date, last: date) -> None:
        self._days = list(calendar.school_days(first, last))

    def between(self, first: date, last: date) -> Sequence[date]:
        """Return the school days from ``first`` to ``last``, both included."""
        start = bisect_right(self._days, first - timedelta(days=1))
        return self._days[start : bisect_right(self._days, last)]

    def since(self, day: date) -> int:
        """Count the school days after ``day``."""
        return len(self._days) - bisect_right(self._days, day)


def _list_made_visits(
    visits: Iterable[Visit], *, time_zone: str, until: datetime
) -> list[_LocalVisit]:
    """Return the visits that were made up to a moment, by arrival."""
    zone = ZoneInfo(time_zone)
    found = [
        _LocalVisit(visit, visit.arrived_at.astimezone(zone))
        for visit in visits
        if visit.status in MADE_VISIT_STATUSES and visit.arrived_at <= until
    ]
    return sorted(found, key=lambda one: (one.visit.arrived_at, one.visit.uid))


def compute_site_status(
    visits: Iterable[Visit], *, project: Project, now: datetime
) -> dict[str, SiteStatus]:
    """Return where every site of the project stands, in the project's order."""
    made = _list_made_visits(visits, time_zone=project.time_zone, until=now)
    today = now.astimezone(ZoneInfo(project.time_zone)).date()
    this_week = today.isocalendar()[:2]
    last = {one.visit.site: one for one in made}
    weekly = Counter(
        one.visit.site for one in made if one.arrived.date().isocalendar()[:2] == this_week
    )
    days = _SchoolDays(project.calendar, made[0].arrived.date() if made else today, today)
    return {
        site: SiteStatus(
            site=site,
            last_visit=last[site].visit.arrived_at if site in last else None,
            days_since=days.since(last[site].arrived.date()) if site in last else None,
            visits_this_week=weekly[site],
        )
        for site in project.sites
    }


def list_unvisited_sites(
    status: Mapping[str, SiteStatus], *, project: Project
) -> tuple[SiteStatus, ...]:
    """Return the patrolled sites without a visit this ISO week.

    Those never visited come first, then the longest wait.
    """
    waiting = [
        status[site.id] for site in project.patrolled if not status[site.id].visits_this_week
    ]
    never = [one for one in waiting if one.days_since is None]
    before = [one for one in waiting if one.days_since is not None]
    return (*never, *sorted(before, key=lambda one: one.days_since or 0, reverse=True))
