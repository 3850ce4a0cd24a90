"""Plans to start from: connected zones grown from spread-out posts, locks kept."""

from __future__ import annotations

import heapq

import numpy as np

from zoneplanner.analysis.arrays import IntArray
from zoneplanner.analysis.districting.zone_group import (
    ZoneGroup,
    find_components,
    find_reachable,
    pack_sites,
    unpack_sites,
)


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
    zone_of = zone_of.copy()
    first, near = group.near_lists
    worth = 1 / np.maximum(group.load, 1e-12)
    fronts: list[list[tuple[float, int]]] = [[] for _ in posts]

    def reach_from(site: int, zone: int) -> None:
        beside = near[first[site] : first[site + 1]]
        beside = beside[zone_of[beside] < 0]
        dear = group.cost[beside, posts[zone]] * worth[beside]
        for each in zip(dear.tolist(), beside.tolist(), strict=True):
            heapq.heappush(fronts[zone], each)

    taken = np.flatnonzero(zone_of >= 0)
    for site in taken.tolist():
        reach_from(site, int(zone_of[site]))
    loads = np.bincount(zone_of[taken], group.load[taken], minlength=len(posts))
    lightest = [(load, zone) for zone, load in enumerate(loads.tolist())]
    heapq.heapify(lightest)
    while lightest:
        load, zone = heapq.heappop(lightest)
        while fronts[zone]:
            site = heapq.heappop(fronts[zone])[1]
            if zone_of[site] < 0:
                zone_of[site] = zone
                reach_from(site, zone)
                heapq.heappush(lightest, (load + float(group.load[site]), zone))
                break
    return None if (zone_of < 0).any() else zone_of


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
    for zone in np.unique(zone_of[zone_of >= 0]):
        members = np.flatnonzero(zone_of == zone)
        posts[zone] = members[np.argmin(group.cost[np.ix_(members, members)].sum(axis=0))]
    open_zones = np.flatnonzero(posts < 0).tolist()
    bare = [
        sites
        for part in find_components(group)
        if (zone_of[sites := np.array(unpack_sites(part))] < 0).all()
    ]
    if len(bare) > len(open_zones):
        return None
    far = np.full(len(group.sites), np.inf)  # from the nearest post
    for post in posts[posts >= 0]:
        np.minimum(far, group.cost[:, post], out=far)
    for zone in open_zones:
        weights = np.where(zone_of < 0, 1.0, 0.0)
        if bare:
            inside = np.zeros(len(weights), dtype=bool)
            inside[bare.pop(0)] = True
            weights *= inside
        elif (posts >= 0).any():
            weights *= np.maximum(far, 1e-9)
        if weights.sum() <= 0:
            return None
        post = int(rng.choice(len(weights), p=weights / weights.sum()))
        posts[zone] = post
        zone_of[post] = zone
        np.minimum(far, group.cost[:, post], out=far)
    return posts
