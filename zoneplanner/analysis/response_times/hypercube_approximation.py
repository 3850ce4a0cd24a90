"""Larson's approximation of the hypercube model, for many units.

Units are assumed to be busy independently of each other, and a factor that is exact for units asked
in random order corrects this (Larson 1975). Different service rates are handled as in Jarvis
(1985).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.response_times.hypercube_problem import (
    DispatchProblem,
    HypercubeResult,
    QueueKind,
    check_dispatch_problem,
)

_MAX_ITERATIONS = 500
_CONVERGED = 1e-6
_IDLE = 1e-12
_MIN_SHARE = 1e-7
"""Lists are followed until less than this share of the calls goes on."""
_FIRST_PLACES = 8


@dataclass(frozen=True, eq=False, slots=True)
class _BusyCounts:
    """The distribution of the number of busy units if all are alike.

    ``share`` is by count, shape (units + 1,), excluding the time when calls wait in line, which is
    ``line``.
    """

    share: FloatArray
    line: float

    @property
    def all_busy(self) -> float:
        """Probability that every unit is busy."""
        return float(self.share[-1]) + self.line

    @property
    def utilization(self) -> float:
        """The share of its time that a unit is busy."""
        return float(self.share @ np.linspace(0.0, 1.0, len(self.share))) + self.line


@dataclass(frozen=True, eq=False, slots=True)
class _ListsByPlace:
    """The lists by place: ``units``, and whether one is ``listed``, shape (places, sites).

    ``listed`` is None if every place names a unit; ``length`` is by site.
    """

    units: IntArray
    listed: BoolArray | None
    length: IntArray


@dataclass(frozen=True, eq=False, slots=True)
class _CallFlow:
    """The flow of calls down the lists.

    ``units`` are at each place that calls reach, shape (places, sites); ``come`` is the probability
    that a call reaches the place and finds the unit free, divided by the unit's free share of time,
    same shape; ``lost`` is the probability that no unit is free, shape (sites,).
    """

    units: IntArray
    come: FloatArray
    lost: FloatArray


def approximate_hypercube(
    call_rates_per_h: ArrayLike,
    service_rates_per_h: ArrayLike,
    preferences: ArrayLike,
    queue: QueueKind = "loss",
) -> HypercubeResult:
    """Approximate ``solve_hypercube``, also for many units; the arguments are the same.

    Shapes: call rates (sites,), service rates (units,), preferences (sites, places). Lists may have
    fewer places than there are units. Solve units that share no sites with others separately: the
    correction factor assumes one pool.

    Raises
    ------
    UserError
        The input makes no sense; see ``check_dispatch_problem``.
    """
    lists = check_dispatch_problem(call_rates_per_h, service_rates_per_h, preferences, queue)
    service, calls = lists.service_per_h, lists.total_calls_per_h
    units = len(service)
    load = calls / service.sum() if queue == "infinite" else calls / service.mean() / units
    counts = _count_busy(load * units, units, line=queue == "infinite")
    utilization = np.full(units, counts.utilization)
    columns = _transpose_lists(lists)
    flow = _follow_calls(lists, columns, utilization, counts, _FIRST_PLACES)
    for _ in range(_MAX_ITERATIONS):
        before = utilization
        utilization = _update_utilization(lists, flow, before, counts)
        if queue == "loss" and counts.share[-1] < 1.0:
            busy = float(utilization.sum())
            counts = _count_busy(busy / (1.0 - counts.share[-1]), units, line=False)
        flow = _follow_calls(lists, columns, utilization, counts, len(flow.come))
        if np.abs(utilization - before).max() < _CONVERGED:
            break
    return _make_result(lists, flow, utilization, counts)


def _count_busy(offered: float, units: int, *, line: bool) -> _BusyCounts:
    """Return the distribution if calls would keep ``offered`` units busy (Erlang)."""
    share = np.zeros(units + 1)
    if offered > 0:
        share[1:] = np.log(offered / np.arange(1, units + 1)).cumsum()
        share = np.exp(share - share.max())
    else:
        share[0] = 1.0
    load = offered / units
    waits = float(share[-1]) * load / (1.0 - load) if line else 0.0
    total = float(share.sum()) + waits
    return _BusyCounts(share / total, waits / total)


def _compute_factors(counts: _BusyCounts, places: int) -> tuple[FloatArray, FloatArray]:
    """Return the correction factors of “the next unit is free” and “all are busy”, by units asked.

    They correct the product of the utilizations of the units asked, times the free share of the
    next; shapes (places,) and (places + 1,).
    """
    units, utilization = len(counts.share) - 1, counts.utilization
    if utilization < _IDLE:
        return np.ones(places), np.ones(places + 1)
    number, asked = np.arange(units + 1), np.arange(places)[:, None]
    chance = np.empty((places + 1, units + 1))
    chance[0] = counts.share
    chance[1:] = np.maximum(0, number - asked) / ((units - asked) * utilization)
    chance = chance.cumprod(axis=0)
    idle = chance[:-1] @ (units - number) / (units - asked[:, 0])
    free = np.divide(idle, 1.0 - utilization, out=np.zeros(places), where=idle > 0)
    return free, chance.sum(axis=1) + counts.line / utilization ** np.arange(places + 1)


def _transpose_lists(lists: DispatchProblem) -> _ListsByPlace:
    return _ListsByPlace(
        np.ascontiguousarray(lists.preferences.T),
        None if lists.listed.all() else np.ascontiguousarray(lists.listed.T),
        lists.length,
    )


def _follow_calls(
    lists: DispatchProblem,
    columns: _ListsByPlace,
    utilization: FloatArray,
    counts: _BusyCounts,
    places: int,
) -> _CallFlow:
    """Follow the calls down the lists for ``places`` places, or until hardly any go on."""
    longest, sites = columns.units.shape
    places = min(places, longest)
    units = columns.units[:places]
    listed = None if columns.listed is None else columns.listed[:places]
    busy = utilization.take(units)
    if listed is not None:
        busy[~listed] = 1.0
    reach = np.ones((places + 1, sites))
    for place in range(places):
        np.multiply(reach[place], busy[place], out=reach[place + 1])
    going_on = reach[-1] @ (lists.calls_per_h * (columns.length > places))
    if going_on > _MIN_SHARE * lists.total_calls_per_h:
        return _follow_calls(lists, columns, utilization, counts, 2 * places)
    free, all_busy = _compute_factors(counts, places)
    come = free[:, None] * reach[:-1]
    if listed is not None:
        come *= listed
    lost = all_busy[np.minimum(columns.length, places)] * reach[-1]
    lost[columns.length == len(utilization)] = counts.all_busy
    return _CallFlow(units, come, np.minimum(lost, 1.0))


def _update_utilization(
    lists: DispatchProblem, flow: _CallFlow, utilization: FloatArray, counts: _BusyCounts
) -> FloatArray:
    """Return the utilization that follows, scaled to the total time of all served calls."""
    service = lists.service_per_h
    coming = (flow.come * lists.calls_per_h).ravel()
    while_free = np.bincount(flow.units.ravel(), coming, len(service)) / service
    calls = lists.total_calls_per_h
    from_line = calls * counts.all_busy / service.sum() if counts.line > 0 else 0.0
    updated: FloatArray = (while_free + from_line) / (1.0 + while_free)
    served = updated @ service
    if served <= 0 or not lists.is_complete:
        return updated
    carried = calls if counts.line > 0 else float(lists.calls_per_h @ (1.0 - flow.lost))
    return np.minimum(1.0, updated * (carried / served))


def _make_result(
    lists: DispatchProblem, flow: _CallFlow, utilization: FloatArray, counts: _BusyCounts
) -> HypercubeResult:
    """Return the figures, scaled so that each site's probabilities add up to being served."""
    sent = (flow.come * (1.0 - utilization[flow.units])).T
    total = sent.sum(axis=1)
    waits = counts.all_busy if counts.line > 0 else 0.0
    at_once = 1.0 - waits if counts.line > 0 else 1.0 - flow.lost
    scale = np.divide(at_once, total, out=np.zeros_like(total), where=total > 0)
    sent *= scale[:, None]
    if waits > 0:
        full = np.zeros(lists.preferences.shape)
        full[:, : sent.shape[1]] = sent
        share = lists.service_per_h / lists.service_per_h.sum()
        sent = full + waits * share[lists.preferences]
    return HypercubeResult(lists, sent, utilization, counts.all_busy)
