"""School days played event by event: visits, bells, priorities, drives from where units are.

What the queueing model leaves out is in here: calls come as the bell windows have it, a day starts
with everybody free, units drive from visit to visit and leave one for a call, a call takes the
drive that was really driven and its time on scene, and of calls that wait the urgent ones go first.
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
    INTERVAL_DOUBT,
    MAX_SIMULATED_DAYS,
    Estimate,
    estimate_ratio,
    estimate_share,
)
from zoneplanner.analysis.response_times.deployment import NO_UNIT, Deployment
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.domain.calendar.bells import BellWindow, SchoolDayKind
from zoneplanner.domain.calendar.school_calendar import SchoolCalendar
from zoneplanner.errors import ProgressReport, UserError

_DAYS_A_WEEK = 5
_MAX_BATCHES = 50
_CALL, _FREE, _DEPART, _DONE = range(4)
_SUM_NAMES = (
    *("calls", "served", "at_once", "near", "zoned", "other", "minutes"),
    *("made", "planned", "day"),
)

_Span = tuple[int, BellWindow, float, float]


@dataclass(frozen=True, eq=False, slots=True)
class SimulatedDays:
    """What was met on the days that were played, each figure with its interval.

    The figures are those of ``ExpectedResponse``; ``visits_made_share`` is that of the planned
    visits that were made before the evening; one that a call cuts off is made anew later. All
    intervals together include the true values with 95%.
    """

    days: int
    calls: int
    target_min: float
    units: Mapping[str, Estimate]
    mean_response_min: Estimate
    share_within_target: Estimate
    cross_zone_share: Estimate
    all_busy_probability: Estimate
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
    target_min: float = RESPONSE_TARGET_MIN,
    report: ProgressReport = lambda fraction, text: None,
) -> SimulatedDays:
    """Play school days, Monday to Friday in turn; the early release is on its weekday.

    Raises
    ------
    UserError
        There are less than two days, or more than a run can hold.
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
        target_min=target_min,
    )
    days_of_week = [_plan_weekday(rules, weekday) for weekday in range(1, _DAYS_A_WEEK + 1)]
    sums = np.zeros((days, len(_SUM_NAMES)))
    busy_min = np.zeros((days, len(deployed.units)))
    for day in range(days):
        if day % 10 == 0:
            report(day / days, f"Day {day + 1:,} of {days:,}")
        played = _Day(rules, days_of_week[day % _DAYS_A_WEEK], rng)
        played.run()
        sums[day] = [played.sums[name] for name in _SUM_NAMES]
        busy_min[day] = [unit.busy_min for unit in played.units]
    return _estimate_figures(deployed.units, sums, busy_min, target_min)


@dataclass(frozen=True, eq=False, slots=True)
class _DayRules:
    """What all days share: lists by priority and site, minutes as plain numbers, bell windows."""

    deployed: Deployment
    basis: PlanningBasis
    demand: CallDemand
    lists: Sequence[Sequence[Sequence[int]]]
    travel_min: Sequence[Sequence[float]]
    spans: Mapping[SchoolDayKind, Sequence[_Span]]
    turnout_min: float
    target_min: float


def _plan_weekday(rules: _DayRules, weekday: int) -> list[tuple[int, float, float, float]]:
    """Return site, begin, end and mean calls of each bell window of a weekday."""
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
    """Return the bell windows of all sites on a kind of day, in minutes from the first of them."""
    found: list[_Span] = []
    for row, site in enumerate(basis.sites):
        windows = list_window_minutes(calendar, site, kind)
        found += [(row, window, float(first), float(last)) for window, first, last in windows]
    opens = min((first for _, _, first, _ in found), default=0.0)
    return [(row, window, first - opens, last - opens) for row, window, first, last in found]


@dataclass(slots=True)
class _Unit:
    """One unit in the course of a day: ``at`` a site, maybe on its way to a visit elsewhere."""

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
        """Return the site where the unit is, on a drive the nearer one of the two."""
        if self.going_to == NO_UNIT or now < (self.left_at + self.arrives_at) / 2:
            return self.at
        return self.going_to


class _Day:
    """One day: a heap of what comes next, and sums of what was met."""

    def __init__(
        self,
        rules: _DayRules,
        windows: Sequence[tuple[int, float, float, float]],
        rng: np.random.Generator,
    ) -> None:
        self._rules, self._rng = rules, rng
        self.sums = dict.fromkeys(_SUM_NAMES, 0.0)
        self._next: list[tuple[float, int, int, int, int]] = []
        self._number = count()
        self._line: list[tuple[int, float, int]] = []
        self.sums["day"] = self._end = max((last for _, _, last, _ in windows), default=0.0)
        for row, first, last, mean in windows:
            for at in rng.uniform(first, last, int(rng.poisson(mean))).tolist():
                self._put(at, _CALL, row, int(rng.random() >= rules.deployed.urgent_share))
        self.units = [self._unit(row) for row in range(len(rules.deployed.units))]

    def run(self) -> None:
        """Go through the day."""
        for number in range(len(self.units)):
            self._go_on(number, 0.0)
        while self._next:
            now, _, kind, one, other = heappop(self._next)
            if now > self._end and kind != _CALL:
                continue
            if kind == _CALL:
                self._called(now, one, other)
            elif kind == _FREE:
                self._free(now, one)
            elif self.units[one].turn == other:
                (self._depart if kind == _DEPART else self._done)(now, one)

    def _put(self, at: float, kind: int, one: int, other: int) -> None:
        heappush(self._next, (at, next(self._number), kind, one, other))

    def _unit(self, number: int) -> _Unit:
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

    def _go_on(self, number: int, now: float) -> None:
        """Plan to leave for the next visit, those that are left spread over the rest of the day."""
        unit = self.units[number]
        if unit.visits and unit.at != NO_UNIT:
            left = self._end - now - len(unit.visits) * unit.visit_min
            gap_min = max(0.0, left) / (len(unit.visits) + 1)
            self._put(now + gap_min, _DEPART, number, unit.turn)

    def _depart(self, now: float, number: int) -> None:
        unit, rules = self.units[number], self._rules
        site = unit.visits.pop()
        drive = max(0.0, rules.travel_min[unit.at][site] - rules.turnout_min)
        unit.going_to, unit.left_at, unit.arrives_at = site, now, now + drive
        self._put(unit.arrives_at + rules.basis.loads[site].visit_min, _DONE, number, unit.turn)

    def _done(self, now: float, number: int) -> None:
        unit = self.units[number]
        unit.at, unit.going_to = unit.going_to, NO_UNIT
        self.sums["made"] += 1
        self._go_on(number, now)

    def _called(self, now: float, site: int, ordinary: int) -> None:
        rules = self._rules
        self.sums["calls"] += 1
        for number in rules.lists[1 - ordinary][site]:
            if not self.units[number].on_call:
                self._send(number, now, site, waited=False)
                return
        if rules.deployed.queue == "infinite":
            heappush(self._line, (ordinary, now, site))

    def _free(self, now: float, number: int) -> None:
        """Take the next call that waits for this unit, or go on with the visits."""
        unit = self.units[number]
        unit.on_call = False
        for ordinary, came, site in sorted(self._line):
            if number in self._rules.lists[1 - ordinary][site]:
                self._line.remove((ordinary, came, site))
                self._send(number, now, site, waited=True)
                return
        self._go_on(number, now)

    def _send(self, number: int, now: float, site: int, *, waited: bool) -> None:
        rules, unit, sums = self._rules, self.units[number], self.sums
        minutes = rules.travel_min[unit.place(now)][site]
        busy = minutes + float(self._rng.exponential(rules.basis.loads[site].call_min))
        unit.turn += 1
        if unit.going_to != NO_UNIT:
            unit.visits.insert(0, unit.going_to)
        unit.on_call, unit.at, unit.going_to = True, site, NO_UNIT
        unit.busy_min += min(busy, max(0.0, self._end - now))
        self._put(now + busy, _FREE, number, 0)
        zoned = bool(rules.deployed.is_in_zone[site])
        sums["served"] += 1
        sums["minutes"] += minutes
        sums["at_once"] += not waited
        sums["near"] += not waited and minutes <= rules.target_min
        sums["zoned"] += zoned
        sums["other"] += zoned and number != int(rules.deployed.zone_unit[site])


def _estimate_figures(
    units: Sequence[str], sums: FloatArray, busy_min: FloatArray, target_min: float
) -> SimulatedDays:
    days = len(sums)
    batch = np.arange(days) * min(days, _MAX_BATCHES) // days
    total = np.zeros((batch[-1] + 1, sums.shape[1]))
    busy = np.zeros((batch[-1] + 1, len(units)))
    np.add.at(total, batch, sums)
    np.add.at(busy, batch, busy_min)
    by_name = {name: total[:, at] for at, name in enumerate(_SUM_NAMES)}
    calls, served = by_name["calls"], by_name["served"]
    doubt = INTERVAL_DOUBT / (5 + len(units))
    return SimulatedDays(
        days=days,
        calls=int(calls.sum()),
        target_min=target_min,
        units={
            unit: estimate_ratio(busy[:, at], by_name["day"], doubt=doubt)
            for at, unit in enumerate(units)
        },
        mean_response_min=estimate_ratio(by_name["minutes"], served, doubt=doubt),
        share_within_target=estimate_share(by_name["near"], calls, doubt=doubt),
        cross_zone_share=estimate_share(by_name["other"], by_name["zoned"], doubt=doubt),
        all_busy_probability=estimate_share(calls - by_name["at_once"], calls, doubt=doubt),
        visits_made_share=estimate_share(by_name["made"], by_name["planned"], doubt=doubt),
    )
