"""The cells of a workbook's sheet as text; openpyxl is imported by the process that reads."""

import warnings
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from zoneplanner.errors import UserError
from zoneplanner.exchange.vector_table import TextCells
from zoneplanner.exchange.vector_zip import SeveralLayers

_ROWS_LOOKED_AT = 15
_HEADING_SHARE = 0.6
_LARGEST_EXACT = 1e15


def read_sheet_cells(path: Path, name: str, sheet: str | None) -> TextCells:
    """Return the cells of one sheet; lines of title above the headings are passed over.

    Formulas give the value that was saved with them; times are ISO 8601.

    Raises
    ------
    SeveralFound
        Several sheets hold cells and ``sheet`` names none.
    UserError
        It is no workbook, has no such sheet, or no cells.
    """
    from openpyxl import load_workbook

    warnings.simplefilter("ignore")
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl raises what the zip file, XML or styles happen to raise
        if isinstance(error, MemoryError):
            raise
        raise UserError(
            f"“{name}” is no workbook that can be read; save it anew.", code="unreadable_file"
        ) from error
    sheets = {own.title: own for own in book.worksheets if _has_cells(own)}
    if not sheets:
        raise UserError(f"“{name}” has no cells; choose another file.", code="unreadable_file")
    if sheet is None and len(sheets) > 1:
        raise SeveralLayers(name, list(sheets))
    if sheet is not None and sheet not in sheets:
        raise UserError(
            f"“{name}” has no sheet “{sheet}”. It has: {', '.join(sheets)}.", code="unreadable_file"
        )
    chosen = sheets[sheet] if sheet is not None else next(iter(sheets.values()))
    chosen.reset_dimensions()
    return TextCells(_read_sheet_rows(chosen), f"a workbook, sheet “{chosen.title}”")


def _has_cells(sheet: Any) -> bool:
    first = next(sheet.iter_rows(max_row=_ROWS_LOOKED_AT, values_only=True), None)
    return first is not None


def _read_sheet_rows(sheet: Any) -> Iterator[list[str]]:
    rows = ([_format_sheet_cell(cell) for cell in row] for row in sheet.iter_rows(values_only=True))
    first = [row for _, row in zip(range(_ROWS_LOOKED_AT), rows, strict=False)]
    yield from first[_find_heading_row(first) :]
    yield from rows


def _find_heading_row(rows: Sequence[Sequence[str]]) -> int:
    """Return where the headings are: the first row that is nearly as full as the fullest."""
    filled = [sum(bool(cell) for cell in row) for row in rows]
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
