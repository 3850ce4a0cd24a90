"""Local days and minutes of times across daylight saving changes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from zoneplanner.analysis.log.log_arrays import LocalClock

ZONE = "America/Los_Angeles"


@given(st.lists(st.integers(0, 1 << 33), min_size=1, max_size=8))
@example([1_793_523_600 + at for at in range(-9000, 9000, 900)])  # the clocks are set back
def test_local_days_and_minutes_match_the_calendar(at_s: list[int]) -> None:
    clock = LocalClock(ZONE)
    for at in at_s:
        local = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(ZONE))
        assert clock.read(at) == (local.toordinal(), local.hour * 60 + local.minute)
