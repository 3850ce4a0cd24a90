"""Leftovers of killed processes are removed at the next start; stored files are private."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from builders import create_store
from storage_samples import AT, project, start_process, visit

from zoneplanner import cli, storage
from zoneplanner.app.projects import backups
from zoneplanner.app.session.session import Session
from zoneplanner.staging import name_temporary_file, sweep_leftovers_in
from zoneplanner.storage.postgres.outbox import Outbox

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="there is no kill -9 and no permission bit on Windows"
)

KILLED = """
import os, sys
from pathlib import Path
from zoneplanner import storage
from zoneplanner.app.exports.atomic_files import stage_atomic_write, write_files_atomically
from zoneplanner.staging import make_work_folder
from zoneplanner.storage.geopackage.backend import stage_new_file
folder, work = Path(sys.argv[1]), sys.argv[2]
kill = lambda: os.kill(os.getpid(), 9)
if work == "export":
    with stage_atomic_write(folder / "plan.xlsx") as part:
        part.write_text("half")
        kill()
elif work == "publish":
    write_files_atomically(folder, {"map.html": b"half"}, before_moving=kill)
elif work == "backup":
    with stage_new_file(folder / "copy.gpkg") as part, storage.open(folder / "p.gpkg") as store:
        part.write_text("half")
        part.with_name(part.name + "-journal").write_text("half")
        kill()
elif work == "import":
    held = make_work_folder()
    (Path(held.name) / "visits.csv").write_text("what somebody wrote")
    kill()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "desk" / "p.gpkg"
    file.parent.mkdir()
    create_store(file, project(), actor="Officer A", at=AT).close()
    return file


@pytest.mark.parametrize("work", ["export", "publish", "backup", "import"])
def test_leftovers_of_a_killed_process_are_removed_at_the_next_start(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    assert start_process(KILLED, path.parent, work).returncode == -9
    left = [*path.parent.iterdir(), *temporary.iterdir()]
    assert len(left) > 1
    assert cli.main(["info", str(path), "--json"]) == 0
    assert [*path.parent.iterdir(), *temporary.iterdir()] == [path]


def test_files_in_use_and_files_of_others_stay(tmp_path: Path) -> None:
    sleeper = "import sys; from zoneplanner.staging import name_temporary_file;"
    sleeper += " print(name_temporary_file('a'), flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", sleeper]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as working:  # type: ignore[call-overload]
        theirs = tmp_path / working.stdout.readline().strip()
        own = tmp_path / name_temporary_file("b")
        other_machine = tmp_path / ".c.ffffff-1-00000000.part"
        others = [tmp_path / name for name in (".d.part", "e.gpkg", ".f.1234.part")]
        for file in (theirs, own, other_machine, *others):
            file.touch()
        sweep_leftovers_in(tmp_path)
        assert {*tmp_path.iterdir()} == {theirs, own, other_machine, *others}
        long_ago = time.time() - 100_000
        os.utime(other_machine, (long_ago, long_ago))
        working.communicate("")
    sweep_leftovers_in(tmp_path)
    assert {*tmp_path.iterdir()} == {own, *others}


def test_a_link_that_looks_like_a_leftover_is_not_followed(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "note").touch()
    there = tmp_path / "there"
    there.mkdir()
    name = start_process(
        "from zoneplanner.staging import name_temporary_file; print(name_temporary_file('a'))"
    )
    (there / name.stdout.strip()).symlink_to(mine)
    sweep_leftovers_in(there)
    assert [*there.iterdir()] == []
    assert (mine / "note").exists()


def read_mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_projects_backups_and_the_outbox_are_private(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    session = Session(storage.open(path), actor="Officer A", desk="desk 1", clock=lambda: AT)
    made = backups.back_up(session, "asked")
    session.store.backup(tmp_path / "copy.gpkg")
    session.close()
    assert made is not None
    backups.restore_backup(made.file, tmp_path / "restored.gpkg")
    box = tmp_path / "data" / "outbox" / "a.sqlite"
    box.parent.mkdir(parents=True)  # as in earlier versions
    Outbox(box).put([visit("v1")])
    files = (path, made.file, tmp_path / "copy.gpkg", tmp_path / "restored.gpkg", box)
    assert {file.name: read_mode(file) for file in files} == {file.name: 0o600 for file in files}
    assert (read_mode(made.file.parent), read_mode(box.parent)) == (0o700, 0o700)
