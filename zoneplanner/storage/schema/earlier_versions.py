"""What schema version 1 had otherwise: columns and tables it lacked, and its locks on sites."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from zoneplanner.storage.records import StoredRow, VersionUpgrade
from zoneplanner.storage.schema.ddl import SCHEMA_VERSION, index_statements


def _upgrade_site_lock(table: str, row: Mapping[str, Any]) -> tuple[str, StoredRow]:
    if table != "site_lock":
        return table, dict(row)
    rest = {name: value for name, value in row.items() if name != "site"}
    return "plan_lock", {**rest, "kind": "site", "target": row["site"]}


_UPGRADE_FROM_1 = VersionUpgrade(
    added={
        "plan": {"note": "", "parent": None, "proposed_on": None},
        "feature_area": {"fields": "{}"},
        "feature_line": {"fields": "{}"},
        "feature_point": {"fields": "{}"},
        "plan_lock": {"held": "{}"},
    },
    replacement_queries={
        "edit": "SELECT *, seq - 1 AS step, 0 AS jump, NULL AS plan FROM main.edit",
        "plan_lock": "SELECT old.fid, old.plan, 'site' AS kind, old.site AS target, old.reason,"
        " CASE WHEN zone IS NULL THEN '{}' ELSE json_object(old.site, zone) END AS held,"
        " old.row_version, old.changed_by, old.changed_at FROM main.site_lock AS old"
        " LEFT JOIN main.assignment AS now ON now.plan = old.plan AND now.site = old.site",
    },
    upgrade_row=_upgrade_site_lock,
)

_UPGRADE_FROM_2 = VersionUpgrade()

_UPGRADES = {1: _UPGRADE_FROM_1, 2: _UPGRADE_FROM_2}


def list_version_tables(version: int) -> set[str]:
    """Return the names of the tables that a file of a version has, of this program's."""
    return {name for kind, name in index_statements(version) if kind == "table"}


def build_upgrade_queries(meta: sa.MetaData, version: int) -> dict[str, str]:
    """Return a query for each table that a version lacks or has otherwise, as it is now."""
    old, new = index_statements(version), index_statements()
    return {
        table.name: _build_query(table, version)
        for table in meta.sorted_tables
        if old.get(("table", table.name)) != new["table", table.name]
    }


def _build_query(table: sa.Table, version: int) -> str:
    query = (
        f'SELECT * FROM main."{table.name}"' if table.name in list_version_tables(version) else ""
    )
    for number in range(version, SCHEMA_VERSION):
        added = _UPGRADES[number].added.get(table.name, {})
        if table.name in _UPGRADES[number].replacement_queries:
            query = _UPGRADES[number].replacement_queries[table.name]
        elif query and added:
            values = ", ".join(
                f'{_format_literal(value)} AS "{name}"' for name, value in added.items()
            )
            query = f"SELECT *, {values} FROM ({query})"
    if not query:
        nothing = ", ".join(f'NULL AS "{column.name}"' for column in table.c)
        return f"SELECT {nothing} WHERE 0"
    names = ", ".join(f'was."{column.name}"' for column in table.c)
    return f"SELECT {names} FROM ({query}) AS was ORDER BY 1"


def _format_literal(value: str | float | None) -> str:
    if value is None:
        return "NULL"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)


def create_upgrade_views(connection: sa.Connection, meta: sa.MetaData, version: int) -> None:
    """Let a connection to a file of an earlier version read its tables as they are now."""
    for name, query in build_upgrade_queries(meta, version).items():
        connection.exec_driver_sql(f'CREATE TEMP VIEW "{name}" AS {query}')


def upgrade_edit_row(table: str, row: Mapping[str, Any]) -> tuple[str, StoredRow]:
    """Return the present table and columns of a row that a saved edit holds."""
    found = dict(row)
    for version in _UPGRADES.values():
        table, found = version.upgrade_row(table, found)
    return table, found


def list_added_columns(table: str) -> StoredRow:
    """Return the columns that were added to a table, and what they hold for earlier rows."""
    every = (version.added.get(table, {}) for version in _UPGRADES.values())
    return {name: value for columns in every for name, value in columns.items()}
