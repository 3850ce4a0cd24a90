"""Observed coverage: the journal's figures by site, zone, unit or week, or all in one row."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.coverage.figures import (
    NOT_ON_RECORD,
    CoverageRow,
    FigureColumn,
    FiguresByName,
    compute_row_shares,
    explain_rows,
    repeat_in_rows,
    withhold_rows,
)
from zoneplanner.analysis.coverage.log_period import (
    COVERAGE_GROUPINGS,
    NAME_GROUPINGS,
    NO_KEY,
    RECORD_GROUPINGS,
    GroupRows,
    PeriodRecords,
    RowGrouper,
    format_week_key,
)
from zoneplanner.analysis.coverage.response_figures import (
    compute_consumed_hours,
    compute_response_figures,
    compute_utilization,
)
from zoneplanner.analysis.coverage.visit_figures import (
    OpenGaps,
    compute_days_since_visit,
    compute_visit_figures,
    compute_window_figures,
    count_visits_by_day,
    count_window_visits,
    find_last_visit_days,
)
from zoneplanner.analysis.log.log_arrays import (
    NO_NAME,
    NO_TIMESTAMP,
    NameNumbers,
)
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN, look_up_by_level
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

_FIGURES_OF_VISITS = (
    "visits",
    "gap_mean_h",
    "gap_min_h",
    "gap_max_h",
    "predictability",
    "departures_share",
    "days_since_last_visit",
    "visit_coverage_share",
)
_FIGURES_OF_CALLS = (
    "calls",
    "response_mean_min",
    "response_p50_min",
    "response_p90_min",
    "response_within_target_share",
    "queue_p50_min",
    "turnout_p50_min",
    "travel_p50_min",
    "scene_p50_min",
    "consumed_h",
    "stamps_complete_share",
    "out_of_zone_share",
)

_FIGURES_OF_DAYS = {
    "visits": (
        "visit_coverage_share",
        "days_since_last_visit",
        "gap_mean_h",
        "gap_min_h",
        "gap_max_h",
        "window_coverage_share",
        "window_late_share",
        "window_presence_share",
    ),
    "calls": ("utilization",),
}
"""The figures that count days or school hours, and so need declared days."""


def compute_coverage(
    period: PeriodRecords,
    *,
    by: str,
    target_min: float | None = None,
    duty_h: Mapping[str, float] | None = None,
) -> tuple[CoverageRow, ...]:
    """Compute the figures of a period.

    Zones are those of the plan in force on an entry's day, else of the current plan. An incident
    counts for its lead unit, its time for each of its units. ``by`` is one of
    ``COVERAGE_GROUPINGS`` or ``RECORD_GROUPINGS``. ``duty_h`` is the hours that each unit was on
    duty in the period.

    Raises
    ------
    UserError
        ``by`` is unknown.
    """
    known = (*COVERAGE_GROUPINGS, *RECORD_GROUPINGS)
    if by not in known:
        raise UserError("unknown_grouping", by=by, known=known)
    grouper = RowGrouper(period, by)
    visit_code, call_code = (
        grouper.encode_records(period.visits),
        grouper.encode_records(period.calls),
    )
    commitment_code = grouper.encode_records(period.commitments)
    required = _count_required_visits(grouper)
    codes = (visit_code, call_code, commitment_code, np.flatnonzero(required[0]))
    seen = {code for own in codes for code in np.flatnonzero(np.bincount(own)).tolist()}
    rows = grouper.list_rows(seen)
    figures = (
        *compute_visit_figures(
            period.visits,
            rows.find_rows(visit_code),
            len(rows),
            bells=period.bells,
            open_gaps=_measure_open_gaps(grouper, rows),
        ),
        _find_days_since_visit(grouper, rows),
        _compute_visit_share(grouper, rows, required),
        *compute_response_figures(
            period.calls,
            rows.find_rows(call_code),
            len(rows),
            target_min=target_min or RESPONSE_TARGET_MIN,
            own_unit=grouper.find_own_units(period.calls),
            own_times=grouper.by in ("unit", "officer"),
        ),
        compute_consumed_hours(period.commitments, rows.find_rows(commitment_code), len(rows)),
        compute_utilization(grouper, rows, duty_h or {}),
        *_compute_windows(grouper, rows),
    )
    notes = period.plans.describe_plans(period.visits["day"], period.calls["day"])
    columns = {column.name: _add_plan_notes(column, by, notes) for column in figures}
    columns |= _withhold_undeclared(columns, period)
    columns |= _withhold_unrecorded(columns, by, period, rows)
    return tuple(
        CoverageRow(key, name, FiguresByName(columns, row))
        for row, (key, name) in enumerate(zip(rows.keys, rows.names, strict=True))
    )


def count_due_visits(project: Project, names: NameNumbers) -> FloatArray:
    """Return the visits due on a school day by name number, shape (names,).

    Units, and sites that are not patrolled, have 0.
    """
    due = np.zeros(len(names.number))
    for site in project.patrolled:
        due[names.number[site.id]] = look_up_by_level(
            project.assumptions.visits_per_day, site.level
        )
    return due


def _count_required_visits(grouper: RowGrouper) -> FloatArray:
    """Return the visits due in the period, and the due visits made, shape (2, codes).

    On each school day, visits at a site count up to the number due there.
    """
    if grouper.by in NAME_GROUPINGS:
        return np.zeros((2, 1))
    period = grouper.period
    due_per_day = count_due_visits(period.project, period.names)
    days = np.arange(period.first.toordinal(), period.last.toordinal() + 1)
    made = count_visits_by_day(period.visits, due_per_day, int(days[0]), period.in_school)
    return _sum_by_code(grouper, (np.outer(due_per_day, period.in_school), made), days)


def _sum_by_code(grouper: RowGrouper, parts: Sequence[FloatArray], days: IntArray) -> FloatArray:
    """Sum each part's values by site and day, (sites, days), by row code: shape (parts, codes).

    Zones are those of the plan that applies on each of the ``days``.
    """
    if grouper.by in NAME_GROUPINGS:
        return np.zeros((len(parts), 1))
    pieces = []
    if grouper.by in ("week", "all"):
        none = np.full(len(days), NO_NAME)
        pieces.append((grouper.encode(none, none, days), [part.sum(axis=0) for part in parts]))
    else:
        sites, followed = np.arange(len(parts[0])), grouper.plans.find_followed_plan(days)
        for plan in np.unique(followed):
            own = followed == plan
            codes = grouper.encode(sites, sites, np.full(len(sites), days[own][0]))
            own_parts = parts if own.all() else [part[:, own] for part in parts]
            pieces.append((codes, [part.sum(axis=1) for part in own_parts]))
    size = 1 + max(int(codes.max(initial=0)) for codes, _ in pieces)
    sums = np.zeros((len(parts), size))
    for codes, values in pieces:
        sums += [np.bincount(codes, value, size) for value in values]
    return sums


def _sum_by_group(rows: GroupRows, sums: FloatArray) -> FloatArray:
    """Return sums by code, shape (k, codes), as sums by row, shape (k, rows)."""
    codes = np.flatnonzero(sums.any(axis=0))
    by_row = np.zeros((len(sums), len(rows)))
    np.add.at(by_row.T, rows.find_rows(codes), sums[:, codes].T)
    return by_row


def _compute_visit_share(
    grouper: RowGrouper, rows: GroupRows, required: FloatArray
) -> FigureColumn:
    if grouper.by in NAME_GROUPINGS:
        why = Message("not_shown.by_name", by=grouper.by)
        return withhold_rows("visit_coverage_share", len(rows), why)
    due, made = _sum_by_group(rows, required)
    return compute_row_shares("visit_coverage_share", made, due)


def _find_days_since_visit(grouper: RowGrouper, rows: GroupRows) -> FigureColumn:
    """Return the days since the last visit of each site, or of each unit if rows are units."""
    period, by, places = grouper.period, grouper.by, len(grouper.names.number) + 1
    if by == "week":
        why, code = Message("not_shown.by_week"), "figure.days_since_last_visit.longest"
        return withhold_rows("days_since_last_visit", len(rows), why, code=code)
    name = by if by in NAME_GROUPINGS else ""
    field = "unit" if name else "site"
    last, counts = find_last_visit_days(period.visits_until_end, field, places)
    index = np.where(last == NO_TIMESTAMP, -1, last - period.known_from)
    members = [_list_row_members(grouper, key, places - 1) for key in rows.keys]
    return compute_days_since_visit(index, counts, members, period.school_days_after, name=name)


def _measure_open_gaps(grouper: RowGrouper, rows: GroupRows) -> OpenGaps | None:
    """Return how long the sites of each row have waited, or None if rows are not places."""
    if grouper.by in ("week", *NAME_GROUPINGS):
        return None
    period = grouper.period
    site = period.visits_until_end["site"]
    last = np.flatnonzero(np.diff(site, append=NO_NAME - 1))
    number, day, minute = (
        period.visits_until_end[name][last] for name in ("site", "day", "minute")
    )
    end_day = np.full(len(number), period.last.toordinal())
    end_minute = np.full(len(number), period.until_min)
    read_hours = period.bells.read_school_hours
    waited_h = np.full(len(period.names.number) + 1, np.nan)
    waited_h[number] = read_hours(number, end_day, end_minute) - read_hours(number, day, minute)
    no_name = len(waited_h) - 1
    by_row = [waited_h[_list_row_members(grouper, key, no_name)] for key in rows.keys]
    longest = [np.fmax.reduce(own, initial=np.nan) for own in by_row]
    never = [int(np.isnan(own).sum()) for own in by_row]
    return OpenGaps(np.array(longest, dtype=np.float64), np.array(never, dtype=np.int64))


def _list_row_members(grouper: RowGrouper, key: str, no_name: int) -> IntArray:
    """Return the numbers of the sites or units in a row; zones are those of the current plan."""
    number, patrolled = grouper.names.number, grouper.period.project.patrolled
    if grouper.by in ("site", *NAME_GROUPINGS):
        members = [number.get(key, no_name) if key != NO_KEY else no_name]
    elif grouper.by == "zone":
        plan = grouper.plans.current
        zones = plan.assignment if plan else {}
        members = [number[s.id] for s in patrolled if zones.get(s.id, NO_KEY) == key]
    else:
        members = [number[s.id] for s in patrolled]
    return np.array(members, np.int64)


def _compute_windows(grouper: RowGrouper, rows: GroupRows) -> Iterator[FigureColumn]:
    """Yield the figures over bell windows.

    A week's visits belong to the zones of the plan on its first day.
    """
    period = grouper.period
    days = np.arange(period.first.toordinal(), period.last.toordinal() + 1)
    week = (days - grouper.monday.toordinal()) // 7
    counts = count_window_visits(
        period.project,
        period.names.number,
        period.visits,
        days=days,
        kind=period.bells.kind[period.first.toordinal() - period.known_from :],
        week=week,
    )
    starts = days[np.flatnonzero(np.diff(week, prepend=-1))]
    sums = _sum_by_group(rows, _sum_by_code(grouper, [*counts], starts))
    yield from compute_window_figures(sums, period.project)


def _withhold_undeclared(
    columns: Mapping[str, FigureColumn], period: PeriodRecords
) -> Iterator[tuple[str, FigureColumn]]:
    """Yield the figures that count days or school hours, withheld if no days are declared.

    0 days since the last visit is certain even then, so it stays.
    """
    for kind in period.basis.undeclared:
        for name in _FIGURES_OF_DAYS[kind]:
            column = columns[name]
            if not column.applies:
                continue
            is_certain = (
                column.values == 0 if name == "days_since_last_visit" else np.zeros(1, bool)
            )
            values, n = (
                np.where(is_certain, column.values, np.nan),
                np.where(is_certain, column.n, 0),
            )
            why = repeat_in_rows(Message("days_not_declared", kind=kind))
            yield name, replace(column, values=values, n=n, why=why)


def _withhold_unrecorded(
    columns: Mapping[str, FigureColumn], by: str, period: PeriodRecords, rows: GroupRows
) -> Iterator[tuple[str, FigureColumn]]:
    """Yield the figures of rows without a day on record: a reason, and blank counts.

    If no days are declared, only days with an entry are on record.
    """
    tables = {
        "visits": (_FIGURES_OF_VISITS, period.recorded, period.visits),
        "calls": (_FIGURES_OF_CALLS, period.recorded_calls, period.calls),
    }
    for kind, (names, on_record, entries) in tables.items():
        seen = np.bincount(entries["day"] - period.first.toordinal(), minlength=len(on_record))
        undeclared = kind in period.basis.undeclared
        recorded = seen > 0 if undeclared else on_record
        why = Message("days_not_declared.none", kind=kind) if undeclared else NOT_ON_RECORD
        unknown = np.full(len(rows), not recorded.any())
        if by == "week":
            days = (period.first + timedelta(days=n) for n in np.flatnonzero(recorded).tolist())
            known = {format_week_key(day) for day in days}
            unknown = np.array([key not in known for key in rows.keys], dtype=bool)
        for name in names if unknown.any() else ():
            column = columns[name]
            if not column.applies:
                continue
            is_count = name in ("visits", "calls")
            values = np.where(unknown, np.nan, column.values) if is_count else column.values
            yield name, replace(explain_rows(column, unknown, repeat_in_rows(why)), values=values)


def _add_plan_notes(column: FigureColumn, by: str, notes: Sequence[Message]) -> FigureColumn:
    """Add the plans that define the zones to the definition of a figure that depends on them."""
    if not notes or not (by == "zone" or column.name == "out_of_zone_share"):
        return column
    return replace(column, definition=lambda row: (*column.definition(row), *notes))
