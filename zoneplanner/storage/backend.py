"""What a backend gives to the store: a file of one's own, or a server for all desks.

Failures of a database as problems with facts, by the codes of SQLite and PostgreSQL.

Values of the store: rows and how they are written, and what it tells of itself.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from zoneplanner.domain.calendar.local_time import write_in_utc
from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.project import Project
from zoneplanner.domain.roles import ProjectRole
from zoneplanner.errors import UserError
from zoneplanner.storage.schema.ddl import SCHEMA_VERSION

if TYPE_CHECKING:
    import sqlalchemy as sa
    from shapely.geometry.base import BaseGeometry

StoredRow = dict[str, Any]
StoredRows = Iterable[Mapping[str, Any]]


def format_stored_time(moment: datetime) -> str:
    """Write a moment as ISO 8601 text in UTC; one without a zone is a ValueError (a bug)."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone came from within the program")
    return write_in_utc(moment)


def ignore_progress(fraction: float, text: str) -> None:
    """Take a report that nobody asked for."""


def _keep_row(table: str, row: Mapping[str, Any]) -> tuple[str, StoredRow]:
    """Return the table and the columns of a row of an edit where they are as they were."""
    return table, dict(row)


class VersionUpgrade(NamedTuple):
    """What a schema version had otherwise than the one after it.

    ``added``: by table the columns that came, with what they hold for rows made before.
    ``shown``: by table the query over an earlier file that gives all columns of its rows, where
    that is not the table itself. ``present``: how a row that a saved edit holds reads after it.
    """

    added: Mapping[str, StoredRow] = {}
    replacement_queries: Mapping[str, str] = {}
    upgrade_row: Callable[[str, Mapping[str, Any]], tuple[str, StoredRow]] = _keep_row


class JournalHead(NamedTuple):
    """The journal's anchor: how many entries there are, and the hash of the last one.

    Printed beside a report or kept with a backup, it shows later whether the tail was cut.
    """

    entries: int
    hash: str


RowValues = Mapping[str, Any]
"""The columns of a row by their names."""
ProvenRows = Mapping[tuple[str, int], RowValues]
"""Rows that their hashes prove, by table and number."""


class ExternalChange(NamedTuple):
    """A row that is not as our edits left it.

    ``before`` is what they left and ``after`` what is there, both as an edit holds rows and None
    where there is none; ``place`` is the row's ``fid``: with it and no ``after`` the row cannot be
    read. ``marked`` where our triggers saw another
    program at its table: else the file was damaged, or changed behind them.
    """

    table: str
    key: tuple[Any, ...]
    before: StoredRow | None
    after: StoredRow | None
    place: int | None
    marked: bool


class EntryAge(NamedTuple):
    """How old some entries of the journal are: their number, the first, and those before a day."""

    entries: int
    first: datetime | None
    passed: int


class UnreadableEntry(NamedTuple):
    """An entry of the journal that cannot be read, and so is in no list and no figure.

    ``field`` is what cannot be read; ``quarantined`` where the owner took note of it, by an entry.
    """

    seq: int
    uid: str
    kind: str
    field: str
    quarantined: bool = False


class EditRecord(NamedTuple):
    """One saved edit of the project.

    ``step`` is where the project stands in its history after it: a new place, or where ``jump``
    is set one that is there already (undo, redo). ``plan`` is the uid of the plan on screen.
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
    """Entries on this desk that a shared project's server does not have: to be sent, refused."""

    to_send: int
    refused: int


class PresentDesk(NamedTuple):
    """A desk that has a shared project open: who sits there, its name, and since when."""

    actor: str
    desk: str
    since: datetime


class DatabaseEngine(NamedTuple):
    """What reads and writes the open project; ``journal_mode`` is SQLite's, empty on a server."""

    name: str
    version: str
    journal_mode: str

    @property
    def words(self) -> str:
        """What it is, in a few words."""
        mode = f", journal mode {self.journal_mode}" if self.journal_mode else ""
        return f"{self.name} {self.version}{mode}"


class DamagedRow(NamedTuple):
    """A row of the journal or of the history that is not as its chain says, by its number.

    ``wanted`` is the hash that the chain asks for there, empty where nothing says it; ``there`` are
    the columns as they are, None where the row is missing.
    """

    table: str
    seq: int
    wanted: str
    there: RowValues | None

    @property
    def key(self) -> tuple[str, int]:
        """Its table and number."""
        return self.table, self.seq


class VerificationFinding(NamedTuple):
    """One thing that is wrong with a project file.

    ``code`` is database, schema, registers, edits, rows, chain, clock, anchor, aggregates or
    attachment.
    """

    code: str
    text: str


class Verification(NamedTuple):
    """The outcome of verifying: ``head`` is the hash of the last journal entry.

    ``edits`` is the head of the history.
    """

    ok: bool
    entries: int
    head: str
    findings: tuple[VerificationFinding, ...]
    edits: JournalHead


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
        """Whether the file must be brought to the present version before it is written."""
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
    """Whether nothing may be written."""

    @property
    def stale(self) -> bool:
        """Whether the open file is not the one on disk any more; see ``StaleFile``."""

    @property
    def role(self) -> ProjectRole:
        """What one may do here."""

    @property
    def actor(self) -> str:
        """Who the server says one is; empty on a file."""

    def reading(self) -> "AbstractContextManager[sa.Connection]":
        """Give a connection that sees one moment of the project."""

    def writing(self, *, much: bool = False) -> "AbstractContextManager[sa.Connection]":
        """Give a connection in one write transaction; with ``much`` to write, perhaps another."""

    def note_changes(
        self,
        connection: "sa.Connection",
        reach: "Mapping[str, Iterable[BaseGeometry]]",
        at: datetime,
        *,
        plans_of: Project | None = None,
    ) -> None:
        """Tell other programs which layers changed; ``plans_of`` where plans or zones did.

        ``reach`` has the shapes that came in by table, in the project's meters.
        """

    def refresh_for_other_programs(self, project: Project, at: datetime) -> None:
        """Let a file's views, styles and project for QGIS be as this program makes them."""

    def repeat_removals(
        self, connection: "sa.Connection", rows: Iterable[Mapping[str, Any]]
    ) -> None:
        """Write entries whose text was removed also where the project is kept as it was before."""

    def erase_free_pages(self) -> str:
        """Write the project anew without what was removed; say why where that is not possible."""

    def find_problems(
        self, connection: "sa.Connection", meta: "sa.MetaData", version: int
    ) -> Iterator[VerificationFinding]:
        """Look for what is wrong with this kind of backend."""

    def describe_engine(self) -> DatabaseEngine:
        """Return which database reads and writes the project, and how."""

    def change_counter(self) -> int:
        """Return a number that changes when another desk or program has written."""

    def backup(self, path: Path, meta: "sa.MetaData") -> JournalHead:
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
    from sqlalchemy.exc import StatementError

    failures: tuple[type[Exception], ...] = (StatementError, UnicodeError, OverflowError, *own)
    try:
        yield
    except failures as error:
        cause = error.orig if isinstance(error, StatementError) else error
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
