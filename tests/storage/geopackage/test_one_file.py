"""Everything acknowledged is in the one file, whatever program has it open in whatever mode."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from builders import create_store, refused
from storage_samples import AT, EDIT, LOG, move_site, project, visit, wait_until

from zoneplanner import storage
from zoneplanner.storage.geopackage.connection import GeoPackageConnection

ANOTHER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    connection.execute(statement).fetchall()
print("there", flush=True)
sys.stdin.readline()
"""


@contextmanager
def another_program(path: Path, *statements: str) -> Iterator[None]:
    """Run statements on the file in another program that stays open."""
    command = [sys.executable, "-c", ANOTHER, str(path), *statements]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline() == "there\n"
        yield
        process.communicate("go\n", timeout=20)


def journal_mode(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def uids_of_lone_copy(path: Path) -> list[str]:
    """Read the uids in a copy of the file alone, as when it is dragged to a USB stick."""
    folder = path.parent / "stick"
    folder.mkdir(exist_ok=True)
    # in a separate process, like a file manager
    copy = folder / path.name
    subprocess.run(
        [sys.executable, "-c", "import shutil, sys; shutil.copy(*sys.argv[1:])", path, copy],
        check=True,
    )
    with storage.open(copy) as store:
        assert store.verify().ok
        found = [entry.uid for entry in store.entries()]
    shutil.rmtree(folder)
    return found


@pytest.fixture
def frequent_log_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check for a leftover write-ahead log at every chance instead of every few seconds."""
    monkeypatch.setattr("zoneplanner.storage.geopackage.connection._LOG_CHECK_S", 0.0)


def test_a_copy_of_an_open_projects_file_contains_every_entry_and_edit(
    store: storage.Store,
) -> None:
    path = store.files[0]
    for number in range(20):
        store.append(visit(f"v{number}"), **LOG)
    before = store.project()
    store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
    assert [item.name for item in path.parent.iterdir()] == [path.name]
    assert uids_of_lone_copy(path) == [f"v{number}" for number in range(20)]


@pytest.mark.usefixtures("frequent_log_check")
def test_a_journal_mode_switched_by_qgis_is_switched_back(
    store: storage.Store,
) -> None:
    path = store.files[0]
    with another_program(path, "PRAGMA journal_mode=WAL", "SELECT * FROM site"):
        store.append(visit("v1"), **LOG)
        before = store.project()
        store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
        store.data_version()
        assert journal_mode(path) == "wal"
    store.append(visit("v2"), **LOG)
    store.data_version()
    assert journal_mode(path) == "delete"
    assert [item.name for item in path.parent.iterdir()] == [path.name]
    assert uids_of_lone_copy(path) == ["v1", "v2"]


def test_a_project_in_write_ahead_mode_opens(path: Path) -> None:
    """As left by an earlier version or QGIS, or open there now."""
    create_store(path, project(), actor="Officer A", at=AT).close()
    with another_program(path, "PRAGMA journal_mode=WAL", "SELECT * FROM site"):
        with storage.open(path) as store:
            store.append(visit("v1"), **LOG)
        with storage.open(path, read_only=True) as reader:
            assert reader.head().entries == 1
        assert journal_mode(path) == "wal"
    with storage.open(path, read_only=True):
        assert journal_mode(path) == "wal"  # a reader does not change the mode
    with storage.open(path):
        assert journal_mode(path) == "delete"
    assert uids_of_lone_copy(path) == ["v1"]


def test_a_writer_waits_for_readers_and_reports_a_timeout(
    store: storage.Store,
) -> None:
    path = store.files[0]
    with (
        another_program(path, "BEGIN", "SELECT * FROM site"),
        storage.open(path, patience_s=0.1) as other,
        refused("file_locked"),
    ):
        other.append(visit("v1"), **LOG)
    reading = "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1]);"
    reading += " c.execute('BEGIN'); c.execute('SELECT * FROM site').fetchall();"
    reading += " print('there', flush=True); time.sleep(0.5)"
    command = [sys.executable, "-c", reading, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "there\n"
        store.append(visit("v2"), **LOG)
    assert [entry.uid for entry in store.entries()] == ["v2"]


def test_readers_continue_during_a_large_write(store: storage.Store) -> None:
    """The pages of an import stay in memory; only the commit locks others out."""
    path = store.files[0]
    with (
        storage.open(path, patience_s=0.1) as other,
        store._backend.writing(much=True) as writes,
    ):
        writes.exec_driver_sql("PRAGMA cache_size=10")
        writes.exec_driver_sql(
            "INSERT INTO setting (name, value) WITH RECURSIVE n(i) AS"
            " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
            " SELECT 'x' || i, hex(randomblob(500)) FROM n"
        )
        assert other.head().entries == 0
        assert other.project().uid == "project-1"


def test_another_desk_sees_each_acknowledged_entry(store: storage.Store) -> None:
    with storage.open(store.files[0]) as other:
        version = other.data_version()
        store.append(visit("v1"), **LOG)
        assert wait_until(lambda: other.data_version() != version)
        assert other.head() == store.head()


def test_an_acknowledged_change_is_on_disk(path: Path) -> None:
    create_store(path, project(), actor="Officer A", at=AT).close()
    database = GeoPackageConnection(path)
    with database.bare() as connection:
        modes = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous")
        ]
    database.close()
    assert modes == ["delete", 3]  # EXTRA
