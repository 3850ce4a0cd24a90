"""Good plans quickly: simulated annealing (Kirkpatrick 1983) over moves and swaps of sites.

Temperature and the price of imbalance are in units of the cost of serving one site, so districts of
any size and any unit of cost need the same schedule. All effort is counted in proposals, never in
time, so that a seed always gives the same plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, IntArray
from zoneplanner.analysis.districting.kernel.walk import AnnealingWalk, start_walk
from zoneplanner.analysis.districting.start_plans import draw_start_plan
from zoneplanner.analysis.districting.zone_group import (
    ZoneGroup,
    compute_assignment_cost,
    sum_loads,
)

HOT, COLD = 2.0, 0.02  # temperature at the start and at the end
_START_PRICE, _END_PRICE = 5.0, 20.0  # of a mean site's load beyond the limits
_LEVELS = 60
_CHUNK = 20_000  # proposals between two checks of the clock
_RECORDED = 0.5  # the share of a walk after which zones are recorded
_REPAIR_LEVELS = 20  # added if the balance is not reached
_EVEN_WALKS, _EVEN_PROPOSALS, _EVEN_PRICE = 6, 4000, 1e5


@dataclass(eq=False)
class Incumbent:
    """The best assignment found so far.

    ``pool`` has balanced connected zones, each as the bytes of its sites' 32-bit indices in order.
    ``nearest`` is the assignment with the least load beyond the limits, ``beyond`` that load.
    """

    assignment: IntArray | None = None
    cost: float = np.inf
    nearest: IntArray | None = None
    beyond: float = np.inf
    pool: dict[bytes, None] = field(default_factory=dict)

    def record(self, group: ZoneGroup, assignment: IntArray) -> bool:
        """Store an assignment (n,) of connected zones if it is the best; return whether it is."""
        beyond = group.sum_beyond(assignment)
        if beyond < self.beyond:
            self.nearest, self.beyond = assignment, beyond
        if beyond > 0:
            return False
        cost = compute_assignment_cost(group, assignment)
        if cost < min(self.cost - 1e-9, group.most):
            self.assignment, self.cost = assignment, cost
            return True
        return False


def anneal(
    group: ZoneGroup,
    assignment: IntArray,
    best: Incumbent,
    *,
    seed: int,
    proposals: int,
    hot: float = HOT,
    recording: bool = False,
) -> Iterator[bool]:
    """Anneal from a connected assignment (n,) with ``proposals`` for each site.

    The best assignment goes into ``best``. Yields often, each time whether it has improved.
    """
    yield best.record(group, assignment)
    n = len(group.sites)
    if len(group.zones) == 1:
        return
    walk = start_walk(group, assignment, seed)
    levels = _LEVELS
    # if a site's zone costs more than its drive, both start that much higher
    factor = 1 + group.label_cost / group.local_cost
    hot *= factor
    for level in range(_LEVELS + _REPAIR_LEVELS):
        done = min(1.0, level / (_LEVELS - 1))
        heat = hot * (COLD / hot) ** done
        price = factor * _START_PRICE * (_END_PRICE / _START_PRICE) ** done
        if level >= _LEVELS:
            if np.isfinite(walk.best_cost):
                break
            left = (level - _LEVELS) / _REPAIR_LEVELS
            heat, price = 0.5 * 0.1**left, factor * _END_PRICE * 4**left
        yield from _run_level(
            group,
            walk,
            n * proposals // levels,
            heat=heat,
            price=price,
            record=recording and done > _RECORDED,
        )
        if np.isfinite(walk.best_cost) and walk.best_cost < best.cost - 1e-9:
            yield best.record(group, walk.get_best())
    if not np.isfinite(walk.best_cost):
        best.record(group, walk.get_assignment())
    if recording:
        for members in walk.list_pool():
            best.pool.setdefault(members.astype(np.int32).tobytes())
    yield False


def _run_level(
    group: ZoneGroup,
    walk: AnnealingWalk,
    proposals: int,
    *,
    heat: float,
    price: float,
    record: bool,
) -> Iterator[bool]:
    """Make the proposals of one temperature level; heat and price are in units of a site's cost."""
    per_load = group.local_cost / (float(group.load.mean()) or 1.0)
    for first in range(0, max(proposals, 1), _CHUNK):
        walk.run(
            min(_CHUNK, max(proposals, 1) - first),
            heat * group.local_cost,
            price * per_load,
            recording=record,
        )
        yield False
    walk.refresh()


def even_loads(group: ZoneGroup, *, seed: int) -> Iterator[tuple[float, IntArray] | None]:
    """Yield (deviation, assignment) whenever loads are better balanced, and None in between.

    Every assignment keeps the locks and its zones are connected. ``deviation`` is the largest share
    of a zone above or below the mean load; cost hardly counts. The sequence depends on the seed but
    not on the tolerance, so a search at a tolerance that this reached finds the same plan again.
    """
    even = replace(group, tolerance=0.0)
    rng = np.random.default_rng(seed)
    least = np.inf
    for _ in range(_EVEN_WALKS):
        assignment = draw_start_plan(group, rng)
        if assignment is None:
            yield None
            continue
        walk = start_walk(even, assignment, int(rng.integers(1 << 62)))
        for level in range(_LEVELS):
            deviation = find_load_deviation(group, assignment)
            if deviation < least:
                least = deviation
                yield least, assignment
            if len(group.zones) == 1:
                return
            heat = _EVEN_PRICE * 0.001 ** (level / (_LEVELS - 1))
            count = len(group.sites) * _EVEN_PROPOSALS // _LEVELS
            for _ in _run_level(group, walk, count, heat=heat, price=_EVEN_PRICE, record=False):
                yield None
            assignment = walk.get_assignment()


def find_load_deviation(group: ZoneGroup, assignment: IntArray) -> float:
    """Return the largest share by which a zone's load is above or below the mean.

    ``assignment`` is the local zone of each site, shape (n,).
    """
    loads = sum_loads(group, assignment)
    return float(np.abs(loads / max(group.mean_load, 1e-12) - 1).max())


def unpack_pool(pool: dict[bytes, None], sites: int) -> BoolArray:
    """Return the members of a pool's zones, shape (zones, sites)."""
    members = np.zeros((len(pool), sites), dtype=bool)
    for row, packed in enumerate(pool):
        members[row, np.frombuffer(packed, dtype=np.int32)] = True
    return members
