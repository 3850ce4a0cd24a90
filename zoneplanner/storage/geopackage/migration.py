"""Migration of a project file to the current schema version, completely or not at all.

A copy next to the file is migrated, and replaces the file only if it contains the same project and
journal. The original stays next to it under another name.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import sqlalchemy as sa

from zoneplanner.errors import UserError
from zoneplanner.staging import (
    make_private_file,
    name_temporary_file,
    sweep_leftovers_in,
    sync_folder,
)
from zoneplanner.storage.backend import JournalHead, ProjectHeader
from zoneplanner.storage.geopackage import layer_registry
from zoneplanner.storage.geopackage.backend import (
    SQLITE_SUFFIXES,
    inspect_file,
    open_project_file,
    refresh_layer_bounds,
)
from zoneplanner.storage.geopackage.connection import (
    GeoPackageConnection,
    build_file_uri,
    open_sqlite,
    translate_sqlite_errors,
)
from zoneplanner.storage.hash_chain import read_head
from zoneplanner.storage.history import edit_writer, own_rows, zone_areas
from zoneplanner.storage.journal import log_snapshot
from zoneplanner.storage.schema import earlier_versions
from zoneplanner.storage.schema.ddl import MIN_READER_VERSION, SCHEMA_VERSION, index_statements
from zoneplanner.storage.schema.tables import KEY_COLUMNS, build_tables


def migrate_file(path: Path, header: ProjectHeader, *, patience_s: float) -> Path | None:
    """Migrate a file, and return the path of the original.

    The result is None if another desk has migrated the file meanwhile.

    Raises
    ------
    UserError
        The file is open elsewhere, the disk is full, or the file is damaged; it stays as it was.
    """
    real = path.resolve()
    try:
        return _migrate_locked_file(path, real, header, patience_s)
    except UserError:
        # another desk may have replaced the file while this one waited for its turn
        if inspect_file(real, read_only=True, patience_s=patience_s).needs_migration:
            raise
        return None


def _migrate_locked_file(
    path: Path, real: Path, header: ProjectHeader, patience_s: float
) -> Path | None:
    sweep_leftovers_in(real.parent)
    part = real.with_name(name_temporary_file(real.name))
    with translate_sqlite_errors(path), _hold_write_lock(real, patience_s) as holder:
        if not inspect_file(real, read_only=True, patience_s=patience_s).needs_migration:
            return None
        try:
            make_private_file(part)
            _copy_file(real, part, patience_s)
            _upgrade_copy(part, header, called=path)
            _check_same_content(real, part, header)
            shutil.copymode(real, part)
            if os.name == "nt":
                holder.close()  # Windows cannot replace an open file
            original = _replace_file(part, real, header.schema_version)
        except OSError as error:
            raise UserError(
                "not_migrated.cannot_write", name=path.name, reason=os.strerror(error.errno or 0)
            ) from error
        finally:
            _remove_part(part)
    return original


@contextmanager
def _hold_write_lock(path: Path, patience_s: float) -> Iterator[sqlite3.Connection]:
    """Lock the file against writing, without a log next to it that the new file would inherit."""
    with closing(open_sqlite(path, "mode=rw", patience_s=patience_s)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("BEGIN IMMEDIATE")
        yield connection


def _remove_part(part: Path) -> None:
    for suffix in ("", *SQLITE_SUFFIXES):
        with suppress(OSError):
            part.with_name(part.name + suffix).unlink(missing_ok=True)


def _copy_file(path: Path, part: Path, patience_s: float) -> None:
    with closing(open_sqlite(path, "mode=rw", patience_s=patience_s)) as source:
        source.execute("VACUUM INTO ?", (build_file_uri(part),))


def _upgrade_copy(part: Path, header: ProjectHeader, *, called: Path) -> None:
    """Migrate the copy to the current schema; tables that did not change stay as they are."""
    database = GeoPackageConnection(part, called=called)
    meta = build_tables(layer_registry.parse_srid(header.crs))
    try:
        with database.bare() as connection:
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # no effect in a transaction
        with database.writing() as connection:
            _rebuild_tables(connection, meta, header, called.name)
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise UserError("not_migrated.dangling", name=called.name, table=broken[0][0])
    finally:
        database.close()


def _rebuild_tables(
    connection: sa.Connection, meta: sa.MetaData, header: ProjectHeader, called: str
) -> None:
    old, new = index_statements(header.schema_version), index_statements()
    old_tables, new_tables = (
        earlier_versions.list_version_tables(version)
        for version in (header.schema_version, SCHEMA_VERSION)
    )
    changed = earlier_versions.build_upgrade_queries(meta, header.schema_version)
    for name, query in changed.items():
        connection.exec_driver_sql(f'CREATE TEMP TABLE "now_{name}" AS {query}')
    for kind, name in old:
        if kind != "table":
            connection.exec_driver_sql(f'DROP {kind} "{name}"')
    for name in old_tables - (new_tables - changed.keys()):
        connection.exec_driver_sql(f'DROP TABLE "{name}"')
    for name in changed:
        connection.exec_driver_sql(new["table", name])
        connection.exec_driver_sql(f'INSERT INTO "{name}" SELECT * FROM "now_{name}"')
        connection.exec_driver_sql(f'DROP TABLE "now_{name}"')
    before, after = (
        set(layer_registry.list_registered_tables(version))
        for version in (header.schema_version, SCHEMA_VERSION)
    )
    srid = layer_registry.parse_srid(header.crs)
    layer_registry.unregister_tables(connection, before - after)
    layer_registry.register_tables(connection, sorted(after - before), srid)
    layer_registry.replace_views(connection, srid)
    layer_registry.refresh_styles(connection)
    connection.exec_driver_sql(
        f"UPDATE app_meta SET value = CASE key WHEN 'schema_version' THEN '{SCHEMA_VERSION}'"
        f" ELSE '{MIN_READER_VERSION}' END WHERE key IN ('schema_version', 'min_reader_version')"
    )
    with own_rows.translate_unreadable_values(called):
        own_rows.seal_migration(connection, meta, at=datetime.now(UTC))
        zone_areas.rebuild_project_figures(connection, meta, header.crs)
        refresh_layer_bounds(connection, meta, datetime.now(UTC))
    # a snapshot by the earlier version's rule may differ from this version's
    had_snapshot = old_tables.issuperset(log_snapshot.DERIVED_TABLES)
    if not had_snapshot or log_snapshot.read_log_snapshot_seq(connection, meta):
        zone = edit_writer.read_meta_value(connection, meta, "project_time_zone", "")
        log_snapshot.rebuild_log_snapshot(connection, meta, zone)
    for (kind, _), statement in new.items():
        if kind != "table":
            connection.exec_driver_sql(statement)


def _check_same_content(path: Path, part: Path, header: ProjectHeader) -> None:
    """Refuse a copy that is damaged, or does not contain the same project and journal."""
    own = build_tables(layer_registry.parse_srid(header.crs)).tables.keys() - KEY_COLUMNS.keys()
    counted = sorted(own & earlier_versions.list_version_tables(header.schema_version))
    before, _ = _read_content(path, header, counted)
    before[-1]["edit"] += 1  # the record of the migration
    header = inspect_file(part, read_only=True, patience_s=0.0)
    after, problems = _read_content(part, header, counted)
    if problems:
        raise UserError("not_migrated.unsound", name=path.name, problem=problems[0])
    if before != after:
        raise UserError("not_migrated.other_content", name=path.name)


_FileContent = tuple[dict[str, list[dict[str, object]]], JournalHead, dict[str, int]]


def _read_content(
    path: Path, header: ProjectHeader, counted: Iterable[str]
) -> tuple[_FileContent, list[str]]:
    meta = build_tables(layer_registry.parse_srid(header.crs))
    database = open_project_file(path, header, read_only=True, patience_s=0.0)
    try:
        with database.reading() as connection:
            with own_rows.translate_unreadable_values(path.name):
                rows = own_rows.read_editable_rows(connection, meta)
            head = read_head(connection, meta.tables["journal_entry"])
            counts = {name: _count_rows(connection, name) for name in counted}
            results = connection.exec_driver_sql("PRAGMA quick_check").scalars()
            problems = [text for text in results if text != "ok"]
    finally:
        database.close()
    content = {name: _strip_row_marks(table) for name, table in rows.items()}
    return (content, head, counts), problems


def _count_rows(connection: sa.Connection, table: str) -> int:
    return int(connection.exec_driver_sql(f'SELECT count(*) FROM main."{table}"').scalar_one())


def _strip_row_marks(rows: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    """Return rows without their numbers, versions and stamps, and without schema versions."""
    ignored = ("fid", "row_version", "changed_by", "changed_at")
    versions = ("schema_version", "min_reader_version")
    return [
        {name: value for name, value in row.items() if name not in ignored}
        for row in rows
        if row.get("key") not in versions
    ]


def _replace_file(part: Path, path: Path, version: int) -> Path:
    """Replace the old file by the new one, and return the old file's new path."""
    original = _preserve_original(path, version)
    try:
        part.replace(path)
    except OSError:
        original.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return original


def _preserve_original(path: Path, version: int) -> Path:
    """Link the old file under a free name, or copy it if the file system has no hard links."""
    marks = (f"version-{version}" + (f"-{number}" if number > 1 else "") for number in count(1))
    paths = (path.with_name(f"{path.stem}.{mark}{path.suffix}") for mark in marks)
    original = next(candidate for candidate in paths if not candidate.exists())
    try:
        os.link(path, original)
    except FileExistsError:  # somebody has used the name meanwhile
        return _preserve_original(path, version)
    except OSError:
        _copy_file(path, original, 0.0)
    return original
