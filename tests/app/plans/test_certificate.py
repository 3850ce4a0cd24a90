"""A certificate holds as it was written, and in no other way."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from brute_force import optimum_of_sets, optimum_zone_by_zone, rough, small
from builders import refused

from zoneplanner import certify
from zoneplanner.analysis import optimise
from zoneplanner.app.plans.certificate import build_certificate, read_certificate
from zoneplanner.errors import UserError


def made(problem: optimise.Problem) -> dict[str, Any]:
    last = list(optimise.search(problem, time_limit_s=5))[-1]
    return build_certificate(problem, last.assignment, "Plan")


@pytest.fixture(scope="module")
def certificate() -> dict[str, Any]:
    return made(small(1, sites=12, zones=3, tolerance=0.3, locked={2: 1}))


def test_the_check_stands_alone_and_is_short() -> None:
    source = Path(certify.__file__).read_text(encoding="utf-8")
    names = {
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert names <= sys.stdlib_module_names
    assert len(source.splitlines()) < 300


def test_a_certificate_that_was_written_holds(certificate: dict[str, Any]) -> None:
    verdict = certify.check_certificate(json.loads(json.dumps(certificate)))
    assert verdict["ok"] and verdict["findings"] == []
    assert 0.5 * verdict["cost"] < verdict["bound"] <= verdict["cost"]


@pytest.mark.parametrize("seed", range(4))
def test_no_certified_bound_is_above_the_best_of_all_plans(seed: int) -> None:
    problem = small(40 + seed, sites=11, zones=3, tolerance=0.3)
    verdict = certify.check_certificate(made(problem))
    assert verdict["ok"]
    assert verdict["bound"] <= optimum_of_sets(problem) * (1 + 1e-9)


def test_groups_locks_and_closed_zones_are_certified_too() -> None:
    certified = 0
    for seed in range(20, 36):
        problem = replace(rough(seed), linear=None)
        best = optimum_zone_by_zone(problem)
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


def raise_prices(data: dict[str, Any]) -> None:
    prices = data["groups"][0]["prices"]
    prices[:] = [2 * each for each in prices]


def lower_prices(data: dict[str, Any]) -> None:
    data["groups"][0]["prices"][0] = 0


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
    data["groups"][0]["prices"][0] += 0.5


def cut_a_table(data: dict[str, Any]) -> None:
    data["groups"][0]["prices"].pop()


@pytest.mark.parametrize(
    "mutate",
    [
        raise_bound, lower_cost, raise_prices, lower_prices, lighten_a_site,
        shorten_a_drive, cut_neighbors, move_a_site, drop_a_site, loosen_the_rule, unlock,
        write_a_float, cut_a_table,
    ],
)  # fmt: skip
def test_a_certificate_that_was_changed_is_refused(
    certificate: dict[str, Any], mutate: Callable[[dict[str, Any]], None]
) -> None:
    changed = deepcopy(certificate)
    mutate(changed)
    verdict = certify.check_certificate(changed)
    assert not verdict["ok"]
    assert len(verdict["findings"]) == 1


@pytest.mark.parametrize("mutate", [move_a_site, drop_a_site, raise_prices, loosen_the_rule])
def test_a_certificate_hashed_anew_is_refused_for_what_it_claims(
    certificate: dict[str, Any], mutate: Callable[[dict[str, Any]], None]
) -> None:
    changed = deepcopy(certificate)
    mutate(changed)
    changed["instance"] = certify.hash_instance(changed["groups"])
    assert not certify.check_certificate(changed)["ok"]


@pytest.mark.parametrize("data", [None, [], {}, {"certificate": 2}, {"certificate": 1}, "x", 7])
def test_what_is_no_certificate_is_refused(data: object) -> None:
    verdict = certify.check_certificate(data)
    assert not verdict["ok"] and verdict["bound"] is None and verdict["findings"]


def test_a_plan_that_breaks_a_rule_is_not_certified() -> None:
    problem = small(1, sites=12, zones=3, tolerance=0.3)
    with refused("certificate_refused"):
        build_certificate(problem, np.array([0, 1, 2] + [0] * 9), "Plan")


def test_the_check_runs_as_a_module_and_says_by_its_status(
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
