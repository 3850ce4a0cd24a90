"""Journal entries from the rows of a table: new, known already, or refused with a reason."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from zoneplanner.app.logbook import READERS
from zoneplanner.app.readiness_log import bundled_checklist, check_gate
from zoneplanner.app.session import Session
from zoneplanner.app.starting import RefusedRow
from zoneplanner.app.visit_rows import VisitRows, content_uid
from zoneplanner.domain.clock import ClockChanged, LocalTimes, utc_text
from zoneplanner.domain.columns import RECORDS, entry_from_columns
from zoneplanner.domain.journal import NewEntry
from zoneplanner.domain.kinds import Record
from zoneplanner.errors import UserError
from zoneplanner.exchange.tables import Row, Table, decimal_point

CORRECTIONS = ("supersedes", "void")
FIRST_YEAR = 1970
LONGEST_WORD = 200
ROUNDED = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
READING_SHARE = 0.8
STEP_ROWS = 1000

Report = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class RepairedRow:
    """A row of a file that was taken otherwise than it stands there, and how."""

    row: int
    how: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a table of journal entries of one kind; a row lacks none of ``needed``."""

    kind: str
    columns: tuple[str, ...]
    needed: tuple[str, ...]

    def standing(self, session: Session) -> tuple[Record, ...]:
        """Return the records of this kind that the journal has."""
        return READERS[self.kind](session.store.entries(kinds=(self.kind, "stamp", "void")))


@dataclass(frozen=True, eq=False, slots=True)
class Rows:
    """What the rows of a table come to; nothing of it is kept yet.

    ``doubtful`` of the refused have a time that the change of the clocks makes doubtful.
    """

    read: int
    entries: tuple[NewEntry, ...]
    already: int
    refused: tuple[RefusedRow, ...]
    repaired: tuple[RepairedRow, ...]
    doubtful: int = 0
    left_out: int = 0


NEEDED = {
    "visit": ("site", "arrived_at"),
    "incident": ("type", "received_at"),
    "drill": ("site", "kind", "held_at"),
    "review": ("site", "stage", "on"),
    "after_action": ("event", "event_on", "held_on"),
    "corrective_action": ("review", "action", "owner_role", "due_on"),
    "concern": ("reference", "received_at"),
    "district_report": ("on",),
}
TABLES: Mapping[str, Layout] = {
    f"{kind}s": Layout(kind, (*RECORDS[kind].columns, "void"), needed)
    for kind, needed in NEEDED.items()
}


def entries_from(
    session: Session,
    table: Table,
    layout: Layout,
    report: Report,
    *,
    rows: Iterable[Row | None] | None = None,
    times: LocalTimes | None = None,
) -> Rows:
    """Read the rows of a table as entries for the journal; nothing is appended.

    A row without a uid gets one that follows from its content, so that the same row again is
    known. A unit that a row leaves out stays unknown. ``rows`` are those of the table by our
    columns, None for one that is not wanted; ``times`` reads their times.

    Raises
    ------
    UserError
        The table ends in what is none. What is wrong with a single row is told in ``refused``.
    """
    reader = _Reader(session, layout, times or LocalTimes(session.reading.kept.time_zone))
    known = _Known(session, layout)
    read, already, doubtful, left_out = 0, 0, 0, 0
    new: dict[str, tuple[int, NewEntry]] = {}
    refused: list[RefusedRow] = []
    repaired: list[RepairedRow] = []
    for row in table.rows() if rows is None else rows:
        if row is None:
            left_out += 1
            continue
        if read % STEP_ROWS == 0:
            report(min(1.0, row.row / table.lines) * READING_SHARE, f"Row {row.row:,}")
        read += 1
        try:
            entry, repairs = reader.entry(row)
            earlier = new.get(entry.uid)
            if earlier is not None:
                _check_twin(entry, row, *earlier)
                already += 1
            elif known.holds(entry, row):
                already += 1
            else:
                new[entry.uid] = (row.row, entry)
                repaired += (RepairedRow(row.row, how) for how in repairs)
        except UserError as error:
            refused.append(RefusedRow(row.row, error.message))
            doubtful += isinstance(error, ClockChanged)
    entries = tuple(entry for _, entry in new.values())
    return Rows(read, entries, already, tuple(refused), tuple(repaired), doubtful, left_out)


class _Reader:
    """Turns rows into entries; sites that were looked up once are remembered."""

    def __init__(self, session: Session, layout: Layout, times: LocalTimes) -> None:
        self._times = times
        self._visits = VisitRows(session.reading.kept, session.clock())
        self._project = session.reading.kept
        self._layout = layout
        self._now = session.clock()
        self._checklist = bundled_checklist()
        self._sites: dict[str, str] = {}

    def entry(self, row: Row) -> tuple[NewEntry, list[str]]:
        """Return the entry of a row and how it was repaired, or raise what is wrong with it."""
        if row.fault:
            raise UserError(row.fault)
        cells = dict(row.cells)
        _check_cells(cells, self._layout)
        if "site" in cells:
            cells["site"] = self._site(cells["site"])
        for unit in (cells.get("unit", ""), *cells.get("units", "").split(";")):
            self._check_unit(unit.strip())
        moments = {name: self._times.read(cells[name]) for name in cells if name.endswith("_at")}
        if self._layout.kind == "visit":
            made = self._visits.entry(cells, moments)
            if made is not None and made.occurred_at.year >= FIRST_YEAR:
                return made, []
        cells |= {name: at.isoformat() for name, at in moments.items()}
        repairs = _repair(cells)
        project = self._project
        entry = entry_from_columns(
            self._layout.kind, cells, time_zone=project.time_zone, now=self._now, uid=""
        )
        if entry.kind == "drill":
            check_gate(entry, self._checklist, project.time_zone)
        if entry.occurred_at.year < FIRST_YEAR:
            raise UserError(f"Its time lies before {FIRST_YEAR}; check the year.")
        if entry.uid:
            return entry, repairs
        at = utc_text(entry.occurred_at)
        uid = content_uid(entry.kind, entry.site, entry.unit, at, entry.payload)
        return replace(entry, uid=uid), repairs

    def _site(self, text: str) -> str:
        if text not in self._sites:
            if ROUNDED.fullmatch(text):
                raise UserError(
                    f"“{text}” is a code that a spreadsheet has rounded; "
                    f"format that column as text and export it again."
                )
            self._sites[text] = self._project.site(text).id
        return self._sites[text]

    def _check_unit(self, unit: str) -> None:
        units = self._project.units
        if unit and unit not in units:
            raise UserError(
                f"There is no unit “{unit}” in this project. It has: {', '.join(units)}."
            )


@dataclass(slots=True)
class _Known:
    """The entries that the journal holds, and the records as they stand where that matters."""

    session: Session
    layout: Layout
    entries: Mapping[str, NewEntry] = field(init=False)
    standing: Mapping[str, Record] | None = None

    def __post_init__(self) -> None:
        self.entries = {entry.uid: entry for entry in self.session.store.entries()}

    def holds(self, entry: NewEntry, row: Row) -> bool:
        """Tell whether the journal has an entry; other content under its uid is a UserError."""
        kept = self.entries.get(entry.uid)
        if kept is None:
            return False
        if not _says(kept, entry, row.cells) and not self._stands(entry, row):
            raise UserError(
                f"The journal has an entry “{entry.uid}” with other content; "
                f"to correct that one, log it with supersedes={entry.uid}."
            )
        return True

    def _stands(self, entry: NewEntry, row: Row) -> bool:
        """Tell whether a row says what its record came to be by corrections and live stamps."""
        if self.standing is None:
            self.standing = {record.uid: record for record in self.layout.standing(self.session)}
        record = self.standing.get(entry.uid)
        if record is None:
            return False
        session = self.session
        zone, now = session.reading.kept.time_zone, session.clock()
        try:
            kept = entry_from_columns(
                entry.kind, {}, time_zone=zone, now=now, uid=entry.uid, corrects=record
            )
        except UserError:  # stamps of several units may cross, which no row can say
            return False
        return _says(kept, entry, row.cells)


def _check_cells(cells: Mapping[str, str], layout: Layout) -> None:
    for name in layout.needed:
        if name not in cells:
            raise UserError(f"It has no “{name}”; fill it in.")
    for name in CORRECTIONS:
        if name in cells:
            raise UserError(f"It has “{name}”; corrections are logged one by one, not imported.")
    for name, text in cells.items():
        if name.endswith("_at") and text.casefold() == "now":
            raise UserError(f"“now” is no time in a table; write {name} as 2026-11-16T08:15.")
        if name != "note" and len(text) > LONGEST_WORD:
            raise UserError(f"“{name}” holds more than {LONGEST_WORD} characters; shorten it.")


def _repair(cells: dict[str, str]) -> list[str]:
    """Write a number with a point where it has a comma, and say so."""
    text = cells.get("minutes", "")
    number = decimal_point(text)
    if number == text:
        return []
    cells["minutes"] = number
    return [f"The minutes {text} are read as {number}."]


def _check_twin(entry: NewEntry, row: Row, earlier_row: int, earlier: NewEntry) -> None:
    if not _says(earlier, entry, row.cells):
        raise UserError(
            f"Row {earlier_row} has the same uid “{entry.uid}” and other content; check both."
        )


def _says(kept: NewEntry, entry: NewEntry, cells: Mapping[str, str]) -> bool:
    """Tell whether an entry holds all that a row says; what the row leaves out may differ."""
    if kept.kind != entry.kind:
        return False
    pairs = ((entry.site, kept.site), (entry.unit, kept.unit))
    if any(own not in (None, old) for own, old in pairs):
        return False
    said = {name: value for name, value in entry.payload.items() if name in cells}
    return all(kept.payload.get(name) == value for name, value in said.items())
