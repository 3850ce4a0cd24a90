"""The journal's hash chain: each entry's hash covers the one before it.

The hash is SHA-256 over the previous hash and the JSON array (UTF-8, no spaces, non-ASCII kept)
of seq, uid, kind, site, unit, occurred_at, recorded_at, actor, desk, payload and supersedes,
where payload and times are the text that is stored. Free texts are not in the payload; where an
entry has any, their hashes are a twelfth member, each SHA-256 over a salt of its own and the text.
So a text can be removed together with its salt, and nothing that is hashed changes.
"""

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from zoneplanner.domain.clean_text import make_json_encoder
from zoneplanner.storage.backend import JournalHead, VerificationFinding, encode_json

GENESIS_HASH = "0" * 64
"""What stands for the hash before the first entry."""

HASHED_COLUMNS = (
    *("seq", "uid", "kind", "site", "unit", "occurred_at", "recorded_at", "actor", "desk"),
    *("payload", "supersedes"),
)

_encode_columns = make_json_encoder(sort_keys=False, allow_nan=True)


def hash_entry(prev_hash: str, *columns: Any) -> str:
    """Return the hash of an entry from the previous hash and its columns in order.

    These are ``HASHED_COLUMNS`` and, where it is not None, ``text_hash``.
    """
    return hash_entry_text(prev_hash, _encode_columns(columns))


def hash_entry_text(prev_hash: str, array: str) -> str:
    """Return the hash of an entry from the previous hash and the JSON array of its columns."""
    return hashlib.sha256((prev_hash + array).encode()).hexdigest()


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
            every = json.loads(kept or "{}")
            left = {name: one for name, one in every.items() if name not in fields}
            return encode_json(left) if left else None

        return ChainedText(leave(self.text), leave(self.salt), self.text_hash)

    def find_changed_fields(self) -> list[str]:
        """Name the fields whose text is not the one that was hashed."""
        text, salt, hashes = (json.loads(kept or "{}") for kept in self)
        return [
            name
            for name, said in text.items()
            if hashes.get(name) != _hash_free_text(str(salt.get(name)), str(said))
        ]

    def list_removed_fields(self) -> tuple[str, ...]:
        """Return the fields whose text is gone."""
        return tuple(
            sorted(json.loads(self.text_hash or "{}").keys() - json.loads(self.text or "{}").keys())
        )


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


def check_chain_link(
    last: JournalHead, columns: Sequence[Any], prev_hash: str, kept_hash: str
) -> VerificationFinding | None:
    """Say what is wrong with the entry after ``last``, given what of it is hashed."""
    seq = columns[0]
    if seq != last.entries + 1:
        text = f"Journal entries between {last.entries} and {seq} are missing."
    elif prev_hash != last.hash:
        text = f"Journal entry {seq} does not follow the entry before it; one was changed."
    elif any(isinstance(value, bytes) for value in columns) or (
        hash_entry(prev_hash, *columns) != kept_hash
    ):
        text = f"Journal entry {seq} was changed after it was recorded."
    else:
        return None
    return VerificationFinding("chain", text)
