"""The days that a report is about, mostly a calendar month, and those that it is compared with."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from zoneplanner.errors import UserError

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
