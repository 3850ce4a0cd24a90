"""Figures over visits for all rows of a table at once: gaps, arrival pattern, days since."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.coverage.figures import (
    FigureColumn,
    compute_row_shares,
    make_column,
    sum_by_row,
)
from zoneplanner.analysis.log.log_arrays import NO_TIMESTAMP, RecordColumns

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


_PREDICTABILITY_MIN_N = 10
_HALF_HOURS, _DAYS = 48, 7
_SLOT_BITS = 6
_SLOTS = 1 << _SLOT_BITS
"""Room for the half-hours of a day, so that a shift of bits gives the day."""
_MAX_DENSE_CELLS = 1 << 22
_GAP_FLAG_H = 1 / 60


def compute_visit_figures(
    visits: RecordColumns, row: IntArray, rows: int
) -> Iterator[FigureColumn]:
    """Yield the figures of visits in order of site and arrival; ``row`` is that of each.

    The shape of ``row`` is (visits,).
    """
    runs = _RowRuns(row, rows)
    yield make_column("visits", runs.n.astype(np.float64), runs.n, whole=True)
    yield from _compute_gap_figures(*_measure_gaps_h(visits, row), rows)
    yield _compute_predictability(visits, row, rows)
    yield compute_row_shares("departures_share", runs.sums(visits["stay"] >= 0), runs.n)


def count_arrivals(visits: RecordColumns) -> IntArray:
    """Count arrivals by weekday, Monday first, and hour of the local clock, shape (7, 24)."""
    cell = _find_weekdays(visits) * 24 + visits["minute"] // 60
    return np.bincount(cell, minlength=7 * 24).reshape(7, 24)


def compute_days_since_visit(
    last: IntArray,
    counts: IntArray,
    members: Sequence[IntArray],
    since: IntArray,
    *,
    place: str = "site",
) -> FigureColumn:
    """Return the school days since the last visit, of the place of each row that waits longest.

    Shapes: ``last`` and ``counts`` (places,), ``since`` (days,); ``members`` has an array of places
    for each row.

    ``last`` is the index of each place's last day in ``since``, the school days after each day, or
    -1; ``counts`` its visits. One that was never visited withholds the figure.
    """
    values = np.full(len(members), np.nan)
    n = np.zeros(len(members), np.int64)
    notes, whys = [], []
    for row, places in enumerate(members):
        never, one = int((last[places] < 0).sum()), len(places) == 1
        n[row] = counts[places].sum()
        notes.append("." if one else "; the longest of them.")
        missed = f" at {never} site{'' if never == 1 else 's'}"
        why = f"no visit logged{'' if one else missed}"
        whys.append(why if len(places) else "no site belongs here")
        if len(places) and not never:
            values[row] = since[last[places]].max()
    column = make_column("days_since_last_visit", values, n, whole=True, place=place)
    return replace(column, definition=[f"{column.definition}{note}" for note in notes], why=whys)


def count_visits_by_day(
    visits: RecordColumns, a_day: FloatArray, first: int, in_school: BoolArray
) -> FloatArray:
    """Return the visits that were due and made, by site number and day, shape (sites, days).

    ``a_day`` is how many are due on a school day by site number, ``first`` the first day.
    """
    days = len(in_school)
    place = visits["site"].astype(np.int64) * days + (visits["day"] - first)
    counts = np.bincount(place, minlength=len(a_day) * days).reshape(len(a_day), days)
    done: FloatArray = np.minimum(counts, a_day[:, None])
    done *= in_school
    return done


def _measure_gaps_h(visits: RecordColumns, row: IntArray) -> tuple[FloatArray, IntArray]:
    """Return the hours between successive visits of a row to a site, and their rows."""
    at, site = visits["at"], visits["site"]
    of_site = site[1:] == site[:-1]
    if ((row[1:] < row[:-1]) & of_site).any():  # a site comes back to a row that it left
        order = np.argsort(row.astype(np.int16), kind="stable")
        at, site, row = at[order], site[order], row[order]
        of_site = site[1:] == site[:-1]
    same = of_site & (row[1:] == row[:-1])
    return (at[1:] - at[:-1])[same] / 3600.0, row[1:][same]


def _compute_gap_figures(gaps: FloatArray, row: IntArray, rows: int) -> Iterator[FigureColumn]:
    """Yield the mean, shortest and longest gap; flag those too short to be of two visits."""
    runs = _RowRuns(row, rows)
    yield compute_row_shares("gap_mean_h", runs.sums(gaps), runs.n)
    shortest = make_column("gap_min_h", np.where(runs.n > 0, runs.least(gaps), np.nan), runs.n)
    short = np.bincount(row[gaps < _GAP_FLAG_H], minlength=rows).tolist()
    flags = (f" {k} below 1 minute: logged twice?" if k else "" for k in short)
    yield replace(shortest, definition=[f"{shortest.definition}{flag}" for flag in flags])
    yield make_column("gap_max_h", np.where(runs.n > 0, runs.most(gaps), np.nan), runs.n)


def _compute_predictability(visits: RecordColumns, row: IntArray, rows: int) -> FigureColumn:
    """One less the entropy of arrival half-hours, as a share of what so few visits could reach."""
    sites = int(visits["site"].max(initial=0)) + 1
    most_cells = rows * sites * _DAYS * _SLOTS
    whole = np.int32 if most_cells < 1 << 31 else np.int64  # half the width is half the time
    of_site = visits["site"] * whole(rows) + row.astype(whole)
    key = (of_site * whole(_DAYS) + _find_weekdays(visits)) * whole(_SLOTS) + visits["minute"] // 30
    cells, counts = (
        _count_few_keys(key) if most_cells <= _MAX_DENSE_CELLS else _count_many_keys(key)
    )
    groups = cells >> _SLOT_BITS
    starts = _find_starts(groups)
    groups = groups[starts]
    n, spent = (
        _sum_runs(counts, starts).astype(np.int64),
        _sum_runs(_multiply_by_log(counts), starts),
    )
    several = n >= 2
    of_row, n, spent = groups[several] // _DAYS % rows, n[several], spent[several]
    most = np.log(np.arange(2, _HALF_HOURS + 1))[np.minimum(n, _HALF_HOURS) - 2]
    spread = np.bincount(
        of_row, (_multiply_by_log(n) - spent) / most, rows
    )  # n x entropy over its most
    total = np.bincount(of_row, n, rows).astype(np.int64)
    enough = total >= _PREDICTABILITY_MIN_N
    values = np.where(enough, 1 - spread / np.maximum(total, 1), np.nan)
    why = [
        f"needs {_PREDICTABILITY_MIN_N} visits on repeated weekdays, there are {k}"
        for k in total.tolist()
    ]
    return replace(make_column("predictability", values, total), why=why)


def _count_few_keys(key: IntArray) -> tuple[IntArray, IntArray]:
    """Return the distinct keys in order and how often each comes, where there can be but few."""
    every = np.bincount(key)
    cells = np.flatnonzero(every)
    return cells, every[cells]


def _count_many_keys(key: IntArray) -> tuple[IntArray, IntArray]:
    """Return the same of many, but of groups of one; where rows are weeks all is in order."""
    key = np.sort(key, kind="stable")
    group = key >> _SLOT_BITS
    alike = np.concatenate([[False], group[1:] == group[:-1], [False]])
    key = key[alike[1:] | alike[:-1]]
    starts = _find_starts(key)
    return key[starts], np.diff(starts, append=len(key))


def _find_starts(ordered: IntArray) -> IntArray:
    """Return where another value begins."""
    turns = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    return np.concatenate([[0], turns])[: len(ordered)]


def _sum_runs(values: IntArray | FloatArray, starts: IntArray) -> IntArray | FloatArray:
    found: IntArray | FloatArray = np.add.reduceat(values, starts) if len(starts) else values
    return found


def _multiply_by_log(counts: IntArray) -> FloatArray:
    """Return each count times its logarithm."""
    every = np.arange(1, counts.max(initial=0) + 1)
    return np.asarray((every * np.log(every))[counts - 1])


def _find_weekdays(visits: RecordColumns) -> IntArray:
    """Return the weekday of each local day, Monday 0."""
    day = visits["day"] - 1
    return np.asarray(day - day // 7 * 7)


def find_last_visit_days(
    visits: RecordColumns, field: str, places: int
) -> tuple[IntArray, IntArray]:
    """Return the ordinal of each place's last day or ``NO_TIMESTAMP``, and its visits.

    Both have the shape (places,).

    A place is a site or a unit by number; the last place is that of visits without one.
    """
    number = visits[field].astype(np.int64)
    number[number < 0] = places - 1
    runs = _RowRuns(number, places)
    last = np.where(runs.n > 0, runs.most(visits["day"]), NO_TIMESTAMP)
    return last.astype(np.int64), runs.n
