"""Figures about visits for all rows of a table at once: gaps, arrival pattern, bell windows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.coverage.figures import (
    LEAST_N,
    FigureColumn,
    add_counts,
    compute_row_means,
    compute_row_shares,
    find_row_extremes,
    make_column,
    sum_by_row,
    withhold_few,
    withhold_rows,
)
from zoneplanner.analysis.coverage.log_period import NO_SCHOOL, BellDays
from zoneplanner.analysis.intervals import compute_binomial_pmf
from zoneplanner.analysis.log.log_arrays import NO_TIMESTAMP, RecordArray
from zoneplanner.domain.assumptions import look_up_by_level
from zoneplanner.domain.calendar.bells import BellTimes, SchoolDayKind, list_bell_clocks
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.visit_rule import VISIT_WINDOWS
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message

_HALF_HOURS, _DAYS = 48, 7
_MAX_EXACT_ARRIVALS = 500
_GAP_FLAG_H = 1 / 60


@dataclass(frozen=True, eq=False, slots=True)
class OpenGaps:
    """How long the sites of each row have waited at the end of a period, shape (rows,) each.

    ``longest_h`` is the most school hours since a site's last visit, NaN if no site was visited;
    ``never`` is the number of sites without a visit on record.
    """

    longest_h: FloatArray
    never: IntArray


def compute_visit_figures(
    visits: RecordArray,
    row: IntArray,
    rows: int,
    *,
    bells: BellDays,
    open_gaps: OpenGaps | None = None,
) -> Iterator[FigureColumn]:
    """Yield the figures of visits, which are in order of site and arrival.

    ``row`` is each visit's row, shape (visits,). ``open_gaps`` are the rows' waits at the end.
    """
    n = np.bincount(row, minlength=rows)
    yield make_column("visits", n.astype(np.float64), n, whole=True)
    yield from _compute_gap_figures(visits, row, rows, bells, open_gaps)
    yield _compute_predictability(visits, row, rows, bells)
    yield compute_row_shares("departures_share", sum_by_row(row, visits["stay"] >= 0, rows), n)


def count_arrivals(visits: RecordArray) -> IntArray:
    """Count arrivals by weekday, Monday first, and local hour, shape (7, 24)."""
    cell = _find_weekdays(visits) * 24 + visits["minute"] // 60
    return np.bincount(cell, minlength=7 * 24).reshape(7, 24)


def compute_days_since_visit(
    last: IntArray,
    counts: IntArray,
    members: Sequence[IntArray],
    since: IntArray,
    *,
    name: str = "",
) -> FigureColumn:
    """Return the school days since the last visit at the longest-waiting place of each row.

    Shapes: ``last`` and ``counts`` (places,), ``since`` (days,); ``members`` is an array of places
    for each row. ``last`` is the index of each place's last visit in ``since``, the school days
    after each day, or -1; ``counts`` are its visits. A place never visited withholds the figure.
    If the places are not sites, ``name`` is the grouping.
    """
    values = np.full(len(members), np.nan)
    n = np.zeros(len(members), np.int64)
    never = [int((last[places] < 0).sum()) for places in members]
    for row, places in enumerate(members):
        n[row] = counts[places].sum()
        if len(places) and not never[row]:
            values[row] = since[last[places]].max()
    code = "figure.days_since_last_visit.by_name" if name else ""
    column = make_column("days_since_last_visit", values, n, whole=True, code=code, by=name)
    longest = (Message("figure.days_since_last_visit.longest"),)

    def explain(row: int) -> Message:
        match len(members[row]):
            case 0:
                return Message("no_site_in_row")
            case 1:
                return Message("no_visit_logged")
        return Message("no_visit_logged.some", n=never[row])

    return replace(
        column,
        definition=lambda row: column.definition(row) if len(members[row]) == 1 else longest,
        why=explain,
    )


def count_visits_by_day(
    visits: RecordArray, due_per_day: FloatArray, first: int, in_school: BoolArray
) -> FloatArray:
    """Return the due visits that were made, by site number and day, shape (sites, days).

    ``due_per_day`` (sites,) are the visits due on a school day; ``first`` is the first day.
    """
    days = len(in_school)
    cell = visits["site"].astype(np.int64) * days + (visits["day"] - first)
    sites = len(due_per_day)
    counts = np.bincount(cell, minlength=sites * days).reshape(sites, days)
    made: FloatArray = np.minimum(counts, due_per_day[:, None])
    made *= in_school
    return made


def _list_gaps(visits: RecordArray, row: IntArray) -> tuple[IntArray, IntArray]:
    """Return the indices of successive visits of a row to the same site, shape (gaps,) each."""
    order = np.argsort(row, kind="stable")
    site, row = visits["site"][order], row[order]
    same = (site[1:] == site[:-1]) & (row[1:] == row[:-1])
    return order[:-1][same], order[1:][same]


def _compute_gap_figures(
    visits: RecordArray, row: IntArray, rows: int, bells: BellDays, open_gaps: OpenGaps | None
) -> Iterator[FigureColumn]:
    """Yield the mean, shortest and longest gap; flag gaps too short to be between two visits."""
    before, after = _list_gaps(visits, row)
    hours = bells.read_school_hours(visits["site"], visits["day"], visits["minute"])
    gaps, gap_row = hours[after] - hours[before], row[after]
    n = np.bincount(gap_row, minlength=rows)
    least, most = find_row_extremes(gap_row, gaps, rows)
    yield compute_row_means("gap_mean_h", gaps, gap_row, rows)
    shortest = make_column("gap_min_h", least, n)
    real_h = (visits["at"][after] - visits["at"][before]) / 3600.0
    short = np.bincount(gap_row[real_h < _GAP_FLAG_H], minlength=rows)
    yield add_counts(shortest, "gaps_too_short", short)
    if open_gaps is None:
        yield make_column("gap_max_h", most, n)
        return
    n += ~np.isnan(open_gaps.longest_h)
    most_h = np.fmax(most, open_gaps.longest_h)
    longest = make_column("gap_max_h", most_h, n, code="figure.gap_max_h.open")
    yield add_counts(longest, "sites_never_visited", open_gaps.never)


def _compute_predictability(
    visits: RecordArray, row: IntArray, rows: int, bells: BellDays
) -> FigureColumn:
    """Return 1 less the entropy of arrival half-hours relative to that of random arrivals.

    Arrivals are grouped by site, weekday and kind of day; only those in bell hours count.
    """
    variant, kind = bells.variant[visits["site"]], bells.kind[visits["day"] - bells.first]
    opens, closes = bells.opens_min[variant, kind], bells.closes_min[variant, kind]
    inside = (kind != NO_SCHOOL) & (visits["minute"] >= opens) & (visits["minute"] < closes)
    site, row = visits["site"][inside], row[inside]
    kinds = bells.opens_min.shape[1]
    classes = _DAYS * kinds
    group = (site.astype(np.int64) * rows + row) * classes
    group += (_find_weekdays(visits) * kinds + kind)[inside]
    slots, counts = np.unique(
        group * _HALF_HOURS + (visits["minute"] // 30)[inside], return_counts=True
    )
    groups, group_of = np.unique(slots // _HALF_HOURS, return_inverse=True)
    n = np.bincount(group_of, counts).astype(np.int64)
    sum_c_log_c = np.bincount(group_of, _multiply_by_log(counts))
    several = n >= 2
    groups, n, sum_c_log_c = groups[several], n[several], sum_c_log_c[several]
    of_row, of_kind = groups // classes % rows, groups % kinds
    of_variant = bells.variant[groups // classes // rows]
    expected = _expect_entropies(bells, of_variant * kinds + of_kind, n)
    spread = np.bincount(of_row, _multiply_by_log(n) - sum_c_log_c, rows)  # n x entropy
    random = np.bincount(of_row, expected, rows)
    total = np.bincount(of_row, n, rows).astype(np.int64)
    enough = (total >= LEAST_N) & (random > 0)
    values = np.where(enough, 1 - spread / np.where(enough, random, 1.0), np.nan)
    return replace(
        make_column("predictability", values, total),
        why=lambda row: Message("too_few_visits", least=LEAST_N, n=int(total[row])),
    )


def _expect_entropies(bells: BellDays, day: IntArray, n: IntArray) -> FloatArray:
    """Return the mean of n x entropy for ``n`` random arrivals in a bell day.

    ``day`` is variant x kinds + kind; ``n`` and the result have the shape (groups,).
    """
    pairs, pair_of = np.unique(np.stack([day, n]), axis=1, return_inverse=True)
    expected = np.zeros(pairs.shape[1])
    for index, (each, count) in enumerate(pairs.T.tolist()):
        opens, closes = bells.opens_min.flat[each], bells.closes_min.flat[each]
        edges = np.clip(np.arange(_HALF_HOURS + 1) * 30, opens, closes)
        expected[index] = _compute_expected_entropy_sum(np.diff(edges) / (closes - opens), count)
    return expected[pair_of.ravel()]


def _compute_expected_entropy_sum(chances: FloatArray, n: int) -> float:
    """Return n times the expected entropy of ``n`` draws among slots.

    For large n, it is that of Miller (1955).
    """
    chances = chances[chances > 0]
    if n > _MAX_EXACT_ARRIVALS or len(chances) == 1:
        entropy = float(-(chances * np.log(chances)).sum())
        return max(0.0, n * entropy - (len(chances) - 1) / 2) if len(chances) > 1 else 0.0
    counts = np.arange(1, n + 1)
    weight = counts * np.log(counts)
    distinct, times = np.unique(chances.round(12), return_counts=True)
    sum_c_log_c = sum(
        many * float(weight @ compute_binomial_pmf(n, chance)[1:])
        for chance, many in zip(distinct.tolist(), times.tolist(), strict=True)
    )
    return float(n * np.log(n) - sum_c_log_c)


def _multiply_by_log(counts: IntArray) -> FloatArray:
    return np.asarray(counts * np.log(counts))


def _find_weekdays(visits: RecordArray) -> IntArray:
    """Return the weekday of each visit's local day, Monday 0."""
    return np.asarray((visits["day"] - 1) % 7)


def find_last_visit_days(visits: RecordArray, field: str, places: int) -> tuple[IntArray, IntArray]:
    """Return each place's last day with a visit, or ``NO_TIMESTAMP``, and its number of visits.

    Both have the shape (places,). A place is a site or a unit by number; the last one is for visits
    without a place.
    """
    number = visits[field].astype(np.int64)
    number[number < 0] = places - 1
    last = np.full(places, NO_TIMESTAMP)
    np.maximum.at(last, number, visits["day"].astype(np.int64))
    return last, np.bincount(number, minlength=places)


_NOT_REQUIRED = -1


def count_window_visits(
    project: Project,
    number: Mapping[str, int],
    visits: RecordArray,
    *,
    days: IntArray,
    kind: IntArray,
    week: IntArray,
) -> FloatArray:
    """Return the days required, made and late, and the minutes present and planned.

    The shape is (5, sites, weeks), all 0 if the rule requires no bell window. ``number`` is each
    site's number, ``days`` are the ordinals of the period; each day has a ``kind``, an index in
    ``SchoolDayKind`` or -1, and the number of its ``week``.
    """
    sites, weeks = len(number), int(week[-1]) + 1
    counts = np.zeros((5, sites, weeks))
    rule = project.visit_rule
    patrolled = [site for site in project.patrolled if rule.by_level.get(site.level)]
    if not patrolled:
        return counts
    required = _read_window_rule(project, patrolled, number)
    variant, per_week = required.variant, required.per_week
    bounds = _find_window_bounds(project, required.variants)
    day = visits["day"] - days[0]
    own, of_kind = variant[visits["site"]], kind[day]
    inside = np.flatnonzero((own != _NOT_REQUIRED) & (of_kind != _NOT_REQUIRED))
    day, own, of_kind = day[inside], own[inside], of_kind[inside]
    site, minute = visits["site"][inside].astype(np.int64), visits["minute"][inside]
    stay = np.maximum(visits["stay"][inside], 0) / 60.0
    school_days = np.bincount(week, kind != _NOT_REQUIRED, weeks)
    for window in range(len(VISIT_WINDOWS)):
        has_window = per_week[window] > 0
        if not has_window.any():
            continue
        opens, closes = bounds[own, of_kind, window].T
        applies = has_window[site] & (opens != _NOT_REQUIRED)
        arrived = (minute >= opens - rule.early_min) & (minute <= closes + rule.late_min)
        all_made, on_time = (
            _count_by_week(_mark_days(site, day, applies & which, sites, len(days)), week, weeks)
            for which in (arrived, arrived & (minute <= closes))
        )
        due = np.minimum(per_week[window][:, None], school_days[None, :]) * has_window[:, None]
        made = np.minimum(due, all_made)
        prompt = np.minimum(made, on_time)
        overlap = np.clip(np.minimum(closes, minute + stay) - np.maximum(opens, minute), 0, None)
        cell = site * weeks + week[day]
        minutes = np.bincount(cell, overlap * applies, sites * weeks).reshape(sites, weeks)
        counts += (due, made, made - prompt, minutes, due * required.dwell_min[:, None])
    return counts


@dataclass(frozen=True, eq=False, slots=True)
class _WindowRule:
    """The visits that the rule requires of sites by number, and each visit's minutes.

    ``variant`` (sites + 1,) is an index in ``variants``, the bell times, or ``_NOT_REQUIRED``;
    ``per_week`` is the visits a week, shape (windows, sites).
    """

    variants: list[BellTimes]
    variant: IntArray
    per_week: FloatArray
    dwell_min: FloatArray


def _read_window_rule(
    project: Project, sites: Iterable[Site], number: Mapping[str, int]
) -> _WindowRule:
    variants: dict[BellTimes, int] = {}
    variant = np.full(len(number) + 1, _NOT_REQUIRED)
    per_week = np.zeros((len(VISIT_WINDOWS), len(number)))
    dwell_min = np.zeros(len(number))
    for site in sites:
        row = number[site.id]
        times = project.calendar.bells.find_bell_times(site.id, site.level)
        variant[row] = variants.setdefault(times, len(variants))
        dwell_min[row] = look_up_by_level(project.assumptions.dwell_min, site.level)
        for window, name in enumerate(VISIT_WINDOWS):
            per_week[window, row] = project.visit_rule.by_level[site.level].get(name, 0)
    return _WindowRule(list(variants), variant, per_week, dwell_min)


def compute_window_figures(sums: FloatArray, project: Project) -> Iterator[FigureColumn]:
    """Yield the figures of rows from their counts, shape (5, rows); see ``count_window_visits``."""
    due, made, late, present, planned = sums
    rule = project.visit_rule
    facts: dict[str, Any] = {"early_min": rule.early_min, "late_min": rule.late_min}
    if not due.any():
        for name in ("window_coverage_share", "window_late_share", "window_presence_share"):
            yield withhold_rows(name, len(due), Message("no_window_required"), **facts)
        return
    yield compute_row_shares("window_coverage_share", made, due, **facts)
    yield compute_row_shares("window_late_share", late, made)
    share = np.divide(present, planned, out=np.full(len(due), np.nan), where=planned > 0)
    yield withhold_few(make_column("window_presence_share", share, np.rint(due)))


def _find_window_bounds(project: Project, variants: list[BellTimes]) -> IntArray:
    """Return each window's first and last minute by variant and kind of day, or -1 if none."""
    bounds = np.full((len(variants), len(SchoolDayKind), len(VISIT_WINDOWS), 2), _NOT_REQUIRED)
    for row, times in enumerate(variants):
        for column, kind in enumerate(SchoolDayKind):
            for window, first, last in list_bell_clocks(project.calendar.bells, times, kind):
                if window in VISIT_WINDOWS:
                    span = bounds[row, column, VISIT_WINDOWS.index(window)]
                    if span[0] == _NOT_REQUIRED:
                        span[0] = first.hour * 60 + first.minute
                    span[1] = last.hour * 60 + last.minute
    return bounds


def _mark_days(site: IntArray, day: IntArray, which: BoolArray, sites: int, days: int) -> BoolArray:
    """Return the days on which each site was visited, shape (sites, days)."""
    visited: BoolArray = np.zeros((sites, days), bool)
    visited[site[which], day[which]] = True
    return visited


def _count_by_week(days: BoolArray, week: IntArray, weeks: int) -> FloatArray:
    """Count days by week, shape (sites, weeks)."""
    starts = np.flatnonzero(np.diff(week, prepend=-1))
    by_week: FloatArray = np.add.reduceat(days.astype(np.float64), starts, axis=1)
    assert by_week.shape[1] == weeks
    return by_week
