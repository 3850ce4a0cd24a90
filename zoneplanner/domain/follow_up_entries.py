"""Journal entries of after-action reviews, corrective actions, concerns and district reports."""

import re
from collections.abc import Iterable
from dataclasses import replace

from zoneplanner.domain.fields import DAY, DAY_IF_ANY, NAME, TEXT, TIME, When
from zoneplanner.domain.follow_up import AfterAction, Concern, CorrectiveAction
from zoneplanner.domain.journal import NewEntry, check_day, check_order
from zoneplanner.domain.kinds import Kind, records_of
from zoneplanner.domain.readiness import DistrictReport
from zoneplanner.domain.school_year import year_of
from zoneplanner.errors import UserError

PARTS = ("overview", "objectives", "strengths", "improvements", "participants")
"""The parts of an after-action review, in HSEEP's order."""
_LONGEST_TEXT = 5_000
_LONGEST_YEARS = 10
_REFERENCE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9./_-]{0,39}", re.ASCII)


def _after_action(review: AfterAction, when: When) -> AfterAction:
    check_day(review.held_on, when.today)
    check_day(review.event_on)
    if review.event_on > review.held_on:
        raise UserError(
            f"The event on {review.event_on} lies after its review on {review.held_on}; check both."
        )
    _check_length(review, "event", *PARTS)
    return review


def _corrective_action(action: CorrectiveAction, when: When) -> CorrectiveAction:
    due, done, verified = action.due_on, action.done_on, action.verified_on
    check_day(due)
    if due.year > when.today.year + _LONGEST_YEARS:
        raise UserError(f"The day {due} is more than {_LONGEST_YEARS} years ahead; check it.")
    for day in (done, verified):
        if day is not None:
            check_day(day, when.today)
    if verified is not None and (done is None or verified < done):
        raise UserError("An action is verified once it is done; give done_on as well.")
    _check_length(action, "action", "owner_role")
    return action


def _concern(concern: Concern, when: When) -> Concern:
    if not _REFERENCE.fullmatch(concern.reference):
        raise UserError(
            f"“{concern.reference}” is no reference number. It has up to 40 letters, digits and "
            f". / _ -, with a digit among them, such as C-2026-014; the report itself is kept "
            f"elsewhere."
        )
    steps = ("received_at", "acknowledged_at", "closed_at")
    check_order({name: getattr(concern, name) for name in steps}, when.now)
    return concern


def _district_report(report: DistrictReport, when: When) -> DistrictReport:
    check_day(report.on, when.today)
    _check_length(report, "note")
    return replace(report, school_year=year_of(report.school_year, report.on))


def _check_length(record: object, *names: str) -> None:
    for name in names:
        if len(getattr(record, name)) > _LONGEST_TEXT:
            raise UserError(f"“{name}” holds more than {_LONGEST_TEXT:,} characters; shorten it.")


AFTER_ACTION = Kind(
    "after_action",
    AfterAction,
    {
        "site": NAME,
        "incident": TEXT,
        "event": TEXT,
        "event_on": DAY,
        "held_on": DAY,
        **dict.fromkeys(PARTS, TEXT),
    },
    by="held_on",
    needed={
        "held_on": "An after-action review needs held_on; give a date like 2026-11-16.",
        "event_on": "An after-action review needs event_on, the day of what it reviews.",
        "event": "An after-action review needs its event, such as “lockdown”.",
    },
    checked=_after_action,
)
CORRECTIVE_ACTION = Kind(
    "corrective_action",
    CorrectiveAction,
    {
        "site": NAME,
        "review": TEXT,
        "action": TEXT,
        "owner_role": TEXT,
        "due_on": DAY,
        "done_on": DAY_IF_ANY,
        "verified_on": DAY_IF_ANY,
    },
    by="due_on",
    needed={
        "due_on": "A corrective action needs due_on; give a date like 2026-12-18.",
        "review": "A corrective action needs its review; give review=UID as it was logged.",
        "action": "Say what is to be done: action=...",
        "owner_role": "Say which role owns the action, such as owner_role=“site administrator”.",
    },
    checked=_corrective_action,
    step=lambda action: action.verified_on or action.done_on,
)
CONCERN = Kind(
    "concern",
    Concern,
    {
        "site": NAME,
        "reference": TEXT,
        **dict.fromkeys(("received_at", "acknowledged_at", "closed_at"), TIME),
    },
    by="received_at",
    needed={
        "received_at": (
            "A concern needs received_at; give a time like 2026-11-16T08:15, or “now”."
        ),
    },
    checked=_concern,
)
DISTRICT_REPORT = Kind(
    "district_report",
    DistrictReport,
    {"school_year": TEXT, "on": DAY, "note": TEXT},
    by="on",
    needed={"on": "A report needs on, its day; give a date like 2026-10-12."},
    checked=_district_report,
)


def after_actions(entries: Iterable[NewEntry]) -> tuple[AfterAction, ...]:
    """Return the after-action reviews as they stand, by day."""
    return records_of(AFTER_ACTION, entries)


def corrective_actions(entries: Iterable[NewEntry]) -> tuple[CorrectiveAction, ...]:
    """Return the corrective actions as they stand, by the day they are due."""
    return records_of(CORRECTIVE_ACTION, entries)


def concerns(entries: Iterable[NewEntry]) -> tuple[Concern, ...]:
    """Return the concern reports as they stand, by receipt."""
    return records_of(CONCERN, entries)


def district_reports(entries: Iterable[NewEntry]) -> tuple[DistrictReport, ...]:
    """Return the district's reports as they stand, by day."""
    return records_of(DISTRICT_REPORT, entries)
