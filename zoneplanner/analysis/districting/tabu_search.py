"""Good plans at once: tabu search (Glover 1989) over single moves, scored in bulk.

Every move keeps the zones connected; a breach of the balance is priced, and the price follows the
search (dearer while it is out of balance, cheaper while it is within). All effort is counted in
moves, never in time, so that a seed means one plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.zone_group import (
    ZoneGroup,
    find_components,
    find_reachable,
    is_connected,
    pack_sites,
    unpack_sites,
)

_INFINITE = 1e15
_TENURE = (4, 14)
_TRIES = 12
_FALL, _RISE = 0.8, 1.1  # the price of imbalance, after a move within and out of balance


@dataclass(eq=False)
class Incumbent:
    """What the search has met so far; ``pool`` has balanced connected zones as bits."""

    assignment: IntArray | None = None
    cost: float = np.inf
    pool: dict[int, None] = field(default_factory=dict)


def run_tabu_search(
    group: ZoneGroup,
    assignment: IntArray,
    found: Incumbent,
    *,
    moves: int,
    rng: np.random.Generator,
) -> Iterator[bool]:
    """Walk ``moves`` tabu steps from a connected assignment, recording the best into ``found``.

    ``assignment`` gives the local zone of each site, shape (n,).

    Yields every 100 steps whether the best has improved since the last time.
    """
    walk = _TabuWalk(group, assignment)
    cost_before = found.cost
    walk.record(found, range(walk.k))
    until = np.zeros((walk.n, walk.k), dtype=np.int64)
    price = 2 * group.cost.sum() / walk.n / max(group.load.sum(), 1e-12)
    stuck = 0
    stays = rng.integers(*_TENURE, size=moves).tolist()
    for step in range(1, moves + 1):
        score = walk.scores(until < step, price, found.cost)
        site, zone = walk.first_connected(score)
        if site < 0:
            stuck += 1
            until[:] = 0
            if stuck > 20:
                break
        else:
            origin = walk.move(site, zone)
            until[site, origin] = step + stays[step - 1]
            price *= _FALL if walk.beyond < 1e-12 else _RISE
            walk.record(found, (origin, zone))
        if step % 100 == 0:
            yield found.cost < cost_before
            cost_before = found.cost
    yield found.cost < cost_before


class ZoneWalk:
    """An assignment that is changed site by site.

    ``inside`` (k, n) marks the members of each zone, ``masks`` the same as bits, ``touching``
    (n, k) counts the neighbors of each site in each zone.
    """

    def __init__(self, group: ZoneGroup, assignment: IntArray) -> None:
        self.group, self.zone_of = group, assignment.copy()
        self.inside = assignment[None, :] == np.arange(len(group.zones))[:, None]
        self.touching = group.adjacency.astype(np.int64) @ self.inside.T.astype(np.int64)
        self.masks = [pack_sites(np.flatnonzero(row)) for row in self.inside]

    def reassign(self, site: int, zone: int) -> int:
        """Give the site to the zone; returns the zone it had."""
        origin = int(self.zone_of[site])
        self.zone_of[site] = zone
        self.inside[origin, site], self.inside[zone, site] = False, True
        self.touching[:, origin] -= self.group.adjacency[site]
        self.touching[:, zone] += self.group.adjacency[site]
        self.masks[origin] &= ~(1 << site)
        self.masks[zone] |= 1 << site
        return origin


class _TabuWalk(ZoneWalk):
    """An assignment with the sums that make scoring all its moves one array expression.

    ``totals`` (k, n) is what serving a zone from each site costs. ``leaving`` (n,) and ``joining``
    (n, k) are how the cost of a zone changes when a site leaves it or joins it; a move renews them
    for the two zones that it changes. ``beyond`` is the load outside the limits.
    """

    def __init__(self, group: ZoneGroup, assignment: IntArray) -> None:
        super().__init__(group, assignment)
        self.n, self.k = len(group.sites), len(group.zones)
        self.every = np.arange(self.n)
        self.own_cost = np.ascontiguousarray(group.cost.diagonal())
        self.served_from = np.ascontiguousarray(group.cost.T)
        self.loads = self.inside @ group.load
        self.totals = self.inside @ group.cost
        self.may_move = np.repeat((group.lock < 0)[:, None], self.k, axis=1)
        self.zone_costs = np.zeros(self.k)
        self.leaving = np.zeros(self.n)
        self.joining = np.zeros((self.n, self.k))
        for zone in range(self.k):
            self._renew(zone)
        self._refresh()

    def _renew(self, zone: int) -> None:
        totals = self.totals[zone]
        members = self.inside[zone].nonzero()[0]
        served = totals[members]
        least = self.zone_costs[zone] = np.minimum.reduce(served)
        posts = self.served_from.take(members, axis=0)
        without = served[:, None] - posts.take(members, axis=1)
        without.ravel()[:: len(members) + 1] = _INFINITE
        self.leaving[members] = np.minimum.reduce(without) - least
        posts += served[:, None]
        joined = np.minimum.reduce(posts)
        self.joining[:, zone] = np.minimum(joined, totals + self.own_cost) - least

    def _refresh(self) -> None:
        self.excess = _compute_excess(self.group, self.loads)
        self.beyond = float(np.add.reduce(self.excess))
        self.cost = float(np.add.reduce(self.zone_costs))
        if self.group.linear is not None:
            self.cost += float(self.group.linear[self.every, self.zone_of].sum())

    def scores(self, allowed: BoolArray, price: float, best: float) -> FloatArray:
        """What each move of a site to a zone beside it adds, (n, k); ``_INFINITE``: it may not.

        A move that beats the best plan may be made even if it is not ``allowed``.
        """
        group, zone_of = self.group, self.zone_of
        change = self.leaving[:, None] + self.joining
        if group.linear is not None:
            change += group.linear - group.linear[self.every, zone_of][:, None]
        gone = _compute_excess(group, self.loads[zone_of] - group.load)
        gone -= self.excess[zone_of]
        excess = _compute_excess(group, self.loads + group.load[:, None])
        excess -= self.excess
        excess += gone[:, None]
        fits = (excess < 1e-12 - self.beyond) & (change < best - 1e-9 - self.cost)
        fits |= allowed
        fits &= self.touching > 0
        fits &= self.may_move
        fits[self.every, zone_of] = False
        excess *= price
        excess += change
        return np.where(fits, excess, _INFINITE)

    def first_connected(self, score: FloatArray) -> tuple[int, int]:
        """The best move that leaves its old zone in one piece; (-1, -1) if none is nearby."""
        flat = score.ravel()
        for _ in range(_TRIES):
            pick = int(flat.argmin())
            if flat[pick] >= _INFINITE / 2:
                break
            site, zone = divmod(pick, self.k)
            if is_connected(self.group.masks, self.masks[self.zone_of[site]] & ~(1 << site)):
                return site, zone
            flat[pick] = _INFINITE
        return -1, -1

    def move(self, site: int, zone: int) -> int:
        """Give the site to the zone and renew the sums; returns the zone it had."""
        origin = self.reassign(site, zone)
        self.totals[origin] -= self.group.cost[site]
        self.totals[zone] += self.group.cost[site]
        for changed in (origin, zone):
            self.loads[changed] = self.inside[changed] @ self.group.load
            self._renew(changed)
        self._refresh()
        return origin

    def record(self, found: Incumbent, changed: Iterable[int]) -> None:
        """Keep the changed zones that are balanced, and the plan if it is the best one."""
        balanced = self.excess <= 0
        for zone in changed:
            if balanced[zone]:
                found.pool.setdefault(self.masks[zone])
        if self.cost < found.cost - 1e-9 and balanced.all():
            found.cost = self.cost
            found.assignment = self.zone_of.copy()


def _compute_excess(group: ZoneGroup, loads: FloatArray) -> FloatArray:
    """How far loads lie outside the limits."""
    beyond = np.abs(loads - (group.upper + group.lower) / 2)
    beyond -= (group.upper - group.lower) / 2
    return np.maximum(beyond, 0.0, out=beyond)


def draw_start_plan(group: ZoneGroup, rng: np.random.Generator) -> IntArray | None:
    """A connected assignment grown from spread-out posts, the lightest zone first.

    None when this draw cannot reach every site (locked sites that wall others in, for example).
    """
    zone_of = np.full(len(group.sites), -1, dtype=np.int64)
    locked = np.unique(group.lock[group.lock >= 0])
    for zone in rng.permutation(locked) if len(locked) else ():
        if not _join_locked(group, int(zone), zone_of, rng):
            return None
    posts = _choose_posts(group, zone_of, rng)
    return None if posts is None else grow_from_posts(group, zone_of, posts)


def grow_from_posts(group: ZoneGroup, zone_of: IntArray, posts: IntArray) -> IntArray | None:
    """Give the sites that are -1 in ``zone_of`` to zones, each beside what it has.

    The lightest zone takes the site that is cheapest to serve from its post (zones,), by load.
    """
    k = len(group.zones)
    zone_of = zone_of.copy()
    loads = np.bincount(zone_of[zone_of >= 0], group.load[zone_of >= 0], minlength=k)
    per_load = group.cost / np.maximum(group.load, 1e-12)[:, None]
    dear = per_load[:, posts].T  # inf for sites that are taken
    dear[:, zone_of >= 0] = np.inf
    beside = [group.adjacency[zone_of == zone].any(axis=0) for zone in range(k)]
    for _ in range(int((zone_of < 0).sum())):
        for zone in np.argsort(loads, kind="stable").tolist():
            reach = np.where(beside[zone], dear[zone], np.inf)
            site = int(reach.argmin())
            if reach[site] < np.inf:
                zone_of[site] = zone
                loads[zone] += group.load[site]
                dear[:, site] = np.inf
                beside[zone] |= group.adjacency[site]
                break
        else:
            return None
    return zone_of


def _join_locked(group: ZoneGroup, zone: int, zone_of: IntArray, rng: np.random.Generator) -> bool:
    """Join a zone's locked sites by shortest paths, any of them, over sites that are free."""
    zone_of[group.lock == zone] = zone
    n = len(group.sites)
    taken = pack_sites(np.flatnonzero((zone_of >= 0) & (zone_of != zone)))
    taken |= pack_sites(np.flatnonzero((group.lock >= 0) & (group.lock != zone)))
    free = ((1 << n) - 1) & ~taken
    while True:
        members = np.flatnonzero(zone_of == zone)
        part = find_reachable(group.masks, 1 << int(members[0]), pack_sites(members))
        if part == pack_sites(members):
            return True
        path = _find_path(group, part, pack_sites(members) & ~part, free, rng)
        if path is None:
            return False
        zone_of[path] = zone


def _find_path(
    group: ZoneGroup, sources: int, targets: int, free: int, rng: np.random.Generator
) -> list[int] | None:
    parent = dict.fromkeys(unpack_sites(sources), -1)
    queue = list(parent)
    for site in queue:
        for near in rng.permutation(unpack_sites(group.masks[site] & free)).tolist():
            if near in parent:
                continue
            parent[near] = site
            queue.append(near)
            if targets >> near & 1:
                path = [near]
                while parent[path[-1]] >= 0:
                    path.append(parent[path[-1]])
                return path
    return None


def _choose_posts(group: ZoneGroup, zone_of: IntArray, rng: np.random.Generator) -> IntArray | None:
    """A post for every zone: locked zones theirs, the others drawn far from those there are."""
    k = len(group.zones)
    posts = np.full(k, -1, dtype=np.int64)
    for zone in range(k):
        members = np.flatnonzero(zone_of == zone)
        if len(members):
            posts[zone] = members[np.argmin(group.cost[np.ix_(members, members)].sum(axis=0))]
    open_zones = [int(z) for z in np.flatnonzero(posts < 0)]
    bare = [part for part in find_components(group) if not _has_assigned_site(part, zone_of)]
    if len(bare) > len(open_zones):
        return None
    for zone in open_zones:
        weights = np.where(zone_of < 0, 1.0, 0.0)
        if bare:
            part = bare.pop(0)
            weights *= np.array([part >> i & 1 for i in range(len(weights))])
        elif (posts >= 0).any():
            far = group.cost[:, posts[posts >= 0]].min(axis=1)
            weights *= np.maximum(far, 1e-9)
        if weights.sum() <= 0:
            return None
        post = int(rng.choice(len(weights), p=weights / weights.sum()))
        posts[zone] = post
        zone_of[post] = zone
    return posts


def _has_assigned_site(part: int, zone_of: IntArray) -> bool:
    return any(part >> int(i) & 1 for i in np.flatnonzero(zone_of >= 0))
