"""The sheet of shortcuts and the tour over the window."""

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from zoneplanner.app.help.action_specs import ACTION_SPECS, list_shortcut_groups
from zoneplanner.app.log.response_actions import begin_response_action
from zoneplanner.app.session.session import Session
from zoneplanner.ui.help.shortcut_sheet import ShortcutSheet, balance_columns
from zoneplanner.ui.help.tour import Tour, place_callout
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.services.ui_context import write_native_keys


@pytest.fixture
def front(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The active window with the focus on the map."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.map.setFocus()
    return window


def find_sheet(window: MainWindow) -> ShortcutSheet | None:
    found = window.findChildren(ShortcutSheet)
    return next((sheet for sheet in found if sheet.isVisible()), None)


def is_tour_shown(window: MainWindow) -> bool:
    return any(tour.isVisible() for tour in window.findChildren(Tour))


def test_the_sheet_lists_every_shortcut(front: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClicks(front.map, "?")
    sheet = find_sheet(front)
    assert sheet is not None
    told = " ".join(label.text() for label in sheet.findChildren(QLabel, "keys"))
    digits = {str(number) for number in range(2, 9)}
    for spec in ACTION_SPECS:
        for keys in spec.shortcuts[:2]:
            assert write_native_keys(keys) in told or keys in digits
    assert all(line in told for line in ("Arrows", "Space", "1 … 9"))


def test_the_sheet_covers_the_window_and_grows_with_it(front: MainWindow) -> None:
    front.desk.actions["help"].trigger()
    sheet = find_sheet(front)
    assert sheet is not None and sheet.size() == front.size()
    front.resize(1500, 900)
    assert sheet.size() == front.size()
    assert sheet.rect().contains(sheet.card.geometry())


def test_keys_do_not_reach_the_window_under_the_sheet_and_escape_closes_it(
    front: MainWindow, session: Session, qtbot: QtBot
) -> None:
    front.desk.bridge.select(site="r1c1")
    front.desk.actions["help"].trigger()
    sheet = find_sheet(front)
    assert sheet is not None
    qtbot.keyClick(sheet.area, Qt.Key.Key_2)
    qtbot.keyClick(sheet.area, Qt.Key.Key_E)
    assert session.plan is not None and session.plan.assignment["r1c1"] == "A"
    assert front.desk.bridge.selection.site == "r1c1"
    qtbot.keyClick(sheet.area, Qt.Key.Key_Escape)
    assert find_sheet(front) is None and front.map.hasFocus()


def test_a_click_outside_the_card_closes_the_sheet(front: MainWindow, qtbot: QtBot) -> None:
    front.desk.actions["help"].trigger()
    sheet = find_sheet(front)
    assert sheet is not None
    qtbot.mouseClick(sheet, Qt.MouseButton.LeftButton, pos=sheet.card.geometry().center())
    assert find_sheet(front) is sheet
    qtbot.mouseClick(sheet, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert find_sheet(front) is None


def test_the_columns_of_the_sheet_are_balanced_and_include_every_group() -> None:
    found = list_shortcut_groups()
    columns = balance_columns(found, 3)
    assert sorted(part.title for own in columns for part in own) == sorted(
        part.title for part in found
    )
    longest, shortest = (
        pick(sum(len(part.lines) + 2 for part in own) for own in columns) for pick in (max, min)
    )
    assert longest - shortest <= 6


def test_the_tour_points_to_five_visible_parts(front: MainWindow, qtbot: QtBot) -> None:
    tour = front.help_actions.show_tour()
    spots, notices = [], front.desk.notices
    notices.show_notice("Try it: drag a school to another zone.", offer="Set Up", stays=True)
    told = QRect(notices.mapTo(front, QPoint(0, 0)), notices.size())
    for number in range(5):
        assert not tour.geometry().intersects(told), "the tour covers no notice"
        assert tour.count.text() == f"{number + 1} of 5"
        spots.append(QRect(tour.veil.spot))
        assert front.rect().contains(tour.geometry())
        assert tour.veil.spot.isValid() and tour.veil.rect().contains(tour.veil.spot)
        qtbot.keyClick(tour, Qt.Key.Key_Return)
    assert not is_tour_shown(front)
    assert len({(spot.x(), spot.y()) for spot in spots}) == 5
    assert front.collect_window_state()["toured"] == "yes"


def test_escape_skips_the_tour_for_good_and_the_menu_brings_it_back(
    front: MainWindow, qtbot: QtBot
) -> None:
    front.help_actions.welcome()
    (tour,) = front.findChildren(Tour)
    qtbot.keyClick(tour, Qt.Key.Key_Escape)
    assert not is_tour_shown(front)
    front.help_actions.welcome()
    assert not is_tour_shown(front)
    front.desk.actions["tour"].trigger()
    assert is_tour_shown(front)


def test_the_window_can_be_used_during_the_tour(front: MainWindow, qtbot: QtBot) -> None:
    tour = front.help_actions.show_tour()
    item = front.map.map.sites["r1c1"]
    at = front.map.mapFromScene(item.pos())
    below = front.childAt(front.map.viewport().mapTo(front, at))
    assert below is front.map.viewport()
    tour.close()


@pytest.mark.parametrize(
    "spot",
    [QRect(10, 10, 80, 30), QRect(1150, 760, 40, 30), QRect(0, 40, 1280, 600), QRect()],
)
def test_a_callout_stays_inside_the_window(spot: QRect) -> None:
    window, size = QRect(0, 0, 1280, 800), QSize(360, 160)
    placed = QRect(place_callout(spot, size, window), size)
    assert window.contains(placed)
    assert spot.width() > 1000 or not placed.intersects(spot)


def test_switching_workspaces_ends_the_tour_for_good(front: MainWindow, qtbot: QtBot) -> None:
    front.help_actions.welcome()
    qtbot.keyClick(front, Qt.Key.Key_4, Qt.KeyboardModifier.AltModifier)
    assert front.workspace == "log"
    assert not is_tour_shown(front)
    front.help_actions.welcome()
    assert not is_tour_shown(front)


def test_a_response_action_at_any_desk_closes_the_tour(
    front: MainWindow, session: Session, qtbot: QtBot
) -> None:
    front.help_actions.show_tour()
    front.desk.actions["begin_lockdown"].trigger()
    assert not is_tour_shown(front) and front.response_bar.isVisible()
    front.response_bar.leave()
    front.help_actions.show_tour()
    begin_response_action(session, "r1c1", "lockdown")
    assert not is_tour_shown(front)
    front.help_actions.settings.clear()
    front.help_actions.welcome()
    assert not is_tour_shown(front), "a lockdown is active"


def test_logging_a_call_closes_the_tour_and_takes_the_focus(
    front: MainWindow, qtbot: QtBot
) -> None:
    front.activateWindow()
    qtbot.waitUntil(front.isActiveWindow)
    front.map.setFocus()
    tour = front.help_actions.show_tour()
    tour.setFocus()
    qtbot.keyClick(tour, Qt.Key.Key_J)
    site = front.left.sections["console"].new.site
    qtbot.waitUntil(lambda: not is_tour_shown(front))
    qtbot.keyClicks(QApplication.focusWidget(), "r1c1")
    assert site.hasFocus() and site.text() == "r1c1"
