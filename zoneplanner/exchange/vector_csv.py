"""The cells of a text table, read without GDAL: any common delimiter, UTF or Windows text."""

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

from zoneplanner.errors import UserError
from zoneplanner.exchange.vector_table import TextCells

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_ENCODINGS = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252", "latin-1": "Latin-1"}
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_csv_cells(path: Path, name: str) -> TextCells:
    """Return the cells of a text table; ``name`` is what messages call the file.

    Raises
    ------
    UserError
        It is no table of text; a row that cannot be read raises when it is reached.
    """
    text, encoding = _decode_text(path.read_bytes(), name)
    if "\0" in text:
        raise UserError(
            f"“{name}” is no table; save it as CSV and try again.", code="unreadable_file"
        )
    delimiter = max(_DELIMITERS, key=text.split("\n", 1)[0].count)
    words = f"{encoding}, {_DELIMITERS[delimiter]} between columns"
    return TextCells(_read_csv_rows(text, delimiter, name), words)


def _decode_text(data: bytes, name: str) -> tuple[str, str]:
    if data.startswith(_UTF_16):
        try:
            return data.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError as error:
            raise UserError(
                f"“{name}” is no table; save it as CSV and try again.", code="unreadable_file"
            ) from error
    for encoding, called in _ENCODINGS.items():
        try:
            return data.decode(encoding), called
        except UnicodeDecodeError:
            continue
    raise AssertionError("Latin-1 reads everything")


def _read_csv_rows(text: str, delimiter: str, name: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise UserError(
            f"“{name}” is no table that can be read: {error}.", code="unreadable_file"
        ) from error
