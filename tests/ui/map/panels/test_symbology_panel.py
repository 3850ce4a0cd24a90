"""Choosing what the sites are colored by, in the window."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from zoneplanner.app.geography.map_themes import LOAD, MAP_THEMES, NATURAL
from zoneplanner.ui.shell.main_window import MainWindow


def choose(box: QComboBox, data: object) -> None:
    """Choose an entry as a person does."""
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def test_every_theme_can_be_chosen_and_explains_itself(window: MainWindow) -> None:
    box = window.themes.subject
    for at, (key, subject) in enumerate(MAP_THEMES.items()):
        assert box.itemData(at, Qt.ItemDataRole.ToolTipRole) == subject.definition
        choose(box, key)
        assert window.map.map.coloring.subject == key


def test_number_and_method_of_classes_are_offered_only_if_they_apply(
    window: MainWindow,
) -> None:
    window.area.show_layers()
    panel = window.themes
    choose(panel.subject, LOAD)
    assert panel.method.isVisible() and panel.number.isVisible()
    choose(panel.subject, "visit")
    assert panel.method.isVisible() and not panel.number.isVisible()
    choose(panel.subject, "readiness")
    assert not panel.method.isVisible() and panel.shown_class.isVisible()
    choose(panel.subject, "zone")
    assert not panel.fields.isVisible()


def test_the_classes_follow_the_chosen_number_and_method(window: MainWindow) -> None:
    choose(window.themes.subject, "response")
    window.themes.number.setValue(3)
    assert len(window.map.map.coloring.classes) == 3
    choose(window.themes.method, NATURAL)
    assert window.map.choice.effective_method == NATURAL
    assert window.themes.method.currentData() == NATURAL


def test_a_class_picked_in_the_list_filters_map_and_table(window: MainWindow) -> None:
    choose(window.themes.subject, "jurisdiction")
    window.tabs.show_table(window.sites)
    choose(window.themes.shown_class, 0)
    assert window.sites.sorted.rowCount() == len(window.map.map.coloring.classes[0].sites) == 8
    assert window.themes.shown_class.currentText() == "County (8 sites)"
    choose(window.themes.shown_class, None)
    assert window.sites.sorted.rowCount() == 12


def test_a_class_picked_in_the_legend_is_shown_in_the_panel(
    window: MainWindow, qtbot: QtBot
) -> None:
    choose(window.themes.subject, "jurisdiction")
    legend = window.map.overlays.legend
    legend.set_open(True)
    at = legend.list_class_rects()[1].center().toPoint()
    qtbot.mouseClick(legend, Qt.MouseButton.LeftButton, pos=at)
    assert window.themes.shown_class.currentData() == 1


def test_each_workspace_keeps_its_own_theme(window: MainWindow) -> None:
    choose(window.themes.subject, LOAD)
    window.show_workspace("log")
    assert window.map.map.coloring.subject == "visit"
    window.show_workspace("plan")
    assert window.map.map.coloring.subject == LOAD
    assert window.themes.subject.currentData() == LOAD
    assert window.collect_window_state()["theme.plan"].startswith(LOAD)
