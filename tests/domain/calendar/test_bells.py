from dataclasses import replace
from datetime import UTC, date, datetime, time
from itertools import pairwise

import pytest
from builders import project_from

from zoneplanner.domain.calendar.bells import (
    BellSchedule,
    BellTimes,
    BellWindow,
    SchoolDayKind,
    check_bell_schedule,
    find_bell_window,
)
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.errors import UserError

ZONE = "America/Los_Angeles"
TERM = (DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18)),)
CALENDAR = SchoolCalendar(
    TERM, (), minimum_days=(DateRange("Before recess", date(2026, 12, 17), date(2026, 12, 18)),)
)
SITE = project_from("A").sites["r1c1"]


def format_utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%H:%M}"


def test_bell_windows_follow_each_other_without_a_gap() -> None:
    found = CALENDAR.bell_windows(SITE, date(2026, 11, 16), time_zone=ZONE)
    assert [span.window for span in found] == [
        BellWindow.ARRIVAL,
        BellWindow.CLASS,
        BellWindow.LUNCH,
        BellWindow.CLASS,
        BellWindow.DISMISSAL,
        BellWindow.AFTER_SCHOOL,
    ]
    assert all(one.ends_at == two.starts_at for one, two in pairwise(found))
    assert (format_utc(found[0].starts_at), format_utc(found[-1].ends_at)) == ("15:30", "02:00")


def test_thursdays_and_minimum_days_end_earlier() -> None:
    kinds = [CALENDAR.day_kind(date(2026, 12, day)) for day in (9, 10, 17, 19)]
    assert kinds == [SchoolDayKind.REGULAR, SchoolDayKind.EARLY, SchoolDayKind.MINIMUM, None]
    out = {
        day: next(
            format_utc(span.starts_at)
            for span in CALENDAR.bell_windows(SITE, date(2026, 12, day), time_zone=ZONE)
            if span.window is BellWindow.DISMISSAL
        )
        for day in (9, 10, 17)
    }
    assert out == {9: "22:15", 10: "21:15", 17: "20:00"}


def test_a_day_that_ends_before_lunch_is_over_has_no_lunch() -> None:
    found = CALENDAR.bell_windows(SITE, date(2026, 12, 17), time_zone=ZONE)
    assert BellWindow.LUNCH not in {span.window for span in found}


def test_the_bell_rings_at_the_same_local_time_on_both_sides_of_the_clock_change() -> None:
    before = CALENDAR.bell_windows(SITE, date(2026, 10, 30), time_zone=ZONE)[1].starts_at
    after = CALENDAR.bell_windows(SITE, date(2026, 11, 2), time_zone=ZONE)[1].starts_at
    assert (format_utc(before), format_utc(after)) == ("15:00", "16:00")


def test_a_sites_own_bells_override_those_of_its_level() -> None:
    late = BellTimes(time(9), time(12), time(13), time(16), time(15), time(13))
    calendar = replace(CALENDAR, bells=BellSchedule(by_site={SITE.id: late}))
    found = calendar.bell_windows(SITE, date(2026, 11, 16), time_zone=ZONE)
    assert find_bell_window(found, datetime(2026, 11, 16, 16, 45, tzinfo=UTC)) is BellWindow.ARRIVAL
    assert find_bell_window(found, datetime(2026, 11, 16, 17, 0, tzinfo=UTC)) is BellWindow.CLASS
    assert find_bell_window(found, datetime(2026, 11, 16, 8, 0, tzinfo=UTC)) is None


def test_a_day_without_school_has_no_bell_windows() -> None:
    assert CALENDAR.bell_windows(SITE, date(2026, 11, 15), time_zone=ZONE) == ()


@pytest.mark.parametrize(
    ("times", "says"),
    [
        (BellTimes(time(9), time(12), time(13), time(16), time(8), time(13)), "early release"),
        (BellTimes(time(9), time(13), time(12), time(16), time(15), time(13)), "Lunch"),
    ],
)
def test_bells_out_of_order_are_rejected_and_the_site_is_named(times: BellTimes, says: str) -> None:
    with pytest.raises(UserError, match=says) as caught:
        check_bell_schedule(BellSchedule(by_site={"r1c1": times}))
    assert "r1c1" in caught.value.message


def test_a_day_that_runs_into_the_evening_has_no_after_school_window() -> None:
    night = BellTimes(time(12), time(15), time(16), time(23, 45), time(20), time(19))
    found = replace(CALENDAR, bells=BellSchedule(by_site={SITE.id: night})).bell_windows(
        SITE, date(2026, 11, 16), time_zone=ZONE
    )
    assert found[-1].window is BellWindow.DISMISSAL
    assert found[-1].minutes < 15
