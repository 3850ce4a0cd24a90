"""On small screens the window fits, no button is cut off, and the map has room."""

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


def find_screen(name: str) -> QScreen:
    return next(screen for screen in QGuiApplication.screens() if screen.name() == name)


def list_cut_buttons(whole: QWidget) -> Iterator[str]:
    """Name the visible buttons with cut-off text, or outside their container."""
    for button in whole.findChildren(QAbstractButton):
        if isinstance(button, QPushButton | QToolButton) and button.isVisible():
            icon_alone = isinstance(button, QToolButton) and not button.icon().isNull()
            wanted = button.sizeHint().width()
            if button.text() and not icon_alone and button.width() < wanted:
                yield f"{button.text()}: {button.width()} of {wanted} px"
            if not is_reachable(button, whole):
                yield f"{button.text() or button.accessibleName()}: outside"


def is_reachable(widget: QWidget, whole: QWidget) -> bool:
    """Whether a widget is inside all its containers or can be scrolled to."""
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


def test_every_workspace_and_dialog_fits_on_small_screens(
    planner: ApplicationWindow, window: MainWindow
) -> None:
    site = next(iter(window.desk.session.project.sites))
    for name in SMALL:
        move_to(find_screen(name), planner)
        for workspace, shown in WORKSPACES.items():
            window.show_workspace(workspace)
            window.desk.bridge.select(site=site)
            for at in range(window.tabs.count()):
                if window.tabs.isTabVisible(at):
                    window.tabs.setCurrentIndex(at)
                    assert list_cut_buttons_after_layout(planner) == [], (
                        name,
                        workspace,
                        window.tabs.tabText(at),
                    )
            if shown.map:
                window.area.show_card()
                assert list_cut_buttons_after_layout(planner) == [], (name, workspace)
                assert window.center.width() >= MIN_CENTER_PX, (name, workspace)
                window.frame.show_panel()
        window.show_workspace("plan")
        window.desk.actions["compare"].trigger()
        assert list_cut_buttons_after_layout(planner) == [], name
    move_to(find_screen(SMALL[0]), planner)
    for fold in window.left.folds.values():
        fold.open()
    window.frame.show_panel()
    assert list_cut_buttons_after_layout(planner) == []
    for action in ASKED:
        dialog = open_dialog(action, window, planner)
        room = planner.screen().availableGeometry().size()
        assert dialog.frameSize().boundedTo(room) == dialog.frameSize(), action
        assert list_cut_buttons_after_layout(dialog) == [], action
        dialog.reject()


def move_to(screen: QScreen, planner: ApplicationWindow) -> None:
    """Move the window to a screen as if it were opened there."""
    planner.hide()
    planner.setScreen(screen)
    planner.fit_screen(screen)
    planner.show()
    assert planner.screen() is screen
    assert screen.availableGeometry().contains(planner.frameGeometry())


def list_cut_buttons_after_layout(whole: QWidget) -> list[str]:
    """Name the buttons that are cut off after layout."""
    for turn in range(6):
        QApplication.processEvents()
        found = list(list_cut_buttons(whole)) if turn else []
        if turn and not found:
            break
    return found


def open_dialog(action: str, window: MainWindow, planner: ApplicationWindow) -> QDialog:
    """Open and return a dialog."""
    window.desk.actions[action].trigger()
    QApplication.processEvents()
    found = [one for one in planner.findChildren(QDialog) if one.isVisible()]
    assert len(found) == 1, (action, found)
    return found[0]


def test_a_window_from_a_larger_screen_is_fitted_to_this_one(qapp: QApplication) -> None:
    small = find_screen("1024x700")
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


def test_a_window_is_moved_no_farther_than_needed() -> None:
    screen = QRect(0, 0, 1024, 700)
    assert fit_rect_to_screen(QRect(100, 100, 500, 400), screen) == QRect(100, 100, 500, 400)
    assert fit_rect_to_screen(QRect(-80, 0, 500, 400), screen) == QRect(2, 32, 500, 400)
    assert fit_rect_to_screen(QRect(900, 600, 500, 400), screen) == QRect(522, 298, 500, 400)
    assert screen.contains(fit_rect_to_screen(QRect(0, 0, 4000, 4000), screen))
