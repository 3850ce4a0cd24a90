"""What the yearly report counts: a school year of the log and of the office's records."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.coverage.coverage_table import compute_coverage
from zoneplanner.analysis.coverage.figures import Figure
from zoneplanner.analysis.coverage.log_period import PeriodRecords, select_period
from zoneplanner.analysis.coverage.public_totals import (
    find_told_cells,
    find_told_ends,
    find_told_reports,
    sum_months_without_paper,
    withhold_percentile,
    withhold_running_totals,
    withhold_share,
)
from zoneplanner.analysis.coverage.response_figures import measure_minutes_between
from zoneplanner.analysis.log.log_arrays import NO_NAME, RecordArray
from zoneplanner.app.publishing.handout import HandoutRequest
from zoneplanner.app.publishing.handout_log import count_samples, cut_log
from zoneplanner.app.publishing.period_days import count_period_days
from zoneplanner.app.publishing.year_people import (
    Month,
    count_concerns,
    count_trainings,
    list_months,
    sum_monitors,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.report_period import find_last_month
from zoneplanner.domain.calendar.school_calendar import build_school_year
from zoneplanner.domain.geography.site import SCHOOL_LEVELS
from zoneplanner.domain.log.journal import VISIT_PURPOSES, NewEntry
from zoneplanner.domain.log.office_entries import (
    RETURN_RECORD,
    AgencyTotal,
    read_agency_totals,
)
from zoneplanner.domain.log.records import read_drills
from zoneplanner.domain.readiness.requirements import Drill
from zoneplanner.domain.readiness.rule_pack import DRILL_KINDS
from zoneplanner.publish.audience import OWN
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.year import LevelTotals, YearTotals

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
_ROLES = (*VISIT_PURPOSES, "")
_HOUR_S = 3600


def add_year_data(session: Session, found: Handout, wanted: HandoutRequest) -> Handout:
    """Add the totals of the school year of a handout's day, up to the last month that had ended:
    two papers that end within a month would tell of the days between. Our office has the day."""
    project, today = session.saved_project, found.today
    until = today if found.audience == OWN else find_last_month(today).last
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
    levels = _count_levels(cut)
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
            agencies=_list_agency_totals(entries, year.name, last),
            trainings=count_trainings(entries, year.first, last),
            drills=_count_drills(drills, months),
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
    """Whether the number of calls timed, that of the others, and the share in time are told."""

    timed: bool
    untimed: bool
    share: bool


def _find_told_response(cut: PeriodRecords, target_min: float) -> _ToldResponse:
    """Tell what of the response may be told at the end of a period, after each earlier month's.

    Beside the calls of patrolled schools the timed tell of those that are not, and beside these of
    the calls elsewhere; the share in time tells of those within the target and beyond it.
    """
    months = list_months(cut.first, cut.last)
    minutes, of = measure_minutes_between(cut.calls["received"], cut.calls["onscene"])
    every, days = cut.calls["day"], cut.calls["day"][of]
    levels = {site.id: site.level for site in cut.project.patrolled}
    patrolled = _list_levels_and_days(cut, cut.calls, levels)
    calls = [
        sum(own) for own in _count_by_month([("", day) for _, day in patrolled], ("",), months)
    ]
    timed, within = (_count_days(own, months) for own in (days, days[minutes <= target_min]))
    untimed = np.subtract(_count_days(every, months), timed)
    others = [np.cumsum(untimed), sum_months_without_paper(untimed)]
    own = [np.cumsum(timed), sum_months_without_paper(timed), *others]
    own.append(np.subtract(np.cumsum(calls), np.cumsum(timed)))
    may = find_told_reports(np.transpose(own), may=find_told_ends(calls))
    elsewhere = np.subtract(np.cumsum(timed) + others[0], np.cumsum(calls))
    beside = find_told_reports(np.transpose([*others, elsewhere]), may=may)
    parts = np.cumsum([within, np.subtract(timed, within)], axis=1)
    return _ToldResponse(may[-1], beside[-1], find_told_reports(parts.T, may=may)[-1])


def _count_days(days: IntArray, months: Sequence[Month]) -> IntArray:
    """Count the records of each month by their days."""
    dates = map(date.fromordinal, days.tolist())
    return np.array(_count_by_month([("", day) for day in dates], ("",), months))[:, 0]


def _select_response(figures: Mapping[str, Figure], told: _ToldResponse) -> dict[str, Figure]:
    """Return the figures of response, as far as they are ``told``."""
    return {
        _P50: withhold_percentile(figures[_P50]),
        _P90: withhold_percentile(figures[_P90], told=told.timed),
        _SHARE: withhold_share(figures[_SHARE], told=told.timed, parts_told=told.share),
    }


def _count_drills(drills: Mapping[Drill, date], months: Sequence[Month]) -> dict[str, int | None]:
    """Count drills by kind; the board's papers tell the sum of all, month by month.

    Of each kind there is a number or none: that one is left out would tell that none was held.
    """
    if not drills:
        return {}
    kinds = sorted({*DRILL_KINDS, *(one.kind for one in drills)})
    sites = [{one.site for one in drills if one.kind == kind} for kind in kinds]
    rows = [(one.kind, day) for one, day in drills.items()]
    _, *told = withhold_running_totals(
        _count_by_month(rows, kinds, months), [max(len(own), 1) for own in sites]
    )
    return dict(zip(kinds, told, strict=True))


def _count_untimed(cut: PeriodRecords) -> list[int]:
    """Count the calls of each month that have no time of a response."""
    _, timed = measure_minutes_between(cut.calls["received"], cut.calls["onscene"])
    days = np.delete(cut.calls["day"], timed).tolist()
    rows = [("", date.fromordinal(day)) for day in days]
    return [sum(one) for one in _count_by_month(rows, ("",), list_months(cut.first, cut.last))]


def _count_by_month(
    rows: Iterable[tuple[str, date]], names: Sequence[str], months: Sequence[Month]
) -> list[list[int]]:
    """Count the rows of each name in each month, shape (months, names)."""
    found = Counter((name, (day.year, day.month)) for name, day in rows)
    return [[found[name, month] for name in names] for month in months]


def _count_levels(cut: PeriodRecords) -> tuple[LevelTotals, ...]:
    """Count the district, then each level of schools; what few records carry is withheld.

    Hours of purposes are unknown where no visit has one, and all where none has a departure.
    """
    levels = {site.id: site.level for site in cut.project.patrolled}
    names = [name for name in SCHOOL_LEVELS if name in levels.values()]
    schools = [sum(level == name for level in levels.values()) for name in names]
    months = list_months(cut.first, cut.last)
    columns = [
        withhold_running_totals(
            _count_by_month(_list_levels_and_days(cut, table, levels), names, months), schools
        )
        for table in (cut.visits, cut.calls)
    ]
    hours, by_month = _sum_hours(cut, levels)
    visits = sum((by_month[month] for month in months), Counter[tuple[str, str]]())
    told = _find_told_hours([by_month[month] for month in months], names, schools)
    known = {(name, bool(role)) for name, role in visits}
    known |= {("", said) for _, said in known}

    def is_known(name: str, role: str) -> bool:
        return (name, True) in known if role else any(name == one for one, _ in known)

    return tuple(
        LevelTotals(
            *(name, count, made, called),
            {
                role: hours[name, role]
                if shown and made is not None and (made == 0 or is_known(name, role))
                else None
                for role, shown in zip(_ROLES, row.tolist(), strict=True)
            },
        )
        for name, count, made, called, row in zip(
            ("", *names), (len(levels), *schools), *columns, told, strict=True
        )
    )


def _find_told_hours(
    months: Iterable[Counter[tuple[str, str]]], names: Sequence[str], schools: Sequence[int]
) -> BoolArray:
    """Tell of which levels and purposes hours may be told; ``months`` count the visits."""
    total = Counter[tuple[str, str]]()
    before: list[tuple[list[list[int]], BoolArray]] = []
    for month in months:
        total += month
        cells = [[total[name, role] for role in _ROLES] for name in names]
        before.append((cells, find_told_cells(cells, schools, before=before)))
    _, told = before[-1]
    return told


def _list_levels_and_days(
    cut: PeriodRecords, table: RecordArray, levels: Mapping[str, str]
) -> list[tuple[str, date]]:
    sites = list(cut.names.number)
    days = {day: date.fromordinal(day) for day in np.unique(table["day"]).tolist()}
    rows = zip(table["site"].tolist(), table["day"].tolist(), strict=True)
    return [
        (levels[sites[at]], days[day]) for at, day in rows if at != NO_NAME and sites[at] in levels
    ]


def _sum_hours(
    cut: PeriodRecords, levels: Mapping[str, str]
) -> tuple[defaultdict[tuple[str, str], float], defaultdict[Month, Counter[tuple[str, str]]]]:
    """Return the hours on site by level and purpose, and of how many visits of each month.

    A visit without an end has none.
    """
    sites, found = list(cut.names.number), defaultdict[tuple[str, str], float](float)
    visits = defaultdict[Month, Counter[tuple[str, str]]](Counter)
    table = cut.visits[(cut.visits["stay"] >= 0) & (cut.visits["site"] != NO_NAME)]
    stays: FloatArray = table["stay"].astype(np.float64) / _HOUR_S
    dates = {day: date.fromordinal(day) for day in np.unique(table["day"]).tolist()}
    columns = (table[name].tolist() for name in ("site", "purpose", "day"))
    for site, purpose, day, hours in zip(*columns, stays.tolist(), strict=True):
        level = levels.get(sites[site])
        if level is not None:
            role = _ROLES[purpose]  # the number of none is that of the last
            found[level, role] += hours
            found["", role] += hours
            visits[dates[day].year, dates[day].month][level, role] += 1
    return found, visits


def _list_agency_totals(
    entries: Iterable[NewEntry], year: str, last: date
) -> tuple[AgencyTotal, ...]:
    """Return what each agency released last for a school year."""
    found = {
        one.agency.casefold(): one
        for one in read_agency_totals(entries)
        if one.school_year == year and one.on <= last
    }
    return tuple(found.values())
