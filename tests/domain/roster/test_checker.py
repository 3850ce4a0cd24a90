from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from builders import refused
from rosters import FRIDAY, MONDAY, NOW, ZONE, clock, officer, own_time, roster, shift
from sentences import says

from zoneplanner.domain.calendar.local_time import make_local_interval
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.checker import find_roster_violations, find_shift_violations
from zoneplanner.domain.roster.roster_rules import Enforcement, RosterRules
from zoneplanner.domain.roster.shift import AvailabilityKind, AvailabilityPeriod, Shift, ShiftStatus
from zoneplanner.domain.roster.shift_edits import put_shift


def held(project: Project, *shifts: Shift, by: str = "A") -> Project:
    for one in shifts:
        project = put_shift(project, replace(one, officer=by))
    return project


def rules_broken(project: Project, first: date = MONDAY, last: date = FRIDAY) -> list[str]:
    found = find_roster_violations(project, first, last)
    return sorted({one.rule for one in found if one.rule != "minimum_staffing"})


def test_an_officer_in_two_places_is_told_with_both_shifts_and_a_remedy() -> None:
    project = held(
        roster(officer("A", "A", "B")),
        shift("one", "A", MONDAY, "07:30", "12:00"),
        shift("two", "B", MONDAY, "11:00", "16:00"),
    )
    (found,) = [
        one
        for one in find_roster_violations(project, MONDAY, FRIDAY)
        if one.rule == "double_booking"
    ]
    assert (found.officer, set(found.shifts), found.level) == (
        "A",
        {"one", "two"},
        Enforcement.BLOCK,
    )
    assert found.text == (
        "Officer A, B on Mon 14 Sep 11:00–16:00: the officer also has A on Mon 14 Sep 07:30–12:00."
    )
    assert found.remedy == "Assign one of the two to another officer."


def test_shifts_that_begin_together_are_both_named() -> None:
    project = held(
        roster(officer("A", "A", "B")),
        shift("one", "A", MONDAY, "07:30", "12:00"),
        shift("two", "B", MONDAY, "07:30", "16:00"),
    )
    (found,) = [
        one
        for one in find_roster_violations(project, MONDAY, FRIDAY)
        if one.rule == "double_booking"
    ]
    assert found.where.startswith("Officer A, B on") and "also has A on" in found.what


def test_shifts_that_follow_each_other_at_once_break_no_rule() -> None:
    project = held(
        roster(officer("A", "A", "B")),
        shift("one", "A", MONDAY, "07:30", "12:00"),
        shift("two", "B", MONDAY, "12:00", "16:00"),
    )
    assert rules_broken(project) == []


@pytest.mark.parametrize(
    "kind", [AvailabilityKind.LEAVE, AvailabilityKind.SICK, AvailabilityKind.UNAVAILABLE]
)
def test_an_officer_who_is_off_is_not_to_serve(kind: AvailabilityKind) -> None:
    away = officer("A", "A", times=(own_time(kind, MONDAY, FRIDAY),))
    project = held(roster(away), shift("one", "A", MONDAY, "07:30", "16:00"))
    assert rules_broken(project) == ["leave"]


def test_an_officer_who_named_times_serves_in_these_alone() -> None:
    free = own_time(
        AvailabilityKind.AVAILABLE, MONDAY, FRIDAY, starts=clock("07:00"), ends=clock("12:00")
    )
    project = roster(officer("A", "A", times=(free,)))
    assert rules_broken(held(project, shift("one", "A", MONDAY, "07:30", "12:00"))) == []
    assert rules_broken(held(project, shift("one", "A", MONDAY, "07:30", "16:00"))) == ["leave"]


def test_the_main_job_comes_first_and_its_rest_counts() -> None:
    nights = own_time(
        AvailabilityKind.MAIN_JOB, date(2026, 9, 13), starts=clock("20:00"), ends=clock("06:00")
    )
    project = roster(officer("A", "A", times=(nights,)))
    during = held(project, shift("one", "A", MONDAY, "05:30", "09:00"))
    assert rules_broken(during) == ["main_job"]
    soon = held(project, shift("one", "A", MONDAY, "07:30", "16:00"))
    (found,) = [one for one in find_roster_violations(soon, MONDAY, FRIDAY) if one.rule == "rest"]
    assert "1.5 h of rest between the main job and this shift; at least 8 h" in found.text
    assert found.level is Enforcement.OVERRIDE
    assert rules_broken(held(project, shift("one", "A", MONDAY, "14:00", "18:00"))) == []


def test_rest_is_counted_in_true_hours_across_the_clock_change() -> None:
    night = own_time(
        AvailabilityKind.MAIN_JOB, date(2026, 10, 31), starts=clock("15:00"), ends=clock("23:30")
    )
    project = roster(officer("A", "A", times=(night,)))
    autumn = held(project, shift("one", "A", date(2026, 11, 1), "06:30", "12:00"))
    assert rules_broken(autumn, date(2026, 11, 1), date(2026, 11, 1)) == []
    spring = own_time(
        AvailabilityKind.MAIN_JOB, date(2026, 3, 7), starts=clock("15:00"), ends=clock("23:30")
    )
    project = roster(officer("A", "A", times=(spring,)))
    project = held(project, shift("one", "A", date(2026, 3, 8), "08:00", "12:00"))
    assert rules_broken(project, date(2026, 3, 8), date(2026, 3, 8)) == ["rest"]


def test_a_shift_across_midnight_and_the_clock_change_has_its_true_length() -> None:
    autumn = make_local_interval(date(2026, 10, 31), clock("22:00"), clock("06:00"), ZONE)
    spring = make_local_interval(date(2026, 3, 7), clock("22:00"), clock("06:00"), ZONE)
    assert (autumn.hours, spring.hours) == (9.0, 7.0)


@pytest.mark.parametrize(
    ("who", "says"),
    [
        (officer("A"), "may not serve any unit yet"),
        (officer("A", "B"), "may serve B, not A"),
        (officer("A", "A", jurisdictions=()), "may not serve in county"),
        (officer("A", "A", kind="sro"), "is registered as “sro”"),
    ],
)
def test_eligibility_is_by_unit_kind_and_jurisdiction(who: object, says: str) -> None:
    project = held(roster(who), shift("one", "A", MONDAY, "07:30", "16:00"))  # type: ignore[arg-type]
    (found,) = [
        one for one in find_roster_violations(project, MONDAY, FRIDAY) if one.rule == "eligibility"
    ]
    assert says in found.text


def test_a_substitute_serves_units_of_any_kind_that_are_listed() -> None:
    both = officer("A", "A", "c", kind="substitute")
    project = held(
        roster(both),
        shift("one", "A", MONDAY, "07:30", "12:00"),
        shift("two", "c", FRIDAY, "07:30", "12:00"),
    )
    assert rules_broken(project) == []


def test_a_qualification_that_a_shift_needs_is_asked_for() -> None:
    project = roster(officer("A", "A"), officer("B", "A", qualifications=("K9",)))
    event = shift("game", "A", FRIDAY, "18:00", "22:00", needs=("K9",))
    assert [one.rule for one in find_shift_violations(project, replace(event, officer="A"))] == [
        "eligibility"
    ]
    assert find_shift_violations(project, replace(event, officer="B")) == ()


def test_hours_of_a_day_and_a_week_count_the_main_job() -> None:
    job = own_time(
        AvailabilityKind.MAIN_JOB,
        MONDAY,
        date(2026, 9, 17),
        starts=clock("16:00"),
        ends=clock("02:00"),
    )
    project = held(
        roster(officer("A", "A", times=(job,))),
        shift("mon", "A", MONDAY, "07:30", "16:00"),
        shift("fri", "A", FRIDAY, "10:00", "22:00"),
        shift("sat", "A", date(2026, 9, 19), "08:00", "18:00"),
    )
    found = {
        one.rule: one.text for one in find_roster_violations(project, MONDAY, date(2026, 9, 20))
    }
    assert "18.5 h of work that day; at most 14 h" in found["daily_hours"]
    assert "70.5 h of work that week; at most 60 h" in found["weekly_hours"]


def test_days_in_a_row_run_over_weeks() -> None:
    days = [MONDAY + timedelta(days=n) for n in range(13)]
    project = held(
        roster(officer("A", "A")),
        *(shift(str(n), "A", day, "08:00", "12:00") for n, day in enumerate(days)),
    )
    (found,) = [
        one
        for one in find_roster_violations(project, MONDAY, days[-1])
        if one.rule == "consecutive_days"
    ]
    assert "13 days of work in a row; at most 12" in found.text


def test_a_short_detail_is_told_and_friday_asks_for_more() -> None:
    project = roster(officer("A", "A"))
    three = held(project, shift("one", "A", MONDAY, "08:00", "11:00"))
    assert rules_broken(three) == []
    assert rules_broken(held(project, shift("one", "A", FRIDAY, "08:00", "11:00"))) == [
        "detail_minimum"
    ]
    joined = held(
        project,
        shift("one", "A", FRIDAY, "08:00", "11:00"),
        shift("two", "A", FRIDAY, "11:00", "12:00"),
    )
    assert rules_broken(joined) == []


def test_a_late_cancellation_is_told_with_its_notice() -> None:
    starts = shift("one", "A", MONDAY, "07:30", "16:00")
    gone = replace(
        starts,
        officer="A",
        status=ShiftStatus.CANCELLED,
        cancelled_at=starts.starts_at - timedelta(hours=20),
    )
    project = put_shift(roster(officer("A", "A")), gone)
    (found,) = [
        one for one in find_roster_violations(project, MONDAY, FRIDAY) if one.rule == "cancellation"
    ]
    assert says(found.text, "roster.cancellation", given_h="20.0", notice_h="48")
    early = replace(gone, cancelled_at=starts.starts_at - timedelta(hours=48))
    assert rules_broken(put_shift(project, early)) == []


def test_a_zone_without_an_officer_at_a_bell_is_told_with_minutes() -> None:
    project = roster(officer("A", "A", "B"))
    staffed = replace(project.shifts[f"A-day-{MONDAY}"], officer="A", ends_at=NOW)
    staffed = replace(
        staffed, ends_at=staffed.starts_at + timedelta(hours=4), starts_at=staffed.starts_at
    )
    project = put_shift(project, staffed)
    thin = [
        one.text
        for one in find_roster_violations(project, MONDAY, MONDAY)
        if one.rule == "minimum_staffing" and one.unit == "A"
    ]
    assert thin == [
        "A on Mon 14 Sep at lunch: 0 of 1 officers; 60 min understaffed.",
        "A on Mon 14 Sep at dismissal: 0 of 1 officers; 30 min understaffed.",
    ]


def test_leave_entered_twice_is_told() -> None:
    twice = officer(
        "A",
        "A",
        times=(
            own_time(AvailabilityKind.LEAVE, MONDAY, FRIDAY),
            AvailabilityPeriod("other", AvailabilityKind.LEAVE, FRIDAY, FRIDAY + timedelta(days=5)),
        ),
    )
    assert rules_broken(roster(twice)) == ["leave_overlap"]


def test_a_shift_of_somebody_unknown_or_gone_is_told() -> None:
    project = held(roster(), shift("one", "A", MONDAY, "07:30", "16:00"), by="X")
    assert rules_broken(project) == ["unknown_officer"]
    gone = held(
        roster(officer("A", "A", until=date(2026, 9, 1))),
        shift("one", "A", MONDAY, "07:30", "16:00"),
    )
    assert rules_broken(gone) == ["unknown_officer"]


def test_a_rule_that_is_off_is_not_looked_at_and_figures_are_data() -> None:
    project = held(roster(officer("A", "A")), shift("one", "A", MONDAY, "08:00", "10:00"))
    assert rules_broken(project) == ["detail_minimum"]
    off = RosterRules().with_level("detail_minimum", Enforcement.OFF)
    assert rules_broken(replace(project, roster_rules=off)) == []
    two = RosterRules().with_figure("detail_h_mon_thu", 2)
    assert rules_broken(replace(project, roster_rules=two)) == []
    with refused("out_of_range.roster_figure"):
        RosterRules().with_figure("rest_h", -1)


def test_an_own_time_recurs_on_its_weekdays_every_other_week() -> None:
    own = own_time(
        AvailabilityKind.MAIN_JOB,
        MONDAY,
        date(2026, 10, 11),
        weekdays=frozenset((1, 3)),
        every_weeks=2,
    )
    days = list(own.days(date(2026, 9, 1), date(2026, 12, 1)))
    assert days == [date(2026, 9, 14), date(2026, 9, 16), date(2026, 9, 28), date(2026, 9, 30)]
    (first, *_) = own.intervals(MONDAY, MONDAY, ZONE)
    assert first.starts_at == datetime(2026, 9, 14, 7, tzinfo=UTC)
    assert first.hours == 24
