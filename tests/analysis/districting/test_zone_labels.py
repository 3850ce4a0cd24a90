"""Zones renamed to match those of another plan."""

from dataclasses import replace

import pytest
from builders import locks, project_from

from zoneplanner.analysis.districting.problem_builder import relabel_zones
from zoneplanner.analysis.geometry.cells_and_outlines import build_zone_outlines
from zoneplanner.analysis.measures.plan_measures import compute_plan_measures
from zoneplanner.analysis.planning_basis import compute_planning_basis


def test_swapped_names_are_corrected_and_no_site_changes_its_zone() -> None:
    project = project_from("AAB / ABB")
    plan = project.plans["plan"]
    exchanged = {s: {"A": "B", "B": "A"}[z] for s, z in plan.assignment.items()}
    assert (
        relabel_zones(project, plan, compute_planning_basis(project), exchanged, plan.assignment)
        == plan.assignment
    )


def test_zones_of_different_agencies_are_never_swapped() -> None:
    project = project_from("AA / cc")
    plan = project.plans["plan"]
    like = {"r1c1": "c", "r1c2": "c", "r2c1": "A", "r2c2": "A"}
    assert (
        relabel_zones(project, plan, compute_planning_basis(project), plan.assignment, like)
        == plan.assignment
    )


def test_a_zone_with_a_locked_site_keeps_its_name() -> None:
    project = project_from("AAB / ABB")
    plan = project.plans["plan"]
    exchanged = {s: {"A": "B", "B": "A"}[z] for s, z in plan.assignment.items()}
    held = replace(plan, assignment=exchanged, locks=locks("r1c1"))
    project = project.with_plan(held)
    found = relabel_zones(
        project, held, compute_planning_basis(project), exchanged, plan.assignment
    )
    assert found == exchanged


def test_drive_and_balance_do_not_change() -> None:
    project = project_from("AABBC / ACCBC")
    plan, base = project.plans["plan"], compute_planning_basis(project)
    turned = {s: {"A": "B", "B": "C", "C": "A"}[z] for s, z in plan.assignment.items()}
    one = replace(plan, assignment=turned)
    other = replace(plan, assignment=relabel_zones(project, plan, base, turned, plan.assignment))
    costs = [
        compute_plan_measures(project, p, base, build_zone_outlines(p, base.cells)).cost
        for p in (one, other)
    ]
    assert costs[0] == pytest.approx(costs[1])
    assert other.assignment == plan.assignment
