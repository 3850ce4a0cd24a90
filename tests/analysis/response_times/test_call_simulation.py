"""The simulation agrees with the model, and its intervals are valid."""

from dataclasses import replace

import numpy as np
import pytest
from builders import project_from, refused

from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.analysis.response_times.call_simulation import (
    Estimate,
    SimulatedResponse,
    estimate_bounded_mean,
    estimate_ratio,
    estimate_share,
    simulate_calls,
)
from zoneplanner.analysis.response_times.conditions import ResponseConditions
from zoneplanner.analysis.response_times.deployment import Deployment, build_deployment
from zoneplanner.analysis.response_times.expected_response import (
    ExpectedResponse,
    compute_deployment_response,
)
from zoneplanner.errors import Cancelled

OVERALL = ("mean_response_min", "share_within_target", "cross_zone_share", "all_busy_probability")


def build_model(
    layout: str, *, calls_per_1000: float = 20.0, without: tuple[str, ...] = ()
) -> Deployment:
    """Build the model of a small plan with many calls, and a target that some of them miss."""
    project = project_from(layout)
    assumptions = replace(project.assumptions, calls_per_1000=calls_per_1000)
    project = replace(project, assumptions=assumptions)
    return build_deployment(
        project,
        project.plans["plan"],
        compute_planning_basis(project),
        ResponseConditions(units_off=without, target_min=4.0),
    )


def run(model: Deployment, days: int, seed: int = 0) -> SimulatedResponse:
    """Simulate days of a plan."""
    return simulate_calls(model, days=days, rng=np.random.default_rng(seed))


def list_figures_outside(measured: SimulatedResponse, model: ExpectedResponse) -> list[str]:
    """List the model's figures that are outside their simulated intervals."""
    pairs = {name: (getattr(measured, name), getattr(model, name)) for name in OVERALL}
    pairs |= {unit: (measured.units[unit], value) for unit, value in model.units.items()}
    for name, site in model.sites.items():
        pairs[f"{name} mean"] = (measured.sites[name].mean_response_min, site.mean_response_min)
        pairs[f"{name} share"] = (
            measured.sites[name].share_within_target,
            site.share_within_target,
        )
    return [name for name, (interval, value) in pairs.items() if not contains(interval, value)]


def contains(interval: Estimate, value: float | None) -> bool:
    """Whether an interval contains a value; a missing interval contains a missing value."""
    if value is None or interval.low is None or interval.high is None:
        return value is None and interval.value is None
    return interval.low - 1e-12 <= value <= interval.high + 1e-12


@pytest.mark.parametrize("layout", ["A", "AAB / ABB", "AABB / CCbb / CCbb", "ABCDEFG"])
@pytest.mark.parametrize("days", [3, 400])
def test_the_model_is_in_the_intervals_of_the_simulation(layout: str, days: int) -> None:
    model = build_model(layout)
    expected = compute_deployment_response(model)
    assert list_figures_outside(run(model, days), expected) == []


def test_the_model_is_in_the_intervals_for_random_lists_rates_and_places() -> None:
    rng = np.random.default_rng(5)
    for seed in range(6):
        model = build_model("AABBCC")
        units, sites = model.response_min.shape
        places = rng.random((units, sites))
        places /= places.sum(axis=1, keepdims=True)
        lists = np.argsort(rng.random((sites, units)), axis=1)
        lists[np.arange(units) >= rng.integers(1, units + 1, sites)[:, None]] = -1
        model = replace(
            model,
            position_probability=places,
            response_min=places @ model.travel_min,
            preferences=lists,
            urgent_preferences=lists,
            calls_per_h=rng.random(sites) * 2,
            scene_min=rng.uniform(20.0, 60.0, sites),
        )
        expected = compute_deployment_response(model)
        assert list_figures_outside(run(model, 300, seed), expected) == []


def test_many_days_agree_with_the_model_within_a_hundredth() -> None:
    model = build_model("AABB / CCAA")
    measured, expected = run(model, 6000), compute_deployment_response(model)
    assert list_figures_outside(measured, expected) == []
    for unit, utilization in expected.units.items():
        assert measured.units[unit].value == pytest.approx(utilization, abs=0.01)
    assert measured.share_within_target.value == pytest.approx(
        expected.share_within_target, abs=0.01
    )


def test_a_model_of_other_units_is_outside_the_intervals() -> None:
    measured = run(build_model("AABB / CCAA"), 400)
    other = compute_deployment_response(build_model("AABB / CCAA", calls_per_1000=24.0))
    assert {"A", "B", "C", "all_busy_probability"} <= set(list_figures_outside(measured, other))


def test_the_same_seed_gives_the_same_run() -> None:
    model = build_model("AB")
    first, again, other = run(model, 20, 1), run(model, 20, 1), run(model, 20, 2)
    assert (first.units, first.sites) == (again.units, again.sites)
    assert first.units != other.units


def test_more_days_give_narrower_intervals() -> None:
    model = build_model("AABB")

    def width(days: int) -> float:
        share = run(model, days).share_within_target
        return (share.high or 0) - (share.low or 0)

    assert width(2000) < width(200) < width(20)


def test_without_calls_nothing_is_measured() -> None:
    measured = run(build_model("AB", calls_per_1000=0.0), 5)
    assert measured.calls == 0
    assert measured.mean_response_min == Estimate(None, None, None)
    assert measured.units["A"].value == 0.0
    assert measured.sites["r1c1"].share_within_target == Estimate(None, 0.0, 1.0)


def test_a_site_that_no_unit_serves_loses_its_calls() -> None:
    measured = run(build_model("Ab", without=("A",)), 50)
    assert measured.sites["r1c1"].mean_response_min == Estimate(None, None, None)
    assert measured.sites["r1c1"].share_within_target.value == 0.0
    assert measured.sites["r1c2"].mean_response_min.value == pytest.approx(0.5)


@pytest.mark.parametrize("days", [0, -1, 10**9])
def test_an_invalid_number_of_days_is_refused(days: int) -> None:
    with refused("out_of_range.simulated_days", most=50_000, days=days):
        run(build_model("A"), days)


def test_a_run_can_be_stopped() -> None:
    def stop(fraction: float, text: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        simulate_calls(build_model("A"), days=5, rng=np.random.default_rng(0), report=stop)


def test_a_share_never_observed_may_still_be_above_zero() -> None:
    seen = estimate_share(np.zeros(10), np.full(10, 5.0), alpha=0.05)
    assert (seen.value, seen.low) == (0.0, 0.0)
    assert seen.high == pytest.approx(0.0713, abs=1e-4)  # Wilson for 0 of 50


def test_batch_means_have_a_t_interval() -> None:
    seen = estimate_ratio(np.array([1.0, 2.0, 3.0]), np.ones(3), alpha=0.05)
    assert seen.value == pytest.approx(2.0)
    assert (seen.high or 0) - 2.0 == pytest.approx(4.303 / 3**0.5, abs=1e-3)
    assert seen.low == 0.0


def test_too_few_values_leave_a_mean_anywhere_in_its_bounds() -> None:
    assert estimate_bounded_mean(np.array([3.0, 3.0]), 1.0, 9.0, alpha=0.05) == Estimate(
        3.0, 1.0, 9.0
    )
    assert estimate_bounded_mean(np.zeros(0), 1.0, 9.0, alpha=0.05) == Estimate(None, 1.0, 9.0)
    many = estimate_bounded_mean(np.full(100_000, 3.0), 1.0, 9.0, alpha=0.05)
    assert many.low == pytest.approx(3.0, abs=0.01)


def slow_district() -> Deployment:
    """Three zones where a drive to another zone takes as long as the call itself."""
    project = project_from("AABB / CCAA")
    slow = replace(project.assumptions, calls_per_1000=14.0, speed_mph=4.0)
    project = replace(project, assumptions=slow)
    under, base = ResponseConditions(target_min=20.0), compute_planning_basis(project)
    return build_deployment(project, project.plans["plan"], base, under)


def test_drives_to_other_zones_keep_units_equally_busy_in_model_and_simulation() -> None:
    model = slow_district()
    measured = simulate_calls(model, days=3000, rng=np.random.default_rng(3))
    expected = compute_deployment_response(model)
    for unit, utilization in expected.units.items():
        assert measured.units[unit].value == pytest.approx(utilization, rel=0.03)
    assert measured.all_busy_probability.value == pytest.approx(
        expected.all_busy_probability, rel=0.1
    )
    assert measured.mean_response_min.value == pytest.approx(expected.mean_response_min, rel=0.02)


def test_a_unit_is_busy_for_the_duration_of_its_calls() -> None:
    """A unit's minutes in its own and other zones add up to its utilization."""
    model = slow_district()
    found = compute_deployment_response(model)
    served = sum(
        float(rate) * site.served_share
        for rate, site in zip(model.calls_per_h, found.sites.values(), strict=True)
    )
    minutes = served * (35.0 + (found.mean_response_min or 0.0))
    assert sum(found.units.values()) == pytest.approx(minutes / 60, rel=1e-6)
