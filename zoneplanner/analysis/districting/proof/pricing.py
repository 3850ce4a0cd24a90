"""Pricing: the zones of least reduced cost, grown site by site from their posts.

A zone starts at its post and takes or refuses the lowest undecided adjacent site. The bound of a
partial zone is a knapsack's, by load only, plus the penalties of its decisions; zones that cannot
get below the threshold are pruned. Local sites are the bits of a 64-bit mask, so a batch of partial
zones takes a few array operations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.proof.zone_cases import (
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
from zoneplanner.analysis.districting.zone_group import (
    ZoneGroup,
    are_balanced,
    find_best_posts,
    halve_borders,
)

_MaskArray = npt.NDArray[np.uint64]
_Number = TypeVar("_Number", np.uint64, np.float64)
_ONE_BIT = np.uint64(1)
_SPLITS, _MAX_ROWS = 6, 3_000


@dataclass(frozen=True, eq=False)
class _GrowthTable:
    """Look-up tables for growing zones, by row (case) and local site (column)."""

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
    floor: FloatArray  # (kinds,) complete growth misses no zone below this


def prepare_growth(
    group: ZoneGroup,
    agents: ZoneAgents,
    duals: DualPrices,
    threshold: FloatArray,
    *,
    all_rivals: bool = False,
) -> _GrowthTable:
    """Return look-up tables for all rows that may have a zone below ``threshold`` (kinds,)."""
    rows = split_by_rivals(group, agents, duals, all_rivals=all_rivals)
    root, priced = compute_case_bounds(group, agents, duals, rows)
    for _ in range(_SPLITS):
        wide, left = find_wide_cases(rows, root, priced, threshold[agents.kind[rows.agent]])
        if not len(wide) or sum(len(each) for each in left) > _MAX_ROWS:
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
    # the widest rows keep the likeliest 64 sites; the dropped ones lower their floor
    for row in np.flatnonzero(useful.sum(axis=1) > MASK_BITS):
        likely = np.argsort(np.where(rows.must[keep[row]], -1.0, taken[keep[row]]), kind="stable")
        dropped = likely[MASK_BITS:]
        floor[keep[row]] = min(limit[keep[row]], root[keep[row]] + taken[keep[row], dropped].min())
        useful[row, dropped] = False
        rank[row, dropped] = np.inf
    site = np.argsort(rank, axis=1, kind="stable")[:, :MASK_BITS]
    site = np.where(np.take_along_axis(useful, site, axis=1), site, -1)
    site = np.pad(site, ((0, 0), (0, MASK_BITS - site.shape[1])), constant_values=-1)
    present = site >= 0

    def look_up(each: FloatArray) -> FloatArray:
        return np.where(present, each[keep[:, None], site], 0.0)

    lowest = np.full(len(agents.kinds), np.inf)
    np.minimum.at(lowest, kind, floor)
    near = _find_near(group, site, present)
    load = np.where(present, group.load[site], 0.0)
    local_refused = look_up(refused)
    return _GrowthTable(
        kind=kind[keep],
        post=post[keep],
        site=site,
        root=root[keep],
        threshold=limit[keep],
        value=look_up(value),
        taken=look_up(taken),
        refused=local_refused,
        load=load,
        near=near,
        near_bytes=_tabulate_bytes(near, np.bitwise_or),
        refused_bytes=_tabulate_bytes(local_refused, np.add),
        load_bytes=_tabulate_bytes(load, np.add),
        floor=lowest,
    )


def _find_near(group: ZoneGroup, site: IntArray, present: BoolArray) -> _MaskArray:
    """Return the neighbors of each local site as bits of local sites, shape (a, 64)."""
    bit = _ONE_BIT << np.arange(MASK_BITS, dtype=np.uint64)
    near = np.zeros(site.shape, dtype=np.uint64)
    for column in range(MASK_BITS):
        is_near = group.adjacency[site, site[:, column : column + 1]] & present
        joined = (is_near * bit).sum(axis=1, dtype=np.uint64)
        near[:, column] = np.where(present[:, column], joined, 0)
    return near


def _tabulate_bytes(values: npt.NDArray[_Number], combine: np.ufunc) -> npt.NDArray[_Number]:
    """Combine values (a, 64) for all 256 subsets of each byte of sites: shape (a, 8, 256)."""
    table = np.zeros((len(values), 8, 256), dtype=values.dtype)
    by_byte = values.reshape(len(values), 8, 8)
    for bit in range(8):
        half = 1 << bit
        table[:, :, half : 2 * half] = combine(table[:, :, :half], by_byte[:, :, bit : bit + 1])
    return table


_BYTE = np.uint64(255)


@dataclass(frozen=True, eq=False)
class PricedZones:
    """Distinct zones: kind (z,), members (z, n), reduced cost before the kind's dual (z,).

    If ``complete``, a zone is listed only from its best post (the first of equals).
    """

    kind: IntArray
    members: BoolArray
    value: FloatArray
    floor: FloatArray  # (kinds,) every other zone of the kind costs at least this
    complete: bool
    states: int


@dataclass(frozen=True, eq=False)
class _Batch:
    """Partial zones: one entry each."""

    row: IntArray
    inside: _MaskArray
    near: _MaskArray
    decided: _MaskArray
    load: FloatArray
    value: FloatArray
    bound: FloatArray

    def where(self, keep: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> _Batch:
        return _Batch(*(each[keep] for each in vars(self).values()))


_BATCH = 60_000


def price_zones(
    group: ZoneGroup,
    agents: ZoneAgents,
    table: _GrowthTable,
    *,
    states: int,
    zones: int,
    beam: int | None = None,
) -> Iterator[PricedZones | None]:
    """Yield None between batches of work, and the zones at the end.

    It stops early, with ``complete`` False, after ``states`` states or ``zones`` zones. ``beam``
    keeps only that many states at each level: quick, and never complete.
    """
    rows = np.arange(len(table.post))
    posts = (table.site == table.post[:, None]).argmax(axis=1)
    bits = _ONE_BIT << posts.astype(np.uint64)
    start = _Batch(
        row=rows,
        inside=bits,
        near=table.near[rows, posts],
        decided=bits.copy(),
        load=table.load[rows, posts],
        value=table.value[rows, posts],
        bound=table.root.copy(),
    )
    stack, done = [start], [start.where(rows[:0])]
    seen = found = level = 0
    while stack and seen <= states and found <= zones:
        batch = stack.pop()
        level += 1
        seen += len(batch.row)
        batch = batch.where(_can_complete(group, table, batch, thorough=level % 3 == 0))
        batch, leaves = _split_leaves(group, table, batch)
        if len(leaves.row):
            done.append(leaves)
            found += len(leaves.row)
        if not len(batch.row):
            continue
        batch = _branch_batch(group, table, batch)
        if beam is not None and len(batch.row) > beam:
            batch = batch.where(np.argpartition(batch.bound, beam)[:beam])
        if len(batch.row) > _BATCH:
            half = len(batch.row) // 2
            stack.append(batch.where(np.arange(half, len(batch.row))))
            batch = batch.where(np.arange(half))
        if len(batch.row):
            stack.append(batch)
        if len(batch.row) > 10_000:
            yield None
    complete = not stack and beam is None
    yield _collect_zones(agents, table, done, complete=complete, states=seen, group=group)


def _branch_batch(group: ZoneGroup, table: _GrowthTable, batch: _Batch) -> _Batch:
    """Take and refuse the lowest undecided site next to each zone."""
    front = batch.near & ~batch.decided
    lowest = front & (~front + _ONE_BIT)
    column = np.bitwise_count(lowest - _ONE_BIT).astype(np.int64)
    row = batch.row
    limit = table.threshold[row]
    flat = row * MASK_BITS + column
    take_bound = batch.bound + table.taken.ravel()[flat]
    take_load = batch.load + table.load.ravel()[flat]
    take = np.flatnonzero((take_bound < limit) & (take_load <= group.max_load))
    refuse_bound = batch.bound + table.refused.ravel()[flat]
    refuse = np.flatnonzero(refuse_bound < limit)
    decided = batch.decided | lowest
    near = batch.near | table.near.ravel()[flat]
    value = batch.value + table.value.ravel()[flat]
    taken = _Batch(row, batch.inside | lowest, near, decided, take_load, value, take_bound)
    refused = replace(batch, decided=decided, bound=refuse_bound)
    return _join_batches([taken.where(take), refused.where(refuse)])


def _join_batches(batches: Sequence[_Batch]) -> _Batch:
    columns = (vars(each).values() for each in batches)
    return _Batch(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def _split_leaves(group: ZoneGroup, table: _GrowthTable, batch: _Batch) -> tuple[_Batch, _Batch]:
    """Return zones with decisions left, and finished ones that are balanced and cheap enough."""
    is_finished = (batch.near & ~batch.decided) == 0
    balanced = (batch.load >= group.min_load) & (batch.load <= group.max_load)
    is_good = is_finished & balanced & (batch.value < table.threshold[batch.row])
    return batch.where(~is_finished), batch.where(is_good)


def _can_complete(
    group: ZoneGroup, table: _GrowthTable, batch: _Batch, *, thorough: bool
) -> npt.NDArray[np.bool_]:
    """Return whether zones can still be completed; ``thorough`` checks which sites they can reach.

    Unreachable sites count as refused in ``batch``, which raises the bounds.
    """
    if not thorough:
        return np.ones(len(batch.row), dtype=bool)
    free = ~(batch.decided & ~batch.inside)
    open_sites = ~batch.decided
    reach = batch.inside.copy()
    grown = reach | (batch.near & free)
    active = np.flatnonzero(grown != reach)
    while len(active):
        reach[active] = grown[active]
        row = batch.row[active]
        adjacent = _combine_bytes(table.near_bytes, row, reach[active], np.bitwise_or)
        more = reach[active] | (adjacent & free[active])
        changed = more != reach[active]
        active = active[changed]
        grown[active] = more[changed]
    unreachable = open_sites & ~reach
    batch.decided[:] |= unreachable
    batch.bound[:] += _combine_bytes(table.refused_bytes, batch.row, unreachable, np.add)
    fill = _combine_bytes(table.load_bytes, batch.row, reach & open_sites, np.add)
    load = batch.load + fill
    return np.asarray((batch.bound < table.threshold[batch.row]) & (load >= group.min_load))


def _combine_bytes(
    table: npt.NDArray[_Number], row: IntArray, mask: _MaskArray, combine: np.ufunc
) -> npt.NDArray[_Number]:
    """Combine the entries of a row's table (a, 8, 256) for each byte of a mask, shape (states,)."""
    result = np.zeros(len(row), dtype=table.dtype)
    flat = table.reshape(-1)
    for byte in range(8):
        index = (row * 8 + byte) * 256 + ((mask >> np.uint64(8 * byte)) & _BYTE).astype(np.int64)
        combine(result, flat[index], out=result)
    return result


def _collect_zones(
    agents: ZoneAgents,
    table: _GrowthTable,
    done: list[_Batch],
    *,
    complete: bool,
    states: int,
    group: ZoneGroup,
) -> PricedZones:
    n = len(group.sites)
    leaves = _join_batches(done)
    row, inside, value = leaves.row, leaves.inside, leaves.value
    is_in = ((inside[:, None] >> np.arange(MASK_BITS, dtype=np.uint64)) & _ONE_BIT).astype(bool)
    members = np.zeros((len(row), n + 1), dtype=bool)
    members[np.arange(len(row))[:, None], table.site[row]] = is_in
    members = members[:, :n]
    must = np.array([each.must for each in agents.kinds])
    lawful = ~(must[table.kind[row]] & ~members).any(axis=1) & are_balanced(group, members)
    row, members, value = row[lawful], members[lawful], value[lawful]
    value = value + halve_borders(group, members)
    if complete:
        own = find_best_posts(group, members) == table.post[row]
        row, members, value = row[own], members[own], value[own]
    floor = table.floor.copy()
    if not complete:
        np.minimum.at(floor, table.kind, table.root)
    return PricedZones(table.kind[row], members, value, floor, complete, states)
