"""What zones cost: first plan, optimum and proof on the real district, beside one plain MIP."""

from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from zoneplanner.analysis import optimise
from zoneplanner.analysis.basis import basis
from zoneplanner.analysis.problem_of import optimise_problem
from zoneplanner.app.propose import new_plan
from zoneplanner.exchange.bundle import bundled_project

LIMIT_S = 120.0
PEER_LIMIT_S = 60.0
TOLERANCES = (0.10, 0.05)


@dataclass(frozen=True)
class Row:
    """One solver on one tolerance."""

    who: str
    first_s: float
    cost: float
    gap: float
    seconds: float


def ours(problem: optimise.Problem) -> Row:
    """Run the planner's own search to its proof."""
    start = perf_counter()
    candidates = optimise.search(problem, seed=0, time_limit_s=LIMIT_S)
    last = next(candidates)
    first_s = perf_counter() - start
    for candidate in candidates:
        last = candidate
    return Row("zoneplanner", first_s, last.cost, last.gap, perf_counter() - start)


def peer(problem: optimise.Problem) -> Row:
    """Run scipy milp (HiGHS) over sites x posts: balance without contiguity, an easier problem."""
    n = len(problem.load)
    first, second, third = [], [], []
    lower: list[float] = []
    upper: list[float] = []

    def add(terms: list[tuple[int, float]], low: float, high: float) -> None:
        for column, value in terms:
            first.append(len(lower))
            second.append(column)
            third.append(value)
        lower.append(low)
        upper.append(high)

    groups = [np.flatnonzero(problem.allowed[:, zone]) for zone in range(len(problem.zones))]
    for members in {tuple(group): group for group in groups}.values():
        zones = sum(np.array_equal(members, group) for group in groups)
        share = problem.load[members].sum() / zones
        for i in members:
            add([(i * n + j, 1.0) for j in members], 1, 1)
        add([(j * n + j, 1.0) for j in members], zones, zones)
        for j in members:
            for i in members:
                add([(i * n + j, 1.0), (j * n + j, -1.0)] if i != j else [], -np.inf, 0)
            for bound, low, high in (
                (1 - problem.tolerance, 0, np.inf),
                (1 + problem.tolerance, -np.inf, 0),
            ):
                terms = [(i * n + j, problem.load[i]) for i in members if i != j]
                add([*terms, (j * n + j, problem.load[j] - bound * share)], low, high)
    ceiling = np.zeros((n, n))
    for members in groups:
        ceiling[np.ix_(members, members)] = 1
    matrix = coo_array((third, (first, second)), shape=(len(lower), n * n)).tocsr()
    start = perf_counter()
    found = milp(
        problem.cost.ravel(),
        integrality=np.ones(n * n),
        bounds=Bounds(0, ceiling.ravel()),
        constraints=LinearConstraint(matrix, lower, upper),
        options={"time_limit": PEER_LIMIT_S, "mip_rel_gap": 1e-6},
    )
    cost = float("nan") if found.fun is None else float(found.fun)
    gap = float("nan") if found.mip_gap is None else float(found.mip_gap)
    return Row("scipy milp, no contiguity", float("nan"), cost, gap, perf_counter() - start)


def main() -> None:
    """Print both solvers side by side."""
    project = bundled_project(uid="bench")
    base = basis(project)
    plan = new_plan(project, "Bench", "bench", datetime(2026, 8, 1, tzinfo=UTC))
    print(f"{'solver':28}{'tolerance':>10}{'first s':>9}{'cost':>9}{'gap':>8}{'seconds':>9}")
    for tolerance in TOLERANCES:
        problem = optimise_problem(project, plan, base, tolerance=tolerance)
        for row in (ours(problem), peer(problem)):
            print(
                f"{row.who:28}{tolerance:>10.0%}{row.first_s:9.2f}{row.cost:9.2f}"
                f"{row.gap:8.2%}{row.seconds:9.1f}"
            )


if __name__ == "__main__":
    main()
