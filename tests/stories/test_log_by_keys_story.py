"""A dispatcher's hour without a mouse on the real schools: each entry, its school, each key."""

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
    """Presses keys wherever the focus is, and counts them; a school's name is not counted."""

    def __init__(self, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self.count = 0

    def press(
        self, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        """Press one key."""
        self._qtbot.keyClick(focused(), key, held)
        self.count += 1

    def write(self, text: str) -> None:
        """Type a text; a line break is Enter."""
        for sign in text:
            self.press(Qt.Key.Key_Return) if sign == "\n" else self._one(sign)

    def name(self, text: str) -> None:
        """Type a school's name."""
        self._qtbot.keyClicks(focused(), text)

    def wait_for(self, form: type[QWidget]) -> None:
        """Wait until a form has the keys."""
        self._qtbot.waitUntil(lambda: find_around(focused(), form))

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until something is so."""
        self._qtbot.waitUntil(ready)

    def pressed(self) -> int:
        """Return how many keys were pressed since this was last asked."""
        count, self.count = self.count, 0
        return count

    def _one(self, sign: str) -> None:
        self._qtbot.keyClicks(focused(), sign)
        self.count += 1


def test_calls_a_lockdown_a_visit_and_a_correction_by_keys_alone(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.map.setFocus()
    hands, session = Hands(qtbot), window.desk.session
    plan = session.plan
    two_calls(hands, session)
    a_lockdown_with_two_units(window, hands, session)
    a_visit(window, hands, session)
    a_correction(window, hands, session)
    assert {name_of(session, one.site) for one in list_incidents(session)} == {
        FIRST,
        SECOND,
        LOCKED,
    }
    assert session.store.verify().ok and session.plan is plan


def two_calls(hands: Hands, session: Session) -> None:
    """Six keys beside the school's name log a call; the digits stamp it at once."""
    hands.write("j")
    hands.name("del camp")
    hands.write("\nf 1\n")
    assert hands.pressed() == 6
    (first,) = list_incidents(session)
    assert (name_of(session, first.site), first.type, first.priority) == (FIRST, "Fight", 1)
    hands.write("13")
    assert hands.pressed() == 2
    hands.write("j")
    hands.name("mesa v")
    hands.write("\na 4\n")
    assert hands.pressed() == 6
    second = call_at(session, SECOND)
    assert (second.type, second.priority, second.by_unit) == ("Alarm", 4, ())
    assert [bool(one.onscene_at) for one in call_at(session, FIRST).by_unit] == [True]


def a_lockdown_with_two_units(window: MainWindow, hands: Hands, session: Session) -> None:
    """The school is typed, Enter records it, and a digit each sends two units to it."""
    hands.press(Qt.Key.Key_L, CTRL | ALT)
    assert window.response_bar.site.text() == "", "the last call's school was not selected"
    hands.name("cottage")
    hands.write("\n")
    assert window.response_bar.site.text() == LOCKED and list_response_actions(session) == ()
    hands.wait_until(lambda: window.response_bar.could_be_read)
    hands.write("\n1")
    hands.press(Qt.Key.Key_Right)
    hands.write("1")
    assert hands.pressed() == 6
    (action,) = list_response_actions(session)
    call = call_at(session, LOCKED)
    assert (name_of(session, action.site), action.incident) == (LOCKED, call.uid)
    assert len(call.by_unit) == 2 and all(one.dispatched_at for one in call.by_unit)
    busy = {one.unit for one in call_at(session, FIRST).by_unit}
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
    hands.pressed()


def a_visit(window: MainWindow, hands: Hands, session: Session) -> None:
    """Three keys beside the school's name prepare a visit, which the bar keeps by itself."""
    hands.press(Qt.Key.Key_K, CTRL)
    hands.name("san juan hi")
    hands.write("\nk")
    assert hands.pressed() == 3 and list_visits(session) == ()
    for _ in range(PENDING_WAIT_S):
        window.desk.pending.timer.timeout.emit()
    (visit,) = list_visits(session)
    assert name_of(session, visit.site) == VISITED


def a_correction(window: MainWindow, hands: Hands, session: Session) -> None:
    """From the table of entries the visit's form opens by Enter; only what is touched changes."""
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


def call_at(session: Session, school: str) -> Incident:
    """Return the one call at a school."""
    (found,) = [one for one in list_incidents(session) if name_of(session, one.site) == school]
    return found


def name_of(session: Session, site: str | None) -> str:
    return session.project.sites[site].name if site else ""


def find_around(widget: QWidget | None, form: type[QWidget]) -> bool:
    """Tell whether a widget stands in a form."""
    while widget is not None and not isinstance(widget, form):
        widget = widget.parentWidget()
    return widget is not None


def focused() -> QWidget:
    found = QApplication.focusWidget()
    assert found is not None
    return found
