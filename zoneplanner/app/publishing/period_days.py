"""Which days of a printed period are on record, and on what that rests."""

from zoneplanner.analysis.coverage.log_period import PeriodRecords
from zoneplanner.analysis.coverage.record_basis import list_day_ranges
from zoneplanner.analysis.coverage.row_grouping import mark_school_days
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
