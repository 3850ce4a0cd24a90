"""What can be saved of a damaged project file, and a sound copy made of that."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from shapely.errors import ShapelyError

from zoneplanner.storage import aggregates, earlier, gpkg, reading, verifying
from zoneplanner.storage.chain import COLUMNS, entry_hash
from zoneplanner.storage.database import Database, connect
from zoneplanner.storage.file_guard import is_locked_here
from zoneplanner.storage.geometry import GeometryColumn, decode
from zoneplanner.storage.opening import Look
from zoneplanner.storage.pages import Pages, Record, Rows
from zoneplanner.storage.schema import (
    APPLICATION_ID,
    SCHEMA_VERSION,
    USER_VERSION,
    named,
)
from zoneplanner.storage.setting_rows import SETTINGS
from zoneplanner.storage.tables import GEOMETRY_KINDS, build


class Found(NamedTuple):
    """What a damaged project holds: its values in ``app_meta``, and its rows by table."""

    values: Mapping[str, str]
    tables: Mapping[str, Rows]

    @property
    def look(self) -> Look:
        """How a copy of it is to be opened."""
        version, reader = (int(self.values[f"{name}_version"]) for name in ("schema", "min_reader"))
        return Look("mode=rw", self.values["project_crs"], version, reader)


def found_in(path: Path) -> Found | None:
    """Return what can be read of a damaged file; None where nothing of a project is to be seen.

    Reading it here would drop the locks of a store that has it open in this process: then nothing
    is read. What its log held SQLite has brought in before.
    """
    if is_locked_here(path):
        return None
    pages = Pages(path.read_bytes())
    roots = _roots(pages)
    values = _values(_rows(pages, roots, "app_meta"))
    try:
        version = int(values.get("schema_version", _version(roots)))
        int(values.get("min_reader_version", "1"))
        own = earlier.tables(version)
    except (ValueError, OSError):
        return None
    tables = {name: _rows(pages, roots, name) for name in sorted(own)}
    tables["journal_entry"] = _proven(pages, tables["journal_entry"])
    if not tables["edit"].whole:
        tables["edit"] = Rows({}, whole=False)  # half a history leads nowhere
    if not any(tables[name].found for name in ("site", "plan", "journal_entry")):
        return None
    return Found({**_usual(path, version, tables), **values}, tables)


def _rows(pages: Pages, roots: Mapping[str, int], table: str) -> Rows:
    return pages.rows(roots[table]) if table in roots else Rows({}, whole=False)


def _values(rows: Rows) -> dict[str, str]:
    return {str(row[1]): str(row[2]) for row in rows.found.values() if len(row) > 2}


def _version(roots: Mapping[str, int]) -> int:
    """Return of which version a file is by the tables that only earlier ones have."""
    for version in range(1, SCHEMA_VERSION):
        if roots.keys() & (earlier.tables(version) - earlier.tables(version + 1)):
            return version
    return SCHEMA_VERSION


def _usual(path: Path, version: int, tables: Mapping[str, Rows]) -> dict[str, str]:
    """Return what stands in for lost values that nothing can be shown without."""
    srids = (
        int.from_bytes(value[4:8], "little")
        for rows in tables.values()
        for record in rows.found.values()
        for value in record
        if isinstance(value, bytes) and value.startswith(b"GP")
    )
    return {
        "schema_version": str(version),
        "min_reader_version": str(version),
        "project_uid": "saved",
        "project_crs": f"EPSG:{next(srids, 3857)}",
        "project_name": path.stem,
        "project_preset": "",
        "project_time_zone": "UTC",
    }


def _roots(pages: Pages) -> dict[str, int]:
    """Return where the tree of each table begins, from wherever the file says so."""
    schema = pages.rows(1) if pages.headed else Rows({}, whole=False)
    records: list[Record] = list(schema.found.values())
    if not schema.whole:
        records += [record for _, record in pages.strays()]
    found: dict[str, int] = {}
    for record in records:
        if len(record) == 5 and record[0] == "table" and isinstance(record[3], int):
            found.setdefault(str(record[1]), record[3])
    return found


def _proven(pages: Pages, rows: Rows) -> Rows:
    """Return the entries whose hash fits, also from pages that the tree of the journal lost."""
    found = {seq: record for seq, record in rows.found.items() if _fits(seq, record)}
    if not rows.whole:
        found |= {seq: record for seq, record in pages.strays() if _fits(seq, record)}
    return Rows(dict(sorted(found.items())), rows.whole and len(found) == len(rows.found))


def _fits(seq: int, record: Record) -> bool:
    if len(record) != len(COLUMNS) + 2 or any(isinstance(value, bytes) for value in record):
        return False
    return bool(entry_hash(str(record[-2]), seq, *record[1:-2]) == record[-1])


def write(found: Found, copy: Path) -> dict[str, int]:
    """Write what was saved to a new file of the same version; return its numbers of rows.

    Left out are rows that cannot be read, and those that name something lost.
    """
    version, srid = found.look.schema_version, gpkg.srid_of(found.look.crs)
    with closing(connect(copy, "mode=rwc", patience_s=0.0)) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("BEGIN")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {USER_VERSION}")
        texts = named(version)
        for (kind, name), text in texts.items():
            if kind == "table":
                connection.execute(text)
                shape = (
                    GeometryColumn(GEOMETRY_KINDS[name], srid) if name in GEOMETRY_KINDS else None
                )
                rows = {
                    number: row
                    for number, row in found.tables[name].found.items()
                    if _readable(row, shape)
                }
                _insert(connection, name, rows)
        usual = {name: "{}" for name, setting in SETTINGS.items() if setting.usual is None}
        _fill(connection, "setting (name, value)", usual)
        _fill(connection, 'app_meta ("key", value)', found.values)
        _drop_what_names_lost_rows(connection)
        for (kind, _), text in texts.items():
            if kind != "table":
                connection.execute(text)
        connection.execute("COMMIT")
        counts = {name: _count(connection, name) for name in found.tables}
    if earlier.tables(version).issuperset(aggregates.TABLES):
        _rebuild(copy, found.look)
    return counts


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])


def _readable(record: Record, shape: GeometryColumn | None) -> bool:
    """False for a row whose page was torn: parts of its texts or of its shape are gone."""
    if any(isinstance(value, str) and "\0" in value for value in record):
        return False
    try:
        if shape is not None:
            decode(next(value for value in record if isinstance(value, bytes)), shape)
    except (ValueError, StopIteration, ShapelyError):
        return False
    return True


def _insert(connection: sqlite3.Connection, table: str, rows: Mapping[int, Record]) -> None:
    columns = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    numbered = [kind == "INTEGER" and key == 1 for _, _, kind, _, _, key in columns]
    marks = ", ".join("?" * len(columns))
    connection.executemany(
        f'INSERT OR IGNORE INTO "{table}" VALUES ({marks})',
        (
            [rowid if own else value for own, value in zip(numbered, record, strict=True)]
            for rowid, record in rows.items()
            if len(record) == len(columns)
        ),
    )


def _fill(connection: sqlite3.Connection, columns: str, values: Mapping[str, str]) -> None:
    """Write values that are not there."""
    connection.executemany(f"INSERT OR IGNORE INTO {columns} VALUES (?, ?)", values.items())


def _drop_what_names_lost_rows(connection: sqlite3.Connection) -> None:
    while True:
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()
        gone = {(table, row) for table, row, *_ in broken if table != "journal_entry"}
        if not gone:
            return
        for table, row in gone:
            connection.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (row,))


def _rebuild(copy: Path, look: Look) -> None:
    """Add up anew what was saved of the journal."""
    database, meta = Database(copy), build(gpkg.srid_of(look.crs))
    try:
        with database.writing() as connection:
            zone = reading.meta_value(connection, meta, "project_time_zone", copy.name)
            verifying.rebuild(connection, meta, zone)
    finally:
        database.close()
