"""Fixes describe themselves, solve their problem and leave the rest unchanged."""

from dataclasses import replace
from datetime import date

from builders import project_from

from zoneplanner.app.plans.plan_fixes import PlanFix, find_fix, fix_all_problems
from zoneplanner.app.session.state import ProjectState, derive_state
from zoneplanner.domain.plans.edits import add_plan_lock, move_block, submit_plan
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message


def read_layout(project: Project) -> ProjectState:
    return derive_state(project, project.plans["plan"])


def find_first_fix(project: Project, code: str) -> PlanFix:
    """Return the fix of the first finding with a code."""
    reading = read_layout(project)
    found = find_fix(reading, next(f for f in reading.problems if f.code == code))
    assert found is not None
    return found


def list_codes(project: Project) -> list[str]:
    return [finding.code for finding in read_layout(project).problems]


def list_moves(before: Project, after: Project) -> dict[str, str]:
    """Return the new zone of each site that changes its zone."""
    was, now = (project.plans["plan"].assignment for project in (before, after))
    return {site: zone for site, zone in now.items() if was.get(site) != zone}


def test_an_unassigned_site_goes_to_the_nearest_allowed_zone() -> None:
    project = project_from("A?BB / aaaa", tolerance=0.9)
    found = find_first_fix(project, "unassigned")
    assert found.message == Message("fix.nearest", site="School r1c2", zone="A")
    after = found.edit(project)
    assert after.plans["plan"].assignment["r1c2"] == "A"
    assert list_codes(after) == []


def test_a_site_in_the_wrong_jurisdiction_goes_to_its_own_agency() -> None:
    project = project_from("AAB / aab", tolerance=0.9)
    crossed = project.with_plan(project.plans["plan"].with_assignments({"r2c2": "B"}))
    after = find_first_fix(crossed, "wrong_jurisdiction").edit(crossed)
    assert after.plans["plan"].assignment["r2c2"] == "a"


def test_sites_moved_into_or_out_of_a_locked_zone_go_back() -> None:
    locked = add_plan_lock(
        project_from("AABB / AABB", tolerance=0.9), "plan", LockScope.ZONE, "A", "trial"
    )
    left = locked.with_plan(locked.plans["plan"].with_assignments({"r1c2": "B"}))
    found = find_first_fix(left, "lock_not_kept")
    assert found.message == Message("fix.lock", site="School r1c2", zone="A")
    assert list_codes(found.edit(left)) == []
    came = locked.with_plan(locked.plans["plan"].with_assignments({"r1c3": "A"}))
    found = find_first_fix(came, "lock_not_kept")
    assert found.message == Message("fix.nearest_unlocked", site="School r1c3", zone="B")
    assert list_codes(found.edit(came)) == []


def test_a_disconnected_part_goes_to_the_zone_around_it() -> None:
    project = project_from("AAABBA / AAABBB", tolerance=0.9)
    found = find_first_fix(project, "in_pieces")
    assert found.message == Message("fix.cut_off", parts=["School r1c6 to B"], zone="A")
    assert list_codes(found.edit(project)) == []


def test_a_manual_block_that_splits_a_zone_follows_the_schools_again() -> None:
    project = project_from("AAB. / BBBB", tolerance=0.95)
    parted = move_block(project, "plan", "B1-4", "A")
    found = find_first_fix(parted, "in_pieces")
    assert (found.message.template, found.message.facts["zone"]) == ("fix.release", "A")
    assert "B1-4" in found.label
    assert found.edit(parted).plans["plan"].block_overrides == {}


def test_two_zones_exchange_sites_if_no_single_move_helps() -> None:
    project = project_from("AAB / ABB", tolerance=0.10)
    students = {"r1c1": 857, "r1c2": 1428, "r2c2": 743}
    for site, enrollment in students.items():
        project = project.with_site(replace(project.sites[site], enrollment=enrollment))
    found = find_first_fix(project, "over_tolerance")
    assert str(found.message) == (
        "Reassign School r1c2 from A to B and School r2c2 from B to A: "
        "A +12.2 → \u22122.4%, B \u221212.2 → +2.4%."
    )
    after = found.edit(project)
    assert list_codes(after) == [] and list_moves(project, after) == {"r1c2": "B", "r2c2": "A"}


def test_load_is_passed_through_the_zone_between() -> None:
    project = project_from("AAABBC", tolerance=0.10)
    found = find_first_fix(project, "over_tolerance")
    after = found.edit(project)
    assert list_codes(after) == [] and list_moves(project, after) == {"r1c3": "B", "r1c5": "C"}


def test_no_exchange_that_splits_a_zone_is_offered() -> None:
    project = project_from("AAB", tolerance=0.10)
    reading = read_layout(project)
    over = next(f for f in reading.problems if f.code == "over_tolerance")
    assert find_fix(reading, over) is None


def test_the_best_move_shows_both_deviations() -> None:
    project = project_from("AAAB", tolerance=0.10)
    found = find_first_fix(project, "over_tolerance")
    move = Message("fix.balance_move", sites="School r1c3", before="A", after="B")
    zones = "A +50.0 → +0.0%, B \u221250.0 → +0.0%"
    assert found.message == Message("fix.balance", moves=[move], zones=zones)
    assert list_codes(found.edit(project)) == []


def test_no_move_that_splits_a_zone_or_crosses_a_jurisdiction_is_offered() -> None:
    wall = project_from("AAAa", tolerance=0.10)
    assert "over_tolerance" not in list_codes(wall)
    locked = add_plan_lock(project_from("AAAB"), "plan", LockScope.ZONE, "B", "")
    reading = read_layout(locked)
    assert [find_fix(reading, f) for f in reading.problems] == [None, None]


def test_the_earlier_of_two_plans_ends_when_the_later_begins() -> None:
    project = project_from("AABB / AABB")
    first = replace(project.plans["plan"], effective_on=date(2026, 8, 12))
    later = replace(first, uid="b", name="Next", effective_on=date(2026, 12, 1))
    both = project.with_plan(first).with_plan(later)
    found = find_first_fix(both, "dates_overlap")
    day = date(2026, 12, 1)
    assert found.message == Message("fix.end_plan", plan="Plan", on=day, next="Next")
    after = found.edit(both)
    assert list_codes(after) == [] and after.plans["plan"].expires_on == day


def test_a_plan_that_is_not_a_draft_is_not_fixed() -> None:
    project = submit_plan(project_from("AAAB"), "plan", date(2026, 11, 24))
    reading = read_layout(project)
    assert reading.problems
    assert all(find_fix(reading, finding) is None for finding in reading.problems)


def test_fixing_all_continues_until_no_rule_is_broken() -> None:
    project = project_from("A??? / AAAB / aab?", tolerance=0.4)
    crossed = project.with_plan(project.plans["plan"].with_assignments({"r3c1": "A"}))
    heard: list[str] = []
    fixed = fix_all_problems(read_layout(crossed), lambda _, text: heard.append(text))
    assert list_codes(fixed.project) == []
    assert heard == list(fixed.done) and len(heard) >= 5


def test_fixing_an_empty_plan_gives_every_zone_sites() -> None:
    project = project_from("AABB / aabb", tolerance=0.4)
    empty = project.with_plan(replace(project.plans["plan"], assignment={}))
    fixed = fix_all_problems(read_layout(empty), lambda *_: None)
    assert list_codes(fixed.project) == []
    assert len(fixed.project.plans["plan"].assignment) == 8


def test_fixing_all_stops_when_no_fix_improves_the_plan() -> None:
    project = project_from("AB / AA", tolerance=0.01)
    fixed = fix_all_problems(read_layout(project), lambda *_: None)
    assert fixed.project.plans["plan"].sites_of("B") in (("r1c2", "r2c2"), ("r1c1", "r1c2"))
    stuck = project_from("AAB", tolerance=0.01)
    assert fix_all_problems(read_layout(stuck), lambda *_: None).project is stuck
