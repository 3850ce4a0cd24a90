"""The entry line of the next call is always visible and shows how it reads the text."""

from dataclasses import replace

import pytest
from keystrokes import keys
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.log.corrections import correct_record, void_record
from zoneplanner.app.log.logbook import list_incidents, log_record
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.journal import DISPOSITIONS
from zoneplanner.messages import Message
from zoneplanner.ui.log.call_sheet_dialog import CallSheetDialog
from zoneplanner.ui.log.console.console_panel import ConsolePanel
from zoneplanner.ui.log.incident_form import IncidentDialog
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.layout.basic_widgets import ActionButton


@pytest.fixture
def window(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The active window in the Log workspace on a small screen."""
    window.resize(1280, 720)
    window.activateWindow()
    window.show_workspace("log")
    qtbot.waitUntil(window.isActiveWindow)
    return window


def find_console(window: MainWindow) -> ConsolePanel:
    found = window.left.sections["console"]
    assert isinstance(found, ConsolePanel)
    return found


def is_in_sight(part: QWidget) -> bool:
    """Return whether a part is entirely visible."""
    return part.visibleRegion().boundingRect() == part.rect()


def test_entry_line_and_stamps_are_both_visible_at_720_pixels(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    for at in range(4):
        log_record(session, "incident", {"site": f"r1c{at + 1}", "type": "fight"})
    keys(qtbot, "jr1c2\ntheft\n")
    panel = find_console(window)
    card = panel.cards[panel.highlighted]
    assert card.summary.title == "Theft" and card.hasFocus()
    qtbot.wait(1)
    parts = (panel.new.site, card.priority, card.title, card.place, card.details.unit)
    for part in (*parts, *card.details.buttons.buttons()):
        assert is_in_sight(part), part.objectName() or part
    keys(qtbot, "1jr1c3\nala")
    qtbot.wait(1)
    for part in (panel.new.site, panel.new.what, panel.new.priority, panel.new.preview):
        assert is_in_sight(part), part


def test_the_entry_line_can_be_clicked_at_any_scroll_position(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    for at in range(4):
        log_record(session, "incident", {"site": f"r1c{at + 1}", "type": "fight"})
    panel, bar = find_console(window), window.sections.verticalScrollBar()
    panel.focus_board()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(bar.maximum())
    native, site = window.windowHandle(), panel.new.site
    assert native is not None
    spot = site.mapTo(window, QPoint(20, site.height() // 2))
    QTest.mouseClick(native, Qt.MouseButton.LeftButton, pos=spot)
    keys(qtbot, "r1c4\nalarm\n")
    assert [one.site for one in list_incidents(session) if one.type == "Alarm"] == ["r1c4"]


def test_a_click_on_a_stamp_beside_an_empty_form_hits_that_stamp(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_record(session, "incident", {"uid": "i", "site": "r1c1", "type": "fight"})
    panel, native = find_console(window), window.windowHandle()
    assert native is not None
    panel.focus_board()
    keys(qtbot, "j")
    qtbot.wait(1)
    button = panel.cards["i"].details.buttons.button(0)
    place = QRect(button.mapTo(window, QPoint(0, 0)), button.size())
    QTest.mouseClick(native, Qt.MouseButton.LeftButton, pos=place.center())
    (stamp,) = session.store.entries(kinds=("stamp",))
    assert stamp.payload["name"] == "dispatched_at"


def test_a_new_type_is_flagged_while_typing_and_f2_uses_the_known_one(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    new = find_console(window).new
    keys(qtbot, "jr1c2\ntresspas 2")
    assert says(new.unknown.text(), "new_type.suggestion", suggestion="Trespass")
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_F2)
    assert not says(new.unknown.text(), "new_type")
    keys(qtbot, "\n")
    (call,) = list_incidents(session)
    assert (call.type, call.priority) == ("Trespass", 2)
    keys(qtbot, "jr1c3\nloose llama")
    assert new.unknown.text() == str(Message("new_type", type="Loose llama"))
    keys(qtbot, "\n")
    assert {one.type for one in list_incidents(session)} == {"Trespass", "Loose llama"}


def test_a_type_used_before_is_known_by_its_prefix_until_no_entry_has_it(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    told = {"uid": "old", "site": "r1c1", "type": "Loose llama", "disposition": "Report taken"}
    log_record(session, "incident", {**told, "received_at": "2026-11-12T16:00:00Z"})
    new = find_console(window).new
    keys(qtbot, "jr1c2\nloo")
    assert says(new.preview.text(), "new_call", type="Loose llama") and not new.unknown.text()
    keys(qtbot, "\n")
    assert [one.type for one in list_incidents(session)] == ["Loose llama"] * 2
    (made,) = [one for one in list_incidents(session) if one.uid != "old"]
    keys(qtbot, "jr1c3\nlose lama\n")
    card = find_console(window).cards[find_console(window).highlighted]
    assert card.row.suggested_words == "Loose llama"
    form = IncidentDialog(window.desk, None, parent=window)
    qtbot.addWidget(form)
    assert form.type.findText("Loose llama") >= 0
    assert form.type.findText("Lose lama") < 0, "a slip is no usual type"
    void_record(session, made.uid, reason="Logged twice")
    correct_record(session, "incident", "old", {"type": "Alarm"})
    assert "Loose llama" not in window.desk.calls.used_types, "no call has it any more"


def test_common_dispatcher_words_match_a_usual_type_and_priority(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    for typed, becomes, priority in (
        *(("disturb", "Disturbance", 3), ("stranger", "Suspicious person", 3)),
        *(("prowl", "Suspicious person", 3), ("vape", "Drugs or vape", 3)),
        *(("knife", "Weapon", 1), ("medical", "Medical aid", 1), ("fi", "Fight", 2)),
        *(("park", "Parking", 4), ("runaw", "Missing or runaway", 2)),
    ):
        keys(qtbot, f"jr1c2\n{typed}")
        assert f"{becomes} at" in find_console(window).new.preview.text()
        keys(qtbot, "\n")
        call = max(list_incidents(session), key=lambda one: session.store.record(one.uid)[0].seq)
        assert (call.type, call.priority) == (becomes, priority)


@pytest.mark.parametrize("corrects", [False, True])
def test_part_of_a_word_is_not_saved_as_a_new_type(
    window: MainWindow, session: Session, qtbot: QtBot, corrects: bool
) -> None:
    log_record(session, "incident", {"uid": "i", "site": "r1c1", "type": "Fight"})
    kept = list_incidents(session)[0] if corrects else None
    form = IncidentDialog(window.desk, "r1c1", corrects=kept, parent=window)
    qtbot.addWidget(form)
    form.ask()
    line = form.type.lineEdit()
    assert line is not None

    def write(text: str, *then: Qt.Key) -> None:
        line.setFocus()
        line.selectAll()
        keys(qtbot, text)
        for key in then:
            qtbot.keyClick(QApplication.focusWidget(), key)

    back, tab, f2 = Qt.Key.Key_Backspace, Qt.Key.Key_Tab, Qt.Key.Key_F2
    for typed, keys_after, stands in (
        ("disturb", (back, tab), "Disturbance"),
        ("strang", (tab,), "Suspicious person"),
        ("tresspas", (f2,), "Trespass"),
    ):
        write(typed, *keys_after)
        assert form.type.currentText() == stands and not form.new_type.isVisible()
    write("tresspas")
    assert form.new_type.isVisible() and "F2 for Trespass" in form.new_type.text()
    write("loose llama")
    assert form.new_type.isVisible() and "F2" not in form.new_type.text()
    write("seiz", Qt.Key.Key_Return)
    assert form.isVisible() and form.type.currentText() == "Medical aid", "it is seen first"
    keys(qtbot, "\n")
    assert "Medical aid" in [one.type for one in list_incidents(session)]


def test_a_partial_outcome_is_flagged_as_new_with_similar_ones_while_typing(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_record(session, "incident", {"uid": "i", "site": "r1c1", "type": "Fight"})
    card = find_console(window).cards["i"]
    card.take_focus()
    keys(qtbot, "134hand")
    said = card.details.proposal.text()
    handled, handed = (one for one in DISPOSITIONS if one.startswith("Hand"))
    assert says(said, "ending.new") and f"“{handled}”" in said and f"“{handed}”" in said
    keys(qtbot, "e")
    assert not says(card.details.proposal.text(), "ending.new"), "one alone begins so"
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Backspace)
    assert card.details.ending.currentText() == "hande"
    keys(qtbot, "\n")
    assert list_incidents(session)[0].disposition == handed
    form = IncidentDialog(window.desk, "r1c1", parent=window)
    qtbot.addWidget(form)
    form.ask()
    form.disposition.setFocus()
    keys(qtbot, "hand")
    assert form.new_ending.isVisible() and f"“{handled}”" in form.new_ending.text()
    keys(qtbot, "l")
    assert not form.new_ending.isVisible()
    assert form.disposition.currentText().casefold() == handled.casefold()
    form.reject()


def test_forms_do_not_take_over_the_school_of_a_logged_call(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    keys(qtbot, "jr1c2\ntheft\n")
    assert window.desk.bridge.selection.site == "r1c2"
    window.desk.actions["log_incident"].trigger()
    (form,) = window.findChildren(IncidentDialog)
    assert form.site.currentData() is None or form.site.currentText() == ""
    form.reject()
    button = next(
        one for one in window.site_card.findChildren(ActionButton) if "an incident" in one.text()
    )
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    form = next(one for one in window.findChildren(IncidentDialog) if one.isVisible())
    assert form.site.currentData() == "r1c2", "its card is pressed: this school is meant"
    form.reject()
    window.desk.bridge.select(site="r1c3")
    window.desk.actions["log_incident"].trigger()
    form = next(one for one in window.findChildren(IncidentDialog) if one.isVisible())
    assert form.site.currentData() == "r1c3"


def test_log_card_and_search_answer_who_serves_a_school(window: MainWindow, qtbot: QtBot) -> None:
    window.desk.bridge.select(site="r1c2")
    for place in (window.left.sections["console"], window.site_card):
        buttons = [one for one in place.findChildren(ActionButton) if "Who serves" in one.text()]
        assert len(buttons) == 1 and buttons[0].isVisible(), place
    qtbot.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
    (sheet,) = [one for one in window.findChildren(CallSheetDialog) if one.isVisible()]
    assert sheet.site.currentData() == "r1c2"
    sheet.reject()
    for words in ("who serves", "agency", "phone", "parent", "call sheet"):
        window.search.setFocus()
        window.search.clear()
        qtbot.keyClicks(window.search, words)
        rows = [window.search.list.item(at).text() for at in range(window.search.list.count())]
        assert any("Who Serves" in row for row in rows[:6]), (words, rows)


def test_extra_words_around_a_name_still_find_the_school(window: MainWindow, qtbot: QtBot) -> None:
    project = window.desk.session.project
    names = {"r1c1": "Del Campo High", "r1c2": "Arden Middle"}
    for key, name in names.items():
        named = replace(project.sites[key], name=name)
        window.desk.session.apply("Name", lambda one, made=named: one.with_site(made))
    keys(qtbot, "jthe high school")
    assert find_console(window).new.fitting.text() == "▸ Del Campo High"
