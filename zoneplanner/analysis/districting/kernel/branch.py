"""The Lagrangian bound of a branch of the proof: of the plans with certain pairs and counts.

In C alone (``kernel.c``): in Python a proof by it would take minutes where the other takes seconds.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.kernel.library import load_library
from zoneplanner.analysis.districting.zone_group import ZoneGroup

MOST_SITES, MOST_REGIONS, MOST_ZONES = 512, 64, 300  # as in kernel.c, and what fits in memory
_FLIP_BYTES = 56
_TRIES = 100  # sets of sites for a post

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
    """``sites`` (bits of an integer) hold from ``least`` to ``most`` posts of a plan."""

    sites: int
    least: int
    most: int


@dataclass(eq=False)
class BranchState:
    """What restricts a branch, and the prices to begin with.

    ``may`` and ``must`` (posts, sites) say what the zone of a post can hold and holds; they are
    tightened in place. ``counts`` lie within each other or apart.
    """

    may: BoolArray
    must: BoolArray
    counts: tuple[PostCount, ...]
    price: FloatArray


@dataclass(frozen=True, eq=False)
class BranchBound:
    """No plan of the branch that is below the ceiling costs less than ``bound``.

    ``price`` (n,) proves it; ``share`` (posts, n) is a mean of the zones met; ``posts`` (n,) is
    the post of each site in a plan that was met, or None.
    """

    bound: float
    price: FloatArray
    share: FloatArray
    posts: IntArray | None


class BranchKernel:
    """Bounds branches of one group; see ``can_bound_branches`` for which."""

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
        """Take steps with the prices, then tighten ``may`` and ``must`` some rounds.

        The bound is inf where no plan below the ceiling is left.
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
            lower=group.lower,
            upper=group.upper,
            far_charge=group.most,
            ceiling=ceiling,
            pace=pace,
            **{name: array.ctypes.data for name, array in arrays.items()},
        )
        bound = self._improve(ctypes.byref(struct), ctypes.c_int64(steps), ctypes.c_int64(rounds))
        posts = arrays["plan"].copy() if struct.covered else None
        return BranchBound(float(bound), arrays["best_price"], arrays["share"], posts)


def can_bound_branches(group: ZoneGroup) -> bool:
    """Whether the library is there, and the group one that it is for."""
    fits = 1 < len(group.zones) <= MOST_ZONES and len(group.sites) <= MOST_SITES
    return fits and group.linear is None and load_library() is not None


def _order_regions(counts: tuple[PostCount, ...], n: int, zones: int) -> dict[str, IntArray]:
    """Regions by size, the last one everywhere; which one a post is in, and a region is in."""
    everywhere = PostCount((1 << n) - 1, zones, zones)
    regions = [*sorted(counts, key=lambda each: each.sites.bit_count()), everywhere]
    nested = all(
        one.sites & other.sites in (0, one.sites)
        for at, one in enumerate(regions)
        for other in regions[at + 1 :]
    )
    assert nested, "counts of regions that cross each other are not added up correctly"
    innermost = [
        next(at for at, each in enumerate(regions) if each.sites >> site & 1) for site in range(n)
    ]
    parent = [
        next(
            (
                at
                for at, outer in enumerate(regions)
                if at > own and each.sites & outer.sites == each.sites
            ),
            -1,
        )
        for own, each in enumerate(regions)
    ]
    columns = {
        "innermost": innermost,
        "parent": parent,
        "least": [each.least for each in regions],
        "most": [each.most for each in regions],
    }
    return {name: np.array(column, dtype=np.int64) for name, column in columns.items()}
