"""Column generation: the linear program over all zones, solved without listing them.

The master problem chooses zones, its columns, that cover every site once, as in Mehrotra, Johnson
and Nemhauser (1998); any prices give a Lagrangian bound (Desrosiers and Luebbecke 2005). A box
around the prices of the best bound stabilizes them (Marsten, Hogan and Blankenship 1975). At the
end of a branch, all zones that a better plan could use are listed, and an integer program chooses
among them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

import highspy
import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.annealing import unpack_pool
from zoneplanner.analysis.districting.proof.pricing import PricedZones, prepare_growth, price_zones
from zoneplanner.analysis.districting.proof.zone_cases import DualPrices, ZoneAgents, assemble_plan
from zoneplanner.analysis.districting.zone_group import (
    ZoneGroup,
    compute_zone_costs,
    find_best_posts,
)
from zoneplanner.analysis.highs import HIGHS_OPTIMAL, HighsSolver, run_in_thread


@dataclass(frozen=True, eq=False)
class PostCountRegion:
    """A restriction: from ``least`` to ``most`` zones have their post among ``sites`` (n,)."""

    sites: BoolArray
    least: float
    most: float


class RestrictedMaster:
    """A linear program that grows by zones, its columns.

    Rows: each site is covered once; each kind has its number of zones; each region has its number
    of posts. Two artificial columns in each row keep its price in a box (``box_prices``), which
    stabilizes the prices; while one of them is used, ``missing`` is positive.
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
                # the price of a kind may fall freely, to match the zones that are found
                most = 0.0 if sign < 0 and self.n <= row < self.n + len(counts) else np.inf
                self.solver.addCol(
                    0.0, 0.0, most, 1, np.array([row], dtype=np.int32), np.array([sign])
                )
        self.first = 2 * len(low)

    def box_prices(self, center: DualPrices, reach: float) -> None:
        """Limit sites' prices to ``reach`` around the center's, kinds' and regions' to more."""
        middle = np.concatenate([center.site, center.kind, center.region])
        middle = np.pad(middle, (0, self.first // 2 - len(middle)))
        width = np.full(len(middle), reach)
        width[self.n :] *= self.n / max(1, sum(len(kind.zones) for kind in self.agents.kinds))
        cost = np.column_stack([middle + width, width - middle]).reshape(-1)
        self.solver.changeColsCost(self.first, np.arange(self.first, dtype=np.int32), cost)

    def add_zones(self, kind: IntArray, members: BoolArray) -> int:
        """Add the zones that are new; return their number.

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
        """Return the linear program's prices and its share of each zone, (zones,), 0 to 1."""
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
            # a price proves a bound only if the limit that it acts on exists
            price = row[head + index]
            price = max(price, 0.0) if each.most == np.inf else price
            price = min(price, 0.0) if each.least == -np.inf else price
            region[index] = price
            post += price * each.sites
            fixed += price * (each.least if price > 0 else each.most) if price else 0.0
        duals = DualPrices(row[: self.n], row[self.n : head], region, post, fixed)
        shares = np.array(solution.col_value)
        self.missing = float(shares[: self.first].sum())
        self.value = float(self.solver.getInfo().objective_function_value)
        return duals, shares[self.first :]

    def compute_reduced_costs(self, duals: DualPrices, index: IntArray) -> FloatArray:
        """Return the reduced costs of zones in the program; ``index`` and the result are (k,)."""
        members, kind = self.members[index], self.kind[index]
        value = self.cost[index] - members @ duals.site - duals.kind[kind]
        value -= duals.post[self.post[index]]
        return np.asarray(value, dtype=np.float64)

    def try_region(self, sites: BoolArray, low: float, high: float) -> float:
        """Return the linear program's value with one more region, which is then removed.

        ``sites`` has the shape (n,); ``low`` and ``high`` limit the posts in it.
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
    """Return a cost above every plan's."""
    if np.isfinite(group.most):
        return group.most
    more = 0.0 if group.linear is None else float(group.linear.max(axis=1).sum())
    more += 0.0 if group.border is None else float(group.border.sum())
    return 2.0 * (float(group.cost_table.max(axis=1).sum()) + more) or 1.0


def _make_zone_keys(kind: IntArray, members: BoolArray) -> list[bytes]:
    pairs = zip(kind.tolist(), np.packbits(members, axis=1), strict=True)
    return [number.to_bytes(2, "little") + row.tobytes() for number, row in pairs]


def find_distinct_zones(kind: IntArray, members: BoolArray) -> IntArray:
    """Return the index of each distinct zone's first occurrence, in order.

    ``kind`` has the shape (zones,), ``members`` (zones, n), the result (distinct zones,).
    """
    seen: dict[bytes, int] = {}
    for index, key in enumerate(_make_zone_keys(kind, members)):
        seen.setdefault(key, index)
    return np.array(list(seen.values()), dtype=np.int64)


def compute_column_costs(
    group: ZoneGroup, agents: ZoneAgents, kind: IntArray, members: BoolArray
) -> FloatArray:
    """Return each zone's cost from its best post, plus the linear cost of its kind.

    ``kind`` has the shape (zones,), ``members`` (zones, n), the result (zones,).
    """
    extra = np.array([each.extra for each in agents.kinds])
    total = compute_zone_costs(group, members) + (members * extra[kind]).sum(axis=1)
    return np.asarray(total, dtype=np.float64)


def compute_dual_bound(agents: ZoneAgents, duals: DualPrices, floor: FloatArray) -> float:
    """Return the bound that prices prove if zones of kind c have reduced costs of ``floor[c]`` up.

    ``floor`` has the shape (kinds,).
    """
    counts = np.array([len(each.zones) for each in agents.kinds], dtype=np.float64)
    return float(duals.site.sum() + duals.fixed + (counts * floor).sum())


_BEAM = 1500
_NEW_ZONES = 300
_MAX_ZONES = 300_000
_MAX_STATES = 2_000_000
PRICE_TOLERANCE = 1e-7
_CLOSE = 1e-7
_WIDE, _REACH = 2.0, 0.1
_FAILURES = 5
_ROUND = 20_000  # the cost of a round other than pricing, in states


@dataclass(frozen=True, eq=False)
class LinearRelaxation:
    """A bound, the prices that prove it, and the optimal shares (None until optimal).

    ``floor`` (kinds,): at these prices, no zone of a kind has a lower reduced cost.
    """

    bound: float
    duals: DualPrices
    floor: FloatArray
    shares: FloatArray | None

    def limit(self, ceiling: float) -> FloatArray:
        """Return an upper limit on the reduced costs of zones of plans below ``ceiling``, (kinds,).

        The other zones of the plan may be as low as their floors, not only at the kinds' prices.
        """
        if not np.isfinite(self.bound):
            return np.full(len(self.floor), np.inf)
        return self.floor + (ceiling - self.bound) + PRICE_TOLERANCE


def generate_columns(
    master: RestrictedMaster, center: LinearRelaxation | None, ceiling: float, *, states: int
) -> Iterator[LinearRelaxation]:
    """Generate zones until none would lower the linear program or the bound meets ``ceiling``.

    Prices are limited to a box around those of the best bound so far (at first, those of
    ``center``, the relaxation of the parent branch): the linear program has many optimal prices,
    and most of them make pricing slow. The box follows the bound and widens while it limits the
    bound. The last value has ``shares`` unless the ceiling was met; its ``bound`` is the program's
    value unless pricing was cut short, which happens after ``states`` states.
    """
    n = master.n
    kinds = len(master.agents.kinds)
    flat = DualPrices(np.full(n, ceiling / n), np.zeros(kinds), np.zeros(0), np.zeros(n), 0.0)
    best = LinearRelaxation(
        -np.inf, center.duals if center else flat, np.full(kinds, -np.inf), None
    )
    reach = (_WIDE if center is None else _REACH) * ceiling / n
    spent = failures = 0
    most = min(states // 4, max(_MAX_STATES, states // 16))
    near = np.zeros(0)
    while spent < states and failures < _FAILURES:
        master.box_prices(best.duals, reach)
        duals, shares = master.solve()
        if _is_bound_met(master, best.bound, ceiling):
            if master.missing <= PRICE_TOLERANCE:
                near = shares
                break
            reach *= 4
            spent += _ROUND
            yield best
            continue
        zones = yield from _price_zones(master, duals, best, states=most)
        spent += zones.states + _ROUND
        if not zones.complete:
            likely = yield from _price_zones(master, duals, best, states=10**9, beam=_BEAM)
            fresh = _add_zones(master, likely, duals)
            if best.bound == -np.inf and center is None and fresh:
                continue
            reach /= 3
            failures += 1
            continue
        near = shares
        floor = _find_floor(duals, zones)
        bound = compute_dual_bound(master.agents, duals, floor)
        if bound > best.bound:
            if bound - best.bound > 1e-5 * ceiling:
                failures = 0
            if bound - best.bound > (master.value - best.bound) / 2:
                reach *= 2
            best = LinearRelaxation(bound, duals, floor, None)
            yield best
        if bound >= ceiling:
            return
        if not _add_zones(master, zones, duals) and not _is_bound_met(master, bound, ceiling):
            reach /= 3  # zones were too large to grow in full, which limits the bound
            failures += 1
        yield best
    if best.bound == -np.inf and center is not None:
        best = center
    yield replace(best, shares=np.pad(near, (0, len(master.cost) - len(near))))


def _is_bound_met(master: RestrictedMaster, bound: float, ceiling: float) -> bool:
    """Return whether the bound has reached the value of the linear program in its box."""
    return master.value - bound <= _CLOSE * abs(ceiling)


def _find_floor(duals: DualPrices, zones: PricedZones) -> FloatArray:
    """Return the least reduced cost of any zone of each kind, at most the kind's price."""
    floor = np.minimum(zones.floor, duals.kind)
    np.minimum.at(floor, zones.kind, zones.value)
    return np.asarray(floor)


def _price_zones(
    master: RestrictedMaster,
    duals: DualPrices,
    best: LinearRelaxation,
    *,
    states: int,
    beam: int | None = None,
) -> Generator[LinearRelaxation, None, PricedZones]:
    """Return zones below the prices of their kinds; yields the best relaxation in between."""
    group, agents = master.group, master.agents
    table = prepare_growth(group, agents, duals, duals.kind - PRICE_TOLERANCE)
    zones = None
    for each in price_zones(group, agents, table, states=states, zones=_MAX_ZONES, beam=beam):
        zones = each
        yield best
    assert zones is not None
    return zones


def _add_zones(master: RestrictedMaster, zones: PricedZones, duals: DualPrices) -> int:
    """Add the zones with the least reduced costs; return how many were new."""
    order = np.argsort(zones.value - duals.kind[zones.kind], kind="stable")[: 4 * _NEW_ZONES]
    order = order[find_distinct_zones(zones.kind[order], zones.members[order])][:_NEW_ZONES]
    return master.add_zones(zones.kind[order], zones.members[order])


def seed_master(
    master: RestrictedMaster, group: ZoneGroup, pool: dict[bytes, None], assignment: IntArray | None
) -> None:
    """Start the master problem with the zones that the search has found.

    ``pool`` is an ``Incumbent``'s, ``assignment`` the zone of each site, shape (n,).
    """
    members = unpack_pool(pool, len(group.sites))
    if assignment is not None:
        own = assignment[None, :] == np.arange(len(group.zones))[:, None]
        members = np.vstack([members, own])
    for index, kind in enumerate(master.agents.kinds):
        fits = ~(members & ~kind.may).any(axis=1) & ~(kind.must & ~members).any(axis=1)
        master.add_zones(np.full(int(fits.sum()), index), members[fits])


_SLACK = 1e-9
_FINISHED = (
    highspy.HighsModelStatus.kOptimal,
    highspy.HighsModelStatus.kInfeasible,
    highspy.HighsModelStatus.kUnboundedOrInfeasible,
)


def enumerate_zones(
    master: RestrictedMaster, relaxed: LinearRelaxation, ceiling: float, *, states: int, zones: int
) -> Iterator[PricedZones | None]:
    """Yield None, then all zones a plan below ``ceiling`` could use, or None if too many."""
    limit = relaxed.limit(ceiling)
    table = prepare_growth(master.group, master.agents, relaxed.duals, limit, all_rivals=True)
    priced = None
    for priced in price_zones(master.group, master.agents, table, states=states, zones=zones):
        if priced is None:
            yield None
    is_complete = (
        priced is not None
        and priced.complete
        and (priced.floor >= limit - PRICE_TOLERANCE / 2).all()
    )
    yield priced if is_complete else None


def choose_zones(
    master: RestrictedMaster, zones: PricedZones, ceiling: float
) -> Iterator[tuple[float, IntArray | None]]:
    """Yield (bound, plan below the ceiling or None); the last bound is the optimum over the zones.

    A plan is the group's zone of each site, shape (n,).
    """
    cost = compute_column_costs(master.group, master.agents, zones.kind, zones.members)
    if not len(cost):
        yield ceiling, None
        return
    program = _make_program(master, zones.members, zones.kind, cost)
    yield from run_in_thread(program, ceiling)
    status = program.getModelStatus()
    if program.getInfo().primal_solution_status == 2 and status in _FINISHED:
        chosen = np.flatnonzero(np.array(program.getSolution().col_value) > 0.5)
        plan = assemble_plan(master.agents, zones.kind[chosen], zones.members[chosen])
        total = float(cost[chosen].sum())
        if plan is not None:
            yield min(total, ceiling), plan if total < ceiling * (1 - _SLACK) else None
    elif status in _FINISHED:
        yield ceiling, None


def _make_program(
    master: RestrictedMaster, members: BoolArray, kind: IntArray, cost: FloatArray
) -> HighsSolver:
    solver = HighsSolver()
    kinds = master.agents.kinds
    right = np.array([1.0] * master.n + [float(len(each.zones)) for each in kinds])
    solver.add_rows(right, right)
    solver.add_columns(cost, 1.0, np.hstack([members, kind[:, None] == np.arange(len(kinds))]))
    every = np.arange(len(cost), dtype=np.int32)
    whole = np.full(len(cost), highspy.HighsVarType.kInteger)
    solver.changeColsIntegrality(len(cost), every, whole)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 1e-9)
    return solver
