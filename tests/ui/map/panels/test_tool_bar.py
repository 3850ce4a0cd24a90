"""The tool bar: what it shows, its keys, and the notice after a stroke."""

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.plans.manual_assignment import SourceFilter
from zoneplanner.app.session.session import Session
from zoneplanner.messages import Message
from zoneplanner.ui.map.tools.toolbox import TOOL_NAMES
from zoneplanner.ui.plan.plans.plan_dialogs import PinNoteDialog
from zoneplanner.ui.shell.main_window import MainWindow

KEYS = {
    "a": "assign",
    "b": "brush",
    "r": "box",
    "o": "lasso",
    "n": "flood",
    "i": "pick",
    "x": "place",
    "t": "note",
    "u": "measure",
    "v": "select",
    "m": "brush",
}


def list_pressed_tools(window: MainWindow) -> list[str]:
    """Return the tools whose buttons are down."""
    return [name for name in TOOL_NAMES if window.desk.actions[f"tool_{name}"].isChecked()]


def click_map(window: MainWindow, qtbot: QtBot, x_m: float, y_m: float) -> None:
    """Click a position on the map."""
    at = window.map.mapFromScene(window.map.map.frame.to_scene_point(x_m, y_m))
    qtbot.mouseClick(window.map.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_letters_select_one_tool_at_a_time(window: MainWindow, qtbot: QtBot) -> None:
    window.map.setFocus()
    assert list_pressed_tools(window) == ["select"]
    for key, tool in KEYS.items():
        qtbot.keyClicks(window.map, key)
        assert window.map.toolbox.tool == tool
        assert list_pressed_tools(window) == [tool]


def test_every_tool_has_a_button_with_its_name_and_key(window: MainWindow) -> None:
    row = window.tool_row
    in_menu = row.more.menu().actions()
    assert len(row.buttons) + len(in_menu) == len(TOOL_NAMES)
    for button in row.buttons:
        assert button.accessibleName()
        assert button.toolTip().endswith(")")
    assert all(action.text() and action.toolTip().endswith(")") for action in in_menu)


def test_the_menu_button_names_the_active_tool_of_its_menu(
    window: MainWindow,
) -> None:
    more = window.tool_row.more
    window.desk.actions["tool_flood"].trigger()
    assert more.isChecked() and more.text() == window.desk.actions["tool_flood"].iconText()
    window.desk.actions["tool_select"].trigger()
    assert not more.isChecked() and more.text() == "More"


def test_esc_deselects_a_tool_and_releases_its_button(window: MainWindow, qtbot: QtBot) -> None:
    window.desk.actions["tool_brush"].trigger()
    qtbot.keyClick(window.map, Qt.Key.Key_Escape)
    assert list_pressed_tools(window) == ["select"]


def test_the_target_follows_the_keys_and_the_choice(window: MainWindow, qtbot: QtBot) -> None:
    row, toolbox = window.tool_row, window.map.toolbox
    assert [row.target.itemText(at) for at in range(row.target.count())] == ["A", "B", "a"]
    window.desk.actions["tool_brush"].trigger()
    window.map.setFocus()
    qtbot.keyClicks(window.map, "e")
    assert (toolbox.target, row.target.currentText()) == ("B", "B")
    qtbot.keyClicks(window.map, "d")
    assert (toolbox.target, row.target.currentText()) == ("A", "A")
    row.target.setCurrentIndex(2)
    row.target.activated.emit(2)
    assert toolbox.target == "a"
    assert window.desk.bridge.selection.zone == "a"


def test_the_filter_offers_every_zone_and_is_disabled_with_other_tools(window: MainWindow) -> None:
    row = window.tool_row
    texts = [row.source.itemText(at) for at in range(row.source.count())]
    zones = [str(Message("source_filter.zone", zone=zone)) for zone in "ABa"]
    assert texts[2:] == zones and len(set(texts)) == 5
    assert not row.source.isVisible() and not row.slider.isVisible()
    window.desk.actions["tool_lasso"].trigger()
    assert row.source.isVisible() and not row.slider.isVisible()
    row.source.activated.emit(3)
    assert window.map.toolbox.source == SourceFilter(zone="B")
    assert says(row.source.currentText(), "source_filter.zone", zone="B")


def test_brackets_change_the_brush_size_and_it_is_shown_in_words(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.desk.actions["tool_brush"].trigger()
    window.map.setFocus()
    assert window.tool_row.size_text.text() == "narrow"
    qtbot.keyClicks(window.map, "]]")
    assert (window.map.toolbox.size, window.tool_row.size_text.text()) == (4, "wide")
    qtbot.keyClicks(window.map, "[[[[")
    assert window.tool_row.size_text.text() == "one block"
    window.desk.actions["tool_flood"].trigger()
    assert window.tool_row.size_text.text() == "1 border"


def test_other_workspaces_use_the_arrow_tool(window: MainWindow, qtbot: QtBot) -> None:
    window.desk.actions["tool_brush"].trigger()
    window.show_workspace("log")
    assert not window.tool_row.isVisible()
    window.map.setFocus()
    qtbot.keyClicks(window.map, "b")
    assert window.map.toolbox.tool == "select"
    window.show_workspace("plan")
    assert window.tool_row.isVisible()
    qtbot.keyClicks(window.map, "b")
    assert window.map.toolbox.tool == "brush"


def test_a_stroke_shows_a_notice_with_an_undo(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.desk.actions["tool_assign"].trigger()
    window.map.toolbox.set_target("B")
    click_map(window, qtbot, 1500, -500)
    notice = window.desk.notices
    assert says(notice.text.text(), "stroke.done_one", taken="School r1c2", zone="B")
    notice.offer.click()
    assert session.plan is not None
    assert session.plan.assignment["r1c2"] == "A"
    assert notice.offer.text() == "Redo"


def test_a_note_is_pinned_edited_and_removed(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.desk.actions["tool_note"].trigger()
    click_map(window, qtbot, 1500, -500)
    (asked,) = window.findChildren(PinNoteDialog)
    asked.accept()
    assert says(asked.refused.text(), "field_empty.note")
    asked.text.setPlainText("Gate is shut at noon")
    asked.accept()
    assert session.plan is not None
    (note,) = session.plan.pins.values()
    assert (note.text, note.by) == ("Gate is shut at noon", "planner")
    again = PinNoteDialog(window.desk, note, window)
    again.text.setPlainText("Gate is open")
    again.accept()
    assert [each.text for each in session.plan.pins.values()] == ["Gate is open"]
    last = PinNoteDialog(window.desk, next(iter(session.plan.pins.values())), window)
    next(each for each in last.buttons.buttons() if each.text() == "Remove").click()
    assert session.plan.pins == {}
    assert [step.label for step in session.history][1:] == [
        "Pin a note",
        "Edit a note",
        "Remove a note",
    ]
