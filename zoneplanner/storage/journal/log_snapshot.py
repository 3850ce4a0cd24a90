"""The log as numbers: read from a snapshot and the entries after it; the journal is the truth.

A snapshot holds what the journal came to at one of its entries. One that is damaged, or whose
entry the journal does not have, is as none: the log is then read from the first entry on.
"""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa

from zoneplanner.analysis.log.log_arrays import (
    CALL_DTYPE,
    CALL_KINDS,
    COMMITMENT_DTYPE,
    NO_NAME,
    VISIT_DTYPE,
    LogArrays,
    LogChanges,
    compare_logs,
)
from zoneplanner.domain.clean_text import parse_json, parse_json_object
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.errors import UserError
from zoneplanner.storage.backend import JournalHead, UnreadableEntry
from zoneplanner.storage.hash_chain import encode_json
from zoneplanner.storage.journal import entries

DERIVED_TABLES = ("log_snapshot",)
"""The tables that are computed from the journal."""

ENTRIES_BETWEEN = 2_000
"""So many entries after the last snapshot the next one is written; they are read in 40 ms."""

_RULE = "7:"
"""Which rule of adding up a snapshot follows; one of an earlier rule is as none, not damaged."""
_DIGEST_OF_FIRST_RULE = 64
"""So long is a digest of the first rule, which is not named in it."""

_ENTRIES_PER_STEP = 10_000
_MOST_NAMED = 50
"""Stamps of more incidents at once are looked for among all stamps."""
_NO_VISITS = ("incident", "stamp")
"""Kinds of entries that change no visit, whatever they correct; a void may."""
_SAID = ("seq", "hash", "time_zone", "names", "unreadable")
_NAMED = ("site", "unit")
_DTYPES = {"visits": VISIT_DTYPE, "calls": CALL_DTYPE, "commitments": COMMITMENT_DTYPE}


class LogState(NamedTuple):
    """The log as of an entry of the journal; local days are those of ``time_zone``.

    ``unreadable`` are the entries up to there that are not in it since they cannot be read.
    """

    head: JournalHead
    time_zone: str
    log: LogArrays = LogArrays()
    unreadable: tuple[UnreadableEntry, ...] = ()


def read_log(
    connection: sa.Connection,
    meta: sa.MetaData,
    time_zone: str,
    *,
    known: LogState | None = None,
    has_snapshot: bool = True,
    appended: Sequence[JournalEntry] = (),
) -> LogState:
    """Return the log as it stands, from ``known`` on where that is still so.

    ``appended`` are the last entries of the journal, where they are at hand.
    """
    table = meta.tables["journal_entry"]
    head = entries.read_head(connection, table)
    if known is None or not _stands(connection, table, known, time_zone):
        known = _read_snapshot(connection, meta) if has_snapshot else None
    if known is None or not _stands(connection, table, known, time_zone):
        known = LogState(JournalHead(0, ""), time_zone)
    if known.head == head:
        return known
    changes, unreadable = LogChanges(known.log, time_zone), list(known.unreadable)
    until = appended[0].seq - 1 if appended else head.entries
    last = known.head.entries
    while rows := _read_rows_after(connection, table, last, until):
        last = rows[-1][0]
        some = []
        for row in rows:
            try:
                some.append(entries.decode_entry(row))
            except UserError as error:
                unreadable.append(entries.describe_unreadable_entry(row, error))
        changes.replace_records(_read_whole_records(connection, table, some))
    for start in range(0, len(appended), _ENTRIES_PER_STEP):
        some = list(appended[start : start + _ENTRIES_PER_STEP])
        changes.replace_records(_read_whole_records(connection, table, some))
    return LogState(head, time_zone, changes.build(), tuple(unreadable))


def has_same_visits(connection: sa.Connection, table: sa.Table, known: LogState) -> bool:
    """Return whether the visits of a log still stand: nothing came since but calls and stamps."""
    if not _stands(connection, table, known, known.time_zone):
        return False
    others = (table.c.seq > known.head.entries) & table.c.kind.not_in(_NO_VISITS)
    return connection.execute(sa.select(table.c.seq).where(others).limit(1)).first() is None


def _read_rows_after(
    connection: sa.Connection, table: sa.Table, seq: int, until: int
) -> Sequence[sa.Row[Any]]:
    """Return the next rows of the journal; numbers may be missing, however many."""
    query = entries.select_entries(table).where(table.c.seq > seq, table.c.seq <= until)
    return connection.execute(query.limit(_ENTRIES_PER_STEP)).all()


def _stands(connection: sa.Connection, table: sa.Table, known: LogState, time_zone: str) -> bool:
    """Return whether the journal still has the entry that a log is of."""
    query = sa.select(table.c.hash).where(table.c.seq == known.head.entries)
    kept = connection.execute(query).scalar() or ""
    return known.time_zone == time_zone and kept == known.head.hash


def _read_whole_records(
    connection: sa.Connection, table: sa.Table, new: Sequence[JournalEntry]
) -> list[JournalEntry]:
    """Return entries with all others of their records, and of incidents that they are about.

    A stamp that was moved leads to both of its incidents.
    """
    loose = [entry.uid for entry in new if entry.supersedes or entry.kind in CALL_KINDS]
    found = entries.read_record_entries(connection, table, loose)
    stamps = [one for one in found.values() if one.kind == "stamp"]
    named = [str(one.payload.get("incident", "")) for one in stamps]
    found |= entries.read_record_entries(connection, table, named)
    calls = {one.uid for one in found.values() if one.kind == "incident"}
    moved = _find_stamps(connection, table, calls) - found.keys()
    found |= entries.read_record_entries(connection, table, moved)
    every = {entry.uid: entry for entry in new} | found
    return sorted(every.values(), key=lambda entry: entry.seq)


def _find_stamps(connection: sa.Connection, table: sa.Table, calls: set[str]) -> set[str]:
    """Return the uids of the stamps on some incidents."""
    if not calls:
        return set()
    query = sa.select(table.c.uid, table.c.payload).where(table.c.kind == "stamp")
    if len(calls) <= _MOST_NAMED:
        query = query.where(entries.build_member_condition(table, "incident", calls))
    found = set()
    for uid, payload in connection.execute(query):
        with suppress(ValueError):  # one that cannot be read
            if parse_json_object(payload).get("incident") in calls:
                found.add(uid)
    return found


def read_log_snapshot_seq(connection: sa.Connection, meta: sa.MetaData) -> int:
    """Return the number of the entry that the snapshot is of, 0 where none follows our rule."""
    table = meta.tables["log_snapshot"]
    length = sa.func.length(table.c.digest)
    named = (length == _DIGEST_OF_FIRST_RULE + len(_RULE)) & ~table.c.digest.startswith(_RULE)
    query = sa.select(table.c.seq).where((length != _DIGEST_OF_FIRST_RULE) & ~named)
    return connection.execute(query).scalar() or 0


def write_log_snapshot(connection: sa.Connection, meta: sa.MetaData, state: LogState) -> None:
    """Keep the log in the place of the last snapshot."""
    table = meta.tables["log_snapshot"]
    row: dict[str, Any] = {
        "seq": state.head.entries,
        "hash": state.head.hash,
        "time_zone": state.time_zone,
        "names": encode_json(state.log.names),
        "unreadable": encode_json(state.unreadable),
        **{name: getattr(state.log, name).tobytes() for name in _DTYPES},
    }
    connection.execute(sa.delete(table))
    connection.execute(sa.insert(table), {**row, "digest": _compute_digest(row)})


def _read_snapshot(connection: sa.Connection, meta: sa.MetaData) -> LogState | None:
    """Return the snapshot; None where there is none, or a damaged one."""
    row = connection.execute(sa.select(meta.tables["log_snapshot"])).mappings().first()
    if row is None or not _is_snapshot(row) or row["digest"] != _compute_digest(row):
        return None
    try:
        names, unreadable = _parse_names(row["names"]), _parse_unreadable(row["unreadable"])
        rows = [np.frombuffer(row[name], dtype) for name, dtype in _DTYPES.items()]
    except ValueError:  # whoever wrote it knew how its digest is made
        return None
    if any(one[name].max(initial=NO_NAME) >= len(names) for one in rows for name in _NAMED):
        return None
    log = LogArrays(names, *rows)
    return LogState(JournalHead(row["seq"], row["hash"]), row["time_zone"], log, unreadable)


def _is_snapshot(row: Mapping[Any, Any]) -> bool:
    """False for a row with values of other kinds: a file may have anything in a column."""
    return all(isinstance(row[name], bytes) for name in _DTYPES) and all(
        isinstance(row[name], int if name == "seq" else str) for name in _SAID
    )


def _parse_names(text: str) -> tuple[str, ...]:
    names = parse_json(text)
    if not isinstance(names, list):
        raise ValueError("no list of names")
    return tuple(map(str, names))


def _parse_unreadable(text: str) -> tuple[UnreadableEntry, ...]:
    width = len(UnreadableEntry._fields)
    match parse_json(text):
        case [*rows] if all(isinstance(row, list) and len(row) == width for row in rows):
            return tuple(UnreadableEntry(*row) for row in rows)
    raise ValueError("no list of entries")


def _compute_digest(row: Any) -> str:
    """Return the rule and the SHA-256 of what a snapshot says."""
    found = hashlib.sha256(encode_json([row[name] for name in _SAID]).encode())
    for name in _DTYPES:
        found.update(len(row[name]).to_bytes(8, "big") + row[name])
    return _RULE + found.hexdigest()


def rebuild_log_snapshot(connection: sa.Connection, meta: sa.MetaData, time_zone: str) -> None:
    """Compute the snapshot anew from the journal."""
    write_log_snapshot(connection, meta, read_log(connection, meta, time_zone, has_snapshot=False))


def check_log_snapshot(connection: sa.Connection, meta: sa.MetaData, time_zone: str) -> bool:
    """Return whether the snapshot, if there is one, leads to what the journal says."""
    if read_log_snapshot_seq(connection, meta) == 0:
        return True
    found = _read_snapshot(connection, meta)
    if found is None or not _stands(connection, meta.tables["journal_entry"], found, time_zone):
        return False
    from_it = read_log(connection, meta, time_zone, known=found)
    anew = read_log(connection, meta, time_zone, has_snapshot=False)
    return from_it.unreadable == anew.unreadable and compare_logs(from_it.log, anew.log)
