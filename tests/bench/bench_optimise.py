"""Zones, side by side: this package, and a plain integer program with cuts between solves.

Prints, for the bundled district and for seeded synthetic districts of 70 sites in 5 zones: the
first plan (ms, and how far it is above the best), the proof (s on the wall, s of processor), the
cost and the gap; then what the peer reaches in its time. ``--peer-limit 0`` leaves the peer out.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scipy.spatial import Delaunay

from zoneplanner.analysis import optimise
from zoneplanner.analysis.districting.problem_builder import build_districting_problem
from zoneplanner.analysis.districting.zone_group import split_into_groups
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.app.plans.zone_proposals import build_empty_plan
from zoneplanner.exchange.presets.bundled_district import DEFAULT_PRESET_ID, build_bundled_project

sys.path.insert(0, str(Path(__file__).parents[1] / "analysis" / "districting"))
import textbook_program

SEEDS = range(3)
MIN_PER_M = 1.1 / (28 * 1609.344 / 60)


def district(tolerance: float) -> optimise.Problem:
    """The bundled sites in the preset's zones."""
    project = build_bundled_project(DEFAULT_PRESET_ID, uid="bench")
    plan = build_empty_plan(project, "bench", "bench", datetime(2026, 1, 1, tzinfo=UTC))
    return build_districting_problem(
        project, plan, compute_planning_basis(project), tolerance=tolerance
    )


def synthetic(seed: int, tolerance: float, *, sites: int = 70, zones: int = 5) -> optimise.Problem:
    """Sites spread evenly over 12 by 9.6 km; neighbors by Delaunay triangles."""
    rng = np.random.default_rng(seed)
    places_m = rng.uniform(0, 12_000, (sites, 2)) * [1, 0.8]
    load = rng.uniform(15, 90, sites)
    minutes = np.abs(places_m[:, None] - places_m[None, :]).sum(axis=2) * MIN_PER_M + 0.5
    corners = Delaunay(places_m).simplices
    return optimise.Problem(
        load=load,
        cost=(load / 25)[:, None] * minutes,
        neighbours=[(int(t[a]), int(t[a - 1])) for t in corners for a in range(3)],
        allowed=np.ones((sites, zones), dtype=bool),
        zones=zones,
        tolerance=tolerance,
    )


def solve_here(problem: optimise.Problem, *, time_limit_s: float) -> str:
    started, used = time.perf_counter(), time.process_time()
    first = last = None
    first_ms = 0.0
    for candidate in optimise.search(problem, seed=0, time_limit_s=time_limit_s):
        if first is None:
            first, first_ms = candidate, 1000 * (time.perf_counter() - started)
        last = candidate
    assert first is not None and last is not None
    above = 100 * (first.cost / last.cost - 1)
    wall, cpu = time.perf_counter() - started, time.process_time() - used
    state = "proven" if last.proven else "open"
    return (
        f"first {first_ms:5.0f} ms (+{above:.2f} %)  {state} {wall:6.1f} s (cpu {cpu:6.1f} s)  "
        f"cost {last.cost:9.3f}  gap {100 * last.gap:.3f} %"
    )


def solve_by_peer(problem: optimise.Problem, *, time_limit_s: float) -> str:
    started = time.perf_counter()
    cost = bound = 0.0
    for group in split_into_groups(problem):
        part = replace(
            problem,
            load=group.load,
            cost=group.cost,
            neighbours=group.neighbours,
            allowed=np.ones((len(group.sites), len(group.zones)), dtype=bool),
            zones=len(group.zones),
            names=group.names,
            initial=None,
            linear=None,
            locked={},
        )
        least, proven, _ = textbook_program.solve(part, time_limit_s=time_limit_s)
        cost, bound = cost + least, bound + proven
    wall = time.perf_counter() - started
    state = f"proven {wall:6.1f} s  cost {cost:9.3f}" if cost < np.inf else f"open   {wall:6.1f} s"
    return f"{state}  bound {bound:9.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=120.0)
    parser.add_argument("--peer-limit", type=float, default=60.0)
    options = parser.parse_args()
    print(f"load of the machine: {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "")
    cases = [(f"district  +-{100 * t:.0f} %", district(t)) for t in (0.10, 0.05)]
    cases += [
        (f"synth {seed}   +-{100 * t:.0f} %", synthetic(seed, t))
        for seed in SEEDS
        for t in (0.10, 0.05)
    ]
    for name, problem in cases:
        print(f"{name:16} ours  {solve_here(problem, time_limit_s=options.limit)}", flush=True)
        if options.peer_limit > 0:
            text = solve_by_peer(problem, time_limit_s=options.peer_limit)
            print(f"{'':16} peer  {text}", flush=True)


if __name__ == "__main__":
    main()
