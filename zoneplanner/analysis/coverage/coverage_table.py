"""Coverage as observed: the journal's figures by site, zone, unit or week, or all in one row."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.coverage.figures import (
    CoverageRow,
    FigureColumn,
    FiguresByName,
    compute_row_shares,
    sum_by_row,
    withhold_rows,
)
from zoneplanner.analysis.coverage.log_period import PeriodRecords, select_period
from zoneplanner.analysis.coverage.response_figures import (
    compute_response_figures,
    compute_utilization,
)
from zoneplanner.analysis.coverage.row_grouping import (
    COVERAGE_GROUPINGS,
    NO_KEY,
    GroupRows,
    RowGrouper,
    list_day_kinds,
)
from zoneplanner.analysis.coverage.visit_figures import (
    compute_days_since_visit,
    compute_visit_figures,
    count_visits_by_day,
    find_last_visit_days,
)
from zoneplanner.analysis.coverage.window_figures import compute_window_figures, count_window_visits
from zoneplanner.analysis.log.log_arrays import (
    NO_TIMESTAMP,
    LogArrays,
    NameNumbers,
    build_log_arrays,
)
from zoneplanner.domain.assumptions import look_up_by_level
from zoneplanner.domain.log.journal import Incident, Visit
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

DEFAULT_TARGET_MIN = 8.0


def compute_record_coverage(
    visits: Iterable[Visit], incidents: Iterable[Incident], *, project: Project, **options: object
) -> tuple[CoverageRow, ...]:
    """Compute the figures of records; see ``coverage_of`` for the options and errors."""
    log = build_log_arrays(visits, incidents, time_zone=project.time_zone)
    return compute_coverage(log, project=project, **options)  # type: ignore[arg-type]


def compute_coverage(
    log: LogArrays,
    *,
    project: Project,
    by: str,
    now: datetime,
    first: date | None = None,
    last: date | None = None,
    target_min: float | None = None,
    duty_h: Mapping[str, float] | None = None,
) -> tuple[CoverageRow, ...]:
    """Compute the figures of a period, both days included, on the clock of the project's zone.

    Without ``first`` the period starts at the first entry, without ``last`` it ends today. Zones
    are those of the plan in force on an entry's day, else of the current plan. An incident belongs
    to its lead unit. ``duty_h`` gives the hours that each unit was on duty in the period.

    Raises
    ------
    UserError
        ``by`` is unknown, or the period ends before it starts or is longer than a century.
    """
    if by not in COVERAGE_GROUPINGS:
        raise UserError("unknown_grouping", by=by, known=COVERAGE_GROUPINGS)
    cut = select_period(log, project=project, first=first, last=last, now=now)
    coder = RowGrouper(project, by, cut.names, cut.plans, cut.first)
    visit_code, call_code = coder.encode_records(cut.visits), coder.encode_records(cut.calls)
    due, done = _count_required_visits(coder, cut)
    codes = (visit_code, call_code, np.flatnonzero(due))
    seen = {at for own in codes for at in np.flatnonzero(np.bincount(own)).tolist()}
    rows = coder.rows(seen, cut.last)
    figures = (
        *compute_visit_figures(cut.visits, rows.find_rows(visit_code), len(rows)),
        _find_days_since_visit(coder, cut, rows),
        _compute_visit_share(coder, rows, done, due),
        *compute_response_figures(
            cut.calls,
            rows.find_rows(call_code),
            len(rows),
            target_min=target_min or DEFAULT_TARGET_MIN,
            own_unit=coder.own_unit(cut.calls),
        ),
        compute_utilization(coder, cut, rows, duty_h or {}),
        *_compute_windows(coder, cut, rows),
    )
    note = cut.plans.describe_plans(cut.visits["day"], cut.calls["day"])
    columns = {column.name: _add_plan_note(column, by, note) for column in figures}
    return tuple(
        CoverageRow(key, name, FiguresByName(columns, at))
        for at, (key, name) in enumerate(zip(rows.keys, rows.names, strict=True))
    )


def count_due_visits(project: Project, names: NameNumbers) -> FloatArray:
    """Return how many visits are due on a school day, by number; none where not patrolled."""
    found = np.zeros(len(names.number))
    for site in project.patrolled:
        found[names.number[site.id]] = look_up_by_level(
            project.assumptions.visits_per_day, site.level
        )
    return found


def _count_required_visits(coder: RowGrouper, cut: PeriodRecords) -> tuple[FloatArray, FloatArray]:
    """Return the visits due in the period and those of them that were made, by code.

    Visits that were due are those on school days, at each site up to the number due that day.
    """
    a_day = count_due_visits(cut.project, cut.names)
    days = np.arange(cut.first.toordinal(), cut.last.toordinal() + 1)
    if coder.by == "unit":
        return np.zeros(1), np.zeros(1)
    made = count_visits_by_day(cut.visits, a_day, int(days[0]), cut.in_school)
    if coder.by in ("week", "all"):
        nobody = np.full(len(days), -1)
        codes = coder.encode(nobody, nobody, days)
        return (
            sum_by_row(codes, cut.in_school * a_day.sum(), int(codes.max()) + 1),
            sum_by_row(codes, made.sum(axis=0), int(codes.max()) + 1),
        )
    sites = np.arange(len(a_day))
    due, done = np.zeros(0), np.zeros(0)
    followed = cut.plans.find_followed_plan(days)
    for plan in np.unique(followed).tolist():
        own = followed == plan
        codes = coder.encode(sites, sites, np.full(len(sites), days[own][0]))
        size = max(len(due), int(codes.max(initial=0)) + 1)
        due, done = np.resize(_pad_zeros(due, size), size), _pad_zeros(done, size)
        due += np.bincount(codes, a_day * cut.in_school[own].sum(), size)
        done += np.bincount(codes, made[:, own].sum(axis=1), size)
    return due, done


def _pad_zeros(values: FloatArray, size: int) -> FloatArray:
    return np.concatenate([values, np.zeros(size - len(values))])


def _compute_visit_share(
    coder: RowGrouper, rows: GroupRows, done: FloatArray, due: FloatArray
) -> FigureColumn:
    if coder.by == "unit":
        why = "shown by site, zone or week, not by unit"
        return withhold_rows("visit_coverage_share", len(rows), why)
    codes = np.flatnonzero(due)
    places = rows.find_rows(codes)
    of_due, of_done = np.zeros((2, len(rows)))
    of_due[places], of_done[places] = due[codes], done[codes]
    share = compute_row_shares("visit_coverage_share", of_done, of_due)
    return replace(share, n=np.rint(of_due).astype(np.int64))


def _find_days_since_visit(coder: RowGrouper, cut: PeriodRecords, rows: GroupRows) -> FigureColumn:
    """The last visit of each site, or of each unit where rows are units."""
    by, places = coder.by, len(cut.names.number) + 1
    field = "unit" if by == "unit" else "site"
    if by == "week":
        why = "shown by site, zone or unit, not by week"
        column = withhold_rows("days_since_last_visit", len(rows), why, place=field)
        return replace(column, definition=f"{column.definition}; the longest of them.")
    last, counts = find_last_visit_days(cut.visits_until_end, field, places)
    at = np.where(last == NO_TIMESTAMP, -1, last - cut.known_from)
    members = [_list_row_members(coder, cut, key, places - 1) for key in rows.keys]
    return compute_days_since_visit(at, counts, members, cut.school_days_after, place=field)


def _list_row_members(coder: RowGrouper, cut: PeriodRecords, key: str, nobody: int) -> IntArray:
    """Return the numbers of what waits for a visit in a row; of zones as they are now."""
    number = cut.names.number
    if coder.by in ("site", "unit"):
        found = [number.get(key, nobody) if key != NO_KEY else nobody]
    elif coder.by == "zone":
        plan = cut.plans.current
        zones = plan.assignment if plan else {}
        found = [number[s.id] for s in cut.project.patrolled if zones.get(s.id, NO_KEY) == key]
    else:
        found = [number[s.id] for s in cut.project.patrolled]
    return np.array(found, np.int64)


def _compute_windows(
    coder: RowGrouper, cut: PeriodRecords, rows: GroupRows
) -> Iterator[FigureColumn]:
    """Return the figures over bell windows; visits of a week count by its first day's plan."""
    days = np.arange(cut.first.toordinal(), cut.last.toordinal() + 1)
    week = (days - coder.monday.toordinal()) // 7
    found = count_window_visits(
        cut.project,
        cut.names.number,
        cut.visits,
        days=days,
        kind=list_day_kinds(cut.project.calendar, cut.first, cut.last),
        week=week,
    )
    starts = days[np.flatnonzero(np.diff(week, prepend=-1))]
    asked, made, late, present, planned = (
        _sum_by_group(coder, cut, rows, parts, starts) if found.any else np.zeros(len(rows))
        for parts in (found.asked, found.made, found.late, found.present_min, found.planned_min)
    )
    return compute_window_figures(asked, made, late, (present, planned), cut.project)


def _sum_by_group(
    coder: RowGrouper, cut: PeriodRecords, rows: GroupRows, parts: FloatArray, starts: IntArray
) -> FloatArray:
    """Add up what sites came to by week, shape (sites, weeks), by row."""
    total = np.zeros(len(rows))
    if coder.by == "unit":
        return total
    sites = np.arange(len(parts))
    for plan in np.unique(cut.plans.find_followed_plan(starts)).tolist():
        own = np.flatnonzero(cut.plans.find_followed_plan(starts) == plan)
        for week in own.tolist() if coder.by == "week" else [own]:
            sums = parts[:, np.atleast_1d(week)].sum(axis=1)
            has = np.flatnonzero(sums)
            day = np.full(len(has), starts[np.atleast_1d(week)[0]])
            np.add.at(total, rows.find_rows(coder.encode(sites[has], sites[has], day)), sums[has])
    return total


def _add_plan_note(column: FigureColumn, by: str, note: str) -> FigureColumn:
    """Say by which plans zones were told apart, where a figure depends on it."""
    if not note or not (by == "zone" or column.name == "out_of_zone_share"):
        return column
    words = column.definition
    noted = words + note if isinstance(words, str) else [text + note for text in words]
    return replace(column, definition=noted)
