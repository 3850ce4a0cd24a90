"""Tables that others wrote, read without GDAL: text with any common mark, or a workbook."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path

from zoneplanner.errors import UserError
from zoneplanner.exchange.files import is_workbook, read_limited_bytes

_MOST_BYTES = 400_000_000
_MOST_ROWS = 1_000_000
_MOST_COLUMNS = 200
_MOST_CELL = 10_000
_MOST_HEADING = 80
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_ENCODINGS = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252"}
_CHUNK = 1 << 20
ROWS_PER_BATCH = 10_000
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row by column, empty cells left out; ``row`` counts from 1, the heading included.

    ``fault`` says why it cannot be read, or is empty.
    """

    row: int
    cells: Mapping[str, str]
    fault: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class TextTable:
    """A table whose heading makes sense; its rows are read one by one, again at each call.

    ``ignored`` are the columns that nobody asked for; ``lines`` is about how many rows there are;
    ``book`` says which sheet of a workbook it was.
    """

    name: str
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    lines: int
    data: bytes
    book: str = ""

    @property
    def description(self) -> str:
        """Say how the file was read."""
        if self.book:
            return self.book
        return f"{_ENCODINGS[self.encoding]}, {_DELIMITERS[self.delimiter]} between columns"

    def rows(self) -> Iterator[TextRow]:
        """Yield the rows that hold something; see ``blocks`` for the errors."""
        for block in self.batches():
            for at in range(len(block.cells)):
                yield block.row(at)

    def batches(self) -> Iterator["TextRowBatch"]:
        """Yield the rows that hold something, many at a time.

        Raises
        ------
        UserError
            There are more than ``MOST_ROWS``, or the rest is no table; the message names the row.
        """
        rows = _read_cells(self)
        next(rows, None)
        first, more = 2, True
        while more:
            cells: list[list[str]] = []
            try:
                cells.extend(islice(rows, ROWS_PER_BATCH))
            except csv.Error as error:
                raise UserError(
                    f"“{self.name}” cannot be read after row {first + len(cells) - 1} ({error}); "
                    f"look there for a quotation mark that is not closed.",
                    code="unreadable_file",
                ) from error
            if first + len(cells) > _MOST_ROWS + 2:
                raise UserError(
                    f"“{self.name}” has more than {_MOST_ROWS:,} rows; import it in parts.",
                    code="too_large",
                )
            more = len(cells) == ROWS_PER_BATCH
            held = [at for at, row in enumerate(cells) if any(map(str.strip, row))]
            if held:
                yield TextRowBatch(self, [first + at for at in held], [cells[at] for at in held])
            first += len(cells)


@dataclass(frozen=True, eq=False, slots=True)
class TextRowBatch:
    """Some rows of a table that hold something, to be read one by one or column by column.

    ``numbers`` are those of the rows, ``cells`` all that stands in them.
    """

    table: TextTable
    numbers: Sequence[int]
    cells: Sequence[Sequence[str]]

    def row(self, at: int) -> TextRow:
        """Return one row."""
        table = self.table
        return _make_row(self.numbers[at], table.columns, self.cells[at], table.ignored)

    def columns(self) -> tuple[dict[str, list[str]], set[int]]:
        """Return the cells by column, empty ones too, and the places of rows with a fault."""
        found: dict[str, list[str]] = {}
        faults: set[int] = set()
        names = self.table.columns
        for at, column in enumerate(zip_longest(*self.cells, fillvalue="")):
            if at >= len(names):
                faults.update(place for place, cell in enumerate(column) if cell.strip())
            elif names[at] and names[at] not in self.table.ignored:
                texts = list(map(str.strip, column))
                whole = "".join(texts)
                if "'" in whole:
                    texts = [_strip_formula_guard(text) for text in texts]
                found[names[at]] = texts
                if max(map(len, texts)) > _MOST_CELL or not whole.isprintable():
                    faults.update(
                        place for place, text in enumerate(texts) if _find_cell_fault("", text)
                    )
        return found, faults


def read_text_table(path: Path, *, known: Sequence[str], needed: Sequence[str]) -> TextTable:
    """Read the heading of a table; the rows are read when they are asked for.

    Headings are compared without regard to case, and blanks count as underscores.

    Raises
    ------
    UserError
        The file cannot be read, is empty, too large or no table, names a column twice, or lacks
        one of ``needed``.
    """
    data, book = _read_sheet(path) if is_workbook(path) else (_read_data(path), "")
    encoding = _detect_encoding(data, path.name)
    first = io.TextIOWrapper(io.BytesIO(data), encoding, newline="").readline()
    delimiter = "," if book else max(_DELIMITERS, key=re.sub(r'"[^"]*"', "", first).count)
    bare = TextTable(path.name, encoding, delimiter, (), (), 0, data)
    try:
        headings = tuple(_normalize_heading_cell(cell) for cell in next(_read_cells(bare), ()))
    except csv.Error as error:
        raise UserError(
            f"“{path.name}” is no table that can be read: {error}.", code="unreadable_file"
        ) from error
    _check_headings(path.name, headings, needed)
    named = (name or f"column {at}" for at, name in enumerate(headings, start=1))
    ignored = tuple(name for name in named if name not in known)
    lines = max(data.count(b"\n"), data.count(b"\r"), 1)
    return TextTable(path.name, encoding, delimiter, headings, ignored, lines, data, book)


def normalize_decimal(text: str) -> str:
    """Return a number with a decimal comma as one with a point; other text stays."""
    return text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text.strip()) else text


def sanitize_text(text: str, longest: int = _MOST_HEADING) -> str:
    """Return text of a file as it can be told: on a terminal it does nothing, and it is short."""
    plain = CONTROL_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", text)
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def _read_sheet(path: Path) -> tuple[bytes, str]:
    # a start has no use for the process that reads workbooks
    from zoneplanner.exchange.tables.workbook import read_sheet_as_csv

    return read_sheet_as_csv(path)


def _read_data(path: Path) -> bytes:
    data = read_limited_bytes(path, _MOST_BYTES, remedy="import it in parts")
    if not data.strip():
        raise UserError(f"“{path.name}” is empty; choose another file.", code="unreadable_file")
    if b"\0" in data:
        raise UserError(
            f"“{path.name}” is no table; save it as CSV in UTF-8 and try again.",
            code="unreadable_file",
        )
    return data


def _detect_encoding(data: bytes, name: str) -> str:
    for encoding in _ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            for start in range(0, len(data), _CHUNK):
                decoder.decode(data[start : start + _CHUNK])
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise UserError(
        f"“{name}” is neither UTF-8 nor Windows text; save it as CSV in UTF-8.",
        code="unreadable_file",
    )


def _read_cells(table: TextTable) -> Iterator[list[str]]:
    text = io.TextIOWrapper(io.BytesIO(table.data), table.encoding, newline="")
    return csv.reader(text, delimiter=table.delimiter)


def _normalize_heading_cell(cell: str) -> str:
    return re.sub(r"\s+", "_", sanitize_text(cell).strip().casefold())


def _check_headings(name: str, headings: Sequence[str], needed: Sequence[str]) -> None:
    if len(headings) > _MOST_COLUMNS:
        raise UserError(
            f"“{name}” has more than {_MOST_COLUMNS} columns; keep those it needs.",
            code="too_large",
        )
    twice = next((own for own in headings if own and headings.count(own) > 1), None)
    if twice is not None:
        raise UserError(
            f"“{name}” has more than one column “{twice}”; keep one of them.", code="too_large"
        )
    missing = [own for own in needed if own not in headings]
    if missing:
        raise UserError(
            f"“{name}” has no column “{missing[0]}” in its first line. "
            f"It needs: {', '.join(needed)}.",
            {"missing": missing, "columns": list(headings)},
            code="unreadable_file",
        )


def _make_row(
    at: int, columns: Sequence[str], cells: Sequence[str], ignored: Sequence[str]
) -> TextRow:
    if any(cell.strip() for cell in cells[len(columns) :]):
        return TextRow(
            at, {}, f"It has {len(cells)} cells, and the first line names {len(columns)}."
        )
    found: dict[str, str] = {}
    for name, cell in zip(columns, cells, strict=False):
        text = _strip_formula_guard(cell.strip())
        if not text or not name or name in ignored:
            continue
        fault = _find_cell_fault(name, text)
        if fault:
            return TextRow(at, {}, fault)
        found[name] = text
    return TextRow(at, found)


def _find_cell_fault(name: str, text: str) -> str:
    """Say why a cell cannot be read; empty where it can."""
    if len(text) > _MOST_CELL:
        return f"“{name}” holds more than {_MOST_CELL:,} characters."
    if not text.isprintable() and CONTROL_CHARACTERS.search(text):
        return f"“{name}” holds a character that cannot be shown."
    return ""


def _strip_formula_guard(text: str) -> str:
    """Take off the mark that keeps a spreadsheet from reading a cell as a formula."""
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in "=+-@" else text
