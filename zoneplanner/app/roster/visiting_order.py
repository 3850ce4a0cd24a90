"""The order in which a unit visits its zone's sites on a day, from bells and driving times."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import numpy as np

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.demand.call_demand import CallDemand, WeekTime, estimate_call_demand
from zoneplanner.analysis.travel.visiting_order import (
    Repeats,
    Route,
    RouteStop,
    compute_arrival_entropy,
    find_best_route,
    make_day_generator,
    measure_repeats,
    vary_route,
)
from zoneplanner.app.session.state import ProjectState, require_plan
from zoneplanner.domain.assumptions import look_up_by_level
from zoneplanner.domain.calendar.bells import BellSpan, BellWindow, find_bell_window
from zoneplanner.domain.calendar.local_time import local_to_utc
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import Shift
from zoneplanner.domain.roster.staffing import group_shifts_by_day
from zoneplanner.errors import UserError

_SAMPLE_DAYS = 20
_DEFAULT_SHIFT = (time(7, 30), time(16))


@dataclass(frozen=True, slots=True)
class OrderedStop:
    """A visit of the day, with the drive to it and its bell window."""

    site: str
    arrive_at: datetime
    leave_at: datetime
    drive_min: float
    window: BellWindow | None
    late: bool


@dataclass(frozen=True, eq=False, slots=True)
class VisitingOrder:
    """The route of a unit on a day."""

    unit: str
    day: date
    officer: str | None
    stops: tuple[OrderedStop, ...]
    drive_min: float
    best_drive_min: float
    """The driving time of the route that ends first."""
    exact: bool
    """Whether the best route is proven to be the best."""
    entropy: float
    """How evenly arrivals are distributed over half-hours on 20 school days, 0 to 1."""
    repeats: Repeats | None
    """How often the routes of these days begin, continue and end alike."""


_CallTimes = tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, eq=False, slots=True)
class _Day:
    """A unit's stops on a day, in minutes from ``start``, and the drives between them.

    ``calls`` lists for each stop (first minute, last minute, expected calls per hour).
    """

    start: datetime
    stops: tuple[RouteStop, ...]
    drive_min: FloatArray
    calls: tuple[_CallTimes, ...]

    def draw_route(self, random: np.random.Generator, best: Route | None = None) -> Route:
        """Return the one of two random routes that meets more calls.

        In this way, demand influences the route. The best of many routes would visit the same
        schools at the same hours each day; the better of two keeps arrivals as even as random
        ones.
        """
        known = best or find_best_route(self.stops, self.drive_min)
        routes = [vary_route(self.stops, self.drive_min, random, best=known) for _ in range(2)]
        return max(routes, key=self.count_calls_met)

    def count_calls_met(self, route: Route) -> float:
        """Return how many calls are expected at schools while the officer is there."""
        return sum(
            max(0.0, min(visit.leave_min, until) - max(visit.begin_min, begin)) * per_h / 60
            for visit in route.visits
            for begin, until, per_h in self.calls[visit.stop]
        )


def compute_visiting_order(
    state: ProjectState, unit: str, day: date, *, seed: int = 0, vary: bool = True
) -> VisitingOrder:
    """Return the order in which a unit visits its zone's sites on a day.

    Sites are visited as often as the assumptions require; two visits to a school are before and
    after the middle of its lunch. With ``vary``, the order differs from day to day, depending only
    on ``seed``: it is the one of two random orders that meets more expected calls.

    Raises
    ------
    UserError
        There is no plan or no such unit in it, or the day is not a school day.
    """
    project = state.project
    demand = estimate_call_demand(project, state.basis)
    today = _build_day(state, unit, day, demand)
    shift = _find_longest_shift(project, unit, day)
    best = find_best_route(today.stops, today.drive_min)
    route = best
    if vary:
        route = today.draw_route(make_day_generator(seed, unit, day), best)
    sample = _draw_days(state, unit, day, demand, seed) if vary else []
    return VisitingOrder(
        unit=unit,
        day=day,
        officer=shift.officer if shift else None,
        stops=_build_stops(project, today, route, day),
        drive_min=route.drive_min,
        best_drive_min=best.drive_min,
        exact=best.exact,
        entropy=compute_arrival_entropy(_list_arrivals(project, sample)),
        repeats=_measure_repeats(sample) if sample else None,
    )


def compute_day_orders(
    state: ProjectState, day: date, *, seed: int = 0
) -> Mapping[str, tuple[OrderedStop, ...]]:
    """Return the varied stops of every unit on a day; none if it is not a school day."""
    plan = state.plan
    orders: dict[str, tuple[OrderedStop, ...]] = {}
    if plan is None or not state.project.calendar.is_school_day(day):
        return orders
    demand = estimate_call_demand(state.project, state.basis)
    for zone in plan.zones:
        unit_day = _build_day(state, zone.unit, day, demand)
        route = unit_day.draw_route(make_day_generator(seed, zone.unit, day))
        orders[zone.unit] = _build_stops(state.project, unit_day, route, day)
    return orders


def _find_longest_shift(project: Project, unit: str, day: date) -> Shift | None:
    shifts = [
        shift
        for shift in group_shifts_by_day(project).get(day, ())
        if shift.unit == unit and shift.is_active
    ]
    return max(shifts, key=lambda shift: (shift.hours, shift.uid), default=None)


def _build_day(state: ProjectState, unit: str, day: date, demand: CallDemand) -> _Day:
    project, plan = state.project, require_plan(state)
    zone = next((zone for zone in plan.zones if zone.unit == unit), None)
    if zone is None:
        known = [zone.unit for zone in plan.zones]
        raise UserError("unknown_unit.of_plan", unit=unit, plan=plan.name, known=known)
    if not project.calendar.is_school_day(day):
        raise UserError("no_school_day", date=day)
    shift = _find_longest_shift(project, unit, day)
    start, end = (local_to_utc(day, at, project.time_zone) for at in _DEFAULT_SHIFT)
    if shift is not None:
        start, end = shift.starts_at, shift.ends_at
    rows: list[int] = []
    stops: list[RouteStop] = []
    calls: list[_CallTimes] = []
    per_h = {
        window: demand.per_hour(WeekTime(day.isoweekday(), window)).tolist()
        for window in BellWindow
    }
    for site_id in plan.sites_of(zone.id):
        row = state.basis.index.get(site_id)
        if row is None:
            continue
        site = project.sites[site_id]
        spans = project.calendar.bell_windows(site, day, time_zone=project.time_zone)
        site_calls = tuple(
            (
                _get_minutes(span.starts_at - start),
                _get_minutes(span.ends_at - start),
                per_h[span.window][row],
            )
            for span in spans
        )
        for stop in _plan_stops(project, site, spans, start, end):
            rows.append(row)
            stops.append(stop)
            calls.append(site_calls)
    turnout = project.assumptions.turnout_min
    drive = np.maximum(0.0, state.basis.travel_min[np.ix_(rows, rows)] - turnout)
    same_site = np.equal.outer(rows, rows)
    drive = np.where(same_site, 0.0, np.minimum(drive, 24 * 60.0))
    return _Day(start, tuple(stops), drive, tuple(calls))


def _plan_stops(
    project: Project, site: Site, spans: Sequence[BellSpan], start: datetime, end: datetime
) -> list[RouteStop]:
    """Return the visits to a site, each with its time window in the school day."""
    dwell = look_up_by_level(project.assumptions.dwell_min, site.level)
    times = round(look_up_by_level(project.assumptions.visits_per_day, site.level))
    first = max(start, spans[0].starts_at)
    last = min(end, next(span.ends_at for span in spans if span.window is BellWindow.DISMISSAL))
    latest = _get_minutes(last - start) - dwell
    earliest = _get_minutes(first - start)
    if times <= 1:
        return [RouteStop(site.id, ((earliest, max(earliest, latest)),), dwell)] * max(0, times)
    cuts = np.linspace(earliest, max(earliest, latest), times + 1).tolist()
    lunch = next((span for span in spans if span.window is BellWindow.LUNCH), None)
    if times == 2 and lunch is not None:
        middle = _get_minutes(lunch.starts_at - start) + lunch.minutes / 2
        cuts[1] = min(max(middle, cuts[0]), cuts[2])
    return [RouteStop(site.id, ((low, max(low, high)),), dwell) for low, high in pairwise(cuts)]


def _build_stops(
    project: Project, unit_day: _Day, route: Route, day: date
) -> tuple[OrderedStop, ...]:
    stops = []
    for visit in route.visits:
        stop = unit_day.stops[visit.stop]
        begin = unit_day.start + timedelta(minutes=visit.begin_min)
        spans = project.calendar.bell_windows(
            project.sites[stop.site], day, time_zone=project.time_zone
        )
        stops.append(
            OrderedStop(
                site=stop.site,
                arrive_at=begin,
                leave_at=unit_day.start + timedelta(minutes=visit.leave_min),
                drive_min=visit.drive_min,
                window=find_bell_window(spans, begin),
                late=visit.late,
            )
        )
    return tuple(stops)


def _draw_days(
    state: ProjectState, unit: str, day: date, demand: CallDemand, seed: int
) -> list[tuple[_Day, Route]]:
    """Return the routes of the 20 school days from a day on."""
    school_days = state.project.calendar.school_days(day, day + timedelta(days=3 * _SAMPLE_DAYS))
    routes = []
    for school_day in islice(school_days, _SAMPLE_DAYS):
        unit_day = _build_day(state, unit, school_day, demand)
        route = unit_day.draw_route(make_day_generator(seed, unit, school_day))
        routes.append((unit_day, route))
    return routes


def _list_arrivals(
    project: Project, days: Iterable[tuple[_Day, Route]]
) -> list[Mapping[str, float]]:
    """Return the arrivals of each day by stop, in minutes after local midnight."""
    zone = ZoneInfo(project.time_zone)
    arrivals: list[Mapping[str, float]] = []
    for unit_day, route in days:
        local = unit_day.start.astimezone(zone)
        offset = local.hour * 60.0 + local.minute
        arrivals.append(
            {
                f"{unit_day.stops[visit.stop].site} {visit.stop}": offset + visit.begin_min
                for visit in route.visits
            }
        )
    return arrivals


def _measure_repeats(days: Iterable[tuple[_Day, Route]]) -> Repeats:
    return measure_repeats(
        [[unit_day.stops[visit.stop].site for visit in route.visits] for unit_day, route in days]
    )


def _get_minutes(duration: timedelta) -> float:
    return duration.total_seconds() / 60
