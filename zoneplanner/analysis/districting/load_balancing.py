"""Even loads at any price: how small a tolerance a group of zones can keep.

A tabu walk over moves of one site and swaps of two that knows no cost. It depends on the seed and
not on the tolerance, so what it meets once it meets again: a tolerance named after it works.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from zoneplanner.analysis.arrays import IntArray
from zoneplanner.analysis.districting.tabu_search import ZoneWalk, draw_start_plan
from zoneplanner.analysis.districting.zone_group import ZoneGroup, is_connected

_WALKS, _MOVES, _A_SITE = 8, 2000, 40
_TENURE = (3, 10)
_TRIED = 40  # starts, some of which come to nothing
_TRIES = 60


def even_loads(group: ZoneGroup, *, seed: int) -> Iterator[tuple[float, IntArray] | None]:
    """Yield (deviation, assignment) whenever loads are more even, and None at times between.

    Every assignment keeps the locks and its zones are connected; ``deviation`` is the largest of
    its zones' shares above or below the mean load.
    """
    rng = np.random.default_rng(seed)
    least = np.inf
    starts = (draw_start_plan(group, rng) for _ in range(_TRIED))
    for assignment in islice((each for each in starts if each is not None), _WALKS):
        walk = _BalanceWalk(group, assignment)
        for step in range(min(_MOVES, _A_SITE * len(assignment))):
            if walk.deviation < least:
                least = walk.deviation
                yield least, walk.zone_of.copy()
            if not walk.step(step, rng):
                break
            if step % 100 == 0:
                yield None


def find_load_deviation(group: ZoneGroup, assignment: IntArray) -> float:
    """The largest share by which a zone's load is above or below the mean.

    ``assignment`` gives the local zone of each site, shape (n,).
    """
    loads = np.bincount(assignment, group.load, minlength=len(group.zones))
    return float(np.abs(loads / max(group.mean_load, 1e-12) - 1).max())


class _BalanceWalk(ZoneWalk):
    """An assignment, how far each zone is above the mean, and until when sites stay."""

    def __init__(self, group: ZoneGroup, assignment: IntArray) -> None:
        super().__init__(group, assignment)
        self.above = self.inside @ group.load - group.mean_load
        self.until = np.zeros(len(assignment), dtype=np.int64)

    @property
    def deviation(self) -> float:
        return float(np.abs(self.above).max() / max(self.group.mean_load, 1e-12))

    def step(self, now: int, rng: np.random.Generator) -> bool:
        """Make the move or swap that evens loads most; False if there is none."""
        load, zone_of = self.group.load, self.zone_of
        free = (self.group.lock < 0) & (self.until <= now)
        touches = (self.touching > 0) & free[:, None]
        touches[np.arange(len(load)), zone_of] = False
        beside = touches[:, zone_of]
        one, other = np.nonzero(np.triu(beside & beside.T))
        site, zone = np.nonzero(touches)
        one, other = np.r_[site, one], np.r_[np.full(len(site), -1), other]
        to = np.r_[zone, zone_of[other[len(site) :]]]
        moved = load[one] - np.where(other >= 0, load[other], 0.0)
        change = moved * (moved + self.above[to] - self.above[zone_of[one]])
        for pick in np.argsort(change, kind="stable")[:_TRIES]:
            if self._make(int(one[pick]), int(other[pick]), int(to[pick])):
                stay = now + rng.integers(*_TENURE, size=2)
                self.until[one[pick]] = stay[0]
                if other[pick] >= 0:
                    self.until[other[pick]] = stay[1]
                return True
        self.until[:] = 0
        return bool((~free & (self.group.lock < 0)).any())

    def _make(self, one: int, other: int, to: int) -> bool:
        """Give a site to a zone and, unless -1, another site back; False if a zone would break."""
        origin = int(self.zone_of[one])
        back = 1 << other if other >= 0 else 0
        left = self.masks[origin] & ~(1 << one) | back
        joined = (self.masks[to] | 1 << one) & ~back
        masks = self.group.masks
        if not is_connected(masks, left) or not is_connected(masks, joined):
            return False
        for site, zone in ((one, to), (other, origin)):
            if site >= 0:
                self.above[self.reassign(site, zone)] -= self.group.load[site]
                self.above[zone] += self.group.load[site]
        return True
