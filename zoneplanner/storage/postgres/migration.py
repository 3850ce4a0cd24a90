"""Migration of a shared project to the current schema version, completely or not at all.

As with a file, the original stays under another name: in one transaction, its schema is renamed,
and a schema of the current version is created in its place and filled from it.
"""

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from zoneplanner.domain.roles import SERVER_ROLES, ProjectRole
from zoneplanner.errors import UserError
from zoneplanner.storage.backend import JournalHead, ignore_progress, make_header
from zoneplanner.storage.geopackage import layer_registry
from zoneplanner.storage.geopackage.backend import create_empty_file, refresh_layer_bounds
from zoneplanner.storage.hash_chain import read_head
from zoneplanner.storage.history import edit_writer, own_rows, zone_areas
from zoneplanner.storage.journal import log_snapshot
from zoneplanner.storage.postgres import provisioning
from zoneplanner.storage.postgres.address import LONGEST_IDENTIFIER, ServerAddress, administer
from zoneplanner.storage.postgres.connection import PostgresConnection
from zoneplanner.storage.postgres.group_roles import (
    PersonAccess,
    list_access,
    prepare_groups,
    quote_name,
)
from zoneplanner.storage.schema import earlier_versions
from zoneplanner.storage.schema.ddl import MIN_READER_VERSION, SCHEMA_VERSION
from zoneplanner.storage.schema.tables import build_tables

_SELECT_OWNER = sa.text(
    "SELECT pg_get_userbyid(nspowner), pg_has_role(session_user, nspowner, 'member')"
    " FROM pg_namespace WHERE nspname = :schema"
)
_GRANTEES = sa.text(
    "SELECT DISTINCT pg_get_userbyid(a.grantee) FROM pg_namespace n, aclexplode(n.nspacl) a"
    " WHERE n.nspname = :schema AND a.grantee NOT IN (0, n.nspowner)"
)
_EARLIER_MEMBERS = sa.text(
    "SELECT own.rolname AS role, member.rolname AS person FROM pg_auth_members m"
    " JOIN pg_roles member ON member.oid = m.member JOIN pg_roles own ON own.oid = m.roleid"
    " WHERE own.rolname = ANY (:roles) AND member.rolcanlogin"
)
_COLUMNS = sa.text(
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = :schema"
)
_VERSIONS = {"schema_version": str(SCHEMA_VERSION), "min_reader_version": str(MIN_READER_VERSION)}


class MigrationResult(NamedTuple):
    """The earlier version of a shared project, the schema with the original, the journal's head.

    ``to_give`` are the people with a role that used to apply to all projects of the server. The
    owner has to give them a role of this project.
    """

    version: int
    original_schema: str
    head: JournalHead
    to_give: tuple[PersonAccess, ...] = ()


def migrate_shared_schema(
    address: ServerAddress, copy: Path, administrator: ServerAddress | None = None
) -> MigrationResult | None:
    """Migrate a shared project, with a copy in a new file, or return None if it is up to date.

    A project that an administrator created needs one, because no person who logs in owns its
    tables.

    Raises
    ------
    UserError
        The person is not the owner, a newer program made the project, somebody is writing, or the
        result differs. The project stays as it was.
    """
    server = PostgresConnection(administer(address, administrator))
    try:
        with server.creating() as connection:
            return _migrate_locked(connection, address, copy, prepares=administrator is not None)
    finally:
        server.close()


def _migrate_locked(
    connection: sa.Connection, address: ServerAddress, copy: Path, *, prepares: bool
) -> MigrationResult | None:
    values: dict[str, str] = dict(
        iter(connection.exec_driver_sql("SELECT key, value FROM app_meta"))
    )
    header = make_header(values, address.name, read_only=False)
    version, srid = header.schema_version, layer_registry.parse_srid(header.crs)
    if version == SCHEMA_VERSION and provisioning.has_present_structure(connection, address):
        return None
    owner, owns = connection.execute(_SELECT_OWNER, {"schema": address.schema}).one()
    if not owns:
        raise UserError("not_migrated.not_owner", name=address.name, version=SCHEMA_VERSION)
    if prepares:
        prepare_groups(connection, address)
    connection.exec_driver_sql(f"SET LOCAL ROLE {quote_name(owner)}")
    meta = build_tables(srid)
    old = _EarlierTables(connection, address.schema)
    old.lock(connection)
    now_utc = datetime.now(UTC)
    with create_empty_file(copy, srid) as file:
        counts = provisioning.copy_rows(connection, file, meta, ignore_progress, select=old.select)
        sealed = own_rows.seal_migration(file, meta, at=now_utc)
        _rebuild_aggregates(file, meta, old, header.crs)
        refresh_layer_bounds(file, meta, datetime.now(UTC))
    head = read_head(connection, meta.tables["journal_entry"])
    original_schema = _rename_schema(connection, address.schema, version)
    provisioning.create_server_tables(connection, meta, address)
    renamed = _EarlierTables(connection, original_schema)
    copied = provisioning.copy_rows(
        connection, connection, meta, ignore_progress, select=renamed.select
    )
    if copied != counts:
        raise UserError("not_migrated.differs", name=address.name, version=SCHEMA_VERSION)
    if "access_note" in renamed.columns:
        names = "at, given_by, person, role, given"
        connection.exec_driver_sql(
            f"INSERT INTO access_note ({names}) SELECT {names} FROM {original_schema}.access_note"
            " ORDER BY number"
        )
    sealed_here = own_rows.seal_migration(connection, meta, at=now_utc)
    _rebuild_aggregates(connection, meta, old, header.crs)
    provisioning.create_triggers_and_grants(connection, meta, address)
    if sealed_here != sealed or read_head(connection, meta.tables["journal_entry"]) != head:
        raise UserError("not_migrated.differs", name=address.name, version=SCHEMA_VERSION)
    people = _list_people_to_give(connection, address)
    return MigrationResult(version, original_schema, head, people)


def _list_people_to_give(
    connection: sa.Connection, address: ServerAddress
) -> tuple[PersonAccess, ...]:
    """Return each person with a role of the whole server but none of the project, highest role."""
    present = {access.person for access in list_access(connection, address)}
    roles: dict[str, ProjectRole] = {}
    rows = connection.execute(_EARLIER_MEMBERS, {"roles": [*SERVER_ROLES]}).all()
    for role in SERVER_ROLES:
        for row in rows:
            if row.role == role and row.person not in present:
                roles.setdefault(row.person, role)
    return tuple(PersonAccess(person, role) for person, role in sorted(roles.items()))


class _EarlierTables:
    """The tables of an earlier version in a schema, read in the current schema."""

    def __init__(self, connection: sa.Connection, schema: str) -> None:
        self._schema = schema
        self.columns: dict[str, set[str]] = {}
        for table, column in connection.execute(_COLUMNS, {"schema": schema}):
            self.columns.setdefault(table, set()).add(column)

    def lock(self, connection: sa.Connection) -> None:
        """Lock the tables against writing."""
        names = ", ".join(f'"{name}"' for name in sorted(self.columns))
        connection.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")

    def select(self, table: sa.Table) -> sa.Select[Any] | None:
        """Return the query for a table's rows in the current schema, or None without a table."""
        columns = self.columns.get(table.name, set())
        query = earlier_versions.select_upgraded(table, columns, schema=self._schema)
        if query is None or table.name != "app_meta":
            return query
        selected = query.selected_columns
        value = sa.case(_VERSIONS, value=selected["key"], else_=selected["value"]).label("value")
        return query.with_only_columns(
            *(value if column.name == "value" else column for column in selected)
        )


def _rebuild_aggregates(
    connection: sa.Connection, meta: sa.MetaData, old: _EarlierTables, crs: str
) -> None:
    """Compute the derived tables again."""
    zone_areas.rebuild_project_figures(connection, meta, crs)
    had_snapshot = old.columns.keys() >= set(log_snapshot.DERIVED_TABLES)
    if not had_snapshot or log_snapshot.read_log_snapshot_seq(connection, meta):
        time_zone = edit_writer.read_meta_value(connection, meta, "project_time_zone", "")
        log_snapshot.rebuild_log_snapshot(connection, meta, time_zone)


def _rename_schema(connection: sa.Connection, schema: str, version: int) -> str:
    """Rename a schema and leave access to it only to its owner; return the new name."""
    used = set(connection.exec_driver_sql("SELECT nspname FROM pg_namespace").scalars())
    suffixes = (f"_version_{version}" + (f"_{n}" if n > 1 else "") for n in count(1))
    renamed = next(
        name
        for suffix in suffixes
        if (name := schema[: LONGEST_IDENTIFIER - len(suffix)] + suffix) not in used
    )
    connection.exec_driver_sql(f"ALTER SCHEMA {schema} RENAME TO {renamed}")
    for grantee in connection.execute(_GRANTEES, {"schema": renamed}).scalars().all():
        connection.exec_driver_sql(f"REVOKE ALL ON SCHEMA {renamed} FROM {quote_name(grantee)}")
    return renamed
