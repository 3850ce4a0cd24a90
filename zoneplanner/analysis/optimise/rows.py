"""Cases of zones to grow: agents, split where one case would be too loose or too wide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.optimise.agents import ZoneAgents
from zoneplanner.analysis.optimise.group import ZoneGroup

MASK_BITS = 64
FORBIDDEN_COST = 1e12
_RIVALS = 8
_TELLING = 0.2
_LEANINGS = (0.15, 0.5, 1.5, 4.0, 10.0, 25.0)


@dataclass(frozen=True, eq=False)
class DualPrices:
    """Prices of the master problem.

    ``site`` (n,), ``kind`` (kinds,), ``region`` (regions,); ``post`` (n,) is the sum of the prices
    of the regions that hold the post, ``fixed`` what the regions add to the bound.
    """

    site: FloatArray
    kind: FloatArray
    region: FloatArray
    post: FloatArray
    fixed: float


@dataclass(frozen=True, eq=False)
class _GrowthCases:
    """Agents, split by the rivals of their posts: ``lean`` (r, n) may be added to bounds."""

    agent: IntArray
    must: BoolArray
    may: BoolArray
    lean: FloatArray


def split_by_rivals(
    group: ZoneGroup, agents: ZoneAgents, duals: DualPrices, *, all_rivals: bool
) -> _GrowthCases:
    """Rows for agents and, where the price of a post is above that of its neighbours, for cases.

    ``all_rivals`` makes cases of neighbours at the same price, too.

    A zone counts where its cheapest post is. If post j is priced above post p, zones that belong
    to p look cheap from j; they are dropped when found, but are many. So the zones of j are split
    into those that hold rival p1, those that hold p2 but not p1, and so on. In a case that holds p,
    being cheaper from j than from p is a linear condition, so any multiple of (cost from j - cost
    from p) <= 0 may be added to the bound.
    """
    n = len(group.sites)
    agent, must, may, lean = (
        [np.arange(len(agents.post))],
        [agents.must.copy()],
        [agents.may.copy()],
        [np.zeros((len(agents.post), n))],
    )
    gap = duals.post[agents.post][:, None] - duals.post[None, :]
    least = np.maximum(1e-6, _TELLING * gap.max(axis=1, keepdims=True))
    telling = (gap > least) & agents.may
    if all_rivals:
        telling = agents.may & (agents.post[:, None] != np.arange(n))
    rival = np.where(telling, group.distance[agents.post], np.inf)
    order = np.argsort(rival, axis=1, kind="stable")[:, :_RIVALS]
    barred = agents.may.copy()
    for place in range(order.shape[1]):
        has = np.flatnonzero(np.isfinite(rival[np.arange(len(order)), order[:, place]]))
        if not len(has):
            break
        other = order[has, place]
        with_rival = agents.must[has].copy()
        with_rival[np.arange(len(has)), other] = True
        agent.append(has)
        must.append(with_rival)
        may.append(barred[has])
        lean.append(group.cost.T[agents.post[has]] - group.cost.T[other])
        barred[has, other] = False
    may[0] = barred
    rows = _GrowthCases(
        np.concatenate(agent), np.concatenate(must), np.concatenate(may), np.concatenate(lean)
    )
    lawful = ~(rows.must & ~rows.may).any(axis=1)
    return _GrowthCases(rows.agent[lawful], rows.must[lawful], rows.may[lawful], rows.lean[lawful])


def _find_load_price(value: FloatArray, load: FloatArray, lower: float, upper: float) -> FloatArray:
    """The multiplier on load that makes each agent's relaxation tightest, shape (a,)."""
    weight = np.maximum(load, 1e-12)
    ratio = value / weight
    order = np.argsort(ratio, axis=1)
    filled = np.cumsum(np.take_along_axis(weight, order, axis=1), axis=1)
    wanted = np.where(value < 0, weight, 0.0).sum(axis=1)
    rows = np.arange(len(value))
    last = value.shape[1] - 1
    at_lower = np.minimum((filled < lower).sum(axis=1), last)
    at_upper = np.minimum((filled < upper).sum(axis=1), last)
    up = np.maximum(0.0, ratio[rows, order[rows, at_lower]])
    down = np.minimum(0.0, ratio[rows, order[rows, at_upper]])
    return np.asarray(np.where(wanted < lower, up, np.where(wanted > upper, down, 0.0)))


def _relax_cases(
    group: ZoneGroup, rows: _GrowthCases, value: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(bound, prices less load): the cheapest set of sites by load alone, for each row."""
    barred = np.where(rows.may, value, FORBIDDEN_COST)
    price = _find_load_price(
        barred, np.broadcast_to(group.load, value.shape), group.lower, group.upper
    )
    priced = value - price[:, None] * group.load
    gain = np.where(rows.must, priced, np.where(rows.may, np.minimum(priced, 0.0), 0.0))
    root = np.where(price > 0, price * group.lower, price * group.upper) + gain.sum(axis=1)
    return root, priced


def compute_case_values(agents: ZoneAgents, duals: DualPrices, rows: _GrowthCases) -> FloatArray:
    """Cost less price of each site for each row; the post carries the price of its regions."""
    value = agents.cost[rows.agent] - duals.site
    post = agents.post[rows.agent]
    value[np.arange(len(value)), post] -= duals.post[post]
    return np.asarray(value)


def compute_case_bounds(
    group: ZoneGroup, agents: ZoneAgents, duals: DualPrices, rows: _GrowthCases
) -> tuple[FloatArray, FloatArray]:
    """The best of the relaxations with and without a lean to the own post, for each row."""
    value = compute_case_values(agents, duals, rows)
    root, priced = _relax_cases(group, rows, value)
    for leaning in _LEANINGS if rows.lean.any() else ():
        leant, leant_priced = _relax_cases(group, rows, value + leaning * rows.lean)
        better = leant > root
        root[better], priced[better] = leant[better], leant_priced[better]
    return root, priced


def compute_taking_penalty(rows: _GrowthCases, priced: FloatArray) -> FloatArray:
    """What holding each site adds to the bound of each row; inf where it may not be held."""
    return np.where(rows.must, 0.0, np.where(rows.may, np.maximum(priced, 0.0), np.inf))


def find_wide_cases(
    rows: _GrowthCases, root: FloatArray, priced: FloatArray, limit: FloatArray
) -> tuple[IntArray, list[IntArray]]:
    """Rows with more than 64 sites in reach, and the least likely of these, dearest first."""
    taken = compute_taking_penalty(rows, priced)
    useful = root[:, None] + taken < limit[:, None]
    wide = np.flatnonzero(useful.sum(axis=1) > MASK_BITS)
    left = []
    for row in wide:
        dearest = np.argsort(np.where(useful[row] & ~rows.must[row], -taken[row], 1.0))
        left.append(dearest[: useful[row].sum() - MASK_BITS])
    return wide, left


def split_wide_cases(rows: _GrowthCases, wide: IntArray, left: list[IntArray]) -> _GrowthCases:
    """Each wide row without its unlikely sites, and a case for each of these that is held."""
    agent, must, may, lean = (list(each) for each in vars(rows).values())
    for row, sites in zip(wide, left, strict=True):
        barred = may[row].copy()
        for site in sites:
            held = must[row].copy()
            held[site] = True
            agent.append(agent[row])
            must.append(held)
            may.append(barred.copy())
            lean.append(lean[row])
            barred[site] = False
        may[row] = barred
    return _GrowthCases(np.array(agent), np.array(must), np.array(may), np.array(lean))
