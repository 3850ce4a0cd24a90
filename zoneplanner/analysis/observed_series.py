"""What charts of the observed coverage draw: weeks, hours, minutes of response, purposes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.coverage import visits_a_day
from zoneplanner.analysis.log_table import NOBODY, Log
from zoneplanner.analysis.period import Cut, cut_of
from zoneplanner.analysis.response_rows import between, complete
from zoneplanner.analysis.visit_rows import done_by_day, heat
from zoneplanner.domain.journal import PURPOSES
from zoneplanner.domain.project import Project

LONGEST_SHOWN_MIN = 60


@dataclass(frozen=True, slots=True)
class _Week:
    """A week's visits, the share of those required that were made (None: none was), its calls."""

    monday: date
    visits: int
    coverage_share: float | None
    calls: int


@dataclass(frozen=True, eq=False, slots=True)
class Series:
    """The series of one period.

    Attributes
    ----------
    weeks
        Without a hole, from the week of the first day to that of the last.
    arrivals
        Visits by weekday, Monday first, and hour of the local clock, shape (7, 24).
    response_min
        Minutes from received to on scene of the calls that have both, ascending.
    purposes
        Visits by purpose, and under "" those that say none.
    stamped, calls
        How many calls carry all five stamps, and of how many.
    sample
        True where made-up entries are among them.
    """

    first: date
    last: date
    weeks: tuple[_Week, ...]
    arrivals: IntArray
    response_min: FloatArray
    purposes: dict[str, int]
    stamped: int
    calls: int
    sample: bool


def series_of(
    log: Log, *, project: Project, now: datetime, first: date | None, last: date | None
) -> Series:
    """Return the series of a period; see ``coverage_of`` for the period and its errors."""
    cut = cut_of(log, project=project, first=first, last=last, now=now)
    minutes, _ = between(cut.calls, "received", "onscene")
    said = cut.visits["purpose"]
    purposes = {name: int((said == at).sum()) for at, name in enumerate(PURPOSES)}
    return Series(
        first=cut.first,
        last=cut.last,
        weeks=tuple(_weeks(cut)),
        arrivals=heat(cut.visits),
        response_min=np.sort(minutes),
        purposes={**purposes, "": int((said == NOBODY).sum())},
        stamped=int(complete(cut.calls).sum()),
        calls=len(cut.calls),
        sample=bool(cut.visits["marks"].any() or cut.calls["marks"].any()),
    )


def histogram(minutes: FloatArray, *, most: int = LONGEST_SHOWN_MIN) -> Sequence[int]:
    """Count values by whole minute; the last count is of all from ``most`` minutes on."""
    whole = np.minimum(np.floor(minutes), most).astype(np.int64)
    longest = int(whole.max(initial=0))
    return np.bincount(whole, minlength=longest + 1).tolist() if len(minutes) else []


def _weeks(cut: Cut) -> list[_Week]:
    monday = cut.first - timedelta(days=cut.first.weekday())
    for site in cut.project.sites:
        cut.names.of(site)
    start = cut.first.toordinal()
    a_day = visits_a_day(cut.project, cut.names)
    days = np.arange(start, cut.last.toordinal() + 1)
    week = (days - monday.toordinal()) // 7
    weeks = int(week[-1]) + 1
    made = done_by_day(cut.visits, a_day, start, cut.in_school).sum(axis=0)
    due = np.bincount(week, cut.in_school * a_day.sum(), weeks)
    done = np.bincount(week, made, weeks)
    of_visit = (cut.visits["day"] - monday.toordinal()) // 7
    of_call = (cut.calls["day"] - monday.toordinal()) // 7
    visits = np.bincount(of_visit, minlength=weeks)
    calls = np.bincount(of_call, minlength=weeks)
    return [
        _Week(
            monday + timedelta(days=7 * at),
            int(visits[at]),
            float(done[at] / due[at]) if due[at] else None,
            int(calls[at]),
        )
        for at in range(weeks)
    ]
