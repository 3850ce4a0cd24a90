"""Figures over visits for all rows of a table at once: gaps, arrival pattern, days since.

Visits within the bell windows that the rule of visits asks for, for all rows of a table.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.coverage.figures import (
    LEAST_N,
    FigureColumn,
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
from zoneplanner.messages import format_count

_HALF_HOURS, _DAYS = 48, 7
_MOST_EXACT_ARRIVALS = 500
_GAP_FLAG_H = 1 / 60


@dataclass(frozen=True, eq=False, slots=True)
class OpenGaps:
    """How long the sites of each row have waited at the end of a period, shape (rows,) each.

    ``longest_h`` are school hours since the last visit of the site that waits longest, NaN where
    none was visited; ``never`` is how many sites have no visit on record, whose wait is not known.
    """

    longest_h: FloatArray
    never: IntArray


def compute_visit_figures(
    visits: RecordArray,
    row: IntArray,
    rows: int,
    *,
    bells: BellDays,
    waits: OpenGaps | None = None,
) -> Iterator[FigureColumn]:
    """Yield the figures of visits in order of site and arrival; ``row`` is that of each.

    The shape of ``row`` is (visits,). ``waits`` are how long the sites of each row have waited.
    """
    n = np.bincount(row, minlength=rows)
    yield make_column("visits", n.astype(np.float64), n, whole=True)
    yield from _compute_gap_figures(visits, row, rows, bells, waits)
    yield _compute_predictability(visits, row, rows, bells)
    yield compute_row_shares("departures_share", sum_by_row(row, visits["stay"] >= 0, rows), n)


def count_arrivals(visits: RecordArray) -> IntArray:
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
        whys.append(why if len(places) else "there is no site in this row")
        if len(places) and not never:
            values[row] = since[last[places]].max()
    column = make_column("days_since_last_visit", values, n, whole=True, place=place)
    return replace(column, definition=[f"{column.definition}{note}" for note in notes], why=whys)


def count_visits_by_day(
    visits: RecordArray, a_day: FloatArray, first: int, in_school: BoolArray
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


def _list_gaps(visits: RecordArray, row: IntArray) -> tuple[IntArray, IntArray]:
    """Return the places of successive visits of a row to a site, shape (gaps,) each."""
    order = np.argsort(row, kind="stable")
    site, row = visits["site"][order], row[order]
    same = (site[1:] == site[:-1]) & (row[1:] == row[:-1])
    return order[:-1][same], order[1:][same]


def _compute_gap_figures(
    visits: RecordArray, row: IntArray, rows: int, bells: BellDays, waits: OpenGaps | None
) -> Iterator[FigureColumn]:
    """Yield the mean, shortest and longest gap; flag those too short to be of two visits."""
    before, after = _list_gaps(visits, row)
    hours = bells.read_school_hours(visits["site"], visits["day"], visits["minute"])
    gaps, of = hours[after] - hours[before], row[after]
    n = np.bincount(of, minlength=rows)
    least, most = find_row_extremes(of, gaps, rows)
    yield compute_row_means("gap_mean_h", gaps, of, rows)
    shortest = make_column("gap_min_h", least, n)
    real_h = (visits["at"][after] - visits["at"][before]) / 3600.0
    short = np.bincount(of[real_h < _GAP_FLAG_H], minlength=rows).tolist()
    flags = (f" {k} below 1 minute: logged twice?" if k else "" for k in short)
    yield replace(shortest, definition=[f"{shortest.definition}{flag}" for flag in flags])
    if waits is None:
        still = " (a gap that has not ended counts only by site, by zone and in the total)"
        yield make_column("gap_max_h", most, n, still=still)
        return
    still, n = (
        ", or up to the end of the period if no visit followed",
        n + ~np.isnan(waits.longest_h),
    )
    longest = make_column("gap_max_h", np.fmax(most, waits.longest_h), n, still=still)
    notes = [
        f" Leaves out {format_count(never, 'site')} without any visit on record." if never else ""
        for never in waits.never.tolist()
    ]
    yield replace(longest, definition=[f"{longest.definition}{note}" for note in notes])


def _compute_predictability(
    visits: RecordArray, row: IntArray, rows: int, bells: BellDays
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
    group = (site.astype(np.int64) * rows + row) * classes
    group += (_find_weekdays(visits) * kinds + kind)[inside]
    slots, counts = np.unique(
        group * _HALF_HOURS + (visits["minute"] // 30)[inside], return_counts=True
    )
    groups, place = np.unique(slots // _HALF_HOURS, return_inverse=True)
    n = np.bincount(place, counts).astype(np.int64)
    spent = np.bincount(place, _multiply_by_log(counts))
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
        f"needs {LEAST_N} visits in bell hours on weekdays with two or more; there are {k}"
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


def _multiply_by_log(counts: IntArray) -> FloatArray:
    """Return each count times its logarithm."""
    return np.asarray(counts * np.log(counts))


def _find_weekdays(visits: RecordArray) -> IntArray:
    """Return the weekday of each local day, Monday 0."""
    return np.asarray((visits["day"] - 1) % 7)


def find_last_visit_days(visits: RecordArray, field: str, places: int) -> tuple[IntArray, IntArray]:
    """Return the ordinal of each place's last day or ``NO_TIMESTAMP``, and its visits.

    Both have the shape (places,).

    A place is a site or a unit by number; the last place is that of visits without one.
    """
    number = visits[field].astype(np.int64)
    number[number < 0] = places - 1
    last = np.full(places, NO_TIMESTAMP)
    np.maximum.at(last, number, visits["day"].astype(np.int64))
    return last, np.bincount(number, minlength=places)


_NO_RULE = "no bell window is required; set the visit rule"
_NOT_ASKED = -1


def count_window_visits(
    project: Project,
    number: Mapping[str, int],
    visits: RecordArray,
    *,
    days: IntArray,
    kind: IntArray,
    week: IntArray,
) -> FloatArray:
    """Return the days asked for, made and late, and the minutes present and planned.

    The shape is (5, sites, weeks), all 0 where the rule asks for no bell window. ``kind`` of each
    day is a place in ``SchoolDayKind`` or -1.

    ``number`` gives the sites' numbers, ``days`` the ordinals of the period, ``week`` the number
    of each one's week.
    """
    sites, weeks = len(number), int(week[-1]) + 1
    counts = np.zeros((5, sites, weeks))
    rule = project.visit_rule
    patrolled = [site for site in project.patrolled if rule.by_level.get(site.level)]
    if not patrolled:
        return counts
    asks = _read_window_rule(project, patrolled, number)
    variant, wanted = asks.variant, asks.wanted
    bounds = _find_window_bounds(project, asks.variants)
    day = visits["day"] - days[0]
    own, of_kind = variant[visits["site"]], kind[day]
    inside = np.flatnonzero((own != _NOT_ASKED) & (of_kind != _NOT_ASKED))
    day, own, of_kind = day[inside], own[inside], of_kind[inside]
    site_, minute = visits["site"][inside].astype(np.int64), visits["minute"][inside]
    stay = np.maximum(visits["stay"][inside], 0) / 60.0
    school_days = np.bincount(week, kind != _NOT_ASKED, weeks)
    for window in range(len(VISIT_WINDOWS)):
        asking = wanted[window] > 0
        if not asking.any():
            continue
        opens, closes = bounds[own, of_kind, window].T
        here = asking[site_] & (opens != _NOT_ASKED)
        arrived = (minute >= opens - rule.early_min) & (minute <= closes + rule.late_min)
        hit, on_time = (
            _mark_days(site_, day, here & which, sites, len(days))
            for which in (arrived, arrived & (minute <= closes))
        )
        asked = np.minimum(wanted[window][:, None], school_days[None, :]) * asking[:, None]
        made = np.minimum(asked, _count_by_week(hit, week, weeks))
        prompt = np.minimum(made, _count_by_week(on_time, week, weeks))
        overlap = np.clip(np.minimum(closes, minute + stay) - np.maximum(opens, minute), 0, None)
        place = site_ * weeks + week[day]
        minutes = np.bincount(place, overlap * here, sites * weeks).reshape(sites, weeks)
        counts += (asked, made, made - prompt, minutes, asked * asks.dwell_min[:, None])
    return counts


@dataclass(frozen=True, eq=False, slots=True)
class _WindowRule:
    """What the rule asks of sites by number: bell times, visits a week by window, minutes each.

    ``variant`` (sites + 1,) is a place in ``variants`` or ``_NOT_ASKED``; ``wanted`` is (windows,
    sites).
    """

    variants: list[BellTimes]
    variant: IntArray
    wanted: FloatArray
    dwell_min: FloatArray


def _read_window_rule(
    project: Project, sites: Iterable[Site], number: Mapping[str, int]
) -> _WindowRule:
    variants: dict[BellTimes, int] = {}
    variant = np.full(len(number) + 1, _NOT_ASKED)
    wanted = np.zeros((len(VISIT_WINDOWS), len(number)))
    dwell_min = np.zeros(len(number))
    for site in sites:
        at = number[site.id]
        times = project.calendar.bells.find_bell_times(site.id, site.level)
        variant[at] = variants.setdefault(times, len(variants))
        dwell_min[at] = look_up_by_level(project.assumptions.dwell_min, site.level)
        for window, name in enumerate(VISIT_WINDOWS):
            wanted[window, at] = project.visit_rule.by_level[site.level].get(name, 0)
    return _WindowRule(list(variants), variant, wanted, dwell_min)


def compute_window_figures(sums: FloatArray, project: Project) -> Iterator[FigureColumn]:
    """Yield the figures of rows from their counts, shape (5, rows); see above."""
    asked, made, late, present, planned = sums
    facts = {"early_min": project.visit_rule.early_min, "late_min": project.visit_rule.late_min}
    if not asked.any():
        for name in ("window_coverage_share", "window_late_share", "window_presence_share"):
            yield withhold_rows(name, len(asked), _NO_RULE, **facts)
        return
    yield compute_row_shares("window_coverage_share", made, asked, **facts)
    yield compute_row_shares("window_late_share", late, made)
    share = np.divide(present, planned, out=np.full(len(asked), np.nan), where=planned > 0)
    yield withhold_few(make_column("window_presence_share", share, np.rint(asked)))


def _find_window_bounds(project: Project, variants: list[BellTimes]) -> IntArray:
    """Return opening and closing minute by variant, kind of day and window; -1 without one."""
    bounds = np.full((len(variants), len(SchoolDayKind), len(VISIT_WINDOWS), 2), _NOT_ASKED)
    for at, times in enumerate(variants):
        for kind_at, kind in enumerate(SchoolDayKind):
            for window, first, last in list_bell_clocks(project.calendar.bells, times, kind):
                if window in VISIT_WINDOWS:
                    place = bounds[at, kind_at, VISIT_WINDOWS.index(window)]
                    if place[0] == _NOT_ASKED:
                        place[0] = first.hour * 60 + first.minute
                    place[1] = last.hour * 60 + last.minute
    return bounds


def _mark_days(site: IntArray, day: IntArray, which: BoolArray, sites: int, days: int) -> BoolArray:
    """Tell on which days each site was visited, shape (sites, days)."""
    found: BoolArray = np.zeros((sites, days), bool)
    found[site[which], day[which]] = True
    return found


def _count_by_week(days: BoolArray, week: IntArray, weeks: int) -> FloatArray:
    """Count days by week, shape (sites, weeks)."""
    starts = np.flatnonzero(np.diff(week, prepend=-1))
    found: FloatArray = np.add.reduceat(days.astype(np.float64), starts, axis=1)
    assert found.shape[1] == weeks
    return found
