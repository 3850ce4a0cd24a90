"""Values of the store: rows and how they are written, and what it tells of itself."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from zoneplanner.domain.calendar.local_time import write_in_utc
from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.clean_text import make_json_encoder

StoredRow = dict[str, Any]
StoredRows = Iterable[Mapping[str, Any]]

_encode = make_json_encoder(sort_keys=True)


def format_stored_time(moment: datetime) -> str:
    """Write a moment as ISO 8601 text in UTC; one without a zone is a ValueError (a bug)."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone came from within the program")
    return write_in_utc(moment)


def ignore_progress(fraction: float, text: str) -> None:
    """Take a report that nobody asked for."""


def encode_json(value: object) -> str:
    """Write a value as JSON without spaces, keys sorted and non-ASCII kept."""
    return _encode(value)


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
