"""Entries that wait on this desk until the server of a shared project is back.

They are in a small database of their own, so that what was acknowledged survives a kill, and
several windows of one desk may share it.

A desk's last copy of a shared project in place of its server, while that is away.
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
from zoneplanner.staging import make_private_file, make_private_folder
from zoneplanner.storage.backend import (
    DatabaseEngine,
    JournalHead,
    PresentDesk,
    VerificationFinding,
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
        return _decode_rows(self._select(_WAITING))[0]

    def refuse_unreadable(self) -> None:
        """Refuse the entries that cannot be read any more, so that the others go."""
        unreadable = _decode_rows(self._select(_WAITING))[1]
        if unreadable:
            why = UserError("outbox_unreadable").message
            with self._open() as connection:
                rows = [(why, place) for place in unreadable]
                connection.executemany("UPDATE waiting SET refused = ? WHERE place = ?", rows)

    def refused(self) -> list[NewEntry]:
        """Return the entries that the server would not take; they stay here."""
        return _decode_rows(self._select(_REFUSED))[0]

    def refusals(self) -> list[str]:
        """Return why entries were not taken, in the order they were logged."""
        return [str(why) for (why,) in self._select(_REFUSALS)]

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
                fields, entry = wanted.get(uid, ()), _decode_waiting_entry(uid, text)
                if entry is None:
                    if fields:  # nobody can tell what of it is to go
                        connection.execute("UPDATE waiting SET entry = '' WHERE uid = ?", (uid,))
                    continue
                left = {name: one for name, one in entry.payload.items() if name not in fields}
                if left != entry.payload:
                    changed = json.dumps(encode_entry(replace(entry, payload=left)))
                    row = (changed, uid)
                    connection.execute("UPDATE waiting SET entry = ? WHERE uid = ?", row)
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
    """Return the entries of rows, and the places of those that cannot be read."""
    found, unreadable = list[NewEntry](), list[int]()
    for place, uid, text in rows:
        entry = _decode_waiting_entry(uid, text)
        if entry is None:
            unreadable.append(place)
        else:
            found.append(entry)
    return found, unreadable


def _decode_waiting_entry(uid: Any, text: Any) -> NewEntry | None:
    """Return the entry that waits under a uid; None where the row was damaged."""
    try:
        entry = validate_entry(decode_new_entry(parse_json_object(text)))
    except (ValueError, UserError):
        return None
    return entry if entry.uid == uid else None


class LastCopyBackend:
    """Reads a copy and writes nothing, as a server does that went away; it never comes back.

    Who had no right to log there has none here. Plans are not changed here by anybody.
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
        """Give a connection to the copy."""
        return self._copy.reading()

    @contextmanager
    def writing(self, *, much: bool = False) -> Iterator[sa.Connection]:
        """Say that the server is away."""
        raise Disconnected("server_away.known", name=self.name)
        yield

    def refresh_for_other_programs(self, project: Project, at: datetime) -> None:
        """Do nothing: the project for QGIS is in a file."""

    def note_changes(self, *_: object, **_named: object) -> None:
        """There are none."""

    def repeat_removals(self, connection: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Nothing is removed here."""

    def erase_free_pages(self) -> str:
        """Nothing was removed here."""
        return ""

    def find_problems(
        self, connection: sa.Connection, meta: sa.MetaData, version: int
    ) -> Iterator[VerificationFinding]:
        """Look for what is wrong with the copy."""
        return self._copy.find_problems(connection, meta, version)

    def describe_engine(self) -> DatabaseEngine:
        """Return what reads the copy."""
        return self._copy.describe_engine()

    def change_counter(self) -> int:
        """Return always the same: nobody writes here."""
        return 0

    def list_present_desks(self) -> list[PresentDesk]:
        """Say that the server is away."""
        raise Disconnected("server_away.known", name=self.name)

    def backup(self, path: Path, meta: sa.MetaData) -> JournalHead:
        """Copy the copy."""
        return self._copy.backup(path, meta)

    def close(self) -> None:
        """Let go of it."""
        self._copy.close()
