"""Random start plans: connected zones grown from spread-out posts, with the locks kept."""

from __future__ import annotations

import heapq
from itertools import pairwise

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, IntArray
from zoneplanner.analysis.districting.zone_group import (
    ZoneGroup,
    find_components,
    find_reachable,
    pack_sites,
    unpack_sites,
)

_TREES_FROM = 500  # with more sites, zones are cut from spanning trees


def draw_start_plan(group: ZoneGroup, rng: np.random.Generator) -> IntArray | None:
    """Return a random connected assignment, the zone of each site, shape (sites,).

    For few sites, zones grow from spread-out posts, the lightest zone first; many sites are cut
    from spanning trees, which is nearly balanced from the start. None if this draw cannot reach
    every site, for example because locked sites wall others in.
    """
    if len(group.sites) > _TREES_FROM and (group.lock < 0).all():
        cut = _cut_trees(group, rng)
        if cut is not None:
            return cut
    zone_of = np.full(len(group.sites), -1, dtype=np.int64)
    locked = np.unique(group.lock[group.lock >= 0])
    for zone in rng.permutation(locked) if len(locked) else ():
        if not _join_locked(group, int(zone), zone_of, rng):
            return None
    posts = _choose_posts(group, zone_of, rng)
    return None if posts is None else grow_from_posts(group, zone_of, posts)


def _cut_trees(group: ZoneGroup, rng: np.random.Generator) -> IntArray | None:
    """Repeatedly cut spanning trees in two by load (as in ReCom, DeFord 2021).

    None if the sites are not connected, or a tree has no cut that leaves enough sites.
    """
    zone_of = np.zeros(len(group.sites), dtype=np.int64)
    stack = [(np.arange(len(group.sites)), 0, len(group.zones))]
    neighbors = _list_neighbors(group)
    while stack:
        sites, first, zones = stack.pop()
        if zones == 1:
            zone_of[sites] = first
            continue
        cut = _cut_tree(group, neighbors, sites, zones, rng)
        if cut is None:
            return None
        inside, share = cut
        stack.append((sites[inside], first, share))
        stack.append((sites[~inside], first + share, zones - share))
    return zone_of


def _list_neighbors(group: ZoneGroup) -> list[list[tuple[int, float]]]:
    """Return the neighbors of each site with the cost of serving them from it."""
    first, near = group.near_lists
    own = np.repeat(np.arange(len(group.sites)), np.diff(first))
    pairs = list(zip(near.tolist(), group.cost[near, own].tolist(), strict=True))
    return [pairs[a:b] for a, b in pairwise(first.tolist())]


def _cut_tree(
    group: ZoneGroup,
    neighbors: list[list[tuple[int, float]]],
    sites: IntArray,
    zones: int,
    rng: np.random.Generator,
) -> tuple[BoolArray, int] | None:
    """Return which of the sites are cut off, and for how many zones."""
    tree = _grow_tree(neighbors, sites, rng)
    if len(tree) < len(sites):
        return None
    index = {site: node for node, (site, _) in enumerate(tree)}
    parent = [index.get(above, -1) for _, above in tree]
    load, count = group.load[[site for site, _ in tree]].tolist(), [1] * len(tree)
    for node in range(len(tree) - 1, 0, -1):  # sums over each node's subtree
        load[parent[node]] += load[node]
        count[parent[node]] += count[node]
    total, n = np.array(load), np.array(count)
    mean = total[0] / zones or 1.0
    share = np.clip(np.rint(total / mean), 1, zones - 1).astype(np.int64)
    imbalance = np.maximum(
        np.abs(total / share - mean), np.abs((total[0] - total) / (zones - share) - mean)
    )
    badness = imbalance / mean + 0.1 * np.abs(share / zones - 0.5)  # prefer cuts in the middle
    badness[(n < share) | (len(tree) - n < zones - share)] = np.inf
    badness[0] = np.inf
    best = int(badness.argmin())
    if badness[best] == np.inf:
        return None
    below = np.zeros(len(tree), dtype=bool)
    below[best] = True
    for node in range(best + 1, len(tree)):
        below[node] = below[parent[node]]
    cut_off = {site for (site, _), is_below in zip(tree, below.tolist(), strict=True) if is_below}
    return np.array([site in cut_off for site in sites.tolist()]), int(share[best])


def _grow_tree(
    neighbors: list[list[tuple[int, float]]], sites: IntArray, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Return (site, its parent) of a spanning tree, the root first: Prim's with random weights."""
    inside = set(sites.tolist())
    front = [(0.0, int(rng.choice(sites)), -1)]
    tree = []
    while front:
        _, site, above = heapq.heappop(front)
        if site not in inside:
            continue
        inside.remove(site)
        tree.append((site, above))
        for near, cost in neighbors[site]:
            if near in inside:
                heapq.heappush(front, (cost * rng.random(), near, site))
    return tree


def grow_from_posts(group: ZoneGroup, zone_of: IntArray, posts: IntArray) -> IntArray | None:
    """Assign the sites that are -1 in ``zone_of`` (n,) to adjacent zones.

    The lightest zone takes the site with the least cost from its post (zones,) for its load.
    Returns a new array (n,), or None if sites are left that no zone touches.
    """
    zone_of = zone_of.copy()
    first, near = group.near_lists
    per_load = 1 / np.maximum(group.load, 1e-12)
    fronts: list[list[tuple[float, int]]] = [[] for _ in posts]

    def reach_from(site: int, zone: int) -> None:
        free = near[first[site] : first[site + 1]]
        free = free[zone_of[free] < 0]
        cost = group.cost[free, posts[zone]] * per_load[free]
        for entry in zip(cost.tolist(), free.tolist(), strict=True):
            heapq.heappush(fronts[zone], entry)

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
    """Join a zone's locked sites by random shortest paths over free sites."""
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
    """Return a post for every zone: the best one if it has sites, else a random distant one."""
    k = len(group.zones)
    posts = np.full(k, -1, dtype=np.int64)
    for zone in np.unique(zone_of[zone_of >= 0]):
        members = np.flatnonzero(zone_of == zone)
        posts[zone] = members[np.argmin(group.cost[np.ix_(members, members)].sum(axis=0))]
    open_zones = np.flatnonzero(posts < 0).tolist()
    unreached = [
        sites
        for part in find_components(group)
        if (zone_of[sites := np.array(unpack_sites(part))] < 0).all()
    ]
    if len(unreached) > len(open_zones):
        return None
    far = np.full(len(group.sites), np.inf)  # from the nearest post
    for post in posts[posts >= 0]:
        np.minimum(far, group.cost[:, post], out=far)
    for zone in open_zones:
        weights = np.where(zone_of < 0, 1.0, 0.0)
        if unreached:
            inside = np.zeros(len(weights), dtype=bool)
            inside[unreached.pop(0)] = True
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
