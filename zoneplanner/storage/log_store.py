"""The journal of a project and what is computed from it: appending, reading, adding up."""

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
from zoneplanner.errors import ProgressReport
from zoneplanner.storage.backend import (
    DamagedRow,
    EntryAge,
    JournalHead,
    ProjectHeader,
    ProvenRows,
    StorageBackend,
    UnreadableEntry,
    VerificationFinding,
    format_stored_time,
    ignore_progress,
)
from zoneplanner.storage.geopackage import layer_registry
from zoneplanner.storage.history import edit_writer
from zoneplanner.storage.journal import (
    entries,
    log_snapshot,
    row_repair,
    text_removal,
    verification,
)
from zoneplanner.storage.journal import entries as journal
from zoneplanner.storage.schema import earlier_versions
from zoneplanner.storage.schema.ddl import SCHEMA_VERSION
from zoneplanner.storage.schema.tables import build_tables

ENTRIES_PER_STEP = 10_000
_WRITING_SHARE = 0.9


WHAT_TO_DO = "Run verify on the project, and keep an earlier backup."


class LogStore:
    """The part of a store that is about the log."""

    def __init__(self, backend: StorageBackend, header: ProjectHeader) -> None:
        self._backend = backend
        self._meta = build_tables(layer_registry.parse_srid(header.crs))
        self._journal = self._meta.tables["journal_entry"]
        self._log: log_snapshot.LogState | None = None
        self._snapshot_seq = -log_snapshot.ENTRIES_BETWEEN
        """Of which entry the snapshot is at least, when this desk looked last."""
        self._own_head: JournalHead | None = None
        """The journal's end when this desk logged last."""
        self._recent: tuple[datetime | None, int, list[JournalEntry]] = (None, 0, [])
        self._last_visits: tuple[RecordArray, dict[str, datetime]] | None = None
        self.known_unreadable: tuple[UnreadableEntry, ...] = ()
        """What ``unreadable_entries`` gave last."""
        self.name = backend.name
        self.role = backend.role
        self.may_edit, self.may_log = self.role.may_edit, self.role.may_log
        self.schema_version = header.schema_version
        with backend.reading() as connection:
            self._time_zone = edit_writer.read_time_zone(connection, self._meta, self.name)

    def append(self, entry: NewEntry, *, actor: str, desk: str, now: datetime) -> JournalEntry:
        """Append one entry to the journal and return it as kept.

        An entry whose uid is known is not appended again: the kept one is returned. A correction
        of an entry that is not in the journal is a UserError.
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
        """Append entries, all or none, and return them as kept, in the order given.

        Reading goes on while many are appended, and what ``report`` raises puts all back.
        """
        given, kept = tuple(entries), list[JournalEntry]()
        with self._backend.writing(much=len(given) > ENTRIES_PER_STEP) as connection:
            last = journal.read_head(connection, self._journal).entries
            for start in range(0, len(given), ENTRIES_PER_STEP):
                report(_WRITING_SHARE * start / len(given), f"Writing entry {start:,}")
                some = given[start : start + ENTRIES_PER_STEP]
                kept += journal.append_entries(
                    connection, self._journal, some, actor=actor, desk=desk, now=now
                )
            if kept:
                self._own_head = JournalHead(kept[-1].seq, kept[-1].hash)
            report(_WRITING_SHARE, "Computing totals")
            renewed = self._renew_snapshot(connection, [one for one in kept if one.seq > last])
            report(1.0, "Saving the entries")
        self._log = renewed or self._log
        return kept

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
        """Remove free texts of entries, by uid, and say so by an entry; return what was removed.

        That entry gets ``uid``; where it takes several, the others' begin with it. A copy is told
        not to heed its own litigation holds: those of the project say what may go.

        The chain stays whole. Entries that are not here, and texts that are gone, are left out.
        What the removal leaves in free pages is for ``erase_free_pages``.

        Raises
        ------
        UserError
            A litigation hold covers one of them, or the project may not be written.
        """
        with self._backend.writing() as connection:
            named = journal.read_entries_by_uid(connection, self._journal, wanted)
            texts = {named[uid].seq: wanted[uid] for uid in named}
            removed, rows = text_removal.plan_removals(connection, self._journal, texts)
            query = journal.select_entries(self._journal).where(
                self._journal.c.kind.in_(HOLD_KINDS)
            )
            holds = read_holds(journal.decode_entries(connection.execute(query)))
            gone = {one.seq for one in removed}
            held = [entry for entry in named.values() if entry.seq in gone]
            require_no_hold(holds if heeds_holds else (), held, self._time_zone)
            for start in range(0, len(removed), MOST_REMOVALS):
                some = slice(start, start + MOST_REMOVALS)
                own = f"{uid}-{start}" if start else uid
                entry = build_removal_entry(
                    kind, uid=own, removed=removed[some], basis=basis, now=now
                )
                journal.append_entries(
                    connection, self._journal, [entry], actor=actor, desk=desk, now=now
                )
                text_removal.write_removals(connection, self._journal, rows[some])
            if rows:
                self._backend.repeat_removals(connection, rows)
        self._recent = (None, 0, [])
        return removed

    def erase_free_pages(self) -> str:
        """Write the project anew without what was removed; say why where that is not possible."""
        return self._backend.erase_free_pages()

    def by_uid(self, uids: Iterable[str]) -> dict[str, JournalEntry]:
        """Return the entries that the journal holds under some uids, by uid."""
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
        """Return the journal's entries in order, of some kinds or all, after a number.

        ``since`` leaves out what occurred before that moment, ``status`` what has no such one.
        """
        if since is not None and kinds is None and status is None and not after_seq:
            return self._lately(since)
        query = journal.select_entries(self._journal).where(self._journal.c.seq > after_seq)
        if kinds is not None:
            query = query.where(self._journal.c.kind.in_(tuple(kinds)))
        if since is not None:
            query = query.where(self._journal.c.occurred_at >= format_stored_time(since))
        if status is not None:
            query = query.where(journal.build_member_condition(self._journal, "status", status))
        with self._backend.reading() as connection:
            return list(journal.decode_entries(connection.execute(query)))

    def _lately(self, since: datetime) -> list[JournalEntry]:
        """Return the entries since a moment; of a later one only what is new is read.

        The journal only grows, and no index leads to the time of its entries.
        """
        before, seq, known = self._recent
        if before is None or since < before:
            seq, known = 0, []
        query = journal.select_entries(self._journal).where(
            self._journal.c.seq > seq, self._journal.c.occurred_at >= format_stored_time(since)
        )
        with self._backend.reading() as connection:
            new = list(journal.decode_entries(connection.execute(query)))
            last = journal.read_head(connection, self._journal).entries
        if known and any(entry.kind in REMOVAL_KINDS for entry in new):  # of what was read before
            self._recent = (None, 0, [])
            return self._lately(since)
        found = [entry for entry in known if entry.occurred_at >= since] + new
        self._recent = (since, last, found)
        return list(found)

    def newest_records(
        self,
        kinds: Iterable[str],
        *,
        limit: int,
        search: journal.EntrySearch = (),
        skip: int = 0,
        reach: int | None = None,
    ) -> list[JournalEntry]:
        """Return all entries of the records that occurred last, in order, with calls' stamps.

        ``search`` are conditions of which a record's first entry or its free text has to hold
        one of each. Stamps are those of the time from the first such record on. Only ``reach``
        entries are looked through, after the ``skip`` latest ones.
        """
        table = self._journal
        with self._backend.reading() as connection:
            newest = journal.select_newest_records(
                *(connection, table, kinds), limit=limit, search=search, skip=skip, reach=reach
            )
            uids = connection.execute(newest).scalars().all()
            found = journal.read_record_entries(connection, table, uids)
            calls = [one.occurred_at for one in found.values() if one.kind == "incident"]
            if calls:
                about = journal.find_stamps(connection, table, min(calls), found.keys())
                found |= journal.read_record_entries(connection, table, about)
        return sorted(found.values(), key=lambda one: (not one.hash, one.seq))

    def unreadable_entries(self) -> tuple[UnreadableEntry, ...]:
        """Return the entries that cannot be read, and so are in no list and no figure."""
        with self._backend.reading() as connection:
            self._log = self._read_log(connection)
            found = self._log.unreadable
            quarantined = (
                journal.read_quarantined_numbers(connection, self._journal) if found else set()
            )
        self.known_unreadable = tuple(
            one._replace(quarantined=one.seq in quarantined) for one in found
        )
        return self.known_unreadable

    def age(self, kinds: Iterable[str], before: datetime) -> EntryAge:
        """Return how many entries of some kinds there are, and how many lie before a moment."""
        with self._backend.reading() as connection:
            return journal.measure_entry_age(connection, self._journal, kinds, before)

    def clock_problems(self, now: datetime) -> list[VerificationFinding]:
        """Return which entries a wrong clock recorded; the journal is whole all the same."""
        with self._backend.reading() as connection:
            return entries.find_clock_problems(connection, self._journal, now)

    def head(self) -> JournalHead:
        """Return how many entries the journal holds and the hash of the last (none: "")."""
        with self._backend.reading() as connection:
            return journal.read_head(connection, self._journal)

    def find_seq_by_hash(self, begins: str) -> int | None:
        """Return the number of the entry whose hash begins so, None where there is none."""
        query = sa.select(self._journal.c.seq).where(
            self._journal.c.hash.startswith(begins, autoescape=True)
        )
        with self._backend.reading() as connection:
            found = connection.execute(query.limit(1)).scalar()
        return None if found is None else int(found)

    def last_visits(self) -> dict[str, datetime]:
        """Return the time of the last visit that took place, by site.

        The very same comes back while no visit is logged.
        """
        log = self.visit_log()
        if self._last_visits is None or log.visits is not self._last_visits[0]:
            last = find_last_visits(log)
            pairs = zip(last["site"].tolist(), last["at"].tolist(), strict=True)
            times = {log.names[site]: datetime.fromtimestamp(at, UTC) for site, at in pairs}
            self._last_visits = (log.visits, times)
        return self._last_visits[1]

    def log(self) -> LogArrays:
        """Return the log as numbers, to be added up; see ``analysis.log.log_arrays``.

        The very same comes back while nothing was logged.
        """
        with self._backend.reading() as connection:
            self._log = self._read_log(connection)
        return self._log.log

    def visit_log(self) -> LogArrays:
        """Return the log whose visits are as they stand; its calls may be those of a while ago.

        To read what calls and stamps came since takes ten milliseconds, which a key that stamps or
        chooses a call has to spare for nothing else.
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
        """Keep and return the log, where very many entries came after the last snapshot."""
        if not appended or not self.may_edit:
            return None
        due = log_snapshot.ENTRIES_BETWEEN
        if appended[-1].seq - self._snapshot_seq < due:
            return None
        self._snapshot_seq = log_snapshot.read_log_snapshot_seq(connection, self._meta)
        if appended[-1].seq - self._snapshot_seq < due:
            return None
        state = self._read_log(connection, appended)
        log_snapshot.write_log_snapshot(connection, self._meta, state)
        return state

    def record(self, uid: str) -> list[JournalEntry]:
        """Return all entries of the record that an entry belongs to, in order; unknown: none."""
        with self._backend.reading() as connection:
            found = journal.read_record_entries(connection, self._journal, [uid])
        return sorted(found.values(), key=lambda entry: entry.seq)

    def entries_by_seq(self, seqs: Iterable[int]) -> list[JournalEntry]:
        """Return entries by their numbers, in order."""
        with self._backend.reading() as connection:
            return journal.read_entries_by_seq(connection, self._journal, seqs)

    def find_damaged_rows(self) -> list[DamagedRow]:
        """Return the rows of the journal and the history that are not as their chains say."""
        with self._backend.reading() as connection:
            return row_repair.find_damaged_rows(connection, self._meta)

    def find_proven_rows(self, wanted: Iterable[DamagedRow]) -> ProvenRows:
        """Return the rows of this copy that are, by their hashes, what damaged ones were."""
        with self._backend.reading() as connection:
            return row_repair.find_proven_rows(connection, self._meta, wanted)

    def put_back_rows(
        self,
        rows: ProvenRows,
        notes: Mapping[tuple[str, int], NewEntry],
        *,
        actor: str,
        desk: str,
        now: datetime,
    ) -> ProvenRows:
        """Put proven rows in the place of damaged ones of a file, with a note for each.

        What was removed of a text since stays out; what is kept beside is computed anew. Returns
        the rows that were written.
        """
        with self._backend.writing() as connection:
            left = row_repair.leave_removed_texts(connection, self._meta, rows)
            row_repair.write_rows(connection, self._meta, left)
            told = [notes[key] for key in left]
            journal.append_entries(connection, self._journal, told, actor=actor, desk=desk, now=now)
            log_snapshot.rebuild_log_snapshot(connection, self._meta, self._time_zone)
        self._log, self._recent = None, (None, 0, [])
        return left

    def rebuild_aggregates(self) -> None:
        """Compute anew from the journal what is kept beside it."""
        with self._backend.writing() as connection:
            log_snapshot.rebuild_log_snapshot(connection, self._meta, self._time_zone)
        self._log = None

    def check_tail(self) -> str:
        """Say whether the last entries of the journal do not follow from each other."""
        with self._backend.reading() as connection:
            found = verification.check_journal_tail(connection, self._journal)
        return f"{found} {WHAT_TO_DO}" if found else ""
