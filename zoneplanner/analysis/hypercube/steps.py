"""How likely the states of many units are, found step by step.

Each step makes the two halves of the states follow from each other and then weighs the levels, the
counts of busy units, so that as many units leave a level upwards as come back from above. Steps
are combined as Anderson (1965) does, which takes a third of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray

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
    weights: FloatArray = np.concatenate([np.ones(1), ratio]).cumprod()
    return weights


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
