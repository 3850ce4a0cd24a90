"""Hostile files that crash or trick ordinary readers are refused with a message."""

import json
import math
import multiprocessing
import sqlite3
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely
from builders import refused
from shapely.geometry import LineString, Point, Polygon
from vector_files import (
    AT,
    CRS,
    NEAR,
    point_geometry,
    write_geojson,
    write_shapefile,
    write_shapes,
    write_workbook,
    zip_files,
)

from zoneplanner.errors import UserError
from zoneplanner.exchange.vector.layers import ForeignRows, LayerLimits, read_foreign_rows
from zoneplanner.messages import Message

KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>{}</Placemark></Document></kml>'
SPOT = "<name>{}</name><Point><coordinates>-121.3,38.65</coordinates></Point>"


def read(path: Path, **options: object) -> ForeignRows:
    return read_foreign_rows(path, crs=CRS, near=NEAR, **options)  # type: ignore[arg-type]


def text(name: str, content: str | bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def packed(name: str, members: dict[str, str | bytes]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return folder / name

    return write


def write_link_in_zip(folder: Path) -> Path:
    member = zipfile.ZipInfo("stops.csv")
    member.external_attr = 0o120777 << 16
    with zipfile.ZipFile(folder / "link.zip", "w") as archive:
        archive.writestr(member, "/etc/passwd")
    return folder / "link.zip"


def write_zip_bomb(folder: Path) -> Path:
    """A small zip file that unpacks to 150 MB."""
    with (
        zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("a.geojson", "w") as member,
    ):
        member.write(b"{" + bytes(150_000_000))
    return folder / "bomb.zip"


def write_bad_offset(folder: Path) -> Path:
    """A workbook whose zip directory points outside the file."""
    path = write_workbook(folder / "bad.xlsx", [["lat", "lon"], [38.6, -121.3]])
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\5\6")
    data[at + 16 : at + 20] = (2**32 - 1).to_bytes(4, "little")
    path.write_bytes(data)
    return path


def write_deeply_nested_layer(folder: Path) -> Path:
    """A GeoPackage with a shape nested 200,000 levels deep."""
    path = write_shapes(folder / "deep.gpkg", [Point(AT)], layer="deep")
    head = b"GP\0\1" + struct.pack("<i", 4326)
    nested = (b"\1" + struct.pack("<II", 7, 1)) * 200_000 + shapely.to_wkb(Point(AT))
    return run_statement(path, "UPDATE deep SET geom = ?", head + nested)


def run_statement(path: Path, statement: str, *values: object) -> Path:
    base = sqlite3.connect(path)
    found = base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in found:
        base.execute(f'DROP TRIGGER "{name}"')
    base.execute(statement, values)
    base.commit()
    base.close()
    return path


def write_without_dbf(folder: Path) -> Path:
    path = write_shapefile(folder)
    path.with_suffix(".dbf").unlink()
    return path


def write_foreign_dbf(folder: Path) -> Path:
    path = write_shapefile(folder)
    (folder / "other").mkdir()
    other = write_shapes(folder / "other" / "o.shp", [Point(AT)])
    path.with_suffix(".dbf").write_bytes(other.with_suffix(".dbf").read_bytes())
    return path


def write_cut_shp(folder: Path) -> Path:
    path = write_shapefile(folder)
    path.write_bytes(path.read_bytes()[:-20])
    return path


def write_entity(folder: Path) -> Path:
    path = write_workbook(folder / "trap.xlsx", [["lat", "lon"], [38.6, -121.3]])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/theme/theme9.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    return path


BILLION = '<!DOCTYPE k [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>' + KML.format(
    SPOT.format("&b;")
)
OUTSIDE = '<!DOCTYPE k [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + KML.format(SPOT.format("&a;"))

REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "an empty file": (text("a.geojson", ""), "unreadable_file.empty"),
    "an empty table": (text("a.csv", ""), "unreadable_file.empty"),
    "only whitespace": (text("a.csv", " \n \n"), "unreadable_file.empty"),
    "a folder without a layer": (lambda folder: folder, "unreadable_file.nothing_in_zip"),
    "a picture": (text("a.png", b"\x89PNG"), "unreadable_file.no_layer_file"),
    "a table named as FlatGeobuf": (text("a.fgb", "lat,lon\n1,2\n"), "unreadable_file.other_kind"),
    "a GeoPackage named as GeoJSON": (
        text("a.geojson", b"SQLite format 3\0"),
        "unreadable_file.other_kind",
    ),
    "a text named as a workbook": (text("a.xlsx", "lat,lon\n1,2\n"), "unreadable_file.other_kind"),
    "a workbook that is another zip": (
        packed("a.xlsx", {"a.txt": "x"}),
        "unreadable_file.no_workbook",
    ),
    "a FlatGeobuf cut after its header": (
        text("a.fgb", b"fgb\x03fgb\x01\xff\xff\xff"),
        "unreadable_file.no_layer",
    ),
    "null bytes": (text("a.csv", b"lat,lon\n38.6,\0-121.3\n"), "unreadable_file.no_table"),
    "a million columns": (
        text("a.csv", "lat,lon" + ",x" * 10**6 + "\n1,2\n"),
        "too_large.located_columns",
    ),
    "no coordinate columns": (text("a.csv", "name\nA\n"), "unreadable_file.no_coordinates"),
    "an unclosed quotation mark": (
        text("a.csv", 'lat,lon\n1,"' + "x" * (10**7 + 1)),
        "unreadable_file.table_ends",
    ),
    "truncated JSON": (
        text("a.json", '{"type": "FeatureCollection", "features": [{'),
        "unreadable_file.layer",
    ),
    "JSON that is not a layer": (text("a.json", '{"a": 1}'), "unreadable_file.layer"),
    "a VRT that names a system file": (
        text(
            "a.geojson",
            '<OGRVRTDataSource><OGRVRTLayer name="p"><SrcDataSource>/etc/passwd'
            "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
        ),
        "unreadable_file.other_kind",
    ),
    "a KML entity bomb": (text("a.kml", BILLION), "unreadable_file.entities"),
    "a KML that names another file": (text("a.kml", OUTSIDE), "unreadable_file.entities"),
    "a KMZ with an entity bomb": (
        packed("a.kmz", {"doc.kml": BILLION}),
        "unreadable_file.entities",
    ),
    "a workbook pointing outside itself": (write_bad_offset, "unreadable_file.no_workbook_zip"),
    "a workbook with an entity": (write_entity, "unreadable_file.entities"),
    "a shapefile without .dbf": (write_without_dbf, "unreadable_file.sidecar_missing"),
    "a shapefile with another's .dbf": (write_foreign_dbf, "unreadable_file.parts_differ"),
    "a truncated .shp": (write_cut_shp, "unreadable_file.cut_short"),
    "a path out of the zip": (
        packed("a.zip", {"../a.csv": "lat,lon\n1,2\n"}),
        "unreadable_file.escaping_member",
    ),
    "a Windows path in a zip": (
        packed("a.zip", {"C:\\a.csv": "lat,lon\n1,2\n"}),
        "unreadable_file.escaping_member",
    ),
    "a link in a zip": (write_link_in_zip, "unreadable_file.escaping_member"),
    "a zip in a zip": (packed("a.zip", {"b.zip": b"PK"}), "unreadable_file.zip_in_zip"),
    "a zip without a layer": (
        packed("a.zip", {"a.txt.bak": "x"}),
        "unreadable_file.nothing_in_zip",
    ),
    "a zip of too many files": (
        packed("a.zip", {f"{n}.txt": "" for n in range(1001)}),
        "too_large.members",
    ),
    "a zip bomb": (write_zip_bomb, "too_large.unpacked"),
    "a deeply nested shape": (write_deeply_nested_layer, "unreadable_file.layer"),
}
FACTS = {
    "a million columns": {"most": 500},
    "a shapefile without .dbf": {"stem": "stops", "suffix": ".dbf"},
    "a shapefile with another's .dbf": {"shapes": 2, "rows": 1},
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_hostile_file_is_refused_and_leaves_nothing_behind(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, code = REFUSED[case]
    (tmp_path / "files").mkdir()
    (tmp_path / "scratch").mkdir()
    path = write(tmp_path / "files")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    with pytest.raises(UserError) as caught:
        read(path)
    facts = FACTS.get(case, {})
    assert caught.value.template == code
    assert {name: caught.value.details[name] for name in facts} == facts
    assert caught.value.message.endswith(".")
    assert "Traceback" not in str(caught.value.details)
    assert not multiprocessing.active_children()
    assert not list((tmp_path / "scratch").iterdir())


def test_a_file_that_changes_while_being_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("lat,lon\n38.6,-121.3\n")

    def report(_fraction: float, work: object) -> None:
        if work == Message("progress.copying", file="a.csv"):
            path.write_text("lat,lon\n38.6,-121.3\n38.7,-121.3\n")

    with refused("unreadable_file.changed"):
        read(path, report=report)


def test_a_shape_with_invalid_numbers_rejects_only_its_row(tmp_path: Path) -> None:
    with np.errstate(invalid="ignore"):
        bad = [
            Polygon([(0, 0), (math.nan, 1), (1, 1)]),
            LineString([(0, 0), (math.inf, 1)]),
        ]
    path = write_shapes(tmp_path / "a.gpkg", [Point(AT), Point(AT), Point(AT)], layer="a")
    head = b"GP\0\1" + struct.pack("<i", 4326)
    for row, shape in enumerate(bad, 2):
        run_statement(
            path, "UPDATE a SET geom = ? WHERE fid = ?", head + shapely.to_wkb(shape), row
        )
    found = read(path)
    assert [row.shape is None for row in found.rows] == [False, True, True]
    faults = {row.fault for row in found.rows[1:]}
    assert faults <= {Message(f"shape_rejected.{why}") for why in ("not_numbers", "no_geometry")}


def test_each_shape_is_repaired_or_rejected_on_its_own(tmp_path: Path) -> None:
    def area(*corners: list[float]) -> dict[str, object]:
        return {"type": "Polygon", "coordinates": [list(corners)]}

    x, y = AT
    path = write_geojson(
        tmp_path / "mixed.geojson",
        ({"type": "Point", "coordinates": [x, y, 12]}, {"name": "3D"}),
        (area([x, y], [x + 0.1, y]), {"name": "ring of 2"}),
        (area([x, y], [x + 0.1, y], [x, y + 0.1], [x + 0.1, y + 0.1], [x, y]), {"name": "bow"}),
        ({"type": "LineString", "coordinates": [[x, y], [x, y + 0.1]]}, {"name": "line"}),
        (point_geometry(0, 0), {"name": "null island"}),
        (area([179, 10], [-179, 10], [-179, 11], [179, 11], [179, 10]), {"name": "date line"}),
        (point_geometry(x, 95), {"name": "beyond the pole"}),
    )
    found = {row.fields["name"]: row for row in read(path).rows}
    assert len(found) == 7
    assert found["3D"].shape is not None and not found["3D"].shape.has_z
    assert found["ring of 2"].shape is None
    assert found["bow"].repaired.template == "shape_repaired.invalid"
    assert found["line"].shape is not None
    assert found["beyond the pole"].shape is None
    kept = [row.shape for row in found.values() if row.shape is not None]
    assert all(shape.is_valid and math.isfinite(shape.length) for shape in kept)


def test_measures_of_points_are_dropped(tmp_path: Path) -> None:
    data = 'name,wkt\nA,"POINT ZM (-121.3 38.65 5 6)"\nB,"POINT M (-121.3 38.65 5)"\n'
    found = read(text("a.csv", data)(tmp_path), source_crs="EPSG:4326")
    assert [row.shape.has_z for row in found.rows if row.shape] == [False, False]


def test_a_header_without_rows_gives_no_rows(tmp_path: Path) -> None:
    assert read(text("a.csv", "name,lat,lon\n")(tmp_path)).rows == ()


def test_triggers_and_stale_counts_of_a_geopackage_are_ignored(
    tmp_path: Path,
) -> None:
    path = write_shapes(tmp_path / "a.gpkg", [Point(AT)] * 3, layer="a")
    base = sqlite3.connect(path)
    base.execute("UPDATE gpkg_ogr_contents SET feature_count = 1")
    base.execute("CREATE TRIGGER trap AFTER UPDATE ON gpkg_ogr_contents BEGIN DELETE FROM a; END")
    base.commit()
    base.close()
    found = read(path)
    assert len(found.rows) == 3
    assert found.notes == (Message("trigger_not_run", trigger="trap", file="a.gpkg"),)


def test_a_geopackage_of_a_later_version_is_read(tmp_path: Path) -> None:
    path = write_shapes(tmp_path / "a.gpkg", [Point(AT)], layer="a")
    assert len(read(run_statement(path, "PRAGMA user_version = 20000")).rows) == 1


@pytest.mark.parametrize("ending", ["gpkg", "fgb", "geojson", "shp", "kml"])
def test_layers_in_every_gdal_format_are_read(ending: str, tmp_path: Path) -> None:
    found = read(
        write_shapes(tmp_path / f"stops.{ending}", [Point(AT), Point(AT[0] + 0.01, AT[1])])
    )
    names = [next(v for k, v in row.fields.items() if k.casefold() == "name") for row in found.rows]
    assert sorted(names) == ["Stop 1", "Stop 2"]
    assert found.crs == "EPSG:4326"
    assert [row.shape.distance(Point(647_940, 4_279_300)) < 1000 for row in found.rows if row.shape]


def test_title_rows_of_a_workbook_are_skipped(tmp_path: Path) -> None:
    rows = [
        ["Schools of the county"],
        [],
        ["CDSCode", "School", "Latitude", "Longitude", "Open"],
        ["34674473432051", "Del Campo High", 38.65, -121.3, True],
        [34674476032052, "Arden Middle", 38.6, -121.35, False],
    ]
    found = read(write_workbook(tmp_path / "schools.xlsx", rows))
    assert found.how == Message("table_format.sheet", sheet="Sheet")
    assert [dict(row.fields) for row in found.rows] == [
        {"CDSCode": "34674473432051", "School": "Del Campo High", "Open": "yes"},
        {"CDSCode": "34674476032052", "School": "Arden Middle", "Open": "no"},
    ]


def test_a_choice_is_required_among_several_sheets_or_files(tmp_path: Path) -> None:
    from zoneplanner.exchange.row_results import SeveralLayers

    rows = [["name", "lat", "lon"], ["A", 38.6, -121.3]]
    path = write_workbook(tmp_path / "two.xlsx", rows, other=rows)
    with pytest.raises(SeveralLayers) as asked:
        read(path)
    assert asked.value.names == ("Sheet", "other")
    assert len(read(path, sublayer="other").rows) == 1
    write_geojson(tmp_path / "stops.geojson", (point_geometry(), {}))
    with pytest.raises(SeveralLayers) as asked:
        read(tmp_path)
    assert asked.value.names == ("stops", "two")
    assert read(tmp_path, sublayer="stops").source == tmp_path.name


def test_any_layer_is_read_from_a_zip_file(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "stops.geojson", (point_geometry(), {"name": "A"}))
    assert len(read(zip_files(tmp_path / "a.zip", path)).rows) == 1
    base = write_shapes(tmp_path / "b.gpkg", [Point(AT)], layer="one")
    write_shapes(base, [Point(AT)], layer="two", append=True)
    both = zip_files(tmp_path / "b.zip", base)
    assert len(read(both, sublayer="two").rows) == 1


def test_a_polygon_with_too_many_vertices_is_refused(tmp_path: Path) -> None:
    ring = shapely.Point(AT).buffer(0.1, quad_segs=60_000)
    path = write_shapes(tmp_path / "round.fgb", [ring])
    with refused("too_large.vertices"):
        read(path, limits=LayerLimits(vertices=50_000))


def test_links_in_a_file_are_not_followed(tmp_path: Path) -> None:
    path = write_geojson(
        tmp_path / "a.geojson", (point_geometry(), {"name": "/vsicurl/http://example.org/x"})
    )
    data = json.loads(path.read_text())
    data["crs"] = {"type": "link", "properties": {"href": "http://example.org/crs"}}
    path.write_text(json.dumps(data))
    assert len(read(path, source_crs="EPSG:4326").rows) == 1


def test_many_rows_are_read_completely_and_in_order(tmp_path: Path) -> None:
    rows = (f"{at},{AT[1]},{AT[0] + at / 1e6}" for at in range(12_001))
    path = text("many.csv", "\n".join(["id,latitude,longitude", *rows]))(tmp_path)
    found = read(path, limits=LayerLimits(features=20_000, vertices=20_000))
    assert [row.fields["id"] for row in found.rows] == [str(at) for at in range(12_001)]
    assert all(row.shape is not None for row in found.rows)
