"""What a printed paper says of the days that its figures rest on."""

from zoneplanner.analysis.coverage.log_period import DayRange
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.messages import format_count, render_message
from zoneplanner.publish.month import PeriodDays

_MOST_GAPS = 6


def describe_gaps(formats: LocaleFormats, days: PeriodDays) -> list[str]:
    """Say which school days are not on record, a sentence for each kind."""
    found: list[str] = []
    if not days.school_days:
        return found
    for kind, gaps in days.gaps.items():
        if kind not in days.partly:
            continue
        named = [_write_days(formats, one) for one in gaps[:_MOST_GAPS]]
        if more := sum(one.school_days for one in gaps[_MOST_GAPS:]):
            named.append(format_count(more, "further day"))
        facts = {
            "kind": kind.capitalize(),
            "n": days.on_record[kind],
            "days": days.school_days,
            "gaps": named,
        }
        found.append(render_message("record_days.gaps", facts, formats))
    if none := [kind for kind, n in days.on_record.items() if not n]:
        found.append(render_message("month.board_unrecorded", {"kinds": none}, formats))
    return found


def _write_days(formats: LocaleFormats, run: DayRange) -> str:
    days = dict.fromkeys(map(formats.short_day, (run.first, run.last)))
    return " to ".join(days)
