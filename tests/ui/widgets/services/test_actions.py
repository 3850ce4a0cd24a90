"""The one table of actions."""

from collections import Counter

from PySide6.QtGui import QIcon, QKeySequence
from PySide6.QtWidgets import QApplication

from zoneplanner.app.help.action_specs import ACTION_SPECS, MENU_GROUPS
from zoneplanner.ui.widgets.services.ui_context import Actions
from zoneplanner.ui.widgets.style.theme import ICON_GLYPHS


def test_no_shortcut_is_used_twice() -> None:
    keys = Counter(
        QKeySequence(keys).toString() for spec in ACTION_SPECS for keys in spec.shortcuts
    )
    assert [key for key, times in keys.items() if times > 1] == []


def test_every_action_has_a_menu_a_tooltip_and_a_known_icon() -> None:
    for spec in ACTION_SPECS:
        assert spec.group in MENU_GROUPS
        assert spec.tip.endswith(".")
        assert not spec.icon or spec.icon in ICON_GLYPHS


def test_the_actions_table_has_values_of_the_right_types() -> None:
    for spec in ACTION_SPECS:
        for text in (spec.text, spec.tip, spec.icon, spec.short, spec.needs):
            assert isinstance(text, str), spec.name
        for flag in (spec.checkable, spec.starts, spec.palette, spec.interrupts):
            assert isinstance(flag, bool), spec.name
        assert all(isinstance(text, str) for text in (*spec.shortcuts, *spec.also)), spec.name


def test_an_action_runs_its_handler_and_shows_its_shortcut(qapp: QApplication) -> None:
    actions = Actions(lambda _: QIcon())
    done: list[str] = []
    actions.set_handler("undo", lambda: done.append("undone"))
    actions["undo"].trigger()
    assert done == ["undone"]
    assert "Ctrl+Z" in actions["undo"].toolTip()


def test_menus_have_separators_between_sections(qapp: QApplication) -> None:
    actions = Actions(lambda _: QIcon())
    names = [action.objectName() or "line" for action in actions.group("edit")]
    assert names[:4] == ["undo", "redo", "line", "search"]
