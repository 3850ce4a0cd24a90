"""The status of a site's drills and plan review on a day."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from builders import EARLIER_RULES, project_from, refused

from zoneplanner.domain.calendar.school_calendar import (
    DateRange,
    SchoolCalendar,
    build_school_year,
    name_school_year,
    parse_school_year,
)
from zoneplanner.domain.log.days_on_record import DRILL_RECORDS, DaySpan, KeptRecords, RecordKeeping
from zoneplanner.domain.readiness.drill_requirements import Drill, format_drill_name
from zoneplanner.domain.readiness.plan_review import PlanReview
from zoneplanner.domain.readiness.requirement_names import name_requirement
from zoneplanner.domain.readiness.requirements import (
    PLAN_REVIEW,
    Requirement,
    RequirementStatus,
    find_worst_status,
    mark_requirements_without_record,
)
from zoneplanner.domain.readiness.rule_pack import DRILL_KINDS, RulePack
from zoneplanner.domain.readiness.site_requirements import list_requirements_by_site
from zoneplanner.exchange.presets.rule_pack import find_bundled_rule_pack, read_rule_pack
from zoneplanner.messages import Message, say_all

CALENDAR = SchoolCalendar(
    (
        DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18)),
        DateRange("Spring", date(2027, 1, 4), date(2027, 6, 2)),
    ),
    (DateRange("Thanksgiving week", date(2026, 11, 23), date(2026, 11, 27)),),
)
NO_CALENDAR = SchoolCalendar((), ())


def rules() -> RulePack:
    return read_rule_pack(find_bundled_rule_pack())


def drill(on: str, kind: str = "fire", site: str = "r1c1") -> Drill:
    at = datetime.fromisoformat(f"{on}T18:00").replace(tzinfo=UTC)
    return Drill(f"{kind} {on}", site, kind, at)


def review(stage: str, on: str, who: str = "", year: str = "2026-27") -> PlanReview:
    return PlanReview(
        f"{stage} {on} {who}", "r1c1", year, stage, date.fromisoformat(on), who_kind=who
    )


SINCE_AUGUST = KeptRecords(since=date(2026, 8, 1))


def requirements_by_kind(
    level: str,
    on: str,
    *,
    drills: Sequence[Drill] = (),
    reviews: Sequence[PlanReview] = (),
    calendar: SchoolCalendar = CALENDAR,
    under: RulePack | None = None,
    kept: KeptRecords | None = None,
) -> dict[str, Requirement]:
    project = replace(project_from("A / a"), calendar=calendar)
    if kept is not None:
        project = project.with_records(RecordKeeping({DRILL_RECORDS: kept}))
    project = project.with_site(replace(project.sites["r1c1"], level=level))
    day = date.fromisoformat(on)
    found = list_requirements_by_site(
        project,
        under or rules(),
        build_school_year(calendar, day),
        drills=drills,
        reviews=reviews,
        on=day,
    )
    return {item.kind: item for item in found["r1c1"]}


def test_a_fire_drill_is_due_by_the_last_school_day_of_each_month() -> None:
    drills = [drill(f"2026-{month}-16") for month in ("08", "09", "10")]
    fire = requirements_by_kind("elementary", "2026-11-10", drills=drills)["fire"]
    assert (fire.status, fire.due_on) == (RequirementStatus.DUE, date(2026, 11, 30))
    assert (fire.done, fire.required) == (3, 4)


def test_a_missed_fire_drill_is_overdue_until_made_up() -> None:
    held = [drill("2026-08-20"), drill("2026-10-06"), drill("2026-11-05")]
    fire = requirements_by_kind("elementary", "2026-11-10", drills=held)["fire"]
    assert (fire.status, fire.due_on) == (RequirementStatus.OVERDUE, date(2026, 9, 30))
    assert Message("requirement.drills_missing", periods=["September 2026"]) in fire.messages
    made_up = requirements_by_kind("elementary", "2026-11-10", drills=[*held, drill("2026-11-09")])[
        "fire"
    ]
    assert (made_up.status, made_up.due_on) == (RequirementStatus.DONE, date(2026, 12, 18))
    assert (made_up.done, made_up.required, made_up.made_up) == (3, 4, 1), "late is not done"
    assert say_all(made_up.messages) == (
        "3 of 4 held on time through November 2026. Held late for September 2026."
    )
    twice = requirements_by_kind(
        "elementary", "2026-08-30", drills=[drill("2026-08-20"), drill("2026-08-27")]
    )
    assert twice["fire"].messages == (
        Message("requirement.drills_held", done=1, required=1, period="August 2026"),
        Message("requirement.drills_extra", n=1),
    )


FROM_SEPTEMBER_8 = {
    "since": KeptRecords(since=date(2026, 9, 8)),
    "complete": KeptRecords(complete=(DaySpan(date(2026, 9, 8), date(2026, 11, 20)),)),
}


@pytest.mark.parametrize("kept", FROM_SEPTEMBER_8.values(), ids=FROM_SEPTEMBER_8)
def test_periods_before_the_first_record_are_never_overdue(kept: KeptRecords) -> None:
    calendar = replace(
        CALENDAR, holidays=(*CALENDAR.holidays, DateRange("x", date(2026, 9, 1), date(2026, 9, 7)))
    )

    def fire(on: str, *held: str) -> Requirement:
        drills = [drill(day) for day in held]
        return requirements_by_kind("elementary", on, drills=drills, kept=kept, calendar=calendar)[
            "fire"
        ]

    none = fire("2026-11-10")
    assert (none.status, none.due_on) == (RequirementStatus.OVERDUE, date(2026, 9, 30))
    assert (none.ended, none.missed) == (2, 2)
    running = fire("2026-11-10", "2026-09-10", "2026-10-10")
    assert (running.status, running.due_on) == (RequirementStatus.DUE, date(2026, 11, 30))
    assert (running.ended, running.missed) == (2, 0)
    held = fire("2026-11-10", "2026-09-10", "2026-10-10", "2026-11-05")
    assert (held.status, held.due_on) == (RequirementStatus.NOT_RECORDED, date(2026, 8, 31))
    assert held.messages[-1] == Message("requirement.drills_unrecorded", periods=["August 2026"])
    drop = requirements_by_kind("elementary", "2026-11-10", kept=kept, calendar=calendar)["drop"]
    assert drop.status is RequirementStatus.DUE  # the first quarter is not all on record
    assert (drop.ended, drop.missed) == (0, 0)


def test_a_month_after_the_last_complete_record_is_not_overdue() -> None:
    kept = KeptRecords(complete=(DaySpan(date(2026, 8, 1), date(2026, 10, 31)),))
    held = [drill(f"2026-{month}-16") for month in ("08", "09", "10")]
    fire = requirements_by_kind("elementary", "2026-12-10", drills=held, kept=kept)["fire"]
    assert (fire.status, fire.ended, fire.missed) == (RequirementStatus.DUE, 3, 0)


def test_a_drill_in_the_current_period_does_not_count_for_ended_ones() -> None:
    held = [drill("2026-09-08")]
    fire = requirements_by_kind("elementary", "2026-09-10", drills=held, kept=SINCE_AUGUST)["fire"]
    assert fire.status is RequirementStatus.OVERDUE
    assert (fire.done, fire.ended, fire.missed) == (1, 1, 1)


def test_an_extra_drill_does_not_count_for_a_later_month() -> None:
    fire = requirements_by_kind(
        "elementary", "2026-09-10", drills=[drill("2026-08-20"), drill("2026-08-27")]
    )
    assert fire["fire"].status is RequirementStatus.DUE


def test_a_drill_belongs_to_its_local_day() -> None:
    late = Drill("late", "r1c1", "fire", datetime(2026, 9, 1, 3, 0, tzinfo=UTC))
    assert (
        requirements_by_kind("elementary", "2026-08-31", drills=[late])["fire"].status
        is RequirementStatus.DONE
    )


def test_a_middle_school_follows_the_stricter_fire_drill_rule_and_both_are_shown() -> None:
    fire = requirements_by_kind("middle", "2026-09-10")["fire"]
    assert fire.rule.facts["citation"] == "5 CCR 550"
    law = Message("drill_rule", citation="Ed. Code 32001", times=4, per="year")
    assert fire.messages[-1] == Message("requirement.rule_strictest", others=[law], rule=fire.rule)


def test_without_the_stricter_rule_a_middle_school_needs_four_fire_drills_a_year() -> None:
    own = rules()
    lenient = replace(own, drills=tuple(r for r in own.drills if r.citation != "5 CCR 550"))
    fire = requirements_by_kind("middle", "2026-11-10", under=lenient)["fire"]
    assert (fire.status, fire.required, fire.due_on) == (RequirementStatus.DUE, 4, date(2027, 6, 2))


def test_a_high_school_needs_two_fire_drills_a_year() -> None:
    held = [drill("2026-09-10"), drill("2027-02-10")]
    assert (
        requirements_by_kind("high", "2027-02-11", drills=held[:1])["fire"].status
        is RequirementStatus.DUE
    )
    done = requirements_by_kind("high", "2027-02-11", drills=held)["fire"]
    assert (done.status, done.due_on) == (RequirementStatus.DONE, None)
    late = requirements_by_kind("high", "2027-06-10", drills=held[:1], kept=SINCE_AUGUST)["fire"]
    assert late.status is RequirementStatus.OVERDUE
    unknown = requirements_by_kind("high", "2027-06-10", drills=held[:1])[
        "fire"
    ]  # nobody knows of August
    assert unknown.status is RequirementStatus.NOT_RECORDED


def test_a_fire_drill_counts_as_an_alarm_signal() -> None:
    found = requirements_by_kind("high", "2026-09-15", drills=[drill("2026-09-10")])
    (signal,) = (one for one in found.values() if one.kind == "alarm_signal")
    assert (signal.done, signal.required) == (1, 2)
    assert Message("requirement.other_drills", kinds=["Fire"]) in signal.messages


@pytest.mark.parametrize(("level", "per"), [("elementary", "quarter"), ("high", "semester")])
def test_drop_drills_are_quarterly_in_elementary_schools_and_once_a_semester_in_secondary(
    level: str, per: str
) -> None:
    rule = requirements_by_kind(level, "2026-09-10")["drop"].rule
    assert rule == Message("drill_rule", citation="Ed. Code 32282", times=1, per=per)


def test_a_k8_school_follows_the_stricter_of_the_elementary_and_intermediate_rules() -> None:
    found = requirements_by_kind("k8", "2026-09-10")
    fire, drop = (found[kind].rule.facts for kind in ("fire", "drop"))
    assert (fire["times"], fire["per"]) == (1, "month")
    assert (drop["times"], drop["per"]) == (1, "quarter")


def test_no_lockdown_drill_is_required_unless_the_district_has_a_rule() -> None:
    assert "lockdown" not in requirements_by_kind("high", "2026-11-10")
    own = rules()
    asked = replace(own.drills[0], kind="lockdown", levels=frozenset({"secondary"}), per="semester")
    with_rule = replace(own, drills=(*own.drills, asked))
    found = requirements_by_kind("high", "2026-11-10", under=with_rule)["lockdown"]
    assert (found.status, found.required) == (RequirementStatus.DUE, 1)


def test_a_rule_not_yet_in_force_is_not_applied() -> None:
    own = rules()
    coming = tuple(replace(rule, effective_from=date(2027, 7, 1)) for rule in own.drills)
    assert set(requirements_by_kind("high", "2026-11-10", under=replace(own, drills=coming))) == {
        PLAN_REVIEW
    }


def test_a_plan_review_is_overdue_after_march_1() -> None:
    assert requirements_by_kind("high", "2027-03-01")[PLAN_REVIEW].status is RequirementStatus.DUE
    steps = [review("shared", "2027-02-20"), review("drafted", "2027-02-22")]
    late = requirements_by_kind("high", "2027-03-02", reviews=steps)[PLAN_REVIEW]
    assert (late.status, late.due_on) == (RequirementStatus.OVERDUE, date(2027, 3, 1))
    assert late.messages[0] == Message("requirement.review_at", stage="Shared")


def test_under_an_earlier_rule_pack_adoption_completes_the_plan_review() -> None:
    steps = [review("consulted", "2026-11-02", "parents"), review("adopted", "2027-03-05")]
    earlier = read_rule_pack(EARLIER_RULES)
    found = requirements_by_kind("high", "2027-03-06", reviews=steps, under=earlier)[PLAN_REVIEW]
    assert (found.status, found.open_points) == (RequirementStatus.DONE, ())
    on = date(2027, 3, 5)
    assert found.messages == (
        Message("requirement.review_ended_late", stage="Adopted", on=on, days=4),
    )
    now = requirements_by_kind("high", "2027-03-06", reviews=steps)[PLAN_REVIEW]
    assert now.status is RequirementStatus.OVERDUE
    assert "consulted.law_enforcement" in now.open_points
    assert "consulted.parents" not in now.open_points


def test_a_review_of_another_school_year_does_not_count() -> None:
    last_year = review("adopted", "2026-02-10", year="2025-26")
    assert (
        requirements_by_kind("high", "2026-11-10", reviews=[last_year])[PLAN_REVIEW].status
        is RequirementStatus.DUE
    )


def test_records_after_the_given_day_do_not_count() -> None:
    found = requirements_by_kind(
        "high",
        "2026-11-10",
        drills=[drill("2026-11-12", "drop")],
        reviews=[review("adopted", "2026-11-12")],
    )
    assert found["drop"].status is RequirementStatus.DUE
    assert found[PLAN_REVIEW].status is RequirementStatus.DUE


def test_a_level_without_rules_has_no_requirements() -> None:
    found = requirements_by_kind("adult", "2026-11-10")
    assert found == {}
    assert find_worst_status(found.values()) is RequirementStatus.NOT_REQUIRED


def test_without_a_school_calendar_no_drill_is_required() -> None:
    fire = requirements_by_kind("elementary", "2026-11-10", calendar=NO_CALENDAR)["fire"]
    assert (fire.status, fire.due_on) == (RequirementStatus.NOT_REQUIRED, None)
    assert fire.messages == (Message("requirement.no_school_days", year="2026-27"),)


def test_the_first_drill_is_due_before_school_begins() -> None:
    fire = requirements_by_kind("elementary", "2026-07-20")["fire"]
    assert (fire.status, fire.due_on) == (RequirementStatus.DUE, date(2026, 8, 31))


def test_a_sites_status_is_the_worst_of_its_requirements() -> None:
    steps, earlier = [review("adopted", "2026-09-02")], read_rule_pack(EARLIER_RULES)
    found = requirements_by_kind(
        "elementary", "2026-09-10", reviews=steps, under=earlier, kept=SINCE_AUGUST
    )
    assert {item.status for item in found.values()} == {
        RequirementStatus.DONE,
        RequirementStatus.DUE,
        RequirementStatus.OVERDUE,
    }
    assert find_worst_status(found.values()) is RequirementStatus.OVERDUE
    shown = mark_requirements_without_record(tuple(found.values()), frozenset())
    assert RequirementStatus.DUE in {item.status for item in shown}
    assert find_worst_status(shown) is RequirementStatus.NOT_RECORDED


def test_quarters_are_halves_of_the_two_semesters() -> None:
    quarters = build_school_year(CALENDAR, date(2026, 11, 10)).periods["quarter"]
    assert len(quarters) == 4
    assert quarters[1].last == date(2026, 12, 18)
    assert quarters[2].first == date(2027, 1, 4)


@pytest.mark.parametrize("text", ["2026-27", "2026/27", " 2026–2027 "])
def test_a_school_year_is_read_in_common_notations(text: str) -> None:
    assert parse_school_year(text) == "2026-27"


@pytest.mark.parametrize("text", ["2026", "2026-28", "26-27", "", "2026-2026"])
def test_an_invalid_school_year_is_rejected(text: str) -> None:
    with refused("not_a_school_year"):
        parse_school_year(text)


def test_a_school_year_begins_in_july() -> None:
    assert [name_school_year(date(2027, month, 1)) for month in (6, 7)] == ["2026-27", "2027-28"]


def test_every_level_of_the_bundled_sites_has_rules() -> None:
    own = rules()
    levels: Any = ("elementary", "k8", "middle", "high", "alternative", "special_education")
    assert all(own.levels[level] for level in levels)


@pytest.mark.parametrize("kind", DRILL_KINDS)
def test_a_drill_has_one_name_in_print_and_on_screen(kind: str) -> None:
    assert name_requirement(kind) == format_drill_name(kind)
    assert "_" not in name_requirement(kind)
