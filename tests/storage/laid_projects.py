"""The sample project on a server, created once and reset for the next test.

Creating one takes about 300 statements. A project with an altered structure is not reused.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
from builders import create_store
from cluster import Cluster
from storage_samples import AT, project

STRUCTURE = """
    WITH here AS (SELECT * FROM pg_namespace WHERE nspname = '{schema}'),
    own AS (SELECT * FROM pg_class WHERE relnamespace = (SELECT oid FROM here) AND relkind <> 'i')
    SELECT md5(string_agg(part, '|' ORDER BY part)) FROM (
        SELECT concat(nspowner, nspacl, obj_description(oid, 'pg_namespace')) FROM here
        UNION ALL
        SELECT concat(oid, relname, relkind, relowner, relacl, relrowsecurity, relhasrules)
            FROM own
        UNION ALL SELECT concat(attrelid, attname, atttypid, attacl, attisdropped)
            FROM pg_attribute WHERE attrelid IN (SELECT oid FROM own)
        UNION ALL SELECT concat(p.oid, md5(prosrc), prosecdef, proconfig, proowner, proacl)
            FROM pg_proc p WHERE pronamespace = (SELECT oid FROM here)
        UNION ALL SELECT concat(oid, tgname, tgenabled)
            FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM own)
        UNION ALL SELECT concat(polrelid, polname)
            FROM pg_policy WHERE polrelid IN (SELECT oid FROM own)
        UNION ALL SELECT concat(roleid, member, grantor, admin_option)
            FROM pg_auth_members WHERE roleid IN (SELECT grantee FROM here, aclexplode(nspacl))
    ) AS parts (part)
"""
TABLES = (
    "SELECT relname FROM pg_class WHERE relnamespace = '{schema}'::regnamespace AND relkind = 'r'"
)


class LaidProject:
    """A shared sample project with its rows as created."""

    def __init__(self, cluster: Cluster, path: Path) -> None:
        self._cluster, self.schema = cluster, cluster.new_schema()
        with create_store(path, project(), actor="Officer A", at=AT) as file:
            file.share(cluster.address("owner", self.schema))
        with cluster.connect("postgres") as connection:
            self._structure = self._read(connection, STRUCTURE)
            self._tables = [str(name) for (name,) in self._read(connection, TABLES)]
            connection.execute(f"CREATE SCHEMA laid_{self.schema}")
            for name in self._tables:
                copy = f'laid_{self.schema}."{name}" AS TABLE {self.schema}."{name}"'
                connection.execute(f"CREATE TABLE {copy}")  # type: ignore[call-overload]

    def put_back(self) -> bool:
        """Restore all rows; False if the structure changed or the project is still open."""
        with suppress(psycopg.Error), self._cluster.connect("postgres") as connection:
            if self._read(connection, STRUCTURE) != self._structure:
                return False
            connection.execute("SET LOCAL lock_timeout = '1s'")
            connection.execute("SET LOCAL session_replication_role = replica")
            connection.execute("; ".join(self._write_statements()))  # type: ignore[call-overload]
            connection.commit()
            return True
        return False

    def _write_statements(self) -> Iterator[str]:
        names = [f'{self.schema}."{name}"' for name in self._tables]
        yield f"TRUNCATE {', '.join(names)}"  # sequences continue
        for name in self._tables:
            own, laid = (f'{schema}."{name}"' for schema in (self.schema, f"laid_{self.schema}"))
            yield f"INSERT INTO {own} OVERRIDING SYSTEM VALUE SELECT * FROM {laid}"

    def _read(
        self, connection: psycopg.Connection[tuple[object, ...]], query: str
    ) -> list[tuple[object, ...]]:
        return connection.execute(query.format(schema=self.schema)).fetchall()  # type: ignore[call-overload]


def take_project(cluster: Cluster, path: Path) -> LaidProject:
    """Return an unused project; its file is created at ``path`` if needed."""
    spare = cluster.spare_projects
    return spare.pop() if spare else LaidProject(cluster, path)
