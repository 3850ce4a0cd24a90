"""School days simulated event by event: visits, bells, priorities, drives from where units are.

It includes what the queueing model leaves out: calls vary by bell window, a day starts with all
units free, units drive from visit to visit and leave one for a call, a call takes the actual drive
and its time on scene, and urgent calls in line go first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

import numpy as np

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.demand.call_demand import (
    BELL_WINDOWS,
    CallDemand,
    WeekTime,
    list_window_minutes,
)
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.analysis.response_times.call_simulation import (
    INTERVAL_ALPHA,
    MAX_SIMULATED_DAYS,
    Estimate,
    SimulatedFigures,
    estimate_ratio,
    estimate_share,
)
from zoneplanner.analysis.response_times.deployment import NO_UNIT, Deployment
from zoneplanner.domain.calendar.bells import BellWindow, SchoolDayKind
from zoneplanner.domain.calendar.school_calendar import SchoolCalendar
from zoneplanner.errors import ProgressReport, UserError

_DAYS_A_WEEK = 5
_MAX_BATCHES = 50
_CALL, _FREE, _DEPART, _DONE = range(4)
_SUM_NAMES = (
    "calls",
    "served",
    "at_once",
    "near",
    "zoned",
    "other",
    "minutes",
    "made",
    "planned",
    "day",
)

_Span = tuple[int, BellWindow, float, float]


@dataclass(frozen=True, eq=False, slots=True)
class SimulatedDays(SimulatedFigures):
    """The figures of simulated school days, with the share of planned visits made by the end.

    A visit that a call interrupts is made again later.
    """

    visits_made_share: Estimate


def run_school_days(
    deployed: Deployment,
    basis: PlanningBasis,
    demand: CallDemand,
    calendar: SchoolCalendar,
    *,
    days: int,
    rng: np.random.Generator,
    turnout_min: float,
    report: ProgressReport = lambda fraction, text: None,
) -> SimulatedDays:
    """Simulate school days, Monday to Friday in turn; early release is on its weekday.

    Raises
    ------
    UserError
        There are fewer than two days, or more than a simulation can store.
    """
    if not 2 <= days <= MAX_SIMULATED_DAYS:
        raise UserError("out_of_range.school_days", most=MAX_SIMULATED_DAYS, days=days)
    lists = [
        [[unit for unit in row if unit >= 0] for row in order.tolist()]
        for _, order in deployed.streams
    ]
    rules = _DayRules(
        deployed=deployed,
        basis=basis,
        demand=demand,
        lists=lists * 2 if len(lists) == 1 else lists,
        travel_min=deployed.travel_min.tolist(),
        spans={kind: _list_windows(basis, calendar, kind) for kind in SchoolDayKind},
        turnout_min=turnout_min,
    )
    days_of_week = [_plan_weekday(rules, weekday) for weekday in range(1, _DAYS_A_WEEK + 1)]
    sums = np.zeros((days, len(_SUM_NAMES)))
    busy_min = np.zeros((days, len(deployed.units)))
    for day in range(days):
        if day % 10 == 0:
            report(day / days, f"Day {day + 1:,} of {days:,}")
        simulated = _Day(rules, days_of_week[day % _DAYS_A_WEEK], rng)
        simulated.run()
        sums[day] = [simulated.sums[name] for name in _SUM_NAMES]
        busy_min[day] = [unit.busy_min for unit in simulated.units]
    return _estimate_figures(deployed, sums, busy_min)


@dataclass(frozen=True, eq=False, slots=True)
class _DayRules:
    """The constants of all days: lists by priority and site, minutes, bell windows."""

    deployed: Deployment
    basis: PlanningBasis
    demand: CallDemand
    lists: Sequence[Sequence[Sequence[int]]]
    travel_min: Sequence[Sequence[float]]
    spans: Mapping[SchoolDayKind, Sequence[_Span]]
    turnout_min: float


def _plan_weekday(rules: _DayRules, weekday: int) -> list[tuple[int, float, float, float]]:
    """Return the site, start, end and mean calls of each bell window of a weekday."""
    demand = rules.demand
    kind = SchoolDayKind.EARLY if weekday == demand.early_weekday else SchoolDayKind.REGULAR
    rates = {window: demand.per_hour(WeekTime(weekday, window)) for window in BELL_WINDOWS}
    return [
        (row, first, last, rates[window][row] * (last - first) / 60)
        for row, window, first, last in rules.spans[kind]
    ]


def _list_windows(
    basis: PlanningBasis, calendar: SchoolCalendar, kind: SchoolDayKind
) -> list[_Span]:
    """Return the bell windows of all sites on a kind of day, in minutes from the first one."""
    spans: list[_Span] = []
    for row, site in enumerate(basis.sites):
        windows = list_window_minutes(calendar, site, kind)
        spans += [(row, window, float(first), float(last)) for window, first, last in windows]
    opens = min((first for _, _, first, _ in spans), default=0.0)
    return [(row, window, first - opens, last - opens) for row, window, first, last in spans]


@dataclass(slots=True)
class _Unit:
    """A unit during a day: ``at`` a site, or on its way to a visit elsewhere."""

    at: int
    visits: list[int]
    visit_min: float = 0.0
    going_to: int = NO_UNIT
    left_at: float = 0.0
    arrives_at: float = 0.0
    on_call: bool = False
    turn: int = 0
    busy_min: float = 0.0

    def place(self, now: float) -> int:
        """Return the site where the unit is; during a drive, the nearer end."""
        if self.going_to == NO_UNIT or now < (self.left_at + self.arrives_at) / 2:
            return self.at
        return self.going_to


class _Day:
    """One day: a heap of the next events, and sums of the figures."""

    def __init__(
        self,
        rules: _DayRules,
        windows: Sequence[tuple[int, float, float, float]],
        rng: np.random.Generator,
    ) -> None:
        self._rules, self._rng = rules, rng
        self.sums = dict.fromkeys(_SUM_NAMES, 0.0)
        self._events: list[tuple[float, int, int, int, int]] = []
        self._number = count()
        self._line: list[tuple[int, float, int]] = []
        self.sums["day"] = self._end = max((last for _, _, last, _ in windows), default=0.0)
        for row, first, last, mean in windows:
            for moment in rng.uniform(first, last, int(rng.poisson(mean))).tolist():
                ordinary = int(rng.random() >= rules.deployed.under.urgent_share)
                self._schedule(moment, _CALL, row, ordinary)
        self.units = [self._make_unit(row) for row in range(len(rules.deployed.units))]

    def run(self) -> None:
        """Simulate the day."""
        for number in range(len(self.units)):
            self._plan_visit(number, 0.0)
        while self._events:
            now, _, kind, one, other = heappop(self._events)
            if now > self._end and kind != _CALL:
                continue
            if kind == _CALL:
                self._take_call(now, one, other)
            elif kind == _FREE:
                self._free_unit(now, one)
            elif self.units[one].turn == other:
                (self._depart if kind == _DEPART else self._finish_visit)(now, one)

    def _schedule(self, moment: float, kind: int, one: int, other: int) -> None:
        heappush(self._events, (moment, next(self._number), kind, one, other))

    def _make_unit(self, number: int) -> _Unit:
        """Return a unit at the start of a day, with its visits in a random order."""
        rules, rng = self._rules, self._rng
        places = rules.deployed.position_probability[number]
        start = int(rng.choice(len(places), p=places)) if places.any() else NO_UNIT
        visits: list[int] = []
        work_min = 0.0
        for site in np.flatnonzero(rules.deployed.zone_unit == number).tolist():
            load = rules.basis.loads[site]
            planned = int(load.visits) + int(rng.random() < load.visits % 1)
            visits += [site] * planned
            drive = rules.deployed.response_min[number, site] - rules.turnout_min
            work_min += planned * (load.visit_min + float(drive))
        rng.shuffle(visits)
        self.sums["planned"] += len(visits)
        each = work_min / len(visits) if visits and np.isfinite(work_min) else 0.0
        return _Unit(start, visits, visit_min=each)

    def _plan_visit(self, number: int, now: float) -> None:
        """Schedule the next visit so that the remaining visits are spread over the day."""
        unit = self.units[number]
        if unit.visits and unit.at != NO_UNIT:
            left = self._end - now - len(unit.visits) * unit.visit_min
            gap_min = max(0.0, left) / (len(unit.visits) + 1)
            self._schedule(now + gap_min, _DEPART, number, unit.turn)

    def _depart(self, now: float, number: int) -> None:
        unit, rules = self.units[number], self._rules
        site = unit.visits.pop()
        drive = max(0.0, rules.travel_min[unit.at][site] - rules.turnout_min)
        unit.going_to, unit.left_at, unit.arrives_at = site, now, now + drive
        self._schedule(
            unit.arrives_at + rules.basis.loads[site].visit_min, _DONE, number, unit.turn
        )

    def _finish_visit(self, now: float, number: int) -> None:
        unit = self.units[number]
        unit.at, unit.going_to = unit.going_to, NO_UNIT
        self.sums["made"] += 1
        self._plan_visit(number, now)

    def _take_call(self, now: float, site: int, ordinary: int) -> None:
        rules = self._rules
        self.sums["calls"] += 1
        for number in rules.lists[1 - ordinary][site]:
            if not self.units[number].on_call:
                self._send(number, now, site, waited=False)
                return
        if rules.deployed.under.queue == "infinite":
            heappush(self._line, (ordinary, now, site))

    def _free_unit(self, now: float, number: int) -> None:
        """Take the next call that waits for this unit, or go on with the visits."""
        unit = self.units[number]
        unit.on_call = False
        for ordinary, came, site in sorted(self._line):
            if number in self._rules.lists[1 - ordinary][site]:
                self._line.remove((ordinary, came, site))
                self._send(number, now, site, waited=True)
                return
        self._plan_visit(number, now)

    def _send(self, number: int, now: float, site: int, *, waited: bool) -> None:
        rules, unit, sums = self._rules, self.units[number], self.sums
        minutes = rules.travel_min[unit.place(now)][site]
        busy = minutes + float(self._rng.exponential(rules.basis.loads[site].call_min))
        unit.turn += 1
        if unit.going_to != NO_UNIT:
            unit.visits.insert(0, unit.going_to)
        unit.on_call, unit.at, unit.going_to = True, site, NO_UNIT
        unit.busy_min += min(busy, max(0.0, self._end - now))
        self._schedule(now + busy, _FREE, number, 0)
        zoned = bool(rules.deployed.is_in_zone[site])
        sums["served"] += 1
        sums["minutes"] += minutes
        sums["at_once"] += not waited
        sums["near"] += not waited and minutes <= rules.deployed.under.target_min
        sums["zoned"] += zoned
        sums["other"] += zoned and number != int(rules.deployed.zone_unit[site])


def _estimate_figures(
    deployed: Deployment, sums: FloatArray, busy_min: FloatArray
) -> SimulatedDays:
    days, units = len(sums), deployed.units
    batch = np.arange(days) * min(days, _MAX_BATCHES) // days
    total = np.zeros((batch[-1] + 1, sums.shape[1]))
    busy = np.zeros((batch[-1] + 1, len(units)))
    np.add.at(total, batch, sums)
    np.add.at(busy, batch, busy_min)
    by_name = dict(zip(_SUM_NAMES, total.T, strict=True))
    calls, served = by_name["calls"], by_name["served"]
    alpha = INTERVAL_ALPHA / (5 + len(units))
    return SimulatedDays(
        days=days,
        calls=int(calls.sum()),
        target_min=deployed.under.target_min,
        units={
            unit: estimate_ratio(busy[:, number], by_name["day"], alpha=alpha)
            for number, unit in enumerate(units)
        },
        mean_response_min=estimate_ratio(by_name["minutes"], served, alpha=alpha),
        share_within_target=estimate_share(by_name["near"], calls, alpha=alpha),
        cross_zone_share=estimate_share(by_name["other"], by_name["zoned"], alpha=alpha),
        all_busy_probability=estimate_share(calls - by_name["at_once"], calls, alpha=alpha),
        visits_made_share=estimate_share(by_name["made"], by_name["planned"], alpha=alpha),
    )
