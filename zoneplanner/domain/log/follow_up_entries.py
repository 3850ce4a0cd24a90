"""Journal entries of after-action reviews, corrective actions, concerns and district reports."""

import re
from dataclasses import replace
from functools import partial

from zoneplanner.domain.calendar.school_calendar import resolve_school_year
from zoneplanner.domain.log.journal import check_log_day, check_stamp_order
from zoneplanner.domain.log.record_schema import LogMoment, RecordKind, read_records
from zoneplanner.domain.readiness.district_requirements import DistrictReport
from zoneplanner.domain.readiness.follow_up import (
    AfterActionReview,
    ConcernReport,
    CorrectiveAction,
)
from zoneplanner.errors import UserError

AFTER_ACTION_SECTIONS = ("overview", "objectives", "strengths", "improvements", "participants")
"""The parts of an after-action review, in HSEEP's order."""
_MAX_TEXT_LENGTH = 5_000
_MAX_YEARS_AHEAD = 10
_REFERENCE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9./_-]{0,39}", re.ASCII)


def _check_after_action(review: AfterActionReview, when: LogMoment) -> AfterActionReview:
    check_log_day(review.held_on, when.today)
    check_log_day(review.event_on)
    if review.event_on > review.held_on:
        raise UserError(
            "days_out_of_order.review", event_on=review.event_on, held_on=review.held_on
        )
    _check_length(review, "event", *AFTER_ACTION_SECTIONS)
    return review


def _check_corrective_action(action: CorrectiveAction, when: LogMoment) -> CorrectiveAction:
    due, done, verified = action.due_on, action.done_on, action.verified_on
    check_log_day(due)
    if due.year > when.today.year + _MAX_YEARS_AHEAD:
        raise UserError("too_late", day=due, years=_MAX_YEARS_AHEAD)
    for day in (done, verified):
        if day is not None:
            check_log_day(day, when.today)
    if verified is not None and (done is None or verified < done):
        raise UserError("column_missing.done_on")
    _check_length(action, "action", "owner_role")
    return action


def _check_concern(concern: ConcernReport, when: LogMoment) -> ConcernReport:
    if not concern.reference:
        raise UserError("not_a_reference.missing")
    if not _REFERENCE.fullmatch(concern.reference):
        raise UserError("not_a_reference", text=concern.reference)
    steps = ("received_at", "acknowledged_at", "closed_at")
    check_stamp_order({name: getattr(concern, name) for name in steps}, when.now)
    return concern


def _check_district_report(report: DistrictReport, when: LogMoment) -> DistrictReport:
    check_log_day(report.on, when.today)
    _check_length(report, "note")
    return replace(report, school_year=resolve_school_year(report.school_year, report.on))


def _check_length(record: object, *names: str) -> None:
    for name in names:
        if len(getattr(record, name)) > _MAX_TEXT_LENGTH:
            raise UserError("text_too_long", name=name, most=_MAX_TEXT_LENGTH)


AFTER_ACTION_RECORD = RecordKind(
    "after_action",
    AfterActionReview,
    required=("held_on", "event_on", "event"),
    validate=_check_after_action,
)
CORRECTIVE_ACTION_RECORD = RecordKind(
    "corrective_action",
    CorrectiveAction,
    required=("due_on", "review", "action", "owner_role"),
    validate=_check_corrective_action,
    find_progress_day=lambda action: action.verified_on or action.done_on,
)
CONCERN_RECORD = RecordKind(
    "concern",
    ConcernReport,
    required=("received_at",),
    validate=_check_concern,
)
DISTRICT_REPORT_RECORD = RecordKind(
    "district_report",
    DistrictReport,
    required=("on",),
    validate=_check_district_report,
    asks_when=True,
)


read_after_action_reviews = partial(read_records, AFTER_ACTION_RECORD)
read_corrective_actions = partial(read_records, CORRECTIVE_ACTION_RECORD)
read_concern_reports = partial(read_records, CONCERN_RECORD)
read_district_reports = partial(read_records, DISTRICT_REPORT_RECORD)
