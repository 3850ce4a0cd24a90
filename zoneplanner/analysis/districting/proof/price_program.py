"""The best prices of sites, by a linear program over the zones met (Kelley 1960; Dantzig, Wolfe).

The prices that the program likes best are kept within a box around the best ones so far
(Marsten, Hogan, Blankenship 1975); zones met at them, and at prices on the way there, are added
until the program and the Lagrangian bound agree.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.districting.kernel.knapsacks import ChosenZones
from zoneplanner.analysis.districting.proof.lagrangian_bound import LagrangianBound
from zoneplanner.analysis.highs import HighsSolver

_BOX, _LEAST_BOX = 0.05, 1e-4  # share of a site's typical cost
_ROUNDS = 300
_AGREED = 1e-5  # share of the bound
_WAYS = (1.0, 0.3)  # how far prices go from the best to the program's


class PriceProgram:
    """A linear program whose rows are sites, and one that counts zones."""

    def __init__(self, relaxed: LagrangianBound) -> None:
        self.relaxed = relaxed
        self.box = _BOX
        self.seen: set[bytes] = set()
        n, k = len(relaxed.price), len(relaxed.group.zones)
        self.solver = HighsSolver()
        rows = np.append(np.ones(n), float(k))
        self.solver.add_rows(rows, rows)
        price = relaxed.best_price
        for way in (1.0, -1.0):  # sites left out, or served twice, for the edges of the box
            self._add(np.zeros(n), np.eye(n, n + 1) * way)
        none = np.zeros((1, n + 1))
        none[0, n] = 1.0
        self._add(np.array([1e3 + 10 * float(np.abs(price).sum())]), none)
        self._place_box()

    def improve(self) -> Iterator[float]:
        """Yield the bound as it rises, until it is the best of all prices or nearly."""
        relaxed = self.relaxed
        n = len(relaxed.price)
        self._meet(relaxed.best_price)
        for _ in range(_ROUNDS):
            self.solver.run()
            liked = np.array(self.solver.getSolution().row_dual)[:n]
            most = self.solver.getInfo().objective_function_value + relaxed.constant
            before, best = relaxed.bound, relaxed.best_price
            fresh = 0
            for way in _WAYS:
                fresh += self._meet(way * liked + (1 - way) * best)
                yield relaxed.bound
            if most - relaxed.bound <= _AGREED * abs(relaxed.bound):
                return
            if relaxed.bound > before:
                self._place_box()
            elif not fresh:
                self.box /= 2
                self._place_box()
                if self.box < _LEAST_BOX:
                    return

    def _meet(self, price: FloatArray) -> int:
        """Bound by prices and add the zones met that are new; how many these are."""
        relaxed = self.relaxed
        chosen = relaxed.try_prices(price)
        fresh = [at for at, zone in enumerate(chosen.zones) if self._is_new(chosen, at, zone)]
        if fresh:
            zones, posts = chosen.zones[fresh], chosen.posts[fresh]
            cost = (zones * relaxed.group.cost[:, posts].T).sum(axis=1)
            self._add(cost, np.hstack([zones, np.ones((len(fresh), 1))]))
        return len(fresh)

    def _is_new(self, chosen: ChosenZones, at: int, zone: FloatArray) -> bool:
        group = self.relaxed.group
        load = float(group.load @ zone)
        if not group.lower - 1e-9 <= load <= group.upper + 1e-9:
            return False  # a knapsack that was not looked at to its end
        key = zone.tobytes() + int(chosen.posts[at]).to_bytes(8, "little")
        if key in self.seen:
            return False
        self.seen.add(key)
        return True

    def _add(self, cost: FloatArray, columns: FloatArray) -> None:
        """Add columns (columns, rows) from 0 to no limit."""
        column, row = np.nonzero(columns)
        count = len(cost)
        starts = np.searchsorted(column, np.arange(count)).astype(np.int32)
        values = columns[column, row].astype(np.float64)
        low, high = np.zeros(count), np.full(count, np.inf)
        rows = row.astype(np.int32)
        self.solver.addCols(count, cost, low, high, len(row), starts, rows, values)

    def _place_box(self) -> None:
        relaxed = self.relaxed
        n, side = len(relaxed.price), self.box * relaxed.scale
        every = np.arange(n, dtype=np.int32)
        self.solver.changeColsCost(n, every, relaxed.best_price + side)
        self.solver.changeColsCost(n, every + n, side - relaxed.best_price)
