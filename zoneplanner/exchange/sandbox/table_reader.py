"""The only reader of foreign tables: text with any common delimiter, or a sheet of a workbook.

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
from itertools import chain, islice
from pathlib import Path
from typing import Any

from zoneplanner.errors import UserError
from zoneplanner.exchange.row_results import SeveralLayers
from zoneplanner.exchange.sandbox.process import refuse_library_errors
from zoneplanner.messages import Message

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_ENCODINGS = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252", "latin-1": "Latin-1"}
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_QUOTED = re.compile(r'"[^"]*"')
_SAMPLE_ROWS, _SAMPLE_LENGTH = 15, 20_000
LONGEST_CELL, LONGEST_SHAPE = 131_072, 10_000_000
"""Characters of a cell, and of a shape as text; a longer one means an unclosed quotation mark."""
ROWS_PER_BATCH = 10_000


@dataclass(frozen=True, eq=False, slots=True)
class TextCells:
    """The rows of a table as text, headings first, and a description of how they were read.

    ``rows`` raises a UserError at text that is not a table. ``titles`` counts the skipped lines
    above the headings.
    """

    rows: Iterator[list[str]]
    description: Message
    titles: int = 0


def read_table(
    file: Path, name: str, sheet: str | None = None, *, longest_cell: int = LONGEST_CELL
) -> TextCells:
    """Open the table in a private copy; ``name`` is what messages call the file.

    Raises
    ------
    SeveralLayers
        Several sheets of a workbook have cells and ``sheet`` names none.
    UserError
        The file is not a table, or has no such sheet.
    """
    if file.suffix == ".xlsx":
        return _read_sheet(file, name, sheet)
    text, encoding = _decode_text(file.read_bytes(), name)
    delimiter = _find_delimiter(text)
    description = Message(f"table_format.{_DELIMITERS[delimiter]}", encoding=encoding)
    csv.field_size_limit(longest_cell)
    titles, rows = _skip_titles(_read_csv_rows(text, delimiter, name))
    return TextCells(rows, description, titles)


def list_table_rows(
    copy: Path, name: str, *, sheet: str | None, most_rows: int
) -> Iterator[dict[str, Any]]:
    """Yield the headings of a table, then batches of its rows that are not blank.

    A batch has ``cells`` and ``numbers``, which are those of a spreadsheet that opens the file.
    """
    cells = read_table(copy, name, sheet)
    yield {"headings": next(cells.rows, []), "how": cells.description}
    rows = enumerate(cells.rows, start=cells.titles + 2)
    while batch := list(islice(rows, ROWS_PER_BATCH)):
        if batch[-1][0] > cells.titles + most_rows + 1:
            raise UserError("too_large.rows", file=name, most=most_rows)
        filled = [(number, row) for number, row in batch if any(map(str.strip, row))]
        yield {"numbers": [number for number, _ in filled], "cells": [row for _, row in filled]}


def list_sheet_rows(
    copy: Path, name: str, *, sheets: Sequence[str], most_rows: int
) -> Iterator[dict[str, Any]]:
    """Yield the headings and batches of several sheets of a workbook, one sheet after another."""
    for sheet in sheets:
        yield from list_table_rows(copy, name, sheet=sheet, most_rows=most_rows)


def _decode_text(data: bytes, name: str) -> tuple[str, str]:
    if not data.strip():
        raise UserError("unreadable_file.empty", file=name)
    encodings: Mapping[str, str] = _ENCODINGS
    if data.startswith(_UTF_16):
        encodings = {"utf-16": "UTF-16"}
    # ASCII as UTF-16 has a zero in every second byte: half of those, a quarter of all, is enough
    elif data[1:_SAMPLE_LENGTH:2].count(0) * 4 > min(len(data), _SAMPLE_LENGTH):
        encodings = {"utf-16-le": "UTF-16"}
    for encoding, title in encodings.items():
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not text.strip():
            raise UserError("unreadable_file.empty", file=name)
        if "\0" not in text:
            return text, title
    raise UserError("unreadable_file.no_table", file=name)


def _find_delimiter(text: str) -> str:
    """Return the character that most of the first lines contain equally often.

    The number of lines counts more than the number of occurrences: shapes as text have many commas,
    but their headings have none. Title lines have no delimiter.
    """
    lines = [_QUOTED.sub("", line) for line in text[:_SAMPLE_LENGTH].split("\n")[:_SAMPLE_ROWS]]

    def score(mark: str) -> tuple[int, int]:
        counts = Counter(line.count(mark) for line in lines if line.strip())
        marks, line_count = next(iter(counts.most_common(1)), (0, 0))
        return (line_count, marks) if marks else (0, lines[0].count(mark))

    return max(_DELIMITERS, key=score)


def _read_csv_rows(text: str, delimiter: str, name: str) -> Iterator[list[str]]:
    row_count = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            row_count += 1
            yield row
    except csv.Error as error:
        raise UserError(
            "unreadable_file.table_ends", file=name, row=row_count, reason=error
        ) from error


_HEADING_SHARE = 0.6
_UNCOMPUTED = re.compile(
    rb'<c r="(?P<cell>[A-Z]+[0-9]+)"(?P<attributes>[^<>]*)>'
    rb"<f(?:[^<>]*/>|[^<>]*>[^<]*</f>)(?:<v\s*/>|<v></v>|</c>)"
)
_LARGEST_EXACT = 1e15


def _read_sheet(path: Path, name: str, sheet: str | None) -> TextCells:
    """Return the cells of one sheet; title lines above the headings are skipped.

    A formula gives the value that was saved with it, or an empty cell; times are ISO 8601.
    """
    from openpyxl import load_workbook

    warnings.simplefilter("ignore")
    with refuse_library_errors(UserError("unreadable_file.no_workbook", file=name)):
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        sheets = {
            worksheet.title: worksheet
            for worksheet in book.worksheets
            if next(worksheet.iter_rows(max_row=_SAMPLE_ROWS), None) is not None
        }
    if not sheets:
        raise UserError("unreadable_file.empty", file=name)
    if sheet is None and len(sheets) > 1:
        raise SeveralLayers.of(name, sheets)
    if sheet is not None and sheet not in sheets:
        raise UserError("unreadable_file.no_sheet", file=name, sheet=sheet, sheets=list(sheets))
    chosen = sheets[sheet] if sheet is not None else next(iter(sheets.values()))
    description = Message("table_format.sheet", sheet=chosen.title)
    with refuse_library_errors(UserError("unreadable_file.no_workbook", file=name)):
        cell = _find_uncomputed_formula(path, chosen.title)
    if cell is not None:
        description = Message("table_format.no_values", sheet=chosen.title, cell=cell)
    titles, rows = _skip_titles(_read_sheet_rows(chosen, name))
    return TextCells(rows, description, titles)


def _find_uncomputed_formula(path: Path, title: str) -> str | None:
    """Return the first cell of a sheet with a formula but no value; a text may be empty.

    openpyxl gives None for an empty text as well, so the XML of the sheet is searched.
    """
    from openpyxl.reader.excel import ExcelReader

    reader = ExcelReader(path, read_only=True)
    reader.read_manifest()
    reader.read_workbook()
    (member,) = (link.target for one, link in reader.parser.find_sheets() if one.name == title)
    cells = _UNCOMPUTED.finditer(reader.archive.read(member))
    missing = (match for match in cells if b't="str"' not in match["attributes"])
    return next((match["cell"].decode() for match in missing), None)


def _read_sheet_rows(sheet: Any, name: str) -> Iterator[list[str]]:
    sheet.reset_dimensions()
    rows = sheet.iter_rows(values_only=True)
    while True:
        with refuse_library_errors(UserError("unreadable_file.no_workbook", file=name)):
            row = next(rows, None)
        if row is None:
            return
        yield [_format_sheet_cell(cell) for cell in row]


def _skip_titles(rows: Iterator[list[str]]) -> tuple[int, Iterator[list[str]]]:
    """Return the number of title lines above the headings, and the rows from the headings on."""
    first = list(islice(rows, _SAMPLE_ROWS))
    titles = _find_heading_row(first)
    return titles, chain(first[titles:], rows)


def _find_heading_row(rows: Sequence[Sequence[str]]) -> int:
    """Return the index of the headings: the first row that is nearly as full as the fullest."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    least = _HEADING_SHARE * max(filled, default=0)
    return next((index for index, count in enumerate(filled) if count and count >= least), 0)


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
