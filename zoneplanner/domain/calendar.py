"""School days: terms, holidays, the weekly early-release day, minimum days and bells."""

from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from zoneplanner.domain.bells import BellSchedule, BellSpan, SchoolDayKind, compute_bell_spans
from zoneplanner.domain.site import Site


@dataclass(frozen=True, slots=True)
class DateRange:
    """Named days, first and last included: a term or a holiday."""

    name: str
    first: date
    last: date

    def holds(self, day: date) -> bool:
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
            and any(term.holds(day) for term in self.terms)
            and not any(holiday.holds(day) for holiday in self.holidays)
        )

    def day_kind(self, day: date) -> SchoolDayKind | None:
        """Return how long school is held on a day; None where it is not."""
        if not self.is_school_day(day):
            return None
        if any(span.holds(day) for span in self.minimum_days):
            return SchoolDayKind.MINIMUM
        early = day.isoweekday() == self.early_release_weekday
        return SchoolDayKind.EARLY if early else SchoolDayKind.REGULAR

    def windows(self, site: Site, day: date, *, time_zone: str) -> tuple[BellSpan, ...]:
        """Return a site's bell windows of a day in order, in UTC; none on a day without school."""
        kind = self.day_kind(day)
        if kind is None:
            return ()
        times = self.bells.times_of(site.id, site.level)
        return compute_bell_spans(self.bells, times, day, kind, time_zone=time_zone)

    def school_days(self, first: date, last: date) -> Iterator[date]:
        """Yield the school days from ``first`` to ``last``, both included."""
        day = first
        while day <= last:
            if self.is_school_day(day):
                yield day
            day += timedelta(days=1)

    def days_since(self, days: Collection[date], today: date) -> dict[date, int]:
        """Count the school days after each of some days up to and including ``today``."""
        passed = list(self.school_days(min(days, default=today) + timedelta(days=1), today))
        return {day: len(passed) - bisect_right(passed, day) for day in days}
