"""Layers in foreign files: what is imported, repaired or rejected, and why."""

import os
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from builders import refused
from shapely.geometry import Point, box
from vector_files import (
    AT,
    CRS,
    NEAR,
    point_geometry,
    write_endless_layer,
    write_geojson,
    write_shapefile,
    write_shapes,
    zip_files,
)

from zoneplanner.errors import Cancelled, UserError
from zoneplanner.exchange.row_results import SeveralLayers
from zoneplanner.exchange.vector.layers import ForeignLayer, LayerLimits, read_foreign_layer
from zoneplanner.messages import Message

BOW = {
    "type": "Polygon",
    "coordinates": [
        [[-121.3, 38.6], [-121.2, 38.7], [-121.2, 38.6], [-121.3, 38.7], [-121.3, 38.6]]
    ],
}


def read(path: Path, **options: object) -> ForeignLayer:
    return read_foreign_layer(path, crs=CRS, near=NEAR, **options)  # type: ignore[arg-type]


def test_every_repaired_and_rejected_row_is_reported(tmp_path: Path) -> None:
    path = write_geojson(
        tmp_path / "bus_stops.geojson",
        (point_geometry(), {"name": "Sunrise", "riders": 12, "note": None}),
        (None, {"name": "Nowhere"}),
        (BOW, {"name": "Bow"}),
        (point_geometry(2000, 38), {"name": "Off"}),
    )
    found = read(path)
    assert (found.title, found.source, found.crs) == ("Bus stops", path.name, "EPSG:4326")
    assert [item.name for item in found.features] == ["Sunrise", "Bow"]
    assert found.features[0].fields == {"name": "Sunrise", "riders": "12"}
    assert found.features[0].geometry.distance(Point(647_940, 4_279_300)) < 100
    assert found.features[1].geometry.is_valid
    assert found.read == 4
    (bow,) = found.repaired
    assert (bow.row, [note.template for note in bow.repaired]) == (3, ["shape_repaired.invalid"])
    assert [note.row for note in found.refused] == [2, 4]
    assert found.refused[0].remark == Message("shape_rejected.no_geometry")


def test_an_attribute_named_geometry_is_imported(tmp_path: Path) -> None:
    found = read(
        write_geojson(tmp_path / "a.geojson", (point_geometry(), {"geometry": "oval", "name": "A"}))
    )
    assert found.features[0].fields == {"geometry": "oval", "name": "A"}


def test_a_shapefile_without_a_crs_needs_one(tmp_path: Path) -> None:
    path = write_shapefile(tmp_path, with_crs=False)
    with refused("unknown_crs.shapefile"):
        read(path)
    found = read(path, source_crs="EPSG:4326")
    assert [item.fields["name"] for item in found.features] == ["Stop 1", "Stop 2"]
    with refused("unknown_crs.given"):
        read(path, source_crs="EPSG:1")


def test_a_shapefile_is_read_from_a_zip_file(tmp_path: Path) -> None:
    path = write_shapefile(tmp_path)
    parts = [path.with_suffix(end) for end in (".shp", ".shx", ".dbf", ".prj")]
    assert len(read(zip_files(tmp_path / "stops.zip", *parts)).features) == 2
    with refused("unreadable_file.part_missing", needed=".dbf"):
        read(zip_files(tmp_path / "bare.zip", *parts[:2]))


def test_a_geopackage_with_two_layers_needs_a_choice(tmp_path: Path) -> None:
    path = write_shapes(tmp_path / "city.gpkg", [Point(AT), Point(AT)], layer="stops")
    write_shapes(path, [box(-121.3, 38.6, -121.2, 38.7)], layer="parks", append=True)
    with sqlite3.connect(path) as base:
        base.execute("UPDATE gpkg_ogr_contents SET feature_count = 1")
    base.close()
    with pytest.raises(SeveralLayers) as asked:
        read(path)
    assert asked.value.names == ("stops", "parks")
    found = read(path, sublayer="stops")
    assert (found.title, found.read, len(found.features)) == ("Stops", 2, 2)


def test_a_google_earth_file_is_read(tmp_path: Path) -> None:
    kml = (
        '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
        "<name>Gate</name><Point><coordinates>-121.3,38.65,12</coordinates></Point>"
        "</Placemark></Document></kml>"
    )
    path = tmp_path / "gates.kmz"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("doc.kml", kml)
    found = read(path)
    assert [item.name for item in found.features] == ["Gate"]
    assert not found.features[0].geometry.has_z


def test_swapped_latitude_and_longitude_are_corrected_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "cameras.csv"
    path.write_text("name,lat,lon\nGate,-121.30,38.65\n,,\nNo place,,\n")
    found = read(path)
    assert found.warning == Message("coordinates_swapped")
    assert found.features[0].geometry.distance(Point(647_940, 4_279_300)) < 100
    assert [(note.row, note.remark) for note in found.refused] == [
        (4, Message("shape_rejected.no_geometry"))
    ]


def test_a_layer_far_from_the_project_is_read_with_a_warning(tmp_path: Path) -> None:
    found = read(write_geojson(tmp_path / "paris.geojson", (point_geometry(2.35, 48.85), {})))
    assert found.warning.template == "far_from_project"
    assert found.warning.facts["km"] == pytest.approx(9_439, abs=1)
    assert len(found.features) == 1


def test_meters_labeled_as_degrees_need_a_crs(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "metres.geojson", (point_geometry(647_940, 4_279_300), {}))
    with refused("unknown_crs.no_degrees"):
        read(path)
    assert read(path, source_crs=CRS).features[0].geometry.x == pytest.approx(647_940)


def test_a_file_cannot_include_another_file(tmp_path: Path) -> None:
    secret = write_geojson(tmp_path / "secret.geojson", (point_geometry(), {"name": "secret"}))
    path = tmp_path / "layer.geojson"
    layer = f'<OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer>'
    path.write_text(f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>")
    with refused("unreadable_file.other_kind"):
        read(path)
    path = tmp_path / "layer.kml"
    path.write_text(f"<OGRVRTDataSource><!-- <kml --> {layer}</OGRVRTDataSource>")
    with pytest.raises(UserError) as caught:
        read(path)
    assert caught.value.template == "unreadable_file.layer"
    assert tempfile.gettempdir() not in str(caught.value.details)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("letter.doc", b"Dear planner", "unreadable_file.no_layer_file"),
        ("letter.geojson", b"Dear planner", "unreadable_file.other_kind"),
        ("empty.gpkg", b"", "unreadable_file.empty"),
        ("letter.zip", b"Dear planner", "unreadable_file.no_zip"),
        ("letter.csv", b"Dear planner", "unreadable_file.no_coordinates"),
        ("alone.shp", b"\0\0\x27\x0a" + b"\0" * 96, "unreadable_file.sidecar_missing"),
    ],
)
def test_an_invalid_layer_file_is_refused_with_a_reason(
    tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with refused(code, file=name):
        read(path)


def test_links_addresses_folders_and_missing_files_are_never_opened(tmp_path: Path) -> None:
    real = write_geojson(tmp_path / "real.geojson", (point_geometry(), {}))
    link = tmp_path / "link.geojson"
    link.symlink_to(real)
    (tmp_path / "folder.geojson").mkdir()
    for path, code in (
        (link, "unreadable_file.link"),
        (tmp_path / "folder.geojson", "unreadable_file.no_file"),
        (tmp_path / "gone.geojson", "no_file"),
        (Path("https://example.org/layer.geojson"), "unreadable_file.address"),
        (Path("/vsicurl/https://example.org/layer.geojson"), "unreadable_file.address"),
    ):
        with refused(code):
            read(path)


def test_the_open_project_cannot_be_read_as_a_layer(tmp_path: Path) -> None:
    project = tmp_path / "project.gpkg"
    project.write_bytes(b"SQLite format 3\0")
    twin = tmp_path / "twin.gpkg"
    os.link(project, twin)
    for path in (project, twin):
        with refused("project_itself.file"):
            read(path, protected=[project])


def test_files_over_the_size_limits_are_refused(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "many.geojson", *[(point_geometry(), {})] * 20)
    with refused("too_large.copy"):
        read(path, limits=LayerLimits(file_bytes=100))
    with refused("too_large.rows", most=10):
        read(path, limits=LayerLimits(features=10))
    with refused("too_large.vertices", most=5):
        read(path, limits=LayerLimits(vertices=5))
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.shp", bytes(5_000_000))
    with refused("too_large.unpacked"):
        read(bomb, limits=LayerLimits(file_bytes=1_000_000))


def test_an_endless_layer_is_refused_after_the_time_limit(tmp_path: Path) -> None:
    with refused("too_large.time", seconds=1):
        read(write_endless_layer(tmp_path / "endless.gpkg"), limits=LayerLimits(seconds=1))


def test_a_file_that_needs_too_much_memory_is_refused(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "one.geojson", (point_geometry(), {}))
    small = replace(LayerLimits(), memory_bytes=150_000_000)
    with pytest.raises(UserError) as caught:
        read(path, limits=small)
    assert (
        caught.value.code == "unreadable_file"
    )  # the detail depends on where the library runs out


def test_reading_a_layer_can_be_canceled(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "one.geojson", (point_geometry(), {}))

    def report(_fraction: float, _text: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read(path, report=report)


def test_importing_the_vector_package_does_not_load_gdal() -> None:
    code = (
        "import sys, zoneplanner.exchange.vector;"
        "assert not {'pyogrio', 'pyproj', 'geopandas'} & set(sys.modules)"
    )
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


def test_areas_are_named_by_the_first_distinguishing_field(tmp_path: Path) -> None:
    areas = (
        (BOW, {"county": "Sacramento", "area": f"Trustee {n}", "seats": n + 1}) for n in range(3)
    )
    found = read(write_geojson(tmp_path / "trustees.geojson", *areas))
    assert [item.name for item in found.features] == ["Trustee 0", "Trustee 1", "Trustee 2"]
    stops = read(
        write_geojson(
            tmp_path / "stops.geojson",
            (point_geometry(), {"stop": "A"}),
            (point_geometry(), {"stop": "B"}),
        )
    )
    assert [item.name for item in stops.features] == ["", ""]
