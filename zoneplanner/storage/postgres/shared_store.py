"""A shared project at a desk: it goes on logging while the server is away, and catches up."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

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
from zoneplanner.storage.postgres.group_roles import PersonAccess, TakenAccess
from zoneplanner.storage.postgres.outbox import LastCopyBackend, Outbox
from zoneplanner.storage.store import Store

_Kept = TypeVar("_Kept")


_SELECT_LAST_ACTS = (
    "SELECT actor, max(at) FROM (SELECT actor, max(recorded_at) AS at FROM journal_entry GROUP BY 1"
    " UNION ALL SELECT actor, max(at) FROM edit GROUP BY 1) AS act GROUP BY 1"
)


class SharedStore(Store):
    """A store on a server. What was read of the journal stays at hand while it is away.

    ``outbox`` is where entries wait then; without one, logging needs the server.
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
        """False while the server is away; to be asked often, since it costs nothing."""
        return self._server.online

    def waiting(self) -> OutboxCounts:
        """Return how many entries wait on this desk, and how many the server would not take."""
        if self._waits is None:
            box = self._outbox
            counts = (len(box.waiting()), len(box.refusals())) if box is not None else (0, 0)
            self._waits = OutboxCounts(*counts)
        return self._waits

    def refusals(self) -> list[str]:
        """Return why entries that waited here were not taken by the server, one sentence each."""
        return self._outbox.refusals() if self._outbox is not None else []

    def list_present_desks(self) -> list[PresentDesk]:
        """Return who has the project open, this desk too; nobody is known while it is away."""
        try:
            return self._server.list_present_desks()
        except Disconnected:
            return []

    def list_access(self) -> list[PersonAccess]:
        """Return who has which access to the project, since when, and from whom."""
        if not self.online:
            raise Disconnected("server_away.known", name=self.name)
        with self._server.reading() as connection:
            return group_roles.list_access(connection, self._server.address)

    def list_past_access(self) -> list[PersonAccess]:
        """Return who had which access once, from when to when, and who took it."""
        with self._server.reading() as connection:
            return group_roles.list_past_access(connection, self._server.address)

    def list_last_acts(self) -> dict[str, datetime]:
        """Return when each person last logged or changed something, by name."""
        with self._server.reading() as connection:
            found = connection.exec_driver_sql(_SELECT_LAST_ACTS)
            return {actor: datetime.fromisoformat(at) for actor, at in found}

    def give_access(self, person: str, role: ProjectRole, *, password: str = "") -> None:
        """Give a person one role in place of any other; see ``group_roles.give_access``."""
        with self._server.writing() as connection:
            group_roles.give_access(
                connection, self._server.address, person, role, password=password
            )

    def take_access(self, person: str) -> TakenAccess:
        """Take all roles of the project from a person; see ``group_roles.take_access``."""
        with self._server.writing() as connection:
            return group_roles.take_access(connection, self._server.address, person)

    def append_many(
        self,
        entries: Iterable[NewEntry],
        *,
        actor: str,
        desk: str,
        now: datetime,
        report: ProgressReport = ignore_progress,
    ) -> list[JournalEntry]:
        """Append entries, all or none; while the server is away they wait on this desk."""
        given = tuple(entries)
        who: dict[str, Any] = {"actor": actor, "desk": desk, "now": now, "report": report}
        append = partial(super().append_many, given, **who)
        kept = self._unless_away(append, desk, now)
        return self._kept_here(given) if kept is None else kept

    def _unless_away(self, append: Callable[[], _Kept], desk: str, now: datetime) -> _Kept | None:
        """Send what waits, then append; None where the server is away and entries wait here."""
        try:
            self.send_waiting(desk=desk, now=now)
            kept = append()
        except Disconnected:
            if self._outbox is None:
                raise
            return None
        if self._outbox is not None:
            self._catch_up()
        return kept

    def by_uid(self, uids: Iterable[str]) -> dict[str, JournalEntry]:
        """Return the entries that the journal holds under some uids, by uid."""
        try:
            self._require_server()
            return super().by_uid(uids)
        except Disconnected:
            wanted = frozenset(uids)
            return {entry.uid: entry for entry in self.entries() if entry.uid in wanted}

    def _require_server(self) -> None:
        """Refuse where something stands in for the server that knows nothing of what waits here."""
        if not self.online:
            raise Disconnected("server_away.known", name=self.name)

    def _kept_here(self, given: Sequence[NewEntry]) -> list[JournalEntry]:
        """Keep entries on this desk, and return them as they will be read until they are sent."""
        if not self.may_log or self._outbox is None:
            raise Disconnected("server_away.viewer", name=self.name)
        known = {entry.uid for entry in self._known}
        there = known | {entry.uid for entry in self._provisional()}
        for entry in given:
            if entry.supersedes is not None and entry.supersedes not in there:
                raise UserError("unknown_entry.superseded", uid=entry.supersedes)
            there.add(entry.uid)
        self._outbox.put([entry for entry in given if entry.uid not in known])
        self._waits = None
        found = {entry.uid: entry for entry in (*self._known, *self._provisional())}
        return [found[entry.uid] for entry in given]

    def send_waiting(self, *, desk: str, now: datetime) -> list[JournalEntry]:
        """Send what waits, once and only once; return the entries as the server keeps them.

        An entry that the server will not take (it corrects one that is not there, or another desk
        logged its uid first and says something else) stays here and is counted by ``waiting``.
        While the server is away, Disconnected.
        """
        sent: list[JournalEntry] = []
        if self._outbox is None or self.waiting().to_send == 0:
            return sent
        self._outbox.refuse_unreadable()
        for entry in self._outbox.waiting():
            try:
                (kept,) = super().append_many((entry,), actor=self.actor, desk=desk, now=now)
                if _differs(kept, entry):
                    facts = {"actor": kept.actor, "at": kept.occurred_at}
                    raise UserError("logged_elsewhere", facts)
            except Disconnected:
                raise
            except UserError as error:
                self._outbox.mark_refused(entry.uid, error.message)
            else:
                sent.append(kept)
                self._outbox.remove_sent((entry.uid,))
            self._waits = None
        return sent

    def remove_texts(
        self, wanted: Mapping[str, Collection[str]], *, desk: str, now: datetime, **said: Any
    ) -> list[RemovedText]:
        """Remove free texts of entries, also of those that waited here; see ``LogStore``."""
        if not self.role.covers(REMOVAL_SHAPE.least_role):
            raise UserError("role_may_not.remove", name=self.name)
        self.send_waiting(desk=desk, now=now)
        removed = super().remove_texts(wanted, desk=desk, now=now, **said)
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
        """Return the journal's entries in order; those that wait come last and have no hash."""
        if self._outbox is None:
            return super().entries(kinds=kinds, after_seq=after_seq, since=since, status=status)
        self._catch_up()
        wanted = None if kinds is None else frozenset(kinds)
        standing = None if status is None else frozenset(status)
        first = bisect_right(self._known, after_seq, key=lambda entry: entry.seq)
        return [
            entry
            for entry in (*self._known[first:], *self._provisional())
            if entry.seq > after_seq
            and (wanted is None or entry.kind in wanted)
            and (since is None or entry.occurred_at >= since)
            and (standing is None or entry.payload.get("status") in standing)
        ]

    def record(self, uid: str) -> list[JournalEntry]:
        """Return all entries of the record that an entry belongs to, in order; unknown: none."""
        if self._outbox is None:
            return super().record(uid)
        every = self.entries()
        root_of = map_record_uids(every)
        return [entry for entry in every if root_of[entry.uid] == root_of.get(uid)]

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
        """Return the records that occurred last; while the server is away all that is known.

        What only this desk has comes with the latest part.
        """
        try:
            self._require_server()
            found = super().newest_records(
                kinds, limit=limit, search=search, skip=skip, reach=reach
            )
        except Disconnected:
            return [] if skip else self.entries()
        return found if skip or self._outbox is None else [*found, *self._provisional()]

    def head(self) -> JournalHead:
        """Return how many entries the server holds and the hash of the last, as last known."""
        try:
            return super().head()
        except Disconnected:
            last = self._known[-1] if self._known else None
            return JournalHead(last.seq, last.hash) if last is not None else JournalHead(0, "")

    def log(self) -> LogArrays:
        """Return the log as numbers; while the server is away it is added up here."""
        try:
            self._require_server()
            return super().log()
        except Disconnected:
            every = self.entries()
        state = (len(self._known), len(every))
        if self._away_log is None or self._away_log[0] != state:
            self._away_log = (state, build_log(every, self._time_zone))
        return self._away_log[1]

    def visit_log(self) -> LogArrays:
        """Return the log whose visits are as they stand; while the server is away it is all new."""
        try:
            self._require_server()
            return super().visit_log()
        except Disconnected:
            return self.log()

    def _catch_up(self) -> None:
        last = self._known[-1].seq if self._known else 0
        with suppress(Disconnected):
            new = super().entries(after_seq=last)
            removed = read_removed_texts(one.payload for one in new if one.kind in REMOVAL_KINDS)
            if removed:
                gone = {one.seq for one in removed}
                again = {one.seq: one for one in super().entries_by_seq(gone)}
                self._known = [again.get(one.seq, one) for one in self._known]
            self._known += new

    def _provisional(self) -> list[JournalEntry]:
        """Return what waits as entries that nobody has numbered and signed yet."""
        if self._outbox is None or self.waiting().to_send == 0:
            return []
        known = {entry.uid for entry in self._known}
        first = (self._known[-1].seq if self._known else 0) + 1
        waits = [entry for entry in self._outbox.waiting() if entry.uid not in known]
        return [
            number_entry(entry, seq=first + place, recorded_at=entry.occurred_at, actor=self.actor)
            for place, entry in enumerate(waits)
        ]


def _differs(kept: JournalEntry, entry: NewEntry) -> bool:
    """Whether the server has another entry under the uid of one that waited."""
    said = ("kind", "site", "unit", "occurred_at", "payload", "supersedes")
    return any(getattr(kept, name) != getattr(entry, name) for name in said)
