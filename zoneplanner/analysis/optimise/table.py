"""Look-up tables for growing zones: prices, penalties and neighbours in local numbering."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.optimise.agents import ZoneAgents
from zoneplanner.analysis.optimise.group import ZoneGroup
from zoneplanner.analysis.optimise.rows import (
    FORBIDDEN_COST,
    MASK_BITS,
    DualPrices,
    compute_case_bounds,
    compute_case_values,
    compute_taking_penalty,
    find_wide_cases,
    split_by_rivals,
    split_wide_cases,
)

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
    near: _MaskArray  # (a, 64) neighbours
    near_bytes: _MaskArray  # (a, 8, 256) neighbours of a byte of sites
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
