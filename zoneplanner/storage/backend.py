"""What a backend gives to the store: a file of one's own, or a server for all desks.

Failures of a database as problems with facts, by the codes of SQLite and PostgreSQL.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.project import Project
from zoneplanner.domain.roles import ProjectRole
from zoneplanner.errors import UserError
from zoneplanner.storage.records import DatabaseEngine, JournalHead, VerificationFinding
from zoneplanner.storage.schema.ddl import SCHEMA_VERSION

HEADER_KEYS = ("schema_version", "min_reader_version", "project_crs")
"""What of ``app_meta`` is read before the project is opened."""


@dataclass(frozen=True, slots=True)
class ProjectHeader:
    """What a look at a project gave: its CRS, its versions, and how SQLite is to open its file."""

    crs: str
    schema_version: int
    min_reader_version: int
    query: str = ""
    shared_to: str = ""
    """The address where the project of a file lives since it was shared, if it was."""
    shared_on: str = ""

    @property
    def needs_migration(self) -> bool:
        """True where the file must be brought to the present version before it is written."""
        return self.schema_version < SCHEMA_VERSION


def make_header(
    values: Mapping[str, str], name: str, *, read_only: bool, query: str = ""
) -> ProjectHeader:
    """Return the header of a project from its ``app_meta``.

    Raises
    ------
    UserError
        A version is missing or no number, or a newer program made the project than may open it.
    """
    texts = [values.get(key, "") for key in HEADER_KEYS[:2]]
    if not all(re.fullmatch("0*[1-9][0-9]{0,5}", text) for text in texts):
        raise UserError("damaged.no_version", name=name)
    version, reader = map(int, texts)
    facts = {"name": name, "schema_version": version, "min_reader_version": reader}
    if reader > SCHEMA_VERSION:
        raise UserError("newer_version", facts)
    if version > SCHEMA_VERSION and not read_only:
        raise UserError("newer_version.read_only", facts, opens="for reading only")
    return ProjectHeader(
        values["project_crs"],
        version,
        reader,
        query=query,
        shared_to=values.get("shared_to", ""),
        shared_on=values.get("shared_on", ""),
    )


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
        self,
        connection: sa.Connection,
        reach: Mapping[str, Iterable[BaseGeometry]],
        at: datetime,
        *,
        plans_of: Project | None = None,
    ) -> None:
        """Tell other programs which layers changed; ``plans_of`` where plans or zones did."""

    def refresh_for_other_programs(self, project: Project, at: datetime) -> None:
        """Let a file's views, styles and project for QGIS be as this program makes them."""

    def repeat_removals(self, connection: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write entries whose text was removed also where the project is kept as it was before."""

    def erase_free_pages(self) -> str:
        """Write the project anew without what was removed; say why where that is not possible."""

    def find_problems(
        self, connection: sa.Connection, meta: sa.MetaData, version: int
    ) -> Iterator[VerificationFinding]:
        """Look for what is wrong with this kind of backend."""

    def describe_engine(self) -> DatabaseEngine:
        """Return which database reads and writes the project, and how."""

    def change_counter(self) -> int:
        """Return a number that changes when another desk or program has written."""

    def backup(self, path: Path, meta: sa.MetaData) -> JournalHead:
        """Write the whole project to a new file."""

    def close(self) -> None:
        """Let go of it."""


Problem = tuple[type[UserError], str]
"""The class of an error and its template."""


@contextmanager
def translate_errors(
    find_problem: Callable[[BaseException | None], Exception | None], *own: type[Exception]
) -> Iterator[None]:
    """Raise what ``find_problem`` makes of a failure; where it makes nothing, the failure is a bug.

    ``own`` are the exceptions of the driver, where it is used without SQLAlchemy. The failure
    itself is not the cause of the problem: its text may hold values, which belong in no log.
    """
    failures: tuple[type[Exception], ...] = (
        sa.exc.StatementError,
        UnicodeError,
        OverflowError,
        *own,
    )
    try:
        yield
    except failures as error:
        cause = error.orig if isinstance(error, sa.exc.StatementError) else error
        if isinstance(cause, UserError):  # a value was refused while it was bound
            raise cause from None
        problem = find_problem(cause)
        if problem is None:
            raise
        raise problem from None


def find_by_code(problems: Mapping[str, Problem], code: str, **facts: str) -> UserError | None:
    """Return the problem of a database's code, which ``problems`` name by how it begins."""
    for start, (kind, template) in problems.items():
        if code.startswith(start):
            return kind(template, {"database_code": code, **facts})
    return None


def find_unstorable_value(error: BaseException | None) -> UserError | None:
    """Return the problem of a value that Python could not hand to the database."""
    if isinstance(error, UnicodeEncodeError):
        return UserError("unstorable_text")
    return UserError("number_too_large") if isinstance(error, OverflowError) else None
