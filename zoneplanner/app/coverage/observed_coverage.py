"""What the roster adds to observed coverage: hours on duty, and hours that a zone stood open."""

import csv
import io
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zoneplanner.analysis.coverage.chart_series import CoverageSeries, compute_coverage_series
from zoneplanner.analysis.coverage.coverage_table import compute_coverage
from zoneplanner.analysis.coverage.figures import LEAST_N, CoverageRow, Figure
from zoneplanner.analysis.coverage.log_period import select_period
from zoneplanner.analysis.coverage.row_grouping import RowGrouper
from zoneplanner.analysis.demand.call_demand import ObservedCalls, count_observed_calls
from zoneplanner.analysis.demand.site_load import SCHOOL_DAY_H
from zoneplanner.analysis.log.log_arrays import LogArrays
from zoneplanner.analysis.response.conditions import USUAL_CONDITIONS, ResponseConditions
from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.log.logbook import find_incidents
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.domain.locale_formats import escape_formula
from zoneplanner.domain.log.journal import Incident, Visit
from zoneplanner.domain.log.record_keeping import INCIDENT_RECORDS
from zoneplanner.domain.log.records import read_visits
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import Shift

if TYPE_CHECKING:
    from zoneplanner.analysis.coverage.verdicts import Verdict

_OPEN_HOURS = "Scheduled hours of the period, up to now, without an officer."
_NO_SHIFTS = "no shift lies in the period"
_ELSEWHERE = "told by unit, by zone or for all, not in these rows"


def compute_hours_on_duty(
    project: Project, *, first: date | None, last: date | None, now: datetime
) -> dict[str, float]:
    """Return the hours that officers of each unit were on duty in a period, up to now."""
    found: dict[str, float] = {}
    for shift in _list_begun_shifts(project, first, last, now):
        if shift.officer is not None:
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
    plan = project.current_plan(now.date()) if by == "zone" else None
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
    """Compute the coverage rows of a period, both days included."""
    project, now = session.saved_project, session.clock()
    rows = compute_coverage(
        session.store.log(),
        project=project,
        by=by,
        first=first,
        last=last,
        now=now,
        target_min=target_min,
        duty_h=compute_hours_on_duty(project, first=first, last=last, now=now),
    )
    return add_open_hours(rows, by=by, project=project, first=first, last=last, now=now)


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
    """Return the visits and incidents that a row of ``observed`` is told from.

    Of each at most ``MOST_ENTRIES``, those logged last.
    """
    log, project, now = session.store.log(), session.saved_project, session.clock()
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


def judge_against_plan(
    log: LogArrays, state: ProjectState, series: CoverageSeries, *, target_min: float
) -> "list[Verdict]":
    """Judge the series of a period against what the plan expects, like with like.

    The model knows turn-out and drive of answered calls, so they are held against the time from
    dispatched to on scene, and it is asked for as many calls as came in the period on school days
    in bell windows, where enough came to tell.
    """
    from zoneplanner.analysis.coverage.verdicts import (
        judge_calls_per_day,
        judge_mean_response,
        judge_share_within,
    )

    # the model brings libraries that the command line's figures do not need
    from zoneplanner.app.coverage.expected_response import evaluate_response

    declared = state.saved_project.records.kind(INCIDENT_RECORDS).complete
    known = count_observed_calls(state.saved_project, log, series.last_over, first=series.first)
    assumed = sum(load.calls for load in state.basis.loads)
    calls_per_day = _find_calls_to_expect(known, assumed)
    under = _expect_calls_of(state, calls_per_day, assumed)
    mean_min = share = None
    if state.plan is not None:
        expected = evaluate_response(state, under=under, target_min=target_min)
        mean_min, share = expected.mean_response_min, expected.answered_within_target
    within = int((series.dispatch_min <= target_min).sum())
    mean = judge_mean_response(series.dispatch_min, mean_min, calls_per_day=calls_per_day)
    n = len(series.dispatch_min)
    return [
        mean,
        judge_share_within(within, n, share, target_min=target_min, mean=mean),
        judge_calls_per_day(known.counts_a_day, assumed, complete=bool(declared)),
    ]


def _find_calls_to_expect(known: ObservedCalls, assumed: float) -> float:
    """Return as many calls a school day as were observed, where these tell; else those assumed."""
    if known.school_days < LEAST_N or known.incidents < LEAST_N or not assumed:
        return assumed
    return known.incidents / known.school_days


def _expect_calls_of(
    state: ProjectState, calls_per_day: float, assumed: float
) -> ResponseConditions:
    """Return conditions with so many calls a school day, shared among the sites as assumed."""
    if calls_per_day == assumed:
        return USUAL_CONDITIONS
    factor = calls_per_day / assumed / SCHOOL_DAY_H
    pairs = zip(state.basis.index, state.basis.loads, strict=True)
    return ResponseConditions(calls_per_h={site: load.calls * factor for site, load in pairs})


def write_figures_csv(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """Write rows as CSV in UTF-8; a path that cannot be written is a UserError."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([escape_formula(cell) if isinstance(cell, str) else cell for cell in row])
    return write_file_atomically(path, text.getvalue().encode("utf-8-sig"))
