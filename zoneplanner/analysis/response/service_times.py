"""How long calls keep units busy, given who is sent where: Larson's fixed point.

A unit that helps in another zone drives farther than at home, so it is busy longer, so that others
help more often. The mean service times and the model's answer are made to agree, as in Larson and
Odoni, *Urban Operations Research*, 5.3 (mean service time calibration).
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from zoneplanner.analysis.arrays import FloatArray

_MOST_STEPS = 50
_SETTLED = 1e-6
"""Service rates are settled when none changes by a larger part; a step leaves about a tenth."""

Answer = TypeVar("Answer")


def settle_service_rates(
    start_per_h: FloatArray, serve: Callable[[FloatArray], tuple[Answer, FloatArray, FloatArray]]
) -> tuple[Answer, FloatArray]:
    """Return the model's answer at the service rates that follow from it, and those rates.

    ``serve`` returns for some rates the answer, the calls an hour that each unit takes and the
    minutes an hour that these keep it busy; both have the shape of ``start_per_h``, as have the
    rates. A unit that takes no call keeps the rate that it starts with.
    """
    rates = start_per_h
    for _ in range(_MOST_STEPS):
        answer, taken, busy_min = serve(rates)
        busy = (taken > 0) & (busy_min > 0)
        after = 60.0 * np.divide(taken, busy_min, out=rates / 60.0, where=busy)
        change = np.abs(after / rates - 1.0).max(initial=0.0)
        rates = after
        if change < _SETTLED:
            break
    return answer, rates
