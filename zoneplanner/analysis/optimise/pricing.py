"""Every balanced, connected zone whose reduced cost is below a threshold.

A zone of an agent (kind, post) grows from its post: the sites beside it are taken or refused one
by one, the telling ones first. Each decision adds its penalty to a lower bound on the reduced cost
(the relaxation that prices load with one multiplier and forgets contiguity), so branches above the
threshold end early. States are processed in blocks of NumPy arrays; sets of sites are the bits of
64-bit integers, in each agent's own numbering of at most 64 sites that it could still serve.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.optimise.agents import ZoneAgents
from zoneplanner.analysis.optimise.group import ZoneGroup, find_best_posts
from zoneplanner.analysis.optimise.rows import MASK_BITS
from zoneplanner.analysis.optimise.table import _ONE_BIT, _GrowthTable, _MaskArray

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
