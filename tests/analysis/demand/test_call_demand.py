"""Calls by site, weekday and bell window: a prior by level, updated from the journal."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from builders import project_from, refused

from zoneplanner.analysis.demand.call_demand import (
    BELL_WINDOWS,
    CallDemand,
    ObservedCalls,
    WeekTime,
    estimate_call_demand,
    make_demand,
    parse_week_time,
)
from zoneplanner.analysis.demand.call_demand import count_observed_calls as seen_in
from zoneplanner.analysis.log.log_arrays import build_log_arrays
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.analysis.site_loads import SCHOOL_DAY_H
from zoneplanner.domain.calendar.bells import BellWindow, SchoolDayKind
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.demand import DemandChoice, DemandSource
from zoneplanner.domain.log.journal import Incident
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message

FIRST = date(2026, 9, 7)  # a Monday
LAST = date(2026, 12, 18)
CALENDAR = SchoolCalendar(
    (DateRange("Autumn", FIRST, LAST),),
    (DateRange("Thanksgiving", date(2026, 11, 23), date(2026, 11, 27)),),
)


def district() -> Project:
    """Four elementary schools in two zones, in school from September to December."""
    return replace(project_from("AABB"), calendar=CALENDAR)


def call(site: str, day: date, hour: int, minute: int = 0, **changes: object) -> Incident:
    """An incident at a local time in the fall, 7 hours behind UTC."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour + 7)
    values = {"uid": f"{site}-{at}", "type": "fight", "priority": 3, **changes}
    return Incident(site=site, received_at=at + timedelta(minutes=minute), **values)  # type: ignore[arg-type]


def observe(project: Project, incidents: Iterable[Incident], today: date) -> ObservedCalls:
    """Return what a log of incidents shows."""
    return seen_in(project, build_log_arrays((), incidents, time_zone=project.time_zone), today)


def estimate(project: Project, known: ObservedCalls | None = None) -> CallDemand:
    """Estimate the expected calls."""
    return estimate_call_demand(project, compute_planning_basis(project), known)


def school_days(count: int) -> Iterator[date]:
    """Yield the first school days."""
    day = FIRST
    for _ in range(count):
        while not CALENDAR.is_school_day(day):
            day += timedelta(days=1)
        yield day
        day += timedelta(days=1)


def test_calls_add_up_to_the_projects_demand_without_an_interval_by_site() -> None:
    found = estimate(district())
    assert found.per_day.tolist() == pytest.approx([0.2] * 4)
    assert found.bounds_of(0) is None, "a share by enrollment is a guess"
    busy = make_demand(district(), "busy", DemandSource.SCENARIO, value=8, low=4, high=16)
    found = estimate(district().with_demand(DemandChoice().with_demand(busy, use=True)))
    assert found.per_day[0] == pytest.approx(2.0) and found.bounds_of(0) is None


def test_the_windows_of_a_regular_day_add_up_to_its_calls() -> None:
    found = estimate(district())
    hours = found.hours[SchoolDayKind.REGULAR]
    total = sum(
        hours[:, at] * found.per_hour(WeekTime(1, window)) for at, window in enumerate(BELL_WINDOWS)
    )
    assert np.asarray(total).tolist() == pytest.approx(found.per_day.tolist())


def test_an_early_release_reduces_the_calls_of_the_thursday_class_window() -> None:
    found = estimate(district())
    regular, early = found.hours[SchoolDayKind.REGULAR], found.hours[SchoolDayKind.EARLY]
    assert (
        early[0, BELL_WINDOWS.index(BellWindow.CLASS)]
        < regular[0, BELL_WINDOWS.index(BellWindow.CLASS)]
    )
    same = found.per_hour(WeekTime(4, BellWindow.CLASS)) / found.per_hour(
        WeekTime(3, BellWindow.CLASS)
    )
    assert same.tolist() == pytest.approx([1.0] * 4)


def test_an_open_weekday_or_window_is_averaged_over_the_week() -> None:
    found = estimate(district())
    assert found.per_hour(WeekTime()).tolist() == pytest.approx(
        (found.per_day / SCHOOL_DAY_H).tolist()
    )
    lunches = [found.per_hour(WeekTime(day, BellWindow.LUNCH)) for day in range(1, 6)]
    any_day = found.per_hour(WeekTime(None, BellWindow.LUNCH))
    assert any_day.tolist() == pytest.approx(np.mean(lunches, axis=0).tolist())
    assert found.per_hour(WeekTime(4))[0] < found.per_hour(WeekTime(3))[0]
    spread = found.per_day / SCHOOL_DAY_H
    assert found.per_hour(WeekTime(3)).tolist() == pytest.approx(spread.tolist())


def test_a_busy_lunch_changes_calls_by_window_but_not_by_day() -> None:
    project = district()
    lunches = [call("r1c1", day, 12) for day in school_days(40)]
    found = estimate(project, observe(project, lunches, max(school_days(40))))
    usual = estimate(project)
    at_lunch = found.per_hour(WeekTime(1, BellWindow.LUNCH)) / found.per_day
    assert (at_lunch > 2 * usual.per_hour(WeekTime(1, BellWindow.LUNCH)) / usual.per_day).all()
    hours = found.hours[SchoolDayKind.REGULAR]
    mean = sum(
        hours[:, at] * found.per_hour(WeekTime(day, window)) / 5
        for day in range(1, 6)
        for at, window in enumerate(BELL_WINDOWS)
    )
    assert np.asarray(mean).tolist() == pytest.approx(found.per_day.tolist())


def test_holidays_weekends_nights_and_sample_records_do_not_count() -> None:
    project = district()
    away = [
        call("r1c1", date(2026, 11, 26), 10),
        call("r1c1", date(2026, 9, 12), 10),
        call("r1c1", FIRST, 23),
        call("r1c1", FIRST, 10, sample=True),
        call("elsewhere", FIRST, 10),
    ]
    known = observe(project, [*away, call("r1c2", date(2026, 9, 14), 9)], date(2026, 9, 18))
    assert known.by_site == Counter({"r1c2": 1})
    assert (known.outside, known.unpatrolled, known.duplicates) == (2, 1, 0)
    assert known.by_window == Counter({BellWindow.CLASS: 1})
    assert known.days[4, SchoolDayKind.EARLY] == 2
    assert known.school_days == 10
    today = date(2026, 9, 18)
    later = [call("r1c1", today, 9, uid="late"), call("r1c1", today, 23, uid="night")]
    every = [*away[1:3], away[4], replace(call("r1c1", FIRST, 11), site=None), *later]
    log = build_log_arrays((), every, time_zone=project.time_zone)
    known = seen_in(project, log, today - timedelta(days=1), last=today)
    parts = (known.incidents, known.outside, known.unpatrolled, known.no_school, known.running)
    assert parts == (0, 2, 1, 1, 2) and sum(parts) == len(every)
    assert known.apart == (
        Message("calls_at_other_times", n=2, inside=0),
        Message("calls_unpatrolled", n=1),
        Message("calls_no_school", n=1),
        Message("calls_running", n=2),
    )


def test_urgent_calls_raise_the_urgent_share() -> None:
    project = district()
    incidents = [call("r1c1", day, 10, priority=1) for day in school_days(30)]
    found = estimate(project, observe(project, incidents, max(school_days(30))))
    assert estimate(project).urgent_share == pytest.approx(0.2)
    assert found.urgent_share == pytest.approx(32 / 40)


@pytest.mark.parametrize(
    ("weekday", "window", "template"),
    [
        ("Sunday", "lunch", "unknown_weekday"),
        ("thu", "recess", "unknown_bell_window"),
    ],
)
def test_an_unknown_weekday_or_bell_window_is_refused(
    weekday: str, window: str, template: str
) -> None:
    with refused(template):
        parse_week_time(weekday, window)


def test_a_time_of_the_week_is_parsed_from_short_words() -> None:
    assert parse_week_time(None, None) == WeekTime()
    assert parse_week_time("fri", None) == WeekTime(5)
    assert parse_week_time("Thu", "after-school") == WeekTime(4, BellWindow.AFTER_SCHOOL)
