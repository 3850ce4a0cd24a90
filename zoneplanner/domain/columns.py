"""Journal entries from the columns of a table or of the command line, all as text."""

from collections.abc import Callable, Mapping
from datetime import datetime

from zoneplanner.domain import column_text
from zoneplanner.domain.entries import (
    drill_entry,
    incident_entry,
    review_entry,
    stamp_entry,
    visit_entry,
    void_entry,
)
from zoneplanner.domain.follow_up_columns import (
    FOLLOW_UP_COLUMNS,
    FOLLOW_UP_READERS,
    FollowUpRecord,
)
from zoneplanner.domain.journal import NOT_ENDED, STAMPS, Incident, NewEntry, Visit
from zoneplanner.domain.readiness import Drill, PlanReview
from zoneplanner.domain.response_actions import ResponseAction, action_entry
from zoneplanner.errors import UserError

Record = Visit | Incident | Drill | PlanReview | ResponseAction | FollowUpRecord
KINDS = ("visit", "incident", "drill", "review", "stamp", "action", *FOLLOW_UP_COLUMNS)
VISIT_COLUMNS = (
    *("uid", "site", "unit", "officer", "arrived_at", "departed_at", "purpose", "status", "note"),
    *("sample", "supersedes"),
)
INCIDENT_COLUMNS = (
    *("uid", "site", "type", "priority", *STAMPS, "units", "disposition", "note"),
    *("sample", "supersedes"),
)
DRILL_COLUMNS = (
    *("uid", "site", "kind", "held_at", "minutes", "officer_present", "checklist", "note"),
    *("sample", "supersedes"),
)
REVIEW_COLUMNS = (
    *("uid", "site", "school_year", "stage", "on", "who_kind"),
    *("sample", "supersedes"),
)
ACTION_COLUMNS = (
    *("uid", "site", "action", "began_at", "ended_at", "units", "note"),
    *("sample", "supersedes"),
)
STAMP_COLUMNS = ("uid", "incident", "unit", "name", "at", "supersedes")
VOID_COLUMNS = ("uid", "void", "reason")


def entry_from_columns(
    kind: str,
    columns: Mapping[str, str],
    *,
    time_zone: str,
    now: datetime,
    uid: str,
    corrects: Record | None = None,
) -> NewEntry:
    """Build an entry from a table's columns as text; an empty cell counts as left out.

    Times are ISO 8601 with an offset, local in ``time_zone``, or the word now. A column ``uid``
    wins over ``uid``. With ``corrects`` the columns left out keep that record's values.

    Raises
    ------
    UserError
        A column is unknown or cannot be read, or the entry is one its builder refuses.
    """
    given = {name: text.strip() for name, text in columns.items() if text.strip()}
    if "void" in given:
        column_text.known(given, VOID_COLUMNS, "void")
        return void_entry(
            uid=given.get("uid", uid),
            voids=given["void"],
            reason=given.get("reason", ""),
            now=now,
        )
    if kind not in _READERS:
        raise UserError(f"“{kind}” cannot be logged yet; log one of {', '.join(KINDS)}.")
    return _READERS[kind](given, time_zone, now, uid, corrects)


def _visit_from(
    given: Mapping[str, str], time_zone: str, now: datetime, uid: str, corrects: object
) -> NewEntry:
    column_text.known(given, VISIT_COLUMNS, "visit")
    old = corrects if isinstance(corrects, Visit) else None
    arrived_at = column_text.time(given, "arrived_at", time_zone, now) or (
        old.arrived_at if old else None
    )
    if arrived_at is None:
        raise UserError("A visit needs arrived_at; give a time like 2026-11-16T08:15, or “now”.")
    departed_at = column_text.time(given, "departed_at", time_zone, now)
    status = given.get("status")
    if old is not None and status is None and departed_at is None:
        status = old.status
    if departed_at is None and old is not None and status not in NOT_ENDED:
        departed_at = old.departed_at
    return visit_entry(
        uid=given.get("uid", uid),
        site=given.get("site", old.site if old else ""),
        unit=given.get("unit", old.unit if old else None),
        arrived_at=arrived_at,
        departed_at=departed_at,
        purpose=given.get("purpose", old.purpose if old else ""),
        status=status,
        officer=given.get("officer", old.officer if old else ""),
        note=given.get("note", old.note if old else ""),
        time_zone=time_zone,
        now=now,
        sample=column_text.sample(given, old),
        supersedes=given.get("supersedes", old.uid if old else None),
    )


def _incident_from(
    given: Mapping[str, str], time_zone: str, now: datetime, uid: str, corrects: object
) -> NewEntry:
    column_text.known(given, INCIDENT_COLUMNS, "incident")
    old = corrects if isinstance(corrects, Incident) else None
    times = {
        name: column_text.time(given, name, time_zone, now) or (getattr(old, name) if old else None)
        for name in STAMPS
    }
    received_at = times.pop("received_at")
    if received_at is None:
        raise UserError("An incident needs received_at; give a time like 2026-11-16T08:15.")
    units = column_text.listed(given, "units")
    return incident_entry(
        uid=given.get("uid", uid),
        site=given.get("site", old.site if old else None),
        type=given.get("type", old.type if old else ""),
        received_at=received_at,
        **times,
        priority=column_text.priority(given["priority"])
        if "priority" in given
        else old.priority
        if old
        else 3,
        units=units or (old.units if old else ()),
        disposition=given.get("disposition", old.disposition if old else ""),
        note=given.get("note", old.note if old else ""),
        time_zone=time_zone,
        now=now,
        sample=column_text.sample(given, old),
        supersedes=given.get("supersedes", old.uid if old else None),
    )


def _drill_from(
    given: Mapping[str, str], time_zone: str, now: datetime, uid: str, corrects: object
) -> NewEntry:
    column_text.known(given, DRILL_COLUMNS, "drill")
    old = corrects if isinstance(corrects, Drill) else None
    held_at = column_text.time(given, "held_at", time_zone, now) or (old.held_at if old else None)
    if held_at is None:
        raise UserError("A drill needs held_at; give a time like 2026-11-16T08:15, or “now”.")
    present = old.officer_present if old else None
    return drill_entry(
        uid=given.get("uid", uid),
        site=given.get("site", old.site if old else ""),
        kind=given.get("kind", old.kind if old else ""),
        held_at=held_at,
        minutes=column_text.minutes(given["minutes"])
        if "minutes" in given
        else old.minutes
        if old
        else None,
        officer_present=column_text.yes(given, "officer_present")
        if "officer_present" in given
        else present,
        checklist=column_text.listed(given, "checklist") or (old.checklist if old else ()),
        note=given.get("note", old.note if old else ""),
        time_zone=time_zone,
        now=now,
        sample=column_text.sample(given, old),
        supersedes=given.get("supersedes", old.uid if old else None),
    )


def _review_from(
    given: Mapping[str, str], time_zone: str, now: datetime, uid: str, corrects: object
) -> NewEntry:
    column_text.known(given, REVIEW_COLUMNS, "review")
    old = corrects if isinstance(corrects, PlanReview) else None
    on = column_text.day(given, "on", time_zone, now) or (old.on if old else None)
    if on is None:
        raise UserError("A review needs on, its day; give a date like 2026-11-16.")
    return review_entry(
        uid=given.get("uid", uid),
        site=given.get("site", old.site if old else ""),
        stage=given.get("stage", old.stage if old else ""),
        on=on,
        school_year=given.get("school_year", old.school_year if old else ""),
        who_kind=given.get("who_kind", old.who_kind if old else ""),
        time_zone=time_zone,
        now=now,
        sample=column_text.sample(given, old),
        supersedes=given.get("supersedes", old.uid if old else None),
    )


def _action_from(
    given: Mapping[str, str], time_zone: str, now: datetime, uid: str, corrects: object
) -> NewEntry:
    column_text.known(given, ACTION_COLUMNS, "action")
    old = corrects if isinstance(corrects, ResponseAction) else None
    began_at = column_text.time(given, "began_at", time_zone, now) or (
        old.began_at if old else None
    )
    if began_at is None:
        raise UserError("An action needs began_at; give a time like 2026-11-16T08:15, or “now”.")
    ended_at = column_text.time(given, "ended_at", time_zone, now)
    return action_entry(
        uid=given.get("uid", uid),
        site=given.get("site", old.site if old else ""),
        action=given.get("action", old.action if old else ""),
        began_at=began_at,
        ended_at=ended_at or (old.ended_at if old else None),
        units=column_text.listed(given, "units") or (old.units if old else ()),
        note=given.get("note", old.note if old else ""),
        time_zone=time_zone,
        now=now,
        sample=column_text.sample(given, old),
        supersedes=given.get("supersedes", old.uid if old else None),
    )


def _stamp_from(
    given: Mapping[str, str], time_zone: str, now: datetime, uid: str, _: object
) -> NewEntry:
    column_text.known(given, STAMP_COLUMNS, "stamp")
    return stamp_entry(
        uid=given.get("uid", uid),
        incident=given.get("incident", ""),
        unit=given.get("unit", ""),
        name=given.get("name", ""),
        at=column_text.time(given, "at", time_zone, now) or now,
        time_zone=time_zone,
        now=now,
        supersedes=given.get("supersedes"),
    )


_READERS: Mapping[str, Callable[..., NewEntry]] = {
    "visit": _visit_from,
    "incident": _incident_from,
    "drill": _drill_from,
    "review": _review_from,
    "stamp": _stamp_from,
    "action": _action_from,
    **FOLLOW_UP_READERS,
}
