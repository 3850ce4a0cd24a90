"""The annealing walk: sites move between zones or swap places, one proposal at a time.

It runs in C if the library has been built (``kernel.c``), else in Python: the same proposals, the
same sums in the same order, the same plans.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from itertools import pairwise
from math import floor, inf

import numpy as np

from zoneplanner.analysis.arrays import IntArray
from zoneplanner.analysis.districting.coordinate_costs import flatten_costs
from zoneplanner.analysis.districting.kernel.library import CostStruct, load_library
from zoneplanner.analysis.districting.zone_group import ZoneGroup

_BREACH = 0.01  # share of the mean load that is added to any imbalance, however small
_WORD = (1 << 64) - 1
_THRESHOLDS = -np.log((np.arange(4096) + 0.5) / 4096)
_POOL_ZONES, _POOL_SITES = 60_000, 1_500_000


def start_walk(
    group: ZoneGroup, assignment: IntArray, seed: int, *, compiled: bool = True
) -> AnnealingWalk:
    """Start a walk at an assignment (n,) whose zones are connected and keep the locks."""
    library = load_library() if compiled else None
    if library is None:
        return _PythonWalk(group, assignment, seed)
    return _CompiledWalk(library, group, assignment, seed)


def _make_keys(sites: int) -> np.ndarray:
    return np.random.default_rng(0).integers(1, 1 << 63, sites, dtype=np.uint64)


_POINTERS = (
    "near_start", "near", "border", "load", "linear", "locked", "key", "threshold",
    "zone_of", "member", "size", "totals", "loads", "zone_cost", "left", "joined", "hash", "best",
    "seen", "queue", "pool_hash", "pool_start", "pool_member",
)  # fmt: skip
_FLOATS = ("lower", "upper", "most", "charge", "price", "temperature", "cost_now", "best_cost")
_COUNTS = (
    "out_of_balance", "pending", "stamp", "recording",
    "pool_slots", "pool_most", "pool_room", "pool_count",
)  # fmt: skip


class _WalkStruct(ctypes.Structure):
    _fields_ = (
        ("sites", ctypes.c_int64),
        ("zones", ctypes.c_int64),
        ("scenarios", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in _POINTERS),
        *((name, ctypes.c_double) for name in _FLOATS),
        *((name, ctypes.c_int64) for name in _COUNTS),
        ("random", ctypes.c_uint64),
        ("costs", CostStruct),
    )


class _CompiledWalk:
    """A connected assignment that changes proposal by proposal."""

    def __init__(
        self, library: ctypes.CDLL, group: ZoneGroup, assignment: IntArray, seed: int
    ) -> None:
        self._library, self._costs = library, CostStruct(group.cost)
        n, k = len(group.sites), len(group.zones)
        start, near = group.near_lists
        slots = 1 << (2 * _POOL_ZONES).bit_length()
        self._arrays: dict[str, np.ndarray] = {
            "near_start": start,
            "near": near,
            "load": group.loads.T,
            "locked": (group.lock >= 0).astype(np.uint8),
            "key": _make_keys(n),
            "threshold": _THRESHOLDS,
            "zone_of": assignment.astype(np.int64),
            "member": np.zeros((k, n), dtype=np.int64),
            "size": np.bincount(assignment, minlength=k).astype(np.int64),
            "totals": np.zeros((k, n)),
            "loads": np.zeros((k, len(group.loads))),
            "zone_cost": np.zeros(k),
            "left": np.zeros(len(group.loads)),
            "joined": np.zeros(len(group.loads)),
            "hash": np.zeros(k, dtype=np.uint64),
            "best": np.zeros(n, dtype=np.int64),
            "seen": np.zeros(n, dtype=np.int64),
            "queue": np.zeros(n, dtype=np.int64),
            "pool_hash": np.zeros(slots, dtype=np.uint64),
            "pool_start": np.zeros(_POOL_ZONES + 1, dtype=np.int64),
            "pool_member": np.zeros(_POOL_SITES, dtype=np.int64),
        }
        if group.linear is not None:
            self._arrays["linear"] = group.linear
        if group.border is not None:
            self._arrays["border"] = group.borders
        for zone in range(k):
            members = np.flatnonzero(assignment == zone)
            self._arrays["member"][zone, : len(members)] = members
            self._arrays["hash"][zone] = np.bitwise_xor.reduce(self._arrays["key"][members])
        pointers = {}
        for name, array in self._arrays.items():
            self._arrays[name] = np.ascontiguousarray(array)
            pointers[name] = self._arrays[name].ctypes.data
        self._struct = _WalkStruct(
            sites=n,
            zones=k,
            scenarios=len(group.loads),
            lower=group.min_load,
            upper=group.max_load,
            most=group.most,
            charge=_BREACH * group.mean_load,
            best_cost=inf,
            pool_slots=slots,
            pool_most=_POOL_ZONES,
            pool_room=_POOL_SITES,
            random=seed & _WORD,
            costs=self._costs,
            **pointers,
        )
        self.refresh()

    @property
    def best_cost(self) -> float:
        """The cost of ``get_best``; infinite until a balanced assignment is found."""
        return float(self._struct.best_cost)

    def run(self, proposals: int, temperature: float, price: float, *, recording: bool) -> None:
        """Make proposals and accept increases of cost by the temperature (Metropolis 1953).

        ``price`` is the cost of a minute of load beyond the limits. ``recording`` collects the
        balanced zones found.
        """
        self._struct.temperature, self._struct.price = temperature, price
        self._struct.recording = recording
        self._library.walk_run(ctypes.byref(self._struct), ctypes.c_int64(proposals))

    def refresh(self) -> None:
        """Recompute all sums."""
        self._library.walk_refresh(ctypes.byref(self._struct))

    def get_best(self) -> IntArray:
        """Return the cheapest balanced assignment, shape (n,), if ``best_cost`` is finite."""
        return self._arrays["best"].copy()

    def get_assignment(self) -> IntArray:
        """Return the current assignment, shape (n,)."""
        return self._arrays["zone_of"].copy()

    def list_pool(self) -> Iterator[IntArray]:
        """Yield the distinct zones recorded: ascending site indices, shape (sites of the zone,)."""
        start, member = self._arrays["pool_start"], self._arrays["pool_member"]
        for index in range(int(self._struct.pool_count)):
            yield np.sort(member[start[index] : start[index + 1]])


class _PythonWalk:
    """The same as ``kernel.c``, line by line; the comments are there."""

    def __init__(self, group: ZoneGroup, assignment: IntArray, seed: int) -> None:
        self.n, self.k = len(group.sites), len(group.zones)
        start, near = group.near_lists
        cuts = start.tolist()
        self.near = [near[a:b].tolist() for a, b in pairwise(cuts)]
        self.load: list[list[float]] = group.loads.T.tolist()
        self.border = None
        if group.border is not None:
            edges = group.borders
            self.border = [edges[a:b].tolist() for a, b in pairwise(cuts)]
        self.cost = flatten_costs(group.cost)
        self.linear = None if group.linear is None else group.linear.tolist()
        self.locked = (group.lock >= 0).tolist()
        self.key = _make_keys(self.n).tolist()
        self.threshold = _THRESHOLDS.tolist()
        self.lower, self.upper, self.most = group.min_load, group.max_load, group.most
        self.charge = _BREACH * group.mean_load
        self.zone_of: list[int] = assignment.tolist()
        self.member = [np.flatnonzero(assignment == zone).tolist() for zone in range(self.k)]
        self.totals = [[0.0] * len(each) for each in self.member]
        self.loads: list[list[float]] = [[] for _ in range(self.k)]
        self.zone_cost, self.hash = [0.0] * self.k, [0] * self.k
        for zone, members in enumerate(self.member):
            for site in members:
                self.hash[zone] ^= self.key[site]
        self.random = seed & _WORD
        self.best: list[int] = []
        self.best_cost, self.pending = inf, False
        self.pool: dict[int, list[int]] = {}
        self.pool_sites = 0
        self.price = 0.0
        self.refresh()

    def get_best(self) -> IntArray:
        return np.array(self.best, dtype=np.int64)

    def get_assignment(self) -> IntArray:
        return np.array(self.zone_of, dtype=np.int64)

    def list_pool(self) -> Iterator[IntArray]:
        for members in self.pool.values():
            yield np.sort(np.array(members, dtype=np.int64))

    def refresh(self) -> None:
        cost, n = self.cost, self.n
        self.cost_now, self.out_of_balance = 0.0, 0
        for zone, members in enumerate(self.member):
            loads = [0.0] * len(self.load[0])
            for place, post in enumerate(members):
                total = 0.0
                for site in members:
                    total += cost[site * n + post]
                self.totals[zone][place] = total
                loads = [sum_ + own for sum_, own in zip(loads, self.load[post], strict=True)]
            self.zone_cost[zone] = self._take_least(self.totals[zone])
            self.loads[zone] = loads
            self.cost_now += self.zone_cost[zone]
            self.out_of_balance += self._sum_beyond(loads) > 0.0
        for site, edges in enumerate(self.border or ()):
            for near, edge in zip(self.near[site], edges, strict=True):
                if near > site and self.zone_of[near] != self.zone_of[site]:
                    self.cost_now += edge
        if self.linear is not None:
            for site in range(n):
                self.cost_now += self.linear[site][self.zone_of[site]]
        if not self.out_of_balance and self.cost_now < self.best_cost:
            self.best_cost, self.pending = self.cost_now, True
            self._keep_best()

    def run(self, proposals: int, temperature: float, price: float, *, recording: bool) -> None:
        self.price = price
        for _ in range(proposals):
            drawn = self._draw()
            move = self._propose(drawn)
            if move is not None:
                limit = temperature * self.threshold[drawn >> 52]
                self._try(*move, limit=limit, recording=recording)
        self._keep_best()

    def _draw(self) -> int:
        x = self.random = (self.random + 0x9E3779B97F4A7C15) & _WORD
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _WORD
        return x ^ (x >> 31)

    def _propose(self, drawn: int) -> tuple[int, int, int, int] | None:
        """Return a site, its zone, the target zone and the site that swaps with it (or -1)."""
        zone_of = self.zone_of
        site = ((drawn & 0xFFFFFFFF) * self.n) >> 32
        adjacent = self.near[site]
        if self.locked[site] or not adjacent:
            return None
        origin = zone_of[site]
        to = zone_of[adjacent[(((drawn >> 32) & 0xFFFF) * len(adjacent)) >> 16]]
        if origin == to:
            return None
        alone = len(self.member[origin]) == 1
        if not (drawn >> 48) & 1:
            return None if alone else (site, origin, to, -1)
        held = self.member[to]
        back = held[((self._draw() & 0xFFFFFFFF) * len(held)) >> 32]
        if self.locked[back]:
            return None
        if not alone and not any(
            zone_of[near] == origin and near != site for near in self.near[back]
        ):
            return None
        return site, origin, to, back

    def _try(
        self, site: int, origin: int, to: int, back: int, *, limit: float, recording: bool
    ) -> None:
        """Make the move if its cost is within the limit and both zones stay connected."""
        loads, penalty = self.loads, self._penalty
        moved = self.load[site]
        if back >= 0:
            moved = [own - other for own, other in zip(moved, self.load[back], strict=True)]
        left = [load - own for load, own in zip(loads[origin], moved, strict=True)]
        joined = [load + own for load, own in zip(loads[to], moved, strict=True)]
        change = penalty(left) + penalty(joined) - penalty(loads[origin]) - penalty(loads[to])
        without_site = self._changed_cost(origin, site, back)
        with_site = self._changed_cost(to, back, site)
        increase = without_site + with_site - self.zone_cost[origin] - self.zone_cost[to]
        increase += self._change_linear(site, origin, to)
        if back >= 0:
            increase += self._change_linear(back, to, origin)
        if self.border is not None:
            increase += self._change_border(site, origin, to)
            if back >= 0:
                shared = self._share_border(site, back)
                increase += self._change_border(back, to, origin) + shared
        if change + increase > limit or not self._stays_connected(origin, site, back):
            return
        if back >= 0 and not self._stays_connected(to, back, site):
            return
        out = (self._sum_beyond(left) > 0.0) + (self._sum_beyond(joined) > 0.0)
        if out or increase >= 0.0:
            self._keep_best()
        before = (self._sum_beyond(loads[origin]) > 0.0) + (self._sum_beyond(loads[to]) > 0.0)
        self.out_of_balance += out - before
        self._remove(origin, site)
        if back >= 0:
            self._remove(to, back)
            self._add(origin, back)
        self._add(to, site)
        loads[origin], loads[to] = left, joined
        self.zone_cost[origin], self.zone_cost[to] = without_site, with_site
        self.cost_now += increase
        if not self.out_of_balance and self.cost_now < self.best_cost:
            self.best_cost, self.pending = self.cost_now, True
        if recording:
            self._record(origin)
            self._record(to)

    def _change_linear(self, site: int, origin: int, to: int) -> float:
        if self.linear is None:
            return 0.0
        own: list[float] = self.linear[site]
        return own[to] - own[origin]

    def _change_border(self, site: int, origin: int, to: int) -> float:
        assert self.border is not None
        more = 0.0
        for near, edge in zip(self.near[site], self.border[site], strict=True):
            zone = self.zone_of[near]
            if zone == origin:
                more += edge
            if zone == to:
                more -= edge
        return more

    def _share_border(self, site: int, back: int) -> float:
        assert self.border is not None
        shared = 0.0
        for near, edge in zip(self.near[site], self.border[site], strict=True):
            if near == back:
                shared += 2.0 * edge
        return shared

    def _sum_beyond(self, loads: list[float]) -> float:
        beyond = 0.0
        for load in loads:
            if load > self.upper:
                beyond += load - self.upper
            elif load < self.lower:
                beyond += self.lower - load
        return beyond

    def _penalty(self, loads: list[float]) -> float:
        beyond = self._sum_beyond(loads)
        return self.price * (beyond + self.charge) if beyond > 0.0 else 0.0

    def _changed_cost(self, zone: int, out: int, back: int) -> float:
        cost, n = self.cost, self.n
        posts = list(zip(self.member[zone], self.totals[zone], strict=True))
        if out >= 0:
            first = out * n
            posts = [(post, total - cost[first + post]) for post, total in posts if post != out]
        if back < 0:
            return self._take_least([total for _, total in posts])
        first, own = back * n, 0.0
        for post, _ in posts:
            own += cost[post * n + back]  # not sum(), which rounds differently
        own += cost[first + back]
        return self._take_least([*(total + cost[first + post] for post, total in posts), own])

    def _take_least(self, totals: list[float]) -> float:
        if self.most == inf:
            return min(totals, default=inf)
        return min(totals, key=lambda total: total - self.most * floor(total / self.most))

    def _stays_connected(self, zone: int, out: int, back: int) -> bool:
        zone_of, near = self.zone_of, self.near
        start = back
        if back < 0:
            adjacent = [site for site in near[out] if zone_of[site] == zone]
            if len(adjacent) < 2:
                return bool(adjacent)
            start = adjacent[-1]
        queue, seen = [start], {start, out}
        for site in queue:
            for each in near[site]:
                if each not in seen and zone_of[each] == zone:
                    seen.add(each)
                    queue.append(each)
        return len(queue) == len(self.member[zone]) - (back < 0)

    def _remove(self, zone: int, site: int) -> None:
        members, totals, first = self.member[zone], self.totals[zone], site * self.n
        place = members.index(site)
        members[place], totals[place] = members[-1], totals[-1]
        members.pop()
        totals.pop()
        for place, post in enumerate(members):
            totals[place] -= self.cost[first + post]
        self.hash[zone] ^= self.key[site]

    def _add(self, zone: int, site: int) -> None:
        members, totals, n, own = self.member[zone], self.totals[zone], self.n, 0.0
        for place, post in enumerate(members):
            totals[place] += self.cost[site * n + post]
            own += self.cost[post * n + site]
        members.append(site)
        totals.append(own + self.cost[site * n + site])
        self.zone_of[site] = zone
        self.hash[zone] ^= self.key[site]

    def _record(self, zone: int) -> None:
        members = self.member[zone]
        if self._sum_beyond(self.loads[zone]) > 0.0 or len(self.pool) >= _POOL_ZONES:
            return
        hashed = self.hash[zone] | 1
        if self.pool_sites + len(members) <= _POOL_SITES and hashed not in self.pool:
            self.pool[hashed] = members.copy()
            self.pool_sites += len(members)

    def _keep_best(self) -> None:
        if self.pending:
            self.best = self.zone_of.copy()
        self.pending = False


AnnealingWalk = _CompiledWalk | _PythonWalk
