"""Figures of zones and plans."""

import math
from dataclasses import fields, replace

import pytest
from builders import locks, moved, project_from

from zoneplanner.analysis.geometry.cells_and_outlines import build_zone_outlines
from zoneplanner.analysis.measures.plan_measures import (
    MEASURES,
    PlanMeasures,
    ZoneMeasures,
    compute_plan_measures,
    compute_problem_fingerprint,
    compute_proof_fingerprint,
    gather_plan_facts,
)
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.domain.plans.checks import find_plan_problems
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project


def compute_figures(project: Project, plan: Plan | None = None) -> PlanMeasures:
    plan = plan or project.plans["plan"]
    base = compute_planning_basis(project)
    return compute_plan_measures(project, plan, base, build_zone_outlines(plan, base.cells))


def test_load_and_students_of_a_zone_are_the_sums_of_its_sites() -> None:
    project = project_from("AAB")
    zone = compute_figures(project).zones["A"]
    base = compute_planning_basis(project)
    assert zone.sites == 2
    assert zone.students == 800
    assert zone.load_min == pytest.approx(base.load_min[:2].sum())


def test_a_missing_enrollment_counts_as_assumed() -> None:
    project = project_from("A")
    unknown = project.with_site(replace(project.sites["r1c1"], enrollment=None))
    assert compute_figures(unknown).zones["A"].students == 150


def test_a_fair_share_is_the_load_of_the_agencys_sites_over_its_zones() -> None:
    figures = compute_figures(project_from("AAAB / ccdd"))
    one = figures.zones["A"].load_min / 3
    assert figures.zones["A"].target_min == pytest.approx(2 * one)
    assert figures.zones["A"].deviation == pytest.approx(0.5)
    assert figures.zones["B"].deviation == pytest.approx(-0.5)
    assert figures.zones["c"].deviation == pytest.approx(0.0)
    assert figures.worst_deviation == pytest.approx(0.5)
    assert figures.load_cv == pytest.approx(math.sqrt((0.25 + 0.25) / 4))


def test_a_site_without_a_zone_is_in_the_fair_share_and_is_listed() -> None:
    figures = compute_figures(project_from("A?B"))
    assert figures.unassigned == ("r1c2",)
    assert figures.zones["A"].deviation == pytest.approx(-1 / 3)


def test_a_site_that_no_zone_can_contain_is_in_no_fair_share() -> None:
    project = moved(project_from("AB?"), "r1c3", 90_000.0, 0.0)
    figures = compute_figures(project)
    assert figures.unassigned == ("r1c3",)
    assert figures.zones["A"].deviation == pytest.approx(0.0)


def test_the_post_is_the_site_with_the_shortest_drive() -> None:
    project = project_from("AAAAA")
    zone = compute_figures(project).zones["A"]
    base = compute_planning_basis(project)
    assert zone.post == "r1c3"
    assert zone.drive_min_per_day == pytest.approx(base.cost[:, 2].sum())
    assert zone.worst_drive_min == pytest.approx(base.travel_min[2, 0])
    assert zone.mean_drive_min == pytest.approx(zone.drive_min_per_day / base.trips.sum())


def test_the_drive_of_the_plan_is_the_sum_of_the_zones() -> None:
    figures = compute_figures(project_from("AAB / ABB"))
    assert figures.cost == pytest.approx(
        sum(zone.drive_min_per_day for zone in figures.zones.values())
    )
    worst = max(zone.worst_drive_min for zone in figures.zones.values())
    assert figures.worst_drive_min == worst == pytest.approx(figures.zones["A"].worst_drive_min)


def test_a_square_zone_has_the_compactness_of_a_square() -> None:
    zone = compute_figures(project_from("AA / AA")).zones["A"]
    assert zone.polsby_popper == pytest.approx(math.pi / 4)
    assert zone.reock == pytest.approx(2 / math.pi)


def test_an_empty_zone_has_no_post_and_no_drive() -> None:
    project = project_from("AB")
    plan = project.plans["plan"].with_assignments({"r1c2": "A"})
    zone = compute_figures(project, plan).zones["B"]
    assert zone.post is None
    assert (zone.sites, zone.load_min, zone.drive_min_per_day, zone.pieces) == (0, 0.0, 0.0, 0)
    assert zone.deviation == -1.0


def test_a_site_in_a_zone_of_the_wrong_jurisdiction_is_a_breach() -> None:
    project = project_from("Ab")
    plan = project.plans["plan"].with_assignments({"r1c2": "A"})
    assert compute_figures(project, plan).jurisdiction_breaches == ("r1c2",)
    assert compute_figures(project).jurisdiction_breaches == ()


def test_after_a_move_only_its_two_zones_are_recomputed() -> None:
    project = project_from("AABB / CCDD")
    base, plan = compute_planning_basis(project), project.plans["plan"]
    outlines = build_zone_outlines(plan, base.cells)
    before = compute_plan_measures(project, plan, base, outlines)
    after = plan.with_assignments({"r1c2": "B"})
    touched = {"A", "B"}
    outlines = {**outlines, **build_zone_outlines(after, base.cells, only=touched)}
    quick = compute_plan_measures(project, after, base, outlines, previous=before, only=touched)
    assert quick.zones["C"] is before.zones["C"]
    full = compute_plan_measures(project, after, base, build_zone_outlines(after, base.cells))
    assert quick.zones == full.zones
    assert quick.cost == full.cost
    assert quick.load_cv == full.load_cv


def test_facts_show_the_rules_balance_and_pieces() -> None:
    project = project_from("AAB / BBA")
    base, plan = compute_planning_basis(project), project.plans["plan"]
    figures = compute_figures(project)
    found = find_plan_problems(project, plan, gather_plan_facts(base, figures))
    assert {(item.code, item.where["zone"]) for item in found} == {
        ("in_pieces", "A"),
        ("in_pieces", "B"),
    }
    plan = plan.with_assignments({"r1c3": "A"})
    figures = compute_figures(project, plan)
    found = find_plan_problems(project, plan, gather_plan_facts(base, figures))
    assert [item.code for item in found] == ["over_tolerance", "over_tolerance"]


def test_facts_without_a_plan_list_stacked_sites_and_detached_blocks() -> None:
    project = moved(project_from("AB,."), "r1c2", 500.0, -500.0)
    found = gather_plan_facts(compute_planning_basis(project), None)
    assert found.stacked == (("r1c1", "r1c2"),)
    assert found.detached_blocks == ("B1-4",)
    assert found.load_min == {}


def test_a_proof_holds_for_the_same_loads_rules_and_sites() -> None:
    project = project_from("AAB / ABB")
    plan = project.plans["plan"]
    again = project_from("AAB / ABB")
    print_ = compute_proof_fingerprint(project, plan, compute_planning_basis(project))
    assert (
        compute_proof_fingerprint(again, again.plans["plan"], compute_planning_basis(again))
        == print_
    )
    renamed = replace(plan, name="Other name")
    assert compute_proof_fingerprint(project, renamed, compute_planning_basis(project)) == print_


@pytest.mark.parametrize("change", ["assignment", "tolerance", "lock", "load", "speed", "access"])
def test_a_proof_does_not_hold_after_a_change(change: str) -> None:
    project = project_from("AAB / ABB")
    plan = project.plans["plan"]
    print_ = compute_proof_fingerprint(project, plan, compute_planning_basis(project))
    if change == "assignment":
        plan = plan.with_assignments({"r1c1": "B"})
    elif change == "tolerance":
        plan = replace(plan, tolerance=0.2)
    elif change == "lock":
        plan = replace(plan, locks=locks("r1c1"))
    elif change == "load":
        project = project.with_site(replace(project.sites["r1c1"], enrollment=401))
    elif change == "speed":
        faster = replace(project.assumptions, speed_mph=30.0)
        project = replace(project, assumptions=faster)
    else:
        idle = replace(project.units["A"], access={})
        project = replace(project, units={**project.units, "A": idle})
    assert compute_proof_fingerprint(project, plan, compute_planning_basis(project)) != print_


def test_a_bound_holds_for_every_assignment_of_the_same_problem() -> None:
    project = project_from("AAB / ABB")
    plan, base = project.plans["plan"], compute_planning_basis(project)
    edited = plan.with_assignments({"r1c1": "B"})
    print_ = compute_problem_fingerprint(project, plan, base)
    assert compute_problem_fingerprint(project, edited, base) == print_
    looser = replace(plan, tolerance=0.2)
    assert compute_problem_fingerprint(project, looser, base) != print_


def test_every_figure_shown_has_a_definition() -> None:
    shown = {field.name for field in (*fields(ZoneMeasures), *fields(PlanMeasures))}
    assert shown - {"zone", "zones", "post"} == set(MEASURES)
    assert all(measure.definition.endswith(".") for measure in MEASURES.values())
