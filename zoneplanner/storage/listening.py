"""Hear of what other desks write to a shared project, and notice when the server is gone."""

import threading
from collections.abc import Callable

import psycopg
from psycopg import sql

from zoneplanner.storage.address import ServerAddress
from zoneplanner.storage.server import open_postgres

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
        self.heard = 0
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
                with open_postgres(self._address, self._desk) as connection:
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
        self.heard += 1
        self._begun.set()
        while not self._ended.is_set():
            words = list(connection.notifies(timeout=_TURN_S, stop_after=1))
            self.heard += len([word for word in words if not self._is_own(word.pid)])
            if not words:
                connection.execute("SELECT 1")  # a server that is gone is noticed, not waited for
