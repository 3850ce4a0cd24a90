"""What charts of the observed coverage draw: weeks, hours, minutes of response, purposes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.coverage.coverage_table import count_due_visits
from zoneplanner.analysis.coverage.figures import LEAST_N
from zoneplanner.analysis.coverage.log_period import (
    DAY_MIN,
    PeriodRecords,
    read_bell_days,
    select_period,
)
from zoneplanner.analysis.coverage.response_figures import (
    find_complete_stamps,
    find_stampable,
    measure_minutes_between,
)
from zoneplanner.analysis.coverage.visit_figures import count_arrivals, count_visits_by_day
from zoneplanner.analysis.log.log_arrays import (
    NO_NAME,
    OTHERS_MARK,
    SAMPLE_MARK,
    LogArrays,
    RecordArray,
)
from zoneplanner.domain.log.journal import VISIT_PURPOSES
from zoneplanner.domain.project import Project

LONGEST_SHOWN_MIN = 60


class WeekKind(StrEnum):
    """What may keep a week from being compared with others."""

    WHOLE = ""
    RUNNING = "so far"
    PARTIAL = "part of the week"
    HOLIDAY = "no school"
    NOT_RECORDED = "no record"


@dataclass(frozen=True, slots=True)
class CoverageWeek:
    """A week's visits, the share of those planned that were made (None of a few), its calls."""

    monday: date
    visits: int
    coverage_share: float | None
    calls: int
    kind: WeekKind


@dataclass(frozen=True, eq=False, slots=True)
class CoverageSeries:
    """The series of one period.

    Attributes
    ----------
    last_over
        The last day that is over: ``last``, or the day before where that is still running.
    weeks
        Without a hole, from the week of the first day to that of the last.
    arrivals
        Visits by weekday, Monday first, and hour of the local clock, shape (7, 24).
    response_min, dispatch_min
        Minutes from call received and from dispatched to on scene of the calls that have both,
        ascending; the second of calls that no other agency took part in, at patrolled schools in
        bell hours, as the response model has them.
    dispatch_days, dispatch_sites
        The days, as ordinals, and the sites of the calls of ``dispatch_min``, in the same order.
    of_others, of_other_times
        How many the second leaves out, since another agency took part, and of the others since they
        were at no patrolled school or outside bell hours.
    purposes
        Visits by purpose, and under "" those without one.
    stamped, stampable, calls
        How many calls carry all five stamps, of how many that were neither canceled nor are
        duplicates, and how many there are.
    sample
        True where made-up entries are among them.
    undeclared
        The kinds of records, *visits* and *calls*, of which nobody declared what days are complete.
    notes
        That, and what of the period does not count, a sentence each.
    """

    first: date
    last: date
    last_over: date
    weeks: tuple[CoverageWeek, ...]
    arrivals: IntArray
    response_min: FloatArray
    dispatch_min: FloatArray
    purposes: dict[str, int]
    stamped: int
    stampable: int
    calls: int
    sample: bool
    notes: tuple[str, ...] = ()
    undeclared: tuple[str, ...] = ()
    of_others: int = 0
    of_other_times: int = 0
    dispatch_days: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    dispatch_sites: tuple[str, ...] = ()


def compute_coverage_series(
    log: LogArrays, *, project: Project, now: datetime, first: date | None, last: date | None
) -> CoverageSeries:
    """Return the series of a period; ``compute_coverage`` explains it and its errors."""
    cut = select_period(log, project=project, first=first, last=last, now=now)
    could = find_stampable(cut.calls)
    alone = (cut.calls["marks"] & OTHERS_MARK) == 0
    ours, shared = cut.calls[alone], cut.calls[~alone]
    response, _ = measure_minutes_between(cut.calls["received"], cut.calls["onscene"])
    modeled = _find_modeled(cut, ours)
    left_out, ours = ours[~modeled], ours[modeled]
    dispatch, timed = measure_minutes_between(ours["dispatched"], ours["onscene"])
    order = np.argsort(dispatch, kind="stable")
    names = list(cut.names.number)
    said = cut.visits["purpose"]
    purposes = {name: int((said == at).sum()) for at, name in enumerate(VISIT_PURPOSES)}
    return CoverageSeries(
        first=cut.first,
        last=cut.last,
        last_over=cut.last_over,
        weeks=tuple(_list_weeks(cut)),
        arrivals=count_arrivals(cut.visits),
        response_min=np.sort(response),
        dispatch_min=dispatch[order],
        dispatch_days=ours["day"][timed][order].astype(np.int64),
        dispatch_sites=tuple(names[at] for at in ours["site"][timed][order].tolist()),
        purposes={**purposes, "": int((said == NO_NAME).sum())},
        stamped=int(find_complete_stamps(cut.calls[could]).sum()),
        stampable=int(could.sum()),
        calls=len(cut.calls),
        sample=any((table["marks"] & SAMPLE_MARK).any() for table in (cut.visits, cut.calls)),
        notes=cut.notes,
        undeclared=cut.basis.undeclared,
        of_others=len(measure_minutes_between(shared["dispatched"], shared["onscene"])[1]),
        of_other_times=len(measure_minutes_between(left_out["dispatched"], left_out["onscene"])[1]),
    )


def _find_modeled(cut: PeriodRecords, calls: RecordArray) -> BoolArray:
    """Tell which calls the response model has: at patrolled schools in bell hours, (calls,).

    Without school days of a calendar no time is left out.
    """
    sites = {site.id for site in cut.project.patrolled}
    patrolled = np.array([name in sites for name in cut.names.number], dtype=bool)
    site = calls["site"]
    bells = read_bell_days(
        cut.project, cut.names, cut.first, cut.last, counted=cut.in_school_for_calls
    )
    modeled = np.asarray((site != NO_NAME) & patrolled[site], dtype=bool)
    if cut.project.calendar.terms:
        modeled &= bells.mark_bell_hours(site, calls["day"], calls["minute"])
    return modeled


def count_by_minute(minutes: FloatArray, *, most: int = LONGEST_SHOWN_MIN) -> Sequence[int]:
    """Count values up to 1 minute, over 1 and up to 2 and so on; the last are all over ``most``.

    ``minutes`` has the shape (calls,). A target of whole minutes is a bound between two counts, and
    those that just meet it are before it, as they are within the target.
    """
    whole = np.clip(np.ceil(minutes) - 1, 0, most).astype(np.int64)
    longest = int(whole.max(initial=0))
    return np.bincount(whole, minlength=longest + 1).tolist() if len(minutes) else []


def _list_weeks(cut: PeriodRecords) -> list[CoverageWeek]:
    monday = cut.first - timedelta(days=cut.first.weekday())
    for site in cut.project.sites:
        cut.names.number_of(site)
    start = cut.first.toordinal()
    a_day = count_due_visits(cut.project, cut.names)
    days = np.arange(start, cut.last.toordinal() + 1)
    week = (days - monday.toordinal()) // 7
    weeks = int(week[-1]) + 1
    made = count_visits_by_day(cut.visits, a_day, start, cut.in_school).sum(axis=0)
    due = np.bincount(week, cut.in_school * a_day.sum(), weeks)
    done = np.bincount(week, made, weeks)
    of_visit = (cut.visits["day"] - monday.toordinal()) // 7
    of_call = (cut.calls["day"] - monday.toordinal()) // 7
    visits = np.bincount(of_visit, minlength=weeks)
    calls = np.bincount(of_call, minlength=weeks)
    declared = "visits" not in cut.basis.undeclared
    return [
        CoverageWeek(
            monday + timedelta(days=7 * at),
            int(visits[at]),
            float(done[at] / due[at]) if declared and due[at] >= LEAST_N else None,
            int(calls[at]),
            _judge_week(cut, monday + timedelta(days=7 * at), known=declared or visits[at] > 0),
        )
        for at in range(weeks)
    ]


def _judge_week(cut: PeriodRecords, monday: date, *, known: bool) -> WeekKind:
    """Judge a week; without a visit it is ``known`` to have none where its days are declared."""
    friday, sunday = monday + timedelta(days=4), monday + timedelta(days=6)
    calendar = cut.project.calendar
    if calendar.terms and not any(calendar.school_days(monday, friday)):
        return WeekKind.HOLIDAY
    days = slice(max((monday - cut.first).days, 0), (sunday - cut.first).days + 1)
    if not (known and cut.recorded[days].any()):
        return WeekKind.NOT_RECORDED
    if monday <= cut.last <= friday and cut.until_min < DAY_MIN:
        return WeekKind.RUNNING
    school_days = calendar.school_days(monday, sunday)
    cut_off = (
        not cut.first <= day <= cut.last or not cut.recorded[(day - cut.first).days]
        for day in school_days
    )
    return WeekKind.PARTIAL if any(cut_off) else WeekKind.WHOLE
