"""The change of the school year: a first draft of the calendar, and the steps checked so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import MO, TH, relativedelta, weekday

from zoneplanner.domain.calendar.school_calendar import (
    DateRange,
    SchoolCalendar,
    name_school_year,
)
from zoneplanner.errors import UserError

_YEAR = timedelta(weeks=52)
"""A year later on the same weekday."""
_BY_WEEKDAY = {1: MO(3), 2: MO(3), 5: MO(-1), 9: MO(1), 11: TH(4)}
"""Public holidays by month: Martin Luther King, Presidents, Memorial, Labor, Thanksgiving."""
_BY_DATE = {(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)}
"""Public holidays with a fixed date: New Year, Juneteenth, Independence, Veterans, Christmas."""
_SATURDAY, _SUNDAY = 5, 6
_CALENDAR_PARTS = ("terms", "holidays", "minimum_days")


@dataclass(frozen=True, slots=True)
class YearRollover:
    """How far a project has moved from one school year to the next.

    ``locked_until`` is the last day of the last locked school year. ``checked`` are the steps that
    a person has checked, by the new school year.
    """

    locked_until: date | None = None
    checked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def is_checked(self, year: str, step: str) -> bool:
        """Whether a person has checked a step of a year."""
        return step in self.checked.get(year, ())

    def with_checked(self, year: str, step: str, *, checked: bool) -> "YearRollover":
        """Return this rollover with a step of a year checked, or open again."""
        others = tuple(other for other in self.checked.get(year, ()) if other != step)
        steps = (*others, step) if checked else others
        return replace(self, checked={**self.checked, year: steps})

    def assumes_days(self, calendar: SchoolCalendar, day: date) -> bool:
        """Whether the school days of the year around ``day`` are still unconfirmed."""
        year = name_school_year(day)
        assumed = calendar.assumed or is_draft(calendar, year)
        return assumed and not self.is_checked(year, CALENDAR_STEP)


CALENDAR_STEP = "calendar"
"""The step by which a person confirms the calendar of a year."""


def has_school_year(calendar: SchoolCalendar, year: str) -> bool:
    """Whether a calendar has a term in a school year."""
    return any(name_school_year(term.first) == year for term in calendar.terms)


def draft_next_year(calendar: SchoolCalendar, year: str) -> SchoolCalendar:
    """Return the calendar with a school year copied from the year before, 52 weeks later.

    Days off that include a public holiday move with the holiday.

    Raises
    ------
    UserError
        The calendar has no term in the year before.
    """
    before = _name_year_before(year)
    if not has_school_year(calendar, before):
        raise UserError("no_calendar_before", year=year, before=before)
    parts: dict[str, Any] = {
        part: tuple(sorted((*getattr(calendar, part), *drafted), key=lambda days: days.first))
        for part, drafted in _draft_spans(calendar, year).items()
    }
    return replace(calendar, **parts)


def is_draft(calendar: SchoolCalendar, year: str) -> bool:
    """Whether the days of a year are still as drafted from the year before."""
    if not (has_school_year(calendar, year) and has_school_year(calendar, _name_year_before(year))):
        return False
    return all(
        {days for days in getattr(calendar, part) if name_school_year(days.first) == year}
        == set(drafted)
        for part, drafted in _draft_spans(calendar, year).items()
    )


def _draft_spans(calendar: SchoolCalendar, year: str) -> dict[str, list[DateRange]]:
    """Return the days of the year before moved to ``year``, by part of the calendar."""
    before = _name_year_before(year)
    return {
        part: [
            _move(days, year, _find_later_holiday(days) if part == "holidays" else _YEAR)
            for days in getattr(calendar, part)
            if name_school_year(days.first) == before
        ]
        for part in _CALENDAR_PARTS
    }


def _name_year_before(year: str) -> str:
    start = int(year[:4]) - 1
    return f"{start}-{(start + 1) % 100:02}"


def _find_later_holiday(days_off: DateRange) -> timedelta:
    """Return how much later days off are in the next year, by the public holiday in them."""
    first = days_off.first
    for month, which in _BY_WEEKDAY.items():
        holiday = _find_weekday(first.year, month, which)
        if first <= holiday <= days_off.last:
            return _find_weekday(first.year + 1, month, which) - holiday
    if first == days_off.last and (first.month, first.day) in _BY_DATE:
        next_year: date = first + relativedelta(years=1)
        observed = {_SATURDAY: -1, _SUNDAY: 1}.get(next_year.weekday(), 0)
        return next_year + timedelta(days=observed) - first
    return _YEAR


def _find_weekday(year: int, month: int, which: weekday) -> date:
    from_end = which.n is not None and which.n < 0
    day: date = date(year, month, 1) + relativedelta(day=31 if from_end else 1, weekday=which)
    return day


def _move(days: DateRange, year: str, later: timedelta) -> DateRange:
    """Move days, and the years in their name."""
    start = int(year[:4])
    name = days.name
    for number in (start, start - 1):  # the later year first, so that none is raised twice
        name = name.replace(str(number), str(number + 1))
    return DateRange(name, days.first + later, days.last + later)
