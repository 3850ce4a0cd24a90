"""A project file of an earlier version is read as it is, and migrated completely or not at all."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from builders import create_store, refused, run_behind_guards
from storage_samples import AT, EDIT, LOG, full_disk, project, start_process, to_plain, visit

from zoneplanner import storage
from zoneplanner.domain.plans.plan import LockScope, PlanLock
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.storage.hash_chain import GENESIS_HASH, HASHED_COLUMNS, hash_edit
from zoneplanner.storage.schema import ddl, earlier_versions, tables

SAMPLES = Path(__file__).parents[1] / "samples"
EARLIER = range(1, storage.SCHEMA_VERSION)
ROWS = (
    "SELECT seq, label, actor, at, before, after FROM edit WHERE actor <> '' ORDER BY seq",
    f"SELECT {', '.join(HASHED_COLUMNS)}, prev_hash, hash FROM journal_entry ORDER BY seq",
    "SELECT * FROM zone_area",
    "SELECT fid, id, row_version, changed_by, changed_at, geom FROM site",
    "SELECT fid, uid, row_version, changed_by, changed_at FROM plan",
)


@pytest.fixture
def version() -> int:
    """The sample version for tests that do not run with each."""
    return 1


@pytest.fixture
def old(path: Path, version: int) -> Path:
    """A copy of the sample file of an earlier schema version."""
    shutil.copy(SAMPLES / f"version_{version}.gpkg", path)
    return path


with_each = pytest.mark.parametrize("version", EARLIER)


def read_rows(path: Path) -> list[list[Any]]:
    """Read the rows that a migration must not change."""
    with closing(sqlite3.connect(path)) as connection:
        return [connection.execute(query).fetchall() for query in ROWS]


def list_names(path: Path) -> list[str]:
    return sorted(item.name for item in path.parent.iterdir())


def test_a_file_of_version_1_is_read_without_touching_it(old: Path) -> None:
    before = old.read_bytes()
    with storage.open(old, read_only=True) as store:
        assert store.schema_version == 1
        plan = store.project().plans["plan-1"]
        assert plan.locks == {
            "site a": PlanLock(LockScope.SITE, "a", "asked for by the principal", {"a": "S1"})
        }
        assert (plan.note, plan.parent, plan.pins, plan.what_if) == ("", None, {}, {})
        assert [edit.step for edit in store.edits()] == [0, 1]
        assert store.verify().ok
    assert old.read_bytes() == before
    assert list_names(old) == ["district.gpkg"]


def test_a_version_1_file_open_for_reading_refuses_to_log(old: Path) -> None:
    with (
        storage.open(old, read_only=True) as store,
        refused("read_only"),
    ):
        store.append(visit("v9"), **LOG)


def test_a_file_of_version_2_is_read_without_touching_it(path: Path) -> None:
    shutil.copy(SAMPLES / "version_2.gpkg", path)
    before = path.read_bytes()
    with storage.open(path, read_only=True) as store:
        assert store.schema_version == 2
        plan = store.project().plans["plan-1"]
        assert (plan.assignment["b"], plan.note, len(plan.locks)) == ("S1", "for the board", 2)
        assert [edit.step for edit in store.edits()] == [0, 1, 2]
        assert [date.fromordinal(one["day"]) for one in store.log().visits] == [date(2026, 11, 16)]
        assert store.verify().ok
    assert path.read_bytes() == before
    assert list_names(path) == ["district.gpkg"]


@with_each
def test_opening_for_writing_migrates_an_earlier_file(old: Path, version: int) -> None:
    kept = f"district.version-{version}.gpkg"
    with storage.open(old, read_only=True) as store:
        held, head = store.project(), store.head()
    before, content = old.read_bytes(), read_rows(old)
    with storage.open(old) as store:
        assert store.schema_version == storage.SCHEMA_VERSION
        assert store.original_file == old.with_name(kept)
        version = storage.SCHEMA_VERSION
        facts = {"name": "district.gpkg", "version": version, "original": kept}
        assert store.notices == (Message("file_migrated", **facts),)
        assert to_plain(store.project()) == to_plain(held)
        assert store.head() == head
        assert store.verify(anchor=head).ok
    assert read_rows(old) == content
    assert old.with_name(kept).read_bytes() == before
    assert list_names(old) == ["district.gpkg", kept]


def _normalize_style(text: str) -> str:
    """Normalize a style's spaces and spelling, which differ between versions."""
    return ElementTree.canonicalize(text, strip_text=True).replace("Colour", "Color")


@with_each
def test_a_migrated_file_has_the_structure_of_a_new_one(old: Path) -> None:
    new = old.with_name("new.gpkg")
    create_store(new, project(), actor="Officer A", at=AT).close()
    storage.open(old).close()
    # QGIS's table is added when the project is opened, see test_qgis_project
    look = (
        "SELECT type, name, sql FROM sqlite_schema"
        " WHERE type <> 'index' AND name <> 'qgis_projects' ORDER BY type, name"
    )
    registers = "SELECT table_name, data_type, identifier FROM gpkg_contents ORDER BY table_name"
    styled = "SELECT f_table_name, styleQML FROM layer_styles ORDER BY f_table_name"
    shapes = "SELECT * FROM gpkg_geometry_columns ORDER BY table_name"

    def run_query(file: Path, query: str) -> list[Any]:
        with closing(sqlite3.connect(file)) as connection:
            return connection.execute(query).fetchall()

    for query in (registers, shapes):
        assert run_query(old, query) == run_query(new, query)
    assert [(name, _normalize_style(text)) for name, text in run_query(old, styled)] == [
        (name, _normalize_style(text)) for name, text in run_query(new, styled)
    ]
    squeezed = [(kind, name, " ".join(text.split())) for kind, name, text in run_query(old, look)]
    assert squeezed == [
        (kind, name, " ".join(text.split())) for kind, name, text in run_query(new, look)
    ]


@with_each
def test_a_migrated_file_accepts_edits_and_entries(old: Path) -> None:
    with storage.open(old) as store:
        before, last = store.project(), store.edits()[-1]
        after = before.with_plan(before.plans["plan-1"].with_assignments({"b": "S2"}))
        saved = store.save(before, after, label="Move", **EDIT)
        assert saved is not None
        assert saved.step == last.step + 1
        store.append(visit("v9"), **LOG)
        assert store.verify().ok
    with storage.open(old) as store:
        assert store.original_file is None
        assert to_plain(store.project()) == to_plain(after)
        assert to_plain(store.rewind(store.project(), [saved.seq])) == to_plain(before)


def test_edits_of_version_1_can_be_undone(old: Path) -> None:
    with storage.open(old) as store:
        held = store.project()
        assert held.plans["plan-1"].assignment["b"] == "S1"
        assert store.rewind(held, [2]).plans["plan-1"].assignment["b"] == "S2"


def test_edits_of_version_2_can_be_undone(path: Path) -> None:
    shutil.copy(SAMPLES / "version_2.gpkg", path)
    with storage.open(path) as store:
        first = store.rewind(store.project(), [3, 2]).plans["plan-1"]
        assert first.assignment["b"] == "S2"
        assert first.locks["site c"].held == {"c": "S2"}


def test_an_edit_of_version_1_that_locked_a_site_can_be_undone(old: Path) -> None:
    row = '{"site_lock":[{"plan":"plan-1","site":"a","reason":"asked for by the principal"}]}'
    run(old, f"INSERT INTO edit VALUES (3, 'Lock', 'Officer A', '2026-11-16', '{{}}', '{row}')")
    with storage.open(old) as store:
        unlocked = store.rewind(store.project(), [3])
        assert unlocked.plans["plan-1"].locks == {}
        again = store.replay(unlocked, [3]).plans["plan-1"].locks["site a"]
        assert (again.kind, again.reason) == (LockScope.SITE, "asked for by the principal")


def run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_another_programs_table_is_migrated_too(old: Path) -> None:
    run(
        old,
        "CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, content BLOB)",
        "INSERT INTO qgis_projects VALUES ('map', x'0102')",
    )
    storage.open(old).close()
    with closing(sqlite3.connect(old)) as connection:
        kept = connection.execute("SELECT * FROM qgis_projects").fetchall()
    assert kept == [("map", b"\1\2")]


def test_a_kept_original_is_never_replaced(old: Path) -> None:
    other = old.with_name("district.version-1.gpkg")
    other.write_text("something else")
    with storage.open(old) as store:
        assert store.original_file == old.with_name("district.version-1-2.gpkg")
    assert other.read_text() == "something else"


def test_a_link_to_a_file_of_version_1_stays_a_link(old: Path, tmp_path: Path) -> None:
    folder = tmp_path / "desktop"
    folder.mkdir()
    link = folder / "project.gpkg"
    link.symlink_to(old)
    with storage.open(link) as store:
        assert store.schema_version == storage.SCHEMA_VERSION
    assert link.is_symlink()
    assert list_names(old) == ["desktop", "district.gpkg", "district.version-1.gpkg"]


def test_changes_in_a_leftover_write_ahead_log_are_migrated(old: Path) -> None:
    """A killed desk leaves a write-ahead log, which the new file must not inherit."""
    done = start_process(
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        " c.execute('PRAGMA journal_mode=WAL');"
        " c.execute(\"UPDATE site SET note = 'late' WHERE id = 'a'\"); os._exit(0)",
        old,
    )
    assert done.returncode == 0, done.stderr
    assert old.with_name("district.gpkg-wal").exists()
    with storage.open(old) as store:
        assert store.project().sites["a"].note == "late"
        assert store.verify().ok
    assert list_names(old) == ["district.gpkg", "district.version-1.gpkg"]


def test_a_file_open_at_another_desk_is_not_migrated(old: Path) -> None:
    with closing(sqlite3.connect(old, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("SELECT count(*) FROM site").fetchall()
        with refused("file_locked"):
            storage.open(old, patience_s=0.1)
    with storage.open(old, read_only=True) as store:
        assert store.schema_version == 1
    assert "district.version-1.gpkg" not in list_names(old)


@pytest.mark.parametrize(
    ("version", "most_bytes"),
    [
        pytest.param(
            *(version, most_bytes),
            # the first and last version fail at each point, others at one; all together take 6 s
            marks=[pytest.mark.long] * (version in EARLIER[1:-1] and most_bytes != 100_000),
        )
        for version in EARLIER
        for most_bytes in (0, 4096, 100_000, 250_000)
    ],
)
def test_a_full_disk_during_migration_leaves_the_old_file(old: Path, most_bytes: int) -> None:
    before = old.read_bytes()
    with full_disk(most_bytes), pytest.raises(UserError):
        storage.open(old)
    assert old.read_bytes() == before
    assert list_names(old) == ["district.gpkg"]
    with storage.open(old) as store:
        assert store.verify().ok


def test_a_file_with_contradictory_rows_is_not_migrated(old: Path) -> None:
    run(old, "UPDATE assignment SET zone = 'S9' WHERE site = 'b'")
    before = old.read_bytes()
    with refused("not_migrated.dangling", table="assignment"):
        storage.open(old)
    assert old.read_bytes() == before
    assert list_names(old) == ["district.gpkg"]


def test_a_tampered_journal_is_still_reported_after_migration(old: Path) -> None:
    trigger = read_sql(old, "journal_entry_update")
    run(
        old,
        "DROP TRIGGER journal_entry_update",
        "UPDATE journal_entry SET actor = 'Officer B' WHERE seq = 1",
        trigger,
    )
    content = read_rows(old)
    with storage.open(old) as store:
        assert {finding.code for finding in store.verify().findings} == {"chain"}
    assert read_rows(old) == content


@pytest.mark.parametrize("version", range(4, storage.SCHEMA_VERSION))
def test_a_forged_edit_is_reported_before_and_after_migration(old: Path) -> None:
    """A forger can recompute all hashes, but the rows that the edits lead to differ."""
    with storage.open(old, read_only=True) as store:
        assert store.verify().ok
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.row_factory = sqlite3.Row
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'edit'"
        ).fetchall()
        for trigger in triggers:
            connection.execute(f"DROP TRIGGER {trigger['name']}")
        forged = """{"assignment":[{"plan":"plan-1","site":"b","zone":"S2"}]}"""
        connection.execute("UPDATE edit SET after = ? WHERE seq = 2", (forged,))
        hashed = GENESIS_HASH
        for edit in connection.execute("SELECT * FROM edit ORDER BY seq").fetchall():
            own = hash_edit(hashed, dict(edit))
            chained = "UPDATE edit SET prev_hash = ?, hash = ? WHERE seq = ?"
            connection.execute(chained, (hashed, own, edit["seq"]))
            hashed = own
        for trigger in triggers:
            connection.execute(trigger["sql"])
    with storage.open(old, read_only=True) as store:
        assert {finding.code for finding in store.verify().findings} == {"edits"}
    with storage.open(old) as store:
        assert {finding.code for finding in store.verify().findings} == {"edits", "rows"}


def read_sql(path: Path, name: str) -> str:
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT sql FROM sqlite_schema WHERE name = ?"
        return str(connection.execute(query, (name,)).fetchone()[0])


STOP_AT = """
import os, sys
from pathlib import Path
from zoneplanner import storage
from zoneplanner.storage.geopackage import migration
stop = sys.argv[2]
real = getattr(migration, stop)
def killed(*args, **options):
    real(*args, **options)
    os.kill(os.getpid(), 9)
setattr(migration, stop, killed)
storage.open(Path(sys.argv[1]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9 on Windows")
@pytest.mark.parametrize(
    "stop",
    [
        *("_copy_file", "_upgrade_copy", "_preserve_original"),
        *(
            pytest.param(one, marks=pytest.mark.long)
            for one in ("_rebuild_tables", "_check_same_content")
        ),
    ],
)
def test_a_kill_during_migration_leaves_the_old_file(old: Path, stop: str) -> None:
    before = old.read_bytes()
    done = start_process(STOP_AT, old, stop)
    assert done.returncode == -signal.SIGKILL
    assert old.read_bytes() == before
    with storage.open(old) as store:
        assert store.schema_version == storage.SCHEMA_VERSION
        assert store.verify().ok
    assert not [name for name in list_names(old) if "part" in name]


OPEN = """
import sys
from pathlib import Path
from zoneplanner import storage
with storage.open(Path(sys.argv[1])) as store:
    print(store.schema_version, store.original_file is not None)
"""


def test_only_one_of_several_desks_migrates_a_file(
    old: Path,
) -> None:
    desks = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, str(old)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    told = [desk.communicate(timeout=60) for desk in desks]
    good = [out.strip() for out, _ in told if out]
    assert good and good.count(f"{storage.SCHEMA_VERSION} True") <= 1  # one desk may be locked out
    for out, err in told:
        assert out or "locked by another program" in err
    with storage.open(old) as store:
        assert store.verify().ok
    assert len(list_names(old)) == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_a_migrated_file_keeps_its_permissions(old: Path) -> None:
    old.chmod(0o640)
    storage.open(old).close()
    assert old.stat().st_mode & 0o777 == 0o640


@with_each
def test_new_tables_of_a_migrated_file_are_registered(version: int) -> None:
    meta = tables.build_tables(26910)
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in ddl.index_statements(version).values():
            connection.execute(statement)
        for name, query in earlier_versions.build_upgrade_queries(meta, version).items():
            found = connection.execute(query)
            assert [column[0] for column in found.description] == list(meta.tables[name].c.keys())


@pytest.mark.parametrize("version", [one for one in EARLIER if one >= 4])
def test_external_changes_stay_pending_through_a_migration(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("UPDATE site SET note = 'later' WHERE id = 'a'")
        connection.commit()
    with storage.open(old) as store:
        assert store.project().sites["a"].note != "later"
        assert [(one.key, one.marked) for one in store.external] == [(("a",), True)]


@with_each
def test_an_unreadable_shape_in_an_earlier_file_is_reported(old: Path) -> None:
    run_behind_guards(old, "UPDATE site SET geom = x'4750' WHERE fid = 1")
    before = old.read_bytes()
    for read_only in (True, False):
        with pytest.raises(UserError) as caught, storage.open(old, read_only=read_only) as store:
            store.project()
        assert caught.value.code == "damaged"
    assert old.read_bytes() == before
