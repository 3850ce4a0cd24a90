"""Who serves and when: officers and their time, posts, shifts and swaps."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from zoneplanner.domain.calendar.local_time import TimeInterval, make_local_interval

SUBSTITUTE_KIND = "substitute"
"""The kind of officer who may serve units of any kind that are listed for them."""
SAMPLE_PREFIX = "sample-"
"""How the codes of sample officers and shifts begin."""

_EVENING_H = 18
POSTED = "posted"
"""The rule that a posted shift stays as it is; what breaks it is marked with who and why."""
MAX_RECURRENCE_YEARS = 3
"""A recurring time runs for no longer than this."""


class AvailabilityKind(StrEnum):
    """What a time of an officer is; ``AVAILABLE`` leaves all other times of theirs out."""

    LEAVE = "leave"
    SICK = "sick"
    UNAVAILABLE = "unavailable"
    MAIN_JOB = "main job"
    AVAILABLE = "available"

    @property
    def noun(self) -> str:
        """As people name it; why somebody called out is nobody's business."""
        return "call-out" if self is AvailabilityKind.SICK else str(self)


ABSENCE_KINDS = (AvailabilityKind.LEAVE, AvailabilityKind.SICK, AvailabilityKind.UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class AvailabilityPeriod:
    """A time of an officer that may recur: on ``weekdays`` (ISO; none is all) from first to last.

    Clock times are local; an end that is not after its start lies on the next day, so that midnight
    to midnight is the whole day. ``every_weeks`` counts from the week of the first day.
    """

    uid: str
    kind: AvailabilityKind
    first: date
    last: date
    starts: time = time(0)
    ends: time = time(0)
    weekdays: frozenset[int] = frozenset()
    every_weeks: int = 1
    note: str = ""

    def days(self, first: date, last: date) -> Iterator[date]:
        """Yield the days on which it begins, from ``first`` to ``last``."""
        week = self.first - timedelta(days=self.first.weekday())
        day = max(first, self.first)
        while day <= min(last, self.last):
            if (not self.weekdays or day.isoweekday() in self.weekdays) and (
                (day - week).days // 7 % self.every_weeks == 0
            ):
                yield day
            day += timedelta(days=1)

    def intervals(self, first: date, last: date, time_zone: str) -> Iterator[TimeInterval]:
        """Yield what of it begins from ``first`` to ``last``."""
        for day in self.days(first, last):
            yield make_local_interval(day, self.starts, self.ends, time_zone)


@dataclass(frozen=True, slots=True)
class Officer:
    """A person who serves. ``units`` and ``jurisdictions`` are those they may serve; none is none.

    ``prefers`` are units they would rather serve; ``contact`` is for the desk and the day
    card; nobody is given shifts after ``until``.
    """

    id: str
    name: str
    agency: str
    kind: str
    units: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    qualifications: tuple[str, ...] = ()
    prefers: tuple[str, ...] = ()
    contact: str = ""
    times: tuple[AvailabilityPeriod, ...] = ()
    until: date | None = None


@dataclass(frozen=True, slots=True)
class OfficerFile:
    """What the office keeps of an officer beside the roster.

    ``seniority`` is the day that the agreement counts from; ``equipment`` was issued and is not
    back yet.
    """

    seniority: date | None = None
    equipment: tuple[str, ...] = ()


class ShiftKind(StrEnum):
    """What a shift is for."""

    PATROL = "patrol"
    AFTER_SCHOOL = "after school"
    EVENT = "event"


class ShiftStatus(StrEnum):
    """Where a shift stands; only final ones go out to calendars."""

    DRAFT = "draft"
    FINAL = "final"
    CANCELLED = "cancelled"

    @property
    def word(self) -> str:
        """As people call it; stored values keep their spelling."""
        return {"final": "posted", "cancelled": "canceled"}.get(self, str(self))


@dataclass(frozen=True, slots=True)
class RuleOverride:
    """A person's word that an officer may take a shift against a rule.

    Of the rule ``POSTED`` it says who changed a posted shift and why; without an officer it was
    opened.
    """

    rule: str
    officer: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Shift:
    """One unit's turn on duty, open while it has no officer.

    ``post`` is the post that it was made from; ``needs`` are qualifications; ``former`` are
    officers who had it while it was final; ``sequence`` counts its changes since then.
    """

    uid: str
    unit: str
    officer: str | None
    starts_at: datetime
    ends_at: datetime
    status: ShiftStatus = ShiftStatus.DRAFT
    kind: ShiftKind = ShiftKind.PATROL
    title: str = ""
    post: str | None = None
    needs: tuple[str, ...] = ()
    locked: bool = False
    note: str = ""
    former: tuple[str, ...] = ()
    overrides: tuple[RuleOverride, ...] = ()
    sequence: int = 0
    cancelled_at: datetime | None = None
    revised_at: datetime | None = None

    @property
    def hours(self) -> float:
        """How long it truly is, whatever the clocks do meanwhile."""
        return self.interval.hours

    @property
    def is_active(self) -> bool:
        """Whether it is canceled."""
        return self.status is not ShiftStatus.CANCELLED

    @property
    def is_open(self) -> bool:
        """Whether it is to be served and nobody is down for it."""
        return self.is_active and self.officer is None

    @property
    def is_sample(self) -> bool:
        """Whether it is made up: that of a sample officer, or made with the samples."""
        return (self.officer or self.uid).startswith(SAMPLE_PREFIX)

    @property
    def interval(self) -> TimeInterval:
        """When it is."""
        return TimeInterval(self.starts_at, self.ends_at)

    def day(self, time_zone: str) -> date:
        """Return the local day on which it begins."""
        return self.starts_at.astimezone(ZoneInfo(time_zone)).date()

    def is_undesirable(self, time_zone: str) -> bool:
        """True in the evening, at the weekend, and for what is no patrol."""
        zone = ZoneInfo(time_zone)
        start, end = self.starts_at.astimezone(zone), self.ends_at.astimezone(zone)
        late = end.date() > start.date() or end.hour >= _EVENING_H
        return late or start.isoweekday() > 5 or self.kind is not ShiftKind.PATROL

    @property
    def posted_change(self) -> RuleOverride | None:
        """Who changed it after it was posted, and why; None where nobody did by hand."""
        return next((one for one in self.overrides if one.rule == POSTED), None)

    def find_override_reason(self, rule: str) -> str | None:
        """Return why its officer may have it against a rule, or None."""
        return next(
            (
                one.reason
                for one in self.overrides
                if (one.rule, one.officer) == (rule, self.officer)
            ),
            None,
        )


@dataclass(frozen=True, slots=True)
class RosterPost:
    """What has to be staffed, week by week: a unit's turn on some weekdays at a local time.

    ``ends_early`` is its end on early-release and minimum days. A post of a day without school
    (``school_days`` false) stands on its weekdays whatever the calendar says.
    """

    uid: str
    unit: str
    starts: time
    ends: time
    weekdays: frozenset[int] = frozenset((1, 2, 3, 4, 5))
    ends_early: time | None = None
    kind: ShiftKind = ShiftKind.PATROL
    title: str = ""
    first: date | None = None
    last: date | None = None
    school_days: bool = True
    officers: int = 1
    needs: tuple[str, ...] = ()


class SwapStatus(StrEnum):
    """Where a swap stands."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ShiftSwap:
    """An officer asks another to take a shift, in return for ``other`` or for nothing."""

    uid: str
    shift: str
    officer: str
    taker: str
    asked_at: datetime
    other: str | None = None
    status: SwapStatus = SwapStatus.ASKED
    answered_at: datetime | None = None
    answered_by: str = ""
    reason: str = ""


def revise_shift(shift: Shift, now: datetime, **values: object) -> Shift:
    """Return a shift with other values; once it is final its sequence counts the change."""
    former = shift.former
    if "officer" in values and shift.status is ShiftStatus.FINAL and shift.officer:
        kept = tuple(one for one in former if one != shift.officer)
        former = kept if values["officer"] == shift.officer else (*kept, shift.officer)
    former = tuple(one for one in former if one != values.get("officer", shift.officer))
    sequence = 0 if shift.status is ShiftStatus.DRAFT else shift.sequence + 1
    return replace(shift, **{"former": former, **values, "sequence": sequence, "revised_at": now})  # type: ignore[arg-type]
