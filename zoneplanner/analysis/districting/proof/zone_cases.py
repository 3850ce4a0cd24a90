"""The cases of a zone: a kind served from a post, with the sites it must and may include."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.zone_group import ZoneGroup, find_components, unpack_sites


@dataclass(frozen=True, eq=False)
class _ZoneKind:
    """Interchangeable zones: ``zones`` are their local labels.

    ``must`` and ``may`` (n,) are the sites that every zone of this kind must and may include;
    ``extra`` (n,) is the linear cost of including a site.
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
        """Return the agents with these indices; ``keep`` has the shape (k,)."""
        _, *columns = vars(self).values()
        return ZoneAgents(self.kinds, *(column[keep] for column in columns))


def _list_zone_kinds(group: ZoneGroup) -> tuple[_ZoneKind, ...]:
    """Return a kind for each zone with locks or linear costs, and one kind for the others."""
    n, k = len(group.sites), len(group.zones)
    free = group.lock < 0
    kinds, plain = [], []
    for zone in range(k):
        must = group.lock == zone
        if group.linear is None and not must.any():
            plain.append(zone)
        else:
            extra = np.zeros(n) if group.linear is None else group.linear[:, zone]
            kinds.append(_ZoneKind(np.array([zone]), must, free | must, extra))
    if plain:
        kinds.append(_ZoneKind(np.array(plain), np.zeros(n, dtype=bool), free, np.zeros(n)))
    return tuple(kinds)


def list_agents(group: ZoneGroup) -> ZoneAgents:
    """Return every kind with every post it may have; a zone stays in its post's component."""
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
    """Return labels for zones if they cover every site once, else None.

    ``kind`` has the shape (zones,), ``members`` (zones, n), the labels (n,).
    """
    if len(members) == 0 or (members.sum(axis=0) != 1).any():
        return None
    labels = [list(each.zones) for each in agents.kinds]
    assignment = np.zeros(members.shape[1], dtype=np.int64)
    for index in np.lexsort(
        (members.argmax(axis=1), kind)
    ):  # the same zones always give the same plan
        if not labels[kind[index]]:
            return None
        assignment[members[index]] = labels[kind[index]].pop(0)
    return assignment if not any(labels) else None


MASK_BITS = 64
FORBIDDEN_COST = 1e12
_RIVALS = 8
_MIN_GAP = 0.2
_LEAN_WEIGHTS = (0.15, 0.5, 1.5, 4.0, 10.0, 25.0)


@dataclass(frozen=True, eq=False)
class DualPrices:
    """Prices of the master problem.

    ``site`` (n,), ``kind`` (kinds,), ``region`` (regions,); ``post`` (n,) is the sum of the prices
    of the regions that include the post, ``fixed`` the regions' part of the bound.
    """

    site: FloatArray
    kind: FloatArray
    region: FloatArray
    post: FloatArray
    fixed: float


@dataclass(frozen=True, eq=False)
class _GrowthCases:
    """Agents split by rivals of their posts; bounds may include multiples of ``lean`` (r, n)."""

    agent: IntArray
    must: BoolArray
    may: BoolArray
    lean: FloatArray


def split_by_rivals(
    group: ZoneGroup, agents: ZoneAgents, duals: DualPrices, *, all_rivals: bool
) -> _GrowthCases:
    """Return rows for agents, split into cases if a post's price is above its neighbors'.

    ``all_rivals`` also makes cases of neighbors at the same price.

    A zone counts only at its cheapest post. If post j is priced above post p, zones that belong to
    p look cheap from j; they are dropped when found, but are many. So the zones of j are split into
    those that include rival p1, those that include p2 but not p1, and so on. In a case that
    includes p, being cheaper from j than from p is a linear condition, so any multiple of (cost
    from j - cost from p) <= 0 may be added to the bound.
    """
    n = len(group.sites)
    agent, must, may = [np.arange(len(agents.post))], [agents.must.copy()], [agents.may.copy()]
    lean = [np.zeros((len(agents.post), n))]
    gap = duals.post[agents.post][:, None] - duals.post[None, :]
    least = np.maximum(1e-6, _MIN_GAP * gap.max(axis=1, keepdims=True))
    is_rival = (gap > least) & agents.may
    if all_rivals:
        is_rival = agents.may & (agents.post[:, None] != np.arange(n))
    rival = np.where(is_rival, group.distance[agents.post], np.inf)
    order = np.argsort(rival, axis=1, kind="stable")[:, :_RIVALS]
    allowed = agents.may.copy()
    for rank in range(order.shape[1]):
        rows = np.flatnonzero(np.isfinite(rival[np.arange(len(order)), order[:, rank]]))
        if not len(rows):
            break
        other = order[rows, rank]
        with_rival = agents.must[rows].copy()
        with_rival[np.arange(len(rows)), other] = True
        agent.append(rows)
        must.append(with_rival)
        may.append(allowed[rows])
        lean.append(group.cost_table.T[agents.post[rows]] - group.cost_table.T[other])
        allowed[rows, other] = False
    may[0] = allowed
    musts, mays = np.concatenate(must), np.concatenate(may)
    lawful = ~(musts & ~mays).any(axis=1)
    agents_of, leans = np.concatenate(agent)[lawful], np.concatenate(lean)[lawful]
    return _GrowthCases(agents_of, musts[lawful], mays[lawful], leans)


def _find_load_price(value: FloatArray, load: FloatArray, lower: float, upper: float) -> FloatArray:
    """Return the multiplier on load that makes each agent's relaxation tightest, shape (a,).

    The relaxation is a continuous knapsack, filled by ascending ratio (Dantzig 1957): the
    multiplier is the ratio of the site at which the limit is reached. Any other also gives a valid
    bound.
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
    """Return each row's bound, the cheapest set of sites by load only, and values less load."""
    allowed = np.where(rows.may, value, FORBIDDEN_COST)
    price = _find_load_price(
        allowed, np.broadcast_to(group.load, value.shape), group.min_load, group.max_load
    )
    priced = value - price[:, None] * group.load
    gain = np.where(rows.must, priced, np.where(rows.may, np.minimum(priced, 0.0), 0.0))
    root = np.where(price > 0, price * group.min_load, price * group.max_load) + gain.sum(axis=1)
    return root, priced


def compute_case_values(agents: ZoneAgents, duals: DualPrices, rows: _GrowthCases) -> FloatArray:
    """Return each site's cost less price by row, (rows, n), with the regions' price of the post."""
    value = agents.cost[rows.agent] - duals.site
    post = agents.post[rows.agent]
    value[np.arange(len(value)), post] -= duals.post[post]
    return np.asarray(value)


def compute_case_bounds(
    group: ZoneGroup, agents: ZoneAgents, duals: DualPrices, rows: _GrowthCases
) -> tuple[FloatArray, FloatArray]:
    """Return each row's best bound with and without a lean to its own post, and values less load.

    The bounds have the shape (rows,), the values (rows, n).
    """
    value = compute_case_values(agents, duals, rows)
    root, priced = _relax_cases(group, rows, value)
    for weight in _LEAN_WEIGHTS if rows.lean.any() else ():
        lean_root, lean_priced = _relax_cases(group, rows, value + weight * rows.lean)
        better = lean_root > root
        root[better], priced[better] = lean_root[better], lean_priced[better]
    return root, priced


def compute_taking_penalty(rows: _GrowthCases, priced: FloatArray) -> FloatArray:
    """Return how much including each site adds to each row's bound; inf if it is not allowed.

    ``priced`` and the result have the shape (rows, n).
    """
    return np.where(rows.must, 0.0, np.where(rows.may, np.maximum(priced, 0.0), np.inf))


def find_wide_cases(
    rows: _GrowthCases, root: FloatArray, priced: FloatArray, limit: FloatArray
) -> tuple[IntArray, list[IntArray]]:
    """Return rows with more than 64 possible sites, and their excess sites, least likely first.

    ``root`` and ``limit`` have the shape (rows,), ``priced`` (rows, n).
    """
    taken = compute_taking_penalty(rows, priced)
    useful = root[:, None] + taken < limit[:, None]
    wide = np.flatnonzero(useful.sum(axis=1) > MASK_BITS)
    excess = []
    for row in wide:
        unlikely = np.argsort(np.where(useful[row] & ~rows.must[row], -taken[row], 1.0))
        excess.append(unlikely[: useful[row].sum() - MASK_BITS])
    return wide, excess


def split_wide_cases(rows: _GrowthCases, wide: IntArray, excess: list[IntArray]) -> _GrowthCases:
    """Return the cases with each wide row split by its excess sites.

    The row itself excludes them, and one more case includes each. ``wide`` has the shape (k,) and
    ``excess`` an array of sites for each.
    """
    agent, must, may, lean = (list(each) for each in vars(rows).values())
    for row, sites in zip(wide, excess, strict=True):
        allowed = may[row].copy()
        for site in sites:
            with_site = must[row].copy()
            with_site[site] = True
            agent.append(agent[row])
            must.append(with_site)
            may.append(allowed.copy())
            lean.append(lean[row])
            allowed[site] = False
        may[row] = allowed
    return _GrowthCases(np.array(agent), np.array(must), np.array(may), np.array(lean))
