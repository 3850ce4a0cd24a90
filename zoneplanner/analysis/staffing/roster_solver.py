"""Proposes a roster a few weeks at a time, each by an integer program that HiGHS solves.

Also explains why a shift stays open, and finds the fewest rules to relax so that it does not.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import highspy
import numpy as np

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.highs import HIGHS_OPTIMAL, HighsSolver
from zoneplanner.analysis.staffing.roster_program import (
    OfficerColumns,
    OfficerHistory,
    RosterProgram,
    RosterWeights,
    add_coverage_rows,
    add_exclusive_rows,
    add_fairness_rows,
    add_limit_rows,
    compute_pair_costs,
    find_fairness_baselines,
    find_free_pairs,
    find_overlap_cliques,
    find_short_rests,
    read_officer_history,
)
from zoneplanner.analysis.staffing.staffing_problem import (
    StaffingProblem,
    build_staffing_problem,
    list_slot_weeks,
)
from zoneplanner.domain.grouping import group_pairs
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.checker import (
    RosterViolation,
    describe_shift,
    find_roster_violations,
)
from zoneplanner.domain.roster.roster_rules import ROSTER_RULES
from zoneplanner.domain.roster.shift_edits import find_assignment_violations, get_shift
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

_GAP = 1e-4
_HIGHS_TIME_LIMIT = highspy.HighsModelStatus.kTimeLimit
_SlotOfficers = list[int | None]


def _build_program(
    problem: StaffingProblem,
    rows: Sequence[int],
    past: OfficerHistory,
    noise: FloatArray,
    *,
    weights: RosterWeights,
    elastic: bool = False,
) -> RosterProgram:
    """Return the program that fills some of a problem's slots.

    ``noise``, shape (slots of the problem, officers), breaks ties between answers of equal cost.
    """
    slots = [problem.slots[row] for row in rows]
    free, penalty = find_free_pairs(problem, rows, past, elastic=elastic)
    pairs = np.argwhere(free)
    cost = compute_pair_costs(problem, slots, pairs, past, weights)
    cost += (noise[np.array(rows, dtype=np.int64)] + penalty)[pairs[:, 0], pairs[:, 1]]
    program = RosterProgram(slots, pairs, elastic, cost.tolist(), [1.0] * len(pairs))
    add_coverage_rows(program, weights)
    columns: list[dict[int, int]] = [{} for _ in problem.officers]
    for column, (slot, officer) in enumerate(pairs.tolist()):
        columns[officer][slot] = column
    days = group_pairs((one.day, at) for at, one in enumerate(slots))
    together, close = list(find_overlap_cliques(slots)), find_short_rests(slots, problem.rest_min)
    least = find_fairness_baselines(problem, past)
    for officer, mine in enumerate(columns):
        if mine:
            own = OfficerColumns(officer, mine, days)
            add_exclusive_rows(program, own, "double_booking", together)
            add_exclusive_rows(program, own, "rest", close)
            add_limit_rows(program, problem, own, past)
            add_fairness_rows(program, own, least[problem.officers[officer].kind], past, weights)
    return program


def _solve_program(program: RosterProgram, *, time_limit_s: float) -> tuple[_SlotOfficers, float]:
    """Return who takes each slot, or None for nobody, and the relative gap to the best possible."""
    taken: _SlotOfficers = [None] * len(program.slots)
    solver = HighsSolver()
    solver.setOptionValue("time_limit", time_limit_s)
    solver.setOptionValue("mip_rel_gap", _GAP)
    solver.passModel(_make_highs_model(program))
    solver.run()
    if solver.getModelStatus() not in (HIGHS_OPTIMAL, _HIGHS_TIME_LIMIT):
        raise ValueError(f"HiGHS stopped with {solver.getModelStatus()}")
    values = np.array(solver.getSolution().col_value)
    gap = float(solver.getInfo().mip_gap)
    if len(values) < len(program.pairs) or not np.isfinite(gap):
        return taken, 1.0
    for column in np.flatnonzero(values[: len(program.pairs)] > 0.5).tolist():
        slot, officer = program.pairs[column].tolist()
        taken[slot] = officer
    return taken, gap


def _make_highs_model(program: RosterProgram) -> highspy.HighsLp:
    count, rows = len(program.cost), program.rows
    lengths = [len(row.columns) for row in rows]
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count, len(rows)
    model.col_cost_ = np.array(program.cost)
    model.col_lower_ = np.zeros(count)
    model.col_upper_ = np.array(program.upper)
    model.row_lower_ = np.array([row.low for row in rows])
    model.row_upper_ = np.array([row.high for row in rows])
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.start_ = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    matrix.index_ = np.array([each for row in rows for each in row.columns], dtype=np.int32)
    matrix.value_ = np.array([each for row in rows for each in row.factors], dtype=float)
    integer, continuous = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    pairs = len(program.pairs)
    model.integrality_ = [integer] * pairs + [continuous] * (count - pairs)
    return model


_PERIOD_WEEKS = 4
_PERIOD_LIMIT_S = 5.0
_TIE = 0.01


@dataclass(frozen=True, eq=False, slots=True)
class RosterProposal:
    """Who takes which shift so far, by uid; None is an open shift.

    A ``share`` of the shifts is done, up to the week that begins on ``week``. ``gap`` is the
    largest relative gap of a block to the best possible, or 0 if every block is proven optimal.
    """

    assignment: Mapping[str, str | None]
    share: float
    week: date
    gap: float

    @property
    def open(self) -> tuple[str, ...]:
        """Uids of the shifts that stay open."""
        return tuple(uid for uid, officer in self.assignment.items() if officer is None)


def fill_open_shifts(
    project: Project,
    first: date,
    last: date,
    *,
    refill: bool = False,
    elastic: bool = False,
    seed: int = 0,
    weights: RosterWeights | None = None,
) -> Iterator[RosterProposal]:
    """Yield the proposal as it grows, block by block, so that it can be stopped in between.

    Fills the open shifts from one local day to another, with ``refill`` also drafts that are not
    locked. With ``elastic``, rules that accept a reason, and leave, are relaxed where a shift would
    stay open, as little as possible. The same seed gives the same roster.

    Raises
    ------
    UserError
        There are no officers, or no shifts to fill.
    """
    problem = build_staffing_problem(project, first, last, refill=refill)
    if not problem.officers:
        raise UserError("no_officers")
    if not problem.slots:
        school = any(project.calendar.school_days(first, last))
        code = "no_open_shift" if school else "no_open_shift.no_school"
        raise UserError(code, first=first, last=last)
    noise = np.random.default_rng(seed).random(problem.available.shape) * _TIE
    yield from _propose_blocks(problem, noise, elastic=elastic, weights=weights or RosterWeights())


def _propose_blocks(
    problem: StaffingProblem, noise: FloatArray, *, elastic: bool, weights: RosterWeights
) -> Iterator[RosterProposal]:
    past, mondays = read_officer_history(problem), list_slot_weeks(problem.slots)
    assignment: dict[str, str | None] = {}
    worst_gap = 0.0
    for start in range(0, len(mondays), _PERIOD_WEEKS):
        block = frozenset(mondays[start : start + _PERIOD_WEEKS])
        rows = [at for at, slot in enumerate(problem.slots) if slot.week in block]
        program = _build_program(problem, rows, past, noise, weights=weights, elastic=elastic)
        taken, gap = _solve_program(program, time_limit_s=_PERIOD_LIMIT_S)
        for slot, officer in zip(program.slots, taken, strict=True):
            assignment[slot.shift.uid] = None if officer is None else problem.officers[officer].id
            if officer is not None:
                past.record_slot(officer, slot)
        worst_gap = max(worst_gap, gap)
        share = len(assignment) / len(problem.slots)
        yield RosterProposal(dict(assignment), share, max(block), worst_gap)


RULES_BY_RANK = (
    "eligibility",
    "unknown_officer",
    "leave",
    "main_job",
    "double_booking",
    "rest",
    "daily_hours",
    "weekly_hours",
    "consecutive_days",
    "detail_minimum",
    "overtime",
)
"""All rules that can stop an officer, the first one first."""


@dataclass(frozen=True, slots=True)
class OpenShiftReason:
    """Why nobody takes a shift, with the ``counts`` of officers by the rule that stops them."""

    shift: str
    name: Message
    why: Message
    counts: Mapping[str, int]

    @property
    def message(self) -> Message:
        """The shift, and why it is open."""
        return Message("open_shift", shift=self.name, why=self.why)


@dataclass(frozen=True, eq=False, slots=True)
class RelaxedRoster:
    """A roster that breaks as few rules as possible: who takes which shift, and what that breaks.

    ``open`` are the shifts that nobody can take even so.
    """

    assignment: Mapping[str, str | None]
    gives_way: tuple[RosterViolation, ...]
    open: tuple[str, ...]


def explain_open_shift(project: Project, uid: str) -> OpenShiftReason:
    """Explain why no officer can take a shift; each counts under the first rule that stops them."""
    shift = get_shift(project, uid)
    counts: Counter[str] = Counter()
    free: list[str] = []
    for officer in project.officers.values():
        violations = find_assignment_violations(project, uid, officer.id)
        if blocking := [one for one in violations if one.level.is_blocking]:
            counts[min((one.rule for one in blocking), key=RULES_BY_RANK.index)] += 1
        else:
            free.append(officer.name)
    stopped = [Message(f"officers_stopped.{rule}", n=n) for rule, n in counts.most_common()]
    code = "can_be_taken" if free else "stays_open.rules" if counts else "stays_open.no_officer"
    why = Message(code, officers=free, stopped=stopped)
    return OpenShiftReason(uid, describe_shift(shift, project.time_zone), why, dict(counts))


def propose_relaxed_roster(
    project: Project, uids: Iterable[str], *, seed: int = 0
) -> RelaxedRoster:
    """Return a roster for the weeks of some open shifts that relaxes as few rules as possible.

    Shifts that have an officer keep them. Only rules that accept a reason, and leave, are relaxed;
    the independent checker reports each violation.
    """
    days = [project.shifts[uid].day(project.time_zone) for uid in uids]
    first = min(days) - timedelta(days=min(days).weekday())
    last = max(days) + timedelta(days=6 - max(days).weekday())
    *_, found = fill_open_shifts(project, first, last, elastic=True, seed=seed)
    after = apply_assignment(project, found.assignment)
    given = {uid for uid, officer in found.assignment.items() if officer is not None}
    broken = [
        one
        for one in find_roster_violations(after, first, last)
        if one.is_unexcused
        and one.rule in ROSTER_RULES
        and one.level.is_blocking
        and given & set(one.shifts)
    ]
    return RelaxedRoster(found.assignment, tuple(broken), found.open)


def apply_assignment(project: Project, assignment: Mapping[str, str | None]) -> Project:
    """Return the project with shifts assigned as proposed, without checking any rule."""
    shifts = {
        uid: replace(project.shifts[uid], officer=officer) for uid, officer in assignment.items()
    }
    return replace(project, shifts={**project.shifts, **shifts})


def list_open_shifts(project: Project, first: date, last: date) -> list[str]:
    """Return the uids of the open shifts from one local day to another, in order of start."""
    found = [
        shift
        for shift in project.shifts.values()
        if shift.is_open and first <= shift.day(project.time_zone) <= last
    ]
    return [shift.uid for shift in sorted(found, key=lambda one: (one.starts_at, one.unit))]
