"""Each broken rule is found with its place; harmless findings are notes."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from builders import project_from
from sentences import says

from zoneplanner.analysis.geometry.cells_and_outlines import build_zone_outlines
from zoneplanner.analysis.measures.plan_measures import compute_plan_measures, gather_plan_facts
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.domain.geography.site import JurisdictionDecision
from zoneplanner.domain.plans.checks import CheckFinding, find_plan_notes, find_plan_problems
from zoneplanner.domain.plans.edits import add_plan_lock
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message


def find_problems(project: Project) -> tuple[CheckFinding, ...]:
    plan = project.plans["plan"]
    base = compute_planning_basis(project)
    figures = compute_plan_measures(project, plan, base, build_zone_outlines(plan, base.cells))
    return find_plan_problems(project, plan, gather_plan_facts(base, figures))


def notes_by_code(project: Project) -> dict[str, CheckFinding]:
    plan, base = project.plans["plan"], compute_planning_basis(project)
    figures = compute_plan_measures(project, plan, base, build_zone_outlines(plan, base.cells))
    found = gather_plan_facts(base, figures)
    return {note.code: note for note in find_plan_notes(project, found, plan)}


def problem_codes(project: Project) -> list[str]:
    return [finding.code for finding in find_problems(project)]


def test_a_balanced_plan_with_connected_zones_has_no_problems() -> None:
    assert problem_codes(project_from("AABB / AABB / aaaa")) == []


def test_a_site_without_a_zone_is_reported() -> None:
    (finding,) = [f for f in find_problems(project_from("AB?")) if f.code == "unassigned"]
    assert finding.where == {"site": "r1c3", "plan": "Plan"}


def test_zones_above_and_below_their_fair_share_are_reported() -> None:
    found = [f for f in find_problems(project_from("AAAB")) if f.code == "over_tolerance"]
    assert [f.where["zone"] for f in found] == ["A", "B"]
    assert says(found[0].text, "check.over_tolerance", off="50.0")
    assert says(found[1].text, "check.over_tolerance.below", off="50.0")


def test_a_unit_twice_as_busy_as_those_of_other_areas_is_noted() -> None:
    project = project_from("ABaaaa")
    assert problem_codes(project) == []
    note = notes_by_code(project)["uneven_shares"]
    assert note.facts == {
        "times": pytest.approx(4.0),
        "heavy": ["a"],
        "heavy_agencies": ["Police"],
        "light": ["A", "B"],
        "light_agencies": ["Sheriff"],
    }
    assert says(
        note.text,
        "check.uneven_shares",
        heavy_agencies="Police",
        heavy="a",
        times="4.0",
        light_agencies="Sheriff",
        light="A and B",
    )
    assert "uneven_shares" not in notes_by_code(project_from("ABaa"))


def test_a_load_exactly_at_the_tolerance_is_accepted() -> None:
    assert problem_codes(project_from("AAAB", tolerance=0.5)) == []


def test_a_zone_split_by_another_is_reported_as_pieces() -> None:
    (finding,) = [
        f for f in find_problems(project_from("ABA", tolerance=0.9)) if f.code == "in_pieces"
    ]
    assert finding.where == {"zone": "A"}
    assert "2 pieces" in finding.text


def test_a_site_outside_its_units_jurisdiction_is_reported() -> None:
    project = project_from("ABa", tolerance=0.9)
    plan = project.plans["plan"]
    crossed = project.with_plan(plan.with_assignments({"r1c3": "B"}))
    assert "wrong_jurisdiction" in problem_codes(crossed)


def test_a_site_without_an_eligible_primary_unit_is_reported() -> None:
    project = project_from("AB!", tolerance=0.9)
    assert "no_agency" in problem_codes(project)


def test_a_jurisdiction_decision_resolves_the_problem() -> None:
    project = project_from("AB!", tolerance=0.9)
    site = project.sites["r1c3"]
    moment = JurisdictionDecision(
        "county", "planner", datetime(2026, 8, 1, tzinfo=UTC), "agreed with the city"
    )
    assert "no_agency" not in problem_codes(project.with_site(site.with_decision(moment)))


def test_sites_at_one_position_are_noted() -> None:
    project = project_from("AABB")
    one, two = project.sites["r1c1"], project.sites["r1c2"]
    stacked = project.with_site(replace(two, x_m=one.x_m, y_m=one.y_m))
    assert notes_by_code(stacked)["stacked"].where == {"sites": "r1c1;r1c2"}


def test_missing_and_misleading_enrollment_are_noted() -> None:
    project = project_from("AB")
    one, two = project.sites["r1c1"], project.sites["r1c2"]
    marked = project.with_site(replace(one, enrollment=None)).with_site(
        replace(two, enrollment_note="covers several campuses")
    )
    found = notes_by_code(marked)
    assert found["enrollment_missing"].facts == {"name": one.name, "students": 150}
    assert found["enrollment_misleading"].facts["note"] == "covers several campuses"


def test_a_site_near_a_jurisdiction_line_is_noted() -> None:
    project = project_from("Aa")
    site = project.sites["r1c1"]
    near = project.with_site(replace(site, x_m=site.x_m + 480))
    assert notes_by_code(near)["near_line"].where == {"site": "r1c1"}


def test_a_zone_with_an_ineligible_unit_is_reported() -> None:
    project = project_from("AB", tolerance=0.9)
    plan = project.plans["plan"]
    a, b = plan.zones
    nowhere = replace(project.units["B"], access={})
    cases = {
        "ineligible_unit.unknown": (project, replace(b, unit="X9")),
        "ineligible_unit": (
            replace(project, units={**project.units, "B": nowhere}),
            b,
        ),
        "ineligible_unit.two_zones": (project, replace(b, unit="A")),
    }
    for template, (held, zone) in cases.items():
        broken = held.with_plan(replace(plan, zones=(a, zone)))
        (finding,) = [f for f in find_problems(broken) if f.code == "ineligible_unit"]
        assert (finding.template, finding.where) == (template, {"zone": "B"})
        assert finding.facts["unit"] == zone.unit and zone.unit in finding.text


def test_a_site_in_a_deleted_zone_is_reported_as_unassigned() -> None:
    project = project_from("AB", tolerance=0.9)
    lost = project.with_plan(project.plans["plan"].with_assignments({"r1c2": "C"}))
    (finding,) = [f for f in find_problems(lost) if f.code == "unassigned"]
    assert finding.message == Message(
        "check.unassigned.no_such_zone", site="r1c2", plan="Plan", name="School r1c2", zone="C"
    )


def test_broken_locks_are_reported_with_their_reasons() -> None:
    project = project_from("AABB / AABB", tolerance=0.9)
    locked = add_plan_lock(project, "plan", LockScope.SITE, "r1c1", "principal asked")
    locked = add_plan_lock(locked, "plan", LockScope.ZONE, "B", "")
    moved = locked.with_plan(locked.plans["plan"].with_assignments({"r1c1": "B", "r2c3": "A"}))
    found = [f for f in find_problems(moved) if f.code == "lock_not_kept"]
    assert found[0].text == "School r1c1 is locked in A (principal asked), but it is in B."
    facts = ((f.template, f.facts["name"], f.facts["home"], f.facts["now"]) for f in found)
    assert list(facts) == [
        ("lock_not_kept", "School r1c1", "A", "B"),
        ("lock_not_kept.entered", "School r1c1", None, "B"),
        ("lock_not_kept.left", "School r2c3", "B", "A"),
    ]
    assert found[0].where == {"site": "r1c1", "lock": "site r1c1", "zone": "A"}


def test_two_plans_in_force_on_the_same_day_are_reported() -> None:
    project = project_from("AABB / AABB")
    first = replace(project.plans["plan"], effective_on=date(2026, 8, 12))
    second = replace(first, uid="b", name="Next", effective_on=date(2026, 12, 1))
    both = project.with_plan(first).with_plan(second)
    (finding,) = find_problems(both)
    assert (finding.code, finding.where) == ("dates_overlap", {"plan": "Plan", "next": "Next"})
    ended = both.with_plan(replace(first, expires_on=date(2026, 12, 1)))
    assert find_problems(ended) == ()
