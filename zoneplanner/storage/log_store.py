"""The part of a store for the log: appending and reading entries, and the log as arrays."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property

import sqlalchemy as sa

from zoneplanner.analysis.log.log_arrays import LogArrays, RecordArray, find_last_visits
from zoneplanner.domain.log.journal import JournalEntry, NewEntry
from zoneplanner.domain.log.public_records import (
    HOLD_KINDS,
    MOST_REMOVALS,
    REMOVAL_KINDS,
    RemovedText,
    build_removal_entry,
    read_holds,
    require_no_hold,
)
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.messages import Message
from zoneplanner.storage.backend import (
    DamagedRow,
    EntryAge,
    JournalHead,
    ProjectHeader,
    ProvenRows,
    StorageBackend,
    UnreadableEntry,
    format_stored_time,
    ignore_progress,
)
from zoneplanner.storage.geopackage import layer_registry
from zoneplanner.storage.hash_chain import read_head
from zoneplanner.storage.history import edit_writer
from zoneplanner.storage.journal import entries as journal
from zoneplanner.storage.journal import log_snapshot, row_repair, text_removal, verification
from zoneplanner.storage.schema import earlier_versions
from zoneplanner.storage.schema.ddl import SCHEMA_VERSION
from zoneplanner.storage.schema.tables import build_tables

ENTRIES_PER_STEP = 10_000
_WRITING_SHARE = 0.9


class LogStore:
    """The part of a store that reads and writes the log."""

    def __init__(self, backend: StorageBackend, header: ProjectHeader) -> None:
        self._backend = backend
        self._meta = build_tables(layer_registry.parse_srid(header.crs))
        self._journal = self._meta.tables["journal_entry"]
        self._log: log_snapshot.LogState | None = None
        self._snapshot_seq = -log_snapshot.ENTRIES_BETWEEN
        """The last entry in the snapshot, when this desk last looked."""
        self._own_head: JournalHead | None = None
        """The journal's head when this desk last logged."""
        self._recent: tuple[datetime | None, int, list[JournalEntry]] = (None, 0, [])
        self._last_visits: tuple[RecordArray, dict[str, datetime]] | None = None
        self.known_unreadable: tuple[UnreadableEntry, ...] = ()
        """The last result of ``unreadable_entries``."""
        self.name = backend.name
        self.role = backend.role
        self.may_edit, self.may_log = self.role.may_edit, self.role.may_log
        self.schema_version = header.schema_version
        with backend.reading() as connection:
            self._time_zone = edit_writer.read_time_zone(connection, self._meta, self.name)

    def append(self, entry: NewEntry, *, actor: str, desk: str, now: datetime) -> JournalEntry:
        """Append one entry to the journal and return it as stored.

        If the uid is known, nothing is appended and the stored entry is returned. A correction of
        an entry that is not in the journal raises a UserError.
        """
        return self.append_many((entry,), actor=actor, desk=desk, now=now)[0]

    def append_many(
        self,
        entries: Iterable[NewEntry],
        *,
        actor: str,
        desk: str,
        now: datetime,
        report: ProgressReport = ignore_progress,
    ) -> list[JournalEntry]:
        """Append entries, all or none, and return them as stored, in the order given.

        Others can read while many are appended. An exception from ``report`` rolls back everything.
        """
        new, stored = tuple(entries), list[JournalEntry]()
        with self._backend.writing(much=len(new) > ENTRIES_PER_STEP) as connection:
            last = read_head(connection, self._journal).entries
            for start in range(0, len(new), ENTRIES_PER_STEP):
                report(_WRITING_SHARE * start / len(new), Message("appending", start=start))
                batch = new[start : start + ENTRIES_PER_STEP]
                stored += journal.append_entries(
                    connection, self._journal, batch, actor=actor, desk=desk, now=now
                )
            if stored:
                self._own_head = JournalHead(stored[-1].seq, stored[-1].hash)
            report(_WRITING_SHARE, Message("appending.totals"))
            appended = [entry for entry in stored if entry.seq > last]
            renewed = self._renew_snapshot(connection, appended)
            report(1.0, Message("appending.saving"))
        self._log = renewed or self._log
        return stored

    def remove_texts(
        self,
        wanted: Mapping[str, Collection[str]],
        *,
        kind: str,
        uid: str,
        basis: str,
        actor: str,
        desk: str,
        now: datetime,
        heeds_holds: bool = True,
    ) -> list[RemovedText]:
        """Remove free texts of entries, log that, and return what was removed.

        ``wanted`` are field names by uid of the entry. The log entry gets ``uid``; if there are
        several, the others' uids begin with it. Copies of a project ignore their own litigation
        holds, because the project's decide (``heeds_holds``).

        The chain stays intact. Entries that are not in the journal and texts that are already gone
        are skipped. ``erase_free_pages`` erases what the removal leaves in free pages.

        Raises
        ------
        UserError
            A litigation hold covers one of the entries, or the project cannot be written.
        """
        with self._backend.writing() as connection:
            by_uid = journal.read_entries_by_uid(connection, self._journal, wanted)
            texts = {by_uid[uid].seq: wanted[uid] for uid in by_uid}
            removed, rows = text_removal.plan_removals(connection, self._journal, texts)
            query = journal.select_entries(self._journal).where(
                self._journal.c.kind.in_(HOLD_KINDS)
            )
            holds = read_holds(journal.decode_entries(connection.execute(query)))
            seqs = {text.seq for text in removed}
            affected = [entry for entry in by_uid.values() if entry.seq in seqs]
            require_no_hold(holds if heeds_holds else (), affected, self._time_zone)
            for start in range(0, len(removed), MOST_REMOVALS):
                batch = slice(start, start + MOST_REMOVALS)
                entry_uid = f"{uid}-{start}" if start else uid
                entry = build_removal_entry(
                    kind, uid=entry_uid, removed=removed[batch], basis=basis, now=now
                )
                journal.append_entries(
                    connection, self._journal, [entry], actor=actor, desk=desk, now=now
                )
                text_removal.write_removals(connection, self._journal, rows[batch])
            if rows:
                self._backend.repeat_removals(connection, rows)
        self._recent = (None, 0, [])
        return removed

    def erase_free_pages(self) -> UserError | None:
        """Rewrite the project without removed content; return why if that is not possible."""
        return self._backend.erase_free_pages()

    def by_uid(self, uids: Iterable[str]) -> dict[str, JournalEntry]:
        """Return the journal's entries with some uids, by uid."""
        with self._backend.reading() as connection:
            return journal.read_entries_by_uid(connection, self._journal, uids)

    def entries(
        self,
        *,
        kinds: Iterable[str] | None = None,
        after_seq: int = 0,
        since: datetime | None = None,
        status: Iterable[str] | None = None,
    ) -> list[JournalEntry]:
        """Return the journal's entries after a number, in order, of some kinds or of all.

        Entries that occurred before ``since`` or have another ``status`` are omitted.
        """
        if since is not None and kinds is None and status is None and not after_seq:
            return self._read_recent(since)
        query = journal.select_entries(self._journal).where(self._journal.c.seq > after_seq)
        if kinds is not None:
            query = query.where(self._journal.c.kind.in_(tuple(kinds)))
        if since is not None:
            query = query.where(self._journal.c.occurred_at >= format_stored_time(since))
        if status is not None:
            query = query.where(journal.build_member_condition(self._journal, "status", status))
        with self._backend.reading() as connection:
            return list(journal.decode_entries(connection.execute(query)))

    def _read_recent(self, since: datetime) -> list[JournalEntry]:
        """Return the entries since a time; a later call reads only the new entries.

        The journal only grows, and there is no index on the time of its entries.
        """
        before, seq, known = self._recent
        if before is None or since < before:
            seq, known = 0, []
        query = journal.select_entries(self._journal).where(
            self._journal.c.seq > seq, self._journal.c.occurred_at >= format_stored_time(since)
        )
        with self._backend.reading() as connection:
            new = list(journal.decode_entries(connection.execute(query)))
            last = read_head(connection, self._journal).entries
        if known and any(entry.kind in REMOVAL_KINDS for entry in new):  # known entries changed
            self._recent = (None, 0, [])
            return self._read_recent(since)
        recent = [entry for entry in known if entry.occurred_at >= since] + new
        self._recent = (since, last, recent)
        return list(recent)

    def newest_records(
        self,
        kinds: Iterable[str],
        *,
        limit: int,
        search: journal.EntrySearch = (),
        skip: int = 0,
        reach: int | None = None,
    ) -> list[JournalEntry]:
        """Return all entries of the latest records, in order, including the stamps of calls.

        A record's first entry or its free text must meet one condition of each group in ``search``.
        Stamps are included from the first of these records on. Only ``reach`` entries are searched,
        after the latest ``skip`` ones.
        """
        table = self._journal
        with self._backend.reading() as connection:
            newest = journal.select_newest_records(
                connection, table, kinds, limit=limit, search=search, skip=skip, reach=reach
            )
            uids = connection.execute(newest).scalars().all()
            entries = journal.read_record_entries(connection, table, uids)
            calls = [entry.occurred_at for entry in entries.values() if entry.kind == "incident"]
            if calls:
                stamps = journal.find_stamps(connection, table, entries.keys(), min(calls))
                entries |= journal.read_record_entries(connection, table, stamps)
        return sorted(entries.values(), key=lambda entry: (not entry.hash, entry.seq))

    def unreadable_entries(self) -> tuple[UnreadableEntry, ...]:
        """Return the entries that cannot be read, so they are in no list and no figure."""
        with self._backend.reading() as connection:
            self._log = self._read_log(connection)
            unreadable, quarantined = self._log.unreadable, set[int]()
            if unreadable:
                quarantined = journal.read_quarantined_numbers(connection, self._journal)
        self.known_unreadable = tuple(
            entry._replace(quarantined=entry.seq in quarantined) for entry in unreadable
        )
        return self.known_unreadable

    def age(self, kinds: Iterable[str], before: datetime) -> EntryAge:
        """Return the number of entries of some kinds, and the number before a time."""
        with self._backend.reading() as connection:
            return journal.measure_entry_age(connection, self._journal, kinds, before)

    def clock_problems(self, now: datetime) -> list[Message]:
        """Return the entries that were recorded with a wrong clock."""
        with self._backend.reading() as connection:
            return journal.find_clock_problems(connection, self._journal, now)

    def head(self) -> JournalHead:
        """Return the number of entries and the hash of the last one ("" if none)."""
        with self._backend.reading() as connection:
            return read_head(connection, self._journal)

    def find_seq_by_hash(self, prefix: str) -> int | None:
        """Return the number of the entry whose hash begins with ``prefix``, or None."""
        return self._find_hash("journal_entry", prefix)

    def _find_hash(self, name: str, prefix: str) -> int | None:
        table = self._meta.tables[name]
        query = sa.select(table.c.seq).where(table.c.hash.startswith(prefix, autoescape=True))
        with self._backend.reading() as connection:
            seq = connection.execute(query.limit(1)).scalar()
        return None if seq is None else int(seq)

    def last_visits(self) -> dict[str, datetime]:
        """Return the time of the last visit that took place, by site.

        The same object is returned until another visit is logged.
        """
        log = self.visit_log()
        if self._last_visits is None or log.visits is not self._last_visits[0]:
            last = find_last_visits(log)
            pairs = zip(last["site"].tolist(), last["at"].tolist(), strict=True)
            times = {log.names[site]: datetime.fromtimestamp(at, UTC) for site, at in pairs}
            self._last_visits = (log.visits, times)
        return self._last_visits[1]

    def log(self) -> LogArrays:
        """Return the log as arrays; see ``analysis.log.log_arrays``.

        The same object is returned until something is logged.
        """
        with self._backend.reading() as connection:
            self._log = self._read_log(connection)
        return self._log.log

    def visit_log(self) -> LogArrays:
        """Return the log with current visits; its calls may be outdated.

        Reading new calls and stamps takes ten milliseconds, which is too long for a key that stamps
        or chooses a call.
        """
        known = self._log
        if known is not None:
            with self._backend.reading() as connection:
                if log_snapshot.has_same_visits(connection, self._journal, known):
                    return known.log
        return self.log()

    @cached_property
    def _has_snapshot(self) -> bool:
        tables = earlier_versions.list_version_tables(min(self.schema_version, SCHEMA_VERSION))
        return tables.issuperset(log_snapshot.DERIVED_TABLES)

    def _read_log(
        self, connection: sa.Connection, appended: Sequence[JournalEntry] = ()
    ) -> log_snapshot.LogState:
        return log_snapshot.read_log(
            connection,
            self._meta,
            self._time_zone,
            known=self._log,
            has_snapshot=self._has_snapshot,
            appended=appended,
        )

    def _renew_snapshot(
        self, connection: sa.Connection, appended: Sequence[JournalEntry]
    ) -> log_snapshot.LogState | None:
        """Store and return a snapshot of the log, if enough entries follow the last snapshot."""
        if not appended or not self.may_edit:
            return None
        last = appended[-1].seq - log_snapshot.ENTRIES_BETWEEN
        if last < self._snapshot_seq:
            return None
        self._snapshot_seq = log_snapshot.read_log_snapshot_seq(connection, self._meta)
        if last < self._snapshot_seq:
            return None
        state = self._read_log(connection, appended)
        log_snapshot.write_log_snapshot(connection, self._meta, state)
        return state

    def record(self, uid: str) -> list[JournalEntry]:
        """Return all entries of an entry's record, in order; none if the uid is unknown."""
        with self._backend.reading() as connection:
            entries = journal.read_record_entries(connection, self._journal, [uid])
        return sorted(entries.values(), key=lambda entry: entry.seq)

    def entries_by_seq(self, seqs: Iterable[int]) -> list[JournalEntry]:
        """Return entries by their numbers, in order."""
        with self._backend.reading() as connection:
            return journal.read_entries_by_seq(connection, self._journal, seqs)

    def find_damaged_rows(self) -> list[DamagedRow]:
        """Return the rows of the journal and the edit history that contradict their chains."""
        with self._backend.reading() as connection:
            return row_repair.find_damaged_rows(connection, self._meta)

    def find_proven_rows(self, damaged: Iterable[DamagedRow]) -> ProvenRows:
        """Return the rows of this copy whose hashes prove that they are the original ones."""
        with self._backend.reading() as connection:
            return row_repair.find_proven_rows(connection, self._meta, damaged)

    def put_back_rows(
        self,
        rows: ProvenRows,
        notes: Mapping[tuple[str, int], NewEntry],
        *,
        actor: str,
        desk: str,
        now: datetime,
    ) -> ProvenRows:
        """Replace damaged rows by proven ones, log a note for each, and return the rows written.

        Texts that were removed since stay removed, and derived tables are computed again.
        """
        with self._backend.writing() as connection:
            repaired = row_repair.leave_removed_texts(connection, self._meta, rows)
            row_repair.write_rows(connection, self._meta, repaired)
            logged = [notes[key] for key in repaired]
            journal.append_entries(
                connection, self._journal, logged, actor=actor, desk=desk, now=now
            )
            log_snapshot.rebuild_log_snapshot(connection, self._meta, self._time_zone)
        self._log, self._recent = None, (None, 0, [])
        return repaired

    def rebuild_aggregates(self) -> None:
        """Compute the tables derived from the journal again."""
        with self._backend.writing() as connection:
            log_snapshot.rebuild_log_snapshot(connection, self._meta, self._time_zone)
        self._log = None

    def check_tail(self) -> Message | None:
        """Return the problem if the chain of the last entries is broken, or None."""
        with self._backend.reading() as connection:
            return verification.check_journal_tail(connection, self._journal)
