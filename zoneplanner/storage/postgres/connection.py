"""A connection to a shared project on PostgreSQL, and the translation of its failures.

Writers take turns with one lock, as in a file, so that edits and entries are numbered in the order
in which others see them.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.pool import QueuePool

from zoneplanner.domain.clean_text import parse_json_object
from zoneplanner.errors import AccessDenied, Disconnected, UserError
from zoneplanner.storage.backend import (
    Problem,
    find_by_code,
    find_unstorable_value,
    translate_errors,
)
from zoneplanner.storage.postgres.address import LONGEST_IDENTIFIER, SERVICE_NAME, ServerAddress
from zoneplanner.storage.schema.ddl import SCHEMA_VERSION

_CONNECT_S, _SILENCE_MS, _WAIT_MS = 5, 8000, 3000
_OUR_REFUSAL = "ZP001"
"""Raised by the functions in ``postgres.sql``, with a sentence of ours as the message."""

_NEWER_VERSION = "ZP002"
_BAD_ENTRY = "ZP003"
"""Raised by ``append_entries``, with the template and its facts as JSON in the detail."""

_TAKE_WRITE_LOCK = f"""DO $$ BEGIN
    PERFORM take_turn();
    IF (SELECT value FROM app_meta WHERE key = 'schema_version') <> '{SCHEMA_VERSION}' THEN
        RAISE EXCEPTION USING ERRCODE = '{_NEWER_VERSION}', MESSAGE = 'newer';
    END IF;
END $$"""
"""Waits for other writers, then checks that nobody has migrated the project."""


class PostgresConnection:
    """A shared project with one open connection, used by one thread at a time.

    A broken connection is replaced at the next use.
    """

    def __init__(self, address: ServerAddress, *, read_only: bool = False) -> None:
        self.address = address
        self.name = address.name
        self.read_only = read_only
        self._lock = threading.RLock()
        self._own_processes: set[int] = set()
        self._is_outdated = False
        self._engine = sa.create_engine(
            "postgresql+psycopg://",
            creator=self._connect,
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            hide_parameters=True,
        )

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Return a connection in a read transaction."""
        # all statements of the transaction see the same snapshot, and nothing is locked
        with self._using(isolation_level="REPEATABLE READ", postgresql_readonly=True) as connection:
            try:
                yield connection
            finally:
                if not connection.invalidated:
                    connection.rollback()

    @contextmanager
    def writing(self, *, much: bool = False) -> Iterator[sa.Connection]:
        """Return a connection in one write transaction."""
        if self.read_only:
            raise UserError("read_only", name=self.name)
        with self.creating() as connection:
            connection.exec_driver_sql(_TAKE_WRITE_LOCK)
            yield connection

    @contextmanager
    def creating(self) -> Iterator[sa.Connection]:
        """Return a connection in one write transaction, for a server without a project yet."""
        with self._using(isolation_level="READ COMMITTED") as connection:
            try:
                yield connection
                connection.commit()
            except BaseException:
                if not connection.invalidated:
                    connection.rollback()
                raise

    @contextmanager
    def _using(self, **options: Any) -> Iterator[sa.Connection]:
        if not self.online:  # the listener is reconnecting; the window must not wait
            raise Disconnected("server_away.known", name=self.name)
        find_problem = partial(_make_user_error, name=self.name)
        with self._lock, translate_errors(find_problem, psycopg.Error):
            if self._is_outdated:
                self._is_outdated = False
                self._engine.dispose()
            with self._engine.connect() as connection:
                yield connection.execution_options(**options)

    def renew(self) -> None:
        """Reconnect at the next use, because the server was unreachable meanwhile."""
        self._is_outdated = True

    @property
    def online(self) -> bool:
        """Whether the server can be reached, as far as is known."""
        return True

    def is_own(self, process: int) -> bool:
        """Return whether a process of the server has worked for this connection."""
        return process in self._own_processes

    def _connect(self) -> psycopg.Connection[Any]:
        connection = _open_postgres(self.address)
        self._own_processes.add(connection.info.backend_pid)
        return connection

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._engine.dispose()


def _open_postgres(address: ServerAddress, desk: str = "") -> psycopg.Connection[Any]:
    """Open a connection whose search path is the project's schema, then PostGIS's."""
    connection = psycopg.connect(
        **address.connection_options(),  # type: ignore[arg-type]
        application_name=f"{address.application_prefix}{desk}"[:LONGEST_IDENTIFIER]
        if desk
        else SERVICE_NAME,
        client_encoding="utf8",
        connect_timeout=_CONNECT_S,
        tcp_user_timeout=_SILENCE_MS,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
    )
    try:
        postgis = connection.execute(
            "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
            " WHERE e.extname = 'postgis'"
        ).fetchone()
        names = (address.schema, postgis[0] if postgis else "public", "pg_temp")
        path = [sql.Identifier(name) for name in names]
        connection.execute(sql.SQL("SET search_path = {}").format(sql.SQL(", ").join(path)))
        connection.execute(sql.SQL("SET lock_timeout = {}").format(sql.Literal(_WAIT_MS)))
        connection.commit()
    except BaseException:
        connection.close()
        raise
    return connection


def _make_user_error(error: BaseException | None, name: str) -> Exception | None:
    """Return the error for a failure of the server, without any values."""
    code = getattr(error, "sqlstate", None) or ""
    problem: Exception | None = find_unstorable_value(error) or find_by_code(
        _POSTGRES_PROBLEMS, code, name=name
    )
    if problem is not None:
        return problem
    if code == _BAD_ENTRY and isinstance(error, psycopg.Error):
        return _read_entry_problem(error)
    if code == _OUR_REFUSAL and isinstance(error, psycopg.Error):
        return UserError("server_refused", said=error.diag.message_primary or "")
    if not code and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return _make_connection_error(error, name)
    if not code and isinstance(error, psycopg.DataError):  # from the driver: a NUL in a string
        return UserError("unstorable_text")
    if isinstance(error, sqlite3.Error):
        problem = None  # from the file that is being copied from or to the server
    else:  # a bug; the server's message about it may contain personal data
        problem = RuntimeError(f"PostgreSQL refused a statement ({code or type(error).__name__})")
    return problem


def _read_entry_problem(error: psycopg.Error) -> UserError:
    detail = dict[str, Any]()
    with suppress(ValueError):  # the server's administrator may have changed the function
        detail = parse_json_object(error.diag.message_detail)
    facts = {name: str(value) for name, value in detail.items()}
    template = facts.pop("template", "")
    if not template:
        return UserError("server_refused", said=error.diag.message_primary or "")
    return UserError(template, facts)


def _make_connection_error(error: psycopg.Error, name: str) -> UserError:
    """Return why there is no connection.

    libpq passes on no code of the server's answer to an attempt. It says whether a password was
    needed or used. Only the words of the answer, if they are English, show whether the password was
    wrong or the server refused for another reason. Other answers are shown unchanged.
    """
    attempt = error.pgconn
    if attempt is not None and attempt.needs_password:
        return AccessDenied("access_denied.no_password", name=name)
    if attempt is not None and attempt.used_password:
        answer = str(error).rpartition("FATAL: ")[2].strip()
        if "password" in answer or "authentication" in answer:
            return AccessDenied("access_denied", name=name)
        if "not permitted to log in" in answer:
            return AccessDenied("access_denied.locked", name=name)
        return Disconnected("server_away.refused", name=name, said=answer)
    return Disconnected("server_away", name=name)


_POSTGRES_PROBLEMS: dict[str, Problem] = {
    "28": (AccessDenied, "access_denied"),
    "3D000": (UserError, "no_database"),
    "42P01": (UserError, "no_project_there"),
    "42883": (UserError, "no_project_there"),  # a function in a schema without access
    "42501": (UserError, "role_may_not"),
    "23503": (UserError, "unknown_reference"),
    "22003": (UserError, "number_too_large"),
    "22021": (UserError, "unstorable_text"),
    "22P05": (UserError, "unstorable_text"),
    # the server accepts nothing at the moment; waiting entries are sent later
    "25006": (Disconnected, "server_away.read_only"),
    "55P03": (Disconnected, "server_away.busy"),
    "40": (Disconnected, "server_away.busy"),
    "57014": (Disconnected, "server_away.slow"),
    "53100": (Disconnected, "server_away.disk_full"),
    "58030": (Disconnected, "server_away.disk_failed"),
    _NEWER_VERSION: (Disconnected, "server_away.other_version"),
    # the connection was lost, or the server accepts no more connections
    "08": (Disconnected, "server_away"),
    "57P01": (Disconnected, "server_away"),
    "57P02": (Disconnected, "server_away"),
    "57P03": (Disconnected, "server_away"),
    "53300": (Disconnected, "server_away"),
}

_POLL_S, _RETRY_S, _MIN_INTERVAL_S = 0.2, 1.0, 0.05
_SELECT_STATE = """
    SELECT (SELECT max(seq) FROM edit), (SELECT max(seq) FROM journal_entry),
        (SELECT max(number) FROM row_change)
"""


class NotificationListener:
    """A separate connection that waits for notifications from other desks, and reconnects.

    ``notification_count`` grows with each change, and with each reconnection, because notifications
    may have been missed. ``online`` says whether the server was reachable a moment ago.
    """

    def __init__(
        self,
        address: ServerAddress,
        desk: str,
        *,
        is_own: Callable[[int], bool],
        on_back: Callable[[], None],
    ) -> None:
        self.notification_count = 0
        self.online = True
        self._address, self._desk = address, desk
        self._is_own, self._on_back = is_own, on_back
        self._ended = threading.Event()
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listening", daemon=True)
        self._thread.start()
        self._begun.wait(_RETRY_S)

    def close(self) -> None:
        """Stop listening, so that other desks no longer see this one."""
        self._ended.set()
        self._thread.join(_RETRY_S)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                with _open_postgres(self._address, self._desk) as connection:
                    self._listen(connection)
            except (psycopg.Error, OSError):
                self.online = False
                self._begun.set()
                self._ended.wait(_RETRY_S)

    def _listen(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        connection.autocommit = True
        channel = sql.Identifier(self._address.schema)
        connection.execute(sql.SQL("LISTEN {}").format(channel))
        if not self.online:
            self._on_back()
        self.online = True
        self.notification_count += 1
        self._begun.set()
        state = None
        while not self._ended.is_set():
            notifications = list(connection.notifies(timeout=_POLL_S, stop_after=1))
            notifications += list(connection.notifies(timeout=0))
            if any(not self._is_own(each.pid) for each in notifications):
                # anybody who can log in can send notifications, so the state is read, not too often
                new_state = connection.execute(_SELECT_STATE).fetchone()
                self.notification_count += new_state != state
                state = new_state
                self._ended.wait(_MIN_INTERVAL_S)
            if not notifications:
                connection.execute("SELECT 1")  # fails at once if the server is unreachable
