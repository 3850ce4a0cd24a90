"""Figures over visits for all rows of a table at once: gaps, arrival pattern, days since."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.coverage.bell_days import NO_SCHOOL, BellDays
from zoneplanner.analysis.coverage.figures import (
    LEAST_N,
    FigureColumn,
    compute_row_means,
    compute_row_shares,
    make_column,
    sum_by_row,
)
from zoneplanner.analysis.intervals import compute_binomial_pmf
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


_HALF_HOURS, _DAYS = 48, 7
_SLOT_BITS = 6
_SLOTS = 1 << _SLOT_BITS
"""Room for the half-hours of a day, so that a shift of bits gives the day."""
_MAX_DENSE_CELLS = 1 << 22
_MOST_EXACT_ARRIVALS = 500
_GAP_FLAG_H = 1 / 60


def compute_visit_figures(
    visits: RecordColumns,
    row: IntArray,
    rows: int,
    *,
    bells: BellDays,
    open_gap_h: FloatArray | None = None,
) -> Iterator[FigureColumn]:
    """Yield the figures of visits in order of site and arrival; ``row`` is that of each.

    The shape of ``row`` is (visits,). ``open_gap_h`` (rows,) are the school hours since the last
    visit of the site of each row that waits longest, NaN where none was visited.
    """
    runs = _RowRuns(row, rows)
    yield make_column("visits", runs.n.astype(np.float64), runs.n, whole=True)
    yield from _compute_gap_figures(visits, row, rows, bells, open_gap_h)
    yield _compute_predictability(visits, row, rows, bells)
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


def _list_gaps(visits: RecordColumns, row: IntArray) -> tuple[IntArray, IntArray]:
    """Return the places of successive visits of a row to a site, shape (gaps,) each."""
    site, order = visits["site"], np.arange(len(row))
    of_site = site[1:] == site[:-1]
    if ((row[1:] < row[:-1]) & of_site).any():  # a site comes back to a row that it left
        order = np.argsort(row.astype(np.int16), kind="stable")
        site, row = site[order], row[order]
        of_site = site[1:] == site[:-1]
    same = of_site & (row[1:] == row[:-1])
    return order[:-1][same], order[1:][same]


def _compute_gap_figures(
    visits: RecordColumns, row: IntArray, rows: int, bells: BellDays, open_h: FloatArray | None
) -> Iterator[FigureColumn]:
    """Yield the mean, shortest and longest gap; flag those too short to be of two visits."""
    before, after = _list_gaps(visits, row)
    hours = bells.read_school_hours(visits["site"], visits["day"], visits["minute"])
    gaps, of = hours[after] - hours[before], row[after]
    runs = _RowRuns(of, rows)
    yield compute_row_means("gap_mean_h", runs.sums(gaps), runs.n)
    shortest = make_column("gap_min_h", np.where(runs.n > 0, runs.least(gaps), np.nan), runs.n)
    real_h = (visits["at"][after] - visits["at"][before]) / 3600.0
    short = np.bincount(of[real_h < _GAP_FLAG_H], minlength=rows).tolist()
    flags = (f" {k} below 1 minute: logged twice?" if k else "" for k in short)
    yield replace(shortest, definition=[f"{shortest.definition}{flag}" for flag in flags])
    longest = np.where(runs.n > 0, runs.most(gaps), np.nan)
    if open_h is None:
        yield make_column("gap_max_h", longest, runs.n)
    else:
        yield make_column("gap_max_h", np.fmax(longest, open_h), runs.n + ~np.isnan(open_h))


def _compute_predictability(
    visits: RecordColumns, row: IntArray, rows: int, bells: BellDays
) -> FigureColumn:
    """One less the entropy of arrival half-hours, as a share of what a random patrol reaches.

    Arrivals are told apart by site, weekday and kind of day; only those within the bell day count.
    """
    variant, kind = bells.variant[visits["site"]], bells.kind[visits["day"] - bells.first]
    opens, closes = bells.opens_min[variant, kind], bells.closes_min[variant, kind]
    inside = (kind != NO_SCHOOL) & (visits["minute"] >= opens) & (visits["minute"] < closes)
    site, row = visits["site"][inside], row[inside]
    kinds = bells.opens_min.shape[1]
    classes = _DAYS * kinds
    most_cells = rows * (int(site.max(initial=0)) + 1) * classes * _SLOTS
    whole = np.int32 if most_cells < 1 << 31 else np.int64  # half the width is half the time
    of_site = site * whole(rows) + row.astype(whole)
    day_class = (_find_weekdays(visits) * kinds + kind)[inside]
    key = (of_site * whole(classes) + day_class.astype(whole)) * whole(_SLOTS)
    key += (visits["minute"] // 30)[inside].astype(whole)
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
    groups, n, spent = groups[several], n[several], spent[several]
    of_row, of_kind = groups // classes % rows, groups % kinds
    of_variant = bells.variant[groups // classes // rows]
    expected = _expect_entropies(bells, of_variant * kinds + of_kind, n)
    spread = np.bincount(of_row, _multiply_by_log(n) - spent, rows)  # n x entropy, summed
    random = np.bincount(of_row, expected, rows)
    total = np.bincount(of_row, n, rows).astype(np.int64)
    enough = (total >= LEAST_N) & (random > 0)
    values = np.where(enough, 1 - spread / np.where(enough, random, 1.0), np.nan)
    why = [
        f"needs {LEAST_N} visits in bell hours of repeated weekdays, there are {k}"
        for k in total.tolist()
    ]
    return replace(make_column("predictability", values, total), why=why)


def _expect_entropies(bells: BellDays, day: IntArray, n: IntArray) -> FloatArray:
    """Return n x entropy that ``n`` arrivals at random in a bell day have on average.

    ``day`` is variant x kinds + kind; ``n`` and the answer have the shape (groups,).
    """
    pairs, place = np.unique(np.stack([day, n]), axis=1, return_inverse=True)
    found = []
    for at, count in pairs.T.tolist():
        opens, closes = bells.opens_min.flat[at], bells.closes_min.flat[at]
        edges = np.clip(np.arange(_HALF_HOURS + 1) * 30, opens, closes)
        found.append(_expect_entropy(np.diff(edges) / (closes - opens), count))
    return np.array(found)[place.ravel()] if found else np.zeros(0)


def _expect_entropy(chances: FloatArray, n: int) -> float:
    """Return n x the mean entropy of ``n`` draws among slots; for many by Miller (1955)."""
    chances = chances[chances > 0]
    if n > _MOST_EXACT_ARRIVALS or len(chances) == 1:
        entropy = float(-(chances * np.log(chances)).sum())
        return max(0.0, n * entropy - (len(chances) - 1) / 2) if len(chances) > 1 else 0.0
    counts = np.arange(1, n + 1)
    weight = counts * np.log(counts)
    distinct, times = np.unique(chances.round(12), return_counts=True)
    spent = sum(
        many * float(weight @ compute_binomial_pmf(n, chance)[1:])
        for chance, many in zip(distinct.tolist(), times.tolist(), strict=True)
    )
    return float(n * np.log(n) - spent)


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
