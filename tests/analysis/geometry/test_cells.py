"""Cells of blocks, and which sites are neighbors."""

from collections import Counter
from dataclasses import replace

import pytest
import shapely
from builders import moved, project_from
from shapely.geometry import Polygon, box

from zoneplanner.analysis.geometry.cells_and_outlines import GRID_M, Cells, build_cells
from zoneplanner.domain.geography.site import Block, find_jurisdictions
from zoneplanner.domain.project import Project
from zoneplanner.exchange.presets.bundled_district import build_bundled_project


def build_cells_of(project: Project) -> Cells:
    """The cells of a project's patrolled sites, within its district."""
    placements = find_jurisdictions(project.sites, project.jurisdictions)
    district = next((f.geometry for f in project.features if f.layer == "district"), None)
    return build_cells(
        project.patrolled, placements, project.blocks, project.jurisdictions, district
    )


def list_neighbor_pairs(cells: Cells) -> set[tuple[str, str]]:
    """The neighbors by the id of each vertex' first site."""
    return {(cells.vertices[i][0], cells.vertices[j][0]) for i, j in cells.neighbors}


def find_cell(cells: Cells, site_id: str) -> Polygon:
    return cells.areas[cells.vertex_of[site_id]]


@pytest.fixture(scope="module")
def bundled() -> Project:
    return build_bundled_project(uid="u")


@pytest.fixture(scope="module")
def bundled_cells(bundled: Project) -> Cells:
    return build_cells_of(bundled)


def test_sites_are_neighbors_along_a_side_and_not_at_a_corner() -> None:
    cells = build_cells_of(project_from("AB / CD"))
    assert list_neighbor_pairs(cells) == {
        ("r1c1", "r1c2"),
        ("r1c1", "r2c1"),
        ("r1c2", "r2c2"),
        ("r2c1", "r2c2"),
    }


def test_a_cell_grows_over_free_blocks_nearest_along_shared_borders() -> None:
    cells = build_cells_of(project_from("A..B / .___ / .___"))
    assert find_cell(cells, "r1c1").area == pytest.approx(4e6)
    assert find_cell(cells, "r1c4").area == pytest.approx(2e6)


def test_a_block_with_two_sites_is_cut_midway_between_them() -> None:
    project = moved(project_from("AB"), "r1c2", 900.0, -500.0)
    cells = build_cells_of(project)
    assert find_cell(cells, "r1c1").area == pytest.approx(700 * 1000)
    assert list_neighbor_pairs(cells) == {("r1c1", "r1c2")}


def test_sites_at_one_position_are_one_vertex() -> None:
    cells = build_cells_of(moved(project_from("ABC"), "r1c2", 500.0, -500.0))
    assert cells.stacked_sites == (("r1c1", "r1c2"),)
    assert cells.vertex_of["r1c1"] == cells.vertex_of["r1c2"] == 0
    assert list_neighbor_pairs(cells) == {("r1c1", "r1c3")}


def test_a_cell_stays_in_its_jurisdiction_and_is_a_neighbor_across_the_line() -> None:
    cells = build_cells_of(project_from("A.,b"))
    assert find_cell(cells, "r1c1").equals(box(0, -1000, 2000, 0))
    assert cells.jurisdiction == ("county", "city")
    assert list_neighbor_pairs(cells) == {("r1c1", "r1c4")}


def test_an_unreachable_part_joins_the_nearest_cell_and_is_listed() -> None:
    cells = build_cells_of(project_from("AB,."))
    (cut_off,) = (part for part in cells.parts if part.detached)
    assert cut_off.block == "B1-4"
    assert cells.vertices[cut_off.vertex] == ("r1c2",)
    assert cells.detached_blocks == ("B1-4",)
    assert find_cell(cells, "r1c2").area == pytest.approx(1e6)


def test_blocks_of_a_jurisdiction_without_a_site_are_outside() -> None:
    cells = build_cells_of(project_from("AB,,"))
    assert cells.outside is not None
    assert cells.outside.equals(box(2000, -1000, 4000, 0))


def test_without_blocks_the_cells_are_voronoi_cells_within_the_jurisdiction() -> None:
    cells = build_cells_of(project_from("AAb / AAb", blocks=False))
    assert [area.area for area in cells.areas] == pytest.approx([1e6] * 6)
    assert find_cell(cells, "r1c3").equals(box(2000, -1000, 3000, 0))
    assert ("r1c2", "r1c3") in list_neighbor_pairs(cells)


def test_without_blocks_no_cell_leaves_the_district() -> None:
    project = project_from("AA", blocks=False)
    wide = replace(project.jurisdictions["county"], area=box(-9000, -9000, 9000, 9000))
    cells = build_cells_of(replace(project, jurisdictions={"county": wide}))
    assert sum(area.area for area in cells.areas) == pytest.approx(2e6)


def test_a_site_in_no_jurisdiction_has_an_empty_cell_and_no_neighbor() -> None:
    cells = build_cells_of(moved(project_from("ABC"), "r1c2", 50_000.0, 50_000.0))
    assert find_cell(cells, "r1c2").is_empty
    assert cells.jurisdiction == ("county", None, "county")
    assert list_neighbor_pairs(cells) == {("r1c1", "r1c3")}


def test_a_site_outside_its_jurisdictions_blocks_starts_from_the_nearest_block() -> None:
    project = project_from("AB.")
    blocks = {key: block for key, block in project.blocks.items() if key != "B1-1"}
    cells = build_cells_of(replace(project, blocks=blocks))
    assert find_cell(cells, "r1c1").bounds[0] == 1000.0
    assert find_cell(cells, "r1c1").area + find_cell(cells, "r1c2").area == pytest.approx(2e6)
    assert list_neighbor_pairs(cells) == {("r1c1", "r1c2")}


def test_two_sites_nearest_to_one_point_of_a_block_are_neighbors() -> None:
    project = project_from("A")
    other = replace(project.sites["r1c1"], id="far", x_m=-700.0, y_m=500.0)
    project = moved(project.with_site(other), "r1c1", -500.0, 300.0)
    placements = {
        key: replace(find_jurisdictions(project.sites, {})[key], jurisdiction="county")
        for key in project.sites
    }
    cells = build_cells(project.patrolled, placements, project.blocks, project.jurisdictions)
    assert cells.areas[0].area == pytest.approx(1e6)
    assert cells.areas[1].is_empty
    assert cells.neighbors == ((0, 1),)


def test_a_project_without_sites_has_no_cells() -> None:
    cells = build_cells([], {}, {}, {})
    assert cells.vertices == cells.parts == cells.neighbors == ()
    assert cells.outside is None


def test_a_gap_of_two_centimeters_between_blocks_is_closed() -> None:
    project = project_from(".. / AB / ..")
    narrow = Block("B2-2", "county", box(1000.02, -2000, 2000, -1000))
    cells = build_cells_of(replace(project, blocks={**project.blocks, "B2-2": narrow}))
    assert ("r2c1", "r2c2") in list_neighbor_pairs(cells)
    assert shapely.coverage_is_valid([part.area for part in cells.parts])
    assert sum(area.area for area in cells.areas) == pytest.approx(6e6)


def test_the_bundled_district_has_54_county_and_12_city_cells_of_one_polygon_each(
    bundled_cells: Cells,
) -> None:
    assert Counter(bundled_cells.jurisdiction) == {
        "Unincorporated Sacramento County": 54,
        "City of Citrus Heights": 12,
    }
    assert {area.geom_type for area in bundled_cells.areas} == {"Polygon"}


def test_the_bundled_district_has_126_county_and_24_city_pairs_of_neighbors(
    bundled_cells: Cells,
) -> None:
    kinds = Counter(
        tuple(sorted({bundled_cells.jurisdiction[i], bundled_cells.jurisdiction[j]}))
        for i, j in bundled_cells.neighbors
    )
    assert kinds["Unincorporated Sacramento County",] == 126
    assert kinds["City of Citrus Heights",] == 24


def test_the_bundled_parts_are_a_valid_coverage_of_all_blocks(
    bundled: Project, bundled_cells: Cells
) -> None:
    areas = [part.area for part in bundled_cells.parts]
    outside = list(shapely.get_parts(bundled_cells.outside))
    assert shapely.coverage_is_valid([*areas, *outside])
    district = shapely.unary_union([block.area for block in bundled.blocks.values()])
    tiled = shapely.coverage_union_all([*areas, *outside])
    assert tiled.symmetric_difference(district).area < district.length * GRID_M
    assert not tiled.interiors


def test_five_bundled_block_parts_are_cut_off_from_the_county(bundled_cells: Cells) -> None:
    assert bundled_cells.detached_blocks == ("B001", "B002", "B003", "B004", "B020")


def test_each_bundled_site_is_in_its_cell(bundled: Project, bundled_cells: Cells) -> None:
    for site in bundled.patrolled:
        assert find_cell(bundled_cells, site.id).intersects(site.point)


def test_the_same_sites_give_the_same_cells(bundled: Project, bundled_cells: Cells) -> None:
    again = build_cells_of(bundled)
    assert again.neighbors == bundled_cells.neighbors
    assert [area.wkb for area in again.areas] == [area.wkb for area in bundled_cells.areas]
