"""What the yearly report counts of the office's records: trainings, monitors, concern reports.

Each count is that of the end of a month, beside those that earlier ends of months told.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from zoneplanner.analysis.coverage.public_totals import LEAST_SCHOOLS, find_told_reports
from zoneplanner.app.publishing.year_months import list_month_ends
from zoneplanner.domain.log.follow_up_entries import read_concern_reports
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.log.office_entries import (
    MonitorPost,
    read_monitor_posts,
    read_monthly_returns,
)
from zoneplanner.domain.log.people_entries import Training, read_trainings
from zoneplanner.publish.year import MonitorTotals, TrainingTotals, YearCount


def count_concerns(
    entries: Sequence[NewEntry], first: date, last: date, zone: ZoneInfo
) -> tuple[YearCount, YearCount]:
    """Count the concern reports received from a day on, and those of them that were closed."""
    days = [
        (one.received_at.astimezone(zone).date(), one.closed_at and one.closed_at.astimezone(zone))
        for one in read_concern_reports(entries)
    ]
    days = [(day, closed) for day, closed in days if first <= day <= last]
    ends = list_month_ends(first, last)
    received = [sum(day <= end for day, _ in days) for end in ends]
    closed = [sum(done is not None and done.date() <= end for _, done in days) for end in ends]
    told = find_told_reports([(count,) for count in received])
    rows = [(part, whole - part) for whole, part in zip(received, closed, strict=True)]
    return _tell(received, told), _tell(closed, find_told_reports(rows, may=told))


def _tell(counts: Sequence[int], told: Sequence[bool]) -> YearCount:
    return YearCount.from_reports([n if one else None for n, one in zip(counts, told, strict=True)])


def count_trainings(
    entries: Sequence[NewEntry], first: date, last: date
) -> tuple[TrainingTotals, ...]:
    """Count the sessions of each course for each group, those trained and those employed."""
    groups = defaultdict[tuple[str, str], list[Training]](list)
    for one in read_trainings(entries):
        if first <= one.held_on <= last:
            groups[one.course, one.who_kind].append(one)
    ends = list_month_ends(first, last)
    return tuple(
        TrainingTotals(
            course, who, *_count_group([[x for x in own if x.held_on <= end] for end in ends])
        )
        for (course, who), own in sorted(groups.items())
    )


def _count_group(
    ends: Sequence[Sequence[Training]],
) -> tuple[YearCount, YearCount, YearCount]:
    """Count the sessions, trained and employed of one course and group at the last of some ends.

    Few are withheld, as are the trained where those employed less them are few, and all of those
    at one or two schools; what names no school is of the district.
    """
    sessions = [len(own) for own in ends]
    trained, employed = (
        [int(sum(getattr(one, name) or 0 for one in own)) for own in ends]
        for name in ("trained", "employed")
    )
    rest = [all_ - part if all_ else 0 for all_, part in zip(employed, trained, strict=True)]
    may = [
        not all(one.site for one in own) or len({one.site for one in own}) >= LEAST_SCHOOLS
        for own in ends
    ]
    return (
        _tell(sessions, find_told_reports([(n,) for n in sessions])),
        _tell(trained, find_told_reports(list(zip(trained, rest, strict=True)), may=may)),
        _tell(employed, find_told_reports([(n,) for n in employed], may=may)),
    )


def sum_monitors(
    entries: Sequence[NewEntry], first: date, last: date
) -> tuple[MonitorTotals | None, MonitorTotals | None]:
    """Sum the campus monitors of posts, and those that schools without a post returned last.

    None stands for none on record. Posts outlast a school year, and so do earlier reports of them.
    """
    posts, returns = read_monitor_posts(entries), read_monthly_returns(entries)
    begun = min((first, *(one.on for one in posts if one.on <= last)))
    active = [_select_active(posts, end) for end in list_month_ends(begun, last)]
    counts = [int(sum(one.monitors or 0 for one in own)) for own in active]
    monitors = counts[-1] if find_told_reports([(n,) for n in counts])[-1] else None
    hours = sum(one.hours or 0.0 for one in active[-1])
    ends = list_month_ends(first, last)
    asked = sorted(
        (one for one in returns if one.monitors is not None and one.month >= first.replace(day=1)),
        key=lambda one: (one.month, one.on),
    )
    returned = [
        _sum_returned({one.site: one.monitors or 0.0 for one in asked if one.on <= end}, own)
        for end, own in zip(ends, active[-len(ends) :], strict=True)
    ]
    told = find_told_reports([(n,) for n in returned])[-1]
    return (
        MonitorTotals(monitors, None if monitors is None else hours) if active[-1] else None,
        MonitorTotals(returned[-1] if told else None) if returned[-1] else None,
    )


def _select_active(posts: Iterable[MonitorPost], day: date) -> list[MonitorPost]:
    return [one for one in posts if one.on <= day and (one.ends_on is None or one.ends_on >= day)]


def _sum_returned(found: Mapping[str, float], posts: Iterable[MonitorPost]) -> int:
    """Sum what schools without one of some posts returned."""
    posted = {one.site for one in posts}
    return int(sum(n for site, n in found.items() if site not in posted))
