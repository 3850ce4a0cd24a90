"""Calls with several units that are still there: a note, all cleared at once, the all-clear."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from builders import project_from
from keystrokes import keys
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from zoneplanner.app.log.logbook import list_incidents, log_record
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.session.session import Session
from zoneplanner.ui.log.console.incident_card import IncidentCard
from zoneplanner.ui.log.incident_form import IncidentDialog
from zoneplanner.ui.shell.main_window import MainWindow

ALT = Qt.KeyboardModifier.AltModifier
UNITS = ("A", "B", "C", "D")


@pytest.fixture
def session(open_session: Callable[..., Session]) -> Session:
    """Four county zones over a city zone."""
    return open_session(project_from("AABB / CCDD / aaaa"))


@pytest.fixture
def window(window: MainWindow) -> MainWindow:
    """The window in the LOG workspace, with the keys, on a small screen."""
    window.resize(1280, 720)
    window.activateWindow()
    window.show_workspace("log")
    return window


def log_call(session: Session, uid: str, *, units: tuple[str, ...], note: str = "") -> None:
    """Log a call of ten minutes ago with units on scene."""
    received = session.clock() - timedelta(minutes=10)
    columns = {"uid": uid, "site": "r1c1", "type": "fight", "received_at": received.isoformat()}
    log_record(session, "incident", {**columns, "note": note})
    for unit in units:
        log_stamp(session, {"incident": uid, "unit": unit, "name": "onscene"})


def card(window: MainWindow, uid: str) -> IncidentCard:
    """Return the card of an open incident."""
    return window.left.sections["console"].cards[uid]


def press(card: IncidentCard, text: str) -> None:
    """Click the button of a card that says so."""
    (button,) = [one for one in card.findChildren(QAbstractButton) if one.text() == text]
    assert button.isVisible()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def is_in_sight(part: QWidget) -> bool:
    """Tell whether all of a field can be seen within what scrolls it."""
    area = part.parentWidget()
    while not isinstance(area, QScrollArea):
        assert area is not None
        area = area.parentWidget()
    place = part.rect().translated(part.mapTo(area.viewport(), part.rect().topLeft()))
    return area.viewport().rect().contains(place)


def test_a_note_is_added_from_the_card_behind_what_it_says(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_call(session, "i1", units=UNITS, note="two students")
    card(window, "i1").take_focus()
    press(card(window, "i1"), "Add note…")
    (form,) = window.findChildren(IncidentDialog)
    qtbot.waitUntil(lambda: is_in_sight(form.note))
    assert QApplication.focusWidget() is form.note.field
    keys(qtbot, ", by the gym\n")
    (call,) = list_incidents(session)
    assert call.note == "two students, by the gym"
    assert session.store.entries(kinds=("incident",))[-1].supersedes == "i1"
    assert [one.unit for one in call.by_unit if one.onscene_at] == list(UNITS)


def test_the_underlined_letter_of_a_field_scrolls_to_it(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_call(session, "i1", units=UNITS)
    card(window, "i1").take_focus()
    press(card(window, "i1"), "Correct…")
    (form,) = window.findChildren(IncidentDialog)
    assert not is_in_sight(form.note)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_N, ALT)
    assert QApplication.focusWidget() is form.note.field and is_in_sight(form.note)
