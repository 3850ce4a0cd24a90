"""Small counts are suppressed in public papers, and so is each figure that would reveal one.

One rule holds for totals, shares, medians and hours: a figure is withheld if it rests on fewer than
eleven records, or if it reveals such a count together with the other figures shown, or with those
that reports of earlier months showed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, combinations
from typing import TypeVar

import numpy as np
from scipy.linalg import orth

from zoneplanner.analysis.arrays import BoolArray, IntArray
from zoneplanner.analysis.coverage.figures import Figure

_Count = TypeVar("_Count", int, float)
LEAST_COUNT = 11
"""A smaller count of people, calls or visits is not printed."""
LEAST_SCHOOLS = 3
"""The total of fewer schools would reveal that of a single one."""
_MOST_GROUPS = 3
"""So many groups of schools are tried together whether their sum is known."""
_MANY = 100
"""Of so many records and of any number above, some count of them gives each whole percent."""


def withhold_small_totals(
    whole: int,
    parts: Sequence[int],
    schools: Sequence[int],
    *,
    least: int = LEAST_COUNT,
    told: bool = True,
    before: Iterable[Sequence[Sequence[int | None]]] = (),
    given: Collection[int] = (),
) -> tuple[int | None, ...]:
    """Return a total and then its parts, None for each that is withheld.

    A part is withheld where it is below ``least`` or of fewer than three schools; then the
    smallest of the others too until those withheld add up to it, as the whole less the rest would
    tell them. A part without schools is none, as everybody knows. Where the whole is not ``told``,
    a part is not either. ``before`` are earlier reports of the same totals as they grew, each as
    its parts and what it told of whole and parts: no difference from one of them is small. Parts
    ``given`` away otherwise, by number, are withheld.
    """
    if whole < least:
        return None, *(None if count else 0 for count in schools)
    counted = {at for at, count in enumerate(schools) if count}
    hidden = {at for at in counted if parts[at] < least or schools[at] < LEAST_SCHOOLS}
    hidden |= counted.intersection(given)
    changes = [
        (
            [part - (old or 0) for part, old in zip(parts, earlier, strict=True)],
            {at for at in counted if shown[1 + at] is None},
            told and shown[0] is not None,
        )
        for earlier, shown in before
    ]
    for change, unknown, _ in changes:
        hidden |= {at for at in counted - unknown if 0 < change[at] < least}
    shown = sorted(counted - hidden, key=lambda at: (parts[at], at))
    if not told and shown and not hidden:
        hidden.add(shown.pop(0))
    while shown and (
        (hidden and _may_be_guessed(parts, schools, hidden, least))
        or any(
            known and 0 < sum(change[at] for at in hidden | unknown) < least
            for change, unknown, known in changes
        )
    ):
        hidden.add(shown.pop(0))
    return whole if told else None, *(
        None if at in hidden else part for at, part in enumerate(parts)
    )


def find_parts_given_by_others(
    counts: Mapping[str, int],
    parts: Sequence[Collection[str]],
    others: Sequence[Collection[str]],
    *,
    least: int = LEAST_COUNT,
) -> set[int]:
    """Return the parts, by number, that another division of the schools would give a number by.

    ``counts`` are by school, ``parts`` and ``others`` the schools of each. A part less those of the
    others in it, and those of the others that it touches less the part, are no school or three and
    enough; and so it is the other way round, where the smallest of some parts is returned.
    """
    own, other = [set(one) for one in parts], [set(one) for one in others]

    def is_given(one: set[str], beside: Sequence[set[str]]) -> bool:
        inner, outer = [x for x in beside if x and x <= one], [x for x in beside if x & one]
        rests = [one.difference(*inner)] if inner else []
        rests += [set().union(*outer) - one] if outer else []
        return any(
            rest and (len(rest) < LEAST_SCHOOLS or sum(counts.get(s, 0) for s in rest) < least)
            for rest in rests
        )

    found = {at for at, one in enumerate(own) if is_given(one, other)}
    for one in other:
        touched = [at for at, part in enumerate(own) if part & one and at not in found]
        if is_given(one, [own[at] for at in touched]):
            found.add(min(touched, key=lambda at: sum(counts.get(s, 0) for s in own[at])))
    return found


def withhold_totals_by_layer(
    counts: Mapping[str, int],
    layers: Sequence[Sequence[Collection[str]]],
    *,
    others: Sequence[Collection[str]] = (),
    least: int = LEAST_COUNT,
) -> tuple[int | None, ...]:
    """Return the total and the parts of the last of some divisions of the schools, as told.

    ``counts`` are by school. Each division is told beside those before it, and takes nothing from
    them; ``others`` are another one that every division gives way to.
    """
    known: list[Collection[str]] = []
    told: tuple[int | None, ...] = ()
    for parts in layers:
        sums = [sum(counts.get(site, 0) for site in own) for own in parts]
        given = find_parts_given_by_others(counts, parts, others, least=least)
        while True:
            told = withhold_small_totals(
                sum(sums), sums, list(map(len, parts)), least=least, given=given
            )
            shown = [at for at, n in enumerate(told[1:]) if n is not None and parts[at]]
            own = _list_known_sets(parts, shown) if told[0] is not None else []
            if not (known and shown and _reveal_small_count(counts, [*known, *own], least)):
                break
            given = given | {min(shown, key=sums.__getitem__)}
        known += own
    return told


def _list_known_sets(parts: Sequence[Collection[str]], shown: Sequence[int]) -> list[set[str]]:
    """Return the schools whose sums are known: of all, of each part shown, and of the rest."""
    every = set().union(*parts)
    told = [set(parts[at]) for at in shown]
    return [one for one in (every, *told, every.difference(*told)) if one]


def _reveal_small_count(
    counts: Mapping[str, int], known: Sequence[Collection[str]], least: int
) -> bool:
    """Tell whether known sums over schools give, added and subtracted, that of few schools.

    What they can give at all are sums over schools that are in the same of them; up to three such
    groups together are tried.
    """
    sites = sorted(set().union(*known))
    inside = np.array([[site in one for site in sites] for one in known], dtype=float)
    groups, group_of = np.unique(inside, axis=1, return_inverse=True)
    schools = np.bincount(group_of.ravel())
    sums = np.bincount(group_of.ravel(), weights=[counts.get(site, 0) for site in sites])
    basis = orth(groups.T).T
    small = np.flatnonzero((schools < LEAST_SCHOOLS) | (sums < least))
    for together in chain.from_iterable(combinations(small, n) for n in range(1, _MOST_GROUPS + 1)):
        own = list(together)
        if schools[own].sum() < LEAST_SCHOOLS or sums[own].sum() < least:
            sought = np.zeros(len(schools))
            sought[own] = 1.0
            if np.allclose(sought @ basis.T @ basis, sought, atol=1e-9):
                return True
    return False


def list_running_totals(
    months: Sequence[Sequence[int]], schools: Sequence[int], *, least: int = LEAST_COUNT
) -> list[tuple[int | None, ...]]:
    """Return the total and its parts at the end of each month, None for each that is withheld.

    ``months`` count the parts in each month, shape (months, parts). Each month has had a report of
    what there was up to its end, and a paper of its own with its total.
    """
    before: list[tuple[list[int], tuple[int | None, ...]]] = []
    ends = find_told_ends([sum(month) for month in months], least=least)
    for parts, told in zip(np.cumsum(months, axis=0).tolist(), ends, strict=True):
        shown = withhold_small_totals(
            sum(parts), parts, schools, least=least, told=told, before=before
        )
        before.append((parts, shown))
    return [shown for _, shown in before]


def find_earlier_count(reports: Iterable[_Count | None]) -> _Count | None:
    """Return what the last of some reports that told a count told, where the very last does not.

    It is known from that report, so it tells nothing more.
    """
    *earlier, last = reports
    return None if last is not None else next((n for n in reversed(earlier) if n), None)


def find_told_ends(
    months: Iterable[int], *, least: int = LEAST_COUNT, have_papers: bool = True
) -> list[bool]:
    """Tell at the end of which months the total since the first may be told.

    It is not where what it adds to the last total told is small, less what the papers of the
    months tell, where they ``have_papers``.
    """
    counts = list(months)
    rows = [np.cumsum(counts, dtype=np.int64)]
    rows += [sum_months_without_paper(counts, least=least)] if have_papers else []
    return find_told_reports(np.transpose(rows), least=least)


def sum_months_without_paper(
    months: Sequence[int] | IntArray, *, least: int = LEAST_COUNT
) -> IntArray:
    """Return at the end of each month what the total is less all that papers of months may tell.

    ``months`` and what is returned have the shape (months,).
    """
    counts = np.array(months, dtype=np.int64)
    return np.cumsum(np.where(counts >= least, 0, counts))


def find_told_reports(
    reports: Iterable[Sequence[int]], *, least: int = LEAST_COUNT, may: Iterable[bool] | None = None
) -> list[bool]:
    """Tell which of some reports, one after the other, may tell a count.

    ``reports`` have that count and what can be computed from it and others of the same report.
    The count itself is enough, all that is computed is none or enough, and so is what each differs
    by from each earlier report that told it. A report that ``may`` not tells nothing.
    """
    rows = [tuple(map(int, row)) for row in reports]
    found: list[bool] = []
    for row, allowed in zip(rows, [True] * len(rows) if may is None else may, strict=True):
        earlier = [(0,) * len(row), *(one for one, told in zip(rows, found, strict=False) if told)]
        small = any(
            gives_small_number(now, then, least=least)
            for one in earlier
            for now, then in zip(row, one, strict=True)
        )
        found.append(allowed and row[0] >= least and not small)
    return found


def withhold_count(count: int, *, least: int = LEAST_COUNT) -> int | None:
    """Return a count, or None if it is withheld."""
    return count if count >= least else None


def withhold_percentile(figure: Figure, *, told: bool = True, least: int = LEAST_COUNT) -> Figure:
    """Return a median or another percentile, without a value if it rests on few records.

    That a percentile is shown reveals its least number of records: it is withheld where that
    number is not shown (``told``), unless there are so many that it reveals nothing.
    """
    few = figure.n < least or not (told or figure.n >= _MANY)
    return _withhold_figure(figure) if few else figure


def withhold_share(
    figure: Figure, *, told: bool, parts_told: bool = True, least: int = LEAST_COUNT
) -> Figure:
    """Return a share, without a value if it reveals a small count inside or outside of it.

    Its interval, or a share to a tenth of a percent, reveals the number of records alone: where
    that number is not shown (``told``), a share of many is rounded to whole percents, which fit
    any number of records nearby, and one of fewer is withheld. Where the number is shown, the share
    is only if the counts inside and outside of it may be (``parts_told``).
    """
    part = round((figure.value or 0.0) * figure.n)
    rest = gives_small_number(figure.n, part, least=least)
    few = figure.n < least or rest or gives_small_number(part, 0, least=least)
    if few or (not parts_told if told else figure.n < _MANY):
        return _withhold_figure(figure)
    if told or figure.value is None:
        return figure
    return replace(figure, value=round(figure.value, 2), low=None, high=None)


def _withhold_figure(figure: Figure) -> Figure:
    return replace(figure, value=None, low=None, high=None)


def find_told_cells(
    cells: Sequence[Sequence[int]],
    schools: Sequence[int],
    *,
    least: int = LEAST_COUNT,
    before: Iterable[tuple[Sequence[Sequence[int]], BoolArray]] = (),
) -> BoolArray:
    """Tell of which cells of a table figures may be told, such as hours that are of so many visits.

    ``cells`` are counts, shape (parts, columns), ``schools`` those of each part; the answer has the
    shape (1 + parts, columns), the whole first. The sum of each column and of each row counts as
    known: of what is withheld in it there are two cells and ``least`` together, or none is told.
    ``before`` are earlier reports of the same counts as they grew, each with what it told: no
    difference from one of them is small.
    """
    table = _add_whole(cells)
    changes = [(table - _add_whole(earlier), ~told) for earlier, told in before]
    few_schools = np.array([False, *(count < LEAST_SCHOOLS for count in schools)])
    hidden = (table < least) | few_schools[:, None]
    hidden[:, table[0] == 0] = False
    for change, unknown in changes:
        hidden |= (change > 0) & (change < least) & ~unknown
    shown = -1
    while shown != (shown := int(hidden.sum())):
        hidden |= hidden[0]
        hidden[:, table[0] == 0] = False
        for column in np.flatnonzero((table[0] > 0) & ~hidden[0]):
            _hide_smallest(table[1:, column], hidden[1:, column], least)
        for row in range(len(table)):
            _hide_smallest(table[row], hidden[row], least)
        for change, unknown in changes:
            for column in np.flatnonzero(~hidden[0] & ~unknown[0]):
                _hide_changes(change[1:, column], hidden[1:, column], unknown[1:, column], least)
            for row in range(len(table)):
                _hide_changes(change[row], hidden[row], unknown[row], least)
    told: BoolArray = ~hidden
    return told


def _add_whole(cells: Sequence[Sequence[int]]) -> IntArray:
    return np.vstack([np.sum(cells, axis=0, keepdims=True), cells]).astype(np.int64)


def _hide_smallest(counts: IntArray, hidden: BoolArray, least: int) -> None:
    """Hide the smallest counts shown until those hidden are two and enough; changes ``hidden``."""
    shown = [at for at in np.argsort(counts, kind="stable") if counts[at] and not hidden[at]]
    while shown and hidden.any() and (counts[hidden].sum() < least or hidden.sum() < 2):
        hidden[shown.pop(0)] = True


def _hide_changes(counts: IntArray, hidden: BoolArray, unknown: BoolArray, least: int) -> None:
    """Hide until what was added to those hidden now or ``unknown`` before is none or enough."""
    shown = [at for at in np.argsort(counts, kind="stable") if counts[at] and not hidden[at]]
    while shown and 0 < counts[hidden | unknown].sum() < least:
        hidden[shown.pop(0)] = True


def gives_small_number(whole: int, part: int, *, least: int = LEAST_COUNT) -> bool:
    """Tell whether a whole and a part of it, both told, give a small number away."""
    return 0 < abs(whole - part) < least


def _may_be_guessed(
    parts: Sequence[int], schools: Sequence[int], hidden: set[int], least: int
) -> bool:
    """Tell whether the total of what is withheld tells too much itself."""
    few = sum(schools[at] for at in hidden) < LEAST_SCHOOLS
    return few or sum(parts[at] for at in hidden) < least
