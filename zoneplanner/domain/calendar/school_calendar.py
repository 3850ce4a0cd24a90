"""School days: terms, holidays, the weekly early-release day, minimum days and bells.

The days that a report is about, mostly a calendar month, and those that it is compared with.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import groupby

from zoneplanner.domain.calendar.bells import (
    BellSchedule,
    BellSpan,
    SchoolDayKind,
    compute_bell_spans,
)
from zoneplanner.domain.geography.site import Site
from zoneplanner.errors import UserError


@dataclass(frozen=True, slots=True)
class DateRange:
    """Named days, first and last included: a term or a holiday."""

    name: str
    first: date
    last: date

    def contains(self, day: date) -> bool:
        """True where the day lies in the span."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class SchoolCalendar:
    """The school year; ``assumed`` until one is imported. Early release is an ISO weekday.

    A minimum day is a school day that ends earlier still, as before a recess.
    """

    terms: tuple[DateRange, ...]
    holidays: tuple[DateRange, ...]
    early_release_weekday: int | None = 4
    assumed: bool = True
    minimum_days: tuple[DateRange, ...] = ()
    bells: BellSchedule = field(default_factory=BellSchedule)

    def is_school_day(self, day: date) -> bool:
        """True on a weekday within a term that is no holiday."""
        return (
            day.isoweekday() <= 5
            and any(term.contains(day) for term in self.terms)
            and not any(holiday.contains(day) for holiday in self.holidays)
        )

    def day_kind(self, day: date) -> SchoolDayKind | None:
        """Return how long school is held on a day; None where it is not."""
        if not self.is_school_day(day):
            return None
        if any(span.contains(day) for span in self.minimum_days):
            return SchoolDayKind.MINIMUM
        early = day.isoweekday() == self.early_release_weekday
        return SchoolDayKind.EARLY if early else SchoolDayKind.REGULAR

    def bell_windows(self, site: Site, day: date, *, time_zone: str) -> tuple[BellSpan, ...]:
        """Return a site's bell windows of a day in order, in UTC; none on a day without school."""
        kind = self.day_kind(day)
        if kind is None:
            return ()
        times = self.bells.find_bell_times(site.id, site.level)
        return compute_bell_spans(self.bells, times, day, kind, time_zone=time_zone)

    def school_days(self, first: date, last: date) -> Iterator[date]:
        """Yield the school days from ``first`` to ``last``, both included."""
        day = first
        while day <= last:
            if self.is_school_day(day):
                yield day
            day += timedelta(days=1)


SCHOOL_YEAR_START_MONTH = 7


@dataclass(frozen=True, eq=False, slots=True)
class SchoolYear:
    """One school year such as 2026-27, and its ``periods`` by the names of ``PERIODS_PER_YEAR``.

    A period runs from its first school day to its last; a calendar without school days in the
    year leaves no periods.
    """

    name: str
    first: date
    last: date
    periods: Mapping[str, tuple[DateRange, ...]] = field(default_factory=dict)

    @property
    def name_before(self) -> str:
        """The name of the school year before it."""
        return _format_school_year(self.first.year - 1)


def find_school_year_start(day: date) -> date:
    """Return the first day of the school year that a day lies in."""
    return date(_find_start_year(day), SCHOOL_YEAR_START_MONTH, 1)


def name_school_year(day: date) -> str:
    """Return the school year that a day lies in, like 2026-27."""
    return _format_school_year(_find_start_year(day))


def parse_school_year(text: str) -> str:
    """Read a school year such as 2026-27, 2026/27 or 2026-2027; another text is a UserError."""
    found = re.fullmatch(r"(\d{4})\s*[-–/]\s*(?:\d{2})?(\d{2})", text.strip(), re.ASCII)
    if found is None or (int(found[1]) + 1) % 100 != int(found[2]):
        raise UserError("not_a_school_year", text=text)
    return _format_school_year(int(found[1]))


def resolve_school_year(text: str, day: date) -> str:
    """Read a school year; without one it is that of a day."""
    return parse_school_year(text) if text.strip() else name_school_year(day)


def build_school_year(calendar: SchoolCalendar, day: date) -> SchoolYear:
    """Return the school year of a day with its periods.

    Semesters are the calendar's terms where there are two, else halves of the year; quarters are
    the terms where there are four, else halves of the semesters.
    """
    first = find_school_year_start(day)
    start, last = first.year, date(first.year + 1, SCHOOL_YEAR_START_MONTH - 1, 30)
    days = list(calendar.school_days(first, last))
    if not days:
        return SchoolYear(_format_school_year(start), first, last)
    terms = [list(part) for _, part in groupby(days, partial(_term_index, calendar))]
    months = [list(part) for _, part in groupby(days, lambda one: (one.year, one.month))]
    halves = terms if len(terms) == 2 else _halve_periods([days])
    quarters = terms if len(terms) == 4 else _halve_periods(halves)
    found = {
        "month": [_make_period(f"{part[0]:%B %Y}", part) for part in months],
        "quarter": [_make_period(f"quarter {n}", part) for n, part in enumerate(quarters, 1)],
        "semester": [_make_period(f"semester {n}", part) for n, part in enumerate(halves, 1)],
        "year": [_make_period(f"the school year {_format_school_year(start)}", days)],
    }
    return SchoolYear(
        _format_school_year(start),
        first,
        last,
        {name: tuple(spans) for name, spans in found.items()},
    )


def _find_start_year(day: date) -> int:
    return day.year if day.month >= SCHOOL_YEAR_START_MONTH else day.year - 1


def _format_school_year(start: int) -> str:
    return f"{start}-{(start + 1) % 100:02}"


def _term_index(calendar: SchoolCalendar, day: date) -> int:
    return next(at for at, term in enumerate(calendar.terms) if term.contains(day))


def _halve_periods(parts: Iterable[list[date]]) -> list[list[date]]:
    """Cut each part in the middle; a single day is not cut."""
    cut = [(part, (len(part) + 1) // 2) for part in parts]
    return [half for part, at in cut for half in (part[:at], part[at:]) if half]


def _make_period(name: str, days: list[date]) -> DateRange:
    return DateRange(name, days[0], days[-1])


_YEAR_DAYS = 364
"""A year before as whole weeks, so that weekdays stay what they are."""


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """Days from ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def is_month(self) -> bool:
        """True for a whole calendar month."""
        return self == find_month(self.first)

    @property
    def before(self) -> "ReportPeriod":
        """The month before; of other days as many just before them."""
        day = self.first - timedelta(days=1)
        return (
            find_month(day) if self.is_month else ReportPeriod(self.first - (self.last - day), day)
        )

    @property
    def year_before(self) -> "ReportPeriod":
        """The same month of the year before; of other days those 52 weeks before."""
        if self.is_month:
            return find_month(self.first.replace(year=self.first.year - 1))
        back = timedelta(days=_YEAR_DAYS)
        return ReportPeriod(self.first - back, self.last - back)


def find_last_day(month: int) -> int:
    """Return the last day that a month has in any year: of February the 29th."""
    return monthrange(2000, month)[1]


def place_month_day(year: int, month: int, day: int) -> date:
    """Return a day of a year; of a month that has no such day, its last one."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def find_month(day: date) -> ReportPeriod:
    """Return the calendar month that a day lies in."""
    first = day.replace(day=1)
    return ReportPeriod(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def find_last_month(day: date) -> ReportPeriod:
    """Return the last calendar month that was over before a day; its last day may bring more."""
    return find_month(day.replace(day=1) - timedelta(days=1))


def parse_month(text: str) -> ReportPeriod:
    """Read a month such as 2026-10; another text is a UserError."""
    found = re.fullmatch(r"(\d{4})-(\d{1,2})", text.strip(), re.ASCII)
    if found is None or not 1 <= int(found[2]) <= 12 or not 1 < int(found[1]) < 9999:
        raise UserError("not_a_month", text=text)
    return find_month(date(int(found[1]), int(found[2]), 1))
