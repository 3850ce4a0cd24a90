"""The interface between the store and its backends (a file, or a server), and their values.

Database failures are translated to errors with facts, by the codes of SQLite and PostgreSQL.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from zoneplanner.domain.calendar.local_time import write_in_utc
from zoneplanner.domain.edits import EditKind
from zoneplanner.domain.project import Project
from zoneplanner.domain.roles import ProjectRole
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.storage.schema.ddl import SCHEMA_VERSION

if TYPE_CHECKING:
    import sqlalchemy as sa
    from shapely.geometry.base import BaseGeometry

StoredRow = dict[str, Any]
StoredRows = Iterable[Mapping[str, Any]]


def format_stored_time(moment: datetime) -> str:
    """Write a datetime as ISO 8601 in UTC. Raises a ValueError if it has no zone (a bug)."""
    if moment.tzinfo is None:
        raise ValueError("the program passed a time without a time zone")
    return write_in_utc(moment)


def ignore_progress(fraction: float, text: Message | str) -> None:
    """Ignore a progress report."""


def _leave_row(table: str, row: Mapping[str, Any]) -> tuple[str, StoredRow]:
    return table, dict(row)


class VersionUpgrade(NamedTuple):
    """The differences between a schema version and the next one.

    ``added`` are the new columns by table, with their values for existing rows.
    ``replacement_queries`` are by table queries over an earlier file that give all columns of its
    rows, if the table itself does not. ``upgrade_row`` converts a row in a saved edit.
    """

    added: Mapping[str, StoredRow] = {}
    replacement_queries: Mapping[str, str] = {}
    upgrade_row: Callable[[str, Mapping[str, Any]], tuple[str, StoredRow]] = _leave_row


class JournalHead(NamedTuple):
    """The head of a chain: the number of entries, and the hash of the last one.

    Printed on a report or stored with a backup, it shows later whether the tail was cut off.
    """

    entries: int
    hash: str


RowValues = Mapping[str, Any]
"""The columns of a row, by name."""
ProvenRows = Mapping[tuple[str, int], RowValues]
"""Rows that match their hashes, by table and number."""


class ExternalChange(NamedTuple):
    """A row that differs from what our edits left.

    ``before`` is what our edits left and ``after`` what the table contains, in the form of edits'
    rows, or None if there is no row. ``place`` is the row's ``fid``; a row with a ``place`` but no
    ``after`` cannot be read. ``marked`` means that our triggers saw another program change the
    table; otherwise the file was damaged, or changed behind the triggers.
    """

    table: str
    key: tuple[Any, ...]
    before: StoredRow | None
    after: StoredRow | None
    place: int | None
    marked: bool


class EntryAge(NamedTuple):
    """The age of some journal entries: their number, the first time, the number before a day."""

    entries: int
    first: datetime | None
    passed: int


class UnreadableEntry(NamedTuple):
    """A journal entry that cannot be read, so it is in no list and no figure.

    ``field`` is the unreadable field. ``quarantined`` means that the owner logged a note about it.
    """

    seq: int
    uid: str
    kind: str
    field: str
    quarantined: bool = False


class EditRecord(NamedTuple):
    """One saved edit of the project.

    ``step`` is the project's position in its history after the edit: a new position, or an
    existing one if it was a ``jump`` (undo, redo). ``plan`` is the uid of the plan on screen.
    """

    seq: int
    label: str
    actor: str
    at: datetime
    step: int
    jump: bool
    plan: str | None
    kind: EditKind
    hash: str


class OutboxCounts(NamedTuple):
    """The numbers of entries that wait on this desk for a server, and that the server refused."""

    to_send: int
    refused: int


class PresentDesk(NamedTuple):
    """A desk that has a project open: the person, the desk's name, and since when."""

    actor: str
    desk: str
    since: datetime


class DatabaseEngine(NamedTuple):
    """The database of the open project; ``journal_mode`` is SQLite's, or "" on a server."""

    name: str
    version: str
    journal_mode: str

    @property
    def message(self) -> Message:
        """The engine in a few words."""
        code = "database_engine.file" if self.journal_mode else "database_engine"
        return Message(code, **self._asdict())


class DamagedRow(NamedTuple):
    """A row of the journal or of the edit history that contradicts its chain, by number.

    ``expected_hash`` is the hash that the chain requires or "" if unknown. ``stored`` are the row's
    columns, or None if the row is missing.
    """

    table: str
    seq: int
    expected_hash: str
    stored: RowValues | None

    @property
    def key(self) -> tuple[str, int]:
        """The row's table and number."""
        return self.table, self.seq


class Verification(NamedTuple):
    """The result of a verification.

    The codes of ``findings`` are database, schema, registers, edits, rows, chain, unreadable,
    anchor, aggregates and attachment. ``head`` is the hash of the last journal entry, and ``edits``
    the head of the edit history.
    """

    ok: bool
    entries: int
    head: str
    findings: tuple[Message, ...]
    edits: JournalHead


HEADER_KEYS = ("schema_version", "min_reader_version", "project_crs")
"""The keys of ``app_meta`` that are read before the project is opened."""


@dataclass(frozen=True, slots=True)
class ProjectHeader:
    """A project's CRS and versions, and the query string with which SQLite opens its file."""

    crs: str
    schema_version: int
    min_reader_version: int
    query: str = ""
    shared_to: str = ""
    """The address of the server that a file's project was moved to, or ""."""
    shared_on: str = ""

    @property
    def needs_migration(self) -> bool:
        """Whether the file must be migrated before it is written."""
        return self.schema_version < SCHEMA_VERSION


def make_header(
    values: Mapping[str, str], name: str, *, read_only: bool, query: str = ""
) -> ProjectHeader:
    """Return the header of a project from its ``app_meta``.

    Raises
    ------
    UserError
        A version is missing or invalid, or the project requires a newer program.
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
    """The database of a project: a file or a server."""

    @property
    def name(self) -> str:
        """The project's name in messages."""

    @property
    def path(self) -> Path | None:
        """The project's file, or None on a server."""

    read_only: bool
    """Whether nothing may be written."""

    @property
    def stale(self) -> bool:
        """Whether the open file is no longer the one on disk; see ``StaleFile``."""

    @property
    def role(self) -> ProjectRole:
        """The role of the person who opened the project."""

    @property
    def actor(self) -> str:
        """The person according to the server, or "" for a file."""

    def reading(self) -> "AbstractContextManager[sa.Connection]":
        """Return a connection in a read transaction, which sees one state of the project."""

    def writing(self, *, much: bool = False) -> "AbstractContextManager[sa.Connection]":
        """Return a connection in one write transaction; ``much`` announces a large one."""

    def note_changes(
        self,
        connection: "sa.Connection",
        reach: "Mapping[str, Iterable[BaseGeometry]]",
        at: datetime,
        *,
        plans_of: Project | None = None,
    ) -> None:
        """Update the metadata of changed layers for other programs.

        ``reach`` has the new shapes by table, in the project's meters. ``plans_of`` is the project
        if plans or zones changed.
        """

    def refresh_for_other_programs(self, project: Project, at: datetime) -> None:
        """Update a file's views, styles and QGIS project to this program's version."""

    def repeat_removals(
        self, connection: "sa.Connection", rows: Iterable[Mapping[str, Any]]
    ) -> None:
        """Remove the texts of entries also in older copies of the project on the server."""

    def erase_free_pages(self) -> UserError | None:
        """Rewrite the project without removed content; return why if that is not possible."""

    def find_problems(
        self, connection: "sa.Connection", meta: "sa.MetaData", version: int
    ) -> Iterator[Message]:
        """Yield the problems that only this kind of backend can have."""

    def describe_engine(self) -> DatabaseEngine:
        """Return the project's database engine."""

    def change_counter(self) -> int:
        """Return a number that changes when another desk or program has written."""

    def backup(self, path: Path, meta: "sa.MetaData") -> JournalHead:
        """Write the whole project to a new file."""

    def close(self) -> None:
        """Close the project."""


Problem = tuple[type[UserError], str]
"""The class of an error, and its template."""


@contextmanager
def translate_errors(
    find_problem: Callable[[BaseException | None], Exception | None], *driver: type[Exception]
) -> Iterator[None]:
    """Raise the error that ``find_problem`` returns for a failure; if None, the failure is a bug.

    ``driver`` are the exceptions of the database driver, if it is used without SQLAlchemy. The
    failure is not chained as the cause, because its text may contain values that belong in no log.
    """
    from sqlalchemy.exc import StatementError

    failures: tuple[type[Exception], ...] = (StatementError, UnicodeError, OverflowError, *driver)
    try:
        yield
    except failures as error:
        cause = error.orig if isinstance(error, StatementError) else error
        if isinstance(cause, UserError):  # raised while a value was bound
            raise cause from None
        problem = find_problem(cause)
        if problem is None:
            raise
        raise problem from None


def find_by_code(problems: Mapping[str, Problem], code: str, **facts: str) -> UserError | None:
    """Return the error for a database's code; the keys of ``problems`` are prefixes of codes."""
    for start, (kind, template) in problems.items():
        if code.startswith(start):
            return kind(template, {"database_code": code, **facts})
    return None


def find_unstorable_value(error: BaseException | None) -> UserError | None:
    """Return the error for a value that Python could not pass to the database."""
    if isinstance(error, UnicodeEncodeError):
        return UserError("unstorable_text")
    return UserError("number_too_large") if isinstance(error, OverflowError) else None
