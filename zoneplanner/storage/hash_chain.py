"""The hash chains: what is hashed of an entry of the journal and of an edit, and how.

Each row has the hash of the one before it, so that the chain breaks at a row that was changed, left
out or put in. Free texts are hashed with a salt each: they can be removed, and the chain holds.
"""

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from zoneplanner.domain.clean_text import make_json_encoder, parse_json_object

GENESIS_HASH = "0" * 64
"""What stands for the hash before the first entry."""

HASHED_COLUMNS = (
    *("seq", "uid", "kind", "site", "unit", "occurred_at", "recorded_at", "actor", "desk"),
    *("payload", "supersedes"),
)

encode_json = make_json_encoder(sort_keys=True)
"""JSON without spaces, keys sorted and non-ASCII kept."""
_encode_columns = make_json_encoder(sort_keys=False, allow_nan=True)


def hash_entry(prev_hash: str, *columns: Any) -> str:
    """Return the hash of an entry from the previous hash and its columns in order.

    These are ``HASHED_COLUMNS`` and, where it is not None, ``text_hash``.
    """
    return _hash_in_chain(prev_hash, columns)


EDIT_COLUMNS = (
    *("seq", "kind", "label", "actor", "at", "step", "jump", "plan", "before", "after"),
    *("rows_digest", "snapshot"),
)


def hash_edit(prev_hash: str, columns: Mapping[str, Any]) -> str:
    """Return the hash of an edit from the previous hash and its columns."""
    values = {name: columns[name] for name in EDIT_COLUMNS}
    values["jump"] = bool(values["jump"])
    if isinstance(values["snapshot"], bytes):
        values["snapshot"] = hashlib.sha256(values["snapshot"]).hexdigest()
    elif values["snapshot"] is not None:
        return ""  # a file may have anything in a column: nobody hashed that
    if any(isinstance(value, bytes) for value in values.values()):
        return ""
    try:
        return _hash_in_chain(prev_hash, list(values.values()))
    except UnicodeEncodeError:
        return ""


def _hash_in_chain(prev_hash: str, columns: Sequence[Any]) -> str:
    """Return the hash of a row from the previous hash and the JSON array of its columns."""
    return hashlib.sha256((prev_hash + _encode_columns(columns)).encode()).hexdigest()


class ChainedText(NamedTuple):
    """The free texts of an entry as they are stored: JSON by field, each None where none is."""

    text: str | None = None
    salt: str | None = None
    text_hash: str | None = None

    @property
    def hashed(self) -> tuple[str, ...]:
        """Return what of it the chain covers."""
        return () if self.text_hash is None else (self.text_hash,)

    def without(self, fields: Collection[str]) -> "ChainedText":
        """Return what is left after the removal of some fields; its hashes stay."""

        def leave(kept: str | None) -> str | None:
            every = parse_json_object(kept or "{}")
            left = {name: one for name, one in every.items() if name not in fields}
            return encode_json(left) if left else None

        return ChainedText(leave(self.text), leave(self.salt), self.text_hash)

    def find_changed_fields(self) -> list[str]:
        """Name the fields whose text is not the one that was hashed; no JSON is a ValueError."""
        text, salt, hashes = (parse_json_object(kept or "{}") for kept in self)
        return [
            name
            for name, said in text.items()
            if hashes.get(name) != _hash_free_text(str(salt.get(name)), str(said))
        ]

    def list_removed_fields(self) -> tuple[str, ...]:
        """Return the fields whose text is gone; no JSON is a ValueError."""
        hashes, texts = (parse_json_object(kept or "{}") for kept in (self.text_hash, self.text))
        return tuple(sorted(hashes.keys() - texts.keys()))


NO_TEXT = ChainedText()


def salt_free_text(texts: Mapping[str, str]) -> ChainedText:
    """Return free texts, each with a new salt and its hash."""
    if not texts:
        return NO_TEXT
    salts = {name: secrets.token_hex(16) for name in texts}
    hashes = {name: _hash_free_text(salts[name], text) for name, text in texts.items()}
    return ChainedText(encode_json(texts), encode_json(salts), encode_json(hashes))


def _hash_free_text(salt: str, text: str) -> str:
    return hashlib.sha256((salt + text).encode()).hexdigest()
