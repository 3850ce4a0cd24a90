"""The editable rows as our edits left them, and the tables' differences from that.

The chain of edits defines the project: a snapshot and the edits after it give every row. They are
replayed only if the digest of the tables differs from the digest in the last edit.
"""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.edits import EditKind
from zoneplanner.errors import Damaged
from zoneplanner.messages import Message, find_reason
from zoneplanner.storage.backend import (
    EditRecord,
    ExternalChange,
    StoredRow,
    format_stored_time,
)
from zoneplanner.storage.hash_chain import encode_json
from zoneplanner.storage.history import edit_writer
from zoneplanner.storage.history.edit_writer import (
    EditSides,
    EncodedRow,
    RowDigests,
    RowKey,
    RowVersions,
    decode_column_value,
    encode_column_value,
    encode_row,
    encode_rows,
    find_edited_key,
    is_edited,
    key_of_row,
    parse_edit_side,
    write_edit_record,
)
from zoneplanner.storage.row_mapping import read_row_order
from zoneplanner.storage.schema import earlier_versions
from zoneplanner.storage.schema.ddl import SCHEMA_VERSION
from zoneplanner.storage.schema.geometry_column import (
    GeometryColumn,
    check_geometry,
    decode_gpkg_geometries,
    decode_gpkg_geometry,
)
from zoneplanner.storage.schema.tables import GEOMETRY_TYPES, KEY_COLUMNS

OwnRows = dict[str, dict[RowKey, EncodedRow]]


_WHICH_HAVE_ROWS = sa.select(
    *(
        sa.select(sa.literal_column("1")).select_from(sa.table(name)).exists().label(name)
        for name in KEY_COLUMNS
    )
)
"""Most tables are usually empty, and querying each one takes 10% of opening a small project."""


class ProjectRows(NamedTuple):
    """The rows of a project as our edits left them, and the tables' differences from that."""

    rows: dict[str, list[StoredRow]]
    digests: RowDigests
    external: tuple[ExternalChange, ...] = ()


def read_editable_rows(connection: sa.Connection, meta: sa.MetaData) -> dict[str, list[StoredRow]]:
    """Return the current rows of the editable tables."""
    return _decode_shapes(meta, _read_raw_rows(connection, meta))


def _read_raw_rows(connection: sa.Connection, meta: sa.MetaData) -> dict[str, list[StoredRow]]:
    """Return the rows of the editable tables, with a file's shapes still encoded."""
    tables: dict[str, list[StoredRow]] = {name: [] for name in KEY_COLUMNS}
    has_rows = connection.execute(_WHICH_HAVE_ROWS).mappings().one()
    for name in (name for name in KEY_COLUMNS if has_rows[name]):
        table = meta.tables[name]
        names, columns = zip(*_list_raw_columns(connection, table), strict=True)
        order = table.c.position if "position" in table.c else table.c.fid
        rows = _fetch(connection, sa.select(*columns).order_by(order))
        tables[name] = [dict(zip(names, row, strict=True)) for row in rows]
    return tables


def _decode_shapes(
    meta: sa.MetaData, raw: Mapping[str, list[StoredRow]]
) -> dict[str, list[StoredRow]]:
    """Return rows with decoded shapes. Raises a ValueError if a shape does not fit its column."""
    decoded = dict(raw)
    for name in GEOMETRY_TYPES.keys() & KEY_COLUMNS.keys():
        column, rows = meta.tables[name].c.geom.type, raw[name]
        assert isinstance(column, GeometryColumn)
        if rows and not isinstance(rows[0]["geom"], BaseGeometry):
            shapes = decode_gpkg_geometries([row["geom"] for row in rows], column)
            pairs = zip(rows, shapes, strict=True)
            decoded[name] = [{**row, "geom": shape} for row, shape in pairs]
    return decoded


def write_snapshot(
    connection: sa.Connection,
    meta: sa.MetaData,
    *,
    kind: EditKind,
    rows: "OwnRows | None" = None,
    **facts: Any,
) -> EditRecord:
    """Record an edit that changes nothing and contains all editable rows.

    ``rows`` are by default the current rows; ``facts`` are passed to ``write_edit_record``.
    """
    if rows is None:
        rows = encode_rows(meta, read_editable_rows(connection, meta))
    text = encode_json({name: list(table.values()) for name, table in rows.items()})
    snapshot, digest = zlib.compress(text.encode()), RowDigests(rows).total()
    return write_edit_record(
        connection, meta, (), kind=kind, rows_digest=digest, snapshot=snapshot, **facts
    )


def seal_migration(connection: sa.Connection, meta: sa.MetaData, *, at: datetime) -> EditRecord:
    """Chain edits from before version 4, and record the rows of the migrated project.

    If the edits were chained already, other programs' changes still wait to be judged.
    """
    table = meta.tables["edit"]
    last = connection.execute(
        sa.select(table.c.step, table.c.plan, table.c.hash).order_by(table.c.seq.desc()).limit(1)
    ).one_or_none()
    rows = None
    if last is not None and last.hash:
        rows = _upgrade_rows(meta, read_own_rows(connection, meta))
    elif last is not None:
        edit_writer.chain_earlier_edits(connection, table)
    position = {"step": last.step if last else 0, "plan": last.plan if last else None}
    label = f"Updated to project file version {SCHEMA_VERSION}"
    facts: dict[str, Any] = {"label": label, "actor": "", "at": at, **position}
    return write_snapshot(connection, meta, kind=EditKind.MIGRATION, rows=rows, **facts)


def _upgrade_rows(meta: sa.MetaData, own: OwnRows) -> OwnRows:
    """Return the rows that edits of an earlier version left, in the form of this version."""
    upgraded: OwnRows = {name: {} for name in KEY_COLUMNS}
    for stored_name, rows in own.items():
        for stored in rows.values():
            name, row = earlier_versions.upgrade_edit_row(stored_name, stored)
            missing = {
                column: encode_column_value(meta.tables[name].c[column], value)
                for column, value in earlier_versions.list_added_columns(name).items()
                if column not in row
            }
            upgraded[name][key_of_row(name, row)] = {**row, **missing}
    return upgraded


def read_own_rows(connection: sa.Connection, meta: sa.MetaData) -> OwnRows:
    """Return all rows as the edits left them. Raises a ValueError if they cannot be replayed."""
    table = meta.tables["edit"]
    snapshots = sa.select(sa.func.max(table.c.seq)).where(table.c.snapshot.is_not(None))
    first = connection.execute(snapshots).scalar()
    if first is None:
        raise ValueError(Message("unreadable_edits.no_snapshot"))
    (last,) = _replay_edits(connection, table, first)
    return {name: last.rows.get(name, {}) for name in KEY_COLUMNS}


class _ReplayedEdit(NamedTuple):
    """The rows after an edit, and their digest according to its record."""

    seq: int
    rows: OwnRows
    recorded_digest: str


def _replay_edits(
    connection: sa.Connection, table: sa.Table, first: int
) -> Iterator[_ReplayedEdit]:
    """Replay the edits from a number on; yield before each further snapshot, and at the end.

    Edits before the first snapshot are from before there was a chain, and are skipped.
    """
    rows: OwnRows | None = None
    columns = (table.c[name] for name in ("seq", "before", "after", "snapshot", "rows_digest"))
    query = sa.select(*columns).where(table.c.seq >= first).order_by(table.c.seq)
    last = _ReplayedEdit(0, {}, "")
    for seq, before, after, snapshot, recorded_digest in connection.execute(query):
        if snapshot is not None:
            if rows is not None:
                yield last
            rows = _unpack_snapshot(snapshot)
        elif rows is not None:
            _apply_edit(rows, parse_edit_side(before), parse_edit_side(after))
        last = _ReplayedEdit(seq, rows or {}, recorded_digest)
    if rows is not None:
        yield last


def _unpack_snapshot(snapshot: object) -> OwnRows:
    if not isinstance(snapshot, bytes):
        raise ValueError(Message("unreadable_edits.snapshot_not_binary"))
    try:
        tables = parse_edit_side(zlib.decompress(snapshot))
    except zlib.error as error:
        raise ValueError(Message("unreadable_edits.snapshot_damaged")) from error
    return {name: {find_edited_key(name, row): row for row in tables[name]} for name in tables}


_Side = Mapping[str, list[EncodedRow]]


def _apply_edit(rows: OwnRows, before: _Side, after: _Side) -> None:
    for name, changed in before.items():
        staying = {find_edited_key(name, row) for row in after.get(name, ())}
        for row in changed:
            if (key := find_edited_key(name, row)) not in staying:
                rows.get(name, {}).pop(key, None)  # missing if another program made the record
    for name, changed in after.items():
        for row in changed:
            key = find_edited_key(name, row)
            was = rows.setdefault(name, {}).get(key, {})
            version = was.get("row_version", 0)
            if not isinstance(version, int):
                raise ValueError(Message("unreadable_edits.row_version", table=name[:40]))
            rows[name][key] = {**was, **row, "row_version": version + 1}


def read_project_rows(connection: sa.Connection, meta: sa.MetaData, name: str) -> ProjectRows:
    """Return the rows of a project as our edits left them.

    Raises
    ------
    Damaged
        The tables differ from what the edits left, and the edits cannot be replayed.
    """
    table = meta.tables["edit"]
    last = sa.select(table.c.rows_digest).order_by(table.c.seq.desc()).limit(1)
    expected = str(connection.execute(last).scalar() or "")
    try:
        current = read_rows_as_they_are(connection, meta)
        if current.digests.total() == expected:
            return current
        # another program may have written the same shapes in a different encoding
        reencoded = current._replace(digests=RowDigests(encode_rows(meta, current.rows)))
        if reencoded.digests.total() == expected:
            return reencoded
    except _UNREADABLE:
        pass
    return _read_replayed_rows(connection, meta, name, expected)


@contextmanager
def translate_unreadable_values(name: str) -> Iterator[None]:
    """Raise Damaged if a value does not fit its column."""
    try:
        yield
    except _NO_VALUE as error:
        raise Damaged("damaged.value", name=name, error=find_reason(error)) from error


def read_rows_as_they_are(connection: sa.Connection, meta: sa.MetaData) -> ProjectRows:
    """Return the current rows of a project without checking them against its edits.

    The digests are of the shapes' stored bytes, because encoding each shape again took a seventh of
    opening a large project.
    """
    raw = _read_raw_rows(connection, meta)
    digests = RowDigests(encode_rows(meta, raw))
    return ProjectRows(_decode_shapes(meta, raw), digests)


_NO_VALUE = (ValueError, ShapelyError)
"""The exceptions for a value that does not fit its column. Any other exception is our bug."""
_UNREADABLE = (*_NO_VALUE, sqlite3.Error, sa.exc.DBAPIError)
"""The exceptions for a row that cannot be decoded, or not even fetched (text not in UTF-8)."""


def _fetch(connection: sa.Connection, query: sa.Select[Any], **values: Any) -> Sequence[Any]:
    """Return the rows of a query. Raises a ValueError if a column of days has another type.

    SQLAlchemy passes any value of such a column to ``date.fromisoformat``.
    """
    try:
        return connection.execute(query, values).all()
    except TypeError as error:
        raise ValueError(str(error)) from error


def _list_raw_columns(
    connection: sa.Connection, table: sa.Table
) -> list[tuple[str, sa.ColumnElement[Any]]]:
    """Return the columns of a table by name, with a file's shapes as bytes."""
    return [
        (column.name, sa.type_coerce(column, sa.LargeBinary).label(column.name))
        if isinstance(column.type, GeometryColumn) and connection.dialect.name == "sqlite"
        else (column.name, column)
        for column in table.c
    ]


def _read_replayed_rows(
    connection: sa.Connection, meta: sa.MetaData, name: str, expected: str
) -> ProjectRows:
    try:
        own = read_own_rows(connection, meta)
        rows = {table: list(decode_rows(meta, table, own[table])) for table in KEY_COLUMNS}
    except _UNREADABLE as error:
        raise Damaged("damaged.edits", name=name, problem=find_reason(error)) from error
    digests = RowDigests(own)
    external = tuple(find_external_changes(connection, meta, own))
    chained = edit_writer.check_edit_chain(connection, meta.tables["edit"])
    if external and digests.total() != expected and any(chained):
        problem = Message("unreadable_edits.other_rows")
        raise Damaged("damaged.edits", name=name, problem=problem)
    return ProjectRows(rows, digests, external)


def decode_rows(
    meta: sa.MetaData, name: str, rows: Mapping[RowKey, EncodedRow]
) -> Iterator[StoredRow]:
    """Yield the decoded rows of a table in reading order."""
    columns = meta.tables[name].c
    ordered = list(rows.values())
    if any(row.keys() - columns.keys() for row in ordered):
        raise ValueError(Message("unreadable_edits.no_column", table=name))
    if "position" in columns:
        ordered.sort(key=read_row_order)
    for row in ordered:
        yield {field: decode_column_value(columns[field], value) for field, value in row.items()}


def find_external_changes(
    connection: sa.Connection, meta: sa.MetaData, own: OwnRows
) -> Iterator[ExternalChange]:
    """Yield the rows of the tables that differ from what the edits left."""
    noted = set(connection.execute(sa.select(meta.tables["external_change"].c.name)).scalars())
    for name in KEY_COLUMNS:
        missing, unreadable, marked = dict(own.get(name, {})), list[int](), name in noted
        for place, row in _read_each_row(connection, meta.tables[name]):
            if row is None:
                unreadable.append(place)
                continue
            if not is_edited(name, row):
                continue
            key, after = key_of_row(name, row), encode_row(meta.tables[name], row)
            before = missing.pop(key, None)
            if after != before:  # GDAL rewrites rows with their stamps, so these prove nothing
                yield ExternalChange(name, key, before, after, place, marked=marked)
        # An unreadable row has no known key; it is paired with one of the missing rows.
        for key, before in missing.items():
            unreadable_place = unreadable.pop(0) if unreadable else None
            yield ExternalChange(name, key, before, None, unreadable_place, marked=marked)
        for place in unreadable:
            yield ExternalChange(name, (), None, None, place, marked=marked)


def _read_each_row(
    connection: sa.Connection, table: sa.Table
) -> Iterator[tuple[int, StoredRow | None]]:
    """Yield the ``fid`` and the row of each row, None instead of an unreadable one."""
    names, columns = zip(*_list_raw_columns(connection, table), strict=True)
    query = sa.select(*columns).where(table.c.fid == sa.bindparam("of_fid"))
    for place in connection.execute(sa.select(table.c.fid).order_by(table.c.fid)).scalars().all():
        try:
            (raw,) = _fetch(connection, query, of_fid=place)
            row = dict(zip(names, raw, strict=True))
            if isinstance(row.get("geom"), bytes):
                column = table.c.geom.type
                assert isinstance(column, GeometryColumn)
                row["geom"] = decode_gpkg_geometry(row["geom"], column)
            encode_row(table, row)
        except _UNREADABLE:
            yield place, None
        else:
            yield place, row


def verify_edits(
    connection: sa.Connection, meta: sa.MetaData, *, version: int
) -> Iterator[Message]:
    """Check the whole chain of edits, replay it, and report each row that differs.

    The edits before each migration must lead to the rows that the last of them left. Rows in a
    project of an earlier version are not compared.
    """
    table, own = meta.tables["edit"], None
    yield from edit_writer.check_edit_chain(connection, table)
    try:
        for seq, own, recorded_digest in _replay_edits(connection, table, 0):
            if RowDigests(own).total() != recorded_digest:
                yield Message("edits.other_rows", seq=seq)
    except _UNREADABLE as error:
        yield Message("edits.not_replayed", why=find_reason(error))
        return
    if own is None:
        yield Message("edits.no_snapshot")
        return
    if version != SCHEMA_VERSION:
        return
    for change in find_external_changes(connection, meta, own):
        row: dict[str, Any] = {"table": change.table, "key": " ".join(map(str, change.key))}
        if not change.key:
            yield Message("rows.number_differs", table=change.table, number=change.place)
        elif change.after is None and change.place is None:
            yield Message("rows.missing", **row)
        else:
            yield Message("rows.differs", **row)


def decode_change(
    meta: sa.MetaData, change: ExternalChange
) -> tuple[StoredRow | None, StoredRow | None]:
    """Return both sides of a change with decoded values, or None if there is no readable row."""
    sides: list[StoredRow | None] = []
    for side in (change.before, change.after):
        try:
            (row,) = decode_rows(meta, change.table, {(): side}) if side else (None,)
        except _UNREADABLE:
            row = None
        sides.append(row)
    return sides[0], sides[1]


def make_edit_sides(meta: sa.MetaData, changes: Iterable[ExternalChange]) -> EditSides:
    """Return changes as the sides of an edit. Raises a UserError if a shape cannot be stored."""
    sides = EditSides({}, {})
    for change in changes:
        for side, row in ((sides.before, change.before), (sides.after, change.after)):
            if row is not None:
                (decoded,) = decode_rows(meta, change.table, {(): row})
                side[change.table, change.key] = {
                    name: value for name, value in decoded.items() if name != "row_version"
                }
        shape = sides.after.get((change.table, change.key), {}).get("geom")
        if shape is not None:
            column = meta.tables[change.table].c.geom.type
            assert isinstance(column, GeometryColumn)
            check_geometry(shape, column.kind, column.srid)
    return sides


NamedRow = tuple[str, RowKey]
"""A table and the key of a row in it."""


def find_dangling_rows(
    meta: sa.MetaData, rows: Mapping[str, list[StoredRow]]
) -> Iterator[tuple[NamedRow, set[NamedRow]]]:
    """Yield each row with a reference to a missing row, and that reference."""
    existing = {(name, key_of_row(name, row)) for name in KEY_COLUMNS for row in rows.get(name, ())}
    for name in KEY_COLUMNS:
        for constraint in meta.tables[name].foreign_key_constraints:
            columns, parent = constraint.column_keys, constraint.referred_table.name
            for row in rows.get(name, ()):
                reference = (parent, tuple(row[column] for column in columns))
                if reference not in existing:
                    yield (name, key_of_row(name, row)), {reference}


def list_row_versions(rows: Mapping[str, list[StoredRow]]) -> RowVersions:
    """Return the version of each row, by table and key."""
    return {
        name: {key_of_row(name, row): row["row_version"] for row in table}
        for name, table in rows.items()
    }


def is_touched_elsewhere(connection: sa.Connection, meta: sa.MetaData) -> bool:
    """Return whether our triggers saw unsettled changes by another program."""
    noted = sa.select(meta.tables["external_change"].c.name).limit(1)
    return connection.execute(noted).scalar() is not None


_RESTORING_VERSION = -2_000_000_000
"""Marks a row that we are about to restore, so that no trigger records another program."""


def restore_rows(
    connection: sa.Connection,
    meta: sa.MetaData,
    changes: Iterable[ExternalChange],
    *,
    actor: str,
    at: datetime,
) -> None:
    """Restore rows as our edits left them, including ``row_version``, and clear the notes."""
    stamp = {"changed_by": actor, "changed_at": format_stored_time(at)}
    missing: list[tuple[sa.Table, StoredRow]] = []
    for change in changes:
        table = meta.tables[change.table]
        (row,) = decode_rows(meta, change.table, {(): change.before}) if change.before else (None,)
        if change.place is not None:
            is_row, mark = table.c.fid == change.place, {"row_version": _RESTORING_VERSION}
            connection.execute(sa.update(table).where(is_row).values(mark))
            if row is None:
                connection.execute(sa.delete(table).where(is_row))
            else:
                connection.execute(sa.update(table).where(is_row).values({**row, **stamp}))
        elif row is not None:
            missing.append((table, row))
    for table, row in missing:  # last, because a row with a changed key has to be removed first
        connection.execute(sa.insert(table).values({**row, **stamp}))
    connection.execute(sa.delete(meta.tables["external_change"]))
