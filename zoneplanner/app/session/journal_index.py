"""Which entries of the journal a session has told of, so that those of other desks are found."""

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
    """All entries up to a number were told of, and one's own beyond it."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._last = store.head().entries
        self._own: set[str] = set()

    def mark_own(self, entries: Sequence[JournalEntry]) -> None:
        """Take note of entries of one's own."""
        numbers = range(self._last + 1, self._last + 1 + len(entries))
        if all(one.hash and one.seq == at for one, at in zip(entries, numbers, strict=True)):
            self._last += len(entries)
        else:
            self._own |= {entry.uid for entry in entries}

    def read_others(self) -> list[JournalEntry]:
        """Return what other desks logged since."""
        every = [entry for entry in self._store.entries(after_seq=self._last) if entry.hash]
        new = [entry for entry in every if entry.uid not in self._own]
        if every:
            self._last = every[-1].seq
            self._own.clear()
        return new


class HoursJournal:
    """The entries of some kinds, decoded once; then only what is new is read.

    Where texts were removed since, all are read anew.
    """

    def __init__(self, store: "Store", kinds: Collection[str]) -> None:
        self._store, self._kinds = store, kinds
        self._seq = 0
        self._kept: list[JournalEntry] = []

    def entries(self) -> list[JournalEntry]:
        """Return them in journal order, those that wait to be sent last."""
        kinds = None if self._seq else self._kinds
        every = self._store.entries(kinds=kinds, after_seq=self._seq)
        if any(entry.kind in REMOVAL_KINDS for entry in every):
            self._seq, self._kept = 0, []
            every = self._store.entries(kinds=self._kinds)
        new = [entry for entry in every if entry.kind in self._kinds]
        self._kept += (entry for entry in new if entry.hash)
        self._seq = max((entry.seq for entry in every if entry.hash), default=self._seq)
        return [*self._kept, *(entry for entry in new if not entry.hash)]


class PlannedVisitIndex:
    """The journal is looked through once, from the first moment asked for; then what is new."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._since: datetime | None = None
        self._seq = 0
        self._root_of: dict[str, str] = {}
        self._stand: dict[str, Visit] = {}
        self._waiting: set[str] = set()

    def list_matchable(
        self, first: datetime, last: datetime, rule: "VisitRule"
    ) -> tuple[Visit, ...]:
        """Return those that a visit may take up which begins from ``first`` to ``last``."""
        since = first - timedelta(minutes=rule.late_min)
        until = last + timedelta(minutes=rule.early_min)
        return self.list_between(since, until + timedelta(seconds=1))

    def list_between(self, since: datetime, until: datetime) -> tuple[Visit, ...]:
        """Return those planned for a time from ``since`` to before ``until``, as they stand."""
        if self._since is None or since < self._since:
            self._since, self._seq = since, 0
            self._root_of, self._stand = {}, {}
        for uid in self._find_changed(self._since):
            self._read_record(uid)
        return tuple(
            one
            for one in self._stand.values()
            if one.status in PLANNED_VISIT_STATUSES and since <= one.arrived_at < until
        )

    def _find_changed(self, since: datetime) -> set[str]:
        """Return entries of the records that are newly planned, or of which something is new."""
        head, after, planned = self._store.head().entries, self._seq, PLANNED_VISIT_STATUSES
        self._seq = head
        if after:
            new = self._store.entries(kinds=("visit", "void", *REMOVAL_KINDS), after_seq=after)
        else:
            new = self._store.entries(kinds=("visit",), since=since, status=planned)
        if any(entry.kind in REMOVAL_KINDS for entry in new):
            return {*self._stand}
        found = {entry.uid for entry in new if entry.payload.get("status") in planned}
        found |= self._waiting | {one.supersedes for one in new if one.supersedes in self._root_of}
        self._waiting = {entry.uid for entry in new if not entry.hash}
        return found

    def _read_record(self, uid: str) -> None:
        record = self._store.record(uid)
        root = record[0].uid if record else self._root_of.get(uid, uid)
        self._root_of |= {entry.uid: root for entry in record}
        self._stand.pop(root, None)
        self._stand |= {one.uid: one for one in read_visits(record)}
