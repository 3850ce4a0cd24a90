"""File safety with full disks, other programs and other SQLite libraries."""

import sys
from pathlib import Path

import pytest
from builders import refused
from storage_samples import (
    AT,
    EDIT,
    LOG,
    full_disk,
    move_site,
    project,
    start_process,
    to_plain,
    visit,
)

from zoneplanner import storage
from zoneplanner.errors import UserError

WRITE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0.1)
try:
    connection.execute("BEGIN IMMEDIATE")
    print("may write")
except sqlite3.OperationalError as error:
    print(error)
"""


def write_by_another(path: Path) -> str:
    """Try to write from another process; return its error, if any."""
    return start_process(WRITE, path).stdout.strip()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX locks only")
def test_no_store_method_drops_a_writers_lock(store: storage.Store, tmp_path: Path) -> None:
    """Under POSIX, closing any other handle of the file in this process would drop the lock."""
    path = store.files[0]
    with storage.open(path) as other, store._backend.writing():
        before = other.project()
        other.entries(), other.edits(), other.head(), other.last_visits(), other.data_version()
        other.verify()
        other.backup(tmp_path / "copy.gpkg")
        with storage.open(path, read_only=True) as third:
            third.project()
        with storage.open(path):
            pass
        with pytest.raises(UserError):
            storage.create(path, before, actor="Officer A", at=AT)
        with pytest.raises(UserError):
            other.backup(path)
        assert write_by_another(path) == "database is locked"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX locks only")
def test_opening_the_file_directly_drops_the_lock_and_nothing_is_written(
    store: storage.Store,
) -> None:
    """Shows that the test above can fail, and why only sqlite3 may open an open project."""
    path = store.files[0]
    with refused("file_locked.lost"), store._backend.writing():
        path.read_bytes()
        assert write_by_another(path) == "may write"


def test_a_full_disk_leaves_the_project_as_it_was(store: storage.Store) -> None:
    store.append(visit("v1"), **LOG)
    before, head = store.project(), store.head()
    with full_disk(16_384):
        with refused("disk_failed"):
            store.append(visit("v2"), **LOG)
        with refused("disk_failed"):
            store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
    assert (to_plain(store.project()), store.head()) == (to_plain(before), head)
    assert store.verify().ok
    store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
    store.append(visit("v2"), **LOG)
    assert store.verify().ok


@pytest.mark.parametrize("most_bytes", [0, 4096, 100_000])
def test_a_full_disk_leaves_no_partial_project(path: Path, most_bytes: int) -> None:
    with full_disk(most_bytes), pytest.raises(UserError):
        storage.create(path, project(), actor="Officer A", at=AT)
    assert list(path.parent.iterdir()) == []


def test_a_full_disk_leaves_no_partial_backup(store: storage.Store, tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    with full_disk(100_000), pytest.raises(UserError):
        store.backup(tmp_path / "backups" / "copy.gpkg")
    assert list((tmp_path / "backups").iterdir()) == []
    assert store.verify().ok


def test_creating_never_replaces_a_file(path: Path) -> None:
    path.write_text("something else")
    with refused("file_exists"):
        storage.create(path, project(), actor="Officer A", at=AT)
    assert path.read_text() == "something else"
    assert list(path.parent.iterdir()) == [path]


def test_creating_in_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with refused("no_folder"):
        storage.create(tmp_path / "no" / "a.gpkg", project(), actor="Officer A", at=AT)


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        storage.create(tmp_path / ("a" * 300), project(), actor="Officer A", at=AT)
    assert list(tmp_path.iterdir()) == []


def test_a_closed_project_is_one_file(store: storage.Store, path: Path) -> None:
    before = store.project()
    store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
    store.close()
    store.close()
    assert list(path.parent.iterdir()) == [path]
    with storage.open(path, read_only=True) as reader:
        assert reader.verify().ok
    assert list(path.parent.iterdir()) == [path]


def test_a_backup_equals_the_current_project(store: storage.Store, tmp_path: Path) -> None:
    before = store.project()
    store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
    store.append(visit("v1"), **LOG)
    head = store.backup(tmp_path / "copy.gpkg")
    store.append(visit("v2"), **LOG)
    with storage.open(tmp_path / "copy.gpkg") as copy:
        assert to_plain(copy.project()) == to_plain(move_site(before, "a", "S2"))
        assert copy.head() == head == (1, store.entries()[0].hash)
        assert copy.verify().ok


def test_a_backup_never_replaces_a_file(store: storage.Store, tmp_path: Path) -> None:
    (tmp_path / "copy.gpkg").write_text("something else")
    with refused("file_exists"):
        store.backup(tmp_path / "copy.gpkg")
    assert (tmp_path / "copy.gpkg").read_text() == "something else"


def test_messages_never_contain_logged_text(store: storage.Store) -> None:
    secret = visit("v1", payload={"note": "secret", "minutes": 10**30}, unit="S" * 3)
    with pytest.raises(UserError) as refused_entry:
        store.append(secret, **LOG)
    assert "secret" not in str(refused_entry.value)
    before = store.project()
    big = before.with_site(
        type(before.sites["a"])(
            **{name: getattr(before.sites["a"], name) for name in before.sites["a"].__slots__}
            | {"enrollment": 10**30, "note": "secret"}
        )
    )
    with pytest.raises(UserError) as caught:
        store.save(before, big, label="Count", **EDIT)
    assert "secret" not in str(caught.value) + str(caught.value.__cause__)


def test_a_closed_store_is_not_reopened_by_use(store: storage.Store) -> None:
    store.close()
    with refused("store_closed"):
        store.project()
    store.close()
