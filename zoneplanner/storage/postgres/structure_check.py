"""Compare a server's definitions, owners and grants with those that this program creates.

``provisioning`` computes what is expected; it is stored nowhere, so that nobody can change both.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from zoneplanner.messages import Message
from zoneplanner.storage.postgres import provisioning
from zoneplanner.storage.postgres.address import ServerAddress
from zoneplanner.storage.schema.tables import build_tables, find_missing_columns
from zoneplanner.storage.schema.views import build_views

_HERE = "current_schema()::regnamespace"
_COLUMNS = (
    "SELECT table_name, column_name FROM information_schema.columns"
    " WHERE table_schema = current_schema()"
)
_FUNCTIONS = (
    "SELECT proname, prosrc, prosecdef, coalesce(array_to_string(proconfig, ';'), ''),"
    f" pg_get_userbyid(proowner) FROM pg_proc WHERE pronamespace = {_HERE}"
)
_TRIGGERS = (
    "SELECT tgname, pg_get_triggerdef(t.oid), tgenabled, current_schema()"
    " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
    f" WHERE c.relnamespace = {_HERE} AND NOT tgisinternal"
)
_RELATIONS = (
    "SELECT relname, relkind, pg_get_userbyid(relowner), relrowsecurity FROM pg_class"
    f" WHERE relnamespace = {_HERE} AND relkind IN ('r', 'p', 'v', 'm', 'f')"
)
_RULES = "SELECT tablename, rulename FROM pg_rules WHERE schemaname = current_schema()"
_POLICIES = (
    "SELECT policyname, tablename, concat(nullif(permissive, 'PERMISSIVE'), cmd),"
    " array_to_string(roles, ', '), qual, coalesce(with_check, '')"
    " FROM pg_policies WHERE schemaname = current_schema()"
)
_GRANTS = (
    "SELECT relname, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END,"
    " privilege_type FROM pg_class c, aclexplode(c.relacl) a"
    f" WHERE relnamespace = {_HERE} AND relkind IN ('r', 'v') AND grantee <> relowner UNION ALL"
    " SELECT relname, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END,"
    " privilege_type || ' (' || attname || ') of' FROM pg_attribute JOIN pg_class c"
    " ON c.oid = attrelid, aclexplode(attacl)"
    f" WHERE relnamespace = {_HERE} AND relkind IN ('r', 'v') AND grantee <> relowner"
)
_VIEWS = (
    "SELECT relname, pg_get_viewdef(oid), coalesce(array_to_string(reloptions, ';'), '')"
    f" FROM pg_class WHERE relnamespace = {_HERE} AND relkind = 'v'"
)
_MAY_MAKE_VIEWS = (
    "SELECT has_database_privilege(current_database(), 'TEMP') AND NOT pg_is_in_recovery()"
)
_MADE_VIEWS = (
    "SELECT relname, pg_get_viewdef(oid) FROM pg_class"
    " WHERE relnamespace = pg_my_temp_schema() AND relkind = 'v'"
)


def find_server_differences(connection: sa.Connection, address: ServerAddress) -> Iterator[Message]:
    """Name what is missing, changed, switched off, owned by another role, or not the program's."""
    columns: dict[str, set[str]] = defaultdict(set)
    for table, column in connection.exec_driver_sql(_COLUMNS):
        columns[table].add(column)
    yield from find_missing_columns(columns)
    owner = connection.exec_driver_sql(
        "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'app_meta'::regclass"
    ).scalar_one()
    yield from _compare_functions(connection, owner, address)
    yield from _compare_triggers(connection)
    grants = provisioning.build_server_grants(address)
    yield from _compare_relations(connection, owner, grants)
    yield from _compare_policies(connection, address)
    yield from _compare_grants(connection, grants)


def find_view_differences(connection: sa.Connection) -> Iterator[Message]:
    """Name the views that differ from what the server makes of our statements.

    The transaction must be a writing one: each view is created again and rolled back. If that is
    not allowed (on a standby, or without the right), the views are not checked.
    """
    if not connection.exec_driver_sql(_MAY_MAKE_VIEWS).scalar_one():
        return
    found = {name: (text, options) for name, text, options in connection.exec_driver_sql(_VIEWS)}
    expected = build_views("postgresql")
    with connection.begin_nested() as savepoint:
        for name, statement in expected.items():
            if name in found:
                temporary = f'CREATE TEMP VIEW "own_{name}"'
                connection.exec_driver_sql(statement.replace(f'CREATE VIEW "{name}"', temporary))
        made: dict[str, str] = dict(iter(connection.exec_driver_sql(_MADE_VIEWS)))
        savepoint.rollback()
    for name in expected:
        text, options = found.get(name, ("", ""))
        if text != made.get(f"own_{name}") or options != "security_invoker=true":
            yield Message("altered.missing_or_changed", kind="view", name=name)


def _compare_functions(
    connection: sa.Connection, owner: str, address: ServerAddress
) -> Iterator[Message]:
    found = {name: rest for name, *rest in connection.exec_driver_sql(_FUNCTIONS)}
    expected = provisioning.read_server_functions()
    for name, text in expected.items():
        source, definer, settings, owned = found.get(name, ("", False, "", owner))
        head, body, *_ = text.split("$$")
        same = source.strip() == body.strip() and definer == ("SECURITY DEFINER" in head)
        path = f"search_path={address.schema}, pg_temp" if "SET search_path" in head else ""
        if not same or settings != path:
            yield Message("altered.missing_or_changed", kind="function", name=name)
        elif owned != owner:
            yield Message("altered.other_owner", kind="function", name=name, owner=owned)
    yield from (
        Message("altered.foreign", kind="function", name=name)
        for name in sorted(found.keys() - expected)
    )


def _compare_triggers(connection: sa.Connection) -> Iterator[Message]:
    found = {}
    for name, text, enabled, schema in connection.exec_driver_sql(_TRIGGERS):
        found[name] = (_normalize_trigger(text, schema), enabled)
    expected = dict(provisioning.build_server_triggers())
    for name, text in expected.items():
        made, enabled = found.get(name, ("", "O"))
        if made != _normalize_trigger(text, "") or enabled != "O":
            yield Message("altered.trigger", name=name)
    yield from (
        Message("altered.foreign", kind="trigger", name=name)
        for name in sorted(found.keys() - expected)
    )


def _normalize_trigger(text: str, schema: str) -> str:
    """Return a trigger's statement without quotes and schema, its events in one order."""
    plain = text.replace('"', "").replace(f"{schema}.", "") if schema else text.replace('"', "")
    match = re.fullmatch(r"(.+? (?:BEFORE|AFTER)) (.+?) ON (.+)", " ".join(plain.split()))
    if match is None:
        return plain
    return f"{match[1]} {' OR '.join(sorted(match[2].split(' OR ')))} ON {match[3]}"


def _compare_relations(
    connection: sa.Connection, owner: str, grants: list[str]
) -> Iterator[Message]:
    own, views = {*build_tables(0).tables, *provisioning.SERVER_TABLES}, build_views("postgresql")
    secured = set(re.findall(r"ALTER TABLE (\w+) ENABLE ROW LEVEL", "\n".join(grants)))
    for name, kind, owned, has_security in connection.exec_driver_sql(_RELATIONS):
        if kind != "r" and (kind != "v" or name not in views):
            yield Message("altered.foreign", kind="view", name=name)
        elif kind == "v" and owned != owner:
            yield Message("altered.other_owner", kind="view", name=name, owner=owned)
        elif name in own and owned != owner:
            yield Message("altered.other_owner", kind="table", name=name, owner=owned)
        elif name in secured and not has_security:
            yield Message("altered.policies_off", table=name)
    for table, name in connection.exec_driver_sql(_RULES):
        if table in own:
            yield Message("altered.rule", name=name, table=table)


def _compare_policies(connection: sa.Connection, address: ServerAddress) -> Iterator[Message]:
    expected = {(one.name, one.table): one for one in provisioning.build_server_policies(address)}
    found = {
        (name, table): provisioning.ServerPolicy(
            name, table, *(" ".join((text or "").split()) for text in rest)
        )
        for name, table, *rest in connection.exec_driver_sql(_POLICIES)
    }
    for key in expected.keys() | found.keys():
        policy = {"kind": "policy", "name": f"{key[0]} of {key[1]}"}
        if key not in found:
            yield Message("altered.missing", **policy)
        elif key not in expected:
            yield Message("altered.foreign", **policy)
        elif found[key] != expected[key]:
            yield Message("altered.changed", **policy)


def _find_all(pattern: str, statements: Iterable[str]) -> list[tuple[str, ...]]:
    return [found for text in statements for found in re.findall(pattern, text)]


_COLUMN_GRANT = r"^GRANT ([A-Z]+) \(([\w, ]+)\) ON (\w+) TO (\w+)$"


def _compare_grants(connection: sa.Connection, grants: list[str]) -> Iterator[Message]:
    own = {*build_tables(0).tables, *provisioning.SERVER_TABLES, *build_views("postgresql")}
    expected: set[tuple[str, str, str]] = set()
    for rights, of_tables, roles in _find_all(r"^GRANT ([A-Z, ]+) ON (.+) TO (.+)$", grants):
        if of_tables.startswith(("SCHEMA", "FUNCTION", "ALL SEQUENCES")):
            continue
        named = of_tables.replace('"', "").split(", ")
        tables = own if of_tables.startswith("ALL TABLES") else named
        expected |= {
            (table, role.replace('"', ""), right)
            for table in tables
            for role in roles.split(", ")
            for right in rights.split(", ")
        }
    for right, columns, table, role in _find_all(_COLUMN_GRANT, grants):
        expected |= {(table, role, f"{right} ({column}) of") for column in columns.split(", ")}
    found = {
        (table, grantee, right)
        for table, grantee, right in connection.exec_driver_sql(_GRANTS)
        if table in own
    }
    for table, grantee, right in sorted(found - expected):
        yield Message("altered.granted", grantee=grantee, right=right, table=table)
    for table, grantee, right in sorted(expected - found):
        yield Message("altered.not_granted", grantee=grantee, right=right, table=table)
