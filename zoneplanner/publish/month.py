"""The data of monthly reports: totals for everybody, and details for our office only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from zoneplanner.analysis.arrays import IntArray
from zoneplanner.analysis.coverage.figures import CoverageRow, Figure
from zoneplanner.analysis.coverage.log_period import DayRange, RecordBasis
from zoneplanner.analysis.coverage.verdicts import PeriodChange
from zoneplanner.domain.calendar.school_calendar import ReportPeriod
from zoneplanner.domain.log.journal import Incident
from zoneplanner.messages import Message

ELSEWHERE = "Elsewhere in the district"
"""The name of the part of the district that is in none of the areas."""


@dataclass(frozen=True, slots=True)
class AreaTotals:
    """The counts of an area; None is a number that a public report may not show."""

    name: str
    schools: int
    visits: int | None
    calls: int | None
    drills: int | None


@dataclass(frozen=True, slots=True)
class PeriodDays:
    """The school days of a period, and how many of them are on record for visits and for calls.

    ``gaps`` are the school days that are not on record, by kind. ``basis`` says for which kinds
    nobody declared which days are complete.
    """

    school_days: int
    on_record: Mapping[str, int]
    gaps: Mapping[str, tuple[DayRange, ...]] = field(default_factory=dict)
    basis: RecordBasis = field(default_factory=RecordBasis)

    @property
    def partly(self) -> dict[str, int]:
        """The kinds that are on record on only some school days, and on how many."""
        return {kind: n for kind, n in self.on_record.items() if 0 < n < self.school_days}

    @property
    def lacking(self) -> tuple[str, ...]:
        """The kinds that are on record on no school day."""
        return tuple(kind for kind, n in self.on_record.items() if not n)

    @property
    def is_unrecorded(self) -> bool:
        """Whether nothing is on record on any school day."""
        return bool(self.lacking) and len(self.lacking) == len(self.on_record)


@dataclass(frozen=True, eq=False, slots=True)
class MonthTotals:
    """The totals of a period that anybody may read; nothing in them is about a single school."""

    # this period, the one before, and the same one a year earlier; ``days`` has one for each
    periods: tuple[ReportPeriod, ...]
    # the last day that is counted, earlier than the period's end while the period is running
    last: date
    days: tuple[PeriodDays, ...]
    # the district, then its areas
    totals: tuple[AreaTotals, ...]
    # the district's median; None for few calls
    response: Figure | None = None
    # one list for each of the other periods
    changes: tuple[tuple[PeriodChange, ...], ...] = ()
    # "all" or "some" if entries are made up
    sample: str = ""
    # the kinds that are on record on no day of the period
    unrecorded: tuple[str, ...] = ()
    # the last day on record of both visits and calls, if files or declarations say so
    counted_until: date | None = None
    # calls with and without a response time; ``timed`` is None if it would reveal a small number
    timed: int | None = None
    untimed: int = 0
    has_canceled: bool = False
    area_kind: str = "Area"

    @property
    def school_days(self) -> int:
        """The school days of the period itself."""
        return self.days[0].school_days

    @property
    def is_running(self) -> bool:
        """True while days of the period are still to come."""
        return self.last < self.periods[0].last


@dataclass(frozen=True, eq=False, slots=True)
class MonthDetails:
    """The details of a period that only our office reads."""

    target_min: float
    whole: CoverageRow
    zones: tuple[CoverageRow, ...]
    # the school days by weekday on which visits and calls were recorded, Monday first
    visit_weekdays: tuple[int, ...]
    call_weekdays: tuple[int, ...]
    # by school: visits, and the share of the required visits that were made, None for few
    visits: Mapping[str, int]
    shares: Mapping[str, float | None]
    # calls answered after the target, the slowest first
    late: tuple[Incident, ...]
    # calls with and without a response time, and how many without one were canceled
    timed: int
    untimed: int
    canceled: int
    # shape (7, 24), Monday first
    visits_by_hour: IntArray
    calls_by_hour: IntArray
    # the sites with a plan review on record
    reviewed: Collection[str]
    changes: tuple[tuple[PeriodChange, ...], ...] = ()
    # sentences about days and entries that are not counted, and about calls that no rate counts
    notes: tuple[Message, ...] = ()
    uncounted_calls: tuple[Message, ...] = ()
    duplicates: int = 0
    # without declared days, no school is said to be without a visit
    visits_declared: bool = True
    calls_declared: bool = True

    @property
    def visit_days(self) -> int:
        """The number of school days on which visits were recorded."""
        return sum(self.visit_weekdays)

    @property
    def call_days(self) -> int:
        """The number of school days on which calls were recorded."""
        return sum(self.call_weekdays)
