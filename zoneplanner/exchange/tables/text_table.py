"""Foreign tables, read by their headings: text with any common delimiter, or a workbook."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import NamedTuple

from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.sandbox.private_copy import copy_foreign_table
from zoneplanner.exchange.sandbox.process import (
    GuardedTask,
    ProcessLimits,
    decode_message,
    run_guarded,
)
from zoneplanner.exchange.sandbox.table_reader import list_sheet_rows, list_table_rows
from zoneplanner.messages import Message
from zoneplanner.staging import make_work_folder

_MOST_BYTES = 400_000_000
_MOST_ROWS = 1_000_000
_LIMITS = ProcessLimits(seconds=300.0)
_MOST_COLUMNS = 200
_MOST_CELL = 10_000
_MOST_HEADING = 80
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


class TextRow(NamedTuple):
    """One row: its cells by column, without empty ones; the heading is row 1.

    ``fault`` says why the row cannot be read. ``elsewhere`` marks a row about a place
    that is not ours; ``place`` is that place in the row's words, or another name of a site of ours.
    ``left_out`` says why the row is not wanted; ``repaired`` lists what was read differently from
    the file's text.
    """

    row: int
    cells: Mapping[str, str]
    fault: Message | None = None
    elsewhere: bool = False
    place: str = ""
    left_out: Message | None = None
    repaired: tuple[Message, ...] = ()


_NO_TABLES = {
    **dict.fromkeys((".geojson", ".kml", ".gpkg", ".shp", ".fgb"), "unreadable_file.no_table.map"),
    ".ics": "unreadable_file.no_table.calendar",
}
"""Files that only look like tables: their first line would become the headings."""


@dataclass(frozen=True, eq=False, slots=True)
class TextTable:
    """A table with valid headings; each call of ``rows`` unpacks its rows one by one.

    ``ignored`` are the unknown columns; ``description`` says how the file was read. ``packed`` are
    batches of rows as JSON, as the guarded process sends them. In a ``lenient`` table, control
    characters are replaced and long cells cut, instead of rejecting the row.
    """

    name: str
    description: Message
    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    packed: tuple[bytes, ...]
    lenient: bool = False

    @property
    def last_row_number(self) -> int:
        """The number of the last row; the headings are row 1."""
        last = json.loads(self.packed[-1])["numbers"] if self.packed else ()
        return int(last[-1]) if last else 1

    def rows(self) -> Iterator[TextRow]:
        """Yield the rows that are not blank."""
        wanted = tuple("" if name in self.ignored else name for name in self.columns)
        for packed in self.packed:
            batch = json.loads(packed)
            for number, cells in zip(batch["numbers"], batch["cells"], strict=True):
                yield _make_row(number, wanted, cells, lenient=self.lenient)


def read_text_table(
    path: Path,
    *,
    known: Sequence[str],
    needed: Sequence[str],
    lenient: bool = False,
    sheet: str | None = None,
    protected: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> TextTable:
    """Read a table, or a ``sheet`` of a workbook, in the guarded process.

    Headings of known columns are compared by letters and digits only, ignoring case; in others,
    blanks become underscores. ``protected`` are files that must not be opened. A ``lenient`` table
    may have a heading twice.

    Raises
    ------
    SeveralLayers
        The workbook has several sheets, and none is named.
    UserError
        The file cannot be read, is empty, too large or no table, has a heading twice, or lacks
        one of the ``needed`` columns.
    """
    with make_work_folder() as folder:
        copy = copy_foreign_table(path, Path(folder), most_bytes=_MOST_BYTES, protected=protected)
        if (code := _NO_TABLES.get(path.suffix.lower())) is not None:
            raise UserError(code, file=path.name)
        options = {"sheet": sheet, "most_rows": _MOST_ROWS}
        task = GuardedTask(list_table_rows, options, _LIMITS, file_kind="table")
        # closing(): the traceback of an error that stays on the screen would keep the process alive
        with closing(run_guarded(task, copy, path.name, report)) as answers:
            return build_text_table(path.name, answers, known=known, needed=needed, lenient=lenient)


def read_sheet_tables(
    path: Path,
    columns: Mapping[str, Sequence[str]],
    *,
    protected: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> dict[str, TextTable]:
    """Read several sheets of a workbook in one guarded process; see ``read_text_table``.

    ``columns`` are the known columns by sheet.
    """
    with make_work_folder() as folder:
        copy = copy_foreign_table(path, Path(folder), most_bytes=_MOST_BYTES, protected=protected)
        options = {"sheets": list(columns), "most_rows": _MOST_ROWS}
        task = GuardedTask(list_sheet_rows, options, _LIMITS, file_kind="table")
        answers: list[list[bytes]] = []
        for answer in run_guarded(task, copy, path.name, report):
            if "headings" in json.loads(answer):
                answers.append([])
            answers[-1].append(answer)
    return {
        sheet: build_text_table(path.name, iter(batches), known=known, needed=())
        for (sheet, known), batches in zip(columns.items(), answers, strict=True)
    }


def build_text_table(
    name: str,
    answers: Iterator[bytes],
    *,
    known: Sequence[str],
    needed: Sequence[str],
    lenient: bool = False,
) -> TextTable:
    """Return a table from the answers of ``list_table_rows``; its headings are checked first."""
    first = json.loads(next(answers))
    if len(first["headings"]) > _MOST_COLUMNS:
        raise UserError("too_large.columns", file=name, most=_MOST_COLUMNS)
    known_by_letters = {_extract_heading_letters(heading): heading for heading in known}
    headings = tuple(_match_heading(cell, known_by_letters) for cell in first["headings"])
    if lenient:
        headings = _make_headings_unique(headings)
    _check_headings(name, headings, needed)
    named = (heading or f"column {number}" for number, heading in enumerate(headings, start=1))
    ignored = tuple(heading for heading in named if heading not in known)
    return TextTable(name, decode_message(first["how"]), headings, ignored, tuple(answers), lenient)


def normalize_decimal(text: str) -> str:
    """Return a number with a point instead of a decimal comma; other text is unchanged."""
    return text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text.strip()) else text


def sanitize_text(text: str, longest: int = _MOST_HEADING) -> str:
    """Return text from a file as messages may quote it: short, without control characters."""
    plain = CONTROL_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", text)
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


_NUMBER_MARK = re.compile(r"\b(event|incident|call|case|cfs)[\s_.]*#$")
"""A number sign at the end of a call's heading means “no”: “Event #” is “eventno”."""


def normalize_heading(text: str) -> str:
    """Return a heading in lower case, with letters and digits only."""
    return re.sub(r"[^a-z0-9]+", "", _NUMBER_MARK.sub(r"\1no", text.casefold()))


def _match_heading(cell: str, known_by_letters: Mapping[str, str]) -> str:
    """Return the known column that a heading's letters match, else a name made from the heading."""
    text = sanitize_text(cell).strip().casefold()
    return known_by_letters.get(_extract_heading_letters(text)) or re.sub(r"\s+", "_", text)


def _extract_heading_letters(text: str) -> str:
    """Return letters and digits of any script, unlike ``normalize_heading``."""
    return re.sub(r"[\W_]+", "", text)


def _make_headings_unique(headings: Sequence[str]) -> tuple[str, ...]:
    """Number headings that occur more than once: the second “unit” becomes “unit_2”."""
    unique: list[str] = []
    for heading in headings:
        candidate, count = heading, 1
        while heading and candidate in unique:
            count += 1
            candidate = f"{heading}_{count}"
        unique.append(candidate)
    return tuple(unique)


def _check_headings(name: str, headings: Sequence[str], needed: Sequence[str]) -> None:
    repeated = next((each for each in headings if each and headings.count(each) > 1), None)
    if repeated is not None:
        raise UserError("too_large.column_twice", file=name, column=repeated)
    missing = [column for column in needed if column not in headings]
    if missing:
        raise UserError(
            "unreadable_file.no_column",
            file=name,
            missing=missing,
            needed=list(needed),
            columns=list(headings),
        )


def _make_row(
    number: int, columns: Sequence[str], cells: Sequence[str], *, lenient: bool
) -> TextRow:
    """Return a row; an ignored column has an empty name."""
    if not lenient and any(cell.strip() for cell in cells[len(columns) :]):
        return TextRow(
            number, {}, Message("unreadable_row.cells", cells=len(cells), columns=len(columns))
        )
    values: dict[str, str] = {}
    for name, cell in zip(columns, cells, strict=False):
        if not name or not (text := cell.strip()):
            continue
        if text[0] == "'":
            text = _strip_formula_guard(text)
        if lenient:
            text = CONTROL_CHARACTERS.sub(" ", text[:_MOST_CELL])
        elif (len(text) > _MOST_CELL or not text.isprintable()) and (
            fault := _find_cell_fault(name, text)
        ):
            return TextRow(number, {}, fault)
        values[name] = text
    return TextRow(number, values)


def _find_cell_fault(name: str, text: str) -> Message | None:
    """Return why a cell cannot be read, if it cannot."""
    if len(text) > _MOST_CELL:
        return Message("unreadable_row.long_cell", name=name, most=_MOST_CELL)
    if CONTROL_CHARACTERS.search(text):
        return Message("unreadable_row.character", name=name)
    return None


def _strip_formula_guard(text: str) -> str:
    """Remove the apostrophe that keeps a spreadsheet from reading a cell as a formula."""
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in "=+-@" else text


def parse_day_cell(text: str) -> date:
    """Read a day such as 2026-11-16; another text is a UserError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError("not_a_date.in_row", text=text, shown=sanitize_text(text)) from None


def parse_clock_cell(text: str) -> time:
    """Read a time of the day such as 08:30 or 8:30; another text is a UserError."""
    try:
        return time.fromisoformat(text if len(text) > 4 else f"0{text}")
    except ValueError:
        raise UserError("not_a_time.in_row", shown=sanitize_text(text)) from None
