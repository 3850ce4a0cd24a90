"""More or fewer zones of an agency: planned units, unassigned sites, kept locks."""

from dataclasses import replace

import pytest
from builders import locks, moved, project_from, refused

from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.app.plans.zone_counts import (
    change_zone_count,
    compute_max_zones,
    count_zones,
    list_added_units,
)
from zoneplanner.app.plans.zone_proposals import build_empty_plan
from zoneplanner.domain.plans.edits import add_plan_lock
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.errors import UserError


def test_the_zones_of_each_agency_are_counted() -> None:
    project = project_from("AAB / aab")
    assert count_zones(project, project.plans["plan"]) == {"Sheriff": 2, "Police": 2}


def test_an_added_zone_gets_a_planned_unit_like_the_others() -> None:
    project = project_from("AABB")
    wider, plan = change_zone_count(project, project.plans["plan"], "Sheriff", 3)
    assert [zone.id for zone in plan.zones] == ["A", "B", "B2"]
    new = list_added_units(project, wider)["B2"]
    assert (new.agency, new.holds_zone, new.may_be_primary("county")) == ("Sheriff", False, True)
    assert new.name == "Unit B 2 (planned)"
    assert len({zone.color for zone in plan.zones}) == 3


def test_new_zones_are_listed_next_to_those_of_their_agency() -> None:
    project = project_from("AAB / aab")
    _, plan = change_zone_count(project, project.plans["plan"], "Sheriff", 3)
    assert [zone.id for zone in plan.zones] == ["A", "B", "B2", "a", "b"]


def test_a_planned_unit_has_no_zone_in_other_plans() -> None:
    project = project_from("AABB")
    wider, _ = change_zone_count(project, project.plans["plan"], "Sheriff", 4)
    other = build_empty_plan(wider, "Other", "other", None)  # type: ignore[arg-type]
    assert [zone.id for zone in other.zones] == ["A", "B"]


def test_planned_units_continue_the_numbering() -> None:
    project = project_from("AABB")
    units = {f"S{n}": replace(project.units["A"], id=f"S{n}", name=f"Deputy {n}") for n in (1, 5)}
    plan = replace(
        project.plans["plan"],
        zones=tuple(replace(zone, id=f"S{n}", unit=f"S{n}") for n, zone in
                    zip((1, 5), project.plans["plan"].zones, strict=True)),
        assignment={},
    )  # fmt: skip
    wider, more = change_zone_count(replace(project, units=units), plan, "Sheriff", 3)
    assert [zone.id for zone in more.zones] == ["S1", "S5", "S6"]
    assert wider.units["S6"].name == "Deputy 6 (planned)"


def test_a_planned_unit_is_used_again() -> None:
    project = project_from("AABB")
    wider, plan = change_zone_count(project, project.plans["plan"], "Sheriff", 3)
    _, fewer = change_zone_count(wider, plan, "Sheriff", 2)
    again, _ = change_zone_count(wider, fewer, "Sheriff", 3)
    assert again.units.keys() == wider.units.keys()


def test_removed_zones_leave_sites_unassigned_and_planned_zones_go_first() -> None:
    project = project_from("AABB")
    wider, plan = change_zone_count(project, project.plans["plan"], "Sheriff", 3)
    _, fewer = change_zone_count(wider, plan, "Sheriff", 2)
    assert [zone.id for zone in fewer.zones] == ["A", "B"]
    assert fewer.assignment == project.plans["plan"].assignment
    _, one = change_zone_count(wider, fewer, "Sheriff", 1)
    assert one.assignment == {"r1c1": "A", "r1c2": "A"}


def test_a_zone_with_a_locked_site_is_not_removed() -> None:
    project = project_from("AABB")
    plan = replace(project.plans["plan"], locks=locks("r1c4"))
    _, fewer = change_zone_count(project, plan, "Sheriff", 1)
    assert [zone.id for zone in fewer.zones] == ["B"]


def test_fewer_zones_than_locked_ones_are_refused() -> None:
    project = add_plan_lock(project_from("AABB"), "plan", LockScope.AGENCY, "Sheriff", "agreed")
    with refused("zones_locked", zones=["A", "B"]):
        change_zone_count(project, project.plans["plan"], "Sheriff", 1)


@pytest.mark.parametrize(("agency", "n"), [("Sheriff", 0), ("Police", 2)])
def test_zero_zones_and_an_agency_without_zones_are_refused(agency: str, n: int) -> None:
    project = project_from("AABB")
    with pytest.raises(UserError, match=agency):
        change_zone_count(project, project.plans["plan"], agency, n)


def test_the_same_number_changes_nothing() -> None:
    project = project_from("AABB")
    same, plan = change_zone_count(project, project.plans["plan"], "Sheriff", 2)
    assert same is project and plan is project.plans["plan"]


def test_an_agency_has_at_most_as_many_zones_as_its_sites_have_positions() -> None:
    project = moved(project_from("AAB / aaa"), "r1c2", 500.0, -500.0)
    plan, base = project.plans["plan"], compute_planning_basis(project)
    assert compute_max_zones(project, plan, base, "Sheriff") == 2
    assert compute_max_zones(project, plan, base, "Police") == 3
