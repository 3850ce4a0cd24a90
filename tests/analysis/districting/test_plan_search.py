"""Plans keep every rule, bounds are true, and a seed means one plan."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import textbook_program
from brute_force import (
    broken_rules,
    cost_of,
    optimum,
    optimum_of_sets,
    optimum_zone_by_zone,
    rough,
    small,
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
    problem = small(
        seed,
        sites=sites,
        zones=zones,
        tolerance=tolerance,
        locked={int(rng.integers(sites)): int(rng.integers(zones))} if lock else {},
        linear=rng.uniform(0, 20, (sites, zones)) if linear else None,
    )
    best = optimum(problem)
    if best == np.inf:
        with pytest.raises(UserError) as caught:
            solve(problem)
        assert caught.value.details["rule"] in {"tolerance", "locked", "contiguity"}
        return
    candidates = solve(problem)
    for candidate in candidates:
        assert broken_rules(problem, candidate.assignment) == []
        assert candidate.bound <= best * (1 + 1e-9) + 1e-9
        assert candidate.cost == pytest.approx(cost_of(problem, candidate.assignment))
    assert candidates[-1].proven
    assert candidates[-1].cost == pytest.approx(best)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1_000_000))
def test_no_bound_is_ever_above_the_optimum_of_a_rough_problem(seed):
    problem = rough(seed)
    best = optimum_zone_by_zone(problem)
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
def test_twelve_sites_in_four_zones_are_proven_as_all_their_sets_say(seed, tolerance):
    problem = small(200 + seed, sites=12, zones=3 + seed % 2, tolerance=tolerance)
    best = optimum_of_sets(problem)
    if best == np.inf:
        with pytest.raises(UserError) as caught:
            solve(problem)
        wider = replace(problem, tolerance=caught.value.details["smallest_tolerance"])
        assert optimum_of_sets(wider) < np.inf
        return
    last = solve(problem)[-1]
    assert broken_rules(problem, last.assignment) == []
    assert last.proven
    assert last.cost == pytest.approx(best)


@pytest.mark.parametrize("seed", [4, 6, 8])
def test_a_proof_that_may_not_list_zones_splits_its_way_to_the_same_plan(seed, monkeypatch):
    monkeypatch.setattr(plan_search, "can_bound_branches", lambda group: False)
    monkeypatch.setattr(branch_and_price, "_LIST", {"states": 0, "zones": 0})
    problem = small(seed, sites=12, zones=4, tolerance=0.3)
    last = solve(problem)[-1]
    assert last.proven
    assert last.cost == pytest.approx(optimum_of_sets(problem))


def test_a_proof_without_a_plan_to_start_from_finds_the_best_one():
    problem = small(5, sites=26, zones=4, tolerance=0.12)
    (group,) = split_into_groups(problem)
    last = list(prove_optimality(group, cost=np.inf, assignment=None, pool=[]))[-1]
    assert broken_rules(problem, last.assignment) == []
    assert last.cost == pytest.approx(solve(problem)[-1].cost)
    assert last.bound == pytest.approx(last.cost)


def test_costs_fall_and_bounds_rise():
    candidates = solve(small(3, sites=24, zones=3, tolerance=0.15))
    costs = [candidate.cost for candidate in candidates]
    bounds = [candidate.bound for candidate in candidates]
    assert costs == sorted(costs, reverse=True)
    assert bounds == sorted(bounds)
    assert candidates[-1].proven


def test_the_same_seed_gives_the_same_plans():
    problem = small(5, sites=30, zones=4, tolerance=0.2)
    first, second = (solve(problem, seed=7)[-1] for _ in range(2))
    assert first.assignment.tolist() == second.assignment.tolist()
    assert first.cost == second.cost


@pytest.mark.skipif(load_library() is None, reason="no compiler was at hand")
def test_hundreds_of_sites_are_bounded_beside_the_plans_and_the_plans_stay_the_same():
    problem = small(5, sites=210, zones=30, tolerance=0.15)
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


def test_every_seed_ends_with_the_same_proven_plan():
    problem = small(6, sites=20, zones=3, tolerance=0.2)
    plans = {tuple(solve(problem, seed=seed)[-1].assignment) for seed in range(3)}
    assert len(plans) == 1


def test_two_groups_never_share_a_site():
    problem = small(1, sites=14, zones=3, tolerance=0.5)
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
    assert broken_rules(grouped, last.assignment) == []
    assert last.proven


def test_a_locked_site_keeps_its_zone_by_name():
    problem = small(2, sites=12, zones=2, tolerance=0.3)
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
    assignment = solve(small(4, sites=15, zones=3, tolerance=0.3))[-1].assignment
    firsts = [int(np.flatnonzero(assignment == zone)[0]) for zone in range(3)]
    assert firsts == sorted(firsts)


def test_a_site_heavier_than_a_zone_may_be_leaves_no_plan():
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
    problem = small(11, sites=12, zones=3, tolerance=0.2)
    scaled = replace(problem, cost=problem.cost * unit)
    best, last = solve(problem)[-1], solve(scaled)[-1]
    assert last.proven
    assert last.assignment.tolist() == best.assignment.tolist()
    assert last.cost == pytest.approx(best.cost * unit, rel=1e-9)


def closed_problem(**more) -> optimise.Problem:
    """A row of eight equal sites for three zones; the first site is all that zone 0 takes."""
    values = {"zones": 3, "tolerance": 0.6, "locked": {0: 0}, "closed": frozenset({0}), **more}
    places = np.arange(8.0)
    return optimise.Problem(
        load=np.full(8, 10.0),
        cost=np.abs(places[:, None] - places),
        neighbours=[(i, i + 1) for i in range(7)],
        allowed=np.ones((8, 3), dtype=bool),
        **values,
    )


def test_a_closed_zone_takes_no_site_but_those_locked_into_it():
    last = solve(closed_problem())[-1]
    assert np.flatnonzero(last.assignment == 0).tolist() == [0]
    assert sorted(np.bincount(last.assignment)) == [1, 3, 4]
    assert last.proven
    assert last.cost == pytest.approx(2 + 4)


def test_the_limits_of_open_zones_are_those_of_the_whole_group():
    with pytest.raises(UserError) as caught:  # 70 minutes in two zones of at most 29.3
        solve(closed_problem(tolerance=0.1))
    assert caught.value.details["rule"] == "closed"


@pytest.mark.parametrize(
    ("locked", "closed"),
    [({}, {1}), ({0: 1, 2: 1}, {1}), ({0: 0, 7: 1, 6: 2}, {0, 1, 2})],
)
def test_closed_zones_that_are_empty_or_in_pieces_or_all_are_refused(locked, closed):
    with pytest.raises(UserError) as caught:
        solve(closed_problem(locked=locked, closed=frozenset(closed)))
    assert caught.value.details["rule"] == "closed"


def test_when_every_zone_is_closed_the_plan_is_that_of_the_locks():
    locked = {site: min(site // 3, 2) for site in range(8)}
    last = solve(closed_problem(locked=locked, closed=frozenset({0, 1, 2})))[-1]
    assert last.assignment.tolist() == [0, 0, 0, 1, 1, 1, 2, 2]
    assert last.proven
    assert last.cost == pytest.approx(2 + 2 + 1)


def test_closing_the_generator_stops_the_work_and_leaves_no_thread():
    before = threading.active_count()
    candidates = optimise.search(small(8, sites=40, zones=4, tolerance=0.1), seed=0)
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
def test_values_that_make_no_sense_are_refused(change, rule):
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
    solve(small(3, sites=10, zones=2, tolerance=0.3))
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("seed", [0, 2, pytest.param(1, marks=pytest.mark.long)])
def test_the_proven_cost_is_that_of_a_plain_integer_program(seed):
    problem = small(seed, sites=18, zones=3, tolerance=0.1)
    last = solve(problem)[-1]
    cost, bound, _ = textbook_program.solve(problem, time_limit_s=60)
    assert last.proven
    assert last.cost == pytest.approx(cost, rel=1e-5)
    assert bound <= last.cost * (1 + 1e-6)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("tolerance", [0.1, 0.2])
def test_a_plain_integer_program_never_does_better(seed, tolerance):
    problem = small(100 + seed, sites=22, zones=4, tolerance=tolerance)
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
def test_60_districts_of_middle_size_are_no_better_by_a_plain_integer_program(first):
    for seed in range(first, first + 10):
        sites, zones = 15 + seed % 9, 2 + seed % 3
        problem = small(500 + seed, sites=sites, zones=zones, tolerance=(0.1, 0.15, 0.3)[seed % 3])
        cost, bound, _ = textbook_program.solve(problem, time_limit_s=20)
        try:
            last = solve(problem, time_limit_s=40)[-1]
        except UserError:
            assert cost == np.inf, f"the peer found a plan of {seed}"
            continue
        assert broken_rules(problem, last.assignment) == []
        assert last.bound <= cost * (1 + 1e-6), f"a false bound of {seed}"
        assert bound <= last.cost * (1 + 1e-6)
        assert last.proven, f"{seed} is not proven"


@pytest.mark.long
def test_zones_of_more_sites_than_a_word_has_bits():
    problem = small(7, sites=90, zones=1, tolerance=0.1)
    last = solve(problem)[-1]
    assert last.proven
    assert last.cost == pytest.approx(cost_of(problem, np.zeros(90, dtype=int)))


@pytest.mark.parametrize("seed", range(8))
def test_the_first_plan_has_a_bound_already_and_a_true_one(seed):
    problem = small(seed)
    first = next(optimise.search(problem, seed=0))
    assert 0 < first.bound <= optimum(problem) * (1 + 1e-9)
