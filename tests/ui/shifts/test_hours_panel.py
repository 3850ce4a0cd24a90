"""The Hours tab: typing exceptions, confirming a week, approving an agency, checking an invoice."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from file_dialogs import answered, choose
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot
from rosters import MONDAY, officer, roster
from sentences import says

from zoneplanner.app.help.action_specs import SELECT_SITE
from zoneplanner.app.roster.hours import HoursQuery, list_hours_lines
from zoneplanner.app.session.session import Session
from zoneplanner.domain.roster.hours import HoursStatus
from zoneplanner.domain.roster.hours_rules import HoursRules, PayRate
from zoneplanner.domain.roster.invoices import InvoiceVerdict
from zoneplanner.domain.roster.shift import ShiftStatus
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shifts.hours_forms import ApproveForm, HoursDialog, HoursRulesForm
from zoneplanner.ui.shifts.hours_panel import HoursPanel
from zoneplanner.ui.shifts.invoice_dialog import InvoiceColumnsForm, InvoiceDialog, check_invoice
from zoneplanner.ui.shifts.officers_panel import OfficersPanel
from zoneplanner.ui.shifts.roster_selection import get_roster_selection
from zoneplanner.ui.shifts.week_view import WeekBoardView
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.tables.record_actions import RecordActions

NOW = datetime(2026, 9, 19, 16, tzinfo=UTC)
WEEK = HoursQuery(MONDAY, MONDAY + timedelta(days=6))


@pytest.fixture
def session(open_session: Callable[..., Session]) -> Session:
    """Two deputies and a police officer, posted for the week of ``MONDAY``."""
    one = roster(officer("A", "A"), officer("B", "B"), officer("C", "c", kind="sro"))
    shifts = {
        uid: replace(shift, officer=shift.unit.upper(), status=ShiftStatus.FINAL)
        for uid, shift in one.shifts.items()
    }
    rules = HoursRules().with_rate(PayRate("Sheriff", MONDAY, 92.5))
    return open_session(replace(one, shifts=shifts, hours_rules=rules), now=NOW)


@pytest.fixture
def panel(desk: UiContext, records: RecordActions, qtbot: QtBot) -> HoursPanel:
    made = HoursPanel(desk, records)
    qtbot.addWidget(made)
    made.resize(1100, 300)
    made.show()
    get_roster_selection(desk).show_day(MONDAY)
    return made


def list_statuses(session: Session) -> set[HoursStatus]:
    return {line.status for line in list_hours_lines(session, WEEK)}


def find_open_form(kind: type) -> HoursDialog | ApproveForm | HoursRulesForm | InvoiceColumnsForm:
    found = [one for one in QApplication.allWidgets() if type(one) is kind and one.isVisible()]
    assert len(found) == 1
    return found[0]  # type: ignore[return-value]


def press_enter_in_form(qtbot: QtBot, kind: type) -> None:
    """Save the open form of a type with Enter."""
    form = find_open_form(kind)
    qtbot.keyClick(form, Qt.Key.Key_Return)
    assert not form.isVisible(), form.refused.text()


def test_friday_by_keys_exceptions_first_then_confirm_and_approve(
    panel: HoursPanel, session: Session, qtbot: QtBot
) -> None:
    assert panel.confirm.text() == "Confirm (15)"
    assert not panel.approve.isEnabled()
    panel.view.setFocus()
    panel.view.setCurrentIndex(panel.sorted.index(0, 0))
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    form = find_open_form(HoursDialog)
    assert isinstance(form, HoursDialog)
    form.ended.put(form.ended.moment() + timedelta(hours=1))
    form.break_min.setText("30")
    press_enter_in_form(qtbot, HoursDialog)
    assert panel.confirm.text() == "Confirm (14)"
    panel.confirm.setFocus()
    qtbot.keyClick(panel.confirm, Qt.Key.Key_Space)
    assert list_statuses(session) == {HoursStatus.CONFIRMED}
    panel.agency.setCurrentIndex(panel.agency.findData("Sheriff"))
    assert panel.approve.text() == "Approve (10)…"
    panel.approve.setFocus()
    qtbot.keyClick(panel.approve, Qt.Key.Key_Space)
    press_enter_in_form(qtbot, ApproveForm)
    assert list_statuses(session) == {HoursStatus.CONFIRMED, HoursStatus.APPROVED}
    assert panel.summary.toolTip().startswith("83.00 of 83.00 h · $7,677.50 · 83.00 h approved")


def test_undo_in_the_notice_reverses_the_whole_action(
    panel: HoursPanel, desk: UiContext, session: Session
) -> None:
    panel.confirm.click()
    assert list_statuses(session) == {HoursStatus.CONFIRMED}
    assert desk.notices.offer.text() == "Undo"
    desk.notices.offer.click()
    assert list_statuses(session) == {HoursStatus.UNCONFIRMED}
    assert session.store.verify().ok


def test_a_line_that_changed_since_its_approval_says_so_and_is_approved_again(
    panel: HoursPanel, session: Session, qtbot: QtBot
) -> None:
    panel.confirm.click()
    panel.approve.click()
    press_enter_in_form(qtbot, ApproveForm)
    panel.view.setCurrentIndex(panel.sorted.index(0, 0))
    key = panel.view.current_row().line.key
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    form = find_open_form(HoursDialog)
    assert isinstance(form, HoursDialog)
    form.absent.setCurrentIndex(form.absent.findData("yes"))
    press_enter_in_form(qtbot, HoursDialog)
    row = panel.table.find_row(key)
    assert (row.line.status, row.mark, row.line.hours) == (HoursStatus.STALE, "error", 0.0)
    assert row.approved.startswith("8.50 h by ")
    panel.approve.click()
    press_enter_in_form(qtbot, ApproveForm)
    assert panel.table.find_row(key).line.status is HoursStatus.ABSENT


def test_rates_and_funds_are_set_and_undone(
    panel: HoursPanel, desk: UiContext, session: Session, qtbot: QtBot
) -> None:
    panel.rules.trigger()
    form = find_open_form(HoursRulesForm)
    assert isinstance(form, HoursRulesForm)
    form.funds["Sheriff"].setText("COPS")
    form.other.setCurrentIndex(form.other.findData("B"))
    form.other_fund.setText("Grant B")
    form.agency.setCurrentIndex(form.agency.findData("Police"))
    form.dollars.setValue(88.25)
    form.first.put(MONDAY)
    press_enter_in_form(qtbot, HoursRulesForm)
    rules = session.project.hours_rules
    assert (rules.funds, rules.find_rate("Police", MONDAY, "regular")) == (
        {"Sheriff": "COPS", "B": "Grant B"},
        88.25,
    )
    session.undo()
    assert session.project.hours_rules.funds == {}


def test_an_invoice_without_headings_is_refused_and_asks_for_no_columns(
    panel: HoursPanel, desk: UiContext, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "bill.csv"
    file.write_text("\n,,,\n")
    check_invoice(desk, file, "", panel)
    notice = desk.notices.text
    qtbot.waitUntil(lambda: says(notice.text(), "file_without_headings"), timeout=20_000)
    assert not panel.findChildren(InvoiceColumnsForm)


def test_an_invoice_is_shown_by_line_and_asks_for_unknown_columns(
    panel: HoursPanel, desk: UiContext, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    panel.confirm.click()
    file = tmp_path / "bill.csv"
    file.write_text(f"wann;wer;Std\n{MONDAY};Officer A;8,5\n{MONDAY};Officer B;10\n")
    check_invoice(desk, file, "", panel)
    qtbot.waitUntil(lambda: bool(panel.findChildren(InvoiceColumnsForm)), timeout=20_000)
    form = find_open_form(InvoiceColumnsForm)
    assert isinstance(form, InvoiceColumnsForm)
    form.accept()
    assert form.isVisible()
    for name, column in (("day", "wann"), ("officer", "wer"), ("hours", "std")):
        form.fields[name].setCurrentIndex(form.fields[name].findData(column))
    form.accept()
    qtbot.waitUntil(lambda: bool(panel.findChildren(InvoiceDialog)), timeout=20_000)
    (dialog,) = panel.findChildren(InvoiceDialog)
    assert [one.verdict.name for one in dialog.review.matches[:2]] == ["MATCHES", "HOURS_DIFFER"]
    assert all(sum_of in dialog.about.text() for sum_of in ("1 of 2", "$1,711.25", "$1,572.50"))
    assert f"{InvoiceVerdict.HOURS_DIFFER}: 1" in dialog.below.text()
    every = dialog.table.rowCount()
    dialog.only.click()
    assert dialog.table.rowCount() == every - 1
    dialog.only.click()
    saved = tmp_path / "result.csv"
    with answered(choose(saved)):
        dialog.save.click()
    assert saved.read_text("utf-8-sig").count("hours differ") == 1
    dialog.close()


def test_the_tab_replaces_the_map_and_restores_it(
    session: Session, open_window: Callable[[Session], MainWindow], qtbot: QtBot
) -> None:
    window = open_window(session)
    window.show_workspace("shifts")
    window.tabs.set_open(True)
    low_px, hours = window.tabs.height(), window.tabs.panels["hours"]
    window.tabs.show_table(hours)
    qtbot.waitUntil(lambda: window.tabs.height() > low_px + 100)
    assert not window.center.isVisible()
    window.tabs.show_table(window.tabs.panels["swaps"])
    qtbot.waitUntil(lambda: window.tabs.height() < low_px + 20)
    assert window.center.isVisible()
    window.tabs.show_table(hours)
    window.show_workspace("log")
    assert window.center.isVisible()


@pytest.mark.parametrize("place", ["hours", "week board", "officers"])
def test_the_menu_key_opens_the_current_rows_menu(
    session: Session,
    open_window: Callable[[Session], MainWindow],
    place: str,
    qtbot: QtBot,
) -> None:
    window = open_window(session)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.show_workspace("shifts")
    get_roster_selection(window.desk).show_day(MONDAY)
    if place == "hours":
        window.tabs.show_table(window.tabs.panels["hours"])
        view = window.tabs.panels["hours"].view
    elif place == "officers":
        view = window.findChild(OfficersPanel).list
    else:
        view = window.findChild(WeekBoardView)
    qtbot.waitUntil(view.isVisible)
    view.setFocus()
    view.setCurrentIndex(view.model().index(1, 0))
    row = view.viewport().mapToGlobal(view.visualRect(view.currentIndex()).center())
    qtbot.keyClick(view, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu) and menu.actions()
    assert menu.pos() == row
    menu.close()
    assert window.desk.notices.text.text() != SELECT_SITE
