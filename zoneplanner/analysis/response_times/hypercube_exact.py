"""The hypercube model solved exactly: how likely each set of busy units is (Larson 1974).

Up to seven units the balance equations are solved at once, more step by step.

Each step makes the two halves of the states follow from each other and then weighs the levels, the
counts of busy units, so that as many units leave a level upwards as come back from above. Steps
are combined as Anderson (1965) does, which takes a third of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.response_times.hypercube_problem import (
    HypercubeResult,
    QueueKind,
    check_dispatch_problem,
)
from zoneplanner.errors import UserError

_MAX_ITERATIONS = 2000
_CONVERGED = 1e-12
_ANDERSON_DEPTH = 6


@dataclass(frozen=True, eq=False, slots=True)
class _StateHalf:
    """The states with an even or an odd count of busy units, in order.

    Attributes
    ----------
    states, level
        The states and how many units are busy in each, shape (states,).
    origins
        From which place in the other half each is entered by a change of each unit, shape
        (units, states).
    calls, ends
        Calls taken and ended an hour in each, shape (systems, states), or (states,) of one.
    entering
        The rate at which each is entered by a change of each unit, shape (systems, units,
        states), or (units, states) of one.
    """

    states: IntArray
    level: IntArray
    origins: IntArray
    calls: FloatArray
    ends: FloatArray
    entering: FloatArray

    def alone(self, system: int) -> "_StateHalf":
        """Return this half of one of the systems."""
        return replace(
            self,
            calls=self.calls[system],
            ends=self.ends[system],
            entering=self.entering[system],
        )

    @property
    def leaving(self) -> FloatArray:
        """The rate at which each state is left, an hour."""
        return self.calls + self.ends


def _solve_iteratively(even: _StateHalf, odd: _StateHalf) -> tuple[FloatArray, FloatArray]:
    """Return how likely the states of one system are, up to a factor that both halves share."""
    to_even, to_odd = _make_step(even), _make_step(odd)
    found = np.full(len(even.states), 1.0 / len(even.states))
    tried: list[FloatArray] = []
    errors: list[FloatArray] = []
    for _ in range(_MAX_ITERATIONS):
        between = to_odd(found)
        after = to_even(between * _balance_levels(even, odd, found, between)[odd.level])
        after /= after.sum()
        error = after - found
        if np.abs(error).sum() < _CONVERGED:
            break
        tried, errors = [*tried, after][-_ANDERSON_DEPTH:], [*errors, error][-_ANDERSON_DEPTH:]
        found = _mix_steps(tried, errors)
    return after, to_odd(after)


def _make_step(half: _StateHalf) -> Callable[[FloatArray], FloatArray]:
    """Return the step that gives a half its balance from the other half."""
    from scipy.sparse import csr_array

    units, states = half.entering.shape
    starts = np.arange(states + 1) * units
    flows = csr_array(
        ((half.entering / half.leaving).T.ravel(), half.origins.T.ravel(), starts),
        shape=(states, states),
    )
    return lambda other: flows @ other


def _balance_levels(
    even: _StateHalf, odd: _StateHalf, at_even: FloatArray, at_odd: FloatArray
) -> FloatArray:
    """Return the factor of each level that balances it with the next, shape (units + 1,)."""
    levels = len(even.entering) + 1

    def by_level(of_even: FloatArray, of_odd: FloatArray) -> FloatArray:
        sums = np.bincount(even.level, of_even, levels)
        return np.asarray(sums + np.bincount(odd.level, of_odd, levels), dtype=np.float64)

    up = by_level(at_even * even.calls, at_odd * odd.calls)[:-1]
    down = by_level(at_even * even.ends, at_odd * odd.ends)[1:]
    ratio = np.divide(up, down, out=np.zeros_like(up), where=down > 0)
    return np.asarray(np.concatenate([np.ones(1), ratio]).cumprod())


def _mix_steps(tried: list[FloatArray], errors: list[FloatArray]) -> FloatArray:
    """Mix the last steps so that their errors cancel best; a mix below zero is not taken."""
    last = tried[-1]
    if len(errors) < 2:
        return last
    turns = np.diff(np.array(errors), axis=0)
    sizes = turns @ turns.T
    sizes[np.diag_indices_from(sizes)] *= 1 + 1e-12
    share, *_ = np.linalg.lstsq(sizes, turns @ errors[-1], rcond=None)
    mixed: FloatArray = last - share @ np.diff(np.array(tried), axis=0)
    return mixed if mixed.min() >= 0 else last


_MAX_DIRECT_UNITS = 7
"""Up to this many units the balance is solved at once, beyond them step by step.

Larger systems go to several threads of the linear algebra, which wait long for busy cores.
"""


def _find_asked_before(preferences: IntArray, listed: BoolArray) -> IntArray:
    """Return for each place in the lists the set of units that are asked before it."""
    bits = np.where(listed, 1 << preferences, 0)
    return bits.cumsum(axis=-1) - bits


def _list_busy_units(units: int) -> BoolArray:
    """Tell which units are busy in each state, shape (units, states)."""
    return (np.arange(1 << units) >> np.arange(units)[:, None] & 1).astype(bool)


def _compute_dispatch_rates(
    calls_per_h: FloatArray, preferences: IntArray, before: IntArray, busy: BoolArray
) -> FloatArray:
    """Return the calls an hour that each unit is sent to in each state.

    A unit takes a site's call in all states where it is free and those asked before it are busy.

    Parameters
    ----------
    calls_per_h
        Of the site for each place of its list, 0 beyond its end, shape (systems, sites, places).
    preferences, before
        The units and those asked before them, same shape.
    busy
        As from ``_list_busy_units``, shape (units, states).

    Returns
    -------
    Shape (systems, units, states).
    """
    units, states = busy.shape
    systems = len(preferences)
    unit = np.arange(systems)[:, None, None] * units + preferences
    where = unit * states + before
    summed = np.bincount(where.ravel(), calls_per_h.ravel(), systems * units * states)
    rates = np.asarray(summed, dtype=np.float64)
    for bit in range(units):
        halves = rates.reshape(-1, 2, 1 << bit)
        with_unit = halves[:, 1]
        with_unit += halves[:, 0]
    rates = rates.reshape(systems, units, states)
    np.copyto(rates, 0.0, where=busy)
    return rates


def _compute_state_probabilities(
    rates: FloatArray, service_per_h: FloatArray, busy: BoolArray
) -> FloatArray:
    """Return how likely each state is where nobody waits in line, shape (systems, states)."""
    even, odd = _split_halves(rates, service_per_h, busy)
    found = np.zeros((len(rates), busy.shape[1]))
    if len(busy) <= _MAX_DIRECT_UNITS:
        found[:, even.states], found[:, odd.states] = _solve_directly(even, odd)
    else:
        for number, row in enumerate(found):
            if rates[number].any():
                of_even, of_odd = _solve_iteratively(even.alone(number), odd.alone(number))
                total = of_even.sum() + of_odd.sum()
                row[even.states], row[odd.states] = of_even / total, of_odd / total
            else:
                row[0] = 1.0
    return found


def _sum_over_supersets(probability: FloatArray) -> FloatArray:
    """Return for each set of units how likely it is that all of them are busy."""
    found = probability.copy()
    unit = 1
    while unit < probability.shape[-1]:
        halves = found.reshape(-1, 2, unit)
        without_unit = halves[:, 0]
        without_unit += halves[:, 1]
        unit *= 2
    return found


def _split_halves(
    rates: FloatArray, service_per_h: FloatArray, busy: BoolArray
) -> tuple[_StateHalf, _StateHalf]:
    units, states = busy.shape
    level = busy.sum(axis=0)
    calls, ends = rates.sum(axis=1), service_per_h @ busy
    one_away = np.arange(states) ^ (1 << np.arange(units))[:, None]
    from_below = one_away + states * np.arange(units)[:, None]
    taken = rates.reshape(len(rates), -1).take(from_below, axis=1)
    entering = np.where(busy, taken, service_per_h[:, :, None])
    origins = one_away >> 1

    def half(own: IntArray) -> _StateHalf:
        return _StateHalf(
            states=own,
            level=level[own],
            origins=origins.take(own, axis=1),
            calls=calls.take(own, axis=1),
            ends=ends.take(own, axis=1),
            entering=entering.take(own, axis=2),
        )

    odd = level & 1
    return half(np.flatnonzero(odd == 0)), half(np.flatnonzero(odd))


def _solve_directly(even: _StateHalf, odd: _StateHalf) -> tuple[FloatArray, FloatArray]:
    """Solve the balance of the even states alone: the odd ones follow from them."""
    here = np.arange(len(even.states))
    to_even, to_odd = np.zeros((2, len(even.calls), len(here), len(here)))
    to_even[:, here, even.origins] = even.entering
    to_odd[:, here, odd.origins] = odd.entering / odd.leaving[:, None]
    balance = to_even @ to_odd
    balance[:, here, here] -= even.leaving
    balance[:, 0] = 1.0 + to_odd.sum(axis=1)
    total = np.zeros((len(here), 1))
    total[0] = 1.0
    found = np.asarray(np.linalg.solve(balance, total), dtype=np.float64)
    return found[:, :, 0], np.asarray(to_odd @ found, dtype=np.float64)[:, :, 0]


MAX_EXACT_UNITS = 15


def solve_hypercube(
    call_rates_per_h: ArrayLike,
    service_rates_per_h: ArrayLike,
    preferences: ArrayLike,
    queue: QueueKind = "loss",
) -> HypercubeResult:
    """Return the long-run figures of units that answer calls from sites (Larson 1974).

    Calls come as Poisson streams, service times are exponential. A call goes to the first free
    unit of its site's list.

    Parameters
    ----------
    call_rates_per_h
        Calls an hour of each site, shape (sites,).
    service_rates_per_h
        Calls an hour that each unit could end one after the other, shape (units,).
    preferences
        Units in the order in which they are asked, shape (sites, units), whole numbers from 0;
        -1 ends a row early, the units left out never go there.
    queue
        ``"loss"``: a call that finds nobody free is lost to the units; ``"infinite"``: it waits,
        first come first served.

    Raises
    ------
    UserError
        There are more than 15 units, or the input makes no sense; see ``check_dispatch_problem``.
    """
    lists = check_dispatch_problem(call_rates_per_h, service_rates_per_h, preferences, queue)
    units = len(lists.service_per_h)
    if units > MAX_EXACT_UNITS:
        raise UserError("too_many_units", units=units, most=MAX_EXACT_UNITS)
    free, alone, full = compute_free_probabilities(
        lists.calls_per_h[None],
        lists.service_per_h[None],
        lists.preferences[None],
        lists.listed[None],
    )
    if queue == "loss":
        return HypercubeResult(lists, free[0], alone[0], float(full[0]))
    capacity = float(lists.service_per_h.sum())
    load = lists.total_calls_per_h / capacity
    in_line = float(full[0]) * load / (1.0 - load)
    waits = float(full[0]) + in_line
    sent = free[0] + waits * lists.service_per_h[lists.preferences] / capacity
    return HypercubeResult(
        lists,
        sent / (1.0 + in_line),
        (alone[0] + in_line) / (1.0 + in_line),
        waits / (1.0 + in_line),
    )


def compute_free_probabilities(
    calls_per_h: FloatArray, service_per_h: FloatArray, preferences: IntArray, listed: BoolArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Solve systems of equal size together, without a line; nothing is looked over.

    Parameters
    ----------
    calls_per_h, service_per_h
        Shapes (systems, sites) and (systems, units).
    preferences, listed
        As in ``DispatchProblem``, shape (systems, sites, places).

    Returns
    -------
    The probability that all units asked before are busy and this one is free, same shape as the
    lists; the utilization, shape (systems, units); and that all units are busy, shape (systems,).
    """
    units = service_per_h.shape[1]
    before, busy = _find_asked_before(preferences, listed), _list_busy_units(units)
    rates = _compute_dispatch_rates(calls_per_h[:, :, None] * listed, preferences, before, busy)
    together = _sum_over_supersets(_compute_state_probabilities(rates, service_per_h, busy))
    row = np.arange(len(together))[:, None, None] << units
    busy_too = together.take(row + (before | (1 << preferences)))
    free = (together.take(row + before) - busy_too) * listed
    return free, together[:, 1 << np.arange(units)], together[:, -1]
