"""The school year, July to June, and the parts of it in which something is to be done."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from zoneplanner.domain.calendar import Calendar, Span
from zoneplanner.errors import UserError

STARTS_IN_MONTH = 7
_PERIODS = ("month", "quarter", "semester", "year")


@dataclass(frozen=True, eq=False, slots=True)
class SchoolYear:
    """One school year such as 2026-27, and its ``periods`` by the names of ``PERIODS``.

    A period runs from its first school day to its last; a calendar without school days in the
    year leaves no periods.
    """

    name: str
    first: date
    last: date
    periods: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)


def year_name(day: date) -> str:
    """Return the school year that a day lies in, like 2026-27."""
    start = day.year if day.month >= STARTS_IN_MONTH else day.year - 1
    return _named(start)


def read_year(text: str) -> str:
    """Read a school year such as 2026-27, 2026/27 or 2026-2027; another text is a UserError."""
    found = re.fullmatch(r"(\d{4})\s*[-–/]\s*(?:\d{2})?(\d{2})", text.strip(), re.ASCII)
    if found is None or (int(found[1]) + 1) % 100 != int(found[2]):
        raise UserError(f"“{text}” is no school year; write it like 2026-27.")
    return _named(int(found[1]))


def year_of(text: str, day: date) -> str:
    """Read a school year; without one it is that of a day."""
    return read_year(text) if text.strip() else year_name(day)


def school_year(calendar: Calendar, day: date) -> SchoolYear:
    """Return the school year of a day with its periods.

    Semesters are the calendar's terms where there are two, else halves of the year; quarters are
    the terms where there are four, else halves of the semesters.
    """
    start = day.year if day.month >= STARTS_IN_MONTH else day.year - 1
    first, last = date(start, STARTS_IN_MONTH, 1), date(start + 1, STARTS_IN_MONTH - 1, 30)
    days = list(calendar.school_days(first, last))
    if not days:
        return SchoolYear(_named(start), first, last)
    terms = _parts(days, lambda one: _term(calendar, one))
    halves = list(terms) if len(terms) == 2 else _halved([days])
    quarters = list(terms) if len(terms) == 4 else _halved(halves)
    found = {
        "month": [_span(f"{part[0]:%B %Y}", part) for part in _parts(days, _month)],
        "quarter": [_span(f"quarter {n}", part) for n, part in enumerate(quarters, 1)],
        "semester": [_span(f"semester {n}", part) for n, part in enumerate(halves, 1)],
        "year": [_span(f"the school year {_named(start)}", days)],
    }
    return SchoolYear(
        _named(start), first, last, {name: tuple(spans) for name, spans in found.items()}
    )


def _named(start: int) -> str:
    return f"{start}-{(start + 1) % 100:02}"


def _month(day: date) -> object:
    return day.year, day.month


def _term(calendar: Calendar, day: date) -> object:
    return next(at for at, term in enumerate(calendar.terms) if term.holds(day))


def _parts(days: Iterable[date], key: Callable[[date], object]) -> list[list[date]]:
    return [list(part) for _, part in groupby(days, key)]


def _halved(parts: Iterable[list[date]]) -> list[list[date]]:
    """Cut each part in the middle; a single day is not cut."""
    cut = [(part, (len(part) + 1) // 2) for part in parts]
    return [half for part, at in cut for half in (part[:at], part[at:]) if half]


def _span(name: str, days: list[date]) -> Span:
    return Span(name, days[0], days[-1])
