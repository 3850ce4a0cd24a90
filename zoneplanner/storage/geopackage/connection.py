"""One connection to a project file, and its failures told in one sentence each.

Only Python's sqlite3 touches an open project: a second SQLite library, or a plain ``open``, in
the same process would drop its locks (sqlite.org, How To Corrupt An SQLite Database, 2.2).
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from zoneplanner.errors import Damaged, StaleFile, UserError
from zoneplanner.storage.database_errors import (
    Problem,
    find_by_code,
    find_unstorable_value,
    translate_errors,
)
from zoneplanner.storage.geopackage.file_locks import FILE_GONE, FileGuard, block_checkpoint
from zoneplanner.storage.journal.hash_chain import hash_entry

LOCK_WAIT_S = 5.0
"""How long to wait for another desk or program that is writing."""
_BULK_CACHE_KB = 200_000
"""How many kilobytes of pages are kept at hand while very much is written."""


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
        self._engine = self._engine_of()

    def _engine_of(self) -> sa.Engine:
        """Return an engine of one connection."""
        return sa.create_engine(
            "sqlite://",
            creator=self._connect,
            poolclass=StaticPool,
            hide_parameters=True,
        )

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
                    raise self._stale("its locks were dropped")
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
        self._check_saved()

    @contextmanager
    def _apart(self) -> Iterator[sa.Connection]:
        """Give a connection with much room to work; what it leaves in the log is folded in."""
        engine = self._engine_of()
        try:
            with translate_sqlite_errors(self.path), engine.connect() as connection:
                connection.exec_driver_sql(f"PRAGMA cache_size=-{_BULK_CACHE_KB}")
                try:
                    yield connection
                finally:
                    with suppress(sa.exc.DBAPIError):  # what is kept is kept in the log as well
                        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            engine.dispose()

    def require_same_file(self) -> None:
        """Refuse a file that is not the one on disk any more: what is written would go nowhere."""
        problem = self._guard.find_file_problem()
        if problem == FILE_GONE:
            raise StaleFile("stale_file.gone", name=self.name)
        if problem:
            raise StaleFile("stale_file.replaced", name=self.name)
        if cut_off := self._guard.find_log_problem():
            raise self._stale(cut_off)

    def _check_saved(self) -> None:
        """Refuse to call saved what no other desk will ever see."""
        if self._guard.find_file_problem() or self._guard.find_log_problem():
            raise StaleFile("stale_file.unsaved", name=self.name)

    def _stale(self, why: str) -> StaleFile:
        return StaleFile("stale_file.cut_off", name=self.name, why=why)

    @property
    def stale(self) -> bool:
        """True where the file that is open is not the one on disk any more."""
        return bool(self._guard.find_file_problem() or self._guard.find_log_problem())

    @contextmanager
    def bare(self) -> Iterator[sa.Connection]:
        """Give the connection outside a transaction, for pragmas and VACUUM INTO."""
        with self._lock, translate_sqlite_errors(self.path), self._engine.connect() as connection:
            yield connection

    def record_log_identity(self) -> None:
        """Stop writing as soon as the log beside the file is not the one that is there now."""
        with self.bare() as connection:
            connection.exec_driver_sql("PRAGMA schema_version")  # opens the log
            self._guard.record_log_identity()

    def close(self) -> None:
        """Close the connection; the last one to close folds the log into the file."""
        with self._lock:
            self._closed = True
            with block_checkpoint(self._file) if self.stale else nullcontext():
                self._engine.dispose()

    def _connect(self) -> sqlite3.Connection:
        if self._closed:
            raise UserError("store_closed", name=self.name)
        return open_sqlite(
            self._file, self._query, patience_s=self._patience_s, read_only=self.read_only
        )


def open_sqlite(
    path: Path, query: str, *, patience_s: float, read_only: bool = False
) -> sqlite3.Connection:
    """Open a database file as the store needs it."""
    connection = sqlite3.connect(
        f"{_build_uri(path)}?{query}",
        uri=True,
        timeout=patience_s,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.create_function("journal_hash", -1, hash_entry, deterministic=True)
        trust = f"trusted_schema={int(not read_only)}"
        for pragma in ("foreign_keys=ON", trust, "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA query_only={int(read_only)}")
    except BaseException:
        connection.close()
        raise
    return connection


def _build_uri(path: Path) -> str:
    absolute = path.absolute().as_posix()
    rooted = absolute if absolute.startswith("/") else f"/{absolute}"
    return "file://" + quote(os.fsencode(rooted), safe="/:")


def translate_sqlite_errors(path: Path) -> AbstractContextManager[None]:
    """Turn failures of the file into problems with a code; bugs pass as they are."""

    def find_problem(error: BaseException | None) -> UserError | None:
        code = getattr(error, "sqlite_errorname", "") or ""
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
