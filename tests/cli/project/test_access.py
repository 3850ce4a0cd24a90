"""The access command and server setup of a shared project."""

import io
import json
import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from builders import create_store, project_from, refused
from cluster import PASSWORD, Cluster
from papers import page_texts

from zoneplanner import cli, storage
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.roster.shift import Officer, Shift, ShiftStatus
from zoneplanner.errors import UserError
from zoneplanner.storage import ServerAddress
from zoneplanner.storage.postgres.group_roles import name_group_roles

AT = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with an officer who has a past and a future shift."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    shift = Shift("s1", "A", "o1", soon, soon + timedelta(hours=8), ShiftStatus.FINAL)
    past = replace(shift, uid="s2", starts_at=AT, ends_at=AT + timedelta(hours=8))
    officer = Officer("o1", "New Person", "Sheriff", "deputy", ("A",))
    project = replace(
        project_from("AABB"), officers={"o1": officer}, shifts={"s1": shift, "s2": past}
    )
    file = tmp_path / "p.gpkg"
    create_store(file, project, actor="test", at=AT).close()
    return file


def answer(capsys: Capture, *args: object, status: int = 0) -> dict[str, Any]:
    assert cli.main([*map(str, args), "--json"]) == status, capsys.readouterr().err
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def at(cluster: Cluster, who: str, schema: str, **changes: Any) -> ServerAddress:
    return replace(ServerAddress(who, "127.0.0.1", cluster.port, "district", schema), **changes)


def list_people(found: dict[str, Any]) -> dict[str, str]:
    return {one["person"]: one["role"] for one in found["access"]}


@pytest.fixture
def set_up(path: Path, cluster: Cluster, capsys: Capture) -> tuple[ServerAddress, ServerAddress]:
    """A project set up and shared by one command: the addresses of its owner and administrator."""
    cluster.run("DROP DATABASE IF EXISTS fresh", database="postgres")
    cluster.run("CREATE DATABASE fresh OWNER postgres ENCODING UTF8 TEMPLATE template0",
                database="postgres")  # fmt: skip
    owner = at(cluster, "new.owner", "zoneplanner", database="fresh")
    told = answer(capsys, "share", path, "--to", str(owner), status=2)
    assert told["code"] == "access_denied"
    admin = replace(owner, user="postgres")
    given = replace(owner, password=PASSWORD)
    secret = f"postgresql://new.owner:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{cluster.port}/fresh"
    assert given.password == PASSWORD
    answer(capsys, "share", path, "--to", secret, "--setup", str(replace(admin, database="x")))
    assert list_people(answer(capsys, "access", str(owner))) == {"new.owner": "owner"}
    return owner, admin


OUT_OF_REACH = (
    "SET ROLE fresh_zoneplanner_owner",
    "GRANT fresh_zoneplanner_owner TO CURRENT_USER",
    "ALTER TABLE zoneplanner.journal_entry DISABLE TRIGGER ALL",
    "DROP TRIGGER edit_refuse_change ON zoneplanner.edit",
    "ALTER TABLE zoneplanner.app_meta DISABLE ROW LEVEL SECURITY",
    "CREATE OR REPLACE FUNCTION zoneplanner.refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN RETURN NULL; END'",
    "CREATE TABLE zoneplanner.more (x int)",
    "SET session_replication_role = replica",
    "UPDATE zoneplanner.journal_entry SET actor = 'x'",
    "DELETE FROM zoneplanner.edit",
    "TRUNCATE zoneplanner.row_change",
)


def test_the_owner_cannot_remove_guards_an_administrator_set_up(
    set_up: tuple[ServerAddress, ServerAddress],
    cluster: Cluster,
    capsys: Capture,
) -> None:
    owner, admin = set_up
    with cluster.connect("new.owner", database="fresh") as connection:
        for statement in OUT_OF_REACH:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement)  # type: ignore[call-overload]
    answer(capsys, "log", owner, "visit", "site=r1c1", "uid=v1")
    answer(capsys, "assign", owner, "--site", "r1c2", "--zone", "B", status=1)
    given = answer(capsys, "access", owner, "--give", "Viewer V", "--role", "viewer")
    assert list_people(given) == {"new.owner": "owner", "Viewer V": "viewer"}
    paper = Path(os.environ["XDG_DATA_HOME"]).with_name("access.pdf")
    answer(capsys, "access", owner, "--take", "Viewer V")
    answer(capsys, "access", owner, "--give", "Viewer V", "--role", "viewer", "--pdf", paper)
    page = " ".join(" ".join(page_texts(paper.read_bytes())).split())
    assert "viewer" in page and "has it now" in page and "For: our office" in page
    assert re.search(r"Viewer V viewer \w+ \d.* new.owner \w+ \d.* new.owner", page), page
    seen = {one["person"]: (one["last_seen"] is not None, one["desks"]) for one in given["access"]}
    assert seen["Viewer V"] == (False, []) and seen["new.owner"][0], "the owner logged a visit"
    theirs = replace(owner, user="Viewer V")
    assert answer(capsys, "verify", theirs)["ok"]
    with cluster.connect("postgres", database="fresh") as connection:
        connection.execute("COMMENT ON SCHEMA zoneplanner IS NULL")  # as it was before it was told
    assert answer(capsys, "verify", theirs, status=2)["code"] == "earlier_version"
    assert answer(capsys, "migrate", owner, status=2)["code"] == "not_migrated"
    assert answer(capsys, "migrate", owner, "--setup", admin)["migrated"]
    assert answer(capsys, "verify", theirs)["entries"] == 1


def test_an_owner_with_createrole_needs_no_administrator(
    path: Path, cluster: Cluster, capsys: Capture
) -> None:
    made = "CREATE DATABASE two_lines ENCODING UTF8 TEMPLATE template0"
    cluster.run(made, database="postgres")
    cluster.run("CREATE EXTENSION postgis", database="two_lines")
    cluster.run(f"CREATE ROLE maker LOGIN CREATEROLE PASSWORD '{PASSWORD}'", database="two_lines")
    cluster.run("GRANT CREATE ON DATABASE two_lines TO maker", database="two_lines")
    project = at(cluster, "maker", "zoneplanner", database="two_lines")
    answer(capsys, "share", path, "--to", project)
    given = answer(capsys, "access", project, "--give", "Viewer V", "--role", "viewer")
    assert list_people(given) == {"maker": "owner", "Viewer V": "viewer"}
    theirs = at(cluster, "Viewer V", "zoneplanner", database="two_lines")
    assert answer(capsys, "info", theirs)["sites"] == 4
    assert answer(capsys, "verify", theirs)["ok"]


def test_missing_server_setup_is_reported_with_the_command_to_run(
    path: Path, cluster: Cluster, capsys: Capture
) -> None:
    told = answer(capsys, "share", path, "--to", at(cluster, "owner", "nobody_made"), status=2)
    assert told["code"] == "server_lacks"
    assert any("CREATE ROLE" in one for one in told["facts"]["setup"])
    with cluster.connect("postgres") as connection:
        for statement in told["facts"]["setup"]:
            connection.execute(statement)
    answer(capsys, "share", path, "--to", at(cluster, "owner", "nobody_made"))


def test_one_command_gives_a_person_access_and_one_takes_it(
    path: Path,
    cluster: Cluster,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    cluster.run("ALTER ROLE owner CREATEROLE")
    request.addfinalizer(lambda: cluster.run("ALTER ROLE owner NOCREATEROLE"))
    schema = cluster.new_schema()
    project = at(cluster, "owner", schema)
    answer(capsys, "share", path, "--to", project)
    before = list_people(answer(capsys, "access", project))
    assert before["Viewer V"] == "viewer" and before["owner"] == "owner"
    assert answer(capsys, "access", project, "--give", "New Person", "--role", "planner",
                  status=2)["code"] == "no_such_person"  # fmt: skip
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    given = ("--give", "New Person", "--role", "dispatcher", "--login")
    found = answer(capsys, "access", project, *given)
    (new,) = [one for one in found["access"] if one["person"] == "New Person"]
    assert (new["role"], new["given_by"]) == ("dispatcher", "owner")
    assert abs(datetime.fromisoformat(new["since"]) - datetime.now(UTC)) < timedelta(minutes=5)
    theirs = at(cluster, "New Person", schema)
    answer(capsys, "log", theirs, "visit", "site=r1c1", "uid=v1")
    promoted = answer(capsys, "access", project, "--give", "New Person", "--role", "planner")
    assert list_people(promoted)["New Person"] == "planner"
    assert [(one["role"], one["taken_by"]) for one in promoted["past"]] == [("dispatcher", "owner")]
    with storage.open(replace(theirs, password=PASSWORD)) as open_desk:
        left = answer(capsys, "access", project, "--take", "New Person")
        with pytest.raises(UserError):
            open_desk.project()
        with pytest.raises(UserError):
            open_desk.append(
                NewEntry("v2", "visit", "r1c1", None, AT, {}), actor="x", desk="x", now=AT
            )
    assert (left["taken"], [one["uid"] for one in left["open_shifts"]]) == (["planner"], ["s1"])
    assert left["login"] == "locked"
    assert "New Person" not in list_people(left)
    ended = [(one["person"], one["role"], one["given_by"], one["taken_by"]) for one in left["past"]]
    assert ended == [("New Person", role, "owner", "owner") for role in ("dispatcher", "planner")]
    assert all(one["since"] <= one["until"] for one in left["past"])
    assert answer(capsys, "info", theirs, status=2)["code"] == "access_denied"
    history = answer(capsys, "log", project, "history", "uid=v1")
    assert history["entries"][0]["actor"] == "New Person"
    keys = ("access", "past", "taken", "login", "open_shifts")
    assert set(keys) == left.keys()  # of the contract
    again = answer(capsys, "access", project, "--take", "New Person", status=2)
    assert again["code"] == "no_access"
    answer(capsys, "access", project, "--give", "New Person", "--role", "viewer")  # who comes back
    assert answer(capsys, "info", theirs)["sites"] == 4


def test_roles_changed_directly_on_the_server_are_listed(
    path: Path, cluster: Cluster, capsys: Capture
) -> None:
    schema = cluster.new_schema()
    project = at(cluster, "owner", schema)
    answer(capsys, "share", path, "--to", project)
    viewers = name_group_roles(cluster.address("owner", schema))[storage.ProjectRole.VIEWER]
    answer(capsys, "access", project, "--give", "Nobody N", "--role", "viewer")
    cluster.run(f'REVOKE {viewers} FROM "Nobody N" GRANTED BY owner')
    (gone,) = answer(capsys, "access", project)["past"]
    assert (gone["person"], gone["given_by"], gone["until"]) == ("Nobody N", "owner", None)
    told = answer(capsys, "access", project, "--take", "Viewer V", status=2)
    assert (told["code"], told["facts"]["giver"]) == ("role_may_not", "postgres")
    assert list_people(answer(capsys, "access", project))["Viewer V"] == "viewer"


def test_a_login_with_roles_in_other_projects_is_not_dropped(
    path: Path, cluster: Cluster, capsys: Capture
) -> None:
    schema = cluster.new_schema()
    project = at(cluster, "owner", schema)
    answer(capsys, "share", path, "--to", project)
    cluster.run('CREATE ROLE "Of Two" LOGIN IN ROLE viewer')
    answer(capsys, "access", project, "--give", "Of Two", "--role", "viewer")
    assert answer(capsys, "access", project, "--take", "Of Two")["login"] == "other_roles"
    answer(capsys, "access", project, "--give", "Nobody N", "--role", "viewer")
    taken = answer(capsys, "access", project, "--take", "Nobody N")
    assert (taken["login"], "Nobody N" in list_people(taken)) == ("not_allowed", False)
    cluster.run('DROP ROLE "Of Two"')


@pytest.mark.parametrize("who", ["Officer A", "Dispatch D", "Viewer V"])
def test_only_the_owner_can_change_access(
    path: Path, cluster: Cluster, capsys: Capture, who: str
) -> None:
    schema = cluster.new_schema()
    answer(capsys, "share", path, "--to", at(cluster, "owner", schema))
    theirs = at(cluster, who, schema)
    assert list_people(answer(capsys, "access", theirs))["owner"] == "owner"
    for args in (("--give", "Nobody N", "--role", "viewer"), ("--take", "Viewer V")):
        assert answer(capsys, "access", theirs, *args, status=2)["code"] == "role_may_not"


def test_a_file_has_no_access_list(path: Path, capsys: Capture) -> None:
    assert answer(capsys, "access", path, status=2)["code"] == "not_shared"
    assert answer(capsys, "access", path, "--give", "x", status=2)["code"] == "option_missing"


def test_a_name_that_is_sql_is_a_name(path: Path, cluster: Cluster) -> None:
    schema = cluster.new_schema()
    with storage.open(path) as store:
        store.share(cluster.address("owner", schema))
    evil = 'x"; DROP TABLE site; --'
    with storage.open(cluster.address("owner", schema)) as shared:
        with refused("no_such_person", person=evil):
            shared.grant_access(evil, storage.ProjectRole.VIEWER)  # type: ignore[attr-defined]
        with refused("no_access", person=evil):
            shared.revoke_access(evil)  # type: ignore[attr-defined]
        assert len(shared.project().sites) == 4
