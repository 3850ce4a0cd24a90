"""The search field finds sites, zones, plans, workspaces and actions."""

from functools import partial

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from zoneplanner.domain.plans.edits import branch_plan
from zoneplanner.ui.shell.search_field import SearchField
from zoneplanner.ui.widgets.services.search_items import (
    ACTIONS,
    SITES,
    SearchItem,
    rank_search_items,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext


@pytest.fixture
def field(desk: UiContext, qtbot: QtBot) -> SearchField:
    return list_shown_rows(SearchField(desk), qtbot)


def list_shown_rows(field: SearchField, qtbot: QtBot) -> SearchField:
    qtbot.addWidget(field)
    qtbot.addWidget(field.list)
    field.show()
    return field


def list_lines(field: SearchField) -> list[str]:
    return [field.list.item(at).text() for at in range(field.list.count())]


def test_a_few_letters_and_enter_select_a_site(
    field: SearchField, desk: UiContext, qtbot: QtBot
) -> None:
    qtbot.keyClicks(field, "r2c3")
    with qtbot.waitSignal(field.place_chosen):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert desk.bridge.selection.site == "r2c3"
    assert field.text() == "" and not field.list.isVisible()


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("how do i print the week", "Print the Week"),
        ("where is the atlas for me", "Atlas"),
        ("export excel", "Export Data"),
        ("district's own rules", "The District’s Own Rules"),
    ],
)
def test_a_question_and_words_of_several_synonyms_find_an_action(typed: str, wanted: str) -> None:
    items = [
        SearchItem(text, ACTIONS, text, "", "", lambda: None, also=also)
        for text, also in (
            ("Print the Week", ("paper",)),
            ("Atlas", ("map book",)),
            ("Export Data", ("download", "excel")),
            ("The District’s Own Rules", ()),
        )
    ]
    assert [item.text for item in rank_search_items(typed, items, ())] == [wanted]
    assert rank_search_items("how do i fly", items, ()) == []
    assert rank_search_items("how do i", items, ()) == []


def test_results_are_grouped_under_titles_that_arrow_keys_skip(
    field: SearchField, desk: UiContext, qtbot: QtBot
) -> None:
    qtbot.keyClicks(field, "zone b")
    assert list_lines(field)[0] == "Best matches" and list_lines(field)[1].startswith("Zone B")
    assert "Sites" in list_lines(field)
    while field.list.currentItem().text().startswith("Zone B"):
        qtbot.keyClick(field, Qt.Key.Key_Down)
    assert field.list.selected is not None
    qtbot.keyClick(field, Qt.Key.Key_Up)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert desk.bridge.selection.zone == "B"


def test_the_palette_runs_an_action_and_shows_its_shortcut(
    field: SearchField, desk: UiContext, qtbot: QtBot
) -> None:
    done: list[str] = []
    desk.actions.set_handler("fit", partial(done.append, "fit"))
    qtbot.keyClicks(field, "whole dis")
    assert list_lines(field)[:2] == ["Actions", "Whole District, F"]
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert done == ["fit"]


def test_a_disabled_action_says_why_in_the_list_and_when_chosen(
    field: SearchField, desk: UiContext, qtbot: QtBot
) -> None:
    done: list[str] = []
    desk.actions.set_handler("retire_plan", partial(done.append, "retired"))
    desk.actions["retire_plan"].setEnabled(False)
    needs = desk.actions.specs["retire_plan"].needs
    qtbot.keyClicks(field, "retire")
    assert needs and list_lines(field)[1] == f"Retire Plan, {needs}"
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert done == []
    assert desk.notices.text.text() == needs


def test_a_toggle_shows_whether_it_is_on(field: SearchField, desk: UiContext, qtbot: QtBot) -> None:
    desk.actions["bottom"].setChecked(True)
    qtbot.keyClicks(field, "tables")
    assert "Tables, on, Ctrl+2" in list_lines(field)


def test_choosing_a_plan_in_the_search_shows_it(
    field: SearchField, desk: UiContext, qtbot: QtBot
) -> None:
    session = desk.session
    draft = branch_plan(session.project.plans["plan"], "w", "Winter", at=session.clock())
    session.apply("Branch", lambda project: project.with_plan(draft))
    session.show_plan("plan")
    qtbot.keyClicks(field, "wint")
    assert list_lines(field)[:2] == ["Plans", "Winter, draft"]
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert session.plan_uid == "w"


def test_recent_choices_come_first_and_are_offered_before_typing(
    field: SearchField, desk: UiContext, qtbot: QtBot
) -> None:
    qtbot.keyClicks(field, "r2c3")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    field.start()
    assert list_lines(field)[:2] == ["Recent", "School r2c3, Zone B"]
    assert "Workspaces" in list_lines(field)
    later = list_shown_rows(SearchField(desk, field.recent_text()), qtbot)
    qtbot.keyClicks(later, "school")
    assert list_lines(later)[1] == "School r2c3, Zone B"


def test_an_empty_result_is_shown(field: SearchField, desk: UiContext, qtbot: QtBot) -> None:
    qtbot.keyClicks(field, "zzz")
    assert list_lines(field) == ["Nothing matches “zzz”."]
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not field.list.isVisible() and field.text() == ""
    assert desk.bridge.selection.site is None


def test_many_matching_sites_leave_room_for_other_results_in_the_first_three() -> None:
    sites = [
        SearchItem(f"site {at}", SITES, f"Lock Hill {at}", "", "site", lambda: None)
        for at in range(40)
    ]
    lock = SearchItem("lock", ACTIONS, "Lock Site…", "", "lock", lambda: None, also=("lock",))
    keys = [hit.key for hit in rank_search_items("lock", [*sites, lock], ())]
    assert "lock" in keys[:3] and len(keys) > 3
