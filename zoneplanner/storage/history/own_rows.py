"""The editable rows as our edits left them, and what in the tables is otherwise.

A snapshot and the edits after it give every row. They are replayed only where the digest of the
tables is not that of the last edit: what is not in the chain of edits is not the project.
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

from zoneplanner.domain.changes import EditKind
from zoneplanner.errors import Damaged
from zoneplanner.storage.backend import (
    EditRecord,
    ExternalChange,
    StoredRow,
    VerificationFinding,
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
"""Most tables of most projects are empty: to select from each is a tenth of opening a small one."""


class ProjectRows(NamedTuple):
    """The rows of a project as our edits left them, and how the tables differ from that."""

    rows: dict[str, list[StoredRow]]
    digests: RowDigests
    external: tuple[ExternalChange, ...] = ()


def read_editable_rows(connection: sa.Connection, meta: sa.MetaData) -> dict[str, list[StoredRow]]:
    """Return the rows of the editable tables as they stand there."""
    return _decode_shapes(meta, _read_rows_as_kept(connection, meta))


def _read_rows_as_kept(connection: sa.Connection, meta: sa.MetaData) -> dict[str, list[StoredRow]]:
    """Return the rows of the editable tables, with shapes as a file keeps them, in bytes."""
    found: dict[str, list[StoredRow]] = {name: [] for name in KEY_COLUMNS}
    filled = connection.execute(_WHICH_HAVE_ROWS).mappings().one()
    for name in (name for name in KEY_COLUMNS if filled[name]):
        table = meta.tables[name]
        names, columns = zip(*_list_kept_columns(connection, table), strict=True)
        in_order = table.c.position if "position" in table.c else table.c.fid
        rows = _fetch(connection, sa.select(*columns).order_by(in_order))
        found[name] = [dict(zip(names, row, strict=True)) for row in rows]
    return found


def _decode_shapes(
    meta: sa.MetaData, kept: Mapping[str, list[StoredRow]]
) -> dict[str, list[StoredRow]]:
    """Return rows with their shapes; one that does not fit its column is a ValueError."""
    found = dict(kept)
    for name in GEOMETRY_TYPES.keys() & KEY_COLUMNS.keys():
        column, rows = meta.tables[name].c.geom.type, kept[name]
        assert isinstance(column, GeometryColumn)
        if rows and not isinstance(rows[0]["geom"], BaseGeometry):
            shapes = decode_gpkg_geometries([row["geom"] for row in rows], column)
            found[name] = [{**row, "geom": shape} for row, shape in zip(rows, shapes, strict=True)]
    return found


def write_snapshot(
    connection: sa.Connection,
    meta: sa.MetaData,
    *,
    kind: EditKind,
    rows: "OwnRows | None" = None,
    **said: Any,
) -> EditRecord:
    """Record an edit that changes nothing and holds all editable rows; ``said`` is its own.

    Without ``rows`` they are those of the tables.
    """
    if rows is None:
        rows = encode_rows(meta, read_editable_rows(connection, meta))
    text = encode_json({name: list(found.values()) for name, found in rows.items()})
    snapshot, digest = zlib.compress(text.encode()), RowDigests(rows).total()
    return write_edit_record(
        connection, meta, (), kind=kind, rows_digest=digest, snapshot=snapshot, **said
    )


def seal_migration(connection: sa.Connection, meta: sa.MetaData, *, at: datetime) -> EditRecord:
    """Chain what edits there were before version 4, and record the rows of the migrated project.

    Where they were chained already, what another program changed goes on waiting to be judged.
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
    where = {"step": last.step if last else 0, "plan": last.plan if last else None}
    label = f"Updated to project file version {SCHEMA_VERSION}"
    said: dict[str, Any] = {"label": label, "actor": "", "at": at, **where}
    return write_snapshot(connection, meta, kind=EditKind.MIGRATION, rows=rows, **said)


def _upgrade_rows(meta: sa.MetaData, own: OwnRows) -> OwnRows:
    """Return rows that edits of an earlier version left as they are now."""
    found: OwnRows = {name: {} for name in KEY_COLUMNS}
    for written, rows in own.items():
        for stored in rows.values():
            name, row = earlier_versions.upgrade_edit_row(written, stored)
            added = earlier_versions.list_added_columns(name)
            lacking = {
                one: encode_column_value(meta.tables[name].c[one], value)
                for one, value in added.items()
                if one not in row
            }
            found[name][key_of_row(name, row)] = {**row, **lacking}
    return found


def read_own_rows(connection: sa.Connection, meta: sa.MetaData) -> OwnRows:
    """Return every row as the edits left it; edits that cannot be replayed are a ValueError."""
    table = meta.tables["edit"]
    holds_all = sa.select(sa.func.max(table.c.seq)).where(table.c.snapshot.is_not(None))
    first = connection.execute(holds_all).scalar()
    if first is None:
        raise ValueError("no edit contains all rows")
    (last,) = _replay_edits(connection, table, first)
    return {name: last.rows.get(name, {}) for name in KEY_COLUMNS}


class _ReplayedEdit(NamedTuple):
    """What the edits up to one add up to, and the digest of what it left as it says itself."""

    seq: int
    rows: OwnRows
    said: str


def _replay_edits(
    connection: sa.Connection, table: sa.Table, first: int
) -> Iterator[_ReplayedEdit]:
    """Replay the edits from a number on; yield before each later one that holds all rows, and last.

    Those before the first that holds all rows are of before there was a chain.
    """
    rows: OwnRows | None = None
    columns = (table.c[name] for name in ("seq", "before", "after", "snapshot", "rows_digest"))
    query = sa.select(*columns).where(table.c.seq >= first).order_by(table.c.seq)
    done = _ReplayedEdit(0, {}, "")
    for seq, before, after, snapshot, said in connection.execute(query):
        if snapshot is not None:
            if rows is not None:
                yield done
            rows = _unpack_snapshot(snapshot)
        elif rows is not None:
            _apply_edit(rows, parse_edit_side(before), parse_edit_side(after))
        done = _ReplayedEdit(seq, rows or {}, said)
    if rows is not None:
        yield done


def _unpack_snapshot(snapshot: object) -> OwnRows:
    if not isinstance(snapshot, bytes):
        raise ValueError("the rows that an edit contains are no bytes")
    try:
        held = parse_edit_side(zlib.decompress(snapshot))
    except zlib.error as error:
        raise ValueError("the rows that an edit contains are damaged") from error
    return {name: {find_edited_key(name, row): row for row in held[name]} for name in held}


_Side = Mapping[str, list[EncodedRow]]


def _apply_edit(rows: OwnRows, before: _Side, after: _Side) -> None:
    for name, changed in before.items():
        staying = {find_edited_key(name, row) for row in after.get(name, ())}
        for row in changed:
            if (key := find_edited_key(name, row)) not in staying:
                rows.get(name, {}).pop(key, None)  # not ours, perhaps: it may never have been
    for name, changed in after.items():
        for row in changed:
            key = find_edited_key(name, row)
            was = rows.setdefault(name, {}).get(key, {})
            version = was.get("row_version", 0)
            if not isinstance(version, int):
                raise ValueError(f"a version of a row of {name:.40} is no number")
            rows[name][key] = {**was, **row, "row_version": version + 1}


def read_project_rows(connection: sa.Connection, meta: sa.MetaData, name: str) -> ProjectRows:
    """Return the rows of a project as our edits left them.

    Raises
    ------
    Damaged
        The tables are not what the edits left, and the edits cannot be replayed.
    """
    table = meta.tables["edit"]
    last = sa.select(table.c.rows_digest).order_by(table.c.seq.desc()).limit(1)
    expected = str(connection.execute(last).scalar() or "")
    try:
        found = read_rows_as_they_are(connection, meta)
        if found.digests.total() == expected:
            return found
        # another program may have written the same shapes in other bytes
        anew = found._replace(digests=RowDigests(encode_rows(meta, found.rows)))
        if anew.digests.total() == expected:
            return anew
    except _UNREADABLE:
        pass
    return _read_replayed_rows(connection, meta, name, expected)


@contextmanager
def translate_unreadable_values(name: str) -> Iterator[None]:
    """Call a project damaged where a value does not fit its column, and nothing proves another."""
    try:
        yield
    except _NO_VALUE as error:
        raise Damaged("damaged.value", name=name, error=str(error)) from error


def read_rows_as_they_are(connection: sa.Connection, meta: sa.MetaData) -> ProjectRows:
    """Return the rows of a project that no edits prove: of an earlier version, or recovered.

    The digests are of the bytes of shapes as they are kept: writing each once more to be hashed was
    a seventh of opening a large project.
    """
    kept = _read_rows_as_kept(connection, meta)
    digests = RowDigests(encode_rows(meta, kept))
    return ProjectRows(_decode_shapes(meta, kept), digests)


_NO_VALUE = (ValueError, ShapelyError)
"""What a value raises that does not fit its column. Any other exception is a bug of ours."""
_UNREADABLE = (*_NO_VALUE, sqlite3.Error, sa.exc.DBAPIError)
"""What a row raises that cannot be read, or not be fetched: a text that is not UTF-8."""


def _fetch(connection: sa.Connection, query: sa.Select[Any], **values: Any) -> Sequence[Any]:
    """Return the rows of a query; what is no text where a day belongs is a ValueError.

    SQLAlchemy hands whatever a column of days has to ``date.fromisoformat``.
    """
    try:
        return connection.execute(query, values).all()
    except TypeError as error:
        raise ValueError(str(error)) from error


def _list_kept_columns(
    connection: sa.Connection, table: sa.Table
) -> list[tuple[str, sa.ColumnElement[Any]]]:
    """Return the columns of a table by name, with shapes as a file keeps them, in bytes."""
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
        raise Damaged("damaged.edits", name=name, problem=str(error)) from error
    digests = RowDigests(own)
    external = tuple(find_external_changes(connection, meta, own))
    chained = edit_writer.check_edit_chain(connection, meta.tables["edit"])
    if external and digests.total() != expected and any(chained):
        raise Damaged("damaged.edits", name=name, problem="the last edit left different rows")
    return ProjectRows(rows, digests, external)


def decode_rows(
    meta: sa.MetaData, name: str, rows: Mapping[RowKey, EncodedRow]
) -> Iterator[StoredRow]:
    """Yield rows of a table in the order in which they are read."""
    columns = meta.tables[name].c
    ordered = list(rows.values())
    if any(row.keys() - columns.keys() for row in ordered):
        raise ValueError(f"{name} has no such column")
    if "position" in columns:
        ordered.sort(key=read_row_order)
    for row in ordered:
        yield {field: decode_column_value(columns[field], value) for field, value in row.items()}


def find_external_changes(
    connection: sa.Connection, meta: sa.MetaData, own: OwnRows
) -> Iterator[ExternalChange]:
    """Yield the rows of the tables that are not as the edits left them."""
    noted = set(connection.execute(sa.select(meta.tables["external_change"].c.name)).scalars())
    for name in KEY_COLUMNS:
        left, unreadable, seen = dict(own.get(name, {})), list[int](), name in noted
        for place, row in _read_each_row(connection, meta.tables[name]):
            if row is None:
                unreadable.append(place)
                continue
            if not is_edited(name, row):
                continue
            key, after = key_of_row(name, row), encode_row(meta.tables[name], row)
            before = left.pop(key, None)
            if after != before:  # GDAL writes a row anew with the marks it had: they say nothing
                yield ExternalChange(name, key, before, after, place, marked=seen)
        # whose row it was that cannot be read is not known: one of those that are missing
        for key, before in left.items():
            there = unreadable.pop(0) if unreadable else None
            yield ExternalChange(name, key, before, None, there, marked=seen)
        for place in unreadable:
            yield ExternalChange(name, (), None, None, place, marked=seen)


def _read_each_row(
    connection: sa.Connection, table: sa.Table
) -> Iterator[tuple[int, StoredRow | None]]:
    """Yield each row with its number; None for one with a value that does not fit its column."""
    names, columns = zip(*_list_kept_columns(connection, table), strict=True)
    one = sa.select(*columns).where(table.c.fid == sa.bindparam("of_fid"))
    for place in connection.execute(sa.select(table.c.fid).order_by(table.c.fid)).scalars().all():
        try:
            (kept,) = _fetch(connection, one, of_fid=place)
            row = dict(zip(names, kept, strict=True))
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
) -> Iterator[VerificationFinding]:
    """Check the whole chain of edits, replay it, and name each row that is otherwise.

    What a migration found is checked as what is there now: the edits before one have to add up to
    the rows that the last of them left. Rows of an earlier version are not compared.
    """
    table, own = meta.tables["edit"], None
    yield from edit_writer.check_edit_chain(connection, table)
    try:
        for seq, own, said in _replay_edits(connection, table, 0):
            if RowDigests(own).total() != said:
                text = f"After edit {seq}, some rows do not match the edits up to that point."
                yield VerificationFinding("edits", text)
    except _UNREADABLE as error:
        yield VerificationFinding("edits", f"The edits cannot be replayed: {error}.")
        return
    if own is None:
        yield VerificationFinding("edits", "The edits cannot be replayed: none contains all rows.")
        return
    if version != SCHEMA_VERSION:
        return
    for change in find_external_changes(connection, meta, own):
        named = " ".join(map(str, change.key)) or f"number {change.place}"
        gone = change.after is None and change.place is None
        doing = "is missing" if gone else "differs from what was saved"
        yield VerificationFinding("rows", f"{change.table} {named} {doing}.")


def decode_change(
    meta: sa.MetaData, change: ExternalChange
) -> tuple[StoredRow | None, StoredRow | None]:
    """Return the two sides of a change as values; None where there is none that can be read."""
    sides: list[StoredRow | None] = []
    for side in (change.before, change.after):
        try:
            (row,) = decode_rows(meta, change.table, {(): side}) if side else (None,)
        except _UNREADABLE:
            row = None
        sides.append(row)
    return sides[0], sides[1]


def make_edit_sides(meta: sa.MetaData, changes: Iterable[ExternalChange]) -> EditSides:
    """Return changes as the sides of an edit; a shape that may not be kept is a UserError."""
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
"""A table and what identifies a row of it."""


def find_dangling_rows(
    meta: sa.MetaData, rows: Mapping[str, list[StoredRow]]
) -> Iterator[tuple[NamedRow, set[NamedRow]]]:
    """Yield the rows that name others which are not there, and those that they name."""
    there = {(name, key_of_row(name, row)) for name in KEY_COLUMNS for row in rows.get(name, ())}
    for name in KEY_COLUMNS:
        for constraint in meta.tables[name].foreign_key_constraints:
            names, parent = constraint.column_keys, constraint.referred_table.name
            for row in rows.get(name, ()):
                named = (parent, tuple(row[one] for one in names))
                if named not in there:
                    yield (name, key_of_row(name, row)), {named}


def list_row_versions(rows: Mapping[str, list[StoredRow]]) -> RowVersions:
    """Return the version of each row, by table and key."""
    return {
        name: {key_of_row(name, row): row["row_version"] for row in found}
        for name, found in rows.items()
    }


def is_touched_elsewhere(connection: sa.Connection, meta: sa.MetaData) -> bool:
    """Whether our triggers saw another program change something that was not settled yet."""
    noted = sa.select(meta.tables["external_change"].c.name).limit(1)
    return connection.execute(noted).scalar() is not None


_OF_OURS = -2_000_000_000
"""The version of a row that we are about to put back: then no trigger takes it for another's."""


def restore_rows(
    connection: sa.Connection,
    meta: sa.MetaData,
    changes: Iterable[ExternalChange],
    *,
    actor: str,
    at: datetime,
) -> None:
    """Put rows back as our edits left them, ``row_version`` included; what was noted goes."""
    stamp = {"changed_by": actor, "changed_at": format_stored_time(at)}
    missing: list[tuple[sa.Table, StoredRow]] = []
    for change in changes:
        table = meta.tables[change.table]
        (row,) = decode_rows(meta, change.table, {(): change.before}) if change.before else (None,)
        if change.place is not None:
            there = table.c.fid == change.place
            connection.execute(sa.update(table).where(there).values(row_version=_OF_OURS))
            if row is None:
                connection.execute(sa.delete(table).where(there))
            else:
                connection.execute(sa.update(table).where(there).values({**row, **stamp}))
        elif row is not None:
            missing.append((table, row))
    for table, row in missing:  # where a key was changed, the wrong row is gone by now
        connection.execute(sa.insert(table).values({**row, **stamp}))
    connection.execute(sa.delete(meta.tables["external_change"]))
