"""Which days of a printed period are on record, and on what that rests."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from zoneplanner.analysis.arrays import BoolArray
from zoneplanner.analysis.coverage.figures import LEAST_N
from zoneplanner.analysis.coverage.log_period import PeriodRecords
from zoneplanner.analysis.coverage.row_grouping import mark_school_days
from zoneplanner.analysis.log.log_arrays import RecordArray
from zoneplanner.domain.log.record_keeping import INCIDENT_RECORDS, VISIT_RECORDS
from zoneplanner.publish.month import DayRange, PeriodDays

_KINDS = {"visits": VISIT_RECORDS, "calls": INCIDENT_RECORDS}


def count_period_days(cut: PeriodRecords) -> PeriodDays:
    """Count the school days of a period, and say which of them are on record, and why."""
    school = mark_school_days(cut.project.calendar, cut.first, cut.last)
    known = {"visits": cut.in_school, "calls": cut.in_school_for_calls}
    rows = {"visits": cut.visits, "calls": cut.calls}
    undeclared = tuple(
        kind
        for kind, name in _KINDS.items()
        if known[kind].any() and not cut.project.records.kind(name).is_declared
    )
    return PeriodDays(
        int(school.sum()),
        {kind: int(days.sum()) for kind, days in known.items()},
        gaps={
            kind: tuple(_list_ranges(cut.first, school, days ^ school))
            for kind, days in known.items()
        },
        undeclared=undeclared,
        silent={
            kind: found
            for kind in undeclared
            if (found := _find_silent_days(cut.first, known[kind], rows[kind])) is not None
        },
    )


def _find_silent_days(first: date, known: BoolArray, rows: RecordArray) -> DayRange | None:
    """Return the longest run of days on record without any, where ten were to be expected."""
    counts = np.bincount(rows["day"] - first.toordinal(), minlength=len(known))
    counted = int(counts[known].sum())
    runs = _list_ranges(first, known, known & (counts == 0))
    longest = max(runs, key=lambda run: run.school_days, default=None)
    if longest is None or longest.school_days * counted < LEAST_N * int(known.sum()):
        return None
    return longest


def _list_ranges(first: date, school: BoolArray, wanted: BoolArray) -> Iterator[DayRange]:
    """Yield the runs of the days that are wanted; only school days are looked at."""
    run: list[date] = []
    for at in np.flatnonzero(school).tolist():
        if wanted[at]:
            run.append(first + timedelta(days=at))
        elif run:
            yield DayRange(run[0], run[-1], len(run))
            run = []
    if run:
        yield DayRange(run[0], run[-1], len(run))
