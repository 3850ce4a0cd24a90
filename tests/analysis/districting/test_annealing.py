"""The walk finds the same plans in C and in Python, breaks no rule and needs no compiler."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest
from brute_force import compute_cost, draw_small_problem, is_connected

from zoneplanner.analysis import optimise
from zoneplanner.analysis.districting.annealing import Incumbent, anneal
from zoneplanner.analysis.districting.kernel.library import LIBRARY_NAME, load_library
from zoneplanner.analysis.districting.kernel.walk import AnnealingWalk, start_walk
from zoneplanner.analysis.districting.start_plans import draw_start_plan
from zoneplanner.analysis.districting.zone_group import ZoneGroup, split_into_groups

SCRIPT = Path(__file__).parents[3] / "packaging" / "compile_kernel.py"


def run_walk(group: ZoneGroup, *, compiled: bool) -> AnnealingWalk:
    start = draw_start_plan(group, np.random.default_rng(0))
    assert start is not None
    walk = start_walk(group, start, 11, compiled=compiled)
    for heat in (1.0, 0.5, 0.2, 0.1, 0.05):
        walk.run(3000, heat * group.local_cost, group.local_cost / 5, recording=heat < 1)
        walk.refresh()
    return walk


def draw_problem(seed: int) -> optimise.Problem:
    rng = np.random.default_rng(seed)
    return draw_small_problem(
        seed,
        sites=40,
        zones=5,
        tolerance=0.35,
        locked={3: 0, 9: 2} if seed % 2 else {},
        linear=rng.uniform(0, 20, (40, 5)) if seed % 3 == 0 else None,
    )


@pytest.mark.parametrize("seed", range(4))
def test_zones_stay_connected_locks_hold_and_sums_match_the_plan(seed):
    asked = draw_problem(seed)
    (group,) = split_into_groups(asked)
    walk = run_walk(group, compiled=False)
    for assignment in (walk.get_assignment(), walk.get_best()):
        for zone in range(5):
            members = set(np.flatnonzero(assignment == zone).tolist())
            assert is_connected(members, asked.neighbours)
        assert all(assignment[site] == zone for site, zone in asked.locked.items())
    assert walk.best_cost == pytest.approx(compute_cost(asked, walk.get_best()))
    met = [tuple(each) for each in walk.list_pool()]
    assert met and len(set(met)) == len(met)
    for each in met:
        assert is_connected(set(each), asked.neighbours)
        assert group.min_load <= group.load[list(each)].sum() <= group.max_load


@pytest.mark.parametrize("seed", range(4))
def test_compiled_and_python_walks_are_identical(seed):
    if load_library() is None:
        pytest.skip("the kernel was built without a compiler")
    (group,) = split_into_groups(draw_problem(seed))
    fast, plain = run_walk(group, compiled=True), run_walk(group, compiled=False)
    assert fast.best_cost == plain.best_cost
    assert fast.get_best().tolist() == plain.get_best().tolist()
    assert fast.get_assignment().tolist() == plain.get_assignment().tolist()
    assert [each.tolist() for each in fast.list_pool()] == [
        each.tolist() for each in plain.list_pool()
    ]


@pytest.mark.parametrize("zones", [40, 90])
def test_hundreds_of_sites_start_from_nearly_balanced_zones_cut_from_trees(zones):
    (group,) = split_into_groups(draw_small_problem(1, sites=600, zones=zones, tolerance=0.1))
    start = draw_start_plan(group, np.random.default_rng(0))
    assert start is not None
    assert sorted(set(start.tolist())) == list(range(zones))
    for zone in range(zones):
        assert is_connected(set(np.flatnonzero(start == zone).tolist()), group.neighbours)
    loads = np.bincount(start, group.load)
    assert loads.min() / loads.mean() > 0.3 and loads.max() / loads.mean() < 2


def test_a_missing_compiler_is_not_an_error(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("compile_kernel", SCRIPT)
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    source = Path(shutil.copy(script.SOURCE, tmp_path))
    stale = source.with_suffix(Path(LIBRARY_NAME).suffix)
    stale.write_bytes(b"")
    monkeypatch.setenv("CC", "no-such-compiler")
    assert script.compile_kernel(source) is None
    assert not stale.exists()


@pytest.mark.parametrize("seed", [0, 3])
def test_a_walk_makes_no_more_moves_than_needed_if_moves_are_expensive(
    seed: int,
) -> None:
    """Like a plan that must stay close to another one at a tighter balance."""
    side, zones = 6, 4
    rng = np.random.default_rng(seed)
    place = np.array([divmod(at, side) for at in range(side * side)], dtype=float)
    load = rng.uniform(5, 15, len(place))
    before = np.arange(len(place)) * zones // len(place)
    moved = 2000 * rng.uniform(0.5, 1.5, len(place))
    dear = optimise.Problem(
        load=load,
        cost=np.linalg.norm(place[:, None] - place[None], axis=2) * load[:, None] / 5,
        neighbours=[
            *((at, at + 1) for at in range(len(place)) if (at + 1) % side),
            *((at, at + side) for at in range(len(place) - side)),
        ],
        allowed=np.ones((len(place), zones), dtype=bool),
        zones=("a", "b", "c", "d"),
        tolerance=0.05,
        linear=np.where(np.arange(zones) == before[:, None], 0, moved[:, None]),
    )
    *_, best = optimise.search(dear, time_limit_s=20)
    assert best.proven
    (group,) = split_into_groups(dear)
    found = Incumbent()
    for _ in anneal(group, before, found, seed=1, proposals=3_000):
        pass
    assert found.cost == pytest.approx(best.cost, rel=1e-6)
