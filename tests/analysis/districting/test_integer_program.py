"""The integer program proves the same optimum as branching, or that there is no plan."""

from __future__ import annotations

import numpy as np
import pytest
from brute_force import draw_small_problem, find_optimum, find_optimum_of_subsets, list_broken_rules

from zoneplanner.analysis.districting.proof.integer_program import prove_by_program
from zoneplanner.analysis.districting.zone_group import (
    compute_assignment_cost,
    split_into_groups,
)


@pytest.mark.parametrize("seed", range(6))
def test_the_program_finds_the_best_of_all_plans(seed):
    problem = draw_small_problem(600 + seed, sites=11, zones=2 + seed % 2, tolerance=0.2)
    (group,) = split_into_groups(problem)
    steps = list(prove_by_program(group, np.inf))
    bound, plan = steps[-1]
    best = find_optimum_of_subsets(problem)
    if best == np.inf:
        assert bound == np.inf and plan is None
        return
    assert plan is not None and list_broken_rules(problem, plan) == []
    assert compute_assignment_cost(group, plan) == pytest.approx(best, rel=1e-6)
    assert all(each <= best * (1 + 1e-6) for each, _ in steps)


@pytest.mark.parametrize("seed", range(4))
def test_the_program_keeps_locks(seed):
    problem = draw_small_problem(
        seed, sites=7, zones=2, tolerance=0.4, locked={seed: 1, (seed + 3) % 7: 0}
    )
    (group,) = split_into_groups(problem)
    bound, plan = list(prove_by_program(group, np.inf))[-1]
    best = find_optimum(problem)
    if best < np.inf:
        assert plan is not None and list_broken_rules(problem, plan) == []
        assert bound == pytest.approx(best, rel=1e-6)
    else:
        assert bound == np.inf


def test_the_best_plan_meets_the_bound():
    problem = draw_small_problem(3, sites=11, zones=3, tolerance=0.3)
    (group,) = split_into_groups(problem)
    best = find_optimum_of_subsets(problem)
    assert list(prove_by_program(group, best))[-1][0] == pytest.approx(best, rel=1e-6)
