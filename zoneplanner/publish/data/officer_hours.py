"""The hours that officers served or will serve, as a table: CSV or a workbook."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from zoneplanner.domain.locale_formats import CSV_ENCODING, escape_formula
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import ShiftKind
from zoneplanner.domain.roster.staffing import compute_officer_hours, sum_open_hours
from zoneplanner.staging import write_whole

_FONT = "Calibri"
_HEADS = (
    *("officer", "agency", "kind", "shifts", "hours"),
    *("patrol_h", "after_school_h", "event_h", "weekend_or_evening", "overridden"),
)
_SHIFT_HEADS = ("officer", "unit", "day", "starts", "ends", "hours", "kind", "status", "note")
_CellValue = str | int | float


def encode_hours_csv(project: Project, first: date, last: date) -> bytes:
    """Return the hours by officer as CSV in UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_HEADS)
    writer.writerows([_plain(cell) for cell in row] for row in _rows(project, first, last))
    return text.getvalue().encode(CSV_ENCODING)


def encode_hours_xlsx(project: Project, first: date, last: date) -> bytes:
    """Return a workbook: hours by officer, each shift, and the hours of units left open."""
    return write_whole(lambda: _build_hours_book(project, first, last))


def _build_hours_book(project: Project, first: date, last: date) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheets: tuple[tuple[str, Sequence[str], list[list[_CellValue]]], ...] = (
        ("Hours", _HEADS, _rows(project, first, last)),
        ("Shifts", _SHIFT_HEADS, _shift_rows(project, first, last)),
        ("Open hours", ("unit", "planned_h", "open_h"), _open_rows(project, first, last)),
    )
    book.remove(book.active)
    for title, heads, rows in sheets:
        sheet = book.create_sheet(title)
        sheet.append([head.replace("_", " ") for head in heads])
        for row in rows:
            sheet.append([_plain(cell) for cell in row])
        for cell in sheet[1]:
            cell.font = Font(name=_FONT, bold=True)
        sheet.freeze_panes = "B2"
        for at, head in enumerate(heads, start=1):
            longest = max([len(head), *(len(str(row[at - 1])) for row in rows)])
            sheet.column_dimensions[get_column_letter(at)].width = min(40, longest + 2)
    book.properties.title = f"Hours from {first} to {last}"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _rows(project: Project, first: date, last: date) -> list[list[_CellValue]]:
    return [
        [
            *(one.name, one.agency, one.kind, len(one.shifts), round(one.sum_hours(), 2)),
            round(one.sum_hours(ShiftKind.PATROL), 2),
            round(one.sum_hours(ShiftKind.AFTER_SCHOOL), 2),
            round(one.sum_hours(ShiftKind.EVENT), 2),
            one.undesirable,
            sum(bool(shift.overrides) for shift in one.shifts),
        ]
        for one in compute_officer_hours(project, first, last)
    ]


def _shift_rows(project: Project, first: date, last: date) -> list[list[_CellValue]]:
    zone = ZoneInfo(project.time_zone)
    rows: list[list[_CellValue]] = []
    for shift in sorted(project.shifts.values(), key=lambda one: (one.starts_at, one.unit)):
        start, end = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
        if not first <= start.date() <= last:
            continue
        officer = project.officers.get(shift.officer or "")
        who = officer.name if officer else shift.officer or "open"
        rows.append(
            [
                *(who, shift.unit, str(start.date()), f"{start:%H:%M}", f"{end:%H:%M}"),
                *(round(shift.hours, 2), str(shift.kind), str(shift.status), shift.note),
            ]
        )
    return rows


def _open_rows(project: Project, first: date, last: date) -> list[list[_CellValue]]:
    found = sum_open_hours(project, first, last)
    return [[unit, round(all_h, 2), round(open_h, 2)] for unit, (all_h, open_h) in found.items()]


def _plain(cell: _CellValue) -> _CellValue:
    return escape_formula(cell) if isinstance(cell, str) else cell
