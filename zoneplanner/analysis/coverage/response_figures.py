"""Figures about incidents for all rows of a table at once. Missing stamps are never filled in."""

from collections.abc import Iterator, Mapping

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.coverage.figures import (
    FigureColumn,
    compute_row_means,
    compute_row_percentiles,
    compute_row_shares,
    make_column,
    sum_by_row,
    withhold_few,
    withhold_rows,
)
from zoneplanner.analysis.coverage.log_period import GroupRows, RowGrouper
from zoneplanner.analysis.log.log_arrays import (
    CALL_STAMPS,
    CANCELED_MARK,
    DUPLICATE_MARK,
    NO_NAME,
    NO_TIMESTAMP,
    OTHERS_MARK,
    RecordArray,
)
from zoneplanner.messages import Message


def compute_response_figures(
    calls: RecordArray,
    row: IntArray,
    rows: int,
    *,
    target_min: float,
    own_unit: IntArray,
    own_times: bool,
) -> Iterator[FigureColumn]:
    """Yield the figures of incidents; ``own_unit`` is the unit of each one's zone.

    ``row`` and ``own_unit`` have the shape (calls,). With ``own_times`` rows are units: the parts
    of a response use the unit's own stamps, and calls with another agency are excluded.
    """
    received = np.bincount(row, minlength=rows)
    code = "figure.calls.led" if own_times else ""
    yield make_column("calls", received.astype(np.float64), received, whole=True, code=code)
    response, timed = measure_minutes_between(calls["received"], calls["onscene"])
    response_row = row[timed]
    answered = np.bincount(response_row, minlength=rows)
    within = sum_by_row(response_row, response <= target_min, rows)
    yield compute_row_means("response_mean_min", response, response_row, rows)
    yield compute_row_percentiles("response_p50_min", response, response_row, rows)
    yield compute_row_percentiles("response_p90_min", response, response_row, rows, percent=90)
    yield compute_row_shares(
        "response_within_target_share", within, answered, target_min=target_min
    )

    def compute_median(name: str, start: str, end: str) -> FigureColumn:
        if own_times:
            start, end = (name if name == "received" else f"own_{name}" for name in (start, end))
        minutes, timed = measure_minutes_between(our_calls[start], our_calls[end])
        return compute_row_percentiles(name, minutes, our_row[timed], rows)

    ours = (calls["marks"] & OTHERS_MARK) == 0 if own_times else np.ones(len(calls), bool)
    our_calls, our_row = calls[ours], row[ours]
    yield compute_median("queue_p50_min", "received", "dispatched")
    yield compute_median("turnout_p50_min", "dispatched", "enroute")
    yield compute_median("travel_p50_min", "enroute", "onscene")
    yield compute_median("scene_p50_min", "onscene", "cleared")
    stampable = find_stampable(calls)
    complete = sum_by_row(row[stampable], find_complete_stamps(calls[stampable]), rows)
    n = np.bincount(row[stampable], minlength=rows)
    yield compute_row_shares("stamps_complete_share", complete, n)
    arrived = calls["onscene"] != NO_TIMESTAMP
    zoned = arrived & (calls["unit"] != NO_NAME) & (own_unit != NO_NAME)
    outside = sum_by_row(row[zoned], (calls["unit"] != own_unit)[zoned], rows)
    yield compute_row_shares("out_of_zone_share", outside, np.bincount(row[zoned], minlength=rows))


def compute_consumed_hours(commitments: RecordArray, row: IntArray, rows: int) -> FigureColumn:
    """Return the hours that units spent on incidents by row; ``n`` counts the incidents.

    ``row`` has the shape (commitments,).
    """
    seconds = (commitments["ended"] - commitments["began"]).astype(float)
    hours = sum_by_row(row, seconds / 3600.0, rows)
    incidents = np.unique(np.stack([commitments["seq"], row]), axis=1)[1]
    n = np.bincount(incidents, minlength=rows)
    return make_column("consumed_h", np.where(n > 0, hours, np.nan), n)


def measure_minutes_between(start: IntArray, end: IntArray) -> tuple[FloatArray, IntArray]:
    """Return the minutes of the incidents with both stamps in order, and their indices.

    ``start`` and ``end`` are seconds since 1970, shape (calls,); the results have the shape (k,).
    """
    index = np.flatnonzero((start != NO_TIMESTAMP) & (end != NO_TIMESTAMP) & (end >= start))
    return (end[index] - start[index]) / 60.0, index


def find_stampable(calls: RecordArray) -> BoolArray:
    """Return which incidents are neither canceled nor duplicates, shape (calls,)."""
    return np.asarray((calls["marks"] & (CANCELED_MARK | DUPLICATE_MARK)) == 0)


def find_complete_stamps(calls: RecordArray) -> BoolArray:
    """Return which incidents have all five stamps, shape (calls,)."""
    return np.asarray(np.all([calls[name] != NO_TIMESTAMP for name in CALL_STAMPS], axis=0))


def compute_utilization(
    grouper: RowGrouper, rows: GroupRows, duty_h: Mapping[str, float]
) -> FigureColumn:
    """Return the time that units spent on incidents, as a share of their hours on duty."""
    if grouper.by not in ("unit", "all"):
        return withhold_rows("utilization", len(rows), Message("not_shown.except_by_unit"))
    if not duty_h:
        return withhold_rows("utilization", len(rows), Message("no_shift_begun"))
    commitments, number = grouper.period.commitments, grouper.names.number
    hours = (commitments["ended"] - commitments["began"]) / 3600.0
    part, whole, n = np.zeros((3, len(rows)))
    row_of = {key: row for row, key in enumerate(rows.keys)}
    for unit, on_duty_h in duty_h.items():
        row = row_of.get(unit if grouper.by == "unit" else "all")
        if row is not None:
            own = commitments["unit"] == number.get(unit, len(number))
            part[row] += hours[own].sum()
            whole[row] += on_duty_h
            n[row] += own.sum()
    share = np.divide(part, whole, out=np.full(len(rows), np.nan), where=whole > 0)
    return withhold_few(make_column("utilization", share, n))
