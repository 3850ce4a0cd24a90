"""The best prices of sites by a linear program over zones (Kelley 1960; Dantzig and Wolfe 1960).

The program's prices are limited to a box around the best ones so far (Marsten, Hogan, Blankenship
1975). Zones found at them, and at prices on the way there, are added until the program's value and
the Lagrangian bound agree.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.districting.kernel.knapsacks import ChosenZones
from zoneplanner.analysis.districting.proof.lagrangian_bound import LagrangianBound
from zoneplanner.analysis.highs import HighsSolver

_BOX, _MIN_BOX = 0.05, 1e-4  # share of a site's typical cost
_ROUNDS = 300
_AGREED = 1e-5  # share of the bound
_STEP_SHARES = (1.0, 0.3)  # how far prices go from the best to the program's


class PriceProgram:
    """A linear program with a row for each site, and one for the number of zones."""

    def __init__(self, relaxed: LagrangianBound) -> None:
        self.relaxed = relaxed
        self.box = _BOX
        self.seen: set[bytes] = set()
        n, k = len(relaxed.price), len(relaxed.group.zones)
        self.solver = HighsSolver()
        rows = np.append(np.ones(n), float(k))
        self.solver.add_rows(rows, rows)
        price = relaxed.best_price
        for way in (1.0, -1.0):  # sites left out, or served twice: the edges of the box
            self._add(np.zeros(n), np.eye(n, n + 1) * way)
        none = np.zeros((1, n + 1))
        none[0, n] = 1.0
        self._add(np.array([1e3 + 10 * float(np.abs(price).sum())]), none)
        self._place_box()

    def improve(self) -> Iterator[float]:
        """Yield the rising bound until it is nearly the best of all prices."""
        relaxed = self.relaxed
        n = len(relaxed.price)
        self._add_zones_at(relaxed.best_price)
        for _ in range(_ROUNDS):
            self.solver.run()
            dual = np.array(self.solver.getSolution().row_dual)[:n]
            value = self.solver.getInfo().objective_function_value + relaxed.constant
            before, best = relaxed.bound, relaxed.best_price
            fresh = 0
            for share in _STEP_SHARES:
                fresh += self._add_zones_at(share * dual + (1 - share) * best)
                yield relaxed.bound
            if value - relaxed.bound <= _AGREED * abs(relaxed.bound):
                return
            if relaxed.bound > before:
                self._place_box()
            elif not fresh:
                self.box /= 2
                self._place_box()
                if self.box < _MIN_BOX:
                    return

    def _add_zones_at(self, price: FloatArray) -> int:
        """Evaluate prices and add the new zones found at them; return their number."""
        relaxed = self.relaxed
        chosen = relaxed.try_prices(price)
        fresh = [row for row in range(len(chosen.zones)) if self._is_new(chosen, row)]
        if fresh:
            zones, posts = chosen.zones[fresh], chosen.posts[fresh]
            cost = (zones * relaxed.group.cost[:, posts].T).sum(axis=1)
            self._add(cost, np.hstack([zones, np.ones((len(fresh), 1))]))
        return len(fresh)

    def _is_new(self, chosen: ChosenZones, row: int) -> bool:
        group, zone = self.relaxed.group, chosen.zones[row]
        load = float(group.load @ zone)
        if not group.min_load - 1e-9 <= load <= group.max_load + 1e-9:
            return False  # the knapsack's search was cut short
        key = zone.tobytes() + int(chosen.posts[row]).to_bytes(8, "little")
        if key in self.seen:
            return False
        self.seen.add(key)
        return True

    def _add(self, cost: FloatArray, columns: FloatArray) -> None:
        """Add columns, given as rows of a (columns, rows) array, from 0 to infinity."""
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
