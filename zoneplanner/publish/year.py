"""The data of the yearly report of school resource officers: totals, with small counts withheld."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from zoneplanner.analysis.coverage.figures import Figure
from zoneplanner.analysis.coverage.public_totals import find_earlier_count
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.domain.log.office_entries import AgencyTotal
from zoneplanner.publish.month import PeriodDays

TRIAD_ROLES: Mapping[str, str] = {
    "enforcement": "Law enforcement",
    "counselling": "Counselor",
    "teaching": "Educator",
    "": "Not recorded",
}
"""The roles of the SRO triad by the purpose of a visit."""


@dataclass(frozen=True, slots=True)
class YearCount:
    """A count of the year, or None if it is withheld.

    ``earlier`` is then the count in the last report of an earlier month that showed it.
    """

    value: float | None
    earlier: float | None = None

    @classmethod
    def from_reports(cls, reported: Sequence[float | None]) -> "YearCount":
        """Return the count in the last of a year's monthly reports; ``reported`` has one for each
        report.
        """
        return cls(reported[-1], find_earlier_count(reported))


@dataclass(frozen=True, slots=True)
class LevelTotals:
    """The counts of the schools of a level, or of the district (""), or None for a withheld count.

    ``hours`` are officers' hours on site, by purpose of the visit.
    """

    level: str
    schools: int
    visits: YearCount
    calls: YearCount
    hours: Mapping[str, YearCount]


@dataclass(frozen=True, slots=True)
class MonitorTotals:
    """Campus monitors and their hours a week, or None if they are few or the hours unknown."""

    monitors: int | None
    hours: float | None = None


@dataclass(frozen=True, slots=True)
class TrainingTotals:
    """A course for a group: its sessions, and how many of those employed were trained."""

    course: str
    who_kind: str
    sessions: YearCount
    trained: YearCount
    employed: YearCount


@dataclass(frozen=True, eq=False, slots=True)
class YearTotals:
    """The totals of a school year up to a day; nothing in them is about a single school.

    ``agencies`` has the last totals that each agency released itself. ``concerns`` are counts of
    received and closed reports. ``monitors`` are the posts on record, or None without any;
    ``returned_monitors`` are those that other schools reported. ``units`` counts the units by
    agency. ``response`` is based on the ``timed`` calls; ``timed`` and ``untimed`` are None if they
    would reveal a small number. ``days`` are the school days on record. ``sample`` is "all" or
    "some" if visits and calls are made up.
    """

    school_year: str
    first: date
    last: date
    levels: tuple[LevelTotals, ...]
    response: Mapping[str, Figure]
    agencies: tuple[AgencyTotal, ...]
    trainings: tuple[TrainingTotals, ...]
    drills: Mapping[str, YearCount]
    monitors: MonitorTotals | None
    concerns: tuple[YearCount, YearCount]
    returned_monitors: MonitorTotals | None = None
    units: Mapping[str, int] = field(default_factory=dict)
    timed: int | None = None
    untimed: int | None = None
    target_min: float = RESPONSE_TARGET_MIN
    sample: str = ""
    days: PeriodDays | None = None
