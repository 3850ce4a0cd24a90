"""The journal: visits, incidents and their stamps. Append-only; a correction is a new entry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from zoneplanner.errors import UserError

FreeText = Annotated[str, "free text"]
"""A text in a person's own words. It may name somebody, so it can be removed."""

VISIT_PURPOSES = ("enforcement", "counselling", "teaching")
VISIT_STATUSES = ("scheduled", "en_route", "on_site", "completed", "missed", "cancelled")
MADE_VISIT_STATUSES = ("on_site", "completed")
"""The statuses of a visit that took place."""
UNFINISHED_VISIT_STATUSES = ("scheduled", "en_route", "on_site")
DISPOSITIONS = (
    "Handled on scene",
    "Report taken",
    "Advice given",
    "Arrest or citation",
    "Handed to another agency",
    "Nobody found",
    "Unfounded",
    "False alarm",
    "Canceled before arrival",
)
"""Suggested dispositions of a call; other texts, such as a dispatch code, may be typed."""
LAST_URGENT_PRIORITY = 1
"""Priorities 0 and 1 mean immediate danger."""
_LATE_AFTER = timedelta(minutes=15)
_HISTORY_AFTER = timedelta(hours=1)
UNIT_STAMPS = ("dispatched_at", "enroute_at", "onscene_at", "cleared_at")
INCIDENT_STAMPS = ("received_at", *UNIT_STAMPS)
STAMP_LABELS = {"enroute_at": "en route", "onscene_at": "on scene"}
FIRST_LOG_YEAR = 1970
_NOT_RECORDED = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, eq=False, slots=True)
class NewEntry:
    """What a person logs. ``occurred_at`` is UTC; ``payload`` contains the kind's columns.

    Times in ``payload`` are ISO 8601 text in UTC; columns without a value are omitted.
    ``supersedes`` is the uid of the entry that this one corrects or voids.
    """

    uid: str
    kind: str
    site: str | None
    unit: str | None
    occurred_at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    supersedes: str | None = None


@dataclass(frozen=True, eq=False, slots=True)
class JournalEntry(NewEntry):
    """A stored entry: numbered, signed with actor and desk, and chained by hash.

    ``removed`` names the free texts that a records officer removed from it.
    """

    seq: int = 0
    recorded_at: datetime = _NOT_RECORDED
    actor: str = ""
    desk: str = ""
    prev_hash: str = ""
    hash: str = ""
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """A proactive visit with all corrections applied."""

    uid: str
    site: str
    unit: str | None
    officer: str = field(default="", kw_only=True)
    arrived_at: datetime
    departed_at: datetime | None
    purpose: str
    status: str
    note: FreeText = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class UnitStamps:
    """One unit's stamps on an incident; a missing stamp is None."""

    unit: str
    dispatched_at: datetime | None = None
    enroute_at: datetime | None = None
    onscene_at: datetime | None = None
    cleared_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """A call for service with all corrections applied; a missing stamp is None.

    Each of its stamps is the first of all units', except ``cleared_at``, which is the last.
    ``by_unit`` contains the stamps of single units, if they were made live or a file lists them.
    ``other_units`` are units in a file that are not the project's. A call is history if all of it
    was recorded over an hour after it happened, as an import does.
    """

    uid: str
    site: str | None
    type: FreeText
    priority: int
    received_at: datetime
    dispatched_at: datetime | None = None
    enroute_at: datetime | None = None
    onscene_at: datetime | None = None
    cleared_at: datetime | None = None
    units: tuple[str, ...] = ()
    disposition: FreeText = ""
    note: FreeText = ""
    sample: bool = False
    by_unit: tuple[UnitStamps, ...] = ()
    other_units: tuple[str, ...] = field(default=(), kw_only=True)
    is_history: bool = field(default=False, kw_only=True, compare=False)

    @property
    def is_open(self) -> bool:
        """Whether units have yet to clear; without units, whether it has no disposition yet."""
        return self.cleared_at is None and bool(self.every_unit or not self.disposition)

    @property
    def every_unit(self) -> tuple[str, ...]:
        """The project's units, then the other agencies' units."""
        return (*self.units, *self.other_units)

    @property
    def lead_unit(self) -> str | None:
        """The unit that leads: the first on scene, else en route, else dispatched.

        Ties go to the unit listed first, as does a call without unit stamps. No unit leads if
        another agency was, or may have been, first on scene.
        """
        if not self.by_unit:
            return None if self.other_units else next(iter(self.units), None)
        arrivals = [stamps.onscene_at for stamps in self.by_unit]
        if self.onscene_at and self.onscene_at not in arrivals and self.has_times_of_others:
            return None
        order = {unit: index for index, unit in enumerate(self.units)}

        def rank(stamps: UnitStamps) -> tuple[datetime, datetime, datetime, int]:
            times = (stamps.onscene_at, stamps.enroute_at, stamps.dispatched_at)
            on_scene, en_route, dispatched = (at or _NEVER for at in times)
            return on_scene, en_route, dispatched, order.get(stamps.unit, len(order))

        return min(self.by_unit, key=rank).unit or None

    @property
    def has_times_of_others(self) -> bool:
        """Whether the call has times of another agency's units.

        Files of earlier versions did not store the names of those units. There, a time of the call
        before all of its units' times, or a clear after all of theirs, is another agency's.
        """
        if self.other_units:
            return True
        for name in ("dispatched_at", "enroute_at", "onscene_at"):
            time, stamps = getattr(self, name), [getattr(unit, name) for unit in self.by_unit]
            if time and any(stamps) and time < min(filter(None, stamps)):
                return True
        clears = [unit.cleared_at for unit in self.by_unit if unit.cleared_at]
        all_cleared = len(clears) == len(self.by_unit) > 0
        return all_cleared and self.cleared_at is not None and self.cleared_at > max(clears)


def is_call_history(call: Incident, first: NewEntry, stamps: Iterable[NewEntry]) -> bool:
    """Return whether all of a call was recorded over an hour after it happened.

    ``first`` is the call's own entry, ``stamps`` are its units' entries. A single stamp made live
    means that somebody here worked on the call.
    """
    times = (getattr(call, name) for name in INCIDENT_STAMPS)
    latest = max(at for at in times if at is not None)
    moments = ((first, latest), *((stamp, stamp.occurred_at) for stamp in stamps))
    return all(
        isinstance(entry, JournalEntry) and entry.recorded_at - at > _HISTORY_AFTER
        for entry, at in moments
    )


def was_entered_late(entry: JournalEntry) -> bool:
    """Whether an entry that corrects nothing was recorded long after what it describes."""
    return entry.supersedes is None and entry.recorded_at - entry.occurred_at > _LATE_AFTER


def check_stamp_order(stamps: Mapping[str, datetime | None], now: datetime) -> None:
    """Refuse stamps that are in the future or earlier than the stamp before them."""
    last_name, last = "", None
    for name, value in stamps.items():
        if value is None:
            continue
        label = STAMP_LABELS.get(name) or name.removesuffix("_at").replace("_", " ")
        if value.year < FIRST_LOG_YEAR:
            raise UserError("too_early", name=label, first_year=FIRST_LOG_YEAR)
        if value > now:
            raise UserError("in_the_future", name=label)
        if last is not None and value < last:
            raise UserError("times_out_of_order", earlier=last_name, later=label)
        last_name, last = label, value


def check_log_day(day: date, today: date | None = None) -> None:
    """Refuse a day before the first year of the log or after ``today``."""
    if day.year < FIRST_LOG_YEAR:
        raise UserError("too_early.day", day=day, first_year=FIRST_LOG_YEAR)
    if today is not None and day > today:
        raise UserError("in_the_future.day", day=day)


def derive_current_entries(entries: Iterable[NewEntry]) -> dict[str, NewEntry]:
    """Return the current entry of each record, by the uid of its first entry, in journal order.

    A correction may refer to any entry of its record. The last entry of a record counts, so a
    correction after a void restores the record.
    """
    journal = tuple(entries)
    root_of = map_record_uids(journal)
    last = {root_of[entry.uid]: entry for entry in journal}
    return {uid: entry for uid, entry in last.items() if entry.kind != "void"}


def map_record_uids(entries: Iterable[NewEntry]) -> dict[str, str]:
    """Return for each entry the uid of the first entry of its record."""
    root_of: dict[str, str] = {}
    for entry in entries:
        superseded = entry.supersedes
        root_of[entry.uid] = (
            entry.uid if superseded is None else root_of.get(superseded, superseded)
        )
    return root_of


def make_unreadable_error(entry: NewEntry, name: str) -> UserError:
    """Return the error for a damaged field ``name`` of an entry."""
    return UserError("journal_unreadable", entry=entry.uid, name=name)
