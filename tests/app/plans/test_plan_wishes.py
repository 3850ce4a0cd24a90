"""Goals of a plan are met by its figures in the units people see."""

from datetime import UTC, datetime

import pytest
from builders import project_from, refused

from zoneplanner.analysis.demand.call_demand import judge_plan_at_range
from zoneplanner.analysis.districting.plan_wishes import PlanWishes, WishFigures, WishGauge
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.app.plans.zone_proposals import (
    SearchRequest,
    build_empty_plan,
    build_problem,
    search_proposals,
)
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.exchange.presets.bundled_district import DEFAULT_PRESET_ID, build_bundled_project

AT = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
PROJECT = project_from("AABBB / AABBB / AABBA / AAABB")
BASIS = compute_planning_basis(PROJECT)


def find_plan(
    project: Project, *, tolerance: float = 0.25, **wishes: object
) -> tuple[Plan, WishFigures]:
    plan = project.plans["plan"]
    asked = PlanWishes(**wishes)  # type: ignore[arg-type]
    wish = SearchRequest(tolerance, time_limit_s=0.3, wishes=asked)
    *_, found = search_proposals(project, plan, BASIS, wish)
    gauge = WishGauge(build_problem(project, plan, BASIS), project, plan, BASIS)
    standing = gauge.measure(found.plan)
    assert standing is not None
    return found.plan, standing


def test_no_drive_from_the_shown_post_exceeds_the_limit() -> None:
    """A zone's post is the one of its least drive, whatever the limit."""
    project = build_bundled_project(DEFAULT_PRESET_ID, uid="wishes")
    basis, plan = compute_planning_basis(project), build_empty_plan(project, "Plan", "plan", AT)
    gauge = WishGauge(build_problem(project, plan, basis), project, plan, basis)
    usual, near = (
        gauge.measure(next(search_proposals(project, plan, basis, wish)).plan)
        for wish in (SearchRequest(), SearchRequest(wishes=PlanWishes(longest_drive_min=12.0)))
    )
    assert usual is not None and near is not None
    assert near.longest_drive_min <= 12.0 < usual.longest_drive_min


def test_loads_are_balanced_at_low_and_high_demand() -> None:
    plan, _ = find_plan(PROJECT, robust=("low", "high"), tolerance=0.1)
    for stands in judge_plan_at_range(PROJECT, plan, BASIS):
        assert abs(stands.worst_deviation) <= 0.1 + 1e-9


def test_goals_for_borders_and_days_with_a_unit_off_are_met() -> None:
    _, usual = find_plan(PROJECT)
    _, straight = find_plan(PROJECT, border_weight=100.0)
    assert straight.border_km <= usual.border_km + 1e-9
    _, safe = find_plan(PROJECT, one_off="worst")
    assert safe.one_off_worst is not None and usual.one_off_worst is not None
    assert safe.one_off_worst <= usual.one_off_worst + 1e-9


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"robust": ("dreams",)}, "unknown_demand"),
        ({"one_off": "often"}, "unknown_absence"),
        ({"longest_drive_min": -1.0}, "out_of_range.longest_drive"),
        ({"border_weight": -1.0}, "out_of_range.border_weight"),
    ],
)
def test_invalid_goals_are_refused(wish: dict[str, object], code: str) -> None:
    with refused(code):
        find_plan(PROJECT, **wish)
