"""Bring a project file of an earlier schema version to the present one, all or nothing.

A copy is changed beside the file and put in its place only when it holds the very same project
and journal. The file as it was stays beside it under another name.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa

from zoneplanner.errors import UserError
from zoneplanner.storage import gpkg, journal, reading, version_1
from zoneplanner.storage.database import Database, connect, told
from zoneplanner.storage.opening import Look, look_at
from zoneplanner.storage.schema import MIN_READER_VERSION, SCHEMA_VERSION, named
from zoneplanner.storage.tables import build
from zoneplanner.storage.values import Head

_LOGS = ("-wal", "-shm", "-journal")


def migrate(path: Path, look: Look, *, patience_s: float) -> Path | None:
    """Bring a file of version 1 to the present version; return where the old file is kept.

    None where another desk did so in the meantime.

    Raises
    ------
    UserError
        The file is open elsewhere, the disk is full, or the file is damaged; it stays as it was.
    """
    real = path.resolve()
    try:
        return _brought(path, real, look, patience_s)
    except UserError:
        # the old file may have been taken away under a desk that waited for its turn
        if look_at(real, read_only=True, patience_s=patience_s).outdated:
            raise
        return None


def _brought(path: Path, real: Path, look: Look, patience_s: float) -> Path | None:
    part = real.with_name(f".{real.name}.version-{SCHEMA_VERSION}.part")
    with told(path), _held(real, patience_s) as holder:
        if not look_at(real, read_only=True, patience_s=patience_s).outdated:
            return None
        try:
            _remove(part)  # left by an earlier attempt that was killed
            _copy(real, part, patience_s)
            _change(part, look, called=path)
            _compare(real, part, look)
            shutil.copymode(real, part)
            if os.name == "nt":
                holder.close()  # Windows replaces no file that is open
            kept = _swap(part, real, look.schema_version)
        except OSError as error:
            raise UserError(
                f"“{path.name}” could not be brought to the present version "
                f"({os.strerror(error.errno or 0)}); nothing was changed in it."
            ) from error
        finally:
            _remove(part)
    return kept


@contextmanager
def _held(path: Path, patience_s: float) -> Iterator[sqlite3.Connection]:
    """Keep others from writing; there is no log beside the file that the new one would inherit."""
    with closing(connect(path, "mode=rw", patience_s=patience_s)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("BEGIN IMMEDIATE")
        yield connection


def _remove(part: Path) -> None:
    for suffix in ("", *_LOGS):
        with suppress(OSError):
            part.with_name(part.name + suffix).unlink(missing_ok=True)


def _copy(path: Path, part: Path, patience_s: float) -> None:
    with closing(connect(path, "mode=rw", patience_s=patience_s)) as source:
        source.execute("VACUUM INTO ?", (str(part),))


def _change(part: Path, look: Look, *, called: Path) -> None:
    """Give the copy the present schema; rows that did not change their form stay as they are."""
    database = Database(part, called=called)
    try:
        with database.bare() as connection:
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # no effect in a transaction
        with database.writing() as connection:
            _lay_anew(connection, gpkg.srid_of(look.crs))
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise _refusal(called, f"its table {broken[0][0]} names what it does not hold")
    finally:
        database.close()


def _lay_anew(connection: sa.Connection, srid: int) -> None:
    old, new = named(1), named()
    changed = [name for kind, name in new if kind == "table" and _differs(old, new, name)]
    for kind, name in old:
        if kind == "trigger":
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    for name in changed:
        if ("table", name) in old:
            connection.exec_driver_sql(f'CREATE TEMP TABLE "old_{name}" AS SELECT * FROM "{name}"')
            connection.exec_driver_sql(f'DROP TABLE "{name}"')
        connection.exec_driver_sql(new["table", name])
        if ("table", name) in old:
            _fill(connection, name)
    _move_locks(connection)
    gpkg.register(connection, version_1.NEW_TABLES, srid)
    connection.exec_driver_sql(
        f"UPDATE app_meta SET value = CASE key WHEN 'schema_version' THEN '{SCHEMA_VERSION}'"
        f" ELSE '{MIN_READER_VERSION}' END WHERE key IN ('schema_version', 'min_reader_version')"
    )
    for (kind, _), statement in new.items():
        if kind == "trigger":
            connection.exec_driver_sql(statement)


def _differs(old: dict[tuple[str, str], str], new: dict[tuple[str, str], str], table: str) -> bool:
    return old.get(("table", table)) != new["table", table]


def _fill(connection: sa.Connection, table: str) -> None:
    """Put the rows of a table back, with what its new columns hold for them."""
    columns = [row[1] for row in connection.exec_driver_sql(f'PRAGMA table_info("old_{table}")')]
    added = _ADDED[table]
    names = ", ".join(f'"{name}"' for name in (*columns, *added))
    values = ", ".join((*(f'"{name}"' for name in columns), *added.values()))
    connection.exec_driver_sql(
        f'INSERT INTO "{table}" ({names}) SELECT {values} FROM "old_{table}" ORDER BY 1'
    )
    connection.exec_driver_sql(f'DROP TABLE "old_{table}"')


_ADDED = {
    "plan": {"note": "''"},
    "feature_area": {"fields": "'{}'"},
    "feature_line": {"fields": "'{}'"},
    "feature_point": {"fields": "'{}'"},
    "edit": {"step": "seq - 1", "jump": "0"},
}
"""Columns that may not be empty, and what they hold for what was made before, as SQL."""


def _move_locks(connection: sa.Connection) -> None:
    connection.exec_driver_sql(
        'INSERT INTO plan_lock ("plan", kind, target, reason, held,'
        " row_version, changed_by, changed_at)"
        " SELECT old.plan, 'site', old.site, old.reason,"
        " CASE WHEN zone IS NULL THEN '{}' ELSE json_object(old.site, zone) END,"
        " old.row_version, old.changed_by, old.changed_at FROM site_lock AS old"
        " LEFT JOIN assignment AS now ON now.plan = old.plan AND now.site = old.site"
        " ORDER BY old.fid"
    )
    connection.exec_driver_sql("DROP TABLE site_lock")
    connection.exec_driver_sql("DELETE FROM gpkg_contents WHERE table_name = 'site_lock'")


def _compare(path: Path, part: Path, look: Look) -> None:
    """Refuse a copy that is not sound, or does not hold the same project and journal."""
    was, _ = _content(path, look, look.schema_version)
    now, troubles = _content(part, look, SCHEMA_VERSION)
    if troubles:
        raise _refusal(path, f"the new file is not sound: {troubles[0]}")
    if was != now:
        raise _refusal(path, "the new file does not hold the same")
    look_at(part, read_only=True, patience_s=0.0)


Content = tuple[dict[str, list[dict[str, object]]], Head, dict[str, int]]


def _content(path: Path, look: Look, version: int) -> tuple[Content, list[str]]:
    meta = build(gpkg.srid_of(look.crs))
    database = Database(path, read_only=True)
    try:
        with database.reading() as connection:
            rows = reading.rows(connection, meta, version)
            head = journal.head(connection, meta.tables["journal_entry"])
            counts = {name: _count(connection, name) for name in _KEPT}
            checked = connection.exec_driver_sql("PRAGMA quick_check").scalars()
            troubles = [text for text in checked if text != "ok"]
    finally:
        database.close()
    return ({name: _comparable(found) for name, found in rows.items()}, head, counts), troubles


_KEPT = ("edit", "journal_entry", "visit_record", "visit_week", "last_visit", "zone_area")


def _count(connection: sa.Connection, table: str) -> int:
    return int(connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar_one())


def _comparable(rows: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    """Return rows without what tells of their place, their age and the schema."""
    aside = ("fid", "row_version", "changed_by", "changed_at")
    versions = ("schema_version", "min_reader_version")
    return [
        {name: value for name, value in row.items() if name not in aside}
        for row in rows
        if row.get("key") not in versions
    ]


def _swap(part: Path, path: Path, version: int) -> Path:
    """Put the new file in the place of the old one, which is kept under another name."""
    kept = _keep(path, version)
    try:
        part.replace(path)
    except OSError:
        kept.unlink(missing_ok=True)
        raise
    if os.name != "nt":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return kept


def _keep(path: Path, version: int) -> Path:
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
                with closing(connect(path, "mode=rw", patience_s=0.0)) as source:
                    source.execute("VACUUM INTO ?", (str(kept),))
                return kept
            number += 1
        else:
            return kept


def _refusal(path: Path, why: str) -> UserError:
    return UserError(
        f"“{path.name}” could not be brought to the present version ({why}); "
        f"nothing was changed in it. Open it for reading only, or restore a backup."
    )
