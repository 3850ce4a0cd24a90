"""Observed coverage: period, table columns, ranking of zones, key figures and chart data."""

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
from zoneplanner.messages import Message, SayMessages, format_count
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
    """A period by its key in ``REPORT_PERIODS``, its days if that is ``own``, and the target."""

    period: str = "weeks"
    first: date | None = None
    last: date | None = None
    target_min: float = RESPONSE_TARGET_MIN

    def days(
        self, today: date, calendar: SchoolCalendar | None = None
    ) -> tuple[date | None, date | None]:
        """Return the first and the last day; None means the first entry and today.

        The semester comes from the calendar; before its first day, the first day is None.
        """
        if self.period == "own":
            return self.first, self.last
        monday = today - timedelta(days=today.weekday())
        month = today.replace(day=1)
        last_month = month - timedelta(days=1)
        year = today.year if today.month >= SCHOOL_YEAR_START_MONTH else today.year - 1
        starts = {
            "week": monday,
            "last_week": monday - timedelta(days=7),
            "weeks": monday - timedelta(weeks=3),
            "this_month": month,
            "last_month": last_month.replace(day=1),
            "semester": _find_semester_start(calendar, today) if calendar else None,
            "month": today - timedelta(days=29),
            "year": date(year, SCHOOL_YEAR_START_MONTH, 1),
        }
        ends = {"last_week": monday - timedelta(days=1), "last_month": last_month}
        return starts.get(self.period), ends.get(self.period)


def _find_semester_start(calendar: SchoolCalendar, today: date) -> date | None:
    """Return the first school day of the current or latest semester."""
    semesters = build_school_year(calendar, today).periods.get("semester", ())
    return max((each.first for each in semesters if each.first <= today), default=None)


VISITS_ASKED, RESPONSE_ASKED, MODEL_ASKED = "visits", "response", "model"
QUESTIONS = {VISITS_ASKED: "Visits", RESPONSE_ASKED: "Response", MODEL_ASKED: "Model"}
"""The questions that Coverage answers, a page each; model and observation are never mixed."""


class PeriodSelection(QObject):
    """The selected question and period; ``asked`` and ``changed`` are emitted for new ones."""

    changed = Signal()
    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.choice = PeriodChoice()
        self.question = VISITS_ASKED

    def ask(self, question: str) -> None:
        """Select a question."""
        if question != self.question:
            self.question = question
            self.asked.emit(question)

    @property
    def is_chosen(self) -> bool:
        """Whether the period differs from the default."""
        return self.choice != PeriodChoice()

    def follow(self, bridge: SessionBridge) -> None:
        """Let the map show the log as of the end of the period."""
        session = bridge.session
        bridge.set_last_day(self.choice.days(session.today, session.project.calendar)[1])

    def choose(self, choice: PeriodChoice) -> None:
        """Select a period."""
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
_COUNTS_AND_SUMS = (
    DAYS_SINCE_VISIT,
    "visits",
    "calls",
    "consumed_h",
    "open_zone_h",
    "utilization",
)
"""All other figures are shown with the number of records they are based on."""
_ROW_TITLES = {"site": "School", "all": "All"}


def build_observed_columns(
    by: str,
    question: str = VISITS_ASKED,
    *,
    say: SayMessages,
    not_patrolled: Collection[str] = (),
) -> tuple[Column, ...]:
    """Return the columns that answer a question for rows by site, zone, unit, week, type or all.

    Rows in ``not_patrolled`` are not waiting for a visit.
    """

    def name(row: CoverageRow) -> str:
        return say(row.name) if isinstance(row.name, Message) else row.name

    order = (lambda row: row.key) if by == "week" else name
    columns = [Column(_ROW_TITLES.get(by, by.capitalize()), order, name)]
    figures = _RESPONSE_FIGURES if question == RESPONSE_ASKED else _VISIT_FIGURES
    for figure, title, digits, unit in figures:
        if figure == DAYS_SINCE_VISIT and by != "type":  # types of calls have no visits
            columns.append(_build_days_since_visit_column(title, say, not_patrolled))
        else:
            leads = figure == "calls" and by in ("unit", "officer")
            heading = "Calls led" if leads else title
            columns.append(_build_figure_column(figure, heading, digits, unit, say))
    return tuple(columns)


@dataclass(frozen=True, slots=True)
class ZoneStanding:
    """A zone's figure for a question: its sort key, its text, and the share as text."""

    zone: str
    color: int | None
    sort_key: float
    text: str
    share: str


def rank_zones_by_visits(
    rows: Sequence[CoverageRow],
    assignment: Mapping[str, str],
    colors: Mapping[str, int],
    undeclared: Collection[str] = (),
) -> list[ZoneStanding]:
    """Return the share of each zone's schools that were visited, lowest first; from rows by site.

    No zone is ranked if the days of visits are ``undeclared``.
    """
    if "visits" in undeclared:
        return []
    counts = {row.key: row.figures["visits"].value for row in rows}
    visited = {site: bool(count) for site, count in counts.items() if count is not None}
    standings = []
    for zone, color in colors.items():
        members = [
            visited[site] for site, home in assignment.items() if home == zone and site in visited
        ]
        if members:
            count, share = len(members), sum(members) / len(members)
            text = value_text.format_share(share if count >= LEAST_N else None, 0)
            standings.append(ZoneStanding(zone, color, share, f"{sum(members)} of {count}", text))
    return sorted(standings, key=lambda standing: (standing.sort_key, standing.zone))


def rank_zones_by_response(
    rows: Sequence[CoverageRow], colors: Mapping[str, int]
) -> list[ZoneStanding]:
    """Return the median response of each zone, longest first; from rows by zone."""
    standings = []
    for row in rows:
        median = row.figures["response_p50_min"]
        text = value_text.format_number(median.value, 1)
        text += f" ({median.n:,})" if median.value is not None else ""
        share = value_text.format_share(row.figures["response_within_target_share"].value, 0)
        sort_key = 1.0 if median.value is None else -median.value
        standings.append(ZoneStanding(row.key, colors.get(row.key), sort_key, text, share))
    return sorted(standings, key=lambda standing: (standing.sort_key, standing.zone))


def _build_figure_column(name: str, title: str, digits: int, unit: str, say: SayMessages) -> Column:
    def text(row: CoverageRow) -> str:
        figure = row.figures.get(name)
        if figure is None or figure.value is None:
            return value_text.NO_VALUE
        value = _format_with_unit(figure.value, digits, unit)
        return value if name in _COUNTS_AND_SUMS else f"{value} ({figure.n:,})"

    def tip(row: CoverageRow) -> str:
        figure = row.figures.get(name)
        return "" if figure is None else _describe_figure(figure, digits, unit, say)

    def value(row: CoverageRow) -> float | None:
        figure = row.figures.get(name)
        return None if figure is None else figure.value

    return Column(title, value, text, figure=True, cell_tip=tip)


def _build_days_since_visit_column(
    title: str, say: SayMessages, not_patrolled: Collection[str]
) -> Column:
    """Return a column in which schools without any visit come first."""
    column = _build_figure_column(DAYS_SINCE_VISIT, title, 0, "", say)

    def find_missing_visit(row: CoverageRow) -> Message | None:
        figure = row.figures.get(DAYS_SINCE_VISIT)
        why = None if figure is None else figure.why
        return why if why is not None and why.code == "no_visit_logged" else None

    def text(row: CoverageRow) -> str:
        missing = find_missing_visit(row)
        if missing is None:
            return column.format_value(row)
        if row.key in not_patrolled:
            return "not patrolled"
        sites = missing.facts.get("n")
        return "none logged" if sites is None else f"none at {format_count(sites, 'site')}"

    def value(row: CoverageRow) -> Any:
        if find_missing_visit(row) is not None:
            return -1.0 if row.key in not_patrolled else float("inf")
        return column.value(row)

    return replace(column, value=value, text=text)


def _format_with_unit(value: float | None, digits: int, unit: str) -> str:
    if unit == "%":
        return value_text.format_share(value, digits)
    return value_text.format_number(value, digits) + (f" {unit}" if unit else "")


def _describe_figure(figure: Figure, digits: int, unit: str, say: SayMessages) -> str:
    """Return a figure's definition, count and interval, and why it is not shown, if it is not."""
    why = f" Not shown: {say(figure.why)}." if figure.value is None and figure.why else ""
    bounds = describe_bounds(figure, digits, unit)
    return f"{say(*figure.definition)} n = {figure.n}.{bounds}{why}"


def describe_bounds(figure: Figure, digits: int, unit: str) -> str:
    """Return a sentence with the figure's 95% interval, or an empty string if it is not known."""
    low, high = (
        None if bound is None else _format_with_unit(bound, digits, unit)
        for bound in (figure.low, figure.high)
    )
    if figure.value is None or (low is None and high is None):
        return ""
    if low is None:
        interval = f"at most {high}"
    elif high is None:
        interval = f"at least {low}"
    else:
        interval = f"between {low} and {high}"
    return f" The true value is {interval} in 95 of 100 cases."


_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FIRST_HOUR, _LAST_HOUR = 7, 16


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A key figure as strings: its title, value, count, and its definition as a tooltip."""

    title: str
    value: str
    n: str
    tip: str


KEY_FIGURES: tuple[tuple[str, str, int, str, str], ...] = (
    ("visits", "Visits", 0, "", ""),
    ("visit_coverage_share", "Planned visits made", 0, "%", "visit"),
    ("gap_max_h", "Longest gap", 0, "h", "gap"),
    ("predictability", "Arrival pattern", 0, "%", "visit"),
    ("response_p50_min", "Response, median", 1, "min", "response"),
    ("response_p90_min", "Response, 9 in 10", 1, "min", "response"),
    ("response_within_target_share", "Response in target", 0, "%", "response"),
    ("out_of_zone_share", "Out of zone", 0, "%", "response"),
    ("stamps_complete_share", "Calls with all stamps", 0, "%", "call"),
)
"""Name, title, digits, unit, and the noun for its count, unless the figure is a count itself."""
KEY_FIGURES_OF = {VISITS_ASKED: (0, 1, 2, 3), RESPONSE_ASKED: (4, 5, 6, 7, 8), MODEL_ASKED: ()}
"""The indices of the key figures that answer a question."""
_NOT_RECORDED = "no record"
_NOT_DECLARED = "not declared"
_DECLARE_HINT = (
    "Not judged until you enter the day from which every visit is logged (Set Up Your Office)."
)
_PREDICTABLE_FROM = 0.5
"""Patrols at least this predictable get a warning."""


def build_key_figures(
    figures: Mapping[str, Figure], *, say: SayMessages, recorded: bool = True
) -> list[KeyFigure]:
    """Return the key figures of a period, without values if nothing has been recorded."""
    key_figures = [_build_key_figure(figures, spec, say) for spec in KEY_FIGURES]
    if recorded:
        return key_figures
    return [replace(one, value=value_text.NO_VALUE, n=_NOT_RECORDED) for one in key_figures]


def build_unvisited_figure(
    rows: Sequence[CoverageRow], project: Project, undeclared: Collection[str]
) -> KeyFigure:
    """Return how many patrolled schools had no visit, unless days are ``undeclared``.

    The rows are by site.
    """
    patrolled = {site.id for site in project.patrolled}
    counts = [row.figures["visits"].value for row in rows if row.key in patrolled]
    title, tip = "Not visited", "Patrolled schools without a visit in the period."
    if "visits" in undeclared:
        return KeyFigure(title, value_text.NO_VALUE, _NOT_DECLARED, f"{tip} {_DECLARE_HINT}")
    if counts and None in counts:  # no day of the period is on record
        return KeyFigure(title, value_text.NO_VALUE, _NOT_RECORDED, tip)
    total = f"of {format_count(len(counts), 'school')}"
    return KeyFigure(title, str(counts.count(0)), total, tip)


def _build_key_figure(
    figures: Mapping[str, Figure], spec: tuple[str, str, int, str, str], say: SayMessages
) -> KeyFigure:
    name, title, digits, unit, counted = spec
    figure = figures[name]
    tip = _describe_figure(figure, digits, unit, say)
    n = format_count(figure.n, counted) if counted else ""
    if figure.value is None:
        n = _NOT_DECLARED if counts_undeclared_days(figure) else n
        return KeyFigure(title, value_text.NO_VALUE, n, tip)
    value = _format_with_unit(figure.value, digits, unit)
    if name == "predictability" and figure.value >= _PREDICTABLE_FROM:
        return KeyFigure(title, f"⚠ {value}", n, f"{tip} Patrols are easy to predict.")
    return KeyFigure(title, value, n, tip)


def build_week_bars(
    series: CoverageSeries, formats: LocaleFormats
) -> list[tuple[str, float, str, bool]]:
    """Return each week's label, visits and tooltip, and whether it is incomplete."""
    bars = []
    for week in series.weeks:
        share = "" if week.coverage_share is None else (
            f", {value_text.format_share(week.coverage_share, 0)} of those planned"
        )  # fmt: skip
        calls = format_count(week.calls, "call")
        visits = format_count(week.visits, "visit")
        label = formats.short_day(week.monday)
        part = f" ({week.incomplete})" if week.incomplete else ""
        tip = f"Week from {formats.day(week.monday)}{part}: {visits}{share}, {calls}"
        bars.append((label, float(week.visits), tip, week.incomplete is not None))
    return bars


def describe_part_weeks(series: CoverageSeries, formats: LocaleFormats) -> str:
    """Return which weeks are incomplete, and so hatched; weeks without a visit have no bar."""
    days: dict[Message, list[str]] = {}
    for week in series.weeks:
        if week.incomplete and week.visits:
            days.setdefault(week.incomplete, []).append(formats.short_day(week.monday))
    groups = (f"{why} {', '.join(mondays)}" for why, mondays in days.items())
    return f"Hatched: {'; '.join(groups)}" if days else ""


def build_response_bars(series: CoverageSeries) -> list[tuple[str, float, str]]:
    """Return each minute's label, number of responses and tooltip."""
    bars = []
    for minute, count in enumerate(count_by_minute(series.response_min)):
        last = minute == LONGEST_SHOWN_MIN
        span = f"over {minute} min" if last or minute else "up to 1 min"
        span += f", up to {minute + 1}" if minute and not last else ""
        label = str(minute) if minute % 2 == 0 else ""
        bars.append((label, float(count), f"{span}: {format_count(count, 'response')}"))
    return bars


def describe_responses(series: CoverageSeries) -> str:
    """Return how many responses there are, and how many calls have all stamps."""
    responses = format_count(len(series.response_min), "response")
    calls = format_count(series.calls, "call")
    if series.stampable == series.calls:
        return f"{responses} · all stamps on {series.stamped:,} of {calls}"
    return (
        f"{responses} to {calls} · all stamps on {series.stamped:,} of the {series.stampable:,} "
        "that were not canceled"
    )


def build_arrival_grid(series: CoverageSeries) -> tuple[np.ndarray, list[str], list[str]]:
    """Return the arrivals, shape (days, hours), and the names of the days and hours.

    School days and hours are always included, others only if there were arrivals.
    """
    days = max(5, int(np.flatnonzero(series.arrivals.any(axis=1)).max(initial=0)) + 1)
    hours = np.flatnonzero(series.arrivals.any(axis=0))
    first = min(_FIRST_HOUR, int(hours.min(initial=_FIRST_HOUR)))
    last = max(_LAST_HOUR, int(hours.max(initial=_LAST_HOUR)))
    cells = series.arrivals[:days, first : last + 1]
    return cells, list(_WEEKDAYS[:days]), [f"{hour}" for hour in range(first, last + 1)]


def describe_purposes(purposes: Mapping[str, int]) -> str:
    """Return the share of visits by purpose, including visits without one."""
    total = sum(purposes.values())
    if not total:
        return ""
    shares = (
        f"{value_text.format_purpose(name) or 'Not recorded'} "
        f"{value_text.format_share(count / total, 0) if total >= LEAST_N else count}"
        for name, count in purposes.items()
        if count
    )
    return " · ".join((format_count(total, "visit"), *shares))


def describe_busiest_hour(cells: np.ndarray, rows: Sequence[str], columns: Sequence[str]) -> str:
    """Return a sentence with the hour of most arrivals; ``cells`` has shape (rows, columns)."""
    if not cells.any():
        return "No visit in the period."
    row, column = divmod(int(cells.argmax()), cells.shape[1])
    most = int(cells[row, column])
    return f"The busiest hour was {rows[row]} from {columns[column]}:00, with {most:,} arrivals."
