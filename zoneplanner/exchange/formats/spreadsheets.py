"""Write tables: CSV without formulas, and workbooks with number formats and headings."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import shapely

from zoneplanner.domain.locale_formats import escape_formula
from zoneplanner.exchange.formats.export_layer import (
    ColumnKind,
    ExportColumn,
    ExportLayer,
    format_export_value,
)
from zoneplanner.staging import write_whole

_PLACE = (ExportColumn("latitude", ColumnKind.NUMBER), ExportColumn("longitude", ColumnKind.NUMBER))
_FORMATS = {
    ColumnKind.TEXT: "@",
    ColumnKind.WHOLE: "#,##0",
    ColumnKind.NUMBER: "0.00",
    ColumnKind.AMOUNT: "#,##0.00",
    ColumnKind.FLAG: "@",
    ColumnKind.MOMENT: "mmm d, yyyy h:mm AM/PM",
    ColumnKind.DAY: "mmm d, yyyy",
}
_RIGHT_ALIGNED = (ColumnKind.WHOLE, ColumnKind.NUMBER, ColumnKind.AMOUNT)
"""Kinds that are aligned right; others are aligned left, indented from figures to their left."""
_DEGREE_FORMAT = "0.000000"
_FONT = "Calibri"
"""The font of the cells; a heading without a font name would get another one."""
_LETTER = 1
"""The paper size of the bundled district, by its number in workbooks."""
_HEADING_WORDS = {
    "uid": "UID",
    "id": "ID",
    "zip": "ZIP",
    "juris": "Jurisdiction",
    "onscene": "On scene",
    "enroute": "En route",
}
_UNIT_WORDS = ("min", "weeks")
_ID_NOTES = {
    "uid": "Identifies the record, so that this file can be imported again. "
    "It contains no other information.",
    **dict.fromkeys(
        ("incident", "review", "concern", "shift", "worked"), "The UID of another record."
    ),
}
_ID_WIDTH = 10
_LEAST_WIDTH, _MOST_WIDTH, _SAMPLE_ROWS = 8, 60, 200
_DAY_WIDTH, _MOMENT_WIDTH = 16, 26
"""In a narrower column, a spreadsheet shows ### instead of the day."""
_PAGE_WIDTH = 140
"""Characters across a printed page; with more, they would be too small to read."""
_LONGEST_TITLE, _HEADING_COLOR = 31, "FFE7EBEF"
_NO_TITLE = str.maketrans(dict.fromkeys("[]:*?/\\", "-"))
_ILLEGAL = {code: " " for code in range(32) if code not in (9, 10, 13)}


def build_csv(layer: ExportLayer, delimiter: str = ",") -> str:
    """Return a layer as CSV; positions become latitude and longitude, to a tenth of a mm."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow([column.name for column in _list_columns(layer)])
    for row in _list_rows(layer):
        writer.writerow([_format_csv_cell(value) for value in row])
    return text.getvalue()


def add_wkt_column(layer: ExportLayer) -> ExportLayer:
    """Return a layer with its shapes, in longitude and latitude, as its last column."""
    texts = shapely.to_wkt(list(layer.shapes or ()), rounding_precision=9).tolist()
    rows = tuple((*row, text) for row, text in zip(layer.rows, texts, strict=True))
    return replace(layer, columns=(*layer.columns, ExportColumn("wkt")), rows=rows)


def write_workbook(path: Path, layers: Sequence[ExportLayer], report: Any = None) -> None:
    """Write a workbook with a sheet for each layer, frozen headings and number formats.

    Codes are text, so that no spreadsheet rounds them; no cell is a formula.
    """
    write_whole(lambda: _write_book(path, layers, report))


def _write_book(path: Path, layers: Sequence[ExportLayer], report: Any) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    book.properties.creator = "Patrol-zone planner"
    for index, layer in enumerate(layers):
        if report is not None:
            report(index / len(layers), layer.title)
        _write_sheet(book.create_sheet(_name_sheet(layer.title)), layer)
    book.save(path)


def _name_sheet(title: str) -> str:
    """Return a title cut to the length of a sheet's name, without the part after a colon."""
    fits = len(title) <= _LONGEST_TITLE
    return (title if fits else title.partition(": ")[0]).translate(_NO_TITLE)[:_LONGEST_TITLE]


def _write_sheet(sheet: Any, layer: ExportLayer) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    columns, rows = _list_columns(layer), _list_rows(layer)
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _LETTER
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = "&A", "Page &P of &N"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(rows) + 1}"
    total_width = 0.0
    for number, column in enumerate(columns, 1):
        widths = (_estimate_width(row[number - 1]) for row in rows[:_SAMPLE_ROWS])
        width = min(max(_LEAST_WIDTH, len(write_heading(column.name)) + 3, *widths), _MOST_WIDTH)
        width = _ID_WIDTH if column.name in _ID_NOTES else width
        sheet.column_dimensions[get_column_letter(number)].width = width
        total_width += width
    pages_across = -(-int(total_width) // _PAGE_WIDTH)
    sheet.page_setup.fitToWidth = pages_across
    if pages_across > 1:
        sheet.print_title_cols = "A:B"
    left = Alignment(horizontal="left", indent=1)
    headings = [WriteOnlyCell(sheet, write_heading(column.name)) for column in columns]
    sheet.append([_style_heading(*pair) for pair in zip(headings, columns, strict=True)])
    typed = [_choose_kind(column, [row[i] for row in rows]) for i, column in enumerate(columns)]
    for row in rows:
        pairs = zip(typed, row, strict=True)
        sheet.append(
            [_make_sheet_cell(WriteOnlyCell, sheet, column, value, left) for column, value in pairs]
        )


def write_heading(name: str) -> str:
    """Return the heading of a column: “Load (min)” for ``load_min``.

    The import recognizes a heading by its letters, so they are the letters of the column's name;
    only columns that nothing imports have other words.
    """
    *others, last = name.split("_")
    words = [*others, f"({last})" if others and last in _UNIT_WORDS else last]
    heading = " ".join(_HEADING_WORDS.get(word, word) for word in words)
    return heading[:1].upper() + heading[1:]


def _choose_kind(column: ExportColumn, values: Sequence[object]) -> ExportColumn:
    """Return a number column as a column of whole numbers if all its values are whole."""
    if column.kind is not ColumnKind.NUMBER or column in _PLACE:
        return column
    numbers = [float(value) for value in values if isinstance(value, (int, float))]
    is_whole = bool(numbers) and all(number.is_integer() for number in numbers)
    return replace(column, kind=ColumnKind.WHOLE) if is_whole else column


def _style_heading(cell: Any, column: ExportColumn) -> Any:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill

    if column.name in _ID_NOTES:
        cell.comment = Comment(_ID_NOTES[column.name], "")
    cell.font, cell.fill = Font(_FONT, bold=True), PatternFill("solid", fgColor=_HEADING_COLOR)
    is_right = column.kind in _RIGHT_ALIGNED
    cell.alignment = Alignment(
        horizontal="right" if is_right else "left", indent=0 if is_right else 1
    )
    return cell


def _make_sheet_time(value: object) -> object:
    """Return a time as a workbook stores it: on the local clock, without an offset.

    Times that would be ambiguous in a cell stay text: midnight, which would be shown as a day only,
    and the hour that occurs twice when the clocks are set back.
    """
    if not isinstance(value, datetime):
        return value
    clock = value.replace(tzinfo=None, fold=0)
    occurs_twice = value.utcoffset() != value.replace(fold=1 - value.fold).utcoffset()
    return value.isoformat() if occurs_twice or clock.time() == time() else clock


def _make_sheet_cell(make: Any, sheet: Any, column: ExportColumn, value: object, left: Any) -> Any:
    if value is None:
        return None
    if column.kind in (ColumnKind.MOMENT, ColumnKind.DAY):
        value = _make_sheet_time(value)
    if column.kind in (ColumnKind.TEXT, ColumnKind.FLAG) or isinstance(value, str):
        cell = make(sheet, format_export_value(value).translate(_ILLEGAL))
        cell.data_type = "s"
    else:
        cell = make(sheet, value)
    cell.number_format = _DEGREE_FORMAT if column in _PLACE else _FORMATS[column.kind]
    if column.kind not in _RIGHT_ALIGNED:
        cell.alignment = left
    return cell


def _list_columns(layer: ExportLayer) -> tuple[ExportColumn, ...]:
    return (*layer.columns, *(_PLACE if layer.lonlat is not None else ()))


def _list_rows(layer: ExportLayer) -> list[tuple[object, ...]]:
    if layer.lonlat is None:
        return [tuple(row) for row in layer.rows]
    return [(*row, lat, lon) for row, (lon, lat) in zip(layer.rows, layer.lonlat, strict=True)]


def _format_csv_cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.8f}".rstrip("0").rstrip(".")
    return escape_formula(format_export_value(value))


def _estimate_width(value: object) -> int:
    if isinstance(value, date):
        return _MOMENT_WIDTH if isinstance(value, datetime) else _DAY_WIDTH
    return len(format_export_value(value)) + 3
