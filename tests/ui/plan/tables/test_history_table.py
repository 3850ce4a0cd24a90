"""The history lists every step with time and author, and shows one by a click or Enter."""

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from zoneplanner.domain.plans.edits import assign_sites, set_plan_note
from zoneplanner.ui.plan.tables.history_table import HistoryPanel
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.tables.table_model import MARK_ROLE


def open_history(desk: UiContext, qtbot: QtBot) -> HistoryPanel:
    panel = HistoryPanel(desk)
    qtbot.addWidget(panel)
    panel.resize(700, 200)
    panel.show()
    return panel


def move_sites(desk: UiContext, *sites: str) -> None:
    for site in sites:
        desk.session.apply(
            f"Move {site} to B",
            lambda project, site=site: assign_sites(project, "plan", {site: "B"}),
        )


def list_texts(panel: HistoryPanel) -> list[list[str]]:
    model = panel.view.model()
    return [
        [model.index(row, column).data() for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_a_step_shows_its_number_label_plan_time_and_person(desk: UiContext, qtbot: QtBot) -> None:
    panel = open_history(desk, qtbot)
    move_sites(desk, "r1c2")
    assert list_texts(panel)[0] == ["1", "Move r1c2 to B", "Plan", "Today 08:00", "planner"]
    assert panel.counted.text() == "2 steps"


def test_a_click_or_enter_views_a_step(desk: UiContext, qtbot: QtBot) -> None:
    panel = open_history(desk, qtbot)
    move_sites(desk, "r1c2", "r2c2")
    first = panel.view.model().index(2, 1)
    qtbot.mouseClick(
        panel.view.viewport(),
        Qt.MouseButton.LeftButton,
        pos=panel.view.visualRect(first).center(),
    )
    session = desk.session
    assert (session.viewed_step, len(session.history)) == (0, 3)
    assert session.plan is not None and session.plan.assignment["r1c2"] == "A"
    marks = [panel.table.index(row, 1).data(MARK_ROLE) for row in range(3)]
    assert marks == ["next", "", "history"]
    panel.view.select_key(2)
    assert session.viewed_step == 0
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    assert (session.viewed_step, session.state) == (None, session.present_state)


def test_steps_are_filtered_by_words(desk: UiContext, qtbot: QtBot) -> None:
    panel = open_history(desk, qtbot)
    move_sites(desk, "r1c2", "r2c2", "r1c1")
    qtbot.keyClicks(panel.filter, "r2c2 move")
    assert [row[1] for row in list_texts(panel)] == ["Move r2c2 to B"]
    assert panel.counted.text() == "1 of 4 steps"
    panel.view.opened.emit(2)
    assert desk.session.viewed_step == 2
    panel.filter.clear()
    assert panel.counted.text() == "4 steps"


def test_a_long_history_scrolls_to_the_viewed_step(desk: UiContext, qtbot: QtBot) -> None:
    for at in range(60):
        desk.session.apply(
            f"Note {at}", lambda project, at=at: set_plan_note(project, "plan", f"note {at}")
        )
    panel = open_history(desk, qtbot)
    assert panel.counted.text() == "61 steps"
    desk.session.view_step(20)
    current = panel.view.currentIndex()
    assert panel.table.row(current.row()).number == 20
    assert panel.view.viewport().rect().contains(panel.view.visualRect(current).center())
