"""The scheduled hours of officers as a table: CSV or a workbook."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from zoneplanner.domain.locale_formats import CSV_ENCODING, escape_formula
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import ShiftKind
from zoneplanner.domain.roster.staffing import compute_officer_hours, sum_open_hours
from zoneplanner.messages import Message
from zoneplanner.staging import write_whole

_FONT = "Calibri"
_HEADINGS = (
    "officer",
    "agency",
    "kind",
    "shifts",
    "hours",
    "patrol_h",
    "after_school_h",
    "event_h",
    "weekend_or_evening",
    "overridden",
)
_SHIFT_HEADINGS = ("officer", "unit", "day", "starts", "ends", "hours", "kind", "status", "note")
_CellValue = str | int | float


def encode_hours_csv(project: Project, first: date, last: date) -> bytes:
    """Return the hours by officer as CSV in UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_HEADINGS)
    writer.writerows(
        [_escape_cell(cell) for cell in row] for row in _list_officer_rows(project, first, last)
    )
    return text.getvalue().encode(CSV_ENCODING)


def encode_hours_xlsx(project: Project, first: date, last: date) -> bytes:
    """Return a workbook with the hours by officer, each shift, and the open hours of units."""
    return write_whole(lambda: _build_hours_book(project, first, last))


def _build_hours_book(project: Project, first: date, last: date) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheets: tuple[tuple[str, Sequence[str], list[list[_CellValue]]], ...] = (
        ("Hours", _HEADINGS, _list_officer_rows(project, first, last)),
        ("Shifts", _SHIFT_HEADINGS, _list_shift_rows(project, first, last)),
        ("Open hours", ("unit", "planned_h", "open_h"), _list_open_rows(project, first, last)),
    )
    book.remove(book.active)
    for title, headings, rows in sheets:
        sheet = book.create_sheet(title)
        sheet.append([heading.replace("_", " ") for heading in headings])
        for row in rows:
            sheet.append([_escape_cell(cell) for cell in row])
        for cell in sheet[1]:
            cell.font = Font(name=_FONT, bold=True)
        sheet.freeze_panes = "B2"
        for column, heading in enumerate(headings, start=1):
            longest = max([len(heading), *(len(str(row[column - 1])) for row in rows)])
            sheet.column_dimensions[get_column_letter(column)].width = min(40, longest + 2)
    book.properties.title = str(Message("hours_book", first=first, last=last))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _list_officer_rows(project: Project, first: date, last: date) -> list[list[_CellValue]]:
    return [
        [
            officer.name,
            officer.agency,
            officer.kind,
            len(officer.shifts),
            round(officer.sum_hours(), 2),
            round(officer.sum_hours(ShiftKind.PATROL), 2),
            round(officer.sum_hours(ShiftKind.AFTER_SCHOOL), 2),
            round(officer.sum_hours(ShiftKind.EVENT), 2),
            officer.undesirable,
            sum(bool(shift.overrides) for shift in officer.shifts),
        ]
        for officer in compute_officer_hours(project, first, last)
    ]


def _list_shift_rows(project: Project, first: date, last: date) -> list[list[_CellValue]]:
    zone = ZoneInfo(project.time_zone)
    rows: list[list[_CellValue]] = []
    for shift in sorted(project.shifts.values(), key=lambda each: (each.starts_at, each.unit)):
        start, end = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
        if not first <= start.date() <= last:
            continue
        officer = project.officers.get(shift.officer or "")
        name = officer.name if officer else shift.officer or "open"
        rows.append(
            [
                name,
                shift.unit,
                str(start.date()),
                f"{start:%H:%M}",
                f"{end:%H:%M}",
                round(shift.hours, 2),
                str(shift.kind),
                str(shift.status),
                shift.note,
            ]
        )
    return rows


def _list_open_rows(project: Project, first: date, last: date) -> list[list[_CellValue]]:
    open_hours = sum_open_hours(project, first, last)
    return [
        [unit, round(all_h, 2), round(open_h, 2)] for unit, (all_h, open_h) in open_hours.items()
    ]


def _escape_cell(cell: _CellValue) -> _CellValue:
    return escape_formula(cell) if isinstance(cell, str) else cell
