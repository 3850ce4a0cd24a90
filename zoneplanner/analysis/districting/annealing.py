"""Good plans at once: simulated annealing (Kirkpatrick 1983) over moves and trades of sites.

Temperature and the price of imbalance are in units of what serving one site costs, so that
districts of any size and any unit of cost need the same schedule. All effort is counted in
proposals, never in time, so that a seed means one plan.
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
_CHEAP, _DEAR = 5.0, 20.0  # price of a mean site's load beyond the limits, then
_LEVELS = 60
_CHUNK = 20_000  # proposals between two looks at the clock
_RECORDED = 0.5  # the share of a walk after which zones are recorded
_REPAIRS = 20  # levels more where the balance is not reached
_EVEN_WALKS, _EVEN_PROPOSALS, _EVEN_PRICE = 6, 4000, 1e5


@dataclass(eq=False)
class Incumbent:
    """What the search has met so far.

    ``pool`` has balanced connected zones, the 32-bit indices of their sites in order as bytes.
    ``nearest`` is the assignment with the least load beyond the limits, ``beyond`` that load.
    """

    assignment: IntArray | None = None
    cost: float = np.inf
    nearest: IntArray | None = None
    beyond: float = np.inf
    pool: dict[bytes, None] = field(default_factory=dict)

    def record(self, group: ZoneGroup, assignment: IntArray) -> bool:
        """Keep an assignment (n,) of connected zones if it is the best; whether it was."""
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
    found: Incumbent,
    *,
    seed: int,
    proposals: int,
    hot: float = HOT,
    recording: bool = False,
) -> Iterator[bool]:
    """Walk from a connected assignment (n,), ``proposals`` for each site; yields often.

    The best goes into ``found``; what is yielded says whether it has improved.
    """
    better = found.record(group, assignment)
    yield better
    n = len(group.sites)
    if len(group.zones) == 1:
        return
    walk = start_walk(group, assignment, seed)
    levels = _LEVELS
    # where the zone a site is in costs more than its drive, both begin that much higher
    dearer = 1 + group.label_cost / group.local_cost
    hot *= dearer
    for level in range(_LEVELS + _REPAIRS):
        done = min(1.0, level / (_LEVELS - 1))
        heat = hot * (COLD / hot) ** done
        price = dearer * _CHEAP * (_DEAR / _CHEAP) ** done
        if level >= _LEVELS:
            if np.isfinite(walk.best_cost):
                break
            left = (level - _LEVELS) / _REPAIRS
            heat, price = 0.5 * 0.1**left, dearer * _DEAR * 4**left
        yield from _run_level(
            group,
            walk,
            n * proposals // levels,
            heat=heat,
            price=price,
            record=recording and done > _RECORDED,
        )
        if np.isfinite(walk.best_cost) and walk.best_cost < found.cost - 1e-9:
            yield found.record(group, walk.get_best())
    if not np.isfinite(walk.best_cost):
        found.record(group, walk.get_assignment())
    if recording:
        for members in walk.list_pool():
            found.pool.setdefault(members.astype(np.int32).tobytes())
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
    """Make the proposals of one temperature; heat and price in units of a site's cost."""
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
    """Yield (deviation, assignment) whenever loads are more even, and None at times between.

    Every assignment keeps the locks and its zones are connected; ``deviation`` is the largest of
    its zones' shares above or below the mean load. Cost hardly counts in it. What is met depends
    on the seed and not on the tolerance: what it meets once it meets again, so that a tolerance
    named after it works.
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
    """The largest share by which a zone's load is above or below the mean.

    ``assignment`` gives the local zone of each site, shape (n,).
    """
    loads = sum_loads(group, assignment)
    return float(np.abs(loads / max(group.mean_load, 1e-12) - 1).max())


def unpack_pool(pool: dict[bytes, None], sites: int) -> BoolArray:
    """The zones of a pool, shape (zones, sites)."""
    members = np.zeros((len(pool), sites), dtype=bool)
    for row, packed in enumerate(pool):
        members[row, np.frombuffer(packed, dtype=np.int32)] = True
    return members
