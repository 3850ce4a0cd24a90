"""Bring a shared project of an earlier schema version to the present one, all or nothing.

As with a file, what was there stays as it was under another name: its schema is renamed, one of
the present version is laid in its place and filled from it, in one transaction.
"""

from datetime import UTC, datetime
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
    """Of which version a shared project was, where it is kept as it was, and its journal's head.

    ``to_give`` are the people with a role of before, which was one for all projects of a server:
    its owner gives them one of the project's own.
    """

    version: int
    original_schema: str
    head: JournalHead
    to_give: tuple[PersonAccess, ...] = ()


def migrate_shared_schema(
    address: ServerAddress, copy: Path, administrator: ServerAddress | None = None
) -> MigrationResult | None:
    """Bring a shared project to the present version; ``copy`` is a new file that holds it too.

    Where an administrator had it laid, it takes one: the tables belong to nobody who logs in.

    None where it is of the present version already; then there is no copy.

    Raises
    ------
    UserError
        One is not its owner, a newer program made it, somebody is writing, or it does not come
        out the same. It stays as it was.
    """
    server = PostgresConnection(administer(address, administrator))
    try:
        with server.laying() as connection:
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
    old.hold(connection)
    now_utc = datetime.now(UTC)
    with create_empty_file(copy, srid) as file:
        counts = provisioning.copy_rows(connection, file, meta, ignore_progress, select=old.select)
        sealed = own_rows.seal_migration(file, meta, at=now_utc)
        _rebuild_aggregates(file, meta, old, header.crs)
        refresh_layer_bounds(file, meta, datetime.now(UTC))
    head = read_head(connection, meta.tables["journal_entry"])
    kept = _rename_schema(connection, address.schema, version)
    provisioning.create_server_tables(connection, meta, address)
    now = _EarlierTables(connection, kept)
    if (
        provisioning.copy_rows(connection, connection, meta, ignore_progress, select=now.select)
        != counts
    ):
        raise UserError("not_migrated.differs", name=address.name, version=SCHEMA_VERSION)
    if "access_note" in now.columns:
        names = "at, given_by, person, role, given"
        connection.exec_driver_sql(
            f"INSERT INTO access_note ({names}) SELECT {names} FROM {kept}.access_note"
            " ORDER BY number"
        )
    own = own_rows.seal_migration(connection, meta, at=now_utc)
    _rebuild_aggregates(connection, meta, old, header.crs)
    provisioning.create_triggers_and_grants(connection, meta, address)
    if own != sealed or read_head(connection, meta.tables["journal_entry"]) != head:
        raise UserError("not_migrated.differs", name=address.name, version=SCHEMA_VERSION)
    return MigrationResult(version, kept, head, _list_people_to_give(connection, address))


def _list_people_to_give(
    connection: sa.Connection, address: ServerAddress
) -> tuple[PersonAccess, ...]:
    """Return who had a role of the whole server and has none of the project, the most able once."""
    present = {one.person for one in list_access(connection, address)}
    found: dict[str, ProjectRole] = {}
    rows = connection.execute(_EARLIER_MEMBERS, {"roles": [*SERVER_ROLES]}).all()
    for role in SERVER_ROLES:
        for row in rows:
            if row.role == role and row.person not in present:
                found.setdefault(row.person, role)
    return tuple(PersonAccess(person, role) for person, role in sorted(found.items()))


class _EarlierTables:
    """The tables of an earlier version in a schema, seen as they are now."""

    def __init__(self, connection: sa.Connection, schema: str) -> None:
        self._schema = schema
        self.columns: dict[str, set[str]] = {}
        for table, column in connection.execute(_COLUMNS, {"schema": schema}):
            self.columns.setdefault(table, set()).add(column)

    def hold(self, connection: sa.Connection) -> None:
        """Keep others from writing."""
        names = ", ".join(f'"{name}"' for name in sorted(self.columns))
        connection.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")

    def select(self, table: sa.Table) -> sa.Select[Any] | None:
        """Return the query of a table's rows as they are now; None where there was no table."""
        there = self.columns.get(table.name, set())
        query = earlier_versions.select_as_now(table, there, schema=self._schema)
        if query is None or table.name != "app_meta":
            return query
        shown = query.selected_columns
        present = sa.case(_VERSIONS, value=shown["key"], else_=shown["value"]).label("value")
        return query.with_only_columns(
            *(present if column.name == "value" else column for column in shown)
        )


def _rebuild_aggregates(
    connection: sa.Connection, meta: sa.MetaData, old: _EarlierTables, crs: str
) -> None:
    """Add up anew what an earlier version added up otherwise."""
    zone_areas.rebuild_project_figures(connection, meta, crs)
    if not old.columns.keys() >= set(
        log_snapshot.DERIVED_TABLES
    ) or log_snapshot.read_log_snapshot_seq(connection, meta):
        log_snapshot.rebuild_log_snapshot(
            connection,
            meta,
            edit_writer.read_meta_value(connection, meta, "project_time_zone", ""),
        )


def _rename_schema(connection: sa.Connection, schema: str, version: int) -> str:
    """Give a schema another name, under which only its owner sees it."""
    there = sa.text("SELECT nspname FROM pg_namespace")
    taken = set(connection.execute(there).scalars())
    marks = (f"_version_{version}" + (f"_{n}" if n > 1 else "") for n in range(1, len(taken) + 2))
    kept = next(
        name
        for mark in marks
        if (name := schema[: LONGEST_IDENTIFIER - len(mark)] + mark) not in taken
    )
    connection.exec_driver_sql(f"ALTER SCHEMA {schema} RENAME TO {kept}")
    for grantee in connection.execute(_GRANTEES, {"schema": kept}).scalars().all():
        connection.exec_driver_sql(f"REVOKE ALL ON SCHEMA {kept} FROM {quote_name(grantee)}")
    return kept
