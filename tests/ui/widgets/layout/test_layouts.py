"""Sections that fold and are restored as they were left."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from zoneplanner.app.session.session import Session
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.layout.basic_widgets import ActionButton
from zoneplanner.ui.widgets.layout.layouts import CollapsibleSection
from zoneplanner.ui.widgets.style.theme import GRID_PX, ICON_PX, THEMES, Icons


def test_a_title_folds_its_section_by_mouse_and_keyboard(qtbot: QtBot) -> None:
    content = QLabel("Below")
    fold = CollapsibleSection("Plans", content)
    qtbot.addWidget(fold)
    fold.show()
    assert content.isVisible()
    fold.header.click()
    assert not content.isVisible() and fold.header.toolTip() == "Show “Plans”"
    qtbot.keyClick(fold.header, Qt.Key.Key_Space)
    assert content.isVisible()


def test_the_window_remembers_which_sections_are_open(
    open_window: Callable[[Session], MainWindow], session: Session
) -> None:
    window = open_window(session)
    folds = window.left.folds
    assert folds["plans"].opened and not folds["optimizer"].opened
    folds["plans"].open(False)
    kept = window.collect_window_state()
    assert (kept["fold.plans"], kept["fold.optimizer"]) == ("False", "False")


def test_proposing_opens_its_section(window: MainWindow) -> None:
    window.desk.actions["propose"].trigger()
    assert window.optimizer.isVisible() and window.left.folds["optimizer"].opened


def test_a_buttons_icon_does_not_touch_its_text(looks: QApplication, qtbot: QtBot) -> None:
    """The widest icon, a ringing bell, touched the text."""
    action = QAction(Icons(THEMES["light"])("incident"), "Log an incident")
    button = ActionButton(action)
    qtbot.addWidget(button)
    button.show()
    picture = button.grab().toImage()
    middle = range(6, picture.height() - 6)
    ground = picture.pixel(picture.width() - 4, picture.height() // 2)
    inked = [any(picture.pixel(x, y) != ground for y in middle) for x in range(picture.width())]
    first = inked.index(True, 4)
    told = "".join("#" if one else " " for one in inked[first:])
    letter = told.index("#", ICON_PX - 2)
    assert told[:letter].endswith(" " * GRID_PX), told
