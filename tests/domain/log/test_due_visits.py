"""The visit rule: what is due in a week, late within grace and missed after it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from builders import project_from, refused

from zoneplanner.domain.calendar.bells import BellWindow
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.log.due_visits import (
    DueVisit,
    DueVisitStatus,
    derive_visit_status,
    find_due_visits,
)
from zoneplanner.domain.log.journal import Visit
from zoneplanner.domain.log.visit_rule import ANY_TIME, VisitRule
from zoneplanner.domain.project import Project

LOCAL = ZoneInfo("America/Los_Angeles")
MONDAY = date(2026, 11, 16)
RULE = VisitRule({"elementary": {BellWindow.ARRIVAL: 3, BellWindow.DISMISSAL: 1}})


def project(rule: VisitRule = RULE) -> Project:
    """Two schools whose bells ring at 8:00 and 14:15, an hour earlier out on Thursday."""
    calendar = SchoolCalendar((DateRange("fall", date(2026, 8, 13), date(2026, 12, 18)),), ())
    return replace(project_from("AB"), calendar=calendar, visit_rule=rule)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=LOCAL).astimezone(UTC)


def visit(arrived: str, site: str = "r1c1", status: str = "completed") -> Visit:
    return Visit(arrived, site, "A", at(arrived), None, "", status)


def find_due(
    now: str, *visits: Visit, rule: VisitRule = RULE, window: str = BellWindow.ARRIVAL
) -> DueVisit:
    found = find_due_visits(project(rule), visits, monday=MONDAY, now=at(now))
    return next(one for one in found if (one.site, one.window) == ("r1c1", window))


def test_days_visited_within_the_window_count_toward_the_requirement() -> None:
    made = [visit("16T07:40"), visit("16T07:50"), visit("17T07:35")]
    now = find_due("17T09:00", *made)
    assert (now.required, now.done, now.standing) == (3, 2, DueVisitStatus.DUE)
    assert now.opens_at == at("18T07:30") and now.closes_at == at("18T08:00")
    assert find_due("18T09:00", *made, visit("18T07:45")).standing is DueVisitStatus.DONE


def test_a_visit_counts_only_within_the_grace_period() -> None:
    assert find_due("16T09:00", visit("16T06:45")).done == 1
    assert find_due("16T09:00", visit("16T06:44")).done == 0
    assert find_due("16T09:00", visit("16T08:15")).done == 1
    assert find_due("16T09:00", visit("16T08:16")).done == 0


def test_the_last_possible_visit_is_late_within_grace_and_then_missed() -> None:
    two = (visit("16T07:40"), visit("17T07:40"))
    assert find_due("20T07:50", *two).standing is DueVisitStatus.DUE
    assert find_due("20T08:10", *two).standing is DueVisitStatus.LATE
    assert find_due("20T08:16", *two).standing is DueVisitStatus.MISSED
    assert find_due("18T09:00").standing is DueVisitStatus.MISSED


def test_early_release_moves_the_dismissal_window() -> None:
    thursday = find_due("19T13:30", visit("19T13:20"), window=BellWindow.DISMISSAL)
    assert (thursday.done, thursday.standing) == (1, DueVisitStatus.DONE)
    assert find_due("18T14:00", visit("18T13:20"), window=BellWindow.DISMISSAL).done == 0


def test_without_a_rule_the_assumed_visits_are_due_at_any_time() -> None:
    free = find_due(
        "20T12:00", visit("16T10:00"), visit("16T11:00"), rule=VisitRule(), window=ANY_TIME
    )
    assert (free.required, free.done, free.standing) == (5, 2, DueVisitStatus.DUE)
    assert find_due("21T12:00", rule=VisitRule(), window=ANY_TIME).standing is DueVisitStatus.MISSED


def test_a_missed_visit_or_one_to_another_site_does_not_count() -> None:
    assert find_due("16T09:00", visit("16T07:40", status="missed")).done == 0
    assert find_due("16T09:00", visit("16T07:40", site="r1c2")).done == 0


def test_a_week_without_school_requires_no_visits() -> None:
    assert find_due_visits(project(), (), monday=date(2027, 1, 4), now=at("16T08:00")) == ()


@pytest.mark.parametrize(
    ("now", "state"), [("16T07:59", "scheduled"), ("16T08:14", "late"), ("16T08:16", "missed")]
)
def test_a_scheduled_visit_becomes_late_and_then_missed(now: str, state: str) -> None:
    assert derive_visit_status(visit("16T08:00", status="scheduled"), at(now), RULE) == state
    assert derive_visit_status(visit("16T08:00", status="on_site"), at(now), RULE) == "on_site"


@pytest.mark.parametrize(
    ("options", "template", "facts"),
    [
        ({"by_level": {"high": {"noon": 1}}}, "unknown_choice.window", {"text": "noon"}),
        (
            {"by_level": {"high": {BellWindow.LUNCH: 6}}},
            "out_of_range.visits_in_window",
            {"level": "high", "window": BellWindow.LUNCH, "most": 5},
        ),
        ({"by_level": {"high": {ANY_TIME: 99}}}, "out_of_range.visits", {"most": 25}),
        ({"late_min": -1}, "out_of_range.grace", {"most": 240}),
    ],
)
def test_an_impossible_visit_rule_is_rejected(
    options: dict[str, object], template: str, facts: dict[str, object]
) -> None:
    with refused(template, **facts):
        VisitRule(**options)  # type: ignore[arg-type]
