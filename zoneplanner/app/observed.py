"""Coverage as observed: the journal's figures for the project's sites, zones, units and weeks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from zoneplanner.analysis.coverage import DEFAULT_TARGET_MIN, CoverageRow, Figure, compute_coverage
from zoneplanner.analysis.observed_series import CoverageSeries, compute_coverage_series
from zoneplanner.analysis.period import select_period
from zoneplanner.analysis.row_numbers import RowGrouper
from zoneplanner.app.reading import ProjectState
from zoneplanner.app.session import Session
from zoneplanner.app.staffed_hours import add_open_hours, compute_hours_on_duty
from zoneplanner.domain.journal import Incident, Visit
from zoneplanner.domain.records import read_incidents, read_visits

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
    project, now = session.project, session.clock()
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
    target_min: float = DEFAULT_TARGET_MIN,
) -> CoverageBoard:
    """Compute the board of a period."""
    (whole,) = compute_observed_coverage(
        session, by="all", first=first, last=last, target_min=target_min
    )
    series = compute_coverage_series(
        session.store.log(),
        project=session.project,
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
    log, project, now = session.store.log(), session.project, session.clock()
    cut = select_period(log, project=project, first=first, last=last, now=now)
    coder = RowGrouper(project, by, cut.names, cut.plans, cut.first)
    codes = [coder.codes(cut.visits), coder.codes(cut.calls)]
    seen = {code for own in codes for code in np.unique(own).tolist()}
    rows = coder.rows(seen, cut.last)
    if key not in rows.keys:
        return (), ()
    place = rows.keys.index(key)
    of_visits, of_calls = (
        sorted(seq[rows.of(own) == place].tolist())[-_MOST_ENTRIES:]
        for own, seq in zip(codes, (cut.visits["seq"], cut.calls["seq"]), strict=True)
    )
    store = session.store
    return read_visits(store.entries_by_seq(of_visits)), read_incidents(
        store.call_entries(of_calls)
    )


def compare_with_expected(
    session: Session, reading: ProjectState, found: CoverageBoard, *, target_min: float
) -> list[str]:
    """Say how what was observed stands to what the plan expects, a sentence each.

    The expected response leaves out the time that a call waits for a dispatcher.
    """
    from zoneplanner.analysis.verdicts import (
        judge_calls_per_day,
        judge_mean_response,
        judge_share_within,
    )
    from zoneplanner.app.evaluate import evaluate_response

    series = found.series
    expected = (
        evaluate_response(reading, target_min=target_min) if reading.plan is not None else None
    )
    within = int((series.response_min <= target_min).sum())
    days = sum(1 for _ in session.project.calendar.school_days(series.first, series.last))
    assumed = sum(load.calls for load in reading.basis.loads)
    judged = (
        judge_share_within(
            within,
            len(series.response_min),
            expected.share_within_target if expected else None,
            target_min=target_min,
        ),
        judge_mean_response(series.response_min, expected.mean_response_min if expected else None),
        judge_calls_per_day(series.calls, days, assumed),
    )
    return [f"{one.name}: {one.words}" for one in judged]
