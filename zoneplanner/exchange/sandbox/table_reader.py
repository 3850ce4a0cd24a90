"""The one reader of foreign tables: text with any common mark, or a sheet of a workbook.

Only for the guarded process.
"""

import codecs
import csv
import io
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from zoneplanner.errors import UserError
from zoneplanner.exchange.row_results import SeveralLayers

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_ENCODINGS = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252", "latin-1": "Latin-1"}
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_QUOTED = re.compile(r'"[^"]*"')
_ROWS_LOOKED_AT, _LOOKED_AT = 15, 20_000
LONGEST_CELL, LONGEST_SHAPE = 131_072, 10_000_000
"""Letters of a cell, and of a shape as text; what is longer is a quotation mark left open."""
ROWS_PER_BATCH = 10_000


@dataclass(frozen=True, eq=False, slots=True)
class TextCells:
    """The rows of a table as text, the headings first, and how they were read in words.

    ``rows`` raises a UserError where the rest of the text is no table.
    """

    rows: Iterator[list[str]]
    words: str


def read_table(
    file: Path, name: str, sheet: str | None = None, *, longest_cell: int = LONGEST_CELL
) -> TextCells:
    """Open the one table of a private copy; ``name`` is what messages call the file.

    Raises
    ------
    SeveralLayers
        Several sheets of a workbook have cells and ``sheet`` names none.
    UserError
        It is no table, or has no such sheet.
    """
    if file.suffix == ".xlsx":
        return _read_sheet(file, name, sheet)
    text, encoding = _decode_text(file.read_bytes(), name)
    delimiter = _find_delimiter(text)
    words = f"{encoding}, {_DELIMITERS[delimiter]} between columns"
    csv.field_size_limit(longest_cell)
    return TextCells(_skip_titles(_read_csv_rows(text, delimiter, name)), words)


def list_table_rows(
    copy: Path, name: str, *, sheet: str | None, most_rows: int
) -> Iterator[dict[str, Any]]:
    """Yield the headings of a table, then its rows that are not blank, many at a time.

    A batch has ``numbers``, which count from 1 at the headings as a spreadsheet does, and
    ``cells``.
    """
    cells = read_table(copy, name, sheet)
    yield {"headings": next(cells.rows, []), "how": cells.words}
    rows = enumerate(cells.rows, start=2)
    while batch := list(islice(rows, ROWS_PER_BATCH)):
        if batch[-1][0] > most_rows + 1:
            raise UserError("too_large.rows", file=name, most=most_rows)
        filled = [(number, row) for number, row in batch if any(map(str.strip, row))]
        yield {"numbers": [own[0] for own in filled], "cells": [own[1] for own in filled]}


def list_sheet_rows(
    copy: Path, name: str, *, sheets: Sequence[str], most_rows: int
) -> Iterator[dict[str, Any]]:
    """Yield what ``list_table_rows`` does for several sheets of a workbook, one after another."""
    for sheet in sheets:
        yield from list_table_rows(copy, name, sheet=sheet, most_rows=most_rows)


def _decode_text(data: bytes, name: str) -> tuple[str, str]:
    if not data.strip():
        raise UserError("unreadable_file.empty", file=name)
    encodings: Mapping[str, str] = _ENCODINGS
    if data.startswith(_UTF_16):
        encodings = {"utf-16": "UTF-16"}
    elif data[1:_LOOKED_AT:2].count(0) * 4 > min(len(data), _LOOKED_AT):
        encodings = {"utf-16-le": "UTF-16"}
    for encoding, called in encodings.items():
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not text.strip():
            raise UserError("unreadable_file.empty", file=name)
        if "\0" not in text:
            return text, called
    raise UserError("unreadable_file.no_table", file=name)


def _find_delimiter(text: str) -> str:
    """Return the mark that most of the first lines have equally often; title lines have none.

    In how many lines says more than how often: shapes as text have many commas, headings none.
    """
    lines = [_QUOTED.sub("", line) for line in text[:_LOOKED_AT].split("\n")[:_ROWS_LOOKED_AT]]

    def score(mark: str) -> tuple[int, int]:
        often, times = Counter(line.count(mark) for line in lines if line.strip()).most_common(1)[0]
        return (times, often) if often else (0, lines[0].count(mark))

    return max(_DELIMITERS, key=score)


def _read_csv_rows(text: str, delimiter: str, name: str) -> Iterator[list[str]]:
    row = 0
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            row += 1
            yield cells
    except csv.Error as error:
        raise UserError("unreadable_file.table_ends", file=name, row=row, reason=error) from error


_HEADING_SHARE = 0.6
_LARGEST_EXACT = 1e15


def _read_sheet(path: Path, name: str, sheet: str | None) -> TextCells:
    """Return the cells of one sheet; lines of title above the headings are passed over.

    Formulas give the value that was saved with them; times are ISO 8601.
    """
    from openpyxl import load_workbook

    warnings.simplefilter("ignore")
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl raises what the zip file, XML or styles happen to raise
        if isinstance(error, MemoryError):
            raise
        raise UserError("unreadable_file.no_workbook", file=name) from error
    sheets = {own.title: own for own in book.worksheets if _has_cells(own)}
    if not sheets:
        raise UserError("unreadable_file.empty", file=name)
    if sheet is None and len(sheets) > 1:
        raise SeveralLayers.of(name, sheets)
    if sheet is not None and sheet not in sheets:
        raise UserError("unreadable_file.no_sheet", file=name, sheet=sheet, sheets=list(sheets))
    chosen = sheets[sheet] if sheet is not None else next(iter(sheets.values()))
    chosen.reset_dimensions()
    rows = (
        [_format_sheet_cell(cell) for cell in row] for row in chosen.iter_rows(values_only=True)
    )
    return TextCells(_skip_titles(rows), f"a workbook, sheet “{chosen.title}”")


def _has_cells(sheet: Any) -> bool:
    first = next(sheet.iter_rows(max_row=_ROWS_LOOKED_AT, values_only=True), None)
    return first is not None


def _skip_titles(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield the rows from the headings on; lines of title above them are passed over."""
    first = list(islice(rows, _ROWS_LOOKED_AT))
    yield from first[_find_heading_row(first) :]
    yield from rows


def _find_heading_row(rows: Sequence[Sequence[str]]) -> int:
    """Return where the headings are: the first row that is nearly as full as the fullest."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    least = _HEADING_SHARE * max(filled, default=0)
    return next((at for at, cells in enumerate(filled) if cells and cells >= least), 0)


def _format_sheet_cell(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _LARGEST_EXACT:
        return str(int(cell))
    if isinstance(cell, datetime) and (cell.hour, cell.minute, cell.second) == (0, 0, 0):
        return cell.date().isoformat()
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    return str(cell).strip()
