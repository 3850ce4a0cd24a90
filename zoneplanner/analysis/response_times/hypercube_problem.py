"""The input of a queueing model, checked: rates and preference lists; and its result."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.errors import UserError

QueueKind = Literal["loss", "infinite"]

_LIST_END = -1


@dataclass(frozen=True, eq=False, slots=True)
class DispatchProblem:
    """Calls, units and the order in which units are asked.

    Attributes
    ----------
    calls_per_h, service_per_h
        Shapes (sites,) and (units,).
    preferences
        Units in the order in which they are asked, shape (sites, places); 0 after a row's end.
    listed
        Whether ``preferences`` names a unit, same shape.
    """

    calls_per_h: FloatArray
    service_per_h: FloatArray
    preferences: IntArray
    listed: BoolArray

    @property
    def total_calls_per_h(self) -> float:
        """Calls an hour of all sites."""
        return float(self.calls_per_h.sum())

    @property
    def length(self) -> IntArray:
        """The number of units in each list, shape (sites,)."""
        return np.asarray(self.listed.sum(axis=1))

    @property
    def is_complete(self) -> bool:
        """Whether every list names every unit."""
        return self.listed.shape[1] == len(self.service_per_h) and bool(self.listed.all())


def check_dispatch_problem(
    call_rates_per_h: ArrayLike, service_rates_per_h: ArrayLike, preferences: ArrayLike, queue: str
) -> DispatchProblem:
    """Return the input of a model as checked arrays.

    Shapes: call rates (sites,), service rates (units,), preferences (sites, places).

    Raises
    ------
    UserError
        A rate is negative or not a number, a list names a unit twice or an unknown unit, or the
        line is infinite and a list ends early or more calls come than can be served.
    """
    calls = _check_rates(call_rates_per_h, "call rate", "site")
    service = _check_rates(service_rates_per_h, "service rate", "unit")
    if not len(service):
        raise UserError("no_units")
    if service.min() == 0.0:
        unit = int(service.argmin())
        raise UserError("zero_service_rate", unit=unit)
    order, listed = _check_preferences(preferences, len(calls), len(service))
    if queue == "infinite":
        _check_line(calls, service, listed)
    elif queue != "loss":
        raise UserError("unknown_queue", queue=queue)
    return DispatchProblem(calls, service, order, listed)


def _check_rates(given: ArrayLike, what: str, whose: str) -> FloatArray:
    try:
        rates = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise UserError("bad_rates.not_numbers", what=what, whose=whose) from None
    if rates.ndim != 1:
        raise UserError("bad_rates.axes", what=what, ndim=rates.ndim, whose=whose)
    is_valid = (rates >= 0) & (rates < np.inf)
    if not is_valid.all():
        row = int(is_valid.argmin())
        facts = {whose: row, "what": what, "whose": whose, "at": row, "rate": float(rates[row])}
        raise UserError("bad_rates.negative", facts)
    return rates


def _check_preferences(given: ArrayLike, sites: int, units: int) -> tuple[IntArray, BoolArray]:
    try:
        order = np.asarray(given)
    except ValueError:
        raise UserError("bad_preferences.lengths") from None
    if order.ndim != 2 or order.shape[0] != sites or order.shape[1] > units:
        raise UserError("wrong_shape.preferences", shape=order.shape, sites=sites, units=units)
    if order.dtype.kind not in "iu" and order.size:
        raise UserError("bad_preferences.not_whole")
    order = order.astype(np.int64)
    wrong = (order < _LIST_END) | (order >= units)
    if wrong.any():
        site = int(wrong.any(axis=1).argmax())
        raise UserError(
            "unknown_unit.preferences",
            site=site,
            unit=int(order[site][wrong[site]][0]),
            last=units - 1,
        )
    listed = order >= 0
    if not listed.all():
        listed = np.logical_and.accumulate(listed, axis=1)
        order = np.where(listed, order, 0)
    _check_repeats(order, listed, units)
    return order, listed


def _check_repeats(order: IntArray, listed: BoolArray, units: int) -> None:
    named = np.zeros(len(order) * units, dtype=bool)
    named[(np.arange(len(order))[:, None] * units + order)[listed]] = True
    if np.count_nonzero(named) == np.count_nonzero(listed):
        return
    site = int((named.reshape(-1, units).sum(axis=1) < listed.sum(axis=1)).argmax())
    raise UserError("unit_listed_twice", site=site)


def _check_line(calls: FloatArray, service: FloatArray, listed: BoolArray) -> None:
    short = listed.sum(axis=1) < len(service)
    if short.any():
        site = int(short.argmax())
        raise UserError("line_needs_all_units.preferences", site=site)
    come, served = float(calls.sum()), float(service.sum())
    if come >= served:
        raise UserError("too_many_calls.queue", calls=come, service=served)


@dataclass(frozen=True, eq=False, slots=True)
class HypercubeResult:
    """Long-run figures of units that answer calls; shares and probabilities run 0 to 1.

    Attributes
    ----------
    lists
        The checked input.
    sent_by_place
        Probability that a call at the site is answered by the unit at a place of its list, shape
        (sites, places).
    utilization
        Share of time that each unit is busy, shape (units,).
    all_busy
        Probability that every unit is busy.
    """

    lists: DispatchProblem
    sent_by_place: FloatArray
    utilization: FloatArray
    all_busy: float

    @property
    def sent(self) -> FloatArray:
        """Probability that a call at the site is answered by the unit, shape (units, sites)."""
        sites, places = self.sent_by_place.shape
        units = len(self.utilization)
        where = self.lists.preferences[:, :places] * sites + np.arange(sites)[:, None]
        flat = np.bincount(where.ravel(), self.sent_by_place.ravel(), units * sites)
        return np.asarray(flat, dtype=np.float64).reshape(units, sites)

    @property
    def lost(self) -> FloatArray:
        """Probability that no unit of the site's list is free, shape (sites,); 0 if calls wait."""
        return np.asarray(np.maximum(0.0, 1.0 - self.sent_by_place.sum(axis=1)))

    @property
    def lost_share(self) -> float:
        """Share of all calls that are lost."""
        calls = self.lists.total_calls_per_h
        return float(self.lists.calls_per_h @ self.lost) / calls if calls > 0 else 0.0

    @property
    def dispatch_share(self) -> FloatArray:
        """Share of all served calls by unit and site, shape (units, sites).

        It sums to 1, or is all 0 if no call is served.
        """
        served = self.sent * self.lists.calls_per_h
        total = float(served.sum())
        return served / total if total > 0 else served
