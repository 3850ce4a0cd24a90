"""One key prepares a permanent entry; five seconds are left to cancel."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from builders import MONDAY_AT_8, create_store, project_from
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.desk.settings import Settings
from zoneplanner.app.log.due_visits import change_visit_rule
from zoneplanner.app.log.logbook import list_visits, log_visit
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.visit_rule import VisitRule
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.services.notices import PENDING_WAIT_S

FAST_MS = 5


@pytest.fixture
def planner(looks: QApplication, tmp_path: Path) -> Iterator[ApplicationWindow]:
    """The whole program's window with a project of letters."""
    path = tmp_path / "letters.gpkg"
    project = project_from("AABB / AABB / aaaa")
    create_store(path, project, actor="planner", at=MONDAY_AT_8).close()
    made = ApplicationWindow(looks, Settings(appearance="light"), lambda _: None)
    made.show()
    made.open_project(path)
    yield made
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def select_and_press_k(window: MainWindow, site: str, qtbot: QtBot) -> None:
    window.desk.bridge.select(site=site)
    qtbot.keyClick(window.map, Qt.Key.Key_K)


def test_a_pending_visit_is_visible_and_logged_with_the_time_of_the_key(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    pending, start = window.desk.pending, session.clock()
    select_and_press_k(window, "r1c1", qtbot)
    assert pending.isVisible() and says(
        pending.text.text(), "pending_visit.began", site="School r1c1", unit="A", at="08:00"
    )
    assert pending.count.text() == "Logging in 5 s"
    assert list_visits(session) == ()
    session.clock = lambda: start + timedelta(minutes=1)
    qtbot.keyClick(window.map, Qt.Key.Key_K)  # the same key again, or a held one, is not two visits
    shown = []
    pending.timer.timeout.connect(lambda: shown.append(pending.count.text()))
    pending.timer.start(FAST_MS)
    qtbot.waitUntil(lambda: not pending.counting)
    (made,) = list_visits(session)
    assert (made.arrived_at, made.status) == (start, "on_site")
    assert shown[:-1] == [f"Logging in {left} s" for left in range(PENDING_WAIT_S - 1, 0, -1)]
    assert not pending.isVisible()


def test_enter_logs_at_once_and_escape_z_and_undo_log_nothing(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    pending = window.desk.pending
    for key in (Qt.Key.Key_Escape, Qt.Key.Key_Z):
        select_and_press_k(window, "r1c1", qtbot)
        qtbot.keyClick(pending, key)
        assert not pending.isVisible()
    select_and_press_k(window, "r1c1", qtbot)
    qtbot.keyClick(pending, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not pending.isVisible()
    change_visit_rule(session, VisitRule(late_min=5))
    select_and_press_k(window, "r1c1", qtbot)
    window.desk.actions["undo"].trigger()
    assert not pending.isVisible()
    select_and_press_k(window, "r1c1", qtbot)
    pending.no.setFocus()
    qtbot.keyClick(pending.no, Qt.Key.Key_Return)
    assert list_visits(session) == ()
    select_and_press_k(window, "r1c1", qtbot)
    qtbot.keyClick(pending, Qt.Key.Key_Return)
    assert [visit.site for visit in list_visits(session)] == ["r1c1"]


def test_a_visit_at_another_school_logs_the_pending_one_first(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    select_and_press_k(window, "r1c1", qtbot)
    select_and_press_k(window, "r1c2", qtbot)
    assert [visit.site for visit in list_visits(session)] == ["r1c1"]
    assert says(window.desk.pending.text.text(), "pending_visit.began", site="School r1c2")
    qtbot.keyClick(window.desk.pending, Qt.Key.Key_Escape)
    assert len(list_visits(session)) == 1


def test_closing_the_window_or_opening_another_project_logs_the_pending_entry(
    planner: ApplicationWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path, window = planner.path, planner.main
    assert window is not None and isinstance(path, Path)
    planner.activateWindow()
    qtbot.waitUntil(planner.isActiveWindow)
    select_and_press_k(window, "r1c1", qtbot)
    assert window.desk.pending.counting
    other = tmp_path / "other.gpkg"
    create_store(other, project_from("AB"), actor="planner", at=MONDAY_AT_8).close()
    planner.open_project(other)
    window = planner.main
    select_and_press_k(window, "r1c2", qtbot)
    assert window.desk.pending.counting
    planner.close()
    for file, site in ((path, "r1c1"), (other, "r1c2")):
        session = open_session(file)
        try:
            assert [visit.site for visit in list_visits(session)] == [site]
        finally:
            session.close()


def test_the_window_stays_open_if_the_pending_entry_is_rejected(
    planner: ApplicationWindow, qtbot: QtBot
) -> None:
    window = planner.main
    assert window is not None
    desk = window.desk
    desk.count_down_entry(
        ("visit", "gone"), "Visit to nowhere", lambda: log_visit(desk.session, "gone")
    )
    assert not planner.close()
    assert planner.isVisible() and "gone" in desk.notices.text.text()
    assert planner.close()
