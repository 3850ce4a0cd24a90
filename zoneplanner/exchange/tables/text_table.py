"""Tables that others wrote, by their headings: text with any common mark, or a workbook."""

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
from zoneplanner.exchange.sandbox.process import GuardedTask, ProcessLimits, run_guarded
from zoneplanner.exchange.sandbox.table_reader import list_sheet_rows, list_table_rows
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
    """One row by column, empty cells left out; ``row`` counts from 1, the heading included.

    ``fault`` says why it cannot be read, or is empty. ``elsewhere`` marks what belongs to another
    place than ours, ``place`` is how it calls that, or a site by another name than its own;
    ``left_out`` says why it is not wanted; ``repaired`` says what was read otherwise than it stands
    there.
    """

    row: int
    cells: Mapping[str, str]
    fault: str = ""
    elsewhere: bool = False
    place: str = ""
    left_out: str = ""
    repaired: tuple[str, ...] = ()


_NO_TABLES = {
    **dict.fromkeys((".geojson", ".kml", ".gpkg", ".shp", ".fgb"), "unreadable_file.no_table.map"),
    ".ics": "unreadable_file.no_table.calendar",
}
"""Files that only look like text: read as a table, their first line would be the headings."""


@dataclass(frozen=True, eq=False, slots=True)
class TextTable:
    """A table whose heading makes sense; its rows are unpacked one by one, again at each call.

    ``ignored`` are the columns that nobody asked for; ``description`` says how the file was read.
    ``packed`` are batches of rows as JSON, as the guarded process sends them. Of a ``lenient``
    table cells that cannot be kept as they are lose what cannot be shown, or are cut.
    """

    name: str
    description: str
    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    packed: tuple[bytes, ...]
    lenient: bool = False

    @property
    def lines(self) -> int:
        """The number of the last row."""
        last = json.loads(self.packed[-1])["numbers"] if self.packed else ()
        return int(last[-1]) if last else 1

    def rows(self) -> Iterator[TextRow]:
        """Yield the rows that are not blank."""
        wanted = tuple("" if name in self.ignored else name for name in self.columns)
        for packed in self.packed:
            batch = json.loads(packed)
            for at, cells in zip(batch["numbers"], batch["cells"], strict=True):
                yield _make_row(at, wanted, cells, lenient=self.lenient)


def read_text_table(
    path: Path,
    *,
    known: Sequence[str],
    needed: Sequence[str],
    lenient: bool = False,
    sheet: str | None = None,
    keep_off: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> TextTable:
    """Read a table, or a ``sheet`` of a workbook, in the guarded process.

    Headings are compared by their letters and digits alone, without regard to case; of others
    blanks count as underscores. ``keep_off`` are
    files that may not be opened. A ``lenient`` table may name a column twice.

    Raises
    ------
    SeveralLayers
        It is a workbook of several sheets, and none is named.
    UserError
        The file cannot be read, is empty, too large or no table, names a column twice, or lacks
        one of ``needed``.
    """
    with make_work_folder() as folder:
        copy = copy_foreign_table(path, Path(folder), most_bytes=_MOST_BYTES, keep_off=keep_off)
        if (fault := _NO_TABLES.get(path.suffix.lower())) is not None:
            raise UserError(fault, file=path.name)
        asked = {"sheet": sheet, "most_rows": _MOST_ROWS}
        task = GuardedTask(list_table_rows, asked, _LIMITS, what="table")
        # what refuses the heading is kept for as long as it is told; the process ends before
        with closing(run_guarded(task, copy, path.name, report)) as answers:
            return build_text_table(path.name, answers, known=known, needed=needed, lenient=lenient)


def read_sheet_tables(
    path: Path,
    columns: Mapping[str, Sequence[str]],
    *,
    keep_off: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> dict[str, TextTable]:
    """Read several sheets of a workbook in one guarded process; see ``read_text_table``.

    ``columns`` are those that are known of each sheet.
    """
    with make_work_folder() as folder:
        copy = copy_foreign_table(path, Path(folder), most_bytes=_MOST_BYTES, keep_off=keep_off)
        asked = {"sheets": list(columns), "most_rows": _MOST_ROWS}
        task = GuardedTask(list_sheet_rows, asked, _LIMITS, what="table")
        answers: list[list[bytes]] = []
        for answer in run_guarded(task, copy, path.name, report):
            if "headings" in json.loads(answer):
                answers.append([])
            answers[-1].append(answer)
    return {
        sheet: build_text_table(path.name, iter(own), known=known, needed=())
        for (sheet, known), own in zip(columns.items(), answers, strict=True)
    }


def build_text_table(
    name: str,
    answers: Iterator[bytes],
    *,
    known: Sequence[str],
    needed: Sequence[str],
    lenient: bool = False,
) -> TextTable:
    """Return the table that ``list_table_rows`` tells of; its heading is checked first."""
    head = json.loads(next(answers))
    if len(head["headings"]) > _MOST_COLUMNS:
        raise UserError("too_large.columns", file=name, most=_MOST_COLUMNS)
    ours = {_squeeze_heading(own): own for own in known}
    headings = tuple(_normalize_heading_cell(cell, ours) for cell in head["headings"])
    if lenient:
        headings = _count_headings(headings)
    _check_headings(name, headings, needed)
    named = (heading or f"column {at}" for at, heading in enumerate(headings, start=1))
    ignored = tuple(heading for heading in named if heading not in known)
    return TextTable(name, head["how"], headings, ignored, tuple(answers), lenient)


def normalize_decimal(text: str) -> str:
    """Return a number with a decimal comma as one with a point; other text stays."""
    return text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text.strip()) else text


def sanitize_text(text: str, longest: int = _MOST_HEADING) -> str:
    """Return text of a file as it can be told: on a terminal it does nothing, and it is short."""
    plain = CONTROL_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", text)
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


_NUMBER_MARK = re.compile(r"\b(event|incident|call|case|cfs)[\s_.]*#$")
"""What stands for number at the end of a heading of calls: “Event #” is “eventno”."""


def normalize_heading(text: str) -> str:
    """Return a heading without case, blanks and marks."""
    return re.sub(r"[^a-z0-9]+", "", _NUMBER_MARK.sub(r"\1no", text.casefold()))


def _normalize_heading_cell(cell: str, ours: Mapping[str, str]) -> str:
    """Return a heading as a column is named; ``ours`` are those known, by their letters alone."""
    text = sanitize_text(cell).strip().casefold()
    return ours.get(_squeeze_heading(text)) or re.sub(r"\s+", "_", text)


def _squeeze_heading(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


def _count_headings(headings: Sequence[str]) -> tuple[str, ...]:
    """Return headings that are each there once: the second “unit” is “unit_2”."""
    seen: list[str] = []
    for heading in headings:
        free, place = heading, 2
        while heading and free in seen:
            free, place = f"{heading}_{place}", place + 1
        seen.append(free)
    return tuple(seen)


def _check_headings(name: str, headings: Sequence[str], needed: Sequence[str]) -> None:
    twice = next((own for own in headings if own and headings.count(own) > 1), None)
    if twice is not None:
        raise UserError("too_large.column_twice", file=name, column=twice)
    missing = [own for own in needed if own not in headings]
    if missing:
        raise UserError(
            "unreadable_file.no_column",
            file=name,
            missing=missing,
            needed=list(needed),
            columns=list(headings),
        )


def _make_row(at: int, columns: Sequence[str], cells: Sequence[str], *, lenient: bool) -> TextRow:
    """Return a row; ``columns`` are empty where nobody asked for one."""
    too_many = len(cells) > len(columns)
    if too_many and not lenient and any(cell.strip() for cell in cells[len(columns) :]):
        return TextRow(at, {}, f"It has {len(cells)} cells, but the first line has {len(columns)}.")
    found: dict[str, str] = {}
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
            return TextRow(at, {}, fault)
        found[name] = text
    return TextRow(at, found)


def _find_cell_fault(name: str, text: str) -> str:
    """Say why a cell cannot be read; empty where it can."""
    if len(text) > _MOST_CELL:
        return f"“{name}” has more than {_MOST_CELL:,} characters."
    if CONTROL_CHARACTERS.search(text):
        return f"“{name}” has a character that cannot be shown."
    return ""


def _strip_formula_guard(text: str) -> str:
    """Take off the mark that keeps a spreadsheet from reading a cell as a formula."""
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
