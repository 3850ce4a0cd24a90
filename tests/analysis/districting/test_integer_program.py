"""The integer program beside the branching proves the same, and what is impossible."""

from __future__ import annotations

import numpy as np
import pytest
from brute_force import broken_rules, optimum, optimum_of_sets, small

from zoneplanner.analysis.districting.proof.integer_program import prove_by_program
from zoneplanner.analysis.districting.zone_group import (
    compute_assignment_cost,
    split_into_groups,
)


@pytest.mark.parametrize("seed", range(6))
def test_the_program_finds_the_best_of_all_plans(seed):
    problem = small(600 + seed, sites=11, zones=2 + seed % 2, tolerance=0.2)
    (group,) = split_into_groups(problem)
    steps = list(prove_by_program(group, np.inf))
    bound, plan = steps[-1]
    best = optimum_of_sets(problem)
    if best == np.inf:
        assert bound == np.inf and plan is None
        return
    assert plan is not None and broken_rules(problem, plan) == []
    assert compute_assignment_cost(group, plan) == pytest.approx(best, rel=1e-6)
    assert all(each <= best * (1 + 1e-6) for each, _ in steps)


@pytest.mark.parametrize("seed", range(4))
def test_the_program_keeps_locks(seed):
    problem = small(seed, sites=7, zones=2, tolerance=0.4, locked={seed: 1, (seed + 3) % 7: 0})
    (group,) = split_into_groups(problem)
    bound, plan = list(prove_by_program(group, np.inf))[-1]
    best = optimum(problem)
    if best < np.inf:
        assert plan is not None and broken_rules(problem, plan) == []
        assert bound == pytest.approx(best, rel=1e-6)
    else:
        assert bound == np.inf


def test_a_plan_that_is_the_best_meets_the_bound():
    problem = small(3, sites=11, zones=3, tolerance=0.3)
    (group,) = split_into_groups(problem)
    best = optimum_of_sets(problem)
    assert list(prove_by_program(group, best))[-1][0] == pytest.approx(best, rel=1e-6)
