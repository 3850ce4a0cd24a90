"""Tables with coordinates and shapes made fit to keep."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import GeometryCollection, MultiPoint, Point, Polygon, box

from zoneplanner.errors import UserError
from zoneplanner.exchange.vector_csv import read_table
from zoneplanner.exchange.vector_shapes import tidied

with np.errstate(invalid="ignore"):
    NO_NUMBERS = shapely.linestrings([(0.0, 0.0), (float("nan"), 1.0)])


def table(tmp_path: Path, data: bytes) -> list[tuple[object, dict[str, str]]]:
    path = tmp_path / "table.csv"
    path.write_bytes(data)
    return list(read_table(path, "table.csv", 100)[0])


def test_a_table_of_a_german_spreadsheet_is_read(tmp_path: Path) -> None:
    data = "Name;Lat;Lon;Name\r\nGroße Straße;38,65;-121,30;zwei\r\n".encode("cp1252")
    assert table(tmp_path, data) == [((-121.3, 38.65), {"Name": "Große Straße", "Name 2": "zwei"})]


def test_x_and_y_are_degrees_only_where_all_could_be(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("x,y\n-121.3,38.6\n")
    assert read_table(path, path.name, 10)[1] == "EPSG:4326"
    path.write_text("x,y\n-121.3,38.6\n640000,4270000\n")
    assert read_table(path, path.name, 10)[1] is None


def test_a_cell_that_is_no_number_gives_no_position(tmp_path: Path) -> None:
    rows = table(tmp_path, b"lat,lon,id\nnan,1,a\n38.6,west,b\n38.6,-121.3,c\nshort\n")
    assert [spot for spot, _ in rows] == [None, None, (-121.3, 38.6), None]


def test_too_many_rows_and_no_coordinates_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="more than 100 rows"):
        table(tmp_path, b"lat,lon\n" + b"1,2\n" * 101)
    with pytest.raises(UserError, match="no columns of coordinates"):
        table(tmp_path, b"name,street\nA,B\n")
    with pytest.raises(UserError, match="no table"):
        table(tmp_path, b"lat,lon\n\0\0")


def test_a_good_shape_stays_the_same() -> None:
    area = box(0, 0, 10, 10)
    assert tidied(area).shape == area
    assert tidied(area).repaired == tidied(area).refused == ""


def test_a_shape_that_crosses_itself_is_mended() -> None:
    found = tidied(Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]))
    assert found.shape is not None and found.shape.is_valid
    assert found.shape.area == pytest.approx(50)
    assert found.repaired == "was not valid (self-intersection)"


def test_of_mixed_shapes_the_largest_kind_is_kept() -> None:
    mixed = GeometryCollection([Point(0, 0), GeometryCollection([box(0, 0, 1, 1)])])
    found = tidied(mixed)
    assert found.shape == box(0, 0, 1, 1)
    assert "only its areas are kept" in found.repaired


@pytest.mark.parametrize(
    "shape",
    [None, Point(), GeometryCollection(), NO_NUMBERS],
)
def test_nothing_and_no_numbers_are_refused(shape: shapely.Geometry | None) -> None:
    found = tidied(shape)
    assert found.shape is None
    assert found.refused.startswith("has ")


def test_heights_are_left_out() -> None:
    found = tidied(MultiPoint([(0, 0, 5), (1, 1, 5)]))
    assert found.shape is not None and not found.shape.has_z
