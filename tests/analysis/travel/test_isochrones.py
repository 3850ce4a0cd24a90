"""The area reached within some minutes, by the street grid and by roads."""

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, Point, box

from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.analysis.travel.grid import GridModel
from zoneplanner.analysis.travel.isochrones import find_reach_area
from zoneplanner.analysis.travel.road_network import (
    ROAD_CLASSES,
    Roads,
    build_road_network,
)

CRS = "EPSG:26910"
MILE_M = 1609.344
MIDDLE = np.array([[645_000.0, 4_279_000.0]])
AROUND = box(635_000, 4_269_000, 655_000, 4_289_000)
ONE = np.ones(1)


def create_grid(*barriers: LineString, turnout_min: float = 1.0) -> GridModel:
    """A grid with a mile a minute along the axes."""
    return GridModel(1.0, 60.0, turnout_min, 0.0, barriers, np.empty((0, 2)))


def test_the_area_on_a_street_grid_is_a_diamond() -> None:
    area = find_reach_area(create_grid(), MIDDLE, ONE, 4.0, AROUND)
    side_m = 3 * MILE_M
    assert area.area == pytest.approx(2 * side_m**2, rel=0.01)
    assert area.covers(Point(MIDDLE[0] + [side_m * 0.97, 0]))
    assert not area.covers(Point(MIDDLE[0] + [side_m * 0.6, side_m * 0.6]))


def test_the_area_ends_at_a_river_without_a_bridge() -> None:
    x = float(MIDDLE[0, 0]) + MILE_M
    river = LineString([(x, 4_260_000), (x, 4_299_000)])
    area = find_reach_area(create_grid(river), MIDDLE, ONE, 4.0, AROUND)
    assert area.bounds[2] <= x + 250
    assert area.bounds[0] < MIDDLE[0, 0] - 2.8 * MILE_M


def test_the_area_of_several_places_uses_the_mean_time() -> None:
    both = np.vstack([MIDDLE, np.add(MIDDLE, [[2 * MILE_M, 0.0]])])
    area = find_reach_area(create_grid(), both, np.array([0.5, 0.5]), 3.0, AROUND)
    assert area.covers(Point(MIDDLE[0]))
    assert area.covers(Point(both.mean(axis=0)))
    assert not area.covers(Point(MIDDLE[0] - [1.5 * MILE_M, 0.0]))


def test_less_time_than_the_turnout_reaches_nothing() -> None:
    assert find_reach_area(create_grid(turnout_min=5.0), MIDDLE, ONE, 4.0, AROUND).is_empty


def test_the_area_on_roads_follows_the_roads() -> None:
    steps = np.arange(-30, 31) * 200.0
    east = np.column_stack([MIDDLE[0, 0] + steps, np.full(61, MIDDLE[0, 1])])
    start = np.concatenate([np.arange(60), np.arange(1, 61)]).astype(np.int32)
    end = np.concatenate([np.arange(1, 61), np.arange(60)]).astype(np.int32)
    lon, lat = to_lonlat(CRS, east[:, 0], east[:, 1])
    road = Roads(
        np.column_stack([lon, lat]),
        start,
        end,
        np.full(120, 200.0, dtype=np.float32),
        np.full(120, ROAD_CLASSES.index("primary"), dtype=np.int32),
        "road",
        "",
        "",
    )
    model = build_road_network(road, CRS, {"primary": 60.0}, turnout_min=1.0)
    area = find_reach_area(model, MIDDLE, ONE, 3.0, AROUND)
    left, low, right, high = area.bounds
    assert right - left == pytest.approx(4 * MILE_M, rel=0.15)
    assert high - low < 1200
    assert shapely.get_num_geometries(area) == 1
