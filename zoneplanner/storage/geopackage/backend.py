"""A project file: creating it under a temporary name, inspecting, opening and copying it."""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.edits import EditKind
from zoneplanner.domain.project import Project
from zoneplanner.domain.roles import ProjectRole
from zoneplanner.errors import Damaged, UserError
from zoneplanner.messages import Message
from zoneplanner.staging import (
    make_private_file,
    name_temporary_file,
    sweep_leftovers_in,
    sync_file,
    sync_folder,
)
from zoneplanner.storage.backend import (
    HEADER_KEYS,
    DatabaseEngine,
    JournalHead,
    ProjectHeader,
    format_stored_time,
    make_header,
)
from zoneplanner.storage.geopackage import layer_registry
from zoneplanner.storage.geopackage.connection import (
    LOCK_WAIT_S,
    GeoPackageConnection,
    build_file_uri,
    open_sqlite,
    translate_sqlite_errors,
)
from zoneplanner.storage.geopackage.layer_registry import parse_srid
from zoneplanner.storage.hash_chain import read_head
from zoneplanner.storage.history.edit_writer import RowDigests, diff_rows, write_row_changes
from zoneplanner.storage.history.own_rows import write_snapshot
from zoneplanner.storage.history.zone_areas import write_project_figures
from zoneplanner.storage.schema import earlier_versions
from zoneplanner.storage.schema.ddl import (
    APPLICATION_ID,
    MIN_READER_VERSION,
    READ_SCHEMA,
    SCHEMA_VERSION,
    decode_schema,
    find_schema_differences,
)
from zoneplanner.storage.schema.tables import GEOMETRY_TYPES, build_tables, find_missing_columns

SQLITE_SUFFIXES = ("-wal", "-shm", "-journal")
"""The suffixes of SQLite's files next to an open file."""


def create_project_file(path: Path, project: Project, *, actor: str, at: datetime) -> None:
    """Write a project to a new file.

    Raises
    ------
    UserError
        The path exists, its folder is missing or not writable, the disk is full, the project's CRS
        is not a projected EPSG code, or a geometry cannot be stored.
    """
    from zoneplanner.storage.geopackage import qgis_project

    srid = layer_registry.parse_srid(project.crs)
    with create_empty_file(path, srid) as connection:
        _write_project(connection, project, srid, actor=actor, at=at)
        qgis_project.write_qgis_project(connection, project, path.name, at)


@contextmanager
def create_empty_file(path: Path, srid: int) -> Iterator[sa.Connection]:
    """Return a connection to the empty tables of a new file, which appears only on success."""
    with stage_new_file(path) as part:
        make_private_file(part)
        database = GeoPackageConnection(part, called=path)
        try:
            with database.writing() as connection:
                layer_registry.create_geopackage_tables(connection, srid)
                yield connection
                layer_registry.create_triggers(connection)
        finally:
            database.close()


def _write_project(
    connection: sa.Connection, project: Project, srid: int, *, actor: str, at: datetime
) -> None:
    meta = build_tables(srid)
    fixed = {
        "schema_version": str(SCHEMA_VERSION),
        "min_reader_version": str(MIN_READER_VERSION),
        "project_uid": project.uid,
        "project_crs": project.crs,
    }
    stamp = {"changed_by": actor, "changed_at": format_stored_time(at)}
    rows = [{"key": key, "value": value, **stamp} for key, value in fixed.items()]
    connection.execute(sa.insert(meta.tables["app_meta"]), rows)
    changes = diff_rows(None, project)
    write_row_changes(connection, meta, changes, {}, RowDigests({}), actor=actor, at=at)
    write_project_figures(connection, meta, project)
    reach = {
        table: [
            change.after["geom"] for change in changes if change.table == table and change.after
        ]
        for table in GEOMETRY_TYPES
    }
    reach["zone_area"] = reach["jurisdiction"]
    extend_layer_bounds(connection, reach, at)
    facts: dict[str, Any] = {"label": f"Create “{project.name}”", "actor": actor, "at": at}
    write_snapshot(connection, meta, kind=EditKind.CREATE, step=0, **facts)


@contextmanager
def stage_new_file(path: Path) -> Iterator[Path]:
    """Return a temporary path next to ``path``; it is renamed on success and removed otherwise."""
    if os.path.lexists(path):
        raise UserError("file_exists", file=str(path))
    folder = path.absolute().parent
    if not folder.is_dir():
        raise UserError("no_folder", folder=str(folder))
    if not os.access(folder, os.W_OK):
        raise UserError("cannot_write.new_file", path=str(folder))
    sweep_leftovers_in(folder)
    part = folder / name_temporary_file(path.name)
    try:
        yield part
        sync_file(part)
        _move_into_place(part, path)
        sync_folder(folder)
    except OSError as error:
        raise UserError(
            "cannot_write.file",
            path=str(path),
            name=path.name,
            reason=os.strerror(error.errno or 0),
        ) from error
    finally:
        for suffix in ("", *SQLITE_SUFFIXES):
            with suppress(OSError):
                part.with_name(part.name + suffix).unlink(missing_ok=True)


def _move_into_place(part: Path, path: Path) -> None:
    """Rename a finished file without replacing a file that has appeared meanwhile."""
    try:
        os.link(part, path)
    except OSError as error:
        # without hard links, there is a short gap between the check and the renaming
        if isinstance(error, FileExistsError) or path.exists():
            raise UserError("file_exists", file=str(path)) from None
        part.rename(path)


_SHARED_COPY_KEYS = ("shared_to", "shared_on")
"""The two rows of ``app_meta`` that mark the file of a shared project as a read-only copy."""


def mark_shared_copy(
    connection: sa.Connection, meta: sa.MetaData, address: str, *, actor: str, at: datetime, on: str
) -> None:
    """Record the address that a project was moved to, and the day."""
    rows = [
        {"key": key, "value": value, "changed_by": actor, "changed_at": format_stored_time(at)}
        for key, value in zip(_SHARED_COPY_KEYS, (address, on), strict=True)
    ]
    connection.execute(sa.insert(meta.tables["app_meta"]), rows)


def unmark_shared_copy(connection: sa.Connection, meta: sa.MetaData) -> None:
    """Remove the mark of a shared copy without a trace."""
    table = meta.tables["app_meta"]
    is_mark = table.c.key.in_(_SHARED_COPY_KEYS)
    # a negative version, so that the triggers do not record another program
    own = sa.update(table).where(is_mark).values(row_version=-table.c.row_version)
    connection.execute(own)
    connection.execute(sa.delete(table).where(is_mark))


_MAX_BROKEN_ROWS = 20
"""The most rows with broken references that are listed."""


class GeoPackageBackend(GeoPackageConnection):
    """A project in a file."""

    role = ProjectRole.OWNER
    actor = ""

    def note_changes(
        self,
        connection: sa.Connection,
        reach: Mapping[str, Iterable[BaseGeometry]],
        at: datetime,
        *,
        plans_of: Project | None = None,
    ) -> None:
        """Update the registers of changed layers, and the QGIS project if plans changed."""
        extend_layer_bounds(connection, reach, at)
        if plans_of is not None:
            # deferred because loading XML and the map's colors takes 40 ms
            from zoneplanner.storage.geopackage import qgis_project

            qgis_project.write_qgis_project(connection, plans_of, self.name, at)

    def refresh_for_other_programs(self, project: Project, at: datetime) -> None:
        """Update views, styles and the QGIS project to this program and the file's name."""
        from zoneplanner.storage.geopackage import qgis_project

        with self.reading() as connection:
            stale = qgis_project.build_content_if_stale(connection, project, self.name, at)
            styles = layer_registry.list_stale_styles(connection)
            views = layer_registry.has_present_views(connection)
        if stale or styles or not views:
            with self.writing() as connection:
                if not views:
                    layer_registry.replace_views(connection, parse_srid(project.crs))
                layer_registry.refresh_styles(connection)
                qgis_project.write_qgis_project(connection, project, self.name, at)

    def repeat_removals(self, connection: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Do nothing: an earlier file is a separate project, from which text is removed as such."""

    def erase_free_pages(self) -> UserError | None:
        """Rewrite all pages, because moved rows leave their bytes behind."""
        try:
            with self.bare() as connection:
                connection.exec_driver_sql("PRAGMA temp_store=MEMORY")
                connection.exec_driver_sql("VACUUM")
                log = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        except UserError as error:
            return error
        return UserError("file_locked", name=self.name) if log[0] else None

    def find_problems(
        self, connection: sa.Connection, meta: sa.MetaData, version: int
    ) -> Iterator[Message]:
        """Check the pages, references and structure of the file."""
        for (text,) in connection.exec_driver_sql("PRAGMA quick_check"):
            if text != "ok":
                yield Message("database.damaged_page", problem=text)
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        for table, row, parent, _ in broken[:_MAX_BROKEN_ROWS]:
            yield Message("database.dangling", table=table, row=row, parent=parent)
        if version > SCHEMA_VERSION:
            return  # only the later program knows its own structure
        found = decode_schema(connection.exec_driver_sql(READ_SCHEMA))
        for difference in find_schema_differences(found, version):
            yield Message("schema.altered", difference=difference)
        if version == SCHEMA_VERSION:
            for fault in layer_registry.find_register_faults(connection):
                yield Message("registers.fault", fault=fault)

    def require_sound_pages(self) -> None:
        """Check all pages quickly. Raises Damaged if one is invalid."""
        with self.bare() as connection:
            result = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if result != "ok":
            raise Damaged("damaged.pages", name=self.name, problem=result)

    def describe_engine(self) -> DatabaseEngine:
        """Return the SQLite version and the journal mode of the file."""
        with self.bare() as connection:
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        return DatabaseEngine("SQLite", sqlite3.sqlite_version, str(mode))

    def change_counter(self) -> int:
        """Return a number that changes when another desk or program has written to the file."""
        self.require_same_file()
        self.end_write_ahead_log()
        with self.bare() as connection:
            return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())

    def backup(self, path: Path, meta: sa.MetaData) -> JournalHead:
        """Write a complete and consistent copy to a new file, and return its journal's head.

        If the file is stale, the copy is of the open connection's content.
        """
        with stage_new_file(Path(path)) as part:
            make_private_file(part)
            if self.stale:
                self._copy_open_content(part)
            else:
                # a separate connection, because a read-only one would refuse the copy as well
                with (
                    translate_sqlite_errors(self.path),
                    closing(open_sqlite(self._file, self._query, patience_s=LOCK_WAIT_S)) as source,
                ):
                    source.execute("VACUUM INTO ?", (build_file_uri(part),))
            from zoneplanner.storage.geopackage import qgis_project

            copy = GeoPackageConnection(part, called=path)
            try:
                with copy.writing() as connection:
                    qgis_project.rename_source(connection, path.name)
                with copy.reading() as connection:
                    return read_head(connection, meta.tables["journal_entry"])
            finally:
                copy.close()

    def _copy_open_content(self, part: Path) -> None:
        with self.bare() as connection:
            connection.exec_driver_sql("PRAGMA query_only=OFF")
            connection.exec_driver_sql("VACUUM INTO ?", (build_file_uri(part),))
            connection.exec_driver_sql(f"PRAGMA query_only={int(self.read_only)}")


_READ_KEYS = (*HEADER_KEYS, *_SHARED_COPY_KEYS)


def inspect_file(path: Path, *, read_only: bool, patience_s: float) -> ProjectHeader:
    """Inspect a file without trusting it, and return its header.

    Raises
    ------
    UserError
        The file is missing, locked, truncated, not a project, made by a newer version, altered in
        its schema, or not accessible.
    """
    _require_file(path)
    writable = os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK)
    if not read_only and not writable:
        facts = {"path": str(path), "name": path.name, "opens": "for reading only"}
        raise UserError("cannot_write", facts)
    # With mode=ro, SQLite can neither merge a log nor roll back an interrupted change. A writable
    # file is therefore opened for writing, and query_only forbids changes.
    query = "mode=rw" if writable else _choose_read_query(path)
    with (
        translate_sqlite_errors(path),
        closing(open_sqlite(path, query, patience_s=patience_s)) as connection,
    ):
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA trusted_schema=OFF")
        return _read_header(connection, path, query, read_only=read_only)


def open_project_file(
    path: Path,
    header: ProjectHeader,
    *,
    read_only: bool,
    patience_s: float,
    called: Path | None = None,
) -> GeoPackageBackend:
    """Open an inspected file; ``called`` is its name in messages, if it differs."""
    database = GeoPackageBackend(
        path, read_only=read_only, patience_s=patience_s, query=header.query, called=called
    )
    try:
        if not read_only:
            database.end_write_ahead_log()
        elif header.needs_migration:
            _create_upgrade_views(database, header)
    except BaseException:
        database.close()
        raise
    return database


def _create_upgrade_views(database: GeoPackageConnection, header: ProjectHeader) -> None:
    with database.bare() as connection:
        connection.exec_driver_sql("PRAGMA temp_store=MEMORY")
        connection.exec_driver_sql("PRAGMA query_only=OFF")  # the views are not part of the file
        earlier_versions.create_upgrade_views(
            connection, build_tables(parse_srid(header.crs)), header.schema_version
        )
        connection.exec_driver_sql("PRAGMA query_only=ON")


def _require_file(path: Path) -> None:
    try:
        exists, is_file = path.exists(), path.is_file()
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise UserError(
            "cannot_read.lookup", file=str(path), name=path.name, reason=reason
        ) from None
    if not exists:
        raise UserError("no_file.project", file=str(path))
    if not is_file:
        raise UserError("not_a_file.project", file=str(path))
    if not os.access(path, os.R_OK):
        raise UserError("cannot_read.denied", file=str(path))


def _choose_read_query(path: Path) -> str:
    """Return the read-only query, as immutable if the file needs a log that cannot be written."""
    with translate_sqlite_errors(path):
        try:
            with closing(open_sqlite(path, "mode=ro", patience_s=LOCK_WAIT_S)) as connection:
                connection.execute("PRAGMA schema_version").fetchone()
        except sqlite3.OperationalError:
            for log in (path.with_name(path.name + end) for end in ("-wal", "-journal")):
                if log.exists() and log.stat().st_size > 0:
                    facts = {"path": str(path), "name": path.name, "log": log.name}
                    raise UserError("cannot_write.not_closed", facts) from None
            return "mode=ro&immutable=1"
    return "mode=ro"


def _read_header(
    connection: sqlite3.Connection, path: Path, query: str, *, read_only: bool
) -> ProjectHeader:
    (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    schema = decode_schema(connection.execute(READ_SCHEMA))
    texts = {name: text or "" for kind, name, _, text in schema if kind == "table"}
    if not texts.get("app_meta", "").upper().startswith("CREATE TABLE"):
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        template = "not_a_project" + ".geopackage" * (application == APPLICATION_ID)
        raise UserError(template, file=str(path), name=path.name)
    if path.stat().st_size % page_bytes:
        # SQLite silently fills a truncated last page with zeros
        raise Damaged("damaged.end_missing", name=path.name)
    header = make_header(_read_meta(connection, path), path.name, read_only=read_only, query=query)
    newer = header.schema_version > SCHEMA_VERSION
    differences = list(
        _list_missing_parts(connection, texts)
        if newer
        else find_schema_differences(schema, header.schema_version)
    )
    if differences:
        facts = {"differences": differences, "difference": differences[0]}
        raise UserError("structure_altered", facts, name=path.name)
    return header


def _list_missing_parts(connection: sqlite3.Connection, texts: dict[str, str]) -> Iterator[Message]:
    """Report what this version reads but a newer file lacks; additional parts are ignored."""
    tables = [name for name, text in texts.items() if text.upper().startswith("CREATE TABLE")]
    query = "SELECT name FROM pragma_table_info(?)"
    return find_missing_columns(
        {table: {name for (name,) in connection.execute(query, (table,))} for table in tables}
    )


def _read_meta(connection: sqlite3.Connection, path: Path) -> dict[str, str]:
    columns = {name for _, name, *_ in connection.execute("PRAGMA table_info(app_meta)")}
    rows: list[tuple[str, str]] = []
    if columns >= {"key", "value"}:
        rows = connection.execute(
            "SELECT key, value FROM app_meta WHERE key IN"
            f" ({', '.join('?' * len(_READ_KEYS))}) LIMIT {len(_READ_KEYS)}",
            _READ_KEYS,
        ).fetchall()
    if not {key for key, _ in rows} >= set(HEADER_KEYS):
        raise UserError("not_a_project", file=str(path), name=path.name)
    return {key: str(value) for key, value in rows}


def renew_registers(connection: sa.Connection, meta: sa.MetaData, srid: int, at: datetime) -> None:
    """Rewrite the registers and styles if they lack something that other programs need."""
    if any(layer_registry.find_register_faults(connection)):
        for register in ("gpkg_geometry_columns", "layer_styles", "gpkg_contents"):
            connection.exec_driver_sql(f"DELETE FROM {register}")
        layer_registry.register_all(connection, srid)
        refresh_layer_bounds(connection, meta, at)


def extend_layer_bounds(
    connection: sa.Connection, changed: Mapping[str, Iterable[BaseGeometry]], at: datetime
) -> None:
    """Update the time and extent of changed layers in ``gpkg_contents``; extents only grow."""
    moment = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    shapes = {table: list(geometries) for table, geometries in changed.items()}
    shapes |= {
        view: shapes[table] for table, view in layer_registry.SHOWN_IN.items() if table in shapes
    }
    for table, geometries in shapes.items():
        # without shapes, the bounds are NaN, which is NULL in SQLite, so the extent stays unchanged
        bounds = shapely.total_bounds([shapely.Point(), *geometries]).tolist()
        connection.exec_driver_sql(
            "UPDATE gpkg_contents SET last_change = :at,"
            " min_x = coalesce(min(coalesce(min_x, :west), :west), min_x),"
            " min_y = coalesce(min(coalesce(min_y, :south), :south), min_y),"
            " max_x = coalesce(max(coalesce(max_x, :east), :east), max_x),"
            " max_y = coalesce(max(coalesce(max_y, :north), :north), max_y)"
            " WHERE table_name = :name",
            {**dict(zip(layer_registry.SIDES, bounds, strict=True)), "at": moment, "name": table},
        )


def refresh_layer_bounds(connection: sa.Connection, meta: sa.MetaData, at: datetime) -> None:
    """Update the extents of all layers in ``gpkg_contents``."""
    shapes = {
        name: connection.execute(sa.select(meta.tables[name].c.geom)).scalars().all()
        for name in GEOMETRY_TYPES
    }
    extend_layer_bounds(connection, shapes, at)
