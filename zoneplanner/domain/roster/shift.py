"""Officers and their availability, posts, shifts and swaps."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from zoneplanner.domain.calendar.local_time import TimeInterval, make_local_interval

SUBSTITUTE_KIND = "substitute"
"""The kind of officer who may serve units of any kind, if they are listed for them."""
SAMPLE_PREFIX = "sample-"
"""The prefix of the ids of sample officers and shifts."""

_EVENING_H = 18
POSTED = "posted"
"""The rule that posted shifts do not change; an exception is marked with who made it and why."""
MAX_RECURRENCE_YEARS = 3
"""The longest time that a period may recur."""


class AvailabilityKind(StrEnum):
    """The kind of a period; officers with ``AVAILABLE`` periods are available only then."""

    LEAVE = "leave"
    SICK = "sick"
    UNAVAILABLE = "unavailable"
    MAIN_JOB = "main job"
    AVAILABLE = "available"

    @property
    def noun(self) -> str:
        """The displayed name; why somebody called out is nobody's business."""
        return "call-out" if self is AvailabilityKind.SICK else str(self)


ABSENCE_KINDS = (AvailabilityKind.LEAVE, AvailabilityKind.SICK, AvailabilityKind.UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class AvailabilityPeriod:
    """A period of an officer that recurs on ``weekdays`` (ISO; all if empty) from first to last.

    Clock times are local. An end that is not after the start is on the next day, so midnight to
    midnight is the whole day. ``every_weeks`` counts from the week of the first day.
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
        """Yield the days from ``first`` to ``last`` on which the period begins."""
        week = self.first - timedelta(days=self.first.weekday())
        day = max(first, self.first)
        while day <= min(last, self.last):
            if (not self.weekdays or day.isoweekday() in self.weekdays) and (
                (day - week).days // 7 % self.every_weeks == 0
            ):
                yield day
            day += timedelta(days=1)

    def intervals(self, first: date, last: date, time_zone: str) -> Iterator[TimeInterval]:
        """Yield the intervals that begin from ``first`` to ``last``."""
        for day in self.days(first, last):
            yield make_local_interval(day, self.starts, self.ends, time_zone)


@dataclass(frozen=True, slots=True)
class Officer:
    """A person who serves the listed ``units`` and ``jurisdictions`` only.

    ``prefers`` are the units that they prefer. ``contact`` is for the desk and the day card.
    ``until`` is their last day.
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
    """The office's file on an officer, apart from the roster.

    ``seniority`` is the day from which the agreement counts seniority. ``equipment`` was issued
    and is not returned yet.
    """

    seniority: date | None = None
    equipment: tuple[str, ...] = ()


class ShiftKind(StrEnum):
    """What a shift is for."""

    PATROL = "patrol"
    AFTER_SCHOOL = "after school"
    EVENT = "event"


class ShiftStatus(StrEnum):
    """The status of a shift; only final shifts are sent to calendars."""

    DRAFT = "draft"
    FINAL = "final"
    CANCELLED = "cancelled"

    @property
    def word(self) -> str:
        """The displayed word; stored values keep their spelling."""
        return {"final": "posted", "cancelled": "canceled"}.get(self, str(self))


@dataclass(frozen=True, slots=True)
class RuleOverride:
    """A person's decision that an officer may take a shift despite a rule.

    For the rule ``POSTED``, it says who changed a posted shift and why; without an officer, the
    shift was opened.
    """

    rule: str
    officer: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RosterDecision:
    """When a person changes the roster, who it is, and why if a rule requires a reason."""

    at: datetime
    by: str = ""
    reason: str = ""

    def override(self, rule: str, officer: str | None) -> RuleOverride:
        """Return the record that this decision overrides a rule for an officer, or for nobody."""
        return RuleOverride(rule, officer or "", self.reason.strip(), self.by, self.at)


@dataclass(frozen=True, slots=True)
class Shift:
    """One unit's turn on duty, which is open while it has no officer.

    ``post`` is the post that it was created from, ``needs`` are required qualifications, ``former``
    are officers who had the shift while it was final, and ``sequence`` counts its changes since
    it became final.
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
        """The elapsed hours, regardless of clock changes."""
        return self.interval.hours

    @property
    def is_active(self) -> bool:
        """Whether the shift is not canceled."""
        return self.status is not ShiftStatus.CANCELLED

    @property
    def is_open(self) -> bool:
        """Whether the shift is active and has no officer."""
        return self.is_active and self.officer is None

    @property
    def is_sample(self) -> bool:
        """Whether the shift belongs to the sample data."""
        return (self.officer or self.uid).startswith(SAMPLE_PREFIX)

    @property
    def interval(self) -> TimeInterval:
        """The time of the shift."""
        return TimeInterval(self.starts_at, self.ends_at)

    def day(self, time_zone: str) -> date:
        """Return the local day on which the shift begins."""
        return self.starts_at.astimezone(ZoneInfo(time_zone)).date()

    def is_undesirable(self, time_zone: str) -> bool:
        """Whether the shift is in the evening, on a weekend, or not a patrol."""
        zone = ZoneInfo(time_zone)
        start, end = self.starts_at.astimezone(zone), self.ends_at.astimezone(zone)
        late = end.date() > start.date() or end.hour >= _EVENING_H
        return late or start.isoweekday() > 5 or self.kind is not ShiftKind.PATROL

    @property
    def posted_change(self) -> RuleOverride | None:
        """Who changed the shift by hand after it was posted, and why, or None if nobody did."""
        return next((override for override in self.overrides if override.rule == POSTED), None)

    def find_override_reason(self, rule: str) -> str | None:
        """Return why the officer may have the shift despite a rule, or None."""
        own = (override for override in self.overrides if override.officer == self.officer)
        return next((override.reason for override in own if override.rule == rule), None)


@dataclass(frozen=True, slots=True)
class RosterPost:
    """A weekly staffing need: a unit's turn on some weekdays at a local time.

    ``ends_early`` is the end on early-release and minimum days. Unless ``school_days``, the post is
    staffed on its weekdays whether or not there is school.
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
    """The status of a swap."""

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
    """Return a shift with other values; its sequence counts changes once it is final."""
    officer = values.get("officer", shift.officer)
    former = tuple(other for other in shift.former if other not in (officer, shift.officer))
    if shift.status is ShiftStatus.FINAL and shift.officer and officer != shift.officer:
        former = (*former, shift.officer)
    sequence = 0 if shift.status is ShiftStatus.DRAFT else shift.sequence + 1
    return replace(shift, **{"former": former, **values, "sequence": sequence, "revised_at": now})  # type: ignore[arg-type]
