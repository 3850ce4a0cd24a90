"""Tables and polygons of zones made elsewhere: what is read, and what is refused whole."""

import json
import resource
from pathlib import Path

import numpy as np
import pytest
from builders import refused

from zoneplanner.errors import UserError
from zoneplanner.exchange.sandbox.located_rows import PlaceColumns
from zoneplanner.exchange.tables.zone_assignments import (
    AssignmentRow,
    read_zone_assignments,
    read_zone_polygons,
)
from zoneplanner.exchange.vector.layers import read_foreign_rows

CRS = "EPSG:26910"
SQUARE = [[[-121.4, 38.6], [-121.3, 38.6], [-121.3, 38.7], [-121.4, 38.7], [-121.4, 38.6]]]
BOW_TIE = [[[-121.4, 38.6], [-121.3, 38.7], [-121.3, 38.6], [-121.4, 38.7], [-121.4, 38.6]]]
METERS = [[[640e3, 4.27e6], [641e3, 4.27e6], [641e3, 4.28e6], [640e3, 4.27e6]]]


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def feature(zone: object, rings: object, key: str = "zone") -> dict[str, object]:
    geometry = None if rings is None else {"type": "Polygon", "coordinates": rings}
    return {"type": "Feature", "properties": {key: zone}, "geometry": geometry}


def geojson(*features: object, **more: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features, **more})


def test_a_table_is_read_with_any_common_delimiter_and_heading(tmp_path: Path) -> None:
    rows = (AssignmentRow(2, "1", "S1"), AssignmentRow(4, "Del Campo, High", "S2"))
    for text in (
        'Site,Zone\n1,S1\n\n"Del Campo, High",S2\n',
        "\ufeffzone;other;site\r\nS1;x;1\r\n;;\r\nS2;y;Del Campo, High\r\n",
    ):
        assert read_zone_assignments(written(tmp_path / "plan.csv", text)).rows == rows


def test_windows_text_is_read(tmp_path: Path) -> None:
    file = written(tmp_path / "plan.csv", "site,zone\nPeña,S1\n".encode("cp1252"))
    assert read_zone_assignments(file).rows == (AssignmentRow(2, "Peña", "S1"),)


def test_what_is_no_table_of_sites_and_zones_is_refused_in_a_sentence(tmp_path: Path) -> None:
    for data, words in (
        (b"", "is empty"),
        (b"PK\x03\x04\x00\x00", "is not a table"),
        (b"school year,count\n1,2\n", "must have the columns site and zone"),
    ):
        with pytest.raises(UserError, match=words):
            read_zone_assignments(written(tmp_path / "plan.csv", data))
    with refused("no_file"):
        read_zone_assignments(tmp_path / "nowhere.csv")


def test_polygons_come_in_meters_and_crossed_ones_are_repaired(tmp_path: Path) -> None:
    text = geojson(feature("S1", SQUARE), feature("S2", BOW_TIE), feature("S3", None))
    one, two, three = read_zone_polygons(written(tmp_path / "zones.geojson", text), CRS)
    assert (one.row, one.zone, three.zone, three.area) == (1, "S1", "S3", None)
    assert one.area is not None and two.area is not None
    assert 95e6 < one.area.area < 98e6
    assert two.area.is_valid and 45e6 < two.area.area < 50e6


def test_the_zone_is_found_in_the_field_that_all_features_share(tmp_path: Path) -> None:
    text = geojson(feature("S1", SQUARE, "Name"), feature("S2", SQUARE, "Name"))
    found = read_zone_polygons(written(tmp_path / "zones.geojson", text), CRS)
    assert [own.zone for own in found] == ["S1", "S2"]


def test_polygons_in_the_projects_own_meters_stay_where_they_are(tmp_path: Path) -> None:
    own = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::26910"}}}
    file = written(tmp_path / "zones.geojson", geojson(feature("S1", METERS), **own))
    (found,) = read_zone_polygons(file, CRS)
    assert found.area is not None and found.area.bounds[0] == 640e3


def test_polygons_in_other_known_coordinates_are_brought_to_the_projects(tmp_path: Path) -> None:
    other = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}}
    mercator = [[[x, y] for x, y in ((-135e5, 466e4), (-134e5, 466e4), (-134e5, 467e4))]]
    mercator[0].append(mercator[0][0])
    file = written(tmp_path / "zones.geojson", geojson(feature("S1", mercator), **other))
    (found,) = read_zone_polygons(file, CRS)
    assert found.area is not None and 600e3 < found.area.centroid.x < 710e3


def test_a_polygon_that_crosses_itself_without_end_is_refused_and_costs_nothing_here(
    tmp_path: Path,
) -> None:
    corners = np.random.default_rng(0).uniform([-121.4, 38.6], [-121.3, 38.7], (5_000, 2))
    rings = [corners.round(6).tolist()]
    rings[0].append(rings[0][0])
    file = written(tmp_path / "zones.geojson", geojson(feature("S1", rings), feature("S2", SQUARE)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    scribble, square = read_zone_polygons(file, CRS)
    assert scribble.area is None and "crosses itself too often" in scribble.fault
    assert square.area is not None
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 100_000_000


def test_a_heading_in_quotation_marks_is_read_as_one_by_every_reader(tmp_path: Path) -> None:
    text = 'site;zone;"remarks, dates, initials, and, more"\n1;S1;none\n'
    file = written(tmp_path / "plan.csv", text)
    assert read_zone_assignments(file).rows == (AssignmentRow(2, "1", "S1"),)
    places = PlaceColumns(needed=False)
    found = read_foreign_rows(file, crs=CRS, places=places)
    assert found.columns == ("site", "zone", "remarks, dates, initials, and, more")


def test_what_is_no_geojson_of_zones_is_refused_in_a_sentence(tmp_path: Path) -> None:
    for text, words in (
        ("Dear planner", "is not the kind of file"),
        ("[1, 2]", "is not the kind of file"),
        (geojson(), "do not name their zones"),
        ("{" * 100_000, "cannot be read as a layer"),
        (geojson(feature("S1", SQUARE, "color")), "do not name their zones"),
        (geojson(feature("S1", METERS)), "coordinates are in degrees, but their values cannot be"),
    ):
        with pytest.raises(UserError, match=words):
            read_zone_polygons(written(tmp_path / "zones.geojson", text), CRS)
