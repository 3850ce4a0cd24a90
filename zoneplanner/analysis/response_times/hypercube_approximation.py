"""Larson's approximation of the hypercube model, for many units.

Units are taken to be busy independently of each other, and a factor that is exact for units asked
in random order corrects that (Larson 1975); service rates that differ are dealt with as Jarvis
(1985) does.
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
_FEW = 1e-7
_FIRST_PLACES = 8
"""Lists are followed until less than this share of the calls goes on."""


@dataclass(frozen=True, eq=False, slots=True)
class _BusyCounts:
    """How many units are busy where all are alike.

    ``share`` is by count, shape (units + 1,), without the time when calls wait in line, which is
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
    """The lists by place: ``units`` and, where one is named, ``listed``, shape (places, sites).

    ``listed`` is None where every place names a unit; ``length`` is by site.
    """

    units: IntArray
    listed: BoolArray | None
    length: IntArray


@dataclass(frozen=True, eq=False, slots=True)
class _CallFlow:
    """How calls go down the lists.

    ``units`` are those at each place that calls get to, shape (places, sites); ``come`` is the
    probability that a call comes to the place and finds the unit free, divided by the unit's free
    share of time, same shape; ``lost`` that it finds nobody free, shape (sites,).
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
    """Return about what ``solve_hypercube`` returns, also for many units; arguments are the same.

    Shapes: call rates (sites,), service rates (units,), preferences (sites, places).

    Lists may have fewer places than there are units. Units that share no site with the others are
    better solved apart: the factor is that of one pool.

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
    asking = _follow_calls(lists, columns, utilization, counts, _FIRST_PLACES)
    for _ in range(_MAX_ITERATIONS):
        before = utilization
        utilization = _update_utilization(lists, asking, before, counts)
        if queue == "loss" and counts.share[-1] < 1.0:
            busy = float(utilization.sum())
            counts = _count_busy(busy / (1.0 - counts.share[-1]), units, line=False)
        asking = _follow_calls(lists, columns, utilization, counts, len(asking.come))
        if np.abs(utilization - before).max() < _CONVERGED:
            break
    return _make_result(lists, asking, utilization, counts)


def _count_busy(offered: float, units: int, *, line: bool) -> _BusyCounts:
    """Return the counts where calls would keep ``offered`` units busy (Erlang)."""
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
    """Return the factors, by units asked, of “the next one is free” and “all are busy”.

    They correct the product of the utilizations of those asked, times the free share of the next;
    shapes (places,) and (places + 1,).
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
    """Follow the calls down the lists, ``places`` far or until hardly any goes on."""
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
    if going_on > _FEW * lists.total_calls_per_h:
        return _follow_calls(lists, columns, utilization, counts, 2 * places)
    free, all_busy = _compute_factors(counts, places)
    come = free[:, None] * reach[:-1]
    if listed is not None:
        come *= listed
    lost = all_busy[np.minimum(columns.length, places)] * reach[-1]
    lost[columns.length == len(utilization)] = counts.all_busy
    return _CallFlow(units, come, np.minimum(lost, 1.0))


def _update_utilization(
    lists: DispatchProblem, asking: _CallFlow, utilization: FloatArray, counts: _BusyCounts
) -> FloatArray:
    """Return the utilization that follows, scaled so that all calls that are served take time."""
    service = lists.service_per_h
    coming = (asking.come * lists.calls_per_h).ravel()
    while_free = np.bincount(asking.units.ravel(), coming, len(service)) / service
    calls = lists.total_calls_per_h
    from_line = calls * counts.all_busy / service.sum() if counts.line > 0 else 0.0
    found: FloatArray = (while_free + from_line) / (1.0 + while_free)
    served = found @ service
    if served <= 0 or not lists.whole:
        return found
    carried = calls if counts.line > 0 else float(lists.calls_per_h @ (1.0 - asking.lost))
    return np.minimum(1.0, found * (carried / served))


def _make_result(
    lists: DispatchProblem, asking: _CallFlow, utilization: FloatArray, counts: _BusyCounts
) -> HypercubeResult:
    """Return the figures; each site's chances add up to that of being served."""
    sent = (asking.come * (1.0 - utilization[asking.units])).T
    total = sent.sum(axis=1)
    waits = counts.all_busy if counts.line > 0 else 0.0
    at_once = 1.0 - waits if counts.line > 0 else 1.0 - asking.lost
    scale = np.divide(at_once, total, out=np.zeros_like(total), where=total > 0)
    sent *= scale[:, None]
    if waits > 0:
        full = np.zeros(lists.preferences.shape)
        full[:, : sent.shape[1]] = sent
        share = lists.service_per_h / lists.service_per_h.sum()
        sent = full + waits * share[lists.preferences]
    return HypercubeResult(lists, sent, utilization, counts.all_busy)
