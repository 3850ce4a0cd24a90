"""The rules of a roster as rows of a program; those that only warn are left out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray
from zoneplanner.analysis.staffing.roster_program import (
    RULE_PENALTIES,
    OfficerColumns,
    OfficerHistory,
    ProgramRow,
    RosterProgram,
)
from zoneplanner.analysis.staffing.staffing_problem import ShiftSlot, StaffingProblem, find_overlaps

_FRIDAY = 5


def find_free_pairs(
    roll: StaffingProblem, rows: Sequence[int], past: OfficerHistory, *, elastic: bool = False
) -> tuple[BoolArray, FloatArray]:
    """Return where officers may take slots, and what that weighs beyond the usual.

    What they hold and their main job are counted. With ``elastic`` leave and rest may be broken at
    their price. Both have the shape (slots, officers).
    """
    picked = np.array(rows, dtype=np.int64)
    slots = [roll.slots[row] for row in rows]
    starts = np.array([slot.start for slot in slots], dtype=np.int64)
    ends = np.array([slot.end for slot in slots], dtype=np.int64)
    can = roll.eligible[picked] if elastic else roll.available[picked]
    may, price = can.copy(), np.zeros(can.shape)
    if elastic:
        price[roll.eligible[picked] & ~roll.available[picked]] += RULE_PENALTIES["leave"]
    for officer in range(len(roll.officers)):
        job = roll.main_job[officer]
        soon = find_overlaps(starts, ends, job, margin=roll.rest_min)
        clash = find_overlaps(starts, ends, job)
        for held in past.slots[officer]:
            other_day = np.array([slot.day != held.day for slot in slots], dtype=bool)
            margin = np.where(other_day, roll.rest_min, 0)
            soon |= (starts < held.end + margin) & (held.start < ends + margin)
            clash |= (starts < held.end) & (held.start < ends)
        may[:, officer] &= ~(clash if elastic else soon)
        price[soon, officer] += RULE_PENALTIES["rest"]
    return may, price


def add_limit_rows(
    program: RosterProgram, roll: StaffingProblem, own: OfficerColumns, past: OfficerHistory
) -> None:
    """Add the rows of one officer."""
    _add_hour_rows(program, roll, own, past)
    _add_consecutive_day_rows(program, roll, own, past)
    _add_detail_rows(program, roll, own, past)


def add_exclusive_rows(
    program: RosterProgram, own: OfficerColumns, rule: str, groups: Iterable[Sequence[int]]
) -> None:
    """Let the officer take one slot at most of each group of them."""
    for group in groups:
        columns = [own.columns[slot] for slot in group if slot in own.columns]
        if len(columns) > 1:
            program.add_limit(rule, 1.0, columns)


def find_overlap_cliques(slots: Sequence[ShiftSlot]) -> Iterator[list[int]]:
    """Yield the largest sets of slots that share a moment; slots are in order of their start."""
    active: list[int] = []
    grown = False
    for at, slot in enumerate(slots):
        still = [other for other in active if slots[other].end > slot.start]
        if grown and len(still) < len(active) and len(active) > 1:
            yield active
        active, grown = [*still, at], True
    if len(active) > 1:
        yield active


def find_short_rests(slots: Sequence[ShiftSlot], rest_min: int) -> list[tuple[int, int]]:
    """Return pairs of slots of different days with too little rest between them."""
    found = []
    for one, slot in enumerate(slots):
        for other in range(one + 1, len(slots)):
            begins = slots[other].start
            if begins >= slot.end + rest_min:
                break
            if slots[other].day != slot.day and begins >= slot.end:
                found.append((one, other))
    return found


def _add_hour_rows(
    program: RosterProgram, roll: StaffingProblem, own: OfficerColumns, past: OfficerHistory
) -> None:
    """Keep the hours of each day and week within their limits."""
    job = roll.job_hours[own.officer]
    held_day: dict[date, float] = defaultdict(float)
    held_week: dict[date, float] = defaultdict(float)
    for slot in past.slots[own.officer]:
        held_day[slot.day] += slot.hours
        held_week[slot.week] += slot.hours
    daily = roll.limit("daily_hours", "daily_h")
    weekly = roll.limit("weekly_hours", "weekly_h")
    by_week: dict[date, list[int]] = defaultdict(list)
    for day, members in own.days.items():
        mine = [slot for slot in members if slot in own.columns]
        by_week[day - timedelta(days=day.weekday())] += mine
        _add_hour_row(program, own, "daily_hours", mine, daily - job.get(day, 0.0) - held_day[day])
    for monday, mine in by_week.items():
        worked = sum(job.get(monday + timedelta(days=n), 0.0) for n in range(7))
        _add_hour_row(program, own, "weekly_hours", mine, weekly - worked - held_week[monday])


def _add_hour_row(
    program: RosterProgram, own: OfficerColumns, rule: str, mine: list[int], left_h: float
) -> None:
    hours = [program.slots[slot].hours for slot in mine]
    if mine and sum(hours) > left_h + 1e-9:
        chosen = [own.columns[slot] for slot in mine]
        program.add_limit(rule, max(0.0, left_h), chosen, hours)


def _add_consecutive_day_rows(
    program: RosterProgram, roll: StaffingProblem, own: OfficerColumns, past: OfficerHistory
) -> None:
    """Leave a day without any work among each run of one day more than is allowed."""
    most = roll.limit("consecutive_days", "days_in_a_row")
    if not np.isfinite(most):
        return
    length = int(most) + 1
    fixed = {day for day, hours in roll.job_hours[own.officer].items() if hours > 0}
    fixed |= {slot.day for slot in past.slots[own.officer]}
    mine: dict[date, list[int]] = {}
    for day, members in own.days.items():
        chosen = [own.columns[slot] for slot in members if slot in own.columns]
        if chosen and day not in fixed:
            mine[day] = chosen
    works: dict[date, int] = {}
    first = min(own.days) - timedelta(days=length - 1)
    for offset in range((max(own.days) - first).days + 1):
        window = [first + timedelta(days=offset + n) for n in range(length)]
        unsure = [day for day in window if day in mine]
        if not unsure or any(day not in mine and day not in fixed for day in window):
            continue
        for day in unsure:
            if day not in works:
                works[day] = _add_workday_column(program, mine[day])
        program.add_limit("consecutive_days", len(unsure) - 1.0, [works[day] for day in unsure])


def _add_workday_column(program: RosterProgram, columns: list[int]) -> int:
    """Return a column that is 1 where one of some slots of a day is taken."""
    if len(columns) == 1:
        return columns[0]
    works = program.column(0.0)
    for column in columns:
        program.rows.append(ProgramRow(0.0, np.inf, [works, column], [1.0, -1.0]))
    return works


def _add_detail_rows(
    program: RosterProgram, roll: StaffingProblem, own: OfficerColumns, past: OfficerHistory
) -> None:
    """Let a slot that is too short for a detail be taken only with one that it touches."""
    rules = roll.project.roster_rules
    if not rules.level("detail_minimum").is_blocking:
        return
    if roll.officers[own.officer].kind not in rules.detail_kinds:
        return
    for at, column in own.columns.items():
        slot = program.slots[at]
        late = slot.day.isoweekday() >= _FRIDAY
        least = rules.figure("detail_h_fri_sun" if late else "detail_h_mon_thu")
        if slot.hours >= least - 1e-9:
            continue
        if any(_is_joined(slot, held, least) for held in past.slots[own.officer]):
            continue
        beside = [
            other_column
            for other, other_column in own.columns.items()
            if _is_joined(slot, program.slots[other], least)
        ]
        factors = [1.0, *[-1.0] * len(beside)]
        program.add_limit("detail_minimum", 0.0, [column, *beside], factors)


def _is_joined(slot: ShiftSlot, other: ShiftSlot, least_h: float) -> bool:
    touches = slot.end == other.start or other.end == slot.start
    return touches and slot.hours + other.hours >= least_h - 1e-9
