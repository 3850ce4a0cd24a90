"""The differences between two plans."""

from dataclasses import replace

import pytest
from builders import project_from

from zoneplanner.analysis.geometry.cells_and_outlines import build_zone_outlines
from zoneplanner.analysis.measures.comparison import (
    EvaluatedPlan,
    MeasureChange,
    PlanComparison,
    compute_comparison,
)
from zoneplanner.analysis.measures.plan_measures import (
    MEASURES,
    MeasureDefinition,
    compute_plan_measures,
)
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.app.coverage.expected_response import RESPONSE_MEASURES
from zoneplanner.domain.plans.edits import assign_sites
from zoneplanner.domain.plans.what_ifs import suppose_closed, suppose_students
from zoneplanner.domain.project import Project


def evaluate(project: Project) -> EvaluatedPlan:
    plan = project.plans["plan"]
    seen = project.with_what_ifs(plan)
    base = compute_planning_basis(seen)
    return EvaluatedPlan(
        seen,
        plan,
        base,
        compute_plan_measures(seen, plan, base, build_zone_outlines(plan, base.cells)),
    )


def find_figure(found: PlanComparison, key: str) -> MeasureChange:
    return next(figure for figure in found.figures if figure.measure.key == key)


def test_a_moved_site_shows_its_students_and_minutes_before_and_after() -> None:
    before = project_from("AAABBBB")
    after = assign_sites(before, "plan", {"r1c3": "B"})
    found = compute_comparison(evaluate(before), evaluate(after))
    (move,) = found.moved
    assert (move.site, move.before, move.after) == ("r1c3", "A", "B")
    assert move.students == before.sites["r1c3"].enrollment == found.students_moved
    assert move.change_min is not None
    assert move.change_min == pytest.approx(move.after_min - move.before_min)
    assert move.change_min > 0


def test_a_worse_plan_is_worse_and_the_reverse_comparison_better() -> None:
    before = evaluate(project_from("AAABBB"))
    after = evaluate(assign_sites(project_from("AAABBB"), "plan", {"r1c2": "B", "r1c3": "B"}))
    assert find_figure(compute_comparison(before, after), "worst_deviation").good is False
    assert find_figure(compute_comparison(after, before), "worst_deviation").good is True
    assert find_figure(compute_comparison(before, before), "cost").good is None


@pytest.mark.parametrize(
    ("key", "less", "more"),
    [
        ("mean_response_min", 0.04, 0.1),
        ("cross_zone_share", 0.004, 0.01),
        ("reock", 0.01, 0.02),
        ("worst_deviation", 0.004, 0.005),
        ("pieces", 0.0, 1.0),
    ],
)
def test_a_change_below_a_measures_precision_has_no_direction(
    key: str, less: float, more: float
) -> None:
    measure = {**MEASURES, **{one.key: one for one in RESPONSE_MEASURES}}[key]
    for sign in (1, -1):
        for size, outcomes in ((less, {"same", "about the same"}), (more, {"better", "worse"})):
            assert MeasureChange(measure, 2.0, 2.0 + sign * size).verdict in outcomes
    assert MeasureChange(MEASURES["students"], 1.0, 9.0).verdict == ""


def test_changes_that_look_equal_get_the_same_verdict() -> None:
    shapes = [MEASURES[key] for key in ("polsby_popper", "reock")]
    pairs = [(0.2840, 0.2610), (0.3940, 0.3660), (0.3910, 0.3740)]  # 0.28 0.26, 0.39 0.37 twice
    verdicts = [MeasureChange(one, *pair).verdict for one in shapes for pair in pairs]
    assert verdicts == ["worse"] * 6


@pytest.mark.parametrize("measure", [*MEASURES.values(), *RESPONSE_MEASURES], ids=lambda m: m.key)
def test_a_verdict_follows_the_rounded_change(measure: MeasureDefinition) -> None:
    """−0.1 minutes was “same” in one row and “better” in the next."""
    scale = 100 if measure.unit == "%" else 1
    said: dict[float, set[str]] = {}
    for first in (1.0, 1.037, 1.0449):
        for steps in range(-60, 61):
            change = MeasureChange(measure, first, first + steps * 0.0217 / scale)
            said.setdefault(change.shown_change, set()).add(change.verdict)
    assert all(len(verdicts) == 1 for verdicts in said.values())
    if measure.better is not None:
        assert [change for change, verdicts in said.items() if verdicts == {"same"}] == [0]


def test_deviations_are_compared_by_magnitude() -> None:
    deviation = MEASURES["worst_deviation"]
    mirrored = MeasureChange(deviation, 0.037, -0.0371)
    assert mirrored.change == pytest.approx(0.0001) and mirrored.good is None
    assert MeasureChange(deviation, -0.145, 0.086).change == pytest.approx(-0.059)
    assert MeasureChange(deviation, 0.037, -0.045).good is False
    assert MeasureChange(deviation, -0.09, 0.037).good is True


def test_swapping_the_plans_reverses_every_difference() -> None:
    one = evaluate(project_from("AAB / ABB"))
    other = evaluate(assign_sites(project_from("AAB / ABB"), "plan", {"r1c2": "B"}))
    there, back = compute_comparison(one, other), compute_comparison(other, one)
    assert [f.change for f in there.figures] == [pytest.approx(-f.change) for f in back.figures]
    assert [m.site for m in there.moved] == [m.site for m in back.moved]


def test_a_site_closed_in_a_what_if_is_listed_as_closed_not_moved() -> None:
    before = project_from("AAABBB")
    found = compute_comparison(evaluate(before), evaluate(suppose_closed(before, "plan", "r1c1")))
    (closed,) = found.closed
    assert (closed.site, closed.students) == ("r1c1", 400) and not found.moved
    assert find_figure(found, "sites").change == -1


def test_the_students_of_a_moved_site_come_from_the_second_plan() -> None:
    before = project_from("AAABBB")
    grown = suppose_students(assign_sites(before, "plan", {"r1c3": "B"}), "plan", "r1c3", 1000)
    assert compute_comparison(evaluate(before), evaluate(grown)).students_moved == 1000


def test_a_plan_without_sites_in_its_zones_can_be_compared() -> None:
    before = project_from("AAABBB")
    empty = before.with_plan(replace(before.plans["plan"], assignment={}))
    assert (
        find_figure(compute_comparison(evaluate(before), evaluate(empty)), "unassigned").after == 6
    )
