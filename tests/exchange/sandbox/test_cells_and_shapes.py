"""Tables with coordinates and shapes made fit to keep."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from builders import refused
from shapely.geometry import GeometryCollection, MultiPoint, Point, Polygon, box

from zoneplanner.exchange.sandbox.layer_reader import (
    estimate_crossings,
    repair_shape,
    repair_shapes,
)
from zoneplanner.exchange.sandbox.located_rows import LocatedRows, PlaceColumns, read_located_rows
from zoneplanner.exchange.sandbox.table_reader import read_table

with np.errstate(invalid="ignore"):
    NO_NUMBERS = shapely.linestrings([(0.0, 0.0), (float("nan"), 1.0)])


def table(tmp_path: Path, data: bytes, **places: object) -> LocatedRows:
    path = tmp_path / "table.csv"
    path.write_bytes(data)
    wanted = PlaceColumns(**places)  # type: ignore[arg-type]
    return read_located_rows(read_table(path, path.name), path.name, most_rows=100, places=wanted)


def spots(found: LocatedRows) -> list[tuple[float, float] | None]:
    return [None if shape is None else shape.coords[0] for shape in found.shapes]  # type: ignore


def test_a_table_of_a_german_spreadsheet_is_read(tmp_path: Path) -> None:
    data = "Name;Lat;Lon;Name\r\nGroße Straße;38,65;-121,30;zwei\r\n"
    for encoding in ("cp1252", "utf-8", "utf-8-sig", "utf-16"):
        found = table(tmp_path, data.encode(encoding))
        assert spots(found) == [(-121.3, 38.65)]
        assert found.fields == ({"Name": "Große Straße", "Name 2": "zwei"},)


def test_x_and_y_are_degrees_only_where_all_could_be(tmp_path: Path) -> None:
    assert table(tmp_path, b"x,y\n-121.3,38.6\n").crs == "EPSG:4326"
    assert table(tmp_path, b"x,y\n-121.3,38.6\n640000,4270000\n").crs is None


def test_a_cell_that_is_no_number_gives_no_position(tmp_path: Path) -> None:
    found = table(tmp_path, b"lat,lon,id\nnan,1,a\n38.6,west,b\n38.6,-121.3,c\nshort\ninf,1,d\n")
    assert spots(found) == [None, None, (-121.3, 38.6), None, None]


def test_shapes_as_text_are_read_with_the_system_that_they_name(tmp_path: Path) -> None:
    data = b'id,WKT\n1,"SRID=26910;POINT (640000 4270000)"\n2,POLYGON ((1 2\n3,see map\n'
    found = table(tmp_path, data)
    assert spots(found) == [(640000, 4270000), None, None]
    assert (found.crs, found.places) == ("EPSG:26910", ("WKT",))


def test_columns_for_the_place_can_be_named_or_done_without(tmp_path: Path) -> None:
    data = b"Rechts,Hoch,Wo\n-121.3,38.6,POINT (1 2)\n"
    assert spots(table(tmp_path, data, x="Rechts", y="Hoch")) == [(-121.3, 38.6)]
    assert spots(table(tmp_path, data, shape="Wo")) == [(1, 2)]
    assert spots(table(tmp_path, data, needed=False)) == [None]
    with refused("unreadable_file.no_place_column", column="Links"):
        table(tmp_path, data, x="Links", y="Hoch")


def test_too_many_rows_columns_and_no_coordinates_are_refused(tmp_path: Path) -> None:
    with refused("too_large.located_rows", most=100):
        table(tmp_path, b"lat,lon\n" + b"1,2\n" * 101)
    with refused("unreadable_file.no_coordinates"):
        table(tmp_path, b"name,street\nA,B\n")
    with refused("too_large.located_columns", most=500):
        table(tmp_path, b"lat,lon" + b",x" * 1_000_000 + b"\n1,2\n")
    with refused("unreadable_file.no_table"):
        table(tmp_path, b"lat,lon\n\0\0")


def test_many_shapes_are_tidied_like_each_of_them() -> None:
    shapes = [
        box(0, 0, 1, 1),
        None,
        Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]),
        GeometryCollection([Point(0, 0), box(0, 0, 1, 1)]),
        shapely.linearrings([(0, 0), (1, 0), (1, 1)]),
        Point(1, 2, 3),
        NO_NUMBERS,
    ]
    for each, own in zip(repair_shapes(shapes), map(repair_shape, shapes), strict=True):
        assert (each.shape, each.repaired, each.rejection) == (
            own.shape,
            own.repaired,
            own.rejection,
        )


def test_a_good_shape_stays_the_same() -> None:
    area = box(0, 0, 10, 10)
    assert repair_shape(area).shape == area
    assert repair_shape(area).repaired == repair_shape(area).rejection == ""


def test_a_shape_that_crosses_itself_is_fixed() -> None:
    found = repair_shape(Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]))
    assert found.shape is not None and found.shape.is_valid
    assert found.shape.area == pytest.approx(50)
    assert found.repaired == "was not valid (self-intersection)"


def test_where_an_area_laps_over_itself_it_stays_covered() -> None:
    corners = np.linspace(0, 4 * np.pi, 6)[:-1]
    star = Polygon(np.column_stack([np.cos(corners), np.sin(corners)]))
    found = repair_shape(star)
    assert found.shape is not None and found.shape.covers(Point(0, 0))


def test_a_shape_that_crosses_itself_without_end_is_refused_at_once() -> None:
    corners = np.random.default_rng(0).random((5_000, 2))
    scribble = Polygon(corners)
    assert estimate_crossings(scribble) > 1_000_000
    assert repair_shape(scribble).rejection == "crosses itself too often to be repaired"
    around = np.linspace(0, 2 * np.pi, 50_000)
    coast = np.column_stack([np.cos(around), np.sin(around)])
    coast[100], coast[101] = coast[101].copy(), coast[100].copy()
    assert not Polygon(coast).is_valid and estimate_crossings(Polygon(coast)) < 1_000
    assert repair_shape(Polygon(coast)).shape is not None


def test_of_mixed_shapes_the_largest_kind_is_kept() -> None:
    mixed = GeometryCollection([Point(0, 0), GeometryCollection([box(0, 0, 1, 1)])])
    found = repair_shape(mixed)
    assert found.shape == box(0, 0, 1, 1)
    assert "only its areas are kept" in found.repaired


@pytest.mark.parametrize(
    "shape",
    [None, Point(), GeometryCollection(), NO_NUMBERS],
)
def test_nothing_and_no_numbers_are_refused(shape: shapely.Geometry | None) -> None:
    found = repair_shape(shape)
    assert found.shape is None
    assert found.rejection.startswith("has ")


def test_heights_are_left_out() -> None:
    found = repair_shape(MultiPoint([(0, 0, 5), (1, 1, 5)]))
    assert found.shape is not None and not found.shape.has_z
