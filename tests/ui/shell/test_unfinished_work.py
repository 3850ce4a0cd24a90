"""Quitting or opening another project in the middle of work asks first and loses nothing."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from builders import MONDAY_AT_8, create_store, project_from
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from zoneplanner import storage
from zoneplanner.app.desk.settings import Settings
from zoneplanner.app.log.response_actions import list_active_actions
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.domain.plans.edits import assign_sites
from zoneplanner.errors import ProgressReport
from zoneplanner.ui.data.data_panel import OfficeDataPanel
from zoneplanner.ui.log.response_actions.response_bar import UnrecordedActionQuestion
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shell.unfinished_work import UnfinishedWorkQuestion
from zoneplanner.ui.widgets.inputs.leave_question import LeaveQuestion

WIDE = " / ".join(["AAAABBBB"] * 13 + ["CCCCDDDD"] * 13)
"""So many sites that no search proves its best plan within a test."""


@pytest.fixture
def open_planner(
    looks: QApplication, tmp_path: Path
) -> Iterator[Callable[[str], ApplicationWindow]]:
    """Open the program's window on a project of letters."""
    made: list[ApplicationWindow] = []

    def opened(letters: str) -> ApplicationWindow:
        path = tmp_path / "first.gpkg"
        create_store(path, project_from(letters), actor="planner", at=MONDAY_AT_8).close()
        planner = ApplicationWindow(looks, Settings(appearance="light"), lambda _: None)
        made.append(planner)
        planner.show()
        planner.open_project(path)
        return planner

    yield opened
    for planner in made:
        if planner.main is not None:
            planner.main.desk.jobs.cancel_all()
        planner.close()
        planner.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def get_window(planner: ApplicationWindow) -> MainWindow:
    assert planner.main is not None
    return planner.main


def find_question(planner: ApplicationWindow) -> UnfinishedWorkQuestion:
    (shown,) = [one for one in planner.findChildren(UnfinishedWorkQuestion) if one.isVisible()]
    return shown


def read_stored_zones(path: Path) -> dict[str, str]:
    session = open_session(path)
    try:
        assert session.plan is not None
        return dict(session.plan.assignment)
    finally:
        session.close()


def propose(planner: ApplicationWindow, qtbot: QtBot) -> MainWindow:
    """Start a search and wait until it has found a plan that differs from the one on screen."""
    window = get_window(planner)
    window.desk.actions["propose"].trigger()
    body = window.optimizer.body
    body.form.limit.setValue(60)
    qtbot.keyClick(body.start_button, Qt.Key.Key_Return)
    assert window.desk.session.plan is not None
    shown = dict(window.desk.session.plan.assignment)
    qtbot.waitUntil(
        lambda: any(dict(one.plan.assignment) != shown for one in body.candidate_list.candidates),
        timeout=20_000,
    )
    assert body.busy
    return window


def test_quitting_during_a_proposal_asks_and_saves_the_best_plan(
    open_planner: Callable[[str], ApplicationWindow], qtbot: QtBot
) -> None:
    planner = open_planner(WIDE)
    path = planner.path
    assert isinstance(path, Path)
    before = dict(get_window(planner).desk.session.plan.assignment)  # type: ignore[union-attr]
    window = propose(planner, qtbot)
    assert not planner.close()  # as the window manager closes it
    asked = find_question(planner)
    assert "Proposing zones" in asked.text() and asked.use is not None
    assert asked.informativeText()
    qtbot.keyClick(asked, Qt.Key.Key_Escape)
    assert planner.isVisible() and window.optimizer.busy
    window.desk.actions["quit"].trigger()
    asked = find_question(planner)
    assert asked.use is not None
    asked.use.click()
    qtbot.waitUntil(lambda: not planner.isVisible())
    assert read_stored_zones(path) != before


def test_opening_another_project_waits_for_the_answer_and_saves_an_outdated_best_plan_separately(
    open_planner: Callable[[str], ApplicationWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    planner = open_planner(WIDE)
    first, other = planner.path, tmp_path / "other.gpkg"
    assert isinstance(first, Path)
    create_store(other, project_from("AB"), actor="planner", at=MONDAY_AT_8).close()
    session = propose(planner, qtbot).desk.session
    session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c4": "B"}))
    planner.open_project(other)
    assert planner.path == first
    use = find_question(planner).use
    assert use is not None
    use.click()
    qtbot.waitUntil(lambda: planner.path == other)
    kept = open_session(first)
    try:
        assert kept.project.plans["plan"].assignment["r1c4"] == "B"
        assert len(kept.project.plans) == 2
    finally:
        kept.close()


def test_quitting_asks_about_files_being_written_but_not_about_background_work(
    open_planner: Callable[[str], ApplicationWindow], qtbot: QtBot
) -> None:
    planner = open_planner("AB")
    jobs, go_on = get_window(planner).desk.jobs, threading.Event()

    def work(report: ProgressReport) -> None:
        while not go_on.wait(0.01):
            report(0.5, "")

    jobs.run("Making the files", work, on_done=lambda _: None, lost="No file was written.")
    assert not planner.close()
    asked = find_question(planner)
    assert asked.informativeText() == "No file was written." and asked.use is None
    go_on.set()  # the work ends while it is asked: the question goes and the window stays
    qtbot.waitUntil(lambda: not jobs.running)
    qtbot.waitUntil(lambda: not planner.findChildren(UnfinishedWorkQuestion))
    assert planner.isVisible()
    go_on.clear()
    jobs.run("Making the files", work, on_done=lambda _: None, lost="No file was written.")
    assert not planner.close()
    find_question(planner).stop.click()
    qtbot.waitUntil(lambda: not planner.isVisible())


def test_quitting_with_an_unlogged_call_asks_about_it(
    open_planner: Callable[[str], ApplicationWindow], qtbot: QtBot
) -> None:
    planner = open_planner("AABB / aabb")
    main = get_window(planner)
    main.show_workspace("log")
    main.desk.actions["new_incident"].trigger()
    form = main.left.sections["console"].new
    qtbot.waitUntil(form.site.hasFocus)
    qtbot.keyClicks(form.site, "r1c2")
    qtbot.keyClick(form.site, Qt.Key.Key_Return)
    for leave in (Qt.Key.Key_Escape, None):
        main.desk.actions["quit"].trigger()
        (shown,) = [one for one in planner.findChildren(LeaveQuestion) if one.isVisible()]
        assert "School r1c2" in shown.text() and planner.isVisible()
        if leave is not None:
            qtbot.keyClick(shown, leave)
            assert form.site.key == "r1c2", "Esc stays, and the call with it"
        else:
            (discard,) = [one for one in shown.buttons() if one.property("danger")]
            discard.click()
    qtbot.waitUntil(lambda: not planner.isVisible())


def test_quitting_with_an_unrecorded_lockdown_asks_about_it(
    open_planner: Callable[[str], ApplicationWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    planner = open_planner("AABB / aabb")
    path, second = planner.path, tmp_path / "second.gpkg"
    assert isinstance(path, Path)
    create_store(second, project_from("AB"), actor="planner", at=MONDAY_AT_8).close()

    def asked(place: str, *, turns: bool) -> UnrecordedActionQuestion:
        main = get_window(planner)
        main.desk.bridge.select(site=place or None)
        main.desk.actions["begin_lockdown"].trigger()
        planner.open_project(second) if turns else main.desk.actions["quit"].trigger()
        (shown,) = [
            one for one in planner.findChildren(UnrecordedActionQuestion) if one.isVisible()
        ]
        return shown

    bar = get_window(planner).response_bar
    first = asked("r1c1", turns=False)
    qtbot.keyClick(first, Qt.Key.Key_Escape)
    assert bar.isVisible() and planner.isVisible() and "r1c1" in first.text()
    bar.leave()
    unnamed = asked("", turns=True)
    assert not unnamed.record.isEnabled()
    unnamed.stay.click()
    assert bar.isVisible() and planner.path == path
    bar.leave()
    recorded = asked("r1c2", turns=True)
    qtbot.mouseClick(recorded.record, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: planner.path == second)
    session = open_session(path)
    assert [(one.site, one.action) for one in list_active_actions(session)] == [
        ("r1c2", "lockdown")
    ]
    session.close()
    dropped = asked("r1c1", turns=False)
    qtbot.mouseClick(dropped.discard, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not planner.isVisible())
    session = open_session(second)
    assert list_active_actions(session) == ()
    session.close()


def test_quitting_saves_an_edited_school_cell(
    open_planner: Callable[[str], ApplicationWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    planner = open_planner("AABB")
    type_cell(get_window(planner), "(916) 555-0177", qtbot)
    planner.close()
    assert not planner.isVisible()
    with storage.open(tmp_path / "first.gpkg", read_only=True) as store:
        assert store.project().sites["r1c1"].phone == "(916) 555-0177"


def test_a_rejected_cell_keeps_the_window_open(
    open_planner: Callable[[str], ApplicationWindow], qtbot: QtBot
) -> None:
    planner = open_planner("AABB")
    main = get_window(planner)
    panel = type_cell(main, "many", qtbot, column="enrollment")
    main.desk.actions["go_plan"].trigger()
    planner.close()
    assert planner.isVisible() and main.workspace == "data"
    assert panel.form.cells["enrollment"].read() == "many"
    panel.form.discard.click()


def type_cell(main: MainWindow, text: str, qtbot: QtBot, column: str = "phone") -> OfficeDataPanel:
    """Choose the first school in Data and type over one of its cells."""
    main.desk.actions["go_data"].trigger()
    panel = main.findChild(OfficeDataPanel)
    assert panel is not None
    view = panel.rows.view
    at = view.visualRect(panel.rows.sorted.index(0, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    field = panel.form.cells[column].widget
    assert isinstance(field, QLineEdit)
    field.selectAll()
    qtbot.keyClicks(field, text)
    return panel
