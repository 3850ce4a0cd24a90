"""Create a project's tables, functions, triggers and grants on a PostgreSQL server."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from zoneplanner.domain.clean_text import INVISIBLE_CHARACTERS, LINE_SEPARATORS
from zoneplanner.domain.edits import EditKind
from zoneplanner.domain.log import record_schema
from zoneplanner.domain.log.entries import ENTRY_SHAPES
from zoneplanner.domain.log.journal import FIRST_LOG_YEAR
from zoneplanner.domain.roles import ProjectRole
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.messages import Message
from zoneplanner.storage.attachments import ATTACHMENT_TABLE
from zoneplanner.storage.backend import JournalHead
from zoneplanner.storage.hash_chain import read_head
from zoneplanner.storage.history.zone_areas import FIGURE_TABLES
from zoneplanner.storage.journal import log_snapshot
from zoneplanner.storage.postgres.address import ServerAddress, administer
from zoneplanner.storage.postgres.connection import PostgresConnection
from zoneplanner.storage.postgres.group_roles import (
    name_group_roles,
    prepare_server,
    write_setup_statements,
)
from zoneplanner.storage.schema.tables import KEY_COLUMNS
from zoneplanner.storage.schema.triggers import GUARDED_TABLES, PARTS_OF_PLANS
from zoneplanner.storage.schema.views import build_views

SERVER_TABLES = {
    "write_turn": "",
    "row_change": (
        "number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
        " tx xid8 NOT NULL DEFAULT pg_current_xact_id(), at text NOT NULL, actor text NOT NULL,"
        ' name text NOT NULL, "before" text, "after" text'
    ),
    "access_note": (
        "number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at text NOT NULL,"
        " given_by text NOT NULL, person text NOT NULL, given boolean NOT NULL, role text NOT NULL"
        " CHECK (role IN ('planner', 'dispatcher', 'viewer'))"
    ),
}
"""Tables that only a server has: the turn to write, changes of rows, and changes of access."""

_APPEND_ONLY_TABLES = ("edit", "journal_entry", "row_change", "access_note")
_OWNER_ONLY_KEYS = ("schema_version", "min_reader_version", "project_uid", "project_crs")
"""Keys of ``app_meta`` that only the owner may change."""


def read_server_functions() -> dict[str, str]:
    """Return the statements that create the program's functions, by name."""
    text = Path(__file__).with_name("postgres.sql").read_text(encoding="utf-8")
    for name, value in _read_entry_limits().items():
        text = text.replace(f"{{{name}}}", str(value).replace("'", "''"))
    parts = [f"CREATE FUNCTION {part.strip()}" for part in text.split("CREATE FUNCTION ")[1:]]
    return {part.split("(", 1)[0].removeprefix("CREATE FUNCTION "): part for part in parts}


def _read_entry_limits() -> dict[str, object]:
    """Return the limits by which the functions check entries, by their placeholders."""
    shapes = {kind: shape.describe() for kind, shape in ENTRY_SHAPES.items()}
    return {
        "row_keys": json.dumps(KEY_COLUMNS),
        "edit_kinds": json.dumps([kind.value for kind in EditKind]),
        "parts_of_plans": f"{{{','.join(PARTS_OF_PLANS)}}}",
        "shapes": json.dumps(shapes, sort_keys=True),
        "least_roles": json.dumps({kind: one.least_role for kind, one in ENTRY_SHAPES.items()}),
        "invisible": f"{INVISIBLE_CHARACTERS}{LINE_SEPARATORS}",
        "time_pattern": record_schema.TIME_PATTERN,
        "day_pattern": record_schema.DAY_PATTERN,
        "first_day": f"{FIRST_LOG_YEAR}-01-01",
        "first_moment": f"{FIRST_LOG_YEAR}-01-01T00:00:00+00:00",
        "last_moment": record_schema.LAST_ENTRY_MOMENT.isoformat(),
        "longest_name": record_schema.LONGEST_NAME,
        "longest_text": record_schema.LONGEST_TEXT,
        "longest_payload": record_schema.LONGEST_PAYLOAD,
        "most_list_items": record_schema.MOST_LIST_ITEMS,
        "largest_number": record_schema.LARGEST_NUMBER,
    }


def build_server_triggers() -> Iterator[tuple[str, str]]:
    """Return each trigger's name and statement."""
    triggers: list[tuple[str, str, str, str]] = []
    for table in KEY_COLUMNS:
        deletion = " OR DELETE" if table in GUARDED_TABLES else ""
        triggers += [
            (table, "changed_row", f"BEFORE INSERT OR UPDATE{deletion}", "ROW"),
            (table, "changed_elsewhere", "AFTER INSERT OR UPDATE OR DELETE", "ROW"),
        ]
    triggers += [
        ("access_note", "noted_access", "BEFORE INSERT", "ROW"),
        ("edit", "noted_edit", "BEFORE INSERT", "ROW"),
        ("edit", "told_edit", "AFTER INSERT", "ROW"),
        ("journal_entry", "followed_entry", "BEFORE INSERT", "ROW"),
        ("journal_entry", "told_entry", "AFTER INSERT", "ROW"),
        ("journal_entry", "removed_text", "BEFORE UPDATE", "ROW"),
    ]
    for table in _APPEND_ONLY_TABLES:
        refused = "BEFORE DELETE OR TRUNCATE" + " OR UPDATE" * (table != "journal_entry")
        triggers.append((table, "refuse_change", refused, "STATEMENT"))
    for table, function, event, level in triggers:
        name = f"{table}_{function}"
        action = f"FOR EACH {level} EXECUTE FUNCTION {function}()"
        yield name, f'CREATE TRIGGER {name} {event} ON "{table}" {action}'


def create_server_tables(
    connection: sa.Connection, meta: sa.MetaData, address: ServerAddress
) -> None:
    """Create the schema with its empty tables; missing roles and PostGIS are created too.

    Raises
    ------
    UserError
        The schema already has a project, or PostGIS or a role is missing and this user may not
        create it.
    """
    schema = address.schema
    exists = sa.text("SELECT to_regclass(:name) IS NOT NULL")
    if connection.execute(exists, {"name": f"{schema}.app_meta"}).scalar_one():
        raise UserError("project_exists")
    if connection.exec_driver_sql("SHOW server_encoding").scalar_one() != "UTF8":
        raise UserError("not_utf8")
    needed = [("postgis", "pg_extension WHERE extname", "EXTENSION", " SCHEMA public")]
    needed += [
        (name, "pg_roles WHERE rolname", "ROLE", " NOLOGIN")
        for name in name_group_roles(address).values()
    ]
    needed.append((schema, "pg_namespace WHERE nspname", "SCHEMA", ""))
    for name, catalog, kind, rest in needed:
        if connection.exec_driver_sql(f"SELECT count(*) FROM {catalog} = '{name}'").scalar_one():
            continue
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(f"CREATE {kind} {name}{rest}")
        except sa.exc.DBAPIError:
            facts = {"needed": name, "setup": write_setup_statements(address)}
            raise UserError(f"server_lacks.{kind.lower()}", facts) from None
    meta.create_all(connection, checkfirst=False)
    for name, columns in SERVER_TABLES.items():
        connection.exec_driver_sql(f"CREATE TABLE {name} ({columns})")


def create_triggers_and_grants(
    connection: sa.Connection, meta: sa.MetaData, address: ServerAddress
) -> None:
    """Create functions, triggers and grants; the tables already hold their rows."""
    # no other schema on the path: others could plant functions there for us to call
    connection.exec_driver_sql(f"SET LOCAL search_path = {address.schema}, pg_temp")
    for statement in read_server_functions().values():
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"SET LOCAL search_path = {address.schema}, public, pg_temp")
    for table in meta.sorted_tables:
        for column in table.primary_key:
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('\"{table.name}\"', '{column.name}'),"
                f' (SELECT coalesce(max("{column.name}"), 0) + 1 FROM "{table.name}"), false)'
            )
    for _, statement in build_server_triggers():
        connection.exec_driver_sql(statement)
    for statement in (*build_views("postgresql").values(), *build_server_grants(address)):
        connection.exec_driver_sql(statement)
    mark = compute_structure_mark(address)
    connection.exec_driver_sql(f"COMMENT ON SCHEMA {address.schema} IS '{mark}'")


def compute_structure_mark(address: ServerAddress) -> str:
    """Return the mark of a schema with this version's functions, triggers, views and grants."""
    statements = (
        *read_server_functions().values(),
        *dict(build_server_triggers()).values(),
        *build_views("postgresql").values(),
        *build_server_grants(address),
    )
    text = "\n".join(statements)
    return f"zoneplanner {hashlib.sha256(text.encode()).hexdigest()[:16]}"


def has_present_structure(connection: sa.Connection, address: ServerAddress) -> bool:
    """Whether the schema carries the mark of this program version."""
    mark = connection.exec_driver_sql(
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace"
        " WHERE nspname = current_schema()"
    ).scalar()
    return mark == compute_structure_mark(address)


class ServerPolicy(NamedTuple):
    """Which rows of a table a role may reach, worded as the server reports it."""

    name: str
    table: str
    command: str
    role: str
    using: str
    check: str = ""

    @property
    def statement(self) -> str:
        """Return the statement that creates the policy."""
        check = f" WITH CHECK ({self.check})" if self.check else ""
        head = f"CREATE POLICY {self.name} ON {self.table} FOR {self.command} TO {self.role}"
        return f"{head} USING ({self.using}){check}"


def build_server_policies(address: ServerAddress) -> list[ServerPolicy]:
    """Return the policies of ``app_meta``: planners may change some rows, to valid values."""
    fixed = ", ".join(f"'{key}'::text" for key in _OWNER_ONLY_KEYS)
    using = f"(key <> ALL (ARRAY[{fixed}]))"
    check = (
        f"({using} AND ((key <> 'project_time_zone'::text) OR (EXISTS ( SELECT 1"
        " FROM pg_timezone_names WHERE (pg_timezone_names.name = app_meta.value)))))"
    )
    planner = name_group_roles(address)[ProjectRole.PLANNER]
    return [
        ServerPolicy("all_read", "app_meta", "SELECT", "public", "true"),
        ServerPolicy("planner_names", "app_meta", "UPDATE", planner, using, check),
    ]


def build_server_grants(address: ServerAddress) -> list[str]:
    """Return the statements that give the project's roles what they need in its schema."""
    schema, groups = address.schema, name_group_roles(address)
    every, planner = ", ".join(groups.values()), groups[ProjectRole.PLANNER]
    loggers = f"{planner}, {groups[ProjectRole.DISPATCHER]}"
    derived = ", ".join((*log_snapshot.DERIVED_TABLES, *FIGURE_TABLES))
    whole = [name for name in (*KEY_COLUMNS, "zone_area") if name != "app_meta"]
    edited = ", ".join(f'"{name}"' for name in whole)
    return [
        f"GRANT USAGE ON SCHEMA {schema} TO {every}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {every}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {planner}",
        f"GRANT INSERT, DELETE ON {derived} TO {planner}",
        f"GRANT INSERT, UPDATE, DELETE ON {edited} TO {planner}",
        f"GRANT UPDATE (value, row_version, changed_by, changed_at) ON app_meta TO {planner}",
        f"GRANT DELETE ON external_change TO {planner}",
        f"GRANT INSERT ON edit, access_note TO {planner}",
        f"GRANT INSERT, DELETE ON {ATTACHMENT_TABLE} TO {planner}",
        "REVOKE ALL ON FUNCTION append_entries, take_turn, remove_texts, erase_removed FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION remove_texts, erase_removed TO {planner}",
        f"GRANT EXECUTE ON FUNCTION take_turn TO {loggers}",
        f"GRANT EXECUTE ON FUNCTION append_entries TO {loggers}",
        "ALTER TABLE app_meta ENABLE ROW LEVEL SECURITY",
        *(one.statement for one in build_server_policies(address)),
    ]


_BuildSelect = Callable[[sa.Table], sa.Select[Any] | None]
_ROWS_PER_STEP = 2000
_COPIED_LAST = ("edit", "journal_entry")
"""They refer to the other tables, and the triggers of a file read them."""


def copy_rows(
    source: sa.Connection,
    target: sa.Connection,
    meta: sa.MetaData,
    report: ProgressReport,
    *,
    select: _BuildSelect = sa.select,
) -> dict[str, int]:
    """Copy all rows of all tables into empty ones; return their numbers by table.

    ``select`` returns the query of a table's rows, or None if it has none.
    """
    names = [name for name in meta.tables if name not in _COPIED_LAST]
    ordered = [*sorted(names, key=lambda name: name not in KEY_COLUMNS), *_COPIED_LAST]
    counts: dict[str, int] = {}
    for place, name in enumerate(ordered):
        report(place / len(ordered), Message("copying_project"))
        table = meta.tables[name]
        query = select(table)
        counts[name] = 0 if query is None else _copy_table(source, target, table, query)
    report(1.0, "Copied")
    return counts


def _copy_table(
    source: sa.Connection, target: sa.Connection, table: sa.Table, query: sa.Select[Any]
) -> int:
    (key,) = table.primary_key
    ordered = query.order_by(query.selected_columns[key.name])
    rows = source.execute(ordered, execution_options={"yield_per": _ROWS_PER_STEP}).mappings()
    count = 0
    for chunk in rows.partitions(_ROWS_PER_STEP):
        found: list[dict[str, Any]] = [dict(row) for row in chunk]
        target.execute(sa.insert(table), found)
        count += len(found)
    return count


def share_project(
    source: sa.Connection,
    meta: sa.MetaData,
    address: ServerAddress,
    report: ProgressReport,
    *,
    administrator: ServerAddress | None = None,
) -> JournalHead:
    """Create a project's tables on a server and fill them; return the journal's head there.

    With an administrator the server is prepared first, and a role that nobody has owns the tables.
    """
    server = PostgresConnection(administer(address, administrator))
    try:
        with server.creating() as target:
            if administrator:
                prepare_server(target, address)
            create_server_tables(target, meta, address)
            copy_rows(source, target, meta, report)
            create_triggers_and_grants(target, meta, address)
            return read_head(target, meta.tables["journal_entry"])
    finally:
        server.close()


def find_carried_project(
    source: sa.Connection, meta: sa.MetaData, address: ServerAddress
) -> JournalHead | None:
    """Return the journal's head on a server, or None if its project differs from ``source``."""
    server = PostgresConnection(address)
    try:
        with server.reading() as target:
            own, carried = (_describe_project(each, meta) for each in (source, target))
    finally:
        server.close()
    return carried[0] if own == carried else None


def _describe_project(
    connection: sa.Connection, meta: sa.MetaData
) -> tuple[JournalHead, str | None, int | None]:
    values, edit = meta.tables["app_meta"].c, meta.tables["edit"].c
    uid = connection.execute(sa.select(values.value).where(values.key == "project_uid")).scalar()
    last = connection.execute(sa.select(sa.func.max(edit.seq))).scalar()
    return read_head(connection, meta.tables["journal_entry"]), uid, last
