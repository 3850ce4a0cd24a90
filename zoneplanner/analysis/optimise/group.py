"""One group of interchangeable zones and the sites they may serve: a problem of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from zoneplanner.analysis.optimise.problem import (
    BALANCE_SLACK,
    Bools,
    Floats,
    Ints,
    Problem,
)
from zoneplanner.errors import UserError


@dataclass(frozen=True, eq=False)
class Group:
    """Local indices: site 0..n-1 of ``sites``, zone 0..k-1 of ``zones``.

    ``lock`` is the zone a site is locked to or -1, shape (n,). ``linear`` has shape (n, k).
    """

    sites: Ints
    zones: Ints
    load: Floats
    cost: Floats
    neighbours: tuple[tuple[int, int], ...]
    lock: Ints
    linear: Floats | None
    tolerance: float
    initial: Ints | None

    @cached_property
    def mean_load(self) -> float:
        return float(self.load.sum()) / len(self.zones)

    @property
    def lower(self) -> float:
        return self.mean_load * (1 - self.tolerance) - self.mean_load * BALANCE_SLACK

    @property
    def upper(self) -> float:
        return self.mean_load * (1 + self.tolerance) + self.mean_load * BALANCE_SLACK

    @cached_property
    def adjacency(self) -> Bools:
        matrix = np.zeros((len(self.sites), len(self.sites)), dtype=bool)
        for i, j in self.neighbours:
            matrix[i, j] = matrix[j, i] = True
        return matrix

    @cached_property
    def distance(self) -> Floats:
        """How far apart sites are, (n, n): costs both ways, each scaled to a mean of 1."""
        scaled = self.cost / np.maximum(self.cost.mean(axis=1, keepdims=True), 1e-12)
        return np.asarray(scaled + scaled.T)

    @cached_property
    def masks(self) -> list[int]:
        """Each site's neighbours as the bits of an integer."""
        masks = [0] * len(self.sites)
        for i, j in self.neighbours:
            masks[i] |= 1 << j
            masks[j] |= 1 << i
        return masks

    def with_tolerance(self, tolerance: float) -> Group:
        return replace(self, tolerance=tolerance)


def groups_of(problem: Problem) -> list[Group]:
    """Split by equal columns of ``allowed``; a site in two groups or in none is refused."""
    columns, group_of_zone = np.unique(problem.allowed, axis=1, return_inverse=True)
    group_of_zone = group_of_zone.reshape(-1)
    memberships = columns.sum(axis=1)
    if (memberships == 0).any():
        site = int(np.flatnonzero(memberships == 0)[0])
        raise UserError(
            f"No zone may serve site {site}; allow one there.", {"rule": "allowed", "site": site}
        )
    if (memberships > 1).any():
        site = int(np.flatnonzero(memberships > 1)[0])
        raise UserError(
            f"Site {site} is allowed in zones of two groups; a site belongs to one group of zones.",
            {"rule": "allowed", "site": site},
        )
    order = sorted(range(columns.shape[1]), key=lambda g: int(np.argmax(group_of_zone == g)))
    return [
        _group(problem, np.flatnonzero(columns[:, g]), np.flatnonzero(group_of_zone == g))
        for g in order
    ]


def _group(problem: Problem, sites: Ints, zones: Ints) -> Group:
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
    return Group(
        sites=sites,
        zones=zones,
        load=problem.load[sites],
        cost=problem.cost[np.ix_(sites, sites)],
        neighbours=tuple(
            (local_site[i], local_site[j])
            for i, j in problem.neighbours
            if i in local_site and j in local_site
        ),
        lock=lock,
        linear=None if linear is None or not linear.any() else linear,
        tolerance=problem.tolerance,
        initial=initial,
    )


def zone_cost(group: Group, members: Bools) -> Floats:
    """Cost of serving each set of sites from its best post; members has shape (sets, n)."""
    totals = members.astype(np.float64) @ group.cost
    return np.asarray(np.where(members, totals, np.inf).min(axis=1), dtype=np.float64)


def best_posts(group: Group, members: Bools) -> Ints:
    """The site from which each set of sites is cheapest to serve, the lowest of equals."""
    posts = np.zeros(len(members), dtype=np.int64)
    for first in range(0, len(members), 50_000):
        part = members[first : first + 50_000]
        totals = np.where(part, part.astype(np.float64) @ group.cost, np.inf)
        posts[first : first + 50_000] = totals.argmin(axis=1)
    return posts


def plan_cost(group: Group, assignment: Ints) -> float:
    """Posts' costs of all zones plus the linear term."""
    members = assignment[None, :] == np.arange(len(group.zones))[:, None]
    cost = float(zone_cost(group, members).sum())
    if group.linear is not None:
        cost += float(group.linear[np.arange(len(assignment)), assignment].sum())
    return cost


def is_connected(masks: list[int], members: int) -> bool:
    """Whether the sites in the bits of ``members`` hang together; no site at all does not."""
    return members != 0 and reached(masks, members & -members, members) == members


def reached(masks: list[int], start: int, within: int) -> int:
    """Every site of ``within`` that hangs together with ``start``, as bits."""
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


def bits(sites: Ints | list[int]) -> int:
    return sum(1 << int(i) for i in sites)


def components(group: Group) -> list[int]:
    """The connected parts of the neighbour graph, as bits, by lowest site."""
    left = (1 << len(group.sites)) - 1
    parts = []
    while left:
        part = reached(group.masks, left & -left, left)
        parts.append(part)
        left &= ~part
    return parts


def is_feasible(group: Group, assignment: Ints) -> bool:
    """Whether every rule is kept: locks, no empty zone, balance and contiguity."""
    if ((group.lock >= 0) & (group.lock != assignment)).any() or (assignment < 0).any():
        return False
    loads = np.bincount(assignment, weights=group.load, minlength=len(group.zones))
    if (loads < group.lower).any() or (loads > group.upper).any():
        return False
    return all(
        is_connected(group.masks, bits(np.flatnonzero(assignment == z)))
        for z in range(len(group.zones))
    )


def canonical(group: Group, assignment: Ints) -> Ints:
    """The same zones with labels that do not depend on how they were found.

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
