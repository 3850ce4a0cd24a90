"""Faces from polygons that touch, overlap or leave gaps."""

import pytest
import shapely
from shapely.geometry import Point, box

from zoneplanner.analysis.geometry.cells_and_outlines import measure_borders, tile_polygons


def test_pieces_that_touch_along_parts_of_a_side_share_the_border_between_them() -> None:
    faces, owners = tile_polygons([box(0, 0, 100, 100), box(100, 40, 200, 240)], {})
    assert owners == [0, 1]
    assert measure_borders(faces) == {(0, 1): pytest.approx(60.0)}


def test_pieces_that_touch_at_a_corner_share_no_border() -> None:
    faces, _ = tile_polygons([box(0, 0, 100, 100), box(100, 100, 200, 200)], {})
    assert measure_borders(faces) == {}


def test_an_overlap_belongs_to_the_first_piece() -> None:
    faces, owners = tile_polygons([box(0, 0, 100, 100), box(90, 0, 200, 100)], {})
    assert shapely.coverage_is_valid(faces)
    areas = {0: 0.0, 1: 0.0}
    for face, owner in zip(faces, owners, strict=True):
        areas[owner] += face.area
    assert areas == {0: pytest.approx(10_000.0), 1: pytest.approx(10_000.0)}


def test_a_sliver_of_overlap_is_no_separate_face() -> None:
    faces, owners = tile_polygons([box(0, 0, 100, 100), box(99.9, 0, 200, 100)], {})
    assert owners == [0, 1]
    assert sum(face.area for face in faces) == pytest.approx(20_000.0)


def test_a_wide_hole_between_pieces_remains() -> None:
    ring = box(0, 0, 300, 300).difference(box(100, 100, 200, 200))
    faces, owners = tile_polygons([ring], {})
    assert owners == [0]
    assert faces[0].area == pytest.approx(80_000.0)


def test_a_piece_is_divided_between_its_seeds() -> None:
    seeds = {0: [Point(10, 50), Point(50, 50), Point(90, 50)]}
    faces, owners = tile_polygons([box(0, 0, 100, 100), box(100, 0, 200, 100)], seeds)
    assert owners == [0, 0, 0, 1]
    assert sorted(face.area for face in faces) == pytest.approx([3000, 3000, 4000, 10_000])
    assert shapely.coverage_is_valid(faces)


def test_no_pieces_give_no_faces() -> None:
    assert tile_polygons([], {}) == ([], [])
    assert measure_borders([]) == {}
