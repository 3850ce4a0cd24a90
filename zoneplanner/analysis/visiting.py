"""Figures over visits: how many, how far apart, how guessable; and each site's standing today."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import log
from zoneinfo import ZoneInfo

from zoneplanner.analysis.figures import Figure, longest, mean, withheld
from zoneplanner.domain.calendar import Calendar
from zoneplanner.domain.journal import Visit
from zoneplanner.domain.project import Project

DONE = ("on_site", "completed")
PREDICTABILITY_MIN_N = 10
HALF_HOURS = 48


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """When a site was last visited, the school days since, and the visits of this ISO week."""

    site: str
    last_visit: datetime | None
    days_since: int | None
    visits_this_week: int


@dataclass(frozen=True, slots=True)
class LocalVisit:
    """A visit that took place, with its arrival on the clock of the project's zone."""

    visit: Visit
    arrived: datetime


class SchoolDays:
    """The school days up to one day, counted once."""

    def __init__(self, calendar: Calendar, first: date, last: date) -> None:
        self._days = list(calendar.school_days(first, last))

    def between(self, first: date, last: date) -> Sequence[date]:
        """Return the school days from ``first`` to ``last``, both included."""
        start = bisect_right(self._days, first - timedelta(days=1))
        return self._days[start : bisect_right(self._days, last)]

    def since(self, day: date) -> int:
        """Count the school days after ``day``."""
        return len(self._days) - bisect_right(self._days, day)


def took_place(visits: Iterable[Visit], *, time_zone: str, until: datetime) -> list[LocalVisit]:
    """Return the visits that were made up to a moment, by arrival."""
    zone = ZoneInfo(time_zone)
    found = [
        LocalVisit(visit, visit.arrived_at.astimezone(zone))
        for visit in visits
        if visit.status in DONE and visit.arrived_at <= until
    ]
    return sorted(found, key=lambda one: (one.visit.arrived_at, one.visit.uid))


def site_status(
    visits: Iterable[Visit], *, project: Project, now: datetime
) -> dict[str, SiteStatus]:
    """Return where every site of the project stands, in the project's order."""
    made = took_place(visits, time_zone=project.time_zone, until=now)
    today = now.astimezone(ZoneInfo(project.time_zone)).date()
    this_week = today.isocalendar()[:2]
    last = {one.visit.site: one for one in made}
    weekly = Counter(
        one.visit.site for one in made if one.arrived.date().isocalendar()[:2] == this_week
    )
    days = SchoolDays(project.calendar, made[0].arrived.date() if made else today, today)
    return {
        site: SiteStatus(
            site=site,
            last_visit=last[site].visit.arrived_at if site in last else None,
            days_since=days.since(last[site].arrived.date()) if site in last else None,
            visits_this_week=weekly[site],
        )
        for site in project.sites
    }


def not_visited_this_week(
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


def visit_figures(made: Sequence[LocalVisit]) -> dict[str, Figure]:
    """Return the figures of a set of visits, which come by arrival."""
    gaps = _gaps_h(made)
    gap = "Hours from one arrival at a site to the next at the same site"
    no_gap = "no site was visited twice"
    return {
        "visits": Figure(len(made), len(made), "Visits made: status on site or completed."),
        "gap_mean_h": mean(gaps, f"{gap}: mean.", no_gap),
        "gap_max_h": longest(gaps, f"{gap}: longest.", no_gap),
        "predictability": _predictability(made),
    }


def days_since(
    places: Sequence[str],
    last: Mapping[str, date],
    counts: Mapping[str, int],
    days: SchoolDays,
    *,
    place: str = "site",
) -> Figure:
    """Return the school days since the last visit, of the one that waits longest of ``places``.

    ``last`` gives the day of each place's last visit, ``counts`` its visits to the end of the
    period. One that was never visited withholds the figure.
    """
    definition = f"School days after the last visit up to the end of the period, by {place}"
    definition += "." if len(places) == 1 else "; the longest of them."
    n = sum(counts.get(one, 0) for one in places)
    never = sum(1 for one in places if one not in last)
    if not places:
        return withheld(definition, "no site belongs here")
    if never:
        sites = "1 site" if never == 1 else f"{never} sites"
        why = "no visit logged" if len(places) == 1 else f"no visit logged at {sites}"
        return withheld(definition, why, n)
    return Figure(max(days.since(last[one]) for one in places), n, definition)


def coverage_share(done: float, required: float) -> Figure:
    """Return the share of required visits that were made."""
    definition = (
        "Visits made on school days, up to those required that day at each site, over the "
        "required ones: visits a day by level x school days of the period."
    )
    if required <= 0:
        return withheld(definition, "no visit was required in the period")
    return Figure(done / required, round(required), definition)


def _gaps_h(made: Iterable[LocalVisit]) -> list[float]:
    before: dict[str, datetime] = {}
    gaps: list[float] = []
    for one in made:
        site, arrived_at = one.visit.site, one.visit.arrived_at
        if site in before:
            gaps.append((arrived_at - before[site]).total_seconds() / 3600)
        before[site] = arrived_at
    return gaps


def _predictability(made: Iterable[LocalVisit]) -> Figure:
    """One less the entropy of arrival half-hours, as a share of what so few visits could reach."""
    definition = (
        "How guessable arrivals are: 1 less the normalised entropy of the half-hours of arrival, "
        "by site and weekday with two visits or more; 1 is always the same half-hour."
    )
    half_hours: dict[tuple[str, int], Counter[int]] = defaultdict(Counter)
    for one in made:
        slot = one.arrived.hour * 2 + one.arrived.minute // 30
        half_hours[one.visit.site, one.arrived.weekday()][slot] += 1
    groups = [counts for counts in half_hours.values() if counts.total() >= 2]
    n = sum(counts.total() for counts in groups)
    if n < PREDICTABILITY_MIN_N:
        why = f"needs {PREDICTABILITY_MIN_N} visits on repeated weekdays, there are {n}"
        return withheld(definition, why, n)
    spread = sum(counts.total() * _entropy_share(counts) for counts in groups)
    return Figure(1 - spread / n, n, definition)


def _entropy_share(counts: Counter[int]) -> float:
    n = counts.total()
    entropy = -sum(count / n * log(count / n) for count in counts.values())
    return entropy / log(min(n, HALF_HOURS))
