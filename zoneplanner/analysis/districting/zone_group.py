"""One group of interchangeable zones and the sites they may serve: a separate problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.coordinate_costs import (
    Costs,
    find_nearest_others,
    rank_costs,
    select_costs,
)
from zoneplanner.analysis.districting.problem import BALANCE_SLACK, DistrictingProblem
from zoneplanner.errors import UserError


@dataclass(frozen=True, eq=False)
class ZoneGroup:
    """A group with local indices: sites 0..n-1 of ``sites``, zones 0..k-1 of ``zones``.

    ``load`` (n,) is minutes a day. ``cost`` (n, n) is the cost of serving the row's site from the
    column's post. ``lock`` (n,) is the zone a site is locked to, or -1. ``linear`` has the shape
    (n, k). ``names`` and ``labels`` are the names of sites and zones in messages.

    ``mean_load`` is a zone's fair share: closed zones and their sites count in it, but are not in
    the group. ``more_loads`` (scenarios, n) are further loads to be balanced, scaled to the same
    fair share. ``border`` (pairs,) is the cost of two neighbors in different zones.

    ``most`` exceeds the cost of any plan. Serving a site from a post out of reach costs ``most``
    more, but a zone's post is the cheapest one without that; inf if all posts are within reach.
    """

    sites: IntArray
    zones: IntArray
    load: FloatArray
    cost: Costs
    neighbours: tuple[tuple[int, int], ...]
    lock: IntArray
    linear: FloatArray | None
    mean_load: float
    tolerance: float
    names: tuple[str, ...]
    labels: tuple[str, ...]
    initial: IntArray | None
    more_loads: FloatArray
    border: FloatArray | None = None
    most: float = np.inf

    @cached_property
    def loads(self) -> FloatArray:
        """The loads to be balanced, in minutes a day, (1 + scenarios, n)."""
        return np.vstack([self.load, self.more_loads])

    @property
    def cost_table(self) -> FloatArray:
        """The costs of all pairs, (n, n): only for steps that are limited to 3,000 sites."""
        return np.asarray(self.cost)

    @cached_property
    def min_load(self) -> float:
        """The smallest load that a zone may have, in minutes a day."""
        return self.mean_load * (1 - self.tolerance) - self.mean_load * BALANCE_SLACK

    @cached_property
    def max_load(self) -> float:
        """The largest load that a zone may have, in minutes a day."""
        return self.mean_load * (1 + self.tolerance) + self.mean_load * BALANCE_SLACK

    @cached_property
    def adjacency(self) -> BoolArray:
        """Which sites are neighbors, (n, n)."""
        matrix = np.zeros((len(self.sites), len(self.sites)), dtype=bool)
        for i, j in self.neighbours:
            matrix[i, j] = matrix[j, i] = True
        return matrix

    @cached_property
    def ends(self) -> IntArray:
        """The pairs of neighbors, shape (pairs, 2)."""
        return np.array(self.neighbours, dtype=np.int64).reshape(-1, 2)

    @cached_property
    def near_lists(self) -> tuple[IntArray, IntArray]:
        """The neighbors of site i are ``near[first[i] : first[i + 1]]``; returns ``first, near``.

        Shapes (n + 1,) and (2 pairs,): each pair is listed from both ends.
        """
        ends = np.concatenate([self.ends, self.ends[:, ::-1]])
        ends = ends[np.lexsort((ends[:, 1], ends[:, 0]))]
        first = np.searchsorted(ends[:, 0], np.arange(len(self.sites) + 1))
        return first.astype(np.int64), np.ascontiguousarray(ends[:, 1])

    @cached_property
    def local_cost(self) -> float:
        """The typical cost of serving a site from its zone's post: the unit of the annealing."""
        n = len(self.sites)
        rank = min(n - 1, max(1, round(n / len(self.zones) / 2)))
        typical = float(rank_costs(self.cost, rank, step=1 + n // 256).mean()) if n > 1 else 0.0
        return typical or 1.0

    @cached_property
    def label_cost(self) -> float:
        """The mean cost of a site in the wrong zone by the linear term, or 0 without one."""
        if self.linear is None:
            return 0.0
        return float((self.linear.max(axis=1) - self.linear.min(axis=1)).mean())

    @cached_property
    def distance(self) -> FloatArray:
        """The distance between sites, (n, n): costs both ways, each scaled to a mean of 1."""
        cost = self.cost_table
        near = np.where(cost < self.most, cost, cost - self.most)
        scaled = near / np.maximum(near.mean(axis=1, keepdims=True), 1e-12)
        return np.asarray(scaled + scaled.T)

    @cached_property
    def masks(self) -> list[int]:
        """Each site's neighbors as the bits of an integer."""
        return make_neighbor_masks(self.neighbours, len(self.sites))

    @cached_property
    def borders(self) -> FloatArray:
        """The border cost of each pair of ``near_lists`` in two zones, or 0 without borders.

        Shape (2 pairs,), in the order of ``near``.
        """
        matrix = {} if self.border is None else dict(zip(self.neighbours, self.border, strict=True))
        first, near = self.near_lists
        own = np.repeat(np.arange(len(self.sites)), np.diff(first))
        ends = zip(own.tolist(), near.tolist(), strict=True)
        return np.array([float(matrix.get((min(pair), max(pair)), 0.0)) for pair in ends])

    def list_scenarios(self) -> list[ZoneGroup]:
        """Return the group once for each of its loads, with only that load."""
        if not len(self.more_loads):
            return [self]
        none = self.more_loads[:0]
        return [replace(self, load=load, more_loads=none) for load in self.loads]

    def sum_beyond(self, assignment: IntArray) -> float:
        """Return the load beyond zones' limits over all scenarios; ``assignment`` is (n,)."""
        loads = sum_loads(self, assignment)
        return float(np.maximum(loads - self.max_load, self.min_load - loads).clip(0).sum())


def split_into_groups(problem: DistrictingProblem) -> list[ZoneGroup]:
    """Split a problem by equal columns of ``allowed``, without closed zones and their sites.

    Raises
    ------
    UserError
        A site is in two groups or in none, or a closed zone is empty or in pieces.
    """
    kinds: dict[bytes, int] = {}  # np.unique would take seconds at ten thousand sites
    keys = [column.tobytes() for column in np.ascontiguousarray(problem.allowed.T)]
    group_of_zone = np.array([kinds.setdefault(key, len(kinds)) for key in keys])
    columns = problem.allowed[:, [keys.index(key) for key in kinds]]
    memberships = columns.sum(axis=1)
    if (memberships == 0).any():
        site = int(np.flatnonzero(memberships == 0)[0])
        raise UserError("no_zone_allowed", rule="allowed", site=site, name=problem.names[site])
    if (memberships > 1).any():
        site = int(np.flatnonzero(memberships > 1)[0])
        raise UserError("site_in_two_groups", rule="allowed", site=site, name=problem.names[site])
    settled = assign_closed_sites(problem)
    groups = (
        _make_group(
            problem, np.flatnonzero(columns[:, g]), np.flatnonzero(group_of_zone == g), settled
        )
        for g in range(len(kinds))
    )
    return [group for group in groups if len(group.sites) or len(group.zones)]


def assign_closed_sites(problem: DistrictingProblem) -> IntArray:
    """Return the closed zone that each site is locked into, or -1 if none, shape (sites,)."""
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
    loads = problem.load[None, :]
    if problem.scenarios is not None:
        loads = np.vstack([loads, problem.scenarios])
    fair = loads[:, sites].sum(axis=1) / len(zones)
    first = int((fair > 0).argmax())
    mean_load = float(fair[first])
    more = [row for row in range(len(loads)) if row != first and fair[row] > 0]
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
    inner = [i for i, pair in enumerate(problem.neighbours) if {*pair} <= local_site.keys()]
    pairs = [problem.neighbours[i] for i in inner]
    border = None if problem.border is None else problem.border[inner]
    cost, most = _charge_far_posts(problem, sites, linear, border)
    return ZoneGroup(
        sites=sites,
        zones=zones,
        load=loads[first][sites],
        more_loads=loads[more][:, sites] * (mean_load / fair[more])[:, None],
        cost=cost,
        border=None if border is None or not border.any() else border,
        most=most,
        neighbours=tuple((local_site[i], local_site[j]) for i, j in pairs),
        lock=lock,
        linear=None if linear is None or not linear.any() else linear,
        mean_load=mean_load,
        tolerance=problem.tolerance,
        names=tuple(problem.names[site] for site in sites),
        labels=tuple(problem.zone_names[zone] for zone in zones),
        initial=initial,
    )


def _charge_far_posts(
    problem: DistrictingProblem,
    sites: IntArray,
    linear: FloatArray | None,
    border: FloatArray | None,
) -> tuple[Costs, float]:
    """Return the costs with ``most`` added if a post is out of reach, and ``most``.

    It exceeds the cost of every plan whose posts are within reach.
    """
    whole = len(sites) == len(problem.load)
    if problem.reach is None or not len(sites):
        return problem.cost if whole else select_costs(problem.cost, sites), np.inf
    cost = problem.cost_table if whole else problem.cost[np.ix_(sites, sites)]
    near = problem.reach[np.ix_(sites, sites)]
    most = 1.0 + float(cost.max(axis=1).sum())
    most += 0.0 if linear is None else float(linear.max(axis=1).sum())
    most += 0.0 if border is None else float(border.sum())
    return np.where(near, cost, cost + most), most


def sum_loads(group: ZoneGroup, assignment: IntArray) -> FloatArray:
    """Return each zone's load in each scenario, (1 + scenarios, zones), in minutes a day.

    ``assignment`` (n,) is the group's zone of each site.
    """
    k = len(group.zones)
    return np.array([np.bincount(assignment, load, minlength=k) for load in group.loads])


def are_balanced(group: ZoneGroup, members: BoolArray) -> BoolArray:
    """Return whether each set of sites is within the limits in the further scenarios.

    ``members`` has the shape (sets, n), the result (sets,).
    """
    loads = members.astype(np.float64) @ group.more_loads.T
    return np.asarray(((loads >= group.min_load) & (loads <= group.max_load)).all(axis=1))


def halve_borders(group: ZoneGroup, members: BoolArray) -> FloatArray:
    """Return half the border cost of each set of sites: the adjacent zone has the other half.

    ``members`` has the shape (sets, n), the result (sets,).
    """
    if group.border is None:
        return np.zeros(len(members))
    one, other = group.ends.T
    return np.asarray((members[:, one] != members[:, other]) @ group.border / 2)


def drop_far(group: ZoneGroup, totals: FloatArray) -> FloatArray:
    """Return posts' totals, shape (posts,), without the surcharge for sites out of reach."""
    if np.isinf(group.most):
        return totals
    return np.asarray(totals - group.most * np.floor(totals / group.most))


def serve_sites(group: ZoneGroup, sites: IntArray) -> float:
    """Return the cost of serving sites (rows, shape (k,)) from their cheapest post."""
    totals = group.cost[sites[:, None], sites].sum(axis=0)
    return float(totals[drop_far(group, totals).argmin()])


def _take_least(group: ZoneGroup, totals: FloatArray) -> FloatArray:
    """Return the total of the cheapest post in each row; inf marks columns that are not a post."""
    if np.isinf(group.most):
        return np.asarray(totals.min(axis=1))
    known = np.isfinite(totals)
    plain = np.where(known, drop_far(group, np.where(known, totals, 0.0)), np.inf)
    return np.asarray(np.take_along_axis(totals, plain.argmin(axis=1)[:, None], axis=1)[:, 0])


def compute_zone_costs(group: ZoneGroup, members: BoolArray) -> FloatArray:
    """Return the cost of each set of sites from its best post, plus half its border cost.

    ``members`` has the shape (sets, n), the result (sets,).
    """
    totals = members.astype(np.float64) @ group.cost_table
    served = _take_least(group, np.where(members, totals, np.inf))
    return np.asarray(served + halve_borders(group, members), dtype=np.float64)


def find_best_posts(group: ZoneGroup, members: BoolArray) -> IntArray:
    """Return the site from which each set of sites is cheapest to serve, the first of equals.

    ``members`` has the shape (sets, n), the result (sets,). Costs that differ only by rounding
    count as equal, so the same set always gets the same post.
    """
    posts = np.zeros(len(members), dtype=np.int64)
    for first in range(0, len(members), 50_000):
        part = members[first : first + 50_000]
        totals = np.where(part, drop_far(group, part.astype(np.float64) @ group.cost_table), np.inf)
        least = totals.min(axis=1, keepdims=True)
        posts[first : first + 50_000] = (totals <= least * (1 + 1e-12)).argmax(axis=1)
    return posts


def compute_nearest_bound(group: ZoneGroup) -> float:
    """Return a quick bound: one post a zone, and every other site served from its nearest site."""
    own = group.cost.diagonal()
    nearest = find_nearest_others(group.cost) if len(own) > 1 else own
    saved = np.sort(own - nearest)[: len(group.zones)]
    linear = 0.0 if group.linear is None else float(group.linear.min(axis=1).sum())
    return float(nearest.sum() + saved.sum()) + linear


def compute_assignment_cost(group: ZoneGroup, assignment: IntArray) -> float:
    """Return the cost of an assignment: zones from their posts, the linear term and borders.

    ``assignment`` is the local zone of each site, shape (n,).
    """
    order = np.argsort(assignment, kind="stable")
    ends = np.cumsum(np.bincount(assignment, minlength=len(group.zones)))[:-1]
    cost = sum(serve_sites(group, members) for members in np.split(order, ends))
    if group.linear is not None:
        cost += float(group.linear[np.arange(len(assignment)), assignment].sum())
    if group.border is not None:
        ends = assignment[group.ends]
        cost += float(group.border[ends[:, 0] != ends[:, 1]].sum())
    return cost


def compute_closed_cost(problem: DistrictingProblem, settled: IntArray) -> float:
    """Return the cost of closed zones and of the borders that every plan has.

    ``settled`` (sites,) is the result of ``assign_closed_sites``.
    """
    cost = 0.0
    if problem.border is not None:
        one, other = np.array(problem.neighbours, dtype=np.int64).reshape(-1, 2).T
        apart = settled[one] != settled[other]
        apart |= (problem.allowed[one] != problem.allowed[other]).any(axis=1)
        cost += float(problem.border[apart].sum())
    for zone in problem.closed:
        members = np.flatnonzero(settled == zone)
        cost += float(problem.cost[np.ix_(members, members)].sum(axis=0).min())
        if problem.linear is not None:
            cost += float(problem.linear[members, zone].sum())
    return cost


def make_neighbor_masks(neighbours: Sequence[tuple[int, int]], sites: int) -> list[int]:
    """Return the neighbors of each site as the bits of an integer."""
    masks = [0] * sites
    for i, j in neighbours:
        masks[i] |= 1 << j
        masks[j] |= 1 << i
    return masks


def is_connected(masks: list[int], members: int) -> bool:
    """Return whether the sites in the bits of ``members`` are connected; no sites are not."""
    return members != 0 and find_reachable(masks, members & -members, members) == members


def find_reachable(masks: list[int], start: int, within: int) -> int:
    """Return the sites of ``within`` that are connected with ``start``, as bits."""
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
    """Return local site indices, shape (k,), as the bits of an integer."""
    return sum(1 << int(i) for i in sites)


def unpack_sites(mask: int) -> list[int]:
    """Return the site indices of an integer's bits, in order."""
    return [site for site in range(mask.bit_length()) if mask >> site & 1]


def find_components(group: ZoneGroup) -> list[int]:
    """Return the connected parts of the neighbor graph, as bits, by lowest site."""
    return find_pieces(group.masks, (1 << len(group.sites)) - 1)


def find_pieces(masks: list[int], members: int) -> list[int]:
    """Return the connected parts of some sites, as bits, by lowest site."""
    left, parts = members, []
    while left:
        part = find_reachable(masks, left & -left, left)
        parts.append(part)
        left &= ~part
    return parts


def relabel_canonically(group: ZoneGroup, assignment: IntArray) -> IntArray:
    """Return the same zones with labels that do not depend on how they were found.

    ``assignment`` and the result have the shape (n,). Locked zones keep their label; the others get
    the free labels in order of their lowest site. With a linear term labels matter and stay.
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
