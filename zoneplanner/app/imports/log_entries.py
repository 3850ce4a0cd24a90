"""Whether the journal, or an earlier row, says what a row of a table says."""

import gc
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice

from zoneplanner.analysis.log.visit_batch import VisitBatch, join_visit_batches
from zoneplanner.app.imports.visit_table import (
    MAX_WORD_LENGTH,
    VisitTableReader,
    compute_content_uid,
)
from zoneplanner.app.log.logbook import RECORD_READERS
from zoneplanner.app.readiness.records import check_drill_checklist, load_drill_checklist
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.local_time import DoubtfulTime, LocalTimeParser, format_utc_iso
from zoneplanner.domain.log.entries import RECORD_KINDS, parse_entry
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.log.record_schema import LogRecord
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.mapping.column_mapping import MappedRowBatch
from zoneplanner.exchange.row_results import RowOutcome, RowResult, refuse_row
from zoneplanner.exchange.sandbox.table_reader import ROWS_PER_BATCH
from zoneplanner.exchange.tables.text_table import (
    TextRow,
    TextRowBatch,
    normalize_decimal,
)
from zoneplanner.storage import EntryContent, JournalHead


@dataclass(slots=True)
class _ExistingRecords:
    """The records of one kind as they stand, looked up once that matters."""

    session: Session
    read: Callable[[Session], tuple[LogRecord, ...]]
    standing: Mapping[str, LogRecord] | None = None

    def check(self, kept: NewEntry, entry: NewEntry, row: TextRow) -> None:
        """Refuse other content than that of an entry which is kept under the same uid."""
        if not _covers_row(kept, entry, row.cells) and not self._stands(entry, row):
            raise UserError("entry_exists_otherwise", uid=entry.uid)

    def _stands(self, entry: NewEntry, row: TextRow) -> bool:
        """Tell whether a row says what its record came to be by corrections and live stamps."""
        if self.standing is None:
            self.standing = {record.uid: record for record in self.read(self.session)}
        record = self.standing.get(entry.uid)
        if record is None:
            return False
        session = self.session
        zone, now = session.state.saved_project.time_zone, session.clock()
        try:
            kept = parse_entry(
                entry.kind, {}, time_zone=zone, now=now, uid=entry.uid, corrects=record
            )
        except UserError:  # stamps of several units may cross, which no row can say
            return False
        return _covers_row(kept, entry, row.cells)


def _check_same_uid_rows(
    earlier_row: int, earlier: NewEntry, entry: NewEntry, row: TextRow
) -> None:
    """Refuse other content than that of an earlier row with the same uid."""
    if not _covers_row(earlier, entry, row.cells):
        raise UserError("row_repeats_uid", other_row=earlier_row, uid=entry.uid)


def _covers_row(kept: NewEntry, entry: NewEntry, cells: Mapping[str, str]) -> bool:
    """Tell whether an entry holds all that a row says; what the row leaves out may differ."""
    if kept.kind != entry.kind:
        return False
    pairs = ((entry.site, kept.site), (entry.unit, kept.unit))
    if any(own not in (None, old) for own, old in pairs):
        return False
    said = {name: value for name, value in entry.payload.items() if name in cells}
    return all(kept.payload.get(name) == value for name, value in said.items())


CORRECTION_COLUMNS = ("supersedes", "void")
_FIRST_YEAR = 1970
_ROUNDED = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
_READING_SHARE = 0.8
MAX_LISTED_ROWS = 2_000

NumberedEntry = tuple[int, NewEntry]
"""The number of a row, and its entry."""


@dataclass(frozen=True, slots=True)
class LogTableLayout:
    """The columns of a table of journal entries of one kind; a row lacks none of ``needed``."""

    kind: str
    columns: tuple[str, ...]
    needed: tuple[str, ...]

    def standing(self, session: Session) -> tuple[LogRecord, ...]:
        """Return the records of this kind that the journal has."""
        return RECORD_READERS[self.kind](session.store.entries(kinds=(self.kind, "stamp", "void")))


@dataclass(frozen=True, eq=False, slots=True)
class _LogRows:
    """What the rows of a table come to; nothing of it is kept yet.

    ``head`` is the journal's that they were compared with. ``visits`` are those in the plain
    case, ``entries`` all others. ``doubtful`` of the refused have a time that the change of the
    clocks makes doubtful. ``listed`` are the first rows of a fate with the entry of each.
    """

    head: JournalHead
    read: int
    visits: VisitBatch
    entries: tuple[NewEntry, ...]
    already: int
    refused: tuple[RowResult, ...]
    repaired: tuple[RowResult, ...]
    doubtful: int = 0
    left_out: int = 0
    listed: Mapping[RowOutcome, Sequence[NumberedEntry]] = field(default_factory=dict)


_NEEDED_COLUMNS = {
    "visit": ("site", "arrived_at"),
    "incident": ("type", "received_at"),
    "drill": ("site", "kind", "held_at"),
    "review": ("site", "stage", "on"),
    "after_action": ("event", "event_on", "held_on"),
    "corrective_action": ("review", "action", "owner_role", "due_on"),
    "concern": ("reference", "received_at"),
    "district_report": ("on",),
}
LOG_TABLES: Mapping[str, LogTableLayout] = {
    f"{kind}s": LogTableLayout(kind, (*RECORD_KINDS[kind].columns, "void"), needed)
    for kind, needed in _NEEDED_COLUMNS.items()
}


def read_log_entries(
    session: Session,
    layout: LogTableLayout,
    blocks: Iterable[TextRowBatch | MappedRowBatch],
    report: ProgressReport,
    *,
    lines: int,
    times: LocalTimeParser,
) -> _LogRows:
    """Read the rows of a table as entries for the journal; nothing is appended.

    A row without a uid gets one that follows from its content, so that the same row again is
    known. A unit that a row leaves out stays unknown. ``lines`` is about how many rows there are;
    ``times`` reads their times.

    Raises
    ------
    UserError
        The table ends in what is none. What is wrong with a single row is told in ``refused``.
    """
    taking = _LogRowsBuilder(session, layout, times)
    with pause_garbage_collection():
        for block in blocks:
            last = block.numbers[-1]
            report(min(1.0, last / lines) * _READING_SHARE, f"Row {last:,}")
            taking.take(block)
    return taking.rows()


@contextmanager
def pause_garbage_collection() -> Iterator[None]:
    """Put Python's search for cycles aside, of which rows of text have none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _LogRowsBuilder:
    """What the rows of a table come to, block by block."""

    def __init__(self, session: Session, layout: LogTableLayout, times: LocalTimeParser) -> None:
        self._store, self._head = session.store, session.store.head()
        self._reader = _EntryReader(session, layout, times)
        self._known = _ExistingRecords(session, layout.standing)
        self._visits = VisitTableReader(
            session.state.saved_project, times, session.clock().timestamp(), self._reader.site
        )
        self._of_visits = layout.kind == "visit"
        self._parts: list[tuple[VisitBatch, Sequence[int]]] = []
        self._place: dict[str, int] = {}
        self._new: dict[str, tuple[int, NewEntry]] = {}
        self._count = Counter[str]()
        self._refused: list[RowResult] = []
        self._repaired: list[RowResult] = []
        self._listed: dict[RowOutcome, list[NumberedEntry]] = {
            RowOutcome.NEW: [],
            RowOutcome.KNOWN: [],
        }

    def rows(self) -> _LogRows:
        """Return what they came to."""
        entries = tuple(entry for _, entry in self._new.values())
        visits = join_visit_batches([part for part, _ in self._parts])
        count = self._count
        return _LogRows(
            self._head,
            count["read"],
            visits,
            entries,
            count["already"],
            tuple(sorted(self._refused, key=lambda one: one.row)),
            tuple(self._repaired),
            count["doubtful"],
            count["left out"],
            self._listed,
        )

    def take(self, block: TextRowBatch | MappedRowBatch) -> None:
        """Take the rows of a block: visits in the plain case all at once, the others singly."""
        done = self._take_plain(block) if self._of_visits else []
        rows = [block.row(at) for at in sorted(set(range(len(block.numbers))).difference(done))]
        wanted = [row for row in rows if row is not None]
        self._count["read"] += len(done) + len(wanted)
        self._count["left out"] += len(rows) - len(wanted)
        found = [(row, *made) for row in wanted if (made := self._made(row)) is not None]
        kept = self._store.by_uid([entry.uid for _, entry, _ in found])
        for row, entry, repairs in found:
            try:
                self._take_entry(row, entry, repairs, kept.get(entry.uid))
            except UserError as error:
                self._refuse(row, error)

    def _take_plain(self, block: TextRowBatch | MappedRowBatch) -> list[int]:
        """Take the visits of a block that are plain; return the places of rows that are done.

        What an earlier row or the journal has under the same uid is left to be looked at singly,
        unless the journal has the very same.
        """
        visits, places = self._visits.read(*block.columns())
        kept = self._store.contents(visits.uid)
        same = _find_identical(visits, kept) if kept else set()
        last = len(places) - 1
        first = dict(zip(reversed(visits.uid), range(last, -1, -1), strict=True))
        for known in (kept, self._place, self._new):
            if not first.keys().isdisjoint(known.keys()):
                first = {uid: at for uid, at in first.items() if uid not in known}
        fresh = sorted(first.values())
        part = visits.select(fresh) if len(fresh) < len(visits) else visits
        start = len(self._parts) * ROWS_PER_BATCH
        self._place.update(zip(part.uid, range(start, start + len(fresh)), strict=True))
        self._parts.append((part, [block.numbers[places[at]] for at in fresh]))
        self._count["already"] += len(same)
        for fate, every in ((RowOutcome.NEW, fresh), (RowOutcome.KNOWN, sorted(same))):
            self._list(fate, ((block.numbers[places[at]], visits.entry(at)) for at in every))
        return [places[at] for at in (*fresh, *same)]

    def _made(self, row: TextRow) -> tuple[NewEntry, list[str]] | None:
        try:
            return self._reader.entry(row)
        except UserError as error:
            self._refuse(row, error)
            return None

    def _take_entry(
        self, row: TextRow, entry: NewEntry, repairs: list[str], kept: NewEntry | None
    ) -> None:
        earlier = self._earlier(entry.uid)
        if earlier is not None:
            _check_same_uid_rows(*earlier, entry, row)
        elif kept is not None:
            self._known.check(kept, entry, row)
        else:
            self._new[entry.uid] = (row.row, entry)
            self._list(RowOutcome.NEW, [(row.row, entry)])
            if repairs:
                self._repaired.append(RowResult(row.row, RowOutcome.NEW, repaired=tuple(repairs)))
            return
        self._list(RowOutcome.KNOWN, [(row.row, entry)])
        self._count["already"] += 1

    def _list(self, fate: RowOutcome, rows: Iterable[NumberedEntry]) -> None:
        listed = self._listed[fate]
        listed += islice(rows, MAX_LISTED_ROWS - len(listed))

    def _earlier(self, uid: str) -> tuple[int, NewEntry] | None:
        if uid not in self._place:
            return self._new.get(uid)
        part, at = divmod(self._place[uid], ROWS_PER_BATCH)
        visits, numbers = self._parts[part]
        return numbers[at], visits.entry(at)

    def _refuse(self, row: TextRow, error: UserError) -> None:
        self._refused.append(refuse_row(row.row, error.message))
        self._count["doubtful"] += isinstance(error, DoubtfulTime)


def _find_identical(visits: VisitBatch, kept: Mapping[str, EntryContent]) -> set[int]:
    """Return the places of the visits that are in the journal word by word."""
    every = zip(visits.uid, visits.site, visits.unit, visits.payload, strict=True)
    return {
        at
        for at, (uid, site, unit, payload) in enumerate(every)
        if kept.get(uid) == ("visit", site, unit or None, payload)
    }


class _EntryReader:
    """Turns rows into entries; sites that were looked up once are remembered."""

    def __init__(self, session: Session, layout: LogTableLayout, times: LocalTimeParser) -> None:
        self._times = times
        self._project = session.state.saved_project
        self._layout = layout
        self._now = session.clock()
        self._checklist = load_drill_checklist()
        self._sites: dict[str, str] = {}

    def entry(self, row: TextRow) -> tuple[NewEntry, list[str]]:
        """Return the entry of a row and how it was repaired, or raise what is wrong with it."""
        if row.fault:
            raise UserError(row.fault)
        cells = dict(row.cells)
        _check_cells(cells, self._layout)
        if "site" in cells:
            cells["site"] = self.site(cells["site"])
        for unit in (cells.get("unit", ""), *cells.get("units", "").split(";")):
            self._check_unit(unit.strip())
        for name in [name for name in cells if name.endswith("_at")]:
            cells[name] = self._times.read(cells[name]).isoformat()
        repairs = _repair(cells)
        project = self._project
        entry = parse_entry(
            self._layout.kind, cells, time_zone=project.time_zone, now=self._now, uid=""
        )
        if entry.kind == "drill":
            check_drill_checklist(entry, self._checklist, project.time_zone)
        if entry.occurred_at.year < _FIRST_YEAR:
            raise UserError("too_early.in_row", year=_FIRST_YEAR)
        if entry.uid:
            return entry, repairs
        at = format_utc_iso(entry.occurred_at)
        uid = compute_content_uid(entry.kind, entry.site, entry.unit, at, entry.payload)
        return replace(entry, uid=uid), repairs

    def site(self, text: str) -> str:
        """Return the id of a site as a row names it, or raise why there is none."""
        if text not in self._sites:
            if _ROUNDED.fullmatch(text):
                raise UserError("rounded_code.in_log", text=text)
            self._sites[text] = self._project.site(text).id
        return self._sites[text]

    def _check_unit(self, unit: str) -> None:
        units = self._project.units
        if unit and unit not in units:
            raise UserError("unknown_unit.in_row", unit=unit, units=", ".join(units))


def _check_cells(cells: Mapping[str, str], layout: LogTableLayout) -> None:
    for name in layout.needed:
        if name not in cells:
            raise UserError("row_lacks_column.of_table", name=name)
    for name in CORRECTION_COLUMNS:
        if name in cells:
            raise UserError("row_corrects", name=name)
    for name, text in cells.items():
        if name.endswith("_at") and text.casefold() == "now":
            raise UserError("not_a_time.now_in_row", name=name)
        if name != "note" and len(text) > MAX_WORD_LENGTH:
            raise UserError("text_too_long.in_row", name=name, most=MAX_WORD_LENGTH)


def _repair(cells: dict[str, str]) -> list[str]:
    """Write a number with a point where it has a comma, and say so."""
    text = cells.get("minutes", "")
    number = normalize_decimal(text)
    if number == text:
        return []
    cells["minutes"] = number
    return [f"The minutes {text} are read as {number}."]
