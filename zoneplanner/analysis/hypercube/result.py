"""What the queueing models answer."""

from dataclasses import dataclass

import numpy as np

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.hypercube.lists import DispatchProblem


@dataclass(frozen=True, eq=False, slots=True)
class HypercubeResult:
    """Long-run figures of units that answer calls; shares and probabilities run 0 to 1.

    Attributes
    ----------
    lists
        What was asked.
    sent_by_place
        Probability that a call at the site is answered by the unit at that place of its list,
        shape (sites, places).
    utilization
        Share of its time that each unit is busy, shape (units,).
    all_busy
        Probability that every unit is busy.
    """

    lists: DispatchProblem
    sent_by_place: FloatArray
    utilization: FloatArray
    all_busy: float

    @property
    def sent(self) -> FloatArray:
        """Probability that a call at the site is answered by the unit, shape (units, sites)."""
        sites, places = self.sent_by_place.shape
        units = len(self.utilization)
        where = self.lists.preferences[:, :places] * sites + np.arange(sites)[:, None]
        flat = np.bincount(where.ravel(), self.sent_by_place.ravel(), units * sites)
        return np.asarray(flat, dtype=np.float64).reshape(units, sites)

    @property
    def lost(self) -> FloatArray:
        """Probability that a call at the site finds no unit of its list free, shape (sites,).

        It is 0 where calls wait in line.
        """
        lost: FloatArray = np.maximum(0.0, 1.0 - self.sent_by_place.sum(axis=1))
        return lost

    @property
    def lost_share(self) -> float:
        """Share of all calls that are lost."""
        calls = self.lists.total_calls_per_h
        return float(self.lists.calls_per_h @ self.lost) / calls if calls > 0 else 0.0

    @property
    def dispatch_share(self) -> FloatArray:
        """Share of all served calls that go from the unit to the site, shape (units, sites).

        It sums to 1, and is 0 everywhere where no call is served.
        """
        served = self.sent * self.lists.calls_per_h
        total = float(served.sum())
        return served / total if total > 0 else served
