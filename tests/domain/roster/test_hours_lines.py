"""Hours line by line: posted shifts next to confirmed and approved hours."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from builders import refused
from rosters import MONDAY, clock, officer, roster, shift

from zoneplanner.domain.calendar.local_time import local_to_utc
from zoneplanner.domain.log.entries import parse_entry
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import swaps
from zoneplanner.domain.roster.hours import (
    HoursLine,
    HoursProblem,
    HoursStatus,
    list_hours,
    total_hours,
)
from zoneplanner.domain.roster.hours_rules import HoursRules, PayRate, find_fiscal_year_start
from zoneplanner.domain.roster.officer_edits import record_sick_leave
from zoneplanner.domain.roster.shift import RosterDecision, Shift, ShiftStatus, ShiftSwap
from zoneplanner.domain.roster.shift_edits import assign_shift, cancel_shift, split_shift
from zoneplanner.messages import Message

ZONE = "America/Los_Angeles"
NOW = datetime(2026, 9, 21, 16, tzinfo=UTC)
FRIDAY = MONDAY + timedelta(days=4)


def build_posted_shift(uid: str, unit: str, day: date, *times: str) -> Shift:
    starts, ends, who = times
    return shift(uid, unit, day, starts, ends, officer=who, status=ShiftStatus.FINAL)


def project(*shifts: Shift, rules: HoursRules | None = None) -> Project:
    base = roster(officer("A", "A", "B"), officer("B", "A", "B"), officer("C", "c", kind="sro"))
    made = {one.uid: one for one in shifts}
    return replace(base, shifts=made, hours_rules=rules or HoursRules())


def parse_hours(uid: str = "w", **columns: str) -> NewEntry:
    return parse_entry("hours", columns, time_zone=ZONE, now=NOW, uid=uid)


def parse_worked(uid: str, who: str, began: str, ended: str, **more: str) -> NewEntry:
    return parse_hours(uid, officer=who, began_at=began, ended_at=ended, **more)


def parse_approval(of: str, hours: str, **more: str) -> NewEntry:
    given = {"on": f"{MONDAY}", "worked": of, "officer": "A", "hours": hours, "agency": "Sheriff"}
    return parse_entry("approval", given | more, time_zone=ZONE, now=NOW, uid=f"a-{of}")


def list_lines(one: Project, entries: Iterable[NewEntry] = ()) -> Sequence[HoursLine]:
    return list_hours(one, entries, MONDAY - timedelta(days=60), FRIDAY, now=NOW)


def test_a_posted_shift_is_a_line_and_a_draft_is_not() -> None:
    done = build_posted_shift("s", "A", MONDAY, "07:30", "16:00", "A")
    draft = replace(done, uid="d", status=ShiftStatus.DRAFT)
    later = build_posted_shift("t", "A", MONDAY + timedelta(days=4), "07:30", "16:00", "B")
    found = list_hours(
        project(done, draft, later), (), MONDAY, FRIDAY, now=later.starts_at + timedelta(hours=1)
    )
    assert [(line.officer, line.status, line.scheduled_h, line.hours) for line in found] == [
        ("A", HoursStatus.UNCONFIRMED, 8.5, 0.0),
        ("B", HoursStatus.PLANNED, 8.5, 0.0),
    ]
    assert found[0].agency == "Sheriff"


def test_a_night_shift_counts_on_its_first_day_with_its_elapsed_hours() -> None:
    fall_back = date(2026, 10, 31)
    night = replace(
        build_posted_shift("n", "A", fall_back, "22:00", "23:00", "A"),
        ends_at=local_to_utc(date(2026, 11, 1), clock("06:00"), ZONE),
    )
    now = datetime(2026, 11, 2, tzinfo=UTC)
    entry = parse_entry(
        "hours",
        {"shift": "n", "officer": "A"}
        | {"began_at": "2026-10-31T22:00", "ended_at": "2026-11-01T06:00"},
        time_zone=ZONE,
        now=now,
        uid="w",
    )
    (line,) = list_hours(project(night), [entry], fall_back, fall_back, now=now)
    assert (line.day, line.hours, line.scheduled_h) == (fall_back, 9.0, 9.0)
    assert list_hours(project(night), [entry], date(2026, 11, 1), date(2026, 11, 1), now=now) == ()


def test_a_relieved_shift_counts_for_the_relief() -> None:
    one = project(build_posted_shift("s", "A", MONDAY, "07:30", "16:00", "A"))
    sick = record_sick_leave(one, "A", MONDAY, MONDAY, RosterDecision(NOW))
    assert list_lines(sick) == ()
    relieved = assign_shift(sick, "s", "B", RosterDecision(NOW))
    (line,) = list_lines(relieved)
    assert (line.officer, line.status) == ("B", HoursStatus.UNCONFIRMED)
    entry = parse_worked("w", "B", f"{MONDAY}T07:30", f"{MONDAY}T16:00", shift="s")
    (line,) = list_lines(relieved, [entry])
    assert (line.officer, line.hours, line.problems) == ("B", 8.5, ())
    earlier = parse_worked("v", "A", f"{MONDAY}T07:30", f"{MONDAY}T09:00", shift="s")
    first, second = list_lines(relieved, [entry, earlier])
    assert (first.officer, first.hours, first.problems) == (
        "A",
        1.5,
        (HoursProblem.NOT_SCHEDULED,),
    )
    assert (second.officer, second.hours) == ("B", 8.5)


def test_swapped_shifts_count_for_their_new_officers() -> None:
    one = project(
        build_posted_shift("s", "A", MONDAY, "07:30", "16:00", "A"),
        build_posted_shift("t", "B", MONDAY + timedelta(days=1), "07:30", "16:00", "B"),
    )
    asked = swaps.request_swap(one, ShiftSwap("w", "s", "A", "B", NOW, other="t"))
    agreed = swaps.approve_swap(asked, "w", RosterDecision(NOW, by="p"))
    assert [(line.unit, line.officer) for line in list_lines(agreed)] == [("A", "B"), ("B", "A")]


def test_each_part_of_a_split_shift_is_a_line_unless_canceled() -> None:
    whole = build_posted_shift("s", "A", MONDAY, "07:30", "16:00", "A")
    noon = local_to_utc(MONDAY, clock("12:00"), ZONE)
    halves = assign_shift(
        split_shift(project(whole), "s", noon, RosterDecision(NOW, reason="court")),
        "s-part2",
        "B",
        RosterDecision(NOW),
    )
    assert [(line.officer, line.scheduled_h) for line in list_lines(halves)] == [
        ("A", 4.5),
        ("B", 4.0),
    ]
    gone = cancel_shift(halves, "s-part2", RosterDecision(NOW, reason="rain"))
    assert [line.officer for line in list_lines(gone)] == ["A"]


def test_two_confirmations_of_one_shift_count_its_scheduled_hours_once() -> None:
    one = project(build_posted_shift("s", "A", MONDAY, "07:30", "16:00", "A"))
    entries = [
        parse_worked("v", "A", f"{MONDAY}T07:30", f"{MONDAY}T11:30", shift="s"),
        parse_worked("w", "A", f"{MONDAY}T13:00", f"{MONDAY}T16:00", shift="s"),
    ]
    found = list_lines(one, entries)
    assert [(line.hours, line.scheduled_h, line.problems) for line in found] == [
        (4.0, 8.5, ()),
        (3.0, 0.0, ()),
    ]


def test_time_clock_hours_are_matched_to_a_shift_by_time() -> None:
    one = project(
        build_posted_shift("s", "A", MONDAY, "07:30", "12:00", "A"),
        build_posted_shift("t", "A", MONDAY, "12:00", "16:00", "A"),
    )
    entry = parse_worked("w", "A", f"{MONDAY}T11:50", f"{MONDAY}T16:10")
    first, second = sorted(list_lines(one, [entry]), key=lambda line: line.scheduled_h)
    assert (first.shift and first.shift.uid, first.hours) == ("t", 4.33)
    assert (second.shift and second.shift.uid, second.status) == ("s", HoursStatus.UNCONFIRMED)


@pytest.mark.parametrize(
    ("rules", "columns", "paid"),
    [
        (HoursRules(), {"ended_at": "16:20"}, 8.83),
        (HoursRules(), {"ended_at": "16:00", "break_min": "30"}, 8.0),
        (HoursRules(round_min=15), {"ended_at": "16:07"}, 8.5),
        (HoursRules(round_min=15), {"ended_at": "16:08"}, 8.75),
        (HoursRules(call_back_min_h=3), {"ended_at": "08:15", "pay_code": "callback"}, 3.0),
        (HoursRules(call_back_min_h=3), {"ended_at": "08:15"}, 0.75),
        (HoursRules(), {"ended_at": "16:00", "absent": "yes"}, 0.0),
    ],
)
def test_paid_hours_follow_breaks_rounding_and_the_call_back_minimum(
    rules: HoursRules, columns: dict[str, str], paid: float
) -> None:
    given = columns | {"ended_at": f"{MONDAY}T{columns['ended_at']}"}
    entry = parse_hours(officer="A", began_at=f"{MONDAY}T07:30", **given)
    (line,) = list_lines(project(rules=rules), [entry])
    assert line.hours == paid


@pytest.mark.parametrize(
    ("day", "first"), [("2026-06-30", "2025-07-01"), ("2026-07-01", "2026-07-01")]
)
def test_a_fiscal_year_begins_in_july(day: str, first: str) -> None:
    assert str(find_fiscal_year_start(date.fromisoformat(day))) == first


def test_rates_apply_from_their_date_and_the_most_specific_fund_is_used() -> None:
    rules = HoursRules(fund="General", funds={"Sheriff": "COPS", "B": "Grant B", "p": "Games"})
    for rate in (
        PayRate("Sheriff", date(2026, 7, 1), 90.0),
        PayRate("Sheriff", MONDAY, 92.5),
        PayRate("Sheriff", date(2026, 7, 1), 135.0, "overtime"),
        PayRate("Sheriff", FRIDAY, 99.0),
    ):
        rules = rules.with_rate(rate)
    a, b = (
        build_posted_shift(unit, unit, MONDAY, "07:30", "16:00", who) for unit, who in ("AA", "BB")
    )
    a, b = replace(a, unit="A"), replace(b, unit="B")
    c = replace(build_posted_shift("c", "c", MONDAY, "07:30", "16:00", "C"), post="p")
    found = {line.officer: line for line in list_lines(project(a, b, c, rules=rules))}
    assert [found[who].fund for who in "ABC"] == ["COPS", "Grant B", "Games"]
    assert [found[who].rate for who in "ABC"] == [92.5, 92.5, None]
    entry = parse_worked("w", "A", f"{MONDAY}T17:00", f"{MONDAY}T18:20", pay_code="OT", fund="Own")
    (extra,) = [one for one in list_lines(project(rules=rules), [entry]) if one.worked]
    assert (extra.rate, extra.fund, extra.amount) == (135.0, "Own", 179.55)


def test_an_approval_becomes_stale_when_the_hours_change() -> None:
    one = project(build_posted_shift("s", "A", MONDAY, "07:30", "16:00", "A"))
    entry = parse_worked("w", "A", f"{MONDAY}T07:30", f"{MONDAY}T16:00", shift="s")
    said = parse_approval("w", "8.5")
    (line,) = list_lines(one, [entry, said])
    assert (line.status, line.approved_h) == (HoursStatus.APPROVED, 8.5)
    shorter = parse_worked(
        "w2", "A", f"{MONDAY}T07:30", f"{MONDAY}T15:00", shift="s", supersedes="w"
    )
    (line,) = list_lines(one, [entry, said, shorter])
    assert (line.status, line.hours, line.approved_h) == (HoursStatus.STALE, 7.5, 8.5)
    assert line.can_be_approved
    void = parse_entry(
        "hours", {"void": "w", "reason": "mistake"}, time_zone=ZONE, now=NOW, uid="v"
    )
    planned, voided = sorted(list_lines(one, [entry, said, void]), key=lambda line: line.approved_h)
    assert planned.status is HoursStatus.UNCONFIRMED
    assert (voided.status, voided.problems) == (HoursStatus.STALE, (HoursProblem.VOIDED,))
    dearer = HoursRules().with_rate(PayRate("Sheriff", MONDAY, 95.0))
    (line,) = list_lines(replace(one, hours_rules=dearer), [entry, said])
    assert line.status is HoursStatus.APPROVED  # it was approved before there was a rate
    cheaper = parse_approval("w", "8.5", rate="90")
    (line,) = list_lines(replace(one, hours_rules=dearer), [entry, cheaper])
    assert line.status is HoursStatus.STALE


def test_overlapping_hours_are_marked_and_cannot_be_approved() -> None:
    entries = [
        parse_worked("w", "A", f"{MONDAY}T07:30", f"{MONDAY}T16:00"),
        parse_worked("x", "A", f"{MONDAY}T15:30", f"{MONDAY}T18:00"),
        parse_worked("y", "A", f"{MONDAY}T18:00", f"{MONDAY}T19:00"),
        parse_worked("z", "B", f"{MONDAY}T07:30", f"{MONDAY}T16:00"),
    ]
    found = {line.key: line for line in list_lines(project(), entries)}
    marked = [key for key, line in found.items() if HoursProblem.OVERLAPS in line.problems]
    assert sorted(marked) == ["w", "x"]
    assert not found["w"].can_be_approved
    assert found["y"].can_be_approved


def test_totals_are_by_officer_agency_fund_and_week() -> None:
    rules = HoursRules(fund="F").with_rate(PayRate("Sheriff", MONDAY, 100.0))
    one = project(
        build_posted_shift("s", "A", MONDAY, "07:30", "16:00", "A"),
        build_posted_shift("t", "B", MONDAY, "07:30", "16:00", "B"),
        rules=rules,
    )
    entry = parse_worked("w", "A", f"{MONDAY}T07:30", f"{MONDAY}T15:30", shift="s")
    found = list_lines(one, [entry])
    (agency,) = total_hours(found, "agency")
    assert (agency.name, agency.scheduled_h, agency.worked_h, agency.amount) == (
        "Sheriff",
        17.0,
        8.0,
        800.0,
    )
    assert (agency.unconfirmed, agency.unapproved) == (1, 1)
    assert [one.name for one in total_hours(found, "officer")] == ["A", "B"]
    assert [one.name for one in total_hours(found, "week")] == ["2026-W38"]
    assert agency.cost == Message("hours_cost", amount=800)
    (without,) = total_hours(list_lines(replace(one, hours_rules=HoursRules()), [entry]))
    assert (without.cost.template, without.without_rate) == ("hours_cost.unknown", 1)


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"ended_at": "07:29"}, "times_out_of_order"),
        ({"ended_at": "07:30"}, "out_of_range.worked"),
        ({"ended_at": "16:00", "break_min": "-5"}, "out_of_range.break"),
        ({"ended_at": "16:00", "break_min": "510"}, "out_of_range.break"),
        ({"ended_at": "16:00", "break_min": "nan"}, "out_of_range.break"),
        ({"ended_at": "16:00", "break_min": "half"}, "not_a_number.of_record"),
        ({"ended_at": "16:00", "pay_code": "gold"}, "unknown_choice"),
        ({"ended_at": "16:00", "absent": "perhaps"}, "not_yes_or_no"),
        ({}, "column_missing.hours_ended_at"),
    ],
)
def test_invalid_hours_are_rejected(columns: dict[str, str], code: str) -> None:
    given = {**columns}
    if "ended_at" in given:
        given["ended_at"] = f"{MONDAY}T{given['ended_at']}"
    with refused(code):
        parse_hours(officer="A", began_at=f"{MONDAY}T07:30", **given)


def test_hours_over_a_day_or_in_the_future_are_rejected() -> None:
    with refused("out_of_range.worked", hours=25.0):
        parse_worked("w", "A", f"{MONDAY}T07:30", f"{MONDAY + timedelta(days=1)}T08:30")
    with refused("in_the_future"):
        parse_worked("w", "A", "2026-09-22T07:30", "2026-09-22T16:00")
    with refused("out_of_range.approved", hours=25.0):
        parse_approval("w", "25")
    with refused("out_of_range.rate"):
        HoursRules().with_rate(PayRate("Sheriff", MONDAY, -1.0))
