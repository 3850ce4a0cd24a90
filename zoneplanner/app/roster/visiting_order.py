"""The visiting order of a unit's shift on a day, from its zone, the bells and the drives."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.travel.visiting_order import (
    Route,
    RouteStop,
    compute_arrival_entropy,
    find_best_route,
    make_day_generator,
    vary_route,
)
from zoneplanner.app.session.state import ProjectState, require_plan
from zoneplanner.domain.assumptions import look_up_by_level
from zoneplanner.domain.calendar.bells import BellWindow, find_bell_window
from zoneplanner.domain.calendar.intervals import local_to_utc
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
    ``entropy`` tells how evenly arrivals fall on half-hours over 20 school days, 0 to 1.
    """

    unit: str
    day: date
    officer: str | None
    stops: tuple[OrderedStop, ...]
    drive_min: float
    best_drive_min: float
    exact: bool
    entropy: float


@dataclass(frozen=True, eq=False, slots=True)
class _Day:
    """What a day asks of a unit: stops in minutes from the start, and the drives between them."""

    start: datetime
    stops: tuple[RouteStop, ...]
    drive_min: FloatArray


def compute_visiting_order(
    state: ProjectState, unit: str, day: date, *, seed: int = 0, vary: bool = True
) -> VisitingOrder:
    """Return in which order a unit visits its zone's sites on a day.

    Middle and high schools are visited as often as the assumptions say, before and after the
    middle of their lunch. With ``vary`` the order is another each day, the same for a seed.

    Raises
    ------
    UserError
        There is no plan or no such unit in it, or the day is no school day.
    """
    project = state.project
    found = _build_day(state, unit, day)
    shift = _find_longest_shift(project, unit, day)
    best = find_best_route(found.stops, found.drive_min)
    route = best
    if vary:
        random = make_day_generator(seed, unit, day)
        route = vary_route(found.stops, found.drive_min, random, best=best)
    return VisitingOrder(
        unit=unit,
        day=day,
        officer=shift.officer if shift else None,
        stops=_build_stops(project, found, route, day),
        drive_min=route.drive_min,
        best_drive_min=best.drive_min,
        exact=best.exact,
        entropy=_entropy(state, unit, day, seed) if vary else 0.0,
    )


def compute_day_orders(
    state: ProjectState, day: date, *, seed: int = 0
) -> Mapping[str, tuple[OrderedStop, ...]]:
    """Return the visits of each unit's day as ``compute_visiting_order`` has them; none off."""
    plan = state.plan
    found: dict[str, tuple[OrderedStop, ...]] = {}
    if plan is None or not state.project.calendar.is_school_day(day):
        return found
    for zone in plan.zones:
        made = _build_day(state, zone.unit, day)
        random = make_day_generator(seed, zone.unit, day)
        route = vary_route(made.stops, made.drive_min, random)
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


def _build_day(state: ProjectState, unit: str, day: date) -> _Day:
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
    for site_id in plan.sites_of(zone.id):
        row = state.basis.index.get(site_id)
        if row is None:
            continue
        for stop in _plan_stops(project, site_id, day, start, end):
            rows.append(row)
            stops.append(stop)
    turnout = project.assumptions.turnout_min
    drive = np.maximum(0.0, state.basis.travel_min[np.ix_(rows, rows)] - turnout)
    same = np.equal.outer(rows, rows)
    drive = np.where(same, 0.0, np.minimum(drive, 24 * 60.0))
    return _Day(start, tuple(stops), drive)


def _plan_stops(
    project: Project, site_id: str, day: date, start: datetime, end: datetime
) -> list[RouteStop]:
    """Return the visits that a site gets, each with the part of the school day it lies in."""
    site, zone = project.sites[site_id], project.time_zone
    dwell = look_up_by_level(project.assumptions.dwell_min, site.level)
    times = round(look_up_by_level(project.assumptions.visits_per_day, site.level))
    spans = project.calendar.bell_windows(site, day, time_zone=zone)
    first = max(start, spans[0].starts_at)
    last = min(end, next(s.ends_at for s in spans if s.window is BellWindow.DISMISSAL))
    latest = _minutes(last - start) - dwell
    earliest = _minutes(first - start)
    if times <= 1:
        return [RouteStop(site_id, ((earliest, max(earliest, latest)),), dwell)] * max(0, times)
    cuts = np.linspace(earliest, max(earliest, latest), times + 1).tolist()
    lunch = next((s for s in spans if s.window is BellWindow.LUNCH), None)
    if times == 2 and lunch is not None:
        middle = _minutes(lunch.starts_at - start) + lunch.minutes / 2
        cuts[1] = min(max(middle, cuts[0]), cuts[2])
    return [RouteStop(site_id, ((low, max(low, high)),), dwell) for low, high in pairwise(cuts)]


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


def _entropy(state: ProjectState, unit: str, day: date, seed: int) -> float:
    """Return how evenly arrivals fall on half-hours over the school days from a day on."""
    days: list[Mapping[str, float]] = []
    calendar = state.project.calendar
    for one in calendar.school_days(day, day + timedelta(days=3 * _LOOK_DAYS)):
        if len(days) == _LOOK_DAYS:
            break
        found = _build_day(state, unit, one)
        random = make_day_generator(seed, unit, one)
        route = vary_route(found.stops, found.drive_min, random)
        zone = ZoneInfo(state.project.time_zone)
        local = found.start.astimezone(zone)
        offset = local.hour * 60.0 + local.minute
        arrivals: dict[str, float] = {}
        for visit in route.visits:
            key = f"{found.stops[visit.stop].site} {visit.stop}"
            arrivals[key] = offset + visit.begin_min
        days.append(arrivals)
    return compute_arrival_entropy(days)


def _minutes(length: timedelta) -> float:
    return length.total_seconds() / 60
