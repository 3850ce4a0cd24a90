"""Zones made in other programs, as tables and polygons: what is read and what is refused."""

import json
import resource
from pathlib import Path

import numpy as np
from builders import refused

from zoneplanner.exchange.sandbox.located_rows import PlaceColumns
from zoneplanner.exchange.tables.zone_assignments import (
    AssignmentRow,
    read_zone_assignments,
    read_zone_polygons,
)
from zoneplanner.exchange.vector.layers import read_foreign_rows
from zoneplanner.messages import Message

CRS = "EPSG:26910"
SQUARE = [[[-121.4, 38.6], [-121.3, 38.6], [-121.3, 38.7], [-121.4, 38.7], [-121.4, 38.6]]]
BOW_TIE = [[[-121.4, 38.6], [-121.3, 38.7], [-121.3, 38.6], [-121.4, 38.7], [-121.4, 38.6]]]
METERS = [[[640e3, 4.27e6], [641e3, 4.27e6], [641e3, 4.28e6], [640e3, 4.27e6]]]


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def build_feature(zone: object, rings: object, key: str = "zone") -> dict[str, object]:
    geometry = None if rings is None else {"type": "Polygon", "coordinates": rings}
    return {"type": "Feature", "properties": {key: zone}, "geometry": geometry}


def format_geojson(*features: object, **more: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features, **more})


def test_a_zone_table_is_read_with_any_common_delimiter(tmp_path: Path) -> None:
    rows = (AssignmentRow(2, "1", "S1"), AssignmentRow(4, "Del Campo, High", "S2"))
    for text in (
        'Site,Zone\n1,S1\n\n"Del Campo, High",S2\n',
        "\ufeffzone;other;site\r\nS1;x;1\r\n;;\r\nS2;y;Del Campo, High\r\n",
    ):
        assert read_zone_assignments(write(tmp_path / "plan.csv", text)).rows == rows


def test_windows_1252_text_is_read(tmp_path: Path) -> None:
    file = write(tmp_path / "plan.csv", "site,zone\nPeña,S1\n".encode("cp1252"))
    assert read_zone_assignments(file).rows == (AssignmentRow(2, "Peña", "S1"),)


def test_an_invalid_zone_table_is_refused_with_a_reason(tmp_path: Path) -> None:
    for data, code in (
        (b"", "unreadable_file.empty"),
        (b"PK\x03\x04\x00\x00", "unreadable_file.no_table"),
        (b"school year,count\n1,2\n", "unreadable_file.no_site_and_zone"),
    ):
        with refused(code, file="plan.csv"):
            read_zone_assignments(write(tmp_path / "plan.csv", data))
    with refused("no_file"):
        read_zone_assignments(tmp_path / "nowhere.csv")


def test_zone_polygons_are_projected_and_repaired(tmp_path: Path) -> None:
    text = format_geojson(
        build_feature("S1", SQUARE), build_feature("S2", BOW_TIE), build_feature("S3", None)
    )
    one, two, three = read_zone_polygons(write(tmp_path / "zones.geojson", text), CRS)
    assert (one.row, one.zone, three.zone, three.area) == (1, "S1", "S3", None)
    assert one.area is not None and two.area is not None
    assert 95e6 < one.area.area < 98e6
    assert two.area.is_valid and 45e6 < two.area.area < 50e6


def test_zone_names_come_from_the_field_that_all_features_share(tmp_path: Path) -> None:
    text = format_geojson(build_feature("S1", SQUARE, "Name"), build_feature("S2", SQUARE, "Name"))
    found = read_zone_polygons(write(tmp_path / "zones.geojson", text), CRS)
    assert [own.zone for own in found] == ["S1", "S2"]


def test_polygons_in_the_projects_crs_are_unchanged(tmp_path: Path) -> None:
    own = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::26910"}}}
    file = write(tmp_path / "zones.geojson", format_geojson(build_feature("S1", METERS), **own))
    (found,) = read_zone_polygons(file, CRS)
    assert found.area is not None and found.area.bounds[0] == 640e3


def test_polygons_in_another_crs_are_reprojected(tmp_path: Path) -> None:
    other = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}}
    mercator = [[[x, y] for x, y in ((-135e5, 466e4), (-134e5, 466e4), (-134e5, 467e4))]]
    mercator[0].append(mercator[0][0])
    file = write(tmp_path / "zones.geojson", format_geojson(build_feature("S1", mercator), **other))
    (found,) = read_zone_polygons(file, CRS)
    assert found.area is not None and 600e3 < found.area.centroid.x < 710e3


def test_a_polygon_with_too_many_crossings_is_rejected_with_little_memory(
    tmp_path: Path,
) -> None:
    corners = np.random.default_rng(0).uniform([-121.4, 38.6], [-121.3, 38.7], (5_000, 2))
    rings = [corners.round(6).tolist()]
    rings[0].append(rings[0][0])
    file = write(
        tmp_path / "zones.geojson",
        format_geojson(build_feature("S1", rings), build_feature("S2", SQUARE)),
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    scribble, square = read_zone_polygons(file, CRS)
    assert (scribble.area, scribble.fault) == (
        None,
        Message("shape_rejected.too_many_crossings"),
    )
    assert square.area is not None
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 100_000_000


def test_every_reader_reads_a_quoted_heading_as_one_column(tmp_path: Path) -> None:
    text = 'site;zone;"remarks, dates, initials, and, more"\n1;S1;none\n'
    file = write(tmp_path / "plan.csv", text)
    assert read_zone_assignments(file).rows == (AssignmentRow(2, "1", "S1"),)
    places = PlaceColumns(needed=False)
    found = read_foreign_rows(file, crs=CRS, places=places)
    assert found.columns == ("site", "zone", "remarks, dates, initials, and, more")


def test_invalid_zone_geojson_is_refused_with_a_reason(tmp_path: Path) -> None:
    for text, code in (
        ("Dear planner", "unreadable_file.other_kind"),
        ("[1, 2]", "unreadable_file.other_kind"),
        (format_geojson(), "unreadable_file.no_zone_field"),
        ("{" * 100_000, "unreadable_file.layer"),
        (format_geojson(build_feature("S1", SQUARE, "color")), "unreadable_file.no_zone_field"),
        (format_geojson(build_feature("S1", METERS)), "unknown_crs.no_degrees"),
    ):
        with refused(code, file="zones.geojson"):
            read_zone_polygons(write(tmp_path / "zones.geojson", text), CRS)
