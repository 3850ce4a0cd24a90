"""Expected calls by site, weekday and bell window: the project's demand, or what its log shows.

The split by bell windows and weekdays is learned for the whole district, because single sites have
too few calls. An early release shortens the windows of its day, and so reduces its calls.

A log's demand has no prior for the district's total: the log is the best evidence, and days vary by
more than chance. Only the split is shrunk, among levels and then among the sites of a level, toward
the shares by level and enrollment, as far as sites are alike; see ``rate_estimation``.
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
from zoneplanner.analysis.planning_basis import PlanningBasis, compute_planning_basis
from zoneplanner.analysis.site_loads import SCHOOL_DAY_H, URGENT_PRIORITY, URGENT_SHARE
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
from zoneplanner.messages import Message

_MIN_DAYS = 2


def find_demand(project: Project, basis: PlanningBasis) -> Demand:
    """Return the demand that a project uses, with its calls a day at the basis's sites."""
    calls = sum(load.calls for load in basis.loads)
    chosen = project.demand.in_use
    if (
        chosen is not None and chosen.calls_per_day <= 0
    ):  # without calls, the range cannot be scaled
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
    """Return a demand of ``value`` calls a day, shared among the sites by level and enrollment."""
    weights = (count_weighted_students(site, project.assumptions) for site in project.patrolled)
    return Demand(name, source, value / max(sum(weights), 1e-9), value, low, high)


def estimate_log_demand(
    project: Project, counts_a_day: IntArray, by_site: Mapping[str, int], *, until: date
) -> Demand | None:
    """Return the demand from the calls of school days, or None for fewer than two days.

    ``counts_a_day`` has the shape (days,); ``by_site`` counts the same calls.
    """
    if len(counts_a_day) < _MIN_DAYS:
        return None
    # deferred: scipy takes a tenth of a second to import
    from zoneplanner.analysis.demand.rate_estimation import estimate_daily_rate, estimate_site_rates

    rate = estimate_daily_rate(counts_a_day)
    sites = project.patrolled
    weights = np.array([count_weighted_students(site, project.assumptions) for site in sites])
    counted = np.array([by_site.get(site.id, 0) for site in sites], dtype=float)
    levels = np.array([site.level for site in sites], dtype=str)
    shares, (low, high) = estimate_site_rates(weights, counted, levels, scale=rate.scale)
    if rate.value > 0:
        bounds = rate.value * np.array([shares, low, high]).T
    else:  # without calls, each site may have its share of the largest total
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
    """The balance of a plan at a demand: each zone's deviation from its share."""

    scenario: str
    calls_per_day: float
    worst_deviation: float
    zones: Mapping[str, float]


def judge_plan_at(
    project: Project, plan: Plan, basis: PlanningBasis, demand: Demand, scenario: str
) -> PlanAtDemand:
    """Return the balance of a plan at a demand."""
    return _judge_plan(project, plan, _compute_basis_at(project, basis, demand), scenario)


def judge_plan_at_range(
    project: Project,
    plan: Plan,
    basis: PlanningBasis,
    bases: Mapping[str, PlanningBasis] | None = None,
) -> tuple[PlanAtDemand, ...]:
    """Return the balance of a plan at its project's low, expected and high demand.

    ``bases`` is the result of ``compute_demand_bases``, if known: it does not depend on the plan,
    and for a thousand schools it takes longer than a frame.
    """
    known = compute_demand_bases(project, basis) if bases is None else bases
    return tuple(_judge_plan(project, plan, own, scenario) for scenario, own in known.items())


def compute_demand_bases(project: Project, basis: PlanningBasis) -> dict[str, PlanningBasis]:
    """Return a basis at a project's low, expected and high demand."""
    demands = list_demand_range(project, basis)
    return {key: _compute_basis_at(project, basis, demand) for key, demand in demands.items()}


def _judge_plan(project: Project, plan: Plan, basis: PlanningBasis, scenario: str) -> PlanAtDemand:
    zones = compute_zone_deviations(project, plan, basis)
    calls = sum(load.calls for load in basis.loads)
    return PlanAtDemand(scenario, calls, max(zones.values(), key=abs, default=0.0), zones)


def list_demand_range(project: Project, basis: PlanningBasis) -> dict[str, Demand]:
    """Return a project's low, expected and high demand."""
    demand = find_demand(project, basis)
    low, high = map(demand.scaled, demand.spread)
    if demand.calls_per_day <= 0:  # without calls, share the largest total by enrollment
        bounds = {"value": demand.high, "low": demand.high, "high": demand.high}
        high = make_demand(project, demand.name, demand.source, **bounds)
    return {"low": low, "expected": demand, "high": high}


def compute_loads_at(project: Project, basis: PlanningBasis, demand: Demand) -> FloatArray:
    """Return the load of each site at a demand, shape (sites,), minutes a day."""
    return _compute_basis_at(project, basis, demand).load_min


def _compute_basis_at(project: Project, basis: PlanningBasis, demand: Demand) -> PlanningBasis:
    choice = DemandChoice(demand.name, {demand.name: demand})
    return compute_planning_basis(replace(project, demand=choice), basis)


_PRIOR_CALLS = 10.0
"""The weight of a window's or weekday's prior in expected calls."""

_PRIOR_INTENSITY: Mapping[BellWindow, float] = {
    BellWindow.ARRIVAL: 1.4,
    BellWindow.CLASS: 0.8,
    BellWindow.LUNCH: 1.7,
    BellWindow.DISMISSAL: 2.0,
    BellWindow.AFTER_SCHOOL: 0.7,
}
"""Calls an hour relative to the day's mean, assumed until the journal shows them."""

BELL_WINDOWS = tuple(BellWindow)
SCHOOL_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


@dataclass(frozen=True, slots=True)
class WeekTime:
    """A time of the week: an ISO weekday and a bell window; None means any day, or all day."""

    weekday: int | None = None
    window: BellWindow | None = None


@dataclass(frozen=True, eq=False, slots=True)
class ObservedCalls:
    """The journal's incidents on school days in bell windows, and the others by reason.

    ``outside`` counts incidents outside bell windows and ``urgent`` the urgent ones among all
    these. ``duplicates`` counts incidents in ``by_site`` that look like another call. Not counted
    are ``unpatrolled`` incidents at schools without patrol, ``no_school`` at no school, and
    ``running`` on a day that is not over. ``days`` are the school days by weekday and kind, from
    the first incident to the last day; ``by_day`` are the incidents in bell windows by day.
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
        """The number of incidents that count."""
        return self.by_site.total()

    @property
    def apart(self) -> tuple[Message, ...]:
        """What is said of calls outside the rate, and of calls in it that look like duplicates."""
        notes = (
            Message("calls_at_other_times", n=self.outside, inside=self.incidents),
            Message("calls_unpatrolled", n=self.unpatrolled),
            Message("calls_no_school", n=self.no_school),
            Message("calls_running", n=self.running),
            Message("calls_duplicate", n=self.duplicates, inside=self.incidents),
        )
        return tuple(note for note in notes if note.facts["n"])

    @property
    def school_days(self) -> int:
        """The number of school days that count."""
        return sum(self.days.values())

    @property
    def counts_a_day(self) -> IntArray:
        """The number of incidents on each school day, in no order; shape (days,)."""
        quiet = self.school_days - len(self.by_day)
        return np.array([*self.by_day.values(), *([0] * quiet)], dtype=np.int64)


@dataclass(frozen=True, eq=False, slots=True)
class CallDemand:
    """The expected calls at the basis's sites.

    Attributes
    ----------
    per_day, low, high
        Calls on a regular school day with the interval for the true figure, shape (sites,). The
        interval is NaN if the demand is not from a log: the district's range does not apply to a
        site's share.
    intensity
        Calls an hour in each of ``BELL_WINDOWS``, relative to the others.
    weekdays
        Calls on each of the five weekdays, relative to the mean.
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

    def bounds_of(self, row: int) -> tuple[float, float] | None:
        """Return the interval of a row's calls, or None if there is none."""
        low, high = float(self.low[row]), float(self.high[row])
        return None if np.isnan(low) else (low, high)

    @property
    def urgent_share(self) -> float:
        """The share of urgent calls, from the prior and the observed calls."""
        counted = self.observed.incidents + self.observed.outside
        return (URGENT_SHARE * _PRIOR_CALLS + self.observed.urgent) / (_PRIOR_CALLS + counted)

    def by_site(self, when: WeekTime) -> dict[str, float]:
        """Return mean calls an hour by site at a time of the week."""
        return dict(zip(self.sites, self.per_hour(when).tolist(), strict=True))

    def per_hour(self, when: WeekTime) -> FloatArray:
        """Return mean calls an hour at a time of the week, shape (sites,).

        A whole day's calls are spread over ``SCHOOL_DAY_H`` hours.
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
        index = BELL_WINDOWS.index(window)
        return np.where(hours[:, index] > 0, calls * self.intensity[index], 0.0)


def estimate_call_demand(
    project: Project, basis: PlanningBasis, observed: ObservedCalls | None = None
) -> CallDemand:
    """Return the expected calls of a project's demand by site and time of the week."""
    observed = observed or ObservedCalls()
    hours = {
        kind: _list_window_hours(project.calendar, basis.sites, kind) for kind in SchoolDayKind
    }
    per_day = np.array([load.calls for load in basis.loads], dtype=float)
    low, high = _find_site_bounds(project, basis) * per_day
    assumed = np.array([_PRIOR_INTENSITY[window] for window in BELL_WINDOWS])
    whole = hours[SchoolDayKind.REGULAR] @ assumed
    by_window, by_weekday = np.zeros(len(BELL_WINDOWS)), np.zeros(len(SCHOOL_WEEKDAYS))
    for (weekday, kind), count in observed.days.items():
        share = hours[kind] * assumed / whole[:, None]
        by_window += count * (per_day @ share)
        by_weekday[weekday - 1] += count * float(per_day @ share.sum(axis=1))
    windows = np.array([observed.by_window[window] for window in BELL_WINDOWS], dtype=float)
    weekly = np.array([observed.by_weekday[day] for day in range(1, 6)], dtype=float)
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
        observed=observed,
    )


def _find_site_bounds(project: Project, basis: PlanningBasis) -> FloatArray:
    """Return the bounds of each site's calls relative to the expected ones, shape (2, sites).

    NaN if the demand is only the district's, shared by level and enrollment.
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
    """Return the observed calls of a log up to ``today``, the last day that is over.

    Only calls at patrolled schools on days on record from ``first`` on count. In a period up to
    ``last``, calls after ``today`` are counted separately. Sample records are skipped by default; a
    report that includes them everywhere passes ``skipped_marks=0``.
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
    recorded = [day for site, day, *_ in rows if site != NO_NAME and day <= today]
    spans_on_record = project.records.kind(INCIDENT_RECORDS).list_days_on_record(recorded)
    start = first or min((span.first for span in spans_on_record), default=today)
    calendar = project.calendar
    every = (start + timedelta(days=n) for n in range((today - start).days + 1))
    days = {day for day in every if any(span.contains(day) for span in spans_on_record)}
    day_kind, windows = cache(calendar.day_kind), cache(partial(list_window_minutes, calendar))
    weekdays = ((day.isoweekday(), kind) for day in days if (kind := day_kind(day)) is not None)
    observed = ObservedCalls(days=Counter(weekdays))
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
            observed.by_day[day] += 1
            observed.by_site[site.id] += 1
            observed.by_window[window] += 1
            observed.by_weekday[day.isoweekday()] += 1
    return replace(
        observed,
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
    """Return the time of the week from words; None leaves it open.

    Raises
    ------
    UserError
        A word is not a school weekday or not a bell window.
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
    """Return expected calls scaled to the number counted, because only the split matters."""
    total = float(expected.sum())
    return expected * (float(counted.sum()) / total) if total > 0 else expected


def _shrink_ratio(counted: FloatArray, expected: FloatArray) -> FloatArray:
    """Return the ratio of counted to expected calls, shrunk toward 1."""
    return np.asarray((_PRIOR_CALLS + counted) / (_PRIOR_CALLS + expected))
