"""The window makes backups regularly and on request, and offers them for a lost project."""

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from builders import MONDAY_AT_8, create_store, project_from
from cluster import PASSWORD, Cluster
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QPushButton
from pytestqt.qtbot import QtBot

from zoneplanner import cli, storage
from zoneplanner.app.desk.settings import Settings
from zoneplanner.app.projects import backups
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.ui.data.projects import project_actions
from zoneplanner.ui.data.projects.backups import BackupsDialog
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.widgets.inputs.file_dialogs import FileDialog


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    file = tmp_path / "here" / "p.gpkg"
    file.parent.mkdir()
    create_store(file, project_from("AABB"), actor="planner", at=MONDAY_AT_8).close()
    return file


@pytest.fixture
def backed_up(path: Path) -> backups.Backup:
    """A backup of the closed project."""
    with storage.open(path) as store:
        session = Session(store, actor="planner", desk="desk 1", clock=lambda: MONDAY_AT_8)
        return backups.back_up(session, "opened")


@pytest.fixture
def planner(path: Path, open_planner: Callable[[], ApplicationWindow]) -> ApplicationWindow:
    """A window on a desk whose backups are in the folder of the test."""
    return open_planner()


def visit(uid: str, at: datetime) -> NewEntry:
    return NewEntry(uid, "visit", "r1c1", "A", at, {"status": "completed"})


def test_a_window_open_for_weeks_backs_up_every_change(
    planner: ApplicationWindow, path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_actions, "_BACKUP_CHECK_MS", 20)
    planner.open_project(path)
    assert planner.main is not None
    session = planner.main.desk.session
    for day in range(1, 4):
        now = MONDAY_AT_8 + timedelta(days=20 * day)
        session.log(visit(f"v{day}", now))
        # the backup runs in the background and may read the clock at any time
        session.clock = lambda now=now: now  # type: ignore[misc]
        qtbot.waitUntil(
            lambda day=day: (
                bool(backups.list_backups_of(path))
                and backups.list_backups_of(path)[0].entries == day
            ),
            timeout=20_000,
        )
    qtbot.waitUntil(lambda: not planner.main.desk.jobs.running)
    made = backups.list_backups_of(path)
    assert "every hour" in {one.why for one in made}
    assert {1, 2, 3} <= {one.entries for one in made}


def test_back_up_now_makes_a_backup_and_reports_its_contents(
    planner: ApplicationWindow, path: Path, qtbot: QtBot
) -> None:
    planner.open_project(path)
    assert planner.main is not None
    notices = planner.main.desk.notices
    planner.main.desk.actions["back_up_now"].trigger()
    qtbot.waitUntil(lambda: notices.text.text().startswith("Backed up: 4 sites; Plan"))
    assert "asked for" in {one.why for one in backups.list_backups_of(path)}


@pytest.mark.parametrize("what", ["missing", "empty", "overwritten", "missing folder"])
def test_a_lost_project_offers_its_backups_and_restores_one(
    planner: ApplicationWindow, path: Path, backed_up: backups.Backup, tmp_path: Path, what: str
) -> None:
    if what == "empty":
        path.write_bytes(b"")
    elif what == "overwritten":
        path.write_text("not a project")
    else:
        path.unlink()
        if what == "missing folder":
            path.parent.rmdir()
    planner.open_project(path)
    assert planner.main is None
    told = planner.skeleton.text.text()
    assert "Its newest backup on this desk is from Nov 16, 2026, 8:00 AM PST (4 sites" in told
    buttons = {button.text(): button for button in planner.skeleton.findChildren(QPushButton)}
    buttons["Restore a backup…"].click()
    dialog = planner.findChild(BackupsDialog)
    assert isinstance(dialog, BackupsDialog)
    dialog.restore_to(tmp_path / "again.gpkg")
    QDialog.reject(dialog)
    assert planner.path == tmp_path / "again.gpkg"
    assert planner.main is not None


def test_a_damaged_file_without_local_backups_is_restored_from_a_share(
    planner: ApplicationWindow,
    path: Path,
    backed_up: backups.Backup,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tmp_path = path.parent.parent
    share = tmp_path / "share.gpkg"
    shutil.copy(backed_up.file, share)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "new desk"))
    path.write_bytes(b"damaged")
    assert cli.main(["restore", str(path)]) == 0
    assert "--backup FILE.gpkg --to NEW-FILE" in capsys.readouterr().out
    chosen, again = iter((share, tmp_path / "again.gpkg")), tmp_path / "again.gpkg"
    monkeypatch.setattr(FileDialog, "ask", lambda dialog: next(chosen))  # the system's dialog
    planner.open_project(path)
    buttons = {button.text(): button for button in planner.skeleton.findChildren(QPushButton)}
    buttons["Restore a backup…"].click()
    dialog = planner.findChild(BackupsDialog)
    assert isinstance(dialog, BackupsDialog)
    QTest.mouseClick(dialog.other_button, Qt.MouseButton.LeftButton)
    assert planner.path == again
    assert planner.main is not None
    assert path.read_bytes() == b"damaged"


def test_a_start_without_its_last_project_offers_a_backup_and_opens_no_other(
    planner: ApplicationWindow, path: Path, backed_up: backups.Backup
) -> None:
    path.unlink()
    planner.settings = Settings(recent=(str(path),), appearance="light")
    planner.open_first(None)
    assert planner.main is None
    buttons = [button.text() for button in planner.skeleton.findChildren(QPushButton)]
    assert "Restore a backup…" in buttons


def test_backup_times_are_in_the_time_zone_of_the_project(
    planner: ApplicationWindow,
    path: Path,
    backed_up: backups.Backup,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert backed_up.local_time == MONDAY_AT_8.astimezone(ZoneInfo("America/Los_Angeles"))
    assert cli.main(["restore", str(path)]) == 0
    assert "2026-11-16 08:00 PST" in capsys.readouterr().out
    planner.open_project(path)
    assert planner.main is not None
    planner.main.desk.actions["backups"].trigger()
    dialog = planner.main.findChild(BackupsDialog)
    assert isinstance(dialog, BackupsDialog)
    assert "8:00" in dialog.table.model().index(0, 0).data()
    foot = dialog.table.mapTo(dialog, dialog.table.rect().bottomLeft()).y()
    assert dialog.buttons.y() - foot <= 16, "no gap below the table"
    QDialog.reject(dialog)


def test_the_command_backs_up_without_a_destination(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["backup", str(path)]) == 0
    capsys.readouterr()
    [made] = backups.list_backups_of(path)
    assert made.why == "asked for"
    path.unlink()
    again = path.with_name("again.gpkg")
    assert cli.main(["restore", str(path), "--backup", "1", "--to", str(again)]) == 0
    assert cli.main(["verify", str(again)]) == 0


def test_the_window_backs_up_a_shared_project(
    planner: ApplicationWindow, path: Path, cluster: Cluster, qtbot: QtBot
) -> None:
    schema = cluster.new_schema()
    with storage.open(path) as store:
        store.share(cluster.address("owner", schema))
    address = cluster.address("Officer A", schema)
    planner.open_project(address)
    qtbot.waitUntil(lambda: planner.main is not None, timeout=20_000)
    qtbot.waitUntil(lambda: bool(backups.list_backups_of(address)), timeout=20_000)
    [made] = backups.list_backups_of(address)
    with storage.open(made.file, read_only=True) as copy:
        assert copy.verify().ok
        assert len(copy.project().sites) == 4
    assert PASSWORD not in made.file.with_suffix(".json").read_text()
    assert backups.list_backups_of(cluster.address("owner", schema)) == (made,), "of any login"
    assert backups.list_backups_of(cluster.address("owner", "another")) == ()
    assert planner.main is not None
    planner.main.desk.actions["backups"].trigger()
    dialog = planner.main.findChild(BackupsDialog)
    assert isinstance(dialog, BackupsDialog)
    assert dialog.table.model().rowCount() == 1
    QDialog.reject(dialog)
