"""Fill some slots with HiGHS: their program, solved and read back."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import highspy
import numpy as np

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.optimise.master import OPTIMAL, Solver
from zoneplanner.analysis.staffing.limits import (
    cliques,
    free_pairs,
    keep_apart,
    keep_rest,
    keep_rules,
    too_close,
)
from zoneplanner.analysis.staffing.program import (
    Own,
    Past,
    Program,
    Weights,
    baselines,
    costs,
    cover,
    fair,
)
from zoneplanner.analysis.staffing.roll import Roll

_GAP = 1e-4
_LIMIT = highspy.HighsModelStatus.kTimeLimit
_Taken = list[int | None]


def program_of(
    roll: Roll,
    rows: Sequence[int],
    past: Past,
    noise: FloatArray,
    *,
    weights: Weights,
    elastic: bool = False,
) -> Program:
    """Return the program that fills some slots of a roll.

    ``noise``, shape (slots of the roll, officers), decides between answers that weigh the same.
    """
    slots = [roll.slots[row] for row in rows]
    may, price = free_pairs(roll, rows, past, elastic=elastic)
    pairs = np.argwhere(may)
    cost = costs(roll, slots, pairs, past, weights)
    cost += (noise[np.array(rows, dtype=np.int64)] + price)[pairs[:, 0], pairs[:, 1]]
    program = Program(slots, pairs, elastic, cost.tolist(), [1.0] * len(pairs))
    cover(program, weights)
    columns: list[dict[int, int]] = [{} for _ in roll.officers]
    for column, (slot, officer) in enumerate(pairs.tolist()):
        columns[officer][slot] = column
    days: dict[date, list[int]] = defaultdict(list)
    for at, one in enumerate(slots):
        days[one.day].append(at)
    together, close = list(cliques(slots)), too_close(slots, roll.rest_min)
    least = baselines(roll, past)
    for officer, mine in enumerate(columns):
        if mine:
            own = Own(officer, mine, days)
            keep_apart(program, own, together)
            keep_rest(program, own, close)
            keep_rules(program, roll, own, past)
            fair(program, own, least[roll.officers[officer].kind], past, weights)
    return program


def solve(program: Program, *, time_limit_s: float) -> tuple[_Taken, float]:
    """Return who takes each slot, None for nobody, and the share by which it may be improved."""
    taken: _Taken = [None] * len(program.slots)
    solver = Solver()
    solver.setOptionValue("time_limit", time_limit_s)
    solver.setOptionValue("mip_rel_gap", _GAP)
    solver.passModel(_model(program))
    solver.run()
    if solver.getModelStatus() not in (OPTIMAL, _LIMIT):
        raise ValueError(f"HiGHS stopped with {solver.getModelStatus()}")
    values = np.array(solver.getSolution().col_value)
    gap = float(solver.getInfo().mip_gap)
    if len(values) < len(program.pairs) or not np.isfinite(gap):
        return taken, 1.0
    for column in np.flatnonzero(values[: len(program.pairs)] > 0.5).tolist():
        slot, officer = program.pairs[column].tolist()
        taken[slot] = officer
    return taken, gap


def _model(program: Program) -> highspy.HighsLp:
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
