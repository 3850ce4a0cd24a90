"""Calls to expect: the demand that the project uses or its log shows, by site, weekday and window.

How calls fall into the bell windows and on the weekdays is learned over the whole district, since
single sites have too few. An early release shortens the windows of its day, and so its calls.

Of the demand that a log shows the district's total has no prior: its own log is the best known
figure, and days vary by more than chance. Only how the total is shared is shrunk, among levels and
then among the sites of a level, toward the shares by level and enrollment, as far as sites are
alike; see ``rate_estimation``.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache, partial

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.log.log_arrays import DUPLICATE_MARK, NO_NAME, SAMPLE_MARK, LogArrays
from zoneplanner.analysis.measures.plan_measures import compute_zone_deviations
from zoneplanner.analysis.planning_basis import (
    SCHOOL_DAY_H,
    URGENT_PRIORITY,
    URGENT_SHARE,
    PlanningBasis,
    compute_planning_basis,
)
from zoneplanner.domain.calendar.bells import BellWindow, SchoolDayKind, list_bell_clocks
from zoneplanner.domain.calendar.school_calendar import SchoolCalendar
from zoneplanner.domain.demand import (
    LEARNT,
    PRESET,
    PUBLIC_CALLS,
    PUBLIC_SITES,
    Demand,
    DemandChoice,
    DemandSource,
    SiteRate,
    count_weighted_students,
)
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import render_message

_LEAST_DAYS = 2


def find_demand(project: Project, basis: PlanningBasis) -> Demand:
    """Return the demand that a project uses, with its calls a day at the sites of a basis."""
    calls = sum(load.calls for load in basis.loads)
    chosen = project.demand.in_use
    if chosen is not None and chosen.calls_per_day <= 0:  # no call seen says how many there may be
        return replace(chosen, calls_per_day=calls)
    if chosen is not None:
        low, high = chosen.spread
        return replace(chosen, calls_per_day=calls, low=calls * low, high=calls * high)
    least, _, most = (each / PUBLIC_SITES * len(basis.sites) for each in PUBLIC_CALLS)
    rate = project.assumptions.calls_per_1000
    low, high = min(least, calls), max(most, calls)
    return Demand(PRESET, DemandSource.PRESET, rate, calls, low, high)


def make_demand(
    project: Project,
    name: str,
    source: DemandSource,
    *,
    value: float,
    low: float,
    high: float,
) -> Demand:
    """Return a demand of so many calls a day, shared among the sites by level and enrollment."""
    weights = (count_weighted_students(site, project.assumptions) for site in project.patrolled)
    return Demand(name, source, value / max(sum(weights), 1e-9), value, low, high)


def estimate_log_demand(
    project: Project, counts_a_day: IntArray, by_site: Mapping[str, int], *, until: date
) -> Demand | None:
    """Return the demand that the calls of some school days show; None of less than two days.

    ``counts_a_day`` has the shape (days,); ``by_site`` are the same calls.
    """
    if len(counts_a_day) < _LEAST_DAYS:
        return None
    # scipy takes a tenth of a second to import
    from zoneplanner.analysis.demand.rate_estimation import estimate_daily_rate, estimate_site_rates

    rate = estimate_daily_rate(counts_a_day)
    sites = project.patrolled
    weights = np.array([count_weighted_students(site, project.assumptions) for site in sites])
    counted = np.array([by_site.get(site.id, 0) for site in sites], dtype=float)
    levels = np.array([site.level for site in sites], dtype=str)
    shares, (low, high) = estimate_site_rates(weights, counted, levels, scale=rate.scale)
    if rate.value > 0:
        bounds = rate.value * np.array([shares, low, high]).T
    else:  # of no calls there is no multiple: each site may have its share of the most there are
        bounds = rate.high * np.array([0.0 * shares, 0.0 * shares, shares]).T
    rates = {
        site.id: SiteRate(*(each / weight for each in own))
        for site, weight, own in zip(sites, weights.tolist(), bounds.tolist(), strict=True)
        if weight > 0
    }
    return Demand(
        LEARNT,
        DemandSource.LOG,
        rate.value / max(float(weights.sum()), 1e-9),
        rate.value,
        rate.low,
        rate.high,
        rates,
        rate.days,
        until,
    )


@dataclass(frozen=True, slots=True)
class PlanAtDemand:
    """How a plan's zones stand at a demand: each zone's deviation from its share."""

    scenario: str
    calls_per_day: float
    worst_deviation: float
    zones: Mapping[str, float]


def judge_plan_at(
    project: Project, plan: Plan, basis: PlanningBasis, demand: Demand, scenario: str
) -> PlanAtDemand:
    """Return how a plan stands at a demand."""
    return _judge_plan(project, plan, _compute_basis_at(project, basis, demand), scenario)


def judge_plan_at_range(
    project: Project,
    plan: Plan,
    basis: PlanningBasis,
    bases: Mapping[str, PlanningBasis] | None = None,
) -> tuple[PlanAtDemand, ...]:
    """Return how a plan stands at the low, the expected and the high demand of its project.

    ``bases`` are those of ``compute_demand_bases`` where they are known: they do not depend on the
    plan, and of a thousand schools they take longer than a frame.
    """
    known = compute_demand_bases(project, basis) if bases is None else bases
    return tuple(_judge_plan(project, plan, own, scenario) for scenario, own in known.items())


def compute_demand_bases(project: Project, basis: PlanningBasis) -> dict[str, PlanningBasis]:
    """Return a basis at the low, the expected and the high demand of a project."""
    wanted = list_demand_range(project, basis).items()
    return {scenario: _compute_basis_at(project, basis, one) for scenario, one in wanted}


def _judge_plan(project: Project, plan: Plan, basis: PlanningBasis, scenario: str) -> PlanAtDemand:
    zones = compute_zone_deviations(project, plan, basis)
    calls = sum(load.calls for load in basis.loads)
    return PlanAtDemand(scenario, calls, max(zones.values(), key=abs, default=0.0), zones)


def list_demand_range(project: Project, basis: PlanningBasis) -> dict[str, Demand]:
    """Return the low, the expected and the high demand of a project."""
    demand = find_demand(project, basis)
    low, high = map(demand.scaled, demand.spread)
    if demand.calls_per_day <= 0:  # of no calls there is no multiple: at most so many, as enrolled
        bounds = {"value": demand.high, "low": demand.high, "high": demand.high}
        high = make_demand(project, demand.name, demand.source, **bounds)
    return {"low": low, "expected": demand, "high": high}


def compute_loads_at(project: Project, basis: PlanningBasis, demand: Demand) -> FloatArray:
    """Return the load of each site of a basis at a demand, shape (sites,), minutes a day."""
    return _compute_basis_at(project, basis, demand).load_min


def _compute_basis_at(project: Project, basis: PlanningBasis, demand: Demand) -> PlanningBasis:
    choice = DemandChoice(demand.name, {demand.name: demand})
    return compute_planning_basis(replace(project, demand=choice), basis)


_PRIOR_CALLS = 10.0
"""The prior of a window or a weekday counts as much as so many expected calls."""

_PRIOR_INTENSITY: Mapping[BellWindow, float] = {
    BellWindow.ARRIVAL: 1.4,
    BellWindow.CLASS: 0.8,
    BellWindow.LUNCH: 1.7,
    BellWindow.DISMISSAL: 2.0,
    BellWindow.AFTER_SCHOOL: 0.7,
}
"""Calls an hour against the mean of the day, assumed until the journal shows it."""

BELL_WINDOWS = tuple(BellWindow)
SCHOOL_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


@dataclass(frozen=True, slots=True)
class WeekTime:
    """A time of the week: an ISO weekday and a bell window; None is any day, all day."""

    weekday: int | None = None
    window: BellWindow | None = None

    @property
    def label(self) -> str:
        """Name it as people say it."""
        day = "any school day" if self.weekday is None else SCHOOL_WEEKDAYS[self.weekday - 1]
        return f"{day}, {self.window or 'all day'}"


@dataclass(frozen=True, eq=False, slots=True)
class ObservedCalls:
    """What the journal shows: incidents on school days within bell windows, and those outside.

    ``urgent`` counts the urgent ones of them all, ``duplicates`` those of ``by_site`` that look
    like another call, ``unpatrolled`` those at schools that nobody patrols, ``no_school`` those at
    none, ``running`` those of a day that is not over; ``days`` the school
    days by weekday and kind, from the first incident to the last day; ``by_day`` those in bell
    windows by day.
    """

    by_site: Counter[str] = field(default_factory=Counter)
    by_window: Counter[BellWindow] = field(default_factory=Counter)
    by_weekday: Counter[int] = field(default_factory=Counter)
    days: Mapping[tuple[int, SchoolDayKind], int] = field(default_factory=dict)
    by_day: Counter[date] = field(default_factory=Counter)
    outside: int = 0
    urgent: int = 0
    duplicates: int = 0
    unpatrolled: int = 0
    no_school: int = 0
    running: int = 0

    @property
    def incidents(self) -> int:
        """Incidents that count."""
        return self.by_site.total()

    @property
    def apart(self) -> str:
        """Say how many calls are in no rate, and how many in it look like duplicates."""
        said: dict[str, tuple[int, dict[str, object]]] = {
            "calls_at_other_times": (self.outside, {"inside": self.incidents}),
            "calls_unpatrolled": (self.unpatrolled, {}),
            "calls_no_school": (self.no_school, {}),
            "calls_running": (self.running, {}),
            "calls_duplicate": (self.duplicates, {"inside": self.incidents}),
        }
        return " ".join(
            render_message(code, {"n": n, **more}) for code, (n, more) in said.items() if n
        )

    @property
    def school_days(self) -> int:
        """School days that count."""
        return sum(self.days.values())

    @property
    def counts_a_day(self) -> IntArray:
        """Incidents of each school day, those without one too, in no order; shape (days,)."""
        quiet = self.school_days - len(self.by_day)
        return np.array([*self.by_day.values(), *([0] * quiet)], dtype=np.int64)


@dataclass(frozen=True, eq=False, slots=True)
class CallDemand:
    """Calls to expect; sites are those of the basis.

    Attributes
    ----------
    per_day, low, high
        Calls a regular school day with the interval for the true figure, shape (sites,). NaN where
        the demand is not of a log: the district's range says nothing of the site's share.
    intensity
        Calls an hour in each of ``BELL_WINDOWS`` against the others.
    weekdays
        Calls on each of the five weekdays against the mean.
    hours
        Length of the windows by kind of day, shape (sites, windows).
    """

    sites: tuple[str, ...]
    per_day: FloatArray
    low: FloatArray
    high: FloatArray
    intensity: FloatArray
    weekdays: FloatArray
    hours: Mapping[SchoolDayKind, FloatArray]
    early_weekday: int | None
    observed: ObservedCalls

    def bounds_of(self, at: int) -> tuple[float, float] | None:
        """Return the interval of the calls of the site at a place; None where there is none."""
        low, high = float(self.low[at]), float(self.high[at])
        return None if np.isnan(low) else (low, high)

    @property
    def urgent_share(self) -> float:
        """Share of calls that are urgent, after what was seen."""
        counted = self.observed.incidents + self.observed.outside
        return (URGENT_SHARE * _PRIOR_CALLS + self.observed.urgent) / (_PRIOR_CALLS + counted)

    def by_site(self, when: WeekTime) -> dict[str, float]:
        """Return mean calls an hour by site at a time of the week."""
        return dict(zip(self.sites, self.per_hour(when).tolist(), strict=True))

    def per_hour(self, when: WeekTime) -> FloatArray:
        """Return mean calls an hour at a time of the week, shape (sites,).

        Those of all day are spread over ``SCHOOL_DAY_H`` hours.
        """
        if when == WeekTime():
            return self.per_day / SCHOOL_DAY_H
        days = range(1, 6) if when.weekday is None else (when.weekday,)
        return np.asarray(np.mean([self._on(day, when.window) for day in days], axis=0))

    def _on(self, weekday: int, window: BellWindow | None) -> FloatArray:
        hours = self.hours[
            SchoolDayKind.EARLY if weekday == self.early_weekday else SchoolDayKind.REGULAR
        ]
        whole = self.hours[SchoolDayKind.REGULAR] @ self.intensity
        calls = self.per_day * self.weekdays[weekday - 1] / whole
        if window is None:
            return np.asarray(calls * (hours @ self.intensity) / SCHOOL_DAY_H)
        at = BELL_WINDOWS.index(window)
        return np.where(hours[:, at] > 0, calls * self.intensity[at], 0.0)


def estimate_call_demand(
    project: Project, basis: PlanningBasis, seen: ObservedCalls | None = None
) -> CallDemand:
    """Return the calls of a project's demand at the sites of a basis, as they fall in the week."""
    known = seen or ObservedCalls()
    hours = {
        kind: _list_window_hours(project.calendar, basis.sites, kind) for kind in SchoolDayKind
    }
    per_day = np.array([load.calls for load in basis.loads], dtype=float)
    low, high = _find_site_bounds(project, basis) * per_day
    assumed = np.array([_PRIOR_INTENSITY[window] for window in BELL_WINDOWS])
    whole = hours[SchoolDayKind.REGULAR] @ assumed
    by_window, by_weekday = np.zeros(len(BELL_WINDOWS)), np.zeros(len(SCHOOL_WEEKDAYS))
    for (weekday, kind), count in known.days.items():
        share = hours[kind] * assumed / whole[:, None]
        by_window += count * (per_day @ share)
        by_weekday[weekday - 1] += count * float(per_day @ share.sum(axis=1))
    windows = np.array([known.by_window[window] for window in BELL_WINDOWS], dtype=float)
    weekly = np.array([known.by_weekday[day] for day in range(1, 6)], dtype=float)
    weekdays = _shrink_ratio(weekly, _scale_to_total(by_weekday, weekly))
    return CallDemand(
        sites=tuple(basis.index),
        per_day=per_day,
        low=low,
        high=high,
        intensity=assumed * _shrink_ratio(windows, _scale_to_total(by_window, windows)),
        weekdays=weekdays / weekdays.mean(),
        hours=hours,
        early_weekday=project.calendar.early_release_weekday,
        observed=known,
    )


def _find_site_bounds(project: Project, basis: PlanningBasis) -> FloatArray:
    """Return the bounds of each site's calls as parts of the expected ones, shape (2, sites).

    NaN where the demand is no more than the district's, shared by level and enrollment.
    """
    demand = find_demand(project, basis)
    parts = []
    for site in basis.sites:
        rate = demand.by_site.get(site.id)
        if rate is None:
            parts.append((np.nan, np.nan))
        elif rate.per_1000:
            parts.append((rate.low / rate.per_1000, rate.high / rate.per_1000))
        else:
            parts.append((1.0, 1.0))
    return np.array(parts, dtype=float).reshape(-1, 2).T


def count_observed_calls(
    project: Project,
    log: LogArrays,
    today: date,
    *,
    first: date | None = None,
    last: date | None = None,
    skipped_marks: int = SAMPLE_MARK,
) -> ObservedCalls:
    """Return what the calls of a log show up to a day; calls elsewhere do not count.

    Of a period that goes on until ``last``, those of its days that are not over are told apart.

    Nor do samples, from which nothing is learned, unless no mark is skipped: a report that counts
    them everywhere says so.

    Days count that are on record for incidents, from ``first`` on, and calls at schools that are
    patrolled: the demand is theirs.
    """
    patrolled = {site.id: site for site in project.patrolled}
    sites = [patrolled.get(name) for name in log.names]
    ends = max(today, last or today)
    rows = [
        (site, date.fromordinal(day), minute, priority, marks & DUPLICATE_MARK > 0)
        for site, day, minute, priority, marks in zip(
            *(log.calls[name].tolist() for name in ("site", "day", "minute", "priority", "marks")),
            strict=True,
        )
        if not marks & skipped_marks and day <= ends.toordinal()
    ]
    kept = project.records.kind(INCIDENT_RECORDS)
    begun = [day for site, day, *_ in rows if site != NO_NAME and day <= today]
    spans_on_record = kept.list_days_on_record(begun)
    start = first or min((span.first for span in spans_on_record), default=today)
    calendar = project.calendar
    every = (start + timedelta(days=n) for n in range((today - start).days + 1))
    days = {day for day in every if any(span.contains(day) for span in spans_on_record)}
    day_kind, windows = cache(calendar.day_kind), cache(partial(list_window_minutes, calendar))
    weekdays = ((day.isoweekday(), kind) for day in days if (kind := day_kind(day)) is not None)
    found = ObservedCalls(days=Counter(weekdays))
    outside = urgent = duplicates = unpatrolled = no_school = running = 0
    for number, day, minute, priority, duplicate in rows:
        site = sites[number] if number != NO_NAME else None
        if day > today:
            running += any(span.contains(day) for span in spans_on_record)
            continue
        if day not in days:
            continue
        if number == NO_NAME:
            no_school += 1
            continue
        if site is None:
            unpatrolled += 1
            continue
        kind = day_kind(day)
        spans = windows(site, kind) if kind is not None else []
        window = next((name for name, first, last in spans if first <= minute < last), None)
        urgent += priority <= URGENT_PRIORITY
        outside += window is None
        if window is not None:
            duplicates += duplicate
            found.by_day[day] += 1
            found.by_site[site.id] += 1
            found.by_window[window] += 1
            found.by_weekday[day.isoweekday()] += 1
    return replace(
        found,
        outside=outside,
        urgent=urgent,
        duplicates=duplicates,
        unpatrolled=unpatrolled,
        no_school=no_school,
        running=running,
    )


def list_window_minutes(
    calendar: SchoolCalendar, site: Site, kind: SchoolDayKind
) -> list[tuple[BellWindow, int, int]]:
    """Return a site's bell windows on a kind of day, each with its minutes after midnight."""
    times = calendar.bells.find_bell_times(site.id, site.level)
    return [
        (window, first.hour * 60 + first.minute, last.hour * 60 + last.minute)
        for window, first, last in list_bell_clocks(calendar.bells, times, kind)
    ]


def parse_week_time(weekday: str | None, window: str | None) -> WeekTime:
    """Return the time of the week that words name; None leaves it open.

    Raises
    ------
    UserError
        A word is no school weekday or no bell window.
    """
    wanted = (weekday or "").strip().casefold()
    days = [
        day for day in SCHOOL_WEEKDAYS if len(wanted) >= 3 and day.casefold().startswith(wanted)
    ]
    if weekday is not None and not days:
        raise UserError("unknown_weekday", weekday=weekday, known=SCHOOL_WEEKDAYS)
    name = (window or "").strip().casefold().replace("-", " ")
    parts = [part for part in BELL_WINDOWS if part == name]
    if window is not None and not parts:
        raise UserError("unknown_bell_window", window=window, known=list(map(str, BELL_WINDOWS)))
    return WeekTime(
        SCHOOL_WEEKDAYS.index(days[0]) + 1 if days else None, parts[0] if parts else None
    )


def _list_window_hours(
    calendar: SchoolCalendar, sites: Sequence[Site], kind: SchoolDayKind
) -> FloatArray:
    """Return the hours of each window on a kind of day, shape (sites, windows)."""
    rows = np.zeros((len(sites), len(BELL_WINDOWS)))
    for row, site in zip(rows, sites, strict=True):
        for window, first, last in list_window_minutes(calendar, site, kind):
            row[BELL_WINDOWS.index(window)] += (last - first) / 60
    return rows


def _scale_to_total(expected: FloatArray, counted: FloatArray) -> FloatArray:
    """Return expected calls scaled to as many as were counted: only how they fall matters."""
    total = float(expected.sum())
    return expected * (float(counted.sum()) / total) if total > 0 else expected


def _shrink_ratio(counted: FloatArray, expected: FloatArray) -> FloatArray:
    """Return how many times as many calls as expected there are, shrunk toward once."""
    return np.asarray((_PRIOR_CALLS + counted) / (_PRIOR_CALLS + expected))
