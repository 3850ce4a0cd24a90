"""The committed layers: what they contain, and that the script builds them."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

ROOT = Path(__file__).parents[2]
LAYERS = ROOT / "gis_data"
NAMES = ("sites", "jurisdictions", "boundaries", "blocks", "arterials", "river")

Row = tuple[dict[str, Any], BaseGeometry]


def read_rows(layer: str) -> list[Row]:
    collection = json.loads((LAYERS / f"{layer}.geojson").read_text(encoding="utf-8"))
    return [(row["properties"], shape(row["geometry"])) for row in collection["features"]]


def find_facts_folder() -> Path | None:
    beside = ROOT.parent / "shared" / "facts"
    found = Path(os.environ.get("ZONEPLANNER_FACTS", beside))
    return found if (found / "schools.csv").is_file() else None


@pytest.mark.skipif(find_facts_folder() is None, reason="the source data is not available")
def test_the_script_builds_the_committed_layers_byte_for_byte(tmp_path: Path) -> None:
    command = [sys.executable, str(LAYERS / "build.py"), "--facts", str(find_facts_folder())]
    subprocess.run([*command, "--to", str(tmp_path)], check=True, capture_output=True)
    made = {path.name: path.read_bytes() for path in tmp_path.glob("*.geojson")}
    committed = {path.name: path.read_bytes() for path in LAYERS.glob("*.geojson")}
    assert sorted(made) == sorted(f"{name}.geojson" for name in NAMES)
    assert made == committed


def test_there_are_79_sites_of_which_67_are_patrolled() -> None:
    sites = [properties for properties, _ in read_rows("sites")]
    assert len(sites) == 79
    assert len({site["id"] for site in sites}) == 79
    assert sum(site["patrolled"] for site in sites) == 67
    assert [site["id"] for site in sites] == sorted(site["id"] for site in sites)


def test_12_patrolled_sites_are_in_citrus_heights_and_55_in_the_county() -> None:
    areas = read_rows("jurisdictions")
    found = Counter(
        next(properties["id"] for properties, area in areas if area.covers(point))
        for site, point in read_rows("sites")
        if site["patrolled"]
    )
    assert found == {"Unincorporated Sacramento County": 55, "City of Citrus Heights": 12}


def test_del_campo_has_a_fair_oaks_address_but_is_in_carmichael() -> None:
    places = {row["name"]: area for row, area in read_rows("boundaries") if row["layer"] == "place"}
    site, point = next(row for row in read_rows("sites") if row[0]["name"] == "Del Campo High")
    assert site["city"] == "Fair Oaks"
    assert places["Carmichael"].covers(point)
    assert not places["Fair Oaks"].covers(point)


def test_stacked_sites_share_a_position() -> None:
    positions = Counter(point.wkt for _, point in read_rows("sites"))
    assert sorted(positions.values())[-3:] == [1, 2, 2]


def test_misleading_enrollment_is_noted_and_missing_enrollment_stays_empty() -> None:
    sites = {site["name"]: site for site, _ in read_rows("sites")}
    assert {name for name, site in sites.items() if site["enrollment_note"]} == {
        "California Montessori Project-San Juan Campuses",
        "Options for Youth-San Juan",
        "San Juan Choices Charter",
        "Visions In Education",
    }
    missing = {name for name, site in sites.items() if site["enrollment"] is None}
    assert missing == {
        "General Davie, Jr. Primary Center",
        "Marvin Marshall Preschool and Children's Center",
        "New Pacific Charter - Arden Arcade",
        "San Juan Unified School District Office",
        "Sunrise Tech Center",
    }


def test_every_block_is_in_its_jurisdiction() -> None:
    areas = {row["id"]: area for row, area in read_rows("jurisdictions")}
    blocks = read_rows("blocks")
    assert len({row["id"] for row, _ in blocks}) == len(blocks) == 173
    for row, block in blocks:
        outside = block.difference(areas[row["jurisdiction"]])
        assert outside.area < 1e-8, row["id"]  # about 100 square meters


def test_blocks_cover_the_district_without_gap_or_overlap() -> None:
    blocks = [area for _, area in read_rows("blocks")]
    district = next(area for row, area in read_rows("boundaries") if row["layer"] == "district")
    assert shapely.coverage_is_valid(blocks)
    assert shapely.coverage_union_all(blocks).symmetric_difference(district).area < 1e-9


def test_jurisdictions_do_not_overlap() -> None:
    areas = [area for _, area in read_rows("jurisdictions")]
    assert len(areas) == 6
    assert shapely.coverage_is_valid(areas)


def test_the_river_separates_gold_river_from_the_other_sites() -> None:
    river = next(line for row, line in read_rows("river") if row["layer"] == "river")
    district = next(area for row, area in read_rows("boundaries") if row["layer"] == "district")
    halves = shapely.get_parts(shapely.polygonize([shapely.node(river.union(district.boundary))]))
    sites = [(row["name"], point) for row, point in read_rows("sites")]
    north = max(halves, key=shapely.area)
    assert {name for name, point in sites if not north.covers(point)} == {
        "Gold River Discovery Center K-8",
        "Visions In Education",
    }


def test_the_three_bridges_are_on_the_river_at_their_streets() -> None:
    rows = read_rows("river")
    river = next(line for row, line in rows if row["layer"] == "river")
    bridges = {row["name"]: point for row, point in rows if row["layer"] == "bridge"}
    assert list(bridges) == [
        "Watt Avenue bridge",
        "Sunrise Boulevard bridge",
        "Hazel Avenue bridge",
    ]
    assert all(bridge.distance(river) < 2e-6 for bridge in bridges.values())
    assert bridges["Watt Avenue bridge"].distance(shapely.Point(-121.3827, 38.5668)) < 1e-4
    assert bridges["Sunrise Boulevard bridge"].distance(shapely.Point(-121.2691, 38.6336)) < 1e-4
    assert bridges["Hazel Avenue bridge"].distance(shapely.Point(-121.2250, 38.6361)) < 1e-4


@pytest.mark.parametrize("layer", NAMES)
def test_every_geometry_is_valid_with_six_decimals(layer: str) -> None:
    for row, geometry in read_rows(layer):
        assert geometry.is_valid, row
        assert not geometry.is_empty, row
        assert (
            shapely.get_coordinates(geometry).round(6) == shapely.get_coordinates(geometry)
        ).all()


def test_the_sources_name_every_layer() -> None:
    sources = (LAYERS / "SOURCES.md").read_text(encoding="utf-8")
    assert all(f"`{name}.geojson`" in sources for name in NAMES)
