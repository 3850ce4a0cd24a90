"""Tables and polygons of zones made elsewhere: what is read, and what is refused whole."""

import json
from pathlib import Path

import pytest

from zoneplanner.errors import UserError
from zoneplanner.exchange.tables.zone_assignments import (
    AssignmentRow,
    read_zone_assignments,
    read_zone_polygons,
)

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
        assert read_zone_assignments(written(tmp_path / "plan.csv", text)) == rows


def test_windows_text_is_read(tmp_path: Path) -> None:
    file = written(tmp_path / "plan.csv", "site,zone\nPeña,S1\n".encode("cp1252"))
    assert read_zone_assignments(file) == (AssignmentRow(2, "Peña", "S1"),)


def test_what_is_no_table_of_sites_and_zones_is_refused_in_a_sentence(tmp_path: Path) -> None:
    for data, words in (
        (b"", "is no table"),
        (b"PK\x03\x04\x00\x00", "is no table"),
        (b"school year,count\n1,2\n", "needs a column site and a column zone"),
    ):
        with pytest.raises(UserError, match=words):
            read_zone_assignments(written(tmp_path / "plan.csv", data))
    with pytest.raises(UserError, match="cannot be read"):
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


def test_what_is_no_geojson_of_zones_is_refused_in_a_sentence(tmp_path: Path) -> None:
    other = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}}
    for text, words in (
        ("Dear planner", "is no GeoJSON file of zones"),
        ("[1, 2]", "is no GeoJSON file of zones"),
        (geojson(), "is no GeoJSON file of zones"),
        ("[" * 100_000, "is no GeoJSON file of zones"),
        (geojson(feature("S1", SQUARE, "color")), "name no zone"),
        (geojson(feature("S1", SQUARE), **other), "is in urn:ogc:def:crs:EPSG::3857; export it"),
        (geojson(feature("S1", METERS)), "is in no longitude and latitude; export it"),
    ):
        with pytest.raises(UserError, match=words):
            read_zone_polygons(written(tmp_path / "zones.geojson", text), CRS)
