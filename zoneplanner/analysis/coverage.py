"""Coverage as observed: the journal's figures by site, zone, unit or week, or all in one row."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from zoneplanner.analysis.figures import Figure, Row, withheld
from zoneplanner.analysis.grouping import BY, NONE, Grouping
from zoneplanner.analysis.response import response_figures
from zoneplanner.analysis.visiting import (
    LocalVisit,
    SchoolDays,
    SiteStatus,
    coverage_share,
    days_since,
    not_visited_this_week,
    site_status,
    took_place,
    visit_figures,
)
from zoneplanner.domain.assumptions import by_level
from zoneplanner.domain.journal import Incident, Visit
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

__all__ = [
    "BY",
    "DEFAULT_TARGET_MIN",
    "Figure",
    "Row",
    "SiteStatus",
    "coverage_rows",
    "not_visited_this_week",
    "site_status",
]

DEFAULT_TARGET_MIN = 8.0
LONGEST_PERIOD_DAYS = 36_600
NEEDS_SHIFTS = "needs shifts, which this project does not hold yet"


def coverage_rows(
    visits: Iterable[Visit],
    incidents: Iterable[Incident],
    *,
    project: Project,
    by: str,
    now: datetime,
    first: date | None = None,
    last: date | None = None,
    target_min: float | None = None,
) -> tuple[Row, ...]:
    """Compute the figures of a period, both days included, on the clock of the project's zone.

    Without ``first`` the period starts at the first entry, without ``last`` it ends today. Zones
    are those of the plan in force on an entry's day, else of the current plan. An incident belongs
    to its lead unit.

    Raises
    ------
    UserError
        ``by`` is unknown, or the period ends before it starts or is longer than a century.
    """
    if by not in BY:
        raise UserError(f"Coverage cannot be shown by “{by}”. Choose one of: {', '.join(BY)}.")
    log = _log_of(visits, incidents, project=project, first=first, last=last, now=now)
    school_days = log.days.between(log.first, log.last)
    grouping = _grouping(project, by, log, school_days, now)
    visited: dict[str, list[LocalVisit]] = defaultdict(list)
    for one in log.visits:
        key = grouping.key(one.visit.site, one.visit.unit, one.arrived.date())
        visited[key].append(one)
    called: dict[str, list[Incident]] = defaultdict(list)
    zone_unit: dict[str, str | None] = {}
    for call, day in log.incidents:
        lead = call.units[0] if call.units else None
        called[grouping.key(call.site, lead, day)].append(call)
        zone_unit[call.uid] = grouping.zone_unit(call.site, day)
    due, done = _required(grouping, school_days), _done(grouping, log.visits, school_days)
    waits = _Waits.of(log, by)
    rows = []
    for key, name in grouping.rows({*visited, *called, *due}, log.first, log.last):
        figures = {
            **visit_figures(visited[key]),
            "days_since_last_visit": waits.figure(grouping, key),
            "visit_coverage_share": _coverage(by, done.get(key, 0.0), due.get(key, 0.0)),
            **response_figures(
                called[key], target_min=target_min or DEFAULT_TARGET_MIN, zone_unit=zone_unit
            ),
            "utilization": withheld("Committed time over time on duty.", NEEDS_SHIFTS),
        }
        rows.append(Row(key, name, figures))
    note = grouping.note([*(one.arrived.date() for one in log.visits), *_days(log.incidents)])
    return tuple(replace(row, figures=_noted(row.figures, by, note)) for row in rows)


@dataclass(frozen=True, eq=False, slots=True)
class _Log:
    """The entries of a period, and those before it that tell when a site was last visited."""

    first: date
    last: date
    days: SchoolDays
    so_far: list[LocalVisit]
    visits: list[LocalVisit]
    incidents: list[tuple[Incident, date]]


def _log_of(
    visits: Iterable[Visit],
    incidents: Iterable[Incident],
    *,
    project: Project,
    first: date | None,
    last: date | None,
    now: datetime,
) -> _Log:
    zone = ZoneInfo(project.time_zone)
    end = last or now.astimezone(zone).date()
    _check_period(first or end, end)
    midnight = datetime.combine(end + timedelta(days=1), time(), zone)
    so_far = [
        one
        for one in took_place(visits, time_zone=project.time_zone, until=min(now, midnight))
        if one.arrived.date() <= end
    ]
    calls = [(one, one.received_at.astimezone(zone).date()) for one in incidents]
    known = [one.arrived.date() for one in so_far] + [day for _, day in calls if day <= end]
    start = first or min(known, default=end)
    _check_period(start, end)
    return _Log(
        first=start,
        last=end,
        days=SchoolDays(project.calendar, min([start, *known]), end),
        so_far=so_far,
        visits=[one for one in so_far if one.arrived.date() >= start],
        incidents=[(one, day) for one, day in calls if start <= day <= end],
    )


def _check_period(first: date, last: date) -> None:
    if first > last:
        raise UserError(f"The period would start on {first} and end on {last}; swap the two days.")
    if (last - first).days > LONGEST_PERIOD_DAYS:
        raise UserError(f"The period from {first} to {last} is too long; choose up to a century.")


def _grouping(
    project: Project, by: str, log: _Log, school_days: Sequence[date], now: datetime
) -> Grouping:
    days = {one.arrived.date() for one in log.visits} | {*_days(log.incidents), *school_days}
    today = now.astimezone(ZoneInfo(project.time_zone)).date()
    in_force = {day: project.plan_in_force(day) for day in sorted(days)}
    return Grouping(project, by, project.current_plan(today), in_force)


def _days(incidents: Iterable[tuple[Incident, date]]) -> list[date]:
    return [day for _, day in incidents]


def _required(grouping: Grouping, school_days: Sequence[date]) -> dict[str, float]:
    """Visits due in the period by row; days of one plan and week are counted together."""
    project = grouping.project
    alike: dict[tuple[str, str], list[date]] = defaultdict(list)
    for day in school_days:
        plan = grouping.plan(day)
        week = f"{day.isocalendar()[:2]}" if grouping.by == "week" else ""
        alike[plan.uid if plan else "", week].append(day)
    due: dict[str, float] = defaultdict(float)
    if grouping.by == "unit":
        return due
    for days in alike.values():
        for site in project.patrolled:
            a_day = by_level(project.assumptions.visits_per_day, site.level)
            due[grouping.key(site.id, None, days[0])] += a_day * len(days)
    return due


def _done(
    grouping: Grouping, visits: Iterable[LocalVisit], school_days: Sequence[date]
) -> dict[str, float]:
    """Visits made that were due: on school days, at each site up to the number due that day."""
    project = grouping.project
    patrolled = {site.id: site for site in project.patrolled}
    in_school = set(school_days)
    counts = Counter((one.visit.site, one.arrived.date()) for one in visits)
    done: dict[str, float] = defaultdict(float)
    for (site, day), count in counts.items():
        if site in patrolled and day in in_school:
            a_day = by_level(project.assumptions.visits_per_day, patrolled[site].level)
            done[grouping.key(site, None, day)] += min(float(count), a_day)
    return done


def _coverage(by: str, done: float, due: float) -> Figure:
    figure = coverage_share(done, due)
    return withheld(figure.definition, NEEDS_SHIFTS) if by == "unit" else figure


@dataclass(frozen=True, eq=False, slots=True)
class _Waits:
    """The last visit of each site, or of each unit where rows are units."""

    place: str
    last: Mapping[str, date]
    counts: Mapping[str, int]
    days: SchoolDays

    @classmethod
    def of(cls, log: _Log, by: str) -> "_Waits":
        place = "unit" if by == "unit" else "site"
        places = [
            ((one.visit.unit or NONE) if by == "unit" else one.visit.site, one.arrived.date())
            for one in log.so_far
        ]
        return cls(place, dict(places), Counter(name for name, _ in places), log.days)

    def figure(self, grouping: Grouping, key: str) -> Figure:
        places = (key,) if grouping.by == "unit" else grouping.sites(key)
        figure = days_since(places, self.last, self.counts, self.days, place=self.place)
        if grouping.by == "week":
            return withheld(figure.definition, "told by site, zone or unit, not by week")
        return figure


def _noted(figures: Mapping[str, Figure], by: str, note: str) -> dict[str, Figure]:
    """Say by which plan zones were told, where a figure depends on it."""
    return {
        name: replace(figure, definition=figure.definition + note)
        if by == "zone" or name == "out_of_zone_share"
        else figure
        for name, figure in figures.items()
    }
