"""Slivers and hooks of zones are noted, with a fix if blocks can go to the adjacent zone."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from builders import OpenSession, project_from
from shapely import affinity
from shapely.geometry import LineString, box

from zoneplanner.analysis.geometry.basemap import BasemapFeatures, pack_basemap
from zoneplanner.analysis.geometry.cells_and_outlines import find_narrow_strips
from zoneplanner.app.data.edits import set_data_row
from zoneplanner.app.exports.file_export import export_file
from zoneplanner.app.plans.plan_fixes import find_fix
from zoneplanner.app.plans.zone_edges import list_edge_notes, list_grid_notes
from zoneplanner.app.publishing.handout import collect_handout
from zoneplanner.app.session.state import ProjectState, derive_state
from zoneplanner.domain.geography.basemap import ProjectBasemap
from zoneplanner.domain.locale_formats import Preferences
from zoneplanner.domain.plans.edits import assign_sites
from zoneplanner.domain.project import Feature, Layer, Project


def test_a_narrow_strip_is_distinguished_from_corners_and_odd_shapes() -> None:
    square = box(0, 0, 5000, 5000)
    hook = box(5000, 0, 9000, 400).union(square)
    (found,) = find_narrow_strips({"A": square, "B": hook})
    assert found.zone == "B"
    assert found.width_m == pytest.approx(400, rel=0.1)
    assert found.length_m == pytest.approx(4000, rel=0.1)
    star = shapely.Point(0, 0).buffer(3000, quad_segs=2)
    assert not list(find_narrow_strips({"A": star, "B": box(0, 0, 900, 9000)}))


def halve_squares(project: Project) -> Project:
    """Return a project of squares of half a kilometer."""

    def half(shape: shapely.Geometry) -> shapely.Geometry:
        return affinity.scale(shape, 0.5, 0.5, origin=(0, 0))

    return replace(
        project,
        sites={k: replace(s, x_m=s.x_m / 2, y_m=s.y_m / 2) for k, s in project.sites.items()},
        blocks={k: replace(b, area=half(b.area)) for k, b in project.blocks.items()},
        jurisdictions={k: replace(j, area=half(j.area)) for k, j in project.jurisdictions.items()},
        features=tuple(replace(f, geometry=half(f.geometry)) for f in project.features),
    )


def read_state(project: Project) -> ProjectState:
    """Return what follows from a project and its plan."""
    return derive_state(project, project.plans["plan"])


def test_a_strip_without_a_school_is_noted_and_fixed_by_moving_its_blocks() -> None:
    project = halve_squares(project_from("AA.... / AABBBB / AABBBB"))
    strip = {f"B1-{column}": "A" for column in range(3, 7)}
    project = project.with_plan(replace(project.plans["plan"], block_overrides=strip))
    state = read_state(project)
    (note,) = list_edge_notes(state)
    assert (note.template, note.where["zone"]) == ("narrow_strip", "A")
    assert note.where["blocks"].split(";") == list(strip)
    assert note.facts["width_m"] == pytest.approx(500, rel=0.1)
    fix = find_fix(state, note)
    assert fix is not None
    after = fix.edit(project)
    assert set(after.plans["plan"].block_overrides.values()) == {"B"}
    assert list_edge_notes(read_state(after)) == ()


def test_a_hook_that_reaches_one_school_is_noted_without_a_fix() -> None:
    project = halve_squares(project_from("AA...A / AABBBB / AABBBB"))
    strip = {f"B1-{column}": "A" for column in range(3, 6)}
    state = read_state(project.with_plan(replace(project.plans["plan"], block_overrides=strip)))
    (note,) = list_edge_notes(state)
    assert (note.template, note.where["site"]) == ("narrow_strip.one_site", "r1c6")
    assert find_fix(state, note) is None


def test_grid_drives_across_a_freeway_are_noted_until_roads_are_imported() -> None:
    project = project_from("AAAA / AAAA")
    shapes = np.empty(1, dtype=object)
    shapes[0] = LineString([(-500, -1000), (4500, -1000)])
    data = pack_basemap({"freeway": BasemapFeatures(shapes, ("",), ("I 80",))})
    basemap = ProjectBasemap("c.pbf", "", "", hashlib.sha256(data).hexdigest(), {}, data)
    assert list_grid_notes(read_state(project)) == ()
    (note,) = list_grid_notes(read_state(replace(project, basemap=basemap)))
    assert (note.code, note.facts["drives"], note.facts["of"]) == ("grid_crosses", 4, 7)
    layer = Layer("own-1", "Barriers: closed bridge", own=True)
    fence = Feature("own-1", "", shapes[0])
    closed = replace(
        project, layers={**project.layers, "own-1": layer}, features=(*project.features, fence)
    )
    (note,) = list_grid_notes(read_state(closed))  # a user's barrier needs no basemap
    assert (note.facts["drives"], "barrier" in note.text) == (4, True)


def create_streets_project(layout: str, *verticals_m: float) -> Project:
    """Return a project with streets from north to south at some eastings, and one across."""
    project = project_from(layout)
    lines = [LineString([(x, -9_000), (x, 9_000)]) for x in verticals_m]
    lines.append(LineString([(-9_000, -1_000), (19_000, -1_000)]))
    shapes = np.empty(len(lines), dtype=object)
    shapes[:] = lines
    none = ("",) * len(lines)
    data = pack_basemap({"local": BasemapFeatures(shapes, none, none)})
    basemap = ProjectBasemap("c.pbf", "", "", hashlib.sha256(data).hexdigest(), {}, data)
    return replace(project, basemap=basemap)


def find_east_end(state: ProjectState, zone: str = "A") -> float:
    return float(state.outlines[zone].area.bounds[2])


def test_edges_follow_streets_if_both_sides_are_free(
    open_session: OpenSession, tmp_path: Path
) -> None:
    session = open_session(create_streets_project("AA..BB / AA..BB", 2_600, 3_300))
    assert find_east_end(session.state) == 3_000
    set_data_row(session, "preference", "office", {"edges": "streets"})
    assert find_east_end(session.state) == pytest.approx(3_300, abs=0.1)
    assert session.state.outlines["B"].area.bounds[0] == pytest.approx(3_300, abs=0.1)
    assert session.state.block_outlines["A"].area.bounds[2] == 3_000
    handout = collect_handout(session, "public")
    assert handout.outlines["A"].bounds[2] == pytest.approx(3_300, abs=0.1)
    file = export_file(session, "geojson", tmp_path / "z.geojson", layers=["zones"]).files[0]
    written = shapely.from_geojson(file.read_text())
    west, _, east, _ = shapely.get_parts(written)[0].bounds
    assert (east - west) > 0.0285  # degrees: 3,300 m and not 3,000
    before = session.state.outlines["A"]
    session.preview(lambda project: assign_sites(project, "plan", {"r1c5": "A"}))
    assert session.state.outlines is session.state.block_outlines  # a frame waits for nothing
    session.cancel_gesture()
    assert session.state.outlines["A"] is before
    session.preview(lambda project: assign_sites(project, "plan", {"r1c5": "A"}))
    session.commit_gesture("Move")
    assert session.state.outlines is not session.state.block_outlines
    session.undo()
    session.undo()
    assert find_east_end(session.state) == 3_000


def test_following_streets_moves_no_school_and_no_jurisdiction() -> None:
    prefers = Preferences(edges="streets")
    kept = replace(create_streets_project("AABB / AABB", 1_600, 2_300), preferences=prefers)
    assert find_east_end(read_state(kept)) == 2_000  # each block has a school
    city = replace(create_streets_project("AA.,aa / AA.,aa", 2_600, 3_300), preferences=prefers)
    assert find_east_end(read_state(city)) == 3_000  # the city begins there
    between = replace(create_streets_project("AA..BB / AA..BB", 400, 5_600), preferences=prefers)
    assert find_east_end(read_state(between)) == 3_000  # schools of both are between the streets
    without = replace(between, basemap=None)
    assert find_east_end(read_state(without)) == 3_000
