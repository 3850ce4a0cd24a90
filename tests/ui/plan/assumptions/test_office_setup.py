"""Set Up Your Office can be skipped, and is one step when saved."""

from datetime import date, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from zoneplanner.app.coverage.demand import declare_records, read_demand
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.log.logbook import log_record
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS, DaySpan
from zoneplanner.ui.data.imports.import_dialog import ImportDialog
from zoneplanner.ui.plan.assumptions.office_setup_dialog import OfficeSetupDialog
from zoneplanner.ui.shell.main_window import MainWindow


@pytest.fixture
def sheet(window: MainWindow) -> OfficeSetupDialog:
    window.desk.actions["office_setup"].trigger()
    (found,) = window.findChildren(OfficeSetupDialog)
    return found


def test_skipping_changes_nothing(
    sheet: OfficeSetupDialog, window: MainWindow, qtbot: QtBot
) -> None:
    before = window.desk.session.saved_project
    skip = sheet.buttons.button(QDialogButtonBox.StandardButton.Cancel)
    assert skip.text() == "Skip"
    qtbot.mouseClick(skip, Qt.MouseButton.LeftButton)
    assert window.desk.session.saved_project is before


def test_all_answers_are_one_step(
    sheet: OfficeSetupDialog, window: MainWindow, qtbot: QtBot
) -> None:
    session = window.desk.session
    before = session.saved_project
    sheet.use.setCurrentIndex(sheet.use.findData("office"))
    for box, figure in ((sheet.low, 1.0), (sheet.value, 2.0), (sheet.high, 4.0)):
        box.setValue(figure)
    whole, day = sheet.kinds["incidents"]
    assert not day.isEnabled()
    whole.setChecked(True)
    day.put(date(2026, 10, 5))
    sheet.phones["Sheriff"].setText("(916) 555-0199")
    sheet.lockdown.setValue(1)
    qtbot.mouseClick(sheet.ok, Qt.MouseButton.LeftButton)
    demand = read_demand(session.state)
    assert (demand.low, demand.calls_per_day, demand.high) == pytest.approx((1, 2, 4))
    now = session.saved_project
    assert now.records.kind("incidents").complete == (DaySpan(date(2026, 10, 5)),)
    assert now.agencies["Sheriff"].phone == "(916) 555-0199"
    assert {(own.kind, own.times, own.per) for own in now.rules.own} == {
        ("lockdown", 1, "semester")
    }
    session.undo()
    undone = session.saved_project
    assert (undone.demand, undone.records) == (before.demand, before.records)
    assert undone.agencies["Sheriff"].phone == before.agencies["Sheriff"].phone


def test_importing_saves_the_sheet_and_opens_the_import_dialog(
    sheet: OfficeSetupDialog, window: MainWindow, qtbot: QtBot
) -> None:
    sheet.phones["Sheriff"].setText("(916) 555-0199")
    qtbot.mouseClick(sheet.import_button, Qt.MouseButton.LeftButton)
    assert window.desk.session.saved_project.agencies["Sheriff"].phone == "(916) 555-0199"
    assert not sheet.isVisible()
    (asked,) = window.findChildren(ImportDialog)
    assert asked.isVisible()
    asked.reject()


def test_saving_keeps_days_declared_earlier(window: MainWindow, qtbot: QtBot) -> None:
    session = window.desk.session
    span = DaySpan(date(2026, 9, 8), date(2026, 11, 6))
    declare_records(session, complete=((INCIDENT_RECORDS, span),))
    window.desk.actions["office_setup"].trigger()
    (sheet,) = window.findChildren(OfficeSetupDialog)
    qtbot.mouseClick(sheet.ok, Qt.MouseButton.LeftButton)
    assert session.saved_project.records.kind(INCIDENT_RECORDS).complete == (span,)


def test_the_day_of_the_first_logged_record_is_offered(window: MainWindow, qtbot: QtBot) -> None:
    """The days of an imported file are declared when it is imported."""
    session = window.desk.session
    path = session.store.path.with_name("calls.csv")
    path.write_text("site,type,received_at\nr1c1,fight,2026-09-01T10:00\n")
    import_file(session, path, "incidents")
    for day in ("2026-11-10", "2026-11-12"):
        log_record(session, "visit", {"site": "r1c1", "arrived_at": f"{day}T08:00"})
    window.desk.actions["office_setup"].trigger()
    (sheet,) = window.findChildren(OfficeSetupDialog)
    assert sheet.kinds["visits"][1].day() == date(2026, 11, 10)
    assert sheet.kinds["incidents"][1].day() == session.today - timedelta(days=28)
    qtbot.mouseClick(sheet.kinds["visits"][0], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(sheet.ok, Qt.MouseButton.LeftButton)
    kept = session.saved_project.records
    assert kept.kind("visits").complete == (DaySpan(date(2026, 11, 10)),)
    assert not kept.kind("incidents").is_declared


def test_a_declared_day_is_changed_and_removed(window: MainWindow, qtbot: QtBot) -> None:
    session = window.desk.session
    ended, since = DaySpan(date(2026, 8, 17), date(2026, 9, 4)), DaySpan(date(2026, 10, 5))
    declare_records(session, complete=((INCIDENT_RECORDS, ended), (INCIDENT_RECORDS, since)))
    for answer, declared in ((date(2026, 11, 2), (DaySpan(date(2026, 11, 2)),)), (None, ())):
        window.desk.actions["office_setup"].trigger()
        sheet = window.findChildren(OfficeSetupDialog)[-1]
        whole, day = sheet.kinds[INCIDENT_RECORDS]
        assert whole.isChecked() and "so far" in whole.toolTip()
        if answer is None:
            whole.setChecked(False)
        else:
            day.put(answer)
        qtbot.mouseClick(sheet.ok, Qt.MouseButton.LeftButton)
        found = session.saved_project.records.kind(INCIDENT_RECORDS).complete
        assert found == (ended, *declared)


def test_figures_out_of_order_are_rejected_in_the_sheet(
    sheet: OfficeSetupDialog, window: MainWindow, qtbot: QtBot
) -> None:
    sheet.use.setCurrentIndex(sheet.use.findData("office"))
    sheet.low.setValue(9.0)
    sheet.value.setValue(2.0)
    qtbot.mouseClick(sheet.ok, Qt.MouseButton.LeftButton)
    assert sheet.isVisible() and sheet.refused.text()
