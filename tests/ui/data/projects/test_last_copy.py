"""A desk that starts while its server is away, and the form of a server's address."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from builders import MONDAY_AT_8, create_store, project_from
from cluster import PASSWORD, Cluster
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner import storage
from zoneplanner.app.desk.project_location import parse_location
from zoneplanner.app.desk.settings import Settings
from zoneplanner.app.projects import backups
from zoneplanner.app.projects.backups import list_backups_of
from zoneplanner.app.projects.open_project import find_outbox_path, open_last_copy
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.storage.postgres.outbox import Outbox
from zoneplanner.ui.data.projects.shared_project_dialogs import SharedProjectDialog
from zoneplanner.ui.shell.application_window import ApplicationWindow

SOON_MS = 100


@pytest.fixture
def address(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> storage.ServerAddress:
    """A shared project; this desk knows the password."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    (tmp_path / "pgpass").write_text(f"*:*:*:*:{PASSWORD}\n", encoding="utf-8")
    (tmp_path / "pgpass").chmod(0o600)
    file, schema = tmp_path / "p.gpkg", cluster.new_schema()
    with create_store(file, project_from("AABB"), actor="planner", at=MONDAY_AT_8) as store:
        store.share(cluster.address("owner", schema))
    found = parse_location(str(cluster.address("Officer B", schema)))
    assert isinstance(found, storage.ServerAddress)
    return found


@pytest.fixture
def planner(
    address: storage.ServerAddress, open_planner: Callable[[Settings], ApplicationWindow]
) -> ApplicationWindow:
    return open_planner(Settings(recent=(str(address),)))


def back_up(address: storage.ServerAddress) -> None:
    with storage.open(address) as store:
        session = Session(store, actor="", desk="desk 1", clock=lambda: MONDAY_AT_8)
        backups.back_up(session, "every hour")


def visit(uid: str) -> NewEntry:
    return NewEntry(uid, "visit", "r1c1", "A", MONDAY_AT_8, {"status": "completed"})


@pytest.fixture
def server_away(cluster: Cluster) -> Iterator[None]:
    """The server refuses this person's connections during the test."""
    cluster.run('ALTER ROLE "Officer B" CONNECTION LIMIT 0')
    yield
    cluster.run('ALTER ROLE "Officer B" CONNECTION LIMIT -1')


def test_a_start_without_the_server_opens_the_last_copy_and_logs_until_it_is_back(
    planner: ApplicationWindow, address: storage.ServerAddress, cluster: Cluster, qtbot: QtBot
) -> None:
    back_up(address)
    cluster.run('ALTER ROLE "Officer B" CONNECTION LIMIT 0')
    try:
        planner.open_first(None)
        qtbot.waitUntil(lambda: planner.main is not None, timeout=20_000)
        assert planner.main is not None
        desk = planner.main.desk
        assert len(desk.session.project.sites) == 4
        made = desk.session.formats.moment(list_backups_of(address)[0].local_time)
        assert says(desk.notices.text.text(), "server_away.last_copy", at=made)
        assert planner.windowTitle().endswith("server unreachable")
        shown = [desk.actions[name].isVisible() for name in ("log_visit", "propose", "adopt")]
        assert shown == [True, False, False]
        desk.session.log(visit("v1"))
        assert [entry.uid for entry in desk.session.store.entries()] == ["v1"]
        assert desk.session.store.waiting().to_send == 1
    finally:
        cluster.run('ALTER ROLE "Officer B" CONNECTION LIMIT -1')
    planner.opening.clock.setInterval(SOON_MS)  # it retries automatically
    planner.opening.clock.start()
    qtbot.waitUntil(
        lambda: planner.main is not None and planner.main.desk.session.store.online, timeout=20_000
    )
    assert planner.main is not None
    there = planner.main.desk.session.store
    qtbot.waitUntil(lambda: there.waiting().to_send == 0, timeout=20_000)
    with storage.open(address) as other:
        assert [entry.uid for entry in other.entries()] == ["v1"]
        assert other.verify().ok
    assert planner.main.desk.actions["propose"].isVisible()


def test_a_desk_backs_up_a_shared_project_that_it_opens_first(
    address: storage.ServerAddress,
) -> None:
    with storage.open(address) as store:
        session = Session(store, actor="", desk="desk 1", clock=lambda: MONDAY_AT_8)
        assert backups.back_up_if_due(session) is not None
        assert backups.back_up_if_due(session) is None, "nothing changed since"
    copy = open_last_copy(address)
    assert copy is not None and len(copy.project.sites) == 4
    copy.close()


@pytest.mark.usefixtures("server_away")
def test_without_a_backup_there_is_no_last_copy(address: storage.ServerAddress) -> None:
    assert open_last_copy(address) is None


def test_the_last_copy_is_never_written_and_counts_unsent_entries(
    address: storage.ServerAddress,
) -> None:
    back_up(address)
    [made] = backups.list_backups_of(address)
    before = made.file.read_bytes()
    session = open_last_copy(address, clock=lambda: MONDAY_AT_8)
    assert session is not None
    session.log(visit("v1"))
    assert len(session.store.log().visits) == 1
    assert session.store.verify().ok
    session.close()
    assert made.file.read_bytes() == before
    [waits] = Outbox(find_outbox_path(address)).waiting()
    assert waits.uid == "v1"


@pytest.mark.parametrize("password", ["secret", "p@ss/w#rd?", "50%off", "a:b", "Sesam öffne"])
def test_an_address_pasted_with_its_password_fills_the_fields(qtbot: QtBot, password: str) -> None:
    given: list[storage.ServerAddress] = []
    dialog = SharedProjectDialog("Open", "Open", "", given.append)
    qtbot.addWidget(dialog)
    dialog.server.setText(f"  postgresql://officer.a:{password}@server:5433/district?schema=north ")
    shown = (dialog.server.text(), dialog.database.text(), dialog.schema.text())
    assert shown == ("server", "district", "north")  # and the password is hidden
    assert dialog.password.displayText() == "●" * len(password) == "●" * len(dialog.password.text())
    dialog.accept()
    assert dialog.refused.text() == ""
    assert [(one.user, one.password, one.host, one.port) for one in given] == [
        ("officer.a", password, "server", 5433)
    ]
    assert password not in str(given[0])


def test_name_and_password_typed_beside_a_pasted_address_are_used(qtbot: QtBot) -> None:
    given: list[storage.ServerAddress] = []
    dialog = SharedProjectDialog("Open", "Open", "", given.append)
    qtbot.addWidget(dialog)
    dialog.server.setText("postgresql://server/district")
    dialog.person.setText("Officer A")
    dialog.password.setText("secret")
    dialog.accept()
    assert [(one.user, one.password) for one in given] == [("Officer A", "secret")]


def test_the_form_keeps_its_text_after_a_failed_connection(
    planner: ApplicationWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    """Opening and sharing with a mistyped server name."""
    planner.open_project(tmp_path / "p.gpkg")
    assert planner.main is not None
    desk = planner.main.desk
    for action in ("open_shared", "share"):
        desk.actions[action].trigger()
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, SharedProjectDialog)
        for field, text in (
            (dialog.server, "127.0.0.1"),
            (dialog.database, "district"),
            (dialog.person, "Officer A"),
            (dialog.password, "secret"),
        ):
            field.setText(text)
        dialog.port.setValue(9)
        dialog.accept()
        qtbot.waitUntil(lambda: not desk.jobs.running, timeout=20_000)
        if action == "open_shared":
            told = desk.notices.text
            qtbot.waitUntil(lambda told=told: says(told.text(), "server_away"), timeout=20_000)
            desk.actions[action].trigger()
        again = QApplication.activeModalWidget()
        assert isinstance(again, SharedProjectDialog)
        assert again is not dialog
        assert (again.server.text(), again.port.value()) == ("127.0.0.1", 9)
        assert (again.person.text(), again.password.text()) == ("Officer A", "secret")
        assert again.refused.isVisible() == (action == "share")
        again.reject()
