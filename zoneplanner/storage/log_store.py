"""The journal of a project and what is computed from it: appending, reading, adding up."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from zoneplanner.analysis.log.log_arrays import LogArrays
from zoneplanner.domain.log.journal import JournalEntry, NewEntry
from zoneplanner.errors import ProgressReport
from zoneplanner.storage.backend import ProjectHeader, StorageBackend
from zoneplanner.storage.geopackage import layer_registry
from zoneplanner.storage.history import project_reader
from zoneplanner.storage.journal import aggregates, log_packs, verification
from zoneplanner.storage.journal import entries as journal
from zoneplanner.storage.records import (
    EntryAge,
    JournalHead,
    UnreadableEntry,
    format_stored_time,
    ignore_progress,
)
from zoneplanner.storage.schema import earlier_versions
from zoneplanner.storage.schema.ddl import SCHEMA_VERSION
from zoneplanner.storage.schema.tables import build_tables

ENTRIES_PER_STEP = 10_000
_WRITING_SHARE = 0.9


WHAT_TO_DO = "Run verify on the project, and keep a backup of before."


class LogStore:
    """The part of a store that is about the log."""

    def __init__(self, backend: StorageBackend, header: ProjectHeader) -> None:
        self._backend = backend
        self._meta = build_tables(layer_registry.parse_srid(header.crs))
        self._journal = self._meta.tables["journal_entry"]
        self._log: tuple[tuple[JournalHead, str], LogArrays] | None = None
        self._recent: tuple[datetime | None, int, list[JournalEntry]] = (None, 0, [])
        self._checked: tuple[JournalHead, tuple[UnreadableEntry, ...]] = (JournalHead(0, ""), ())
        self.name = backend.name
        self.schema_version = header.schema_version
        with backend.reading() as connection:
            self._time_zone = project_reader.read_meta_value(
                connection, self._meta, "project_time_zone", self.name
            )

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
        given, kept, new = tuple(entries), list[JournalEntry](), list[JournalEntry]()
        with self._backend.writing(much=len(given) > ENTRIES_PER_STEP) as connection:
            for start in range(0, len(given), ENTRIES_PER_STEP):
                report(_WRITING_SHARE * start / len(given), f"Writing entry {start:,}")
                some = given[start : start + ENTRIES_PER_STEP]
                of_step, new_of_step = journal.append_entries(
                    connection, self._journal, some, actor=actor, desk=desk, now=now
                )
                kept += of_step
                new += new_of_step
            report(_WRITING_SHARE, "Adding up")
            aggregates.update_aggregates(connection, self._meta, new, self._time_zone)
            report(1.0, "Keeping the entries")
        return kept

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
            query = query.where(journal.build_status_condition(self._journal, status))
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
        found = [entry for entry in known if entry.occurred_at >= since] + new
        self._recent = (since, last, found)
        return list(found)

    @property
    def known_unreadable(self) -> tuple[UnreadableEntry, ...]:
        """What ``unreadable_entries`` gave last; it costs nothing."""
        return self._checked[1]

    def unreadable_entries(self) -> tuple[UnreadableEntry, ...]:
        """Return the entries that cannot be read, and so are in no list and no figure.

        The journal is looked through once, then what is new of it.
        """
        head, found = self._checked
        with self._backend.reading() as connection:
            last = journal.read_head(connection, self._journal)
            if last.entries < head.entries:  # cut, or another file
                head, found = JournalHead(0, ""), ()
            if last != head:
                new = journal.find_unreadable_entries(
                    connection, self._journal, after_seq=head.entries
                )
                quarantined = journal.read_quarantined(connection, self._journal)
                found = tuple(
                    one._replace(quarantined=one.seq in quarantined) for one in (*found, *new)
                )
                self._checked = (last, found)
        return found

    def age(self, kinds: Iterable[str], before: datetime) -> EntryAge:
        """Return how many entries of some kinds there are, and how many lie before a moment."""
        with self._backend.reading() as connection:
            return journal.measure_entry_age(connection, self._journal, kinds, before)

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
        """Return the time of the last visit that took place, by site."""
        table = self._meta.tables["last_visit"]
        with self._backend.reading() as connection:
            rows = connection.execute(sa.select(table.c.site, table.c.at))
            return {row.site: datetime.fromisoformat(row.at) for row in rows}

    def log(self) -> LogArrays:
        """Return the log as numbers, to be added up; see ``analysis.log_table``.

        The very same comes back while nothing was logged.
        """
        with self._backend.reading() as connection:
            state = (journal.read_head(connection, self._journal), self._time_zone)
            if self._log is None or self._log[0] != state:
                self._log = (state, self._read_log(connection))
        return self._log[1]

    def _read_log(self, connection: sa.Connection) -> LogArrays:
        kept = earlier_versions.list_version_tables(min(self.schema_version, SCHEMA_VERSION))
        if kept.issuperset(aggregates.DERIVED_TABLES):
            return log_packs.read_packed_log(connection, self._meta)
        return aggregates.build_tallied_log(
            verification.tally_journal(connection, self._meta, self._time_zone)
        )

    def record(self, uid: str) -> list[JournalEntry]:
        """Return all entries of the record that an entry belongs to, in order; unknown: none."""
        with self._backend.reading() as connection:
            return journal.read_record_entries(
                connection, self._journal, journal.find_record_root(connection, self._journal, uid)
            )

    def call_entries(self, seqs: Iterable[int]) -> list[JournalEntry]:
        """Return all entries about the incidents that some entries are about, in order."""
        with self._backend.reading() as connection:
            found = aggregates.find_call_entries(connection, self._meta, seqs)
            return journal.read_entries_by_seq(connection, self._journal, found)

    def entries_by_seq(self, seqs: Iterable[int]) -> list[JournalEntry]:
        """Return entries by their numbers, in order."""
        with self._backend.reading() as connection:
            return journal.read_entries_by_seq(connection, self._journal, seqs)

    def rebuild_aggregates(self) -> None:
        """Compute anew from the journal what is kept beside it."""
        with self._backend.writing() as connection:
            verification.rebuild_aggregates(connection, self._meta, self._time_zone)
        self._log = None

    def check_tail(self) -> str:
        """Say whether the last entries of the journal do not follow from each other."""
        with self._backend.reading() as connection:
            found = verification.check_journal_tail(connection, self._journal)
        return f"{found} {WHAT_TO_DO}" if found else ""
