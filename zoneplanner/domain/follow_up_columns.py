"""After-action reviews, corrective actions, concerns and district reports from columns of text."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from zoneplanner.domain import column_text
from zoneplanner.domain.follow_up import AfterAction, Concern, CorrectiveAction
from zoneplanner.domain.follow_up_entries import (
    PARTS,
    after_action_entry,
    concern_entry,
    corrective_action_entry,
    district_report_entry,
)
from zoneplanner.domain.journal import NewEntry
from zoneplanner.domain.readiness import DistrictReport
from zoneplanner.errors import UserError

FollowUpRecord = AfterAction | CorrectiveAction | Concern | DistrictReport
MARKS = ("sample", "supersedes")
AFTER_ACTION_COLUMNS = (
    *("uid", "site", "incident", "event", "event_on", "held_on", *PARTS),
    *MARKS,
)
CORRECTIVE_ACTION_COLUMNS = (
    *("uid", "site", "review", "action", "owner_role", "due_on", "done_on", "verified_on"),
    *MARKS,
)
CONCERN_COLUMNS = (
    *("uid", "site", "reference", "received_at", "acknowledged_at", "closed_at"),
    *MARKS,
)
DISTRICT_REPORT_COLUMNS = ("uid", "school_year", "on", "note", *MARKS)
FOLLOW_UP_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "after_action": AFTER_ACTION_COLUMNS,
    "corrective_action": CORRECTIVE_ACTION_COLUMNS,
    "concern": CONCERN_COLUMNS,
    "district_report": DISTRICT_REPORT_COLUMNS,
}


def _after_action(
    given: Mapping[str, str], time_zone: str, now: datetime, uid: str, corrects: object
) -> NewEntry:
    column_text.known(given, FOLLOW_UP_COLUMNS["after_action"], "after_action")
    old = corrects if isinstance(corrects, AfterAction) else None
    held_on = column_text.day(given, "held_on", time_zone, now) or (old.held_on if old else None)
    if held_on is None:
        raise UserError("An after-action review needs held_on; give a date like 2026-11-16.")
    event_on = column_text.day(given, "event_on", time_zone, now)
    event_on = event_on or (old.event_on if old else None)
    if event_on is None:
        raise UserError("An after-action review needs event_on, the day of what it reviews.")
    return after_action_entry(
        event=given.get("event", old.event if old else ""),
        event_on=event_on,
        held_on=held_on,
        site=given.get("site", old.site if old else None),
        incident=given.get("incident", old.incident if old else ""),
        parts={name: given.get(name, getattr(old, name) if old else "") for name in PARTS},
        **_common(given, time_zone, now, uid, old),
    )


def _corrective_action(
    given: Mapping[str, str], time_zone: str, now: datetime, uid: str, corrects: object
) -> NewEntry:
    column_text.known(given, FOLLOW_UP_COLUMNS["corrective_action"], "corrective_action")
    old = corrects if isinstance(corrects, CorrectiveAction) else None
    days: dict[str, Any] = {
        name: column_text.day(given, name, time_zone, now) or (getattr(old, name) if old else None)
        for name in ("due_on", "done_on", "verified_on")
    }
    due_on = days.pop("due_on")
    if due_on is None:
        raise UserError("A corrective action needs due_on; give a date like 2026-12-18.")
    return corrective_action_entry(
        review=given.get("review", old.review if old else ""),
        text=given.get("action", old.text if old else ""),
        owner_role=given.get("owner_role", old.owner_role if old else ""),
        due_on=due_on,
        **days,
        site=given.get("site", old.site if old else None),
        **_common(given, time_zone, now, uid, old),
    )


def _concern(
    given: Mapping[str, str], time_zone: str, now: datetime, uid: str, corrects: object
) -> NewEntry:
    column_text.known(given, FOLLOW_UP_COLUMNS["concern"], "concern")
    old = corrects if isinstance(corrects, Concern) else None
    times: dict[str, Any] = {
        name: column_text.time(given, name, time_zone, now) or (getattr(old, name) if old else None)
        for name in ("received_at", "acknowledged_at", "closed_at")
    }
    received_at = times.pop("received_at")
    if received_at is None:
        raise UserError("A concern needs received_at; give a time like 2026-11-16T08:15, or “now”.")
    return concern_entry(
        reference=given.get("reference", old.reference if old else ""),
        received_at=received_at,
        **times,
        site=given.get("site", old.site if old else None),
        **_common(given, time_zone, now, uid, old),
    )


def _district_report(
    given: Mapping[str, str], time_zone: str, now: datetime, uid: str, corrects: object
) -> NewEntry:
    column_text.known(given, FOLLOW_UP_COLUMNS["district_report"], "district_report")
    old = corrects if isinstance(corrects, DistrictReport) else None
    on = column_text.day(given, "on", time_zone, now) or (old.on if old else None)
    if on is None:
        raise UserError("A report needs on, its day; give a date like 2026-10-12.")
    return district_report_entry(
        on=on,
        school_year=given.get("school_year", old.school_year if old else ""),
        note=given.get("note", old.note if old else ""),
        **_common(given, time_zone, now, uid, old),
    )


def _common(
    given: Mapping[str, str], time_zone: str, now: datetime, uid: str, old: FollowUpRecord | None
) -> dict[str, Any]:
    return {
        "uid": given.get("uid", uid),
        "time_zone": time_zone,
        "now": now,
        "sample": column_text.sample(given, old),
        "supersedes": given.get("supersedes", old.uid if old else None),
    }


FOLLOW_UP_READERS: Mapping[str, Callable[..., NewEntry]] = {
    "after_action": _after_action,
    "corrective_action": _corrective_action,
    "concern": _concern,
    "district_report": _district_report,
}
