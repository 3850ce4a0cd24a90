"""Journal entries from the columns of a table or of the command line, all as text."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from zoneplanner.domain.entries import DRILL, INCIDENT, REVIEW, VISIT, stamp_entry, void_entry
from zoneplanner.domain.fields import TIME, When
from zoneplanner.domain.follow_up_entries import (
    AFTER_ACTION,
    CONCERN,
    CORRECTIVE_ACTION,
    DISTRICT_REPORT,
)
from zoneplanner.domain.journal import NewEntry
from zoneplanner.domain.kinds import Kind, Record, check_columns, entry_from_text
from zoneplanner.domain.response_actions import ACTION
from zoneplanner.errors import UserError

RECORDS: Mapping[str, Kind[Any]] = {
    kind.name: kind
    for kind in (
        *(VISIT, INCIDENT, DRILL, REVIEW, ACTION),
        *(AFTER_ACTION, CORRECTIVE_ACTION, CONCERN, DISTRICT_REPORT),
    )
}
"""The kinds of records."""
KINDS = (*RECORDS, "stamp")
"""What can be logged: the records, and the stamps of incidents."""
_STAMP_COLUMNS = ("uid", "incident", "unit", "name", "at", "supersedes")
_VOID_COLUMNS = ("uid", "void", "reason")


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
        A column is unknown or cannot be read, or the kind refuses the entry.
    """
    given = {name: text.strip() for name, text in columns.items() if text.strip()}
    when = When(now, time_zone)
    if "void" in given:
        return _void(given, when, uid)
    if kind == "stamp":
        return _stamp(given, when, uid)
    if kind not in RECORDS:
        raise UserError(
            f"“{kind}” is no kind of log entry; log one of {', '.join(KINDS)}.",
            {"kind": kind, "known": list(KINDS)},
            code="unknown_kind",
        )
    return entry_from_text(RECORDS[kind], given, when, uid=uid, corrects=corrects)


def _void(given: Mapping[str, str], when: When, uid: str) -> NewEntry:
    check_columns(given, _VOID_COLUMNS, "void")
    reason = given.get("reason", "")
    return void_entry(uid=given.get("uid", uid), voids=given["void"], reason=reason, now=when.now)


def _stamp(given: Mapping[str, str], when: When, uid: str) -> NewEntry:
    check_columns(given, _STAMP_COLUMNS, "stamp")
    return stamp_entry(
        uid=given.get("uid", uid),
        incident=given.get("incident", ""),
        unit=given.get("unit", ""),
        name=given.get("name", ""),
        at=TIME.read(given["at"], "at", when) if "at" in given else when.now,
        time_zone=when.time_zone,
        now=when.now,
        supersedes=given.get("supersedes"),
    )
