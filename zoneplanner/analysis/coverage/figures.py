"""One figure with its n and its definition, and when a figure is withheld instead."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from typing import Any

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.intervals import (
    compute_student_quantiles,
    compute_wilson_bounds,
    find_percentile_ranks,
)
from zoneplanner.bundled import resources_dir

LEAST_N = 10
"""A share, a mean or a median of fewer says nothing and is withheld."""
LEAST_P90_N = 29
"""So many values are needed before the longest is a 95% upper bound of the P90: 0.9**29 < 0.05."""
NOT_ON_RECORD = "none of its days are on record"
"""Why a row has no figure: nobody knows what there was in it."""
DAYS_NOT_DECLARED = "no one has declared the days on which {kind} are complete"
"""Why a row has no figure that counts days."""
NONE_DECLARED = f"{DAYS_NOT_DECLARED}, and none is on record"
"""Why a row without any record has no figure."""
_UNDECLARED = frozenset(
    why.format(kind=kind)
    for why in (DAYS_NOT_DECLARED, NONE_DECLARED)
    for kind in ("visits", "calls")
)

FIGURE_TEXTS: Mapping[str, Mapping[str, str]] = tomllib.loads(
    (resources_dir() / "figures.toml").read_text(encoding="utf-8")
)
"""Definition, reason for having none and name of each figure, from ``resources/figures.toml``."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, how many records carry it, and what it means; ``why`` says why it is withheld.

    ``low`` and ``high`` hold the true value in 95 of 100 cases; None where there is no such bound.
    """

    value: float | None
    n: int
    definition: str
    why: str | None = None
    low: float | None = None
    high: float | None = None


def counts_undeclared_days(figure: Figure) -> bool:
    """True where a figure is withheld since nobody declared the days that it counts."""
    return figure.why in _UNDECLARED


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """The figures of one site, zone, unit or week, by name."""

    key: str
    name: str
    figures: Mapping[str, Figure]


@dataclass(frozen=True, eq=False, slots=True)
class FigureColumn:
    """A figure by row; NaN where it is withheld for the reason ``why``.

    ``values`` and ``n`` have the shape (rows,), ``bounds`` (2, rows) with NaN where there is none.
    ``definition`` and ``why`` are one text, or one for each row. One that does not ``apply`` could
    have no value in these rows, whatever was recorded.
    """

    name: str
    values: FloatArray
    n: IntArray
    definition: str | Sequence[str]
    why: str | Sequence[str]
    whole: bool = False
    bounds: FloatArray | None = None
    applies: bool = True

    def of(self, row: int) -> Figure:
        """Return the figure of one row."""
        definition = self.definition if isinstance(self.definition, str) else self.definition[row]
        n, value = int(self.n[row]), float(self.values[row])
        if isnan(value):
            why = self.why if isinstance(self.why, str) else self.why[row]
            return Figure(None, n, definition, why)
        found = Figure(int(value) if self.whole else value, n, definition)
        if self.bounds is None:
            return found
        low, high = (None if isnan(bound) else bound for bound in self.bounds[:, row].tolist())
        return replace(found, low=low, high=high)


@dataclass(frozen=True, eq=False, slots=True)
class FiguresByName(Mapping[str, Figure]):
    """The figures of one row by name, each made when it is asked for."""

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
    name: str, values: FloatArray, n: IntArray | FloatArray, *, whole: bool = False, **facts: Any
) -> FigureColumn:
    """Return a figure with its texts; ``facts`` are filled into the definition.

    ``values`` and ``n`` have the shape (rows,); a value of NaN is withheld.
    """
    text = FIGURE_TEXTS[name]
    definition = text["definition"].format(**facts)
    return FigureColumn(
        name, values, np.rint(n).astype(np.int64), definition, text.get("none", ""), whole
    )


def withhold_rows(name: str, rows: int, why: str, **facts: Any) -> FigureColumn:
    """Return a figure that does not apply to rows: by this grouping, say."""
    definition = FIGURE_TEXTS[name]["definition"].format(**facts)
    values, n = np.full(rows, np.nan), np.zeros(rows, np.int64)
    return FigureColumn(name, values, n, definition, why, applies=False)


def sum_by_row(row: IntArray, weights: FloatArray | IntArray | BoolArray, rows: int) -> FloatArray:
    """Return the sum of each row's weights, shape (rows,); ``row`` is that of each weight."""
    return np.bincount(row, weights, rows).astype(np.float64, copy=False)


def withhold_few(column: FigureColumn, least: int = LEAST_N) -> FigureColumn:
    """Return a figure that is withheld where fewer than ``least`` records carry it."""
    few = (column.n < least) & ~np.isnan(column.values)
    none = column.why if isinstance(column.why, str) else ""
    if not few.any():
        return column
    whys = [
        f"too few to tell ({n})" if withheld else none
        for n, withheld in zip(column.n.tolist(), few.tolist(), strict=True)
    ]
    return replace(column, values=np.where(few, np.nan, column.values), why=whys)


def compute_row_means(
    name: str, values: FloatArray, row: IntArray, rows: int, **facts: Any
) -> FigureColumn:
    """Return the mean of each row's values, none of them negative, with Student's interval.

    ``row`` gives the row of each of the ``values``, both of shape (values,); of nothing or a few a
    mean is withheld.
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
    """Return the least and the largest of each row's values, NaN where there is none.

    ``row`` and ``values`` have the shape (values,), what is returned has (rows,).
    """
    least, most = np.full((2, rows), np.nan)
    np.fmin.at(least, row, values)
    np.fmax.at(most, row, values)
    return least, most


def compute_row_shares(
    name: str, part: FloatArray, n: IntArray | FloatArray, **facts: Any
) -> FigureColumn:
    """Return ``part`` of ``n``, both of shape (rows,), with Wilson's interval; see above."""
    share, counts = _divide(part, n), np.maximum(n, 1).astype(np.float64)
    bounds = np.array(compute_wilson_bounds(np.clip(share, 0, 1), counts))
    return withhold_few(replace(make_column(name, share, n, **facts), bounds=bounds))


def _divide(part: FloatArray, n: IntArray | FloatArray) -> FloatArray:
    found = np.full(len(part), np.nan)
    np.divide(part, n, out=found, where=np.asarray(n) > 0)
    return found


def compute_row_percentiles(
    name: str, values: FloatArray, row: IntArray, rows: int, *, percent: int = 50
) -> FigureColumn:
    """Return a percentile, linear between order statistics, and the values that bound it.

    ``row`` gives the row of each of the ``values``, both of shape (values,). A median needs ten
    values; a P90 needs 29, and each of its bounds alone holds in 95 of 100 cases.
    """
    by_value = np.argsort(values)
    by_row = np.argsort(row[by_value].astype(np.min_scalar_type(rows)), kind="stable")
    ordered = values[by_value[by_row]]
    n = np.bincount(row, minlength=rows)
    start = np.cumsum(n) - n
    found, bounds = np.full(rows, np.nan), np.full((2, rows), np.nan)
    has = n > 0
    at = (n[has] - 1) * (percent / 100)
    low = np.floor(at).astype(np.int64)
    high = np.minimum(low + 1, n[has] - 1)
    least, most = ordered[start[has] + low], ordered[start[has] + high]
    found[has] = least + (most - least) * (at - low)
    extreme = percent >= 90
    ranks = find_percentile_ranks(n, percent / 100, doubt=0.05 if extreme else 0.025)
    for bound, rank in zip(bounds, ranks, strict=True):
        there = (rank >= 0) & (rank < n)
        bound[there] = ordered[start[there] + rank[there]]
    column = replace(make_column(name, found, n), bounds=bounds)
    return withhold_few(column, LEAST_P90_N if extreme else LEAST_N)
