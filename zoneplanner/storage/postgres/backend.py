"""The backend of a shared project on a PostgreSQL server."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from zoneplanner.domain.project import Project
from zoneplanner.domain.roles import ProjectRole
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.storage.backend import (
    HEADER_KEYS,
    DatabaseEngine,
    JournalHead,
    PresentDesk,
    ignore_progress,
    make_header,
)
from zoneplanner.storage.geopackage import layer_registry
from zoneplanner.storage.geopackage.backend import create_empty_file, refresh_layer_bounds
from zoneplanner.storage.hash_chain import read_head
from zoneplanner.storage.postgres import provisioning, structure_check
from zoneplanner.storage.postgres.address import ServerAddress
from zoneplanner.storage.postgres.connection import NotificationListener, PostgresConnection
from zoneplanner.storage.postgres.group_roles import name_group_roles

_SELECT_OWNER = "SELECT session_user, owns_project()"
_SELECT_MEMBERSHIP = sa.text(
    "SELECT pg_has_role(session_user, oid, 'member') FROM pg_roles WHERE rolname = :role"
)
_SELECT_META = f"SELECT key, value FROM app_meta WHERE key IN {HEADER_KEYS}"


_EARLIER_COLUMNS = sa.text(
    "SELECT nspname AS schema, attname, pg_has_role(session_user, relowner, 'MEMBER') AS is_ours"
    " FROM pg_attribute a"
    " JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE relname = 'journal_entry' AND starts_with(nspname, :prefix) AND attnum > 0"
)


class PostgresBackend(PostgresConnection):
    """A project that several desks can have open at the same time."""

    path = None
    stale = False

    def __init__(self, address: ServerAddress, *, read_only: bool = False, desk: str = "") -> None:
        self._listening: NotificationListener | None = None
        super().__init__(address, read_only=read_only)
        self._desk = desk
        try:
            with self.reading() as connection:
                values: dict[str, str] = dict(iter(connection.exec_driver_sql(_SELECT_META)))
                self.header = make_header(values, self.name, read_only=read_only)
                if self.header.needs_migration:
                    raise UserError("earlier_version", name=self.name)
                if not provisioning.has_present_structure(connection, address):
                    raise UserError("earlier_version.server", name=self.name)
                self.actor, owns = connection.exec_driver_sql(_SELECT_OWNER).one()
                self.role = ProjectRole.OWNER if owns else _find_role(connection, address)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def writing(self, *, much: bool = False) -> Iterator[sa.Connection]:
        """Return a connection in one write transaction. Raises a UserError for a viewer."""
        if not self.role.may_log:
            raise UserError("role_may_not.viewer", name=self.name)
        with super().writing(much=much) as connection:
            yield connection

    def refresh_for_other_programs(self, project: Project, at: datetime) -> None:
        """Do nothing: only files contain a QGIS project."""

    def note_changes(self, *_: object, **_named: object) -> None:
        """Do nothing: PostGIS knows the extents of its layers."""

    def repeat_removals(self, connection: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Remove the texts of entries also in the schemas of earlier versions."""
        columns_by_schema: dict[str, set[str]] = {}
        for schema, column, is_ours in self._list_earlier_columns(connection):
            if is_ours:
                columns_by_schema.setdefault(schema, set()).add(column)
        for schema, columns in columns_by_schema.items():
            journal = f"{schema}.journal_entry"
            written = [name for name in ("payload", "text", "salt", "text_hash") if name in columns]
            values = ", ".join(f"{name} = :{name}" for name in written)
            connection.exec_driver_sql(f"ALTER TABLE {journal} DISABLE TRIGGER USER")
            update = sa.text(f"UPDATE {journal} SET {values} WHERE uid = :uid AND hash = :hash")
            for row in rows:
                connection.execute(update, {name: row[name] for name in (*written, "uid", "hash")})
            connection.exec_driver_sql(f"ALTER TABLE {journal} ENABLE TRIGGER USER")

    def erase_free_pages(self) -> UserError | None:
        """Rewrite the journal, so that removed content is nowhere in the server's tables."""
        try:
            with self._using(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("SELECT erase_removed()")
                earlier = {
                    row.schema: row.is_ours for row in self._list_earlier_columns(connection)
                }
                for schema in (name for name, is_ours in earlier.items() if is_ours):
                    connection.exec_driver_sql(f"VACUUM FULL {schema}.journal_entry")
        except UserError as error:
            return error
        others = [name for name, is_ours in earlier.items() if not is_ours]
        return UserError("not_erased", schemas=others) if others else None

    def _list_earlier_columns(self, connection: sa.Connection) -> Sequence[Any]:
        prefix = f"{self.address.schema}_version_"
        return connection.execute(_EARLIER_COLUMNS, {"prefix": prefix}).all()

    def find_problems(
        self, connection: sa.Connection, meta: sa.MetaData, version: int
    ) -> Iterator[Message]:
        """Check the structure; the server takes care of references and pages."""
        differences = list(structure_check.find_server_differences(connection, self.address))
        separate = PostgresConnection(self.address)
        try:
            with separate.creating() as writable:
                differences += structure_check.find_view_differences(writable)
                writable.rollback()
        finally:
            separate.close()
        for difference in differences:
            yield Message("schema.altered", difference=difference)

    def describe_engine(self) -> DatabaseEngine:
        """Return the server's PostgreSQL version."""
        with self.reading() as connection:
            version = connection.exec_driver_sql("SHOW server_version").scalar_one()
        return DatabaseEngine("PostgreSQL", str(version), "")

    @property
    def online(self) -> bool:
        """Whether the listening connection works; it reconnects automatically."""
        return self._listening is None or self._listening.online

    def change_counter(self) -> int:
        """Return a number that changes when another desk has written; the first call listens."""
        if self._listening is None:
            self._listening = NotificationListener(
                self.address, self._desk, is_own=self.is_own, on_back=self.renew
            )
        return self._listening.notification_count

    def list_present_desks(self) -> list[PresentDesk]:
        """Return the desks that have the project open, including this one."""
        pattern = {"start": f"{self.address.application_prefix}%"}
        with self.reading() as connection:
            rows = connection.execute(_SELECT_PRESENT_DESKS, pattern)
            return [PresentDesk(*row) for row in rows]

    def backup(self, path: Path, meta: sa.MetaData) -> JournalHead:
        """Write the whole project to a new file, and return its journal's head."""
        srid = layer_registry.parse_srid(self.header.crs)
        separate = PostgresConnection(self.address, read_only=True)  # logging can go on meanwhile
        try:
            with separate.reading() as source, create_empty_file(path, srid) as target:
                provisioning.copy_rows(source, target, meta, ignore_progress)
                refresh_layer_bounds(target, meta, datetime.now(UTC))
                return read_head(target, meta.tables["journal_entry"])
        finally:
            separate.close()

    def close(self) -> None:
        """Close the connection and stop listening."""
        if self._listening is not None:
            self._listening.close()
        super().close()


_SELECT_PRESENT_DESKS = sa.text(
    "SELECT usename, split_part(application_name, '/', 3), backend_start FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name LIKE :start ORDER BY backend_start"
)


def _find_role(connection: sa.Connection, address: ServerAddress) -> ProjectRole:
    for role, name in name_group_roles(address).items():
        if connection.execute(_SELECT_MEMBERSHIP, {"role": name}).scalar():
            return role
    return ProjectRole.VIEWER
