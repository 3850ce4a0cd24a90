"""Records of the journal as rows of the log: what each comes to, corrections included.

A visit counts where it took place: completed or on site. A correction or void replaces what its
record said before; the last entry of a record decides.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from zoneplanner.analysis.log.log_arrays import (
    CALL_DTYPE,
    COMMITMENT_DTYPE,
    VISIT_DTYPE,
    LocalClock,
    LogArrays,
    NameNumbers,
    RecordArray,
    make_call_record,
    make_commitment_records,
    make_visit_record,
    sort_log,
)
from zoneplanner.domain.log.journal import (
    MADE_VISIT_STATUSES,
    JournalEntry,
    NewEntry,
    derive_current_entries,
)
from zoneplanner.domain.log.records import read_incidents

CALL_KINDS = ("incident", "stamp")

_Row = tuple[Any, ...]


class LogChanges:
    """Rows that come into a log, and the entries whose rows leave it."""

    def __init__(self, log: LogArrays, time_zone: str) -> None:
        self._log = log
        self._names, self._clock = NameNumbers(log.names), LocalClock(time_zone)
        self._gone = set[int]()
        self._visits: dict[int, _Row] = {}
        self._calls: dict[int, _Row] = {}
        self._commitments: dict[int, list[_Row]] = {}

    def replace_records(self, entries: Sequence[JournalEntry]) -> None:
        """Take whole records, in journal order, in the place of what they came to before.

        Of an incident that is all its stamps as well.
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
        """Return rows without those that go; the very same where none does, as with most acts."""
        last = int(rows["seq"].max(initial=0))
        gone = np.array([seq for seq in self._gone if seq <= last], np.int64)
        leaving = np.isin(rows["seq"], gone) if len(gone) else gone
        return rows[~leaving] if leaving.any() else rows

    def _make_visit_row(self, entry: NewEntry, seq: int) -> _Row:
        said = entry.payload
        left = said.get("departed_at")
        return make_visit_record(
            self._names,
            self._clock,
            seq=seq,
            site=entry.site or "",
            unit=entry.unit,
            at=entry.occurred_at,
            until=datetime.fromisoformat(left) if left else None,
            purpose=str(said.get("purpose", "")),
            sample=bool(said.get("sample", False)),
        )


def build_log(entries: Iterable[JournalEntry], time_zone: str) -> LogArrays:
    """Return the log of a whole journal."""
    changes = LogChanges(LogArrays(), time_zone)
    changes.replace_records(list(entries))
    return changes.build()


def _took_place(entry: NewEntry) -> bool:
    status = entry.payload.get("status", MADE_VISIT_STATUSES[1])
    return entry.kind == "visit" and bool(entry.site) and status in MADE_VISIT_STATUSES
