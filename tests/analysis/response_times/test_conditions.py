"""Mutual aid by jurisdiction and priority, and calls that wait in line."""

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


def busy(layout: str, calls_per_1000: float = 10.0) -> Project:
    """Return a small district where many calls come."""
    project = project_from(layout)
    assumptions = replace(project.assumptions, calls_per_1000=calls_per_1000)
    return replace(project, assumptions=assumptions)


def expect(project: Project, under: ResponseConditions) -> ExpectedResponse:
    """Return what to expect of the plan, most calls being within the target."""
    return compute_expected_response(
        project,
        project.plans["plan"],
        compute_planning_basis(project),
        under=under,
        target_min=60.0,
    )


def test_aid_to_a_jurisdiction_joins_its_pool_with_the_others() -> None:
    project = busy("AAbb")
    apart = expect(project, ResponseConditions())
    helped = expect(project, ResponseConditions(mutual_aid={CITY: MutualAid.ALWAYS}))
    assert helped.sites["r1c3"].share_within_target > apart.sites["r1c3"].share_within_target
    assert helped.units["A"] > apart.units["A"]
    assert helped.sites["r1c1"].share_within_target < apart.sites["r1c1"].share_within_target
    assert (apart.cross_zone_share, (helped.cross_zone_share or 0) > 0) == (0.0, True)


def test_aid_at_urgent_calls_helps_between_never_and_always() -> None:
    project = busy("AAbb")
    shares = [
        expect(project, ResponseConditions(mutual_aid={CITY: aid}, urgent_share=0.3)).sites["r1c3"]
        for aid in (MutualAid.NEVER, MutualAid.URGENT, MutualAid.ALWAYS)
    ]
    never, urgent, always = (share.share_within_target for share in shares)
    assert never < urgent < always
    all_urgent = expect(
        project, ResponseConditions(mutual_aid={CITY: MutualAid.URGENT}, urgent_share=1.0)
    )
    assert all_urgent.sites["r1c3"].share_within_target == pytest.approx(always)
    none_urgent = expect(
        project, ResponseConditions(mutual_aid={CITY: MutualAid.URGENT}, urgent_share=0.0)
    )
    assert none_urgent.sites["r1c3"].share_within_target == pytest.approx(never)


def test_aid_outranks_what_a_unit_may_assist_in_but_not_where_it_is_primary() -> None:
    project = busy("AAbb")
    unit = replace(project.units["A"], access={COUNTY: UnitAccess.PRIMARY, CITY: UnitAccess.ASSIST})
    project = replace(project, units={**project.units, "A": unit})
    helping, apart = (
        expect(project, ResponseConditions()),
        expect(busy("AAbb"), ResponseConditions()),
    )
    assert helping.units["A"] > apart.units["A"]
    never = expect(
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
def test_the_model_lies_within_the_intervals_of_the_simulation(under: ResponseConditions) -> None:
    project = busy("AABbbc", 12.0)
    model = build_deployment(project, project.plans["plan"], compute_planning_basis(project), under)
    found = compute_deployment_response(model, target_min=4.0)
    run = simulate_calls(model, days=1500, rng=np.random.default_rng(1), target_min=4.0)
    figures = ("mean_response_min", "share_within_target", "cross_zone_share")
    for name in (*figures, "all_busy_probability"):
        seen = getattr(run, name)
        assert seen.low <= getattr(found, name) <= seen.high, name
    for unit, utilization in found.units.items():
        assert (run.units[unit].low or 0) <= utilization <= (run.units[unit].high or 0)


def test_moves_are_scored_under_the_same_conditions() -> None:
    project = busy("AAbb / Abcc", 30.0)
    under = ResponseConditions(mutual_aid={CITY: MutualAid.URGENT}, urgent_share=0.4)
    base, plan = compute_planning_basis(project), project.plans["plan"]
    for score in score_moves(project, plan, base, under=under, target_min=4.0):
        after = plan.with_assignments({score.site: score.zone})
        found = compute_expected_response(project, after, base, under=under, target_min=4.0)
        assert score.mean_response_min == pytest.approx(found.mean_response_min, abs=1e-5)
        assert score.share_within_target == pytest.approx(found.share_within_target, abs=1e-5)


def test_calls_that_wait_are_all_served_and_those_that_wait_are_late() -> None:
    project = busy("AABB")
    lost, waiting = (
        expect(project, ResponseConditions()),
        expect(project, ResponseConditions(queue="infinite")),
    )
    assert waiting.mean_wait_min is not None
    assert lost.mean_wait_min is None
    assert waiting.units["A"] > lost.units["A"]
    assert (waiting.share_within_target or 0) == pytest.approx(
        1 - (waiting.all_busy_probability or 0)
    )


def test_the_line_of_one_unit_is_that_of_erlang_c() -> None:
    project = busy("A")
    model = build_deployment(
        project,
        project.plans["plan"],
        compute_planning_basis(project),
        ResponseConditions(queue="infinite"),
    )
    load = float(model.calls_per_h[0] / model.service_per_h[0])
    found = compute_deployment_response(model, target_min=60.0)
    assert found.units["A"] == pytest.approx(load, abs=1e-10)
    assert found.all_busy_probability == pytest.approx(load, abs=1e-10)
    wait_h = load / (model.service_per_h[0] - model.calls_per_h[0])
    assert found.mean_wait_min == pytest.approx(60 * wait_h)


def test_a_line_that_grows_without_end_names_the_units_and_what_to_do() -> None:
    with refused("too_many_calls", units=["A"]):
        expect(busy("A", 500.0), ResponseConditions(queue="infinite"))


def test_a_line_needs_units_that_may_take_every_call_of_their_pool() -> None:
    project = busy("AAbb")
    under = ResponseConditions(queue="infinite", mutual_aid={CITY: MutualAid.ALWAYS})
    with refused("line_needs_all_units", units=["A", "b"], site="r1c1"):
        expect(project, under)


def test_aid_is_read_from_words_and_refused_where_they_make_no_sense() -> None:
    project = project_from("AAbb")
    assert parse_mutual_aid(project, ["City=urgent", "county = all"]) == {
        CITY: MutualAid.URGENT,
        COUNTY: MutualAid.ALWAYS,
    }
    with refused("unknown_jurisdiction", name="Roseville", known=["County", "City"]):
        parse_mutual_aid(project, ["Roseville=all"])
    with refused("unknown_mutual_aid", when="sometimes", known=["never", "urgent", "all"]):
        parse_mutual_aid(project, ["City=sometimes"])


def test_sixteen_units_asked_to_be_exact_are_told_what_to_use() -> None:
    lists = np.tile(np.arange(16), (3, 1))
    with refused("too_many_units", units=16, most=15):
        hypercube.solve(np.ones(3), np.ones(16), lists)
