"""Plans break no rule, bounds are valid, and a seed gives one plan."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import textbook_program
from brute_force import (
    compute_cost,
    draw_rough_problem,
    draw_small_problem,
    find_optimum,
    find_optimum_of_subsets,
    find_optimum_zone_by_zone,
    list_broken_rules,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from zoneplanner.analysis import optimise
from zoneplanner.analysis.districting import plan_search
from zoneplanner.analysis.districting.kernel.library import load_library
from zoneplanner.analysis.districting.proof import branch_and_price
from zoneplanner.analysis.districting.proof.branch_and_price import prove_optimality
from zoneplanner.analysis.districting.zone_group import split_into_groups
from zoneplanner.errors import UserError


def solve(problem: optimise.Problem, **options) -> list[optimise.Candidate]:
    return list(optimise.search(problem, **{"seed": 0, "time_limit_s": 20, **options}))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(4, 7), st.integers(1, 3)),
    tolerance=st.sampled_from([0.15, 0.3, 0.6]),
    lock=st.booleans(),
    linear=st.booleans(),
)
def test_the_bound_is_below_the_optimum_and_the_plan_reaches_it(
    seed, shape, tolerance, lock, linear
):
    sites, zones = shape
    rng = np.random.default_rng(seed)
    problem = draw_small_problem(
        seed,
        sites=sites,
        zones=zones,
        tolerance=tolerance,
        locked={int(rng.integers(sites)): int(rng.integers(zones))} if lock else {},
        linear=rng.uniform(0, 20, (sites, zones)) if linear else None,
    )
    best = find_optimum(problem)
    if best == np.inf:
        with pytest.raises(UserError) as caught:
            solve(problem)
        assert caught.value.details["rule"] in {"tolerance", "locked", "contiguity"}
        return
    candidates = solve(problem)
    for candidate in candidates:
        assert list_broken_rules(problem, candidate.assignment) == []
        assert candidate.bound <= best * (1 + 1e-9) + 1e-9
        assert candidate.cost == pytest.approx(compute_cost(problem, candidate.assignment))
    assert candidates[-1].proven
    assert candidates[-1].cost == pytest.approx(best)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1_000_000))
def test_no_bound_is_ever_above_the_optimum_of_a_rough_problem(seed):
    problem = draw_rough_problem(seed)
    best = find_optimum_zone_by_zone(problem)
    if best == np.inf:
        with pytest.raises(UserError):
            solve(problem)
        return
    candidates = solve(problem)
    assert all(candidate.bound <= best * (1 + 1e-6) + 1e-9 for candidate in candidates)
    assert candidates[-1].proven
    assert candidates[-1].cost == pytest.approx(best, rel=2e-6, abs=1e-9)


@pytest.mark.parametrize("tolerance", [0.05, 0.12, 0.3])
@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.long) for seed in (2, 3, 4))]
)
def test_twelve_sites_in_four_zones_are_proven_at_the_optimum_of_subsets(seed, tolerance):
    problem = draw_small_problem(200 + seed, sites=12, zones=3 + seed % 2, tolerance=tolerance)
    best = find_optimum_of_subsets(problem)
    if best == np.inf:
        with pytest.raises(UserError) as caught:
            solve(problem)
        wider = replace(problem, tolerance=caught.value.details["smallest_tolerance"])
        assert find_optimum_of_subsets(wider) < np.inf
        return
    last = solve(problem)[-1]
    assert list_broken_rules(problem, last.assignment) == []
    assert last.proven
    assert last.cost == pytest.approx(best)


@pytest.mark.parametrize("seed", [4, 6, 8])
def test_branching_without_a_zone_list_proves_the_same_plan(seed, monkeypatch):
    monkeypatch.setattr(plan_search, "can_bound_branches", lambda group: False)
    monkeypatch.setattr(branch_and_price, "_LIST", {"states": 0, "zones": 0})
    problem = draw_small_problem(seed, sites=12, zones=4, tolerance=0.3)
    last = solve(problem)[-1]
    assert last.proven
    assert last.cost == pytest.approx(find_optimum_of_subsets(problem))


def test_a_proof_without_a_starting_plan_finds_the_best_one():
    problem = draw_small_problem(5, sites=26, zones=4, tolerance=0.12)
    (group,) = split_into_groups(problem)
    last = list(prove_optimality(group, cost=np.inf, assignment=None, pool=[]))[-1]
    assert list_broken_rules(problem, last.assignment) == []
    assert last.cost == pytest.approx(solve(problem)[-1].cost)
    assert last.bound == pytest.approx(last.cost)


def test_costs_fall_and_bounds_rise():
    candidates = solve(draw_small_problem(3, sites=24, zones=3, tolerance=0.15))
    costs = [candidate.cost for candidate in candidates]
    bounds = [candidate.bound for candidate in candidates]
    assert costs == sorted(costs, reverse=True)
    assert bounds == sorted(bounds)
    assert candidates[-1].proven


def test_the_same_seed_gives_the_same_plans():
    problem = draw_small_problem(5, sites=24, zones=4, tolerance=0.2)
    first, second = (solve(problem, seed=7)[-1] for _ in range(2))
    assert first.assignment.tolist() == second.assignment.tolist()
    assert first.cost == second.cost


@pytest.mark.skipif(load_library() is None, reason="no compiler was at hand")
def test_bounding_hundreds_of_sites_in_parallel_does_not_change_the_plans():
    problem = draw_small_problem(5, sites=210, zones=30, tolerance=0.15)
    before, runs = threading.active_count(), []
    for _ in range(2):
        search = optimise.search(problem, seed=3)
        costs: list[float] = []
        beside = 0
        for candidate in search:
            if not costs or candidate.cost < costs[-1]:
                costs.append(candidate.cost)
            beside = max(beside, threading.active_count() - before)
            if len(costs) >= 4 and beside:
                break
        search.close()
        runs.append(costs[:4])
        assert beside == 1
        assert threading.active_count() == before
    assert runs[0] == runs[1]


def test_every_seed_ends_at_the_same_proven_plan():
    problem = draw_small_problem(6, sites=20, zones=3, tolerance=0.2)
    plans = {tuple(solve(problem, seed=seed)[-1].assignment) for seed in range(3)}
    assert len(plans) == 1


def test_two_groups_never_share_a_site():
    problem = draw_small_problem(1, sites=14, zones=3, tolerance=0.5)
    allowed = np.zeros((14, 3), dtype=bool)
    order = np.argsort(problem.cost[0] / problem.load[0])
    allowed[order[:9], :2] = True
    allowed[order[9:], 2] = True
    everyone = [(i, j) for i in range(14) for j in range(i)]
    grouped = optimise.Problem(
        load=problem.load,
        cost=problem.cost,
        neighbours=everyone,
        allowed=allowed,
        zones=["S1", "S2", "SRO1"],
        tolerance=0.5,
    )
    last = solve(grouped)[-1]
    assert list_broken_rules(grouped, last.assignment) == []
    assert last.proven


def test_a_locked_site_keeps_its_named_zone():
    problem = draw_small_problem(2, sites=12, zones=2, tolerance=0.3)
    named = optimise.Problem(
        load=problem.load,
        cost=problem.cost,
        neighbours=problem.neighbours,
        allowed=problem.allowed,
        zones=["S1", "S2"],
        tolerance=0.3,
        locked={0: "S2"},
    )
    assert solve(named)[-1].assignment[0] == 1


def test_free_zones_are_numbered_by_their_lowest_site():
    assignment = solve(draw_small_problem(4, sites=15, zones=3, tolerance=0.3))[-1].assignment
    firsts = [int(np.flatnonzero(assignment == zone)[0]) for zone in range(3)]
    assert firsts == sorted(firsts)


def test_a_site_too_heavy_for_any_zone_leaves_no_plan():
    problem = optimise.Problem(
        load=[20.0, 5.0, 5.0, 5.0],
        cost=np.ones((4, 4)),
        neighbours=[(0, 1), (1, 2), (2, 3)],
        allowed=np.ones((4, 2), dtype=bool),
        zones=2,
        tolerance=0.1,
    )
    with pytest.raises(UserError) as caught:
        solve(problem)
    assert caught.value.details["rule"] == "tolerance"


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_the_unit_of_costs_does_not_matter(unit):
    problem = draw_small_problem(11, sites=12, zones=3, tolerance=0.2)
    scaled = replace(problem, cost=problem.cost * unit)
    best, last = solve(problem)[-1], solve(scaled)[-1]
    assert last.proven
    assert last.assignment.tolist() == best.assignment.tolist()
    assert last.cost == pytest.approx(best.cost * unit, rel=1e-9)


def create_closed_problem(**more) -> optimise.Problem:
    """A row of eight equal sites for three zones; zone 0 is closed with only the first site."""
    values = {"zones": 3, "tolerance": 0.6, "locked": {0: 0}, "closed": frozenset({0}), **more}
    places = np.arange(8.0)
    return optimise.Problem(
        load=np.full(8, 10.0),
        cost=np.abs(places[:, None] - places),
        neighbours=[(i, i + 1) for i in range(7)],
        allowed=np.ones((8, 3), dtype=bool),
        **values,
    )


def test_a_closed_zone_contains_only_its_locked_sites():
    last = solve(create_closed_problem())[-1]
    assert np.flatnonzero(last.assignment == 0).tolist() == [0]
    assert sorted(np.bincount(last.assignment)) == [1, 3, 4]
    assert last.proven
    assert last.cost == pytest.approx(2 + 4)


def test_open_zones_have_the_limits_of_the_whole_group():
    with pytest.raises(UserError) as caught:  # 70 minutes in two zones of at most 29.3
        solve(create_closed_problem(tolerance=0.1))
    assert caught.value.details["rule"] == "closed"


@pytest.mark.parametrize(
    ("locked", "closed"),
    [({}, {1}), ({0: 1, 2: 1}, {1}), ({0: 0, 7: 1, 6: 2}, {0, 1, 2})],
)
def test_invalid_closed_zones_are_refused(locked, closed):
    with pytest.raises(UserError) as caught:
        solve(create_closed_problem(locked=locked, closed=frozenset(closed)))
    assert caught.value.details["rule"] == "closed"


def test_if_every_zone_is_closed_the_plan_is_the_locks():
    locked = {site: min(site // 3, 2) for site in range(8)}
    last = solve(create_closed_problem(locked=locked, closed=frozenset({0, 1, 2})))[-1]
    assert last.assignment.tolist() == [0, 0, 0, 1, 1, 1, 2, 2]
    assert last.proven
    assert last.cost == pytest.approx(2 + 2 + 1)


def test_closing_the_generator_stops_the_work_and_leaves_no_thread():
    before = threading.active_count()
    candidates = optimise.search(draw_small_problem(8, sites=40, zones=4, tolerance=0.1), seed=0)
    next(candidates)
    candidates.close()
    assert list(candidates) == []
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"load": [1.0, float("nan")]}, "load"),
        ({"load": [1.0, -1.0]}, "load"),
        ({"cost": np.ones((2, 3))}, "cost"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"tolerance": float("nan")}, "tolerance"),
        ({"neighbours": [(0, 5)]}, "neighbours"),
        ({"allowed": np.ones((3, 1), dtype=bool)}, "allowed"),
        ({"zones": ["A", "A"]}, "zones"),
        ({"zones": 0}, "zones"),
        ({"locked": {0: 4}}, "locked"),
        ({"locked": {9: 0}}, "locked"),
        ({"closed": {3}}, "closed"),
        ({"names": ["A"]}, "names"),
    ],
)
def test_invalid_values_are_rejected(change, rule):
    values = {
        "load": np.ones(2),
        "cost": np.ones((2, 2)),
        "neighbours": [(0, 1)],
        "allowed": np.ones((2, 1), dtype=bool),
        "zones": 1,
    }
    with pytest.raises(UserError) as caught:
        optimise.Problem(**{**values, **change})
    assert caught.value.details["rule"] == rule


def test_a_site_in_two_groups_is_refused():
    allowed = np.array([[True, True], [False, True]])
    problem = optimise.Problem(
        load=np.ones(2), cost=np.ones((2, 2)), neighbours=[(0, 1)], allowed=allowed, zones=2
    )
    with pytest.raises(UserError) as caught:
        solve(problem)
    assert caught.value.details["rule"] == "allowed"


def test_nothing_is_printed(capfd):
    solve(draw_small_problem(3, sites=10, zones=2, tolerance=0.3))
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("seed", [0, 2, pytest.param(1, marks=pytest.mark.long)])
def test_the_proven_cost_matches_a_plain_integer_program(seed):
    problem = draw_small_problem(seed, sites=18, zones=3, tolerance=0.1)
    last = solve(problem)[-1]
    cost, bound, _ = textbook_program.solve(problem, time_limit_s=60)
    assert last.proven
    assert last.cost == pytest.approx(cost, rel=1e-5)
    assert bound <= last.cost * (1 + 1e-6)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("tolerance", [0.1, 0.2])
def test_a_plain_integer_program_never_does_better(seed, tolerance):
    problem = draw_small_problem(100 + seed, sites=22, zones=4, tolerance=tolerance)
    cost, bound, _ = textbook_program.solve(problem, time_limit_s=30)
    try:
        last = solve(problem, time_limit_s=60)[-1]
    except UserError as error:
        assert error.details["smallest_tolerance"] > tolerance
        assert cost == np.inf, "the peer found a plan where the search says there is none"
        return
    assert last.proven
    assert bound <= last.cost * (1 + 1e-6)
    if cost < np.inf:
        assert last.cost == pytest.approx(cost, rel=1e-5)


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, 60, 10))
def test_a_plain_integer_program_never_beats_60_medium_districts(first):
    for seed in range(first, first + 10):
        sites, zones = 15 + seed % 9, 2 + seed % 3
        problem = draw_small_problem(
            500 + seed, sites=sites, zones=zones, tolerance=(0.1, 0.15, 0.3)[seed % 3]
        )
        cost, bound, _ = textbook_program.solve(problem, time_limit_s=20)
        try:
            last = solve(problem, time_limit_s=40)[-1]
        except UserError:
            assert cost == np.inf, f"the peer found a plan of {seed}"
            continue
        assert list_broken_rules(problem, last.assignment) == []
        assert last.bound <= cost * (1 + 1e-6), f"a false bound of {seed}"
        assert bound <= last.cost * (1 + 1e-6)
        assert last.proven, f"{seed} is not proven"


@pytest.mark.long
def test_zones_may_have_more_sites_than_a_machine_word_has_bits():
    problem = draw_small_problem(7, sites=90, zones=1, tolerance=0.1)
    last = solve(problem)[-1]
    assert last.proven
    assert last.cost == pytest.approx(compute_cost(problem, np.zeros(90, dtype=int)))


@pytest.mark.parametrize("seed", range(8))
def test_the_first_plan_has_a_valid_bound(seed):
    problem = draw_small_problem(seed)
    first = next(optimise.search(problem, seed=0))
    assert 0 < first.bound <= find_optimum(problem) * (1 + 1e-9)
