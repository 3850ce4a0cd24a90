"""The changes in a monthly report: a table of figures, and sentences that claim no more."""

from collections.abc import Mapping, Sequence

from zoneplanner.analysis.coverage.verdicts import (
    FIGURE_KINDS,
    NOT_DECLARED,
    PeriodChange,
    PeriodEstimate,
)
from zoneplanner.analysis.measures.plan_measures import subtract_as_shown
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.messages import Message, format_count
from zoneplanner.publish.handout import Handout, format_report_period
from zoneplanner.publish.month import MonthTotals, PeriodDays
from zoneplanner.publish.pdf.table import PrintedColumn, PrintedTable

_TITLES: Mapping[str, tuple[str, str]] = {
    "visits_per_school_day": ("Visits per school day", ""),
    "required_visits_share": ("Planned visits made", "%"),
    "calls_per_school_day": ("Calls per day, bell hours", ""),
    "response_mean_min": ("Mean response", "min"),
    "response_within_target_share": ("Responses within target", "%"),
}
"""Title and unit of each figure that is compared."""
_COUNTED_IN = {
    "response_mean_min": ("call", "calls"),
    "response_within_target_share": ("call", "calls"),
}
"""What a figure's records are, singular and plural; for the others they are days."""
_DIRECTIONS = {"more": "higher", "less": "lower"}
_BETTER = {"response_mean_min": "less", "calls_per_school_day": ""}
"""The better direction of a figure; neither for calls, more for all others."""
_SCALES = ((1, 1), (100, 0))
"""The factor by which figures and shares are multiplied, and their decimal places."""
_TOO_FEW, _NOT_ON_RECORD, _UNDECLARED = "too few to tell", "not on record", "not declared"


def name_periods(formats: LocaleFormats, month: MonthTotals) -> tuple[str, ...]:
    """Return the names of a report's period and of the periods it is compared with."""
    return tuple(format_report_period(formats, period) for period in month.periods)


def list_marks(month: MonthTotals, *, sample: str) -> list[Message]:
    """Return the sentences that mark a period that is running, has no school day, or has sample
    data.

    ``sample`` is what is made up: "all" or "some" of a report, a "page", or nothing.
    """
    marks = []
    if month.is_running:
        counted = month.counted_until or month.last
        marks.append(Message("month.running", last=month.periods[0].last, counted=counted))
    if not month.school_days:
        marks.append(Message("month.no_school"))
    if sample:
        marks.append(Message(f"month.sample.{sample}"))
    return marks


def describe_school_days(handout: Handout) -> Message | str:
    """Return a note that school days are assumed, or "" if the district's calendar was entered."""
    assumed = handout.project.assumes_school_days(handout.today)
    return Message("assumed_calendar") if assumed else ""


def build_change_table(
    formats: LocaleFormats, month: MonthTotals, changes: Sequence[Sequence[PeriodChange]]
) -> PrintedTable:
    """Return a table of figures: this period's, and for each other its value and change."""
    now, *others = name_periods(formats, month)
    columns = [PrintedColumn("Figure", 0.2, bold=True), PrintedColumn(now, 0.13, "right")]
    for other in others:
        columns += [PrintedColumn(other, 0.14, "right"), PrintedColumn("Change", 0.195, "right")]
    rows = []
    for figure_changes in zip(*changes, strict=True):
        title, unit = _TITLES[figure_changes[0].name]
        row = [title, _write_estimate(figure_changes[0].now, figure_changes[0].name, month.days[0])]
        for change, days in zip(figure_changes, month.days[1:], strict=True):
            row += [_write_estimate(change.before, change.name, days), _write_change(change, unit)]
        rows.append(tuple(row))
    return PrintedTable(tuple(columns), tuple(rows), size=7.5)


def describe_month_changes(
    formats: LocaleFormats, month: MonthTotals, changes: Sequence[Sequence[PeriodChange]]
) -> list[Message]:
    """Describe for each other period which changes exceed chance, that none does, or why not."""
    now, *others = name_periods(formats, month)
    sentences = []
    for before, every, days in zip(others, changes, month.days[1:], strict=True):
        if days.partly:
            sentences.append(Message("month.change.partly", before=before, kinds=_write_days(days)))
        declared = [change for change in every if change.outcome != NOT_DECLARED]
        if len(declared) < len(every):
            figures = [_TITLES[each.name][0] for each in every if each.outcome == NOT_DECLARED]
            sentences.append(Message("month.change.not_declared", before=before, figures=figures))
        known = [change for change in declared if change.difference is not None]
        if not known and len(declared) < len(every):
            continue
        clear = [change for change in known if change.outcome in _DIRECTIONS]
        sides = {
            now: [other.now for other in declared],
            before: [other.before for other in declared],
        }
        lacking = [name for name, estimates in sides.items() if all(map(_is_too_few, estimates))]
        spans = dict(zip(sides, (month.days[0], days), strict=True))
        unknown = [name for name in lacking if spans[name].is_unrecorded]
        few = any(_is_too_few(other) for estimates in sides.values() for other in estimates)
        withheld = any(other.withheld for estimates in sides.values() for other in estimates)
        if not known and unknown:
            sentences.append(Message("month.change.not_on_record", periods=unknown))
        elif not known and lacking:
            sentences.append(Message("month.change.unknown", periods=lacking))
        elif not known and (few or not withheld):
            sentences.append(Message("month.change.unknown.partly", now=now, before=before))
        elif known and not clear:
            code = "month.change.none.printed" if withheld else "month.change.none"
            sentences.append(Message(code, before=before))
        for change in clear:
            title, unit = _TITLES[change.name]
            facts = {
                "figure": title,
                "value": _write_value(change.now.value or 0.0, unit),
                "size": _write_difference(change, unit),
                "way": _DIRECTIONS[change.outcome],
            }
            sentences.append(Message("month.change", now=now, before=before, **facts))
    return sentences


def _is_too_few(estimate: PeriodEstimate) -> bool:
    return estimate.value is None and not estimate.withheld and not estimate.undeclared


def _write_days(days: PeriodDays) -> list[Message]:
    """Write on how many school days each kind is on record, for kinds with only some days."""
    return [
        Message("on_record_days.of", kind=kind, n=n, days=days.school_days)
        for kind, n in days.partly.items()
    ]


def _write_estimate(estimate: PeriodEstimate, name: str, days: PeriodDays) -> str:
    """Write a period's figure and its number of days or calls: 8.3 min (265 calls)."""
    if estimate.withheld:
        return "–"
    if estimate.undeclared:
        return _UNDECLARED
    if estimate.value is None:
        return _NOT_ON_RECORD if FIGURE_KINDS[name] in days.lacking else _TOO_FEW
    counted = format_count(estimate.n, *_COUNTED_IN.get(name, ("day", "days")))
    return f"{_write_value(estimate.value, _TITLES[name][1])} ({counted})"


def _write_value(value: float, unit: str) -> str:
    return f"{value:.0%}" if unit == "%" else f"{value:,.1f}{f' {unit}' if unit else ''}"


def _write_difference(change: PeriodChange, unit: str) -> str:
    size = abs(_find_shown_difference(change, unit))
    return f"{size:.0f} {_name_points(size)}" if unit == "%" else _write_value(size, unit)


def _name_points(size: float) -> str:
    return "point" if abs(size) == 1 else "points"


def _find_shown_difference(change: PeriodChange, unit: str) -> float:
    """Return the difference of two figures as they are written, for shares in points."""
    now, before = (one.value or 0.0 for one in (change.now, change.before))
    return subtract_as_shown(before, now, _SCALES[unit == "%"][1], percent=unit == "%")


def _write_change(change: PeriodChange, unit: str) -> str:
    if change.difference is None or change.low is None or change.high is None:
        withheld = change.now.withheld or change.before.withheld
        return "–" if withheld else "nothing to compare"
    scale, digits = _SCALES[unit == "%"]
    shown = _find_shown_difference(change, unit)
    difference, low, high = (
        f"{bound:+,.{digits}f}".replace("-", "−") if bound else "0"
        for bound in (shown, *(round(limit * scale, digits) for limit in (change.low, change.high)))
    )
    points = f" {_name_points(shown)}" if unit == "%" else ""
    return f"{_choose_mark(change)}{difference}{points} ({low} to {high})"


def _choose_mark(change: PeriodChange) -> str:
    """Return the mark of a change that exceeds chance: up for better, down for worse."""
    if change.outcome not in _DIRECTIONS:
        return ""
    better = _BETTER.get(change.name, "more")
    return "● " if not better else "▲ " if change.outcome == better else "▼ "
