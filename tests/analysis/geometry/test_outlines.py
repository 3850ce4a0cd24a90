"""Zone outlines and the pieces they are in."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pytest
import shapely
from builders import moved, project_from
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry import MultiPolygon, box

from zoneplanner.analysis.geometry.cells_and_outlines import (
    GRID_M,
    Cells,
    build_cells,
    build_zone_outlines,
    find_bordering_zones,
)
from zoneplanner.domain.geography.site import find_jurisdictions
from zoneplanner.domain.plans.plan import Plan, Zone
from zoneplanner.domain.project import Project
from zoneplanner.exchange.presets.bundled_district import build_bundled_project

GRID = st.lists(st.text(alphabet="AB.?,b_", min_size=4, max_size=4), min_size=2, max_size=4).map(
    "/".join
)


def build_cells_of(project: Project) -> Cells:
    placements = find_jurisdictions(project.sites, project.jurisdictions)
    return build_cells(project.patrolled, placements, project.blocks, project.jurisdictions)


def create_plan_and_cells(layout: str) -> tuple[Plan, Cells]:
    project = project_from(layout)
    return project.plans["plan"], build_cells_of(project)


def count_components(cells: Cells, members: Collection[int]) -> int:
    """The number of connected groups among some vertices of the neighbor graph."""
    row = {vertex: at for at, vertex in enumerate(sorted(members))}
    joined = [(row[i], row[j]) for i, j in cells.neighbors if i in row and j in row]
    ends = np.array(joined, dtype=int).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(row),) * 2)
    return int(connected_components(graph, directed=False)[0])


@pytest.fixture(scope="module")
def bundled() -> tuple[Project, Cells]:
    project = build_bundled_project(uid="u")
    return project, build_cells_of(project)


def test_a_zone_is_the_union_of_its_sites_cells() -> None:
    plan, cells = create_plan_and_cells("AAB / .BB")
    outline = build_zone_outlines(plan, cells).get("A")
    assert outline is not None
    assert outline.area.equals(box(0, -1000, 2000, 0).union(box(0, -2000, 1000, -1000)))
    assert outline.pieces == 1


def test_zones_that_meet_at_a_corner_are_in_two_pieces_each() -> None:
    outlines = build_zone_outlines(*create_plan_and_cells("AB / BA"))
    assert {zone: outline.pieces for zone, outline in outlines.items()} == {"A": 2, "B": 2}


def test_only_the_requested_zones_are_built() -> None:
    plan, cells = create_plan_and_cells("ABC")
    assert set(build_zone_outlines(plan, cells, only={"A", "C"})) == {"A", "C"}


def test_a_zone_without_a_site_has_no_outline() -> None:
    plan, cells = create_plan_and_cells("AB")
    emptied = replace(plan, assignment={"r1c1": "B", "r1c2": "B"})
    assert set(build_zone_outlines(emptied, cells)) == {"B"}
    assert "A" not in build_zone_outlines(emptied, cells)


def test_the_area_of_a_site_without_a_zone_is_in_no_zone() -> None:
    outlines = build_zone_outlines(*create_plan_and_cells("A?B"))
    assert sum(outline.area.area for outline in outlines.values()) == pytest.approx(2e6)


def test_a_free_block_moved_by_hand_goes_to_the_other_zone() -> None:
    plan, cells = create_plan_and_cells("A.B")
    by_hand = replace(plan, block_overrides={"B1-2": "B"})
    outlines = build_zone_outlines(by_hand, cells)
    assert outlines["A"].area.area == pytest.approx(1e6)
    assert outlines["B"].area.equals(box(1000, -1000, 3000, 0))


def test_a_detached_block_moved_by_hand_counts_as_a_piece() -> None:
    plan, cells = create_plan_and_cells("A.BB / A.BB")
    by_hand = replace(plan, block_overrides={"B1-2": "B"})
    assert build_zone_outlines(by_hand, cells)["B"].pieces == 1
    far = project_from(".AB")
    by_hand = replace(far.plans["plan"], block_overrides={"B1-1": "B"})
    assert build_zone_outlines(by_hand, build_cells_of(far))["B"].pieces == 2


def test_a_block_with_a_site_cannot_be_moved_by_hand() -> None:
    plan, cells = create_plan_and_cells("AB")
    by_hand = replace(plan, block_overrides={"B1-1": "B"})
    assert build_zone_outlines(by_hand, cells)["A"].area.equals(box(0, -1000, 1000, 0))


def test_a_detached_part_counts_as_area_but_not_as_a_piece() -> None:
    outline = build_zone_outlines(*create_plan_and_cells("A,.")).get("A")
    assert outline is not None
    assert outline.pieces == 1
    assert outline.area.area == pytest.approx(2e6)
    assert outline.body.equals(box(0, -1000, 1000, 0))
    assert [part.block for part in outline.detached] == ["B1-3"]


def test_the_cell_of_stacked_sites_in_two_zones_goes_to_the_first() -> None:
    project = moved(project_from("AB"), "r1c2", 500.0, -500.0)
    outlines = build_zone_outlines(project.plans["plan"], build_cells_of(project))
    assert set(outlines) == {"A"}
    assert outlines["A"].area.area == pytest.approx(2e6)


@settings(max_examples=60, deadline=None)
@given(GRID)
def test_outlines_cover_all_zoned_land_without_gap_or_overlap(layout: str) -> None:
    plan, cells = create_plan_and_cells(layout)
    outlines = build_zone_outlines(plan, cells)
    areas = [outline.area for outline in outlines.values()]
    assert shapely.coverage_is_valid(areas)
    zoned = [part.area for part in cells.parts if cells.vertices[part.vertex][0] in plan.assignment]
    covered, wanted = shapely.union_all(areas), shapely.union_all(zoned)
    assert covered.symmetric_difference(wanted).area == pytest.approx(0.0, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(GRID)
def test_the_pieces_of_an_outline_match_the_neighbor_graph(layout: str) -> None:
    plan, cells = create_plan_and_cells(layout)
    for zone, outline in build_zone_outlines(plan, cells).items():
        own = [v for v, ids in enumerate(cells.vertices) if plan.assignment.get(ids[0]) == zone]
        assert outline.pieces == count_components(cells, own)


@settings(max_examples=150, deadline=None)
@given(picked=st.sets(st.integers(0, 65), min_size=1))
def test_the_pieces_of_any_bundled_sites_match_the_neighbor_graph(
    bundled: tuple[Project, Cells], picked: set[int]
) -> None:
    _, cells = bundled
    assignment = {site: "Z" for vertex in picked for site in cells.vertices[vertex]}
    plan = Plan("p", "P", (Zone("Z", "Zone Z", "Z", 0),), assignment)
    outline = build_zone_outlines(plan, cells).get("Z")
    assert outline is not None
    assert outline.pieces == count_components(cells, picked)


@settings(max_examples=20, deadline=None)
@given(zones=st.lists(st.sampled_from("ABCDE"), min_size=66, max_size=66))
def test_bundled_zones_cover_both_agencies_areas_for_any_assignment(
    bundled: tuple[Project, Cells], zones: list[str]
) -> None:
    project, cells = bundled
    served = set(cells.jurisdiction)
    assignment = {
        site: zone for ids, zone in zip(cells.vertices, zones, strict=True) for site in ids
    }
    plan = Plan("p", "P", tuple(Zone(key, key, key, 0) for key in "ABCDE"), assignment)
    areas = [outline.area for outline in build_zone_outlines(plan, cells).values()]
    assert shapely.coverage_is_valid(areas)
    wanted = shapely.union_all(
        [block.area for block in project.blocks.values() if block.jurisdiction in served]
    )
    covered = shapely.coverage_union_all(shapely.get_parts(areas))
    assert covered.symmetric_difference(wanted).area < wanted.length * GRID_M


def test_zones_are_adjacent_along_a_border_but_not_at_a_corner() -> None:
    """Land without a school has a border too, and a street may separate two zones."""
    areas = {
        "A": box(0, 0, 1000, 1000),
        "B": box(1000.5, 0, 2000, 1000),
        "C": box(1000, 1000, 2000, 2000),
        "D": MultiPolygon([box(0, 5000, 9, 5009), box(0, 1000, 900, 2000)]),
    }
    beside = {"A": ("B", "D"), "B": ("A", "C"), "C": ("B",), "D": ("A",)}
    assert find_bordering_zones(areas) == beside
    assert find_bordering_zones({}) == {}
