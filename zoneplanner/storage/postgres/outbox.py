"""Entries that wait on this desk until the server of a shared project is back.

They are in a small database of their own, so that what was acknowledged survives a kill, and
several windows of one desk may share it.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from zoneplanner.domain.log.entries import validate_entry
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.errors import UserError
from zoneplanner.staging import make_private_file, make_private_folder
from zoneplanner.storage.journal.entries import decode_new_entry, encode_entry

_TABLE = (
    "CREATE TABLE IF NOT EXISTS waiting"
    " (place INTEGER PRIMARY KEY, uid TEXT UNIQUE, entry TEXT NOT NULL, refused TEXT)"
)

_WAITING = "SELECT entry FROM waiting WHERE refused IS NULL ORDER BY place"
_REFUSED = "SELECT entry FROM waiting WHERE refused IS NOT NULL ORDER BY place"
_REFUSALS = "SELECT refused FROM waiting WHERE refused IS NOT NULL ORDER BY place"


class Outbox:
    """The entries of one person for one shared project that the server does not have yet."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, entries: Sequence[NewEntry]) -> None:
        """Keep entries, all or none; one that waits already is kept once."""
        valid = [validate_entry(entry) for entry in entries]
        rows = [(entry.uid, json.dumps(encode_entry(entry))) for entry in valid]
        with self._open() as connection:
            connection.executemany("INSERT OR IGNORE INTO waiting (uid, entry) VALUES (?, ?)", rows)

    def waiting(self) -> list[NewEntry]:
        """Return the entries that are to be sent, in the order they were logged."""
        return list(map(_decode_waiting_entry, self._select(_WAITING)))

    def refused(self) -> list[NewEntry]:
        """Return the entries that the server would not take; they stay here."""
        return list(map(_decode_waiting_entry, self._select(_REFUSED)))

    def refusals(self) -> list[str]:
        """Return why those entries were not taken, in the order they were logged."""
        return self._select(_REFUSALS)

    def mark_refused(self, uid: str, why: str) -> None:
        """Note that the server would not take an entry, and why."""
        with self._open() as connection:
            connection.execute("UPDATE waiting SET refused = ? WHERE uid = ?", (why, uid))

    def remove_sent(self, uids: Iterable[str]) -> None:
        """Let go of entries that the server has."""
        with self._open() as connection:
            gone = [(uid,) for uid in uids]
            connection.executemany("DELETE FROM waiting WHERE uid = ?", gone)

    def remove_texts(self, wanted: Mapping[str, Collection[str]]) -> None:
        """Remove free texts of entries that stay here, by uid and field, and all traces of them."""
        if not self._path.exists():
            return
        with self._open() as connection:
            kept = connection.execute("SELECT uid, entry FROM waiting").fetchall()
            for uid, text in kept:
                fields, entry = wanted.get(uid, ()), decode_new_entry(json.loads(text))
                left = {name: one for name, one in entry.payload.items() if name not in fields}
                if left != entry.payload:
                    changed = json.dumps(encode_entry(replace(entry, payload=left)))
                    row = (changed, uid)
                    connection.execute("UPDATE waiting SET entry = ? WHERE uid = ?", row)
        with closing(sqlite3.connect(self._path, timeout=5)) as connection:
            connection.execute("VACUUM")

    def _select(self, query: str) -> list[str]:
        if not self._path.exists():
            return []
        with self._open() as connection:
            return [str(text) for (text,) in connection.execute(query)]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            make_private_folder(self._path.parent)
            with suppress(FileExistsError):
                make_private_file(self._path)
            with closing(sqlite3.connect(self._path, timeout=5)) as connection:
                connection.execute("PRAGMA synchronous=EXTRA")
                connection.execute("PRAGMA secure_delete=ON")
                connection.execute(_TABLE)
                with connection:
                    yield connection
        except (OSError, sqlite3.Error) as error:
            raise UserError("outbox_failed", error=str(error)) from error


def _decode_waiting_entry(text: str) -> NewEntry:
    return decode_new_entry(json.loads(text))
