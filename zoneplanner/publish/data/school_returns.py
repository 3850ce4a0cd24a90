"""The workbook that each principal fills in for a month and sends back; it is imported whole."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.office_entries import RETURN_HEADS, RETURN_SHEETS
from zoneplanner.domain.log.record_schema import format_choice
from zoneplanner.domain.readiness.office_requirements import find_return_due_day
from zoneplanner.publish.documents.principal_pages import name_principal_files
from zoneplanner.publish.handout import Handout, format_report_period
from zoneplanner.publish.summaries import describe_office_numbers
from zoneplanner.staging import write_whole

_EMPTY_ROWS = 24
_WIDTH = 18
_ABOUT = (
    "Fill in the sheets Return, Drills, Trainings and Plan steps, and send this file back to the "
    "Safe Schools office {due}.{numbers}",
    "Return: how many drills were held and plan steps done this month, how many of the staff were "
    "trained, how many campus monitors served, and whether the contacts of the school are right "
    "(yes or no). Zero is an answer. Leave empty what you do not know; the last column stays "
    "empty.",
    "Drills, one row per drill: kind, day and time (such as 10/5/2026 9:15 AM), minutes, whether "
    "an officer was present (yes or no).",
    "Trainings, one row per course: title, date, audience, number trained, number of employees.",
    "Plan steps, one row per step of the safety plan, with what was done, with whom, and when. If "
    "every element of the plan was confirmed, write all under Elements.",
    "Choose words from the column's list. Write dates as month/day/year (10/5/2026) or 2026-10-05.",
    "Counts only: no names of students or employees. Do not change the first row or the codes.",
)


def build_school_returns(handout: Handout) -> dict[str, bytes]:
    """Return a workbook for each school that is patrolled, by the name of its file."""
    assert handout.month is not None
    period, numbers = handout.month.periods[0], describe_office_numbers(handout)
    return {
        name: write_whole(
            lambda site=site: _build_book(
                site,
                format_report_period(handout.formats, period),
                period.first,
                {
                    "due": _say_due(handout, find_return_due_day(period.first)),
                    "numbers": f" Questions: {numbers}." if numbers else "",
                },
            )  # type: ignore[misc]
        )
        for name, site in name_principal_files(handout).items()
    }


def _say_due(handout: Handout, due: date) -> str:
    """Say until when to send a return back, and of one that is made later when it was due."""
    day = handout.formats.day(due)
    return f"as soon as you can: it was due by {day}" if due < handout.today else f"by {day}"


def _build_book(site: Site, period: str, first: date, said: Mapping[str, str]) -> bytes:
    import io

    from openpyxl import Workbook
    from openpyxl.styles import Alignment

    book = Workbook()
    about = book.active
    about.title = "Read me"
    for line in (f"{site.name}: {period}", *(one.format(**said) for one in _ABOUT)):
        about.append([line])
    about.column_dimensions["A"].width = 80
    _fit_to_paper(about)
    for row in about.iter_rows():
        row[0].alignment = Alignment(wrap_text=True, vertical="top")
    choices = {kind.table: kind.choices for kind in RECORD_KINDS.values()}
    for title, (table, columns) in RETURN_SHEETS.items():
        own = {"site": site.id, "site_name": site.name, "month": first.isoformat()}
        rows = [[own.get(name) for name in columns]]
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

    sheet.append([RETURN_HEADS.get(one) or one.replace("_", " ").capitalize() for one in columns])
    for row in rows:
        sheet.append(list(row))
    sheet.freeze_panes = "A2"
    _fit_to_paper(sheet)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for at, column in enumerate(columns, start=1):
        letter = get_column_letter(at)
        if column in choices:
            words = ",".join(map(format_choice, choices[column]))
            offered = DataValidation(type="list", formula1=f'"{words}"', errorStyle="warning")
            offered.add(f"{letter}2:{letter}{len(rows) + 1}")
            sheet.add_data_validation(offered)
        sheet.column_dimensions[letter].width = _WIDTH
        for cell in sheet[letter]:
            cell.number_format = "@"  # codes and days stay what was typed


def _fit_to_paper(sheet: Any) -> None:
    """Have a sheet printed as wide as a page that lies on its side."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
