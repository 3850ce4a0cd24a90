"""Litigation holds, public records requests, and the removal of free text from the journal.

Requests are under the California Public Records Act, Government Code 7920.000 ff.; the time
limits are in section 7922.535, as of November 2026.

A records officer removes free text, or it is removed after its retention period. An entry of kind
redaction or disposal lists what was removed, with the legal basis. The hash chain includes only the
hashes of free texts, so the rest of an entry does not change. Older entries have their texts hashed
directly: such an entry keeps its hash, and the removal's entry records the hash of what is left.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from zoneplanner.domain.calendar.local_time import to_utc
from zoneplanner.domain.log.journal import FreeText, NewEntry, check_log_day
from zoneplanner.domain.log.record_schema import (
    MOST_LIST_ITEMS,
    EntryShape,
    LogMoment,
    RecordKind,
    ValueType,
    read_records,
)
from zoneplanner.domain.roles import ProjectRole
from zoneplanner.errors import UserError

DETERMINATION_DAYS, MOST_EXTENSION_DAYS = 10, 14
DETERMINATIONS = ("disclosable", "partly_exempt", "exempt", "no_records")
EXEMPTIONS = (
    "Gov. Code 7927.700 (personnel, medical and similar files)",
    "Gov. Code 7923.600 (investigations and security)",
    "Gov. Code 7927.705 (other law; Ed. Code 49076, pupil records)",
    "Gov. Code 7922.000 (public interest)",
)
"""Suggested exemptions; other texts may be typed."""


@dataclass(frozen=True, slots=True)
class LitigationHold:
    """A hold on removals while a matter is open, for all entries or for a site's or some days'."""

    uid: str
    matter: str
    placed_on: date
    released_on: date | None = None
    site: str | None = None
    from_on: date | None = None
    until_on: date | None = None
    sample: bool = False

    def covers(self, entry: NewEntry, zone: ZoneInfo) -> bool:
        """Return whether the hold protects an entry from removal."""
        day = entry.occurred_at.astimezone(zone).date()
        return (
            self.released_on is None
            and self.site in (None, entry.site)
            and (self.from_on or date.min) <= day <= (self.until_on or date.max)
        )


@dataclass(frozen=True, slots=True)
class RecordsRequest:
    """A request for public records, from its receipt to its end.

    ``copy`` is the name of the file that was produced, ``copy_sha256`` the hash of its content.
    """

    uid: str
    received_on: date
    asked: FreeText
    requester: FreeText = ""
    extended_to: date | None = None
    extension_reason: FreeText = ""
    determined_on: date | None = None
    determination: str = ""
    exemptions: tuple[str, ...] = ()
    produced_on: date | None = None
    copy: str = ""
    copy_sha256: str = ""
    closed_on: date | None = None
    sample: bool = False

    @property
    def due_on(self) -> date:
        """The last day for the determination, in calendar days after the day of receipt.

        The law extends a due date on a weekend or holiday; this date is never too late.
        """
        return self.extended_to or self.received_on + timedelta(days=DETERMINATION_DAYS)

    def is_overdue(self, on: date) -> bool:
        """Return whether the determination is late."""
        return (self.determined_on or on) > self.due_on


def _check_hold(hold: LitigationHold, when: LogMoment) -> LitigationHold:
    for day in (hold.placed_on, hold.released_on):
        if day is not None:
            check_log_day(day, when.today)
    check_days_in_order(hold.placed_on, hold.released_on)
    check_days_in_order(hold.from_on, hold.until_on)
    return hold


def _check_request(request: RecordsRequest, when: LogMoment) -> RecordsRequest:
    steps = (request.received_on, request.determined_on, request.produced_on, request.closed_on)
    known = [day for day in steps if day is not None]
    for day in known:
        check_log_day(day, when.today)
    for earlier, later in pairwise(known):
        check_days_in_order(earlier, later)
    if request.extended_to is not None:
        usual = request.received_on + timedelta(days=DETERMINATION_DAYS)
        last = usual + timedelta(days=MOST_EXTENSION_DAYS)
        if not usual < request.extended_to <= last:
            raise UserError("out_of_range.extension", first=usual + timedelta(days=1), last=last)
        if not request.extension_reason:
            raise UserError("reason_missing.extension")
    if bool(request.determined_on) != bool(request.determination):
        raise UserError("column_missing.determination", known=list(DETERMINATIONS))
    if "exempt" in request.determination and not request.exemptions:
        raise UserError("column_missing.exemptions", known=list(EXEMPTIONS))
    return request


def check_days_in_order(first: date | None, last: date | None) -> None:
    """Refuse a last day before the first."""
    if first is not None and last is not None and last < first:
        raise UserError("days_out_of_order", first=first, last=last)


HOLD_RECORD = RecordKind(
    "hold",
    LitigationHold,
    required=("placed_on", "matter"),
    validate=_check_hold,
    find_progress_day=lambda hold: hold.released_on,
    least_role=ProjectRole.OWNER,
)
REQUEST_RECORD = RecordKind(
    "records_request",
    RecordsRequest,
    required=("received_on", "asked"),
    validate=_check_request,
    find_progress_day=lambda request: (
        request.closed_on or request.produced_on or request.determined_on
    ),
    choices={"determination": DETERMINATIONS},
)
HOLD_KINDS, REQUEST_KINDS = ("hold", "void"), ("records_request", "void")
"""The kinds of entries from which holds and requests are read."""

read_holds = partial(read_records, HOLD_RECORD)
read_records_requests = partial(read_records, REQUEST_RECORD)


def require_no_hold(
    holds: Iterable[LitigationHold], entries: Iterable[NewEntry], time_zone: str
) -> None:
    """Refuse to remove anything from entries that a hold covers; the error names the matter."""
    active, zone = [hold for hold in holds if hold.released_on is None], ZoneInfo(time_zone)
    for entry in entries if active else ():
        for hold in active:
            if hold.covers(entry, zone):
                raise UserError("held", matter=hold.matter, placed_on=hold.placed_on, uid=entry.uid)


REDACTION_KIND, DISPOSAL_KIND = "redaction", "disposal"
REMOVAL_KINDS = (REDACTION_KIND, DISPOSAL_KIND)
REMOVAL_SHAPE = EntryShape(
    {"entries": ValueType.TEXTS, "basis": ValueType.TEXT, "time_zone": ValueType.TEXT},
    required=("entries", "basis"),
    least_role=ProjectRole.OWNER,
)
MOST_REMOVALS = MOST_LIST_ITEMS
"""The most entries that one removal lists."""
_REMOVED_TEXT = re.compile(r"([0-9]+) ([a-z_,]+)(?: ([0-9a-f]{64}))?")


class RemovedText(NamedTuple):
    """The removed free texts of one entry; ``left`` is the hash of the rest of an older entry."""

    seq: int
    fields: tuple[str, ...]
    left: str = ""

    def __str__(self) -> str:
        return f"{self.seq} {','.join(self.fields)} {self.left}".rstrip()


def build_removal_entry(
    kind: str, *, uid: str, removed: Sequence[RemovedText], basis: str, now: datetime
) -> NewEntry:
    """Build the entry that lists removed texts, with the legal basis."""
    if not basis.strip():
        raise UserError("reason_missing.removal")
    payload = {"entries": list(map(str, removed)), "basis": basis.strip()}
    return NewEntry(uid, kind, None, None, to_utc(now), payload)


def read_removed_texts(removals: Iterable[Mapping[str, Any]]) -> list[RemovedText]:
    """Return the removed texts that removals list in their payloads."""
    items = (item for payload in removals for item in payload.get("entries", ()))
    matches = filter(None, (_REMOVED_TEXT.fullmatch(str(item)) for item in items))
    return [
        RemovedText(int(seq), tuple(fields.split(",")), left or "")
        for seq, fields, left in (match.groups() for match in matches)
    ]
