"""The input of a roster proposal: shifts to fill, who may take them, and what is fixed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, IntArray
from zoneplanner.domain.calendar.local_time import TimeInterval
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.availability import explain_ineligibility, is_available_for
from zoneplanner.domain.roster.shift import (
    ABSENCE_KINDS,
    AvailabilityKind,
    Officer,
    Shift,
    ShiftStatus,
)


@dataclass(frozen=True, eq=False, slots=True)
class ShiftSlot:
    """A shift as the solver sees it: minutes since 1970 in UTC, local day, hours."""

    shift: Shift
    start: int
    end: int
    day: date
    hours: float
    undesirable: bool

    @property
    def week(self) -> date:
        """The Monday of the week."""
        return self.day - timedelta(days=self.day.weekday())


@dataclass(frozen=True, eq=False, slots=True)
class StaffingProblem:
    """The officers, the slots to fill in order of time, and each officer's fixed duties.

    Attributes
    ----------
    eligible
        Whether an officer may take a slot by unit, kind and jurisdiction, shape (slots, officers).
    available
        The same, and the officer is not off and, if they named times when they are free, free then.
    kept_slots
        The slots that each officer has and keeps.
    main_job
        Starts and ends of each officer's main job in minutes, of shape (n, 2).
    job_hours
        Each officer's hours of main job, by the local day of their start.
    """

    project: Project
    officers: tuple[Officer, ...]
    slots: tuple[ShiftSlot, ...]
    eligible: BoolArray
    available: BoolArray
    kept_slots: tuple[tuple[ShiftSlot, ...], ...]
    main_job: tuple[IntArray, ...]
    job_hours: tuple[dict[date, float], ...]

    def limit(self, rule: str, figure: str) -> float:
        """Return a rule's limit, infinite if the rule does not block."""
        rules = self.project.roster_rules
        return rules.figure(figure) if rules.level(rule).is_blocking else np.inf

    @property
    def rest_min(self) -> int:
        """Minutes of rest between duties of different days, or 0 if the rule does not block."""
        rules = self.project.roster_rules
        return int(rules.figure("rest_h") * 60) if rules.level("rest").is_blocking else 0


def build_staffing_problem(
    project: Project, first: date, last: date, *, refill: bool = False
) -> StaffingProblem:
    """Return what to fill from one local day to another: open shifts, with ``refill`` also drafts.

    Locked shifts are left as they are.
    """
    zone = ZoneInfo(project.time_zone)
    officers = tuple(project.officers.values())
    place = {officer.id: at for at, officer in enumerate(officers)}
    free: list[ShiftSlot] = []
    held: list[list[ShiftSlot]] = [[] for _ in officers]
    for shift in project.shifts.values():
        if not shift.is_active:
            continue
        slot = _make_slot(shift, zone)
        to_fill = shift.is_open or (refill and shift.status is ShiftStatus.DRAFT)
        if to_fill and not shift.locked and first <= slot.day <= last:
            free.append(slot)
        elif shift.officer in place:
            held[place[shift.officer]].append(slot)
    slots = tuple(sorted(free, key=lambda slot: (slot.start, slot.shift.uid)))
    around = timedelta(days=int(project.roster_rules.figure("days_in_a_row")) + 8)
    jobs = [_list_main_job(project, one, first - around, last + around, zone) for one in officers]
    eligible = _find_eligible(project, officers, slots)
    return StaffingProblem(
        project=project,
        officers=officers,
        slots=slots,
        eligible=eligible,
        available=eligible & _find_available(project, officers, slots, first, last),
        kept_slots=tuple(tuple(sorted(mine, key=lambda slot: slot.start)) for mine in held),
        main_job=tuple(spans for spans, _ in jobs),
        job_hours=tuple(hours for _, hours in jobs),
    )


def _make_slot(shift: Shift, zone: ZoneInfo) -> ShiftSlot:
    return ShiftSlot(
        shift=shift,
        start=_to_minutes(shift.starts_at),
        end=_to_minutes(shift.ends_at),
        day=shift.starts_at.astimezone(zone).date(),
        hours=shift.hours,
        undesirable=shift.is_undesirable(zone.key),
    )


def _to_minutes(moment: datetime) -> int:
    """Return the minutes since 1970 in UTC."""
    return int(moment.timestamp()) // 60


def _list_main_job(
    project: Project, officer: Officer, first: date, last: date, zone: ZoneInfo
) -> tuple[IntArray, dict[date, float]]:
    jobs = _list_times(project, officer, {AvailabilityKind.MAIN_JOB}, first, last)
    hours: dict[date, float] = {}
    for one in jobs:
        day = one.starts_at.astimezone(zone).date()
        hours[day] = hours.get(day, 0.0) + one.hours
    return _to_spans(jobs), hours


def _list_times(
    project: Project, officer: Officer, kinds: Collection[AvailabilityKind], first: date, last: date
) -> list[TimeInterval]:
    return [
        one
        for own in officer.times
        if own.kind in kinds
        for one in own.intervals(first, last, project.time_zone)
    ]


def _to_spans(times: Iterable[TimeInterval]) -> IntArray:
    """Return starts and ends in minutes since 1970 in UTC, in order, shape (n, 2)."""
    spans = sorted((_to_minutes(one.starts_at), _to_minutes(one.ends_at)) for one in times)
    return np.array(spans, dtype=np.int64).reshape(-1, 2)


def _find_eligible(
    project: Project, officers: Sequence[Officer], slots: Sequence[ShiftSlot]
) -> BoolArray:
    kinds = {(slot.shift.unit, slot.shift.needs): slot.shift for slot in slots}
    is_eligible = [
        {key: explain_ineligibility(project, one, shift) is None for key, shift in kinds.items()}
        for one in officers
    ]
    until = [officer.until or date.max for officer in officers]
    rows = [
        [
            is_eligible[at][slot.shift.unit, slot.shift.needs] and slot.day <= until[at]
            for at in range(len(officers))
        ]
        for slot in slots
    ]
    return np.array(rows, dtype=bool).reshape(len(slots), len(officers))


def _find_available(
    project: Project,
    officers: Sequence[Officer],
    slots: Sequence[ShiftSlot],
    first: date,
    last: date,
) -> BoolArray:
    free, day = np.ones((len(slots), len(officers)), dtype=bool), timedelta(days=1)
    starts = np.array([slot.start for slot in slots], dtype=np.int64)
    ends = np.array([slot.end for slot in slots], dtype=np.int64)
    for column, officer in enumerate(officers):
        off = _list_times(project, officer, ABSENCE_KINDS, first - day, last + day)
        free[:, column] = ~find_overlaps(starts, ends, _to_spans(off))
        if any(own.kind is AvailabilityKind.AVAILABLE for own in officer.times):
            free[:, column] &= np.array(
                [
                    is_available_for(officer, slot.shift.interval, project.time_zone)
                    for slot in slots
                ],
                dtype=bool,
            )
    return free


def find_overlaps(
    starts: IntArray, ends: IntArray, spans: IntArray, *, margin: int = 0
) -> BoolArray:
    """Return which stretches touch a span, each span widened by a margin on both sides.

    All are in minutes; ``starts``, ``ends`` and the answer have shape (n,), ``spans`` (m, 2).
    """
    if not len(spans):
        return np.zeros(len(starts), dtype=bool)
    touching = (starts[:, None] < spans[None, :, 1] + margin) & (
        spans[None, :, 0] < ends[:, None] + margin
    )
    return np.asarray(touching.any(axis=1), dtype=bool)


def list_slot_weeks(slots: Iterable[ShiftSlot]) -> list[date]:
    """Return the Mondays of the slots' weeks, in order."""
    return sorted({slot.week for slot in slots})
