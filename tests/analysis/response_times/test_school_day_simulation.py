"""School days simulated event by event, against hand computation and the model."""

from dataclasses import replace

import numpy as np
import pytest
from builders import project_from, refused

from zoneplanner.analysis.demand.call_demand import estimate_call_demand
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.analysis.response_times.conditions import MutualAid, ResponseConditions
from zoneplanner.analysis.response_times.deployment import build_deployment
from zoneplanner.analysis.response_times.expected_response import compute_deployment_response
from zoneplanner.analysis.response_times.school_day_simulation import SimulatedDays, run_school_days
from zoneplanner.domain.project import Project
from zoneplanner.errors import Cancelled


def create_district(layout: str, calls_per_1000: float) -> Project:
    """Create a small district with a number of calls per 1,000 students."""
    project = project_from(layout)
    assumptions = replace(project.assumptions, calls_per_1000=calls_per_1000)
    return replace(project, assumptions=assumptions)


def simulate(
    project: Project, days: int = 200, seed: int = 0, under: ResponseConditions | None = None
) -> SimulatedDays:
    """Simulate days of the plan."""
    base = compute_planning_basis(project)
    under = replace(under or ResponseConditions(), target_min=4.0)
    model = build_deployment(project, project.plans["plan"], base, under)
    rng = np.random.default_rng(seed)
    calls = estimate_call_demand(project, base)
    return run_school_days(
        model, base, calls, project.calendar, days=days, rng=rng, turnout_min=0.5
    )


def test_without_calls_every_visit_is_made_and_no_unit_is_busy() -> None:
    found = simulate(create_district("AABB", 0.0), days=10)
    assert found.calls == 0
    assert found.visits_made_share.value == 1.0
    assert {busy.value for busy in found.units.values()} == {0.0}
    assert found.mean_response_min.value is None


def test_units_are_as_busy_as_in_the_model_but_farther_from_the_next_call() -> None:
    project = create_district("AABB / AABB", 5.0)
    base = compute_planning_basis(project)
    model = build_deployment(
        project, project.plans["plan"], base, ResponseConditions(target_min=4.0)
    )
    found, run = compute_deployment_response(model), simulate(project, days=600)
    for unit, busy in found.units.items():
        assert run.units[unit].value == pytest.approx(busy, abs=0.05)
    assert run.all_busy_probability.value == pytest.approx(found.all_busy_probability, abs=0.03)
    assert (run.mean_response_min.low or 0) > (found.mean_response_min or 0)
    assert run.calls == pytest.approx(600 * 8 * 2.0, rel=0.05)


def test_a_single_site_is_served_from_its_own_position() -> None:
    run = simulate(create_district("A", 10.0), days=50)
    assert run.mean_response_min.value == pytest.approx(0.5)
    assert run.cross_zone_share.value == 0.0


def test_calls_leave_visits_unmade() -> None:
    shares = [
        simulate(create_district("AABB", calls), days=100).visits_made_share.value
        for calls in (0, 8)
    ]
    assert 1.0 == shares[0] > (shares[1] or 0) > 0.0


def test_waiting_calls_are_served_late_instead_of_lost() -> None:
    project = create_district("AA", 8.0)
    lost, waits = simulate(project), simulate(project, under=ResponseConditions(queue="infinite"))
    assert (waits.units["A"].value or 0) > (lost.units["A"].value or 0)
    assert (waits.all_busy_probability.value or 0) > (lost.all_busy_probability.value or 0)


def test_aid_for_urgent_calls_is_simulated() -> None:
    project = create_district("AAbb", 6.0)
    alone = simulate(project)
    helped = simulate(
        project, under=ResponseConditions(mutual_aid={"city": MutualAid.URGENT}, urgent_share=0.5)
    )
    assert alone.cross_zone_share.value == 0.0
    assert (helped.cross_zone_share.value or 0) > 0.0


def test_the_same_seed_gives_the_same_days() -> None:
    project = create_district("AB", 5.0)
    first, again, other = (simulate(project, 20, seed) for seed in (1, 1, 2))
    assert first.units == again.units
    assert first.units != other.units


@pytest.mark.parametrize("days", [0, 1, 10**9])
def test_an_invalid_number_of_days_is_refused(days: int) -> None:
    with refused("out_of_range.school_days", most=50_000, days=days):
        simulate(create_district("A", 1.0), days)


def test_the_simulation_can_be_canceled() -> None:
    def stop(fraction: float, text: object) -> None:
        raise Cancelled

    project = create_district("A", 1.0)
    base = compute_planning_basis(project)
    model = build_deployment(project, project.plans["plan"], base, ResponseConditions())
    with pytest.raises(Cancelled):
        run_school_days(
            model,
            base,
            estimate_call_demand(project, base),
            project.calendar,
            days=5,
            rng=np.random.default_rng(0),
            turnout_min=0.5,
            report=stop,
        )
