"""Branching: in each part of the district, how many zones have their post there?

A fractional choice of zones mostly mixes two ways of sharing out the lobes of a district. The
number of posts in a region settles that: a plan has at most q of them there, or at least q + 1.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray
from zoneplanner.analysis.optimise.group import ZoneGroup
from zoneplanner.analysis.optimise.master import PostCountRegion, RestrictedMaster

_MAX_TRIALS = 25
_INTEGRAL = 1e-6
_DOUBLING = 0.04  # share of the cost by which a wider gap takes a tree of twice as many branches


def _list_post_regions(group: ZoneGroup) -> BoolArray:
    """The sites nearest to each site, for every number of them: shape (regions, n)."""
    n = len(group.sites)
    order = np.argsort(group.distance, axis=1, kind="stable")
    rank = np.empty_like(order)
    rank[np.arange(n)[:, None], order] = np.arange(n)
    sizes = np.unique(np.linspace(1, max(1, n - 1), min(n, 60)).astype(np.int64))
    return np.asarray((rank[:, None, :] < sizes[None, :, None]).reshape(-1, n))


def _choose_branch_regions(
    master: RestrictedMaster,
    candidates: BoolArray,
    shares: FloatArray,
    bound: float,
    ceiling: float,
) -> Generator[None, None, tuple[PostCountRegion, PostCountRegion] | None]:
    """The two sides of the region whose count is most telling; None if all counts are whole.

    Yields None between trials. The most fractional regions are tried on the linear program; the
    one that leaves the least work is taken.
    """
    used = shares > _INTEGRAL
    posts = np.bincount(master.post[used], shares[used], minlength=master.n)
    count = candidates @ posts
    distance = np.abs(count - np.floor(count) - 0.5)
    pattern = candidates[:, posts > _INTEGRAL]
    picked: list[int] = []
    seen: set[bytes] = set()
    for index in np.argsort(distance, kind="stable"):
        if distance[index] > 0.5 - 1e-4 or len(picked) == _MAX_TRIALS:
            break
        key = pattern[index].tobytes()
        if key not in seen:
            seen.add(key)
            picked.append(int(index))
    best: tuple[float, int] | None = None
    for index in picked:
        whole = float(np.floor(count[index]))
        lifts = [
            min(max(master.try_region(candidates[index], low, high), bound), ceiling) - bound
            for low, high in ((-np.inf, whole), (whole + 1, np.inf))
        ]
        yield
        score = -sum(_estimate_work_left(ceiling - bound - lift, ceiling) for lift in lifts)
        if best is None or score > best[0] + 1e-12:
            best = (score, index)
    if best is None:
        return None
    sites, whole = candidates[best[1]], float(np.floor(count[best[1]]))
    return PostCountRegion(sites, -np.inf, whole), PostCountRegion(sites, whole + 1, np.inf)


def _estimate_work_left(gap: float, ceiling: float) -> float:
    """How many branches a side may take: none if the linear program closes it."""
    return 2.0 ** (gap / (_DOUBLING * ceiling)) if gap > 1e-9 * ceiling else 0.0
