"""Look-up tables for growing zones: prices, penalties and neighbors in local numbering."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.zone_cases import (
    FORBIDDEN_COST,
    MASK_BITS,
    DualPrices,
    ZoneAgents,
    compute_case_bounds,
    compute_case_values,
    compute_taking_penalty,
    find_wide_cases,
    split_by_rivals,
    split_wide_cases,
)
from zoneplanner.analysis.districting.zone_group import ZoneGroup, find_best_posts

_MaskArray = npt.NDArray[np.uint64]
_ONE_BIT = np.uint64(1)
_SPLITS, _MOST_ROWS = 6, 3_000


@dataclass(frozen=True, eq=False)
class _GrowthTable:
    """Per row of the growth and local site (column): what the growth needs to look up."""

    kind: IntArray  # (a,)
    post: IntArray  # (a,)
    site: IntArray  # (a, 64) global site, -1 beyond the candidates
    root: FloatArray  # (a,) bound before any decision
    threshold: FloatArray  # (a,)
    value: FloatArray  # (a, 64) cost less dual
    taken: FloatArray  # (a, 64) penalty of taking
    refused: FloatArray  # (a, 64) penalty of refusing
    load: FloatArray  # (a, 64)
    near: _MaskArray  # (a, 64) neighbors
    near_bytes: _MaskArray  # (a, 8, 256) neighbors of a byte of sites
    refused_bytes: FloatArray  # (a, 8, 256) penalty of refusing a byte of sites
    load_bytes: FloatArray  # (a, 8, 256)
    floor: FloatArray  # (kinds,) growth in full misses no zone below this


def prepare_growth(
    group: ZoneGroup,
    agents: ZoneAgents,
    duals: DualPrices,
    threshold: FloatArray,
    *,
    all_rivals: bool = False,
) -> _GrowthTable:
    """Look-up tables for all rows that may hold a zone below ``threshold`` (kinds,)."""
    rows = split_by_rivals(group, agents, duals, all_rivals=all_rivals)
    root, priced = compute_case_bounds(group, agents, duals, rows)
    for _ in range(_SPLITS):
        wide, left = find_wide_cases(rows, root, priced, threshold[agents.kind[rows.agent]])
        if not len(wide) or sum(len(each) for each in left) > _MOST_ROWS:
            break
        rows = split_wide_cases(rows, wide, left)
        root, priced = compute_case_bounds(group, agents, duals, rows)
    kind, post = agents.kind[rows.agent], agents.post[rows.agent]
    limit = threshold[kind]
    value = compute_case_values(agents, duals, rows)
    taken = compute_taking_penalty(rows, priced)
    refused = np.where(rows.must, FORBIDDEN_COST, np.maximum(-priced, 0.0))
    floor = np.maximum(root, limit)
    keep = np.flatnonzero(root < limit)
    useful = root[keep][:, None] + taken[keep] < limit[keep][:, None]
    rank = np.where(useful, -np.abs(priced[keep]), np.inf)
    rank[rows.must[keep]] = -np.inf
    # the widest rows keep the likeliest 64 sites; what they leave out lowers their floor
    for row in np.flatnonzero(useful.sum(axis=1) > MASK_BITS):
        likely = np.argsort(np.where(rows.must[keep[row]], -1.0, taken[keep[row]]), kind="stable")
        dropped = likely[MASK_BITS:]
        floor[keep[row]] = min(limit[keep[row]], root[keep[row]] + taken[keep[row], dropped].min())
        useful[row, dropped] = False
        rank[row, dropped] = np.inf
    width = min(MASK_BITS, value.shape[1])
    site = np.argsort(rank, axis=1, kind="stable")[:, :width]
    present = np.take_along_axis(useful, site, axis=1)
    site = _pad_columns(np.where(present, site, -1), -1)
    lowest = np.full(len(agents.kinds), np.inf)
    np.minimum.at(lowest, kind, floor)
    return _make_table(
        group,
        keep,
        site,
        who=(kind, post),
        limits=(root, limit, lowest),
        sums=(value, taken, refused),
    )


def _pad_columns(array: IntArray, fill: int) -> IntArray:
    missing = MASK_BITS - array.shape[1]
    return np.pad(array, ((0, 0), (0, missing)), constant_values=fill) if missing else array


def _make_table(
    group: ZoneGroup,
    keep: IntArray,
    site: IntArray,
    *,
    who: tuple[IntArray, IntArray],
    limits: tuple[FloatArray, FloatArray, FloatArray],
    sums: tuple[FloatArray, FloatArray, FloatArray],
) -> _GrowthTable:
    kind, post = who
    root, limit, floor = limits
    present = site >= 0
    rows = keep[:, None]
    value, taken, refused = (np.where(present, each[rows, site], 0.0) for each in sums)
    load = np.where(present, group.load[site], 0.0)
    bit = _ONE_BIT << np.arange(MASK_BITS, dtype=np.uint64)
    near = np.zeros(site.shape, dtype=np.uint64)
    for column in range(MASK_BITS):
        beside = group.adjacency[site, site[:, column : column + 1]] & present
        near[:, column] = np.where(
            present[:, column], (beside * bit).sum(axis=1, dtype=np.uint64), 0
        )
    return _GrowthTable(
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
        near_bytes=_make_byte_unions(near),
        refused_bytes=_make_byte_sums(refused),
        load_bytes=_make_byte_sums(load),
        floor=floor,
    )


def _make_byte_unions(near: _MaskArray) -> _MaskArray:
    table = np.zeros((len(near), 8, 256), dtype=np.uint64)
    by_byte = near.reshape(len(near), 8, 8)
    for bit in range(8):
        half = 1 << bit
        table[:, :, half : 2 * half] = table[:, :, :half] | by_byte[:, :, bit : bit + 1]
    return table


def _make_byte_sums(values: FloatArray) -> FloatArray:
    table = np.zeros((len(values), 8, 256))
    by_byte = values.reshape(len(values), 8, 8)
    for bit in range(8):
        half = 1 << bit
        table[:, :, half : 2 * half] = table[:, :, :half] + by_byte[:, :, bit : bit + 1]
    return table


_BYTE = np.uint64(255)


@dataclass(frozen=True, eq=False)
class PricedZones:
    """Zones found, each once: kind (z,), members (z, n), reduced cost before the kind's dual (z,).

    If ``complete``, a zone is found from its best post only (the lowest of equals).
    """

    kind: IntArray
    members: BoolArray
    value: FloatArray
    floor: FloatArray  # (kinds,) every zone of the kind that was not returned costs at least this
    complete: bool
    states: int


@dataclass(frozen=True, eq=False)
class _Block:
    """Zones being grown: one entry each."""

    row: IntArray
    inside: _MaskArray
    near: _MaskArray
    decided: _MaskArray
    load: FloatArray
    value: FloatArray
    bound: FloatArray

    def where(self, keep: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> _Block:
        return _Block(*(each[keep] for each in vars(self).values()))


_BLOCK = 60_000


def price_zones(
    group: ZoneGroup,
    agents: ZoneAgents,
    table: _GrowthTable,
    *,
    states: int,
    zones: int,
    beam: int | None = None,
) -> Iterator[PricedZones | None]:
    """Yield None between blocks of work and the Zones at the end.

    Stops early, ``complete`` False, after ``states`` states or ``zones`` zones. ``beam`` keeps
    only that many states a level: quick, and never complete.
    """
    rows = np.arange(len(table.post))
    posts = (table.site == table.post[:, None]).argmax(axis=1)
    bits = _ONE_BIT << posts.astype(np.uint64)
    stack = [
        _Block(
            row=rows,
            inside=bits,
            near=table.near[rows, posts],
            decided=bits.copy(),
            load=table.load[rows, posts],
            value=table.value[rows, posts],
            bound=table.root.copy(),
        )
    ]
    done: list[_Block] = []
    seen = found = level = 0
    while stack and seen <= states and found <= zones:
        block = stack.pop()
        level += 1
        seen += len(block.row)
        block = block.where(_can_complete(group, table, block, thorough=level % 3 == 0))
        block, leaves = _split_leaves(group, table, block)
        if len(leaves.row):
            done.append(leaves)
            found += len(leaves.row)
        if not len(block.row):
            continue
        block = _branch_block(group, table, block)
        if beam is not None and len(block.row) > beam:
            block = block.where(np.argpartition(block.bound, beam)[:beam])
        if len(block.row) > _BLOCK:
            half = len(block.row) // 2
            stack.append(block.where(np.arange(half, len(block.row))))
            block = block.where(np.arange(half))
        if len(block.row):
            stack.append(block)
        if len(block.row) > 10_000:
            yield None
    complete = not stack and beam is None
    yield _collect_zones(agents, table, done, complete=complete, states=seen, group=group)


def _branch_block(group: ZoneGroup, table: _GrowthTable, block: _Block) -> _Block:
    """Take or refuse the most telling site beside each zone."""
    front = block.near & ~block.decided
    lowest = front & (~front + _ONE_BIT)
    column = np.bitwise_count(lowest - _ONE_BIT).astype(np.int64)
    row = block.row
    limit = table.threshold[row]
    flat = row * MASK_BITS + column
    take_bound = block.bound + table.taken.ravel()[flat]
    take_load = block.load + table.load.ravel()[flat]
    take = np.flatnonzero((take_bound < limit) & (take_load <= group.upper))
    refuse_bound = block.bound + table.refused.ravel()[flat]
    refuse = np.flatnonzero(refuse_bound < limit)
    decided = block.decided | lowest
    return _Block(
        row=np.concatenate([row[take], row[refuse]]),
        inside=np.concatenate([(block.inside | lowest)[take], block.inside[refuse]]),
        near=np.concatenate([(block.near | table.near.ravel()[flat])[take], block.near[refuse]]),
        decided=np.concatenate([decided[take], decided[refuse]]),
        load=np.concatenate([take_load[take], block.load[refuse]]),
        value=np.concatenate(
            [(block.value + table.value.ravel()[flat])[take], block.value[refuse]]
        ),
        bound=np.concatenate([take_bound[take], refuse_bound[refuse]]),
    )


def _split_leaves(group: ZoneGroup, table: _GrowthTable, block: _Block) -> tuple[_Block, _Block]:
    """Zones with nothing left to decide are done if they are balanced and cheap enough."""
    closed = (block.near & ~block.decided) == 0
    balanced = (block.load >= group.lower) & (block.load <= group.upper)
    good = closed & balanced & (block.value < table.threshold[block.row])
    return block.where(~closed), block.where(good)


def _can_complete(
    group: ZoneGroup, table: _GrowthTable, block: _Block, *, thorough: bool
) -> npt.NDArray[np.bool_]:
    """Whether the sites still in reach could fill the zone, and the bound without the others."""
    if not thorough:
        return np.ones(len(block.row), dtype=bool)
    free = ~(block.decided & ~block.inside)
    open_sites = ~block.decided
    reach = block.inside.copy()
    grown = reach | (block.near & free)
    active = np.flatnonzero(grown != reach)
    while len(active):
        reach[active] = grown[active]
        more = reach[active] | (
            _union_bytes(table.near_bytes, block.row[active], reach[active]) & free[active]
        )
        changed = more != reach[active]
        active = active[changed]
        grown[active] = more[changed]
    unreachable = open_sites & ~reach
    block.decided[:] |= unreachable
    block.bound[:] += _sum_bytes(table.refused_bytes, block.row, unreachable)
    load = block.load + _sum_bytes(table.load_bytes, block.row, reach & open_sites)
    return np.asarray((block.bound < table.threshold[block.row]) & (load >= group.lower))


def _union_bytes(table: _MaskArray, row: IntArray, mask: _MaskArray) -> _MaskArray:
    result = np.zeros(len(row), dtype=np.uint64)
    flat = table.reshape(-1)
    for byte in range(8):
        index = (row * 8 + byte) * 256 + ((mask >> np.uint64(8 * byte)) & _BYTE).astype(np.int64)
        result |= flat[index]
    return result


def _sum_bytes(table: FloatArray, row: IntArray, mask: _MaskArray) -> FloatArray:
    result = np.zeros(len(row))
    flat = table.reshape(-1)
    for byte in range(8):
        index = (row * 8 + byte) * 256 + ((mask >> np.uint64(8 * byte)) & _BYTE).astype(np.int64)
        result += flat[index]
    return result


def _collect_zones(
    agents: ZoneAgents,
    table: _GrowthTable,
    done: list[_Block],
    *,
    complete: bool,
    states: int,
    group: ZoneGroup,
) -> PricedZones:
    n = len(group.sites)
    row = np.concatenate([each.row for each in done]) if done else np.zeros(0, dtype=np.int64)
    inside = np.concatenate([each.inside for each in done]) if done else np.zeros(0, np.uint64)
    value = np.concatenate([each.value for each in done]) if done else np.zeros(0)
    held = ((inside[:, None] >> np.arange(MASK_BITS, dtype=np.uint64)) & _ONE_BIT).astype(bool)
    members = np.zeros((len(row), n + 1), dtype=bool)
    members[np.arange(len(row))[:, None], table.site[row]] = held
    members = members[:, :n]
    must = np.array([each.must for each in agents.kinds])
    lawful = ~(must[table.kind[row]] & ~members).any(axis=1)
    row, members, value = row[lawful], members[lawful], value[lawful]
    if complete:
        own = find_best_posts(group, members) == table.post[row]
        row, members, value = row[own], members[own], value[own]
    floor = table.floor.copy()
    if not complete:
        np.minimum.at(floor, table.kind, table.root)
    return PricedZones(
        kind=table.kind[row],
        members=members,
        value=value,
        floor=floor,
        complete=complete,
        states=states,
    )
