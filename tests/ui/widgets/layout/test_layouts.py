"""Sections that fold away and come back as they were left."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from zoneplanner.app.session.session import Session
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.layout.layouts import CollapsibleSection


def test_a_title_folds_its_section_away_by_mouse_and_by_keyboard(qtbot: QtBot) -> None:
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
