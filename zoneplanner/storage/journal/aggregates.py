"""What the board of coverage reads: the log as numbers, kept in step with the journal.

A visit counts where it took place: completed or on site. A correction or void replaces what its
record said before; the last entry of a record decides. All of it follows from the journal alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from zoneplanner.analysis.log.log_arrays import (
    LocalClock,
    LogArrays,
    NameNumbers,
    make_call_record,
    make_commitment_records,
    make_visit_record,
)
from zoneplanner.domain.log.journal import MADE_VISIT_STATUSES, JournalEntry
from zoneplanner.domain.log.records import read_incidents
from zoneplanner.errors import UserError
from zoneplanner.storage.journal import entries, log_packs
from zoneplanner.storage.records import format_stored_time

DERIVED_TABLES = ("log_pack", "log_name", "call_entry", "last_visit")
"""The tables that are computed from the journal."""

_CALL_KINDS = ("incident", "stamp")


@dataclass(slots=True)
class LogTally:
    """What entries in journal order add up to; those that name others come after them.

    ``record_of`` gives the first entry of the record of each, ``visits`` the row of each record
    that is a visit, ``calls`` the entries of each record that is an incident or a stamp.
    """

    clock: LocalClock
    names: NameNumbers = field(default_factory=NameNumbers)
    record_of: dict[str, str] = field(default_factory=dict)
    visits: dict[str, tuple[log_packs.PackKey, tuple[Any, ...]]] = field(default_factory=dict)
    calls: dict[str, list[JournalEntry]] = field(default_factory=dict)

    def add(self, entry: JournalEntry) -> None:
        """Take the next entry of the journal."""
        named = entry.supersedes
        record = self.record_of.get(named, named) if named else entry.uid
        self.record_of[entry.uid] = record
        if record in self.calls:
            self.calls[record].append(entry)
        elif named is None and entry.kind in _CALL_KINDS:
            self.calls[record] = [entry]
        made = _make_visit_row(entry, self.names, self.clock)
        if made is not None:
            self.visits[record] = made
        elif named is not None:
            self.visits.pop(record, None)

    def call_entries(self) -> set[tuple[int, str]]:
        """Return which entries are about which incident, by number and the incident's first uid.

        A stamp that was moved from one incident to another is about both.
        """
        found = set()
        for group in self.calls.values():
            for call in {self._call(entry) for entry in group if entry.kind != "void"}:
                found |= {(entry.seq, call) for entry in group}
        return found

    def changes(self) -> log_packs.PackChanges:
        """Return the rows of all that stands."""
        changes = log_packs.PackChanges()
        for key, row in self.visits.values():
            changes.added[key].append(row)
        first = {record: entries[0].seq for record, entries in self.calls.items()}
        every = sorted((one for own in self.calls.values() for one in own), key=lambda e: e.seq)
        for call in read_incidents(every):
            year, seq = call.received_at.year, first[call.uid]
            changes.added["call", "", year].append(
                make_call_record(self.names, self.clock, call, seq)
            )
            changes.added["stint", "", year] += make_commitment_records(
                self.names, self.clock, call, seq
            )
        return changes

    def _call(self, entry: JournalEntry) -> str:
        """Return the first uid of the incident that an entry is about."""
        named = str(entry.payload.get("incident", "")) if entry.kind == "stamp" else entry.uid
        return self.record_of.get(named, named)


def _make_visit_row(
    entry: JournalEntry, names: NameNumbers, clock: LocalClock
) -> tuple[log_packs.PackKey, tuple[Any, ...]] | None:
    """Return pack and row of a visit that took place, None of any other entry."""
    if entry.kind != "visit" or not entry.site:
        return None
    said = entry.payload
    if said.get("status", MADE_VISIT_STATUSES[1]) not in MADE_VISIT_STATUSES:
        return None
    left = said.get("departed_at")
    row = make_visit_record(
        names,
        clock,
        seq=entry.seq,
        site=entry.site,
        unit=entry.unit,
        at=entry.occurred_at,
        until=datetime.fromisoformat(left) if left else None,
        purpose=str(said.get("purpose", "")),
        sample=bool(said.get("sample", False)),
    )
    return ("visit", entry.site, entry.occurred_at.year), row


def update_aggregates(
    connection: sa.Connection,
    meta: sa.MetaData,
    entries: Sequence[JournalEntry],
    time_zone: str,
) -> None:
    """Bring the aggregates in step with entries that were just appended, in journal order."""
    if not entries:
        return
    known = log_packs.read_log_names(connection, meta)
    numbers, clock = NameNumbers(known.number), LocalClock(time_zone)
    changes = log_packs.PackChanges()
    about = [entry for entry in entries if entry.supersedes or entry.kind in _CALL_KINDS]
    for entry in entries:
        made = None if entry.supersedes else _make_visit_row(entry, numbers, clock)
        if made is not None:
            changes.added[made[0]].append(made[1])
    if about:
        _update_records(connection, meta, about, LogTally(clock, numbers), changes)
    log_packs.write_packs(connection, meta, changes)
    log_packs.write_log_names(connection, meta, numbers, known)
    _update_last_visits(connection, meta, changes)


def _update_records(
    connection: sa.Connection,
    meta: sa.MetaData,
    about: Sequence[JournalEntry],
    tally: LogTally,
    changes: log_packs.PackChanges,
) -> None:
    """Add up the whole records that entries belong to, in the place of what they came to before."""
    calls: set[int] = set()
    years: set[int] = set()
    for entry in _read_whole_records(connection, meta, about):
        if entry.kind == "visit" and entry.site:
            key = ("visit", entry.site, entry.occurred_at.year)
            kept = changes.added.get(key, [])
            changes.added[key] = [row for row in kept if row[0] != entry.seq]
            changes.gone[key].add(entry.seq)
        elif entry.kind == "incident":
            calls.add(entry.seq)
            years.add(entry.occurred_at.year)
        tally.add(entry)
    for year in years:  # a call's row carries the number of its first entry in any of them
        for kind in ("call", "stint"):
            changes.gone[kind, "", year] |= calls
    for key, rows in tally.changes().added.items():
        changes.added[key] += rows
    table = meta.tables["call_entry"]
    listed = tally.call_entries()
    before = _read_listed_calls(connection, table, {record for _, record in listed})
    new = [{"entry": seq, "record": record} for seq, record in sorted(listed - before)]
    if new:
        connection.execute(sa.insert(table), new)


def _read_whole_records(
    connection: sa.Connection, meta: sa.MetaData, about: Sequence[JournalEntry]
) -> list[JournalEntry]:
    """Return all entries of the records of some, and of the incidents that they are about."""
    found: dict[str, JournalEntry] = {entry.uid: entry for entry in about}
    loose = [entry for entry in about if entry.supersedes]
    calls = [entry for entry in about if entry.kind == "stamp"]
    fresh = {entry.uid for entry in about if not entry.supersedes and entry.kind == "incident"}
    table = meta.tables["journal_entry"]
    for entry in [*loose, *calls]:
        named = entry.supersedes or str(entry.payload.get("incident", ""))
        if entry.kind == "stamp" and not entry.supersedes and named in fresh:
            continue
        for root in {
            entries.find_record_root(connection, table, name) for name in _list_references(entry)
        }:
            found |= {one.uid: one for one in _read_related_entries(connection, meta, root)}
    return sorted(found.values(), key=lambda entry: entry.seq)


def _list_references(entry: JournalEntry) -> list[str]:
    """Return the uids of the entries that an entry is about."""
    incident = str(entry.payload.get("incident", "")) if entry.kind == "stamp" else ""
    return [uid for uid in (entry.supersedes, incident) if uid]


def _read_related_entries(
    connection: sa.Connection, meta: sa.MetaData, root: str
) -> list[JournalEntry]:
    """Return the entries of a record; of an incident also its stamps, of a stamp its incidents.

    A stamp that was moved leads from one incident on to the other.
    """
    table = meta.tables["journal_entry"]
    own = entries.read_record_entries(connection, table, root)
    seqs = {entry.seq for entry in own}
    while more := find_call_entries(connection, meta, seqs) - seqs:
        seqs |= more
    return own + entries.read_entries_by_seq(connection, table, seqs - {entry.seq for entry in own})


def _read_listed_calls(
    connection: sa.Connection, table: sa.Table, records: Iterable[str]
) -> set[tuple[int, str]]:
    found: set[tuple[int, str]] = set()
    for chunk in entries.split_for_statement(sorted(records)):
        query = sa.select(table.c.entry, table.c.record).where(table.c.record.in_(chunk))
        found |= {(row.entry, row.record) for row in connection.execute(query)}
    return found


def find_call_entries(
    connection: sa.Connection, meta: sa.MetaData, seqs: Iterable[int]
) -> set[int]:
    """Return the numbers of all entries about the incidents that some entries are about."""
    listed = meta.tables["call_entry"]
    records: set[str] = set()
    for chunk in entries.split_for_statement(sorted(seqs)):
        query = sa.select(listed.c.record).where(listed.c.entry.in_(chunk))
        records.update(connection.execute(query).scalars())
    return {seq for seq, _ in _read_listed_calls(connection, listed, records)}


def _update_last_visits(
    connection: sa.Connection, meta: sa.MetaData, changes: log_packs.PackChanges
) -> None:
    table = meta.tables["last_visit"]
    lost = {place for kind, place, _ in changes.gone if kind == "visit"}
    latest: dict[str, int] = {}
    for key in changes.keys:
        if key[0] == "visit" and key[1] not in lost:
            last = int(changes.collect_rows(key)["at"].max(initial=0))
            latest[key[1]] = max(last, latest.get(key[1], 0))
    for site, last in sorted(latest.items()):
        connection.execute(_UPSERT_LAST_VISIT, {"site": site, "at": _format_seconds(last)})
    for site in sorted(lost):
        at = log_packs.read_last_visit_s(connection, meta, site)
        connection.execute(sa.delete(table).where(table.c.site == site))
        if at is not None:
            connection.execute(sa.insert(table), {"site": site, "at": _format_seconds(at)})


_UPSERT_LAST_VISIT = sa.text(
    "INSERT INTO last_visit (site, at) VALUES (:site, :at) ON CONFLICT (site)"
    " DO UPDATE SET at = excluded.at WHERE excluded.at > last_visit.at"
)


def _format_seconds(at_s: int) -> str:
    return format_stored_time(datetime.fromtimestamp(at_s, UTC))


def replace_aggregates(connection: sa.Connection, meta: sa.MetaData, tally: LogTally) -> None:
    """Write the aggregates anew from a tally of the whole journal."""
    for name in DERIVED_TABLES:
        connection.execute(sa.delete(meta.tables[name]))
    changes = tally.changes()
    log_packs.write_packs(connection, meta, changes)
    log_packs.write_log_names(connection, meta, tally.names, NameNumbers())
    listed = [{"entry": seq, "record": record} for seq, record in sorted(tally.call_entries())]
    if listed:
        connection.execute(sa.insert(meta.tables["call_entry"]), listed)
    _update_last_visits(connection, meta, changes)


def tally_entries(entries: Iterable[JournalEntry], time_zone: str) -> LogTally:
    """Add up entries in journal order."""
    tally = LogTally(LocalClock(time_zone))
    for entry in entries:
        tally.add(entry)
    return tally


def select_call_entries(
    entries: Sequence[JournalEntry], seqs: Iterable[int], time_zone: str
) -> list[JournalEntry]:
    """Return all entries about the incidents that some of them, by number, are about."""
    listed, wanted = tally_entries(entries, time_zone).call_entries(), frozenset(seqs)
    calls = {call for seq, call in listed if seq in wanted}
    found = {seq for seq, call in listed if call in calls}
    return [entry for entry in entries if entry.seq in found]


def build_tallied_log(tally: LogTally) -> LogArrays:
    """Return the log of a tally of the whole journal."""
    return log_packs.build_log_from_changes(tally.changes(), tally.names)


def find_aggregate_differences(
    connection: sa.Connection, meta: sa.MetaData, tally: LogTally
) -> list[str]:
    """Name the aggregate tables that do not say what the journal says."""
    last, listed = meta.tables["last_visit"], meta.tables["call_entry"]
    try:
        log_agrees = log_packs.normalize_log(
            log_packs.read_packed_log(connection, meta)
        ) == log_packs.normalize_log(build_tallied_log(tally))
    except UserError:
        log_agrees = False
    kept_last = connection.execute(sa.select(last.c.site, last.c.at))
    kept_calls = connection.execute(sa.select(listed.c.entry, listed.c.record))
    latest: dict[str, int] = defaultdict(int)
    for (_, site, _), row in tally.visits.values():
        latest[site] = max(row[1], latest.get(site, row[1]))
    pairs: dict[str, tuple[object, object]] = {
        "log_pack": (log_agrees, True),
        "call_entry": ({(row[0], row[1]) for row in kept_calls}, tally.call_entries()),
        "last_visit": (
            {row[0]: row[1] for row in kept_last},
            {site: _format_seconds(at) for site, at in latest.items()},
        ),
    }
    return [name for name, (kept, wanted) in pairs.items() if kept != wanted]
