"""On what it rests that the days of a period count, and what may be missing of them.

Records of days that nobody declared complete are counted, but not the days themselves: no figure
that counts days or school hours, no change, no verdict, no school without a visit. Every door says
so in the sentences of ``describe_basis``.
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

    ``silent`` are the longest school days in a row without any record of a kind, where at the rate
    of all days ten were to be expected; of declared days they are a week at least.
    """

    undeclared: tuple[str, ...] = ()
    silent: Mapping[str, DayRange] = field(default_factory=dict)


def find_silent_days(first: date, known: BoolArray, days: IntArray) -> DayRange | None:
    """Return the longest run of days on record without any, where ten were to be expected.

    ``known`` are the school days on record from ``first`` on, shape (days,); ``days`` the ordinals
    of the records.
    """
    runs = list_silent_days(first, known, days)
    return max(runs, key=lambda run: run.school_days, default=None)


def list_silent_days(first: date, known: BoolArray, days: IntArray) -> list[DayRange]:
    """Return the runs of days on record without any, where ten were to be expected; see above."""
    inside = days[(days >= first.toordinal()) & (days < first.toordinal() + len(known))]
    counts = np.bincount(inside - first.toordinal(), minlength=len(known))
    counted, every = int(counts[known].sum()), int(known.sum())
    runs = list_day_ranges(first, known, known & (counts == 0))
    return [run for run in runs if run.school_days * counted >= LEAST_N * every]


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


def describe_basis(
    basis: RecordBasis, formats: MessageFormats | None = None, *, of_office: bool = True
) -> list[str]:
    """Say of which records nobody declared the days, and which days may be missing.

    That days that were declared are silent is for the office alone: others would learn of how few
    records a short time has.
    """
    found = []
    if basis.undeclared:
        found.append(render_message("record_basis.not_declared", {"kinds": basis.undeclared}))
    for kind, run in basis.silent.items():
        facts = {"kind": kind, "first": run.first, "last": run.last, "n": run.school_days}
        code = "silent" if run.last > run.first else "silent.day"
        if kind not in basis.undeclared:
            if not of_office:
                continue
            code = "silent.declared"
        found.append(render_message(f"record_basis.{code}", facts, formats))
    return found
