"""The days of a report, and the days it is compared with."""

from datetime import date

import pytest
from builders import refused

from zoneplanner.domain.calendar.school_calendar import (
    ReportPeriod,
    find_last_month,
    find_month,
    parse_month,
)


def test_a_month_is_compared_with_whole_months() -> None:
    march = parse_month("2028-3")
    assert march == ReportPeriod(date(2028, 3, 1), date(2028, 3, 31)) and march.is_month
    assert march.before == find_month(date(2028, 2, 29))
    assert march.year_before == find_month(date(2027, 3, 1))
    assert parse_month("2028-02").year_before.last == date(2027, 2, 28)


def test_other_periods_are_compared_with_as_many_days() -> None:
    days = ReportPeriod(date(2026, 10, 5), date(2026, 10, 16))
    assert days.before == ReportPeriod(date(2026, 9, 23), date(2026, 10, 4))
    assert days.year_before == ReportPeriod(date(2025, 10, 6), date(2025, 10, 17))


def test_the_last_complete_month_never_includes_today() -> None:
    """Otherwise a count at noon of the last day would differ from one at its end."""
    assert find_last_month(date(2026, 10, 31)) == find_month(date(2026, 9, 1))
    assert find_last_month(date(2026, 11, 1)) == find_month(date(2026, 10, 1))


@pytest.mark.parametrize(
    "text", ["2026", "2026-13", "2026-00", "Oct 2026", "2026-10-01", "0001-01"]
)
def test_an_invalid_month_is_rejected(text: str) -> None:
    with refused("not_a_month", text=text):
        parse_month(text)
