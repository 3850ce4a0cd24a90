"""The end of a branch: all zones that a better plan could use are listed; choose among them."""

from __future__ import annotations

from collections.abc import Iterator

import highspy
import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.proof.column_generation import (
    PRICE_TOLERANCE,
    LinearRelaxation,
)
from zoneplanner.analysis.districting.proof.pricing import PricedZones, prepare_growth, price_zones
from zoneplanner.analysis.districting.proof.restricted_master import (
    RestrictedMaster,
    compute_column_costs,
)
from zoneplanner.analysis.districting.proof.zone_cases import assemble_plan
from zoneplanner.analysis.highs import HighsSolver, run_in_thread

_SLACK = 1e-9
_FINISHED = (
    highspy.HighsModelStatus.kOptimal,
    highspy.HighsModelStatus.kInfeasible,
    highspy.HighsModelStatus.kUnboundedOrInfeasible,
)


def enumerate_zones(
    master: RestrictedMaster, relaxed: LinearRelaxation, ceiling: float, *, states: int, zones: int
) -> Iterator[PricedZones | None]:
    """Every zone that a plan below ``ceiling`` could use; the last is None if they are too many."""
    limit = relaxed.limit(ceiling)
    table = prepare_growth(master.group, master.agents, relaxed.duals, limit, all_rivals=True)
    found = None
    for found in price_zones(master.group, master.agents, table, states=states, zones=zones):
        if found is None:
            yield None
    complete = (
        found is not None and found.complete and (found.floor >= limit - PRICE_TOLERANCE / 2).all()
    )
    yield found if complete else None


def choose_zones(
    master: RestrictedMaster, zones: PricedZones, ceiling: float
) -> Iterator[tuple[float, IntArray | None]]:
    """Yield (bound, plan below the ceiling or None); the last bound is the best of the list."""
    cost = compute_column_costs(master.group, master.agents, zones.kind, zones.members)
    if not len(cost):
        yield ceiling, None
        return
    program = _make_program(master, zones.members, zones.kind, cost)
    yield from run_in_thread(program, ceiling)
    status = program.getModelStatus()
    if program.getInfo().primal_solution_status == 2 and status in _FINISHED:
        picked = np.flatnonzero(np.array(program.getSolution().col_value) > 0.5)
        plan = assemble_plan(master.agents, zones.kind[picked], zones.members[picked])
        total = float(cost[picked].sum())
        if plan is not None:
            yield min(total, ceiling), plan if total < ceiling * (1 - _SLACK) else None
    elif status in _FINISHED:
        yield ceiling, None


def _make_program(
    master: RestrictedMaster, members: BoolArray, kind: IntArray, cost: FloatArray
) -> HighsSolver:
    solver = HighsSolver()
    kinds = master.agents.kinds
    right = np.array([1.0] * master.n + [float(len(each.zones)) for each in kinds])
    solver.add_rows(right, right)
    solver.add_columns(cost, 1.0, np.hstack([members, kind[:, None] == np.arange(len(kinds))]))
    every = np.arange(len(cost), dtype=np.int32)
    whole = np.full(len(cost), highspy.HighsVarType.kInteger)
    solver.changeColsIntegrality(len(cost), every, whole)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 1e-9)
    return solver
