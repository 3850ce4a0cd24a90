"""Writing edits to a project's rows, with an edit record for each, and reading them back.

Only the differences are written. The version of each row guards against concurrent changes.

An edit record contains exact column values as JSON. The records form a chain: each hash covers
what the edit did, the rows that it left, and the previous edit. The hash is SHA-256 over the
previous hash and the JSON array (UTF-8, no spaces, unescaped non-ASCII) of ``EDIT_COLUMNS``, in
which the snapshot is represented by the SHA-256 of its bytes.

The rows that an edit left are identified by digests. A row is encoded as in an edit record, with
its ``row_version`` and without ``fid``, ``changed_by`` and ``changed_at``; its digest is SHA-256
over its table and columns as JSON. The digest of a table is over the sorted digests of its rows,
and the digest of all rows is over the digests of the tables.
"""

import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, Self

import shapely
import sqlalchemy as sa
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.calendar.local_time import is_time_zone
from zoneplanner.domain.clean_text import clean_name, parse_json_object
from zoneplanner.domain.edits import EditKind
from zoneplanner.domain.project import Project
from zoneplanner.errors import Conflict, Damaged, UserError
from zoneplanner.messages import Message, find_reason
from zoneplanner.storage.backend import (
    EditRecord,
    JournalHead,
    StoredRow,
    format_stored_time,
)
from zoneplanner.storage.hash_chain import GENESIS_HASH, encode_json, hash_edit, read_head
from zoneplanner.storage.row_mapping import decode_project, encode_project
from zoneplanner.storage.schema import earlier_versions
from zoneplanner.storage.schema.geometry_column import (
    GeometryColumn,
    check_geometry,
    decode_gpkg_geometry,
    encode_gpkg_geometry,
)
from zoneplanner.storage.schema.tables import KEY_COLUMNS

RowKey = tuple[Any, ...]
RowsByKey = dict[tuple[str, RowKey], StoredRow]
"""Rows by table and key; a row that an edit changed has only its key and the changed columns."""

_SIMPLE = ("POINT", "LINESTRING", "POLYGON", "MULTILINESTRING", "MULTIPOLYGON")


class EditSides(NamedTuple):
    """The rows that an edit touched, before and after it."""

    before: RowsByKey
    after: RowsByKey


def encode_column_value(column: sa.Column[Any], value: Any) -> Any:
    """Return a column's value as in an edit record; geometry is hexadecimal."""
    if isinstance(value, BaseGeometry):
        assert isinstance(column.type, GeometryColumn)
        return encode_gpkg_geometry(value, column.type).hex()
    if isinstance(value, bytes):
        if isinstance(column.type, GeometryColumn):  # still in the file's encoding
            return value.hex()
        raise ValueError(Message("unreadable_value.not_utf8"))
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(Message("unreadable_value.infinite"))
    if isinstance(column.type, sa.Double) and isinstance(value, int):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def decode_column_value(column: sa.Column[Any], value: Any) -> Any:
    """Return the column value of a value in an edit record. Raises a ValueError if invalid."""
    if value is None:
        return None
    if isinstance(column.type, GeometryColumn):
        return _decode_shape(str(value), column.type)
    return date.fromisoformat(str(value)) if isinstance(column.type, sa.Date) else value


def _decode_shape(text: str, column: GeometryColumn) -> BaseGeometry:
    if text.split(" ", 1)[0] in _SIMPLE:  # version 1 wrote WKT
        return shapely.from_wkt(text)
    return decode_gpkg_geometry(bytes.fromhex(text), column)


def read_edit_sides(
    connection: sa.Connection, meta: sa.MetaData, seqs: Sequence[int]
) -> Iterator[EditSides]:
    """Yield the rows of edits, in the order of the given numbers."""
    table = meta.tables["edit"]
    find = sa.select(table.c.before, table.c.after).where(table.c.seq == sa.bindparam("wanted"))
    for seq in seqs:
        before, after = connection.execute(find, {"wanted": seq}).one()
        yield EditSides(_decode_side(meta, before), _decode_side(meta, after))


def parse_edit_side(text: object) -> dict[str, list[dict[str, Any]]]:
    """Return the rows by table in a column of an edit record. Raises a ValueError if invalid."""
    tables = parse_json_object(text)
    for rows in tables.values():
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ValueError(Message("unreadable_edits.not_rows"))
    return tables


def _decode_side(meta: sa.MetaData, text: str) -> RowsByKey:
    """Return the rows of one side. Raises a ValueError for unknown tables or columns."""
    decoded: RowsByKey = {}
    for stored_name, rows in parse_edit_side(text).items():
        for stored in rows:
            name, row = earlier_versions.upgrade_edit_row(stored_name, stored)
            keys = KEY_COLUMNS.get(name, ())
            if not keys or not row.keys() >= set(keys) or row.keys() - meta.tables[name].c.keys():
                raise ValueError(Message("unreadable_edits.impossible_row", table=name))
            columns = meta.tables[name].c
            values = {
                field: decode_column_value(columns[field], value) for field, value in row.items()
            }
            decoded[name, find_edited_key(name, values)] = values
    return decoded


FIRST_CHAINED_VERSION = 4
"""The first schema version with chained edits."""

_MOST_FINDINGS = 20


def chain_earlier_edits(connection: sa.Connection, table: sa.Table) -> JournalHead:
    """Chain the unchained edits of an earlier version, and return the head."""
    last = JournalHead(0, GENESIS_HASH)
    for seq in connection.execute(sa.select(table.c.seq).order_by(table.c.seq)).scalars().all():
        row = connection.execute(sa.select(table).where(table.c.seq == seq)).mappings().one()
        own_hash = hash_edit(last.hash, dict(row))
        update = sa.update(table).where(table.c.seq == seq)
        connection.execute(update.values(prev_hash=last.hash, hash=own_hash))
        last = JournalHead(seq, own_hash)
    return last


def check_edit_chain(
    connection: sa.Connection, table: sa.Table, after_seq: int = 0
) -> Iterator[Message]:
    """Report the edits after a number that were changed, removed or inserted."""
    query = sa.select(table).order_by(table.c.seq)
    start = connection.execute(
        sa.select(table.c.seq, table.c.hash).where(table.c.seq == after_seq)
    ).one_or_none()
    last = JournalHead(0, GENESIS_HASH)
    if start is not None:
        last = JournalHead(*start)
        query = query.where(table.c.seq > last.entries)
    with connection.execute(query, execution_options={"yield_per": 200}) as rows:
        yield from _compare_edits(rows.mappings(), last)


def _compare_edits(rows: Iterable[Mapping[Any, Any]], last: JournalHead) -> Iterator[Message]:
    found = 0
    for row in rows:
        seq, problem = row["seq"], None
        if seq != last.entries + 1:
            problem = Message("edits.missing", after=last.entries, before=seq)
        elif row["prev_hash"] != last.hash:
            problem = Message("edits.does_not_follow", seq=seq)
        elif hash_edit(row["prev_hash"], dict(row)) != row["hash"]:
            problem = Message("edits.changed", seq=seq)
        last = JournalHead(seq, row["hash"])
        if problem is not None and found < _MOST_FINDINGS:
            found += 1
            yield problem


EncodedRow = dict[str, Any]
"""The columns of a row as in an edit record, including ``row_version``."""

_JSON_TYPES = frozenset((str, bool, type(None)))
_NOT_DIGESTED = ("fid", "changed_by", "changed_at")
_NOT_EDITED_KEYS = ("schema_version", "min_reader_version", "shared_to", "shared_on")
"""The keys of ``app_meta`` that describe the file and not the project."""


def encode_row(table: sa.Table, row: Mapping[str, Any]) -> EncodedRow:
    """Return a row in the form that is digested."""
    return _encode_row(_list_columns(table), row)


def _list_columns(table: sa.Table) -> list[tuple[str, sa.Column[Any]]]:
    return [(column.name, column) for column in table.c if column.name not in _NOT_DIGESTED]


def _encode_row(
    columns: Iterable[tuple[str, sa.Column[Any]]], row: Mapping[str, Any]
) -> EncodedRow:
    """Encode the values of columns; most are JSON values already, so they are checked first."""
    return {
        name: value
        if type(value := row[name]) in _JSON_TYPES
        else encode_column_value(column, value)
        for name, column in columns
    }


def digest_row(table: str, row: EncodedRow) -> str:
    """Return the digest of an encoded row."""
    return hashlib.sha256(encode_json([table, row]).encode()).hexdigest()


def key_of_row(table: str, row: Mapping[str, Any]) -> RowKey:
    """Return the key of a row."""
    return tuple(row[name] for name in KEY_COLUMNS[table])


def find_edited_key(table: str, row: Mapping[str, Any]) -> RowKey:
    """Return the key of a row in an edit record. Raises a ValueError if it is invalid.

    Another program may have written anything into an edit record.
    """
    key = tuple(row.get(name) for name in KEY_COLUMNS.get(table, ()))
    if not key or not all(isinstance(part, str | int) for part in key):
        raise ValueError(Message("unreadable_edits.impossible_row", table=table[:40]))
    return key


def is_edited(table: str, row: Mapping[str, Any]) -> bool:
    """Return whether a row describes the project and not the file."""
    return table != "app_meta" or row["key"] not in _NOT_EDITED_KEYS


def encode_rows(
    meta: sa.MetaData, rows: Mapping[str, Iterable[StoredRow]]
) -> dict[str, dict[RowKey, EncodedRow]]:
    """Return the rows of the editable tables in the form that is digested."""
    columns = {name: _list_columns(meta.tables[name]) for name in KEY_COLUMNS}
    return {
        name: {
            key_of_row(name, row): _encode_row(columns[name], row)
            for row in rows.get(name, ())
            if is_edited(name, row)
        }
        for name in KEY_COLUMNS
    }


class RowDigests:
    """The digests of all editable rows, by table and key, and the digest of all of them."""

    def __init__(self, rows: Mapping[str, Mapping[RowKey, EncodedRow]]) -> None:
        self._rows = {
            name: {key: digest_row(name, row) for key, row in of_table.items()}
            for name, of_table in rows.items()
        }
        self._tables: dict[str, str] = {}

    def copy(self) -> Self:
        """Return an independent copy."""
        other = type(self)({})
        other._rows = {name: dict(rows) for name, rows in self._rows.items()}
        other._tables = dict(self._tables)
        return other

    def find(self, table: str, key: RowKey) -> str | None:
        """Return the digest of a row, or None if there is no such row."""
        return self._rows.get(table, {}).get(key)

    def put(self, table: str, key: RowKey, row: EncodedRow | None) -> None:
        """Update the digest of a row, or remove it if ``row`` is None."""
        of_table = self._rows.setdefault(table, {})
        if row is None:
            of_table.pop(key, None)
        else:
            of_table[key] = digest_row(table, row)
        self._tables.pop(table, None)

    def total(self) -> str:
        """Return the digest of all rows."""
        for name, rows in self._rows.items():
            if name not in self._tables:
                self._tables[name] = _digest_text("".join(sorted(rows.values())))
        return _digest_text(
            "".join(f"{name}:{self._tables[name]}" for name in sorted(self._tables))
        )


def _digest_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


RowVersions = dict[str, dict[RowKey, int]]


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that differs; None means that there is no row."""

    table: str
    key: RowKey
    before: StoredRow | None
    after: StoredRow | None

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the columns that differ."""
        if self.before is None or self.after is None:
            return tuple(self.after or self.before or ())
        return tuple(name for name in self.after if self.after[name] != self.before[name])


def diff_rows(before: Project | None, after: Project) -> list[RowChange]:
    """Return the rows that differ between two projects, in the order of the tables."""
    old = encode_project(before, after) if before is not None else {}
    new = encode_project(after, before)
    changes = []
    for table in KEY_COLUMNS:
        old_rows, new_rows = (
            {key_of_row(table, row): row for row in rows.get(table, ())} for rows in (old, new)
        )
        for key in old_rows | new_rows:
            change = RowChange(table, key, old_rows.get(key), new_rows.get(key))
            if change.fields:
                changes.append(change)
    return changes


def write_row_changes(
    connection: sa.Connection,
    meta: sa.MetaData,
    changes: Iterable[RowChange],
    versions: RowVersions,
    digests: RowDigests,
    *,
    actor: str,
    at: datetime,
) -> RowVersions:
    """Write changed rows, update ``digests``, and return the new versions.

    Raises
    ------
    Conflict
        A row was changed, added or deleted by another desk or program since it was read.
    UserError
        A geometry cannot be stored; the error names the row.
    """
    after = {table: dict(known) for table, known in versions.items()}
    stamp = {"changed_by": actor, "changed_at": format_stored_time(at)}
    groups: dict[tuple[str, str, tuple[str, ...]], list[RowChange]] = defaultdict(list)
    for change in changes:
        _check_geometry(meta.tables[change.table], change)
        _digest_change(connection, meta.tables[change.table], change, digests)
        kind = "insert" if change.before is None else "delete" if change.after is None else "update"
        groups[change.table, kind, change.fields].append(change)
    # Each statement is conditional on the version that its row had when it was read. If fewer rows
    # are affected, another desk has changed some meanwhile, and the transaction is rolled back.
    for (name, kind, fields), group in groups.items():
        table, known = meta.tables[name], after.setdefault(name, {})
        if kind == "insert":
            _insert_rows(connection, table, group, stamp)
            known.update((change.key, 1) for change in group)
            continue
        expected = [_make_guard(change, known) for change in group]
        if kind == "delete":
            done = _delete_rows(connection, table, expected)
        else:
            values = [
                {**guard, **{name: (change.after or {})[name] for name in fields}, **stamp}
                for guard, change in zip(expected, group, strict=True)
            ]
            bump = {"row_version": table.c.row_version + 1}
            columns: dict[str, Any] = {name: sa.bindparam(name) for name in (*fields, *stamp)}
            statement = sa.update(table).where(*_match_guarded(table)).values({**columns, **bump})
            done = connection.execute(statement, values)
        if done.rowcount != len(group):
            raise _find_conflict(connection, table, group, known)
        for change in group:
            if kind == "delete":
                del known[change.key]
            else:
                known[change.key] += 1
    return after


def _digest_change(
    connection: sa.Connection, table: sa.Table, change: RowChange, digests: RowDigests
) -> None:
    """Update the digest of a row. Raises a Conflict if the row differs from what our edits left."""
    base: EncodedRow = {}
    if change.before is not None:
        row = read_row(connection, table, change.key)
        if row is not None:
            base = encode_row(table, row)
            if digest_row(table.name, base) != digests.find(table.name, change.key):
                raise _find_conflict(connection, table, [change], {})
    if change.after is None:
        digests.put(table.name, change.key, None)
        return
    new = {name: encode_column_value(table.c[name], change.after[name]) for name in change.fields}
    version = base.get("row_version", 0) + 1
    digests.put(table.name, change.key, {**base, **new, "row_version": version})


def require_last_edit(connection: sa.Connection, meta: sa.MetaData, seq: int) -> None:
    """Raise a Conflict if an edit is no longer the last one."""
    table = meta.tables["edit"]
    if connection.execute(sa.select(sa.func.max(table.c.seq))).scalar_one() != seq:
        raise Conflict("conflict.newer_edit")


def write_edit_record(
    connection: sa.Connection,
    meta: sa.MetaData,
    changes: Iterable[RowChange],
    *,
    kind: EditKind,
    label: str,
    actor: str,
    at: datetime,
    rows_digest: str,
    snapshot: bytes | None = None,
    step: int | None = None,
    jump: bool = False,
    plan: str | None = None,
) -> EditRecord:
    """Write the record of an edit: the changed columns before and after, as JSON by table.

    ``rows_digest`` is the digest of all rows after the edit, and ``snapshot`` contains all of them.
    ``step`` is by default the one after the last. A server numbers, dates, signs and chains the
    record.
    """
    table = meta.tables["edit"]
    before: dict[str, list[StoredRow]] = defaultdict(list)
    after: dict[str, list[StoredRow]] = defaultdict(list)
    for change in changes:
        for row, side in ((change.before, before), (change.after, after)):
            if row is not None:
                names = (*KEY_COLUMNS[change.table], *change.fields)
                columns = meta.tables[change.table].c
                side[change.table].append(
                    {name: encode_column_value(columns[name], row[name]) for name in names}
                )
    last = read_head(connection, table)
    if step is None:
        query = sa.select(table.c.step).where(table.c.seq == last.entries)
        last_step = connection.execute(query).scalar()
        step = 0 if last_step is None else last_step + 1
    values: dict[str, Any] = {
        "seq": last.entries + 1,
        "kind": kind.value,
        "label": label,
        "actor": actor,
        "at": format_stored_time(at),
        "step": step,
        "jump": jump,
        "plan": plan,
        "before": encode_json(before),
        "after": encode_json(after),
        "rows_digest": rows_digest,
        "snapshot": snapshot,
    }
    prev_hash = last.hash or GENESIS_HASH
    chained = {"prev_hash": prev_hash, "hash": hash_edit(prev_hash, values)}
    insert = sa.insert(table).values({**values, **chained})
    stored = connection.execute(
        insert.returning(table.c.seq, table.c.hash, table.c.actor, table.c.at)
    ).one()
    moment = datetime.fromisoformat(stored.at)
    return EditRecord(stored.seq, label, stored.actor, moment, step, jump, plan, kind, stored.hash)


def _format_value(value: Any) -> Any:
    """Return a column's value for display."""
    if isinstance(value, BaseGeometry):
        return value.wkt
    return value.isoformat() if isinstance(value, date) else value


def _check_geometry(table: sa.Table, change: RowChange) -> None:
    geometry = (change.after or {}).get("geom")
    if geometry is not None and "geom" in change.fields:
        column = table.c.geom.type
        assert isinstance(column, GeometryColumn)
        check_geometry(geometry, column.kind, column.srid, _name_row(change))


_ROW_NOUNS = {
    "app_meta": "The project",
    "setting": "The setting",
    "plan_lock": "The lock",
    "plan_pin": "The note",
    "plan_site": "The what-if",
}


def _name_row(change: RowChange) -> Message:
    row, table = change.after or change.before or {}, change.table
    noun = _ROW_NOUNS.get(table, table.replace("_", " ").capitalize())
    name = row.get("name") or row.get("text") or " ".join(map(str, change.key))
    return Message("changed_row", noun=noun, name=name)


def _insert_rows(
    connection: sa.Connection, table: sa.Table, group: list[RowChange], stamp: dict[str, str]
) -> None:
    try:
        connection.execute(
            sa.insert(table), [{**(change.after or {}), **stamp} for change in group]
        )
    except sa.exc.IntegrityError as error:
        cause = error.orig
        code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", "")
        if code not in ("23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"):
            raise
        raise Conflict(
            "conflict.row_added", table=table.name, key=list(group[0].key), row=_name_row(group[0])
        ) from error


def _delete_rows(
    connection: sa.Connection, table: sa.Table, expected: list[dict[str, Any]]
) -> sa.CursorResult[Any]:
    """Delete rows after marking them, so that the triggers do not record another program."""
    mark = sa.update(table).where(*_match_guarded(table)).values(row_version=-table.c.row_version)
    result = connection.execute(mark, expected)
    marked = [*_match_key(table), table.c.row_version == -sa.bindparam("known_version")]
    connection.execute(sa.delete(table).where(*marked), expected)
    return result


def _make_guard(change: RowChange, known: Mapping[RowKey, int]) -> dict[str, Any]:
    keys = {f"key_{place}": part for place, part in enumerate(change.key)}
    return {**keys, "known_version": known.get(change.key, 0)}


def read_row(connection: sa.Connection, table: sa.Table, key: Sequence[Any]) -> StoredRow | None:
    """Return the current row of a key, or None."""
    pairs = zip(KEY_COLUMNS[table.name], key, strict=True)
    query = sa.select(table).where(*(table.c[name] == part for name, part in pairs))
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def _match_guarded(table: sa.Table) -> list[sa.ColumnElement[bool]]:
    return [*_match_key(table), table.c.row_version == sa.bindparam("known_version")]


def _match_key(table: sa.Table) -> list[sa.ColumnElement[bool]]:
    keys = enumerate(KEY_COLUMNS[table.name])
    return [table.c[name] == sa.bindparam(f"key_{place}") for place, name in keys]


def _find_conflict(
    connection: sa.Connection, table: sa.Table, group: list[RowChange], known: Mapping[RowKey, int]
) -> Conflict:
    """Return the conflict about the first row that has changed since it was read."""
    connection.rollback()
    for change in group:
        row = read_row(connection, table, change.key)
        if row is None or row["row_version"] != known.get(change.key):
            return _make_conflict(change, row)
    return _make_conflict(group[0], None)


def _make_conflict(change: RowChange, theirs: StoredRow | None) -> Conflict:
    before = change.before or {}
    changed = [name for name in before if theirs and theirs[name] != before[name]]
    shown = changed or change.fields  # they may have changed a column back
    return Conflict(
        "conflict.row_changed" if theirs else "conflict.row_deleted",
        row=_name_row(change),
        table=change.table,
        key=list(change.key),
        yours=change.after and {name: _format_value(change.after[name]) for name in change.fields},
        theirs=theirs and {name: _format_value(theirs[name]) for name in shown},
        by=theirs and theirs["changed_by"],
        at=theirs and theirs["changed_at"],
    )


_PROJECT_UID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


def decode_own_project(
    connection: sa.Connection,
    meta: sa.MetaData,
    rows: Mapping[str, list[StoredRow]],
    crs: str,
    file_name: str,
) -> Project:
    """Return the project of rows. Raises a UserError if a value cannot be read."""
    uid = read_meta_value(connection, meta, "project_uid", file_name)
    if not _PROJECT_UID.fullmatch(uid):
        raise UserError("damaged.uid", name=file_name)
    try:
        project = decode_project(rows, uid=uid, crs=crs)
        if not is_time_zone(project.time_zone):
            raise ValueError(Message("unreadable_value.time_zone"))
        return project
    except (ValueError, RecursionError, ShapelyError) as error:
        raise Damaged("damaged.value", name=file_name, error=find_reason(error)) from error


def read_edit_records(
    connection: sa.Connection, meta: sa.MetaData, after_seq: int
) -> list[EditRecord]:
    """Return the saved edits after a number, in order."""
    table = meta.tables["edit"]
    names = ("seq", "label", "actor", "at", "step", "jump", "plan", "kind", "hash")
    query = sa.select(*(table.c[name] for name in names))
    query = query.where(table.c.seq > after_seq).order_by(table.c.seq)
    return [_decode_edit_record(row) for row in connection.execute(query)]


def _decode_edit_record(row: Sequence[Any]) -> EditRecord:
    seq, label, actor, at, step, jump, plan, kind, own_hash = row
    if not all(isinstance(value, str) for value in (label, actor, at, kind)):
        raise Damaged("damaged.history", seq=seq)
    try:
        moment, edit_kind = datetime.fromisoformat(at), EditKind(kind)
    except ValueError:
        raise Damaged("damaged.history", seq=seq) from None
    texts: tuple[str, str] = (clean_name(label), clean_name(actor))
    return EditRecord(seq, *texts, moment, step, jump, plan, edit_kind, own_hash)


def read_time_zone(connection: sa.Connection, meta: sa.MetaData, file_name: str) -> str:
    """Return the project's time zone according to its table, or UTC if it is unknown.

    The time zone according to our edits is part of the project.
    """
    name = read_meta_value(connection, meta, "project_time_zone", file_name)
    return name if is_time_zone(name) else "UTC"


def read_row_versions(
    connection: sa.Connection, meta: sa.MetaData, tables: Iterable[str] = KEY_COLUMNS
) -> RowVersions:
    """Return the version of each row of some editable tables, by table and key."""
    versions: RowVersions = {}
    for name in tables:
        table = meta.tables[name]
        columns = (*(table.c[key] for key in KEY_COLUMNS[name]), table.c.row_version)
        rows = connection.execute(sa.select(*columns))
        versions[name] = {tuple(row[:-1]): row[-1] for row in rows}
    return versions


def read_meta_value(connection: sa.Connection, meta: sa.MetaData, key: str, file_name: str) -> str:
    """Return a value of ``app_meta``. Raises a UserError if it is missing."""
    table = meta.tables["app_meta"]
    value = connection.execute(sa.select(table.c.value).where(table.c.key == key)).scalar()
    if value is None:
        raise UserError("damaged.no_key", name=file_name, key=key)
    return str(value)
