import csv
import io

from openpyxl import load_workbook
from rosters import FRIDAY, MONDAY, NOW, officer, roster

from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import shift_edits
from zoneplanner.domain.roster.shift import RosterDecision
from zoneplanner.domain.roster.staffing import compute_hours_spread, compute_officer_hours
from zoneplanner.publish.data.officer_hours import encode_hours_csv, encode_hours_xlsx


def build_week() -> Project:
    project = roster(officer("A", "A"), officer("B", "A", name="=Officer B"))
    return shift_edits.assign_shift(project, f"A-day-{MONDAY}", "A", RosterDecision(NOW))


def test_hours_are_summed_by_officer_with_their_spread() -> None:
    found = compute_officer_hours(build_week(), MONDAY, FRIDAY)
    assert [(one.name, one.sum_hours(), len(one.shifts)) for one in found] == [
        ("Officer A", 8.5, 1),
        ("=Officer B", 0, 0),
    ]
    assert compute_hours_spread(found) == {"deputy": (0, 4.25, 8.5)}


def test_the_hours_report_is_the_same_as_csv_and_workbook_without_formulas() -> None:
    project = build_week()
    rows = list(csv.reader(io.StringIO(encode_hours_csv(project, MONDAY, FRIDAY).decode())))
    book = load_workbook(io.BytesIO(encode_hours_xlsx(project, MONDAY, FRIDAY)))
    assert book.sheetnames == ["Hours", "Shifts", "Open hours"]
    sheet = [[str(cell.value) for cell in row] for row in book["Hours"].iter_rows(min_row=2)]
    assert sheet == rows[1:]
    assert [row[0] for row in sheet] == ["Officer A", "'=Officer B"]
    assert [cell.value for cell in book["Open hours"][2]] == ["A", 41.5, 33]
