"""A desk's last copy of a shared project in place of its server, while that is away."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.project import Project
from zoneplanner.domain.roles import ProjectRole
from zoneplanner.errors import Disconnected
from zoneplanner.storage.geopackage.backend import inspect_file, open_project_file
from zoneplanner.storage.geopackage.connection import LOCK_WAIT_S
from zoneplanner.storage.postgres.address import ServerAddress
from zoneplanner.storage.records import (
    DatabaseEngine,
    JournalHead,
    PresentDesk,
    VerificationFinding,
)


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

    def note_changes(
        self,
        connection: sa.Connection,
        reach: Mapping[str, Iterable[BaseGeometry]],
        at: datetime,
        *,
        plans_of: Project | None = None,
    ) -> None:
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
