"""How a school year follows the one before: a first draft of its calendar, and what is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

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
"""Public holidays by the month: Martin Luther King, Presidents, Memorial, Labor, Thanksgiving."""
_BY_DATE = {(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)}
"""Public holidays of one date: New Year, Juneteenth, Independence, Veterans, Christmas."""
_SATURDAY, _SUNDAY = 5, 6


@dataclass(frozen=True, slots=True)
class YearRollover:
    """How far a project is taken from year to year.

    ``locked_until`` is the last day of the last school year that is locked; ``checked`` are the
    steps that a person has checked, by the school year that they lead into.
    """

    locked_until: date | None = None
    checked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def is_checked(self, year: str, step: str) -> bool:
        """True where a person checked a step of a year."""
        return step in self.checked.get(year, ())

    def with_checked(self, year: str, step: str, *, checked: bool) -> "YearRollover":
        """Return this with a step of a year checked, or open again."""
        others = tuple(own for own in self.checked.get(year, ()) if own != step)
        steps = (*others, step) if checked else others
        return replace(self, checked={**self.checked, year: steps})

    def assumes_days(self, calendar: SchoolCalendar, day: date) -> bool:
        """True where nobody has confirmed the school days of the year that a day lies in."""
        year = name_school_year(day)
        assumed = calendar.assumed or is_draft(calendar, year)
        return assumed and not self.is_checked(year, CALENDAR_STEP)


CALENDAR_STEP = "calendar"
"""The step by which a person confirms the calendar of a year."""


def has_school_year(calendar: SchoolCalendar, year: str) -> bool:
    """True where a calendar has a term in a school year."""
    return any(name_school_year(term.first) == year for term in calendar.terms)


def draft_next_year(calendar: SchoolCalendar, year: str) -> SchoolCalendar:
    """Return the calendar with a school year that is the one before, 52 weeks later.

    Days off with a public holiday in them go where it is then.

    Raises
    ------
    UserError
        The calendar has no term in the year before.
    """
    before = _name_year_before(year)
    if not has_school_year(calendar, before):
        raise UserError("no_calendar_before", year=year, before=before)

    def with_next(
        spans: tuple[DateRange, ...], find_later: Callable[[DateRange], timedelta] = lambda _: _YEAR
    ) -> tuple[DateRange, ...]:
        new = (
            _move(one, year, find_later(one))
            for one in spans
            if name_school_year(one.first) == before
        )
        return tuple(sorted((*spans, *new), key=lambda one: one.first))

    return replace(
        calendar,
        terms=with_next(calendar.terms),
        holidays=with_next(calendar.holidays, _find_later_holiday),
        minimum_days=with_next(calendar.minimum_days),
    )


def is_draft(calendar: SchoolCalendar, year: str) -> bool:
    """True where the days of a year are those drafted from the year before: nobody set them."""
    if not (has_school_year(calendar, year) and has_school_year(calendar, _name_year_before(year))):
        return False

    def without(spans: tuple[DateRange, ...]) -> tuple[DateRange, ...]:
        return tuple(one for one in spans if name_school_year(one.first) != year)

    earlier = replace(
        calendar,
        terms=without(calendar.terms),
        holidays=without(calendar.holidays),
        minimum_days=without(calendar.minimum_days),
    )
    drafted = draft_next_year(earlier, year)
    pairs = (
        (calendar.terms, drafted.terms),
        (calendar.holidays, drafted.holidays),
        (calendar.minimum_days, drafted.minimum_days),
    )
    return all(set(now) == set(then) for now, then in pairs)


def _name_year_before(year: str) -> str:
    start = int(year[:4]) - 1
    return f"{start}-{(start + 1) % 100:02}"


def _find_later_holiday(one: DateRange) -> timedelta:
    """Return how much later days off are in the next year, by the public holiday in them."""
    for month, which in _BY_WEEKDAY.items():
        then = _find_weekday(one.first.year, month, which)
        if one.first <= then <= one.last:
            return _find_weekday(one.first.year + 1, month, which) - then
    if one.first == one.last and (one.first.month, one.first.day) in _BY_DATE:
        same: date = one.first + relativedelta(years=1)
        aside = {_SATURDAY: -1, _SUNDAY: 1}.get(same.weekday(), 0)
        return same + timedelta(days=aside) - one.first
    return _YEAR


def _find_weekday(year: int, month: int, which: weekday) -> date:
    last = which.n is not None and which.n < 0
    found: date = date(year, month, 1) + relativedelta(day=31 if last else 1, weekday=which)
    return found


def _move(one: DateRange, year: str, later: timedelta) -> DateRange:
    """Move days by so much; a year in their name follows."""
    start = int(year[:4])
    name = one.name
    for number in (start, start - 1):  # the later first, so that none is raised twice
        name = name.replace(str(number), str(number + 1))
    return DateRange(name, one.first + later, one.last + later)
