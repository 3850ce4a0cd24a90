"""After-action reports in HSEEP's order: overview, objectives, analysis, improvement plan.

Homeland Security Exercise and Evaluation Program (2020): the report tells what happened and how
well each objective was met; its Appendix A is the improvement plan, Appendix B the participants.

What is printed of lockdowns and the other response actions.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from zoneplanner.domain.log.journal import INCIDENT_STAMPS, Incident
from zoneplanner.domain.log.office_entries import CommandEntry
from zoneplanner.domain.log.record_schema import format_choice
from zoneplanner.domain.log.response_actions import RESPONSE_ACTIONS, ResponseAction
from zoneplanner.domain.readiness.follow_up import AfterActionReview, CorrectiveAction
from zoneplanner.publish.handout import CoverageSummary, Handout
from zoneplanner.publish.pdf.canvas import LATE, QUIET
from zoneplanner.publish.pdf.page import Booklet, BookletPage, PageWriter
from zoneplanner.publish.pdf.table import PrintedColumn, PrintedTable
from zoneplanner.publish.pdf.text_flow import (
    FlowItem,
    make_gap,
    make_heading,
    make_section_items,
    make_text_lines,
    paginate_items,
)

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
    ended = f"ended {write(one.ended_at.astimezone(zone))}" if one.ended_at else "ongoing"
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
        _format_length(one, "{}") or "ongoing",
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


_NOTHING = "Nothing was written down."
_LABEL_PT = 110.0


def build_after_action_reports(handout: Handout) -> Booklet:
    """Return the reports of a released handout, the latest first."""
    handout = _mark_samples(handout)
    ordered = sorted(handout.after_actions, key=lambda one: (one.held_on, one.uid), reverse=True)
    pages = [page for review in ordered for page in _report(handout, review)]
    return Booklet(handout, "after-action reports", pages)


def _report(handout: Handout, review: AfterActionReview) -> list[BookletPage]:
    title = f"After-action report: {review.event}"
    write = handout.formats.long_date
    said = f"{write(review.event_on)} · review held on {write(review.held_on)}"
    blocks = list(_blocks(handout, review))
    return paginate_items(
        handout,
        title,
        said,
        blocks,
        bookmark=f"{review.event}, {handout.formats.day(review.event_on)}",
    )


def _mark_samples(handout: Handout) -> Handout:
    """Return the handout marked as made up only where what the reports print of it is."""
    known = {call.uid: call for call in handout.incidents}
    printed = [known.get(review.incident, review) for review in handout.after_actions]
    marks = {one.sample for one in (*handout.after_actions, *printed)}
    sample = "some" if marks == {True, False} else "all" if True in marks else ""
    return replace(handout, sample=sample, duties=())


def _blocks(handout: Handout, review: AfterActionReview) -> Iterator[FlowItem]:
    yield make_heading("1. Event overview")
    for name, value in _facts(handout, review):
        yield FlowItem(0, partial(_fact_name, name=name), keep=True)
        yield from make_text_lines(handout, value, indent=_LABEL_PT)
    yield make_gap(4)
    yield from make_text_lines(handout, review.overview or "No overview was written down.")
    yield from _timeline(handout, review)
    yield make_heading("2. Objectives and core capabilities")
    yield from make_text_lines(handout, review.objectives or _NOTHING)
    yield make_heading("3. Analysis: strengths")
    yield from make_text_lines(handout, review.strengths or _NOTHING)
    yield make_heading("4. Analysis: areas for improvement")
    yield from make_text_lines(handout, review.improvements or _NOTHING)
    yield make_heading("Appendix A: improvement plan")
    own = [one for one in handout.actions if one.review == review.uid]
    if not own:
        yield from make_text_lines(handout, "No corrective actions were agreed on.", color=QUIET)
    for number, action in enumerate(own, start=1):
        yield from _action(handout, number, action)
    yield make_heading("Appendix B: participants")
    yield from make_text_lines(handout, review.participants or _NOTHING)


def _facts(handout: Handout, review: AfterActionReview) -> Iterator[tuple[str, str]]:
    project = handout.project
    site = project.sites.get(review.site or "")
    yield "Event", f"{review.event}, {handout.formats.long_date(review.event_on)}"
    yield "Place", site.name if site else "Not at a single school of this district"
    call = next((one for one in handout.incidents if one.uid == review.incident), None)
    if call is not None:
        title = project.terms.name_incidents("Incident")
        units = f", {came}" if (came := name_units(call.every_unit)) else ""
        yield title, f"{call.type}, priority {call.priority}{units}"
        yield "Times", _times(handout, call, ZoneInfo(project.time_zone))
    for action in _list_actions(handout, review):
        yield "Response action", describe_response_action(handout, action)


def _list_actions(handout: Handout, review: AfterActionReview) -> list[ResponseAction]:
    """Return the actions of the incident, or those of the day at the place."""
    zone = ZoneInfo(handout.project.time_zone)
    return [
        one
        for one in handout.response_actions
        if (review.incident and one.incident == review.incident)
        or (one.site == review.site and one.began_at.astimezone(zone).date() == review.event_on)
    ]


def _timeline(handout: Handout, review: AfterActionReview) -> Iterator[FlowItem]:
    """List what was done in order of time: stamps, response actions, roles, who was told."""
    zone = ZoneInfo(handout.project.time_zone)
    done: list[tuple[datetime, str]] = []
    call = next((one for one in handout.incidents if one.uid == review.incident), None)
    if call is not None:
        done += [(at, name.capitalize()) for name, at in _list_stamps(call)]
    for action in _list_actions(handout, review):
        term = handout.project.terms.describe(action.action).term
        done.append((action.began_at, f"{term} began"))
        if action.ended_at is not None:
            done.append((action.ended_at, f"{term} ended"))
    entries = [
        one
        for one in handout.command
        if (review.incident and one.incident == review.incident)
        or (one.site and one.site == review.site and _day(one.at, zone) == review.event_on)
    ]
    if not entries:
        return
    done += [(one.at, describe_command_entry(one)) for one in entries]
    yield make_heading("Timeline")
    for at, what in sorted(done, key=lambda one: one[0]):
        when = handout.formats.clock(at.astimezone(zone))
        if (day := _day(at, zone)) != review.event_on:
            when = f"{handout.formats.short_day(day)}, {when}"
        yield FlowItem(0, partial(_fact_name, name=when), keep=True)
        yield from make_text_lines(handout, what, indent=_LABEL_PT)


def describe_command_entry(one: CommandEntry) -> str:
    """Say in a line what was decided or done in a critical incident."""
    count = f"{one.count:g} " if one.count is not None else ""
    parts = {
        "role": f"{format_choice(one.role)}: {one.who or 'taken'}",
        "told": _say_told(one.told) + (f" ({one.who})" if one.who else ""),
        "staging_point": f"Staging point: {one.place}",
        "resource": f"Sent: {count}{one.who or 'resources'}"
        + (f", to {one.place}" if one.place else ""),
        "status": one.who or "Status",
    }
    said = parts[one.kind]
    return f"{said}. {one.note}" if one.note else said


def _say_told(told: str) -> str:
    """Say who was told, or what was asked for by telling them."""
    asked = {"bus_hold": "Buses held", "staging": "Staging area announced"}
    return asked.get(told) or f"{format_choice(told)} notified"


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _list_stamps(call: Incident) -> Iterator[tuple[str, datetime]]:
    for stamp in INCIDENT_STAMPS:
        at: datetime | None = getattr(call, stamp)
        if at is not None:
            name = stamp.removesuffix("_at").replace("enroute", "en route")
            yield name.replace("onscene", "on scene"), at


def _times(handout: Handout, call: Incident, zone: ZoneInfo) -> str:
    return ", ".join(
        f"{name} {handout.formats.clock(at.astimezone(zone))}" for name, at in _list_stamps(call)
    )


def _fact_name(sheet: PageWriter, top: float, *, name: str) -> None:
    sheet.text(sheet.left, top - 10, name, size=9, color=QUIET, room=_LABEL_PT)


def _action(handout: Handout, number: int, action: CorrectiveAction) -> Iterator[FlowItem]:
    done, verified = (
        on if on and on <= handout.today else None for on in (action.done_on, action.verified_on)
    )
    late = done is None and verified is None and handout.today > action.due_on
    if verified:
        where = f"verified on {handout.formats.day(verified)}"
    else:
        where = "not verified" if done else "not done yet"
    if done:
        where = f"done on {handout.formats.day(done)}, {where}"
    due = handout.formats.day(action.due_on)
    said = f"Responsible: {action.owner_role} · due {due} · {where}"
    yield from make_text_lines(handout, f"{number}. {action.action}", bold=True, keep=True)
    color = LATE if late else QUIET
    overdue = " · OVERDUE" if late else ""
    yield from make_text_lines(handout, f"{said}{overdue}", size=8.5, color=color, indent=14)
    yield make_gap(4)
