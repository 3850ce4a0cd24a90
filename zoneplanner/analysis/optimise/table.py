"""Look-up tables for growing zones: prices, penalties and neighbours in local numbering."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoneplanner.analysis.optimise.agents import Agents
from zoneplanner.analysis.optimise.group import Group
from zoneplanner.analysis.optimise.problem import Bools, Floats, Ints

Words = npt.NDArray[np.uint64]
WIDTH = 64
ONE = np.uint64(1)
FAR = 1e12
RIVALS = 8
TELLING = 0.2
LEANINGS = (0.15, 0.5, 1.5, 4.0, 10.0, 25.0)


@dataclass(frozen=True, eq=False)
class Duals:
    """Prices of the master problem.

    ``site`` (n,), ``kind`` (kinds,), ``region`` (regions,); ``post`` (n,) is the sum of the prices
    of the regions that hold the post, ``fixed`` what the regions add to the bound.
    """

    site: Floats
    kind: Floats
    region: Floats
    post: Floats
    fixed: float


@dataclass(frozen=True, eq=False)
class Table:
    """Per row of the growth and local site (column): what the growth needs to look up."""

    kind: Ints  # (a,)
    post: Ints  # (a,)
    site: Ints  # (a, 64) global site, -1 beyond the candidates
    root: Floats  # (a,) bound before any decision
    threshold: Floats  # (a,)
    value: Floats  # (a, 64) cost less dual
    taken: Floats  # (a, 64) penalty of taking
    refused: Floats  # (a, 64) penalty of refusing
    load: Floats  # (a, 64)
    near: Words  # (a, 64) neighbours
    near_bytes: Words  # (a, 8, 256) neighbours of a byte of sites
    refused_bytes: Floats  # (a, 8, 256) penalty of refusing a byte of sites
    load_bytes: Floats  # (a, 8, 256)
    floor: Floats  # (kinds,) growth in full misses no zone below this


@dataclass(frozen=True, eq=False)
class _Rows:
    """Agents, split by the rivals of their posts: ``lean`` (r, n) may be added to bounds."""

    agent: Ints
    must: Bools
    may: Bools
    lean: Floats


def _split_by_rivals(group: Group, agents: Agents, duals: Duals, *, all_rivals: bool) -> _Rows:
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
    least = np.maximum(1e-6, TELLING * gap.max(axis=1, keepdims=True))
    telling = (gap > least) & agents.may
    if all_rivals:
        telling = agents.may & (agents.post[:, None] != np.arange(n))
    rival = np.where(telling, group.distance[agents.post], np.inf)
    order = np.argsort(rival, axis=1, kind="stable")[:, :RIVALS]
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
    rows = _Rows(
        np.concatenate(agent), np.concatenate(must), np.concatenate(may), np.concatenate(lean)
    )
    lawful = ~(rows.must & ~rows.may).any(axis=1)
    return _Rows(rows.agent[lawful], rows.must[lawful], rows.may[lawful], rows.lean[lawful])


def load_price(value: Floats, load: Floats, lower: float, upper: float) -> Floats:
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


def _relax(group: Group, rows: _Rows, value: Floats) -> tuple[Floats, Floats]:
    """(bound, prices less load): the cheapest set of sites by load alone, for each row."""
    barred = np.where(rows.may, value, FAR)
    price = load_price(barred, np.broadcast_to(group.load, value.shape), group.lower, group.upper)
    priced = value - price[:, None] * group.load
    gain = np.where(rows.must, priced, np.where(rows.may, np.minimum(priced, 0.0), 0.0))
    root = np.where(price > 0, price * group.lower, price * group.upper) + gain.sum(axis=1)
    return root, priced


def prepare(
    group: Group, agents: Agents, duals: Duals, threshold: Floats, *, all_rivals: bool = False
) -> Table:
    """Look-up tables for all rows that may hold a zone below ``threshold`` (kinds,)."""
    rows = _split_by_rivals(group, agents, duals, all_rivals=all_rivals)
    kind, post = agents.kind[rows.agent], agents.post[rows.agent]
    limit = threshold[kind]
    value = agents.cost[rows.agent] - duals.site
    value[np.arange(len(value)), post] -= duals.post[post]
    root, priced = _relax(group, rows, value)
    for leaning in LEANINGS if len(rows.agent) > len(agents.post) else ():
        leant, leant_priced = _relax(group, rows, value + leaning * rows.lean)
        better = leant > root
        root[better], priced[better] = leant[better], leant_priced[better]
    taken = np.where(rows.must, 0.0, np.where(rows.may, np.maximum(priced, 0.0), np.inf))
    refused = np.where(rows.must, FAR, np.maximum(-priced, 0.0))
    floor = np.maximum(root, limit)
    keep = np.flatnonzero(root < limit)
    useful = root[keep][:, None] + taken[keep] < limit[keep][:, None]
    rank = np.where(useful, -np.abs(priced[keep]), np.inf)
    rank[rows.must[keep]] = -np.inf
    # the widest rows keep the likeliest 64 sites; what they leave out lowers their floor
    for row in np.flatnonzero(useful.sum(axis=1) > WIDTH):
        likely = np.argsort(np.where(rows.must[keep[row]], -1.0, taken[keep[row]]), kind="stable")
        left = likely[WIDTH:]
        floor[keep[row]] = min(limit[keep[row]], root[keep[row]] + taken[keep[row], left].min())
        useful[row, left] = False
        rank[row, left] = np.inf
    width = min(WIDTH, value.shape[1])
    site = np.argsort(rank, axis=1, kind="stable")[:, :width]
    present = np.take_along_axis(useful, site, axis=1)
    site = _padded(np.where(present, site, -1), -1)
    lowest = np.full(len(agents.kinds), np.inf)
    np.minimum.at(lowest, kind, floor)
    return _table(
        group,
        keep,
        site,
        who=(kind, post),
        limits=(root, limit, lowest),
        sums=(value, taken, refused),
    )


def _padded(array: Ints, fill: int) -> Ints:
    missing = WIDTH - array.shape[1]
    return np.pad(array, ((0, 0), (0, missing)), constant_values=fill) if missing else array


def _table(
    group: Group,
    keep: Ints,
    site: Ints,
    *,
    who: tuple[Ints, Ints],
    limits: tuple[Floats, Floats, Floats],
    sums: tuple[Floats, Floats, Floats],
) -> Table:
    kind, post = who
    root, limit, floor = limits
    present = site >= 0
    rows = keep[:, None]
    value, taken, refused = (np.where(present, each[rows, site], 0.0) for each in sums)
    load = np.where(present, group.load[site], 0.0)
    bit = ONE << np.arange(WIDTH, dtype=np.uint64)
    near = np.zeros(site.shape, dtype=np.uint64)
    for column in range(WIDTH):
        beside = group.adjacency[site, site[:, column : column + 1]] & present
        near[:, column] = np.where(
            present[:, column], (beside * bit).sum(axis=1, dtype=np.uint64), 0
        )
    return Table(
        kind=kind[keep],
        post=post[keep],
        site=site,
        root=root[keep],
        threshold=limit[keep],
        value=value,
        taken=taken,
        refused=refused,
        load=load,
        near=near,
        near_bytes=_byte_unions(near),
        refused_bytes=_byte_sums(refused),
        load_bytes=_byte_sums(load),
        floor=floor,
    )


def _byte_unions(near: Words) -> Words:
    table = np.zeros((len(near), 8, 256), dtype=np.uint64)
    by_byte = near.reshape(len(near), 8, 8)
    for bit in range(8):
        half = 1 << bit
        table[:, :, half : 2 * half] = table[:, :, :half] | by_byte[:, :, bit : bit + 1]
    return table


def _byte_sums(values: Floats) -> Floats:
    table = np.zeros((len(values), 8, 256))
    by_byte = values.reshape(len(values), 8, 8)
    for bit in range(8):
        half = 1 << bit
        table[:, :, half : 2 * half] = table[:, :, :half] + by_byte[:, :, bit : bit + 1]
    return table
