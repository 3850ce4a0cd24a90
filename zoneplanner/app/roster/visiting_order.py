"""The visiting order of a unit's shift on a day, from its zone, the bells and the drives."""

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

_LOOK_DAYS = 20
_USUAL = (time(7, 30), time(16))


@dataclass(frozen=True, slots=True)
class OrderedStop:
    """A visit of the day: which site, when, how long the drive there, and in which bell window."""

    site: str
    arrive_at: datetime
    leave_at: datetime
    drive_min: float
    window: BellWindow | None
    late: bool


@dataclass(frozen=True, eq=False, slots=True)
class VisitingOrder:
    """The way round of a unit on a day.

    ``best_drive_min`` is the drive of the order that ends first, ``exact`` whether that is proven.
    ``entropy`` tells how evenly arrivals fall on half-hours over 20 school days, 0 to 1, and
    ``repeats`` how often the orders of these days begin, go on and end alike.
    """

    unit: str
    day: date
    officer: str | None
    stops: tuple[OrderedStop, ...]
    drive_min: float
    best_drive_min: float
    exact: bool
    entropy: float
    repeats: Repeats | None


_CallTimes = tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, eq=False, slots=True)
class _Day:
    """What a day asks of a unit: stops in minutes from the start, and the drives between them.

    ``calls`` are, for each stop, from which minute to which how many calls an hour are expected.
    """

    start: datetime
    stops: tuple[RouteStop, ...]
    drive_min: FloatArray
    calls: tuple[_CallTimes, ...]

    def draw_route(self, random: np.random.Generator, best: Route | None = None) -> Route:
        """Return the one of two ways round, both drawn by chance, that meets more calls.

        So demand weighs where officers are when. The best of many would be at the same schools at
        the same hours each day; of two, arrivals stay as even as they are by chance alone.
        """
        known = best or find_best_route(self.stops, self.drive_min)
        ways = [vary_route(self.stops, self.drive_min, random, best=known) for _ in range(2)]
        return max(ways, key=self.count_calls_met)

    def count_calls_met(self, route: Route) -> float:
        """Return how many calls are expected at schools while an officer of the route is there."""
        return sum(
            max(0.0, min(visit.leave_min, until) - max(visit.begin_min, begin)) * per_h / 60
            for visit in route.visits
            for begin, until, per_h in self.calls[visit.stop]
        )


def compute_visiting_order(
    state: ProjectState, unit: str, day: date, *, seed: int = 0, vary: bool = True
) -> VisitingOrder:
    """Return in which order a unit visits its zone's sites on a day.

    Middle and high schools are visited as often as the assumptions say, before and after the
    middle of their lunch. With ``vary`` the order is another each day, the same for a seed; of two
    that chance gives it is the one that is at schools when more calls are expected there.

    Raises
    ------
    UserError
        There is no plan or no such unit in it, or the day is no school day.
    """
    project = state.project
    demand = estimate_call_demand(project, state.basis)
    found = _build_day(state, unit, day, demand)
    shift = _find_longest_shift(project, unit, day)
    best = find_best_route(found.stops, found.drive_min)
    route = best
    if vary:
        route = found.draw_route(make_day_generator(seed, unit, day), best)
    following = _draw_days(state, unit, day, demand, seed) if vary else []
    return VisitingOrder(
        unit=unit,
        day=day,
        officer=shift.officer if shift else None,
        stops=_build_stops(project, found, route, day),
        drive_min=route.drive_min,
        best_drive_min=best.drive_min,
        exact=best.exact,
        entropy=compute_arrival_entropy(_list_arrivals(project, following)),
        repeats=_measure_repeats(following) if following else None,
    )


def compute_day_orders(
    state: ProjectState, day: date, *, seed: int = 0
) -> Mapping[str, tuple[OrderedStop, ...]]:
    """Return the visits of each unit's day as ``compute_visiting_order`` has them; none off."""
    plan = state.plan
    found: dict[str, tuple[OrderedStop, ...]] = {}
    if plan is None or not state.project.calendar.is_school_day(day):
        return found
    demand = estimate_call_demand(state.project, state.basis)
    for zone in plan.zones:
        made = _build_day(state, zone.unit, day, demand)
        route = made.draw_route(make_day_generator(seed, zone.unit, day))
        found[zone.unit] = _build_stops(state.project, made, route, day)
    return found


def _find_longest_shift(project: Project, unit: str, day: date) -> Shift | None:
    """Return the longest shift of a unit on a day, or None."""
    own = [
        one
        for one in group_shifts_by_day(project).get(day, ())
        if one.unit == unit and one.is_active
    ]
    return max(own, key=lambda one: (one.hours, one.uid), default=None)


def _build_day(state: ProjectState, unit: str, day: date, demand: CallDemand) -> _Day:
    project, plan = state.project, require_plan(state)
    zone = next((one for one in plan.zones if one.unit == unit), None)
    if zone is None:
        known = [one.unit for one in plan.zones]
        raise UserError("unknown_unit.of_plan", unit=unit, plan=plan.name, known=known)
    if not project.calendar.is_school_day(day):
        raise UserError("no_school_day", date=day)
    shift = _find_longest_shift(project, unit, day)
    start = shift.starts_at if shift else local_to_utc(day, _USUAL[0], project.time_zone)
    end = shift.ends_at if shift else local_to_utc(day, _USUAL[1], project.time_zone)
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
        own = tuple(
            (_minutes(one.starts_at - start), _minutes(one.ends_at - start), per_h[one.window][row])
            for one in spans
        )
        for stop in _plan_stops(project, site, spans, start, end):
            rows.append(row)
            stops.append(stop)
            calls.append(own)
    turnout = project.assumptions.turnout_min
    drive = np.maximum(0.0, state.basis.travel_min[np.ix_(rows, rows)] - turnout)
    same = np.equal.outer(rows, rows)
    drive = np.where(same, 0.0, np.minimum(drive, 24 * 60.0))
    return _Day(start, tuple(stops), drive, tuple(calls))


def _plan_stops(
    project: Project, site: Site, spans: Sequence[BellSpan], start: datetime, end: datetime
) -> list[RouteStop]:
    """Return the visits that a site gets, each with the part of the school day it lies in."""
    dwell = look_up_by_level(project.assumptions.dwell_min, site.level)
    times = round(look_up_by_level(project.assumptions.visits_per_day, site.level))
    first = max(start, spans[0].starts_at)
    last = min(end, next(s.ends_at for s in spans if s.window is BellWindow.DISMISSAL))
    latest = _minutes(last - start) - dwell
    earliest = _minutes(first - start)
    if times <= 1:
        return [RouteStop(site.id, ((earliest, max(earliest, latest)),), dwell)] * max(0, times)
    cuts = np.linspace(earliest, max(earliest, latest), times + 1).tolist()
    lunch = next((s for s in spans if s.window is BellWindow.LUNCH), None)
    if times == 2 and lunch is not None:
        middle = _minutes(lunch.starts_at - start) + lunch.minutes / 2
        cuts[1] = min(max(middle, cuts[0]), cuts[2])
    return [RouteStop(site.id, ((low, max(low, high)),), dwell) for low, high in pairwise(cuts)]


def _build_stops(project: Project, found: _Day, route: Route, day: date) -> tuple[OrderedStop, ...]:
    stops = []
    for visit in route.visits:
        stop = found.stops[visit.stop]
        begin = found.start + timedelta(minutes=visit.begin_min)
        spans = project.calendar.bell_windows(
            project.sites[stop.site], day, time_zone=project.time_zone
        )
        stops.append(
            OrderedStop(
                site=stop.site,
                arrive_at=begin,
                leave_at=found.start + timedelta(minutes=visit.leave_min),
                drive_min=visit.drive_min,
                window=find_bell_window(spans, begin),
                late=visit.late,
            )
        )
    return tuple(stops)


def _draw_days(
    state: ProjectState, unit: str, day: date, demand: CallDemand, seed: int
) -> list[tuple[_Day, Route]]:
    """Return the way round of each of the 20 school days from a day on."""
    school_days = state.project.calendar.school_days(day, day + timedelta(days=3 * _LOOK_DAYS))
    found = []
    for one in islice(school_days, _LOOK_DAYS):
        made = _build_day(state, unit, one, demand)
        found.append((made, made.draw_route(make_day_generator(seed, unit, one))))
    return found


def _list_arrivals(
    project: Project, days: Iterable[tuple[_Day, Route]]
) -> list[Mapping[str, float]]:
    """Return for each day in which minute of it each visit begins, by the clock on the wall."""
    zone = ZoneInfo(project.time_zone)
    found: list[Mapping[str, float]] = []
    for made, route in days:
        local = made.start.astimezone(zone)
        offset = local.hour * 60.0 + local.minute
        found.append(
            {
                f"{made.stops[visit.stop].site} {visit.stop}": offset + visit.begin_min
                for visit in route.visits
            }
        )
    return found


def _measure_repeats(days: Iterable[tuple[_Day, Route]]) -> Repeats:
    return measure_repeats(
        [[made.stops[visit.stop].site for visit in route.visits] for made, route in days]
    )


def _minutes(length: timedelta) -> float:
    return length.total_seconds() / 60
