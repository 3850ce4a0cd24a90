"""New plans from the nearest post, from a table and from polygons."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from builders import project_from, refused
from vector_files import write_shapes, write_workbook

from zoneplanner.analysis.geometry.crs import geometries_to_lonlat
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.app.plans.initial_assignment import (
    assign_nearest_zone,
    build_plan_from_polygons,
    build_plan_from_table,
)
from zoneplanner.app.plans.zone_proposals import build_empty_plan
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message

NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)


def empty_plan(project: Project) -> Plan:
    return build_empty_plan(project, "Sketch", "sketch", NOW)


def zones_in_order(plan: Plan, sites: str) -> str:
    return "".join(plan.assignment.get(site, "-") for site in sites.split())


def test_each_school_goes_to_the_nearest_post_of_its_own_agency() -> None:
    project = project_from("ABBB / AABB / aaaa")
    units = {
        **project.units,
        "A": replace(project.units["A"], posts=("r1c1",)),
        "B": replace(project.units["B"], posts=("r2c4",)),
    }
    posted = replace(project, units=units)
    plan = assign_nearest_zone(posted, compute_planning_basis(posted), empty_plan(posted), {})
    assert zones_in_order(plan, "r1c1 r1c2 r1c3 r1c4") == "AABB"
    assert zones_in_order(plan, "r3c1 r3c4") == "aa"


def test_posts_of_another_plan_are_used_if_units_have_none() -> None:
    project = project_from("AAAB")
    plan = assign_nearest_zone(
        project, compute_planning_basis(project), empty_plan(project), {"A": "r1c1", "B": "r1c2"}
    )
    assert zones_in_order(plan, "r1c1 r1c2 r1c3 r1c4") == "ABBB"


def test_without_any_post_zones_start_well_apart_and_all_have_sites() -> None:
    project = project_from("AABBCC")
    plan = assign_nearest_zone(project, compute_planning_basis(project), empty_plan(project), {})
    assert {len(plan.sites_of(zone.id)) for zone in plan.zones} == {2}


def test_a_site_no_unit_may_serve_stays_unassigned() -> None:
    project = project_from("AB!")
    plan = assign_nearest_zone(project, compute_planning_basis(project), empty_plan(project), {})
    assert "r1c3" not in plan.assignment and len(plan.assignment) == 2


def test_a_plan_is_made_from_the_valid_rows_of_a_table(tmp_path: Path) -> None:
    project = project_from("AABB / aabb")
    file = tmp_path / "board.csv"
    file.write_text(
        "site,zone\nr1c1,B\nschool r1c2,Zone a\nr9c9,A\nr1c3,Z\nr2c1,A\nr1c1,A\nr1c4,b\n"
    )
    started = build_plan_from_table(project, empty_plan(project), file)
    assert dict(started.plan.assignment) == {"r1c1": "B"}
    assert [note.row for note in started.refused] == [3, 4, 5, 6, 7, 8]
    reasons = [note.remark for note in started.refused]
    assert reasons[0].template == "zone_not_allowed.jurisdiction"
    assert reasons[0].facts["agency"] == "Police"
    assert reasons[1] == Message("unknown_site", site="r9c9")
    assert reasons[2] == Message("unknown_zone.of_file", zone="Z", known=["A", "B", "a", "b"])
    assert (reasons[4].template, reasons[4].facts["row"]) == ("site_repeated", 2)
    facts = {"plan": "Sketch", "taken": 1, "read": 7, "file": "board.csv"}
    assert started.message == Message("plan_from_file.rows", **facts)
    assert started.notes == (Message("plan_from_file.missing", n=7),)
    assert str(started.message) == "“Sketch” is made from 1 of 7 rows of “board.csv”."


def test_a_table_cannot_split_sites_at_one_position(tmp_path: Path) -> None:
    project = project_from("AB")
    one, two = project.sites["r1c1"], project.sites["r1c2"]
    stacked = project.with_site(replace(two, x_m=one.x_m, y_m=one.y_m))
    file = tmp_path / "plan.csv"
    file.write_text("site,zone\nr1c1,A\nr1c2,B\n")
    started = build_plan_from_table(stacked, empty_plan(stacked), file)
    reason = started.refused[0].remark
    assert (reason.template, reason.facts["other"]) == ("sites_share_position", "School r1c1")


def test_a_block_table_of_a_redistricting_program_makes_a_plan(tmp_path: Path) -> None:
    project = project_from("A.B / aab")
    file = tmp_path / "districts.csv"
    file.write_text("BLOCKID,DISTRICT\nB1-1,B\nB1-2,A\nB1-3,A\nB2-1,A\n")
    started = build_plan_from_table(project, empty_plan(project), file)
    assert dict(started.plan.assignment) == {"r1c1": "B", "r1c3": "A"}
    assert dict(started.plan.block_overrides) == {"B1-2": "A"}
    assert [note.row for note in started.refused] == [5]


def test_numbered_zones_of_a_table_match_the_plan_in_order(tmp_path: Path) -> None:
    project = project_from("AABB / aabb")
    file = tmp_path / "districts.csv"
    file.write_text("GEOID20,District\nB1-1,2\nB1-3,1\nB2-1,3\nB2-2,\n")
    started = build_plan_from_table(project, empty_plan(project), file)
    assert dict(started.plan.assignment) == {"r1c1": "B", "r1c3": "A", "r2c1": "a"}
    assert (
        Message("plan_from_file.numbers", numbers="1 is A, 2 is B, 3 is a, 4 is b") in started.notes
    )
    file.write_text("GEOID20,District\nB1-1,5\n")
    with refused("no_row_imported.plan_row"):
        build_plan_from_table(project, empty_plan(project), file)


def test_a_workbook_makes_the_same_plan_as_its_table(tmp_path: Path) -> None:
    project = project_from("AB")
    file = write_workbook(tmp_path / "plan.xlsx", [["site", "zone"], ["r1c1", "B"], ["r1c2", "A"]])
    started = build_plan_from_table(project, empty_plan(project), file)
    assert dict(started.plan.assignment) == {"r1c1": "B", "r1c2": "A"}


def test_zone_polygons_of_a_shapefile_are_read(tmp_path: Path) -> None:
    project = project_from("AB")
    shapes = geometries_to_lonlat(project.crs, [project.blocks["B1-1"].area])
    file = write_shapes(tmp_path / "beats.shp", shapes)
    with refused("no_row_imported.plan_row"):
        build_plan_from_polygons(project, empty_plan(project), file)
    zones = tuple(replace(zone, name="Stop 1") for zone in project.plans["plan"].zones[1:])
    started = build_plan_from_polygons(project, replace(empty_plan(project), zones=zones), file)
    assert dict(started.plan.assignment) == {"r1c1": "B"}


def test_a_table_of_unknown_sites_makes_no_plan(tmp_path: Path) -> None:
    project = project_from("AB")
    file = tmp_path / "plan.csv"
    file.write_text("site,zone\nx,A\n")
    with refused("no_row_imported.plan_row", file="plan.csv"):
        build_plan_from_table(project, empty_plan(project), file)


def test_polygons_assign_each_site_to_the_zone_around_it(tmp_path: Path) -> None:
    project = project_from("AABB / aabb")
    blocks = project.blocks
    halves = {
        "B": blocks["B1-1"].area.union(blocks["B1-2"].area),
        "b": blocks["B2-1"].area.union(blocks["B1-3"].area),
        "Q": blocks["B2-2"].area,
    }
    shapes = geometries_to_lonlat(project.crs, list(halves.values()))
    features = [
        {"type": "Feature", "properties": {"zone": zone}, "geometry": shape.__geo_interface__}
        for zone, shape in zip(halves, shapes, strict=True)
    ]
    file = tmp_path / "zones.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    started = build_plan_from_polygons(project, empty_plan(project), file)
    assert dict(started.plan.assignment) == {"r1c1": "B", "r1c2": "B", "r2c1": "b"}
    assert [note.row for note in started.refused] == [3, 2]
    unknown, not_allowed = (note.remark for note in started.refused)
    assert (unknown.template, unknown.facts["zone"]) == ("unknown_zone.of_file", "Q")
    assert not_allowed.template == "zone_not_allowed.jurisdiction"
    assert (not_allowed.facts["name"], not_allowed.facts["place"]) == ("School r1c3", "County")
    facts = {"plan": "Sketch", "taken": 2, "read": 3, "file": "zones.geojson"}
    assert started.message == Message("plan_from_file.polygons", **facts)
