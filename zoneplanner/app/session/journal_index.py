"""Journal indexes that read only new entries: of other desks, of hours, and planned visits."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from zoneplanner.domain.log.due_visits import PLANNED_VISIT_STATUSES
from zoneplanner.domain.log.entries import read_visits
from zoneplanner.domain.log.journal import JournalEntry, Visit
from zoneplanner.domain.log.public_records import REMOVAL_KINDS

if TYPE_CHECKING:
    from zoneplanner.domain.log.visit_rule import VisitRule
    from zoneplanner.storage import Store


class JournalCursor:
    """Remembers which entries listeners know, so that entries of other desks are found."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._last_seq = store.head().entries
        self._own_uids: set[str] = set()
        """Entries of this desk after ``_last_seq``."""

    def mark_own(self, entries: Sequence[JournalEntry]) -> None:
        """Remember entries that this desk logged."""
        expected = range(self._last_seq + 1, self._last_seq + 1 + len(entries))
        if all(
            entry.hash and entry.seq == seq for entry, seq in zip(entries, expected, strict=True)
        ):
            self._last_seq += len(entries)
        else:
            self._own_uids |= {entry.uid for entry in entries}

    def read_others(self) -> list[JournalEntry]:
        """Return the entries that other desks logged since the last call."""
        stored = [entry for entry in self._store.entries(after_seq=self._last_seq) if entry.hash]
        others = [entry for entry in stored if entry.uid not in self._own_uids]
        if stored:
            self._last_seq = stored[-1].seq
            self._own_uids.clear()
        return others


class HoursJournal:
    """The entries of some kinds, decoded once; later calls read only new entries.

    If texts were removed in the meantime, all entries are read again.
    """

    def __init__(self, store: "Store", kinds: Collection[str]) -> None:
        self._store, self._kinds = store, kinds
        self._seq = 0
        self._stored: list[JournalEntry] = []

    def entries(self) -> list[JournalEntry]:
        """Return the entries in journal order; entries that wait to be sent are last."""
        kinds = None if self._seq else self._kinds
        new = self._store.entries(kinds=kinds, after_seq=self._seq)
        if any(entry.kind in REMOVAL_KINDS for entry in new):
            self._seq, self._stored = 0, []
            new = self._store.entries(kinds=self._kinds)
        of_kinds = [entry for entry in new if entry.kind in self._kinds]
        self._stored += (entry for entry in of_kinds if entry.hash)
        self._seq = max((entry.seq for entry in new if entry.hash), default=self._seq)
        return [*self._stored, *(entry for entry in of_kinds if not entry.hash)]


class PlannedVisitIndex:
    """Planned visits; the journal is read once from the first time asked for, then what is new."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._since: datetime | None = None
        self._seq = 0
        self._root_by_uid: dict[str, str] = {}
        self._visits: dict[str, Visit] = {}
        self._unsent_uids: set[str] = set()

    def list_matchable(
        self, first: datetime, last: datetime, rule: "VisitRule"
    ) -> tuple[Visit, ...]:
        """Return the planned visits that a visit from ``first`` to ``last`` may fulfill."""
        since = first - timedelta(minutes=rule.late_min)
        until = last + timedelta(minutes=rule.early_min)
        return self.list_between(since, until + timedelta(seconds=1))

    def list_between(self, since: datetime, until: datetime) -> tuple[Visit, ...]:
        """Return the visits that are now planned for a time from ``since`` to before ``until``."""
        if self._since is None or since < self._since:
            self._since, self._seq = since, 0
            self._root_by_uid, self._visits = {}, {}
        for uid in self._find_changed(self._since):
            self._read_record(uid)
        return tuple(
            visit
            for visit in self._visits.values()
            if visit.status in PLANNED_VISIT_STATUSES and since <= visit.arrived_at < until
        )

    def _find_changed(self, since: datetime) -> set[str]:
        """Return entries of the records that are newly planned or have changed."""
        last_seq, self._seq = self._seq, self._store.head().entries
        if last_seq:
            kinds = ("visit", "void", *REMOVAL_KINDS)
            new = self._store.entries(kinds=kinds, after_seq=last_seq)
        else:
            new = self._store.entries(kinds=("visit",), since=since, status=PLANNED_VISIT_STATUSES)
        if any(entry.kind in REMOVAL_KINDS for entry in new):
            return {*self._visits}
        changed = {
            entry.uid for entry in new if entry.payload.get("status") in PLANNED_VISIT_STATUSES
        }
        changed |= self._unsent_uids
        changed |= {entry.supersedes for entry in new if entry.supersedes in self._root_by_uid}
        self._unsent_uids = {entry.uid for entry in new if not entry.hash}
        return changed

    def _read_record(self, uid: str) -> None:
        record = self._store.record(uid)
        root = record[0].uid if record else self._root_by_uid.get(uid, uid)
        self._root_by_uid |= {entry.uid: root for entry in record}
        self._visits.pop(root, None)
        self._visits |= {visit.uid: visit for visit in read_visits(record)}
