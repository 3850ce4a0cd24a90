"""Opening: anything that is no sound project is refused in one sentence."""

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
from sentences import says
from storage_samples import AT, EDIT, LOG, another_process, moved, plain, project, visit

from zoneplanner import storage
from zoneplanner.errors import UserError
from zoneplanner.storage.geopackage.connection import share_statements
from zoneplanner.storage.schema import ddl


@pytest.fixture
def closed(store: storage.Store) -> Path:
    """A project file that nobody has open."""
    store.append(visit("v1"), **LOG)
    store.close()
    return store.path


def refusal(path: Path, *, read_only: bool = False) -> str:
    """The sentence with which opening or reading is refused; no file is left beside."""
    before = set(path.parent.iterdir())
    with (
        pytest.raises(UserError) as caught,
        storage.open(path, read_only=read_only, patience_s=0.1) as store,
    ):
        store.project()
    assert set(path.parent.iterdir()) == before
    message = caught.value.message
    assert "\n" not in message
    assert message.endswith(".")
    return message


def run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_a_missing_file(path: Path) -> None:
    assert says(refusal(path), "no_file.project")


def test_a_folder(tmp_path: Path) -> None:
    assert says(refusal(tmp_path), "not_a_file.project")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_pipe_does_not_hang(path: Path) -> None:
    os.mkfifo(path)
    assert says(refusal(path), "not_a_file.project")


@pytest.mark.parametrize("content", [b"", b"id,name\n1,School\n", b"\0" * 5000, b"PK\3\4" * 400])
def test_a_file_of_another_kind(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert "is not a project file" in refusal(path)
    assert path.read_bytes() == content


def test_a_database_of_another_program(path: Path) -> None:
    run(path, "CREATE TABLE app_settings (key, value)")
    assert says(refusal(path), "not_a_project")


def test_a_table_that_only_looks_like_ours(path: Path) -> None:
    run(path, "CREATE TABLE app_meta (a)", "INSERT INTO app_meta VALUES (1)")
    assert says(refusal(path), "not_a_project")


def test_a_view_in_place_of_our_table_is_not_even_read(path: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, i FROM n"
    run(path, f"CREATE VIEW app_meta (key, value) AS {endless}")
    assert says(refusal(path), "not_a_project")


def test_a_geopackage_of_another_program(path: Path) -> None:
    run(path, "PRAGMA application_id = 1196444487", "CREATE TABLE gpkg_contents (a)")
    assert says(refusal(path), "not_a_project.geopackage")


def test_a_file_that_a_text_editor_saved(closed: Path) -> None:
    """What is no text is replaced; the first sixteen letters stay."""
    text = closed.read_bytes().decode("utf-8", "replace")
    closed.write_text(text, encoding="utf-8", newline="")
    assert "damaged" in refusal(closed)


@pytest.mark.parametrize("byte", [0x7F, 0xFF])
def test_a_form_of_database_that_sqlite_does_not_know(closed: Path, byte: int) -> None:
    content = bytearray(closed.read_bytes())
    content[47] = byte
    closed.write_bytes(bytes(content))
    assert "damaged" in refusal(closed)


@pytest.mark.parametrize("share", [0.0002, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file(closed: Path, share: float) -> None:
    content = closed.read_bytes()
    closed.write_bytes(content[: int(len(content) * share)])
    message = refusal(closed)
    assert "damaged" in message or "not a project file" in message


def test_a_file_with_pages_overwritten(closed: Path) -> None:
    content = bytearray(closed.read_bytes())
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    closed.write_bytes(bytes(content))
    assert "damaged" in refusal(closed)


def test_verifying_finds_pages_that_were_overwritten(closed: Path) -> None:
    with closing(sqlite3.connect(closed)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'journal_entry'"
        ).fetchone()
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(closed.read_bytes())
    content[(page - 1) * page_bytes : page * page_bytes] = b"\xff" * page_bytes
    closed.write_bytes(bytes(content))
    with storage.open(closed, read_only=True) as store:
        found = store.verify()
    assert not found.ok
    assert {finding.code for finding in found.findings} == {"database"}


def test_a_newer_file(closed: Path) -> None:
    later = f"UPDATE app_meta SET value = '{storage.SCHEMA_VERSION + 1}' WHERE key LIKE '%_version'"
    run(closed, later)
    assert says(refusal(closed), "newer_version")
    assert says(refusal(closed, read_only=True), "newer_version")


NEWER = f"UPDATE app_meta SET value = '{storage.SCHEMA_VERSION + 1}' WHERE key = 'schema_version'"


def test_a_newer_file_that_this_version_can_read_opens_for_reading_only(closed: Path) -> None:
    run(closed, NEWER, "ALTER TABLE site ADD COLUMN principal TEXT", "CREATE VIEW v AS SELECT 1")
    assert says(refusal(closed), "newer_version.read_only")
    with storage.open(closed, read_only=True) as store:
        assert plain(store.project()) == plain(project())
        assert (store.schema_version, store.min_reader_version) == (
            storage.SCHEMA_VERSION + 1,
            ddl.MIN_READER_VERSION,
        )
        assert store.verify().ok


@pytest.mark.parametrize(
    ("statements", "what"),
    [
        (["ALTER TABLE plan DROP COLUMN note"], "the column note of the table plan is missing"),
        (["DROP TABLE plan_pin"], "the table plan_pin is missing"),
        (
            ["DROP TABLE plan_pin", "CREATE VIEW plan_pin AS SELECT 1"],
            "the table plan_pin is missing",
        ),
    ],
)
def test_a_newer_file_that_lacks_what_this_version_reads(
    closed: Path, statements: list[str], what: str
) -> None:
    run(closed, NEWER, *statements)
    assert what in refusal(closed, read_only=True)


def test_a_file_whose_version_is_no_number(closed: Path) -> None:
    run(closed, "UPDATE app_meta SET value = 'x' WHERE key = 'min_reader_version'")
    assert "damaged" in refusal(closed)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("CREATE TRIGGER t AFTER UPDATE ON site BEGIN DELETE FROM plan; END", "trigger t is not"),
        ("CREATE VIEW v AS SELECT 1", "view v is not part of this program"),
        ("DROP VIEW visits", "view visits is missing"),
        ("CREATE INDEX i ON site (upper(name))", "index i is not part of this program"),
        ("DROP TRIGGER journal_entry_delete", "trigger journal_entry_delete is missing"),
        ("DROP TABLE edit", "table edit is missing"),
        ("ALTER TABLE site ADD COLUMN principal TEXT", "table site was changed"),
    ],
)
def test_a_schema_altered_by_another_program(closed: Path, statement: str, what: str) -> None:
    run(closed, statement)
    assert what in refusal(closed)
    assert what in refusal(closed, read_only=True)


def test_a_foreign_table_in_the_file_is_left_alone(closed: Path) -> None:
    run(closed, "CREATE TABLE field_notes (name TEXT PRIMARY KEY, content BLOB)")
    with storage.open(closed) as store:
        assert plain(store.project()) == plain(project())
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
def test_a_value_that_cannot_be_read_is_not_the_projects(closed: Path, statement: str) -> None:
    run_behind_guards(closed, statement)
    for read_only in (True, False):
        with storage.open(closed, read_only=read_only) as store:
            assert plain(store.project()) == plain(project())
            assert store.external and not any(one.marked for one in store.external)
            assert not store.verify().ok


def test_a_shape_written_in_other_bytes_is_the_same_project(closed: Path) -> None:
    """As another program may write it: with the bytes of its numbers in the other order."""
    with storage.open(closed) as store:
        before = plain(store.project())
    with closing(sqlite3.connect(closed)) as other:
        ((blob,),) = other.execute("SELECT geom FROM site WHERE id = 'a'").fetchall()
    written = blob[:8] + shapely.to_wkb(shapely.from_wkb(blob[8:]), byte_order=0)
    assert written != blob
    run_behind_guards(closed, f"UPDATE site SET geom = x'{written.hex()}' WHERE id = 'a'")
    with storage.open(closed) as store:
        found = store.project()
        assert plain(found) == before
        assert store.external == ()
        sites = {**found.sites, "a": replace(found.sites["a"], name="North")}
        store.save(found, replace(found, sites=sites), label="Rename", **EDIT)
        assert store.verify().ok


def test_a_deeply_nested_geometry_does_not_crash_the_program(closed: Path) -> None:
    nested = b"\1\7\0\0\0\1\0\0\0" * 200_000
    head = b"GP\0\1" + (26910).to_bytes(4, "little")
    part = b"\1\6\0\0\0\1\0\0\0" + nested
    with closing(sqlite3.connect(closed)) as connection:
        connection.execute("UPDATE block SET geom = ?", (head + part,))
        connection.commit()
    with storage.open(closed) as store:
        assert plain(store.project()) == plain(project())
        assert [(one.table, one.after) for one in store.external] == [("block", None)] * 2


def test_a_locked_file(closed: Path) -> None:
    with closing(sqlite3.connect(closed, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        assert says(refusal(closed), "file_locked")
    with storage.open(closed) as store:
        assert store.verify().ok


def test_saving_while_another_program_writes(closed: Path) -> None:
    with storage.open(closed, patience_s=0.1) as store:
        before = store.project()
        with closing(sqlite3.connect(closed, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with refused("file_locked"):
                store.save(before, moved(before, "a", "S2"), label="Move", **EDIT)
            with refused("file_locked"):
                store.append(visit("v2"), **LOG)
            assert plain(store.project()) == plain(before)
        store.append(visit("v2"), **LOG)


def test_names_with_odd_characters(tmp_path: Path) -> None:
    path = tmp_path / "district #1 100% é?.gpkg"
    create_store(path, project(), actor="Officer A", at=AT).close()
    with storage.open(path) as store:
        assert plain(store.project()) == plain(project())
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
    print(error.message, error.details.get("opens", ""))
"""


@pytest.fixture
def as_nobody(closed: Path) -> Callable[..., str]:
    """Open a copy of the project as a person without rights, in a folder made by ``prepare``."""

    def attempt(prepare: Callable[[Path], None], mode: str) -> str:
        with TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            copy = Path(folder) / "district.gpkg"
            shutil.copy(closed, copy)
            prepare(copy)
            done = another_process(ATTEMPT, copy, mode)
            Path(folder).chmod(0o755)
        assert done.stderr == ""
        return done.stdout.strip()

    return attempt


needs_permissions = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no permission bits"
)


@needs_permissions
def test_a_file_that_may_not_be_read(as_nobody: Callable[..., str]) -> None:
    assert says(as_nobody(lambda copy: copy.chmod(0), "write"), "cannot_read.denied")


@needs_permissions
def test_a_file_that_may_not_be_written(as_nobody: Callable[..., str]) -> None:
    told = as_nobody(lambda copy: copy.chmod(0o444), "write")
    assert says(told, "cannot_write")
    assert told.endswith("for reading only")  # which the window offers


@needs_permissions
def test_a_project_in_a_folder_that_may_not_be_written_opens_for_reading(
    as_nobody: Callable[..., str],
) -> None:
    def protect(copy: Path) -> None:
        copy.chmod(0o444)
        copy.parent.chmod(0o555)

    assert as_nobody(protect, "read") == "Sample district 1"


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
def test_a_log_left_in_a_folder_that_may_not_be_written_is_not_overlooked(
    as_nobody: Callable[..., str], mode: str
) -> None:
    """Of one who was killed: what it had changed in the file is to be taken back, or brought in."""

    def protect(copy: Path) -> None:
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute(f"PRAGMA journal_mode={mode}")
        another_process(CHANGE_UNTIL_KILLED, copy)
        copy.with_name(copy.name + "-shm").unlink(missing_ok=True)
        copy.chmod(0o444)
        copy.parent.chmod(0o555)

    assert says(as_nobody(protect, "read"), "cannot_write.not_closed")


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
def test_verify_names_what_other_programs_no_longer_find(
    closed: Path, statement: str, named: str
) -> None:
    with storage.open(closed, read_only=True) as store:
        assert store.verify().findings == ()
    run(closed, "PRAGMA foreign_keys = OFF", statement)
    with storage.open(closed, read_only=True) as store:
        found = store.verify().findings
    assert any(one.code == "registers" and named in one.text for one in found)


def test_statements_are_compiled_once_for_all_files(closed: Path, tmp_path: Path) -> None:
    def open_and_log(path: Path) -> None:
        with storage.open(path) as store:
            store.project()
            store.append(visit("v2"), **LOG)

    other = Path(shutil.copy(closed, tmp_path / "other.gpkg"))
    open_and_log(closed)
    known = {*share_statements()[1]}
    open_and_log(other)
    assert known
    assert {*share_statements()[1]} == known
