"""The journal's hash chain: each entry's hash covers the one before it.

The hash is SHA-256 over the previous hash and the JSON array (UTF-8, no spaces, non-ASCII kept)
of seq, uid, kind, site, unit, occurred_at, recorded_at, actor, desk, payload and supersedes,
where payload and times are the text that is stored.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from zoneplanner.storage.records import JournalHead, VerificationFinding

GENESIS_HASH = "0" * 64
"""What stands for the hash before the first entry."""

HASHED_COLUMNS = (
    *("seq", "uid", "kind", "site", "unit", "occurred_at", "recorded_at", "actor", "desk"),
    *("payload", "supersedes"),
)

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def hash_entry(prev_hash: str, *columns: Any) -> str:
    """Return the hash of an entry from the previous hash and ``COLUMNS`` in order."""
    return hash_entry_text(prev_hash, _JSON.encode(columns))


def hash_entry_text(prev_hash: str, array: str) -> str:
    """Return the hash of an entry from the previous hash and the JSON array of its columns."""
    return hashlib.sha256((prev_hash + array).encode()).hexdigest()


def check_chain_link(
    last: JournalHead, columns: Sequence[Any], prev_hash: str, kept_hash: str
) -> VerificationFinding | None:
    """Say what is wrong with the entry after ``last``, given its ``COLUMNS`` and hashes."""
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
