"""What follows from a project without a plan, and what is recomputed after a change."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from builders import moved, project_from
from shapely.geometry import LineString, Point

from zoneplanner.analysis.planning_basis import UNREACHABLE_MIN, compute_planning_basis
from zoneplanner.analysis.site_loads import compute_site_load
from zoneplanner.analysis.travel.travel_model import name_travel_model
from zoneplanner.domain.assumptions import Assumptions
from zoneplanner.domain.geography.map_edits import add_layer
from zoneplanner.domain.plans.edits import decide_jurisdiction
from zoneplanner.domain.project import Feature, Layer, Project
from zoneplanner.messages import Message


@pytest.fixture
def project() -> Project:
    return project_from("AAB / ABB")


def test_rows_are_the_patrolled_sites_in_the_order_of_the_project(project: Project) -> None:
    idle = replace(project.sites["r1c2"], patrolled=False)
    base = compute_planning_basis(project.with_site(idle))
    assert list(base.index) == ["r1c1", "r1c3", "r2c1", "r2c2", "r2c3"]
    assert base.travel_min.shape == (5, 5)
    assert set(base.placements) == set(project.sites)


def test_rows_have_the_loads_and_trips_of_their_sites(project: Project) -> None:
    base = compute_planning_basis(project)
    load = compute_site_load(project.sites["r1c1"], project.assumptions)
    assert base.load_min[0] == pytest.approx(load.minutes)
    assert base.trips[0] == pytest.approx(load.trips)


def test_cost_is_trips_of_the_row_times_minutes_from_the_column(project: Project) -> None:
    busy = replace(project.sites["r1c1"], enrollment=4000)
    base = compute_planning_basis(project.with_site(busy))
    assert base.cost[0, 2] == pytest.approx(base.trips[0] * base.travel_min[2, 0])
    assert base.cost[2, 0] == pytest.approx(base.trips[2] * base.travel_min[0, 2])
    assert base.cost[0, 2] > base.cost[2, 0]


def test_an_impossible_trip_costs_a_whole_day(project: Project) -> None:
    river = Feature("river", "River", LineString([(-9000, -1000), (9000, -1000)]))
    base = compute_planning_basis(replace(project, features=(*project.features, river)))
    assert np.isinf(base.travel_min[0, 3])
    assert base.cost[3, 0] == pytest.approx(base.trips[3] * UNREACHABLE_MIN)


def test_a_change_of_plans_keeps_the_same_basis(project: Project) -> None:
    base = compute_planning_basis(project)
    plan = project.plans["plan"].with_assignments({"r1c1": "B"})
    assert compute_planning_basis(project.with_plan(plan), base) is base


def test_a_change_of_enrollment_keeps_travel_and_cells(project: Project) -> None:
    base = compute_planning_basis(project)
    grown = project.with_site(replace(project.sites["r1c1"], enrollment=2000))
    after = compute_planning_basis(grown, base)
    assert after.cells is base.cells
    assert after.travel_min is base.travel_min
    assert after.load_min[0] > base.load_min[0]
    assert after.cost[0, 1] > base.cost[0, 1]


def test_a_change_of_speed_keeps_the_cells_and_recomputes_travel(project: Project) -> None:
    base = compute_planning_basis(project)
    after = compute_planning_basis(replace(project, assumptions=Assumptions(speed_mph=14.0)), base)
    assert after.cells is base.cells
    assert after.travel_min[0, 1] > base.travel_min[0, 1]
    assert name_travel_model(after.project) == Message("travel_by.grid", speed_mph=14.0)


def test_a_moved_site_gets_another_cell_and_position(project: Project) -> None:
    base = compute_planning_basis(project)
    away = moved(project, "r1c1", 50_000.0, 50_000.0)
    after = compute_planning_basis(away, base)
    assert after.placements["r1c1"].jurisdiction is None
    assert after.cells.areas[0].is_empty
    assert after.placements["r1c2"] is base.placements["r1c2"]
    fresh = compute_planning_basis(away)
    assert np.array_equal(after.cost, fresh.cost)
    assert after.cells.neighbors == fresh.cells.neighbors


def test_a_decision_about_a_site_moves_its_cell_to_the_other_jurisdiction() -> None:
    project = project_from("A?,b")
    before = compute_planning_basis(project)
    assert before.placements["r1c2"].jurisdiction == "county"
    decided = decide_jurisdiction(
        project, "r1c2", "city", by="planner", at=datetime(2026, 8, 1, tzinfo=UTC), why="gate"
    )
    after = compute_planning_basis(decided, before)
    assert after.cells.jurisdiction[after.cells.vertex_of["r1c2"]] == "city"
    assert after.cells.areas[1].bounds[0] >= 2000.0


def test_sites_at_one_position_are_named_together(project: Project) -> None:
    base = compute_planning_basis(moved(project, "r1c2", 500.0, -500.0))
    assert base.list_stacked_sites("r1c2") == ("r1c1", "r1c2")
    assert base.list_stacked_sites("r1c3") == ("r1c3",)
    assert base.list_stacked_sites("no such site") == ("no such site",)


def test_a_custom_layer_changes_no_computed_value() -> None:
    project = project_from("AB / aa")
    before = compute_planning_basis(project)
    stops = (Feature("", "Stop", Point(500, -500)),)
    assert (
        compute_planning_basis(add_layer(project, Layer("stops", "Stops"), stops), before) is before
    )
    bridge = replace(project, features=(*project.features, Feature("bridge", "B", Point(0, 0))))
    assert compute_planning_basis(bridge, before) is not before
