"""Every workspace on small screens: the window is inside, no button is cut, the map has room."""

from collections.abc import Iterator

from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QDialog,
    QPushButton,
    QToolButton,
    QWidget,
)

from zoneplanner.app.desk.settings import Settings
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.frame.work_frame import MIN_CENTER_PX
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shell.workspaces import WORKSPACES
from zoneplanner.ui.widgets.layout.window_geometry import fit_rect_to_screen

SMALL = ("1066x666", "1280x720", "1024x700")
ASKED = ("assumptions", "new", "visit_rule", "log_after_action", "log_incident", "travel")
ASKED += ("rule_choices", "log_drill", "adopt", "log_visit", "retention", "new_plan")
"""Actions that open a dialog."""


def screen_named(name: str) -> QScreen:
    return next(screen for screen in QGuiApplication.screens() if screen.name() == name)


def cut_buttons(whole: QWidget) -> Iterator[str]:
    """Name the visible buttons whose text is cut, or that reach out of what they are in."""
    for button in whole.findChildren(QAbstractButton):
        if isinstance(button, QPushButton | QToolButton) and button.isVisible():
            icon_alone = isinstance(button, QToolButton) and not button.icon().isNull()
            wanted = button.sizeHint().width()
            if button.text() and not icon_alone and button.width() < wanted:
                yield f"{button.text()}: {button.width()} of {wanted} px"
            if not reachable(button, whole):
                yield f"{button.text() or button.accessibleName()}: outside"


def reachable(widget: QWidget, whole: QWidget) -> bool:
    """Tell whether a widget lies inside all that it is in, or can be scrolled to."""
    rect, inside = widget.rect(), widget
    while inside is not whole and (parent := inside.parentWidget()) is not None:
        area = parent.parentWidget()
        if isinstance(area, QAbstractScrollArea) and area.viewport() is parent:
            if rect.width() > parent.width():
                return False
            inside, rect = area, area.rect()
            continue
        rect = QRect(inside.mapTo(parent, rect.topLeft()), rect.size())
        if not parent.rect().contains(rect):
            return False
        inside = parent
    return True


def test_small_screens_hold_every_workspace_and_every_dialog(
    planner: ApplicationWindow, window: MainWindow
) -> None:
    site = next(iter(window.desk.session.project.sites))
    for name in SMALL:
        move_to(screen_named(name), planner)
        for workspace, shown in WORKSPACES.items():
            window.show_workspace(workspace)
            window.desk.bridge.select(site=site)
            for at in range(window.tabs.count()):
                if window.tabs.isTabVisible(at):
                    window.tabs.setCurrentIndex(at)
                    assert cut_now(planner) == [], (name, workspace, window.tabs.tabText(at))
            if shown.map:
                window.area.show_card()
                assert cut_now(planner) == [], (name, workspace)
                assert window.center.width() >= MIN_CENTER_PX, (name, workspace)
                window.frame.show_panel()
        window.show_workspace("plan")
        window.desk.actions["compare"].trigger()
        assert cut_now(planner) == [], name
    move_to(screen_named(SMALL[0]), planner)
    for fold in window.left.folds.values():
        fold.open()
    window.frame.show_panel()
    assert cut_now(planner) == []
    for action in ASKED:
        dialog = opened_by(action, window, planner)
        room = planner.screen().availableGeometry().size()
        assert dialog.frameSize().boundedTo(room) == dialog.frameSize(), action
        assert cut_now(dialog) == [], action
        dialog.reject()


def move_to(screen: QScreen, planner: ApplicationWindow) -> None:
    """Bring the window to a screen, as by opening it there."""
    planner.hide()
    planner.setScreen(screen)
    planner.fit_screen(screen)
    planner.show()
    assert planner.screen() is screen
    assert screen.availableGeometry().contains(planner.frameGeometry())


def cut_now(whole: QWidget) -> list[str]:
    """Name the buttons that are cut once everything is laid out."""
    for turn in range(6):
        QApplication.processEvents()
        found = list(cut_buttons(whole)) if turn else []
        if turn and not found:
            break
    return found


def opened_by(action: str, window: MainWindow, planner: ApplicationWindow) -> QDialog:
    """Open a dialog and return it."""
    window.desk.actions[action].trigger()
    QApplication.processEvents()
    found = [one for one in planner.findChildren(QDialog) if one.isVisible()]
    assert len(found) == 1, (action, found)
    return found[0]


def test_a_window_left_on_a_larger_screen_is_fitted_to_this_one(qapp: QApplication) -> None:
    small = screen_named("1024x700")
    left = ApplicationWindow(qapp, Settings(appearance="light"), lambda _: None)
    left.setScreen(small)
    left.setGeometry(QRect(small.geometry().left() + 40, 90, 1500, 900))
    place = bytes(left.saveGeometry().toBase64().data()).decode()
    again = ApplicationWindow(
        qapp, Settings(appearance="light", window={"place": place}), lambda _: None
    )
    assert again.screen().availableGeometry().contains(again.frameGeometry())
    for made in (left, again):
        made.deleteLater()


def test_a_window_is_moved_no_farther_than_it_must() -> None:
    screen = QRect(0, 0, 1024, 700)
    assert fit_rect_to_screen(QRect(100, 100, 500, 400), screen) == QRect(100, 100, 500, 400)
    assert fit_rect_to_screen(QRect(-80, 0, 500, 400), screen) == QRect(2, 32, 500, 400)
    assert fit_rect_to_screen(QRect(900, 600, 500, 400), screen) == QRect(522, 298, 500, 400)
    assert screen.contains(fit_rect_to_screen(QRect(0, 0, 4000, 4000), screen))
