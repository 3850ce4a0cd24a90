"""What the yearly report counts: a school year of the log and of the office's records.

The months of a school year, and what is counted in each.

Visits, calls and hours on site of a school year, by level of schools.

What the yearly report counts of the office's records: trainings, monitors, concern reports.

Each count is that of the end of a month, beside those that earlier ends of months told.
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
    ends = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [(n // 12, n % 12 + 1) for n in ends]


def list_month_ends(first: date, last: date) -> list[date]:
    """Return the last day of each month of a period, the last one that of the period."""
    begins = [date(year, month, 1) for year, month in list_months(first, last)[1:]]
    return [*(date.fromordinal(day.toordinal() - 1) for day in begins), last]


def count_by_month(
    rows: Iterable[tuple[str, date]], names: Sequence[str], months: Sequence[Month]
) -> list[list[int]]:
    """Count the rows of each name in each month, shape (months, names)."""
    found = Counter((name, (day.year, day.month)) for name, day in rows)
    return [[found[name, month] for name in names] for month in months]


_ROLES = (*VISIT_PURPOSES, "")
_HOUR_S = 3600
_Cell = tuple[str, str]
"""A level, "" for the district, and a purpose."""
_ByCell = Mapping[_Cell, float]


def count_levels(cut: PeriodRecords) -> tuple[LevelTotals, ...]:
    """Count the district, then each level of schools; what few records carry is withheld.

    Hours of purposes are unknown where no visit has one, and all where none has a departure.
    """
    levels = {site.id: site.level for site in list_counted_sites(cut)}
    names = [name for name in SCHOOL_LEVELS if name in levels.values()]
    schools = [sum(level == name for level in levels.values()) for name in names]
    months = list_months(cut.first, cut.last)
    visits, calls = (
        list_running_totals(
            count_by_month(list_levels_and_days(cut, table, levels), names, months), schools
        )
        for table in (cut.visits, cut.calls)
    )
    hours = _list_hours(*_sum_hours(cut, levels, months), names, schools, visits)
    return tuple(
        LevelTotals(
            name,
            count,
            YearCount.from_reports([end[at] for end in visits]),
            YearCount.from_reports([end[at] for end in calls]),
            {
                role: YearCount.from_reports([end[at][n] for end in hours])
                for n, role in enumerate(_ROLES)
            },
        )
        for at, (name, count) in enumerate(zip(("", *names), (len(levels), *schools), strict=True))
    )


def _list_hours(
    hours: Sequence[_ByCell],
    visits: Sequence[Counter[_Cell]],
    names: Sequence[str],
    schools: Sequence[int],
    made: Sequence[tuple[int | None, ...]],
) -> list[list[list[float | None]]]:
    """Return the hours at the end of each month by level, the district first, and purpose.

    They are withheld wherever the visits ``made`` are, or those that have hours are few; those of
    purposes are unknown where no visit has one.
    """
    known = {(name, bool(role)) for name, role in visits[-1]}
    known |= {("", said) for _, said in known}
    before: list[tuple[list[list[int]], BoolArray]] = []
    found = []
    for own, total, count in zip(hours, visits, made, strict=True):
        cells = [[total[name, role] for role in _ROLES] for name in names]
        before.append((cells, find_publishable_cells(cells, schools, before=before)))
        found.append(
            [
                [
                    own[name, role]
                    if shown and n is not None and (n == 0 or _is_known(known, name, role))
                    else None
                    for role, shown in zip(_ROLES, row.tolist(), strict=True)
                ]
                for name, n, row in zip(("", *names), count, before[-1][1], strict=True)
            ]
        )
    return found


def _is_known(known: Collection[tuple[str, bool]], name: str, role: str) -> bool:
    """Tell whether visits of a level have a purpose, or a departure at all."""
    return (name, True) in known if role else any(name == one for one, _ in known)


def list_levels_and_days(
    cut: PeriodRecords, table: RecordArray, levels: Mapping[str, str]
) -> list[tuple[str, date]]:
    """Return the level of the site and the day of each row of a table (rows,), in its order.

    Rows of no site, and of one without a level, are left out.
    """
    sites = list(cut.names.number)
    days = {day: date.fromordinal(day) for day in np.unique(table["day"]).tolist()}
    rows = zip(table["site"].tolist(), table["day"].tolist(), strict=True)
    return [
        (levels[sites[at]], days[day]) for at, day in rows if at != NO_NAME and sites[at] in levels
    ]


def _sum_hours(
    cut: PeriodRecords, levels: Mapping[str, str], months: Sequence[Month]
) -> tuple[list[_ByCell], list[Counter[_Cell]]]:
    """Return the hours on site by level and purpose up to the end of each month, and of how many
    visits they are. A visit without an end has none."""
    sites = list(cut.names.number)
    hours = defaultdict[Month, Counter[_Cell]](Counter)
    visits = defaultdict[Month, Counter[_Cell]](Counter)
    table = cut.visits[(cut.visits["stay"] >= 0) & (cut.visits["site"] != NO_NAME)]
    dates = {day: date.fromordinal(day) for day in np.unique(table["day"]).tolist()}
    columns = (table[name].tolist() for name in ("site", "purpose", "day", "stay"))
    for site, purpose, day, stay in zip(*columns, strict=True):
        level = levels.get(sites[site])
        if level is not None:
            month = dates[day].year, dates[day].month
            role = _ROLES[purpose]  # the number of none is that of the last
            for name in (level, ""):
                hours[month][name, role] += stay
            visits[month][level, role] += 1
    seconds = list(accumulate(hours[month] for month in months))
    return (
        [Counter({cell: n / _HOUR_S for cell, n in own.items()}) for own in seconds],
        list(accumulate(visits[month] for month in months)),
    )


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
    told = find_publishable_reports([(count,) for count in received])
    rows = [(part, whole - part) for whole, part in zip(received, closed, strict=True)]
    return _tell(received, told), _tell(closed, find_publishable_reports(rows, may=told))


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
        _tell(sessions, find_publishable_reports([(n,) for n in sessions])),
        _tell(trained, find_publishable_reports(list(zip(trained, rest, strict=True)), may=may)),
        _tell(employed, find_publishable_reports([(n,) for n in employed], may=may)),
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
    monitors = counts[-1] if find_publishable_reports([(n,) for n in counts])[-1] else None
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
    told = find_publishable_reports([(n,) for n in returned])[-1]
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


def add_year_data(session: Session, found: Handout, wanted: HandoutRequest) -> Handout:
    """Add the totals of the school year of a handout's day, or of the last day that is asked for.

    They are up to the last month that had ended: two papers that end within a month would tell of
    the days between. Our office has the day.
    """
    project, until = session.saved_project, min(wanted.last or found.today, found.today)
    if found.audience != OWN:
        until = find_last_month(min(until + timedelta(days=1), found.today)).last
    year = build_school_year(project.calendar, until)
    last = min(year.last, until)
    log = cut_log(session.store.log(), found.as_of)
    cut = select_period(log, project=project, now=found.as_of, first=year.first, last=last)
    (whole,) = compute_coverage(
        log,
        project=project,
        by="all",
        target_min=wanted.target_min,
        first=cut.first,
        last=cut.last,
        now=found.as_of,
    )
    entries = session.store.entries(kinds=_KINDS)
    zone = ZoneInfo(project.time_zone)
    held = {one: one.held_at.astimezone(zone).date() for one in read_drills(entries)}
    drills = {one: day for one, day in held.items() if year.first <= day <= last}
    levels = count_levels(cut)
    months = list_months(year.first, last)
    told = _find_told_response(cut, wanted.target_min)
    posted, returned = sum_monitors(entries, year.first, last)
    return replace(
        found,
        year=YearTotals(
            school_year=year.name,
            first=year.first,
            last=last,
            levels=levels,
            response=_select_response(whole.figures, told),
            agencies=_list_agency_totals(entries, year.name, found.today),
            trainings=count_trainings(entries, year.first, last),
            drills=_count_drills(
                drills, months, exact=is_released(found.audience, "handout.readiness")
            )
            if held
            else {},
            monitors=posted,
            returned_monitors=returned,
            units=Counter(unit.agency for unit in project.units.values()),
            timed=whole.figures[_P50].n if told.timed else None,
            untimed=len(cut.calls) - whole.figures[_P50].n if told.untimed else None,
            target_min=wanted.target_min,
            concerns=count_concerns(entries, year.first, last, zone),
            sample=count_samples(cut.visits, cut.calls),
            days=count_period_days(cut),
        ),
    )


@dataclass(frozen=True, slots=True)
class _ToldResponse:
    """Whether the number of calls timed, that of the others, and the share in time are printed."""

    timed: bool
    untimed: bool
    share: bool


def _find_told_response(cut: PeriodRecords, target_min: float) -> _ToldResponse:
    """Tell what of the response may be told at the end of a period, after each earlier month's.

    Beside the calls of the schools counted the timed tell of those that are not, and beside these
    of the calls elsewhere; the share in time tells of those within the target and beyond it.
    """
    months = list_months(cut.first, cut.last)
    minutes, of = measure_minutes_between(cut.calls["received"], cut.calls["onscene"])
    every, days = cut.calls["day"], cut.calls["day"][of]
    levels = {site.id: site.level for site in list_counted_sites(cut)}
    patrolled = list_levels_and_days(cut, cut.calls, levels)
    calls = [sum(own) for own in count_by_month([("", day) for _, day in patrolled], ("",), months)]
    timed, within = (_count_days(own, months) for own in (days, days[minutes <= target_min]))
    untimed = np.subtract(_count_days(every, months), timed)
    others = [np.cumsum(untimed), sum_months_without_paper(untimed)]
    own = [np.cumsum(timed), sum_months_without_paper(timed), *others]
    own.append(np.subtract(np.cumsum(calls), np.cumsum(timed)))
    may = find_publishable_reports(np.transpose(own), may=find_publishable_month_ends(calls))
    elsewhere = np.subtract(np.cumsum(timed) + others[0], np.cumsum(calls))
    beside = find_publishable_reports(np.transpose([*others, elsewhere]), may=may)
    parts = np.cumsum([within, np.subtract(timed, within)], axis=1)
    return _ToldResponse(may[-1], beside[-1], find_publishable_reports(parts.T, may=may)[-1])


def _count_days(days: IntArray, months: Sequence[Month]) -> IntArray:
    """Count the records of each month by their days."""
    dates = map(date.fromordinal, days.tolist())
    return np.array(count_by_month([("", day) for day in dates], ("",), months))[:, 0]


def _select_response(figures: Mapping[str, Figure], told: _ToldResponse) -> dict[str, Figure]:
    """Return the figures of response, as far as they are ``told``."""
    return {
        _P50: withhold_percentile(figures[_P50]),
        _P90: withhold_percentile(figures[_P90], n_shown=told.timed),
        _SHARE: withhold_share(figures[_SHARE], n_shown=told.timed, parts_shown=told.share),
    }


def _count_drills(
    drills: Mapping[Drill, date], months: Sequence[Month], *, exact: bool
) -> dict[str, YearCount]:
    """Count drills by kind; the board's papers tell the sum of all, month by month.

    Of each kind there is a number or none: that one is left out would tell that none was held.
    So it is where none was held at all, as in the board's papers.
    They are ``exact`` for readers whose readiness report has the drills of each school.
    """
    kinds = sorted({*DRILL_KINDS, *(one.kind for one in drills)})
    if exact and not drills:
        return {}
    if exact:
        held = Counter(one.kind for one in drills)
        return {kind: YearCount(held[kind], None) for kind in kinds}
    sites = [{one.site for one in drills if one.kind == kind} for kind in kinds]
    rows = [(one.kind, day) for one, day in drills.items()]
    reports = list_running_totals(
        count_by_month(rows, kinds, months), [max(len(own), 1) for own in sites]
    )
    columns = list(zip(*reports, strict=True))[1:]
    return {kind: YearCount.from_reports(told) for kind, told in zip(kinds, columns, strict=True)}


def _list_agency_totals(
    entries: Iterable[NewEntry], year: str, today: date
) -> tuple[AgencyTotal, ...]:
    """Return what each agency released last for a school year, mostly after its end."""
    found = {
        one.agency.casefold(): one
        for one in read_agency_totals(entries)
        if one.school_year == year and one.on <= today
    }
    return tuple(found.values())
