"""Add the data of a monthly report: a period, the one before, and the same one a year earlier.

Also which days of a printed period are on record, and which schools it counts.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

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
from zoneplanner.domain.grouping import group_pairs
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


def count_period_days(records: PeriodRecords) -> PeriodDays:
    """Count a period's school days, and say which of them are on record, and why."""
    school_days = mark_school_days(records.project.calendar, records.first, records.last)
    recorded = {"visits": records.in_school, "calls": records.in_school_for_calls}
    return PeriodDays(
        int(school_days.sum()),
        {kind: int(days.sum()) for kind, days in recorded.items()},
        gaps={
            kind: tuple(list_day_ranges(records.first, school_days, days ^ school_days))
            for kind, days in recorded.items()
        },
        basis=records.basis,
    )


def list_counted_sites(records: PeriodRecords) -> list[Site]:
    """Return the patrolled schools, and those visited in the school year of a period.

    A school that is no longer patrolled is still counted for the past; otherwise the difference
    between reports before and after would reveal its numbers.
    """
    first = find_school_year_start(records.last).toordinal()
    visits, names = records.visits_until_end, list(records.names.number)
    visited_numbers = visits["site"][(visits["day"] >= first) & (visits["site"] != NO_NAME)]
    visited = {names[number] for number in np.unique(visited_numbers).tolist()}
    return [
        site
        for site in records.project.sites.values()
        if site.patrolled or (site.id in visited and site.level in SCHOOL_LEVELS)
    ]


_TOTALS = ("visits", "calls", "drills")
_PUBLIC_CHANGES = ("visits_per_school_day", "calls_per_school_day")


def choose_report_period(first: date | None, last: date | None, today: date) -> ReportPeriod:
    """Return the days of a monthly report: the given ones, or else the last month that has ended.

    The first of this month to today is the current month.
    """
    if first is None and last is None:
        return find_last_month(today)
    end = last or today
    if end == today and first == end.replace(day=1):
        return find_month(end)
    return ReportPeriod(first or find_report_start(end), end)


def list_area_layers(project: Project) -> dict[str, str]:
    """Return the titles, by id, of the layers whose areas schools can be grouped by."""
    with_areas = {item.layer for item in project.features if item.geometry.area > 0}
    return {
        key: item.title for key, item in project.layers.items() if item.own and key in with_areas
    }


def add_month_data(session: Session, handout: Handout, request: HandoutRequest) -> Handout:
    """Add the counts of a period and, for our office, its details.

    Raises
    ------
    UserError
        The period makes no sense, or ``areas`` names no layer with areas.
    """
    period = choose_report_period(request.first, request.last, handout.today)
    target_min = request.target_min
    project = session.saved_project
    log = cut_log(session.store.log(), handout.as_of)
    periods = (period, period.before, period.year_before)
    records, *other_records = (
        select_period(log, project=project, now=handout.as_of, first=one.first, last=one.last)
        for one in periods
    )
    day_by_drill = {
        drill: handout.to_local(drill.held_at).date()
        for drill in list_drills(session)
        if drill.held_at <= handout.as_of
    }
    drills = tuple(
        drill for drill, day in day_by_drill.items() if records.first <= day <= records.last
    )
    unrecorded = _list_unrecorded(records, day_by_drill.values())
    days: dict[str, Any] = {"first": records.first, "last": records.last, "now": handout.as_of}
    (whole,) = compute_coverage(records, by="all", target_min=target_min)
    changes = compare_periods(records, other_records, target_min=target_min)
    median = whole.figures["response_p50_min"]
    response = withhold_percentile(median)
    timed, untimed = median.n, len(records.calls) - median.n
    canceled = int((records.calls["marks"] & CANCELED_MARK > 0).sum())
    layer = _find_area_layer(project, request.areas)
    totals = _count_totals(records, layer, drills, unrecorded=unrecorded)
    added = replace(
        handout,
        month=MonthTotals(
            periods=periods,
            last=records.last,
            days=tuple(map(count_period_days, (records, *other_records))),
            totals=totals,
            unrecorded=unrecorded,
            counted_until=_find_counted_until(records),
            response=response if response.value is not None else None,
            timed=None if _reveals_few(totals[0].calls or 0, timed, len(records.calls)) else timed,
            untimed=untimed,
            has_canceled=canceled > 0,
            area_kind=_name_one_area(project, layer),
            changes=tuple(
                tuple(
                    _withhold_few_records(
                        one, *(_count_at_schools(of, one.name) for of in (records, other))
                    )
                    for one in each
                    if one.name in _PUBLIC_CHANGES
                )
                for each, other in zip(changes, other_records, strict=True)
            ),
            sample=count_samples(records.visits, records.calls),
        ),
        month_drills=drills,
        month_returns={
            one.site: one
            for one in read_monthly_returns(
                session.store.entries(kinds=(RETURN_RECORD.name, "void"))
            )
            if one.on <= handout.today and one.month == period.first.replace(day=1)
        },
    )
    if handout.audience != OWN:
        return added
    details = MonthDetails(
        target_min=target_min,
        whole=add_open_hours((whole,), by="all", project=project, **days)[0],
        zones=add_open_hours(
            compute_coverage(records, by="zone"), by="zone", project=project, **days
        ),
        visit_weekdays=_count_weekdays(records.first, records.in_school),
        call_weekdays=_count_weekdays(records.first, records.in_school_for_calls),
        visits=_count_by_site(records, records.visits),
        shares=_list_visit_shares(compute_coverage(records, by="site")),
        late=_list_late_calls(session, records, target_min),
        timed=timed,
        untimed=untimed,
        canceled=canceled,
        duplicates=int((records.calls["marks"] & DUPLICATE_MARK > 0).sum()),
        visits_by_hour=count_arrivals(records.visits),
        calls_by_hour=count_arrivals(records.calls),
        reviewed={one.site for one in list_plan_reviews(session) if one.on <= handout.today},
        changes=changes,
        notes=records.notes,
        visits_declared="visits" not in records.basis.undeclared,
        calls_declared="calls" not in records.basis.undeclared,
        uncounted_calls=count_observed_calls(
            project, log, records.last_over, first=records.first, last=records.last, skipped_marks=0
        ).apart,
    )
    return replace(added, month_details=details)


def _find_area_layer(project: Project, requested: str) -> str:
    """Return the id of the layer for the totals, or "" if none is requested."""
    offered, name = list_area_layers(project), requested.strip().casefold()
    if not requested:
        return ""
    for key, title in offered.items():
        if name in (key.casefold(), title.casefold()):
            return key
    if not offered:
        raise UserError("unknown_areas.none", name=requested, known=[])
    raise UserError("unknown_areas", name=requested, known=list(offered.values()))


def _name_one_area(project: Project, layer: str) -> str:
    """Return the singular of a layer's title, if it is a word or words, or else “Area”."""
    title = project.layers[layer].title if layer else ""
    plural = re.fullmatch(r"((?:[^\W\d_]+[ -])*[^\W\d_]+?)(ies|s)", title)
    if plural is None or plural[1].endswith("s"):
        return "Area"
    singular = plural[1] + ("y" if plural[2] == "ies" else "")
    return singular[0].upper() + singular[1:]


def _group_sites(
    project: Project, layer: str, sites: Iterable[Site]
) -> Mapping[str, Collection[str]]:
    """Return the schools by the area of a layer that they are in."""
    shapes = [
        feature
        for feature in project.features
        if feature.layer == layer and feature.geometry.area > 0
    ]
    areas = [
        (feature.name or f"Area {n}", feature.geometry) for n, feature in enumerate(shapes, start=1)
    ]
    groups: dict[str, list[str]] = {name: [] for name, _ in areas}
    for site in sites:
        inside = (name for name, area in areas if site.has_position and area.covers(site.point))
        groups.setdefault(next(inside, ELSEWHERE), []).append(site.id)
    return groups


def _group_by_level(sites: Sequence[Site]) -> list[list[str]]:
    """Return the schools by level, as the yearly report groups them."""
    levels = group_pairs((site.level, site.id) for site in sites)
    return list(levels.values())


def _group_by_layer(
    project: Project, layer: str, sites: Sequence[Site]
) -> list[Mapping[str, Collection[str]]]:
    """Return the schools by area for a layer and, before it, for each layer that was added earlier.

    A layer's totals take the earlier layers into account, so adding a layer never changes the
    reports by the layer that an office uses.
    """
    layers = list(list_area_layers(project))
    counted = layers[: layers.index(layer) + 1] if layer else []
    return [_group_sites(project, key, sites) for key in counted]


def _count_totals(
    records: PeriodRecords, layer: str, drills: Iterable[Drill], *, unrecorded: Collection[str]
) -> tuple[AreaTotals, ...]:
    """Count the district and the areas of a layer, with counts withheld that may not be public.

    Kinds that are ``unrecorded`` are not counted.
    """
    sites = list_counted_sites(records)
    layers = _group_by_layer(records.project, layer, sites) or [{}]
    groups, site_ids = layers[-1], [site.id for site in sites]
    schools = [len(group) for group in groups.values()]
    divisions = [list(layer_groups.values()) for layer_groups in layers]
    counts = (
        _count_by_site(records, records.visits),
        _count_by_site(records, records.calls),
        Counter(drill.site for drill in drills),
    )
    columns = [
        withhold_totals_by_layer(count, divisions, others=_group_by_level(sites))
        if groups
        else (withhold_count(sum(count[site] for site in site_ids)),)
        for count in counts
    ]
    columns = [
        (None,) * len(column) if kind in unrecorded else column
        for kind, column in zip(_TOTALS, columns, strict=True)
    ]
    rows = zip(("", *groups), (len(site_ids), *schools), *columns, strict=True)
    return tuple(AreaTotals(*row) for row in rows)


def _list_unrecorded(period: PeriodRecords, drilled: Iterable[date]) -> tuple[str, ...]:
    """Return the kinds that are on record on no day of a period; ``drilled`` are the days of
    drills.

    Without a declaration, a kind with no entry is not on record.
    """
    recorded = (
        map(date.fromordinal, np.unique(period.log.visits["day"]).tolist()),
        map(date.fromordinal, np.unique(period.log.calls["day"]).tolist()),
        drilled,
    )
    unrecorded = []
    for name, kind, days in zip(_TOTALS, RECORD_KEEPING_KINDS, recorded, strict=True):
        spans = period.project.records.kind(kind).list_days_on_record(days)
        ends = ((span.first, span.last or period.last) for span in spans)
        has_days = any(first <= period.last and last >= period.first for first, last in ends)
        is_empty = {"visits": not len(period.visits), "calls": not len(period.calls)}.get(
            name, False
        )
        if not has_days or (is_empty and name in period.basis.undeclared):
            unrecorded.append(name)
    return tuple(unrecorded)


def _find_counted_until(records: PeriodRecords) -> date | None:
    """Return the last day on record if files or declarations say it for both kinds."""
    marks = {VISIT_RECORDS: records.recorded, INCIDENT_RECORDS: records.recorded_calls}
    if any(records.project.records.kind(kind) == NOTHING_DECLARED for kind in marks):
        return None
    last = [int(days.nonzero()[0][-1]) for days in marks.values() if days.any()]
    return records.first + timedelta(days=max(last)) if last else None


def _count_weekdays(first: date, days: BoolArray) -> tuple[int, ...]:
    """Count marked days by weekday; ``days`` begin with the first day."""
    weekdays = (first.weekday() + np.flatnonzero(days)) % 7
    return tuple(np.bincount(weekdays, minlength=7).tolist())


def _count_by_site(records: PeriodRecords, rows: RecordArray) -> Counter[str]:
    names = list(records.names.number)
    return Counter(names[number] for number in rows["site"].tolist() if number != NO_NAME)


def _list_visit_shares(rows: Iterable[CoverageRow]) -> dict[str, float | None]:
    return {row.key: row.figures["visit_coverage_share"].value for row in rows}


def _reveals_few(counted: int, timed: int, total: int) -> bool:
    """Return whether the counted and timed calls reveal a small number; see ``MonthTotals``."""
    return gives_small_number(total, timed) or gives_small_number(total, counted)


def _list_late_calls(
    session: Session, records: PeriodRecords, target_min: float
) -> tuple[Incident, ...]:
    """Return the calls that were answered after the target, the slowest first."""
    minutes, rows = measure_minutes_between(records.calls["received"], records.calls["onscene"])
    late = find_incidents(session, records.calls["seq"][rows[minutes > target_min]].tolist())
    return tuple(sorted(late, key=_measure_wait, reverse=True))


def _measure_wait(call: Incident) -> timedelta:
    return call.onscene_at - call.received_at if call.onscene_at else timedelta()


def _count_at_schools(records: PeriodRecords, figure: str) -> int:
    """Count the records of a public rate at all counted schools, even outside school hours."""
    count = _count_by_site(
        records, records.visits if figure == "visits_per_school_day" else records.calls
    )
    return sum(count[site.id] for site in list_counted_sites(records))


def _withhold_few_records(change: PeriodChange, now: int, before: int) -> PeriodChange:
    """Withhold a change if either period has too few records to count.

    It is also withheld if its rate times its days is only slightly less than the period's total.
    """
    estimates = [
        _withhold_estimate(*estimate) for estimate in ((change.now, now), (change.before, before))
    ]
    are_few = any(estimate.value is None and not estimate.undeclared for estimate in estimates)
    return PeriodChange(change.name, estimates[0], estimates[1]) if are_few else change


def _withhold_estimate(estimate: PeriodEstimate, total: int) -> PeriodEstimate:
    if estimate.undeclared:
        return estimate
    if estimate.value is None or round(estimate.value * estimate.n) < LEAST_COUNT:
        return PeriodEstimate(None, 0.0, 0.0, 0)
    reveals_few = gives_small_number(total, round(estimate.value * estimate.n))
    return PeriodEstimate(None, 0.0, 0.0, 0, withheld=True) if reveals_few else estimate
