"""The log as arrays: visits, calls and the time they took units, one row each.

A site or a unit is the index of its name in ``LogArrays.names``, or ``NO_NAME``. Times are seconds
since 1970 in UTC, ``NO_TIMESTAMP`` if there is none. Days are ordinals of the local calendar, as
``date.toordinal`` gives them; minutes count from local midnight.

A visit counts if it took place: completed or on site. A correction or a void replaces what its
record said before; the last entry of a record decides.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from zoneplanner.analysis.arrays import IntArray
from zoneplanner.domain.log.entries import read_incidents
from zoneplanner.domain.log.journal import (
    MADE_VISIT_STATUSES,
    VISIT_PURPOSES,
    Incident,
    JournalEntry,
    NewEntry,
    UnitStamps,
    Visit,
    derive_current_entries,
)

NO_NAME = -1
NO_TIMESTAMP = -(1 << 40)
SAMPLE_MARK = 1
"""The bit of ``marks`` for made-up entries."""
CANCELED_MARK = 2
"""The bit of ``marks`` for calls that were canceled before anybody arrived."""
OTHERS_MARK = 4
"""The bit of ``marks`` for calls whose times may be those of another agency's units."""
DUPLICATE_MARK = 8
"""The bit of ``marks`` for calls that are marked as duplicates and where nobody arrived."""
_DUPLICATE = re.compile(r"\b(dupl?|dupes?|duplicate[ds]?)\b", re.IGNORECASE)
_CANCELED = re.compile(r"\b(cancel\w*|canc|cncl|cncld|cxl|cxld)\b", re.IGNORECASE)
_QUARTER_S, _DAY_S = 900, 86_400
_TIME_BITS = 40
_MAX_DURATION_S = np.iinfo(np.int32).max
"""Longer stays and calls are errors, and are cut to what the column holds."""
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

VISIT_DTYPE = np.dtype(
    [
        ("seq", "<i8"),
        ("at", "<i8"),
        ("stay", "<i4"),
        ("day", "<i4"),
        ("minute", "<i2"),
        ("site", "<i2"),
        ("unit", "<i2"),
        ("purpose", "i1"),
        ("marks", "i1"),
    ]
)
"""A visit that took place: ``stay`` in seconds or -1, ``purpose`` in ``VISIT_PURPOSES`` or -1."""

CALL_STAMPS = ("received", "dispatched", "enroute", "onscene", "cleared")
CALL_DTYPE = np.dtype(
    [
        ("seq", "<i8"),
        *((name, "<i8") for name in CALL_STAMPS),
        *((f"own_{name}", "<i8") for name in CALL_STAMPS[1:]),
        ("consumed", "<i4"),
        ("day", "<i4"),
        ("minute", "<i2"),
        ("site", "<i2"),
        ("unit", "<i2"),
        ("priority", "i1"),
        ("marks", "i1"),
    ]
)
"""An incident: ``unit`` is the lead unit, with its ``own_`` stamps; ``consumed`` is the seconds of
all its units, or -1."""

COMMITMENT_DTYPE = np.dtype(
    [
        ("seq", "<i8"),
        ("began", "<i8"),
        ("ended", "<i8"),
        ("day", "<i4"),
        ("site", "<i2"),
        ("unit", "<i2"),
    ]
)
"""The time from en route to cleared that an incident took from one unit."""

RecordArray = NDArray[np.void]


class NameNumbers:
    """Numbers for names, in the order in which the names come."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self.number: dict[str, int] = {}
        for name in known:
            self.number_of(name)

    def number_of(self, name: str | None) -> int:
        """Return a name's number, a new one if it has none yet."""
        return self.number.setdefault(name, len(self.number)) if name else NO_NAME


@dataclass(frozen=True, eq=False, slots=True)
class LogArrays:
    """The whole log. Visits are in order of site and arrival, calls in order of receipt."""

    names: tuple[str, ...] = ()
    visits: RecordArray = field(default_factory=lambda: np.zeros(0, VISIT_DTYPE))
    calls: RecordArray = field(default_factory=lambda: np.zeros(0, CALL_DTYPE))
    commitments: RecordArray = field(default_factory=lambda: np.zeros(0, COMMITMENT_DTYPE))


class LocalClock:
    """Converts datetimes to local days and minutes.

    Offsets are looked up once for each day that has only one, else once for each quarter of an
    hour: since 1970 no time zone has changed its clocks within one.
    """

    def __init__(self, time_zone: str) -> None:
        self._zone = ZoneInfo(time_zone)
        self._offset_s: dict[int, int] = {}
        self._offset_of_day_s: dict[int, int | None] = {}

    def read(self, at_s: int) -> tuple[int, int]:
        """Return the ordinal of the local day of a datetime, and the minute after its midnight."""
        days, seconds = divmod(at_s + self._offset(at_s), _DAY_S)
        return days + EPOCH_ORDINAL, seconds // 60

    def _offset(self, at_s: int) -> int:
        day = at_s // _DAY_S
        if day not in self._offset_of_day_s:
            ends = {self._look_up_offset((day + more) * _DAY_S) for more in (0, 1)}
            self._offset_of_day_s[day] = ends.pop() if len(ends) == 1 else None
        if (offset := self._offset_of_day_s[day]) is not None:
            return offset
        quarter = at_s // _QUARTER_S
        if quarter not in self._offset_s:
            self._offset_s[quarter] = self._look_up_offset(quarter * _QUARTER_S)
        return self._offset_s[quarter]

    def _look_up_offset(self, at_s: int) -> int:
        offset = datetime.fromtimestamp(at_s, UTC).astimezone(self._zone).utcoffset()
        return int(offset.total_seconds()) if offset else 0


def build_log_arrays(
    visits: Iterable[Visit],
    incidents: Iterable[Incident],
    *,
    time_zone: str,
    seqs: Mapping[str, int] | None = None,
) -> LogArrays:
    """Return the log of some records; ``seqs`` is each one's entry by uid, by default counted."""
    clock, names = LocalClock(time_zone), NameNumbers()
    numbers = seqs if seqs is not None else _NumberByUid()
    visit_rows = [
        make_visit_record(
            names,
            clock,
            seq=numbers[one.uid],
            site=one.site,
            unit=one.unit,
            at=one.arrived_at,
            until=one.departed_at,
            purpose=one.purpose,
            sample=one.sample,
        )
        for one in visits
        if one.status in MADE_VISIT_STATUSES
    ]
    call_rows, commitment_rows = [], []
    for call in incidents:
        call_rows.append(make_call_record(names, clock, call, numbers[call.uid]))
        commitment_rows += make_commitment_records(names, clock, call, numbers[call.uid])
    return sort_log(
        tuple(names.number),
        np.array(visit_rows, VISIT_DTYPE),
        np.array(call_rows, CALL_DTYPE),
        np.array(commitment_rows, COMMITMENT_DTYPE),
    )


def sort_log(
    names: tuple[str, ...],
    visits: RecordArray,
    calls: RecordArray,
    commitments: RecordArray,
    before: LogArrays = LogArrays(),
) -> LogArrays:
    """Return the log with new rows, in any order, merged into the sorted ones of ``before``.

    Each table has shape (rows,) and the fields of its ``*_DTYPE``.
    """
    return LogArrays(
        names,
        _merge_rows(
            before.visits,
            visits,
            lambda rows: rows["site"].astype(np.int64) << _TIME_BITS | rows["at"],
        ),
        _merge_rows(before.calls, calls, lambda rows: rows["received"]),
        _merge_rows(before.commitments, commitments, lambda rows: np.zeros(len(rows), np.int8)),
    )


def _merge_rows(
    known: RecordArray, new: RecordArray, order: Callable[[RecordArray], IntArray]
) -> RecordArray:
    """Return rows with new ones merged in, or the same array if there are none."""
    if not len(new):
        return known
    new = new[np.argsort(order(new), kind="stable")]
    if not len(known):
        return new
    merged: RecordArray = np.insert(
        known, np.searchsorted(order(known), order(new), side="right"), new
    )
    return merged


def find_last_visits(log: LogArrays) -> RecordArray:
    """Return the row of the last visit to each site, shape (sites visited,), in order of ``site``.

    Visits to unknown sites count as visits to the site ``NO_NAME``.
    """
    return log.visits[np.flatnonzero(np.diff(log.visits["site"], append=NO_NAME - 1))]


def compare_logs(one: LogArrays, other: LogArrays) -> bool:
    """Return whether two logs have the same records, however their names are numbered."""
    tables = ("visits", "calls", "commitments")
    return all(
        _replace_numbers(one, getattr(one, name)) == _replace_numbers(other, getattr(other, name))
        for name in tables
    )


def _replace_numbers(log: LogArrays, rows: RecordArray) -> list[tuple[Any, ...]]:
    """Return the rows of a table in the order of their entries, with names for numbers."""
    names = (*log.names, "")  # NO_NAME, -1, is the last
    columns = {column: rows[column].tolist() for column in rows.dtype.names or ()}
    named = {column: [names[at] for at in columns[column]] for column in ("site", "unit")}
    return sorted(zip(*(columns | named).values(), strict=True))


class _NumberByUid(dict[str, int]):
    """Numbers in the order in which they are asked for."""

    def __missing__(self, key: str) -> int:
        return self.setdefault(key, len(self) + 1)


def make_visit_record(
    names: NameNumbers,
    clock: LocalClock,
    *,
    seq: int,
    site: str,
    unit: str | None,
    at: datetime,
    until: datetime | None,
    purpose: str,
    sample: bool = False,
) -> tuple[Any, ...]:
    """Return the row of a visit that took place."""
    at_s = int(at.timestamp())
    stay = -1 if until is None else min(max(0, int((until - at).total_seconds())), _MAX_DURATION_S)
    return (
        seq,
        at_s,
        stay,
        *clock.read(at_s),
        names.number_of(site),
        names.number_of(unit),
        VISIT_PURPOSES.index(purpose) if purpose in VISIT_PURPOSES else NO_NAME,
        SAMPLE_MARK * sample,
    )


def make_call_record(
    names: NameNumbers, clock: LocalClock, call: Incident, seq: int
) -> tuple[Any, ...]:
    """Return the row of an incident."""
    spans = [(began, ended) for _, began, ended in _list_commitments(call)]
    seconds = [int((ended - began).total_seconds()) for began, ended in spans]
    stamps = (call.received_at, call.dispatched_at, call.enroute_at)
    return (
        seq,
        *(_to_seconds(at) for at in (*stamps, call.onscene_at, call.cleared_at)),
        *(_to_seconds(at) for at in _list_stamps_of_lead(call)),
        min(sum(seconds), _MAX_DURATION_S) if seconds else -1,
        *clock.read(int(call.received_at.timestamp())),
        names.number_of(call.site),
        names.number_of(call.lead_unit),
        call.priority,
        SAMPLE_MARK * call.sample
        | CANCELED_MARK * _is_canceled(call)
        | DUPLICATE_MARK * (call.onscene_at is None and says_duplicate(call.disposition, call.type))
        | OTHERS_MARK * call.has_times_of_others,
    )


def _list_stamps_of_lead(call: Incident) -> Sequence[datetime | None]:
    """Return the lead unit's stamps, completed by those of its call if it was the only unit."""
    names = tuple(f"{name}_at" for name in CALL_STAMPS[1:])
    of_call = [getattr(call, name) for name in names]
    if not call.by_unit:
        return of_call
    lead = next((one for one in call.by_unit if one.unit == (call.lead_unit or "")), None)
    own = [getattr(lead, name, None) for name in names]
    alone = len(call.by_unit) == 1 and not call.has_times_of_others
    return [at or other for at, other in zip(own, of_call, strict=True)] if alone else own


def _is_canceled(call: Incident) -> bool:
    """Return whether a call's words say that it was canceled and nobody arrived."""
    return call.onscene_at is None and bool(_CANCELED.search(f"{call.disposition} {call.type}"))


def says_duplicate(*words: str) -> bool:
    """Return whether the words of a call say that it is a duplicate."""
    return _DUPLICATE.search(" ".join(words)) is not None


def make_commitment_records(
    names: NameNumbers, clock: LocalClock, call: Incident, seq: int
) -> list[tuple[Any, ...]]:
    """Return a row for each unit that an incident took time from."""
    day, _ = clock.read(int(call.received_at.timestamp()))
    site = names.number_of(call.site)
    return [
        (seq, int(began.timestamp()), int(ended.timestamp()), day, site, names.number_of(unit))
        for unit, began, ended in _list_commitments(call)
    ]


def _list_commitments(call: Incident) -> Sequence[tuple[str | None, datetime, datetime]]:
    """Return each unit with its times en route and cleared, where both are known.

    A unit's own stamps come first. What a unit did not stamp may have been entered for the
    incident: the time cleared then holds for all its units, the time en route only for a single
    unit. Times of another agency hold for none, and the last unit's time cleared for no other.
    """
    foreign = call.has_times_of_others
    if call.other_units and not call.by_unit:
        return []
    units: Sequence[str | None] = call.units or (None,)
    alone = call.enroute_at if len(call.by_unit) == 1 and not foreign else None
    of_unit = any(one.cleared_at == call.cleared_at for one in call.by_unit)
    cleared = None if foreign or of_unit else call.cleared_at
    stamped = call.by_unit or [
        UnitStamps(unit or "", enroute_at=call.enroute_at, cleared_at=call.cleared_at)
        for unit in units
    ]
    spans = (
        (one.unit or None, one.enroute_at or alone, one.cleared_at or cleared) for one in stamped
    )
    return [
        (unit, began, ended)
        for unit, began, ended in spans
        if began is not None and ended is not None and ended >= began
    ]


def _to_seconds(moment: datetime | None) -> int:
    return NO_TIMESTAMP if moment is None else int(moment.timestamp())


CALL_KINDS = ("incident", "stamp")

_Row = tuple[Any, ...]


class LogChanges:
    """Rows to add to a log, and the entries whose rows it loses."""

    def __init__(self, log: LogArrays, time_zone: str) -> None:
        self._log = log
        self._names, self._clock = NameNumbers(log.names), LocalClock(time_zone)
        self._gone = set[int]()
        self._visits: dict[int, _Row] = {}
        self._calls: dict[int, _Row] = {}
        self._commitments: dict[int, list[_Row]] = {}

    def replace_records(self, entries: Sequence[JournalEntry]) -> None:
        """Take whole records, in journal order, in place of their rows so far.

        An incident comes with all its stamps.
        """
        seq_of = {entry.uid: entry.seq for entry in entries}
        self._gone.update(seq_of.values())
        for rows in (self._visits, self._calls, self._commitments):
            for seq in rows.keys() & seq_of.values():
                del rows[seq]
        for entry in derive_current_entries(entries).values():
            if _took_place(entry):
                seq = seq_of[entry.uid]
                self._visits[seq] = self._make_visit_row(entry, seq)
        about_calls = (one for one in entries if one.kind != "visit" or one.supersedes)
        for call in read_incidents(about_calls):
            seq = seq_of[call.uid]
            self._calls[seq] = make_call_record(self._names, self._clock, call, seq)
            self._commitments[seq] = make_commitment_records(self._names, self._clock, call, seq)

    def build(self) -> LogArrays:
        """Return the log after these changes."""
        commitments = [row for rows in self._commitments.values() for row in rows]

        before = self._log
        return sort_log(
            tuple(self._names.number),
            np.array([*self._visits.values()], VISIT_DTYPE),
            np.array([*self._calls.values()], CALL_DTYPE),
            np.array(commitments, COMMITMENT_DTYPE),
            before=LogArrays(
                before.names,
                *map(self._leave_out, (before.visits, before.calls, before.commitments)),
            ),
        )

    def _leave_out(self, rows: RecordArray) -> RecordArray:
        """Return rows without those to remove, or the same array if there are none, as usual."""
        last = int(rows["seq"].max(initial=0))
        gone = np.array([seq for seq in self._gone if seq <= last], np.int64)
        leaving = np.isin(rows["seq"], gone) if len(gone) else gone
        return rows[~leaving] if leaving.any() else rows

    def _make_visit_row(self, entry: NewEntry, seq: int) -> _Row:
        payload = entry.payload
        left = payload.get("departed_at")
        return make_visit_record(
            self._names,
            self._clock,
            seq=seq,
            site=entry.site or "",
            unit=entry.unit,
            at=entry.occurred_at,
            until=datetime.fromisoformat(left) if left else None,
            purpose=str(payload.get("purpose", "")),
            sample=bool(payload.get("sample", False)),
        )


def build_log(entries: Iterable[JournalEntry], time_zone: str) -> LogArrays:
    """Return the log of a whole journal."""
    changes = LogChanges(LogArrays(), time_zone)
    changes.replace_records(list(entries))
    return changes.build()


def _took_place(entry: NewEntry) -> bool:
    status = entry.payload.get("status", MADE_VISIT_STATUSES[1])
    return entry.kind == "visit" and bool(entry.site) and status in MADE_VISIT_STATUSES
