"""Why a site is where it is: the price of each other zone, and what it would break."""

from dataclasses import replace

import pytest
from builders import moved, project_from

from zoneplanner.app.reading import Reading, read
from zoneplanner.app.why_here import choices
from zoneplanner.domain.edits import assign
from zoneplanner.domain.locks import lock
from zoneplanner.domain.plan import Locked
from zoneplanner.domain.project import Project


def reading(project: Project) -> Reading:
    return read(project, project.plans["plan"])


def test_each_other_zone_that_may_hold_the_site_has_its_price_cheapest_first() -> None:
    found = choices(reading(project_from("AABBCC / aaaaaa")), "r1c2")
    assert [choice.zone for choice in found] == ["B", "C"]
    assert found[0].drive_change_min < found[1].drive_change_min


def test_the_price_is_what_the_move_does_to_the_plan() -> None:
    project = project_from("AABB / AABB")
    before = reading(project)
    after = reading(assign(project, "plan", {"r1c2": "B"}))
    assert before.figures is not None and after.figures is not None
    (choice,) = choices(before, "r1c2")
    assert choice.drive_change_min == pytest.approx(after.figures.cost - before.figures.cost)
    assert choice.zone_after == pytest.approx(after.figures.zones["B"].deviation)
    assert choice.home_after == pytest.approx(after.figures.zones["A"].deviation)


def test_rules_that_it_would_break_are_said_once_for_all_zones() -> None:
    (choice,) = choices(reading(project_from("AABB / AABB")), "r1c1")
    assert choice.breaks == ("Puts A and B outside ±10 %.", "Puts B in pieces.")


def test_a_rule_that_is_broken_already_is_not_told() -> None:
    project = project_from("AABB / AABB", tolerance=0.9)
    loose = assign(project, "plan", {"r1c1": "B"})
    (choice,) = choices(reading(loose), "r2c1")
    assert choice.breaks == ()


def test_the_last_site_of_a_zone_leaves_it_empty() -> None:
    (choice,) = choices(reading(project_from("ABB", tolerance=0.9)), "r1c1")
    assert "Leaves A without a site." in choice.breaks


def test_sites_at_one_position_are_priced_together() -> None:
    project = moved(project_from("AABB"), "r1c2", 500.0, -500.0)
    (choice,) = choices(reading(project), "r1c1")
    assert choice.zone_after == pytest.approx(1.0)


def test_a_lock_says_why_the_site_stays() -> None:
    locked = lock(project_from("AABB"), "plan", Locked.ZONE, "B", "agreed")
    (choice,) = choices(reading(locked), "r1c2")
    assert choice.locked.startswith("Zone B is locked (agreed)")


def test_a_site_without_a_zone_has_prices_too() -> None:
    found = choices(reading(project_from("A?B")), "r1c2")
    assert {choice.zone for choice in found} == {"A", "B"}
    assert all(choice.home_after is None for choice in found)


def test_what_is_not_patrolled_has_no_alternatives() -> None:
    project = project_from("AABB")
    closed = project.with_site(replace(project.sites["r1c1"], patrolled=False))
    assert choices(reading(closed), "r1c1") == ()
