"""Figures over incidents for all rows of a table at once. Missing stamps are never filled in."""

from collections.abc import Mapping

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.coverage.figures import (
    FigureColumn,
    compute_row_means,
    compute_row_percentiles,
    compute_row_shares,
    compute_row_sums,
    sum_by_row,
    withhold_rows,
)
from zoneplanner.analysis.coverage.log_period import PeriodRecords
from zoneplanner.analysis.coverage.row_grouping import GroupRows, RowGrouper
from zoneplanner.analysis.log.log_arrays import CALL_STAMPS, NO_NAME, NO_TIMESTAMP, RecordArray

_NO_RESPONSE = "no incident has both stamps, received and on scene"
_NO_STAMPS = "no incident has both stamps"

_RESPONSE = "Minutes from received to the first unit on scene"


def compute_response_figures(
    calls: RecordArray, row: IntArray, rows: int, *, target_min: float, own_unit: IntArray
) -> dict[str, FigureColumn]:
    """Return the figures of incidents; ``own_unit`` is the unit of the zone that each was in."""
    n = np.bincount(row, minlength=rows)
    response, of = measure_minutes_between(calls, "received", "onscene")
    replies = row[of]
    within = sum_by_row(replies, response <= target_min, rows)
    target = f"Share of responses within the target of {target_min:g} minutes, received to on scene"
    answered = np.bincount(replies, minlength=rows)
    return {
        "response_mean_min": compute_row_means(
            response, replies, rows, f"{_RESPONSE}: mean.", _NO_RESPONSE
        ),
        "response_p50_min": compute_row_percentiles(
            response, replies, rows, f"{_RESPONSE}: median.", _NO_RESPONSE
        ),
        "response_p90_min": compute_row_percentiles(
            response,
            replies,
            rows,
            f"{_RESPONSE}: nine in ten were no longer than this.",
            _NO_RESPONSE,
            percent=90,
        ),
        "response_within_target_share": compute_row_shares(
            within, answered, f"{target}.", _NO_RESPONSE
        ),
        "queue_p50_min": _compute_median(
            calls, row, rows, ("received", "dispatched"), "Minutes from received to dispatched"
        ),
        "turnout_p50_min": _compute_median(
            calls, row, rows, ("dispatched", "enroute"), "Minutes from dispatched to en route"
        ),
        "travel_p50_min": _compute_travel_figure(calls, row, rows),
        "scene_p50_min": _compute_median(
            calls, row, rows, ("onscene", "cleared"), "Minutes from on scene to cleared"
        ),
        "consumed_h": _sum_consumed(calls, row, rows),
        "stamps_complete_share": compute_row_shares(
            sum_by_row(row, find_complete_stamps(calls), rows),
            n,
            "Share of incidents that carry all five stamps.",
            "no incident logged",
        ),
        "out_of_zone_share": _share_out_of_zone(calls, row, rows, own_unit),
    }


def measure_minutes_between(
    calls: RecordArray, start: str, end: str
) -> tuple[FloatArray, IntArray]:
    """Return the minutes of the incidents whose two ends are stamped in order, and their places."""
    return _measure_minutes(calls[start], calls[end])


def find_complete_stamps(calls: RecordArray) -> IntArray:
    """Tell which incidents carry all five stamps."""
    found: IntArray = np.logical_and.reduce([calls[name] != NO_TIMESTAMP for name in CALL_STAMPS])
    return found


def _measure_minutes(start: IntArray, end: IntArray) -> tuple[FloatArray, IntArray]:
    place = np.flatnonzero((start != NO_TIMESTAMP) & (end != NO_TIMESTAMP) & (end >= start))
    return (end[place] - start[place]) / 60.0, place


def _compute_median(
    calls: RecordArray, row: IntArray, rows: int, ends: tuple[str, str], words: str
) -> FigureColumn:
    minutes, of = measure_minutes_between(calls, *ends)
    return compute_row_percentiles(minutes, row[of], rows, f"{words}: median.", _NO_STAMPS)


def _compute_travel_figure(calls: RecordArray, row: IntArray, rows: int) -> FigureColumn:
    """From en route, or from dispatched where that is missing, which is told."""
    without = calls["enroute"] == NO_TIMESTAMP
    start = np.where(without, calls["dispatched"], calls["enroute"])
    minutes, of = _measure_minutes(start, calls["onscene"])
    stamped = without & (calls["dispatched"] != NO_TIMESTAMP) & (calls["onscene"] != NO_TIMESTAMP)
    flagged = np.bincount(row, stamped, rows).astype(int).tolist()
    words = [
        "Minutes from en route to on scene: median."
        + (f" {k} without an en-route stamp are taken from dispatched." if k else "")
        for k in flagged
    ]
    return compute_row_percentiles(minutes, row[of], rows, words, _NO_STAMPS)


def _sum_consumed(calls: RecordArray, row: IntArray, rows: int) -> FigureColumn:
    has = calls["consumed"] >= 0
    words = "Hours from en route to cleared, summed over the units of each incident."
    none = "no incident has both stamps, en route and cleared"
    return compute_row_sums(calls["consumed"][has] / 3600.0, row[has], rows, words, none)


def _share_out_of_zone(
    calls: RecordArray, row: IntArray, rows: int, own_unit: IntArray
) -> FigureColumn:
    led = (calls["unit"] != NO_NAME) & (own_unit != NO_NAME)
    outside = sum_by_row(row[led], (calls["unit"] != own_unit)[led], rows)
    words = "Share of responses led by another unit than that of the site's zone."
    none = "no incident has both a unit and a zone"
    return compute_row_shares(outside, np.bincount(row[led], minlength=rows), words, none)


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
