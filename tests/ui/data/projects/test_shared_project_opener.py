"""A desk reopens its shared project, and never a local file in its place."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from
from cluster import PASSWORD, Cluster
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner import storage
from zoneplanner.app.desk.settings import Settings
from zoneplanner.app.log.response_actions import begin_response_action, end_response_action
from zoneplanner.domain.plans.edits import assign_sites
from zoneplanner.messages import Message
from zoneplanner.ui.data.projects.shared_project_dialogs import (
    SharedPasswordDialog,
    SharedProjectDialog,
)
from zoneplanner.ui.log.response_actions.response_banner import ResponseActionBanner
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.tables.record_rows import ENTRY_COLUMNS, EntryRow

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
SOON_MS = 100
OpenPlanner = Callable[[Settings], ApplicationWindow]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    file = tmp_path / "p.gpkg"
    create_store(file, project_from("AABB"), actor="planner", at=NOW).close()
    return file


@pytest.fixture
def schema(cluster: Cluster, path: Path) -> str:
    """The schema of a project shared from the file, which looks the same."""
    name = cluster.new_schema()
    with storage.open(path) as store:
        store.share(cluster.address("owner", name))
    return name


def write_pgpass(path: Path, password: str) -> None:
    file = path.with_name("pgpass")
    file.write_text(f"*:*:*:*:{password}\n", encoding="utf-8")
    file.chmod(0o600)


def wait_for_main(planner: ApplicationWindow, qtbot: QtBot) -> MainWindow:
    qtbot.waitUntil(lambda: planner.main is not None, timeout=15_000)
    assert planner.main is not None
    return planner.main


def list_buttons(planner: ApplicationWindow) -> dict[str, QPushButton]:
    found = planner.skeleton.findChildren(QPushButton)
    return {button.text(): button for button in found if button.isVisible()}


def test_a_desk_waits_for_its_shared_project_and_opens_it(
    open_planner: OpenPlanner, cluster: Cluster, schema: str, path: Path, qtbot: QtBot
) -> None:
    write_pgpass(path, PASSWORD)
    address = str(cluster.address("Dispatch D", schema))
    planner = open_planner(Settings(recent=(address, str(path))))
    cluster.run('ALTER ROLE "Dispatch D" CONNECTION LIMIT 0')
    try:
        planner.open_first(None)
        qtbot.waitUntil(lambda: says(planner.skeleton.text.text(), "server_away.refused"))
        assert planner.main is None, "the local file is not opened instead"
        assert says(
            planner.skeleton.title.text(), "opening_waits", server=f"127.0.0.1:{cluster.port}"
        )
        assert says(planner.skeleton.text.text(), "opening_retried", seconds="5")
        offered = {"Try now", "Open another project…"}
        qtbot.waitUntil(lambda: offered <= list_buttons(planner).keys())
    finally:
        cluster.run('ALTER ROLE "Dispatch D" CONNECTION LIMIT -1')
    with storage.open(cluster.address("Officer A", schema), desk="desk 2") as other:
        other.data_version()
        planner.opening.clock.setInterval(SOON_MS)  # it retries automatically
        planner.opening.clock.start()
        main = wait_for_main(planner, qtbot)
        assert str(planner.path) == address
        here = f"on 127.0.0.1:{cluster.port} as dispatcher"
        title = f"{main.desk.session.project.name} — {here} — 2 desks: Dispatch D, Officer A"
        qtbot.waitUntil(lambda: planner.windowTitle() == title)


def test_a_start_asks_for_the_password_and_reports_a_wrong_one(
    open_planner: OpenPlanner, cluster: Cluster, schema: str, path: Path, qtbot: QtBot
) -> None:
    address = cluster.address("Dispatch D", schema)
    planner = open_planner(Settings(recent=(str(address), str(path))))
    planner.open_first(None)
    qtbot.waitUntil(lambda: bool(planner.findChildren(SharedPasswordDialog)))
    (dialog,) = planner.findChildren(SharedPasswordDialog)
    named = {label.text() for label in dialog.findChildren(QLabel)}
    assert {f"127.0.0.1:{cluster.port}", "district"} <= named
    assert dialog.person.text() == "Dispatch D"
    assert says(planner.skeleton.text.text(), "access_denied.no_password")
    assert not planner.opening.clock.isActive(), "a wrong password is not retried"
    QTest.keyClicks(dialog.password, "guessed")
    QTest.keyClick(dialog.password, Qt.Key.Key_Return)
    assert says(dialog.refused.text(), "access_denied")
    assert planner.main is None
    dialog.password.setText(PASSWORD)
    QTest.keyClick(dialog.password, Qt.Key.Key_Return)
    wait_for_main(planner, qtbot)
    assert planner.settings.recent[0] == str(address)
    assert PASSWORD not in str(planner.settings)


def test_a_person_without_a_role_sees_why_and_can_open_another_project(
    open_planner: OpenPlanner, cluster: Cluster, schema: str, path: Path, qtbot: QtBot
) -> None:
    write_pgpass(path, PASSWORD)
    planner = open_planner(Settings(recent=(str(cluster.address("Nobody N", schema)), str(path))))
    planner.open_first(None)
    qtbot.waitUntil(lambda: says(planner.skeleton.text.text(), "no_project_there"))
    assert planner.main is None
    assert "district on 127.0.0.1" in planner.windowTitle()
    planner.open_project(path)
    assert planner.main is not None
    assert not planner.opening.clock.isActive()


def test_unsent_entries_are_marked_confirmed_on_quit_and_sent_later(
    open_planner: OpenPlanner, cluster: Cluster, schema: str, path: Path, qtbot: QtBot
) -> None:
    write_pgpass(path, PASSWORD)
    address = cluster.address("Dispatch D", schema)
    planner = open_planner(Settings(recent=(str(address),)))
    planner.open_first(None)
    main = wait_for_main(planner, qtbot)
    main.show_workspace("log")
    main.tabs.set_open(True)
    begin_response_action(main.desk.session, "r1c1", "secure")
    cluster.run('ALTER ROLE "Dispatch D" CONNECTION LIMIT 0')
    try:
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'Dispatch D'"
        cluster.run(cut)
        qtbot.waitUntil(
            lambda: planner.windowTitle().endswith("as dispatcher — server unreachable")
        )
        banner = main.findChild(ResponseActionBanner)
        end_response_action(main.desk.session, banner.rows[0].action.uid)
        told = main.desk.notices.text.text()
        assert told.startswith("Secure at ") and says(told, "not_sent_yet")
        assert not banner.isVisible()
        qtbot.waitUntil(
            lambda: says(main.status.saved.text(), "outbox.open_project", n="1 entry is")
        )
        assert [row.status for row in list_entry_rows(main)] == ["Ended, waiting to be sent"]
        assert ENTRY_COLUMNS[0].cell(list_entry_rows(main)[0]).mark == "up"
        planner.close()
        assert planner.isVisible()
        box = planner.findChild(QMessageBox)
        assert says(box.text(), "outbox.open_project", n="1 entry is")
        assert "district on 127.0.0.1" in box.text()
        assert "They are" not in box.informativeText(), "one entry is singular"
        QTest.keyClick(box, Qt.Key.Key_Escape)
        assert planner.isVisible()
        planner.close()
        press("Quit", planner.findChildren(QMessageBox)[-1])
        qtbot.waitUntil(lambda: not planner.isVisible())
        again = open_planner(planner.settings)
        again.open_first(None)
        waits = {"n": "1 entry from this desk is"}
        qtbot.waitUntil(lambda: says(again.skeleton.text.text(), "outbox", **waits))
    finally:
        cluster.run('ALTER ROLE "Dispatch D" CONNECTION LIMIT -1')
    press("Try now", again.skeleton)
    main = wait_for_main(again, qtbot)
    sent = str(Message("entries_sent", n=1))
    qtbot.waitUntil(lambda: main.desk.notices.text.text() == sent)
    assert "wait" not in main.status.saved.text()
    main.show_workspace("log")
    assert [row.status for row in list_entry_rows(main)] == ["Ended"]


def test_sharing_switches_to_the_server_and_leaves_a_read_only_copy(
    open_planner: OpenPlanner, cluster: Cluster, path: Path, qtbot: QtBot
) -> None:
    write_pgpass(path, PASSWORD)
    there = cluster.address("owner", cluster.new_schema())
    planner = open_planner(Settings())
    planner.open_project(path)
    first = wait_for_main(planner, qtbot)
    assert not first.read_only_banner.isVisible()
    first.desk.actions["share"].trigger()
    dialog = first.findChild(SharedProjectDialog)
    dialog.server.setText(str(there))
    dialog.password.setText(PASSWORD)
    QTest.keyClick(dialog.server, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: str(planner.path) == str(there), timeout=15_000)
    assert not wait_for_main(planner, qtbot).read_only_banner.isVisible()
    planner.open_project(path)
    copy = wait_for_main(planner, qtbot)
    assert planner.path == path
    assert "(read-only)" in planner.windowTitle()
    assert copy.read_only_banner.isVisible()
    assert says(copy.read_only_banner.text.text(), "shared_copy", name="district on 127.0.0.1")
    assert not copy.desk.attempt(
        lambda: copy.desk.session.apply("Move", lambda p: assign_sites(p, "plan", {"r1c2": "B"}))
    )
    QTest.mouseClick(copy.read_only_banner.open_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: str(planner.path) == str(there), timeout=15_000)


def press(text: str, within: QWidget) -> None:
    (button,) = [one for one in within.findChildren(QPushButton) if one.text() == text]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def list_entry_rows(main: MainWindow) -> list[EntryRow]:
    table = main.tabs.panels["entries"].table
    return [table.row(at) for at in range(table.rowCount())]
