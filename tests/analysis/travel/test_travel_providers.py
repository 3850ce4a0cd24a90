"""What every provider of minutes guarantees: street grid, road network, custom table."""

from dataclasses import replace

import numpy as np
import pytest
from builders import moved, project_from, refused
from shapely.affinity import translate

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.analysis.response_times.conditions import ResponseConditions
from zoneplanner.analysis.response_times.expected_response import compute_expected_response
from zoneplanner.analysis.travel.grid import TravelModel
from zoneplanner.analysis.travel.road_network import (
    ROAD_CLASSES,
    Roads,
    build_road_network,
)
from zoneplanner.analysis.travel.travel_model import (
    choose_travel_model,
    list_sites_without_drives,
    name_travel_model,
)
from zoneplanner.domain.geography.travel_times import TravelProvider, TravelTimes
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message

CRS = "EPSG:26910"
ORIGIN = np.array([645_000.0, 4_279_000.0])
PROVIDERS = ("grid", "roads", "table")


def create_district() -> Project:
    """Return six schools, 1 km apart, in two zones."""
    project = project_from("AAB / ABB", blocks=False)
    for site in project.sites.values():
        project = moved(project, site.id, site.x_m + ORIGIN[0], site.y_m + ORIGIN[1])
    areas = {
        key: replace(area, area=translate(area.area, *ORIGIN))
        for key, area in project.jurisdictions.items()
    }
    return replace(project, jurisdictions=areas, features=())


def create_streets(spots: FloatArray, *, oneway: bool = False) -> Roads:
    """Return streets between neighbors of a grid of 1 km; with ``oneway`` the first is one."""
    apart_m = np.abs(spots[:, None] - spots).sum(axis=2)
    start, end = np.nonzero(np.isclose(apart_m, 1000.0))
    if oneway:
        kept = ~((start == 1) & (end == 0))
        start, end = start[kept], end[kept]
    lon, lat = to_lonlat(CRS, spots[:, 0], spots[:, 1])
    return Roads(
        np.column_stack([lon, lat]),
        start.astype(np.int32),
        end.astype(np.int32),
        np.full(len(start), 1000.0, dtype=np.float32),
        np.full(len(start), ROAD_CLASSES.index("residential"), dtype=np.int32),
        "town.osm.pbf",
        "2026-10-01",
        "ab12",
    )


def set_minutes(project: Project, minutes: FloatArray) -> Project:
    """Return a project that keeps drives between its sites."""
    travel = TravelTimes(
        TravelProvider.TABLE,
        "travel.csv",
        "",
        "",
        tuple(project.sites),
        tuple(site.position for site in project.sites.values()),
        minutes.astype("<f4").tobytes(),
    )
    return replace(project, travel=travel)


def list_positions(project: Project) -> FloatArray:
    """Return the positions of all sites."""
    return np.array([site.position for site in project.sites.values()])


@pytest.fixture(params=PROVIDERS)
def model(request: pytest.FixtureRequest) -> TravelModel:
    """Each provider over the same six schools."""
    project = create_district()
    if request.param == "grid":
        return choose_travel_model(project)
    road_model = build_road_network(create_streets(list_positions(project)), CRS, turnout_min=0.5)
    if request.param == "roads":
        return road_model
    drives = road_model.minutes(list_positions(project), list_positions(project)) - 0.5
    return choose_travel_model(set_minutes(project, drives))


def test_a_place_is_reached_from_itself_after_the_turnout(model: TravelModel) -> None:
    spots = list_positions(create_district())
    assert np.diag(model.minutes(spots, spots)).tolist() == [0.5] * 6


def test_every_origin_has_a_row_and_every_destination_a_column(model: TravelModel) -> None:
    spots = list_positions(create_district())
    assert model.minutes(spots[:2], spots).shape == (2, 6)
    assert model.minutes(spots[:0], spots).shape == (0, 6)
    whole = model.minutes(spots, spots)
    assert model.minutes(spots[[4]], spots[[1, 3]])[0].tolist() == whole[4, [1, 3]].tolist()


def test_no_detour_is_shorter_than_the_direct_route(model: TravelModel) -> None:
    spots = list_positions(create_district())
    drive = model.minutes(spots, spots) - 0.5
    over = (drive[:, :, None] + drive[None, :, :]).min(axis=1)
    assert (drive <= over + 1e-4).all()
    assert drive[0, 5] > drive[0, 1] > 0


def test_each_provider_gives_an_expected_response(model: TravelModel) -> None:
    project = create_district()
    spots = list_positions(project)
    known = set_minutes(project, model.minutes(spots, spots) - 0.5)
    found = compute_expected_response(
        known,
        known.plans["plan"],
        compute_planning_basis(known),
        under=ResponseConditions(idle_place="posts"),
    )
    assert found.sites["r1c2"].mean_response_min is not None
    assert found.mean_response_min is not None
    assert 0.5 < found.mean_response_min < 6


def test_a_one_way_street_makes_the_return_longer() -> None:
    spots = list_positions(create_district())
    found = build_road_network(create_streets(spots, oneway=True), CRS).minutes(spots, spots)
    assert found[1, 0] == pytest.approx(3 * found[0, 1], rel=1e-6)


def test_a_project_uses_its_stored_minutes_and_names_them() -> None:
    project = create_district()
    base = compute_planning_basis(project)
    minutes = np.full((6, 6), 7.0)
    after = compute_planning_basis(set_minutes(project, minutes), base)
    assert after.travel_min[0, 1] == 7.5
    assert name_travel_model(after.project).template == "travel_by.table"
    assert "travel.csv" in str(name_travel_model(after.project))
    assert compute_planning_basis(set_minutes(project, minutes), base).loads == base.loads
    assert compute_planning_basis(after.project, after) is after


def test_a_moved_site_uses_the_street_grid() -> None:
    known = set_minutes(create_district(), np.full((6, 6), 7.0))
    site = known.sites["r1c1"]
    there = moved(known, "r1c1", site.x_m + 10.0, site.y_m)
    base = compute_planning_basis(there)
    assert list_sites_without_drives(there) == ("r1c1",)
    label = Message("travel_by.partly_grid", travel=there.travel.label, n=1)
    assert name_travel_model(there) == label
    grid = compute_planning_basis(replace(there, travel=None)).travel_min
    assert base.travel_min[0].tolist() == grid[0].tolist()
    assert base.travel_min[1, 2] == 7.5


def test_a_place_without_a_road_connection_is_named(tmp_path: object) -> None:
    spots = list_positions(create_district())
    roads = create_streets(spots)
    kept = (roads.start < 4) & (roads.end < 4)
    alone = replace(
        roads,
        start=roads.start[kept],
        end=roads.end[kept],
        length_m=roads.length_m[kept],
        kind=roads.kind[kept],
    )
    other = np.array([4, 5], dtype=np.int32)
    apart = replace(
        alone,
        start=np.concatenate([alone.start, other]),
        end=np.concatenate([alone.end, other[::-1]]),
        length_m=np.append(alone.length_m, np.float32([9.0, 9.0])),
        kind=np.append(alone.kind, alone.kind[:2]),
    )
    far = np.vstack([spots[:4], spots[4:] + 50_000.0])
    lon, lat = to_lonlat(CRS, far[:, 0], far[:, 1])
    net = build_road_network(replace(apart, lonlat=np.column_stack([lon, lat])), CRS)
    with refused("roads_cut_off", place="Fifth", junctions=2):
        net.minutes_between(far[:5], far[:5], names=["1", "2", "3", "4", "Fifth"])


def test_roads_without_a_return_route_are_refused() -> None:
    roads = create_streets(list_positions(create_district()))
    once = slice(0, 1)
    one = replace(
        roads,
        start=roads.start[once],
        end=roads.end[once],
        length_m=roads.length_m[once],
        kind=roads.kind[once],
    )
    with refused("no_roads"):
        build_road_network(one, CRS)
