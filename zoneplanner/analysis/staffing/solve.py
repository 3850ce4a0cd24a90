"""Fill some slots with HiGHS: their program, solved and read back."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import highspy
import numpy as np

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.optimise.master import HIGHS_OPTIMAL, HighsSolver
from zoneplanner.analysis.staffing.limits import (
    add_limit_rows,
    add_overlap_rows,
    add_rest_rows,
    find_free_pairs,
    find_overlap_cliques,
    find_short_rests,
)
from zoneplanner.analysis.staffing.program import (
    OfficerColumns,
    OfficerHistory,
    RosterProgram,
    RosterWeights,
    add_coverage_rows,
    add_fairness_rows,
    compute_pair_costs,
    find_fairness_baselines,
)
from zoneplanner.analysis.staffing.roll import StaffingProblem

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
            add_overlap_rows(program, own, together)
            add_rest_rows(program, own, close)
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
