"""All zones that a plan below a ceiling could have, listed by ``kernel.c``.

Starting from the cheapest zone of a post by its relaxation (``knapsacks.py``), sites are flipped in
or out until the cost exceeds the ceiling. Zones that are not connected, not balanced, or cheaper to
serve from another post are left out.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.kernel.library import load_library, make_pointer
from zoneplanner.analysis.districting.zone_group import ZoneGroup

_MAX_SITES = 3000  # for which costs are tabulated by post as well
_POINTERS = (
    "cost", "load", "more_loads", "near_start", "near", "lock", "price", "first_cut", "cut",
    "charge", "times", "seen", "queue", "zone", "flip", "close", "penalty", "change", "more",
    "fewer", "held", "order", "start", "member", "worth",
)  # fmt: skip


class _ZoneListStruct(ctypes.Structure):
    _fields_ = (
        ("sites", ctypes.c_int64),
        ("scenarios", ctypes.c_int64),
        ("cuts", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in _POINTERS),
        *((name, ctypes.c_double) for name in ("lower", "upper", "far_charge")),
        *((name, ctypes.c_int64) for name in ("most_zones", "room", "tries", "stamp", "count")),
    )


@dataclass(frozen=True, eq=False)
class TripleCuts:
    """Sets of three sites, (cuts, 3): at most one zone of a plan has two or three of a set.

    ``charge`` (cuts,) is the price of having them.
    """

    triples: IntArray
    charge: FloatArray

    def list_by_site(self, sites: int) -> dict[str, np.ndarray]:
        """Return the cuts by site: those of site i are ``cut[first_cut[i] : first_cut[i + 1]]``.

        ``first_cut`` (sites + 1,), ``cut`` (3 cuts,), ``charge`` (cuts,), and ``times`` (cuts,),
        zeros in which the kernel counts how many sites of a cut a zone has.
        """
        order = np.argsort(self.triples, axis=None, kind="stable")
        first = np.searchsorted(self.triples.reshape(-1)[order], np.arange(sites + 1))
        return {
            "first_cut": first.astype(np.int64),
            "cut": (order // 3).astype(np.int32),
            "charge": np.ascontiguousarray(self.charge),
            "times": np.zeros(len(self.triples), dtype=np.uint8),
        }


NO_CUTS = TripleCuts(np.zeros((0, 3), dtype=np.int64), np.zeros(0))


@dataclass(frozen=True, eq=False)
class ZonePool:
    """Zones in flat arrays: zone z has the sites ``member[start[z] : start[z + 1]]``.

    ``post`` (zones,) is its post, ``worth`` (zones,) its cost.
    """

    sites: int
    start: IntArray
    member: npt.NDArray[np.int16]
    post: IntArray
    worth: FloatArray

    def __len__(self) -> int:
        return len(self.worth)

    def select(self, mask: BoolArray) -> ZonePool:
        """Return the zones of a mask (zones,)."""
        sizes = np.diff(self.start)
        start = np.concatenate([[0], np.cumsum(sizes[mask])])
        member = self.member[np.repeat(mask, sizes)]
        return ZonePool(self.sites, start, member, self.post[mask], self.worth[mask])

    def unpack(self) -> BoolArray:
        """Return which sites each zone has, (zones, sites)."""
        members = np.zeros((len(self), self.sites), dtype=bool)
        members[np.repeat(np.arange(len(self)), np.diff(self.start)), self.member] = True
        return members

    def reduce_costs(self, price: FloatArray, cuts: TripleCuts) -> FloatArray:
        """Return each zone's cost less prices (sites,) plus the charges of cuts, (zones,)."""
        library = load_library()
        assert library is not None
        reduced = np.empty(len(self))
        arrays: tuple[np.ndarray, ...] = (
            self.start,
            self.member,
            self.worth,
            np.ascontiguousarray(price),
            *cuts.list_by_site(self.sites).values(),
            reduced,
        )
        library.reduce_costs(ctypes.c_int64(len(self)), *map(make_pointer, arrays))
        return reduced


def list_zones(
    group: ZoneGroup,
    price: FloatArray,
    load_price: FloatArray,
    budget: FloatArray,
    cuts: TripleCuts,
    *,
    most_zones: int,
    tries: int,
) -> Iterator[ZonePool | None]:
    """Yield None between posts and the zones at the end, or None again if they are too many.

    Each post's zones are those whose cost less prices (n,) plus charges of cuts is less than
    ``budget`` (n,) above the value of its relaxation at ``load_price`` (n,).
    """
    library = load_library()
    assert library is not None
    n = len(group.sites)
    near_start, near = group.near_lists
    room = most_zones * max(4, min(n, 2 * n // len(group.zones)))
    arrays: dict[str, np.ndarray] = {
        "cost": np.ascontiguousarray(group.cost_table.T),
        "load": np.ascontiguousarray(group.load),
        "more_loads": np.ascontiguousarray(group.more_loads),
        "near_start": near_start,
        "near": near,
        "lock": group.lock.astype(np.int64),
        "price": np.ascontiguousarray(price),
        **cuts.list_by_site(n),
        **{
            name: np.zeros(n, dtype=np.int64) for name in ("seen", "queue", "zone", "flip", "close")
        },
        **{name: np.zeros(n + 1) for name in ("penalty", "change", "more", "fewer")},
        "held": np.zeros(n, dtype=np.uint8),
        "order": np.zeros(2 * n),
        "start": np.zeros(most_zones + 1, dtype=np.int64),
        "member": np.empty(room, dtype=np.int16),
        "worth": np.empty(most_zones),
    }
    struct = _ZoneListStruct(
        sites=n,
        scenarios=len(group.more_loads),
        cuts=len(cuts.triples),
        lower=group.min_load,
        upper=group.max_load,
        far_charge=group.most,
        most_zones=most_zones,
        room=room,
        tries=tries,
        **{name: array.ctypes.data for name, array in arrays.items()},
    )
    counts = np.zeros(n, dtype=np.int64)
    for post in np.flatnonzero(budget > 0).tolist():
        before = struct.count
        library.list_zones(
            ctypes.byref(struct),
            ctypes.c_int64(post),
            ctypes.c_double(float(load_price[post])),
            ctypes.c_double(float(budget[post])),
        )
        if struct.tries < 0:
            yield None
            return
        counts[post] = struct.count - before
        yield None
    count = struct.count
    start = arrays["start"][: count + 1].copy()
    member, posts = arrays["member"][: start[-1]].copy(), np.repeat(np.arange(n), counts)
    yield ZonePool(n, start, member, posts, arrays["worth"][:count].copy())


def can_list_zones(group: ZoneGroup) -> bool:
    """Return whether the library is available and supports the group."""
    fits = len(group.zones) > 1 and len(group.sites) <= _MAX_SITES
    plain = group.linear is None and group.border is None
    return fits and plain and load_library() is not None
