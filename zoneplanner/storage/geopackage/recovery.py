"""Recover the readable rows of a damaged project file, and open a sound copy with them.

SQLite stops at the first unreadable page; here the remaining pages are read too. The format of
pages and records is described at sqlite.org/fileformat2.html.
"""

import sqlite3
import struct
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from shapely.errors import ShapelyError

from zoneplanner.domain.clean_text import parse_json_object
from zoneplanner.domain.edits import EditKind
from zoneplanner.domain.log.public_records import REMOVAL_KINDS, read_removed_texts
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.messages import Message
from zoneplanner.staging import make_work_folder
from zoneplanner.storage.backend import (
    JournalHead,
    ProjectHeader,
    Verification,
)
from zoneplanner.storage.geopackage import layer_registry
from zoneplanner.storage.geopackage.backend import open_project_file, renew_registers
from zoneplanner.storage.geopackage.connection import (
    GeoPackageConnection,
    is_locked_by_this_process,
    open_sqlite,
)
from zoneplanner.storage.hash_chain import HASHED_COLUMNS, ChainedText, hash_entry
from zoneplanner.storage.history import edit_writer, zone_areas
from zoneplanner.storage.history.own_rows import write_snapshot
from zoneplanner.storage.journal import log_snapshot
from zoneplanner.storage.row_mapping import EMPTY_SETTINGS
from zoneplanner.storage.schema import earlier_versions
from zoneplanner.storage.schema.ddl import (
    APPLICATION_ID,
    FIRST_WITH_VIEWS,
    SCHEMA_VERSION,
    USER_VERSION,
    index_statements,
)
from zoneplanner.storage.schema.geometry_column import GeometryColumn, decode_gpkg_geometry
from zoneplanner.storage.schema.tables import GEOMETRY_TYPES, build_tables
from zoneplanner.storage.schema.views import build_views
from zoneplanner.storage.store import Store

_MAGIC = b"SQLite format 3\0"
_DEFAULT_PAGE_BYTES = 4096
_INTERIOR, _LEAF = 5, 13
_FIRST_HEADER_BYTES = 100
_LARGEST_PAYLOAD = 2**30
"""SQLite's own limit for a value."""

PageRecord = tuple[Any, ...]


class RecoveredRows(NamedTuple):
    """The rows of a table by number, and whether all of its pages were readable."""

    by_number: Mapping[int, PageRecord]
    is_complete: bool


class DatabasePages:
    """The pages of a file, numbered from 1."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.has_header = content.startswith(_MAGIC)
        size = int.from_bytes(content[16:18], "big") if self.has_header else _DEFAULT_PAGE_BYTES
        self._size = size if size >= 512 and size & (size - 1) == 0 else 65536

    def page(self, number: int) -> bytes:
        """Return the bytes of a page, fewer if the file is too short."""
        return self._content[(number - 1) * self._size : number * self._size]

    def rows(self, root: int) -> RecoveredRows:
        """Return the rows of the table whose tree begins at a page."""
        found: dict[int, PageRecord] = {}
        pending, seen, is_complete = [root], set[int](), True
        while pending:
            number = pending.pop()
            page, start = self.page(number), _FIRST_HEADER_BYTES if number == 1 else 0
            kind = page[start] if len(page) == self._size else 0
            if number in seen or kind not in (_INTERIOR, _LEAF):
                is_complete = False
                continue
            seen.add(number)
            for at in _list_cell_offsets(page, start):
                try:
                    if kind == _INTERIOR:
                        pending.append(int.from_bytes(page[at : at + 4], "big"))
                    else:
                        rowid, record = self._record(page, at)
                        found[rowid] = record
                except (ValueError, IndexError, struct.error):
                    is_complete = False
            if kind == _INTERIOR:
                pending.append(int.from_bytes(page[start + 8 : start + 12], "big"))
        return RecoveredRows(dict(sorted(found.items())), is_complete)

    def find_orphan_rows(self) -> Iterator[tuple[int, PageRecord]]:
        """Yield whatever looks like a row on any page, of any table."""
        for number in range(1, len(self._content) // self._size + 1):
            page, start = self.page(number), _FIRST_HEADER_BYTES if number == 1 else 0
            if page[start] != _LEAF:
                continue
            for at in _list_cell_offsets(page, start):
                try:
                    yield self._record(page, at)
                except (ValueError, IndexError, struct.error):
                    continue

    def _record(self, page: bytes, at: int) -> tuple[int, PageRecord]:
        length, at = _read_varint(page, at)
        rowid, at = _read_varint(page, at)
        if length > _LARGEST_PAYLOAD:
            raise ValueError
        return rowid, _decode_record(self._payload(page, at, length))

    def _payload(self, page: bytes, at: int, length: int) -> bytes:
        """Return a row's bytes; a long row continues on overflow pages."""
        local = length
        if length > self._size - 35:
            minimum = (self._size - 12) * 32 // 255 - 23
            local = minimum + (length - minimum) % (self._size - 4)
            local = minimum if local > self._size - 35 else local
        parts, missing = [page[at : at + local]], length - local
        following = int.from_bytes(page[at + local : at + local + 4], "big")
        while missing > 0:
            overflow = self.page(following)
            if len(overflow) < self._size:
                raise ValueError
            following = int.from_bytes(overflow[:4], "big")
            parts.append(overflow[4 : 4 + missing])
            missing -= len(parts[-1])
        return b"".join(parts)


def _list_cell_offsets(page: bytes, start: int) -> Iterator[int]:
    """Yield where the cells of a tree page begin."""
    first = start + (12 if page[start] == _INTERIOR else 8)
    count = int.from_bytes(page[start + 3 : start + 5], "big")
    for place in range(first, min(first + 2 * count, len(page) - 1), 2):
        yield int.from_bytes(page[place : place + 2], "big")


def _read_varint(page: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(at, at + 8):
        value = value << 7 | page[place] & 0x7F
        if page[place] < 0x80:
            return value, place + 1
    value = value << 8 | page[at + 8]
    return value - 2**64 if value >= 2**63 else value, at + 9


_INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""The width of an integer by its serial type."""


def _decode_record(record: bytes) -> PageRecord:
    """Return the values of a record, or raise ValueError or IndexError."""
    end, at = _read_varint(record, 0)
    kinds = []
    while at < end:
        kind, at = _read_varint(record, at)
        kinds.append(kind)
    values: list[Any] = []
    at = end
    for kind in kinds:
        width = _INTEGER_BYTES.get(kind, 8 if kind == 7 else max(kind - 12, 0) // 2)
        part = record[at : at + width]
        if len(part) < width or kind in (10, 11):
            raise ValueError
        values.append(_decode_record_value(kind, part))
        at += width
    return tuple(values)


def _decode_record_value(kind: int, part: bytes) -> Any:
    if kind == 0:
        return None
    if kind in _INTEGER_BYTES:
        return int.from_bytes(part, "big", signed=True)
    if kind == 7:
        return struct.unpack(">d", part)[0]
    if kind in (8, 9):
        return kind - 8
    return part if kind % 2 == 0 else part.decode()


_MAX_FILE_BYTES = 4_000_000_000
"""Larger files are not read into memory; a project with a million visits has 0.7 GB."""


class _RecoveredProject(NamedTuple):
    """The readable content of a damaged project: values of ``app_meta``, and rows by table."""

    values: Mapping[str, str]
    tables: Mapping[str, RecoveredRows]

    @property
    def header(self) -> ProjectHeader:
        """The header with which a copy is opened."""
        version, reader = (int(self.values[f"{name}_version"]) for name in ("schema", "min_reader"))
        return ProjectHeader(self.values["project_crs"], version, reader, query="mode=rw")


def recover_project(path: Path) -> _RecoveredProject | None:
    """Return what can be read of a damaged file, or None if no project can be recognized.

    A file that this process has open in a store is not read: closing it again would drop the
    store's locks. SQLite has already merged the write-ahead log.
    """
    if is_locked_by_this_process(path) or path.stat().st_size > _MAX_FILE_BYTES:
        return None
    pages = DatabasePages(path.read_bytes())
    roots = _find_table_roots(pages)
    values = _collect_meta(_recover_table(pages, roots, "app_meta"))
    try:
        version = int(values.get("schema_version", _guess_version(roots)))
        int(values.get("min_reader_version", "1"))
        names = earlier_versions.list_version_tables(version)
    except (ValueError, OSError):
        return None
    tables = {name: _recover_table(pages, roots, name) for name in sorted(names)}
    tables["journal_entry"] = _keep_proven_entries(pages, tables["journal_entry"])
    if not tables["edit"].is_complete:
        tables["edit"] = RecoveredRows({}, is_complete=False)  # a partial history is of no use
    if not any(tables[name].by_number for name in ("site", "plan", "journal_entry")):
        return None
    return _RecoveredProject({**_make_default_meta(path, version, tables), **values}, tables)


def _recover_table(pages: DatabasePages, roots: Mapping[str, int], table: str) -> RecoveredRows:
    return pages.rows(roots[table]) if table in roots else RecoveredRows({}, is_complete=False)


def _collect_meta(rows: RecoveredRows) -> dict[str, str]:
    return {str(row[1]): str(row[2]) for row in rows.by_number.values() if len(row) > 2}


def _guess_version(roots: Mapping[str, int]) -> int:
    """Return a file's version by the tables that later versions no longer have."""
    for version in range(1, SCHEMA_VERSION):
        if roots.keys() & (
            earlier_versions.list_version_tables(version)
            - earlier_versions.list_version_tables(version + 1)
        ):
            return version
    return SCHEMA_VERSION


def _make_default_meta(
    path: Path, version: int, tables: Mapping[str, RecoveredRows]
) -> dict[str, str]:
    """Return substitutes for lost values without which nothing could be shown."""
    srids = (
        int.from_bytes(value[4:8], "little")
        for rows in tables.values()
        for record in rows.by_number.values()
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


def _find_table_roots(pages: DatabasePages) -> dict[str, int]:
    """Return the root page of each table, also from schema rows on detached pages."""
    schema = pages.rows(1) if pages.has_header else RecoveredRows({}, is_complete=False)
    records: list[PageRecord] = list(schema.by_number.values())
    if not schema.is_complete:
        records += [record for _, record in pages.find_orphan_rows()]
    found: dict[str, int] = {}
    for record in records:
        if len(record) == 5 and record[0] == "table" and isinstance(record[3], int):
            found.setdefault(str(record[1]), record[3])
    return found


def _keep_proven_entries(pages: DatabasePages, rows: RecoveredRows) -> RecoveredRows:
    """Return the entries whose hash is correct, also from pages that the journal's tree lost."""
    candidates = [*rows.by_number.items()]
    if not rows.is_complete:
        candidates += pages.find_orphan_rows()
    candidates = [(seq, record) for seq, record in candidates if _may_be_entry(record)]
    found = {seq: one for seq, one in candidates if _hash_record(seq, one) == one[_HASH]}
    removals = [_parse_removal(one) for one in found.values() if one[_KIND] in REMOVAL_KINDS]
    left = {(one.seq, one.left) for one in read_removed_texts(removals)}
    found |= {seq: one for seq, one in candidates if (seq, _hash_record(seq, one)) in left}
    return RecoveredRows(
        dict(sorted(found.items())), rows.is_complete and len(found) == len(rows.by_number)
    )


_KIND, _PAYLOAD = HASHED_COLUMNS.index("kind"), HASHED_COLUMNS.index("payload")
_PREV_HASH, _HASH = len(HASHED_COLUMNS), len(HASHED_COLUMNS) + 1
_TEXT_HASH = _HASH + len(ChainedText._fields)


def _parse_removal(record: PageRecord) -> Mapping[str, Any]:
    """Return the payload of a removal, empty if invalid: anybody can compute a hash."""
    with suppress(ValueError):
        payload = parse_json_object(record[_PAYLOAD])
        if isinstance(payload.get("entries"), list):
            return payload
    return {}


def _may_be_entry(record: PageRecord) -> bool:
    return len(record) > _HASH and not any(isinstance(value, bytes) for value in record)


def _hash_record(seq: int, record: PageRecord) -> str:
    text_hash = [one for one in record[_TEXT_HASH : _TEXT_HASH + 1] if one is not None]
    return hash_entry(str(record[_PREV_HASH]), seq, *record[1:_PREV_HASH], *text_hash)


def _write_recovered_copy(found: _RecoveredProject, copy: Path) -> dict[str, int]:
    """Write the recovered rows to a new file of the same version; return its numbers of rows.

    Unreadable rows, and rows that refer to lost ones, are left out.
    """
    version, srid = found.header.schema_version, layer_registry.parse_srid(found.header.crs)
    with closing(open_sqlite(copy, "mode=rwc", patience_s=0.0)) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("BEGIN")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {USER_VERSION}")
        statements = index_statements(version)
        for (kind, name), statement in statements.items():
            if kind == "table":
                connection.execute(statement)
                shape = (
                    GeometryColumn(GEOMETRY_TYPES[name], srid) if name in GEOMETRY_TYPES else None
                )
                rows = {
                    number: row
                    for number, row in found.tables[name].by_number.items()
                    if _is_readable(row, shape)
                }
                _insert_records(connection, name, rows)
        _insert_missing(connection, "setting (name, value)", EMPTY_SETTINGS)
        _insert_missing(connection, 'app_meta ("key", value)', found.values)
        _delete_dangling_rows(connection)
        for (kind, _), statement in statements.items():
            if kind != "table":
                connection.execute(statement)
        if version >= FIRST_WITH_VIEWS:
            for statement in build_views("sqlite").values():
                connection.execute(statement)
        connection.execute("COMMIT")
        count = 'SELECT count(*) FROM "{}"'.format
        counts = {name: connection.execute(count(name)).fetchone()[0] for name in found.tables}
    if earlier_versions.list_version_tables(version).issuperset(log_snapshot.DERIVED_TABLES):
        has_edits = bool(counts.get("edit"))
        _rebuild_copy_aggregates(copy, found.header, has_edits=has_edits)
    return counts


def _is_readable(record: PageRecord, shape: GeometryColumn | None) -> bool:
    """Whether a row's texts and geometry are whole; on a torn page they are not."""
    if any(isinstance(value, str) and "\0" in value for value in record):
        return False
    try:
        if shape is not None:
            decode_gpkg_geometry(next(value for value in record if isinstance(value, bytes)), shape)
    except (ValueError, StopIteration, ShapelyError):
        return False
    return True


def _insert_records(
    connection: sqlite3.Connection, table: str, rows: Mapping[int, PageRecord]
) -> None:
    columns = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    is_rowid = [kind == "INTEGER" and key == 1 for _, _, kind, _, _, key in columns]
    marks = ", ".join("?" * len(columns))
    connection.executemany(
        f'INSERT OR IGNORE INTO "{table}" VALUES ({marks})',
        (
            [rowid if aliased else value for aliased, value in zip(is_rowid, record, strict=True)]
            for rowid, record in rows.items()
            if len(record) == len(columns)
        ),
    )


def _insert_missing(
    connection: sqlite3.Connection, columns: str, values: Mapping[str, str]
) -> None:
    """Insert the values whose key is missing."""
    connection.executemany(f"INSERT OR IGNORE INTO {columns} VALUES (?, ?)", values.items())


def _delete_dangling_rows(connection: sqlite3.Connection) -> None:
    while True:
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()
        dangling = {(table, row) for table, row, *_ in broken if table != "journal_entry"}
        if not dangling:
            return
        for table, row in dangling:
            connection.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (row,))


def _rebuild_copy_aggregates(copy: Path, header: ProjectHeader, *, has_edits: bool) -> None:
    """Rebuild what is derived from the recovered rows: sums, figures, registers.

    A lost history is begun again from them; without one nobody could work with the copy.
    """
    srid, now = layer_registry.parse_srid(header.crs), datetime.now(UTC)
    stamp: dict[str, Any] = {"label": "Recovered from a damaged file", "actor": "", "at": now}
    database, meta = GeoPackageConnection(copy), build_tables(srid)
    try:
        with database.writing() as connection:
            zone = edit_writer.read_meta_value(connection, meta, "project_time_zone", copy.name)
            log_snapshot.rebuild_log_snapshot(connection, meta, zone)
            if header.schema_version == SCHEMA_VERSION:
                with suppress(UserError):  # too little of the project is left
                    if not has_edits:
                        write_snapshot(connection, meta, kind=EditKind.CREATE, step=0, **stamp)
                    zone_areas.rebuild_project_figures(connection, meta, header.crs)
                renew_registers(connection, meta, srid, now)
    finally:
        database.close()


_DERIVED_TABLES = frozenset(
    (
        "gpkg_contents",
        "gpkg_geometry_columns",
        "gpkg_spatial_ref_sys",
        *log_snapshot.DERIVED_TABLES,
        *zone_areas.FIGURE_TABLES,
    )
)
"""Tables that are rebuilt from the others, so that none of their rows is lost."""

_REPORTED_TABLES = ("site", "plan", "zone", "assignment", "shift", "edit", "journal_entry")


class RecoveredStore(Store):
    """The readable part of a damaged file, in a temporary copy that closing deletes."""

    damaged = True

    def __init__(self, found: _RecoveredProject, path: Path) -> None:
        self._folder = make_work_folder()
        try:
            copy = Path(self._folder.name) / "saved.gpkg"
            self._counts = _write_recovered_copy(found, copy)
            backend = open_project_file(
                copy, found.header, read_only=True, patience_s=0.0, called=path
            )
            super().__init__(backend, found.header)
            self._lost = [
                name
                for name, rows in found.tables.items()
                if name not in _DERIVED_TABLES
                and (not rows.is_complete or self._counts[name] < len(rows.by_number))
            ]
            self.notices = tuple(self._describe_damage())
        except BaseException:
            self._folder.cleanup()
            raise

    def close(self) -> None:
        """Delete the copy too."""
        super().close()
        self._folder.cleanup()

    def verify(
        self, report: ProgressReport | None = None, *, anchor: JournalHead | None = None
    ) -> Verification:
        """List what is lost, and the findings in the recovered part."""
        recovered = super().verify(report, anchor=anchor)
        lost = [
            Message("database.rows_lost", table=name, rows=self._counts[name])
            for name in self._lost
        ]
        findings = (Message("database.recovered"), *lost, *recovered.findings)
        return recovered._replace(ok=False, findings=findings)

    def _describe_damage(self) -> Iterator[Message]:
        """Describe how much is readable, and what is lost."""
        head, readable = self.head(), self._counts
        counts = [
            Message(f"readable.{name}", n=readable[name])
            for name in _REPORTED_TABLES
            if readable.get(name) or name in self._lost
        ]
        if head.entries:
            facts = {"n": readable["journal_entry"], "last": head.entries, "hash": head.hash}
            counts[-1] = Message("readable.journal", **facts)
        yield Message("recovered", name=self.name, counts=counts)
        lost = [Message(f"lost.{name}") for name in _REPORTED_TABLES if name in self._lost]
        others = len(self._lost) - len(lost)
        lost += [Message("lost", n=others)] if others else []
        if lost:
            yield Message("recovered.lost", lost=lost)
