"""Confirming, approving, withdrawing and exporting hours, as on a coordinator's Friday."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from builders import create_store, refused
from openpyxl import load_workbook
from papers import page_texts
from rosters import FRIDAY, MONDAY, officer, roster

from zoneplanner import storage
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.log.corrections import correct_record
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.log.record_history import list_record_revisions
from zoneplanner.app.roster.hours import (
    HoursQuery,
    approve_hours,
    build_payroll_layers,
    confirm_hours,
    list_hours_lines,
    make_hours_query,
    take_back_hours,
    withdraw_hours,
    write_payroll,
)
from zoneplanner.app.roster.invoices import (
    read_invoice,
    reconcile_invoice,
    write_invoice_review,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.hours import HoursLine, HoursStatus
from zoneplanner.domain.roster.hours_rules import PayRate
from zoneplanner.domain.roster.invoices import InvoiceVerdict
from zoneplanner.domain.roster.shift import ShiftStatus

NOW = datetime(2026, 9, 19, 16, tzinfo=UTC)
WEEK = HoursQuery(MONDAY, FRIDAY)


def create_posted_week() -> Project:
    """Return three officers, each posted on their unit from Monday to Friday."""
    one = roster(officer("A", "A"), officer("B", "B"), officer("C", "c", kind="sro"))
    shifts = {
        uid: replace(shift, officer=shift.unit.upper(), status=ShiftStatus.FINAL)
        for uid, shift in one.shifts.items()
    }
    rate = PayRate("Sheriff", MONDAY - timedelta(days=30), 92.5)
    return replace(one, shifts=shifts, hours_rules=one.hours_rules.with_rate(rate))


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[tuple[Session, Session]]:
    """One project at two desks."""
    path = tmp_path / "p.gpkg"
    create_store(path, create_posted_week(), actor="p", at=NOW).close()
    made = [
        Session(storage.open(path), actor=who, desk=f"desk of {who}", clock=lambda: NOW)
        for who in ("Coordinator", "Dispatcher")
    ]
    yield made[0], made[1]
    for one in made:
        one.close()


@pytest.fixture
def session(sessions: tuple[Session, Session]) -> Session:
    return sessions[0]


def list_lines(session: Session, **of: str) -> tuple[HoursLine, ...]:
    return list_hours_lines(session, make_hours_query(session.project, MONDAY, FRIDAY, **of))


def list_statuses(session: Session, **of: str) -> set[HoursStatus]:
    return {line.status for line in list_lines(session, **of)}


def test_one_act_confirms_a_week_and_one_approves_an_agency(session: Session) -> None:
    assert list_statuses(session) == {HoursStatus.UNCONFIRMED}
    assert len(confirm_hours(session, list_lines(session))) == 15
    assert confirm_hours(session, list_lines(session)) == []
    assert list_statuses(session) == {HoursStatus.CONFIRMED}
    assert len(approve_hours(session, list_lines(session, agency="Sheriff"))) == 10
    assert list_statuses(session, agency="SO") == {HoursStatus.APPROVED}
    assert list_statuses(session, agency="PD") == {HoursStatus.CONFIRMED}
    (line, *_) = list_lines(session, officer="Officer A")
    assert (line.approved_by, line.approved_at, line.hours) == ("Coordinator", NOW, 8.5)
    assert approve_hours(session, list_lines(session, agency="SO")) == []


def test_an_exception_is_entered_before_the_rest_is_confirmed(session: Session) -> None:
    shift = list_lines(session, officer="A")[0].shift
    assert shift is not None
    log_record(session, "hours", {"shift": shift.uid, "ended_at": f"{MONDAY}T17:15"})
    assert len(confirm_hours(session, list_lines(session))) == 14
    assert [line.hours for line in list_lines(session, officer="A")] == [9.75, 8.5, 8.5, 7.5, 8.5]


def test_hours_changed_after_approval_are_flagged_and_approved_again(session: Session) -> None:
    confirm_hours(session, list_lines(session))
    approve_hours(session, list_lines(session))
    worked = list_lines(session, officer="A")[0].worked
    assert worked is not None
    correct_record(session, "hours", worked.uid, {"ended_at": f"{MONDAY}T15:00"})
    (stale,) = [line for line in list_lines(session) if line.status is HoursStatus.STALE]
    assert (stale.hours, stale.approved_h) == (7.5, 8.5)
    assert (
        build_payroll_layers(session.project, list_lines(session, officer="A"))[0].rows[0][7] == 8.5
    )
    assert len(approve_hours(session, list_lines(session))) == 1
    assert list_statuses(session) == {HoursStatus.APPROVED}
    assert withdraw_hours(session, list_lines(session, officer="A"), reason="wrong week") == 5
    assert list_statuses(session, officer="A") == {HoursStatus.CONFIRMED}
    with refused("reason_missing"):
        withdraw_hours(session, list_lines(session), reason=" ")


def test_the_history_of_hours_names_who_approved_and_who_withdrew(
    sessions: tuple[Session, Session],
) -> None:
    coordinator, dispatcher = sessions
    confirm_hours(coordinator, list_lines(coordinator))
    key = list_lines(coordinator, officer="A")[0].key
    approve_hours(dispatcher, list_lines(dispatcher, officer="A"))
    correct_record(coordinator, "hours", key, {"break_min": "30"})
    approve_hours(coordinator, list_lines(coordinator))
    withdraw_hours(dispatcher, list_lines(dispatcher, officer="A"), reason="wrong week")
    told = [
        (step.actor, step.what.partition(",")[0], step.changes[-1])
        for step in list_record_revisions(coordinator, key)
    ]
    assert [one[:2] for one in told] == [
        ("Coordinator", "First entry"),
        ("Dispatcher", "Approved"),
        ("Coordinator", "Correction"),
        ("Coordinator", "Approved again"),
        ("Dispatcher", "Approval withdrawn"),
    ]
    assert (told[1][2], told[3][2]) == ("8.50 h regular at $92.50", "8.00 h regular at $92.50")
    assert "wrong week" in told[4][2]


def test_an_act_is_undone_and_redone_as_a_whole(session: Session) -> None:
    made = confirm_hours(session, list_lines(session))
    take_back_hours(session, made, reason="too early")
    assert list_statuses(session) == {HoursStatus.UNCONFIRMED}
    again = confirm_hours(session, list_lines(session))
    assert list_statuses(session) == {HoursStatus.CONFIRMED}
    correct_record(session, "hours", list_lines(session)[0].key, {"break_min": "30"})
    with refused("hours_changed_since"):
        take_back_hours(session, again, reason="too early")
    assert session.own_entries[-1].kind == "hours"  # the correction; acts are not undone one by one


def test_two_desks_confirm_a_week_only_once(sessions: tuple[Session, Session]) -> None:
    coordinator, dispatcher = sessions
    seen = list_lines(dispatcher)
    confirm_hours(coordinator, list_lines(coordinator))
    confirm_hours(dispatcher, seen)
    assert len(coordinator.store.entries(kinds=("hours",))) == 15
    before = list_lines(dispatcher)
    approve_hours(coordinator, list_lines(coordinator))
    approve_hours(dispatcher, before)
    assert len(coordinator.store.entries(kinds=("approval",))) == 15
    assert {line.approved_by for line in list_lines(dispatcher)} == {"Coordinator"}


def test_hours_that_changed_meanwhile_cannot_be_approved(
    sessions: tuple[Session, Session],
) -> None:
    coordinator, dispatcher = sessions
    confirm_hours(coordinator, list_lines(coordinator))
    seen = list_lines(dispatcher)
    correct_record(coordinator, "hours", seen[0].key, {"break_min": "30"})
    with refused("hours_changed_since.approving", day=MONDAY):
        approve_hours(dispatcher, seen)
    assert list_statuses(coordinator) == {HoursStatus.CONFIRMED}


def test_an_outdated_desk_does_not_overwrite_an_exception(
    sessions: tuple[Session, Session],
) -> None:
    coordinator, dispatcher = sessions
    seen = list_lines(dispatcher)
    shift = list_lines(coordinator, officer="A")[0].shift
    assert shift is not None
    log_record(coordinator, "hours", {"shift": shift.uid, "ended_at": f"{MONDAY}T12:00"})
    with refused("hours_overlap"):
        confirm_hours(dispatcher, seen)
    assert len(coordinator.store.entries(kinds=("hours",))) == 1


def test_payroll_is_a_table_or_workbook_of_approved_hours(session: Session, tmp_path: Path) -> None:
    with refused("nothing_approved"):
        write_payroll(session, WEEK, tmp_path / "pay.csv")
    confirm_hours(session, list_lines(session))
    approve_hours(session, list_lines(session, agency="Sheriff"))
    [file], left = write_payroll(session, WEEK, tmp_path / "pay.csv")
    rows = list(csv.DictReader(file.read_text("utf-8-sig").splitlines()))
    assert (file.name, len(rows), len(left)) == ("pay.csv", 10, 5)
    assert rows[0]["officer"] == "Officer A"
    assert (rows[0]["hours"], rows[0]["amount"], rows[0]["approved_by"]) == (
        "8.5",
        "786.25",
        "Coordinator",
    )
    book = load_workbook(write_payroll(session, WEEK, tmp_path / "pay.xlsx")[0][0])
    assert book.sheetnames == ["Approved hours", "By officer"]
    totals = [[cell.value for cell in row] for row in book["By officer"].iter_rows(min_row=2)]
    assert totals == [
        ["A", "Officer A", "Sheriff", None, "regular", 41.5, 3838.75],
        ["B", "Officer B", "Sheriff", None, "regular", 41.5, 3838.75],
    ]


def test_each_agency_gets_a_file_with_its_own_hours_only(session: Session, tmp_path: Path) -> None:
    confirm_hours(session, list_lines(session))
    approve_hours(session, list_lines(session))
    agencies = ("Police", "Sheriff")
    for ending in ("csv", "xlsx", "pdf"):
        files, _ = write_payroll(session, WEEK, tmp_path / f"pay.{ending}")
        assert [file.name for file in files] == [f"pay-{one}.{ending}" for one in agencies]
    assert not list(tmp_path.glob("pay.*")), "one with all is for none of them"
    book = load_workbook(tmp_path / "pay-Police.xlsx")
    hours, amount = (book["By officer"].cell(2, column).value for column in (6, 7))
    assert hours and amount is None  # without a rate nobody knows what is owed: it is not 0
    told = {
        "csv": {one: (tmp_path / f"pay-{one}.csv").read_text("utf-8-sig") for one in agencies},
        "pdf": {
            one: "\n".join(page_texts((tmp_path / f"pay-{one}.pdf").read_bytes()))
            for one in agencies
        },
    }
    for texts in told.values():
        assert "Sheriff" not in texts["Police"] and "92.5" not in texts["Police"]
        assert "Police" not in texts["Sheriff"] and "Officer A" in texts["Sheriff"]
    for agency, text in told["pdf"].items():
        assert f"{agency}: hours" in text and "(login name: Coordinator)" in text
        assert f"For: {agency}" in text and "Journal" not in text and "our office" not in text
        assert "Page 1 of 1" in text, "of 2 would tell that the other agency has one"


def test_agencies_with_the_same_file_name_get_separate_files(tmp_path: Path) -> None:
    names = {"Police": "City PD", "Sheriff": "city-pd"}
    project = create_posted_week()
    renamed = replace(
        project,
        agencies={names[key]: replace(one, id=names[key]) for key, one in project.agencies.items()},
        officers={
            key: replace(one, agency=names[one.agency]) for key, one in project.officers.items()
        },
        units={key: replace(one, agency=names[one.agency]) for key, one in project.units.items()},
    )
    create_store(tmp_path / "named.gpkg", renamed, actor="p", at=NOW).close()
    session = Session(storage.open(tmp_path / "named.gpkg"), actor="C", desk="c", clock=lambda: NOW)
    confirm_hours(session, list_lines(session))
    approve_hours(session, list_lines(session))
    files, _ = write_payroll(session, WEEK, tmp_path / "pay.csv")
    assert len({file.name.casefold() for file in files}) == 2
    session.close()


def test_payroll_cannot_overwrite_the_project_or_use_an_unknown_format(
    session: Session, tmp_path: Path
) -> None:
    with refused("unknown_format"):
        write_payroll(session, WEEK, tmp_path / "pay.doc")
    with refused("project_itself"):
        write_payroll(session, WEEK, tmp_path / "p.gpkg")


def test_an_invoice_with_odd_columns_is_read_and_its_result_written(
    session: Session, tmp_path: Path
) -> None:
    confirm_hours(session, list_lines(session))
    path = tmp_path / "invoice.csv"
    path.write_bytes(
        "Leistungstag;Name;Std;Tarif\n"
        f"{MONDAY};Officer A;8,5;92,50\n{MONDAY};Officer B;9;92,50\n".encode("cp1252")
    )
    with refused("no_column_matches"):
        read_invoice(session, path)
    invoice = read_invoice(
        session, path, columns={"day": "Leistungstag", "hours": "Std", "rate": "Tarif"}
    )
    found = reconcile_invoice(session, invoice, agency="Sheriff")
    assert [one.verdict.name for one in found.matches] == ["MATCHES", "HOURS_DIFFER"]
    assert round(found.billed - found.due, 2) == 46.25
    book = load_workbook(write_invoice_review(session, found, tmp_path / "result.xlsx"))
    assert [cell.value for cell in book["Invoice"][3]][:5] == [
        3,
        datetime.fromisoformat(f"{MONDAY}"),
        "Officer B",
        "hours differ",
        None,
    ]
    assert book.sheetnames == ["Invoice", "Totals", "Lines by result", "About"]
    assert {cell.number_format for cell in book["Invoice"]["F"][1:]} == {"#,##0.00"}, "8 hours"
    assert book["Invoice"].column_dimensions["B"].width >= len("Sep 30, 2026") + 3, "### is no day"
    assert [cell.value for cell in book["About"][2]] == ["agency", "Sheriff"]
    assert [cell.value for cell in book["About"][3]] == ["first day billed", MONDAY.isoformat()]
    count = book["Lines by result"]["B2"]
    assert (count.value, count.number_format) == (1, "#,##0"), "no 1.00 lines"


@pytest.mark.parametrize("count", [300, pytest.param(30_000, marks=pytest.mark.long)])
def test_every_line_of_a_long_invoice_has_a_result(
    session: Session, tmp_path: Path, count: int
) -> None:
    confirm_hours(session, list_lines(session))
    path = tmp_path / "long.csv"
    row = f"{MONDAY},Officer A,8.5,92.5,786.25\n"
    path.write_text("date,deputy,hours,rate,amount\n" + row * count)
    counts = reconcile_invoice(session, read_invoice(session, path)).counts
    assert counts[InvoiceVerdict.MATCHES] == 1
    assert counts[InvoiceVerdict.BILLED_TWICE] == count - 1


def test_a_hostile_invoice_is_refused(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "bill.csv"
    path.write_text(f"date,deputy,hours\n{MONDAY},=cmd(),-25\nnever,A,8\n1926-01-01,A,8\n")
    invoice = read_invoice(session, path)
    with refused("period_too_long.invoice"):
        reconcile_invoice(session, invoice)
    path.write_bytes(b"\x00\x01\x02date")
    with refused("unreadable_file.no_table"):
        read_invoice(session, path)
    path.write_text("date,deputy,hours\nnever,A,8\n")
    with refused("invoice_without_days"):
        reconcile_invoice(session, read_invoice(session, path))


def test_a_time_clock_table_is_imported_by_name_and_bad_rows_are_rejected(
    session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "clock.csv"
    path.write_text(
        "Employee Name,Clock In,Clock Out,Code\n"
        '"A, Officer",9/14/2026 7:28 AM,9/14/2026 4:05 PM,OT\n'
        "Nobody,9/14/2026 7:30 AM,9/14/2026 4:00 PM,REG\n"
        "Officer B,9/14/2026 10:00 PM,9/16/2026 6:00 AM,REG\n"
    )
    done = import_file(session, path, "hours")
    assert (done.taken, [one.row for one in done.refused]) == (1, [3, 4])
    (line, *_) = list_lines(session, officer="A")
    assert (line.hours, line.pay_code, line.scheduled_h) == (8.62, "overtime", 8.5)
    assert import_file(session, path, "hours").taken == 0


@pytest.mark.parametrize("day", [date(1, 1, 1), date(9999, 12, 31)])
def test_days_at_the_end_of_the_calendar_have_no_hours(session: Session, day: date) -> None:
    assert list_hours_lines(session, HoursQuery(day, day)) == ()
