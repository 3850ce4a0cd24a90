"""Driving times: street axes, turnout, rivers and bridges."""

import math
from dataclasses import replace

import numpy as np
import pytest
from builders import refused
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from zoneplanner.analysis.travel.grid import GridModel, TravelModel, build_grid_model
from zoneplanner.domain.project import Feature, Project
from zoneplanner.exchange.presets.bundled_district import build_bundled_project

MILE_M = 1609.344
NO_BRIDGE = np.empty((0, 2))


def create_model(
    *barriers: LineString,
    crossings: object = (),
    angle_rad: float = 0.0,
    axis_factor: float = 1.0,
    turnout_min: float = 0.0,
) -> GridModel:
    """At 60 mph a mile takes a minute."""
    bridges = np.asarray(crossings, dtype=float).reshape(-1, 2)
    return GridModel(axis_factor, 60.0, turnout_min, angle_rad, barriers, bridges)


def compute_miles(travel: GridModel, start: tuple[float, float], end: tuple[float, float]) -> float:
    origins, destinations = np.array([start]) * MILE_M, np.array([end]) * MILE_M
    return float(travel.minutes(origins, destinations)[0, 0])


def create_line(*miles_xy: tuple[float, float]) -> LineString:
    return LineString(np.array(miles_xy) * MILE_M)


def create_points(*miles_xy: tuple[float, float]) -> object:
    return np.array(miles_xy) * MILE_M


def test_a_drive_follows_both_axes_after_the_turnout() -> None:
    travel: TravelModel = GridModel(1.1, 28.0, 0.5, 0.0, (), NO_BRIDGE)
    minutes = travel.minutes(np.array([[0.0, 0.0]]), np.array([[3 * MILE_M, 4 * MILE_M]]))
    assert minutes[0, 0] == pytest.approx(0.5 + 7 * 1.1 / 28 * 60)


def test_a_drive_to_the_same_place_takes_only_the_turnout() -> None:
    travel = create_model(turnout_min=0.5, angle_rad=0.3)
    place = np.array([[640_000.0, 4_270_000.0]])
    assert travel.minutes(place, place)[0, 0] == 0.5


def test_every_origin_has_a_row_and_every_destination_a_column() -> None:
    minutes = create_model().minutes(np.zeros((2, 2)), np.ones((3, 2)))
    assert minutes.shape == (2, 3)
    assert create_model(create_line((0, 0), (1, 0))).minutes(
        np.zeros((0, 2)), np.ones((3, 2))
    ).shape == (0, 3)


def test_rotated_axes_rotate_the_streets() -> None:
    north_east = create_model(angle_rad=math.pi / 4)
    assert compute_miles(north_east, (0, 0), (1, 1)) == pytest.approx(math.sqrt(2))
    assert compute_miles(north_east, (0, 0), (1, 0)) == pytest.approx(math.sqrt(2))


def test_a_river_is_crossed_at_the_better_bridge() -> None:
    river = create_line((-10, 0), (10, 0))
    travel = create_model(river, crossings=create_points((4, 0), (-3, 0)))
    assert compute_miles(travel, (0, 1), (0, -1)) == pytest.approx(3 + 1 + 3 + 1)
    assert compute_miles(travel, (4, 1), (4, -1)) == pytest.approx(2)
    assert compute_miles(travel, (0, 1), (2, 1)) == pytest.approx(2)


@pytest.mark.parametrize("turn_rad", [0.0, 0.4, math.pi / 2, 2.0, math.pi])
def test_a_river_separates_its_banks_in_any_direction(turn_rad: float) -> None:
    cos, sin = math.cos(turn_rad), math.sin(turn_rad)

    def turn(x: float, y: float) -> tuple[float, float]:
        return (x * cos - y * sin, x * sin + y * cos)

    river = create_line(turn(-5, 0), turn(0, 1), turn(5, 0))
    travel = create_model(river, angle_rad=turn_rad, crossings=create_points(turn(5, 0)))
    assert compute_miles(travel, turn(0, 2), turn(0, 0)) == pytest.approx(5 + 2 + 5)
    assert compute_miles(travel, turn(0, 2), turn(1, 2)) == pytest.approx(1)


def test_no_drive_goes_around_the_end_of_a_river() -> None:
    travel = create_model(create_line((-1, 0), (1, 0)), crossings=create_points((0, 0)))
    assert compute_miles(travel, (5, 1), (5, -1)) == pytest.approx(12)


def test_places_on_one_bank_need_no_bridge_despite_a_bend_between_them() -> None:
    river = create_line((-5, 0), (-1, 0), (0, 3), (1, 0), (5, 0))
    travel = create_model(river, crossings=create_points((5, 0)))
    assert compute_miles(travel, (-2, 1), (2, 1)) == pytest.approx(4)
    assert compute_miles(travel, (0, 1), (2, 1)) == pytest.approx(5 + 1 + 3 + 1)


def test_a_river_without_a_bridge_is_never_crossed() -> None:
    travel = create_model(create_line((-1, 0), (1, 0)))
    assert compute_miles(travel, (0, 1), (0, -1)) == math.inf
    assert compute_miles(travel, (0, 1), (1, 1)) == pytest.approx(1)


def test_two_rivers_are_each_crossed_by_a_bridge() -> None:
    rivers = (create_line((-9, 0), (9, 0)), create_line((-9, 2), (9, 2)))
    travel = create_model(*rivers, crossings=create_points((1, 0), (-1, 2)))
    assert compute_miles(travel, (0, -1), (0, 3)) == pytest.approx(2 + 4 + 2)
    assert compute_miles(travel, (0, 1), (0, 3)) == pytest.approx(1 + 1 + 1 + 1)
    only_one = create_model(*rivers, crossings=create_points((1, 0)))
    assert compute_miles(only_one, (0, -1), (0, 3)) == math.inf


coordinates = st.floats(-9, 9, allow_nan=False).map(lambda value: round(value, 3))
places = st.tuples(coordinates, coordinates)


@given(places, places, places)
def test_drives_are_symmetric_and_no_detour_is_shorter(
    one: tuple[float, float], two: tuple[float, float], over: tuple[float, float]
) -> None:
    river = create_line((-5, -2), (-1, 0.5), (2, 0.1), (6, 3))
    travel = create_model(river, crossings=create_points((-1, 0.5), (6, 3)), angle_rad=0.2)
    there = compute_miles(travel, one, two)
    assert there == pytest.approx(compute_miles(travel, two, one))
    assert there <= compute_miles(travel, one, over) + compute_miles(travel, over, two) + 1e-9


@pytest.fixture(scope="module")
def project() -> Project:
    return build_bundled_project(uid="p")


def test_the_districts_streets_run_along_true_north(project: Project) -> None:
    travel = build_grid_model(project)
    assert math.degrees(travel.axis_angle_rad) == pytest.approx(1.06, abs=0.02)
    assert travel.crossings.shape == (3, 2)
    assert len(travel.barriers) == 1


def test_only_gold_river_needs_a_bridge(project: Project) -> None:
    travel = build_grid_model(project)
    dry = replace(travel, barriers=())
    positions = np.array([site.position for site in project.patrolled])
    longer = travel.minutes(positions, positions) > dry.minutes(positions, positions) + 1e-9
    names = [site.name for site in project.patrolled]
    assert names[int(longer.sum(axis=1).argmax())] == "Gold River Discovery Center K-8"
    others = [place for place, name in enumerate(names) if not name.startswith("Gold River")]
    assert not longer[np.ix_(others, others)].any()
    assert longer.any()


def test_the_drive_to_gold_river_crosses_one_of_the_bridges(project: Project) -> None:
    travel = build_grid_model(project)
    turnout_min = project.assumptions.turnout_min
    school = np.array([project.site("Gold River Discovery Center K-8").position])
    bella_vista = np.array([project.site("Bella Vista High").position])
    over = [
        travel.minutes(bella_vista, bridge[None])[0, 0]
        + travel.minutes(bridge[None], school)[0, 0]
        - turnout_min
        for bridge in travel.crossings
    ]
    assert travel.minutes(bella_vista, school)[0, 0] == pytest.approx(min(over))


def test_a_project_without_district_or_sites_has_a_model() -> None:
    bare = Project(uid="p", name="Bare", crs="EPSG:26910", time_zone="America/Los_Angeles")
    assert build_grid_model(bare).axis_angle_rad == 0.0
    river = Feature("river", "Creek", LineString([(0, 0), (9, 0)]))
    bridge = Feature("bridge", "Ford", Point(3, 0))
    assert build_grid_model(replace(bare, features=(river, bridge))).crossings.tolist() == [
        [3.0, 0.0]
    ]


def test_a_speed_of_zero_is_refused(project: Project) -> None:
    stuck = replace(project, assumptions=replace(project.assumptions, speed_mph=0.0))
    with refused("speed_not_positive", speed_mph=0.0):
        build_grid_model(stuck)
