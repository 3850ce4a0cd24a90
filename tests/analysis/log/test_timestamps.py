"""Many times are read at once as each of them is read alone."""

from datetime import UTC, datetime

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from zoneplanner.analysis.log.log_arrays import NO_TIMESTAMP, LocalClock
from zoneplanner.analysis.log.timestamps import TimestampParser, format_timestamps
from zoneplanner.domain.calendar.local_time import DoubtfulTimePolicy, LocalTimeParser
from zoneplanner.errors import UserError

ZONE = "America/Los_Angeles"
digits = st.builds(
    "{}-{}-{}{}{}:{}{}{}".format,
    st.sampled_from(["1969", "1970", "2024", "2026", "9999", "0000"]),
    *(st.sampled_from(["00", "01", "02", "03", "11", "12", "13", "29", "30", "31"]),) * 2,
    st.sampled_from(["T", " ", "x", "٣"]),
    *(st.sampled_from(["00", "01", "02", "23", "24", "59"]),) * 2,
    st.sampled_from(["", ":00", ":59", ":60", ":0x"]),
    st.sampled_from(["", "", "Z", "+00:00", "-08:00", "+23:59", "+24:00", "-00:60"]),
)
texts = st.one_of(digits, st.datetimes().map(datetime.isoformat), st.text(max_size=25))


def alone(text: str, times: LocalTimeParser) -> float | None:
    try:
        return times.read(text).timestamp()
    except (UserError, OverflowError):
        return None


@given(st.lists(texts, max_size=6))
@example(["2026-03-08T02:30", "2026-11-01T01:30:00", "2024-02-29 23:59", "2026-02-29T00:00"])
def test_times_are_read_at_once_as_each_alone(given_texts: list[str]) -> None:
    times = LocalTimeParser(ZONE, changes=DoubtfulTimePolicy("second", "after"))
    for text, at in zip(
        given_texts, TimestampParser(times).read(given_texts).tolist(), strict=True
    ):
        assert at in (NO_TIMESTAMP, alone(text, times))


@given(st.lists(st.integers(0, 253_402_300_799), max_size=6))
def test_moments_are_written_as_each_alone(at_s: list[int]) -> None:
    assert format_timestamps(np.array(at_s, np.int64)) == [
        datetime.fromtimestamp(at, UTC).isoformat() for at in at_s
    ]


def test_plain_times_are_read_whatever_stands_between() -> None:
    plain = ["2026-11-16T08:15", "2026-11-16 08:15:30", "2026-11-16T08:15:30-08:00"]
    times = LocalTimeParser(ZONE)
    assert TimestampParser(times).read([*plain, "16 November"]).tolist() == [
        *(alone(text, times) for text in plain),
        NO_TIMESTAMP,
    ]


def test_a_form_of_a_profile_goes_before_what_looks_plain() -> None:
    times = LocalTimeParser(ZONE, forms=("%Y-%d-%mT%H:%M",))
    assert TimestampParser(times).read(["2026-11-12T08:15"]).tolist() == [NO_TIMESTAMP]


@given(st.lists(st.integers(0, 1 << 33), min_size=1, max_size=8))
@example([1_793_523_600 + at for at in range(-9000, 9000, 900)])  # the clocks go back
def test_local_days_and_minutes_are_those_of_each_alone(at_s: list[int]) -> None:
    day, minute = LocalClock(ZONE).read_all(np.array(at_s))
    assert list(zip(day.tolist(), minute.tolist(), strict=True)) == [
        LocalClock(ZONE).read(at) for at in at_s
    ]
