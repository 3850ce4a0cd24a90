"""A shared project: who may do what, what the server sets itself, and the way back to a file."""

import hashlib
import json
import shutil
import socket
import subprocess
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from builders import create_store, refused
from cluster import PASSWORD, Cluster
from storage_samples import (
    AT,
    EDIT,
    LOG,
    count_by_week,
    move_site,
    project,
    to_plain,
    visit,
    void,
    wait_until,
)
from two_homes import OnServer

from zoneplanner import storage
from zoneplanner.errors import AccessDenied, Disconnected

APPEND = (
    """SELECT * FROM append_entries('[{"uid": "v9", "kind": "visit", "site": "a", "unit": null,"""
    """ "occurred_at": "2026-11-16T16:30:00+00:00", "payload": "{}", "supersedes": null}]', 'd')"""
)
MATRIX: dict[str, tuple[str, set[str]]] = {
    "look at sites": ("SELECT * FROM site", {"planner", "dispatcher", "viewer"}),
    "look at the journal": ("SELECT * FROM journal_entry", {"planner", "dispatcher", "viewer"}),
    "look at the history": ("SELECT * FROM edit", {"planner", "dispatcher", "viewer"}),
    "log": (APPEND, {"planner", "dispatcher"}),
    "keep figures": ("DELETE FROM log_snapshot", {"planner"}),
    "change figures": ("UPDATE log_snapshot SET visits = ''", set()),
    "change a site": ("UPDATE site SET note = 'x'", {"planner"}),
    "move a site": (
        "UPDATE assignment SET zone = 'S2', row_version = row_version + 1 WHERE site = 'a'",
        {"planner"},
    ),
    "delete a plan": ("DELETE FROM plan_pin", {"planner"}),
    "change a setting": ("UPDATE setting SET value = '{}' WHERE name = 'calendar'", {"planner"}),
    "rename the project": (
        "UPDATE app_meta SET value = 'x' WHERE key = 'project_name'",
        {"planner"},
    ),
    "record an edit": (
        "INSERT INTO edit (kind, label, actor, at, step, jump, before, after, rows_digest)"
        " VALUES ('edit', 'x', 'Officer B', '2026-11-16T16:30:00+00:00', 1, false, '{}', '{}',"
        " repeat('0', 64))",
        {"planner"},
    ),
    "write into the journal": (
        "INSERT INTO journal_entry SELECT 2, 'v2', kind, site, unit, occurred_at, recorded_at,"
        " actor, desk, payload, supersedes, hash, hash FROM journal_entry",
        set(),
    ),
    "change the journal": ("UPDATE journal_entry SET actor = 'x'", set()),
    "delete from the journal": ("DELETE FROM journal_entry", set()),
    "empty the journal": ("TRUNCATE journal_entry", set()),
    "change the history": ("UPDATE edit SET actor = 'x'", set()),
    "delete the history": ("DELETE FROM edit", set()),
    "take a trigger away": ("DROP TRIGGER journal_entry_refuse_change ON journal_entry", set()),
    "make another function": (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NULL; END'",
        set(),
    ),
    "make a table": ("CREATE TABLE mine (x int)", set()),
    "switch triggers off": ("SET session_replication_role = replica", set()),
}
MEMBERS = {
    "planner": "Officer A",
    "dispatcher": "Dispatch D",
    "viewer": "Viewer V",
    "nobody": "Nobody N",
}


@pytest.fixture
def logged(shared: OnServer) -> OnServer:
    """A shared project with one entry."""
    with shared.open() as store:
        store.append(visit("v1"), **LOG)
    return shared


@pytest.fixture(scope="module")
def rollback_project(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> OnServer:
    """A shared project with one entry; tests do not commit to it."""
    shared = OnServer(cluster, tmp_path_factory.mktemp("tried") / "district.gpkg")
    with shared.open() as store:
        store.append(visit("v1"), **LOG)
    return shared


@pytest.mark.parametrize("role", MEMBERS)
@pytest.mark.parametrize("what", MATRIX)
def test_a_role_may_do_exactly_what_the_matrix_lists(
    rollback_project: OnServer, what: str, role: str
) -> None:
    statement, allowed = MATRIX[what]
    if role in allowed:
        rollback_project.run(statement, MEMBERS[role], keep=False)
        return
    unseen = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction)
    with pytest.raises((psycopg.errors.InsufficientPrivilege, *unseen)):
        rollback_project.run(statement, MEMBERS[role], keep=False)


@pytest.mark.parametrize("table", ["journal_entry", "edit"])
@pytest.mark.parametrize("what", ["UPDATE {} SET actor = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_not_even_the_owner_can_change_the_journal_or_the_history(
    rollback_project: OnServer, what: str, table: str
) -> None:
    with pytest.raises(psycopg.Error, match="never changed or deleted"):
        rollback_project.run(what.format(table), keep=False)


def test_nobody_can_write_an_entry_that_breaks_the_chain(rollback_project: OnServer) -> None:
    forged = (
        "INSERT INTO journal_entry SELECT 2, 'v2', kind, site, unit, occurred_at, recorded_at,"
        " 'Officer B', desk, payload, supersedes, hash, hash FROM journal_entry"
    )
    with pytest.raises(psycopg.Error, match="must follow the last one"):
        rollback_project.run(forged, keep=False)


@pytest.mark.parametrize("key", ["project_uid", "project_crs", "schema_version"])
def test_a_planner_cannot_change_the_projects_identity(shared: OnServer, key: str) -> None:
    shared.run(f"UPDATE app_meta SET value = 'x' WHERE key = '{key}'", "Officer A")
    assert shared.rows(f"SELECT count(*) FROM app_meta WHERE key = '{key}' AND value = 'x'") == [
        (0,)
    ]


def test_the_server_sets_the_author_of_an_edit(shared: OnServer) -> None:
    with shared.open("Officer B") as store:
        before = store.project()
        kept = store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
        assert kept is not None
        assert kept.actor == store.edits()[-1].actor == "Officer B"
    assert shared.rows("SELECT changed_by FROM assignment WHERE site = 'a'") == [("Officer B",)]


def test_the_server_numbers_signs_dates_and_chains_an_entry(shared: OnServer) -> None:
    odd = 'q"\\\n\t é 😀 /'
    with shared.open() as store:
        first = store.append(visit("v1"), actor="Somebody else", desk="desk 1", now=AT)
        second = store.append(void("v2", "v1"), **LOG)
        third = store.append(visit("v3", payload={"note": odd}), **LOG)
        assert (first.seq, first.actor, first.desk) == (1, "Officer A", "desk 1")
        assert first.recorded_at > AT
        assert (second.prev_hash, third.prev_hash) == (first.hash, second.hash)
        assert third.payload == {"note": odd}
        assert store.verify().ok
    [(recorded, text, salt, hashes)] = shared.rows(
        "SELECT recorded_at, text, salt, text_hash FROM journal_entry WHERE seq = 3"
    )
    assert json.loads(text) == {"note": odd}
    salted = json.loads(salt)["note"] + odd
    assert json.loads(hashes) == {"note": hashlib.sha256(salted.encode()).hexdigest()}
    columns = [3, "v3", "visit", "a", "S1", "2026-11-16T16:30:00+00:00", recorded, "Officer A"]
    columns += ["desk 1", "{}", None, hashes]
    array = json.dumps(columns, ensure_ascii=False, separators=(",", ":"))
    assert third.hash == hashlib.sha256((second.hash + array).encode()).hexdigest()


def test_a_refused_role_sees_the_reason(shared: OnServer) -> None:
    with shared.open("Dispatch D") as store:
        before = store.project()
        assert store.role is storage.ProjectRole.DISPATCHER
        with refused("role_may_not.edit", role="dispatcher"):
            store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
        assert store.append(visit("v1"), **LOG).actor == "Dispatch D"
        assert count_by_week(store) != {}
    with shared.open("Viewer V") as store:
        assert len(store.entries()) == 1
        with refused("role_may_not.viewer"):
            store.append(visit("v2"), **LOG)
    with refused("no_project_there"):
        shared.open("Nobody N")


def test_a_project_moves_to_a_server_and_back_unchanged(shared: OnServer, tmp_path: Path) -> None:
    with shared.open() as store:
        before = store.project()
        assert to_plain(before) == to_plain(project())
        after = move_site(before, "a", "S2")
        store.save(before, after, label="Move", **EDIT)
        store.append_many([visit("v1"), visit("v2")], **LOG)
        head = store.backup(tmp_path / "back.gpkg")
        edits, weeks = store.edits(), count_by_week(store)
    with storage.open(tmp_path / "back.gpkg") as file:
        assert file.verify(anchor=head).ok
        assert (to_plain(file.project()), file.edits()) == (to_plain(after), edits)
        assert count_by_week(file) == weeks
        assert to_plain(file.rewind(after, [edits[-1].seq])) == to_plain(before)
        again = shared.cluster.new_schema()
        assert file.share(shared.cluster.address("owner", again)) == head


@pytest.mark.parametrize(
    ("encoding", "code"),
    [
        ("UTF8", "server_lacks.extension"),
        ("SQL_ASCII", "not_utf8"),
    ],
)
def test_an_unsuitable_database_is_reported_and_left_unchanged(
    cluster: Cluster, path: Path, encoding: str, code: str
) -> None:
    name = f"bare_{encoding.lower()}"
    made = f"CREATE DATABASE {name} ENCODING {encoding} LOCALE 'C' TEMPLATE template0 OWNER owner"
    cluster.run(made, database="postgres")
    address = replace(cluster.address("owner", "zoneplanner"), database=name)
    with (
        create_store(path, project(), actor="Officer A", at=AT) as file,
        refused(code),
    ):
        file.share(address)
    with cluster.connect("owner", database=name) as connection:
        query = "SELECT count(*) FROM pg_namespace WHERE nspname = 'zoneplanner'"
        assert connection.execute(query).fetchone() == (0,)


def test_sharing_never_overwrites_a_project(shared: OnServer) -> None:
    path = shared.cluster.folder / "other.gpkg"
    with (
        create_store(path, project(), actor="Officer A", at=AT) as file,
        refused("project_exists"),
    ):
        file.share(shared.cluster.address("owner", shared.schema))
    path.unlink()


def test_tampering_on_the_server_is_found(logged: OnServer) -> None:
    for statement in (
        "ALTER TABLE journal_entry DISABLE TRIGGER journal_entry_removed_text",
        "UPDATE journal_entry SET actor = 'Officer B'",
    ):
        logged.run(statement)
    with logged.open() as store:
        assert {finding.code for finding in store.verify().findings} == {"schema", "chain"}


def test_no_message_contains_a_password(shared: OnServer) -> None:
    address = shared.cluster.address("Officer A", shared.schema)
    wrong = storage.ServerAddress(
        "Officer A", "127.0.0.1", address.port, "district", password="an old password"
    )
    with pytest.raises(AccessDenied) as caught:
        storage.open(wrong)
    assert caught.value.template == "access_denied"
    told = (
        f"{caught.value}{caught.value.details}{caught.value.__cause__}{address}{address!r}{wrong}"
    )
    assert PASSWORD not in told
    assert "an old password" not in told


def test_an_unreachable_server_is_reported() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nothing listens there
        nowhere = storage.ServerAddress("x", "127.0.0.1", taken.getsockname()[1], "district")
        with refused("server_away"):
            storage.open(nowhere)


@pytest.fixture(scope="module")
def certificates(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The server's certificate and an unrelated one."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("server", "other"):
        asked = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
        named = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
        files = ("-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt")
        command = [openssl, *asked, *named, *map(str, files)]
        subprocess.run(command, check=True, capture_output=True)
    cluster.serve_tls(folder / "server.crt", folder / "server.key")
    return folder / "server.crt", folder / "other.crt"


def test_a_server_must_prove_its_identity(
    shared: OnServer, certificates: tuple[Path, Path]
) -> None:
    own, other = certificates
    plain_address = shared.cluster.address("Officer A", shared.schema)

    def at(host: str, root: Path) -> storage.ServerAddress:
        return replace(plain_address, host=host, sslmode="verify-full", sslrootcert=str(root))

    assert wait_until(lambda: opens(at("localhost", own)))
    for address in (at("localhost", other), at("127.0.0.1", own)):
        with refused("server_away"):
            storage.open(address)


def opens(address: storage.ServerAddress) -> bool:
    """Return whether a project can be opened, while the server reloads its settings."""
    try:
        storage.open(address).close()
    except Disconnected:
        return False
    return True
