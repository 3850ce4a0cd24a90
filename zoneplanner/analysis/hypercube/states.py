"""The states of the model, one for each set of busy units, and how likely each is.

State ``s`` is a whole number whose bit ``n`` tells that unit ``n`` is busy. Every call and every
end of one changes the count of busy units by one, so states with an even count are entered from
those with an odd count and the other way round; ``s >> 1`` numbers the states of each half.
"""

import numpy as np

from zoneplanner.analysis.hypercube.lists import Bools, Floats, Ints, Lists
from zoneplanner.analysis.hypercube.steps import Half, converge

AT_ONCE_UNITS = 7
"""Up to this many units the balance is solved at once, beyond them step by step.

Larger systems go to several threads of the linear algebra, which wait long for busy cores.
"""


def asked_before(lists: Lists) -> Ints:
    """Return for each place in the lists the set of units that are asked before it."""
    bits = np.where(lists.listed, 1 << lists.preferences, 0)
    return bits.cumsum(axis=1) - bits


def busy_in_states(units: int) -> Bools:
    """Tell which units are busy in each state, shape (units, states)."""
    return (np.arange(1 << units) >> np.arange(units)[:, None] & 1).astype(bool)


def dispatch_rates(lists: Lists, before: Ints, busy: Bools) -> Floats:
    """Return the calls an hour that each unit is sent to in each state, shape (units, states).

    A unit takes a site's call in all states where it is free and those asked before it are busy.
    """
    units = len(lists.service_per_h)
    calls = lists.calls_per_h[:, None] * lists.listed
    where = (lists.preferences << units) + before
    summed = np.bincount(where.ravel(), weights=calls.ravel(), minlength=units << units)
    rates = np.asarray(summed, dtype=np.float64)
    for unit in range(units):
        halves = rates.reshape(-1, 2, 1 << unit)
        with_unit = halves[:, 1]
        with_unit += halves[:, 0]
    rates = rates.reshape(units, -1)
    rates[busy] = 0.0
    return rates


def probabilities(rates: Floats, service_per_h: Floats, busy: Bools) -> Floats:
    """Return how likely each state is where nobody waits in line, shape (states,)."""
    found = np.zeros(rates.shape[1])
    if not rates.any():
        found[0] = 1.0
        return found
    even, odd = _halves(rates, service_per_h, busy)
    solve = _at_once if len(rates) <= AT_ONCE_UNITS else converge
    found[even.states], found[odd.states] = solve(even, odd)
    found /= found.sum()
    return found


def at_least_busy(probability: Floats) -> Floats:
    """Return for each set of units how likely it is that all of them are busy."""
    found = probability.copy()
    unit = 1
    while unit < len(found):
        halves = found.reshape(-1, 2, unit)
        without_unit = halves[:, 0]
        without_unit += halves[:, 1]
        unit *= 2
    return found


def _halves(rates: Floats, service_per_h: Floats, busy: Bools) -> tuple[Half, Half]:
    units, states = rates.shape
    level = busy.sum(axis=0)
    calls, ends = rates.sum(axis=0), service_per_h @ busy
    one_away = np.arange(states) ^ (1 << np.arange(units))[:, None]
    taken = rates.take(one_away + states * np.arange(units)[:, None])
    entering = np.where(busy, taken, service_per_h[:, None])
    origins = one_away >> 1

    def half(own: Ints) -> Half:
        return Half(
            states=own,
            level=level[own],
            calls=calls[own],
            ends=ends[own],
            entering=entering.take(own, axis=1),
            origins=origins.take(own, axis=1),
        )

    odd = level & 1
    return half(np.flatnonzero(odd == 0)), half(np.flatnonzero(odd))


def _at_once(even: Half, odd: Half) -> tuple[Floats, Floats]:
    """Solve the balance of the even states alone: the odd ones follow from them."""
    here = np.arange(len(even.states))
    to_even, to_odd = np.zeros((2, len(here), len(here)))
    to_even[here, even.origins] = even.entering
    to_odd[here, odd.origins] = odd.entering / odd.leaving
    balance = to_even @ to_odd
    balance[here, here] -= even.leaving
    balance[0] = 1.0 + to_odd.sum(axis=0)
    total = np.zeros(len(here))
    total[0] = 1.0
    found = np.asarray(np.linalg.solve(balance, total), dtype=np.float64)
    return found, np.asarray(to_odd @ found, dtype=np.float64)
