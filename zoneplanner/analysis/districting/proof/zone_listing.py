"""The proof by a list of all zones, where zones are small: cuts over triples, then a choice.

At the best prices every zone of a plan below the ceiling has a small reduced cost, and those are
listed (Baldacci, Christofides and Mingozzi 2008). The linear program over the list is raised by
subset-row cuts: at most one zone of a plan holds two or three of three sites (Jepsen and others
2008). What these cost a zone is read from the list, so that pricing is a look at each; zones whose
reduced cost is beyond the ceiling are crossed out, until an integer program chooses among the rest.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import highspy
import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.kernel.zone_lists import TripleCuts, ZonePool, list_zones
from zoneplanner.analysis.districting.proof.count_branching import PROOF_SLACK
from zoneplanner.analysis.districting.proof.lagrangian import LagrangianBound
from zoneplanner.analysis.districting.zone_group import ZoneGroup
from zoneplanner.analysis.highs import HighsSolver, run_in_thread

_MOST_ZONES = 4_000_000
_SHARES, _TRIES = (0.5, 0.25, 0.12, 0.06), 40_000_000  # of the gap; flips tried for it
_ALL_TRIES = 1_200_000_000  # for the whole gap
_FIRST, _COLUMNS_A_ROUND = 3_000, 600
_CUTS_A_ROUND, _CUTS_A_SITE = 120, 6
_VIOLATED = 0.02
_STALLED = 0.02  # share of what is left to the ceiling that cuts close at least
_CHOOSABLE, _MOST_CHOOSABLE = 4_000, 20_000  # zones that an integer program chooses among
_NEGATIVE = 1e-7
_USED = 1e-6
_NO_PLAN = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)


@dataclass(frozen=True, eq=False)
class ListProof:
    """No plan costs less than ``bound``; ``zones`` (zones, n) are those of a better plan."""

    bound: float
    zones: BoolArray | None = None


def prove_by_listing(
    group: ZoneGroup, assignment: IntArray, cost: float, relaxed: LagrangianBound
) -> Iterator[ListProof]:
    """Raise the bound until it meets ``cost``; yields often, and ends early if zones are too many.

    ``assignment`` (n,) is a plan that keeps the rules and costs ``cost``; ``relaxed`` has the best
    prices. A ceiling between bound and cost comes first: it has a shorter list, and proves that
    there is no plan below it, or finds the best. For groups of ``can_list_zones``.
    """
    start, most = relaxed.bound, cost * (1 - PROOF_SLACK)
    for share in _SHARES:
        pool = yield from _list_likely_zones(group, relaxed, start + share * (most - start), _TRIES)
        if pool is not None:
            break
    while pool is not None:
        ceiling = start + share * (most - start)
        proof = ListProof(start)
        for proof in _settle(_ListProgram(group, pool, assignment, relaxed.best_price), ceiling):
            yield proof
        if proof.zones is not None or proof.bound < ceiling or share == 1.0:
            return
        share = min(1.0, 2 * share)
        pool = yield from _list_likely_zones(
            group, relaxed, start + share * (most - start), _ALL_TRIES
        )


def _settle(program: _ListProgram, ceiling: float) -> Iterator[ListProof]:
    """Cuts until the bound meets the ceiling or few zones are left, then a choice among these."""
    while True:
        before = program.bound
        for bound in program.price_out(ceiling):
            yield ListProof(min(bound, ceiling))
        program.cross_out(ceiling)
        left = ceiling - program.bound
        if left <= 0 or not len(program.pool):
            yield ListProof(ceiling)
            return
        if len(program.pool) <= _CHOOSABLE or program.bound - before < _STALLED * left:
            break
        if not program.cut():
            break
    if len(program.pool) <= _MOST_CHOOSABLE:
        yield from _choose_zones(program, ceiling)


def _list_likely_zones(
    group: ZoneGroup, relaxed: LagrangianBound, ceiling: float, tries: int
) -> Generator[ListProof, None, ZonePool | None]:
    """All zones of plans below the ceiling: each costs less than the other posts' values leave.

    None where they are too many.
    """
    price, knapsacks, k = relaxed.best_price, relaxed.knapsacks, len(group.zones)
    load_price = knapsacks.find_load_prices(price)
    value = knapsacks.value_posts(price, load_price)
    far = float(np.sort(value)[k - 1]) + ceiling - relaxed.bound
    whole = np.array(
        [
            each + knapsacks.solve(post, price, float(load_price[post]), max(far - each, 0.0))[0]
            for post, each in enumerate(value.tolist())
        ]
    )
    least = np.sort(whole)
    others = np.where(whole <= least[k - 1], least[:k].sum() - whole, least[: k - 1].sum())
    margin = 1e-9 * (abs(ceiling) + float(np.abs(price).sum()))
    budget = ceiling - float(price.sum()) - others - value + margin
    pool = None
    for listed in list_zones(group, price, load_price, budget, most_zones=_MOST_ZONES, tries=tries):
        pool = listed
        yield ListProof(relaxed.bound)
    return pool


class _ListProgram:
    """A linear program over some zones of a list; rows are sites, the zones' number, and cuts."""

    def __init__(
        self, group: ZoneGroup, pool: ZonePool, assignment: IntArray, price: FloatArray
    ) -> None:
        self.group, self.pool = group, pool
        self.n, self.k = len(group.sites), len(group.zones)
        self.cuts = TripleCuts(np.zeros((0, 3), dtype=np.int64), np.zeros(0))
        self.price, self.bound = price, -np.inf
        self.reduced = pool.reduce_costs(price, self.cuts)
        self.solver = HighsSolver()
        self.solver.setOptionValue("solver", "simplex")
        rows = np.append(np.ones(self.n), float(self.k))
        self.solver.add_rows(rows, rows)
        self.columns = np.zeros((0, self.n), dtype=bool)
        self.is_in = np.zeros(len(pool), dtype=bool)
        self.shares = np.zeros(0)
        own = assignment[None, :] == np.arange(self.k)[:, None]
        self._add(own, _serve(group, own))
        self._take(np.argsort(self.reduced, kind="stable")[:_FIRST])

    def price_out(self, ceiling: float) -> Iterator[float]:
        """Solve and add the zones that would lower it; yields the bound as it rises.

        Ends when there are none, or when the bound meets the ceiling.
        """
        while True:
            self.solver.run()
            solution = self.solver.getSolution()
            dual = np.array(solution.row_dual)
            self.shares = np.array(solution.col_value)
            charge = np.maximum(-dual[self.n + 1 :], 0.0)
            self.cuts = TripleCuts(self.cuts.triples, charge)
            price = dual[: self.n]
            reduced = self.pool.reduce_costs(price, self.cuts)
            least = float(reduced.min()) if len(reduced) else 0.0
            # the k zones of a plan cost at least k times the least beyond the prices
            bound = float(price.sum()) - float(charge.sum()) + self.k * least
            if bound > self.bound:
                self.bound, self.price, self.reduced = bound, price, reduced - least
            yield self.bound
            below = reduced - dual[self.n]
            fresh = np.flatnonzero((below < -_NEGATIVE) & ~self.is_in)
            if not len(fresh) or self.bound >= ceiling:
                return
            if len(fresh) > _COLUMNS_A_ROUND:
                fresh = fresh[np.argpartition(below[fresh], _COLUMNS_A_ROUND)[:_COLUMNS_A_ROUND]]
            self._take(np.sort(fresh))

    def cross_out(self, ceiling: float) -> None:
        """Drop the zones that no plan below the ceiling has."""
        kept = self.reduced < ceiling - self.bound + 1e-9 * abs(ceiling)
        self.pool, self.is_in = self.pool.select(kept), self.is_in[kept]
        self.reduced = self.reduced[kept]

    def cut(self) -> bool:
        """Add the cuts that the shares of zones break the most; whether there were any."""
        used = self.shares > _USED
        triples = _find_triples(self.columns[used].astype(np.float64), self.shares[used])
        if not len(triples):
            return False
        for triple in triples:
            at = np.flatnonzero(self.columns[:, triple].sum(axis=1) >= 2).astype(np.int32)
            self.solver.addRow(-np.inf, 1.0, len(at), at, np.ones(len(at)))
        rows = np.vstack([self.cuts.triples, triples])
        self.cuts = TripleCuts(rows, np.pad(self.cuts.charge, (0, len(triples))))
        return True

    def count_twice(self, members: BoolArray) -> BoolArray:
        """Which zones each cut counts, (zones, cuts)."""
        return np.asarray(members[:, self.cuts.triples].sum(axis=2) >= 2)

    def _take(self, at: IntArray) -> None:
        chosen = np.zeros(len(self.pool), dtype=bool)
        chosen[at] = True
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
    totals = members.astype(np.float64) @ group.cost
    return np.asarray(np.where(members, totals, np.inf).min(axis=1))


def _find_triples(columns: FloatArray, shares: FloatArray) -> IntArray:
    """The triples of sites of which zones hold two or three more than once, the worst first.

    ``columns`` (zones, n) are the zones of the linear program's choice and ``shares`` (zones,) how
    much of each; the answer is (cuts, 3).
    """
    n = columns.shape[1]
    both = (columns * shares[:, None]).T @ columns
    np.fill_diagonal(both, 0.0)
    triples, broken = [], []
    for site in range(n):
        near = np.flatnonzero(both[site] > _USED)
        inner = columns[:, near]
        all_three = (inner * (shares * columns[:, site])[:, None]).T @ inner
        held = both[site, near][:, None] + both[site, near] + both[np.ix_(near, near)]
        excess = held - 2 * all_three - 1
        a, b = np.nonzero(np.triu(excess > _VIOLATED, 1))
        triples.append(np.sort(np.column_stack([np.full(len(a), site), near[a], near[b]]), axis=1))
        broken.append(excess[a, b])
    found, first = np.unique(np.vstack(triples), axis=0, return_index=True)
    order = np.argsort(-np.concatenate(broken)[first], kind="stable")
    taken, times = [], np.zeros(n, dtype=np.int64)
    for at in order:
        if (times[found[at]] < _CUTS_A_SITE).all():
            times[found[at]] += 1
            taken.append(at)
            if len(taken) == _CUTS_A_ROUND:
                break
    return found[taken]


def _choose_zones(program: _ListProgram, ceiling: float) -> Iterator[ListProof]:
    """Choose among the zones that are left, by an integer program with the cuts."""
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
        picked = np.flatnonzero(np.array(solver.getSolution().col_value) > 0.5)
        total = float(pool.worth[picked].sum())
        yield ListProof(min(total, ceiling), members[picked] if total < ceiling else None)
