"""The restore drill of the handbook: from a backup to a working desk."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from builders import MONDAY_AT_8, create_store, project_from
from cluster import PASSWORD, Cluster
from pytestqt.qtbot import QtBot

from zoneplanner import cli, storage
from zoneplanner.app.projects import backups
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.ui.shell.application_window import ApplicationWindow

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "old desk"))
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    file = tmp_path / "district.gpkg"
    create_store(file, project_from("AABB"), actor="planner", at=MONDAY_AT_8).close()
    return file


def run_json(capsys: Capture, *args: object) -> dict[str, Any]:
    capsys.readouterr()
    assert cli.main([*map(str, args), "--json"]) == 0, capsys.readouterr().err
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def log_visit(capsys: Capture, place: object, at: str) -> None:
    run_json(capsys, "log", place, "visit", "site=r1c1", "unit=A", f"arrived_at={at}")


def test_a_new_computer_continues_from_a_backup_of_the_old_one(
    planner: ApplicationWindow,
    path: Path,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log_visit(capsys, path, "2026-11-16T08:00")
    made = run_json(capsys, "backup", path)
    stick = Path(shutil.copy(made["file"], tmp_path / "backup.gpkg"))
    shutil.rmtree(tmp_path / "old desk")
    path.unlink()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "new desk"))
    run_json(capsys, "restore", path, "--backup", stick, "--to", path)
    found = run_json(capsys, "verify", path, "--head", made["head"])
    assert (found["ok"], found["printed_seq"]) == (True, 1)
    planner.open_project(path)
    assert planner.main is not None
    assert not planner.main.desk.session.store.read_only
    log_visit(capsys, path, "2026-11-17T08:00")
    assert run_json(capsys, "verify", path)["entries"] == 2


def test_a_project_survives_a_lost_server_and_a_new_coordinator(
    path: Path, cluster: Cluster, capsys: Capture, planner: ApplicationWindow, qtbot: QtBot
) -> None:
    lost, new = (cluster.address("owner", cluster.new_schema()) for _ in range(2))
    run_json(capsys, "share", path, "--to", lost)
    log_visit(capsys, lost, "2026-11-16T08:00")
    session = open_session(lost, stays=True)
    made = backups.back_up(session, "every hour")
    session.close()
    cluster.run(f"DROP SCHEMA {lost.schema} CASCADE")
    again = path.with_name("again.gpkg")
    [listed] = run_json(capsys, "restore", lost)["backups"]
    assert listed["file"] == str(made.file)
    run_json(capsys, "restore", lost, "--backup", "1", "--to", again)
    assert run_json(capsys, "verify", again, "--head", made.head)["printed_seq"] == 1
    log_visit(capsys, again, "2026-11-17T08:00")
    run_json(capsys, "share", again, "--to", new)
    name = f"coordinator {new.schema}"
    cluster.run(f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{PASSWORD}'")
    run_json(capsys, "access", new, "--give", name, "--role", "planner")
    there = cluster.address(name, new.schema)
    planner.open_project(there)
    qtbot.waitUntil(lambda: planner.main is not None, timeout=20_000)
    assert planner.main is not None
    store = planner.main.desk.session.store
    assert (store.role, store.head().entries) == (storage.ProjectRole.PLANNER, 2)
    log_visit(capsys, there, "2026-11-18T08:00")
    assert run_json(capsys, "verify", new)["entries"] == 3
