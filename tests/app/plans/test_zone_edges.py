"""Slivers and hooks of zones are notes, with a fix where blocks can go to the zone beside."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import shapely
from builders import project_from
from shapely import affinity
from shapely.geometry import LineString, box

from zoneplanner.analysis.geometry.basemap import BasemapFeatures, pack_basemap
from zoneplanner.analysis.geometry.narrow_strips import find_narrow_strips
from zoneplanner.app.plans.plan_fixes import find_fix
from zoneplanner.app.plans.zone_edges import list_edge_notes, list_grid_notes
from zoneplanner.app.session.state import ProjectState, derive_state
from zoneplanner.domain.geography.basemap import ProjectBasemap
from zoneplanner.domain.project import Project


def test_a_strip_is_told_from_corners_and_from_a_zone_of_any_shape() -> None:
    square = box(0, 0, 5000, 5000)
    hook = box(5000, 0, 9000, 400).union(square)
    (found,) = find_narrow_strips({"A": square, "B": hook})
    assert found.zone == "B"
    assert found.width_m == pytest.approx(400, rel=0.1)
    assert found.length_m == pytest.approx(4000, rel=0.1)
    star = shapely.Point(0, 0).buffer(3000, quad_segs=2)
    assert not list(find_narrow_strips({"A": star, "B": box(0, 0, 900, 9000)}))


def halved(project: Project) -> Project:
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


def state_of(project: Project) -> ProjectState:
    """Return what follows from a project and its plan."""
    return derive_state(project, project.plans["plan"])


def test_a_strip_without_a_school_is_noted_and_its_blocks_go_to_the_zone_beside() -> None:
    project = halved(project_from("AA.... / AABBBB / AABBBB"))
    strip = {f"B1-{column}": "A" for column in range(3, 7)}
    project = project.with_plan(replace(project.plans["plan"], block_overrides=strip))
    state = state_of(project)
    (note,) = list_edge_notes(state)
    assert (note.template, note.where["zone"]) == ("narrow_strip", "A")
    assert note.where["blocks"].split(";") == list(strip)
    assert note.facts["width_m"] == pytest.approx(500, rel=0.1)
    fix = find_fix(state, note)
    assert fix is not None
    after = fix.edit(project)
    assert set(after.plans["plan"].block_overrides.values()) == {"B"}
    assert list_edge_notes(state_of(after)) == ()


def test_a_hook_for_one_school_names_it_and_has_no_fix() -> None:
    project = halved(project_from("AA...A / AABBBB / AABBBB"))
    strip = {f"B1-{column}": "A" for column in range(3, 6)}
    state = state_of(project.with_plan(replace(project.plans["plan"], block_overrides=strip)))
    (note,) = list_edge_notes(state)
    assert (note.template, note.where["site"]) == ("narrow_strip.one_site", "r1c6")
    assert find_fix(state, note) is None


def test_drives_by_the_grid_over_a_freeway_are_noted_until_there_are_roads() -> None:
    project = project_from("AAAA / AAAA")
    shapes = np.empty(1, dtype=object)
    shapes[0] = LineString([(-500, -1000), (4500, -1000)])
    data = pack_basemap({"freeway": BasemapFeatures(shapes, ("",), ("I 80",))})
    basemap = ProjectBasemap("c.pbf", "", "", hashlib.sha256(data).hexdigest(), {}, data)
    assert list_grid_notes(state_of(project)) == ()
    (note,) = list_grid_notes(state_of(replace(project, basemap=basemap)))
    assert (note.code, note.facts["drives"], note.facts["of"]) == ("grid_crosses", 4, 7)
