"""The checks: grouped by rule, shown on the map, and fixed if a fix is known."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from builders import moved, project_from
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.log.logbook import list_incidents, list_visits, log_record
from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.edits import assign_sites
from zoneplanner.domain.project import Project
from zoneplanner.ui.plan.tables.checks_table import FIX, WHAT, ChecksPanel
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.services.ui_context import UiContext

OpenSession = Callable[[Project], Session]
OpenWindow = Callable[[Session], MainWindow]


def list_texts(panel: ChecksPanel, column: int = WHAT) -> list[str]:
    table = panel.table
    return [table.index(at, column).data() for at in range(table.rowCount())]


def find_cell(panel: ChecksPanel, text: str, column: int = WHAT) -> QModelIndex:
    return panel.view.model().index(list_texts(panel).index(text), column)


def click_cell(panel: ChecksPanel, index: QModelIndex, qtbot: QtBot) -> None:
    panel.view.scrollTo(index)
    at = panel.view.visualRect(index)
    spot = at.topLeft() + (at.center() - at.topLeft()) / 4
    qtbot.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=spot)


def open_checks(window: MainWindow) -> ChecksPanel:
    window.tabs.show_table(window.checks)
    return window.checks


def test_findings_are_grouped_by_rule_with_problems_first(
    open_window: OpenWindow, open_session: OpenSession
) -> None:
    project = moved(project_from("AAA? / aaaa", tolerance=0.4), "r2c1", 500.0, -1040.0)
    panel = open_checks(open_window(open_session(project)))
    broken, unassigned, notes, near_line = list_texts(panel)
    assert broken.endswith(" (1)") and notes.endswith(" (1)")
    assert says(unassigned, "check.unassigned", name="School r1c4")
    assert says(near_line, "check.near_line", name="School r2c1", line_m="131 ft (40 m)")
    first, fix, second, decide = list_texts(panel, FIX)
    assert first == second == "" and "School r1c4" in fix and decide == "Decide…"
    assert panel.view.horizontalHeader().isHidden()
    assert re.findall(r"\d+", panel.summary.text()) == ["1", "1"]


def test_the_button_in_a_row_fixes_it_as_one_labeled_step(
    open_window: OpenWindow, open_session: OpenSession, qtbot: QtBot
) -> None:
    session = open_session(project_from("AAA? / aaaa", tolerance=0.4))
    window = open_window(session)
    panel = open_checks(window)
    click_cell(panel, find_cell(panel, "School r1c4 has no zone.", FIX), qtbot)
    assert len(session.history) == 2 and session.plan is not None
    assert session.plan.assignment["r1c4"] == "A"
    assert panel.table.rowCount() == 0 and re.findall(r"\d+", panel.summary.text()) == ["0"]
    said = window.desk.notices.text.text()
    assert says(said, "fix.nearest", site="School r1c4", zone="A")
    window.desk.notices.offer.click()
    assert says(list_texts(panel)[1], "check.unassigned", name="School r1c4")


def test_selecting_a_finding_describes_its_fix(desk: UiContext, qtbot: QtBot) -> None:
    desk.session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    panel = ChecksPanel(desk)
    qtbot.addWidget(panel)
    panel.show()
    assert not panel.fix_button.isEnabled()
    panel.view.setCurrentIndex(panel.view.model().index(1, WHAT))
    assert desk.bridge.selection.zone == "A"
    facts = {"sites": "School r1c2", "before": "B", "after": "A"}
    assert says(panel.summary.text(), "fix.balance_move", **facts)
    assert "B +25.0 → +0.0%" in panel.summary.text()
    panel.fix_button.click()
    assert desk.session.plan is not None and desk.session.plan.assignment["r1c2"] == "A"
    assert desk.session.state.problems == () and panel.table.rowCount() == 0


def test_a_click_centers_the_map_on_the_finding(
    open_window: OpenWindow, open_session: OpenSession, qtbot: QtBot
) -> None:
    window = open_window(open_session(project_from("AAA? / aaaa", tolerance=0.4)))
    panel = open_checks(window)
    click_cell(panel, find_cell(panel, "School r1c4 has no zone."), qtbot)
    assert window.desk.bridge.selection.site == "r1c4"
    middle = window.map.mapToScene(window.map.viewport().rect().center())
    x_m, y_m = window.map.map.frame.to_project_m(middle)
    assert abs(x_m - 3500.0) < 20 and abs(y_m + 500.0) < 20


def test_a_click_zooms_the_map_to_disconnected_blocks(
    open_window: OpenWindow, open_session: OpenSession, qtbot: QtBot
) -> None:
    window = open_window(open_session(project_from("AB_. / aa__", tolerance=0.4)))
    panel = open_checks(window)
    window.map.fit()
    wide = window.map.transform().m11()
    found = next(text for text in list_texts(panel) if text.startswith("1 block part without"))
    click_cell(panel, find_cell(panel, found), qtbot)
    assert window.map.transform().m11() > wide


def test_fix_all_is_one_step(
    open_window: OpenWindow, open_session: OpenSession, qtbot: QtBot
) -> None:
    session = open_session(project_from("A??? / AAAB / aab?", tolerance=0.4))
    window = open_window(session)
    panel = open_checks(window)
    assert panel.all_button.isEnabled()
    panel.all_button.click()
    qtbot.waitUntil(lambda: len(session.history) == 2)
    assert session.undo_label is not None and session.undo_label.startswith("Fix ")
    assert session.state.problems == ()
    assert not panel.all_button.isEnabled()
    assert "No rule is broken." in window.desk.notices.text.text()
    session.undo()
    assert len(session.state.problems) >= 4


def test_fix_all_does_not_overwrite_a_concurrent_edit(
    open_window: OpenWindow, open_session: OpenSession, qtbot: QtBot
) -> None:
    session = open_session(project_from("A??B / aaaa", tolerance=0.4))
    window = open_window(session)
    panel = open_checks(window)
    panel.all_button.click()
    session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    qtbot.waitUntil(lambda: "nothing was fixed" in window.desk.notices.text.text())
    assert session.undo_label == "Move"


def test_nothing_can_be_fixed_during_a_drag(desk: UiContext, qtbot: QtBot) -> None:
    panel = ChecksPanel(desk)
    qtbot.addWidget(panel)
    panel.show()
    with qtbot.waitSignal(desk.bridge.preview_followed):
        desk.session.preview(lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
        assert not panel.all_button.isEnabled()
    assert len(desk.session.state.problems) == 2 and set(list_texts(panel, FIX)) == {""}
    assert not panel.all_button.isEnabled()
    desk.session.commit_gesture("Move School r1c2 to B")
    assert any("School r1c2" in text for text in list_texts(panel, FIX))


def test_a_site_near_a_boundary_is_left_for_a_person_to_decide(
    open_window: OpenWindow, open_session: OpenSession, qtbot: QtBot
) -> None:
    project = moved(project_from("AAAA / aaaa"), "r2c1", 500.0, -1040.0)
    window = open_window(open_session(project))
    panel = open_checks(window)
    asked: list[str | None] = []
    window.desk.actions["decide"].triggered.disconnect()
    window.desk.actions.set_handler(
        "decide", lambda: asked.append(window.desk.bridge.selection.site)
    )
    click_cell(panel, panel.view.model().index(1, FIX), qtbot)
    assert asked == ["r2c1"]


def test_findings_are_painted(desk: UiContext, qtbot: QtBot) -> None:
    holed = replace(desk.session.project.plans["plan"], assignment={"r1c1": "A"})
    desk.session.apply("Empty", lambda project: project.with_plan(holed))
    panel = ChecksPanel(desk)
    qtbot.addWidget(panel)
    panel.resize(700, 200)
    panel.show()
    picture = panel.view.viewport().grab().toImage()
    assert picture.format() != QImage.Format.Format_Invalid
    shades = {picture.pixel(x, y) for x in range(0, 600, 3) for y in range(0, 120, 3)}
    assert len(shades) > 10


def test_self_initiated_and_duplicate_calls_are_fixed_from_their_rows(
    open_window: OpenWindow, open_session: OpenSession, qtbot: QtBot
) -> None:
    session = open_session(project_from("AABB"))
    at = (session.clock() - timedelta(hours=2)).isoformat()
    times = dict.fromkeys(("received_at", "dispatched_at", "onscene_at"), at)
    log_record(session, "incident", {"site": "r1c1", "type": "PATROL CHECK", **times})
    for second in (10, 40):  # one call with two numbers
        begun = (session.clock() - timedelta(hours=3, seconds=second)).isoformat()
        log_record(session, "incident", {"site": "r1c2", "type": "FIGHT", "received_at": begun})
    panel = open_checks(open_window(session))
    assert re.findall(r"\d+", panel.summary.text()) == ["2"]
    click_cell(
        panel, panel.view.model().index(list_texts(panel, FIX).index("Count once"), FIX), qtbot
    )
    assert len(list_incidents(session)) == 2 and "Count once" not in list_texts(panel, FIX)
    (self_initiated,) = (at for at, text in enumerate(list_texts(panel, FIX)) if text)
    click_cell(panel, panel.view.model().index(self_initiated, FIX), qtbot)
    assert len(list_incidents(session)) == len(list_visits(session)) == 1
    assert set(list_texts(panel, FIX)) <= {""}


def test_a_long_fix_is_not_cut_off_when_there_is_room(
    open_window: OpenWindow, open_session: OpenSession, qtbot: QtBot
) -> None:
    project = project_from("AAA? / aaaa", tolerance=0.4)
    long = replace(project.sites["r1c4"], name="Academy of Music, Dance and Drawing at Arden")
    window = open_window(open_session(replace(project, sites={**project.sites, "r1c4": long})))
    panel = open_checks(window)
    window.resize(1600, 1000)
    label = list_texts(panel, FIX)[1]
    needs_px = panel.view.fontMetrics().horizontalAdvance(label)
    qtbot.waitUntil(lambda: panel.view.columnWidth(FIX) > needs_px + 20)
    says_px = panel.view.fontMetrics().horizontalAdvance(list_texts(panel)[1])
    assert panel.view.columnWidth(WHAT) > says_px + 18
    window.resize(1000, 700)
    qtbot.waitUntil(lambda: panel.view.columnWidth(WHAT) + panel.view.columnWidth(FIX) < 1000)
    assert panel.view.columnWidth(FIX) >= 280
