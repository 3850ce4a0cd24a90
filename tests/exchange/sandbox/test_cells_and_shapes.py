"""Tables with coordinates, and the repair of shapes."""

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
from zoneplanner.messages import Message

with np.errstate(invalid="ignore"):
    NO_NUMBERS = shapely.linestrings([(0.0, 0.0), (float("nan"), 1.0)])


def read_rows(tmp_path: Path, data: bytes, **places: object) -> LocatedRows:
    path = tmp_path / "table.csv"
    path.write_bytes(data)
    wanted = PlaceColumns(**places)  # type: ignore[arg-type]
    return read_located_rows(read_table(path, path.name), path.name, most_rows=100, places=wanted)


def list_positions(found: LocatedRows) -> list[tuple[float, float] | None]:
    return [None if shape is None else shape.coords[0] for shape in found.shapes]  # type: ignore


def test_a_german_table_is_read_in_any_encoding(tmp_path: Path) -> None:
    data = "Name;Lat;Lon;Name\r\nGroße Straße;38,65;-121,30;zwei\r\n"
    for encoding in ("cp1252", "utf-8", "utf-8-sig", "utf-16"):
        found = read_rows(tmp_path, data.encode(encoding))
        assert list_positions(found) == [(-121.3, 38.65)]
        assert found.fields == ({"Name": "Große Straße", "Name 2": "zwei"},)


def test_x_and_y_are_degrees_only_if_all_values_could_be(tmp_path: Path) -> None:
    assert read_rows(tmp_path, b"x,y\n-121.3,38.6\n").crs == "EPSG:4326"
    assert read_rows(tmp_path, b"x,y\n-121.3,38.6\n640000,4270000\n").crs is None


def test_an_invalid_number_gives_no_position(tmp_path: Path) -> None:
    found = read_rows(
        tmp_path, b"lat,lon,id\nnan,1,a\n38.6,west,b\n38.6,-121.3,c\nshort\ninf,1,d\n"
    )
    assert list_positions(found) == [None, None, (-121.3, 38.6), None, None]


def test_wkt_shapes_are_read_with_their_coordinate_system(tmp_path: Path) -> None:
    data = b'id,WKT\n1,"SRID=26910;POINT (640000 4270000)"\n2,POLYGON ((1 2\n3,see map\n'
    found = read_rows(tmp_path, data)
    assert list_positions(found) == [(640000, 4270000), None, None]
    assert (found.crs, found.places) == ("EPSG:26910", ("WKT",))


def test_position_columns_can_be_chosen_or_omitted(tmp_path: Path) -> None:
    data = b"Rechts,Hoch,Wo\n-121.3,38.6,POINT (1 2)\n"
    assert list_positions(read_rows(tmp_path, data, x="Rechts", y="Hoch")) == [(-121.3, 38.6)]
    assert list_positions(read_rows(tmp_path, data, shape="Wo")) == [(1, 2)]
    assert list_positions(read_rows(tmp_path, data, needed=False)) == [None]
    with refused("unreadable_file.no_place_column", column="Links"):
        read_rows(tmp_path, data, x="Links", y="Hoch")


def test_oversized_tables_and_tables_without_coordinates_are_refused(tmp_path: Path) -> None:
    with refused("too_large.located_rows", most=100):
        read_rows(tmp_path, b"lat,lon\n" + b"1,2\n" * 101)
    with refused("unreadable_file.no_coordinates"):
        read_rows(tmp_path, b"name,street\nA,B\n")
    with refused("too_large.located_columns", most=500):
        read_rows(tmp_path, b"lat,lon" + b",x" * 1_000_000 + b"\n1,2\n")
    with refused("unreadable_file.no_table"):
        read_rows(tmp_path, b"lat,lon\n\0\0")


def test_many_shapes_are_repaired_like_single_ones() -> None:
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
        assert (each.shape, each.repaired, each.fault) == (
            own.shape,
            own.repaired,
            own.fault,
        )


def test_a_valid_shape_is_unchanged() -> None:
    area = box(0, 0, 10, 10)
    assert repair_shape(area).shape == area
    assert repair_shape(area).repaired is repair_shape(area).fault is None


def test_a_self_crossing_shape_is_repaired() -> None:
    found = repair_shape(Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]))
    assert found.shape is not None and found.shape.is_valid
    assert found.shape.area == pytest.approx(50)
    assert found.repaired == Message("shape_repaired.invalid", why="self-intersection")


def test_a_self_overlapping_area_stays_covered() -> None:
    corners = np.linspace(0, 4 * np.pi, 6)[:-1]
    star = Polygon(np.column_stack([np.cos(corners), np.sin(corners)]))
    found = repair_shape(star)
    assert found.shape is not None and found.shape.covers(Point(0, 0))


def test_a_shape_with_too_many_crossings_is_rejected() -> None:
    corners = np.random.default_rng(0).random((5_000, 2))
    scribble = Polygon(corners)
    assert estimate_crossings(scribble) > 1_000_000
    assert repair_shape(scribble).fault == Message("shape_rejected.too_many_crossings")
    around = np.linspace(0, 2 * np.pi, 50_000)
    coast = np.column_stack([np.cos(around), np.sin(around)])
    coast[100], coast[101] = coast[101].copy(), coast[100].copy()
    assert not Polygon(coast).is_valid and estimate_crossings(Polygon(coast)) < 1_000
    assert repair_shape(Polygon(coast)).shape is not None


def test_a_mixed_shape_keeps_its_highest_dimension() -> None:
    mixed = GeometryCollection([Point(0, 0), GeometryCollection([box(0, 0, 1, 1)])])
    found = repair_shape(mixed)
    assert found.shape == box(0, 0, 1, 1)
    assert found.repaired == Message("shape_repaired.only_areas")


@pytest.mark.parametrize(
    ("shape", "why"),
    [
        (None, "no_geometry"),
        (Point(), "no_geometry"),
        (GeometryCollection(), "no_geometry"),
        (NO_NUMBERS, "not_numbers"),
    ],
)
def test_empty_and_non_numeric_shapes_are_rejected(
    shape: shapely.Geometry | None, why: str
) -> None:
    found = repair_shape(shape)
    assert (found.shape, found.fault) == (None, Message(f"shape_rejected.{why}"))


def test_heights_are_dropped() -> None:
    found = repair_shape(MultiPoint([(0, 0, 5), (1, 1, 5)]))
    assert found.shape is not None and not found.shape.has_z
