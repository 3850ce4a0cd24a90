"""An open file that is not the one on disk any more: nothing is written, nothing is lost."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import refused
from file_locks import locks_on, needs_lock_list
from storage_samples import AT, EDIT, LOG, another_process, moved, project, visit

from zoneplanner import storage
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.errors import Damaged, StaleFile
from zoneplanner.storage.geopackage.backend import GeoPackageBackend, inspect_file

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows keeps an open file in its place"
)

LOG_ONE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneplanner import storage
from zoneplanner.domain.log.journal import NewEntry
now = datetime.now(UTC)
entry = NewEntry(sys.argv[2], "visit", "a", "S1", now, {"status": "completed"})
with storage.open(Path(sys.argv[1])) as store:
    store.append(entry, actor="Officer B", desk="desk 2", now=now)
"""


def log_elsewhere(path: Path, uid: str) -> None:
    """Log a visit by a process of its own."""
    done = another_process(LOG_ONE, path, uid)
    assert done.returncode == 0, done.stderr


def drop_locks(*files: Path) -> None:
    """Do what the file dialog of Qt did to every file of its folder."""
    for file in files:
        if file.exists():
            file.read_bytes()


def uids(path: Path) -> list[str]:
    with storage.open(path, read_only=True) as store:
        assert store.verify().ok
        return [entry.uid for entry in store.entries()]


@needs_lock_list
def test_a_file_whose_locks_were_dropped_takes_nothing_and_what_it_has_is_saved_elsewhere(
    tmp_path: Path,
) -> None:
    path, copy = tmp_path / "p.gpkg", tmp_path / "copy.gpkg"
    with storage.create(path, project(), actor="Officer A", at=AT) as store:
        store.append(visit("v1"), **LOG)
        drop_locks(*store.files)
        assert store.stale
        before = store.project()
        with refused("stale_file.cut_off", why="its locks were dropped"):
            store.append(visit("v2"), **LOG)
        with pytest.raises(StaleFile):
            store.save(before, moved(before, "b", "S1"), label="Move", **EDIT)
        with pytest.raises(StaleFile):
            store.data_version()
        store.backup(copy)
    assert uids(copy) == uids(path) == ["v1"]


@needs_lock_list
@pytest.mark.parametrize("dropped", [0, 2])
def test_the_lock_on_the_file_and_that_on_its_log_are_both_watched(
    store: storage.Store, dropped: int
) -> None:
    drop_locks(store.files[dropped])
    with refused("stale_file.cut_off", why="its locks were dropped"):
        store.append(visit("v1"), **LOG)


@needs_lock_list
def test_a_file_whose_log_was_taken_away_is_neither_written_to_nor_harmed(tmp_path: Path) -> None:
    """The order of events in which three logged visits were lost."""
    path, copy = tmp_path / "p.gpkg", tmp_path / "copy.gpkg"
    with storage.create(path, project(), actor="Officer A", at=AT) as store:
        store.append(visit("v1"), **LOG)
        drop_locks(*store.files)
        log_elsewhere(path, "v2")  # the last to close, as it believes
        with refused("stale_file.cut_off", why="another program took its log away"):
            store.append(visit("v3"), **LOG)
        store.backup(copy)
        log_elsewhere(path, "v4")
    assert uids(path) == ["v1", "v2", "v4"]
    assert "v1" in uids(copy)


@needs_lock_list
def test_closing_a_window_that_was_cut_off_harms_nobody(store: storage.Store) -> None:
    """What it committed last is in a log that is stale; folding that would damage the file."""
    path = store.files[0]
    store.append(visit("v1"), **LOG)

    def cut_off_meanwhile() -> Iterator[NewEntry]:
        yield from (visit(f"own-{number}") for number in range(200))
        drop_locks(*store.files)
        log_elsewhere(path, "v2")

    with refused("stale_file.unsaved"):
        store.append_many(cut_off_meanwhile(), **LOG)
    log_elsewhere(path, "v3")
    store.close()
    assert uids(path) == ["v1", "v2", "v3"]


def test_a_log_that_was_deleted_by_hand_stops_the_next_write(store: storage.Store) -> None:
    store.append(visit("v1"), **LOG)
    store.files[1].unlink()
    with refused("stale_file.cut_off", why="another program took its log away"):
        store.append(visit("v2"), **LOG)
    assert [entry.uid for entry in store.entries()] == ["v1"]


def test_what_is_cut_off_while_it_is_saved_is_not_called_saved(store: storage.Store) -> None:
    log = store.files[1]
    with refused("stale_file.unsaved"), store._backend.writing() as writes:
        writes.exec_driver_sql("UPDATE site SET name = 'Hill' WHERE id = 'a'")
        log.unlink()


@needs_lock_list
def test_a_file_without_a_log_is_not_written_to_once_its_lock_is_lost(store: storage.Store) -> None:
    path = store.path
    assert path is not None
    store.close()
    another_process(
        "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA journal_mode=DELETE')",
        path,
    )
    look = inspect_file(path, read_only=False, patience_s=0)
    home = GeoPackageBackend(path, query=look.query)
    try:
        with home.writing() as writes:
            writes.exec_driver_sql("UPDATE site SET name = 'Hill' WHERE id = 'a'")
        with pytest.raises(StaleFile), home.writing() as writes:
            writes.exec_driver_sql("UPDATE site SET name = 'Dale' WHERE id = 'a'")
            drop_locks(path)
        with home.reading() as reads:
            found = reads.exec_driver_sql("SELECT name FROM site WHERE id = 'a'").scalar()
    finally:
        home.close()
    assert found == "Hill"


@needs_lock_list
def test_readers_and_writers_in_threads_and_processes_leave_the_locks_as_they_are(
    store: storage.Store, tmp_path: Path
) -> None:
    """No store of the same file in this process or another one is mistaken for a loss."""
    assert store.path is not None
    before = locks_on(store.files)
    for number in range(2):
        with storage.open(store.path) as second, storage.open(store.path, read_only=True) as third:
            second.append(visit(f"second-{number}"), **LOG)
            third.entries()
            store.append(visit(f"first-{number}"), **LOG)
        log_elsewhere(store.path, f"other-{number}")
        store.backup(tmp_path / f"{number}.gpkg")
    assert locks_on(store.files) == before
    assert store.verify().ok
    assert len(store.entries()) == 6


@needs_lock_list
def test_an_open_file_that_was_damaged_is_not_read_page_by_page_beside_the_engine(
    store: storage.Store,
) -> None:
    path, before = store.files[0], locks_on(store.files)
    another_process(
        "import os, sys; os.truncate(sys.argv[1], os.stat(sys.argv[1]).st_size - 9)", path
    )
    for read_only in (True, False):
        with pytest.raises(Damaged):
            storage.open(path, read_only=read_only)
    assert locks_on(store.files) == before


def test_the_project_is_no_target_under_any_of_its_names(
    store: storage.Store, tmp_path: Path
) -> None:
    link = tmp_path / "link.pdf"
    link.symlink_to(store.files[0])
    for path in (*store.files, link):
        with refused("project_itself"):
            store.check_target(path)
    store.check_target(tmp_path / "page.pdf")
