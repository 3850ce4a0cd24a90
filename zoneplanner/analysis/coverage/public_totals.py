"""Small counts are suppressed in public papers, and so is each figure that would reveal one.

One rule holds for totals, shares, medians and hours: a figure is withheld if it rests on fewer than
ten records, or if it reveals such a count together with the other figures shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, IntArray
from zoneplanner.analysis.coverage.figures import LEAST_N, Figure

LEAST_SCHOOLS = 3
"""The total of fewer schools would reveal that of a single one."""
_MANY = 100
"""Of so many records and of any number above, some count of them gives each whole percent."""


def withhold_small_totals(
    whole: int,
    parts: Sequence[int],
    schools: Sequence[int],
    *,
    least: int = LEAST_N,
    months: Iterable[int] = (),
) -> tuple[int | None, ...]:
    """Return a total and then its parts, None for each that is withheld.

    A part is withheld where it is below ``least`` or of fewer than three schools; then the
    smallest of the others too until those withheld add up to it, as the whole less the rest would
    tell them. A part without schools is none, as everybody knows. ``months`` are the totals of the
    months in the period, which have papers of their own: where those that these withhold are few
    together, the whole and a part are withheld.
    """
    if whole < least:
        return None, *(None if count else 0 for count in schools)
    hidden = {
        at
        for at, (part, count) in enumerate(zip(parts, schools, strict=True))
        if count and (part < least or count < LEAST_SCHOOLS)
    }
    counted = {at for at, count in enumerate(schools) if count}
    shown = sorted(counted - hidden, key=lambda at: (parts[at], at))
    given = months_give_small_number(months, least=least)
    if given and shown and not hidden:
        hidden.add(shown.pop(0))
    while hidden and shown and _may_be_guessed(parts, schools, hidden, least):
        hidden.add(shown.pop(0))
    told = (None if at in hidden else part for at, part in enumerate(parts))
    return None if given else whole, *told


def withhold_count(count: int, *, least: int = LEAST_N) -> int | None:
    """Return a count, or None if it is withheld."""
    return count if count >= least else None


def withhold_part(whole: int, part: int, *, least: int = LEAST_N) -> int | None:
    """Return a part of a total that is shown, or None if it or the rest is too small to show."""
    given = gives_small_number(whole, part, least=least)
    return None if given else withhold_count(part, least=least)


def withhold_percentile(figure: Figure, *, told: bool = True, least: int = LEAST_N) -> Figure:
    """Return a median or another percentile, without a value if it rests on few records.

    That a percentile is shown reveals its least number of records: it is withheld where that
    number is not shown (``told``), unless there are so many that it reveals nothing.
    """
    few = figure.n < least or not (told or figure.n >= _MANY)
    return _withhold_figure(figure) if few else figure


def withhold_share(figure: Figure, *, told: bool, least: int = LEAST_N) -> Figure:
    """Return a share, without a value if it reveals a small count inside or outside of it.

    Its interval, or a share to a tenth of a percent, reveals the number of records alone: where
    that number is not shown (``told``), a share of many is rounded to whole percents, which fit
    any number of records nearby, and one of fewer is withheld.
    """
    part = round((figure.value or 0.0) * figure.n)
    rest = gives_small_number(figure.n, part, least=least)
    few = figure.n < least or rest or gives_small_number(part, 0, least=least)
    if few or not (told or figure.n >= _MANY):
        return _withhold_figure(figure)
    if told or figure.value is None:
        return figure
    return replace(figure, value=round(figure.value, 2), low=None, high=None)


def _withhold_figure(figure: Figure) -> Figure:
    return replace(figure, value=None, low=None, high=None)


def find_told_cells(
    cells: Sequence[Sequence[int]], schools: Sequence[int], *, least: int = LEAST_N
) -> BoolArray:
    """Tell of which cells of a table figures may be told, such as hours that are of so many visits.

    ``cells`` are counts, shape (parts, columns), ``schools`` those of each part; the answer has the
    shape (1 + parts, columns), the whole first. The sum of each column and of each row counts as
    known: of what is withheld in it there are two cells and ``least`` together, or none is told.
    """
    table = np.vstack([np.sum(cells, axis=0, keepdims=True), cells]).astype(np.int64)
    few_schools = np.array([False, *(count < LEAST_SCHOOLS for count in schools)])
    hidden = (table < least) | few_schools[:, None]
    hidden[:, table[0] == 0] = False
    before = -1
    while before != (before := int(hidden.sum())):
        hidden |= hidden[0]
        hidden[:, table[0] == 0] = False
        for column in np.flatnonzero((table[0] > 0) & ~hidden[0]):
            _hide_smallest(table[1:, column], hidden[1:, column], least)
        for row in range(len(table)):
            _hide_smallest(table[row], hidden[row], least)
    told: BoolArray = ~hidden
    return told


def _hide_smallest(counts: IntArray, hidden: BoolArray, least: int) -> None:
    """Hide the smallest counts shown until those hidden are two and enough; changes ``hidden``."""
    shown = [at for at in np.argsort(counts, kind="stable") if counts[at] and not hidden[at]]
    while shown and hidden.any() and (counts[hidden].sum() < least or hidden.sum() < 2):
        hidden[shown.pop(0)] = True


def gives_small_number(whole: int, part: int, *, least: int = LEAST_N) -> bool:
    """Tell whether a whole and a part of it, both told, give a small number away."""
    return 0 < abs(whole - part) < least


def months_give_small_number(months: Iterable[int], *, least: int = LEAST_N) -> bool:
    """Tell whether a whole gives away what papers of its months withhold, few together."""
    return gives_small_number(sum(one for one in months if one < LEAST_N), 0, least=least)


def _may_be_guessed(
    parts: Sequence[int], schools: Sequence[int], hidden: set[int], least: int
) -> bool:
    """Tell whether the total of what is withheld tells too much itself."""
    few = sum(schools[at] for at in hidden) < LEAST_SCHOOLS
    return few or sum(parts[at] for at in hidden) < least
