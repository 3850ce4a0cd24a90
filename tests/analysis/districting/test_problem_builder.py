"""A project as the optimizer's problem, and the answer as a plan."""

from dataclasses import replace

import numpy as np
import pytest
from builders import locks, moved, project_from, refused

from zoneplanner.analysis.districting.problem import DistrictingProblem
from zoneplanner.analysis.districting.problem_builder import (
    build_districting_problem,
    list_problem_vertices,
    read_plan_assignment,
)
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.domain.plans.edits import add_plan_lock
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import UnitAccess


def build_problem_of(project: Project, **options: object) -> DistrictingProblem:
    plan = project.plans["plan"]
    return build_districting_problem(
        project, plan, compute_planning_basis(project), tolerance=0.1, **options
    )


def test_each_site_is_a_row_with_its_load_costs_and_neighbors() -> None:
    project = project_from("AB / AB")
    base, problem = compute_planning_basis(project), build_problem_of(project)
    assert np.array_equal(problem.load, base.load_min)
    assert np.array_equal(problem.cost, base.cost)
    assert problem.neighbours == ((0, 1), (0, 2), (1, 3), (2, 3))
    assert problem.zones == ("A", "B")
    assert problem.allowed.all()


def test_a_zone_is_allowed_only_if_its_unit_may_be_primary() -> None:
    problem = build_problem_of(project_from("Ab"))
    assert problem.allowed.tolist() == [[True, False], [False, True]]


def test_sites_at_one_position_are_one_row_with_the_sum_of_loads_and_costs() -> None:
    project = moved(project_from("AAB"), "r1c2", 500.0, -500.0)
    base, problem = compute_planning_basis(project), build_problem_of(project)
    assert problem.load.tolist() == pytest.approx([base.load_min[:2].sum(), base.load_min[2]])
    assert problem.cost[0, 1] == pytest.approx(base.cost[0, 2] + base.cost[1, 2])
    assert problem.cost[1, 0] == pytest.approx(base.cost[2, 0])


def test_an_answer_gives_every_site_at_a_position_the_zone_of_its_row() -> None:
    project = moved(project_from("AAB"), "r1c2", 500.0, -500.0)
    plan, cells = project.plans["plan"], compute_planning_basis(project).cells
    answer = read_plan_assignment([1, 0], project, plan, cells)
    assert answer == {"r1c1": "B", "r1c2": "B", "r1c3": "A"}


def test_a_site_that_no_zone_can_contain_is_left_out() -> None:
    project = project_from("A!B")
    plan, cells = project.plans["plan"], compute_planning_basis(project).cells
    assert list_problem_vertices(project, plan, cells) == (0, 2)
    assert len(build_problem_of(project).load) == 2
    assert read_plan_assignment([0, 1], project, plan, cells) == {"r1c1": "A", "r1c3": "B"}


def test_locked_sites_are_locked_rows() -> None:
    project = project_from("AB")
    plan = replace(project.plans["plan"], locks=locks("r1c2"))
    assert build_problem_of(project.with_plan(plan)).locked == {1: 1}


def test_a_locked_zone_is_closed_and_keeps_its_sites() -> None:
    problem = build_problem_of(
        add_plan_lock(project_from("AAB"), "plan", LockScope.ZONE, "A", "agreed")
    )
    assert problem.closed == {0}
    assert problem.locked == {0: 0, 1: 0}


def test_all_zones_of_a_locked_agency_are_closed() -> None:
    problem = build_problem_of(
        add_plan_lock(project_from("ABb"), "plan", LockScope.AGENCY, "Sheriff", "")
    )
    assert problem.closed == {0, 1}


def test_rows_are_named_by_their_sites() -> None:
    project = moved(project_from("AAB"), "r1c2", 500.0, -500.0)
    assert build_problem_of(project).names == ("School r1c1 and School r1c2", "School r1c3")


def test_two_sites_at_one_position_locked_in_two_zones_are_refused() -> None:
    project = moved(project_from("AB"), "r1c2", 500.0, -500.0)
    plan = replace(project.plans["plan"], locks=locks("r1c1", "r1c2"))
    with refused("locked_apart", sites=["r1c1", "r1c2"]):
        build_problem_of(project.with_plan(plan))


def test_moving_students_away_from_a_plan_costs_the_weight_each() -> None:
    project = project_from("AB")
    problem = build_problem_of(project, keep_close_to={"r1c1": "A", "r1c2": "B"}, weight=0.5)
    assert problem.linear is not None
    assert problem.linear.tolist() == [[0.0, 200.0], [200.0, 0.0]]
    assert problem.initial is not None
    assert problem.initial.tolist() == [0, 1]


def test_a_reference_plan_without_weight_costs_nothing() -> None:
    assert build_problem_of(project_from("AB"), keep_close_to={"r1c1": "A"}).linear is None


def test_zones_that_share_only_some_jurisdictions_are_named() -> None:
    project = project_from("Ab")
    both = {"county": UnitAccess.PRIMARY, "city": UnitAccess.PRIMARY}
    wide = replace(project.units["A"], access=both)
    with refused("access_overlaps", zones=["A", "b"], shared="City"):
        build_problem_of(replace(project, units={**project.units, "A": wide}))


def test_a_project_without_a_plannable_site_is_refused() -> None:
    with refused("no_sites.jurisdiction"):
        build_problem_of(moved(project_from("A"), "r1c1", 90_000.0, 0.0))
