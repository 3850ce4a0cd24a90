"""Append very many visits at once: what ``journal.add`` does, by the shortest way."""

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from datetime import datetime
from json.encoder import encode_basestring as quoted
from typing import TypeVar

import sqlalchemy as sa

from zoneplanner.analysis.log.timestamps import format_timestamps
from zoneplanner.analysis.log.visit_batch import VisitBatch, map_distinct
from zoneplanner.errors import ProgressReport
from zoneplanner.storage.journal import entries
from zoneplanner.storage.journal.hash_chain import GENESIS_HASH, hash_entry_text
from zoneplanner.storage.records import JournalHead, format_stored_time

_JournalRows = list[tuple[int | str | None, ...]]
_Item = TypeVar("_Item")

VISITS_PER_BATCH = 10_000
_VARYING_COLUMNS = ("seq", "uid", "site", "unit", "occurred_at", "payload", "prev_hash", "hash")
"""The columns in which the visits of a table differ."""


def append_visits(
    connection: sa.Connection,
    table: sa.Table,
    visits: VisitBatch,
    *,
    unknown_at: JournalHead,
    actor: str,
    desk: str,
    now: datetime,
    report: ProgressReport,
) -> VisitBatch:
    """Append visits to the journal, but those whose uid is known; return the others.

    None of them was known when the journal's head was ``unknown_at``.
    """
    last = entries.read_head(connection, table)
    if last != unknown_at:
        visits = _select_new_visits(connection, table, visits)
    starts = range(0, len(visits), VISITS_PER_BATCH)
    parts = (visits.select(slice(start, start + VISITS_PER_BATCH)) for start in starts)

    def told(start: int) -> None:
        report(start / len(visits), f"Writing entry {start:,}")

    if connection.dialect.name == "postgresql":
        for start, part in zip(starts, parts, strict=True):
            told(start)
            every = tuple(part.entries())
            entries.append_entries(connection, table, every, actor=actor, desk=desk, now=now)
        return visits
    signed = {"recorded_at": format_stored_time(now), "actor": actor, "desk": desk}
    unguarded = (
        entries.suspend_insert_trigger(connection)
        if len(visits) >= entries.BULK_ENTRIES
        else nullcontext()
    )
    with (
        unguarded,
        closing(_prefetch_batches(_chain_visit_rows(parts, last, signed.values()))) as blocks,
    ):
        for start, rows in zip(starts, blocks, strict=True):
            told(start)
            entries.insert_journal_rows(
                connection, _VARYING_COLUMNS, rows, alike={"kind": "visit", **signed}
            )
    return visits


def _select_new_visits(
    connection: sa.Connection, table: sa.Table, visits: VisitBatch
) -> VisitBatch:
    """Return the visits that the journal does not hold."""
    places: list[int] = []
    for start in range(0, len(visits), VISITS_PER_BATCH):
        uids = visits.uid[start : start + VISITS_PER_BATCH]
        known = entries.read_entry_contents(connection, table, uids)
        places += [at for at, uid in enumerate(uids, start) if uid not in known]
    return visits.select(places)


def _prefetch_batches(items: Iterator[_Item]) -> Generator[_Item, None, None]:
    """Yield items, the next of which another thread makes while one is in use."""
    with ThreadPoolExecutor(1) as other:
        coming = other.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = other.submit(next, items, None)
            yield item


def _chain_visit_rows(
    parts: Iterable[VisitBatch], last: JournalHead, signed: Iterable[str]
) -> Iterator[_JournalRows]:
    """Yield what is ``OWN`` of the visits; what is hashed is the JSON of ``chain.entry_hash``."""
    seq, own, who = last.entries, last.hash or GENESIS_HASH, ",".join(map(quoted, signed))
    for visits in parts:
        arrivals = format_timestamps(visits.arrived)
        sites = map_distinct(visits.site, quoted)
        units = map_distinct(visits.unit, lambda unit: quoted(unit) if unit else "null")
        told = zip(visits.uid, sites, units, arrivals, visits.payload, strict=True)
        hashes = [own]
        for at, (uid, site, unit, arrival, payload) in enumerate(told, seq + 1):
            array = (
                f'[{at},{quoted(uid)},"visit",{site},{unit},"{arrival}",{who},'
                f"{quoted(payload)},null]"
            )
            own = hash_entry_text(own, array)
            hashes.append(own)
        numbers = range(seq + 1, seq + 1 + len(visits))
        named = [unit or None for unit in visits.unit]
        columns = (numbers, visits.uid, visits.site, named, arrivals, visits.payload)
        yield list(zip(*columns, hashes[:-1], hashes[1:], strict=True))
        seq += len(visits)
