"""The chain of saved edits: each one's hash covers what it did, the rows it left, the one before.

The hash is SHA-256 over the previous hash and the JSON array (UTF-8, no spaces, non-ASCII kept) of
``EDIT_COLUMNS``, where the snapshot stands as the SHA-256 of its bytes.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from zoneplanner.domain.clean_text import make_json_encoder
from zoneplanner.storage.journal.hash_chain import GENESIS_HASH, hash_entry_text
from zoneplanner.storage.records import JournalHead, VerificationFinding

EDIT_COLUMNS = (
    *("seq", "kind", "label", "actor", "at", "step", "jump", "plan", "before", "after"),
    *("rows_digest", "snapshot"),
)
FIRST_CHAINED_VERSION = 4
"""The schema version since which edits are chained."""

_encode_columns = make_json_encoder(sort_keys=False, allow_nan=True)
_MOST_FINDINGS = 20


def hash_edit(prev_hash: str, columns: Mapping[str, Any]) -> str:
    """Return the hash of an edit from the previous hash and its columns."""
    values = {name: columns[name] for name in EDIT_COLUMNS}
    values["jump"] = bool(values["jump"])
    try:
        if values["snapshot"] is not None:
            values["snapshot"] = hashlib.sha256(values["snapshot"]).hexdigest()
        return hash_entry_text(prev_hash, _encode_columns(list(values.values())))
    except (TypeError, UnicodeEncodeError):  # no UTF-8, no bytes of a snapshot: nobody hashed that
        return ""


def read_edit_head(connection: sa.Connection, table: sa.Table) -> JournalHead:
    """Return how many edits there are and the hash of the last; none: 0 and ""."""
    last = sa.select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)
    row = connection.execute(last).one_or_none()
    return JournalHead(0, "") if row is None else JournalHead(row.seq, row.hash)


def chain_earlier_edits(connection: sa.Connection, table: sa.Table) -> JournalHead:
    """Chain the edits of a project of before there was a chain; return its head."""
    last = JournalHead(0, GENESIS_HASH)
    for seq in connection.execute(sa.select(table.c.seq).order_by(table.c.seq)).scalars().all():
        row = connection.execute(sa.select(table).where(table.c.seq == seq)).mappings().one()
        own = hash_edit(last.hash, dict(row))
        chained = sa.update(table).where(table.c.seq == seq)
        connection.execute(chained.values(prev_hash=last.hash, hash=own))
        last = JournalHead(seq, own)
    return last


def check_edit_chain(
    connection: sa.Connection, table: sa.Table, after_seq: int = 0
) -> Iterator[VerificationFinding]:
    """Name the edits after a number that were changed, cut out or put in."""
    query = sa.select(table).order_by(table.c.seq)
    start = connection.execute(
        sa.select(table.c.seq, table.c.hash).where(table.c.seq == after_seq)
    ).one_or_none()
    last = JournalHead(0, GENESIS_HASH)
    if start is not None:
        last = JournalHead(*start)
        query = query.where(table.c.seq > last.entries)
    with connection.execute(query, execution_options={"yield_per": 200}) as rows:
        yield from _compare_edits(rows.mappings(), last)


def _compare_edits(
    rows: Iterable[Mapping[Any, Any]], last: JournalHead
) -> Iterator[VerificationFinding]:
    found = 0
    for row in rows:
        seq = row["seq"]
        if seq != last.entries + 1:
            text = f"Edits between {last.entries} and {seq} are missing."
        elif row["prev_hash"] != last.hash:
            text = f"Edit {seq} does not follow the edit before it; one was changed."
        elif hash_edit(row["prev_hash"], dict(row)) != row["hash"]:
            text = f"Edit {seq} was changed after it was saved."
        else:
            text = ""
        last = JournalHead(seq, row["hash"])
        if text and found < _MOST_FINDINGS:
            found += 1
            yield VerificationFinding("edits", text)
