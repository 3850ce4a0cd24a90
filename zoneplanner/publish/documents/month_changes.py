"""What a monthly report says of changes: a table of figures, and sentences that claim no more."""

from collections.abc import Mapping, Sequence
from typing import Any

from zoneplanner.analysis.coverage.verdicts import (
    FIGURE_KINDS,
    NOT_DECLARED,
    PeriodChange,
    PeriodEstimate,
)
from zoneplanner.analysis.measures.plan_measures import subtract_as_shown
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.messages import format_count, render_message
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
"""What the records are that a figure rests on, one and more; those of the others are days."""
_WAYS = {"more": "higher", "less": "lower"}
_GOOD = {"response_mean_min": "less", "calls_per_school_day": ""}
"""Which way is for the better; of calls neither, of all others more is."""
_SCALES = ((1, 1), (100, 0))
"""By what figures and shares are multiplied where they are written, and their digits."""
_TOO_FEW, _NOT_ON_RECORD = "too few to tell", "not on record"


def say(formats: LocaleFormats, code: str, **facts: Any) -> str:
    """Return a sentence of the monthly report."""
    return render_message(f"month.{code}", facts, formats)


def name_periods(formats: LocaleFormats, month: MonthTotals) -> tuple[str, ...]:
    """Return the names of a report's period and of those that it is compared with."""
    return tuple(format_report_period(formats, one) for one in month.periods)


def list_marks(formats: LocaleFormats, month: MonthTotals, *, sample: str) -> list[str]:
    """Return the sentences that mark a period that still runs, has no school, or is made up.

    ``sample`` is what of the paper is made up: "all" or "some" of a report, a "page", or nothing.
    """
    last = month.periods[0].last
    return [
        *(
            [say(formats, "running", last=last, counted=month.counted_until or month.last)]
            if month.is_running
            else []
        ),
        *([] if month.school_days else [say(formats, "no_school")]),
        *([say(formats, f"sample.{sample}")] if sample else []),
    ]


def describe_school_days(handout: Handout) -> str:
    """Say that school days are assumed; empty where the district's calendar was entered."""
    assumed = handout.project.assumes_school_days(handout.local_time.date())
    return render_message("assumed_calendar", {}) if assumed else ""


def build_change_table(
    formats: LocaleFormats, month: MonthTotals, changes: Sequence[Sequence[PeriodChange]]
) -> PrintedTable:
    """Return a table of figures: this period, and for each other one its value and the change."""
    now, *others = name_periods(formats, month)
    columns = [PrintedColumn("Figure", 0.2, bold=True), PrintedColumn(now, 0.13, "right")]
    for other in others:
        columns += [PrintedColumn(other, 0.14, "right"), PrintedColumn("Change", 0.195, "right")]
    rows = []
    for each in zip(*changes, strict=True):
        title, unit = _TITLES[each[0].name]
        row = [title, _write_estimate(each[0].now, each[0].name, month.days[0])]
        for change, days in zip(each, month.days[1:], strict=True):
            row += [_write_estimate(change.before, change.name, days), _write_change(change, unit)]
        rows.append(tuple(row))
    return PrintedTable(tuple(columns), tuple(rows), size=7.5)


def describe_month_changes(
    formats: LocaleFormats, month: MonthTotals, changes: Sequence[Sequence[PeriodChange]]
) -> list[str]:
    """Say of each other period what is more than chance, or that nothing is, or that none tells."""
    now, *others = name_periods(formats, month)
    found = []
    for before, every, days in zip(others, changes, month.days[1:], strict=True):
        if days.partly:
            found.append(say(formats, "change.partly", before=before, kinds=_write_days(days)))
        each = [change for change in every if change.outcome != NOT_DECLARED]
        if len(each) < len(every):
            figures = [_TITLES[one.name][0] for one in every if one.outcome == NOT_DECLARED]
            found.append(say(formats, "change.not_declared", before=before, figures=figures))
        known = [change for change in each if change.difference is not None]
        if not known and len(each) < len(every):
            continue
        clear = [change for change in known if change.outcome in _WAYS]
        sides = {now: [one.now for one in each], before: [one.before for one in each]}
        lacking = [name for name, own in sides.items() if all(map(_is_too_few, own))]
        spans = dict(zip(sides, (month.days[0], days), strict=True))
        unknown = [name for name in lacking if spans[name].is_unrecorded]
        few = any(_is_too_few(one) for own in sides.values() for one in own)
        withheld = any(one.withheld for own in sides.values() for one in own)
        if not known and unknown:
            found.append(say(formats, "change.not_on_record", periods=unknown))
        elif not known and lacking:
            found.append(say(formats, "change.unknown", periods=lacking))
        elif not known and (few or not withheld):
            found.append(say(formats, "change.unknown.partly", now=now, before=before))
        elif known and not clear:
            code = "change.none.printed" if withheld else "change.none"
            found.append(say(formats, code, before=before))
        for change in clear:
            title, unit = _TITLES[change.name]
            facts = {
                "figure": title,
                "value": _write_value(change.now.value or 0.0, unit),
                "size": _write_size(change, unit),
                "way": _WAYS[change.outcome],
            }
            found.append(say(formats, "change", now=now, before=before, **facts))
    return found


def _is_too_few(one: PeriodEstimate) -> bool:
    return one.value is None and not one.withheld and not one.undeclared


def _write_days(days: PeriodDays) -> list[str]:
    """Write on how many school days each kind is on record that is so on some of them only."""
    of = f"of {format_count(days.school_days, 'school day')}"
    return [f"{kind} on {n} {of}" for kind, n in days.partly.items()]


def _write_estimate(one: PeriodEstimate, name: str, days: PeriodDays) -> str:
    """Write a figure of a period and on how many days or calls it rests: 8.3 min (265 calls)."""
    if one.withheld:
        return "–"
    if one.undeclared:
        return NOT_DECLARED
    if one.value is None:
        return _NOT_ON_RECORD if FIGURE_KINDS[name] in days.lacking else _TOO_FEW
    counted = format_count(one.n, *_COUNTED_IN.get(name, ("day", "days")))
    return f"{_write_value(one.value, _TITLES[name][1])} ({counted})"


def _write_value(value: float, unit: str) -> str:
    return f"{value:.0%}" if unit == "%" else f"{value:,.1f}{f' {unit}' if unit else ''}"


def _write_size(change: PeriodChange, unit: str) -> str:
    size = abs(_find_shown_difference(change, unit))
    return f"{size:.0f} {_name_points(size)}" if unit == "%" else _write_value(size, unit)


def _name_points(size: float) -> str:
    return "point" if abs(size) == 1 else "points"


def _find_shown_difference(change: PeriodChange, unit: str) -> float:
    """Return the difference of the two figures as they are written, in points where shares."""
    now, before = (one.value or 0.0 for one in (change.now, change.before))
    return subtract_as_shown(before, now, _SCALES[unit == "%"][1], percent=unit == "%")


def _write_change(change: PeriodChange, unit: str) -> str:
    if change.difference is None or change.low is None or change.high is None:
        withheld = change.now.withheld or change.before.withheld
        return "–" if withheld else "nothing to compare"
    scale, digits = _SCALES[unit == "%"]
    shown = _find_shown_difference(change, unit)
    said, low, high = (
        f"{bound:+,.{digits}f}".replace("-", "−") if bound else "0"
        for bound in (shown, *(round(end * scale, digits) for end in (change.low, change.high)))
    )
    points = f" {_name_points(shown)}" if unit == "%" else ""
    return f"{_choose_mark(change)}{said}{points} ({low} to {high})"


def _choose_mark(change: PeriodChange) -> str:
    """Return the mark of a change that is more than chance: it points to what is better."""
    if change.outcome not in _WAYS:
        return ""
    good = _GOOD.get(change.name, "more")
    return "● " if not good else "▲ " if change.outcome == good else "▼ "
