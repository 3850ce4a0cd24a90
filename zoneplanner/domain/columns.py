"""Journal entries from the columns of a table or of the command line, all as text."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from zoneplanner.domain.entries import (
    DRILL_RECORD,
    INCIDENT_RECORD,
    REVIEW_RECORD,
    VISIT_RECORD,
    build_stamp_entry,
    build_void_entry,
)
from zoneplanner.domain.fields import TIME_FIELD, LogMoment
from zoneplanner.domain.follow_up_entries import (
    AFTER_ACTION_RECORD,
    CONCERN_RECORD,
    CORRECTIVE_ACTION_RECORD,
    DISTRICT_REPORT_RECORD,
)
from zoneplanner.domain.journal import NewEntry
from zoneplanner.domain.kinds import LogRecord, RecordKind, check_entry_columns, parse_record_entry
from zoneplanner.domain.response_actions import RESPONSE_ACTION_RECORD
from zoneplanner.errors import UserError

RECORD_KINDS: Mapping[str, RecordKind[Any]] = {
    kind.name: kind
    for kind in (
        *(VISIT_RECORD, INCIDENT_RECORD, DRILL_RECORD, REVIEW_RECORD, RESPONSE_ACTION_RECORD),
        *(AFTER_ACTION_RECORD, CORRECTIVE_ACTION_RECORD, CONCERN_RECORD, DISTRICT_REPORT_RECORD),
    )
}
"""The kinds of records."""
LOGGABLE_KINDS = (*RECORD_KINDS, "stamp")
"""What can be logged: the records, and the stamps of incidents."""
_STAMP_COLUMNS = ("uid", "incident", "unit", "name", "at", "supersedes")
_VOID_COLUMNS = ("uid", "void", "reason")


def parse_entry(
    kind: str,
    columns: Mapping[str, str],
    *,
    time_zone: str,
    now: datetime,
    uid: str,
    corrects: LogRecord | None = None,
) -> NewEntry:
    """Build an entry from a table's columns as text; an empty cell counts as left out.

    Times are ISO 8601 with an offset, local in ``time_zone``, or the word now. A column ``uid``
    wins over ``uid``. With ``corrects`` the columns left out keep that record's values.

    Raises
    ------
    UserError
        A column is unknown or cannot be read, or the kind refuses the entry.
    """
    given = {name: text.strip() for name, text in columns.items() if text.strip()}
    when = LogMoment(now, time_zone)
    if "void" in given:
        return _parse_void(given, when, uid)
    if kind == "stamp":
        return _parse_stamp(given, when, uid)
    if kind not in RECORD_KINDS:
        raise UserError(
            f"“{kind}” is no kind of log entry; log one of {', '.join(LOGGABLE_KINDS)}.",
            {"kind": kind, "known": list(LOGGABLE_KINDS)},
            code="unknown_kind",
        )
    return parse_record_entry(RECORD_KINDS[kind], given, when, uid=uid, corrects=corrects)


def _parse_void(given: Mapping[str, str], when: LogMoment, uid: str) -> NewEntry:
    check_entry_columns(given, _VOID_COLUMNS, "void")
    reason = given.get("reason", "")
    return build_void_entry(
        uid=given.get("uid", uid), voids=given["void"], reason=reason, now=when.now
    )


def _parse_stamp(given: Mapping[str, str], when: LogMoment, uid: str) -> NewEntry:
    check_entry_columns(given, _STAMP_COLUMNS, "stamp")
    return build_stamp_entry(
        uid=given.get("uid", uid),
        incident=given.get("incident", ""),
        unit=given.get("unit", ""),
        name=given.get("name", ""),
        at=TIME_FIELD.read(given["at"], "at", when) if "at" in given else when.now,
        time_zone=when.time_zone,
        now=when.now,
        supersedes=given.get("supersedes"),
    )
