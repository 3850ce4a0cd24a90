"""A form has the focus from the moment it opens; the window has it after closing."""

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from sentences import says
from shiboken6 import isValid

from zoneplanner.app.log.logbook import list_response_actions, list_visits, log_record
from zoneplanner.app.log.response_actions import begin_response_action
from zoneplanner.app.session.session import Session
from zoneplanner.messages import Message, say_all
from zoneplanner.ui.data.projects.backups import BackupsDialog
from zoneplanner.ui.help.handbook_window import HandbookWindow
from zoneplanner.ui.log.record_history import RecordHistoryDialog
from zoneplanner.ui.log.response_actions.response_action_forms import AllClearDialog
from zoneplanner.ui.log.visit_form import VisitDialog
from zoneplanner.ui.readiness.drill_form import DrillDialog
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.form_sheet import find_sheet
from zoneplanner.ui.widgets.services import notices
from zoneplanner.ui.widgets.services.notices import PUT_BACK

CTRL, ALT, SHIFT, PLAIN = (
    *(Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier),
    *(Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier),
)
_KEYS = {"\n": Qt.Key.Key_Return, "\t": Qt.Key.Key_Tab, "\x1b": Qt.Key.Key_Escape}


class Desktop:
    """Sends keys to the focused window, as a desktop does before it shows a new one."""

    def __init__(self, window: MainWindow) -> None:
        handle = window.windowHandle()
        assert handle is not None
        self.native: QWindow = handle

    def hit(self, key: Qt.Key, held: Qt.KeyboardModifier = PLAIN) -> None:
        QTest.keyClick(self.native, key, held)

    def type(self, text: str) -> None:
        for sign in text:
            self.hit(_KEYS.get(sign) or Qt.Key(ord(sign.upper())))

    def click(self, widget: QWidget) -> None:
        """Click the place of a widget; whatever covers it gets the click."""
        at = widget.mapTo(widget.window(), widget.rect().center())
        QTest.mouseClick(self.native, Qt.MouseButton.LeftButton, PLAIN, at)

    def hold(self, key: Qt.Key, held: Qt.KeyboardModifier = PLAIN) -> None:
        """Hold a key for three repeats, with any modifiers released after the first."""
        QTest.keyPress(self.native, key, held)
        for _ in range(3):
            for kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
                again = QKeyEvent(kind, key, PLAIN, chr(key).casefold(), autorep=True)
                QCoreApplication.sendEvent(self.native, again)
        QTest.keyRelease(self.native, key)


def read_focused_text() -> str:
    """Return the text of the focused field."""
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit | QComboBox)
    text = field.currentText() if isinstance(field, QComboBox) else field.text()
    return text.casefold()


@pytest.fixture
def desktop(window: MainWindow, qtbot: QtBot) -> Desktop:
    """The window in the Log workspace with the focus on its map."""
    window.show_workspace("log")
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.map.setFocus()
    return Desktop(window)


def form(window: MainWindow) -> FormDialog:
    (found,) = [one for one in window.findChildren(FormDialog) if one.isVisible()]
    return found


def test_letters_right_after_a_forms_shortcut_are_typed_into_its_field(
    window: MainWindow, session: Session, desktop: Desktop
) -> None:
    before = window.map.toolbox.tool, session.project
    desktop.hit(Qt.Key.Key_L, CTRL)
    desktop.type("r1c2")
    shown = form(window)
    assert isinstance(shown, VisitDialog) and shown.site.currentText().casefold() == "r1c2"
    desktop.type("\n")
    assert shown.site.currentText() == "School r1c2" and list_visits(session) == ()
    desktop.type("\n")
    assert [one.site for one in list_visits(session)] == ["r1c2"]
    assert (window.map.toolbox.tool, session.project) == before
    assert window.map.hasFocus() and find_sheet(window) is None
    desktop.type("j")  # the next key is the window's
    assert window.left.sections["console"].new.site.hasFocus()


def test_holding_a_forms_shortcut_types_nothing_into_it(
    window: MainWindow, desktop: Desktop
) -> None:
    for key, held in (
        *((Qt.Key.Key_L, CTRL), (Qt.Key.Key_J, PLAIN), (Qt.Key.Key_I, CTRL)),
        (Qt.Key.Key_R, CTRL | SHIFT),
    ):
        desktop.hold(key, held)
        desktop.type("r1c1")
        assert read_focused_text() == "r1c1"
        desktop.type("\x1b\x1b")  # the list, then the form
    window.search.setFocus()
    desktop.hold(Qt.Key.Key_B)
    assert read_focused_text() == "bbbb"  # what is typed into a field repeats


def test_underlined_letters_of_log_forms_are_not_window_shortcuts(
    window: MainWindow, desktop: Desktop
) -> None:
    taken = {
        keys.toString()
        for name in window.desk.actions.specs
        for keys in window.desk.actions[name].shortcuts()
    }
    for key, held in ((Qt.Key.Key_R, CTRL | SHIFT), (Qt.Key.Key_L, CTRL), (Qt.Key.Key_I, CTRL)):
        desktop.hit(key, held)
        shown = form(window)
        named = [one.text() for one in shown.findChildren(QLabel) if one.buddy() is not None]
        letters = {QKeySequence.mnemonic(text).toString() for text in named} - {""}
        assert len(letters) > 4 and not letters & taken
        if isinstance(shown, DrillDialog):
            desktop.hit(Qt.Key.Key_H, ALT)
            desktop.hit(Qt.Key.Key_I, ALT)
            assert shown.minutes.hasFocus()
        desktop.type("\x1b")


def test_keys_in_a_form_do_not_act_on_the_window_below(
    window: MainWindow, session: Session, desktop: Desktop
) -> None:
    log_record(session, "incident", {"uid": "i1", "site": "r1c1", "type": "fight"})
    entries, project = session.store.head().entries, session.project
    window.desk.notices.hide()
    desktop.hit(Qt.Key.Key_L, CTRL)
    shown = form(window)
    assert isinstance(shown, VisitDialog)
    shown.unit.setFocus()
    desktop.type("b")  # a choice box takes a letter as the beginning of a choice
    assert shown.unit.currentData() == "B"
    shown.ahead.setFocus()
    desktop.type("jk1zb")
    for key, held in (
        *((Qt.Key.Key_K, CTRL), (Qt.Key.Key_Z, CTRL), (Qt.Key.Key_2, ALT), (Qt.Key.Key_L, CTRL)),
        *((Qt.Key.Key_R, CTRL | SHIFT), (Qt.Key.Key_F1, PLAIN)),
    ):
        desktop.hit(key, held)
    assert form(window) is shown and shown.ahead.hasFocus() and not shown.ahead.isChecked()
    assert session.store.head().entries == entries and session.project is project
    assert window.workspace == "log" and window.response_bar.isHidden()
    assert window.map.toolbox.tool == "select" and not window.desk.notices.isVisible()
    beside = window.mapFromGlobal(window.map.mapToGlobal(QPoint(4, 4)))
    QTest.mouseClick(desktop.native, Qt.MouseButton.LeftButton, PLAIN, beside)
    assert form(window) is shown and shown.ahead.hasFocus()
    desktop.hit(Qt.Key.Key_P, ALT)
    assert shown.purpose.hasFocus()


def test_tab_stays_in_a_form_and_enter_presses_only_the_focused_button(
    window: MainWindow, session: Session, desktop: Desktop
) -> None:
    desktop.hit(Qt.Key.Key_L, CTRL)
    shown, seen = form(window), set()
    assert isinstance(shown, VisitDialog)
    desktop.type("r1c1\n")
    for _ in range(30):
        desktop.type("\t")
        assert shown.isAncestorOf(QApplication.focusWidget())
        seen.add(QApplication.focusWidget())
    cancel = next(one for one in shown.findChildren(QPushButton) if one.text() == "Cancel")
    assert {shown.site, shown.unit, shown.ok, cancel} <= seen
    cancel.setFocus()
    shown.purpose.setFocus()
    assert shown.ok.isDefault()
    cancel.setFocus()
    desktop.type("\n")
    assert list_visits(session) == () and find_sheet(window) is None


def test_only_the_button_that_enter_presses_is_filled(window: MainWindow, desktop: Desktop) -> None:
    """With the focus on Cancel, both buttons were filled."""
    desktop.hit(Qt.Key.Key_L, CTRL)
    shown = form(window)
    assert isinstance(shown, VisitDialog)
    desktop.type("r1c1\n")

    def list_filled_buttons() -> list[str]:
        return [one.text() for one in shown.findChildren(QPushButton) if one.isDefault()]

    cancel = next(one for one in shown.findChildren(QPushButton) if one.text() == "Cancel")
    while not cancel.hasFocus():
        desktop.type("\t")
        ours = cancel if cancel.hasFocus() else shown.ok
        assert list_filled_buttons() == [ours.text()]
    desktop.hit(Qt.Key.Key_Escape)
    assert find_sheet(window) is None
    desktop.hit(Qt.Key.Key_J, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert form(window) is shown and list_filled_buttons() == ["Cancel"]
    desktop.type("\t")
    assert not cancel.hasFocus() and list_filled_buttons() == [shown.ok.text()]


def test_focus_requested_below_a_form_is_given_once_it_closes(
    window: MainWindow, session: Session, desktop: Desktop
) -> None:
    desktop.hit(Qt.Key.Key_L, CTRL)
    shown = form(window)
    window.search.setFocus()
    desktop.type("r1")
    assert shown.isAncestorOf(QApplication.focusWidget()) and window.search.text() == ""
    assert isinstance(shown, VisitDialog) and shown.site.currentText().casefold() == "r1"
    desktop.type("\x1b\x1b")
    assert window.search.hasFocus()
    window.desk.notices.offer.click()  # what was left is put back
    assert form(window) is shown and find_sheet(window) is not None
    desktop.type("c2")
    assert shown.site.currentText().casefold() == "r1c2"
    desktop.type("\x1b\x1b")
    window.desk.notices.show_notice("News of another desk takes the place of the offer.")
    desktop.hit(Qt.Key.Key_J, CTRL | SHIFT)
    assert form(window) is shown and shown.site.currentText().casefold() == "r1c2"
    assert window.desk.notices.put_back() is False, "it would come back twice"


def set_keep_time(monkeypatch: pytest.MonkeyPatch, kept_ms: int) -> None:
    """Set how long a form left open is kept."""
    monkeypatch.setattr(notices, "_RESTORABLE_MS", kept_ms)


def test_leaving_a_form_again_restarts_the_time_it_is_kept(
    window: MainWindow, desktop: Desktop, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    desktop.hit(Qt.Key.Key_L, CTRL)
    shown = form(window)
    assert isinstance(shown, VisitDialog)
    desktop.type("r1c2")
    set_keep_time(monkeypatch, 500)
    desktop.type("\x1b\x1b")
    desktop.hit(Qt.Key.Key_J, CTRL | SHIFT)
    assert form(window) is shown
    set_keep_time(monkeypatch, 60_000)
    desktop.type("\x1b\x1b")
    qtbot.wait(600)
    assert isValid(shown), "what was typed is lost a minute after it was left first"
    desktop.hit(Qt.Key.Key_J, CTRL | SHIFT)
    assert form(window) is shown and shown.site.currentText().casefold() == "r1c2"
    set_keep_time(monkeypatch, 0)
    desktop.type("\x1b\x1b")
    qtbot.waitUntil(lambda: not isValid(shown))
    assert not window.desk.notices.isVisible(), "what is gone is still offered"


def test_a_lockdown_bar_does_not_offer_a_discarded_or_reopened_form(
    window: MainWindow,
    session: Session,
    desktop: Desktop,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = window.desk.notices
    window.desk.bridge.select(site="r1c2")
    begun = Message("logged.action_begun", action="Lockdown", site="School r1c2")
    canceled = Message("action_not_recorded", action="lockdown")
    for said in (canceled, begun):
        set_keep_time(monkeypatch, 0)
        desktop.hit(Qt.Key.Key_L, CTRL)
        desktop.type("r1c2")
        gone = form(window)
        desktop.hit(Qt.Key.Key_L, CTRL | ALT)
        qtbot.waitUntil(lambda gone=gone: not isValid(gone))
        qtbot.waitUntil(lambda: window.response_bar.could_be_read)
        desktop.type("\x1b" if said is canceled else "\n")
        assert window.response_bar.isHidden() and not told.offer.isVisible()
        assert told.text.text() == str(said)
    set_keep_time(monkeypatch, 60_000)
    desktop.hit(Qt.Key.Key_L, CTRL)
    desktop.type("r1c3")
    left = form(window)
    desktop.hit(Qt.Key.Key_L, CTRL | ALT)
    told.show_notice("News of another desk.")
    window.response_bar.close_bar()
    desktop.hit(Qt.Key.Key_L, CTRL | ALT)
    desktop.type("\x1b")
    assert not told.offer.isVisible(), "a form that made way for another bar is offered"
    desktop.hit(Qt.Key.Key_J, CTRL | SHIFT)
    assert form(window) is left
    desktop.hit(Qt.Key.Key_L, CTRL | ALT)
    told.show_notice("News of another desk.")
    qtbot.waitUntil(lambda: window.response_bar.could_be_read)
    desktop.type("\n")
    begun = Message("logged.action_begun", action="Lockdown", site="School r1c3")
    assert told.text.text() == say_all([begun, Message("form_not_logged")])
    told.offer.click()
    assert form(window) is left


def test_a_form_restored_after_a_lockdown_and_saved_is_not_offered_again(
    window: MainWindow, session: Session, desktop: Desktop, qtbot: QtBot
) -> None:
    assert session.plan is not None
    window.desk.ask("plan.plans.plan_dialogs:PlanNoteDialog", session.plan, parent=window)
    shown, told = form(window), window.desk.notices
    desktop.type("north first")
    desktop.hit(Qt.Key.Key_L, CTRL | ALT)
    desktop.type("\x1b")
    told.offer.click()
    assert form(window) is shown
    shown.ok.setFocus()
    desktop.type("\n")
    qtbot.waitUntil(lambda: not isValid(shown))
    assert session.plan.note.casefold() == "north first"
    window.show_workspace("plan")
    desktop.hit(Qt.Key.Key_J, CTRL | SHIFT)
    assert says(told.text.text(), "nothing_set_aside")
    assert window.workspace == "plan", "another workspace came for nothing"


def test_the_last_of_two_forms_has_the_focus_and_the_lockdown_bar_waits(
    window: MainWindow, session: Session, desktop: Desktop
) -> None:
    action = begin_response_action(session, "r1c1", "hold")[0].uid
    desktop.hit(Qt.Key.Key_L, CTRL | ALT)
    assert window.response_bar.isVisible()
    window.log_actions.end(action)
    first = form(window)
    window.desk.ask("log.visit_form:VisitDialog", "r1c2", parent=window)
    second = next(one for one in window.findChildren(VisitDialog) if one.isVisible())
    second.ahead.setFocus()
    desktop.type("\n")
    (visit,) = list_visits(session)
    assert visit.site == "r1c2" and form(window) is first
    assert isinstance(first, AllClearDialog) and first.isAncestorOf(QApplication.focusWidget())
    desktop.type("\x1b")
    assert window.response_bar.isVisible() and find_sheet(window) is None
    desktop.type("\x1b")
    assert window.response_bar.isHidden()


def test_a_form_fits_a_small_window_and_resizes_with_it(
    window: MainWindow, desktop: Desktop
) -> None:
    window.resize(1024, 700)
    desktop.hit(Qt.Key.Key_L, CTRL)
    shown, sheet = form(window), find_sheet(window)
    assert sheet is not None
    for width, height in ((1024, 700), (960, 600), (1280, 720)):
        window.resize(width, height)
        QApplication.processEvents()
        place = sheet.mapFromGlobal(shown.mapToGlobal(QPoint(0, 0)))
        assert sheet.rect().contains(shown.rect().translated(place))
        assert shown.ok.visibleRegion().boundingRect().size() == shown.ok.size()


def test_a_double_click_presses_nothing_in_the_form_it_opens_or_the_window_below(
    window: MainWindow, session: Session, desktop: Desktop, qtbot: QtBot
) -> None:
    window.desk.bridge.select(site="r1c1")
    desktop.hit(Qt.Key.Key_L, CTRL)
    shown = form(window)
    desktop.click(shown.ok)
    assert shown.isVisible(), "a click right after the form came was none in it"
    qtbot.wait(QApplication.styleHints().mouseDoubleClickInterval() + 100)
    at = shown.ok.mapTo(window, shown.ok.rect().center())
    selected = window.desk.bridge.selection
    desktop.click(shown.ok)
    assert len(list_visits(session)) == 1 and find_sheet(window) is None
    chosen = window.desk.bridge.selection
    QTest.mouseClick(desktop.native, Qt.MouseButton.LeftButton, PLAIN, at)
    assert window.desk.bridge.selection == chosen == selected and window.map.hasFocus()
    assert len(list_visits(session)) == 1
    desktop.type("j")
    assert window.left.sections["console"].new.site.hasFocus()


def test_a_lockdown_does_not_wait_for_a_form_and_its_text_can_be_restored(
    window: MainWindow, session: Session, desktop: Desktop, qtbot: QtBot
) -> None:
    window.desk.bridge.select(site="r1c2")
    desktop.type("p")  # the call sheet makes way too
    desktop.hit(Qt.Key.Key_L, CTRL | ALT)
    assert window.response_bar.isVisible() and find_sheet(window) is None
    desktop.type("\x1b")
    desktop.hit(Qt.Key.Key_L, CTRL)
    shown = form(window)
    assert isinstance(shown, VisitDialog)
    shown.note.field.setFocus()  # type: ignore[union-attr]
    typed = "a note of more than forty letters in all of it"
    desktop.type(typed)
    bar, notices = window.response_bar, window.desk.notices
    for recorded in (False, True):  # a false alarm, then one with the form put back
        desktop.hit(Qt.Key.Key_L, CTRL | ALT)
        assert bar.isVisible() and find_sheet(window) is None
        if not recorded:
            desktop.type("\x1b")
            assert says(notices.text.text(), "action_not_recorded", action="lockdown")
            notices.offer.click()
            assert form(window) is shown and shown.note.text() == typed
    assert bar.isVisible() and find_sheet(window) is None and bar.site.hasFocus()
    qtbot.waitUntil(lambda: bar.could_be_read)
    desktop.type("\n")
    assert [one.site for one in list_response_actions(session)] == ["r1c2"]
    assert list_visits(session) == ()
    assert notices.offer.isVisible() and notices.offer.text() == PUT_BACK


def test_a_lockdown_does_not_wait_for_a_table_window_and_it_can_be_restored(
    window: MainWindow, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    window.desk.bridge.select(site="r1c2")
    visit = log_record(session, "visit", {"site": "r1c1", "unit": "A"})
    bar = window.response_bar
    table = RecordHistoryDialog(window.desk, visit.uid, lambda *_: 0, lambda _: 0, window)
    backups = BackupsDialog([], session.formats, tmp_path, lambda _: None, window)
    handbook = HandbookWindow(window.desk.icons, window)
    for above in (table, backups, handbook):
        above.show() if isinstance(above, HandbookWindow) else above.ask()
        above.activateWindow()
        qtbot.waitUntil(lambda above=above: above.isAncestorOf(QApplication.focusWidget() or above))
        QTest.keyClick(above.windowHandle(), Qt.Key.Key_L, CTRL | ALT)
        assert bar.isVisible() and bar.site.key == "r1c2"
        assert QApplication.activeModalWidget() is None
        qtbot.waitUntil(bar.site.hasFocus)
        if above is table:
            assert table.isHidden() and window.desk.notices.offer.text() == PUT_BACK
            window.desk.notices.offer.click()
            assert table.isVisible() and table.table.rowCount() == 1
            table.reject()
        bar.close_bar()
    handbook.close()


def test_a_lockdown_while_a_call_is_typed_starts_at_its_school(
    window: MainWindow, desktop: Desktop
) -> None:
    window.desk.bridge.select(site="r1c1")
    for typed in ("r1c2", "r1c3\n"):
        desktop.type("j" + typed)
        desktop.hit(Qt.Key.Key_L, CTRL | ALT)
        assert window.response_bar.site.key == typed.strip()
        desktop.type("\x1b\x1b")
    desktop.hit(Qt.Key.Key_L, CTRL)
    desktop.type("r1c4")
    desktop.hit(Qt.Key.Key_L, CTRL | ALT)
    assert window.response_bar.site.key == "r1c4"


def test_a_lockdown_shows_no_part_of_another_workspace(window: MainWindow, qtbot: QtBot) -> None:
    window.show_workspace("coverage")
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QApplication.processEvents()
    shown = {one for one in window.left.findChildren(QWidget) if one.isVisible()}
    Desktop(window).hit(Qt.Key.Key_L, CTRL | ALT)
    QApplication.processEvents()
    assert window.response_bar.isVisible()
    assert {one for one in window.left.findChildren(QWidget) if one.isVisible()} <= shown
