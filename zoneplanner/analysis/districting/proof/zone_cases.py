"""Who a zone can be: a kind of zone served from a post, with the sites it must and may hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.zone_group import ZoneGroup, find_components, unpack_sites


@dataclass(frozen=True, eq=False)
class _ZoneKind:
    """Zones that may trade names: ``zones`` are their local labels.

    ``must`` and ``may`` are (n,): sites every zone of this kind holds, and could hold;
    ``extra`` (n,) is the linear cost of holding a site.
    """

    zones: IntArray
    must: BoolArray
    may: BoolArray
    extra: FloatArray


@dataclass(frozen=True, eq=False)
class ZoneAgents:
    """All (kind, post) pairs: arrays with one row each. ``cost`` has shape (agents, n)."""

    kinds: tuple[_ZoneKind, ...]
    kind: IntArray
    post: IntArray
    cost: FloatArray
    must: BoolArray
    may: BoolArray

    def only(self, keep: IntArray) -> ZoneAgents:
        """The agents with these indices.

        ``keep`` has the shape (k,).
        """
        _, *columns = vars(self).values()
        return ZoneAgents(self.kinds, *(column[keep] for column in columns))


def _list_zone_kinds(group: ZoneGroup) -> tuple[_ZoneKind, ...]:
    """One kind a zone that has locks or a linear cost of its own; the others are one kind."""
    n, k = len(group.sites), len(group.zones)
    free = group.lock < 0
    kinds, bare = [], []
    for zone in range(k):
        must = group.lock == zone
        if group.linear is None and not must.any():
            bare.append(zone)
        else:
            extra = np.zeros(n) if group.linear is None else group.linear[:, zone]
            kinds.append(_ZoneKind(np.array([zone]), must, free | must, extra))
    if bare:
        kinds.append(_ZoneKind(np.array(bare), np.zeros(n, dtype=bool), free, np.zeros(n)))
    return tuple(kinds)


def list_agents(group: ZoneGroup) -> ZoneAgents:
    """Every kind with every post that it may have; a zone stays in the part of its post."""
    kinds = _list_zone_kinds(group)
    pairs = [(index, site) for index, each in enumerate(kinds) for site in np.flatnonzero(each.may)]
    kind_of, posts = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    must = np.array([each.must for each in kinds])[kind_of]
    must[np.arange(len(posts)), posts] = True
    part = np.zeros(len(group.sites), dtype=np.int64)
    for index, connected in enumerate(find_components(group)):
        part[unpack_sites(connected)] = index
    may = np.array([each.may for each in kinds])[kind_of]
    return ZoneAgents(
        kinds=kinds,
        kind=kind_of,
        post=posts,
        cost=group.cost_table.T[posts] + np.array([each.extra for each in kinds])[kind_of],
        must=must,
        may=may & (part[posts][:, None] == part),
    )


def assemble_plan(agents: ZoneAgents, kind: IntArray, members: BoolArray) -> IntArray | None:
    """Labels for zones that cover every site once; None if they do not.

    ``kind`` has the shape (zones,), ``members`` (zones, n), the labels (n,).
    """
    if len(members) == 0 or (members.sum(axis=0) != 1).any():
        return None
    labels = [list(each.zones) for each in agents.kinds]
    assignment = np.zeros(members.shape[1], dtype=np.int64)
    for index in np.lexsort((members.argmax(axis=1), kind)):  # one set of zones, one plan
        if not labels[kind[index]]:
            return None
        assignment[members[index]] = labels[kind[index]].pop(0)
    return assignment if not any(labels) else None


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
    """Rows for agents and, where the price of a post is above that of its neighbors, for cases.

    ``all_rivals`` makes cases of neighbors at the same price, too.

    A zone counts where its cheapest post is. If post j is priced above post p, zones that belong
    to p look cheap from j; they are dropped when found, but are many. So the zones of j are split
    into those that hold rival p1, those that hold p2 but not p1, and so on. In a case that holds p,
    being cheaper from j than from p is a linear condition, so any multiple of (cost from j - cost
    from p) <= 0 may be added to the bound.
    """
    n = len(group.sites)
    agent, must, may = [np.arange(len(agents.post))], [agents.must.copy()], [agents.may.copy()]
    lean = [np.zeros((len(agents.post), n))]
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
        lean.append(group.cost_table.T[agents.post[has]] - group.cost_table.T[other])
        barred[has, other] = False
    may[0] = barred
    holds, could = np.concatenate(must), np.concatenate(may)
    lawful = ~(holds & ~could).any(axis=1)
    who, bias = np.concatenate(agent)[lawful], np.concatenate(lean)[lawful]
    return _GrowthCases(who, holds[lawful], could[lawful], bias)


def _find_load_price(value: FloatArray, load: FloatArray, lower: float, upper: float) -> FloatArray:
    """The multiplier on load that makes each agent's relaxation tightest, shape (a,).

    The sites in part are a continuous knapsack, filled by ascending ratio (Dantzig 1957): the
    multiplier is the ratio of the site at which the limit is reached. Any other is a bound too.
    """
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
    """Cost less price of each site for each row; the post carries the price of its regions.

    The shape is (rows, n).
    """
    value = agents.cost[rows.agent] - duals.site
    post = agents.post[rows.agent]
    value[np.arange(len(value)), post] -= duals.post[post]
    return np.asarray(value)


def compute_case_bounds(
    group: ZoneGroup, agents: ZoneAgents, duals: DualPrices, rows: _GrowthCases
) -> tuple[FloatArray, FloatArray]:
    """The best of the relaxations with and without a lean to the own post, for each row.

    The bounds have the shape (rows,), the prices less load (rows, n).
    """
    value = compute_case_values(agents, duals, rows)
    root, priced = _relax_cases(group, rows, value)
    for leaning in _LEANINGS if rows.lean.any() else ():
        leant, leant_priced = _relax_cases(group, rows, value + leaning * rows.lean)
        better = leant > root
        root[better], priced[better] = leant[better], leant_priced[better]
    return root, priced


def compute_taking_penalty(rows: _GrowthCases, priced: FloatArray) -> FloatArray:
    """What holding each site adds to the bound of each row; inf where it may not be held.

    ``priced`` and the answer have the shape (rows, n).
    """
    return np.where(rows.must, 0.0, np.where(rows.may, np.maximum(priced, 0.0), np.inf))


def find_wide_cases(
    rows: _GrowthCases, root: FloatArray, priced: FloatArray, limit: FloatArray
) -> tuple[IntArray, list[IntArray]]:
    """Rows with more than 64 sites in reach, and the least likely of these, dearest first.

    ``root`` and ``limit`` have the shape (rows,), ``priced`` (rows, n).
    """
    taken = compute_taking_penalty(rows, priced)
    useful = root[:, None] + taken < limit[:, None]
    wide = np.flatnonzero(useful.sum(axis=1) > MASK_BITS)
    left = []
    for row in wide:
        dearest = np.argsort(np.where(useful[row] & ~rows.must[row], -taken[row], 1.0))
        left.append(dearest[: useful[row].sum() - MASK_BITS])
    return wide, left


def split_wide_cases(rows: _GrowthCases, wide: IntArray, left: list[IntArray]) -> _GrowthCases:
    """Each wide row without its unlikely sites, and a case for each of these that is held.

    ``wide`` has the shape (k,) and ``left`` an array of sites for each of them.
    """
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
