"""One connection to a shared project on PostgreSQL, and its failures told in one sentence each.

Writers take turns on one lock, as on a file, so that edits and entries are numbered in the order
in which others see them.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.pool import QueuePool

from zoneplanner.errors import AccessDenied, Disconnected, UserError
from zoneplanner.storage.postgres.address import LONGEST_IDENTIFIER, SERVICE_NAME, ServerAddress
from zoneplanner.storage.schema.ddl import SCHEMA_VERSION

_CONNECT_S, _SILENCE_MS, _WAIT_MS = 5, 8000, 3000
_OUR_REFUSAL = "ZP001"
"""What the functions of ``postgres.sql`` raise; their text is a sentence of ours."""

_NEWER_VERSION = "ZP002"
_TAKE_WRITE_LOCK = f"""DO $$ BEGIN
    PERFORM pg_advisory_xact_lock('journal_entry'::regclass::oid::bigint);
    IF (SELECT value FROM app_meta WHERE key = 'schema_version') <> '{SCHEMA_VERSION}' THEN
        RAISE EXCEPTION USING ERRCODE = '{_NEWER_VERSION}', MESSAGE = 'newer';
    END IF;
END $$"""
"""Wait for the other writers, then see that nobody brought the project to a later version."""


class PostgresConnection:
    """A shared project held open by one connection, used by one thread at a time.

    A connection that breaks is made anew by the next use.
    """

    def __init__(self, address: ServerAddress, *, read_only: bool = False) -> None:
        self.address = address
        self.name = address.name
        self.read_only = read_only
        self._lock = threading.RLock()
        self._own: set[int] = set()
        self._worn = False
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
        """Give a connection that sees one moment of the project."""
        with self._using(isolation_level="REPEATABLE READ", postgresql_readonly=True) as connection:
            try:
                yield connection
            finally:
                if not connection.invalidated:
                    connection.rollback()

    @contextmanager
    def writing(self, *, much: bool = False) -> Iterator[sa.Connection]:
        """Give a connection in one write transaction: kept as a whole, or not at all."""
        if self.read_only:
            raise UserError(
                f"“{self.name}” is open for reading only; open it for writing to change it.",
                code="read_only",
            )
        with self.laying() as connection:
            connection.exec_driver_sql(_TAKE_WRITE_LOCK)
            yield connection

    @contextmanager
    def laying(self) -> Iterator[sa.Connection]:
        """Give a connection in one write transaction where there is no project yet."""
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
        if not self.online:  # somebody waits for it already; the window does not
            raise Disconnected(
                f"“{self.name}” cannot be reached now and nothing was changed there; "
                f"do it again once the server is back."
            )
        with self._lock, _translate_postgres_errors(self.name):
            if self._worn:
                self._worn = False
                self._engine.dispose()
            with self._engine.connect() as connection:
                yield connection.execution_options(**options)

    def renew(self) -> None:
        """Use another connection from now on: the one at hand is of before the server was away."""
        self._worn = True

    @property
    def online(self) -> bool:
        """False where it is known that the server cannot be reached now."""
        return True

    def is_own(self, process: int) -> bool:
        """True for the number of a process of the server that has worked for this connection."""
        return process in self._own

    def _connect(self) -> psycopg.Connection[Any]:
        connection = _open_postgres(self.address)
        self._own.add(connection.info.backend_pid)
        return connection

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._engine.dispose()


def _open_postgres(address: ServerAddress, desk: str = "") -> psycopg.Connection[Any]:
    """Open a connection that sees the project's schema first, then where PostGIS is."""
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
        found = connection.execute(
            "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
            " WHERE e.extname = 'postgis'"
        ).fetchone()
        names = (address.schema, found[0] if found else "public", "pg_temp")
        path = [sql.Identifier(name) for name in names]
        connection.execute(sql.SQL("SET search_path = {}").format(sql.SQL(", ").join(path)))
        connection.execute(sql.SQL("SET lock_timeout = {}").format(sql.Literal(_WAIT_MS)))
        connection.commit()
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def _translate_postgres_errors(name: str) -> Iterator[None]:
    """Turn failures of the server into one clear sentence that shows no value; bugs pass."""
    try:
        yield
    except sa.exc.StatementError as error:
        cause = error.orig
        if isinstance(cause, UserError):
            raise cause from None
        raise _make_user_error(cause, name) from None
    except psycopg.Error as error:
        raise _make_user_error(error, name) from None
    except UnicodeEncodeError:
        raise UserError(_POSTGRES_SENTENCES["22021"]) from None
    except OverflowError:
        raise UserError(_POSTGRES_SENTENCES["22003"]) from None


def _make_user_error(error: BaseException | None, name: str) -> Exception:
    code = getattr(error, "sqlstate", None) or ""
    if code == _OUR_REFUSAL and isinstance(error, psycopg.Error):
        return UserError(error.diag.message_primary or "Refused by the server.")
    if code.startswith("28"):
        return AccessDenied(_DENIED.format(name=name), {"server said": code})
    for sentences, kind in ((_RETRY_SENTENCES, Disconnected), (_POSTGRES_SENTENCES, UserError)):
        for start, sentence in sentences.items():
            if code.startswith(start):
                return kind(sentence.format(name=name), {"server said": code})
    if _is_connection_lost(error, code):
        return _make_connection_error(str(error), name)
    if "NUL" in str(error):
        return UserError(_POSTGRES_SENTENCES["22021"])
    # anything else is a bug; what the server says about it may hold personal data
    return RuntimeError(f"PostgreSQL refused a statement ({code or type(error).__name__})")


def _make_connection_error(text: str, name: str) -> UserError:
    if "no password supplied" in text:
        return AccessDenied(f"“{name}” asks for a password, and none is kept for it on this desk.")
    if "password" in text or "authentication" in text:
        return AccessDenied(_DENIED.format(name=name))
    if "pg_hba" in text:
        return UserError(
            f"“{name}” takes no connection from this desk under this name; "
            f"ask whoever runs the server."
        )
    reason = "its certificate was not accepted; " if "certificate" in text else ""
    if "not support SSL" in text:
        reason = "it does not encrypt; "
    return Disconnected(f"“{name}” cannot be reached ({reason}check the network and the server).")


def _is_connection_lost(error: BaseException | None, code: str) -> bool:
    gone = code.startswith("08") or code in ("57P01", "57P02", "57P03", "53300")
    return gone or (
        not code and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    )


_DENIED = (
    "“{name}” does not let you in; check the name and the password, which may be that of the "
    "keyring or .pgpass."
)

_POSTGRES_SENTENCES = {
    "3D000": "There is no such database: “{name}”; check the address, or share a project there.",
    "42P01": "“{name}” holds no project that you may see; "
    "check the address, or ask its owner for a role.",
    "42501": "Your role in “{name}” may not do that; ask its owner for another role.",
    "23503": "The change cannot be saved: it names a site, block, zone, plan or entry "
    "that “{name}” does not hold.",
    "22003": "A number is too large to be stored; check it.",
    "22021": "A text holds characters that cannot be stored; type it again.",
    "22P05": "A text holds characters that cannot be stored; type it again.",
}

_RETRY_SENTENCES = {
    "25006": "“{name}” takes no changes now (the server is read-only); try again later.",
    "55P03": "“{name}” is busy with another desk; try again.",
    "40": "“{name}” is busy with another desk; try again.",
    "57014": "“{name}” took too long to answer; try again.",
    "53100": "The disk of the server is full and nothing was changed in “{name}”; "
    "tell whoever runs it, and try again.",
    _NEWER_VERSION: "“{name}” was brought to another version by its owner; "
    "open it again with the version of this program that they use.",
    "58030": "The server could not read or write its disk and nothing was changed in “{name}”; "
    "tell whoever runs it, and try again.",
}
"""The server is there and takes nothing now: what waits is tried again."""

_TURN_S, _AGAIN_S = 0.2, 1.0


class NotificationListener:
    """A connection of its own that waits for word of other desks, made anew when it breaks.

    ``heard`` grows with each word, and when the connection is back, since words may have been
    missed. ``online`` tells whether the server was there a moment ago.
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
        self._begun.wait(_AGAIN_S)

    def close(self) -> None:
        """Stop listening; other desks see that this one is gone."""
        self._ended.set()
        self._thread.join(_AGAIN_S)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                with _open_postgres(self._address, self._desk) as connection:
                    self._listen(connection)
            except (psycopg.Error, OSError):
                self.online = False
                self._begun.set()
                self._ended.wait(_AGAIN_S)

    def _listen(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        connection.autocommit = True
        channel = sql.Identifier(self._address.schema)
        connection.execute(sql.SQL("LISTEN {}").format(channel))
        if not self.online:
            self._on_back()
        self.online = True
        self.notification_count += 1
        self._begun.set()
        while not self._ended.is_set():
            words = list(connection.notifies(timeout=_TURN_S, stop_after=1))
            self.notification_count += len([word for word in words if not self._is_own(word.pid)])
            if not words:
                connection.execute("SELECT 1")  # a server that is gone is noticed, not waited for
