"""Faults during an import: a removed drive, a project or a file that changes meanwhile."""

import multiprocessing
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import project_from, refused
from sentences import says

from zoneplanner import storage
from zoneplanner.app.imports.file_import import import_file, prepare_import
from zoneplanner.app.session.session import Session
from zoneplanner.cli.run import main
from zoneplanner.domain.geography.site_finder import add_sites
from zoneplanner.errors import Conflict, ProgressReport
from zoneplanner.messages import Message

NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)
VISITS = "site,arrived_at\nr1c1,2026-11-16T08:00\nr1c2,2026-11-16T09:00\n"
SITES = "id,name,note\nr1c1,School r1c1,by the file\n"
KINDS = {"visits": VISITS, "sites": SITES}


def opened(path: Path) -> Session:
    return Session(storage.open(path), actor="p", desk="d", clock=lambda: NOW)


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    """A drive with a project on it."""
    folder = tmp_path / "drive"
    folder.mkdir()
    storage.create(folder / "p.gpkg", project_from("AAB"), actor="p", at=NOW).close()
    return folder


@pytest.fixture
def session(drive: Path) -> Iterator[Session]:
    own = opened(drive / "p.gpkg")
    yield own
    own.close()


def table(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.csv"
    path.write_text(KINDS[kind])
    return path


def report_once(when: str, do: Callable[[], object]) -> ProgressReport:
    """Return a progress report that acts the first time it receives the code ``when``."""
    done: list[str] = []

    def report(_fraction: float, work: Message | str) -> None:
        if isinstance(work, Message) and work.template == when and not done:
            done.append(when)
            do()

    return report


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps an open file in its place")
@pytest.mark.parametrize("kind", KINDS)
def test_removing_the_drive_during_an_import_leaves_the_project_as_it_was(
    kind: str, drive: Path, session: Session, tmp_path: Path
) -> None:
    path, away = table(tmp_path, kind), tmp_path / "away"
    before = session.project
    with refused("stale_file.gone"):
        import_file(
            session, path, kind, report=report_once("progress.writing", lambda: drive.rename(away))
        )
    assert (session.project, session.undo_label) == (before, None)
    assert not multiprocessing.active_children()
    away.rename(drive)
    assert session.store.head().entries == 0
    assert session.store.project().sites == before.sites
    assert import_file(session, path, kind).taken == len(KINDS[kind].splitlines()) - 1
    assert session.store.verify().ok


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps an open file in its place")
@pytest.mark.parametrize("kind", KINDS)
def test_a_project_replaced_during_an_import_receives_nothing(
    kind: str, drive: Path, session: Session, tmp_path: Path
) -> None:
    other = Path(shutil.copy(drive / "p.gpkg", tmp_path / "other.gpkg"))
    replaced = report_once("progress.writing", lambda: other.replace(drive / "p.gpkg"))
    with refused("stale_file.replaced"):
        import_file(session, table(tmp_path, kind), kind, report=replaced)
    with storage.open(drive / "p.gpkg", read_only=True) as store:
        assert (store.head().entries, store.project().sites["r1c1"].note) == (0, "")


def test_an_import_does_not_overwrite_a_site_another_desk_changed_meanwhile(
    drive: Path, session: Session, tmp_path: Path
) -> None:
    prepared = prepare_import(session, table(tmp_path, "sites"), "sites")
    other = opened(drive / "p.gpkg")
    site = replace(other.project.sites["r1c1"], note="by the other desk")
    other.apply("Note", lambda project: add_sites(project, {"r1c1": site}))
    other.close()
    with pytest.raises(Conflict) as caught:
        prepared.save(lambda fraction, text: None)
    assert "r1c1" in caught.value.message
    assert session.project.sites["r1c1"].note == "by the other desk"
    assert caught.value.retry is not None
    caught.value.retry()
    assert session.store.project().sites["r1c1"].note == "by the file"


def test_a_file_that_is_not_a_project_cannot_be_imported_into(
    drive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(tmp_path, "visits")
    contents = {
        b"SQLite format 3\0": "damaged.not_a_database",
        b"a letter": "damaged.not_a_database",
        b"": "not_a_project",
    }
    for content, code in contents.items():
        target = drive / "other.gpkg"
        target.write_bytes(content)
        assert main(["import", str(target), str(path), "--as", "visits"]) == 2
        assert says(capsys.readouterr().err, code)
        assert target.read_bytes() == content


GROW = """
import sys, time
with open(sys.argv[1], "a") as file:
    while True:
        file.write("r1c2,2026-11-16T08:00\\n")
        print(file.flush(), flush=True)
        time.sleep(0.0002)
"""


def test_a_table_that_grows_while_it_is_read_is_refused(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_bytes(VISITS.encode() + b"\n" * 200_000_000)
    with subprocess.Popen([sys.executable, "-c", GROW, path], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None and writer.stdout.readline()
        threading.Thread(target=writer.stdout.read, daemon=True).start()
        try:
            with refused("unreadable_file.changed"):
                import_file(session, path, "visits")
        finally:
            writer.kill()
    assert session.store.head().entries == 0
