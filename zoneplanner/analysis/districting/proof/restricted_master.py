"""The master problem: pick zones that cover every site once, as a linear or an integer program."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.proof.zone_cases import DualPrices, ZoneAgents
from zoneplanner.analysis.districting.zone_group import (
    ZoneGroup,
    compute_zone_costs,
    find_best_posts,
)
from zoneplanner.analysis.highs import HIGHS_OPTIMAL, HighsSolver


@dataclass(frozen=True, eq=False)
class PostCountRegion:
    """How many zones have their post among ``sites`` (n,): from ``least`` to ``most``."""

    sites: BoolArray
    least: float
    most: float


class RestrictedMaster:
    """A linear program that grows by zones, its columns.

    Rows: each site is covered once; each kind has its number of zones; regions hold their number
    of posts. Two artificial columns a row keep its price in a box (``box_prices``), which keeps the
    prices sensible; while one of them is used, ``missing`` is positive.
    """

    def __init__(
        self, group: ZoneGroup, agents: ZoneAgents, regions: tuple[PostCountRegion, ...] = ()
    ) -> None:
        self.group, self.agents, self.regions = group, agents, regions
        self.n = len(group.sites)
        self.members = np.zeros((0, self.n), dtype=bool)
        self.kind = np.zeros(0, dtype=np.int64)
        self.post = np.zeros(0, dtype=np.int64)
        self.cost = np.zeros(0)
        self.known: set[bytes] = set()
        self.missing = self.value = 0.0
        self.solver = HighsSolver()
        self.solver.setOptionValue("solver", "simplex")
        counts = [float(len(kind.zones)) for kind in agents.kinds]
        low = [1.0] * self.n + counts + [each.least for each in regions]
        high = [1.0] * self.n + counts + [each.most for each in regions]
        self.solver.add_rows(np.array(low), np.array(high))
        for row in range(len(low)):
            for sign in (1.0, -1.0):
                # the price of a kind may fall freely: it gives way to whatever zones are found
                most = 0.0 if sign < 0 and self.n <= row < self.n + len(counts) else np.inf
                self.solver.addCol(
                    0.0, 0.0, most, 1, np.array([row], dtype=np.int32), np.array([sign])
                )
        self.first = 2 * len(low)

    def box_prices(self, center: DualPrices, reach: float) -> None:
        """Keep prices within ``reach`` of the center's, other rows within n times as much."""
        middle = np.concatenate([center.site, center.kind, center.region])
        middle = np.pad(middle, (0, self.first // 2 - len(middle)))
        width = np.full(len(middle), reach)
        width[self.n :] *= self.n / max(1, sum(len(kind.zones) for kind in self.agents.kinds))
        cost = np.column_stack([middle + width, width - middle]).reshape(-1)
        self.solver.changeColsCost(self.first, np.arange(self.first, dtype=np.int32), cost)

    def add_zones(self, kind: IntArray, members: BoolArray) -> int:
        """Add the zones not there yet; returns how many.

        ``kind`` has the shape (zones,), ``members`` (zones, n).
        """
        fresh = []
        for index, key in enumerate(_make_zone_keys(kind, members)):
            if key not in self.known:
                self.known.add(key)
                fresh.append(index)
        if not fresh:
            return 0
        kind, members = kind[fresh], members[fresh]
        cost = compute_column_costs(self.group, self.agents, kind, members)
        post = find_best_posts(self.group, members)
        kinds = kind[:, None] == np.arange(len(self.agents.kinds))
        regions = [each.sites[post][:, None] for each in self.regions]
        rows = np.hstack([members, kinds, *regions])
        self.solver.add_columns(cost, np.inf, rows)
        self.members = np.vstack([self.members, members])
        self.kind = np.concatenate([self.kind, kind])
        self.post = np.concatenate([self.post, post])
        self.cost = np.concatenate([self.cost, cost])
        return len(fresh)

    def solve(self) -> tuple[DualPrices, FloatArray]:
        """(prices, share of every zone) of the linear program."""
        self.solver.run()
        if self.solver.getModelStatus() != HIGHS_OPTIMAL:
            self.solver.clearSolver()
            self.solver.run()
        solution = self.solver.getSolution()
        row = np.array(solution.row_dual)
        head = self.n + len(self.agents.kinds)
        region = np.zeros(len(self.regions))
        post = np.zeros(self.n)
        fixed = 0.0
        for index, each in enumerate(self.regions):
            # a price is only a bound if it pushes against a limit that is there
            price = row[head + index]
            price = max(price, 0.0) if each.most == np.inf else price
            price = min(price, 0.0) if each.least == -np.inf else price
            region[index] = price
            post += price * each.sites
            fixed += price * (each.least if price > 0 else each.most) if price else 0.0
        duals = DualPrices(row[: self.n], row[self.n : head], region, post, fixed)
        picked = np.array(solution.col_value)
        self.missing = float(picked[: self.first].sum())
        self.value = float(self.solver.getInfo().objective_function_value)
        return duals, picked[self.first :]

    def compute_reduced_costs(self, duals: DualPrices, index: IntArray) -> FloatArray:
        """Reduced costs of zones in the program.

        ``index`` and the answer have the shape (k,).
        """
        members, kind = self.members[index], self.kind[index]
        value = self.cost[index] - members @ duals.site - duals.kind[kind]
        value -= duals.post[self.post[index]]
        return np.asarray(value, dtype=np.float64)

    def try_region(self, sites: BoolArray, low: float, high: float) -> float:
        """The value of the linear program with one more region, which is taken out again.

        ``sites`` has the shape (n,); ``low`` and ``high`` bound the posts in it.
        """
        columns = (np.flatnonzero(sites[self.post]) + self.first).astype(np.int32)
        basis = self.solver.getBasis()
        row = self.solver.getNumRow()
        self.solver.addRow(low, high, len(columns), columns, np.ones(len(columns)))
        self.solver.run()
        value = float(self.solver.getInfo().objective_function_value)
        self.solver.deleteRows(1, np.array([row], dtype=np.int32))
        self.solver.setBasis(basis)
        return value


def compute_cost_ceiling(group: ZoneGroup) -> float:
    """A cost above that of any plan."""
    if np.isfinite(group.most):
        return group.most
    more = 0.0 if group.linear is None else float(group.linear.max(axis=1).sum())
    more += 0.0 if group.border is None else float(group.border.sum())
    return 2.0 * (float(group.cost.max(axis=1).sum()) + more) or 1.0


def _make_zone_keys(kind: IntArray, members: BoolArray) -> list[bytes]:
    pairs = zip(kind.tolist(), np.packbits(members, axis=1), strict=True)
    return [number.to_bytes(2, "little") + row.tobytes() for number, row in pairs]


def find_distinct_zones(kind: IntArray, members: BoolArray) -> IntArray:
    """Indices of the first of each zone, in order.

    ``kind`` has the shape (zones,), ``members`` (zones, n), the answer (distinct zones,).
    """
    seen: dict[bytes, int] = {}
    for index, key in enumerate(_make_zone_keys(kind, members)):
        seen.setdefault(key, index)
    return np.array(list(seen.values()), dtype=np.int64)


def compute_column_costs(
    group: ZoneGroup, agents: ZoneAgents, kind: IntArray, members: BoolArray
) -> FloatArray:
    """Cost of each zone from its best post, with the linear cost of its kind.

    ``kind`` has the shape (zones,), ``members`` (zones, n), the answer (zones,).
    """
    extra = np.array([each.extra for each in agents.kinds])
    total = compute_zone_costs(group, members) + (members * extra[kind]).sum(axis=1)
    return np.asarray(total, dtype=np.float64)


def compute_dual_bound(agents: ZoneAgents, duals: DualPrices, floor: FloatArray) -> float:
    """The bound that any prices prove, if no zone of kind c costs less than ``floor[c]``.

    ``floor`` has the shape (kinds,).
    """
    counts = np.array([len(each.zones) for each in agents.kinds], dtype=np.float64)
    return float(duals.site.sum() + duals.fixed + (counts * floor).sum())
