"""The proof by a list of all zones, where zones are small: cuts over triples, then a choice.

At the best prices every zone of a plan below the ceiling has a small reduced cost, and those are
listed (Baldacci, Christofides and Mingozzi 2008). The linear program over the list is raised by
subset-row cuts: at most one zone of a plan holds two or three of three sites (Jepsen and others
2008). What these cost a zone is read from the list, so that pricing is a look at each; zones whose
reduced cost is beyond the ceiling are crossed out, until an integer program chooses among the rest.
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

_MOST_ZONES, _TRIES, _ALL_TRIES = 4_000_000, 8_000_000, 60_000_000
_SHARE = 0.25  # of the gap that the first list is for
_FEW = 100_000  # zones of a list after which the next one is for twice as much
_LEAST_STEP = 2e-4  # share of the plan's cost that a list proves at least, else there is none
_WORTH, _ANEW = 0.5, 6  # share of what was wanted that a list proves, else it is made anew
_FIRST, _COLUMNS_A_ROUND = 3_000, 600
_CUTS_PER_SITE, _CUTS_OF_SITE = 0.4, 6  # in a round: for each site, and at most of one site
_VIOLATED = 0.02
_STALLED = 0.02  # share of what is left to the ceiling that cuts close at least
_CHOOSABLE, _MOST_CHOOSABLE = 4_000, 6_000  # zones that an integer program chooses among
_BOX, _WIDER = 0.1, 2.0  # share of a site's typical cost that prices move by; each time anew more
_NEGATIVE = 1e-7
_USED = 1e-6
_NO_PLAN = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)


@dataclass(frozen=True, eq=False)
class ListProof:
    """No plan costs less than ``bound``; ``zones`` (zones, n) are those of a better plan.

    ``likely`` (zones, n) are those of the linear program, from which plans may be made.
    """

    bound: float
    zones: BoolArray | None = None
    likely: BoolArray | None = None


@dataclass(frozen=True, eq=False)
class _Prices:
    """Prices of sites (n,) and charges of cuts; ``others`` is what other posts' zones are worth.

    At these, ``bound`` is about what the linear program proves.
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
    """All zones of plans below ``ceiling``, listed at ``prices``, which prove ``prices.bound``."""

    pool: ZonePool
    ceiling: float
    prices: _Prices


def prove_by_listing(
    group: ZoneGroup, assignment: IntArray, cost: float, relaxed: LagrangianBound
) -> Iterator[ListProof]:
    """Raise the bound until it meets ``cost``; yields often, and ends early if zones are too many.

    ``assignment`` (n,) is a plan that keeps the rules and costs ``cost``; ``relaxed`` has the best
    prices. Lists are made for one ceiling after the other: a list proves that no plan is below its
    ceiling, or finds the best. Each begins with the prices and cuts that ended the one before. For
    groups of ``can_list_zones``.
    """
    bound, most = relaxed.bound, cost * (1 - PROOF_SLACK)
    prices = _Prices(relaxed.best_price, NO_CUTS, _sum_other_posts(relaxed), bound)
    least = _LEAST_STEP * cost
    step, anew = max(_SHARE * (most - bound), least), 0
    yield ListProof(min(bound, most))
    while bound < most and step >= least:
        wanted = min(most, bound + step)
        tries = _ALL_TRIES if wanted == most else _TRIES
        listed = yield from _list_below(relaxed, prices, wanted, bound, tries)
        if listed is None:
            step /= 2
            continue
        ceiling = listed.ceiling
        box = None if ceiling >= most else _BOX * _WIDER**anew * relaxed.scale
        program = _ListProgram(group, listed, assignment, box)
        if ceiling < most and ceiling - bound < _WORTH * step and anew < _ANEW:
            for _ in program.price_out(np.inf):
                yield ListProof(bound)
            prices, anew = program.get_prices(wanted), anew + 1
            continue
        proof = ListProof(bound)
        for proof in _settle(program, min(ceiling, most)):
            yield replace(proof, bound=max(proof.bound, bound))
        if proof.zones is not None or proof.bound >= most:
            return
        yield ListProof(max(proof.bound, bound), likely=program.list_used())
        prices = program.get_prices(max(proof.bound, wanted))
        if proof.bound - bound >= _WORTH * step:
            bound, anew = proof.bound, 0
            step *= 2 if len(listed.pool) < _FEW else 1
        elif anew < _ANEW:
            bound, step, anew = max(bound, proof.bound), max(least, step / 2), anew + 1
        else:
            return


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


def _sum_other_posts(relaxed: LagrangianBound) -> float:
    """What all but one of the zones are worth at the best prices, about."""
    k = len(relaxed.group.zones)
    return (relaxed.bound - float(relaxed.best_price.sum())) * (k - 1) / k


def _list_below(
    relaxed: LagrangianBound, prices: _Prices, wanted: float, bound: float, tries: int
) -> Generator[ListProof, None, _Listed | None]:
    """All zones of plans below a ceiling, about ``wanted``; None if they are too many.

    Listed is what costs less than a threshold beyond the prices. A plan with another zone has that
    much and k - 1 zones of other posts, each worth as much as the cheapest that was listed.
    """
    group, knapsacks, price = relaxed.group, relaxed.knapsacks, prices.site
    margin = 1e-9 * (abs(wanted) + float(np.abs(price).sum()))
    threshold = wanted - prices.base - prices.others + 2 * margin
    load_price = knapsacks.find_load_prices(price)
    value = knapsacks.value_posts(price, load_price)
    budget = threshold - value + margin
    pool = None
    for listed in list_zones(
        group, price, load_price, budget, prices.cuts, most_zones=_MOST_ZONES, tries=tries
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
    """A linear program over some zones of a list; rows are sites, the zones' number, and cuts."""

    def __init__(
        self,
        group: ZoneGroup,
        listed: _Listed,
        assignment: IntArray,
        box: FloatArray | None,
    ) -> None:
        self.group, self.begun = group, listed.prices
        self.pool = pool = listed.pool
        self.is_telling = len(pool) >= len(group.sites)
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
        self.first = 0  # columns before those of zones
        if box is not None:
            self._keep_near(self.begun.site, box)
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
            self.shares = np.array(solution.col_value)[self.first :]
            charge = np.maximum(-dual[self.n + 1 :], 0.0)
            self.cuts = TripleCuts(self.cuts.triples, charge)
            price = dual[: self.n]
            reduced = self.pool.reduce_costs(price, self.cuts)
            least = float(reduced.min()) if len(reduced) else 0.0
            # the k zones of a plan cost at least k times the least beyond the prices
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
            self._take(np.sort(fresh))

    def cross_out(self, ceiling: float) -> None:
        """Drop the zones that no plan below the ceiling has."""
        kept = self.reduced < ceiling - self.bound + 1e-9 * abs(ceiling)
        self.pool, self.is_in = self.pool.select(kept), self.is_in[kept]
        self.reduced = self.reduced[kept]

    def cut(self) -> bool:
        """Add the cuts that the shares of zones break the most; whether there were any."""
        used = self.shares > _USED
        triples = _find_triples(self.list_used().astype(np.float64), self.shares[used])
        if not len(triples):
            return False
        for triple in triples:
            at = np.flatnonzero(self.columns[:, triple].sum(axis=1) >= 2) + self.first
            at = at.astype(np.int32)
            self.solver.addRow(-np.inf, 1.0, len(at), at, np.ones(len(at)))
        rows = np.vstack([self.cuts.triples, triples])
        self.cuts = TripleCuts(rows, np.pad(self.cuts.charge, (0, len(triples))))
        return True

    def list_used(self) -> BoolArray:
        """The zones of the last solution, (zones, n)."""
        return self.columns[: len(self.shares)][self.shares > _USED]

    def get_prices(self, wanted: float) -> _Prices:
        """Prices and charges that prove ``wanted`` for the zones of the list, if any did.

        They are as near to those at the start as that allows: the list has only the zones that
        matter there.
        """
        start, best = self.begun, self.best_cuts
        if not self.is_telling:
            return start
        before = np.pad(start.cuts.charge, (0, len(best.charge) - len(start.cuts.charge)))
        way = min(1.0, max(0.0, (wanted - start.bound) / max(self.bound - start.bound, 1e-12)))
        charge = way * best.charge + (1 - way) * before
        used = charge > _USED
        cuts = TripleCuts(best.triples[used], charge[used])
        others = way * (self.k - 1) * self.least + (1 - way) * start.others
        site = way * self.price + (1 - way) * start.site
        return _Prices(site, cuts, others, min(self.bound, wanted))

    def count_twice(self, members: BoolArray) -> BoolArray:
        """Which zones each cut counts, (zones, cuts)."""
        first, second, third = (members[:, column] for column in self.cuts.triples.T)
        return np.asarray((first & second) | (first & third) | (second & third))

    def _keep_near(self, price: FloatArray, box: FloatArray) -> None:
        """Keep prices within a box (n,): columns leave a site out, or serve it twice."""
        every = np.arange(self.n, dtype=np.int32)
        for sign in (1.0, -1.0):
            cost, none, most = sign * price + box, np.zeros(self.n), np.full(self.n, np.inf)
            signs = np.full(self.n, sign)
            self.solver.addCols(self.n, cost, none, most, self.n, every, every, signs)
        self.first = 2 * self.n

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
    totals = members.astype(np.float64) @ group.cost_table
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
        own = columns[:, site] > 0
        inner = columns[np.ix_(own, near)]
        all_three = (inner * shares[own, None]).T @ inner
        held = both[site, near][:, None] + both[site, near] + both[np.ix_(near, near)]
        excess = held - 2 * all_three - 1
        a, b = np.nonzero(np.triu(excess > _VIOLATED, 1))
        triples.append(np.sort(np.column_stack([np.full(len(a), site), near[a], near[b]]), axis=1))
        broken.append(excess[a, b])
    found, first = np.unique(np.vstack(triples), axis=0, return_index=True)
    order = np.argsort(-np.concatenate(broken)[first], kind="stable")
    taken, times = [], np.zeros(n, dtype=np.int64)
    for at in order:
        if (times[found[at]] < _CUTS_OF_SITE).all():
            times[found[at]] += 1
            taken.append(at)
            if len(taken) >= _CUTS_PER_SITE * n:
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
