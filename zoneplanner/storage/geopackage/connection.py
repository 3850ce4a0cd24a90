"""A connection to a project file, the guard of its file and lock, and the presence of desks.

Only Python's sqlite3 may touch an open project. A second SQLite library, or a plain ``open``, in
the same process would drop its locks (sqlite.org, How To Corrupt An SQLite Database, 2.2).

Changes go directly into the file, with a temporary rollback journal next to it. At rest there is
only the one file, and a copy of it contains every acknowledged entry.

SQLite does not check whether its file is still the one on disk, nor whether its lock still exists.
If the file was replaced or removed, it writes to a file that nobody will read again. If the lock is
lost (on POSIX, when this process closes any other descriptor of the file), another desk can write
at the same time. ``FileGuard`` checks both, with a stat of the file and, on Linux, a read of the
system's list of locks.

Each window that has a project file open keeps a small file next to it, renews it regularly, and
removes it when it closes. The file of a killed window does not count: its name says which process
on which machine wrote it, and on another machine it expires after half a minute. In a folder that
is not writable there are no such files, and nothing depends on them.
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
_READ_COUNT = 3
"""How often the list of locks is read: it is not a snapshot, and can miss an existing lock."""

_Identity = tuple[int, int]


class FileGuard:
    """Checks that the opened file is still in place and still locked."""

    def __init__(self, path: Path) -> None:
        self._file = path
        self._opened = _identify_file(path)

    def find_file_problem(self) -> str:
        """Return whether the opened file is ``FILE_GONE`` or replaced, or ""."""
        now = _identify_file(self._file)
        if now == self._opened:
            return ""
        return _FILE_REPLACED if now is not None else FILE_GONE

    def holds_write_lock(self) -> bool:
        """Return whether the system lists this process as the one that writes to the file."""
        if self._opened is None:
            return False
        inode = self._opened[1]
        return any(
            locked == inode and first <= _RESERVED_BYTE <= last
            for _ in range(_READ_COUNT)
            for locked, first, last in _list_own_locks()
        )


def _identify_file(path: Path) -> _Identity | None:
    """Return the identity of the file at a path, or None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_locked_by_this_process(path: Path) -> bool:
    """Return whether this process has a lock on a file, and so has it open."""
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


_SYNCHRONIZERS = {
    "OneDrive": "OneDrive",
    "Dropbox": "Dropbox",
    "Google Drive": "Google Drive",
    "GoogleDrive": "Google Drive",
    "My Drive": "Google Drive",
    "iCloud": "iCloud",
    "Mobile Documents": "iCloud",
}
"""The services that synchronize folders, by the beginning of the folder's name."""

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
    """Return whether the file's folder is known to be on another machine."""
    folder = os.path.realpath(path.absolute().parent)
    if sys.platform == "win32":
        return folder.startswith("\\\\") or _windows_drive_type(folder) == _DRIVE_REMOTE
    mounts = Path("/proc/self/mounts")
    return mounts.exists() and is_remote_mount(
        folder, mounts.read_text(encoding="utf-8", errors="replace")
    )


def find_synchronizer(path: Path) -> str:
    """Return the service that synchronizes the file's folder, by the folders' names, or ""."""
    folders = path.absolute().parent.parts
    services = (
        service
        for folder in folders
        for prefix, service in _SYNCHRONIZERS.items()
        if folder.startswith(prefix)
    )
    return next(services, "")


def is_remote_mount(folder: str, mounts: str) -> bool:
    """Return whether the deepest mount that contains ``folder`` is a network file system.

    ``mounts`` is text in the form of /proc/self/mounts: device, mount point, type, options.
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


_LOCAL_FILE = re.compile(rf"\.{HOST}-(\d+)-[0-9a-f]+\.desk$")
_RENEWED_S, _TOO_OLD_S = 10.0, 35.0


class PresenceFile:
    """This window's presence file; times are the folder's, which is the same for all desks."""

    def __init__(self, path: Path, who: PresentDesk) -> None:
        self._folder = path.absolute().parent
        self._pattern = f".{glob.escape(path.name)}.*.desk"
        window = f"{HOST}-{os.getpid()}-{secrets.token_hex(4)}"
        self._own = self._folder / f".{path.name}.{window}.desk"
        self._text = json.dumps([who.actor, who.desk, who.since.isoformat()])
        self._renewed = float("-inf")

    def look(self) -> list[PresentDesk]:
        """Renew this window's file if it is due, and return all desks, the first one first."""
        try:
            if monotonic() - self._renewed > _RENEWED_S:
                self._own.write_text(self._text, encoding="utf-8")
                self._renewed = monotonic()
            present = list(self._read(self._own.stat().st_mtime))
        except OSError:
            return []
        return sorted(present, key=lambda desk: desk.since)

    def _read(self, now: float) -> Iterator[PresentDesk]:
        for file in self._folder.glob(self._pattern):
            with suppress(OSError, ValueError):
                local = _LOCAL_FILE.search(file.name)
                killed = local is not None and is_process_gone(int(local[1]))
                if killed or now - file.stat().st_mtime > _TOO_OLD_S:
                    file.unlink()
                    continue
                match parse_json(file.read_bytes()):
                    case [str() as actor, str() as desk, str() as since]:
                        moment = datetime.fromisoformat(since)
                        if moment.tzinfo is not None:
                            yield PresentDesk(actor, desk, moment)

    def close(self) -> None:
        """Remove this window's file."""
        with suppress(OSError):
            self._own.unlink(missing_ok=True)


LOCK_WAIT_S = 5.0
"""How long to wait for another desk or program that is writing."""
_BULK_CACHE_KB = 200_000
"""The page cache in kilobytes for a large write."""
_MAX_CACHED_STATEMENTS = 500
_LOG_CHECK_S = 5.0
"""How often to try to end the write-ahead log that another program started."""


class GeoPackageConnection:
    """A project file with one open connection, used by one thread at a time.

    ``query`` is the part of SQLite's URI after the question mark, ``called`` the file's name in
    messages.
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
        self._log_checked_at = float("-inf")
        self._engine = self._create_engine()

    def _create_engine(self) -> sa.Engine:
        """Return an engine with a single connection."""
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
        """Return a connection in a read transaction."""
        with self._lock, translate_sqlite_errors(self.path), self._engine.connect() as connection:
            # in one transaction, all statements see the file as it was at the first one
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def writing(self, *, much: bool = False) -> Iterator[sa.Connection]:
        """Return a connection in one write transaction.

        With ``much`` to write, it is a separate connection, so that others can read meanwhile.
        """
        if self.read_only:
            raise UserError("read_only", name=self.path.name)
        self.require_same_file()
        with self._bulk_connection() if much else self.bare() as connection:
            # IMMEDIATE takes the write lock at once. A transaction that first reads and then writes
            # would fail without waiting if another desk wrote in between.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                reserved = self._guard.holds_write_lock()
                yield connection
                # without its lock, another desk may have written at the same time
                if reserved and not self._guard.holds_write_lock():
                    raise UserError("file_locked.lost", name=self.name)
                self._commit(connection)
            except BaseException:
                connection.rollback()
                raise
        if self._guard.find_file_problem():
            raise StaleFile("stale_file.unsaved", name=self.name)  # no other desk will ever see it

    def _commit(self, connection: sa.Connection) -> None:
        """Commit, and retry if only the sync of the folder failed.

        The change is in the file by then, so it cannot be reported as refused.
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
    def _bulk_connection(self) -> Iterator[sa.Connection]:
        """Return a separate connection that keeps its changes in memory until the commit."""
        engine = self._create_engine()
        try:
            with translate_sqlite_errors(self.path), engine.connect() as connection:
                connection.exec_driver_sql(f"PRAGMA cache_size=-{_BULK_CACHE_KB}")
                # pages written before the end would lock out all readers until then
                connection.exec_driver_sql("PRAGMA cache_spill=OFF")
                # the statement journal, for entries that a trigger refuses, would be a file in /tmp
                connection.exec_driver_sql("PRAGMA temp_store=MEMORY")
                yield connection
        finally:
            engine.dispose()

    def require_same_file(self) -> None:
        """Refuse a file that is no longer the one on disk, because writes to it would be lost."""
        problem = self._guard.find_file_problem()
        if problem == FILE_GONE:
            log = self._file.with_name(f"{self._file.name}-wal")
            template = "stale_file.log_left" if log.exists() else "stale_file.gone"
            raise StaleFile(template, name=self.name, log=log.name)
        if problem:
            raise StaleFile("stale_file.replaced", name=self.name)

    @property
    def stale(self) -> bool:
        """Whether the open file is no longer the one on disk."""
        return bool(self._guard.find_file_problem())

    @contextmanager
    def bare(self) -> Iterator[sa.Connection]:
        """Return the connection outside a transaction, for pragmas and VACUUM INTO."""
        with self._lock, translate_sqlite_errors(self.path), self._engine.connect() as connection:
            yield connection

    def end_write_ahead_log(self) -> None:
        """Merge the log of a file in write-ahead mode into the file, and end that mode.

        QGIS uses that mode, as did earlier versions of this program. SQLite allows this only while
        nobody else has the file open; until then the file is used as it is.
        """
        if self.read_only or monotonic() - self._log_checked_at < _LOG_CHECK_S:
            return
        self._log_checked_at = monotonic()
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
    """Return SQLite's dialect and the cache of compiled statements, for all files.

    By default each engine has a separate cache, and compiling the statements for each file took a
    quarter of opening a small one.
    """
    engine = sa.create_engine("sqlite://")
    engine.connect().close()  # lets the dialect inspect the SQLite library
    return engine.dialect, sa.util.LRUCache(_MAX_CACHED_STATEMENTS)


def _decode_text(stored: bytes) -> str | bytes:
    """Return a string of a file, or its bytes if it is not UTF-8, which our columns never are.

    The default decoding would fail with an error that names no row.
    """
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored


def open_sqlite(
    path: Path, query: str, *, patience_s: float, read_only: bool = False
) -> sqlite3.Connection:
    """Open a database file with the settings that the store needs."""
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
        # EXTRA: before a change is acknowledged, the removal of the rollback journal is synced too
        # secure_delete: deleted content is overwritten, so that it cannot be read in free pages
        for pragma in ("foreign_keys=ON", trust, "synchronous=EXTRA", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA query_only={int(read_only)}")
    except BaseException:
        connection.close()
        raise
    return connection


def build_file_uri(path: Path) -> str:
    """Return SQLite's URI of a file, even if its name is not valid text."""
    absolute = path.absolute().as_posix()
    rooted = absolute if absolute.startswith("/") else f"/{absolute}"
    return "file://" + quote(os.fsencode(rooted), safe="/:")


_NO_TEXT = "Could not decode to UTF-8"
"""The driver's message for invalid text, for which there is no code."""
_UNKNOWN_FORMAT = "unsupported file format"
"""SQLite's message for a damaged header, which has the same code as wrong SQL."""


def translate_sqlite_errors(path: Path) -> AbstractContextManager[None]:
    """Turn failures of the file into errors with a code; bugs are raised unchanged."""

    def find_problem(error: BaseException | None) -> UserError | None:
        code = getattr(error, "sqlite_errorname", "") or ""
        no_text = isinstance(error, UnicodeDecodeError) or (not code and _NO_TEXT in str(error))
        damaged = no_text or _UNKNOWN_FORMAT in str(error)
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
