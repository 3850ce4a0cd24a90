"""How much of their time on duty incidents took units."""

from collections.abc import Mapping

import numpy as np

from zoneplanner.analysis.period import PeriodRecords
from zoneplanner.analysis.row_figures import FigureColumn, compute_row_shares, withhold_rows
from zoneplanner.analysis.row_numbers import GroupRows, RowGrouper

_NEEDS_SHIFTS = "needs shifts that have begun in the period"
_COMMITTED_DEFINITION = "Committed time, en route to cleared, over time on duty."


def compute_utilization(
    coder: RowGrouper, cut: PeriodRecords, rows: GroupRows, duty_h: Mapping[str, float]
) -> FigureColumn:
    """The time that incidents took units, over their hours on duty."""
    if coder.by not in ("unit", "all"):
        return withhold_rows(
            len(rows), _COMMITTED_DEFINITION, "told by unit or for all, not in these rows"
        )
    if not duty_h:
        return withhold_rows(len(rows), _COMMITTED_DEFINITION, _NEEDS_SHIFTS)
    stints = cut.stints
    hours = (stints["ended"] - stints["began"]) / 3600.0
    part, whole = np.zeros(len(rows)), np.zeros(len(rows))
    n = np.zeros(len(rows), np.int64)
    place = {key: at for at, key in enumerate(rows.keys)}
    for unit, on_h in duty_h.items():
        at = place.get(unit if coder.by == "unit" else "all")
        if at is not None:
            own = stints["unit"] == cut.names.number.get(unit, len(cut.names.number))
            part[at] += hours[own].sum()
            whole[at] += on_h
            n[at] += int(own.sum())
    found = compute_row_shares(
        part, whole, _COMMITTED_DEFINITION, "no shift of it lies in the period"
    )
    return FigureColumn(found.values, n, _COMMITTED_DEFINITION, found.why)
