"""An agency's invoice compared with our hours line by line."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from builders import refused
from rosters import MONDAY, officer, roster, shift

from zoneplanner.domain.log.entries import parse_entry
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.hours import list_hours
from zoneplanner.domain.roster.hours_rules import HoursRules, PayRate
from zoneplanner.domain.roster.invoices import (
    InvoiceMatch,
    InvoiceReview,
    InvoiceVerdict,
    parse_invoice_day,
    parse_invoice_number,
    read_invoice_line,
    review_invoice,
)
from zoneplanner.domain.roster.officer_edits import OfficerNames
from zoneplanner.domain.roster.shift import ShiftStatus
from zoneplanner.messages import Message

ZONE = "America/Los_Angeles"
NOW = datetime(2026, 9, 21, 16, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
RATE = HoursRules().with_rate(PayRate("Sheriff", date(2026, 7, 1), 92.5))


def project(rules: HoursRules = RATE) -> Project:
    """Officer A is posted on Monday and Tuesday, B on Monday night; C belongs to the police."""
    base = roster(
        officer("A", "A", name="Able Baker"),
        officer("B", "B", name="Bravo Delta-Echo"),
        officer("C", "c", kind="sro", name="Cy Young"),
    )
    night = shift("n", "B", MONDAY, "22:00", "23:00")
    shifts = [
        shift("s", "A", MONDAY, "07:30", "16:00", officer="A"),
        shift("t", "A", TUESDAY, "07:30", "16:00", officer="A"),
        replace(night, ends_at=night.starts_at + timedelta(hours=8), officer="B"),
    ]
    final = {one.uid: replace(one, status=ShiftStatus.FINAL) for one in shifts}
    return replace(base, shifts=final, hours_rules=rules)


def parse_worked(uid: str, who: str, began: str, ended: str, **more: str) -> NewEntry:
    columns = {"officer": who, "began_at": began, "ended_at": ended} | more
    return parse_entry("hours", columns, time_zone=ZONE, now=NOW, uid=uid)


def confirmed_entries() -> list[NewEntry]:
    return [
        parse_worked("s", "A", f"{MONDAY}T07:30", f"{MONDAY}T16:00"),
        parse_worked("t", "A", f"{TUESDAY}T07:30", f"{TUESDAY}T16:00"),
        parse_worked("n", "B", f"{MONDAY}T22:00", f"{TUESDAY}T06:00"),
    ]


def review(*rows: str, agency: str = "", entries: list[NewEntry] | None = None) -> InvoiceReview:
    """Review rows of day | officer | hours | rate | amount."""
    names = ("day", "officer", "hours", "rate", "amount")
    lines = [
        read_invoice_line(
            at, dict(zip(names, (one.strip() for one in row.split("|")), strict=True))
        )
        for at, row in enumerate(rows, start=2)
    ]
    one = project()
    ours = list_hours(
        one, confirmed_entries() if entries is None else entries, MONDAY, TUESDAY, now=NOW
    )
    return review_invoice(one, ours, lines, agency=agency)


def list_verdicts(found: InvoiceReview) -> list[str]:
    return [one.verdict.name for one in found.matches if one.line.row]


def first_match(found: InvoiceReview) -> InvoiceMatch:
    return found.matches[0]


def test_an_invoice_of_the_hours_worked_matches_to_the_cent() -> None:
    found = review(
        "09/14/2026 | Baker, Able | 8.5 | $92.50 | $786.25",
        "2026-09-15 | Deputy A. Baker | 8:30 | 92.5 | 786.25",
        "9/14/26 | Delta-Echo | 8 | 92.5 | 740",
    )
    assert list_verdicts(found) == ["MATCHES"] * 3
    assert (found.billed, found.due, found.unbilled, found.differences) == (2312.5, 2312.5, 0, ())


@pytest.mark.parametrize(
    ("row", "verdict", "due", "difference"),
    [
        ("2026-09-14 | A | 10 | 92.5 | 925", "HOURS_DIFFER", 786.25, 138.75),
        ("2026-09-14 | A | 8.5 | 95 | 807.5", "RATE_DIFFERS", 786.25, 21.25),
        ("2026-09-14 | A | 8.5 | | 807.5", "RATE_DIFFERS", 786.25, 21.25),
        ("2026-09-14 | A | 8.5 | 92.5 | 800", "AMOUNT_DIFFERS", 786.25, 13.75),
        ("2026-09-14 | A | 8 | | ", "HOURS_DIFFER", 786.25, -46.25),
        ("2026-09-13 | A | 8.5 | 92.5 | 786.25", "NOT_SCHEDULED", 0, 786.25),
        ("2026-09-14 | Zed | 8.5 | 92.5 | 786.25", "UNKNOWN_OFFICER", 0, 786.25),
        ("2026-09-14 | A | -8.5 | 92.5 | (786.25)", "CREDIT", 0, -786.25),
        ("soon | A | 8.5 | 92.5 | 786.25", "UNREADABLE", 0, 786.25),
        ("2026-09-14 | A | many | 92.5 | 786.25", "UNREADABLE", 0, 786.25),
    ],
)
def test_each_kind_of_difference_has_a_verdict_and_an_amount(
    row: str, verdict: str, due: float, difference: float
) -> None:
    one = first_match(review(row))
    assert (one.verdict.name, one.due, one.difference) == (verdict, due, difference)


def test_a_repeated_line_is_billed_twice_but_parts_of_a_shift_are_not() -> None:
    row = "2026-09-14 | A | 8.5 | 92.5 | 786.25"
    found = review(row, row)
    assert list_verdicts(found) == ["MATCHES", "BILLED_TWICE"]
    assert found.billed - found.due == 786.25
    parts = review("2026-09-14 | A | 4 | 92.5 | 370", "2026-09-14 | A | 4.5 | 92.5 | 416.25")
    assert list_verdicts(parts) == ["MATCHES", "MATCHES"]
    more = review("2026-09-14 | A | 5 | 92.5 | 462.5", "2026-09-14 | A | 5 | 92.5 | 462.5")
    assert list_verdicts(more) == ["HOURS_DIFFER", "HOURS_DIFFER"]
    assert more.due == 786.25


def test_a_night_shift_can_be_billed_whole_or_split_at_midnight() -> None:
    assert list_verdicts(review("2026-09-14 | B | 8 | 92.5 | 740")) == ["MATCHES"]
    split = review("2026-09-14 | B | 2 | 92.5 | 185", "2026-09-15 | B | 6 | 92.5 | 555")
    assert list_verdicts(split) == ["MATCHES", "MATCHES"]
    assert split.due == 740


def test_absences_and_unconfirmed_hours_are_not_due() -> None:
    absent = parse_worked("s", "A", f"{MONDAY}T07:30", f"{MONDAY}T16:00", absent="yes")
    found = review(
        "2026-09-14 | A | 8.5 | 92.5 | 786.25",
        "2026-09-15 | A | 8.5 | 92.5 | 786.25",
        entries=[absent],
    )
    assert list_verdicts(found) == ["NOT_WORKED", "NOT_CONFIRMED"]
    assert found.due == 0


def test_unbilled_hours_are_listed_and_other_agencies_officers_are_not_due() -> None:
    found = review("2026-09-14 | Cy Young | 8 | 92.5 | 740", agency="Sheriff")
    assert list_verdicts(found) == ["OTHER_AGENCY"]
    unbilled = [one.ours.key for one in found.matches if one.ours is not None]
    assert sorted(unbilled) == ["n", "s", "t"]
    assert found.unbilled == 2312.5


def test_an_invoices_total_row_is_not_a_line() -> None:
    found = review("2026-09-14 | A | 8.5 | 92.5 | 786.25", " | Total | 8.5 | | $800.00")
    assert list_verdicts(found) == ["MATCHES"]
    assert (found.billed, found.stated) == (786.25, 800.0)


def test_without_our_rate_the_invoices_rate_is_used() -> None:
    one = project(HoursRules())
    line = read_invoice_line(2, {"day": "2026-09-14", "officer": "A", "hours": "9", "rate": "90"})
    ours = list_hours(one, confirmed_entries(), MONDAY, TUESDAY, now=NOW)
    match = review_invoice(one, ours, [line]).matches[0]
    assert (match.verdict, match.due, match.billed) == (InvoiceVerdict.HOURS_DIFFER, 765.0, 810.0)


@pytest.mark.parametrize(
    ("text", "value"),
    [("8,5", 8.5), ("$1,234.50", 1234.5), ("(92.00)", -92.0), ("8:20", 8.33), ("8 hrs", 8.0)],
)
def test_numbers_are_read_as_agencies_write_them(text: str, value: float) -> None:
    assert parse_invoice_number(text) == value


@pytest.mark.parametrize("text", ["", "nan", "inf", "8-9", "1e400", "eight", "1,23,4"])
def test_an_invalid_number_is_rejected(text: str) -> None:
    with refused("not_a_number.of_invoice"):
        parse_invoice_number(text)


@pytest.mark.parametrize(
    "text", ["2026-09-14", "09/14/2026", "9/14/26", "2026-09-14T00:00:00", "14-Sep-2026"]
)
def test_dates_are_read_as_agencies_write_them(text: str) -> None:
    assert parse_invoice_day(text) == MONDAY


def test_a_name_shared_by_two_officers_matches_neither() -> None:
    one = project()
    twin = replace(one.officers["A"], id="D", name="Alpha Baker")
    names = OfficerNames(replace(one, officers={**one.officers, "D": twin}))
    assert [names.find(text) for text in ("Baker", "A Baker", "Able Baker", "D")] == [
        "",
        "",
        "A",
        "D",
    ]


@pytest.mark.parametrize(
    ("cells", "faults"),
    [
        (
            {"day": "soon", "hours": "x"},
            (
                Message("not_a_number.of_invoice", text="x"),
                Message("not_a_date.of_invoice", text="soon"),
                Message("invoice_without", what="officer"),
            ),
        ),
        (
            {"day": "11/13/2026", "officer": "A"},
            (Message("invoice_without", what="hours"),),
        ),
        ({"day": "11/13/2026", "officer": "A", "hours": "3"}, ()),
    ],
)
def test_each_fault_of_a_line_is_listed(cells: dict[str, str], faults: tuple[Message, ...]) -> None:
    assert read_invoice_line(2, cells).faults == faults
