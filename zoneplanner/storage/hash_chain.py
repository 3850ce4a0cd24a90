"""The hash chains of the journal and of the edit history.

Each row contains the hash of the row before it, so the chain breaks at a row that was changed,
removed or inserted. Each free text is hashed with a salt, so it can be removed without breaking
the chain.
"""

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from zoneplanner.domain.clean_text import make_json_encoder, parse_json_object
from zoneplanner.storage.backend import JournalHead

GENESIS_HASH = "0" * 64
"""The previous hash of the first row."""

HASHED_COLUMNS = (
    "seq",
    "uid",
    "kind",
    "site",
    "unit",
    "occurred_at",
    "recorded_at",
    "actor",
    "desk",
    "payload",
    "supersedes",
)

encode_json = make_json_encoder(sort_keys=True)
"""JSON without spaces, with sorted keys and unescaped non-ASCII characters."""
_encode_columns = make_json_encoder(sort_keys=False, allow_nan=True)


def read_head(connection: sa.Connection, table: sa.Table) -> JournalHead:
    """Return the number of rows in a chained table and the hash of the last; (0, "") if none."""
    last = sa.select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)
    row = connection.execute(last).one_or_none()
    return JournalHead(0, "") if row is None else JournalHead(row.seq, row.hash)


def hash_entry(prev_hash: str, *columns: Any) -> str:
    """Return the hash of an entry from the previous hash and its columns in order.

    The columns are ``HASHED_COLUMNS`` and, unless it is None, ``text_hash``. Returns "" for values
    that we never hash.
    """
    return _hash_in_chain(prev_hash, columns)


EDIT_COLUMNS = (
    "seq",
    "kind",
    "label",
    "actor",
    "at",
    "step",
    "jump",
    "plan",
    "before",
    "after",
    "rows_digest",
    "snapshot",
)


def hash_edit(prev_hash: str, columns: Mapping[str, Any]) -> str:
    """Return the hash of an edit from the previous hash and its columns.

    Returns "" for values that we never hash.
    """
    values = {name: columns[name] for name in EDIT_COLUMNS}
    values["jump"] = bool(values["jump"])
    if isinstance(values["snapshot"], bytes):
        values["snapshot"] = hashlib.sha256(values["snapshot"]).hexdigest()
    elif values["snapshot"] is not None:
        return ""
    return _hash_in_chain(prev_hash, list(values.values()))


def _hash_in_chain(prev_hash: str, columns: Sequence[Any]) -> str:
    """Return the hash of a row from the previous hash and the JSON array of its columns.

    A damaged file may contain bytes, or text that is not Unicode, in any column. We never hash
    these, so the result is "".
    """
    if bytes in map(type, (prev_hash, *columns)):
        return ""
    try:
        return hashlib.sha256((prev_hash + _encode_columns(columns)).encode()).hexdigest()
    except UnicodeEncodeError:
        return ""


class ChainedText(NamedTuple):
    """The stored free texts of an entry, with salts and hashes: JSON by field, or None."""

    text: str | None = None
    salt: str | None = None
    text_hash: str | None = None

    @property
    def hashed(self) -> tuple[str, ...]:
        """The part that the chain covers."""
        return () if self.text_hash is None else (self.text_hash,)

    def without(self, fields: Collection[str]) -> "ChainedText":
        """Return the texts without some fields; the hashes stay."""

        def remove(stored: str | None) -> str | None:
            values = parse_json_object(stored or "{}")
            left = {name: value for name, value in values.items() if name not in fields}
            return encode_json(left) if left else None

        return ChainedText(remove(self.text), remove(self.salt), self.text_hash)

    def find_changed_fields(self) -> list[str]:
        """Return the fields whose text does not match its hash. Raises a ValueError if not JSON."""
        texts, salts, hashes = (parse_json_object(stored or "{}") for stored in self)
        return [
            name
            for name, text in texts.items()
            if hashes.get(name) != _hash_free_text(str(salts.get(name)), str(text))
        ]

    def list_removed_fields(self) -> tuple[str, ...]:
        """Return the fields whose text was removed. Raises a ValueError if not JSON."""
        hashes, texts = (parse_json_object(kept or "{}") for kept in (self.text_hash, self.text))
        return tuple(sorted(hashes.keys() - texts.keys()))


NO_TEXT = ChainedText()


def salt_free_text(texts: Mapping[str, str]) -> ChainedText:
    """Return free texts with new salts and their hashes."""
    if not texts:
        return NO_TEXT
    salts = {name: secrets.token_hex(16) for name in texts}
    hashes = {name: _hash_free_text(salts[name], text) for name, text in texts.items()}
    return ChainedText(encode_json(texts), encode_json(salts), encode_json(hashes))


def _hash_free_text(salt: str, text: str) -> str:
    return hashlib.sha256((salt + text).encode()).hexdigest()
