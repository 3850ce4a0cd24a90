"""Mutual aid by jurisdiction and priority, and calls that wait in a queue."""

from dataclasses import replace

import numpy as np
import pytest
from builders import CITY, COUNTY, project_from, refused

from zoneplanner.analysis import hypercube
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.analysis.response_times.call_simulation import simulate_calls
from zoneplanner.analysis.response_times.conditions import (
    MutualAid,
    ResponseConditions,
    parse_mutual_aid,
)
from zoneplanner.analysis.response_times.deployment import build_deployment
from zoneplanner.analysis.response_times.expected_response import (
    ExpectedResponse,
    compute_deployment_response,
    compute_expected_response,
)
from zoneplanner.analysis.response_times.reassignment_scores import score_moves
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import UnitAccess


def create_busy_project(layout: str, calls_per_1000: float = 10.0) -> Project:
    """Create a small district with many calls."""
    project = project_from(layout)
    assumptions = replace(project.assumptions, calls_per_1000=calls_per_1000)
    return replace(project, assumptions=assumptions)


def compute_response(project: Project, under: ResponseConditions) -> ExpectedResponse:
    """Compute the plan's expected response with a target that most calls meet."""
    return compute_expected_response(
        project,
        project.plans["plan"],
        compute_planning_basis(project),
        under=replace(under, target_min=60.0),
    )


def test_aid_to_a_jurisdiction_adds_its_pool_to_the_others() -> None:
    project = create_busy_project("AAbb")
    apart = compute_response(project, ResponseConditions())
    helped = compute_response(project, ResponseConditions(mutual_aid={CITY: MutualAid.ALWAYS}))
    assert helped.sites["r1c3"].share_within_target > apart.sites["r1c3"].share_within_target
    assert helped.units["A"] > apart.units["A"]
    assert helped.sites["r1c1"].share_within_target < apart.sites["r1c1"].share_within_target
    assert (apart.cross_zone_share, (helped.cross_zone_share or 0) > 0) == (0.0, True)


def test_aid_for_urgent_calls_is_between_never_and_always() -> None:
    project = create_busy_project("AAbb")
    shares = [
        compute_response(
            project, ResponseConditions(mutual_aid={CITY: aid}, urgent_share=0.3)
        ).sites["r1c3"]
        for aid in (MutualAid.NEVER, MutualAid.URGENT, MutualAid.ALWAYS)
    ]
    never, urgent, always = (share.share_within_target for share in shares)
    assert never < urgent < always
    all_urgent = compute_response(
        project, ResponseConditions(mutual_aid={CITY: MutualAid.URGENT}, urgent_share=1.0)
    )
    assert all_urgent.sites["r1c3"].share_within_target == pytest.approx(always)
    none_urgent = compute_response(
        project, ResponseConditions(mutual_aid={CITY: MutualAid.URGENT}, urgent_share=0.0)
    )
    assert none_urgent.sites["r1c3"].share_within_target == pytest.approx(never)


def test_aid_comes_before_assisting_units_but_after_primary_ones() -> None:
    project = create_busy_project("AAbb")
    unit = replace(project.units["A"], access={COUNTY: UnitAccess.PRIMARY, CITY: UnitAccess.ASSIST})
    project = replace(project, units={**project.units, "A": unit})
    helping, apart = (
        compute_response(project, ResponseConditions()),
        compute_response(create_busy_project("AAbb"), ResponseConditions()),
    )
    assert helping.units["A"] > apart.units["A"]
    never = compute_response(
        project, ResponseConditions(mutual_aid={CITY: MutualAid.NEVER, COUNTY: MutualAid.NEVER})
    )
    assert never.units == apart.units


@pytest.mark.parametrize(
    "under",
    [
        ResponseConditions(mutual_aid={CITY: MutualAid.URGENT}, urgent_share=0.3),
        ResponseConditions(mutual_aid={CITY: MutualAid.ALWAYS}),
        ResponseConditions(
            mutual_aid={CITY: MutualAid.ALWAYS, COUNTY: MutualAid.ALWAYS},
            queue="infinite",
            idle_place="posts",
        ),
    ],
)
def test_the_model_is_in_the_intervals_of_the_simulation(under: ResponseConditions) -> None:
    project = create_busy_project("AABbbc", 12.0)
    base, soon = compute_planning_basis(project), replace(under, target_min=4.0)
    model = build_deployment(project, project.plans["plan"], base, soon)
    found = compute_deployment_response(model)
    run = simulate_calls(model, days=1500, rng=np.random.default_rng(1))
    figures = ("mean_response_min", "share_within_target", "cross_zone_share")
    for name in (*figures, "all_busy_probability"):
        seen = getattr(run, name)
        assert seen.low <= getattr(found, name) <= seen.high, name
    for unit, utilization in found.units.items():
        assert (run.units[unit].low or 0) <= utilization <= (run.units[unit].high or 0)


def test_moves_are_scored_under_the_same_conditions() -> None:
    project = create_busy_project("AAbb / Abcc", 30.0)
    aid = {CITY: MutualAid.URGENT}
    under = ResponseConditions(mutual_aid=aid, urgent_share=0.4, target_min=4.0)
    base, plan = compute_planning_basis(project), project.plans["plan"]
    for score in score_moves(project, plan, base, under=under):
        after = plan.with_assignments({score.site: score.zone})
        found = compute_expected_response(project, after, base, under=under)
        assert score.mean_response_min == pytest.approx(found.mean_response_min, abs=1e-5)
        assert score.share_within_target == pytest.approx(found.share_within_target, abs=1e-5)


def test_waiting_calls_are_all_served_late() -> None:
    project = create_busy_project("AABB")
    lost, waiting = (
        compute_response(project, ResponseConditions()),
        compute_response(project, ResponseConditions(queue="infinite")),
    )
    assert waiting.mean_wait_min is not None
    assert lost.mean_wait_min is None
    assert waiting.units["A"] > lost.units["A"]
    assert (waiting.share_within_target or 0) == pytest.approx(
        1 - (waiting.all_busy_probability or 0)
    )


def test_the_queue_of_one_unit_matches_erlang_c() -> None:
    project = create_busy_project("A")
    model = build_deployment(
        project,
        project.plans["plan"],
        compute_planning_basis(project),
        ResponseConditions(queue="infinite"),
    )
    load = float(model.calls_per_h[0] / model.service_per_h[0])
    found = compute_deployment_response(model)
    assert found.units["A"] == pytest.approx(load, abs=1e-10)
    assert found.all_busy_probability == pytest.approx(load, abs=1e-10)
    wait_h = load / (model.service_per_h[0] - model.calls_per_h[0])
    assert found.mean_wait_min == pytest.approx(60 * wait_h)


def test_a_queue_that_grows_without_end_names_the_units() -> None:
    with refused("too_many_calls", units=["A"]):
        compute_response(create_busy_project("A", 500.0), ResponseConditions(queue="infinite"))


def test_a_queue_needs_units_that_can_take_every_call_of_their_pool() -> None:
    project = create_busy_project("AAbb")
    under = ResponseConditions(queue="infinite", mutual_aid={CITY: MutualAid.ALWAYS})
    with refused("line_needs_all_units", units=["A", "b"], site="r1c1"):
        compute_response(project, under)


def test_mutual_aid_is_parsed_from_words() -> None:
    project = project_from("AAbb")
    assert parse_mutual_aid(project, ["City=urgent", "county = all"]) == {
        CITY: MutualAid.URGENT,
        COUNTY: MutualAid.ALWAYS,
    }
    with refused("unknown_jurisdiction", name="Roseville", known=["County", "City"]):
        parse_mutual_aid(project, ["Roseville=all"])
    with refused("unknown_mutual_aid", when="sometimes", known=["never", "urgent", "all"]):
        parse_mutual_aid(project, ["City=sometimes"])


def test_sixteen_units_are_refused_by_the_exact_model() -> None:
    lists = np.tile(np.arange(16), (3, 1))
    with refused("too_many_units", units=16, most=15):
        hypercube.solve(np.ones(3), np.ones(16), lists)
