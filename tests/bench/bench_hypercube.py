"""The hypercube model beside a plain dense one, its approximation, and a plan's evaluation."""

import os
from collections.abc import Callable
from statistics import median
from time import perf_counter

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # the best setting for the dense peer on busy cores

import numpy as np
from bench_drag import start

from zoneplanner.analysis import hypercube
from zoneplanner.analysis.response_times.call_simulation import simulate_calls
from zoneplanner.analysis.response_times.deployment import build_deployment
from zoneplanner.analysis.response_times.expected_response import (
    compute_deployment_response,
    compute_expected_response,
)
from zoneplanner.analysis.response_times.reassignment_scores import score_moves

SITES = 67
EXACT_UNITS = (5, 7, 8, 10, 12, 15)
DENSE_UNITS = 10
MANY = ((100, 1_000, 100), (100, 10_000, 20), (700, 10_000, 20))

System = tuple[np.ndarray, np.ndarray, np.ndarray]


def draw_system(
    rng: np.random.Generator, units: int, sites: int, places: int, load: float
) -> System:
    """Draw calls, service rates and lists of the nearest units in a square."""
    posts, at = rng.random((units, 2)), rng.random((sites, 2))
    away = ((at[:, None] - posts) ** 2).sum(axis=2)
    service, calls = rng.uniform(0.8, 1.3, units), rng.random(sites)
    calls *= load * service.sum() / calls.sum()
    return calls, service, np.argsort(away, axis=1)[:, :places]


def solve_densely(calls: np.ndarray, service: np.ndarray, lists: np.ndarray) -> np.ndarray:
    """Return utilizations as a textbook has it: one row a state, one solve."""
    units = len(service)
    states = np.arange(1 << units)
    busy = (states[:, None] >> np.arange(units) & 1).astype(bool)
    balance = np.zeros((len(states), len(states)))
    for rate, row in zip(calls, lists, strict=True):
        free = ~busy[:, row]
        taken = row[free.argmax(axis=1)]
        able = free.any(axis=1)
        np.add.at(balance, ((states | 1 << taken)[able], states[able]), rate)
    for unit, rate in enumerate(service):
        ending = states[busy[:, unit]]
        balance[ending ^ 1 << unit, ending] += rate
    balance[states, states] -= balance.sum(axis=0)
    balance[0] = 1.0
    found = np.linalg.solve(balance, np.eye(1, len(states))[0])
    return np.asarray(found @ busy)


def measure_ms(run: Callable[[], object], *, seconds: float = 0.5) -> float:
    """Return the median milliseconds of a call."""
    spent = []
    until = perf_counter() + seconds
    while len(spent) < 3 or perf_counter() < until:
        begun = perf_counter()
        run()
        spent.append(1000 * (perf_counter() - begun))
    return median(spent)


def print_exact() -> None:
    """Print the exact model beside the dense one, and how far the approximation is off."""
    print(f"{SITES} sites, unlike units, load 0.5; ms (median); error: of utilization, mean")
    print("  units    exact    dense  approximate  error of it")
    rng = np.random.default_rng(0)
    for units in EXACT_UNITS:
        case = draw_system(rng, units, SITES, units, 0.5)
        found = hypercube.solve(*case).utilization
        peer = "       –"
        if units <= DENSE_UNITS:
            assert np.allclose(found, solve_densely(*case), atol=1e-10)
            peer = f"{measure_ms(lambda case=case: solve_densely(*case)):8.2f}"
        ours = measure_ms(lambda case=case: hypercube.solve(*case))
        close = measure_ms(lambda case=case: hypercube.approximate(*case))
        off = compute_approximation_error(units)
        print(f"  {units:5} {ours:8.3f} {peer} {close:12.3f} {off:11.2%}")


def compute_approximation_error(units: int) -> float:
    """Return the mean relative error of utilizations over random systems."""
    rng = np.random.default_rng(units)
    errors = []
    for _ in range(100 if units < 9 else 10):
        case = draw_system(rng, units, SITES, units, rng.uniform(0.1, 0.8))
        close, found = hypercube.approximate(*case), hypercube.solve(*case)
        errors.append(np.abs(close.utilization / found.utilization - 1).mean())
    return float(np.mean(errors))


def print_many() -> None:
    """Print the approximation for many units."""
    print("Larson's approximation, load 0.3; ms (median)")
    for units, sites, places in MANY:
        case = draw_system(np.random.default_rng(1), units, sites, places, 0.3)
        spent = measure_ms(lambda case=case: hypercube.approximate(*case))
        print(f"  {units} units, {sites:,} sites, lists of {places}: {spent:.1f}")


def print_district() -> None:
    """Print what the evaluation of the bundled district costs."""
    project, plan, base = start()
    model = build_deployment(project, plan, base)
    whole = measure_ms(lambda: compute_expected_response(project, plan, base))
    tried = score_moves(project, plan, base)
    scored = measure_ms(lambda: score_moves(project, plan, base), seconds=2.0)
    begun = perf_counter()
    measured = simulate_calls(model, days=180, rng=np.random.default_rng(0))
    simulated = 1000 * (perf_counter() - begun)
    share, of_model = (
        measured.share_within_target,
        compute_deployment_response(model).share_within_target,
    )
    print("The bundled district with zones from west to east; ms")
    print(f"  evaluation of the plan (a step of a drag) {whole:.2f}")
    print(f"  all {len(tried)} single moves scored {scored:.0f}")
    print(f"  180 days simulated, {measured.calls:,} calls {simulated:.0f}")
    print(
        f"  within target: model {of_model:.2%}, simulation {share.value:.2%} "
        f"({share.low:.2%} to {share.high:.2%})"
    )


if __name__ == "__main__":
    print_exact()
    print_many()
    print_district()
