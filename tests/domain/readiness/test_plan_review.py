"""The review of a safety plan, step by step to the report card; no step can be skipped."""

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
from zoneplanner.messages import say_all

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


def build_review(but: str = "", late: str = "") -> list[PlanReview]:
    """Build a complete review, without step ``but`` or with step ``late`` after the adoption."""
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


def find_plan_review(reviews: list[PlanReview], on: str, rules: RulePack = RULES) -> Requirement:
    """Return the school's most urgent plan review on a day."""
    day = date.fromisoformat(on)
    year = build_school_year(SchoolCalendar((), ()), day)
    project = PROJECT.with_site(HIGH)
    items = list_requirements_by_site(project, rules, year, drills=(), reviews=reviews, on=day)[
        HIGH.id
    ]
    return next(item for item in items if item.kind == PLAN_REVIEW)


def test_a_complete_review_is_done() -> None:
    assert len(ELEMENTS) >= 20
    assert {"fire_department", "first_responders", "public_meeting"} <= set(CONSULTED)
    whole = build_review()
    before_july = find_plan_review(whole, "2027-06-30")
    assert (before_july.status, before_july.open_points) == (RequirementStatus.DUE, ("published",))
    assert before_july.due_on == date(2027, 7, 31)
    ahead = [replace(one, on=min(one.on, date(2027, 6, 20))) for one in whole]
    assert find_plan_review(ahead, "2027-06-30").status is RequirementStatus.DONE
    first = [
        replace(one, on=ADOPTED - timedelta(days=3)) if one.stage == "approved" else one
        for one in ahead
    ]
    assert find_plan_review(first, "2027-06-30").status is RequirementStatus.DONE, (
        "approved, then adopted"
    )
    next_year = find_plan_review(whole, "2027-07-20")
    assert {"drafted", f"element.{ELEMENTS[0]}"} <= set(next_year.open_points), (
        "only the new year's review is open"
    )


@pytest.mark.parametrize("but", [*STEPS, *(f"element.{key}" for key in ELEMENTS)])
def test_a_skipped_step_keeps_the_review_open_and_is_named(but: str) -> None:
    on = "2027-08-02" if but == "published" else "2027-06-30"
    item = find_plan_review(build_review(but), on)
    assert but in item.open_points
    assert item.status is RequirementStatus.OVERDUE
    texts = {one.key: one.text for one in RULES.steps}
    texts |= {f"element.{one.key}": one.text for one in RULES.elements}
    assert texts[but] in say_all(item.messages)


@pytest.mark.parametrize("but", [*STEPS, f"element.{ELEMENTS[0]}"])
def test_an_open_review_stays_open_until_the_next_plan_is_adopted(
    but: str,
) -> None:
    left = build_review(but)
    item = find_plan_review(left, "2027-08-02")
    after = ("shared", "published") if but == "adopted" else ()
    assert (item.status, item.open_points) == (RequirementStatus.OVERDUE, (but, *after))
    anew = PlanReview("new", HIGH.id, "2027-28", "adopted", date(2027, 9, 1))
    item = find_plan_review([*left, anew], "2027-09-02")
    still = ("published",) if but in {"adopted", "published"} else None
    assert (item.open_points if item.due_on == date(2027, 7, 31) else None) == still


@pytest.mark.parametrize("late", [step.key for step in RULES.steps if step.before_end])
def test_a_step_required_before_adoption_does_not_count_after_it(late: str) -> None:
    assert late in find_plan_review(build_review(late=late), "2027-06-30").open_points


def test_the_district_report_stays_due_until_sent() -> None:
    day = date(2027, 10, 16)
    year = build_school_year(SchoolCalendar((), ()), day)
    other = DistrictReport("d", "2027-28", date(2027, 9, 1), "firearm_storage_notice")
    late = make_report_requirement(RULES.report, year, reports=[other], without=(), on=day)
    assert (late.kind, late.status) == (DISTRICT_REPORT, RequirementStatus.OVERDUE)
    sent = [DistrictReport("r", "2027-28", date(2027, 10, 12))]
    done = make_report_requirement(RULES.report, year, reports=sent, without=(), on=day)
    assert done.status is RequirementStatus.DONE


def test_an_element_for_grades_7_to_12_is_not_required_of_an_elementary_school() -> None:
    low = replace(HIGH, level="elementary")
    asked = {one.element.key for one in list_confirmations(low, RULES, (), ADOPTED)}
    assert set(ELEMENTS) - asked == {"opioids"}


def test_an_element_shows_its_last_confirmation_and_ends_with_its_law() -> None:
    by = {
        one.element.key: (one.who, one.on)
        for one in list_confirmations(HIGH, RULES, build_review(), ADOPTED)
    }
    assert set(by.values()) == {("safe_schools", ADOPTED - timedelta(days=30))}
    in_2031 = list_confirmations(HIGH, RULES, (), date(2031, 2, 1))
    assert set(ELEMENTS) - {one.element.key for one in in_2031} == {"immigration_notice"}


def test_rules_newer_than_the_plan_are_counted_until_the_next_review() -> None:
    then = date(2025, 6, 10)
    old = PlanReview("old", HIGH.id, "2024-25", "adopted", then)
    newer = {f"element.{one}" for one in ("cardiac", "continuity", "immigration_notice")}
    told = find_plan_review([old], "2026-01-15")
    assert newer <= set(told.newer_rules)
    said = told.messages[-1]
    assert said.template == "requirement.newer_rules"
    assert (said.facts["count"], said.facts["since"]) == (len(told.newer_rules), then)
    assert "AB 49" in str(said) or "SB 98" in str(said)
    assert "element.supervision" not in told.newer_rules, "it is in force from July on"
    assert "element.supervision" in find_plan_review([old], "2026-07-15").newer_rules
    again = PlanReview("new", HIGH.id, "2025-26", "adopted", date(2026, 1, 10))
    assert find_plan_review([old, again], "2026-01-15").newer_rules == ()
    assert find_plan_review([], "2026-01-15").newer_rules == ()
