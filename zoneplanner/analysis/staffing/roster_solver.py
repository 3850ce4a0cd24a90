"""A roster proposed a few weeks at a time, each by an integer program that HiGHS solves."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import highspy
import numpy as np

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.highs import HIGHS_OPTIMAL, HighsSolver
from zoneplanner.analysis.staffing.roster_constraints import (
    add_exclusive_rows,
    add_limit_rows,
    find_free_pairs,
    find_overlap_cliques,
    find_short_rests,
)
from zoneplanner.analysis.staffing.roster_program import (
    OfficerColumns,
    OfficerHistory,
    RosterProgram,
    RosterWeights,
    add_coverage_rows,
    add_fairness_rows,
    compute_pair_costs,
    find_fairness_baselines,
    read_officer_history,
)
from zoneplanner.analysis.staffing.staffing_problem import (
    StaffingProblem,
    build_staffing_problem,
    list_slot_weeks,
)
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_GAP = 1e-4
_HIGHS_TIME_LIMIT = highspy.HighsModelStatus.kTimeLimit
_SlotOfficers = list[int | None]


def _build_program(
    roll: StaffingProblem,
    rows: Sequence[int],
    past: OfficerHistory,
    noise: FloatArray,
    *,
    weights: RosterWeights,
    elastic: bool = False,
) -> RosterProgram:
    """Return the program that fills some slots of a roll.

    ``noise``, shape (slots of the roll, officers), decides between answers that weigh the same.
    """
    slots = [roll.slots[row] for row in rows]
    may, price = find_free_pairs(roll, rows, past, elastic=elastic)
    pairs = np.argwhere(may)
    cost = compute_pair_costs(roll, slots, pairs, past, weights)
    cost += (noise[np.array(rows, dtype=np.int64)] + price)[pairs[:, 0], pairs[:, 1]]
    program = RosterProgram(slots, pairs, elastic, cost.tolist(), [1.0] * len(pairs))
    add_coverage_rows(program, weights)
    columns: list[dict[int, int]] = [{} for _ in roll.officers]
    for column, (slot, officer) in enumerate(pairs.tolist()):
        columns[officer][slot] = column
    days: dict[date, list[int]] = defaultdict(list)
    for at, one in enumerate(slots):
        days[one.day].append(at)
    together, close = list(find_overlap_cliques(slots)), find_short_rests(slots, roll.rest_min)
    least = find_fairness_baselines(roll, past)
    for officer, mine in enumerate(columns):
        if mine:
            own = OfficerColumns(officer, mine, days)
            add_exclusive_rows(program, own, "double_booking", together)
            add_exclusive_rows(program, own, "rest", close)
            add_limit_rows(program, roll, own, past)
            add_fairness_rows(program, own, least[roll.officers[officer].kind], past, weights)
    return program


def _solve_program(program: RosterProgram, *, time_limit_s: float) -> tuple[_SlotOfficers, float]:
    """Return who takes each slot, None for nobody, and the share by which it may be improved."""
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
    whole, free = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    others = count - len(program.pairs)
    model.integrality_ = [whole] * len(program.pairs) + [free] * others
    return model


_PERIOD_WEEKS = 4
_PERIOD_LIMIT_S = 5.0
_TIE = 0.01


@dataclass(frozen=True, eq=False, slots=True)
class RosterProposal:
    """Who takes which shift so far, by uid; None stays open.

    ``share`` of the shifts is done, up to the week that begins on ``week``; ``gap`` is the share by
    which the worst block may still be improved, 0 where each is proven.
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
    """Yield the proposal as it grows, block by block; a person may stop in between.

    The open shifts from one local day to another are filled, with ``refill`` also drafts that are
    not locked. With ``elastic`` rules that take a reason, and leave, give way where a shift would
    stay open, as little as possible. The same seed gives the same roster.

    Raises
    ------
    UserError
        There is no officer, or no shift to fill.
    """
    roll = build_staffing_problem(project, first, last, refill=refill)
    if not roll.officers:
        raise UserError("no_officers")
    if not roll.slots:
        school = any(project.calendar.school_days(first, last))
        code = "no_open_shift" if school else "no_open_shift.no_school"
        raise UserError(code, first=first, last=last)
    noise = np.random.default_rng(seed).random(roll.available.shape) * _TIE
    yield from _propose_blocks(roll, noise, elastic=elastic, weights=weights or RosterWeights())


def _propose_blocks(
    roll: StaffingProblem, noise: FloatArray, *, elastic: bool, weights: RosterWeights
) -> Iterator[RosterProposal]:
    past, mondays = read_officer_history(roll), list_slot_weeks(roll.slots)
    found: dict[str, str | None] = {}
    worst = 0.0
    for start in range(0, len(mondays), _PERIOD_WEEKS):
        block = frozenset(mondays[start : start + _PERIOD_WEEKS])
        rows = [at for at, slot in enumerate(roll.slots) if slot.week in block]
        program = _build_program(roll, rows, past, noise, weights=weights, elastic=elastic)
        taken, gap = _solve_program(program, time_limit_s=_PERIOD_LIMIT_S)
        for slot, officer in zip(program.slots, taken, strict=True):
            found[slot.shift.uid] = None if officer is None else roll.officers[officer].id
            if officer is not None:
                past.record_slot(officer, slot)
        worst = max(worst, gap)
        yield RosterProposal(dict(found), len(found) / len(roll.slots), max(block), worst)
