"""Add the data of the yearly report: a school year of the log and of the office's records.

Visits, calls and hours on site are counted by level of schools; trainings, monitors and concern
reports for the district. Each count is that of a month's end, checked against the counts that the
reports of earlier months showed.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, IntArray
from zoneplanner.analysis.coverage.coverage_table import compute_coverage
from zoneplanner.analysis.coverage.figures import Figure
from zoneplanner.analysis.coverage.log_period import PeriodRecords, select_period
from zoneplanner.analysis.coverage.public_totals import (
    LEAST_SCHOOLS,
    find_publishable_cells,
    find_publishable_month_ends,
    find_publishable_reports,
    list_running_totals,
    sum_months_without_paper,
    withhold_percentile,
    withhold_share,
)
from zoneplanner.analysis.coverage.response_figures import measure_minutes_between
from zoneplanner.analysis.log.log_arrays import NO_NAME, RecordArray
from zoneplanner.app.publishing.handout import HandoutRequest
from zoneplanner.app.publishing.handout_log import count_samples, cut_log
from zoneplanner.app.publishing.month import count_period_days, list_counted_sites
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import build_school_year, find_last_month
from zoneplanner.domain.geography.site import SCHOOL_LEVELS
from zoneplanner.domain.log.entries import read_drills
from zoneplanner.domain.log.follow_up_entries import read_concern_reports
from zoneplanner.domain.log.journal import VISIT_PURPOSES, NewEntry
from zoneplanner.domain.log.office_entries import (
    RETURN_RECORD,
    AgencyTotal,
    MonitorPost,
    read_agency_totals,
    read_monitor_posts,
    read_monthly_returns,
)
from zoneplanner.domain.log.people_entries import Training, read_trainings
from zoneplanner.domain.readiness.drill_requirements import Drill
from zoneplanner.domain.readiness.rule_pack import DRILL_KINDS
from zoneplanner.publish.audience import OWN, is_released
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.year import (
    LevelTotals,
    MonitorTotals,
    TrainingTotals,
    YearCount,
    YearTotals,
)

Month = tuple[int, int]


def list_months(first: date, last: date) -> list[Month]:
    """Return the months of a period as year and month."""
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [(n // 12, n % 12 + 1) for n in numbers]


def list_month_ends(first: date, last: date) -> list[date]:
    """Return the last day of each month in a period; the last one is the period's end."""
    starts = [date(year, month, 1) for year, month in list_months(first, last)[1:]]
    return [*(date.fromordinal(day.toordinal() - 1) for day in starts), last]


def count_by_month(
    rows: Iterable[tuple[str, date]], names: Sequence[str], months: Sequence[Month]
) -> list[list[int]]:
    """Count the rows of each name in each month, shape (months, names)."""
    counts = Counter((name, (day.year, day.month)) for name, day in rows)
    return [[counts[name, month] for name in names] for month in months]


_ROLES = (*VISIT_PURPOSES, "")
_HOUR_S = 3600
_Cell = tuple[str, str]
"""A level ("" for the district) and a purpose."""
_ByCell = Mapping[_Cell, float]


def count_levels(records: PeriodRecords) -> tuple[LevelTotals, ...]:
    """Count the district, then each level of schools; small counts are withheld.

    Hours by purpose are unknown if no visit has one, and all hours if no visit has a departure.
    """
    levels = {site.id: site.level for site in list_counted_sites(records)}
    names = [name for name in SCHOOL_LEVELS if name in levels.values()]
    schools = [sum(level == name for level in levels.values()) for name in names]
    months = list_months(records.first, records.last)
    visits, calls = (
        list_running_totals(
            count_by_month(list_levels_and_days(records, table, levels), names, months), schools
        )
        for table in (records.visits, records.calls)
    )
    hours = _list_hours(*_sum_hours(records, levels, months), names, schools, visits)
    return tuple(
        LevelTotals(
            name,
            count,
            YearCount.from_reports([report[index] for report in visits]),
            YearCount.from_reports([report[index] for report in calls]),
            {
                role: YearCount.from_reports([report[index][n] for report in hours])
                for n, role in enumerate(_ROLES)
            },
        )
        for index, (name, count) in enumerate(
            zip(("", *names), (len(levels), *schools), strict=True)
        )
    )


def _list_hours(
    hours: Sequence[_ByCell],
    visits: Sequence[Counter[_Cell]],
    names: Sequence[str],
    schools: Sequence[int],
    visit_counts: Sequence[tuple[int | None, ...]],
) -> list[list[list[float | None]]]:
    """Return the hours at the end of each month by level (the district first) and purpose.

    They are withheld if the ``visit_counts`` are, or if few visits have hours. Hours by purpose are
    unknown if no visit has a purpose.
    """
    known = {(name, bool(role)) for name, role in visits[-1]}
    known |= {("", has_role) for _, has_role in known}
    earlier: list[tuple[list[list[int]], BoolArray]] = []
    reports = []
    for month_hours, month_visits, count in zip(hours, visits, visit_counts, strict=True):
        cells = [[month_visits[name, role] for role in _ROLES] for name in names]
        earlier.append((cells, find_publishable_cells(cells, schools, before=earlier)))
        reports.append(
            [
                [
                    month_hours[name, role]
                    if is_shown and n is not None and (n == 0 or _is_known(known, name, role))
                    else None
                    for role, is_shown in zip(_ROLES, row.tolist(), strict=True)
                ]
                for name, n, row in zip(("", *names), count, earlier[-1][1], strict=True)
            ]
        )
    return reports


def _is_known(known: Collection[tuple[str, bool]], name: str, role: str) -> bool:
    """Return whether visits of a level have a purpose, or a departure at all."""
    return (name, True) in known if role else any(name == level for level, _ in known)


def list_levels_and_days(
    records: PeriodRecords, table: RecordArray, levels: Mapping[str, str]
) -> list[tuple[str, date]]:
    """Return the level of the site and the day of each row of a table (rows,), in its order.

    Rows without a site, or of a site without a level, are left out.
    """
    sites = list(records.names.number)
    days = {day: date.fromordinal(day) for day in np.unique(table["day"]).tolist()}
    rows = zip(table["site"].tolist(), table["day"].tolist(), strict=True)
    return [
        (levels[sites[site]], days[day])
        for site, day in rows
        if site != NO_NAME and sites[site] in levels
    ]


def _sum_hours(
    records: PeriodRecords, levels: Mapping[str, str], months: Sequence[Month]
) -> tuple[list[_ByCell], list[Counter[_Cell]]]:
    """Return hours on site and numbers of visits by level and purpose, up to each month's end.

    A visit without a departure is not counted.
    """
    sites = list(records.names.number)
    hours = defaultdict[Month, Counter[_Cell]](Counter)
    visits = defaultdict[Month, Counter[_Cell]](Counter)
    table = records.visits[(records.visits["stay"] >= 0) & (records.visits["site"] != NO_NAME)]
    dates = {day: date.fromordinal(day) for day in np.unique(table["day"]).tolist()}
    columns = (table[name].tolist() for name in ("site", "purpose", "day", "stay"))
    for site, purpose, day, stay in zip(*columns, strict=True):
        level = levels.get(sites[site])
        if level is not None:
            month = dates[day].year, dates[day].month
            role = _ROLES[purpose]  # no purpose has the number -1, and the last role is none
            for name in (level, ""):
                hours[month][name, role] += stay
            visits[month][level, role] += 1
    seconds = list(accumulate(hours[month] for month in months))
    return (
        [Counter({cell: n / _HOUR_S for cell, n in sums.items()}) for sums in seconds],
        list(accumulate(visits[month] for month in months)),
    )


def count_concerns(
    entries: Sequence[NewEntry], first: date, last: date, zone: ZoneInfo
) -> tuple[YearCount, YearCount]:
    """Count the concern reports received in a period, and how many of them were closed."""
    days = [
        (
            report.received_at.astimezone(zone).date(),
            report.closed_at and report.closed_at.astimezone(zone),
        )
        for report in read_concern_reports(entries)
    ]
    days = [(day, closed) for day, closed in days if first <= day <= last]
    ends = list_month_ends(first, last)
    received = [sum(day <= end for day, _ in days) for end in ends]
    closed = [sum(done is not None and done.date() <= end for _, done in days) for end in ends]
    shown = find_publishable_reports([(count,) for count in received])
    rows = [(part, whole - part) for whole, part in zip(received, closed, strict=True)]
    return _count_reports(received, shown), _count_reports(
        closed, find_publishable_reports(rows, allowed=shown)
    )


def _count_reports(counts: Sequence[int], shown: Sequence[bool]) -> YearCount:
    pairs = zip(counts, shown, strict=True)
    return YearCount.from_reports([count if is_shown else None for count, is_shown in pairs])


def count_trainings(
    entries: Sequence[NewEntry], first: date, last: date
) -> tuple[TrainingTotals, ...]:
    """Count the sessions of each course for each group, those trained and those employed."""
    groups = defaultdict[tuple[str, str], list[Training]](list)
    for training in read_trainings(entries):
        if first <= training.held_on <= last:
            groups[training.course, training.who_kind].append(training)
    ends = list_month_ends(first, last)
    return tuple(
        TrainingTotals(
            course,
            who,
            *_count_group([[each for each in trainings if each.held_on <= end] for end in ends]),
        )
        for (course, who), trainings in sorted(groups.items())
    )


def _count_group(
    ends: Sequence[Sequence[Training]],
) -> tuple[YearCount, YearCount, YearCount]:
    """Count the sessions, trained and employed of a course and group at the last of some ends.

    Small counts are withheld, also the trained if few employed are untrained, and all of them at
    one or two schools. A training that names no school is the district's.
    """
    sessions = [len(trainings) for trainings in ends]
    trained, employed = (
        [int(sum(getattr(training, name) or 0 for training in trainings)) for trainings in ends]
        for name in ("trained", "employed")
    )
    untrained = [
        total - part if total else 0 for total, part in zip(employed, trained, strict=True)
    ]
    may_show = [
        not all(training.site for training in trainings)
        or len({training.site for training in trainings}) >= LEAST_SCHOOLS
        for trainings in ends
    ]
    return (
        _count_reports(sessions, find_publishable_reports([(n,) for n in sessions])),
        _count_reports(
            trained,
            find_publishable_reports(list(zip(trained, untrained, strict=True)), allowed=may_show),
        ),
        _count_reports(
            employed, find_publishable_reports([(n,) for n in employed], allowed=may_show)
        ),
    )


def sum_monitors(
    entries: Sequence[NewEntry], first: date, last: date
) -> tuple[MonitorTotals | None, MonitorTotals | None]:
    """Sum the campus monitors of posts, and those that schools without a post reported last.

    None if none are on record. Posts outlast a school year, and so do earlier reports of them.
    """
    posts, returns = read_monitor_posts(entries), read_monthly_returns(entries)
    start = min((first, *(post.on for post in posts if post.on <= last)))
    active = [_select_active(posts, end) for end in list_month_ends(start, last)]
    counts = [int(sum(post.monitors or 0 for post in active_posts)) for active_posts in active]
    monitors = counts[-1] if find_publishable_reports([(n,) for n in counts])[-1] else None
    hours = sum(post.hours or 0.0 for post in active[-1])
    ends = list_month_ends(first, last)
    sorted_returns = sorted(
        (
            post
            for post in returns
            if post.monitors is not None and post.month >= first.replace(day=1)
        ),
        key=lambda post: (post.month, post.on),
    )
    returned = [
        _sum_returned(
            {post.site: post.monitors or 0.0 for post in sorted_returns if post.on <= end},
            active_posts,
        )
        for end, active_posts in zip(ends, active[-len(ends) :], strict=True)
    ]
    shown = find_publishable_reports([(n,) for n in returned])[-1]
    return (
        MonitorTotals(monitors, None if monitors is None else hours) if active[-1] else None,
        MonitorTotals(returned[-1] if shown else None) if returned[-1] else None,
    )


def _select_active(posts: Iterable[MonitorPost], day: date) -> list[MonitorPost]:
    return [
        post for post in posts if post.on <= day and (post.ends_on is None or post.ends_on >= day)
    ]


def _sum_returned(reported: Mapping[str, float], posts: Iterable[MonitorPost]) -> int:
    """Sum the monitors that schools without a post reported."""
    posted = {post.site for post in posts}
    return int(sum(n for site, n in reported.items() if site not in posted))


_KINDS = (
    "training",
    "drill",
    "monitor_post",
    RETURN_RECORD.name,
    "concern",
    "agency_total",
    "void",
)
_P50, _P90, _SHARE = "response_p50_min", "response_p90_min", "response_within_target_share"


def add_year_data(session: Session, handout: Handout, request: HandoutRequest) -> Handout:
    """Add the totals of the school year of a handout's day, or of the last requested day.

    They end with the last month that has ended: two reports that end within a month would reveal
    the days between. For our office they end with the day.
    """
    project, until = session.saved_project, min(request.last or handout.today, handout.today)
    if handout.audience != OWN:
        until = find_last_month(min(until + timedelta(days=1), handout.today)).last
    year = build_school_year(project.calendar, until)
    last = min(year.last, until)
    log = cut_log(session.store.log(), handout.as_of)
    records = select_period(log, project=project, now=handout.as_of, first=year.first, last=last)
    (whole,) = compute_coverage(records, by="all", target_min=request.target_min)
    entries = session.store.entries(kinds=_KINDS)
    zone = ZoneInfo(project.time_zone)
    day_by_drill = {drill: handout.to_local(drill.held_at).date() for drill in read_drills(entries)}
    drills = {drill: day for drill, day in day_by_drill.items() if year.first <= day <= last}
    levels = count_levels(records)
    months = list_months(year.first, last)
    shown = _find_shown_response(records, request.target_min)
    posted, returned = sum_monitors(entries, year.first, last)
    return replace(
        handout,
        year=YearTotals(
            school_year=year.name,
            first=year.first,
            last=last,
            levels=levels,
            response=_select_response(whole.figures, shown),
            agencies=_list_agency_totals(entries, year.name, handout.today),
            trainings=count_trainings(entries, year.first, last),
            drills=_count_drills(
                drills, months, exact=is_released(handout.audience, "handout.readiness")
            )
            if day_by_drill
            else {},
            monitors=posted,
            returned_monitors=returned,
            units=Counter(unit.agency for unit in project.units.values()),
            timed=whole.figures[_P50].n if shown.timed else None,
            untimed=len(records.calls) - whole.figures[_P50].n if shown.untimed else None,
            target_min=request.target_min,
            concerns=count_concerns(entries, year.first, last, zone),
            sample=count_samples(records.visits, records.calls),
            days=count_period_days(records),
        ),
    )


@dataclass(frozen=True, slots=True)
class _ShownResponse:
    """Whether the numbers of timed and other calls and the share within target may be shown."""

    timed: bool
    untimed: bool
    share: bool


def _find_shown_response(records: PeriodRecords, target_min: float) -> _ShownResponse:
    """Return what may be shown about response at a period's end, given what earlier months showed.

    Together with the calls of counted schools, the timed calls reveal the untimed ones, and with
    these the calls elsewhere. The share within target reveals the calls within and beyond it.
    """
    months = list_months(records.first, records.last)
    minutes, rows = measure_minutes_between(records.calls["received"], records.calls["onscene"])
    all_days, days = records.calls["day"], records.calls["day"][rows]
    levels = {site.id: site.level for site in list_counted_sites(records)}
    patrolled = list_levels_and_days(records, records.calls, levels)
    calls = [sum(row) for row in count_by_month([("", day) for _, day in patrolled], ("",), months)]
    timed, within = (_count_days(each, months) for each in (days, days[minutes <= target_min]))
    untimed = np.subtract(_count_days(all_days, months), timed)
    others = [np.cumsum(untimed), sum_months_without_paper(untimed)]
    counts = [np.cumsum(timed), sum_months_without_paper(timed), *others]
    counts.append(np.subtract(np.cumsum(calls), np.cumsum(timed)))
    timed_shown = find_publishable_reports(
        np.transpose(counts), allowed=find_publishable_month_ends(calls)
    )
    elsewhere = np.subtract(np.cumsum(timed) + others[0], np.cumsum(calls))
    untimed_shown = find_publishable_reports(
        np.transpose([*others, elsewhere]), allowed=timed_shown
    )
    parts = np.cumsum([within, np.subtract(timed, within)], axis=1)
    return _ShownResponse(
        timed_shown[-1],
        untimed_shown[-1],
        find_publishable_reports(parts.T, allowed=timed_shown)[-1],
    )


def _count_days(days: IntArray, months: Sequence[Month]) -> IntArray:
    """Count the records of each month by their days."""
    dates = map(date.fromordinal, days.tolist())
    return np.array(count_by_month([("", day) for day in dates], ("",), months))[:, 0]


def _select_response(figures: Mapping[str, Figure], shown: _ShownResponse) -> dict[str, Figure]:
    """Return the figures of response that may be shown."""
    return {
        _P50: withhold_percentile(figures[_P50]),
        _P90: withhold_percentile(figures[_P90], n_shown=shown.timed),
        _SHARE: withhold_share(figures[_SHARE], n_shown=shown.timed, parts_shown=shown.share),
    }


def _count_drills(
    drills: Mapping[Drill, date], months: Sequence[Month], *, exact: bool
) -> dict[str, YearCount]:
    """Count drills by kind; the board's reports show the sum of all, month by month.

    Every kind is listed, with a number or without one, because leaving a kind out would reveal that
    none was held. Counts are ``exact`` for readers whose readiness report has the drills of each
    school.
    """
    kinds = sorted({*DRILL_KINDS, *(drill.kind for drill in drills)})
    if exact and not drills:
        return {}
    if exact:
        by_kind = Counter(drill.kind for drill in drills)
        return {kind: YearCount(by_kind[kind], None) for kind in kinds}
    sites = [{drill.site for drill in drills if drill.kind == kind} for kind in kinds]
    rows = [(drill.kind, day) for drill, day in drills.items()]
    reports = list_running_totals(
        count_by_month(rows, kinds, months), [max(len(group), 1) for group in sites]
    )
    columns = list(zip(*reports, strict=True))[1:]
    return {
        kind: YearCount.from_reports(counts) for kind, counts in zip(kinds, columns, strict=True)
    }


def _list_agency_totals(
    entries: Iterable[NewEntry], year: str, today: date
) -> tuple[AgencyTotal, ...]:
    """Return the last totals of a school year from each agency, mostly released after it."""
    last = {
        total.agency.casefold(): total
        for total in read_agency_totals(entries)
        if total.school_year == year and total.on <= today
    }
    return tuple(last.values())
