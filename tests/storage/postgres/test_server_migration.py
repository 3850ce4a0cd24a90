"""A shared project of an earlier version is migrated by its owner, completely or not at all."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from builders import refused
from cluster import PASSWORD
from sentences import says
from storage_samples import EDIT, LOG, move_site, to_plain, visit
from two_homes import OnServer

from zoneplanner import cli, storage
from zoneplanner.domain.edits import EditKind
from zoneplanner.storage.postgres.group_roles import name_group_roles
from zoneplanner.storage.postgres.migration import migrate_shared_schema

VERSION_2 = (
    "ALTER TABLE app_meta DISABLE TRIGGER USER",
    "DROP VIEW log_correction, shifts, zones_by_plan CASCADE",
    "DROP TABLE swap, shift, post, officer, log_snapshot, site_figure, zone_figure",
    """CREATE TABLE visit_week (fid SERIAL PRIMARY KEY, site TEXT NOT NULL, week DATE NOT NULL,
       visits INTEGER NOT NULL, UNIQUE (site, week))""",
    "INSERT INTO visit_week (site, week, visits) VALUES ('a', '2026-11-16', 2)",
    "GRANT INSERT, UPDATE, DELETE ON visit_week TO planner, dispatcher",
    "UPDATE app_meta SET value = '2' WHERE key = 'schema_version'",
    "ALTER TABLE feature_line DROP COLUMN fields",
    "ALTER TABLE edit DROP COLUMN kind, DROP COLUMN rows_digest, DROP COLUMN snapshot,"
    " DROP COLUMN prev_hash, DROP COLUMN hash",
)
"""What makes a shared project of today one of version 2, without the tables that came later."""


@pytest.fixture
def old(shared: OnServer) -> OnServer:
    """A shared project of version 2 with a history and a log."""
    with shared.open() as store:
        before = store.project()
        store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
        store.append_many([visit("v1"), visit("v2", supersedes="v1")], **LOG)
    for statement in VERSION_2:
        shared.run(statement)
    return shared


@pytest.fixture
def migrate_as(old: OnServer, tmp_path: Path) -> Callable[[str], object]:
    """Return a function that migrates the project as a person."""
    return lambda who: migrate_shared_schema(
        old.cluster.address(who, old.schema), tmp_path / "copy.gpkg"
    )


def test_a_shared_project_does_not_open_until_its_owner_migrates_it(
    old: OnServer, migrate_as: Callable[[str], object], tmp_path: Path
) -> None:
    with refused("earlier_version"):
        old.open()
    for person in ("Officer A", "Dispatch D", "Viewer V"):
        with refused("not_migrated.not_owner"):
            migrate_as(person)
    assert not (tmp_path / "copy.gpkg").exists()
    assert old.rows("SELECT value FROM app_meta WHERE key = 'schema_version'") == [("2",)]


def test_a_migrated_project_has_its_data_and_rules_and_leaves_two_copies(
    old: OnServer, migrate_as: Callable[[str], storage.JournalHead], tmp_path: Path
) -> None:
    entries = old.rows("SELECT * FROM journal_entry ORDER BY seq")
    done = migrate_as("owner")
    assert (done.version, done.original_schema) == (2, f"{old.schema}_version_2")
    assert old.rows("SELECT * FROM journal_entry ORDER BY seq") == entries
    with old.open() as store:
        project = store.project()
        assert project.plans["plan-1"].assignment["a"] == "S2"
        last, sealed = store.edits()[-2:]
        assert (last.label, sealed.kind) == ("Move", EditKind.MIGRATION)
        assert store.rewind(project, [last.seq]).plans["plan-1"].assignment["a"] == "S1"
        assert store.verify(anchor=done.head).ok
        assert store.append(visit("v3"), **LOG).seq == 3
    with storage.open(tmp_path / "copy.gpkg") as copy:
        assert copy.verify(anchor=done.head).ok
        assert to_plain(copy.project()) == to_plain(project)
    with old.open("Dispatch D") as store:
        before = store.project()
        with refused("role_may_not.edit", role="dispatcher"):
            store.save(before, move_site(before, "a", "S1"), label="Move", **EDIT)
    kept = f"SELECT count(*) FROM {done.original_schema}.visit_week"
    assert old.rows(kept) == [(1,)]
    with pytest.raises(Exception, match="permission denied"):
        old.rows(kept, person="Officer A")
    assert migrate_as("owner") is None


def test_a_project_with_functions_of_an_earlier_version_is_migrated(
    shared: OnServer, tmp_path: Path
) -> None:
    shared.run(f"COMMENT ON SCHEMA {shared.schema} IS NULL")
    with refused("earlier_version.server"):
        shared.open()
    done = migrate_shared_schema(
        shared.cluster.address("owner", shared.schema), tmp_path / "copy.gpkg"
    )
    assert (
        done is not None
        and done.original_schema == f"{shared.schema}_version_{storage.SCHEMA_VERSION}"
    )
    with shared.open() as store:
        assert store.append(visit("v1"), **LOG).seq == 1
        assert store.verify().ok


def test_a_failed_migration_changes_nothing(
    old: OnServer, migrate_as: Callable[[str], object], tmp_path: Path
) -> None:
    old.run("ALTER TABLE plan DROP COLUMN tolerance")
    with refused("not_migrated.no_column", column="tolerance", table="plan"):
        migrate_as("owner")
    assert old.rows("SELECT value FROM app_meta WHERE key = 'schema_version'") == [("2",)]
    assert old.rows(f"SELECT count(*) FROM pg_namespace WHERE nspname LIKE '{old.schema}%'") == [
        (1,)
    ]
    assert list(tmp_path.glob("copy*")) == []


def test_a_desk_open_during_migration_writes_nothing_and_keeps_its_entries(
    shared: OnServer, tmp_path: Path
) -> None:
    address = shared.cluster.address("Dispatch D", shared.schema)
    with storage.open(address, outbox=tmp_path / "outbox.sqlite") as desk, shared.open() as planner:
        before = planner.project()
        shared.run("UPDATE app_meta SET value = '99' WHERE key = 'schema_version'")
        with refused("server_away.other_version"):
            planner.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
        desk.append(visit("v1"), **LOG)
        assert desk.waiting().to_send == 1
        assert shared.rows("SELECT count(*) FROM journal_entry") == [(0,)]


def test_the_migrate_command_reports_where_the_original_is(
    old: OnServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("PGPASSWORD", old.place.password)
    address = str(old.cluster.address("owner", old.schema))
    assert cli.main(["migrate", address]) == 0
    told = capsys.readouterr().out
    assert says(told, "shared_project_migrated", schema=f"{old.schema}_version_2")
    assert cli.main(["migrate", address, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["migrated"] is False
    [copy] = (tmp_path / "zoneplanner" / "backups" / "shared").glob("*.gpkg")
    with storage.open(copy, read_only=True) as store:
        assert store.head().entries == 2


def test_the_migrate_command_lists_which_roles_to_grant(
    old: OnServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A project of 0.3.2 used roles of the whole server, which other people must not keep."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in name_group_roles(old.place).values():
        old.cluster.run(f"DROP OWNED BY {name}")
        old.cluster.run(f"DROP ROLE {name}")
    address = str(replace(old.cluster.address("owner", old.schema), password=""))
    assert cli.main(["migrate", address, "--json"]) == 2  # its owner may not create roles
    assert json.loads(capsys.readouterr().out)["code"] == "server_lacks"
    administrator = address.replace("owner@", "postgres@")
    assert cli.main(["migrate", address, "--setup", administrator, "--json"]) == 0
    give = {one["person"]: one["role"] for one in json.loads(capsys.readouterr().out)["to_give"]}
    assert give == {"Officer A": "planner", "Officer B": "planner", "Dispatch D": "dispatcher",
                    "Viewer V": "viewer"}  # fmt: skip
    for person, role in give.items():
        with refused("no_project_there"):
            old.open(person)
        assert cli.main(["access", address, "--give", person, "--role", role]) == 0
    with old.open("Dispatch D") as store:
        assert store.append(visit("v3"), **LOG).seq == 3
        assert store.verify().ok
