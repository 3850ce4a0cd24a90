"""The journal: visits, incidents and their stamps. Append-only; a correction is a new entry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from zoneplanner.errors import UserError

FreeText = Annotated[str, "free text"]
"""A text in somebody's own words, which may name a person and so can be removed."""

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
"""How a call may end, in plain words; other words, such as a dispatch's own code, may be typed."""
LAST_URGENT_PRIORITY = 1
"""0 and 1 are danger now."""
_LATE_AFTER = timedelta(minutes=15)
_HISTORY_AFTER = timedelta(hours=1)
INCIDENT_STAMPS = ("received_at", "dispatched_at", "enroute_at", "onscene_at", "cleared_at")
STAMP_LABELS = {"enroute_at": "en route", "onscene_at": "on scene"}
FIRST_LOG_YEAR = 1970
_NOT_RECORDED = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, eq=False, slots=True)
class NewEntry:
    """What a person logs. ``occurred_at`` is UTC; ``payload`` holds the kind's own columns.

    Times in ``payload`` are ISO 8601 text in UTC; columns without a value are left out.
    ``supersedes`` names the uid of the entry that this one corrects or voids.
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
    """An entry as kept: numbered, signed with actor and desk, and chained by hash.

    ``removed`` are its free texts that a records officer removed.
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
    """A proactive visit as it stands after corrections."""

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
    """What one unit stamped on an incident; a stamp that was not made is None."""

    unit: str
    dispatched_at: datetime | None = None
    enroute_at: datetime | None = None
    onscene_at: datetime | None = None
    cleared_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """A call for service as it stands after corrections; a stamp that was not made is None.

    Its own stamps are the first of all units, ``cleared_at`` the last. ``by_unit`` holds the
    stamps of single units where they were made live, or a file gives each unit its own.
    ``other_units`` are those that a file names and that are none of the project's. It is history
    where all of it was recorded over an hour after it happened, as a file brings it in.
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
        """True until its units clear; without any, until it is known how it ended."""
        return self.cleared_at is None and bool(self.every_unit or not self.disposition)

    @property
    def every_unit(self) -> tuple[str, ...]:
        """Ours and then those of others, as a call's page names them."""
        return (*self.units, *self.other_units)

    @property
    def lead_unit(self) -> str | None:
        """The unit that leads: the first on scene, else en route, else dispatched.

        Of several at one moment, and where no unit has times of its own, it is the one listed
        first. None of them leads where another agency was first on scene, or may have been.
        """
        if not self.by_unit:
            return None if self.other_units else next(iter(self.units), None)
        arrived = [one.onscene_at for one in self.by_unit]
        if self.onscene_at and self.onscene_at not in arrived and self.has_times_of_others:
            return None
        order = {unit: at for at, unit in enumerate(self.units)}

        def rank(one: UnitStamps) -> tuple[datetime, datetime, datetime, int]:
            times = (one.onscene_at, one.enroute_at, one.dispatched_at)
            scene, way, sent = (at or _NEVER for at in times)
            return scene, way, sent, order.get(one.unit, len(order))

        return min(self.by_unit, key=rank).unit or None

    @property
    def has_times_of_others(self) -> bool:
        """Whether units of another agency were there too, whose times the call has.

        Files of earlier versions did not keep their names: there a time is another's that is
        earlier than those of all units, or a clear that is later.
        """
        if self.other_units:
            return True
        for name in ("dispatched_at", "enroute_at", "onscene_at"):
            said, own = getattr(self, name), [getattr(one, name) for one in self.by_unit]
            if said and any(own) and said < min(filter(None, own)):
                return True
        ends = [one.cleared_at for one in self.by_unit if one.cleared_at]
        whole = len(ends) == len(self.by_unit) > 0
        return whole and self.cleared_at is not None and self.cleared_at > max(ends)


def is_call_history(call: Incident, first: NewEntry, stamps: Iterable[NewEntry]) -> bool:
    """True of a call that nobody works on here: all of it was recorded over an hour after it.

    ``first`` is its own entry, ``stamps`` those of its units. One stamp made as it happens makes
    it a call of the present.
    """
    own = (getattr(call, name) for name in INCIDENT_STAMPS)
    latest = max(at for at in own if at is not None)
    told = ((first, latest), *((one, one.occurred_at) for one in stamps))
    return all(
        isinstance(entry, JournalEntry) and entry.recorded_at - at > _HISTORY_AFTER
        for entry, at in told
    )


def was_entered_late(entry: JournalEntry) -> bool:
    """Whether an entry that corrects nothing was recorded long after what it describes."""
    return entry.supersedes is None and entry.recorded_at - entry.occurred_at > _LATE_AFTER


def check_stamp_order(stamps: Mapping[str, datetime | None], now: datetime) -> None:
    """Refuse stamps that lie in the future or go backwards, in the order given."""
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
    """Refuse a day before the first year that is logged, or one after today."""
    if day.year < FIRST_LOG_YEAR:
        raise UserError("too_early.day", day=day, first_year=FIRST_LOG_YEAR)
    if today is not None and day > today:
        raise UserError("in_the_future.day", day=day)


def derive_current_entries(entries: Iterable[NewEntry]) -> dict[str, NewEntry]:
    """Return what stands of each record, by the uid of its first entry, in journal order.

    A correction may name any entry of its record; the last entry of a record decides, so one
    after a void brings the record back.
    """
    journal = tuple(entries)
    root_of = map_record_uids(journal)
    last = {root_of[entry.uid]: entry for entry in journal}
    return {uid: entry for uid, entry in last.items() if entry.kind != "void"}


def map_record_uids(entries: Iterable[NewEntry]) -> dict[str, str]:
    """Return the uid of the first entry of its record, for each entry."""
    root_of: dict[str, str] = {}
    for entry in entries:
        named = entry.supersedes
        root_of[entry.uid] = entry.uid if named is None else root_of.get(named, named)
    return root_of


def make_unreadable_error(entry: NewEntry, name: str) -> UserError:
    """Say that an entry's payload is damaged."""
    return UserError("journal_unreadable", entry=entry.uid, name=name)
