"""One figure with its n and its definition, and when a figure is withheld instead."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.bundled import resources_dir

_PERCENTILE_MIN_N = 10
"""Below this many values a P90 says nothing and is withheld."""

FIGURE_TEXTS: Mapping[str, Mapping[str, str]] = tomllib.loads(
    (resources_dir() / "figures.toml").read_text(encoding="utf-8")
)
"""Definition, reason for having none and name of each figure, from ``resources/figures.toml``."""


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


@dataclass(frozen=True, eq=False, slots=True)
class FigureColumn:
    """A figure by row; NaN where it is withheld for the reason ``why``.

    ``values`` and ``n`` have the shape (rows,). ``definition`` and ``why`` are one text, or one
    for each row.
    """

    name: str
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


def make_column(
    name: str, values: FloatArray, n: IntArray | FloatArray, *, whole: bool = False, **facts: Any
) -> FigureColumn:
    """Return a figure with its texts; ``facts`` are filled into the definition.

    ``values`` and ``n`` have the shape (rows,); a value of NaN is withheld.
    """
    text = FIGURE_TEXTS[name]
    definition = text["definition"].format(**facts)
    return FigureColumn(name, values, n.astype(np.int64), definition, text.get("none", ""), whole)


def withhold_rows(name: str, rows: int, why: str, **facts: Any) -> FigureColumn:
    """Return a figure that no row has."""
    definition = FIGURE_TEXTS[name]["definition"].format(**facts)
    return FigureColumn(name, np.full(rows, np.nan), np.zeros(rows, np.int64), definition, why)


def sum_by_row(row: IntArray, weights: FloatArray | IntArray | BoolArray, rows: int) -> FloatArray:
    """Return the sum of each row's weights, shape (rows,); ``row`` is that of each weight."""
    return np.bincount(row, weights, rows).astype(np.float64, copy=False)


def compute_row_shares(
    name: str, part: FloatArray, n: IntArray | FloatArray, **facts: Any
) -> FigureColumn:
    """Return ``part`` of ``n``, both of shape (rows,); of nothing it is withheld."""
    share = np.divide(part, n, out=np.full(len(part), np.nan), where=np.asarray(n) > 0)
    return make_column(name, share, n, **facts)


def compute_row_percentiles(
    name: str, values: FloatArray, row: IntArray, rows: int, *, percent: int = 50
) -> FigureColumn:
    """Return a percentile, linear between order statistics; a P90 needs ten values.

    ``row`` gives the row of each of the ``values``.
    """
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
    column = make_column(name, found, n)
    if percent < 90:
        return column
    none = FIGURE_TEXTS[name]["none"]
    few = f"a P{percent} needs at least {_PERCENTILE_MIN_N} values, there"
    why = [none if k == 0 else f"{few} {'is' if k == 1 else 'are'} {k}" for k in n.tolist()]
    found[n < _PERCENTILE_MIN_N] = np.nan
    return FigureColumn(name, found, n, column.definition, why)
