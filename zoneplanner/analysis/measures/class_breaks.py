"""Classes of a figure for a map: equal counts, or natural breaks (Fisher-Jenks, exact)."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoneplanner.analysis.arrays import FloatArray

_IndexArray = NDArray[np.intp]

MIN_CLASSES, MAX_CLASSES = 3, 7


@dataclass(frozen=True, slots=True)
class ClassBreaks:
    """Ascending classes of a figure; each ends at its value of ``uppers``, that value included.

    ``lowest`` is the smallest value. There may be fewer classes than were asked for, and none if
    there were no values.
    """

    lowest: float
    uppers: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.uppers)

    def find_class(self, value: float) -> int:
        """Return the index of a value's class; the outer classes take values beyond the ends."""
        at = int(np.searchsorted(self.uppers, value, side="left"))
        return min(at, len(self.uppers) - 1)


NO_CLASS_BREAKS = ClassBreaks(math.nan, ())


def find_quantile_breaks(values: Iterable[float | None], count: int) -> ClassBreaks:
    """Return classes with equally many values, as far as ties allow: equal values stay together.

    Missing values (None or NaN) are ignored.
    """
    found = _sort_known(values)
    if not found.size:
        return NO_CLASS_BREAKS
    last = [math.ceil(found.size * part / count) - 1 for part in range(1, count + 1)]
    uppers = sorted({float(found[max(0, at)]) for at in last})
    return ClassBreaks(float(found[0]), tuple(uppers))


def find_natural_breaks(values: Iterable[float | None], count: int) -> ClassBreaks:
    """Return the classes with the smallest sum of squared distances from their means.

    Fisher's exact solution (1958), known as Jenks' natural breaks, by dynamic programming. If there
    are fewer distinct values than classes, each gets its own. Missing values (None or NaN) are
    ignored.
    """
    found = _sort_known(values)
    if not found.size:
        return NO_CLASS_BREAKS
    distinct, times = np.unique(found, return_counts=True)
    if len(distinct) <= count:
        return ClassBreaks(float(distinct[0]), tuple(distinct.tolist()))
    ends = _find_least_squares_ends(distinct, times.astype(np.float64), count)
    return ClassBreaks(float(distinct[0]), tuple(float(distinct[end]) for end in ends))


def _sort_known(values: Iterable[float | None]) -> FloatArray:
    found = np.array([value for value in values if value is not None], dtype=np.float64)
    return np.sort(found[np.isfinite(found)])


def _sum_squares(sums: FloatArray, start: _IndexArray, end: _IndexArray) -> FloatArray:
    """Return the sum of squared distances from the mean from ``start`` to before ``end``.

    ``sums`` (3, n + 1) are running sums of weights, values and squares.
    """
    weight, first, second = sums[:, end] - sums[:, start]
    return np.asarray(np.maximum(second - first**2 / weight, 0.0))


def _find_least_squares_ends(values: FloatArray, times: FloatArray, count: int) -> Sequence[int]:
    """Return the index of the last value of each class; ``values`` are distinct and ascending.

    ``best[m]`` is the smallest sum for the first m values; ``cuts`` says for each class and m where
    that class begins.
    """
    centered = values - np.average(values, weights=times)
    n = len(values)
    sums = np.zeros((3, n + 1))
    np.cumsum([times, times * centered, times * centered**2], axis=1, out=sums[:, 1:])
    best = np.full(n + 1, np.inf)
    best[0] = 0.0
    cuts: list[_IndexArray] = []
    for number in range(count):
        best, cut = _add_class(best, sums, number, n)
        cuts.append(cut)
    ends: list[int] = []
    at = n
    for cut in reversed(cuts):
        ends.append(at - 1)
        at = int(cut[at])
    return ends[::-1]


def _add_class(
    best: FloatArray, sums: FloatArray, number: int, n: int
) -> tuple[FloatArray, _IndexArray]:
    """Add a class: return for each m the smallest sum, and where the new class begins.

    The best start never moves back as m grows. So the middle m of each stretch is solved first, all
    stretches of one depth at once, and limits the search on both of its sides (divide and conquer
    over a totally monotone matrix). That takes n log n steps; trying all pairs takes n squared.
    """
    least, cut = np.full(n + 1, np.inf), np.zeros(n + 1, dtype=np.intp)
    stretches = np.array([[number + 1, n, number, n - 1]])  # m from, to; starts from, to
    while len(stretches):
        first, last, low, high = stretches.T
        middle = (first + last) // 2
        widths = np.minimum(high, middle - 1) - low + 1
        offsets = np.concatenate([[0], np.cumsum(widths)])
        owner = np.repeat(np.arange(len(middle)), widths)
        starts = np.arange(offsets[-1]) - offsets[owner] + low[owner]
        sum_ = best[starts] + _sum_squares(sums, starts, middle[owner])
        least[middle] = np.minimum.reduceat(sum_, offsets[:-1])
        hits = np.flatnonzero(sum_ == least[middle][owner])
        places = np.searchsorted(owner[hits], np.arange(len(middle)), side="left")
        cut[middle] = starts[hits[places]]
        left = np.column_stack([first, middle - 1, low, cut[middle]])
        right = np.column_stack([middle + 1, last, cut[middle], high])
        both = np.vstack([left, right])
        stretches = both[both[:, 0] <= both[:, 1]]
    return least, cut
