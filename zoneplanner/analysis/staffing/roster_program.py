"""A few weeks of a roster as an integer program: who is wanted where, and what that weighs."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.staffing.staffing_problem import ShiftSlot, StaffingProblem
from zoneplanner.domain.roster.shift import SUBSTITUTE_KIND

RULE_PENALTIES = {
    "rest": 300.0,
    "daily_hours": 150.0,
    "weekly_hours": 100.0,
    "consecutive_days": 300.0,
    "detail_minimum": 300.0,
    "leave": 1500.0,
}
"""What breaking a rule once, or by an hour or a day, weighs where rules may be relaxed."""


@dataclass(frozen=True, slots=True)
class RosterWeights:
    """What a proposal weighs: a shift left open, a further slot of an officer and so on."""

    open: float = 8000.0
    fair_hours: float = 2.0
    fair_undesirable: float = 3.0
    continuity: float = 5.0
    preference: float = 2.0
    substitute: float = 100.0
    stay: float = 3.0


@dataclass(eq=False, slots=True)
class OfficerHistory:
    """What officers have had so far.

    ``levels`` and ``undesirable`` count slots of mean length and undesirable ones (officers,);
    ``units`` counts slots by unit, ``slots`` are those slots, both one an officer.
    """

    levels: FloatArray
    undesirable: FloatArray
    units: list[dict[str, int]]
    slots: list[list[ShiftSlot]]
    mean_h: float

    def record_slot(self, officer: int, slot: ShiftSlot) -> None:
        """Count one more slot."""
        self.levels[officer] += slot.hours / self.mean_h
        self.undesirable[officer] += slot.undesirable
        own = self.units[officer]
        own[slot.shift.unit] = own.get(slot.shift.unit, 0) + 1
        self.slots[officer].append(slot)


@dataclass(frozen=True, slots=True)
class ProgramRow:
    """A sum of columns with factors, between two bounds."""

    low: float
    high: float
    columns: Sequence[int]
    factors: Sequence[float]


@dataclass(eq=False)
class RosterProgram:
    """Columns from 0 to 1 or more, and rows; those of ``pairs`` (slot, officer) come first.

    With ``elastic`` a rule may be broken at its price.
    """

    slots: Sequence[ShiftSlot]
    pairs: IntArray
    elastic: bool
    cost: list[float]
    upper: list[float] = field(default_factory=list)
    rows: list[ProgramRow] = field(default_factory=list)

    def column(self, cost: float, upper: float = 1.0) -> int:
        """Add a column and return its number."""
        self.cost.append(cost)
        self.upper.append(upper)
        return len(self.cost) - 1

    def add_limit(
        self, rule: str, high: float, columns: Sequence[int], factors: Sequence[float] = ()
    ) -> None:
        """Add a row of a rule: a sum that is at most ``high``, unless the rule gives way."""
        given = list(factors) or [1.0] * len(columns)
        if self.elastic and rule in RULE_PENALTIES:
            given, columns = [*given, -1.0], [*columns, self.column(RULE_PENALTIES[rule], np.inf)]
        self.rows.append(ProgramRow(-np.inf, high, columns, given))


@dataclass(frozen=True, eq=False, slots=True)
class OfficerColumns:
    """One officer's part of a program: the column of each slot they may take, by slot."""

    officer: int
    columns: dict[int, int]
    days: dict[date, list[int]]


def read_officer_history(roll: StaffingProblem) -> OfficerHistory:
    """Return what officers have and keep before a proposal."""
    count = len(roll.officers)
    lengths = [slot.hours for slot in roll.slots]
    past = OfficerHistory(
        levels=np.zeros(count),
        undesirable=np.zeros(count),
        units=[{} for _ in range(count)],
        slots=[[] for _ in range(count)],
        mean_h=float(np.mean(lengths)) if lengths else 8.0,
    )
    for at, mine in enumerate(roll.kept_slots):
        for slot in mine:
            past.record_slot(at, slot)
    return past


def compute_pair_costs(
    roll: StaffingProblem,
    slots: Sequence[ShiftSlot],
    pairs: IntArray,
    past: OfficerHistory,
    weights: RosterWeights,
) -> FloatArray:
    """Return what giving a slot to an officer weighs, shape (pairs,)."""
    cost = np.zeros(len(pairs))
    for column, (row, at) in enumerate(pairs.tolist()):
        officer, shift = roll.officers[at], slots[row].shift
        had = past.units[at]
        total = sum(had.values())
        home = officer.prefers or officer.units[:1]
        share = had.get(shift.unit, 0) / total if total else float(shift.unit in home)
        cost[column] += weights.continuity * (1.0 - share)
        if officer.prefers and shift.unit not in officer.prefers:
            cost[column] += weights.preference
        if officer.kind == SUBSTITUTE_KIND:
            cost[column] += weights.substitute
        if shift.officer == officer.id:
            cost[column] -= weights.stay
    return cost


def add_coverage_rows(program: RosterProgram, weights: RosterWeights) -> None:
    """Let each slot be taken by one officer, or be left open at its weight."""
    by_slot: list[list[int]] = [[] for _ in program.slots]
    for column, (slot, _) in enumerate(program.pairs.tolist()):
        by_slot[slot].append(column)
    for columns in by_slot:
        every = [*columns, program.column(weights.open)]
        program.rows.append(ProgramRow(1.0, 1.0, every, [1.0] * len(every)))


def add_fairness_rows(
    program: RosterProgram,
    own: OfficerColumns,
    baseline: FloatArray,
    past: OfficerHistory,
    weights: RosterWeights,
) -> None:
    """Let each further slot of an officer weigh more, and each further undesirable one.

    ``baseline`` is the fewest that officers of their kind have had, of slots and of undesirable
    ones, shape (2,).
    """
    slots = program.slots
    bad = [column for slot, column in own.columns.items() if slots[slot].undesirable]
    levels = (past.levels[own.officer], past.undesirable[own.officer])
    for chosen, had, least, weight in zip(
        (list(own.columns.values()), bad),
        levels,
        baseline,
        (weights.fair_hours, weights.fair_undesirable),
        strict=True,
    ):
        if not chosen:
            continue
        most = min(len(chosen), 2 * len({slots[slot].day for slot in own.columns}))
        steps = [program.column(weight * (had - least + step)) for step in range(most)]
        factors = [1.0] * len(chosen) + [-1.0] * len(steps)
        program.rows.append(ProgramRow(0.0, 0.0, [*chosen, *steps], factors))


def find_fairness_baselines(roll: StaffingProblem, past: OfficerHistory) -> dict[str, FloatArray]:
    """Return for each kind of officer the fewest slots and undesirable slots that one has had.

    Each has the shape (2,).
    """
    members: dict[str, list[int]] = defaultdict(list)
    for at, officer in enumerate(roll.officers):
        members[officer.kind].append(at)
    return {
        kind: np.array([past.levels[own].min(), past.undesirable[own].min()])
        for kind, own in members.items()
    }
