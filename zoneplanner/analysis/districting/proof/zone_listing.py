"""The proof by listing all zones, if zones are small: cuts over triples, then a choice.

At the best prices every zone of a plan below the ceiling has a small reduced cost, and these are
listed (Baldacci, Christofides and Mingozzi 2008). Subset-row cuts raise the linear program over the
list: at most one zone of a plan has two or three of three sites (Jepsen and others 2008). Pricing
goes through the list, charges of cuts included; zones whose reduced cost is beyond the ceiling are
removed, until an integer program chooses among the rest.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

import highspy
import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.kernel.zone_lists import (
    NO_CUTS,
    TripleCuts,
    ZonePool,
    list_zones,
)
from zoneplanner.analysis.districting.proof.lagrangian_bound import LagrangianBound
from zoneplanner.analysis.districting.proof.lagrangian_branching import PROOF_SLACK
from zoneplanner.analysis.districting.zone_group import ZoneGroup
from zoneplanner.analysis.highs import HighsSolver, run_in_thread

_MAX_ZONES, _TRIES, _ALL_TRIES = 4_000_000, 8_000_000, 60_000_000
_FIRST_SHARE = 0.25  # of the gap that the first list covers
_FEW_ZONES = 100_000  # after a shorter list, the next one covers twice as much
_MIN_STEP = 2e-4  # share of the plan's cost: lists for smaller steps are not made
_MIN_PROVEN, _MAX_RETRIES = 0.5, 6  # share of a step that a list must prove, else it is repeated
_FIRST_COLUMNS, _COLUMNS_A_ROUND = 3_000, 600
_CUTS_PER_SITE, _CUTS_OF_SITE = 0.4, 6  # in a round: for each site on average, and at most
_VIOLATED = 0.02
_STALLED = 0.02  # share of the rest to the ceiling that a round of cuts must close
_FEW_TO_CHOOSE, _MAX_TO_CHOOSE = 4_000, 6_000  # zones that an integer program chooses among
_BOX, _WIDENING = 0.1, 2.0  # share of a site's typical cost that prices may move; factor a retry
_NEGATIVE = 1e-7
_USED = 1e-6
_NO_PLAN = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)


@dataclass(frozen=True, eq=False)
class ListProof:
    """The state of a proof: a bound on all plans; ``zones`` (zones, n) of a better plan, if any.

    ``likely`` (zones, n) are the linear program's zones, from which plans may be made.
    """

    bound: float
    zones: BoolArray | None = None
    likely: BoolArray | None = None


@dataclass(frozen=True, eq=False)
class _Prices:
    """Prices of sites (n,) and charges of cuts; ``others`` is the other k - 1 zones' reduced cost.

    ``bound`` is about what the linear program proves at these prices.
    """

    site: FloatArray
    cuts: TripleCuts
    others: float
    bound: float

    @property
    def base(self) -> float:
        return float(self.site.sum() - self.cuts.charge.sum())


@dataclass(frozen=True, eq=False)
class _Listed:
    """All zones of plans below ``ceiling``, listed at ``prices``."""

    pool: ZonePool
    ceiling: float
    prices: _Prices


def prove_by_listing(
    group: ZoneGroup, assignment: IntArray, cost: float, relaxed: LagrangianBound
) -> Iterator[ListProof]:
    """Raise the bound until it meets ``cost``; yields often, and ends early if zones are too many.

    ``assignment`` (n,) is a plan that keeps the rules and costs ``cost``; ``relaxed`` has the best
    prices. Lists are made for successive ceilings: a list proves that no plan is below its ceiling,
    or finds the best. Each starts with the prices and cuts of the previous one's end. The group
    must satisfy ``can_list_zones``.
    """
    bound, most = relaxed.bound, cost * (1 - PROOF_SLACK)
    prices = _Prices(relaxed.best_price, NO_CUTS, _sum_other_posts(relaxed), bound)
    least = _MIN_STEP * cost
    step, retries = max(_FIRST_SHARE * (most - bound), least), 0
    yield ListProof(min(bound, most))
    while bound < most and step >= least:
        wanted = min(most, bound + step)
        tries = _ALL_TRIES if wanted == most else _TRIES
        listed = yield from _list_below(relaxed, prices, wanted, bound, tries)
        if listed is None:
            step /= 2
            continue
        ceiling = listed.ceiling
        box = None if ceiling >= most else _BOX * _WIDENING**retries * relaxed.scale
        program = _ListProgram(group, listed, assignment, box)
        if ceiling < most and ceiling - bound < _MIN_PROVEN * step and retries < _MAX_RETRIES:
            for _ in program.price_out(np.inf):
                yield ListProof(bound)
            prices, retries = program.get_prices(wanted), retries + 1
            continue
        proof = ListProof(bound)
        for proof in _settle(program, min(ceiling, most)):
            yield replace(proof, bound=max(proof.bound, bound))
        if proof.zones is not None or proof.bound >= most:
            return
        yield ListProof(max(proof.bound, bound), likely=program.list_used())
        prices = program.get_prices(max(proof.bound, wanted))
        if proof.bound - bound >= _MIN_PROVEN * step:
            bound, retries = proof.bound, 0
            step *= 2 if len(listed.pool) < _FEW_ZONES else 1
        elif retries < _MAX_RETRIES:
            bound, step, retries = max(bound, proof.bound), max(least, step / 2), retries + 1
        else:
            return


def _settle(program: _ListProgram, ceiling: float) -> Iterator[ListProof]:
    """Add cuts until the bound meets the ceiling or few zones are left, then choose among these."""
    while True:
        before = program.bound
        for bound in program.price_out(ceiling):
            yield ListProof(min(bound, ceiling))
        program.drop_zones(ceiling)
        left = ceiling - program.bound
        if left <= 0 or not len(program.pool):
            yield ListProof(ceiling)
            return
        if len(program.pool) <= _FEW_TO_CHOOSE or program.bound - before < _STALLED * left:
            break
        if not program.add_cuts():
            break
    if len(program.pool) <= _MAX_TO_CHOOSE:
        yield from _choose_zones(program, ceiling)


def _sum_other_posts(relaxed: LagrangianBound) -> float:
    """Estimate the reduced cost of all but one of the zones at the best prices."""
    k = len(relaxed.group.zones)
    return (relaxed.bound - float(relaxed.best_price.sum())) * (k - 1) / k


def _list_below(
    relaxed: LagrangianBound, prices: _Prices, wanted: float, bound: float, tries: int
) -> Generator[ListProof, None, _Listed | None]:
    """Return all zones of plans below a ceiling, about ``wanted``, or None if they are too many.

    The list has the zones with reduced costs below a threshold. A plan with another zone costs at
    least the threshold plus the k - 1 least reduced costs of zones with other posts.
    """
    group, knapsacks, price = relaxed.group, relaxed.knapsacks, prices.site
    margin = 1e-9 * (abs(wanted) + float(np.abs(price).sum()))
    threshold = wanted - prices.base - prices.others + 2 * margin
    load_price = knapsacks.find_load_prices(price)
    value = knapsacks.value_posts(price, load_price)
    budget = threshold - value + margin
    pool = None
    for listed in list_zones(
        group, price, load_price, budget, prices.cuts, most_zones=_MAX_ZONES, tries=tries
    ):
        pool = listed
        yield ListProof(bound)
    if pool is None:
        return None
    worth = np.full(len(price), threshold)
    np.minimum.at(worth, pool.post, pool.reduce_costs(price, prices.cuts))
    least = np.sort(worth)[: len(group.zones)]
    others = float(least[:-1].sum())
    prices = replace(prices, others=others, bound=prices.base + float(least.sum()))
    return _Listed(pool, prices.base + threshold + others - margin, prices)


class _ListProgram:
    """A linear program over zones of a list; its rows are sites, the zones' number, and cuts."""

    def __init__(
        self,
        group: ZoneGroup,
        listed: _Listed,
        assignment: IntArray,
        box: FloatArray | None,
    ) -> None:
        self.group, self.begun = group, listed.prices
        self.pool = pool = listed.pool
        self.is_informative = len(pool) >= len(group.sites)
        self.n, self.k = len(group.sites), len(group.zones)
        self.cuts = self.best_cuts = self.begun.cuts
        self.price, self.bound, self.least = self.begun.site, -np.inf, 0.0
        self.reduced = pool.reduce_costs(self.price, self.cuts)
        self.solver = HighsSolver()
        self.solver.setOptionValue("solver", "simplex")
        rows = np.append(np.ones(self.n), float(self.k))
        self.solver.add_rows(rows, rows)
        count = len(self.cuts.triples)
        self.solver.add_rows(np.full(count, -np.inf), np.ones(count))
        self.columns = np.zeros((0, self.n), dtype=bool)
        self.is_in = np.zeros(len(pool), dtype=bool)
        self.shares = np.zeros(0)
        self.first = 0  # columns before the zones' columns
        if box is not None:
            self._box_prices(self.begun.site, box)
        own = assignment[None, :] == np.arange(self.k)[:, None]
        self._add(own, _serve(group, own))
        self._add_from_pool(np.argsort(self.reduced, kind="stable")[:_FIRST_COLUMNS])

    def price_out(self, ceiling: float) -> Iterator[float]:
        """Solve, and add the zones that would lower the value; yields the rising bound.

        It ends when there are none, or when the bound meets the ceiling.
        """
        while True:
            self.solver.run()
            solution = self.solver.getSolution()
            dual = np.array(solution.row_dual)
            self.shares = np.array(solution.col_value)[self.first :]
            charge = np.maximum(-dual[self.n + 1 :], 0.0)
            self.cuts = TripleCuts(self.cuts.triples, charge)
            price = dual[: self.n]
            reduced = self.pool.reduce_costs(price, self.cuts)
            least = float(reduced.min()) if len(reduced) else 0.0
            # the k zones of a plan have at least k times the least reduced cost
            bound = float(price.sum()) - float(charge.sum()) + self.k * least
            if bound > self.bound:
                self.bound, self.price, self.reduced = bound, price, reduced - least
                self.best_cuts, self.least = self.cuts, least
            yield self.bound
            below = reduced - dual[self.n]
            fresh = np.flatnonzero((below < -_NEGATIVE) & ~self.is_in)
            if not len(fresh) or self.bound >= ceiling:
                return
            if len(fresh) > _COLUMNS_A_ROUND:
                fresh = fresh[np.argpartition(below[fresh], _COLUMNS_A_ROUND)[:_COLUMNS_A_ROUND]]
            self._add_from_pool(np.sort(fresh))

    def drop_zones(self, ceiling: float) -> None:
        """Remove the zones that no plan below the ceiling can have."""
        possible = self.reduced < ceiling - self.bound + 1e-9 * abs(ceiling)
        self.pool, self.is_in = self.pool.select(possible), self.is_in[possible]
        self.reduced = self.reduced[possible]

    def add_cuts(self) -> bool:
        """Add the cuts that the shares of zones violate most; return whether there were any."""
        used = self.shares > _USED
        triples = _find_triples(self.list_used().astype(np.float64), self.shares[used])
        if not len(triples):
            return False
        for triple in triples:
            columns = np.flatnonzero(self.columns[:, triple].sum(axis=1) >= 2) + self.first
            self.solver.addRow(
                -np.inf, 1.0, len(columns), columns.astype(np.int32), np.ones(len(columns))
            )
        rows = np.vstack([self.cuts.triples, triples])
        self.cuts = TripleCuts(rows, np.pad(self.cuts.charge, (0, len(triples))))
        return True

    def list_used(self) -> BoolArray:
        """Return the zones of the last solution, (zones, n)."""
        return self.columns[: len(self.shares)][self.shares > _USED]

    def get_prices(self, wanted: float) -> _Prices:
        """Return prices and charges that prove ``wanted`` for the list's zones, if possible.

        They are as near to the initial ones as that allows, because the list has only the zones
        that matter there.
        """
        start, best = self.begun, self.best_cuts
        if not self.is_informative:
            return start
        before = np.pad(start.cuts.charge, (0, len(best.charge) - len(start.cuts.charge)))
        share = min(1.0, max(0.0, (wanted - start.bound) / max(self.bound - start.bound, 1e-12)))
        charge = share * best.charge + (1 - share) * before
        used = charge > _USED
        cuts = TripleCuts(best.triples[used], charge[used])
        others = share * (self.k - 1) * self.least + (1 - share) * start.others
        site = share * self.price + (1 - share) * start.site
        return _Prices(site, cuts, others, min(self.bound, wanted))

    def count_twice(self, members: BoolArray) -> BoolArray:
        """Return which zones have two or three sites of each cut, (zones, cuts)."""
        first, second, third = (members[:, column] for column in self.cuts.triples.T)
        return np.asarray((first & second) | (first & third) | (second & third))

    def _box_prices(self, price: FloatArray, box: FloatArray) -> None:
        """Limit prices to a box (n,), by columns that leave a site out or serve it twice."""
        every = np.arange(self.n, dtype=np.int32)
        for sign in (1.0, -1.0):
            cost, none, most = sign * price + box, np.zeros(self.n), np.full(self.n, np.inf)
            signs = np.full(self.n, sign)
            self.solver.addCols(self.n, cost, none, most, self.n, every, every, signs)
        self.first = 2 * self.n

    def _add_from_pool(self, rows: IntArray) -> None:
        chosen = np.zeros(len(self.pool), dtype=bool)
        chosen[rows] = True
        self.is_in |= chosen
        part = self.pool.select(chosen)
        self._add(part.unpack(), part.worth)

    def _add(self, members: BoolArray, cost: FloatArray) -> None:
        every = np.ones((len(members), 1), dtype=bool)
        self.solver.add_columns(
            cost, np.inf, np.hstack([members, every, self.count_twice(members)])
        )
        self.columns = np.vstack([self.columns, members])


def _serve(group: ZoneGroup, members: BoolArray) -> FloatArray:
    totals = members.astype(np.float64) @ group.cost_table
    return np.asarray(np.where(members, totals, np.inf).min(axis=1))


def _find_triples(columns: FloatArray, shares: FloatArray) -> IntArray:
    """Return the most violated triples: zones with two or three of the sites add up to more than 1.

    ``columns`` (zones, n) are the linear program's zones and ``shares`` (zones,) their shares; the
    result is (cuts, 3).
    """
    n = columns.shape[1]
    both = (columns * shares[:, None]).T @ columns
    np.fill_diagonal(both, 0.0)
    triples, violation = [], []
    for site in range(n):
        near = np.flatnonzero(both[site] > _USED)
        own = columns[:, site] > 0
        inner = columns[np.ix_(own, near)]
        all_three = (inner * shares[own, None]).T @ inner
        pairs = both[site, near][:, None] + both[site, near] + both[np.ix_(near, near)]
        excess = pairs - 2 * all_three - 1
        a, b = np.nonzero(np.triu(excess > _VIOLATED, 1))
        triples.append(np.sort(np.column_stack([np.full(len(a), site), near[a], near[b]]), axis=1))
        violation.append(excess[a, b])
    distinct, first = np.unique(np.vstack(triples), axis=0, return_index=True)
    order = np.argsort(-np.concatenate(violation)[first], kind="stable")
    chosen, times = [], np.zeros(n, dtype=np.int64)
    for row in order:
        if (times[distinct[row]] < _CUTS_OF_SITE).all():
            times[distinct[row]] += 1
            chosen.append(row)
            if len(chosen) >= _CUTS_PER_SITE * n:
                break
    return distinct[chosen]


def _choose_zones(program: _ListProgram, ceiling: float) -> Iterator[ListProof]:
    """Choose among the remaining zones by an integer program with the cuts."""
    pool, bound = program.pool, program.bound
    members = pool.unpack()
    solver = HighsSolver()
    rows = np.append(np.ones(program.n), float(program.k))
    cuts = len(program.cuts.triples)
    solver.add_rows(np.append(rows, np.full(cuts, -np.inf)), np.append(rows, np.ones(cuts)))
    every = np.ones((len(pool), 1), dtype=bool)
    solver.add_columns(pool.worth, 1.0, np.hstack([members, every, program.count_twice(members)]))
    whole = np.full(len(pool), highspy.HighsVarType.kInteger)
    solver.changeColsIntegrality(len(pool), np.arange(len(pool), dtype=np.int32), whole)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 1e-9)
    for live, _ in run_in_thread(solver, ceiling):
        bound = max(bound, live)
        yield ListProof(min(bound, ceiling))
    status = solver.getModelStatus()
    if status in _NO_PLAN:
        yield ListProof(ceiling)
    elif status == highspy.HighsModelStatus.kOptimal:
        chosen = np.flatnonzero(np.array(solver.getSolution().col_value) > 0.5)
        total = float(pool.worth[chosen].sum())
        yield ListProof(min(total, ceiling), members[chosen] if total < ceiling else None)
