"""What the yearly report counts: a school year of the log and of the office's records."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from zoneplanner.analysis.arrays import IntArray
from zoneplanner.analysis.coverage.coverage_table import compute_coverage
from zoneplanner.analysis.coverage.figures import Figure
from zoneplanner.analysis.coverage.log_period import PeriodRecords, select_period
from zoneplanner.analysis.coverage.public_totals import (
    find_told_ends,
    find_told_reports,
    list_running_totals,
    sum_months_without_paper,
    withhold_percentile,
    withhold_share,
)
from zoneplanner.analysis.coverage.response_figures import measure_minutes_between
from zoneplanner.app.publishing.handout import HandoutRequest
from zoneplanner.app.publishing.handout_log import count_samples, cut_log
from zoneplanner.app.publishing.period_days import count_period_days, list_counted_sites
from zoneplanner.app.publishing.year_levels import count_levels, list_levels_and_days
from zoneplanner.app.publishing.year_months import Month, count_by_month, list_months
from zoneplanner.app.publishing.year_people import count_concerns, count_trainings, sum_monitors
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import build_school_year, find_last_month
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.log.office_entries import RETURN_RECORD, AgencyTotal, read_agency_totals
from zoneplanner.domain.log.records import read_drills
from zoneplanner.domain.readiness.drill_requirements import Drill
from zoneplanner.domain.readiness.rule_pack import DRILL_KINDS
from zoneplanner.publish.audience import OWN, is_released
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.year import YearCount, YearTotals

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
            ),
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
    may = find_told_reports(np.transpose(own), may=find_told_ends(calls))
    elsewhere = np.subtract(np.cumsum(timed) + others[0], np.cumsum(calls))
    beside = find_told_reports(np.transpose([*others, elsewhere]), may=may)
    parts = np.cumsum([within, np.subtract(timed, within)], axis=1)
    return _ToldResponse(may[-1], beside[-1], find_told_reports(parts.T, may=may)[-1])


def _count_days(days: IntArray, months: Sequence[Month]) -> IntArray:
    """Count the records of each month by their days."""
    dates = map(date.fromordinal, days.tolist())
    return np.array(count_by_month([("", day) for day in dates], ("",), months))[:, 0]


def _select_response(figures: Mapping[str, Figure], told: _ToldResponse) -> dict[str, Figure]:
    """Return the figures of response, as far as they are ``told``."""
    return {
        _P50: withhold_percentile(figures[_P50]),
        _P90: withhold_percentile(figures[_P90], told=told.timed),
        _SHARE: withhold_share(figures[_SHARE], told=told.timed, parts_told=told.share),
    }


def _count_drills(
    drills: Mapping[Drill, date], months: Sequence[Month], *, exact: bool
) -> dict[str, YearCount]:
    """Count drills by kind; the board's papers tell the sum of all, month by month.

    Of each kind there is a number or none: that one is left out would tell that none was held.
    They are ``exact`` for readers whose readiness report has the drills of each school.
    """
    if not drills:
        return {}
    kinds = sorted({*DRILL_KINDS, *(one.kind for one in drills)})
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
