"""Figures over incidents for all rows of a table at once. Missing stamps are never filled in."""

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
from zoneplanner.analysis.coverage.log_period import GroupRows, PeriodRecords, RowGrouper
from zoneplanner.analysis.log.log_arrays import (
    CALL_STAMPS,
    CANCELED_MARK,
    DUPLICATE_MARK,
    NO_NAME,
    NO_TIMESTAMP,
    OTHERS_MARK,
    RecordArray,
)


def compute_response_figures(
    calls: RecordArray,
    row: IntArray,
    rows: int,
    *,
    target_min: float,
    own_unit: IntArray,
    own_times: bool,
) -> Iterator[FigureColumn]:
    """Yield the figures of incidents; ``own_unit`` is the unit of the zone that each was in.

    ``row`` and ``own_unit`` have the shape (calls,). With ``own_times`` rows are of units: the
    parts of a response are by their own stamps, of calls without times of another agency.
    """
    received = np.bincount(row, minlength=rows)
    led = "; for a unit or officer, only those that it led" if own_times else ""
    yield make_column("calls", received.astype(np.float64), received, whole=True, led=led)
    response, of = measure_minutes_between(calls["received"], calls["onscene"])
    replies = row[of]
    answered = np.bincount(replies, minlength=rows)
    within = sum_by_row(replies, response <= target_min, rows)
    yield compute_row_means("response_mean_min", response, replies, rows)
    yield compute_row_percentiles("response_p50_min", response, replies, rows)
    yield compute_row_percentiles("response_p90_min", response, replies, rows, percent=90)
    yield compute_row_shares(
        "response_within_target_share", within, answered, target_min=target_min
    )

    def median(name: str, start: str, end: str) -> FigureColumn:
        if own_times:
            start, end = (one if one == "received" else f"own_{one}" for one in (start, end))
        minutes, of = measure_minutes_between(staged[start], staged[end])
        return compute_row_percentiles(name, minutes, stage_row[of], rows)

    ours = (calls["marks"] & OTHERS_MARK) == 0 if own_times else np.ones(len(calls), bool)
    staged, stage_row = calls[ours], row[ours]

    yield median("queue_p50_min", "received", "dispatched")
    yield median("turnout_p50_min", "dispatched", "enroute")
    yield median("travel_p50_min", "enroute", "onscene")
    yield median("scene_p50_min", "onscene", "cleared")
    could = find_stampable(calls)
    complete = sum_by_row(row[could], find_complete_stamps(calls[could]), rows)
    stamped = np.bincount(row[could], minlength=rows)
    yield compute_row_shares("stamps_complete_share", complete, stamped)
    came = calls["onscene"] != NO_TIMESTAMP
    led = came & (calls["unit"] != NO_NAME) & (own_unit != NO_NAME)
    outside = sum_by_row(row[led], (calls["unit"] != own_unit)[led], rows)
    yield compute_row_shares("out_of_zone_share", outside, np.bincount(row[led], minlength=rows))


def compute_consumed_hours(commitments: RecordArray, row: IntArray, rows: int) -> FigureColumn:
    """Add up the time that incidents took units, by the row of each; it counts the incidents.

    ``row`` has the shape (commitments,).
    """
    seconds = (commitments["ended"] - commitments["began"]).astype(float)
    hours = sum_by_row(row, seconds / 3600.0, rows)
    incidents = np.unique(np.stack([commitments["seq"], row]), axis=1)[1]
    n = np.bincount(incidents, minlength=rows)
    return make_column("consumed_h", np.where(n > 0, hours, np.nan), n)


def measure_minutes_between(start: IntArray, end: IntArray) -> tuple[FloatArray, IntArray]:
    """Return the minutes of the incidents whose two ends are stamped in order, and their places.

    ``start`` and ``end`` are seconds since 1970, shape (calls,); the answers have the shape (k,).
    """
    place = np.flatnonzero((start != NO_TIMESTAMP) & (end != NO_TIMESTAMP) & (end >= start))
    return (end[place] - start[place]) / 60.0, place


def find_stampable(calls: RecordArray) -> BoolArray:
    """Tell which incidents could have all stamps, shape (calls,): none canceled or a duplicate."""
    could: BoolArray = (calls["marks"] & (CANCELED_MARK | DUPLICATE_MARK)) == 0
    return could


def find_complete_stamps(calls: RecordArray) -> BoolArray:
    """Tell which incidents carry all five stamps, shape (calls,)."""
    return np.asarray(np.all([calls[name] != NO_TIMESTAMP for name in CALL_STAMPS], axis=0))


def compute_utilization(
    coder: RowGrouper, cut: PeriodRecords, rows: GroupRows, duty_h: Mapping[str, float]
) -> FigureColumn:
    """The time that incidents took units, over their hours on duty."""
    if coder.by not in ("unit", "all"):
        why = "shown only by unit or in the total"
        return withhold_rows("utilization", len(rows), why)
    if not duty_h:
        why = "needs shifts that have begun in the period"
        return withhold_rows("utilization", len(rows), why)
    taken = cut.commitments
    hours = (taken["ended"] - taken["began"]) / 3600.0
    part, whole, n = np.zeros((3, len(rows)))
    place = {key: at for at, key in enumerate(rows.keys)}
    for unit, on_h in duty_h.items():
        at = place.get(unit if coder.by == "unit" else "all")
        if at is not None:
            own = taken["unit"] == cut.names.number.get(unit, len(cut.names.number))
            part[at] += hours[own].sum()
            whole[at] += on_h
            n[at] += own.sum()
    share = np.divide(part, whole, out=np.full(len(rows), np.nan), where=whole > 0)
    return withhold_few(make_column("utilization", share, n))
