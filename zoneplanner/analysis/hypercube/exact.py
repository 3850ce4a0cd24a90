"""Larson's hypercube model without approximation, up to 15 units."""

import numpy as np
from numpy.typing import ArrayLike

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.hypercube.lists import QueueKind, check_dispatch_problem
from zoneplanner.analysis.hypercube.result import HypercubeResult
from zoneplanner.analysis.hypercube.states import (
    _compute_dispatch_rates,
    _compute_state_probabilities,
    _find_asked_before,
    _list_busy_units,
    _sum_over_supersets,
)
from zoneplanner.errors import UserError

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
        There are more than 15 units, or the input makes no sense; see ``read_lists``.
    """
    lists = check_dispatch_problem(call_rates_per_h, service_rates_per_h, preferences, queue)
    units = len(lists.service_per_h)
    if units > MAX_EXACT_UNITS:
        raise UserError(
            f"The exact model takes up to {MAX_EXACT_UNITS} units and these are {units}; "
            "use the approximation.",
            {"units": units},
        )
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
        As in ``Lists``, shape (systems, sites, places).

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
