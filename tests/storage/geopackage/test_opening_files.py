"""Anything but an intact project is refused with a message."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import shapely
from builders import create_store, refused, run_behind_guards
from storage_samples import AT, EDIT, LOG, move_site, project, start_process, to_plain, visit

from zoneplanner import storage
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.storage.geopackage.connection import share_statements
from zoneplanner.storage.schema import ddl


@pytest.fixture
def closed_file(store: storage.Store) -> Path:
    """A closed project file."""
    store.append(visit("v1"), **LOG)
    store.close()
    return store.path


def refuse(path: Path, *, read_only: bool = False) -> UserError:
    """Return the error that refuses a file; no other file may be left behind."""
    before = set(path.parent.iterdir())
    with (
        pytest.raises(UserError) as caught,
        storage.open(path, read_only=read_only, patience_s=0.1) as store,
    ):
        store.project()
    assert set(path.parent.iterdir()) == before
    assert "\n" not in caught.value.message
    assert caught.value.message.endswith(".")
    return caught.value


def run_statements(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_a_missing_file_is_refused(path: Path) -> None:
    assert refuse(path).template == "no_file.project"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert refuse(tmp_path).template == "not_a_file.project"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_pipe_is_refused_without_hanging(path: Path) -> None:
    os.mkfifo(path)
    assert refuse(path).template == "not_a_file.project"


@pytest.mark.parametrize("content", [b"", b"id,name\n1,School\n", b"\0" * 5000, b"PK\3\4" * 400])
def test_a_file_of_another_kind_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert refuse(path).template in ("not_a_project", "damaged.not_a_database")
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(path: Path) -> None:
    run_statements(path, "CREATE TABLE app_settings (key, value)")
    assert refuse(path).template == "not_a_project"


def test_a_lookalike_table_is_refused(path: Path) -> None:
    run_statements(path, "CREATE TABLE app_meta (a)", "INSERT INTO app_meta VALUES (1)")
    assert refuse(path).template == "not_a_project"


def test_a_view_in_place_of_a_table_is_not_read(path: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, i FROM n"
    run_statements(path, f"CREATE VIEW app_meta (key, value) AS {endless}")
    assert refuse(path).template == "not_a_project"


def test_another_programs_geopackage_is_refused(path: Path) -> None:
    run_statements(path, "PRAGMA application_id = 1196444487", "CREATE TABLE gpkg_contents (a)")
    assert refuse(path).template == "not_a_project.geopackage"


def test_a_file_saved_by_a_text_editor_is_refused(closed_file: Path) -> None:
    """The editor replaces invalid text but keeps the first 16 bytes."""
    text = closed_file.read_bytes().decode("utf-8", "replace")
    closed_file.write_text(text, encoding="utf-8", newline="")
    assert refuse(closed_file).code == "damaged"


@pytest.mark.parametrize("byte", [0x7F, 0xFF])
def test_an_unknown_sqlite_format_is_refused(closed_file: Path, byte: int) -> None:
    content = bytearray(closed_file.read_bytes())
    content[47] = byte
    closed_file.write_bytes(bytes(content))
    assert refuse(closed_file).code == "damaged"


@pytest.mark.parametrize("share", [0.0002, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(closed_file: Path, share: float) -> None:
    content = closed_file.read_bytes()
    closed_file.write_bytes(content[: int(len(content) * share)])
    assert refuse(closed_file).code == "damaged"


def test_a_file_with_overwritten_pages_is_refused(closed_file: Path) -> None:
    content = bytearray(closed_file.read_bytes())
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    closed_file.write_bytes(bytes(content))
    assert refuse(closed_file).code == "damaged"


def test_verify_finds_overwritten_pages(closed_file: Path) -> None:
    with closing(sqlite3.connect(closed_file)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'journal_entry'"
        ).fetchone()
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(closed_file.read_bytes())
    content[(page - 1) * page_bytes : page * page_bytes] = b"\xff" * page_bytes
    closed_file.write_bytes(bytes(content))
    with storage.open(closed_file, read_only=True) as store:
        found = store.verify()
    assert not found.ok
    assert {finding.code for finding in found.findings} == {"database"}


def test_a_newer_file_is_refused(closed_file: Path) -> None:
    later = f"UPDATE app_meta SET value = '{storage.SCHEMA_VERSION + 1}' WHERE key LIKE '%_version'"
    run_statements(closed_file, later)
    assert refuse(closed_file).template == "newer_version"
    assert refuse(closed_file, read_only=True).template == "newer_version"


NEWER = f"UPDATE app_meta SET value = '{storage.SCHEMA_VERSION + 1}' WHERE key = 'schema_version'"


def test_a_readable_newer_file_opens_for_reading_only(closed_file: Path) -> None:
    run_statements(
        closed_file,
        NEWER,
        "ALTER TABLE site ADD COLUMN principal TEXT",
        "CREATE VIEW v AS SELECT 1",
    )
    assert refuse(closed_file).template == "newer_version.read_only"
    with storage.open(closed_file, read_only=True) as store:
        assert to_plain(store.project()) == to_plain(project())
        assert (store.schema_version, store.min_reader_version) == (
            storage.SCHEMA_VERSION + 1,
            ddl.MIN_READER_VERSION,
        )
        assert store.verify().ok


@pytest.mark.parametrize(
    ("statements", "what"),
    [
        (
            ["ALTER TABLE plan DROP COLUMN note"],
            Message("altered.no_column", column="note", table="plan"),
        ),
        (["DROP TABLE plan_pin"], Message("altered.missing", kind="table", name="plan_pin")),
        (
            ["DROP TABLE plan_pin", "CREATE VIEW plan_pin AS SELECT 1"],
            Message("altered.missing", kind="table", name="plan_pin"),
        ),
    ],
)
def test_a_newer_file_without_needed_columns_is_refused(
    closed_file: Path, statements: list[str], what: Message
) -> None:
    run_statements(closed_file, NEWER, *statements)
    assert refuse(closed_file, read_only=True).details["difference"] == what


def test_a_file_with_an_invalid_version_is_refused(closed_file: Path) -> None:
    run_statements(closed_file, "UPDATE app_meta SET value = 'x' WHERE key = 'min_reader_version'")
    assert refuse(closed_file).code == "damaged"


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (
            "CREATE TRIGGER t AFTER UPDATE ON site BEGIN DELETE FROM plan; END",
            ("foreign", "trigger", "t"),
        ),
        ("CREATE VIEW v AS SELECT 1", ("foreign", "view", "v")),
        ("DROP VIEW visits", ("missing", "view", "visits")),
        ("CREATE INDEX i ON site (upper(name))", ("foreign", "index", "i")),
        ("DROP TRIGGER journal_entry_delete", ("missing", "trigger", "journal_entry_delete")),
        ("DROP TABLE edit", ("missing", "table", "edit")),
        ("ALTER TABLE site ADD COLUMN principal TEXT", ("changed", "table", "site")),
    ],
)
def test_an_altered_schema_is_refused(
    closed_file: Path, statement: str, what: tuple[str, str, str]
) -> None:
    run_statements(closed_file, statement)
    change, kind, name = what
    for read_only in (False, True):
        error = refuse(closed_file, read_only=read_only)
        assert Message(f"altered.{change}", kind=kind, name=name) in error.details["differences"]


def test_another_programs_table_in_the_file_is_left_alone(closed_file: Path) -> None:
    run_statements(closed_file, "CREATE TABLE field_notes (name TEXT PRIMARY KEY, content BLOB)")
    with storage.open(closed_file) as store:
        assert to_plain(store.project()) == to_plain(project())
        assert store.verify().ok


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE site SET geom = x'00' WHERE id = 'a'",
        "UPDATE block SET geom = substr(geom, 1, 60) WHERE id = 'block-1'",
        "UPDATE site SET geom = (SELECT geom FROM block) WHERE id = 'a'",
        "UPDATE setting SET value = '{' WHERE name = 'calendar'",
        "DELETE FROM setting",
        "UPDATE unit_access SET access = 'always'",
        "UPDATE plan SET made_at = 'yesterday'",
        "UPDATE plan SET made_at = x'00'",
        "UPDATE plan SET effective_on = 5",
        "UPDATE site SET geom = 'POINT (1 2)' WHERE id = 'a'",
        "UPDATE setting SET value = '[]' WHERE name = 'calendar'",
        "UPDATE setting SET value = '{\"speed_mph\":\"fast\"}' WHERE name = 'assumptions'",
        "DELETE FROM app_meta WHERE key = 'project_name'",
    ],
)
def test_an_unreadable_external_value_does_not_enter_the_project(
    closed_file: Path, statement: str
) -> None:
    run_behind_guards(closed_file, statement)
    for read_only in (True, False):
        with storage.open(closed_file, read_only=read_only) as store:
            assert to_plain(store.project()) == to_plain(project())
            assert store.external and not any(one.marked for one in store.external)
            assert not store.verify().ok


def test_a_shape_in_another_byte_order_is_the_same_project(closed_file: Path) -> None:
    """Another program may write numbers in the other byte order."""
    with storage.open(closed_file) as store:
        before = to_plain(store.project())
    with closing(sqlite3.connect(closed_file)) as other:
        ((blob,),) = other.execute("SELECT geom FROM site WHERE id = 'a'").fetchall()
    written = blob[:8] + shapely.to_wkb(shapely.from_wkb(blob[8:]), byte_order=0)
    assert written != blob
    run_behind_guards(closed_file, f"UPDATE site SET geom = x'{written.hex()}' WHERE id = 'a'")
    with storage.open(closed_file) as store:
        found = store.project()
        assert to_plain(found) == before
        assert store.external == ()
        sites = {**found.sites, "a": replace(found.sites["a"], name="North")}
        store.save(found, replace(found, sites=sites), label="Rename", **EDIT)
        assert store.verify().ok


def test_a_deeply_nested_geometry_does_not_crash_the_program(closed_file: Path) -> None:
    nested = b"\1\7\0\0\0\1\0\0\0" * 200_000
    head = b"GP\0\1" + (26910).to_bytes(4, "little")
    part = b"\1\6\0\0\0\1\0\0\0" + nested
    with closing(sqlite3.connect(closed_file)) as connection:
        connection.execute("UPDATE block SET geom = ?", (head + part,))
        connection.commit()
    with storage.open(closed_file) as store:
        assert to_plain(store.project()) == to_plain(project())
        assert [(one.table, one.after) for one in store.external] == [("block", None)] * 2


def test_a_locked_file_is_refused(closed_file: Path) -> None:
    with closing(sqlite3.connect(closed_file, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        assert refuse(closed_file).template == "file_locked"
    with storage.open(closed_file) as store:
        assert store.verify().ok


def test_saving_while_another_program_writes_is_refused(closed_file: Path) -> None:
    with storage.open(closed_file, patience_s=0.1) as store:
        before = store.project()
        with closing(sqlite3.connect(closed_file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with refused("file_locked"):
                store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
            with refused("file_locked"):
                store.append(visit("v2"), **LOG)
            assert to_plain(store.project()) == to_plain(before)
        store.append(visit("v2"), **LOG)


def test_file_names_with_odd_characters_work(tmp_path: Path) -> None:
    path = tmp_path / "district #1 100% é?.gpkg"
    create_store(path, project(), actor="Officer A", at=AT).close()
    with storage.open(path) as store:
        assert to_plain(store.project()) == to_plain(project())
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


ATTEMPT = """
import os, sys
from pathlib import Path
import sqlalchemy.dialects.sqlite
import zoneplanner.storage.store
from zoneplanner import storage
from zoneplanner.errors import UserError
from zoneplanner.storage.geopackage.connection import share_statements
from zoneplanner.storage.schema import ddl
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    with storage.open(Path(sys.argv[1]), read_only=sys.argv[2] == "read") as store:
        print(store.project().name, store.head().entries)
except UserError as error:
    print(error.template, error.details.get("opens", ""))
"""


@pytest.fixture
def open_unprivileged(closed_file: Path) -> Callable[..., str]:
    """Open a copy of the project as an unprivileged user, in a folder set up by ``prepare``."""

    def attempt(prepare: Callable[[Path], None], mode: str) -> str:
        with TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            copy = Path(folder) / "district.gpkg"
            shutil.copy(closed_file, copy)
            prepare(copy)
            done = start_process(ATTEMPT, copy, mode)
            Path(folder).chmod(0o755)
        assert done.stderr == ""
        return done.stdout.strip()

    return attempt


needs_permissions = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no permission bits"
)


@needs_permissions
def test_a_file_without_read_permission_is_refused(open_unprivileged: Callable[..., str]) -> None:
    assert open_unprivileged(lambda copy: copy.chmod(0), "write") == "cannot_read.denied"


@needs_permissions
def test_a_file_without_write_permission_opens_for_reading_only(
    open_unprivileged: Callable[..., str],
) -> None:
    told = open_unprivileged(lambda copy: copy.chmod(0o444), "write")
    assert told == "cannot_write for reading only"  # the window offers this


@needs_permissions
def test_a_project_in_a_read_only_folder_opens_for_reading(
    open_unprivileged: Callable[..., str],
) -> None:
    def protect(copy: Path) -> None:
        copy.chmod(0o444)
        copy.parent.chmod(0o555)

    assert open_unprivileged(protect, "read") == "Sample district 1"


CHANGE_UNTIL_KILLED = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("PRAGMA cache_size=1")
connection.execute("BEGIN")
connection.execute("CREATE TABLE half AS SELECT one.* FROM site AS one, site, block, block AS b")
os.kill(os.getpid(), 9)
"""


@needs_permissions
@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_a_leftover_log_in_a_read_only_folder_is_reported(
    open_unprivileged: Callable[..., str], mode: str
) -> None:
    """A killed writer's log must be rolled back or applied."""

    def protect(copy: Path) -> None:
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute(f"PRAGMA journal_mode={mode}")
        start_process(CHANGE_UNTIL_KILLED, copy)
        copy.with_name(copy.name + "-shm").unlink(missing_ok=True)
        copy.chmod(0o444)
        copy.parent.chmod(0o555)

    assert open_unprivileged(protect, "read") == "cannot_write.not_closed"


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DELETE FROM gpkg_contents", "site"),
        ("DELETE FROM gpkg_contents WHERE table_name = 'shift'", "shift"),
        ("UPDATE gpkg_contents SET data_type = 'attributes' WHERE table_name = 'site'", "site"),
        ("DELETE FROM gpkg_geometry_columns WHERE table_name = 'block'", "block"),
        ("DELETE FROM gpkg_spatial_ref_sys WHERE srs_id NOT IN (-1, 0)", "ref_sys"),
        ("PRAGMA application_id = 0", "application_id"),
        ("PRAGMA user_version = 0", "user_version"),
    ],
)
def test_verify_reports_missing_registrations_for_other_programs(
    closed_file: Path, statement: str, named: str
) -> None:
    with storage.open(closed_file, read_only=True) as store:
        assert store.verify().findings == ()
    run_statements(closed_file, "PRAGMA foreign_keys = OFF", statement)
    with storage.open(closed_file, read_only=True) as store:
        found = store.verify().findings
    assert any(one.code == "registers" and named in str(one.facts["fault"]) for one in found)


def test_sql_statements_are_compiled_once_for_all_files(closed_file: Path, tmp_path: Path) -> None:
    def open_and_log(path: Path) -> None:
        with storage.open(path) as store:
            store.project()
            store.append(visit("v2"), **LOG)

    other = Path(shutil.copy(closed_file, tmp_path / "other.gpkg"))
    open_and_log(closed_file)
    known = {*share_statements()[1]}
    open_and_log(other)
    assert known
    assert {*share_statements()[1]} == known
