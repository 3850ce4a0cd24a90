"""Visits within the bell windows that the rule of visits asks for, for all rows of a table."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.coverage.figures import (
    FigureColumn,
    compute_row_shares,
    make_column,
    withhold_few,
    withhold_rows,
)
from zoneplanner.analysis.log.log_arrays import RecordArray
from zoneplanner.domain.assumptions import look_up_by_level
from zoneplanner.domain.calendar.bells import BellTimes, SchoolDayKind, list_bell_clocks
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.visit_rule import VISIT_WINDOWS
from zoneplanner.domain.project import Project

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
