"""Attacks on a shared project by each role, in plain SQL or with a custom program.

Designed from the documentation alone; docs/security.md lists the findings.
"""

import json

import psycopg
import pytest
from cluster import Cluster
from storage_samples import EDIT, LOG, move_site, visit, wait_until
from two_homes import OnServer

from zoneplanner.errors import UserError
from zoneplanner.storage.hash_chain import encode_json


@pytest.fixture(scope="module")
def attacked(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> OnServer:
    """A shared project with a history and a log."""
    shared = OnServer(cluster, tmp_path_factory.mktemp("attacked") / "district.gpkg")
    with shared.open("Officer B") as store:
        before = store.project()
        store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
        store.append(visit("v1"), **LOG)
    return shared


VIEWER = (
    "SELECT take_turn()",
    "SELECT append_entries('[]', 'd')",
    "SELECT nextval('site_fid_seq')",
    "INSERT INTO access_note (person, role, given) VALUES ('Viewer V', 'planner', true)",
    "CREATE TABLE public.mine (x int)",
    "CREATE FUNCTION public.to_json(text) RETURNS json LANGUAGE sql AS 'SELECT ''1''::json'",
    "COPY site TO '/tmp/sites.txt'",
    "COPY site TO PROGRAM 'cat'",
    "SELECT pg_read_file('/etc/passwd')",
    "SET ROLE owner",
    "SET SESSION AUTHORIZATION owner",
    'ALTER ROLE "Viewer V" CREATEROLE',
    "ALTER ROLE \"Officer A\" PASSWORD 'x'",
    'DROP ROLE "Officer A"',
    "ALTER DATABASE district SET default_transaction_read_only = on",
    "ALTER ROLE ALL SET statement_timeout = 1",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
)
DISPATCHER = (
    *(statement for statement in VIEWER if "append_entries" not in statement),
    "SELECT setval('site_fid_seq', 2147483647)",
    "LOCK TABLE site IN ACCESS EXCLUSIVE MODE",
    "UPDATE app_meta SET value = 'x'",
    "INSERT INTO log_snapshot DEFAULT VALUES",
    "INSERT INTO edit DEFAULT VALUES",
)
PLANNER = (
    "SELECT setval('site_fid_seq', 2147483647)",
    "INSERT INTO access_note (person, role, given) VALUES ('Officer A', 'planner', true)",
    "INSERT INTO row_change DEFAULT VALUES",
    "UPDATE app_meta SET key = 'x' || key",
    "UPDATE app_meta SET value = 'Nowhere/None' WHERE key = 'project_time_zone'",
    "DELETE FROM app_meta",
    "TRUNCATE site",
    "ALTER TABLE site ADD COLUMN x int",
    "CREATE TRIGGER t BEFORE INSERT ON journal_entry EXECUTE FUNCTION refuse_change()",
    "CREATE RULE r AS ON INSERT TO edit DO INSTEAD NOTHING",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "COMMENT ON SCHEMA {schema} IS 'x'",
    "DROP SCHEMA {schema} CASCADE",
)
TURN = "take_turn()"


@pytest.mark.parametrize(
    ("person", "statement"),
    [
        *(("Viewer V", one) for one in VIEWER),
        *(("Dispatch D", one) for one in DISPATCHER if TURN not in one),
        *(("Officer A", one) for one in PLANNER),
    ],
)
def test_actions_outside_a_role_are_refused(
    attacked: OnServer, person: str, statement: str
) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.NotNullViolation)):
        attacked.run(statement.format(schema=attacked.schema), person, keep=False)


COLUMNS = "kind, label, actor, at, step, jump, plan, before, after, rows_digest, snapshot"
FORGED_EDITS = {
    "kind": {"kind": "'nonsense'"},
    "no JSON": {"before": "'{'"},
    "a list": {"before": "'[1, 2]'"},
    "null": {"after": "'null'"},
    "deep": {"after": "repeat('[', 5000) || repeat(']', 5000)"},
    "unknown table": {"after": """'{"pg_class": [{"oid": 1}]}'"""},
    "rows that are none": {"after": """'{"site": ["a"]}'"""},
    "row without its key": {"after": """'{"site": [{"name": "x"}]}'"""},
    "unknown column": {"after": """'{"site": [{"id": "a", "x": 1}]}'"""},
    "value of another type": {"after": """'{"site": [{"id": "a", "enrollment": "many"}]}'"""},
    "value in a value": {"after": """'{"site": [{"id": "a", "name": {}}]}'"""},
    "no geometry": {"after": """'{"site": [{"id": "a", "geom": "POINT(0 0)"}]}'"""},
    "step far ahead": {"step": "2147483647"},
    "step before all": {"step": "-5"},
    "long label": {"label": "repeat('x', 5000000)"},
    "digest": {"digest": "'x'"},
    "no digest": {"digest": "NULL"},
    "snapshot": {"snapshot": "'\\x0102'"},
}
PLAIN = {"kind": "'edit'", "label": "'x'", "step": "1", "before": "'{}'", "after": "'{}'"}
PLAIN |= {"digest": "repeat('0', 64)", "snapshot": "NULL"}


def insert_edit(**changes: str) -> str:
    one = PLAIN | changes
    return (
        f"INSERT INTO edit ({COLUMNS}, prev_hash, hash) VALUES ({one['kind']}, {one['label']}, 'a',"
        f" '2020', {one['step']}, false, NULL, {one['before']}, {one['after']}, {one['digest']},"
        f" {one['snapshot']}, '', '')"
    )


@pytest.mark.parametrize("case", FORGED_EDITS)
def test_a_planner_cannot_write_an_unreadable_edit(attacked: OnServer, case: str) -> None:
    """A single one once locked out all desks permanently."""
    attacked.run(insert_edit(), "Officer A", keep=False)
    with pytest.raises(psycopg.Error):
        attacked.run(insert_edit(**FORGED_EDITS[case]), "Officer A", keep=False)


SABOTAGE = {
    "an edit of what never was": insert_edit(before="""'{"site": [{"id": "never"}]}'"""),
    "an edit that was not made": insert_edit(after="""'{"site": [{"id": "a", "name": "x"}]}'"""),
    "an empty name": "UPDATE app_meta SET value = '' WHERE key = 'project_name'",
    "a place that is none": "UPDATE site SET geom = ST_SetSRID('POINT EMPTY'::geometry, 26910)",
    "names that give orders": "UPDATE site SET name = E'x\\x1b]0;y\\x07\\n', changed_by = 'x'",
    "the last version": "UPDATE site SET row_version = 2147483647 WHERE id = 'b'",
    "settings": "UPDATE setting SET value = '{', row_version = row_version + 1",
    "figures": "DELETE FROM log_snapshot; DELETE FROM zone_area",
    "a change in hiding": (
        "UPDATE site SET note = 'x', row_version = row_version + 1 WHERE id = 'c';"
        " DELETE FROM external_change"
    ),
}


@pytest.mark.parametrize("case", SABOTAGE)
def test_desks_keep_working_whatever_a_planner_writes(attacked: OnServer, case: str) -> None:
    attacked.run(SABOTAGE[case], "Officer A")
    with attacked.open("Officer B") as store:
        store.project()
        assert store.edits()
        uid = f"v of {case}"
        assert store.append(visit(uid), **LOG).uid == uid
        store.verify()


def test_open_desks_notice_a_hidden_change(attacked: OnServer) -> None:
    with attacked.open("Officer B") as desk:
        for note in ("x", "y"):
            seen = desk.data_version()
            hidden = (
                f"UPDATE site SET note = '{note}', row_version = row_version + 1 WHERE id = 'c'"
            )
            attacked.run(f"{hidden}; DELETE FROM external_change", "Officer A")
            assert wait_until(lambda seen=seen: desk.data_version() != seen)  # type: ignore[misc]


def test_a_held_write_lock_is_reported_to_other_desks(attacked: OnServer) -> None:
    """A custom program may hold the lock; other desks report it and continue with an outbox."""
    with attacked.cluster.connect("Dispatch D") as holding:
        holding.execute(f"SET search_path = {attacked.schema}, public")
        holding.execute("SELECT take_turn()")
        with attacked.open("Viewer V") as looking:
            looking.project()
            with pytest.raises(UserError):
                looking.append(visit("never"), **LOG)


AT_NOON = "2026-11-16T12:00:00+00:00"
KEPT_FOR = {
    "approval": ("Officer A", {"hours": 8, "on": "2026-11-16", "officer": "o", "worked": "h"}, {}),
    "hold": ("owner", {"placed_on": "2026-11-16", "matter": "A v. B"}, {}),
    "redaction": ("owner", {"entries": ["1 note"], "basis": "x"}, {}),
    "disposal": ("owner", {"entries": ["1 note"], "basis": "x"}, {}),
    "quarantine": ("owner", {"seq": 1}, {"reason": "x"}),
    "records_request": ("Dispatch D", {"received_on": "2026-11-16"}, {"asked": "x"}),
}
"""Of each kind that is no call or visit: who may at least append it, and one such entry."""
BY_RIGHTS = ("Viewer V", "Dispatch D", "Officer A", "owner")


def append(uid: str, kind: str, *, supersedes: str | None = None) -> str:
    _, payload, texts = KEPT_FOR.get(kind, ("", {}, {"reason": "x"}))
    one = {"uid": uid, "kind": kind, "site": None, "unit": None, "occurred_at": AT_NOON}
    one |= {"payload": encode_json(payload), "supersedes": supersedes}
    one |= {"text": encode_json(texts)} if texts else {}
    return f"SELECT append_entries('{json.dumps([one])}', 'd')"


@pytest.mark.parametrize("kind", KEPT_FOR)
def test_plain_sql_cannot_append_a_kind_outside_ones_role(attacked: OnServer, kind: str) -> None:
    least = BY_RIGHTS.index(KEPT_FOR[kind][0])
    for person in BY_RIGHTS[:least]:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            attacked.run(append("new", kind), person, keep=False)
    for person in BY_RIGHTS[least:]:
        attacked.run(append("new", kind), person, keep=False)


@pytest.mark.parametrize("kind", [kind for kind in KEPT_FOR if kind != "records_request"])
def test_plain_sql_cannot_correct_or_void_a_kind_outside_ones_role(
    attacked: OnServer, kind: str
) -> None:
    """The record's latest entry decides, whichever of its entries is named, even a void."""
    first, gone, back = f"{kind} 1", f"{kind} 2", f"{kind} 3"
    attacked.run(append(first, kind), "owner")
    attacked.run(append(gone, "void", supersedes=first), "owner")
    attacked.run(append(back, kind, supersedes=gone), "owner")
    for named in (first, gone, back):
        for other in ("void", "records_request"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                attacked.run(append("x", other, supersedes=named), "Dispatch D", keep=False)
