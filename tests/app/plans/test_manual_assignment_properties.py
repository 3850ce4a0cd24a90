"""No sequence of tools, undo and redo breaks the invariants of a plan."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from builders import create_store, locks, moved, project_from
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, box

from zoneplanner import storage
from zoneplanner.analysis.geometry.land_index import LandIndex, build_land_index
from zoneplanner.app.plans.manual_assignment import (
    EMPTY_STROKE,
    SourceFilter,
    apply_stroke,
    begin_stroke,
    extend_stroke,
    list_flooded_sites,
)
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import derive_state
from zoneplanner.domain.edits import diff_projects
from zoneplanner.domain.plans.edits import assign_sites, move_site
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
ACROSS_M, DOWN_M = 5000.0, 4000.0

places = st.tuples(st.floats(0, ACROSS_M), st.floats(-DOWN_M, 0))
zones = st.sampled_from("ABab")
sources = st.one_of(
    st.just(SourceFilter()),
    st.just(SourceFilter(unassigned=True)),
    st.builds(SourceFilter, zone=zones),
)
strokes = st.one_of(
    st.tuples(st.just("brush"), zones, sources, st.lists(places, min_size=2, max_size=4)),
    st.tuples(st.just("box"), zones, sources, st.lists(places, min_size=2, max_size=2)),
    st.tuples(st.just("flood"), zones, sources, st.lists(places, min_size=1, max_size=1)),
    st.tuples(st.just("site"), zones, sources, st.lists(places, min_size=2, max_size=2)),
)
acts = st.lists(st.one_of(strokes, st.sampled_from(["undo", "redo"])), min_size=1, max_size=8)


def district() -> Project:
    """Two county and two city zones with empty blocks, a stack, a lock and a free site."""
    project = moved(project_from("AA.BB / A..?B / a,,bb / aa,bb"), "r1c2", 500.0, -500.0)
    return project.with_plan(replace(project.plans["plan"], locks=locks("r2c5")))


@contextmanager
def opened(project: Project) -> Iterator[Session]:
    """Open a project from a file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        store = create_store(Path(folder) / "p.gpkg", project, actor="planner", at=NOW)
        session = Session(store, actor="planner", desk="desk 1", clock=lambda: NOW)
        try:
            yield session
        finally:
            session.close()


def act(session: Session, ground: LandIndex, stroke: tuple[str, str, SourceFilter, list]) -> None:
    """Do what a tool does, as one gesture; a refusal leaves all as it was."""
    tool, zone, source, points = stroke
    if tool == "site":
        near = min(
            session.project.patrolled,
            key=lambda site: abs(site.x_m - points[0][0]) + abs(site.y_m - points[0][1]),
        )
        session.apply("Place", lambda project: move_site(project, near.id, *points[1]))
        return
    aim = begin_stroke(session.state, ground, zone, source)
    if tool == "brush":
        taking = extend_stroke(
            aim, EMPTY_STROKE, spots=ground.find_areas_touching(LineString(points))
        )
    elif tool == "box":
        (left, top), (right, bottom) = points
        area = box(min(left, right), min(top, bottom), max(left, right), max(top, bottom))
        taking = extend_stroke(
            aim,
            EMPTY_STROKE,
            sites=ground.find_sites_in(area),
            spots=ground.find_free_blocks_in(area),
        )
    else:
        spot = ground.find_area_at(*points[0])
        taking = extend_stroke(
            aim,
            EMPTY_STROKE,
            sites=list_flooded_sites(aim.plan, ground, spot.vertices[0], 2) if spot else (),
        )
    if not taking.takes:
        return
    session.preview(lambda project: apply_stroke(project, aim, taking))
    session.commit_gesture(tool)
    for site in taking.sites:  # the rules of the domain allow each move that the stroke made
        assign_sites(aim.project, aim.plan.uid, {site: zone})


def check_plan(session: Session, free: set[str], lock: str) -> None:
    """Each patrolled site is in one zone whose unit may be primary there; blocks keep the line."""
    project, plan = session.project, session.plan
    assert plan is not None
    figures = session.state.figures
    assert figures is not None
    assert figures.jurisdiction_breaches == ()
    assert set(figures.unassigned) <= free
    assert plan.assignment[lock] == "B"
    for stack in session.state.basis.cells.stacked_sites:
        assert len({plan.assignment.get(site) for site in stack}) == 1
    for block, zone in plan.block_overrides.items():
        assert project.units[zone].may_be_primary(project.blocks[block].jurisdiction)


@settings(max_examples=15, deadline=None)
@given(acts)
def test_no_sequence_of_tools_breaks_a_plan_and_undo_reverses_each(
    sequence: list[str | tuple[str, str, SourceFilter, list]],
) -> None:
    with opened(district()) as session:
        start = session.state.saved_project
        for each in sequence:
            before, step = session.state.saved_project, len(session.history)
            try:
                if each == "undo":
                    session.undo()
                elif each == "redo":
                    session.redo()
                else:
                    act(session, build_land_index(session.project, session.state.basis), each)
            except UserError:  # also of nothing to undo
                assert session.state.saved_project is before
            check_plan(session, {"r2c4"}, "r2c5")
            if len(session.history) > step and each not in ("undo", "redo"):
                session.undo()
                assert session.state.saved_project is before
                session.redo()
        shown = session.state
        again = derive_state(shown.saved_project, shown.plan)
        assert shown.figures is not None
        assert again.figures is not None
        assert dict(shown.figures.zones) == dict(again.figures.zones)
        while session.undo_label:
            session.undo()
        assert session.state.saved_project is start
        with storage.open(Path(session.store.path), read_only=True) as store:
            assert diff_projects(store.project(), start).moves == ()
