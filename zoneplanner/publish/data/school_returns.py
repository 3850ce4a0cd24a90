"""The workbook that each principal fills in for a month and sends back for import."""

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.office_entries import RETURN_HEADS, RETURN_SHEETS
from zoneplanner.domain.log.record_schema import format_choice
from zoneplanner.domain.readiness.office_requirements import find_return_due_day
from zoneplanner.messages import join_names
from zoneplanner.publish.documents.principal_pages import name_principal_files
from zoneplanner.publish.handout import Handout, format_report_period
from zoneplanner.publish.summaries import describe_office_numbers
from zoneplanner.staging import write_whole

_EMPTY_ROWS = 24
_FONT = "Calibri"
"""The font of all other cells: LibreOffice uses another one for bold cells without a name."""
_WIDTH = 18
_ABOUT = (
    "Fill in the sheets {sheets}, and send this file back to the Safe Schools office "
    "{due}.{numbers}",
    "If a column has a list, choose from the list. Write dates as month/day/year (10/5/2026) or "
    "2026-10-05. Leave blank what you do not know; zero is a valid answer.",
    "Enter only counts, and no names of students or employees. Do not change the "
    "first row of a sheet or "
    "what is filled in already: the code and name of the school, and the month.",
)
_SHEETS = {
    "Return": "one row for the month",
    "Drills": "one row per drill",
    "Trainings": "one row per course",
    "Plan steps": "one row per step of the safety plan",
}
_COLUMNS = {
    "drills": "how many drills were held this month, as on the sheet Drills",
    "plan_steps": "how many steps of the safety plan were done, as on the sheet Plan steps",
    "monitors": "how many campus monitors serve at the school",
    "contacts_checked": "whether our office has the right contacts for the school: yes or no",
    "note": "anything else that our office should know",
    "kind": "the kind of drill",
    "held_at": "day and time, such as 10/5/2026 9:15 AM",
    "minutes": "how many minutes it took",
    "officer_present": "whether an officer was present: yes or no",
    "course": "the course",
    "held_on": "the day",
    "who_kind": "for whom or with whom it was",
    "employed": "how many people the school employs",
    "stage": "what was done",
    "elements": "which elements of the plan were confirmed; all, if every one was",
}
"""What to enter in a column; the same on each sheet that has the column."""
_COLUMNS_BY_SHEET = {
    ("Return", "trained"): "how many of the staff were trained this month",
    ("Return", "on"): "leave it empty; our office enters the day on which the file came back",
    ("Trainings", "trained"): "how many people were trained",
    ("Plan steps", "on"): "the day on which it was done",
}
_FILLED_IN = ("site", "site_name", "month")
"""The columns that are filled in already."""


def build_school_returns(handout: Handout) -> dict[str, bytes]:
    """Return a workbook for each patrolled school, by file name."""
    assert handout.month is not None
    period, numbers = handout.month.periods[0], describe_office_numbers(handout)
    return {
        name: write_whole(
            lambda site=site: _build_book(
                site,
                format_report_period(handout.formats, period),
                period.first,
                {
                    "sheets": join_names(RETURN_SHEETS),
                    "due": _describe_due_day(handout, find_return_due_day(period.first)),
                    "numbers": f" Questions: {numbers}." if numbers else "",
                },
            )  # type: ignore[misc]
        )
        for name, site in name_principal_files(handout).items()
    }


def _describe_due_day(handout: Handout, due: date) -> str:
    """Describe when to send a return back, or when it was due if that day has passed."""
    day = handout.formats.day(due)
    return f"as soon as you can: it was due by {day}" if due < handout.today else f"by {day}"


def _describe_columns(title: str) -> Iterator[str]:
    """Describe what to enter in each column of a sheet, by the column's heading."""
    _, columns = RETURN_SHEETS[title]
    for name in columns:
        if name not in _FILLED_IN:
            description = _COLUMNS_BY_SHEET.get((title, name)) or _COLUMNS[name]
            yield f"{_write_heading(name)}: {description}."


def _write_heading(column: str) -> str:
    return RETURN_HEADS.get(column) or column.replace("_", " ").capitalize()


def _build_book(site: Site, period: str, first: date, facts: Mapping[str, str]) -> bytes:

    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    book = Workbook()
    cover = book.active
    cover.title = "Read me"
    for line in (f"{site.name}: {period}", *(paragraph.format(**facts) for paragraph in _ABOUT)):
        cover.append([line])
    for title in RETURN_SHEETS:
        cover.append([f"{title}: {_SHEETS[title]}"])
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
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

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
