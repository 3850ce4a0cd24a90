"""Problems a new dispatcher met in ten calls, by keys."""

from datetime import timedelta

import pytest
from keystrokes import keys
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.log.logbook import list_incidents, log_record
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.session.session import Session
from zoneplanner.messages import Message
from zoneplanner.ui.log.console.incident_card import IncidentCard
from zoneplanner.ui.shell.main_window import MainWindow


@pytest.fixture
def window(window: MainWindow) -> MainWindow:
    """The active window in the Log workspace."""
    window.activateWindow()
    window.show_workspace("log")
    return window


def find_card(window: MainWindow, uid: str) -> IncidentCard:
    found = window.left.sections["console"].cards[uid]
    assert isinstance(found, IncidentCard)
    return found


def test_a_unit_that_has_cleared_is_not_called_busy(window: MainWindow, session: Session) -> None:
    log_record(session, "incident", {"uid": "i", "site": "r1c1", "type": "fight"})
    units = list(session.project.units)
    for unit in units:
        call = "i" if unit in units[:2] else unit
        if call != "i":
            log_record(session, "incident", {"uid": unit, "site": "r1c2", "type": "fight"})
        log_stamp(session, {"incident": call, "unit": unit, "name": "dispatched"})
    log_stamp(session, {"incident": "i", "unit": units[0], "name": "cleared"})
    only_cleared = Message("proposal.only_cleared", units=units[:1])
    assert find_card(window, "i").row.proposal == (only_cleared,)


def log_cleared(window: MainWindow, session: Session, qtbot: QtBot) -> IncidentCard:
    """Clear a call's unit so that the focused field asks for the outcome."""
    log_record(session, "incident", {"uid": "i", "site": "r1c1", "type": "fight"})
    find_card(window, "i").take_focus()
    keys(qtbot, "134")
    assert find_card(window, "i").details.ending.hasFocus()
    return find_card(window, "i")


def test_a_digit_in_the_outcome_field_is_text(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    asked = log_cleared(window, session, qtbot)
    before = len(session.store.entries())
    keys(qtbot, "1 detained")
    assert (
        asked.details.ending.currentText() == "1 detained"
        and len(session.store.entries()) == before
    )
    keys(qtbot, "\n\n")
    assert list_incidents(session)[0].disposition == "1 detained"


def test_a_bounced_4_is_not_an_outcome(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    log_record(session, "incident", {"uid": "i", "site": "r1c1", "type": "fight"})
    asked = find_card(window, "i")
    asked.take_focus()
    keys(qtbot, "134")
    qtbot.wait(350)  # no clock tells what the second one is
    keys(qtbot, "4")
    assert asked.details.ending.hasFocus() and "4" not in asked.details.ending.currentText()
    keys(qtbot, "4 detained")
    assert asked.details.ending.currentText() == "4 detained", "only the bounce is taken"


def test_an_outcome_code_starting_with_4_can_be_typed_at_any_speed(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_record(session, "incident", {"uid": "i", "site": "r1c1", "type": "fight"})
    find_card(window, "i").take_focus()
    keys(qtbot, "134415")
    assert find_card(window, "i").details.ending.currentText() == "415"
    keys(qtbot, "\n\n")
    assert list_incidents(session)[0].disposition == "415"


def test_a_completed_step_looks_different_from_the_next_one(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_record(session, "incident", {"uid": "i", "site": "r1c1", "type": "fight"})
    chosen = find_card(window, "i")
    chosen.take_focus()
    texts = [button.text() for button in chosen.details.buttons.buttons()]
    assert texts[:3] == ["1  Dispatch", "2  En route", "3  On scene"]
    assert says(chosen.details.received.text(), "no_unit_sent")
    keys(qtbot, "1")
    made, then, *_ = chosen.details.buttons.buttons()
    assert isinstance(made, QPushButton) and isinstance(then, QPushButton)
    assert made.text() == "✓ Dispatched" and not made.isEnabled() and not made.isDefault()
    assert then.text() == "2  En route" and then.isDefault()
    assert not says(chosen.details.received.text(), "no_unit_sent")


def test_typing_into_the_form_scrolls_it_into_view(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.resize(1280, 720)
    for at in range(5):
        log_record(session, "incident", {"site": f"r1c{at % 4 + 1}", "type": "fight"})
    window.desk.actions["new_incident"].trigger()
    form, bar = window.left.sections["console"].new, window.sections.verticalScrollBar()
    for field, text in ((form.site, "r1c3"), (form.what, "theft")):
        qtbot.waitUntil(lambda: bar.maximum() > 0)
        bar.setValue(bar.maximum())
        qtbot.keyClicks(QApplication.focusWidget(), text)
        assert field.hasFocus() and form.visibleRegion().boundingRect() == form.rect()
        bar.setValue(bar.maximum())
        qtbot.keyClick(field, Qt.Key.Key_Return)
        if field is form.site:
            assert form.what.visibleRegion().boundingRect() == form.what.rect()


def test_esc_and_1_send_one_more_unit(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    asked = log_cleared(window, session, qtbot)
    target = window.left.sections["console"].target
    assert "Esc, then 1 sends" in target.text()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert asked.hasFocus() and "Esc" not in target.text() and "1 sends" in target.text()
    keys(qtbot, "1")
    assert session.store.entries()[-1].payload["name"] == "dispatched_at"


def test_outcomes_are_offered_after_a_countdown_and_a_hasty_enter_selects_none(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_record(session, "incident", {"uid": "i", "site": "r1c1", "type": "fight"})
    find_card(window, "i").take_focus()
    keys(qtbot, "13")
    window.map.setFocus()
    keys(qtbot, "4")
    window.desk.pending.write_now()
    asked = find_card(window, "i")
    qtbot.waitUntil(asked.details.ending.hasFocus)
    assert asked.details.ending.currentText() == "Handled on scene"
    qtbot.wait(350)  # however late it comes
    keys(qtbot, "\n")
    assert list_incidents(session)[0].disposition == ""
    assert says(asked.details.proposal.text(), "ending.enter_again")
    keys(qtbot, "\n")
    assert list_incidents(session)[0].disposition == "Handled on scene"
    qtbot.wait(350)
    keys(qtbot, "\n")
    assert list_incidents(session)[0].disposition == "Handled on scene"


def test_down_in_an_empty_outcome_selects_the_first_one(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_record(session, "incident", {"uid": "i", "site": "r1c1", "type": "fight"})
    find_card(window, "i").take_focus()
    keys(qtbot, "4")
    field = find_card(window, "i").details.ending
    assert field.currentText() == ""
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)
    assert field.currentText() == field.itemText(0)


def test_a_cleared_form_restarts_its_clock(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    began = session.clock()
    keys(qtbot, "jr1")
    for _ in range(2):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Backspace)
    session.clock = lambda: began + timedelta(minutes=3)
    keys(qtbot, "r1c2\ngraffiti\n")
    (call,) = list_incidents(session)
    assert call.received_at == began + timedelta(minutes=3)


def test_f2_reports_when_there_is_nothing_to_correct(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_record(session, "incident", {"uid": "i", "site": "r1c1", "type": "fight"})
    find_card(window, "i").take_focus()
    qtbot.keyClick(find_card(window, "i"), Qt.Key.Key_F2)
    assert "F2" in window.desk.notices.text.text()
