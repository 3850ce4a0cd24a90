"""Plans to start from: connected zones grown from spread-out posts, locks kept."""

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

_TREES_FROM = 500  # sites above which zones are cut from trees


def draw_start_plan(group: ZoneGroup, rng: np.random.Generator) -> IntArray | None:
    """A connected assignment, the zone of each site, shape (sites,), drawn at random.

    Few sites are grown from spread-out posts, the lightest zone first; many are cut from spanning
    trees, which is nearly balanced at once. None when this draw cannot reach every site (locked
    sites that wall others in, for example).
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
    """Cut spanning trees in two by load, again and again (as in ReCom, DeFord 2021).

    None where the sites are not connected, or a tree has no cut that leaves sites enough.
    """
    zone_of = np.zeros(len(group.sites), dtype=np.int64)
    left = [(np.arange(len(group.sites)), 0, len(group.zones))]
    beside = _list_beside(group)
    while left:
        sites, first, zones = left.pop()
        if zones == 1:
            zone_of[sites] = first
            continue
        cut = _cut_tree(group, beside, sites, zones, rng)
        if cut is None:
            return None
        inside, share = cut
        left.append((sites[inside], first, share))
        left.append((sites[~inside], first + share, zones - share))
    return zone_of


def _list_beside(group: ZoneGroup) -> list[list[tuple[int, float]]]:
    """The neighbors of each site, and what each costs from there."""
    first, near = group.near_lists
    own = np.repeat(np.arange(len(group.sites)), np.diff(first))
    pairs = list(zip(near.tolist(), group.cost[near, own].tolist(), strict=True))
    return [pairs[a:b] for a, b in pairwise(first.tolist())]


def _cut_tree(
    group: ZoneGroup,
    beside: list[list[tuple[int, float]]],
    sites: IntArray,
    zones: int,
    rng: np.random.Generator,
) -> tuple[BoolArray, int] | None:
    """Which of the sites are cut off, and for how many zones."""
    tree = _grow_tree(beside, sites, rng)
    if len(tree) < len(sites):
        return None
    place = {site: at for at, (site, _) in enumerate(tree)}
    parent = [place.get(above, -1) for _, above in tree]
    load, count = group.load[[site for site, _ in tree]].tolist(), [1] * len(tree)
    for at in range(len(tree) - 1, 0, -1):
        load[parent[at]] += load[at]
        count[parent[at]] += count[at]
    total, n = np.array(load), np.array(count)
    mean = total[0] / zones or 1.0
    share = np.clip(np.rint(total / mean), 1, zones - 1).astype(np.int64)
    off = np.maximum(
        np.abs(total / share - mean), np.abs((total[0] - total) / (zones - share) - mean)
    )
    off = off / mean + 0.1 * np.abs(share / zones - 0.5)
    off[(n < share) | (len(tree) - n < zones - share)] = np.inf
    off[0] = np.inf
    best = int(off.argmin())
    if off[best] == np.inf:
        return None
    below = np.zeros(len(tree), dtype=bool)
    below[best] = True
    for at in range(best + 1, len(tree)):
        below[at] = below[parent[at]]
    cut_off = {site for (site, _), is_below in zip(tree, below.tolist(), strict=True) if is_below}
    return np.array([site in cut_off for site in sites.tolist()]), int(share[best])


def _grow_tree(
    beside: list[list[tuple[int, float]]], sites: IntArray, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """(site, the site above it) of a spanning tree, top first: Prim's, with drawn weights."""
    inside = set(sites.tolist())
    front = [(0.0, int(rng.choice(sites)), -1)]
    tree = []
    while front:
        _, site, above = heapq.heappop(front)
        if site not in inside:
            continue
        inside.remove(site)
        tree.append((site, above))
        for near, cost in beside[site]:
            if near in inside:
                heapq.heappush(front, (cost * rng.random(), near, site))
    return tree


def grow_from_posts(group: ZoneGroup, zone_of: IntArray, posts: IntArray) -> IntArray | None:
    """Give the sites that are -1 in ``zone_of`` (n,) to zones, each beside what it has.

    The lightest zone takes the site that is cheapest to serve from its post (zones,), by load.
    Returns a new array (n,), None where sites are left that no zone is beside.
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
