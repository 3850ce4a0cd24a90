"""A figure with its count and its definition, and the rules for withholding it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import isnan
from typing import Any, TypeVar

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.intervals import (
    compute_student_quantiles,
    compute_wilson_bounds,
    find_percentile_ranks,
)
from zoneplanner.messages import Message

LEAST_N = 10
"""A share, a mean or a median of fewer records is meaningless and is withheld."""
LEAST_P90_N = 29
"""With at least this many values, the largest is a 95% upper bound of the P90: 0.9**29 < 0.05."""
NOT_ON_RECORD = Message("day_not_on_record")
"""Why a row has no figure: its records are not known."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, the number of records behind it, and its definition.

    ``why`` is the reason if it is withheld. ``low`` and ``high`` contain the true value in 95 of
    100 cases, or None if there is no such bound.
    """

    value: float | None
    n: int
    definition: tuple[Message, ...]
    why: Message | None = None
    low: float | None = None
    high: float | None = None


def counts_undeclared_days(figure: Figure) -> bool:
    """Return whether a figure is withheld because the days that it counts are not declared."""
    return figure.why is not None and figure.why.code == "days_not_declared"


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """The figures of one site, zone, unit or week, by name."""

    key: str
    name: str | Message
    figures: Mapping[str, Figure]


@dataclass(frozen=True, eq=False, slots=True)
class FigureColumn:
    """A figure by row; NaN if it is withheld for the reason ``why``.

    ``values`` and ``n`` have the shape (rows,), ``bounds`` (2, rows) with NaN for no bound.
    ``definition`` and ``why`` return the messages of a row, which are made only for rows that are
    shown. A figure that does not ``apply`` cannot have a value in these rows.
    """

    name: str
    values: FloatArray
    n: IntArray
    definition: Callable[[int], tuple[Message, ...]]
    why: Callable[[int], Message]
    whole: bool = False
    bounds: FloatArray | None = None
    applies: bool = True

    def of(self, row: int) -> Figure:
        """Return the figure of one row."""
        definition, n, value = self.definition(row), int(self.n[row]), float(self.values[row])
        if isnan(value):
            return Figure(None, n, definition, self.why(row))
        bounds = (np.nan, np.nan) if self.bounds is None else self.bounds[:, row].tolist()
        low, high = (None if isnan(bound) else bound for bound in bounds)
        return Figure(int(value) if self.whole else value, n, definition, low=low, high=high)


@dataclass(frozen=True, eq=False, slots=True)
class FiguresByName(Mapping[str, Figure]):
    """The figures of one row by name, each built on access."""

    columns: Mapping[str, FigureColumn]
    row: int

    def __getitem__(self, name: str) -> Figure:
        """Return the figure of a name."""
        return self.columns[name].of(self.row)

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self.columns)

    def __len__(self) -> int:
        """Return how many figures there are."""
        return len(self.columns)


def make_column(
    name: str,
    values: FloatArray,
    n: IntArray | FloatArray,
    *,
    whole: bool = False,
    code: str = "",
    **facts: Any,
) -> FigureColumn:
    """Return a figure with its definition, or that of a ``code``, and the facts in it.

    ``values`` and ``n`` have the shape (rows,); a NaN value is withheld.
    """
    definition = repeat_in_rows((Message(code or f"figure.{name}", **facts),))
    counts = np.rint(n).astype(np.int64)
    return FigureColumn(
        name, values, counts, definition, lambda _row: Message(f"no_figure.{name}"), whole
    )


def withhold_rows(
    name: str, rows: int, why: Message, *, code: str = "", **facts: Any
) -> FigureColumn:
    """Return a figure that does not apply to rows, for example because of the grouping."""
    values, n = np.full(rows, np.nan), np.zeros(rows, np.int64)
    column = make_column(name, values, n, code=code, **facts)
    return replace(column, why=repeat_in_rows(why), applies=False)


def repeat_in_rows(value: _T) -> Callable[[int], _T]:
    """Return a function that returns the same value for each row."""
    return lambda row: value


def explain_rows(
    column: FigureColumn, rows: BoolArray, why: Callable[[int], Message]
) -> FigureColumn:
    """Return a figure with another reason in some rows, shape (rows,)."""
    return replace(column, why=lambda row: why(row) if rows[row] else column.why(row))


def add_counts(column: FigureColumn, code: str, counts: IntArray) -> FigureColumn:
    """Return a figure that says in its definition how many there are of something in a row.

    ``counts`` has the shape (rows,); nothing is said of none.
    """

    def define(row: int) -> tuple[Message, ...]:
        noted = (Message(code, n=int(counts[row])),) if counts[row] else ()
        return (*column.definition(row), *noted)

    return replace(column, definition=define)


def sum_by_row(row: IntArray, weights: FloatArray | IntArray | BoolArray, rows: int) -> FloatArray:
    """Return the sum of each row's weights, shape (rows,); ``row`` is each weight's row."""
    return np.bincount(row, weights, rows).astype(np.float64, copy=False)


def withhold_few(column: FigureColumn, least: int = LEAST_N) -> FigureColumn:
    """Return a figure, withheld in rows with fewer than ``least`` records."""
    few = (column.n < least) & ~np.isnan(column.values)
    if not few.any():
        return column
    column = explain_rows(column, few, lambda row: Message("figure_too_few", n=int(column.n[row])))
    return replace(column, values=np.where(few, np.nan, column.values))


def compute_row_means(
    name: str, values: FloatArray, row: IntArray, rows: int, **facts: Any
) -> FigureColumn:
    """Return the mean of each row's nonnegative values with Student's interval.

    ``row`` is the row of each of the ``values``, both of shape (values,). The mean of too few
    values is withheld.
    """
    n = np.bincount(row, minlength=rows)
    mean = _divide(sum_by_row(row, values, rows), n)
    spread = _divide(sum_by_row(row, (values - mean[row]) ** 2, rows), n - 1)
    half = compute_student_quantiles(n - 1) * np.sqrt(spread / np.maximum(n, 1))
    bounds = np.array([np.maximum(mean - half, 0.0), mean + half])
    return withhold_few(replace(make_column(name, mean, n, **facts), bounds=bounds))


def find_row_extremes(
    row: IntArray, values: FloatArray, rows: int
) -> tuple[FloatArray, FloatArray]:
    """Return the smallest and the largest of each row's values, NaN if there is none.

    ``row`` and ``values`` have the shape (values,), the results (rows,).
    """
    least, most = np.full((2, rows), np.nan)
    np.fmin.at(least, row, values)
    np.fmax.at(most, row, values)
    return least, most


def compute_row_shares(
    name: str, part: FloatArray, n: IntArray | FloatArray, **facts: Any
) -> FigureColumn:
    """Return the share ``part`` / ``n``, both of shape (rows,), with Wilson's interval."""
    share, counts = _divide(part, n), np.maximum(n, 1).astype(np.float64)
    bounds = np.array(compute_wilson_bounds(np.clip(share, 0, 1), counts))
    return withhold_few(replace(make_column(name, share, n, **facts), bounds=bounds))


def _divide(part: FloatArray, n: IntArray | FloatArray) -> FloatArray:
    quotient = np.full(len(part), np.nan)
    np.divide(part, n, out=quotient, where=np.asarray(n) > 0)
    return quotient


def compute_row_percentiles(
    name: str, values: FloatArray, row: IntArray, rows: int, *, percent: int = 50
) -> FigureColumn:
    """Return a percentile of each row's values with its bounds, both order statistics.

    It is interpolated linearly. ``row`` is the row of each of the ``values``, both of shape
    (values,). A median needs ten values and has a 95% interval; a P90 needs 29, and each of its
    bounds holds on its own in 95 of 100 cases.
    """
    by_value = np.argsort(values)
    by_row = np.argsort(row[by_value].astype(np.min_scalar_type(rows)), kind="stable")
    ordered = values[by_value[by_row]]
    n = np.bincount(row, minlength=rows)
    start = np.cumsum(n) - n
    percentile, bounds = np.full(rows, np.nan), np.full((2, rows), np.nan)
    filled = n > 0
    rank = (n[filled] - 1) * (percent / 100)
    low = np.floor(rank).astype(np.int64)
    high = np.minimum(low + 1, n[filled] - 1)
    least, most = ordered[start[filled] + low], ordered[start[filled] + high]
    percentile[filled] = least + (most - least) * (rank - low)
    extreme = percent >= 90
    ranks = find_percentile_ranks(n, percent / 100, alpha=0.05 if extreme else 0.025)
    for bound, bound_rank in zip(bounds, ranks, strict=True):
        valid = (bound_rank >= 0) & (bound_rank < n)
        bound[valid] = ordered[start[valid] + bound_rank[valid]]
    column = replace(make_column(name, percentile, n), bounds=bounds)
    return withhold_few(column, LEAST_P90_N if extreme else LEAST_N)
