"""Nothing outlives its cause: cards, highlighted rows, notices, the time saved, padlocks."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QIcon, QWheelEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.edits import add_plan_lock
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.errors import UserError
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.style.theme import Icons


@pytest.fixture
def front(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The active window with the focus on the map."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.map.setFocus()
    return window


@pytest.fixture
def other(qtbot: QtBot) -> Iterator[QWidget]:
    """Another program's window in front, as after Alt-Tab."""
    away = QWidget()
    away.resize(100, 100)
    away.show()
    yield away
    away.close()
    away.deleteLater()


def hover(window: MainWindow, qtbot: QtBot, site: str) -> None:
    """Hover over a school; its card appears and its zone's row is highlighted."""
    view = window.map
    at = view.mapFromScene(view.map.sites[site].pos())
    qtbot.mouseMove(view.viewport(), at + QPoint(40, 40))
    qtbot.mouseMove(view.viewport(), at)
    assert view.overlays.card.isVisible() and window.zones.view.lit_row >= 0


def test_the_hover_card_disappears_with_the_hover(
    front: MainWindow, other: QWidget, qtbot: QtBot
) -> None:
    view = front.map

    def nothing_is_hovered() -> bool:
        return view.overlays.card.isHidden() and front.zones.view.lit_row == -1

    front.activateWindow()
    qtbot.waitUntil(front.isActiveWindow)
    hover(front, qtbot, "r1c1")
    other.activateWindow()
    qtbot.waitUntil(other.isActiveWindow)
    assert nothing_is_hovered()
    front.activateWindow()
    qtbot.waitUntil(front.isActiveWindow)

    hover(front, qtbot, "r1c1")
    qtbot.keyClick(view, Qt.Key.Key_4, Qt.KeyboardModifier.AltModifier)
    assert front.workspace == "log" and nothing_is_hovered()
    qtbot.keyClick(view, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    hover(front, qtbot, "r1c1")
    middle = QPointF(view.viewport().rect().center())
    none, press = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    turn = QWheelEvent(
        middle,
        view.viewport().mapToGlobal(middle),
        QPoint(),
        QPoint(0, 120),
        none,
        press,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), turn)
    assert nothing_is_hovered()
    hover(front, qtbot, "r1c1")
    log_record(front.desk.session, "visit", {"site": "r1c1", "unit": "A"})
    assert nothing_is_hovered()


def test_a_notice_closes_with_its_workspace_unless_it_is_a_problem(
    front: MainWindow, qtbot: QtBot
) -> None:
    notices = front.desk.notices
    for stays in (False, True):
        front.show_workspace("plan")
        notices.show_notice("Try it: drag a school.", stays=stays)
        qtbot.wait(1)
        qtbot.keyClick(front.map, Qt.Key.Key_4, Qt.KeyboardModifier.AltModifier)
        assert front.workspace == "log" and notices.isHidden()
    notices.show_problem(UserError("no_plan"))
    qtbot.keyClick(front.map, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    assert front.workspace == "plan" and notices.isVisible()


def test_the_status_says_when_the_last_entry_was_saved(front: MainWindow, session: Session) -> None:
    now = session.clock()
    session.clock = lambda: now
    session.apply(
        "Lock", lambda project: add_plan_lock(project, "plan", LockScope.SITE, "r1c2", "")
    )
    before = front.status.saved.text()
    session.clock = lambda: now + timedelta(minutes=7)
    log_record(session, "visit", {"site": "r1c1", "unit": "A"})
    assert front.status.saved.text() != before
    assert f"{now + timedelta(minutes=7):%M}" in front.status.saved.text()


def test_a_locked_school_shows_a_closed_padlock(front: MainWindow, session: Session) -> None:
    front.desk.bridge.select(site="r1c1")
    icons = front.desk.icons
    assert same(front.site_card.lock.icon(), icons, "lock")
    session.apply(
        "Lock", lambda project: add_plan_lock(project, "plan", LockScope.SITE, "r1c1", "")
    )
    assert same(front.site_card.lock.icon(), icons, "lock")
    assert front.site_card.lock.text() == "Unlock"
    style = front.site_card.lock.toolButtonStyle()
    assert style == Qt.ToolButtonStyle.ToolButtonTextBesideIcon


def same(icon: QIcon, icons: Icons, name: str) -> bool:
    size = QSize(16, 16)
    return icon.pixmap(size).toImage() == icons(name).pixmap(size).toImage()


def test_only_the_selected_zone_has_its_row_selected(front: MainWindow, qtbot: QtBot) -> None:
    view, bridge = front.zones.view, front.desk.bridge
    bridge.select()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    for zone in ("A", "B", "A"):
        bridge.select(zone=zone)
        rows = [index.data() for index in view.selectionModel().selectedRows()]
        assert rows == [zone]
    at = view.visualRect(view.model().index(1, 0)).center()
    qtbot.mouseMove(view.viewport(), at)
    assert view.lit_row == 1
    qtbot.keyClick(view, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    popup = QApplication.activePopupWidget()
    assert popup is not None
    assert view.lit_row == -1
    popup.close()


def test_the_left_panel_starts_at_its_top_in_each_workspace(
    front: MainWindow, qtbot: QtBot
) -> None:
    area = front.sections
    assert isinstance(area, QScrollArea)
    front.resize(1280, 480)
    front.show_workspace("log")
    bar = area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(bar.maximum())
    front.show_workspace("coverage")
    front.show_workspace("log")
    assert bar.value() == 0
