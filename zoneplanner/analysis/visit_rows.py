"""Figures over visits for all rows of a table at once: how many, how far apart, how guessable."""

from collections.abc import Sequence

import numpy as np

from zoneplanner.analysis.log_table import NEVER, Table
from zoneplanner.analysis.row_figures import (
    Floats,
    Ints,
    RowFigures,
    counted,
    longest,
    means,
    shares,
    shortest,
    weighed,
)
from zoneplanner.analysis.row_numbers import Bools

PREDICTABILITY_MIN_N = 10
HALF_HOURS, DAYS = 48, 7
FEW_CELLS = 1 << 22
GAP_FLAG_H = 1 / 60


def visit_figures(visits: Table, row: Ints, rows: int) -> dict[str, RowFigures]:
    """Return the figures of visits in order of site and arrival; ``row`` is that of each."""
    gaps, gap_row = _gaps_h(visits, row)
    words = "Hours from one arrival at a site to the next at the same site"
    none = "no site was visited twice"
    n = np.bincount(row, minlength=rows)
    left = weighed(row, visits["stay"] >= 0, rows)
    return {
        "visits": counted(n, "Visits made: status on site or completed."),
        "gap_mean_h": means(gaps, gap_row, rows, f"{words}: mean.", none),
        "gap_min_h": _flagged(gaps, gap_row, rows, words, none),
        "gap_max_h": longest(gaps, gap_row, rows, f"{words}: longest.", none),
        "predictability": _predictability(visits, row, rows),
        "departures_share": shares(
            left, n, "Share of visits that carry a departure.", "no visit logged"
        ),
    }


def heat(visits: Table) -> Ints:
    """Count arrivals by weekday, Monday first, and hour of the local clock, shape (7, 24)."""
    cell = _weekday(visits) * 24 + visits["minute"] // 60
    return np.bincount(cell, minlength=7 * 24).reshape(7, 24)


def waits(
    last: Ints,
    counts: Ints,
    members: Sequence[Ints],
    since: Ints,
    *,
    place: str = "site",
) -> RowFigures:
    """Return the school days since the last visit, of the place of each row that waits longest.

    ``last`` is the index of each place's last day in ``since``, the school days after each day, or
    -1; ``counts`` its visits. One that was never visited withholds the figure.
    """
    words = f"School days after the last visit up to the end of the period, by {place}"
    values = np.full(len(members), np.nan)
    n = np.zeros(len(members), np.int64)
    definitions, whys = [], []
    for row, places in enumerate(members):
        one = len(places) == 1
        definitions.append(f"{words}." if one else f"{words}; the longest of them.")
        never = int((last[places] < 0).sum())
        n[row] = counts[places].sum()
        told = f"{never} site{'' if never == 1 else 's'}"
        why = "no visit logged" if one else f"no visit logged at {told}"
        whys.append(why if len(places) else "no site belongs here")
        if len(places) and not never:
            values[row] = since[last[places]].max()
    return RowFigures(values, n, definitions, whys, whole=True)


def coverage(done: Floats, due: Floats) -> RowFigures:
    """Return the share of required visits that were made."""
    words = (
        "Visits made on school days, up to those required that day at each site, over the "
        "required ones: visits a day by level x school days of the period."
    )
    found = shares(done, np.maximum(due, 0.0), words, "no visit was required in the period")
    return RowFigures(found.values, np.rint(due).astype(np.int64), words, found.why)


def done_by_day(visits: Table, a_day: Floats, first: int, in_school: Bools) -> Floats:
    """Return the visits that were due and made, by site number and day, shape (sites, days).

    ``a_day`` is how many are due on a school day by site number, ``first`` the first day.
    """
    days = len(in_school)
    place = visits["site"].astype(np.int64) * days + (visits["day"] - first)
    counts = np.bincount(place, minlength=len(a_day) * days).reshape(len(a_day), days)
    done: Floats = np.minimum(counts, a_day[:, None])
    done *= in_school
    return done


def _gaps_h(visits: Table, row: Ints) -> tuple[Floats, Ints]:
    """Return the hours between successive visits of a row to a site, and their rows."""
    at, site = visits["at"], visits["site"]
    if (row[1:] < row[:-1]).any():
        order = np.argsort(row.astype(np.int16), kind="stable")
        at, site, row = at[order], site[order], row[order]
    same = (site[1:] == site[:-1]) & (row[1:] == row[:-1])
    return (at[1:] - at[:-1])[same] / 3600.0, row[1:][same]


def _flagged(gaps: Floats, row: Ints, rows: int, words: str, none: str) -> RowFigures:
    """Return the shortest gap, and say where some are too short to be two visits."""
    least = shortest(gaps, row, rows, "", none)
    short = np.bincount(row, gaps < GAP_FLAG_H, rows).astype(int).tolist()
    flags = (f" {k} below 1 minute: logged twice?" if k else "" for k in short)
    return RowFigures(least.values, least.n, [f"{words}: shortest.{flag}" for flag in flags], none)


def _predictability(visits: Table, row: Ints, rows: int) -> RowFigures:
    """One less the entropy of arrival half-hours, as a share of what so few visits could reach."""
    words = (
        "How guessable arrivals are: 1 less the normalised entropy of the half-hours of arrival, "
        "by site and weekday with two visits or more; 1 is always the same half-hour."
    )
    sites = int(visits["site"].max(initial=0)) + 1
    group = (row * sites + visits["site"]) * DAYS + _weekday(visits)
    key = group * HALF_HOURS + visits["minute"] // 30
    if rows * sites * DAYS * HALF_HOURS <= FEW_CELLS:
        every = np.bincount(key)
        cells = np.flatnonzero(every)
        counts = every[cells]
    else:
        cells, counts = np.unique(key, return_counts=True)
    of_cell = cells // HALF_HOURS  # ascending
    starts = np.flatnonzero(np.diff(of_cell, prepend=-1))
    groups = of_cell[starts]
    at = np.repeat(np.arange(len(groups)), np.diff(np.append(starts, len(of_cell))))
    n = np.bincount(at, counts, len(groups))
    entropy = np.log(n) - np.bincount(at, counts * np.log(counts), len(groups)) / n
    several = n >= 2
    of_row = groups[several] // (sites * DAYS)
    n, entropy = n[several], entropy[several]
    spread = np.bincount(of_row, n * entropy / np.log(np.minimum(n, HALF_HOURS)), rows)
    total = np.bincount(of_row, n, rows).astype(np.int64)
    enough = total >= PREDICTABILITY_MIN_N
    values = np.where(enough, 1 - spread / np.maximum(total, 1), np.nan)
    why = [
        f"needs {PREDICTABILITY_MIN_N} visits on repeated weekdays, there are {k}"
        for k in total.tolist()
    ]
    return RowFigures(values, total, words, why)


def _weekday(visits: Table) -> Ints:
    """Return the weekday of each local day, Monday 0."""
    found: Ints = ((visits["day"] - 1) % 7).astype(np.int64)
    return found


def last_days(visits: Table, field: str, places: int) -> tuple[Ints, Ints]:
    """Return the ordinal of each place's last day, ``NEVER`` where there is none, and its visits.

    A place is a site or a unit by number; the last place is that of visits without one.
    """
    number = visits[field].astype(np.int64)
    number = np.where(number < 0, places - 1, number)
    last = np.full(places, NEVER, np.int64)
    np.maximum.at(last, number, visits["day"].astype(np.int64))
    return last, np.bincount(number, minlength=places)
