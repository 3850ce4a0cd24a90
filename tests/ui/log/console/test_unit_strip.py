"""The unit strip: a click or digit sends a unit, and M sets its status without a call."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner import storage
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.entries import build_incident_entry, build_visit_entry
from zoneplanner.domain.log.journal import DISPOSITIONS
from zoneplanner.domain.roster.officer_edits import put_officer
from zoneplanner.domain.roster.shift import Officer, Shift
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.inputs.leave_question import LeaveQuestion

NO_MODIFIER = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def window(window: MainWindow) -> MainWindow:
    """The active window in the Log workspace."""
    window.activateWindow()
    window.show_workspace("log")
    return window


def find_strip(window: MainWindow) -> Any:
    """Return the row of units."""
    return window.stage.boards["units"]


def find_cell(window: MainWindow, unit: str) -> Any:
    """Return the cell of a unit."""
    return next(one for one in find_strip(window).cells if one.row.unit == unit)


def list_stamps(session: Session) -> list[tuple[str, str, str]]:
    """Return incident, unit and name of the stamps in the journal."""
    found = session.store.entries(kinds=("stamp",))
    return [(one.payload["incident"], one.payload["unit"], one.payload["name"]) for one in found]


def log_call(session: Session, uid: str, minutes_ago: int = 5) -> None:
    received = (session.clock() - timedelta(minutes=minutes_ago)).isoformat()
    said = {"uid": uid, "site": "r1c1", "type": "fight", "received_at": received}
    log_record(session, "incident", said)


def test_a_click_sends_a_unit_to_the_selected_call_and_focuses_its_card(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_call(session, "old", 9)
    log_call(session, "new")
    console = window.left.sections["console"]
    console.step(0)
    console.step(1)
    assert console.highlighted == "new"
    qtbot.mouseClick(find_cell(window, "A"), Qt.MouseButton.LeftButton)
    qtbot.keyClick(window.desk.pending, Qt.Key.Key_Return)
    assert list_stamps(session) == [("new", "A", "dispatched_at")]
    assert QApplication.focusWidget() is console.cards["new"]
    qtbot.keyClick(console.cards["new"], Qt.Key.Key_3)
    assert list_stamps(session)[-1] == ("new", "A", "onscene_at")
    assert (find_cell(window, "A").state, find_cell(window, "A").row.site) == ("On scene", "r1c1")
    console.step(-1)
    find_cell(window, "A").setFocus()
    qtbot.keyClick(find_cell(window, "A"), Qt.Key.Key_Return)  # leads to the call it is on
    assert console.highlighted == "new" and len(list_stamps(session)) == 2


def test_a_unit_name_does_not_move_when_a_second_line_appears(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    """Without a roster, the first visit moved a unit's name up by ten pixels."""
    first = find_cell(window, "A")

    def find_ink() -> int:
        """Return the first row with ink of the name, below the rim and beside mark and clock."""
        picture = first.grab().toImage()
        ground = picture.pixel(30, 3)
        rows = range(4, picture.height() // 2 + 8)
        return next(y for y in rows if any(picture.pixel(x, y) != ground for x in range(36, 46)))

    before, height = find_ink(), find_strip(window).height()
    assert first.place == ""
    log_record(session, "visit", {"site": "r1c1", "unit": "A", "arrived_at": "now"})
    qtbot.waitUntil(lambda: first.place != "")
    assert (find_ink(), find_strip(window).height()) == (before, height)


def test_w_focuses_the_units_where_digits_send_instead_of_stamping(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.map.setFocus()
    unkeyed = find_cell(window, "B").grab().toImage()
    qtbot.keyClick(window, Qt.Key.Key_W)
    assert find_cell(window, "B").grab().toImage() != unkeyed, (
        "digits are seen where they send units"
    )
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert says(window.desk.notices.text.text(), "target.no_call")
    log_call(session, "i1")
    first = QApplication.focusWidget()
    assert first is find_strip(window).cells[0]
    units = [one.row.unit for one in find_strip(window).cells]
    qtbot.keyClick(first, Qt.Key.Key_Right)
    assert QApplication.focusWidget() is find_strip(window).cells[1]
    for _ in units:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)
    assert QApplication.focusWidget() is find_strip(window).cells[-1], "the keys went to the map"
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key(Qt.Key.Key_1 + units.index("A")))
    digit = Qt.Key(Qt.Key.Key_1 + units.index("A"))
    qtbot.keyClick(QApplication.focusWidget(), digit)  # the key bounced: elsewhere it stamps
    assert window.desk.pending.counting and list_stamps(session) == []
    qtbot.keyClick(window.desk.pending, Qt.Key.Key_Return)
    assert list_stamps(session) == [("i1", "A", "dispatched_at")]
    for key in (Qt.Key.Key_W, digit):
        qtbot.keyClick(QApplication.focusWidget(), key)
    said, call = window.desk.notices.text.text(), window.left.sections["console"].cards["i1"]
    on_call = says(said, "unit_on_highlighted_call", unit="A", call=call.summary.name)
    assert on_call, "nothing is sent, and it is said"


def test_a_unit_at_a_meal_is_unavailable_and_not_proposed(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_call(session, "i1")
    card = window.left.sections["console"].cards["i1"]
    assert card.row.default_unit == "A"
    find_cell(window, "A").setFocus()
    qtbot.keyClick(find_cell(window, "A"), Qt.Key.Key_M)
    (menu,) = find_strip(window).findChildren(QMenu)
    by_text = {action.text(): action for action in menu.actions()}
    assert not by_text["A available"].isEnabled()
    by_text["A meal"].trigger()
    menu.close()
    assert [one.payload["status"] for one in session.store.entries(kinds=("unit_status",))] == [
        "meal"
    ]
    assert window.desk.notices.text.text() == "A: meal."
    later = session.clock() + timedelta(seconds=75)
    session.clock = lambda: later
    window.left.sections["console"].dispatch.timer.timeout.emit()
    assert (find_cell(window, "A").state, find_cell(window, "A").clock) == ("Meal", "1:15")
    assert find_cell(window, "A").accessibleName().startswith("A, Meal, since ")
    assert find_cell(window, "B").accessibleName() == "B, Available"
    assert says(find_cell(window, "B").accessibleDescription(), "unit_click.send", unit="B")
    row = window.left.sections["console"].cards["i1"].row
    assert row.default_unit == "B"
    cost = row.unit("A").cost
    assert cost is not None and cost.template == "instead_of_proposed"
    assert (cost.facts["unit"], cost.facts["proposed"]) == ("A", "B")
    assert "meal" in cost.facts["difference"]


def test_the_roster_names_officers_and_an_open_assignment_is_gray(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    now = session.clock()
    project = put_officer(
        session.project, Officer("o", "Ann Ito", "Sheriff", "deputy", ("A",), ("county",))
    )
    about = (now - timedelta(hours=1), now + timedelta(hours=7))
    shifts = {"a": Shift("a", "A", "o", *about), "b": Shift("b", "B", None, *about)}
    session.apply("Roster", lambda _: replace(project, shifts=shifts))
    assert [one.row.unit for one in find_strip(window).cells] == ["A", "B"]
    QApplication.processEvents()
    assert window.stage.board.height() == find_strip(window).height() == 48 + 2 * 8
    assert "Ann Ito" in find_cell(window, "A").place and find_cell(window, "A").clock == "1:00:00"
    assert (
        find_cell(window, "A").fit_place(400)
        == find_cell(window, "A").place
        == "Ann Ito · until 15:00"
    )
    assert find_cell(window, "A").fit_place(90) == "Ann Ito"  # not “Ann Ito · until…”
    assert find_cell(window, "B").state == "Open" and not find_cell(window, "B").isEnabled()
    log_call(session, "i1")
    (planned,) = window.left.sections["console"].cards["i1"].row.proposal
    assert (planned.template, planned.facts["unit"]) == ("proposal.closest_on_duty", "A")
    qtbot.mouseClick(find_cell(window, "B"), Qt.MouseButton.LeftButton)
    assert list_stamps(session) == []


def test_cards_keep_their_widgets(window: MainWindow, session: Session) -> None:
    for at in range(4):
        log_call(session, f"i{at}", 9 - at)
    cards = dict(window.left.sections["console"].cards)
    log_record(session, "visit", {"site": "r1c2"})
    log_record(session, "incident", {"supersedes": "i2", "priority": "1"})
    now = window.left.sections["console"].cards
    assert list(now) == ["i2", "i0", "i1", "i3"]
    assert now == cards, "the card of a corrected call shows in place what is new"


def test_six_keys_beside_the_name_log_a_call_and_send_a_unit(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    qtbot.keyClick(window, Qt.Key.Key_J)
    qtbot.keyClicks(QApplication.focusWidget(), "r1c2")
    for key in (Qt.Key.Key_Return, Qt.Key.Key_F, Qt.Key.Key_1, Qt.Key.Key_Return, Qt.Key.Key_1):
        qtbot.keyClick(QApplication.focusWidget(), key)
    (call,) = session.store.entries(kinds=("incident",))
    assert (call.site, call.payload["type"], call.payload["priority"]) == ("r1c2", "Fight", 1)
    assert list_stamps(session) == [(call.uid, "A", "dispatched_at")]


def test_only_the_selected_call_shows_stamps_and_other_units_times(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_call(session, "i1", 9)
    log_call(session, "i2")
    console = window.left.sections["console"]
    console.show_incident("i2")
    one, two = console.cards["i1"], console.cards["i2"]
    assert not one.details.isVisible() and two.details.isVisible()
    assert one.status.isVisible() and one.priority.text() == "3"
    buttons = [two.details.buttons.button(at) for at in range(4)]
    assert [button.isDefault() for button in buttons] == [True, False, False, False]
    assert {button.height() for button in buttons} == {36}
    assert one.clock.font().pixelSize() == 22
    qtbot.mouseClick(one.priority, Qt.MouseButton.LeftButton)
    assert console.highlighted == "i1" and one.details.isVisible() and not two.details.isVisible()
    assert one.row.default_unit == "A" and one.details.cost.isHidden()
    one.take_focus()
    qtbot.keyClick(one, Qt.Key.Key_Right)
    assert one.details.unit.currentData() == "B"
    cost = one.details.cost
    assert cost.isVisible() and says(cost.text(), "instead_of_proposed", unit="B", proposed="A")
    assert "+" in cost.text()


def test_one_set_of_stamp_buttons_moves_to_the_selected_call(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    for uid, minutes in (("i1", 9), ("i2", 7), ("i3", 5)):
        log_call(session, uid, minutes)
    console = window.left.sections["console"]
    made = set()
    for uid in ("i1", "i2", "i3", "i1"):
        console.show_incident(uid)
        card = console.cards[uid]
        made.add(card.details)
        assert card.isAncestorOf(card.details.unit) and card.details.unit.isVisible()
        qtbot.keyClick(card, Qt.Key.Key_Tab)
        assert card.place.hasFocus()
        qtbot.keyClick(card.place, Qt.Key.Key_Tab)
        assert card.details.unit.hasFocus()
    assert len(made) == 1
    console.show_incident("i2")
    for key in (Qt.Key.Key_1, Qt.Key.Key_3, Qt.Key.Key_4):
        qtbot.keyClick(QApplication.focusWidget(), key)
    assert [one[0] for one in list_stamps(session)] == ["i2", "i2", "i2"]
    ending = console.cards["i2"].details.ending
    assert ending.hasFocus() and ending.currentText() == DISPOSITIONS[0]
    qtbot.keyClicks(ending, "Advice given")
    qtbot.keyClick(ending, Qt.Key.Key_Return)
    assert console.highlighted == "i1" and console.cards["i1"].details in made
    console.focus_board()
    for key in (Qt.Key.Key_1, Qt.Key.Key_4):
        qtbot.keyClick(QApplication.focusWidget(), key)
    assert console.cards["i1"].details.ending is ending
    assert ending.currentText() == "", "what was typed for another call is offered"


class Paints(QObject):
    """Counts how often parts of the window are painted."""

    def __init__(self, parts: Mapping[str, QWidget]) -> None:
        super().__init__()
        self.names = {part: name for name, part in parts.items()}
        self.counts, self.whole = Counter[str](), Counter[str]()
        for part in self.names:
            part.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and isinstance(watched, QWidget):
            self.counts[self.names[watched]] += 1
            drawn = event.region().boundingRect() if isinstance(event, QPaintEvent) else QRect()
            self.whole[self.names[watched]] += drawn == watched.rect()
        return False


def test_a_burst_of_entries_from_another_desk_is_drawn_once(
    window: MainWindow, session: Session
) -> None:
    """Each part reads once and is painted a few times, however many entries come."""
    log_call(session, "i0")
    panel = window.tabs.panels["entries"]
    window.tabs.show_table(panel)
    resets: list[object] = []
    panel.table.modelReset.connect(lambda: resets.append(None))
    find_strip(window).dispatch.timer.stop()  # a slow machine ticks in the midst of it
    rest = window.map.map.findChild(QTimer)
    assert rest is not None
    rest.setInterval(60_000)  # and its map comes to rest
    told: list[object] = []
    find_strip(window).dispatch.changed.connect(lambda: told.append(None))
    paints = Paints(
        {
            "map": window.map.viewport(),
            "table": panel.view.viewport(),
            "unit": find_cell(window, "A"),
            "queue": window.left.sections["console"].cards["i0"],
        }
    )
    assert session.store.path is not None
    other = Session(storage.open(session.store.path), actor="B", desk="2", clock=session.clock)
    now = session.clock()
    given: dict[str, Any] = {"time_zone": session.project.time_zone, "now": now}

    def count_draws(first: int, last: int) -> Counter[str]:
        """Return how often each part is painted for as many calls and as many visits."""
        QApplication.processEvents()
        for counted in (paints.counts, paints.whole, resets, told):
            counted.clear()
        call = {**given, "type": "Fight", "received_at": now}
        visit = {**given, "unit": "A", "arrived_at": now}
        uids = range(first, last)
        other.log_many(
            [
                *(build_incident_entry(**call, uid=f"c{at}", site="r1c2") for at in uids),
                *(build_visit_entry(**visit, uid=f"v{at}", site="r1c3") for at in uids),
            ]
        )
        window.status.following.poll()
        for _ in range(5):
            QApplication.processEvents()
        filled_anew = int(last - first > 1)  # one of each comes into its place
        assert (len(resets), len(told)) == (filled_anew, 1)
        return paints.counts.copy()

    count_draws(0, 50)  # there is a bar to scroll with and a count of three digits from then on
    few = count_draws(50, 51)
    many = count_draws(51, 101)
    assert many.keys() >= {"map", "table", "queue"}
    spare = 3  # a part may be painted once more by a timer of its own
    assert paints.whole["table"] and max(paints.whole.values()) <= spare
    assert max(few.values()) <= spare and max(many.values()) <= spare
    other.close()
    assert len(window.left.sections["console"].cards) == 102 and panel.table.rowCount() == 203


def test_clicking_an_ineligible_unit_explains_and_asks_first(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_record(session, "incident", {"uid": "i", "site": "r3c1", "type": "fight"})
    sent = find_cell(window, "A")
    center = sent.mapTo(window, sent.rect().center())
    QTest.mouseMove(window.windowHandle(), center)
    qtbot.waitUntil(sent.underMouse)
    assert sent.displayed_state == "Dispatch"
    for button, logged in (("Cancel", []), ("Dispatch A", [("i", "A", "dispatched_at")])):
        if logged:  # a second click would count as the same one
            sent.setFocus()
            qtbot.keyClick(sent, Qt.Key.Key_Return)
        else:
            qtbot.mouseClick(sent, Qt.MouseButton.LeftButton)
        (question,) = [one for one in window.findChildren(LeaveQuestion) if one.isVisible()]
        assert not window.desk.pending.counting
        pressed = next(one for one in question.buttons() if one.text() == button)
        qtbot.mouseClick(pressed, Qt.MouseButton.LeftButton)
        window.desk.pending.write_now()
        assert list_stamps(session) == logged
