"""Observed coverage: hours on duty, the board and table of a period, and their records."""

import csv
import io
from bisect import bisect_right
from collections import ChainMap, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from zoneplanner.analysis.coverage.chart_series import CoverageSeries, compute_coverage_series
from zoneplanner.analysis.coverage.coverage_table import compute_coverage
from zoneplanner.analysis.coverage.figures import CoverageRow, Figure
from zoneplanner.analysis.coverage.log_period import (
    RECORD_GROUPINGS,
    PeriodRecords,
    RowGrouper,
    list_days_on_record,
    select_period,
)
from zoneplanner.analysis.log.log_arrays import (
    LogArrays,
    NameNumbers,
    RecordArray,
    build_log_arrays,
)
from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.log.logbook import find_incidents
from zoneplanner.app.session.session import Session
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.domain.locale_formats import escape_formula
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS
from zoneplanner.domain.log.entries import read_incidents, read_visits
from zoneplanner.domain.log.journal import Incident, Visit
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import Shift
from zoneplanner.messages import Message

OFFICER, CALL_TYPE = RECORD_GROUPINGS
_FIGURES_OF_UNITS = ("utilization", "out_of_zone_share", "visit_coverage_share")
_FIGURES_OF_VISITS = (
    "visits",
    "days_since_last_visit",
    "gap_mean_h",
    "gap_min_h",
    "gap_max_h",
    "predictability",
    "departures_share",
    "window_coverage_share",
    "window_late_share",
    "window_presence_share",
)
_NOT_BY_RECORD = Message("not_shown.except_by_unit")
_NO_KEY_NAMES = {
    OFFICER: Message("coverage_row.no_officer"),
    CALL_TYPE: Message("coverage_row.none", by=CALL_TYPE),
}
_OPEN_HOURS = (Message("figure.open_zone_h"),)
_ELSEWHERE = Message("not_shown.except_by_unit_or_zone")


def compute_hours_on_duty(
    project: Project, *, log: LogArrays, first: date | None, last: date | None, now: datetime
) -> dict[str, float]:
    """Return the hours that each unit's officers were on duty in a period, up to now.

    Only days with incidents on record count.
    """
    hours = defaultdict[str, float](float)
    spans = list_days_on_record(log, INCIDENT_RECORDS, project=project, now=now)
    for shift in _list_begun_shifts(project, first, last, now):
        day = shift.day(project.time_zone)
        if shift.officer is not None and any(span.contains(day) for span in spans):
            hours[shift.unit] += _hours_so_far(shift, now)
    return dict(hours)


def add_open_hours(
    rows: Sequence[CoverageRow],
    *,
    by: str,
    project: Project,
    first: date | None,
    last: date | None,
    now: datetime,
) -> tuple[CoverageRow, ...]:
    """Return coverage rows with the figure ``open_zone_h``; a zone has its unit's figure."""
    begun = _list_begun_shifts(project, first, last, now)
    units = _map_zones_to_units(project, now) if by == "zone" else {}

    def compute_open_hours(key: str) -> Figure:
        if by not in ("unit", "zone", "all"):
            return Figure(None, 0, _OPEN_HOURS, _ELSEWHERE)
        unit = units.get(key, key)
        shifts = [shift for shift in begun if by == "all" or shift.unit == unit]
        if not shifts:
            return Figure(None, 0, _OPEN_HOURS, Message("no_figure.open_zone_h"))
        open_h = sum(_hours_so_far(shift, now) for shift in shifts if shift.is_open)
        return Figure(open_h, len(shifts), _OPEN_HOURS)

    def add_figure(row: CoverageRow) -> CoverageRow:
        added = {"open_zone_h": compute_open_hours(row.key)}
        figures = ChainMap(added, row.figures)  # type: ignore[arg-type]
        return CoverageRow(row.key, row.name, figures)

    return tuple(map(add_figure, rows))


def _map_zones_to_units(project: Project, now: datetime) -> dict[str, str]:
    plan = project.current_plan(now.astimezone(ZoneInfo(project.time_zone)).date())
    return {zone.id: zone.unit for zone in plan.zones} if plan else {}


def _list_begun_shifts(
    project: Project, first: date | None, last: date | None, now: datetime
) -> list[Shift]:
    return [
        shift
        for shift in project.shifts.values()
        if shift.is_active
        and shift.starts_at < now
        and (first or date.min) <= shift.day(project.time_zone) <= (last or date.max)
    ]


def _hours_so_far(shift: Shift, now: datetime) -> float:
    return (min(shift.ends_at, now) - shift.starts_at).total_seconds() / 3600


_MAX_ENTRIES = 5_000
"""A figure lists at most this many of its records, the latest."""


def compute_observed_coverage(
    session: Session,
    *,
    by: str = "site",
    first: date | None = None,
    last: date | None = None,
    target_min: float | None = None,
) -> tuple[CoverageRow, ...]:
    """Compute the coverage rows of a period, both days included.

    By officer, a visit counts for the officer who made it, a call for the officer on the lead
    unit's shift, and time spent for the officer on each unit's shift. By type, only calls count.
    """
    if by in RECORD_GROUPINGS:
        return _compute_by_record(session, by, first=first, last=last, target_min=target_min)
    period = select_observed_period(session, first, last)
    days: dict[str, Any] = {"first": first, "last": last, "now": session.clock()}
    duty_h = compute_hours_on_duty(period.project, log=period.log, **days)
    rows = compute_coverage(period, by=by, target_min=target_min, duty_h=duty_h)
    return add_open_hours(rows, by=by, project=period.project, **days)


def select_observed_period(
    session: Session, first: date | None, last: date | None
) -> PeriodRecords:
    """Return the records of a period; its ``notes`` name the days that do not count."""
    log, project, now = session.store.log(), session.saved_project, session.clock()
    return select_period(log, project=project, now=now, first=first, last=last)


def _compute_by_record(
    session: Session, by: str, *, first: date | None, last: date | None, target_min: float | None
) -> tuple[CoverageRow, ...]:
    """Compute rows by officer or call type: its key takes the place of the unit."""
    project, now = session.saved_project, session.clock()
    visits, calls, key_of = _read_keyed_records(session, by)
    log = _put_keys_for_units(visits, calls, key_of, time_zone=project.time_zone)
    unplanned = replace(project, units={}, plans={})
    period = select_period(log, project=unplanned, now=now, first=first, last=last)
    rows = compute_coverage(period, by=by, target_min=target_min)
    officers = project.officers if by == OFFICER else {}
    names = {key: officer.name for key, officer in officers.items()}
    elsewhere = {name: Figure(None, 0, (), _NOT_BY_RECORD) for name in _FIGURES_OF_UNITS}
    elsewhere["open_zone_h"] = Figure(None, 0, _OPEN_HOURS, _ELSEWHERE)
    return tuple(
        CoverageRow(
            row.key,
            names.get(row.key, row.key.replace("_", " ")) if row.key else _NO_KEY_NAMES[by],
            {**row.figures, **_withhold_visits(row.figures, by), **elsewhere},
        )
        for row in rows
    )


def _withhold_visits(figures: Mapping[str, Figure], by: str) -> dict[str, Figure]:
    """Return the figures of visits without a value if rows are call types, which visits lack."""
    names = _FIGURES_OF_VISITS if by == CALL_TYPE else ()
    why = Message("visits_have_no_type")
    return {name: Figure(None, 0, figures[name].definition, why) for name in names}


_FindKey = Callable[[Visit | Incident, str | None], str]
"""Returns the key that a record counts for, for one of its units."""


def _read_keyed_records(
    session: Session, by: str
) -> tuple[tuple[Visit, ...], tuple[Incident, ...], _FindKey]:
    """Return visits and calls, and a function for the key that replaces a record's unit."""
    calls = read_incidents(session.store.entries(kinds=("incident", "stamp", "void")))
    if by == CALL_TYPE:
        return (), calls, lambda record, _: record.type if isinstance(record, Incident) else ""
    find_on_shift = _index_officers_on_shift(session.saved_project)

    def find_officer(record: Visit | Incident, unit: str | None) -> str:
        if isinstance(record, Visit):
            return record.officer or find_on_shift(unit, record.arrived_at)
        return find_on_shift(unit, record.received_at)

    return read_visits(session.store.entries(kinds=("visit", "void"))), calls, find_officer


def _put_keys_for_units(
    visits: Sequence[Visit], calls: Sequence[Incident], key_of: _FindKey, *, time_zone: str
) -> LogArrays:
    """Return the records as log arrays, with keys in place of units."""
    records: tuple[Visit | Incident, ...] = (*visits, *calls)
    seqs = {record.uid: index for index, record in enumerate(records)}
    log = build_log_arrays(visits, calls, time_zone=time_zone, seqs=seqs)
    names, units = NameNumbers(log.names), (*log.names, None)  # NO_NAME is -1: the last

    def recode(rows: RecordArray) -> RecordArray:
        recoded = rows.copy()
        pairs = zip(rows["seq"].tolist(), rows["unit"].tolist(), strict=True)
        recoded["unit"] = [
            names.number_of(key_of(records[seq], units[unit])) for seq, unit in pairs
        ]
        return recoded

    tables = [recode(rows) for rows in (log.visits, log.calls, log.commitments)]
    return LogArrays(tuple(names.number), *tables)


def _index_officers_on_shift(project: Project) -> Callable[[str | None, datetime], str]:
    """Return a function that finds the officer on a unit's shift at a time, or "" if unknown."""
    shifts: dict[str, list[Shift]] = {}
    for shift in project.shifts.values():
        if shift.is_active and shift.officer:
            shifts.setdefault(shift.unit, []).append(shift)
    for own in shifts.values():
        own.sort(key=lambda shift: shift.starts_at)
    starts = {unit: [shift.starts_at for shift in own] for unit, own in shifts.items()}

    def find(unit: str | None, moment: datetime) -> str:
        own = shifts.get(unit or "", [])
        last = bisect_right(starts.get(unit or "", []), moment) - 1
        return (own[last].officer or "") if last >= 0 and moment < own[last].ends_at else ""

    return find


@dataclass(frozen=True, eq=False, slots=True)
class CoverageBoard:
    """Everything that the board of a period shows: its figures and its series."""

    figures: Mapping[str, Figure]
    series: CoverageSeries


def compute_coverage_board(
    session: Session,
    *,
    first: date | None = None,
    last: date | None = None,
    target_min: float = RESPONSE_TARGET_MIN,
) -> CoverageBoard:
    """Compute the board of a period."""
    (whole,) = compute_observed_coverage(
        session, by="all", first=first, last=last, target_min=target_min
    )
    series = compute_coverage_series(select_observed_period(session, first, last))
    return CoverageBoard(whole.figures, series)


def find_source_records(
    session: Session, *, by: str, key: str, first: date | None = None, last: date | None = None
) -> tuple[tuple[Visit, ...], tuple[Incident, ...]]:
    """Return the visits and incidents that a row of ``compute_observed_coverage`` counts.

    At most ``_MAX_ENTRIES`` of each, the ones logged last.
    """
    if by in RECORD_GROUPINGS:
        return _find_keyed_records(session, by, key, first, last)
    period = select_observed_period(session, first, last)
    grouper = RowGrouper(period, by)
    codes = [grouper.encode_records(records) for records in (period.visits, period.calls)]
    rows = grouper.list_rows({code for own in codes for code in np.unique(own).tolist()})
    if key not in rows.keys:
        return (), ()
    row = rows.keys.index(key)
    visit_seqs, call_seqs = (
        sorted(records["seq"][rows.find_rows(own) == row].tolist())[-_MAX_ENTRIES:]
        for own, records in zip(codes, (period.visits, period.calls), strict=True)
    )
    visits = read_visits(session.store.entries_by_seq(visit_seqs))
    return visits, find_incidents(session, call_seqs)


def _find_keyed_records(
    session: Session, by: str, key: str, first: date | None, last: date | None
) -> tuple[tuple[Visit, ...], tuple[Incident, ...]]:
    zone = ZoneInfo(session.saved_project.time_zone)
    low, high = first or date.min, last or date.max
    visits, calls, key_of = _read_keyed_records(session, by)

    def is_counted(record: Visit | Incident, unit: str | None, moment: datetime) -> bool:
        return key_of(record, unit) == key and low <= moment.astimezone(zone).date() <= high

    own_visits = tuple(one for one in visits if is_counted(one, one.unit, one.arrived_at))
    own_calls = tuple(one for one in calls if is_counted(one, one.lead_unit, one.received_at))
    return own_visits[-_MAX_ENTRIES:], own_calls[-_MAX_ENTRIES:]


def write_figures_csv(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """Write rows as CSV in UTF-8; a path that cannot be written is a UserError."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([escape_formula(cell) if isinstance(cell, str) else cell for cell in row])
    return write_file_atomically(path, text.getvalue().encode("utf-8-sig"))
