"""The series behind the charts of observed coverage: weeks, hours, response minutes, purposes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.coverage.coverage_table import count_due_visits
from zoneplanner.analysis.coverage.figures import LEAST_N
from zoneplanner.analysis.coverage.log_period import (
    DAY_MIN,
    PeriodRecords,
    read_bell_days,
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
    RecordArray,
)
from zoneplanner.domain.log.journal import VISIT_PURPOSES
from zoneplanner.messages import Message

LONGEST_SHOWN_MIN = 60


@dataclass(frozen=True, slots=True)
class CoverageWeek:
    """A week's visits, the share of planned visits made (None if there are too few), its calls.

    ``incomplete`` says why a week cannot be compared with others, or is None if it can.
    """

    monday: date
    visits: int
    coverage_share: float | None
    calls: int
    incomplete: Message | None = None


@dataclass(frozen=True, eq=False, slots=True)
class CoverageSeries:
    """The series of a period.

    Attributes
    ----------
    last_over
        The last day that is over: ``last``, or the day before if that is today.
    weeks
        Every week from the first day's to the last day's.
    arrivals
        Visits by weekday, Monday first, and hour of the local clock, shape (7, 24).
    response_min, dispatch_min
        Minutes from received, and from dispatched, to on scene of the calls that have both stamps,
        ascending. The second includes only the calls in the response model: without another
        agency, at patrolled schools, in bell hours.
    dispatch_days, dispatch_sites
        The days, as ordinals, and the sites of the calls in ``dispatch_min``, in the same order.
    of_others, of_other_times
        How many calls ``dispatch_min`` excludes because another agency took part, and how many
        others because they were not at a patrolled school or not in bell hours.
    purposes
        Visits by purpose; "" counts visits without one.
    stamped, stampable, calls
        How many calls have all five stamps, how many were neither canceled nor duplicates, and
        how many there are.
    sample
        Whether sample entries are among them.
    undeclared
        The kinds of records, *visits* and *calls*, without any days declared complete.
    notes
        Sentences about those, and about the parts of the period that do not count.
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
    notes: tuple[Message, ...] = ()
    undeclared: tuple[str, ...] = ()
    of_others: int = 0
    of_other_times: int = 0
    dispatch_days: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    dispatch_sites: tuple[str, ...] = ()


def compute_coverage_series(period: PeriodRecords) -> CoverageSeries:
    """Return the series of a period."""
    stampable = find_stampable(period.calls)
    is_ours = (period.calls["marks"] & OTHERS_MARK) == 0
    ours, shared = period.calls[is_ours], period.calls[~is_ours]
    response, _ = measure_minutes_between(period.calls["received"], period.calls["onscene"])
    modeled = _find_modeled(period, ours)
    excluded, ours = ours[~modeled], ours[modeled]
    dispatch, timed = measure_minutes_between(ours["dispatched"], ours["onscene"])
    order = np.argsort(dispatch, kind="stable")
    names = list(period.names.number)
    purpose = period.visits["purpose"]
    purposes = {name: int((purpose == code).sum()) for code, name in enumerate(VISIT_PURPOSES)}
    return CoverageSeries(
        first=period.first,
        last=period.last,
        last_over=period.last_over,
        weeks=tuple(_list_weeks(period)),
        arrivals=count_arrivals(period.visits),
        response_min=np.sort(response),
        dispatch_min=dispatch[order],
        dispatch_days=ours["day"][timed][order].astype(np.int64),
        dispatch_sites=tuple(names[site] for site in ours["site"][timed][order].tolist()),
        purposes={**purposes, "": int((purpose == NO_NAME).sum())},
        stamped=int(find_complete_stamps(period.calls[stampable]).sum()),
        stampable=int(stampable.sum()),
        calls=len(period.calls),
        sample=any((table["marks"] & SAMPLE_MARK).any() for table in (period.visits, period.calls)),
        notes=period.notes,
        undeclared=period.basis.undeclared,
        of_others=len(measure_minutes_between(shared["dispatched"], shared["onscene"])[1]),
        of_other_times=len(measure_minutes_between(excluded["dispatched"], excluded["onscene"])[1]),
    )


def _find_modeled(period: PeriodRecords, calls: RecordArray) -> BoolArray:
    """Return which calls are in the response model: at patrolled schools in bell hours, (calls,).

    Without school terms in the calendar, no time is excluded.
    """
    sites = {site.id for site in period.project.patrolled}
    patrolled = np.array([name in sites for name in period.names.number], dtype=bool)
    site = calls["site"]
    bells = read_bell_days(
        period.project, period.names, period.first, period.last, counted=period.in_school_for_calls
    )
    modeled = np.asarray((site != NO_NAME) & patrolled[site], dtype=bool)
    if period.project.calendar.terms:
        modeled &= bells.mark_bell_hours(site, calls["day"], calls["minute"])
    return modeled


def count_by_minute(minutes: FloatArray, *, most: int = LONGEST_SHOWN_MIN) -> Sequence[int]:
    """Count values up to 1 minute, over 1 and up to 2, and so on; the last count is over ``most``.

    ``minutes`` has the shape (calls,). A target of whole minutes is a boundary between two counts;
    values equal to it are within the target.
    """
    whole = np.clip(np.ceil(minutes) - 1, 0, most).astype(np.int64)
    longest = int(whole.max(initial=0))
    return np.bincount(whole, minlength=longest + 1).tolist() if len(minutes) else []


def _list_weeks(period: PeriodRecords) -> list[CoverageWeek]:
    monday = period.first - timedelta(days=period.first.weekday())
    start = period.first.toordinal()
    due_per_day = count_due_visits(period.project, period.names)
    days = np.arange(start, period.last.toordinal() + 1)
    week = (days - monday.toordinal()) // 7
    weeks = int(week[-1]) + 1
    made_by_day = count_visits_by_day(period.visits, due_per_day, start, period.in_school)
    due = np.bincount(week, period.in_school * due_per_day.sum(), weeks)
    made = np.bincount(week, made_by_day.sum(axis=0), weeks)
    visits, calls = (
        np.bincount((records["day"] - monday.toordinal()) // 7, minlength=weeks)
        for records in (period.visits, period.calls)
    )
    declared = "visits" not in period.basis.undeclared
    return [
        CoverageWeek(
            day,
            int(visits[row]),
            float(made[row] / due[row]) if declared and due[row] >= LEAST_N else None,
            int(calls[row]),
            _explain_incomplete_week(period, day, known=declared or visits[row] > 0),
        )
        for row, day in enumerate(monday + timedelta(days=7 * n) for n in range(weeks))
    ]


def _explain_incomplete_week(period: PeriodRecords, monday: date, *, known: bool) -> Message | None:
    """Return why a week is incomplete; ``known`` is whether its number of visits is known."""
    friday, sunday = monday + timedelta(days=4), monday + timedelta(days=6)
    calendar = period.project.calendar
    if calendar.terms and not any(calendar.school_days(monday, friday)):
        return Message("week_incomplete.no_school")
    days = slice(max((monday - period.first).days, 0), (sunday - period.first).days + 1)
    if not (known and period.recorded[days].any()):
        return Message("week_incomplete.not_recorded")
    if monday <= period.last <= friday and period.until_min < DAY_MIN:
        return Message("week_incomplete.running")
    school_days = calendar.school_days(monday, sunday)
    is_missing = (
        not period.first <= day <= period.last or not period.recorded[(day - period.first).days]
        for day in school_days
    )
    return Message("week_incomplete.partial") if any(is_missing) else None
