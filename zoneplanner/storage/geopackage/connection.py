"""One connection to a project file, and its failures told in one sentence each.

Only Python's sqlite3 touches an open project: a second SQLite library, or a plain ``open``, in
the same process would drop its locks (sqlite.org, How To Corrupt An SQLite Database, 2.2).

A change goes into the file itself, with a rollback journal beside it for as long as it takes. So
at rest one file is all there is, and a copy of it holds every entry that was acknowledged.

Whether an open project file is still the one on disk, and whether our lock on it holds.

SQLite looks at neither. Where its file was replaced or taken away it goes on writing to what
nobody will read again. Where the lock is gone while it writes (any other descriptor of the file
that was closed in this process drops it, on POSIX) another desk writes at the same time.

A look costs a stat of the file, and on Linux a read of the system's list of locks.

Who has a project file open: a small file beside it for each window, renewed while it is there.

It is gone when the window is closed. One that was killed is not counted: its name says which
process of which machine it is of; where that cannot be asked it is too old after half a minute. A
folder that takes no files has none, and nobody is hindered by them.
"""

import ctypes
import glob
import json
import os
import re
import secrets
import sqlite3
import sys
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from zoneplanner.domain.clean_text import parse_json
from zoneplanner.errors import Damaged, StaleFile, UserError
from zoneplanner.staging import HOST, is_process_gone, sync_folder
from zoneplanner.storage.backend import (
    PresentDesk,
    Problem,
    find_by_code,
    find_unstorable_value,
    translate_errors,
)

_LOCK_LIST = Path("/proc/locks")
_RESERVED_BYTE = 0x4000_0001
"""The byte of the file that SQLite locks while it writes."""
FILE_GONE, _FILE_REPLACED = "gone", "replaced"
_LOOK_COUNT = 3
"""The list is no snapshot: what is missing in it once may be there."""

_Identity = tuple[int, int]


class FileGuard:
    """Knows which file was opened."""

    def __init__(self, path: Path) -> None:
        self._file = path
        self._opened = _identify_file(path)

    def find_file_problem(self) -> str:
        """Return whether the file that was opened is GONE or REPLACED, or nothing."""
        now = _identify_file(self._file)
        if now == self._opened:
            return ""
        return _FILE_REPLACED if now is not None else FILE_GONE

    def holds_write_lock(self) -> bool:
        """Whether the system lists this process as the one that writes to the file."""
        if self._opened is None:
            return False
        inode = self._opened[1]
        return any(
            at == inode and first <= _RESERVED_BYTE <= last
            for _ in range(_LOOK_COUNT)
            for at, first, last in _list_own_locks()
        )


def _identify_file(path: Path) -> _Identity | None:
    """Return what tells a file from another one at the same place; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_locked_by_this_process(path: Path) -> bool:
    """Whether the system lists a lock of this process on a file, so that it has it open."""
    found = _identify_file(path)
    return found is not None and any(inode == found[1] for inode, _, _ in _list_own_locks())


def _list_own_locks() -> Iterator[tuple[int, int, float]]:
    """Yield inode, first and last byte of each lock that the system lists for this process."""
    own = str(os.getpid())
    with suppress(OSError):
        for line in _LOCK_LIST.read_text(encoding="ascii").splitlines():
            # 3: POSIX  ADVISORY  READ 15624 fe:00:11201365 128 128
            _, kind, _, _, pid, place, first, last = line.split()[:8]
            if kind == "POSIX" and pid == own:
                end = float("inf") if last == "EOF" else int(last)
                yield int(place.rpartition(":")[2]), int(first), end


NETWORK_SHARE_NOTICE = (
    "This project is on a network share, so only one desk can have it open; several desks need a "
    "shared PostgreSQL database."
)

SYNCHRONIZED_NOTICE = (
    "This project is in a folder that {} synchronizes. Open it on one computer at a time; several "
    "desks need a shared PostgreSQL database."
)
_SYNCHRONIZERS = {
    "OneDrive": "OneDrive",
    "Dropbox": "Dropbox",
    "Google Drive": "Google Drive",
    "GoogleDrive": "Google Drive",
    "My Drive": "Google Drive",
    "iCloud": "iCloud",
    "Mobile Documents": "iCloud",
}
"""How the folders begin that services keep copies of, and whose they are."""

_REMOTE_FILE_SYSTEMS = (
    "nfs",
    "cifs",
    "smb",
    "afpfs",
    "9p",
    "ncpfs",
    "fuse.sshfs",
    "davfs",
    "fuse.davfs",
)
_DRIVE_REMOTE = 4


def is_on_network_share(path: Path) -> bool:
    """Whether the file's folder is known to be on another machine."""
    folder = os.path.realpath(path.absolute().parent)
    if sys.platform == "win32":
        return folder.startswith("\\\\") or _windows_drive_type(folder) == _DRIVE_REMOTE
    mounts = Path("/proc/self/mounts")
    return mounts.exists() and is_remote_mount(
        folder, mounts.read_text(encoding="utf-8", errors="replace")
    )


def find_synchronizer(path: Path) -> str:
    """Return which service keeps copies of the file's folder elsewhere, by the folders' names."""
    parents = path.absolute().parent.parts
    found = (
        whose for part in parents for name, whose in _SYNCHRONIZERS.items() if part.startswith(name)
    )
    return next(found, "")


def is_remote_mount(folder: str, mounts: str) -> bool:
    """Whether the deepest mount that holds ``folder`` is a network file system.

    ``mounts`` is text as in /proc/self/mounts: device, mount point, type, options.
    """
    best, kind = "", ""
    for line in mounts.splitlines():
        parts = line.split(" ")
        if len(parts) < 3:
            continue
        point = parts[1].replace("\\040", " ")
        inside = folder == point or folder.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, parts[2]
    return kind.startswith(_REMOTE_FILE_SYSTEMS)


def _windows_drive_type(folder: str) -> int:

    windll = getattr(ctypes, "windll")  # noqa: B009  (there is none on other systems)
    return int(windll.kernel32.GetDriveTypeW(os.path.splitdrive(folder)[0] + "\\"))


_OF_HERE = re.compile(rf"\.{HOST}-(\d+)-[0-9a-f]+\.desk$")
_RENEWED_S, _TOO_OLD_S = 10.0, 35.0


class PresenceFile:
    """This window beside a project file; time is that of the folder, which all desks share."""

    def __init__(self, path: Path, who: PresentDesk) -> None:
        self._folder = path.absolute().parent
        self._of_all = f".{glob.escape(path.name)}.*.desk"
        whose = f"{HOST}-{os.getpid()}-{secrets.token_hex(4)}"
        self._own = self._folder / f".{path.name}.{whose}.desk"
        self._text = json.dumps([who.actor, who.desk, who.since.isoformat()])
        self._renewed = float("-inf")

    def look(self) -> list[PresentDesk]:
        """Renew the own file if it is time, and return whose are there, the first comer first."""
        try:
            if monotonic() - self._renewed > _RENEWED_S:
                self._own.write_text(self._text, encoding="utf-8")
                self._renewed = monotonic()
            present = list(self._read(self._own.stat().st_mtime))
        except OSError:
            return []
        return sorted(present, key=lambda one: one.since)

    def _read(self, now: float) -> Iterator[PresentDesk]:
        for file in self._folder.glob(self._of_all):
            with suppress(OSError, ValueError):
                here = _OF_HERE.search(file.name)
                killed = here is not None and is_process_gone(int(here[1]))
                if killed or now - file.stat().st_mtime > _TOO_OLD_S:
                    file.unlink()
                    continue
                match parse_json(file.read_bytes()):
                    case [str() as actor, str() as desk, str() as since]:
                        at = datetime.fromisoformat(since)
                        if at.tzinfo is not None:
                            yield PresentDesk(actor, desk, at)

    def close(self) -> None:
        """Take the own file away."""
        with suppress(OSError):
            self._own.unlink(missing_ok=True)


LOCK_WAIT_S = 5.0
"""How long to wait for another desk or program that is writing."""
_BULK_CACHE_KB = 200_000
"""How many kilobytes of pages are kept at hand while very much is written."""
_MOST_STATEMENTS = 500
_LOG_LOOK_S = 5.0
"""How often it is tried to end the write-ahead log that another program began."""


class GeoPackageConnection:
    """A project file held open by one connection, used by one thread at a time.

    ``query`` is the part of SQLite's URI after the question mark; ``called`` the name in messages.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        patience_s: float = LOCK_WAIT_S,
        query: str = "mode=rw",
        called: Path | None = None,
    ) -> None:
        self.path = called or path
        self.name = self.path.name
        self.read_only = read_only
        self._file, self._guard = path, FileGuard(path)
        self._query = query
        self._patience_s = patience_s
        self._lock = threading.RLock()
        self._closed = False
        self._looked_for_log = float("-inf")
        self._engine = self._engine_of()

    def _engine_of(self) -> sa.Engine:
        """Return an engine of one connection."""
        dialect, compiled = share_statements()
        engine = sa.create_engine(
            "sqlite://",
            creator=self._connect,
            poolclass=StaticPool,
            hide_parameters=True,
            execution_options={"compiled_cache": compiled},
        )
        engine.dialect = dialect
        return engine

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one moment of the file."""
        with self._lock, translate_sqlite_errors(self.path), self._engine.connect() as connection:
            # within one transaction all statements see the file as it was at the first of them
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def writing(self, *, much: bool = False) -> Iterator[sa.Connection]:
        """Give a connection in one write transaction: kept as a whole, or not at all.

        With ``much`` to write it is one of its own, so that others go on reading meanwhile.
        """
        if self.read_only:
            raise UserError("read_only", name=self.path.name)
        self.require_same_file()
        with self._apart() if much else self.bare() as connection:
            # IMMEDIATE takes the write lock at once: a transaction that reads first and writes then
            # would fail where another desk wrote in between, without waiting for it.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                reserved = self._guard.holds_write_lock()
                yield connection
                # a lock that was dropped under way lets another desk write at the same time
                if reserved and not self._guard.holds_write_lock():
                    raise UserError("file_locked.lost", name=self.name)
                self._commit(connection)
            except BaseException:
                connection.rollback()
                raise
        if self._guard.find_file_problem():
            # what no other desk will ever see is not called saved
            raise StaleFile("stale_file.unsaved", name=self.name)

    def _commit(self, connection: sa.Connection) -> None:
        """Commit; where only the folder could not be synced after it, that is tried once more.

        The change is in the file by then, so it cannot be called refused.
        """
        try:
            connection.commit()
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlite_errorname", "") != "SQLITE_IOERR_DIR_FSYNC":
                raise
            try:
                sync_folder(self._file.absolute().parent)
            except OSError:
                raise StaleFile("stale_file.unsure", name=self.name) from None

    @contextmanager
    def _apart(self) -> Iterator[sa.Connection]:
        """Give a connection that keeps in memory what it writes, until all of it is committed."""
        engine = self._engine_of()
        try:
            with translate_sqlite_errors(self.path), engine.connect() as connection:
                connection.exec_driver_sql(f"PRAGMA cache_size=-{_BULK_CACHE_KB}")
                # pages that are written before the end would keep all readers out until then
                connection.exec_driver_sql("PRAGMA cache_spill=OFF")
                # what puts a single entry back where a trigger refuses it would be a file in /tmp
                connection.exec_driver_sql("PRAGMA temp_store=MEMORY")
                yield connection
        finally:
            engine.dispose()

    def require_same_file(self) -> None:
        """Refuse a file that is not the one on disk any more: what is written would go nowhere."""
        problem = self._guard.find_file_problem()
        if problem == FILE_GONE:
            log = self._file.with_name(f"{self._file.name}-wal")
            template = "stale_file.log_left" if log.exists() else "stale_file.gone"
            raise StaleFile(template, name=self.name, log=log.name)
        if problem:
            raise StaleFile("stale_file.replaced", name=self.name)

    @property
    def stale(self) -> bool:
        """Whether the file that is open is not the one on disk any more."""
        return bool(self._guard.find_file_problem())

    @contextmanager
    def bare(self) -> Iterator[sa.Connection]:
        """Give the connection outside a transaction, for pragmas and VACUUM INTO."""
        with self._lock, translate_sqlite_errors(self.path), self._engine.connect() as connection:
            yield connection

    def end_write_ahead_log(self) -> None:
        """Fold the log of a file that another program put into write-ahead mode, and end that.

        QGIS does so, and earlier versions of this program did. SQLite lets only the one who has
        the file open alone do it; until then the file is worked on as it is.
        """
        if self.read_only or monotonic() - self._looked_for_log < _LOG_LOOK_S:
            return
        self._looked_for_log = monotonic()
        with self.bare() as connection:
            if connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() != "wal":
                return
            connection.exec_driver_sql("PRAGMA busy_timeout=0")
            with suppress(sa.exc.OperationalError):
                connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
            connection.exec_driver_sql(f"PRAGMA busy_timeout={round(1000 * self._patience_s)}")

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._closed = True
            self._engine.dispose()

    def _connect(self) -> sqlite3.Connection:
        if self._closed:
            raise UserError("store_closed", name=self.name)
        return open_sqlite(
            self._file, self._query, patience_s=self._patience_s, read_only=self.read_only
        )


@cache
def share_statements() -> tuple[sa.Dialect, MutableMapping[Any, Any]]:
    """Return SQLite's dialect and the statements that are compiled for it, of all files together.

    An engine of ``create_engine`` has its own of both: each file compiled them anew, which was a
    quarter of opening a small one.
    """
    engine = sa.create_engine("sqlite://")
    engine.connect().close()  # the dialect looks at the library that it has
    return engine.dialect, sa.util.LRUCache(_MOST_STATEMENTS)


def _decode_text(stored: bytes) -> str | bytes:
    """Return a text of a file; what is no UTF-8 comes as bytes, which no column of ours may hold.

    Python's own reading would end in an error that names no row.
    """
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored


def open_sqlite(
    path: Path, query: str, *, patience_s: float, read_only: bool = False
) -> sqlite3.Connection:
    """Open a database file as the store needs it."""
    connection = sqlite3.connect(
        f"{build_file_uri(path)}?{query}",
        uri=True,
        timeout=patience_s,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.text_factory = _decode_text
    try:
        trust = f"trusted_schema={int(not read_only)}"
        # EXTRA: that the rollback journal is gone is on the disk too when a change is acknowledged
        # secure_delete: what is deleted is overwritten, and is not to be read in free pages
        for pragma in ("foreign_keys=ON", trust, "synchronous=EXTRA", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA query_only={int(read_only)}")
    except BaseException:
        connection.close()
        raise
    return connection


def build_file_uri(path: Path) -> str:
    """Return what SQLite calls a file by, also one whose name is no text."""
    absolute = path.absolute().as_posix()
    rooted = absolute if absolute.startswith("/") else f"/{absolute}"
    return "file://" + quote(os.fsencode(rooted), safe="/:")


_NO_TEXT = "Could not decode to UTF-8"
"""What Python's driver says of a text that is none, for which there is no code."""
_UNKNOWN_FORM = "unsupported file format"
"""What SQLite says of a damaged header, under the code that it has for wrong SQL too."""


def translate_sqlite_errors(path: Path) -> AbstractContextManager[None]:
    """Turn failures of the file into problems with a code; bugs pass as they are."""

    def find_problem(error: BaseException | None) -> UserError | None:
        code = getattr(error, "sqlite_errorname", "") or ""
        no_text = isinstance(error, UnicodeDecodeError) or (not code and _NO_TEXT in str(error))
        damaged = no_text or _UNKNOWN_FORM in str(error)
        if damaged and isinstance(error, UnicodeDecodeError | sqlite3.OperationalError):
            return Damaged("damaged", path=str(path), name=path.name)
        return find_unstorable_value(error) or find_by_code(
            _SQLITE_PROBLEMS, code, path=str(path), name=path.name
        )

    return translate_errors(find_problem, sqlite3.Error)


_SQLITE_PROBLEMS: dict[str, Problem] = {
    "SQLITE_BUSY": (UserError, "file_locked"),
    "SQLITE_LOCKED": (UserError, "file_locked"),
    "SQLITE_FULL": (UserError, "disk_full"),
    "SQLITE_IOERR": (UserError, "disk_failed"),
    "SQLITE_READONLY": (UserError, "cannot_write"),
    "SQLITE_CANTOPEN": (UserError, "cannot_open"),
    "SQLITE_PERM": (UserError, "cannot_open.denied"),
    "SQLITE_AUTH": (UserError, "cannot_open.denied"),
    "SQLITE_CORRUPT": (Damaged, "damaged"),
    "SQLITE_NOTADB": (Damaged, "damaged.not_a_database"),
    "SQLITE_CONSTRAINT_FOREIGNKEY": (UserError, "unknown_reference"),
}
