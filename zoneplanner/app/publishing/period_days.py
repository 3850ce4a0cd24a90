"""Which days of a printed period are on record, and which schools it counts."""

import numpy as np

from zoneplanner.analysis.coverage.log_period import PeriodRecords, list_day_ranges
from zoneplanner.analysis.coverage.row_grouping import mark_school_days
from zoneplanner.analysis.log.log_arrays import NO_NAME
from zoneplanner.domain.calendar.school_calendar import build_school_year
from zoneplanner.domain.geography.site import SCHOOL_LEVELS, Site
from zoneplanner.publish.month import PeriodDays


def count_period_days(cut: PeriodRecords) -> PeriodDays:
    """Count the school days of a period, and say which of them are on record, and why."""
    school = mark_school_days(cut.project.calendar, cut.first, cut.last)
    known = {"visits": cut.in_school, "calls": cut.in_school_for_calls}
    return PeriodDays(
        int(school.sum()),
        {kind: int(days.sum()) for kind, days in known.items()},
        gaps={
            kind: tuple(list_day_ranges(cut.first, school, days ^ school))
            for kind, days in known.items()
        },
        basis=cut.basis,
    )


def list_counted_sites(cut: PeriodRecords) -> list[Site]:
    """Return the schools that are patrolled, and those visited in the school year of a period.

    One that is taken out of patrol keeps its past: else the reports before and after would tell it.
    """
    first = build_school_year(cut.project.calendar, cut.last).first.toordinal()
    visits, names = cut.visits_until_end, list(cut.names.number)
    seen = visits["site"][(visits["day"] >= first) & (visits["site"] != NO_NAME)]
    visited = {names[at] for at in np.unique(seen).tolist()}
    return [
        site
        for site in cut.project.sites.values()
        if site.patrolled or (site.id in visited and site.level in SCHOOL_LEVELS)
    ]
