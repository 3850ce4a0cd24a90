import csv
import io
from dataclasses import replace

from openpyxl import load_workbook
from pypdf import PdfReader
from rosters import FRIDAY, MONDAY, NOW, officer, roster

from zoneplanner.domain import rostering
from zoneplanner.domain.hours import hours_of, spread
from zoneplanner.domain.project import Project
from zoneplanner.publish.hours import hours_csv, hours_xlsx
from zoneplanner.publish.week_page import week_page


def week() -> Project:
    project = roster(officer("A", "A"), officer("B", "A", name="=Officer B"))
    return rostering.assign(project, f"A-day-{MONDAY}", "A", now=NOW)


def test_hours_are_told_by_officer_and_how_even_they_are() -> None:
    found = hours_of(week(), MONDAY, FRIDAY)
    assert [(one.name, one.of(), len(one.shifts)) for one in found] == [
        ("Officer A", 8.5, 1),
        ("=Officer B", 0, 0),
    ]
    assert spread(found) == {"deputy": (0, 4.25, 8.5)}


def test_the_report_of_hours_is_the_same_as_csv_and_workbook_and_holds_no_formula() -> None:
    project = week()
    rows = list(csv.reader(io.StringIO(hours_csv(project, MONDAY, FRIDAY).decode())))
    book = load_workbook(io.BytesIO(hours_xlsx(project, MONDAY, FRIDAY)))
    assert book.sheetnames == ["Hours", "Shifts", "Open hours"]
    sheet = [[str(cell.value) for cell in row] for row in book["Hours"].iter_rows(min_row=2)]
    assert sheet == rows[1:]
    assert [row[0] for row in sheet] == ["Officer A", "'=Officer B"]
    assert [cell.value for cell in book["Open hours"][2]] == ["A", 41.5, 33]


def test_the_printed_week_names_who_is_where_and_what_is_open() -> None:
    page = PdfReader(io.BytesIO(week_page(week(), MONDAY, printed_at=NOW)))
    text = page.pages[0].extract_text()
    assert "Shifts, 14 September to 18 September 2026" in text
    assert "Officer A" in text
    assert text.count("OPEN") == 14
    assert "07:30–15:00" in text


def test_an_empty_week_says_so() -> None:
    empty = replace(week(), shifts={})
    page = PdfReader(io.BytesIO(week_page(empty, MONDAY, printed_at=NOW)))
    assert "No shifts this week." in page.pages[0].extract_text()
