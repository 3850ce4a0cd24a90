"""The workbook that each principal fills in for a month and sends back for import."""

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.office_entries import RETURN_HEADS, RETURN_SHEETS
from zoneplanner.domain.log.record_schema import format_choice
from zoneplanner.domain.readiness.office_requirements import find_return_due_day
from zoneplanner.messages import Message
from zoneplanner.publish.documents.principal_pages import name_principal_files
from zoneplanner.publish.handout import Handout, format_report_period
from zoneplanner.publish.summaries import describe_office_numbers
from zoneplanner.staging import write_whole

_EMPTY_ROWS = 24
_FONT = "Calibri"
"""The font of all other cells: LibreOffice uses another one for bold cells without a name."""
_WIDTH = 18
_AMBIGUOUS = ("trained", "on")
"""The columns that mean something else on each sheet."""
_FILLED_IN = ("site", "site_name", "month")
"""The columns that are filled in already."""


def build_school_returns(handout: Handout) -> dict[str, bytes]:
    """Return a workbook for each patrolled school, by file name."""
    assert handout.month is not None
    period, numbers = handout.month.periods[0], describe_office_numbers(handout)
    due = find_return_due_day(period.first)
    code = "return_book.late" if due < handout.today else "return_book"
    about = (
        handout.say(
            Message(code, sheets=RETURN_SHEETS, due=due),
            Message("return_book.questions", numbers=numbers) if numbers else "",
        ),
        str(Message("return_book.columns")),
        str(Message("return_book.only_counts")),
    )
    period_name = format_report_period(handout.formats, period)
    return {
        name: write_whole(partial(_build_book, site, period_name, period.first, about))
        for name, site in name_principal_files(handout).items()
    }


def _describe_columns(title: str) -> Iterator[str]:
    """Describe what to enter in each column of a sheet, by the column's heading."""
    table, columns = RETURN_SHEETS[title]
    for name in columns:
        if name not in _FILLED_IN:
            suffix = f"_of_{table}" if name in _AMBIGUOUS else ""
            yield f"{_write_heading(name)}: {Message(f'return_column.{name}{suffix}')}"


def _write_heading(column: str) -> str:
    return RETURN_HEADS.get(column) or column.replace("_", " ").capitalize()


def _build_book(site: Site, period: str, first: date, about: Sequence[str]) -> bytes:
    book = Workbook()
    cover = book.active
    cover.title = "Read me"
    for line in (f"{site.name}: {period}", *about):
        cover.append([line])
    for title, (table, _) in RETURN_SHEETS.items():
        cover.append([f"{title}: {Message(f'return_sheet.{table}')}"])
        cover.cell(cover.max_row, 1).font = Font(name=_FONT, bold=True)
        for line in _describe_columns(title):
            cover.append([line])
    cover.column_dimensions["A"].width = 100
    cover["A1"].font = Font(name=_FONT, bold=True)
    _fit_to_paper(cover)
    for row in cover.iter_rows():
        row[0].alignment = Alignment(wrap_text=True, vertical="top")
    choices = {kind.table: kind.choices for kind in RECORD_KINDS.values()}
    for title, (table, columns) in RETURN_SHEETS.items():
        given = {"site": site.id, "site_name": site.name, "month": first.isoformat()}
        rows = [[given.get(name) for name in columns]]
        rows *= 1 if title == "Return" else _EMPTY_ROWS
        _write_sheet(book.create_sheet(title), columns, rows, choices[table])
    book.properties.title = f"{site.name}, {period}"
    text = io.BytesIO()
    book.save(text)
    return text.getvalue()


def _write_sheet(
    sheet: Any,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    choices: Mapping[str, Sequence[str]],
) -> None:
    sheet.append(list(map(_write_heading, columns)))
    for row in rows:
        sheet.append(list(row))
    sheet.freeze_panes = "A2"
    _fit_to_paper(sheet)
    for cell in sheet[1]:
        cell.font = Font(name=_FONT, bold=True)
    for number, column in enumerate(columns, start=1):
        letter = get_column_letter(number)
        if column in choices:
            words = ",".join(map(format_choice, choices[column]))
            validation = DataValidation(type="list", formula1=f'"{words}"', errorStyle="warning")
            validation.add(f"{letter}2:{letter}{len(rows) + 1}")
            sheet.add_data_validation(validation)
        sheet.column_dimensions[letter].width = _WIDTH
        for cell in sheet[letter]:
            cell.number_format = "@"  # codes and days stay what was typed


def _fit_to_paper(sheet: Any) -> None:
    """Make a sheet print one page wide in landscape."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
