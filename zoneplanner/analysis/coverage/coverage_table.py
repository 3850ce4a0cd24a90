"""Coverage as observed: the journal's figures by site, zone, unit or week, or all in one row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.coverage.figures import (
    DAYS_NOT_DECLARED,
    NONE_DECLARED,
    NOT_ON_RECORD,
    CoverageRow,
    FigureColumn,
    FiguresByName,
    compute_row_shares,
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
    select_period,
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
    LogArrays,
    NameNumbers,
    build_log_arrays,
)
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN, look_up_by_level
from zoneplanner.domain.log.journal import Incident, Visit
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

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
    *("response_mean_min", "response_p50_min", "response_p90_min"),
    *("response_within_target_share", "queue_p50_min", "turnout_p50_min", "travel_p50_min"),
    *("scene_p50_min", "consumed_h", "stamps_complete_share", "out_of_zone_share"),
)

_FIGURES_OF_DAYS = {
    "visits": (
        *("visit_coverage_share", "days_since_last_visit"),
        *("gap_mean_h", "gap_min_h", "gap_max_h"),
        *("window_coverage_share", "window_late_share", "window_presence_share"),
    ),
    "calls": ("utilization",),
}
"""What counts days or school hours, and so only those that were declared."""


def compute_record_coverage(
    visits: Iterable[Visit], incidents: Iterable[Incident], *, project: Project, **options: object
) -> tuple[CoverageRow, ...]:
    """Compute the figures of records; see ``compute_coverage`` for the options and errors."""
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
    to its lead unit, its time to each unit that it took. ``duty_h`` gives the hours that each unit
    was on duty in the period.

    Raises
    ------
    UserError
        ``by`` is unknown, or the period ends before it starts or is longer than a century.
    """
    if by not in (known := (*COVERAGE_GROUPINGS, *RECORD_GROUPINGS)):
        raise UserError("unknown_grouping", by=by, known=known)
    cut = select_period(log, project=project, first=first, last=last, now=now)
    coder = RowGrouper(project, by, cut.names, cut.plans, cut.first)
    visit_code, call_code = coder.encode_records(cut.visits), coder.encode_records(cut.calls)
    taken_code = coder.encode_records(cut.commitments)
    required = _count_required_visits(coder, cut)
    codes = (visit_code, call_code, taken_code, np.flatnonzero(required[0]))
    seen = {at for own in codes for at in np.flatnonzero(np.bincount(own)).tolist()}
    rows = coder.rows(seen, cut.last)
    figures = (
        *compute_visit_figures(
            cut.visits,
            rows.find_rows(visit_code),
            len(rows),
            bells=cut.bells,
            waits=_measure_open_gaps(coder, cut, rows),
        ),
        _find_days_since_visit(coder, cut, rows),
        _compute_visit_share(coder, rows, required),
        *compute_response_figures(
            cut.calls,
            rows.find_rows(call_code),
            len(rows),
            target_min=target_min or RESPONSE_TARGET_MIN,
            own_unit=coder.own_unit(cut.calls),
            own_times=coder.by in ("unit", "officer"),
        ),
        compute_consumed_hours(cut.commitments, rows.find_rows(taken_code), len(rows)),
        compute_utilization(coder, cut, rows, duty_h or {}),
        *_compute_windows(coder, cut, rows),
    )
    note = cut.plans.describe_plans(cut.visits["day"], cut.calls["day"])
    columns = {column.name: _add_plan_note(column, by, note) for column in figures}
    columns |= _withhold_undeclared(columns, cut)
    columns |= _withhold_unrecorded(columns, by, cut, rows)
    if project.terms.incident.term:
        columns = {name: _use_terms(column, project) for name, column in columns.items()}
    return tuple(
        CoverageRow(key, name, FiguresByName(columns, at))
        for at, (key, name) in enumerate(zip(rows.keys, rows.names, strict=True))
    )


def _use_terms(column: FigureColumn, project: Project) -> FigureColumn:
    """Return a column whose words are the district's."""

    def say(text: str | Sequence[str]) -> str | Sequence[str]:
        name = project.terms.name_incidents
        return name(text) if isinstance(text, str) else [*map(name, text)]

    return replace(column, definition=say(column.definition), why=say(column.why))


def count_due_visits(project: Project, names: NameNumbers) -> FloatArray:
    """Return how many visits are due on a school day, by number; none where not patrolled.

    The shape is (names,): numbers of units and of sites that are not patrolled have 0.
    """
    found = np.zeros(len(names.number))
    for site in project.patrolled:
        found[names.number[site.id]] = look_up_by_level(
            project.assumptions.visits_per_day, site.level
        )
    return found


def _count_required_visits(coder: RowGrouper, cut: PeriodRecords) -> FloatArray:
    """Return the visits due in the period and those of them that were made, shape (2, codes).

    Visits that were due are those on school days, at each site up to the number due that day.
    """
    if coder.by in NAME_GROUPINGS:
        return np.zeros((2, 1))
    a_day = count_due_visits(cut.project, cut.names)
    days = np.arange(cut.first.toordinal(), cut.last.toordinal() + 1)
    made = count_visits_by_day(cut.visits, a_day, int(days[0]), cut.in_school)
    return _sum_by_code(coder, cut, (np.outer(a_day, cut.in_school), made), days)


def _sum_by_code(
    coder: RowGrouper, cut: PeriodRecords, parts: Sequence[FloatArray], days: IntArray
) -> FloatArray:
    """Add up what sites came to, each part (sites, days), by code of rows: shape (parts, codes).

    Zones are those of the plan that is followed on each of the ``days``.
    """
    if coder.by in NAME_GROUPINGS:
        return np.zeros((len(parts), 1))
    pieces = []
    if coder.by in ("week", "all"):
        nobody = np.full(len(days), -1)
        pieces.append((coder.encode(nobody, nobody, days), [part.sum(axis=0) for part in parts]))
    else:
        sites, followed = np.arange(len(parts[0])), cut.plans.find_followed_plan(days)
        for plan in np.unique(followed):
            own = followed == plan
            codes = coder.encode(sites, sites, np.full(len(sites), days[own][0]))
            on_them = parts if own.all() else [part[:, own] for part in parts]
            pieces.append((codes, [part.sum(axis=1) for part in on_them]))
    size = 1 + max(int(codes.max(initial=0)) for codes, _ in pieces)
    sums = np.zeros((len(parts), size))
    for codes, values in pieces:
        sums += [np.bincount(codes, value, size) for value in values]
    return sums


def _sum_by_group(rows: GroupRows, sums: FloatArray) -> FloatArray:
    """Bring sums by code, shape (k, codes), in the order of the rows, shape (k, rows)."""
    codes = np.flatnonzero(sums.any(axis=0))
    found = np.zeros((len(sums), len(rows)))
    np.add.at(found.T, rows.find_rows(codes), sums[:, codes].T)
    return found


def _compute_visit_share(coder: RowGrouper, rows: GroupRows, required: FloatArray) -> FigureColumn:
    if coder.by in NAME_GROUPINGS:
        why = f"shown by site, zone or week, not by {coder.by}"
        return withhold_rows("visit_coverage_share", len(rows), why)
    due, done = _sum_by_group(rows, required)
    return compute_row_shares("visit_coverage_share", done, due)


def _find_days_since_visit(coder: RowGrouper, cut: PeriodRecords, rows: GroupRows) -> FigureColumn:
    """The last visit of each site, or of each unit where rows are units."""
    by, places = coder.by, len(cut.names.number) + 1
    field = "unit" if by in NAME_GROUPINGS else "site"
    place = "site" if field == "site" else f"{by}, from the last visit of each to any site"
    if by == "week":
        why = "shown by site, zone or unit, not by week"
        column = withhold_rows("days_since_last_visit", len(rows), why, place=field)
        return replace(column, definition=f"{column.definition}; the longest of them.")
    last, counts = find_last_visit_days(cut.visits_until_end, field, places)
    at = np.where(last == NO_TIMESTAMP, -1, last - cut.known_from)
    members = [_list_row_members(coder, cut, key, places - 1) for key in rows.keys]
    return compute_days_since_visit(at, counts, members, cut.school_days_after, place=place)


def _measure_open_gaps(coder: RowGrouper, cut: PeriodRecords, rows: GroupRows) -> OpenGaps | None:
    """Return how long the sites of each row have waited; None where rows are no places."""
    if coder.by in ("week", *NAME_GROUPINGS):
        return None
    site = cut.visits_until_end["site"]
    last = np.flatnonzero(np.diff(site, append=NO_NAME - 1))
    columns = (cut.visits_until_end[name][last] for name in ("site", "day", "minute"))
    number, day, minute = columns
    end = np.full(len(number), cut.last.toordinal())
    waited = np.full(len(cut.names.number) + 1, np.nan)
    now, then = (
        cut.bells.read_school_hours(number, *moment)
        for moment in ((end, np.full(len(number), cut.until_min)), (day, minute))
    )
    waited[number] = now - then
    nobody = len(waited) - 1
    every = [waited[_list_row_members(coder, cut, key, nobody)] for key in rows.keys]
    longest = [np.fmax.reduce(own, initial=np.nan) for own in every]
    never = [int(np.isnan(own).sum()) for own in every]
    return OpenGaps(np.array(longest, dtype=np.float64), np.array(never, dtype=np.int64))


def _list_row_members(coder: RowGrouper, cut: PeriodRecords, key: str, nobody: int) -> IntArray:
    """Return the numbers of what waits for a visit in a row; of zones as they are now."""
    number = cut.names.number
    if coder.by in ("site", *NAME_GROUPINGS):
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
    counts = count_window_visits(
        cut.project,
        cut.names.number,
        cut.visits,
        days=days,
        kind=cut.bells.kind[cut.first.toordinal() - cut.known_from :],
        week=week,
    )
    starts = days[np.flatnonzero(np.diff(week, prepend=-1))]
    sums = _sum_by_group(rows, _sum_by_code(coder, cut, [*counts], starts))
    yield from compute_window_figures(sums, cut.project)


def _withhold_undeclared(
    columns: Mapping[str, FigureColumn], cut: PeriodRecords
) -> Iterator[tuple[str, FigureColumn]]:
    """Withhold the figures that count days or school hours where nobody declared the days.

    A site that was visited on the last school day waits none, whatever is not on record.
    """
    for kind in cut.basis.undeclared:
        for name in _FIGURES_OF_DAYS[kind]:
            column, why = columns[name], DAYS_NOT_DECLARED.format(kind=kind)
            if not column.applies:
                continue
            sure = column.values == 0 if name == "days_since_last_visit" else np.zeros(1, bool)
            values, n = np.where(sure, column.values, np.nan), np.where(sure, column.n, 0)
            yield name, replace(column, values=values, n=n, why=why)


def _withhold_unrecorded(
    columns: Mapping[str, FigureColumn], by: str, cut: PeriodRecords, rows: GroupRows
) -> Iterator[tuple[str, FigureColumn]]:
    """Withhold the figures of rows of which no day is on record: nobody knows of any entry.

    Of days that nobody declared those without an entry are not on record, either.
    """
    tables = {
        "visits": (_FIGURES_OF_VISITS, cut.recorded, cut.visits),
        "calls": (_FIGURES_OF_CALLS, cut.recorded_calls, cut.calls),
    }
    for kind, (names, on_record, entries) in tables.items():
        seen = np.bincount(entries["day"] - cut.first.toordinal(), minlength=len(on_record))
        undeclared = kind in cut.basis.undeclared
        recorded = seen > 0 if undeclared else on_record
        unknown_why = NONE_DECLARED.format(kind=kind) if undeclared else NOT_ON_RECORD
        unknown = np.full(len(rows), not recorded.any())
        if by == "week":
            days = (cut.first + timedelta(days=int(at)) for at in np.flatnonzero(recorded))
            known = {format_week_key(day) for day in days}
            unknown = np.array([key not in known for key in rows.keys], dtype=bool)
        for name in names if unknown.any() else ():
            column = columns[name]
            if not column.applies:
                continue
            is_count = name in ("visits", "calls")
            values = np.where(unknown, np.nan, column.values) if is_count else column.values
            why = [
                unknown_why
                if left
                else column.why
                if isinstance(column.why, str)
                else column.why[at]
                for at, left in enumerate(unknown.tolist())
            ]
            yield name, replace(column, values=values, why=why)


def _add_plan_note(column: FigureColumn, by: str, note: str) -> FigureColumn:
    """Say which plans the zones are those of, where a figure depends on it."""
    if not note or not (by == "zone" or column.name == "out_of_zone_share"):
        return column
    words = column.definition
    noted = words + note if isinstance(words, str) else [text + note for text in words]
    return replace(column, definition=noted)
