"""The textbook method, for comparison: one integer program with contiguity cuts between solves."""

from __future__ import annotations

import time

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, lil_array, vstack
from scipy.sparse.csgraph import connected_components

from zoneplanner.analysis import optimise


def solve(problem: optimise.Problem, *, time_limit_s: float) -> tuple[float, float, int]:
    """(cost or inf, bound, solves) of a problem with one group and no locks, by scipy's HiGHS."""
    picked, bound, solves = solve_posts(problem, time_limit_s=time_limit_s)
    return np.inf if picked is None else float(problem.cost[picked].sum()), bound, solves


def solve_posts(
    problem: optimise.Problem, *, time_limit_s: float
) -> tuple[np.ndarray | None, float, int]:
    """(which site is served from which post or None, bound, solves), as of ``solve``.

    ``x[i, j]`` is 1 if site i is served from post j. After each solve, every cut-off piece of a
    zone needs one of its neighbors.
    """
    ends_at = time.perf_counter() + time_limit_s
    n, k = len(problem.load), len(problem.zones)
    adjacency = np.zeros((n, n), dtype=bool)
    for i, j in problem.neighbours:
        adjacency[i, j] = adjacency[j, i] = True
    constraints = _build_rules(problem, n, k)
    cuts: list[np.ndarray] = []
    bound = 0.0
    solves = 0
    while time.perf_counter() < ends_at:
        rows = [*constraints]
        if cuts:
            rows.append(LinearConstraint(csr_array(np.array(cuts)), 0, np.inf))
        result = milp(
            problem.cost.ravel(),
            integrality=np.ones(n * n),
            bounds=Bounds(0, 1),
            constraints=rows,
            options={"time_limit": max(0.1, ends_at - time.perf_counter()), "mip_rel_gap": 1e-6},
        )
        solves += 1
        if result.mip_dual_bound is not None:
            bound = max(bound, result.mip_dual_bound)
        if result.x is None:
            return None, bound, solves
        picked = result.x.reshape(n, n) > 0.5
        fresh = _find_cut_off_pieces(picked, adjacency)
        if not fresh:
            return picked, bound, solves
        cuts += fresh
    return None, bound, solves


def _build_rules(problem: optimise.Problem, n: int, k: int) -> list[LinearConstraint]:
    mean = problem.load.sum() / k
    covers, opens, loads = lil_array((n, n * n)), lil_array((n * n, n * n)), lil_array((n, n * n))
    count = lil_array((1, n * n))
    limits = lil_array((n, n * n))
    for j in range(n):
        count[0, j * n + j] = 1
        for i in range(n):
            covers[i, i * n + j] = 1
            opens[i * n + j, i * n + j] += 1
            opens[i * n + j, j * n + j] += -1
            loads[j, i * n + j] += problem.load[i]
            limits[j, i * n + j] += problem.load[i]
        loads[j, j * n + j] -= mean * (1 - problem.tolerance)
        limits[j, j * n + j] -= mean * (1 + problem.tolerance)
    slack = 1e-9 * mean
    return [
        LinearConstraint(vstack([covers, count]), np.r_[np.ones(n), k], np.r_[np.ones(n), k]),
        LinearConstraint(csr_array(opens), -np.inf, 0),
        LinearConstraint(csr_array(loads), -slack, np.inf),
        LinearConstraint(csr_array(limits), -np.inf, slack),
    ]


def _find_cut_off_pieces(picked: np.ndarray, adjacency: np.ndarray) -> list[np.ndarray]:
    n = len(picked)
    cuts = []
    for post in np.flatnonzero(picked.any(axis=0)):
        members = np.flatnonzero(picked[:, post])
        pieces, label = connected_components(adjacency[np.ix_(members, members)], directed=False)
        own = label[members == post][0]
        for piece in range(pieces):
            if piece == own:
                continue
            sites = members[label == piece]
            around = adjacency[sites].any(axis=0)
            around[sites] = False
            for site in sites:
                cut = np.zeros((n, n))
                cut[around, post] = 1
                cut[site, post] = -1
                cuts.append(cut.ravel())
    return cuts
