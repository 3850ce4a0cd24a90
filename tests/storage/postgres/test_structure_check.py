"""Verifying a shared project reports every altered part of its structure."""

from contextlib import closing

import pytest
from cluster import DATABASE, Cluster
from two_homes import OnServer

from zoneplanner.messages import Message
from zoneplanner.storage.postgres.connection import PostgresConnection
from zoneplanner.storage.postgres.structure_check import (
    find_server_differences,
    find_view_differences,
)
from zoneplanner.storage.schema.views import build_views

ALTERATIONS = {
    "trigger is off": (
        "ALTER TABLE edit DISABLE TRIGGER edit_refuse_change",
        Message("altered.trigger", name="edit_refuse_change"),
    ),
    "trigger is gone": (
        "DROP TRIGGER edit_noted_edit ON edit",
        Message("altered.trigger", name="edit_noted_edit"),
    ),
    "trigger swallows entries": (
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN NULL; END $$;"
        " CREATE TRIGGER swallow BEFORE INSERT ON journal_entry"
        " FOR EACH ROW EXECUTE FUNCTION swallow()",
        Message("altered.foreign", kind="trigger", name="swallow"),
    ),
    "function": (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN NULL; END $$",
        Message("altered.missing_or_changed", kind="function", name="refuse_change"),
    ),
    "function without its rights": (
        "ALTER FUNCTION append_entries SECURITY INVOKER",
        Message("altered.missing_or_changed", kind="function", name="append_entries"),
    ),
    "function without its path": (
        "ALTER FUNCTION append_entries RESET search_path",
        Message("altered.missing_or_changed", kind="function", name="append_entries"),
    ),
    "rule": (
        "CREATE RULE nothing AS ON INSERT TO edit DO INSTEAD NOTHING",
        Message("altered.rule", name="nothing", table="edit"),
    ),
    "policies off": (
        "ALTER TABLE app_meta DISABLE ROW LEVEL SECURITY",
        Message("altered.policies_off", table="app_meta"),
    ),
    "policy": (
        "CREATE POLICY anything ON app_meta USING (true)",
        Message("altered.foreign", kind="policy", name="anything of app_meta"),
    ),
    "policy that says otherwise": (
        "ALTER POLICY planner_names ON app_meta USING (true) WITH CHECK (true)",
        Message("altered.changed", kind="policy", name="planner_names of app_meta"),
    ),
    "policy for others": (
        "ALTER POLICY planner_names ON app_meta TO PUBLIC",
        Message("altered.changed", kind="policy", name="planner_names of app_meta"),
    ),
    "policy that lets read less": (
        "ALTER POLICY all_read ON app_meta USING (key <> 'title')",
        Message("altered.changed", kind="policy", name="all_read of app_meta"),
    ),
    "grant": (
        "GRANT UPDATE ON journal_entry TO PUBLIC",
        Message("altered.granted", grantee="PUBLIC", right="UPDATE", table="journal_entry"),
    ),
    "grant of a column": (
        "GRANT UPDATE (actor) ON journal_entry TO PUBLIC",
        Message(
            "altered.granted", grantee="PUBLIC", right="UPDATE (actor) of", table="journal_entry"
        ),
    ),
    "function with a path into another schema": (
        "ALTER FUNCTION append_entries SET search_path = public, pg_temp",
        Message("altered.missing_or_changed", kind="function", name="append_entries"),
    ),
    "view": ("CREATE VIEW seen AS SELECT 1", Message("altered.foreign", kind="view", name="seen")),
    "view of ours": (
        build_views("postgresql")["shifts"].replace("CREATE VIEW", "CREATE OR REPLACE VIEW")
        + " WHERE shift.status <> 'final'",
        Message("altered.missing_or_changed", kind="view", name="shifts"),
    ),
    "view with the rights of its owner": (
        "ALTER VIEW visits RESET (security_invoker)",
        Message("altered.missing_or_changed", kind="view", name="visits"),
    ),
    "view that is gone": (
        "DROP VIEW shifts",
        Message("altered.missing_or_changed", kind="view", name="shifts"),
    ),
    "grant of a view": (
        "GRANT SELECT ON visits TO PUBLIC",
        Message("altered.granted", grantee="PUBLIC", right="SELECT", table="visits"),
    ),
}


@pytest.fixture(scope="module")
def unaltered_project(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> OnServer:
    """A shared project; alterations are rolled back."""
    return OnServer(cluster, tmp_path_factory.mktemp("laid") / "district.gpkg")


def find_differences(
    unaltered_project: OnServer, statements: str, person: str = "owner"
) -> list[Message]:
    """Return what ``verify`` reports after an alteration."""
    address = unaltered_project.cluster.address(person, unaltered_project.schema)
    server = PostgresConnection(address)
    with closing(server), server.creating() as connection:
        connection.connection.driver_connection.execute(statements)  # type: ignore[union-attr]
        found = list(find_server_differences(connection, address))
        found += find_view_differences(connection)
        connection.rollback()
    return found


def test_an_unaltered_project_has_no_findings(unaltered_project: OnServer) -> None:
    with unaltered_project.open() as store:
        assert store.verify().findings == ()


@pytest.mark.parametrize("case", ALTERATIONS)
def test_an_alteration_is_reported(unaltered_project: OnServer, case: str) -> None:
    statements, finding = ALTERATIONS[case]
    assert finding in find_differences(unaltered_project, statements)


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        (
            'ALTER TABLE edit OWNER TO "Officer B"',
            Message("altered.other_owner", kind="table", name="edit", owner="Officer B"),
        ),
        (
            'ALTER FUNCTION append_entries OWNER TO "Officer B"',
            Message(
                "altered.other_owner", kind="function", name="append_entries", owner="Officer B"
            ),
        ),
    ],
)
def test_an_object_with_another_owner_is_reported(
    unaltered_project: OnServer, statement: str, finding: Message
) -> None:
    assert finding in find_differences(unaltered_project, statement, "postgres")


def test_verify_reports_alterations(shared: OnServer) -> None:
    shared.run("ALTER TABLE edit DISABLE TRIGGER edit_refuse_change")
    with shared.open(read_only=True) as store:
        (found,) = store.verify().findings
    altered = Message("altered.trigger", name="edit_refuse_change")
    assert found == Message("schema.altered", difference=altered)


def test_a_person_without_the_right_to_create_views_can_verify(unaltered_project: OnServer) -> None:
    unaltered_project.cluster.run(f"REVOKE TEMP ON DATABASE {DATABASE} FROM PUBLIC")
    try:
        with unaltered_project.open("Viewer V") as store:
            assert store.verify().findings == ()
    finally:
        unaltered_project.cluster.run(f"GRANT TEMP ON DATABASE {DATABASE} TO PUBLIC")
