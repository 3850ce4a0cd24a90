"""After-action reports in HSEEP's order: overview, objectives, analysis, improvement plan.

Under the Homeland Security Exercise and Evaluation Program (2020), a report describes what happened
and how well each objective was met; its Appendix A is the improvement plan and Appendix B the
participants. The module also writes lockdowns and other response actions for other reports.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from operator import itemgetter

from zoneplanner.domain.log.journal import INCIDENT_STAMPS, Incident
from zoneplanner.domain.log.office_entries import CommandEntry
from zoneplanner.domain.log.record_schema import format_choice
from zoneplanner.domain.log.response_action_terms import RESPONSE_ACTIONS, ResponseAction
from zoneplanner.domain.readiness.follow_up import AfterActionReview, CorrectiveAction
from zoneplanner.messages import Message
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
    """Name the units that came: unit S3, units S1, S3, or return "" for none."""
    return f"unit{'s' if len(units) > 1 else ''} {', '.join(units)}" if units else ""


def describe_response_action(handout: Handout, action: ResponseAction) -> str:
    """Describe a response action in a line: what, when, and who gave the all-clear."""
    ended = action.ended_at
    message = Message(
        "response_action.ended" if ended else "response_action.ongoing",
        action=name_action(handout, action.action),
        began=handout.to_local(action.began_at),
        ended=handout.to_local(ended) if ended else None,
        minutes=_measure_length_min(action),
    )
    by = _name_all_clear(action)
    all_clear = str(Message("response_action.all_clear", by=by)) if by else ""
    return ", ".join(filter(None, (handout.say(message), name_units(action.units), all_clear)))


def make_action_items(handout: Handout, coverage: CoverageSummary) -> Iterator[FlowItem]:
    """Yield a table of the response actions in a period; nothing without any."""
    first, last = coverage.series.first, coverage.series.last
    actions = [
        action
        for action in handout.response_actions
        if first <= handout.to_local(action.began_at).date() <= last
    ]
    if not actions:
        return
    counts = Counter(action.action for action in actions)
    summary = ", ".join(
        f"{name_action(handout, name)}: {counts[name]}" for name in RESPONSE_ACTIONS if counts[name]
    )
    table = PrintedTable(_COLUMNS, tuple(_write_row(handout, one) for one in actions), size=7)
    yield from make_section_items(handout, "Response actions in the period", f"{summary}.", table)


def _write_row(handout: Handout, action: ResponseAction) -> tuple[str, ...]:
    began = handout.to_local(action.began_at)
    return (
        f"{handout.formats.day(began.date())}, {handout.formats.clock(began)}",
        handout.name_site(action.site),
        name_action(handout, action.action),
        f"{minutes:.0f} min" if (minutes := _measure_length_min(action)) is not None else "ongoing",
        ", ".join(action.units) or "–",
        _name_all_clear(action) or "–",
        action.note,
    )


def name_action(handout: Handout, action: str) -> str:
    """Return the district's term for a response action."""
    return handout.project.terms.describe(action).term


def _name_all_clear(action: ResponseAction) -> str:
    return ", ".join(filter(None, (action.all_clear_by, action.all_clear_agency)))


def _measure_length_min(action: ResponseAction) -> float | None:
    ended = action.ended_at
    return None if ended is None else (ended - action.began_at).total_seconds() / 60


_NOT_WRITTEN = Message("after_action.not_written")
_LABEL_PT = 110.0


def build_after_action_reports(handout: Handout) -> Booklet:
    """Return the reports of a redacted handout, the latest first."""
    handout = _mark_samples(handout)
    ordered = sorted(
        handout.after_actions, key=lambda review: (review.held_on, review.uid), reverse=True
    )
    pages = [page for review in ordered for page in _build_pages(handout, review)]
    return Booklet(handout, "after-action reports", pages)


def _build_pages(handout: Handout, review: AfterActionReview) -> list[BookletPage]:
    write = handout.formats.long_date
    return paginate_items(
        handout,
        f"After-action report: {review.event}",
        f"{write(review.event_on)} · review held on {write(review.held_on)}",
        list(_list_items(handout, review)),
        bookmark=f"{review.event}, {handout.formats.day(review.event_on)}",
    )


def _mark_samples(handout: Handout) -> Handout:
    """Return the handout marked as sample data only if what the reports print is made up."""
    calls = {call.uid: call for call in handout.incidents}
    printed = [calls.get(review.incident, review) for review in handout.after_actions]
    marks = {record.sample for record in (*handout.after_actions, *printed)}
    sample = "some" if marks == {True, False} else "all" if True in marks else ""
    return replace(handout, sample=sample, duties=())


def _list_items(handout: Handout, review: AfterActionReview) -> Iterator[FlowItem]:
    yield make_heading("1. Event overview")
    for name, value in _list_facts(handout, review):
        yield FlowItem(0, partial(_draw_label, name=name), keep=True)
        yield from make_text_lines(handout, value, indent=_LABEL_PT)
    yield make_gap(4)
    yield from make_text_lines(handout, review.overview or Message("after_action.no_overview"))
    yield from _timeline(handout, review)
    yield make_heading("2. Objectives and core capabilities")
    yield from make_text_lines(handout, review.objectives or _NOT_WRITTEN)
    yield make_heading("3. Analysis: strengths")
    yield from make_text_lines(handout, review.strengths or _NOT_WRITTEN)
    yield make_heading("4. Analysis: areas for improvement")
    yield from make_text_lines(handout, review.improvements or _NOT_WRITTEN)
    yield make_heading("Appendix A: improvement plan")
    actions = [action for action in handout.actions if action.review == review.uid]
    if not actions:
        yield from make_text_lines(handout, Message("after_action.no_actions"), color=QUIET)
    for number, action in enumerate(actions, start=1):
        yield from _list_corrective_action(handout, number, action)
    yield make_heading("Appendix B: participants")
    yield from make_text_lines(handout, review.participants or _NOT_WRITTEN)


def _list_facts(handout: Handout, review: AfterActionReview) -> Iterator[tuple[str, str]]:
    yield "Event", f"{review.event}, {handout.formats.long_date(review.event_on)}"
    yield "Place", handout.name_site(review.site, "Not at a single school of this district")
    call = _find_call(handout, review)
    if call is not None:
        title = handout.project.terms.name_incidents("Incident")
        units = f", {came}" if (came := name_units(call.every_unit)) else ""
        yield title, f"{call.type}, priority {call.priority}{units}"
        times = (
            f"{name} {handout.formats.clock(handout.to_local(at))}"
            for name, at in _list_stamps(call)
        )
        yield "Times", ", ".join(times)
    for action in _list_actions(handout, review):
        yield "Response action", describe_response_action(handout, action)


def _find_call(handout: Handout, review: AfterActionReview) -> Incident | None:
    return next((call for call in handout.incidents if call.uid == review.incident), None)


def _is_about(
    handout: Handout, record: ResponseAction | CommandEntry, review: AfterActionReview, at: datetime
) -> bool:
    """Return whether a record is of the review's incident, or of its site on that day."""
    if review.incident and record.incident == review.incident:
        return True
    is_there = bool(record.site) and record.site == review.site
    return is_there and handout.to_local(at).date() == review.event_on


def _list_actions(handout: Handout, review: AfterActionReview) -> list[ResponseAction]:
    return [
        action
        for action in handout.response_actions
        if _is_about(handout, action, review, action.began_at)
    ]


def _timeline(handout: Handout, review: AfterActionReview) -> Iterator[FlowItem]:
    """List what happened in order of time: stamps, response actions, roles, notifications."""
    entries = [entry for entry in handout.command if _is_about(handout, entry, review, entry.at)]
    if not entries:
        return
    call = _find_call(handout, review)
    events = [(at, name.capitalize()) for name, at in (_list_stamps(call) if call else ())]
    events += _list_action_events(handout, review)
    events += [(entry.at, describe_command_entry(entry)) for entry in entries]
    yield make_heading("Timeline")
    for at, event in sorted(events, key=itemgetter(0)):
        local = handout.to_local(at)
        when = handout.formats.clock(local)
        if local.date() != review.event_on:
            when = f"{handout.formats.short_day(local.date())}, {when}"
        yield FlowItem(0, partial(_draw_label, name=when), keep=True)
        yield from make_text_lines(handout, event, indent=_LABEL_PT)


def _list_action_events(
    handout: Handout, review: AfterActionReview
) -> Iterator[tuple[datetime, str]]:
    for action in _list_actions(handout, review):
        term = name_action(handout, action.action)
        yield action.began_at, str(Message("timeline.began", action=term))
        if action.ended_at is not None:
            yield action.ended_at, str(Message("timeline.ended", action=term))


def describe_command_entry(entry: CommandEntry) -> str:
    """Describe in a line what was decided or done in a critical incident."""
    count = f"{entry.count:g} " if entry.count is not None else ""
    resource = f"{count}{entry.who or 'resources'}"
    texts: dict[str, Message | str] = {
        "role": f"{format_choice(entry.role)}: {entry.who or 'taken'}",
        "told": _describe_notification(entry.told),
        "staging_point": Message("timeline.staging_point", place=entry.place),
        "resource": Message(
            "timeline.sent_to" if entry.place else "timeline.sent",
            resource=resource,
            place=entry.place,
        ),
        "status": entry.who or "Status",
    }
    text = str(texts[entry.kind])
    text += f" ({entry.who})" if entry.kind == "told" and entry.who else ""
    return f"{text}. {entry.note}" if entry.note else text


def _describe_notification(notified: str) -> Message:
    """Describe who was notified, or what the notification asked for."""
    codes = {"bus_hold": "timeline.bus_hold", "staging": "timeline.staging"}
    return Message(codes.get(notified, "timeline.notified"), who=format_choice(notified))


def _list_stamps(call: Incident) -> Iterator[tuple[str, datetime]]:
    for stamp in INCIDENT_STAMPS:
        at: datetime | None = getattr(call, stamp)
        if at is not None:
            name = stamp.removesuffix("_at").replace("enroute", "en route")
            yield name.replace("onscene", "on scene"), at


def _draw_label(sheet: PageWriter, top: float, *, name: str) -> None:
    sheet.text(sheet.left, top - 10, name, size=9, color=QUIET, room=_LABEL_PT)


def _list_corrective_action(
    handout: Handout, number: int, action: CorrectiveAction
) -> Iterator[FlowItem]:
    done, verified = (
        on if on and on <= handout.today else None for on in (action.done_on, action.verified_on)
    )
    late = done is None and verified is None and handout.today > action.due_on
    if done:
        code = "corrective_action.verified" if verified else "corrective_action.done"
    else:
        code = "corrective_action.verified_only" if verified else "corrective_action.open"
    status = Message(code, done=done, verified=verified)
    line = Message(
        "corrective_action.overdue" if late else "corrective_action",
        role=action.owner_role,
        due=action.due_on,
        status=status,
    )
    yield from make_text_lines(handout, f"{number}. {action.action}", bold=True, keep=True)
    color = LATE if late else QUIET
    yield from make_text_lines(handout, line, size=8.5, color=color, indent=14)
    yield make_gap(4)
