"""A dispatcher's hour without a mouse: every entry, its school, and its number of keys."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from zoneplanner.app.log.logbook import list_incidents, list_response_actions, list_visits
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.journal import Incident
from zoneplanner.ui.log.response_actions.response_action_forms import AllClearDialog
from zoneplanner.ui.log.visit_form import VisitDialog
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.services.notices import PENDING_WAIT_S

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
FIRST, SECOND, LOCKED, VISITED = (
    *("Del Campo High", "Mesa Verde High"),
    *("Cottage Elementary", "San Juan High"),
)


class Hands:
    """Presses keys in the focused widget and counts all but those of a school's name."""

    def __init__(self, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self.count = 0

    def press(
        self, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        """Press one key."""
        self._qtbot.keyClick(find_focus(), key, held)
        self.count += 1

    def write(self, text: str) -> None:
        """Type text; a line break is Enter."""
        for sign in text:
            self.press(Qt.Key.Key_Return) if sign == "\n" else self._one(sign)

    def name(self, text: str) -> None:
        """Type a school's name."""
        self._qtbot.keyClicks(find_focus(), text)

    def wait_for(self, form: type[QWidget]) -> None:
        """Wait until a form has the focus."""
        self._qtbot.waitUntil(lambda: is_inside(find_focus(), form))

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until a condition holds."""
        self._qtbot.waitUntil(ready)

    def take_count(self) -> int:
        """Return the number of keys pressed since the last call."""
        count, self.count = self.count, 0
        return count

    def _one(self, sign: str) -> None:
        self._qtbot.keyClicks(find_focus(), sign)
        self.count += 1


def test_calls_a_lockdown_a_visit_and_a_correction_with_keys_only(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.map.setFocus()
    hands, session = Hands(qtbot), window.desk.session
    plan = session.plan
    log_two_calls(hands, session)
    log_lockdown_with_two_units(window, hands, session)
    log_visit(window, hands, session)
    correct_visit(window, hands, session)
    assert {find_name(session, one.site) for one in list_incidents(session)} == {
        FIRST,
        SECOND,
        LOCKED,
    }
    assert session.store.verify().ok and session.plan is plan


def log_two_calls(hands: Hands, session: Session) -> None:
    """Log a call with six keys besides the school's name; digits stamp it."""
    hands.write("j")
    hands.name("del camp")
    hands.write("\nf 1\n")
    assert hands.take_count() == 6
    (first,) = list_incidents(session)
    assert (find_name(session, first.site), first.type, first.priority) == (FIRST, "Fight", 1)
    hands.write("13")
    assert hands.take_count() == 2
    hands.write("j")
    hands.name("mesa v")
    hands.write("\na 4\n")
    assert hands.take_count() == 6
    second = find_call(session, SECOND)
    assert (second.type, second.priority, second.by_unit) == ("Alarm", 4, ())
    assert [bool(one.onscene_at) for one in find_call(session, FIRST).by_unit] == [True]


def log_lockdown_with_two_units(window: MainWindow, hands: Hands, session: Session) -> None:
    """Type the school, record the lockdown with Enter, and send two units with a digit each."""
    hands.press(Qt.Key.Key_L, CTRL | ALT)
    assert window.response_bar.site.text() == "", "the last call's school was not selected"
    hands.name("cottage")
    hands.write("\n")
    assert window.response_bar.site.text() == LOCKED and list_response_actions(session) == ()
    hands.wait_until(lambda: window.response_bar.could_be_read)
    hands.write("\n1")
    hands.press(Qt.Key.Key_Right)
    hands.write("1")
    assert hands.take_count() == 6
    (action,) = list_response_actions(session)
    call = find_call(session, LOCKED)
    assert (find_name(session, action.site), action.incident) == (LOCKED, call.uid)
    assert len(call.by_unit) == 2 and all(one.dispatched_at for one in call.by_unit)
    busy = {one.unit for one in find_call(session, FIRST).by_unit}
    assert busy.isdisjoint(one.unit for one in call.by_unit)
    assert next(iter(window.left.sections["console"].cards)) == call.uid
    hands.press(Qt.Key.Key_E, CTRL | ALT)
    hands.wait_for(AllClearDialog)
    hands.name("Incident commander")
    hands.press(Qt.Key.Key_Tab)
    hands.name("Sheriff")
    hands.press(Qt.Key.Key_Return)  # its whole name is shown before it is recorded
    assert list_response_actions(session)[0].ended_at is None
    hands.press(Qt.Key.Key_Return)
    assert list_response_actions(session)[0].all_clear_by == "Incident commander"
    assert window.left.sections["console"].cards[call.uid].hasFocus()
    hands.take_count()


def log_visit(window: MainWindow, hands: Hands, session: Session) -> None:
    """Prepare a visit with three keys besides the school's name; the bar logs it by itself."""
    hands.press(Qt.Key.Key_K, CTRL)
    hands.name("san juan hi")
    hands.write("\nk")
    assert hands.take_count() == 3 and list_visits(session) == ()
    for _ in range(PENDING_WAIT_S):
        window.desk.pending.timer.timeout.emit()
    (visit,) = list_visits(session)
    assert find_name(session, visit.site) == VISITED


def correct_visit(window: MainWindow, hands: Hands, session: Session) -> None:
    """Open a visit from the table with Enter; only the edited field changes."""
    (before,) = list_visits(session)
    hands.press(Qt.Key.Key_K, CTRL)
    hands.name("entries of the log")
    hands.write("\n")
    assert window.tabs.currentWidget() is window.tabs.panels["entries"]
    hands.press(Qt.Key.Key_Home)
    hands.write("\n")
    hands.wait_for(VisitDialog)
    hands.press(Qt.Key.Key_P, ALT)
    hands.name("t")
    hands.press(Qt.Key.Key_Return)
    (after,) = list_visits(session)
    assert (after.uid, after.site, after.unit) == (before.uid, before.site, before.unit)
    assert (before.purpose, after.purpose) == ("", "teaching")


def find_call(session: Session, school: str) -> Incident:
    """Return the only call at a school."""
    (found,) = [one for one in list_incidents(session) if find_name(session, one.site) == school]
    return found


def find_name(session: Session, site: str | None) -> str:
    return session.project.sites[site].name if site else ""


def is_inside(widget: QWidget | None, form: type[QWidget]) -> bool:
    """Whether a widget is in a form."""
    while widget is not None and not isinstance(widget, form):
        widget = widget.parentWidget()
    return widget is not None


def find_focus() -> QWidget:
    found = QApplication.focusWidget()
    assert found is not None
    return found
