"""A planner who never uses the mouse, on San Juan Unified's real sites."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from zoneplanner.ui.help.shortcut_sheet import ShortcutSheet
from zoneplanner.ui.help.tour import Tour
from zoneplanner.ui.plan.assignment.locks_panel import LockDialog
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def test_a_plan_can_be_edited_without_a_mouse(
    planner: ApplicationWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = skip_tour(planner, qtbot, tmp_path)
    find_by_initials(window, qtbot)
    assign_by_digit(window, qtbot)
    select_by_arrow(window, qtbot)
    press_districtbuilder_keys(window, qtbot)
    show_shortcut_sheet(window, qtbot)
    assert planner.main is not None and planner.main.collect_window_state()["toured"] == "yes"


def skip_tour(planner: ApplicationWindow, qtbot: QtBot, folder: Path) -> MainWindow:
    """The tour opens at the first start and closes with Esc."""
    planner.create_project(folder / "district.gpkg")
    window = planner.main
    assert window is not None
    planner.activateWindow()
    qtbot.waitUntil(planner.isActiveWindow)
    window.help_actions.welcome()
    (tour,) = window.findChildren(Tour)
    press(qtbot, Qt.Key.Key_Return)
    assert tour.count.text() == "2 of 5"
    press(qtbot, Qt.Key.Key_Escape)
    assert not [one for one in window.findChildren(Tour) if one.isVisible()]
    window.desk.jobs.cancel_all()
    window.map.setFocus()
    return window


def find_by_initials(window: MainWindow, qtbot: QtBot) -> None:
    """Ctrl+K and three initials select a school; the focus returns to the map."""
    press(qtbot, Qt.Key.Key_K, CTRL)
    assert window.search.hasFocus()
    qtbot.keyClicks(window.search, "dch")
    press(qtbot, Qt.Key.Key_Return)
    school = window.desk.session.project.site("Del Campo High")
    assert window.desk.bridge.selection.site == school.id
    assert window.map.hasFocus()


def assign_by_digit(window: MainWindow, qtbot: QtBot) -> None:
    """A digit on the card reassigns the school; Z and Shift+Z undo and redo."""
    session = window.desk.session
    school = session.project.site("Del Campo High").id
    assert window.site_card.keys.text() == "Keys: 1 S1   2 S2   3 S3   4 S4   5 S5"
    home = find_zone(window, school)
    other = "S3" if home != "S3" else "S2"
    press(qtbot, Qt.Key(ord(other[1])))
    assert find_zone(window, school) == other
    press(qtbot, Qt.Key.Key_Z)
    assert find_zone(window, school) == home
    press(qtbot, Qt.Key.Key_Z, SHIFT)
    assert find_zone(window, school) == other
    press(qtbot, Qt.Key.Key_Z)


def select_by_arrow(window: MainWindow, qtbot: QtBot) -> None:
    """An arrow key selects another school in the map and the table."""
    window.tabs.show_table(window.sites)
    before = window.desk.bridge.selection.site
    press(qtbot, Qt.Key.Key_Right)
    now = window.desk.bridge.selection.site
    assert now is not None and now != before
    x = window.desk.session.project.sites
    assert before is not None and x[now].x_m > x[before].x_m
    row = window.sites.view.currentIndex()
    assert row.siblingAtColumn(0).data() == x[now].name


def press_districtbuilder_keys(window: MainWindow, qtbot: QtBot) -> None:
    """The keys e d q b m l and space work as in DistrictBuilder."""
    zones = [zone.id for zone in window.map.session.plan.zones]  # type: ignore[union-attr]
    window.desk.bridge.select(zone=zones[0])
    press(qtbot, Qt.Key.Key_E)
    assert window.desk.bridge.selection.zone == zones[1]
    press(qtbot, Qt.Key.Key_D)
    assert window.desk.bridge.selection.zone == zones[0]
    press(qtbot, Qt.Key.Key_F)
    wide = window.map.transform().m11()
    press(qtbot, Qt.Key.Key_L)
    assert window.map.transform().m11() > wide
    for key in (Qt.Key.Key_B, Qt.Key.Key_M):
        press(qtbot, key)
        assert window.map.toolbox.tool == "brush"
        press(qtbot, Qt.Key.Key_Escape)
        assert window.map.toolbox.tool == "select"
    qtbot.keyPress(window.map, Qt.Key.Key_Space)
    assert window.map.grabbing
    qtbot.keyRelease(window.map, Qt.Key.Key_Space)
    assert not window.map.grabbing
    press(qtbot, Qt.Key.Key_Q)
    (dialog,) = [one for one in window.window().findChildren(LockDialog) if one.isVisible()]
    dialog.reject()
    assert window.map.hasFocus()


def show_shortcut_sheet(window: MainWindow, qtbot: QtBot) -> None:
    """The ? key shows the shortcut sheet, and Esc hides it."""
    qtbot.keyClicks(window.map, "?")
    (sheet,) = [one for one in window.findChildren(ShortcutSheet) if one.isVisible()]
    assert sheet.size() == window.size()
    qtbot.keyClick(sheet.area, Qt.Key.Key_Escape)
    assert not [one for one in window.findChildren(ShortcutSheet) if one.isVisible()]


def press(
    qtbot: QtBot, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """Press a key in the focused widget."""
    focus = QApplication.focusWidget()
    assert focus is not None
    qtbot.keyClick(focus, key, held)


def find_zone(window: MainWindow, site: str) -> str | None:
    plan = window.desk.session.plan
    return plan.assignment.get(site) if plan else None
