"""Observed coverage: its period, the table's columns, the ranking of zones and the key figures."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from zoneplanner.analysis.coverage.chart_series import (
    LONGEST_SHOWN_MIN,
    CoverageSeries,
    count_by_minute,
)
from zoneplanner.analysis.coverage.figures import (
    LEAST_N,
    CoverageRow,
    Figure,
    counts_undeclared_days,
)
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.domain.calendar.school_calendar import (
    SCHOOL_YEAR_START_MONTH,
    SchoolCalendar,
    build_school_year,
)
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.project import Project
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.services.ui_context import SessionBridge
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_model import Column

REPORT_PERIODS = {
    "week": "This week",
    "last_week": "Last week",
    "weeks": "Last 4 weeks",
    "this_month": "This month",
    "last_month": "Last month",
    "semester": "This semester",
    "month": "Last 30 days",
    "year": "This school year",
    "all": "Since the first entry",
    "own": "From … to …",
}


@dataclass(frozen=True, slots=True)
class PeriodChoice:
    """A period by name, its own days where it is ``own``, and the target of response."""

    period: str = "weeks"
    first: date | None = None
    last: date | None = None
    target_min: float = RESPONSE_TARGET_MIN

    def days(
        self, today: date, calendar: SchoolCalendar | None = None
    ) -> tuple[date | None, date | None]:
        """Return the first day and the last, None for the first entry and for today.

        A semester is that of the calendar; before its first day there is none.
        """
        if self.period == "own":
            return self.first, self.last
        monday = today - timedelta(days=today.weekday())
        month = today.replace(day=1)
        before = month - timedelta(days=1)
        year = today.year if today.month >= SCHOOL_YEAR_START_MONTH else today.year - 1
        starts = {
            "week": monday,
            "last_week": monday - timedelta(days=7),
            "weeks": monday - timedelta(weeks=3),
            "this_month": month,
            "last_month": before.replace(day=1),
            "semester": _find_semester_start(calendar, today),
            "month": today - timedelta(days=29),
            "year": date(year, SCHOOL_YEAR_START_MONTH, 1),
        }
        ends = {"last_week": monday - timedelta(days=1), "last_month": before}
        return starts.get(self.period), ends.get(self.period)


def _find_semester_start(calendar: SchoolCalendar | None, today: date) -> date | None:
    """Return the first school day of the semester that runs, or that ran last."""
    if calendar is None:
        return None
    halves = build_school_year(calendar, today).periods.get("semester", ())
    return max((half.first for half in halves if half.first <= today), default=None)


VISITS_ASKED, RESPONSE_ASKED, MODEL_ASKED = "visits", "response", "model"
QUESTIONS = {VISITS_ASKED: "Visits", RESPONSE_ASKED: "Response", MODEL_ASKED: "Model"}
"""What Coverage is asked, a page each; what the model expects is never beside what was observed."""


class PeriodSelection(QObject):
    """What is asked of which period; ``changed`` and ``asked`` tell of another one."""

    changed = Signal()
    asked = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.choice = PeriodChoice()
        self.question = VISITS_ASKED

    def ask(self, question: str) -> None:
        """Turn to another question."""
        if question != self.question:
            self.question = question
            self.asked.emit(question)

    @property
    def is_chosen(self) -> bool:
        """True where it is another one than at the start."""
        return self.choice != PeriodChoice()

    def follow(self, bridge: SessionBridge) -> None:
        """Have the map show the log as it stood at the end of the period."""
        session = bridge.session
        bridge.set_last_day(self.choice.days(session.today, session.project.calendar)[1])

    def choose(self, choice: PeriodChoice) -> None:
        """Take another choice."""
        if choice != self.choice:
            self.choice = choice
            self.changed.emit()


DAYS_SINCE_VISIT = "days_since_last_visit"
_VISIT_FIGURES = (
    (DAYS_SINCE_VISIT, "School days\nsince visit", 0, ""),
    ("visits", "Visits", 0, ""),
    ("visit_coverage_share", "Planned\nmade", 0, "%"),
    ("gap_mean_h", "Mean gap\nh", 1, ""),
    ("gap_max_h", "Longest gap\nh", 1, ""),
    ("predictability", "Arrival\npattern", 0, "%"),
    ("window_coverage_share", "In bell\nwindow", 0, "%"),
    ("window_presence_share", "Presence\nin window", 0, "%"),
)
_RESPONSE_FIGURES = (
    ("response_p50_min", "Median\nmin", 1, ""),
    ("response_p90_min", "9 in 10\nmin", 1, ""),
    ("response_within_target_share", "In target,\nreceived", 0, "%"),
    ("calls", "Calls", 0, ""),
    ("consumed_h", "Consumed\nh", 1, ""),
    ("stamps_complete_share", "All\nstamps", 0, "%"),
    ("out_of_zone_share", "Out of\nzone", 0, "%"),
    ("utilization", "Utilization", 0, "%"),
    ("departures_share", "Departures", 0, "%"),
    ("open_zone_h", "Open zone\nh", 1, ""),
)


_LED = {"calls": "Calls led"}
"""Titles of units and officers."""
_SUMS = (DAYS_SINCE_VISIT, "visits", "calls", "consumed_h", "open_zone_h", "utilization")
"""Figures that are counts or sums; beside all others stands on how many records they rest."""
_NONE_LOGGED = "none logged"
_NOT_PATROLLED = "not patrolled"
_FIRST_TITLES = {"site": "School", "all": "All"}


def build_observed_columns(
    by: str, question: str = VISITS_ASKED, *, not_patrolled: Collection[str] = ()
) -> tuple[Column, ...]:
    """Return the columns for rows by site, zone, unit, week, type or all, those of a question.

    A row of those ``not_patrolled`` waits for no visit; nor does a type, which only calls have.
    """
    first = Column(_FIRST_TITLES.get(by, by.capitalize()), lambda row: row.name)
    figures = _RESPONSE_FIGURES if question == RESPONSE_ASKED else _VISIT_FIGURES
    led = _LED if by in ("unit", "officer") else {}
    return (
        first,
        *(
            _column(name, led.get(name, title), digits, unit, not_patrolled, waits=by != "type")
            for name, title, digits, unit in figures
        ),
    )


@dataclass(frozen=True, slots=True)
class ZoneStanding:
    """How a zone stands in what is asked: the figure that ranks it, and how it is written."""

    zone: str
    place: int | None
    rank: float
    text: str
    beside: str


def rank_zones_by_visits(
    rows: Sequence[CoverageRow],
    assignment: Mapping[str, str],
    colors: Mapping[str, int],
    undeclared: Collection[str] = (),
) -> list[ZoneStanding]:
    """Return how many schools of each zone were visited, the least first; from rows by site.

    By days that nobody declared, ``undeclared``, none is ranked.
    """
    if "visits" in undeclared:
        return []
    counts = {row.key: row.figures["visits"].value for row in rows}
    visited = {site: bool(count) for site, count in counts.items() if count is not None}
    found = []
    for zone, color in colors.items():
        own = [visited[site] for site, at in assignment.items() if at == zone and site in visited]
        if own:
            share = sum(own) / len(own)
            said = value_text.format_share(share, 0) if len(own) >= LEAST_N else value_text.NO_VALUE
            found.append(ZoneStanding(zone, color, share, f"{sum(own)} of {len(own)}", said))
    return sorted(found, key=lambda one: (one.rank, one.zone))


def rank_zones_by_response(
    rows: Sequence[CoverageRow], colors: Mapping[str, int]
) -> list[ZoneStanding]:
    """Return the median response of each zone, the longest first; from rows by zone."""
    found = []
    for row in rows:
        median, share = (
            row.figures[name] for name in ("response_p50_min", "response_within_target_share")
        )
        rank = -1.0 if median.value is None else median.value
        text = value_text.format_number(median.value, 1)
        text += f" ({median.n:,})" if median.value is not None else ""
        said = value_text.format_share(share.value, 0)
        found.append(ZoneStanding(row.key, colors.get(row.key), -rank, text, said))
    return sorted(found, key=lambda one: (one.rank, one.zone))


def _column(
    name: str, title: str, digits: int, unit: str, not_patrolled: Collection[str], *, waits: bool
) -> Column:
    def never_visited(row: CoverageRow) -> bool:
        if not waits or name != DAYS_SINCE_VISIT or name not in row.figures:
            return False
        found = row.figures[name]
        return found.value is None and bool(found.why) and not counts_undeclared_days(found)

    def text(row: CoverageRow) -> str:
        if never_visited(row):
            return _NOT_PATROLLED if row.key in not_patrolled else _NONE_LOGGED
        found = row.figures.get(name)
        if found is None or found.value is None:
            return value_text.NO_VALUE
        shown = value_text.format_number(found.value, digits)
        if unit:
            shown = value_text.format_share(found.value, 0)
        return shown if name in _SUMS else f"{shown} ({found.n:,})"

    def tip(row: CoverageRow) -> str:
        found = row.figures.get(name)
        if found is None:
            return ""
        why = f" Not shown: {found.why}." if found.value is None and found.why else ""
        return f"{found.definition} n = {found.n}.{describe_bounds(found, digits, unit)}{why}"

    def value(row: CoverageRow) -> Any:
        if never_visited(row):  # it waits longest, where anybody waits
            return -1.0 if row.key in not_patrolled else float("inf")
        found = row.figures.get(name)
        return None if found is None else found.value

    return Column(title, value, text, figure=True, cell_tip=tip)


def describe_bounds(figure: Figure, digits: int, unit: str) -> str:
    """Say in a sentence between which values the true one is; empty where that is not known."""

    def text(bound: float) -> str:
        if unit == "%":
            return value_text.format_share(bound, digits)
        return value_text.format_number(bound, digits) + (f" {unit}" if unit else "")

    low, high = figure.low, figure.high
    if figure.value is None or (low is None and high is None):
        return ""
    if low is None or high is None:
        bound = f"at most {text(high)}" if high is not None else f"at least {text(low or 0.0)}"
        return f" The true value is {bound} in 95 of 100 cases."
    return f" The true value is between {text(low)} and {text(high)} in 95 of 100 cases."


_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FIRST_HOUR, _LAST_HOUR = 7, 16


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A key figure: its title, value and n, and its definition for hovering."""

    title: str
    value: str
    n: str
    tip: str


_ARRIVAL_PATTERN = "Arrival pattern"
KEY_FIGURES: tuple[tuple[str, str, int, str, str], ...] = (
    ("visits", "Visits", 0, "", ""),
    ("visit_coverage_share", "Planned visits made", 0, "%", "visit"),
    ("gap_max_h", "Longest gap", 0, "h", "gap"),
    ("predictability", _ARRIVAL_PATTERN, 0, "%", "visit"),
    ("response_p50_min", "Response, median", 1, "min", "response"),
    ("response_p90_min", "Response, 9 in 10", 1, "min", "response"),
    ("response_within_target_share", "Response in target", 0, "%", "response"),
    ("out_of_zone_share", "Out of zone", 0, "%", "response"),
    ("stamps_complete_share", "Calls with all stamps", 0, "%", "call"),
)
"""Name, title, digits, unit, and what is counted, where the figure itself is no count."""
KEY_FIGURES_OF = {VISITS_ASKED: (0, 1, 2, 3), RESPONSE_ASKED: (4, 5, 6, 7, 8), MODEL_ASKED: ()}
"""Which of the key figures answer a question; the first three are written large."""
_NOT_RECORDED = "no record"
_NOT_DECLARED = "not declared"
_DECLARE = (
    "Not judged until you enter the day from which every visit is logged (Set Up Your Office)."
)
_GUESSABLE = 0.5
"""From this predictability on patrols can be guessed, which is told."""


def build_key_figures(figures: Mapping[str, Figure], *, recorded: bool = True) -> list[KeyFigure]:
    """Return the key figures of a period; before anything is recorded there are none."""
    found = [_tile(figures[one[0]], *one[1:]) for one in KEY_FIGURES]
    if recorded:
        return found
    return [replace(one, value=value_text.NO_VALUE, n=_NOT_RECORDED) for one in found]


def build_unvisited_figure(
    rows: Sequence[CoverageRow], project: Project, undeclared: Collection[str]
) -> KeyFigure:
    """Return how many schools that are patrolled had no visit; from rows by site.

    Of days that nobody declared complete, ``undeclared``, none is said to be without one.
    """
    patrolled = {site.id for site in project.patrolled}
    counts = [row.figures["visits"].value for row in rows if row.key in patrolled]
    title, tip = "Not visited", "Patrolled schools without a visit in the period."
    if "visits" in undeclared:
        return KeyFigure(title, value_text.NO_VALUE, _NOT_DECLARED, f"{tip} {_DECLARE}")
    if counts and None in counts:  # no day of the period is on record
        return KeyFigure(title, value_text.NO_VALUE, _NOT_RECORDED, tip)
    of = f"of {format_count(len(counts), 'school')}"
    return KeyFigure(title, str(counts.count(0)), of, tip)


def _tile(figure: Figure, title: str, digits: int, unit: str, counted: str) -> KeyFigure:
    bounds = describe_bounds(figure, digits, unit)
    n = format_count(figure.n, counted) if counted else ""
    tip = f"{figure.definition} n = {figure.n}.{bounds}"
    if figure.value is None:
        n = _NOT_DECLARED if counts_undeclared_days(figure) else n
        return KeyFigure(title, value_text.NO_VALUE, n, f"{tip} Not shown: {figure.why}.")
    if unit == "%":
        value = value_text.format_share(figure.value, digits)
    else:
        value = value_text.format_number(figure.value, digits) + (f" {unit}" if unit else "")
    if title == _ARRIVAL_PATTERN and figure.value >= _GUESSABLE:
        return KeyFigure(title, f"⚠ {value}", n, f"{tip} Patrols are easy to predict.")
    return KeyFigure(title, value, n, tip)


def build_week_bars(
    series: CoverageSeries, formats: LocaleFormats
) -> list[tuple[str, float, str, bool]]:
    """Return label, visits and words of each week, and whether it is no whole one."""
    found = []
    for week in series.weeks:
        share = "" if week.coverage_share is None else (
            f", {value_text.format_share(week.coverage_share, 0)} of those planned"
        )  # fmt: skip
        calls = format_count(week.calls, "call")
        visits = format_count(week.visits, "visit")
        label = formats.short_day(week.monday)
        part = f" ({week.kind})" if week.kind else ""
        tip = f"Week from {formats.day(week.monday)}{part}: {visits}{share}, {calls}"
        found.append((label, float(week.visits), tip, bool(week.kind)))
    return found


def describe_part_weeks(series: CoverageSeries, formats: LocaleFormats) -> str:
    """Say which weeks are no whole ones, and so hatched; one without a visit has no bar."""
    days: dict[str, list[str]] = {}
    for week in series.weeks:
        if week.kind and week.visits:
            days.setdefault(week.kind, []).append(formats.short_day(week.monday))
    named = (f"{kind} {', '.join(own)}" for kind, own in days.items())
    return f"Hatched: {'; '.join(named)}" if days else ""


def build_response_bars(series: CoverageSeries) -> list[tuple[str, float, str]]:
    """Return the lower bound, count and words of each minute of response."""
    counts = count_by_minute(series.response_min)
    found = []
    for minute, count in enumerate(counts):
        last = minute == LONGEST_SHOWN_MIN
        span = f"over {minute} min" if last or minute else "up to 1 min"
        span += f", up to {minute + 1}" if minute and not last else ""
        label = str(minute) if minute % 2 == 0 else ""
        found.append((label, float(count), f"{span}: {format_count(count, 'response')}"))
    return found


def describe_responses(series: CoverageSeries) -> str:
    """Say how many responses there are, and how complete stamps are, of which calls."""
    responses = format_count(len(series.response_min), "response")
    calls = format_count(series.calls, "call")
    if series.stampable == series.calls:
        return f"{responses} · all stamps on {series.stamped:,} of {calls}"
    return (
        f"{responses} to {calls} · all stamps on {series.stamped:,} of the {series.stampable:,} "
        "that were not canceled"
    )


def build_arrival_grid(series: CoverageSeries) -> tuple[np.ndarray, list[str], list[str]]:
    """Return the arrivals, shape (days, hours), with the names of days and hours.

    Those are of school, or more where there were any arrivals.
    """
    days = max(5, int(np.flatnonzero(series.arrivals.any(axis=1)).max(initial=0)) + 1)
    hours = np.flatnonzero(series.arrivals.any(axis=0))
    first = min(_FIRST_HOUR, int(hours.min(initial=_FIRST_HOUR)))
    last = max(_LAST_HOUR, int(hours.max(initial=_LAST_HOUR)))
    cells = series.arrivals[:days, first : last + 1]
    return cells, list(_WEEKDAYS[:days]), [f"{hour}" for hour in range(first, last + 1)]


def describe_purposes(purposes: Mapping[str, int]) -> str:
    """Say how visits divide over the triad, and how many name no purpose."""
    total = sum(purposes.values())
    if not total:
        return ""
    named = [
        (value_text.format_purpose(name) or "Not recorded", count)
        for name, count in purposes.items()
    ]
    shares = (
        f"{name} {value_text.format_share(n / total, 0) if total >= LEAST_N else n}"
        for name, n in named
        if n
    )
    return " · ".join((format_count(total, "visit"), *shares))


def describe_busiest_hour(cells: np.ndarray, rows: Sequence[str], columns: Sequence[str]) -> str:
    """Say in a sentence when most arrivals were; ``cells`` have the shape (rows, columns)."""
    if not cells.any():
        return "No visit in the period."
    row, column = divmod(int(cells.argmax()), cells.shape[1])
    most = int(cells[row, column])
    return f"The busiest hour was {rows[row]} from {columns[column]}:00, with {most:,} arrivals."
