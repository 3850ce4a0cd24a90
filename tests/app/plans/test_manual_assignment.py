"""What a stroke assigns to a zone, what stays, and how it is described."""

from dataclasses import replace

from builders import locks, moved, project_from, refused
from sentences import says
from shapely.geometry import LineString, box

from zoneplanner.analysis.geometry.land_index import build_land_index
from zoneplanner.app.plans.manual_assignment import (
    EMPTY_STROKE,
    SourceFilter,
    StrokeTarget,
    apply_stroke,
    begin_stroke,
    describe_stroke,
    explain_refusals,
    extend_stroke,
    list_flooded_sites,
    name_stroke,
)
from zoneplanner.app.session.state import ProjectState, derive_state
from zoneplanner.domain.plans.edits import add_plan_lock, adopt_plan, find_zone_refusal
from zoneplanner.domain.plans.plan import LockScope, Plan
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message

ANY = SourceFilter()


def read_plan(layout: str | Project) -> ProjectState:
    """Read the one plan of a layout or project."""
    project = project_from(layout) if isinstance(layout, str) else layout
    return derive_state(project, project.plans["plan"])


def aim(layout: str | Project, zone: str, source: SourceFilter = ANY) -> StrokeTarget:
    """Aim at a zone of a layout."""
    reading = read_plan(layout)
    return begin_stroke(reading, build_land_index(reading.project, reading.basis), zone, source)


def sweep_brush(at: StrokeTarget, *points: tuple[float, float]) -> Plan:
    """Return the plan after a thin brush stroke through these points."""
    spots = at.ground.find_areas_touching(LineString(points))
    return apply_stroke(at.project, at, extend_stroke(at, EMPTY_STROKE, spots=spots)).plans["plan"]


def lock_sites(layout: str, *sites: str) -> Project:
    """Lock some sites of a layout."""
    project = project_from(layout)
    return project.with_plan(replace(project.plans["plan"], locks=locks(*sites)))


def test_a_brush_over_blocks_with_sites_moves_their_sites() -> None:
    at = aim("AABB / AABB", "B")
    after = sweep_brush(at, (1500, -500), (1500, -1500))
    assert after.sites_of("A") == ("r1c1", "r2c1")
    assert after.block_overrides == {}


def test_a_brush_over_blocks_without_sites_moves_the_blocks() -> None:
    at = aim("A..B", "B")
    after = sweep_brush(at, (1100, -500), (1900, -500))
    assert after.block_overrides == {"B1-2": "B"}
    assert after.assignment == at.plan.assignment


def test_a_block_that_follows_its_site_is_not_a_manual_block() -> None:
    at = aim("A..B", "B")
    assert sweep_brush(at, (500, -500), (1500, -500)).block_overrides == {}


def test_a_block_painted_back_is_no_longer_a_manual_block() -> None:
    first = aim("A..B", "B")
    project = first.project.with_plan(sweep_brush(first, (1100, -500), (1900, -500)))
    assert sweep_brush(aim(project, "A"), (1100, -500), (1900, -500)).block_overrides == {}


def test_a_stroke_stops_at_the_city_line_with_a_reason() -> None:
    at = aim("AB / aa", "B")
    stroke = extend_stroke(
        at,
        EMPTY_STROKE,
        spots=at.ground.find_areas_touching(LineString([(500, -500), (500, -1500)])),
    )
    assert stroke.sites == {"r1c1"}
    said = describe_stroke(at, stroke)
    assert says(said, "stroke.done_one", taken="School r1c1", zone="B")
    refusal = find_zone_refusal(at.project, at.plan, at.project.sites["r2c1"], "B")
    assert refusal is not None and refusal.template == "zone_not_allowed.jurisdiction"
    assert refusal.message in said


def test_sites_that_stay_are_counted_by_reason() -> None:
    at = aim(lock_sites("AAB / aaa", "r1c1"), "B")
    stroke = extend_stroke(at, EMPTY_STROKE, sites=["r1c1", "r1c2", "r2c1", "r2c2"])
    assert (
        explain_refusals(at, stroke)
        == "3 sites stay: 1 is locked and 2 are in City. School r1c1 is locked (asked for)."
    )
    assert name_stroke(at, stroke) == "School r1c2"
    only = extend_stroke(at, EMPTY_STROKE, sites=["r2c1", "r2c2"])
    assert says(describe_stroke(at, only), "stroke.all_in", what="2 sites stay", where="City")


def test_blocks_across_the_city_line_stay() -> None:
    at = aim("AB. / a.,", "B")
    stroke = extend_stroke(
        at, EMPTY_STROKE, spots=at.ground.find_areas_touching(box(2100, -1900, 2900, -100))
    )
    assert stroke.blocks == frozenset()
    facts = {"block": "B2-3", "where": "City", "zone": "B"}
    assert says(explain_refusals(at, stroke), "stroke.block_elsewhere", **facts)


def test_a_filter_takes_only_from_one_zone() -> None:
    at = aim("ABC", "C", SourceFilter(zone="B"))
    assert sweep_brush(at, (500, -500), (1500, -500)).assignment == {
        "r1c1": "A",
        "r1c2": "C",
        "r1c3": "C",
    }


def test_a_filter_can_take_only_unassigned_sites() -> None:
    at = aim("A?B", "B", SourceFilter(unassigned=True))
    assert sweep_brush(at, (500, -500), (1500, -500)).assignment == {
        "r1c1": "A",
        "r1c2": "B",
        "r1c3": "B",
    }


def test_a_filter_that_leaves_out_everything_is_reported() -> None:
    at = aim("ABC", "C", SourceFilter(zone="B"))
    stroke = extend_stroke(at, EMPTY_STROKE, sites=["r1c1"])
    assert says(describe_stroke(at, stroke), "stroke.nothing", source=at.source.text)
    assert "B" in at.source.text


def test_a_stroke_over_its_own_zone_is_reported() -> None:
    at = aim("AB", "B")
    said = describe_stroke(at, extend_stroke(at, EMPTY_STROKE, sites=["r1c2"]))
    assert says(said, "stroke.unchanged", zone="B")


def test_a_locked_site_keeps_those_at_its_position() -> None:
    project = moved(lock_sites("AAB", "r1c2"), "r1c1", 1500.0, -500.0)
    stroke = extend_stroke(aim(project, "B"), EMPTY_STROKE, sites=["r1c1"])
    assert not stroke.takes


def test_nothing_leaves_a_locked_zone() -> None:
    project = add_plan_lock(project_from("A.BC"), "plan", LockScope.ZONE, "A", "agreed")
    at = aim(project, "B")
    assert (
        sweep_brush(at, (500, -500), (1500, -500)) == at.plan
        or not sweep_brush(at, (500, -500), (1500, -500)).block_overrides
    )
    assert sweep_brush(at, (500, -500), (1500, -500)).assignment == at.plan.assignment


def test_a_stroke_without_an_allowed_zone_is_refused() -> None:
    reading = read_plan(add_plan_lock(project_from("AB"), "plan", LockScope.ZONE, "A", "agreed"))
    ground = build_land_index(reading.project, reading.basis)
    with refused("no_target_zone"):
        begin_stroke(reading, ground, None, ANY)
    with refused("zone_locked.target", zone="A", why=Message("lock_reason", reason="agreed")):
        begin_stroke(reading, ground, "A", ANY)


def test_a_stroke_on_an_adopted_plan_is_refused_at_its_start() -> None:
    project = project_from("AB")
    project = adopt_plan(project, "plan", __import__("datetime").date(2026, 11, 16))
    with refused("plan_adopted"):
        aim(project, "B")


def test_a_flood_spreads_over_a_given_number_of_borders_within_a_zone() -> None:
    at = aim("AAAB / AAAB / BBBB", "B")
    spot = at.ground.find_area_at(500, -500)
    assert spot is not None
    assert set(list_flooded_sites(at.plan, at.ground, spot.vertices[0], 0)) == {"r1c1"}
    assert set(list_flooded_sites(at.plan, at.ground, spot.vertices[0], 1)) == {
        "r1c1",
        "r1c2",
        "r2c1",
    }
    assert set(list_flooded_sites(at.plan, at.ground, spot.vertices[0], 9)) == {
        "r1c1",
        "r1c2",
        "r1c3",
        "r2c1",
        "r2c2",
        "r2c3",
    }


def test_a_lasso_finds_sites_inside_and_blocks_wholly_inside() -> None:
    at = aim("A.. / B..", "B")
    assert at.ground.find_sites_in(box(100, -900, 900, -100)) == ("r1c1",)
    free = at.ground.find_free_blocks_in(box(900, -1100, 3100, 100))
    assert [spot.block for spot in free] == ["B1-2", "B1-3"]
    assert at.ground.find_area_at(-500, -500) is None


def test_a_jurisdiction_without_blocks_is_painted_by_its_sites() -> None:
    at = aim(project_from("AABB", blocks=False), "B")
    assert sweep_brush(at, (1400, -500), (1600, -500)).sites_of("A") == ("r1c1",)


def test_a_zone_without_sites_has_no_area() -> None:
    before = read_plan("AB")
    at = begin_stroke(before, build_land_index(before.project, before.basis), "B", ANY)
    project = apply_stroke(
        before.saved_project, at, extend_stroke(at, EMPTY_STROKE, sites=["r1c1"])
    )
    after = derive_state(project, project.plans["plan"], before)
    assert list(after.outlines) == ["B"]
    assert after.figures is not None
    assert after.figures.zones["A"].pieces == 0


def test_a_manual_block_gives_the_figures_of_a_fresh_computation() -> None:
    before = read_plan("A..BC")
    at = begin_stroke(before, build_land_index(before.project, before.basis), "B", ANY)
    project = apply_stroke(
        before.saved_project,
        at,
        extend_stroke(at, EMPTY_STROKE, spots=[at.ground.area_by_block["B1-2"]]),
    )
    after = derive_state(project, project.plans["plan"], before)
    anew = derive_state(project, project.plans["plan"])
    assert after.outlines["C"] is before.outlines["C"]
    for zone in "AB":
        assert after.outlines[zone].area.equals(anew.outlines[zone].area)
    assert after.figures is not None
    assert anew.figures is not None
    assert dict(after.figures.zones) == dict(anew.figures.zones)
