"""What a monthly report is made from: totals for everybody, and the rest for our office alone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from zoneplanner.analysis.arrays import IntArray
from zoneplanner.analysis.coverage.figures import CoverageRow, Figure
from zoneplanner.analysis.coverage.log_period import DayRange, RecordBasis
from zoneplanner.analysis.coverage.verdicts import PeriodChange
from zoneplanner.domain.calendar.school_calendar import ReportPeriod
from zoneplanner.domain.log.journal import Incident

ELSEWHERE = "Elsewhere in the district"
"""The name of what lies in none of the areas."""


@dataclass(frozen=True, slots=True)
class AreaTotals:
    """What was counted in an area; None stands for what a public paper may not tell."""

    name: str
    schools: int
    visits: int | None
    calls: int | None
    drills: int | None


@dataclass(frozen=True, slots=True)
class PeriodDays:
    """The school days of a period, and how many of them are on record for visits and for calls.

    ``gaps`` are those that are not, by kind; ``basis`` tells of which kinds nobody declared which
    days are complete.
    """

    school_days: int
    on_record: Mapping[str, int]
    gaps: Mapping[str, tuple[DayRange, ...]] = field(default_factory=dict)
    basis: RecordBasis = field(default_factory=RecordBasis)

    @property
    def partly(self) -> dict[str, int]:
        """The kinds that are on record on some of the school days only, and on how many."""
        return {kind: n for kind, n in self.on_record.items() if 0 < n < self.school_days}

    @property
    def lacking(self) -> tuple[str, ...]:
        """The kinds that are on record on no school day."""
        return tuple(kind for kind, n in self.on_record.items() if not n)

    @property
    def is_unrecorded(self) -> bool:
        """True where nothing is on record on any school day."""
        return bool(self.lacking) and len(self.lacking) == len(self.on_record)


@dataclass(frozen=True, eq=False, slots=True)
class MonthTotals:
    """What anybody may read of a period; nothing in it tells of a single school.

    ``periods`` are this one, the one before and that of a year ago, ``days`` those of each;
    ``last`` is the last day that counts, earlier than that of the period while it runs. ``totals``
    are of the district, then of its areas; ``response`` is the district's median, None of few,
    of the calls ``timed``, with ``untimed`` others; None where that would give a small number
    away; of the others some may be canceled, which ``has_canceled`` tells;
    ``changes`` are against each of the other periods, a list each. ``sample`` tells that some
    or all entries are made up, ``unrecorded`` which kinds are on record on no day of the period.
    ``area_kind`` is what an area of ``totals`` is called.
    ``counted_until`` is the last day on record of visits and calls where files or
    declarations tell both.
    """

    periods: tuple[ReportPeriod, ...]
    last: date
    days: tuple[PeriodDays, ...]
    totals: tuple[AreaTotals, ...]
    response: Figure | None = None
    changes: tuple[tuple[PeriodChange, ...], ...] = ()
    sample: str = ""
    unrecorded: tuple[str, ...] = ()
    counted_until: date | None = None
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
    """What our office reads of a period besides.

    ``visit_weekdays`` and ``call_weekdays`` are the school days on which visits and incidents were
    kept, Monday first;
    ``visits`` are counts by school, ``shares`` those made of the required, None of few; ``late``
    are the incidents beyond the target, the slowest first, and ``timed`` how many have the times to
    tell, ``untimed`` how many have not, ``canceled`` and ``duplicates`` how many of those were so;
    ``visits_by_hour`` and ``calls_by_hour`` have the shape (7, 24), Monday first;
    ``calls_apart`` says how many calls came at times that no rate counts;
    ``reviewed`` are the sites with a plan review on record; ``notes`` say what of the period does
    not count. Where visits are not declared no school is without one.
    """

    target_min: float
    whole: CoverageRow
    zones: tuple[CoverageRow, ...]
    visit_weekdays: tuple[int, ...]
    call_weekdays: tuple[int, ...]
    visits: Mapping[str, int]
    shares: Mapping[str, float | None]
    late: tuple[Incident, ...]
    timed: int
    untimed: int
    canceled: int
    visits_by_hour: IntArray
    calls_by_hour: IntArray
    reviewed: Collection[str]
    changes: tuple[tuple[PeriodChange, ...], ...] = ()
    notes: tuple[str, ...] = ()
    calls_apart: str = ""
    duplicates: int = 0
    visits_declared: bool = True
    calls_declared: bool = True

    @property
    def visit_days(self) -> int:
        """The school days on which visits were kept."""
        return sum(self.visit_weekdays)

    @property
    def call_days(self) -> int:
        """The school days on which incidents were kept."""
        return sum(self.call_weekdays)
