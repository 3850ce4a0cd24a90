"""Optional goals: robust, within reach, straight borders, good with one unit off duty."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from brute_force import compute_cost, draw_small_problem, find_optimum, list_broken_rules

from zoneplanner.analysis import optimise
from zoneplanner.analysis.districting import plan_search
from zoneplanner.analysis.districting.kernel.walk import start_walk
from zoneplanner.analysis.districting.plan_wishes import compute_absence_costs
from zoneplanner.analysis.districting.zone_group import split_into_groups
from zoneplanner.errors import UserError

WISHES = ("robust", "reach", "border", "all")


def draw_problem_with_wish(
    seed: int, kind: str, *, sites: int = 7, zones: int = 2
) -> optimise.Problem:
    """Draw a small problem with one wish or all of them."""
    plain, rng = draw_small_problem(seed, sites=sites, zones=zones), np.random.default_rng(seed)
    more = {}
    if kind in {"robust", "all"}:
        load = np.vstack([plain.load, rng.uniform(5, 50, (2, sites))])
        more["load"], more["tolerance"] = load, 0.5
    if kind in {"reach", "all"}:
        minutes = plain.cost / (plain.load / 20)[:, None]
        more["reach"] = minutes <= np.quantile(minutes, rng.choice([0.3, 0.5, 0.7]))
    if kind in {"border", "all"}:
        more["border"] = rng.uniform(0, 3, len(plain.neighbours))
    return replace(plain, **more)


def check_proof(problem: optimise.Problem, *, proven: bool = True, limit_s: float = 20.0) -> None:
    """Check that the search ends at the optimum with valid bounds, or that there is no plan."""
    best = find_optimum(problem)
    if best == np.inf:
        with pytest.raises(UserError) as caught:
            list(optimise.search(problem, seed=0, time_limit_s=limit_s))
        assert caught.value.details["proven_infeasible"]
        return
    candidates = list(optimise.search(problem, seed=0, time_limit_s=limit_s))
    for candidate in candidates:
        assert list_broken_rules(problem, candidate.assignment) == []
        assert candidate.bound <= best * (1 + 1e-6)
        assert candidate.cost == pytest.approx(compute_cost(problem, candidate.assignment))
    assert candidates[-1].cost == pytest.approx(best)
    assert candidates[-1].proven or not proven


@pytest.mark.parametrize("kind", WISHES)
def test_the_plan_with_a_wish_is_optimal_and_its_bounds_are_valid(kind):
    check_proof(draw_problem_with_wish(2, kind, sites=6))
    check_proof(draw_problem_with_wish(7, kind, sites=6, zones=3))


@pytest.mark.parametrize("kind", WISHES)
def test_the_python_search_finds_the_same_plan(kind, monkeypatch):
    monkeypatch.setattr(plan_search, "can_bound_branches", lambda group: False)
    check_proof(draw_problem_with_wish(1, kind, sites=6))


@pytest.mark.parametrize("kind", ["mean", "worst"])
def test_a_plan_for_one_unit_off_has_the_least_cost(kind):
    check_proof(
        replace(draw_problem_with_wish(0, "robust", sites=6, zones=3), one_off=kind),
        proven=False,
        limit_s=0.4,
    )


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, 500, 50))
def test_500_small_problems_with_wishes_end_at_the_optimum(first):
    for seed in range(first, first + 50):
        problem = draw_problem_with_wish(
            seed, WISHES[seed % 4], sites=5 + seed % 4, zones=1 + seed % 3
        )
        check_proof(problem)
        if seed % 50 == 0:
            check_proof(
                replace(draw_problem_with_wish(seed, "robust", sites=8, zones=4), tolerance=0.9)
            )
        if seed % 5 == 0:
            check_proof(
                replace(problem, one_off=("mean", "worst")[seed % 2]), proven=False, limit_s=1.0
            )


def test_wishes_hold_with_two_groups_locks_and_a_closed_zone():
    rng = np.random.default_rng(4)
    plain = draw_small_problem(4, sites=8, zones=4, tolerance=0.9)
    allowed = np.zeros((8, 4), dtype=bool)
    west = np.argsort(plain.cost[0])[:4]
    allowed[west, :2] = True
    allowed[np.setdiff1d(np.arange(8), west), 2:] = True
    both = replace(
        plain, allowed=allowed, scenarios=rng.uniform(5, 50, (1, 8)), locked={int(west[0]): 1},
        border=rng.uniform(0, 3, len(plain.neighbours)),
    )  # fmt: skip
    check_proof(replace(both, closed=frozenset({1})))


def test_compiled_and_python_walks_agree_with_scenarios_and_borders():
    problem = draw_problem_with_wish(3, "all", sites=30, zones=4)
    (group,) = split_into_groups(problem)
    start = np.array(np.arange(30) * 4 // 30)[np.argsort(np.argsort(problem.cost[0]))]
    ways = [start_walk(group, start, 5, compiled=each) for each in (True, False)]
    for way in ways:
        way.run(3_000, 2.0, 1.0, recording=True)
        way.refresh()
    one, other = ways
    assert one.get_assignment().tolist() == other.get_assignment().tolist()
    assert one.best_cost == other.best_cost
    assert [each.tolist() for each in one.list_pool()] == [e.tolist() for e in other.list_pool()]


def test_an_impossible_drive_limit_is_named():
    problem = replace(draw_problem_with_wish(2, "reach", zones=2), reach=np.eye(7, dtype=bool))
    with pytest.raises(UserError) as caught:
        list(optimise.search(problem, seed=0, time_limit_s=5))
    assert caught.value.code == "infeasible"
    assert caught.value.details["rule"] == "max_drive"
    assert caught.value.details["proven_infeasible"]


def test_a_day_with_a_unit_off_costs_the_difference_to_the_next_posts():
    problem = replace(draw_small_problem(1, sites=6, zones=3), one_off="mean")
    *_, last = optimise.search(problem, seed=0, time_limit_s=0.5)
    extra = compute_absence_costs(problem, last.assignment)
    usual = compute_cost(replace(problem, one_off=""), last.assignment)
    assert usual + extra.mean() == pytest.approx(last.cost)
    assert usual + extra.max() == pytest.approx(
        compute_cost(replace(problem, one_off="worst"), last.assignment)
    )


@pytest.mark.parametrize(
    ("what", "value"),
    [("scenarios", np.ones((1, 3))), ("reach", np.ones((2, 2))), ("border", np.ones(1)),
     ("one_off", "often")],
)  # fmt: skip
def test_wishes_of_the_wrong_shape_are_rejected(what, value):
    with pytest.raises(UserError):
        replace(draw_small_problem(1), **{what: value})
