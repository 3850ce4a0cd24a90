"""Improve plans: the best choice among zones found so far, and annealing of neighboring zones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import highspy
import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.annealing import Incumbent, anneal
from zoneplanner.analysis.districting.coordinate_costs import select_costs
from zoneplanner.analysis.districting.zone_group import (
    ZoneGroup,
    compute_assignment_cost,
    halve_borders,
    serve_sites,
)
from zoneplanner.analysis.highs import HighsSolver, run_in_thread

_MAX_COLUMNS, _MAX_NODES = 5_000, 200
_MANY_SITES, _NEIGHBORS, _NEIGHBORS_OF_MANY = 2000, (4, 11), (4, 70)
_PROPOSALS, _WARM = 10_000, 1.0


def recombine_zones(group: ZoneGroup, best: Incumbent, price: FloatArray) -> Iterator[None]:
    """Choose the cheapest zones of the pool that cover every site once: set partitioning.

    Zones with the highest reduced costs at the prices (n,) of their sites are left out: by linear
    programming duality they are the least likely in a better plan. With a linear term, a zone's
    cost depends on its label, and nothing is done.
    """
    if group.linear is not None or best.assignment is None or len(group.zones) < 3:
        return
    members, cost = _list_columns(group, best, price)
    program = HighsSolver()
    sites, zones = np.ones(len(group.sites)), np.array([float(len(group.zones))])
    rows = np.concatenate([sites, zones])
    program.add_rows(rows, rows)
    program.add_columns(cost, 1.0, np.hstack([members, np.ones((len(cost), 1), dtype=bool)]))
    every = np.arange(len(cost), dtype=np.int32)
    whole = np.full(len(cost), highspy.HighsVarType.kInteger)
    program.changeColsIntegrality(len(cost), every, whole)
    program.setOptionValue("mip_max_nodes", _MAX_NODES)
    program.setOptionValue("mip_rel_gap", 1e-5)
    for _ in run_in_thread(program, np.inf):
        yield
    if program.getInfo().primal_solution_status != 2:
        return
    chosen = np.flatnonzero(np.array(program.getSolution().col_value) > 0.5)
    assignment = label_zones(group, members[chosen])
    if assignment is not None:
        best.record(group, assignment)


def _list_columns(
    group: ZoneGroup, best: Incumbent, price: FloatArray
) -> tuple[BoolArray, FloatArray]:
    """Return the plan's zones and the likeliest of the pool, (zones, n), and their costs."""
    assert best.assignment is not None
    zones = [np.frombuffer(each, dtype=np.int32) for each in best.pool]
    reduced = _compute_costs(group, zones) - [price[each].sum() for each in zones]
    chosen = [zones[index] for index in np.argsort(reduced, kind="stable")[:_MAX_COLUMNS]]
    chosen += [np.flatnonzero(best.assignment == zone) for zone in range(len(group.zones))]
    members = np.zeros((len(chosen), len(group.sites)), dtype=bool)
    for row, sites in enumerate(chosen):
        members[row, sites] = True
    return members, _compute_costs(group, chosen)


def _compute_costs(group: ZoneGroup, zones: list[np.ndarray]) -> FloatArray:
    """Return the costs of zones, each given by its sites."""
    cost = np.array([serve_sites(group, sites) for sites in zones])
    if group.border is None:
        return cost
    for index, sites in enumerate(zones):
        members = np.zeros((1, len(group.sites)), dtype=bool)
        members[0, sites] = True
        cost[index] += halve_borders(group, members)[0]
    return cost


def label_zones(group: ZoneGroup, members: BoolArray) -> IntArray | None:
    """Return an assignment, shape (sites,), from zones that cover every site once.

    ``members`` has the shape (zones, sites). Zones get the labels of their locks, the others the
    free labels in order. None if the zones overlap, miss a site or contradict the locks.
    """
    if (members.sum(axis=0) != 1).any():
        return None
    assignment = np.full(len(group.sites), -1, dtype=np.int64)
    unlocked = []
    for row in members:
        locks = np.unique(group.lock[row][group.lock[row] >= 0])
        if len(locks) > 1:
            return None
        if len(locks):
            assignment[row] = locks[0]
        else:
            unlocked.append(row)
    free = sorted(set(range(len(group.zones))) - set(assignment[assignment >= 0].tolist()))
    if len(free) != len(unlocked):
        return None
    for row, zone in zip(unlocked, free, strict=True):
        assignment[row] = zone
    return assignment


def reanneal_neighbors(
    group: ZoneGroup, best: Incumbent, rng: np.random.Generator
) -> Iterator[None]:
    """Anneal a few neighboring zones of the best plan from their present state.

    This is a large-neighborhood search: the other zones are fixed, so a warm start suffices. With
    up to ``_MANY_SITES``, the zones found go into the pool for ``recombine_zones``.
    """
    assert best.assignment is not None
    plan = best.assignment
    zones = _draw_neighbors(group, plan, rng)
    sites = np.flatnonzero(np.isin(plan, zones))
    local = np.full(len(group.sites), -1, dtype=np.int64)
    local[sites] = np.arange(len(sites))
    label = np.full(len(group.zones), -1, dtype=np.int64)
    label[zones] = np.arange(len(zones))
    lock = group.lock[sites]
    pairs = local[group.ends]
    inner = (pairs >= 0).all(axis=1)
    part = replace(
        group,
        sites=sites,
        zones=zones,
        load=group.load[sites],
        more_loads=group.more_loads[:, sites],
        cost=select_costs(group.cost, sites),
        neighbours=tuple((i, j) for i, j in pairs[inner].tolist()),
        border=None if group.border is None else group.border[inner],
        lock=np.where(lock >= 0, label[lock], -1),
        linear=None if group.linear is None else group.linear[np.ix_(sites, zones)],
        names=(),
        labels=(),
        initial=None,
    )
    local_best, recording = Incumbent(), len(group.sites) <= _MANY_SITES
    seed, start = int(rng.integers(1 << 62)), label[plan[sites]]
    before = compute_assignment_cost(part, start)
    for _ in anneal(
        part,
        start,
        local_best,
        seed=seed,
        proposals=_PROPOSALS,
        hot=_WARM,
        recording=recording,
    ):
        yield
    for each in local_best.pool:
        global_sites = sites[np.frombuffer(each, dtype=np.int32)]
        best.pool.setdefault(global_sites.astype(np.int32).tobytes())
    if local_best.assignment is not None and local_best.cost < before - 1e-9:
        better = plan.copy()
        better[sites] = zones[local_best.assignment]
        best.record(group, better)


def _draw_neighbors(group: ZoneGroup, plan: IntArray, rng: np.random.Generator) -> IntArray:
    """Return the labels, ascending, of a random zone and of zones around it, added ring by ring.

    In a group of thousands of sites, more zones are drawn, and the first is chosen in proportion
    to its cost: the temperature of a whole-group annealing follows the cost of serving a city
    site, which is too low for rural zones.
    """
    pairs = plan[group.ends]
    if len(group.sites) > _MANY_SITES:
        count = int(rng.integers(*_NEIGHBORS_OF_MANY))
        members = [np.flatnonzero(plan == zone) for zone in range(len(group.zones))]
        cost = np.maximum([serve_sites(group, sites) for sites in members], 1e-12)
        chosen = [int(rng.choice(len(cost), p=cost / cost.sum()))]
    else:
        count = int(rng.integers(*_NEIGHBORS))
        chosen = [int(rng.integers(len(group.zones)))]
    for zone in chosen:
        touching = pairs[(pairs == zone).any(axis=1)]
        for other in rng.permutation(np.unique(touching)).tolist():
            if other not in chosen and len(chosen) < count:
                chosen.append(other)
    return np.sort(np.array(chosen, dtype=np.int64))
