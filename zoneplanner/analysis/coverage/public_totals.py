"""Suppress small counts in public documents, and every figure that would reveal one.

One rule applies to totals, shares, medians and hours: a figure is withheld if it is based on fewer
than eleven records, or if together with other published figures, including those of earlier
reports, it reveals such a count.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, combinations, compress
from typing import TypeVar

import numpy as np
from scipy.linalg import orth

from zoneplanner.analysis.arrays import BoolArray, IntArray
from zoneplanner.analysis.coverage.figures import Figure

_Count = TypeVar("_Count", int, float)
LEAST_COUNT = 11
"""A smaller count of people, calls or visits is not published."""
LEAST_SCHOOLS = 3
"""The total of fewer schools would reveal the number of a single one."""
_MAX_GROUPS = 3
"""Combinations of up to this many groups of schools are checked for a known sum."""
_MIN_ROUNDED_N = 100
"""From this many records on, each whole percent fits any number of records."""


def withhold_small_totals(
    whole: int,
    parts: Sequence[int],
    schools: Sequence[int],
    *,
    whole_shown: bool = True,
    before: Iterable[Sequence[Sequence[int | None]]] = (),
    revealed: Collection[int] = (),
) -> tuple[int | None, ...]:
    """Return a total and then its parts, or None for each that is withheld.

    A part is withheld if it is below ``LEAST_COUNT`` or has fewer than three schools. Then the
    smallest of the others are withheld, too, until all those withheld add up to ``LEAST_COUNT``,
    because the whole less the rest reveals their sum. A part without schools is 0, as everybody
    knows. If the whole is not published (``whole_shown``), at least one part is withheld.
    ``before`` are earlier reports of the same growing totals, each with its parts and what it
    published of whole and parts: no difference from one of them may be small. Parts ``revealed``
    elsewhere, by index, are withheld.
    """
    if whole < LEAST_COUNT:
        return None, *(None if count else 0 for count in schools)
    counted = {part for part, count in enumerate(schools) if count}
    hidden = {
        part for part in counted if parts[part] < LEAST_COUNT or schools[part] < LEAST_SCHOOLS
    }
    hidden |= counted.intersection(revealed)
    changes = [
        (
            [part - (old or 0) for part, old in zip(parts, earlier, strict=True)],
            {part for part in counted if shown[1 + part] is None},
            whole_shown and shown[0] is not None,
        )
        for earlier, shown in before
    ]
    for change, unknown, _ in changes:
        hidden |= {part for part in counted - unknown if 0 < change[part] < LEAST_COUNT}
    shown = sorted(counted - hidden, key=lambda part: (parts[part], part))
    if not whole_shown and shown and not hidden:
        hidden.add(shown.pop(0))
    while shown and (
        (hidden and _may_be_guessed(parts, schools, hidden))
        or any(
            known and 0 < sum(change[part] for part in hidden | unknown) < LEAST_COUNT
            for change, unknown, known in changes
        )
    ):
        hidden.add(shown.pop(0))
    return whole if whole_shown else None, *(
        None if part in hidden else n for part, n in enumerate(parts)
    )


def find_revealed_parts(
    counts: Mapping[str, int],
    parts: Sequence[Collection[str]],
    others: Sequence[Collection[str]],
) -> set[int]:
    """Return the indices of parts whose small number another division of the schools reveals.

    ``counts`` are by school; ``parts`` and ``others`` are the schools of each. A part less the
    others inside it, and the union of the others that it touches less the part, must each have no
    school or at least three with enough records. The same applies to each of the others, for
    which the smallest of the parts it touches is returned.
    """
    own, other = [set(part) for part in parts], [set(part) for part in others]

    def is_revealed(part: set[str], division: Sequence[set[str]]) -> bool:
        inner = [each for each in division if each and each <= part]
        outer = [each for each in division if each & part]
        rests = [part.difference(*inner)] if inner else []
        rests += [set().union(*outer) - part] if outer else []
        return any(
            rest
            and (len(rest) < LEAST_SCHOOLS or sum(counts.get(s, 0) for s in rest) < LEAST_COUNT)
            for rest in rests
        )

    revealed = {index for index, part in enumerate(own) if is_revealed(part, other)}
    for each in other:
        touched = [i for i, part in enumerate(own) if part & each and i not in revealed]
        if is_revealed(each, [own[i] for i in touched]):
            revealed.add(min(touched, key=lambda i: sum(counts.get(s, 0) for s in own[i])))
    return revealed


def withhold_totals_by_layer(
    counts: Mapping[str, int],
    layers: Sequence[Sequence[Collection[str]]],
    *,
    others: Sequence[Collection[str]] = (),
) -> tuple[int | None, ...]:
    """Return the published total and parts of the last of several divisions of the schools.

    ``counts`` are by school. Each division is published in addition to the earlier ones and changes
    nothing in them; all divisions give way to ``others``.
    """
    known: list[Collection[str]] = []
    totals: tuple[int | None, ...] = ()
    for parts in layers:
        sums = [sum(counts.get(site, 0) for site in own) for own in parts]
        revealed = find_revealed_parts(counts, parts, others)
        while True:
            totals = withhold_small_totals(
                sum(sums), sums, list(map(len, parts)), revealed=revealed
            )
            shown = [i for i, n in enumerate(totals[1:]) if n is not None and parts[i]]
            own = _list_known_sets(parts, shown) if totals[0] is not None else []
            if not (known and shown and _reveal_small_count(counts, [*known, *own])):
                break
            revealed = revealed | {min(shown, key=sums.__getitem__)}
        known += own
    return totals


def _list_known_sets(parts: Sequence[Collection[str]], shown: Sequence[int]) -> list[set[str]]:
    """Return the sets of schools whose sums are known: all, each part shown, and the rest."""
    every = set().union(*parts)
    published = [set(parts[index]) for index in shown]
    return [each for each in (every, *published, every.difference(*published)) if each]


def _reveal_small_count(counts: Mapping[str, int], known: Sequence[Collection[str]]) -> bool:
    """Return whether adding and subtracting known sums reveals the sum of a few schools.

    Only groups of schools in exactly the same known sets can be told apart. A sum of up to three
    such groups is revealed if its indicator is in the row space of the known sets.
    """
    sites = sorted(set().union(*known))
    inside = np.array([[site in each for site in sites] for each in known], dtype=float)
    groups, group_of = np.unique(inside, axis=1, return_inverse=True)
    schools = np.bincount(group_of.ravel())
    sums = np.bincount(group_of.ravel(), weights=[counts.get(site, 0) for site in sites])
    basis = orth(groups.T).T
    small = np.flatnonzero((schools < LEAST_SCHOOLS) | (sums < LEAST_COUNT))
    for chosen in chain.from_iterable(combinations(small, n) for n in range(1, _MAX_GROUPS + 1)):
        own = list(chosen)
        if schools[own].sum() < LEAST_SCHOOLS or sums[own].sum() < LEAST_COUNT:
            indicator = np.zeros(len(schools))
            indicator[own] = 1.0
            if np.allclose(indicator @ basis.T @ basis, indicator, atol=1e-9):
                return True
    return False


def list_running_totals(
    months: Sequence[Sequence[int]], schools: Sequence[int]
) -> list[tuple[int | None, ...]]:
    """Return the total and its parts at the end of each month, or None for each that is withheld.

    ``months`` are the parts' counts in each month, shape (months, parts). Each month has a report
    of everything up to its end, and a separate document with its own total.
    """
    before: list[tuple[list[int], tuple[int | None, ...]]] = []
    ends = find_publishable_month_ends([sum(month) for month in months])
    for parts, whole_shown in zip(np.cumsum(months, axis=0).tolist(), ends, strict=True):
        shown = withhold_small_totals(
            sum(parts), parts, schools, whole_shown=whole_shown, before=before
        )
        before.append((parts, shown))
    return [shown for _, shown in before]


def find_earlier_count(reports: Iterable[_Count | None]) -> _Count | None:
    """Return the last count published in earlier reports, if the last report has none.

    It is already known, so repeating it reveals nothing.
    """
    *earlier, last = reports
    return None if last is not None else next((n for n in reversed(earlier) if n), None)


def find_publishable_month_ends(months: Iterable[int], *, have_papers: bool = True) -> list[bool]:
    """Return at the end of which months the total so far may be published.

    It may not if the increase since the last published total is small, with or without the months
    that have documents of their own (``have_papers``).
    """
    counts = list(months)
    rows = [np.cumsum(counts, dtype=np.int64)]
    rows += [sum_months_without_paper(counts)] if have_papers else []
    return find_publishable_reports(np.transpose(rows))


def sum_months_without_paper(months: Sequence[int] | IntArray) -> IntArray:
    """Return the total at each month's end without the months that may publish their own total.

    ``months`` and the result have the shape (months,).
    """
    counts = np.array(months, dtype=np.int64)
    return np.cumsum(np.where(counts >= LEAST_COUNT, 0, counts))


def find_publishable_reports(
    reports: Iterable[Sequence[int]],
    *,
    allowed: Iterable[bool] | None = None,
) -> list[bool]:
    """Return, for each of successive reports, whether its count may be published.

    Each report is the count, followed by every number that readers could derive from it. The count
    must be at least ``LEAST_COUNT``; every derived number, and every difference from an earlier
    published report, must be 0 or at least ``LEAST_COUNT``. A report that is False in ``allowed``
    is never published.
    """
    rows = [tuple(map(int, row)) for row in reports]
    published: list[bool] = []
    for row, is_allowed in zip(
        rows, [True] * len(rows) if allowed is None else allowed, strict=True
    ):
        earlier = [(0,) * len(row), *compress(rows, published)]
        is_small = any(
            gives_small_number(now, then)
            for other in earlier
            for now, then in zip(row, other, strict=True)
        )
        published.append(is_allowed and row[0] >= LEAST_COUNT and not is_small)
    return published


def withhold_count(count: int) -> int | None:
    """Return a count, or None if it is withheld."""
    return count if count >= LEAST_COUNT else None


def withhold_percentile(figure: Figure, *, n_shown: bool = True) -> Figure:
    """Return a percentile, without a value if it is based on few records.

    Showing a percentile reveals that it has enough records: if their number is not published
    (``n_shown``), it is withheld unless there are so many that this reveals nothing.
    """
    few = figure.n < LEAST_COUNT or not (n_shown or figure.n >= _MIN_ROUNDED_N)
    return _withhold_figure(figure) if few else figure


def withhold_share(figure: Figure, *, n_shown: bool, parts_shown: bool = True) -> Figure:
    """Return a share, without a value if it reveals a small count inside or outside of it.

    An interval, or a share to a tenth of a percent, reveals the number of records. If that number
    is not published (``n_shown``), a share of many records is rounded to whole percents, which fit
    any number of records nearby, and a share of fewer is withheld. If the number is published, the
    share is only shown if the counts inside and outside of it may be (``parts_shown``).
    """
    part = round((figure.value or 0.0) * figure.n)
    rest = gives_small_number(figure.n, part)
    is_small = figure.n < LEAST_COUNT or rest or gives_small_number(part, 0)
    if is_small or (not parts_shown if n_shown else figure.n < _MIN_ROUNDED_N):
        return _withhold_figure(figure)
    if n_shown or figure.value is None:
        return figure
    return replace(figure, value=round(figure.value, 2), low=None, high=None)


def _withhold_figure(figure: Figure) -> Figure:
    return replace(figure, value=None, low=None, high=None)


def find_publishable_cells(
    cells: Sequence[Sequence[int]],
    schools: Sequence[int],
    *,
    before: Iterable[tuple[Sequence[Sequence[int]], BoolArray]] = (),
) -> BoolArray:
    """Return which cells of a table may publish figures, such as the hours of its visits.

    ``cells`` are counts, shape (parts, columns), ``schools`` the number of schools of each part.
    The result has the shape (1 + parts, columns), the whole first. The sums of columns and rows
    count as known: in each, at least two cells with ``LEAST_COUNT`` records together are withheld,
    or none. ``before`` are earlier reports of the same growing counts, each with what it published:
    no difference from one of them may be small.
    """
    table = _add_whole(cells)
    changes = [(table - _add_whole(earlier), ~shown) for earlier, shown in before]
    few_schools = np.array([False, *(count < LEAST_SCHOOLS for count in schools)])
    hidden = (table < LEAST_COUNT) | few_schools[:, None]
    hidden[:, table[0] == 0] = False
    for change, unknown in changes:
        hidden |= (change > 0) & (change < LEAST_COUNT) & ~unknown
    n_hidden = -1
    while n_hidden != (n_hidden := int(hidden.sum())):  # until nothing more is hidden
        hidden |= hidden[0]
        hidden[:, table[0] == 0] = False
        for column in np.flatnonzero((table[0] > 0) & ~hidden[0]):
            _hide_smallest(table[1:, column], hidden[1:, column])
        for row in range(len(table)):
            _hide_smallest(table[row], hidden[row])
        for change, unknown in changes:
            for column in np.flatnonzero(~hidden[0] & ~unknown[0]):
                _hide_changes(change[1:, column], hidden[1:, column], unknown[1:, column])
            for row in range(len(table)):
                _hide_changes(change[row], hidden[row], unknown[row])
    shown: BoolArray = ~hidden
    return shown


def _add_whole(cells: Sequence[Sequence[int]]) -> IntArray:
    return np.vstack([np.sum(cells, axis=0, keepdims=True), cells]).astype(np.int64)


def _hide_smallest(counts: IntArray, hidden: BoolArray) -> None:
    """Hide the smallest counts shown until those hidden are two and enough; changes ``hidden``."""
    shown = [i for i in np.argsort(counts, kind="stable") if counts[i] and not hidden[i]]
    while shown and hidden.any() and (counts[hidden].sum() < LEAST_COUNT or hidden.sum() < 2):
        hidden[shown.pop(0)] = True


def _hide_changes(counts: IntArray, hidden: BoolArray, unknown: BoolArray) -> None:
    """Hide more counts until the change of those hidden now or ``unknown`` before is not small."""
    shown = [i for i in np.argsort(counts, kind="stable") if counts[i] and not hidden[i]]
    while shown and 0 < counts[hidden | unknown].sum() < LEAST_COUNT:
        hidden[shown.pop(0)] = True


def gives_small_number(whole: int, part: int) -> bool:
    """Return whether publishing both a whole and a part of it reveals a small number."""
    return 0 < abs(whole - part) < LEAST_COUNT


def _may_be_guessed(parts: Sequence[int], schools: Sequence[int], hidden: set[int]) -> bool:
    """Return whether the sum of the withheld parts reveals too much itself."""
    few_schools = sum(schools[part] for part in hidden) < LEAST_SCHOOLS
    return few_schools or sum(parts[part] for part in hidden) < LEAST_COUNT
