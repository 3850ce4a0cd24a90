"""The search field finds sites, zones and actions."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.panels.search import SearchField


@pytest.fixture
def field(desk: Desk, qtbot: QtBot) -> SearchField:
    made = SearchField(desk)
    qtbot.addWidget(made)
    qtbot.addWidget(made.list)
    made.show()
    return made


def test_a_few_letters_and_enter_select_a_site(
    field: SearchField, desk: Desk, qtbot: QtBot
) -> None:
    qtbot.keyClicks(field, "r2c3")
    with qtbot.waitSignal(field.went):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert desk.bridge.selection.site == "r2c3"
    assert field.text() == "" and not field.list.isVisible()


def test_arrows_move_in_the_list(field: SearchField, desk: Desk, qtbot: QtBot) -> None:
    qtbot.keyClicks(field, "zone")
    qtbot.keyClick(field, Qt.Key.Key_Down)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert desk.bridge.selection.zone == "B"


def test_an_action_is_done_from_the_palette(field: SearchField, desk: Desk, qtbot: QtBot) -> None:
    done: list[str] = []
    desk.actions.on("fit", lambda: done.append("fit"))
    qtbot.keyClicks(field, "whole district")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert done == ["fit"]


def test_what_cannot_be_done_now_is_not_offered(
    field: SearchField, desk: Desk, qtbot: QtBot
) -> None:
    desk.actions["undo"].setEnabled(False)
    qtbot.keyClicks(field, "undo")
    assert field.list.item(0).text() == "Redo  ·  Ctrl+Shift+Z"


def test_nothing_found_is_said(field: SearchField, qtbot: QtBot) -> None:
    qtbot.keyClicks(field, "zzz")
    assert field.list.item(0).text() == "Nothing is called “zzz” here."
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not field.list.isVisible() and field.text() == ""
