"""The solver HiGHS as used here: silent, single-threaded, with columns added in bulk."""

import threading
from collections.abc import Iterator

import highspy
import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray

HIGHS_OPTIMAL = highspy.HighsModelStatus.kOptimal


class HighsSolver(highspy.Highs):
    """HiGHS that prints nothing and uses one thread, so that runs are reproducible."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.setOptionValue("output_flag", False)
        self.setOptionValue("threads", 1)

    def enableCallbacks(self) -> None:
        """Called by the constructor, before HiGHS would print its banner to standard output."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]

    def add_rows(self, low: FloatArray, high: FloatArray) -> None:
        """Add rows without columns; the bounds have shape (rows,)."""
        none = np.zeros(0, dtype=np.int32)
        starts = np.zeros(len(low), dtype=np.int32)
        self.addRows(len(low), low, high, 0, starts, none, np.zeros(0))

    def add_columns(self, cost: FloatArray, upper: float, rows: BoolArray) -> None:
        """Add columns from 0 to ``upper`` with the factor 1 in each row of ``rows``.

        ``cost`` has the shape (columns,), ``rows`` the shape (columns, rows).
        """
        count = len(cost)
        column, row = np.nonzero(rows)
        starts = np.searchsorted(column, np.arange(count)).astype(np.int32)
        low, high = np.zeros(count), np.full(count, upper)
        ones = np.ones(len(row))
        self.addCols(count, cost, low, high, len(row), starts, row.astype(np.int32), ones)


def run_in_thread(
    solver: HighsSolver, ceiling: float, *, poll_s: float = 0.1
) -> Iterator[tuple[float, None]]:
    """Solve in a thread of its own, yielding the bound; stop once that reaches ``ceiling``.

    Closing the generator stops the thread.
    """
    stop = threading.Event()
    bound = -np.inf

    def watch(event: highspy.HighsCallbackEvent) -> None:
        nonlocal bound
        bound = max(bound, event.data_out.mip_dual_bound)
        if stop.is_set() or bound >= ceiling:
            event.interrupt()

    solver.cbMipInterrupt.subscribe(watch)
    thread = threading.Thread(target=solver.run, daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(poll_s)
            yield min(bound, ceiling), None
    finally:
        stop.set()
        thread.join()
        solver.cbMipInterrupt.unsubscribe(watch)
    yield min(bound, ceiling), None  # the last bound may have come as the thread ended
