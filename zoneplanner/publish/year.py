"""What the yearly report of school resource officers is made from: totals, none of a few."""

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
"""The roles of the triad by the purpose of a visit."""


@dataclass(frozen=True, slots=True)
class YearCount:
    """A count of the year, None where it is withheld: then ``earlier`` is what it was in the last
    report of an earlier month that told it."""

    value: float | None
    earlier: float | None = None

    @classmethod
    def from_reports(cls, told: Sequence[float | None]) -> "YearCount":
        """Return the count of the last of a year's monthly reports; ``told`` has that of each."""
        return cls(told[-1], find_earlier_count(told))


@dataclass(frozen=True, slots=True)
class LevelTotals:
    """What was counted at the schools of a level, "" for the district; None where it is withheld.

    ``hours`` are officers' hours on site, by purpose of the visit.
    """

    level: str
    schools: int
    visits: YearCount
    calls: YearCount
    hours: Mapping[str, YearCount]


@dataclass(frozen=True, slots=True)
class MonitorTotals:
    """Campus monitors and their hours a week; None where few, and where hours are not known."""

    monitors: int | None
    hours: float | None = None


@dataclass(frozen=True, slots=True)
class TrainingTotals:
    """The sessions of a course for a group, those trained of those employed."""

    course: str
    who_kind: str
    sessions: YearCount
    trained: YearCount
    employed: YearCount


@dataclass(frozen=True, eq=False, slots=True)
class YearTotals:
    """A school year up to a day, for boards and city councils; nothing tells of a single school.

    ``arrests`` are totals that agencies released themselves, the last of each; ``concerns`` how
    many were received and closed; ``monitors`` are those of posts, None
    where none is on record; ``returned_monitors`` are those that other schools returned.
    ``units`` counts the units by agency; ``response`` is of the calls ``timed``, beside
    which there are others ``untimed``, None where that
    would give a small number away; ``days`` are the school days that are on record;
    ``sample`` tells that some or all visits and calls are made up.
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
