"""School days: terms, holidays and the weekly early-release day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Span:
    """Named days, first and last included: a term or a holiday."""

    name: str
    first: date
    last: date

    def holds(self, day: date) -> bool:
        """True where the day lies in the span."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Calendar:
    """The school year; ``assumed`` until one is imported. Early release is an ISO weekday."""

    terms: tuple[Span, ...]
    holidays: tuple[Span, ...]
    early_release_weekday: int | None = 4
    assumed: bool = True

    def is_school_day(self, day: date) -> bool:
        """True on a weekday within a term that is no holiday."""
        return (
            day.isoweekday() <= 5
            and any(term.holds(day) for term in self.terms)
            and not any(holiday.holds(day) for holiday in self.holidays)
        )

    def school_days(self, first: date, last: date) -> Iterator[date]:
        """Yield the school days from ``first`` to ``last``, both included."""
        day = first
        while day <= last:
            if self.is_school_day(day):
                yield day
            day += timedelta(days=1)

    def days_since(self, day: date, today: date) -> int:
        """Count the school days after ``day`` up to and including ``today``."""
        return sum(1 for _ in self.school_days(day + timedelta(days=1), today))
