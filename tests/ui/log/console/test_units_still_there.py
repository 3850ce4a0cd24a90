"""Calls with several units on scene: notes, clearing all at once, the all-clear."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from builders import project_from
from keystrokes import keys
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QScrollArea, QWidget
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.log.logbook import list_incidents, log_record
from zoneplanner.app.log.response_actions import (
    begin_response_action,
    end_response_action,
    list_active_actions,
)
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.session.session import Session
from zoneplanner.ui.log.console.incident_card import IncidentCard, StampTimeDialog
from zoneplanner.ui.log.incident_form import IncidentDialog
from zoneplanner.ui.shell.main_window import MainWindow

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
UNITS = ("A", "B", "C", "D")


@pytest.fixture
def session(open_session: Callable[..., Session]) -> Session:
    """Four county zones over a city zone."""
    return open_session(project_from("AABB / CCDD / aaaa"))


@pytest.fixture
def window(window: MainWindow) -> MainWindow:
    """The active window in the Log workspace on a small screen."""
    window.resize(1280, 720)
    window.activateWindow()
    window.show_workspace("log")
    return window


def log_call(
    session: Session, uid: str, *, units: tuple[str, ...], note: str = "", minutes_ago: int = 10
) -> None:
    """Log a call of some minutes ago with units on scene."""
    received = session.clock() - timedelta(minutes=minutes_ago)
    columns = {"uid": uid, "site": "r1c1", "type": "fight", "received_at": received.isoformat()}
    log_record(session, "incident", {**columns, "note": note})
    for unit in units:
        log_stamp(session, {"incident": uid, "unit": unit, "name": "onscene"})


def find_card(window: MainWindow, uid: str) -> IncidentCard:
    """Return the card of an open incident."""
    return window.left.sections["console"].cards[uid]


def find_button(card: IncidentCard, text: str) -> QAbstractButton:
    """Return the button of a card with this text."""
    (button,) = [one for one in card.findChildren(QAbstractButton) if one.text() == text]
    assert button.isVisible()
    return button


def press(card: IncidentCard, text: str) -> None:
    """Click the button of a card with this text."""
    QTest.mouseClick(find_button(card, text), Qt.MouseButton.LeftButton)


def press_by_key(card: IncidentCard, text: str) -> None:
    """Press the button of a card with this text by the space bar."""
    button = find_button(card, text)
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)


def is_in_sight(part: QWidget) -> bool:
    """Return whether a field is entirely visible in its scroll area."""
    area = part.parentWidget()
    while not isinstance(area, QScrollArea):
        assert area is not None
        area = area.parentWidget()
    place = part.rect().translated(part.mapTo(area.viewport(), part.rect().topLeft()))
    return area.viewport().rect().contains(place)


def test_a_note_added_from_the_card_is_appended(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_call(session, "i1", units=UNITS, note="two students")
    find_card(window, "i1").take_focus()
    press(find_card(window, "i1"), "Note")
    (form,) = window.findChildren(IncidentDialog)
    qtbot.waitUntil(lambda: is_in_sight(form.note))
    assert QApplication.focusWidget() is form.note.field
    keys(qtbot, ", by the gym\n")
    (call,) = list_incidents(session)
    assert call.note == "two students, by the gym"
    assert session.store.entries(kinds=("incident",))[-1].supersedes == "i1"
    assert [one.unit for one in call.by_unit if one.onscene_at] == list(UNITS)


def test_an_underlined_letter_scrolls_to_its_field(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_call(session, "i1", units=UNITS)
    find_card(window, "i1").take_focus()
    press(find_card(window, "i1"), "Correct…")
    (form,) = window.findChildren(IncidentDialog)
    assert not is_in_sight(form.note)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_N, ALT)
    assert QApplication.focusWidget() is form.note.field and is_in_sight(form.note)


def list_cleared_units(session: Session, uid: str) -> list[str]:
    """Return the units that have cleared an incident."""
    (call,) = [one for one in list_incidents(session) if one.uid == uid]
    return [one.unit for one in call.by_unit if one.cleared_at is not None]


def test_one_click_clears_all_units_and_one_undo_reverses_it(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_call(session, "i1", units=UNITS)
    log_stamp(session, {"incident": "i1", "unit": "B", "name": "cleared"})
    find_card(window, "i1").take_focus()
    press(find_card(window, "i1"), "Clear all units")
    assert list_cleared_units(session, "i1") == list(UNITS)
    assert "A, C and D" in window.desk.notices.text.text()
    assert find_card(window, "i1").details.ending.hasFocus()
    keys(qtbot, "z\n")
    assert list_cleared_units(session, "i1") == ["B"], "the clear of before stays"
    assert "A, C and D" in window.desk.notices.text.text()
    assert sum(unit.is_on_call for unit in find_card(window, "i1").row.units) == 3
    press_by_key(find_card(window, "i1"), "Clear all units")
    press_by_key(find_card(window, "i1"), "Not cleared")
    assert list_cleared_units(session, "i1") == ["B"]
    press_by_key(find_card(window, "i1"), "Clear all units")
    assert find_card(window, "i1").details.ending.hasFocus()
    keys(qtbot, "\n")
    (call,) = list_incidents(session)
    assert call.disposition == "Handled on scene" and list_cleared_units(session, "i1") == list(
        UNITS
    )


def test_4_clears_a_single_unit_and_an_old_call_asks_for_the_time(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_call(session, "i1", units=("A",))
    find_card(window, "i1").take_focus()
    assert not find_card(window, "i1").details.clear_all.isVisible()
    log_call(session, "i2", units=("B", "C"), minutes_ago=13 * 60)
    find_card(window, "i2").take_focus()
    press(find_card(window, "i2"), "Clear all units")
    (dialog,) = window.findChildren(StampTimeDialog)
    assert list_cleared_units(session, "i2") == [] and "B and C" in dialog.about.text()
    qtbot.mouseClick(dialog.required_time.findChild(QAbstractButton), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    assert list_cleared_units(session, "i2") == ["B", "C"]


def test_a_call_still_open_after_the_all_clear_says_so(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    begin_response_action(session, "r1c1", "lockdown")
    (action,) = list_active_actions(session)
    for unit in ("A", "B"):
        log_stamp(session, {"incident": action.incident, "unit": unit, "name": "onscene"})
    call = find_card(window, action.incident)
    assert not call.all_clear.isVisible()
    qtbot.keyClick(window.map, Qt.Key.Key_E, CTRL | ALT)
    keys(qtbot, "Principal\tSheriff\n")
    assert list_active_actions(session) == ()
    assert call.all_clear.isVisible()
    left = {"day": "at 08:00", "units": "2 units"}
    assert says(call.all_clear.text(), "all_clear.on_scene", **left)
    window.desk.notices.hide()
    call.take_focus()
    assert call.details.finish.isVisible()
    assert says(call.details.finish.text(), "after_all_clear.clear_all")
    keys(qtbot, "4")
    assert says(call.all_clear.text(), "all_clear.on_scene", **left | {"units": "1 unit"})
    keys(qtbot, "jr1c2\nfight\n")
    assert call.all_clear.isVisible(), "also while another call is chosen"
    call.take_focus()
    qtbot.keyClick(call, Qt.Key.Key_Right)
    keys(qtbot, "4\n")
    assert action.incident not in window.left.sections["console"].cards


def test_4_closes_a_lockdown_call_without_units(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    begin_response_action(session, "r1c1", "lockdown")
    (action,) = list_active_actions(session)
    end_response_action(session, action.uid, all_clear_by="Principal", all_clear_agency="Sheriff")
    call = find_card(window, action.incident)
    assert call.all_clear.isVisible() and says(call.all_clear.text(), "all_clear.no_unit")
    call.take_focus()
    assert says(call.details.finish.text(), "after_all_clear.close")
    keys(qtbot, "4false\n")
    assert window.left.sections["console"].cards == {}
