"""The context menu of a school, on the map, in the table and by key."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from builders import OpenSession, project_from
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.edits import adopt_plan
from zoneplanner.ui.shell.main_window import MainWindow


@pytest.fixture
def front(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The active window with the focus on the map."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.map.setFocus()
    return window


def right_click(window: MainWindow, part: QWidget, at: QPoint) -> QMenu:
    """Right-click and return the menu that opens."""
    place = part.mapTo(window, at)
    QTest.mouseClick(window.windowHandle(), Qt.MouseButton.RightButton, pos=place)
    return menu()


def menu() -> QMenu:
    found = QApplication.activePopupWidget()
    assert isinstance(found, QMenu)
    return found


def list_entries(shown: QMenu) -> dict[str, str]:
    """Return the entries of a menu by name, disabled ones in brackets."""
    return {
        action.objectName(): action.text() if action.isEnabled() else f"[{action.text()}]"
        for action in shown.actions()
        if action.objectName()
    }


def trigger_entry(shown: QMenu, name: str) -> None:
    action = next(one for one in shown.actions() if one.objectName() == name)
    action.trigger()
    shown.close()


def test_a_right_click_lists_every_action_and_why_some_are_disabled(
    front: MainWindow, session: Session
) -> None:
    view = front.map
    at = view.mapFromScene(view.map.sites["r1c1"].pos())
    shown = right_click(front, view.viewport(), at)
    assert front.desk.bridge.selection.site == "r1c1"
    assert view.overlays.card.isHidden()
    assert shown.actions()[0].text() == session.project.sites["r1c1"].name
    said = list_entries(shown)
    assert list(said) == [
        *("give", "lock", "why_here", "log_visit", "new_incident", "begin_lockdown", "open_card")
    ]
    assert not any(text.startswith("[") for text in said.values())
    give = next(one for one in shown.actions() if one.objectName() == "give").menu()
    zones = list_entries(give)
    assert says(zones["give A"], "zone_closed.current") and zones["give B"] == "B"
    assert says(zones["give a"], "zone_closed.jurisdiction", place="County")
    assert zones["give A"].startswith("[") and zones["give a"].startswith("[")
    trigger_entry(give, "give B")
    assert session.plan is not None and session.plan.assignment["r1c1"] == "B"
    shown.close()

    session.apply("Adopt", lambda project: adopt_plan(project, "plan", session.today))
    at = view.mapFromScene(view.map.sites["r2c2"].pos())
    shown = right_click(front, view.viewport(), at)
    said = list_entries(shown)
    assert says(said["give"], "plan_copied_to_change") and said["give"].startswith("[")
    assert says(said["lock"], "plan_copied_to_change") and said["lock"].startswith("[")
    tips = {one.objectName(): one.toolTip() for one in shown.actions()}
    assert shown.toolTipsVisible() and says(tips["lock"], "plan_copied_to_change")
    front.area.show_card(False)
    trigger_entry(shown, "open_card")
    assert front.area.frame.isVisible() and front.site_card.isVisible()


def test_the_menu_also_opens_in_the_table_and_by_key(front: MainWindow, qtbot: QtBot) -> None:
    front.tabs.setCurrentWidget(front.sites)
    view = front.sites.view
    place = view.visualRect(view.model().index(2, 0)).center()
    shown = right_click(front, view.viewport(), place)
    name = view.model().index(2, 0).data()
    site = front.desk.bridge.selection.site
    assert front.desk.session.project.sites[site].name == name
    assert "why_here" in list_entries(shown)
    shown.close()
    for part, key, mods in (
        (view, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier),
        (front.map, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier),
    ):
        part.setFocus()
        qtbot.keyClick(part, key, mods)
        assert "begin_lockdown" in list_entries(menu())
        menu().close()
    front.tabs.setCurrentWidget(front.history)
    front.history.view.setFocus()
    qtbot.keyClick(front.history.view, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    assert "begin_lockdown" in list_entries(menu())
    menu().close()
    front.tabs.setCurrentWidget(front.zones)
    front.zones.view.selectRow(0)
    front.zones.view.setFocus()
    qtbot.keyClick(front.zones.view, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    assert "zoom_zone" in list_entries(menu())
    menu().close()


def test_the_card_explains_why_a_school_is_in_its_zone(front: MainWindow, qtbot: QtBot) -> None:
    front.desk.bridge.select(site="r1c1")
    qtbot.mouseClick(front.site_card.why, Qt.MouseButton.LeftButton)
    assert front.optimizer.body.alternatives.isVisible()


def test_lockdown_in_the_menu_asks_before_recording_and_shows_a_notice(
    front: MainWindow, session: Session, qtbot: QtBot
) -> None:
    view, bar = front.map, front.response_bar
    shown = right_click(front, view.viewport(), view.mapFromScene(view.map.sites["r2c2"].pos()))
    entries_before = session.store.head().entries
    trigger_entry(shown, "begin_lockdown")
    assert session.store.head().entries == entries_before
    assert bar.isVisible() and bar.site.text() == session.project.sites["r2c2"].name
    qtbot.waitUntil(lambda: bar.could_be_read)
    qtbot.keyClick(bar.site, Qt.Key.Key_Return)
    assert session.store.head().entries > entries_before
    assert front.workspace == "log" and front.desk.notices.isVisible()  # with its way back


def test_a_disconnected_school_is_resolved_from_the_map(
    open_session: OpenSession, open_window: Callable[[Session], MainWindow]
) -> None:
    project = project_from("AAB / ___ / B__")
    water = {key: block for key, block in project.blocks.items() if not key.startswith("B2-")}
    session = open_session(replace(project, blocks=water))
    window = open_window(session)
    assert "detached connect" not in list_entries(window.site_actions.menu("r1c1"))
    said = list_entries(window.site_actions.menu("r3c1"))
    assert [name for name in said if name.startswith("detached")] == [
        *("detached connect", "detached separate", "detached unpatrolled")
    ]
    trigger_entry(window.site_actions.menu("r3c1"), "detached connect")
    assert len(session.saved_project.connections.joined) == 1
    session.undo()
    trigger_entry(window.site_actions.menu("r3c1"), "detached unpatrolled")
    assert not session.saved_project.sites["r3c1"].patrolled
