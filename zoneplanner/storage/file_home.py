"""A project file as a home of a project: what only a GeoPackage does."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from zoneplanner.errors import Damaged
from zoneplanner.storage import gpkg, journal
from zoneplanner.storage.creating import stage_new_file
from zoneplanner.storage.database import (
    LOCK_WAIT_S,
    GeoPackageConnection,
    open_sqlite,
    translate_sqlite_errors,
)
from zoneplanner.storage.roles import ProjectRole
from zoneplanner.storage.schema import READ_SCHEMA, SCHEMA_VERSION, find_schema_differences
from zoneplanner.storage.values import JournalHead, VerificationFinding

_MOST_BROKEN_ROWS = 20
"""How many rows that name nothing are told one by one."""


class GeoPackageBackend(GeoPackageConnection):
    """A project in a file of one's own."""

    role = ProjectRole.OWNER
    actor = ""

    def note_changes(
        self, connection: sa.Connection, reach: Mapping[str, Iterable[BaseGeometry]], at: datetime
    ) -> None:
        """Tell other programs which layers changed and how far they reach."""
        gpkg.extend_layer_bounds(connection, reach, at)

    def check(
        self, connection: sa.Connection, meta: sa.MetaData, version: int
    ) -> Iterator[VerificationFinding]:
        """Look at the pages, the references and the structure of the file."""
        for (text,) in connection.exec_driver_sql("PRAGMA quick_check"):
            if text != "ok":
                yield VerificationFinding("database", f"The database is damaged: {text}.")
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        for table, row, parent, _ in broken[:_MOST_BROKEN_ROWS]:
            text = f"Row {row} of {table} names a {parent} that does not exist."
            yield VerificationFinding("database", text)
        if version > SCHEMA_VERSION:
            return  # a later program's, which only it can tell from an altered one
        found = [tuple(row) for row in connection.exec_driver_sql(READ_SCHEMA)]
        for difference in find_schema_differences(found, version):
            yield VerificationFinding("schema", f"The structure was altered: {difference}.")

    def look_over(self) -> None:
        """Take a quick look at all pages; one that makes no sense is Damaged."""
        with self.bare() as connection:
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if found != "ok":
            raise Damaged(f"“{self.name}” is damaged ({found}); restore a backup.")

    def pulse(self) -> int:
        """Return a number that changes when another desk or program has written to the file."""
        self.check_there()
        with self.bare() as connection:
            return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())

    def backup(self, path: Path, meta: sa.MetaData) -> JournalHead:
        """Write a whole and consistent copy to a new file; return its journal's head.

        Of a stale file it is what the open connection has.
        """
        with stage_new_file(Path(path)) as part:
            if self.stale:
                self._copy_held(part)
            else:
                # a connection of its own, since one for reading only would refuse the copy too
                source = open_sqlite(self._file, self._query, patience_s=LOCK_WAIT_S)
                with translate_sqlite_errors(self.path), closing(source) as connection:
                    connection.execute("VACUUM INTO ?", (str(part),))
            copy = GeoPackageConnection(part, read_only=True, called=path)
            try:
                with copy.reading() as connection:
                    return journal.read_head(connection, meta.tables["journal_entry"])
            finally:
                copy.close()

    def _copy_held(self, part: Path) -> None:
        with self.bare() as connection:
            connection.exec_driver_sql("PRAGMA query_only=OFF")
            connection.exec_driver_sql("VACUUM INTO ?", (str(part),))
            connection.exec_driver_sql(f"PRAGMA query_only={int(self.read_only)}")
