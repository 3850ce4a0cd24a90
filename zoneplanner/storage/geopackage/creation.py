"""Make a project file: written beside its place under another name, then put there whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.staging import (
    make_private_file,
    name_temporary_file,
    sweep_leftovers_in,
    sync_file,
    sync_folder,
)
from zoneplanner.storage.geopackage import layer_registry
from zoneplanner.storage.geopackage.connection import GeoPackageConnection
from zoneplanner.storage.history.edit_writer import diff_rows, write_row_changes
from zoneplanner.storage.history.own_rows import write_snapshot
from zoneplanner.storage.history.project_figures import write_project_figures
from zoneplanner.storage.history.row_digests import RowDigests
from zoneplanner.storage.records import format_stored_time
from zoneplanner.storage.schema.ddl import MIN_READER_VERSION, SCHEMA_VERSION
from zoneplanner.storage.schema.tables import GEOMETRY_TYPES, build_tables

SQLITE_SUFFIXES = ("-wal", "-shm", "-journal")
"""What SQLite writes beside an open file."""


def create_project_file(path: Path, project: Project, *, actor: str, at: datetime) -> None:
    """Write a project to a path where there is nothing yet.

    Raises
    ------
    UserError
        The path exists, its folder is missing or may not be written, the disk is full, the
        project's CRS is not a projected EPSG code, or a geometry may not be kept.
    """
    from zoneplanner.storage.geopackage import qgis_project

    srid = layer_registry.parse_srid(project.crs)
    with create_empty_file(path, srid) as connection:
        _write_project(connection, project, srid, actor=actor, at=at)
        qgis_project.write_qgis_project(connection, project, path.name, at)


@contextmanager
def create_empty_file(path: Path, srid: int) -> Iterator[sa.Connection]:
    """Give a connection to the empty tables of a project file; it is there if all goes well."""
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
    layer_registry.extend_layer_bounds(connection, reach, at)
    said: dict[str, Any] = {"label": f"Create “{project.name}”", "actor": actor, "at": at}
    write_snapshot(connection, meta, kind=EditKind.CREATE, step=0, **said)


@contextmanager
def stage_new_file(path: Path) -> Iterator[Path]:
    """Give a name beside ``path`` to write to; it gets its own name only if all goes well.

    Nothing is left behind otherwise.
    """
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
    """Give a finished file its name without replacing one that came meanwhile."""
    try:
        os.link(part, path)
    except OSError as error:
        # A file system without hard links: the gap between look and rename is the best it has.
        if isinstance(error, FileExistsError) or path.exists():
            raise UserError("file_exists", file=str(path)) from None
        part.rename(path)
