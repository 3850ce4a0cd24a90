"""Figures over incidents for all rows of a table at once. Missing stamps are never filled in."""

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.log_table import NEVER, NOBODY, TIMES, Table
from zoneplanner.analysis.row_figures import RowFigures, means, percentiles, shares, sums, weighed

_NO_RESPONSE = "no incident has both stamps, received and on scene"
_NO_STAMPS = "no incident has both stamps"

_RESPONSE = "Minutes from received to the first unit on scene"


def response_figures(
    calls: Table, row: IntArray, rows: int, *, target_min: float, own_unit: IntArray
) -> dict[str, RowFigures]:
    """Return the figures of incidents; ``own_unit`` is the unit of the zone that each was in."""
    n = np.bincount(row, minlength=rows)
    response, of = between(calls, "received", "onscene")
    replies = row[of]
    within = weighed(replies, response <= target_min, rows)
    target = f"Share of responses within the target of {target_min:g} minutes, received to on scene"
    answered = np.bincount(replies, minlength=rows)
    return {
        "response_mean_min": means(response, replies, rows, f"{_RESPONSE}: mean.", _NO_RESPONSE),
        "response_p50_min": percentiles(
            response, replies, rows, f"{_RESPONSE}: median.", _NO_RESPONSE
        ),
        "response_p90_min": percentiles(
            response,
            replies,
            rows,
            f"{_RESPONSE}: nine in ten were no longer than this.",
            _NO_RESPONSE,
            percent=90,
        ),
        "response_within_target_share": shares(within, answered, f"{target}.", _NO_RESPONSE),
        "queue_p50_min": _median(
            calls, row, rows, ("received", "dispatched"), "Minutes from received to dispatched"
        ),
        "turnout_p50_min": _median(
            calls, row, rows, ("dispatched", "enroute"), "Minutes from dispatched to en route"
        ),
        "travel_p50_min": _travel(calls, row, rows),
        "scene_p50_min": _median(
            calls, row, rows, ("onscene", "cleared"), "Minutes from on scene to cleared"
        ),
        "consumed_h": _consumed(calls, row, rows),
        "stamps_complete_share": shares(
            weighed(row, complete(calls), rows),
            n,
            "Share of incidents that carry all five stamps.",
            "no incident logged",
        ),
        "out_of_zone_share": _out_of_zone(calls, row, rows, own_unit),
    }


def between(calls: Table, start: str, end: str) -> tuple[FloatArray, IntArray]:
    """Return the minutes of the incidents whose two ends are stamped in order, and their places."""
    return _minutes(calls[start], calls[end])


def complete(calls: Table) -> IntArray:
    """Tell which incidents carry all five stamps."""
    found: IntArray = np.logical_and.reduce([calls[name] != NEVER for name in TIMES])
    return found


def _minutes(start: IntArray, end: IntArray) -> tuple[FloatArray, IntArray]:
    place = np.flatnonzero((start != NEVER) & (end != NEVER) & (end >= start))
    return (end[place] - start[place]) / 60.0, place


def _median(
    calls: Table, row: IntArray, rows: int, ends: tuple[str, str], words: str
) -> RowFigures:
    minutes, of = between(calls, *ends)
    return percentiles(minutes, row[of], rows, f"{words}: median.", _NO_STAMPS)


def _travel(calls: Table, row: IntArray, rows: int) -> RowFigures:
    """From en route, or from dispatched where that is missing, which is told."""
    without = calls["enroute"] == NEVER
    start = np.where(without, calls["dispatched"], calls["enroute"])
    minutes, of = _minutes(start, calls["onscene"])
    stamped = without & (calls["dispatched"] != NEVER) & (calls["onscene"] != NEVER)
    flagged = np.bincount(row, stamped, rows).astype(int).tolist()
    words = [
        "Minutes from en route to on scene: median."
        + (f" {k} without an en-route stamp are taken from dispatched." if k else "")
        for k in flagged
    ]
    return percentiles(minutes, row[of], rows, words, _NO_STAMPS)


def _consumed(calls: Table, row: IntArray, rows: int) -> RowFigures:
    has = calls["consumed"] >= 0
    words = "Hours from en route to cleared, summed over the units of each incident."
    none = "no incident has both stamps, en route and cleared"
    return sums(calls["consumed"][has] / 3600.0, row[has], rows, words, none)


def _out_of_zone(calls: Table, row: IntArray, rows: int, own_unit: IntArray) -> RowFigures:
    led = (calls["unit"] != NOBODY) & (own_unit != NOBODY)
    outside = weighed(row[led], (calls["unit"] != own_unit)[led], rows)
    words = "Share of responses led by another unit than that of the site's zone."
    none = "no incident has both a unit and a zone"
    return shares(outside, np.bincount(row[led], minlength=rows), words, none)
