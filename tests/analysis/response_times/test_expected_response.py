"""The expected response of a plan, on small districts that can be computed by hand."""

from dataclasses import replace

import numpy as np
import pytest
from builders import COUNTY, project_from, refused

from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.analysis.response_times.conditions import ResponseConditions
from zoneplanner.analysis.response_times.deployment import build_deployment
from zoneplanner.analysis.response_times.expected_response import (
    ExpectedResponse,
    compute_expected_response,
)
from zoneplanner.analysis.site_loads import SCHOOL_DAY_H
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import Unit, UnitAccess

KM_MIN = 1.1 * 60 / (28 * 1.609344)
TURNOUT_MIN = 0.5
CALLS_PER_H = 400 * 0.5 / 1000 / SCHOOL_DAY_H


def compute_response(project: Project, **conditions: object) -> ExpectedResponse:
    """Compute the expected response of a small project's plan."""
    under = ResponseConditions(**conditions)  # type: ignore[arg-type]
    plan = project.plans["plan"]
    return compute_expected_response(project, plan, compute_planning_basis(project), under=under)


def set_calls(project: Project, per_1000: float) -> Project:
    """Return a project with a number of calls per 1,000 students."""
    assumptions = replace(project.assumptions, calls_per_1000=per_1000)
    return replace(project, assumptions=assumptions)


def set_unit(project: Project, unit_id: str, **changes: object) -> Project:
    """Return a project with a unit changed, or added as a deputy."""
    unit = project.units.get(unit_id) or Unit(unit_id, unit_id, "Sheriff", "deputy", True)
    return replace(project, units={**project.units, unit_id: replace(unit, **changes)})  # type: ignore[arg-type]


def compute_drive_min(project: Project, origin: str, destination: str) -> float:
    """Compute turnout and drive between two sites."""
    base = compute_planning_basis(project)
    return float(base.travel_min[base.index[origin], base.index[destination]])


def test_one_unit_with_one_site_is_a_single_server_queue() -> None:
    found = compute_response(project_from("A"))
    offered = CALLS_PER_H * (35 + TURNOUT_MIN) / 60
    busy = offered / (1 + offered)
    assert found.units == {"A": pytest.approx(busy)}
    assert found.mean_response_min == pytest.approx(TURNOUT_MIN)
    assert found.all_busy_probability == pytest.approx(busy)
    assert found.share_within_target == pytest.approx(1 - busy)
    assert found.cross_zone_share == 0.0
    assert found.sites["r1c1"].mean_response_min == pytest.approx(TURNOUT_MIN)


def test_a_unit_is_at_its_sites_in_proportion_to_its_trips() -> None:
    project = project_from("AA")
    site = replace(project.sites["r1c2"], level="middle", enrollment=0)
    found = compute_response(project.with_site(site))
    away = compute_drive_min(project, "r1c1", "r1c2")
    trips = {"r1c1": 1 + 400 * 0.5 / 1000, "r1c2": 2.0}
    there = trips["r1c2"] / sum(trips.values())
    assert found.sites["r1c1"].mean_response_min == pytest.approx(
        TURNOUT_MIN + there * (away - TURNOUT_MIN)
    )
    assert found.sites["r1c2"].mean_response_min == pytest.approx(
        TURNOUT_MIN + (1 - there) * (away - TURNOUT_MIN)
    )


def test_a_unit_at_its_post_drives_from_its_post() -> None:
    project = project_from("AAA")
    found = compute_response(project, idle_place="posts")
    assert found.sites["r1c2"].mean_response_min == pytest.approx(TURNOUT_MIN)
    assert found.sites["r1c3"].mean_response_min == pytest.approx(
        compute_drive_min(project, "r1c2", "r1c3")
    )


def test_a_call_is_within_target_if_the_unit_is_near_and_free() -> None:
    project = set_calls(project_from("AAA"), 1e-9)
    near = compute_drive_min(project, "r1c2", "r1c1")
    found = compute_response(project, target_min=near + 1e-6)
    shares = [site.share_within_target for site in found.sites.values()]
    assert shares == pytest.approx([2 / 3, 1.0, 2 / 3])
    assert found.share_within_target == pytest.approx(7 / 9)


def test_lost_calls_miss_the_target() -> None:
    found = compute_response(set_calls(project_from("A"), 1e6), target_min=60.0)
    assert found.share_within_target == pytest.approx(0.0, abs=1e-4)
    assert found.all_busy_probability == pytest.approx(1.0, abs=1e-4)
    assert found.mean_response_min == pytest.approx(TURNOUT_MIN)


def test_the_sites_own_unit_comes_before_the_nearest_ones() -> None:
    project = project_from("AAABBBCCC")
    model = build_deployment(project, project.plans["plan"], compute_planning_basis(project))
    asked = [[model.units[unit] for unit in row] for row in model.preferences]
    assert asked[0] == ["A", "B", "C"]
    assert asked[4][0] == "B"
    assert asked[6] == ["C", "B", "A"]


def test_without_calls_sites_still_show_who_would_respond() -> None:
    found = compute_response(set_calls(project_from("AB"), 0.0))
    assert found.units == {"A": 0.0, "B": 0.0}
    assert found.mean_response_min is None
    assert found.share_within_target is None
    assert found.cross_zone_share is None
    assert found.sites["r1c1"].mean_response_min == pytest.approx(TURNOUT_MIN)


def test_a_city_unit_never_responds_in_the_county() -> None:
    project = project_from("AAbb")
    busy = set_calls(project, 200.0)
    both, city_alone = compute_response(busy), compute_response(busy, units_off=("A",))
    assert city_alone.units["b"] == pytest.approx(both.units["b"])
    assert city_alone.sites["r1c1"].mean_response_min is None
    assert city_alone.sites["r1c1"].share_within_target == 0.0
    assert city_alone.sites["r1c3"] == both.sites["r1c3"]
    assert both.cross_zone_share == pytest.approx(0.0)
    county, city = (compute_response(set_calls(project_from(row), 200.0)) for row in ("AA", "bb"))
    assert both.units["A"] == pytest.approx(county.units["A"])
    assert both.units["b"] == pytest.approx(city.units["b"])
    assert both.all_busy_probability == pytest.approx(
        (county.all_busy_probability or 0) / 2 + (city.all_busy_probability or 0) / 2
    )


def test_an_assisting_unit_comes_after_primary_units() -> None:
    project = project_from("AAbb")
    project = set_unit(project, "b", access={"city": UnitAccess.PRIMARY, COUNTY: UnitAccess.ASSIST})
    model = build_deployment(project, project.plans["plan"], compute_planning_basis(project))
    assert [[model.units[unit] for unit in row] for row in model.preferences[:2]] == [
        ["A", "b"]
    ] * 2
    assert model.preferences[2].tolist() == [1, -1]
    helped, alone = (
        compute_response(set_calls(project, 200.0)),
        compute_response(set_calls(project_from("AAbb"), 200.0)),
    )
    assert (helped.all_busy_probability or 0) < (alone.all_busy_probability or 0)
    assert (helped.cross_zone_share or 0) > 0


def test_a_unit_off_duty_leaves_its_calls_to_the_others() -> None:
    project = set_calls(project_from("AABB"), 20.0)
    both, one = compute_response(project), compute_response(project, units_off=["B"])
    assert set(one.units) == {"A"}
    assert one.units["A"] > both.units["A"]
    assert (one.mean_response_min or 0) > (both.mean_response_min or 0)
    assert one.cross_zone_share == pytest.approx(0.5)
    assert (one.share_within_target or 0) < (both.share_within_target or 0)


def test_a_unit_with_an_empty_zone_is_named_and_answers_no_calls() -> None:
    project = project_from("AB")
    plan = project.plans["plan"].with_assignments({"r1c2": "A"})
    found = compute_response(project.with_plan(plan))
    assert found.unplaced == ("B",)
    assert found.units["B"] == 0.0
    alone = compute_response(project.with_plan(plan), units_off=("B",))
    assert alone.units["A"] == found.units["A"]


def test_a_unit_with_a_post_but_no_zone_responds_from_its_post() -> None:
    project = set_unit(
        set_calls(project_from("AA.B"), 50.0),
        "L",
        access={COUNTY: UnitAccess.ASSIST},
        holds_zone=False,
        posts=("r1c2",),
    )
    found = compute_response(project)
    assert 0 < found.units["L"] < found.units["A"]
    model = build_deployment(project, project.plans["plan"], compute_planning_basis(project))
    assert model.position_probability[model.units.index("L")].tolist() == [0.0, 1.0, 0.0]


def test_a_plan_without_sites_in_zones_serves_no_one() -> None:
    project = project_from("??A")
    plan = replace(project.plans["plan"], assignment={})
    found = compute_response(project.with_plan(plan))
    assert found.mean_response_min is None
    assert found.cross_zone_share is None
    assert (found.share_within_target, found.all_busy_probability) == (0.0, 1.0)
    assert found.unplaced == ("A",)


def test_a_project_without_sites_has_no_expected_response() -> None:
    project = project_from("A")
    closed = project.with_site(replace(project.sites["r1c1"], patrolled=False))
    found = compute_response(closed)
    assert dict(found.sites) == {}
    assert found.mean_response_min is None


def test_sixteen_units_in_one_pool_can_be_evaluated() -> None:
    letters = "ABCDEFGHIJKLMNOP"
    project = set_calls(project_from(letters), 20.0)
    found, fifteen = (
        compute_response(project),
        compute_response(set_calls(project_from(letters[:15]), 20.0)),
    )
    assert len(found.units) == 16
    assert np.mean(list(found.units.values())) == pytest.approx(
        np.mean(list(fifteen.units.values())), rel=0.05
    )


@pytest.mark.parametrize(
    ("without", "template"),
    [(["Z"], "unknown_unit.plan"), (["A", "B"], "no_unit_on_duty")],
)
def test_units_that_cannot_be_off_duty_are_refused(without: list[str], template: str) -> None:
    with refused(template):
        compute_response(project_from("AB"), units_off=without)


def test_a_unit_with_sites_outside_its_jurisdiction_is_named() -> None:
    project = set_unit(project_from("AB"), "B", access={COUNTY: UnitAccess.NO})
    with refused("unit_cannot_respond", unit="B"):
        compute_response(project)
