"""Rows of the log for drills, reviews, what follows from incidents, and response actions."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.app.readiness import drill_name
from zoneplanner.app.session import Session
from zoneplanner.domain.follow_up import AfterAction, Concern, CorrectiveAction
from zoneplanner.domain.follow_up_entries import (
    after_actions,
    concerns,
    corrective_actions,
    district_reports,
)
from zoneplanner.domain.journal import Entry
from zoneplanner.domain.readiness import DistrictReport, Drill, PlanReview
from zoneplanner.domain.records import drills, reviews
from zoneplanner.domain.response_actions import ResponseAction, actions
from zoneplanner.ui.kit import words
from zoneplanner.ui.models.entry_rows import EntryRow, minutes_between, site_name


def other_rows(session: Session, entries: Sequence[Entry]) -> Iterator[EntryRow]:
    """Yield a row for each record that is neither a visit nor an incident."""
    makers: tuple[
        tuple[Callable[[Sequence[Entry]], Iterable[Any]], Callable[..., EntryRow]], ...
    ] = (
        (drills, _drill),
        (reviews, _review),
        (actions, _action),
        (after_actions, _after_action),
        (corrective_actions, _corrective_action),
        (concerns, _concern),
        (district_reports, _report),
    )
    for read, row in makers:
        for record in read(entries):
            yield row(session, record)


def _drill(session: Session, drill: Drill) -> EntryRow:
    present = {True: "Officer present", False: "No officer", None: words.NONE}
    return EntryRow(
        uid=drill.uid,
        record="drill",
        kind="Drill",
        at=drill.held_at,
        when=words.day_words(drill.held_at, session.project, session.today),
        site=drill.site,
        site_name=site_name(session, drill.site),
        what=drill_name(drill.kind),
        status=present[drill.officer_present],
        minutes=drill.minutes,
        note=drill.note,
        sample=drill.sample,
    )


def _review(session: Session, review: PlanReview) -> EntryRow:
    who = f" with {review.who_kind.replace('_', ' ')}" if review.who_kind else ""
    at = _midnight(session, review.on)
    return EntryRow(
        uid=review.uid,
        record="review",
        kind="Plan review",
        at=at,
        when=_day(session, at),
        site=review.site,
        site_name=site_name(session, review.site),
        what=f"Safety plan {review.school_year}",
        status=f"{review.stage.capitalize()}{who}",
        sample=review.sample,
    )


def _action(session: Session, action: ResponseAction) -> EntryRow:
    return EntryRow(
        uid=action.uid,
        record="action",
        kind="Response action",
        at=action.began_at,
        when=words.day_words(action.began_at, session.project, session.today),
        site=action.site,
        site_name=site_name(session, action.site),
        unit=", ".join(action.units) or words.NONE,
        what=action.action.capitalize(),
        status="Ended" if action.ended_at else "Goes on",
        minutes=minutes_between(action.began_at, action.ended_at),
        note=action.note,
        sample=action.sample,
    )


def _after_action(session: Session, review: AfterAction) -> EntryRow:
    at = _midnight(session, review.held_on)
    return EntryRow(
        uid=review.uid,
        record="after_action",
        kind="After-action review",
        at=at,
        when=_day(session, at),
        site=review.site,
        site_name=site_name(session, review.site),
        what=f"{review.event} of {review.event_on}",
        status="Reviewed",
        note=review.improvements or review.overview,
        sample=review.sample,
    )


def _corrective_action(session: Session, action: CorrectiveAction) -> EntryRow:
    at = _midnight(session, action.due_on)
    status = "Verified" if action.verified_on else "Done" if action.done_on else "Open"
    return EntryRow(
        uid=action.uid,
        record="corrective_action",
        kind="Corrective action",
        at=at,
        when=f"Due {_day(session, at)}",
        site=action.site,
        site_name=site_name(session, action.site),
        unit=action.owner_role,
        what=action.action,
        status=status,
        sample=action.sample,
    )


def _concern(session: Session, concern: Concern) -> EntryRow:
    status = "Closed" if concern.closed_at else "Received"
    if concern.acknowledged_at and not concern.closed_at:
        status = "Acknowledged"
    return EntryRow(
        uid=concern.uid,
        record="concern",
        kind="Concern report",
        at=concern.received_at,
        when=words.day_words(concern.received_at, session.project, session.today),
        site=concern.site,
        site_name=site_name(session, concern.site),
        what=concern.reference,
        status=status,
        minutes=minutes_between(concern.received_at, concern.acknowledged_at),
        sample=concern.sample,
    )


def _report(session: Session, report: DistrictReport) -> EntryRow:
    at = _midnight(session, report.on)
    return EntryRow(
        uid=report.uid,
        record="district_report",
        kind="Report to the state",
        at=at,
        when=_day(session, at),
        site=None,
        site_name="The district",
        what=f"School year {report.school_year}",
        status="Sent",
        note=report.note,
        sample=report.sample,
    )


def _midnight(session: Session, day: date) -> datetime:
    return datetime.combine(day, time(0), ZoneInfo(session.project.time_zone)).astimezone(UTC)


def _day(session: Session, at: datetime) -> str:
    """Write a day without an hour."""
    return words.day_words(at, session.project, session.today).removesuffix(" 00:00")
