"""Edits of a plan and its sites: what is allowed and what is rejected."""

from dataclasses import replace
from datetime import UTC, date, datetime
from types import MappingProxyType

import pytest
from builders import project_from, refused
from shapely.geometry import box

from zoneplanner.domain.edits import ProjectChanges, ZoneReassignment, diff_projects
from zoneplanner.domain.geography.site import Block, Jurisdiction, Site, find_jurisdiction
from zoneplanner.domain.plans.edits import (
    add_plan_lock,
    adopt_plan,
    assign_sites,
    decide_jurisdiction,
    move_block,
    move_site,
    put_pin,
    remove_plan_lock,
    set_assumptions,
)
from zoneplanner.domain.plans.plan import LockScope, Pin, Plan, PlanStatus, Zone
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import Agency, Unit, UnitAccess
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)


def build_site(site_id: str, x_m: float, y_m: float = 500.0, *, patrolled: bool = True) -> Site:
    words = ("elementary", "K-5", "1 Main Street", "Fair Oaks", "95628", "(916) 555-0100")
    return Site(site_id, f"School {site_id}", *words, x_m, y_m, 300, patrolled)


@pytest.fixture
def project() -> Project:
    """A county square of 1 km, a city square east of it, and a plan with a zone in each."""
    county = Jurisdiction("county", "Unincorporated County", "county", box(0, 0, 1000, 1000))
    city = Jurisdiction("city", "City of Testing", "city", box(1000, 0, 2000, 1000))
    units = {
        name: Unit(
            name, name, agency, kind, True, {home: UnitAccess.PRIMARY, other: UnitAccess.ASSIST}
        )
        for name, agency, kind, home, other in (
            ("S1", "Sheriff", "deputy", "county", "city"),
            ("S2", "Sheriff", "deputy", "county", "city"),
            ("P1", "Police", "sro", "city", "county"),
        )
    }
    zones = tuple(Zone(name, f"Zone {name}", name, n) for n, name in enumerate(units))
    sites = [
        build_site("a", 100),
        build_site("b", 800),
        build_site("c", 1500),
        build_site("d", 100),
    ]
    plan = Plan("p", "Draft", zones, {"a": "S1", "b": "S2", "c": "P1", "d": "S1"})
    return Project(
        uid="u",
        name="Test",
        crs="EPSG:26910",
        time_zone="America/Los_Angeles",
        sites={site.id: site for site in sites},
        jurisdictions={"county": county, "city": city},
        blocks={
            "B1": Block("B1", "county", box(300, 0, 600, 1000)),
            "B2": Block("B2", "city", box(1600, 0, 2000, 1000)),
            "B3": Block("B3", "county", box(600, 0, 1000, 1000)),
        },
        agencies={"Sheriff": Agency("Sheriff", "SO"), "Police": Agency("Police", "PD")},
        units=units,
        plans={"p": plan},
    )


def test_reassigning_a_site_changes_nothing_else(project: Project) -> None:
    after = assign_sites(project, "p", {"b": "S1"})
    assert diff_projects(project, after) == ProjectChanges(
        moves=(ZoneReassignment("b", "S2", "S1"),)
    )
    assert project.plans["p"].assignment["b"] == "S2"


def test_sites_at_one_position_move_together(project: Project) -> None:
    after = assign_sites(project, "p", {"a": "S2"})
    assert after.plans["p"].assignment["d"] == "S2"


def test_a_city_site_cannot_be_assigned_to_a_county_unit(project: Project) -> None:
    with refused("zone_not_allowed.jurisdiction", place="City of Testing", agency="Sheriff"):
        assign_sites(project, "p", {"c": "S1"})


def test_a_county_site_cannot_be_assigned_to_a_city_unit(project: Project) -> None:
    with refused("zone_not_allowed.jurisdiction", place="Unincorporated County", agency="Police"):
        assign_sites(project, "p", {"b": "P1"})


def test_one_rejected_site_rejects_the_whole_edit(project: Project) -> None:
    with pytest.raises(UserError):
        assign_sites(project, "p", {"b": "S1", "c": "S1"})


def test_an_unpatrolled_site_cannot_be_assigned(project: Project) -> None:
    idle = project.with_site(build_site("e", 300, patrolled=False))
    with refused("zone_not_allowed.not_patrolled", site="e"):
        assign_sites(idle, "p", {"e": "S1"})


def test_unknown_sites_and_zones_are_rejected(project: Project) -> None:
    with refused("unknown_site", site="zz"):
        assign_sites(project, "p", {"zz": "S1"})
    with refused("unknown_zone", known=["S1", "S2", "P1"]):
        assign_sites(project, "p", {"a": "S9"})


def test_a_locked_site_cannot_be_reassigned_until_unlocked(project: Project) -> None:
    locked = add_plan_lock(project, "p", LockScope.SITE, "b", "parents asked")
    with refused(
        "zone_not_allowed.site_locked", why=Message("lock_reason", reason="parents asked")
    ):
        assign_sites(locked, "p", {"b": "S1"})
    freed = remove_plan_lock(locked, "p", LockScope.SITE, "b")
    assert assign_sites(freed, "p", {"b": "S1"}).plans["p"].assignment["b"] == "S1"


def test_an_empty_block_stays_within_its_jurisdiction(project: Project) -> None:
    assert move_block(project, "p", "B1", "S2").plans["p"].block_overrides == {"B1": "S2"}
    with refused("block_not_allowed", place="City of Testing"):
        move_block(project, "p", "B2", "S1")


def test_a_moved_block_can_be_moved_back(project: Project) -> None:
    away = move_block(project, "p", "B1", "S2")
    assert move_block(away, "p", "B1", None).plans["p"].block_overrides == {}


def test_a_block_with_a_school_moves_only_with_its_school(project: Project) -> None:
    with refused("block_has_site", site="b", name="School b"):
        move_block(project, "p", "B3", "S1")


def test_a_jurisdiction_decision_overrides_the_position(project: Project) -> None:
    after = decide_jurisdiction(
        project, "b", "city", by="safety manager", at=NOW, why="city annexed it"
    )
    placement = find_jurisdiction(after.sites["b"], after.jurisdictions.values())
    assert (placement.jurisdiction, placement.decided) == ("city", True)
    back = decide_jurisdiction(after, "b", None, by="safety manager", at=NOW, why="")
    assert find_jurisdiction(back.sites["b"], back.jurisdictions.values()).jurisdiction == "county"


def test_a_site_within_60_m_of_a_jurisdiction_line_is_flagged(project: Project) -> None:
    areas = project.jurisdictions.values()
    assert find_jurisdiction(build_site("n", 950), areas).near_line
    assert not find_jurisdiction(build_site("f", 930), areas).near_line


def test_a_site_outside_every_jurisdiction_has_none(project: Project) -> None:
    assert (
        find_jurisdiction(build_site("o", 5000), project.jurisdictions.values()).jurisdiction
        is None
    )


def test_adopting_a_plan_retires_the_previous_one_on_that_day(project: Project) -> None:
    first = adopt_plan(project, "p", date(2026, 8, 13))
    second_plan = replace(first.plans["p"], uid="q", name="Next", effective_on=None)
    both = adopt_plan(first.with_plan(second_plan), "q", date(2027, 1, 4))
    old, new = both.plans["p"], both.plans["q"]
    assert old.status(date(2027, 1, 3)) is PlanStatus.IN_FORCE
    assert old.status(date(2027, 1, 4)) is PlanStatus.RETIRED
    assert new.status(date(2027, 1, 3)) is PlanStatus.PROPOSED
    assert both.plan_in_force(date(2027, 1, 4)) is new


def test_an_adopted_plan_cannot_be_edited(project: Project) -> None:
    adopted = adopt_plan(project, "p", date(2026, 8, 13))
    for edit in (
        lambda: assign_sites(adopted, "p", {"b": "S1"}),
        lambda: add_plan_lock(adopted, "p", LockScope.SITE, "b", ""),
        lambda: move_block(adopted, "p", "B1", "S2"),
    ):
        with refused("plan_adopted"):
            edit()


def test_a_plan_with_an_unassigned_site_cannot_be_adopted(project: Project) -> None:
    plan = project.plans["p"]
    holed = project.with_plan(replace(plan, assignment={"a": "S1"}))
    with refused("unassigned_sites", site_count=3):
        adopt_plan(holed, "p", date(2026, 8, 13))


def test_two_plans_cannot_take_effect_on_the_same_day(project: Project) -> None:
    first = adopt_plan(project, "p", date(2026, 8, 13))
    other = first.with_plan(replace(first.plans["p"], uid="q", name="Next", effective_on=None))
    with refused("plans_overlap"):
        adopt_plan(other, "q", date(2026, 8, 13))


def test_read_only_mappings_are_accepted(project: Project) -> None:
    frozen = replace(project, sites=MappingProxyType(dict(project.sites)))
    assert assign_sites(frozen, "p", {"b": "S1"}).plans["p"].assignment["b"] == "S1"


def test_assumptions_are_replaced_and_bad_figures_are_reported_by_name(project: Project) -> None:
    slower = replace(project.assumptions, speed_mph=20.0)
    assert set_assumptions(project, slower).assumptions.speed_mph == 20.0
    with refused("out_of_range.zero_figure", name="Speed"):
        set_assumptions(project, replace(project.assumptions, speed_mph=0.0))
    with refused("out_of_range.figure", name="Call factor, high"):
        set_assumptions(
            project, replace(project.assumptions, call_factor={"high": -1.0, "other": 1.0})
        )
    with refused("out_of_range.figure", name="Service, minutes"):
        set_assumptions(project, replace(project.assumptions, service_min=float("nan")))


def test_a_site_moved_within_its_jurisdiction_keeps_its_zone() -> None:
    project = project_from("AAB / ccd")
    after = move_site(project, "r1c1", 2400.0, project.sites["r1c1"].y_m)
    assert after.sites["r1c1"].x_m == 2400.0
    assert after.plans["plan"].assignment["r1c1"] == "A"


def test_a_site_moved_into_the_city_joins_the_nearest_city_zone() -> None:
    project = project_from("AAB / ccd")
    city = project.sites["r2c3"]
    after = move_site(project, "r1c1", city.x_m - 100, city.y_m)
    assert after.plans["plan"].assignment["r1c1"] == "d"


def test_a_site_moved_onto_another_joins_its_zone() -> None:
    project = project_from("AAB / ccd")
    other = project.sites["r1c3"]
    after = move_site(project, "r1c1", other.x_m, other.y_m)
    assert after.plans["plan"].assignment["r1c1"] == "B"


def test_an_unassigned_site_shares_the_zone_of_a_site_at_its_position() -> None:
    project = project_from("AA? / ccd")
    zoned, free = project.sites["r1c1"], project.sites["r1c3"]
    onto_free = move_site(project, zoned.id, free.x_m, free.y_m).plans["plan"]
    onto_zoned = move_site(project, free.id, zoned.x_m, zoned.y_m).plans["plan"]
    for plan in (onto_free, onto_zoned):
        assert plan.assignment[zoned.id] == plan.assignment[free.id] == "A"


def test_a_site_cannot_be_moved_where_no_zone_is_eligible() -> None:
    project = project_from("AAB / ccd")
    with refused("no_zone_allowed.in_plan", place="no known jurisdiction"):
        move_site(project, "r1c1", 50_000.0, 50_000.0)


def test_a_locked_site_cannot_be_moved_into_another_jurisdiction() -> None:
    project = add_plan_lock(project_from("AAB / ccd"), "plan", LockScope.SITE, "r1c1", "")
    city = project.sites["r2c3"]
    with pytest.raises(UserError):
        move_site(project, "r1c1", city.x_m - 100, city.y_m)


def test_a_pin_without_text_is_removed() -> None:
    project = project_from("AAB")
    note = Pin("n", 10.0, 20.0, "gate on the north side", "safety manager", NOW)
    pinned = put_pin(project, "plan", note)
    assert pinned.plans["plan"].pins == {"n": note}
    assert put_pin(pinned, "plan", replace(note, text=" ")).plans["plan"].pins == {}
