from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from builders import COUNTY, refused
from rosters import FRIDAY, MONDAY, NOW, ZONE, clock, officer, own_time, roster, shift

from zoneplanner.domain.calendar.bells import BellWindow
from zoneplanner.domain.calendar.local_time import make_local_interval
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.checker import find_roster_violations, find_shift_violations
from zoneplanner.domain.roster.roster_rules import Enforcement, RosterRules
from zoneplanner.domain.roster.shift import (
    AvailabilityKind,
    AvailabilityPeriod,
    Officer,
    Shift,
    ShiftStatus,
)
from zoneplanner.domain.roster.shift_edits import put_shift
from zoneplanner.messages import Message, find_template


def put_shifts(project: Project, *shifts: Shift, by: str = "A") -> Project:
    for one in shifts:
        project = put_shift(project, replace(one, officer=by))
    return project


def broken_rules(project: Project, first: date = MONDAY, last: date = FRIDAY) -> list[str]:
    found = find_roster_violations(project, first, last)
    return sorted({one.rule for one in found if one.rule != "minimum_staffing"})


def test_a_double_booking_names_both_shifts_and_a_remedy() -> None:
    project = put_shifts(
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
    assert str(found.message) == (
        "Officer A, B on Mon 14 Sep 11:00–16:00: the officer also has A on Mon 14 Sep 07:30–12:00."
    )
    assert found.message.say(US_FORMATS).startswith("Officer A, B on Mon, Sep 14, 11 AM–4 PM: ")
    assert find_template(found.remedy.template)


def test_a_double_booking_with_equal_starts_names_both_shifts() -> None:
    project = put_shifts(
        roster(officer("A", "A", "B")),
        shift("one", "A", MONDAY, "07:30", "12:00"),
        shift("two", "B", MONDAY, "07:30", "16:00"),
    )
    (found,) = [
        one
        for one in find_roster_violations(project, MONDAY, FRIDAY)
        if one.rule == "double_booking"
    ]
    assert found.where.facts["shift"].facts["unit"] == "B"
    assert found.breach.facts["other"].facts["unit"] == "A"


def test_back_to_back_shifts_break_no_rule() -> None:
    project = put_shifts(
        roster(officer("A", "A", "B")),
        shift("one", "A", MONDAY, "07:30", "12:00"),
        shift("two", "B", MONDAY, "12:00", "16:00"),
    )
    assert broken_rules(project) == []


@pytest.mark.parametrize(
    "kind", [AvailabilityKind.LEAVE, AvailabilityKind.SICK, AvailabilityKind.UNAVAILABLE]
)
def test_an_officer_who_is_off_cannot_serve(kind: AvailabilityKind) -> None:
    away = officer("A", "A", times=(own_time(kind, MONDAY, FRIDAY),))
    project = put_shifts(roster(away), shift("one", "A", MONDAY, "07:30", "16:00"))
    assert broken_rules(project) == ["leave"]


def test_an_officer_with_listed_times_serves_only_then() -> None:
    free = own_time(
        AvailabilityKind.AVAILABLE, MONDAY, FRIDAY, starts=clock("07:00"), ends=clock("12:00")
    )
    project = roster(officer("A", "A", times=(free,)))
    assert broken_rules(put_shifts(project, shift("one", "A", MONDAY, "07:30", "12:00"))) == []
    assert broken_rules(put_shifts(project, shift("one", "A", MONDAY, "07:30", "16:00"))) == [
        "leave"
    ]


def test_shifts_must_leave_room_and_rest_for_the_main_job() -> None:
    nights = own_time(
        AvailabilityKind.MAIN_JOB, date(2026, 9, 13), starts=clock("20:00"), ends=clock("06:00")
    )
    project = roster(officer("A", "A", times=(nights,)))
    during = put_shifts(project, shift("one", "A", MONDAY, "05:30", "09:00"))
    assert broken_rules(during) == ["main_job"]
    soon = put_shifts(project, shift("one", "A", MONDAY, "07:30", "16:00"))
    (found,) = [one for one in find_roster_violations(soon, MONDAY, FRIDAY) if one.rule == "rest"]
    assert found.breach == Message("roster.rest.after_main_job", rest_h=1.5, least_h=8, short_h=6.5)
    assert found.level is Enforcement.OVERRIDE
    assert broken_rules(put_shifts(project, shift("one", "A", MONDAY, "14:00", "18:00"))) == []


def test_rest_across_a_clock_change_is_counted_in_elapsed_hours() -> None:
    night = own_time(
        AvailabilityKind.MAIN_JOB, date(2026, 10, 31), starts=clock("15:00"), ends=clock("23:30")
    )
    project = roster(officer("A", "A", times=(night,)))
    autumn = put_shifts(project, shift("one", "A", date(2026, 11, 1), "06:30", "12:00"))
    assert broken_rules(autumn, date(2026, 11, 1), date(2026, 11, 1)) == []
    spring = own_time(
        AvailabilityKind.MAIN_JOB, date(2026, 3, 7), starts=clock("15:00"), ends=clock("23:30")
    )
    project = roster(officer("A", "A", times=(spring,)))
    project = put_shifts(project, shift("one", "A", date(2026, 3, 8), "08:00", "12:00"))
    assert broken_rules(project, date(2026, 3, 8), date(2026, 3, 8)) == ["rest"]


def test_a_shift_across_a_clock_change_has_its_elapsed_hours() -> None:
    autumn = make_local_interval(date(2026, 10, 31), clock("22:00"), clock("06:00"), ZONE)
    spring = make_local_interval(date(2026, 3, 7), clock("22:00"), clock("06:00"), ZONE)
    assert (autumn.hours, spring.hours) == (9.0, 7.0)


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (officer("A"), Message("ineligible.no_units")),
        (officer("A", "B"), Message("ineligible.other_units", units=("B",), unit="A")),
        (
            officer("A", "A", jurisdictions=()),
            Message("ineligible.jurisdiction", area=COUNTY, unit="A"),
        ),
        (
            officer("A", "A", kind="sro"),
            Message("ineligible.kind", kind="sro", unit="A", needed="deputy"),
        ),
    ],
)
def test_eligibility_depends_on_unit_kind_and_jurisdiction(who: Officer, why: Message) -> None:
    project = put_shifts(roster(who), shift("one", "A", MONDAY, "07:30", "16:00"))
    (found,) = [
        one for one in find_roster_violations(project, MONDAY, FRIDAY) if one.rule == "eligibility"
    ]
    assert found.breach == Message("roster.eligibility", why=why)


def test_a_substitute_can_serve_listed_units_of_any_kind() -> None:
    both = officer("A", "A", "c", kind="substitute")
    project = put_shifts(
        roster(both),
        shift("one", "A", MONDAY, "07:30", "12:00"),
        shift("two", "c", FRIDAY, "07:30", "12:00"),
    )
    assert broken_rules(project) == []


def test_a_shift_can_require_a_qualification() -> None:
    project = roster(officer("A", "A"), officer("B", "A", qualifications=("K9",)))
    event = shift("game", "A", FRIDAY, "18:00", "22:00", needs=("K9",))
    (found,) = find_shift_violations(project, replace(event, officer="A"))
    assert found.breach.facts == {"why": Message("ineligible.qualification", lacking="K9")}
    assert find_shift_violations(project, replace(event, officer="B")) == ()


def test_daily_and_weekly_hours_include_the_main_job() -> None:
    job = own_time(
        AvailabilityKind.MAIN_JOB,
        MONDAY,
        date(2026, 9, 17),
        starts=clock("16:00"),
        ends=clock("02:00"),
    )
    project = put_shifts(
        roster(officer("A", "A", times=(job,))),
        shift("mon", "A", MONDAY, "07:30", "16:00"),
        shift("fri", "A", FRIDAY, "10:00", "22:00"),
        shift("sat", "A", date(2026, 9, 19), "08:00", "18:00"),
    )
    found = {
        one.rule: one.breach.facts
        for one in find_roster_violations(project, MONDAY, date(2026, 9, 20))
    }
    assert found["daily_hours"] == {"total_h": 18.5, "most_h": 14, "over_h": 4.5}
    assert found["weekly_hours"] == {"total_h": 70.5, "most_h": 60, "over_h": 10.5}


def test_consecutive_days_are_counted_across_weeks() -> None:
    days = [MONDAY + timedelta(days=n) for n in range(13)]
    project = put_shifts(
        roster(officer("A", "A")),
        *(shift(str(n), "A", day, "08:00", "12:00") for n, day in enumerate(days)),
    )
    (found,) = [
        one
        for one in find_roster_violations(project, MONDAY, days[-1])
        if one.rule == "consecutive_days"
    ]
    assert found.breach == Message("roster.consecutive_days", days=13, most=12)


def test_a_short_detail_is_reported_and_fridays_require_more() -> None:
    project = roster(officer("A", "A"))
    three = put_shifts(project, shift("one", "A", MONDAY, "08:00", "11:00"))
    assert broken_rules(three) == []
    assert broken_rules(put_shifts(project, shift("one", "A", FRIDAY, "08:00", "11:00"))) == [
        "detail_minimum"
    ]
    joined = put_shifts(
        project,
        shift("one", "A", FRIDAY, "08:00", "11:00"),
        shift("two", "A", FRIDAY, "11:00", "12:00"),
    )
    assert broken_rules(joined) == []


def test_a_late_cancellation_is_reported_with_its_notice() -> None:
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
    assert found.breach == Message("roster.cancellation", given_h=20, notice_h=48)
    early = replace(gone, cancelled_at=starts.starts_at - timedelta(hours=48))
    assert broken_rules(put_shift(project, early)) == []


def test_an_unstaffed_bell_is_reported_with_its_minutes() -> None:
    project = roster(officer("A", "A", "B"))
    staffed = replace(project.shifts[f"A-day-{MONDAY}"], officer="A", ends_at=NOW)
    staffed = replace(
        staffed, ends_at=staffed.starts_at + timedelta(hours=4), starts_at=staffed.starts_at
    )
    project = put_shift(project, staffed)
    thin = [
        (one.where, one.breach.facts)
        for one in find_roster_violations(project, MONDAY, MONDAY)
        if one.rule == "minimum_staffing" and one.unit == "A"
    ]
    assert thin == [
        (
            Message("roster_place.window", unit="A", day=MONDAY, window=window),
            {"officers": 0, "needed": 1, "missing_min": missing_min},
        )
        for window, missing_min in ((BellWindow.LUNCH, 60), (BellWindow.DISMISSAL, 30))
    ]


def test_overlapping_leave_is_reported() -> None:
    twice = officer(
        "A",
        "A",
        times=(
            own_time(AvailabilityKind.LEAVE, MONDAY, FRIDAY),
            AvailabilityPeriod("other", AvailabilityKind.LEAVE, FRIDAY, FRIDAY + timedelta(days=5)),
        ),
    )
    (found,) = (
        one
        for one in find_roster_violations(roster(twice), MONDAY, FRIDAY)
        if one.rule == "leave_overlap"
    )
    assert (found.breach.facts["last"], found.breach.facts["other_first"]) == (FRIDAY, FRIDAY)
    assert found.day == FRIDAY


def test_a_shift_of_an_unknown_or_departed_officer_is_reported() -> None:
    project = put_shifts(roster(), shift("one", "A", MONDAY, "07:30", "16:00"), by="X")
    assert broken_rules(project) == ["unknown_officer"]
    gone = put_shifts(
        roster(officer("A", "A", until=date(2026, 9, 1))),
        shift("one", "A", MONDAY, "07:30", "16:00"),
    )
    assert broken_rules(gone) == ["unknown_officer"]


def test_a_rule_can_be_turned_off_and_its_figures_changed() -> None:
    project = put_shifts(roster(officer("A", "A")), shift("one", "A", MONDAY, "08:00", "10:00"))
    assert broken_rules(project) == ["detail_minimum"]
    off = RosterRules().with_level("detail_minimum", Enforcement.OFF)
    assert broken_rules(replace(project, roster_rules=off)) == []
    two = RosterRules().with_figure("detail_h_mon_thu", 2)
    assert broken_rules(replace(project, roster_rules=two)) == []
    with refused("out_of_range.roster_figure"):
        RosterRules().with_figure("rest_h", -1)


def test_an_availability_period_recurs_on_its_weekdays_every_other_week() -> None:
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
