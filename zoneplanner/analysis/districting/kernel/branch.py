"""The Lagrangian bound of a branch of the proof: plans with certain pairs and counts of posts.

It is only in C (``kernel.c``): in Python, such a proof would take minutes where another takes
seconds.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.kernel.library import load_library
from zoneplanner.analysis.districting.zone_group import ZoneGroup

MOST_SITES, MOST_REGIONS, MOST_ZONES = 512, 64, 300  # as in kernel.c; the last fits in memory
_FLIP_BYTES = 56
_TRIES = 100  # sets of flipped sites tried for a post

_SIZES = ("sites", "zones", "regions", "tries", "scenarios")
_POINTERS = (
    "cost", "load", "scale", "more_loads", "near_start", "near", "border", "lock", "innermost",
    "parent", "least", "most", "may", "must", "price", "best_price", "direction", "share",
    "relaxed", "value", "load_price", "plan", "reduced", "chosen", "table", "take", "item", "flip",
    "seen", "queue",
)  # fmt: skip
_FLOATS = ("lower", "upper", "far_charge", "ceiling", "bound", "pace")


class _BranchStruct(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int64) for name in _SIZES),
        *((name, ctypes.c_void_p) for name in _POINTERS),
        *((name, ctypes.c_double) for name in _FLOATS),
        ("stamp", ctypes.c_int64),
        ("covered", ctypes.c_int64),
    )


@dataclass(frozen=True, eq=False)
class PostCount:
    """A restriction: ``sites`` (bits of an integer) have from ``least`` to ``most`` posts."""

    sites: int
    least: int
    most: int


@dataclass(eq=False)
class BranchState:
    """The restrictions of a branch, and its initial prices.

    ``may`` and ``must`` (posts, sites) are the sites that a post's zone may and must include; they
    are tightened in place. The regions of ``counts`` are nested or disjoint.
    """

    may: BoolArray
    must: BoolArray
    counts: tuple[PostCount, ...]
    price: FloatArray


@dataclass(frozen=True, eq=False)
class BranchBound:
    """No plan of the branch below the ceiling costs less than ``bound``.

    ``price`` (n,) proves it; ``share`` (posts, n) is a mean of the zones chosen; ``posts`` (n,) is
    each site's post in a plan that was found, or None.
    """

    bound: float
    price: FloatArray
    share: FloatArray
    posts: IntArray | None


class BranchKernel:
    """Bounds the branches of a group for which ``can_bound_branches`` is true."""

    def __init__(self, group: ZoneGroup, scale: FloatArray) -> None:
        library = load_library()
        assert library is not None
        self._improve = library.improve_branch
        n, k = len(group.sites), len(group.zones)
        self.group = group
        start, near = group.near_lists
        rooms = MOST_REGIONS * (n + MOST_REGIONS)
        self._fixed: dict[str, np.ndarray] = {
            "cost": np.ascontiguousarray(group.cost_table.T),
            "load": np.ascontiguousarray(group.load),
            "scale": scale,
            "more_loads": np.ascontiguousarray(group.more_loads),
            "near_start": start,
            "near": near,
            **({} if group.border is None else {"border": group.borders}),
            "lock": group.lock.astype(np.int64),
            "direction": np.zeros(n),
            "relaxed": np.zeros(n),
            "value": np.zeros(n),
            "load_price": np.zeros(n),
            "plan": np.zeros(n, dtype=np.int64),
            "reduced": np.zeros((n, n)),
            "chosen": np.zeros((n, n), dtype=np.uint8),
            "table": np.zeros((MOST_REGIONS, k + 1)),
            "take": np.zeros((rooms, k + 1), dtype=np.int16),
            "item": np.zeros(rooms, dtype=np.int64),
            "flip": np.zeros((2 * _TRIES + 4) * _FLIP_BYTES, dtype=np.uint8),
            "queue": np.zeros(n, dtype=np.int64),
        }

    def improve(
        self, state: BranchState, ceiling: float, *, steps: int, rounds: int, pace: float
    ) -> BranchBound:
        """Take steps of the prices, then tighten ``may`` and ``must`` for ``rounds`` rounds.

        The bound is inf if no plan below the ceiling is left.
        """
        group, n = self.group, len(self.group.sites)
        arrays = {
            **self._fixed,
            **_order_regions(state.counts, n, len(group.zones)),
            "may": state.may,
            "must": state.must,
            "price": state.price.copy(),
            "best_price": np.zeros(n),
            "share": np.zeros((n, n)),
            "seen": np.zeros(n, dtype=np.int64),
        }
        struct = _BranchStruct(
            sites=n,
            zones=len(group.zones),
            regions=len(arrays["least"]),
            tries=_TRIES,
            scenarios=len(group.more_loads),
            lower=group.min_load,
            upper=group.max_load,
            far_charge=group.most,
            ceiling=ceiling,
            pace=pace,
            **{name: array.ctypes.data for name, array in arrays.items()},
        )
        bound = self._improve(ctypes.byref(struct), ctypes.c_int64(steps), ctypes.c_int64(rounds))
        posts = arrays["plan"].copy() if struct.covered else None
        return BranchBound(float(bound), arrays["best_price"], arrays["share"], posts)


def can_bound_branches(group: ZoneGroup) -> bool:
    """Return whether the library is available and supports the group."""
    fits = 1 < len(group.zones) <= MOST_ZONES and len(group.sites) <= MOST_SITES
    return fits and group.linear is None and load_library() is not None


def _order_regions(counts: tuple[PostCount, ...], n: int, zones: int) -> dict[str, IntArray]:
    """Return regions by size, the whole group last, with each post's and region's enclosing one."""
    everywhere = PostCount((1 << n) - 1, zones, zones)
    regions = [*sorted(counts, key=lambda each: each.sites.bit_count()), everywhere]
    nested = all(
        one.sites & other.sites in (0, one.sites) for one, other in combinations(regions, 2)
    )
    assert nested, "counts of regions that overlap partly are not added up correctly"
    numbered = list(enumerate(regions))
    innermost = [
        next(number for number, each in numbered if each.sites >> site & 1) for site in range(n)
    ]
    parent = [
        next(
            (outer for outer, each in numbered[own + 1 :] if one.sites & each.sites == one.sites),
            -1,
        )
        for own, one in numbered
    ]
    columns = {
        "innermost": innermost,
        "parent": parent,
        "least": [each.least for each in regions],
        "most": [each.most for each in regions],
    }
    return {name: np.array(column, dtype=np.int64) for name, column in columns.items()}
