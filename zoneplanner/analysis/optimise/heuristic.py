"""Good plans at once: tabu search over single moves, scored in bulk.

Every move keeps the zones connected; a breach of the balance is priced, and the price follows the
search (dearer while it is out of balance, cheaper while it is within). All effort is counted in
moves, never in time, so that a seed means one plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from zoneplanner.analysis.optimise.group import (
    Group,
    bits,
    components,
    is_connected,
    reached,
    sites_in,
)
from zoneplanner.analysis.optimise.problem import Floats, Ints

INFINITE = 1e15
TENURE = (4, 14)
TRIES = 12


@dataclass(eq=False)
class Found:
    """What the search has met so far; ``pool`` holds balanced connected zones as bits."""

    assignment: Ints | None = None
    cost: float = np.inf
    pool: dict[int, None] = field(default_factory=dict)


def improve(
    group: Group, assignment: Ints, found: Found, *, moves: int, rng: np.random.Generator
) -> Iterator[bool]:
    """Walk ``moves`` tabu steps from a connected assignment, recording the best into ``found``.

    Yields every 100 steps whether the best has improved since the last time.
    """
    walk = _Walk(group, assignment)
    cost_before = found.cost
    walk.record(found)
    until = np.zeros((walk.n, walk.k), dtype=np.int64)
    price = 2 * group.cost.sum() / walk.n / max(group.load.sum(), 1e-12)
    stuck = 0
    for step in range(1, moves + 1):
        site, zone, scored = walk.scores()
        delta, excess = scored
        aspires = (walk.excess.sum() + excess < 1e-12) & (walk.cost + delta < found.cost - 1e-9)
        score = np.where((until[site, zone] < step) | aspires, delta + price * excess, INFINITE)
        pick = walk.first_connected(site, zone, score)
        if pick < 0:
            stuck += 1
            until[:] = 0
            if stuck > 20:
                break
        else:
            origin = walk.move(int(site[pick]), int(zone[pick]))
            until[site[pick], origin] = step + int(rng.integers(*TENURE))
            balanced = walk.excess.sum() < 1e-12
            price *= 0.93 if balanced else 1.05
            walk.record(found)
        if step % 100 == 0:
            yield found.cost < cost_before
            cost_before = found.cost
    yield found.cost < cost_before


class _Walk:
    """An assignment with the sums that make scoring all its moves one array expression."""

    def __init__(self, group: Group, assignment: Ints) -> None:
        self.group = group
        self.n, self.k = len(group.sites), len(group.zones)
        self.zone_of = assignment.copy()
        inside = assignment[None, :] == np.arange(self.k)[:, None]
        self.inside = inside
        self.totals = inside @ group.cost
        self.serving = np.where(inside, self.totals, INFINITE)
        self.loads = inside @ group.load
        self.touching = group.adjacency.astype(np.int64) @ inside.T.astype(np.int64)
        self.masks = [bits(np.flatnonzero(row)) for row in inside]
        self.linear = np.zeros((self.n, self.k)) if group.linear is None else group.linear
        self.movable = group.lock < 0
        self._refresh()

    def _refresh(self) -> None:
        self.zone_costs = self.serving.min(axis=1)
        self.excess = _excess(self.group, self.loads)
        self.cost = float(
            self.zone_costs.sum() + self.linear[np.arange(self.n), self.zone_of].sum()
        )

    def scores(self) -> tuple[Ints, Ints, tuple[Floats, Floats]]:
        """All moves of a site to a zone beside it: (sites, zones, (change of cost, of excess))."""
        cost, load = self.group.cost, self.group.load
        movable = (self.touching > 0) & ~self.inside.T & self.movable[:, None]
        leaving = np.flatnonzero(movable.any(axis=1))
        row = np.empty(self.n, dtype=np.int64)
        row[leaving] = np.arange(len(leaving))
        without = self.serving[self.zone_of[leaving]] - cost[leaving]
        without[np.arange(len(leaving)), leaving] = INFINITE
        left = without.min(axis=1) - self.zone_costs[self.zone_of[leaving]]
        site, zone = np.nonzero(movable)
        joined = np.minimum(
            (self.serving[zone] + cost[site]).min(axis=1),
            self.totals[zone, site] + cost[site, site],
        )
        origin = self.zone_of[site]
        delta = left[row[site]] + joined - self.zone_costs[zone]
        delta += self.linear[site, zone] - self.linear[site, origin]
        moved = load[site]
        excess = (
            _excess(self.group, self.loads[origin] - moved)
            + _excess(self.group, self.loads[zone] + moved)
            - self.excess[origin]
            - self.excess[zone]
        )
        return site, zone, (delta, excess)

    def first_connected(self, site: Ints, zone: Ints, score: Floats) -> int:
        """The best move that leaves its old zone in one piece; -1 if there is none nearby."""
        best = np.argsort(score, kind="stable")[:TRIES]
        for pick in best:
            if score[pick] >= INFINITE / 2:
                break
            rest = self.masks[self.zone_of[site[pick]]] & ~(1 << int(site[pick]))
            if is_connected(self.group.masks, rest):
                return int(pick)
        return -1

    def move(self, site: int, zone: int) -> int:
        """Give the site to the zone; returns the zone it had."""
        origin = int(self.zone_of[site])
        self.zone_of[site] = zone
        self.inside[origin, site], self.inside[zone, site] = False, True
        for changed in (origin, zone):
            members = self.inside[changed]
            self.totals[changed] = members @ self.group.cost
            self.serving[changed] = np.where(members, self.totals[changed], INFINITE)
            self.loads[changed] = members @ self.group.load
        self.touching[:, origin] -= self.group.adjacency[site]
        self.touching[:, zone] += self.group.adjacency[site]
        self.masks[origin] &= ~(1 << site)
        self.masks[zone] |= 1 << site
        self._refresh()
        return origin

    def record(self, found: Found) -> None:
        balanced = self.excess <= 0
        for zone in np.flatnonzero(balanced):
            found.pool.setdefault(self.masks[zone])
        if balanced.all() and self.cost < found.cost - 1e-9:
            found.cost = self.cost
            found.assignment = self.zone_of.copy()


def _excess(group: Group, loads: Floats) -> Floats:
    return np.maximum(0.0, loads - group.upper) + np.maximum(0.0, group.lower - loads)


def start(group: Group, rng: np.random.Generator) -> Ints | None:
    """A connected assignment grown from spread-out posts, the lightest zone first.

    None when this draw cannot reach every site (locked sites that wall others in, for example).
    """
    n, k = len(group.sites), len(group.zones)
    zone_of = np.full(n, -1, dtype=np.int64)
    locked = np.unique(group.lock[group.lock >= 0])
    for zone in rng.permutation(locked) if len(locked) else ():
        if not _join_locked(group, int(zone), zone_of, rng):
            return None
    posts = _seed(group, zone_of, rng)
    if posts is None:
        return None
    loads = np.bincount(zone_of[zone_of >= 0], group.load[zone_of >= 0], minlength=k)
    per_load = group.cost / np.maximum(group.load, 1e-12)[:, None]
    while (zone_of < 0).any():
        for zone in np.argsort(loads, kind="stable"):
            beside = group.adjacency[:, zone_of == zone].any(axis=1) & (zone_of < 0)
            sites = np.flatnonzero(beside)
            if len(sites):
                site = sites[np.argmin(per_load[sites, posts[zone]])]
                zone_of[site] = zone
                loads[zone] += group.load[site]
                break
        else:
            return None
    return zone_of


def _join_locked(group: Group, zone: int, zone_of: Ints, rng: np.random.Generator) -> bool:
    """Join a zone's locked sites by shortest paths, any of them, over sites that nobody holds."""
    zone_of[group.lock == zone] = zone
    n = len(group.sites)
    taken = bits(np.flatnonzero((zone_of >= 0) & (zone_of != zone)))
    taken |= bits(np.flatnonzero((group.lock >= 0) & (group.lock != zone)))
    free = ((1 << n) - 1) & ~taken
    while True:
        members = np.flatnonzero(zone_of == zone)
        part = reached(group.masks, 1 << int(members[0]), bits(members))
        if part == bits(members):
            return True
        path = _path(group, part, bits(members) & ~part, free, rng)
        if path is None:
            return False
        zone_of[path] = zone


def _path(
    group: Group, sources: int, targets: int, free: int, rng: np.random.Generator
) -> list[int] | None:
    parent = dict.fromkeys(sites_in(sources), -1)
    queue = list(parent)
    for site in queue:
        for near in rng.permutation(sites_in(group.masks[site] & free)).tolist():
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


def _seed(group: Group, zone_of: Ints, rng: np.random.Generator) -> Ints | None:
    """A post for every zone: locked zones theirs, the others drawn far from those there are."""
    k = len(group.zones)
    posts = np.full(k, -1, dtype=np.int64)
    for zone in range(k):
        members = np.flatnonzero(zone_of == zone)
        if len(members):
            posts[zone] = members[np.argmin(group.cost[np.ix_(members, members)].sum(axis=0))]
    open_zones = [int(z) for z in np.flatnonzero(posts < 0)]
    bare = [part for part in components(group) if not _holds(part, zone_of)]
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


def _holds(part: int, zone_of: Ints) -> bool:
    return any(part >> int(i) & 1 for i in np.flatnonzero(zone_of >= 0))
