"""On what it rests that the days of a period count, and what may be missing of them.

Days that nobody declared complete are counted where records reach over them, but nothing is
concluded from them: no change, no verdict, no school without a visit. Every door says so in the
sentences of ``describe_basis``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, IntArray
from zoneplanner.analysis.coverage.figures import LEAST_N
from zoneplanner.messages import MessageFormats, render_message


@dataclass(frozen=True, slots=True)
class DayRange:
    """School days in a row, from a first to a last, and how many they are."""

    first: date
    last: date
    school_days: int


@dataclass(frozen=True, slots=True)
class RecordBasis:
    """The kinds of records of a period of whose days nobody declared which are complete.

    ``silent`` are the longest school days of these in a row without any record, where at the rate
    of all days ten were to be expected.
    """

    undeclared: tuple[str, ...] = ()
    silent: Mapping[str, DayRange] = field(default_factory=dict)


def find_silent_days(first: date, known: BoolArray, days: IntArray) -> DayRange | None:
    """Return the longest run of days on record without any, where ten were to be expected.

    ``known`` are the school days on record from ``first`` on, shape (days,); ``days`` the ordinals
    of the records.
    """
    inside = days[(days >= first.toordinal()) & (days < first.toordinal() + len(known))]
    counts = np.bincount(inside - first.toordinal(), minlength=len(known))
    counted = int(counts[known].sum())
    runs = list_day_ranges(first, known, known & (counts == 0))
    longest = max(runs, key=lambda run: run.school_days, default=None)
    if longest is None or longest.school_days * counted < LEAST_N * int(known.sum()):
        return None
    return longest


def list_day_ranges(first: date, school: BoolArray, wanted: BoolArray) -> Iterator[DayRange]:
    """Yield the runs of the days that are wanted; only school days are looked at."""
    run: list[date] = []
    for at in np.flatnonzero(school).tolist():
        if wanted[at]:
            run.append(first + timedelta(days=at))
        elif run:
            yield DayRange(run[0], run[-1], len(run))
            run = []
    if run:
        yield DayRange(run[0], run[-1], len(run))


def describe_basis(basis: RecordBasis, formats: MessageFormats | None = None) -> list[str]:
    """Say of which records nobody declared the days, and which of these days may be missing."""
    if not basis.undeclared:
        return []
    kinds = {"kinds": basis.undeclared}
    found = [render_message("record_basis.not_declared", kinds)]
    for kind, run in basis.silent.items():
        facts = {"kind": kind, "first": run.first, "last": run.last, "n": run.school_days}
        code = "record_basis.silent" if run.last > run.first else "record_basis.silent.day"
        found.append(render_message(code, facts, formats))
    return found
