"""A lockdown in banner, card and console, which agree."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from builders import project_from
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.data.edits import set_data_row
from zoneplanner.app.log.logbook import list_incidents
from zoneplanner.app.log.response_actions import (
    COMMAND_STEPS,
    begin_response_action,
    end_response_action,
    list_active_actions,
    list_command_times,
    log_command_time,
)
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.ui.log.call_sheet_dialog import CallSheetDialog
from zoneplanner.ui.log.response_actions.response_action_forms import AllClearDialog
from zoneplanner.ui.log.response_actions.response_console import ResponseConsole
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shell.workspaces import PANEL_PX

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def window(window: MainWindow) -> MainWindow:
    """The active window in the Log workspace."""
    window.activateWindow()
    window.show_workspace("log")
    return window


def list_notified(session: Session) -> list[str]:
    """Return who was notified according to the log, in order."""
    return [one.payload["told"] for one in session.store.entries(kinds=("command_entry",))]


def open_console(window: MainWindow, qtbot: QtBot) -> Any:
    """Press H and return the console."""
    qtbot.keyClick(window, Qt.Key.Key_H)
    (console,) = window.findChildren(ResponseConsole)
    return console


def test_the_console_says_if_bells_remain_today_or_there_is_no_school(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    fall = SchoolCalendar((DateRange("fall", date(2026, 8, 13), date(2026, 12, 18)),), ())
    session.apply("Calendar", lambda project: replace(project, calendar=fall))
    begin_response_action(session, "r1c1", "lockdown", began_at=session.clock())
    monday = session.clock() + timedelta(hours=13)
    session.clock = lambda: monday + timedelta(days=5)
    console = open_console(window, qtbot)
    assert says(console.bell.text(), "no_bell.no_school")
    session.clock = lambda: monday
    console.refresh()
    assert says(console.bell.text(), "no_bell.after_last")


def test_a_time_logged_by_digit_appears_in_console_card_and_banner(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.map.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_H)
    assert says(window.desk.notices.text.text(), "no_action_in_progress")
    began = session.clock() - timedelta(minutes=1)
    begin_response_action(session, "r1c1", "lockdown", began_at=began)
    (action,) = list_active_actions(session)
    console = open_console(window, qtbot)
    assert "9-1-1" in window.response_banner.text.text()
    qtbot.keyClick(console, Qt.Key.Key_1)
    qtbot.keyClick(console, Qt.Key.Key_1)
    qtbot.keyClick(console, Qt.Key.Key_5)
    assert list_notified(session) == ["nine_one_one", "bus_hold"]
    assert window.desk.notices.text.text().startswith("Bus hold: 08:0")
    card = window.left.sections["console"].response.cards[action.uid]
    for times in (console.times, card.times):
        assert not times.buttons["nine_one_one"].isEnabled()
        assert times.buttons["superintendent"].isEnabled()
        by_digits = times is console.times  # beside the queue digits stamp units
        assert any(sign.isdigit() for sign in times.buttons["superintendent"].text()) is by_digits
    assert "9-1-1" not in window.response_banner.text.text()
    assert "Superintendent" in window.response_banner.text.text()
    assert "School r1c2" in console.near.text()
    assert session.store.entries(kinds=("stamp",)) == []
    for at_ms in (0, -12_000):  # a key that waited while others were written is of its own time
        event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_2, Qt.KeyboardModifier.NoModifier, "2")
        event.setTimestamp((time.monotonic_ns() // 1_000_000 + at_ms) % 2**32)
        console.times.press(Qt.Key.Key_Z)
        QApplication.sendEvent(console, event)
    agency = list_command_times(session)[action.incident]["agency_dispatch"]
    assert began < agency.at <= session.clock() - timedelta(seconds=12)
    for told_one in COMMAND_STEPS:
        card.times.log(told_one)
    QApplication.processEvents()
    panel = window.left.sections["console"]
    assert panel.minimumSizeHint().width() <= PANEL_PX - 14  # beside the bar that scrolls it


def test_a_mistaken_time_is_undone_beside_it_or_by_z(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    begin_response_action(session, "r1c1", "lockdown")
    (action,) = list_active_actions(session)
    window.map.setFocus()
    console = open_console(window, qtbot)
    for key in (Qt.Key.Key_1, Qt.Key.Key_3, Qt.Key.Key_4):
        qtbot.keyClick(console, key)
    times, call = console.times, action.incident
    assert [name for name, one in times.voids.items() if one.isVisible()] == [
        *("nine_one_one", "superintendent", "neighbors")
    ]
    qtbot.keyClick(console, Qt.Key.Key_Z)
    assert list(list_command_times(session)[call]) == ["nine_one_one", "superintendent"]
    assert times.buttons["neighbors"].isEnabled() and times.voids["neighbors"].isHidden()
    card = window.left.sections["console"].response.cards[action.uid]
    QApplication.processEvents()
    qtbot.mouseClick(card.times.voids["nine_one_one"], Qt.MouseButton.LeftButton)
    assert list(list_command_times(session)[call]) == ["superintendent"]
    qtbot.keyClick(console, Qt.Key.Key_Z)
    qtbot.keyClick(console, Qt.Key.Key_Z)
    assert call not in list_command_times(session)
    said = window.desk.notices.text.text()
    assert says(said, "logged.void", entry="Superintendent at School r1c1, 08:00")
    assert console.row.action.uid == action.uid, "the lockdown itself goes on"
    assert console.bell.text().startswith("No ") and "Ctrl+Alt+E" in console.ended.text()
    console.activateWindow()
    qtbot.waitUntil(console.isActiveWindow)
    qtbot.keyClick(console, Qt.Key.Key_E, CTRL | ALT)
    (asked,) = [one for one in window.findChildren(AllClearDialog) if one.isVisible()]
    assert asked.window() is console, "the form lies hidden behind the console"
    window.desk.actions["end_response"].trigger()
    assert [one for one in window.findChildren(AllClearDialog) if one.isVisible()] == [asked]
    asked.reject()
    qtbot.keyClick(console, Qt.Key.Key_J)
    form = window.left.sections["console"].new
    qtbot.waitUntil(window.isActiveWindow)
    assert console.isVisible() and form.site.hasFocus()
    form.leave()
    console.activateWindow()
    qtbot.waitUntil(console.isActiveWindow)
    for number in range(1, 8):
        qtbot.keyClick(console, Qt.Key(Qt.Key.Key_0 + number))
    QApplication.processEvents()
    for button in times.buttons.values():
        assert button.width() >= button.sizeHint().width(), button.text()
    assert len(list_notified(session)) == 10 and times.voids["neighbors"].isVisible()


@pytest.mark.parametrize(("wide", "high"), [(1280, 720), (1100, 700), (1600, 1000)])
def test_the_console_does_not_cover_the_call_form(
    window: MainWindow, session: Session, qtbot: QtBot, wide: int, high: int
) -> None:
    window.resize(wide, high)
    begin_response_action(session, "r1c1", "lockdown")
    window.desk.bridge.select(site="r1c1")
    window.map.setFocus()
    console = open_console(window, qtbot)
    qtbot.waitUntil(console.isActiveWindow)
    qtbot.keyClick(console, Qt.Key.Key_J)
    form = window.left.sections["console"].new
    qtbot.waitUntil(window.isActiveWindow)
    assert form.site.hasFocus() and form.site.selectedText() == "School r1c1"
    for part in (form.site, form.what, form.priority, window.response_banner):
        seen = QRect(part.mapToGlobal(QPoint(0, 0)), part.size())
        assert not console.frameGeometry().intersects(seen), part.accessibleName()
    qtbot.keyClicks(form.site, "r1c2")
    assert form.site.text() == "r1c2" and console.isVisible()
    put = console.pos() - QPoint(40, 30)
    console.move(put)  # as a person does
    console.close()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    window.map.setFocus()
    assert open_console(window, qtbot).pos() == put


def test_the_console_fits_its_lines_and_a_form_opens_beside_it(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    """It filled a small screen with empty space and covered the all-clear form."""
    window.resize(1280, 720)
    begin_response_action(session, "r1c1", "lockdown")
    window.map.setFocus()
    console = open_console(window, qtbot)
    assert console.height() - console.layout().totalHeightForWidth(console.width()) <= 80
    window.desk.actions["end_response"].trigger()
    (form,) = [one for one in window.findChildren(AllClearDialog) if one.isVisible()]
    seen = QRect(form.mapToGlobal(QPoint(0, 0)), form.size())
    assert window.isAncestorOf(form) and not console.frameGeometry().intersects(seen)


def test_a_wide_form_is_narrower_only_beside_the_console(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    """A third of the call sheet was under the console."""
    window.resize(1280, 720)
    begin_response_action(session, "r1c1", "lockdown")
    window.map.setFocus()
    console = open_console(window, qtbot)
    window.desk.bridge.select(site="r1c1")
    window.desk.actions["call_sheet"].trigger()
    (form,) = [one for one in window.findChildren(CallSheetDialog) if one.isVisible()]
    QApplication.processEvents()
    seen = QRect(form.mapToGlobal(QPoint(0, 0)), form.size())
    assert not console.frameGeometry().intersects(seen)
    for label in form.findChildren(QLabel):
        wanted = label.heightForWidth(label.width()) if label.wordWrap() else 0
        assert not label.isVisible() or label.height() >= wanted, label.text()
    form.reject()
    console.close()
    window.desk.actions["call_sheet"].trigger()
    (form,) = [one for one in window.findChildren(CallSheetDialog) if one.isVisible()]
    assert form.width() == 720


def test_the_console_shows_all_schools_within_a_mile(
    open_window: Callable[..., MainWindow], open_session: Callable[..., Session]
) -> None:
    session = open_session(project_from("AAAA / AAAA / aaaa"))
    window = open_window(session, tables=False)
    window.show_workspace("log")
    window.resize(1280, 720)
    begin_response_action(session, "r2c2", "lockdown")
    window.desk.actions["response_console"].trigger()
    (console,) = window.findChildren(ResponseConsole)
    (call,) = list_incidents(session)
    for unit in session.project.units:
        log_stamp(session, {"incident": call.uid, "unit": unit, "name": "dispatched"})
    QApplication.processEvents()
    near = console.near
    assert len(near.text().splitlines()) == 8
    assert near.height() >= near.heightForWidth(near.width())
    assert near.geometry().bottom() < console.ended.geometry().top() < console.height()


def test_the_console_prints_the_districts_own_words_and_closes_at_the_all_clear(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    terms = {"term": "Barricade", "text": "Block the doors."}
    set_data_row(session, "term", "lockdown", terms)
    begin_response_action(session, "r1c1", "lockdown")
    window.map.setFocus()
    console = open_console(window, qtbot)
    assert console.title.text().startswith("Barricade ") and "School r1c1" in console.title.text()
    assert console.text.text() == terms["text"]
    assert window.left.sections["console"].response.buttons["lockdown"].text() == "BARRICADE"
    assert "Barricade" in window.response_banner.title.text()
    (action,) = list_active_actions(session)
    end_response_action(session, action.uid, all_clear_by="Principal", all_clear_agency="District")
    assert console.isHidden()
    assert QApplication.activeModalWidget() is None


def test_banner_cards_and_console_show_the_same_time_even_if_drawn_slowly(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    began = session.clock()
    begin_response_action(session, "r1c1", "lockdown", began_at=began)
    (action,) = list_active_actions(session)
    window.map.setFocus()
    console = open_console(window, qtbot)
    reads = 0

    def read_slowly() -> datetime:
        nonlocal reads
        reads += 1
        return began + timedelta(seconds=90 + reads)

    session.clock = read_slowly
    window.left.sections["console"].dispatch.timer.timeout.emit()
    panel = window.left.sections["console"]
    shown = {
        one.clock.text()
        for one in (
            *(window.response_banner, console),
            *(panel.response.cards[action.uid], panel.cards[action.incident]),
        )
    }
    assert len(shown) == 1 and shown != {"0:00"}


def get_focused_widget() -> QWidget:
    """Return the focused widget."""
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def test_space_in_a_newly_opened_console_undoes_no_time(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    begin_response_action(session, "r1c1", "lockdown")
    (action,) = list_active_actions(session)
    log_command_time(session, action, "nine_one_one")
    window.map.setFocus()
    console = open_console(window, qtbot)
    console.activateWindow()
    qtbot.waitUntil(
        lambda: console.isAncestorOf(get_focused_widget()) or get_focused_widget() is console
    )
    qtbot.keyClick(get_focused_widget(), Qt.Key.Key_Space)
    assert list_notified(session) == ["nine_one_one"] and not session.store.entries(kinds=("void",))
    qtbot.keyClick(get_focused_widget(), Qt.Key.Key_2)
    assert list_notified(session) == ["nine_one_one", "agency_dispatch"]
