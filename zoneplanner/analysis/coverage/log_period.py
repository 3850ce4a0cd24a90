"""The part of the log that a period's figures come from, and what the days of it are."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, IntArray
from zoneplanner.analysis.coverage.bell_days import NO_SCHOOL, BellDays, read_bell_days
from zoneplanner.analysis.coverage.row_grouping import PlanByDay
from zoneplanner.analysis.log.log_arrays import LogArrays, NameNumbers, RecordArray
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_LONGEST_PERIOD_DAYS = 36_600
DAY_MIN = 24 * 60


@dataclass(frozen=True, eq=False, slots=True)
class PeriodRecords:
    """The log of a period, and the visits before it, for the days since a site's last visit.

    ``in_school`` (days,) is True on the school days of the period; ``school_days_after`` gives by
    day, counted from ``known_from``, the school days after it up to the end of the period.
    ``bells`` are those from ``known_from`` on. ``until_min`` is the minute of the last day up to
    which all is known: the end of it, or now.
    """

    project: Project
    first: date
    last: date
    names: NameNumbers
    plans: PlanByDay
    visits_until_end: RecordArray
    visits: RecordArray
    calls: RecordArray
    commitments: RecordArray
    in_school: BoolArray
    bells: BellDays
    until_min: int
    known_from: int
    school_days_after: IntArray


def select_period(
    log: LogArrays, *, project: Project, now: datetime, first: date | None, last: date | None
) -> PeriodRecords:
    """Return the part of a log that a period's figures come from, see ``compute_coverage``."""
    local = now.astimezone(ZoneInfo(project.time_zone))
    today = local.date()
    end = last or today
    _check_period(first or end, end)
    ordinal = end.toordinal()
    day, at = log.visits["day"], log.visits["at"]
    so_far = _filter_rows(log.visits, (day <= ordinal) & (at <= int(now.timestamp())))
    calls = _filter_rows(log.calls, log.calls["day"] <= ordinal)
    earliest = min(int(so_far["day"].min(initial=ordinal)), int(calls["day"].min(initial=ordinal)))
    start = first or date.fromordinal(earliest)
    _check_period(start, end)
    begun = start.toordinal()
    visits = _filter_rows(so_far, so_far["day"] >= begun)
    known_from = min(begun, earliest)
    names = NameNumbers((*log.names, *project.sites, *project.units))
    bells = read_bell_days(project, names, date.fromordinal(known_from), end)
    days = bells.kind != NO_SCHOOL
    after = days[::-1].cumsum()[::-1] - days
    day = log.commitments["day"]
    return PeriodRecords(
        project=project,
        first=start,
        last=end,
        names=names,
        plans=PlanByDay(project, start, end, today),
        visits_until_end=so_far,
        visits=visits,
        calls=_filter_rows(calls, calls["day"] >= begun),
        commitments=_filter_rows(log.commitments, (day >= begun) & (day <= ordinal)),
        in_school=days[begun - known_from :],
        bells=bells,
        until_min=local.hour * 60 + local.minute if end == today else DAY_MIN,
        known_from=known_from,
        school_days_after=after.astype(np.int64),
    )


def _filter_rows(table: RecordArray, which: BoolArray) -> RecordArray:
    return table if which.all() else table[which]


def _check_period(first: date, last: date) -> None:
    if first > last:
        raise UserError("days_out_of_order.period", first=first, last=last)
    if (last - first).days > _LONGEST_PERIOD_DAYS:
        raise UserError("period_too_long", first=first, last=last)
