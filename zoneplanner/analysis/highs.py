"""The solver HiGHS as this package uses it: silent, in one thread, columns added in bulk."""

import highspy
import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray

HIGHS_OPTIMAL = highspy.HighsModelStatus.kOptimal


class HighsSolver(highspy.Highs):
    """HiGHS that prints nothing and uses one thread, so that runs repeat."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.setOptionValue("output_flag", False)
        self.setOptionValue("threads", 1)

    def enableCallbacks(self) -> None:
        """Called by the constructor, where HiGHS would print its banner on standard output."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]

    def add_rows(self, low: FloatArray, high: FloatArray) -> None:
        """Add rows without a column, bounds of shape (rows,)."""
        none = np.zeros(0, dtype=np.int32)
        starts = np.zeros(len(low), dtype=np.int32)
        self.addRows(len(low), low, high, 0, starts, none, np.zeros(0))

    def add_columns(self, cost: FloatArray, upper: float, rows: BoolArray) -> None:
        """Add columns from 0 to ``upper`` that count once in each row of ``rows``.

        ``cost`` has the shape (columns,), ``rows`` the shape (columns, rows).
        """
        count = len(cost)
        column, row = np.nonzero(rows)
        starts = np.searchsorted(column, np.arange(count)).astype(np.int32)
        low, high = np.zeros(count), np.full(count, upper)
        ones = np.ones(len(row))
        self.addCols(count, cost, low, high, len(row), starts, row.astype(np.int32), ones)
