"""The states of the model, one for each set of busy units, and how likely each is.

State ``s`` is a whole number whose bit ``n`` tells that unit ``n`` is busy. Every call and every
end of one changes the count of busy units by one, so states with an even count are entered from
those with an odd count and the other way round; ``s >> 1`` numbers the states of each half. The
first axis of the arrays tells systems apart that are solved together.
"""

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.hypercube.steps import _solve_iteratively, _StateHalf

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
        As from ``busy_in_states``.

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
