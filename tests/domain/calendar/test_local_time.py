"""Times in tables: their formats, and the hours around a clock change."""

from datetime import UTC, datetime, timedelta

import pytest
from builders import refused
from hypothesis import given
from hypothesis import strategies as st

from zoneplanner.domain.calendar.local_time import (
    DoubtfulTime,
    DoubtfulTimePolicy,
    LocalTimeParser,
    parse_moment,
)

ZONE = "America/Los_Angeles"
NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_repeated_hour_is_rejected_until_the_policy_says_which() -> None:
    text = "2026-11-01T01:30"
    with refused("clock_change.twice"):
        LocalTimeParser(ZONE).read(text)
    assert LocalTimeParser(ZONE, changes=DoubtfulTimePolicy("first")).read(text) == utc(
        "2026-11-01T08:30"
    )
    assert LocalTimeParser(ZONE, changes=DoubtfulTimePolicy("second")).read(text) == utc(
        "2026-11-01T09:30"
    )


def test_a_skipped_hour_is_rejected_until_the_policy_says_which_offset() -> None:
    text = "2026-03-08T02:30"
    with refused("clock_change.skipped"):
        LocalTimeParser(ZONE, changes=DoubtfulTimePolicy(twice="first")).read(text)
    before = LocalTimeParser(ZONE, changes=DoubtfulTimePolicy(skipped="before")).read(text)
    after = LocalTimeParser(ZONE, changes=DoubtfulTimePolicy(skipped="after")).read(text)
    assert before == utc("2026-03-08T10:30")
    assert after == before - timedelta(hours=1)


def test_other_hours_on_a_clock_change_day_are_unambiguous() -> None:
    times = LocalTimeParser(ZONE)
    assert times.read("2026-11-01T00:59:59") == utc("2026-11-01T07:59:59")
    assert times.read("2026-11-01T02:00") == utc("2026-11-01T10:00")
    assert times.read("2026-03-08T03:00") == utc("2026-03-08T10:00")


def test_an_offset_makes_a_repeated_hour_unambiguous() -> None:
    assert LocalTimeParser(ZONE).read("2026-11-01T01:30-07:00") == utc("2026-11-01T08:30")


def test_a_profiles_formats_and_iso_are_both_accepted() -> None:
    times = LocalTimeParser(ZONE, forms=("%m/%d/%Y %I:%M %p", "%m/%d/%y %H:%M"))
    assert times.read("11/16/2026 03:15 PM") == utc("2026-11-16T23:15")
    assert times.read("11/16/26 15:15") == utc("2026-11-16T23:15")
    assert times.read("2026-11-16T15:15") == utc("2026-11-16T23:15")
    with refused("not_a_time.no_form"):
        times.read("16.11.2026 15:15")


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("11/16/2026 08:15", "not_a_time.in_table"),
        ("noon", "not_a_time.in_table"),
        ("2026-11-16", "not_a_time.no_hour"),
        ("", "not_a_time.in_table"),
    ],
)
def test_an_invalid_time_is_rejected(text: str, template: str) -> None:
    with refused(template, text=text):
        LocalTimeParser(ZONE).read(text)


def test_an_unknown_policy_is_rejected() -> None:
    with refused("unknown_choice.twice"):
        DoubtfulTimePolicy(twice="third")
    with refused("unknown_choice.skipped"):
        DoubtfulTimePolicy(skipped="never")


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2037, 12, 31)),  # noqa: DTZ001
    st.sampled_from([ZONE, "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "UTC"]),
)
def test_a_reused_parser_reads_times_like_single_calls(moment: datetime, zone: str) -> None:
    text = moment.replace(microsecond=0).isoformat()
    try:
        one = parse_moment(text, time_zone=zone, now=NOW)
    except DoubtfulTime:
        with pytest.raises(DoubtfulTime):
            LocalTimeParser(zone).read(text)
    else:
        assert LocalTimeParser(zone).read(text) == one
