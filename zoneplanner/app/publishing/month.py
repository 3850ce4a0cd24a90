"""What a monthly report is made from: a period of the log, beside the one before and a year ago.

Which days of a printed period are on record, and which schools it counts.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from zoneplanner.analysis.arrays import BoolArray
from zoneplanner.analysis.coverage.coverage_table import compute_coverage
from zoneplanner.analysis.coverage.figures import CoverageRow
from zoneplanner.analysis.coverage.log_period import (
    PeriodRecords,
    list_day_ranges,
    mark_school_days,
    select_period,
)
from zoneplanner.analysis.coverage.public_totals import (
    LEAST_COUNT,
    gives_small_number,
    withhold_count,
    withhold_percentile,
    withhold_totals_by_layer,
)
from zoneplanner.analysis.coverage.response_figures import measure_minutes_between
from zoneplanner.analysis.coverage.verdicts import (
    PeriodChange,
    PeriodEstimate,
    compare_periods,
)
from zoneplanner.analysis.coverage.visit_figures import count_arrivals
from zoneplanner.analysis.demand.call_demand import count_observed_calls
from zoneplanner.analysis.log.log_arrays import CANCELED_MARK, DUPLICATE_MARK, NO_NAME, RecordArray
from zoneplanner.app.coverage.observed_coverage import add_open_hours
from zoneplanner.app.log.logbook import find_incidents, list_drills, list_plan_reviews
from zoneplanner.app.publishing.handout import HandoutRequest
from zoneplanner.app.publishing.handout_log import count_samples, cut_log, find_report_start
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import (
    ReportPeriod,
    find_last_month,
    find_month,
    find_school_year_start,
)
from zoneplanner.domain.geography.site import SCHOOL_LEVELS, Site
from zoneplanner.domain.log.days_on_record import (
    INCIDENT_RECORDS,
    NOTHING_DECLARED,
    RECORD_KEEPING_KINDS,
    VISIT_RECORDS,
)
from zoneplanner.domain.log.journal import Incident
from zoneplanner.domain.log.office_entries import RETURN_RECORD, read_monthly_returns
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.drill_requirements import Drill
from zoneplanner.errors import UserError
from zoneplanner.publish.audience import OWN
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.month import ELSEWHERE, AreaTotals, MonthDetails, MonthTotals, PeriodDays


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
    first = find_school_year_start(cut.last).toordinal()
    visits, names = cut.visits_until_end, list(cut.names.number)
    seen = visits["site"][(visits["day"] >= first) & (visits["site"] != NO_NAME)]
    visited = {names[at] for at in np.unique(seen).tolist()}
    return [
        site
        for site in cut.project.sites.values()
        if site.patrolled or (site.id in visited and site.level in SCHOOL_LEVELS)
    ]


_TOTALS = ("visits", "calls", "drills")
_PUBLIC_CHANGES = ("visits_per_school_day", "calls_per_school_day")


def choose_report_period(first: date | None, last: date | None, today: date) -> ReportPeriod:
    """Return the days of a monthly report: those given, else the last month that has ended.

    From the first of this month up to today is the month that still runs.
    """
    if first is None and last is None:
        return find_last_month(today)
    end = last or today
    if end == today and first == end.replace(day=1):
        return find_month(end)
    return ReportPeriod(first or find_report_start(end), end)


def list_area_layers(project: Project) -> dict[str, str]:
    """Return the titles of the layers of a project that have areas to group schools by, by id."""
    areas = {one.layer for one in project.features if one.geometry.area > 0}
    return {key: one.title for key, one in project.layers.items() if one.own and key in areas}


def add_month_data(session: Session, found: Handout, wanted: HandoutRequest) -> Handout:
    """Add what is counted in a period, and for our office what it alone may read of it.

    Raises
    ------
    UserError
        The period makes no sense, or ``areas`` names no layer with areas.
    """
    period = choose_report_period(wanted.first, wanted.last, found.today)
    target_min = wanted.target_min
    project = session.saved_project
    log = cut_log(session.store.log(), found.as_of)
    periods = (period, period.before, period.year_before)
    cut, *others = (
        select_period(log, project=project, now=found.as_of, first=one.first, last=one.last)
        for one in periods
    )
    zone = ZoneInfo(project.time_zone)
    held = {
        one: one.held_at.astimezone(zone).date()
        for one in list_drills(session)
        if one.held_at <= found.as_of
    }
    drills = tuple(one for one, day in held.items() if cut.first <= day <= cut.last)
    unrecorded = _list_unrecorded(cut, held.values())
    days: dict[str, Any] = {"first": cut.first, "last": cut.last, "now": found.as_of}
    (whole,) = compute_coverage(log, project=project, by="all", target_min=target_min, **days)
    changes = compare_periods(cut, others, target_min=target_min)
    median = whole.figures["response_p50_min"]
    response = withhold_percentile(median)
    timed, untimed = median.n, len(cut.calls) - median.n
    canceled = int((cut.calls["marks"] & CANCELED_MARK > 0).sum())
    layer = _find_area_layer(project, wanted.areas)
    totals = _count_totals(cut, layer, drills, unrecorded=unrecorded)
    told = replace(
        found,
        month=MonthTotals(
            periods=periods,
            last=cut.last,
            days=tuple(map(count_period_days, (cut, *others))),
            totals=totals,
            unrecorded=unrecorded,
            counted_until=_find_counted_until(cut),
            response=response if response.value is not None else None,
            timed=None if _tells_few(totals[0].calls or 0, timed, len(cut.calls)) else timed,
            untimed=untimed,
            has_canceled=canceled > 0,
            area_kind=_name_one_area(project, layer),
            changes=tuple(
                tuple(
                    _withhold_few_records(
                        one, *(_count_at_schools(of, one.name) for of in (cut, other))
                    )
                    for one in each
                    if one.name in _PUBLIC_CHANGES
                )
                for each, other in zip(changes, others, strict=True)
            ),
            sample=count_samples(cut.visits, cut.calls),
        ),
        month_drills=drills,
        month_returns={
            one.site: one
            for one in read_monthly_returns(
                session.store.entries(kinds=(RETURN_RECORD.name, "void"))
            )
            if one.on <= found.today and one.month == period.first.replace(day=1)
        },
    )
    if found.audience != OWN:
        return told
    zones = compute_coverage(log, project=project, by="zone", **days)
    details = MonthDetails(
        target_min=target_min,
        whole=add_open_hours((whole,), by="all", project=project, **days)[0],
        zones=add_open_hours(zones, by="zone", project=project, **days),
        visit_weekdays=_count_weekdays(cut.first, cut.in_school),
        call_weekdays=_count_weekdays(cut.first, cut.in_school_for_calls),
        visits=_count_by_site(cut, cut.visits),
        shares=_list_visit_shares(compute_coverage(log, project=project, by="site", **days)),
        late=_list_late_calls(session, cut, target_min),
        timed=timed,
        untimed=untimed,
        canceled=canceled,
        duplicates=int((cut.calls["marks"] & DUPLICATE_MARK > 0).sum()),
        visits_by_hour=count_arrivals(cut.visits),
        calls_by_hour=count_arrivals(cut.calls),
        reviewed={one.site for one in list_plan_reviews(session) if one.on <= found.today},
        changes=changes,
        notes=cut.notes,
        visits_declared="visits" not in cut.basis.undeclared,
        calls_declared="calls" not in cut.basis.undeclared,
        uncounted_calls=count_observed_calls(
            project, log, cut.last_over, first=cut.first, last=cut.last, skipped_marks=0
        ).apart,
    )
    return replace(told, month_details=details)


def _find_area_layer(project: Project, wanted: str) -> str:
    """Return the id of the layer by whose areas totals are; "" where none is wanted."""
    offered, name = list_area_layers(project), wanted.strip().casefold()
    if not wanted:
        return ""
    for key, title in offered.items():
        if name in (key.casefold(), title.casefold()):
            return key
    if not offered:
        raise UserError("unknown_areas.none", name=wanted, known=[])
    raise UserError("unknown_areas", name=wanted, known=list(offered.values()))


def _name_one_area(project: Project, layer: str) -> str:
    """Return what one area of a layer is called, by the layer's title where that is of words."""
    title = project.layers[layer].title if layer else ""
    found = re.fullmatch(r"((?:[^\W\d_]+[ -])*[^\W\d_]+?)(ies|s)", title)
    if found is None or found[1].endswith("s"):
        return "Area"
    one = found[1] + ("y" if found[2] == "ies" else "")
    return one[0].upper() + one[1:]


def _group_sites(
    project: Project, layer: str, sites: Iterable[Site]
) -> Mapping[str, Collection[str]]:
    """Return schools by the area of a layer that they lie in."""
    shapes = [one for one in project.features if one.layer == layer and one.geometry.area > 0]
    areas = [(one.name or f"Area {n}", one.geometry) for n, one in enumerate(shapes, start=1)]
    found: dict[str, list[str]] = {name: [] for name, _ in areas}
    for site in sites:
        inside = (name for name, area in areas if site.has_position and area.covers(site.point))
        found.setdefault(next(inside, ELSEWHERE), []).append(site.id)
    return found


def _group_by_level(sites: Sequence[Site]) -> list[list[str]]:
    """Return the schools of each level, by which the year's report divides them."""
    levels: dict[str, list[str]] = defaultdict(list)
    for site in sites:
        levels[site.level].append(site.id)
    return list(levels.values())


def _group_by_layer(
    project: Project, layer: str, sites: Sequence[Site]
) -> list[Mapping[str, Collection[str]]]:
    """Return the schools by area, of each layer that was added before one, and of that one last.

    A layer gives way to those before it, so that one that is added takes nothing from the papers
    by the one that an office uses.
    """
    every = list(list_area_layers(project))
    before = every[: every.index(layer) + 1] if layer else []
    return [_group_sites(project, key, sites) for key in before]


def _count_totals(
    cut: PeriodRecords, layer: str, drills: Iterable[Drill], *, unrecorded: Collection[str]
) -> tuple[AreaTotals, ...]:
    """Count the district and the areas of a layer, withheld where a public paper may not tell.

    Of what is ``unrecorded`` nothing is counted.
    """
    sites = list_counted_sites(cut)
    layers = _group_by_layer(cut.project, layer, sites) or [{}]
    groups, every = layers[-1], [site.id for site in sites]
    schools = [len(own) for own in groups.values()]
    divided = [list(one.values()) for one in layers]
    counts = (
        _count_by_site(cut, cut.visits),
        _count_by_site(cut, cut.calls),
        Counter(one.site for one in drills),
    )
    columns = [
        withhold_totals_by_layer(count, divided, others=_group_by_level(sites))
        if groups
        else (withhold_count(sum(count[site] for site in every)),)
        for count in counts
    ]
    columns = [
        (None,) * len(column) if kind in unrecorded else column
        for kind, column in zip(_TOTALS, columns, strict=True)
    ]
    rows = zip(("", *groups), (len(every), *schools), *columns, strict=True)
    return tuple(AreaTotals(*row) for row in rows)


def _list_unrecorded(cut: PeriodRecords, drilled: Iterable[date]) -> tuple[str, ...]:
    """Return the kinds of which no day of a period is on record; ``drilled`` are days of drills.

    Days that nobody declared are not without an entry.
    """
    recorded = (
        map(date.fromordinal, np.unique(cut.log.visits["day"]).tolist()),
        map(date.fromordinal, np.unique(cut.log.calls["day"]).tolist()),
        drilled,
    )
    found = []
    for name, kind, days in zip(_TOTALS, RECORD_KEEPING_KINDS, recorded, strict=True):
        spans = cut.project.records.kind(kind).list_days_on_record(days)
        ends = ((span.first, span.last or cut.last) for span in spans)
        known = any(first <= cut.last and last >= cut.first for first, last in ends)
        none = {"visits": not len(cut.visits), "calls": not len(cut.calls)}.get(name, False)
        if not known or (none and name in cut.basis.undeclared):
            found.append(name)
    return tuple(found)


def _find_counted_until(cut: PeriodRecords) -> date | None:
    """Return the last day on record, where files or declarations tell it of both kinds."""
    marks = {VISIT_RECORDS: cut.recorded, INCIDENT_RECORDS: cut.recorded_calls}
    if any(cut.project.records.kind(kind) == NOTHING_DECLARED for kind in marks):
        return None
    last = [int(known.nonzero()[0][-1]) for known in marks.values() if known.any()]
    return cut.first + timedelta(days=max(last)) if last else None


def _count_weekdays(first: date, days: BoolArray) -> tuple[int, ...]:
    """Count the days that are marked, of those from the first on, by weekday."""
    weekdays = (first.weekday() + np.flatnonzero(days)) % 7
    return tuple(np.bincount(weekdays, minlength=7).tolist())


def _count_by_site(cut: PeriodRecords, rows: RecordArray) -> Counter[str]:
    names = list(cut.names.number)
    return Counter(names[at] for at in rows["site"].tolist() if at != NO_NAME)


def _list_visit_shares(rows: Iterable[CoverageRow]) -> dict[str, float | None]:
    return {row.key: row.figures["visit_coverage_share"].value for row in rows}


def _tells_few(counted: int, timed: int, every: int) -> bool:
    """Tell whether calls counted and those timed give a small number away; see ``MonthTotals``."""
    return gives_small_number(every, timed) or gives_small_number(every, counted)


def _list_late_calls(
    session: Session, cut: PeriodRecords, target_min: float
) -> tuple[Incident, ...]:
    """Return the calls that were answered beyond the target, the slowest first."""
    minutes, of = measure_minutes_between(cut.calls["received"], cut.calls["onscene"])
    late = find_incidents(session, cut.calls["seq"][of[minutes > target_min]].tolist())
    return tuple(sorted(late, key=_measure_wait, reverse=True))


def _measure_wait(call: Incident) -> timedelta:
    return call.onscene_at - call.received_at if call.onscene_at else timedelta()


def _count_at_schools(cut: PeriodRecords, figure: str) -> int:
    """Count what a public rate is of at all schools counted, out of school hours too."""
    count = _count_by_site(cut, cut.visits if figure == "visits_per_school_day" else cut.calls)
    return sum(count[site.id] for site in list_counted_sites(cut))


def _withhold_few_records(change: PeriodChange, now: int, before: int) -> PeriodChange:
    """Withhold a change where either period has too few records to count.

    So it is where its rate, times its days, is a few less than the total of the period.
    """
    both = [_withhold_estimate(*one) for one in ((change.now, now), (change.before, before))]
    few = any(one.value is None and not one.undeclared for one in both)
    return PeriodChange(change.name, both[0], both[1]) if few else change


def _withhold_estimate(one: PeriodEstimate, total: int) -> PeriodEstimate:
    if one.undeclared:
        return one
    if one.value is None or round(one.value * one.n) < LEAST_COUNT:
        return PeriodEstimate(None, 0.0, 0.0, 0)
    given = gives_small_number(total, round(one.value * one.n))
    return PeriodEstimate(None, 0.0, 0.0, 0, withheld=True) if given else one
