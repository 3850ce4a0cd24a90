"""All zones that a plan below a ceiling could have, listed by ``kernel.c``.

From the cheapest zone of a post by its relaxation (``knapsacks.py``), sites are flipped in or out
until that costs more than the ceiling leaves. Zones in pieces, out of balance, or cheaper to serve
from another post are left out.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.kernel.branch import MOST_SITES
from zoneplanner.analysis.districting.kernel.library import load_library
from zoneplanner.analysis.districting.zone_group import ZoneGroup

_POINTERS = (
    "cost", "load", "more_loads", "near_start", "near", "lock", "price",
    "seen", "queue", "start", "member", "worth",
)  # fmt: skip


class _ZoneListStruct(ctypes.Structure):
    _fields_ = (
        ("sites", ctypes.c_int64),
        ("scenarios", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in _POINTERS),
        *((name, ctypes.c_double) for name in ("lower", "upper", "far_charge")),
        *((name, ctypes.c_int64) for name in ("most_zones", "room", "tries", "stamp", "count")),
    )


@dataclass(frozen=True, eq=False)
class TripleCuts:
    """Sets of three sites, (cuts, 3): at most one zone of a plan holds two or three of a set.

    ``charge`` (cuts,) is what a zone pays that does.
    """

    triples: IntArray
    charge: FloatArray


@dataclass(frozen=True, eq=False)
class ZonePool:
    """Zones one after the other: zone z has the sites ``member[start[z] : start[z + 1]]``.

    ``worth`` (zones,) is what each costs.
    """

    sites: int
    start: IntArray
    member: npt.NDArray[np.int16]
    worth: FloatArray

    def __len__(self) -> int:
        return len(self.worth)

    def select(self, kept: BoolArray) -> ZonePool:
        """The zones of a mask (zones,)."""
        sizes = np.diff(self.start)
        start = np.concatenate([[0], np.cumsum(sizes[kept])])
        return ZonePool(self.sites, start, self.member[np.repeat(kept, sizes)], self.worth[kept])

    def unpack(self) -> BoolArray:
        """Which sites each zone has, (zones, sites)."""
        members = np.zeros((len(self), self.sites), dtype=bool)
        members[np.repeat(np.arange(len(self)), np.diff(self.start)), self.member] = True
        return members

    def reduce_costs(self, price: FloatArray, cuts: TripleCuts) -> FloatArray:
        """Cost less prices (sites,) of each zone, with what cuts charge it, (zones,)."""
        library = load_library()
        assert library is not None
        count, reduced = len(cuts.triples), np.empty(len(self))
        order = np.argsort(cuts.triples, axis=None, kind="stable")
        first = np.searchsorted(cuts.triples.reshape(-1)[order], np.arange(self.sites + 1))
        arrays: tuple[np.ndarray, ...] = (
            self.start,
            self.member,
            self.worth,
            np.ascontiguousarray(price),
            first.astype(np.int64),
            (order // 3).astype(np.int32),
            np.ascontiguousarray(cuts.charge),
            np.zeros(count, dtype=np.uint8),
            reduced,
        )
        library.reduce_costs(ctypes.c_int64(len(self)), *map(_point, arrays))
        return reduced


def list_zones(
    group: ZoneGroup,
    price: FloatArray,
    load_price: FloatArray,
    budget: FloatArray,
    *,
    most_zones: int,
    tries: int,
) -> Iterator[ZonePool | None]:
    """Yield None between posts and the zones at the end; None again where they are too many.

    Listed for each post is what costs, less prices (n,), less than ``budget`` (n,) above the value
    of its relaxation at ``load_price`` (n,).
    """
    library = load_library()
    assert library is not None
    n = len(group.sites)
    near_start, near = group.near_lists
    room = most_zones * max(4, min(n, 2 * n // len(group.zones)))
    arrays: dict[str, np.ndarray] = {
        "cost": np.ascontiguousarray(group.cost.T),
        "load": np.ascontiguousarray(group.load),
        "more_loads": np.ascontiguousarray(group.more_loads),
        "near_start": near_start,
        "near": near,
        "lock": group.lock.astype(np.int64),
        "price": np.ascontiguousarray(price),
        "seen": np.zeros(n, dtype=np.int64),
        "queue": np.zeros(n, dtype=np.int64),
        "start": np.zeros(most_zones + 1, dtype=np.int64),
        "member": np.empty(room, dtype=np.int16),
        "worth": np.empty(most_zones),
    }
    struct = _ZoneListStruct(
        sites=n,
        scenarios=len(group.more_loads),
        lower=group.lower,
        upper=group.upper,
        far_charge=group.most,
        most_zones=most_zones,
        room=room,
        tries=tries,
        **{name: array.ctypes.data for name, array in arrays.items()},
    )
    for post in np.flatnonzero(budget > 0).tolist():
        library.list_zones(
            ctypes.byref(struct),
            ctypes.c_int64(post),
            ctypes.c_double(float(load_price[post])),
            ctypes.c_double(float(budget[post])),
        )
        if struct.tries < 0:
            yield None
            return
        yield None
    count = struct.count
    start = arrays["start"][: count + 1].copy()
    yield ZonePool(n, start, arrays["member"][: start[-1]].copy(), arrays["worth"][:count].copy())


def can_list_zones(group: ZoneGroup) -> bool:
    """Whether the library is there, and the group one that it is for."""
    fits = len(group.zones) > 1 and len(group.sites) <= MOST_SITES
    plain = group.linear is None and group.border is None
    return fits and plain and load_library() is not None


def _point(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
