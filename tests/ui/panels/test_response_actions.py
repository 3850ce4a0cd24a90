"""Response actions in the window: one gesture begins them, band, map and console show them."""

import pytest
from PySide6.QtWidgets import QWidget

from zoneplanner.app.logbook import all_actions, all_incidents
from zoneplanner.app.response_actions import actions_now
from zoneplanner.app.session import Session
from zoneplanner.app.stamps import log_stamp
from zoneplanner.ui.main_window import MainWindow
from zoneplanner.ui.panels.console.actions import ActionsBoard
from zoneplanner.ui.panels.response_banner import ResponseBanner


@pytest.fixture
def board(window: MainWindow) -> ActionsBoard:
    """The console's response actions."""
    window.show_workspace("log")
    found: ActionsBoard = window.left.sections["console"].response
    return found


def band(window: MainWindow) -> ResponseBanner:
    """Return the band above the map."""
    found = window.findChild(QWidget, "response")
    assert isinstance(found, ResponseBanner)
    return found


def test_one_button_begins_a_lockdown_and_opens_its_call(
    window: MainWindow, session: Session, board: ActionsBoard
) -> None:
    assert not board.buttons["lockdown"].isEnabled()
    assert not window.desk.actions["begin_lockdown"].isEnabled()
    window.desk.bridge.select(site="r1c3")
    board.buttons["lockdown"].click()
    (running,) = actions_now(session)
    (call,) = all_incidents(session)
    assert (running.site, running.action, call.type, call.site) == (
        *("r1c3", "lockdown"),
        *("Lockdown", "r1c3"),
    )
    assert list(board.cards) == [running.uid]
    assert call.uid in window.left.sections["console"].cards
    assert not board.buttons["lockdown"].isEnabled() and board.buttons["hold"].isEnabled()
    assert window.desk.notices.text.text() == "Lockdown at School r1c3 is logged as begun."


def test_the_band_stands_in_every_workspace_and_tells_who_was_sent_and_what_is_left(
    window: MainWindow, session: Session
) -> None:
    banner = band(window)
    assert banner.isHidden()
    window.desk.bridge.select(site="r1c1")
    window.desk.actions["begin_lockdown"].trigger()
    for name in ("plan", "coverage", "log"):
        window.show_workspace(name)
        assert banner.isVisible()
    assert banner.title.text() == "Lockdown at School r1c1, since 08:00"
    assert banner.clock.text() == "0:00"
    assert banner.text.text().startswith("No unit is sent yet.")
    (call,) = all_incidents(session)
    log_stamp(session, {"incident": call.uid, "unit": "A", "name": "dispatched"})
    assert banner.text.text().startswith("Sent: A. Left with them away: ")
    assert "Without their unit: A." in banner.text.text()


def test_the_map_marks_the_school_until_it_ends(
    window: MainWindow, session: Session, board: ActionsBoard
) -> None:
    marks = window.map.map._actions
    window.desk.bridge.select(site="r1c1")
    for name in ("secure", "lockdown"):
        window.desk.actions[f"begin_{name}"].trigger()
    assert marks.items["r1c1"].text == "LOCKDOWN · SECURE" or (
        marks.items["r1c1"].text == "SECURE · LOCKDOWN"
    )
    for card in list(board.cards.values()):
        card.end.click()
    assert window.map.map._actions.items == {} and band(window).isHidden()
    assert all(one.ended_at for one in all_actions(session))


def test_a_slip_is_taken_back_and_a_missing_end_is_told(
    window: MainWindow, session: Session, board: ActionsBoard
) -> None:
    window.desk.bridge.select(site="r1c1")
    board.buttons["hold"].click()
    (card,) = board.cards.values()
    card.back.click()
    assert all_actions(session) == () and board.cards == {}
    kinds = [one.kind for one in session.store.entries()]
    assert kinds == ["action", "void"]


def test_the_band_shows_the_console_and_ends_the_action(
    window: MainWindow, session: Session
) -> None:
    window.desk.bridge.select(site="r1c2")
    window.desk.actions["begin_shelter"].trigger()
    window.desk.bridge.select()
    banner = band(window)
    banner.show_button.click()
    assert (window.workspace, window.desk.bridge.selection.site) == ("log", "r1c2")
    banner.end_button.click()
    assert banner.isHidden() and actions_now(session) == ()
