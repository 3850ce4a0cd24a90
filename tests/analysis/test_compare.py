"""What two plans differ in."""

from dataclasses import replace

import pytest
from builders import project_from

from zoneplanner.analysis.basis import basis
from zoneplanner.analysis.compare import Comparison, FigureChange, Side, compare
from zoneplanner.analysis.measures import plan_figures
from zoneplanner.analysis.outlines import zone_outlines
from zoneplanner.domain.edits import assign
from zoneplanner.domain.project import Project
from zoneplanner.domain.what_if import assume_enrollment, close_site


def side(project: Project) -> Side:
    plan = project.plans["plan"]
    seen = project.under(plan)
    base = basis(seen)
    return Side(seen, plan, base, plan_figures(seen, plan, base, zone_outlines(plan, base.cells)))


def figure(found: Comparison, key: str) -> FigureChange:
    return next(figure for figure in found.figures if figure.measure.key == key)


def test_a_moved_site_tells_its_students_and_the_minutes_to_it_before_and_after() -> None:
    before = project_from("AAABBBB")
    after = assign(before, "plan", {"r1c3": "B"})
    found = compare(side(before), side(after))
    (move,) = found.moved
    assert (move.site, move.before, move.after) == ("r1c3", "A", "B")
    assert move.students == before.sites["r1c3"].enrollment == found.students_moved
    assert move.change_min is not None
    assert move.change_min == pytest.approx(move.after_min - move.before_min)
    assert move.change_min > 0


def test_a_worse_plan_is_said_to_be_worse_and_its_mirror_better() -> None:
    before = side(project_from("AAABBB"))
    after = side(assign(project_from("AAABBB"), "plan", {"r1c2": "B", "r1c3": "B"}))
    assert figure(compare(before, after), "worst_deviation").good is False
    assert figure(compare(after, before), "worst_deviation").good is True
    assert figure(compare(before, before), "cost").good is None


def test_every_difference_turns_its_sign_when_the_plans_change_places() -> None:
    one = side(project_from("AAB / ABB"))
    other = side(assign(project_from("AAB / ABB"), "plan", {"r1c2": "B"}))
    there, back = compare(one, other), compare(other, one)
    assert [f.change for f in there.figures] == [pytest.approx(-f.change) for f in back.figures]
    assert [m.site for m in there.moved] == [m.site for m in back.moved]


def test_a_site_closed_in_a_what_if_moves_to_no_zone_and_has_no_minutes() -> None:
    before = project_from("AAABBB")
    found = compare(side(before), side(close_site(before, "plan", "r1c1")))
    (move,) = found.moved
    assert (move.after, move.after_min, move.change_min) == (None, None, None)
    assert figure(found, "sites").change == -1


def test_the_students_of_a_moved_site_are_those_of_the_second_plan() -> None:
    before = project_from("AAABBB")
    grown = assume_enrollment(assign(before, "plan", {"r1c3": "B"}), "plan", "r1c3", 1000)
    assert compare(side(before), side(grown)).students_moved == 1000


def test_a_plan_without_any_site_in_its_zones_is_compared_all_the_same() -> None:
    before = project_from("AAABBB")
    empty = before.with_plan(replace(before.plans["plan"], assignment={}))
    assert figure(compare(side(before), side(empty)), "unassigned").after == 6
