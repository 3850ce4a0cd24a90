"""The proof by a list of zones ends at the optimum, and every bound is valid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from brute_force import (
    compute_cost,
    draw_rough_problem,
    draw_small_problem,
    find_optimum_of_subsets,
    find_optimum_zone_by_zone,
    is_connected,
    list_broken_rules,
)
from scipy.spatial import Delaunay
from test_lagrangian_branching import draw_poor_plan

from zoneplanner.analysis import optimise
from zoneplanner.analysis.districting.annealing import Incumbent, anneal
from zoneplanner.analysis.districting.kernel.library import load_library
from zoneplanner.analysis.districting.kernel.zone_lists import (
    NO_CUTS,
    TripleCuts,
    can_list_zones,
    list_zones,
)
from zoneplanner.analysis.districting.plan_improvement import label_zones
from zoneplanner.analysis.districting.proof.bound_schedule import improve_prices
from zoneplanner.analysis.districting.proof.lagrangian_bound import LagrangianBound
from zoneplanner.analysis.districting.proof.lagrangian_branching import PROOF_SLACK
from zoneplanner.analysis.districting.proof.zone_listing import prove_by_listing
from zoneplanner.analysis.districting.start_plans import draw_start_plan
from zoneplanner.analysis.districting.zone_group import ZoneGroup, split_into_groups
from zoneplanner.errors import UserError

pytestmark = pytest.mark.skipif(load_library() is None, reason="no compiler was at hand")


def prove(
    group: ZoneGroup, best: float, *, steps: int = 400, found: Incumbent | None = None
) -> tuple[float, float]:
    """(bound, cost of the best plan met) from a poor plan on; no bound is above ``best``."""
    found = found or draw_poor_plan(group)
    assert found.assignment is not None
    relaxed, bound = LagrangianBound(group), -np.inf
    for at, _ in enumerate(improve_prices(relaxed, found.cost)):
        if at == steps:
            break
    for proof in prove_by_listing(group, found.assignment, found.cost, relaxed):
        bound = proof.bound
        assert bound <= best * (1 + 1e-9)
        if proof.zones is not None:
            plan = label_zones(group, proof.zones)
            assert plan is not None
            found.record(group, plan)
    return bound, found.cost


@pytest.mark.parametrize("steps", [30, 400])
@pytest.mark.parametrize("seed", range(12))
def test_the_proof_goes_from_a_poor_plan_to_the_optimum(seed, steps):
    problem = draw_small_problem(
        700 + seed, sites=12, zones=3 + seed % 2, tolerance=0.12 + 0.1 * (seed % 3)
    )
    (group,) = split_into_groups(problem)
    best = find_optimum_of_subsets(problem)
    if not np.isfinite(best):
        return
    bound, cost = prove(group, best, steps=steps)
    assert cost == pytest.approx(best)
    assert bound >= best * (1 - 2 * PROOF_SLACK)


def test_the_bound_is_valid_with_locks_stacked_sites_parts_and_zero_loads():
    proven = 0
    for seed in range(2000, 2060):
        problem = replace(draw_rough_problem(seed), linear=None, closed=frozenset())
        groups = split_into_groups(problem)
        found = [draw_poor_plan(group) for group in groups]
        fit = all(can_list_zones(group) for group in groups)
        if not fit or any(each.assignment is None or each.cost <= 0 for each in found):
            continue
        best = find_optimum_zone_by_zone(problem)
        results = [prove(group, np.inf) for group in groups]
        bound, cost = (sum(column) for column in zip(*results, strict=True))
        assert bound <= best * (1 + 1e-9), seed
        assert cost >= best * (1 - 1e-9), seed
        proven += bound >= cost * (1 - 1e-6)
    assert proven > 2


def test_the_list_has_every_zone_of_the_best_plan_under_all_limits():
    met = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        plain = draw_small_problem(3000 + seed, sites=9, zones=3, tolerance=0.35)
        problem = replace(
            plain,
            scenarios=plain.load * rng.uniform(0.8, 1.2, (1, 9)),
            reach=plain.cost / plain.load[:, None] < np.quantile(plain.cost, 0.9) / 20,
        )
        groups = split_into_groups(problem)
        (last,) = [*_search(problem)][-1:] or [None]
        if last is None or not last.proven:
            continue
        (group,) = groups
        bound, cost = prove(group, last.cost)
        assert cost >= last.cost * (1 - 1e-6), seed
        assert bound >= last.cost * (1 - 1e-6), seed
        assert list_broken_rules(problem, last.assignment) == []
        met += 1
    assert met > 5


def _search(problem: optimise.Problem) -> list[optimise.Candidate]:
    try:
        return list(optimise.search(problem, time_limit_s=20))
    except UserError:
        return []


@pytest.mark.parametrize("seed", range(6))
def test_every_zone_in_a_budget_is_listed_once_and_cuts_charge_two_of_three(seed):
    problem = draw_small_problem(40 + seed, sites=10, zones=3, tolerance=0.4)
    (group,) = split_into_groups(problem)
    rng = np.random.default_rng(seed)
    price = rng.uniform(0.5, 1.5, 10) * np.median(group.cost)
    relaxed = LagrangianBound(group)
    load_price = relaxed.knapsacks.find_load_prices(price)
    value = relaxed.knapsacks.value_posts(price, load_price)
    budget = np.full(10, 0.4 * float(np.abs(value).mean()) + 5.0)
    *_, pool = list_zones(group, price, load_price, budget, NO_CUTS, most_zones=5000, tries=10**6)
    assert pool is not None
    listed = {tuple(np.flatnonzero(row)) for row in pool.unpack()}
    assert len(listed) == len(pool)
    wanted = set()
    for mask in range(1, 1 << 10):
        members = [site for site in range(10) if mask >> site & 1]
        load = group.load[members].sum()
        if not group.min_load <= load <= group.max_load:
            continue
        if not is_connected(set(members), problem.neighbours):
            continue
        totals = group.cost[np.ix_(members, members)].sum(axis=0)
        post = members[int(totals.argmin())]
        if totals.min() - price[members].sum() < value[post] + budget[post] - 1e-9:
            wanted.add(tuple(members))
    assert wanted == listed
    assert all(
        group.cost[np.ix_(row, row)].sum(axis=0).min() == pytest.approx(cost)
        for row, cost in zip(pool.unpack(), pool.worth, strict=True)
    )
    cuts = TripleCuts(np.array([[0, 1, 2], [1, 4, 7], [1, 2, 9]]), np.array([3.0, 5.0, 2.0]))
    members = pool.unpack()
    charged = sum(
        (members[:, triple].sum(axis=1) >= 2) * charge
        for triple, charge in zip(cuts.triples, cuts.charge, strict=True)
    )
    reduced = pool.worth - members @ price + charged
    assert pool.reduce_costs(price, cuts) == pytest.approx(reduced)
    *_, dearer = list_zones(group, price, load_price, budget, cuts, most_zones=5000, tries=10**6)
    assert dearer is not None
    kept = reduced < value[pool.post] + budget[pool.post]
    assert {tuple(row) for row in dearer.unpack()} == {tuple(row) for row in members[kept]}
    assert 0 < len(dearer) < len(pool)


def test_a_list_that_is_too_long_proves_nothing():
    problem = draw_small_problem(5, sites=14, zones=3, tolerance=0.5)
    (group,) = split_into_groups(problem)
    relaxed = LagrangianBound(group)
    none = np.zeros(14)
    arguments = (group, np.full(14, 5.0), none, np.full(14, 1e3), NO_CUTS)
    *_, pool = list_zones(*arguments, most_zones=20, tries=10**6)
    assert pool is None
    *_, pool = list_zones(*arguments, most_zones=5000, tries=50)
    assert pool is None
    assert relaxed.bound == -np.inf


def test_a_district_of_small_zones_is_proven_by_its_list():
    rng = np.random.default_rng(3)
    places = rng.uniform(0, 10, (66, 2))
    load = rng.uniform(10, 40, 66)
    corners = Delaunay(places).simplices
    minutes = np.abs(places[:, None] - places[None, :]).sum(axis=2) + 0.5
    problem = optimise.Problem(
        load=load,
        cost=(load / 20)[:, None] * minutes,
        neighbours=[(int(t[a]), int(t[a - 1])) for t in corners for a in range(3)],
        allowed=np.ones((66, 9), dtype=bool),
        zones=9,
        tolerance=0.1,
    )
    (group,) = split_into_groups(problem)
    rng, found = np.random.default_rng(0), Incumbent()
    for seed in range(2):
        start = draw_start_plan(group, rng)
        assert start is not None
        for _ in anneal(group, start, found, seed=seed, proposals=1000):
            pass
    assert found.assignment is not None
    bound, cost = prove(group, np.inf, found=found)
    *_, last = optimise.search(problem, seed=5, time_limit_s=60)
    assert cost == pytest.approx(last.cost)
    assert bound >= last.cost * (1 - 2 * PROOF_SLACK)
    assert last.cost == pytest.approx(compute_cost(problem, last.assignment))


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, 500, 50))
def test_500_proofs_from_poor_plans_end_at_the_optimum(first):
    for seed in range(40_000 + first, 40_050 + first):
        shape = {"sites": 8 + seed % 4, "zones": 2 + seed % 3, "tolerance": 0.1 + 0.1 * (seed % 5)}
        problem = draw_small_problem(seed, **shape)
        (group,) = split_into_groups(problem)
        best = find_optimum_of_subsets(problem)
        if not np.isfinite(best) or draw_poor_plan(group).assignment is None:
            continue
        bound, cost = prove(group, best)
        assert cost == pytest.approx(best), seed
        assert bound >= best * (1 - 2 * PROOF_SLACK), seed
