"""Larson's hypercube model without approximation, up to 15 units."""

import numpy as np
from numpy.typing import ArrayLike

from zoneplanner.analysis.hypercube.lists import Queue, read_lists
from zoneplanner.analysis.hypercube.result import Result
from zoneplanner.analysis.hypercube.states import (
    asked_before,
    at_least_busy,
    busy_in_states,
    dispatch_rates,
    probabilities,
)
from zoneplanner.errors import UserError

MOST_UNITS = 15


def solve(
    call_rates_per_h: ArrayLike,
    service_rates_per_h: ArrayLike,
    preferences: ArrayLike,
    queue: Queue = "loss",
) -> Result:
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
        There are more than 15 units, or the input makes no sense; see ``read_lists``.
    """
    lists = read_lists(call_rates_per_h, service_rates_per_h, preferences, queue)
    units = len(lists.service_per_h)
    if units > MOST_UNITS:
        raise UserError(
            f"The exact model takes up to {MOST_UNITS} units and these are {units}; "
            "use the approximation.",
            {"units": units},
        )
    before, busy = asked_before(lists), busy_in_states(units)
    rates = dispatch_rates(lists, before, busy)
    together = at_least_busy(probabilities(rates, lists.service_per_h, busy))
    alone = together[1 << np.arange(units)]
    free = (together[before] - together[before | (1 << lists.preferences)]) * lists.listed
    full = float(together[-1])
    if queue == "loss":
        return Result(lists, free, alone, full)
    capacity = float(lists.service_per_h.sum())
    load = lists.total_calls_per_h / capacity
    in_line = full * load / (1.0 - load)
    waits = full + in_line
    sent = (free + waits * lists.service_per_h[lists.preferences] / capacity) / (1.0 + in_line)
    return Result(lists, sent, (alone + in_line) / (1.0 + in_line), waits / (1.0 + in_line))
