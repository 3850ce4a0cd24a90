"""The differences of schema versions 1 to 3: missing columns and tables, and locks on sites."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from zoneplanner.domain.edits import EditKind
from zoneplanner.errors import UserError
from zoneplanner.storage.backend import StoredRow, VersionUpgrade
from zoneplanner.storage.schema.ddl import SCHEMA_VERSION, index_statements, list_table_columns
from zoneplanner.storage.schema.tables import build_tables


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
        "edit": {"step": sa.literal_column("seq - 1"), "jump": False, "plan": None},
    },
    replacement_queries={
        "plan_lock": "SELECT old.fid, old.plan, 'site' AS kind, old.site AS target, old.reason,"
        " CASE WHEN zone IS NULL THEN '{}' ELSE json_object(old.site, zone) END AS held,"
        " old.row_version, old.changed_by, old.changed_at FROM main.site_lock AS old"
        " LEFT JOIN main.assignment AS now ON now.plan = old.plan AND now.site = old.site",
    },
    upgrade_row=_upgrade_site_lock,
)

_UPGRADE_FROM_2 = VersionUpgrade()

_KIND_OF_LABELS = {
    "Taken from another program: ": EditKind.EXTERNAL,
    "Put back what another program changed: ": EditKind.EXTERNAL,
    "Undo ": EditKind.UNDO,
    "Redo ": EditKind.REDO,
    "Go back to ": EditKind.RESTORE,
    "Import ": EditKind.IMPORT,
    "Create “": EditKind.CREATE,
}
"""The beginnings of edit labels before version 4, which did not store the kind."""

_FIND_KIND = (
    f"CASE WHEN actor = 'another program' THEN '{EditKind.UNRECORDED.value}'"
    + "".join(
        f" WHEN substr(label, 1, {len(start)}) = '{start}' THEN '{kind.value}'"
        for start, kind in _KIND_OF_LABELS.items()
    )
    + f" ELSE '{EditKind.EDIT.value}' END"
)

_UPGRADE_FROM_3 = VersionUpgrade(
    added={
        "edit": {
            "kind": sa.literal_column(_FIND_KIND),
            "rows_digest": "",
            "snapshot": None,
            "prev_hash": "",
            "hash": "",
        },
        "journal_entry": {"text": None, "salt": None, "text_hash": None},
    },
)

_UPGRADES = {1: _UPGRADE_FROM_1, 2: _UPGRADE_FROM_2, 3: _UPGRADE_FROM_3}
"""The upgrades from earlier versions; later versions need one only if rows change their form."""


def list_version_tables(version: int) -> set[str]:
    """Return the names of our tables in a schema version."""
    return set(list_table_columns(version))


def select_upgraded(
    table: sa.Table, columns: Collection[str], *, schema: str
) -> sa.Select[Any] | None:
    """Return the query for an earlier table's rows as they are in the current schema.

    Return None if there is no table.

    ``columns`` are the columns that the table has; later columns get their default values.

    Raises
    ------
    UserError
        A column is missing that every version has.
    """
    if not columns:
        return None
    added = list_added_columns(table.name)
    for column in table.c:
        if column.name not in columns and column.name not in added:
            raise UserError("not_migrated.no_column", column=column.name, table=table.name)
    old = sa.table(table.name, *(sa.column(c.name, c.type) for c in table.c), schema=schema)
    return sa.select(
        *(old.c[c.name] if c.name in columns else _make_default(c, added[c.name]) for c in table.c)
    )


def _make_default(column: sa.Column[Any], value: Any) -> sa.ColumnElement[Any]:
    default = value if isinstance(value, sa.ColumnElement) else sa.literal(value, column.type)
    return default.label(column.name)


def build_upgrade_queries(meta: sa.MetaData, version: int) -> dict[str, str]:
    """Return a query for each table that a version lacks or that differs, in the current schema."""
    old, new, columns = index_statements(version), index_statements(), list_table_columns(version)
    replacements = {
        name: query
        for number in range(version, SCHEMA_VERSION)
        for name, query in _UPGRADES.get(number, VersionUpgrade()).replacement_queries.items()
    }
    queries = {}
    for name, table in meta.tables.items():
        if old.get(("table", name)) == new["table", name]:
            continue
        if name in replacements:
            names = ", ".join(f'was."{column.name}"' for column in table.c)
            queries[name] = f"SELECT {names} FROM ({replacements[name]}) AS was ORDER BY 1"
            continue
        query = select_upgraded(table, columns.get(name, ()), schema="main")
        if query is None:
            nothing: list[Any] = [sa.null().label(column.name) for column in table.c]
            query = sa.select(*nothing).where(sa.false())
        options = {"literal_binds": True}
        ordered = query.order_by(sa.text("1"))
        queries[name] = str(ordered.compile(dialect=sqlite.dialect(), compile_kwargs=options))
    return queries


def create_upgrade_views(connection: sa.Connection, meta: sa.MetaData, version: int) -> None:
    """Create views so that a connection reads an earlier file's tables in the current schema."""
    for name, query in build_upgrade_queries(meta, version).items():
        connection.exec_driver_sql(f'CREATE TEMP VIEW "{name}" AS {query}')


def upgrade_edit_row(table: str, row: Mapping[str, Any]) -> tuple[str, StoredRow]:
    """Return the table and columns of a row in a saved edit, in the current schema."""
    upgraded = dict(row)
    for version in _UPGRADES.values():
        table, upgraded = version.upgrade_row(table, upgraded)
    return table, upgraded


def list_added_columns(table: str) -> StoredRow:
    """Return the columns that were added to a table, with their values for earlier rows.

    Since version 4, any column that is nullable or has a default may have been added.
    """
    added: StoredRow = {}
    for column in build_tables(0).tables[table].c:
        if isinstance(column.server_default, sa.DefaultClause):
            added[column.name] = _read_default(str(column.server_default.arg))
        elif column.nullable:
            added[column.name] = None
    for name in ("row_version", "changed_by", "changed_at"):
        added.pop(name, None)
    for version in _UPGRADES.values():
        added |= version.added.get(table, {})
    return added


def _read_default(text: str) -> Any:
    """Return the value of a column's default."""
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if text in ("true", "false"):
        return text == "true"
    return float(text) if "." in text else int(text)
