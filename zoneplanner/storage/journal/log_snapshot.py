"""The log as arrays, read from a snapshot and the journal entries after it.

A snapshot contains the log up to one entry of the journal. If it is damaged, or its entry is not
in the journal, the log is read from the first entry on.
"""

import hashlib
from collections.abc import Mapping, Sequence
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
from zoneplanner.domain.clean_text import parse_json
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.errors import UserError
from zoneplanner.storage.backend import JournalHead, UnreadableEntry
from zoneplanner.storage.hash_chain import encode_json, read_head
from zoneplanner.storage.journal import entries

DERIVED_TABLES = ("log_snapshot",)
"""The tables that are computed from the journal."""

ENTRIES_BETWEEN = 2_000
"""How many entries after a snapshot the next one is written; reading them takes 40 ms."""

_RULE = "7:"
"""The rule by which a snapshot was computed; a snapshot of an earlier rule is ignored."""
_FIRST_RULE_DIGEST_LENGTH = 64
"""The length of a digest of the first rule, which has no prefix."""

_ENTRIES_PER_STEP = 10_000
_CALL_ENTRY_KINDS = ("incident", "stamp")
"""Kinds of entries that never change a visit; a void may."""
_TEXT_COLUMNS = ("seq", "hash", "time_zone", "names", "unreadable")
_NAME_COLUMNS = ("site", "unit")
_DTYPES = {"visits": VISIT_DTYPE, "calls": CALL_DTYPE, "commitments": COMMITMENT_DTYPE}


class LogState(NamedTuple):
    """The log up to an entry of the journal, with local days in ``time_zone``.

    ``unreadable`` are the entries that are not in the log because they cannot be read.
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
    """Return the current log, computed from ``known`` if that is still valid.

    ``appended`` are the last entries of the journal, if the caller has them.
    """
    table = meta.tables["journal_entry"]
    head = read_head(connection, table)
    if known is None or not _is_valid(connection, table, known, time_zone):
        known = _read_snapshot(connection, meta) if has_snapshot else None
    if known is None or not _is_valid(connection, table, known, time_zone):
        known = LogState(JournalHead(0, ""), time_zone)
    if known.head == head:
        return known
    changes, unreadable = LogChanges(known.log, time_zone), list(known.unreadable)
    until = appended[0].seq - 1 if appended else head.entries
    last = known.head.entries
    while rows := _read_rows_after(connection, table, last, until):
        last = rows[-1][0]
        batch = []
        for row in rows:
            try:
                batch.append(entries.decode_entry(row))
            except UserError as error:
                unreadable.append(entries.describe_unreadable_entry(row, error))
        changes.replace_records(_read_whole_records(connection, table, batch))
    for start in range(0, len(appended), _ENTRIES_PER_STEP):
        batch = list(appended[start : start + _ENTRIES_PER_STEP])
        changes.replace_records(_read_whole_records(connection, table, batch))
    return LogState(head, time_zone, changes.build(), tuple(unreadable))


def has_same_visits(connection: sa.Connection, table: sa.Table, known: LogState) -> bool:
    """Return whether the visits of a log are current: only calls and stamps were logged since."""
    if not _is_valid(connection, table, known, known.time_zone):
        return False
    others = (table.c.seq > known.head.entries) & table.c.kind.not_in(_CALL_ENTRY_KINDS)
    return connection.execute(sa.select(table.c.seq).where(others).limit(1)).first() is None


def _read_rows_after(
    connection: sa.Connection, table: sa.Table, seq: int, until: int
) -> Sequence[sa.Row[Any]]:
    """Return the next rows of the journal; any number of rows may be missing."""
    query = entries.select_entries(table).where(table.c.seq > seq, table.c.seq <= until)
    return connection.execute(query.limit(_ENTRIES_PER_STEP)).all()


def _is_valid(connection: sa.Connection, table: sa.Table, known: LogState, time_zone: str) -> bool:
    """Return whether the journal still contains the last entry of a log."""
    query = sa.select(table.c.hash).where(table.c.seq == known.head.entries)
    stored_hash = connection.execute(query).scalar() or ""
    return known.time_zone == time_zone and stored_hash == known.head.hash


def _read_whole_records(
    connection: sa.Connection, table: sa.Table, new: Sequence[JournalEntry]
) -> list[JournalEntry]:
    """Return entries with all other entries of their records and of the incidents they are about.

    For a stamp that was moved, these are both incidents.
    """
    related = [entry.uid for entry in new if entry.supersedes or entry.kind in CALL_KINDS]
    found = entries.read_record_entries(connection, table, related)
    stamps = [entry for entry in found.values() if entry.kind == "stamp"]
    stamped = [str(stamp.payload.get("incident", "")) for stamp in stamps]
    found |= entries.read_record_entries(connection, table, stamped)
    calls = {entry.uid for entry in found.values() if entry.kind == "incident"}
    others = entries.find_stamps(connection, table, calls) - found.keys()
    found |= entries.read_record_entries(connection, table, others)
    records = {entry.uid: entry for entry in new} | found
    return sorted(records.values(), key=lambda entry: entry.seq)


def read_log_snapshot_seq(connection: sa.Connection, meta: sa.MetaData) -> int:
    """Return the number of the snapshot's last entry, or 0 if it follows another rule."""
    table = meta.tables["log_snapshot"]
    length = sa.func.length(table.c.digest)
    has_prefix = length == _FIRST_RULE_DIGEST_LENGTH + len(_RULE)
    other_rule = has_prefix & ~table.c.digest.startswith(_RULE)
    query = sa.select(table.c.seq).where((length != _FIRST_RULE_DIGEST_LENGTH) & ~other_rule)
    return connection.execute(query).scalar() or 0


def write_log_snapshot(connection: sa.Connection, meta: sa.MetaData, state: LogState) -> None:
    """Replace the last snapshot by the log."""
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
    """Return the snapshot, or None if there is none or it is damaged."""
    row = connection.execute(sa.select(meta.tables["log_snapshot"])).mappings().first()
    if row is None or not _is_snapshot(row) or row["digest"] != _compute_digest(row):
        return None
    try:
        names, unreadable = _parse_names(row["names"]), _parse_unreadable(row["unreadable"])
        rows = [np.frombuffer(row[name], dtype) for name, dtype in _DTYPES.items()]
    except ValueError:  # the digest matches, so somebody computed it for invalid content
        return None
    if any(row[name].max(initial=NO_NAME) >= len(names) for row in rows for name in _NAME_COLUMNS):
        return None
    log = LogArrays(names, *rows)
    return LogState(JournalHead(row["seq"], row["hash"]), row["time_zone"], log, unreadable)


def _is_snapshot(row: Mapping[Any, Any]) -> bool:
    """Return whether all values have the right type; a file may contain anything in a column."""
    return all(isinstance(row[name], bytes) for name in _DTYPES) and all(
        isinstance(row[name], int if name == "seq" else str) for name in _TEXT_COLUMNS
    )


def _parse_names(text: str) -> tuple[str, ...]:
    names = parse_json(text)
    if not isinstance(names, list):
        raise ValueError("this is not a list of names")
    return tuple(map(str, names))


def _parse_unreadable(text: str) -> tuple[UnreadableEntry, ...]:
    width = len(UnreadableEntry._fields)
    match parse_json(text):
        case [*rows] if all(isinstance(row, list) and len(row) == width for row in rows):
            return tuple(UnreadableEntry(*row) for row in rows)
    raise ValueError("this is not a list of entries")


def _compute_digest(row: Any) -> str:
    """Return the rule and the SHA-256 of a snapshot's content."""
    digest = hashlib.sha256(encode_json([row[name] for name in _TEXT_COLUMNS]).encode())
    for name in _DTYPES:
        digest.update(len(row[name]).to_bytes(8, "big") + row[name])
    return _RULE + digest.hexdigest()


def rebuild_log_snapshot(connection: sa.Connection, meta: sa.MetaData, time_zone: str) -> None:
    """Compute the snapshot from the whole journal."""
    write_log_snapshot(connection, meta, read_log(connection, meta, time_zone, has_snapshot=False))


def check_log_snapshot(connection: sa.Connection, meta: sa.MetaData, time_zone: str) -> bool:
    """Return whether the snapshot, if there is one, gives the same log as the whole journal."""
    if read_log_snapshot_seq(connection, meta) == 0:
        return True
    snapshot, table = _read_snapshot(connection, meta), meta.tables["journal_entry"]
    if snapshot is None or not _is_valid(connection, table, snapshot, time_zone):
        return False
    continued = read_log(connection, meta, time_zone, known=snapshot)
    complete = read_log(connection, meta, time_zone, has_snapshot=False)
    return continued.unreadable == complete.unreadable and compare_logs(continued.log, complete.log)
