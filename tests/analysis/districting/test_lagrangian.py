"""The Lagrangian bound is valid, the same in C and in Python, and tight for many zones."""

from __future__ import annotations

import numpy as np
import pytest
import textbook_program
from brute_force import (
    draw_rough_problem,
    draw_small_problem,
    find_optimum_of_subsets,
    find_optimum_zone_by_zone,
)
from scipy.optimize import linprog

from zoneplanner.analysis import optimise
from zoneplanner.analysis.districting.kernel.knapsacks import PostKnapsacks
from zoneplanner.analysis.districting.kernel.library import load_library
from zoneplanner.analysis.districting.proof.bound_schedule import improve_prices
from zoneplanner.analysis.districting.proof.lagrangian_bound import LagrangianBound
from zoneplanner.analysis.districting.zone_group import ZoneGroup, split_into_groups
from zoneplanner.errors import UserError


def compute_bound(group: ZoneGroup, ceiling: float) -> float:
    relaxed = LagrangianBound(group)
    for whole in (False, True):
        for _ in relaxed.improve(ceiling, 60, whole=whole):
            pass
    return relaxed.bound


@pytest.mark.parametrize("tolerance", [0.12, 0.3])
@pytest.mark.parametrize("seed", range(6))
def test_the_bound_is_just_below_the_optimum(seed, tolerance):
    problem = draw_small_problem(300 + seed, sites=12, zones=3 + seed % 2, tolerance=tolerance)
    (group,) = split_into_groups(problem)
    best = find_optimum_of_subsets(problem)
    if best < np.inf:
        bound = compute_bound(group, 1.1 * best)
        assert 0.5 * best < bound <= best * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_an_integral_knapsack_is_the_cheapest_zone_of_its_post(seed):
    rng = np.random.default_rng(seed)
    problem = draw_small_problem(seed, sites=10, zones=3, tolerance=0.15)
    (group,) = split_into_groups(problem)
    price = rng.uniform(0, 40, 10)
    masks = (np.arange(1 << 10)[:, None] >> np.arange(10)) & 1 == 1
    loads = masks @ group.load
    masks = masks[(loads >= group.min_load) & (loads <= group.max_load)]
    for compiled in (True, False):
        knapsacks = PostKnapsacks(group, items=7, compiled=compiled)
        load_price = knapsacks.find_load_prices(price)
        value = knapsacks.value_posts(price, load_price)
        for post in range(10):
            worth = masks[masks[:, post]] @ (group.cost[:, post] - price)
            assert value[post] <= worth.min() + 1e-9
            above, sites = knapsacks.solve(post, price, float(load_price[post]), 1e6)
            assert value[post] + above == pytest.approx(worth.min())
            assert (group.cost[sites, post] - price[sites]).sum() == pytest.approx(worth.min())


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_the_best_prices_reach_the_linear_program_over_all_zones(seed, compiled):
    (group,) = split_into_groups(draw_small_problem(40 + seed, sites=11, zones=3, tolerance=0.15))
    masks = (np.arange(1 << 11)[:, None] >> np.arange(11)) & 1 == 1
    loads = masks @ group.load
    masks = masks[(loads >= group.min_load) & (loads <= group.max_load)]
    cost = np.where(masks, masks @ group.cost, np.inf).min(axis=1)
    rows = np.vstack([masks.T, np.ones(len(masks))])
    best = linprog(cost, A_eq=rows, b_eq=np.append(np.ones(11), 3.0)).fun
    relaxed = LagrangianBound(group)
    relaxed.knapsacks = PostKnapsacks(group, items=11, compiled=compiled)
    bounds = list(improve_prices(relaxed, 1.2 * best))
    assert bounds == sorted(bounds)
    assert bounds[-1] == pytest.approx(best, rel=1e-4)
    assert bounds[-1] <= best * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_compiled_and_python_knapsacks_have_the_same_value(seed):
    if load_library() is None:
        pytest.skip("the kernel was built without a compiler")
    (group,) = split_into_groups(draw_small_problem(seed, sites=60, zones=6, tolerance=0.1))
    price = np.random.default_rng(seed).uniform(0, 60, 60)
    fast = PostKnapsacks(group, items=40)
    plain = PostKnapsacks(group, items=40, compiled=False)
    one, other = fast.find_load_prices(price), plain.find_load_prices(price)
    assert fast.value_posts(price, one) == pytest.approx(plain.value_posts(price, one))
    assert fast.value_posts(price, one) == pytest.approx(plain.value_posts(price, other))


@pytest.mark.parametrize("worth", [5, 30, 60, 400])
@pytest.mark.parametrize("seed", range(4))
def test_lists_of_nearest_sites_give_the_same_bound_as_all_pairs(seed, worth):
    """This holds even at prices that make sites far beyond the lists worthwhile."""
    if load_library() is None:
        pytest.skip("the kernel was built without a compiler")
    (group,) = split_into_groups(draw_small_problem(seed, sites=60, zones=6, tolerance=0.1))
    rng = np.random.default_rng(seed)
    price, spread = rng.uniform(0, worth, 60), rng.normal(0, worth, 60)
    whole = PostKnapsacks(group, items=40)
    for nearest in (1, 7, 60):
        near = PostKnapsacks(group, items=40, nearest=nearest)
        load_price = whole.find_load_prices(price)
        for weights in (load_price, load_price + spread / group.load.mean()):
            value = whole.value_posts(price, weights)
            assert near.value_posts(price, weights) == pytest.approx(value, abs=1e-9)
            for post in range(60):
                for room in (1e-9, 3.0, 1e3):
                    one = whole.solve(post, price, float(weights[post]), room)
                    other = near.solve(post, price, float(weights[post]), room)
                    assert one[0] == pytest.approx(other[0], abs=1e-9)
                    assert one[1].tolist() == other[1].tolist()
        one, other = whole.choose_zones(price), near.choose_zones(price)
        assert one.total == pytest.approx(other.total)
        assert one.posts.tolist() == other.posts.tolist() and (one.zones == other.zones).all()


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, 500, 50))
def test_no_bound_of_500_rough_problems_is_above_the_optimum(first):
    for seed in range(10_000 + first, 10_050 + first):
        problem = draw_rough_problem(seed)
        best = find_optimum_zone_by_zone(problem)
        try:
            candidates = list(optimise.search(problem, time_limit_s=20))
        except UserError as error:
            assert best == np.inf
            assert error.details["proven_infeasible"] or error.code == "none_found_yet"
            continue
        assert all(each.bound <= best * (1 + 1e-6) + 1e-9 for each in candidates)
        assert candidates[-1].cost == pytest.approx(best, rel=2e-6, abs=1e-9)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(60))
def test_no_bound_of_60_problems_is_above_a_plain_integer_program(seed):
    problem = draw_small_problem(
        500 + seed, sites=16 + seed % 8, zones=2 + seed % 3, tolerance=0.15
    )
    cost, bound, _ = textbook_program.solve(problem, time_limit_s=30)
    (group,) = split_into_groups(problem)
    if cost < np.inf:
        assert compute_bound(group, 1.1 * cost) <= cost * (1 + 1e-9)
    try:
        last = list(optimise.search(problem, time_limit_s=30))[-1]
    except UserError:
        assert cost == np.inf
        return
    assert last.bound <= cost * (1 + 1e-6)
    assert bound <= last.cost * (1 + 1e-6)
