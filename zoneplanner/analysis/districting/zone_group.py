"""One group of interchangeable zones and the sites they may serve: a problem of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.problem import BALANCE_SLACK, DistrictingProblem
from zoneplanner.errors import UserError


@dataclass(frozen=True, eq=False)
class ZoneGroup:
    """Local indices: site 0..n-1 of ``sites``, zone 0..k-1 of ``zones``.

    ``lock`` is the zone a site is locked to or -1, shape (n,). ``linear`` has shape (n, k).
    ``names`` and ``labels`` are what messages call sites and zones.
    ``mean_load`` is the fair share of a zone: closed zones and their sites count in it, but are
    not in the group.
    """

    sites: IntArray
    zones: IntArray
    load: FloatArray
    cost: FloatArray
    neighbours: tuple[tuple[int, int], ...]
    lock: IntArray
    linear: FloatArray | None
    mean_load: float
    tolerance: float
    names: tuple[str, ...]
    labels: tuple[str, ...]
    initial: IntArray | None

    @cached_property
    def lower(self) -> float:
        """Minutes a day that a zone carries at least."""
        return self.mean_load * (1 - self.tolerance) - self.mean_load * BALANCE_SLACK

    @cached_property
    def upper(self) -> float:
        """Minutes a day that a zone carries at most."""
        return self.mean_load * (1 + self.tolerance) + self.mean_load * BALANCE_SLACK

    @cached_property
    def adjacency(self) -> BoolArray:
        """Which sites are neighbors, (n, n)."""
        matrix = np.zeros((len(self.sites), len(self.sites)), dtype=bool)
        for i, j in self.neighbours:
            matrix[i, j] = matrix[j, i] = True
        return matrix

    @cached_property
    def near_lists(self) -> tuple[IntArray, IntArray]:
        """Neighbors of site i: those of the second array from ``first[i]`` to ``first[i + 1]``."""
        pairs = np.array(self.neighbours, dtype=np.int64).reshape(-1, 2)
        ends = np.concatenate([pairs, pairs[:, ::-1]])
        ends = ends[np.lexsort((ends[:, 1], ends[:, 0]))]
        first = np.searchsorted(ends[:, 0], np.arange(len(self.sites) + 1))
        return first.astype(np.int64), np.ascontiguousarray(ends[:, 1])

    @cached_property
    def local_cost(self) -> float:
        """What serving a site from a post of its zone costs, about: the unit of the annealing."""
        n = len(self.sites)
        rank = min(n - 1, max(1, round(n / len(self.zones) / 2)))
        some = self.cost[:: 1 + n // 256]
        typical = float(np.partition(some, rank, axis=1)[:, rank].mean()) if n > 1 else 0.0
        return typical or 1.0

    @cached_property
    def label_cost(self) -> float:
        """What it costs a site to be in the wrong zone, by the linear term; 0 without one."""
        if self.linear is None:
            return 0.0
        return float((self.linear.max(axis=1) - self.linear.min(axis=1)).mean())

    @cached_property
    def distance(self) -> FloatArray:
        """How far apart sites are, (n, n): costs both ways, each scaled to a mean of 1."""
        scaled = self.cost / np.maximum(self.cost.mean(axis=1, keepdims=True), 1e-12)
        return np.asarray(scaled + scaled.T)

    @cached_property
    def masks(self) -> list[int]:
        """Each site's neighbors as the bits of an integer."""
        return make_neighbor_masks(self.neighbours, len(self.sites))

    def with_tolerance(self, tolerance: float) -> ZoneGroup:
        return replace(self, tolerance=tolerance)


def split_into_groups(problem: DistrictingProblem) -> list[ZoneGroup]:
    """Split by equal columns of ``allowed``, without the zones that are closed and their sites.

    Raises
    ------
    UserError
        A site is in two groups or in none, or a closed zone is empty or in pieces.
    """
    columns, group_of_zone = np.unique(problem.allowed, axis=1, return_inverse=True)
    group_of_zone = group_of_zone.reshape(-1)
    memberships = columns.sum(axis=1)
    if (memberships == 0).any():
        site = int(np.flatnonzero(memberships == 0)[0])
        raise UserError("no_zone_allowed", rule="allowed", site=site, name=problem.names[site])
    if (memberships > 1).any():
        site = int(np.flatnonzero(memberships > 1)[0])
        raise UserError("site_in_two_groups", rule="allowed", site=site, name=problem.names[site])
    settled = assign_closed_sites(problem)
    order = sorted(range(columns.shape[1]), key=lambda g: int(np.argmax(group_of_zone == g)))
    groups = (
        _make_group(
            problem, np.flatnonzero(columns[:, g]), np.flatnonzero(group_of_zone == g), settled
        )
        for g in order
    )
    return [group for group in groups if len(group.sites) or len(group.zones)]


def assign_closed_sites(problem: DistrictingProblem) -> IntArray:
    """The zone of each site that is locked into a closed zone, -1 of the others, shape (sites,)."""
    zone_of = np.full(len(problem.load), -1, dtype=np.int64)
    for site, zone in problem.locked.items():
        if zone in problem.closed:
            zone_of[site] = zone
    masks = make_neighbor_masks(problem.neighbours, len(zone_of))
    for index in sorted(problem.closed):
        members = pack_sites(np.flatnonzero(zone_of == index))
        if not is_connected(masks, members):
            name = problem.zone_names[index]
            template = "closed_zone.in_pieces" if members else "closed_zone.empty"
            facts = {"proven_infeasible": True, "smallest_tolerance": None}
            raise UserError(template, facts, rule="closed", zone=name)
    return zone_of


def _make_group(
    problem: DistrictingProblem, sites: IntArray, zones: IntArray, settled: IntArray
) -> ZoneGroup:
    mean_load = float(problem.load[sites].sum()) / len(zones)
    sites = sites[settled[sites] < 0]
    zones = np.array([zone for zone in zones if zone not in problem.closed], dtype=np.int64)
    local_site = {int(site): i for i, site in enumerate(sites)}
    local_zone = {int(zone): z for z, zone in enumerate(zones)}
    lock = np.full(len(sites), -1, dtype=np.int64)
    for site, zone in problem.locked.items():
        if site in local_site:
            lock[local_site[site]] = local_zone[int(zone)]
    initial = None
    if problem.initial is not None:
        initial = np.array([local_zone.get(int(z), -1) for z in problem.initial[sites]])
    linear = None if problem.linear is None else problem.linear[np.ix_(sites, zones)]
    return ZoneGroup(
        sites=sites,
        zones=zones,
        load=problem.load[sites],
        cost=problem.cost if len(sites) == len(settled) else problem.cost[np.ix_(sites, sites)],
        neighbours=tuple(
            (local_site[i], local_site[j])
            for i, j in problem.neighbours
            if i in local_site and j in local_site
        ),
        lock=lock,
        linear=None if linear is None or not linear.any() else linear,
        mean_load=mean_load,
        tolerance=problem.tolerance,
        names=tuple(problem.names[site] for site in sites),
        labels=tuple(problem.zone_names[zone] for zone in zones),
        initial=initial,
    )


def compute_zone_costs(group: ZoneGroup, members: BoolArray) -> FloatArray:
    """Cost of serving each set of sites from its best post; members has shape (sets, n)."""
    totals = members.astype(np.float64) @ group.cost
    return np.asarray(np.where(members, totals, np.inf).min(axis=1), dtype=np.float64)


def find_best_posts(group: ZoneGroup, members: BoolArray) -> IntArray:
    """The site from which each set of sites is cheapest to serve, the lowest of equals.

    ``members`` has the shape (sets, n), the answer (sets,).

    Costs that differ by rounding only are equal: the same set always gets the same post.
    """
    posts = np.zeros(len(members), dtype=np.int64)
    for first in range(0, len(members), 50_000):
        part = members[first : first + 50_000]
        totals = np.where(part, part.astype(np.float64) @ group.cost, np.inf)
        least = totals.min(axis=1, keepdims=True)
        posts[first : first + 50_000] = (totals <= least * (1 + 1e-12)).argmax(axis=1)
    return posts


def compute_nearest_bound(group: ZoneGroup) -> float:
    """A bound at once: one post a zone, and every other site served from the nearest site."""
    own = np.diagonal(group.cost)
    other = ~np.eye(len(own), dtype=bool)
    nearest = group.cost.min(axis=1, where=other, initial=np.inf) if len(own) > 1 else own
    saved = np.sort(own - nearest)[: len(group.zones)]
    linear = 0.0 if group.linear is None else float(group.linear.min(axis=1).sum())
    return float(nearest.sum() + saved.sum()) + linear


def compute_assignment_cost(group: ZoneGroup, assignment: IntArray) -> float:
    """Posts' costs of all zones plus the linear term.

    ``assignment`` gives the local zone of each site, shape (n,).
    """
    order = np.argsort(assignment, kind="stable")
    ends = np.cumsum(np.bincount(assignment, minlength=len(group.zones)))[:-1]
    cost = sum(
        float(group.cost[np.ix_(members, members)].sum(axis=0).min())
        for members in np.split(order, ends)
    )
    if group.linear is not None:
        cost += float(group.linear[np.arange(len(assignment)), assignment].sum())
    return cost


def compute_closed_cost(problem: DistrictingProblem, settled: IntArray) -> float:
    """What the closed zones cost; ``settled`` (sites,) is as of ``assign_closed_sites``."""
    cost = 0.0
    for zone in problem.closed:
        members = np.flatnonzero(settled == zone)
        cost += float(problem.cost[np.ix_(members, members)].sum(axis=0).min())
        if problem.linear is not None:
            cost += float(problem.linear[members, zone].sum())
    return cost


def make_neighbor_masks(neighbours: Sequence[tuple[int, int]], sites: int) -> list[int]:
    """The neighbors of each site as the bits of an integer."""
    masks = [0] * sites
    for i, j in neighbours:
        masks[i] |= 1 << j
        masks[j] |= 1 << i
    return masks


def is_connected(masks: list[int], members: int) -> bool:
    """Whether the sites in the bits of ``members`` are connected; no site at all is not."""
    return members != 0 and find_reachable(masks, members & -members, members) == members


def find_reachable(masks: list[int], start: int, within: int) -> int:
    """Every site of ``within`` that is connected with ``start``, as bits."""
    seen = front = start
    while front:
        near = 0
        while front:
            bit = front & -front
            front ^= bit
            near |= masks[bit.bit_length() - 1]
        front = near & within & ~seen
        seen |= front
    return seen


def pack_sites(sites: IntArray | list[int]) -> int:
    """Sites as the bits of an integer; see ``unpack_sites``.

    ``sites`` are local indices, shape (k,).
    """
    return sum(1 << int(i) for i in sites)


def unpack_sites(mask: int) -> list[int]:
    """The sites that bits stand for, in order."""
    return [site for site in range(mask.bit_length()) if mask >> site & 1]


def find_components(group: ZoneGroup) -> list[int]:
    """The connected parts of the neighbor graph, as bits, by lowest site."""
    return find_pieces(group.masks, (1 << len(group.sites)) - 1)


def find_pieces(masks: list[int], members: int) -> list[int]:
    """The connected parts of some sites, as bits, by lowest site."""
    left, parts = members, []
    while left:
        part = find_reachable(masks, left & -left, left)
        parts.append(part)
        left &= ~part
    return parts


def relabel_canonically(group: ZoneGroup, assignment: IntArray) -> IntArray:
    """The same zones with labels that do not depend on how they were found.

    ``assignment`` and the answer have the shape (n,).

    Locked zones keep their label; the others take the free labels in order of their lowest site.
    With a linear term labels mean something and stay.
    """
    if group.linear is not None:
        return assignment
    fixed = {
        int(assignment[site]): int(group.lock[site]) for site in np.flatnonzero(group.lock >= 0)
    }
    free = [z for z in range(len(group.zones)) if z not in fixed.values()]
    for zone in assignment:
        if int(zone) not in fixed:
            fixed[int(zone)] = free.pop(0)
    return np.array([fixed[int(zone)] for zone in assignment], dtype=np.int64)
