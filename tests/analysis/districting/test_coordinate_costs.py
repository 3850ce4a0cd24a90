"""Costs from coordinates match their table in Python, in C, in plans and in bounds."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from brute_force import draw_small_problem, find_optimum_of_subsets
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from zoneplanner.analysis import optimise
from zoneplanner.analysis.districting.coordinate_costs import (
    MOST_TABLED,
    CoordinateCosts,
    find_nearest_others,
    rank_costs,
)
from zoneplanner.analysis.districting.kernel.knapsacks import PostKnapsacks
from zoneplanner.analysis.districting.kernel.library import load_library
from zoneplanner.analysis.districting.kernel.walk import start_walk
from zoneplanner.analysis.districting.proof.lagrangian_bound import LagrangianBound
from zoneplanner.analysis.districting.start_plans import draw_start_plan
from zoneplanner.analysis.districting.zone_group import ZoneGroup, split_into_groups
from zoneplanner.errors import UserError

NEEDS_KERNEL = pytest.mark.skipif(load_library() is None, reason="no compiler was at hand")


def create_costs(seed: int, sites: int, *, stacked: bool = False, straight: bool = False):
    rng = np.random.default_rng(seed)
    xy_m = rng.uniform(0, 20_000, (sites, 2))
    if stacked:  # many pairs are equally far apart, and some sites share a position
        xy_m = (xy_m // 5000) * 5000
    return CoordinateCosts(rng.uniform(0, 3, sites), xy_m, 700.0, 0.5, straight)


def create_both_groups(seed: int, *, stacked: bool = False) -> tuple[ZoneGroup, ZoneGroup]:
    """A group with costs from coordinates, and with their table."""
    problem = draw_small_problem(seed, sites=12, zones=3 + seed % 2, tolerance=0.2)
    costs = create_costs(seed, 12, stacked=stacked, straight=seed % 3 == 0)
    (group,) = split_into_groups(replace(problem, cost=np.asarray(costs)))
    return replace(group, cost=costs), group


@pytest.mark.parametrize("straight", [False, True])
@pytest.mark.parametrize(
    "key",
    [
        3,
        slice(2, 7),
        slice(None, None, 3),
        (slice(None), 4),
        (slice(None), slice(1, 5)),
        (slice(None), np.array([5, 1, 5])),
        (np.array([5, 1, 5]), slice(None)),
        (np.array([5, 1, 5]), np.array([0, 1, 2])),
        (np.array([5, 1, 5]), 2),
        np.ix_([5, 1], [0, 1, 2]),
    ],
    ids=str,
)
def test_costs_are_indexed_like_their_table(key, straight):
    costs = create_costs(0, 30, straight=straight)
    assert np.array_equal(costs[key], np.asarray(costs)[key])
    assert np.array_equal(costs.diagonal(), np.asarray(costs).diagonal())


@pytest.mark.parametrize("stacked", [False, True])
def test_nearest_sites_match_those_of_the_table(stacked):
    costs = create_costs(1, 40, stacked=stacked)
    table = np.asarray(costs)
    for rank in (0, 1, 7, 39):
        assert rank_costs(costs, rank) == pytest.approx(rank_costs(table, rank))
    assert find_nearest_others(costs) == pytest.approx(find_nearest_others(table))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("compiled", [pytest.param(True, marks=NEEDS_KERNEL), False])
def test_walks_are_identical_to_the_last_bit(seed, compiled):
    ends = []
    for group in create_both_groups(seed, stacked=seed == 4):
        start = draw_start_plan(group, np.random.default_rng(0))
        walk = start_walk(group, start, 5, compiled=compiled)
        for heat in (1.0, 0.2, 0.05):
            walk.run(2000, heat * group.local_cost, group.local_cost / 5, recording=True)
            walk.refresh()
        ends.append((walk.best_cost, walk.get_assignment().tolist()))
    assert ends[0] == ends[1]


@NEEDS_KERNEL
@pytest.mark.parametrize("stacked", [False, True])
@pytest.mark.parametrize("nearest", [2, 5, 12])
@pytest.mark.parametrize("seed", range(4))
def test_short_lists_of_nearest_sites_change_no_value_and_no_zone(seed, nearest, stacked):
    rng = np.random.default_rng(seed)
    listed, tabled = (
        PostKnapsacks(group, items=12, nearest=most)
        for group, most in zip(
            create_both_groups(seed, stacked=stacked), (nearest, None), strict=True
        )
    )
    for height in (1.0, 20.0, 200.0):  # at high prices even distant posts pay off
        price = rng.uniform(0, height, 12)
        load_price = rng.uniform(-height / 20, height / 20, 12)
        assert listed.value_posts(price, load_price) == pytest.approx(
            tabled.value_posts(price, load_price)
        )
        assert listed.choose_zones(price).total == pytest.approx(tabled.choose_zones(price).total)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1_000_000), stacked=st.booleans())
def test_no_bound_is_ever_above_the_optimum(seed, stacked):
    problem = draw_small_problem(seed, sites=10, zones=2 + seed % 3, tolerance=0.25)
    costs = create_costs(seed, 10, stacked=stacked, straight=seed % 2 == 0)
    problem = replace(problem, cost=np.asarray(costs))
    best = find_optimum_of_subsets(problem)
    if best == np.inf:
        return
    (group,) = split_into_groups(problem)
    for compiled in (True, False):
        relaxed = LagrangianBound(replace(group, cost=costs))
        relaxed.knapsacks = PostKnapsacks(
            relaxed.group, items=6, compiled=compiled, nearest=1 + seed % 4
        )
        for whole in (False, True):
            for bound in relaxed.improve(1.1 * best, 25, whole=whole):
                assert bound <= best * (1 + 1e-9)


def draw_town(sites: int) -> optimise.Problem:
    costs = create_costs(7, sites)
    corners = Delaunay(costs.xy_m).simplices
    return optimise.Problem(
        load=10 + 20 * costs.trips,
        cost=costs,
        neighbours=[(int(t[a]), int(t[a - 1])) for t in corners for a in range(3)],
        allowed=np.ones((sites, sites // 20), dtype=bool),
        zones=sites // 20,
        tolerance=0.2,
    )


def test_costs_of_up_to_3000_sites_are_a_table():
    problem = draw_town(200)
    assert isinstance(problem.cost, np.ndarray)
    assert problem.cost.tolist() == np.asarray(create_costs(7, 200)).tolist()


@NEEDS_KERNEL
def test_plans_without_a_cost_table_match_plans_with_one():
    problem = draw_town(MOST_TABLED + 50)
    table_bytes = 8 * len(problem.load) ** 2
    tabled = replace(problem, cost=np.asarray(problem.cost))
    tracemalloc.start()
    try:
        few = list(islice(optimise.search(problem, seed=3, time_limit_s=600), 3))
        assert tracemalloc.get_traced_memory()[1] < table_bytes
    finally:
        tracemalloc.stop()
    first = next(iter(optimise.search(tabled, seed=3, time_limit_s=600)))
    assert few[0].assignment.tolist() == first.assignment.tolist()
    assert few[0].cost == first.cost
    assert 0 < few[0].bound <= few[-1].bound <= few[-1].cost


@pytest.mark.parametrize("values", [{"trips": -1.0}, {"xy_m": np.nan}])
def test_invalid_costs_are_rejected(values):
    costs = create_costs(0, 12)
    ((name, value),) = values.items()
    wrong = replace(costs, **{name: getattr(costs, name) * value})
    with pytest.raises(UserError) as refused:
        replace(draw_small_problem(0, sites=12, zones=3, tolerance=0.2), cost=wrong)
    assert refused.value.details["rule"] == "cost"
