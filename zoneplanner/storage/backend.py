"""What a home of a project gives to the store: a file of one's own, or a server for all desks."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from zoneplanner.storage.records import JournalHead, VerificationFinding
from zoneplanner.storage.roles import ProjectRole


class StorageBackend(Protocol):
    """Where rows are kept. ``actor`` is who the server says one is; empty on a file."""

    @property
    def name(self) -> str:
        """What the project is called in messages."""

    @property
    def path(self) -> Path | None:
        """The file, if it is one."""

    read_only: bool
    """True where nothing may be written."""

    @property
    def stale(self) -> bool:
        """True where the open file is not the one on disk any more; see ``StaleFile``."""

    @property
    def role(self) -> ProjectRole:
        """What one may do here."""

    @property
    def actor(self) -> str:
        """Who the server says one is; empty on a file."""

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Give a connection that sees one moment of the project."""

    def writing(self, *, much: bool = False) -> AbstractContextManager[sa.Connection]:
        """Give a connection in one write transaction; with ``much`` to write, perhaps another."""

    def note_changes(
        self, connection: sa.Connection, reach: Mapping[str, Iterable[BaseGeometry]], at: datetime
    ) -> None:
        """Tell other programs which layers changed."""

    def find_problems(
        self, connection: sa.Connection, meta: sa.MetaData, version: int
    ) -> Iterator[VerificationFinding]:
        """Look for what is wrong with this kind of home."""

    def change_counter(self) -> int:
        """Return a number that changes when another desk or program has written."""

    def backup(self, path: Path, meta: sa.MetaData) -> JournalHead:
        """Write the whole project to a new file."""

    def close(self) -> None:
        """Let go of it."""
