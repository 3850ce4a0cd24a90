"""The proof by Lagrangian bounds and numbers of posts ends at the optimum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from brute_force import (
    draw_rough_problem,
    draw_small_problem,
    find_optimum_of_subsets,
    find_optimum_zone_by_zone,
    list_broken_rules,
)

from zoneplanner.analysis import optimise
from zoneplanner.analysis.districting.annealing import Incumbent, anneal
from zoneplanner.analysis.districting.kernel.branch import can_bound_branches
from zoneplanner.analysis.districting.kernel.library import load_library
from zoneplanner.analysis.districting.proof.lagrangian_branching import PROOF_SLACK, prove_by_counts
from zoneplanner.analysis.districting.start_plans import draw_start_plan
from zoneplanner.analysis.districting.zone_group import ZoneGroup, split_into_groups

pytestmark = pytest.mark.skipif(load_library() is None, reason="no compiler was at hand")


def draw_poor_plan(group: ZoneGroup) -> Incumbent:
    """Draw a plan that breaks no rule and is probably not the best."""
    rng, found = np.random.default_rng(0), Incumbent()
    for seed in range(20):
        start = draw_start_plan(group, rng)
        if start is not None:
            for _ in anneal(group, start, found, seed=seed, proposals=20):
                if found.assignment is not None:
                    return found
    return found


@pytest.mark.parametrize("seed", range(12))
def test_the_proof_goes_from_a_poor_plan_to_the_optimum(seed):
    problem = draw_small_problem(
        500 + seed, sites=12, zones=3 + seed % 2, tolerance=0.12 + 0.1 * (seed % 3)
    )
    (group,) = split_into_groups(problem)
    found = draw_poor_plan(group)
    if found.assignment is None:
        return
    best = find_optimum_of_subsets(problem)
    for proof in prove_by_counts(group, found.assignment, found.cost):
        assert proof.bound <= best * (1 + 1e-9)
    assert list_broken_rules(problem, proof.assignment) == []
    assert proof.cost == pytest.approx(best)
    assert proof.bound == pytest.approx(best * (1 - PROOF_SLACK))


def test_the_bound_is_valid_with_locks_stacked_sites_parts_and_zero_loads():
    proven = 0
    for seed in range(1000, 1036):
        problem = replace(draw_rough_problem(seed), linear=None, closed=frozenset())
        groups = split_into_groups(problem)
        found = [draw_poor_plan(group) for group in groups]
        fit = all(can_bound_branches(group) for group in groups)
        if not fit or any(each.assignment is None or each.cost <= 0 for each in found):
            continue
        best = find_optimum_zone_by_zone(problem)
        bound = cost = 0.0
        for group, own in zip(groups, found, strict=True):
            *_, proof = prove_by_counts(group, own.assignment, own.cost)
            bound, cost = bound + proof.bound, cost + proof.cost
        assert bound <= best * (1 + 1e-9), seed
        assert cost >= best * (1 - 1e-9), seed
        proven += bound >= cost * (1 - 1e-6)
    assert proven > 2


def test_a_sparse_district_is_proven_by_columns():
    problem = draw_small_problem(1, sites=22, zones=4, tolerance=0.15)
    *_, last = optimise.search(problem, time_limit_s=60)
    assert last.proven
    (group,) = split_into_groups(problem)
    first = next(prove_by_counts(group, last.assignment, last.cost))
    assert first.bound <= last.cost * (1 - PROOF_SLACK)


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, 500, 50))
def test_500_proofs_from_poor_plans_end_at_the_optimum(first):
    for seed in range(20_000 + first, 20_050 + first):
        shape = {"sites": 8 + seed % 4, "zones": 2 + seed % 3, "tolerance": 0.1 + 0.1 * (seed % 5)}
        problem = draw_small_problem(seed, **shape)
        (group,) = split_into_groups(problem)
        found = draw_poor_plan(group)
        if found.assignment is None:
            continue
        best = find_optimum_of_subsets(problem)
        for proof in prove_by_counts(group, found.assignment, found.cost):
            assert proof.bound <= best * (1 + 1e-9), seed
        assert list_broken_rules(problem, proof.assignment) == [], seed
        assert proof.cost == pytest.approx(best), seed
        assert proof.bound == pytest.approx(best * (1 - PROOF_SLACK)), seed
