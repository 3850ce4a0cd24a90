"""A fast dispatcher: no key or click acts on an unintended call, unit or school."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from keystrokes import keys
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner import storage
from zoneplanner.app.log.corrections import take_back_entry, void_record
from zoneplanner.app.log.logbook import (
    list_incidents,
    list_response_actions,
    list_visits,
    log_record,
)
from zoneplanner.app.log.response_actions import begin_response_action
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.session.session import Session
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.domain.log.journal import Incident
from zoneplanner.ui.log.console.incident_card import IncidentCard
from zoneplanner.ui.log.incident_form import IncidentDialog
from zoneplanner.ui.log.record_history import VoidEntryDialog
from zoneplanner.ui.log.response_actions.response_action_forms import AllClearDialog
from zoneplanner.ui.log.visit_form import VisitDialog
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.inputs.form_sheet import find_sheet
from zoneplanner.ui.widgets.layout.basic_widgets import find_scroll_area

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def window(window: MainWindow) -> MainWindow:
    """The active window in the Log workspace."""
    window.activateWindow()
    window.show_workspace("log")
    return window


def press(
    qtbot: QtBot, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    qtbot.keyClick(QApplication.focusWidget(), key, held)


def log_call(session: Session, uid: str, site: str = "r1c1", minutes_ago: int = 10) -> None:
    """Log a call of some minutes ago."""
    received = (session.clock() - timedelta(minutes=minutes_ago)).isoformat()
    columns = {"uid": uid, "site": site, "type": "fight", "received_at": received}
    log_record(session, "incident", columns)


def find_call(session: Session, uid: str) -> Incident:
    return next(one for one in list_incidents(session) if one.uid == uid)


def find_card(window: MainWindow, uid: str) -> IncidentCard:
    found = window.left.sections["console"].cards[uid]
    assert isinstance(found, IncidentCard)
    return found


def list_stamps(session: Session) -> list[tuple[str, str, str]]:
    """Return incident, unit and name of the stamps in the journal."""
    found = session.store.entries(kinds=("stamp",))
    return [(one.payload["incident"], one.payload["unit"], one.payload["name"]) for one in found]


def run_clock(session: Session, started: datetime) -> None:
    """Stop the session's clock at a moment."""
    session.clock = lambda: started


def test_a_new_call_can_be_logged_while_the_last_one_asks_for_its_outcome(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_call(session, "i1")
    find_card(window, "i1").setFocus()
    keys(qtbot, "14")
    assert find_card(window, "i1").details.ending.hasFocus()
    keys(qtbot, "jr1c2\ngraffiti\n")
    assert {one.site: one.disposition for one in list_incidents(session)} == {
        "r1c1": "",
        "r1c2": "",
    }
    find_card(window, "i1").take_focus()
    assert find_card(window, "i1").details.ending.hasFocus()
    keys(qtbot, "jammed lock")  # the J leads away, and what follows is in sight in its form
    assert window.left.sections["console"].new.site.text() == "ammed lock"
    press(qtbot, Qt.Key.Key_Escape)
    find_card(window, "i1").take_focus()
    keys(qtbot, "kids left\n")
    assert (
        find_call(session, "i1").disposition == ""
        and "kids left" in find_card(window, "i1").details.proposal.text()
    )
    keys(qtbot, "2\n")
    assert find_call(session, "i1").disposition == "", "other words are asked about anew"
    press(qtbot, Qt.Key.Key_Escape)
    assert find_card(window, "i1").hasFocus() and find_card(window, "i1").summary.closing
    keys(qtbot, "1")
    assert list_stamps(session)[-1] == ("i1", "B", "dispatched_at"), "as its heading says"
    keys(qtbot, "34code 7\n\n")
    assert find_call(session, "i1").disposition == "code 7"


def test_selecting_a_call_selects_its_school_everywhere(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_call(session, "i1", "r1c1", 20)
    log_call(session, "i2", "r1c2")
    log_call(session, "i3", "r1c3", 5)
    window.desk.bridge.select(site="r2c4")
    window.map.setFocus()
    press(qtbot, Qt.Key.Key_S)
    assert window.desk.bridge.selection.site == "r1c1"
    press(qtbot, Qt.Key.Key_Down)
    press(qtbot, Qt.Key.Key_L, CTRL | ALT)
    assert window.response_bar.site.key == "r1c2"
    press(qtbot, Qt.Key.Key_Escape)
    qtbot.mouseClick(find_card(window, "i3").title, Qt.MouseButton.LeftButton)
    assert window.desk.bridge.selection.site == "r1c3"
    window.desk.bridge.select(site="r2c4")
    qtbot.mouseClick(find_card(window, "i3").title, Qt.MouseButton.LeftButton)
    assert window.desk.bridge.selection.site == "r1c3"
    log_stamp(session, {"incident": "i3", "unit": "B", "name": "dispatched"})
    log_record(session, "incident", {"supersedes": "i3", "site": "r2c1"})
    assert window.desk.bridge.selection.site == "r2c1", "the card follows a correction"
    told = find_card(window, "i3").details.proposal.text()
    assert says(told, "proposal.closer", unit="A", nearest="B")
    window.resize(1024, 560)
    window.desk.bridge.select(site="r2c4")
    console = window.left.sections["console"]
    console.new.button.setFocus()
    while not find_card(window, "i3").hasFocus():
        before = QApplication.focusWidget()
        press(qtbot, Qt.Key.Key_Tab)
        assert QApplication.focusWidget() not in (before, console.new.site)
    assert window.desk.bridge.selection.site == "r2c1", "its keys stamp there, its forms log there"
    for _ in range(2):
        press(qtbot, Qt.Key.Key_Down)
        qtbot.wait(1)
        whole = console.target.visibleRegion().boundingRect()
        assert whole == console.target.rect(), "what the digits act on is out of sight"
    find_card(window, "i1").take_focus()
    keys(qtbot, "14\n")
    assert find_card(window, "i1").details.ending.hasFocus(), (
        "nobody was on scene: it was not handled there"
    )
    assert says(find_card(window, "i1").details.proposal.text(), "ending.missing")
    keys(qtbot, "canc\n")
    assert find_call(session, "i1").disposition == "Canceled before arrival"
    assert window.left.sections["console"].highlighted == "i2"
    window.map.setFocus()
    press(qtbot, Qt.Key.Key_L, CTRL | ALT)
    assert not window.response_bar.site.key, "a school that nobody chose"
    press(qtbot, Qt.Key.Key_Escape)
    press(qtbot, Qt.Key.Key_S)
    assert window.desk.bridge.selection.site == "r1c2"


def test_a_tile_selects_its_unit_and_a_repeated_key_clears_one(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_call(session, "i1")
    for unit in "AB":
        log_stamp(session, {"incident": "i1", "unit": unit, "name": "onscene"})
    cells = {one.row.unit: one for one in window.stage.boards["units"].cells}
    qtbot.mouseClick(cells["B"], Qt.MouseButton.LeftButton)
    assert find_card(window, "i1").details.unit.currentData() == "B"
    keys(qtbot, "44")
    assert list_stamps(session)[2:] == [("i1", "B", "cleared_at")]
    target = find_card(window, "i1").describe_target()
    assert (target.template, target.facts["left"]) == ("target.unit_cleared", ["A"])
    press(qtbot, Qt.Key.Key_Right)
    keys(qtbot, "4")
    assert list_stamps(session)[3:] == [("i1", "A", "cleared_at")]


def test_a_stamp_is_stored_at_once_from_its_card_and_after_a_countdown_elsewhere(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_call(session, "i1")
    console = window.left.sections["console"]
    window.map.setFocus()
    assert "after 5 s" in console.target.text()
    cells = {one.row.unit: one for one in window.stage.boards["units"].cells}
    qtbot.mouseClick(cells["B"], Qt.MouseButton.LeftButton)
    assert list_stamps(session) == [] and "B dispatched" in window.desk.pending.text.text()
    press(qtbot, Qt.Key.Key_Escape)
    assert list_stamps(session) == [] and find_card(window, "i1").hasFocus()
    assert "at once" in console.target.text()
    qtbot.mouseClick(cells["A"], Qt.MouseButton.LeftButton)
    press(qtbot, Qt.Key.Key_3)  # keeps what waited, then stamps the unit that was sent
    assert list_stamps(session) == [("i1", "A", "dispatched_at"), ("i1", "A", "onscene_at")]


def test_a_call_without_a_unit_is_closed_from_its_card_in_one_entry(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_call(session, "i1")
    find_card(window, "i1").take_focus()
    keys(qtbot, "4")
    assert (
        find_card(window, "i1").details.ending.hasFocus()
        and find_card(window, "i1").details.ending.currentText() == ""
    )
    keys(qtbot, "\n")
    assert find_call(session, "i1").cleared_at is None, "nothing was said"
    press(qtbot, Qt.Key.Key_Escape)
    assert find_card(window, "i1").hasFocus() and find_card(window, "i1").may_stamp(0)
    keys(qtbot, "4false\n")
    closed = find_call(session, "i1")
    assert (closed.disposition, closed.cleared_at) == ("False alarm", session.clock())
    assert window.left.sections["console"].cards == {}
    assert len(session.store.entries(kinds=("incident", "stamp"))) == 2


def test_an_entry_has_the_time_of_the_first_key(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    began = datetime(2026, 11, 16, 16, 0, 41, tzinfo=UTC)
    run_clock(session, began)
    new = window.left.sections["console"].new
    window.map.setFocus()
    keys(qtbot, "jr1c2\nfi")
    run_clock(session, began + timedelta(seconds=30))
    press(qtbot, Qt.Key.Key_Escape)
    window.desk.notices.offer.click()
    assert "8:00:41" in new.preview.text()
    new.what.setFocus()
    keys(qtbot, "\n\n")
    (logged,) = list_incidents(session)
    assert logged.received_at == began
    begin_response_action(session, "r1c1", "lockdown", began_at=session.clock())
    cleared = began + timedelta(seconds=45)
    run_clock(session, cleared)
    window.desk.actions["end_response"].trigger()
    (dialog,) = window.findChildren(AllClearDialog)
    qtbot.waitUntil(dialog.isActiveWindow)
    assert dialog.windowTitle() == "End Lockdown" and dialog.title.isVisible()
    assert "Lockdown" in dialog.title.text() and "School r1c1" in dialog.title.text()
    dialog.role.setFocus()
    keys(qtbot, "Principal")
    run_clock(session, cleared + timedelta(seconds=20))
    dialog.agency.setFocus()
    press(qtbot, Qt.Key.Key_Down)
    served = session.project.units["A"].agency
    assert dialog.agency.currentText() == served, "the agency that serves the school comes first"
    keys(qtbot, "\n")
    (action,) = list_response_actions(session)
    assert action.ended_at == cleared


def test_a_one_key_visit_asks_who_came_if_the_unit_cannot_be_there(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_record(session, "visit", {"site": "r1c1", "unit": "A"})
    window.desk.bridge.select(site="r1c2")
    window.map.setFocus()
    press(qtbot, Qt.Key.Key_K)
    assert not window.desk.pending.counting
    (dialog,) = window.findChildren(VisitDialog)
    qtbot.waitUntil(dialog.isActiveWindow)
    assert dialog.unit.currentData() is None and "School r1c1" in dialog.about.text()
    assert dialog.site.hasFocus() and dialog.site.lineEdit().selectedText() == "School r1c2"
    keys(qtbot, "r1c3\n")
    keys(qtbot, "\n")
    assert dialog.site.currentData() == "r1c3" and dialog.unit.currentData() is None
    assert dialog.isVisible() and len(list_visits(session)) == 1, "nobody is taken for granted"
    dialog.unit.setCurrentIndex(dialog.unit.findData("B"))
    keys(qtbot, "\n")
    assert [(one.site, one.unit) for one in list_visits(session)][1:] == [("r1c3", "B")]
    log_record(session, "visit", {"supersedes": list_visits(session)[0].uid, "status": "completed"})
    log_call(session, "i1")
    log_stamp(session, {"incident": "i1", "unit": "A", "name": "dispatched"})
    window.desk.actions["visit_now"].trigger()
    assert not window.desk.pending.counting
    window.desk.bridge.select(site="r1c1")
    window.desk.actions["visit_now"].trigger()
    assert window.desk.pending.counting, "it is at this very school"
    window.desk.pending.discard()
    form = VisitDialog(window.desk, "r1c2", parent=window)
    where = " at School r1c1"
    facts = {"unit": "A", "incident": "fight", "where": where}
    assert form.unit.currentData() is None
    assert says(form.about.text(), "visit_unit_elsewhere.call", **facts)
    form.accept()
    assert form.missing() and [one.site for one in list_visits(session)] == ["r1c1", "r1c3"]
    form.site.setCurrentIndex(form.site.findData("r1c3"))
    assert form.unit.currentData() == "B" and not form.about.text() and not form.missing()
    form.site.setCurrentIndex(form.site.findData("r1c2"))
    assert form.missing()
    form.site.setCurrentIndex(form.site.findData("r1c3"))
    qtbot.keyClick(form.unit, Qt.Key.Key_Home)
    assert form.unit.currentData() is None
    form.site.setCurrentIndex(form.site.findData("r1c4"))
    form.accept()
    assert [(one.site, one.unit) for one in list_visits(session)][-1] == ("r1c4", None)


def test_a_visit_with_a_unit_selected_by_hand_does_not_ask_who_came(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_record(session, "visit", {"site": "r1c1", "unit": "A"})
    window.desk.bridge.select(site="r1c2")
    window.map.setFocus()
    press(qtbot, Qt.Key.Key_L, CTRL)
    (shown,) = window.findChildren(VisitDialog)
    qtbot.waitUntil(shown.isActiveWindow)
    shown.unit.setFocus()
    keys(qtbot, "b")
    press(qtbot, Qt.Key.Key_Home)
    assert shown.unit.currentData() is None and shown.missing(), "nobody is no answer"
    for _ in "AB":
        press(qtbot, Qt.Key.Key_Down)
    assert shown.unit.currentData() == "B" and not shown.missing()
    assert not shown.about.text(), "who came was said"
    shown.site.take_keys()
    keys(qtbot, "r1c3\n")
    assert shown.site.currentData() == "r1c3" and not shown.about.text()
    keys(qtbot, "\n")
    assert [(one.site, one.unit) for one in list_visits(session)][1:] == [("r1c3", "B")]


def test_a_visit_of_a_unit_dispatched_elsewhere_is_logged_with_a_warning(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_call(session, "i1")
    log_stamp(session, {"incident": "i1", "unit": "B", "name": "dispatched_at"})
    window.desk.bridge.select(site="r1c2")
    window.map.setFocus()
    press(qtbot, Qt.Key.Key_L, CTRL)
    (shown,) = window.findChildren(VisitDialog)
    qtbot.waitUntil(shown.isActiveWindow)
    assert shown.unit.currentData() == "A" and not shown.about.text()
    shown.unit.setFocus()
    press(qtbot, Qt.Key.Key_Down)
    assert shown.unit.currentData() == "B" and not shown.missing()
    code, facts = "visit_unit_elsewhere.call_chosen", {"unit": "B", "incident": "fight"}
    assert says(shown.about.text(), code, **facts, where=" at School r1c1")
    keys(qtbot, "\n")
    assert [(one.site, one.unit) for one in list_visits(session)] == [("r1c2", "B")]
    assert says(window.desk.notices.text.text(), code, **facts)


def test_a_form_left_open_is_restored(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    window.desk.actions["log_incident"].trigger()
    (dialog,) = window.findChildren(IncidentDialog)
    qtbot.waitUntil(dialog.isActiveWindow)
    dialog.type.setFocus()
    keys(qtbot, "graffiti")
    press(qtbot, Qt.Key.Key_Escape)
    assert dialog.isHidden() and list_incidents(session) == ()
    window.desk.notices.offer.click()
    assert dialog.isVisible() and dialog.type.currentText() == "graffiti"
    for typed in ("loose llama", "FIGHT", "DUI"):
        dialog.type.setEditText(typed)
        dialog.accept()
    assert {one.type for one in list_incidents(session)} == {"Loose llama", "Fight", "DUI"}


def test_a_lockdown_begun_while_a_call_asks_for_its_outcome_gets_the_focus(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_call(session, "i1")
    window.map.setFocus()
    press(qtbot, Qt.Key.Key_S)
    keys(qtbot, "14")
    press(qtbot, Qt.Key.Key_L, CTRL | ALT)
    qtbot.waitUntil(lambda: window.response_bar.could_be_read)
    keys(qtbot, "\n")
    (action,) = list_response_actions(session)
    assert find_card(window, action.incident).hasFocus()
    keys(qtbot, "1")
    assert list_stamps(session)[-1][0] == action.incident
    window.map.setFocus()
    keys(qtbot, "jr1c3\nfight")
    press(qtbot, Qt.Key.Key_L, CTRL | ALT)
    qtbot.waitUntil(lambda: window.response_bar.could_be_read)
    keys(qtbot, "\n")
    form = window.left.sections["console"].new
    assert [one.what for one in form.drafts] == ["fight"], "it is out of sight without a line"
    assert form.drafts_list.isVisible() and not form.is_begun
    form.drop_all()
    other = next(one for one in list_response_actions(session) if one.uid != action.uid)
    void_record(session, other.uid, reason="practice")
    window.left.sections["console"].response.cards[action.uid].back.click()
    (dialog,) = window.findChildren(VoidEntryDialog)
    qtbot.waitUntil(dialog.isActiveWindow)
    assert not dialog.ok.isEnabled() and says(dialog.about.text(), "voids_entry.call_too")
    keys(qtbot, " \n")
    assert list_response_actions(session) == ()
    assert list(window.left.sections["console"].cards) == ["i1"]


def test_an_ineligible_unit_can_be_sent_only_from_the_list_after_a_countdown(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_call(session, "i1", site="r3c1")
    find_card(window, "i1").setFocus()
    units = find_card(window, "i1").row.units
    assert [one.unit for one in units if one.outside] == ["A", "B"]
    seen = set()
    for _ in units:
        press(qtbot, Qt.Key.Key_Right)
        seen.add(find_card(window, "i1").details.unit.currentData())
    assert seen == {"a"}
    box = find_card(window, "i1").details.unit
    box.setCurrentIndex(box.findData("A"))
    keys(qtbot, "1")
    pending = window.desk.pending
    assert list_stamps(session) == [] and says(
        pending.text.text(), "pending_stamp.outside", unit="A", stamp="dispatched"
    )
    keys(qtbot, "\n")
    assert list_stamps(session) == [("i1", "A", "dispatched_at")]
    assert says(window.desk.notices.text.text(), "unit_outside", unit="A")
    keys(qtbot, "3")  # it is there now: what follows is kept at once
    assert list_stamps(session)[-1] == ("i1", "A", "onscene_at")


def test_yesterdays_call_is_entered_with_its_typed_day_and_time(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    session.formats = US_FORMATS
    press(qtbot, Qt.Key.Key_I, CTRL)
    keys(qtbot, "r1c2\n")
    press(qtbot, Qt.Key.Key_W, ALT)
    keys(qtbot, "weapon bus 4 2")  # the priority as behind J: it is seen beside, and no word
    press(qtbot, Qt.Key.Key_R, ALT)
    keys(qtbot, "11/15/2026 2:30 pm")
    press(qtbot, Qt.Key.Key_Tab)
    keys(qtbot, " ")
    press(qtbot, Qt.Key.Key_Tab)
    keys(qtbot, "1434")
    press(qtbot, Qt.Key.Key_Tab)
    keys(qtbot, " 1436")  # typed on the box to tick, or where it is not ticked: both are its time
    press(qtbot, Qt.Key.Key_Tab)
    keys(qtbot, "1440\n")
    (kept,) = list_incidents(session)
    assert (kept.type, kept.priority) == ("Weapon bus 4", 2)
    local = [
        one and one.astimezone(ZoneInfo(session.project.time_zone))
        for one in list_local_times(kept)
    ]
    assert [one and f"{one:%d %H:%M}" for one in local] == [
        *("15 14:30", "15 14:34", "15 14:36", "15 14:40")
    ]


@pytest.mark.parametrize("unit", ["A", ""])
def test_yesterdays_call_with_an_outcome_asks_when_its_unit_cleared(
    window: MainWindow, session: Session, qtbot: QtBot, unit: str
) -> None:
    session.formats = US_FORMATS
    press(qtbot, Qt.Key.Key_I, CTRL)
    keys(qtbot, "r1c2\n")
    press(qtbot, Qt.Key.Key_W, ALT)
    keys(qtbot, "theft")
    press(qtbot, Qt.Key.Key_R, ALT)
    keys(qtbot, "11/15/2026 2:30 pm")
    if unit:
        press(qtbot, Qt.Key.Key_U, ALT)
        keys(qtbot, unit)
    press(qtbot, Qt.Key.Key_H, ALT)
    keys(qtbot, "repo\n\n")
    if unit:
        assert list_incidents(session) == (), "it would stay open, whatever it says"
        press(qtbot, Qt.Key.Key_C, ALT)
        keys(qtbot, "1455\n")
    (kept,) = list_incidents(session)
    assert (kept.disposition, kept.units) == ("Report taken", (unit,) if unit else ())
    cleared = kept.received_at + timedelta(minutes=25)
    assert kept.cleared_at == (cleared if unit else None), "no time is made up without a unit"
    assert not window.left.sections["console"].cards


def list_local_times(call: Incident) -> tuple[datetime | None, ...]:
    """Return when a call was received and when a unit was dispatched, en route and on scene."""
    return call.received_at, call.dispatched_at, call.enroute_at, call.onscene_at


@pytest.mark.parametrize("words", ["warned and left", "gone on arrival", "parent picked up"])
def test_a_free_text_outcome_can_start_with_any_letter(
    window: MainWindow, session: Session, qtbot: QtBot, words: str
) -> None:
    log_call(session, "i1")
    find_card(window, "i1").setFocus()
    keys(qtbot, "14")
    before = list_stamps(session)
    keys(qtbot, words + "\n\n")
    assert find_call(session, "i1").disposition == words and list_stamps(session) == before
    assert find_sheet(window) is None and not window.desk.pending.counting


def test_an_ambiguous_outcome_prefix_is_asked_about_until_one_more_letter(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    for uid in ("i1", "i2"):
        log_call(session, uid)
        find_card(window, uid).setFocus()
        keys(qtbot, "14")
        find_card(window, uid).details.ending.lineEdit().selectAll()
        keys(qtbot, "hand\n")
        assert not find_call(session, uid).disposition, (
            "the first of two that begin alike was taken"
        )
        asked = find_card(window, uid).details.proposal.text()
        assert "Handled on scene" in asked and "Handed to another agency" in asked
        keys(qtbot, "e\n" if uid == "i1" else "l\n")
    ended = {one.uid: one.disposition for one in list_incidents(session)}
    assert ended == {"i1": "Handed to another agency", "i2": "Handled on scene"}


def test_the_next_call_is_visible_after_a_closing_and_undoing_it_asks_again(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.resize(1280, 720)
    for at in range(6):
        log_call(session, f"i{at}", f"r1c{at % 4 + 1}", minutes_ago=20 - at)
    console = window.left.sections["console"]
    find_card(window, "i4").take_focus()
    qtbot.wait(1)
    keys(qtbot, "4adv\n")
    assert find_call(session, "i4").disposition == "Advice given" and console.highlighted == "i0"
    area = find_scroll_area(console)
    assert area is not None
    shown, chosen = area.viewport().rect(), find_card(window, "i0")
    qtbot.waitUntil(
        lambda: shown.contains(QRect(chosen.mapTo(area.viewport(), QPoint(0, 0)), chosen.size()))
    )
    keys(qtbot, "z")
    assert window.undo_actions.asked is not None
    keys(qtbot, "\n")
    qtbot.waitUntil(lambda: find_card(window, "i4").isVisible())
    assert console.highlighted == "i4"
    qtbot.waitUntil(find_card(window, "i4").hasFocus)
    keys(qtbot, "14adv\nz\n")
    qtbot.waitUntil(
        lambda: "i4" in console.cards and find_card(window, "i4").details.ending.hasFocus()
    )
    keys(qtbot, "\n")  # the key that took it back bounced
    assert find_call(session, "i4").disposition == "", (
        "it was closed again, in words of the program"
    )
    keys(qtbot, "nobody\n")
    assert find_call(session, "i4").disposition == "Nobody found"


def test_a_call_another_desk_reopens_takes_neither_mark_nor_focus(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    for uid, site in (("i1", "r1c1"), ("i2", "r1c2"), ("i3", "r1c3")):
        log_call(session, uid, site)
    console = window.left.sections["console"]
    find_card(window, "i1").take_focus()
    qtbot.wait(1)
    keys(qtbot, "4adv\n")
    assert find_call(session, "i1").disposition == "Advice given"
    assert session.store.path is not None
    other = Session(storage.open(session.store.path), actor="B", desk="2", clock=session.clock)
    mine = find_card(window, "i3")
    for at in (mine, window.search):
        mine.take_focus()
        at.setFocus()
        assert console.highlighted == "i3"
        opened = take_back_entry(other, session.store.record("i1")[-1])
        window.status.following.poll()
        qtbot.wait(1)
        assert "i1" in console.cards and console.highlighted == "i3" and at.hasFocus()
        take_back_entry(other, opened)
        window.status.following.poll()
        assert "i1" not in console.cards
    other.close()
    mine.take_focus()
    keys(qtbot, "1")
    assert list_stamps(session)[-1][0] == "i3"


def test_the_card_in_use_stays_visible_while_other_desks_log_urgent_calls(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.resize(1280, 720)
    columns = {"uid": "mine", "site": "r1c1", "type": "trespass", "priority": "4"}
    log_record(session, "incident", columns)
    console = window.left.sections["console"]
    mine = find_card(window, "mine")
    mine.take_focus()
    qtbot.wait(1)
    area = find_scroll_area(mine)
    assert area is not None
    for number in range(4):
        other = {"uid": f"i{number}", "site": "r1c3", "type": "weapon", "priority": "1"}
        log_record(session, "incident", other)
        qtbot.wait(1)
    assert list(console.cards)[-1] == "mine" and console.highlighted == "mine"
    shown = area.viewport().rect()
    top = mine.mapTo(area.viewport(), QPoint(0, 0)).y()
    assert top >= 0 and top + min(mine.height(), shown.height()) <= shown.height()
    console.new.site.setFocus()
    console.start()
    qtbot.wait(1)
    log_record(session, "incident", {"site": "r1c3", "type": "weapon", "priority": "1"})
    qtbot.wait(1)
    seen = console.new.site.visibleRegion().boundingRect()
    assert seen == console.new.site.rect(), "the field that is typed in went away under the hands"


def test_a_call_set_aside_stays_visible_until_it_is_logged_or_discarded(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    console, began = window.left.sections["console"], session.clock()
    window.map.setFocus()
    keys(qtbot, "jr1c2\ntresp")
    session.clock = lambda: began + timedelta(seconds=8)
    window.map.setFocus()
    keys(qtbot, "jr1c3\nweapon 1\n")
    window.desk.notices.hide()
    form = console.new
    labels = form.drafts_list.findChildren(QLabel)
    (waiting,) = [one for one in labels if says(one.text(), "call_draft.waiting")]
    facts = ("School r1c2", "Tresp", "priority 3", "08:00:00")
    assert all(fact in waiting.text() for fact in facts)
    bar = window.sections.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert not waiting.visibleRegion().isEmpty(), "it is out of sight below a long queue"
    assert waiting.isVisible() and [one.site for one in list_incidents(session)] == ["r1c3"]
    window.map.setFocus()
    keys(qtbot, "jr2c1\nfi")  # a third call is begun, and gives way to the first one
    (back,) = [
        one for one in form.drafts_list.findChildren(QPushButton) if one.text() == "Put it back"
    ]
    bar.setValue(bar.maximum())
    qtbot.mouseClick(back, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not form.what.visibleRegion().isEmpty())
    assert (form.site.key, form.what.text()) == ("r1c2", "tresp") and form.what.hasFocus()
    keys(qtbot, "\n\n")
    stored = {one.site: one.received_at for one in list_incidents(session)}
    assert stored["r1c2"] == began and "r2c1" not in stored
    assert [one.key for one in form.drafts] == ["r2c1"]
    (away,) = [one for one in form.drafts_list.findChildren(QPushButton) if one.text() == "Discard"]
    qtbot.mouseClick(away, Qt.MouseButton.LeftButton)
    assert form.drafts == [] and len(list_incidents(session)) == 2
    window.map.setFocus()
    keys(qtbot, "jr1c2\ndog loose")
    press(qtbot, Qt.Key.Key_Tab)
    assert form.priority.hasFocus()
    keys(qtbot, "jr1c4\nseizure")  # J in the priority is a new call; Ctrl+J is one in any field
    press(qtbot, Qt.Key.Key_J, CTRL)
    keys(qtbot, "r1c3\nbroken window 4\n")
    assert [one.key for one in form.drafts] == ["r1c2", "r1c4"]
    assert [one.site for one in list_incidents(session)][2:] == ["r1c3"]
    window.desk.actions["put_back"].trigger()  # the latest one
    keys(qtbot, "\n\n")
    assert [one.key for one in form.drafts] == ["r1c2"]
    assert {one.site: one.type for one in list_incidents(session)}["r1c4"] == "Medical aid"
    window.map.setFocus()
    keys(qtbot, "jr2c2\nnoise")
    press(qtbot, Qt.Key.Key_J, CTRL)
    away = [one for one in form.drafts_list.findChildren(QPushButton) if one.text() == "Discard"][
        -1
    ]
    qtbot.mouseClick(away, Qt.MouseButton.LeftButton)
    assert [one.key for one in form.drafts] == ["r1c2"]
    assert not window.desk.notices.isVisible(), "a call that was discarded is still offered"


def test_a_school_name_typed_as_the_type_is_asked_about_once(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.map.setFocus()
    keys(qtbot, "jr1c2\nschool r1c3\n")
    assert list_incidents(session) == ()
    told = window.left.sections["console"].new.preview.text()
    assert says(told, "new_call.school_as_type", words="school r1c3")
    keys(qtbot, "\n")
    assert [one.site for one in list_incidents(session)] == ["r1c2"]
    window.map.setFocus()
    keys(qtbot, "jr1c3\nbroken window\n")
    assert len(list_incidents(session)) == 2


def test_a_misspelled_type_is_stored_and_one_key_on_its_card_corrects_it(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.map.setFocus()
    keys(qtbot, "jr1c2\ngraffitti wall\n")
    (wall,) = list_incidents(session)
    assert find_card(window, wall.uid).details.suggestion.isHidden(), (
        "it is nothing that anybody knows"
    )
    window.map.setFocus()
    keys(qtbot, "jr1c3\ntresspas\n")
    tress = next(one for one in list_incidents(session) if one.site == "r1c3")
    offered = find_card(window, tress.uid).details.suggestion
    assert tress.type == "Tresspas" and offered.isVisible() and "Trespass" in offered.text()
    press(qtbot, Qt.Key.Key_F2)
    assert find_call(session, tress.uid).type == "Trespass" and offered.isHidden()
    assert find_card(window, tress.uid).hasFocus() and list_stamps(session) == []
    window.map.setFocus()
    keys(qtbot, "jr1c4\nstolen car 2\n")
    stolen = next(one for one in list_incidents(session) if one.site == "r1c4")
    assert (stolen.type, stolen.priority) == ("Stolen car 2", 3)
    assert "Stolen car, priority 2?" in find_card(window, stolen.uid).details.suggestion.text()
    press(qtbot, Qt.Key.Key_F2)
    stolen = find_call(session, stolen.uid)
    assert (stolen.type, stolen.priority) == ("Stolen car", 2)
    assert find_card(window, stolen.uid).details.suggestion.isHidden()


def test_the_outcome_question_gets_the_focus_after_a_countdown_too(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_call(session, "i1")
    log_stamp(session, {"incident": "i1", "unit": "A", "name": "dispatched"})
    window.map.setFocus()
    keys(qtbot, "44")
    assert window.desk.pending.counting, "a key struck twice kept what was to count first"
    assert list_stamps(session) == [("i1", "A", "dispatched_at")]
    keys(qtbot, "\n")
    qtbot.waitUntil(find_card(window, "i1").details.ending.hasFocus)
    keys(qtbot, "\n")  # the Enter that answered the bar bounced
    assert find_call(session, "i1").disposition == ""
    keys(qtbot, "nobody\n")
    assert find_call(session, "i1").disposition == "Nobody found"
