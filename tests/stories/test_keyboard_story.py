"""A planner who never takes the mouse: everything by keys, on San Juan Unified's real sites."""

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


def test_a_year_is_zoned_without_a_mouse(
    planner: ApplicationWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = shown_around_and_skipped(planner, qtbot, tmp_path)
    found_by_initials(window, qtbot)
    given_by_a_digit(window, qtbot)
    walked_by_arrows(window, qtbot)
    keys_that_districtbuilder_has(window, qtbot)
    every_key_at_one_look(window, qtbot)
    assert planner.main is not None and planner.main.collect_window_state()["toured"] == "yes"


def shown_around_and_skipped(planner: ApplicationWindow, qtbot: QtBot, folder: Path) -> MainWindow:
    """The tour comes at the first start and goes by Esc."""
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


def found_by_initials(window: MainWindow, qtbot: QtBot) -> None:
    """Ctrl+K and three initials bring a school on screen; the keys go back to the map."""
    press(qtbot, Qt.Key.Key_K, CTRL)
    assert window.search.hasFocus()
    qtbot.keyClicks(window.search, "dch")
    press(qtbot, Qt.Key.Key_Return)
    school = window.desk.session.project.site("Del Campo High")
    assert window.desk.bridge.selection.site == school.id
    assert window.map.hasFocus()


def given_by_a_digit(window: MainWindow, qtbot: QtBot) -> None:
    """The card names the digits; one gives the school away, Z and Shift+Z undo and redo."""
    session = window.desk.session
    school = session.project.site("Del Campo High").id
    assert window.site_card.keys.text() == "Keys: 1 S1   2 S2   3 S3   4 S4   5 S5"
    home = zone_of(window, school)
    other = "S3" if home != "S3" else "S2"
    press(qtbot, Qt.Key(ord(other[1])))
    assert zone_of(window, school) == other
    press(qtbot, Qt.Key.Key_Z)
    assert zone_of(window, school) == home
    press(qtbot, Qt.Key.Key_Z, SHIFT)
    assert zone_of(window, school) == other
    press(qtbot, Qt.Key.Key_Z)


def walked_by_arrows(window: MainWindow, qtbot: QtBot) -> None:
    """An arrow goes to another school, which the table follows."""
    window.tabs.show_table(window.sites)
    before = window.desk.bridge.selection.site
    press(qtbot, Qt.Key.Key_Right)
    now = window.desk.bridge.selection.site
    assert now is not None and now != before
    x = window.desk.session.project.sites
    assert before is not None and x[now].x_m > x[before].x_m
    row = window.sites.view.currentIndex()
    assert row.siblingAtColumn(0).data() == x[now].name


def keys_that_districtbuilder_has(window: MainWindow, qtbot: QtBot) -> None:
    """The keys e d q b m l and space do what people know them for."""
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


def every_key_at_one_look(window: MainWindow, qtbot: QtBot) -> None:
    """? lays the sheet over the window, Esc takes it away."""
    qtbot.keyClicks(window.map, "?")
    (sheet,) = [one for one in window.findChildren(ShortcutSheet) if one.isVisible()]
    assert sheet.size() == window.size()
    qtbot.keyClick(sheet.area, Qt.Key.Key_Escape)
    assert not [one for one in window.findChildren(ShortcutSheet) if one.isVisible()]


def press(
    qtbot: QtBot, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """Press a key wherever the keys go."""
    focus = QApplication.focusWidget()
    assert focus is not None
    qtbot.keyClick(focus, key, held)


def zone_of(window: MainWindow, site: str) -> str | None:
    plan = window.desk.session.plan
    return plan.assignment.get(site) if plan else None
