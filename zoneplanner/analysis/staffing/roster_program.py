"""A few weeks of a roster as an integer program.

Each pair of a slot and an officer is a column, each rule that blocks is a row; rules that only warn
are left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.staffing.staffing_problem import ShiftSlot, StaffingProblem, find_overlaps
from zoneplanner.domain.grouping import group_pairs
from zoneplanner.domain.roster.shift import SUBSTITUTE_KIND

RULE_PENALTIES = {
    "rest": 300.0,
    "daily_hours": 150.0,
    "weekly_hours": 100.0,
    "consecutive_days": 300.0,
    "detail_minimum": 300.0,
    "leave": 1500.0,
}
"""The cost of breaking a rule once, or by an hour or a day, where rules may be relaxed."""


@dataclass(frozen=True, slots=True)
class RosterWeights:
    """The costs in a proposal: a shift left open, each further slot of an officer and so on."""

    open: float = 8000.0
    fair_hours: float = 2.0
    fair_undesirable: float = 3.0
    continuity: float = 5.0
    preference: float = 2.0
    substitute: float = 100.0
    stay: float = 3.0


@dataclass(eq=False, slots=True)
class OfficerHistory:
    """What each officer has worked so far.

    ``levels`` counts slots, in mean lengths, and ``undesirable`` undesirable slots, both of shape
    (officers,). ``units`` counts slots by unit; ``slots`` are the slots themselves.
    """

    levels: FloatArray
    undesirable: FloatArray
    units: list[dict[str, int]]
    slots: list[list[ShiftSlot]]
    mean_h: float

    def record_slot(self, officer: int, slot: ShiftSlot) -> None:
        """Add a slot to an officer's history."""
        self.levels[officer] += slot.hours / self.mean_h
        self.undesirable[officer] += slot.undesirable
        own = self.units[officer]
        own[slot.shift.unit] = own.get(slot.shift.unit, 0) + 1
        self.slots[officer].append(slot)


@dataclass(frozen=True, slots=True)
class ProgramRow:
    """A weighted sum of columns, between two bounds."""

    low: float
    high: float
    columns: Sequence[int]
    factors: Sequence[float]


@dataclass(eq=False)
class RosterProgram:
    """Columns and rows; the columns of ``pairs`` (slot, officer) come first.

    With ``elastic`` a rule may be broken at its penalty.
    """

    slots: Sequence[ShiftSlot]
    pairs: IntArray
    elastic: bool
    cost: list[float]
    upper: list[float] = field(default_factory=list)
    rows: list[ProgramRow] = field(default_factory=list)

    def add_column(self, cost: float, upper: float = 1.0) -> int:
        """Add a column from 0 to ``upper`` and return its index."""
        self.cost.append(cost)
        self.upper.append(upper)
        return len(self.cost) - 1

    def add_limit(
        self, rule: str, high: float, columns: Sequence[int], factors: Sequence[float] = ()
    ) -> None:
        """Add a rule's row: a sum of at most ``high``, or more at the rule's penalty if elastic."""
        factors = factors or [1.0] * len(columns)
        if self.elastic and rule in RULE_PENALTIES:
            excess = self.add_column(RULE_PENALTIES[rule], np.inf)
            factors, columns = [*factors, -1.0], [*columns, excess]
        self.rows.append(ProgramRow(-np.inf, high, columns, factors))


@dataclass(frozen=True, eq=False, slots=True)
class OfficerColumns:
    """One officer's part of a program: the column of each slot that they may take, by slot."""

    officer: int
    columns: dict[int, int]
    days: dict[date, list[int]]


def read_officer_history(problem: StaffingProblem) -> OfficerHistory:
    """Return the slots that officers have and keep before a proposal."""
    count = len(problem.officers)
    lengths = [slot.hours for slot in problem.slots]
    past = OfficerHistory(
        levels=np.zeros(count),
        undesirable=np.zeros(count),
        units=[{} for _ in range(count)],
        slots=[[] for _ in range(count)],
        mean_h=float(np.mean(lengths)) if lengths else 8.0,
    )
    for at, mine in enumerate(problem.kept_slots):
        for slot in mine:
            past.record_slot(at, slot)
    return past


def compute_pair_costs(
    problem: StaffingProblem,
    slots: Sequence[ShiftSlot],
    pairs: IntArray,
    past: OfficerHistory,
    weights: RosterWeights,
) -> FloatArray:
    """Return the cost of giving each slot to each officer, shape (pairs,)."""
    cost = np.zeros(len(pairs))
    for column, (row, at) in enumerate(pairs.tolist()):
        officer, shift = problem.officers[at], slots[row].shift
        worked = past.units[at]
        total = sum(worked.values())
        home = officer.prefers or officer.units[:1]
        share = worked.get(shift.unit, 0) / total if total else float(shift.unit in home)
        cost[column] += weights.continuity * (1.0 - share)
        if officer.prefers and shift.unit not in officer.prefers:
            cost[column] += weights.preference
        if officer.kind == SUBSTITUTE_KIND:
            cost[column] += weights.substitute
        if shift.officer == officer.id:
            cost[column] -= weights.stay
    return cost


def add_coverage_rows(program: RosterProgram, weights: RosterWeights) -> None:
    """Let each slot be taken by one officer, or be left open at its cost."""
    by_slot: list[list[int]] = [[] for _ in program.slots]
    for column, (slot, _) in enumerate(program.pairs.tolist()):
        by_slot[slot].append(column)
    for columns in by_slot:
        every = [*columns, program.add_column(weights.open)]
        program.rows.append(ProgramRow(1.0, 1.0, every, [1.0] * len(every)))


def add_fairness_rows(
    program: RosterProgram,
    own: OfficerColumns,
    baseline: FloatArray,
    past: OfficerHistory,
    weights: RosterWeights,
) -> None:
    """Make each further slot of an officer cost more, and each further undesirable one.

    ``baseline`` is the fewest slots and the fewest undesirable slots that an officer of the same
    kind has had, shape (2,).
    """
    slots = program.slots
    undesirable = [column for slot, column in own.columns.items() if slots[slot].undesirable]
    levels = (past.levels[own.officer], past.undesirable[own.officer])
    for chosen, level, least, weight in zip(
        (list(own.columns.values()), undesirable),
        levels,
        baseline,
        (weights.fair_hours, weights.fair_undesirable),
        strict=True,
    ):
        if not chosen:
            continue
        most = min(len(chosen), 2 * len({slots[slot].day for slot in own.columns}))
        steps = [program.add_column(weight * (level - least + step)) for step in range(most)]
        factors = [1.0] * len(chosen) + [-1.0] * len(steps)
        program.rows.append(ProgramRow(0.0, 0.0, [*chosen, *steps], factors))


def find_fairness_baselines(
    problem: StaffingProblem, past: OfficerHistory
) -> dict[str, FloatArray]:
    """Return the fewest slots and undesirable slots of an officer, by kind; each of shape (2,)."""
    members = group_pairs((officer.kind, at) for at, officer in enumerate(problem.officers))
    return {
        kind: np.array([past.levels[own].min(), past.undesirable[own].min()])
        for kind, own in members.items()
    }


_FRIDAY = 5


def find_free_pairs(
    problem: StaffingProblem, rows: Sequence[int], past: OfficerHistory, *, elastic: bool = False
) -> tuple[BoolArray, FloatArray]:
    """Return who may take which slot, and what that costs in penalties.

    Slots that officers hold and their main jobs are counted. With ``elastic``, leave and rest may
    be broken at their penalty. Both have the shape (slots, officers).
    """
    picked = np.array(rows, dtype=np.int64)
    slots = [problem.slots[row] for row in rows]
    starts = np.array([slot.start for slot in slots], dtype=np.int64)
    ends = np.array([slot.end for slot in slots], dtype=np.int64)
    free = (problem.eligible if elastic else problem.available)[picked]  # a copy
    penalty = np.zeros(free.shape)
    if elastic:
        penalty[problem.eligible[picked] & ~problem.available[picked]] += RULE_PENALTIES["leave"]
    for officer in range(len(problem.officers)):
        job = problem.main_job[officer]
        no_rest = find_overlaps(starts, ends, job, margin=problem.rest_min)
        clash = find_overlaps(starts, ends, job)
        for held in past.slots[officer]:
            other_day = np.array([slot.day != held.day for slot in slots], dtype=bool)
            margin = np.where(other_day, problem.rest_min, 0)
            no_rest |= (starts < held.end + margin) & (held.start < ends + margin)
            clash |= (starts < held.end) & (held.start < ends)
        free[:, officer] &= ~(clash if elastic else no_rest)
        penalty[no_rest, officer] += RULE_PENALTIES["rest"]
    return free, penalty


def add_limit_rows(
    program: RosterProgram, problem: StaffingProblem, own: OfficerColumns, past: OfficerHistory
) -> None:
    """Add one officer's rows."""
    _add_hour_rows(program, problem, own, past)
    _add_consecutive_day_rows(program, problem, own, past)
    _add_detail_rows(program, problem, own, past)


def add_exclusive_rows(
    program: RosterProgram, own: OfficerColumns, rule: str, groups: Iterable[Sequence[int]]
) -> None:
    """Let the officer take at most one slot of each group."""
    for group in groups:
        columns = [own.columns[slot] for slot in group if slot in own.columns]
        if len(columns) > 1:
            program.add_limit(rule, 1.0, columns)


def find_overlap_cliques(slots: Sequence[ShiftSlot]) -> Iterator[list[int]]:
    """Yield the largest sets of slots that overlap at one time; slots are in order of start."""
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
    program: RosterProgram, problem: StaffingProblem, own: OfficerColumns, past: OfficerHistory
) -> None:
    """Keep each day's and each week's hours within their limits."""
    job = problem.job_hours[own.officer]
    held_day: dict[date, float] = defaultdict(float)
    held_week: dict[date, float] = defaultdict(float)
    for slot in past.slots[own.officer]:
        held_day[slot.day] += slot.hours
        held_week[slot.week] += slot.hours
    daily = problem.limit("daily_hours", "daily_h")
    weekly = problem.limit("weekly_hours", "weekly_h")
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
    program: RosterProgram, problem: StaffingProblem, own: OfficerColumns, past: OfficerHistory
) -> None:
    """Leave at least one day off in each run that is one day longer than allowed."""
    most = problem.limit("consecutive_days", "days_in_a_row")
    if not np.isfinite(most):
        return
    length = int(most) + 1
    fixed = {day for day, hours in problem.job_hours[own.officer].items() if hours > 0}
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
        undecided = [day for day in window if day in mine]
        if not undecided or any(day not in mine and day not in fixed for day in window):
            continue
        for day in undecided:
            if day not in works:
                works[day] = _add_workday_column(program, mine[day])
        columns = [works[day] for day in undecided]
        program.add_limit("consecutive_days", len(undecided) - 1.0, columns)


def _add_workday_column(program: RosterProgram, columns: list[int]) -> int:
    """Return a column that is 1 if any of a day's slots is taken."""
    if len(columns) == 1:
        return columns[0]
    works = program.add_column(0.0)
    for column in columns:
        program.rows.append(ProgramRow(0.0, np.inf, [works, column], [1.0, -1.0]))
    return works


def _add_detail_rows(
    program: RosterProgram, problem: StaffingProblem, own: OfficerColumns, past: OfficerHistory
) -> None:
    """Let a slot that is too short for a detail be taken only with an adjacent one."""
    rules = problem.project.roster_rules
    if not rules.level("detail_minimum").is_blocking:
        return
    if problem.officers[own.officer].kind not in rules.detail_kinds:
        return
    for at, column in own.columns.items():
        slot = program.slots[at]
        late = slot.day.isoweekday() >= _FRIDAY
        least = rules.figure("detail_h_fri_sun" if late else "detail_h_mon_thu")
        if slot.hours >= least - 1e-9:
            continue
        if any(_is_joined(slot, held, least) for held in past.slots[own.officer]):
            continue
        adjacent = [
            other_column
            for other, other_column in own.columns.items()
            if _is_joined(slot, program.slots[other], least)
        ]
        factors = [1.0, *[-1.0] * len(adjacent)]
        program.add_limit("detail_minimum", 0.0, [column, *adjacent], factors)


def _is_joined(slot: ShiftSlot, other: ShiftSlot, least_h: float) -> bool:
    touches = slot.end == other.start or other.end == slot.start
    return touches and slot.hours + other.hours >= least_h - 1e-9
