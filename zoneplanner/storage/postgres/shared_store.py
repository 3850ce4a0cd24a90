"""The store of a shared project: it logs while the server is unreachable, and catches up."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.analysis.log.log_arrays import LogArrays, build_log
from zoneplanner.domain.log.journal import JournalEntry, NewEntry, map_record_uids
from zoneplanner.domain.log.public_records import (
    REMOVAL_KINDS,
    REMOVAL_SHAPE,
    RemovedText,
    read_removed_texts,
)
from zoneplanner.domain.roles import ProjectRole
from zoneplanner.errors import Disconnected, ProgressReport, UserError
from zoneplanner.storage.backend import JournalHead, OutboxCounts, PresentDesk, ignore_progress
from zoneplanner.storage.journal.entries import EntrySearch, number_entry
from zoneplanner.storage.postgres import group_roles
from zoneplanner.storage.postgres.backend import PostgresBackend
from zoneplanner.storage.postgres.group_roles import PersonAccess, RevokedAccess
from zoneplanner.storage.postgres.outbox import LastCopyBackend, Outbox
from zoneplanner.storage.store import Store

_SELECT_LAST_ACTS = (
    "SELECT actor, max(at) FROM (SELECT actor, max(recorded_at) AS at FROM journal_entry GROUP BY 1"
    " UNION ALL SELECT actor, max(at) FROM edit GROUP BY 1) AS act GROUP BY 1"
)


class SharedStore(Store):
    """A store on a server. The journal read so far stays available while it is unreachable.

    New entries then wait in ``outbox``; without one, logging needs the server.
    """

    def __init__(self, backend: PostgresBackend | LastCopyBackend, outbox: Path | None) -> None:
        super().__init__(backend, backend.header)
        self._server = backend
        self.address = backend.address
        self._outbox = Outbox(outbox) if outbox is not None else None
        self._waits: OutboxCounts | None = None
        self._known: list[JournalEntry] = []
        self._away_log: tuple[tuple[int, int], LogArrays] | None = None
        if self._outbox is not None:
            self._outbox.refuse_unreadable()
            self._catch_up()

    @property
    def online(self) -> bool:
        """Whether the server can be reached, as far as is known; this is cheap."""
        return self._server.online

    def waiting(self) -> OutboxCounts:
        """Return the numbers of entries that wait on this desk, and that the server refused."""
        if self._waits is None:
            box = self._outbox
            counts = (len(box.waiting()), len(box.refusals())) if box is not None else (0, 0)
            self._waits = OutboxCounts(*counts)
        return self._waits

    def refusals(self) -> list[str]:
        """Return why the server refused entries that waited here, one sentence each."""
        return self._outbox.refusals() if self._outbox is not None else []

    def list_present_desks(self) -> list[PresentDesk]:
        """Return the desks that have the project open; none if the server is unreachable."""
        try:
            return self._server.list_present_desks()
        except Disconnected:
            return []

    def list_access(self) -> list[PersonAccess]:
        """Return the current access to the project: who, since when, and from whom."""
        if not self.online:
            raise Disconnected("server_away.known", name=self.name)
        with self._server.reading() as connection:
            return group_roles.list_access(connection, self._server.address)

    def list_past_access(self) -> list[PersonAccess]:
        """Return the past access to the project: who, from when to when, and who revoked it."""
        with self._server.reading() as connection:
            return group_roles.list_past_access(connection, self._server.address)

    def list_last_acts(self) -> dict[str, datetime]:
        """Return when each person last logged or changed something, by name."""
        with self._server.reading() as connection:
            rows = connection.exec_driver_sql(_SELECT_LAST_ACTS)
            return {actor: datetime.fromisoformat(at) for actor, at in rows}

    def grant_access(self, person: str, role: ProjectRole, *, password: str = "") -> None:
        """Grant a person one role instead of any other; see ``group_roles.grant_access``."""
        with self._server.writing() as connection:
            group_roles.grant_access(
                connection, self._server.address, person, role, password=password
            )

    def revoke_access(self, person: str) -> RevokedAccess:
        """Revoke all roles of the project from a person; see ``group_roles.revoke_access``."""
        with self._server.writing() as connection:
            return group_roles.revoke_access(connection, self._server.address, person)

    def append_many(
        self,
        entries: Iterable[NewEntry],
        *,
        actor: str,
        desk: str,
        now: datetime,
        report: ProgressReport = ignore_progress,
    ) -> list[JournalEntry]:
        """Append entries, all or none; while the server is unreachable they wait on this desk."""
        new = tuple(entries)
        try:
            self.send_waiting(desk=desk, now=now)
            stored = super().append_many(new, actor=actor, desk=desk, now=now, report=report)
        except Disconnected:
            if self._outbox is None:
                raise
            return self._put_in_outbox(new)
        if self._outbox is not None:
            self._catch_up()
        return stored

    def by_uid(self, uids: Iterable[str]) -> dict[str, JournalEntry]:
        """Return the journal's entries with some uids, by uid."""
        try:
            self._require_server()
            return super().by_uid(uids)
        except Disconnected:
            wanted = frozenset(uids)
            return {entry.uid: entry for entry in self.entries() if entry.uid in wanted}

    def _require_server(self) -> None:
        """Raise Disconnected if a copy replaces the server, because it lacks waiting entries."""
        if not self.online:
            raise Disconnected("server_away.known", name=self.name)

    def _put_in_outbox(self, new: Sequence[NewEntry]) -> list[JournalEntry]:
        """Store entries on this desk, and return them in the form shown until they are sent."""
        if not self.may_log or self._outbox is None:
            raise Disconnected("server_away.viewer", name=self.name)
        known = {entry.uid for entry in self._known}
        uids = known | {entry.uid for entry in self._list_provisional()}
        for entry in new:
            if entry.supersedes is not None and entry.supersedes not in uids:
                raise UserError("unknown_entry.superseded", uid=entry.supersedes)
            uids.add(entry.uid)
        self._outbox.put([entry for entry in new if entry.uid not in known])
        self._waits = None
        by_uid = {entry.uid: entry for entry in (*self._known, *self._list_provisional())}
        return [by_uid[entry.uid] for entry in new]

    def send_waiting(self, *, desk: str, now: datetime) -> list[JournalEntry]:
        """Send the waiting entries exactly once, and return them as the server stored them.

        An entry that the server refuses stays here, and ``waiting`` counts it: it corrects a
        missing entry, or another desk logged a different entry with its uid first. Raises
        Disconnected while the server is unreachable.
        """
        sent: list[JournalEntry] = []
        if self._outbox is None or self.waiting().to_send == 0:
            return sent
        self._outbox.refuse_unreadable()
        for entry in self._outbox.waiting():
            try:
                (stored,) = super().append_many((entry,), actor=self.actor, desk=desk, now=now)
                if _differs(stored, entry):
                    at = stored.occurred_at.astimezone(ZoneInfo(self._time_zone))
                    raise UserError("logged_elsewhere", actor=stored.actor, at=at)
            except Disconnected:
                raise
            except UserError as error:
                self._outbox.mark_refused(entry.uid, error.message)
            else:
                sent.append(stored)
                self._outbox.remove_sent((entry.uid,))
            self._waits = None
        return sent

    def remove_texts(
        self, wanted: Mapping[str, Collection[str]], *, desk: str, now: datetime, **facts: Any
    ) -> list[RemovedText]:
        """Remove free texts of entries, including entries that waited here; see ``LogStore``."""
        if not self.role.covers(REMOVAL_SHAPE.least_role):
            raise UserError("role_may_not.remove", name=self.name)
        self.send_waiting(desk=desk, now=now)
        removed = super().remove_texts(wanted, desk=desk, now=now, **facts)
        if self._outbox is not None:
            self._outbox.remove_texts(wanted)
            self._catch_up()
        return removed

    def entries(
        self,
        *,
        kinds: Iterable[str] | None = None,
        after_seq: int = 0,
        since: datetime | None = None,
        status: Iterable[str] | None = None,
    ) -> list[JournalEntry]:
        """Return the journal's entries in order; waiting entries come last and have no hash."""
        if self._outbox is None:
            return super().entries(kinds=kinds, after_seq=after_seq, since=since, status=status)
        self._catch_up()
        wanted_kinds = None if kinds is None else frozenset(kinds)
        statuses = None if status is None else frozenset(status)
        first = bisect_right(self._known, after_seq, key=lambda entry: entry.seq)
        return [
            entry
            for entry in (*self._known[first:], *self._list_provisional())
            if entry.seq > after_seq
            and (wanted_kinds is None or entry.kind in wanted_kinds)
            and (since is None or entry.occurred_at >= since)
            and (statuses is None or entry.payload.get("status") in statuses)
        ]

    def record(self, uid: str) -> list[JournalEntry]:
        """Return all entries of an entry's record, in order; none if the uid is unknown."""
        if self._outbox is None:
            return super().record(uid)
        entries = self.entries()
        root_of = map_record_uids(entries)
        return [entry for entry in entries if root_of[entry.uid] == root_of.get(uid)]

    def entries_by_seq(self, seqs: Iterable[int]) -> list[JournalEntry]:
        """Return entries by their numbers, in order."""
        if self._outbox is None:
            return super().entries_by_seq(seqs)
        wanted = frozenset(seqs)
        return [entry for entry in self.entries() if entry.seq in wanted]

    def newest_records(
        self,
        kinds: Iterable[str],
        *,
        limit: int,
        search: EntrySearch = (),
        skip: int = 0,
        reach: int | None = None,
    ) -> list[JournalEntry]:
        """Return the latest records; all known ones while the server is unreachable.

        Entries that only this desk has come with the latest records.
        """
        try:
            self._require_server()
            newest = super().newest_records(
                kinds, limit=limit, search=search, skip=skip, reach=reach
            )
        except Disconnected:
            return [] if skip else self.entries()
        return newest if skip or self._outbox is None else [*newest, *self._list_provisional()]

    def head(self) -> JournalHead:
        """Return the number of the server's entries and the last one's hash, as last known."""
        try:
            return super().head()
        except Disconnected:
            last = self._known[-1] if self._known else None
            return JournalHead(last.seq, last.hash) if last is not None else JournalHead(0, "")

    def log(self) -> LogArrays:
        """Return the log as arrays, computed here while the server is unreachable."""
        try:
            self._require_server()
            return super().log()
        except Disconnected:
            entries = self.entries()
        state = (len(self._known), len(entries))
        if self._away_log is None or self._away_log[0] != state:
            self._away_log = (state, build_log(entries, self._time_zone))
        return self._away_log[1]

    def visit_log(self) -> LogArrays:
        """Return the log with current visits, or the whole log if the server is unreachable."""
        try:
            self._require_server()
            return super().visit_log()
        except Disconnected:
            return self.log()

    def _catch_up(self) -> None:
        last = self._known[-1].seq if self._known else 0
        with suppress(Disconnected):
            new = super().entries(after_seq=last)
            removals = (entry.payload for entry in new if entry.kind in REMOVAL_KINDS)
            changed = {removed.seq for removed in read_removed_texts(removals)}
            if changed:
                reread = {entry.seq: entry for entry in super().entries_by_seq(changed)}
                self._known = [reread.get(entry.seq, entry) for entry in self._known]
            self._known += new

    def _list_provisional(self) -> list[JournalEntry]:
        """Return the waiting entries with provisional numbers and without signatures."""
        if self._outbox is None or self.waiting().to_send == 0:
            return []
        known = {entry.uid for entry in self._known}
        first = (self._known[-1].seq if self._known else 0) + 1
        waiting = (entry for entry in self._outbox.waiting() if entry.uid not in known)
        return [
            number_entry(entry, seq=seq, recorded_at=entry.occurred_at, actor=self.actor)
            for seq, entry in enumerate(waiting, first)
        ]


def _differs(stored: JournalEntry, entry: NewEntry) -> bool:
    """Return whether the server has a different entry with the same uid."""
    names = ("kind", "site", "unit", "occurred_at", "payload", "supersedes")
    return any(getattr(stored, name) != getattr(entry, name) for name in names)
