"""What the server records itself, whatever SQL a client sends."""

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from builders import create_store, refused
from cluster import Cluster
from storage_samples import AT, EDIT, LOG, move_site, project, visit, wait_until
from two_homes import OnServer

from zoneplanner import storage
from zoneplanner.errors import Disconnected
from zoneplanner.storage import ProjectRole
from zoneplanner.storage.postgres.group_roles import name_group_role, name_group_roles
from zoneplanner.storage.schema.tables import KEY_COLUMNS

FORGE_THROUGH_A_TRIGGER = (
    "CREATE TEMP TABLE bait (x int)",
    "CREATE FUNCTION pg_temp.forge() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN"
    " INSERT INTO edit (kind, label, actor, at, step, jump, before, after, rows_digest, prev_hash,"
    " hash) VALUES (''edit'', ''x'', ''Officer B'', ''2020-01-01T00:00:00+00:00'', 1, false,"
    " ''{}'', ''{}'', repeat(''0'', 64), '''', '''');"
    " RETURN NULL; END'",
    "CREATE TRIGGER t AFTER INSERT ON bait FOR EACH ROW EXECUTE FUNCTION pg_temp.forge()",
    "INSERT INTO bait VALUES (1)",
)


def test_nobody_can_forge_author_or_time_even_through_a_trigger(shared: OnServer) -> None:
    shared.run("; ".join(FORGE_THROUGH_A_TRIGGER), "Officer A")
    [(actor, at)] = shared.rows("SELECT actor, at FROM edit ORDER BY seq DESC LIMIT 1")
    assert actor == "Officer A"
    assert abs(datetime.fromisoformat(at) - datetime.now(UTC)) < timedelta(minutes=5)


def test_an_edit_of_a_desk_has_the_servers_time(shared: OnServer) -> None:
    with shared.open() as store:
        before = store.project()
        kept = store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
        assert kept is not None and kept == store.edits()[-1]
        assert kept.at > AT and kept.actor == "Officer A"
        assert store.verify().ok


STEALTHY = (
    "UPDATE site SET note = 'x', row_version = row_version + 1, changed_by = 'Officer B'",
    "UPDATE site SET row_version = -row_version, note = 'x', changed_by = 'Officer B'",
    "INSERT INTO agency (id, short, phone, position, changed_by, changed_at)"
    " VALUES ('X', 'X', '', 9, 'Officer B', '2020')",
    "UPDATE plan_pin SET row_version = -row_version; DELETE FROM plan_pin",
)


@pytest.mark.parametrize("statement", STEALTHY)
def test_a_hidden_row_change_is_recorded_and_seen_by_open_desks(
    shared: OnServer, statement: str
) -> None:
    with shared.open("Officer B") as desk:
        desk.project()
        seen, own = desk.data_version(), len(desk.edits())
        shared.run(statement, "Officer A")
        assert wait_until(lambda: desk.data_version() != seen)
        desk.project()
        assert desk.external and len(desk.edits()) == own
    found = shared.rows("SELECT DISTINCT actor, name FROM row_change")
    assert {actor for actor, _ in found} == {"Officer A"}
    assert shared.rows("SELECT count(*) FROM external_change") != [(0,)]


def test_a_desks_save_is_not_recorded_as_external(shared: OnServer) -> None:
    with shared.open() as store:
        before = store.project()
        store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
        store.project()
        assert store.external == ()
    assert shared.rows("SELECT count(*) FROM external_change") == [(0,)]
    rows = shared.rows('SELECT actor, name, "before", "after" FROM row_change')
    assert [(actor, name) for actor, name, *_ in rows] == [("Officer A", "assignment")]
    assert "S1" in rows[0][2] and "S2" in rows[0][3]


@pytest.mark.parametrize("table", ["row_change", "access_note"])
@pytest.mark.parametrize("person", ["Officer A", "owner"])
def test_the_servers_records_cannot_be_changed(shared: OnServer, table: str, person: str) -> None:
    column = "actor" if table == "row_change" else "person"
    for what in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = ''", f"TRUNCATE {table}"):
        with pytest.raises(psycopg.Error):
            shared.run(what, person)
    if person != "owner":
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            shared.run(f"INSERT INTO {table} DEFAULT VALUES", person)


def test_each_table_has_one_trigger_before_a_row_changes(shared: OnServer) -> None:
    """Several triggers would fire by name, and a later one would not see the original request."""
    before = "tgtype & 2 = 2 AND tgtype & 1 = 1 AND NOT tgisinternal"
    found = shared.rows(
        f"SELECT relname, count(*) FILTER (WHERE {before}) FROM pg_trigger t"
        f" JOIN pg_class c ON c.oid = tgrelid WHERE relnamespace = '{shared.schema}'::regnamespace"
        " GROUP BY relname"
    )
    counts = dict(found)
    assert [counts[name] for name in KEY_COLUMNS] == [1] * len(KEY_COLUMNS)


HOLD = (
    "SELECT take_turn()",
    "LOCK TABLE write_turn IN EXCLUSIVE MODE",
    "LOCK TABLE write_turn IN SHARE MODE",
    "LOCK TABLE journal_entry IN SHARE MODE",
    "SELECT * FROM app_meta FOR UPDATE",
    "SELECT * FROM site FOR SHARE",
)


@pytest.mark.parametrize("person", ["Viewer V", "Nobody N"])
def test_a_viewer_cannot_block_a_writer(shared: OnServer, person: str) -> None:
    for statement in HOLD:
        with pytest.raises(psycopg.Error):
            shared.run(statement, person)
    with shared.cluster.connect(person) as idle:
        # the lock of earlier versions, open to every login
        idle.execute(
            "SELECT pg_advisory_xact_lock(oid::bigint) FROM pg_class"
            " WHERE relname = 'journal_entry'"
        )
        if person == "Viewer V":
            idle.execute(f"SELECT * FROM {shared.schema}.site")
        with shared.open("Dispatch D") as store:
            assert store.append(visit("v1"), **LOG).seq == 1


def test_a_writer_that_keeps_the_lock_is_reported_after_a_wait(shared: OnServer) -> None:
    with shared.cluster.connect("Dispatch D") as holding:
        holding.execute(f"SET search_path = {shared.schema}, public")
        holding.execute("SELECT take_turn()")
        with shared.open("Officer A") as store, pytest.raises(Disconnected) as caught:
            store.append(visit("v1"), **LOG)
        assert caught.value.template == "server_away.busy"


def test_a_desks_backup_does_not_block_its_own_entries(shared: OnServer, tmp_path: Path) -> None:
    with shared.open() as store, shared.cluster.connect("postgres") as slow:
        slow.execute(f"LOCK TABLE {shared.schema}.edit")  # the backup waits here for the lock
        backup = threading.Thread(target=lambda: store.backup(tmp_path / "backup.gpkg"))
        backup.start()
        assert wait_until(lambda: slow.execute(WAITING).fetchone() == (1,))
        assert store.append(visit("v1"), **LOG).seq == 1
        assert slow.execute(WAITING).fetchone() == (1,)
        slow.rollback()
        backup.join()
    with storage.open(tmp_path / "backup.gpkg") as copy:
        assert copy.verify().ok


WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def test_a_verification_blocks_nobody(shared: OnServer) -> None:
    with shared.open() as store, shared.open("Dispatch D") as desk:

        def log(share: float, _: str) -> None:
            desk.append(visit(f"v{share}"), **LOG)

        assert store.verify(report=log).ok
        assert len(desk.entries()) >= 5


def test_notifications_from_strangers_do_not_cause_reads(shared: OnServer) -> None:
    with shared.open() as store:
        seen = store.data_version()
        with shared.cluster.connect("Nobody N") as stranger:
            stranger.autocommit = True
            for number in range(300):
                stranger.execute(f"NOTIFY {shared.schema}, 'edit {number}'")
        time.sleep(0.5)
        assert store.data_version() - seen <= 1
        quiet = store.data_version()
        with shared.open("Officer B") as other:
            other.append(visit("v1"), **LOG)
        assert wait_until(lambda: store.data_version() != quiet)


def test_a_viewer_sees_no_other_project_in_the_same_database(
    cluster: Cluster, shared: OnServer
) -> None:
    other = cluster.new_schema()
    for name in name_group_roles(cluster.address("owner", other)).values():
        for person in ("Officer A", "Dispatch D", "Viewer V"):
            cluster.run(f'REVOKE {name} FROM "{person}"')
    path = cluster.folder / "other.gpkg"
    with create_store(path, project(), actor="x", at=AT) as file:
        file.share(cluster.address("owner", other))
    path.unlink()
    for person in ("Officer A", "Dispatch D", "Viewer V"):
        shared.open(person).close()
        with refused("no_project_there"):
            storage.open(cluster.address(person, other))
        with cluster.connect(person) as connection, pytest.raises(psycopg.Error):
            connection.execute(f"SELECT * FROM {other}.site")


def test_group_role_names_are_unique_per_project_and_need_no_quotes() -> None:
    places = [("district", "zoneplanner"), ("district", "other"), ("District", "zoneplanner")]
    places += [("d" * 60, "zoneplanner"), ("d" * 60, "other"), ("1 x", "a"), ("districts", "a_b")]
    places += [("districts_a", "b"), ("übung", "z")]
    names = [name_group_role(ProjectRole.DISPATCHER, *place) for place in places]
    assert len(set(names)) == len(places)
    assert all(name.replace("_", "").isalnum() and name.isascii() for name in names)
    assert all(len(name) <= 63 and name == name.lower() for name in names)
    assert names[0] == "district_zoneplanner_dispatcher"
