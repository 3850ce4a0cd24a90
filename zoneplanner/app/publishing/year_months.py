"""The months of a school year, and what is counted in each."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

Month = tuple[int, int]


def list_months(first: date, last: date) -> list[Month]:
    """Return the months of a period as year and month."""
    ends = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [(n // 12, n % 12 + 1) for n in ends]


def list_month_ends(first: date, last: date) -> list[date]:
    """Return the last day of each month of a period, the last one that of the period."""
    begins = [date(year, month, 1) for year, month in list_months(first, last)[1:]]
    return [*(date.fromordinal(day.toordinal() - 1) for day in begins), last]


def count_by_month(
    rows: Iterable[tuple[str, date]], names: Sequence[str], months: Sequence[Month]
) -> list[list[int]]:
    """Count the rows of each name in each month, shape (months, names)."""
    found = Counter((name, (day.year, day.month)) for name, day in rows)
    return [[found[name, month] for name in names] for month in months]
