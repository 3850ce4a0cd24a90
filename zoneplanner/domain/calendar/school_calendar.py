"""School days: terms, holidays, early-release and minimum days, school years, report periods."""

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
    """A named range of days, such as a term or holiday, including its first and last day."""

    name: str
    first: date
    last: date

    def contains(self, day: date) -> bool:
        """Whether a day is in the range."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class SchoolCalendar:
    """The school year; ``assumed`` until one is imported. Early release is an ISO weekday.

    A minimum day ends even earlier than an early-release day, for example before a recess.
    """

    terms: tuple[DateRange, ...]
    holidays: tuple[DateRange, ...]
    early_release_weekday: int | None = 4
    assumed: bool = True
    minimum_days: tuple[DateRange, ...] = ()
    bells: BellSchedule = field(default_factory=BellSchedule)

    def is_school_day(self, day: date) -> bool:
        """Whether a day is a weekday within a term and not a holiday."""
        return (
            day.isoweekday() <= 5
            and any(term.contains(day) for term in self.terms)
            and not any(holiday.contains(day) for holiday in self.holidays)
        )

    def day_kind(self, day: date) -> SchoolDayKind | None:
        """Return the kind of a school day, or None if there is no school."""
        if not self.is_school_day(day):
            return None
        if any(span.contains(day) for span in self.minimum_days):
            return SchoolDayKind.MINIMUM
        early = day.isoweekday() == self.early_release_weekday
        return SchoolDayKind.EARLY if early else SchoolDayKind.REGULAR

    def bell_windows(self, site: Site, day: date, *, time_zone: str) -> tuple[BellSpan, ...]:
        """Return a site's bell windows of a day in order, in UTC; none on days without school."""
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

    A period runs from its first school day to its last. A year without school days has no periods.
    """

    name: str
    first: date
    last: date
    periods: Mapping[str, tuple[DateRange, ...]] = field(default_factory=dict)

    @property
    def name_before(self) -> str:
        """The name of the previous school year."""
        return _format_school_year(self.first.year - 1)


def find_school_year_start(day: date) -> date:
    """Return the first day of the school year that contains a day."""
    return date(_find_start_year(day), SCHOOL_YEAR_START_MONTH, 1)


def name_school_year(day: date) -> str:
    """Return the school year that contains a day, such as 2026-27."""
    return _format_school_year(_find_start_year(day))


def parse_school_year(text: str) -> str:
    """Read a school year such as 2026-27, 2026/27 or 2026-2027. Raises a UserError otherwise."""
    match = re.fullmatch(r"(\d{4})\s*[-–/]\s*(?:\d{2})?(\d{2})", text.strip(), re.ASCII)
    if match is None or (int(match[1]) + 1) % 100 != int(match[2]):
        raise UserError("not_a_school_year", text=text)
    return _format_school_year(int(match[1]))


def resolve_school_year(text: str, day: date) -> str:
    """Read a school year; an empty string means the school year of ``day``."""
    return parse_school_year(text) if text.strip() else name_school_year(day)


def build_school_year(calendar: SchoolCalendar, day: date) -> SchoolYear:
    """Return the school year of a day with its periods.

    Semesters are the calendar's terms if there are two, else halves of the year. Quarters are the
    terms if there are four, else halves of the semesters.
    """
    first = find_school_year_start(day)
    name, last = name_school_year(first), date(first.year + 1, SCHOOL_YEAR_START_MONTH - 1, 30)
    days = list(calendar.school_days(first, last))
    if not days:
        return SchoolYear(name, first, last)
    terms = [list(part) for _, part in groupby(days, partial(_term_index, calendar))]
    months = [list(part) for _, part in groupby(days, lambda day: (day.year, day.month))]
    halves = terms if len(terms) == 2 else _halve_periods([days])
    quarters = terms if len(terms) == 4 else _halve_periods(halves)
    periods = {
        "month": (_make_period(f"{part[0]:%B %Y}", part) for part in months),
        "quarter": (_make_period(f"quarter {n}", part) for n, part in enumerate(quarters, 1)),
        "semester": (_make_period(f"semester {n}", part) for n, part in enumerate(halves, 1)),
        "year": [_make_period(f"the school year {name}", days)],
    }
    return SchoolYear(name, first, last, {unit: tuple(spans) for unit, spans in periods.items()})


def _find_start_year(day: date) -> int:
    return day.year if day.month >= SCHOOL_YEAR_START_MONTH else day.year - 1


def _format_school_year(start: int) -> str:
    return f"{start}-{(start + 1) % 100:02}"


def _term_index(calendar: SchoolCalendar, day: date) -> int:
    return next(index for index, term in enumerate(calendar.terms) if term.contains(day))


def _halve_periods(parts: Iterable[list[date]]) -> list[list[date]]:
    """Split each part in the middle, except single days."""
    middles = [(part, (len(part) + 1) // 2) for part in parts]
    return [half for part, middle in middles for half in (part[:middle], part[middle:]) if half]


def _make_period(name: str, days: list[date]) -> DateRange:
    return DateRange(name, days[0], days[-1])


_YEAR_DAYS = 364
"""A year in whole weeks, so that weekdays match."""


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """Days from ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def is_month(self) -> bool:
        """Whether the period is a whole calendar month."""
        return self == find_month(self.first)

    @property
    def before(self) -> "ReportPeriod":
        """The previous month, or else the same number of days right before this period."""
        day = self.first - timedelta(days=1)
        if self.is_month:
            return find_month(day)
        return ReportPeriod(self.first - (self.last - day), day)

    @property
    def year_before(self) -> "ReportPeriod":
        """The same month of the year before, or else the same days 52 weeks before."""
        if self.is_month:
            return find_month(self.first.replace(year=self.first.year - 1))
        back = timedelta(days=_YEAR_DAYS)
        return ReportPeriod(self.first - back, self.last - back)


def find_last_day(month: int) -> int:
    """Return the last day that a month has in any year: 29 for February."""
    return monthrange(2000, month)[1]


def place_month_day(year: int, month: int, day: int) -> date:
    """Return a day of a year, or the month's last day if the month is shorter."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def find_month(day: date) -> ReportPeriod:
    """Return the calendar month that contains a day."""
    first = day.replace(day=1)
    return ReportPeriod(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def find_last_month(day: date) -> ReportPeriod:
    """Return the calendar month before a day's; the day's own month is not over yet."""
    return find_month(day.replace(day=1) - timedelta(days=1))


def parse_month(text: str) -> ReportPeriod:
    """Read a month such as 2026-10. Raises a UserError for any other string."""
    match = re.fullmatch(r"(\d{4})-(\d{1,2})", text.strip(), re.ASCII)
    if match is None or not 1 <= int(match[2]) <= 12 or not 1 < int(match[1]) < 9999:
        raise UserError("not_a_month", text=text)
    return find_month(date(int(match[1]), int(match[2]), 1))
