"""Verifying a shared project reports every altered part of its structure."""

from contextlib import closing

import pytest
from cluster import DATABASE, Cluster
from two_homes import OnServer

from zoneplanner.storage.postgres.connection import PostgresConnection
from zoneplanner.storage.postgres.structure_check import (
    find_server_differences,
    find_view_differences,
)
from zoneplanner.storage.schema.views import build_views

ALTERATIONS = {
    "trigger is off": (
        "ALTER TABLE edit DISABLE TRIGGER edit_refuse_change",
        "the trigger edit_refuse_change is missing, was changed or switched off",
    ),
    "trigger is gone": (
        "DROP TRIGGER edit_noted_edit ON edit",
        "the trigger edit_noted_edit is missing, was changed or switched off",
    ),
    "trigger swallows entries": (
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN NULL; END $$;"
        " CREATE TRIGGER swallow BEFORE INSERT ON journal_entry"
        " FOR EACH ROW EXECUTE FUNCTION swallow()",
        "the trigger swallow is not part of this program",
    ),
    "function": (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN NULL; END $$",
        "the function refuse_change is missing or was changed",
    ),
    "function without its rights": (
        "ALTER FUNCTION append_entries SECURITY INVOKER",
        "the function append_entries is missing or was changed",
    ),
    "function without its path": (
        "ALTER FUNCTION append_entries RESET search_path",
        "the function append_entries is missing or was changed",
    ),
    "rule": (
        "CREATE RULE nothing AS ON INSERT TO edit DO INSTEAD NOTHING",
        "the rule nothing of the table edit is not part of this program",
    ),
    "policies off": (
        "ALTER TABLE app_meta DISABLE ROW LEVEL SECURITY",
        "the policies of the table app_meta are switched off",
    ),
    "policy": (
        "CREATE POLICY anything ON app_meta USING (true)",
        "the policy anything of app_meta is not part of this program",
    ),
    "policy that says otherwise": (
        "ALTER POLICY planner_names ON app_meta USING (true) WITH CHECK (true)",
        "the policy planner_names of app_meta was changed",
    ),
    "policy for others": (
        "ALTER POLICY planner_names ON app_meta TO PUBLIC",
        "the policy planner_names of app_meta was changed",
    ),
    "policy that lets read less": (
        "ALTER POLICY all_read ON app_meta USING (key <> 'title')",
        "the policy all_read of app_meta was changed",
    ),
    "grant": (
        "GRANT UPDATE ON journal_entry TO PUBLIC",
        "PUBLIC may UPDATE the table journal_entry",
    ),
    "grant of a column": (
        "GRANT UPDATE (actor) ON journal_entry TO PUBLIC",
        "PUBLIC may UPDATE (actor) of the table journal_entry",
    ),
    "function with a path into another schema": (
        "ALTER FUNCTION append_entries SET search_path = public, pg_temp",
        "the function append_entries is missing or was changed",
    ),
    "view": ("CREATE VIEW seen AS SELECT 1", "the view seen is not part of this program"),
    "view of ours": (
        build_views("postgresql")["shifts"].replace("CREATE VIEW", "CREATE OR REPLACE VIEW")
        + " WHERE shift.status <> 'final'",
        "the view shifts is missing or was changed",
    ),
    "view with the rights of its owner": (
        "ALTER VIEW visits RESET (security_invoker)",
        "the view visits is missing or was changed",
    ),
    "view that is gone": ("DROP VIEW shifts", "the view shifts is missing or was changed"),
    "grant of a view": ("GRANT SELECT ON visits TO PUBLIC", "PUBLIC may SELECT the table visits"),
}


@pytest.fixture(scope="module")
def unaltered_project(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> OnServer:
    """A shared project; alterations are rolled back."""
    return OnServer(cluster, tmp_path_factory.mktemp("laid") / "district.gpkg")


def find_differences(
    unaltered_project: OnServer, statements: str, person: str = "owner"
) -> list[str]:
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
        ('ALTER TABLE edit OWNER TO "Officer B"', "the table edit belongs to Officer B"),
        (
            'ALTER FUNCTION append_entries OWNER TO "Officer B"',
            "the function append_entries belongs to Officer B",
        ),
    ],
)
def test_an_object_with_another_owner_is_reported(
    unaltered_project: OnServer, statement: str, finding: str
) -> None:
    assert finding in find_differences(unaltered_project, statement, "postgres")


def test_verify_reports_alterations(shared: OnServer) -> None:
    shared.run("ALTER TABLE edit DISABLE TRIGGER edit_refuse_change")
    with shared.open(read_only=True) as store:
        (found,) = store.verify().findings
    assert found.code == "schema" and "edit_refuse_change" in found.text


def test_a_person_without_the_right_to_create_views_can_verify(unaltered_project: OnServer) -> None:
    unaltered_project.cluster.run(f"REVOKE TEMP ON DATABASE {DATABASE} FROM PUBLIC")
    try:
        with unaltered_project.open("Viewer V") as store:
            assert store.verify().findings == ()
    finally:
        unaltered_project.cluster.run(f"GRANT TEMP ON DATABASE {DATABASE} TO PUBLIC")
