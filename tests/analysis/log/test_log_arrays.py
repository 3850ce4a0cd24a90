"""Local days and minutes of many moments at once."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from zoneplanner.analysis.log.log_arrays import LocalClock

ZONE = "America/Los_Angeles"


@given(st.lists(st.integers(0, 1 << 33), min_size=1, max_size=8))
@example([1_793_523_600 + at for at in range(-9000, 9000, 900)])  # the clocks go back
def test_local_days_and_minutes_are_those_of_each_alone(at_s: list[int]) -> None:
    day, minute = LocalClock(ZONE).read_all(np.array(at_s))
    assert list(zip(day.tolist(), minute.tolist(), strict=True)) == [
        LocalClock(ZONE).read(at) for at in at_s
    ]
