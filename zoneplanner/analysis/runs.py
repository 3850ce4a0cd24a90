"""What rows come to, where values of one row stand together: added up run by run."""

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.row_figures import sum_by_row

_MIN_RUN_LENGTH = 8
"""Runs of less than so many values, on average, are added up value by value: that is faster."""


class _RowRuns:
    """The runs of equal rows among values; a row may have several. ``n`` counts values by row."""

    def __init__(self, row: IntArray, rows: int) -> None:
        self._rows = rows
        turns = np.flatnonzero(row[1:] != row[:-1]) + 1
        self._starts = np.concatenate([[0], turns])[: len(row)]
        self._long = _MIN_RUN_LENGTH * len(turns) < len(row)
        self._row = row[self._starts] if self._long else row
        lengths = np.diff(self._starts, append=len(row)) if self._long else None
        self.n: IntArray = np.bincount(self._row, lengths, rows).astype(np.int64)

    def sums(self, values: FloatArray | BoolArray) -> FloatArray:
        """Return the sum of each row's values."""
        every = self._each(np.add, values.astype(np.float64, copy=False))
        return sum_by_row(self._row, every, self._rows)

    def most(self, values: FloatArray | IntArray) -> FloatArray:
        """Return the largest of each row's values, -inf where there is none."""
        found = np.full(self._rows, -np.inf)
        np.maximum.at(found, self._row, self._each(np.maximum, values))
        return found

    def least(self, values: FloatArray | IntArray) -> FloatArray:
        """Return the least of each row's values, inf where there is none."""
        found = np.full(self._rows, np.inf)
        np.minimum.at(found, self._row, self._each(np.minimum, values))
        return found

    def _each(self, add: np.ufunc, values: FloatArray | IntArray) -> FloatArray | IntArray:
        if self._long:
            found: FloatArray | IntArray = add.reduceat(values, self._starts)
            return found
        return values.astype(np.float64, copy=False)  # of another type ``at`` is 20 times slower
