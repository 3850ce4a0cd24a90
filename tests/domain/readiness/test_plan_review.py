"""A review of a safety plan from its start to the report card: each step that is skipped counts."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from builders import project_from

from zoneplanner.domain.calendar.school_calendar import SchoolCalendar, build_school_year
from zoneplanner.domain.readiness.district_requirements import (
    DistrictReport,
    make_report_requirement,
)
from zoneplanner.domain.readiness.plan_review import PlanReview, list_confirmations
from zoneplanner.domain.readiness.requirements import (
    DISTRICT_REPORT,
    PLAN_REVIEW,
    Requirement,
    RequirementStatus,
)
from zoneplanner.domain.readiness.rule_pack import RulePack
from zoneplanner.domain.readiness.site_requirements import list_requirements_by_site
from zoneplanner.exchange.presets.rule_pack import find_bundled_rule_pack, read_rule_pack

RULES = read_rule_pack(find_bundled_rule_pack())
PROJECT = project_from("A / a")
HIGH = replace(PROJECT.sites["r1c1"], level="high")
YEAR = "2026-27"
ADOPTED = date(2027, 2, 16)
CONSULTED = [step.who for step in RULES.steps if step.who]
STEPS = [step.key for step in RULES.steps]
ELEMENTS = [one.element.key for one in list_confirmations(HIGH, RULES, (), ADOPTED)]
AFTER = {
    "approved": ADOPTED + timedelta(days=1),
    "shared": ADOPTED + timedelta(days=2),
    "published": date(2027, 7, 12),
}


def walk(but: str = "", late: str = "") -> list[PlanReview]:
    """Return a whole review but for one step or element, or with one step after the adoption."""
    steps = []
    for key in STEPS:
        stage, _, who = key.partition(".")
        on = AFTER.get(stage, ADOPTED if stage == "adopted" else ADOPTED - timedelta(days=20))
        on = ADOPTED + timedelta(days=1) if key == late else on
        steps.append(PlanReview(key, HIGH.id, YEAR, stage, on, who))
    confirmed = [key for key in ELEMENTS if f"element.{key}" != but]
    on = ADOPTED - timedelta(days=30)
    kept = [one for one in steps if one.uid != but]
    one = PlanReview("c", HIGH.id, YEAR, "confirmed", on, "safe_schools", tuple(confirmed))
    return [one, *kept]


def found(reviews: list[PlanReview], on: str, rules: RulePack = RULES) -> Requirement:
    """Return the most urgent plan review of the school on a day."""
    day = date.fromisoformat(on)
    year = build_school_year(SchoolCalendar((), ()), day)
    project = PROJECT.with_site(HIGH)
    items = list_requirements_by_site(project, rules, year, drills=(), reviews=reviews, on=day)[
        HIGH.id
    ]
    return next(item for item in items if item.kind == PLAN_REVIEW)


def test_a_review_walked_from_the_draft_to_the_report_card_is_done() -> None:
    assert len(ELEMENTS) >= 20
    assert {"fire_department", "first_responders", "public_meeting"} <= set(CONSULTED)
    whole = walk()
    before_july = found(whole, "2027-06-30")
    assert (before_july.status, before_july.open_points) == (RequirementStatus.DUE, ("published",))
    assert before_july.due_on == date(2027, 7, 31)
    ahead = [replace(one, on=min(one.on, date(2027, 6, 20))) for one in whole]
    assert found(ahead, "2027-06-30").status is RequirementStatus.DONE
    first = [
        replace(one, on=ADOPTED - timedelta(days=3)) if one.stage == "approved" else one
        for one in ahead
    ]
    assert found(first, "2027-06-30").status is RequirementStatus.DONE, "approved, then adopted"
    next_year = found(whole, "2027-07-20")
    assert {"drafted", f"element.{ELEMENTS[0]}"} <= set(next_year.open_points), (
        "only the new year's review is open"
    )


@pytest.mark.parametrize("but", [*STEPS, *(f"element.{key}" for key in ELEMENTS)])
def test_each_step_that_is_skipped_keeps_the_review_open_and_is_named(but: str) -> None:
    on = "2027-08-02" if but == "published" else "2027-06-30"
    item = found(walk(but), on)
    assert but in item.open_points
    assert item.status is RequirementStatus.OVERDUE
    texts = {one.key: one.text for one in RULES.steps}
    texts |= {f"element.{one.key}": one.text for one in RULES.elements}
    assert texts[but] in item.detail


@pytest.mark.parametrize("but", [*STEPS, f"element.{ELEMENTS[0]}"])
def test_a_review_that_was_left_open_stays_so_until_the_plan_of_the_new_year_is_adopted(
    but: str,
) -> None:
    left = walk(but)
    item = found(left, "2027-08-02")
    after = ("shared", "published") if but == "adopted" else ()
    assert (item.status, item.open_points) == (RequirementStatus.OVERDUE, (but, *after))
    anew = PlanReview("new", HIGH.id, "2027-28", "adopted", date(2027, 9, 1))
    item = found([*left, anew], "2027-09-02")
    still = ("published",) if but in {"adopted", "published"} else None
    assert (item.open_points if item.due_on == date(2027, 7, 31) else None) == still


@pytest.mark.parametrize("late", [step.key for step in RULES.steps if step.before_end])
def test_what_comes_before_the_adoption_does_not_count_after_it(late: str) -> None:
    assert late in found(walk(late=late), "2027-06-30").open_points


def test_the_report_of_the_district_stays_due_until_it_is_sent() -> None:
    day = date(2027, 10, 16)
    year = build_school_year(SchoolCalendar((), ()), day)
    other = DistrictReport("d", "2027-28", date(2027, 9, 1), "firearm_storage_notice")
    late = make_report_requirement(RULES.report, year, reports=[other], without=(), on=day)
    assert (late.kind, late.status) == (DISTRICT_REPORT, RequirementStatus.OVERDUE)
    sent = [DistrictReport("r", "2027-28", date(2027, 10, 12))]
    done = make_report_requirement(RULES.report, year, reports=sent, without=(), on=day)
    assert done.status is RequirementStatus.DONE


def test_an_element_of_grades_7_to_12_is_not_asked_of_an_elementary_school() -> None:
    low = replace(HIGH, level="elementary")
    asked = {one.element.key for one in list_confirmations(low, RULES, (), ADOPTED)}
    assert set(ELEMENTS) - asked == {"opioids"}


def test_an_element_says_who_confirmed_it_last_and_when_and_goes_with_its_law() -> None:
    by = {
        one.element.key: (one.who, one.on)
        for one in list_confirmations(HIGH, RULES, walk(), ADOPTED)
    }
    assert set(by.values()) == {("safe_schools", ADOPTED - timedelta(days=30))}
    in_2031 = list_confirmations(HIGH, RULES, (), date(2031, 2, 1))
    assert set(ELEMENTS) - {one.element.key for one in in_2031} == {"immigration_notice"}


def test_rules_that_came_since_the_plan_was_adopted_are_counted_until_it_is_reviewed_anew() -> None:
    then = date(2025, 6, 10)
    old = PlanReview("old", HIGH.id, "2024-25", "adopted", then)
    newer = {f"element.{one}" for one in ("cardiac", "continuity", "immigration_notice")}
    told = found([old], "2026-01-15")
    assert newer <= set(told.newer_rules) and str(len(told.newer_rules)) in told.detail
    assert "AB 49" in told.detail or "SB 98" in told.detail
    assert "element.supervision" not in told.newer_rules, "it is in force from July on"
    assert "element.supervision" in found([old], "2026-07-15").newer_rules
    again = PlanReview("new", HIGH.id, "2025-26", "adopted", date(2026, 1, 10))
    assert found([old, again], "2026-01-15").newer_rules == ()
    assert found([], "2026-01-15").newer_rules == ()
