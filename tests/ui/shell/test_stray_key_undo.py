"""Typed text and keys pressed during a freeze are no commands."""

import time

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner import storage
from zoneplanner.app.log.logbook import list_incidents, list_visits, log_record
from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.edits import assign_sites
from zoneplanner.ui.log.console.new_incident_form import NewIncidentForm
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.inputs.accidental_input import (
    BUSY_MS,
    PAUSE_MS,
    EventDelays,
    KeyVerdict,
    TypingDetector,
)
from zoneplanner.ui.widgets.services.notices import PENDING_WAIT_S

TYPED_MS = 30
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL_ALT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


@pytest.fixture
def keyboard(window: MainWindow, qtbot: QtBot) -> QWindow:
    """The native window, with the map in focus and a school selected."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.map.setFocus()
    window.desk.bridge.select(site="r1c1")
    handle = window.windowHandle()
    assert handle is not None
    return handle


def type_text(keyboard: QWindow, text: str) -> None:
    for sign in text:
        key = Qt.Key(ord(sign.upper()))
        held = SHIFT if sign.isupper() else Qt.KeyboardModifier.NoModifier
        QTest.keyClick(keyboard, key, held, TYPED_MS)


def type_into_a_field(window: MainWindow, keyboard: QWindow) -> None:
    """Type into a field, which ends any earlier text without a pause."""
    window.search.setFocus()
    type_text(keyboard, "x")
    window.search.clear()
    window.map.setFocus()


def test_a_sentence_typed_outside_a_field_does_nothing(
    window: MainWindow, session: Session, keyboard: QWindow, qtbot: QtBot
) -> None:
    toolbox, said = window.map.toolbox, window.desk.notices
    before, zones = session.project, dict(session.plan.assignment)  # type: ignore[union-attr]
    type_text(keyboard, "Gate broken 3 k")
    assert says(said.text.text(), "stray_keys.text") and said.isVisible()
    assert toolbox.tool == "select" and session.project is before
    assert dict(session.plan.assignment) == zones  # type: ignore[union-attr]
    qtbot.wait(PAUSE_MS + 50)
    type_text(keyboard, "b")
    assert toolbox.tool == "brush"  # a letter by itself is a command again
    toolbox.choose("select")
    type_into_a_field(window, keyboard)
    type_text(keyboard, "bad fence")  # its first letter is a tool: the tool goes back
    assert toolbox.tool == "select"
    type_into_a_field(window, keyboard)
    type_text(keyboard, "kids")  # and the visit that it prepared is dropped, which is said
    assert not window.desk.pending.counting
    assert says(said.text.text(), "stray_keys.not_logged")
    type_into_a_field(window, keyboard)
    type_text(keyboard, "2 kids at the gate")  # a digit gives the school away: it comes back
    assert list_visits(session) == () and session.project is before
    session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    moved = session.project
    for word in ("zone", "deck", "box", "note"):  # each of their letters is a command here
        type_into_a_field(window, keyboard)
        window.desk.bridge.select(site="r1c1")
        type_text(keyboard, word)
        assert session.project is moved, word
        assert (toolbox.tool, window.desk.bridge.selection.site) == ("select", "r1c1"), word
        assert says(said.text.text(), "stray_keys.text") and said.isVisible(), word


def test_the_same_letter_again_and_a_digit_after_a_letter_are_commands(
    window: MainWindow, keyboard: QWindow
) -> None:
    window.desk.bridge.select(zone="A")
    type_text(keyboard, "ee")
    assert window.desk.bridge.selection.zone == "a"


def test_only_the_next_visits_letter_works_while_an_entry_waits(
    window: MainWindow, session: Session, keyboard: QWindow, qtbot: QtBot
) -> None:
    pending = window.desk.pending
    type_text(keyboard, "k")
    assert pending.counting and pending.hasFocus()
    qtbot.wait(PAUSE_MS // 2)
    type_text(keyboard, "b")
    assert pending.counting and window.map.toolbox.tool == "select"
    QTest.keyClick(keyboard, Qt.Key.Key_Return, delay=PAUSE_MS // 2)
    assert pending.counting, "Enter that ends what was typed is no answer to what waits"
    window.desk.bridge.select(site="r1c2")
    window.map.setFocus()
    type_into_a_field(window, keyboard)
    type_text(keyboard, "k")
    assert [visit.site for visit in list_visits(session)] == ["r1c1"]
    window.map.setFocus()
    type_into_a_field(window, keyboard)
    type_text(keyboard, "z")
    assert not pending.counting and len(list_visits(session)) == 1


def test_text_typed_into_a_field_is_never_dropped(
    window: MainWindow, keyboard: QWindow, qtbot: QtBot
) -> None:
    type_text(keyboard, "j")
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    assert window.findChild(NewIncidentForm).isAncestorOf(field)
    type_text(keyboard, "school")
    assert field.text() == "school"
    assert not window.desk.notices.isVisible()


def test_delayed_keys_act_if_nothing_changed_their_target(
    window: MainWindow, session: Session, keyboard: QWindow, qtbot: QtBot
) -> None:
    """After a lockdown recorded on a slow machine, 1 pressed right after Enter sends a unit."""
    QTest.keyClick(keyboard, Qt.Key.Key_L, CTRL_ALT)
    bar = window.response_bar
    qtbot.waitUntil(lambda: bar.could_be_read)
    session.listen(lambda _: time.sleep((BUSY_MS + 200) / 1000))
    pressed = time.monotonic_ns() // 1_000_000
    strike(keyboard, Qt.Key.Key_Return, "\r", pressed)
    strike(keyboard, Qt.Key.Key_1, "1", pressed + 50)
    (call,) = list_incidents(session)
    assert len(call.by_unit) == 1 and call.site == "r1c1"
    assert not says(window.desk.notices.text.text(), "stray_keys.stale")
    (card,) = window.left.sections["console"].cards.values()
    assert card.hasFocus()


def test_a_delayed_key_is_visibly_dropped_if_another_desk_took_its_call(
    window: MainWindow, session: Session, keyboard: QWindow
) -> None:
    window.show_workspace("log")
    for uid, site in (("first", "r1c1"), ("second", "r1c2")):
        log_record(session, "incident", {"uid": uid, "site": site, "type": "fight"})
    console = window.left.sections["console"]
    console.cards["first"].setFocus()
    pressed = time.monotonic_ns() // 1_000_000 - 2 * BUSY_MS
    assert session.store.path is not None
    other = Session(
        storage.open(session.store.path), actor="Dispatch D", desk="2", clock=session.clock
    )
    end = {"incident": "first", "unit": "A", "name": "cleared"}
    log_record(other, "stamp", end)
    log_record(other, "incident", {"supersedes": "first", "disposition": "Report taken"})
    other.close()
    assert session.poll() and "first" not in console.cards
    strike(keyboard, Qt.Key.Key_1, "1", pressed)
    assert len(session.store.entries(kinds=("stamp",))) == 1 and not window.desk.pending.counting
    notices = window.desk.notices
    assert notices.isVisible() and says(notices.text.text(), "stray_keys.stale")


def test_a_delayed_key_does_not_answer_a_question_that_closed_by_itself(
    window: MainWindow, session: Session, keyboard: QWindow, qtbot: QtBot
) -> None:
    strike(keyboard, Qt.Key.Key_K, "k", time.monotonic_ns() // 1_000_000)
    pending = window.desk.pending
    assert pending.hasFocus()
    qtbot.wait(PAUSE_MS + 50)
    pressed = time.monotonic_ns() // 1_000_000
    qtbot.wait(BUSY_MS + 50)
    for _ in range(PENDING_WAIT_S):
        pending.timer.timeout.emit()
    assert len(list_visits(session)) == 1 and not pending.counting
    strike(keyboard, Qt.Key.Key_B, "b", pressed)
    assert window.map.toolbox.tool == "select"
    assert says(window.desk.notices.text.text(), "stray_keys.stale")


def test_typing_speed_tells_text_from_commands() -> None:
    def verdicts(*presses: tuple[str, float]) -> list[KeyVerdict]:
        rhythm, at, found = TypingDetector(), 0.0, []
        for letter, after_ms in presses:
            at += after_ms
            found.append(rhythm.classify(letter, at))
        return found

    command, text = KeyVerdict.COMMAND, KeyVerdict.TEXT
    assert verdicts(("b", 0), ("r", 300)) == [command, command]
    assert (
        verdicts(("b", 0), ("r", 100), ("o", 500), (" ", 600), ("k", 600)) == [command] + [text] * 4
    )
    assert verdicts(("b", 0), ("r", 100), ("o", PAUSE_MS + 50)) == [command, text, command]
    assert verdicts(("e", 0), ("e", 50), ("e", 50)) == [command] * 3
    assert verdicts(("a", 0), ("3", 100), ("\r", 100)) == [command] * 3
    assert verdicts(("3", 0), (" ", 100), ("k", 100)) == [command, text, text]
    rhythm = TypingDetector()
    rhythm.classify("g", 0)
    rhythm.note_no_effect()
    assert rhythm.classify("a", 500) is text


def test_key_delay_is_measured_even_if_event_times_use_another_clock() -> None:
    own, other = EventDelays(), EventDelays()
    assert own.waited_ms(1_000, 1_900) == 900  # the first key already waited
    assert own.waited_ms(2_001, 2_000) <= 1
    assert own.waited_ms(0, 5_000) == 0  # without a time nothing is known
    assert other.waited_ms(1_000, 900_000) == 0
    assert other.waited_ms(2_000, 901_700) == 700
    assert other.waited_ms(3_000, 1_902_000) == 0  # set anew: nothing is held back for long
    wrapped = EventDelays()
    wrapped.waited_ms(2**32 - 10, 2**33 - 10)
    assert wrapped.waited_ms(5, 2**33 + 5) == 0


def test_a_held_enter_acts_once_even_if_repeats_are_not_marked(
    window: MainWindow, session: Session, keyboard: QWindow
) -> None:
    window.desk.actions["new_incident"].trigger()
    new = window.left.sections["console"].new
    taken: list[str] = []
    new.what.entered.connect(lambda: taken.append("Enter"))
    hold(keyboard, Qt.Key.Key_Return, "\r")
    assert new.what.hasFocus() and list_incidents(session) == () and taken == []
    new.what.setText("fight")
    hold(keyboard, Qt.Key.Key_Return, "\r")
    assert len(list_incidents(session)) == 1
    (card,) = window.left.sections["console"].cards.values()
    assert card.hasFocus()


def test_text_starting_with_a_digit_over_an_incident_stamps_nothing(
    window: MainWindow, session: Session, keyboard: QWindow
) -> None:
    window.show_workspace("log")
    log_record(session, "incident", {"uid": "call", "site": "r1c1", "type": "fight"})
    (card,) = window.left.sections["console"].cards.values()
    card.setFocus()
    at_ms = time.monotonic_ns() // 1_000_000
    for place, sign in enumerate("1 kid"):
        strike(keyboard, Qt.Key(ord(sign.upper())), sign, at_ms + place * TYPED_MS)
    assert len(session.store.entries(kinds=("stamp",))) == 1
    (call,) = list_incidents(session)
    assert call.by_unit == () and call.dispatched_at is None
    assert list_visits(session) == () and not window.desk.pending.counting


def hold(keyboard: QWindow, key: Qt.Key, text: str) -> None:
    """Send what X sends for a key that is held: releases and presses of the same moment."""
    at_ms = time.monotonic_ns() // 1_000_000
    strike(keyboard, key, text, at_ms)
    for after_ms in (500, 530, 560):
        send(keyboard, QEvent.Type.KeyRelease, key, text, at_ms + after_ms)
        strike(keyboard, key, text, at_ms + after_ms)


def strike(keyboard: QWindow, key: Qt.Key, text: str, at_ms: int) -> None:
    """Press a key with a given event time."""
    send(keyboard, QEvent.Type.ShortcutOverride, key, text, at_ms)
    send(keyboard, QEvent.Type.KeyPress, key, text, at_ms)


def send(keyboard: QWindow, kind: QEvent.Type, key: Qt.Key, text: str, at_ms: int) -> None:
    event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text)
    event.setTimestamp(at_ms % 2**32)
    QCoreApplication.sendEvent(keyboard, event)


def test_words_typed_over_an_open_call_leave_its_school_selected(
    window: MainWindow, session: Session, keyboard: QWindow
) -> None:
    window.show_workspace("log")
    log_record(session, "incident", {"uid": "call", "site": "r1c2", "type": "fight"})
    (card,) = window.left.sections["console"].cards.values()
    card.setFocus()
    window.desk.bridge.select(site="r1c2")
    type_text(keyboard, "ed")  # by themselves they step through the zones
    assert window.desk.bridge.selection.zone is not None
    for text in ("medical 3", "desk e", "edit 3"):
        type_into_a_field(window, keyboard)
        window.desk.bridge.select(site="r1c2")
        card.setFocus()
        type_text(keyboard, text)
        assert window.desk.bridge.selection.site == "r1c2", text
        QTest.keyClick(keyboard, Qt.Key.Key_Escape)


def test_a_command_right_after_a_stamp_runs_and_the_stamp_stays(
    window: MainWindow, session: Session, keyboard: QWindow
) -> None:
    log_record(session, "incident", {"uid": "i1", "site": "r1c1", "type": "fight"})
    window.show_workspace("log")
    console = window.left.sections["console"]
    console.cards["i1"].setFocus()
    type_text(keyboard, "1j")
    assert console.new.site.hasFocus()
    type_text(keyboard, "jr1c2")  # pressed once too often: no name begins so
    assert console.new.site.text().casefold() == "r1c2"
    assert [one.kind for one in session.store.entries()] == ["incident", "stamp"]


@pytest.mark.parametrize("gap_ms", [30, 270])
def test_a_name_typed_outside_a_field_logs_nothing_at_any_speed(
    window: MainWindow, session: Session, keyboard: QWindow, qtbot: QtBot, gap_ms: int
) -> None:
    log_record(session, "incident", {"uid": "i1", "site": "r1c1", "type": "fight"})
    window.show_workspace("log")
    before = session.store.head().entries
    for text in ("whitney 1", "kingswood 2"):
        window.map.setFocus()
        for sign in (*text, "\n"):
            qtbot.wait(gap_ms)
            key = Qt.Key.Key_Return if sign == "\n" else Qt.Key(ord(sign.upper()))
            QTest.keyClick(keyboard, key)
        assert not window.desk.pending.counting and session.store.head().entries == before, text
        said = window.desk.notices.text.text()
        assert says(said, "stray_keys.text"), text
        assert text[0] == "w" or says(said, "stray_keys.undone")
        qtbot.wait(PAUSE_MS + 50)
