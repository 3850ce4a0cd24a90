"""Removal of free text from entries, and the check of the chain with removals.

An entry with hashed texts stays in the chain unchanged. An older entry, whose payload is hashed
directly, keeps its hash although it no longer matches; the removal's entry has the hash that does.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from zoneplanner.domain.clean_text import parse_json_object
from zoneplanner.domain.log.public_records import REMOVAL_KINDS, RemovedText, read_removed_texts
from zoneplanner.messages import Message
from zoneplanner.storage.backend import JournalHead
from zoneplanner.storage.hash_chain import HASHED_COLUMNS, ChainedText, encode_json, hash_entry
from zoneplanner.storage.journal import entries
from zoneplanner.storage.journal.entries import check_chain_link

_PAYLOAD = HASHED_COLUMNS.index("payload")


def read_removals(connection: sa.Connection, table: sa.Table) -> list[RemovedText]:
    """Return the texts that all redactions and disposals of a journal list."""
    query = entries.select_entries(table).where(table.c.kind.in_(REMOVAL_KINDS))
    removals = entries.decode_entries(connection.execute(query))
    return read_removed_texts(removal.payload for removal in removals)


def plan_removals(
    connection: sa.Connection, table: sa.Table, wanted: Mapping[int, Iterable[str]]
) -> tuple[list[RemovedText], list[dict[str, Any]]]:
    """Return the texts to remove, and the entries' rows without them.

    ``wanted`` are the fields by number of the entry. Missing fields are skipped.
    """
    removed, rows = list[RemovedText](), list[dict[str, Any]]()
    for chunk in entries.split_for_statement(sorted(wanted)):
        query = entries.select_entries(table).where(table.c.seq.in_(chunk))
        for row in connection.execute(query):
            text, after = _remove_from_row(row, set(wanted[row[0]]))
            if text.fields:
                removed.append(text)
                rows.append(after)
    return removed, rows


def _remove_from_row(row: Sequence[Any], fields: set[str]) -> tuple[RemovedText, dict[str, Any]]:
    hashed, prev_hash, own_hash, chained = entries.split_row(row)
    seq, payload = row[0], parse_json_object(row[_PAYLOAD])
    key = {"seq": seq, "uid": row[1], "hash": own_hash}
    in_payload = fields & payload.keys()
    if not in_payload:
        in_text = fields & parse_json_object(chained.text or "{}").keys()
        after = {**key, "payload": row[_PAYLOAD], **chained.without(in_text)._asdict()}
        return RemovedText(seq, tuple(sorted(in_text))), after
    left = encode_json({name: text for name, text in payload.items() if name not in in_payload})
    hashes = parse_json_object(chained.text_hash or "{}")
    marked = encode_json(hashes | dict.fromkeys(in_payload, ""))
    columns = [*hashed[: len(HASHED_COLUMNS)], marked]
    columns[_PAYLOAD] = left
    removed = RemovedText(seq, tuple(sorted(in_payload)), hash_entry(prev_hash, *columns))
    return removed, {**key, "payload": left, **ChainedText(None, None, marked)._asdict()}


def write_removals(
    connection: sa.Connection, table: sa.Table, rows: Iterable[dict[str, Any]]
) -> None:
    """Write rows of ``plan_removals``; an entry that lists them must exist already."""
    if connection.dialect.name == "postgresql":
        values = {"rows": encode_json(list(rows))}
        connection.execute(sa.text("SELECT remove_texts(CAST(:rows AS jsonb))"), values)
        return
    for row in rows:
        values = {name: row[name] for name in ("payload", *ChainedText._fields)}
        connection.execute(sa.update(table).where(table.c.seq == row["seq"]).values(**values))


def _follows(last: JournalHead, seq: int, prev_hash: str, values: Sequence[Any]) -> bool:
    """Return whether an entry follows the last one, and can be hashed."""
    follows = (seq, prev_hash) == (last.entries + 1, last.hash)
    return follows and not any(isinstance(value, bytes) for value in values)


class ChainCheck:
    """Checks the rows of a journal in order: their chain, and the hashes of their texts.

    A problem that a removal could explain is held until all removals are known.
    """

    def __init__(self) -> None:
        self._open: list[tuple[int, str, str, Message]] = []
        """Number, hash of the rest, field, and the problem unless a removal lists them."""

    def check_row(self, last: JournalHead, row: Sequence[Any]) -> Message | None:
        """Return the problem with the entry after ``last`` that no removal can explain, or None."""
        hashed, prev_hash, own_hash, chained = entries.split_row(row)
        problem = check_chain_link(last, hashed, prev_hash, own_hash)
        if problem is not None and _follows(last, row[0], prev_hash, hashed):
            self._open.append((row[0], hash_entry(prev_hash, *hashed), "", problem))
            problem = None
        if problem is None and chained.text_hash is not None:
            problem = self._check_text(row[0], chained)
        return problem

    def _check_text(self, seq: int, chained: ChainedText) -> Message | None:
        try:
            changed, removed = chained.find_changed_fields(), chained.list_removed_fields()
        except ValueError:
            changed, removed = ["text"], ()
        for name in removed:
            problem = Message("chain.text_gone", field=name, seq=seq)
            self._open.append((seq, "", name, problem))
        for name in changed:
            return Message("chain.text_changed", field=name, seq=seq)
        return None

    def finish(self, removals: Iterable[RemovedText]) -> list[Message]:
        """Return the held problems that no removal explains."""
        if not self._open:
            return []
        explained = set[tuple[int, str, str]]()
        for removed in removals:
            explained.add((removed.seq, removed.left, ""))
            explained.update((removed.seq, "", name) for name in removed.fields)
        return [finding for *key, finding in self._open if tuple(key) not in explained]
