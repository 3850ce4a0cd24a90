"""The bell days of schools as numbers: when each opens and closes, and the school hours between."""

from dataclasses import dataclass
from datetime import date, time

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.coverage.row_grouping import list_day_kinds
from zoneplanner.analysis.log.log_arrays import NameNumbers
from zoneplanner.domain.calendar.bells import BellTimes, SchoolDayKind, list_bell_clocks
from zoneplanner.domain.project import Project

NO_SCHOOL = -1
_NO_SITE = ""
"""What has no site, or one that the project does not know, has the bells of no level."""


@dataclass(frozen=True, eq=False, slots=True)
class BellDays:
    """Schools' days from a first day on, from the first bell window to the end of the last.

    Attributes
    ----------
    variant
        The bell times of each site by number, a place in the next two; the last is of no site.
    opens_min, closes_min
        Minutes after local midnight by variant and kind of day, shape (variants, kinds).
    kind
        Of each day, a place in ``SchoolDayKind``, or ``NO_SCHOOL``; shape (days,).
    hours_before
        School hours from the first day to the start of each day, shape (variants, days + 1).
    """

    first: int
    variant: IntArray
    opens_min: IntArray
    closes_min: IntArray
    kind: IntArray
    hours_before: FloatArray

    def read_school_hours(self, site: IntArray, day: IntArray, minute: IntArray) -> FloatArray:
        """Return the school hours from the first day to moments on the local clock, shape (n,).

        ``site`` holds numbers, ``day`` ordinals within these days, ``minute`` those after midnight.
        """
        variant, at = self.variant[site], day - self.first
        kind = self.kind[at]
        opens, closes = self.opens_min[variant, kind], self.closes_min[variant, kind]
        today = (np.clip(minute, opens, closes) - opens) * (kind != NO_SCHOOL) / 60.0
        return np.asarray(self.hours_before[variant, at] + today)

    def mark_bell_hours(self, site: IntArray, day: IntArray, minute: IntArray) -> BoolArray:
        """Tell which moments are within the bell windows of a school day; as for hours, (n,)."""
        variant, kind = self.variant[site], self.kind[day - self.first]
        opens, closes = self.opens_min[variant, kind], self.closes_min[variant, kind]
        return np.asarray((kind != NO_SCHOOL) & (minute >= opens) & (minute < closes))


def read_bell_days(
    project: Project, names: NameNumbers, first: date, last: date, *, counted: BoolArray
) -> BellDays:
    """Return the bell days of a stretch for all names that are sites; others have the usual.

    A day that is not ``counted``, shape (days,), is one without school.
    """
    bells = project.calendar.bells
    variants: dict[BellTimes, int] = {}
    levels = {site.id: site.level for site in project.sites.values()}
    variant = [
        variants.setdefault(bells.find_bell_times(name, levels.get(name, "")), len(variants))
        for name in (*names.number, _NO_SITE)
    ]
    clocks = np.array(
        [
            [
                [_count_minutes(spans[0][1]), _count_minutes(spans[-1][2])]
                for kind in SchoolDayKind
                for spans in (list_bell_clocks(bells, times, kind),)
            ]
            for times in variants
        ]
    )
    opens, closes = clocks[:, :, 0], clocks[:, :, 1]
    kind = np.where(counted, list_day_kinds(project.calendar, first, last), NO_SCHOOL)
    hours = (closes - opens)[:, kind] * (kind != NO_SCHOOL) / 60.0
    before = np.concatenate([np.zeros((len(clocks), 1)), hours.cumsum(axis=1)], axis=1)
    return BellDays(first.toordinal(), np.array(variant), opens, closes, kind, before)


def _count_minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
