"""Bring a project file of an earlier schema version to the present one, all or nothing.

A copy is changed beside the file and put in its place only when it holds the very same project
and journal. The file as it was stays beside it under another name.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
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
    """Bring a file of an earlier version to the present version; return where the old file is kept.

    None where another desk did so in the meantime.

    Raises
    ------
    UserError
        The file is open elsewhere, the disk is full, or the file is damaged; it stays as it was.
    """
    real = path.resolve()
    try:
        return _migrate_locked_file(path, real, header, patience_s)
    except UserError:
        # the old file may have been taken away under a desk that waited for its turn
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
                holder.close()  # Windows replaces no file that is open
            kept = _replace_file(part, real, header.schema_version)
        except OSError as error:
            raise UserError(
                "not_migrated.cannot_write", name=path.name, reason=os.strerror(error.errno or 0)
            ) from error
        finally:
            _remove_part(part)
    return kept


@contextmanager
def _hold_write_lock(path: Path, patience_s: float) -> Iterator[sqlite3.Connection]:
    """Keep others from writing; there is no log beside the file that the new one would inherit."""
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
    """Give the copy the present schema; rows that did not change their form stay as they are."""
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
    was, now = (
        earlier_versions.list_version_tables(header.schema_version),
        earlier_versions.list_version_tables(SCHEMA_VERSION),
    )
    changed = earlier_versions.build_upgrade_queries(meta, header.schema_version)
    for name, query in changed.items():
        connection.exec_driver_sql(f'CREATE TEMP TABLE "now_{name}" AS {query}')
    for kind, name in old:
        if kind != "table":
            connection.exec_driver_sql(f'DROP {kind} "{name}"')
    for name in was - (now - changed.keys()):
        connection.exec_driver_sql(f'DROP TABLE "{name}"')
    for name in changed:
        connection.exec_driver_sql(new["table", name])
        connection.exec_driver_sql(f'INSERT INTO "{name}" SELECT * FROM "now_{name}"')
        connection.exec_driver_sql(f'DROP TABLE "now_{name}"')
    before, after = (
        set(layer_registry.list_registered_tables(one))
        for one in (header.schema_version, SCHEMA_VERSION)
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
    if not was.issuperset(log_snapshot.DERIVED_TABLES) or log_snapshot.read_log_snapshot_seq(
        connection, meta
    ):  # what the log makes of the journal may be another since
        zone = edit_writer.read_meta_value(connection, meta, "project_time_zone", "")
        log_snapshot.rebuild_log_snapshot(connection, meta, zone)
    for (kind, _), statement in new.items():
        if kind != "table":
            connection.exec_driver_sql(statement)


def _check_same_content(path: Path, part: Path, header: ProjectHeader) -> None:
    """Refuse a copy that is not sound, or does not hold the same project and journal."""
    own = build_tables(layer_registry.parse_srid(header.crs)).tables.keys() - KEY_COLUMNS.keys()
    counted = sorted(own & earlier_versions.list_version_tables(header.schema_version))
    was, _ = _read_content(path, header, counted)
    was[-1]["edit"] += 1  # which says that the file was brought to this version
    header = inspect_file(part, read_only=True, patience_s=0.0)
    now, troubles = _read_content(part, header, counted)
    if troubles:
        raise UserError("not_migrated.unsound", name=path.name, problem=troubles[0])
    if was != now:
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
            checked = connection.exec_driver_sql("PRAGMA quick_check").scalars()
            troubles = [text for text in checked if text != "ok"]
    finally:
        database.close()
    return ({name: _strip_row_marks(found) for name, found in rows.items()}, head, counts), troubles


def _count_rows(connection: sa.Connection, table: str) -> int:
    return int(connection.exec_driver_sql(f'SELECT count(*) FROM main."{table}"').scalar_one())


def _strip_row_marks(rows: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    """Return rows without what tells of their place, their age and the schema."""
    aside = ("fid", "row_version", "changed_by", "changed_at")
    versions = ("schema_version", "min_reader_version")
    return [
        {name: value for name, value in row.items() if name not in aside}
        for row in rows
        if row.get("key") not in versions
    ]


def _replace_file(part: Path, path: Path, version: int) -> Path:
    """Put the new file in the place of the old one, which is kept under another name."""
    kept = _keep_old_file(path, version)
    try:
        part.replace(path)
    except OSError:
        kept.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return kept


def _keep_old_file(path: Path, version: int) -> Path:
    """Give the old file a second name that is free, or copy it where a file has one name only."""
    number = 1
    while True:
        mark = f"version-{version}" if number == 1 else f"version-{version}-{number}"
        kept = path.with_name(f"{path.stem}.{mark}{path.suffix}")
        try:
            os.link(path, kept)
        except FileExistsError:
            number += 1
        except OSError:
            if not kept.exists():
                with closing(open_sqlite(path, "mode=rw", patience_s=0.0)) as source:
                    source.execute("VACUUM INTO ?", (build_file_uri(kept),))
                return kept
            number += 1
        else:
            return kept
