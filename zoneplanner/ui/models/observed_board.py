"""The board of observed coverage in words: key figures, and what each chart draws."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from zoneplanner.analysis.figures import Figure
from zoneplanner.analysis.observed_series import LONGEST_SHOWN_MIN, CoverageSeries, count_by_minute
from zoneplanner.domain.formats import LocaleFormats
from zoneplanner.ui.kit import words

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FIRST_HOUR, _LAST_HOUR = 7, 16


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A key figure: its title, value and n, and its definition for hovering."""

    title: str
    value: str
    n: str
    tip: str


KEY_FIGURES: tuple[tuple[str, str, str, int, str], ...] = (
    ("visits", "Visits", "", 0, ""),
    ("visit_coverage_share", "Coverage", "", 0, "%"),
    ("gap_max_h", "Longest gap", "", 0, "h"),
    ("predictability", "Predictable", "", 2, ""),
    ("response_p50_min", "Response", "P50 · ", 1, "min"),
    ("response_p90_min", "Response", "P90 · ", 1, "min"),
    ("response_within_target_share", "In target", "", 0, "%"),
    ("out_of_zone_share", "Out of zone", "", 0, "%"),
    ("stamps_complete_share", "All stamps", "", 0, "%"),
)
_NOT_RECORDED = "not recorded"
_GUESSABLE = 0.5
"""From this predictability on patrols can be guessed, which is told."""


def build_key_figures(figures: Mapping[str, Figure], *, recorded: bool = True) -> list[KeyFigure]:
    """Return the key figures of a period; before anything is recorded there are none."""
    found = [_tile(figures[one[0]], *one[1:]) for one in KEY_FIGURES]
    return (
        found
        if recorded
        else [replace(one, value=words.NO_VALUE, n=_NOT_RECORDED) for one in found]
    )


def _tile(figure: Figure, title: str, before: str, digits: int, unit: str) -> KeyFigure:
    tip, n = f"{figure.definition} n = {figure.n}.", f"{before}n {figure.n:,}"
    if figure.value is None:
        return KeyFigure(title, words.NO_VALUE, n, f"{tip} Not shown: {figure.why}.")
    if unit == "%":
        value = words.format_share(figure.value, digits)
    else:
        value = words.format_number(figure.value, digits) + (f" {unit}" if unit else "")
    if title == "Predictable" and figure.value >= _GUESSABLE:
        return KeyFigure(title, f"⚠ {value}", n, f"{tip} Patrols can be guessed.")
    return KeyFigure(title, value, n, tip)


def build_week_bars(series: CoverageSeries, formats: LocaleFormats) -> list[tuple[str, float, str]]:
    """Return label, visits and words of each week."""
    found = []
    for week in series.weeks:
        share = "" if week.coverage_share is None else (
            f", {words.format_share(week.coverage_share, 0)} of those required"
        )  # fmt: skip
        calls = words.format_count(week.calls, "call")
        visits = words.format_count(week.visits, "visit")
        label = formats.short_day(week.monday)
        tip = f"Week from {formats.day(week.monday)}: {visits}{share}, {calls}"
        found.append((label, float(week.visits), tip))
    return found


def build_response_bars(series: CoverageSeries) -> list[tuple[str, float, str]]:
    """Return label, count and words of each minute of response."""
    counts = count_by_minute(series.response_min)
    found = []
    for minute, count in enumerate(counts):
        last = minute == LONGEST_SHOWN_MIN
        span = f"{minute} min or more" if last else f"{minute} to {minute + 1} min"
        label = str(minute) if minute % 2 == 0 else ""
        found.append((label, float(count), f"{span}: {words.format_count(count, 'response')}"))
    return found


def describe_responses(series: CoverageSeries) -> str:
    """Say how many responses there are, and how complete stamps are."""
    n = len(series.response_min)
    share = words.format_share(series.stamped / series.calls, 0) if series.calls else words.NO_VALUE
    return f"n {n:,} · all stamps on {share} of {words.format_count(series.calls, 'call')}"


def build_arrival_grid(series: CoverageSeries) -> tuple[np.ndarray, list[str], list[str]]:
    """Return the arrivals of school hours and days, or of more where there were any."""
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
    named = [(name.capitalize() or "Not said", count) for name, count in purposes.items()]
    shares = (f"{name} {words.format_share(n / total, 0)}" for name, n in named if n)
    return " · ".join((f"n {total:,}", *shares))


def describe_busiest_hour(cells: np.ndarray, rows: Sequence[str], columns: Sequence[str]) -> str:
    """Say in a sentence when most arrivals were."""
    if not cells.any():
        return "No visit in the period."
    row, column = divmod(int(cells.argmax()), cells.shape[1])
    most = int(cells[row, column])
    return f"Most arrivals, {most:,}, were on {rows[row]} from {columns[column]}:00."
