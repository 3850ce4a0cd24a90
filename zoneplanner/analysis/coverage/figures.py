"""One figure with its n and its definition, and when a figure is withheld instead."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoneplanner.analysis.arrays import FloatArray, IntArray

_PERCENTILE_MIN_N = 10
"""Below this many values a P90 says nothing and is withheld."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, how many records carry it, and what it means; ``why`` says why it is withheld."""

    value: float | None
    n: int
    definition: str
    why: str | None = None


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """The figures of one site, zone, unit or week, by name."""

    key: str
    name: str
    figures: Mapping[str, Figure]


def withhold_figure(definition: str, why: str, n: int = 0) -> Figure:
    """Return a figure without a value."""
    return Figure(None, n, definition, why)


def compute_percentile(values: Sequence[float], percent: int, definition: str, none: str) -> Figure:
    """Return a percentile, linear between order statistics; a P90 needs ten values."""
    n = len(values)
    if n == 0:
        return withhold_figure(definition, none)
    if percent >= 90 and n < _PERCENTILE_MIN_N:
        why = f"a P{percent} needs at least {_PERCENTILE_MIN_N} values, there are {n}"
        return withhold_figure(definition, why, n)
    return Figure(float(np.percentile(np.asarray(values), percent)), n, definition)


def compute_share(part: float, n: int, definition: str, none: str) -> Figure:
    """Return ``part`` of ``n``; of nothing it is withheld for the reason ``none``."""
    if n == 0:
        return withhold_figure(definition, none)
    return Figure(part / n, n, definition)


@dataclass(frozen=True, eq=False, slots=True)
class FigureColumn:
    """A figure by row; NaN where it is withheld for the reason ``why``.

    ``definition`` and ``why`` are one text, or one for each row.
    """

    values: FloatArray
    n: IntArray
    definition: str | Sequence[str]
    why: str | Sequence[str]
    whole: bool = False

    def of(self, row: int) -> Figure:
        """Return the figure of one row."""
        definition = self.definition if isinstance(self.definition, str) else self.definition[row]
        n, value = int(self.n[row]), float(self.values[row])
        if np.isnan(value):
            why = self.why if isinstance(self.why, str) else self.why[row]
            return Figure(None, n, definition, why)
        return Figure(int(value) if self.whole else value, n, definition)


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


def sum_by_row(
    row: IntArray, weights: FloatArray | IntArray | NDArray[np.bool_], rows: int
) -> FloatArray:
    """Return the sum of each row's weights."""
    found: FloatArray = np.bincount(row, weights, rows).astype(np.float64)
    return found


def count_by_row(n: IntArray, definition: str) -> FigureColumn:
    """Return how many there are; none is 0."""
    return FigureColumn(n.astype(np.float64), n, definition, "", whole=True)


def compute_row_means(
    values: FloatArray, row: IntArray, rows: int, definition: str, none: str
) -> FigureColumn:
    """Return the mean of each row's values."""
    n = np.bincount(row, minlength=rows)
    return FigureColumn(_divide(sum_by_row(row, values, rows), n), n, definition, none)


def compute_row_sums(
    values: FloatArray, row: IntArray, rows: int, definition: str, none: str
) -> FigureColumn:
    """Return the sum of each row's values."""
    n = np.bincount(row, minlength=rows)
    total = np.where(n > 0, sum_by_row(row, values, rows), np.nan)
    return FigureColumn(total, n, definition, none)


def compute_row_shares(
    part: FloatArray, n: IntArray | FloatArray, definition: str, none: str | Sequence[str]
) -> FigureColumn:
    """Return ``part`` of ``n``."""
    return FigureColumn(_divide(part, n), n.astype(np.int64), definition, none)


def compute_row_percentiles(
    values: FloatArray,
    row: IntArray,
    rows: int,
    definition: str | Sequence[str],
    none: str,
    *,
    percent: int = 50,
) -> FigureColumn:
    """Return a percentile, linear between order statistics; a P90 needs ten values."""
    by_value = np.argsort(values)
    by_row = np.argsort(row[by_value].astype(np.min_scalar_type(rows)), kind="stable")
    ordered = values[by_value[by_row]]
    n = np.bincount(row, minlength=rows)
    start = np.concatenate([[0], np.cumsum(n)[:-1]])
    found = np.full(rows, np.nan)
    has = n > 0
    at = (n[has] - 1) * (percent / 100)
    low = np.floor(at).astype(np.int64)
    high = np.minimum(low + 1, n[has] - 1)
    least, most = ordered[start[has] + low], ordered[start[has] + high]
    found[has] = least + (most - least) * (at - low)
    if percent < 90:
        return FigureColumn(found, n, definition, none)
    few = f"a P{percent} needs at least {_PERCENTILE_MIN_N} values, there"
    why = [none if k == 0 else f"{few} {'is' if k == 1 else 'are'} {k}" for k in n.tolist()]
    return FigureColumn(np.where(n < _PERCENTILE_MIN_N, np.nan, found), n, definition, why)


def withhold_rows(rows: int, definition: str, why: str, n: IntArray | None = None) -> FigureColumn:
    """Return a figure that no row has."""
    counts = np.zeros(rows, np.int64) if n is None else n
    return FigureColumn(np.full(rows, np.nan), counts, definition, why)


def _divide(part: FloatArray, n: IntArray | FloatArray) -> FloatArray:
    found: FloatArray = np.divide(part, n, out=np.full(len(part), np.nan), where=np.asarray(n) > 0)
    return found
