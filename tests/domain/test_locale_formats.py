"""Dates, times and lengths in the office's formats."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from zoneplanner.domain.locale_formats import (
    ISO_FORMATS,
    NEUTRAL_FORMATS,
    US_FORMATS,
    LocaleFormats,
)

AT = datetime(2026, 11, 6, 15, 5, tzinfo=UTC)
GERMAN = LocaleFormats("desktop", "dd.MM.yyyy", "dd.MM.yyyy", clock_12h=False, miles_first=False)


@pytest.mark.parametrize(
    ("formats", "day", "moment", "weekday", "long_day"),
    [
        (US_FORMATS, "Nov 6, 2026", "Nov 6, 2026, 3:05 PM", "Fri, Nov 6", "Friday, November 6"),
        (ISO_FORMATS, "2026-11-06", "2026-11-06 15:05", "Fri 6 Nov", "Friday 6 November"),
        (GERMAN, "06.11.2026", "06.11.2026 15:05", "Fri 6 Nov", "Friday 6 November"),
    ],
)
def test_dates_follow_the_chosen_format(
    formats: LocaleFormats, day: str, moment: str, weekday: str, long_day: str
) -> None:
    assert formats.day(AT.date()) == day
    assert formats.moment(AT) == moment
    assert formats.weekday(AT) == weekday
    assert formats.long_day(AT) == long_day


def test_a_date_range_is_written_in_full() -> None:
    days = (date(2026, 11, 30), date(2026, 12, 27))
    assert US_FORMATS.days(*days) == "Nov 30, 2026 to Dec 27, 2026"
    assert ISO_FORMATS.days(*days) == "2026-11-30 to 2026-12-27"


@pytest.mark.parametrize(
    ("at", "shown"),
    [(time(0, 5), "12:05 AM"), (time(11, 59), "11:59 AM"), (time(12), "12:00 PM")],
)
def test_noon_and_midnight_are_written_as_12(at: time, shown: str) -> None:
    assert US_FORMATS.clock(at) == shown
    assert ISO_FORMATS.clock(at) == f"{at:%H:%M}"


def test_a_time_span_within_one_half_of_the_day_has_one_am_or_pm() -> None:
    assert US_FORMATS.span(time(7, 30), time(16)) == "7:30 AM–4 PM"
    assert US_FORMATS.span(time(7, 30), time(11)) == "7:30–11 AM"
    assert US_FORMATS.span(time(22), time(21)) == "10 PM–9 PM"
    assert ISO_FORMATS.span(time(7, 30), time(16)) == "07:30–16:00"


def test_lengths_and_areas_are_written_in_both_systems() -> None:
    for formats in (US_FORMATS, NEUTRAL_FORMATS):
        assert formats.length(100) == "328 ft (100 m)"
        assert formats.length(1609.344) == "1.00 mi (1.61 km)"
        assert formats.area(40_468.6) == "10.0 acres (4.0 ha)"
        assert formats.area(2_589_988.0) == "1.00 sq mi (2.59 km²)"
        assert formats.speed(28) == "28 mph"
        assert formats.distance(1609.344) == "1.0 mi"
    assert ISO_FORMATS.length(1609.344) == "1.61 km (1.00 mi)"
    assert ISO_FORMATS.area(40_468.6) == "4.0 ha (10.0 acres)"
    assert ISO_FORMATS.speed(28) == "45 km/h"
    assert ISO_FORMATS.distance(1609.344) == "1.6 km"


@pytest.mark.parametrize(
    ("formats", "written"),
    [
        (
            US_FORMATS,
            "“Plan 2026-08-13” is adopted from Aug 13, 2026. S1 on Mon, Nov 30, 7:30 AM–4 PM at "
            "28 mph, logged Nov 26, 2026, 3:45 PM; see day-2026-08-13.pdf and 2026-13-45. Fight at "
            "8:01 AM.",
        ),
        (
            GERMAN,
            "“Plan 2026-08-13” is adopted from 13.08.2026. S1 on Mon 30 Nov 07:30–16:00 at "
            "45 km/h, logged 26.11.2026 15:45; see day-2026-08-13.pdf and 2026-13-45. Fight at "
            "08:01.",
        ),
        (NEUTRAL_FORMATS, None),
    ],
)
def test_a_stored_sentence_is_localized_except_for_names(
    formats: LocaleFormats, written: str | None
) -> None:
    said = (
        "“Plan 2026-08-13” is adopted from 2026-08-13. S1 on Mon 30 Nov 07:30–16:00 at 28 mph, "
        "logged 2026-11-26 15:45; see day-2026-08-13.pdf and 2026-13-45. "
        "Fight at 08:01."
    )
    assert formats.localize_sentence(said) == (written or said)
    assert formats.localize_sentence(formats.localize_sentence(said)) == (written or said)


def test_a_repeated_hour_names_its_time_zone() -> None:
    zone = ZoneInfo("America/Los_Angeles")
    first = datetime(2026, 11, 1, 8, 50, tzinfo=UTC).astimezone(zone)
    second = datetime(2026, 11, 1, 9, 20, tzinfo=UTC).astimezone(zone)
    assert [US_FORMATS.clock(at) for at in (first, second)] == ["1:50 AM PDT", "1:20 AM PST"]
    assert NEUTRAL_FORMATS.clock(second, seconds=True) == "01:20:00 PST"
    span = US_FORMATS.span(first, first + timedelta(minutes=5))
    assert span == "1:50 AM–1:55 AM PDT"
    for hour in (7, 10):  # these hours occur once
        at = datetime(2026, 11, 1, hour, tzinfo=UTC).astimezone(zone)
        assert US_FORMATS.clock(at)[-2:] == "AM"
