"""The outbox of a desk for a shared project, and the last copy that replaces its server.

Entries wait in a small separate database while the server is unreachable. Acknowledged entries
therefore survive a kill, and several windows of a desk can share the outbox.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from zoneplanner.domain.clean_text import parse_json_object
from zoneplanner.domain.log.entries import validate_entry
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.project import Project
from zoneplanner.domain.roles import ProjectRole
from zoneplanner.errors import Disconnected, UserError
from zoneplanner.messages import Message
from zoneplanner.staging import make_private_file, make_private_folder
from zoneplanner.storage.backend import (
    DatabaseEngine,
    JournalHead,
    PresentDesk,
)
from zoneplanner.storage.geopackage.backend import inspect_file, open_project_file
from zoneplanner.storage.geopackage.connection import LOCK_WAIT_S
from zoneplanner.storage.journal.entries import decode_new_entry, encode_entry
from zoneplanner.storage.postgres.address import ServerAddress

_TABLE = (
    "CREATE TABLE IF NOT EXISTS waiting"
    " (place INTEGER PRIMARY KEY, uid TEXT UNIQUE, entry TEXT NOT NULL, refused TEXT)"
)

_WAITING = "SELECT place, uid, entry FROM waiting WHERE refused IS NULL ORDER BY place"
_REFUSED = "SELECT place, uid, entry FROM waiting WHERE refused IS NOT NULL ORDER BY place"
_REFUSALS = "SELECT refused FROM waiting WHERE refused IS NOT NULL ORDER BY place"


class Outbox:
    """One person's entries for a shared project that its server does not have yet."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, entries: Sequence[NewEntry]) -> None:
        """Store entries, all or none; an entry that waits already is not stored again."""
        valid = [validate_entry(entry) for entry in entries]
        rows = [(entry.uid, json.dumps(encode_entry(entry))) for entry in valid]
        with self._open() as connection:
            connection.executemany("INSERT OR IGNORE INTO waiting (uid, entry) VALUES (?, ?)", rows)

    def waiting(self) -> list[NewEntry]:
        """Return the entries to send, in the order in which they were logged."""
        return _decode_rows(self._select(_WAITING))[0]

    def refuse_unreadable(self) -> None:
        """Mark unreadable entries as refused, so that the others can be sent."""
        unreadable = _decode_rows(self._select(_WAITING))[1]
        if unreadable:
            reason = UserError("outbox_unreadable").message
            with self._open() as connection:
                rows = [(reason, place) for place in unreadable]
                connection.executemany("UPDATE waiting SET refused = ? WHERE place = ?", rows)

    def refused(self) -> list[NewEntry]:
        """Return the entries that the server refused, which stay here."""
        return _decode_rows(self._select(_REFUSED))[0]

    def refusals(self) -> list[str]:
        """Return why entries were refused, in the order in which they were logged."""
        return [str(reason) for (reason,) in self._select(_REFUSALS)]

    def mark_refused(self, uid: str, reason: str) -> None:
        """Record that the server refused an entry, and why."""
        with self._open() as connection:
            connection.execute("UPDATE waiting SET refused = ? WHERE uid = ?", (reason, uid))

    def remove_sent(self, uids: Iterable[str]) -> None:
        """Remove entries that the server has."""
        with self._open() as connection:
            rows = [(uid,) for uid in uids]
            connection.executemany("DELETE FROM waiting WHERE uid = ?", rows)

    def remove_texts(self, wanted: Mapping[str, Collection[str]]) -> None:
        """Remove free texts of entries that stay here, by uid and field, without a trace."""
        if not self._path.exists():
            return
        update = "UPDATE waiting SET entry = ? WHERE uid = ?"
        with self._open() as connection:
            for uid, text in connection.execute("SELECT uid, entry FROM waiting").fetchall():
                fields, entry = wanted.get(uid, ()), _decode_waiting_entry(uid, text)
                if entry is None:
                    if fields:  # unreadable, so all of it is removed
                        connection.execute(update, ("", uid))
                    continue
                left = {name: text for name, text in entry.payload.items() if name not in fields}
                if left != entry.payload:
                    changed = json.dumps(encode_entry(replace(entry, payload=left)))
                    connection.execute(update, (changed, uid))
        with closing(sqlite3.connect(self._path, timeout=5)) as connection:
            connection.execute("VACUUM")

    def _select(self, query: str) -> list[tuple[Any, ...]]:
        if not self._path.exists():
            return []
        with self._open() as connection:
            return connection.execute(query).fetchall()

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


def _decode_rows(rows: Iterable[tuple[int, Any, Any]]) -> tuple[list[NewEntry], list[int]]:
    """Return the entries of rows, and the places of unreadable rows."""
    entries, unreadable = list[NewEntry](), list[int]()
    for place, uid, text in rows:
        entry = _decode_waiting_entry(uid, text)
        if entry is None:
            unreadable.append(place)
        else:
            entries.append(entry)
    return entries, unreadable


def _decode_waiting_entry(uid: Any, text: Any) -> NewEntry | None:
    """Return the waiting entry with a uid, or None if the row is damaged."""
    try:
        entry = validate_entry(decode_new_entry(parse_json_object(text)))
    except (ValueError, UserError):
        return None
    return entry if entry.uid == uid else None


class LastCopyBackend:
    """A backend that reads a copy and behaves like a server that stays unreachable.

    It keeps the right to log, but nobody can edit plans.
    """

    path = None
    stale = False
    read_only = False
    online = False

    def __init__(self, copy: Path, address: ServerAddress, role: ProjectRole) -> None:
        self.address, self.name, self.actor = address, address.name, address.user
        self.role = ProjectRole.DISPATCHER if role.may_log else ProjectRole.VIEWER
        self.header = inspect_file(copy, read_only=True, patience_s=LOCK_WAIT_S)
        self._copy = open_project_file(copy, self.header, read_only=True, patience_s=LOCK_WAIT_S)

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Return a connection to the copy."""
        return self._copy.reading()

    @contextmanager
    def writing(self, *, much: bool = False) -> Iterator[sa.Connection]:
        """Raise Disconnected."""
        raise Disconnected("server_away.known", name=self.name)
        yield

    def refresh_for_other_programs(self, project: Project, at: datetime) -> None:
        """Do nothing: the copy does not change."""

    def note_changes(self, *_: object, **_named: object) -> None:
        """Do nothing: the copy does not change."""

    def repeat_removals(self, connection: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Do nothing: the copy does not change."""

    def erase_free_pages(self) -> UserError | None:
        """Do nothing: nothing was removed from the copy."""
        return None

    def find_problems(
        self, connection: sa.Connection, meta: sa.MetaData, version: int
    ) -> Iterator[Message]:
        """Yield the problems of the copy."""
        return self._copy.find_problems(connection, meta, version)

    def describe_engine(self) -> DatabaseEngine:
        """Return the database engine of the copy."""
        return self._copy.describe_engine()

    def change_counter(self) -> int:
        """Return a constant, because the copy does not change."""
        return 0

    def list_present_desks(self) -> list[PresentDesk]:
        """Raise Disconnected."""
        raise Disconnected("server_away.known", name=self.name)

    def backup(self, path: Path, meta: sa.MetaData) -> JournalHead:
        """Copy the copy."""
        return self._copy.backup(path, meta)

    def close(self) -> None:
        """Close the copy."""
        self._copy.close()
