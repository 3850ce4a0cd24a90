"""A certificate is valid as written and in no changed form."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from brute_force import (
    compute_cost,
    draw_rough_problem,
    draw_small_problem,
    find_optimum_of_subsets,
    find_optimum_zone_by_zone,
    list_broken_rules,
)
from builders import refused

from zoneplanner import certify
from zoneplanner.analysis import optimise
from zoneplanner.analysis.districting.kernel.library import load_library
from zoneplanner.analysis.districting.problem_builder import build_districting_problem
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.app.plans.certificate import build_certificate, read_certificate
from zoneplanner.app.plans.zone_proposals import build_empty_plan
from zoneplanner.errors import UserError
from zoneplanner.exchange.presets.bundled_district import DEFAULT_PRESET_ID, build_bundled_project


def made(problem: optimise.Problem) -> dict[str, Any]:
    last = list(optimise.search(problem, time_limit_s=5))[-1]
    return build_certificate(problem, last.assignment, "Plan")


@pytest.fixture(scope="module")
def certificate() -> dict[str, Any]:
    return made(draw_small_problem(1, sites=12, zones=3, tolerance=0.3, locked={2: 1}))


@pytest.fixture(scope="module")
def branched_certificate() -> dict[str, Any]:
    """A certificate with branches of both kinds."""
    if load_library() is None:
        pytest.skip("no compiler was at hand")
    data = made(draw_small_problem(7, sites=18, zones=5, tolerance=0.2))
    assert {"count", "serve"} <= {key for branch in list_branches(data) for key in branch}
    return data


def test_the_check_is_standalone_and_short() -> None:
    source = Path(certify.__file__).read_text(encoding="utf-8")
    names = {
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert names <= sys.stdlib_module_names
    assert len(source.splitlines()) < 350


def test_a_written_certificate_is_valid(certificate: dict[str, Any]) -> None:
    verdict = certify.check_certificate(json.loads(json.dumps(certificate)))
    assert verdict["ok"] and verdict["findings"] == [] and verdict["unchecked"] == {}
    assert 0.5 * verdict["cost"] < verdict["bound"] <= verdict["cost"]


def test_a_certificate_of_version_1_is_still_valid() -> None:
    verdict = read_certificate(Path(__file__).parents[2] / "data" / "certificate_1.json")
    assert verdict.ok
    assert verdict.cost == pytest.approx(37.56, abs=0.01)


@pytest.mark.long
@pytest.mark.skipif(load_library() is None, reason="no compiler was at hand")
def test_the_whole_proof_of_the_bundled_district_is_certified() -> None:
    """At ±10%: both kinds of zones together, in a few dozen branches."""
    project = build_bundled_project(DEFAULT_PRESET_ID, uid="certified")
    plan = build_empty_plan(project, "Plan", "plan", datetime(2026, 1, 1, tzinfo=UTC))
    basis = compute_planning_basis(project)
    problem = build_districting_problem(project, plan, basis, tolerance=0.1)
    best = next(each for each in optimise.search(problem, time_limit_s=60) if each.cost < 469.755)
    data = build_certificate(problem, best.assignment, "Plan")
    verdict = certify.check_certificate(json.loads(json.dumps(data)))
    assert verdict["ok"]
    assert verdict["gap"] <= 1e-6
    data["groups"][0]["tree"] = {"prices": data["groups"][0]["tree"]["prices"]}
    assert not certify.check_certificate(data)["ok"]


@pytest.mark.parametrize("seed", range(4))
def test_no_certified_bound_exceeds_the_optimum(seed: int) -> None:
    problem = draw_small_problem(40 + seed, sites=11, zones=3, tolerance=0.3)
    verdict = certify.check_certificate(made(problem))
    assert verdict["ok"]
    assert verdict["bound"] <= find_optimum_of_subsets(problem) * (1 + 1e-9)


def test_groups_locks_and_closed_zones_are_certified_too() -> None:
    certified = 0
    for seed in range(20, 36):
        problem = replace(draw_rough_problem(seed), linear=None)
        best = find_optimum_zone_by_zone(problem)
        if best < np.inf:
            verdict = certify.check_certificate(made(problem))
            assert verdict["ok"], (seed, verdict)
            assert verdict["bound"] <= best * (1 + 1e-9) + 1e-9
            certified += 1
    assert certified > 3


def raise_bound(data: dict[str, Any]) -> None:
    data["bound"] += 1


def lower_cost(data: dict[str, Any]) -> None:
    data["cost"] -= 1


def list_branches(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Every branch of the first group, the root first."""
    branches = [data["groups"][0]["tree"]]
    for branch in branches:
        branches += branch.get("sides", [])
    return branches


def raise_prices(data: dict[str, Any]) -> None:
    for branch in list_branches(data):
        branch["prices"] = [2 * each for each in branch["prices"]]


def lower_prices(data: dict[str, Any]) -> None:
    for branch in list_branches(data):
        branch["prices"] = [0] * len(branch["prices"])


def leave_out_a_count(data: dict[str, Any]) -> None:
    """At most 1.5 or at least 2.5 posts: no branch allows two."""
    next(each for each in list_branches(data) if "count" in each)["count"]["most"] += 0.5


def count_outside(data: dict[str, Any]) -> None:
    """Count nonexistent sites, in which no plan has a post."""
    branch = next(each for each in list_branches(data) if "count" in each)
    branch["count"]["sites"] = list(range(18, 36))


def cross_regions(data: dict[str, Any]) -> None:
    outer = next(each for each in list_branches(data) if "count" in each)
    inner = outer["sides"][0]
    first, *others = outer["count"]["sites"]
    beyond = min(set(range(18)) - {first, *others})
    inner["count"] = {"sites": [first, beyond], "most": 0}
    inner["sides"] = [{"prices": inner["prices"]}] * 2
    inner["prices"] = [0] * 18
    assert others


def cut_the_tree(data: dict[str, Any]) -> None:
    data["groups"][0]["tree"] = {"prices": data["groups"][0]["tree"]["prices"]}


def prune_a_side(data: dict[str, Any]) -> None:
    next(each for each in list_branches(data) if "sides" in each)["sides"].pop()


def take_one_side_twice(data: dict[str, Any]) -> None:
    branch = next(each for each in list_branches(data) if "sides" in each)
    least = min(branch["sides"], key=lambda side: len(json.dumps(side)))
    branch["sides"] = [least, least]


def aim_in_part(data: dict[str, Any]) -> None:
    data["groups"][0]["target"] -= 0.5


def lighten_a_site(data: dict[str, Any]) -> None:
    data["groups"][0]["load"][0] -= 1


def shorten_a_drive(data: dict[str, Any]) -> None:
    data["groups"][0]["cost"][0][1] -= 1


def cut_neighbors(data: dict[str, Any]) -> None:
    data["groups"][0]["neighbors"].pop()


def move_a_site(data: dict[str, Any]) -> None:
    plan = data["groups"][0]["assignment"]
    plan[0] = (plan[0] + 1) % 3


def drop_a_site(data: dict[str, Any]) -> None:
    data["groups"][0]["assignment"][0] = -1


def loosen_the_rule(data: dict[str, Any]) -> None:
    data["tolerance"] = "1/100"


def unlock(data: dict[str, Any]) -> None:
    data["groups"][0]["locked"] = {}


def write_a_float(data: dict[str, Any]) -> None:
    data["groups"][0]["tree"]["prices"][0] += 0.5


def cut_a_table(data: dict[str, Any]) -> None:
    data["groups"][0]["tree"]["prices"].pop()


@pytest.mark.parametrize(
    "mutate",
    [
        raise_bound, lower_cost, raise_prices, lower_prices, lighten_a_site,
        shorten_a_drive, cut_neighbors, move_a_site, drop_a_site, loosen_the_rule, unlock,
        write_a_float, cut_a_table, aim_in_part,
    ],
)  # fmt: skip
def test_a_changed_certificate_is_rejected(
    certificate: dict[str, Any], mutate: Callable[[dict[str, Any]], None]
) -> None:
    changed = deepcopy(certificate)
    mutate(changed)
    verdict = certify.check_certificate(changed)
    assert not verdict["ok"]
    assert len(verdict["findings"]) == 1


@pytest.mark.parametrize(
    "mutate",
    [
        raise_prices, lower_prices, leave_out_a_count, count_outside, cross_regions, cut_the_tree,
        prune_a_side, take_one_side_twice,
    ],
)  # fmt: skip
def test_a_changed_tree_is_rejected(
    branched_certificate: dict[str, Any], mutate: Callable[[dict[str, Any]], None]
) -> None:
    changed = deepcopy(branched_certificate)
    mutate(changed)
    assert not certify.check_certificate(changed)["ok"]


def test_no_random_tree_certifies_more_than_the_optimum() -> None:
    """Random prices, regions, counts and sides for a suboptimal plan."""
    problem = draw_small_problem(3, sites=10, zones=3, tolerance=0.4)
    best = find_optimum_of_subsets(problem)
    candidates = (np.array(each) for each in product(range(3), repeat=10))
    poor = next(
        each
        for each in candidates
        if not list_broken_rules(problem, each) and compute_cost(problem, each) > 1.15 * best
    )
    data = build_certificate(problem, poor, "Plan")
    group, rng = data["groups"][0], np.random.default_rng(0)
    group["target"] = data["cost"]
    near = np.array(group["cost"]).min(axis=1)

    def draw_branch(depth: int) -> dict[str, Any]:
        prices = near * rng.uniform(0.5, 8.0) * rng.uniform(0.7, 1.3, 10)
        branch: dict[str, Any] = {"prices": [int(each) for each in prices]}
        if depth == 0:
            return branch
        some = np.flatnonzero(rng.random(10) < rng.choice([0.2, 0.6])).tolist()
        if rng.random() < 0.6:
            branch["count"] = {"sites": some, "most": int(rng.integers(0, 3))}
        else:
            branch["serve"] = {"site": int(rng.integers(0, 10)), "posts": some}
        branch["sides"] = [draw_branch(depth - 1) for _ in range(2)]
        return branch

    bounds = []
    for _ in range(120):
        group["tree"] = draw_branch(int(rng.integers(1, 5)))
        try:
            bounds.append(certify.measure_certificate(data)[1] / certify.COST_UNITS[2])
        except certify.FalseCertificate:
            continue
    assert len(bounds) > 40
    assert 0.6 * best < max(bounds) <= best * (1 + 1e-9)


@pytest.mark.parametrize("mutate", [move_a_site, drop_a_site, raise_prices, loosen_the_rule])
def test_a_rehashed_certificate_is_rejected_for_its_claims(
    certificate: dict[str, Any], mutate: Callable[[dict[str, Any]], None]
) -> None:
    changed = deepcopy(certificate)
    mutate(changed)
    changed["instance"] = certify.hash_instance(changed["groups"])
    assert not certify.check_certificate(changed)["ok"]


@pytest.mark.parametrize("data", [None, [], {}, {"certificate": 3}, {"certificate": 1}, "x", 7])
def test_an_invalid_certificate_is_rejected(data: object) -> None:
    verdict = certify.check_certificate(data)
    assert not verdict["ok"] and verdict["bound"] is None and verdict["findings"]


def test_the_bound_at_the_best_prices_is_certified_for_hundreds_of_sites() -> None:
    """The search used to spend 15 minutes on branches that raised nothing."""
    problem = draw_small_problem(5, sites=210, zones=21, tolerance=0.3)
    plan = next(iter(optimise.search(problem, time_limit_s=600)))
    data = build_certificate(problem, plan.assignment, "Plan")
    assert set(data["groups"][0]["tree"]) == {"prices"}
    verdict = certify.check_certificate(json.loads(json.dumps(data)))
    assert verdict["ok"] and verdict["gap"] < 0.5


def test_a_plan_that_breaks_a_rule_is_not_certified() -> None:
    problem = draw_small_problem(1, sites=12, zones=3, tolerance=0.3)
    with refused("certificate_refused"):
        build_certificate(problem, np.array([0, 1, 2] + [0] * 9), "Plan")


def test_the_check_runs_as_a_module_with_an_exit_status(
    certificate: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(certificate), encoding="utf-8")
    assert certify.main([str(file)]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    assert read_certificate(file).ok
    file.write_text(json.dumps({**certificate, "cost": 1}), encoding="utf-8")
    assert certify.main([str(file)]) == 1
    file.write_text("{", encoding="utf-8")
    assert certify.main([str(file)]) == 2
    assert certify.main([]) == 2
    assert not read_certificate(file).ok
    with pytest.raises(UserError):
        read_certificate(tmp_path / "none.json")


def replace_each_part(data: Any, values: list[Any]) -> Iterator[Any]:
    """Yield copies of a certificate in which one part, at any depth, is another value or gone.

    In lists, the first and the last part.
    """
    if isinstance(data, dict):
        keys: list[Any] = list(data)
    else:
        keys = sorted({0, len(data) - 1}) if isinstance(data, list) and data else []
    for key in keys:
        for value in values:
            yield (
                {**data, key: value}
                if isinstance(data, dict)
                else [value if at == key else each for at, each in enumerate(data)]
            )
        rest = deepcopy(data)
        del rest[key]
        yield rest
        for part in replace_each_part(data[key], values):
            changed = data.copy()
            changed[key] = part
            yield changed


HOSTILE_VALUES = [
    *(None, True, 0.5, float("nan"), -1, 0, 10**6, 10**400, "", "x", "1/0", "9" * 5000, [], {}),
    *([[]], [{}], {"0": 0}, {"-1": 0}, {"x": 0}, [0.5], ["x"], [-1], [10**6]),
]


def test_a_certificate_with_any_part_replaced_gets_a_verdict() -> None:
    data, verdicts = made(draw_small_problem(2, sites=6, zones=2, tolerance=0.4)), 0
    prices = {"prices": data["groups"][0]["tree"]["prices"]}
    counted = {"count": {"sites": [0, 1], "most": 1}, "sides": [prices, prices]}
    served = {"serve": {"site": 2, "posts": [0, 1]}, "sides": [prices, prices]}
    for tree in (prices | counted, prices | served):
        data["groups"][0]["tree"] = tree
        for changed in replace_each_part(data, HOSTILE_VALUES):
            for _ in range(2):
                verdict = certify.check_certificate(changed)
                assert verdict["ok"] == (verdict["findings"] == [])
                verdicts += 1
                try:  # the same again as if it were for this very district
                    changed["instance"] = certify.hash_instance(changed["groups"])
                except (LookupError, TypeError, AttributeError, ValueError):
                    break
    assert verdicts > 1000


def test_endlessly_nested_branches_get_a_verdict(certificate: dict[str, Any]) -> None:
    changed = deepcopy(certificate)
    group = changed["groups"][0]
    branch: dict[str, Any] = {"prices": [0] * len(group["sites"])}
    for _ in range(3000):
        count = {"sites": [0], "most": 1}
        branch = {"prices": branch["prices"], "count": count, "sides": [branch, branch]}
    group["tree"] = branch
    verdict = certify.check_certificate(changed)
    assert not verdict["ok"] and verdict["findings"]


def test_a_bug_in_the_check_is_not_reported_as_a_false_certificate(
    certificate: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def raise_planted_error(*_: object) -> int:
        raise AttributeError("planted")

    monkeypatch.setattr(certify, "_reach", raise_planted_error)
    with pytest.raises(AttributeError):
        certify.check_certificate(certificate)
