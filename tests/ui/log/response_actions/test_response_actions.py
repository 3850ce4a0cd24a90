"""Response actions in the window: starting them, and banner, map and console."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from builders import create_store
from keystrokes import keys
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner import storage
from zoneplanner.app.data.edits import set_data_row
from zoneplanner.app.log.logbook import list_incidents, list_response_actions, log_record
from zoneplanner.app.log.response_actions import list_active_actions
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.plans.zone_proposals import add_first_plan
from zoneplanner.app.projects.open_project import create_project
from zoneplanner.app.session.session import Session
from zoneplanner.cli.run import main
from zoneplanner.domain.log.response_action_terms import read_response_actions
from zoneplanner.ui.log.record_history import VoidEntryDialog
from zoneplanner.ui.log.response_actions.actions_board import ResponseActionsBoard
from zoneplanner.ui.log.response_actions.response_action_forms import AllClearDialog
from zoneplanner.ui.log.response_actions.response_banner import ResponseActionBanner
from zoneplanner.ui.shell.main_window import MainWindow


@pytest.fixture
def board(window: MainWindow) -> ResponseActionsBoard:
    """The console's response actions."""
    window.activateWindow()
    window.show_workspace("log")
    found: ResponseActionsBoard = window.left.sections["console"].response
    return found


def band(window: MainWindow) -> ResponseActionBanner:
    """Return the banner above the map."""
    found = window.findChild(QWidget, "response")
    assert isinstance(found, ResponseActionBanner)
    return found


def record_action(window: MainWindow, qtbot: QtBot, action: str, site: str) -> None:
    """Record an action at a school as a person does: the bar names it, Enter confirms."""
    window.desk.bridge.select(site=site)
    window.desk.actions[f"begin_{action}"].trigger()
    qtbot.waitUntil(lambda: window.response_bar.could_be_read)
    qtbot.keyClick(window.response_bar.site, Qt.Key.Key_Return)


def end_action(window: MainWindow, uid: str) -> None:
    """Record the all-clear of an action."""
    window.log_actions.end(uid)
    (dialog,) = [one for one in window.findChildren(AllClearDialog) if one.isVisible()]
    dialog.role.setCurrentText("Principal")
    dialog.agency.setCurrentText("District")
    dialog.accept()


def test_a_lockdown_waits_for_enter_and_starts_at_its_first_key(
    window: MainWindow, session: Session, board: ResponseActionsBoard, qtbot: QtBot
) -> None:
    window.desk.bridge.select(site="r1c3")
    pressed, bar = session.clock(), window.response_bar
    qtbot.mouseClick(board.buttons["lockdown"], Qt.MouseButton.LeftButton)
    assert bar.isVisible() and bar.site.text() == "School r1c3" and bar.site.hasFocus()
    assert "THIS ONLY KEEPS A RECORD. IT ALERTS NO ONE. CALL 9-1-1." in bar.warning.text()
    facts = {"action": "Lockdown", "site": "School r1c3"}
    assert says(bar.hint.text(), "action_bar.school", **facts) and bar.clock.text() == "0:00"
    window.desk.bridge.select(site="r1c1")
    session.clock = lambda: pressed + timedelta(seconds=40)
    window.desk.clock.timer.timeout.emit()
    assert bar.clock.text() == "0:40" and bar.site.text() == "School r1c3"
    held = QKeyEvent(
        QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", autorep=True
    )
    QApplication.sendEvent(bar.site, held)
    assert session.store.entries() == []
    bar.confirm()
    qtbot.waitUntil(lambda: bar.could_be_read)
    at = bar.site.mapTo(bar, bar.site.rect().bottomLeft())
    assert bar.fitting.mapTo(bar, bar.fitting.rect().topLeft()).x() == at.x()
    qtbot.keyClick(bar.site, Qt.Key.Key_Return)
    (running,) = list_active_actions(session)
    (call,) = list_incidents(session)
    assert (running.site, running.action, running.began_at) == ("r1c3", "lockdown", pressed)
    assert (call.type, call.site, call.received_at) == ("Lockdown", "r1c3", pressed)
    assert bar.isHidden() and list(board.cards) == [running.uid]
    assert window.left.sections["console"].cards[call.uid].hasFocus()
    assert says(window.desk.notices.text.text(), "logged.action_begun", **facts)


def test_shelter_has_the_districts_own_term_in_window_and_command_line(
    window: MainWindow,
    board: ResponseActionsBoard,
    qtbot: QtBot,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    session, told = window.desk.session, tmp_path / "told.gpkg"
    create_store(told, session.saved_project, actor="p", at=session.clock()).close()
    for action, site in (("shelter", "r1c1"), ("secure", "r1c3")):
        record_action(window, qtbot, action, site)
    set_data_row(session, "term", "secure", {"term": "Shelter-in-place"})
    assert "Shelter-in-place" in board.buttons["secure"].text()
    assert main(["log", str(told), "action", "site=r1c1", "action=shelter-in-place"]) == 2
    assert "shelter" in capsys.readouterr().err, "nothing is taken for another word"
    assert main(["log", str(told), "action", "site=r1c1", "action=shelter"]) == 0
    assert main(["set", str(told), "term", "secure", "term=Shelter-in-place"]) == 0
    assert main(["log", str(told), "action", "site=r1c3", "action=Shelter-in-place"]) == 0
    shown = {(one.site, one.action) for one in list_active_actions(session)}
    with storage.open(told, read_only=True) as store:
        kept = read_response_actions(store.entries(kinds=("action", "void")))
    assert shown == {(one.site, one.action) for one in kept}
    assert shown == {("r1c1", "shelter"), ("r1c3", "secure")}
    assert list_incidents(session) == (), "a precaution opens no call"


def test_esc_cancels_a_lockdown_and_a_missing_school_is_asked_for(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.map.setFocus()
    held = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    qtbot.keyClick(window.map, Qt.Key.Key_L, held)
    bar = window.response_bar
    assert bar.site.text() == "" and says(bar.hint.text(), "action_bar.which_school")
    qtbot.keyClick(bar.site, Qt.Key.Key_Return)
    qtbot.keyClicks(bar.site, "r3c2")
    assert "School r3c2" in bar.fitting.text() and not bar.record_button.isEnabled()
    for _ in range(2):  # twice at a time is a slip
        qtbot.keyClick(bar.site, Qt.Key.Key_Return)
    assert bar.site.text() == "School r3c2" and session.store.entries() == []
    qtbot.keyClick(bar.site, Qt.Key.Key_Escape)
    assert bar.isHidden() and session.store.entries() == [] and window.map.hasFocus()
    assert says(window.desk.notices.text.text(), "action_not_recorded", action="lockdown")


def test_enter_and_esc_act_on_the_open_bar_wherever_the_focus_is(
    window: MainWindow, session: Session, board: ResponseActionsBoard, qtbot: QtBot
) -> None:
    bar, keyboard = window.response_bar, window.windowHandle()
    left = Qt.MouseButton.LeftButton
    assert keyboard is not None
    qtbot.waitUntil(window.isActiveWindow)
    table = window.tabs.currentWidget()
    for place in (window.map, table):
        window.desk.bridge.select(site="r1c3")
        qtbot.mouseClick(board.buttons["lockdown"], left)
        assert "NOT RECORDED YET" in bar.warning.text()
        place.setFocus()
        QTest.keyClick(keyboard, Qt.Key.Key_Escape)
        assert bar.isHidden() and session.store.entries() == [], place
    window.desk.bridge.select(site="r1c3")
    qtbot.mouseClick(board.buttons["lockdown"], left)
    qtbot.waitUntil(lambda: bar.could_be_read)
    for field in (window.search, window.left.sections["console"].new.site):
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Escape):  # meant for what is typed there
            field.setFocus()
            QTest.keyClick(keyboard, key)
            assert bar.isVisible() and session.store.entries() == [], field
    QTest.keyClick(keyboard, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    table.setFocus()
    qtbot.waitUntil(lambda: bar.could_be_read)
    QTest.keyClick(keyboard, Qt.Key.Key_Return)
    (running,) = list_active_actions(session)
    assert running.site == "r1c3" and bar.isHidden()
    assert not [one for one in window.findChildren(QDialog) if one.isVisible()]


def test_drill_and_lockdown_differ_in_key_word_and_look(
    window: MainWindow, board: ResponseActionsBoard
) -> None:
    drill, real = window.desk.actions["log_drill"], window.desk.actions["begin_lockdown"]
    assert "Practice" in drill.text() and "Real" in real.text()
    assert drill.shortcut() and real.shortcut() and drill.shortcut() != real.shortcut()
    lockdown, hold = board.buttons["lockdown"], board.buttons["hold"]
    assert lockdown.height() > 1.5 * hold.height() and lockdown.width() > 1.5 * hold.width()
    red = lockdown.grab().toImage().pixelColor(lockdown.width() // 4, lockdown.height() // 2)
    assert red.red() > 2 * red.green() and red.red() > 2 * red.blue()


def test_the_banner_in_every_workspace_shows_units_sent_and_steps_left(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    banner = band(window)
    assert banner.isHidden()
    record_action(window, qtbot, "lockdown", "r1c1")
    for name in ("plan", "coverage", "log"):
        window.show_workspace(name)
        assert banner.isVisible()
    assert all(fact in banner.title.text() for fact in ("Lockdown", "School r1c1", "08:00"))
    assert banner.clock.text() == "0:00"
    assert says(banner.text.text(), "no_unit_sent")
    assert (banner.height(), banner.width()) == (57, window.width()), "three lines have room"
    (call,) = list_incidents(session)
    log_stamp(session, {"incident": call.uid, "unit": "A", "name": "dispatched"})
    assert says(banner.text.text(), "units_sent", units="A")
    assert says(banner.text.text(), "remaining_coverage")
    assert says(banner.text.text(), "remaining_coverage.zones", zones="A")


def test_the_banner_shows_its_whole_text_in_a_narrow_window(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    for site in ("r1c1", "r1c2", "r1c3"):
        log_record(session, "action", {"site": site, "action": "lockdown"})
    shown = band(window)
    for width in (1024, 1280):
        window.resize(width, 700)
        qtbot.wait(1)
        for label in (shown.title, shown.text):
            needed = label.heightForWidth(label.width()) if label.wordWrap() else 0
            wide = label.fontMetrics().horizontalAdvance(label.text())
            assert label.height() >= needed and (needed or label.width() >= wide), label.text()
        others = {"School r1c1", "School r1c2", "School r1c3"} - {shown.rows[0].place}
        assert all(other in shown.text.text() for other in others) and shown.height() >= 44
        assert shown.end_button.visibleRegion().boundingRect().size() == shown.end_button.size()


def test_the_map_does_not_move_while_units_are_sent_to_a_lockdown(
    tmp_path: Path, open_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    """The banner grew with the first unit, and the target of a click moved by 13 pixels."""
    session = create_project(tmp_path / "district.gpkg")
    add_first_plan(session)
    window = open_window(session, tables=False)
    window.resize(1280, 720)
    window.activateWindow()
    window.show_workspace("log")
    school = next(site.id for site in session.project.patrolled if "Edison" in site.name)
    record_action(window, qtbot, "lockdown", school)

    def find_top() -> tuple[int, int]:
        QApplication.processEvents()
        return window.map.mapTo(window, QPoint(0, 0)).y(), band(window).height()

    before = find_top()
    for cell in window.stage.boards["units"].cells[:3]:
        qtbot.mouseClick(cell, Qt.MouseButton.LeftButton)
        window.desk.pending.write_now()
        assert cell.row.unit in band(window).text.text()
        assert find_top() == before, cell.row.unit
    text = band(window).text
    assert text.fontMetrics().horizontalAdvance(text.text()) > 2 * text.width(), "three lines"
    session.close()


def test_the_map_marks_the_school_until_the_action_ends(
    window: MainWindow, session: Session, board: ResponseActionsBoard, qtbot: QtBot
) -> None:
    marks = window.map.map._actions
    for name in ("secure", "lockdown"):
        record_action(window, qtbot, name, "r1c1")
    assert marks.items["r1c1"].text == "LOCKDOWN · SECURE" or (
        marks.items["r1c1"].text == "SECURE · LOCKDOWN"
    )
    for uid in list(board.cards):
        end_action(window, uid)
    assert window.map.map._actions.items == {} and band(window).isHidden()
    assert all(one.ended_at for one in list_response_actions(session))


def test_voiding_a_mistaken_action_asks_first_and_stays_in_the_log(
    window: MainWindow, session: Session, board: ResponseActionsBoard, qtbot: QtBot
) -> None:
    record_action(window, qtbot, "hold", "r1c1")
    (card,) = board.cards.values()
    card.back.click()
    (dialog,) = [one for one in window.findChildren(VoidEntryDialog) if one.isVisible()]
    assert len(board.cards) == 1 and not dialog.ok.isEnabled()
    dialog.reason.setCurrentText("Did not happen")
    dialog.confirmed.setChecked(True)
    dialog.accept()
    assert list_response_actions(session) == () and board.cards == {}
    kinds = [one.kind for one in session.store.entries()]
    assert kinds == ["action", "void"]


def test_ending_an_action_asks_for_the_all_clear_by_keys(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    record_action(window, qtbot, "lockdown", "r1c2")
    window.desk.bridge.select()
    banner = band(window)
    window.show_workspace("plan")
    banner.show_button.click()
    assert (window.workspace, window.desk.bridge.selection.site) == ("log", "r1c2")
    banner.end_button.click()
    (dialog,) = [one for one in window.findChildren(AllClearDialog) if one.isVisible()]
    dialog.accept()
    assert (
        says(dialog.refused.text(), "field_empty.all_clear_by")
        and len(list_active_actions(session)) == 1
    )
    qtbot.keyClicks(dialog.role, "Incident commander")
    qtbot.keyClick(dialog.role, Qt.Key.Key_Tab)
    qtbot.keyClicks(dialog.agency, "heriff")
    offered = dialog.agency.completer()
    assert offered is not None and offered.currentCompletion() == "Sheriff"
    popup = offered.popup()
    assert popup is not None and popup.isVisible()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Return):
        qtbot.keyClick(popup, key)
    qtbot.keyClick(dialog.agency, Qt.Key.Key_Return)
    (over,) = list_response_actions(session)
    assert (over.all_clear_by, over.all_clear_agency) == ("Incident commander", "Sheriff")
    assert over.ended_at == session.clock()
    assert banner.isHidden() and list_active_actions(session) == ()


def test_after_the_all_clear_one_click_asks_for_the_calls_outcome(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    record_action(window, qtbot, "lockdown", "r1c2")
    end_action(window, list_active_actions(session)[0].uid)
    notices = window.desk.notices
    assert says(notices.text.text(), "call_of_action_open")
    qtbot.mouseClick(notices.offer, Qt.MouseButton.LeftButton)
    console = window.left.sections["console"]
    (card,) = console.cards.values()
    assert card.asks_ending and card.details.ending.hasFocus()
    keys(qtbot, "false alarm\n\n")
    assert console.cards == {} and not list_incidents(session)[0].is_open


def type_keys(dialog: QDialog, *keys: str | Qt.Key) -> None:
    """Press keys as the platform sends them: an open completion list gets them first."""
    for key in [one for text in keys for one in (text if isinstance(text, str) else [text])]:
        QTest.keyClick(dialog.windowHandle(), key)  # type: ignore[call-overload]  # a QWindow


@pytest.mark.parametrize(("agency", "is_offered"), [("Sheriff", True), ("State Police", False)])
def test_enter_after_a_typed_agency_confirms_even_with_completions_open(
    window: MainWindow, session: Session, agency: str, is_offered: bool, qtbot: QtBot
) -> None:
    record_action(window, qtbot, "lockdown", "r1c2")
    band(window).end_button.click()
    (dialog,) = [one for one in window.findChildren(AllClearDialog) if one.isVisible()]
    type_keys(dialog, "Principal", Qt.Key.Key_Tab, agency)
    assert dialog.agency.completer().popup().isVisible() == is_offered
    assert len(list_active_actions(session)) == 1
    type_keys(dialog, Qt.Key.Key_Return)
    (over,) = list_response_actions(session)
    assert (over.all_clear_by, over.all_clear_agency) == ("Principal", agency)
    assert over.ended_at is not None


def test_the_banner_omits_units_at_another_call_at_the_school(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    fight = log_record(session, "incident", {"site": "r1c1", "type": "fight"}).uid
    log_stamp(session, {"incident": fight, "unit": "A", "name": "dispatched"})
    record_action(window, qtbot, "lockdown", "r1c1")
    assert says(band(window).text.text(), "no_unit_sent")


def test_the_banner_shows_an_open_lockdown_before_a_later_hold(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    record_action(window, qtbot, "lockdown", "r1c1")
    later = session.clock() + timedelta(minutes=5)
    session.clock = lambda: later
    record_action(window, qtbot, "hold", "r1c2")
    assert "School r1c1" in band(window).title.text()
    assert "Hold at School r1c2" in band(window).text.text()


def test_the_lockdown_button_is_visible_at_720_pixels_with_a_long_queue(
    window: MainWindow, session: Session, board: ResponseActionsBoard
) -> None:
    window.resize(1280, 720)
    for at in range(3):
        given = {"site": f"r1c{at + 1}", "type": "fight", "uid": f"i{at}"}
        log_record(session, "incident", given)
    window.left.sections["console"].focus_board()
    QApplication.processEvents()
    assert window.sections.verticalScrollBar().maximum() > 0  # there is more than fits
    for button in board.buttons.values():
        assert button.visibleRegion().boundingRect() == button.rect(), button.text()
    window.show_workspace("plan")
    assert not board.buttons["lockdown"].isVisible()


def test_a_lockdown_does_not_take_over_the_school_of_a_logged_call(
    window: MainWindow, session: Session, board: ResponseActionsBoard, qtbot: QtBot
) -> None:
    bar, field = window.response_bar, window.left.sections["console"].new.site
    window.desk.actions["new_incident"].trigger()
    for text in ("r1c3", "fight"):
        qtbot.keyClicks(QApplication.focusWidget(), text)
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert not field.text() and window.desk.bridge.selection.site == "r1c3"
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_1)
    window.desk.actions["begin_lockdown"].trigger()
    assert bar.site.hasFocus() and not bar.site.key and not bar.record_button.isEnabled()
    bar.leave()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_4)  # it closes; the queue is empty
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    window.desk.actions["begin_lockdown"].trigger()
    assert not bar.site.key
    bar.leave()
    window.map.click(QPoint(), "r1c3")
    window.desk.actions["begin_lockdown"].trigger()
    assert bar.site.key == "r1c3"


def test_a_second_lockdown_asks_for_its_school(
    window: MainWindow, board: ResponseActionsBoard, qtbot: QtBot
) -> None:
    record_action(window, qtbot, "lockdown", "r1c1")
    assert window.desk.bridge.selection.site == "r1c1"
    window.desk.actions["begin_lockdown"].trigger()
    assert not window.response_bar.site.key


def test_a_call_chosen_by_an_arrow_offers_its_school(
    window: MainWindow, session: Session, board: ResponseActionsBoard, qtbot: QtBot
) -> None:
    for at in (1, 2):
        given = {"site": f"r1c{at}", "type": "fight", "uid": f"i{at}"}
        log_record(session, "incident", given)
    console = window.left.sections["console"]
    console.focus_board()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)
    chosen = console.cards[console.highlighted].summary.incident.site
    window.desk.actions["begin_lockdown"].trigger()
    assert window.response_bar.site.key == chosen


@pytest.mark.parametrize("asked", ["show_button", "text"])
def test_the_banner_opens_its_actions_times_without_taking_the_digits(
    window: MainWindow, session: Session, board: ResponseActionsBoard, qtbot: QtBot, asked: str
) -> None:
    window.resize(1280, 720)
    for at in range(3):
        given = {"site": f"r1c{at + 1}", "type": "fight", "uid": f"i{at}"}
        log_record(session, "incident", given)
    record_action(window, qtbot, "lockdown", "r2c1")
    console = window.left.sections["console"]
    console.cards["i1"].take_focus()
    (card,) = board.cards.values()
    before = console.target.text()
    assert " at once" in before and not card.times.visibleRegion().contains(card.times.rect())
    qtbot.mouseClick(getattr(band(window), asked), Qt.MouseButton.LeftButton)
    told = card.times.buttons.values()
    qtbot.waitUntil(lambda: all(one.visibleRegion().boundingRect() == one.rect() for one in told))
    assert (console.highlighted, console.target.text()) == ("i1", before)
    assert console.cards["i1"].hasFocus()
    window.show_workspace("plan")
    qtbot.mouseClick(getattr(band(window), asked), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: all(one.visibleRegion().boundingRect() == one.rect() for one in told))
