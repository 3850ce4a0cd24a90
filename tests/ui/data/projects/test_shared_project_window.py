"""The window on a project shared with other desks, and on a read-only one."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from
from cluster import Cluster
from map_driver import Hand
from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QDialog, QPushButton
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner import storage
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.projects import backups
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.plans.edits import add_plan_lock, assign_sites
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.errors import Disconnected
from zoneplanner.ui.data.projects.backups import BackupsDialog
from zoneplanner.ui.data.projects.shared_project_dialogs import SharedProjectDialog
from zoneplanner.ui.shell.actions.undo_actions import GoBackDialog
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shell.permissions import find_required_right
from zoneplanner.ui.shell.workspaces import WORKSPACES

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
OpenWindow = Callable[[Session], MainWindow]


HOLDS = "4 sites; Plan; 1 edit, 0 entries"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    file = tmp_path / "p.gpkg"
    made = create_store(file, project_from("AABB"), actor="planner", at=NOW)
    made.close()
    return file


@pytest.fixture
def schema(cluster: Cluster, path: Path) -> str:
    """A shared project on two zones."""
    name = cluster.new_schema()
    with storage.open(path) as store:
        store.share(cluster.address("owner", name))
    return name


@pytest.fixture
def open_as(cluster: Cluster, schema: str, tmp_path: Path) -> Iterator[Callable[[str], Session]]:
    """Open the shared project at a desk."""
    sessions: list[Session] = []

    def open_session_as(who: str) -> Session:
        address = cluster.address(who, schema)
        outbox = tmp_path / f"outbox of {who}"
        store = storage.open(address, desk=f"desk of {who}", outbox=outbox)
        sessions.append(Session(store, actor=who, desk="d", clock=lambda: NOW))
        return sessions[-1]

    yield open_session_as
    for session in sessions:
        session.close()


def assign_zone(session: Session, site: str, zone: str) -> None:
    session.apply(f"Move {site}", lambda project: assign_sites(project, "plan", {site: zone}))


def test_changes_at_another_desk_are_shown_with_who_and_what(
    open_as: Callable[[str], Session], open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(open_as("Officer A"))
    there = open_as("Officer B")
    assign_zone(there, "r1c2", "B")
    notices = window.desk.notices
    qtbot.waitUntil(lambda: notices.text.text() == "Officer B: Move r1c2.")
    assert window.desk.session.state.saved_project.plans["plan"].assignment["r1c2"] == "B"
    there.log(NewEntry("v1", "visit", "r1c1", None, NOW, {"status": "completed"}))
    qtbot.waitUntil(lambda: notices.text.text() == "Officer B logged a visit at School r1c1.")
    status = window.status
    qtbot.waitUntil(lambda: status.desks.text() in ("Shared, 1 desk", "Shared, 2 desks"))
    assert "Officer A (desk of Officer A)" in status.desks.toolTip()
    window.show_workspace("log")
    strip = window.stage.boards["units"]

    def read_state(unit: str) -> str:
        return next(cell.state for cell in strip.cells if cell.row.unit == unit)

    assert read_state("A") == "Available"
    for status, words in (("meal", "Meal"), ("court", "Court")):
        log_record(there, "unit_status", {"unit": "A", "status": status})
        qtbot.waitUntil(lambda words=words: read_state("A") == words)
    (clock,) = window.status.following.findChildren(QTimer)
    assert clock.isActive() and 4 * clock.interval() <= 1000, (
        "new entries are read at least four times a second"
    )


def test_undo_leaves_the_steps_of_other_desks_and_going_back_names_their_authors(
    open_as: Callable[[str], Session], open_window: OpenWindow, qtbot: QtBot
) -> None:
    there = open_as("Officer B")
    assign_zone(there, "r1c2", "B")
    session = open_as("Officer A")
    window = open_window(session)
    window.map.setFocus()
    for modifier in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier):
        qtbot.keyClick(window.map, Qt.Key.Key_Z, modifier)
    assert says(window.desk.notices.text.text(), "nothing_to_undo")
    assert session.store.project().plans["plan"].assignment["r1c2"] == "B"
    session.view_step(0)
    window.history_banner.go_back.click()
    [form] = window.window().findChildren(GoBackDialog)
    told = form.about.text()
    assert "1 step" in told and "Officer B" in told and "• Move r1c2" in told
    form.reject()
    assert session.store.project().plans["plan"].assignment["r1c2"] == "B"


def test_a_conflict_offers_to_make_the_change_again(
    open_as: Callable[[str], Session], open_window: OpenWindow, qtbot: QtBot
) -> None:
    session = open_as("Officer A")
    window = open_window(session)
    window.status.following.close()
    there = open_as("Officer B")
    assign_zone(there, "r1c2", "B")
    assign_zone(there, "r1c2", "A")
    assert not window.desk.attempt(lambda: assign_zone(session, "r1c2", "B"))
    notices = window.desk.notices
    told = notices.text.text()
    assert says(told, "conflict.zone", yours="in Zone B", theirs="in Zone A")
    assert "Officer B" in told
    notices.offer.click()
    assert session.state.saved_project.plans["plan"].assignment["r1c2"] == "B"


def test_the_status_bar_counts_unsent_entries_while_the_server_is_away(
    open_as: Callable[[str], Session], open_window: OpenWindow, cluster: Cluster, qtbot: QtBot
) -> None:
    session = open_as("Officer A")
    window = open_window(session)
    cluster.run('ALTER ROLE "Officer A" CONNECTION LIMIT 0')
    try:
        cluster.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'Officer A'"
        )
        qtbot.waitUntil(lambda: not session.store.online)
        session.log(NewEntry("v1", "visit", "r1c1", None, NOW, {"status": "completed"}))
        away = "Server unreachable; trying again"
        qtbot.waitUntil(lambda: window.status.desks.text() == away)
        assert says(window.status.saved.text(), "outbox.open_project", n="1 entry is")
        with pytest.raises(Disconnected) as caught:
            assign_zone(session, "r1c2", "B")
        assert says(caught.value.message, "server_away.known")
        window.desk.show_problem(caught.value)
        assert window.desk.notices.offer.isVisible()
    finally:
        cluster.run('ALTER ROLE "Officer A" CONNECTION LIMIT -1')
    qtbot.waitUntil(lambda: window.status.desks.text() == "Shared, 1 desk", timeout=15_000)
    assert [entry.hash != "" for entry in session.store.entries()] == [True]
    assert caught.value.retry is not None
    caught.value.retry()
    assert session.state.saved_project.plans["plan"].assignment["r1c2"] == "B"
    assert "wait" not in window.status.saved.text()


@pytest.fixture
def planner(open_planner: Callable[..., ApplicationWindow]) -> ApplicationWindow:
    return open_planner(show=False)


def test_a_dispatcher_sees_only_permitted_actions_and_why(
    planner: ApplicationWindow, cluster: Cluster, schema: str, qtbot: QtBot
) -> None:
    planner.open_project(cluster.address("Dispatch D", schema))
    qtbot.waitUntil(lambda: planner.main is not None)
    assert planner.main is not None
    actions, notices = planner.main.desk.actions, planner.main.desk.notices
    hidden = ("propose", "adopt", "redo", "lock", "tool_brush", "give_1", "delete_plan")
    assert [actions[name].isVisible() for name in hidden] == [False] * len(hidden)
    shown = ("undo", "log_visit", "new_incident", "compare", "tool_select", "handout")
    assert [actions[name].isVisible() for name in shown] == [True] * len(shown)
    assert says(notices.text.text(), "may_only_log", role="dispatcher")
    assert (actions["backups"].isEnabled(), actions["save_copy"].isEnabled()) == (True, False)
    banner = planner.main.read_only_banner
    for workspace, told in (("plan", True), ("log", False), ("shifts", True)):
        planner.main.show_workspace(workspace)
        assert banner.isHidden() != told


def test_a_viewer_can_neither_log_nor_plan(
    planner: ApplicationWindow, cluster: Cluster, schema: str, qtbot: QtBot
) -> None:
    planner.open_project(cluster.address("Viewer V", schema))
    qtbot.waitUntil(lambda: planner.main is not None)
    assert planner.main is not None
    actions = planner.main.desk.actions
    assert not actions["log_visit"].isVisible()
    assert not actions["propose"].isVisible()
    assert actions["log_folder"].isVisible()
    assert says(planner.main.read_only_banner.text.text(), "may_only_look", role="viewer")


WRITING = (
    *("Log it", "Log it…", "Correct…", "Void…", "Fix", "Fix all", "Propose…", "Approve"),
    *("Decline", "Add…", "Change…", "Unlock", "Hold", "LOCKDOWN", "Log a visit", "Propose zones"),
    *("Copy last week", "Post week", "Lock", "Import", "Visit Now", "Rule…", "Log a visit…"),
    *("Import…", "Import officers…", "Try with sample officers", "Propose shifts…"),
)


def test_no_button_key_or_drag_of_a_viewer_writes_anything_and_each_says_why(
    planner: ApplicationWindow, cluster: Cluster, schema: str, qtbot: QtBot
) -> None:
    planner.open_project(cluster.address("Viewer V", schema))
    qtbot.waitUntil(lambda: planner.main is not None)
    main = planner.main
    assert main is not None
    planner.show()
    desk, before = main.desk, main.desk.session.state.saved_project
    desk.bridge.select(site="r1c2")  # which shows its actions
    for workspace in WORKSPACES:
        main.show_workspace(workspace)
        for fold in main.left.folds.values():
            fold.open()
        for at in range(main.tabs.count()):
            if main.tabs.isTabVisible(at):
                main.tabs.setCurrentIndex(at)
        QCoreApplication.processEvents()
        pressed = [
            button.text()
            for button in main.findChildren(QAbstractButton)
            if button.isVisible() and button.isEnabled() and button.text() in WRITING
        ]
        assert not pressed, workspace
    assert main.read_only_banner.isVisible()
    assert says(main.read_only_banner.text.text(), "may_only_look", role="viewer")
    writes = [name for name in desk.actions.specs if find_required_right(desk.actions, name)]
    assert [name for name in writes if desk.actions[name].isVisible()] == []
    main.show_workspace("plan")
    main.map.setFocus()
    for key in (Qt.Key.Key_2, Qt.Key.Key_J, Qt.Key.Key_K, Qt.Key.Key_Q):
        desk.notices.hide()
        QTest.keyClick(main.map, key)
        assert says(desk.notices.text.text(), "may_only_look", role="viewer")
        assert desk.notices.isVisible()
    hand = Hand(main.map, qtbot)
    hand.drag(hand.site("r1c2"), hand.site("r1c4"))
    assert says(str(hand.refusals[-1]), "may_only_look", role="viewer")
    main.log_actions.correct("visit", "none")
    assert says(desk.notices.text.text(), "may_only_look")
    assert desk.session.state.saved_project is before
    assert desk.session.store.entries() == []


def test_a_drop_on_a_locked_zone_says_who_locked_it_and_why(
    open_as: Callable[[str], Session], open_window: OpenWindow, qtbot: QtBot
) -> None:
    there, session = open_as("Officer B"), open_as("Officer A")
    there.apply(
        "Lock B", lambda project: add_plan_lock(project, "plan", LockScope.ZONE, "B", "bus line")
    )
    window = open_window(session)
    qtbot.waitUntil(lambda: bool(session.state.saved_project.plans["plan"].locks))
    hand = Hand(window.map, qtbot)
    hand.drag(hand.site("r1c2"), hand.site("r1c4"))
    told = window.desk.notices.text.text()
    for fact in ("Zone B", "(bus line)", "School r1c2", "Officer B", "2026-11-16"):
        assert fact in told
    assert session.state.saved_project.plans["plan"].assignment["r1c2"] == "A"


def test_recent_projects_store_an_address_without_its_password(
    planner: ApplicationWindow, cluster: Cluster, schema: str, qtbot: QtBot
) -> None:
    planner.open_project(cluster.address("Officer A", schema))
    qtbot.waitUntil(lambda: bool(planner.settings.recent))
    [recent] = planner.settings.recent
    assert recent.startswith("postgresql://Officer%20A@127.0.0.1")
    assert "Sesam" not in recent


def test_opening_makes_a_backup_that_can_be_restored(
    planner: ApplicationWindow, path: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    planner.open_project(path)
    assert planner.main is not None
    main = planner.main
    qtbot.waitUntil(lambda: bool(backups.list_backups_of(path)), timeout=20_000)
    qtbot.waitUntil(lambda: not main.desk.jobs.running)
    main.desk.actions["backups"].trigger()
    dialog = main.findChild(BackupsDialog)
    assert isinstance(dialog, BackupsDialog)
    assert dialog.table.model().index(0, 2).data() == HOLDS
    dialog.restore_to(tmp_path / "again.gpkg")
    QDialog.reject(dialog)
    assert "“again.gpkg”" in main.desk.notices.text.text()
    main.desk.notices.offer.click()
    assert planner.path == tmp_path / "again.gpkg"
    assert len(backups.list_backups_of(path)) == 1


def test_a_file_open_in_another_window_is_reported(
    planner: ApplicationWindow, path: Path, qtbot: QtBot
) -> None:
    planner.open_project(path)
    assert planner.main is not None
    following, desks = planner.main.status.following, planner.main.status.desks
    there = open_session(path, stays=True)
    there.store.list_present_desks()
    following.poll()
    qtbot.waitUntil(lambda: desks.text() == "2 desks have this file open", timeout=20_000)
    assert there.desk in desks.toolTip()
    there.close()


def test_a_damaged_file_opens_as_far_as_readable_and_offers_its_backups(
    planner: ApplicationWindow, path: Path, qtbot: QtBot
) -> None:
    with storage.open(path) as store:
        made = Session(store, actor="planner", desk="desk 1", clock=lambda: NOW)
        backups.back_up(made, "opened")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 8 // 10])
    planner.open_project(path)
    assert planner.main is None
    buttons = {button.text(): button for button in planner.skeleton.findChildren(QPushButton)}
    assert says(planner.skeleton.text.text(), "newest_backup", content=HOLDS)
    assert "Restore a backup…" in buttons
    buttons["Open read-only"].click()
    assert planner.main is not None
    assert "(read-only)" in planner.windowTitle()
    notices = planner.main.desk.notices
    assert "“p.gpkg”" in notices.text.text()
    assert "4 sites, 1 plan, 2 zones" in notices.text.text()
    notices.hide()
    assert "damaged" in planner.main.read_only_banner.text.text(), (
        "the banner stays after the notice"
    )
    assert says(planner.main.status.saved.text(), "saving.damaged_file")
    planner.main.read_only_banner.restore.click()
    dialog = planner.main.findChild(BackupsDialog)
    assert isinstance(dialog, BackupsDialog)
    assert dialog.table.model().index(0, 2).data() == HOLDS
    QDialog.reject(dialog)


def test_an_unreadable_file_is_restored_from_a_backup(
    planner: ApplicationWindow, path: Path, tmp_path: Path
) -> None:
    with storage.open(path) as store:
        made = Session(store, actor="planner", desk="desk 1", clock=lambda: NOW)
        backups.back_up(made, "opened")
    path.write_bytes(path.read_bytes()[:9000])
    planner.open_project(path)
    buttons = {button.text(): button for button in planner.skeleton.findChildren(QPushButton)}
    assert "Open read-only" not in buttons
    buttons["Restore a backup…"].click()
    dialog = planner.findChild(BackupsDialog)
    assert isinstance(dialog, BackupsDialog)
    dialog.restore_to(tmp_path / "again.gpkg")
    QDialog.reject(dialog)
    assert planner.path == tmp_path / "again.gpkg"


def test_the_dialog_accepts_an_address_and_rejects_an_invalid_one(qtbot: QtBot) -> None:
    given: list[storage.ServerAddress] = []
    dialog = SharedProjectDialog("Open", "Open", "", given.append)
    qtbot.addWidget(dialog)
    dialog.server.setText("postgresql://x@server/d?sslmode=disable")
    dialog.accept()
    assert says(dialog.refused.text(), "bad_address.no_certificate_check")
    dialog.server.setText("server")
    dialog.accept()
    assert says(dialog.refused.text(), "field_empty.database")
    dialog.database.setText("district")
    dialog.person.setText("Officer A")
    dialog.password.setText("secret")
    dialog.accept()
    assert [str(one) for one in given] == ["postgresql://Officer%20A@server/district"]
    assert given[0].connection_options()["sslmode"] == "verify-full"
    assert given[0].password == "secret"
