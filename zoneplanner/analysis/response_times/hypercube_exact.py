"""The hypercube model solved exactly: the probability of each set of busy units (Larson 1974).

For up to seven units the balance equations are solved directly, for more iteratively. Each step
computes the two halves of the states from each other and then weights the levels, the counts of
busy units, so that the flows up and down between levels balance. Anderson mixing (1965) of the
steps cuts their number to a third.
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
    """The states with an even or an odd number of busy units, in order.

    Attributes
    ----------
    states, level
        The states and the number of busy units in each, shape (states,).
    origins
        The index in the other half from which each is entered by a change of each unit, shape
        (units, states).
    calls, ends
        Calls taken and ended an hour in each, shape (systems, states), or (states,) for one system.
    entering
        The rate at which each is entered by a change of each unit, shape (systems, units, states),
        or (units, states) for one system.
    """

    states: IntArray
    level: IntArray
    origins: IntArray
    calls: FloatArray
    ends: FloatArray
    entering: FloatArray

    def select(self, system: int) -> "_StateHalf":
        """Return this half of one of the systems."""
        calls, ends, entering = self.calls[system], self.ends[system], self.entering[system]
        return replace(self, calls=calls, ends=ends, entering=entering)

    @property
    def leaving(self) -> FloatArray:
        """The hourly rate at which each state is left."""
        return self.calls + self.ends


def _solve_iteratively(even: _StateHalf, odd: _StateHalf) -> tuple[FloatArray, FloatArray]:
    """Return the probabilities of one system's states, up to a common factor."""
    to_even, to_odd = _make_step(even), _make_step(odd)
    present = np.full(len(even.states), 1.0 / len(even.states))
    steps: list[FloatArray] = []
    errors: list[FloatArray] = []
    for _ in range(_MAX_ITERATIONS):
        between = to_odd(present)
        after = to_even(between * _balance_levels(even, odd, present, between)[odd.level])
        after /= after.sum()
        error = after - present
        if np.abs(error).sum() < _CONVERGED:
            break
        steps, errors = [*steps, after][-_ANDERSON_DEPTH:], [*errors, error][-_ANDERSON_DEPTH:]
        present = _mix_steps(steps, errors)
    return after, to_odd(after)


def _make_step(half: _StateHalf) -> Callable[[FloatArray], FloatArray]:
    """Return the step that computes a half's balance from the other half."""
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
    """Return the factor that balances each level with the next, shape (units + 1,)."""
    levels = len(even.entering) + 1

    def sum_levels(of_even: FloatArray, of_odd: FloatArray) -> FloatArray:
        sums = np.bincount(even.level, of_even, levels)
        return np.asarray(sums + np.bincount(odd.level, of_odd, levels), dtype=np.float64)

    up = sum_levels(at_even * even.calls, at_odd * odd.calls)[:-1]
    down = sum_levels(at_even * even.ends, at_odd * odd.ends)[1:]
    ratio = np.divide(up, down, out=np.zeros_like(up), where=down > 0)
    return np.asarray(np.concatenate([np.ones(1), ratio]).cumprod())


def _mix_steps(steps: list[FloatArray], errors: list[FloatArray]) -> FloatArray:
    """Mix the last steps so that their errors cancel best; a negative mix is not used."""
    last = steps[-1]
    if len(errors) < 2:
        return last
    changes = np.diff(np.array(errors), axis=0)
    gram = changes @ changes.T
    gram[np.diag_indices_from(gram)] *= 1 + 1e-12
    share, *_ = np.linalg.lstsq(gram, changes @ errors[-1], rcond=None)
    mixed: FloatArray = last - share @ np.diff(np.array(steps), axis=0)
    return mixed if mixed.min() >= 0 else last


_MAX_DIRECT_UNITS = 7
"""Up to this many units the balance is solved directly, beyond them iteratively.

Linear algebra uses several threads for larger systems, which wait long for busy cores.
"""


def _find_asked_before(preferences: IntArray, listed: BoolArray) -> IntArray:
    """Return, for each place in the lists, the set of units that are asked before it."""
    bits = np.where(listed, 1 << preferences, 0)
    return bits.cumsum(axis=-1) - bits


def _list_busy_units(units: int) -> BoolArray:
    """Return which units are busy in each state, shape (units, states)."""
    return (np.arange(1 << units) >> np.arange(units)[:, None] & 1).astype(bool)


def _compute_dispatch_rates(
    calls_per_h: FloatArray, preferences: IntArray, before: IntArray, busy: BoolArray
) -> FloatArray:
    """Return the calls an hour that each unit is sent to in each state.

    A unit takes a site's call in all states in which it is free and all units asked before it are
    busy.

    Parameters
    ----------
    calls_per_h
        The site's, for each place of its list, 0 beyond its end, shape (systems, sites, places).
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
    """Return the probability of each state if no call waits in line, shape (systems, states)."""
    even, odd = _split_halves(rates, service_per_h, busy)
    probability = np.zeros((len(rates), busy.shape[1]))
    if len(busy) <= _MAX_DIRECT_UNITS:
        probability[:, even.states], probability[:, odd.states] = _solve_directly(even, odd)
    else:
        for number, row in enumerate(probability):
            if rates[number].any():
                of_even, of_odd = _solve_iteratively(even.select(number), odd.select(number))
                total = of_even.sum() + of_odd.sum()
                row[even.states], row[odd.states] = of_even / total, of_odd / total
            else:
                row[0] = 1.0
    return probability


def _sum_over_supersets(probability: FloatArray) -> FloatArray:
    """Return, for each set of units, the probability that all of them are busy."""
    sums = probability.copy()
    unit = 1
    while unit < probability.shape[-1]:
        halves = sums.reshape(-1, 2, unit)
        without_unit = halves[:, 0]
        without_unit += halves[:, 1]
        unit *= 2
    return sums


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
    """Solve the balance of the even states only: the odd ones follow from them."""
    states = np.arange(len(even.states))
    to_even, to_odd = np.zeros((2, len(even.calls), len(states), len(states)))
    to_even[:, states, even.origins] = even.entering
    to_odd[:, states, odd.origins] = odd.entering / odd.leaving[:, None]
    balance = to_even @ to_odd
    balance[:, states, states] -= even.leaving
    balance[:, 0] = 1.0 + to_odd.sum(axis=1)  # replaces a redundant row: probabilities sum to 1
    total = np.zeros((len(states), 1))
    total[0] = 1.0
    solution = np.asarray(np.linalg.solve(balance, total), dtype=np.float64)
    return solution[:, :, 0], np.asarray(to_odd @ solution, dtype=np.float64)[:, :, 0]


MAX_EXACT_UNITS = 15


def solve_hypercube(
    call_rates_per_h: ArrayLike,
    service_rates_per_h: ArrayLike,
    preferences: ArrayLike,
    queue: QueueKind = "loss",
) -> HypercubeResult:
    """Return the long-run figures of units that answer calls from sites (Larson 1974).

    Calls are Poisson streams, service times exponential. A call goes to the first free unit of its
    site's list.

    Parameters
    ----------
    call_rates_per_h
        Calls an hour of each site, shape (sites,).
    service_rates_per_h
        Calls an hour that each unit could handle, shape (units,).
    preferences
        Units in the order in which they are asked, shape (sites, units), integers from 0; -1 ends
        a row early, and units that are left out never go there.
    queue
        ``"loss"``: a call without a free unit is lost; ``"infinite"``: it waits, first come, first
        served.

    Raises
    ------
    UserError
        There are more than 15 units, or the input is invalid; see ``check_dispatch_problem``.
    """
    lists = check_dispatch_problem(call_rates_per_h, service_rates_per_h, preferences, queue)
    units = len(lists.service_per_h)
    if units > MAX_EXACT_UNITS:
        raise UserError("too_many_units", units=units, most=MAX_EXACT_UNITS)
    free, utilization, full = compute_free_probabilities(
        lists.calls_per_h[None],
        lists.service_per_h[None],
        lists.preferences[None],
        lists.listed[None],
    )
    if queue == "loss":
        return HypercubeResult(lists, free[0], utilization[0], float(full[0]))
    capacity = float(lists.service_per_h.sum())
    load = lists.total_calls_per_h / capacity
    in_line = float(full[0]) * load / (1.0 - load)
    waits = float(full[0]) + in_line
    sent = free[0] + waits * lists.service_per_h[lists.preferences] / capacity
    return HypercubeResult(
        lists,
        sent / (1.0 + in_line),
        (utilization[0] + in_line) / (1.0 + in_line),
        waits / (1.0 + in_line),
    )


def compute_free_probabilities(
    calls_per_h: FloatArray, service_per_h: FloatArray, preferences: IntArray, listed: BoolArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Solve systems of equal size together, without a line; the input is not checked.

    Parameters
    ----------
    calls_per_h, service_per_h
        Shapes (systems, sites) and (systems, units).
    preferences, listed
        As in ``DispatchProblem``, shape (systems, sites, places).

    Returns
    -------
    The probability that all units asked before are busy and this one is free, same shape as the
    lists; the utilization, shape (systems, units); and the probability that all units are busy,
    shape (systems,).
    """
    units = service_per_h.shape[1]
    before, busy = _find_asked_before(preferences, listed), _list_busy_units(units)
    rates = _compute_dispatch_rates(calls_per_h[:, :, None] * listed, preferences, before, busy)
    all_busy = _sum_over_supersets(_compute_state_probabilities(rates, service_per_h, busy))
    row = np.arange(len(all_busy))[:, None, None] << units
    busy_too = all_busy.take(row + (before | (1 << preferences)))
    free = (all_busy.take(row + before) - busy_too) * listed
    return free, all_busy[:, 1 << np.arange(units)], all_busy[:, -1]
