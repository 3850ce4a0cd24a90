"""Observed coverage: hours on duty, the board and table of a period, and the records behind."""

import csv
import io
from bisect import bisect_right
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from zoneplanner.analysis.coverage.chart_series import CoverageSeries, compute_coverage_series
from zoneplanner.analysis.coverage.coverage_table import compute_coverage
from zoneplanner.analysis.coverage.figures import CoverageRow, Figure
from zoneplanner.analysis.coverage.log_period import (
    RECORD_GROUPINGS,
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

OFFICER, CALL_TYPE = RECORD_GROUPINGS
_FIGURES_OF_UNITS = ("utilization", "out_of_zone_share", "visit_coverage_share")
_FIGURES_OF_VISITS = (
    *("visits", "days_since_last_visit", "gap_mean_h", "gap_min_h", "gap_max_h"),
    *("predictability", "departures_share"),
    *("window_coverage_share", "window_late_share", "window_presence_share"),
)
_NO_TYPE = "a visit has no type"
_NOT_BY_RECORD = "shown only by unit or in the total"
_NO_KEY_NAMES = {OFFICER: "Nobody known", CALL_TYPE: "No type"}
_OPEN_HOURS = "Scheduled hours in the period, up to now, without an officer."
_NO_SHIFTS = "no shift is in the period"
_ELSEWHERE = "shown only by unit, by zone or in the total"


def compute_hours_on_duty(
    project: Project, *, log: LogArrays, first: date | None, last: date | None, now: datetime
) -> dict[str, float]:
    """Return the hours that officers of each unit were on duty in a period, up to now.

    They are those of days of which incidents are on record.
    """
    found: dict[str, float] = {}
    spans = list_days_on_record(log, INCIDENT_RECORDS, project=project, now=now)
    for shift in _list_begun_shifts(project, first, last, now):
        day = shift.day(project.time_zone)
        if shift.officer is not None and any(span.contains(day) for span in spans):
            found[shift.unit] = found.get(shift.unit, 0.0) + _hours_so_far(shift, now)
    return found


def add_open_hours(
    rows: Sequence[CoverageRow],
    *,
    by: str,
    project: Project,
    first: date | None,
    last: date | None,
    now: datetime,
) -> tuple[CoverageRow, ...]:
    """Return rows of coverage with the figure ``open_zone_h``; a zone's are those of its unit."""
    own: dict[str, list[Shift]] = {}
    for shift in _list_begun_shifts(project, first, last, now):
        own.setdefault(shift.unit, []).append(shift)
    units = _units_of_rows(project, by, now)

    elsewhere = Figure(None, 0, _OPEN_HOURS, _ELSEWHERE)

    def figure(key: str) -> Figure:
        if by not in ("unit", "zone", "all"):
            return elsewhere
        names = list(own) if by == "all" else [units.get(key, key)]
        shifts = [shift for name in names for shift in own.get(name, ())]
        if not shifts:
            return Figure(None, 0, _OPEN_HOURS, _NO_SHIFTS)
        lacking = sum(_hours_so_far(shift, now) for shift in shifts if shift.is_open)
        return Figure(lacking, len(shifts), _OPEN_HOURS)

    def figures(row: CoverageRow) -> Mapping[str, Figure]:
        more = {"open_zone_h": figure(row.key)}
        return ChainMap(more, row.figures)  # type: ignore[arg-type]

    return tuple(CoverageRow(row.key, row.name, figures(row)) for row in rows)


def _units_of_rows(project: Project, by: str, now: datetime) -> Mapping[str, str]:
    today = now.astimezone(ZoneInfo(project.time_zone)).date()
    plan = project.current_plan(today) if by == "zone" else None
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


_MOST_ENTRIES = 5_000
"""So many entries are listed behind a figure, the latest."""


def compute_observed_coverage(
    session: Session,
    *,
    by: str = "site",
    first: date | None = None,
    last: date | None = None,
    target_min: float | None = None,
) -> tuple[CoverageRow, ...]:
    """Compute the coverage rows of a period, both days included.

    By officer a visit is that of who made it, a call that of who was on the lead unit's shift, and
    time consumed that of who was on the shift of each unit; by type only calls are counted.
    """
    project, now = session.saved_project, session.clock()
    if by in RECORD_GROUPINGS:
        return _compute_by_record(session, by, first=first, last=last, target_min=target_min)
    rows = compute_coverage(
        session.store.log(),
        project=project,
        by=by,
        first=first,
        last=last,
        now=now,
        target_min=target_min,
        duty_h=compute_hours_on_duty(
            project, log=session.store.log(), first=first, last=last, now=now
        ),
    )
    return add_open_hours(rows, by=by, project=project, first=first, last=last, now=now)


def _compute_by_record(
    session: Session, by: str, *, first: date | None, last: date | None, target_min: float | None
) -> tuple[CoverageRow, ...]:
    """Compute rows by what a record names: its key takes the place of the unit."""
    project = session.saved_project
    visits, calls, key_of = _read_keyed_records(session, by)
    rows = compute_coverage(
        _put_keys_for_units(visits, calls, key_of, time_zone=project.time_zone),
        project=replace(project, units={}, plans={}),
        by=by,
        first=first,
        last=last,
        now=session.clock(),
        target_min=target_min,
    )
    names = {key: one.name for key, one in project.officers.items()} if by == OFFICER else {}
    elsewhere = {name: Figure(None, 0, "", _NOT_BY_RECORD) for name in _FIGURES_OF_UNITS}
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
    """Return the figures of visits without a value where rows are types, which no visit has."""
    names = _FIGURES_OF_VISITS if by == CALL_TYPE else ()
    return {name: Figure(None, 0, figures[name].definition, _NO_TYPE) for name in names}


_FindKey = Callable[[Visit | Incident, str | None], str]
"""What a record is counted by, for one of its units."""


def _read_keyed_records(
    session: Session, by: str
) -> tuple[tuple[Visit, ...], tuple[Incident, ...], _FindKey]:
    """Return visits and calls, and what tells by what they are counted in place of a unit."""
    calls = read_incidents(session.store.entries(kinds=("incident", "stamp", "void")))
    if by == CALL_TYPE:
        return (), calls, lambda one, _: one.type if isinstance(one, Incident) else ""
    on_shift = _find_officers_on_shift(session.saved_project)

    def find_officer(one: Visit | Incident, unit: str | None) -> str:
        if isinstance(one, Visit):
            return one.officer or on_shift(unit, one.arrived_at)
        return on_shift(unit, one.received_at)

    return read_visits(session.store.entries(kinds=("visit", "void"))), calls, find_officer


def _put_keys_for_units(
    visits: Sequence[Visit], calls: Sequence[Incident], key_of: _FindKey, *, time_zone: str
) -> LogArrays:
    """Return the log of records with the key of each unit in its place."""
    records: tuple[Visit | Incident, ...] = (*visits, *calls)
    seqs = {one.uid: at for at, one in enumerate(records)}
    log = build_log_arrays(visits, calls, time_zone=time_zone, seqs=seqs)
    names, units = NameNumbers(log.names), (*log.names, None)  # NO_NAME is the last

    def recode(rows: RecordArray) -> RecordArray:
        found = rows.copy()
        pairs = zip(rows["seq"].tolist(), rows["unit"].tolist(), strict=True)
        found["unit"] = [names.number_of(key_of(records[at], units[unit])) for at, unit in pairs]
        return found

    tables = [recode(rows) for rows in (log.visits, log.calls, log.commitments)]
    return LogArrays(tuple(names.number), *tables)


def _find_officers_on_shift(project: Project) -> Callable[[str | None, datetime], str]:
    """Return what tells who was on a unit's shift at a moment; "" where nobody is known."""
    shifts: dict[str, list[Shift]] = {}
    for shift in project.shifts.values():
        if shift.is_active and shift.officer:
            shifts.setdefault(shift.unit, []).append(shift)
    for own in shifts.values():
        own.sort(key=lambda shift: shift.starts_at)
    starts = {unit: [shift.starts_at for shift in own] for unit, own in shifts.items()}

    def find(unit: str | None, moment: datetime) -> str:
        own = shifts.get(unit or "", [])
        at = bisect_right(starts.get(unit or "", []), moment) - 1
        return (own[at].officer or "") if at >= 0 and moment < own[at].ends_at else ""

    return find


@dataclass(frozen=True, eq=False, slots=True)
class CoverageBoard:
    """All that the board of a period shows: figures of the whole, series, and what they say."""

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
    series = compute_coverage_series(
        session.store.log(),
        project=session.saved_project,
        now=session.clock(),
        first=first,
        last=last,
    )
    return CoverageBoard(whole.figures, series)


def find_source_records(
    session: Session, *, by: str, key: str, first: date | None = None, last: date | None = None
) -> tuple[tuple[Visit, ...], tuple[Incident, ...]]:
    """Return the visits and incidents that a row of ``observed`` counts.

    Of each at most ``_MOST_ENTRIES``, those logged last.
    """
    log, project, now = session.store.log(), session.saved_project, session.clock()
    if by in RECORD_GROUPINGS:
        return _find_keyed_records(session, by, key, first, last)
    cut = select_period(log, project=project, first=first, last=last, now=now)
    coder = RowGrouper(project, by, cut.names, cut.plans, cut.first)
    codes = [coder.encode_records(cut.visits), coder.encode_records(cut.calls)]
    seen = {code for own in codes for code in np.unique(own).tolist()}
    rows = coder.rows(seen, cut.last)
    if key not in rows.keys:
        return (), ()
    place = rows.keys.index(key)
    of_visits, of_calls = (
        sorted(seq[rows.find_rows(own) == place].tolist())[-_MOST_ENTRIES:]
        for own, seq in zip(codes, (cut.visits["seq"], cut.calls["seq"]), strict=True)
    )
    visits = read_visits(session.store.entries_by_seq(of_visits))
    return visits, find_incidents(session, of_calls)


def _find_keyed_records(
    session: Session, by: str, key: str, first: date | None, last: date | None
) -> tuple[tuple[Visit, ...], tuple[Incident, ...]]:
    zone = ZoneInfo(session.saved_project.time_zone)
    low, high = first or date.min, last or date.max
    visits, calls, key_of = _read_keyed_records(session, by)

    def is_wanted(one: Visit | Incident, unit: str | None, at: datetime) -> bool:
        return key_of(one, unit) == key and low <= at.astimezone(zone).date() <= high

    return (
        tuple(one for one in visits if is_wanted(one, one.unit, one.arrived_at))[-_MOST_ENTRIES:],
        tuple(one for one in calls if is_wanted(one, one.lead_unit, one.received_at))[
            -_MOST_ENTRIES:
        ],
    )


def describe_days_on_record(
    session: Session, first: date | None, last: date | None
) -> tuple[str, ...]:
    """Say which days of a period do not count, a sentence each."""
    log, project = session.store.log(), session.saved_project
    return select_period(log, project=project, first=first, last=last, now=session.clock()).notes


def write_figures_csv(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """Write rows as CSV in UTF-8; a path that cannot be written is a UserError."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([escape_formula(cell) if isinstance(cell, str) else cell for cell in row])
    return write_file_atomically(path, text.getvalue().encode("utf-8-sig"))
