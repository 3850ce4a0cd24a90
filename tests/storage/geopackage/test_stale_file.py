"""An open file that is no longer the one on disk: nothing is written and nothing is lost."""

import sys
from pathlib import Path

import pytest
from builders import refused
from file_locks import list_locks, needs_lock_list
from storage_samples import AT, EDIT, LOG, move_site, project, start_process, visit

from zoneplanner import storage
from zoneplanner.errors import Damaged

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
    """Log a visit in a separate process."""
    done = start_process(LOG_ONE, path, uid)
    assert done.returncode == 0, done.stderr


def read_uids(path: Path) -> list[str]:
    with storage.open(path, read_only=True) as store:
        assert store.verify().ok
        return [entry.uid for entry in store.entries()]


@needs_lock_list
def test_a_lock_dropped_during_a_write_loses_only_that_change(
    store: storage.Store,
) -> None:
    """Qt's file dialog did this to every file in its folder."""
    path = store.files[0]

    with refused("file_locked.lost"), store._backend.writing() as writes:
        writes.exec_driver_sql("UPDATE site SET name = 'Dale' WHERE id = 'a'")
        path.read_bytes()
    log_elsewhere(path, "v2")
    store.append(visit("v3"), **LOG)
    assert not store.stale
    assert store.project().sites["a"].name == "School a"
    assert [entry.uid for entry in store.entries()] == ["v2", "v3"]
    assert store.verify().ok


def test_a_file_moved_while_saving_is_not_reported_as_saved(
    store: storage.Store, tmp_path: Path
) -> None:
    path = store.files[0]
    with refused("stale_file.unsaved"), store._backend.writing() as writes:
        writes.exec_driver_sql("UPDATE site SET name = 'Hill' WHERE id = 'a'")
        path.rename(tmp_path / "moved.gpkg")


def test_a_renamed_file_has_everything_and_accepts_no_further_changes(
    tmp_path: Path,
) -> None:
    path, elsewhere, copy = (tmp_path / f"{name}.gpkg" for name in ("p", "renamed", "copy"))
    with storage.create(path, project(), actor="Officer A", at=AT) as store:
        store.append(visit("v1"), **LOG)
        before = store.project()
        store.save(before, move_site(before, "b", "S1"), label="Move", **EDIT)
        path.rename(elsewhere)
        assert store.stale
        for write in (
            lambda: store.append(visit("v2"), **LOG),
            lambda: store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT),
            store.data_version,
        ):
            with refused("stale_file.gone"):
                write()
        store.backup(copy)
    for found in (elsewhere, copy):
        assert read_uids(found) == ["v1"]
        with storage.open(found) as there:
            assert there.project().plans["plan-1"].assignment["b"] == "S1"
            assert len(there.edits()) == 2
    assert not path.exists()


def test_a_file_renamed_in_write_ahead_mode_reports_where_its_log_is(
    tmp_path: Path,
) -> None:
    path, copy = tmp_path / "p.gpkg", tmp_path / "copy.gpkg"
    with storage.create(path, project(), actor="Officer A", at=AT) as store:
        start_process(SWITCH, path)
        store.append(visit("v1"), **LOG)
        path.rename(tmp_path / "renamed.gpkg")
        with refused("stale_file.log_left", log="p.gpkg-wal"):
            store.append(visit("v2"), **LOG)
        store.backup(copy)
    assert read_uids(copy) == ["v1"]


SWITCH = """
import sqlite3, sys
sqlite3.connect(sys.argv[1]).execute("PRAGMA journal_mode=WAL")
"""


@needs_lock_list
def test_readers_and_writers_do_not_drop_each_others_locks(
    store: storage.Store, tmp_path: Path
) -> None:
    """At rest there are no locks, and no store in any process drops another's."""
    assert store.path is not None
    for number in range(2):
        with storage.open(store.path) as second, storage.open(store.path, read_only=True) as third:
            second.append(visit(f"second-{number}"), **LOG)
            third.entries()
            store.append(visit(f"first-{number}"), **LOG)
        log_elsewhere(store.path, f"other-{number}")
        store.backup(tmp_path / f"{number}.gpkg")
    assert list_locks(store.files) == []
    assert store.verify().ok
    assert len(store.entries()) == 6


@needs_lock_list
def test_a_damaged_file_is_not_recovered_while_it_is_being_written(
    store: storage.Store,
) -> None:
    path = store.files[0]
    with pytest.raises(Damaged), store._backend.writing():
        before = list_locks(store.files)
        assert before
        start_process(
            "import os, sys; os.truncate(sys.argv[1], os.stat(sys.argv[1]).st_size - 9)", path
        )
        for read_only in (True, False):
            with pytest.raises(Damaged):
                storage.open(path, read_only=read_only)
        assert list_locks(store.files) == before
        storage.open(path)


def test_the_project_cannot_be_overwritten_under_any_of_its_names(
    store: storage.Store, tmp_path: Path
) -> None:
    link = tmp_path / "link.pdf"
    link.symlink_to(store.files[0])
    for path in (*store.files, link):
        with refused("project_itself"):
            store.check_target(path)
    store.check_target(tmp_path / "page.pdf")
