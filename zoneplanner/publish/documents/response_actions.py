"""What is printed of lockdowns and the other response actions."""

from collections import Counter
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from zoneplanner.domain.log.response_actions import RESPONSE_ACTIONS, ResponseAction
from zoneplanner.publish.handout import CoverageSummary, Handout
from zoneplanner.publish.pdf.table import PrintedColumn, PrintedTable
from zoneplanner.publish.pdf.text_flow import FlowItem, make_section_items

_COLUMNS = (
    PrintedColumn("Began", 0.17),
    PrintedColumn("School", 0.25, bold=True, wraps=True),
    PrintedColumn("Action", 0.11, wraps=True),
    PrintedColumn("Lasted", 0.09, "right"),
    PrintedColumn("Units", 0.08),
    PrintedColumn("All clear by", 0.13, wraps=True),
    PrintedColumn("Note", 0.17, wraps=True),
)


def name_units(units: Sequence[str]) -> str:
    """Name who came: unit S3, units S1, S3; nothing where nobody did."""
    return f"unit{'s' if len(units) > 1 else ''} {', '.join(units)}" if units else ""


def describe_response_action(handout: Handout, one: ResponseAction) -> str:
    """Say in a line which action it was, from when to when, and who gave the all-clear."""
    zone, write = ZoneInfo(handout.project.time_zone), handout.formats.clock
    ended = f"ended {write(one.ended_at.astimezone(zone))}" if one.ended_at else "goes on"
    parts = [
        f"{name_action(handout, one.action)}, began {write(one.began_at.astimezone(zone))}",
        f"{ended}{_format_length(one, ' after {}')}",
        name_units(one.units),
        f"all-clear by {_who(one)}" if _who(one) else "",
    ]
    return ", ".join(filter(None, parts))


def make_action_items(handout: Handout, coverage: CoverageSummary) -> Iterator[FlowItem]:
    """Yield a table of the actions of a period; nothing where there was none."""
    zone, series = ZoneInfo(handout.project.time_zone), coverage.series
    shown = [
        one
        for one in handout.response_actions
        if series.first <= one.began_at.astimezone(zone).date() <= series.last
    ]
    if not shown:
        return
    counts = Counter(one.action for one in shown)
    told = ", ".join(
        f"{name_action(handout, name)}: {counts[name]}" for name in RESPONSE_ACTIONS if counts[name]
    )
    rows = tuple(_row(handout, one) for one in shown)
    table = PrintedTable(_COLUMNS, rows, size=7)
    yield from make_section_items(handout, "Response actions in the period", f"{told}.", table)


def _row(handout: Handout, one: ResponseAction) -> tuple[str, ...]:
    began = one.began_at.astimezone(ZoneInfo(handout.project.time_zone))
    site = handout.project.sites.get(one.site)
    return (
        f"{handout.formats.day(began.date())}, {handout.formats.clock(began)}",
        site.name if site else one.site,
        name_action(handout, one.action),
        _format_length(one, "{}") or "goes on",
        ", ".join(one.units) or "–",
        _who(one) or "–",
        one.note,
    )


def name_action(handout: Handout, action: str) -> str:
    return handout.project.terms.describe(action).term


def _who(one: ResponseAction) -> str:
    return ", ".join(filter(None, (one.all_clear_by, one.all_clear_agency)))


def _format_length(one: ResponseAction, words: str) -> str:
    if one.ended_at is None:
        return ""
    minutes = (one.ended_at - one.began_at).total_seconds() / 60
    return words.format(f"{minutes:.0f} min")
