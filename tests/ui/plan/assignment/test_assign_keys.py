"""Digits assign the selected site to a zone; pointing highlights rows."""

from collections.abc import Callable

from builders import moved, project_from
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from zoneplanner.app.session.session import Session
from zoneplanner.bundled import read_resource_table
from zoneplanner.domain.plans.edits import add_plan_lock
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.ui.plan.assignment.assign_keys import AssignKeys
from zoneplanner.ui.plan.tables.site_and_zone_tables import SitesPanel, ZonesPanel
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shell.selection_card import SelectedSiteCard
from zoneplanner.ui.widgets.services.ui_context import Selection, UiContext
from zoneplanner.ui.widgets.tables.record_actions import RecordActions
from zoneplanner.ui.widgets.tables.table_model import KEY_ROLE
from zoneplanner.ui.widgets.tables.table_view import TableView


def bring_to_front(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


def find_zone(desk: UiContext, site: str) -> str | None:
    return desk.session.plan.assignment.get(site) if desk.session.plan else None


def test_a_digit_assigns_the_selected_site_as_one_step(desk: UiContext) -> None:
    giving = AssignKeys(desk)
    desk.bridge.select(site="r1c1")
    assert desk.actions["give_2"].text().endswith(" B")
    steps = len(desk.session.history)
    desk.actions["give_2"].trigger()
    assert find_zone(desk, "r1c1") == "B" and len(desk.session.history) == steps + 1
    desk.session.undo()
    assert find_zone(desk, "r1c1") == "A"
    giving.refresh()


def test_digits_count_only_zones_that_can_include_the_site(
    desk: UiContext, records: RecordActions, qtbot: QtBot
) -> None:
    giving, card = AssignKeys(desk), SelectedSiteCard(desk, records)
    qtbot.addWidget(card)
    desk.bridge.select(site="r1c1")
    card.show_site("r1c1")
    assert card.keys.text() == "Keys: 1 A   2 B"
    assert not desk.actions["give_3"].isVisible()
    desk.bridge.select(site="r3c1")
    card.show_site("r3c1")
    assert card.keys.text() == "Keys: 1 a"
    assert desk.actions["give_1"].text().endswith(" a")
    giving.give(2)
    assert find_zone(desk, "r3c1") == "a"


def test_a_digit_says_why_it_changes_nothing(desk: UiContext) -> None:
    giving = AssignKeys(desk)
    desk.session.apply(
        "Lock", lambda project: add_plan_lock(project, "plan", LockScope.SITE, "r1c1", "hall")
    )
    desk.bridge.select(site="r1c1")
    desk.actions["give_2"].trigger()
    assert "hall" in desk.notices.text.text() and find_zone(desk, "r1c1") == "A"
    desk.bridge.select(site="r1c2")
    desk.actions["give_1"].trigger()
    assert "School r1c2" in desk.notices.text.text() and " A." in desk.notices.text.text()
    assert find_zone(desk, "r1c2") == "A"
    giving.refresh()


def test_digits_are_disabled_without_a_selected_site_and_say_why(desk: UiContext) -> None:
    giving = AssignKeys(desk)
    action = desk.actions["give_1"]
    why = read_resource_table("actions.toml")["needs"]["select_site_to_give"]
    assert not action.isEnabled() and why in action.toolTip()
    giving.refresh()


def test_a_digit_assigns_sites_at_one_position_together(
    open_session: Callable[..., Session], open_window: Callable[[Session], MainWindow], qtbot: QtBot
) -> None:
    project = project_from("AAB / AAB")
    first = project.sites["r1c1"]
    session = open_session(moved(project, "r1c2", first.x_m, first.y_m))
    window = open_window(session)
    bring_to_front(window, qtbot)
    window.map.setFocus()
    window.desk.bridge.select(site="r1c1")
    qtbot.keyClick(window.map, Qt.Key.Key_2)
    assert session.plan is not None
    assert session.plan.assignment["r1c1"] == session.plan.assignment["r1c2"] == "B"


def test_a_site_is_assigned_by_keyboard_from_table_and_map(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    bring_to_front(window, qtbot)
    window.tabs.show_table(window.sites)
    view = window.sites.view
    view.setFocus()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Down, Qt.Key.Key_2):
        qtbot.keyClick(view, key)
    assert session.plan is not None and session.plan.assignment["r1c2"] == "B"
    window.map.setFocus()
    qtbot.keyClick(window.map, Qt.Key.Key_Left)
    qtbot.keyClick(window.map, Qt.Key.Key_2)
    assert session.plan.assignment["r1c1"] == "B"
    for _ in range(2):
        qtbot.keyClick(window.map, Qt.Key.Key_Z)
    assert session.plan.assignment["r1c1"] == session.plan.assignment["r1c2"] == "A"


def point_at(view: TableView, row: int) -> None:
    at = QPointF(QPoint(20, view.rowViewportPosition(row) + 4))
    port, none = view.viewport(), Qt.MouseButton.NoButton
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, port.mapToGlobal(at), none, none, Qt.KeyboardModifier(0)
    )
    QApplication.sendEvent(port, event)


def test_pointing_at_a_row_highlights_its_site_in_every_table(
    desk: UiContext, qtbot: QtBot
) -> None:
    sites, zones = SitesPanel(desk), ZonesPanel(desk)
    for panel in (sites, zones):
        qtbot.addWidget(panel)
        panel.resize(600, 300)
        panel.show()
    point_at(sites.view, 2)
    row = sites.view.lit_row
    assert row == 2
    site = sites.sorted.index(row, 0).data(KEY_ROLE)
    assert desk.bridge.under_pointer == Selection(site=site)
    assert zones.sorted.index(zones.view.lit_row, 0).data(KEY_ROLE) == find_zone(desk, site)
    QApplication.sendEvent(sites.view.viewport(), QEvent(QEvent.Type.Leave))
    assert sites.view.lit_row == zones.view.lit_row == -1


def test_digits_assign_nothing_outside_the_plan_workspace(window: MainWindow) -> None:
    window.desk.bridge.select(site="r1c1")
    window.show_workspace("log")
    assert not window.desk.actions["give_2"].isEnabled()
    window.show_workspace("plan")
    assert window.desk.actions["give_2"].isEnabled()
